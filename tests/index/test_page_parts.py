"""Pages whose article stands in several blocks: the second body, the correction, and what is no part of it."""

from pathlib import Path

import pytest

from index.article import Article, ArticleError, Original
from index.reading.files import READERS, find_files
from tests.conftest import write_files

FIRST = [
    "The ice works of Sund closed on Friday after eighty years, and the last block was given to the children's home.",
    "Its owner, Karl Brenn, said that electricity had cost more than the ice brought in since the autumn of last year.",
    "Fourteen people worked there. Nine have found other work in the fish halls, the union said on Friday evening.",
]
SECOND = [
    "The town wants to buy the building for 900,000 crowns, and the council votes on the price on 12 May, it said.",
    "Engineers found ammonia in two of the pipes in March. It was taken out before the machines were stopped for good.",
]
NOTE = "Correction, 9 May: An earlier version of this article said that twelve people worked there."


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def text(tmp_path: Path, body: str, head: str = "<h1>Ice works close</h1>") -> str:
    page = (
        "<!doctype html><html lang=en><head><title>Ice works close</title></head><body><nav><a href=/>Home</a></nav>"
        f"<main>{head}{body}</main><footer><p>© Sund Times.</p></footer></body></html>"
    )
    file = write_files(tmp_path, {"a.html": page}) / "a.html"
    [article] = READERS[".html"](Original(file, "a", "a.html"))
    assert isinstance(article, Article)
    return article.text


@pytest.mark.parametrize(
    "between", ["<aside class=newsletter><p>Get our letter.</p></aside>", "<div class=ad>Advertisement</div>"]
)
@pytest.mark.parametrize(
    "block", ["<div class='story-body'>{}</div>", "<section class=text>{}</section>", "<article>{}</article>"]
)
def test_both_bodies_of_one_story_are_read(tmp_path: Path, between: str, block: str) -> None:
    body = block.format(paragraphs(FIRST)) + between + block.format(paragraphs(SECOND))
    assert text(tmp_path, body) == "\n".join(FIRST + SECOND)


@pytest.mark.parametrize(
    "other",
    [
        "<div class='story-body'><h2><a href=/b>Another story</a></h2>{}</div>",
        "<div class='story-body'><h1>Another story</h1>{}</div>",
        "<div class=comments><div class='story-body'>{}</div></div>",
        "<aside><div class='story-body'>{}</div></aside>",
        "<div class='story-body'><a href=/b>{}</a></div>",
    ],
)
def test_another_story_is_not_the_article(tmp_path: Path, other: str) -> None:
    body = f"<div class='story-body'>{paragraphs(FIRST)}</div>" + other.format(paragraphs(SECOND))
    assert text(tmp_path, body) == "\n".join(FIRST)


@pytest.mark.parametrize(
    ("note", "told"),
    [
        (f"<div class=correction><p><b>Correction, 9 May:</b>{NOTE[18:]}</p></div>", NOTE),
        (f"<footer><p>{NOTE}</p></footer>", NOTE),
        ("<aside><h4>Correction</h4><p>Fourteen people worked there, not twelve.</p></aside>",
         "Fourteen people worked there, not twelve."),
        ("<div id=editors-note>Twelve people were named here at first. There were fourteen.</div>",
         "Twelve people were named here at first. There were fourteen."),
        ("<footer class=foot><p>This article was amended on 10 May. The works opened in 1941, not 1914.</p></footer>",
         "This article was amended on 10 May. The works opened in 1941, not 1914."),
    ],
)  # fmt: skip
def test_a_correction_is_part_of_its_article(tmp_path: Path, note: str, told: str) -> None:
    body = f"<article><div class='story-body'>{paragraphs(FIRST)}</div>{note}</article>"
    assert text(tmp_path, body) == "\n".join([*FIRST, told])
    before = f"<article>{note}<div class='story-body'>{paragraphs(FIRST)}</div></article>"
    assert text(tmp_path, before) == "\n".join([told, *FIRST])


@pytest.mark.parametrize(
    "other",
    [
        "<div class=correction-policy><p><a href=/c>Tell us of a correction that we should make here.</a></p></div>",
        "<div class=corrections><p><a href=/c>Correction: the mayor of Ald was not at the fair.</a></p></div>",
        f"<div class=comments><p>{NOTE}</p></div>",
    ],
)
def test_a_link_or_a_comment_is_no_correction(tmp_path: Path, other: str) -> None:
    body = f"<article><div class='story-body'>{paragraphs(FIRST)}</div>{other}</article>"
    assert text(tmp_path, body) == "\n".join(FIRST)


def test_a_note_that_was_read_is_not_told_twice(tmp_path: Path) -> None:
    body = f"<article>{paragraphs([*FIRST, NOTE])}</article>"
    assert text(tmp_path, body) == "\n".join([*FIRST, NOTE])


# The folder that a browser saves beside a page


@pytest.mark.parametrize("folder", ["Ice works_files", "Ice works.files", "Ice works-Dateien", "Ice works_fichiers"])
def test_the_folder_of_a_saved_page_is_left_alone_and_counted(tmp_path: Path, folder: str) -> None:
    write_files(tmp_path, {"Ice works.html": "x", f"{folder}/frame.html": "y", "Fair_files/a.html": "z"})
    read = [tmp_path / "Fair_files/a.html", tmp_path / "Ice works.html"]
    assert find_files(tmp_path) == (read, [tmp_path / folder], {})


