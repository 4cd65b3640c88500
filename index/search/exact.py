"""Exact search: a query asked of the archive's stories; the best or the latest, and all counted by field.

The index is made when it is first asked. It has a lock of its own, so that who reads waits for no writer.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import tantivy
from filelock import FileLock, Timeout

from ground.words import spelt
from index.search.lexical import links_to
from index.search.query import And, Days, Field, Fuzzy, Near, Not, Or, Prefix, Query, Words
from index.search.stamp import read_stamp
from index.search.stories import FORM, is_current, open_index, schema, update
from index.store.archive import STORIES, Archive, ArchiveError, ranked
from index.store.scope import Scope

TITLE_WEIGHT = 2.0
LONGEST_WAIT = 60.0  # seconds, for another process that makes the same index
MOST_COUNTED = 10_000  # outlets, months or people
WORD_FIELDS: Mapping[Field, tuple[str, ...]] = {"": ("title", "text")}
Counted = list[tuple[str, int]]


@dataclass(frozen=True)
class StoryFound:
    """A story that a query found: where it is, and its BM25, which is 0 where no words were asked for."""

    article: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class CountsOf:
    """How many of the stories found are of each outlet, month and person (of the byline), most first."""

    outlets: Counted
    months: Counted
    people: Counted


class Stories:
    """The index of the stories of one open archive, made and opened when it is first asked. Safe from any thread."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.folder = archive.folder / STORIES
        self._opening = threading.Lock()
        self._opened: tuple[tuple[str, int], StoryIndex] | None = None

    def opened(self, say: Callable[[str], None] = lambda _: None) -> "StoryIndex":
        """The index, brought to what the archive holds now; where it cannot be written, as it was before.

        Raises ArchiveError where there is none and none can be made.
        """
        with self._opening:
            state = self.archive.about("id"), self.archive.generation
            if self._opened is None or self._opened[0] != state:
                writable = self._bring_up(say)
                self._opened = state, StoryIndex(self.folder, writable=writable)
            return self._opened[1]

    def _bring_up(self, say: Callable[[str], None]) -> bool:
        """Whether the folder can be written; it is whole afterwards."""
        try:
            with FileLock(self.folder.with_suffix(".lock"), timeout=LONGEST_WAIT):
                if not is_current(self.folder, self.archive):
                    update(self.folder, self.archive, say)
            return True
        except (OSError, ValueError, Timeout) as error:  # what the system and tantivy raise on a full disk
            stamp = read_stamp(self.folder)
            if stamp is not None and FORM in stamp.files:
                return False
            raise ArchiveError(
                f"{self.archive.place}: exact search has no index yet, and it cannot be written here ({error}); make"
                " the folder writable, make room on the disk, or run groundwire articles where it can be written"
            ) from error


# Asking it


def _all(queries: list[tuple[tantivy.Occur, tantivy.Query]]) -> tantivy.Query:
    """All that must be and nothing that must not; where nothing must be, of everything."""
    if not any(occur == tantivy.Occur.Must for occur, _ in queries):
        queries = [(tantivy.Occur.Must, _unscored(tantivy.Query.all_query())), *queries]
    return tantivy.Query.boolean_query(queries)


