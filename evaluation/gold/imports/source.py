"""One file of somebody's gold set, decoded: a JSON document, or rows with the places they stand at."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.gold.imports.item import LeftOut
from evaluation.gold.questions import GoldError
from index.article import ArticleError
from index.reading.formats.text import LARGEST_ARTICLE, decode

KNOWN = (
    'known are a SQuAD file (JSON with "data"), a BEIR folder (corpus.jsonl, queries.jsonl, qrels/), MultiHop-RAG'
    " (corpus.json and MultiHopRAG.json), and tables in CSV, TSV or JSON Lines with a column question"
)
DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Row:
    """An object of a list, a line or a table; a table's names are in lower case, its values text or None."""

    where: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class SourceFile:
    """What a file holds: `document` where it is one JSON object, else rows. `left_out` are the rows that are none."""

    path: Path
    rows: tuple[Row, ...]
    document: dict[str, Any] | None = None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def names(self) -> set[str]:
        """The fields of the first row."""
        return set(self.rows[0].fields) if self.rows else set()


def read_source(path: Path) -> SourceFile:
    """The decoded file. Raises GoldError where it is not text, holds nothing, or is of no known kind."""
    try:
        text = decode(path.read_bytes(), str(path))
    except OSError as error:
        raise GoldError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except ArticleError as error:
        kind = "; a spreadsheet has to be saved as CSV" if path.suffix.lower() in {".xlsx", ".xls", ".ods"} else ""
        raise GoldError(f"{str(error).partition(';')[0]}; save it as UTF-8 and import it again{kind}") from None
    if path.suffix.lower() in {".csv", ".tsv", ".tab"}:
        return _table(path, text)
    try:
        data = json.loads(text)
    except (RecursionError, ValueError):
        return _lines(path, text)
    if isinstance(data, dict) and "data" in data:
        return SourceFile(path, (), data)
    rows = data if isinstance(data, list) else [data]
    return _checked(path, ((f"{path}: row {number}", row) for number, row in enumerate(rows, 1)))


def _lines(path: Path, text: str) -> SourceFile:
    """JSON Lines; a line that is none is left out."""

    def values() -> Iterator[tuple[str, Any]]:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    yield f"{path}:{number}", json.loads(line)
                except (RecursionError, ValueError):
                    yield f"{path}:{number}", None

    return _checked(path, values())


def _checked(path: Path, values: Iterator[tuple[str, Any]]) -> SourceFile:
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    for where, value in values:
        if isinstance(value, dict):
            rows.append(Row(where, value))
        else:
            left_out.append(LeftOut("a row that is not a JSON object", where))
    if not rows:
        raise GoldError(f"{path}: holds no rows that can be read; {KNOWN}")
    return SourceFile(path, tuple(rows), None, tuple(left_out))


def _table(path: Path, text: str) -> SourceFile:
    """CSV or TSV: parted by whichever of comma, semicolon and tab gives the first line most columns."""
    csv.field_size_limit(LARGEST_ARTICLE)  # a cell may hold an article; Python's own limit is 131,072
    head = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=lambda sign: len(next(csv.reader([head], delimiter=sign), [])))
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    try:
        for fields in reader:
            where = f"{path}:{reader.line_num}"
            if None in fields:
                left_out.append(LeftOut("a row with more cells than the first line has names", where))
            elif any(value and value.strip() for value in fields.values()):
                rows.append(
                    Row(where, {"_".join(name.casefold().split()): value for name, value in fields.items() if name})
                )
    except csv.Error as error:
        raise GoldError(f"{path}:{reader.line_num}: not CSV ({error}); save the table again as CSV") from None
    if not rows:
        raise GoldError(f"{path}: holds no rows under its first line, which names the columns; {KNOWN}")
    return SourceFile(path, tuple(rows), None, tuple(left_out))
