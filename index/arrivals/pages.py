"""Fetches web pages into the archive's folder, so that a quote can be opened later (`index.reading.kept_page`).

An address keeps its name for good: asked for again, its page is replaced, and its article is the same one.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ground.files import write_whole
from index.article import ArticleError
from index.reading.kept_page import KINDS, PAGES, KeptPage, note_of, page_name, read_page

if TYPE_CHECKING:
    from index.arrivals.address import Fetcher


def fetch_pages(
    fetcher: "Fetcher",
    archive: Path,
    addresses: Sequence[str],
    *,
    kinds: Mapping[str, str],
    tell: Callable[[int, int, str], None] = lambda *_: None,
) -> tuple[list[Path], list[str]]:
    """The files of the pages at `addresses`, and a sentence for each that could not be had.

    `kinds` are those of KINDS that can be read. `tell` hears how many are done, of how many, and which is next. A page
    that cannot be had this time but was kept before stays, and its file is among them.
    """
    files, problems = [], []
    turns = in_turns(addresses)
    for done, address in enumerate(turns):
        tell(done, len(turns), address)
        try:
            files.append(keep_page(fetcher, archive, address, kinds=kinds))
        except ArticleError as error:
            problems.append(str(error))
            if held := read_page(archive, address):
                files.append(held[0])
    return files, problems


def keep_page(
    fetcher: "Fetcher", archive: Path, address: str, *, kinds: Mapping[str, str] = KINDS, entry: str = ""
) -> Path:
    """The file of an address, fetched anew unless the server says that it has not changed; raises AddressError."""
    held = read_page(archive, address)
    known = held[1] if held else None
    with _part(archive, address) as part:
        reply = fetcher.fetch(
            address,
            part,
            kinds,
            etag=known.etag if known else None,
            last_modified=known.last_modified if known else None,
        )
        if reply.unchanged and held:
            _write_note(archive, replace(held[1], fetched=_today(), entry=entry))
            return held[0]
        suffix = KINDS[reply.content_type.partition(";")[0].strip().lower()]
        page = KeptPage(address, reply.final, reply.content_type, reply.etag, reply.last_modified, _today(), "", entry)
        return _put(archive, part, page, suffix)


def keep_row(archive: Path, address: str, fields: dict[str, str | None], *, entry: str = "") -> Path:
    """A file of what a feed itself says of an address: the row of an article, in place of the page."""
    with _part(archive, address) as part:
        row = {name: value for name, value in fields.items() if value}
        part.write_text(json.dumps({"id": page_name(address)} | row, ensure_ascii=False) + "\n", "utf-8")
        page = KeptPage(address, address, "feed entry", None, None, _today(), "", entry)
        return _put(archive, part, page, ".jsonl")


def read_addresses(file: Path) -> list[str]:
    """The addresses of a list, one a line; what follows a # at the start of a line or after a space is left out.

    Raises ArticleError for a line that holds none.
    """
    from index.arrivals.address import check_address

    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ArticleError(f"{file}: not UTF-8; a list of addresses is plain text, an address a line") from None
    found = []
    for number, line in enumerate(lines, 1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if text:
            try:
                found.append(check_address(text))
            except ArticleError as error:
                raise ArticleError(f"{file}:{number}: {error}") from None
    if not found:
        raise ArticleError(f"{file}: holds no address; write one a line, such as https://example.org/story")
    return found


def in_turns(addresses: Sequence[str]) -> list[str]:
    """Each address once, the hosts taking turns, so that the pause of one is spent on the others.

    >>> in_turns(["http://a/1", "http://a/2", "http://b/1", "http://a/1"])
    ['http://a/1', 'http://b/1', 'http://a/2']
    """
    turn: dict[str, int] = {}
    placed = []
    for address in dict.fromkeys(addresses):
        host = urlsplit(address).netloc
        turn[host] = turn.get(host, 0) + 1
        placed.append((turn[host], address))
    return [address for _, address in sorted(placed, key=lambda item: item[0])]


@contextmanager
def _part(archive: Path, address: str) -> Iterator[Path]:
    """A file to write into beside the page; what is left of it goes away."""
    place = archive / PAGES / page_name(address)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _put(archive: Path, part: Path, page: KeptPage, suffix: str) -> Path:
    """Makes what was written the page of its address. The note follows: without it the page is asked for again."""
    place = archive / PAGES / page_name(page.address)
    file = place.with_name(place.name + suffix)
    held = read_page(archive, page.address)
    part.replace(file)
    _write_note(archive, replace(page, file=file.name))
    if held and held[0] != file:
        held[0].unlink(missing_ok=True)  # it was of another kind
    return file


def _write_note(archive: Path, page: KeptPage) -> None:
    write_whole(note_of(archive / PAGES / page_name(page.address)), json.dumps(asdict(page), ensure_ascii=False))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
