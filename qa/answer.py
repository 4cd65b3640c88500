"""`Answer` and its parts, as the reader and the wire see them; a citation is cut from its article or not made."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from index.article import Article
from qa.narrowing.understood import Understood
from qa.retrieve import Hit, carriers

Support = Literal["supported", "partly", "unsupported"]


@dataclass(frozen=True)
class Citation:
    """A quote and where it stands: `article.text[start:end] == quote`. Numbers start at 1.

    `caution` says why its words are not certain, None where they are.
    """

    number: int
    article_id: str
    title: str | None
    source: str | None
    published: str | None
    url: str | None
    start: int
    end: int
    quote: str
    also_in: tuple[str, ...] = ()
    caution: str | None = None


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer, the numbers of its citations, and how well they carry it (`score` 0 to 1)."""

    text: str
    citations: tuple[int, ...]
    support: Support
    score: float


@dataclass(frozen=True)
class Side:
    """What one side of a disagreement says."""

    value: str
    citations: tuple[int, ...]


@dataclass(frozen=True)
class Conflict:
    """Something that sources say differently."""

    about: str
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class Answer:
    """An answer whole; `to_dict` is its one shape on the wire."""

    id: str | None
    question: str
    standalone_question: str
    answer: str
    short: str
    declined: bool
    score: float | None
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    hits: tuple[Hit, ...] = ()
    seconds: dict[str, float | None] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    replay: dict[str, Any] = field(default_factory=dict)
    understood: Understood | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, every field there, null where it does not apply."""
        shallow = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return shallow | {
            "sentences": [asdict(sentence, dict_factory=_as_json) for sentence in self.sentences],
            "citations": [asdict(citation, dict_factory=_as_json) for citation in self.citations],
            "conflicts": [asdict(conflict, dict_factory=_as_json) for conflict in self.conflicts],
            "hits": [hit.to_dict() for hit in self.hits],
            "understood": self.understood.to_dict() if self.understood else None,
        }


def _as_json(fields: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The fields of a record, tuples as lists: the dict is what comes back from its JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields}


def cite(number: int, article: Article, start: int, end: int, copies: Sequence[Hit] = ()) -> Citation:
    """The citation of `article.text[start:end]`, with the headline, outlet and date of the story it stands in."""
    section = article.section_at(start)
    return Citation(
        number,
        article.id,
        section.title,
        section.source,
        section.published,
        article.url,
        start,
        end,
        article.text[start:end],
        carriers(section, copies),
        article.caution(start, end),
    )
