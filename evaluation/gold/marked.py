"""Answers that a reader marked right or wrong in a chat, a line each in `marked.jsonl`: gold can be made of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from evaluation.gold.file import append_row
from evaluation.gold.questions import GoldError
from ground.words import fold
from qa.answer import Answer

Mark = Literal["+", "-"]


@dataclass(frozen=True)
class Marked:
    """One marked answer: the question as it is understood alone, and the answer as `Answer.to_dict` has it.

    `correction` is what the reader says would be right, "" where they say nothing.
    """

    mark: Mark
    date: str
    question: str
    answer: dict[str, Any]
    correction: str = ""


def marked_file(folder: Path) -> Path:
    """Where the marks of an archive lie."""
    return folder / "marked.jsonl"


def mark_answer(folder: Path, mark: str, answer: Answer | Mapping[str, Any] | None, *, correction: str = "") -> Path:
    """Keeps a mark in the archive's folder, in the file returned; the last one of a question counts.

    The mark is + for right, - for wrong; "" takes an earlier one away. The answer may be the dict of `Answer.to_dict`.
    Raises GoldError where there is no answer yet, or the folder cannot be written.
    """
    if answer is None:
        raise GoldError("there is no answer to mark; ask a question first")
    wire = dict(answer) if isinstance(answer, Mapping) else answer.to_dict()
    date = datetime.now(UTC).isoformat(timespec="seconds")
    row = {"mark": mark, "date": date, "answer": wire} | ({"correction": correction} if correction.strip() else {})
    if _read(row) is None:
        raise GoldError(f'"{mark[:20]}" is no mark, or this is no answer; mark an answer by + or -')
    file = marked_file(folder)
    if not mark and not file.exists():
        return file
    try:
        append_row(file, row)
    except OSError as error:
        raise GoldError(f"{file}: the mark cannot be kept ({error.strerror}); check the folder's permissions") from None
    return file


def read_marked(folder: Path) -> tuple[list[Marked], list[str]]:
    """The marked answers, one a question, in the order they were first marked; a sentence for each line that is none.

    Raises GoldError where nothing is marked.
    """
    file = marked_file(folder)
    nothing = GoldError(f"{file}: nothing is marked yet; type + or - after an answer in groundwire chat")
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise nothing from None
    except UnicodeDecodeError as error:
        raise GoldError(f"{file}: cannot be read ({error}); move it away") from None
    marked: dict[str, Marked] = {}
    problems = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (RecursionError, ValueError):
            row = None
        found = _read(row)
        if found is None:
            problems.append(f"{file}:{number}: not a marked answer; it is passed over")
        elif isinstance(found, str):
            marked.pop(fold(found), None)
        else:
            marked[fold(found.question)] = found
    if not marked and not problems:
        raise nothing
    return list(marked.values()), problems


def _read(row: Any) -> Marked | str | None:
    """The mark of a line; of one that takes a mark away, its question; None where it is neither."""
    try:
        answer, correction = row["answer"], row.get("correction", "")
        cited = isinstance(answer["citations"], list) and all(isinstance(one, dict) for one in answer["citations"])
        if row["mark"] not in ("+", "-", "") or not isinstance(correction, str) or not cited:
            return None
        question = str(answer["standalone_question"])
        return Marked(row["mark"], str(row["date"]), question, answer, correction.strip()) if row["mark"] else question
    except (AttributeError, KeyError, TypeError):
        return None
