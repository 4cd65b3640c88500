"""Makes what is shown of a file, in the worker: takes a member out of what it is packed in, then draws or cleans it."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from index.article import Article, ArticleError, Original
from index.originals.inert_page import Given, inert_page
from index.originals.shown import Asked, Shown
from index.reading.apart import LONGEST_TEXT
from index.reading.containers import unpack
from index.reading.files import READERS
from index.reading.formats.html import decode_page
from index.reading.formats.mail import charset_of, find_part, header_of, leaves_of, parse_mail, payload_of
from index.reading.formats.text import read_bytes

PAGES = frozenset((".html", ".htm", ".xhtml"))
SAVED = frozenset((".mhtml", ".mht"))
MAILS = frozenset((".eml", ".mbox"))
OF_MANY = MAILS | {".jsonl", ".ndjson", ".csv", ".tsv", ".xml", ".rss", ".atom"}  # whose articles have ids below theirs
NOT_FOUND = "the quote is not found on the page as it was saved: perhaps a script put it there"


@dataclass(frozen=True)
class _Held:
    """A file that was taken out, or stands by itself, and the suffix that says what reads it."""

    path: Path
    kind: str
    id: str


def make(told: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What the worker says of a request, and the bytes that go with it; raises ArticleError where there is nothing."""
    asked = Asked(**told | {"heads": tuple(told["heads"])})
    with tempfile.TemporaryDirectory(prefix="groundwire-") as folder:
        shown = _made(asked, _taken_out(asked, Path(folder)), Path(folder))
    fields = asdict(replace(shown, data=b""))
    del fields["data"]
    return {"shown": fields}, shown.data


def _made(asked: Asked, held: _Held, folder: Path) -> Shown:
    if held.kind in MAILS and (held.kind == ".mbox" or asked.wanted != held.id or not asked.whole):
        part = find_part(Original(held.path, held.id, asked.name), asked.wanted)
        if part is None:
            raise ArticleError(f"{asked.name}: the mail of this article is not found in it; index it again")
        if isinstance(part, Message):
            return _file(part.as_bytes(), ".eml") if asked.whole else _mail(asked, part)
        inner = folder / f"attachment{part.reader}"  # its name is the sender's
        inner.write_bytes(payload_of(part.held))
        return _made(asked, _Held(inner, part.reader, part.member.id), folder)
    if asked.whole:
        return _file(held.path.read_bytes(), held.kind)
    if held.kind == ".pdf":
        from index.originals.drawing import draw_page

        return draw_page(asked, held.path)
    if held.kind in PAGES or held.kind in SAVED:
        return _page(asked, held)
    return Shown("file", b"", held.kind)


def _mail(asked: Asked, message: Message) -> Shown:
    from index.originals.mail_page import mail_page

    return mail_page(asked, message)


def _file(data: bytes, kind: str) -> Shown:
    if len(data) > LONGEST_TEXT:
        raise ArticleError(
            f"the file has {len(data) / 1e6:.0f} MB, more than is taken out ({LONGEST_TEXT / 1e6:.0f} MB)"
        )
    return Shown("file", data, kind)


def _page(asked: Asked, held: _Held) -> Shown:
    """A web page as it was saved; of one saved as MHTML, with the pictures and styles that are in the file."""
    data = read_bytes(Original(held.path, held.id, asked.name))
    declared: str | None = None
    given: Given = _nothing
    if held.kind in SAVED:
        message = parse_mail(data, asked.name)
        kinds = ("text/html", "application/xhtml+xml")
        found = next((part for part in leaves_of(message) if part.get_content_type() in kinds), None)
        if found is None:
            raise ArticleError(f"{asked.name}: no web page in it")
        data, declared, given = payload_of(found), charset_of(found), _given(message, found)
    source = decode_page(data, asked.name, declared)
    page, whole = inert_page(source, asked.text, asked.start, asked.end, bare=asked.bare, given=given)
    why = NOT_FOUND if asked.quote.strip() and not whole else ""
    return Shown("html", page.encode("utf-8", "replace"), ".html", whole, why)


def _nothing(_: str) -> None:
    return None


def _given(message: Message, page: Message) -> Given:
    """What lies beside a page in one file, by the address that the page has it under."""
    base = header_of(page, "Content-Location")
    parts: dict[str, Message] = {}
    for part in leaves_of(message):
        if place := header_of(part, "Content-Location"):
            parts.setdefault(place, part)
        if name := header_of(part, "Content-ID").strip("<> "):
            parts.setdefault(f"cid:{name}", part)

    def look(address: str) -> tuple[str, bytes] | None:
        try:
            part = parts.get(address) or parts.get(urljoin(base, address))
        except ValueError:
            return None
        return (part.get_content_type(), payload_of(part)) if part is not None and address else None

    return look


# What it is packed in


def _taken_out(asked: Asked, folder: Path) -> _Held:
    """The file itself, or of a container the member that the article came from."""
    path = Path(asked.path)
    if asked.kind not in unpack.CONTAINERS:
        return _Held(path, asked.kind, asked.id)
    found: list[_Held] = []

    def catch(original: Original, kind: str) -> Iterator[Article | ArticleError]:
        exact = asked.wanted == original.id
        if exact or (kind in OF_MANY and asked.wanted.startswith(f"{original.id}/")):
            copy = folder / f"{len(found)}{kind}"
            shutil.copyfile(original.path, copy)
            found.append(_Held(copy, kind, original.id))
        yield from ()

    readers = {kind: _with_kind(catch, kind) for kind in READERS}
    for _ in unpack.read(Original(path, asked.id, asked.name), kind=asked.kind, readers=readers, skip=0):
        if any(one.id == asked.wanted for one in found):
            break
    if not found:
        raise ArticleError(f"{asked.name}: what this article came from is not found in it; index it again")
    return max(found, key=lambda one: len(one.id))


def _with_kind(catch: Any, kind: str) -> unpack.Reader:
    return lambda original: catch(original, kind)
