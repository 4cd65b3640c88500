"""Citations for a bibliography: what others' readers read back is what was cited, whatever a headline holds."""

import json
import re
from typing import Any

import bibtexparser
import pytest
import rispy
from hypothesis import example, given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from qa.answer import Citation
from qa.bibliography import STYLES, authors, write_bibliography

URL = "https://e.org/a_b?x=1&y=%20{z}"
HOSTILE = (
    "100% of {braces} & \\commands #1 ~^$_",
    "}\n}\n@article{own, title={x}}\nER  - \nTY  - BOOK\n",
    '"], "id": 1, \\u202e\u202e right to left',
    "@string{a = {b}} @comment{x",
    "Wärme “draußen” — 東京",
)


def cited(
    number: int = 1, title: str | None = "Oil rises", source: str | None = "AFP", start: int = 5, **more: Any
) -> Citation:
    quote = more.get("quote", "The price rose.")
    return Citation(
        number,
        more.get("article_id", "economy/oil"),
        title,
        source,
        more.get("published", "2020-01-04T23:30:00-05:00"),
        more.get("url", "https://e.org/1"),
        start,
        start + len(quote),
        quote,
    )


def byline(_: Citation) -> str:
    return "By Ann Lee and Bo Díaz in Brenmouth"


def one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def bibtex(text: str) -> list[dict[str, str]]:
    """The entries as a reader of others has them, LaTeX as text."""
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks and len(library.blocks) == len(library.entries)
    known = get_default_latex_context_db()
    signs = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^"}  # which it lacks, or has as an accent
    known.add_context_category("signs", [MacroTextSpec(*sign) for sign in signs.items()], prepend=True)
    plain = LatexNodes2Text(latex_context=known)
    return [
        {"type": entry.entry_type, "key": entry.key}
        | {
            field.key: str(field.value) if field.key in ("url", "month") else plain.latex_to_text(str(field.value))
            for field in entry.fields
        }
        for entry in library.entries
    ]


def test_bibtex_is_read_back() -> None:
    [entry] = bibtex(write_bibliography([cited()], "bibtex", byline))
    assert entry == {
        "type": "article",
        "key": "afp-2020-01-04-oil-rises",
        "author": "Ann Lee and Bo Díaz",
        "title": "Oil rises",
        "journal": "AFP",
        "date": "2020-01-04",
        "year": "2020",
        "month": "jan",
        "url": "https://e.org/1",
        "annote": "“The price rose.” (economy/oil 5:20)",
    }


def test_ris_is_read_back() -> None:
    [entry] = rispy.loads(write_bibliography([cited()], "ris", byline))
    assert entry == {
        "type_of_reference": "NEWS",
        "id": "afp-2020-01-04-oil-rises",
        "authors": ["Ann Lee", "Bo Díaz"],
        "title": "Oil rises",
        "secondary_title": "AFP",
        "year": "2020",
        "date": "2020/01/04",
        "urls": ["https://e.org/1"],
        "notes": ["“The price rose.” (economy/oil 5:20)"],
    }


def test_csl_json_is_read_back() -> None:
    [entry] = json.loads(write_bibliography([cited()], "csl-json", byline))
    assert entry == {
        "id": "afp-2020-01-04-oil-rises",
        "type": "article-newspaper",
        "title": "Oil rises",
        "author": [{"literal": "Ann Lee"}, {"literal": "Bo Díaz"}],
        "container-title": "AFP",
        "issued": {"date-parts": [[2020, 1, 4]]},
        "URL": "https://e.org/1",
        "note": "“The price rose.” (economy/oil 5:20)",
    }


def test_footnotes_have_the_numbers_of_the_answer_a_line_each() -> None:
    text = write_bibliography([cited(), cited(2, None, None, published=None, url="file:///a")], "footnote", byline)
    assert text.splitlines() == [
        "[1] Ann Lee, Bo Díaz, “Oil rises”, AFP, 4 January 2020, https://e.org/1: “The price rose.” (economy/oil 5:20)",
        "[2] Ann Lee, Bo Díaz: “The price rose.” (economy/oil 5:20)",
    ]


