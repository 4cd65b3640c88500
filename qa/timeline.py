"""A timeline of a matter: the sentences of its hits that tell of a day, in the order of the days.

No language model and no reader is asked. A day is read as `qa.values` reads it, against the day of the story; the same
event told by several outlets stands once, with all that tell it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from index.understanding.credits import is_credit
from index.understanding.days import Day as Written
from qa.answer import Citation, cite
from qa.corrected import with_corrections
from qa.evidence import Evidence, in_view, sentences_of, stems, words_held
from qa.retrieve import Hit
from qa.values import COMING, Day, read_days

READ = 60  # passages
ON_THE_MATTER = 0.5  # share of the matter's words, rare ones counting more, that a sentence in its view must hold
HALF_A_YEAR = 183  # days
SAME = 0.6  # share of the shorter sentence's words in the other, from which both tell one event of one day


@dataclass(frozen=True)
class Moment:
    """What happened on a day (ISO 8601; month or year where no more is told), as its sources say, likeliest first."""

    day: str
    citations: tuple[Citation, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"day": self.day, "citations": [asdict(citation) for citation in self.citations]}


def timeline(matter: str, hits: Sequence[Hit]) -> list[Moment]:
    """The moments that the hits of a matter tell of, earliest first, each with the sentences that tell it.

    Sentences that tell of no day, or of one whose year cannot be known, are left out, as are superseded versions.
    Behind what a correction withdraws stands the correction.
    """
    told = [Evidence(hit, *span) for hit in hits if not hit.superseded for span in sentences_of(hit)]
    told = list({item.place: item for item in told if not is_credit(item.quote)}.values())
    there = stems(" ".join(f"{hit.section.title or ''} {hit.text}" for hit in hits))
    known = " ".join(
        word for word in matter.split() if stems(word) & there
    )  # a word that no hit holds tells none apart
    held = words_held(known, hits, [in_view(item) for item in told])
    ranked = sorted(zip(held, told, strict=True), key=lambda pair: (-pair[0], pair[1].hit.rank))
    days: dict[str, list[list[Evidence]]] = {}
    for share, item in ranked:
        if share < ON_THE_MATTER:
            break
        for day in days_of(item):
            home = next((same for same in days.setdefault(day, []) if _same(item, same[0])), None)
            if home is None:
                days[day].append([item])
            elif all(item.hit.article.id != other.hit.article.id for other in home):
                home.append(item)
    number = 0
    made = []
    for day in sorted(days):
        for items in days[day]:
            cited = []
            for item in _with_what_is_right(items):
                number += 1
                cited.append(cite(number, item.hit.article, item.start, item.end, item.hit.copies))
            made.append(Moment(day, tuple(cited)))
    return made


def _with_what_is_right(items: Sequence[Evidence]) -> list[Evidence]:
    """The sentences, each that a correction withdraws with that correction behind it."""
    told = [piece for item in items for piece in (item, *with_corrections([item]))]
    return list({item.place: item for item in told}.values())


def days_of(item: Evidence) -> list[str]:
    """The days that a sentence tells of, in ISO 8601. One without a year is the last on or before the story's own day,
    or where the sentence speaks of what is to come, the one nearest to it."""
    published = item.hit.article.section_at(item.start).published
    found = (_iso(day, published, bool(COMING.search(item.quote))) for day in read_days(item.quote, published))
    return list(dict.fromkeys(day for day in found if day))


def _iso(day: Day, published: str | None, coming: bool) -> str | None:
    if day.month is None or day.day is None:
        month = f"-{day.month:02}" if day.month else ""
        return f"{day.year:04}{month}" if day.year else None
    try:
        near = date.fromisoformat((published or "")[:10])
    except ValueError:
        near = None
    found = Written(0, 0, day.year, day.month, day.day).iso(near.isoformat() if near else None)
    if near is None or day.year is not None or coming or found is None or found <= near.isoformat():
        return found
    return Written(0, 0, None, day.month, day.day).iso((near - timedelta(days=HALF_A_YEAR)).isoformat())


def _same(one: Evidence, other: Evidence) -> bool:
    first, second = stems(one.quote), stems(other.quote)
    return len(first & second) >= SAME * min(len(first), len(second))
