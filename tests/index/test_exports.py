"""Exports of press databases, as each lays them out: whose each article is, on which day, and what of it is no news."""

import html
import json
from pathlib import Path

import docx
import pytest

from index.article import Article
from index.reading.files import read_file
from index.understanding.page import read_page
from tests.index.test_readers import one

STORIES = (
    ("Harbour gets a second crane", "The Tideway Post", "2019-05-06", "Ines Falk"),
    ("Crane firm wins on appeal", "Norrland Echo", "2019-05-09", "Tom Reber"),
)
WORDS = (
    "The harbour gets a second crane in June. It lifts ninety tonnes.",
    "The court sided with the firm on Wednesday.",
)
LEXIS = """

Download Request: Selected Items: 1-2
Time Of Request: Friday, May 10, 2019  16:51:31

Terms: (crane and harbour)


                               1 of 2 DOCUMENTS



                              The Tideway Post

                              May 6, 2019 Monday
                                 Late Edition

Harbour gets a second crane

BYLINE: Ines Falk

SECTION: HARBOUR; Pg. 6

LENGTH: 355 words

The harbour gets a second crane in June. It lifts ninety tonnes.

LOAD-DATE: May 7, 2019

LANGUAGE: ENGLISH

SUBJECT: CRANES (92%); HARBOURS (90%);
COURTS (71%)

                       Copyright 2019 Tideway Press
                           All Rights Reserved

                               2 of 2 DOCUMENTS



                                Norrland Echo

                             May 9, 2019 Thursday

Crane firm wins on appeal

BYLINE: Tom Reber

LENGTH: 40 words

HIGHLIGHT: A quarrel of nine years ends.

The court sided with the firm on Wednesday.

LOAD-DATE: May 9, 2019
"""
NEXIS_UNI = """User Name: Desk Three
Date and Time: Friday, May 10, 2019 4:51:00 PM CEST
Job Number: 881234
Documents (2)
1. Harbour gets a second crane
Client/Matter: -None-
Search Terms: crane
2. Crane firm wins on appeal
Client/Matter: -None-
About LexisNexis | Privacy Policy | Terms & Conditions | Copyright © 2019 LexisNexis
Harbour gets a second crane
The Tideway Post
May 6, 2019 Monday
Late Edition
Copyright 2019 Tideway Press All Rights Reserved
Section: HARBOUR; Pg. 6
Length: 355 words
Byline: Ines Falk
Body
The harbour gets a second crane in June. It lifts ninety tonnes.
Load-Date: May 7, 2019
End of Document
Crane firm wins on appeal
Norrland Echo
May 9, 2019 Thursday
Length: 40 words
Byline: Tom Reber
Highlight: A quarrel of nine years ends.
Body
The court sided with the firm on Wednesday.
Load-Date: May 9, 2019
End of Document
"""
FACTIVA = """Harbour gets a second crane

By Ines Falk
355 words
6 May 2019
The Tideway Post
TIDEWP
6
English
(c) 2019 Tideway Press

The harbour gets a second crane in June. It lifts ninety tonnes.

Document TIDEWP0020190507ef5600012

Crane firm wins on appeal

Tom Reber
40 words
9 May 2019
07:30
Norrland Echo
NORREC
English
Copyright 2019, Norrland Echo

The court sided with the firm on Wednesday.

Document NORREC0020190509ef590000x
"""
FACTIVA_CODES = """SE Harbour
HD Harbour gets a second crane
BY By Ines Falk
WC 355 words
PD 6 May 2019
SN The Tideway Post
SC TIDEWP
LA English
CY (c) 2019 Tideway Press
LP
The harbour gets a second crane in June. It lifts ninety tonnes.
NS gcat : Political/General News
AN Document TIDEWP0020190507ef5600012

HD Crane firm wins on appeal
BY Tom Reber
WC 40 words
PD 9 May 2019
SN Norrland Echo
LP The court sided with the firm on Wednesday.
AN Document NORREC0020190509ef590000x
"""
RULE = "_" * 60
PROQUEST = f"""{RULE}

Report Information from ProQuest
10 May 2019 16:51
{RULE}

Document 1 of 2

Harbour gets a second crane

Author: Ines Falk

Publication info: The Tideway Post ; Tideway [Tideway]06 May 2019: 6.

Abstract: The harbour gets a second crane.

Full text: The harbour gets a second crane in June. It lifts ninety tonnes.

Subject: Cranes; Harbours
Title: Harbour gets a second crane
Publication title: The Tideway Post; Tideway
Publication date: May 6, 2019
Document URL: https://search.proquest.example/docview/1
ProQuest document ID: 2220000001
Database: Newsstream

{RULE}

Document 2 of 2

Crane firm wins on appeal

Author: Reber, Tom

Full text: The court sided with the firm on Wednesday.

Title: Crane firm wins on appeal
Publication title: Norrland Echo
Publication date: May 9, 2019
ProQuest document ID: 2220000002

{RULE}

Contact us at: https://support.proquest.example
"""
LAID_OUT = {
    "lexis": LEXIS,
    "nexis-uni": NEXIS_UNI,
    "factiva": FACTIVA,
    "factiva-codes": FACTIVA_CODES,
    "proquest": PROQUEST.replace("Reber, Tom", "Tom Reber"),
}


