"""Front matter as clippers, Jekyll, Hugo and people write it: read as YAML or TOML, told where it is neither."""

from pathlib import Path

import pytest

from index.article import Article, ArticleError, Origin, Original
from index.reading.formats.markdown import read as read_markdown
from tests.conftest import write_files

BOTH = "Ann Writer, Bo Editor"


def read(folder: Path, name: str, content: str | bytes) -> tuple[list[Article], list[str]]:
    """Articles and problems of one file, read in this process."""
    found = list(read_markdown(Original(write_files(folder, {name: content}) / name, "a", name)))
    return [one for one in found if isinstance(one, Article)], [
        str(one) for one in found if isinstance(one, ArticleError)
    ]


CLIPPED = """---
title: "Bridge: it opens"
source: "https://www.e.org/2020/01/bridge/"
author:
  - "[[Ann Writer]]"
  - "[[people/bo|Bo Editor]]"
published: 2020-01-04
created: 2020-03-01
tags:
  - clippings
---
"""
JEKYLL = """---
layout: post
title: >-
  Bridge
  it opens
date: 2020-01-04 10:15:00 +0100
author: [Ann Writer, Bo Editor]
source: Meridian Wire # the town's paper
tags: [bridges, rivers]
link: https://e.org/a
...
"""
HUGO = """+++
title = "Bridge it opens"
date = 2020-01-04T10:15:00+01:00
lastmod = 2020-01-05
authors = ["Ann Writer", "Bo Editor"]
tags = ["bridges"]
[params]
source = "no"
+++
"""
MARKED = """---
title: Bridge: it opens
author: Ann Writer
date: 4 January 2020
publication: ~
---
"""


@pytest.mark.parametrize(
    ("front", "told"),
    [
        (CLIPPED, ("Bridge: it opens", "e.org", "2020-01-04", "https://www.e.org/2020/01/bridge/", BOTH)),
        (JEKYLL, ("Bridge it opens", "Meridian Wire", "2020-01-04T10:15:00+01:00", "https://e.org/a", BOTH)),
        (HUGO, ("Bridge it opens", None, "2020-01-04T10:15:00+01:00", None, BOTH)),
        (MARKED, ("Bridge: it opens", None, "2020-01-04", None, "Ann Writer")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_is_read_as_what_it_is(tmp_path: Path, front: str, told: tuple[str | None, ...], end: str) -> None:
    text = f"{front}It opened on Saturday.\n".replace("\n", end)
    [article], problems = read(tmp_path, "a.md", text.encode())
    assert (article.title, article.source, article.published, article.url, article.byline) == told and not problems
    assert article.text == text and article.text[article.body_start :] == f"It opened on Saturday.{end}"


def test_an_outlet_that_is_an_address_is_a_guess(tmp_path: Path) -> None:
    [article], _ = read(tmp_path, "a.md", f"{CLIPPED}Body.")
    assert Origin("source", "address", "guess") in article.origins
    assert Origin("url", "front matter", "sure") in article.origins


def test_text_between_rules_is_text(tmp_path: Path) -> None:
    [article], problems = read(tmp_path, "a.md", "---\nIt opened.\n---\nThe end.\n")
    assert article.body_start == 0 and not problems


@pytest.mark.parametrize(
    ("front", "why"),
    [
        ("---\ntitle: [a\nx\n---\n", "no YAML in its line 4"),
        ("+++\ntitle = a\n+++\n", "Invalid value (at line 1, column 9)"),
        (f"---\na: {'[' * 5000}\n b\n---\n", "no YAML"),
        (f"+++\na = {'[' * 5000}\n+++\n", "nested too deep"),
        (f"---\na: {'x' * 50_000}\n---\n", "longer than 50,000 characters"),
    ],
)
def test_front_matter_that_is_not_understood_is_told(tmp_path: Path, front: str, why: str) -> None:
    [article], [problem] = read(tmp_path, "a.md", f"{front}Body.")
    assert problem.startswith(f"a.md: its front matter is not understood ({why}")
    assert article.text[article.body_start :] == "Body." and article.title == "a"


def test_front_matter_that_unfolds_is_cut(tmp_path: Path) -> None:
    laughs = "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in ("ab", "bc", "cd", "de", "ef")
    )
    [article], _ = read(tmp_path, "a.md", f"---\na: &a [ha]\n{laughs}author: [*f, *f]\n---\nBody.")
    assert not article.byline


def test_a_comment_in_a_block_of_code_is_no_heading(tmp_path: Path) -> None:
    for mark in ("```", "~~~", "````"):
        text = f"Some words.\n\n{mark}sh\n# load the file\nrun\n{mark}\n\n# The ferry\n\nIt sank.\n"
        ([article], _) = read(tmp_path, "story.md", text)
        assert article.title == "The ferry"
    ([article], _) = read(tmp_path, "story.md", "Some words.\n\n```\n# never closed\n")
    assert article.title == "story"
