"""Days as news pages write them, in English, French, German and Spanish, and the year of one written without."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?"
    r"|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
NAMES = (
    "january jan janvier janv januar jänner enero ene",
    "february feb février fevrier févr fév februar febrero",
    "march mar mars märz mär mrz marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juin juni junio",
    "july jul juillet juil juli julio",
    "august aug août aout agosto ago",
    "september sept sep septembre septiembre",
    "october oct octobre oktober okt octubre",
    "november nov novembre noviembre",
    "december dec décembre déc dezember dez diciembre dic",
)
MONTH_OF = {name: number for number, names in enumerate(NAMES, 1) for name in names.split()}
_NAME = "|".join(sorted(MONTH_OF, key=len, reverse=True))
WEEKDAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?\.?|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag"
    r"|lunes|martes|miércoles|jueves|viernes|sábado|domingo)"
)
TIME = r"\d{1,2}(?:[:.h]\d{2}(?::\d{2})?)\s*(?:[ap]\.?m\.?|uhr)?(?:\s*(?:gmt|utc|bst|cet|cest|[ecmp][sd]?t)\b)?"
DAY = re.compile(
    rf"(?<![\w/.-])(?:{WEEKDAY},?\s+(?:den\s+|dem\s+|le\s+)?)?(?:"
    r"(?P<iso>\d{4}-\d{2}-\d{2})(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"
    rf"|(?P<month>{_NAME})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|[:.]\d)(?:,?\s+(?P<year>\d{{4}})(?!\d))?"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?(?P<month2>{_NAME})\b\.?"
    r"(?:,?\s+(?:del?\s+)?(?P<year2>\d{4})(?!\d))?"
    r"|(?P<day3>\d{1,2})\.(?P<month3>\d{1,2})\.(?P<year3>\d{4})(?!\d)"
    rf")(?:\s+{WEEKDAY}(?!\w))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Day:
    """A day written at `start:end` of some words; `year` is None where it is not written."""

    start: int
    end: int
    year: int | None
    month: int
    day: int

    def iso(self, near: str | None = None) -> str | None:
        """The day as ISO 8601; without a year the one that brings it nearest to the ISO day `near`, else None.

        >>> Day(0, 6, None, 12, 31).iso("2020-01-02"), Day(0, 6, None, 12, 31).iso()
        ('2019-12-31', None)
        """
        if self.year is not None:
            return date(self.year, self.month, self.day).isoformat()
        if near is None:
            return None
        other = date.fromisoformat(near[:10])
        years = [year for year in range(other.year - 1, other.year + 2) if _there_is(year, self.month, self.day)]
        days = [date(year, self.month, self.day) for year in years]
        return min(days, key=lambda day: (abs(day - other), day)).isoformat() if days else None


def find_days(words: str) -> list[Day]:
    """The days written in `words`, in order; one that no calendar has is none.

    >>> [day.iso() for day in find_days("le 1er avril 2021, Montag, 3. Oktober 2020 und 5 de mayo de 2021")]
    ['2021-04-01', '2020-10-03', '2021-05-05']
    >>> find_days("February 30, 2020")
    []
    """
    days = []
    for found in DAY.finditer(words):
        if found["iso"]:
            year, month, day = map(int, found["iso"].split("-"))
        else:
            name = found["month"] or found["month2"]
            month = MONTH_OF[name.lower()] if name else int(found["month3"])
            day = int(found["day"] or found["day2"] or found["day3"])
            written = found["year"] or found["year2"] or found["year3"]
            if not written:
                if _there_is(2000, month, day):
                    days.append(Day(found.start(), found.end(), None, month, day))
                continue
            year = int(written)
        if _there_is(year, month, day):
            days.append(Day(found.start(), found.end(), year, month, day))
    return days


def _there_is(year: int, month: int, day: int) -> bool:
    return 1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def read_date(words: str) -> str | None:
    """The first day in `words` that is written with its year, as ISO 8601.

    >>> read_date("RT | January 3, 2020"), read_date("5 Dec. 2019"), read_date("Friday"), read_date("February 30, 2020")
    ('2020-01-03', '2019-12-05', None, None)
    """
    return next((day.iso() for day in find_days(words) if day.year is not None), None)
