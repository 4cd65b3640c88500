"""PDF: the text of all pages in reading order, one after another; `pages` says where each starts. Scripts do not run.

pypdf reads what a PDF is made of, pdfium where the words of a page stand. Pages that are pictures are read by a text
recogniser where one is installed.
"""

import re
import time
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from index.article import Article, ArticleError, Aside, Doubt, Original, StillReading
from index.reading.formats.pdf_damage import damage
from index.reading.formats.text import LARGEST_ARTICLE
from index.reading.layout import Paragraph, Piece, in_order, read_page, words_of
from index.reading.metadata import Said, make_article, parsing
from index.reading.pieces import MOST_CHARACTERS, pieces_of
from index.reading.recogniser import ReadLine, ReadsPictures, Recogniser, can_recognise
from index.reading.yardstick import with_warning

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdf import PageObject, PdfReader
    from pypdfium2 import PdfPage

LARGEST_PDF = 200_000_000
MOST_PAGES = 5_000
MOST_RECOGNISED = 500  # pages of one PDF that are read as pictures: some seconds each
SURE = 0.9  # of a word that was recognised: bench/results/scans.json has what other bars give
SAID_EVERY = 10.0  # seconds, while a page is recognised
LEAST_BUSY = 0.005  # of that time on the processor: less is a recogniser that hangs
MOST_BUSY = 60.0  # seconds of the processor that a page may take
DOTS = 200 / 72  # of a picture, for each point of a page
LONGEST_SIDE = 1_600  # dots: more need more memory than a worker has
FEW_CHARACTERS = 200  # beside a picture that covers its page: a stamp, a page number
COVERED = 0.5  # of a page
MARGIN = 0.1  # of a page's height, where its running head and foot stand
REPEATED = 0.3  # of all pages, on which a running head or foot stands; on two at least
INSTALL = "let a text recogniser read them first, or install ours: pip install 'groundwire-slim[ocr]'"
RUNNING = "at the head or foot of"  # how an aside of a running head or foot begins
DOUBTFUL = "\ufdd0"  # stands after the first letter of a word that is not sure, until the text is whole


@dataclass(frozen=True)
class _Page:
    """What was read of a page, and where it begins and ends in the measure of its pieces.

    `picture` says that it is a picture with next to no text, `looked_at` that words were looked for in it, `recognised`
    that some were found; `cut` counts the characters past those that are read of one page. `plain` is its text in the
    order in which it is drawn.
    """

    pieces: tuple[Piece, ...]
    top: float = 0.0
    bottom: float = 0.0
    picture: bool = False
    looked_at: bool = False
    recognised: bool = False
    cut: int = 0
    plain: str = ""

    @property
    def is_unread(self) -> bool:
        return self.picture and not self.recognised


def read(original: Original, recogniser: ReadsPictures | None = None) -> Iterator[Article | ArticleError]:
    """One article of all pages; before it, a sentence for pages that are pictures of which nothing was read.

    `recogniser` reads them; without one, ours does where it is installed.
    """
    from pypdf import PdfReader

    size = original.path.stat().st_size
    if size > LARGEST_PDF:
        raise ArticleError(
            f"{original.name}: {size / 1e6:.0f} MB is more than is read of a PDF ({LARGEST_PDF / 1e6:.0f} MB); cut it"
        )
    with parsing(original.name, "a PDF", "pypdf"), original.path.open("rb") as file:
        if not size:
            raise ArticleError(f"{original.name}: is empty; it is left out")
        if b"%PDF-" not in file.read(1024):
            raise ArticleError(f"{original.name}: is no PDF, whatever its suffix says; it is left out")
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise ArticleError(f"{original.name}: is locked with a password; save it without one and index again")
        _check_pages(reader, original.name)
        pages: list[_Page] = []
        length = 0
        for page in _pages(reader, original, recogniser or own_recogniser()):
            if isinstance(page, _Page):
                pages.append(page)
                length += sum(len(piece.text) for piece in page.pieces)
                if length > LARGEST_ARTICLE:
                    raise ArticleError(
                        f"{original.name}: its text is longer than one article holds"
                        f" ({LARGEST_ARTICLE / 1e6:.0f} million characters); cut it"
                    )
            else:
                yield page
        article = _article(original, reader, pages)
        told = damage(file, reader)
    if told:
        article = replace(article, warnings=(*article.warnings, f"{told}; some of its words may not be in the text"))
        yield ArticleError(f"{original.name}: {told}; what is left is read; copy it again")
    without = [page for page in pages if page.is_unread and not page.pieces]
    if without:
        yield ArticleError(f"{original.name}: {_unread(without, pages)}; they are left out")
    yield article


