"""A watched folder and its archive say the same, a moment after the folder has come to rest."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.arrivals.watch import FileChange, Watcher, keep_current
from index.article import ArticleError
from index.news_index import NewsIndex
from index.opening import open_archive
from index.store.standing import Standing
from qa.standing.follow import begin
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder, count_words
from tests.support.rooms import make_room

pytestmark = pytest.mark.slow
TESTS = Path(__file__).parents[1]
QUIET = 0.4
PATIENCE = 20.0


class Watched:
    """A folder that is watched in another thread; what is told comes in order."""

    def __init__(self, folder: Path, news: NewsIndex, *more: Path) -> None:
        self.folder, self.news = folder, news
        self.told: queue.Queue[FileChange] = queue.Queue()
        self.stop = threading.Event()
        self.error: Exception | None = None
        self._watcher = Watcher([folder, *more], apart=news.archive.folder, quiet_seconds=QUIET, stop=self.stop)
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        try:
            keep_current(self.news, self._watcher, count_tokens=count_words, tell=self.told.put)
        except Exception as error:
            self.error = error

    def next(self) -> tuple[str, str]:
        """What is told next: what, and the file's path below the folder."""
        change = self.told.get(timeout=PATIENCE)
        return change.what, (change.sentence or change.file).replace(f"{self.folder}/", "")

    def end(self) -> None:
        self.stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    @property
    def ids(self) -> list[str]:
        return sorted(self.news.archive.owners())


@pytest.fixture
def watched(tmp_path: Path, articles: Path) -> Iterator[Watched]:
    news = make_index(tmp_path / "archive", [articles], FakeEmbedder())
    made = Watched(articles, news)
    made.start()
    yield made
    made.end()
    news.close()


def test_a_file_that_comes_changes_and_goes(watched: Watched) -> None:
    write_files(watched.folder, {"bridge.txt": "The bridge was closed."})
    assert watched.next() == ("new", "bridge.txt") and "bridge" in watched.ids
    write_files(watched.folder, {"bridge.txt": "The bridge is open."})
    assert watched.next() == ("changed", "bridge.txt")
    assert watched.news.archive.article("bridge").text == "The bridge is open."  # type: ignore[union-attr]
    found = watched.news.find([row for row, _ in watched.news.rank("bridge open", 1)["lexical"]])
    assert [hit.article.id for hit in found] == ["bridge"]
    (watched.folder / "bridge.txt").unlink()
    assert watched.next() == ("removed", "bridge.txt") and "bridge" not in watched.ids


def test_what_is_moved_keeps_no_trace_of_where_it_was(watched: Watched) -> None:
    (watched.folder / "airport.txt").rename(watched.folder / "economy" / "airport.txt")
    assert {watched.next(), watched.next()} == {("removed", "airport.txt"), ("new", "economy/airport.txt")}
    assert "economy/airport" in watched.ids and "airport" not in watched.ids


def test_a_folder_that_comes_and_goes(watched: Watched, tmp_path: Path) -> None:
    there = write_files(tmp_path / "new", {"b.txt": "The bridge.", "deep/c.txt": "The river."})
    there.rename(watched.folder / "new")
    assert [watched.next(), watched.next()] == [("new", "new/b.txt"), ("new", "new/deep/c.txt")]
    (watched.folder / "new").rename(tmp_path / "away")
    assert [watched.next(), watched.next()] == [("removed", "new/b.txt"), ("removed", "new/deep/c.txt")]
    assert watched.ids == ["airport", "economy/oil", "wire-1", "wire-2"]


def test_a_file_is_not_read_half(watched: Watched) -> None:
    """One file is written to for four times the quiet time; another, that comes meanwhile, does not wait for it."""
    with (watched.folder / "slow.txt").open("w") as slow:
        began = time.monotonic()
        while time.monotonic() - began < 4 * QUIET:
            slow.write("Half of a sentence, ")
            slow.flush()
            if time.monotonic() - began > QUIET and not (watched.folder / "quick.txt").exists():
                write_files(watched.folder, {"quick.txt": "Quick."})
            time.sleep(QUIET / 4)
        slow.write("and its end.")
    assert [watched.next(), watched.next()] == [("new", "quick.txt"), ("new", "slow.txt")]
    assert watched.news.archive.article("slow").text.endswith("and its end.")  # type: ignore[union-attr]
    assert watched.told.empty()


