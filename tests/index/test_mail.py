"""Mails as programs write them: who wrote which words and when, what is attached, boxes of mails."""

import base64
import struct
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.reading.forwards import read_words
from index.reading.unwrap import join_lines
from tests.index.test_readers import mail, one, read

RAIN = "The reservoir of Elm was full yesterday, said Wes Orme. It holds nine weeks of water."
INNER = ("reservoir.example", "2022-03-09", "Elm Water, Press")
SENDER = ("news.example.org", "2020-01-04T10:15:00+01:00", "Ann Writer")
OUTLOOK = """From: Elm Water, Press <press@reservoir.example>
Sent: Wednesday, 9 March 2022 8:20
To: Ann Writer; A Second Reader; And One Whose Name Goes On
  And On <on@news.example.org>
Cc: Desk
Subject: RE: Reservoir is full

"""
OUTLOOK_OLD = (
    f"-----Original Message-----\n{OUTLOOK.replace('<press', '[mailto:press').replace('example>', 'example]', 1)}"
)
OUTLOOK_GERMAN = """________________________________
Von: Elm Water, Press <press@reservoir.example>
Gesendet: Mittwoch, 9. März 2022 08:20
An: Ann Writer
Betreff: AW: Reservoir is full

"""
OUTLOOK_FRENCH = """De : Elm Water, Press <press@reservoir.example>
Envoyé : mercredi 9 mars 2022 08:20
À : Ann Writer
Objet : Reservoir is full

"""
GMAIL = """---------- Forwarded message ---------
From: "Elm Water, Press" <press@reservoir.example>
Date: Wed, Mar 9, 2022 at 8:20 AM
Subject: Reservoir is full
To: <ann@news.example.org>


"""
THUNDERBIRD = """-------- Forwarded Message --------
Subject: \tReservoir is full
Date: \tWed, 9 Mar 2022 08:20:11 +0100
From: \tElm Water, Press <press@reservoir.example>
To: \tann@news.example.org

"""
APPLE = """Begin forwarded message:

From: Elm Water, Press <press@reservoir.example>
Subject: Reservoir is full
Date: 9 March 2022 at 08:20:00 CET
To: ann@news.example.org

"""
BOLD = GMAIL.replace("From: ", "*From:* ").replace("Date: ", "*Date:* ")
HEADERS = {
    "outlook": OUTLOOK,
    "outlook old": OUTLOOK_OLD,
    "outlook german": OUTLOOK_GERMAN,
    "outlook french": OUTLOOK_FRENCH,
    "gmail": GMAIL,
    "gmail bold": BOLD,
    "thunderbird": THUNDERBIRD,
    "apple": APPLE,
    "apple quoted": "".join(f"> {line}\n" for line in APPLE.splitlines()),
}


def quoted(text: str) -> str:
    return "".join(f"> {line}\n" for line in text.splitlines())


def whose(article: Article, words: str) -> tuple[str | None, ...]:
    section = article.section_at(article.text.index(words))
    return section.source, section.published, section.byline


def said(article: Article) -> str:
    return article.words(0, len(article.text)).strip()


@pytest.mark.parametrize("name", HEADERS)
def test_a_forward_is_its_writers_and_its_header_no_prose(tmp_path: Path, name: str) -> None:
    rain = quoted(RAIN) if "quoted" in name else RAIN
    article = one(tmp_path, "m.eml", mail(f"For tomorrow?\n\n{HEADERS[name]}{rain}\n").as_bytes())
    assert whose(article, "For tomorrow?") == SENDER
    assert whose(article, RAIN) == INNER
    assert " ".join(said(article).split()) == f"For tomorrow? {RAIN}"
    assert article.section_at(article.text.index(RAIN)).title == "Reservoir is full"


