"""The days that a question names, as people write them in English: where they stand, and which days they are.

Whether they say when articles were published is not asked here.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from ground.language import Words
from index.store.scope import Scope
from index.understanding.days import MONTH, MONTH_OF
from index.understanding.periods import Period, PeriodError, read_period

Length = Literal["recent", "day", "longer"]
NUMBERS = {word: n for n, word in enumerate("two three four five six seven eight nine ten".split(), 2)}
UNIT_DAYS = {"day": 1, "week": 7, "month": 31, "year": 365}
WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
COUNT = rf"(?:\d{{1,3}}|{'|'.join(NUMBERS)})"
NTH = r"\d{1,2}(?:st|nd|rd|th)?(?!\d)"
YEAR = r"(?:19|20)\d\d(?![\d.,]\d)"
GROUPS = ("exact", "count", "named", "word", "weekday", "month", "year")


def _body(n: int) -> str:
    """Days without what stands before them; `n` tells its groups from those of another."""
    return (
        rf"(?P<exact{n}>\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}"
        rf"|(?:{WEEKDAY},?\s+)?(?:the\s+)?{NTH}\s+(?:of\s+)?{MONTH}(?:,?\s+{YEAR})?"
        rf"|(?:{WEEKDAY},?\s+)?{MONTH}\s+{NTH}(?:,?\s+{YEAR})?)"
        rf"|(?P<count{n}>(?:the\s+)?(?:last|past)\s+(?:{COUNT}\s+)?(?:days?|weeks?|months?|years?)"
        rf"|(?:{COUNT}|an?)\s+(?:days?|weeks?|months?|years?)\s+ago|this\s+(?:week|month|year))"
        rf"|(?P<named{n}>(?:last|this)\s+(?:{MONTH}|{WEEKDAY}))"
        rf"|(?P<word{n}>the\s+day\s+before\s+yesterday|today|yesterday)"
        rf"|(?P<weekday{n}>{WEEKDAY})"
        rf"|(?P<month{n}>\d{{4}}-\d{{2}}|{MONTH}(?:,?\s+(?:of\s+)?{YEAR})?)"
        rf"|(?P<year{n}>{YEAR})"
    )


PREPOSITION = r"on|in|during|from|since|after|before|until|till|by|of|over|within|for|throughout"
DAYS = re.compile(
    rf"(?<![\w/.-])(?:(?P<between>between|from)\s+(?:{_body(1)}|(?P<number>{NTH}))\s+(?:and|to|until|till|through)\s+(?:{_body(2)})"
    rf"|(?:(?P<preposition>{PREPOSITION})\s+)?(?:{_body(3)}))(?![\w/-])",
    re.IGNORECASE,
)
# A month alone is a word of other kinds, too: "who may go", "a march".
MONTH_AFTER = frozenset("in during since after before until till of from throughout".split())
RECENT_UNITS = re.compile(r"days?|weeks?|this\s+month|last\s+month", re.IGNORECASE)


@dataclass(frozen=True)
class DaysAsked:
    """`question[start:end]` names days; `preposition` is the word before them, which stands within.

    A `recent` one is some days or weeks back from today, a `day` one day of the calendar.
    """

    start: int
    end: int
    preposition: str
    words: str
    length: Length
    until: str = ""  # of two days, the later

    def scope(self, today: date, *, open_end: bool = False) -> Scope | None:
        """Stories published then, on or after the first day alone where it has an `open_end`; None for no day at all.

        >>> find_days_asked("since Monday")[0].scope(date(2026, 11, 30)).told()
        'since 2026-11-23'
        """
        try:
            first = read_asked(_whole(self.words, self.until) if self.until else self.words, today)
            last = read_asked(self.until, today) if self.until else first
        except PeriodError:
            return None
        if self.preposition in ("before", "until", "till", "by"):
            return Scope(until=(first.iso("first") if self.preposition == "before" else last.iso("last")))
        open_end = open_end or self.preposition in ("since", "after") or last.last >= today
        if first.first > last.last:
            return None
        return Scope(since=first.iso("first"), until=None if open_end else last.iso("last"))


def find_days_asked(question: str) -> list[DaysAsked]:
    """The days in a question, in order.

    >>> [one.words for one in find_days_asked("What was said in March 2024, and on 3 January?")]
    ['March 2024', '3 January']
    """
    found = []
    for one in DAYS.finditer(question):
        if one["between"]:
            words = next(filter(None, (one["number"], *(one[f"{name}1"] for name in GROUPS))))
            until = next(filter(None, (one[f"{name}2"] for name in GROUPS)))
            found.append(DaysAsked(one.start(), one.end(), one["between"].lower(), words, "longer", until))
            continue
        preposition = (one["preposition"] or "").lower()
        kind = next(name for name in GROUPS if one[f"{name}3"])
        words = one[f"{kind}3"]
        if kind == "year" and not preposition:
            continue
        if kind == "month" and words.isalpha() and preposition not in MONTH_AFTER:
            continue
        length: Length = "longer"
        if kind == "exact":
            length = "day"
        elif kind in ("word", "weekday") or re.search(WEEKDAY, words, re.IGNORECASE) or RECENT_UNITS.search(words):
            length = "recent"
        found.append(DaysAsked(one.start(), one.end(), preposition, words, length))
    return found


def read_asked(words: str, today: date) -> Period:
    """As `read_period`, and "last March", "the last 3 days", "past week"; raises PeriodError.

    >>> [read_asked(words, date(2026, 11, 30)).iso("first") for words in ("last March", "last November", "past 3 days")]
    ['2026-03', '2025-11', '2026-11-27']
    """
    words = re.sub(r"^the\s+(?=last|past|\d)", "", " ".join(words.split()), flags=re.IGNORECASE)
    if counted := re.fullmatch(rf"(?:last|past) ({COUNT}) (day|week|month|year)s?", words, re.IGNORECASE):
        number = NUMBERS.get(counted[1].lower()) or int(counted[1])
        return Period(today - timedelta(days=number * UNIT_DAYS[counted[2].lower()]), today)
    if past := re.fullmatch(r"past (day|week|month|year)s?", words, re.IGNORECASE):
        return Period(today - timedelta(days=UNIT_DAYS[past[1].lower()]), today)
    if named := re.fullmatch(r"(last|this) ([A-Za-z]+)\.?", words, re.IGNORECASE):
        number = MONTH_OF.get(named[2].lower(), 0)
        if number:
            year = today.year - (number > today.month or (number == today.month and named[1].lower() == "last"))
            return read_period(f"{year}-{number:02}")
    return read_period(words, today)


def _whole(first: str, until: str) -> str:
    """The first of two days with what only the second says: "3" to "9 January 2020", "March" to "May 2024".

    >>> _whole("3", "9 January 2020"), _whole("March", "May 2024"), _whole("2019", "2021")
    ('3 January 2020', 'March 2024', '2019')
    """
    if re.fullmatch(NTH, first):
        rest = re.sub(rf"^(?:the\s+)?{NTH}\s+", "", until)
        return f"{first} {rest}" if rest != until else f"{first} {until}"
    year = re.search(YEAR, until)
    return f"{first} {year[0]}" if year and not re.search(YEAR, first) else first


def days_told(scope: Scope, say: Words) -> str:
    """The days of a scope as a person says them.

    >>> days_told(Scope(since="2024-03", until="2024-03"), Words()), days_told(Scope(since="2020-01-03"), Words("fr"))
    ('March 2024', 'depuis le 3 janvier 2020')
    """
    since, until = (say.day(day) if day else "" for day in (scope.since, scope.until))
    if since and until:
        return since if since == until else say("from_to", first=since, last=until)
    whole = len(scope.since or scope.until or "") == len("2020-01-03")  # not a month or a year
    if since:
        return say("days_since" if whole else "scope_since", day=since)
    return say("days_until" if whole else "scope_until", day=until)
