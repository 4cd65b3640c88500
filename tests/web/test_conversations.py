"""Conversations: each user sees their own alone, whatever is typed finds or does not, a kill leaves whole turns."""

import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from tests.test_floors import ROOT
from web import conversations
from web.conversations import NO_SUCH, ConversationError, Conversations, Turn, compact, title_of

ASKED = Turn("Who was killed?", {"answer": "General Soleimani was killed [1].", "citations": []}, asked="2026-11-21")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["fts5", "without fts5"])
def kept(tmp_path: Path, clock: Clock, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An open file; once as SQLite without FTS5 would make it."""
    if request.param != "fts5":
        monkeypatch.setattr(conversations, "WORDS", "CREATE VIRTUAL TABLE words USING not_there(text)")
    kept = Conversations(tmp_path / "kept.sqlite", now=clock)
    yield kept
    kept.close()


def ask(kept: Conversations, *questions: str, user: str = "") -> str:
    """The id of a new conversation with these questions."""
    id = kept.start(user, "archive")
    for place, question in enumerate(questions):
        kept.put_turn(user, id, place, Turn(question))
    return id


def test_a_turn_comes_back_as_it_was_kept(kept: Conversations, clock: Clock) -> None:
    turn = Turn(
        "Où?", {"answer": "\ud800 “é” [1]", "score": 0.1}, "note", {"outlets": ["AFP"]}, "-", "ten", "2026-11-21"
    )
    id = kept.start("", "archive")
    assert len(id) >= 20 and kept.listed("") == [] and kept.get("", id).turns == ()
    kept.put_turn("", id, 0, turn)
    clock.time += timedelta(seconds=5)
    kept.put_turn("", id, 1, ASKED)
    held = kept.get("", id)
    assert held.turns == (turn, ASKED)
    assert (held.created, held.updated) == ("2026-11-21T12:00:00+00:00", "2026-11-21T12:00:05+00:00")
    [summary] = kept.listed("")
    assert (summary.id, summary.title, summary.archive, summary.turns) == (id, "Où?", "archive", 2)
    kept.close()
    again = Conversations(kept.file)
    assert again.get("", id) == held
    again.close()


def test_a_half_character_is_kept_as_a_question_mark(kept: Conversations) -> None:
    id = kept.start("", "a\ud800")
    kept.put_turn("", id, 0, Turn("a\udfff b", note="\ud800", correction="\ud800", asked="\ud800"))
    assert kept.get("", id).turns[0].question == "a? b" and kept.listed("", "\ud800") == []


def test_an_earlier_place_drops_what_came_after_it(kept: Conversations) -> None:
    id = ask(kept, "first apple", "second pear", "third plum")
    kept.put_turn("", id, 1, Turn("another quince"))
    assert [turn.question for turn in kept.get("", id).turns] == ["first apple", "another quince"]
    assert kept.listed("")[0].turns == 2
    assert [len(kept.listed("", word)) for word in ("apple", "pear", "plum", "quince")] == [1, 0, 0, 1]
    for place in (-1, 3, 10**30):
        with pytest.raises(ConversationError, match="gone on elsewhere"):
            kept.put_turn("", id, place, ASKED)
        with pytest.raises(ConversationError, match="gone on elsewhere"):
            kept.mark("", id, place, "+")


def test_the_title_is_the_first_question_until_it_is_renamed(kept: Conversations) -> None:
    id = ask(kept, "Who was killed " * 20, "And then?")
    assert kept.get("", id).title.startswith("Who was killed Who was") and len(kept.get("", id).title) <= 80
    kept.put_turn("", id, 0, Turn("When?"))
    assert kept.get("", id).title == "When?"
    kept.rename("", id, "  The\nstrike ")
    kept.put_turn("", id, 0, Turn("Where?"))
    assert kept.get("", id).title == "The strike" and [s.id for s in kept.listed("", "strike")] == [id]
    kept.rename("", id, " ")
    assert kept.get("", id).title == "Where?" and kept.listed("", "strike") == []


@given(st.text(max_size=300), st.integers(5, 90))
def test_a_title_is_one_line_that_starts_as_the_question_does(question: str, longest: int) -> None:
    title, words = title_of(question, longest), " ".join(question.split())
    assert len(title) <= longest and "\n" not in title
    assert title == words if len(words) <= longest else words.startswith(title.removesuffix("…").rstrip())


# Finding


def test_words_find_titles_questions_and_answers(kept: Conversations, clock: Clock) -> None:
    first = ask(kept, "Where is José Pérez?", "What of the F-15E?")
    clock.time += timedelta(seconds=1)
    second = kept.start("", "archive")
    kept.put_turn("", second, 0, Turn("東京の天気は?", {"answer": "General SOLEIMANI’s car"}))
    found = {
        "jose": [first],
        "PEREZ  where": [first],
        "f-15": [first],
        "“pér": [first],
        "ose": [],
        "天気": [second],
        "京の": [second],
        "soleimani's general": [second],
        "pérez soleimani": [],
        "": [second, first],
        "?": [],
    }
    for words, ids in found.items():
        assert [summary.id for summary in kept.listed("", words)] == ids, words
    clock.time += timedelta(seconds=1)
    kept.put_turn("", first, 2, Turn("And now?"))
    assert [s.id for s in kept.listed("")] == [first, second]
    assert [s.id for s in kept.listed("", limit=1, offset=1)] == [second] and kept.listed("", limit=-1, offset=-1) == []
    assert len(kept.listed("", limit=10**30)) == 2 and kept.listed("", offset=10**30) == []


def test_a_long_search_is_a_sentence(kept: Conversations) -> None:
    letters = " ".join("a" * conversations.LONGEST_SEARCH)[: conversations.LONGEST_SEARCH]
    id = ask(kept, letters)
    assert [summary.id for summary in kept.listed("", letters)] == [id]
    assert [summary.id for summary in kept.listed("", "京" * conversations.LONGEST_SEARCH)] == []
    with pytest.raises(ConversationError, match="301 characters are looked for; look for 300 at most"):
        kept.listed("", "a" * 301)


SYNTAX = ['"', "*", "NEAR(a b, 2)", "text:a", "a AND", "NOT", "(", "-a", "a*b", "{a b}: c", "^a", "a'b", "%", "_", "\0"]


@pytest.mark.parametrize("words", SYNTAX)
def test_nothing_typed_is_a_query_language(kept: Conversations, words: str) -> None:
    ask(kept, "Of something else")
    assert kept.listed("", words) == []
    id = ask(kept, f"before {words} after")
    assert id in [summary.id for summary in kept.listed("", "before after")]
    if re.search("[a-z]", words):
        assert id in [summary.id for summary in kept.listed("", words)]


def test_any_words_find_what_holds_them(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "kept.sqlite")
    id = ask(kept, "nothing")

    @given(st.text(max_size=40))
    def check(words: str) -> None:
        kept.put_turn("", id, 0, Turn(f"x {words} y"))
        assert len(kept.listed("", f"x {words} y")) == 1

    check()
    kept.close()


# Whose


def test_no_user_reaches_what_is_another_s(kept: Conversations) -> None:
    id = ask(kept, "A secret", user="ann")
    gone = ask(kept, "Deleted", user="ann")
    kept.delete("ann", gone)
    before = kept.get("ann", id)
    for user in ("", "bob", "ANN", "ann' OR '1'='1"):
        tries: list[Any] = [
            lambda: kept.get(user, id),  # noqa: B023
            lambda: kept.put_turn(user, id, 0, ASKED),  # noqa: B023
            lambda: kept.rename(user, id, "mine"),  # noqa: B023
            lambda: kept.mark(user, id, 0, "+", ""),  # noqa: B023
            lambda: kept.delete(user, id),  # noqa: B023
            lambda: kept.restore(user, gone),  # noqa: B023
        ]
        for attempt in tries:
            with pytest.raises(ConversationError) as error:
                attempt()
            assert str(error.value) == NO_SUCH
        assert kept.listed(user) == [] and kept.listed(user, "secret") == []
    assert kept.get("ann", id) == before and [s.id for s in kept.listed("ann", "secret")] == [id]
    with pytest.raises(ConversationError, match="no conversation has this link"):
        kept.get("ann", "\ud800")


def test_what_is_deleted_can_be_had_back_for_a_day(kept: Conversations, clock: Clock) -> None:
    id = ask(kept, "Gone?", "Really?")
    kept.delete("", id)
    assert kept.listed("") == [] and kept.listed("", "gone") == []
    for attempt in (kept.get, kept.delete):
        with pytest.raises(ConversationError, match="may have been deleted"):
            attempt("", id)
    clock.time += timedelta(hours=23)
    assert kept.sweep() == 0
    kept.restore("", id)
    assert [turn.question for turn in kept.get("", id).turns] == ["Gone?", "Really?"]
    kept.delete("", id)
    kept.start("", "never asked")
    clock.time += timedelta(hours=25)
    kept.close()
    again = Conversations(kept.file, now=clock)
    with pytest.raises(ConversationError, match="no conversation"):
        again.restore("", id)
    again.close()
    held = sqlite3.connect(kept.file)
    for table in ("conversations", "turns", "words"):
        assert held.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]
    held.close()
    assert b"Really" not in kept.file.read_bytes() and b"really" not in kept.file.read_bytes()


def test_marks_and_corrections(kept: Conversations) -> None:
    id = ask(kept, "How many?")
    kept.mark("", id, 0, "-", "ten")
    assert (kept.get("", id).turns[0].mark, kept.get("", id).turns[0].correction) == ("-", "ten")
    kept.mark("", id, 0, "")
    assert (kept.get("", id).turns[0].mark, kept.get("", id).turns[0].correction) == ("", "")
    with pytest.raises(ConversationError, match="gone on elsewhere"):
        kept.mark("", id, 1, "+", "")
    with pytest.raises(ConversationError, match='"x" is no mark'):
        kept.mark("", id, 0, "x")  # type: ignore[arg-type]


# Laws: the file does what plain dictionaries do


class Kept(RuleBasedStateMachine):
    ids = Bundle("ids")
    users = st.sampled_from(["", "ann", "bob"])

    @initialize()
    def open(self) -> None:
        self.clock = Clock()
        self.folder = TemporaryDirectory()
        self.kept = Conversations(Path(self.folder.name, "kept.sqlite"), now=self.clock)
        self.turns: dict[str, list[str]] = {}
        self.owner: dict[str, str] = {}
        self.order: list[str] = []

    @rule(target=ids, user=users)
    def start(self, user: str) -> str:
        id = self.kept.start(user, "a")
        self.turns[id], self.owner[id] = [], user
        return id

    @rule(id=ids, place=st.integers(0, 3), question=st.sampled_from(["apple", "pear", "plum tree"]))
    def put(self, id: str, place: int, question: str) -> None:
        self.clock.time += timedelta(seconds=1)
        if place > len(self.turns[id]):
            with pytest.raises(ConversationError):
                self.kept.put_turn(self.owner[id], id, place, Turn(question))
            return
        self.kept.put_turn(self.owner[id], id, place, Turn(question))
        self.turns[id][place:] = [question]
        self.order = [id, *(other for other in self.order if other != id)]

    @rule(id=consumes(ids))
    def delete(self, id: str) -> None:
        self.kept.delete(self.owner[id], id)
        self.order = [other for other in self.order if other != id]

    @invariant()
    def lists_agree(self) -> None:
        if not hasattr(self, "kept"):
            return
        for user in ("", "ann", "bob"):
            for word in ("", "pear", "tree"):
                wanted = [id for id in self.order if self.owner[id] == user and word in " ".join(self.turns[id])]
                assert [summary.id for summary in self.kept.listed(user, word)] == wanted
        for id in self.order:
            assert [turn.question for turn in self.kept.get(self.owner[id], id).turns] == self.turns[id]

    def teardown(self) -> None:
        if hasattr(self, "kept"):
            self.kept.close()
            self.folder.cleanup()


TestKept = Kept.TestCase


# Many at once, and kills

WRITER = """
import sys
from pathlib import Path
from web.conversations import Conversations, Turn
kept = Conversations(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    id = kept.start(sys.argv[3], "a")
    for place in range(3):
        kept.put_turn(sys.argv[3], id, place, Turn(f"question {place}", {"answer": "word " * 2000}, asked=str(n)))
        print(id, place, flush=True)
"""


def writer(file: Path, count: int, user: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file), str(count), user], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_threads_do_not_cross(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "kept.sqlite")

    def work(n: int) -> str:
        id = ask(kept, *(f"question {n} {place}" for place in range(5)), user=f"user{n}")
        kept.rename(f"user{n}", id, f"title {n}")
        return id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(work, range(24)))
    for n, id in enumerate(ids):
        assert [turn.question for turn in kept.get(f"user{n}", id).turns] == [f"question {n} {p}" for p in range(5)]
        assert [(s.id, s.title) for s in kept.listed(f"user{n}", "question")] == [(id, f"title {n}")]
    kept.close()


@pytest.mark.slow
def test_processes_do_not_cross(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"  # none of them finds it made
    writers = [writer(file, 8, f"user{n}") for n in range(3)]
    assert [process.wait(60) for process in writers] == [0, 0, 0]
    for process in writers:
        assert process.stdout
        process.stdout.close()
    kept = Conversations(file)
    for n in range(3):
        assert [(s.turns, s.title) for s in kept.listed(f"user{n}", "word")] == [(3, "question 0")] * 8
    kept.close()


@pytest.mark.slow
def test_a_kill_leaves_whole_turns(tmp_path: Path) -> None:
    file, said = tmp_path / "kept.sqlite", set()
    for seconds in (0.0, 0.02, 0.05):
        process = writer(file, 10_000, "")
        assert process.stdout
        said.add(process.stdout.readline().strip())
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        said |= {line.strip() for line in process.stdout if line.endswith("\n")}
        process.wait()
        process.stdout.close()
        kept = Conversations(file)
        held = {summary.id: kept.get("", summary.id).turns for summary in kept.listed("", limit=10_000)}
        assert [(s.id, s.turns) for s in kept.listed("", "word", limit=10_000)] == [
            (i, len(t)) for i, t in held.items()
        ]
        for turns in held.values():
            assert [turn.question for turn in turns] == [f"question {place}" for place in range(len(turns))]
            assert all(turn.answer == {"answer": "word " * 2000} for turn in turns)
        for line in said:
            id, place = line.split()
            assert len(held[id]) > int(place)
        assert kept._rows("PRAGMA integrity_check") == [("ok",)]
        kept.close()


def test_a_change_that_fails_changes_nothing(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    id = ask(kept, "first", "second")
    before = kept.get("", id), kept.listed("")

    def fail(_: str) -> str:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(conversations, "spaced", fail)
        with pytest.raises(RuntimeError):
            kept.put_turn("", id, 0, Turn("another"))
    assert (kept.get("", id), kept.listed("")) == before


def test_another_s_long_change_is_waited_for_and_then_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "WAIT_SECONDS", 0.3)
    kept = Conversations(tmp_path / "kept.sqlite")
    id = ask(kept, "first")
    other = sqlite3.connect(kept.file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ConversationError, match=r"kept\.sqlite: conversations cannot be kept \(database is locked\)"):
        kept.put_turn("", id, 1, ASKED)
    assert len(kept.get("", id).turns) == 1  # reading goes on
    timer = threading.Timer(0.1, lambda: other.execute("COMMIT"))
    timer.start()
    kept.put_turn("", id, 1, ASKED)
    timer.join()
    other.close()
    kept.close()


# Files that are something else


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "new" / "folder" / "kept.sqlite")
    ask(kept, "first")
    modes = [stat.S_IMODE(file.stat().st_mode) for file in kept.file.parent.iterdir()]
    assert len(modes) > 1 and set(modes) == {0o600}
    kept.close()


def foreign(file: Path) -> None:
    held = sqlite3.connect(file)
    held.execute("CREATE TABLE conversations (a)")
    held.commit()
    held.close()


def later(file: Path) -> None:
    Conversations(file).close()
    held = sqlite3.connect(file)
    held.execute("PRAGMA user_version = 9")
    held.close()


def torn(file: Path) -> None:
    kept = Conversations(file)
    for n in range(40):
        ask(kept, f"question {n} " * 50)
    kept.close()
    file.write_bytes(file.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda file: file.write_text("hello " * 1000), "damaged, or no file of conversations"),
        (lambda file: file.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000), "damaged, or no file"),
        (foreign, "holds something else than conversations; name another file"),
        (later, "format 9, not 1"),
        (torn, "damaged, or no file of conversations"),
        (lambda file: file.mkdir(), "conversations cannot be kept here"),
    ],
)
def test_another_file_is_a_sentence_and_stays_as_it_is(tmp_path: Path, make: Any, sentence: str) -> None:
    file = tmp_path / "kept.sqlite"
    make(file)
    before = file.read_bytes() if file.is_file() else b""
    with pytest.raises(ConversationError, match=sentence) as error:
        Conversations(file)
    assert str(error.value).startswith(f"{file}: ") and "\n" not in str(error.value)
    assert before == (file.read_bytes() if file.is_file() else b"")


def test_damage_found_later_is_a_sentence(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "kept.sqlite")
    id = ask(kept, "first")
    kept._db.execute("UPDATE turns SET scope = '{'")
    with pytest.raises(ConversationError, match="a turn is damaged"):
        kept.get("", id)
    kept.close()


def test_an_empty_file_is_begun(tmp_path: Path) -> None:
    """What a kill between making and filling leaves."""
    file = tmp_path / "kept.sqlite"
    file.touch()
    kept = Conversations(file)
    assert kept.get("", ask(kept, "first")).title == "first"
    kept.close()


@given(st.dictionaries(st.text(), st.text(st.characters()) | st.floats(allow_nan=False) | st.none()))
def test_what_is_kept_is_the_same_json(value: dict[str, Any]) -> None:
    text = compact(value)
    assert json.loads(text) == value and text.encode()


def test_a_file_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConversationError, match="conversations cannot be kept here"):
        Conversations(tmp_path / "file" / "kept.sqlite")
    assert os.listdir(tmp_path) == ["file"]
