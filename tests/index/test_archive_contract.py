"""What every back end keeps to. The embedded archive is the oracle: same passages, vectors, hits and groups."""

import multiprocessing
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from cli.main import main
from index import update
from index.news_index import NewsIndex
from index.opening import NOTE, address_of, folder_of, is_archive, open_archive, write_note
from index.passage import Passage
from index.scale.milvus.archive import MilvusArchive
from index.scale.milvus.connection import read_address
from index.scale.milvus.store import PASSAGES, RECORDS, Store
from index.search.exact import Stories, StoryFound
from index.search.grammar import read_query
from index.store.archive import Archive, ArchiveBusy, ArchiveError, Feed
from index.store.scope import EVERYTHING, Scope, ScopeError
from tests.conftest import ARTICLES, write_files
from tests.index.test_kill import QUESTIONS, found, write_articles
from tests.support.fakes import FakeEmbedder, count_words
from tests.support.milvus_servers import Server, start_server

ENGINES = [pytest.param(name, marks=pytest.mark.engine) for name in ("lite file", "lite server", "full server")]
BACK_ENDS = ["embedded", *ENGINES]
WIRE = " ".join(
    f"On day {n} the council of the valley counted {n * 7} boats and {n * 3} mules at the ford." for n in range(14)
)
CARRIERS = (("AFP", "2021-03-01"), ("Daily", "2021-03-02"), ("Echo", "2021-03-04"))
CORPUS: dict[str, str | bytes] = {
    **ARTICLES,
    "copies.jsonl": "".join(
        f'{{"id": "copy-{n}", "text": "{WIRE}", "title": "Counted", "source": "{source}", "published": "{day}"}}\n'
        for n, (source, day) in enumerate(CARRIERS)
    ),
    "hostile.jsonl": r'{"id": "a\"b\\c/é", "text": "A bridge fell. It was old.",'
    r' "source": "O\"Neil \\ {x} 日本 %_\u0007", "published": "2020-01-03T23:00:00-05:00"}'
    "\n",
    "younger.jsonl": '{"id": "wire-1", "text": "It came later than the other of that id."}\n',
    # Two million bytes, with characters of two, three and four bytes, so that pieces are cut beside them.
    "long.txt": "A long report\n\n" + "".join(f"Línea {n} {'üß日😀' * 300} says {n * 31 % 97}.\n" for n in range(600)),
}
SCOPES = (
    Scope(outlets=("afp",)),
    Scope(since="2020-01-03", until="2020-01-04"),
    Scope(until="2021-03"),
    Scope(languages=("en",)),
    Scope(articles=("copy-1", "wire-2")),
    Scope(("Daily", "Reuters"), since="2020"),
    Scope(since="1999", until="1999"),
    Scope(articles=('a"b\\c/é',)),
    Scope(outlets=('O"NEIL \\ {x} 日本 %_\a',)),
    Scope(languages=("EN",), articles=("wire-1",)),
)


