"""From feeds that are followed to kept pages: reads each feed, and fetches what is new in it."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from index.arrivals.address import AddressError, Fetcher
from index.arrivals.entries import FeedEntry, read_feed
from index.arrivals.pages import in_turns, keep_page, keep_row
from index.reading.kept_page import read_page
from index.store.archive import Feed

LARGEST_FEED = 5_000_000
SHORTEST_TEXT = 40
KINDS = {
    name: ".xml"
    for name in (
        *("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml"),
        *("text/html", "text/plain"),  # what many servers call their feeds
    )
}


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


def fetch_feed(fetcher: Fetcher, feed: Feed) -> tuple[Feed, list[FeedEntry], list[str]] | None:
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
    wanted: dict[str, tuple[FeedRun, FeedEntry, str]] = {}
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
    fetcher: Fetcher, archive: Path, run: FeedRun, entry: FeedEntry, source: str, kinds: Mapping[str, str]
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
