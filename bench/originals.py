"""Quotes marked on PDF pages: do the boxes hold the quote's words, and how long is a page drawn; pages in columns.

The words inside the boxes are told by pdfium's own extraction, which knows nothing of how the boxes were found.
Beside it: how many of the quotes a search of pdfium's text finds, as a viewer's own does. Needs `pip install fpdf2`.
"""

import random
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench.columns import words
from bench.record import open_parser, spread, write_record
from index.article import Article, Original
from index.originals.boxes import boxes_on
from index.originals.shown import Box
from index.reading.formats import pdf
from tests.support.laid_out import HELD, LOOKS, as_pdf, lay_out

SEED = 17
LONGEST = 45  # words of a quote
HEAD, FOOT = "The Orrin Courier, page {}", "Printed in Orrin, {}"


def main() -> None:
    parser = open_parser(__doc__ or "", name="originals", weights=False)
    parser.add_argument("--quotes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    drawn, told = random.Random(given.seed), words()
    looks = [*LOOKS, *HELD]
    held = 0
    exact, found_by_search, precision, recall, spent = 0, 0, [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.quotes):
            look = looks[number % len(looks)]
            file = Path(folder, f"{number}.pdf")
            file.write_bytes(as_pdf([lay_out(look, told, drawn), lay_out(look, told, drawn)], HEAD, FOOT))
            [article] = [one for one in pdf.read(Original(file, str(number), file.name)) if isinstance(one, Article)]
            start, end = draw_quote(article, drawn)
            inside, searched = look_up(file, article, start, end)
            quote = article.text[start:end]
            exact += letters(inside) == letters(quote)
            found_by_search += searched
            right = overlap(inside, quote)
            precision.append(right / max(1, len(letters(inside))))
            recall.append(right / len(letters(quote)))
            held += 1
            if letters(inside) != letters(quote):
                print(look, "\n ", quote, "\n ", inside, flush=True)
            spent.append(timed(file, article, start, end))
    figures = {
        "quotes": held,
        "boxes_hold_exactly_the_quote": exact,
        "characters_precision": round(statistics.mean(precision), 4),
        "characters_recall": round(statistics.mean(recall), 4),
        "found_by_pdfiums_own_search": found_by_search,
        "cpu_milliseconds_a_page_drawn": spread(spent[1:], 1),
    }
    print(figures)
    write_record(given.name, figures)


def draw_quote(article: Article, drawn: random.Random) -> tuple[int, int]:
    """Some words in a row, anywhere before the running heads."""
    end = min((one.start for one in article.asides if one.what.startswith(pdf.RUNNING)), default=len(article.text))
    places = [(one.start(), one.end()) for one in re.finditer(r"\S+", article.text[:end])]
    first = drawn.randrange(len(places) - LONGEST)
    return places[first][0], places[first + drawn.randrange(5, LONGEST)][1]


def look_up(file: Path, article: Article, start: int, end: int) -> tuple[str, bool]:
    """What stands inside the boxes of a quote, and whether a search of the pages' text finds it."""
    from pypdfium2 import PdfDocument

    from index.originals.showing import on_page, pages_of

    inside, searched = "", False
    with closing(PdfDocument(file)) as document:
        for number in pages_of(article, start, end):
            asked = on_page(article, start, end, number)
            page = document[number - 1]
            text = page.get_textpage()
            boxes = boxes_on(page, asked["text"], asked["start"], asked["end"], heads=asked["heads"])
            inside += "".join(in_boxes(text, *page.get_size(), boxes))
            searched |= text.search(" ".join(article.text[start:end].split())).get_next() is not None
    return inside, searched


def in_boxes(text: object, width: float, height: float, boxes: list[Box]) -> Iterator[str]:
    """The text of each box, made lower by a quarter above and below, so that no line beside it is touched."""
    for box in boxes:
        slack = 0.25 * (box.bottom - box.top)
        low, high = height * (1 - box.bottom + slack), height * (1 - box.top - slack)
        yield text.get_text_bounded(width * box.left - 0.5, low, width * box.right + 0.5, high)  # type: ignore[attr-defined]


def letters(text: str) -> str:
    """Without white space, and hyphens, which a line's end may have put in."""
    return re.sub(r"[\s\x02\ufffe-]+", "", text)


def overlap(inside: str, quote: str) -> int:
    """How many characters are in both, in order."""
    from difflib import SequenceMatcher

    blocks = SequenceMatcher(None, letters(inside), letters(quote), autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def timed(file: Path, article: Article, start: int, end: int) -> float:
    """Milliseconds of the processor for a page with its quote marked, as PNG: what the worker does when it is asked."""
    from dataclasses import asdict

    from index.originals.making import make
    from index.originals.showing import on_page, page_at
    from index.originals.shown import Asked

    asked = asdict(Asked(str(file), article.id, file.name, ".pdf", article.id))
    began = time.process_time()
    told, _ = make(asked | on_page(article, start, end, page_at(article, start)))
    assert told["shown"]["marked"]
    return 1000 * (time.process_time() - began)


if __name__ == "__main__":
    main()
