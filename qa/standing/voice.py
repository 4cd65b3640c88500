"""What one source says to a followed question, as it is kept: the words that answer, and where they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ground.language import Words
from qa.answer import cite
from qa.compose import chance
from qa.evidence import Evidence
from qa.sides import Value, corrects, values_in
from qa.values import Quantity


@dataclass(frozen=True)
class Voice:
    """A quote, `article.text[start:end] == quote`, and the words of it that answer, `quote[slice(*span)]`.

    To a yes/no question `words` are "yes" or "no". `score` is how likely the quote answers, 0 to 1. `digest` is that of
    the article the quote was cut from. `struck`: the article was taken out, and its words with it.
    """

    words: str
    quote: str
    span: tuple[int, int]
    article_id: str
    digest: str
    start: int
    end: int
    title: str | None
    source: str | None
    published: str | None
    url: str | None
    score: float
    also_in: tuple[str, ...] = ()
    corrects: bool = False
    superseded: bool = False
    struck: bool = False

    @property
    def speaker(self) -> str:
        """Who says it: the outlet, or the article where none is known."""
        return (self.source or self.article_id).casefold()

    @property
    def day(self) -> str:
        """The day it was published, ISO 8601; empty where none is known."""
        return (self.published or "")[:10]

    @property
    def credit(self) -> str:
        """The outlet and its day, in words."""
        who = self.source or self.title or self.article_id
        return f"{who} ({Words().day(self.published)})" if self.published else who

    def values(self, question: str) -> list[Value]:
        """The numbers or days of the words that answer, where the question asks for one."""
        return [] if self.struck else values_in(question, self.quote, self.span, self.day)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; `read_voice` reads it again."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def read_voice(held: Mapping[str, Any]) -> Voice:
    """The voice that `to_dict` wrote."""
    first, last = held["span"]
    return Voice(**{**held, "span": (first, last), "also_in": tuple(held["also_in"])})


def read_voices(held: Sequence[Mapping[str, Any]]) -> list[Voice]:
    """The voices of a list that `to_dict` wrote."""
    return [read_voice(voice) for voice in held]


def hear(question: str, item: Evidence, *, yes: bool | None = None) -> Voice:
    """A sentence that answers as a voice; `yes` says how it answers a yes/no question.

    A number comes with what bounds it, though the reader may have marked the number alone: "at least 14".
    """
    cited = cite(1, item.hit.article, item.start, item.end, item.hit.copies)
    first, last = item.spans[0] if item.spans else (item.start, item.end)
    start, end = first - item.start, last - item.start
    for value in values_in(question, item.quote, (start, end), (cited.published or "")[:10]):
        if isinstance(value, Quantity):
            start, end = min(start, value.start), max(end, value.end)
    return Voice(
        " ".join(item.quote[start:end].split()) if yes is None else "yes" if yes else "no",
        item.quote,
        (start, end),
        cited.article_id,
        item.hit.article.digest,
        cited.start,
        cited.end,
        cited.title,
        cited.source,
        cited.published,
        cited.url,
        round(chance(item.score), 4),
        cited.also_in,
        corrects(item),
        item.hit.superseded,
    )
