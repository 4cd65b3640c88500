"""A web page or a mail as HTML that does nothing: no script, no form, no link, nothing loaded from elsewhere.

What stays is a list of names, so what HTML will have tomorrow is left out too. A policy in the page's own head says the
same to the browser, and whoever serves it says it again.
"""

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from index.originals.letters import find_letters, letters_of
from index.reading.formats.html import parse_page

if TYPE_CHECKING:
    from lxml.html import HtmlElement

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'"
)
GONE = frozenset(
    "script noscript template iframe frame frameset noframes object embed applet base meta link title svg math"
    " audio video source track param xmp plaintext noembed portal fencedframe dialog canvas input button select"
    " textarea".split()
)
KEPT = frozenset(
    "class id style lang dir colspan rowspan width height align valign bgcolor color face size border cellpadding"
    " cellspacing alt datetime start type value open".split()
)
PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|avif|bmp)[;,]", re.IGNORECASE)
MARK = "groundwire-quote"
LOOK = (
    f"mark.{MARK}{{all:revert;background:#fde68a!important;color:#1c1917!important;outline:2px solid #b45309}}"
    f":has(mark.{MARK}){{visibility:visible!important;opacity:1!important}}"
)
MOST_PARTS = 200  # lines of a quote that are looked for one by one
Given = Callable[[str], tuple[str, bytes] | None]


def inert_page(
    source: str, text: str, start: int, end: int, *, bare: bool = False, given: Given = lambda _: None
) -> tuple[str, bool]:
    """A page that does nothing, `text[start:end]` marked in it, and whether all of that is.

    `given` has the content type and bytes of what came in one file with the page, by address. With `bare` no style is
    left, for what a page hides or covers.
    """
    tree = parse_page(source)
    if tree is None:
        tree = parse_page("<p></p>")
    assert tree is not None
    make_inert(tree, bare=bare, given=given)
    whole = mark(tree, text, start, end)
    return as_page(tree), whole


def as_page(tree: "HtmlElement") -> str:
    """The tree as a page, our head before its own."""
    from lxml import html
    from lxml.builder import E

    policy = E.meta({"http-equiv": "Content-Security-Policy", "content": POLICY})
    ours = E.head(E.meta(charset="utf-8"), policy, E.title("Original"), E.style(LOOK))
    for head in tree.findall("head"):
        for style in head.findall("style"):  # all that is left there
            ours.append(style)
        tree.remove(head)
    tree.insert(0, ours)
    return "<!doctype html>\n" + str(html.tostring(tree, encoding="unicode"))


def make_inert(tree: "HtmlElement", *, bare: bool = False, given: Given = lambda _: None) -> None:
    """Takes all but words, looks and pictures that came with the page out of a tree."""
    for element in list(tree.iter()):
        name = element.tag.lower() if isinstance(element.tag, str) else ""
        if name == "link" and not bare and "stylesheet" in element.get("rel", "").lower():
            style = given(element.get("href", ""))
            if style and style[0] == "text/css":
                element.tag, name, element.text = "style", "style", clean(style[1].decode("utf-8", "replace"))
        if element is not tree and (not name or ":" in name or name in GONE or (bare and name == "style")):
            _drop(element)
            continue
        if name == "form":
            element.tag = "div"
        if name == "style":  # what a style says is no text: nothing in it may end it
            element.text = re.sub(r"<", r"\\3c ", element.text or "")
            for child in list(element):
                element.remove(child)
        picture = _picture(element.get("src", ""), given) if name == "img" else ""
        for attribute in list(element.attrib):
            if attribute.lower() not in KEPT or (bare and attribute in ("style", "class", "id")):
                del element.attrib[attribute]
        if element.get("id") == MARK:
            del element.attrib["id"]
        if picture:
            element.set("src", picture)


def clean(text: str) -> str:
    """Text without what no tree can hold."""
    text = text.encode("utf-8", "replace").decode()
    return "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\x7f\ufffe\uffff"))


def _picture(address: str, given: Given) -> str:
    """A picture as an address that holds it; empty for one that lies elsewhere."""
    if PICTURE.match(address.strip()):
        return address.strip()
    held = given(address)
    if held is None or not PICTURE.match(f"data:{held[0]};"):
        return ""
    return f"data:{held[0]};base64,{base64.b64encode(held[1]).decode()}"


def _drop(element: "HtmlElement") -> None:
    """Takes an element out, and leaves what stands behind it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


# The quote


def mark(tree: "HtmlElement", text: str, start: int, end: int) -> bool:
    """Marks `text[start:end]` wherever in the tree its letters stand one after another; whether all of it was found.

    A quote with something between its lines, as an advert may stand, is marked line by line.
    """
    nodes = list(_nodes(tree))
    letters = "".join(held for _, _, held in nodes)
    spans: list[tuple[int, int]] = []
    lines = [(start, end)]
    whole = find_letters(letters, text[start:end], text[:start], text[end:])
    if whole is None:
        lines = [(start + one.start(), start + one.end()) for one in re.finditer(r"[^\n]+", text[start:end])]
    for begin, stop in lines[:MOST_PARTS]:
        found = whole or find_letters(letters, text[begin:stop], text[:begin], text[stop:])
        if found:
            spans.append(found)
    at = 0
    ranges: list[tuple[HtmlElement, bool, list[tuple[int, int]]]] = []
    for element, is_tail, held in nodes:
        own = [(max(a, at) - at, min(b, at + len(held)) - at) for a, b in spans if a < at + len(held) and b > at]
        if own:
            ranges.append((element, is_tail, sorted(set(own))))
        at += len(held)
    for number, (element, is_tail, own) in reversed(list(enumerate(ranges))):
        _mark_in(element, is_tail, own, first=not number)
    return bool(spans) and len(spans) == len(lines)


def _nodes(tree: "HtmlElement") -> Iterator[tuple["HtmlElement", bool, str]]:
    """The texts of a tree in order: whose each is, whether it stands behind that, and its letters."""
    from lxml import etree

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start" and element.text and element.tag not in ("style", "head"):
            yield element, False, letters_of(element.text)
        elif event == "end" and element.tail and element is not tree:
            yield element, True, letters_of(element.tail)


def _mark_in(element: "HtmlElement", is_tail: bool, spans: Sequence[tuple[int, int]], *, first: bool) -> None:
    """Puts marks around ranges of letters of one text."""
    from lxml.builder import E

    text = (element.tail if is_tail else element.text) or ""
    places = [place for place, character in enumerate(text) if letters_of(character)]
    pieces: list[tuple[str, str]] = []  # what is marked, and what follows it
    ends = [(places[start], places[end - 1] + 1) for start, end in spans if end > start]
    if not ends:
        return
    for (start, end), (after, _) in zip(ends, [*ends[1:], (len(text), 0)], strict=True):
        pieces.append((text[start:end], text[end:after]))
    marks = []
    for number, (words, rest) in enumerate(pieces):
        made = E.mark({"class": MARK, **({"id": MARK} if first and not number else {})}, words)
        made.tail = rest
        marks.append(made)
    before = text[: ends[0][0]]
    if is_tail:
        element.tail = before
        parent = element.getparent()
        place = parent.index(element) + 1
        for made in reversed(marks):
            tail = made.tail
            parent.insert(place, made)
            made.tail = tail
    else:
        element.text = before
        for made in reversed(marks):
            element.insert(0, made)
