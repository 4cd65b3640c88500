"""What a page says of itself: headline, outlet, byline, days, place, agency, its stories, and what of it is no news.

`complete` is what a reader calls last: what the file itself says of an article stays, the rest is read here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from index.article import Article, Aside, Origin, Section, Sure
from index.understanding.asides import find_asides, kind_of_aside
from index.understanding.credits import Credit, bare, is_headline, is_name, read_credit
from index.understanding.dateline import Dateline, agency_of, read_dateline
from index.understanding.dates import read_field
from index.understanding.days import Day, find_days
from index.understanding.exports.read import Export, read_export
from index.understanding.lines import TextLine, is_prose, is_rule, lines_of
from index.understanding.sections import find_sections, heads_of

FIELDS = ("title", "source", "published", "updated", "byline", "place", "agency")
MOST_LINES = 50_000  # below them a text is indexed, but not read for stories and asides: no page of news is so long
HEAD_LINES = 8
FOOT_LINES = 12
_LABELLED = re.compile(
    r"(?P<label>(?:first |last |originally )?(?P<what>published|posted|date|updated|modified))(?: on| at)?:\s*",
    re.IGNORECASE,
)
# `(Corrects day in paragraph 2)`, and the lines of a mail that was saved as text
_NO_TITLE = re.compile(r"[(\[].*[)\]]$|(?i:date|from|to|cc|sent|received|(?:message|content|mime|return)-[a-z-]+):\s")
_REPORTING = re.compile(r"[(\[]?Reporting by (?P<names>[^;.()]{3,120}?)(?:[;.].*)?[)\]]?", re.IGNORECASE)
_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True)
class Page:
    """What was read of a page; a field that it does not say is None. `origins` has one entry a field that is there."""

    title: str | None = None
    source: str | None = None
    published: str | None = None
    updated: str | None = None
    byline: str | None = None
    place: str | None = None
    agency: str | None = None
    sections: tuple[Section, ...] = ()
    asides: tuple[Aside, ...] = ()
    origins: tuple[Origin, ...] = ()
    export: bool = False
    desk: str | None = None
    length: int | None = None


def day_in_name(name: str) -> str | None:
    """The day that the name of a file, or the folders right above it, holds.

    >>> day_in_name("a/2020-01-03-story.txt"), day_in_name("20200103_x.txt"), day_in_name("news/2020/01/03/x.txt")
    ('2020-01-03', '2020-01-03', '2020-01-03')
    >>> day_in_name("story-4711.txt"), day_in_name("x-2020-02-31.txt")
    (None, None)
    """
    path = PurePath(name)
    for words in (path.stem, "/".join(path.parts[-4:-1])):
        for found in _IN_NAME.finditer(words):
            days = find_days(f"{found[1]}-{found[3]}-{found[4]}")
            if days:
                return days[0].iso()
    return None


def read_page(text: str, start: int = 0, *, name: str = "", published: str | None = None) -> Page:
    """What `text[start:]` says of itself. `name` is the file's; `published` is a day that is known from elsewhere.

    A dateline without a year takes the year that brings it nearest to another day of the page or of the name.

    >>> page = read_page("BAGHDAD, Jan. 3 (AFP) — Ten people died in the strike on Friday.", name="2020-01-04.txt")
    >>> page.place, page.agency, page.published
    ('BAGHDAD', 'AFP', '2020-01-03')
    """
    lines = lines_of(text, start)
    export = read_export(lines, text)
    if export is not None:
        return _page_of(export)
    lines = lines[:MOST_LINES]
    said = _Said()
    head = _head_of(lines)
    named = day_in_name(name)
    dateline = _dateline_of(lines, len(head))
    for line in head:
        credit = read_credit(bare(line.words)) or read_credit(line.words)
        if credit:
            said.credit(credit)
    alone = next((day.iso() for line in head if (day := _lone_day(line.words))), None)
    if len(head) < len(lines):  # of a page of two names and nothing else, neither is anybody's
        _read_names(head, said)
    near = said.get("published") or published or said.get("updated") or alone or named or _foot_day(lines)
    said.late(near)
    if alone:
        said.put("published", alone, "head", "likely")
    if dateline:
        said.put("place", dateline.place, "dateline", "sure" if dateline.agency or dateline.day else "likely")
        said.put("agency", dateline.agency, "dateline", "sure")
        said.put("source", dateline.outlet, "dateline", "likely")
        day = dateline.day
        said.put("published", day.iso(near) if day else None, "dateline", "sure" if day and day.year else "likely")
    said.put("published", named, "file name", "likely")
    sections = find_sections(lines, text, said.get("published") or published or near)
    if not sections:  # what stands at the foot of several stories is the last one's
        _read_foot(lines[len(head) :], said)
    said.put("source", said.get("agency"), "agency", "likely")
    starts = [section.start for section in sections]
    title = _title_of(head, {said.get("source"), said.get("byline")})
    if title:
        said.put("title", title, "head", "likely")
    values: dict[str, Any] = dict(said.values)
    return Page(**values, sections=sections, asides=find_asides(lines, starts), origins=tuple(said.origins.values()))


def _page_of(export: Export) -> Page:
    """An export as a page: of one article all is the page's own, of several nothing is."""
    if len(export.sections) > 1:
        return Page(sections=export.sections, asides=export.asides, export=True)
    [only] = export.sections
    values: dict[str, Any] = {
        name: value for name in ("title", "source", "published", "byline") if (value := getattr(only, name))
    }
    origins = tuple(Origin(name, "press database", "sure") for name in values)
    told: dict[str, Any] = {"desk": only.desk, "length": only.length}
    return Page(**values, **told, asides=export.asides, origins=origins, export=True)