def test_a_story_cited_twice_is_one_entry_and_two_stories_have_two_keys() -> None:
    citations = [cited(), cited(2, start=40), cited(3, article_id="later")]
    for style, count in (("bibtex", bibtex), ("ris", rispy.loads), ("csl-json", json.loads)):
        first, second = count(write_bibliography(citations, style))  # type: ignore[operator, arg-type]
        note = str(first.get("annote") or first.get("notes") or first.get("note"))
        assert "economy/oil 5:20" in note and "economy/oil 40:55" in note
        keys = [entry.get("key") or entry.get("id") for entry in (first, second)]
        assert keys == ["afp-2020-01-04-oil-rises", "afp-2020-01-04-oil-rises-2"]


def test_what_is_not_known_is_left_out() -> None:
    unknown = cited(title=None, source=None, published=None, url="javascript:alert(1)")
    [entry] = bibtex(write_bibliography([unknown], "bibtex"))
    assert set(entry) == {"type", "key", "title", "annote"} and entry["type"] == "misc"
    assert entry["title"] == "economy/oil"
    [entry] = rispy.loads(write_bibliography([unknown], "ris"))
    assert set(entry) == {"type_of_reference", "id", "title", "notes"}
    [entry] = json.loads(write_bibliography([unknown], "csl-json"))
    assert set(entry) == {"id", "type", "title", "note"}
    assert [write_bibliography([], style) for style in STYLES] == [""] * len(STYLES)


def test_an_address_breaks_no_entry() -> None:
    [entry] = bibtex(write_bibliography([cited(url=URL)], "bibtex"))
    assert entry["url"] == "https://e.org/a_b?x=1&y=%20%7Bz%7D"
    [entry] = rispy.loads(write_bibliography([cited(url=URL)], "ris"))
    assert entry["urls"] == [URL]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_words_of_an_article_make_an_entry_or_a_field(words: str) -> None:
    made = [cited(title=words, source=words, quote=words, article_id=words)]
    meant = one_line(words)
    [entry] = bibtex(write_bibliography(made, "bibtex", lambda _: words))
    assert (entry["title"], entry["journal"]) == (meant, meant)
    assert re.fullmatch(r"[a-z0-9-]+", entry["key"]) and entry["annote"].startswith(f"“{meant}”")
    [entry] = rispy.loads(write_bibliography(made, "ris", lambda _: words))
    assert (entry["title"], entry["secondary_title"], entry["type_of_reference"]) == (meant, meant, "NEWS")
    [entry] = json.loads(write_bibliography(made, "csl-json", lambda _: words))
    assert (entry["title"], entry["container-title"]) == (meant, meant)
    assert len(write_bibliography(made, "footnote", lambda _: words).splitlines()) == 1


@given(st.text(min_size=1, max_size=60))
@example("\\{")
def test_braces_stay_in_balance_and_lines_apart(words: str) -> None:
    made = [cited(title=words, source=words, quote=words)]
    text = write_bibliography(made, "bibtex", lambda _: words)
    assert text.count("{") == text.count("}") and text.startswith("@") and text.endswith("\n}")
    assert len(re.findall(r"(?m)^@", text)) == 1 and len(bibtexparser.parse_string(text).entries) == 1
    tags = [line[:6] for line in write_bibliography(made, "ris", lambda _: words).splitlines()]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - ", tag) for tag in tags) and tags.count("TY  - ") == 1


def test_names_in_a_byline() -> None:
    assert authors(None) == authors("By ") == ()
    assert authors("Nell Abbott and Tidewater staff") == ("Nell Abbott", "Tidewater staff")
    assert authors("A. Lee; B. Lee & C. Lee") == ("A. Lee", "B. Lee", "C. Lee")
    assert authors("Lee, Ann") == ("Lee, Ann",), "which is the family's name is not guessed"