def _any(queries: list[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _unscored(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 0.0)


def asked(query: Query) -> tantivy.Query:
    """A query as tantivy asks it."""
    if isinstance(query, And):
        return _all(
            [
                (tantivy.Occur.MustNot, asked(part.part))
                if isinstance(part, Not)
                else (tantivy.Occur.Must, asked(part))
                for part in query.parts
            ]
        )
    if isinstance(query, Or):
        return _any([asked(part) for part in query.parts])
    if isinstance(query, Not):
        return _all([(tantivy.Occur.MustNot, asked(query.part))])
    if isinstance(query, Days):
        return _days(query)
    fields = WORD_FIELDS.get(query.field, (query.field,))
    found = [_in_field(query, field) for field in fields]
    if query.field in ("outlet", "by"):
        return _unscored(found[0])
    return _any(
        [
            tantivy.Query.boost_query(one, TITLE_WEIGHT) if name == "title" else one
            for one, name in zip(found, fields, strict=True)
        ]
    )


def _days(query: Days) -> tantivy.Query:
    first = int(f"{query.first or date.min:%Y%m%d}")
    last = int(f"{query.last or date.max:%Y%m%d}")
    return _unscored(tantivy.Query.range_query(schema(), "day", tantivy.FieldType.Unsigned, first, last))


def _in_field(query: Words | Prefix | Fuzzy | Near, field: str) -> tantivy.Query:
    told = schema()
    if isinstance(query, Prefix):
        return tantivy.Query.regex_query(told, field, f"{re.escape(query.start)}.*")
    if isinstance(query, Fuzzy):
        return tantivy.Query.fuzzy_term_query(told, field, query.word, query.edits)
    if isinstance(query, Near):
        if query.one == query.two:  # which would be found near itself: so each distance is asked for
            apart = [[(0, query.one), (n, query.two)] for n in range(1, query.distance + 1)]
            return _any([tantivy.Query.phrase_query(told, field, [*pair]) for pair in apart])
        # To tantivy it costs one more to stand in the other order: so each order is asked for.
        pairs = ((query.one, query.two), (query.two, query.one))
        return _any([tantivy.Query.phrase_query(told, field, [*pair], query.distance - 1) for pair in pairs])
    if len(query.words) == 1:
        return tantivy.Query.term_query(told, field, query.words[0])
    return tantivy.Query.phrase_query(told, field, [*query.words])


def _within(scope: Scope) -> list[tantivy.Query]:
    """What a scope asks besides."""
    asked_for = []
    for field, values in (
        ("outlet_key", [outlet.casefold() for outlet in scope.outlets]),
        ("language", [language.lower() for language in scope.languages]),
        ("article", list(scope.articles)),
    ):
        if values:
            asked_for.append(_unscored(tantivy.Query.term_set_query(schema(), field, values)))
    if scope.first_day or scope.last_day:
        first, last = (day and date.fromisoformat(day) for day in (scope.first_day, scope.last_day))
        asked_for.append(_days(Days(first or None, last or None)))
    return asked_for


class StoryIndex:
    """An open index of stories, for searching."""

    def __init__(self, folder: Path, *, writable: bool) -> None:
        if not writable:
            self._links = links_to(folder)
            folder = Path(self._links.name)
        self._index = open_index(folder, fresh=False)
        self._searcher = self._index.searcher()

    def _query(self, query: Query, scope: Scope) -> tantivy.Query:
        within = _within(scope)
        if not within:
            return asked(query)
        return _all([(tantivy.Occur.Must, one) for one in (asked(query), *within)])

    def search(
        self, query: Query, k: int, *, scope: Scope, offset: int = 0, by_day: bool = False
    ) -> tuple[list[StoryFound], int]:
        """The `k` best stories after the first `offset`, by BM25 or the latest first, and how many there are in all."""
        field = "moment" if by_day else None
        found = self._searcher.search(
            self._query(query, scope), limit=k, offset=offset, order_by_field=field, count=True
        )
        hits = []
        for key, address in found.hits:
            held = self._searcher.doc(address)
            score = 0.0 if by_day else float(key)
            hits.append(StoryFound(held["article"][0], held["start"][0], held["end"][0], score))
        return hits, _number(found)

    def count(self, query: Query, *, scope: Scope) -> int:
        """How many stories a query finds."""
        return _number(self._searcher.search(self._query(query, scope), limit=1, count=True))

    def counts(self, query: Query, *, scope: Scope) -> CountsOf:
        """Of all stories that a query finds; names that differ in capitals alone are one, as most spell it."""
        fields = {"outlets": "outlet_name", "months": "month", "people": "person"}
        terms = {name: {"terms": {"field": field, "size": MOST_COUNTED}} for name, field in fields.items()}
        found = self._searcher.aggregate(self._query(query, scope), terms)
        numbers = {
            name: [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in found[name]["buckets"]]
            for name in fields
        }
        months = [(f"{month[:-2]:0>4}-{month[-2:]}", count) for month, count in numbers["months"]]
        return CountsOf(_folded(numbers["outlets"]), ranked(Counter(dict(months))), _folded(numbers["people"]))


def _number(found: Any) -> int:
    """How many there are in all, of a search that counts; tantivy's types leave it out."""
    return int(found.count)


def _folded(numbers: Counted) -> Counted:
    spellings: dict[str, Counter[str]] = {}
    for name, count in numbers:
        spellings.setdefault(name.casefold(), Counter())[name] += count
    return ranked(Counter({spelt(found): found.total() for found in spellings.values()}))
