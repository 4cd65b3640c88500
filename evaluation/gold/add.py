"""From a person's choices to a new gold question; raises GoldError for choices that make none.

What a person types, and what each of the quotes they picked proves.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from evaluation.gold.imports.item import distinct
from evaluation.gold.questions import GoldError, GoldQuote, Question
from evaluation.measures import groups_held
from ground.words import fold
from index.passage import Span
from index.store.archive import Archive
from qa.ask import check_question

Groups = tuple[tuple[str, ...], ...]


def read_groups(text: str) -> Groups:
    """The accepted forms as typed: forms of one answer parted by |, answers that are all needed by ;.

    >>> read_groups("ten | 10; Baghdad")
    (('ten', '10'), ('Baghdad',))
    """
    groups = tuple(distinct(part.split("|")) for part in text.split(";"))
    if not all(groups):
        raise GoldError(f'"{text[:60]}": an answer without a letter or digit; write forms as ten | 10; Baghdad')
    return groups


def read_numbers(text: str, count: int) -> list[tuple[int, int]]:
    """Numbers from 1 to `count` as typed, each with the last of its run.

    >>> read_numbers("3, 1-2", 5)
    [(3, 3), (1, 2)]
    """
    runs = []
    for word in re.split(r"[\s,]+", text.strip()):
        found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", word)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last <= count:
            raise GoldError(f'"{word[:20]}" is not a number from 1 to {count}; type numbers such as 1 3')
        runs.append((first, last))
    return runs


def read_place(text: str, archive: Archive) -> GoldQuote:
    """The quote that ARTICLE:START:END names."""
    id, _, start_end = text.rpartition(":")
    id, _, first = id.rpartition(":")
    if not (id and first.isdecimal() and start_end.isdecimal()):
        raise GoldError(f"{text}: is not ARTICLE:START:END; groundwire search prints articles and characters")
    return quote_at(archive, id, (int(first), int(start_end)))


def quote_at(archive: Archive, article_id: str, span: Span) -> GoldQuote:
    """The article's characters as evidence, without the white space around them."""
    article = archive.article(article_id)
    if article is None:
        raise GoldError(f"{archive.place}: no article has the id {article_id}; groundwire search shows ids")
    start, end = span
    quote = article.text[start:end].strip()
    if end > len(article.text) or not quote:
        raise GoldError(
            f"{article_id}:{start}:{end}: no words stand there; the article has {len(article.text)} characters"
        )
    return GoldQuote(article_id, quote)


def place_quotes(groups: Groups, quotes: Sequence[GoldQuote]) -> tuple[GoldQuote, ...]:
    """Each quote as evidence of every group that it holds a form of. A single group is proved by any quote."""
    placed: dict[GoldQuote, None] = {}
    for quote in quotes:
        held = [n for n, held in enumerate(groups_held(quote.quote, groups)) if held] or (
            [0] if len(groups) == 1 else []
        )
        if not held:
            raise GoldError(
                f"“{quote.quote[:60]}” holds none of the answers; add the form that stands in it, or leave it out"
            )
        placed |= dict.fromkeys(replace(quote, group=group) for group in held)
    for group, forms in enumerate(groups):
        if quotes and not any(evidence.group == group for evidence in placed):
            raise GoldError(
                f"no quote holds the answer {' | '.join(forms)}; pick one that does, or leave the answer out"
            )
    return tuple(placed)


def check_new(question: str, known: Sequence[Question]) -> str:
    """The question without white space around it; GoldError where it is asked already, QuestionError if unfit."""
    words = check_question(question)
    for held in known:
        if not held.history and fold(held.question) == fold(words):
            raise GoldError(f'"{words[:80]}" is asked already by {held.id}; nothing was added')
    return words


def make_question(id: str, question: str, groups: Groups, quotes: Sequence[GoldQuote], *, kind: str = "") -> Question:
    """The gold question; without groups it is unanswerable."""
    if not groups:
        return Question(id, question, (), (), False, kind or "unanswerable")
    return Question(id, question, groups, place_quotes(groups, quotes), True, kind or "question")
