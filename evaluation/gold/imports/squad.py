"""SQuAD 1.1 and 2.0 (Rajpurkar et al. 2016, 2018): paragraphs as articles, sentences around answers as evidence."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from evaluation.gold.imports.item import LeftOut, SetItem, article_id, distinct
from evaluation.gold.imports.source import SourceFile
from evaluation.gold.questions import GoldQuote, Question
from evaluation.gold.quotes import find_quote, sentences_around
from index.article import Article


def is_format(source: SourceFile) -> bool:
    """Whether a document has pages of paragraphs."""
    pages = source.document.get("data") if source.document else None
    return isinstance(pages, list) and any(isinstance(page, dict) and "paragraphs" in page for page in pages)


def read(sources: Sequence[SourceFile]) -> Iterator[SetItem]:
    """Articles and questions, paragraph by paragraph. A question is unanswerable where `is_impossible` says so."""
    for source in sources:
        for number, page in enumerate((source.document or {})["data"], 1):
            where = f"{source.path}: page {number}"
            try:
                title = unquote(str(page.get("title") or "")).replace("_", " ").strip()
                paragraphs = list(page["paragraphs"])
            except (AttributeError, KeyError, TypeError):
                yield LeftOut("a page without paragraphs", where)
                continue
            for place, paragraph in enumerate(paragraphs, 1):
                yield from _paragraph(title, paragraph, f"{where}, paragraph {place}")


def _paragraph(title: str, paragraph: Any, where: str) -> Iterator[SetItem]:
    try:
        text, asked = paragraph["context"], list(paragraph["qas"])
        article = Article(article_id(title, text), text, title or article_id(title, text))
    except (AttributeError, KeyError, TypeError):
        yield LeftOut("a paragraph without context and qas", where)
        return
    yield article
    for row in asked:
        try:
            yield from _question(article, row)
        except (AttributeError, KeyError, TypeError):
            yield LeftOut("a question that is not of its shape", where)


def _question(article: Article, row: dict[str, Any]) -> Iterator[SetItem]:
    id, question = str(row["id"]), str(row["question"])
    if row.get("is_impossible"):
        yield Question(id, question, (), (), False, "unanswerable")
        return
    answers = [(str(answer["text"]), int(answer.get("answer_start", 0))) for answer in row["answers"]]
    forms = distinct(text for text, _ in answers)
    if not forms:
        yield LeftOut("a question without an answer that is not marked is_impossible", id)
        return
    quotes: dict[str, None] = {}
    for words, near in answers:
        span = find_quote(article.text, words, near=near)
        if span is not None:
            quotes[article.text[slice(*sentences_around(article.text, *span))]] = None
    if not quotes:
        yield LeftOut("evidence: the answer is not in its paragraph", id)
    yield Question(id, question, (forms,), tuple(GoldQuote(article.id, quote) for quote in quotes), True, "span")
