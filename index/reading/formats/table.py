"""Tables in CSV or TSV: an article a row, read as a stream; the header names the columns, in their usual words."""

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from ground.shown import shown
from index.article import Article, ArticleError, Original
from index.reading.charset import guess_charset
from index.reading.files import kind_of
from index.reading.formats.text import LARGEST_ARTICLE
from index.reading.metadata import Said, iso_date, make_article, parsing
from index.reading.names import address_among, first_said, places_of
from index.reading.yardstick import beside, with_warning

PIECE = 1_000_000
DELIMITERS = ",;\t|"
NOTHING = "\\N"  # MySQL's word for a cell that holds nothing
SEP = re.compile(r'"?sep=(.)"?\s*$', re.IGNORECASE)  # Excel's first line; its tab is a tab


@dataclass(frozen=True)
class Dialect:
    """How a table is written: what parts its cells, whether a backslash takes the meaning from what follows it, and
    whether its first line only names the delimiter.
    """

    delimiter: str
    backslash: bool
    named: bool


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article a row, in the file's order; a row that is none comes as an ArticleError. The file is streamed.

    A row that does not fit its table is refused with its line: it is never cut or put together to fit.
    """
    with parsing(original.name, "a table"):
        charset = charset_of(original.path, original.name)
        # The module's limit is one for all readers; the sample's own is lower than an article.
        csv.field_size_limit(LARGEST_ARTICLE)
        dialect = dialect_of(original, charset, lambda header: "text" in places_of(header))
    articles = 0
    columns: dict[str, list[int]] | None = None
    width = 0
    whole = True
    for number, last, row in rows_of(original.path, charset, dialect):
        where = f"{original.name}:{number}"
        if isinstance(row, csv.Error):
            whole = False
            lines = "the row is" if last == number else f"lines {number} to {last} are"
            yield ArticleError(f"{where}: cannot be read as a row of a table ({shown(str(row))}); {lines} left out")
        elif columns is None:
            columns, width = places_of(row), len(row)
            if "text" not in columns:
                raise ArticleError(
                    f'{original.name}: no column "text" (or body, content, article) in its first line; name the columns'
                    " there"
                )
        elif any(cell.strip() for cell in row):
            if len(row) > width and not any(cell.strip() for cell in row[width:]):
                row = row[:width]
            # Some programs leave out the empty cells at a row's end; after a broken quote it may be half a row.
            if len(row) > width or (len(row) < width and not whole):
                yield ArticleError(
                    f"{where}: has {len(row)} cells under {width} columns; quote its text, the row is left out"
                )
            else:
                for item in _read_row(row, columns, original, where, f"{original.id}/{articles + 1}"):
                    articles += isinstance(item, Article)
                    yield item


def dialect_of(original: Original, charset: str, knows: Callable[[list[str]], bool]) -> Dialect:
    """The dialect in which `knows` knows the header, and that most rows of the whole file fit.

    More than one is tried only where the file leaves a doubt. Raises ArticleError for an empty file.
    """
    with original.path.open(encoding=charset, errors="replace", newline="") as file:
        start = file.readline(PIECE).removeprefix("\ufeff")
        if not start.strip():
            raise ArticleError(f"{original.name}: is empty; it is left out")
        given = SEP.match(start)
        if given:
            start = file.readline(PIECE)
        file.seek(0)
        escaped = any('\\"' in line for line in file)
    order = "\t,;|" if kind_of(original.path) == ".tsv" else sorted(DELIMITERS, key=start.count, reverse=True)
    found = [
        Dialect(delimiter, backslash, bool(given))
        for delimiter in ([given[1]] if given else order)
        for backslash in ((False, True) if escaped else (False,))
    ]
    good = [dialect for dialect in found if knows(_header(original.path, charset, dialect))]
    if len(good) < 2:
        return (good or found)[0]
    return min(good, key=partial(_misfits, original.path, charset))


def _header(path: Path, charset: str, dialect: Dialect) -> list[str]:
    row = next((row for _, _, row in rows_of(path, charset, dialect)), [])
    return [] if isinstance(row, csv.Error) else row


def _misfits(path: Path, charset: str, dialect: Dialect) -> int:
    """How many rows of a file do not fit its first one."""
    width = misfits = 0
    for _, _, row in rows_of(path, charset, dialect):
        if isinstance(row, csv.Error):
            misfits += 1
        elif not width:
            width = len(row)
        elif row and len(row) != width:
            misfits += 1
    return misfits


def rows_of(path: Path, charset: str, dialect: Dialect) -> Iterator[tuple[int, int, list[str] | csv.Error]]:
    """The rows of a table, each with its first and its last line; an error in place of one that is not well quoted."""
    # Only a letter cut off at the file's end can be wrong in it now.
    with path.open(encoding=charset, errors="replace", newline="") as file:
        lines: Iterator[str] = chain([file.readline().removeprefix("\ufeff")], file)
        if dialect.named:
            next(lines)
        if dialect.backslash:
            lines = (_with_letters(line, dialect.delimiter) for line in lines)
        rows = csv.reader(
            lines, delimiter=dialect.delimiter, strict=True, escapechar="\\" if dialect.backslash else None
        )
        before = int(dialect.named)
        while True:
            first = before + rows.line_num + 1
            try:
                row: list[str] | csv.Error | None = next(rows, None)
            except csv.Error as error:
                row = error
            if row is None:
                return
            yield first, before + rows.line_num, row


def _with_letters(line: str, delimiter: str) -> str:
    r"""A line whose backslashes before letters, such as MySQL's \N, are read as they stand: csv would drop them.

    >>> _with_letters(r'\N,"\"a\""', ",")
    '\\\\N,"\\"a\\""'
    """
    return re.sub(r"\\(.)", lambda found: found[0] if found[1] in f'\\"{delimiter}' else rf"\\{found[1]}", line)


def _read_row(
    row: list[str], columns: dict[str, list[int]], original: Original, where: str, made_id: str
) -> Iterator[Article | ArticleError]:
    held = {
        field: ["" if row[place] == NOTHING else row[place] for place in places if place < len(row)]
        for field, places in columns.items()
    }
    cells = {field: first_said(field, values) for field, values in held.items()}
    text = cells.pop("text", "")
    if not text:
        yield ArticleError(f"{where}: holds no text; the row is left out")
        return
    if "\0" in text:
        yield ArticleError(f"{where}: holds NUL characters, so it is no text; the row is left out")
        return
    article_id = cells.pop("id", "").strip() or made_id
    published = cells.get("published", "").strip()
    if published and iso_date(published) is None:
        yield ArticleError(
            f'{where}: "published" is "{shown(published, most=40)}"; write an ISO 8601 date such as 2023-10-04'
        )
    try:
        said = [Said(field, value, "column") for field, value in cells.items()]
        said.append(Said("url", address_among(held.get("source", [])), "column"))
        article = make_article(Original(original.path, article_id, article_id), text, said)
        yield with_warning(article, beside(text, row), "the row's prose")
    except ArticleError as error:
        yield error


def charset_of(path: Path, name: str) -> str:
    """The charset of a table, read as a stream; told from the piece where it is not UTF-8, if there is one."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        wide = False
        last = b""
        try:
            while piece := file.read(PIECE):
                last = piece
                wide = not decoder.decode(piece).isascii() or wide
            if not wide:  # else a letter is cut off at the end of what is UTF-8
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            found = guess_charset(last[: last.rfind(b"\n") + 1] or last)
            if found is None:
                raise ArticleError(
                    f"{name}: not UTF-8, and its charset cannot be told; save it as UTF-8 and index again"
                ) from None
            return found
    return "utf-8-sig"
