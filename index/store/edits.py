"""Who changed what in an archive: a file beside it. What can be undone is written there before it is done.

It lies in the archive's folder, for every back end. What a change is, and how it is undone, is known to those who make
it; here it is kept, and words of articles that were taken out are struck from it.
"""

import getpass
import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from ground.errors import GroundwireError
from index.store.archive import ArchiveError
from index.store.standing import without_words

FILE = "edits.sqlite"
FORMAT = 1
Through = Literal["terminal", "page", "program"]
What = Literal["index", "add", "take out", "forget", "remember", "correct", "follow", "unfollow"]
SCHEMA = f"""
CREATE TABLE edits (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, through TEXT NOT NULL,
    what TEXT NOT NULL, subjects TEXT NOT NULL, before TEXT NOT NULL DEFAULT '{{}}', after TEXT NOT NULL DEFAULT '{{}}',
    held TEXT NOT NULL DEFAULT '{{}}', undoes INTEGER, undone INTEGER
);
PRAGMA user_version = {FORMAT};
"""
MOST_NAMED = 20  # files and addresses of one change
COLUMNS = "number, at, who, through, what, subjects, before, after, held, undoes, undone"


class EditError(GroundwireError, ValueError):
    """A change that cannot be made or undone; the message says why and what to do."""


class Meanwhile(EditError):
    """Somebody else was faster: what was to be changed is not what it was; the message says who and how."""


@dataclass(frozen=True)
class Who:
    """Who changes something: a login, or the account of the machine; empty for the page of one without logins."""

    name: str
    through: Through


