"""Rich text: what a person sees of it, no word that was struck out, and what is left out is told."""

from pathlib import Path

import pytest

from tests.index.test_readers import one
from tests.index.test_readers import read as read_all

RTF = (
    r"{{\rtf1\ansi\ansicpg1252\deff0{{\fonttbl{{\f0\fcharset0 Arial;}}}}"
    r"{{\info{{\title {title}}}{{\author Ann Lee}}{{\creatim\yr2021\mo3\dy4}}}}{body}}}"
)


def read(tmp_path: Path, body: str, title: str = "Dock") -> str:
    return one(tmp_path, "a.rtf", RTF.format(body=body, title=title).encode("cp1252")).text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"The board did {\b not} approve it.\par It rained.\par", "The board did not approve it.\nIt rained."),
        (r"The board did {\deleted\revauthdel1 not }approve it.\par", "The board did approve it."),
        (r"Nine{\v  (hidden)} came.\par", "Nine came."),
        (r"{\f0 Nine came. \v hidden\v0  It rained.}\par", "Nine came. It rained."),
        (r"Nine came. \v hidden\plain  It rained.\par", "Nine came. It rained."),
        (r"{\f0 Nine came.\deleted  Or ten.} It rained.\par", "Nine came. It rained."),
        (r"{\rtlch\f0 \ltrch\v hidden}See C:\\v here.\par", r"See C:\v here."),
        (r"Caf\'e9 \u8364?5 \endash  \ldblquote yes\rdblquote\par", "Café €5 – “yes”"),
        (r"Smile \u-10179?\u-8704?\par", "Smile 😀"),
        (r"It sank.{\super\chftn{\footnote\pard\plain\chftn  It was built in 1967.}} It rained.\par",
         "It sank.\nIt was built in 1967. It rained."),
        (r"See {\field{\*\fldinst{HYPERLINK \"https://e.org/a\"}}{\fldrslt {the list}}}.\par", "See the list."),
        (r"\trowd\cellx100\cellx200\intbl One\cell Two\cell\row", "One|Two|"),
    ],
)  # fmt: skip
def test_it_reads_as_a_person_sees_it(tmp_path: Path, body: str, text: str) -> None:
    assert read(tmp_path, body) == text


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    article = one(
        tmp_path, "a.rtf", RTF.format(body=r"It rained on the old dock.\par", title=r"D\'e9dock").encode("cp1252")
    )
    assert (article.title, article.byline) == ("Dédock", "Ann Lee")
    assert article.published is None, "when a file was made is a guess, and no day"


def test_boxes_and_comments_are_left_out_and_told(tmp_path: Path) -> None:
    box = r"{\shp{\*\shpinst{\sp{\sn a}{\sv 1}}{\shptxt In a box.\par}}}"
    body = rf"It rained.{box}{box}{{\*\annotation Ask him.}}\par"
    article = one(tmp_path, "a.rtf", RTF.format(body=body, title="Dock").encode())
    assert article.text == "It rained." and article.warnings == ("left out: text boxes 2, comments 1",)


@pytest.mark.parametrize(
    "data", [b"", b"It is a text.", b"{\\rtf1}", b"{\\rtf1 \\u99999999999999?}", b"{\\rtf1 }}}}{{{{"]
)
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, data: bytes) -> None:
    articles, problems = read_all(tmp_path, "a.rtf", data)
    assert not articles and len(problems) == 1 and "a.rtf" in problems[0]
