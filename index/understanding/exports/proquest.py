"""ProQuest ("Full text:")."""

import re
from collections.abc import Sequence
from itertools import pairwise

from index.understanding.days import find_days
from index.understanding.exports.story import COUNT, Story, name_in, words_in
from index.understanding.lines import TextLine

_PROQUEST = re.compile(
    r"(?P<name>author|publication info|abstract|links|full text|subject|location|people|company ?/ ?organization|title"
    r"|publication title|volume|issue|pages|first page|number of pages|publication year|publication date|year|section"
    r"|publisher|place of publication|country of publication|publication subject|issn|source type"
    r"|language of publication|document type|document feature|proquest document id|document url|copyright|last updated"
    r"|identifier|narrow subject|broad subject|credit|dateline|url|business indexing term|classification"
    r"|correspondence author|database|supplement|word count)"
    r"\s*:\s*(?P<value>.*)",
    re.I,
)
_RULE = re.compile(r"_{30,}")


def find(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    # Saved as a web page, the articles are parted by their count alone.
    rules = [i for i, line in enumerate(lines) if _RULE.fullmatch(line.words)] or [
        i - 1 for i, line in enumerate(lines) if i and len(line.words) < 40 and COUNT.fullmatch(line.words)
    ]
    edges = [-1, *rules, len(lines)]
    found = []
    for rule, end in pairwise(edges):
        names = {m["name"].lower() for line in lines[rule + 1 : end] if (m := _PROQUEST.fullmatch(line.words))}
        if len(names & {"full text", "publication title", "proquest document id", "publication info", "abstract"}) >= 2:
            found.append((rule + 1, end))
    return found


def read(story: Story, lines: Sequence[TextLine], text: str) -> None:
    del text
    fields: dict[str, tuple[int, str]] = {}
    label, told = None, False
    first = story.first + 1 if COUNT.fullmatch(lines[story.first].words) else story.first
    for i in range(story.first, story.last):
        found = _PROQUEST.fullmatch(lines[i].words)
        name = found["name"].lower() if found else None
        # Within the text a line such as `Year: 2019` is the text's own, until what always stands behind it.
        if label == "full text" and name in (
            "year",
            "section",
            "pages",
            "volume",
            "issue",
            "credit",
            "dateline",
            "abstract",
        ):
            name = None
        if found and name:
            label = name
            fields.setdefault(name, (i, found["value"]))
            if name == "full text":
                told = True
                story.mark(i, lines[i], found.start("value") if found["value"] else None)
                continue
        if label == "full text" or (label is None and i == first):
            continue
        story.mark(i, lines[i])
    if not told and "abstract" in fields:  # all that there is of it
        i = fields["abstract"][0]
        found = _PROQUEST.fullmatch(lines[i].words)
        if found and found["value"]:
            story.marked[i] = found.start("value")

    def value(name: str) -> str | None:
        return fields[name][1].strip() or None if name in fields else None

    info = value("publication info") or ""
    story.title = value("title") or (lines[first].words if not _PROQUEST.fullmatch(lines[first].words) else None)
    outlet = value("publication title") or (info if ";" in info else None)
    story.source = outlet.partition(";")[0].strip() or None if outlet else None
    days = [day for day in find_days(value("publication date") or re.sub(r"(?<=\])(?=\d)", " ", info)) if day.year]
    story.published = days[0].iso() if days else None
    story.byline = name_in(value("author") or "")
    pages = value("pages") or value("first page")
    story.desk = "; ".join(part for part in (value("section"), pages and f"Pg. {pages}") if part) or None
    story.length = words_in(value("word count") or "")


def is_full_text(words: str) -> bool:
    """Whether a line is ProQuest's label before a text."""
    return bool(_PROQUEST.fullmatch(words)) and "full text" in words[:9].lower()
