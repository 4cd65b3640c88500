"""A table of questions in CSV, TSV or JSON Lines, as people keep them: question, answer, and what else there is.

docs/gold.md says what each column means.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from evaluation.gold.imports.item import LeftOut, SetItem, article_id, distinct, headline_id
from evaluation.gold.imports.source import Row, SourceFile
from evaluation.gold.questions import GoldError, GoldQuote, Question
from evaluation.gold.quotes import best_sentence, find_quote
from index.article import Article

YES = frozenset("yes y true 1 x".split())
NO = frozenset("no n false 0".split())


def is_format(source: SourceFile) -> bool:
    """Whether the rows have questions."""
    return "question" in {name.casefold() for name in source.names}


def read(sources: Sequence[SourceFile]) -> Iterator[SetItem]:
    """Questions, each after the article that its context makes. Raises GoldError where there can be no answers."""
    for source in sources:
        if _is_gold(source):
            raise GoldError(
                f"{source.path}: is a gold set already; use it as it is: groundwire gold check {source.path}"
            )
        names = {name.casefold() for row in source.rows for name in row.fields}
        if not names & {"answer", "answers", "answerable", "unanswerable", "evidence"}:
            raise GoldError(f'{source.path}: has no column "answer"; its columns are {", ".join(sorted(names))}')
        for number, row in enumerate(source.rows, 1):
            yield from _row(
                Row(row.where, {name.casefold(): value for name, value in row.fields.items()}),
                f"{headline_id(source.path.stem)}-{number:03}",
            )


def _is_gold(source: SourceFile) -> bool:
    """Whether the rows are as `groundwire eval` reads them."""
    quotes = source.rows[0].fields.get("evidence") if source.rows else None
    return "answer_groups" in source.names or (isinstance(quotes, list) and any(isinstance(q, dict) for q in quotes))


def _row(row: Row, own_id: str) -> Iterator[SetItem]:
    fields = row.fields
    question = _text(fields.get("question"))
    if not question:
        yield LeftOut("a row without a question", row.where)
        return
    answerable = _says(fields.get("answerable"), fields.get("unanswerable"))
    if answerable is None:
        yield LeftOut("a row whose answerable or unanswerable is neither yes nor no", row.where)
        return
    forms = distinct(_several(fields["answer"] if _text(fields.get("answer")) else fields.get("answers")))
    given = [quote for quote in _several(fields.get("evidence")) if quote]
    if answerable and not forms and not given:
        yield LeftOut("a question without an answer, which the row does not call unanswerable", row.where)
        return
    if not answerable and forms:
        yield LeftOut("the answer of a question that the row calls unanswerable", row.where)
    article = _article(fields)
    if article:
        yield article
    quotes: list[GoldQuote] = []
    if answerable:
        for item in _evidence(
            article, _text(fields.get("article_id") or fields.get("article")), question, forms, given
        ):
            if isinstance(item, GoldQuote):
                quotes.append(item)
            else:
                yield LeftOut(item, row.where)
    if answerable and not forms and not quotes:
        yield LeftOut("a question of which neither answer nor evidence is left", row.where)
        return
    kind = _text(fields.get("kind")) or ("question" if answerable else "unanswerable")
    groups = (forms,) if answerable and forms else ()
    yield Question(_text(fields.get("id")) or own_id, question, groups, tuple(quotes), answerable, kind)


def _article(fields: dict[str, Any]) -> Article | None:
    text = fields.get("context")
    if not isinstance(text, str) or not text.strip():
        return None
    title, source, published, url, byline = (
        _text(fields.get(name)) for name in ("title", "source", "published", "url", "byline")
    )
    id = _text(fields.get("article_id") or fields.get("article")) or article_id(title or text[:60], text)
    return Article(id, text, title or id, source or None, published or None, url or None, byline or None)


def _evidence(
    article: Article | None, named: str, question: str, forms: Sequence[str], given: Sequence[str]
) -> Iterator[GoldQuote | str]:
    """The quotes of a row, and a reason for each that is not one; without a context they are sought later."""
    if article is None:
        yield from (GoldQuote(named, quote) for quote in given)
        return
    for quote in given:
        span = find_quote(article.text, quote)
        yield GoldQuote(article.id, article.text[slice(*span)]) if span else "evidence: it is not in its context"
    if not given:
        span = best_sentence(article.text, forms, question)
        yield GoldQuote(article.id, article.text[slice(*span)]) if span else "evidence: no sentence holds the answer"


def _text(value: object) -> str:
    """A cell's words; the empty string for none."""
    return "" if value is None else str(value).strip()


def _several(value: object) -> list[str]:
    """The parts of a cell: parted by | in text, a list's own, or the texts of SQuAD's answers.

    >>> _several("ten | 10"), _several(["a|b"]), _several({"text": ["x"]}), _several(7)
    (['ten', '10'], ['a|b'], ['x'], ['7'])
    """
    if isinstance(value, dict):
        value = value.get("text")
    if isinstance(value, list):
        return [_text(part) for part in value]
    return [part.strip() for part in _text(value).split("|")]


def _says(answerable: object, unanswerable: object) -> bool | None:
    """Whether a row calls its question answerable: yes where it says nothing, None where it says neither.

    >>> _says("", "x"), _says("No", None), _says(None, None), _says("perhaps", "")
    (False, False, True, None)
    """
    told: set[bool | None] = set()
    for value, means in ((answerable, True), (unanswerable, False)):
        word = _text(value).casefold()
        if word:
            told.add(means if word in YES else not means if word in NO else None)
    return told.pop() if len(told) == 1 else None if told else True
