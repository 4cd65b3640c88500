"""Does the quote carry the sentence: its names, numbers and dates must be the quotes' own, and the model must agree."""

import re
from collections.abc import Sequence

from index.credits import DATE, read_date
from qa.measures import NUMBERS, fold, fold_numbers
from qa.read import Evidence, stems

QUANTITIES = frozenset(
    "hundred hundreds thousand thousands million millions billion billions dozen dozens half".split()
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
    """The numbers of a text in digits, and words of quantity, folded.

    >>> sorted(numbers_in("Ten of 5,000 on January 3, dozens hurt"))
    ['10', '3', '5000', 'dozens']
    """
    return {word for word in fold_numbers(text).split() if word.isdigit() or word in QUANTITIES}


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
            held |= {part for part in fold(word).split() if len(part) > 1 and stems(part)}
    return held


def uncovered(sentence: str, question: str, evidence: Sequence[Evidence]) -> set[str]:
    """Names and numbers of a sentence that its evidence does not hold.

    A number must be in a quote; only the whole date of its article may be said as well. A name may also be one that
    the question gave, where the passage around the quote speaks of it: quotes say "he".
    """
    quotes = " ".join(item.quote for item in evidence)
    about = " ".join(f"{s.title or ''} {s.source or ''} {s.published or ''}" for s in (e.hit.section for e in evidence))
    around = set(fold(" ".join(item.hit.text for item in evidence)).split()) | set(fold(about).split())
    held = set(fold(quotes).split()) | set(fold(about).split()) | (set(fold(question).split()) & around)
    held_stems = {word[:6] for word in held}
    names = {name for name in names_in(sentence) if name[:6] not in held_stems}
    return names | (numbers_in(_without_dates(sentence, evidence)) - numbers_in(quotes))


def _without_dates(sentence: str, evidence: Sequence[Evidence]) -> str:
    """The sentence without the dates of the articles it cites, however they are written."""
    days = {(item.hit.section.published or "")[:10] for item in evidence}
    return DATE.sub(lambda found: "" if read_date(found[0]) in days else found[0], sentence)


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


def as_quoted(sentence: str, evidence: Sequence[Evidence]) -> str:
    """A sentence with its small numbers written as its quotes write them: "5" is "five" again."""
    held = set(fold(" ".join(item.quote for item in evidence)).split())
    words = {digits: word for word, digits in NUMBERS.items() if word in held and digits not in held}
    return re.sub(r"(?<![\d.,])\d{1,2}(?![\d.,]\d|\d)", lambda found: words.get(found[0], found[0]), sentence)


def _shared(sentence: str, item: Evidence) -> set[str]:
    """The words of a sentence that one quote holds."""
    return stems(sentence) & stems(item.quote)
