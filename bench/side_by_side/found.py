"""Where a peer's passage stands in its article, by its words: libraries keep no offsets, or change white space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.judge import EvidencePlace

Span = tuple[str, int, int]


@dataclass(frozen=True)
class Bare:
    """A text without white space, and where each of its characters stood."""

    text: str
    offsets: list[int]


def bare(text: str) -> Bare:
    offsets = [place for place, character in enumerate(text) if not character.isspace()]
    return Bare("".join(text[place] for place in offsets), offsets)


def locate(passage: str, article: Bare) -> tuple[int, int] | None:
    """Start and end of a passage in its article, white space aside; None where it is not there.

    >>> locate("ran  far", bare("He ran\\nfar."))
    (3, 10)
    """
    words = "".join(passage.split())
    start = article.text.find(words)
    return (article.offsets[start], article.offsets[start + len(words) - 1] + 1) if words and start >= 0 else None


def place_hits(hits: Sequence[Sequence[tuple[str, str]]], articles: Mapping[str, Bare]) -> list[list[Span]]:
    """The spans of each hit and of the copies it stands for; a passage that is not found has none."""
    placed = []
    for hit in hits:
        spans = [(name, locate(text, articles[name])) for name, text in hit if name in articles]
        placed.append([(name, *span) for name, span in spans if span])
    return placed


def found_within(hits: Sequence[Sequence[Span]], places: Sequence[EvidencePlace], k: int) -> bool:
    """Whether evidence is in the first `k` hits."""
    return any(place.overlaps(*span) for hit in hits[:k] for span in hit for place in places)


def words_read(passage: str, ends: Sequence[int]) -> int:
    """Words of a passage that end within its first tokens; `ends` are where those tokens end.

    >>> words_read("one two three", [3, 7])
    2
    """
    return len(passage[: max(ends, default=0)].split())
