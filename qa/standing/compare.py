"""Whether what a source says now is news beside what is known: numbers and days as values, yes and no, names.

Stricter than where an answer looks for sides: "at least 17" is no contradiction of "at least 12", but it is news.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ground.words import NUMBERS, fold
from index.understanding.days import MONTH_OF
from qa.evidence import Evidence
from qa.sides import Value, asks_for_day, asks_for_number
from qa.standing.voice import Voice
from qa.values import STOP, WEEKDAYS, Day, Quantity, agree, comparable, days_agree, read_days

Kind = Literal["first", "changed", "side", "correction", "withdrawn"]
VAGUE = 2.0  # from which to which: "dozens", "several hundred"; a number within is news, it is not within the number
RUNNING = re.compile(r"(?i)\bhow (?:many|much)\b.*\b(?:has|have)\b")
NAMED = re.compile(r"(?i)\b(?:who|whom|whose|where|which|name)\b")
CAPITAL = re.compile(r"(?<![\w’'-])[A-Z][\w’'-]*")
NO_NAMES = STOP | set(WEEKDAYS) | set(MONTH_OF) | set(NUMBERS)


@dataclass(frozen=True)
class Compared:
    """What a source's new words are beside what is known: `kind` is None where they are no news."""

    kind: Kind | None
    known: tuple[Voice, ...]  # all that is known from now on, one a speaker
    now: tuple[Voice, ...] = ()  # what is news, the newest first
    was: tuple[Voice, ...] = ()  # what was known before, one a side, the newest first


def told(number: Quantity) -> Quantity:
    """A number as its words tell it, without what they leave open on one side.

    >>> from qa.values import read_quantities
    >>> [(q.low, q.high) for q in map(told, read_quantities("at least 35; up to 40; 7; 20 to 30"))]
    [(35.0, 35.0), (40.0, 40.0), (7.0, 7.0), (20.0, 30.0)]
    """
    if math.isinf(number.high):
        return replace(number, high=number.low)
    if number.low == 0 < number.high:
        return replace(number, low=number.high)
    return number


def same_value(old: Value, new: Value) -> bool:
    """Whether a number or a day that is told now is the one that is known; what cannot be compared is no other.

    >>> from qa.values import read_quantities
    >>> def same(text): return same_value(*read_quantities(text))
    >>> same("at least 12; at least 17"), same("at least 12; 12"), same("about 1,200; 1,187"), same("dozens; 36")
    (False, True, True, False)
    >>> same("36; dozens"), same("6 km; 3 people")
    (True, True)
    """
    if isinstance(old, Quantity) and isinstance(new, Quantity):
        if not comparable(old, new):
            return True
        first, second = told(old), told(new)
        if first.low > 0 and first.high >= VAGUE * first.low and second.high < VAGUE * second.low:
            return False
        return agree(first, second)
    return isinstance(old, Day) and isinstance(new, Day) and days_agree(old, new)


def same(question: str, old: Voice, new: Voice) -> bool:
    """Whether two sources say the same to a question, or nothing that can be told apart."""
    if {old.words, new.words} <= {"yes", "no"}:
        return old.words == new.words
    if asks_for_number(question) or asks_for_day(question):
        first, second = old.values(question), new.values(question)
        return not first or not second or any(same_value(a, b) for a in first for b in second)
    asked = set(fold(question).split())
    fresh, held = names_in(new) - asked, names_in(old) - asked
    if not NAMED.search(question) or not fresh or not held:
        return True  # prose has no values: where a name is asked for, another name is news, other words are not
    return fresh <= set(fold(old.quote).split()) or 2 * len(fresh & held) > min(len(fresh), len(held))


def names_in(voice: Voice) -> set[str]:
    """The parts of names in the words that answer, folded; what only begins a sentence is none."""
    words = voice.words
    if voice.span[0] == 0 and re.match(r"\w+ [^A-Z]", words):
        words = words.partition(" ")[2]
    found = {part for name in CAPITAL.findall(words) for part in fold(name).split()}
    return {part for part in found if part not in NO_NAMES and len(part) > 1}


