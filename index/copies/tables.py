"""Copies and versions in the archive's SQLite: found as a story comes in, grouped under one source.

A story's sketch is kept in bands of one value each; those that share a band and enough of the sketch are compared word
by word. The groups follow from what is in the archive alone, never from the order in which it came.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.article import Article
from index.copies.grouping import Relation, Seniority, Ties, group_stories, seniority
from index.copies.shingles import SKETCH, Shingles, Sketch, overlap, shingles_of, sketch_of, words_of
from index.copies.versions import COPY_SHARE, LEAST_SHARED, Story, may_relate, relate, stories_of, text_of

LEAST_SHINGLES = 40  # in a shorter story, one quotation is most of it
BANDS = 32  # of the sketch's values are looked up, the others only compared
DOUBT = 2.5  # standard deviations that a sketch may fall short of what a copy's would share
SENIORS = 8  # a story is tied to so many that are alike and came before it: a text carried by thousands stays cheap
SCHEMA = """
CREATE TABLE stories (
    row INTEGER PRIMARY KEY, article_row INTEGER NOT NULL REFERENCES articles(row),
    article TEXT NOT NULL, "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, title TEXT, source TEXT, agency TEXT,
    published TEXT, moment TEXT, url TEXT, version INTEGER NOT NULL, shingles INTEGER NOT NULL, sketch BLOB NOT NULL,
    "group" INTEGER, relation TEXT, superseded_by INTEGER
);
CREATE INDEX stories_of_article ON stories(article_row);
CREATE INDEX stories_of_group ON stories("group") WHERE "group" IS NOT NULL;
CREATE TABLE bands (band INTEGER, story INTEGER, PRIMARY KEY (band, story)) WITHOUT ROWID;
CREATE TABLE alike (
    story INTEGER, senior INTEGER, kind TEXT NOT NULL, jaccard REAL NOT NULL, PRIMARY KEY (story, senior)
) WITHOUT ROWID;
CREATE INDEX alike_of_senior ON alike(senior);
"""
FIELDS = ", ".join(f's."{field.name}"' for field in fields(Story))


@dataclass(frozen=True)
class GroupMember:
    """A story in its group: `superseded_by` is the version in force of what it carries, if that is another one."""

    story: Story
    relation: Relation
    superseded_by: Story | None = None


@dataclass(frozen=True)
class Group:
    """Stories of one text, their source first, the others as they came out."""

    members: tuple[GroupMember, ...]

    @property
    def name(self) -> str:
        """The source's article and where it starts there."""
        return f"{self.members[0].story.article}:{self.members[0].story.start}"


@dataclass(frozen=True)
class StoryPlace:
    """Where a story of an article stands, the name of its group, and whether a later version supersedes it."""

    start: int
    end: int
    group: str
    superseded: bool


# Writing, inside the caller's transaction: what is put or taken out first, then the groups of what that touched


def put_stories(db: sqlite3.Connection, article_row: int, article: Article) -> set[int]:
    """Takes up the stories of an article anew; the rows whose groups are to be made again."""
    touched = take_out_stories(db, article_row)
    asides = [(aside.start, aside.end) for aside in article.asides]
    for story in stories_of(article):
        shingles = _shingles(text_of(article.text, asides, story))
        if len(shingles) >= LEAST_SHINGLES:
            touched |= _put(db, article_row, story, shingles)
    return touched


def take_out_stories(db: sqlite3.Connection, article_row: int) -> set[int]:
    """Takes out the stories of an article; the rows whose groups are to be made again."""
    gone = db.execute("SELECT row, sketch FROM stories WHERE article_row = ?", (article_row,)).fetchall()
    left: set[int] = set()
    short: set[int] = set()
    for row, sketch in gone:
        left |= {senior for (senior,) in db.execute("SELECT senior FROM alike WHERE story = ?", (row,))}
        juniors = {junior for (junior,) in db.execute("SELECT story FROM alike WHERE senior = ?", (row,))}
        short |= {junior for junior in juniors if len(_seniors(db, junior)) == SENIORS}
        left |= juniors
        db.execute("DELETE FROM alike WHERE story = ? OR senior = ?", (row, row))
        db.executemany(
            "DELETE FROM bands WHERE band = ? AND story = ?", [(band, row) for band in _bands(_read(sketch))]
        )
        db.execute("DELETE FROM stories WHERE row = ?", (row,))
    for row in short - {row for row, _ in gone}:  # there may be more that came before it than were kept
        left |= _tie(db, row)
    return left - {row for row, _ in gone}


