"""The words of a text as exact search compares them, each with its place in the text as it stands.

Case, accents, ligatures and what cannot be seen make no difference; nothing is left out, and no ending is cut off.
Where a script puts no space between words, each letter is one.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ground.words import PARTED, as_typed

LONGEST = 100  # characters of a word that count
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED += "\U00020000-\U0003ffff"
_MARKS = "".join(c for c in map(chr, range(0x300, 0xFE30)) if unicodedata.category(c) in ("Mn", "Mc", "Me"))
_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_WORD = re.compile(
    rf"[{_UNSPACED}][{_MARKS}]*"
    rf"|[^\W_](?:[^\W_{_UNSPACED}]|[{_MARKS}]|(?:[\u00ad\u00ac][ \t]*\r?\n[ \t]*|[{_UNSEEN}]+)(?=\w))*"
)


class Word(NamedTuple):
    """A word as it is compared, and where it stands."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=200_000)
def compared(word: str) -> str:
    """One word of a text as it is compared.

    >>> compared("Pe\u0301rez"), compared("o\ufb03ce"), compared("STRASSE") == compared("Straße")
    ('perez', 'office', True)
    """
    if word.isascii():
        return word.lower()[:LONGEST]
    plain = unicodedata.normalize("NFKD", as_typed(word).casefold())
    return "".join(c for c in plain if not (unicodedata.combining(c) or c.isspace()))[:LONGEST]


def words_in(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words of `text[start:end]`, in order.

    >>> words_in("A F-15E, not_he’d")
    [Word(text='a', start=0, end=1), Word(text='f', start=2, end=3), Word(text='15e', start=4, end=7), \
Word(text='not', start=9, end=12), Word(text='he', start=13, end=15), Word(text='d', start=16, end=17)]
    >>> [word.text for word in words_in("速報 2024年")]
    ['速', '報', '2024', '年']
    """
    found = _WORD.finditer(text, start, len(text) if end is None else end)
    words = (Word(compared(match[0]), *match.span()) for match in found)
    return [word for word in words if word.text]


def readings(text: str, pieces: list[tuple[int, int]]) -> list[list[Word]]:
    """The words of the pieces of a text: once, or twice where a line's end parts a word, in parts and whole.

    >>> [[word.text for word in words] for words in readings("Hasel-\\nbacher spoke", [(0, 20)])]
    [['hasel', 'bacher', 'spoke'], ['haselbacher', 'spoke']]
    """
    parted = {match.start(1): match for match in PARTED.finditer(text)}
    words = [word for start, end in pieces for word in words_in(text, start, end)]
    return [words, list(_joined(words, parted))] if parted else [words]


def _joined(words: list[Word], parted: dict[int, re.Match[str]]) -> Iterator[Word]:
    left = iter(words)
    for word in left:
        found = parted.get(word.start)
        after = next(left, None) if found else None
        if after is None:
            yield word
        elif found and after.start == found.start(2):
            yield Word((word.text + after.text)[:LONGEST], word.start, after.end)
        else:
            yield word
            yield after
