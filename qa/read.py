"""Reads the sentences of the hits one by one: how likely does each answer, standing alone, and in which words."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ground.words import fold, fold_numbers
from index.passage import heading, sentences_in
from index.search.lexical import analyzer
from index.understanding.credits import is_credit
from index.understanding.dateline import read_dateline
from models import Embedder, Generator
from qa import prompt
from qa.retrieve import Hit

ITEM_TOKENS = 64
ITEMS_AT_MOST = 12
WORDS_WEIGHT = 0.3
RANK_WEIGHT = 0.3
PASSAGES = 2
PASSAGE_LOG_ODDS = 1.0
PASSAGE_DOUBT = 0.8
CONTEXT_CHARACTERS = 300
POINTS_BACK = re.compile(
    r"(?i)\W*(?:he|she|it|they|his|her|hers|its|their|theirs|this|that|these|those|the|there|such|both|one|another)\b"
)
GOES_ON = re.compile(
    r"(?i)\W*(?:the (?:other|rest|remaining|dead|victims|names)\b|others?\b|among (?:them|the|those)\b|also\b"
    r"|they (?:included?|were|are)\b|those (?:killed|named|hurt|arrested|who)\b|it also\b)"
)
QUICK_SENTENCES = 8
READ_ON = 2
QUICK_YES = 0.8
QUICK_NO = -1.0
FAR_SENTENCES = 6
FAR_LOG_ODDS = 1.2
SECOND_SENTENCES = 8
MISSES = 3
LONG_ITEM_WORDS = 5
LONG_ITEM_SHARE = 0.6


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit, `article.text[start:end]`, the words in it that answer, and the log-odds that it does."""

    hit: Hit
    start: int
    end: int
    items: tuple[str, ...] = ()
    log_odds: float = 0.0

    @property
    def quote(self) -> str:
        return self.hit.article.text[self.start : self.end]


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


def sentences_of(hit: Hit) -> list[tuple[int, int]]:
    """Spans of the sentences of a hit's passage, without the dateline that one opens with."""
    text = hit.article.text
    spans = []
    for start, end in sentences_in(hit.article, hit.passage.start, hit.passage.end):
        dateline = read_dateline(text[start:end])
        begin = start + dateline.end if dateline else start
        spans.append((begin, end) if text[begin:end].strip() else (start, end))
    return spans


def find_sentences(question: str, hits: Sequence[Hit], embedder: Embedder, *, repeats: bool = False) -> list[Evidence]:
    """The sentences of all hits, those first that are nearest to the question; nothing in them is weighed yet.

    Near is the cosine of question and sentence, the share of the question's words that the sentence holds (weighed by
    their inverse document frequency among these sentences) and the rank of the hit. Credit lines, headlines, what an
    article has already said, and, unless `repeats`, what only repeats the question are left out: none of them answers.
    """
    asked = stems(question)
    found: dict[tuple[str, str], tuple[Evidence, int, set[str]]] = {}
    for hit in hits:
        text = hit.article.text
        for start, end in sentences_of(hit):
            words = stems(text[start:end])
            said = (hit.article.id, fold(text[start:end]))
            headline = fold(hit.article.section_at(start).title or "")
            if said in found or said[1] == headline or (words and not repeats and words <= asked):
                continue
            if not is_credit(text[start:end]):
                found[said] = Evidence(hit, start, end), hit.rank, words
    if not found:
        return []
    sentences = [item.quote for item, _, _ in found.values()]
    cosines = embedder.encode_documents(sentences) @ embedder.encode_queries([question])[0]
    weight = {
        word: math.log(1 + len(found) / (1 + sum(word in words for _, _, words in found.values()))) for word in asked
    }
    total = sum(weight.values()) or 1.0
    near = [
        float(cosine) + WORDS_WEIGHT * sum(weight[word] for word in asked & words) / total + RANK_WEIGHT / (rank + 1)
        for cosine, (_, rank, words) in zip(cosines, found.values(), strict=True)
    ]
    ordered = sorted(zip(near, range(len(near)), found.values(), strict=True), key=lambda row: (-row[0], row[1]))
    return [item for _, _, (item, _, _) in ordered]


