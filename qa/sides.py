"""Where sources say different things: each side with its evidence, newest first.

Numbers and days are compared as values (`qa.values`). Other answers are not: the reader, asked whether one sentence
contradicts another source's answer, saw sides where there were none (docs/answers.md).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ground.language import Words
from index.understanding.days import find_days
from qa.evidence import Evidence, stems
from qa.values import (
    COMING,
    WEEKDAY,
    WEEKDAYS,
    Day,
    Quantity,
    agree,
    comparable,
    days_agree,
    is_coming,
    read_days,
    read_quantities,
)

NUMBER = re.compile(
    r"(?i)\bhow (?:many|much|old|long|far|high|large|big|often)\b|\b(?:what|which) (?:number|share|percentage)\b"
)
DAY = re.compile(r"(?i)^when\b|\b(?:what|which) (?:date|day|month|year)\b")
OTHER = re.compile(r"(?i)^\W*who\b|^\W*when\b.*,\s*(?:who|what|where|which|why|how)\b")
CORRECTS = re.compile(
    r"(?i)\b(?:correct(?:s|ed|ion)|revis(?:es|ed|ion)|retract(?:s|ed|ion)|initially"
    r"|earlier (?:report|version|figure|count|toll)|previously (?:said|reported))\b"
)
HEADED = re.compile(r"(?i)^\W*(?:correction|corrected|clarification|retraction|erratum)\b")
DENIED = re.compile(r"(?i)\b(?:not|instead of|rather than)\s+(?:the\s+|as many as\s+)?[\w,.]*\w")
SAME_ORDER = 2.0  # from one number to another: what is more than twice as many is of something else
NEARLY = 1.0  # log-odds between two sentences that answer the same question as well
Value = Quantity | Day


@dataclass(frozen=True)
class Account:
    """What one side says, in the words of its newest source, and its evidence, newest first."""

    words: str
    evidence: tuple[Evidence, ...]

    @property
    def published(self) -> str:
        return _published(self.evidence[0])

    @property
    def in_force(self) -> bool:
        """Whether any of it is said by a text that no later version supersedes."""
        return any(not item.hit.superseded for item in self.evidence)


def asks_for_number(question: str) -> bool:
    """Whether a question asks for one number.

    >>> asks_for_number("How many died?"), asks_for_number("Who said how many died?")
    (True, False)
    """
    return not OTHER.search(question) and not DAY.search(question) and bool(NUMBER.search(question))


def asks_for_day(question: str) -> bool:
    """Whether a question asks for one day.

    >>> asks_for_day("When was it?"), asks_for_day("When it was hit, who died?")
    (True, False)
    """
    return not OTHER.search(question) and bool(DAY.search(question))


def values_of(question: str, item: Evidence) -> list[Value]:
    """As `values_in`, of a sentence and its likeliest words."""
    if not item.spans:
        return []
    first, last = item.spans[0]
    return values_in(question, item.quote, (first - item.start, last - item.start), _published(item))


def values_in(question: str, quote: str, span: tuple[int, int], published: str) -> list[Value]:
    """The numbers or days, whichever is asked for, of the words that answer, `quote[slice(*span)]`; a number that the
    sentence denies is none: "fourteen, not 17". `published` is the day of the story, ISO 8601, or empty.

    >>> [(day.month, day.day) for day in values_in("When was it?", "It was on 3 May.", (7, 15), "")]
    [(5, 3)]
    """
    start, end = span
    if asks_for_day(question):
        return list(read_days(quote[start:end], published) or read_days(quote, published))
    if asks_for_number(question):
        denied = [found.span() for found in DENIED.finditer(quote)]
        return [
            found
            for found in read_quantities(quote)
            if found.start < end and found.end > start and not any(a <= found.start < b for a, b in denied)
        ]
    return []


def gives_value(question: str, item: Evidence) -> bool:
    """Whether the words that answer hold a number where one is asked for. Days are told in too many ways to ask it."""
    how_many = re.search(r"(?i)\bhow (?:many|much|old)\b", question)
    return not (how_many and asks_for_number(question)) or bool(values_of(question, item))


def without_overtaken(question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence without days that were only planned, where a later story tells the day on which it was done.

    "It would reopen on 20 May", and then "It reopened on Friday". A question for what is to come, or was, keeps all.
    """
    if not asks_for_day(question) or COMING.search(question):
        return list(evidence)
    plans = [item for item in evidence if _is_plan(item)]
    done = [item for item in evidence if item not in plans]
    return [
        item
        for item in evidence
        if item not in plans or not any(_overtakes(question, later, _published(item)) for later in done)
    ]


def _is_plan(item: Evidence) -> bool:
    """Whether the words that answer stand in a clause on what is to come."""
    return any(is_coming(item.quote, first - item.start, last - item.start) for first, last in item.spans[:1])


def _overtakes(question: str, item: Evidence, planned: str) -> bool:
    """Whether a story that is newer than a plan tells a day since then, ISO 8601: of no older event."""
    since = [day for day in values_of(question, item) if isinstance(day, Day) and day.year and day.month and day.day]
    return _published(item) > planned > "" and any(
        f"{day.year:04}-{day.month:02}-{day.day:02}" >= planned for day in since
    )


