"""Pages of a newspaper as a PDF: columns, headlines, pictures with captions, boxes, tables, notes, running heads.

Each page knows its lines as they are read, so that an extraction can be judged line by line. Needs fpdf2.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, Literal

WIDTH, HEIGHT = 595.0, 842.0
LEFT, RIGHT, TOP, FOOT = 50.0, 545.0, 70.0, 780.0
GUTTER = 16.0
FLOATS = ("caption", "note", "box", "table")
Drawn = Literal["as read", "row by row", "shuffled"]


@dataclass(frozen=True)
class Look:
    """How a page is laid out."""

    columns: int = 2
    headline: bool = False
    picture: Literal["", "top", "middle", "across"] = ""
    notes: bool = False
    box: Literal["", "foot", "side"] = ""
    table: Literal["", "column", "page"] = ""
    face: str = "Times"
    size: float = 10.0
    justified: bool = True
    indent: float = 10.0
    drawn: Drawn = "as read"


@dataclass(frozen=True)
class Line:
    """A line of a page: what it is part of, which column it stands in, and whether a paragraph ends with it."""

    kind: str
    text: str
    column: int
    last: bool


@dataclass
class Sheet:
    """A page: its lines as they are read, and what is drawn where."""

    look: Look
    lines: list[Line] = field(default_factory=list)
    runs: list[tuple[int, float, float, str, str, str, float]] = field(default_factory=list)
    frames: list[tuple[float, float, float, float]] = field(default_factory=list)


LOOKS: tuple[Look, ...] = (
    Look(), Look(drawn="row by row"), Look(face="Helvetica", justified=False, drawn="shuffled"),
    Look(face="Courier", size=8.0, justified=False, indent=0.0, drawn="row by row"),
    Look(columns=3, headline=True), Look(columns=3, headline=True, drawn="row by row"),
    Look(columns=3, headline=True, face="Helvetica", size=9.0, drawn="shuffled"),
    Look(headline=True, picture="top", drawn="row by row"), Look(headline=True, picture="middle", drawn="shuffled"),
    Look(columns=3, headline=True, picture="across"), Look(columns=3, picture="across", drawn="row by row"),
    Look(notes=True), Look(notes=True, headline=True, drawn="row by row"),
    Look(box="foot", headline=True, drawn="shuffled"), Look(box="foot", columns=3, drawn="row by row"),
    Look(columns=1, box="side"), Look(columns=1, box="side", headline=True, drawn="row by row"),
    Look(table="column", drawn="shuffled"), Look(table="page", headline=True, drawn="row by row"),
    Look(columns=1, table="page", notes=True, headline=True),
)  # fmt: skip


# Other looks. Drafts of `index.reading.layout` were tried on them too, so they are no test on pages never seen.
HELD: tuple[Look, ...] = (
    Look(columns=4, size=8.0, headline=True, drawn="row by row"),
    Look(columns=4, size=9.0, face="Helvetica", justified=False, drawn="shuffled"),
    Look(columns=3, picture="top", notes=True, drawn="row by row"),
    Look(columns=3, picture="middle", box="foot", headline=True, drawn="shuffled"),
    Look(columns=3, table="column", drawn="row by row"), Look(columns=3, table="page", drawn="shuffled"),
    Look(columns=1, face="Courier", justified=False), Look(columns=1, picture="middle", headline=True),
    Look(indent=0.0, justified=False, drawn="row by row"),
    Look(columns=3, headline=True, picture="across", notes=True, drawn="shuffled"),
)  # fmt: skip


def lay_out(look: Look, words: Iterator[str], drawn: random.Random) -> Sheet:
    """A page of this look, filled with words."""
    pdf = _pdf()
    sheet = Sheet(look)
    top = TOP
    if look.headline:
        title = " ".join(next(words) for _ in range(9)).strip(",.;:")
        for line in _fill(pdf, title.split(), RIGHT - LEFT, "Helvetica", "B", 22.0, 0.0):
            _put(sheet, "headline", line, -1, True, LEFT, top + 22, "Helvetica", "B", 22.0)
            top += 28
        top += 10
    width = (RIGHT - LEFT - GUTTER * (look.columns - 1)) / look.columns
    columns = [[(top, FOOT)] for _ in range(look.columns)]
    lefts = [LEFT + n * (width + GUTTER) for n in range(look.columns)]
    floats: list[tuple[str, float, float, float, float]] = []  # kind, left, top, width, bottom
    if look.picture == "top":
        columns[1] = [(top + 150, FOOT)]
        floats.append(("caption", lefts[1], top, width, top + 150))
    elif look.picture == "middle":
        columns[0] = [(top, 330), (500, FOOT)]
        floats.append(("caption", lefts[0], 330, width, 500))
    elif look.picture == "across":
        columns[1], columns[2] = [(top, 300), (480, FOOT)], [(top, 300), (480, FOOT)]
        floats.append(("caption", lefts[1], 300, 2 * width + GUTTER, 480))
    if look.notes:
        for n in range(look.columns):
            columns[n] = [*columns[n][:-1], (columns[n][-1][0], FOOT - 40)]
            floats.append(("note", lefts[n], FOOT - 34, width, FOOT))
    if look.box == "foot":
        columns[-1] = [(top, 560)]
        floats.append(("box", lefts[-1], 572, width, FOOT))
    elif look.box == "side":
        floats.append(("box", RIGHT - 150, 300, 150, 430))
    if look.table == "column":
        columns[0] = [(top, 400), (510, FOOT)]
        floats.append(("table", lefts[0], 408, width, 500))
    elif look.table == "page":
        columns = [[(top, 420), (530, parts[-1][1])] for parts in columns]
        floats.append(("table", LEFT, 428, RIGHT - LEFT, 520))
    _pour(pdf, sheet, words, columns, lefts, width)
    for kind, left, begin, room, end in floats:
        _float(pdf, sheet, kind, words, left, begin, room, end)
    if look.drawn == "row by row":
        sheet.runs.sort(key=lambda run: (run[2], run[1]))
    elif look.drawn == "shuffled":
        blocks = sorted({run[0] for run in sheet.runs})
        place = dict(zip(blocks, drawn.sample(blocks, len(blocks)), strict=True))
        sheet.runs.sort(key=lambda run: place[run[0]])
    return sheet


def as_pdf(sheets: Sequence[Sheet], head: str = "", foot: str = "") -> bytes:
    """The pages as a PDF; `head` and `foot` stand on each, `{}` in them is the page's number."""
    pdf = _pdf()
    for number, sheet in enumerate(sheets, 1):
        pdf.add_page()
        for frame in sheet.frames:
            pdf.rect(*frame)
        for text, y in ((head, 40), (foot, 815)):
            if text:
                pdf.set_font("Helvetica", "", 8)
                pdf.text(LEFT, y, text.format(number))
        for _, x, y, text, face, style, size in sheet.runs:
            pdf.set_font(face, style, size)
            pdf.text(x, y, text)
    return bytes(pdf.output())