def test_watching_leaves_it_alone_too(tmp_path: Path) -> None:
    from index.reading.files import is_left_alone

    write_files(tmp_path, {"Ice.html": "x", "Ice_files/deep/frame.html": "y", "Fair_files/a.html": "z"})
    assert is_left_alone(tmp_path / "Ice_files/deep/frame.html", tmp_path)
    assert not is_left_alone(tmp_path / "Fair_files/a.html", tmp_path) and not is_left_alone(
        tmp_path / "Ice.html", tmp_path
    )


def test_any_page_is_read(tmp_path: Path) -> None:
    for source in (
        "<p>",
        "<article class=a><article class=a><p>" + FIRST[0],
        "<body class=x><p>" + FIRST[0] + "<p>" + FIRST[1],
    ):
        file = write_files(tmp_path, {"a.html": source}) / "a.html"
        try:
            assert list(READERS[".html"](Original(file, "a", "a.html")))
        except ArticleError as error:
            assert str(error).startswith("a.html: ")


CAPTION = "The east wall of the dam in March. Photograph: Per Holm"


@pytest.mark.parametrize(
    "within",
    [
        f"<img src=a><em>{CAPTION}</em> The wall is old.",
        f"The wall <small>{CAPTION}</small> is old.",
        f"The wall <figure><img src=a><figcaption>{CAPTION}</figcaption></figure> is old.",
        f"<img src=a><br>{CAPTION}<br>The wall is old.",
        f"The wall is old.</p><div class=wp-caption><img src=a><p class=wp-caption-text>{CAPTION}</p></div><p>",
    ],
)
def test_a_caption_is_no_part_of_a_sentence(tmp_path: Path, within: str) -> None:
    said = text(tmp_path, f"{paragraphs(FIRST)}<p>{within}</p>{paragraphs(SECOND)}").split("\n")
    assert [line for line in said if "Per Holm" in line] in ([], [CAPTION])
    assert any(line.endswith("is old.") and "Per" not in line for line in said)
    assert "The wall is old." in said


# The standfirst, which stands in the head of the article and not in its body

STANDFIRST = "Nine of the fourteen who worked there have signed on with the fish halls, and the boats buy ice in Ald."
NAMED = f"<header><h1>Ice works close</h1><p class=standfirst>{STANDFIRST}</p><p class=byline>By Per Holm</p></header>"


def described(standfirst: str) -> str:
    return f"<h1>Ice works close</h1><div><h2>{standfirst}</h2></div><meta name=description content='{standfirst}'>"


@pytest.mark.parametrize(
    "head",
    [
        NAMED,
        described(STANDFIRST),
        f"<div class=top><h1>Ice works close</h1></div><div class='art__lead'><p>{STANDFIRST}</p></div>",
        f"<div><h1>Ice works close</h1><h2 class='post-subtitle'>{STANDFIRST}</h2></div>",
    ],
)
def test_a_standfirst_stands_before_the_first_paragraph(tmp_path: Path, head: str) -> None:
    body = f"<div class='story-body'>{paragraphs(FIRST + SECOND)}</div>"
    assert text(tmp_path, body, head).split("\n") == [STANDFIRST, *FIRST, *SECOND]


@pytest.mark.parametrize(
    "line",
    [
        FIRST[0],
        "The ice works of Sund closed on Friday after eighty years.",
        "The ice works of Sund closed after eighty years, and nobody at the works was surprised …",
        "3 May 2021, updated: 4 May 2021 at 10:40 a.m.",
        "<a href=/b>All that we have told of the ice works of Sund since the spring</a>",
        "The north wall of the works in the spring. Photograph: Per Holm",
    ],
)
def test_what_only_repeats_is_cut_or_is_none_is_not_taken_in(tmp_path: Path, line: str) -> None:
    body = f"<div class='story-body'>{paragraphs(FIRST + SECOND)}</div>"
    head = f"<header><h1>Ice works close</h1><div class=standfirst><p>{line}</p></div></header>"
    assert text(tmp_path, body, head).split("\n") == [*FIRST, *SECOND]


@pytest.mark.parametrize(
    "head",
    [
        f"<h1>Ice works close</h1><div class='related'><p class=summary>{STANDFIRST}</p></div>",
        f"<h1>Ice works close</h1><aside><p class=standfirst>{STANDFIRST}</p></aside>",
        f"<div class=summary><p>{STANDFIRST}</p></div><h1>Ice works close</h1>",
        "<h1>Ice works close</h1>"
        + "".join(f"<div class=summary><p>{day} in Sund nobody at the harbour knew of it.</p></div>" for day in "ABCD"),
        f"<h1>Ice works close</h1><p>{STANDFIRST}</p>",
    ],
)
def test_what_is_not_told_to_be_the_standfirst_is_left_out(tmp_path: Path, head: str) -> None:
    body = f"<div class='story-body'>{paragraphs(FIRST + SECOND)}</div>"
    assert text(tmp_path, body, head).split("\n") == [*FIRST, *SECOND]


def test_a_number_of_its_own_makes_it_no_repetition(tmp_path: Path) -> None:
    line = "The ice works of Sund closed on Friday after 81 years."
    head = f"<h1>Ice works close</h1><p class=dek>{line}</p>"
    assert text(tmp_path, f"<div class='story-body'>{paragraphs(FIRST + SECOND)}</div>", head).split("\n")[0] == line
