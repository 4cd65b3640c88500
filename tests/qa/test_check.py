"""A draft against an archive of fakes: every sentence has its mark, and every quote is its article's words."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.language import Words
from index.news_index import NewsIndex
from index.store.scope import Scope
from qa.checking.check import Check, check
from qa.checking.draft import LONGEST_DRAFT, DraftError, read_draft, sentences_of_draft
from qa.checking.kept import KeptError, KeptQuote, count_states, kept_quotes, verify
from qa.checking.page import as_html
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder
from tests.support.hostile_articles import PAYLOADS
from tests.support.rooms import make_room
from web.export import answer_as_html, answer_as_markdown, answer_as_text

DRAFT = """# The strike

A drone strike killed General Soleimani at the airport of Baghdad. Twelve people died in the strike [1].

- José Pérez won the election in Peru.
- José Pérez lost the election in Chile.

Who knew? A pity. The mayor of Oslo has resigned.
"""


def checked(news: NewsIndex, text: str = DRAFT) -> Check:
    return check(make_room(news, llm="none"), text)


def test_each_sentence_has_its_mark(news: NewsIndex) -> None:
    found = checked(news)
    assert [(one.plain, one.mark) for one in found.sentences] == [
        ("The strike", "skipped"),
        ("A drone strike killed General Soleimani at the airport of Baghdad.", "borne out"),
        ("Twelve people died in the strike.", "contradicted"),
        ("José Pérez won the election in Peru.", "borne out"),
        ("José Pérez lost the election in Chile.", "not found"),
        ("Who knew?", "skipped"),
        ("A pity.", "skipped"),
        ("The mayor of Oslo has resigned.", "not found"),
    ]
    assert found.counts == {"borne out": 2, "contradicted": 1, "not found": 2, "skipped": 3}
    assert [one.why for one in found.sentences if one.mark == "skipped"] == [
        ("heading",),
        ("question",),
        ("nothing to check",),
    ]
    assert not found.clean and checked(news, "Ten people died in the strike. Why?").clean


HEAD = "{}\n\nSUND TIMES | {} May 2022\n\n{}\n"
FERRY = {
    "ferry.txt": HEAD.format(
        "Ferry Ald sinks",
        3,
        "Seventeen people died when the ferry Ald sank on Tuesday. The ferry Ald was built at Norr.",
    ),
    "column.txt": HEAD.format(
        "Corrections and clarifications",
        6,
        "A report on 3 May about the ferry Ald said that seventeen people died when the ferry sank. The number is"
        " eleven, not seventeen. We are sorry for the error.",
    ),
}


def test_what_a_correction_withdraws_bears_nothing_out(tmp_path: Path) -> None:
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "in", FERRY)], FakeEmbedder())
    said = "Seventeen people died when the ferry Ald sank. Eleven people died when the ferry Ald sank on Tuesday."
    withdrawn, right, other = checked(news, f"{said} The ferry Ald was built at Norr.").sentences
    assert (withdrawn.mark, withdrawn.why) == ("contradicted", ("denial",))
    assert withdrawn.reasons(Words())[0] == "the draft says Seventeen, the quote eleven"
    quotes = [cited.quote for cited in withdrawn.citations]
    assert quotes[0] == "The number is eleven, not seventeen." and quotes[1].startswith("Seventeen people died")
    assert right.mark != "contradicted", "what is withdrawn contradicts nothing"
    assert other.mark == "borne out", "the rest of the story stands"
    news.close()


TELLS = " ".join(f"Sentence {n} of the flood says that {n} people of town {n} are safe." for n in range(12, 24))
VERSIONS = {
    "wire.md": f"---\ntitle: Flood\nsource: AFP\npublished: 2020-02-01\n---\n{TELLS} {{}}\n".format(
        "The flood killed nine people in Alva. The dam of Alva held."
    ),
    "later.md": "---\ntitle: 'UPDATE 1-Flood'\nsource: AFP\npublished: 2020-02-02\n---\n"
    f"{TELLS} The flood killed eleven people in Alva.\n",
}


def test_the_version_in_force_speaks_first(tmp_path: Path) -> None:
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "in", VERSIONS)], FakeEmbedder())
    text = f"{TELLS.partition('.')[0]}. The flood killed nine people in Alva. The dam of Alva held."
    both, changed, before = checked(news, text).sentences
    assert (both.mark, both.why, {one.article_id for one in both.citations}) == ("borne out", (), {"later"})
    assert changed.mark == "contradicted" and changed.citations[0].article_id == "later"
    assert (before.mark, before.why, before.citations[0].article_id) == ("borne out", ("superseded",), "wire")
    assert not checked(news, "The dam of Alva held.").clean
    assert "Only an earlier version of a story bears it out" in as_html(checked(news, "The dam of Alva held."))
    news.close()


def test_the_same_fact_with_another_value_is_contradicted(news: NewsIndex) -> None:
    text = "Fourteen people were in the strike. Fourteen goats sang in the strike."
    near, far = checked(news, text).sentences
    assert near.mark == "contradicted" and near.reasons(Words()) == ["the draft says Fourteen, the quote Ten"]
    assert near.draft_marks == [(0, 8)] and near.quote_marks == [(0, 3)]
    assert far.mark == "not found", "the words besides the number are not the quote's"


def test_the_words_that_differ_are_marked_on_the_page(news: NewsIndex) -> None:
    page = as_html(checked(news, "Twelve people died in the strike."))
    assert "<strong>Twelve</strong> people died in the strike." in page
    assert "<mark><strong>Ten</strong> people died in the strike.</mark>" in page
    assert "Why: the draft says Twelve, the quote Ten." in page


def test_every_quote_is_its_articles_words(news: NewsIndex) -> None:
    for one in checked(news).sentences:
        assert DRAFT[one.start : one.end] == one.text
        assert bool(one.citations) or one.mark in ("skipped", "not found")
        for cited in one.citations:
            article = news.archive.article(cited.article_id)
            assert article and article.text[cited.start : cited.end] == cited.quote != ""


def test_he_is_who_was_named_before(news: NewsIndex) -> None:
    assert checked(news, "José Pérez spoke. He won the election.").sentences[1].mark == "borne out"
    assert checked(news, "General Soleimani spoke. He won the election.").sentences[1].mark == "not found"


def test_a_part_of_the_archive_alone(news: NewsIndex) -> None:
    room = make_room(news, llm="none")
    text = "José Pérez won the election in Peru."
    assert check(room, text, scope=Scope(outlets=("EFE",))).clean
    assert check(room, text, scope=Scope(outlets=("AFP",))).counts["not found"] == 1


def test_it_is_told_how_far_it_is_and_can_be_stopped(news: NewsIndex) -> None:
    told: list[tuple[int, int]] = []
    room = make_room(news, llm="none")
    check(room, "One fell. Two fell.", progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 2), (1, 2)]
    assert not check(room, DRAFT, cancelled=lambda: True).sentences


@given(st.text(max_size=300))
def test_any_text_is_cut_into_its_own_characters(text: str) -> None:
    try:
        said = sentences_of_draft(text)
    except DraftError:
        return
    assert [one.start for one in said] == sorted(one.start for one in said)
    assert all(one.start < one.end and text[one.start : one.end].strip() for one in said)


@pytest.mark.parametrize(("text", "words"), [(" \n", "is empty"), ("a. " * LONGEST_DRAFT, "at a time")])
def test_a_draft_that_cannot_be_checked(text: str, words: str) -> None:
    with pytest.raises(DraftError, match=words):
        sentences_of_draft(text)


def test_markup_of_a_draft_is_not_what_it_says() -> None:
    text = "1. Ten *people* [died](https://example.org) `here`.\n\n> Two **more** fled in May.\n\nA LOUD LINE AT TOP"
    said = sentences_of_draft(text)
    assert [(one.plain, one.skipped) for one in said] == [
        ("Ten people died here.", ""),
        ("Two more fled in May.", ""),
        ("A LOUD LINE AT TOP", "heading"),
    ]


def test_a_draft_is_read_by_its_kind(tmp_path: Path) -> None:
    (tmp_path / "draft.md").write_text("---\ntitle: Mine\n---\nTen died.\n", "utf-8")
    assert read_draft(tmp_path / "draft.md").strip() == "Ten died."
    (tmp_path / "rows.jsonl").write_text('{"id": "a", "text": "One."}\n{"id": "b", "text": "Two."}\n', "utf-8")
    for name, words in (("rows.jsonl", "holds 2 texts"), ("none.txt", "no such file"), ("draft.odt", "no reader")):
        if name == "draft.odt":
            (tmp_path / name).write_text("x", "utf-8")
        with pytest.raises(DraftError, match=words):
            read_draft(tmp_path / name)


# The page


def test_the_page_holds_every_sentence_and_quote_and_no_script(news: NewsIndex) -> None:
    found = checked(news)
    page = as_html(found, "draft.md", "news")
    words = re.sub("</?strong>", "", page)
    for one in found.sentences:
        assert one.plain in words
        for cited in one.citations:
            assert f"{cited.article_id} {cited.start}:{cited.end}" in page
    assert "<script" not in page and "http" not in re.sub(r"http-equiv", "", page)
    assert page == as_html(found, "draft.md", "news")


class Tags(HTMLParser):
    """The elements of a page, and all values of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.values = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.values += " ".join(value or "" for _, value in attrs)


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_word_of_a_draft_or_an_article_is_markup(tmp_path: Path, embedder: FakeEmbedder, name: str) -> None:
    words = PAYLOADS[name]
    row = {"id": "a", "title": words, "source": words, "text": f"{words} Ten people died in the strike at Baghdad."}
    folder = write_files(tmp_path / "articles", {"a.jsonl": json.dumps(row)})
    news = make_index(tmp_path / "archive", [folder], embedder)
    page = as_html(checked(news, f"{words} Ten people died in the strike at Baghdad."), words, words)
    news.close()
    tags = Tags(page)
    assert tags.names <= set(
        "html head meta title style body h1 p input label main div details summary span blockquote mark bdi"
        " strong".split()
    )
    assert "evil" not in tags.values and "hacked" not in tags.values
    assert not set(page) & set("\x1b\x07\x08\x7f\x85\u202e\u2067")


