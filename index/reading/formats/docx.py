"""Word documents (.docx): paragraphs and tables in their order, a line each paragraph or row, and the properties."""

import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from index.article import Article, ArticleError, Original
from index.reading.formats.text import LARGEST_ARTICLE
from index.reading.metadata import Said, make_article, parsing, tidy

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table

LARGEST_UNPACKED = 200_000_000
LARGEST_PART = 50_000_000
MOST_CELLS = 100_000


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article."""
    size = original.path.stat().st_size
    if size > LARGEST_ARTICLE:
        raise ArticleError(
            f"{original.name}: {size / 1e6:.0f} MB is more than is read of a Word document"
            f" ({LARGEST_ARTICLE / 1e6:.0f} MB); cut it, or save it without its pictures"
        )
    with parsing(original.name, "a Word document"):
        if not size:
            raise ArticleError(f"{original.name}: is empty; it is left out")
        if not zipfile.is_zipfile(original.path):
            raise ArticleError(f"{original.name}: is no Word document (.docx), or cut short; it is left out")
        _check_size(original)
        document = _open(original)
        article = make_article(original, "\n".join(line for line in _lines(document) if line), _said(document))
    yield article


def _check_size(original: Original) -> None:
    """Raises for a document that is small on disk and vast unpacked."""
    with zipfile.ZipFile(original.path) as packed:
        sizes = {member.filename: member.file_size for member in packed.infolist()}
    if sum(sizes.values()) > LARGEST_UNPACKED or sizes.get("word/document.xml", 0) > LARGEST_PART:
        raise ArticleError(
            f"{original.name}: unpacks to {sum(sizes.values()) / 1e6:.0f} MB, more than is read of a Word document"
            f" ({LARGEST_UNPACKED / 1e6:.0f} MB, {LARGEST_PART / 1e6:.0f} MB of text); it is left out"
        )


def _open(original: Original) -> "Document":
    from docx import Document

    return Document(str(original.path))


def _lines(document: "Document") -> Iterator[str]:
    from docx.table import Table

    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield from _rows(block)
        else:
            yield tidy(block.text)


def _rows(table: "Table") -> Iterator[str]:
    """A row a line; a cell that reaches over several columns or rows is told once a row."""
    cells = 0
    for row in table.rows:
        seen: list[Any] = []
        words: list[str] = []
        for cell in row.cells:
            cells += 1
            if cells > MOST_CELLS:
                raise ArticleError(f"a table of more than {MOST_CELLS:,} cells")
            if cell._tc not in seen:
                seen.append(cell._tc)
                words.append(" ".join(cell.text.split()))
        yield " | ".join(words) if any(words) else ""


def _said(document: "Document") -> Iterator[Said]:
    about = document.core_properties
    # A file made by python-docx may have its template's properties still: its author, and the template's day.
    own = about.author != "python-docx"
    yield Said("title", about.title if own else None, "metadata", "likely")
    for paragraph in document.paragraphs[:20]:
        style = paragraph.style.name if paragraph.style is not None else None
        if style in ("Title", "Heading 1"):
            yield Said("title", paragraph.text, "text", "likely")
    if not own:
        return
    yield Said("byline", about.author, "metadata", "guess")
    for field, day in (("published", about.created), ("updated", about.modified)):
        yield Said(field, day.isoformat() if day else None, "metadata", "guess")
    yield Said("language", about.language, "metadata")
