"""Conversations on disk: one SQLite file for all users, each of whom sees their own alone.

Every change is one transaction. A turn is a question and its answer in the shape of docs/answer.md. What was deleted is
hidden, and gone a day later.
"""

import json
import os
import re
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from ground.words import fold

TurnMark = Literal["", "+", "-"]
FORMAT = 1
APPLICATION = 0x47574B50  # says in the file's head that it is ours
TITLE_CHARACTERS = 80
LONGEST_TITLE = 200
LARGEST = 2**31
RESTORED_WITHIN = timedelta(days=1)
LONGEST_SEARCH = 300
WAIT_SECONDS = 10.0
SCHEMA = """
CREATE TABLE conversations (
    row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL, archive TEXT NOT NULL,
    title TEXT NOT NULL, renamed INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    turns INTEGER NOT NULL, deleted INTEGER
);
CREATE INDEX conversations_of_user ON conversations(user, updated DESC, row DESC) WHERE deleted IS NULL AND turns > 0;
CREATE TABLE turns (
    conversation INTEGER NOT NULL REFERENCES conversations(row) ON DELETE CASCADE, place INTEGER NOT NULL,
    question TEXT NOT NULL, answer TEXT, note TEXT NOT NULL, scope TEXT NOT NULL, mark TEXT NOT NULL,
    correction TEXT NOT NULL, asked TEXT NOT NULL, PRIMARY KEY (conversation, place)
);
"""
WORDS = "CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'unicode61')"
WORDS_WITHOUT_FTS = "CREATE TABLE words (rowid INTEGER PRIMARY KEY, text TEXT NOT NULL)"
UNSPACED = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff])")
ELSEWHERE = "this conversation has gone on elsewhere; open its link again"
NO_SUCH = "no conversation has this link; it may have been deleted, or it is another person's"