class Back:
    """The back ends of a module's tests: their servers, started when first asked for, and fresh places in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: dict[str, Server] = {}
        self._number = 0

    def server(self, kind: str) -> Server:
        if kind not in self.servers:
            self.servers[kind] = start_server(kind, self.folder / kind)
        return self.servers[kind]

    def place(self, back_end: str) -> Path:
        """Where no archive is yet."""
        self._number += 1
        if back_end == "embedded":
            return self.folder / f"archive-{self._number}"
        if back_end == "lite file":
            pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install 'groundwire[milvus]'")
            pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'groundwire[milvus]'")
            return folder_of(f"milvus://{self.folder}/lite-{self._number}.db")
        port = self.server(back_end.split()[0]).port
        return folder_of(f"milvus://127.0.0.1:{port}/news_{self._number}")


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Back]:
    folder = tmp_path_factory.mktemp("back")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        made = Back(folder)
        yield made
        for server in made.servers.values():
            server.stop()


@pytest.fixture(params=BACK_ENDS)
def place(request: pytest.FixtureRequest, back: Back) -> Path:
    return back.place(request.param)


def index(place: Path, articles: Path, seconds: float = 0.0) -> NewsIndex:
    """What `groundwire index` does."""
    embedder = FakeEmbedder(seconds=seconds)
    news = NewsIndex.open(place, embedder) if is_archive(place) else NewsIndex.create(place, embedder, max_tokens=12)
    news.update([articles], count_tokens=count_words)
    return news


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("corpus") / "articles", CORPUS)


@pytest.fixture(scope="module")
def oracle(back: Back, corpus: Path) -> Iterator[NewsIndex]:
    news = index(back.place("embedded"), corpus)
    yield news
    news.close()


@pytest.fixture(scope="module", params=BACK_ENDS)
def news(request: pytest.FixtureRequest, back: Back, corpus: Path) -> Iterator[NewsIndex]:
    news = index(back.place(request.param), corpus)
    yield news
    news.close()


def ids(archive: Archive) -> list[str]:
    return sorted(archive.owners())


# Reading: one archive for each back end


@pytest.mark.slow
def test_it_holds_what_the_oracle_holds(news: NewsIndex, oracle: NewsIndex) -> None:
    ours, theirs = news.archive, oracle.archive
    assert ids(ours) == ids(theirs) and ours.owners() == theirs.owners()
    assert {id: theirs.file_of(id) for id in ids(theirs)} == ours.owners() and theirs.file_of("nobody's") is None
    assert ours.fingerprint() == theirs.fingerprint() and ours.contents() == theirs.contents()
    assert ours.counts() == theirs.counts() and ours.passage_count == theirs.passage_count
    assert ours.generation == theirs.generation and ours.digests() == theirs.digests()
    assert [ours.about(name) for name in ("embedder", "dimension", "max_tokens", "none")] == ["fake 64", "64", "12", ""]
    assert news.archive.digests() == oracle.archive.digests()
    article = news.archive.article("wire-1")
    assert article and news.archive.digests()["wire-1"] == article.digest


def test_articles_come_back_character_by_character(news: NewsIndex, oracle: NewsIndex) -> None:
    assert len(max((oracle.archive.article(id).text for id in ids(oracle.archive)), key=len).encode()) > 1_900_000  # type: ignore[union-attr]
    for id in ids(oracle.archive):
        assert news.archive.article(id) == oracle.archive.article(id)
        assert news.archive.spans(id) == oracle.archive.spans(id)
        assert news.archive.holds(id)
    assert news.archive.article("none") is None and news.archive.spans("none") == []
    assert not news.archive.holds("non") and news.archive.holds('a"b\\c')


def test_vectors_come_back_bit_by_bit(news: NewsIndex, oracle: NewsIndex) -> None:
    for id in ids(oracle.archive):
        ours, theirs = news.archive.vectors_of(id), oracle.archive.vectors_of(id)
        assert ours.keys() == theirs.keys()
        assert all(np.array_equal(ours[digest], theirs[digest]) for digest in theirs)
        assert [s.passage for s in news.archive.stored(id)] == [s.passage for s in oracle.archive.stored(id)]
    assert news.archive.vectors_of("none") == {} and news.archive.stored("none") == []


def test_files_are_known(news: NewsIndex, oracle: NewsIndex, corpus: Path) -> None:
    for path in (corpus, corpus / "wire.jsonl", corpus / "economy", corpus / "wire", Path("/none"), Path("\udcff")):
        assert news.archive.files_under(path) == oracle.archive.files_under(path)
    file = corpus / "wire.jsonl"
    assert news.archive.digests_of_file(str(file)) == oracle.archive.digests_of_file(str(file))
    assert news.archive.reader_ids(str(file)) == {}
    assert news.archive.reader_ids(str(corpus / "younger.jsonl")) == {"younger/wire-1": "wire-1"}
    known = oracle.archive.files_under(file)[str(file)]
    assert news.archive.files_of([known.sha256, "none", ""]) == {known.sha256: str(file)}
    assert news.archive.roots() == oracle.archive.roots()


def test_copies_are_grouped_the_same(news: NewsIndex, oracle: NewsIndex) -> None:
    assert len(oracle.archive.groups()) == 1
    assert news.archive.groups() == oracle.archive.groups()
    assert news.archive.count_copies() == oracle.archive.count_copies() == (2, 0)
    assert news.archive.count_copies({"copy-1"}) == (1, 0)
    for id in ids(oracle.archive):
        assert news.archive.places(id) == oracle.archive.places(id)
        assert news.archive.groups(id) == oracle.archive.groups(id)


@pytest.mark.parametrize("scope", [EVERYTHING, *SCOPES])
@pytest.mark.parametrize("words", ["", '"council of the valley"', "title:counted OR oil", "NOT boat*", "outlet:neil"])
@pytest.mark.slow
def test_exact_search_finds_the_same(news: NewsIndex, oracle: NewsIndex, words: str, scope: Scope) -> None:
    query = read_query(words)
    ours, theirs = (Stories(held.archive).opened() for held in (news, oracle))
    assert _places(ours.search(query, 99, scope=scope)) == _places(theirs.search(query, 99, scope=scope))
    assert ours.counts(query, scope=scope) == theirs.counts(query, scope=scope)


def _places(found: tuple[list[StoryFound], int]) -> tuple[list[tuple[str, int, int]], int]:
    return sorted((hit.article, hit.start, hit.end) for hit in found[0]), found[1]


def test_parts_of_it_are_the_same(news: NewsIndex, oracle: NewsIndex) -> None:
    for scope in (EVERYTHING, *SCOPES):
        try:
            known = oracle.archive.known(scope)
        except ScopeError as error:
            with pytest.raises(ScopeError, match=str(error)[:20]):
                news.archive.known(scope)
            continue
        assert news.archive.known(scope) == known
        assert news.archive.any_within(known) == oracle.archive.any_within(known)
        assert news.archive.timeline(known) == oracle.archive.timeline(known)
    for words in ("", "election PERU", "boats", "none"):
        assert news.archive.titles(words, 3) == oracle.archive.titles(words, 3)


def everything(news: NewsIndex, question: str, stage: str, scope: Scope) -> dict[tuple[str, Passage], float]:
    """Each passage that a question finds, with its score."""
    ranking = news.rank(question, 16_000, scope=scope)[stage]
    places = news.archive.passages([row for row, _ in ranking])
    assert len(places) == len(ranking)
    return {places[row]: score for row, score in ranking}


@pytest.mark.parametrize("question", ["Which airport was closed?", "boats and mules at the ford", "Línea 日本 97"])
def test_cosines_are_those_of_faiss(news: NewsIndex, oracle: NewsIndex, question: str) -> None:
    for scope in (EVERYTHING, *SCOPES):
        ours, theirs = (everything(each, question, "dense", scope) for each in (news, oracle))
        assert len(ours) == len(theirs)
        common = ours.keys() & theirs.keys()
        assert common == ours.keys() or len(theirs) == 16_000  # of equal ones at the end each engine keeps its own
        assert all(abs(ours[at] - theirs[at]) < 1e-5 for at in common)


def test_rankings_are_best_first_and_a_longer_one_extends_a_shorter(news: NewsIndex) -> None:
    for stage, ranking in news.rank("airport closed boats", 40).items():
        assert [(-score, row) for row, score in ranking] == sorted((-score, row) for row, score in ranking)
        assert [round(score, 5) for _, score in news.rank("airport closed boats", 7)[stage]] == [
            round(score, 5) for _, score in ranking[:7]
        ]
    assert news.rank("the of", 5)["lexical"] == []


def test_words_find_the_same_passages(news: NewsIndex, oracle: NewsIndex) -> None:
    """BM25 of another engine gives other numbers; which passages hold a word of the question is the same."""
    for question in ("airports closing", "mules", "election in Peru", "zzz"):
        for scope in (EVERYTHING, *SCOPES):
            ours, theirs = (everything(each, question, "lexical", scope) for each in (news, oracle))
            assert ours.keys() == theirs.keys()


def test_what_is_found_has_its_article_and_its_group(news: NewsIndex, oracle: NewsIndex) -> None:
    ranking = news.rank("boats and mules at the ford", 5)["dense"]
    hits = news.find([row for row, _ in ranking] + [1 << 60])
    assert len(hits) == 5 and {hit.article.id for hit in hits} <= {"copy-0", "copy-1", "copy-2"}
    assert {hit.group for hit in hits} == {oracle.archive.groups()[0].name}
    assert all(hit.article == oracle.archive.article(hit.article.id) for hit in hits)


# Writing: an archive for each test


def test_what_changes_is_the_same_everywhere(place: Path, back: Back, tmp_path: Path) -> None:
    articles = write_files(tmp_path / "articles", {**ARTICLES, "copies.jsonl": CORPUS["copies.jsonl"]})
    mine, theirs = index(place, articles), index(back.place("embedded"), articles)
    other = open_archive(place)

    def again() -> tuple[int, ...]:
        reports = [news.update([articles], count_tokens=count_words) for news in (mine, theirs)]
        ours, oracle = mine.archive, theirs.archive
        assert ours.fingerprint() == oracle.fingerprint() and ours.counts() == oracle.counts()
        assert ours.groups() == oracle.groups() and ours.generation == oracle.generation
        assert other.generation == oracle.generation and other.fingerprint() == oracle.fingerprint()
        assert other.groups() == oracle.groups() and other.counts() == oracle.counts()
        told = [(r.new, r.changed, r.removed, r.unchanged, r.embedded, r.copies) for r in reports]
        assert told[0] == told[1]
        return told[0]

    rows = mine.archive.passages([row for row, _ in mine.rank("boats", 1000)["dense"]])
    assert again() == (0, 0, 0, 7, 0, 0)
    lines = str(CORPUS["copies.jsonl"]).splitlines(keepends=True)
    write_files(articles, {"copies.jsonl": "".join(lines[1:]), "new.txt": "New\n\nA new bridge was built."})
    assert again()[:3] == (1, 0, 1)  # the source of the copies is gone: another is the source now
    kept = mine.archive.passages(list(rows))
    assert kept == {row: at for row, at in rows.items() if at[0] != "copy-0"}, "what did not change keeps its row"
    write_files(articles, {"wire.jsonl": '{"id": "wire-1", "text": "Nobody won in Peru."}\n', "copies.jsonl": lines[0]})
    assert again()[:3] == (1, 1, 3)
    (articles / "new.txt").unlink()
    (articles / "economy/oil.md").rename(articles / "oil.md")
    again()
    assert not other.holds("new") and other.article("new") is None
    with mine.archive.writing(), mine.archive.change():
        mine.archive.forget_file(str(articles / "wire.jsonl"))
    assert not other.holds("wire-1") and str(articles / "wire.jsonl") not in other.files_under(articles)


def test_a_change_that_breaks_off_was_none(place: Path, tmp_path: Path) -> None:
    articles = write_files(tmp_path / "articles", ARTICLES)
    news = index(place, articles)
    before = news.archive.generation, news.archive.fingerprint(), news.archive.counts()
    with pytest.raises(ZeroDivisionError), news.archive.writing(), news.archive.change():
        news.archive.forget_file(str(articles / "wire.jsonl"))
        raise ZeroDivisionError
    assert (news.archive.generation, news.archive.fingerprint(), news.archive.counts()) == before


def test_feeds_are_followed(place: Path, tmp_path: Path) -> None:
    news = index(place, write_files(tmp_path / "articles", {"a.txt": "One sentence."}))
    generation = news.archive.generation
    feeds = [Feed("http://b/", "B é", "tag"), Feed("http://a/", "A", None, "today", "2020-01-03")]
    for feed in (*feeds, Feed("http://b/", "B", "tag 2")):
        news.archive.put_feed(feed)
    assert open_archive(place).feeds() == [feeds[1], Feed("http://b/", "B", "tag 2")]
    news.archive.remove_feed("http://b/")
    assert news.archive.feeds() == [feeds[1]] and news.archive.generation == generation


def test_one_writes_at_a_time(place: Path, tmp_path: Path) -> None:
    news = index(place, write_files(tmp_path / "articles", {"a.txt": "One sentence."}))
    other = open_archive(place)
    with news.archive.writing(), pytest.raises(ArchiveBusy, match="another groundwire is writing"), other.writing():
        pass
    with other.writing():
        pass
    with pytest.raises(ArchiveError, match="holds an archive already"):
        NewsIndex.create(place, FakeEmbedder(), max_tokens=12)
    with pytest.raises(ArchiveError, match=r"made with the embedder fake 64, not other 32"):
        NewsIndex.open(place, FakeEmbedder(name="other", dimension=32))


def test_where_nothing_is_a_sentence_says_so(place: Path) -> None:
    assert not is_archive(place)
    with pytest.raises(ArchiveError, match="no archive here; make one with: groundwire index PATH --archive"):
        open_archive(place)


# Killed


def at_home(place: Path) -> None:
    """A process of forkserver's has the environment of when that began; a place counts in its own data folder alone."""
    if (place / NOTE).is_file():
        os.environ["XDG_DATA_HOME"] = str(place.parents[2])


