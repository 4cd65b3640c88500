"""Where sources give different numbers or dates: each side with its evidence, newest first.

Only questions that have one number or one date for an answer are looked at, and only the words that answer, not all the
numbers around them. Two sources that share a value agree.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ground.words import fold
from index.understanding.days import DATE, MONTH, MONTHS, day_in_words
from qa.read import Evidence, stems
from qa.verify import numbers_in

NUMBER = re.compile(
    r"(?i)\bhow (?:many|much|old|long|far|high|large|big|often)\b|\b(?:what|which) (?:number|share|percentage)\b"
)
DAY = re.compile(r"(?i)^when\b|\b(?:what|which) (?:date|day|month|year)\b")
MONTH_DAY = re.compile(
    rf"(?i)\b(?P<month>{MONTH})\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"|\b(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s(?P<month2>{MONTH})\b"
)
CORRECTS = re.compile(
    r"(?i)\b(?:correct(?:s|ed|ion)|revis(?:es|ed|ion)|retract(?:s|ed|ion)|initially"
    r"|earlier (?:report|version|figure|count|toll)|previously (?:said|reported))\b"
)
HEADED = re.compile(r"(?i)^\W*(?:correction|corrected|clarification|retraction|erratum)\b")
DENIED = re.compile(r"(?i)\b(?:not|instead of|rather than)\s+(?:the\s+|as many as\s+)?[\w,.]*\w")
COUNT = re.compile(r"(?i)\bhow (?:many|much|old)\b|\b(?:what|which) (?:number|share|percentage)\b")
OTHER = re.compile(r"(?i)^\W*who\b|^\W*when\b.*,\s*(?:who|what|where|which|why|how)\b")
TIME = re.compile(
    rf"(?i)\d|\b(?:{MONTH}|\w+day|\w*night|weekends?|noon|morning|afternoon|evening|dawn|dusk|tomorrow|hours?|minutes?"
    r"|days?|weeks?|months?|years?|decades?|century|spring|summer|autumn|fall|winter|christmas|easter|ramadan|now|once"
    r"|after|before|during|when|while|since|until|later|earlier|ago|last|next|within|immediately|never|recently|soon"
    r"|shortly)\b"
)
DATED = re.compile(rf"\d|\b(?:(?:{MONTH})|\w+day|\w*night|weekend|ago|(?:last|next) (?:week|month|year))\b")
NONE = frozenset("no none nobody nothing neither zero not nil".split())
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY = re.compile(
    r"(?<!every )(?<!each )(?<!Black )(?<!Good )(?<!Ash )(?<!Palm )(?<!Easter )(?<!Bloody )(?<!Cyber )(?<!Super )"
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b(?![’']s\b)(?! Times| Telegraph| Mirror| Post| Express)"
)
COMING = re.compile(
    r"(?i)\b(?:will|would|shall|due|next|to be|is to|are to|plans?|planned|expect(?:s|ed)?|scheduled|until|coming"
    r"|ahead|deadline|a week|last week|weeks?)\b"
)


@dataclass(frozen=True)
class Account:
    """What one side says, in the words of its newest source, and its evidence, newest first."""

    words: str
    evidence: tuple[Evidence, ...]

    @property
    def published(self) -> str:
        return self.evidence[0].hit.section.published or ""

    @property
    def in_force(self) -> bool:
        """Whether any of it is said by a text that no later version supersedes."""
        return any(not item.hit.superseded for item in self.evidence)


def asks_for_value(question: str) -> bool:
    """Whether a question asks for one number or one day.

    >>> asks_for_value("How many died?"), asks_for_value("When was it?"), asks_for_value("Who died?")
    (True, True, False)
    >>> asks_for_value("When it was hit, who died?"), asks_for_value("Who said how many died?")
    (False, False)
    """
    return not OTHER.search(question) and bool(DAY.search(question) or NUMBER.search(question))


def gives_value(question: str, item: Evidence) -> bool:
    """Whether the words that answer can be a number or a day: bare names are neither.

    Where no words were copied, their sentence must hold a value: a number, a time, or that there was none.
    """
    if not asks_for_value(question):
        return True
    words = item.items or (item.quote,)
    if any(_is_value(question, part) for part in words):
        return True
    return bool(item.items) and not all(_is_name(part) for part in item.items)


def values_first(question: str, sentences: Sequence[Evidence], among: int) -> list[Evidence]:
    """The sentences in their order; for a question of number or day, of the first `among` those first that hold one."""
    if not asks_for_value(question):
        return list(sentences)
    nearest = sentences[:among]
    if DAY.search(question):
        ordered = sorted(nearest, key=lambda item: not DATED.search(item.quote))
    else:
        ordered = sorted(nearest, key=lambda item: not _is_value(question, item.quote))
    return [*ordered, *sentences[among:]]


def _is_value(question: str, words: str) -> bool:
    if DAY.search(question):
        return bool(TIME.search(words))
    return not COUNT.search(question) or bool(numbers_in(words) or NONE & set(fold(words).split()))


def _is_name(words: str) -> bool:
    return all(word[0].isupper() for word in re.findall(r"[^\W\d_]\S*", words))


def find_sides(question: str, evidence: Sequence[Evidence]) -> list[Account]:
    """The sides of a question of number or date, newest first; none where the sources agree or only one speaks.

    `evidence` comes likeliest first: the likeliest sentence of a source speaks for it, and of several values in it the
    one that most other sources have, else the first.
    """
    read = None
    if asks_for_value(question):
        read = read_days if DAY.search(question) else read_numbers
    reports: dict[tuple[str, str, bool], list[tuple[Evidence, dict[str, str]]]] = {}
    for item in evidence if read else ():
        assert read is not None
        if values := read(item):
            reports.setdefault(_source(item), []).append((item, values))
    first = independent([rows[0][0] for rows in reports.values()])
    shared = Counter(value for rows in reports.values() if rows[0][0] in first for value in rows[0][1])
    sides: dict[str, list[tuple[Evidence, str]]] = {}
    for rows in reports.values():
        value = max(rows[0][1], key=lambda value: shared[value])
        sides.setdefault(value, []).extend((item, values[value]) for item, values in rows if value in values)
    made = []
    for told in sides.values():
        told.sort(key=lambda row: (not row[0].hit.superseded, row[0].hit.section.published or ""), reverse=True)
        made.append(Account(told[0][1], tuple(item for item, _ in told)))
    made.sort(key=lambda side: (side.in_force, side.published), reverse=True)
    return made if len(made) > 1 else []


def independent(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence without what copies and other versions of one text repeat: the first of each group speaks for it."""
    groups: set[str] = set()
    kept = []
    for item in evidence:
        if item.hit.group not in groups:
            kept.append(item)
        if item.hit.group is not None:
            groups.add(item.hit.group)
    return kept


