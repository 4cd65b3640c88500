"""Web pages, mails, PDF, Word, tables, feeds and agency XML: what is extracted, known and refused."""

import random
from collections.abc import Callable
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.article import Article, ArticleError, Origin, Original
from index.reading.charset import guess_charset
from index.reading.files import READERS, Problem, kind_of, read_file
from index.reading.formats.mail import MOST_ATTACHMENTS
from index.reading.formats.text import LARGEST_ARTICLE
from index.reading.metadata import follows, iso_date
from index.reading.recogniser import can_recognise
from index.reading.unwrap import join_lines
from tests.conftest import write_files

FIRST = "The bridge over the river Lune was opened on Saturday by the mayor of the town, who had planned it."
SECOND = "It is the third bridge in ten years, and the first that carries a railway line beside the road."
JSON_LD = """{"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "name": "No"},
{"@type": ["NewsArticle"], "headline": "Bridge opens &amp; stays open", 
"datePublished": "2020-01-04T10:00:00.123Z", "dateModified":
"2020-01-05T08:00:00Z", "author": [{"@type": "Person", "name": "By Ann Writer"}, {"name": "Bo Editor"}], "publisher":
{"name": "Meridian Wire"}, "dateline": "LANCASTER", "sourceOrganization": {"name": "Northgate Agency"}}]}"""


def page(head: str = "", *, lang: str = "", body: str = "") -> str:
    return (
        f"<!DOCTYPE html><html{lang and f' lang={lang}'}><head>{head}</head><body><nav><a href=/>Home</a>"
        f" <a href=/n>News</a></nav><article><h1>Bridge opens</h1><p>{FIRST}</p><p>{SECOND}</p>{body}</article>"
        "<footer>All rights reserved.</footer></body></html>"
    )


def read(tmp_path: Path, name: str, content: str | bytes) -> tuple[list[Article], list[str]]:
    """Articles and problems of one file, the folder left out of the sentences."""
    write_files(tmp_path, {name: content})
    items = list(read_file(tmp_path / name, name[: -len(kind_of(Path(name)))]))
    problems = [item.sentence.replace(f"{tmp_path}/", "") for item in items if isinstance(item, Problem)]
    return [item for item in items if isinstance(item, Article)], problems


def one(tmp_path: Path, name: str, content: str | bytes) -> Article:
    [article], problems = read(tmp_path, name, content)
    assert not problems
    return article


def origin(article: Article, field: str) -> tuple[str, str]:
    [found] = [(origin.where, origin.sure) for origin in article.origins if origin.field == field]
    return found


def parts(article: Article) -> tuple[str | None, ...]:
    return article.title, article.source, article.published, article.byline


# Web pages


def test_a_page_is_its_article_alone_a_paragraph_a_line(tmp_path: Path) -> None:
    article = one(tmp_path, "a.html", page())
    assert article.text == f"{FIRST}\n{SECOND}"
    assert (article.title, article.language) == ("Bridge opens", "en")
    assert origin(article, "title") == ("text", "likely") and origin(article, "language") == ("text", "likely")


def test_a_comment_in_a_paragraph_does_not_end_it(tmp_path: Path) -> None:
    article = one(tmp_path, "a.html", page(body=f"<p>{FIRST[:40]}<!-- advert -->{FIRST[40:]} Again.</p>"))
    assert article.text == f"{FIRST}\n{SECOND}\n{FIRST} Again."


def test_json_ld_says_most(tmp_path: Path) -> None:
    head = '<link rel=canonical href="/2020/bridge"><base href="https://news.example.org/">'
    head += '<script type="application/ld+json">'
    article = one(tmp_path, "a.html", page(f"{head}{JSON_LD}</script>", lang="en-GB"))
    assert parts(article) == (
        "Bridge opens & stays open", "Meridian Wire", "2020-01-04T10:00:00+00:00", "Ann Writer, Bo Editor",
    )  # fmt: skip
    assert (article.updated, article.place, article.agency) == (
        "2020-01-05T08:00:00+00:00",
        "LANCASTER",
        "Northgate Agency",
    )
    assert (article.url, article.language) == ("https://news.example.org/2020/bridge", "en")
    filled = {"title", "source", "published", "updated", "byline", "place", "agency", "url", "language"}
    assert {origin.field for origin in article.origins} == filled
    assert origin(article, "published") == ("JSON-LD", "sure") and origin(article, "url") == ("metadata", "sure")


def test_meta_tags_say_it_too(tmp_path: Path) -> None:
    head = (
        '<meta property="og:site_name" content="Meridian"><meta property="og:title" content="Opened – Meridian">'
        '<meta property="article:published_time" content="2020-01-04"><meta name="author" content="Ann Writer">'
        '<meta property="article:modified_time" content="2020-01-03"><meta property="og:url" content="https://e.org/a">'
    )
    article = one(tmp_path, "a.htm", page(head))
    assert parts(article) == ("Opened", "Meridian", "2020-01-04", "Ann Writer")
    assert article.url == "https://e.org/a" and article.updated is None  # no update is older than what it updates


@pytest.mark.parametrize("title", ["Bridge opens | MW | 04.01.2020", "Bridge opens – News", "Bridge opens"])
def test_a_title_in_the_tags_is_the_headline_without_what_stands_behind_it(tmp_path: Path, title: str) -> None:
    assert one(tmp_path, "a.html", page(f'<meta property="og:title" content="{title}">')).title == "Bridge opens"


def test_a_headline_that_only_begins_alike_is_another(tmp_path: Path) -> None:
    found = one(tmp_path, "a.html", page('<meta property="og:title" content="Bridge opens late">'))
    assert found.title == "Bridge opens late"


def test_a_headline_of_the_site_is_not_the_storys(tmp_path: Path) -> None:
    site = page("<title>Bridge over the Lune opens | Ada</title>").replace("<h1>Bridge opens", "<h1>Hi, I am Ada Lund")
    assert one(tmp_path, "a.html", site).title == "Bridge over the Lune opens | Ada"
    twice = page('<meta property="og:title" content="Bridge opens | Ann Writer">', body="<h1>Bridge opens</h1>")
    assert one(tmp_path, "a.html", twice).title == "Bridge opens"


