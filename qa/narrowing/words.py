"""The words of a question, each with its place, made comparable; a possessive is told apart from its word."""

import re
from dataclasses import dataclass

from ground.words import fold

WORD = re.compile(r"[^\W_]+")
STOPS = re.compile(r"[,.;:?!()\[\]–—\"“”]")


@dataclass(frozen=True)
class Word:
    """`question[start:end]`, folded; whether `'s` follows, whether a mark that ends a phrase does, and a capital."""

    text: str
    start: int
    end: int
    owns: bool
    stop: bool
    capital: bool


def read_words(question: str) -> list[Word]:
    """The words in order.

    >>> [(word.text, word.owns, word.stop) for word in read_words("In the Courier's view, why?")][2:]
    [('courier', True, False), ('view', False, True), ('why', False, True)]
    """
    found = [one for one in WORD.finditer(question) if not _is_s(question, one)]
    words = []
    for place, one in enumerate(found):
        until = found[place + 1].start() if place + 1 < len(found) else len(question)
        rest = question[one.end() : until]
        owns = rest[:1] in ("'", "’") and rest[1:2].lower() in ("s", " ", "")
        stop = bool(STOPS.search(rest)) or place + 1 == len(found)
        words.append(Word(fold(one[0]) or one[0], one.start(), one.end(), owns, stop, one[0][:1].isupper()))
    return words


def _is_s(question: str, one: re.Match[str]) -> bool:
    return one[0].lower() == "s" and one.start() > 1 and question[one.start() - 1] in "'’"
