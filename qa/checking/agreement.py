"""Whether a quote says what a statement says, by words and values: numbers and days as values, names, the wording.

English, and no model. Which quotes are compared, and what follows from it, is decided in `check`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ground.words import fold
from index.understanding.days import find_days
from qa.checking.differences import Difference, Kind, Span, place
from qa.checking.wording import PERSON, WORD, content, differ_in_wording, speaker_of, undated
from qa.evidence import names_in, stems
from qa.prove import place_unspelled, spell_out
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
    days_told,
    read_days,
    read_quantities,
)

BEFORE = 0.7  # what a word counts that stands not in the quote, but in the sentences before it or the headline
PREFIX = 6  # characters by which two forms of a name are one: Russia, Russian
# A name with what it is the name of: the Lohe valley bridge
THING = re.compile(
    r"\b[Tt]he ([A-Z][^\W\d_]+)((?: (?!(?:is|are|was|were|has|had|have|will|[a-z]+ed)\b)[a-z]{2,}){1,2})\b"
)
TITLES = frozenset("mr mrs ms dr coun mayor".split())
ORDINALS = frozenset("first second third fourth fifth sixth seventh eighth ninth tenth last".split())
AROUND = 30  # characters on each side of a number or a day that say which of the quote's stands in its place
MOST_NAMES = 3  # names of a quote that are told in the place of one
OF_A_DAY = re.compile(r"\b((?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[’']s\b")  # "Monday's fire"
MEASURED = {*MEASURES, "year old", "degree"}  # units: what is told in them is no count


@dataclass(frozen=True)
class Compared:
    """`held` is the share (0 to 1) of a statement's words that the quote holds, those before it counting BEFORE.

    `plain` is the same of words that are no names, `here` the share of these that the quote holds itself, and `besides`
    as `held` of the words besides the numbers and days that the quote has otherwise. `missing` are the numbers, days
    and names that neither the quote nor what stands before it holds.
    """

    held: float
    here: float
    plain: float
    besides: float
    missing: frozenset[str]
    differences: tuple[Difference, ...]

    @property
    def against(self) -> frozenset[Kind]:
        """In what the two part."""
        return frozenset(one.kind for one in self.differences if one.parts)


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


Found = tuple[list[Difference], set[str]]  # with what is missing


def compare(statement: str, quoted: Quoted) -> Compared:
    """Holds a statement against one quote."""
    told, quote, before = spell_out(statement), spell_out(quoted.quote), spell_out(quoted.before)
    differences: list[Difference] = []
    missing: set[str] = set()
    for found, lost in (
        _numbers(told, quote, before),
        _days(told, quote, before, quoted.published),
        _names(told, replace(quoted, quote=quote)),
        (differ_in_wording(told, quote, f"{quoted.before} {quoted.led}"), set()),
    ):
        differences += found
        missing |= lost
    own = content(told)
    names = stems(" ".join(names_in(undated(told))))
    here, there = stems(quote), stems(before)
    values = " ".join(one.draft for one in differences if one.kind in ("number", "day") and one.quote)
    return Compared(
        _share(own, here, there),
        _share(own - names or own, here, set()),
        _share(own - names or own, here, there),
        _share(own - (stems(values) - here), here, there),
        frozenset(missing),
        tuple(_unspelled(one, statement, quoted.quote) for one in differences),
    )


def _unspelled(one: Difference, statement: str, quote: str) -> Difference:
    """The difference with its places in the two texts as they are, contractions and all."""
    ours, theirs = (
        span and (place_unspelled(text, span[0]), place_unspelled(text, span[1]))
        for span, text in ((one.draft_at, statement), (one.quote_at, quote))
    )
    return replace(one, draft_at=ours, quote_at=theirs)


def _between(kind: Kind, ours: Span, statement: str, theirs: Span | None, quote: str, day: str = "") -> Difference:
    """A difference of the words at two places, without the full stop or comma that one ends in."""
    words = statement[slice(*ours)].rstrip(".,")
    its = quote[slice(*theirs)].rstrip(".,") if theirs else ""
    there = (theirs[0], theirs[0] + len(its)) if theirs else None
    return Difference(kind, words, its, (ours[0], ours[0] + len(words)), there, day)


def _alike_around(ours: Span, statement: str, theirs: Span, quote: str) -> int:
    """How many words around two places are the same."""
    return len(_around(ours, statement) & _around(theirs, quote))


def _around(span: Span, text: str) -> set[str]:
    return stems(f"{text[max(0, span[0] - AROUND) : span[0]]} {text[span[1] : span[1] + AROUND]}")


def _share(own: set[str], here: set[str], there: set[str]) -> float:
    return (len(own & here) + BEFORE * len((own & there) - here)) / max(1, len(own))


# Numbers


def _numbers(statement: str, quote: str, before: str) -> Found:
    """The numbers of a statement that the quote has otherwise or lacks, and those that are not held."""
    ours, theirs, around = read_quantities(statement), read_quantities(quote), read_quantities(before)
    denied, denied_there = _denied(statement), _denied(quote)
    plain = [number for number in ours if not _within(number, denied)]
    free = [other for other in theirs if not any(agree(other, mine) for mine in plain)]
    found: list[Difference] = []
    missing: set[str] = set()
    for number in ours:
        said = [other for other in theirs if agree(number, other)]
        plainly = [other for other in said if not _within(other, denied_there)]
        if span := _within(number, denied):
            found += [_between("number", span, statement, _at(other), quote) for other in plainly[:1]]
            continue
        if plainly:
            continue
        rivals = [other for other in free if _rivals(number, other) and not _within(other, denied_there)]
        if said or rivals:
            alike = [
                (_units_alike(number, other), _alike_around(_at(number), statement, _at(other), quote))
                for other in rivals
            ]
            rival = rivals[alike.index(max(alike))] if rivals else None
            there = _at(rival) if rival else _within(said[0], denied_there)
            found.append(_between("number", _at(number), statement, there, quote))
            missing.add(number.words)
        elif not any(agree(number, other) for other in around):
            found.append(_between("number", _at(number), statement, None, quote))
            missing.add(number.words)
    loose = _loose_digits(statement, ours) - _digits(f"{quote} {before}")
    ordinals, theirs_alone = _ordinals(statement, f"{quote} {before}"), _ordinals(quote, statement)
    found += [Difference("number", one, "", place(one, statement)) for one in sorted(loose)]
    if ordinals and theirs_alone:
        rank, its = ordinals[0], theirs_alone[0]
        found.append(Difference("number", rank, its, place(rank, statement), place(its, quote)))
    return found, missing | loose | (set(ordinals) if theirs_alone else set())


def _units_alike(a: Quantity, b: Quantity) -> int:
    """2 for one unit, 1 where one of two has none, else 0."""
    return 2 if a.unit == b.unit else 0 if a.unit and b.unit else 1


def _at(number: Quantity) -> Span:
    return number.start, number.end


def _ordinals(text: str, other: str) -> list[str]:
    """The ordinals of a text that another has not."""
    there = set(fold(other).split())
    return [word for word in fold(text).split() if word in ORDINALS and word not in there]


def _denied(text: str) -> list[Span]:
    return [found.span() for found in DENIED.finditer(text)]


def _within(number: Quantity, spans: Iterable[Span]) -> Span | None:
    return next((span for span in spans if span[0] <= number.start < span[1]), None)


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


def _days(statement: str, quote: str, before: str, published: str | None) -> Found:
    """The days of a statement that the quote has otherwise or lacks, and those that are not held."""
    quote, before = (OF_A_DAY.sub(r"\1  ", text) for text in (quote, before))  # as long as they were
    ours = {day: (start, end) for start, end, day in reversed(days_told(statement, None))}
    theirs, around = days_told(quote, published), read_days(before, published)
    story = read_days(published[:10], None) if published else []
    found: list[Difference] = []
    missing: set[str] = set()
    for day, span in reversed(ours.items()):
        if any(_tells(day, other) and days_agree(day, other) for _, _, other in theirs):
            continue
        rivals = [row for row in theirs if _alike(day, row[2])]
        if not rivals and any(_tells(day, other) and days_agree(day, other) for other in [*around, *story]):
            continue
        alike = [_alike_around(span, statement, row[:2], quote) for row in rivals]
        rival = rivals[alike.index(max(alike))] if rivals else None
        found.append(_day_between(span, statement, rival, quote))
        missing.add(_told(day))
    if not ours:
        return _weekdays_apart(statement, quote, theirs, _named(before) | _weekdays([*around, *story]))
    return found, missing


def _day_between(ours: Span, statement: str, rival: tuple[int, int, Day] | None, quote: str) -> Difference:
    if not rival:
        return _between("day", ours, statement, None, quote)
    start, end, day = rival
    named = day.year is None or re.search(r"\d", quote[start:end])
    return _between("day", ours, statement, (start, end), quote, "" if named else _told(day))


def _weekdays_apart(statement: str, quote: str, theirs: Sequence[tuple[int, int, Day]], near: set[str]) -> Found:
    """As `_days`, of a statement that names days of the week alone; `near` are those that stand before the quote."""
    days = [row for row in theirs if _weekdays([row[2]])]
    there = _named(quote) | _weekdays(day for _, _, day in days)
    lost = _named(statement) - there
    lost = lost if there else lost - near
    named = WEEKDAY.search(quote)
    rival = named.span("name") if named else days[0][:2] if days else None
    found = [
        _between("day", one.span("name"), statement, rival, quote)
        for one in WEEKDAY.finditer(statement)
        if one["name"].lower() in lost
    ]
    return found, lost


def _named(text: str) -> set[str]:
    return {found["name"].lower() for found in WEEKDAY.finditer(text)}


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


def _names(statement: str, quoted: Quoted) -> Found:
    """The names of a statement that the quote has otherwise or lacks, and those that are not held.

    A name that only the story before holds is taken for what the quote calls "he" or "the company"; one that only the
    rest of the story holds as well, where it neither speaks nor acts and the quote has no other name.
    """
    plain, quote = undated(statement), undated(quoted.quote)
    here, led, story = (
        {word[:PREFIX] for word in fold(text).split()}
        for text in (quote, f"{quoted.before} {quoted.led}", quoted.story)
    )
    own = {word[:PREFIX] for word in fold(plain).split()}
    rivals = {name for name in names_in(quote) - TITLES if name[:PREFIX] not in own}
    acting = set(fold(f"{speaker_of(plain)} {' '.join(re.findall(WORD, plain)[:4])}").split())
    things = {fold(found[1]) for found in THING.finditer(plain) if stems(found[2]) & stems(quote)}
    away = {name for name in names_in(plain) if name[:PREFIX] not in here | led}
    away -= {name for name in away if name in things and name[:PREFIX] in story}
    missing = {name for name in away if name in acting or rivals or name[:PREFIX] not in story}
    found = _namesakes(statement, quoted.quote)
    names = " ".join(one.draft for one in found)
    lost = [words for words in _runs(statement, missing) if words not in names]
    its = _runs(quoted.quote, rivals)
    rival = place(its[0], quoted.quote) if len(its) == 1 and len(lost) == 1 else None
    found += [Difference("name", words, ", ".join(its[:MOST_NAMES]), place(words, statement), rival) for words in lost]
    return found, missing


def _runs(text: str, names: set[str]) -> list[str]:
    """The words of a text that are among some names, those that follow each other as one, each once.

    >>> _runs("Ida Roe’s bridge at Lind, said Roe", {"ida", "roe", "lind"})
    ['Ida Roe', 'Lind', 'Roe']
    """
    runs: list[Span] = []
    for found in re.finditer(r"[^\W\d_]+", text):
        if found[0][0].isupper() and fold(found[0]) in names:
            start = runs.pop()[0] if runs and text[runs[-1][1] : found.start()] in (" ", "-", " & ") else found.start()
            runs.append((start, found.end()))
    return list(dict.fromkeys(text[start:end] for start, end in runs))


def _namesakes(statement: str, quote: str) -> list[Difference]:
    """Whom the quote names of the surname of another person in the statement: Levan Roe where it says Nika Roe."""
    ours, theirs = fold(statement).split(), fold(quote).split()
    pairs = {fold(last): (first, last) for first, last in re.findall(PERSON, statement)}
    found = []
    for first, last in re.findall(PERSON, quote):
        own = pairs.get(fold(last))
        if own and fold(own[0]) not in theirs and fold(first) not in ours and fold(first) not in TITLES:
            one, other = " ".join(own), f"{first} {last}"
            found.append(Difference("name", one, other, place(one, statement), place(other, quote)))
    return found
