"""Reads hits one by one: how likely does each answer, in which words, and which of its sentences prove it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from index.passage import heading, split_sentences
from models import Generator
from qa import prompt
from qa.measures import fold
from qa.retrieve import Hit

ITEM_TOKENS = 64
ITEMS_AT_MOST = 12
LONG_ITEM_WORDS = 5
LONG_ITEM_SHARE = 0.6
FUNCTION_WORDS = frozenset(
    """
    a an and are as at be been but by did do does for from had has have he her his how in is it its
    of on or said she so than that the their them then there they this to was were what when where
    which who whom whose why will with would
    """.split()
)

YES_NO_WORDS = frozenset("is are was were did do does has have had can could will would should".split())


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit, `article.text[start:end]`, and the words in it that answer."""

    hit: Hit
    start: int
    end: int
    items: tuple[str, ...]

    @property
    def quote(self) -> str:
        return self.hit.article.text[self.start : self.end]


@dataclass(frozen=True)
class Reading:
    """What one hit says to the question: the log-odds that it answers, and its evidence, best first."""

    hit: Hit
    log_odds: float
    evidence: tuple[Evidence, ...] = ()


def content_words(text: str) -> list[str]:
    """Folded words that are no function words, each cut to its first six letters so that endings do not count.

    >>> content_words("Who was killed in the killings?")
    ['killed', 'killin']
    """
    return [word[:6] for word in fold(text).split() if word not in FUNCTION_WORDS]


def split_items(reply: str) -> list[str]:
    """The items of an extraction, in order, without repeats; none for NONE.

    >>> split_items("ten; Ten; two Guards."), split_items("NONE")
    (['ten', 'two Guards'], [])
    """
    items: dict[str, str] = {}
    for piece in re.split(r"[;\n]", reply):
        item = piece.strip(" .,-*•\"“”'")
        if item and fold(item) not in {"none", "no", "yes", ""}:
            items.setdefault(fold(item), item)
    return list(items.values())[:ITEMS_AT_MOST]


def is_yes_no(question: str) -> bool:
    """Whether a question asks for yes or no, by its first word.

    >>> is_yes_no("Was it evacuated?"), is_yes_no("When was it?")
    (True, False)
    """
    first = fold(question).split(" ")[0]
    return first in YES_NO_WORDS


def find_evidence(question: str, hit: Hit, items: Sequence[str]) -> tuple[Evidence, ...]:
    """The sentences that hold the items; an item whose words are in no sentence was invented, and is gone.

    A long item need not be word for word, since models mend grammar while they copy: most of its words in one
    sentence are enough, for it is the sentence that is quoted.
    """
    spans = split_sentences(hit.article.text, hit.passage.start, hit.passage.end)
    sentences = [hit.article.text[a:b] for a, b in spans]
    asked = set(content_words(question))
    near = [len(asked & set(content_words(sentence))) for sentence in sentences]
    held: dict[int, list[str]] = {}
    for item in items:
        words = fold(item).split()
        shares = [_share(words, sentence) for sentence in sentences]
        best = max(range(len(sentences)), key=lambda i: (shares[i], near[i], -i), default=None)
        least = LONG_ITEM_SHARE if len(words) >= LONG_ITEM_WORDS else 1.0
        if best is not None and shares[best] >= least:
            held.setdefault(best, []).append(item)
    if not held and is_yes_no(question) and sentences:
        held[max(range(len(sentences)), key=lambda i: (near[i], -i))] = []
    ordered = sorted(held, key=lambda i: (-near[i], i))
    return tuple(Evidence(hit, *spans[i], tuple(held[i])) for i in ordered)


def _share(words: Sequence[str], sentence: str) -> float:
    if f" {' '.join(words)} " in f" {fold(sentence)} ":
        return 1.0
    held = set(fold(sentence).split())
    share = sum(word in held for word in words) / len(words) if words else 0.0
    return min(share, 0.99) if len(words) < LONG_ITEM_WORDS else share


def read_hits(
    question: str,
    hits: Sequence[Hit],
    generator: Generator,
    *,
    least_log_odds: float,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Reading]:
    """One reading a hit, in order. Words are asked for only where the log-odds reach `least_log_odds`."""
    for hit in hits:
        if cancelled():
            return
        about = heading(hit.article, hit.passage.start)
        log_odds = generator.log_odds(prompt.gate(question, hit.text, about))
        evidence: tuple[Evidence, ...] = ()
        if log_odds >= least_log_odds:
            asked = prompt.extract(question, hit.text, about)
            reply = "".join(generator.stream(asked, max_tokens=ITEM_TOKENS, stop=("\n",), cancelled=cancelled))
            evidence = find_evidence(question, hit, split_items(reply))
        yield Reading(hit, log_odds, evidence)
