"""Factiva ("Document ABC0…"), with its two-letter codes and without them."""

import re
from collections.abc import Sequence

from index.understanding.credits import is_headline, is_name
from index.understanding.days import find_days
from index.understanding.exports.story import (
    COVERS,
    RIGHTS,
    Story,
    by_of,
    day_at,
    is_count,
    name_in,
    read_labels,
    words_in,
)
from index.understanding.lines import TextLine

_FACTIVA_END = re.compile(r"(?:Document|Dokument|Documento)\s+[A-Z][A-Z0-9]{2,7}0{0,4}\d{8}\w{4,}", re.I)
_CODE = re.compile(
    r"(?P<code>SE|HD|BY|CR|WC|PD|ET|SN|SC|ED|PG|VOL|LA|CY|LP|TD|CT|RF|CO|IN|NS|RE|IPC|IPD|PUB|AN|ART|CLM)"
    r"(?:\s*\|\s*|\s+|$)(?P<value>.*)"
)
_TIME = re.compile(r"\d{1,2}[:.h]\d{2}(?: ?[AP]M)?(?: [A-Z]{2,4})?", re.I)


def find(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    ends = [
        i
        for i, line in enumerate(lines)
        if _FACTIVA_END.fullmatch(line.words)
        or ((code := _CODE.fullmatch(line.words)) and code["code"] == "AN" and _FACTIVA_END.fullmatch(code["value"]))
    ]
    # In an export with codes some stand behind the number, to the next headline.
    found = [(first, end + 1) for first, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)]
    return found


def read(story: Story, lines: Sequence[TextLine], text: str) -> None:
    codes = [(i, m) for i in range(story.first, story.last) if (m := _CODE.fullmatch(lines[i].words))]
    if sum(m["code"] in ("HD", "PD", "SN", "WC", "LP", "TD") for _, m in codes) >= 3:
        _read_codes(story, lines, codes)
        return
    story.mark(story.last - 1, lines[story.last - 1])
    count = next((i for i in range(story.first, story.last) if is_count(lines[i].words)), None)
    at = next((i for i in range(count + 1, min(count + 3, story.last)) if day_at(lines[i])), None) if count else None
    if count is None or at is None:
        read_labels(story, lines, text)
        return
    title = count - 1
    by = by_of(lines[title].words)
    if title > story.first and (by or (is_name(lines[title].words) and not is_headline(lines[title].words))):
        story.byline = name_in(lines[title].words)
        story.mark(title, lines[title])
        title -= 1
    story.title = lines[title].words
    if any(COVERS.match(line.words) for line in lines[story.first : title]) or title - story.first > 3:
        story.first = title
    for i in range(story.first, title):
        story.mark(i, lines[i])
    story.length = words_in(lines[count].words)
    story.published = day_at(lines[at])
    outlet = at + 2 if at + 1 < story.last and _TIME.fullmatch(lines[at + 1].words) else at + 1
    rights = next((i for i in range(outlet, min(outlet + 8, story.last)) if RIGHTS.match(lines[i].words)), None)
    if rights is not None and rights > outlet:
        story.source = lines[outlet].words
    for i in range(count, (rights if rights is not None else outlet - 1) + 1):
        story.mark(i, lines[i])
    read_labels(story, lines, text)


def _read_codes(story: Story, lines: Sequence[TextLine], codes: Sequence[tuple[int, re.Match[str]]]) -> None:
    """`HD`, `BY`, `PD`, `SN` and the rest, each with its value on its line and those below it."""
    before = story.first
    story.first = min(story.first, codes[0][0])
    values: dict[str, list[str]] = {}
    edges = [i for i, _ in codes] + [story.last]
    for i in range(before, edges[0]):
        story.mark(i, lines[i])
    for (i, found), end in zip(codes, edges[1:], strict=True):
        code = found["code"]
        values.setdefault(code, []).extend([found["value"], *(line.words for line in lines[i + 1 : end])])
        if code in ("LP", "TD", "HD"):
            story.mark(i, lines[i], found.start("value") if found["value"] else None)
            continue
        for j in range(i, end):
            story.mark(j, lines[j])

    def value(code: str) -> str | None:
        return " ".join(" ".join(values.get(code, [])).split()) or None

    story.title, story.source = value("HD"), value("SN")
    story.byline = name_in(value("BY") or "")
    story.desk = "; ".join(part for part in (value("SE"), value("PG") and f"Pg. {value('PG')}") if part) or None
    story.length = words_in(value("WC") or "")
    days = find_days(value("PD") or "")
    story.published = days[0].iso() if days else None