@pytest.mark.parametrize("name", HEADERS)
def test_a_mail_that_only_forwards_is_the_forwarded_ones(tmp_path: Path, name: str) -> None:
    rain = quoted(RAIN) if "quoted" in name else RAIN
    article = one(tmp_path, "m.eml", mail(f"{HEADERS[name]}{rain}\n\n").as_bytes())
    assert (article.source, article.published, article.byline) == INNER and said(article) == RAIN
    assert article.title == "Reservoir is full" and not article.sections


@pytest.mark.parametrize(
    ("line", "writer"),
    [
        ("On Wed, 9 Mar 2022 at 08:20, Wes Orme <wes@elm.example> wrote:", ("elm.example", "2022-03-09", "Wes Orme")),
        ("On Mar 9, 2022, at 8:20 AM, Wes Orme <wes@elm.example>\nwrote:", ("elm.example", "2022-03-09", "Wes Orme")),
        ("Am 09.03.2022 um 08:20 schrieb Wes Orme <wes@elm.example>:", ("elm.example", "2022-03-09", "Wes Orme")),
        (
            "Le mer. 9 mars 2022 à 08:20, Wes Orme <wes@elm.example> a écrit :",
            ("elm.example", "2022-03-09", "Wes Orme"),
        ),
        ("On 09/03/2022 08:20, Wes Orme wrote <wes@elm.example> wrote:", ("elm.example", None, "Wes Orme")),
    ],
)
def test_an_answer_on_top_leaves_the_words_below_to_their_writer(
    tmp_path: Path, line: str, writer: tuple[str | None, ...]
) -> None:
    article = one(tmp_path, "m.eml", mail(f"No, it is not.\n\n{line}\n\n{RAIN}\n").as_bytes())
    assert whose(article, "No, it is not.") == SENDER and whose(article, RAIN) == writer
    assert "wrote" not in said(article) and "schrieb" not in said(article) and "écrit" not in said(article)
    below = one(tmp_path, "m.eml", mail(f"{line}\n{quoted(RAIN)}\nNo, it is not.\n").as_bytes())
    assert whose(below, "No, it is not.") == SENDER and said(below) == "No, it is not."
    whole = one(tmp_path, "m.eml", mail(f"{line}\n{quoted(RAIN)}").as_bytes())
    assert whose(whole, RAIN) == writer and said(whole) == RAIN


def test_what_is_all_quoted_and_nobodys_is_found_and_nobodys(tmp_path: Path) -> None:
    article = one(tmp_path, "m.eml", mail(quoted(RAIN)).as_bytes())
    assert (article.source, article.published, article.byline) == (None, None, None) and said(article) == RAIN


def test_a_chain_of_mails_is_told_mail_by_mail(tmp_path: Path) -> None:
    second = OUTLOOK.replace("Elm Water, Press <press@reservoir.example>", "Uma Dahl <uma@dam.example>").replace(
        "9 March", "7 March"
    )
    article = one(tmp_path, "m.eml", mail(f"See below.\n\n{OUTLOOK}{RAIN}\n\n{second}Is it full?\n").as_bytes())
    assert [whose(article, words) for words in ("See below.", RAIN, "Is it full?")] == [
        SENDER,
        INNER,
        ("dam.example", "2022-03-07", "Uma Dahl"),
    ]


def test_a_forward_in_html_is_its_writers(tmp_path: Path) -> None:
    message = mail()
    rows = "".join(
        f"<b>{line.partition(':')[0]}:</b>{line.partition(':')[2]}<br>" for line in GMAIL.strip().splitlines()[1:]
    )
    message.set_content(f"<div>See.</div><div>-- Forwarded message --<br>{rows}</div><p>{RAIN}</p>", subtype="html")
    article = one(tmp_path, "m.eml", message.as_bytes())
    assert whose(article, RAIN)[1:] == INNER[1:] and whose(article, "See.") == SENDER


def test_a_long_text_below_two_dashes_is_read_at_once_and_no_signature() -> None:
    words = read_words("\n".join(["It rained.", "--", *(f"Line {n} {'x' * 80}" for n in range(40))]))
    assert not words.asides


