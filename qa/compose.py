"""From readings to an answer: the model writes from the quotes, code proves, cites and adds what was left out.

Nothing reaches the reader before it is proved, so sentences come whole.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from index.passage import heading, split_sentences
from models import Generator
from qa import prompt
from qa.answer import Citation, Sentence, Support, cite
from qa.measures import holds
from qa.read import Evidence, Reading
from qa.verify import fewest, read_markers

QUOTES_AT_MOST = 8
QUOTES_A_PASSAGE = 3
SUPPORTED_FROM = 0.5


@dataclass
class Draft:
    """An answer in the making: its sentences, and citations numbered in the order of their first use."""

    sentences: list[Sentence] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    left_out: int = 0
    dropped: int = 0

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)

    def number(self, item: Evidence) -> int:
        """The number of a quote, which is cited from now on."""
        for citation in self.citations:
            if (citation.article_id, citation.start, citation.end) == (item.hit.article.id, item.start, item.end):
                return citation.number
        self.citations.append(cite(len(self.citations) + 1, item.hit.article, item.start, item.end, item.hit.copies))
        return len(self.citations)


def choose_evidence(readings: Sequence[Reading], *, margin: float) -> list[Evidence]:
    """The quotes to answer from, those of the likeliest passages first; none where no reading holds any.

    A passage whose log-odds are more than `margin` below the best one's is left aside.
    """
    answering = sorted((r for r in readings if r.evidence), key=lambda r: -r.log_odds)
    if not answering:
        return []
    near = [reading for reading in answering if reading.log_odds >= answering[0].log_odds - margin]
    chosen: dict[tuple[str, int], Evidence] = {}
    for reading in near:
        for item in reading.evidence[:QUOTES_A_PASSAGE]:
            chosen.setdefault((item.hit.article.id, item.start), item)
    return list(chosen.values())[:QUOTES_AT_MOST]


def compose(
    question: str,
    evidence: Sequence[Evidence],
    generator: Generator,
    draft: Draft,
    *,
    answer_tokens: int,
    seed: int,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Sentence]:
    """Fills `draft`, yielding each sentence once it is proved."""
    quotes = [(_about(item), item.quote) for item in evidence]
    kept = prompt.fit_quotes(question, quotes, generator, answer_tokens=answer_tokens)
    draft.left_out = len(quotes) - len(kept)
    written = generator.stream(
        prompt.write(question, kept), max_tokens=answer_tokens, seed=seed, stop=("\n\n",), cancelled=cancelled
    )
    said: set[str] = set()
    for text in whole_sentences(written):
        words, numbers = read_markers(text)
        if not words or words in said:
            continue
        said.add(words)
        proof = fewest(words, question, [n - 1 for n in numbers], evidence)
        sentence = proof is not None and _proved(words, [evidence[i] for i in proof], generator, draft)
        if sentence:
            yield sentence
        else:
            draft.dropped += 1
    if not cancelled():
        yield from _left_unsaid(evidence, draft)


def whole_sentences(pieces: Iterator[str]) -> Iterator[str]:
    """Sentences as soon as the one after them has begun; the last one when the pieces end.

    >>> list(whole_sentences(iter(["One [1]. Tw", "o [2]."])))
    ['One [1].', 'Two [2].']
    """
    held = ""
    for piece in pieces:
        held += piece
        spans = split_sentences(held)
        # A marker after the full stop belongs to the sentence before it, unless it begins a new line.
        while len(spans) > 1 and ("\n" in held[spans[0][1] : spans[1][0]] or held[spans[1][0]] != "["):
            yield held[slice(*spans[0])]
            held = held[spans[1][0] :]
            spans = split_sentences(held)
    if held.strip():
        yield held.strip()


def _proved(words: str, proof: Sequence[Evidence], generator: Generator, draft: Draft) -> Sentence | None:
    """The sentence with its citations; None where the model denies that the quotes say so."""
    log_odds = generator.log_odds(prompt.entails(words, [f"({_about(item)}) {item.quote}" for item in proof]))
    score = 1 / (1 + math.exp(-log_odds))
    if score < SUPPORTED_FROM:
        return None
    return _sentence(words, [draft.number(item) for item in proof], "supported", score, draft)


def _sentence(words: str, numbers: Sequence[int], support: Support, score: float, draft: Draft) -> Sentence:
    ordered = sorted(set(numbers))
    markers = "".join(f"[{n}]" for n in ordered)
    end = re.search(r"[.!?][\"”’']?$", words)
    text = f"{words[: end.start()]} {markers}{end[0]}" if end and end[0] in ".!?" else f"{words} {markers}"
    sentence = Sentence(text, tuple(ordered), support, round(score, 4))
    draft.sentences.append(sentence)
    return sentence


def _left_unsaid(evidence: Sequence[Evidence], draft: Draft) -> Iterator[Sentence]:
    """For each quote that holds an answer which no sentence gives: the quote itself, and who says it."""
    for item in evidence:
        missing = [words for words in item.items if not holds(draft.text, words)]
        if missing or not draft.sentences:
            number = draft.number(item)
            quote = " ".join(item.quote.split())
            yield _sentence(f"{_said_by(item)}: “{quote}”", [number], "supported", 1.0, draft)


def _said_by(item: Evidence) -> str:
    section = item.hit.section
    who = section.source or section.title or item.hit.article.id
    return f"{who} ({section.published[:10]})" if section.published else who


def _about(item: Evidence) -> str:
    return heading(item.hit.article, item.start)
