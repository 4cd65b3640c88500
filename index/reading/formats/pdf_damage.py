"""What is broken in a PDF that pdfium mends without a word: the end of the file, or what draws a page."""

import re
import zlib
from collections.abc import Iterator
from os import SEEK_END
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

LONGEST_END = 1_000_000  # bytes, in which a whole file has its table or its end
LONGEST_STREAM = 20_000_000  # bytes: of a longer one no more is looked at
PICTURE = re.compile(rb"\sID\s")  # within what draws a page: its bytes may be brackets
ESCAPED = re.compile(rb"\\.", re.DOTALL)


def damage(file: IO[bytes], reader: "PdfReader") -> str:
    """What is broken in a PDF; empty where nothing is."""
    if _breaks_off(file):
        return "breaks off before its end"
    pages = sum(map(_is_damaged, reader.pages))
    return f"{pages} of {len(reader.pages)} pages are damaged" if pages else ""


def _breaks_off(file: IO[bytes]) -> bool:
    """Whether a file ends within its objects: in a whole one its table, or a sign of its end, stands behind them."""
    file.seek(max(0, file.seek(0, SEEK_END) - LONGEST_END))
    end = file.read()
    return max(map(end.rfind, (b"trailer", b"startxref", b"%%EOF"))) <= end.rfind(b" obj")


def _is_damaged(page: "PageObject") -> bool:
    """Whether what draws a page cannot be unpacked to its end, or opens a text that it does not close."""
    try:
        drawn = b"\n".join(_drawn(page))
    except zlib.error:
        return True
    except Exception:  # pypdf raises of all kinds on a broken file; pdfium says what it makes of it
        return False
    text = ESCAPED.sub(b"", drawn)
    return text.count(b"(") > text.count(b")") and not PICTURE.search(drawn)


def _drawn(page: "PageObject") -> Iterator[bytes]:
    """The streams that draw a page, unpacked; nothing for a way of packing that is not looked at."""
    held: Any = page.get("/Contents")
    held = held.get_object() if held is not None else []
    for stream in held if isinstance(held, list) else [held]:
        stream = stream.get_object()
        packed = stream.get("/Filter")
        if packed not in (None, "/FlateDecode", ["/FlateDecode"]):
            continue
        data: bytes = stream._data
        yield _unpacked(data) if packed else data[:0] if len(data) > LONGEST_STREAM else data


def _unpacked(data: bytes) -> bytes:
    """Raises zlib.error for data that is damaged or has no end; of very much nothing is told."""
    reader = zlib.decompressobj()
    found = reader.decompress(data, LONGEST_STREAM)
    if not reader.eof and not reader.unconsumed_tail:
        raise zlib.error("no end")
    return found if reader.eof else b""
