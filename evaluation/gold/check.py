"""What is wrong with a gold set, before it is measured with: errors make its figures false, hints make them thin."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from evaluation.gold.questions import GoldQuote, Question
from evaluation.gold.quotes import find_articles, find_quote
from evaluation.measures import groups_held
from ground.words import fold
from index.store.archive import Archive
from qa.ask import QuestionError, check_question

THIN = 10
NEAR = 0.8
SOUGHT_AT_MOST = 200
Level = Literal["error", "hint"]


@dataclass(frozen=True)
class Finding:
    """One thing to look at: of which question, if of one, and what is the matter in a sentence."""

    level: Level
    question: str | None
    sentence: str


def check_gold(questions: Sequence[Question], archive: Archive) -> list[Finding]:
    """Everything found, in the order of the questions; what is true of the whole set comes last."""
    found = [*_quotes(questions, archive), *_duplicates(questions)]
    for question in questions:
        found += _asked(question)
        found += _groups(question)
    places = {question.id: place for place, question in enumerate(questions)}
    found.sort(key=lambda finding: places[finding.question or ""])  # stable: quotes, duplicates, the rest
    return found + list(_whole(questions))


def _quotes(questions: Sequence[Question], archive: Archive) -> Iterator[Finding]:
    """A finding for each quote that is not in its article, with the article that does hold it."""
    missing: list[tuple[Question, GoldQuote]] = []
    count = 0
    for question in questions:
        for evidence in question.evidence:
            count += 1
            article = archive.article(evidence.article_id)
            if article is None or evidence.quote not in article.text:
                missing.append((question, evidence))
            elif evidence.quote not in article.text[article.body_start :]:
                yield _error(question, f"{_short(evidence)} is only in the front matter, which is not searched")
    wanted = list(dict.fromkeys(evidence.quote for _, evidence in missing))[:SOUGHT_AT_MOST]
    elsewhere = find_articles(archive, wanted)
    for question, evidence in missing:
        article = archive.article(evidence.article_id)
        span = find_quote(article.text, evidence.quote) if article else None
        where = f"is not in {evidence.article_id}" if article else f"is of {evidence.article_id}, not in this archive"
        if article and span:
            said = article.text[slice(*span)]
            yield _error(question, f"{_short(evidence)} {where} to the letter; there it is “{said[:80]}”")
        elif evidence.quote in elsewhere:
            yield _error(question, f"{_short(evidence)} {where}; it is in {elsewhere[evidence.quote][0].id}")
        elif evidence.quote in wanted:
            yield _error(question, f"{_short(evidence)} {where}, and nowhere else")
        else:
            yield _error(question, f"{_short(evidence)} {where}")


def is_of_other_articles(questions: Sequence[Question], archive: Archive) -> bool:
    """Whether the archive has none of the articles that the evidence names."""
    named = {evidence.article_id for question in questions for evidence in question.evidence}
    return bool(named) and not named & archive.owners().keys()


def _short(evidence: GoldQuote) -> str:
    return f"“{evidence.quote[:60]}{'…' if len(evidence.quote) > 60 else ''}”"


def _error(question: Question, sentence: str) -> Finding:
    return Finding("error", question.id, sentence)


def _asked(question: Question) -> Iterator[Finding]:
    try:
        check_question(question.question)
    except QuestionError as error:
        yield _error(question, str(error))
    if question.draft:
        yield _error(question, "is a draft, and groundwire eval refuses drafts; review it first")
    if not question.answerable and (question.groups or question.evidence):
        yield Finding("hint", question.id, "is unanswerable, yet has answers or evidence; they are not looked at")


def _groups(question: Question) -> Iterator[Finding]:
    """Whether groups and evidence fit: every group has a form that can be held, and proof where there is any."""
    if not question.answerable:
        return
    quotes: dict[int, list[str]] = defaultdict(list)
    for evidence in question.evidence:
        quotes[evidence.group].append(evidence.quote)
    last = max(1, len(question.groups)) - 1
    for group in sorted(quotes):
        if not 0 <= group <= last:
            yield _error(question, f"has evidence for group {group}; its groups are 0 to {last}")
    for group, forms in enumerate(question.groups):
        if not any(fold(form) for form in forms):
            yield _error(question, f"group {group} has no form with a letter or digit; no answer can hold it")
        elif quotes and group not in quotes:
            yield _error(question, f"group {group} ({forms[0]}) has no evidence, though others have")
        elif quotes and not any(groups_held(quote, [forms])[0] for quote in quotes[group]):
            yield Finding(
                "hint", question.id, f"no quote of group {group} holds a form of it ({', '.join(forms)[:60]})"
            )


def _duplicates(questions: Sequence[Question]) -> Iterator[Finding]:
    """Questions in the same words are an error; in nearly the same, with an answer in common, a hint."""
    first: dict[object, Question] = {}
    single = []
    for question in questions:
        earlier = first.setdefault((fold(question.question), question.history), question)
        if earlier is question:
            single.append(question)
        else:
            with_ = "the same" if _answers(earlier) == _answers(question) else "other"
            yield _error(question, f"asks what {earlier.id} asks, in the same words, with {with_} answers")
    for one, other in near_pairs([question.question for question in single]):
        a, b = single[one], single[other]
        if a.history == b.history and (_answers(a) & _answers(b) or a.answerable == b.answerable is False):
            yield Finding("hint", b.id, f"asks nearly what {a.id} asks (“{a.question[:80]}”)")


def _answers(question: Question) -> set[str]:
    return {fold(form) for group in question.groups for form in group}


def near_pairs(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of texts whose sets of words are the same by NEAR at least (Jaccard), by place, the earlier first.

    Only texts that share a rare word are compared (prefix filtering, Chaudhuri et al. 2006), so a large set is quick.

    >>> near_pairs(["How many people died there?", "Who?", "How many people died there then?"])
    [(0, 2)]
    """
    sets = [frozenset(fold(text).split()) for text in texts]
    common = Counter(word for words in sets for word in words)
    holders: dict[str, list[int]] = defaultdict(list)
    pairs = []
    for place, words in enumerate(sets):
        rare = sorted(words, key=lambda word: (common[word], word))
        prefix = rare[: len(rare) - -(-int(NEAR * 100) * len(rare) // 100) + 1]
        for earlier in sorted({other for word in prefix for other in holders[word]}):
            if len(words & sets[earlier]) >= NEAR * len(words | sets[earlier]):
                pairs.append((earlier, place))
        for word in prefix:
            holders[word].append(place)
    return pairs


def _whole(questions: Sequence[Question]) -> Iterator[Finding]:
    """What the set as a whole cannot tell."""
    kinds = Counter(question.kind for question in questions)
    thin = [f"{kind} {count}" for kind, count in sorted(kinds.items()) if count < THIN]
    if thin:
        yield Finding("hint", None, f"kinds of fewer than {THIN} questions say little each: {', '.join(thin)}")
    if not any(not question.answerable for question in questions):
        yield Finding("hint", None, "no question is unanswerable, so an answer that is made up is never noticed")
    bare = sum(question.answerable and not question.evidence for question in questions)
    if bare:
        yield Finding("hint", None, f"{bare} answerable questions have no evidence; the search is not measured by them")


def counts(questions: Sequence[Question]) -> dict[str, int]:
    """How many there are of what."""
    return {
        "questions": len(questions),
        "answerable": sum(question.answerable for question in questions),
        "unanswerable": sum(not question.answerable for question in questions),
        "retrieval only": sum(question.retrieval_only for question in questions),
        "with a conflict": sum(question.must_flag_conflict for question in questions),
        "follow-ups": sum(bool(question.history) for question in questions),
        "drafts": sum(question.draft for question in questions),
        "quotes": sum(len(question.evidence) for question in questions),
    }
