"""Exports of press databases: many articles in one text, each with its own outlet, headline, day and byline.

LexisNexis ("3 of 10 DOCUMENTS"), Nexis Uni ("End of Document"), Factiva ("Document ABC0…") and ProQuest ("Full text:").
What an article of an export does not say plainly is nobody's: never that of the article before it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from index.article import Aside, Section
from index.understanding.asides import kind_of_aside
from index.understanding.credits import is_headline, is_name
from index.understanding.days import find_days
from index.understanding.lines import TextLine, is_prose

LABEL = "label of an export"
COVER = "cover of an export"
LONGEST_HEAD = 15
CENTRED = 8
_COUNT = re.compile(
    r"(?:document |dokument )?(?P<n>\d{1,4}) (?:of|de|von|van|di) (?P<all>\d{1,4})(?: do[ck]ument\w*)?", re.I
)
_END = re.compile(r"(?:end of document|ende des dokuments|fin du document|fin del documento|einde van document)", re.I)
_BODY = re.compile(r"(?:body|text|volltext|corps(?: de l['’]article)?|cuerpo)", re.I)
_FACTIVA_END = re.compile(r"(?:Document|Dokument|Documento)\s+[A-Z][A-Z0-9]{2,7}0{0,4}\d{8}\w{4,}", re.I)
_WORDS = re.compile(r"[\d.,]{1,7} (?:words|wörter|mots|palabras|parole|woorden)", re.I)
_RIGHTS = re.compile(
    r"(?:copyright|\(c\))(?: ?(?:©|\(c\)))? ?\d{4}.*|©.*|all rights reserved\.?|alle rechte vorbehalten\.?"
    r"|tous droits réservés\.?",
    re.I,
)
_COVER = re.compile(
    r"(?i)^(?:download request|time of request|user name|date and time|job number|documents?\s*\(\d+\)|search terms"
    r"|search type|client/matter|terms|source|project id|about lexisnexis|report information from proquest"
    r"|table of contents|search summary|factiva|dow jones)\b"
)
_LABELLED = re.compile(
    r"(?P<name>byline|section|length|dateline|load[- ]date|language|publication[- ]type|journal[- ]code|acc-no"
    r"|document[- ]type|pub-type|subject|company|organi[sz]ation|ticker|industry|geographic|person|city|state|country"
    r"|edition|series|classification|url|autor|von|rubrik|länge|ladedatum|update|sprache|publikationstyp|longueur|rubrique"
    r"|auteur|langue|date[- ]de[- ]chargement|type[- ]publication|highlight|lead|body|text)\s*:\s*(?P<value>.*)",
    re.I,
)
_KEPT = {"highlight", "lead", "body", "text"}  # the label goes, the words stay
_BYLINES = {"byline", "autor", "auteur"}
_CODE = re.compile(
    r"(?P<code>SE|HD|BY|CR|WC|PD|ET|SN|SC|ED|PG|VOL|LA|CY|LP|TD|CT|RF|CO|IN|NS|RE|IPC|IPD|PUB|AN|ART|CLM)"
    r"(?:\s*\|\s*|\s+|$)(?P<value>.*)"
)
_PROQUEST = re.compile(
    r"(?P<name>author|publication info|abstract|links|full text|subject|location|people|company ?/ ?organization|title"
    r"|publication title|volume|issue|pages|first page|number of pages|publication year|publication date|year|section"
    r"|publisher|place of publication|country of publication|publication subject|issn|source type"
    r"|language of publication|document type|document feature|proquest document id|document url|copyright|last updated"
    r"|identifier|narrow subject|broad subject|credit|dateline|url|business indexing term|classification"
    r"|correspondence author|database|supplement)"
    r"\s*:\s*(?P<value>.*)",
    re.I,
)
_RULE = re.compile(r"_{30,}")
_BY = re.compile(r"(?:by|von|par|por)\s+(?P<name>\S.*)", re.I)
_TIME = re.compile(r"\d{1,2}[:.h]\d{2}(?: ?[AP]M)?(?: [A-Z]{2,4})?", re.I)


@dataclass
class _Story:
    """One article of an export while it is read: lines `first` to `last`, and which of them are no news."""

    first: int
    last: int
    title: str | None = None
    source: str | None = None
    published: str | None = None
    byline: str | None = None
    marked: dict[int, int] = field(default_factory=dict)  # a line, and up to which of its characters it is a label

    def mark(self, i: int, line: TextLine, upto: int | None = None) -> None:
        self.marked[i] = len(line.words) if upto is None else upto


@dataclass(frozen=True)
class Export:
    """The articles of an export, and what of the text is no news."""

    sections: tuple[Section, ...]
    asides: tuple[Aside, ...]


def read_export(lines: Sequence[TextLine], text: str) -> Export | None:
    """What an export's lines say, article by article; None for a text that is none.

    >>> from index.understanding.lines import lines_of
    >>> text = "Rain stops fair\\nThe Star\\nMay 3, 2021 Monday\\nLength: 9 words\\nBody\\nIt rained.\\nEnd of Document"
    >>> read_export(lines_of(text), text).sections[0].source
    'The Star'
    """
    low = text.lower()
    if not any(sign in low for sign in ("document", "dokument", "full text")):  # most texts are none
        return None
    for find, read in FORMS:
        spans = find(lines)
        if spans:
            stories = [_Story(first, last) for first, last in spans]
            for story in stories:
                read(story, lines, text)
            return _told(stories, lines)
    return None


def _told(stories: Sequence[_Story], lines: Sequence[TextLine]) -> Export:
    marked: dict[int, int] = {}
    kinds: dict[int, str] = {}
    covered = any(_COVER.match(line.words) for line in lines[: stories[0].first])
    for i in range(stories[0].first if covered else 0):
        marked[i], kinds[i] = len(lines[i].words), COVER
    for story in stories:
        for i in range(story.first, story.last):
            upto = story.marked.get(i)
            what = LABEL if upto else kind_of_aside(lines[i].words)
            if what:
                marked[i], kinds[i] = upto or len(lines[i].words), what
    starts = {lines[story.first].start for story in stories}
    asides: list[Aside] = []
    before = -2
    for i, upto in sorted(marked.items()):
        line = lines[i]
        whole = before == i - 1 and asides and asides[-1].end == lines[before].end and asides[-1].what == kinds[i]
        if whole and line.start not in starts:
            asides[-1] = Aside(asides[-1].start, line.start + upto, kinds[i])
        else:
            asides.append(Aside(line.start, line.start + upto, kinds[i]))
        before = i
    if len(marked) == len(lines) and all(upto == len(lines[i].words) for i, upto in marked.items()):
        asides = []
    sections = tuple(
        Section(lines[story.first].start, story.title, story.source, story.published, story.byline) for story in stories
    )
    return Export(sections, tuple(asides))


# LexisNexis and Nexis Uni


def _counted(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    """The articles under `1 of 10 DOCUMENTS`, counted in order."""
    found = [(i, m) for i, line in enumerate(lines) if len(line.words) < 40 and (m := _COUNT.fullmatch(line.words))]
    numbers = [(int(m["n"]), int(m["all"])) for _, m in found]
    if not found or any(b[0] != a[0] + 1 or b[1] != a[1] for a, b in pairwise(numbers)):
        return []
    labelled = sum(bool(_LABELLED.fullmatch(line.words)) for line in lines)
    named = any("ocument" in line.words.lower() for line in (lines[i] for i, _ in found))
    if not named or numbers[-1][0] > numbers[-1][1] or (len(found) < 2 and labelled < 2):
        return []
    if any(_PROQUEST.fullmatch(line.words) and "full text" in line.words[:9].lower() for line in lines):
        return []
    edges = [i for i, _ in found] + [len(lines)]
    return list(pairwise(edges))


def _ended(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    """The articles that `End of Document` closes."""
    ends = [i for i, line in enumerate(lines) if len(line.words) < 40 and _END.fullmatch(line.words)]
    bodies = sum(bool(_BODY.fullmatch(line.words)) for line in lines)
    labelled = sum(bool(_LABELLED.fullmatch(line.words)) for line in lines)
    if not ends or not (bodies or labelled >= 2):
        return []
    return [(first, end + 1) for first, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)]


def _is_label(words: str) -> bool:
    return bool(_LABELLED.fullmatch(words) or _RIGHTS.fullmatch(words) or _BODY.fullmatch(words))


def _is_centred(line: TextLine, text: str) -> bool:
    before = text[text.rfind("\n", 0, line.start) + 1 : line.start]
    return len(before.expandtabs()) >= CENTRED


def _day_at(line: TextLine) -> str | None:
    """The full day that a line begins with, where it says little else."""
    days = [day for day in find_days(line.words) if day.year] if len(line.words) <= 80 else []
    return days[0].iso() if days and days[0].start == 0 and not is_prose(line.words) else None


def _joined(lines: Sequence[TextLine]) -> str | None:
    return " ".join(line.words for line in lines) or None


def _read_counted(story: _Story, lines: Sequence[TextLine], text: str) -> None:
    """Count, outlet, day, edition, headline, labels, text, labels, as LexisNexis has them."""
    head = story.first + 1 if _COUNT.fullmatch(lines[story.first].words) else story.first
    if head > story.first:
        story.mark(story.first, lines[story.first])
    labels = [i for i in range(head, story.last) if _LABELLED.fullmatch(lines[i].words)]
    stop = min(labels[0] if labels else story.last, head + LONGEST_HEAD)
    at = next((i for i in range(head, stop) if _day_at(lines[i])), None)
    if at is not None:
        above = [i for i in range(head, at) if not _RIGHTS.fullmatch(lines[i].words)]
        if above and (len(above) == 1 or lines[above[1]].words.startswith("(")):
            story.source = _joined([lines[i] for i in above])
        for i in range(head, at + 1):
            story.mark(i, lines[i])
        story.published = _day_at(lines[at])
        i = at + 1
        while i < stop and (
            _RIGHTS.fullmatch(lines[i].words) or (_is_centred(lines[i], text) and not is_prose(lines[i].words))
        ):
            story.mark(i, lines[i])
            i += 1
        if (
            i < stop
            and re.search(r"(?i)\bedition\b", lines[i].words)
            and i + 1 < stop
            and not is_headline(lines[i].words)
        ):
            story.mark(i, lines[i])
            i += 1
        story.title = _joined(_block(lines, i, stop, text))
    _read_labels(story, lines, text)


def _block(lines: Sequence[TextLine], first: int, stop: int, text: str) -> list[TextLine]:
    """The lines from `first` on that no blank line parts: a headline set to a width; one where no line is blank."""
    found: list[TextLine] = []
    for i in range(first, stop):
        if is_prose(lines[i].words) and len(lines[i].words) > 120:
            break
        found.append(lines[i])
        gap = text[lines[i].end : lines[i + 1].start] if i + 1 < len(lines) else "\n\n"
        if gap.count("\n") > 1 or len(lines[i].words) < 40:
            break
    return found


def _read_ended(story: _Story, lines: Sequence[TextLine], text: str) -> None:
    """Headline, outlet, day, labels, `Body`, text, labels, `End of Document`, as Nexis Uni has them."""
    story.mark(story.last - 1, lines[story.last - 1])
    if _COUNT.fullmatch(lines[story.first].words):
        _read_counted(story, lines, text)
        return
    label = next(
        (i for i in range(story.first, story.last) if _is_label(lines[i].words) and not _is_cover(lines, i)), None
    )
    days = [i for i in range(story.first, label if label is not None else story.last) if _day_at(lines[i])]
    at = days[-1] if days else None
    if at is not None and label is not None and label - at <= 6:
        if at - 1 >= story.first:
            outlet = at - 1
            title = outlet - 1
            while (
                title - 1 >= story.first
                and text[lines[title - 1].end : lines[title].start].count("\n") == 1
                and ("\n\n" in text[lines[title].end : lines[at].start] and len(lines[title - 1].words) >= 40)
            ):
                title -= 1
            if title >= story.first:
                story.source = lines[outlet].words if len(lines[outlet].words) <= 100 else None
                story.title = _joined(lines[title:outlet])
                story.mark(outlet, lines[outlet])
                if any(_COVER.match(line.words) for line in lines[story.first : title]):
                    story.first = title
            else:
                story.title = lines[outlet].words  # one line where two belong: whose it is is not said
        story.published = _day_at(lines[at])
        for i in range(at, label):
            story.mark(i, lines[i])
    _read_labels(story, lines, text)


def _is_cover(lines: Sequence[TextLine], i: int) -> bool:
    """Whether a line that looks like a label is one of the cover's: no `Body` or `Length` stands soon behind it."""
    return not any(
        _BODY.fullmatch(line.words) or re.match(r"(?i)(?:length|länge|longueur|section|load-date)\s*:", line.words)
        for line in lines[i : i + 8]
    )


