"""Headline, outlet and date as a plain text page prints them, and where each story of a page starts.

A credit line is a short line of its own that holds an outlet and a date, `By NAME | OUTLET | January 3, 2020`
or, at the head of a page, `OUTLET, 3 January 2020`. What is not plainly said is left unsaid.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from index.article import Section

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?"
    r"|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
DATE = re.compile(
    r"(?P<iso>\d{4}-\d{2}-\d{2})"
    rf"|(?P<month>{MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? (?P<month2>{MONTH}),? (?P<year2>\d{{4}})"
)
LONE_DATE = re.compile(rf"(?i)(?:\W*(?:date|published|updated|posted)\b(?: on)?[\s:]*)?(?:{DATE.pattern})")
HEAD_LINES = 6
LONGEST_CREDIT = 120
LONGEST_HEADLINE = 200


@dataclass(frozen=True)
class Line:
    """One line of a text: its place and its words without the white space around them."""

    start: int
    words: str


def lines_of(text: str) -> list[Line]:
    """The lines that are not blank, with where each one's words start."""
    return [Line(m.start(), m.group().strip()) for m in re.finditer(r"[^\s][^\r\n]*", text)]


def read_date(words: str) -> str | None:
    """The first date in `words` as ISO 8601.

    >>> read_date("RT | January 3, 2020"), read_date("5 Dec. 2019"), read_date("Friday"), read_date("February 30, 2020")
    ('2020-01-03', '2019-12-05', None, None)
    """
    found = DATE.search(words)
    if not found:
        return None
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"]).isoformat()
        month = MONTHS.index((found["month"] or found["month2"])[:3].lower()) + 1
        return date(int(found["year"] or found["year2"]), month, int(found["day"] or found["day2"])).isoformat()
    except ValueError:
        return None  # a day that no calendar has


def day_in_words(published: str) -> str:
    """A date that begins in ISO 8601 as a reader says it.

    >>> day_in_words("2020-01-04T10:00"), day_in_words("2020"), day_in_words("soon")
    ('4 January 2020', '2020', 'soon')
    """
    try:
        day = date.fromisoformat(published[:10])
    except ValueError:
        return published
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def read_credit(words: str, *, at_head: bool) -> tuple[str, str] | None:
    """Outlet and date of a credit line, or None for any other line.

    >>> read_credit("By A. Writer | Some Wire | January 3, 2020", at_head=False)
    ('Some Wire', '2020-01-03')
    >>> read_credit("He was killed in Baghdad, January 3, 2020", at_head=False)
    """
    found = DATE.search(words)
    if not found or len(words) > LONGEST_CREDIT or words[found.end() :].strip(" |.") or found.start() == 0:
        return None
    before = words[: found.start()].rstrip()
    if before.endswith("|"):
        parts = [part.strip() for part in before.split("|") if part.strip()]
    elif at_head and before.endswith(","):
        parts = [before.rstrip(", ")]
    else:
        return None
    published = read_date(words)
    outlets = [part for part in parts if not re.match(r"(?i)by ", part)]
    return (outlets[-1], published) if outlets and published and len(outlets[-1].split()) <= 6 else None


def is_headline(words: str) -> bool:
    """Whether a line can be a headline: some words, not too long, and not a closed sentence.

    >>> is_headline("Missiles hit base"), is_headline("0 4 min"), is_headline("He said so.")
    (True, False, False)
    """
    return (
        len(words) <= LONGEST_HEADLINE
        and len(re.findall(r"[^\W\d_]{2,}", words)) >= 3
        and not re.search(r"[.:;,][\"”’']?$", words)
    )


def read_head(text: str) -> Section:
    """What the first lines of a page say of it; fields that they do not say are None."""
    head = lines_of(text)[:HEAD_LINES]
    title = head[0].words if head and is_headline(head[0].words) else None
    source = published = None
    for line in head:
        credit = read_credit(line.words, at_head=True)
        label = re.match(r"(?i)source:\s*([^.]{2,60})$", line.words)
        if credit:
            source, published = source or credit[0], published or credit[1]
        elif label:
            source = source or label[1].strip()
        elif not published and len(line.words) <= 60 and LONE_DATE.match(line.words):
            published = read_date(line.words)
    return Section(0, title, source, published)


def find_sections(text: str) -> tuple[Section, ...]:
    """The stories of a page that holds several, from the second on; empty for a page of one.

    Each starts at its headline: the line before its credit line, or, where a blank line sets
    headline and subtitle or caption apart, the first of the run of lines that are no sentences.
    """
    lines = lines_of(text)
    sections = []
    for i, line in enumerate(lines):
        credit = read_credit(line.words, at_head=False) if i >= HEAD_LINES else None
        if not credit:
            continue
        first = i
        while first > 0 and i - first < 3 and is_headline(lines[first - 1].words):
            first -= 1
        if first < i - 1 and not re.search(r"\n\s*\n", text[lines[first].start : line.start]):
            first = i - 1
        headline = lines[first] if first < i else None
        sections.append(
            Section(headline.start if headline else line.start, headline.words if headline else None, *credit)
        )
    return tuple(sections)
