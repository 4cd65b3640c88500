"""Answers that a reader marked right or wrong in a chat, a line each in `marked.jsonl`: gold can be made of them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from qa.answer import Answer
from qa.gold import GoldError
from qa.gold_file import append_row
from qa.measures import fold

Mark = Literal["+", "-"]


@dataclass(frozen=True)
class Marked:
    """One marked answer: the question as it is understood alone, and the answer as `Answer.to_dict` has it."""

    mark: Mark
    date: str
    question: str
    answer: dict[str, Any]


def marked_file(folder: Path) -> Path:
    """Where the marks of an archive lie."""
    return folder / "marked.jsonl"


def mark_answer(folder: Path, mark: str, answer: Answer | None) -> Path:
    """Keeps a mark in the archive's folder, in the file returned; the last one of a question counts.

    Raises GoldError where there is no answer yet, or the folder cannot be written.
    """
    if answer is None:
        raise GoldError("there is no answer to mark; ask a question first")
    file = marked_file(folder)
    date = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        append_row(file, {"mark": mark, "date": date, "answer": answer.to_dict()})
    except OSError as error:
        raise GoldError(f"{file}: the mark cannot be kept ({error.strerror}); check the folder's permissions") from None
    return file


def read_marked(folder: Path) -> tuple[list[Marked], list[str]]:
    """The marked answers, one a question, in the order they were first marked; a sentence for each line that is none.

    Raises GoldError where nothing was ever marked.
    """
    file = marked_file(folder)
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise GoldError(f"{file}: nothing is marked yet; type + or - after an answer in groundwire chat") from None
    except UnicodeDecodeError as error:
        raise GoldError(f"{file}: cannot be read ({error}); move it away") from None
    marked: dict[str, Marked] = {}
    problems = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            answer = row["answer"]
            if row["mark"] not in ("+", "-") or not isinstance(answer["citations"], list):
                raise ValueError
            found = Marked(row["mark"], str(row["date"]), str(answer["standalone_question"]), answer)
        except (KeyError, RecursionError, TypeError, ValueError):
            problems.append(f"{file}:{number}: not a marked answer; it is passed over")
            continue
        marked[fold(found.question)] = found
    return list(marked.values()), problems
