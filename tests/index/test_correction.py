"""Corrections beside an article: they are used, they stay, and what is wrong in them is a sentence."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.reading.files import Problem, find_files, read_file
from index.understanding.correction import (
    corrections_in,
    read_side_file,
    remove_correction,
    side_file,
    write_correction,
)
from tests.cli.test_main import Desk, desk
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder, count_words

STORY = "Rain stops the fair\n\nBy A. Writer | The Star | May 3, 2021\n\nIt rained on Monday. The fair was closed.\n"
PAGE = (
    STORY
    + "\nFair opens again\n\nBy B. Writer | The Post | May 5, 2021\n\nThe fair was open on Wednesday. It was dry.\n"
)

__all__ = ["desk"]  # the fixture


def read(folder: Path, text: str, side: str) -> tuple[Article, list[str]]:
    """The one article of a.txt with a side file, and the sentences about it."""
    write_files(folder, {"a.txt": text, "a.txt.toml": side})
    items = list(read_file(folder / "a.txt", "a"))
    [article] = [item for item in items if isinstance(item, Article)]
    return article, [item.sentence for item in items if isinstance(item, Problem)]


def test_a_side_file_says_it_better(tmp_path: Path) -> None:
    article, problems = read(
        tmp_path, STORY, 'published = 2021-05-04\nsource = "AFP"\nplace = "Orrton"\nbyline = ""\nlanguage = "en"\n'
    )
    assert (article.published, article.source, article.place, article.byline) == ("2021-05-04", "AFP", "Orrton", None)
    assert (article.title, article.language, problems) == ("Rain stops the fair", "en", [])
    origins = {origin.field: (origin.where, origin.sure) for origin in article.origins}
    assert origins["published"] == origins["place"] == ("correction", "sure") and "byline" not in origins


@pytest.mark.parametrize(
    ("side", "stories"),
    [
        ("sections = []", []),
        (
            '[[sections]]\nheadline = "Fair opens again"\nsource = "AFP"\nbyline = ""',
            [("Rain stops the fair", "The Star", "A. Writer"), ("Fair opens again", "AFP", None)],
        ),
        ("[[sections]]\nstart = 0\nremove = true", [("Fair opens again", "The Post", "B. Writer")]),
        (
            '[[sections]]\nheadline = "It was dry"\nsource = "X"',
            [
                ("Rain stops the fair", "The Star", "A. Writer"),
                ("Fair opens again", "The Post", "B. Writer"),
                ("It was dry", "X", None),
            ],
        ),
    ],
)
def test_sections_are_corrected_added_and_taken_away(
    tmp_path: Path, side: str, stories: list[tuple[str, str, str]]
) -> None:
    article, problems = read(tmp_path, PAGE, side)
    assert [(s.title, s.source, s.byline) for s in article.sections] == stories and not problems
    assert all(s.title is None or article.text.startswith(s.title, s.start) for s in article.sections)


@pytest.mark.parametrize(
    ("side", "sentence"),
    [
        ("published = 2021-13-01", "not TOML"),
        ("source = 7", '"source" is no text; write source = "…"'),
        ('title = ""', '"title" is no text; write title = "…"'),
        ('published = "soon"', '"published" is "soon"; write an ISO 8601 date such as 2023-10-04'),
        ('author = "X"', '"author" is nothing that can be corrected; it is title, source'),
        ("sections = 3", '"sections" is no list of tables'),
        ('[[sections]]\nsource = "X"', "a section is named by its start or its headline"),
        ('[[sections]]\nheadline = "Not there"', '"Not there" is not in the text'),
        ("[[sections]]\nstart = 9999", 'a section cannot start at "9999"; the text has'),
        ('[[sections]]\nstart = 0\nagency = "X"', 'a section has no "agency"'),
        ('[articles.b]\nsource = "X"', 'no article of this file has the id "b"'),
        ("articles = 1", '"articles" is no table of tables'),
        ("x = " + "[" * 5000, "not TOML"),
    ],
)
def test_what_is_wrong_in_a_side_file_is_a_sentence_and_the_article_is_kept(
    tmp_path: Path, side: str, sentence: str
) -> None:
    article, [problem] = read(tmp_path, STORY, side)
    assert problem.startswith(f"{tmp_path / 'a.txt.toml'}: {sentence}")
    assert (article.source, article.published) == ("The Star", "2021-05-03")


def test_a_side_file_is_no_file_of_another_kind(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": STORY, "a.txt.toml": "", "b.txt.toml": "", "c.toml": ""})
    readable, others, _ = find_files(tmp_path)
    assert [file.name for file in readable] == ["a.txt"] and [file.name for file in others] == ["b.txt.toml", "c.toml"]


def test_a_correction_stays_and_its_removal_undoes_it(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "news", {"a.txt": STORY, "b.txt": PAGE})
    news = make_index(tmp_path / "archive", [folder], FakeEmbedder())

    def update() -> tuple[int, int, str | None]:
        report = news.update([folder], count_tokens=count_words)
        assert not report.problems
        article = news.archive.article("a")
        assert article is not None
        return report.changed, report.unchanged, article.source

    assert update() == (0, 2, "The Star")
    write_correction(folder / "a.txt", {"source": "AFP"})
    assert update() == (1, 1, "AFP") and update() == (0, 2, "AFP")
    write_files(folder, {"a.txt": STORY + "It rained again on Tuesday.\n"})
    assert update() == (1, 1, "AFP")
    assert remove_correction(folder / "a.txt") and not remove_correction(folder / "a.txt")
    assert update() == (1, 1, "The Star") and update() == (0, 2, "The Star")
    news.close()


@given(
    st.dictionaries(st.sampled_from(["title", "source", "byline"]), st.text(st.characters(exclude_categories=["Cs"])))
)
def test_what_is_written_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]) -> None:
    values = {name: f"x{value}" for name, value in values.items()}
    file = tmp_path_factory.mktemp("side") / "a.jsonl"
    write_correction(file, values)
    write_correction(file, values, "an id\n")
    assert read_side_file(file) == ({**values, "articles": {"an id\n": values}} if values else {})
    assert corrections_in(file) == corrections_in(file, "an id\n") == values and corrections_in(file, "other") == {}
    assert remove_correction(file, "an id\n") == bool(values) and read_side_file(file) == values
    write_correction(file, dict.fromkeys(values))
    assert not side_file(file).exists(), "it goes with the last"


def test_a_person_corrects_at_the_prompt(desk: Desk, articles: Path) -> None:
    said = desk.run("correct", "airport", "published=2020-01-02", "place=Baghdad")
    file = articles / "airport.txt"
    assert said == f"written to {file}.toml; now run: groundwire index {file} --archive {desk.archive}\n"
    assert tomllib.loads(side_file(file).read_text("utf-8")) == {"published": "2020-01-02", "place": "Baghdad"}
    desk.run("index", articles)
    assert "published  2020-01-02  (correction, sure)\n" in desk.run("show", "airport")
    desk.run("correct", "wire-1", "source=AFP")
    desk.run("index", articles)
    assert "source     AFP  (correction, sure)\n" in desk.run("show", "wire-1")
    assert "source     not known\n" in desk.run("show", "wire-2")
    for article_id in ("airport", "wire-1"):
        assert desk.run("correct", article_id, "--undo").startswith("corrections taken away")
    assert not list(articles.rglob("*.toml"))
    desk.run("index", articles)
    assert "published  2020-01-03  (credit line, sure)\n" in desk.run("show", "airport")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none", "source=AFP"], 'no article has the id "none"'),
        (["airport"], "name what to correct, such as source=AFP, or --undo"),
        (["airport", "source"], '"source" is not FIELD=VALUE'),
        (["airport", "author=X"], '"author" is nothing that can be corrected'),
        (["airport", "published=soon"], '"published" is "soon"'),
        (["airport", "source=\udc80"], '"source" is not UTF-8'),
        (["airport", "--undo"], "airport.txt.toml: corrects nothing of airport"),
    ],
)
def test_a_correction_that_cannot_be_is_a_sentence(
    desk: Desk, articles: Path, arguments: list[str], sentence: str
) -> None:
    desk.run("correct", *arguments, code=1)
    assert sentence in desk.err and desk.err.count("\n") == 1 and not list(articles.rglob("*.toml*"))


def test_what_was_understood_is_shown(desk: Desk, articles: Path) -> None:
    write_files(articles, {"page.txt": PAGE.replace("\nFair", "Advertisement\n\nFair")})
    desk.run("index", articles)
    shown = desk.run("show", "page")
    start = len(STORY) + len("Advertisement\n\n")
    assert f"  0:{start}  The Star, 2021-05-03, “Rain stops the fair”, by A. Writer\n" in shown
    assert "left out   1 spans, 13 of" in shown and "⟨advert: Advertisement⟩\n\n§ Fair opens again\n" in shown
    assert "The Post 1, The Star 1" in desk.run("info")  # a page counts by its stories, not once more by itself


def test_origins_and_sections_come_as_json(desk: Desk, articles: Path) -> None:
    write_files(articles, {"page.txt": PAGE})
    desk.run("index", articles)
    held = json.loads(desk.run("show", "page", "--json"))
    assert [(s["start"], s["end"]) for s in held["sections"]] == [(0, len(STORY) + 1), (len(STORY) + 1, len(PAGE))]
    assert held["text"] == PAGE and {"field": "source", "where": "credit line", "sure": "sure"} in held["origins"]
