"""From files to articles: the text is the file's own, what is plainly said is read, what is wrong is named."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, ArticleError, Section
from index.reading.files import Problem, find_files, read_file
from index.reading.formats.text import LARGEST_ARTICLE
from index.understanding.credits import read_credit
from index.understanding.days import read_date
from index.understanding.page import read_page
from tests.conftest import write_files

PAGE = """First story of the page

By A. Writer | Some Wire | January 3, 2020

Something happened there. It was a Friday.
It was reported.
Nobody was hurt then.
Others said so too.

Second story begins here

By B. Writer | Other Wire | 4 January 2020

Something else happened.
"""


def read(tmp_path: Path, name: str, content: str | bytes) -> tuple[list[Article], list[str]]:
    """Articles and problems of one file, read under the id "id"."""
    write_files(tmp_path, {name: content})
    items = list(read_file(tmp_path / name, "id"))
    return [i for i in items if isinstance(i, Article)], [i.sentence for i in items if isinstance(i, Problem)]


# Plain text


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_the_text_of_a_plain_file_is_the_file(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("text")
    articles, problems = read(folder, "a.txt", text)
    text = text.removeprefix("\ufeff")
    assert ([a.text for a in articles], problems) == (
        ([text], []) if text.strip() else ([], [f"{folder / 'a.txt'}: is empty; it is left out"])
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_not_text(tmp_path: Path, encoding: str) -> None:
    articles, problems = read(tmp_path, "a.txt", "Ünder\r\n\r\nwater “now”".encode(encoding))
    assert [a.text for a in articles] == ["Ünder\r\n\r\nwater “now”"] and not problems


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty; it is left out"),
        (b" \r\n\t", "is empty; it is left out"),
        (b"caf\xe9", "not UTF-8 at byte 3; save it as UTF-8 and index again"),
        (b"a\0b", "holds NUL characters, so it is not a text file; it is left out"),
        (b"\xff\xfea", "not UTF-8 at byte 2; save it as UTF-8 and index again"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_what_is_no_text_is_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    assert read(tmp_path, name, content) == ([], [f"{tmp_path / name}: {sentence}"])


def test_a_file_too_large_for_an_article_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(200_000_000)
    [problem] = read_file(tmp_path / "a.txt", "a")
    assert isinstance(problem, Problem)
    assert f"200 MB is more than one article holds ({LARGEST_ARTICLE / 1e6:.0f} MB)" in problem.sentence


def test_a_page_says_its_headline_outlet_and_date() -> None:
    page = read_page(PAGE)
    assert (page.title, page.source, page.published) == ("First story of the page", "Some Wire", "2020-01-03")
    page = read_page("A closed sentence is here.\nDate: 5 Dec. 2019\nSource: The Post\n")
    assert (page.title, page.source, page.published) == (None, "The Post", "2019-12-05")


def test_each_story_of_a_page_starts_at_its_headline() -> None:
    assert read_page(PAGE).sections == (
        Section(0, "First story of the page", "Some Wire", "2020-01-03", "A. Writer"),
        Section(PAGE.index("Second story"), "Second story begins here", "Other Wire", "2020-01-04", "B. Writer"),
    )


@pytest.mark.parametrize("words", ["2020-02-30", "February 30, 2020", "31 April 2021", "2020-13-01", "May 0, 2020"])
def test_a_day_that_no_calendar_has_is_no_date(words: str) -> None:
    assert read_date(words) is None
    assert read_credit(f"By A. Writer | Wire | {words}") is None


@given(st.dates())
def test_every_day_is_read_as_it_is_written(day: object) -> None:
    assert read_date(f"Wire | {day:%B} {day.day}, {day.year:04}") == str(day)  # type: ignore[attr-defined,str-format]
    assert read_date(f"{day.day} {day:%b} {day.year:04}") == read_date(f"on {day}") == str(day)  # type: ignore[attr-defined,str-format]


# Markdown


def test_front_matter_says_whose_it_is_and_is_not_body(tmp_path: Path) -> None:
    text = '---\r\ntitle: "A: b"\r\nsource: AFP\r\ndate: 2020-01-04\r\nurl: https://e.org\r\nbyline: X\r\n---\r\n'
    text += "# No\r\nBody."
    [article], problems = read(tmp_path, "a.md", text)
    assert article.text == text and not problems
    assert text[article.body_start :] == "# No\r\nBody."
    assert (article.title, article.source, article.published) == ("A: b", "AFP", "2020-01-04")
    assert (article.url, article.byline) == ("https://e.org", "X")


def test_without_front_matter_the_first_heading_is_the_title(tmp_path: Path) -> None:
    [article], _ = read(tmp_path, "a.md", "Intro.\n\n# The headline #\n\nBody.")
    assert (article.title, article.body_start, article.source) == ("The headline", 0, None)
    [article], _ = read(tmp_path, "stem.md", "Only body.")
    assert article.title == "stem"


def test_front_matter_alone_is_no_article(tmp_path: Path) -> None:
    _, [problem] = read(tmp_path, "a.md", "---\ntitle: A\n---\n \n")
    assert problem == f"{tmp_path / 'a.md'}: holds no text after its front matter; it is left out"


# JSON Lines


def row(**fields: object) -> str:
    return json.dumps({"id": "a", "text": "Body."} | fields)


def test_a_row_is_an_article(tmp_path: Path) -> None:
    given_fields = {"title": "T", "source": "S", "published": "2020-01-04T10:00:00+01:00", "url": "u", "byline": "b"}
    second = row(id="b", text=" x\r\n")
    articles, problems = read(tmp_path, "a.jsonl", f"\n{row(**given_fields)}\r\n{second}\n")
    assert articles == [Article("a", "Body.", **given_fields), Article("b", " x\r\n", "b")] and not problems


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "not JSON (Expecting property name enclosed in double quotes, column 2); the row is left out"),
        ("[1]", 'not an object; a row is {"id": "…", "text": "…"}'),
        ('{"id": "a"}', '"text" is missing or no text, and every article needs it; the row is left out'),
        ('{"text": [["x"]]}', '"text" is missing or no text, and every article needs it; the row is left out'),
        ('{"id": "a", "text": "\\ud800"}', "holds half of a surrogate pair (\\ud800-\\udfff); the row is left out"),
        ("[" * 100_000, "nested too deep, or a number too long; the row is left out"),
        (
            '{"id": "a", "text": "x", "n": ' + "9" * 5000 + "}",
            "nested too deep, or a number too long; the row is left out",
        ),
    ],
)
def test_a_row_that_is_none_is_named_and_the_rest_is_read(tmp_path: Path, line: str, sentence: str) -> None:
    articles, problems = read(tmp_path, "a.jsonl", f"{row(id='first')}\n{line}\n{row(id='last')}\n")
    assert [article.id for article in articles] == ["first", "last"]
    assert problems == [f"{tmp_path / 'a.jsonl'}:2: {sentence}"]


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("a.jsonl", row(published="yesterday"), ":1"),
        ("a.md", "---\npublished: yesterday\n---\nBody.", ""),
    ],
)
def test_a_broken_date_is_named_and_the_article_kept(tmp_path: Path, name: str, content: str, where: str) -> None:
    [article], [problem] = read(tmp_path, name, content)
    assert article.published is None
    assert problem == (
        f'{tmp_path / name}{where}: "published" is "yesterday"; write an ISO 8601 date such as 2023-10-04'
    )


def test_a_field_of_another_kind_is_named_and_the_article_kept(tmp_path: Path) -> None:
    [article], [problem] = read(tmp_path, "a.jsonl", row(source=7))
    assert article.source is None and problem == f'{tmp_path / "a.jsonl"}:1: "source" is not a text; it is left out'


# Which files


def test_files_come_sorted_and_hidden_ones_not_at_all(tmp_path: Path) -> None:
    names = ["b.txt", "a/z.MD", "a/pic.png", ".git/x.txt", ".hidden.txt", "c.jsonl"]
    write_files(tmp_path, dict.fromkeys(names, "x"))
    os.symlink(tmp_path, tmp_path / "loop")
    readable, others, _ = find_files(tmp_path)
    assert [file.relative_to(tmp_path).as_posix() for file in readable] == ["a/z.MD", "b.txt", "c.jsonl"]
    assert [file.name for file in others] == ["loop", "pic.png"]


@pytest.mark.parametrize(
    ("name", "sentence"), [("none", "no such file"), ("a.png", "no reader"), ("dir", "no articles")]
)
def test_a_path_without_articles_is_a_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    write_files(tmp_path, {"a.png": "x", "dir/b.png": "x"})
    with pytest.raises(ArticleError, match=f"^{tmp_path / name}: {sentence}"):
        find_files(tmp_path / name)


def test_equal_digests_mean_equal_articles() -> None:
    article = Article("a", "x", "T", sections=(Section(0, "S"),))
    changed = [Article("a", "x", "T"), Article("a", "y", "T"), Article("b", "x", "T"), Article("a", "x", "T", "S")]
    assert len({article.digest, *(other.digest for other in changed)}) == 5
    assert article.digest == Article("a", "x", "T", sections=(Section(0, "S"),)).digest