def complete(article: Article, name: str, *, fallback: str | None = None) -> Article:
    """The article with what its text and the file's name say and it does not say itself, or only guesses.

    `fallback` is a title that is none (the file's name): a headline of the text takes its place.
    """
    page = read_page(article.text, article.body_start, name=name, published=article.published)
    if page.export:
        article = _without_guesses(article, name)
        fallback = article.title
    guessed = {origin.field for origin in article.origins if origin.sure == "guess"}
    better = {origin.field for origin in page.origins if origin.sure != "guess"}
    known = {field for field in FIELDS if getattr(article, field)} - (guessed & better)
    if fallback is not None and article.title == fallback:
        known.discard("title")
    found = {field: getattr(page, field) for field in FIELDS if field not in known and getattr(page, field)}
    kept = [origin for origin in article.origins if not (origin.field in found and origin.field in guessed)]
    held = {origin.field for origin in kept}
    origins = [origin for origin in page.origins if origin.field in found and origin.field not in held]
    # A story that names no outlet is its page's, where something outside the text says whose that is.
    sections = page.sections
    if not page.export:
        sections = tuple(replace(section, source=section.source or article.source) for section in page.sections)
    return replace(
        article,
        **found,
        desk=article.desk or page.desk,
        length=article.length or page.length,
        sections=article.sections or sections,
        asides=article.asides or page.asides,
        origins=(*kept, *origins),
    )


def _without_guesses(article: Article, name: str) -> Article:
    """An export without what its file says of whoever saved it: none of its articles is theirs."""
    doubted = {origin.field for origin in article.origins if origin.sure != "sure"} & set(FIELDS)
    title = Origin("title", "file name", "guess")
    kept = tuple(origin for origin in article.origins if origin.field not in doubted)
    if "title" in doubted or not any(origin.field == "title" for origin in kept):
        doubted, kept = doubted | {"title"}, (*kept, title)
    emptied: dict[str, Any] = dict.fromkeys(doubted - {"title"})
    return replace(article, **emptied, title=PurePath(name).stem, origins=kept) if doubted else article


