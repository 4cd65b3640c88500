"""Gold sets: questions with the forms an answer must hold and the quotes that prove it, one JSON object a line."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models import Message

Shape = TypeVar("Shape")
WORDS: dict[type, str] = {str: "text", list: "list", int: "whole number"}


class GoldError(ValueError):
    """A gold file or line that cannot be used; the message names file and line."""


@dataclass(frozen=True)
class Evidence:
    """A quote that stands in an article, and the group of the answer that it proves."""

    article_id: str
    quote: str
    group: int = 0


@dataclass(frozen=True)
class Question:
    """One gold question. An answer is right when it holds one form of every group."""

    id: str
    question: str
    groups: tuple[tuple[str, ...], ...]
    evidence: tuple[Evidence, ...]
    answerable: bool
    kind: str
    history: tuple[Message, ...] = ()
    must_flag_conflict: bool = False


def read_gold(path: Path) -> list[Question]:
    """The questions of a JSON Lines file, in order. Raises GoldError with file and line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # splitlines() would cut inside a quote, at U+2028
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"{path}: cannot be read ({error}); give a gold file in JSON Lines") from None
    questions: list[Question] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            question = _read_row(json.loads(line), where)
        except json.JSONDecodeError as error:
            raise GoldError(f"{where}: not JSON ({error.msg}); mend or delete the line") from None
        except (AttributeError, KeyError, TypeError) as error:
            raise GoldError(f"{where}: a field is not of its shape ({error}); see the gold format") from None
        if question.id in seen:
            raise GoldError(f'{where}: the id "{question.id}" stands in an earlier line; give each question its own')
        seen.add(question.id)
        questions.append(question)
    if not questions:
        raise GoldError(f"{path}: holds no questions")
    return questions


def _read_row(row: dict[str, Any], where: str) -> Question:
    answerable = row.get("answerable", True)
    forms = row.get("answer_groups") or ([row["answers"]] if row.get("answers") else [])
    for name in ("id", "question"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise GoldError(f'{where}: no "{name}"; every gold question needs id and question')
    if answerable and not forms:
        raise GoldError(f'{where}: neither "answers" nor "answer_groups"; write them, or "answerable": false')
    return Question(
        row["id"],
        row["question"],
        tuple(tuple(str(form) for form in _shaped(group, list)) for group in _shaped(forms, list)),
        tuple(
            Evidence(_shaped(e["article_id"], str), _shaped(e["quote"], str), _shaped(e.get("group", 0), int))
            for e in row.get("evidence") or ()
        ),
        bool(answerable),
        row.get("kind") or "question",
        tuple(Message(turn["role"], _shaped(turn["content"], str)) for turn in row.get("history") or ()),
        bool(row.get("must_flag_conflict")),
    )


def _shaped(value: Shape, shape: type[Shape]) -> Shape:
    """`value` as it is; raises TypeError when it is not of the shape: a text would be taken for a list of letters."""
    if not isinstance(value, shape):
        raise TypeError(f"{json.dumps(value, ensure_ascii=False)[:40]} where a {WORDS[shape]} belongs")
    return value
