"""A notebook: whole on disk, every step taken back, and exports that give back each quote and no markup of others."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from qa.answer import Citation
from qa.checking.draft import read_draft
from qa.checking.kept import KeptQuote, kept_quotes, kept_state
from qa.notebook.book import (
    Notebook,
    NotebookError,
    add_note,
    change,
    move,
    pin,
    read_notebook,
    remove,
    retitle,
    set_note,
    undo,
    write_notebook,
)
from qa.notebook.write import as_html, as_markdown, origin, write_docx
from tests.qa.test_check import Tags
from tests.support.hostile_articles import PAYLOADS

STATE = "0123456789abcdef" * 4


def cited(start: int, quote: str = "Ten died.", **more: str) -> Citation:
    known = {"article_id": "wire/a-1", "title": "Strike", "source": "AFP", "published": "2020-01-04"} | more
    return Citation(1, *known.values(), None, start, start + len(quote), quote, ("Post",))


def numbers(book: Notebook) -> list[int]:
    return [entry.number for entry in book.entries]


STEPS: list[Callable[[Notebook, int, int], Notebook]] = [
    lambda book, one, _: pin(book, [cited(one)]),
    lambda book, one, _: add_note(book, f"{one}"),
    lambda book, one, two: set_note(book, one, f"{two} again"),
    lambda book, one, _: remove(book, [one]),
    lambda book, one, two: move(book, one, before=two),
    lambda book, one, _: retitle(book, f"{one}"),
]
steps = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6), st.integers(1, 6)), max_size=12)


@given(steps)
def test_every_step_can_be_taken_back(wanted: list[tuple[int, int, int]]) -> None:
    books = [Notebook()]
    for what, one, two in wanted:
        book = books[-1]
        try:
            made = STEPS[what](book, one, two)
        except NotebookError:
            continue
        if made != book:
            books.append(made)
        assert len(set(numbers(made))) == len(made.entries), "a number is one entry's alone"
    book = books.pop()
    while books:
        book, before = undo(book), books.pop()
        assert (book.title, book.entries) == (before.title, before.entries)
    with pytest.raises(NotebookError):
        undo(book)


def test_a_notebook_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "notebook.json"
    book = add_note(pin(Notebook(), [cited(5), cited(90)], question="Who?", note="Ask.", archive=STATE), "Why?")
    book = retitle(remove(book, [1]), "Strike")
    write_notebook(file, book)
    assert read_notebook(file) == book and read_notebook(tmp_path / "none.json") == Notebook()
    assert kept_quotes(file.read_text("utf-8")) == [KeptQuote("wire/a-1", 90, 99, "Ten died.")], "none that is removed"
    assert numbers(change(file, undo)) == [2, 3] and numbers(change(file, undo)) == [1, 2, 3]
    with pytest.raises(NotebookError, match="nothing to undo"):
        for _ in range(9):
            change(file, undo)
    assert not read_notebook(file).entries and not list(tmp_path.glob("*.new"))


@pytest.mark.parametrize("held", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "title": 3}', "\x00"])
def test_a_file_that_is_no_notebook_is_a_sentence(tmp_path: Path, held: str) -> None:
    file = tmp_path / "notebook.json"
    file.write_text(held)
    with pytest.raises(NotebookError, match=r"notebook\.json: (is no notebook|made by another version)"):
        change(file, lambda book: book)
    assert file.read_text() == held, "it is there still"


def exports(book: Notebook, folder: Path) -> list[str]:
    """The notebook in all forms, as text that quotes are read from."""
    told = origin("news", STATE)
    write_docx(book, told, folder / "book.docx")
    return [as_markdown(book, told), as_html(book, told), read_draft(folder / "book.docx")]


def test_each_form_gives_back_quotes_and_state(tmp_path: Path) -> None:
    quotes = [cited(5, "Ten\n\ndied, “he said”."), cited(40, "A *b* [c] & <d> 5:6"), cited(90, "حادث \u202aقتل")]
    book = add_note(pin(Notebook("The strike"), quotes, question="Who?", note="One.\nTwo."), "“No quote” at all\n5:9")
    for text in exports(book, tmp_path):
        assert [(one.article_id, one.start, one.end) for one in kept_quotes(text)] == [
            ("wire/a-1", one.start, one.end) for one in quotes
        ]
        words = [" ".join(one.quote.replace("\u202a", "").split()) for one in quotes]
        assert [one.quote.strip("\u2068\u2069") for one in kept_quotes(text)] == words
        assert kept_state(text) == STATE and "The strike" in text and "AFP, 2020-01-04" in text
        assert "Who?" in text and "One." in text


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_word_of_an_article_or_a_note_is_markup(tmp_path: Path, name: str) -> None:
    words = PAYLOADS[name]
    cite = Citation(1, words, words, words, "2020-01-04", words, 5, 9, words or "x", (words,))
    book = add_note(pin(Notebook(words), [cite], question=words, note=words), f"{words} x")
    markdown, html, _ = exports(book, tmp_path)
    kinds = {child.type for token in MarkdownIt().parse(markdown) for child in token.children or ()}
    assert kinds <= {"text", "text_special", "strong_open", "strong_close", "hardbreak", "link_open", "link_close"}
    tags = Tags(html)
    assert tags.names <= set("html head meta title style body h1 main div p b bdi blockquote a footer".split())
    assert "hacked" not in tags.values and "javascript" not in tags.values
    assert not set(html) & set("\x1b\x07\x08\x7f\x85\u202e\u2067")


def test_what_is_too_much_is_refused() -> None:
    with pytest.raises(NotebookError, match="20,000 at the most"):
        add_note(Notebook(), "x" * 20_001)
    with pytest.raises(NotebookError, match="a note has words"):
        set_note(add_note(Notebook(), "x"), 1, "")
    assert json.dumps(Notebook().to_dict()) == '{"title": "", "entries": []}'
