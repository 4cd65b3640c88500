"""Originals: the boxes of a quote on a PDF's page, pages and mails that do nothing, and files that are not shown."""

import io
import random
import re
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image
from pypdfium2 import PdfDocument

from index.article import Article
from index.news_index import NewsIndex
from index.originals.boxes import boxes_on
from index.originals.inert_page import MARK, POLICY, inert_page
from index.originals.letters import find_letters
from index.originals.making import make
from index.originals.showing import (
    original_file,
    pages_of,
    show_original,
    why_kept,
)
from index.originals.shown import Asked, Box, OriginalError
from index.reading.formats import pdf
from tests.conftest import make_index, write_files
from tests.index.test_layout import article_of, sheet
from tests.support.fakes import FakeEmbedder
from tests.support.hostile_articles import EVIL, PAYLOADS
from tests.support.laid_out import LOOKS, Look, as_pdf

pytestmark = pytest.mark.slow

STORY = "The bridge of Orrin was opened on Monday by the mayor. It rained all day, and nobody was hurt there at all."
QUOTE = "It rained all day, and nobody was hurt"


def words_in(data: bytes, page: int, boxes: Iterable[Box]) -> str:
    """What pdfium itself finds inside boxes, each made a little lower so that no line beside it is touched."""
    with closing(PdfDocument(data)) as document:
        width, height = document[page - 1].get_size()
        text = document[page - 1].get_textpage()
        told = []
        for box in boxes:
            slack = 0.25 * (box.bottom - box.top) * height
            low, high = height * (1 - box.bottom) + slack, height * (1 - box.top) - slack
            told.append(text.get_text_bounded(width * box.left - 0.5, low, width * box.right + 0.5, high))
    return "".join(told)


def letters(text: str) -> str:
    return re.sub(r"[\s\x02\ufffe-]+", "", text)


def quotes_of(article: Article, count: int, seed: int = 1) -> list[tuple[int, int]]:
    """Ranges of whole words, of every length up to some lines, anywhere in the text."""
    drawn = random.Random(seed)
    words = [(found.start(), found.end()) for found in re.finditer(r"\S+", article.text)]
    begun = [drawn.randrange(len(words) - 45) for _ in range(count)]
    return [(words[n][0], words[n + drawn.randrange(1, 40)][1]) for n in begun]


def archive_of(tmp_path: Path, files: dict[str, str | bytes]) -> NewsIndex:
    return make_index(tmp_path / "archive", [write_files(tmp_path / "files", files)], FakeEmbedder())


def article(news: NewsIndex, id: str) -> Article:
    found = news.archive.article(id)
    assert found, list(news.archive.owners())
    return found


def span(held: Article, quote: str = QUOTE) -> tuple[int, int]:
    return held.text.index(quote), held.text.index(quote) + len(quote)


def printed(*pages: str, **how: str) -> bytes:
    """Pages that each say something, in lines as wide as a column; `how` is for encryption."""
    from fpdf import FPDF

    made = FPDF(unit="pt", format=(400, 600))
    if how:
        made.set_encryption(**how)
    for words in pages:
        made.add_page()
        made.set_font("Times", "", 12)
        made.multi_cell(200, 14, words)
    return bytes(made.output())


# PDF


@pytest.mark.parametrize("look", [*LOOKS[:8], LOOKS[11], LOOKS[15]], ids=str)
def test_the_boxes_of_a_quote_hold_its_words_however_a_page_is_set(tmp_path: Path, look: Look) -> None:
    data = as_pdf([sheet(look, 5), sheet(look, 6)], head="The Orrin Courier, page {}", foot="Printed in Orrin {}")
    held = article_of(tmp_path, data)
    heads = [held.text[one.start : one.end] for one in held.asides if one.what.startswith(pdf.RUNNING)]
    assert len(heads) == 2
    for start, end in quotes_of(held, 12):
        told = ""
        for number in pages_of(held, start, end):
            low, high = held.pages[number - 1], [*held.pages[1:], len(held.text)][number - 1]
            with closing(PdfDocument(data)) as document:
                found = boxes_on(
                    document[number - 1],
                    held.text[low:high],
                    max(start, low) - low,
                    min(end, high) - low,
                    heads=heads,
                )
            told += words_in(data, number, found)
        assert letters(told) == letters(held.text[start:end])


