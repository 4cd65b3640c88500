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
from qa.answer import Citation, Conflict, Sentence, Side, Support, cite
from qa.conflict import Account, find_sides
from qa.read import Evidence, Reading, stems
from qa.verify import as_quoted, fewest, read_markers, without_markers

QUOTES_AT_MOST = 8
SUPPORTED_FROM = 0.5
TOLD_SHARE = 0.8  # of the words of a long item: the model says the same in other words


@dataclass
class Draft:
    """An answer in the making: its sentences, and citations numbered in the order of their first use."""

    sentences: list[Sentence] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
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


def choose_evidence(readings: Sequence[Reading], *, least_log_odds: float, margin: float) -> list[Evidence]:
    """The sentences to answer from, likeliest first: passage and sentence together reach `least_log_odds`.

    One that is more than `margin` less likely than the best is on the matter, but no answer.
    """
    chosen: dict[tuple[str, int], Evidence] = {}
    for reading in readings:
        for item in reading.evidence:
            if item.log_odds >= 0 and reading.log_odds + item.log_odds >= least_log_odds:
                chosen.setdefault((item.hit.article.id, item.start), item)
    best = max((item.log_odds for item in chosen.values()), default=0.0)
    near = [item for item in chosen.values() if item.log_odds >= best - margin]
    return sorted(near, key=lambda item: -item.log_odds)


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
    """Fills `draft`, yielding each sentence once it is proved; `left_out` counts the quotes the model is not shown."""
    sides = find_sides(question, evidence)
    if sides:
        yield _tell_sides(question, sides, draft)
        return
    shown = evidence[:QUOTES_AT_MOST]
    quotes = [(_about(item), item.quote) for item in shown]
    kept = prompt.fit_quotes(question, quotes, generator, answer_tokens=answer_tokens)
    draft.left_out, evidence = len(evidence) - len(kept), shown
    # The whole draft first: proving asks the same model, which does one thing at a time.
    written = "".join(
        generator.stream(
            prompt.write(question, kept), max_tokens=answer_tokens, seed=seed, stop=("\n\n",), cancelled=cancelled
        )
    )
    said: set[str] = set()
    for text in split_draft(written):
        words, numbers = read_markers(text)
        if cancelled():
            return
        if words in said or not re.search(r"[^\W\d_]", words):  # a model that counts its lines: "1."
            continue
        said.add(words)
        proof = fewest(words, question, [n - 1 for n in numbers], evidence)
        sentence = proof is not None and _proved(words, [evidence[i] for i in proof], generator, draft)
        if cancelled():
            return
        if sentence:
            yield sentence
        else:
            draft.dropped += 1
    for sentence in _left_unsaid(evidence, draft):
        if cancelled():
            return
        yield sentence


def split_draft(written: str) -> list[str]:
    """The sentences of a draft, each with its markers: those after its full stop, or before it where they begin a line.

    >>> split_draft("One [1]. Two. [2]\\n[3] Three.")
    ['One [1].', 'Two. [2]', '[3] Three.']
    """
    spans: list[tuple[int, int]] = []
    for start, end in split_sentences(written):
        if spans and written[start] == "[" and "\n" not in written[spans[-1][1] : start]:
            marker = re.match(r"(?:\[[\d, ]*\]\s*)+", written[start:end])
            after = start + (marker.end() if marker else 0)
            spans[-1] = (spans[-1][0], after)
            start = after
        if start < end:
            spans.append((start, end))
    return [written[start:end].strip() for start, end in spans]


def _proved(words: str, proof: Sequence[Evidence], generator: Generator, draft: Draft) -> Sentence | None:
    """The sentence with its citations; None where the model denies that the quotes say so."""
    log_odds = generator.log_odds(prompt.entails(words, [f"({_about(item)}) {item.quote}" for item in proof]))
    score = _chance(log_odds)
    if score < SUPPORTED_FROM:
        return None
    return _sentence(as_quoted(words, proof), [draft.number(item) for item in proof], "supported", score, draft)


def _sentence(words: str, numbers: Sequence[int], support: Support, score: float, draft: Draft) -> Sentence:
    ordered = sorted(set(numbers))
    markers = "".join(f"[{n}]" for n in ordered)
    end = re.search(r"[.!?][\"”’']?$", words)
    text = f"{words[: end.start()]} {markers}{end[0]}" if end and end[0] in ".!?" else f"{words} {markers}"
    sentence = Sentence(text, tuple(ordered), support, round(score, 4))
    draft.sentences.append(sentence)
    return sentence


def _tell_sides(question: str, sides: Sequence[Account], draft: Draft) -> Sentence:
    """Each side in its own words, with who says so and when; nothing that a model could add."""
    told = []
    for side in sides:
        numbers = sorted({draft.number(item) for item in side.evidence})
        words = without_markers(" ".join(side.words.split()))
        who = " and ".join(dict.fromkeys(_said_by(item) for item in side.evidence))
        told.append(
            (f"{words} according to {without_markers(who)} {''.join(f'[{n}]' for n in numbers)}", words, numbers)
        )
    draft.conflicts.append(Conflict(question.strip(), tuple(Side(words, tuple(numbers)) for _, words, numbers in told)))
    text = f"Sources differ: {'; '.join(words for words, _, _ in told)}."
    score = min(_chance(item.log_odds) for side in sides for item in side.evidence)
    cited = tuple(n for _, _, numbers in told for n in numbers)
    draft.sentences.append(Sentence(text, cited, "supported", round(score, 4)))
    return draft.sentences[-1]


def _left_unsaid(evidence: Sequence[Evidence], draft: Draft) -> Iterator[Sentence]:
    """For each quote that answers in a way that no sentence gives: the quote itself, and who says it."""
    for item in evidence:
        said = stems(read_markers(draft.text)[0])
        cited = any((c.article_id, c.start) == (item.hit.article.id, item.start) for c in draft.citations)
        told = all(len(stems(words) & said) >= TOLD_SHARE * len(stems(words)) for words in item.items)
        if not draft.sentences or not (told if item.items else cited):
            quote = " ".join(item.quote.split())
            score = _chance(item.log_odds)
            words = without_markers(f"{_said_by(item)}: “{quote}”")
            yield _sentence(words, [draft.number(item)], "supported", score, draft)


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _said_by(item: Evidence) -> str:
    section = item.hit.section
    who = section.source or section.title or item.hit.article.id
    return f"{who} ({section.published[:10]})" if section.published else who


def _about(item: Evidence) -> str:
    return heading(item.hit.article, item.start)
