"""Pages in reading order: columns, floats, running heads, hyphens, whatever drew them and in whatever order."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pypdfium2 import PdfDocument

from index.article import Article, Original
from index.reading.formats import pdf
from index.reading.layout import Piece, in_order, read_page
from index.reading.pieces import pieces_of
from tests.support.laid_out import LOOKS, Look, Sheet, as_pdf, judge, lay_out, plain

pytestmark = pytest.mark.slow


def numbered(seed: int = 0) -> Iterator[str]:
    """Words that are all different, in sentences; a line's place can be told from them."""
    drawn = random.Random(seed)
    count = 0
    while True:
        length = drawn.randrange(7, 17)
        for n in range(length):
            word = drawn.choice("bdfgklmnprst") + "".join(drawn.choice("aeiou") for _ in range(drawn.randrange(4)))
            word += np.base_repr(count, 36).lower()
            yield (word.capitalize() if n == 0 else word) + ("." if n == length - 1 else "")
            count += 1


def lines(text: str, left: float = 0.0, top: float = 0.0, *, size: float = 10.0) -> list[Piece]:
    """Lines one below the other, a character 5 wide."""
    return [
        Piece(words, left, top + 12 * n, left + 5 * len(words), top + 12 * n + size, size)
        for n, words in enumerate(text.splitlines())
    ]


def sheet(look: Look, seed: int = 5) -> Sheet:
    return lay_out(look, numbered(seed), random.Random(seed))


def text_of(data: bytes) -> str:
    return "\n".join("\n".join(read_page(pieces_of(page)[0])) for page in PdfDocument(data))


def article_of(tmp_path: Path, data: bytes) -> Article:
    file = tmp_path / "a.pdf"
    file.write_bytes(data)
    [article] = [item for item in pdf.read(Original(file, "a", "a.pdf")) if isinstance(item, Article)]
    return article


@pytest.mark.parametrize("look", LOOKS[:9] + LOOKS[11:17], ids=str)
def test_columns_are_read_one_after_another_however_they_are_drawn(look: Look) -> None:
    made = sheet(look)
    there, wrong = judge(made, text_of(as_pdf([made])))
    assert not wrong and there["line"] > 50 and there["column"] >= look.columns - 1


def test_the_judge_sees_lines_that_are_read_across() -> None:
    made = sheet(LOOKS[1])
    across = "\n".join(run[3] for run in sorted(made.runs, key=lambda run: (run[2], run[1])))
    there, wrong = judge(made, across)
    assert wrong["line"] > there["line"] / 2


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_drawing_changes_nothing(seed: int) -> None:
    made = lay_out(LOOKS[seed], numbered(3), random.Random(3))
    pieces, cut = pieces_of(PdfDocument(as_pdf([made]))[0])
    shuffled = random.Random(seed).sample(pieces, len(pieces))
    assert (read_page(shuffled), cut) == (read_page(pieces), 0)


@pytest.mark.slow
def test_no_word_is_lost_or_read_twice() -> None:
    for look in LOOKS:
        made = sheet(look)
        told = Counter(plain("".join(line.text for line in made.lines)))
        assert Counter(plain(text_of(as_pdf([made])))) == told


def test_what_stands_within_a_sentence_is_read_before_its_paragraph() -> None:
    page = [
        *lines("The mayor told the council on the Monday\nafter the fire that nobody had known all"),
        *(replace(line, face="Italic") for line in lines("The works, two days later", top=24, size=8)),
        *lines("of the second tank under the old yard.", top=60),
    ]
    assert read_page(page) == [
        "The works, two days later",
        "The mayor told the council on the Monday after the fire that nobody had known all"
        " of the second tank under the old yard.",
    ]


CAPTION = "The east wall of the dam above Orrey in March, seen from the road. Photograph: Per Holm"


def with_caption(columns: int, size: float, face: str, style: str, above: float, caption: str = CAPTION) -> bytes:
    """A text of one face, after its fourth line a caption in another size, face or style, or with room above it."""
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    pdf.add_page()
    width = 470 if columns == 1 else 225

    def put(words: str, left: float, top: float, face: str, style: str, size: float, begin: int = 0) -> float:
        pdf.set_font(face, style, size)
        found = pdf.multi_cell(width, 1.25 * size, words, dry_run=True, output="LINES", align="L")[begin:]
        for line in found[: 4 if begin == 0 and left == 60 and words is DAM else len(found)]:
            pdf.text(left, top, line)
            top += 1.25 * size
        return top

    top = put(caption, 60, put(DAM, 60, 80, "Times", "", 11) + above, face, style, size)
    put(DAM, 60, top + 12, "Times", "", 11, begin=4)
    if columns == 2:
        put(f"{DAM} ", 310, 80, "Times", "", 11)
    return bytes(pdf.output())