def test_a_word_that_stands_twice_is_marked_where_it_was_cited(tmp_path: Path) -> None:
    data = printed("Rain fell in Orrin.\nThe mayor spoke.\nRain fell in Orrin.")
    held = article_of(tmp_path, data)
    first, second = (found.start() for found in re.finditer("Rain", held.text))
    with closing(PdfDocument(data)) as document:
        tops = [boxes_on(document[0], held.text, at, at + 4)[0].top for at in (first, second)]
        assert tops[1] - tops[0] == pytest.approx(2 * 14 / 600, abs=1e-3)


def test_a_text_that_was_read_otherwise_is_found_by_its_letters(tmp_path: Path) -> None:
    data = printed(STORY)
    older = f"An older reader put this first. {STORY}"
    with closing(PdfDocument(data)) as document:
        found = boxes_on(document[0], older, older.index(QUOTE), older.index(QUOTE) + len(QUOTE))
        assert letters(words_in(data, 1, found)) == letters(QUOTE)
        assert boxes_on(document[0], "Nothing of this is there.", 0, 7) == []


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_is_turned_is_marked_as_it_is_drawn(tmp_path: Path, turn: int) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(printed(STORY))))
    writer.pages[0].rotate(turn)
    turned = io.BytesIO()
    writer.write(turned)
    news = archive_of(tmp_path, {"turned.pdf": turned.getvalue()})
    held = article(news, "turned")
    shown = show_original(news.archive, held, *span(held))
    assert shown.marked and (shown.width > shown.height) == (turn != 180)
    picture = Image.open(io.BytesIO(shown.data)).convert("RGB")
    for box in shown.boxes:
        inside = picture.crop(
            (round(box.left * picture.width), round(box.top * picture.height),
             round(box.right * picture.width), round(box.bottom * picture.height))
        )  # fmt: skip
        dark = sum(sum(pixel) < 200 for pixel in inside.getdata())
        assert dark > 0.03 * inside.width * inside.height, "there are letters in it"
    news.close()


def test_a_page_is_drawn_with_the_quote_marked_and_nothing_else(tmp_path: Path) -> None:
    news = archive_of(tmp_path, {"a.pdf": printed(STORY, "The second page says something else entirely, and more.")})
    held = article(news, "a")
    shown = show_original(news.archive, held, *span(held))
    assert (shown.kind, shown.page, shown.pages, shown.marked, shown.why) == ("page", 1, 2, True, "")
    picture = Image.open(io.BytesIO(shown.data)).convert("RGB")
    assert picture.size == (shown.width, shown.height) == (800, 1200)
    yellow = [place for place, pixel in enumerate(picture.getdata()) if pixel == (255, 226, 102)]
    tops, bottoms = min(yellow) // 800, max(yellow) // 800
    assert tops == pytest.approx(1200 * shown.boxes[0].top, abs=4)
    assert bottoms == pytest.approx(1200 * shown.boxes[-1].bottom, abs=4)

    other = show_original(news.archive, held, *span(held), page=2)
    assert (other.page, other.marked, other.why, other.boxes) == (2, False, "", ())
    with pytest.raises(OriginalError, match=r"a: has 2 pages; there is no page 3$"):
        show_original(news.archive, held, page=3)
    assert pages_of(held, held.text.index("hurt"), held.text.index("else")) == [1, 2]
    news.close()