def told(article: Article) -> list[tuple[str | None, ...]]:
    return [(story.title, story.source, story.published, story.byline) for story in article.sections]


def news(article: Article) -> str:
    return " ".join(article.words(0, len(article.text)).split())


@pytest.mark.parametrize("text", LAID_OUT.values(), ids=LAID_OUT)
@pytest.mark.parametrize("spaced", [True, False], ids=["as saved", "windows lines"])
def test_each_article_of_an_export_is_its_own_outlets(tmp_path: Path, text: str, spaced: bool) -> None:
    article = one(tmp_path, "export.txt", (text if spaced else text.replace("\n", "\r\n")).encode())
    assert told(article) == list(STORIES)
    assert (article.title, article.source, article.published, article.byline) == ("export", None, None, None)
    for story, words in zip(article.sections, WORDS, strict=True):
        assert article.section_at(article.text.index(words)) == story
        assert words in article.words(0, len(article.text))
    for label in ("BYLINE", "LENGTH", "Load-Date", "LOAD-DATE", "Document", "Body\n", "ProQuest", "Terms", "DOCUMENTS"):
        assert label not in article.words(0, len(article.text))


@pytest.mark.parametrize("name", ["nexis-uni", "factiva", "lexis"])
def test_an_export_in_word_is_read_as_one_in_text(tmp_path: Path, name: str) -> None:
    document = docx.Document()
    for line in LAID_OUT[name].splitlines():
        heading = line == STORIES[0][0]
        document.add_paragraph(line.strip(), style="Heading 1" if heading else None)
    document.core_properties.author = "Dana Saver"
    document.save(str(tmp_path / "export.docx"))
    [article] = read_file(tmp_path / "export.docx", "export")
    assert isinstance(article, Article) and told(article) == list(STORIES)
    assert (article.title, article.byline, article.published) == ("export", None, None)


def test_a_headline_that_is_set_to_a_width_is_one(tmp_path: Path) -> None:
    long = "Harbour gets a second crane that lifts ninety tonnes and\nreaches across both basins"
    article = one(tmp_path, "e.txt", LEXIS.replace(STORIES[0][0], long).encode())
    assert article.sections[0].title == long.replace("\n", " ")


def test_exports_that_were_put_together_are_told_apart(tmp_path: Path) -> None:
    edition = " " * 34 + "Edition 1;\n" + " " * 35 + "Highlands\n"
    held = LEXIS.replace("2 of 2 DOCUMENTS", "8 of 383 DOCUMENTS").replace(" " * 33 + "Late Edition\n", edition)
    assert held.count("8 of 383") == held.count("Highlands") == 1
    article = one(tmp_path, "e.txt", held.encode())
    assert told(article) == list(STORIES)


def test_an_export_of_one_article_is_that_article(tmp_path: Path) -> None:
    text = NEXIS_UNI[: NEXIS_UNI.index("Crane firm wins on appeal\nNorr")]
    article = one(tmp_path, "export.txt", text.encode())
    assert (article.title, article.source, article.published, article.byline) == STORIES[0]
    assert not article.sections and "Job Number" not in news(article)
    assert {(origin.where, origin.sure) for origin in article.origins if origin.field == "source"} == {
        ("press database", "sure")
    }


@pytest.mark.parametrize("text", [LEXIS, NEXIS_UNI], ids=["lexis", "nexis-uni"])
def test_what_an_article_does_not_say_is_nobodys(tmp_path: Path, text: str) -> None:
    cut = text.replace("Norrland Echo", "").replace("May 9, 2019 Thursday", "").replace("BYLINE: Tom Reber", "")
    article = one(tmp_path, "e.txt", cut.replace("Byline: Tom Reber\n", "").encode())
    assert told(article)[0] == STORIES[0]
    assert told(article)[1][1:] == (None, None, None)


def test_what_proquest_has_only_the_abstract_of_is_its_abstract(tmp_path: Path) -> None:
    text = PROQUEST.replace("Full text: The court", "Abstract: The court")
    assert WORDS[1] in news(one(tmp_path, "e.txt", text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "How it went\n\nThis is document 1 of 3 documents. It rained.\n\nEnd of Document\n",
        "He read 2 of 3 documents.\n2 of 3 documents\nIt rained on Monday.\n",
        "Full text: the bill\n\nThe full text: it rained, says a document.\n",
    ],
)
def test_a_text_that_speaks_of_documents_is_no_export(text: str) -> None:
    assert not read_page(text).export


# In rich text, as a web page, as a table