def test_a_day_with_strokes_that_is_two_days_is_not_told(tmp_path: Path) -> None:
    told = one(tmp_path, "a.html", page('<meta name="publish_date" content="05/08/2014 07:01:00">'))
    assert told.published is None
    told = one(tmp_path, "a.html", page('<meta name="publish_date" content="25/08/2014 07:01:00">'))
    assert told.published == "2014-08-25"


def test_the_one_time_of_a_page_is_its_day(tmp_path: Path) -> None:
    when = "<time datetime='2019-11-19T10:36:00.000Z'>1 day ago</time>"
    told = one(
        tmp_path, "a.html", page(body=f"{when}<p>Published 18 November 2019 in the bulletin of the road office.</p>")
    )
    assert (told.published or "")[:10] == "2019-11-19" and origin(told, "published") == ("text", "likely")


def test_tables_that_lay_out_a_page_leave_no_strokes(tmp_path: Path) -> None:
    body = (
        f"<table><tr><td></td><td>{FIRST}</td><td></td></tr></table><table><tr><td>Town</td><td>Hours</td></tr></table>"
    )
    source = f"<html><body><table><tr><td><h1>Bridge</h1></td></tr></table>{body}<p>{SECOND}</p></body></html>"
    assert FIRST in one(tmp_path, "a.html", source).text.split("\n")


def test_rows_of_a_table_are_no_stories(tmp_path: Path) -> None:
    rows = [f"| Rath, Ada {n} | Heimick | 0{n}.09.1907 | 08.07.1941 |" for n in range(1, 8)]
    text = "\n".join([f"{row}\n{FIRST}" for row in rows])
    assert one(tmp_path, "a.txt", f"Graves of Heimick\n\n{SECOND}\n{text}\n").sections == ()


def test_a_mail_that_was_saved_as_text_has_no_label_for_a_headline(tmp_path: Path) -> None:
    head = "Date: Fri, 26 Sep 2025 10:18:40 -0700\nMIME-Version: 1.0 of the program\nBridge opens to cars\n"
    assert one(tmp_path, "a.txt", f"{head}\n{FIRST}\n").title == "Bridge opens to cars"


def test_of_two_names_alone_neither_is_writer_or_outlet(tmp_path: Path) -> None:
    article = one(tmp_path, "a.txt", "Northgate Hall\nMeridian House\n")
    assert (article.byline, article.source) == (None, None)
    article = one(tmp_path, "a.txt", f"Ann Writer\nMeridian Wire\n\n{FIRST}\n")
    assert (article.byline, article.source) == ("Ann Writer", "Meridian Wire")


@pytest.mark.parametrize("name", ["微软用户", "Microsoft Office User", "Administrator", "user"])
def test_what_programs_call_an_unknown_author_is_nobody(tmp_path: Path, name: str) -> None:
    told = "".join(f"\\u{ord(letter)}?" for letter in name)
    assert one(tmp_path, "a.rtf", f"{{\\rtf1{{\\info{{\\author {told}}}}}{FIRST}}}").byline is None


def test_without_tags_address_and_text_are_asked(tmp_path: Path) -> None:
    head = '<link rel="canonical" href="https://www.e.org/a">'
    article = one(tmp_path, "a.xhtml", page(head, body='<p class="byline">By Ann Writer | 4 January 2020</p>'))
    assert (article.source, origin(article, "source")) == ("e.org", ("address", "guess"))
    assert (article.byline, origin(article, "byline")) == ("Ann Writer", ("text", "guess"))
    assert (article.published, origin(article, "published")) == ("2020-01-04", ("text", "likely"))


@pytest.mark.parametrize(
    "head",
    [
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": </script>',
        f'<script type="application/ld+json">{"[" * 100_000}</script>',
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": 7, "author": {"name": null}}</script>',
        '<meta property="article:published_time" content="yesterday"><meta name="date" content="0001-01-01T00:00:00">',
        '<link rel="canonical" href="javascript:alert(1)"><meta property="og:url" content="http://[">',
    ],
)
def test_broken_metadata_says_nothing(tmp_path: Path, head: str) -> None:
    article = one(tmp_path, "a.html", page(head))
    assert parts(article) == ("Bridge opens", None, None, None) and article.url is None


ACCENTS = "Le président a déclaré à Genève que les négociations reprendraient après l’été, malgré la grève générale."
CYRILLIC = "Президент заявил в пятницу, что переговоры будут продолжены на следующей неделе в столице страны."


@pytest.mark.parametrize(
    ("text", "declared", "true"),
    [
        (ACCENTS, "iso-8859-1", "utf-8"),
        (ACCENTS, "utf-8", "windows-1252"),
        (ACCENTS, "iso-8859-1", "windows-1252"),
        (ACCENTS, "", "windows-1252"),
        (ACCENTS, "no-such-charset", "utf-8"),
        (ACCENTS, "utf-16", "utf-8"),
        (CYRILLIC, "iso-8859-1", "windows-1251"),
        (CYRILLIC, "windows-1251", "utf-8"),
        (CYRILLIC, "utf-8", "koi8-r"),
        (CYRILLIC, "windows-1251", "windows-1251"),
        (
            "大統領は金曜日に、来週も協議を続けると述べた。野党は政府の対応を批判している。",
            "iso-2022-jp",
            "iso-2022-jp",
        ),
        ("大統領は金曜日に、来週も協議を続けると述べた。野党は政府の対応を批判している。", "", "shift_jis"),
        (ACCENTS, "", "utf-16"),
        (ACCENTS, "iso-8859-1", "utf-8-sig"),
    ],
)
def test_a_wrong_charset_comes_out_right(tmp_path: Path, text: str, declared: str, true: str) -> None:
    source = (
        f"<html><head><meta charset={declared}><title>A</title></head><body><p>{text}</p><p>{text}</p></body></html>"
    )
    assert text in one(tmp_path, "a.html", source.encode(true)).text


