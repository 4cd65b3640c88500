"""What differs between a statement and its quote, as data and as a short phrase."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

from ground.language import Words
from ground.shown import one_line

Kind = Literal["number", "day", "name", "speaker", "denial", "doubt"]
Span = tuple[int, int]
Way = Literal["said", "not_there", "left_out", "name", "speaker", "draft_denies", "quote_denies"]
WAYS = get_args(Way)


@dataclass(frozen=True)
class Difference:
    """The words of a statement, and those of its quote in their place; empty where one has none.

    `draft_at` and `quote_at` say where they stand, in the statement and in the quote, where that can be told. `day` is
    the day that the quote means (ISO 8601), where its words do not name it: "Tuesday".
    """

    kind: Kind
    draft: str = ""
    quote: str = ""
    draft_at: Span | None = None
    quote_at: Span | None = None
    day: str = ""

    @property
    def parts(self) -> bool:
        """Whether the quote says otherwise, and does not only say nothing of it."""
        return bool(self.quote) or self.kind == "denial"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        places = {"draft_at": self.draft_at, "quote_at": self.quote_at}
        return asdict(self) | {name: span and list(span) for name, span in places.items()}


def tell(difference: Difference, words: Words) -> str:
    """A difference in a few words of a language.

    >>> tell(Difference("number", "49", "52"), Words()), tell(Difference("name", "Halden"), Words())
    ('the draft says 49, the quote 52', '“Halden” is not in the quote')
    >>> tell(Difference("doubt", quote="reportedly"), Words())
    'the draft leaves out “reportedly”'
    """
    told = {"draft": one_line(difference.draft), "quote": one_line(difference.quote)}
    if difference.day:
        told["quote"] = words("differs_day", quote=told["quote"], day=words.day(difference.day))
    return words(f"differs_{_way(difference)}", **told)


def _way(difference: Difference) -> Way:
    """In what way the two differ: the end of the key of its words."""
    if not difference.quote:
        return "draft_denies" if difference.kind == "denial" else "not_there"
    if not difference.draft:
        return "quote_denies" if difference.kind == "denial" else "left_out"
    return difference.kind if difference.kind in ("name", "speaker") else "said"


def place(words: str, text: str) -> Span | None:
    """Where whole words stand first in a text, else where they do in other letters, small for capital; None nowhere.

    >>> place("may", "In May the mayor may go."), place("some", "Some go."), place("may", "The mayor")
    ((17, 20), (0, 4), None)
    """
    whole = rf"(?<!\w){re.escape(words)}(?!\w)"
    found = words and (re.search(whole, text) or re.search(f"(?i){whole}", text))
    return found.span() if found else None


def in_pieces(text: str, spans: Iterable[Span]) -> list[tuple[str, bool]]:
    """A text cut where spans begin and end, each piece with whether it is in one; joined they are the text.

    >>> in_pieces("the draft says 49", [(15, 17)])
    [('the draft says ', False), ('49', True)]
    """
    kept = [(start, min(end, len(text))) for start, end in spans if start < len(text)]
    edges = sorted({0, len(text), *(edge for span in kept for edge in span)})
    return [(text[a:b], any(start <= a and b <= end for start, end in kept)) for a, b in pairwise(edges)]
