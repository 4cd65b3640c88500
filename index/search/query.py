"""What a query of exact search is, as a tree; `grammar` reads one, `stories` asks by it, `marking` marks by it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Field = Literal["", "title", "outlet", "by"]  # the empty one: headline and text


@dataclass(frozen=True)
class Words:
    """These words one after the other; one, or a phrase."""

    words: tuple[str, ...]
    field: Field = ""


@dataclass(frozen=True)
class Prefix:
    """Any word that begins so."""

    start: str
    field: Field = ""


@dataclass(frozen=True)
class Fuzzy:
    """Any word that differs by at most `edits` (1 or 2) letters: one more, less, other, or two exchanged."""

    word: str
    edits: int
    field: Field = ""


@dataclass(frozen=True)
class Near:
    """Two words at most `distance` words apart, in either order."""

    one: str
    two: str
    distance: int
    field: Field = ""


@dataclass(frozen=True)
class Days:
    """Stories of the days from `first` to `last`, both included; None for no limit."""

    first: date | None
    last: date | None


@dataclass(frozen=True)
class And:
    """All of the parts; none are everything."""

    parts: "tuple[Query, ...]"


@dataclass(frozen=True)
class Or:
    """Any of the parts."""

    parts: "tuple[Query, ...]"


@dataclass(frozen=True)
class Not:
    """Everything but that."""

    part: "Query"


Query = Words | Prefix | Fuzzy | Near | Days | And | Or | Not
EVERYTHING = And(())


def told(query: Query) -> str:
    """A query, or a part of one, as a person would write it.

    >>> told(Not(Words(("new", "york"), "title"))), told(Or((Prefix("floo"), Days(None, date(2024, 4, 1)))))
    ('NOT title:"new york"', '(floo* OR date:..2024-04-01)')
    """
    if isinstance(query, And | Or):
        return f"({(' AND ' if isinstance(query, And) else ' OR ').join(map(told, query.parts))})"
    if isinstance(query, Not):
        return f"NOT {told(query.part)}"
    if isinstance(query, Days):
        return f"date:{query.first or ''}..{query.last or ''}"
    name = f"{query.field}:" if query.field else ""
    if isinstance(query, Words):
        return name + (query.words[0] if len(query.words) == 1 else f'"{" ".join(query.words)}"')
    if isinstance(query, Prefix):
        return f"{name}{query.start}*"
    if isinstance(query, Fuzzy):
        return f"{name}{query.word}~{'' if query.edits == 1 else query.edits}"
    near = f"{query.one} NEAR/{query.distance} {query.two}"
    return f"{name}({near})" if name else near