def scan(
    question: str,
    sentences: Sequence[Evidence],
    generator: Generator,
    *,
    at_most: int,
    read_on: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Evidence]:
    """A quick look at `at_most` sentences in order: the log-odds that each answers, standing alone under its headline.

    With `read_on`, the next READ_ON of its passage follow a sentence that is QUICK_YES likely: lists run on. It ends
    once one of at least QUICK_SENTENCES is that likely and FAR_SENTENCES in a row are FAR_LOG_ODDS less likely than the
    best.
    """
    best, far, looked = -math.inf, 0, 0
    waiting, next_ones = list(sentences), 0
    while waiting and looked < at_most and not cancelled():
        if looked >= QUICK_SENTENCES and best >= QUICK_YES and far >= FAR_SENTENCES and not next_ones:
            return
        item = waiting.pop(0)
        log_odds = generator.log_odds(prompt.scan(question, item.quote, about(item)))
        looked, next_ones = looked + 1, max(0, next_ones - 1)
        best = max(best, log_odds)
        far = far + 1 if log_odds < best - FAR_LOG_ODDS else 0
        if read_on and log_odds >= QUICK_YES:
            following = sorted((other for other in waiting if _follows(other, item)), key=lambda other: other.start)
            next_ones = len(following[:READ_ON])
            waiting = following[:READ_ON] + [other for other in waiting if other not in following[:READ_ON]]
        yield replace(item, log_odds=log_odds)


def _follows(other: Evidence, item: Evidence) -> bool:
    return (other.hit.article.id, other.hit.passage) == (item.hit.article.id, item.hit.passage) and (
        other.start > item.start
    )


def weigh(
    question: str,
    scanned: Sequence[Evidence],
    generator: Generator,
    *,
    least_log_odds: float,
    known: Sequence[Evidence] = (),
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Evidence]:
    """A second look at the likeliest, asked the other way round: each with the sum of both log-odds.

    Those `known` had it already. After MISSES in a row that do not reach `least_log_odds`, only the passages that
    answer are read on: lists run on.
    """
    likely = sorted((item for item in scanned if item.log_odds >= QUICK_NO), key=lambda item: -item.log_odds)
    missed, looked = 0, 0
    answering: set[tuple[str, int]] = set()
    for item in likely:
        place = item.hit.article.id, item.hit.passage.start
        if cancelled() or looked >= SECOND_SENTENCES:
            return
        if missed >= MISSES and place not in answering:
            continue
        before = [other for other in known if (other.hit, other.start) == (item.hit, item.start)]
        both = before[0] if before else look_again(question, item, generator)
        looked += 1
        missed = missed + 1 if both.log_odds < least_log_odds else 0
        if both.log_odds >= least_log_odds:
            answering.add(place)
        yield both


def look_again(question: str, item: Evidence, generator: Generator) -> Evidence:
    """A sentence after its second look, asked the other way round: with the sum of both log-odds."""
    asked = prompt.gate(question, item.quote, about(item))
    return replace(item, log_odds=item.log_odds + generator.log_odds(asked))


def copy_items(
    question: str, item: Evidence, generator: Generator, cancelled: Callable[[], bool] = lambda: False
) -> Evidence:
    """The evidence with the words in it that answer; words that are not in it were invented, and are gone.

    A long item need not be word for word, since models mend grammar while they copy: most of its words are enough, for
    it is the sentence that is quoted. What only repeats the question is no answer.
    """
    asked = prompt.extract(question, item.quote, about(item))
    reply = "".join(generator.stream(asked, max_tokens=ITEM_TOKENS, stop=("\n",), cancelled=cancelled))
    held = [part for words in split_items(reply) for part in _held_parts(words, item.quote)]
    return replace(item, items=tuple(words for words in held if not stems(words) <= stems(question)))


def read_passages(
    question: str,
    hits: Sequence[Hit],
    generator: Generator,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Evidence]:
    """Where no sentence answers surely by itself: whole passages, for some sentences need those around them.

    The model copies the words that answer out of a passage that can answer; the sentence that holds them, nearest to
    the question, is weighed alone. Passage and sentence together count, less PASSAGE_DOUBT: passages on the matter are
    often taken for answers.
    """
    asked = stems(question)
    for hit in hits[:PASSAGES]:
        told = heading(hit.article, hit.passage.start)
        passage = -math.inf if cancelled() else generator.log_odds(prompt.gate(question, hit.text, told))
        if passage < PASSAGE_LOG_ODDS:
            continue
        wanted = prompt.extract(question, hit.text, told)
        reply = "".join(generator.stream(wanted, max_tokens=ITEM_TOKENS, stop=("\n",), cancelled=cancelled))
        text = hit.article.text
        found = sentences_of(hit)
        spans = [span for span in found if not is_credit(text[slice(*span)])]
        held: dict[tuple[int, int], list[str]] = {}
        for words in split_items(reply):
            holding = [span for span in spans if _share(words, text[slice(*span)]) == 1]
            if holding and not stems(words) <= asked:
                nearest = max(holding, key=lambda span: len(asked & stems(text[slice(*span)])))
                held.setdefault(nearest, []).append(words)
        for span, items in held.items():
            if cancelled():
                return
            item = Evidence(hit, *span, tuple(items))
            alone = generator.log_odds(prompt.gate(question, item.quote, told))
            if alone >= 0:
                yield replace(item, log_odds=passage + alone - PASSAGE_DOUBT)


