"""MultiHop-RAG (Tang & Yang 2024): a corpus of news and questions whose facts stand in several of its articles."""

from collections.abc import Iterator, Sequence
from typing import Any

from evaluation.gold.imports.item import LeftOut, SetItem, article_id, distinct
from evaluation.gold.imports.source import Row, SourceFile
from evaluation.gold.questions import GoldError, GoldQuote, Question
from evaluation.gold.quotes import find_quote
from ground.words import fold
from index.article import Article

NO_ANSWER = "insufficient information"


def is_format(source: SourceFile) -> bool:
    """Whether the rows are its questions or its articles."""
    return _has_questions(source) or _has_articles(source)


def _has_questions(source: SourceFile) -> bool:
    return {"query", "evidence_list"} <= source.names


def _has_articles(source: SourceFile) -> bool:
    return {"title", "body"} <= source.names


def read(sources: Sequence[SourceFile]) -> Iterator[SetItem]:
    """All articles, then the questions. A fact that is not in its article's words is left out, its question kept.

    Raises GoldError when questions or corpus are missing.
    """
    for needed, what in ((_has_questions, "questions (MultiHopRAG.json)"), (_has_articles, "corpus (corpus.json)")):
        if not any(map(needed, sources)):
            names = ", ".join(str(source.path) for source in sources)
            raise GoldError(
                f"{names}: the {what} of MultiHop-RAG are not among these; name both files, or their folder"
            )
    by_url: dict[str, Article] = {}
    by_title: dict[str, Article] = {}
    for row in (row for source in sources if _has_articles(source) for row in source.rows):
        article = _article(row.fields)
        if article is None:
            yield LeftOut("an article without text", row.where)
            continue
        by_title.setdefault(fold(article.title), article)
        if article.url:
            by_url.setdefault(article.url, article)
        yield article
    rows = [row for source in sources if _has_questions(source) for row in source.rows]
    for number, row in enumerate(rows, 1):
        try:
            yield from _question(f"multihop-{number:04}", row, by_url, by_title)
        except (AttributeError, KeyError, TypeError):
            yield LeftOut("a question that is not of its shape", row.where)


def _article(fields: dict[str, Any]) -> Article | None:
    text = fields.get("body")
    if not isinstance(text, str) or not text.strip():
        return None
    title, source, published, url, byline = (
        str(fields.get(name) or "").strip() for name in ("title", "source", "published_at", "url", "author")
    )
    id = article_id(title, text)
    return Article(id, text, title or id, source or None, published or None, url or None, byline or None)


def _question(id: str, row: Row, by_url: dict[str, Article], by_title: dict[str, Article]) -> Iterator[SetItem]:
    fields = row.fields
    kind = str(fields.get("question_type") or "question")
    answer = str(fields["answer"])
    if kind == "null_query" or fold(answer) == NO_ANSWER:
        yield Question(id, str(fields["query"]), (), (), False, kind)
        return
    quotes: dict[GoldQuote, None] = {}
    for fact in fields.get("evidence_list") or ():
        article = by_url.get(str(fact.get("url") or "")) or by_title.get(fold(str(fact.get("title") or "")))
        span = find_quote(article.text, str(fact["fact"])) if article else None
        if article is None:
            yield LeftOut("evidence: its article is not in the corpus", f"{row.where} ({id})")
        elif span is None:
            yield LeftOut("evidence: the fact is not in its article's words", f"{row.where} ({id})")
        else:
            quotes[GoldQuote(article.id, article.text[slice(*span)])] = None
    yield Question(id, str(fields["query"]), (distinct([answer]),), tuple(quotes), True, kind)