def names_it(question: str, item: Evidence) -> bool:
    """Whether a sentence, or what stands before it in its story, has a name of the question, or one that begins alike;
    true for no names. What names its matter only afterwards tells of another."""
    asked = {part for name in CAPITAL.findall(question.partition(" ")[2]) for part in fold(name).split()}
    begun = tuple(name[: max(4, len(name) - 2)] for name in asked - NO_NAMES if len(name) > 1)
    story = item.hit.article.section_at(item.start)
    words = fold(f"{story.title or ''} {item.hit.article.text[story.start : item.end]}").split()
    return not begun or any(word.startswith(begun) for word in words)


def is_history(question: str, known: Sequence[Voice], new: Voice) -> bool:
    """Whether a sentence dates what it says in a year before its story's, which neither the question nor what is known
    names: "after the flood of 1958, in which 63 died". To a question for a day the year may be the answer."""
    if asks_for_day(question) or not new.day:
        return False
    named = {day.year for text in (question, *(v.quote for v in known)) for day in read_days(text, None)}
    years = {day.year for day in read_days(new.quote, new.day) if day.year}
    return bool(years) and all(year < int(new.day[:4]) and year not in named for year in years)


def is_behind(question: str, known: Sequence[Voice], new: Voice) -> bool:
    """Whether a running total ("have died", "has burned") is lower than all that is known: it only grows, and whoever
    tells less of it and corrects nothing is behind, or tells of something else."""
    if not RUNNING.search(question):
        return False
    totals = [told(value).high for v in known for value in v.values(question) if isinstance(value, Quantity)]
    here = [told(value).high for value in new.values(question) if isinstance(value, Quantity)]
    return bool(totals and here) and max(here) < min(totals)


def sides_of(question: str, voices: Sequence[Voice]) -> list[list[Voice]]:
    """The voices by what they say, the newest first, and so the sides; a voice that is struck says nothing."""
    sides: list[list[Voice]] = []
    for voice in sorted((v for v in voices if not v.struck), key=lambda v: v.published or "", reverse=True):
        home = next((side for side in sides if same(question, side[0], voice) and same(question, voice, side[0])), None)
        if home is None:
            sides.append([voice])
        else:
            home.append(voice)
    return sides


def compare(question: str, known: Sequence[Voice], new: Sequence[Voice], past: Sequence[Voice] = ()) -> Compared:
    """What the voices of new articles, likeliest first, are beside those that are known; `past` were known before.

    A speaker is heard by the newest story, in its likeliest sentence. No news is what is as known; what a speaker said
    longer ago than what is known; what others say again that was known before, or lower of a running total, unless it
    corrects; and what the sentence dates in an earlier year.
    """
    held = [voice for voice in known if not voice.struck]
    before = {voice.speaker: voice for voice in known}
    newest = max((voice.day for voice in known), default="")
    after = dict(before)
    news: list[tuple[Kind, Voice]] = []
    for speaker, voice in heard(question, held, new).items():
        own = before.get(speaker)
        if voice.day and voice.day < (own.day if own else newest):
            continue
        moved = own is not None and not own.struck and not same(question, own, voice)
        alike = any(same(question, v, voice) for v in held) and not (moved and voice.corrects)
        if held and not alike and own is None and not voice.corrects:
            said_before = any(same(question, v, voice) for v in past if not v.struck)
            if said_before or is_behind(question, held, voice):
                continue
        after[speaker] = voice
        if not held:
            news.append(("first", voice))
        elif not alike:
            news.append(("correction" if voice.corrects else "changed" if own else "side", voice))
    if not news:
        return Compared(None, tuple(after.values()))
    order: list[Kind] = ["correction", "changed", "side", "first"]
    kind = min((kind for kind, _ in news), key=order.index)
    now = [side[0] for side in sides_of(question, [voice for _, voice in news])]
    was = [side[0] for side in sides_of(question, known)]
    return Compared(kind, tuple(after.values()), tuple(now), tuple(was))


def heard(question: str, known: Sequence[Voice], new: Sequence[Voice]) -> dict[str, Voice]:
    """Each speaker's voice of those, likeliest first: the newest, of one day the likeliest, that is not superseded and
    tells no history; history too where nothing else is known."""
    current = [voice for voice in new if not voice.superseded]
    told_now = [voice for voice in current if not is_history(question, known, voice)]
    chosen: dict[str, Voice] = {}
    for voice in told_now or ([] if known else current):
        held = chosen.get(voice.speaker)
        if held is None or (voice.published or "") > (held.published or ""):
            chosen[voice.speaker] = voice
    return chosen
