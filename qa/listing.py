"""Exact search whole: words in one syntax → the stories that hold them, their words marked, and counts by field."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ground.shown import shown
from index.article import Article, Section
from index.news_index import place_at
from index.passage import Passage, Span
from index.search.exact import Counted, Stories, StoryFound
from index.search.grammar import QueryError, read_query
from index.search.lexical import terms
from index.search.marking import marks_in_text, marks_in_title, marks_of_words, to_show
from index.search.query import And, Fuzzy, Not, Or, Prefix, Query, Words, told
from index.search.wording import words_in
from index.store.archive import Archive
from index.store.scope import EVERYTHING, Scope, day_of
from index.store.within import nearest
from qa.retrieve import Hit

Sort = Literal["relevance", "day"]
SORTS: tuple[Sort, ...] = ("relevance", "day")
SHORT = 3  # letters of a word that has no other spelling
LATEST = 10  # articles of an archive's front


@dataclass(frozen=True)
class StoryHit:
    """A story that a query found: rank from 1, the passage to show of it, and the spans of the words that were found.

    `marks` are spans of the article's text, those of the passage and all others of the story, `title_marks` of the
    headline. `group` names the copies and versions that the story is one of, if any.
    """

    rank: int
    score: float
    article: Article
    start: int
    end: int
    passage: Passage
    marks: tuple[Span, ...] = ()
    title_marks: tuple[Span, ...] = ()
    group: str | None = None
    superseded: bool = False

    @property
    def section(self) -> Section:
        """Whose story it is: headline, outlet, date and byline."""
        return self.article.section_at(self.start)

    @property
    def text(self) -> str:
        """The words of the passage as they stand in the article."""
        return self.article.text[self.passage.start : self.passage.end]

    def to_dict(self) -> dict[str, Any]:
        """As the hits of a question are, with what only exact search knows beside."""
        hit = Hit(
            self.rank, self.score, self.passage, self.article, {"exact": self.rank}, (), self.group, self.superseded
        )
        return hit.to_dict() | {
            "byline": self.section.byline,
            "url": self.article.url,
            "text": self.text,
            "marks": [list(span) for span in self.marks],
            "title_marks": [list(span) for span in self.title_marks],
        }


@dataclass(frozen=True)
class Listing:
    """The hits of one page, how many there are in all, and all of them counted by outlet, month and person."""

    query: str
    sort: Sort
    total: int
    first: int
    hits: tuple[StoryHit, ...]
    outlets: Counted = field(default_factory=list)
    months: Counted = field(default_factory=list)
    people: Counted = field(default_factory=list)
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `why` is the sentence for a query that finds nothing."""
        return {
            **{name: getattr(self, name) for name in ("query", "sort", "total", "first", "why")},
            "hits": [hit.to_dict() for hit in self.hits],
            "counts": {
                name: [{"name": one, "stories": count} for one, count in getattr(self, name)]
                for name in ("outlets", "months", "people")
            },
        }


def read_sort(written: str) -> Sort | None:
    """The order that a program names, None for an empty text; raises QueryError for any other.

    >>> read_sort("day"), read_sort("")
    ('day', None)
    """
    for sort in SORTS:
        if written == sort:
            return sort
    if written:
        raise QueryError(f'"{shown(written, 20)}" is no order; sort by relevance or by day')
    return None


def list_stories(
    archive: Archive,
    stories: Stories,
    words: str,
    *,
    k: int,
    first: int = 1,
    sort: Sort | None = None,
    scope: Scope = EVERYTHING,
    counted: bool = True,
) -> Listing:
    """The stories of a scope that a query finds, from the `first` (1 the best) on, `k` at most; no words, all of them.

    Without a `sort` they come by relevance where words are asked for, else the latest first. Raises QueryError.
    """
    query = read_query(words)
    sort = sort or ("relevance" if _has_words(query) else "day")
    index = stories.opened()
    offset = max(0, first - 1)
    found, total = index.search(query, k, scope=scope, offset=offset, by_day=sort == "day")
    hits = tuple(_hits(archive, query, found, offset))
    if not total:
        return Listing(words, sort, 0, offset + 1, (), why=why_nothing(archive, stories, query, words, scope))
    counts = index.counts(query, scope=scope) if counted else None
    numbers = (counts.outlets, counts.months, counts.people) if counts else ([], [], [])
    return Listing(words, sort, total, offset + 1, hits, *numbers)


