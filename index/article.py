"""One news item as it came in, and what a page of several stories says of each.

The text is never altered: passages and citations are offsets into it.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from ground.errors import GroundwireError

Sure = Literal["sure", "likely", "guess"]


class ArticleError(GroundwireError, ValueError):
    """A file, a row or a value that cannot become an article; the message says what, where and what to do."""


class OtherMembers(ArticleError):
    """`count` members that no reader is for: left alone like a folder's pictures, which is nothing to mend."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} members of other kinds are left alone")
        self.count = count


class StillReading(ArticleError):
    """A page was looked at as a picture, and reading goes on: said by a worker alone, which is not silent so."""


class MemberBegins(ArticleError):
    """The member of a container, by its place and name, that is read next: said by a worker alone, and not kept."""

    def __init__(self, number: int, name: str) -> None:
        super().__init__(name)
        self.number = number


@dataclass(frozen=True)
class Original:
    """What a reader reads: where its bytes lie, the id its article gets, and how it is named to people.

    `name` is the path for a file, `bundle.zip/page.html` for a member that was taken out of one.
    """

    path: Path
    id: str
    name: str


@dataclass(frozen=True)
class Section:
    """One story on a page: where it starts, and whose it is. It ends where the next one starts.

    `desk` is the section of the paper and its page ("NEWS; Pg. 1"), `length` the words that the story is said to have.
    """

    start: int
    title: str | None = None
    source: str | None = None
    published: str | None = None
    byline: str | None = None
    desk: str | None = None
    length: int | None = None


@dataclass(frozen=True)
class Aside:
    """Characters `start:end` of a text that are no news (`what` they are): kept, but neither indexed nor cited."""

    start: int
    end: int
    what: str


@dataclass(frozen=True)
class Note:
    """Characters `start:end` of a text that correct something: of their `own` story, or of another.

    `day` is the day of the story that is corrected, in ISO 8601, where the note says it.
    """

    start: int
    end: int
    own: bool
    day: str | None = None


@dataclass(frozen=True)
class Doubt:
    """Characters `start:end` of a text that were read in a picture, and may say other ones.

    `sure` is what the recogniser says of them, which is worth little (docs/decisions.md).
    """

    start: int
    end: int
    sure: bool = False


@dataclass(frozen=True)
class Origin:
    """Where one field of an article was read ("metadata", "dateline", "file name" …), and how sure that is."""

    field: str
    where: str
    sure: Sure


