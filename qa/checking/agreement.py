"""Whether a quote says what a statement says, by words and values: numbers and days as values, names, the wording.

English, and no model. Which quotes are compared, and what follows from it, is decided in `check`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ground.words import fold
from index.understanding.days import find_days
from qa.checking.wording import PERSON, WORD, content, parts_in_wording, speaker_of, undated
from qa.evidence import names_in, stems
from qa.prove import spell_out
from qa.sides import DENIED
from qa.values import (
    MEASURES,
    WEEKDAY,
    WEEKDAYS,
    Day,
    Quantity,
    agree,
    comparable,
    days_agree,
    read_days,
    read_quantities,
)

Kind = Literal["number", "day", "name", "speaker", "denial", "doubt"]

BEFORE = 0.7  # what a word counts that stands not in the quote, but in the sentences before it or the headline
PREFIX = 6  # characters by which two forms of a name are one: Russia, Russian
# A name with what it is the name of: the Lohe valley bridge
THING = re.compile(
    r"\b[Tt]he ([A-Z][^\W\d_]+)((?: (?!(?:is|are|was|were|has|had|have|will|[a-z]+ed)\b)[a-z]{2,}){1,2})\b"
)
TITLES = frozenset("mr mrs ms dr coun mayor".split())
ORDINALS = frozenset("first second third fourth fifth sixth seventh eighth ninth tenth last".split())
OF_A_DAY = re.compile(r"\b((?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[’']s\b")  # "Monday's fire"
MEASURED = {*MEASURES, "year old", "degree"}  # units: what is told in them is no count


@dataclass(frozen=True)
class Compared:
    """`held` is the share (0 to 1) of a statement's words that the quote holds, those before it counting BEFORE.

    `plain` is the same of words that are no names, `here` the share of these that the quote holds itself. `missing` are
    its numbers, days and names that neither holds; `against` says in what the two part.
    """

    held: float
    here: float
    plain: float
    missing: frozenset[str]
    against: frozenset[Kind]


@dataclass(frozen=True)
class Quoted:
    """A quote, the headline with outlet and day and some sentences before it, all of its story, and its ISO day.

    `led` is all of the story that stands before the quote.
    """

    quote: str
    before: str
    led: str
    story: str
    published: str | None


def compare(statement: str, quoted: Quoted) -> Compared:
    """Holds a statement against one quote."""
    statement, quote, before = spell_out(statement), spell_out(quoted.quote), spell_out(quoted.before)
    missing: set[str] = set()
    against: set[Kind] = set()
    found: tuple[tuple[Kind, tuple[set[str], bool]], ...] = (
        ("number", _numbers(statement, quote, before)),
        ("day", _days(statement, quote, before, quoted.published)),
        ("name", _names(statement, quoted)),
    )
    for kind, (lost, parts) in found:
        missing |= lost
        if parts:
            against.add(kind)
    against |= parts_in_wording(statement, quote, f"{quoted.before} {quoted.led}")
    own = content(statement)
    names = stems(" ".join(names_in(undated(statement))))
    here, there = stems(quote), stems(before)
    return Compared(
        _share(own, here, there),
        _share(own - names or own, here, set()),
        _share(own - names or own, here, there),
        frozenset(missing),
        frozenset(against),
    )


def _share(own: set[str], here: set[str], there: set[str]) -> float:
    return sum(1.0 if word in here else BEFORE if word in there else 0.0 for word in own) / max(1, len(own))


# Numbers


def _numbers(statement: str, quote: str, before: str) -> tuple[set[str], bool]:
    """The numbers of a statement that are not held, and whether the quote has others in their place."""
    ours, theirs, around = read_quantities(statement), read_quantities(quote), read_quantities(before)
    denied, denied_there = _denied(statement), _denied(quote)
    missing, parts = set(), False
    for number in ours:
        said = [other for other in theirs if agree(number, other)]
        if _within(number, denied):
            parts = parts or any(not _within(other, denied_there) for other in said)
            continue
        if any(not _within(other, denied_there) for other in said):
            continue
        rivals = [other for other in theirs if _rivals(number, other)]
        if said or (rivals and not any(agree(other, mine) for other in rivals for mine in ours)):
            parts = True
            missing.add(number.words)
        elif not any(agree(number, other) for other in around):
            missing.add(number.words)
    loose = _loose_digits(statement, ours) - _digits(f"{quote} {before}")
    ordinals = (ORDINALS & set(fold(statement).split())) - set(fold(f"{quote} {before}").split())
    rival_ordinals = (ORDINALS & set(fold(quote).split())) - set(fold(statement).split())
    parts = parts or bool(ordinals and rival_ordinals)
    return missing | loose | (ordinals if rival_ordinals else set()), parts


def _denied(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in DENIED.finditer(text)]


def _within(number: Quantity, spans: Iterable[tuple[int, int]]) -> bool:
    return any(a <= number.start < b for a, b in spans)


def _rivals(a: Quantity, b: Quantity) -> bool:
    """Whether two numbers that differ answer one question: of one unit, or one of them told without."""
    if not comparable(a, b):
        return False
    return a.unit == b.unit or not {a.unit, b.unit} & MEASURED


def _loose_digits(text: str, read: Sequence[Quantity]) -> set[str]:
    """Digits of a text that are neither in a quantity nor in a date: times of day, sections, models."""
    spans = [(one.start, one.end) for one in read] + [(day.start, day.end) for day in find_days(text)]
    found = re.finditer(r"\d+(?:[.:,]\d+)*", text)
    return {
        one[0].replace(":", ".")
        for one in found
        if not any(a <= one.start() < b for a, b in spans) and not re.fullmatch(r"(?:1[5-9]|20)\d\d", one[0])
    }


def _digits(text: str) -> set[str]:
    return {one.replace(":", ".") for one in re.findall(r"\d+(?:[.:,]\d+)*", text)}


# Days


def _days(statement: str, quote: str, before: str, published: str | None) -> tuple[set[str], bool]:
    """The days of a statement that are not held, and whether the quote has others."""
    quote, before = OF_A_DAY.sub(r"\1", quote), OF_A_DAY.sub(r"\1", before)
    ours = read_days(statement, None)
    theirs, around = read_days(quote, published), read_days(before, published)
    story = read_days(published[:10], None) if published else []
    missing, parts = set(), False
    for day in ours:
        if any(_tells(day, other) and days_agree(day, other) for other in theirs):
            continue
        if any(_alike(day, other) for other in theirs):
            parts = True
        elif any(_tells(day, other) and days_agree(day, other) for other in [*around, *story]):
            continue
        missing.add(_told(day))
    if not ours:
        named = {found["name"].lower() for found in WEEKDAY.finditer(statement)}
        there = {found["name"].lower() for found in WEEKDAY.finditer(quote)} | _weekdays(theirs)
        near = {found["name"].lower() for found in WEEKDAY.finditer(before)} | _weekdays([*around, *story])
        lost = named - there
        parts = parts or bool(lost and there)
        missing |= lost if there else lost - near
    return missing, parts


def _tells(day: Day, other: Day) -> bool:
    """Whether the other day tells something that this one tells."""
    pairs = ((day.year, other.year), (day.month, other.month), (day.day, other.day))
    return any(one is not None and two is not None for one, two in pairs)


def _alike(day: Day, other: Day) -> bool:
    """Whether two days that differ are told as finely as each other, so that one stands in the other's place."""
    return (day.day is None) == (other.day is None) and (day.month is None) == (other.month is None)


