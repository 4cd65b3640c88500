"""The questions that are followed, what is known of each, and how that has changed: a file beside the archive.

It lies in the archive's folder, for every back end. What a question knows and what a change tells are JSON that only
those who ask understand; here they are kept, and words of articles that were taken out are struck from them.
"""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.store.archive import ArchiveError
from index.store.scope import Scope, ScopeError

FILE = "standing.sqlite"
FEED = "standing.atom"  # what was told, for feed readers; made from the file
FORMAT = "1"
HASH = 8  # bytes of one article as it is remembered
STRUCK = dict.fromkeys(("words", "quote", "title", "source", "url"), "")
SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE questions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, question TEXT NOT NULL, scope TEXT NOT NULL, since TEXT NOT NULL,
    known TEXT NOT NULL
);
CREATE TABLE changes (
    row INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, at TEXT NOT NULL, told TEXT NOT NULL
);
CREATE INDEX changes_of_question ON changes(number);
"""


@dataclass(frozen=True)
class Followed:
    """A question that is followed since a moment (ISO 8601, UTC), the part of the archive it is asked of, and what is
    known."""

    number: int
    question: str
    scope: Scope
    since: str
    known: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One step of a question's history: when it was seen (ISO 8601, UTC), and what was told."""

    number: int
    at: str
    told: dict[str, Any]


def is_kept(folder: Path) -> bool:
    """Whether a question of the archive in this folder was ever followed."""
    return (folder / FILE).is_file()


class Standing:
    """The questions that are followed in one archive. Each change is whole or not at all; several may write."""

    def __init__(self, folder: Path) -> None:
        """Opens the file in the archive's folder, or makes it. Raises ArchiveError where that cannot be."""
        self.file = folder / FILE
        db: sqlite3.Connection | None = None
        try:
            db = sqlite3.connect(self.file, timeout=30, isolation_level=None, check_same_thread=False)
            self._db = db
            db.execute("PRAGMA secure_delete = ON")  # what is struck is on the disk no more
            if self._empty():  # what another user made can be read, though not written
                with self._change():
                    if self._empty():
                        for statement in SCHEMA.split(";"):
                            self._db.execute(statement)
                        self._db.execute("INSERT INTO about VALUES ('format', ?)", (FORMAT,))
            held = self._about("format")
        except sqlite3.DatabaseError as error:
            if db is not None:
                db.close()
            raise ArchiveError(
                f"{self.file}: the questions that are followed cannot be read or written ({error}); see whether the"
                " disk is full, or move the file away and follow them again"
            ) from None
        if held != FORMAT:
            self._db.close()
            raise ArchiveError(f"{self.file}: made by another version (format {held}, not {FORMAT}); move it away")

    def close(self) -> None:
        self._db.close()

    def _empty(self) -> bool:
        return not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]

    def _about(self, name: str) -> Any:
        row = self._db.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    @contextmanager
    def _change(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # Questions

    def questions(self) -> list[Followed]:
        """All that are followed, in the order in which they were taken up."""
        rows = self._db.execute("SELECT number, question, scope, since, known FROM questions ORDER BY number")
        return [Followed(n, q, Scope.from_dict(json.loads(s)), since, json.loads(k)) for n, q, s, since, k in rows]

    def add(self, question: str, scope: Scope, at: str, known: Mapping[str, Any], told: Mapping[str, Any]) -> Followed:
        """Follows a question from now on, under a number that none had before; `told` begins its history."""
        with self._change():
            values = (question, json.dumps(scope.to_dict()), at, json.dumps(known))
            query = "INSERT INTO questions (question, scope, since, known) VALUES (?, ?, ?, ?)"
            number = self._db.execute(query, values).lastrowid
            assert number is not None
            self._tell(number, at, told)
        return Followed(number, question, scope, at, dict(known))

    def remove(self, number: int) -> bool:
        """Follows a question no more, and forgets its history; False where none has this number."""
        with self._change():
            gone = self._db.execute("DELETE FROM questions WHERE number = ?", (number,)).rowcount
            self._db.execute("DELETE FROM changes WHERE number = ?", (number,))
        return bool(gone)

    def note(self, question: Followed, known: Mapping[str, Any], at: str, told: Mapping[str, Any] | None) -> bool:
        """Writes what is known now and, where there is one, the change that is told.

        False, and nothing is written, where the question is followed no more or another process has noted something
        since `question` was read.
        """
        values = (json.dumps(known), question.number, json.dumps(question.known))
        with self._change():
            query = "UPDATE questions SET known = ? WHERE number = ? AND known = ?"
            if not self._db.execute(query, values).rowcount:
                return False
            if told is not None:
                self._tell(question.number, at, told)
        return True

    def _tell(self, number: int, at: str, told: Mapping[str, Any]) -> None:
        self._db.execute("INSERT INTO changes (number, at, told) VALUES (?, ?, ?)", (number, at, json.dumps(told)))

    def history(self, number: int | None = None, *, last: int | None = None) -> list[Entry]:
        """What was told of one question or of all, oldest first; only the `last` of it where that is given."""
        query = "SELECT number, at, told FROM changes WHERE ? IS NULL OR number = ? ORDER BY row DESC LIMIT ?"
        rows = self._db.execute(query, (number, number, -1 if last is None else last)).fetchall()
        return [Entry(number, at, json.loads(told)) for number, at, told in reversed(rows)]

    # What has been asked already

    def unseen(self, digests: Mapping[str, str]) -> list[str]:
        """The ids of the articles, of those in the archive, that were not there or said something else when the
        questions were last asked, in order."""
        held = self._about("seen") or b""
        seen = {held[i : i + HASH] for i in range(0, len(held), HASH)}
        return sorted(id for id, digest in digests.items() if _hash(id, digest) not in seen)

    def see(self, digests: Mapping[str, str]) -> None:
        """The questions have been asked of all these articles."""
        seen = b"".join(sorted(_hash(id, digest) for id, digest in digests.items()))
        with self._change():
            self._db.execute("INSERT OR REPLACE INTO about VALUES ('seen', ?)", (seen,))

    # What leaves, and what moves

    def strike(self, articles: Collection[str]) -> int:
        """Takes the words of these articles out of all that is known and was told; the steps and their days stay.

        How many quotes were struck.
        """
        struck = 0
        with self._change():
            for table, key, column in (("questions", "number", "known"), ("changes", "row", "told")):
                for row, held in self._db.execute(f"SELECT {key}, {column} FROM {table}").fetchall():
                    value, number = without_words(json.loads(held), set(articles))
                    if number:
                        self._db.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (json.dumps(value), row))
                        struck += number
        return struck

    def to_dict(self, number: int | None = None) -> dict[str, Any]:
        """All of it, or all of one question, as JSON has it; `take` and `take_back` read it again."""
        seen = self._about("seen") or b""
        questions = [vars(q) | {"scope": q.scope.to_dict()} for q in self.questions() if number in (None, q.number)]
        history = [vars(entry) for entry in self.history(number)]
        return {"questions": questions, "history": history, "seen": seen.hex() if number is None else ""}

    def take(self, held: Mapping[str, Any]) -> None:
        """Takes what `to_dict` gave into a file that holds no question yet; nothing where it holds some.

        Raises ValueError, TypeError or KeyError where it is something else.
        """
        checked = read_standing(held)
        with self._change():
            if self._db.execute("SELECT count(*) FROM questions").fetchone()[0]:
                return
            self._put(*checked)
            self._db.execute("INSERT OR REPLACE INTO about VALUES ('seen', ?)", (bytes.fromhex(held["seen"]),))

    def take_back(self, held: Mapping[str, Any]) -> None:
        """Follows again what `to_dict` gave of one question, under its number and with its history."""
        with self._change():
            self._put(*read_standing(held))

    def _put(self, questions: Sequence[Followed], history: Sequence[Entry]) -> None:
        self._db.executemany(
            "INSERT INTO questions VALUES (?, ?, ?, ?, ?)",
            [(q.number, q.question, json.dumps(q.scope.to_dict()), q.since, json.dumps(q.known)) for q in questions],
        )
        for entry in history:
            self._tell(entry.number, entry.at, entry.told)


