"""Pages that are pictures: read where a recogniser is there, told where none is, and doubted word by word."""

import importlib.util
import io
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image, ImageDraw

import cli.main
from index.article import Article, ArticleError, Doubt, Original, StillReading, article_of
from index.reading.formats import pdf
from index.reading.recogniser import ReadLine, Word
from qa.answer import cite
from qa.bibliography import footnote
from web.export import _source

pytestmark = pytest.mark.slow

BLANK = Image.new("RGB", (1240, 1754), "white")


def scan(*pages: Image.Image) -> bytes:
    data = io.BytesIO()
    pages[0].save(data, "PDF", save_all=True, append_images=pages[1:], resolution=150)
    return data.getvalue()


class Recites:
    """A recogniser that knows what each page says: words, those with a question mark behind them read with doubt."""

    def __init__(self, *pages: str) -> None:
        self.pages = list(pages)
        self.seen: list[tuple[int, int]] = []

    def read(self, image: Image.Image) -> Iterable[ReadLine]:
        self.seen.append(image.size)
        for number, line in enumerate(self.pages.pop(0).splitlines()):
            words = tuple(Word(word.rstrip("?"), 0.4 if word.endswith("?") else 0.99) for word in line.split())
            yield ReadLine(words, 100, 100 + 30 * number, 100 + 12 * len(line), 124 + 30 * number)


def read(tmp_path: Path, data: bytes, recogniser: Any) -> tuple[list[Article], list[str], int]:
    file = tmp_path / "a.pdf"
    file.write_bytes(data)
    items = []
    try:
        for item in pdf.read(Original(file, "a", "a.pdf"), recogniser):
            items.append(item)
    except ArticleError as error:
        items.append(error)
    pages = sum(isinstance(item, StillReading) for item in items)
    told = [str(item) for item in items if isinstance(item, ArticleError) and not isinstance(item, StillReading)]
    return [item for item in items if isinstance(item, Article)], told, pages


def test_a_scan_is_read_and_its_doubtful_words_are_known(tmp_path: Path) -> None:
    says = Recites("The bridge opened on Monday.\nOf 850? homes? none was lost.", "It rained on the second page.")
    [article], problems, pages = read(tmp_path, scan(BLANK, BLANK), says)
    assert article.text == "The bridge opened on Monday. Of 850 homes none was lost.\nIt rained on the second page.\n"
    assert [article.text[one.start : one.end] for one in article.doubts if not one.sure] == ["850 homes"]
    assert article.pages == (0, article.text.index("It rained"))
    assert article.warnings == ("2 of 2 pages are pictures that a text recogniser read; 2 of 17 words are not sure",)
    assert (problems, pages) == ([], 2)


def test_a_quote_with_a_doubtful_word_says_so_beside_it(tmp_path: Path) -> None:
    says = Recites("The bridge opened on Monday.", "Of 850? homes none was lost.\nNobody was hurt there at all.")
    [article], _, _ = read(tmp_path, scan(BLANK, BLANK), says)
    start = article.text.index("Of 850")
    doubted = cite(1, article, start, start + len("Of 850 homes none was lost."))
    assert doubted.caution == "read from a scan, not surely; check page 2"
    assert cite(2, article, 0, 28).caution == "read from a scan; check page 1"
    assert cite(3, Article("a", "One.", "A"), 0, 4).caution is None


def test_a_caution_stands_beside_the_quote_wherever_it_is_told() -> None:
    article = Article("a", "Of 850 homes none was lost.", "A", pages=(0,), doubts=(Doubt(0, 27, sure=True),))
    cited = cite(1, article, 0, 27)
    told = (
        cli.main._sources(cast(Any, SimpleNamespace(citations=[cited], replay={"settings": {"speak": "en"}}))),
        footnote(cited),
        str(_source(asdict(cited))),
    )
    assert [one.count("read from a scan; check page 1") for one in told] == [1, 1, 1]


def test_what_pypdf_reads_in_place_of_pdfium_is_true_text() -> None:
    page = cast(Any, SimpleNamespace(extract_text=lambda: "It\0 rained\ud800 and \ufdd0snowed."))
    assert [piece.text for piece in pdf._by_pypdf(page).pieces] == ["It rained and snowed."]


def test_an_article_without_doubts_has_the_digest_that_it_had() -> None:
    plain = Article("a", "One.", "A")
    assert plain.digest != Article("a", "One.", "A", doubts=(Doubt(0, 4),)).digest
    row = {name: value for name, value in vars(plain).items() if name not in ("doubts", "warnings", "notes")}
    assert article_of(row) == plain