def _weekdays(days: Iterable[Day]) -> set[str]:
    full = [(day.year, day.month, day.day) for day in days if day.year and day.month and day.day]
    return {WEEKDAYS[date(y, m, d).weekday()] for y, m, d in full if y and m and d}


def _told(day: Day) -> str:
    return "-".join(f"{part:02}" for part in (day.year, day.month, day.day) if part is not None)


# Names


def _names(statement: str, quoted: Quoted) -> tuple[set[str], bool]:
    """The names of a statement that are not held, and whether the quote has others in their place.

    A name that only the story before holds is taken for what the quote calls "he" or "the company"; one that only the
    rest of the story holds as well, where it neither speaks nor acts and the quote has no other name.
    """
    plain, quote = undated(statement), undated(quoted.quote)
    here, led, story = (
        {word[:PREFIX] for word in fold(text).split()}
        for text in (quote, f"{quoted.before} {quoted.led}", quoted.story)
    )
    own = {word[:PREFIX] for word in fold(plain).split()}
    rivals = {name for name in names_in(quote) if name[:PREFIX] not in own}
    acting = set(fold(f"{speaker_of(plain)} {' '.join(re.findall(WORD, plain)[:4])}").split())
    things = {fold(found[1]) for found in THING.finditer(plain) if stems(found[2]) & stems(quote)}
    away = {name for name in names_in(plain) if name[:PREFIX] not in here | led}
    away -= {name for name in away if name in things and name[:PREFIX] in story}
    missing = {name for name in away if name in acting or rivals or name[:PREFIX] not in story}
    return missing, bool(missing and rivals) or _namesake(plain, quote)


def _namesake(statement: str, quote: str) -> bool:
    """Whether the quote names another person of one surname: Levan Roe where it says Nika Roe."""
    ours, theirs = fold(statement).split(), fold(quote).split()
    pairs = {fold(last): fold(first) for first, last in re.findall(PERSON, statement)}
    others = [(fold(first), fold(last)) for first, last in re.findall(PERSON, quote)]
    return any(
        last in pairs and pairs[last] not in theirs and first not in ours and first not in TITLES
        for first, last in others
    )
