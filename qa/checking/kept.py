"""Quotes that were kept outside an archive, in a notebook, an answer or a conversation: do they stand there still?

What is read is what Groundwire writes: the quote in “ ” beside the article's id and its offsets, as text, Markdown,
HTML or JSON.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from html import unescape
from typing import Any, Literal

from ground.errors import GroundwireError
from ground.shown import TURNING, shown
from ground.words import as_typed
from index.copies.corrections import Correction, Corrections
from index.copies.versions import Story
from index.news_index import read_corrections
from index.store.archive import Archive
from qa.answer import Citation, cite

State = Literal["as cited", "moved", "changed", "gone"]

LONGEST_QUOTE = 20_000  # characters
_PLACE = r"(?P<id>[^\n“”]{1,500}?) (?P<start>\d{1,9}):(?P<end>\d{1,9})"
# As an export has it, the place below the quote; and as `groundwire ask` prints it, the place above
BELOW = re.compile(
    rf"(?ms)^[ \t>]*“(?P<quote>(?:(?!\n[ \t>]*“).){{1,{LONGEST_QUOTE}}}?)”[ \t]*\n[\s>]*{_PLACE}[ \t]*$",
)
ABOVE = re.compile(rf"(?m)^[ \t]+{_PLACE}\n\s+“(?P<quote>(?:[^\n]|\n(?!\n))+?)”[ \t]*$")
STATE = re.compile(r"\bstate ([0-9a-f]{64})\b")  # of an archive, as an export names it
FIELDS = ("article_id", "start", "end", "quote")


class KeptError(GroundwireError, ValueError):
    """A kept quote that can stand nowhere; the message says which and why."""


@dataclass(frozen=True)
class KeptQuote:
    """A quote as it was kept: `article.text[start:end]` at that time, line breaks aside."""

    article_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True)
class Verified:
    """A kept quote and how it stands in the archive now; `start` and `end` are where, of one that is there.

    "moved" is at other characters of its article, "changed" no more in it; the article of a "gone" one has left.
    `later` is the story in force where another version supersedes the quote's, `later_says` the quote's place there,
    None where it does not say so. `corrections` are those that touch it.
    `told` says that the later version, or the correction, is among the kept quotes as well.
    """

    kept: KeptQuote
    state: State
    start: int | None = None
    end: int | None = None
    later: Story | None = None
    later_says: tuple[int, int] | None = None
    corrections: tuple[Correction, ...] = ()
    told: bool = False

    @property
    def stands(self) -> bool:
        """Whether the words are in their article."""
        return self.state in ("as cited", "moved")

    @property
    def superseded(self) -> bool:
        """Whether a later version is in force that does not say the same."""
        return self.later is not None and self.later_says is None

    @property
    def holds(self) -> bool:
        """Whether the words are there and nothing that the file does not tell has come over them."""
        return self.stands and (self.told or not (self.superseded or self.corrections))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what was kept, where it is now, and what supersedes or corrects it."""
        later = self.later and {
            "article_id": self.later.article,
            "source": self.later.source,
            "published": self.later.moment,
            "says": None if self.later_says is None else list(self.later_says),
        }
        notes = [
            {"article_id": one.article.id, "start": one.note.start, "end": one.note.end, "words": one.words}
            for one in self.corrections
        ]
        now = None if self.start is None else [self.start, self.end]
        known = {"state": self.state, "now": now, "superseded_by": later, "corrections": notes, "holds": self.holds}
        return asdict(self.kept) | known


def count_states(verified: Iterable[Verified]) -> dict[str, int]:
    """How many quotes are in each state, and how many of them are superseded or corrected; what is none is left out.

    >>> count_states([Verified(KeptQuote("a", 0, 4, "Ten."), "as cited", 0, 4)])
    {'as cited': 1}
    """
    counted: Counter[str] = Counter()
    for one in verified:
        counted[one.state] += 1
        counted["superseded"] += one.superseded
        counted["corrected"] += bool(one.corrections)
    names = ("as cited", "moved", "changed", "gone", "superseded", "corrected")
    return {name: counted[name] for name in names if counted[name]}


def kept_state(text: str) -> str | None:
    """The state of the archive that an export names, as `Archive.contents` has it; None where it names none.

    >>> kept_state("Archive news, state " + "0a" * 32) == "0a" * 32, kept_state("state 12")
    (True, None)
    """
    found = STATE.search(text)
    return found[1] if found else None


def kept_quotes(text: str) -> list[KeptQuote]:
    """The quotes with places that a text holds, each once, in order; none where it is no export.

    Raises KeptError for JSON in which a quote has offsets that no article has.

    >>> kept_quotes("**\\\\[1\\\\]** AFP\\n\\n> “Ten *died*.”\\n\\nwire/a-1 5:14\\n")
    [KeptQuote(article_id='wire/a-1', start=5, end=14, quote='Ten *died*.')]
    """
    if text.lstrip()[:1] in "{[":
        try:
            return _once(_in_json([json.loads(line) for line in _values(text)]))
        except KeptError:
            raise
        except (ValueError, RecursionError):
            pass
    if re.match(r"\s*<!doctype html|\s*<html", text, re.IGNORECASE):
        body = re.sub(r"(?s)<(style|script|head)\b.*?</\1>", "", text)
        text = unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?i)<(?:br|/p|/blockquote|/div)\b[^>]*>", "\n", body)))
    else:
        text = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)
    text = re.sub(f"[{TURNING}]", "", text)
    found = [list(pattern.finditer(text)) for pattern in (BELOW, ABOVE)]
    rows = max(found, key=len)
    return _once(KeptQuote(row["id"].strip(), int(row["start"]), int(row["end"]), row["quote"]) for row in rows)


