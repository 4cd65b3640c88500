"""The days that a person means: a day, a month or a year as people write them, yesterday, last week, 3 days ago."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ground.errors import GroundwireError
from index.understanding.days import MONTH_OF, WEEKDAY

ISO = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
NUMERIC = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
MONTH_AND_YEAR = re.compile(r"([0-9]{1,2})[/.]([0-9]{4})")
IN_WORDS = re.compile(r"(?=.*[^\W\d_]{3})[^\W_]+(?:(?:[ .,]+|['’-])[^\W_]+)*\.?")
ALONE = re.compile(
    rf"{WEEKDAY}|{'|'.join(MONTH_OF)}|today|yesterday|tomorrow|aujourd.hui|hier|avant.hier|demain|heute|gestern|vorgestern"
    "|morgen|hoy|ayer|anteayer|mañana",
    re.IGNORECASE,
)
LANGUAGES = ("en", "fr", "de", "es")  # those of index/understanding/days.py
LONGEST = 40
HOW = "write a day, a month or a year: 2020-01-03, 3 January 2020, January 2020, 2020, yesterday or last week"


class PeriodError(GroundwireError, ValueError):
    """Words that are no day, or could be two; the message says how to write one, without its first words."""


@dataclass(frozen=True)
class Period:
    """All days from `first` to `last`, both included."""

    first: date
    last: date

    def iso(self, edge: str) -> str:
        """In ISO 8601: a whole month or year as such, else its first or its last day (`edge` is "first" or "last").

        >>> month(2024, 4).iso("first"), Period(date(2024, 4, 1), date(2024, 4, 7)).iso("last")
        ('2024-04', '2024-04-07')
        """
        if self == year(self.first.year):
            return self.first.isoformat()[:4]
        if self == month(self.first.year, self.first.month):
            return self.first.isoformat()[:7]
        return (self.first if edge == "first" else self.last).isoformat()


def year(number: int) -> Period:
    """A whole year; ValueError where no calendar has it."""
    return Period(date(number, 1, 1), date(number, 12, 31))


def month(number: int, of_year: int) -> Period:
    """The whole month `of_year` (1 to 12) of the year `number`; ValueError where no calendar has it."""
    first = date(number, of_year, 1)
    last = date(number, 12, 31) if of_year == 12 else date(number, of_year + 1, 1) - timedelta(days=1)
    return Period(first, last)


def read_period(words: str, today: date | None = None) -> Period:
    """What `words` mean on the day `today` (this machine's), of days that can be meant twice the last that was.

    A day in figures has its day first, unless it could be read both ways: that is refused. Raises PeriodError.

    >>> monday = date(2026, 11, 30)
    >>> def read(words): return [day.isoformat() for day in vars(read_period(words, monday)).values()]
    >>> read("yesterday"), read("April 2024"), read("19/04/2024")
    (['2026-11-29', '2026-11-29'], ['2024-04-01', '2024-04-30'], ['2024-04-19', '2024-04-19'])
    >>> read("last week"), read("3. Oktober 2020"), read("2020")
    (['2026-11-23', '2026-11-29'], ['2020-10-03', '2020-10-03'], ['2020-01-01', '2020-12-31'])
    >>> read_period("04/05/2024")
    Traceback (most recent call last):
    index.understanding.periods.PeriodError: that is 4 May or 5 April; write 2024-05-04 or 2024-04-05
    """
    words = words.strip()
    try:
        if found := ISO.fullmatch(words):
            return _of_numbers(*(int(part) if part else None for part in found.groups()))
        if found := MONTH_AND_YEAR.fullmatch(words):
            return month(int(found[2]), int(found[1]))
        if found := NUMERIC.fullmatch(words):
            return _of_figures(int(found[1]), int(found[3]), int(found[4]), dots=found[2] == ".")
        return _of_words(words, today or date.today())
    except PeriodError:
        raise
    except (ValueError, OverflowError):
        raise PeriodError(HOW) from None


def _of_numbers(number: int | None, of_year: int | None, day: int | None) -> Period:
    assert number is not None
    if day:
        return Period(*[date(number, of_year or 0, day)] * 2)
    return year(number) if of_year is None else month(number, of_year)


def _of_figures(one: int, two: int, number: int, *, dots: bool) -> Period:
    """19/04/2024 or 04/19/2024; with dots the day comes first."""
    if two > 12:
        one, two = two, one
    elif one <= 12 and one != two and not dots:
        first, second = date(number, two, one), date(number, one, two)
        raise PeriodError(f"that is {first.day} {first:%B} or {second.day} {second:%B}; write {first} or {second}")
    return Period(*[date(number, two, one)] * 2)


def _of_words(words: str, today: date) -> Period:
    """By dateparser, which reads any letter and any number word as some day: so only what looks like one."""
    if len(words) > LONGEST or not IN_WORDS.fullmatch(words):
        raise ValueError
    if any(letter.isdigit() and not letter.isascii() for letter in words):
        raise ValueError
    if words.isalpha() and not ALONE.fullmatch(words):
        raise ValueError
    from dateparser.date import DateDataParser  # it takes half a second to load

    settings = {
        "PREFER_DATES_FROM": "past",
        "DATE_ORDER": "DMY",
        "RELATIVE_BASE": datetime.combine(today, datetime.min.time()),
    }
    found = DateDataParser(languages=list(LANGUAGES), settings=settings).get_date_data(words)
    if found.date_obj is None:
        raise ValueError
    day = found.date_obj.date()
    if found.period == "year":
        return year(day.year)
    if found.period == "month":
        return month(day.year, day.month)
    if found.period == "quarter":
        begins = (day.month - 1) // 3 * 3 + 1
        return Period(month(day.year, begins).first, month(day.year, begins + 2).last)
    if found.period == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6))
    return Period(day, day)