# Quotes that were exported


def test_an_export_in_any_form_gives_its_quotes_back(news: NewsIndex) -> None:
    answer = make_room(news, llm="none").ask("Who was killed at the airport of Baghdad?").to_dict()
    cited = answer["citations"]
    assert cited
    wanted = [KeptQuote(one["article_id"], one["start"], one["end"], one["quote"]) for one in cited]
    for text in (answer_as_text(answer), answer_as_markdown(answer), answer_as_html(answer), json.dumps(answer)):
        assert kept_quotes(text) == wanted
    assert {one.state for one in verify(news.archive, wanted)} == {"as cited"}


def test_a_quote_is_looked_for_where_it_was_and_then_beside(news: NewsIndex) -> None:
    quote = "The floods displaced two thousand people in Kerala."
    states = {
        KeptQuote("wire-2", 0, len(quote), quote): "as cited",
        KeptQuote("wire-2", 5, 5 + len(quote), quote): "moved",
        KeptQuote("wire-2", 0, len(quote), quote.replace("two", "six")): "changed",
        KeptQuote("wire-9", 0, len(quote), quote): "gone",
    }
    found = verify(news.archive, states)
    assert [one.state for one in found] == list(states.values())
    assert (found[1].start, found[1].end) == (0, len(quote))
    assert [one.holds for one in found] == [True, True, False, False]