DAM = 2 * (
    "The dam above Orrey lost a metre of water in a week, the water board said on Tuesday after a long meeting in the"
    " town hall of Orrey. Its engineers look for a leak in the east wall, where the rock is old and full of cracks that"
    " were filled with clay when the dam was built in 1958. Nobody was asked to leave the valley, but the school at the"
    " foot of the dam stays shut until the leak is found. The dam holds eleven million cubic metres. "
)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize(
    ("size", "face", "style", "above"),
    [
        (8, "Times", "", 10),
        (8, "Times", "", 150),
        (11, "Times", "I", 100),
        (10, "Times", "", 100),
        (10, "Helvetica", "", 90),
    ],
)
def test_a_caption_parts_no_sentence(columns: int, size: float, face: str, style: str, above: float) -> None:
    said = text_of(with_caption(columns, size, face, style, above)).split("\n")
    assert CAPTION in said
    assert [line for line in said if not line.endswith((".", "Holm"))] == []
    assert "".join(DAM.split()) in "".join("".join(line for line in said if line != CAPTION).split())


def test_a_caption_that_is_set_as_the_text_is_told_by_its_credit() -> None:
    said = text_of(with_caption(2, 11, "Times", "", 100)).split("\n")
    assert CAPTION in said and [line for line in said if not line.endswith((".", "Holm"))] == []


def test_a_word_that_a_line_parts_is_whole_and_keeps_a_hyphen_that_is_its_own() -> None:
    page = lines("The fire bri-\ngade of the well-\nknown works came.\nIt is well-known.")
    assert " ".join(read_page(page)) == "The fire brigade of the well-known works came. It is well-known."


def test_a_table_is_read_row_by_row() -> None:
    cells = [("Year", "Fires", "Houses"), ("1990", "12", "204"), ("1991", "49", "1,115"), ("1992", "86", "2,026")]
    page = [
        Piece(cell, 90.0 * n, 12.0 * row, 90.0 * n + 5 * len(cell), 12.0 * row + 10, 10.0)
        for row, held in enumerate(cells)
        for n, cell in enumerate(held)
    ]
    assert read_page(page) == [" ".join(held) for held in cells]


def test_a_short_line_ends_its_paragraph_and_a_full_one_does_not() -> None:
    page = lines(
        "It was the longest day of the year here.\nIt rained.\nNobody went to the river that whole day,\nAnna said."
    )
    assert read_page(page) == [
        "It was the longest day of the year here. It rained.",
        "Nobody went to the river that whole day, Anna said.",
    ]


def test_a_page_of_very_many_pieces_is_read_in_time() -> None:
    """A list of bytes with a piece for each took minutes: each was held against all others, again and again."""
    places = [(30.0 * (n % 16), 12.0 * (n // 16)) for n in range(6_000)]
    held = [Piece(f"{n % 97:02x}", x, y, x + 14, y + 10, 10) for n, (x, y) in enumerate(places)]
    began = time.process_time()
    assert sorted(" ".join(read_page(held)).split()) == sorted(one.text for one in held)
    assert time.process_time() - began < 5


def test_an_empty_page_has_no_paragraphs() -> None:
    assert read_page([]) == [] and in_order([Piece("  ", 0, 0, 1, 1, 1)]) == []


def test_running_heads_and_page_numbers_are_kept_apart_once_with_their_count(tmp_path: Path) -> None:
    made = [sheet(Look(columns=2), seed) for seed in (1, 2, 3)]
    article = article_of(tmp_path, as_pdf(made, head="The Vellin Courier, 3 May 2021", foot="Page {} of 3"))
    body = article.words(0, len(article.text))
    assert "Vellin" not in body and "Page" not in body
    assert [(article.text[one.start : one.end], one.what) for one in article.asides] == [
        ("The Vellin Courier, 3 May 2021", "at the head or foot of 3 pages"),
        ("Page 1 of 3", "at the head or foot of 3 pages"),
    ]
    assert len(article.pages) == 3 and not article.warnings
    for start, page in zip(article.pages, made, strict=True):
        assert plain(article.text[start : start + 40]).startswith(plain(page.lines[0].text)[:10])


def test_a_page_alone_keeps_its_head(tmp_path: Path) -> None:
    article = article_of(tmp_path, as_pdf([sheet(Look())], head="The Vellin Courier"))
    assert "The Vellin Courier" in article.text and not article.asides


def test_text_on_its_side_is_read_after_the_page_and_a_page_on_its_side_as_any() -> None:
    from fpdf import FPDF

    made = FPDF(unit="pt", format="A4")
    made.set_font("Times", size=11)
    made.add_page()
    with made.rotation(90, 20, 500):
        made.text(20, 500, "printed in Vellin")
    for n in range(5):
        made.text(60, 100 + 14 * n, f"The line of the page with the number {n}.")
    made.add_page()
    with made.rotation(90, 300, 400):
        for n in range(5):
            made.text(100, 300 + 14 * n, f"The line on its side with the number {n}.")
    document = PdfDocument(bytes(made.output()))
    first, second = (" ".join(read_page(pieces_of(page)[0])) for page in document)
    assert first.endswith("number 4. printed in Vellin") and first.startswith("The line of the page with the number 0.")
    assert second == " ".join(f"The line on its side with the number {n}." for n in range(5))


@pytest.mark.parametrize("kept", [1.0, 0.7])
def test_prose_that_is_lost_in_ordering_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: float) -> None:
    def loses(pieces: list[Piece], words: frozenset[str]) -> list[str]:
        return read_page(pieces[: int(kept * len(pieces))], words)

    monkeypatch.setattr(pdf, "read_page", loses)
    warnings = article_of(tmp_path, as_pdf([sheet(LOOKS[0])])).warnings
    assert (not warnings) if kept == 1 else "words of the PDF's prose are not in the text" in warnings[0]