def test_hidden_files_and_other_kinds_are_passed_over(watched: Watched) -> None:
    write_files(watched.folder, {".hidden.txt": "No.", ".git/a.txt": "No.", "photo.jpg": b"\xff\xd8"})
    time.sleep(2 * QUIET)
    write_files(watched.folder, {"seen.txt": "Yes."})
    assert watched.next() == ("new", "seen.txt") and watched.told.empty()


def test_a_file_that_breaks_is_a_sentence_and_keeps_what_it_held(watched: Watched) -> None:
    write_files(watched.folder, {"airport.txt": b"a\0b"})
    what, sentence = watched.next()
    assert what == "problem" and sentence.startswith("airport.txt: holds NUL") and "airport" in watched.ids
    write_files(watched.folder, {"airport.txt": "The airport is open."})
    assert watched.next() == ("changed", "airport.txt")


def test_what_is_touched_but_the_same_is_not_told(watched: Watched) -> None:
    os.utime(watched.folder / "airport.txt")
    time.sleep(2 * QUIET)
    write_files(watched.folder, {"seen.txt": "Yes."})
    assert watched.next() == ("new", "seen.txt")


def test_while_another_writes_it_waits(watched: Watched) -> None:
    other = open_archive(watched.news.archive.folder)
    with other.writing():
        write_files(watched.folder, {"bridge.txt": "The bridge was closed."})
        what, sentence = watched.next()
        assert what == "waiting" and "another groundwire is writing" in sentence
        time.sleep(2 * QUIET)
    other.close()
    assert watched.next() == ("new", "bridge.txt")


def test_a_watched_folder_that_goes_away_takes_nothing_with_it(watched: Watched, tmp_path: Path) -> None:
    watched.folder.rename(tmp_path / "away")
    deadline = time.monotonic() + PATIENCE
    while watched.error is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert isinstance(watched.error, ArticleError) and "is there no more" in str(watched.error)
    assert len(watched.ids) == 4


