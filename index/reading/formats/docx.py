"""Word documents (.docx) as they read with every tracked change accepted, a line each paragraph or row.

Read: paragraphs, tables, content controls, text boxes, foot- and endnotes after the paragraph that calls them. Page
headers and footers are kept as asides. Left out: what was struck out, hidden text, prompts nobody filled in, comments.
"""

import html
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias

from index.article import Article, ArticleError, Aside, Origin, Original
from index.reading.formats.text import LARGEST_ARTICLE
from index.reading.metadata import Said, make_article, parsing, tidy
from index.reading.yardstick import paragraphs, with_warning
from index.understanding.credits import is_headline, read_credit

if TYPE_CHECKING:
    from docx.document import Document
    from lxml.etree import _Element

LARGEST_UNPACKED = 200_000_000
LARGEST_PART = 50_000_000
MOST_CELLS = 100_000
# Elements that hold nothing to read, or what is gone once the changes are accepted; all others are looked into.
UNREAD = frozenset(
    "del moveFrom delText instrText delInstrText pPr rPr tblPr trPr tcPr sdtPr sdtEndPr sectPr rt".split()
)
Notes: TypeAlias = dict[tuple[str, str | None], "_Element"]
WORDS = re.compile(r"<(?:w|a):t(?: [^>]*)?>([^<]*)</(?:w|a):t>")
BREAKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


@dataclass(frozen=True)
class Line:
    """A paragraph or a row of a table, and the paragraph's style (its id)."""

    text: str
    style: str | None = None
    row: bool = False


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article."""
    size = original.path.stat().st_size
    if size > LARGEST_ARTICLE:
        raise ArticleError(
            f"{original.name}: {size / 1e6:.0f} MB is more than is read of a Word document"
            f" ({LARGEST_ARTICLE / 1e6:.0f} MB); cut it, or save it without its pictures"
        )
    with parsing(original.name, "a Word document"):
        if not size:
            raise ArticleError(f"{original.name}: is empty; it is left out")
        if not zipfile.is_zipfile(original.path):
            raise ArticleError(f"{original.name}: is no Word document (.docx), or cut short; it is left out")
        _check_size(original)
        document = _open(original)
        lines = [line for line in _lines(document.element.body, _notes(document)) if line.text]
        article = make_article(original, "\n".join(line.text for line in lines), _said(document, lines))
        if article.title in {line.text for line in lines if line.row}:
            article = replace(article, title=PurePath(original.name).stem, origins=_untitled(article.origins))
        article = _with_margins(article, _margins(document))
        article = with_warning(article, _prose(original), "the document's prose")
        comments = sum(1 for _ in _comments(document))
        if comments:
            told = f"{comments} {'comment' if comments == 1 else 'comments'} on the document, which nothing quotes"
            article = replace(article, warnings=(*article.warnings, f"left out: {told}"))
        parts = sum(1 for _ in document.element.body.iter("{*}altChunk"))
    if parts:
        yield ArticleError(
            f"{original.name}: holds other documents in itself, which are left out ({parts}); paste them"
        )
    yield article


def _untitled(origins: tuple[Origin, ...]) -> tuple[Origin, ...]:
    return (*(one for one in origins if one.field != "title"), Origin("title", "file name", "guess"))


def _prose(original: Original) -> Iterator[str]:
    """Every paragraph of the document's parts that reads as prose, drawings and charts too; no comments."""
    with zipfile.ZipFile(original.path) as packed:
        for name in packed.namelist():
            if name.startswith("word/") and name.endswith(".xml") and "/comments" not in name:
                for block in re.split(rb"</(?:w|a):p>", packed.read(name)):
                    words = "".join(map(html.unescape, WORDS.findall(block.decode("utf-8", "replace"))))
                    yield from paragraphs(words)


def _comments(document: "Document") -> Iterator["_Element"]:
    from lxml import etree

    for relation in document.part.rels.values():
        if relation.reltype.endswith("/comments") and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            yield from (
                one for one in etree.fromstring(relation.target_part.blob, parser) if "".join(one.itertext()).strip()
            )