def go_on_with_lists(chosen: Sequence[Evidence], hits: Sequence[Hit]) -> Iterator[Evidence]:
    """The sentences that go on with the list of one that answers, as likely as that one.

    They follow it in its story, each right after the one before, in a hit, begin as GOES_ON has it and name somebody:
    alone they answer nothing, and share no word with the question.
    """
    for item in chosen:
        article, end = item.hit.article, item.end
        spans = [(span, hit) for hit in hits if hit.article.id == article.id for span in sentences_of(hit)]
        for (start, stop), hit in sorted(spans, key=lambda row: row[0]):
            if start < end:
                continue
            words = article.text[start:stop]
            apart = article.words(end, start).strip() or article.section_at(start) != item.hit.section
            if apart or not GOES_ON.match(words) or not re.search(r"\s[A-Z]", words):
                break
            yield Evidence(hit, start, stop, (), item.log_odds)
            end = stop


def merge(weighed: Sequence[Evidence], more: Iterable[Evidence]) -> list[Evidence]:
    """Evidence of two readings, each sentence once, with the higher of its log-odds."""
    held = {(item.hit.article.id, item.start): item for item in weighed}
    for item in more:
        place = item.hit.article.id, item.start
        if place not in held or held[place].log_odds < item.log_odds:
            held[place] = item
    return list(held.values())


def order_by_sentences(hits: Sequence[Hit], scanned: Sequence[Evidence], weighed: Sequence[Evidence]) -> list[Hit]:
    """The hits in the order of their likeliest sentence: first those looked at twice, then once, then the others."""
    scores: dict[tuple[str, int], tuple[int, float]] = {}
    for look, items in ((1, scanned), (2, weighed)):
        for item in items:
            place = item.hit.article.id, item.hit.passage.start
            scores[place] = max(scores.get(place, (0, 0.0)), (look, item.log_odds))
    read = [(scores.get((hit.article.id, hit.passage.start), (0, 0.0)), hit) for hit in hits]
    return [
        replace(hit, rank=rank, stages=hit.stages | {"rerank": round(log_odds, 4) if look else None})
        for rank, ((look, log_odds), hit) in enumerate(sorted(read, key=lambda row: row[0], reverse=True), 1)
    ]


def about(item: Evidence) -> str:
    """Headline, outlet and date of the story a sentence stands in; and the sentence before it, where it points back.

    Alone, "It brought down the bridge" answers nothing.
    """
    told, before = heading(item.hit.article, item.start), pointed_to(item)
    return f"{told}; before it: “{before}”" if before else told


def pointed_to(item: Evidence) -> str:
    """The sentence before one that points back ("It brought down the bridge"); empty for others."""
    if not POINTS_BACK.match(item.quote):
        return ""
    article, section = item.hit.article, item.hit.section
    begin = max(item.start - CONTEXT_CHARACTERS, section.start, article.body_start)
    before = sentences_in(article, begin, item.start)
    return article.text[slice(*before[-1])] if before else ""


def _held_parts(item: str, sentence: str) -> list[str]:
    """An item that stands in a sentence word for word; else its parts, where commas or "and" join several.

    Else, if most of it is there, the item.
    """
    if _share(item, sentence) == 1:
        return [item]
    parts = [part for part in re.split(r", (?:and )?| and ", item) if _share(part, sentence) == 1]
    return parts or ([item] if _share(item, sentence) >= LONG_ITEM_SHARE else [])


def _share(item: str, sentence: str) -> float:
    """How much of an item a sentence holds: 1 for all of it in order, words alone count in a long item only."""
    words, folded = fold_numbers(item).split(), fold_numbers(sentence)
    if words and f" {' '.join(words)} " in f" {folded} ":
        return 1.0
    held = set(folded.split())
    return min(0.99, sum(word in held for word in words) / len(words)) if len(words) >= LONG_ITEM_WORDS else 0.0
