"""Sixty-two files as a new user would bring them, made from README.md and docs/files.md alone; what is right of each.

All names, outlets and events are made up. `python -m tests.support.brought FOLDER` writes them to a folder.
"""

import base64
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

Story = tuple[str | None, str | None, str | None, str | None]  # headline, outlet, day, byline


@dataclass(frozen=True)
class Brought:
    """A file: each of its stories in order, words that can be quoted of it, words that cannot, and its sentences.

    `problems` is how many sentences it is told with, `warned` whether an article carries a warning.
    """

    name: str
    content: bytes
    stories: tuple[Story, ...]
    says: tuple[str, ...] = ()
    leaves_out: tuple[str, ...] = ()
    problems: int = 0
    warned: bool = False


FERRY = (
    "The night ferry to Tarn did not sail on Monday, said the harbour office of Vell. Forty-two people waited on the quay.",
    "A crack was found in its bow door on Sunday evening. The ferry is nineteen years old and was last docked in March.",
    "The line hopes to sail again on Thursday, its spokeswoman Ida Brandt said.",
)
DAM = (
    "The dam above Orrey lost a metre of water in a week, the water board said on Tuesday.",
    "Its engineers look for a leak in the east wall. Nobody was asked to leave the valley.",
    "The dam was built in 1958 and holds eleven million cubic metres.",
)


def lines(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs) + "\n"


def paragraphs(*words: str) -> str:
    return "".join(f"<p>{one}</p>\n" for one in words)


def web(head: str, body: str, *, attributes: str = ' lang="en"', title: str = "") -> bytes:
    return (
        f"<!doctype html>\n<html{attributes}><head><meta charset='utf-8'><title>{title}</title>\n{head}</head>\n<body>"
        "<header><nav><ul><li><a href='/'>Home</a></li><li><a href='/sport'>Sport</a></li></ul></nav></header>\n"
        f"{body}\n<aside><h2>Most read</h2><ul><li><a href='/1'>Ten ways to cook a turnip this winter</a></li></ul></aside>"
        "<footer><p>© 2022 Vell Media. All rights reserved.</p></footer></body></html>"
    ).encode()


def linked(**fields: object) -> str:
    held = {"@context": "https://schema.org", "@type": "NewsArticle", **fields}
    return f'<script type="application/ld+json">{json.dumps(held)}</script>'


def mail(body: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message


def word(blocks: Sequence[str], *, title: str = "", rows: Sequence[Sequence[str]] = (), above: bool = True) -> bytes:
    from docx import Document

    made = Document()
    if title:
        made.add_heading(title, 1)

    def put_table() -> None:
        if rows:
            table = made.add_table(rows=0, cols=len(rows[0]))
            for row in rows:
                for cell, words in zip(table.add_row().cells, row, strict=True):
                    cell.text = words

    if above:
        put_table()
    for block in blocks:
        made.add_paragraph(block)
    if not above:
        put_table()
    made.save(written := io.BytesIO())
    return written.getvalue()


def word_xml(body: str, comments: str = "") -> bytes:
    """A Word document of raw elements."""
    from docx import Document
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    made = Document()
    for element in reversed(list(parse_xml(f"<w:body {space}>{body}</w:body>"))):
        made.element.body.insert(0, element)
    if comments:
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
        data = f"<w:comments {space}>{comments}</w:comments>".encode()
        part = Part(PackURI("/word/comments.xml"), kind, data, made.part.package)
        made.part.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments")
    made.save(written := io.BytesIO())
    return written.getvalue()


def sheet(*blocks: tuple[float, float, float, float, str]) -> bytes:
    """A PDF page of blocks: left, top, width, size, words."""
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    pdf.add_page()
    for left, top, width, size, words in blocks:
        pdf.set_font("Times", "", size)
        pdf.set_xy(left, top)
        pdf.multi_cell(width, size * 1.25, words, align="L")
    return bytes(pdf.output())


def parted(words: str, width: float, size: float, lines: int) -> tuple[str, str]:
    """Words as far as they fill so many lines of a PDF, and the rest."""
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format="A4")
    pdf.add_page()
    pdf.set_font("Times", "", size)
    found = pdf.multi_cell(width, size, words, dry_run=True, output="LINES", align="L")
    return "\n".join(found[:lines]), " ".join(found[lines:])


