"""The citations of an answer for a bibliography: BibTeX, RIS, CSL-JSON, or a footnote a line.

A story is one entry, however often it is cited; the words that are quoted, and where they stand, are its note. Names
are kept as they are written: which part of one is the family's cannot be told from a byline.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ground.language import Words
from ground.shown import one_line
from ground.words import slug
from index.reading.metadata import name_only, web_address
from index.store.scope import day_of
from index.understanding.days import MONTHS
from qa.answer import Citation

Style = Literal["bibtex", "ris", "csl-json", "footnote"]
STYLES: tuple[Style, ...] = get_args(Style)
BylineOf = Callable[[Citation], str | None]
# Braces without braces: BibTeX counts them, and some readers take "@word{" for the next entry wherever it stands.
TEX = str.maketrans(
    {sign: rf"\{sign}" for sign in "$&#%_"}
    | {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
    }
)
NO_URL = {ord(sign): f"%{ord(sign):02X}" for sign in '{}\\"<>^`| '}


@dataclass(frozen=True)
class Work:
    """A story that is cited: its key, unique in a bibliography, what is known of it, and its citations."""

    key: str
    title: str
    outlet: str
    day: str
    url: str
    authors: tuple[str, ...]
    citations: tuple[Citation, ...]

    @property
    def note(self) -> str:
        """The quotes, each with the article's id and the characters where it stands."""
        return " ".join(f"“{one_line(one.quote)}” ({_place(one)})" for one in self.citations)


def write_bibliography(citations: Sequence[Citation], style: Style, byline_of: BylineOf = lambda _: None) -> str:
    """The citations in a style; the empty string for none. `byline_of` says who wrote the story of a citation."""
    if not citations:
        return ""
    if style == "footnote":
        return "\n".join(footnote(one, byline_of(one)) for one in citations)
    works = works_of(citations, byline_of)
    if style == "csl-json":
        return json.dumps([_csl(work) for work in works], ensure_ascii=False, indent=1)
    return "\n\n".join((_bibtex if style == "bibtex" else _ris)(work) for work in works)


def works_of(citations: Sequence[Citation], byline_of: BylineOf) -> list[Work]:
    """The stories that are cited, in the order in which they are."""
    stories: dict[tuple[str | None, ...], list[Citation]] = {}
    for one in citations:
        stories.setdefault((one.article_id, one.title, one.source, one.published), []).append(one)
    works: list[Work] = []
    for cited in stories.values():
        first = cited[0]
        outlet, day = one_line(first.source or ""), day_of(first.published) or ""
        title = one_line(first.title or "") or one_line(first.article_id)
        key = _key(outlet, day, title, {work.key for work in works})
        works.append(Work(key, title, outlet, day, _address(first), authors(byline_of(first)), tuple(cited)))
    return works


def authors(byline: str | None) -> tuple[str, ...]:
    """The names in a byline, without where they wrote.

    >>> authors("By Ann Lee and Harriet Sloane in Brenmouth"), authors("Ann Lee, Bo Diaz"), authors("Lee, Ann")
    (('Ann Lee', 'Harriet Sloane'), ('Ann Lee', 'Bo Diaz'), ('Lee, Ann',))
    """
    names = [part for part in re.split(r"\s*[;&]\s*|\s+and\s+", name_only(byline) or "") if part]
    listed = [part for name in names for part in re.split(r",\s*", name) if part]
    if all(" " in part for part in listed):
        names = listed
    return tuple(one_line(re.sub(r"\s+in\s+[^\W\d_a-z].*$", "", name)) for name in names)


def _key(outlet: str, day: str, title: str, taken: set[str]) -> str:
    """A key that every program takes: small letters, digits and hyphens, such as `afp-2020-01-04-oil-prices-rise`."""
    words = slug(" ".join((outlet, day, *title.split()[:3])), 60)
    plain = re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9-]", "", words)).strip("-") or "story"
    number = 1
    while (key := plain if number == 1 else f"{plain}-{number}") in taken:
        number += 1
    return key


def _address(citation: Citation) -> str:
    """Where the story stands on the web; empty where that is not known, or no web address."""
    return one_line(web_address(citation.url) or "")


def _place(citation: Citation) -> str:
    place = f"{one_line(citation.article_id)} {citation.start}:{citation.end}"
    return f"{place}; {citation.caution}" if citation.caution else place


def footnote(citation: Citation, byline: str | None = None) -> str:
    """One line as it stands below a text, with the number that the answer has.

    >>> footnote(Citation(1, "oil", "Oil rises", "AFP", "2020-01-04", None, 5, 9, "four"), "M. Paz")
    '[1] M. Paz, “Oil rises”, AFP, 4 January 2020: “four” (oil 5:9)'
    """
    day = day_of(citation.published)
    told = (
        ", ".join(authors(byline)),
        citation.title and f"“{one_line(citation.title)}”",
        one_line(citation.source or ""),
        day and Words().day(day),
        _address(citation),
    )
    credit = ", ".join(part for part in told if part)
    return f"[{citation.number}] {credit}{': ' if credit else ''}“{one_line(citation.quote)}” ({_place(citation)})"


def _bibtex(work: Work) -> str:
    """An entry for BibTeX and biblatex: `annote` is printed by no usual style."""

    def tex(text: str) -> str:
        return text.translate(TEX)

    fields = {
        "author": " and ".join(f"{{{tex(name)}}}" for name in work.authors),
        "title": f"{{{tex(work.title)}}}",
        "journal": tex(work.outlet),
        "date": work.day,
        "year": work.day[:4],
        "url": work.url.translate(NO_URL),
        "annote": tex(work.note),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    if work.day:
        lines.insert(-1, f"  month = {MONTHS[int(work.day[5:7]) - 1]},")
    return "\n".join([f"@{'article' if work.outlet else 'misc'}{{{work.key},", *lines, "}"])


def _ris(work: Work) -> str:
    return "\n".join(f"{tag}  - {value}" for tag, value in _tags(work) if value or tag == "ER") + "\n"


def _tags(work: Work) -> Iterator[tuple[str, str]]:
    """A line each; none holds a line break, so that no text is a tag."""
    yield "TY", "NEWS"
    yield "ID", work.key
    for name in work.authors:
        yield "AU", name
    yield "TI", work.title
    yield "T2", work.outlet
    yield "PY", work.day[:4]
    yield "DA", work.day.replace("-", "/")
    yield "UR", work.url
    yield "N1", work.note
    yield "ER", ""


def _csl(work: Work) -> dict[str, object]:
    """https://docs.citationstyles.org: article-newspaper."""
    fields: dict[str, object] = {
        "id": work.key,
        "type": "article-newspaper",
        "title": work.title,
        "author": [{"literal": name} for name in work.authors],
        "container-title": work.outlet,
        "issued": {"date-parts": [[int(part) for part in work.day.split("-")]]} if work.day else None,
        "URL": work.url,
        "note": work.note,
    }
    return {name: value for name, value in fields.items() if value}
