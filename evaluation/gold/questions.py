"""Gold sets: questions with the forms an answer must hold and the quotes that prove it, one JSON object a line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ground.errors import GroundwireError
from models import Message

Shape = TypeVar("Shape")
WORDS: dict[type, str] = {str: "text", list: "list", int: "whole number"}


class GoldError(GroundwireError, ValueError):
    """A gold file or line that cannot be used; the message names file and line."""


@dataclass(frozen=True)
class GoldQuote:
    """A quote that stands in an article, and the group of the answer that it proves."""

    article_id: str
    quote: str
    group: int = 0


@dataclass(frozen=True)
class Question:
    """One gold question. An answer is right when it holds one form of every group.

    With evidence and no groups it is for retrieval only: no answer to it is right or wrong. A draft was proposed by a
    model and accepted by nobody.
    """

    id: str
    question: str
    groups: tuple[tuple[str, ...], ...]
    evidence: tuple[GoldQuote, ...]
    answerable: bool
    kind: str
    history: tuple[Message, ...] = ()
    must_flag_conflict: bool = False
    draft: bool = False

    @property
    def retrieval_only(self) -> bool:
        return self.answerable and not self.groups


def read_gold(path: Path) -> list[Question]:
    """The questions of a JSON Lines file, in order. Raises GoldError with file and line, for a draft too."""
    questions: list[Question] = []
    for number, item in read_lines(path):
        if isinstance(item, GoldError):
            raise item
        if item.draft:
            raise GoldError(
                f"{path}:{number}: is a draft; accept or reject it with: groundwire gold review {path} GOLD"
            )
        questions.append(item)
    if not questions:
        raise GoldError(f"{path}: holds no questions")
    return questions


def read_lines(path: Path) -> Iterator[tuple[int, "Question | GoldError"]]:
    """Line number and question of every line that is not blank; a line that is none comes as its GoldError.

    Raises GoldError for a file that cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # splitlines() would cut inside a quote, at U+2028
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"{path}: cannot be read ({error}); give a gold file in JSON Lines") from None
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            question = read_row(json.loads(line), where)
            if question.id in seen:
                raise GoldError(
                    f'{where}: the id "{question.id}" stands in an earlier line; give each question its own'
                )
        except GoldError as error:
            yield number, error
        except json.JSONDecodeError as error:
            yield number, GoldError(f"{where}: not JSON ({error.msg}); mend or delete the line")
        except (RecursionError, ValueError):
            yield number, GoldError(f"{where}: nested too deep, or a number too long; mend or delete the line")
        except (AttributeError, KeyError, TypeError) as error:
            yield number, GoldError(f"{where}: a field is not of its shape ({error}); see the gold format")
        else:
            seen.add(question.id)
            yield number, question


def read_row(row: dict[str, Any], where: str) -> Question:
    """The question of one row; raises GoldError, or what Python raises for a field of another shape."""
    answerable = row.get("answerable", True)
    forms = row.get("answer_groups") or ([row["answers"]] if row.get("answers") else [])
    for name in ("id", "question"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise GoldError(f'{where}: no "{name}"; every gold question needs id and question')
    if answerable and not forms and not row.get("evidence"):
        raise GoldError(
            f'{where}: neither "answers" nor "answer_groups"; write them, or "answerable": false, or "evidence" alone'
            " for a question that measures the search only"
        )
    for e in row.get("evidence") or ():
        if not _shaped(e["quote"], str).strip():
            raise GoldError(f"{where}: evidence has an empty quote; write the article's own words")
    return Question(
        row["id"],
        row["question"],
        tuple(tuple(str(form) for form in _shaped(group, list)) for group in _shaped(forms, list)),
        tuple(
            GoldQuote(_shaped(e["article_id"], str), _shaped(e["quote"], str), _shaped(e.get("group", 0), int))
            for e in row.get("evidence") or ()
        ),
        bool(answerable),
        _shaped(row.get("kind") or "question", str),
        tuple(Message(turn["role"], _shaped(turn["content"], str)) for turn in row.get("history") or ()),
        bool(row.get("must_flag_conflict")),
        bool(row.get("draft")),
    )


def to_row(question: Question) -> dict[str, Any]:
    """A question as a row; `read_row` gives it back. What says nothing is left out.

    >>> to_row(Question("a", "Who died?", (("ten", "10"),), (), True, "toll"))
    {'id': 'a', 'question': 'Who died?', 'answers': ['ten', '10'], 'answerable': True, 'kind': 'toll'}
    """
    groups = [list(group) for group in question.groups]
    answers = {"answers": groups[0]} if len(groups) == 1 and groups[0] else {"answer_groups": groups} if groups else {}
    evidence = [{"article_id": e.article_id, "quote": e.quote, "group": e.group} for e in question.evidence]
    history = [{"role": turn.role, "content": turn.content} for turn in question.history]
    return {
        "id": question.id,
        "question": question.question,
        **answers,
        **({"evidence": evidence} if evidence else {}),
        "answerable": question.answerable,
        "kind": question.kind,
        **({"history": history} if history else {}),
        **({"must_flag_conflict": True} if question.must_flag_conflict else {}),
        **({"draft": True} if question.draft else {}),
    }


def _shaped(value: Shape, shape: type[Shape]) -> Shape:
    """`value` as it is; raises TypeError when it is not of the shape: a text would be taken for a list of letters."""
    if not isinstance(value, shape):
        raise TypeError(f"{json.dumps(value, ensure_ascii=False)[:40]} where a {WORDS[shape]} belongs")
    return value