def _has_words(query: Query) -> bool:
    """Whether something of it is looked for in headline and text."""
    if isinstance(query, And | Or):
        return any(_has_words(part) for part in query.parts)
    return not isinstance(query, Not) and getattr(query, "field", None) in ("", "title")


def _hits(archive: Archive, query: Query, found: Sequence[StoryFound], offset: int) -> list[StoryHit]:
    hits = []
    for rank, story in enumerate(found, offset + 1):
        article = archive.article(story.article)
        if article is None:  # it has just left the archive
            continue
        section = article.section_at(story.start)
        marks = marks_in_text(query, article, story.start, story.end)
        shown_at = Passage(*to_show(article, story.start, story.end, marks))
        titled = marks_in_title(query, section.title)
        group, superseded = place_at(archive.places(article.id), story.start)
        hits.append(
            StoryHit(
                rank,
                story.score,
                article,
                story.start,
                story.end,
                shown_at,
                tuple(marks),
                tuple(titled),
                group,
                superseded,
            )
        )
    return hits


# Nothing is found


def why_nothing(archive: Archive, stories: Stories, query: Query, words: str, scope: Scope) -> str:
    """The sentence for a query that finds nothing: which part of it is nowhere, or that no story has all of them."""
    where = "" if scope.everything else f" in what you chose ({scope.told()})"
    index = stories.opened()
    if not index.count(And(()), scope=scope):
        return f"there is nothing{where}" if where else "the archive is empty; groundwire index PATH fills it"
    parts = query.parts if isinstance(query, And) else (query,)
    alone = [(part, index.count(part, scope=scope)) for part in parts]
    none = [part for part, count in alone if not count]
    if len(parts) > 1 and not none:
        each = ", ".join(f"{told(part)} is in {count:,}" for part, count in alone)
        return f"no story{where} has all of it: {each}; leave out one"
    named = " and ".join(told(part) for part in none[:3])
    return f"no story{where} has {named}{_advice(archive, stories, none[0], scope)}"


def _advice(archive: Archive, stories: Stories, part: Query, scope: Scope) -> str:
    """What to write instead of a part that is nowhere; only what finds something."""

    def finds(query: Query) -> int:
        return stories.opened().count(query, scope=scope)

    if not isinstance(part, Words):
        return ""
    if part.field == "outlet":
        names = {word.text for name, _ in archive.counts().outlets for word in words_in(name)}
        meant = nearest(" ".join(part.words), sorted(names))
        return f"; {meant.rstrip()}" if meant else "; groundwire info names the outlets"
    if len(part.words) > 1:
        count = finds(And(tuple(replace(part, words=(word,)) for word in part.words)))
        return f"; {count:,} have its words, not side by side: leave out the quotes" if count else ""
    [word] = part.words
    others: list[Query] = [Fuzzy(word, 1, part.field), Prefix(word[:-1], part.field)] if len(word) > SHORT else []
    tried = " or ".join(told(other) for other in others if finds(other))
    return f"; try {tried}" if tried else ""


# Of a question, too


def marks_of_question(question: str, hit: Hit) -> list[Span]:
    """Spans of the article's text: the words of a passage that the search by words found a question by."""
    asked = set(terms(question))
    return marks_of_words(lambda word: bool(asked & set(terms(word))), hit.article, hit.passage.start, hit.passage.end)


def by_meaning_alone(question: str, marked: Sequence[tuple[Hit, Sequence[Span]]]) -> bool:
    """Whether there are hits and none has a word of the question, by its marks or in what stands above it."""
    found = any(marks or hit.stages.get("lexical") is not None for hit, marks in marked)
    return bool(marked and terms(question)) and not found


def by_day(hits: Sequence[Hit]) -> list[Hit]:
    """The same hits, the latest first, those of no day last; ranks stay what they were."""
    return sorted(hits, key=lambda hit: day_of(hit.section.published) or "", reverse=True)


# An archive's front


def front(archive: Archive, stories: Stories, latest: int = LATEST) -> dict[str, Any]:
    """What an archive's first page shows: its numbers and days, the latest stories, all counted by field."""
    listing = list_stories(archive, stories, "", k=latest, sort="day").to_dict()
    counts = archive.counts()
    return {
        "articles": counts.articles,
        "stories": listing["total"],
        "first_day": counts.first_day,
        "last_day": counts.last_day,
        "latest": listing["hits"],
        **listing["counts"],
    }
