"""PDF: the text of all pages, one after another; `pages` says where each starts. Scripts and pictures are not read."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from index.article import Article, ArticleError, Original
from index.reading.formats.text import LARGEST_ARTICLE
from index.reading.metadata import Said, make_article, parsing
from index.reading.unwrap import join_lines
from index.reading.yardstick import paragraphs, with_warning

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

LARGEST_PDF = 200_000_000
MOST_PAGES = 5_000


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article of all pages; before it, a sentence for pages that are pictures."""
    from pypdf import PdfReader

    size = original.path.stat().st_size
    if size > LARGEST_PDF:
        raise ArticleError(
            f"{original.name}: {size / 1e6:.0f} MB is more than is read of a PDF ({LARGEST_PDF / 1e6:.0f} MB); cut it"
        )
    with parsing(original.name, "a PDF", "pypdf"), original.path.open("rb") as file:
        if not size:
            raise ArticleError(f"{original.name}: is empty; it is left out")
        if b"%PDF-" not in file.read(1024):
            raise ArticleError(f"{original.name}: is no PDF, whatever its suffix says; it is left out")
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise ArticleError(f"{original.name}: is locked with a password; save it without one and index again")
        _check_pages(reader, original.name)
        texts, pictures = _texts(reader, original.name)
        if not any(texts):
            why = "its pages are pictures; let a text recogniser read them first" if pictures else "its pages are empty"
            raise ArticleError(f"{original.name}: holds no text, {why}")
        beside = list(_beside(reader))
        starts = [0]
        for text in texts[:-1]:
            starts.append(starts[-1] + len(text) + bool(text))
        article = make_article(
            original, "".join(f"{text}\n" if text else "" for text in texts), _said(reader), pages=tuple(starts)
        )
        article = with_warning(article, chain(paragraphs(article.text), beside), "the PDF's prose")
        if pictures:
            told = f"{pictures} of {len(texts)} pages are pictures, of which nothing is in the text"
            article = replace(article, warnings=(*article.warnings, told))
    if pictures:
        yield ArticleError(
            f"{original.name}: {pictures} of {len(texts)} pages are pictures and hold no text; they are left out"
        )
    yield article


def _check_pages(reader: "PdfReader", name: str) -> None:
    """Raises for a PDF of too many pages, before pypdf makes a list of them: the number it states may be any."""
    waiting: list[Any] = [reader.root_object["/Pages"]]
    pages = steps = 0
    while waiting:
        steps += 1
        node = waiting.pop().get_object()
        kids = node.get("/Kids")
        waiting += kids.get_object() if kids is not None else ()
        pages += kids is None
        if pages > MOST_PAGES or steps > 2 * MOST_PAGES:
            raise ArticleError(f"{name}: holds more than {MOST_PAGES:,} pages, more than is read of a PDF; cut it")


def _texts(reader: "PdfReader", name: str) -> tuple[list[str], int]:
    """The text of each page, and how many of them hold a picture and no text."""
    texts: list[str] = []
    pictures = length = 0
    for page in reader.pages:
        text = join_lines(page.extract_text().replace("\0", "").encode("utf-8", "ignore").decode())
        pictures += not text and _has_picture(page)
        texts.append(text)
        length += len(text)
        if length > LARGEST_ARTICLE:
            raise ArticleError(
                f"{name}: its text is longer than one article holds ({LARGEST_ARTICLE / 1e6:.0f} million characters);"
                " cut it"
            )
    return texts, pictures


def _beside(reader: "PdfReader") -> Iterator[str]:
    """What stands on pages and not in them: boxes of text that somebody put there, and forms that were filled in."""
    for page in reader.pages:
        try:
            for called in page.get("/Annots") or ():
                mark = called.get_object()
                if mark.get("/Subtype") == "/FreeText":
                    yield str(mark.get("/Contents") or "")
                elif mark.get("/Subtype") == "/Widget" and mark.get("/FT") == "/Tx":
                    yield str(mark.get("/V") or "")
        except Exception:  # a broken mark costs itself alone
            continue


def _has_picture(page: "PageObject") -> bool:
    resources: Any = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    found = objects.get_object().values() if objects is not None else ()
    return any(item.get_object().get("/Subtype") == "/Image" for item in found)


def _said(reader: "PdfReader") -> Iterator[Said]:
    about = reader.metadata
    if about is None:
        return
    title = about.title
    yield Said("title", title if isinstance(title, str) else None, "metadata", "guess")
    yield Said("byline", about.author if isinstance(about.author, str) else None, "metadata", "guess")
    for field, name in (("published", "creation_date"), ("updated", "modification_date")):
        try:
            day = getattr(about, name)
        except (ValueError, TypeError, AttributeError, OverflowError):
            continue  # a date in a form of its own
        yield Said(field, day.isoformat() if day else None, "metadata", "guess")
    yield Said("language", str(reader.root_object.get("/Lang", "")), "metadata")