def is_superseded(newest: Account, others: Sequence[Account]) -> bool:
    """Whether all that the others rest on are versions that the newest account's text has superseded."""
    groups = {item.hit.group for item in newest.evidence if item.hit.group and not item.hit.superseded}
    return all(item.hit.superseded and item.hit.group in groups for other in others for item in other.evidence)


def is_correction(newest: Account, others: Sequence[Account]) -> bool:
    """Whether the newest account says that it corrects, and is newer than the others."""
    newer = all(newest.published > other.published for other in others)
    return newer and any(corrects(item) for item in newest.evidence)


def corrects(item: Evidence) -> bool:
    """Whether a sentence, or the headline it stands under, says that something is corrected."""
    return bool(CORRECTS.search(item.quote) or HEADED.match(item.hit.section.title or ""))


def may_correct(question: str, item: Evidence) -> bool:
    """Whether a sentence corrects, and with its headline holds at least half of the question's words."""
    if not corrects(item):
        return False
    asked = stems(question)
    return len(asked & stems(f"{item.hit.section.title or ''} {item.quote}")) >= len(asked) / 2


def read_numbers(item: Evidence) -> dict[str, str]:
    """The numbers of the words that answer and those words; dates and what only stands in a date are left out.

    So is a number that the sentence denies: "fourteen, not 17".
    """
    undated = numbers_in(DENIED.sub(" ", _without_days(item.quote)))
    return {
        number: words
        for words in item.items
        for number in sorted(numbers_in(_without_days(words)))
        if number in undated
    }


def read_days(item: Evidence) -> dict[str, str]:
    """The days of the words that answer, as month-day, and those words.

    A weekday is the last one on or before its article's date, and counts where no words give the date itself.
    """
    found = {}
    for words in item.items:
        for match in MONTH_DAY.finditer(words):
            month = MONTHS.index((match["month"] or match["month2"])[:3].lower()) + 1
            found[f"{month:02}-{int(match['day'] or match['day2']):02}"] = words
        for match in re.finditer(r"\d{4}-(\d{2}-\d{2})", words):
            found[match[1]] = words
    if not found:
        for words in item.items:
            days = (_weekday(name, item) for name in WEEKDAYS if name in words.lower())
            found |= {day: words for day in days if day}
    return found


def _without_days(words: str) -> str:
    return MONTH_DAY.sub(" ", DATE.sub(" ", words))


def _weekday(name: str, item: Evidence) -> str | None:
    day = last_weekday(name, item.hit.section.published)
    return day.isoformat()[5:] if day else None


def last_weekday(name: str, published: str | None) -> date | None:
    """The last such day on or before the day of publication, an ISO 8601 date; None where there is none.

    >>> last_weekday("friday", "2021-01-03")
    datetime.date(2021, 1, 1)
    """
    if not published:
        return None
    written = date.fromisoformat(published[:10])
    return written - timedelta(days=(written.weekday() - WEEKDAYS.index(name)) % 7)


def weekday_told(words: str, item: Evidence) -> str:
    """Which day a weekday of a sentence was, as "Friday was 1 January"; else the empty string.

    Told where the sentence names one weekday that is past and no date, and its story gives that weekday no other date.
    """
    named = {found.group().lower() for found in WEEKDAY.finditer(words)}
    if len(named) != 1 or COMING.search(words) or MONTH_DAY.search(words) or DATE.search(words):
        return ""
    name = named.pop()
    day = last_weekday(name, item.hit.section.published)
    if not day:
        return ""
    text = item.hit.article.text
    dates = (MONTH_DAY.match(text, place.end()) for place in re.finditer(rf"(?i)\b{name}\b[\s,(]*(?:the\s)?", text))
    dated = [int(found["day"] or found["day2"]) for found in dates if found]
    if dated and day.day not in dated:
        return ""
    return f"{name.capitalize()} was {day_in_words(day.isoformat()).rpartition(' ')[0]}"


def _source(item: Evidence) -> tuple[str, str, bool]:
    """Who speaks, and when: an outlet may say otherwise on another day, and in a later version on the same."""
    section = item.hit.section
    who = (section.source or f"{item.hit.article.id}:{section.start}").casefold()
    return who, section.published or "", item.hit.superseded