def rich(text: str) -> bytes:
    """A text as a press database saves it in RTF: a paragraph a line, its headlines links, one word struck out."""
    lines = []
    for line in text.splitlines():
        words = "".join(c if c.isascii() else f"\\u{ord(c)}?" for c in line.strip())
        if line in (STORIES[0][0], STORIES[1][0]):
            link = f'{{\\*\\fldinst{{HYPERLINK "https://database.example/{len(lines)}"}}}}'
            words = f"{{\\field{link}{{\\fldrslt {{\\b {words}}}}}}}"
        lines.append(words)
    body = "\\par\n".join(lines)
    head = "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}{\\info{\\author Dana Saver}}"
    return f"{head}{body}\\par}}".encode()


def as_page(text: str) -> bytes:
    """A text as a web page: a block a line, Factiva's codes in cells."""
    blocks = []
    for line in text.splitlines():
        code, _, rest = line.partition(" ")
        in_cells = text is FACTIVA_CODES and len(code) == 2 and code.isupper()
        words = html.escape(line.strip())
        blocks.append(
            f"<tr><td><b>{code}</b></td><td>{html.escape(rest)}</td></tr>" if in_cells else f"<div><p>{words}</p></div>"
        )
    return f"<html><head><title>Delivery</title></head><body><table>{''.join(blocks)}</table></body></html>".encode()


@pytest.mark.parametrize("name", LAID_OUT)
@pytest.mark.parametrize("kind", ["rtf", "html"])
def test_an_export_in_another_form_is_read_as_one_in_text(tmp_path: Path, name: str, kind: str) -> None:
    data = rich(LAID_OUT[name]) if kind == "rtf" else as_page(LAID_OUT[name])
    article = one(tmp_path, f"export.{kind}", data)
    assert told(article) == list(STORIES)
    assert (article.title, article.source, article.published, article.byline) == ("export", None, None, None)
    for story, words in zip(article.sections, WORDS, strict=True):
        assert article.section_at(article.text.index(words)) == story
    assert "https://database" not in article.text


@pytest.mark.parametrize("name", LAID_OUT)
def test_each_article_has_the_section_and_the_length_that_its_database_tells(tmp_path: Path, name: str) -> None:
    text = LAID_OUT[name].replace("Publication date: May 6, 2019", "Section: Harbour\nPublication date: May 6, 2019")
    article = one(tmp_path, "export.txt", text.encode())
    first, second = article.sections
    if name == "factiva":
        assert first.desk is None, "its lines have no label for it"
    else:
        assert (first.desk or "").casefold().startswith("harbour") and second.desk is None
    if name != "proquest":  # whose exports seldom say it
        assert (first.length, second.length) == (355, 40)


def test_a_story_that_lacks_most_of_its_words_carries_a_warning(tmp_path: Path) -> None:
    (tmp_path / "export.txt").write_text(LEXIS)
    [article] = read_file(tmp_path / "export.txt", "export")
    assert isinstance(article, Article)
    words = len(article.words(article.sections[0].start, article.sections[1].start).split())
    assert f"“{STORIES[0][0]}” has {words} of the 355 words that its database tells" in article.warnings
    whole = LEXIS.replace("355 words", f"{words} words").replace("40 words", "12 words")
    (tmp_path / "export.txt").write_text(whole)
    [article] = read_file(tmp_path / "export.txt", "export")
    assert isinstance(article, Article) and article.warnings == ()


@pytest.mark.parametrize(
    "columns",
    [
        "AN,title,source_name,publication_date,byline,section,word_count,body",
        "StoreId,Title,pubtitle,pubdate,Authors,Section,Length,FullText",
        "ID,Headline,Newspaper,Date,Author,Section,Length,Article",
    ],
)
def test_a_table_of_a_press_database_is_an_article_a_row(tmp_path: Path, columns: str) -> None:
    row = [
        "n1",
        STORIES[0][0],
        STORIES[0][1],
        "May 6, 2019 Monday",
        STORIES[0][3],
        "HARBOUR; Pg. 6",
        "12 words",
        WORDS[0],
    ]
    held = columns + "\n" + ",".join(f'"{cell}"' for cell in row) + "\n"
    article = one(tmp_path, "export.csv", held.encode())
    assert (article.id, article.title, article.source, article.published, article.byline) == ("n1", *STORIES[0])
    assert (article.text, article.desk, article.length) == (WORDS[0], "HARBOUR; Pg. 6", 12)
    names = columns.split(",")
    article = one(tmp_path, "export.jsonl", json.dumps(dict(zip(names, row, strict=True)) | {names[6]: 12}).encode())
    assert (article.title, article.source, article.desk, article.length) == (*STORIES[0][:2], "HARBOUR; Pg. 6", 12)


def test_a_page_that_speaks_of_documents_is_no_export(tmp_path: Path) -> None:
    story = "".join(
        f"<p>{words} The clerk laid 2 of 3 documents before the court, and LexisNexis has them.</p>" for words in WORDS
    )
    article = one(tmp_path, "a.html", f"<html><body><article><h1>Crane</h1>{story}</article></body></html>".encode())
    assert WORDS[0] in article.text and not article.sections and article.title == "Crane"
