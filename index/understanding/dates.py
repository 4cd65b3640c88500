"""The one reading of a date that a file writes in a field for it, whichever format the file has.

Digits alone are a date here, for the field says that they are; nowhere else does anything read them as one.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from index.understanding.days import read_date

FIRST_YEAR = 1605  # Relation, the first newspaper; what says to be older is a template that nobody filled in
AHEAD = timedelta(days=2)  # a story of tomorrow's paper, in the last time zone
LAST_YEAR = 2100
NUMERIC = re.compile(r"(\d{1,2})([./])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?=$|[ ,T])")
SHORT = re.compile(r"(?i)^(?:[a-z]{3,9}\.?,?\s+)?(\d{1,2})[ -]([a-z]{3,9})\.?[ -]'?(\d{2})$")
MAIL_SHORT = re.compile(r"(?i)^(?:[a-z]{3},\s+)?\d{1,2} [a-z]{3} \d{2} ")
CLOCK = re.compile(r"(?i)\b(1[0-2]|0?[1-9])(:\d\d(?::\d\d)?)\s*([ap])\.?m\b\.?")
EPOCH = re.compile(r"(\d{9,10}|\d{13}|\d{16})(?:\.\d+)?")
PACKED = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
# Those that RFC 822 names, and those of other newsrooms that mean one thing; the others are left out.
HOURS = {
    **{"GMT": 0, "UTC": 0, "UT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3},
    **{"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
    **{"JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13},
}
ZONE = re.compile(r"(?<=\d)\s*\(?\b([A-Z]{2,4})\)?$")


@dataclass(frozen=True)
class Dated:
    """A date in ISO 8601; `doubt` says why it is not sure, where it is not."""

    iso: str
    doubt: str | None = None


def read_field(words: str, today: date | None = None) -> Dated | None:
    """The date that a field for one holds, None where it is none or no calendar and no newspaper has it.

    A day that has not come `today` is doubted; so is one that was told from bare seconds or a year of two digits.

    >>> now = date(2024, 5, 1)
    >>> read_field("20200104T101500Z", now).iso, read_field("Sat, 04 Jan 2020 10:15:00 +0100", now).iso
    ('2020-01-04T10:15:00+00:00', '2020-01-04T10:15:00+01:00')
    >>> read_field("1610123100", now)
    Dated(iso='2021-01-08T16:25:00+00:00', doubt='seconds since 1970')
    >>> read_field("1610123100000", now).iso, read_field("20210108", now).iso, read_field("1610-12-31", now).iso
    ('2021-01-08T16:25:00+00:00', '2021-01-08', '1610-12-31')
    >>> read_field("8 Jan 21", now), read_field("2025-01-01", now).doubt, read_field("1604-12-31", now)
    (Dated(iso='2021-01-08', doubt='a year of two digits'), 'a day that has not come', None)
    >>> read_field("31/12/1999", now).iso, read_field("12/31/1999", now).iso, read_field("1/4/2020", now)
    ('1999-12-31', '1999-12-31', None)
    >>> read_field("2020-01-04 10:15 CET", now).iso
    '2020-01-04T10:15:00+01:00'
    """
    today = today or datetime.now(UTC).date()
    words = words.strip()
    if not any(letter.isdigit() for letter in words):
        return None
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", words) and "." not in words[:9]:
        found = _digits(words, today)
    else:
        found = _short(words, today) or _written(words, today)
    if found is None or not FIRST_YEAR <= int(found.iso[:4]) <= LAST_YEAR:
        return None
    ahead = date.fromisoformat(found.iso[:10]) > today + AHEAD
    return Dated(found.iso, "a day that has not come") if ahead else found


def _digits(words: str, today: date) -> Dated | None:
    """Digits alone: a day and a time without marks between them, or seconds, or thousandths and less, since 1970."""
    if words.isdecimal() and (form := PACKED.get(len(words))):
        try:
            found = datetime.strptime(words, form)
        except ValueError:
            return None
        return Dated(found.date().isoformat() if len(words) == 8 else found.isoformat())
    if not EPOCH.fullmatch(words):
        return None
    whole = words.partition(".")[0]
    seconds = int(whole) // {13: 1_000, 16: 1_000_000}.get(len(whole), 1)
    moment = datetime.fromtimestamp(seconds, UTC)
    # Ten digits can be an hour of a day too, such as 2021010812; as seconds those are in the future.
    return Dated(moment.isoformat(), "seconds since 1970") if moment.date() <= today + AHEAD else None


def _short(words: str, today: date) -> Dated | None:
    """A day whose year has two digits and whose month has a name: this century's, or the last's where that is ahead."""
    short = SHORT.match(words)
    full = short and read_date(f"{short[1]} {short[2].title()} {_year(short[3], today)}")
    return Dated(full, "a year of two digits") if full else None


def _year(digits: str, today: date) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + 2000 if year + 2000 <= today.year else year + 1900


def _written(words: str, today: date) -> Dated | None:
    doubt = None
    if numeric := NUMERIC.match(words):
        first, second = int(numeric[1]), int(numeric[3])
        if numeric[2] == "." or first > 12:  # with dots the day comes first; with strokes only a 13th tells
            day, month = first, second
        elif second > 12:
            month, day = first, second
        else:
            return None
        doubt = "a year of two digits" if len(numeric[4]) == 2 else None
        words = f"{_year(numeric[4], today):04}-{month:02}-{day:02}{words[numeric.end() :].replace(',', '')}"
    words = re.sub(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", lambda d: f"{d[1]}-{int(d[2]):02}-{int(d[3]):02}", words)
    if MAIL_SHORT.match(words):
        doubt = "a year of two digits"
    if (zone := ZONE.search(words)) and zone[1] in HOURS:
        hours = HOURS[zone[1]]
        words = f"{words[: zone.start()]} {'-' if hours < 0 else '+'}{abs(hours):02}00"
    words = CLOCK.sub(_of_24, words)
    try:
        return Dated(date.fromisoformat(words).isoformat(), doubt)
    except ValueError:
        pass
    try:
        return Dated(_moment(words).isoformat(timespec="seconds"), doubt)
    except (ValueError, TypeError, IndexError, OverflowError):
        found = read_date(words)
        return Dated(found, doubt) if found else None


def _of_24(clock: re.Match[str]) -> str:
    hour = int(clock[1]) % 12 + (12 if clock[3].lower() == "p" else 0)
    return f"{hour:02}{clock[2]}"


def _moment(words: str) -> datetime:
    try:
        return datetime.fromisoformat(re.sub(r"(?<=\d) (?=[+-]\d\d:?\d\d$)", "", words))
    except ValueError:
        return parsedate_to_datetime(words)
