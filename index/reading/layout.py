"""The lines of a page in the order in which they are read, joined to paragraphs: columns, boxes, tables, small print.

It knows where pieces of lines stand and how large they are set, and nothing of what drew them: those of a PDF and those
that were recognised in a picture are put in order alike.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from statistics import median

from index.reading.unwrap import HYPHEN, join

LEAST_LINES = 4  # of a column, side by side with another: fewer may be a gap between words, in lines set to a width
LEAST_ROWS = 3  # of a table
LEAST_CHARACTERS = 14  # of a column's usual line: the cells of a table have fewer
FILLED = 0.6  # of a column's width that its usual line has
STRIPE = 0.2  # of a line's height, that is empty above and below a table at least
GAP = 0.6  # of a line's height, that parts columns at least
SAME_ROW = 0.5  # of the lower piece's height, that two pieces share
SAME_SIZE = 0.1  # of a size, by which lines of one paragraph may differ
LEADING = 1.45  # times the usual distance of lines: a paragraph ends
INDENT = (0.6, 4.0)  # of a line's height: the next line begins a paragraph
SET_ALIKE = 0.03  # of a size, in one face: type that is set smaller by less than that is no small print
ALIGNED = 0.25  # of a line's height, by which lines of a column may begin apart
LONGEST_CAPTION = 400
AHEAD = 8  # paragraphs that may stand within a sentence that goes on after them
ENDED = re.compile(r"[.!?…:;][\"”’»')\]\d*†]*$")
ITEM = re.compile(r"[-*•‣·▪–]\s|\(?\d{1,2}[.)]\s")
CAPTION = re.compile(
    r"(?i)^(?:fig(?:ure|\.)|abb(?:ildung|\.)|(?:photo|picture|image|foto|bild)s?\b:?)\s*\d*\s*[.:]"
    r"|\b(?:photo(?:graph(?:y|s)?|s)?|pictures?|images?|fotos?|bild(?:er)?|credits?|crédits?)\s*(?::|©|/|\bby\b)"
    r"\s*(?-i:[A-ZÀ-Þ]).{1,60}$"
)


@dataclass(frozen=True)
class Piece:
    """Words that stand on one line: their edges, to the right and downwards, and the size and face they are set in.

    `parts` says which pieces of its page it is made of, by their places there.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    face: str = ""
    parts: tuple[int, ...] = ()

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Paragraph:
    """Lines that are read one after another; `full` says that its last line has no room for another word.

    `region` counts the columns and boxes of a page, in the order in which they are read.
    """

    lines: tuple[Piece, ...]
    region: int
    full: bool

    @property
    def size(self) -> float:
        return median(line.size for line in self.lines)


def read_page(pieces: Sequence[Piece], words: frozenset[str] = frozenset()) -> list[str]:
    """The paragraphs of a page in reading order, one text each; `words` are those of the document.

    >>> left = [Piece(f"the left column, line {n}", 0, 12 * n, 100, 12 * n + 10, 10) for n in range(4)]
    >>> right = [Piece(f"the right column, line {n}", 120, 12 * n, 220, 12 * n + 10, 10) for n in range(4)]
    >>> [text.count("left") for text in read_page([line for row in zip(left, right) for line in row])]
    [4]
    """
    own = words or frozenset(words_of(pieces))
    return [join_words(one.lines, own) for one in in_order(pieces)]


def words_of(pieces: Sequence[Piece]) -> Iterator[str]:
    """The words of some lines, those with a hyphen in them whole."""
    for piece in pieces:
        yield from re.findall(r"\w+(?:-\w+)*", piece.text)


def join_words(lines: Sequence[Piece], words: frozenset[str]) -> str:
    """Lines as one text; a word that was parted at a line's end is put together."""
    text = ""
    for line in lines:
        text = join(text, line.text, words) if text else line.text
    return text


def in_order(pieces: Sequence[Piece]) -> list[Paragraph]:
    """The paragraphs of a page as they are read. What stands within a sentence is put before its paragraph."""
    found: list[Paragraph] = []
    for number, region in enumerate(_regions([one for one in pieces if one.text.strip()])):
        found += _paragraphs(region, number)
    return _with_sentences_whole(found)


# Columns