def test_a_scan_is_marked_where_its_lines_were_recognised() -> None:
    from index.reading.recogniser import ReadLine, Word

    class Knows:
        def read(self, _: Image.Image) -> Sequence[ReadLine]:
            first = ReadLine(tuple(Word(word, 0.9) for word in "It rained on".split()), 100, 100, 220, 124)
            return [first, ReadLine((Word("Monday.", 0.9),), 100, 130, 170, 154)]

    scan = io.BytesIO()
    Image.new("RGB", (1240, 1754), "white").save(scan, "PDF", resolution=150)
    with closing(PdfDocument(scan.getvalue())) as document:
        image = pdf.picture_of(document[0])
        found = boxes_on(document[0], "It rained on Monday.", 3, 19, recogniser=Knows())
    assert [(box.left * image.width, box.right * image.width) for box in found] == [
        pytest.approx((130, 220)),  # ten characters a letter's width each, from the fourth on
        pytest.approx((100, 160)),
    ]


@pytest.mark.parametrize("size", [(20_000, 20_000), (3, 14_000)], ids=str)
def test_a_huge_page_is_drawn_small(tmp_path: Path, size: tuple[int, int]) -> None:
    from fpdf import FPDF

    made = FPDF(unit="pt", format=size)
    made.add_page()
    made.set_font("Times", "", 12)
    made.text(1, 50, STORY)
    news = archive_of(tmp_path, {"huge.pdf": bytes(made.output())})
    shown = show_original(news.archive, article(news, "huge"), 0, 10)
    assert max(shown.width, shown.height) <= 2_001
    news.close()


def test_a_pdf_that_opens_without_a_password_is_drawn_and_one_that_does_not_is_a_sentence(tmp_path: Path) -> None:
    news = archive_of(tmp_path, {"open.pdf": printed(STORY, owner_password="x"), "b.txt": "Something else."})
    held = article(news, "open")
    assert show_original(news.archive, held, *span(held)).marked
    news.close()
    locked = tmp_path / "locked.pdf"
    locked.write_bytes(printed(STORY, owner_password="x", user_password="y"))
    asked = Asked(str(locked), "locked", "locked.pdf", ".pdf", "locked", STORY, 0, 10, 1)
    with pytest.raises(pdf.ArticleError, match=r"^locked\.pdf: page 1 cannot be drawn"):
        make(vars(asked))


# Pages and mails


PAGE = f"""<html class=k><head><title>T</title><style>p {{color: red}}</style></head><body><h1>Bridge</h1>
<p>It rained in Elm.</p><article><p>The bridge of Orrin was opened on Monday by the mayor. It <b>rained</b>
all day, and nobody was&nbsp;hurt there at all.</p><p>{"More was said of it. " * 30}</p></article></body></html>"""


def test_a_quote_is_marked_in_a_page_across_its_elements() -> None:
    page, whole = inert_page(PAGE, STORY, STORY.index(QUOTE), STORY.index(QUOTE) + len(QUOTE))
    marks = re.findall(rf'<mark class="{MARK}"(?: id="{MARK}")?>(.*?)</mark>', page, re.DOTALL)
    assert whole and letters("".join(marks)) == letters(QUOTE).replace("\xa0", "") and len(marks) == 3
    assert page.count(f'id="{MARK}"') == 1 and page.index(f'id="{MARK}"') > page.index("in Elm")
    assert letters(re.sub(r"<[^>]*>", "", page)).count("Itrained") == 2, "no word is lost or said twice"


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_hostile_page_becomes_one_that_does_nothing(name: str) -> None:
    page, whole = inert_page(f"<p>{PAYLOADS[name]}</p><p>{STORY}</p>", STORY, 0, 10)
    assert page.index(POLICY) < 200, "the policy comes before anything of the page"
    held = page[page.index("</head>") :]
    assert not re.search(r"<(script|iframe|object|embed|link|meta|base|form|svg|math|template|button)\b", held, re.I)
    assert not re.search(r"<[^>]*\s(on\w+|href|src|srcset|action|srcdoc)\s*=", held, re.I)
    assert whole or name in ("textarea", "style"), "the words of the story stay"