@pytest.mark.parametrize(
    "text",
    [
        "Note\nFrom: the roof\n\nIt rained.\n",
        "He wrote:\nIt rained.\n",
        "On Monday the mayor said that she wrote:\n\nIt rained.\n",
        "To: all\nSubject: rain\n\nIt rained.\n",
    ],
)
def test_words_that_look_like_a_header_are_none(text: str) -> None:
    words = read_words(text)
    assert not words.sections and words.first is None and not words.asides


LINES = st.sampled_from(
    [
        *(*OUTLOOK.splitlines(), *APPLE.splitlines(), RAIN, "> It rained.", ">> No.", "", "--"),
        "On 9 March 2022, A <a@b.example> wrote:",
    ]
)


@given(st.lists(LINES, max_size=20))
def test_of_any_mail_nothing_is_lost_and_asides_are_apart(lines: list[str]) -> None:
    words = read_words("\n".join(lines))
    edges = [edge for aside in words.asides for edge in (aside.start, aside.end)]
    assert edges == sorted(edges) and all(0 <= edge <= len(words.text) for edge in edges)
    starts = [section.start for section in words.sections] + words.again
    assert len(starts) == len(set(starts)) and all(start < max(1, len(words.text)) for start in starts)
    assert words.text.count("The reservoir of Elm") == join_lines("\n".join(lines)).count("The reservoir of Elm")


# Attachments


def test_attachments_of_one_name_are_both_kept(tmp_path: Path) -> None:
    message = mail()
    for words in ("It is full.", "It is empty."):
        message.add_attachment(words.encode(), maintype="text", subtype="plain", filename="note.txt")
    message.add_attachment(
        b"<p>It leaks, said the engineer.</p>", maintype="text", subtype="html", filename="NOTE.html"
    )
    articles, problems = read(tmp_path, "m.eml", message.as_bytes())
    assert [article.id for article in articles] == ["m", "m/note", "m/note 2", "m/NOTE 3"] and not problems
    assert [article.text for article in articles[1:3]] == ["It is full.", "It is empty."]


