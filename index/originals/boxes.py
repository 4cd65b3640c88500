"""Which boxes of a PDF's page a range of its article's text has.

Nothing was kept when the file was read: its page is read again in the same order, and each character of the text is
told from the one that is drawn. Where the order has changed since, the quote is looked for by its letters.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from ctypes import byref, c_int
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from index.originals.letters import BETWEEN, find_letters, letters_of
from index.originals.shown import Box
from index.reading.formats.pdf import DOUBTFUL, body_in_order, picture_of, scan_in_order
from index.reading.layout import Paragraph
from index.reading.pieces import placed_pieces
from index.reading.recogniser import ReadLine, ReadsPictures

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

FINE = 1 << 20  # dots to a page's side, where pdfium says a place in whole ones


@dataclass(frozen=True)
class Drawn:
    """A character that is drawn: where, in the measure of what found it, on which line as lines are read, whether it
    ends that.
    """

    text: str
    where: Any
    line: int
    last: bool


def boxes_on(
    page: "PdfPage",
    text: str,
    start: int,
    end: int,
    *,
    heads: Collection[str] = (),
    recogniser: ReadsPictures | None = None,
) -> list[Box]:
    """The boxes of `text[start:end]`, a line each, where `text` is what the article has of this page.

    None where it is not found. A `recogniser` reads the page as a picture, as it was read before.
    """
    with closing(page.get_textpage()) as text_page:
        drawn = list(_recognised(page, heads, recogniser) if recogniser else _characters(page, heads))
        within = _aligned(drawn, text, start, end) or _found(drawn, text, start, end)
        boxes = [(one.line, one.where if recogniser else _box(page, text_page.raw, one.where)) for one in within]
    return [_around([box for _, box in line]) for _, line in groupby(boxes, key=lambda one: one[0])]


def _aligned(drawn: Sequence[Drawn], text: str, start: int, end: int) -> list[Drawn]:
    """The characters of a range, where all that is drawn up to its end is the text, but for hyphens that were taken
    away where a line ends; none where it is not.
    """
    within: list[Drawn] = []
    wanted = ((place, character) for place, character in enumerate(text[:end]) if not character.isspace())
    place, character = next(wanted, (-1, ""))
    for one in drawn:
        if place < 0:
            return within
        if one.text == character:
            if place >= start:
                within.append(one)
            place, character = next(wanted, (-1, ""))
        elif not (one.text == "-" and one.last):
            return []
    return within if place < 0 else []


def _found(drawn: Sequence[Drawn], text: str, start: int, end: int) -> list[Drawn]:
    held = [one for one in drawn if not BETWEEN.fullmatch(one.text)]
    letters = letters_of("".join(one.text for one in held))
    span = find_letters(letters, text[start:end], text[:start], text[end:])
    return held[span[0] : span[1]] if span else []


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _in_lines(paragraphs: Sequence[Paragraph], pieces: Sequence[Sequence[tuple[str, Any]]]) -> Iterator[Drawn]:
    """The characters of pieces in the order in which they are read; `pieces` are those of each, and where they are."""
    lines = [line for paragraph in paragraphs for line in paragraph.lines]
    for number, line in enumerate(lines):
        told = [one for part in line.parts for one in pieces[part] if one[0] != DOUBTFUL]
        for place, (character, where) in enumerate(told, 1):
            yield Drawn(character, where, number, place == len(told))


def _characters(page: "PdfPage", heads: Collection[str]) -> Iterator[Drawn]:
    """What is drawn in letters, in the order in which the article has it; where is its place in pdfium's text."""
    placed, _ = placed_pieces(page)
    paragraphs = body_in_order([piece for piece, _ in placed], page.get_height(), heads)
    told = [list(zip("".join(piece.text.split()), places, strict=True)) for piece, places in placed]
    yield from _in_lines(paragraphs, told)


def _box(page: "PdfPage", text_page: Any, place: int) -> Box:
    """Where a character stands on the page as it is drawn, turned and cut as that is."""
    from pypdfium2.raw import FS_RECTF, FPDF_PageToDevice, FPDFText_GetLooseCharBox

    box, corners = FS_RECTF(), []
    FPDFText_GetLooseCharBox(text_page, place, box)
    for across, up in ((box.left, box.top), (box.right, box.bottom)):
        right, down = c_int(), c_int()
        FPDF_PageToDevice(page.raw, 0, 0, FINE, FINE, 0, across, up, byref(right), byref(down))
        corners.append((right.value / FINE, down.value / FINE))
    (left, top), (right_edge, bottom) = corners
    return Box(min(left, right_edge), min(top, bottom), max(left, right_edge), max(top, bottom))


def _recognised(page: "PdfPage", heads: Collection[str], recogniser: ReadsPictures) -> Iterator[Drawn]:
    """What is read in the picture of a page. A line's box is known: in it, each character has its share."""
    image = picture_of(page)
    lines = list(recogniser.read(image))
    boxes = [list(_shares(line, image.width, image.height)) for line in lines]
    yield from _in_lines(scan_in_order(lines, float(image.height), heads), boxes)


def _shares(line: ReadLine, width: int, height: int) -> Iterator[tuple[str, Box]]:
    text = " ".join(word.text for word in line.words)
    step = (line.right - line.left) / max(1, len(text))
    for place, character in enumerate(text):
        if not character.isspace():
            left = line.left + place * step
            yield character, Box(left / width, line.top / height, (left + step) / width, line.bottom / height)