def test_a_later_version_and_a_correction_come_over_a_quote(tmp_path: Path) -> None:
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "in", VERSIONS | FERRY)], FakeEmbedder())

    def kept(article_id: str, words: str) -> KeptQuote:
        article = news.archive.article(article_id)
        assert article and words in article.text
        start = article.text.index(words)
        return KeptQuote(article_id, start, start + len(words), words)

    same = kept("wire", "Sentence 14 of the flood says that 14 people of town 14 are safe.")
    other = kept("wire", "The flood killed nine people in Alva.")
    told = kept("later", "The flood killed eleven people in Alva.")
    wrong = kept("ferry", "Seventeen people died when the ferry Ald sank on Tuesday.")
    note = kept("column", "The number is eleven, not seventeen.")
    found = verify(news.archive, [same, other, wrong])
    assert [one.holds for one in found] == [True, False, False] and all(one.state == "as cited" for one in found)
    assert found[0].later and found[0].later.article == "later" and found[0].later_says and not found[0].superseded
    assert found[1].superseded and [by.article.id for by in found[2].corrections] == ["column"]
    assert count_states(found) == {"as cited": 3, "superseded": 1, "corrected": 1}
    assert all(one.holds for one in verify(news.archive, [same, other, told, wrong, note])), "the file tells it"
    assert found[1].to_dict()["superseded_by"]["article_id"] == "later"
    news.close()


@pytest.mark.parametrize(("start", "end"), [(-5, 9), (9, 9), (9, 2)])
def test_offsets_that_no_article_has_are_a_sentence(start: int, end: int) -> None:
    row = {"article_id": "wire-2", "start": start, "end": end, "quote": "Ten died."}
    with pytest.raises(KeptError, match=f"wire-2 {start}:{end}: no quote stands there"):
        kept_quotes(json.dumps({"citations": [row]}))
    assert kept_quotes(json.dumps(row | {"start": True, "end": 9})) == [], "true is no number"


@pytest.mark.parametrize("text", ["", "Ten died.", "{", '{"a": 1}', "[1] “x”", "“a”\n\nb c:d"])
def test_what_is_no_export_holds_no_quotes(text: str) -> None:
    assert kept_quotes(text) == []
