"""JSON Lines: an article a row; `text` is needed, all else may be there, by the names that other programs use."""

import json
from collections.abc import Iterator
from typing import Any

from ground.shown import shown
from index.article import Article, ArticleError, Original
from index.reading.formats.text import LARGEST_ARTICLE, decode
from index.reading.metadata import Said, dated, follows, iso_date, language_code, name_only
from index.reading.names import address_among, first_said, places_of
from index.reading.yardstick import beside, with_warning
from index.understanding.exports.story import words_in

LONGEST_ID = 1_000


def read_row(line: bytes, where: str, made_id: str) -> Iterator[Article | ArticleError]:
    """The article of one row; before it, an ArticleError for what is left out. `made_id` is for a row without an id."""
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
    names = list(row)
    held: dict[str, list[str]] = {}
    for field, places in places_of(names).items():
        held[field] = []
        for place in places:
            value = row[names[place]]
            words = _words(value, field)
            if words is None and value is not None and field in ("title", "source", "published", "url", "byline"):
                yield ArticleError(f'{where}: "{names[place]}" is not a text; it is left out')
            held[field].append(words or "")
    said = {field: first_said(field, values) for field, values in held.items()}
    text = said.get("text", "")
    if not text:
        raise ArticleError(f'{where}: "text" is missing or no text, and every article needs it; the row is left out')
    article_id = said.get("id") or made_id
    if len(article_id) > LONGEST_ID:
        raise ArticleError(f'{where}: "id" has {len(article_id):,} characters; write {LONGEST_ID:,} at most')
    days: dict[str, str] = {}
    for name in ("published", "updated"):
        if value := said.get(name, ""):
            if day := iso_date(value):
                days[name] = day
            else:
                yield ArticleError(
                    f'{where}: "{name}" is "{shown(value, most=40)}"; write an ISO 8601 date such as 2023-10-04'
                )
    if "updated" in days and "published" in days and not follows(days["updated"], days["published"]):
        del days["updated"]
    origins = [dated(Said(name, said[name], "row")) for name in days]
    try:
        f"{article_id}{text}{said}".encode()
    except UnicodeEncodeError:
        raise ArticleError(f"{where}: holds half of a surrogate pair (\\ud800-\\udfff); the row is left out") from None
    article = Article(
        article_id,
        text,
        said.get("title") or article_id,
        said.get("source") or None,
        days.get("published"),
        said.get("url") or address_among(held.get("source", [])) or None,
        name_only(said.get("byline")),
        updated=days.get("updated"),
        agency=said.get("agency") or None,
        place=said.get("place") or None,
        language=language_code(said.get("language")),
        origins=tuple(origin for origin in origins if origin.sure != "sure"),
        desk=said.get("desk") or None,
        length=words_in(said.get("length", "")),
    )
    told = beside(text, (value for value in row.values() if isinstance(value, str)))
    yield with_warning(article, told, "the row's prose")


def _words(value: Any, field: str) -> str | None:
    """What a value says: a text; of an object its name; of a list all that its members say. None for anything else."""
    if isinstance(value, str):
        return value
    if field in ("id", "length") and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if field in ("published", "updated") and isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.0f}" if abs(value) < 1e18 else str(value)
    if isinstance(value, dict) and field in ("source", "byline", "agency"):
        return _words(value.get("name"), field)
    if isinstance(value, list) and field in ("text", "byline"):
        parts = [_words(one, field) for one in value if not isinstance(one, list)]
        return None if None in parts else ("\n" if field == "text" else ", ").join(filter(None, parts))
    return None


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article a row, in the file's order; a row that is none comes as an ArticleError. The file is streamed."""
    articles = 0
    empty = True
    with original.path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            empty = False
            where = f"{original.name}:{number}"
            try:
                for item in read_row(line, where, f"{original.id}/{articles + 1}"):
                    articles += isinstance(item, Article)
                    yield item
            except ArticleError as error:
                yield error
    if empty:
        raise ArticleError(f"{original.name}: is empty; it is left out")