def regroup(db: sqlite3.Connection, touched: Iterable[int]) -> None:
    """Groups anew all stories that hang together with these rows."""
    left = set(touched)
    while left:
        stories, ties = _component(db, left.pop())
        left -= stories.keys()
        placed = group_stories(stories, ties)
        db.executemany(
            'UPDATE stories SET "group" = ?, relation = ?, superseded_by = ? WHERE row = ?',
            [(*placed.get(row, (None, None, None)), row) for row in stories],
        )


def _put(db: sqlite3.Connection, article_row: int, story: Story, shingles: Shingles) -> set[int]:
    sketch = sketch_of(shingles)
    names = ", ".join(f'"{field.name}"' for field in fields(Story))
    values = (*astuple(story), article_row, len(shingles), sketch.astype("<u4").tobytes())
    marks = ", ".join("?" * len(values))
    row = db.execute(f"INSERT INTO stories ({names}, article_row, shingles, sketch) VALUES ({marks})", values).lastrowid
    assert row is not None
    db.executemany("INSERT INTO bands VALUES (?, ?)", [(band, row) for band in _bands(sketch)])
    return {row} | _tie(db, row)


def _tie(db: sqlite3.Connection, row: int) -> set[int]:
    """Ties a story to the most senior of those alike to it, and juniors to it; the rows that are now tied to it."""
    story, text, count, sketch = _story(db, row)
    shingles = _shingles(text)
    mine = seniority(story)
    tied: set[int] = set()
    seniors = 0
    db.execute("DELETE FROM alike WHERE story = ?", (row,))
    for other, theirs in sorted(_candidates(db, row, story, sketch, count), key=lambda item: seniority(item[1])):
        junior = seniority(theirs) > mine
        held = _seniors(db, other) if junior else []
        full = len(held) == SENIORS and held[-1][0] < mine if junior else seniors == SENIORS
        if full or any(senior == row for _, senior in held):
            continue
        shared = overlap(shingles, _shingles(_story(db, other)[1]))
        kind = relate(story, theirs, shared)
        if kind is None:
            continue
        first, second = (other, row) if junior else (row, other)
        db.execute("INSERT OR REPLACE INTO alike VALUES (?, ?, ?, ?)", (first, second, kind, shared.jaccard))
        tied.add(other)
        seniors += not junior
        if len(held) == SENIORS:
            db.execute("DELETE FROM alike WHERE story = ? AND senior = ?", (other, held[-1][1]))
            tied.add(held[-1][1])
    return tied


def _candidates(
    db: sqlite3.Connection, row: int, story: Story, sketch: Sketch, count: int
) -> Iterator[tuple[int, Story]]:
    """The stories whose sketch shares a band and, by all its values, may share enough with this one."""
    marks = ", ".join("?" * BANDS)
    found = db.execute(
        "SELECT row, shingles, sketch FROM stories WHERE row <> ?"
        f" AND row IN (SELECT story FROM bands WHERE band IN ({marks}))",
        (row, *_bands(sketch)),
    ).fetchall()
    if not found:
        return
    rows, counts, sketches = zip(*found, strict=True)
    equal = np.count_nonzero(_read(b"".join(sketches)).reshape(-1, SKETCH) == sketch, axis=1)
    for i in np.flatnonzero(equal >= least_equal(count, np.array(counts))):
        [values] = db.execute(f"SELECT {FIELDS} FROM stories s WHERE row = ?", (rows[i],)).fetchall()
        candidate = Story(*values)
        if may_relate(story, candidate):
            yield rows[i], candidate