def test_a_page_keeps_pictures_that_it_holds_and_none_that_lie_elsewhere() -> None:
    page, _ = inert_page(
        f'<img src="data:image/png;base64,AAAA"><img src="{EVIL}/a.png"><img src="data:image/svg+xml,<svg/>">', "", 0, 0
    )
    assert re.findall(r"<img[^>]*>", page) == ['<img src="data:image/png;base64,AAAA">', "<img>", "<img>"]
    bare, _ = inert_page('<style>p{}</style><p style="color:red" class="a">x</p>', "", 0, 0, bare=True)
    assert "<p>x</p>" in bare and "p{}" not in bare


def test_letters_are_found_where_their_neighbours_are_alike() -> None:
    assert find_letters("abXcdabXce", "X", before="ab", after="ce") == (7, 8)
    assert find_letters("abc", "x") is None and find_letters("abc", " ") is None


def mail(words: str, html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "Ann Writer <ann@news.example.org>", "desk@news.example.org"
    message["Date"], message["Subject"] = "Sat, 04 Jan 2020 10:15:00 +0100", "The bridge <b>is open</b>"
    message["Message-ID"] = "<1@news.example.org>"
    message.set_content(words)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_a_mail_is_shown_with_its_header_and_its_text(tmp_path: Path) -> None:
    made = mail("\n".join(["Dear desk,", "", *re.findall(r".{1,40}(?:\s|$)", STORY)]))
    news = archive_of(tmp_path, {"a.eml": made.as_bytes()})
    held = article(news, "a")
    shown = show_original(news.archive, held, *span(held))
    page = shown.data.decode()
    assert (shown.kind, shown.marked, shown.why) == ("html", True, "")
    for line in (
        "Ann Writer &lt;ann@news.example.org&gt;",
        "The bridge &lt;b&gt;is open&lt;/b&gt;",
        "Sat, 04 Jan 2020",
    ):
        assert line in page
    assert letters("".join(re.findall(r"<mark[^>]*>(.*?)</mark>", page, re.DOTALL))) == letters(QUOTE)
    news.close()


def test_what_is_packed_or_attached_is_taken_out_and_shown(tmp_path: Path) -> None:
    sent = mail("See what is attached.\n" * 3)
    sent.add_attachment(printed(STORY), maintype="application", subtype="pdf", filename="../../bridge.pdf")
    inner = mail(STORY)
    sent.add_attachment(inner)
    box = b"".join(b"From x\n" + one.as_bytes() + b"\n" for one in (mail("Another mail, of no import.\n" * 2), sent))
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as packed:
        packed.writestr("news/page.html", PAGE)
        packed.writestr("news/page/a.txt", "Another file, with a name that begins like the page's.")
        packed.writestr("m.eml", sent.as_bytes())
    with tarfile.open(fileobj=tarred, mode="w:gz") as packed:
        info = tarfile.TarInfo("b.pdf")
        info.size = len(printed(STORY))
        packed.addfile(info, io.BytesIO(printed(STORY)))
    files = {"s.eml": sent.as_bytes(), "box.mbox": box, "z.zip": zipped.getvalue(), "t.tar.gz": tarred.getvalue()}
    news = archive_of(tmp_path, files)
    kinds = {}
    for id in news.archive.owners():
        held = article(news, id)
        if QUOTE not in held.text:
            continue
        shown = show_original(news.archive, held, *span(held))
        assert shown.marked, id
        kinds[id] = shown.kind
        name, given = original_file(news.archive, held)
        assert isinstance(given, bytes) and "/" not in name and given[:4] in (b"%PDF", b"From", b"<htm"), id
    assert sorted(kinds.values()) == ["html"] * 4 + ["page"] * 4, kinds
    news.close()


def test_a_page_saved_as_one_file_has_its_own_pictures(tmp_path: Path) -> None:
    saved = (
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.org/a\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="=b"\r\n\r\n--=b\r\nContent-Type: text/html\r\n'
        b"Content-Location: https://example.org/a\r\n\r\n"
        + PAGE.replace("<h1>", '<link rel="stylesheet" href="c.css"><img src="p.png"><img src="q.png"><h1>').encode()
        + b"\r\n--=b\r\nContent-Type: image/png\r\nContent-Location: https://example.org/p.png\r\n\r\nPNG\r\n"
        b"--=b\r\nContent-Type: text/css\r\nContent-Location: https://example.org/c.css\r\n\r\nh1{color:red}\r\n--=b--\r\n"
    )
    news = archive_of(tmp_path, {"a.mhtml": saved})
    held = article(news, "a")
    shown = show_original(news.archive, held, *span(held))
    page = shown.data.decode()
    assert shown.marked and page.count("data:image/png;base64,") == 1 and "h1{color:red}" in page
    news.close()


# Files that are not shown


def test_only_the_file_that_was_indexed_is_shown(tmp_path: Path) -> None:
    news = archive_of(
        tmp_path, {"a.pdf": printed(STORY), "b.txt": STORY, "rows.jsonl": '{"id":"r","text":"It rained."}'}
    )
    held, file = article(news, "a"), tmp_path / "files" / "a.pdf"
    file.write_bytes(printed(STORY.replace("Monday", "Sunday")))
    changed = r"^a\.pdf: has changed since it was indexed, so it is not the original any more; run groundwire index"
    for look in (show_original, original_file):
        with pytest.raises(OriginalError, match=changed):
            look(news.archive, held)
    file.unlink()
    with pytest.raises(OriginalError, match=r"^a\.pdf: is not there any more"):
        show_original(news.archive, held)
    file.mkdir()
    with pytest.raises(OriginalError, match=r"^a\.pdf: is no file any more"):
        show_original(news.archive, held)
    assert original_file(news.archive, article(news, "b")) == ("b.txt", tmp_path / "files" / "b.txt")
    news.close()


def test_an_archive_that_names_another_file_gets_nothing_of_it(tmp_path: Path) -> None:
    """As one that came from elsewhere may: it would have to know the file's hash."""
    news = archive_of(tmp_path, {"a.txt": STORY})
    secret = tmp_path / "secret.txt"
    secret.write_text("Nobody may read this.")
    with news.archive.writing(), news.archive.change():
        news.archive._db.execute("UPDATE files SET path = ?", (str(secret),))
    held = article(news, "a")
    for look in (show_original, original_file):
        with pytest.raises(OriginalError, match=r"^secret\.txt: has changed since"):
            look(news.archive, held)
    news.close()


def test_a_file_with_other_articles_is_not_given_away(tmp_path: Path) -> None:
    rows = "\n".join(f'{{"id": "r{n}", "text": "It rained for the {n}th day."}}' for n in range(3))
    news = archive_of(tmp_path, {"rows.jsonl": rows})
    held = article(news, "r1")
    assert why_kept(news.archive, held).startswith("holds other articles too")
    with pytest.raises(OriginalError, match=r"^rows\.jsonl: holds other articles too"):
        original_file(news.archive, held)
    assert show_original(news.archive, held).kind == "file"
    news.close()


def test_a_parser_that_dies_costs_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    news = archive_of(tmp_path, {"a.pdf": printed(STORY)})
    held = article(news, "a")
    import sys

    for body, why in (
        ("import os; os._exit(3)", r"died \(exit code 3\)"),
        ("import time; time.sleep(60)", "took longer"),
    ):
        monkeypatch.setattr("index.reading.apart.COMMAND", (sys.executable, "-c", body))
        monkeypatch.setattr("index.originals.showing.SECONDS", 1.0)
        with pytest.raises(OriginalError, match=rf"^a\.pdf: cannot be shown, for its parser {why}"):
            show_original(news.archive, held)
    news.close()
