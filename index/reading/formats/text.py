"""Plain text: one article a file, stored as it is; headline, outlet, date and stories where it says them."""

import codecs
from collections.abc import Iterator
from pathlib import PurePath

from index.article import Article, ArticleError, Origin, Original
from index.reading.charset import SHOWN, guess_charset, with_language
from index.understanding.page import complete

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


def read_bytes(original: Original) -> bytes:
    """The bytes of one file of an article's size."""
    size = original.path.stat().st_size
    if size > LARGEST_ARTICLE:
        raise ArticleError(
            f"{original.name}: {size / 1e6:.0f} MB is more than one article holds ({LARGEST_ARTICLE / 1e6:.0f} MB);"
            " cut it into articles, or write JSON Lines"
        )
    return original.path.read_bytes()


def decode_any(data: bytes, where: str) -> tuple[str, tuple[Origin, ...]]:
    """The text of a file as `decode` has it, or in the charset that it tells; then an Origin says which.

    Raises ArticleError where the charset cannot be told.
    """
    try:
        return decode(data, where), ()
    except ArticleError:
        if not data.strip() or b"\0" in data or (charset := guess_charset(data)) is None:
            raise
        text = data.decode(charset)
        return text, (Origin("text", f"read as {SHOWN[charset]}", "likely"),)


def read(original: Original) -> Iterator[Article]:
    """One article, its text unchanged."""
    text, origins = decode_any(read_bytes(original), original.name)
    stem = PurePath(original.name).stem
    article = with_language(Article(original.id, text, stem, origins=origins))
    yield complete(article, original.name, fallback=stem)
