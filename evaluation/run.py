"""A run's folder on disk: what made it and its figures, what each question was worth, the answers whole.

Every file is whole at any moment but for a last line, which is left out where it was cut off.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from evaluation.judge import Judged
from ground.errors import GroundwireError
from ground.files import write_whole


class RunError(GroundwireError, ValueError):
    """A run folder that cannot be used as asked; the message says which, why and what to do."""


@dataclass(frozen=True)
class Run:
    """A run folder as read: what made it, its figures if it is whole, each question and, by id, its answer's JSON."""

    folder: Path
    record: dict[str, Any]
    judged: tuple[Judged, ...]
    answers: dict[str, dict[str, Any]]

    @property
    def whole(self) -> bool:
        """Whether every question is judged, its answer kept, and the figures made of them."""
        asked = self.record["questions"]
        answered = asked if self.record["retrieval_only"] else len(self.answers)
        return bool(self.record["complete"] and len(self.judged) == answered == asked)


def read_run(folder: Path) -> Run:
    """A run folder, its last line left out where it was cut off. Raises RunError where there is none."""
    try:
        record = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        for name, shape in (("complete", bool), ("questions", int), ("retrieval_only", bool)):
            if not isinstance(record.get(name), shape):
                raise ValueError(f'figures.json has no "{name}"')
        judged = [Judged.read(row) for row in _lines(folder / "judged.jsonl")]
        answers = {row["id"]: row for row in _lines(folder / "answers.jsonl")}
    except FileNotFoundError as error:
        name = Path(error.filename).name
        raise RunError(
            f"{folder}: is no run, it has no {name}; make one with another --out: groundwire eval GOLD --out DIR"
        ) from None
    except NotADirectoryError:
        raise RunError(f"{folder}: is a file; name the folder of a run") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{folder}: is damaged ({error}); run groundwire eval again with another --out") from None
    return Run(folder, record, tuple(judged), answers)


def check_whole(run: Run) -> None:
    """Raises RunError for a run that is not finished."""
    if not run.whole:
        raise RunError(
            f"{run.folder}: is not finished ({len(run.judged)} of {run.record['questions']} questions);"
            " go on with it by groundwire eval … --resume"
        )


def _lines(file: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file; a last line without its end was cut off, and is none."""
    return [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]]  # it may be cut inside a character


def row_of(judged: Judged) -> dict[str, Any]:
    """As a line of `judged.jsonl`."""
    return vars(judged) | {"places": [vars(place) for place in judged.places]}


def write_line(row: dict[str, Any], file: TextIO) -> None:
    """One more line of a JSON Lines file, on disk before it returns."""
    file.write(json.dumps(row, ensure_ascii=False) + "\n")
    file.flush()
    os.fsync(file.fileno())


def write_json(value: object, file: Path) -> None:
    """Readable JSON, the old file replaced in one step."""
    write_whole(file, json.dumps(value, indent=1, ensure_ascii=False) + "\n")