def test_a_page_cut_within_a_letter_is_read(tmp_path: Path) -> None:
    source = f"<meta charset=utf-8><title>A</title><p>{ACCENTS}<p>{ACCENTS} é".encode()
    article = one(tmp_path, "a.html", source[:-1])
    assert ACCENTS in article.text


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.html", b"", "is empty; it is left out"),
        ("a.html", b" \r\n ", "is empty; it is left out"),
        ("a.html", b"%PDF-1.4\n", "is a PDF, not a web page; give it its own suffix and index again"),
        ("a.html", b"\x89PNG", "is a picture, not a web page; give it its own suffix and index again"),
        ("a.html", b"<p>a\0b</p>", "holds NUL characters, so it is not a web page; it is left out"),
        ("a.html", b"<body><script>x</script></body>", "no article was found on this page; it is left out"),
        ("a.html", b"<div>" * 100_000 + b"deep", "nested deeper than 250 elements; it is left out"),
        ("a.html", b"<p>caf\xe9</p>", "not UTF-8, and its charset cannot be told; save it as UTF-8 and index again"),
    ],
)  # fmt: skip
def test_what_is_no_page_is_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    assert read(tmp_path, name, content) == ([], [f"{name}: {sentence}"])


def test_what_stands_above_the_depth_is_kept(tmp_path: Path) -> None:
    [article], problems = read(tmp_path, "a.html", page(body="<div>" * 100_000 + "deep"))
    assert article.text == f"{FIRST}\n{SECOND}"
    assert problems == ["a.html: nested deeper than 250 elements; what lies deeper is left out"]


def test_a_page_larger_than_an_article_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.html").open("wb") as file:
        file.truncate(LARGEST_ARTICLE + 1)
    [problem] = read_file(tmp_path / "a.html", "a")
    assert isinstance(problem, Problem) and "20 MB is more than one article holds" in problem.sentence


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", page('<meta name=author content="Ann Writer &lt;ann@e.org&gt;">')),
        ("a.html", page(body='<p class="byline">By Ann Writer ann@e.org</p>')),
        ("a.md", f"---\nauthor: ann@e.org (Ann Writer)\n---\n{FIRST}\n"),
        ("a.jsonl", f'{{"text": "{FIRST}", "author": "By Ann Writer (@annw)"}}\n'),
        ("a.csv", f'text,author\n"{FIRST}","Ann Writer, Email: ann@e.org"\n'),
        ("a.html", page("<meta name=author content='Von Ann Writer'>")),
        ("a.html", page("<meta name=author content='Par: Ann Writer'>")),
        ("a.txt", f"Bridge opens over the Lune\nBy Ann Writer, ann@e.org\n\n{FIRST}\n"),
        ("a.txt", f"Bridge opens over the Lune\nBy Ann Writer @annw | The Star | 4 January 2020\n\n{FIRST}\n"),
        ("a.rss", "<rss version='2.0'><channel><title>Star</title><item><title>Bridge</title>"
         f"<author>ann@e.org (Ann Writer)</author><description>{FIRST}</description></item></channel></rss>"),
        ("a.xml", "<nitf><body><body.head><byline>By Ann Writer [ann@e.org]</byline></body.head>"
         f"<body.content><p>{FIRST}</p></body.content></body></nitf>"),
    ],
)  # fmt: skip
def test_a_byline_is_a_name_without_the_address_beside_it(tmp_path: Path, name: str, content: str) -> None:
    assert one(tmp_path, name, content).byline == "Ann Writer"


@pytest.mark.parametrize("row", ["| Depot of the north | Tonnes of ice |", "Depot of the north\tTonnes of ice"])
def test_rows_of_a_table_above_a_text_are_no_headline(tmp_path: Path, row: str) -> None:
    text = f"{row}\n{row.replace('north', 'south')}\n\nIce shuts the harbour of Elm\n\n{FIRST}\n"
    assert one(tmp_path, "a.txt", text).title == "Ice shuts the harbour of Elm"


# Mails and saved pages


def mail(body: str = f"{FIRST}\n\n{SECOND}\n", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given_headers = {
        "From": "Ann Writer <ann@www.news.example.org>",
        "Subject": "Re: FWD: Brücke opens",
        "Date": "Sat, 04 Jan 2020 10:15:00 +0100",
    } | headers
    for name, value in given_headers.items():
        message[name] = value
    message.set_content(body)
    return message


def test_a_mail_is_its_text_under_its_header(tmp_path: Path) -> None:
    article = one(tmp_path, "a.eml", mail().as_bytes())
    assert article.text == f"{FIRST}\n{SECOND}"
    assert parts(article) == ("Brücke opens", "news.example.org", "2020-01-04T10:15:00+01:00", "Ann Writer")
    assert origin(article, "source") == ("mail header", "likely")


def test_lines_of_a_mail_are_joined_to_sentences(tmp_path: Path) -> None:
    body = "The bridge over the river was opened on Saturday by the mayor of the\ntown, who was glad.\n\n- one\n- two\n"
    assert one(tmp_path, "a.eml", mail(body).as_bytes()).text == (
        "The bridge over the river was opened on Saturday by the mayor of the town, who was glad.\n- one\n- two"
    )


def test_a_mail_in_html_alone_is_read_whole(tmp_path: Path) -> None:
    message = mail()
    message.set_content(f"<p>{FIRST}</p><ul><li>One<li>Two</ul><style>p {{}}</style>", subtype="html")
    assert one(tmp_path, "a.eml", message.as_bytes()).text == f"{FIRST}\nOne\nTwo"


def test_attachments_become_articles_of_their_own(tmp_path: Path) -> None:
    message = mail()
    message.add_attachment(page().encode(), maintype="text", subtype="html", filename="../../page.html")
    message.add_attachment(b"plain text", maintype="text", subtype="plain", filename="größe.txt")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="broken.pdf")
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="more.mhtml")
    articles, problems = read(tmp_path, "m.eml", message.as_bytes())
    assert [(article.id, article.original) for article in articles] == [
        ("m", None),
        ("m/page", "m.eml/page.html"),
        ("m/größe", "m.eml/größe.txt"),
    ]
    assert articles[1].text == f"{FIRST}\n{SECOND}" and articles[2].text == "plain text"
    [broken, folded, others] = problems
    assert broken.startswith("m.eml/broken.pdf: cannot be read as a PDF (")
    assert others == "1 members of other kinds are left alone"
    assert folded == "m.eml: more.mhtml is left out; save it as a file of its own"


