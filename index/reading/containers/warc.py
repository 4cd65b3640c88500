"""The pages of a web archive (WARC, ISO 28500): answers of status 200 that are HTML, PDF or plain text.

The day of a capture is not the day of publishing, so it is not read as that; the address is the article's.
"""

import gzip
import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from email.message import Message
from functools import partial
from typing import IO, Any
from urllib.parse import urlsplit

from ground.shown import shown
from index.article import ArticleError, Original, OtherMembers
from index.reading.containers.member import (
    LONGEST_NAME,
    Budget,
    DamagedContainer,
    Forward,
    Member,
    check_characters,
    damage,
)

KINDS = {"text/html": ".html", "application/xhtml+xml": ".html", "application/pdf": ".pdf", "text/plain": ".txt"}
DAY = re.compile(r"[0-9TZ:.+-]{4,40}")
CODINGS = ("", "identity", "gzip", "x-gzip", "deflate", "br")


def warc_members(original: Original, kinds: Collection[str], budget: Budget) -> Iterator[Member | ArticleError]:
    """What a WARC holds, in its order; read through once, so a member is to be taken as it comes."""
    from warcio.archiveiterator import WARCIterator

    seen: dict[str, int] = {}
    with ExitStack() as opened:
        file = opened.enter_context(original.path.open("rb"))
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        # warcio takes a torn gzip for the end of the file, and is for one record a gzip member alone: unpacked here.
        stream = Forward(gzip.GzipFile(fileobj=file) if packed else file, original, budget if packed else None)  # type: ignore[arg-type]
        records = iter(WARCIterator(stream))
        number = 0
        while (record := _next(records, stream)) is not None:
            number += 1
            budget.take_member()
            try:
                yield _member(record, number, stream, kinds, seen, packed)
            except ArticleError as error:
                yield error
            _read_to_end(record, stream)
        if not number:
            raise DamagedContainer(f"{original.name}: {damage('no WARC record in it')}")


def _next(records: Iterator[Any], stream: Forward) -> Any:
    """The next record, None after the last one."""
    try:
        record = next(records, None)
    except ArticleError:
        raise
    except Exception as error:  # warcio raises its own, and what its parsing does
        raise DamagedContainer(f"{stream.original.name}: {damage(error)}") from None
    if stream.error is not None:
        raise stream.error
    return record


def _read_to_end(record: Any, stream: Forward) -> None:
    """Passes over what is left of a record; raises Broken where the file ends before it does."""
    while record.raw_stream.read(1 << 16):
        pass
    if stream.error is not None:
        raise stream.error
    if getattr(record.raw_stream, "limit", 0):
        raise DamagedContainer(f"{stream.original.name}: {damage('it ends inside a record')}")


def _member(
    record: Any, number: int, stream: Forward, kinds: Collection[str], seen: dict[str, int], packed: bool
) -> Member | OtherMembers:
    """The page of a record, or that it is for no reader; raises ArticleError for a page that cannot be had."""
    if record.rec_type != "response":  # a request, a note on the crawl or on another record is nothing left alone
        return OtherMembers(int(record.rec_type == "resource"))
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    headers = record.http_headers
    if headers is None or not headers.get_statuscode().startswith("200"):
        return OtherMembers(1)
    kind, charset = _content_type(headers.get_header("Content-Type") or "")
    if kind not in kinds or urlsplit_path(url) == "/robots.txt":
        return OtherMembers(1)
    original = stream.original
    where = f"{original.name}/{shown(url)}"
    coding = (headers.get_header("Content-Encoding") or "").strip().lower()
    if coding not in CODINGS:
        raise ArticleError(f"{where}: is packed as {shown(coding)}, which is not read here; it is left out")
    name = url.partition("://")[2] or url
    if not name or len(name) > LONGEST_NAME:
        name = f"record {number}"
    check_characters(name, original.name)
    seen[name] = seen.get(name, 0) + 1
    if seen[name] > 1:
        day = record.rec_headers.get_header("WARC-Date") or ""
        name = f"{name} @ {day if DAY.fullmatch(day) else number}"
    counted = packed and coding in CODINGS[:2]
    return Member(name, name, kind, partial(_content, record, stream), counted, url=url, charset=charset)


@contextmanager
def _content(record: Any, stream: Forward) -> Iterator[IO[bytes]]:
    """The page itself, unchunked and unpacked. It is not closed, for that would close the whole file."""
    yield record.content_stream()
    _read_to_end(record, stream)


def urlsplit_path(url: str) -> str:
    """The path of an address; empty for what is none.

    >>> urlsplit_path("https://example.org/robots.txt?a"), urlsplit_path("http://[")
    ('/robots.txt', '')
    """
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _content_type(value: str) -> tuple[str, str | None]:
    """The suffix for a content type, empty for one that is not read, and the charset it names."""
    message = Message()
    message["Content-Type"] = " ".join(value.split())
    try:
        return KINDS.get(message.get_content_type(), ""), message.get_content_charset()
    except (LookupError, ValueError):
        return "", None
