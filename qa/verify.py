"""Does the quote carry the sentence: its names, numbers and dates must be the quotes' own, and the model must agree."""

import re
from collections.abc import Sequence

from qa.measures import fold
from qa.read import FUNCTION_WORDS, Evidence

NUMBER_WORDS = frozenset(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
    hundreds thousand thousands million millions billion billions dozen dozens half twice
    """.split()
)
MARKER = re.compile(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]")


def read_markers(text: str) -> tuple[str, list[int]]:
    """A sentence without its markers, and the numbers in them, each once.

    >>> read_markers("Ten died [1][3], two were hurt [1, 2].")
    ('Ten died, two were hurt.', [1, 3, 2])
    """
    numbers = [int(n) for found in MARKER.finditer(text) for n in found[1].split(",")]
    return MARKER.sub("", text).strip(), list(dict.fromkeys(numbers))


def numbers_in(text: str) -> set[str]:
    """The numbers of a text as they are compared: digits without thousands' commas, and number words, folded.

    >>> sorted(numbers_in("Ten of 5,000 on January 3"))
    ['3', '5000', 'ten']
    """
    digits = {found.replace(",", "") for found in re.findall(r"\d+(?:,\d{3})*", text)}
    return digits | (set(fold(text).split()) & NUMBER_WORDS)


def names_in(text: str) -> set[str]:
    """Words that are written like names: capitals inside a sentence, and at its start where a second one follows.

    >>> sorted(names_in("The strike killed Abu Hamza.")), sorted(names_in("Donald Trump said so."))
    (['abu', 'hamza'], ['donald', 'trump'])
    """
    words = re.findall(r"[^\W\d_][\w’']*", text)
    capital = [word[0].isupper() for word in words]
    held = set()
    for i, word in enumerate(words):
        follows = i + 1 < len(words) and capital[i + 1]
        if capital[i] and (i > 0 or follows):
            held |= {part for part in fold(word).split() if len(part) > 1 and part not in FUNCTION_WORDS}
    return held


def uncovered(sentence: str, question: str, evidence: Sequence[Evidence]) -> set[str]:
    """Names and numbers of a sentence that its evidence does not hold.

    A number must be in a quote, or in the date of its article. A name may also be one that the question gave,
    where the passage around the quote speaks of it: quotes say "he".
    """
    quotes = " ".join(item.quote for item in evidence)
    about = " ".join(f"{s.title or ''} {s.source or ''} {s.published or ''}" for s in (e.hit.section for e in evidence))
    around = set(fold(" ".join(item.hit.text for item in evidence)).split()) | set(fold(about).split())
    held = set(fold(quotes).split()) | set(fold(about).split()) | (set(fold(question).split()) & around)
    numbers = numbers_in(f"{quotes} {' '.join(e.hit.section.published or '' for e in evidence)}")
    held_stems = {word[:6] for word in held}
    names = {name for name in names_in(sentence) if name[:6] not in held_stems}
    return names | (numbers_in(sentence) - numbers)


def fewest(sentence: str, question: str, cited: Sequence[int], evidence: Sequence[Evidence]) -> list[int] | None:
    """Which of `evidence` prove a sentence, as positions in it: the cited ones that are needed, else others that do.

    None when all of it together does not hold the sentence's names and numbers.
    """
    for pool in (list(cited), list(range(len(evidence)))):
        chosen = [i for i in pool if 0 <= i < len(evidence)]
        if not chosen or uncovered(sentence, question, [evidence[i] for i in chosen]):
            continue
        for i in list(reversed(chosen)):
            rest = [j for j in chosen if j != i]
            own = _shared(sentence, evidence[i])
            if rest and own <= set().union(*(_shared(sentence, evidence[j]) for j in rest)):
                chosen = rest
        return chosen
    return None


def _shared(sentence: str, item: Evidence) -> set[str]:
    """The words of a sentence that one quote holds."""
    return (set(fold(sentence).split()) - FUNCTION_WORDS) & set(fold(item.quote).split())
