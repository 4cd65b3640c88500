"""What of the archive's SQLite lies within a scope: rows of passages, stories by day, and headlines to choose from.

A passage is within it when the story that it starts in is, as `Article.section_at` has it; the sections say so, for the
table of stories holds no short ones.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from ground.shown import shown
from index.store.scope import Scope, ScopeError, day_of
from index.store.spelling import typed_alike

MOST_BARS = 60
ARTICLES = """
SELECT {columns} FROM articles
WHERE (:articles IS NULL OR id IN (SELECT value FROM json_each(:articles)))
AND (:languages IS NULL OR lower(json_extract(details, '$.language')) IN (SELECT value FROM json_each(:languages)))
"""

# Where a story starts, its outlet, and when it was published.
RowTold = tuple[int, str | None, str | None]


def rows_within(db: sqlite3.Connection, scope: Scope) -> NDArray[np.int64] | None:
    """The rows `(n,) int64` of the passages within a scope, in order; None where it leaves nothing out."""
    if scope.everything:
        return None
    if not scope.by_story:
        # Their index holds all that is asked of the passages: the vectors are not passed over one by one.
        query = f"SELECT row FROM passages WHERE article IN ({ARTICLES.format(columns='row')})"
        return _sorted(row for (row,) in db.execute(query, _values(scope)))
    test = scope.story_test()
    whole: list[int] = []
    parts: dict[int, list[tuple[int, bool]]] = {}
    for article, stories in _stories(db, scope):
        within = [(start, test(outlet, published)) for start, outlet, published in stories]
        if all(there for _, there in within):
            whole.append(article)
        elif any(there for _, there in within):
            parts[article] = within
    chosen = "WHERE article IN (SELECT value FROM json_each(?))"
    rows = [row for (row,) in db.execute(f"SELECT row FROM passages {chosen}", (json.dumps(whole),))]
    query = f'SELECT row, article, "start" FROM passages {chosen}'
    for row, article, start in db.execute(query, (json.dumps(list(parts)),)):
        before = [there for begins, there in parts[article] if begins <= start]
        if before and before[-1]:
            rows.append(row)
    return _sorted(iter(rows))


def _stories(db: sqlite3.Connection, scope: Scope) -> Iterator[tuple[int, list[RowTold]]]:
    """The row and the stories of each article of the scope's languages and articles; what stands before the first
    section of a page is the page's own.
    """
    query = ARTICLES.format(columns="row, source, published, sections")
    for row, source, published, sections in db.execute(query, _values(scope)):
        told: list[RowTold] = [(0, source, published)]
        if sections != "[]":
            told += [(story["start"], story["source"], story["published"]) for story in json.loads(sections)]
        yield row, told


def _values(scope: Scope) -> dict[str, str | None]:
    languages = sorted({language.lower() for language in scope.languages})
    return {
        "articles": json.dumps(scope.articles) if scope.articles else None,
        "languages": json.dumps(languages) if languages else None,
    }


def _sorted(rows: Iterator[int]) -> NDArray[np.int64]:
    return np.sort(np.fromiter(rows, np.int64))


def timeline(db: sqlite3.Connection, scope: Scope) -> list[tuple[str, int]]:
    """How many stories within a scope came out on each day, in each month or in each year, first to last.

    The unit is the smallest that gives 60 at most; what is empty in between counts 0. Over more than 60 years, only the
    years with a story are there. Each name is one that `since` and `until` take. Stories without a day are left out.
    """
    test = scope.story_test()
    days: Counter[str] = Counter()
    for _, told in _stories(db, scope):
        # A page whose first section is its head says it twice.
        stories = told[1:] if len(told) > 1 and told[0][1:] == told[1][1:] else told
        days.update(day for _, outlet, at in stories if (day := day_of(at)) and test(outlet, at))
    return in_periods(days)


def in_periods(days: Counter[str]) -> list[tuple[str, int]]:
    """Numbers by ISO day, summed by day, month or year.

    >>> in_periods(Counter({"2020-01-03": 2, "2020-01-05": 1}))
    [('2020-01-03', 2), ('2020-01-04', 0), ('2020-01-05', 1)]
    >>> in_periods(Counter({"2019-12-03": 2, "2020-02-05": 1}))
    [('2019-12', 2), ('2020-01', 0), ('2020-02', 1)]
    >>> in_periods(Counter({"1851-09-18": 1, "2020-02-05": 1}))
    [('1851', 1), ('2020', 1)]
    """
    if not days:
        return []
    first, last = (np.datetime64(edge(days), "D") for edge in (min, max))
    for unit in ("D", "M", "Y"):
        begin, end = first.astype(f"datetime64[{unit}]"), last.astype(f"datetime64[{unit}]")
        names = np.arange(begin, end + 1).astype(str).tolist()
        if len(names) <= MOST_BARS:
            break
    else:
        names = sorted({day[:4] for day in days})
    summed: Counter[str] = Counter()
    for day, count in days.items():
        summed[day[: len(names[0])]] += count
    return [(name, summed[name]) for name in names]


def titles(db: sqlite3.Connection, words: str, limit: int) -> list[tuple[str, str, str | None, str | None]]:
    """Id, headline, outlet and date of the articles whose id and headlines hold all of `words`, newest first.

    Those of a page are its own; the headlines of its stories are looked at too. Case does not count, and a word may be
    the part of one. No words, any article.
    """
    wanted = words.casefold().split()
    found = []
    for article, title, source, published, sections in db.execute(
        "SELECT id, title, source, published, sections FROM articles ORDER BY id"
    ):
        held = [title, article]
        if sections != "[]":
            held += [story["title"] or "" for story in json.loads(sections)]
        text = "\n".join(held).casefold()
        if all(word in text for word in wanted):
            found.append((article, title, source, published))
    found.sort(key=lambda row: day_of(row[3]) or "", reverse=True)  # equal days stay in order of their ids
    return found[: max(0, limit)]


def known(db: sqlite3.Connection, scope: Scope, outlets: list[str], languages: list[str]) -> Scope:
    """The scope in the archive's own spelling; raises ScopeError for a value that the archive does not hold."""
    asked = json.dumps(scope.articles)
    held = {i for (i,) in db.execute("SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?))", (asked,))}
    missing = [article for article in scope.articles if article not in held]
    if missing:
        ids = [article for (article,) in db.execute("SELECT id FROM articles ORDER BY id")]
        articles = tuple(article if article in held else _typed_alike(article, ids) for article in scope.articles)
        scope = replace(scope, articles=articles)
    named = {"outlet": (scope.outlets, outlets), "language": (scope.languages, languages)}
    spelled: dict[str, tuple[str, ...]] = {}
    for what, (values, names) in named.items():
        by_name = {name.casefold(): name for name in names}
        for value in values:
            if value.casefold() not in by_name:
                meant = nearest(value, names) or (f"there is {', '.join(map(shown, names[:3]))}; " if names else "")
                raise ScopeError(f'no article has the {what} "{shown(value)}"; {meant}groundwire info tells more')
        spelled[what] = tuple(dict.fromkeys(by_name[value.casefold()] for value in values))
    return Scope(spelled["outlet"], scope.since, scope.until, spelled["language"], tuple(dict.fromkeys(scope.articles)))


def _typed_alike(name: str, ids: list[str]) -> str:
    """The one id that is typed like `name`; raises ScopeError where there is none, or several are."""
    alike = typed_alike(name, ids)
    if len(alike) > 1:
        told = " and ".join(ascii(shown(one)) for one in alike[:3])
        raise ScopeError(f'"{shown(name)}" is typed like {told}; copy the one that is meant')
    if not alike:
        raise ScopeError(f'no article has the id "{shown(name)}"; {nearest(name, ids)}groundwire search shows ids')
    return alike[0]


def nearest(value: str, names: list[str]) -> str:
    """A question after the names that come close, to stand in a sentence; empty where none does.

    >>> nearest("AFB", ["AFP", "Reuters"]), nearest("x", ["AFP"])
    ('did you mean AFP? ', '')
    """
    folded = {name.casefold(): name for name in reversed(names)}
    close = get_close_matches(value.casefold(), folded, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(shown(folded[name]) for name in close)}? " if close else ""