def _regions(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Parts of a page that hold one column each, in reading order."""
    parted = _columns(pieces)
    if parted is None:
        if pieces:
            yield pieces
        return
    for part in parted:
        yield from _regions(part)


def _columns(pieces: list[Piece]) -> list[list[Piece]] | None:
    """A part of a page cut beside one gutter: what crosses it stands between the columns above and below it.

    Of all gutters the one that is crossed least; None where there is none.
    """
    best: tuple[float, list[list[Piece]]] | None = None
    for edge in _edges(pieces):
        room = GAP * median(piece.height for piece in pieces)
        right = [piece for piece in pieces if piece.left >= edge - ALIGNED * piece.height]
        kept = {id(piece) for piece in right}
        left = [piece for piece in pieces if piece.right <= edge - room and id(piece) not in kept]
        kept |= {id(piece) for piece in left}
        across = [piece for piece in pieces if id(piece) not in kept]
        parts = _bands(left, right, across)
        if parts is None:
            continue
        cost = len(across) / len(pieces)
        if best is None or cost < best[0]:
            best = cost, parts
    return best[1] if best else None


def _edges(pieces: list[Piece]) -> Iterator[float]:
    """Where at least LEAST_LINES lines begin below each other, from the left; each such place once."""
    starts = sorted(pieces, key=lambda piece: piece.left)
    begin = 0
    for end in range(1, len(starts) + 1):
        near = end < len(starts) and starts[end].left - starts[end - 1].left <= ALIGNED * starts[end].height
        if near:
            continue
        if end - begin >= LEAST_LINES and begin:
            yield starts[begin].left
        begin = end


def _bands(left: list[Piece], right: list[Piece], across: list[Piece]) -> list[list[Piece]] | None:
    """The parts beside a gutter, top to bottom, where columns stand side by side; None where they nowhere do.

    What crosses the gutter ends the columns above it, and so does a table; a caption that is set smaller does not.
    """
    size = median(piece.size for piece in (*left, *right)) if left or right else 0.0
    small = [piece for piece in across if piece.size < size and not _same_size(piece, replace(piece, size=size))]
    apart = {id(piece) for piece in small}
    walls = [[piece] for piece in across if id(piece) not in apart]
    tables = list(_tables([*left, *right], left))
    within = {id(piece) for table in tables for piece in table}
    walls = sorted([*walls, *tables], key=lambda wall: min(piece.middle for piece in wall))
    sides = [[piece for piece in side if id(piece) not in within] for side in (left, right)]
    parts: list[list[Piece]] = []
    waiting: list[Piece] = []
    side_by_side = False
    begin = float("-inf")
    for wall in (*walls, []):
        end = min((piece.middle for piece in wall), default=float("inf"))
        columns = [[piece for piece in side if begin <= piece.middle < end] for side in sides]
        if _are_columns(*columns):
            side_by_side = True
            parts += [waiting] if waiting else []
            parts += [*columns, [piece for piece in small if begin <= piece.middle < end]]
            waiting = []
        else:
            waiting += [*columns[0], *columns[1], *(piece for piece in small if begin <= piece.middle < end)]
        if len(wall) > 1:  # a table
            parts += [waiting] if waiting else []
            parts.append(wall)
            waiting = []
        else:
            waiting += wall
        begin = max(begin, end)
    parts += [waiting] if waiting else []
    return [part for part in parts if part] if side_by_side else None


def _tables(pieces: list[Piece], left: list[Piece]) -> Iterator[list[Piece]]:
    """Rows of short pieces on both sides of a gutter, with room above and below them."""
    own = {id(piece) for piece in left}
    for block in _blocks(pieces):
        rows = _rows(block)
        lengths = [
            [sum(len(piece.text) for piece in row if (id(piece) in own) is side) for side in (True, False)]
            for row in rows
        ]
        both = [pair for pair in lengths if all(pair)]
        if len(both) >= LEAST_ROWS and median(max(pair) for pair in both) < LEAST_CHARACTERS:
            yield block


def _blocks(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Pieces between stripes of the page that are empty from the left to the right."""
    held: list[Piece] = []
    bottom = 0.0
    for piece in sorted(pieces, key=lambda piece: piece.top):
        if held and piece.top > bottom + STRIPE * piece.height:
            yield held
            held = []
        bottom = max(bottom, piece.bottom) if held else piece.bottom
        held.append(piece)
    if held:
        yield held


def _are_columns(left: list[Piece], right: list[Piece]) -> bool:
    """Whether two groups of lines are prose, side by side."""
    if not (_is_prose(left) and _is_prose(right)):
        return False
    top = max(min(piece.top for piece in side) for side in (left, right))
    bottom = min(max(piece.bottom for piece in side) for side in (left, right))
    return bottom > top


def _is_prose(lines: list[Piece]) -> bool:
    rows = _rows(lines)
    if len(rows) < LEAST_LINES:
        return False
    begin, end = min(piece.left for piece in lines), max(piece.right for piece in lines)
    filled = median((row[-1].right - row[0].left) / max(1e-6, end - begin) for row in rows)
    usual = median(sum(len(piece.text) for piece in row) for row in rows)
    return filled >= FILLED and usual >= LEAST_CHARACTERS


# Lines and paragraphs


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that stand on one line together, from the left; the lines from the top."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.middle):
        if rows:
            last = rows[-1][-1]
            shared = min(last.bottom, piece.bottom) - max(last.top, piece.top)
            if shared >= SAME_ROW * min(last.height, piece.height):
                rows[-1].append(piece)
                continue
        rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _paragraphs(region: list[Piece], number: int) -> Iterator[Paragraph]:
    """The paragraphs of one column."""
    rows = _rows(region)
    lines = [_as_line(row) for row in rows]
    steps = [after.middle - before.middle for before, after in pairwise(lines)]
    begin, end = min(line.left for line in lines), max(line.right for line in lines)
    held: list[Piece] = []
    for place, line in enumerate(lines):
        after = lines[place + 1] if place + 1 < len(lines) else None
        held.append(line)
        table = len(rows[place]) > 1 or (after is not None and len(rows[place + 1]) > 1)
        if after is None:
            yield Paragraph(tuple(held), number, _is_full(line, None, end))
        elif table or _ends(line, after, steps, begin, end):
            # Where it goes on is below what is set in another way, such as a caption.
            on = next((other for other in lines[place + 1 : place + AHEAD] if _set_alike(line, other)), after)
            full = _is_full(line, after, end) or _is_full(line, on, end)
            yield Paragraph(tuple(held), number, not table and full)
            held = []


def _as_line(row: Sequence[Piece]) -> Piece:
    longest = max(row, key=lambda piece: len(piece.text))
    return replace(
        longest,
        text=" ".join(piece.text for piece in row),
        left=row[0].left,
        right=max(piece.right for piece in row),
        parts=tuple(chain.from_iterable(piece.parts for piece in row)),
    )


def _ends(line: Piece, after: Piece, steps: Sequence[float], begin: float, end: float) -> bool:
    """Whether a paragraph ends with a line of its column, which goes from `begin` to `end`."""
    if not _same_size(line, after) or ITEM.match(after.text):
        return True
    if HYPHEN.search(line.text) and after.text[:1].islower():
        return False
    usual = [step for step in steps if step <= 2.5 * line.height]
    if after.middle - line.middle > LEADING * (median(usual) if usual else line.height):
        return True
    indent = (after.left - begin) / line.height
    if INDENT[0] <= indent <= INDENT[1] and line.left - begin < INDENT[0] * line.height:
        return True
    return not _is_full(line, after, end) and not after.text[:1].islower()


def _is_full(line: Piece, after: Piece | None, end: float) -> bool:
    """Whether the first word of the next line had no room any more on this one."""
    character = (line.right - line.left) / max(1, len(line.text))
    first = after.text.split(maxsplit=1)[0] if after else "at the"
    return line.right + character * (len(first) + 1) > end


def _set_alike(one: Piece, other: Piece) -> bool:
    exact = SET_ALIKE if one.face else SAME_SIZE  # what is read in a picture has no face, and sizes near to its own
    return abs(one.size - other.size) <= exact * max(one.size, other.size) and one.face == other.face


def is_caption(lines: Sequence[Piece]) -> bool:
    """Whether a paragraph says that it is a picture's, by its first words or the picture's credit at its end.

    >>> is_caption([Piece("The east wall. Photograph: Per Holm", 0, 0, 1, 1, 8)])
    True
    >>> is_caption([Piece("He took the picture by the wall.", 0, 0, 1, 1, 8)])
    False
    """
    text = " ".join(line.text for line in lines)
    return len(text) <= LONGEST_CAPTION and bool(CAPTION.search(text))


def _same_size(one: Piece, other: Piece) -> bool:
    return abs(one.size - other.size) <= SAME_SIZE * max(one.size, other.size)


# Sentences that go on


def _with_sentences_whole(found: list[Paragraph]) -> list[Paragraph]:
    """Paragraphs with those joined that one sentence parts, at a column's end or around a box or small print."""
    made: list[Paragraph] = []
    rest = list(found)
    while rest:
        one = rest.pop(0)
        while (ahead := _goes_on(one, rest)) is not None:
            between, after = rest[:ahead], rest[ahead]
            made += between
            del rest[: ahead + 1]
            one = Paragraph(one.lines + after.lines, after.region, after.full)
        made.append(one)
    return made


def _goes_on(one: Paragraph, rest: Sequence[Paragraph]) -> int | None:
    """Which of the next paragraphs goes on with the sentence that one leaves open, by place; None where none does."""
    last = one.lines[-1]
    if not one.full or ENDED.search(last.text):
        return None
    for place, after in enumerate(rest[:AHEAD]):
        first = after.lines[0]
        beside = place > 0 and not any(
            _set_alike(last, held.lines[0]) and not is_caption(held.lines) for held in rest[:place]
        )
        if (after.region == one.region and not beside) or not _same_size(last, first) or ITEM.match(first.text):
            continue
        if is_caption(after.lines):
            continue
        if first.text[:1].islower() or (place == 0 and last.face == first.face):
            return place
    return None