def _values(text: str) -> list[str]:
    """A JSON value, or a value a line."""
    try:
        json.loads(text)
    except ValueError:
        return [line for line in text.splitlines() if line.strip()]
    return [text]


def _in_json(value: Any) -> Iterator[KeptQuote]:
    if isinstance(value, dict):
        value = {"quote": value.get("text"), **value}  # as the hits of a search have it
        kinds = (str, int, int, str)
        if all(type(value.get(name)) is kind for name, kind in zip(FIELDS, kinds, strict=True)):
            kept = KeptQuote(*(value[name] for name in FIELDS))
            if not 0 <= kept.start < kept.end:
                place = f"{shown(kept.article_id, 60)} {kept.start}:{kept.end}"
                raise KeptError(f"{place}: no quote stands there; a place is START:END, from 0 on, START below END")
            yield kept
            return
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _in_json(inner)


def _once(quotes: Iterable[KeptQuote]) -> list[KeptQuote]:
    return list(dict.fromkeys(quotes))


def verify(archive: Archive, quotes: Iterable[KeptQuote]) -> list[Verified]:
    """How each quote stands in an archive now: its words, a later version of its story, what corrects it."""
    notes = read_corrections(archive)
    found = [_verify(archive, notes, one) for one in quotes]
    return [_with_told(one, found) for one in found]


def cite_kept(archive: Archive, verified: Verified, number: int = 1) -> Citation | None:
    """A quote that stands in its article, cut from it as it is now; None for one that does not."""
    article = archive.article(verified.kept.article_id) if verified.stands else None
    if article is None or verified.start is None or verified.end is None:
        return None
    return cite(number, article, verified.start, verified.end)


def _verify(archive: Archive, notes: Corrections, kept: KeptQuote) -> Verified:
    article = archive.article(kept.article_id)
    if article is None:
        return Verified(kept, "gone")
    words = _words(kept.quote)
    start, end = kept.start, kept.end
    state: State = "as cited"
    if not words or _words(article.text[start:end]) != words:
        places = places_of(kept.quote, article.text)
        if not places:
            return Verified(kept, "changed")
        state = "moved"
        start, end = min(places, key=lambda place: abs(place[0] - kept.start))
    later = version_in_force(archive, article.id, start)
    says = says_too(archive, later, article.text[start:end]) if later else None
    by = tuple(
        one
        for one in notes.of(article, start)
        if one.touches(start, end) and not _stands_in(one, article.id, start, end)
    )
    return Verified(kept, state, start, end, later, says, by)


def places_of(quote: str, text: str) -> list[tuple[int, int]]:
    """Where the words of a quote stand in a text, whatever the space between them.

    >>> places_of("Ten died.", "Ten\\ndied. Ten died.")
    [(0, 9), (10, 19)]
    """
    spaced = r"\s+".join(re.escape(word) for word in quote.split())
    return [found.span() for found in re.finditer(spaced, text)] if spaced else []


def version_in_force(archive: Archive, article_id: str, offset: int) -> Story | None:
    """The later version that supersedes the story at `offset` of an article; None where that is in force itself."""
    for group in archive.groups(article_id):
        for member in group.members:
            story = member.story
            if story.article == article_id and story.start <= offset < story.end:
                return member.superseded_by
    return None


def says_too(archive: Archive, story: Story, quote: str) -> tuple[int, int] | None:
    """Where a story says the words of a quote, in its article's characters; None where it does not."""
    article = archive.article(story.article)
    places = places_of(quote, article.text) if article else []
    return next((place for place in places if story.start <= place[0] and place[1] <= story.end), None)


def _stands_in(by: Correction, article_id: str, start: int, end: int) -> bool:
    """Whether a quote is of the correction itself."""
    return by.article.id == article_id and start < by.note.end and end > by.note.start


def _with_told(one: Verified, all_of_them: Sequence[Verified]) -> Verified:
    """A quote, with whether others of its file quote what came after it: the later version, each correction."""
    others = [other for other in all_of_them if other is not one and other.stands]

    def quoted(article_id: str, start: int, end: int) -> bool:
        return any(
            other.kept.article_id == article_id and (other.start or 0) < end and (other.end or 0) > start
            for other in others
        )

    later = one.later is None or one.later_says is not None
    later = later or (one.later is not None and quoted(one.later.article, one.later.start, one.later.end))
    told = later and all(quoted(by.article.id, by.note.start, by.note.end) for by in one.corrections)
    return replace(one, told=told and (one.superseded or bool(one.corrections)))


def _words(text: str) -> str:
    return " ".join(as_typed(text).split())