def _article(original: Original, reader: "PdfReader", pages: Sequence[_Page]) -> Article:
    """The article of what was read of the pages, with a warning for each thing that may not be in its text."""
    unread = [page for page in pages if page.is_unread]
    repeated, pages = _without_running_heads(pages)
    words = frozenset(words_of([piece for page in pages for piece in page.pieces]))
    texts = ["\n".join(read_page(page.pieces, words)) for page in pages]
    if not any(texts):
        raise ArticleError(f"{original.name}: holds no text, {_why_none(unread)}")
    marked = "".join(f"{text}\n" if text else "" for text in texts)
    starts = [0]
    for text in texts[:-1]:
        starts.append(starts[-1] + len(text.replace(DOUBTFUL, "")) + bool(text))
    text, doubts = _told_apart(marked)
    article = make_article(original, text, _said(reader), pages=tuple(starts))
    scanned = [
        Doubt(start, start + len(said.replace(DOUBTFUL, "")), sure=True)
        for start, said, page in zip(starts, texts, pages, strict=True)
        if page.recognised and said
    ]
    article = _with_running_heads(replace(article, doubts=(*scanned, *doubts)), repeated)
    drawn = chain.from_iterable(page.plain.splitlines() for page in pages)
    article = with_warning(article, chain(drawn, _beside(reader)), "the PDF's prose")
    return replace(article, warnings=(*article.warnings, *_warnings(pages, unread, text, doubts)))


def _why_none(unread: Sequence[_Page]) -> str:
    if not unread:
        return "its pages are empty"
    return "its pages are pictures without words" if unread[0].looked_at else f"its pages are pictures; {INSTALL}"


def _warnings(pages: Sequence[_Page], unread: Sequence[_Page], text: str, doubts: Sequence[Doubt]) -> Iterator[str]:
    """A sentence for each thing that is not in the text, or not surely."""
    recognised = sum(page.recognised for page in pages)
    if recognised:
        count = sum(len(text[one.start : one.end].split()) for one in doubts)
        yield (
            f"{recognised} of {len(pages)} pages are pictures that a text recogniser read; {count} of"
            f" {len(text.split())} words are not sure"
        )
    if unread:
        yield f"{_unread(unread, pages)}, and nothing of the pictures is in the text"
    cut = sum(page.cut for page in pages)
    if cut:
        yield f"{cut} characters of pages that have very many are not in the text"


def _unread(unread: Sequence[_Page], pages: Sequence[_Page]) -> str:
    """What is to be said of pages that are pictures, of all."""
    told = f"{len(unread)} of {len(pages)} pages are pictures"
    if sum(page.looked_at for page in pages) >= MOST_RECOGNISED:
        return f"{told}, most past the {MOST_RECOGNISED} that are read of one PDF"
    if all(page.looked_at for page in unread):
        return f"{told} in which no words are found"
    return f"{told} and hold no text" if not any(page.pieces for page in unread) else f"{told} with next to no text"


def _check_pages(reader: "PdfReader", name: str) -> None:
    """Raises for a PDF of too many pages, before pypdf makes a list of them: the number it states may be any."""
    waiting: list[Any] = [reader.root_object.get("/Pages")]
    pages = steps = 0
    while waiting:
        steps += 1
        node = waiting.pop()
        node = node.get_object() if node is not None else None
        if not isinstance(node, dict):  # of a broken file: pdfium says what it makes of it
            continue
        kids = node.get("/Kids")
        kids = kids.get_object() if kids is not None else None
        waiting += kids if isinstance(kids, list) else ()
        pages += kids is None
        if pages > MOST_PAGES or steps > 2 * MOST_PAGES:
            raise ArticleError(f"{name}: holds more than {MOST_PAGES:,} pages, more than is read of a PDF; cut it")


# Pages