def _read_labels(story: _Story, lines: Sequence[TextLine], text: str) -> None:
    """Marks the labels of an article with what they say, to the next blank line where there are such."""
    spaced = text.count("\n\n", lines[story.first].start, lines[story.last - 1].end) > 3
    i = story.first
    while i < story.last:
        line = lines[i]
        found = _LABELLED.fullmatch(line.words)
        if found and (name := found["name"].lower()) in _KEPT:
            story.mark(i, line, found.start("value") or None)
        elif found and (
            not is_prose(line.words) or name not in ("state", "city", "person", "company", "country", "von")
        ):
            if name in _BYLINES and story.byline is None:
                story.byline = _name(found["value"])
            story.mark(i, line)
            while (
                spaced
                and i + 1 < story.last
                and text[lines[i].end : lines[i + 1].start].count("\n") == 1
                and not _LABELLED.fullmatch(lines[i + 1].words)
            ):
                i += 1
                story.mark(i, lines[i])
        elif len(line.words) <= 120 and (_RIGHTS.fullmatch(line.words) or _BODY.fullmatch(line.words)):
            story.mark(i, line)
        i += 1


def _name(words: str) -> str | None:
    """A byline's name: `By RUTH CALDER`, `Ruth Calder; Star correspondent`."""
    by = _BY.fullmatch(words.strip())
    name = (by["name"] if by else words).strip(" ,;.")
    return name if name and len(name) <= 200 else None


