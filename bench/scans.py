"""Pages read by a text recogniser: RapidOCR and tesseract on 20 pages that this script makes, by how they were spoilt.

Character and word error rates, seconds of one core and memory a page, and what a recogniser's confidence is worth.
Needs `pip install rapidocr pytesseract fpdf2` and the program tesseract with its English data.
"""

import io
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from bench.record import open_parser, write_record
from qa.provenance import ROOT

SPOILT = ("clean", "noise", "turned", "blurred", "faint")
FONTS = ("Times", "Helvetica", "Courier")
DPI = (150, 300)
SEED = 16
WORDS = 200  # of a page, and ACCENTED
BARS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
ENGINES = ("rapidocr", "tesseract")
ACCENTED = (
    "Élodie Gaspard, 47, of São Tomé said on 17 August 1998 that the council had paid £1,284.50 for 3,600 m² of roof,"
    " and that Müller & Søn of Malmö would be paid 12.5 % less. “No one,” she said, “had asked for it.”"
)


@dataclass(frozen=True)
class Made:
    """A page: what it says, and how it looks after printing and scanning."""

    name: str
    dpi: int
    spoilt: str
    text: str
    png: bytes


def texts() -> Iterator[str]:
    """Pages of prose, from the project's own articles, each with a paragraph of names, signs and numbers."""
    words: list[str] = []
    for file in sorted((ROOT / "data" / "articles").glob("*.*")):
        words += file.read_text("utf-8").split() if file.suffix != ".jsonl" else []
    for start in range(0, 20 * WORDS, WORDS):
        yield " ".join((words * 3)[start : start + WORDS]) + "\n\n" + ACCENTED


def latin(text: str) -> str:
    """A text in the letters that a PDF's own fonts have."""
    marks = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "#": "", "|": ","})
    return text.translate(marks).encode("latin-1", "ignore").decode("latin-1")


def pages() -> Iterator[Made]:
    """Twenty pages: five ways of spoiling, two resolutions, two texts each, three type faces in turn."""
    from fpdf import FPDF
    from pypdfium2 import PdfDocument

    told = texts()
    number = 0
    for spoilt in SPOILT:
        for dpi in DPI:
            for _ in range(2):
                text = latin(next(told))
                pdf = FPDF(unit="pt", format="A4")
                pdf.set_margins(60, 60)
                pdf.add_page()
                pdf.set_font(FONTS[number % 3], size=(10, 10, 9)[number % 3])
                pdf.multi_cell(0, 14, text)
                image = PdfDocument(bytes(pdf.output()))[0].render(scale=dpi / 72).to_pil().convert("L")
                data = io.BytesIO()
                spoil(image, spoilt, random.Random(SEED + number)).save(data, "PNG", dpi=(dpi, dpi))
                yield Made(f"{spoilt}-{dpi}-{number}", dpi, spoilt, text, data.getvalue())
                number += 1


def spoil(image: Any, how: str, drawn: random.Random) -> Any:
    """A page's picture as a scanner or a copier leaves it."""
    import numpy as np
    from PIL import Image, ImageFilter

    noise = np.random.default_rng(drawn.randrange(2**32))
    if how == "clean":
        return image
    if how == "turned":
        image = image.rotate(drawn.choice((-1.0, 1.0)), resample=Image.Resampling.BICUBIC, fillcolor=255)
    if how == "blurred":
        image = image.filter(ImageFilter.GaussianBlur(image.width / 1100))
        data = io.BytesIO()
        image.save(data, "JPEG", quality=35)
        image = Image.open(io.BytesIO(data.getvalue())).convert("L")
    grey = np.asarray(image, dtype=np.float32)
    if how == "faint":
        grey = 190 + (grey - 255) * 0.35
    grey = grey + noise.normal(0, 25 if how in ("noise", "faint") else 10, grey.shape)
    if how in ("noise", "faint"):
        grey[noise.random(grey.shape) < 0.004] = 0
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8))


def read_by(engine: str, png: bytes) -> tuple[list[list[tuple[str, float]]], float, int]:
    """Lines of words with their confidence (0 to 1), seconds of the processor, MB at most."""
    command = [sys.executable, "-m", "bench.scans", "--read", engine]
    done = subprocess.run(command, input=png, capture_output=True, check=True)
    told = json.loads(done.stdout.decode().splitlines()[-1])
    return told["lines"], told["seconds"], told["mb"]