def _pages(reader: "PdfReader", original: Original, recogniser: ReadsPictures | None) -> Iterator[_Page | StillReading]:
    """What is read of each page; after each that is looked at as a picture, that reading goes on."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        document = PdfDocument(original.path)
    except PdfiumError:
        yield from map(_by_pypdf, reader.pages)
        return
    looked_at = 0
    with closing(document):
        for number in range(len(document)):
            try:
                with closing(document[number]) as page:
                    found = _page(page)
                    if found.picture and recogniser is not None and looked_at < MOST_RECOGNISED:
                        looked_at += 1
                        told = f"{original.name}: page {number + 1} of {len(document)}"
                        found = yield from _recognised(page, found, recogniser, told)
                        yield StillReading(told)
            except PdfiumError:
                found = _by_pypdf(reader.pages[number])
            yield found


def _by_pypdf(page: "PageObject") -> _Page:
    """A page that pdfium does not open: its lines, as pypdf has them, one below the other."""
    text = page.extract_text().encode("utf-8", "ignore").decode()
    lines = re.sub(f"[\0{DOUBTFUL}]", "", text).splitlines()
    return _Page(
        tuple(Piece(line, 0.0, 12.0 * n, 5.0 * len(line), 12.0 * n + 10, 10.0) for n, line in enumerate(lines))
    )


def _page(page: "PdfPage") -> _Page:
    """What is read of a page without a recogniser."""
    pieces, cut = pieces_of(page)
    pieces = [replace(piece, text=piece.text.replace(DOUBTFUL, "")) for piece in pieces]
    height = page.get_height()
    told = sum(len(piece.text) for piece in pieces)
    picture = told < FEW_CHARACTERS and _is_picture(page, any_size=not told)
    top = _top(pieces, height)
    return _Page(tuple(pieces), top, top + height, picture, cut=cut, plain=_plain_text(page))


def _top(pieces: Sequence[Piece], height: float) -> float:
    """Where a page begins in the measure of its pieces."""
    tops = [piece.top for piece in pieces]
    return -height if tops and min(tops) >= -height - 1 else min(tops, default=0.0)


def _plain_text(page: "PdfPage") -> str:
    """The text of a page, a line each as it is drawn; words that a line's end parts are whole."""
    with closing(page.get_textpage()) as text_page:
        text = text_page.get_text_range(0, min(text_page.count_chars(), MOST_CHARACTERS))
    return re.sub(r"[\x02\ufffe]\s*|\0", "", text)


def _recognised(
    page: "PdfPage", found: _Page, recogniser: ReadsPictures, told: str
) -> Generator[StillReading, None, _Page]:
    """The page as its picture is read, or as it was found where that says more.

    That reading goes on is said again and again, for on a busy machine a page takes minutes: for as long as the
    recogniser works, and for no more than MOST_BUSY.
    """
    image = picture_of(page)
    began = before = time.process_time()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: list(recogniser.read(image)))
        while not wait([reading], SAID_EVERY).done:
            now = time.process_time()
            if now - before >= LEAST_BUSY * SAID_EVERY and now - began <= MOST_BUSY:
                yield StillReading(told)
            before = now
        lines = reading.result()
    if sum(len(word.text) for line in lines for word in line.words) <= sum(len(piece.text) for piece in found.pieces):
        return replace(found, looked_at=True)
    return _Page(tuple(map(_piece, lines)), 0.0, float(image.height), True, True, True)


@cache
def own_recogniser() -> Recogniser | None:
    return Recogniser() if can_recognise() else None


def _piece(line: ReadLine) -> Piece:
    """A recognised line as a piece, the words that are not sure marked."""
    words = [
        word.text if word.sure >= SURE else f"{word.text[0]}{DOUBTFUL}{word.text[1:]}"
        for word in (replace(word, text=word.text.replace(DOUBTFUL, "")) for word in line.words)
        if word.text
    ]
    return Piece(" ".join(words), line.left, line.top, line.right, line.bottom, line.bottom - line.top)


def _told_apart(marked: str) -> tuple[str, tuple[Doubt, ...]]:
    """The text without marks, and where its doubtful words stand, those beside each other as one.

    >>> _told_apart("It s\\ufdd0nowed t\\ufdd0oday.")
    ('It snowed today.', (Doubt(start=3, end=16, sure=False),))
    """
    doubts: list[Doubt] = []
    removed = 0
    for found in re.finditer(r"\S+", marked):
        count = found[0].count(DOUBTFUL)
        if count:
            start, end = found.start() - removed, found.end() - removed - count
            if doubts and start - doubts[-1].end <= 1:
                start = doubts.pop().start
            doubts.append(Doubt(start, end))
            removed += count
    return marked.replace(DOUBTFUL, ""), tuple(doubts)


