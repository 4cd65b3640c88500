"""Feeds: from the bytes of RSS or Atom to entries, and from entries to kept pages."""

import calendar
import hashlib
import io
import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.address import AddressError, Fetcher, check_address
from index.archive import Feed
from index.article import ArticleError
from index.pages import in_turns, keep_page, keep_row, read_page

MOST_ENTRIES = 500
LARGEST_FEED = 5_000_000
SHORTEST_TEXT = 40
KINDS = {
    name: ".xml"
    for name in (
        *("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml"),
        *("text/html", "text/plain"),  # what many servers call their feeds
    )
}


@dataclass(frozen=True)
class Entry:
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


@dataclass
class FeedRun:
    """What reading one feed gave: files of pages to index, how many entries were looked at, a sentence a thing skipped.

    `feed` is what to note of it once its pages are in the archive, None where it should be read again from the start.
    """

    address: str
    feed: Feed | None = None
    entries: int = 0
    unchanged: int = 0
    fetched: int = 0
    from_feed: int = 0
    skipped: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    again: bool = False


def read_feed(data: bytes, address: str, content_type: str = "") -> tuple[str, list[Entry], list[str]]:
    """Title and entries of a feed, the first MOST_ENTRIES of them; and a sentence for each thing left out.

    Raises AddressError where `data` is no feed. Loads nothing from anywhere, whatever stands in it.
    """
    import feedparser

    headers = {"content-location": address, "content-type": content_type or "application/xml"}
    # A stream: bytes would be tried as the name of a file first.
    try:
        parsed: Any = feedparser.parse(io.BytesIO(data), response_headers=headers)
    except (ValueError, RecursionError, LookupError, AssertionError) as error:
        raise AddressError(address, f"cannot be read as a feed ({error}); look at it in a browser") from None
    if not parsed.get("version") and not parsed.get("entries"):
        raise AddressError(address, "is no feed; give the address of RSS or Atom, which a page often links as “RSS”")
    title = _text(parsed.feed.get("title")) or address
    left_out = []
    if len(parsed.entries) > MOST_ENTRIES:
        left_out.append(
            f"{address}: {len(parsed.entries):,} entries; the first {MOST_ENTRIES} are read, the others left out"
        )
    entries: dict[str, Entry] = {}
    for number, item in enumerate(parsed.entries[:MOST_ENTRIES], 1):
        try:
            entry = _entry(item)
            entries.setdefault(entry.address, entry)
        except ArticleError as error:
            left_out.append(f"{address}: entry {number}: {error}")
    return title, list(entries.values()), left_out


def _entry(item: Any) -> Entry:
    link = item.get("link") or ""
    if not link:
        raise ArticleError("has no link; it is left out")
    texts = [content.get("value") or "" for content in item.get("content", [])] + [item.get("summary") or ""]
    moment = item.get("published_parsed") or item.get("updated_parsed")
    try:
        published = datetime.fromtimestamp(calendar.timegm(moment), UTC).isoformat() if moment else None
    except (ValueError, TypeError, OverflowError, OSError):
        published = None
    return Entry(
        check_address(link),
        _text(item.get("title")) or None,
        published,
        _text(item.get("author")) or None,
        max((_text(text) for text in texts), key=len),
    )


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


def fetch_feed(fetcher: Fetcher, feed: Feed) -> tuple[Feed, list[Entry], list[str]] | None:
    """A feed as it is now, with its entries and what was left out; None where the server says that nothing is new.

    Raises AddressError.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "feed")
        reply = fetcher.fetch(
            feed.address, target, KINDS, etag=feed.etag, last_modified=feed.last_modified, max_bytes=LARGEST_FEED
        )
        if reply.unchanged:
            return None
        title, entries, left_out = read_feed(target.read_bytes(), reply.final, reply.content_type)
    today = datetime.now(UTC).date().isoformat()
    return Feed(feed.address, title, reply.etag, reply.last_modified, today), entries, left_out


def update_feeds(
    fetcher: Fetcher,
    archive: Path,
    feeds: Sequence[Feed],
    *,
    kinds: Mapping[str, str],
    tell: Callable[[int, int, str], None] = lambda *_: None,
) -> list[FeedRun]:
    """Reads the feeds, then fetches the pages of entries that are new or that their feed has changed.

    An entry whose page cannot be had is kept as its feed tells it. `tell` hears how many are done, of how many, and
    which is next. Nothing here is indexed: that is for the caller, who then notes each run's `feed`.
    """
    runs = []
    wanted: dict[str, tuple[FeedRun, Entry, str]] = {}
    for done, feed in enumerate(feeds):
        tell(done, len(feeds), feed.address)
        run = FeedRun(feed.address)
        runs.append(run)
        try:
            got = fetch_feed(fetcher, feed)
        except AddressError as error:
            run.skipped.append(str(error))
            continue
        if got is None:
            run.feed = replace(feed, updated=datetime.now(UTC).date().isoformat())
            continue
        run.feed, entries, left_out = got
        run.entries = len(entries)
        run.skipped += left_out
        for entry in entries:
            wanted.setdefault(entry.address, (run, entry, run.feed.title))
    turns = in_turns(list(wanted))
    for done, address in enumerate(turns):
        tell(done, len(turns), address)
        run, entry, source = wanted[address]
        _keep_entry(fetcher, archive, run, entry, source, kinds)
    for run in runs:
        if run.again and run.feed:  # what could not be had today is looked for again, so the feed must be read again
            run.feed = replace(run.feed, etag=None, last_modified=None)
    return runs


def _keep_entry(
    fetcher: Fetcher, archive: Path, run: FeedRun, entry: Entry, source: str, kinds: Mapping[str, str]
) -> None:
    held = read_page(archive, entry.address)
    if held and held[1].entry == entry.digest:
        run.unchanged += 1
        run.files.append(held[0])
        return
    try:
        run.files.append(keep_page(fetcher, archive, entry.address, kinds=kinds, entry=entry.digest))
        run.fetched += 1
        return
    except AddressError as error:
        run.again |= error.passing
        digest = "" if error.passing else entry.digest
        if held and held[1].content_type != "feed entry":
            run.skipped.append(f"{error}; the page as it was is kept")
            run.files.append(held[0])
        elif len(entry.text) < SHORTEST_TEXT:
            run.skipped.append(str(error))
        else:
            fields = {"text": entry.text, "title": entry.title, "source": source, "published": entry.published}
            fields |= {"url": entry.address, "byline": entry.byline}
            run.files.append(keep_row(archive, entry.address, fields, entry=digest))
            run.skipped.append(f"{error}; the feed's own words are kept in its place")
            run.from_feed += 1
