"""Quotes that were kept outside an archive, in an exported answer or conversation: do they stand there still?

What is read is what Groundwire writes: the quote in “ ” beside the article's id and its offsets, as text, Markdown,
HTML or JSON.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from html import unescape
from typing import Any, Literal

from ground.shown import TURNING
from ground.words import as_typed
from index.store.archive import Archive

State = Literal["as cited", "moved", "changed", "gone"]

LONGEST_QUOTE = 20_000  # characters
_PLACE = r"(?P<id>[^\n“”]{1,500}?) (?P<start>\d{1,9}):(?P<end>\d{1,9})"
# As an export has it, the place below the quote; and as `groundwire ask` prints it, the place above
BELOW = re.compile(
    rf"(?ms)^[ \t>]*“(?P<quote>(?:(?!\n[ \t>]*“).){{1,{LONGEST_QUOTE}}}?)”[ \t]*\n[\s>]*{_PLACE}[ \t]*$",
)
ABOVE = re.compile(rf"(?m)^[ \t]+{_PLACE}\n\s+“(?P<quote>(?:[^\n]|\n(?!\n))+?)”[ \t]*$")
FIELDS = ("article_id", "start", "end", "quote")


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
    """

    kept: KeptQuote
    state: State
    start: int | None = None
    end: int | None = None

    @property
    def holds(self) -> bool:
        return self.state in ("as cited", "moved")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what was kept, and where it is now."""
        return asdict(self.kept) | {"state": self.state, "now": None if self.start is None else [self.start, self.end]}


def kept_quotes(text: str) -> list[KeptQuote]:
    """The quotes with places that a text holds, each once, in order; none where it is no export.

    >>> kept_quotes("**\\\\[1\\\\]** AFP\\n\\n> “Ten *died*.”\\n\\nwire/a-1 5:14\\n")
    [KeptQuote(article_id='wire/a-1', start=5, end=14, quote='Ten *died*.')]
    """
    if text.lstrip()[:1] in "{[":
        try:
            return _once(_in_json([json.loads(line) for line in _values(text)]))
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
        kinds = (str, int, int, str)
        if all(isinstance(value.get(name), kind) for name, kind in zip(FIELDS, kinds, strict=True)):
            yield KeptQuote(*(value[name] for name in FIELDS))
            return
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _in_json(inner)


def _once(quotes: Iterable[KeptQuote]) -> list[KeptQuote]:
    return list(dict.fromkeys(quotes))


def verify(archive: Archive, quotes: Iterable[KeptQuote]) -> list[Verified]:
    """How each quote stands in an archive now."""
    return [_verify(archive, one) for one in quotes]


def _verify(archive: Archive, kept: KeptQuote) -> Verified:
    article = archive.article(kept.article_id)
    if article is None:
        return Verified(kept, "gone")
    words = _words(kept.quote)
    if words and _words(article.text[kept.start : kept.end]) == words:
        return Verified(kept, "as cited", kept.start, kept.end)
    spaced = r"\s+".join(re.escape(word) for word in kept.quote.split())
    places = [found.span() for found in re.finditer(spaced, article.text)] if spaced else []
    if not places:
        return Verified(kept, "changed")
    return Verified(kept, "moved", *min(places, key=lambda place: abs(place[0] - kept.start)))


def _words(text: str) -> str:
    return " ".join(as_typed(text).split())
