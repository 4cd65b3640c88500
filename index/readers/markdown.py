"""Markdown: one article a file; its front matter says headline, outlet and date and is not indexed."""

import re
from collections.abc import Iterator
from pathlib import PurePath

from index.article import Article, ArticleError, Original, check_date
from index.readers.text import decode, read_bytes

FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?P<fields>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
FIELD = re.compile(r"^(?P<name>\w+):[ \t]*(?P<value>.*?)[ \t]*\r?$", re.MULTILINE)
HEADING = re.compile(r"^#\s+(?P<title>.+?)\s*#*\s*$", re.MULTILINE)


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article, its text the whole file; before it, an ArticleError for a date that is none."""
    text = decode(read_bytes(original), original.name)
    front = FRONT_MATTER.match(text)
    body_start = front.end() if front else 0
    fields = {m["name"].lower(): m["value"].strip("\"'") for m in FIELD.finditer(front["fields"])} if front else {}
    published = fields.get("published") or fields.get("date") or None
    if published:
        try:
            check_date(published, original.name)
        except ArticleError as error:
            yield error
            published = None
    if not text[body_start:].strip():
        raise ArticleError(f"{original.name}: holds no text after its front matter; it is left out")
    heading = HEADING.search(text, body_start)
    title = fields.get("title") or (heading["title"] if heading else PurePath(original.name).stem)
    yield Article(
        original.id,
        text,
        title,
        fields.get("source") or None,
        published,
        fields.get("url") or None,
        fields.get("byline") or None,
        body_start=body_start,
    )
