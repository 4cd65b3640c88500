"""RSS and Atom files: an article an entry that holds text, a teaser too. Nothing is fetched."""

import hashlib
from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from typing import Any

from index.article import Article, ArticleError, Original
from index.reading.formats.html import text_of_fragment
from index.reading.metadata import Said, iso_date, make_article, parsing
from index.reading.yardstick import paragraphs, with_warning

FIELDS = ("title", "link", "id", "author", "published", "updated", "summary", "language", "publisher")


def read_feed(source: str, original: Original) -> Iterator[Article | ArticleError]:
    """The articles of a decoded feed in its order; a sentence for the entries that hold no text."""
    import feedparser

    with parsing(original.name, "a feed", "feedparser"):
        feed: Any = feedparser.parse(
            BytesIO(source.encode()), response_headers={"content-type": "application/xml; charset=utf-8"}
        )
        entries = list(feed.entries)
    if not entries:
        raise ArticleError(f"{original.name}: no entries in this feed; it is left out")
    empty = 0
    seen: set[tuple[str, str | None, str]] = set()
    for number, entry in enumerate(entries, 1):
        try:
            with parsing(f"{original.name}:{number}", "an entry of a feed"):
                text = _text(entry)
                name = _id(entry, number)
                same = name, entry.get("title"), text  # of entries that share an id and differ, each is an article
                if not text or same in seen:
                    empty += not text
                    continue
                seen.add(same)
                member = Original(original.path, f"{original.id}/{name}", f"{original.name}:{number}")
                article = make_article(member, text, _said(entry, feed.feed))
                article = with_warning(article, chain(*map(paragraphs, _texts(entry))), "the entry's prose")
        except ArticleError as error:
            yield error
            continue
        yield article
    if empty:
        yield ArticleError(f"{original.name}: {empty} of {len(entries)} entries hold no text; they are left out")


def _id(entry: Any, number: int) -> str:
    """The same for an entry wherever it stands in the feed: of its id, link or title, its number where it has none."""
    known = entry.get("id") or entry.get("link") or entry.get("title")
    return hashlib.sha256(str(known).encode("utf-8", "replace")).hexdigest()[:12] if known else str(number)


def _text(entry: Any) -> str:
    """The longest text of an entry: its content, or else its summary."""
    return max(_texts(entry), key=len, default="")


def _texts(entry: Any) -> list[str]:
    held = [str(content.get("value") or "") for content in entry.get("content") or ()]
    return [text_of_fragment(source) for source in (*held, str(entry.get("summary") or "")) if source.strip()]


def _said(entry: Any, feed: Any) -> Iterator[Said]:
    yield Said("title", text_of_fragment(str(entry.get("title") or "")), "feed")
    yield Said("byline", entry.get("author"), "feed")
    yield Said("source", (entry.get("source") or {}).get("title"), "feed")
    yield Said("source", entry.get("publisher"), "feed")
    yield Said("source", feed.get("title"), "feed", "likely")
    yield Said("published", _day(entry, "published"), "feed")
    if "published" not in entry:
        yield Said("published", _day(entry, "updated"), "feed", "likely")
    yield Said("updated", _day(entry, "updated"), "feed")
    yield Said("url", entry.get("link"), "feed")
    yield Said("language", entry.get("language") or feed.get("language"), "feed")


def _day(entry: Any, name: str) -> str | None:
    """A date of an entry with the zone it was written in; in UTC where only feedparser understands it."""
    if name not in entry:
        return None
    if day := iso_date(str(entry[name])):
        return day
    moment = entry.get(f"{name}_parsed")
    return "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00".format(*moment[:6]) if moment else None