@dataclass(frozen=True)
class Article:
    """One news item. `text[body_start:]` less the `asides` is what is indexed; `sections` are in order of `start`.

    An article of one story has no sections: its own title, source and date speak for all of it. `pages` are the
    offsets where the pages of a PDF start; `original` is how the file is named where it is a member of another.
    `reader_id` is the id that the reader made, where another article had that.
    `notes` correct it or others; `warnings` are sentences on what of its file may not be in the text; `doubts` are
    words in it that may not be those of its file.
    """

    id: str
    text: str
    title: str
    source: str | None = None
    published: str | None = None
    url: str | None = None
    byline: str | None = None
    body_start: int = 0
    sections: tuple[Section, ...] = ()
    updated: str | None = None
    agency: str | None = None
    place: str | None = None
    language: str | None = None
    original: str | None = None
    pages: tuple[int, ...] = ()
    asides: tuple[Aside, ...] = ()
    origins: tuple[Origin, ...] = ()
    reader_id: str | None = None
    desk: str | None = None
    length: int | None = None
    notes: tuple[Note, ...] = ()
    warnings: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def section_at(self, offset: int) -> Section:
        """The story that holds the character at `offset`.

        >>> page = Article("p", "One. Two.", "Page", sections=(Section(5, "Second", "AFP"),))
        >>> page.section_at(6).source, page.section_at(0).title
        ('AFP', 'Page')
        """
        before = [section for section in self.sections if section.start <= offset]
        if before:
            return before[-1]
        return Section(self.body_start, self.title, self.source, self.published, self.byline, self.desk, self.length)

    def stories(self) -> list[tuple[int, int]]:
        """Where its stories stand: itself, or each of its sections and what stands before them.

        >>> Article("p", "One. Two.", "Page", sections=(Section(5, "Second"),)).stories()
        [(0, 5), (5, 9)]
        """
        edges = sorted({self.body_start, *(section.start for section in self.sections), len(self.text)})
        return list(pairwise(edge for edge in edges if self.body_start <= edge <= len(self.text)))

    def cut_to(self, most: int) -> "tuple[Article, dict[str, int]]":
        """The article with no headline, outlet or other name longer than `most`, and how long those were that were cut.

        >>> Article("a", "Text.", "Ten died", "AFP").cut_to(5)[0].title
        'Ten …'
        """
        lengths: dict[str, int] = {}

        def cut(told: "Article | Section", names: Sequence[str]) -> dict[str, Any]:
            long = {name: value for name in names if len(value := getattr(told, name) or "") > most}
            lengths.update({name: max(lengths.get(name, 0), len(value)) for name, value in long.items()})
            return {name: f"{value[: most - 1]}…" for name, value in long.items()}

        own: dict[str, Any] = cut(self, ("title", "source", "byline", "agency", "place"))
        sections = tuple(replace(one, **cut(one, ("title", "source", "byline"))) for one in self.sections)
        return replace(self, **own, sections=sections) if lengths else self, lengths

    def caution(self, start: int, end: int) -> str | None:
        """What to tell beside `text[start:end]` where words in it are doubtful.

        >>> Article("a", "One two.", "A", pages=(0,), doubts=(Doubt(4, 8),)).caution(0, 8)
        'read from a scan, not surely; check page 1'
        """
        within = [doubt for doubt in self.doubts if doubt.start < end and doubt.end > start]
        if not within:
            return None
        page = bisect_right(self.pages, start)
        how = "read from a scan" if all(doubt.sure for doubt in within) else "read from a scan, not surely"
        return f"{how}; check page {page}" if page else f"{how}; check the page"

    def pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """`start:end` without the asides in it.

        >>> Article("a", "One. Ad! Two.", "A", asides=(Aside(5, 8, "advert"),)).pieces(0, 13)
        [(0, 5), (8, 13)]
        """
        pieces = []
        for aside in sorted(self.asides, key=lambda aside: aside.start):
            if aside.start < end and aside.end > start:
                pieces.append((start, aside.start))
                start = aside.end
        return [(begin, stop) for begin, stop in (*pieces, (start, end)) if begin < stop]

    def words(self, start: int, end: int) -> str:
        """`text[start:end]` without the asides in it: what is indexed and read of a passage."""
        return "".join(self.text[begin:stop] for begin, stop in self.pieces(start, end))

    @property
    def digest(self) -> str:
        """SHA-256 over everything that is stored or embedded: equal digests, equal passages."""
        held = _without_unsaid(asdict(self))
        held["sections"] = [_without_unsaid(section) for section in held["sections"]]
        return hashlib.sha256(json.dumps(held, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


# Fields that articles of older archives do not have: unsaid, they change no digest.
LATER = ("reader_id", "desk", "length", "notes", "warnings", "doubts")


def _without_unsaid(held: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in held.items() if name not in LATER or value}


def article_of(row: dict[str, Any]) -> Article:
    """An article from what `asdict` made of it.

    >>> article_of(asdict(Article("a", "One.", "A", sections=(Section(0, "B"),)))).sections[0].title
    'B'
    """
    made: dict[str, Any] = dict(row)
    for name, kind in (
        ("sections", Section),
        ("asides", Aside),
        ("origins", Origin),
        ("notes", Note),
        ("doubts", Doubt),
    ):
        made[name] = tuple(kind(**one) for one in row.get(name, ()))
    return Article(**made | {"pages": tuple(row["pages"]), "warnings": tuple(row.get("warnings", ()))})


def check_date(value: str, where: str, name: str = "published") -> str:
    """`value` as it is when it is ISO 8601; raises ArticleError naming `where` and the field otherwise.

    >>> check_date("2020-01-03", "a.jsonl:1")
    '2020-01-03'
    """
    try:
        if value.isdecimal():  # which Python takes for a date without its marks, and 1610123100 for the year 1610
            raise ValueError
        datetime.fromisoformat(value)
    except ValueError:
        raise ArticleError(f'{where}: "{name}" is "{value[:40]}"; write an ISO 8601 date such as 2023-10-04') from None
    return value