def test_an_empty_folder_is_watched_and_its_ids_start_there(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    news = NewsIndex.create(tmp_path / "archive", FakeEmbedder(), max_tokens=20)
    watched = Watched(folder, news)
    watched.start()
    write_files(folder, {"deep/a.txt": "The bridge was closed."})
    try:
        assert watched.next() == ("new", "deep/a.txt") and watched.ids == ["deep/a"]
    finally:
        watched.end()
        news.close()


def test_an_archive_inside_the_folder_does_not_wake_it(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "articles", {"a.txt": "The bridge was closed."})
    news = make_index(folder / "archive", [folder], FakeEmbedder())
    watched = Watched(folder, news)
    watched.start()
    try:
        write_files(folder, {"archive/pages/x.org/a.txt": "A page.", "b.txt": "The river rose."})
        assert watched.next() == ("new", "b.txt")
        time.sleep(2 * QUIET)
        assert watched.told.empty()
    finally:
        watched.end()
        news.close()


def test_what_changed_between_the_watcher_and_the_first_reading_is_seen(tmp_path: Path, articles: Path) -> None:
    news = make_index(tmp_path / "archive", [articles], FakeEmbedder())
    watched = Watched(articles, news)
    write_files(articles, {"between.txt": "The bridge was closed."})
    watched.start()
    try:
        assert watched.next() == ("new", "between.txt")
    finally:
        watched.end()
        news.close()


def test_after_many_changes_the_archive_is_what_one_reading_makes(watched: Watched, tmp_path: Path) -> None:
    for n in range(60):
        write_files(watched.folder, {f"{n % 7}/{n % 13}.txt": f"The bridge was closed on day {n}."})
        if n % 5 == 0:
            shutil.rmtree(watched.folder / str(n % 7))
        time.sleep(0.02)
    other = make_index(tmp_path / "other", [watched.folder], FakeEmbedder())
    expected = other.archive.fingerprint()
    other.close()
    deadline = time.monotonic() + PATIENCE
    while watched.news.archive.fingerprint() != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert watched.news.archive.fingerprint() == expected


def test_a_file_is_no_folder(tmp_path: Path, articles: Path) -> None:
    with pytest.raises(ArticleError, match=r"airport\.txt: no folder"):
        Watcher([articles / "airport.txt"], apart=tmp_path)


# The command line


@pytest.fixture
def command(tmp_path: Path, articles: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """`groundwire index … --watch` with fakes, in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> "subprocess.Popen[str]":
        given = ["index", *map(str, arguments), "--watch", "--archive", str(tmp_path / "archive")]
        process = subprocess.Popen(
            [sys.executable, str(TESTS / "support" / "fakes.py"), *given],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(TESTS.parent), "PYTHONUNBUFFERED": ""},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs behind a shell ignores it
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_line_a_change_and_ctrl_c_ends_it(
    command: Callable[..., "subprocess.Popen[str]"], tmp_path: Path, articles: Path
) -> None:
    process = command(articles)
    assert process.stdout and process.stderr
    assert process.stdout.readline().startswith("4 new")
    assert process.stdout.readline().endswith("4 articles, 4 passages\n")
    assert process.stderr.readline() == "watching; Ctrl-C ends\n"
    write_files(articles, {"bridge.txt": "The bridge was closed."})
    time_of_day, _, line = process.stdout.readline().partition(" ")
    assert len(time_of_day) == 8 and line == f"new {articles / 'bridge.txt'}\n"
    news = NewsIndex.open(tmp_path / "archive", FakeEmbedder())
    assert news.rank("bridge", 3)["lexical"], "another groundwire can search meanwhile"
    news.close()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, "", "\ninterrupted\n")


def test_changes_as_json(command: Callable[..., "subprocess.Popen[str]"], articles: Path) -> None:
    process = command(articles, "--json")
    assert process.stdout and process.stderr
    assert json.loads(process.stdout.readline())["new"] == 4
    process.stderr.readline()
    (articles / "airport.txt").unlink()
    change = json.loads(process.stdout.readline())
    assert (change["what"], change["file"]) == ("removed", str(articles / "airport.txt")) and change["time"]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130


def test_what_is_followed_is_asked_after_each_change(
    command: Callable[..., "subprocess.Popen[str]"], tmp_path: Path, articles: Path
) -> None:
    news = make_index(tmp_path / "archive", [articles], FakeEmbedder(), max_tokens=220)
    with closing(news), closing(Standing(news.archive.folder)) as standing:
        begin(make_room(news, llm="none"), standing, "How many people died in the strike at the airport?")
    process = command(articles, "--json")
    assert process.stdout and process.stderr
    assert json.loads(process.stdout.readline())["answers_changed"] == []
    process.stderr.readline()
    told = "---\ntitle: Toll\nsource: Reuters\npublished: 2020-01-05\n---\n"
    write_files(articles, {"b.md": f"{told}Twelve people died in the strike at the airport.\n"})
    assert json.loads(process.stdout.readline())["what"] == "new"
    change = json.loads(process.stdout.readline())
    assert (change["what"], change["kind"], change["number"]) == ("answer", "changed", 1)
    assert [voice["words"] for voice in (*change["now"], *change["was"])] == ["Twelve", "Ten"]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)


def test_a_name_that_is_no_text_ends_no_watch_and_another_failure_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter([RuntimeError("Unable to decode path"), RuntimeError("too many watches")])

    def fails(*_: Path, **__: object) -> Iterator[set[tuple[object, str]]]:
        yield set()
        raise next(said)

    monkeypatch.setattr("index.arrivals.watch.watch", fails)
    watcher = Watcher([tmp_path], apart=tmp_path / "archive", quiet_seconds=0.0)
    with pytest.raises(RuntimeError, match="too many"):
        assert [list(paths) for paths in watcher.quiet()][:1] == [[tmp_path.resolve()]]