def least_equal(first: int, second: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many values the sketches of two stories of so many shingles share, at the least, if one copies the other.

    >>> (least_equal(400, np.array([400, 40000])) > 1).tolist()
    [True, False]
    """
    shared = np.maximum(LEAST_SHARED, COPY_SHARE * np.minimum(first, second))
    expected = SKETCH * shared / (first + second - shared)
    return np.asarray(expected - DOUBT * np.sqrt(expected))


def _seniors(db: sqlite3.Connection, row: int) -> list[tuple[Seniority, int]]:
    """Seniority and row of those that a story is tied to, most senior first."""
    found = db.execute(
        f"SELECT {FIELDS}, s.row FROM alike t JOIN stories s ON s.row = t.senior WHERE t.story = ?", (row,)
    ).fetchall()
    return sorted((seniority(Story(*values)), senior) for *values, senior in found)


def _story(db: sqlite3.Connection, row: int) -> tuple[Story, str, int, Sketch]:
    """A story with its words, its number of shingles and its sketch."""
    *values, text, details, count, sketch = db.execute(
        f"SELECT {FIELDS}, a.text, a.details, s.shingles, s.sketch FROM stories s"
        " JOIN articles a ON a.row = s.article_row WHERE s.row = ?",
        (row,),
    ).fetchone()
    story = Story(*values)
    asides = [(aside["start"], aside["end"]) for aside in json.loads(details)["asides"]]
    return story, text_of(text, asides, story), count, _read(sketch)


def _bands(sketch: Sketch) -> list[int]:
    """One number for each of the first BANDS values of a sketch, its place in the upper half."""
    return [(place << 32) | int(value) for place, value in enumerate(sketch[:BANDS])]


def _read(sketch: bytes) -> Sketch:
    return np.frombuffer(sketch, "<u4").astype(np.uint32)


@lru_cache(maxsize=512)
def _shingles(text: str) -> Shingles:
    return shingles_of(words_of(text))


# Grouping


def _component(db: sqlite3.Connection, row: int) -> tuple[dict[int, Story], Ties]:
    """All stories that hang together with one by their ties, and the ties in both directions with their Jaccard."""
    stories: dict[int, Story] = {}
    ties: Ties = {}
    ahead = [row]
    while ahead:
        at = ahead.pop()
        found = None if at in stories else db.execute(f"SELECT {FIELDS} FROM stories s WHERE row = ?", (at,)).fetchone()
        if found is None:
            continue
        stories[at] = Story(*found)
        query = (
            "SELECT senior, kind, jaccard FROM alike WHERE story = ?1"
            " UNION ALL SELECT story, kind, jaccard FROM alike WHERE senior = ?1"
        )
        for other, kind, jaccard in db.execute(query, (at,)).fetchall():
            ties[at, other] = ties[other, at] = kind, jaccard
            ahead.append(other)
    return stories, ties


# Reading


def groups(db: sqlite3.Connection, article: str | None = None) -> list[Group]:
    """The groups of the archive, or those that hold a story of one article; in the order of their names."""
    query = f'SELECT s."group", s.row, s.relation, s.superseded_by, {FIELDS} FROM stories s WHERE s."group" IS NOT NULL'
    values: tuple[str, ...] = ()
    if article is not None:
        query += (
            ' AND s."group" IN (SELECT t."group" FROM stories t JOIN articles a ON a.row = t.article_row'
            " WHERE a.id = ?)"
        )
        values = (article,)
    found = db.execute(query, values).fetchall()
    stories = {row: Story(*fields) for _, row, _, _, *fields in found}
    members: dict[int, list[GroupMember]] = {}
    for group, row, relation, by, *_ in found:
        members.setdefault(group, []).append(
            GroupMember(stories[row], relation, stories[by] if by is not None else None)
        )
    made = [
        Group(tuple(sorted(held, key=lambda member: (member.relation != "source", seniority(member.story)))))
        for held in members.values()
    ]
    return sorted(made, key=lambda group: group.name)


def places(db: sqlite3.Connection, article: str) -> list[StoryPlace]:
    """The stories of an article that are in a group, in order."""
    found = db.execute(
        'SELECT s."start", s."end", g.article || \':\' || g."start", s.superseded_by FROM stories s'
        ' JOIN stories g ON g.row = s."group" JOIN articles a ON a.row = s.article_row'
        ' WHERE a.id = ? ORDER BY s."start"',
        (article,),
    ).fetchall()
    return [StoryPlace(start, end, group, by is not None) for start, end, group, by in found]


def count_copies(db: sqlite3.Connection, articles: Collection[str] | None = None) -> tuple[int, int]:
    """How many stories, of these articles or of all, are copies of another, and how many are superseded."""
    found = db.execute(
        "SELECT article, relation = 'copy', superseded_by IS NOT NULL FROM stories WHERE \"group\" IS NOT NULL"
    ).fetchall()
    told = [row for row in found if articles is None or row[0] in articles]
    return sum(copy for _, copy, _ in told), sum(superseded for _, _, superseded in told)