def _pdf() -> Any:
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=(WIDTH, HEIGHT))
    pdf.set_auto_page_break(False)
    return pdf


def _fill(pdf: Any, words: list[str], width: float, face: str, style: str, size: float, indent: float) -> Iterator[str]:
    """Lines of words that fit a width; long words are parted by a hyphen."""
    pdf.set_font(face, style, size)
    held = ""
    room = width - indent
    for word in words:
        while held and pdf.get_string_width(f"{held} {word}") > room:
            cut = len(word) // 2
            if len(word) > 9 and word.isalpha() and pdf.get_string_width(f"{held} {word[:cut]}-") <= room:
                yield f"{held} {word[:cut]}-"
                held, word = "", word[cut:]
            else:
                yield held
                held = ""
            room = width
        held = f"{held} {word}" if held else word
    if held:
        yield held


def _put(
    sheet: Sheet, kind: str, text: str, column: int, last: bool, x: float, y: float, face: str, style: str, size: float
) -> None:
    sheet.lines.append(Line(kind, text, column, last))
    block = len({(line.kind, line.column) for line in sheet.lines})
    sheet.runs.append((block, x, y, text, face, style, size))


def _pour(
    pdf: Any,
    sheet: Sheet,
    words: Iterator[str],
    columns: list[list[tuple[float, float]]],
    lefts: list[float],
    width: float,
) -> None:
    """Fills the columns with paragraphs, one flow from the first to the last."""
    look, leading = sheet.look, sheet.look.size * 1.25
    side = look.box == "side"
    bands = [(n, begin, end) for n, parts in enumerate(columns) for begin, end in parts]
    if look.table == "page" and look.columns > 1:  # read above the table first
        bands.sort(key=lambda band: (band[1], band[0]))
    spots = [
        (n, y, width - (170 if side and 290 < y < 445 else 0))
        for n, begin, end in bands
        for y in _steps(begin + leading, end, leading)
    ]
    paragraph: list[str] = []
    fresh = True
    for number, (column, y, room) in enumerate(spots):
        if not paragraph:
            fresh = True
            while len(paragraph) < 25 or not re.search(r"[.!?]$", paragraph[-1]):
                paragraph.append(next(words))
        indent = look.indent if fresh else 0.0
        line = next(_fill(pdf, paragraph, room, look.face, "", look.size, indent))
        rest = " ".join(paragraph)[len(line.removesuffix("-")) :] if line.endswith("-") else ""
        used = len(line.split())
        paragraph = rest.split() if rest and not " ".join(paragraph).startswith(line) else paragraph[used:]
        last = not paragraph
        x = lefts[column] + indent
        sheet.lines.append(Line("text", line, column, last))
        block = 10 + number // 7 if look.drawn == "shuffled" else 10
        if look.justified and not last and " " in line:
            parts = line.split()
            spare = room - indent - sum(pdf.get_string_width(part) for part in parts)
            for part in parts:
                sheet.runs.append((block, x, y, part, look.face, "", look.size))
                x += pdf.get_string_width(part) + spare / (len(parts) - 1)
        else:
            sheet.runs.append((block, x, y, line, look.face, "", look.size))
        fresh = False