def packed(**members: bytes) -> bytes:
    with zipfile.ZipFile(written := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as held:
        for name, content in members.items():
            held.writestr(name.replace("__", "/").replace("_", "."), content)
    return written.getvalue()


def plain_files() -> Iterator[Brought]:
    yield Brought(
        "ferry.txt",
        f"Ferry stays in port\n\nBy Nils Aho | The Vell Courier | 14 March 2022\n\n{lines(*FERRY)}".encode(),
        (("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),),
        FERRY,
    )
    yield Brought(
        "2022-03-15 dam.txt",
        f"Dam loses water\n\nORREY, March 15 (AP) — {lines(*DAM)}".encode(),
        (("Dam loses water", "AP", "2022-03-15", None),),
        DAM[1:],
    )
    yield Brought(
        "dam-cp1252.txt",
        "Der Damm über Örrey verliert Wasser\n\nVon Jörg Lüders, Talzeitung, 16. März 2022\n\nDer Damm über Örrey hat in einer"
        " Woche einen Meter verloren, sagte die Behörde am Dienstag. Niemand mußte das Tal verlassen.\n".encode(
            "cp1252"
        ),
        (("Der Damm über Örrey verliert Wasser", "Talzeitung", "2022-03-16", "Jörg Lüders"),),
        ("Niemand mußte das Tal verlassen.",),
    )
    yield Brought(
        "soft-hyphens.txt",
        "Fer\u00adry stays in port\n\nThe night fer\u00adry to Tarn did not sail on Mon\u00adday. Its o\ufb03ce said so.\n".encode(),
        (("Fer\u00adry stays in port", None, None, None),),
    )
    yield Brought(
        "two-stories.txt",
        (
            f"Ferry stays in port\nThe Vell Courier | March 14, 2022\n\n{lines(*FERRY)}\n"
            f"Dam loses water\nOrrey Star | March 15, 2022\n\n{lines(*DAM)}"
        ).encode(),
        (
            ("Ferry stays in port", "The Vell Courier", "2022-03-14", None),
            ("Dam loses water", "Orrey Star", "2022-03-15", None),
        ),
        (*FERRY, *DAM),
    )
    yield Brought(
        "corrections-column.txt",
        b"Corrections and clarifications\nThe Vell Courier | 20 March 2022\n\nA report on 14 March about the ferry to Tarn said that"
        b" forty-two people waited. There were twenty-four.\n\nA report on 15 March about the dam above Orrey gave the year of its"
        b" building as 1958. It was 1956.\n",
        (("Corrections and clarifications", "The Vell Courier", "2022-03-20", None),),
        ("There were twenty-four.", "It was 1956."),
    )
    yield Brought(
        "bracketed.txt",
        f"(Corrects number of people in first paragraph)\n\nFerry stays in port\n\nVELL, March 14 (Reuters) - {lines(*FERRY)}".encode(),
        (("Ferry stays in port", "Reuters", None, None),),
        FERRY[1:],
    )
    yield Brought(
        "future.md",
        f"---\ntitle: Ferry stays in port\ndate: 2061-03-14\nsource: The Vell Courier\n---\n{lines(*FERRY)}".encode(),
        (("Ferry stays in port", "The Vell Courier", "2061-03-14", None),),
    )


def front_matter() -> Iterator[Brought]:
    yield Brought(
        "clipped by Obsidian.md",
        (
            '---\ntitle: "Ferry stays in port: \'No sailing\'"\nsource: "https://www.vellcourier.example/2022/ferry"\n'
            'author:\n  - "[[Nils Aho]]"\n  - "[[Ida Ek]]"\npublished: 2022-03-14\ncreated: 2022-05-01\n'
            f'description: "The night ferry did not sail."\ntags:\n  - "clippings"\n---\n{lines(*FERRY)}'
        ).encode(),
        (("Ferry stays in port: 'No sailing'", "vellcourier.example", "2022-03-14", "Nils Aho, Ida Ek"),),
        FERRY,
        ("clippings",),
    )
    yield Brought(
        "2022-03-14-ferry.markdown",
        (
            "---\nlayout: post\ntitle:  >-\n  Ferry stays\n  in port\ndate:   2022-03-14 18:05:00 +0100\ncategories: [harbour]\n"
            f"author: Nils Aho <nils@vellcourier.example>\n---\n\n{lines(*FERRY)}"
        ).encode(),
        (("Ferry stays in port", None, "2022-03-14", "Nils Aho"),),
        FERRY,
    )
    yield Brought(
        "hugo.md",
        (
            '+++\ntitle = "Dam loses water"\ndate = 2022-03-15T08:00:00Z\ndraft = false\nauthors = ["Tove Lund"]\n'
            f'tags = ["dam"]\n+++\n{lines(*DAM)}'
        ).encode(),
        (("Dam loses water", None, "2022-03-15", "Tove Lund"),),
        DAM,
        ("draft",),
    )
    yield Brought(
        "zotero.md",
        (
            "---\nTitle: Dam loses water\nAuthor: Lund, Tove\nPublication: Orrey Star\nDate: 2022-03-15\n"
            f"URL: https://orreystar.example/dam\nZotero link: zotero://select/items/1_X\n---\n# Dam loses water\n\n{lines(*DAM)}"
        ).encode(),
        (("Dam loses water", "Orrey Star", "2022-03-15", "Lund, Tove"),),
        DAM,
    )
    yield Brought(
        "strokes.md",
        f"---\ntitle: Dam loses water\ndate: 3/4/2022\n---\n{lines(*DAM)}".encode(),
        (("Dam loses water", None, None, None),),
        problems=1,
    )
    yield Brought(
        "note-at-foot.md",
        (
            f"# Ferry stays in port\n\n*By Nils Aho, The Vell Courier, 14 March 2022*\n\n{lines(*FERRY)}\n"
            "*This article was amended on 16 March 2022. An earlier version said that forty-two people waited; it was"
            " twenty-four.*\n"
        ).encode(),
        (("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),),
        (*FERRY, "it was twenty-four"),
    )


def pages() -> Iterator[Brought]:
    head = linked(
        headline="Ferry stays in port",
        datePublished="2022-03-14T18:05:00+01:00",
        author=[{"@type": "Person", "name": "Nils Aho"}],
        publisher={"@type": "Organization", "name": "The Vell Courier"},
    )
    yield Brought(
        "json-ld.html",
        web(head, f"<main><article><h1>Ferry stays in port</h1>{paragraphs(*FERRY)}</article></main>"),
        (("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),),
        FERRY,
        ("turnip", "Home"),
    )
    tags = (
        '<meta property="og:title" content="Dam loses water"><meta property="og:site_name" content="Orrey Star">'
        '<meta property="article:published_time" content="2022-03-15T08:00:00Z"><meta name="author" content="Tove Lund">'
    )
    yield Brought(
        "tags.html",
        web(
            tags, f"<article><h1>Dam loses water</h1>{paragraphs(*DAM)}</article>", title="Dam loses water | Orrey Star"
        ),
        (("Dam loses water", "Orrey Star", "2022-03-15", "Tove Lund"),),
        DAM,
    )
    yield Brought(
        "figure.html",
        web(
            tags,
            f"<article><h1>Dam loses water</h1><p>{DAM[0]}</p><figure><img src='a.jpg'><figcaption>The east wall in March."
            f" Photograph: Per Holm</figcaption></figure><p>{DAM[1]}</p><p>{DAM[2]}</p></article>",
        ),
        (("Dam loses water", "Orrey Star", "2022-03-15", "Tove Lund"),),
        DAM,
    )
    yield Brought(
        "correction.html",
        web(
            head,
            f"<main><article><h1>Ferry stays in port</h1>{paragraphs(*FERRY)}</article><div class='correction'><p>Correction, 16"
            " March: An earlier version of this article said that forty-two people waited. It was twenty-four.</p></div></main>",
        ),
        (("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),),
        (*FERRY, "It was twenty-four."),
    )
    yield Brought(
        "two-bodies.html",
        web(
            head,
            f"<main><article><h1>Ferry stays in port</h1><div class='body'>{paragraphs(*FERRY)}</div><div class='ad'>Advertisement"
            f"</div><div class='body'>{paragraphs('The ferry carries eighty cars and is the only one in winter. It is the last of its kind on the coast.')}</div>"
            "</article></main>",
        ),
        (("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),),
        (*FERRY, "The ferry carries eighty cars and is the only one in winter."),
    )
    updates = "".join(
        f"<article class='update'><time datetime='2022-03-14T{hour}:00+01:00'>{hour}</time><h3>{headline}</h3><p>{words}</p></article>"
        for hour, headline, words in (
            (
                "18:40",
                "Passengers sent home",
                "The harbour office sent the last passengers home by bus, its chief said.",
            ),
            (
                "17:10",
                "Door is cracked",
                "A crack was found in the bow door of the ferry, the line said in a statement.",
            ),
            (
                "16:30",
                "Ferry does not sail",
                "The night ferry to Tarn will not sail today, the harbour office of Vell said.",
            ),
        )
    )
    yield Brought(
        "live.html",
        web(
            linked(**{"@type": "LiveBlogPosting"}, headline="Ferry to Tarn: live", datePublished="2022-03-14T16:00:00+01:00",
                   publisher={"name": "The Vell Courier"}),
            f"<main class='live-blog'><h1>Ferry to Tarn: live</h1>{updates}</main>",
        ),
        (
            ("Passengers sent home", "The Vell Courier", "2022-03-14", None),
            ("Door is cracked", "The Vell Courier", "2022-03-14", None),
            ("Ferry does not sail", "The Vell Courier", "2022-03-14", None),
        ),
        ("A crack was found in the bow door of the ferry",),
    )  # fmt: skip
    yield Brought(
        "german.html",
        web(
            '<meta property="og:site_name" content="Talzeitung"><meta name="date" content="2022-03-16">',
            "<article><h1>Damm verliert Wasser</h1><p class='byline'>Von Jörg Lüders</p>"
            "<p>Der Damm über Orrey hat in einer Woche einen Meter Wasser verloren, sagte die Behörde am Dienstag.</p>"
            "<p>Die Ingenieure suchen ein Leck in der Ostwand. Niemand musste das Tal verlassen, hieß es weiter.</p></article>",
            attributes=' lang="de"',
        ),
        (("Damm verliert Wasser", "Talzeitung", "2022-03-16", "Jörg Lüders"),),
        ("Niemand musste das Tal verlassen, hieß es weiter.",),
    )
    page = web(tags, f"<article><h1>Dam loses water</h1>{paragraphs(*DAM)}</article>").decode()
    yield Brought(
        "saved by a browser.mhtml",
        (
            "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://orreystar.example/2022/dam\r\nSubject: Dam loses water\r\n"
            'Date: Sun, 1 May 2022 10:00:00 +0200\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html";'
            ' boundary="----B"\r\n\r\n------B\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n'
            f"Content-Location: https://orreystar.example/2022/dam\r\n\r\n{base64.encodebytes(page.encode()).decode()}\r\n------B--\r\n"
        ).encode(),
        (("Dam loses water", "Orrey Star", "2022-03-15", "Tove Lund"),),
        DAM,
    )
    yield Brought(
        "SingleFile.html",
        page.replace(
            "<!doctype html>\n<html",
            "<!DOCTYPE html> <html",
        ).replace(
            "<head>",
            "<head><!--\n Page saved with SingleFile \n url: https://orreystar.example/2022/dam \n saved date: Sun May 01 2022"
            " 10:00:00 GMT+0200 \n--><style>body{color:red}</style>",
        ).encode(),
        (("Dam loses water", "Orrey Star", "2022-03-15", "Tove Lund"),),
        DAM,
        ("color:red",),
    )  # fmt: skip
    yield Brought(
        "amp.html",
        web(
            f'<link rel="canonical" href="https://vellcourier.example/ferry">{head}',
            "<amp-auto-ads></amp-auto-ads><article class='amp-wp-article'><h1>Ferry stays in port</h1>"
            f"<div class='amp-wp-article-content'>{paragraphs(*FERRY)}<amp-img src='a.jpg' width='1' height='1'></amp-img></div></article>",
            attributes=' amp lang="en"',
        ),
        (("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),),
        FERRY,
    )


def mails() -> Iterator[Brought]:
    said = {"From": "Ida Ek <ida@desk.example>", "To": "news@desk.example", "Date": "Wed, 16 Mar 2022 09:00:00 +0100"}
    note = lines(*DAM)
    yield Brought(
        "release.eml",
        mail(note, Subject="Dam loses water", **said).as_bytes(),
        (("Dam loses water", "desk.example", "2022-03-16", "Ida Ek"),),
        DAM,
    )
    outlook = (
        "For your information.\n\nIda\n\n________________________________\nFrom: Water Board Press <press@water.example>\n"
        "Sent: Tuesday, 15 March 2022 17:45\nTo: Ida Ek <ida@desk.example>\nSubject: Dam above Orrey\n\n"
    )
    yield Brought(
        "forward-outlook.eml",
        mail(outlook + note, Subject="FW: Dam above Orrey", **said).as_bytes(),
        (
            ("Dam above Orrey", "desk.example", "2022-03-16", "Ida Ek"),
            ("Dam above Orrey", "water.example", "2022-03-15", "Water Board Press"),
        ),
        DAM,
        ("Sent: Tuesday",),
    )
    gmail = "Thanks, we print it tomorrow.\n\nOn Tue, Mar 15, 2022 at 5:45 PM Water Board Press <\npress@water.example> wrote:\n\n"
    yield Brought(
        "reply-gmail.eml",
        mail(
            gmail + "".join(f"> {line}\n" for line in note.splitlines()), Subject="Re: Dam above Orrey", **said
        ).as_bytes(),
        (("Dam above Orrey", "desk.example", "2022-03-16", "Ida Ek"),),
        ("Thanks, we print it tomorrow.",),
        ("Nobody was asked to leave the valley",),
    )
    apple = (
        "Begin forwarded message:\n\nFrom: Water Board Press <press@water.example>\nSubject: Dam above Orrey\n"
        "Date: 15 March 2022 at 17:45:00 CET\nTo: Ida Ek <ida@desk.example>\n\n"
    )
    yield Brought(
        "forward-apple.eml",
        mail(
            "".join(f"> {line}\n" for line in (apple + note).splitlines()), Subject="Fwd: Dam above Orrey", **said
        ).as_bytes(),
        (("Dam above Orrey", "water.example", "2022-03-15", "Water Board Press"),),
        DAM[1:],
        ("Begin forwarded message",),
    )
    html = EmailMessage()
    for name, value in {"Subject": "Newsletter: Dam loses water", **said}.items():
        html[name] = value
    html.set_content(f"<html><body><table><tr><td>{paragraphs(*DAM)}</td></tr></table></body></html>", subtype="html")
    yield Brought(
        "newsletter.eml",
        html.as_bytes(),
        (("Newsletter: Dam loses water", "desk.example", "2022-03-16", "Ida Ek"),),
        DAM,
    )
    attached = mail("The text is attached.\n", Subject="Text for Thursday", **said)
    attached.add_attachment(word(FERRY, title="Ferry stays in port"), maintype="application",
                            subtype="vnd.openxmlformats-officedocument.wordprocessingml.document", filename="Fähre.docx")  # fmt: skip
    attached.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="logo.png")
    yield Brought(
        "attached.eml",
        attached.as_bytes(),
        (
            ("Text for Thursday", "desk.example", "2022-03-16", "Ida Ek"),
            ("Ferry stays in port", None, None, None),
        ),
        FERRY,
    )
    chinese = "=?gb2312?B?" + base64.b64encode("大坝漏水".encode("gb2312")).decode() + "?="
    yield Brought(
        "chinese.eml",
        (
            f"From: =?gb2312?B?{base64.b64encode('李明'.encode('gb2312')).decode()}?= <li@water.example>\nSubject: {chinese}\n"
            "Date: Wed, 16 Mar 2022 09:00:00 +0800\nContent-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: 8bit\n\n"
        ).encode()
        + "奥雷上方的大坝一周内水位下降了一米,水务局星期二表示。没有人被要求离开山谷。\n".encode("gb2312"),
        (("大坝漏水", "water.example", "2022-03-16", "李明"),),
        ("没有人被要求离开山谷。",),
    )
    box = b"".join(
        b"From ida@desk.example Wed Mar 16 09:00:00 2022\n" + mail(words, Subject=subject, **said).as_bytes() + b"\n"
        for subject, words in (("Ferry", FERRY[0]), ("Dam", DAM[0]))
    )
    yield Brought(
        "inbox.mbox",
        box,
        (("Ferry", "desk.example", "2022-03-16", "Ida Ek"), ("Dam", "desk.example", "2022-03-16", "Ida Ek")),
        (FERRY[0], DAM[0]),
    )
    sealed = mail("", Subject="Dam", **said)
    sealed.add_attachment(b"broken", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    yield Brought("winmail.eml", sealed.as_bytes(), (), problems=1)


def documents() -> Iterator[Brought]:
    yield Brought(
        "story.docx",
        word(FERRY, title="Ferry stays in port"),
        (("Ferry stays in port", None, None, None),),
        FERRY,
    )
    yield Brought(
        "form.docx",
        word(
            ["Ferry stays in port", *FERRY],
            rows=[["Desk of the coast", "Sent on Monday"], ["Editor of the day", "Nils Aho"]],
        ),
        (("Ferry stays in port", None, None, None),),
        FERRY,
    )
    run = "<w:r><w:t xml:space='preserve'>{}</w:t></w:r>".format
    tracked = (
        f"<w:p>{run('The water board did ')}<w:ins w:id='1' w:author='e'>{run('not ')}</w:ins>{run('approve the new wall')}"
        f"<w:del w:id='2' w:author='e'><w:r><w:delText> on Friday</w:delText></w:r></w:del>{run(', it said.')}</w:p>"
    )
    yield Brought(
        "tracked.docx",
        word_xml(tracked, f"<w:comment w:id='1'><w:p>{run('Who says so?')}</w:p></w:comment>"),
        (("tracked", None, None, None),),
        ("The water board did not approve the new wall, it said.",),
        ("on Friday", "Who says so?"),
        warned=True,
    )
    yield Brought(
        "story.rtf",
        (
            r"{\rtf1\ansi\ansicpg1252{\info{\title Dam loses water}{\author Tove Lund}}{\b Dam loses water}\par\par "
            + r"\par\par ".join(DAM).replace("—", r"\'97")
            + "}"
        ).encode(),
        (("Dam loses water", None, None, "Tove Lund"),),
        DAM,
    )
    yield Brought(
        "one-column.pdf",
        sheet((60, 60, 470, 20, "Ferry stays in port"), (60, 110, 470, 11, "\n\n".join(FERRY))),
        (("Ferry stays in port", None, None, None),),
        FERRY,
    )
    left, right = " ".join((*FERRY, *DAM)), " ".join((*DAM, *FERRY)).replace("Vell", "Sund")
    yield Brought(
        "two-columns.pdf",
        sheet((60, 60, 470, 20, "Ferry stays in port"), (60, 110, 220, 10, left), (310, 110, 220, 10, right)),
        (("Ferry stays in port", None, None, None),),
        (*FERRY[1:], *DAM),
    )
    above, below = parted(" ".join((*DAM, *FERRY)), 470, 11, 2)
    yield Brought(
        "caption.pdf",
        sheet(
            (60, 60, 470, 20, "Dam loses water"),
            (60, 110, 470, 11, above),
            (60, 142, 300, 8, "The east wall of the dam above Orrey in March. Photograph: Per Holm"),
            (60, 158, 470, 11, below),
        ),
        (("Dam loses water", None, None, None),),
        (*DAM, *FERRY),
    )


def databases() -> Iterator[Brought]:
    yield Brought(
        "lexis.txt",
        f"""

                               1 of 2 DOCUMENTS


                               The Vell Courier

                             March 14, 2022 Monday

Ferry stays in port

BYLINE: Nils Aho

SECTION: HARBOUR; Pg. 3

LENGTH: 64 words

{lines(*FERRY)}
LOAD-DATE: March 15, 2022

LANGUAGE: ENGLISH

                               2 of 2 DOCUMENTS


                                 Orrey Star

                             March 15, 2022 Tuesday

Dam loses water

LENGTH: 48 words

{lines(*DAM)}
LOAD-DATE: March 16, 2022
""".encode(),
        (
            ("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),
            ("Dam loses water", "Orrey Star", "2022-03-15", None),
        ),
        (*FERRY, *DAM),
        ("LOAD-DATE", "LENGTH"),
    )
    uni = [
        *(
            "Ferry stays in port",
            "The Vell Courier",
            "March 14, 2022 Monday",
            "Copyright 2022 Vell Media All Rights Reserved",
        ),
        *("Section: HARBOUR; Pg. 3", "Length: 64 words", "Byline: Nils Aho", "Body", *FERRY),
        *("Load-Date: March 15, 2022", "End of Document"),
        *("Dam loses water", "Orrey Star", "March 15, 2022 Tuesday", "Length: 48 words", "Body", *DAM),
        *("Load-Date: March 16, 2022", "End of Document"),
    ]
    stories = (
        ("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),
        ("Dam loses water", "Orrey Star", "2022-03-15", None),
    )
    yield Brought("nexis.docx", word(uni), stories, (*FERRY, *DAM), ("Load-Date",))
    factiva = f"""Ferry stays in port

By Nils Aho
64 words
14 March 2022
The Vell Courier
VELLCO
3
English
(c) 2022 Vell Media

{lines(*FERRY)}
Document VELLCO0020220314ei3e00001


Dam loses water

48 words
15 March 2022
Orrey Star
ORREYS
1
English
(c) 2022 Orrey Star

{lines(*DAM)}
Document ORREYS0020220315ei3f00002
"""
    yield Brought("factiva.txt", factiva.encode(), stories, (*FERRY, *DAM), ("ORREYS00",))
    rows = "".join(rf"{line}\par " for line in factiva.splitlines())
    yield Brought("factiva.rtf", rf"{{\rtf1\ansi {rows}}}".encode(), stories, (*FERRY, *DAM))
    yield Brought(
        "proquest.csv",
        (
            "Title,Authors,pubdate,pubtitle,fullText,ProQuest document ID\n"
            f'Ferry stays in port,"Aho, Nils","Mar 14, 2022",The Vell Courier,"{lines(*FERRY)}",26400001\n'
            f'Dam loses water,,"Mar 15, 2022",Orrey Star,"{lines(*DAM)}",26400002\n'
        ).encode(),
        (("Ferry stays in port", "The Vell Courier", "2022-03-14", "Aho, Nils"), stories[1]),
        (*FERRY, *DAM),
    )


def tables() -> Iterator[Brought]:
    ferry, dam = " ".join(FERRY), " ".join(DAM)
    both: tuple[Story, ...] = (
        ("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),
        ("Dam loses water", "Orrey Star", "2022-03-15", "Tove Lund"),
    )
    rows = [("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho", ferry)]
    rows.append(("Dam loses water", "Orrey Star", "2022-03-15", "Tove Lund", dam))
    head = ("title", "source", "date", "author", "text")

    def table(delimiter: str, names: Sequence[str] = head, *, first: str = "") -> str:
        held = [delimiter.join(names), *(delimiter.join(f'"{cell}"' for cell in row) for row in rows)]
        return first + "\r\n".join(held) + "\r\n"

    yield Brought("excel.csv", table(";", first="sep=;\r\n").encode("utf-8-sig"), both, (ferry, dam))
    yield Brought(
        "deutsch.csv", table(";", ("Titel", "Zeitung", "Datum", "Autor", "Text")).encode("cp1252"), both, (ferry, dam)
    )
    yield Brought("wide.tsv", table("\t").encode("utf-16"), both, (ferry, dam))
    mysql = (
        'title,source,date,author,text\n"Ferry \\"Ada\\" stays in port","The Vell Courier","2022-03-14",\\N,"'
        + ferry
        + '"\n'
    )
    yield Brought(
        "mysql.csv", mysql.encode(), (('Ferry "Ada" stays in port', "The Vell Courier", "2022-03-14", None),), (ferry,)
    )
    ragged = table(",") + "one cell too many,a,2022-03-16,b,c,d,e\r\n"
    yield Brought("ragged.csv", ragged.encode(), both, (ferry, dam), problems=1)
    epoch = f'title,text,published\nFerry stays in port,"{ferry}",1647277500000\nDam loses water,"{dam}",1647331200\n'
    yield Brought(
        "epochs.csv",
        epoch.encode(),
        (("Ferry stays in port", None, "2022-03-14", None), ("Dam loses water", None, "2022-03-15", None)),
    )

    def jsonl(*held: dict[str, object]) -> bytes:
        return "".join(json.dumps(row) + "\n" for row in held).encode()

    yield Brought(
        "news-please.jsonl",
        jsonl({"authors": ["Nils Aho"], "date_publish": "2022-03-14 17:05:00", "maintext": ferry, "title": "Ferry stays in port",
               "source_domain": "www.vellcourier.example", "url": "https://www.vellcourier.example/ferry", "language": "en",
               "filename": "x.json", "image_url": None}),
        (("Ferry stays in port", "www.vellcourier.example", "2022-03-14", "Nils Aho"),),
        (ferry,),
    )  # fmt: skip
    yield Brought(
        "newsapi.ndjson",
        jsonl({"source": {"id": None, "name": "Orrey Star"}, "author": "Tove Lund", "title": "Dam loses water", "content": dam,
               "publishedAt": "2022-03-15T08:00:00Z", "url": "https://orreystar.example/dam"}),
        (both[1],),
        (dam,),
    )  # fmt: skip
    yield Brought(
        "trafilatura.jsonl",
        jsonl({"title": "Dam loses water", "author": "Tove Lund", "hostname": "orreystar.example", "date": "2022-03-15",
               "sitename": "Orrey Star", "text": dam, "raw_text": dam, "source": "https://orreystar.example/dam"}),
        (both[1],),
        (dam,),
    )  # fmt: skip
    yield Brought(
        "same-id.jsonl",
        jsonl({"id": "x", "title": "Ferry", "text": ferry}, {"id": "x", "title": "Dam", "text": dam}),
        (("Ferry", None, None, None), ("Dam", None, None, None)),
        (ferry, dam),
    )
    yield Brought(
        "odd-days.jsonl",
        jsonl({"title": "Ferry", "text": ferry, "date": 20220314}, {"title": "Dam", "text": dam, "date": "14 Mar 22"},
              {"title": "Old", "text": "It rained.", "date": "1603-03-01"}),
        (("Ferry", None, "2022-03-14", None), ("Dam", None, "2022-03-14", None), ("Old", None, None, None)),
        problems=1,
    )  # fmt: skip


def feeds() -> Iterator[Brought]:
    wordpress = f"""<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Orrey Star</title>
<link>https://orreystar.example</link><language>en-GB</language><wp:wxr_version>1.2</wp:wxr_version>
<item><title>Dam loses water</title><link>https://orreystar.example/dam</link><pubDate>Tue, 15 Mar 2022 08:00:00 +0000</pubDate>
<dc:creator><![CDATA[Tove Lund]]></dc:creator><guid isPermaLink="false">https://orreystar.example/?p=7</guid>
<content:encoded><![CDATA[<!-- wp:paragraph -->{paragraphs(*DAM)}<!-- /wp:paragraph -->]]></content:encoded>
<wp:post_type>post</wp:post_type><wp:status>publish</wp:status></item></channel></rss>"""
    yield Brought(
        "wordpress.xml", wordpress.encode(), (("Dam loses water", "Orrey Star", "2022-03-15", "Tove Lund"),), DAM
    )
    atom = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>The Vell Courier</title><entry><title>Ferry stays in port</title>
<id>urn:1</id><link href="https://vellcourier.example/ferry"/><author><name>Nils Aho</name><email>nils@vellcourier.example</email>
</author><published>2022-03-14T18:05:00+01:00</published><updated>2022-03-14T19:00:00+01:00</updated>
<content type="html">{"".join(f"&lt;p&gt;{one}&lt;/p&gt;" for one in FERRY)}</content></entry></feed>"""
    yield Brought(
        "feed.atom", atom.encode(), (("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),), FERRY
    )
    nitf = f"""<?xml version="1.0"?><nitf><head><title>Dam loses water</title><docdata><date.issue norm="20220315T080000Z"/></docdata>
<pubdata name="Orrey Star"/></head><body><body.head><hedline><hl1>Dam loses water</hl1></hedline><byline>By Tove Lund</byline>
</body.head><body.content>{paragraphs(*DAM)}</body.content></body></nitf>"""
    yield Brought("agency.xml", nitf.encode(), (("Dam loses water", "Orrey Star", "2022-03-15", "Tove Lund"),), DAM)


def containers() -> Iterator[Brought]:
    ferry = f"Ferry stays in port\n\nBy Nils Aho | The Vell Courier | 14 March 2022\n\n{lines(*FERRY)}".encode()
    dam = f"---\ntitle: Dam loses water\nsource: Orrey Star\ndate: 2022-03-15\n---\n{lines(*DAM)}".encode()
    stories: tuple[Story, ...] = (
        ("Ferry stays in port", "The Vell Courier", "2022-03-14", "Nils Aho"),
        ("Dam loses water", "Orrey Star", "2022-03-15", None),
    )
    yield Brought("week.zip", packed(a__story_txt=ferry, a__story_md=dam), stories, (*FERRY, *DAM))
    with tarfile.open(fileobj=(held := io.BytesIO()), mode="w:gz") as tar:
        for name, content in (("a.txt", ferry), ("b.md", dam), ("c.png", b"\x89PNG")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    yield Brought("week.tar.gz", held.getvalue(), stories, (*FERRY, *DAM))
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    writer = WARCWriter(written := io.BytesIO(), gzip=True)
    tags = (
        '<meta property="og:site_name" content="Orrey Star"><meta name="author" content="Tove Lund">'
        '<meta property="article:published_time" content="2022-03-15T08:00:00Z">'
    )
    for status, address in (
        ("200 OK", "https://orreystar.example/dam"),
        ("404 Not Found", "https://orreystar.example/no"),
    ):
        page = web(tags, f"<article><h1>Dam loses water</h1>{paragraphs(*DAM)}</article>")
        headers = StatusAndHeaders(status, [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(address, "response", payload=io.BytesIO(page), http_headers=headers)
        )
    yield Brought(
        "crawl.warc.gz", written.getvalue(), (("Dam loses water", "Orrey Star", "2022-03-15", "Tove Lund"),), DAM
    )


def brought() -> list[Brought]:
    """All of them."""
    makers = (plain_files, front_matter, pages, mails, documents, databases, tables, feeds, containers)
    return [one for make in makers for one in make()]


def write(folder: Path) -> list[Brought]:
    """Writes them to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    held = brought()
    for one in held:
        (folder / one.name).write_bytes(one.content)
    return held


if __name__ == "__main__":
    print(len(write(Path(sys.argv[1]))), "files")
