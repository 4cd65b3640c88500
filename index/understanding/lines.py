"""The lines of a text that are not blank, and what a line is by its look alone."""

import re
from dataclasses import dataclass

LONGEST_SHORT = 200
_RULE = re.compile(r"(?:[*_=~#•–—-]\s*){3,}|⁂|\* ?\* ?\*")
_CLOSED = re.compile(r"[.…:;,][\"”’»)\]*_]*$|[!?][\"”’»)]+$")


@dataclass(frozen=True)
class TextLine:
    """One line of a text: its place, and its words without the white space around them."""

    start: int
    words: str

    @property
    def end(self) -> int:
        return self.start + len(self.words)


def lines_of(text: str, start: int = 0) -> list[TextLine]:
    """The lines that are not blank, with where each one's words start.

    >>> lines_of("One\\n\\n  two \\n")
    [TextLine(start=0, words='One'), TextLine(start=7, words='two')]
    """
    found = re.compile(r"[^\s][^\r\n]*").finditer(text, start)
    return [TextLine(m.start(), m.group().rstrip()) for m in found]


def is_rule(words: str) -> bool:
    """Whether a line only parts what is above it from what is below.

    >>> is_rule("* * *"), is_rule("----"), is_rule("–")
    (True, True, False)
    """
    return len(words) <= LONGEST_SHORT and bool(_RULE.fullmatch(words))


def is_prose(words: str) -> bool:
    """Whether a line reads as news does: long, or a closed sentence.

    >>> is_prose("Ten people died in the strike, officials said."), is_prose("Ten die in strike")
    (True, False)
    """
    return len(words) > LONGEST_SHORT or bool(_CLOSED.search(words))
