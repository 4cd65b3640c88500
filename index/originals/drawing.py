"""A page of a PDF as a picture, a quote marked on it: drawn by pdfium, in the worker."""

import io
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from index.article import ArticleError
from index.originals.boxes import boxes_on
from index.originals.shown import Asked, Box, Shown
from index.reading.formats.pdf import INSTALL, own_recogniser
from index.reading.recogniser import ReadsPictures

if TYPE_CHECKING:
    from PIL.Image import Image

DOTS = 2.0  # for each point of a page: 144 an inch
LONGEST_SIDE = 2_000  # dots, whatever size a page says it has
MARKED, EDGE = (255, 226, 102), (180, 83, 9)
PAD = 2  # dots around a box
NOT_FOUND = "the quote is not found on this page as it is drawn"


def draw_page(asked: Asked, file: Path, recogniser: ReadsPictures | None = None) -> Shown:
    """Page `asked.page` as PNG. Raises ArticleError where pdfium opens neither the file nor the page."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with closing(PdfDocument(file)) as document:
            document.init_forms()  # what was filled in is drawn
            with closing(document[asked.page - 1]) as page:
                why = ""
                boxes: list[Box] = []
                recogniser = recogniser or (own_recogniser() if asked.scanned else None)
                if asked.scanned and recogniser is None:
                    why = f"the page is a picture; {INSTALL}"
                elif asked.quote.strip():
                    heads = set(asked.heads)
                    boxes = boxes_on(page, asked.text, asked.start, asked.end, heads=heads, recogniser=recogniser)
                    why = "" if boxes else NOT_FOUND
                image = page.render(scale=min(DOTS, LONGEST_SIDE / max(*page.get_size(), 1.0))).to_pil()
                pages = len(document)
    except (PdfiumError, IndexError) as error:
        raise ArticleError(f"{asked.name}: page {asked.page} cannot be drawn ({error})") from None
    picture = io.BytesIO()
    marked(image, boxes).save(picture, "PNG", compress_level=1)
    found = bool(boxes), why, asked.page, pages, image.width, image.height, tuple(boxes)
    return Shown("page", picture.getvalue(), ".png", *found)


def marked(image: "Image", boxes: Sequence[Box]) -> "Image":
    """The picture with these boxes marked as by a highlighter, and their edges drawn, which dark paper shows too."""
    from PIL import Image, ImageChops, ImageDraw

    image = image.convert("RGB")
    paper = Image.new("RGB", image.size, "white")
    places = [
        (
            max(0, round(box.left * image.width) - PAD),
            max(0, round(box.top * image.height) - PAD),
            min(image.width - 1, round(box.right * image.width) + PAD),
            min(image.height - 1, round(box.bottom * image.height) + PAD),
        )
        for box in boxes
    ]
    for place in places:
        ImageDraw.Draw(paper).rectangle(place, fill=MARKED)
    image = ImageChops.multiply(image, paper)
    for place in places:
        ImageDraw.Draw(image).rectangle(place, outline=EDGE)
    return image
