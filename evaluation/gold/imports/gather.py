"""The items of a source as one set: ids are given once; what could not be indexed, asked or found is left out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from evaluation.gold.file import row_text
from evaluation.gold.imports.item import LeftOut, SetItem, distinct
from evaluation.gold.questions import GoldQuote, Question
from evaluation.gold.quotes import find_articles
from ground.words import fold
from index.article import Article, ArticleError, check_date
from index.reading.formats.text import LARGEST_ARTICLE
from index.store.archive import Archive
from qa.ask import QuestionError, check_question


@dataclass(frozen=True)
class GoldSet:
    """What was made of somebody's gold set. Each quote that names one of `articles` is in its text."""

    format: str
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]
    left_out: tuple[LeftOut, ...]


def gather(format: str, items: Iterable[SetItem], limit: int | None = None) -> GoldSet:
    """All articles and the first `limit` questions. One that is asked again with the same answers joins the first."""
    articles: dict[str, Article] = {}
    refused: set[str] = set()
    questions: dict[str, Question] = {}
    asked: dict[object, str] = {}
    left_out: list[LeftOut] = []
    for item in items:
        if isinstance(item, Article):
            fit, problems = _fit_article(item, articles.get(item.id))
            left_out += problems
            if fit is None:
                refused.add(item.id)
            else:
                articles.setdefault(fit.id, fit)
        elif limit is not None and len(questions) >= limit:
            continue
        elif isinstance(item, LeftOut):
            left_out.append(item)
        elif problem := _unfit_question(item):
            left_out.append(LeftOut(problem, item.id))
        else:
            good = tuple(e for e in item.evidence if _stands(e, articles.get(e.article_id), refused))
            left_out += [LeftOut("evidence: its article was left out", item.id)] * (len(item.evidence) - len(good))
            if item.retrieval_only and not good:
                left_out.append(LeftOut("a question of which no evidence is left", item.id))
                continue
            words = fold(item.question), item.answerable, _folded(item), item.history
            if words in asked:
                earlier = questions[asked[words]]
                merged = tuple(dict.fromkeys((*earlier.evidence, *good)))
                questions[earlier.id] = replace(earlier, evidence=merged)
                left_out.append(LeftOut("a question asked before with the same answers; its evidence is kept", item.id))
            else:
                id = _own_id(item.id, questions)
                questions[id] = replace(item, id=id, evidence=good)
                asked[words] = id
    return GoldSet(format, tuple(articles.values()), tuple(questions.values()), tuple(left_out))


def _stands(evidence: GoldQuote, article: Article | None, refused: set[str]) -> bool:
    """Whether its quote is in the article of that id; one that is not in the set may be in the user's archive."""
    return evidence.quote in article.text if article else evidence.article_id not in refused


def _folded(question: Question) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(fold(form) for form in group) for group in question.groups)


def _own_id(id: str, taken: dict[str, Question]) -> str:
    """The id, numbered on when it is taken."""
    own, number = id, 2
    while own in taken:
        own, number = f"{id}-{number}", number + 1
    return own


def _fit_article(article: Article, held: Article | None) -> tuple[Article | None, list[LeftOut]]:
    """The article as it can be indexed, or None; and what was left out of it."""
    if not article.text.strip() or not article.id.strip():
        return None, [LeftOut("an article without text", article.id)]
    if len(article.text) > LARGEST_ARTICLE // 24 and len(row_text(article_row(article)).encode()) > LARGEST_ARTICLE:
        return None, [LeftOut(f"an article of more than {LARGEST_ARTICLE / 1e6:.0f} MB", article.id)]
    if not _encodes(*(part for part in (article.id, article.text, article.title, article.source) if part)):
        return None, [LeftOut("an article that holds half of a surrogate pair", repr(article.id))]
    if held is not None and held.text != article.text:
        return held, [LeftOut("an article whose id is that of another text", article.id)]
    if article.published:
        try:
            check_date(article.published, article.id)
        except ArticleError:
            return replace(article, published=None), [LeftOut("a date that is not ISO 8601", article.id)]
    return article, []


def _unfit_question(question: Question) -> str | None:
    """Why a question cannot be asked or judged, if it cannot."""
    if not question.id.strip() or not _encodes(question.id, *(form for group in question.groups for form in group)):
        return "a question whose id or answer holds half of a surrogate pair, or nothing"
    try:
        check_question(question.question)
    except QuestionError as error:
        return f"a question that cannot be asked: {str(error).partition(';')[0]}"
    if question.answerable and question.groups and not all(distinct(group) for group in question.groups):
        return "a question whose answer has no letter or digit"
    return None


def _encodes(*texts: str) -> bool:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True


def settle(made: GoldSet, archive: Archive | None) -> GoldSet:
    """Quotes that name no article get the one of the archive that they stand in; the others are left out."""
    loose = list(dict.fromkeys(e.quote for q in made.questions for e in q.evidence if not e.article_id))
    found = find_articles(archive, loose) if archive and loose else {}
    reason = "evidence: it names no article, and " + ("is in none of the archive" if archive else "there is no archive")
    left_out = list(made.left_out)
    questions = []
    for question in made.questions:
        settled = []
        for evidence in question.evidence:
            if evidence.article_id:
                settled.append(evidence)
            elif evidence.quote in found:
                article, (start, end) = found[evidence.quote]
                settled.append(GoldQuote(article.id, article.text[start:end], evidence.group))
            else:
                left_out.append(LeftOut(reason, question.id))
        if question.retrieval_only and not settled:
            left_out.append(LeftOut("a question of which no evidence is left", question.id))
        else:
            questions.append(replace(question, evidence=tuple(settled)))
    return replace(made, questions=tuple(questions), left_out=tuple(left_out))


def article_row(article: Article) -> dict[str, Any]:
    """As index.reading.formats.jsonl reads it."""
    names = ("id", "title", "source", "published", "url", "byline", "text")
    return {name: getattr(article, name) for name in names if getattr(article, name) is not None}