def index_slowly(place: Path, articles: Path) -> None:
    at_home(place)
    update.BATCH_PASSAGES = 16  # more changes to fall between
    index(place, articles, 0.01).close()


def one_copy_of_each(news: NewsIndex) -> None:
    """Nothing is left of what was under way: as many passages in the engine as the articles have."""
    assert len(news.rank("bridge", 16_000)["dense"]) == news.archive.passage_count


@pytest.mark.parametrize("back_end", ENGINES)  # tests/index/test_kill.py has the embedded one's
def test_kills_leave_no_trace(back_end: str, back: Back, tmp_path: Path) -> None:
    first, second = (write_articles(tmp_path / f"edition-{n}", edition=n) for n in (0, 1))
    articles = tmp_path / "articles"
    shutil.copytree(second, articles)
    undisturbed = index(back.place("embedded"), articles)
    expected = undisturbed.archive.fingerprint(), found(undisturbed)
    server = multiprocessing.get_context("forkserver")
    began = time.monotonic()
    process = server.Process(target=index_slowly, args=(back.place(back_end), articles))
    process.start()
    process.join()
    whole = time.monotonic() - began
    random = Random(0)
    for n in range(3):
        place = back.place(back_end)
        if n % 2:
            shutil.rmtree(articles)
            shutil.copytree(first, articles)
            earlier = server.Process(target=index_slowly, args=(place, articles))  # a file is one process's at a time
            earlier.start()
            earlier.join()
            shutil.rmtree(articles)
            shutil.copytree(second, articles)
        process = server.Process(target=index_slowly, args=(place, articles))
        process.start()
        process.join(whole * random.uniform(0.3, 0.95))
        process.kill()
        process.join()
        news = index(place, articles)
        assert (news.archive.fingerprint(), found(news)) == expected, f"kill {n}"
        one_copy_of_each(news)
        news.close()