def test_an_attachment_is_read_by_its_type_where_its_name_tells_nothing(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("The dam is nine metres high.")
    document.save(str(tmp_path / "x.docx"))
    message = mail()
    kind = "vnd.openxmlformats-officedocument.wordprocessingml.document"
    message.add_attachment((tmp_path / "x.docx").read_bytes(), maintype="application", subtype=kind, filename="The dam")
    message.add_attachment(b"def f(): pass", maintype="text", subtype="plain", filename="f.py")
    message.add_attachment(b"It is full.", maintype="application", subtype="msword", filename="full.doc")
    message.add_attachment(b"GIF89a", maintype="image", subtype="gif", filename="logo.gif")
    articles, problems = read(tmp_path, "m.eml", message.as_bytes())
    assert [(a.id, a.text) for a in articles[1:]] == [("m/The dam", "The dam is nine metres high.")]
    assert problems == [
        "m.eml: f.py, full.doc is left out, for no reader is for it; save it as .docx, PDF or text",
        "1 members of other kinds are left alone",
    ]


def _tnef(*attributes: tuple[int, int, int, bytes]) -> bytes:
    """A winmail.dat: level, id, type and data of each attribute, with its checksum."""
    told = struct.pack("<IH", 0x223E9F78, 1)
    for level, number, kind, data in attributes:
        told += struct.pack("<BHHI", level, number, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
    return told


def wrapped(data: bytes, body: str = "\n") -> EmailMessage:
    message = mail(body)
    message.add_attachment(data, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return message


def test_what_outlook_wraps_is_opened(tmp_path: Path) -> None:
    rendering = struct.pack("<HIHHII", 1, 0, 0, 0, 0, 0)
    attached = ((2, 0x9002, 6, rendering), (2, 0x8010, 1, b"note.txt\0"), (2, 0x800F, 6, b"It is full."))
    data = _tnef((1, 0x800C, 2, RAIN.encode() + b"\0"), *attached)
    articles, problems = read(tmp_path, "m.eml", wrapped(data).as_bytes())
    assert [(a.id, a.text) for a in articles] == [("m", RAIN), ("m/note", "It is full.")] and not problems
    assert (articles[0].source, articles[0].byline) == (SENDER[0], SENDER[2])
    articles, _ = read(tmp_path, "m.eml", wrapped(data, "Mine.\n").as_bytes())
    assert [a.text for a in articles] == ["Mine.", "It is full."]


@pytest.mark.parametrize("data", [b"", b"\x78\x9f\x3e\x22nothing", _tnef()], ids=["empty", "broken", "hollow"])
def test_a_mail_that_gives_no_article_is_a_problem(tmp_path: Path, data: bytes) -> None:
    articles, problems = read(tmp_path, "m.eml", wrapped(data).as_bytes())
    assert not articles and len(problems) == 1 and "winmail.dat cannot be opened" in problems[0]


def test_a_mail_of_a_picture_alone_is_a_problem(tmp_path: Path) -> None:
    message = mail("\n")
    message.add_attachment(b"GIF89a", maintype="image", subtype="gif", filename="logo.gif")
    articles, problems = read(tmp_path, "m.eml", message.as_bytes())
    assert not articles and "m.eml: holds no text; it is left out" in problems


# Boxes of mails


def test_a_box_is_read_mail_by_mail(tmp_path: Path) -> None:
    first, second, third = mail("It is full.\n\nFrom the dam it runs.\n"), mail("It leaks.\n"), mail("It is dry.\n")
    first["Message-ID"] = second["Message-ID"] = "<a/1@e.org>"
    first.add_attachment(b"Nine metres.", maintype="text", subtype="plain", filename="note.txt")
    box = b"".join(
        b"From ann Sat Jan  4 10:15:00 2020\n" + m.as_bytes().replace(b"\nFrom the", b"\n>From the") + b"\n"
        for m in (first, second, third)
    )
    articles, problems = read(tmp_path, "in.mbox", box)
    assert [(a.id, a.text) for a in articles] == [
        ("in/a1@e.org", "It is full.\nFrom the dam it runs."),
        ("in/a1@e.org/note", "Nine metres."),
        ("in/a1@e.org", "It leaks."),
        ("in/mail-3", "It is dry."),
    ]
    assert not problems and articles[0].original == "in.mbox/a1@e.org"
    assert {a.byline for a in articles if "note" not in a.id} == {"Ann Writer"}


def test_a_box_without_mails_is_a_sentence(tmp_path: Path) -> None:
    assert read(tmp_path, "in.mbox", b"It rained.\n")[1] == [
        "in.mbox: holds no mail (no line begins with `From `); it is left out"
    ]


# Headers as programs write them

HARBOUR = "港口关闭三天"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        (b"=?gb2312?B?" + base64.b64encode(HARBOUR.encode("gbk")) + b"?=", HARBOUR),
        (b"=?GB2312?B?" + base64.b64encode("镕".encode("gbk")) + b"?=", "镕"),  # in GBK, not in GB 2312
        (b"=?iso-8859-1?Q?=93Ice=94_on_the_quay?=", "“Ice” on the quay"),  # windows-1252, as browsers read it
        (b"=?utf-8?Q?Gr=F6dinge?=", "Gr�dinge"),
        (b"=?x-none?B?" + base64.b64encode("Kai gesperrt für Fähren".encode()) + b"?=", "Kai gesperrt für Fähren"),
        (b"=?utf-8?B?a?=", "=?utf-8?B?a?="),
        ("Fähre liegt still".encode(), "Fähre liegt still"),
        ("Fähre liegt still".encode("latin-1"), "Fähre liegt still"),
        ("=?utf-8?Q?F=C3=A4hre?= liegt für Tage still".encode(), "Fähre liegt für Tage still"),
    ],
)  # fmt: skip
def test_a_subject_is_read_in_whatever_way_it_is_written(tmp_path: Path, written: bytes, title: str) -> None:
    data = b"From: Ann Writer <ann@e.org>\nSubject: " + written + b"\n\nThe quay is shut for three days.\n"
    assert one(tmp_path, "m.eml", data).title == title


def test_letters_as_they_are_take_the_charset_of_the_mail(tmp_path: Path) -> None:
    head = "From: Нина Орлова <nina@e.org>\nSubject: Порт закрыт\nContent-Type: text/plain; charset=koi8-r\n\n"
    article = one(tmp_path, "m.eml", (head + "Порт закрыт на три дня.\n").encode("koi8-r"))
    assert (article.title, article.byline) == ("Порт закрыт", "Нина Орлова")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b"Ann Writer <ann@e.org>", "Ann Writer"),
        (b"ann@e.org (Ann Writer)", "Ann Writer"),
        (b'"Writer, Ann" <ann@e.org>', "Writer, Ann"),
        (b"=?utf-8?Q?Writer=2C_Ann?= <ann@e.org>", "Writer, Ann"),
        (b'"ann@e.org" <ann@e.org>', None),
        (b"\"'ann@e.org'\" <ann@e.org>", None),
        (b'"Ann Writer (ann@e.org)" <ann@e.org>', "Ann Writer"),
    ],
)
def test_who_sent_a_mail_is_a_name(tmp_path: Path, written: bytes, name: str | None) -> None:
    article = one(tmp_path, "m.eml", b"From: " + written + b"\nSubject: Quay\n\nThe quay is shut for three days.\n")
    assert (article.byline, article.source) == (name, "e.org")


