"""What one text says that another does not, sentence by sentence; where a sentence stands does not matter."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from index.copies.shingles import words_of
from index.passage import split_sentences

SAME_SENTENCE = 0.6  # difflib's ratio over words, from which one sentence is another one changed
COMPARED_AT_MOST = 40_000  # pairs of sentences; beyond, none is told as changed
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Difference:
    """Sentences only the later text has, those only the earlier has, and those that were changed, old and new."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        """The figures of changed sentences that are not the same, old and new.

        >>> Difference(changed=(("10 died in 2020.", "7 died in 2020."),)).numbers
        (('10', '7'),)
        """
        found = []
        for old, new in self.changed:
            before, after = Counter(NUMBER.findall(old)), Counter(NUMBER.findall(new))
            pair = " ".join((before - after).elements()), " ".join((after - before).elements())
            found += [pair] if any(pair) else []
        return tuple(found)

    def __str__(self) -> str:
        """In a few words.

        >>> print(Difference(("One.",), (), (("10 died.", "7 died."),)))
        1 sentence added, 1 changed, 10 → 7
        >>> print(Difference())
        the same sentences
        """
        counts = (("added", self.added), ("removed", self.removed), ("changed", self.changed))
        parts = [f"{len(rows)} {what}" for what, rows in counts if rows]
        if parts:
            number, _, what = parts[0].partition(" ")
            parts[0] = f"{number} sentence{'s' if number != '1' else ''} {what}"
        parts += [f"{old or '–'} → {new or '–'}" for old, new in self.numbers]
        return ", ".join(parts) or "the same sentences"


def difference(first: str, second: str) -> Difference:
    """What `second` says otherwise than `first`: case, spaces and punctuation do not count.

    >>> difference("Ten died. It rained.", "It rained!\\n\\nTen died. He left.")
    Difference(added=('He left.',), removed=(), changed=())
    """
    before, after = _sentences(first), _sentences(second)
    removed = [before[key] for key in before if key not in after]
    added = [after[key] for key in after if key not in before]
    changed = _changed(removed, added) if len(removed) * len(added) <= COMPARED_AT_MOST else []
    old, new = ({pair[side] for pair in changed} for side in (0, 1))
    return Difference(
        tuple(words for words in added if words not in new),
        tuple(words for words in removed if words not in old),
        tuple(changed),
    )


def _sentences(text: str) -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for start, end in split_sentences(text):
        words = tuple(words_of(text[start:end]))
        if words:
            found.setdefault(words, " ".join(text[start:end].split()))
    return found


def _changed(removed: Sequence[str], added: Sequence[str]) -> list[tuple[str, str]]:
    """Each sentence that is gone with the one nearest to it among the new ones, none used twice."""
    left = list(added)
    pairs = []
    for old in removed:
        ratios = [(_ratio(old, new), -i) for i, new in enumerate(left)]
        best, at = max(ratios, default=(0.0, 0))
        if best >= SAME_SENTENCE:
            pairs.append((old, left.pop(-at)))
    return pairs


def _ratio(old: str, new: str) -> float:
    matcher = SequenceMatcher(None, words_of(old), words_of(new), autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= SAME_SENTENCE else 0.0
