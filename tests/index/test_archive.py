"""The archive is what the files say, however it came about; a change is there whole or not at all."""

import sqlite3
import threading
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, Aside, Origin, Section
from index.opening import open_archive
from index.passage import Passage
from index.store.archive import Archive, ArchiveError, StoredPassage
from index.store.sqlite import EmbeddedArchive
from index.update import update_archive
from tests.conftest import rows_of
from tests.support.fakes import FakeEmbedder, count_words

ABOUT = {"embedder": "fake 2", "dimension": "2", "max_tokens": "20"}
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
maybe = st.none() | words
sections = st.builds(Section, st.integers(0, 50), maybe, maybe, maybe, maybe)
asides = st.builds(Aside, st.integers(0, 50), st.integers(0, 50), words)
origins = st.builds(Origin, words, words, st.sampled_from(["sure", "likely", "guess"]))
stored_articles = st.builds(
    Article,
    *(st.just("id"), words, words, maybe, maybe, maybe, maybe, st.integers(0, 9)),
    sections=st.lists(sections, max_size=3).map(tuple),
    **dict.fromkeys(("updated", "agency", "place", "language", "original"), maybe),
    pages=st.lists(st.integers(0, 50), max_size=3).map(tuple),
    asides=st.lists(asides, max_size=3).map(tuple),
    origins=st.lists(origins, max_size=3).map(tuple),
)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return EmbeddedArchive.create(tmp_path / "archive", ABOUT)


def passage(start: int, words: str = "") -> StoredPassage:
    """One of three characters; its digest is its words."""
    return StoredPassage(Passage(start, start + 3), words.encode() or b"%d" % start, np.array([0, 1], np.float32))


def put(archive: Archive, article: Article, *passages: StoredPassage) -> None:
    with archive.change():
        archive.put_article(article, archive.put_file("/f.txt", "/", "hash"), passages)


@given(stored_articles)
def test_what_is_put_comes_back_equal(tmp_path_factory: pytest.TempPathFactory, article: Article) -> None:
    folder = tmp_path_factory.mktemp("archive")
    archive = EmbeddedArchive.create(folder, ABOUT)
    put(archive, article)
    assert archive.article("id") == article
    archive.close()
    again = open_archive(folder)
    assert again.article("id") == article and again.article("other") is None
    again.close()


def test_an_unchanged_passage_keeps_its_row_and_none_is_used_twice(archive: Archive) -> None:
    article = Article("a", "text", "A")
    put(archive, article, passage(0), passage(3))
    assert rows_of(archive) == [1, 2]
    put(archive, article, passage(0), passage(3, "changed"), passage(6))
    assert rows_of(archive) == [1, 3, 4]
    with archive.change():
        archive.remove_articles(["a"])
    assert rows_of(archive) == [] and archive.last_row == 4
    put(archive, article, passage(0))
    assert rows_of(archive) == [5]
    assert [sorted(archive.removed_since(generation)) for generation in range(5)] == [
        [1, 2, 3, 4],
        [1, 2, 3, 4],
        [1, 3, 4],
        [],
        [],
    ]


def test_an_exception_takes_back_the_whole_change(archive: Archive) -> None:
    put(archive, Article("a", "text", "A"), passage(0))
    before = (archive.fingerprint(), archive.generation, rows_of(archive), archive.roots())
    with pytest.raises(ZeroDivisionError), archive.change():
        archive.put_article(Article("b", "x", "B"), archive.put_file("/g.txt", "/g", ""), [passage(0)])
        archive.remove_articles(["a"])
        raise ZeroDivisionError
    assert (archive.fingerprint(), archive.generation, rows_of(archive), archive.roots()) == before
    put(archive, Article("b", "x", "B"))
    assert archive.generation == before[1] + 1


def test_the_fingerprint_knows_every_difference_and_no_order(tmp_path: Path) -> None:
    def made(name: str, *articles: Article, start: int = 0) -> str:
        archive = EmbeddedArchive.create(tmp_path / name, ABOUT)
        for article in articles:
            put(archive, article, passage(start))
        return archive.fingerprint()

    a, b = Article("a", "text", "A"), Article("b", "text", "B")
    assert made("1", a, b) == made("2", b, a)
    assert len({made("3", a), made("4", b), made("5", a, b), made("6", a, start=1), made("7")}) == 5