def test_a_mail_is_the_same_in_any_folder(tmp_path: Path) -> None:
    message = mail()
    message.add_attachment(b"plain text", maintype="text", subtype="plain", filename="a.txt")
    assert read(tmp_path / "one", "m.eml", message.as_bytes()) == read(tmp_path / "other", "m.eml", message.as_bytes())


def test_a_mail_within_a_mail_is_anothers_word(tmp_path: Path) -> None:
    inner = mail("The inner text is here.\n", Subject="Inner", From="Bo <bo@other.example>")
    for number in range(8):
        outer = mail(f"Outer text {number} is here.\n")
        outer.add_attachment(inner)
        inner = outer
    articles, problems = read(tmp_path, "m.eml", inner.as_bytes())
    assert [article.text for article in articles] == [f"Outer text {n} is here." for n in range(7, 1, -1)]
    assert [article.id for article in articles[:3]] == ["m", "m/mail-1", "m/mail-1/mail-1"]
    assert articles[1].original == "m.eml/mail-1"
    assert problems == [f"m.eml{5 * '/mail-1'}: mail-1 is left out; save it as a file of its own"]


def test_what_a_mail_repeats_is_neither_indexed_nor_cited(tmp_path: Path) -> None:
    article = one(
        tmp_path, "m.eml", mail("It opened.\n\n> When does it\n> open?\n\n-- \nAnn Writer\nEditor\n").as_bytes()
    )
    asides = [(article.text[aside.start : aside.end], aside.what) for aside in article.asides]
    assert asides == [("> When does it\n> open?", "quoted mail"), ("--\nAnn Writer\nEditor", "signature")]


def test_a_mail_that_says_more_in_html_is_read_so(tmp_path: Path) -> None:
    message = mail("View this in your browser.\n")
    message.add_alternative(f"<p>{FIRST}</p><p>{SECOND}</p>", subtype="html")
    assert one(tmp_path, "m.eml", message.as_bytes()).text == f"{FIRST}\n{SECOND}"


@pytest.mark.slow
def test_a_thousand_attachments_are_read_up_to_a_number(tmp_path: Path) -> None:
    message = mail()
    for number in range(1000):
        message.add_attachment(f"Text {number}.".encode(), maintype="text", subtype="plain", filename=f"{number}.txt")
    articles, problems = read(tmp_path, "m.eml", message.as_bytes())
    assert len(articles) == 1 + MOST_ATTACHMENTS and articles[-1].text == "Text 99."
    assert problems == [
        "m.eml: 900 attachments are left out, for more than 100 are not read; save them as files"
    ]  # fmt: skip


def test_a_saved_page_is_read_as_the_page(tmp_path: Path) -> None:
    head = "From: <Saved by a browser>\r\nSnapshot-Content-Location: https://www.e.org/a?b=1\r\nMIME-Version: 1.0\r\n"
    head += (
        'Content-Type: multipart/related; type="text/html"; boundary="XX"\r\n\r\n--XX\r\nContent-Type: text/html\r\n'
    )
    head += "Content-Transfer-Encoding: 8bit\r\n\r\n"
    article = one(tmp_path, "a.mhtml", f"{head}{page()}\r\n--XX\r\nContent-Type: image/png\r\n\r\nx\r\n--XX--\r\n")
    assert article.text == f"{FIRST}\n{SECOND}"
    assert (article.url, article.source) == ("https://www.e.org/a?b=1", "e.org")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.eml", b"", "is empty, or no mail: it has no header; it is left out"),
        ("a.eml", b"Subject: x\n\n \n", "holds no text; it is left out"),
        ("a.mht", b"Subject: x\n\nplain", "no web page in it; it is left out"),
    ],
)
def test_what_is_no_mail_is_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    assert read(tmp_path, name, content) == ([], [f"{name}: {sentence}"])


def test_broken_headers_say_nothing(tmp_path: Path) -> None:
    source = (
        b"Subject: =?no-such?q?x?=\nFrom: @@<\nDate: soon\nContent-Type: text/plain; charset=none\n\nCaf\xe9 is closed"
    )
    article = one(tmp_path, "a.eml", source)
    assert (article.published, article.source, article.text) == (None, None, "Caf\ufffd is closed")


# PDF