class _Said:
    """The fields that are read so far, the first word on each counts."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.origins: dict[str, Origin] = {}
        self._open: list[tuple[str, Day]] = []

    def get(self, field: str) -> str | None:
        return self.values.get(field)

    def put(self, field: str, value: str | None, where: str, sure: Sure) -> None:
        if value and field in ("published", "updated"):
            found = read_field(value)
            value = found.iso if found else None
            if found and found.doubt:
                where, sure = f"{where}: {found.doubt}", "likely" if sure == "sure" else sure
        if value and field not in self.values:
            self.values[field] = value
            self.origins[field] = Origin(field, where, sure)

    def credit(self, credit: Credit) -> None:
        # A day alone on its line may be an event's; with an outlet, a byline or a label it is the story's.
        sure: Sure = "likely" if credit.form == "alone" and not credit.byline else "sure"
        self.put("source", credit.source, "credit line", "sure")
        self.put("byline", credit.byline, "credit line", "sure")
        self.put("agency", credit.agency, "credit line", "sure")
        for field, day in (("published", credit.day), ("updated", credit.updated)):
            if day and day.year:
                self.put(field, day.iso(), "credit line", sure)
            elif day:
                self._open.append((field, day))

    def late(self, near: str | None) -> None:
        """Gives the days of credit lines that lack their year the one nearest to `near`."""
        for field, day in self._open:
            self.put(field, day.iso(near), "credit line", "likely")


def _head_of(lines: Sequence[TextLine]) -> list[TextLine]:
    """What stands above the first news of a page, at most `HEAD_LINES` of it that are not asides."""
    runs = heads_of(lines)
    if not runs or runs[0][0] != 0:
        # Some pages put `Date: …` and `Source: …` under a first line that is a sentence.
        following = [line for line in lines[1:HEAD_LINES] if read_credit(line.words)]
        return [lines[0], *following] if lines and following and lines[1] is following[0] else []
    return list(lines[: min(runs[0][1], 3 * HEAD_LINES)])


def _read_names(head: Sequence[TextLine], said: _Said) -> None:
    """A head of two names is a writer and an outlet; neither says so, and it may be a headline of two lines."""
    words = [line.words for line in head if not kind_of_aside(line.words)]
    if len(words) != 2 or said.values or not is_name(words[0]) or not (is_name(words[1]) or agency_of(words[1])):
        return
    if agency_of(words[0]):
        words.reverse()
    agency = agency_of(words[1])
    if agency or len(words[0].split()) <= 3 or " and " in words[0]:
        said.put("byline", words[0], "head", "likely" if agency else "guess")
        said.put("agency", agency, "head", "likely")
        said.put("source", agency or words[1], "head", "likely" if agency else "guess")


def _dateline_of(lines: Sequence[TextLine], first: int) -> Dateline | None:
    for line in lines[max(0, first - 1) : first + 2]:  # or on a line of its own above
        found = read_dateline(bare(line.words[:200]))
        if found:
            return found
    return None


def _lone_day(words: str) -> Day | None:
    """The one full day at an end of a head line that says something more."""
    days = [day for day in find_days(words) if day.year] if len(words) <= 120 else []
    return days[0] if len(days) == 1 and (days[0].end == len(words) or words.lower().startswith("date")) else None


def _foot_day(lines: Sequence[TextLine]) -> str | None:
    """A day with its label among the last lines, to take a year from."""
    for line in lines[-FOOT_LINES:]:
        credit = read_credit(line.words)
        day = credit and (credit.day or credit.updated)
        if day and day.year:
            return day.iso()
    return None


def _read_foot(lines: Sequence[TextLine], said: _Said) -> None:
    """What lines below the head say with a label: a guess, for they may speak of something else."""
    for line in lines[-FOOT_LINES:]:
        reporting = _REPORTING.fullmatch(line.words)
        if reporting:
            said.put("byline", reporting["names"].strip(), "foot", "likely")
            continue
        credit = read_credit(line.words)
        if credit and credit.source and credit.form == "label":
            said.put("source", credit.source, "foot", "guess")
        # A source and a day alone may be where a number is from.
        if credit and credit.day and credit.day.year and (credit.byline or (credit.source and credit.form == "bar")):
            said.put("published", credit.day.iso(), "foot", "guess")
            said.put("source", credit.source, "foot", "guess")
            said.put("byline", credit.byline, "foot", "guess")
    for line in lines:
        labelled = _LABELLED.match(line.words) if len(line.words) <= 120 else None
        days = find_days(line.words[labelled.end() :]) if labelled else []
        if labelled and days and days[0].year and days[0].start <= 2:
            late = labelled["what"].lower() in ("updated", "modified")
            said.put("updated" if late else "published", days[0].iso(), "label in the text", "guess")


def _cells_of(words: str) -> int:
    """How many cells of a table a line holds, as readers write them or as they are typed.

    >>> _cells_of("Depot | Tonnes | Since"), _cells_of("Depot\\t12"), _cells_of("Rain stops the fair")
    (3, 2, 1)
    """
    return len(re.split(r"\s*\|\s*|\t+", words.strip(" |\t")))


def _title_of(head: Sequence[TextLine], names: set[str | None]) -> str | None:
    """The headline: what the head says twice, or else its first line that can be one; rows of a table are none."""
    cells = [0, *(_cells_of(line.words) for line in head), 0]
    words = [
        bare(line.words)
        for line, before, own, after in zip(head, cells, cells[1:], cells[2:], strict=False)
        if not (kind_of_aside(line.words) or read_credit(line.words) or is_rule(line.words) or is_prose(line.words))
        and not (own > 1 and own in (before, after))
        and not _NO_TITLE.match(line.words)
    ]
    words = [line for line in words if is_headline(line) and line not in names and not agency_of(line)]
    twice = [line for i, line in enumerate(words) if line in words[:i]]
    return next(iter(twice or words), None)