class ConversationError(OSError):
    """A conversation that is not there for this user, or a file that cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Turn:
    """A question, its answer as `Answer.to_dict` has it, and what the reader said of it.

    `note` stands in place of an answer (stopped, an error's sentence). `asked` is an ISO 8601 time. `scope` is what
    the search was narrowed to.
    """

    question: str
    answer: dict[str, Any] | None = None
    note: str = ""
    scope: dict[str, Any] = field(default_factory=dict)
    mark: TurnMark = ""
    correction: str = ""
    asked: str = ""


@dataclass(frozen=True)
class Summary:
    """A conversation in a list. `updated` is when its last turn was kept, ISO 8601 in UTC."""

    id: str
    title: str
    archive: str
    updated: str
    turns: int


@dataclass(frozen=True)
class Conversation:
    """A conversation whole."""

    id: str
    title: str
    archive: str
    created: str
    updated: str
    turns: tuple[Turn, ...]


class Conversations:
    """The open file. Every method may be called from any thread, while other processes have it open too.

    Every method raises ConversationError where the disk does not take a change, or the file is damaged; what was kept
    before stays. Methods that name a conversation raise it where this user has none of this id.
    """

    def __init__(self, file: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Opens the file, made where there is none, and sweeps it.

        Raises ConversationError for a file of anything else.
        """
        self.file = file
        self._now = now
        self._mutex = threading.RLock()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # for nobody else's eyes
        except OSError as error:
            raise ConversationError(
                f"{file}: conversations cannot be kept here ({error.strerror}); name another place"
            ) from None
        with self._sentences():
            self._db = sqlite3.connect(file, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                self._open()
                self.sweep()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        with self._mutex:
            self._db.close()

    def _open(self) -> None:
        if not self._held():
            with self._change():
                if not self._held():  # another process may have been quicker
                    for statement in SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._make_words()
                    self._db.execute(f"PRAGMA application_id = {APPLICATION}")
                    self._db.execute(f"PRAGMA user_version = {FORMAT}")
        [(application,)], [(version,)] = self._rows("PRAGMA application_id"), self._rows("PRAGMA user_version")
        if application != APPLICATION:
            raise ConversationError(f"{self.file}: holds something else than conversations; name another file")
        if version != FORMAT:
            raise ConversationError(
                f"{self.file}: kept by another version (format {version}, not {FORMAT}); name another file"
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA secure_delete = ON")
        made = self._rows("SELECT sql FROM sqlite_master WHERE name = 'words'")
        self._fts = "VIRTUAL" in str(made)
        self._rows("SELECT count(*) FROM words WHERE rowid = 0")  # raises where this SQLite has no FTS5

    def _held(self) -> bool:
        return bool(self._rows("SELECT 1 FROM sqlite_master LIMIT 1"))

    def _make_words(self) -> None:
        try:
            self._db.execute(WORDS)
        except sqlite3.OperationalError:  # SQLite was built without FTS5
            self._db.execute(WORDS_WITHOUT_FTS)

    # What a user has

    def start(self, user: str, archive_key: str) -> str:
        """The id of a new conversation with an archive; nobody can guess it. It is listed once it has a turn."""
        id, now = secrets.token_urlsafe(16), self._time()
        with self._change():
            self._db.execute(
                "INSERT INTO conversations (id, user, archive, title, renamed, created, updated, turns)"
                " VALUES (?, ?, ?, '', 0, ?, ?, 0)",
                (id, user, whole(archive_key), now, now),
            )
        return id

    def listed(self, user: str, words: str = "", limit: int = 50, offset: int = 0) -> list[Summary]:
        """Conversations with a turn, the one that went on last first; with `words`, those that hold all of them.

        A word is looked for at the start of words of title, questions and answers, whatever its case and accents.
        Raises ConversationError for more than `LONGEST_SEARCH` characters.
        """
        if len(words) > LONGEST_SEARCH:
            raise ConversationError(f"{len(words):,} characters are looked for; look for {LONGEST_SEARCH} at most")
        wanted = [spaced(word) for word in words.split()]
        wanted = [word for word in wanted if word]
        if words.strip() and not wanted:
            return []
        query = "SELECT id, title, archive, updated, turns FROM conversations WHERE user = ? AND deleted IS NULL"
        query, values = f"{query} AND turns > 0", [user]
        if wanted and self._fts:
            query += " AND row IN (SELECT rowid FROM words WHERE words MATCH ?)"
            values.append(" ".join(f'"{word}"*' for word in wanted))  # folded words hold no quotation mark
        elif wanted:
            held = " AND ".join(["instr(' ' || text, ' ' || ?)"] * len(wanted))
            query += f" AND row IN (SELECT rowid FROM words WHERE {held})"
            values += wanted
        query += " ORDER BY updated DESC, row DESC LIMIT ? OFFSET ?"
        with self._sentences():
            rows = self._rows(query, (*values, *(min(max(0, number), LARGEST) for number in (limit, offset))))
        return [Summary(id, title, archive, _iso(updated), turns) for id, title, archive, updated, turns in rows]

    def get(self, user: str, id: str) -> Conversation:
        """A conversation with all its turns."""
        with self._sentences(), self._mutex:
            self._db.execute("BEGIN")  # one state of both tables
            try:
                row = self._row(user, id)
                [(title, archive, created, updated)] = self._rows(
                    "SELECT title, archive, created, updated FROM conversations WHERE row = ?", (row,)
                )
                turns = self._rows(
                    "SELECT question, answer, note, scope, mark, correction, asked FROM turns WHERE conversation = ?"
                    " ORDER BY place",
                    (row,),
                )
            finally:
                self._db.execute("COMMIT")
        return Conversation(
            id, title, archive, _iso(created), _iso(updated), tuple(self._read_turn(*turn) for turn in turns)
        )

    # Changes

    def put_turn(self, user: str, id: str, place: int, turn: Turn) -> None:
        """Keeps a turn at its place, the first of which is 0. An earlier place drops the turns after it."""
        _check_mark(turn.mark)
        values = (
            *(whole(turn.question), None if turn.answer is None else compact(turn.answer), whole(turn.note)),
            *(compact(turn.scope), turn.mark, whole(turn.correction), whole(turn.asked)),
        )
        with self._change():
            row = self._row(user, id)
            self._check_place(row, place, spare=1)
            self._db.execute("DELETE FROM turns WHERE conversation = ? AND place >= ?", (row, place))
            self._db.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (row, place, *values))
            self._db.execute(
                "UPDATE conversations SET turns = ?, updated = max(updated + 1, ?) WHERE row = ?",
                (place + 1, self._time(), row),
            )
            if place == 0:
                self._db.execute(
                    "UPDATE conversations SET title = ? WHERE row = ? AND NOT renamed", (title_of(values[0]), row)
                )
            self._note_words(row)

    def put_answer(self, user: str, id: str, place: int, turn: Turn) -> None:
        """Keeps what came of the question that was put at `place`, whatever was asked after it in the meantime.

        Where another tab has put something else there, the turn comes after all others instead.
        """
        with self._change():
            row = self._row(user, id)
            changed = self._db.execute(
                "UPDATE turns SET answer = ?, note = ?"
                " WHERE conversation = ? AND place = ? AND question = ? AND asked = ?",
                (
                    *(None if turn.answer is None else compact(turn.answer), whole(turn.note)),
                    *(row, place, whole(turn.question), whole(turn.asked)),
                ),
            ).rowcount
            if changed:
                self._db.execute(
                    "UPDATE conversations SET updated = max(updated + 1, ?) WHERE row = ?", (self._time(), row)
                )
                self._note_words(row)
                return
            [(count,)] = self._rows("SELECT turns FROM conversations WHERE row = ?", (row,))
        self.put_turn(user, id, count, turn)

    def rename(self, user: str, id: str, title: str) -> None:
        """Gives another title, `LONGEST_TITLE` characters at most; an empty one gives back the first question."""
        with self._change():
            row = self._row(user, id)
            words = title_of(whole(title), LONGEST_TITLE)
            first = self._rows("SELECT question FROM turns WHERE conversation = ? AND place = 0", (row,))
            self._db.execute(
                "UPDATE conversations SET title = ?, renamed = ? WHERE row = ?",
                (words or (title_of(first[0][0]) if first else ""), bool(words), row),
            )
            self._note_words(row)

    def mark(self, user: str, id: str, place: int, mark: TurnMark, correction: str = "") -> None:
        """What the reader says of the answer at `place`: right (+), wrong (-) or nothing, and what would be right."""
        _check_mark(mark)
        with self._change():
            row = self._row(user, id)
            self._check_place(row, place)
            self._db.execute(
                "UPDATE turns SET mark = ?, correction = ? WHERE conversation = ? AND place = ?",
                (mark, whole(correction), row, place),
            )

    def delete(self, user: str, id: str) -> None:
        """Hides a conversation from everything but `restore`."""
        with self._change():
            self._db.execute("UPDATE conversations SET deleted = ? WHERE row = ?", (self._time(), self._row(user, id)))

    def restore(self, user: str, id: str) -> None:
        """Takes a deletion back, while `sweep` has not come by."""
        with self._change():
            row = self._row(user, id, deleted=True)
            self._db.execute("UPDATE conversations SET deleted = NULL WHERE row = ?", (row,))

    def sweep(self) -> int:
        """Takes out for good what was deleted over a day ago, and what was begun then and never asked; how many."""
        before = self._time() - RESTORED_WITHIN // timedelta(microseconds=1)
        with self._change():
            rows = self._rows(
                "SELECT row FROM conversations WHERE deleted < ?1 OR (turns = 0 AND created < ?1)", (before,)
            )
            self._db.executemany("DELETE FROM words WHERE rowid = ?", rows)
            self._db.executemany("DELETE FROM conversations WHERE row = ?", rows)
            if rows and self._fts:
                self._db.execute("INSERT INTO words (words) VALUES ('optimize')")  # else their words stay in its index
        return len(rows)

    # Below

    def _row(self, user: str, id: str, *, deleted: bool = False) -> int:
        state = "NOT NULL" if deleted else "NULL"
        query = f"SELECT row FROM conversations WHERE id = ? AND user = ? AND deleted IS {state}"
        rows = self._rows(query, (whole(id), user))
        if not rows:
            raise ConversationError(NO_SUCH)
        return int(rows[0][0])

    def _check_place(self, row: int, place: int, *, spare: int = 0) -> None:
        [(count,)] = self._rows("SELECT turns FROM conversations WHERE row = ?", (row,))
        if not 0 <= place < count + spare:
            raise ConversationError(ELSEWHERE)

    def _note_words(self, row: int) -> None:
        """Writes down anew what a conversation is found by."""
        [(title,)] = self._rows("SELECT title FROM conversations WHERE row = ?", (row,))
        said = [title]
        for question, answer in self._rows(
            "SELECT question, answer FROM turns WHERE conversation = ? ORDER BY place", (row,)
        ):
            said += [question, str(json.loads(answer).get("answer", "")) if answer else ""]
        self._db.execute("DELETE FROM words WHERE rowid = ?", (row,))
        self._db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row, spaced("\n".join(said))))

    def _read_turn(self, question: str, answer: str | None, note: str, scope: str, *said: Any) -> Turn:
        try:
            return Turn(question, None if answer is None else json.loads(answer), note, json.loads(scope), *said)
        except ValueError as error:
            raise ConversationError(f"{self.file}: a turn is damaged ({error}); take the file from a backup") from None

    def _time(self) -> int:
        """Microseconds since 1970."""
        return (self._now() - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._mutex:
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _change(self) -> Iterator[None]:
        """One transaction: all of it is kept, or nothing."""
        with self._sentences(), self._mutex:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """What SQLite says, as a sentence for the reader."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # a bug, such as a file that was closed
        except sqlite3.OperationalError as error:
            raise ConversationError(
                f"{self.file}: conversations cannot be kept ({error}); see whether the disk is full or the file is in"
                " use or for reading only"
            ) from error
        except sqlite3.DatabaseError as error:
            raise ConversationError(
                f"{self.file}: damaged, or no file of conversations ({error}); move it away, and a new one is begun"
            ) from error


# Words


def title_of(question: str, longest: int = TITLE_CHARACTERS) -> str:
    """A question on one line, cut after a word where it is long.

    >>> title_of("Who was\\nkilled?"), title_of("Who was killed?", 12), title_of("Soleimani", 5)
    ('Who was killed?', 'Who was …', 'Sol …')
    """
    words = " ".join(question.split())
    if len(words) <= longest:
        return words
    head = words[: longest - 1]
    return f"{(head.rpartition(' ')[0] or words[: longest - 2]).rstrip()} …"


def spaced(text: str) -> str:
    """Folded words parted by one space, letters of scripts that part no words each alone: so that all can be found.

    >>> spaced("“José” in 東京")
    'jose in 東 京'
    """
    return " ".join(UNSPACED.sub(r" \1 ", fold(text).replace("_", " ")).split())


def whole(text: str) -> str:
    """Text that can be written as UTF-8: a half of a surrogate pair is shown as "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")


def compact(value: Mapping[str, Any]) -> str:
    """JSON without spaces, in any script; halves of surrogate pairs are escaped, and come back."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _check_mark(mark: str) -> None:
    if mark not in ("", "+", "-"):
        raise ConversationError(f'"{mark[:20]}" is no mark; give + for right, - for wrong, or nothing')


def _iso(microseconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="seconds")
