"""From hits to evidence: the sentences that answer, the words in them that do, and how sure that is.

The reader reads all passages, then looks at the likeliest sentences again, each alone with its neighbours in view. Two
regressions weigh what it says: one over the SCORES of a sentence says which sentence answers, the other over the best
sentence and the best passage says whether any does.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ground.words import fold, fold_numbers
from index.passage import heading, sentences_in
from index.search.lexical import analyzer
from index.understanding.credits import is_credit
from index.understanding.dateline import read_dateline
from models import Marked, Reader
from qa.retrieve import Hit

LOOKED_AT = 16  # sentences that are looked at again
ENOUGH = -2.0  # log-odds of the words that answer in the first passages, from which the others are not read
FAR_SPAN = 3.0  # log-odds below the best span of a sentence, from which another is no answer beside it
NO_SPAN = -20.0  # log-odds of a sentence that holds none of the likeliest spans of its passage
ODDS_AT_MOST = 6.0  # log-odds of a judgement; a softmax in float32 says no more
# Log-odds that a sentence is the one that answers, from its SCORES, and that any does, from ANY_SCORES: the best of
# these, the reader's best log-odds of a passage, and what `absent` says of the best sentence's article.
# training.calibrate fits them on half of the questions of bench/gold/newsroom and RealTimeQA 2022; docs/answers.md has
# the figures of other questions.
SCORES = ("span", "sentence", "words", "rank")
WEIGHTS, BIAS = (0.31, 0.3, 2.93, 0.85), -0.13
ANY_SCORES = ("sentence", "passage", "names absent", "words absent")
ANY_WEIGHTS, ANY_BIAS = (0.33, 0.46, -0.37, -1.33), 1.17
NAME_PREFIX = 5  # characters by which names are compared: "Georgian" and "Georgia"
SURROUNDINGS = 300  # characters before and after a sentence that its neighbours are looked for in


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit, `article.text[start:end]`, the spans of the article in it that answer, best first, and the
    log-odds that it answers. `scores` are those of SCORES, `passage` the reader's log-odds that its passage answers."""

    hit: Hit
    start: int
    end: int
    spans: tuple[tuple[int, int], ...] = ()
    score: float = -math.inf
    scores: tuple[float, ...] = ()
    passage: float = -math.inf

    @property
    def quote(self) -> str:
        return self.hit.article.text[self.start : self.end]

    @property
    def items(self) -> tuple[str, ...]:
        """The words of each span."""
        return tuple(self.hit.article.text[slice(*span)] for span in self.spans)

    @property
    def words(self) -> str:
        """The words that answer best; empty where none were found."""
        return self.items[0] if self.spans else ""

    @property
    def span(self) -> float:
        """The reader's log-odds that the words which answer do, rather than none of the passage."""
        return self.scores[SCORES.index("span")] if self.scores else math.inf

    @property
    def held(self) -> float:
        """The share of the question's words that stand in its view, 0 to 1; 1 where that was not looked at."""
        return self.scores[SCORES.index("words")] if self.scores else 1.0

    @property
    def place(self) -> tuple[str, int]:
        return self.hit.article.id, self.start


def stems(text: str) -> set[str]:
    """The words of a text as the lexical index compares them, numbers in digits.

    >>> sorted(stems("Eight men were killed in the killings"))
    ['8', 'kill', 'men']
    """
    return set(analyzer().analyze(fold_numbers(text)))


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


def sentences_of(hit: Hit) -> list[tuple[int, int]]:
    """Spans of the sentences of a hit's passage, without the dateline that one opens with."""
    text = hit.article.text
    spans = []
    for start, end in sentences_in(hit.article, hit.passage.start, hit.passage.end):
        dateline = read_dateline(text[start:end])
        begin = start + dateline.end if dateline else start
        spans.append((begin, end) if text[begin:end].strip() else (start, end))
    return spans


def in_view(item: Evidence) -> Marked:
    """The sentence as the reader judges it: between its headline, outlet and day with the sentence before, and the one
    after."""
    article, section = item.hit.article, item.hit.article.section_at(item.start)
    begin = max(item.start - SURROUNDINGS, section.start, article.body_start)
    before = sentences_in(article, begin, item.start)
    after = sentences_in(article, item.end, min(item.end + SURROUNDINGS, len(article.text)))
    after = [span for span in after if article.section_at(span[0]) == section]
    told = heading(article, item.start)
    lead = " ".join(part for part in (told and f"{told} |", article.text[slice(*before[-1])] if before else "") if part)
    return lead, item.quote, article.text[slice(*after[0])] if after else ""


def read_hits(question: str, hits: Sequence[Hit], reader: Reader, *, first: int | None = None) -> list[Evidence]:
    """The sentences of all hits, those with the likeliest words first: `scores` is the span's alone.

    Credit lines, headlines and what an article has already said are left out. Where the words of one of the `first`
    hits are likely ENOUGH, no others are read.
    """
    found = _sentences(question, hits[:first], reader)
    if first is not None and max((item.score for item in found.values()), default=NO_SPAN) < ENOUGH:
        found |= {said: item for said, item in _sentences(question, hits[first:], reader).items() if said not in found}
    return sorted(found.values(), key=lambda item: -item.score)


