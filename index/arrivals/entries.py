"""From the bytes of RSS or Atom to entries, in a process of its own: 350 kB can keep feedparser busy for 30 s."""

import calendar
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.article import ArticleError

MOST_ENTRIES = 500
SECONDS = 60.0
MEMORY_BYTES = 1_000_000_000
COMMAND = (sys.executable, "-P", "-m", "index.arrivals.entries")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class FeedEntry:
    """One entry of a feed: the address of its page, and what the feed itself says of it."""

    address: str
    title: str | None = None
    published: str | None = None
    byline: str | None = None
    text: str = ""

    @property
    def digest(self) -> str:
        """Equal digests: the feed says nothing new of the page."""
        return hashlib.sha256(json.dumps(astuple(self), ensure_ascii=False).encode("utf-8", "replace")).hexdigest()[:20]


def read_feed(
    data: bytes, address: str, content_type: str = "", *, seconds: float = SECONDS
) -> tuple[str, list[FeedEntry], list[str]]:
    """Title and entries of a feed, the first MOST_ENTRIES of them; and a sentence for each thing left out.

    Raises AddressError where `data` is no feed, or is not read within `seconds`. Nothing is loaded from anywhere,
    whatever stands in it.
    """
    from index.arrivals.address import AddressError, check_address

    head = json.dumps({"address": address, "content_type": content_type}).encode()
    given = {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
    try:
        ran = subprocess.run(
            COMMAND,
            input=head + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env=os.environ | given,
        )
    except subprocess.TimeoutExpired:
        raise AddressError(address, f"not read as a feed within {seconds:g} s; look at it in a browser") from None
    if ran.returncode:
        raise AddressError(address, "its parser died of it; look at it in a browser")
    said = json.loads(ran.stdout)
    if not said["feed"]:
        raise AddressError(address, "is no feed; give the address of RSS or Atom, which a page often links as “RSS”")
    left_out = []
    if said["count"] > MOST_ENTRIES:
        left_out.append(f"{address}: {said['count']:,} entries; the first {MOST_ENTRIES} are read, the others left out")
    entries: dict[str, FeedEntry] = {}
    for number, (link, *fields) in enumerate(said["entries"], 1):
        try:
            if not link:
                raise ArticleError("has no link; it is left out")
            entry = FeedEntry(check_address(link), *fields)
            entries.setdefault(entry.address, entry)
        except ArticleError as error:
            left_out.append(f"{address}: entry {number}: {error}")
    return said["title"] or address, list(entries.values()), left_out


# In the process of its own


def main() -> None:
    """Reads address, content type and feed from standard input, says what it found on standard output."""
    with suppress(ModuleNotFoundError):  # Windows has none, and its time is limited all the same
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    asked = json.loads(sys.stdin.buffer.readline())
    print(json.dumps(_parsed(sys.stdin.buffer.read(), asked["address"], asked["content_type"])))


def _parsed(data: bytes, address: str, content_type: str) -> dict[str, object]:
    import feedparser

    headers = {"content-location": address, "content-type": content_type or "application/xml"}
    # A stream: bytes would be tried as the name of a file first.
    parsed: Any = feedparser.parse(io.BytesIO(data), response_headers=headers)
    entries = parsed.get("entries") or []
    return {
        "feed": bool(parsed.get("version") or entries),
        "title": _text(parsed.feed.get("title")),
        "count": len(entries),
        "entries": [_entry(item) for item in entries[:MOST_ENTRIES]],
    }


def _entry(item: Any) -> tuple[str | None, ...]:
    """Link and the other fields of a `FeedEntry`."""
    texts = [content.get("value") or "" for content in item.get("content", [])] + [item.get("summary") or ""]
    moment = item.get("published_parsed") or item.get("updated_parsed")
    try:
        published = datetime.fromtimestamp(calendar.timegm(moment), UTC).isoformat() if moment else None
    except (ValueError, TypeError, OverflowError, OSError):
        published = None
    text = max((_text(text) for text in texts), key=len)
    return item.get("link"), _text(item.get("title")) or None, published, _text(item.get("author")) or None, text


def _text(markup: str | None) -> str:
    """The words of a piece of HTML, a paragraph a line.

    >>> _text("<p>Ten &amp; <b>two</b> died.</p><script>x()</script><p>More</p>")
    'Ten & two died.\\n\\nMore'
    """
    if not markup or not markup.strip():
        return ""
    from lxml import etree, html

    try:
        tree = html.fragment_fromstring(markup.replace("\0", " "), create_parent="div")
    except (etree.LxmlError, ValueError):
        return ""
    etree.strip_elements(tree, "script", "style", etree.Comment, with_tail=False)
    for node in tree.iter("p", "br", "div", "li", "h1", "h2", "h3", "h4", "tr", "blockquote"):
        node.tail = "\n\n" + (node.tail or "")
    words = "".join(tree.itertext()).encode("utf-8", "replace").decode()
    return re.sub(r"\s*\n\s*\n\s*", "\n\n", re.sub(r"[ \t\r\f\v]+", " ", words)).strip()


if __name__ == "__main__":
    main()