def rapidocr(png: bytes) -> tuple[list[list[tuple[str, float]]], float, int]:
    from PIL import Image

    from index.reading.recogniser import Recogniser

    made = Recogniser()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    began = time.process_time()
    lines = [[(word.text, word.sure) for word in line.words] for line in made.read(image)]
    spent = time.process_time() - began
    return lines, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def tesseract(png: bytes) -> tuple[list[list[tuple[str, float]]], float, int]:
    import os

    import pytesseract
    from PIL import Image

    os.environ["OMP_THREAD_LIMIT"] = "1"
    found = pytesseract.image_to_data(Image.open(io.BytesIO(png)), output_type="dict")
    lines: dict[tuple[int, ...], list[tuple[str, float]]] = {}
    for n, word in enumerate(found["text"]):
        if word.strip():
            place = tuple(found[name][n] for name in ("block_num", "par_num", "line_num"))
            lines.setdefault(place, []).append((word, float(found["conf"][n]) / 100))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return list(lines.values()), used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


def errors(told: Sequence[str], read: Sequence[str]) -> int:
    """Edits (Levenshtein 1966) that make one sequence the other."""
    row = list(range(len(read) + 1))
    for i, wanted in enumerate(told, 1):
        before, row[0] = row[0], i
        for j, given in enumerate(read, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (wanted != given))
    return row[-1]


def judged(told: str, lines: Sequence[Sequence[tuple[str, float]]]) -> list[tuple[float, bool]]:
    """The confidence of each word that was read, and whether the page has it in that place."""
    wanted, read = told.split(), [word for line in lines for word, _ in line]
    right = [False] * len(read)
    for block in SequenceMatcher(None, wanted, read, autojunk=False).get_matching_blocks():
        right[block.b : block.b + block.size] = [True] * block.size
    return [(sure, ok) for (_, sure), ok in zip((word for line in lines for word in line), right, strict=True)]


def rates(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Error rates over pages: all edits over all characters, all words."""
    seconds = sorted(row["seconds"] for row in rows)
    return {
        "pages": len(rows),
        "cer": round(sum(row["character_edits"] for row in rows) / sum(row["characters"] for row in rows), 4),
        "wer": round(sum(row["word_edits"] for row in rows) / sum(row["words"] for row in rows), 4),
        "cpu_seconds_a_page": round(seconds[len(seconds) // 2], 2),
        "peak_mb": max(row["mb"] for row in rows),
    }


def bars(words: Sequence[tuple[float, bool]]) -> dict[str, dict[str, float]]:
    """For each bar: the share of words below it, of the wrong words that are, and how many above it are wrong."""
    wrong = sum(not ok for _, ok in words) or 1
    made = {}
    for bar in BARS:
        below, above = [ok for sure, ok in words if sure < bar], [ok for sure, ok in words if sure >= bar]
        made[str(bar)] = {
            "below": round(len(below) / len(words), 4),
            "of_the_wrong": round(sum(not ok for ok in below) / wrong, 4),
            "wrong_above": round(sum(not ok for ok in above) / max(1, len(above)), 4),
        }
    return made


def main() -> None:
    parser = open_parser(__doc__ or "", name="scans", weights=False)
    parser.add_argument("--read", choices=ENGINES, help="read one picture from standard input; what the script starts")
    parser.add_argument("--engine", choices=ENGINES, nargs="*", default=ENGINES)
    given = parser.parse_args()
    if given.read:
        lines, seconds, mb = {"rapidocr": rapidocr, "tesseract": tesseract}[given.read](sys.stdin.buffer.read())
        print(json.dumps({"lines": lines, "seconds": seconds, "mb": mb}))
        return
    figures: dict[str, Any] = {}
    made = list(pages())
    for engine in given.engine:
        rows, words = [], []
        for page in made:
            lines, seconds, mb = read_by(engine, page.png)
            read = " ".join(word for line in lines for word, _ in line)
            told = " ".join(page.text.split())
            row = {
                "page": page.name, "spoilt": page.spoilt, "dpi": page.dpi,
                "character_edits": errors(told, read), "characters": len(told),
                "word_edits": errors(told.split(), read.split()), "words": len(told.split()),
                "seconds": round(seconds, 2), "mb": mb,
            }  # fmt: skip
            print(engine, row, flush=True)
            rows.append(row)
            words += judged(page.text, lines)
        groups = {"all": rows}
        groups |= {f"{how}": [row for row in rows if row["spoilt"] == how] for how in SPOILT}
        groups |= {f"{dpi} dpi": [row for row in rows if row["dpi"] == dpi] for dpi in DPI}
        figures[engine] = {
            "rates": {name: rates(some) for name, some in groups.items() if some},
            "words_read": len(words),
            "bars": bars(words),
            "pages": rows,
        }
    write_record(given.name, figures)


if __name__ == "__main__":
    main()
