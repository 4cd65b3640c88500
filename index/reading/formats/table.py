"""Tables in CSV or TSV: an article a row, read as a stream; the header names the columns, in their usual words."""

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path

from index.article import Article, ArticleError, Original
from index.reading.charset import guess_charset
from index.reading.files import kind_of
from index.reading.formats.text import LARGEST_ARTICLE
from index.reading.metadata import Said, iso_date, make_article, parsing

# A column is known by these names, in four languages, whatever their case and what stands between their words.
COLUMNS = {
    "id": "id articleid guid docid uid".split(),
    "text": (
        "text texte texto inhalt artikel contenu contenido cuerpo body content article articletext "
        "articlebody fulltext story maintext"
    ).split(),
    "title": "title titel titre titulo título titular überschrift schlagzeile headline heading name".split(),
    "source": (
        "source quelle medium zeitung fuente medio journal outlet publisher publication newspaper sourcename "
        "sitename domain"
    ).split(),
    "published": (
        "published date datum fecha veröffentlicht erschienen publishedat publishdate publisheddate "
        "datepublished pubdate"
    ).split(),
    "updated": "updated modified updatedat dateupdated datemodified lastmodified".split(),
    "url": "url link address webpage permalink".split(),
    "byline": "byline author autor autorin verfasser auteur authors by writer".split(),
    "language": "language lang sprache langue idioma".split(),
    "place": "place location ort lieu lugar dateline".split(),
    "agency": "agency wire newsagency".split(),
}
PIECE = 1_000_000
DELIMITERS = ",;\t|"


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article a row, in the file's order; a row that is none comes as an ArticleError. The file is streamed."""
    with parsing(original.name, "a table"):
        charset = _charset(original.path, original.name)
    # The module's limit is one for all readers; the sample's own is lower than an article.
    csv.field_size_limit(LARGEST_ARTICLE)
    seen: set[str] = set()
    # Only a letter cut off at the file's end can be wrong in it now.
    with original.path.open(encoding=charset, errors="replace", newline="") as file:
        start = file.readline(PIECE)
        if not start.strip():
            raise ArticleError(f"{original.name}: is empty; it is left out")
        delimiter = "\t" if kind_of(original.path) == ".tsv" else max(DELIMITERS, key=start.count)
        file.seek(0)
        rows = csv.reader(file, delimiter=delimiter)
        columns: dict[str, int] | None = None
        width = 0
        while True:
            where = f"{original.name}:{rows.line_num + 1}"
            try:
                with parsing(where, "a row of a table"):
                    row = next(rows, None)
            except ArticleError as error:
                raise ArticleError(f"{error}, and all rows after it") from None
            if row is None:
                return
            if columns is None:
                columns, width = _columns(row, original.name), len(row)
                continue
            if any(cell.strip() for cell in row):
                yield from _read_row(row, columns, width, original, where, seen)


def _columns(header: list[str], name: str) -> dict[str, int]:
    """Field → its place in a row; raises where no column holds the text."""
    places: dict[str, int] = {}
    plain = [re.sub(r"[\W_]+", "", cell.casefold()) for cell in header]
    for field, names in COLUMNS.items():
        for known in names:
            if field not in places and known in plain:
                places[field] = plain.index(known)
    if "text" not in places:
        raise ArticleError(
            f'{name}: no column "text" (or body, content, article) in its first line; name the columns there'
        )
    return places


def _read_row(
    row: list[str], columns: dict[str, int], width: int, original: Original, where: str, seen: set[str]
) -> Iterator[Article | ArticleError]:
    if len(row) > width:
        yield ArticleError(f"{where}: has {len(row)} cells under {width} columns; quote its text, the row is left out")
        return
    cells = {field: row[place] for field, place in columns.items() if place < len(row)}
    text = cells.pop("text", "")
    if not text.strip():
        yield ArticleError(f"{where}: holds no text; the row is left out")
        return
    if "\0" in text:
        yield ArticleError(f"{where}: holds NUL characters, so it is no text; the row is left out")
        return
    article_id = cells.pop("id", "").strip() or f"{original.id}/{len(seen) + 1}"
    if article_id in seen:
        yield ArticleError(f'{where}: the id "{article_id}" stands in an earlier row; the row is left out')
        return
    seen.add(article_id)
    published = cells.get("published", "").strip()
    if published and iso_date(published) is None:
        yield ArticleError(f'{where}: "published" is "{published[:40]}"; write an ISO 8601 date such as 2023-10-04')
    try:
        said = [Said(field, value, "column") for field, value in cells.items()]
        yield make_article(Original(original.path, article_id, article_id), text, said)
    except ArticleError as error:
        yield error


def _charset(path: Path, name: str) -> str:
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
