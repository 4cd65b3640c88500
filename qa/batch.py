"""Many questions, an answer a row: asked one after the other, each kept on disk before the next, written whole.

What is killed goes on where it was: no question is asked twice of one archive with one making.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from ground.errors import GroundwireError
from ground.files import replacing
from ground.words import plain_json
from index.store.scope import EVERYTHING, Scope
from qa.newsroom import Newsroom
from qa.questions import LINES, QuestionFile, Row
from qa.sheet import DELIMITERS, XLSX, Cell, write_table

OUT = (*DELIMITERS, XLSX, *LINES)
COLUMNS = (
    *("id", "question", "short", "answer", "declined", "score", "sources_differ", "quotes", "outlets", "days"),
    *("headlines", "urls", "article_ids", "offsets", "searched", "problem"),
)
Wire = Mapping[str, Any]


class BatchError(GroundwireError, ValueError):
    """A batch that cannot be asked or gone on with; the message says why and what to do."""


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is: questions answered, of how many, those of this run a minute, and seconds for the rest."""

    done: int
    total: int
    a_minute: float
    seconds_left: float


@dataclass(frozen=True)
class BatchReport:
    """What became of a batch. `questions` are those asked, each once; `before` of them were answered by an earlier run.

    `rows` are those of the file, `problems` a sentence for each that is no question; `cut` counts cells too long for a
    spreadsheet.
    """

    out: str
    rows: int
    questions: int
    answered: int
    declined: int
    before: int
    problems: tuple[str, ...]
    cut: int
    seconds: float

    @property
    def a_minute(self) -> float:
        """Questions of this run a minute."""
        return 60 * (self.questions - self.before) / self.seconds if self.seconds else 0.0


def check_out(out: Path, file: Path, *, replace: bool) -> None:
    """Raises BatchError for an --out that answers cannot be written to, before anything is asked."""
    if out.suffix.lower() not in OUT:
        raise BatchError(f"{out}: answers are written to {', '.join(OUT)}; name one of these")
    if out.is_dir():
        raise BatchError(f"{out}: is a folder; name a file for the answers")
    if not out.parent.is_dir():
        raise BatchError(f"{out.parent}: is no folder; make it, or name another file for the answers")
    if out.exists() and file.exists() and out.samefile(file):
        raise BatchError(f"{out}: holds the questions; name another file for the answers")
    if out.exists() and not replace and not kept_file(out).exists():
        raise BatchError(f"{out}: is there already; name another, or write over it with --replace")


def kept_file(out: Path) -> Path:
    """Where the answers lie until all are there."""
    return out.with_name(f".{out.name}.part")


def ask_all(
    room: Newsroom,
    file: QuestionFile,
    out: Path,
    *,
    scope: Scope = EVERYTHING,
    narrow: bool = True,
    replace: bool = False,
    progress: Callable[[BatchProgress], None] = lambda _: None,
) -> BatchReport:
    """Asks what is not answered yet and writes `out`, whole, when all is; interrupted, what was answered is kept.

    Raises BatchError where answers of another making are kept for `out`, unless `replace`.
    """
    questions = file.questions
    began = time.perf_counter()
    with Kept(kept_file(out), making_of(room, scope, narrow=narrow), anew=replace) as kept:
        left = [question for question in questions if question not in kept.answers]
        before = len(questions) - len(left)
        for number, question in enumerate(left, 1):
            kept.add(question, room.ask(question, scope=scope, narrow=narrow).to_dict())
            pace = (time.perf_counter() - began) / number
            progress(BatchProgress(before + number, len(questions), 60 / pace, pace * (len(left) - number)))
        answers = [kept.answers[question] for question in questions]
        cut = write_answers(out, file, kept.answers)
    kept.remove()
    declined = sum(bool(answer["declined"]) for answer in answers)
    return BatchReport(
        str(out),
        len(file.rows),
        len(questions),
        len(questions) - declined,
        declined,
        before,
        file.problems,
        cut,
        time.perf_counter() - began,
    )


def making_of(room: Newsroom, scope: Scope, *, narrow: bool = True) -> dict[str, Any]:
    """What gives the answers of a batch; those of two makings stand in no file together."""
    settings = {name: value for name, value in room.settings.to_dict().items() if name != "archive"}
    return {
        "archive": room.news.archive.contents(),
        "models": [room.news.embedder.identity, room.reader.identity],
        "settings": settings,
        "part of the archive": scope.to_dict() | {"narrow": narrow},
    }