def _check_size(original: Original) -> None:
    """Raises for a document that is small on disk and vast unpacked."""
    with zipfile.ZipFile(original.path) as packed:
        sizes = {member.filename: member.file_size for member in packed.infolist()}
    largest = max(
        (size for name, size in sizes.items() if name.startswith("word/") and name.endswith(".xml")), default=0
    )
    if sum(sizes.values()) > LARGEST_UNPACKED or largest > LARGEST_PART:
        raise ArticleError(
            f"{original.name}: unpacks to {sum(sizes.values()) / 1e6:.0f} MB, more than is read of a Word document"
            f" ({LARGEST_UNPACKED / 1e6:.0f} MB, {LARGEST_PART / 1e6:.0f} MB of text); it is left out"
        )


def _open(original: Original) -> "Document":
    from docx import Document

    return Document(str(original.path))


def _name(element: "_Element") -> str:
    """An element's name without its namespace: there are two (transitional, strict); empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: "_Element", *path: str) -> "_Element | None":
    for name in path:
        found = next((child for child in element if _name(child) == name), None)
        if found is None:
            return None
        element = found
    return element


def _value(element: "_Element | None", name: str = "val") -> str | None:
    held = (value for key, value in element.items() if key.rpartition("}")[2] == name) if element is not None else ()
    return next((value if isinstance(value, str) else value.decode() for value in held), None)


def _is_on(element: "_Element | None") -> bool:
    return element is not None and _value(element) not in ("0", "false", "off")


def _inside(element: "_Element") -> Iterable["_Element"]:
    """What is to be read of an element: of two ways to draw one thing the first, of a control what was filled in."""
    name = _name(element)
    if name in UNREAD or (name == "sdt" and _is_on(_child(element, "sdtPr", "showingPlcHdr"))):
        return ()
    if name == "AlternateContent":
        return list(element)[:1]
    if name == "r" and _is_on(_child(element, "rPr", "vanish")):
        return ()
    return list(element)


def _lines(container: Iterable["_Element"], notes: Notes) -> Iterator[Line]:
    """The lines of a body, a cell, a text box or a note; a paragraph whose end was struck out goes on in the next."""
    before, style = "", None
    for block in container:
        name = _name(block)
        if name == "p":
            words, beside = _paragraph(block, notes)
            before, style = before + words, style or _value(_child(block, "pPr", "pStyle"))
            mark = _child(block, "pPr", "rPr")
            if mark is None or not (_child(mark, "del") is not None or _child(mark, "moveFrom") is not None):
                yield Line(tidy(before), style)
                before, style = "", None
            for other in beside:  # a note calls no notes, or one could call itself
                yield from _lines(other, notes if _name(other) == "txbxContent" else {})
        elif name == "tbl":
            yield from _rows(block, notes)
        else:
            yield from _lines(_inside(block), notes)
    yield Line(tidy(before), style)


def _paragraph(paragraph: "_Element", notes: Notes) -> tuple[str, list["_Element"]]:
    """The words of a paragraph, and the text boxes and notes that hang on it."""
    pieces: list[str] = []
    beside: list[_Element] = []

    def walk(elements: Iterable["_Element"]) -> None:
        for element in elements:
            name = _name(element)
            if name == "t":
                pieces.append(element.text or "")
            elif name in BREAKS:
                pieces.append(BREAKS[name])
            elif name == "sym":
                pieces.append(_symbol(_value(element, "char")))
            elif name == "txbxContent":
                beside.append(element)
            elif name in ("footnoteReference", "endnoteReference"):
                if (note := notes.get((name.removesuffix("Reference"), _value(element, "id")))) is not None:
                    beside.append(note)
            else:
                walk(_inside(element))

    walk(_inside(paragraph))
    return "".join(pieces), beside


def _symbol(code: str | None) -> str:
    """A letter told by its number; nothing for one that only its font gives a shape."""
    try:
        letter = chr(int(code or "", 16))
    except (ValueError, OverflowError):
        return ""
    return "" if "\ud800" <= letter <= "\uf8ff" else letter


def _rows(table: "_Element", notes: Notes) -> Iterator[Line]:
    """A row a line; a cell that reaches over several columns is told once, one over several rows in each of them."""
    cells = 0
    above: dict[int, str] = {}
    for row in _of(table, "tr"):
        if _child(row, "trPr", "del") is not None:
            continue
        words: list[str] = []
        at = 0
        for cell in _of(row, "tc"):
            cells += 1
            if cells > MOST_CELLS:
                raise ArticleError(f"a table of more than {MOST_CELLS:,} cells")
            if _child(cell, "tcPr", "cellDel") is not None:
                continue
            merged = _child(cell, "tcPr", "vMerge")
            if merged is None or _value(merged) == "restart":
                above[at] = " ".join(" ".join(line.text.split()) for line in _lines(cell, notes) if line.text)
            words.append(above.get(at, ""))
            span = _value(_child(cell, "tcPr", "gridSpan")) or ""
            at += int(span) if span.isdecimal() else 1
        yield Line(" | ".join(words) if any(words) else "", row=len(words) > 1)


def _of(element: "_Element", name: str) -> Iterator["_Element"]:
    """The rows of a table or the cells of a row, in content controls or tracked insertions too."""
    for child in _inside(element):
        if _name(child) == name:
            yield child
        elif _name(child) not in ("tbl", "tc"):
            yield from _of(child, name)


def _notes(document: "Document") -> Notes:
    """Foot- and endnotes by kind and number."""
    from lxml import etree

    found: Notes = {}
    for relation in document.part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if kind in ("footnotes", "endnotes") and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            for note in etree.fromstring(relation.target_part.blob, parser):
                if _value(note, "type") in (None, "normal"):  # the others are the rules above the notes
                    found[kind.removesuffix("s"), _value(note, "id")] = note
    return found


def _margins(document: "Document") -> list[tuple[str, str]]:
    """What the headers and footers of pages say, each text once: "page header" or "page footer", and its words."""
    found: dict[tuple[str, str], None] = {}
    for name in ("header", "footer"):
        for called in document.element.body.iter(f"{{*}}{name}Reference"):
            part = document.part.rels.get(_value(called, "id") or "")
            element = getattr(part.target_part, "element", None) if part is not None else None
            if element is not None:
                words = "\n".join(line.text for line in _lines(element, {}) if line.text)
                if any(letter.isalpha() for letter in words):
                    found[f"page {name}", words] = None
    return list(found)


def _with_margins(article: Article, margins: Iterable[tuple[str, str]]) -> Article:
    text, asides = article.text, list(article.asides)
    for what, words in margins:
        text += f"\n{words}"
        asides.append(Aside(len(text) - len(words), len(text), what))
    return replace(article, text=text, asides=tuple(asides)) if text != article.text else article


def _said(document: "Document", lines: Sequence[Line]) -> Iterator[Said]:
    about = document.core_properties
    # A file made by python-docx may have its template's properties still: its author, and the template's day.
    own = about.author != "python-docx"
    yield Said("title", about.title if own else None, "metadata", "likely")
    heads = {style.style_id for style in document.styles if style.name in ("Title", "Heading 1")}
    for line in islice(lines, 20):
        if line.style in heads:
            yield Said("title", line.text, "text", "likely")
    if lines and lines[0].row:  # what stands below the table; else the text says it
        after = next((line.text for line in lines if not line.row), "")
        yield Said("title", after if is_headline(after) and not read_credit(after) else None, "head", "likely")
    if not own:
        return
    yield Said("byline", about.author, "metadata", "guess")
    for field, day in (("published", about.created), ("updated", about.modified)):
        yield Said(field, day.isoformat() if day else None, "metadata", "guess")
    yield Said("language", about.language, "metadata")
