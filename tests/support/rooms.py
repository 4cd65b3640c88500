"""Newsrooms over fakes, evidence by hand, and the laws of every answer."""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from index.article import Article
from index.news_index import NewsIndex
from index.passage import Passage
from models import Message, Reader
from qa.answer import Answer
from qa.evidence import Evidence
from qa.newsroom import Newsroom
from qa.retrieve import Hit
from qa.settings import NO_LLM, Settings
from tests.support.fakes import FakeReader, ScriptedGenerator

ROOT = Path(__file__).parents[2]
HISTORY = [Message("user", "What was hit?"), Message("assistant", "The airport of Baghdad was hit [1].")]


def make_room(
    news: NewsIndex, generator: ScriptedGenerator | None = None, reader: Reader | None = None, **options: Any
) -> Newsroom:
    """An archive with fakes; with `llm="none"` nothing writes."""
    settings = Settings(archive=news.archive.folder, **options)
    writes = None if settings.llm == NO_LLM else generator or ScriptedGenerator()
    return Newsroom(news, settings, lambda: reader or FakeReader(), lambda: writes)


def make_hit(
    text: str,
    *,
    article_id: str = "a",
    title: str = "",
    source: str | None = None,
    published: str | None = None,
    copies: tuple[Hit, ...] = (),
) -> Hit:
    """An article that is one passage."""
    return Hit(1, 1.0, Passage(0, len(text)), Article(article_id, text, title, source, published), {}, copies)


def make_evidence(
    text: str,
    quote: str = "",
    words: Sequence[str] = (),
    *,
    article_id: str = "a",
    title: str = "",
    source: str | None = None,
    published: str | None = None,
    score: float = 3.0,
) -> Evidence:
    """`quote` in an article of this text, or all of it; `words` are those of the quote that answer, best first."""
    start = text.index(quote)
    hit = make_hit(text, article_id=article_id, title=title, source=source, published=published)
    spans = [(text.index(part, start), text.index(part, start) + len(part)) for part in words]
    return Evidence(hit, start, start + len(quote or text), tuple(spans), score)


def timeless(answer: Answer) -> dict[str, Any]:
    """An answer without how long it took and what was read anew for it, which depends on the prompt before."""
    return answer.to_dict() | {"seconds": None, "tokens": None}


def check_answer(answer: Answer, news: NewsIndex) -> None:
    """The laws of every answer: its markers are its citations, its quotes are its articles' words."""
    numbers = [int(n) for n in re.findall(r"\[(\d+)\]", answer.answer)]
    assert (
        list(dict.fromkeys(numbers))
        == [c.number for c in answer.citations]
        == list(range(1, len(answer.citations) + 1))
    )
    for citation in answer.citations:
        article = news.archive.article(citation.article_id)
        assert article and article.text[citation.start : citation.end] == citation.quote != ""
        section = article.section_at(citation.start)
        assert (citation.title, citation.source, citation.published) == (
            section.title,
            section.source,
            section.published,
        )
    assert answer.declined == (not answer.sentences)
    if answer.declined:
        assert len(answer.citations) <= 1
        assert re.match(r"The articles (do not say\.|say otherwise: )|No answer is sure enough: ", answer.answer)
        assert (answer.short, answer.conflicts) == ("", ())
    else:
        assert answer.answer == " ".join(sentence.text for sentence in answer.sentences)
        assert {n for sentence in answer.sentences for n in sentence.citations} == set(numbers) != set()
        told = [sentence.text for sentence in answer.sentences]
        assert len(set(told)) == len(told), "nothing is told twice"
        for sentence in answer.sentences:
            sides = re.match("Sources differ: |Updated: |Corrected: ", sentence.text)
            assert sides or len(sentence.citations) == 1, "each sentence rests on one quote"
    assert answer.score is not None and 0 <= answer.score <= 1
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))
    check_record(answer)


def check_record(answer: Answer) -> None:
    """What `to_dict` gives is JSON as it stands, every field of docs/answer.md in it."""
    record = answer.to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert set(record) == {name for names, _ in fields() for name in names}
    for names, inner in fields():
        for name in names:
            parts = record[name] if isinstance(record[name], list) else [record[name]]
            assert inner is None or all(set(part) == inner for part in parts)


@cache
def fields() -> list[tuple[list[str], set[str] | None]]:
    """The rows of the table in docs/answer.md: names of fields, and the names in each of them where it has any."""
    page = (ROOT / "docs" / "answer.md").read_text("utf-8").split("## Gold")[0]
    rows = []
    for names, what in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*) \|$", page, re.MULTILINE):
        shape = re.match(r"`\{([\w, ]+)\}`", what)
        rows.append((re.findall(r"\w+", names), set(shape[1].split(", ")) if shape else None))
    return rows