def test_counts_are_of_stories(archive: Archive) -> None:
    page = Article("a", "x", "A", "AP", "2020-01-05", sections=(Section(1, "B", "AFP", "2020-01-03T10:00"),))
    put(archive, page, passage(0), passage(3))
    put(archive, Article("b", "x", "B", "ap", language="en"))
    put(archive, Article("c", "x", "C", "AP", "2020-01-04"))
    counts = archive.counts()
    assert (counts.articles, counts.passages, counts.outlets) == (3, 2, [("AP", 3), ("AFP", 1)])
    assert (counts.first_day, counts.last_day) == ("2020-01-03", "2020-01-05")
    assert (counts.stories, counts.undated, counts.unnamed, counts.languages) == (4, 1, 0, [("en", 1)])
    assert (counts.files, counts.kinds) == (1, [(".txt", 1)])


def test_a_second_writer_gets_a_sentence(archive: Archive) -> None:
    other = open_archive(archive.folder)
    with archive.writing():
        with pytest.raises(ArchiveError, match="another groundwire is writing to this archive"), other.writing():
            raise AssertionError("two writers at once")
        assert other.generation == 0, "reading goes on"
    with other.writing():
        pass


def test_an_archive_is_not_made_over_another(archive: Archive) -> None:
    put(archive, Article("a", "text", "A"))
    with pytest.raises(ArchiveError, match="holds an archive already"):
        EmbeddedArchive.create(archive.folder, ABOUT)
    assert archive.article("a")


def test_an_archive_half_made_is_none(tmp_path: Path) -> None:
    half = sqlite3.connect(tmp_path / "archive.sqlite.new")
    half.execute("CREATE TABLE about (name TEXT)")
    half.close()
    (tmp_path / "archive.sqlite-wal").write_bytes(b"the log of an archive that was moved away")
    with pytest.raises(ArchiveError, match="no archive here; make one with: groundwire index"):
        open_archive(tmp_path)
    assert EmbeddedArchive.create(tmp_path, ABOUT).generation == 0
    assert not list(tmp_path.glob("*.new*"))


@pytest.mark.parametrize("content", [b"", b"no database" * 500, b"SQLite format 3\0" + bytes(4000)])
def test_a_damaged_archive_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "archive.sqlite").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"damaged or no archive .*; move it away and run groundwire index again"):
        open_archive(tmp_path)


def test_an_archive_of_another_format_is_a_sentence(archive: Archive) -> None:
    with archive.change():
        archive._db.execute("UPDATE about SET value = '99' WHERE name = 'format'")
    with pytest.raises(ArchiveError, match=r"made by another version \(format 99, not 3\)"):
        open_archive(archive.folder)


def test_no_thread_sees_half_a_change(archive: Archive) -> None:
    seen: list[int] = []

    def look() -> None:
        while not seen or seen[-1] < 40:
            seen.append(archive.passage_count)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(20):
        put(archive, Article(f"{n}", "text", "A"), passage(0), passage(3))
    for thread in threads:
        thread.join()
    assert set(seen) <= set(range(0, 41, 2))


bodies = st.sampled_from(["One. Two is two. Three.", "Four\n\nfive " * 9, "Six.", "Seven and eight. " * 7])
folders = st.dictionaries(
    st.sampled_from(["a.txt", "b.md", "sub/c.txt", "rows.jsonl", "more.jsonl"]), bodies, min_size=1
)


def write_state(folder: Path, state: dict[str, str]) -> None:
    """Makes the folder hold these files and no others; a .jsonl holds a row a sentence, its file's name in the ids."""
    for file in sorted(folder.rglob("*.*")):
        if file.is_file():
            file.unlink()
    for name, body in state.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        rows = [f'{{"id": "{name}-{n}", "text": "{text}."}}' for n, text in enumerate(body.split(".")) if text.strip()]
        file.write_text("\n".join(rows).replace("\n\n", "") if name.endswith("jsonl") else body)


@given(st.lists(folders, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_any_history_ends_in_the_archive_made_at_once(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[str, str]], random: Random
) -> None:
    base = tmp_path_factory.mktemp("history")
    folder, embedder = base / "articles", FakeEmbedder(dimension=8)
    (folder / "sub").mkdir(parents=True)
    about = {"embedder": embedder.identity, "dimension": "8", "max_tokens": "9"}
    lived, fresh = EmbeddedArchive.create(base / "lived", about), EmbeddedArchive.create(base / "fresh", about)
    for n, state in enumerate(history):
        write_state(folder, state)
        files = [folder / name for name in state]
        random.shuffle(files)
        for paths in [[file] for file in files if n] + [[folder]]:
            update_archive(lived, embedder, paths, count_tokens=count_words, prune=True)
    update_archive(fresh, embedder, [folder], count_tokens=count_words)
    assert lived.fingerprint() == fresh.fingerprint()
    assert lived.last_row >= fresh.last_row == fresh.passage_count
    lived.close()
    fresh.close()