def _steps(begin: float, end: float, step: float) -> Iterator[float]:
    while begin <= end:
        yield begin
        begin += step


def _float(
    pdf: Any, sheet: Sheet, kind: str, words: Iterator[str], left: float, top: float, width: float, bottom: float
) -> None:
    """What stands beside the text: a picture's caption, a note, a box with a head, a table."""
    column = 100 + len([1 for line in sheet.lines if line.kind == kind])
    size = sheet.look.size
    if kind == "table":
        rows = [
            ["Year", "Fires", "Houses lost"],
            *([str(1990 + n), str(n * 37 + 12), f"{n * 911 + 204:,}"] for n in range(5)),
        ]
        for n, cells in enumerate(rows):
            sheet.lines.append(Line(kind, " ".join(cells), column, True))
            for m, cell in enumerate(cells):
                sheet.runs.append((column, left + m * width / 3, top + 14 * (n + 1), cell, "Helvetica", "", size))
        return
    if kind == "caption":
        sheet.frames.append((left, top + 10, width, bottom - top - 50))
    if kind == "box":
        sheet.frames.append((left - 4, top, width + 4, bottom - top))
        _put(sheet, kind, "What we know so far", column, True, left, top + 14, "Helvetica", "B", size)
        top += 14
    small = size if kind == "box" else size * 0.8
    face, style = ("Helvetica", "") if kind != "caption" else ("Times", "I")
    begin = bottom - 34 if kind == "caption" else top
    told = [f"{column - 99}"] if kind == "note" else []
    while len(told) < 400:
        told.append(next(words))
    spots = list(_steps(begin + small * 1.2, bottom - 2, small * 1.2))
    lines = list(zip(spots, _fill(pdf, told, width - 6, face, style, small, 0.0), strict=False))
    for n, (y, line) in enumerate(lines):
        text = line if n + 1 < len(lines) else re.sub(r"[\W_]*$", ".", line)
        _put(sheet, kind, text, column, n + 1 == len(lines), left, y, face, style, small)


# Judging


def plain(text: str) -> str:
    """Letters and digits alone: what is left of a line however it was joined."""
    return re.sub(r"[\W_]", "", text).casefold()


def judge(sheet: Sheet, text: str) -> tuple[Counter[str], Counter[str]]:
    """Places where one line is read after another, by kind, and how many of them an extraction has wrong.

    Text goes on from line to line and column to column ("column"); a float is read whole and never within a paragraph.
    """
    read = plain(text)
    held: dict[int, str] = {}
    for line in sheet.lines:
        if line.kind in FLOATS:
            held[line.column] = held.get(line.column, "") + plain(line.text)
    floats = {line.column: line.kind for line in sheet.lines if line.kind in FLOATS}
    there: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for before, line in zip(sheet.lines, sheet.lines[1:], strict=False):
        if before.kind != line.kind or (before.kind in FLOATS and before.column != line.column):
            continue
        kind = line.kind if line.kind != "text" else "line" if before.column == line.column else "column"
        there[kind] += 1
        first, second = plain(before.text), plain(line.text)
        if first + second in read:
            continue
        between = [some for some in chains(list(held)) if first + "".join(held[n] for n in some) + second in read]
        if first not in read or second not in read:
            wrong["lost"] += 1
        elif not (line.kind == "text" and between and before.last):
            wrong[floats[between[0][0]] if between else kind] += 1
    return there, wrong


def chains(floats: list[int]) -> list[tuple[int, ...]]:
    """One float, or two one after another."""
    return [*((one,) for one in floats), *permutations(floats, 2)]