def pdf(*texts: str | None, title: str = "", password: str = "") -> bytes:
    """A PDF written by hand, a page a text, lines parted by newlines; None is a page with a picture alone."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        "",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    picture = (
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
    )
    objects.append(f"{picture}\nstream\n0\nendstream")
    kids = []
    for text in texts:
        lines = "".join(f"({line}) Tj T* " for line in (text or "").split("\n"))
        content = f"BT /F1 12 Tf 14 TL 40 700 Td {lines}ET" if text is not None else "/I Do"
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
        used = "/Font << /F1 3 0 R >>" + (" /XObject << /I 4 0 R >>" if text is None else "")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << {used} >>"
            f" /Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< /Title ({title}) /Author (Ann Writer) /CreationDate (D:20200104101500Z) >>")
    data, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{len(data)}\n%%EOF"
    return bytes(data) + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode()


def test_pages_of_a_pdf_start_where_it_is_said(tmp_path: Path) -> None:
    first = "The bridge over the river Lune was opened on\nSaturday by the mayor of the town."
    article = one(tmp_path, "a.pdf", pdf(first, "", "The second page is short.", title="Bridge opens"))
    assert article.text == "The bridge over the river Lune was opened on Saturday by the mayor of the town.\n" + (
        "The second page is short.\n"
    )
    assert article.pages == (0, 80, 80) and article.text[80:].startswith("The second")
    assert parts(article) == ("Bridge opens", None, None, "Ann Writer"), "the day a file was made is not its news'"
    assert origin(article, "byline") == ("metadata", "guess") and article.language == "en"


@pytest.mark.slow
def test_pictures_in_a_pdf_are_told(tmp_path: Path) -> None:
    [article], problems = read(tmp_path, "a.pdf", pdf(None, "One page has words on it."))
    assert (article.text, article.pages) == ("One page has words on it.\n", (0, 0))
    looked = "in which no words are found" if can_recognise() else "and hold no text"
    assert problems == [f"a.pdf: 1 of 2 pages are pictures {looked}; they are left out"]
    install = "; let a text recogniser read them first, or install ours: pip install 'groundwire-slim[ocr]'"
    why = f"holds no text, its pages are pictures{' without words' if can_recognise() else install}"
    assert read(tmp_path, "a.pdf", pdf(None, None)) == ([], [f"a.pdf: {why}"])
    assert read(tmp_path, "a.pdf", pdf("")) == ([], ["a.pdf: holds no text, its pages are empty"])


def test_a_locked_pdf_is_a_sentence_and_one_without_password_is_read(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    write_files(tmp_path, {"plain.pdf": pdf("Some words.")})
    for password, found in (("secret", 0), ("", 1)):
        writer = PdfWriter(clone_from=PdfReader(tmp_path / "plain.pdf"))
        writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
        writer.write(tmp_path / "locked.pdf")
        items = list(read_file(tmp_path / "locked.pdf", "a"))
        assert [isinstance(item, Article) for item in items] == [bool(found)]
        if not found:
            assert isinstance(items[0], Problem)
            assert "locked.pdf: is locked with a password; save it without one and index again" in items[0].sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty; it is left out"),
        (page().encode(), "is no PDF, whatever its suffix says; it is left out"),
        (pdf(*["x"] * 5001), "holds more than 5,000 pages, more than is read of a PDF; cut it"),
        (pdf(*["x"] * 5001).replace(b"Count 5001", b"Count 1"),
         "holds more than 5,000 pages, more than is read of a PDF; cut it"),
        (pdf("x").replace(b"/Kids [6 0 R]", b"/Kids [2 0 R]"),
         "holds more than 5,000 pages, more than is read of a PDF; cut it"),
    ],
)  # fmt: skip
def test_what_is_no_pdf_for_us_is_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    assert read(tmp_path, "a.pdf", content) == ([], [f"a.pdf: {sentence}"])


def test_a_pdf_whose_list_of_pages_leads_nowhere_is_read(tmp_path: Path) -> None:
    whole = pdf("The bridge is open.")
    article = one(tmp_path, "a.pdf", whole.replace(b"/Kids [", b"/Kids [ 99 0 R "))
    assert article.text.strip() == "The bridge is open."


def test_a_pdf_that_is_cut_is_read_or_a_sentence(tmp_path: Path) -> None:
    whole = pdf("Some words on a page.", "Other words.")
    assert read(tmp_path, "a.pdf", whole)[1] == []
    for end in range(0, len(whole), 97):
        articles, problems = read(tmp_path, "a.pdf", whole[:end])
        assert articles or len(problems) == 1
        if articles and end < whole.rindex(b"endobj"):
            assert problems == ["a.pdf: breaks off before its end; what is left is read; copy it again"]
            assert articles[0].warnings[-1] == "breaks off before its end; some of its words may not be in the text"


@pytest.mark.parametrize("packed", [False, True])
def test_a_damaged_page_is_told(tmp_path: Path, packed: bool) -> None:
    whole = pdf("The bridge is open.\nIt was closed.\nNobody was hurt \\(at all.", "Other words.")
    if packed:
        from io import BytesIO

        from pypdf import PdfReader, PdfWriter

        writer = PdfWriter(clone_from=PdfReader(BytesIO(whole)))
        for page in writer.pages:
            page.compress_content_streams()
        writer.write(written := BytesIO())
        whole = written.getvalue()
    articles, problems = read(tmp_path, "a.pdf", whole)
    assert (len(articles), problems, articles[0].warnings) == (1, [], ())
    at = whole.index(b"stream", whole.index(b"/FlateDecode")) + 30 if packed else whole.index(b"closed")
    articles, problems = read(tmp_path, "a.pdf", whole[:at] + b"\0\xff" * 6 + whole[at + 12 :])
    assert problems == ["a.pdf: 1 of 2 pages are damaged; what is left is read; copy it again"]
    assert articles[0].warnings[-1] == "1 of 2 pages are damaged; some of its words may not be in the text"


# Word documents


def test_a_word_document_keeps_the_order_of_paragraphs_and_tables(tmp_path: Path) -> None:
    from datetime import datetime

    from docx import Document

    document = Document()
    document.add_heading("Bridge opens", 0)
    document.add_paragraph("Before  the table.\nStill before.")
    table = document.add_table(2, 3)
    for row, words in zip(table.rows, [("Bridge", "Lune", "2020"), ("Road", "A6", "")], strict=True):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word
    table.cell(1, 1).merge(table.cell(1, 2))
    document.add_paragraph("After the table.")
    about = document.core_properties
    about.author, about.title, about.created = "Ann Writer", "", datetime(2020, 1, 4, 10)
    document.save(str(tmp_path / "a.docx"))
    [article] = read_file(tmp_path / "a.docx", "a")
    assert isinstance(article, Article)
    assert article.text == "\n".join(
        ["Bridge opens", "Before the table.", "Still before.", "Bridge | Lune | 2020", "Road | A6", "After the table."]
    )
    assert (article.title, article.byline) == ("Bridge opens", "Ann Writer")
    assert article.published is None, "the day a file was made is not its news'"


@pytest.mark.parametrize("name", ["a.docx"])
def test_what_is_no_word_document_is_a_sentence(tmp_path: Path, name: str) -> None:
    import zipfile

    assert read(tmp_path, name, b"") == ([], ["a.docx: is empty; it is left out"])
    [problem] = read(tmp_path, name, page())[1]
    assert problem == "a.docx: is no Word document (.docx), or cut short; it is left out"
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"<a>" + b" " * 60_000_000)
    [item] = read_file(tmp_path / name, "a")
    assert isinstance(item, Problem) and "unpacks to 60 MB, more than is read of a Word document" in item.sentence
    with zipfile.ZipFile(tmp_path / name, "w") as packed:
        packed.writestr("word/document.xml", b"<a/>")
    [item] = read_file(tmp_path / name, "a")
    assert isinstance(item, Problem) and "cannot be read as a Word document (" in item.sentence


# Tables


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("a.csv", "id,title,text,source,published,url,byline", '7,Bridge,"Opened, at last.",Wire,2020-01-04,https://e.org/a,Ann'),
        ("a.csv", "ID;Headline;Body;Outlet;Date;Link;Author", '7;Bridge;"Opened, at last.";Wire;4 January 2020;https://e.org/a;Ann'),
        ("a.tsv", "doc_id\tHeadline\tArticle Text\tPublisher\tpubDate\tURL\tauthors", "7\tBridge\tOpened, at last.\tWire\t2020-01-04\thttps://e.org/a\tAnn"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_row_of_a_table_is_an_article(tmp_path: Path, name: str, header: str, row: str, encoding: str) -> None:
    article = one(tmp_path, name, f"{header}\r\n{row}\r\n\r\n".encode(encoding))
    assert (article.id, article.text, article.url) == ("7", "Opened, at last.", "https://e.org/a")
    assert parts(article) == ("Bridge", "Wire", "2020-01-04", "Ann")
    assert Origin("published", "column", "sure") in article.origins


def test_a_table_is_read_on_past_its_broken_rows(tmp_path: Path) -> None:
    rows = [
        "text,id,date",
        "One.,a,2020-01-04",
        ",b,",
        "Two.,a,",
        "Three.,c,soon",
        "Four,with,a,comma",
        'Five\nlines.,"d",',
    ]
    rows[-1] = '"Five\nlines.",d,'
    articles, problems = read(tmp_path, "t.csv", "\n".join([*rows, "Six."]))
    assert [(a.id, a.text, a.published) for a in articles] == [
        ("a", "One.", "2020-01-04"),
        ("a", "Two.", None),
        ("c", "Three.", None),
        ("d", "Five\nlines.", None),
        ("t/5", "Six.", None),
    ]
    assert problems == [
        "t.csv:3: holds no text; the row is left out",
        't.csv:5: "published" is "soon"; write an ISO 8601 date such as 2023-10-04',
        "t.csv:6: has 4 cells under 3 columns; quote its text, the row is left out",
    ]


def test_a_sentence_on_a_broken_row_can_be_printed(tmp_path: Path) -> None:
    articles, [problem] = read(tmp_path, "a.tsv", 'text\tid\n"One" two\ta\nThree\tb\n')
    assert problem.isprintable() and [article.text for article in articles] == ["Three"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "text\tdate\nOne.\t2022-\x9903-14\n"),
        ("a.jsonl", '{"text": "One.", "date": "2022-\\u009903-14"}\n'),
        ("a.md", '---\ndate: "2022-\\x9903-14"\n---\nOne.\n'),
    ],
)
def test_a_day_that_is_none_is_told_in_a_sentence_that_can_be_printed(tmp_path: Path, name: str, content: str) -> None:
    [_], [problem] = read(tmp_path, name, content)
    assert problem.isprintable() and '"published" is "2022-' in problem


def test_what_is_no_table_is_a_sentence(tmp_path: Path) -> None:
    columns = 'no column "text" (or body, content, article) in its first line; name the columns there'
    assert read(tmp_path, "t.csv", "a,b\n1,2\n") == ([], [f"t.csv: {columns}"])
    assert read(tmp_path, "t.csv", "") == ([], ["t.csv: is empty; it is left out"])
    unclosed = "text,id\nOne.,a\n" + '"' + "x" * (LARGEST_ARTICLE + 1)
    articles, [problem] = read(tmp_path, "t.csv", unclosed)
    assert [article.id for article in articles] == ["a"]
    assert problem.startswith("t.csv:3: cannot be read as a row of a table (field larger than field limit")
    assert problem.endswith("; the row is left out")


def test_a_table_in_another_charset_is_read(tmp_path: Path) -> None:
    [article], _ = read(tmp_path, "t.csv", f'text,id\n"{CYRILLIC}",a\n'.encode("cp1251"))
    assert article.text == CYRILLIC
    cut, _ = read(tmp_path, "t.csv", "text,id\nDéjà vu,a\nété,b".encode()[:-3])  # found by fuzzing
    assert [article.text for article in cut] == ["Déjà vu", "ét\ufffd"]
    _, [problem] = read(tmp_path, "t.csv", b"text,id\ncaf\xe9,a\n")
    assert problem == "t.csv: not UTF-8, and its charset cannot be told; save it as UTF-8 and index again"


# Agency XML and feeds

NITF = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nitf SYSTEM "nitf-3-6.dtd">
<nitf xml:lang="en-US"><head><title>No</title><docdata><date.issue norm="20200104T101500Z"/></docdata>
<pubdata name="Meridian Wire" date.publication="20200105"/></head><body><body.head>
<hedline><hl1>Bridge <em>opens</em></hl1></hedline><byline>By <person>Ann Writer</person></byline><distributor>
<org>Northgate Agency</org></distributor>
<dateline><location>LANCASTER</location></dateline></body.head><body.content><block><p>Opened&nbsp;at
last.</p><media><media-caption>A picture.</media-caption></media><p>Second <b>part</b>.</p></block>
</body.content></body></nitf>"""
ITEM = """<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="{guid}" version="2" xml:lang="en"><itemMeta>
<provider qcode="nprov:AFP"/><versionCreated>2020-01-05T10:00:00Z</versionCreated>
<firstCreated>2020-01-04T10:00:00+01:00</firstCreated>
<pubStatus qcode="stat:{status}"/></itemMeta><contentMeta><headline>Bridge opens</headline><by>By Ann Writer</by>
<located><name>Lancaster</name></located><creditline>Meridian Wire</creditline><language tag="en-GB"/></contentMeta>
<contentSet>{content}</contentSet></newsItem>"""
XHTML = """<inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head><body><p>One.</p>
<p>Two.</p>
</body></html></inlineXML>"""


