"""Web pages that an archive keeps in its folder, each with a note of where it came from.

`pages/example.org/story-1a2b3c4d5e.html` has its note beside it in `.story-1a2b3c4d5e.json`.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

PAGES = "pages"
KINDS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/rss+xml": ".xml",
    "application/atom+xml": ".xml",
    "application/xml": ".xml",
    "text/xml": ".xml",
}


@dataclass(frozen=True)
class KeptPage:
    """What is known of a kept page: asked for at `address`, found at `final`, its bytes in `file` beside this note.

    `entry` is the digest of the feed's entry that it was fetched for, empty for one to be asked for again in any case.
    """

    address: str
    final: str
    content_type: str
    etag: str | None
    last_modified: str | None
    fetched: str
    file: str
    entry: str = ""


def page_name(address: str) -> str:
    """Where the page of an address lies below `pages`, without its suffix; this is its article's id.

    >>> page_name("https://Example.org/2024/Bridge%20closed.html?ref=1")
    'example.org/bridge-closed-deb4da1854'
    """
    parts = urlsplit(address)
    host = re.sub(r"[^a-z0-9.-]+", "-", parts.netloc.lower()).strip(".-")[:100] or "host"
    last = unquote(parts.path).rstrip("/").rpartition("/")[2].lower()
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\.\w{1,5}$", "", last)).strip("-")[:60].strip("-")
    return f"{host}/{words or 'page'}-{hashlib.sha256(address.encode()).hexdigest()[:10]}"


def read_page(archive: Path, address: str) -> tuple[Path, KeptPage] | None:
    """The kept page of an address and what is known of it, None where there is none."""
    page = read_note(note_of(archive / PAGES / page_name(address)))
    if page is None:
        return None
    file = (archive / PAGES / page_name(address)).parent / page.file
    return (file, page) if file.is_file() else None


def address_of(file: Path) -> str | None:
    """The address that a kept page was found at in the end; None for any other file."""
    if file.parent.parent.name != PAGES:
        return None
    page = read_note(note_of(file.parent / file.name.partition(".")[0]))
    return page.final if page and page.file == file.name else None


def note_of(place: Path) -> Path:
    """Where the note of a page lies."""
    return place.with_name(f".{place.name}.json")


def read_note(note: Path) -> KeptPage | None:
    """None for one that is not there, or is none."""
    try:
        page = KeptPage(**json.loads(note.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    names = (page.final, page.file, page.entry)
    return page if all(isinstance(name, str) for name in names) and Path(page.file).name == page.file else None