def _sentences(question: str, hits: Sequence[Hit], reader: Reader) -> dict[tuple[str, str], Evidence]:
    """The sentences of all hits in their order, by the article's id and their words."""
    passages = []
    for hit in hits:
        told = heading(hit.article, hit.passage.start)
        passages.append((told and f"{told} |", hit.article.text[hit.passage.start : hit.passage.end]))
    found: dict[tuple[str, str], Evidence] = {}
    for hit, reading in zip(hits, reader.read(question, passages), strict=True):
        text = hit.article.text
        for start, end in sentences_of(hit):
            spans = [
                (score, a + hit.passage.start, b + hit.passage.start)
                for score, a, b in reading.spans
                if start <= a + hit.passage.start and b + hit.passage.start <= end
            ]
            sentence = text[start:end]
            said = hit.article.id, fold(sentence)
            headline = fold(hit.article.section_at(start).title or "")
            if said in found or said[1] == headline or is_credit(sentence):
                continue
            best = spans[0][0] if spans else NO_SPAN
            kept = _apart([(a, b) for score, a, b in spans if score >= best - FAR_SPAN and score > 0]) or [
                span[1:] for span in spans[:1]
            ]
            found[said] = Evidence(hit, start, end, tuple(kept), best, (best,), reading.answers)
    return found


def find_evidence(
    question: str, hits: Sequence[Hit], reader: Reader, *, beside: Sequence[Hit] = (), first: int | None = None
) -> list[Evidence]:
    """The likeliest LOOKED_AT sentences of the hits, each with the log-odds that it answers, likeliest first.

    What the archive holds `beside` them is not read; it says which of the question's words are rare. `first` is as in
    `read_hits`.
    """
    read = read_hits(question, hits, reader, first=first)
    likely = read[:LOOKED_AT]
    views = [in_view(item) for item in likely]
    alone = reader.answers(question, views)
    held = words_held(question, [*hits, *beside], views)
    scores = [
        (*item.scores, answers, share, -math.log(item.hit.rank))
        for item, answers, share in zip(likely, alone, held, strict=True)
    ]
    weighed = [weigh(row) for row in scores]
    if not weighed:
        return []
    best = max(weighed)
    passage = max(item.passage for item in read)
    row = (best, passage, *absent(question, likely[weighed.index(best)]))
    any_does = ANY_BIAS + sum(weight * score for weight, score in zip(ANY_WEIGHTS, row, strict=True))
    found = [
        replace(item, score=any_does + sentence - best, scores=row)
        for item, sentence, row in zip(likely, weighed, scores, strict=True)
    ]
    return sorted(found, key=lambda item: -item.score)


def with_next_sentence(question: str, item: Evidence, reader: Reader) -> Evidence:
    """The sentence with the one after it in the same story, and the words of that one that answer; the sentence as it
    is where none follows it."""
    article, section = item.hit.article, item.hit.article.section_at(item.start)
    after = sentences_in(article, item.end, min(item.end + SURROUNDINGS, len(article.text)))
    if not after or article.section_at(after[0][0]) != section or article.text[item.end : after[0][0]].strip():
        return item
    start, end = after[0]
    lead = f"{in_view(item)[0]} {item.quote}"
    (reading,) = reader.read(question, [(lead, article.text[start:end])])
    spans = tuple((a + start, b + start) for score, a, b in reading.spans[:1] if score > -FAR_SPAN)
    return replace(item, end=end, spans=spans or item.spans)


def words_held(question: str, hits: Sequence[Hit], views: Sequence[Marked]) -> list[float]:
    """The share of the question's words that stand in each view, 0 to 1, rare ones counting more.

    A word weighs its inverse document frequency among the hits: log(1 + passages / (1 + those with it)).
    """
    asked = sorted(stems(question))
    texts = [stems(f"{heading(hit.article, hit.passage.start)} {hit.text}") for hit in hits]
    weight = {word: math.log(1 + len(texts) / (1 + sum(word in text for text in texts))) for word in asked}
    total = sum(weight.values()) or 1.0
    return [sum(weight[word] for word in stems(" ".join(view)) & weight.keys()) / total for view in views]


def absent(question: str, item: Evidence) -> tuple[float, float]:
    """How many names and numbers of the question the whole article of a sentence lacks, and the share of the question's
    words, 0 to 1: it may be of another event."""
    article, section = item.hit.article, item.hit.article.section_at(item.start)
    text = " ".join((section.title or "", section.source or "", section.published or "", article.text))
    starts = {word[:NAME_PREFIX] for word in fold_numbers(text).split()}
    named = names_in(question) | set(re.findall(r"\d+", fold_numbers(question)))
    asked = stems(question)
    return (
        float(sum(name[:NAME_PREFIX] not in starts for name in named)),
        len(asked - stems(text)) / len(asked) if asked else 0.0,
    )


def weigh(scores: Sequence[float]) -> float:
    """The log-odds that a sentence is the one that answers, from its SCORES."""
    return BIAS + sum(weight * score for weight, score in zip(WEIGHTS, scores, strict=True))


def log_odds(chance: float) -> float:
    """log p / (1 - p), at most ODDS_AT_MOST either way."""
    least = 1 / (1 + math.exp(ODDS_AT_MOST))
    kept = min(max(chance, least), 1 - least)
    return math.log(kept / (1 - kept))


def _apart(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans without those that share a character with a better one before them."""
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if all(end <= a or start >= b for a, b in kept):
            kept.append((start, end))
    return kept