@pytest.mark.parametrize(
    "named",
    [
        'filename="Größe des Kais.txt"'.encode(),
        'filename="Größe des Kais.txt"'.encode("latin-1"),
        b"filename*=utf-8''Gr%C3%B6%C3%9Fe%20des%20Kais.txt",
        b"filename*0*=utf-8''Gr%C3%B6%C3%9Fe; filename*1*=%20des%20Kais.txt",
        b'filename="=?utf-8?Q?Gr=C3=B6=C3=9Fe_des_Kais.txt?="',
        b'filename="=?iso-8859-1?B?' + base64.b64encode("Größe des Kais.txt".encode("latin-1")) + b'?="',
    ],
)
def test_an_attachment_has_the_name_that_it_was_given(tmp_path: Path, named: bytes) -> None:
    data = (
        b"From: ann@e.org\nSubject: Quay\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n"
        b"--B\nContent-Type: text/plain\n\nSee below.\n--B\nContent-Type: application/octet-stream\n"
        b"Content-Disposition: attachment; " + named + b"\n\nIt is ninety metres long.\n--B--\n"
    )
    articles, problems = read(tmp_path, "m.eml", data)
    assert [article.id for article in articles] == ["m", "m/Größe des Kais"] and not problems


@pytest.mark.parametrize("odd", [b"\0", b"=00", b"\xed\xa0\x80"])
def test_what_cannot_be_stored_moves_nothing_of_a_mail(tmp_path: Path, odd: bytes) -> None:
    """Found by fuzzing: NUL went after it was told who wrote what, and a mail that ends in a quote was lost."""
    data = (
        b"From: Ann Writer <ann@e.org>\nSubject: Quay\nContent-Transfer-Encoding: quoted-printable\n\nIt is shut"
        + 9 * odd
        + b" for three days.\n\nOn 8 March 2022, Bo Ek <bo@e.org> wrote:\n\n> Is the quay shut again?\n"
    )
    article = one(tmp_path, "m.eml", data)
    assert said(article).strip().endswith("for three days.")
    assert article.text[article.asides[-1].start :].rstrip() == "> Is the quay shut again?"
