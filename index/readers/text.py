"""Plain text: one article a file, stored as it is; headline, outlet and date where its head says them."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from index.article import Article, ArticleError
from index.credits import find_sections, read_head

LARGEST_ARTICLE = 20_000_000


def decode(data: bytes, where: str) -> str:
    """The text of a file: UTF-8, or UTF-16 with a byte order mark. The mark is not part of the text.

    Raises ArticleError for anything else, and where a NUL says that this is no text.
    """
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ArticleError(f"{where}: not UTF-8 at byte {error.start}; save it as UTF-8 and index again") from None
    if "\0" in text:
        raise ArticleError(f"{where}: holds NUL characters, so it is not a text file; it is left out")
    if not text.strip():
        raise ArticleError(f"{where}: is empty; it is left out")
    return text


def read_text(path: Path) -> str:
    """The decoded text of one file of an article's size."""
    size = path.stat().st_size
    if size > LARGEST_ARTICLE:
        raise ArticleError(
            f"{path}: {size / 1e6:.0f} MB is more than one article holds ({LARGEST_ARTICLE / 1e6:.0f} MB);"
            " cut it into articles, or write JSON Lines"
        )
    return decode(path.read_bytes(), str(path))


def read(path: Path, article_id: str) -> Iterator[Article]:
    """One article, its text unchanged."""
    text = read_text(path)
    head = read_head(text)
    title = head.title or path.stem
    yield Article(article_id, text, title, head.source, head.published, sections=find_sections(text))
