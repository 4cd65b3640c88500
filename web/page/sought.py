"""What one tab of the page searches for: words in the syntax of exact search, and what they are narrowed to."""

from dataclasses import dataclass, replace
from typing import Literal

from index.search.grammar import read_query

Kind = Literal["outlets", "months", "people"]
KINDS: tuple[Kind, ...] = ("outlets", "months", "people")
SHOWN = 20


@dataclass(frozen=True)
class Sought:
    """What one tab searches: the words of its box, and what they are narrowed to.

    `begun`: the last word is the beginning of one. `number` counts what was typed.
    """

    words: str = ""
    sort: str = ""
    outlets: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    begun: bool = False
    shown: int = SHOWN
    number: int = 0
    looked: bool = False

    def chosen(self) -> dict[str, tuple[str, ...]]:
        """By kind."""
        return {"outlets": self.outlets, "months": self.months, "people": self.people}

    def only(self, kind: Kind, names: tuple[str, ...]) -> "Sought":
        """The same, narrowed to other names of one kind, and from the first story on."""
        if kind == "outlets":
            return replace(self, outlets=names, shown=SHOWN)
        if kind == "months":
            return replace(self, months=names, shown=SHOWN)
        return replace(self, people=names, shown=SHOWN)

    def query(self) -> str:
        """In the syntax of exact search, outlets left out; raises QueryError for words that it cannot read.

        >>> Sought("flood OR fire", months=("2020-01",), people=("A. Writer",)).query()
        '(flood OR fire) (date:2020-01) by:("A. Writer")'
        >>> Sought("flood").query(), Sought().query()
        ('flood', '')
        """
        words = f"{self.words}*" if self.begun else self.words
        read_query(words)  # alone, so that what cannot be read is told by its place in the box
        if not (self.months or self.people):
            return words
        parts = [f"({words})"] if words.strip() else []
        if self.months:
            parts.append(f"({' OR '.join(f'date:{month}' for month in self.months)})")
        if self.people:
            named = " OR ".join(f'"{" ".join(name.replace(chr(34), " ").split())}"' for name in self.people)
            parts.append(f"by:({named})")
        return " ".join(parts)