def _is_picture(page: "PdfPage", *, any_size: bool) -> bool:
    """Whether a picture covers a page, or stands on one without text."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    width, height = page.get_size()
    for one in page.get_objects(filter=(FPDF_PAGEOBJ_IMAGE,), max_depth=3):
        if any_size:
            return True
        left, bottom, right, top = one.get_bounds()
        if (right - left) * (top - bottom) >= COVERED * width * height:
            return True
    return False


# What stands on every page


def _without_running_heads(pages: Sequence[_Page]) -> tuple[dict[str, int], list[_Page]]:
    """The lines at the head and foot of pages that come again on others, each with how often, and the pages without
    them. Numbers in them may differ.
    """
    least = max(2, REPEATED * len(pages))
    count = Counter(chain.from_iterable({_plain(one.text) for one in _marginal(page)} for page in pages))
    again = {words for words, pages_with in count.items() if pages_with >= least}
    told: dict[str, int] = {}
    kept = []
    for page in pages:
        body = _body(page, again)
        own = {id(piece) for piece in body}
        for piece in page.pieces:
            if id(piece) not in own:
                first = next((words for words in told if _plain(words) == _plain(piece.text)), piece.text)
                told[first] = told.get(first, 0) + 1
        kept.append(replace(page, pieces=tuple(body)))
    return told, kept


def _body(page: _Page, again: Collection[str]) -> list[Piece]:
    """The pieces of a page without those in its margins that come again on others."""
    gone = {id(piece) for piece in _marginal(page) if _plain(piece.text) in again}
    return [piece for piece in page.pieces if id(piece) not in gone]


def body_in_order(pieces: Sequence[Piece], height: float, heads: Collection[str]) -> list[Paragraph]:
    """The paragraphs of one page as `read` has them, where `heads` are the running heads and feet that it found."""
    pieces = [replace(piece, text=piece.text.replace(DOUBTFUL, "")) for piece in pieces]
    top = _top(pieces, height)
    return in_order(_body(_Page(tuple(pieces), top, top + height), {_plain(head) for head in heads}))


def scan_in_order(lines: Sequence[ReadLine], height: float, heads: Collection[str]) -> list[Paragraph]:
    """The same of the lines that were recognised in the picture of a page, of this height."""
    pieces = [replace(_piece(line), parts=(number,)) for number, line in enumerate(lines)]
    return in_order(_body(_Page(tuple(pieces), 0.0, height), {_plain(head) for head in heads}))


def picture_of(page: "PdfPage") -> "Image":
    """The picture of a page that a recogniser reads."""
    image: Image = page.render(scale=min(DOTS, LONGEST_SIDE / max(*page.get_size(), 1.0))).to_pil()
    return image


def _marginal(page: _Page) -> Iterator[Piece]:
    """What stands in the margins; a number only where it stands alone on its line."""
    height = page.bottom - page.top
    for piece in page.pieces:
        if piece.bottom > page.top + MARGIN * height and piece.top < page.bottom - MARGIN * height:
            continue
        if re.search(r"[^\W\d_]", piece.text) or not any(
            one.top <= piece.middle <= one.bottom for one in page.pieces if one is not piece
        ):
            yield piece


def _plain(words: str) -> str:
    return re.sub(r"\d+", "#", words.replace(DOUBTFUL, "")).casefold()


def _with_running_heads(article: Article, repeated: dict[str, int]) -> Article:
    """The article with these lines at its end, one of each kind: kept, and neither indexed nor cited."""
    text, asides = article.text, list(article.asides)
    for words, count in repeated.items():
        line = words.replace(DOUBTFUL, "")
        start = len(text)
        text += f"{line}\n"
        asides.append(Aside(start, start + len(line), f"{RUNNING} {count} pages"))
    return replace(article, text=text, asides=tuple(asides)) if repeated else article


# What else there is


def _beside(reader: "PdfReader") -> Iterator[str]:
    """What stands on pages and not in them: boxes of text that somebody put there, and forms that were filled in."""
    for page in reader.pages:
        try:
            for called in page.get("/Annots") or ():
                mark = called.get_object()
                if mark.get("/Subtype") == "/FreeText":
                    yield str(mark.get("/Contents") or "")
                elif mark.get("/Subtype") == "/Widget" and mark.get("/FT") == "/Tx":
                    yield str(mark.get("/V") or "")
        except Exception:  # a broken mark costs itself alone
            continue


def _said(reader: "PdfReader") -> Iterator[Said]:
    about = reader.metadata
    if about is None:
        return
    title = about.title
    yield Said("title", title if isinstance(title, str) else None, "metadata", "guess")
    yield Said("byline", about.author if isinstance(about.author, str) else None, "metadata", "guess")
    for field, name in (("published", "creation_date"), ("updated", "modification_date")):
        try:
            day = getattr(about, name)
        except (ValueError, TypeError, AttributeError, OverflowError):
            continue  # a date in a form of its own
        yield Said(field, day.isoformat() if day else None, "metadata", "guess")
    yield Said("language", str(reader.root_object.get("/Lang", "")), "metadata")