@dataclass(frozen=True)
class Edit:
    """One change: when (ISO 8601, UTC), by whom, what, and of what: ids of articles, paths, addresses or questions.

    `before` and `after` are what people are shown of it, `held` what undoing it wants. `undoes` is the number of the
    change that this one undid, `undone` of the one that undid this.
    """

    number: int
    at: str
    who: str
    through: Through
    what: What
    of: tuple[str, ...]
    before: dict[str, Any]
    after: dict[str, Any]
    held: dict[str, Any]
    undoes: int | None = None
    undone: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, without what only undoing wants."""
        return {name: value for name, value in vars(self).items() if name != "held"} | {"of": list(self.of)}


@dataclass
class Noted:
    """A change that is being made: what of it is known only then is filled in."""

    number: int
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)


def account(through: Through = "terminal") -> Who:
    """Whoever runs this on this machine."""
    try:
        return Who(getpass.getuser(), through)
    except (OSError, KeyError, ImportError):  # a container may know no name for a number, a Windows no `pwd`
        return Who("", through)


@contextmanager
def noting(folder: Path, who: Who, what: What, of: Sequence[str], *, undoes: int | None = None) -> Iterator[Noted]:
    """Writes a change of the archive in this folder down; the block makes it, and where that fails it is struck out.

    Raises Meanwhile where what it undoes is undone already, ArchiveError where it cannot be written: then nothing is
    done.
    """
    noted = Noted(_begin(folder, who, what, of, undoes))
    try:
        yield noted
    except BaseException:
        with _opened(folder, write=True) as db:
            db.execute("DELETE FROM edits WHERE number = ?", (noted.number,))
        raise
    told = (json.dumps(noted.before), json.dumps(noted.after), json.dumps(noted.held), noted.number)
    with _opened(folder, write=True) as db:
        db.execute("UPDATE edits SET before = ?, after = ?, held = ? WHERE number = ?", told)
        db.execute("UPDATE edits SET undone = ? WHERE number = ?", (noted.number, undoes))


def _begin(folder: Path, who: Who, what: What, of: Sequence[str], undoes: int | None) -> int:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    row = (at, who.name, who.through, what, json.dumps(list(of)), undoes)
    with _opened(folder, write=True) as db:
        if undoes is not None and (undone := _find(db, undoes).undone) is not None:
            raise Meanwhile(told_undone(_find(db, undone)))
        query = "INSERT INTO edits (at, who, through, what, subjects, undoes) VALUES (?, ?, ?, ?, ?, ?)"
        number = db.execute(query, row).lastrowid
        assert number is not None
    return number


def told_undone(by: Edit) -> str:
    """The sentence about a change that `by` undid."""
    return f"change {by.undoes} is undone already, by {by_whom(by)}, as change {by.number}"


def by_whom(edit: Edit) -> str:
    """Who made a change and when, for a sentence.

    >>> by_whom(Edit(1, "2026-01-02T03:04:05+00:00", "ana", "page", "forget", (), {}, {}, {}))
    'ana at 2026-01-02 03:04'
    """
    return f"{edit.who or 'somebody'} at {edit.at[:16].replace('T', ' ')}"


def find_edit(folder: Path, number: int) -> Edit:
    """One change; raises EditError where there is none of this number."""
    if not is_kept(folder):
        raise EditError(f"there is no change {number}; nothing has been changed yet")
    with _opened(folder) as db:
        return _find(db, number)


def read_edits(
    folder: Path,
    *,
    who: str | None = None,
    since: str = "",
    of: str | None = None,
    what: What | None = None,
    most: int = -1,
) -> list[Edit]:
    """The changes, newest first: those of a name, from a day on, of one subject; nothing where none was made."""
    if not is_kept(folder):
        return []
    query = (
        f"SELECT {COLUMNS} FROM edits WHERE (?1 IS NULL OR who = ?1) AND at >= ?2 AND (?4 IS NULL OR what = ?4)"
        " AND (?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(subjects) WHERE value = ?3))"
        " ORDER BY number DESC LIMIT ?5"
    )
    with _opened(folder) as db:
        return [_read(row) for row in db.execute(query, (who, since, of, what, most))]


def last_edit(folder: Path, of: str, what: What | None = None) -> Edit | None:
    """The newest change of a subject."""
    return next(iter(read_edits(folder, of=of, what=what, most=1)), None)


def strike_edits(folder: Path, articles: Collection[str]) -> None:
    """Takes words of these articles out of all that is kept; that something was changed, by whom and when, stays."""
    if not articles or not is_kept(folder):
        return
    gone = set(articles)
    with _opened(folder, write=True) as db:
        rows = db.execute("SELECT number, what, subjects, before, after, held FROM edits").fetchall()
        for number, what, subjects, *kept in rows:
            if what == "correct" and not gone.isdisjoint(json.loads(subjects)):
                values = ["{}", "{}", "{}"]
            else:
                values = [json.dumps(without_words(json.loads(one), gone)[0]) for one in kept]
            if values != kept:
                query = "UPDATE edits SET before = ?, after = ?, held = ? WHERE number = ?"
                db.execute(query, (*values, number))


def is_kept(folder: Path) -> bool:
    """Whether anything was ever changed in the archive of this folder."""
    return (folder / FILE).is_file()


def _read(row: Sequence[Any]) -> Edit:
    number, at, who, through, what, subjects, before, after, held, undoes, undone = row
    said = (json.loads(before), json.loads(after), json.loads(held))
    return Edit(number, at, who, cast("Through", through), what, tuple(json.loads(subjects)), *said, undoes, undone)


def _find(db: sqlite3.Connection, number: int) -> Edit:
    row = None
    if 0 < number < 2**63:
        row = db.execute(f"SELECT {COLUMNS} FROM edits WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise EditError(f"there is no change {number}; groundwire changes lists them")
    return _read(row)


@contextmanager
def _opened(folder: Path, *, write: bool = False) -> Iterator[sqlite3.Connection]:
    """The file in one transaction; made where it is to be written. Raises ArchiveError where that cannot be."""
    file = folder / FILE
    try:
        with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as db:
            db.execute("PRAGMA secure_delete = ON")  # what is struck is on the disk no more
            db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            if write and not _version(db):
                for statement in SCHEMA.split(";"):
                    db.execute(statement)
            if _version(db) != FORMAT:
                raise ArchiveError(f"{file}: made by another version; move it away")
            yield db
            db.execute("COMMIT")  # what is raised before it is rolled back as the file is closed
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"{file}: who changed what cannot be read or written ({error}); see whether the disk is full and the"
            " folder writable"
        ) from None


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
