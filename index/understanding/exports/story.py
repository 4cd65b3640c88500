"""One article of an export while it is read, and the labels that press databases put on them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.understanding.credits import without_addresses
from index.understanding.days import find_days
from index.understanding.lines import TextLine, is_prose

COUNT = re.compile(
    r"(?:document |dokument )?(?P<n>\d{1,4}) (?:of|de|von|van|di) (?P<all>\d{1,4})(?: do[ck]ument\w*)?", re.I
)
BODY = re.compile(r"(?:body|text|volltext|corps(?: de l['’]article)?|cuerpo)", re.I)
RIGHTS = re.compile(
    r"(?:copyright|\(c\))(?: ?(?:©|\(c\)))? ?\d{4}.*|©.*|all rights reserved\.?|alle rechte vorbehalten\.?"
    r"|tous droits réservés\.?",
    re.I,
)
COVERS = re.compile(
    r"(?i)^(?:download request|time of request|user name|date and time|job number|documents?\s*\(\d+\)|search terms"
    r"|search type|client/matter|terms|source|project id|about lexisnexis|report information from proquest"
    r"|table of contents|search summary|factiva|dow jones)\b"
)
LABELLED = re.compile(
    r"(?P<name>byline|section|length|dateline|load[- ]date|language|publication[- ]type|journal[- ]code|acc-no"
    r"|document[- ]type|pub-type|subject|company|organi[sz]ation|ticker|industry|geographic|person|city|state|country"
    r"|edition|series|classification|url|autor|von|rubrik|länge|ladedatum|update|sprache|publikationstyp|longueur|rubrique"
    r"|auteur|langue|date[- ]de[- ]chargement|type[- ]publication|highlight|lead|body|text)\s*:\s*(?P<value>.*)",
    re.I,
)
COUNTED = re.compile(r"(?P<number>[\d.,]{1,7})(?P<unit> (?:words|wörter|mots|palabras|parole|woorden))?", re.I)
LONGEST_DESK = 100
_KEPT = {"highlight", "lead", "body", "text"}  # the label goes, the words stay
_BYLINES = {"byline", "autor", "auteur"}
_DESKS = {"section", "rubrik", "rubrique"}
_LENGTHS = {"length", "länge", "longueur"}
_BY = re.compile(r"(?:by|von|par|por)\s+(?P<name>\S.*)", re.I)


@dataclass
class Story:
    """One article of an export while it is read: lines `first` to `last`, and which of them are no news."""

    first: int
    last: int
    title: str | None = None
    source: str | None = None
    published: str | None = None
    byline: str | None = None
    desk: str | None = None
    length: int | None = None
    marked: dict[int, int] = field(default_factory=dict)  # a line, and up to which of its characters it is a label

    def mark(self, i: int, line: TextLine, upto: int | None = None) -> None:
        self.marked[i] = len(line.words) if upto is None else upto


def day_at(line: TextLine) -> str | None:
    """The full day that a line begins with, where it says little else."""
    days = [day for day in find_days(line.words) if day.year] if len(line.words) <= 80 else []
    return days[0].iso() if days and days[0].start == 0 and not is_prose(line.words) else None


def joined(lines: Sequence[TextLine]) -> str | None:
    return " ".join(line.words for line in lines) or None


def is_label(words: str) -> bool:
    return bool(LABELLED.fullmatch(words) or RIGHTS.fullmatch(words) or BODY.fullmatch(words))


def read_labels(story: Story, lines: Sequence[TextLine], text: str) -> None:
    """Marks the labels of an article with what they say, to the next blank line where there are such."""
    spaced = text.count("\n\n", lines[story.first].start, lines[story.last - 1].end) > 3
    i = story.first
    while i < story.last:
        line = lines[i]
        found = LABELLED.fullmatch(line.words)
        if found and (name := found["name"].lower()) in _KEPT:
            story.mark(i, line, found.start("value") or None)
        elif found and (
            not is_prose(line.words) or name not in ("state", "city", "person", "company", "country", "von")
        ):
            value = found["value"].strip()
            if name in _BYLINES and story.byline is None:
                story.byline = name_in(value)
            elif name in _DESKS:
                story.desk = story.desk or value[:LONGEST_DESK] or None
            elif name in _LENGTHS:
                story.length = story.length or words_in(value)
            story.mark(i, line)
            while (
                spaced
                and i + 1 < story.last
                and text[lines[i].end : lines[i + 1].start].count("\n") == 1
                and not LABELLED.fullmatch(lines[i + 1].words)
            ):
                i += 1
                story.mark(i, lines[i])
        elif len(line.words) <= 120 and (RIGHTS.fullmatch(line.words) or BODY.fullmatch(line.words)):
            story.mark(i, line)
        i += 1


def by_of(words: str) -> re.Match[str] | None:
    """The name behind a word for who wrote."""
    return _BY.fullmatch(words)


def is_count(words: str) -> bool:
    """Whether a line only says how many words an article has."""
    found = COUNTED.fullmatch(words)
    return bool(found and found["unit"])


def words_in(value: str) -> int | None:
    """How many words a label says that an article has.

    >>> words_in("355 words"), words_in("1,204 words"), words_in("long")
    (355, 1204, None)
    """
    found = COUNTED.match(value.strip())
    number = re.sub(r"[.,]", "", found["number"]) if found else ""
    return int(number) if number else None


def name_in(words: str) -> str | None:
    """A byline's name: `By RUTH CALDER`, `Ruth Calder; Star correspondent`."""
    by = by_of(words.strip())
    name = without_addresses(by["name"] if by else words).strip(" ,;.")
    return name if name and len(name) <= 200 else None
