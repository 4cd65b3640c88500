"""The words of a story as a set of numbers, and how much of it two stories share.

A shingle is five words in a row, case folded (Broder 1997); as a number it is the same on every machine, in every run.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Shingles = NDArray[np.uint64]
Sketch = NDArray[np.uint32]

SHINGLE = 5
FACTOR = 0x9E3779B97F4A7C15
SKETCH = 128  # values of a MinHash sketch
SEED = 1


@dataclass(frozen=True)
class Overlap:
    """How many shingles two stories share, and how many each has."""

    shared: int
    first: int
    second: int

    @property
    def containment(self) -> float:
        """The share of the shorter story that stands in the longer; 0 where one has none.

        >>> Overlap(30, 40, 100).containment
        0.75
        """
        least = min(self.first, self.second)
        return self.shared / least if least else 0.0

    @property
    def jaccard(self) -> float:
        """The share of all their shingles that both have; 0 where there are none.

        >>> Overlap(30, 40, 50).jaccard
        0.5
        """
        total = self.first + self.second - self.shared
        return self.shared / total if total else 0.0


def words_of(text: str) -> list[str]:
    """The words of a text in order, case folded, without what stands between them.

    >>> words_of("Don’t panic, Straße")
    ['don', 't', 'panic', 'strasse']
    """
    return re.findall(r"\w+", text.casefold())


def shingles_of(words: Sequence[str]) -> Shingles:
    """The distinct shingles of some words, ascending; none for fewer than five words.

    >>> len(shingles_of(words_of("one two three four five six"))), len(shingles_of(["one"]))
    (2, 0)
    """
    count = len(words) - SHINGLE + 1
    if count < 1:
        return np.empty(0, np.uint64)
    numbers = np.fromiter((_number(word) for word in words), np.uint64, len(words))
    mixed = np.zeros(count, np.uint64)
    for place in range(SHINGLE):  # a polynomial in the words' numbers, modulo 2**64
        mixed = mixed * np.uint64(FACTOR) + numbers[place : place + count]
    return np.unique(_scatter(mixed))


def overlap(first: Shingles, second: Shingles) -> Overlap:
    """What two sets of shingles share.

    >>> both = shingles_of(words_of("one two three four five six"))
    >>> overlap(both, both[:1])
    Overlap(shared=1, first=2, second=1)
    """
    return Overlap(len(np.intersect1d(first, second, assume_unique=True)), len(first), len(second))


def sketch_of(shingles: Shingles) -> Sketch:
    """The MinHash sketch (Broder 1997) of some shingles, `(SKETCH,) uint32`.

    The share of places where two sketches are equal estimates the Jaccard similarity of what they were made of.
    """
    from datasketch import MinHash

    made = MinHash(SKETCH, seed=SEED, scheme="affine64", hashfunc=int, permutations=_permutations())
    made.update_batch(shingles)
    return np.asarray(made.hashvalues).astype(np.uint32)  # the low half of a value is as random as the whole


@lru_cache(maxsize=1)
def _permutations() -> NDArray[np.uint64]:
    from datasketch import MinHash

    made: NDArray[np.uint64] = MinHash(SKETCH, seed=SEED, scheme="affine64").permutations
    return made


@lru_cache(maxsize=65536)
def _number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


def _scatter(numbers: Shingles) -> Shingles:
    """Numbers spread evenly over 64 bits (splitmix64, Steele et al. 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