def read_standing(held: Mapping[str, Any]) -> tuple[list[Followed], list[Entry]]:
    """The questions and the history of what `Standing.to_dict` gave, checked.

    Raises ValueError, TypeError or KeyError where it is something else.
    """
    questions = []
    for row in held["questions"]:
        if not isinstance(row["number"], int) or not isinstance(row["known"], dict):
            raise TypeError("a question has a number and what is known")
        try:
            scope = Scope.from_dict(row["scope"])
        except ScopeError as error:
            raise ValueError(str(error)) from None
        questions.append(Followed(row["number"], str(row["question"]), scope, str(row["since"]), row["known"]))
    history = [Entry(int(row["number"]), str(row["at"]), dict(row["told"])) for row in held["history"]]
    bytes.fromhex(held["seen"])
    return questions, history


def strike(folder: Path, articles: Collection[str]) -> int:
    """As `Standing.strike`, of the archive in this folder; 0 where no question was ever followed."""
    if not articles or not is_kept(folder):
        return 0
    standing = Standing(folder)
    try:
        struck = standing.strike(articles)
    finally:
        standing.close()
    if struck:
        (folder / FEED).unlink(missing_ok=True)  # it has their words; the next check makes it again
    return struck


def without_words(value: Any, articles: set[str]) -> tuple[Any, int]:
    """JSON without the words of what names one of these articles, and how many such there were."""
    if isinstance(value, dict):
        if value.get("article_id") in articles and not value.get("struck"):
            return value | {name: word for name, word in STRUCK.items() if name in value} | {"struck": True}, 1
        made = {name: without_words(held, articles) for name, held in value.items()}
        return {name: held for name, (held, _) in made.items()}, sum(number for _, number in made.values())
    if isinstance(value, list):
        rows: Sequence[tuple[Any, int]] = [without_words(held, articles) for held in value]
        return [held for held, _ in rows], sum(number for _, number in rows)
    return value, 0


def _hash(article_id: str, digest: str) -> bytes:
    return hashlib.blake2b(f"{article_id}\0{digest}".encode(), digest_size=HASH).digest()