class Kept:
    """The answers so far by question, a JSON line each in `file`, under a line that says what made them.

    A last line that a kill cut off is none. Raises BatchError where the file holds answers of another making, unless
    all is to be asked `anew` then.
    """

    def __init__(self, file: Path, making: Wire, *, anew: bool = False) -> None:
        self.file = file
        self.answers: dict[str, Wire] = {}
        whole = 0
        with suppress(FileNotFoundError):
            whole = self._read(file.read_bytes(), json.loads(json.dumps(making)), anew=anew)
        self._out: TextIO = file.open("a", encoding="utf-8")
        self._out.truncate(whole)
        if not whole:
            self._write(making)

    def _read(self, held: bytes, making: Wire, *, anew: bool) -> int:
        """Takes up the whole lines of what a run has left; how many bytes they are, 0 where all begins anew."""
        *lines, _ = held.split(b"\n")
        try:
            first, *rows = [json.loads(line) for line in lines] if lines else [making]
            other = [name for name in making if first[name] != making[name]]
            answers = {str(row["question"]): row for row in rows}
        except (ValueError, KeyError, TypeError) as error:
            if anew:
                return 0
            raise BatchError(f"{self.file}: holds no answers of a batch; take it away, or use --replace") from error
        if other and not anew:
            raise BatchError(
                f"{self.file}: holds {len(rows)} answers that were made with another {', another '.join(other)}; go on"
                " as it was begun, or ask all anew with --replace"
            )
        self.answers = {} if other else answers
        return 0 if other else sum(len(line) + 1 for line in lines)

    def add(self, question: str, answer: Wire) -> None:
        """Keeps an answer, on disk before this returns."""
        self._write(answer)
        self.answers[question] = answer

    def _write(self, row: Wire) -> None:
        self._out.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._out.flush()
        os.fsync(self._out.fileno())

    def remove(self) -> None:
        """Takes the file away, when the answers stand where they belong."""
        self.file.unlink(missing_ok=True)

    def __enter__(self) -> "Kept":
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()


# What is written


def write_answers(out: Path, file: QuestionFile, answers: Mapping[str, Wire]) -> int:
    """Writes a row for each of the file's, whole or not at all; how many cells were cut to fit a spreadsheet.

    CSV has the delimiter of the questions, where they have one: what opened one opens the other.
    """
    if out.suffix.lower() in LINES:
        with replacing(out) as fresh, fresh.open("w", encoding="utf-8") as text:
            text.writelines(line_of(row, answers.get(row.question)) for row in file.rows)
        return 0
    delimiter = file.delimiter if out.suffix.lower() == ".csv" else ""
    return write_table(out, table_of(file.rows, answers), name="Answers", delimiter=delimiter)


def line_of(row: Row, answer: Wire | None) -> str:
    """A row as JSON: the answer whole (docs/answer.md) with the id of the row, or its question and its problem."""
    if row.problem or answer is None:
        return plain_json({"id": row.id, "question": row.question, "problem": f"{row.where}: {row.problem}"}) + "\n"
    return plain_json({**answer, "id": row.id}) + "\n"


def table_of(rows: Sequence[Row], answers: Mapping[str, Wire]) -> Iterator[Sequence[Cell]]:
    """The names of the columns, then the cells of each row."""
    yield COLUMNS
    for row in rows:
        yield cells_of(row, None if row.problem else answers.get(row.question))


def cells_of(row: Row, answer: Wire | None) -> Sequence[Cell]:
    """A row for a spreadsheet; what there is of each citation stands on a line that begins with its number.

    So a line of one cell is of the citation of the same line in the next, and none is taken for a day or a formula.
    """
    if answer is None:
        problem = f"{row.where}: {row.problem}" if row.problem else ""
        return [row.id, row.question, *[None] * (len(COLUMNS) - 3), problem]
    cited = answer["citations"]

    def each(told: Callable[[Wire], object]) -> str:
        return "\n".join(f"[{one['number']}] {' '.join(str(told(one) or '–').split())}" for one in cited)

    return [
        row.id,
        row.question,
        answer["short"],
        answer["answer"],
        "yes" if answer["declined"] else "no",
        answer["score"],
        "yes" if answer["conflicts"] else "no",
        each(lambda one: f"“{one['quote']}”" + (f" ({one['caution']})" if one.get("caution") else "")),
        each(lambda one: one["source"]),
        each(lambda one: (one["published"] or "")[:10]),
        each(lambda one: one["title"]),
        each(lambda one: one["url"]),
        each(lambda one: one["article_id"]),
        each(lambda one: f"{one['start']}:{one['end']}"),
        understood["told"] if (understood := answer.get("understood")) else None,
        None,
    ]