def find_sides(question: str, evidence: Sequence[Evidence]) -> list[Account]:
    """The sides of a question for a number or a day, newest first; none where the sources agree or only one speaks.

    `evidence` comes likeliest first. An outlet speaks by its newest story of those that are as near to the question as
    its likeliest one, in its likeliest sentence, and by a version that a later one supersedes as well; copies of one
    text speak once. A plan is no side of what was done since.
    """
    if not asks_for_number(question) and not asks_for_day(question):
        return []
    spoken: dict[tuple[str, bool], Evidence] = {}
    for item in evidence:
        who = (item.hit.section.source or item.hit.article.id).casefold(), item.hit.superseded
        held = spoken.get(who)
        if not values_of(question, item):
            continue
        if held is None or (_published(item) > _published(held) and _as_near(question, item, held)):
            spoken[who] = item
    told = without_overtaken(question, list(spoken.values()))
    speakers = sorted(told, key=lambda item: (item.hit.superseded, -item.score))
    speakers = [item for item in speakers if corrects(item) or not _of_another_order(question, speakers[0], item)]
    sides: list[list[Evidence]] = []
    for item in speakers:
        home = next((side for side in sides if not _differ(question, side[0], item)), None)
        if home is None:
            sides.append([item])
        else:
            home.append(item)
    made = []
    for side in sides:
        side.sort(key=lambda item: (not item.hit.superseded, _published(item)), reverse=True)
        made.append(Account(side[0].words or side[0].quote, tuple(independent(side))))
    made.sort(key=lambda side: (side.in_force, side.published), reverse=True)
    standing = [side for side in made if side.in_force]
    if len(standing) == 1:  # what is superseded or withdrawn speaks only beside what took its place
        past = [side for side in made if not side.in_force]
        standing += [side for side in past if is_superseded(standing[0], [side]) or is_correction(standing[0], [side])]
    return standing if len(standing) > 1 else []


def _as_near(question: str, item: Evidence, likelier: Evidence) -> bool:
    """Whether a story is as near to the question as a likelier one of its outlet: "repair" is of many things."""
    nearly = item.score >= likelier.score - NEARLY
    return nearly or _asked_in(question, likelier) <= _asked_in(question, item)


def _asked_in(question: str, item: Evidence) -> set[str]:
    """The words of the question that a sentence's story holds, its headline too."""
    article, section = item.hit.article, item.hit.section
    low, high = next((span for span in article.stories() if span[0] <= item.start < span[1]), (item.start, item.end))
    return stems(question) & stems(f"{section.title or ''} {article.text[low:high]}")


def _differ(question: str, one: Evidence, other: Evidence) -> bool:
    """Whether two sources give different numbers or days; what cannot be compared does not differ."""
    first, second = values_of(question, one), values_of(question, other)
    return not any(_same(a, b) for a in first for b in second)


def _of_another_order(question: str, one: Evidence, other: Evidence) -> bool:
    """Whether each number of one sentence is more than SAME_ORDER times each of the other."""
    numbers = [[v for v in values_of(question, item) if isinstance(v, Quantity)] for item in (one, other)]
    pairs = [(a, b) for a in numbers[0] for b in numbers[1] if comparable(a, b)]
    return bool(pairs) and all(a.low > SAME_ORDER * b.high or b.low > SAME_ORDER * a.high for a, b in pairs)


def _same(a: Value, b: Value) -> bool:
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        return agree(a, b) or not comparable(a, b)
    return isinstance(a, Day) and isinstance(b, Day) and days_agree(a, b)


def _published(item: Evidence) -> str:
    return (item.hit.section.published or "")[:10]


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


def is_half_a_correction(item: Evidence) -> bool:
    """Whether a sentence says what was wrong, and does not say in place of what: that stands in the one after it.

    "Correction: On Friday we said that 850 homes were left. The number is 580."
    """
    return bool(HEADED.match(item.quote)) and not DENIED.search(item.quote)


def corrects(item: Evidence) -> bool:
    """Whether a sentence, the note it is in, or the headline it stands under, says that something is corrected."""
    noted = any(note.start <= item.start and item.end <= note.end for note in item.hit.article.notes)
    return noted or bool(CORRECTS.search(item.quote) or HEADED.match(item.hit.section.title or ""))


def last_weekday(name: str, published: str | None) -> date | None:
    """The last such day on or before the day of publication, an ISO 8601 date; None where there is none.

    >>> last_weekday("friday", "2021-01-03")
    datetime.date(2021, 1, 1)
    """
    if not published:
        return None
    written = date.fromisoformat(published[:10])
    return written - timedelta(days=(written.weekday() - WEEKDAYS.index(name)) % 7)


def weekday_told(words: str, item: Evidence, say: Words) -> str:
    """Which day a weekday of a sentence was, as "Friday was 1 January", said in a language; else the empty string.

    Told where the sentence names one weekday that is past and no date, and its story gives that weekday no other date.
    """
    named = {found["name"].lower() for found in WEEKDAY.finditer(words) if not found["before"]}
    if len(named) != 1 or COMING.search(words) or find_days(words):
        return ""
    name = named.pop()
    day = last_weekday(name, item.hit.section.published)
    if not day:
        return ""
    text = item.hit.article.text
    named_so = [place.end() for place in re.finditer(rf"(?i)\b{name}\b[\s,(]*(?:the\s)?", text)]
    dated = [found.day for found in find_days(text) if any(found.start <= place < found.end for place in named_so)]
    if dated and day.day not in dated:
        return ""
    return say("weekday_was", weekday=say.weekday(day), day=say.day(day.isoformat(), year=False))
