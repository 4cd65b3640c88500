"""JSON Lines: an article a row; `id` and `text` are needed, `title source published url byline` may be there."""

import json
from collections.abc import Iterator

from index.article import Article, ArticleError, Origin, Original
from index.reading.formats.text import LARGEST_ARTICLE, decode
from index.understanding.dates import read_field

LONGEST_ID = 1_000


def read_row(line: bytes, where: str) -> Iterator[Article | ArticleError]:
    """The article of one row; before it, an ArticleError for a date that is none."""
    if len(line) > LARGEST_ARTICLE:
        raise ArticleError(f"{where}: the row is longer than one article holds ({LARGEST_ARTICLE / 1e6:.0f} MB)")
    try:
        row = json.loads(decode(line, where).rstrip())
    except json.JSONDecodeError as error:
        raise ArticleError(f"{where}: not JSON ({error.msg}, column {error.colno}); the row is left out") from None
    except (RecursionError, ValueError):
        raise ArticleError(f"{where}: nested too deep, or a number too long; the row is left out") from None
    if not isinstance(row, dict):
        raise ArticleError(f'{where}: not an object; a row is {{"id": "…", "text": "…"}}')
    for name in ("id", "text"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise ArticleError(
                f'{where}: "{name}" is missing or no text, and every article needs it; the row is left out'
            )
    if len(row["id"]) > LONGEST_ID:
        raise ArticleError(f'{where}: "id" has {len(row["id"]):,} characters; write {LONGEST_ID:,} at most')
    optional: dict[str, str | None] = {}
    for name in ("title", "source", "published", "url", "byline"):
        value = row.get(name)
        if name == "published" and isinstance(value, int | float) and not isinstance(value, bool):
            value = f"{value:.0f}" if abs(value) < 1e18 else str(value)
        if value is not None and not isinstance(value, str):
            yield ArticleError(f'{where}: "{name}" is not a text; it is left out')
            value = None
        optional[name] = value or None
    origins: tuple[Origin, ...] = ()
    if given := optional["published"]:
        found = read_field(given)
        optional["published"] = found.iso if found else None
        if found is None:
            yield ArticleError(f'{where}: "published" is "{given[:40]}"; write an ISO 8601 date such as 2023-10-04')
        elif found.doubt:
            origins = (Origin("published", f"row: {found.doubt}", "likely"),)
    text: str = row["text"]
    try:
        f"{row['id']}{text}{optional}".encode()
    except UnicodeEncodeError:
        raise ArticleError(f"{where}: holds half of a surrogate pair (\\ud800-\\udfff); the row is left out") from None
    title = optional["title"] or row["id"]
    source, published, url, byline = (optional[name] for name in ("source", "published", "url", "byline"))
    yield Article(row["id"], text, title, source, published, url, byline, origins=origins)


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article a row, in the file's order; a row that is none comes as an ArticleError. The file is streamed."""
    seen: set[str] = set()
    empty = True
    with original.path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            empty = False
            where = f"{original.name}:{number}"
            try:
                for item in read_row(line, where):
                    if isinstance(item, Article):
                        if item.id in seen:
                            raise ArticleError(
                                f'{where}: the id "{item.id}" stands in an earlier row; the row is left out'
                            )
                        seen.add(item.id)
                    yield item
            except ArticleError as error:
                yield error
    if empty:
        raise ArticleError(f"{original.name}: is empty; it is left out")
