"""Where the words of a PDF's page stand: pieces of lines, as pdfium places their characters."""

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from index.reading.layout import Piece

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

MOST_CHARACTERS = 200_000  # of a page
PARTED = 0.9  # of a character's height, between two: they are of two pieces
SPACE = 0.12  # of a character's height, between two: there is a space, drawn or not
ON_LINE = 0.4  # of a character's height, by which another of its line may stand higher or lower
QUARTER = math.pi / 2
ASKEW = 0.1  # of a quarter of a circle
HYPHEN = 2  # what pdfium gives for a hyphen at a line's end


@dataclass(frozen=True)
class _Character:
    """A character, its edges, to the right and downwards, and where pdfium keeps it."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    place: int

    @property
    def height(self) -> float:
        return self.bottom - self.top


def pieces_of(page: "PdfPage") -> tuple[list[Piece], int]:
    """The pieces of a page in the order in which they are drawn, and how many characters past MOST_CHARACTERS it has.

    What stands on its side is turned where most of the page does, and stands last, a piece each, where some of it does.
    """
    placed, cut = placed_pieces(page)
    return [piece for piece, _ in placed], cut


def placed_pieces(page: "PdfPage") -> tuple[list[tuple[Piece, list[int]]], int]:
    """As `pieces_of`, each piece with where pdfium keeps its characters, those between that are spaces left out."""
    from pypdfium2.raw import FPDFText_CountChars

    text_page = page.get_textpage()
    try:
        count = max(0, FPDFText_CountChars(text_page.raw))
        by_angle: dict[int, list[_Character]] = {}
        for quarters, one in _characters(text_page.raw, min(count, MOST_CHARACTERS)):
            by_angle.setdefault(quarters, []).append(one)
        lengths = Counter({quarters: len(some) for quarters, some in by_angle.items()})
        pieces: list[Piece] = []
        places: list[list[int]] = []
        for quarters, _ in lengths.most_common():
            below = max((piece.bottom for piece in pieces), default=0.0)
            held = list(_held(by_angle[quarters]))
            found = [_piece(some, text_page.raw) for some in held]
            pieces += found if not pieces else _below(found, below)
            places += [[one.place for one in some] for some in held]
        numbered = [replace(piece, parts=(number,)) for number, piece in enumerate(pieces)]
        return list(zip(numbered, places, strict=True)), count - min(count, MOST_CHARACTERS)
    finally:
        text_page.close()


def _below(pieces: list[Piece], below: float) -> list[Piece]:
    """Pieces as lines under all others."""
    return [
        Piece(one.text, 0.0, below + 40 * n, 1.0, below + 40 * n + 10, one.size, "on its side")
        for n, one in enumerate(pieces, 1)
    ]


def _characters(text_page: Any, count: int) -> Iterator[tuple[int, _Character]]:
    """The characters that are drawn: how many quarters of a circle each is turned, and its edges turned back."""
    from pypdfium2.raw import FS_RECTF, FPDFText_GetCharAngle, FPDFText_GetLooseCharBox, FPDFText_GetUnicode

    box = FS_RECTF()
    for place in range(count):
        code = FPDFText_GetUnicode(text_page, place)
        text = "-" if code == HYPHEN else chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else ""
        if not text.strip() or (code < 32 and code != HYPHEN) or not FPDFText_GetLooseCharBox(text_page, place, box):
            continue
        angle = FPDFText_GetCharAngle(text_page, place) / QUARTER
        quarters = round(angle) % 4 if abs(angle - round(angle)) <= ASKEW else 0
        edges = (box.left, -box.top, box.right, -box.bottom)
        for _ in range(quarters):  # a quarter back
            left, top, right, bottom = edges
            edges = (top, -right, bottom, -left)
        left, top, right, bottom = edges
        if right >= left and bottom > top:
            yield quarters, _Character(text, left, top, right, bottom, place)


def _held(characters: list[_Character]) -> Iterator[list[_Character]]:
    """The characters of each piece."""
    held: list[_Character] = []
    for one in characters:
        if held and not _follows(held[-1], one):
            yield held
            held = []
        held.append(one)
    if held:
        yield held


def _gap(before: _Character, one: _Character) -> float:
    """The room between two characters on a line, whichever way it is read."""
    return max(one.left - before.right, before.left - one.right)


def _follows(before: _Character, one: _Character) -> bool:
    height = max(before.height, one.height)
    level = abs((before.top + before.bottom) - (one.top + one.bottom)) / 2 <= ON_LINE * height
    return level and _gap(before, one) <= PARTED * min(before.height, one.height)


def _piece(held: list[_Character], text_page: Any) -> Piece:
    text = held[0].text
    for before, one in pairwise(held):
        # A space that is drawn is a character between them, which is passed over.
        spaced = one.place > before.place + 1 or _gap(before, one) > SPACE * min(before.height, one.height)
        text += " " + one.text if spaced else one.text
    heights = sorted(one.height for one in held)
    return Piece(
        text,
        min(one.left for one in held),
        min(one.top for one in held),
        max(one.right for one in held),
        max(one.bottom for one in held),
        heights[len(heights) // 2],
        _face(text_page, held[0].place),
    )


def _face(text_page: Any, place: int) -> str:
    """The name of the font that a character is set in."""
    from pypdfium2.raw import FPDFText_GetFontInfo

    name = ctypes.create_string_buffer(128)
    length = FPDFText_GetFontInfo(text_page, place, name, len(name), None)
    return name.value.decode("utf-8", "replace") if 0 < length <= len(name) else ""
