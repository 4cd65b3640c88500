"""What a person knows better: corrections in a side file beside an article, `story.txt.toml` for `story.txt`.

    published = 2020-01-03
    source = "AFP"

    [[sections]]
    headline = "Rain stops the fair"
    source = "The Star"

    [articles."a-row's-id"]
    title = "Of a row, or of a member of a container"

They are laid over what was read each time the file is read, so they stay as long as the side file does.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ground.files import write_whole
from index.article import Article, ArticleError, Origin, Section, check_date

SUFFIX = ".toml"
FIELDS = ("title", "source", "published", "updated", "byline", "place", "agency", "url", "language")
SECTION_FIELDS = ("start", "headline", "source", "published", "byline", "remove")
LARGEST = 1_000_000


def side_file(file: Path) -> Path:
    """Where the corrections of a file stand, whether or not there are any.

    >>> side_file(Path("a/story.txt")).name
    'story.txt.toml'
    """
    return file.with_name(file.name + SUFFIX)


def read_side_file(file: Path) -> dict[str, Any]:
    """What the side file of `file` says; nothing where there is none. Raises ArticleError where it cannot be read."""
    side = side_file(file)
    if not side.is_file():
        return {}
    try:
        if side.stat().st_size > LARGEST:
            raise ArticleError(f"{side}: is larger than corrections are ({LARGEST / 1e6:.0f} MB); it is not used")
        return tomllib.loads(side.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArticleError(f"{side}: not TOML ({error}); mend it, the article is read without it") from None
    except OSError as error:
        raise ArticleError(f"{side}: cannot be read ({error.strerror}); the article is read without it") from None


def corrected(items: Iterator[Article | ArticleError], file: Path) -> Iterator[Article | ArticleError]:
    """The articles of `file` with its corrections; before each, an ArticleError for every one that cannot be used."""
    try:
        given = read_side_file(file)
    except ArticleError as error:
        yield error
        given = {}
    if not given:
        yield from items
        return
    side = side_file(file)
    own = given.pop("articles", {})
    if not isinstance(own, dict) or not all(isinstance(table, dict) for table in own.values()):
        yield ArticleError(f'{side}: "articles" is no table of tables; write [articles."ID"]')
        own = {}
    met = set()
    for item in items:
        if isinstance(item, Article):
            met.add(item.id)
            problems: list[ArticleError] = []
            for values in (given, own.get(item.id, {})):
                item = correct(item, values, str(side), problems)
            yield from problems
        yield item
    for name in sorted(set(own) - met):
        yield ArticleError(f'{side}: no article of this file has the id "{name}"; see groundwire search for ids')


def correct(article: Article, values: Mapping[str, Any], where: str, problems: list[ArticleError]) -> Article:
    """The article with these values in place of what was read; what is wrong with them is added to `problems`.

    >>> correct(Article("a", "Text.", "T", "AP"), {"source": "AFP", "byline": ""}, "a.toml", []).source
    'AFP'
    """
    fields: dict[str, str | None] = {}
    for name, value in values.items():
        try:
            if name in FIELDS:
                fields[name] = _value(name, value, where)
            elif name == "sections":
                article = replace(article, sections=_sections(article, value, where, problems))
            else:
                raise ArticleError(f'{where}: "{name}" is nothing that can be corrected; it is {", ".join(FIELDS)}')
        except ArticleError as error:
            problems.append(error)
    origins = [origin for origin in article.origins if origin.field not in fields]
    origins += [Origin(name, "correction", "sure") for name in FIELDS if fields.get(name)]
    return replace(article, origins=tuple(origins), **fields)  # type: ignore[arg-type]


def _value(name: str, value: object, where: str) -> str | None:
    """One value as an article holds it; an empty text takes away what was read."""
    if isinstance(value, date):
        value = value.isoformat()
    if not isinstance(value, str) or (name in ("title", "headline") and not value.strip()):
        raise ArticleError(f'{where}: "{name}" is no text; write {name} = "…"')
    return (check_date(value, where, name) if name in ("published", "updated") and value else value) or None


def _sections(article: Article, given: object, where: str, problems: list[ArticleError]) -> tuple[Section, ...]:
    """The sections of the article with these corrections: one that was found is changed, one that was not is added."""
    if not isinstance(given, list) or not all(isinstance(table, dict) for table in given):
        raise ArticleError(f'{where}: "sections" is no list of tables; write [[sections]], or sections = [] for none')
    if not given:
        return ()
    held = {section.start: section for section in article.sections}
    for table in given:
        try:
            _correct_section(article, held, table, where)
        except ArticleError as error:
            problems.append(error)
    return tuple(held[start] for start in sorted(held))


def _correct_section(article: Article, held: dict[int, Section], table: dict[str, object], where: str) -> None:
    for name in table:
        if name not in SECTION_FIELDS:
            raise ArticleError(f'{where}: a section has no "{name}"; it has {", ".join(SECTION_FIELDS)}')
    values = {n: _value(n, v, where) for n, v in table.items() if n not in ("start", "remove")}
    headline, start = values.pop("headline", None), table.get("start")
    if start is None:
        if headline is None:
            raise ArticleError(f"{where}: a section is named by its start or its headline; write one of them")
        found = [section.start for section in held.values() if section.title == headline]
        start = found[0] if found else article.text.find(headline, article.body_start)
        if start < 0:
            raise ArticleError(f'{where}: "{headline[:60]}" is not in the text; name the section by its start')
    if not isinstance(start, int) or isinstance(start, bool) or not article.body_start <= start < len(article.text):
        raise ArticleError(f'{where}: a section cannot start at "{start}"; the text has {len(article.text)} characters')
    if table.get("remove") is True:
        held.pop(start, None)
        return
    section = held.get(start, Section(start))
    held[start] = replace(section, title=headline or section.title, **values)  # type: ignore[arg-type]


def corrections_in(file: Path, article_id: str | None = None) -> dict[str, str]:
    """What the side file of `file` says of its one article, or of the one with this id; the empty text takes away.

    Raises ArticleError where it cannot be read.
    """
    given = read_side_file(file)
    own = given if article_id is None else given.get("articles", {})
    table = own if article_id is None or not isinstance(own, dict) else own.get(article_id, {})
    held = table if isinstance(table, dict) else {}
    return {name: _value(name, held[name], str(side_file(file))) or "" for name in FIELDS if name in held}


def write_correction(file: Path, values: Mapping[str, str | None], article_id: str | None = None) -> Path:
    """Adds values to the side file of `file`, for one of its articles where `article_id` is given; returns its path.

    None takes a correction away, and a file goes with the last. It arrives by a rename. Raises ArticleError for a field
    or a value that cannot be, and changes nothing then. Comments in a side file are not kept.
    """
    side = side_file(file)
    given = read_side_file(file)
    for name, value in values.items():
        if name not in FIELDS:
            raise ArticleError(f'"{name}" is nothing that can be corrected; it is {", ".join(FIELDS)}')
        if value is None:
            continue
        _value(name, value, name)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ArticleError(f'"{name}" is not UTF-8; write it again') from None
    table = given if article_id is None else given.setdefault("articles", {}).setdefault(article_id, {})
    if not isinstance(table, dict):
        raise ArticleError(f'{side}: "articles" is no table of tables; mend it and try again')
    for name, value in values.items():
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
    if article_id is not None and not table:
        del given["articles"][article_id]
    try:
        if given and given != {"articles": {}}:
            write_whole(side, _toml(given))
        else:
            side.unlink(missing_ok=True)
    except OSError as error:
        raise ArticleError(f"{side}: cannot be written ({error.strerror}); make the folder writable") from None
    return side


def remove_correction(file: Path, article_id: str | None = None) -> bool:
    """Takes the corrections of a file away, or those of one of its articles; whether there were any."""
    side = side_file(file)
    given = read_side_file(file)
    if article_id is None:
        gone = side.is_file()
        side.unlink(missing_ok=True)
        return gone
    own = given.get("articles", {})
    gone = isinstance(own, dict) and own.pop(article_id, None) is not None
    if gone and not own and len(given) == 1:
        side.unlink()
    elif gone:
        write_whole(side, _toml(given))
    return gone


def _toml(given: Mapping[str, Any]) -> str:
    """TOML that reads back as `given`: plain values first, then tables; tomllib only reads."""
    lines = [f"{_key(name)} = {_word(value)}" for name, value in given.items() if name != "articles"]
    for name, table in given.get("articles", {}).items():
        lines += ["", f"[articles.{_key(name)}]", *(f"{_key(key)} = {_word(value)}" for key, value in table.items())]
    return "\n".join(lines).lstrip("\n") + "\n"


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _word(name)


def _word(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_word, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(name)} = {_word(item)}' for name, item in value.items())} }}"
    text = value if isinstance(value, str) else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