# Factiva


def _factiva(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    ends = [
        i
        for i, line in enumerate(lines)
        if _FACTIVA_END.fullmatch(line.words)
        or ((code := _CODE.fullmatch(line.words)) and code["code"] == "AN" and _FACTIVA_END.fullmatch(code["value"]))
    ]
    # In an export with codes some stand behind the number, to the next headline.
    found = [(first, end + 1) for first, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)]
    return found


def _read_factiva(story: _Story, lines: Sequence[TextLine], text: str) -> None:
    codes = [(i, m) for i in range(story.first, story.last) if (m := _CODE.fullmatch(lines[i].words))]
    if sum(m["code"] in ("HD", "PD", "SN", "WC", "LP", "TD") for _, m in codes) >= 3:
        _read_codes(story, lines, codes)
        return
    story.mark(story.last - 1, lines[story.last - 1])
    count = next((i for i in range(story.first, story.last) if _WORDS.fullmatch(lines[i].words)), None)
    at = next((i for i in range(count + 1, min(count + 3, story.last)) if _day_at(lines[i])), None) if count else None
    if count is None or at is None:
        _read_labels(story, lines, text)
        return
    title = count - 1
    by = _BY.fullmatch(lines[title].words)
    if title > story.first and (by or (is_name(lines[title].words) and not is_headline(lines[title].words))):
        story.byline = _name(lines[title].words)
        story.mark(title, lines[title])
        title -= 1
    story.title = lines[title].words
    if any(_COVER.match(line.words) for line in lines[story.first : title]) or title - story.first > 3:
        story.first = title
    for i in range(story.first, title):
        story.mark(i, lines[i])
    story.published = _day_at(lines[at])
    outlet = at + 2 if at + 1 < story.last and _TIME.fullmatch(lines[at + 1].words) else at + 1
    rights = next((i for i in range(outlet, min(outlet + 8, story.last)) if _RIGHTS.match(lines[i].words)), None)
    if rights is not None and rights > outlet:
        story.source = lines[outlet].words
    for i in range(count, (rights if rights is not None else outlet - 1) + 1):
        story.mark(i, lines[i])
    _read_labels(story, lines, text)