def test_pages_without_words_are_told_and_counted(tmp_path: Path) -> None:
    [article], problems, _ = read(tmp_path, scan(BLANK, BLANK), Recites("", "Some words are here."))
    assert problems == ["a.pdf: 1 of 2 pages are pictures in which no words are found; they are left out"]
    assert article.text == "Some words are here.\n" and len(article.warnings) == 2
    assert read(tmp_path, scan(BLANK), Recites("")) == (
        [], ["a.pdf: holds no text, its pages are pictures without words"], 1,
    )  # fmt: skip


def test_more_pages_than_are_read_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_RECOGNISED", 2)
    says = Recites("The first page.", "The second page.")
    [article], problems, pages = read(tmp_path, scan(BLANK, BLANK, BLANK, BLANK), says)
    assert (article.text, pages) == ("The first page.\nThe second page.\n", 2)
    assert problems == ["a.pdf: 2 of 4 pages are pictures, most past the 2 that are read of one PDF; they are left out"]


def test_a_vast_page_is_drawn_no_larger_than_one_is_read(tmp_path: Path) -> None:
    says = Recites("A poster.")
    data = io.BytesIO()
    Image.new("1", (9000, 3000)).save(data, "PDF", resolution=10)
    read(tmp_path, data.getvalue(), says)
    assert max(says.seen[0]) <= pdf.LONGEST_SIDE + 1


def test_a_stamp_on_a_scan_does_not_hide_that_it_is_one(tmp_path: Path) -> None:
    from fpdf import FPDF

    made = FPDF(unit="pt", format="A4")
    made.add_page()
    made.image(Image.new("RGB", (600, 800), "white"), 0, 0, 595, 842)
    made.set_font("Helvetica", size=8)
    made.text(200, 830, "Scanned by the library")
    data = bytes(made.output())
    says = Recites("The bridge opened on Monday, said the mayor.\nScanned by the library")
    [article], _, _ = read(tmp_path, data, says)
    assert article.text.startswith("The bridge opened on Monday")
    [article], problems, _ = read(tmp_path, data, Recites(""))
    assert (article.text, problems) == ("Scanned by the library\n", [])
    assert article.warnings[0].startswith("1 of 1 pages are pictures in which no words are found")


def test_recognised_words_are_put_in_columns_too(tmp_path: Path) -> None:
    class Columns:
        def read(self, image: Image.Image) -> Iterable[ReadLine]:
            for n in range(6):
                for left, side in ((100, "left"), (700, "right")):
                    words = tuple(Word(word, 0.99) for word in f"the {side} column of this page {n}".split())
                    yield ReadLine(words, left, 100 + 30 * n, left + 480, 124 + 30 * n)

    [article], _, _ = read(tmp_path, scan(BLANK), Columns())
    assert article.text.rindex("left") < article.text.index("right")


@pytest.mark.parametrize(("busy", "said"), [(True, range(2, 9)), (False, range(1, 3))])
def test_a_recogniser_is_waited_for_while_it_works_and_not_where_it_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: bool, said: range
) -> None:
    class Slow:
        def read(self, image: Image.Image) -> Iterable[ReadLine]:
            until = time.monotonic() + 2.2
            while time.monotonic() < until:
                if not busy:
                    time.sleep(0.5)
            return Recites("It rained.").read(image)

    monkeypatch.setattr(pdf, "SAID_EVERY", 0.5)
    [article], _, pages = read(tmp_path, scan(BLANK), Slow())
    assert article.text == "It rained.\n" and pages in said  # the last is said once the page is read


def test_a_recogniser_that_ends_nowhere_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        def read(self, image: Image.Image) -> Iterable[ReadLine]:
            until = time.monotonic() + 2.2
            while time.monotonic() < until:
                pass
            return []

    monkeypatch.setattr(pdf, "SAID_EVERY", 0.5)
    monkeypatch.setattr(pdf, "MOST_BUSY", 0.0)
    assert read(tmp_path, scan(BLANK), Endless())[2] == 1


@pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="the extra ocr is not installed")
@pytest.mark.slow
def test_a_real_recogniser_reads_a_page_in_its_worker(tmp_path: Path) -> None:
    from PIL import ImageFont

    from index.reading.files import read_file

    page = BLANK.copy()
    told = "The mayor opened the bridge on 3 May 2021."
    ImageDraw.Draw(page).text((120, 200), told, fill="black", font=ImageFont.load_default(36))
    file = tmp_path / "scan.pdf"
    file.write_bytes(scan(page, page))
    [article] = [item for item in read_file(file, "scan") if isinstance(item, Article)]
    assert article.text == f"{told}\n{told}\n" and article.pages == (0, len(told) + 1)
    assert article.warnings[0].startswith("2 of 2 pages are pictures that a text recogniser read")
