"""The archives of a server: who sees and changes which, names and keys, one set of models, and what others change."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from index.opening import open_archive
from index.store.archive import Archive, ArchiveError
from index.store.sqlite import EmbeddedArchive
from models import Embedder
from qa.settings import Settings
from tests.conftest import ARTICLES, make_index, write_files
from tests.support.fakes import FakeEmbedder, count_words, fakes_for_models
from web.archives import AGAIN_SECONDS, LONGEST_NAME, Archives


class Opened:
    """How often the one embedder was opened; `seconds` is what that takes."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def open(self, *_: object, **__: object) -> Embedder:
        self.count += 1
        time.sleep(self.seconds)
        return FakeEmbedder()


@pytest.fixture
def opened() -> Iterator[Opened]:
    opened = Opened()
    with fakes_for_models(), patch("qa.newsroom.open_embedder", opened.open):
        yield opened


@pytest.fixture
def named(tmp_path: Path, articles: Path) -> Path:
    """An archive of four articles, closed."""
    make_index(tmp_path / "news" / "archive", [articles], FakeEmbedder()).close()
    return tmp_path / "news" / "archive"


def open_archives(folder: Path, *archives: Path, logins: bool = False) -> Archives:
    return Archives(Settings(passage_tokens=20), archives, folder, logins=logins)


def test_an_archive_is_read_before_any_model_and_asked_with_one(tmp_path: Path, named: Path, opened: Opened) -> None:
    archives = open_archives(tmp_path / "data", named)
    [entry] = archives.listed("")
    assert (entry.name, entry.articles, entry.may_change, entry.problem) == ("archive", 4, True, "")
    assert (entry.first_day, entry.last_day) == ("2020-01-03", "2021-06-07")
    archive = archives.archive("", entry.key)
    assert archive.article("airport") is not None and opened.count == 0
    room = archives.room("", entry.key)
    assert opened.count == 1 and room.news.archive is archive and archives.room("", entry.key) is room
    assert room.ask("Who was killed at the airport of Baghdad?").citations[0].article_id == "airport"
    assert room.settings.archive == named
    archives.close()


def test_one_embedder_and_one_model_for_all_archives_and_threads(tmp_path: Path, named: Path, opened: Opened) -> None:
    make_index(
        tmp_path / "sport", [write_files(tmp_path / "b", {"b.txt": "The match was won."})], FakeEmbedder()
    ).close()
    archives = open_archives(tmp_path / "data", named, tmp_path / "sport")
    keys = [entry.key for entry in archives.listed("")]
    opened.seconds = 0.05
    got = []
    threads = [threading.Thread(target=lambda key=key: got.append(archives.room("", key))) for key in keys * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened.count == 1 and len(got) == 8 and len(set(map(id, got))) == 2
    one, two = (archives.room("", key) for key in keys)
    assert one.news.embedder is two.news.embedder and one.generator is two.generator


@pytest.mark.slow
def test_while_the_embedder_is_loaded_archives_are_read(tmp_path: Path, named: Path, opened: Opened) -> None:
    archives = open_archives(tmp_path / "data", named)
    [entry] = archives.listed("")
    opened.seconds = 1.0
    thread = threading.Thread(target=archives.room, args=("", entry.key))
    thread.start()
    while not opened.count:
        time.sleep(0.01)
    began = time.perf_counter()
    assert archives.listed("")[0].articles == 4 and archives.archive("", entry.key).article("wire-1")
    assert time.perf_counter() - began < 0.5 and thread.is_alive()
    thread.join()


def test_with_logins_each_has_archives_of_their_own(tmp_path: Path, named: Path, opened: Opened) -> None:
    archives = open_archives(tmp_path / "data", named, logins=True)
    mine = archives.make("ann", "Leaks")
    theirs = archives.make("bob", "Leaks")
    assert mine != theirs
    assert [(e.name, e.may_change) for e in archives.listed("ann")] == [("archive", False), ("Leaks", True)]
    shared = archives.listed("bob")[0].key
    assert shared == archives.listed("ann")[0].key
    assert archives.room("bob", shared) is archives.room("ann", shared)
    for work in (archives.archive, archives.room, archives.counts, archives.may_change, archives.to_change):
        with pytest.raises(ArchiveError, match="no such archive"):
            work("bob", mine)
    with pytest.raises(ArchiveError, match="read this archive but not change it"):
        archives.to_change("ann", shared)
    assert archives.to_change("ann", mine)[0].archive.folder == tmp_path / "data" / "archives" / "ann" / "leaks"
    assert [entry.name for entry in archives.listed("")] == ["archive"]
    for nobody in ("", "local", "../ann", "ann/../bob", "Ann"):
        with pytest.raises(ArchiveError, match="log in"):
            archives.make(nobody, "Mine")


def test_the_local_user_makes_and_changes_all(tmp_path: Path, named: Path, opened: Opened) -> None:
    archives = open_archives(tmp_path / "data", named)
    key = archives.make("", "Élection\u200c 2024: “a/b”")
    assert [(entry.name, entry.may_change) for entry in archives.listed("")] == [
        ("archive", True),
        ("Élection\u200c 2024: “a/b”", True),
    ]
    assert archives.archive("", key).folder == tmp_path / "data" / "archives" / "local" / "election-2024-a-b"
    assert archives.room("", key).search("anything") == []
    archives.close()
    again = open_archives(tmp_path / "data", named)
    assert [entry.key for entry in again.listed("")] == [entry.key for entry in archives.listed("")]
    assert key in {entry.key for entry in again.listed("")} and again.archive("", key).about("name").startswith("É")


@pytest.mark.parametrize("key", ["", ".", "../../etc", "/", "archive", "a\0b", "x" * 1000, "\ud800"])
def test_a_key_is_only_looked_up(tmp_path: Path, named: Path, opened: Opened, key: str) -> None:
    archives = open_archives(tmp_path / "data", named)
    for wrong in (key, str(named)):
        with pytest.raises(ArchiveError, match="no such archive"):
            archives.archive("", wrong)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "1 to 60"),
        ("   ", "1 to 60"),
        ("x" * (LONGEST_NAME + 1), "this one has 61"),
        ("a\0b", "letters"),
        ("abc\u202etxt", "letters"),
        ("a\nb", "letters"),
        ("\ud800", "letters"),
        ("ARCHIVE", "already"),
    ],
)
def test_a_bad_or_taken_name_is_a_sentence(
    tmp_path: Path, named: Path, opened: Opened, name: str, sentence: str
) -> None:
    archives = open_archives(tmp_path / "data", named)
    with pytest.raises(ArchiveError, match=sentence):
        archives.make("", name)
    assert not list((tmp_path / "data").rglob("archive.sqlite"))


