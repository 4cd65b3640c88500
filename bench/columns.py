"""The reading order of PDF pages: what five ways of extracting text make of 20 pages that this script lays out.

Needs `pip install fpdf2 pdfplumber`; PDFs whose licence forbids to ship them with this project are not compared.
"""

import io
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

from bench.record import open_parser, write_record
from qa.provenance import ROOT
from tests.support.laid_out import HELD, LOOKS, as_pdf, judge, lay_out

SEED = 16


def words() -> Iterator[str]:
    """The words of the project's own articles, over and over, in the letters that a PDF's own fonts have."""
    told: list[str] = []
    for file in sorted((ROOT / "data" / "articles").glob("*.*")):
        if file.suffix != ".jsonl":
            told += file.read_text("utf-8").replace("’", "'").encode("latin-1", "ignore").decode("latin-1").split()
    drawn = random.Random(SEED)
    sentences = " ".join(word for word in told if word not in ("#", "|")).split(". ")
    while True:
        yield from (". ".join(drawn.sample(sentences, len(sentences))) + ".").split()


def by_pypdf(data: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def by_pypdf_layout(data: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text(extraction_mode="layout") for page in PdfReader(io.BytesIO(data)).pages)


def by_pdfium(data: bytes) -> str:
    from pypdfium2 import PdfDocument

    return "\n".join(page.get_textpage().get_text_range() for page in PdfDocument(data))


def by_pdfplumber(data: bytes) -> str:
    from pdfplumber import open as open_pdf

    with open_pdf(io.BytesIO(data)) as pdf:
        return "\n".join(page.extract_text() or "" for page in pdf.pages)


def by_pdfminer(data: bytes) -> str:
    from pdfminer.high_level import extract_text

    return str(extract_text(io.BytesIO(data)))


def by_ours(data: bytes) -> str:
    from pypdfium2 import PdfDocument

    from index.reading.layout import read_page
    from index.reading.pieces import pieces_of

    return "\n".join("\n".join(read_page(pieces_of(page)[0])) for page in PdfDocument(data))


WAYS: dict[str, Callable[[bytes], str]] = {
    "pypdf": by_pypdf,
    "pypdf, layout": by_pypdf_layout,
    "pypdfium2": by_pdfium,
    "pdfplumber": by_pdfplumber,
    "pdfminer.six": by_pdfminer,
    "pypdfium2 and index.reading.layout": by_ours,
}


def main() -> None:
    parser = open_parser(__doc__ or "", name="columns", weights=False)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--held", action="store_true", help="lay out ten other looks, which were seen in drafts too")
    parser.add_argument("--show", action="store_true", help="print the pages that ours has wrong")
    given = parser.parse_args()
    told, drawn = words(), random.Random(given.seed)
    for _ in range(given.seed * 7):
        next(told)
    sheets = [lay_out(look, told, drawn) for look in (HELD if given.held else LOOKS)]
    data = [as_pdf([sheet]) for sheet in sheets]
    figures: dict[str, object] = {}
    for name, way in WAYS.items():
        there: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        pages = 0
        began = time.process_time()
        texts = [way(one) for one in data]
        spent = time.process_time() - began
        for sheet, text in zip(sheets, texts, strict=True):
            held, bad = judge(sheet, text)
            there += held
            wrong += bad
            pages += not bad
            if given.show and name == list(WAYS)[-1] and bad:
                print(sheet.look, dict(bad), "\n", text, "\n")
        figures[name] = {
            "pages_without_error": pages,
            "pages": len(sheets),
            "errors": {kind: f"{wrong[kind]}/{there[kind]}" for kind in there} | {"lost": wrong["lost"]},
            "cpu_milliseconds_a_page": round(1000 * spent / len(sheets), 1),
        }
        print(f"{name:36}", figures[name], flush=True)
    write_record(given.name, figures)


if __name__ == "__main__":
    main()