@pytest.mark.engine
def test_what_a_kill_left_half_written_is_not_shown_and_is_taken_out(back: Back, tmp_path: Path) -> None:
    articles = write_files(tmp_path / "articles", {"a.txt": "One bridge fell."})
    news = index(back.place("lite file"), articles)
    write_files(articles, {"new.txt": "Another bridge was built."})
    with pytest.MonkeyPatch.context() as patch:
        # Passages are written, records are not.
        patch.setattr("index.scale.milvus.store.Store.upsert_last", lambda *_, left: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            news.update([articles], count_tokens=count_words)
    rows = [row for row, _ in news.rank("bridge", 10)["dense"]]
    assert len(rows) == 2 and [hit.article.id for hit in news.find(rows)] == ["a"]
    (articles / "new.txt").unlink()
    news.update([articles], count_tokens=count_words)
    one_copy_of_each(news)


@pytest.mark.engine
@pytest.mark.parametrize("kind", ["lite", "full"])
def test_a_run_outlives_a_server_that_is_killed_and_started_again(
    kind: str, back: Back, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "BATCH_PASSAGES", 16)
    articles = write_articles(tmp_path / "articles", edition=0)
    expected = index(back.place("embedded"), articles)
    place, server = back.place(f"{kind} server"), back.server(kind)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(index, place, articles, 0.05)
        wait_for(lambda: changes_of(place) > 1)
        server.kill()
        time.sleep(0.5)
        assert not run.done(), "it was killed half-way"
        server.start()
        news = run.result(120)
    assert news.archive.fingerprint() == expected.archive.fingerprint() and found(news) == found(expected)
    one_copy_of_each(news)
    news.close()


@pytest.mark.engine
@pytest.mark.parametrize("kind", ["lite", "full"])
def test_a_run_without_its_server_ends_with_a_sentence_and_the_next_one_completes(
    kind: str, back: Back, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "BATCH_PASSAGES", 16)
    monkeypatch.setattr("index.scale.milvus.connection.PATIENCE", 6.0)
    monkeypatch.setattr("index.scale.milvus.connection.READING_PATIENCE", 6.0)
    monkeypatch.setattr("index.scale.milvus.connection.CALL_SECONDS", 6.0)
    articles = write_articles(tmp_path / "articles", edition=0)
    expected = index(back.place("embedded"), articles)
    place, server = back.place(f"{kind} server"), back.server(kind)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(index, place, articles, 0.05)
        wait_for(lambda: changes_of(place) > 1)
        server.kill()
        try:
            with pytest.raises(ArchiveError, match=r"the server does not answer.*run the same command again"):
                run.result(120)
            with pytest.raises(ArchiveError, match="the server does not answer"):
                open_archive(place)
        finally:
            server.start()
    monkeypatch.undo()
    news = index(place, articles)
    assert news.archive.fingerprint() == expected.archive.fingerprint() and found(news) == found(expected)
    one_copy_of_each(news)
    news.close()


def changes_of(place: Path) -> int:
    """How often an archive has changed that may not be there yet."""
    if not is_archive(place):
        return 0
    archive = open_archive(place)
    generation = archive.generation
    archive.close()
    return generation


def wait_for(true: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


# Several machines at one server


def elsewhere(place: Path, folder: Path) -> MilvusArchive:
    """The archive of a place as another machine has it."""
    address = address_of(place)
    assert address
    return MilvusArchive.open(address, folder / "another machine")


def ask(place: Path, started: float) -> list[dict[tuple[str, str, str, int], float | None]]:
    at_home(place)
    news = NewsIndex.open(place, FakeEmbedder())
    answers = [found(news) for _ in range(3)]
    while time.time() < started + 2:
        answers.append(found(news))
    news.close()
    return answers


@pytest.mark.engine
def test_four_processes_ask_one_lite_server_while_a_fifth_writes(back: Back, tmp_path: Path) -> None:
    articles = write_articles(tmp_path / "articles", edition=0)
    place = back.place("lite server")
    news = index(place, articles)
    before = found(news)
    with multiprocessing.get_context("forkserver").Pool(4) as pool:
        asked = [pool.apply_async(ask, (place, time.time())) for _ in range(4)]
        write_files(articles, {"new.txt": "A bridge was opened in a new article."})
        news.update([articles], count_tokens=count_words)
        after = found(news)
        answers = [answer for each in asked for answer in each.get(120)]
    assert len(QUESTIONS) > 1 and after != before
    cosines = [{at: score for at, score in answer.items() if at[1] == "dense"} for answer in (before, after)]
    for answer in answers:
        assert {at: score for at, score in answer.items() if at[1] == "dense"} in cosines


@pytest.mark.engine
def test_a_lease_of_another_machine_is_heeded_until_it_ends(
    back: Back, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = back.place("lite server")
    news = index(place, write_files(tmp_path / "articles", {"a.txt": "One sentence."}))
    other = elsewhere(place, tmp_path)
    with news.archive.writing(), pytest.raises(ArchiveBusy, match="is writing to this archive"), other.writing():
        pass
    with other.writing():
        pass
    monkeypatch.setattr("index.scale.milvus.lease.SECONDS", 0.1)
    lease = news.archive._lease  # type: ignore[attr-defined]
    lease._write()  # a writer that died
    time.sleep(0.2)
    with other.writing():
        lease._write()  # one that slept beyond its time, and wakes
        with pytest.raises(ArchiveBusy, match="another machine has begun to write"), other.change():
            pass


@pytest.mark.engine
def test_a_writer_that_slept_until_another_cleared_away_changes_nothing(
    back: Back, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = write_files(tmp_path / "articles", {"a.txt": "One bridge fell."})
    place = back.place("lite server")
    news = index(place, articles)
    other = elsewhere(place, tmp_path)
    write_files(articles, {"new.txt": "Another bridge was built."})
    store, lease = news.archive.store, news.archive._lease  # type: ignore[attr-defined]
    write = store.upsert

    def sleep_after(collection: str, rows: list[object]) -> None:
        write(collection, rows)
        if collection == PASSAGES:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("index.scale.milvus.lease.SECONDS", -1.0)
                lease._write()  # its time is over
            with other.writing():
                pass

    with monkeypatch.context() as patch:
        patch.setattr(store, "upsert", sleep_after)
        with pytest.raises(ArchiveBusy, match="another machine has begun to write"):
            news.update([articles], count_tokens=count_words)
    assert [len(other.stored(id)) for id in ids(other)] == [1]
    one_copy_of_each(news)
    assert news.update([articles], count_tokens=count_words).new == 1
    assert [len(other.stored(id)) for id in ids(other)] == [1, 1]


@pytest.mark.engine
def test_of_two_machines_that_make_an_archive_at_once_one_does(
    back: Back, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = back.place("lite server")
    address = address_of(place)
    assert address
    articles = write_files(tmp_path / "articles", {"a.txt": "One bridge fell."})
    create = Store.create

    def be_overtaken(*given: Any) -> None:
        monkeypatch.setattr(Store, "create", create)
        index(place, articles).close()
        create(*given)

    monkeypatch.setattr(Store, "create", be_overtaken)
    about = {"embedder": "fake 64", "dimension": "64", "max_tokens": "12"}
    with pytest.raises(ArchiveError, match="holds an archive already"):
        MilvusArchive.create(address, tmp_path / "slow", about)
    news = NewsIndex.open(place, FakeEmbedder())
    assert ids(news.archive) == ["a"] and len(news.archive.stored("a")) == 1


@pytest.mark.engine
@pytest.mark.parametrize("full_text", [True, False])
def test_an_archive_that_is_made_anew_in_its_place_is_another(
    full_text: bool, back: Back, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not full_text:
        monkeypatch.setattr(Store, "full_text", False)  # as of a server before 2.5: tantivy finds the words
    place = back.place("lite server")
    first = write_files(tmp_path / "first", {"a.txt": "One bridge fell."})
    reader = index(place, first)
    assert named(reader, "bridge") == ids(reader.archive) == ["a"]
    shutil.copytree(place, tmp_path / "here")
    for name in (RECORDS, PASSAGES):
        reader.archive.store._client.drop_collection(name)  # type: ignore[attr-defined]
    news = index(place, write_files(tmp_path / "second", {"b.txt": "Another bridge was built."}))
    assert news.archive.generation == reader.archive.generation == 1
    for each in (news, reader):
        assert named(each, "bridge") == ids(each.archive) == ["b"]
    shutil.rmtree(place)
    shutil.copytree(tmp_path / "here", place)  # as if another machine had made it anew
    assert NewsIndex.open(place, FakeEmbedder()).update([first], count_tokens=count_words).new == 1


def named(news: NewsIndex, word: str) -> list[str]:
    return [hit.article.id for hit in news.find([row for row, _ in news.rank(word, 5)["lexical"]])]


@pytest.mark.engine
def test_a_full_disk_under_the_catalogue_is_a_sentence(back: Back, tmp_path: Path) -> None:
    articles = write_files(tmp_path / "articles", {"a.txt": "One bridge fell."})
    news = index(back.place("lite file"), articles)
    before = news.archive.generation, news.archive.fingerprint()
    write_files(articles, {"long.txt": "Another bridge was built. " * 20_000})
    full = sqlite3.connect
    with pytest.MonkeyPatch.context() as patch:

        def no_page_more(*given: Any, **more: Any) -> sqlite3.Connection:
            made = full(*given, **more)
            made.execute(f"PRAGMA max_page_count = {made.execute('PRAGMA page_count').fetchone()[0]}")
            return made

        patch.setattr("index.scale.milvus.catalogue.sqlite3.connect", no_page_more)
        with pytest.raises(ArchiveError, match=r"catalogue cannot be written \(database or disk is full\)"):
            news.update([articles], count_tokens=count_words)
    assert (news.archive.generation, news.archive.fingerprint()) == before
    news.close()


# Sentences


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        pytest.param(
            *("milvus://127.0.0.1:1/news", "127.0.0.1:1/news: the server does not answer: nothing listens on port 1"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("milvus://no-such-host.invalid/news", "no host is called no-such-host.invalid"), marks=pytest.mark.slow
        ),
        ("postgres://u:secret@host/news", "^postgres://: no archive lies behind such an address"),
        ("milvus://host:99999/news", "no address of an archive in Milvus: a port is a number"),
        ("milvus://host:/news", "no address of an archive in Milvus: a port is a number"),
        ("milvus://host/a-b", "no address of an archive in Milvus: the name of a database has letters"),
        ("milvus://host/a/b", "no address of an archive in Milvus: nothing comes after the database"),
        ("milvus://ho st/a", "no address of an archive in Milvus: ho st is no name"),
        ("milvus://odd.db", "no address of an archive in Milvus: a file has three slashes"),
        ("milvus:/odd.db", "no address of an archive in Milvus: a file has three slashes"),
        ("milvus:///none/here/news.db", "no such folder"),
        ("milvus://127.0.0.1:19530/news.db", "no address of an archive in Milvus"),
        ("milvus:///srv/news", "no address of an archive in Milvus"),
        ("milvus:news", "no address of an archive in Milvus"),
        ("milvus+tls:///srv/news.db", "a file needs no TLS; write milvus:///srv/news.db"),
        ("milvus://root:secretpw@host/db", r"milvus://\.\.\.@host/db: holds a user .*as GROUNDWIRE_MILVUS_TOKEN"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_sentence(
    place: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if find_spec("pymilvus") is None:  # looked for, not loaded: most of these addresses are refused before it is
        pytest.skip("pymilvus is not installed: pip install 'groundwire[milvus]'")
    monkeypatch.setattr("index.scale.milvus.connection.FIRST_PATIENCE", 0.5)
    with pytest.raises(ArchiveError, match=sentence) as told:
        open_archive(folder_of(place))
    assert "Exception" not in str(told.value) and "is whole" not in str(told.value)
    assert not any(tmp_path.iterdir()), "what is not there leaves no folder"


@pytest.mark.engine
def test_to_look_for_a_file_makes_none(back: Back, tmp_path: Path) -> None:
    place = folder_of(f"milvus://{tmp_path}/new.db")
    assert not is_archive(place)
    with pytest.raises(ArchiveError, match="no archive here; make one with: groundwire index PATH --archive milvus:"):
        open_archive(place)
    assert not place.exists() and not any(tmp_path.iterdir())


@pytest.mark.engine
def test_a_file_that_cannot_be_written_is_told_so(back: Back, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "news.db").mkdir()
    (tmp_path / "news.db" / "LOCK").mkdir()  # Milvus Lite cannot open it
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(ArchiveError, match=r"news\.db cannot be written, and Milvus Lite writes even to read"):
        open_archive(folder_of(f"milvus://{tmp_path}/news.db"))


@pytest.mark.parametrize("place", ["milvus://root:secret@host/db", "milvus:root:secret@host", "milvus://a:secret/@b"])
def test_a_password_in_an_address_is_not_repeated(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ask", "Who?", "--archive", place])
    told = capsys.readouterr().err
    assert "secret" not in told and "GROUNDWIRE_MILVUS_TOKEN" in told


def test_a_folder_of_somebody_else_does_not_say_where_the_token_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    theirs = write_files(tmp_path / "theirs", {NOTE: "milvus://127.0.0.1:1/news"})
    assert not is_archive(theirs)
    with pytest.raises(ArchiveError, match="no archive here"):
        open_archive(theirs)


def test_the_note_of_an_address_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    address = read_address("milvus://127.0.0.1/news")
    note = folder_of("milvus://127.0.0.1/news") / NOTE
    assert not note.parent.exists()
    write_note(note.parent, address)
    there = note.stat()
    assert folder_of("milvus:/127.0.0.1:19530/news") / NOTE == note
    write_note(note.parent, address)
    assert (note.stat().st_ino, note.stat().st_mtime_ns) == (there.st_ino, there.st_mtime_ns)
    note.write_text("")  # of an earlier version that was killed
    write_note(note.parent, address)
    assert note.read_text() == "milvus://127.0.0.1:19530/news" and [*note.parent.iterdir()] == [note]


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "pymilvus", None)
    with pytest.raises(ArchiveError, match=r"pip install 'groundwire\[milvus\]'"):
        open_archive(folder_of("milvus://127.0.0.1/news"))


def refused(place: Path) -> None:
    at_home(place)
    with pytest.raises(ArchiveError, match="open in another process"):
        open_archive(place)


@pytest.mark.engine
def test_a_file_is_one_process_at_a_time(back: Back, tmp_path: Path) -> None:
    place = back.place("lite file")
    news = index(place, write_files(tmp_path / "articles", {"a.txt": "One sentence."}))
    process = multiprocessing.get_context("forkserver").Process(target=refused, args=(place,))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    news.close()
