"""Markdown: one article a file; its front matter says headline, outlet and date and is not indexed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath

from index.article import Article, ArticleError, Origin, Original
from index.reading.charset import with_language
from index.reading.formats.text import decode, read_bytes
from index.reading.metadata import Said, dated, iso_date
from index.understanding.page import complete

SAID = ("source", "published", "updated", "byline", "place", "agency", "url", "language")
FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?P<fields>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
FIELD = re.compile(r"^(?P<name>\w+):[ \t]*(?P<value>.*?)[ \t]*\r?$", re.MULTILINE)
HEADING = re.compile(r"^#\s+(?P<title>.+?)\s*#*\s*$", re.MULTILINE)


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article, its text the whole file; before it, an ArticleError for a date that is none."""
    text = decode(read_bytes(original), original.name)
    front = FRONT_MATTER.match(text)
    body_start = front.end() if front else 0
    fields = {m["name"].lower(): m["value"].strip("\"'") for m in FIELD.finditer(front["fields"])} if front else {}
    days: dict[str, str | None] = {
        "published": fields.get("published") or fields.get("date"),
        "updated": fields.get("updated"),
    }
    doubts: dict[str, Origin] = {}
    for name, value in days.items():
        days[name] = iso_date(value)
        if value and days[name] is None:
            yield ArticleError(
                f'{original.name}: "{name}" is "{value[:40]}"; write an ISO 8601 date such as 2023-10-04'
            )
        doubts[name] = dated(Said(name, value, "front matter"))
    if not text[body_start:].strip():
        raise ArticleError(f"{original.name}: holds no text after its front matter; it is left out")
    heading = HEADING.search(text, body_start)
    stem = PurePath(original.name).stem
    said = {name: value for name, value in (fields | days).items() if value and name in SAID}
    title = fields.get("title") or (heading["title"] if heading else stem)
    origins = [doubts.get(name, Origin(name, "front matter", "sure")) for name in SAID if name in said]
    if title != stem:
        origins.append(Origin("title", "front matter" if fields.get("title") else "heading", "sure"))
    article = Article(original.id, text, title, body_start=body_start, origins=tuple(origins))
    yield complete(with_language(replace(article, **said)), original.name, fallback=stem)  # type: ignore[arg-type]
