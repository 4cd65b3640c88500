"""Question files: CSV, TSV, XLSX, JSON Lines, or text with a question a line.

A row that is no question is told with its place, and has its place among the answers.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ground.errors import GroundwireError
from ground.shown import shown
from index.article import ArticleError, Original
from index.reading.formats.table import charset_of, dialect_of, rows_of
from index.reading.formats.text import decode
from index.reading.names import plain
from qa.ask import QuestionError, check_question
from qa.sheet import DELIMITERS, XLSX, read_workbook

QUESTION = ("question", "questions", "frage", "fragen", "pregunta", "preguntas", "query")
LINES = (".jsonl", ".ndjson")
KINDS = (*DELIMITERS, XLSX, *LINES, ".txt")
LONGEST_ID = 200  # characters


class QuestionFileError(GroundwireError, ValueError):
    """A file that no questions can be read from; the message says which, why and what to do."""


@dataclass(frozen=True)
class Row:
    """A row of a question file: where it stands, its question, and its id, if it has one.

    `problem` says why it is no question; then `question` is what stands there, as it can be shown.
    """

    where: str
    question: str
    id: str | None = None
    problem: str = ""


@dataclass(frozen=True)
class QuestionFile:
    """The rows of a question file in their order, empty ones left out; `delimiter` parts its cells, where it is CSV."""

    name: str
    rows: tuple[Row, ...]
    delimiter: str = ""

    @property
    def questions(self) -> tuple[str, ...]:
        """What is to be asked, each question once, in the order of the rows."""
        return tuple(dict.fromkeys(row.question for row in self.rows if not row.problem))

    @property
    def problems(self) -> tuple[str, ...]:
        """The rows that are no question, a sentence each that names the row."""
        return tuple(f"{row.where}: {row.problem}" for row in self.rows if row.problem)


def read_questions(path: Path, name: str = "") -> QuestionFile:
    """The questions of a file, read by its suffix; `name` is how it is called, where that is not its path.

    The first row of a table names its columns: one of QUESTION, and `id`, if the rows have one. Raises
    QuestionFileError for a file that has no question, or is none; OSError.
    """
    name = name or str(path)
    kind = Path(name).suffix.lower()
    delimiter = ""
    if kind == XLSX:
        rows = list(_of_workbook(path, name))
    elif kind in DELIMITERS:
        delimiter, rows = _of_table(path, name)
    elif kind in LINES or kind == ".txt":
        rows = list((_of_lines if kind in LINES else _of_text)(path, name))
    else:
        raise QuestionFileError(f"{name}: questions are read from {', '.join(KINDS)}; save it as one of these")
    if not rows:
        raise QuestionFileError(f"{name}: holds no question; write one a row")
    return QuestionFile(name, tuple(rows), delimiter)


def _row(where: str, question: str, id: str | None = None) -> Row:
    """A row with its question looked at; white space at its ends is none of it."""
    id = (id or "").strip()[:LONGEST_ID] or None
    try:
        return Row(where, check_question(question), id)
    except QuestionError as error:
        return Row(where, shown(question.strip()), id, str(error))


def _places(header: list[str]) -> tuple[int, int | None] | None:
    """Where a header has the question and the id; None where it names no question.

    >>> _places(["ID", "Question "]), _places(["Frage"]), _places(["title"])
    ((1, 0), (0, None), None)
    """
    names = [plain(cell) for cell in header]
    found = [names.index(name) for name in QUESTION if name in names]
    return (found[0], names.index("id") if "id" in names else None) if found else None


def _cells(row: list[str], places: tuple[int, int | None], where: str) -> Row:
    question, id = (row[place] if place is not None and place < len(row) else "" for place in places)
    return _row(where, question, id)


def _nameless(name: str) -> QuestionFileError:
    return QuestionFileError(
        f'{name}: no column "question" in its first row; name the column there (a .txt needs none: a question a line)'
    )


def _of_table(path: Path, name: str) -> tuple[str, list[Row]]:
    original = Original(path, name, name)
    try:
        charset = charset_of(path, name)
        dialect = dialect_of(original, charset, lambda header: _places(header) is not None)
    except ArticleError as error:
        raise QuestionFileError(f"{str(error).partition(';')[0]}; save it as UTF-8 with a question a row") from None
    places: tuple[int, int | None] | None = None
    width = 0
    rows: list[Row] = []
    for number, _, cells in rows_of(path, charset, dialect):
        where = f"{name}:{number}"
        if isinstance(cells, csv.Error):
            rows.append(Row(where, "", None, f"cannot be read as a row of a table ({cells})"))
        elif width == 0:
            places, width = _places(cells), len(cells)
            if places is None:
                raise _nameless(name)
        elif any(cell.strip() for cell in cells):
            if places is None or (len(cells) > width and any(cell.strip() for cell in cells[width:])):
                asked = f"has {len(cells)} cells under {width} columns; put its question in quotes"
                rows.append(Row(where, shown(dialect.delimiter.join(cells)), None, asked))
            else:
                rows.append(_cells(cells, places, where))
    return dialect.delimiter, rows


def _of_workbook(path: Path, name: str) -> Iterator[Row]:
    """The rows of the first sheet whose first row names a question."""
    for title, rows in read_workbook(path, name).items():
        _, header = next(rows, (0, []))
        if (places := _places(header)) is not None:
            yield from (_cells(cells, places, f"{name}, {shown(title)}:{number}") for number, cells in rows)
            return
    raise _nameless(name)


def _of_lines(path: Path, name: str) -> Iterator[Row]:
    """A JSON object a line with "question", as gold sets have it, or the question alone as a JSON text."""
    for number, line in _lines(path, name):
        where = f"{name}:{number}"
        try:
            held = json.loads(line)
        except (ValueError, RecursionError):
            yield Row(where, shown(line), None, 'is no JSON; write {"question": "…"}')
            continue
        given = held if isinstance(held, dict) else {"question": held}
        fields = {plain(key): value for key, value in given.items()}
        question = next((fields[key] for key in QUESTION if key in fields), None)
        id = fields.get("id")
        if isinstance(question, str):
            yield _row(where, question, str(id) if isinstance(id, str | int) else None)
        else:
            yield Row(where, shown(line), None, 'has no "question" that is a text; write {"question": "…"}')


def _of_text(path: Path, name: str) -> Iterator[Row]:
    for number, line in _lines(path, name):
        yield _row(f"{name}:{number}", line)


def _lines(path: Path, name: str) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, with their numbers."""
    try:
        text = decode(path.read_bytes(), name)
    except ArticleError as error:
        raise QuestionFileError(f"{str(error).partition(';')[0]}; save it as UTF-8 with a question a line") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line.strip()