def test_nitf_is_read_by_its_names(tmp_path: Path) -> None:
    article = one(tmp_path, "a.xml", NITF)
    assert article.text == "Opened at last.\nSecond part."
    assert parts(article) == ("Bridge opens", "Meridian Wire", "2020-01-04T10:15:00+00:00", "Ann Writer")
    assert (article.agency, article.place, article.language) == ("Northgate Agency", "LANCASTER", "en")
    assert {origin.where for origin in article.origins} == {"NITF"}


def test_a_news_item_is_read_by_its_names(tmp_path: Path) -> None:
    article = one(tmp_path, "a.xml", ITEM.format(guid="urn:x", status="usable", content=XHTML))
    assert (article.id, article.text) == ("a", "One.\nTwo.")
    assert parts(article) == ("Bridge opens", "Meridian Wire", "2020-01-04T10:00:00+01:00", "Ann Writer")
    assert (article.agency, article.place, article.language) == ("AFP", "Lancaster", "en")
    assert article.updated == "2020-01-05T10:00:00+00:00"


def test_a_message_holds_several_items_and_a_cancelled_one_is_none(tmp_path: Path) -> None:
    inner = "<inlineXML>" + NITF.partition("?>\n")[2].partition(">\n")[2].replace("&nbsp;", " ") + "</inlineXML>"
    items = [
        ITEM.format(guid="urn:1", status="usable", content=XHTML),
        ITEM.format(guid="urn:2", status="canceled", content=XHTML),
        ITEM.format(guid="urn:3", status="usable", content=inner),
        ITEM.format(guid="urn:4", status="usable", content="<inlineData>Plain\ntext.</inlineData>"),
        ITEM.format(guid="urn:5", status="usable", content="<remoteContent href='x'/>"),
        ITEM.format(guid="urn:1", status="usable", content=XHTML),
    ]
    source = (
        f'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>{"".join(items)}</itemSet></newsMessage>'
    )
    articles, problems = read(tmp_path, "a.xml", source)
    assert [(article.id, article.text) for article in articles] == [
        ("a/urn:1", "One.\nTwo."),
        ("a/urn:3", "Opened at last.\nSecond part."),
        ("a/urn:4", "Plain\ntext."),
        ("a/urn:1", "One.\nTwo."),
    ]
    assert problems == [
        "a.xml:2: its agency says that it is canceled; it is left out",
        "a.xml:5: holds no text; it is left out",
    ]


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Meridian Wire</title><language>en-gb</language>
<item><title>Bridge &amp;amp; road</title><link>https://e.org/a</link><guid>urn:a</guid>
<dc:creator>Ann Writer</dc:creator><pubDate>Sat, 04 Jan 2020 10:15:00 +0100</pubDate>
<description>Short.</description><content:encoded>
<![CDATA[<p>One&nbsp;long
text.</p><p>Two.</p><script>x()</script>]]></content:encoded></item>
<item><title>Teaser</title><link>https://e.org/b</link><description>Only this &lt;b&gt;teaser&lt;/b&gt;.
</description></item>
<item><title>Empty</title><link>https://e.org/c</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Meridian</title><entry><title>Bridge</title><id>urn:a</id>
<link href="https://e.org/a"/><author><name>Ann</name></author><published>2020-01-04T10:00:00+01:00</published>
<updated>2020-01-05T10:00:00+01:00</updated><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One.</p>
<p>Two.</p></div></content></entry></feed>"""


@pytest.mark.parametrize("name", ["f.rss", "f.xml", "f.atom"])
def test_entries_of_a_feed_are_articles(tmp_path: Path, name: str) -> None:
    [first, second], problems = read(tmp_path, name, RSS)
    assert first.text == "One long text.\nTwo." and second.text == "Only this teaser."
    assert parts(first) == ("Bridge & road", "Meridian Wire", "2020-01-04T10:15:00+01:00", "Ann Writer")
    assert (first.url, first.language) == ("https://e.org/a", "en")
    assert first.id.startswith("f/") and first.id != second.id
    assert problems == [f"{name}: 1 of 3 entries hold no text; they are left out"]
    article = one(tmp_path, name, ATOM)
    assert (article.text, article.updated) == ("One.\nTwo.", "2020-01-05T10:00:00+01:00")
    assert article.id == first.id  # the same guid, wherever it stands


LAUGHS = '<!DOCTYPE nitf [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise("abcdefghij")
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xml", b"", "is empty; it is left out"),
        ("a.xml", b"no XML", "is no XML; it is left out"),
        ("a.xml", b"%PDF-1.4", "is a PDF, not an XML file; give it its own suffix and index again"),
        ("a.xml", b"<a/>", "its root element is <a>; what is read is NITF, NewsML-G2, RSS and Atom"),
        ("a.xml", b"<nitf/>", "holds no text; it is left out"),
        ("a.xml", f"{LAUGHS}<nitf><body.content><p>&j;</p></body.content></nitf>".encode(),
         "declares entities, which are never expanded; it is left out"),
        ("a.rss", f"{LAUGHS.replace('nitf', 'rss')}{RSS}".encode("utf-16"),
         "declares entities, which are never expanded; it is left out"),
        ("a.xml", b'<!DOCTYPE nitf [<!ENTITY x SYSTEM "file:///etc/passwd">]><nitf><body.content>&x;</body.content></nitf>',
         "declares entities, which are never expanded; it is left out"),
        ("a.xml", b"<newsMessage/>", "no news item in it; it is left out"),
        ("a.atom", b"<feed/>", "no entries in this feed; it is left out"),
    ],
)  # fmt: skip
def test_what_is_no_news_in_xml_is_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    assert read(tmp_path, name, content) == ([], [f"{name}: {sentence}"])


@pytest.mark.parametrize("inner", ["<p>" * 100_000, "<p>unclosed", "<p>&unknown;</p></body.content>"])
def test_broken_xml_is_one_sentence(tmp_path: Path, inner: str) -> None:
    articles, [problem] = read(tmp_path, "a.xml", f"<nitf><body.content>{inner}")
    assert not articles and problem.startswith("a.xml: cannot be read as XML (")


# Plain text in other charsets


def test_a_text_that_is_not_utf8_is_read_where_its_charset_is_plain(tmp_path: Path) -> None:
    article = one(tmp_path, "a.txt", f"{CYRILLIC}\r\n".encode("cp1251"))
    assert article.text == f"{CYRILLIC}\r\n"
    assert article.origins == (
        Origin("text", "read as windows-1251", "likely"),
        Origin("language", "text", "likely"),
    )


POLISH = "Prezydent oświadczył w piątek, że rozmowy będą kontynuowane. Opozycja mówi o łamaniu prawa."
GERMAN = "Der Bundeskanzler erklärte am Freitag, dass die Gespräche über höhere Zölle weitergeführt würden."
TURKISH = "Cumhurbaşkanı cuma günü görüşmelerin gelecek hafta süreceğini söyledi. Muhalefet bunu eleştirdi."
GREEK = "Ο πρόεδρος δήλωσε την Παρασκευή ότι οι συνομιλίες θα συνεχιστούν την επόμενη εβδομάδα."


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (ACCENTS, "cp1252"), (GERMAN, "cp1252"), (POLISH, "cp1250"), (CYRILLIC, "koi8_r"), (TURKISH, "cp1254"),
        (GREEK, "cp1253"), ("“Naïve”, he said at the café in Zürich – and went to see the mayor of it.", "cp1252"),
    ],
)  # fmt: skip
def test_a_charset_is_told_by_what_it_says(text: str, charset: str) -> None:
    found = guess_charset(text.encode(charset))
    assert found is not None and text.encode(charset).decode(found) == text


MAC = "Le président a déclaré vendredi que les négociations se poursuivraient. L'opposition a critiqué."


@pytest.mark.parametrize("data", [b"caf\xe9", MAC.encode("mac_roman"), random.Random(1).randbytes(500)])
def test_a_charset_that_is_not_plain_is_not_told(data: bytes) -> None:
    assert guess_charset(data) is None


# What all share


@given(st.text())
def test_joined_lines_keep_every_letter(text: str) -> None:
    joined = join_lines(text)

    def letters(words: str) -> str:
        return "".join(words.replace("\xad", "").replace("-", "").split())

    assert letters(joined) == letters(text)


@pytest.mark.parametrize(
    "value", ["", "0", "2020-13-01", "99999999999999", "20200104T99", "4", "1 2 3", "x" * 1000 + "2020-01-04"]
)
def test_what_is_no_date_is_none(value: str) -> None:
    assert iso_date(value) is None


@given(st.text() | st.datetimes().map(str) | st.from_regex(r"\d{1,8}[-T /]\d{1,4}[-:Z+]\d{0,4}"))
def test_a_date_that_is_read_is_iso(value: str) -> None:
    from index.article import check_date

    found = iso_date(value)
    assert found is None or (check_date(found, "") == found and iso_date(found) == found)
    assert found is None or not follows(found, found)


PAGE = page().encode()
SAMPLES: dict[str, list[Callable[[], bytes]]] = {
    ".html": [lambda: page(f'<meta charset=x><script type="application/ld+json">{JSON_LD}</script>').encode()],
    ".mhtml": [lambda: b"Content-Type: multipart/related; boundary=X\n\n--X\nContent-Type: text/html\n\n" + PAGE],
    ".eml": [lambda: mail().as_bytes()],
    ".mbox": [lambda: b"From a Sat Jan  4 10:15:00 2020\n" + mail().as_bytes()],
    ".pdf": [lambda: pdf("Some words.", None, title="x")],
    ".docx": [lambda: b"PK\x03\x04"],
    ".csv": [lambda: b'text,id,date\n"One, two",a,2020-01-04\n'],
    ".tsv": [lambda: b"text\tid\nOne\ta\n"],
    ".xml": [lambda: NITF.encode(), lambda: ITEM.format(guid="g", status="s", content=XHTML).encode()],
    ".rss": [lambda: RSS.encode()],
    ".txt": [lambda: CYRILLIC.encode("cp1251")],
}  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, suffix: str) -> bytes:
    """A whole file of a kind with some bytes cut, changed or put in; or any bytes at all."""
    data = draw(st.sampled_from(SAMPLES[suffix]))()
    if draw(st.booleans()):
        for _ in range(draw(st.integers(1, 5))):
            place = draw(st.integers(0, len(data)))
            data = data[:place] + draw(st.binary(max_size=8)) + data[place + draw(st.integers(0, 20)) :]
        return data
    return draw(st.binary(max_size=300))


@pytest.mark.parametrize("suffix", sorted(SAMPLES))
@pytest.mark.slow
def test_any_bytes_give_articles_or_sentences(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a{suffix}"

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(suffix))
    def check(data: bytes) -> None:
        file.write_bytes(data)
        try:
            for item in READERS[suffix](Original(file, "a", file.name)):
                assert isinstance(item, ArticleError | Article)
                if isinstance(item, Article):
                    assert item.text.strip() and "\0" not in item.text and item.title
                    assert item.digest  # it can be stored
                    assert all(0 <= start <= len(item.text) for start in item.pages)
        except ArticleError as error:
            assert str(error).startswith("a") and "\n" not in str(error)

    check()


@pytest.mark.parametrize("charset", ["utf-16-be", "utf-16-le", "utf-16", "utf-32-be", "utf-32-le", "utf-32"])
def test_xml_of_wide_letters_is_read_with_and_without_a_mark(tmp_path: Path, charset: str) -> None:
    held = f'<?xml version="1.0" encoding="{charset[:6]}"?><rss version="2.0"><channel><title>Sund Times</title><item>'
    held += "<title>Fähre sinkt</title><description>Die Fähre sank um zwölf.</description></item></channel></rss>"
    article = one(tmp_path, "feed.xml", held.encode(charset))
    assert (article.title, article.source) == ("Fähre sinkt", "Sund Times")
    assert article.text.strip() == "Die Fähre sank um zwölf."