@pytest.mark.parametrize("name", ["../../x", "..", "/etc/passwd", ".hidden", "اخبار", "CON", "x" * LONGEST_NAME])
def test_a_hostile_name_is_shown_and_leads_nowhere(tmp_path: Path, opened: Opened, name: str) -> None:
    archives = open_archives(tmp_path / "data")
    key = archives.make("", name)
    assert archives.listed("")[0].name == name
    assert archives.archive("", key).folder.parent == tmp_path / "data" / "archives" / "local"


def test_names_of_one_folder_are_told_apart(tmp_path: Path, articles: Path, opened: Opened) -> None:
    for outer in ("a", "b"):
        make_index(tmp_path / outer / "archive", [articles], FakeEmbedder()).close()
    archives = open_archives(tmp_path / "data", tmp_path / "a" / "archive", tmp_path / "b" / "archive")
    for name in ("اخبار", "خبرها"):  # both folders are called archive…
        archives.make("", name)
    assert [entry.name for entry in archives.listed("")] == ["archive (a)", "archive (b)", "اخبار", "خبرها"]


def test_what_cannot_be_opened_is_listed_with_its_sentence(tmp_path: Path, named: Path, opened: Opened) -> None:
    write_files(tmp_path, {"broken/archive.sqlite": b"no database" * 1000, "file": "x"})
    make_index(tmp_path / "other", [tmp_path / "articles"], FakeEmbedder(name="other")).close()
    data = (named / "archive.sqlite").read_bytes()
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "archive.sqlite").write_bytes(data[: len(data) // 2])
    folders = [tmp_path / name for name in ("broken", "file", "none", "other", "cut")]
    archives = open_archives(tmp_path / "data", named, *folders)
    assert [bool(entry.problem) for entry in archives.listed("")] == [False, True, True, True, False, True]
    keys = [entry.key for entry in archives.listed("")]
    assert archives.room("", keys[0])
    listed = archives.listed("")
    assert "made with the embedder other 64" in listed[4].problem and listed[4].articles == 4
    assert not any("Traceback" in entry.problem or entry.may_change for entry in listed[1:4])
    for key in keys[1:5]:
        with pytest.raises(ArchiveError):
            archives.room("", key)


def test_what_another_process_writes_is_seen_and_counted_once(
    tmp_path: Path, named: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    archives = open_archives(tmp_path / "data", named)
    counted = []
    count = EmbeddedArchive.counts
    monkeypatch.setattr(EmbeddedArchive, "counts", lambda archive: counted.append(1) or count(archive))
    [entry] = archives.listed("")
    room = archives.room("", entry.key)
    assert len(room.search("airport", 1)) == 1 and archives.listed("") == [entry] and len(counted) == 1
    other = make_other(named, tmp_path)
    assert archives.listed("")[0].articles == 5 and archives.counts("", entry.key).articles == 5 and len(counted) == 2
    assert room.search("volcano erupted", 1)[0].article.id == "volcano"
    other.close()


def make_other(folder: Path, tmp_path: Path) -> Archive:
    """As another program would: with a connection of its own."""
    from index.news_index import NewsIndex

    news = NewsIndex.open(folder, FakeEmbedder())
    news.update([write_files(tmp_path / "new", {"volcano.txt": "A volcano erupted."})], count_tokens=count_words)
    return news.archive


def test_an_archive_that_was_made_again_is_opened_again(tmp_path: Path, named: Path, opened: Opened) -> None:
    archives = open_archives(tmp_path / "data", named)
    [entry] = archives.listed("")
    assert archives.room("", entry.key).search("airport", 1)
    named.rename(tmp_path / "away")
    assert "no archive here" in archives.listed("")[0].problem
    make_index(named, [write_files(tmp_path / "new", {"volcano.txt": "A volcano erupted."})], FakeEmbedder()).close()
    assert archives.listed("")[0].articles == 1
    assert [hit.article.id for hit in archives.room("", entry.key).search("airport volcano")] == ["volcano"]


class Server:
    """What one folder's archive lies on: away, it takes until `gave_up` to know that. Counts how often it was tried."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried, self.away = 0, True
        self.asked, self.gave_up = threading.Event(), threading.Event()
        generation = EmbeddedArchive.generation.fget
        assert generation is not None

        def reach(reached: Path) -> None:
            if reached == folder and self.away:
                self.tried += 1
                self.asked.set()
                self.gave_up.wait(10)
                raise ArchiveError("the server does not answer")

        def opening(opened: Path) -> Archive:
            reach(opened)
            return open_archive(opened)

        def looking(archive: EmbeddedArchive) -> int:
            reach(archive.folder)
            return int(generation(archive))

        monkeypatch.setattr("web.archives.open_archive", opening)
        monkeypatch.setattr(EmbeddedArchive, "generation", property(looking))


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    make_index(
        tmp_path / "remote", [write_files(tmp_path / "sea", {"sea.txt": "A ferry sank."})], FakeEmbedder()
    ).close()
    return tmp_path / "remote"


def test_while_one_archive_is_waited_for_the_others_are_opened_and_read(
    tmp_path: Path, named: Path, remote: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(remote, monkeypatch)
    archives = open_archives(tmp_path / "data", remote, named)
    looking = threading.Thread(target=archives.listed, args=("",))
    looking.start()
    assert server.asked.wait(10)
    read: list[object] = []
    key = list(archives._places(""))[1]
    reading = threading.Thread(
        target=lambda: read.extend([archives.counts("", key).articles, archives.room("", key).search("airport", 1)])
    )
    reading.start()
    reading.join(5)
    assert read and read[0] == 4 and looking.is_alive()
    server.gave_up.set()
    looking.join()
    reading.join()


@pytest.mark.parametrize("opened_before", [False, True])
def test_an_archive_that_is_away_is_told_at_once_for_some_seconds(
    tmp_path: Path,
    named: Path,
    remote: Path,
    opened: Opened,
    monkeypatch: pytest.MonkeyPatch,
    opened_before: bool,
) -> None:
    server = Server(remote, monkeypatch)
    server.gave_up.set()
    archives = open_archives(tmp_path / "data", named, remote)
    if opened_before:
        server.away = False
        assert [entry.articles for entry in archives.listed("")] == [4, 1]
        server.away = True
    for _ in range(3):
        local, away = archives.listed("")
        assert local.articles == 4 and away.problem == "the server does not answer"
    assert server.tried == 1
    server.away = False
    assert archives.listed("")[1].problem  # it is back, and not looked for again yet
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + AGAIN_SECONDS)
    assert [entry.articles for entry in archives.listed("")] == [4, 1] and archives.listed("")[1].problem == ""


def test_an_archive_that_cannot_be_made_is_a_sentence(tmp_path: Path, opened: Opened) -> None:
    write_files(tmp_path, {"data/archives": "a file"})
    with pytest.raises(ArchiveError, match=r"cannot be made \(.+\); see whether"):
        open_archives(tmp_path / "data").make("", "Leaks")


@pytest.mark.slow
def test_searches_go_on_in_many_threads_while_the_archive_changes(tmp_path: Path, named: Path, opened: Opened) -> None:
    archives = open_archives(tmp_path / "data", named)
    room = archives.room("", archives.listed("")[0].key)
    errors: list[BaseException] = []
    done = threading.Event()

    def search() -> None:
        try:
            while not done.is_set():
                assert room.search("airport", 1)[0].article.id == "airport"
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(10):
        folder = write_files(tmp_path / f"new{number}", {f"n{number}.txt": f"A volcano erupted {number} times."})
        room.news.update([folder], count_tokens=count_words)
    done.set()
    for thread in threads:
        thread.join()
    assert errors == [] and archives.listed("")[0].articles == len(ARTICLES) + 1 + 10


def test_a_first_search_waits_for_indexes_that_are_just_written(tmp_path: Path, named: Path, opened: Opened) -> None:
    archives = open_archives(tmp_path / "data", named)
    room = archives.room("", archives.listed("")[0].key)
    other = open_archive(named)
    with other.writing():
        stamp = named / "faiss" / "stamp.json"
        held = stamp.read_bytes()
        stamp.unlink()
        back = threading.Timer(0.3, stamp.write_bytes, [held])
        back.start()
        assert room.search("airport", 1)[0].article.id == "airport"
        back.join()
    other.close()
