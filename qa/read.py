"""Reads hits one by one: how likely does each answer, in which words, and which of its sentences prove it."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.credits import read_credit
from index.lexical import analyzer
from index.passage import heading, split_sentences
from models import Generator
from qa import prompt
from qa.measures import fold, fold_numbers
from qa.retrieve import Hit

ITEM_TOKENS = 64
ITEMS_AT_MOST = 12
SENTENCES_AT_MOST = 3
FAR_HITS = 2
FAR_LOG_ODDS = 1.5
LONG_ITEM_WORDS = 5
LONG_ITEM_SHARE = 0.6
YES_NO_WORDS = frozenset("is are was were did do does has have had can could will would should".split())


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit, `article.text[start:end]`, and the words in it that answer.

    `log_odds` are the model's that this sentence answers, standing alone.
    """

    hit: Hit
    start: int
    end: int
    items: tuple[str, ...]
    log_odds: float = 0.0

    @property
    def quote(self) -> str:
        return self.hit.article.text[self.start : self.end]


@dataclass(frozen=True)
class Reading:
    """What one hit says to the question: the log-odds that it answers, and its evidence, best first."""

    hit: Hit
    log_odds: float
    evidence: tuple[Evidence, ...] = ()


def stems(text: str) -> set[str]:
    """The words of a text as the lexical index compares them, numbers in digits.

    >>> sorted(stems("Eight men were killed in the killings"))
    ['8', 'kill', 'men']
    """
    return set(analyzer().analyze(fold_numbers(text)))


def split_items(reply: str) -> list[str]:
    """The items of an extraction, in order, without repeats; none for NONE.

    >>> split_items("1. ten; Ten; two Guards."), split_items("NONE")
    (['ten', 'two Guards'], [])
    """
    items: dict[str, str] = {}
    for piece in re.split(r"[;\n]", reply):
        item = re.sub(r"^\s*\d+\.\s+", "", piece).strip(" .,-*•\"“”'")
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


def find_evidence(question: str, hit: Hit, items: Sequence[str], *, certain: bool) -> tuple[Evidence, ...]:
    """The sentences that hold the items; an item whose words are in no sentence was invented, and is gone.

    A long item need not be word for word, since models mend grammar while they copy: most of its words in one
    sentence are enough, for it is the sentence that is quoted. Where nothing is left of the items but it is
    `certain` that the passage answers, the sentence nearest to the question stands for it.
    """
    found = split_sentences(hit.article.text, hit.passage.start, hit.passage.end)
    spans = [(a, b) for a, b in found if not read_credit(hit.article.text[a:b], at_head=True)]
    sentences = [hit.article.text[a:b] for a, b in spans]
    asked = stems(question)
    near = [len(asked & stems(sentence)) for sentence in sentences]
    held: dict[int, list[str]] = {}
    for item in items:
        for words, place in _places(item, sentences, near):
            if not stems(words) <= asked:  # what only repeats the question is no answer
                held.setdefault(place, []).append(words)
    if not held and certain and sentences:
        held[max(range(len(sentences)), key=lambda i: (near[i], -i))] = []
    ordered = sorted(held, key=lambda i: (-near[i], i))
    return tuple(Evidence(hit, *spans[i], tuple(held[i])) for i in ordered)


def _places(item: str, sentences: Sequence[str], near: Sequence[int]) -> list[tuple[str, int]]:
    """Where an item stands word for word; else its parts, where commas or "and" join several; else most of it."""
    if not sentences:
        return []
    best, share = _place(item, sentences, near)
    if share == 1:
        return [(item, best)]
    parts = [(part, *_place(part, sentences, near)) for part in re.split(r", (?:and )?| and ", item)]
    whole = [(part, place) for part, place, held in parts if held == 1]
    return whole or ([(item, best)] if share >= LONG_ITEM_SHARE else [])


def _place(item: str, sentences: Sequence[str], near: Sequence[int]) -> tuple[int, float]:
    """The sentence that holds most of an item, the one nearest to the question among several; and how much."""
    words = fold_numbers(item).split()
    shares = [_share(words, fold_numbers(sentence)) for sentence in sentences]
    best = max(range(len(sentences)), key=lambda i: (shares[i], near[i], -i))
    return best, shares[best]


def _share(words: Sequence[str], sentence: str) -> float:
    """How much of an item a folded sentence holds: 1 for all of it in order, words alone count in a long item only."""
    if words and f" {' '.join(words)} " in f" {sentence} ":
        return 1.0
    held = set(sentence.split())
    return min(0.99, sum(word in held for word in words) / len(words)) if len(words) >= LONG_ITEM_WORDS else 0.0


def read_hits(
    question: str,
    hits: Sequence[Hit],
    generator: Generator,
    *,
    least_log_odds: float,
    certain_log_odds: float,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Reading]:
    """One reading a hit, in order. Words are asked for only where the log-odds reach `least_log_odds`.

    Once a hit is `certain_log_odds` likely, reading ends after FAR_HITS in a row that are FAR_LOG_ODDS less likely than
    the best: on the dev set that leaves out one hit in five, and nothing of what was chosen (docs/decisions.md).

    Then each sentence that holds some is weighed alone: a passage on the matter is often taken for an answer, a
    sentence seldom (docs/decisions.md).
    """
    best, far = -math.inf, 0
    for hit in hits:
        if cancelled() or (best >= certain_log_odds and far >= FAR_HITS):
            return
        about = heading(hit.article, hit.passage.start)
        log_odds = generator.log_odds(prompt.gate(question, hit.text, about))
        best = max(best, log_odds)
        far = far + 1 if log_odds < best - FAR_LOG_ODDS else 0
        if log_odds < least_log_odds:
            yield Reading(hit, log_odds)
            continue
        asked = prompt.extract(question, hit.text, about)
        reply = "".join(generator.stream(asked, max_tokens=ITEM_TOKENS, stop=("\n",), cancelled=cancelled))
        certain = is_yes_no(question) or log_odds >= certain_log_odds
        found = find_evidence(question, hit, split_items(reply), certain=certain)[:SENTENCES_AT_MOST]
        evidence = (replace(e, log_odds=generator.log_odds(prompt.gate(question, e.quote, about))) for e in found)
        yield Reading(hit, log_odds, tuple(evidence))