def _read_codes(story: _Story, lines: Sequence[TextLine], codes: Sequence[tuple[int, re.Match[str]]]) -> None:
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
    story.byline = _name(value("BY") or "")
    days = find_days(value("PD") or "")
    story.published = days[0].iso() if days else None


# ProQuest


def _proquest(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    rules = [i for i, line in enumerate(lines) if _RULE.fullmatch(line.words)]
    edges = [-1, *rules, len(lines)]
    found = []
    for rule, end in pairwise(edges):
        names = {m["name"].lower() for line in lines[rule + 1 : end] if (m := _PROQUEST.fullmatch(line.words))}
        if len(names & {"full text", "publication title", "proquest document id", "publication info", "abstract"}) >= 2:
            found.append((rule + 1, end))
    return found


def _read_proquest(story: _Story, lines: Sequence[TextLine], text: str) -> None:
    del text
    fields: dict[str, tuple[int, str]] = {}
    label, told = None, False
    first = story.first + 1 if _COUNT.fullmatch(lines[story.first].words) else story.first
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
    story.byline = _name(value("author") or "")


Find = Callable[[Sequence[TextLine]], list[tuple[int, int]]]
Read = Callable[[_Story, Sequence[TextLine], str], None]
FORMS: tuple[tuple[Find, Read], ...] = (
    (_proquest, _read_proquest),
    (_factiva, _read_factiva),
    (_ended, _read_ended),
    (_counted, _read_counted),
)
