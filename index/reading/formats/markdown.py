"""Markdown: one article a file; its front matter, YAML or TOML, says headline, outlet and date and is not indexed."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from ground.shown import shown
from index.article import Article, ArticleError, Origin, Original
from index.reading.charset import with_language
from index.reading.formats.text import decode, read_bytes
from index.reading.metadata import CLEAN, Said, dated, host_of, one_line
from index.reading.names import address_among, first_said, places_of
from index.understanding.page import complete

SAID = ("source", "published", "updated", "byline", "place", "agency", "url", "language", "title")
DAYS = ("published", "updated")
FRONT_MATTER = re.compile(
    r"(?P<mark>---|\+\+\+)[ \t]*\r?\n(?P<fields>.*?)^(?:(?P=mark)|(?<!\+)\.\.\.)[ \t]*(?:\r?\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
FIELD = re.compile(r"(?P<name>[\w-]+):[ \t]*(?P<value>.*?)[ \t]*")
LONGEST = 50_000
DEEPEST = 2
MOST_NAMES = 100
CODE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?:.|\n)*?(?:^ {0,3}(?P=mark)[`~]*\s*$|\Z)", re.MULTILINE)
HEADING = re.compile(r"^#\s+(?P<title>.+?)\s*#*\s*$", re.MULTILINE)
LINKED = re.compile(r"\[\[(?:[^\]|]*\|)?([^\]]*)\]\]|\[([^\]]*)\]\([^)\s]*\)")  # [[as Obsidian]] or [as](Markdown)


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article, its text the whole file; before it, an ArticleError for what is not understood of its fields."""
    text = decode(read_bytes(original), original.name)
    front = FRONT_MATTER.match(text)
    fields: dict[str, Any] | None = {}
    if front:
        try:
            fields = _fields(front["mark"], front["fields"])
        except ValueError as error:
            yield ArticleError(f"{original.name}: its front matter is not understood ({error}); nothing is read of it")
    # Between two rules that hold no fields stands text.
    body_start = front.end() if front and fields is not None else 0
    said: dict[str, str] = {}
    doubts: dict[str, Origin] = {}
    for field, value in _said(fields or {}):
        cleaned = CLEAN.get(field, one_line)(value)
        if cleaned:
            said.setdefault(field, cleaned)
        if field in DAYS:
            doubts[field] = dated(Said(field, value, "front matter"))
            if not cleaned:
                day = "write an ISO 8601 date such as 2023-10-04"
                yield ArticleError(f'{original.name}: "{field}" is "{shown(value, most=40)}"; {day}')
    if not text[body_start:].strip():
        raise ArticleError(f"{original.name}: holds no text after its front matter; it is left out")
    origins = [doubts.get(name, Origin(name, "front matter", "sure")) for name in SAID if name in said]
    stem = PurePath(original.name).stem
    if "title" not in said and (heading := _heading(text, body_start)):
        said["title"] = heading["title"]
        origins.append(Origin("title", "heading", "sure"))
    title = said.pop("title", stem)
    article = Article(original.id, text, title, body_start=body_start, origins=tuple(origins))
    article = complete(with_language(replace(article, **said)), original.name, fallback=stem)  # type: ignore[arg-type]
    if article.url and not article.source:
        guess = Origin("source", "address", "guess")
        article = replace(article, source=host_of(article.url), origins=(*article.origins, guess))
    yield article


def _heading(text: str, start: int) -> re.Match[str] | None:
    """The first heading from `start` on; a comment in a block of code, "# Load the file", is none."""
    code = [found.span() for found in CODE.finditer(text, start)]
    found = HEADING.finditer(text, start)
    return next((one for one in found if not any(a < one.start() < b for a, b in code)), None)


def _said(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What front matter says, by field; an address in the place of the outlet is the article's."""
    names = list(fields)
    for field, places in places_of(names).items():
        values = [_words(fields[names[place]]) for place in places]
        if field in SAID and (value := first_said(field, values)):
            yield field, value
        if field == "source" and (value := address_among(values)):
            yield "url", value


def _fields(mark: str, source: str) -> dict[str, Any] | None:
    """The fields of front matter, None where it has none; raises ValueError, saying where, for what is neither."""
    if len(source) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters")
    if mark == "+++":
        try:
            return tomllib.loads(source.replace("\r\n", "\n"))
        except RecursionError:
            raise ValueError("nested too deep") from None
    import yaml

    try:
        # With every value as it is written: a day, a number and "no" are words here. It makes no other objects.
        held = yaml.load(source, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        flat = _flat(source)
        if flat is None:
            place = getattr(error, "problem_mark", None)
            raise ValueError(f"no YAML in its line {place.line + 2}" if place else "no YAML") from None
        return flat
    return held if isinstance(held, dict) else {} if not held else None


def _flat(source: str) -> dict[str, str] | None:
    """Lines of `name: value` that are no YAML, such as `title: Fire: two hurt`; None where there is any other line."""
    lines = [line for line in source.splitlines() if line.strip() and not line.startswith("#")]
    found = [FIELD.fullmatch(line) for line in lines]
    if None in found:
        return None
    return {field["name"]: field["value"].strip("\"'") for field in found if field}


def _words(value: Any, depth: int = 0) -> str:
    """A value as words: links without their brackets, names with commas between, a day as it is written in ISO 8601."""
    if depth > DEEPEST or value in ("~", "null"):
        return ""
    if isinstance(value, dict):
        return _words(value.get("name"), depth + 1)
    if isinstance(value, list):
        return ", ".join(words for one in value[:MOST_NAMES] if (words := _words(one, depth + 1)))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return LINKED.sub(lambda found: found[1] or found[2] or "", value) if isinstance(value, str) else ""
