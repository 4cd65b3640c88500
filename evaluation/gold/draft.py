"""Lets the language model propose gold questions from passages, as drafts: nobody has accepted them yet.

The language model is asked for a question, the reader for the words of the passage that answer it. A draft is kept
where the reader is sure that they do, and nobody asks it already.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.gold.check import near_pairs
from evaluation.gold.file import fresh_id
from evaluation.gold.questions import GoldQuote, Question
from evaluation.gold.quotes import best_sentence, find_quote
from ground.words import holds
from index.article import Article
from index.passage import Passage, heading
from index.store.archive import Archive
from models import Generator, Reader
from qa import prompt

GRAMMAR = 'root ::= [^\\n?]+ "?"'
QUESTION_TOKENS = 60
LEAST_WORDS = 15
ANSWERS = 0.0  # log-odds of the reader from which a passage answers its draft
LONGEST_ANSWER_WORDS = 8
SELF_TALK = re.compile(r"(?i)\b(?:this|the|given|above) (?:passage|article|text)\b")


@dataclass(frozen=True)
class Tried:
    """One passage tried: the draft it gave, or why it gave none."""

    draft: Question | None
    reason: str = ""


def drafts_file(gold: Path) -> Path:
    """Where the drafts for a gold file lie.

    >>> drafts_file(Path("data/gold.jsonl")).name
    'gold.drafts.jsonl'
    """
    return gold.with_name(f"{gold.stem}.drafts.jsonl")


def choose_passages(archive: Archive, seed: int) -> Iterator[tuple[Article, Passage]]:
    """Every passage of LEAST_WORDS or more once, at random by `seed`: one of each article before a second of any."""
    by_article = {id: [Passage(*span) for span in archive.spans(id)] for id in archive.owners()}
    dice = random.Random(seed)
    ids = sorted(by_article)
    dice.shuffle(ids)
    for id in ids:
        dice.shuffle(by_article[id])
    for round in range(max(map(len, by_article.values()), default=0)):
        for id in ids:
            article = archive.article(id) if round < len(by_article[id]) else None
            if article is not None:
                passage = by_article[id][round]
                if len(article.text[passage.start : passage.end].split()) >= LEAST_WORDS:
                    yield article, passage


def draft_questions(
    archive: Archive,
    generator: Generator,
    reader: Reader,
    known: Sequence[Question],
    *,
    seed: int = 0,
) -> Iterator[Tried]:
    """What each passage gave, one after another; passages that evidence of `known` stands in are passed over.

    Ids go on from those of `known`.
    """
    ids = [question.id for question in known]
    texts = [question.question for question in known]
    quoted: dict[str, list[str]] = {}
    for question in known:
        for evidence in question.evidence:
            quoted.setdefault(evidence.article_id, []).append(evidence.quote)
    for article, passage in choose_passages(archive, seed):
        words = article.text[passage.start : passage.end]
        if any(quote in words for quote in quoted.get(article.id, ())):
            continue
        made = _draft(article, passage, generator, reader, seed, fresh_id(ids, "draft"))
        if isinstance(made, str):
            yield Tried(None, made)
        elif len(texts) in {pair[1] for pair in near_pairs([*texts, made.question])}:
            yield Tried(None, "asked already")
        else:
            ids.append(made.id)
            texts.append(made.question)
            yield Tried(made)


def _draft(
    article: Article, passage: Passage, generator: Generator, reader: Reader, seed: int, id: str
) -> Question | str:
    """The draft that the model makes of a passage, or why it makes none."""
    words, about = article.text[passage.start : passage.end], heading(article, passage.start)
    asked = prompt.draft(words, about)
    reply = "".join(generator.stream(asked, max_tokens=QUESTION_TOKENS, seed=seed, stop=("\n",), grammar=GRAMMAR))
    question = reply.removeprefix("Question:").strip(' "“”')
    if not question.endswith("?") or SELF_TALK.search(question):
        return "it speaks of the passage, or is no question"
    [reading] = reader.read(question, [(f"{about} |", words)])
    if reading.answers < ANSWERS or not reading.spans or reading.spans[0][0] < ANSWERS:
        return "the reader doubts that the passage answers it"
    items = [words[start:end] for _, start, end in reading.spans[:1]]
    return read_draft(question, items, article, passage, id)


def read_draft(question: str, items: Sequence[str], article: Article, passage: Passage, id: str) -> Question | str:
    """The draft with each item an answer and the sentence that holds it as evidence; or why it is none."""
    if not items or any(len(item.split()) > LONGEST_ANSWER_WORDS for item in items):
        return "its answer is too long, or nothing"
    if any(holds(question, item) for item in items):
        return "it gives its answer away"
    evidence = []
    for group, item in enumerate(items):
        span = best_sentence(article.text, [item], question, start=passage.start, end=passage.end)
        if span is None or find_quote(article.text[slice(*span)], item) is None:
            return "its answer is not in the passage"
        evidence.append(GoldQuote(article.id, article.text[slice(*span)], group))
    groups = tuple((item,) for item in items)
    return Question(id, question, groups, tuple(evidence), True, "drafted", draft=True)
