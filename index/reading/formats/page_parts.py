"""What extraction leaves out of a page though it is the article's: the second of two bodies, a note of a correction.

Only blocks that say so themselves are put back: one built as the body is (same element, same class) that holds prose
of its own and no other headline, and one that is called a correction or begins as one.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.understanding.asides import kind_of_aside

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

LEAF_TAGS = frozenset("p li h2 h3 h4 h5 h6 blockquote dd dt td th caption small".split())
BLOCKS = LEAF_TAGS | frozenset("div section article aside main header footer ul ol dl table tr tbody figure".split())
APART = frozenset("aside nav form button figure script style noscript template select header".split())
NOTED = APART - {"aside"}  # many pages put a correction into an aside
LEAST_KEY = 20
LEAST_PROSE = 60
LONGEST_NOTE = 2_000
MOST_LINKED = 0.3
ENDS = re.compile(r"[.!?…][\"'”’»)\]]*$")
OTHER = re.compile(
    r"(?i)comment|related|promo|teaser|newsletter|sidebar|sponsor|advert|recommend|subscri|cookie|consent|read-?more"
)
LONGEST_CAPTION = 400
CREDITED = re.compile(
    r"(?i)\b(?:photo(?:graph(?:y|s)?|s)?|pictures?|images?|fotos?|bild(?:er)?|credits?|crédits?)\s*(?::|©|/|\bby\b)"
    r"\s*(?-i:[A-ZÀ-Þ])[^.!?]{1,60}\W*$"
)
RIGHTS = re.compile(r"(?i)\W*(?:©|\(c\)|copyright\b)")
CALLED_CORRECTION = re.compile(
    r"(?i)(?<![a-z])(?:correction|clarification|amendment|erratum|errata|editors?[-_]?note|korrektur|berichtigung"
    r"|rectificatif|correctif|rectificaci[oó]n)s?(?![a-z]|[-_]?(?:polic|form|link|request|page))"
)
BEGINS_CORRECTION = re.compile(
    r"(?i)\W*(?:(?:correction|clarification|amendment|erratum|korrektur|berichtigung|rectificatif|correctif|rectificación"
    r"|fe de errata|editor[’']?s note|update)\b.{0,60}?[:—–]"
    r"|(?:this|the) (?:article|story|piece|report|page|post|text|headline)\b.{0,60}?"
    r"\b(?:was|has been|had been) (?:\w+ )?(?:amended|corrected|updated|changed|clarified|edited)\b"
    r"|(?:an? )?(?:earlier|previous|original) version of (?:this|the)\b"
    r"|(?:in )?(?:einer? )?(?:früheren?|vorherigen?) (?:version|fassung)\b)"
)
HEADS_CORRECTION = re.compile(r"(?i)\W*(?:corrections?(?: and clarifications?)?|clarifications?|editor[’']?s note)\W*")


def key_of(words: str) -> str:
    """Words as they are compared: letters and digits alone.

    >>> key_of("It opened, “at last”.")
    'itopenedatlast'
    """
    return re.sub(r"\W+", "", words).casefold()


def with_parts(tree: "HtmlElement", text: str) -> str:
    """The extracted text of a page with the article's further bodies and its corrections where the page has them."""
    lines = text.split("\n")
    places = {key: number for number, line in reversed(list(enumerate(lines))) if len(key := key_of(line)) >= LEAST_KEY}
    held = [
        (paragraph, places[key]) for paragraph in tree.iter("p") if (key := key_of(paragraph.text_content())) in places
    ]
    if not held:
        return text
    parents = Counter(paragraph.getparent() for paragraph, _ in held)
    body = parents.most_common(1)[0][0]
    whole = key_of(text)
    found: dict[_Element, list[str]] = {}
    for part in _bodies(body, {paragraph for paragraph, _ in held}):
        found[part] = [words for _, words in leaves(part) if key_of(words) not in places]
    for part, note in _corrections(_scope(body, ("main", "article"))):
        if key_of(note) not in whole and not any(ancestor in found for ancestor in (part, *part.iterancestors())):
            found[part] = note.split("\n")
    if not found:
        return text
    order = {element: number for number, element in enumerate(tree.iter())}
    added: dict[int, list[str]] = {}
    for part in sorted(found, key=lambda part: order[part]):
        after = (place for paragraph, place in held if order[paragraph] > order[part])
        added.setdefault(min(after, default=len(lines)), []).extend(found[part])
    return "\n".join(
        line for number in range(len(lines) + 1) for line in (*added.get(number, ()), *lines[number : number + 1])
    )


def part_captions(tree: "HtmlElement") -> None:
    """Takes captions of pictures that stand within a paragraph, small or slanted, out of it and puts them before it."""
    for element in list(tree.iter("em", "i", "small", "cite")):
        words = " ".join("".join(element.itertext()).split())
        paragraph = next(element.iterancestors("p"), None)
        if paragraph is None or not CREDITED.search(words) or len(words) > LONGEST_CAPTION:
            continue
        if key_of("".join(paragraph.itertext())) == key_of(words):  # it is alone there
            continue
        caption = element.makeelement("p", {})
        caption.text = words
        paragraph.addprevious(caption)
        element.drop_tree()


def prose_of(tree: "HtmlElement") -> list[str]:
    """The paragraphs of a page that read as prose and stand beside others, but for its margins and what is called a
    comment, a teaser or an advert: a cruder extraction, to hold the other against (bench/extraction.py).
    """
    told: list[tuple[_Element | None, str]] = []
    for paragraph in tree.iter("p", "blockquote", "dd"):
        words = " ".join("".join(paragraph.itertext()).split())
        if len(words) >= LEAST_PROSE and ENDS.search(words[-4:]) and not kind_of_aside(words) and _is_plain(paragraph):
            told.append((paragraph.getparent(), words))
    beside = Counter(parent for parent, _ in told)
    return [words for parent, words in told if beside[parent] > 1]


def _is_plain(paragraph: "_Element") -> bool:
    """Whether a paragraph is in nothing that stands apart, is no link, and says nothing of rights."""
    if RIGHTS.match("".join(paragraph.itertext())) or linked(paragraph) >= MOST_LINKED:
        return False
    around = [one for one in (paragraph, *paragraph.iterancestors()) if one.tag not in ("html", "body")]
    if any(one.tag in APART or one.tag in ("a", "footer", "li") for one in around):
        return False
    return not OTHER.search(" ".join(map(named, around)))


def _scope(body: "_Element", names: tuple[str, ...]) -> "_Element":
    """Where the rest of an article can stand: the widest of these elements around its body, else what is around it."""
    around = [element for element in body.iterancestors() if element.tag in names]
    parent = body.getparent()
    if body.tag in names and not around:
        around = [body]
    return around[-1] if around else parent if parent is not None and parent.tag != "html" else body


def _bodies(body: "_Element", held: set["_Element"]) -> Iterator["_Element"]:
    """Blocks beside the body that are built as it is, hold prose and no story of their own."""
    name = body.get("class")
    if body.tag in ("body", "html") or not (name or body.tag in ("article", "section")):
        return
    scope = next((one for one in body.iterancestors("article", "main")), body.getparent())
    around = set(body.iterancestors())
    for other in scope.iter(body.tag) if scope is not None else ():
        if other is body or other.get("class") != name or other in around or body in other.iterancestors():
            continue
        if any(paragraph in held for paragraph in other.iter("p")) or _is_apart(other, scope):
            continue
        if any(True for _ in other.iter("h1")) or other.xpath(
            ".//a//h2|.//a//h3|.//h2//a|.//h3//a|.//*[@rel='author']"
        ):
            continue
        if other.tag == "article" and any(True for _ in other.iter("h2", "h3")):
            continue  # one of several stories on a page
        prose = [words for _, words in leaves(other) if len(words) >= LEAST_PROSE and ENDS.search(words)]
        if prose and linked(other) < MOST_LINKED:
            yield other


def _corrections(scope: "_Element") -> Iterator[tuple["_Element", str]]:
    """Blocks that are called a correction, or begin as one, each with its words."""
    taken: set[_Element] = set()
    waiting: _Element | None = None
    for leaf, words in leaves(scope, NOTED):
        called = next((one for one in (leaf, *leaf.iterancestors()) if one is scope or _is_called(one)), scope)
        around = called if called is not scope else leaf
        told = called is not scope or BEGINS_CORRECTION.match(words) or waiting is leaf.getparent()
        waiting = leaf.getparent() if HEADS_CORRECTION.fullmatch(words) else None
        if not told or around in taken or _is_others(around, scope) or linked(around) >= 2 * MOST_LINKED:
            continue
        note = "\n".join(part for _, part in leaves(around, NOTED)) if around is not leaf else words
        if LEAST_PROSE / 2 <= len(note) <= LONGEST_NOTE and ENDS.search(note):
            taken.add(around)
            yield around, note


def _is_called(element: "_Element") -> bool:
    return bool(CALLED_CORRECTION.search(named(element)))


def _is_apart(element: "_Element", scope: "_Element") -> bool:
    """Whether a block belongs to what stands beside an article: by its element, or by what it is called."""
    around = (one for one in element.iterancestors() if one is not scope and scope in one.iterancestors())
    return any(one.tag in APART for one in (element, *around)) or _is_others(element, scope)


def _is_others(element: "_Element", scope: "_Element") -> bool:
    """Whether a block is called a comment, a teaser or an advert, or stands in one that is."""
    around = (one for one in element.iterancestors() if scope in one.iterancestors())
    return any(OTHER.search(named(one)) for one in (element, *around))


def leaves(element: "_Element", apart: frozenset[str] = APART | {"footer"}) -> Iterator[tuple["_Element", str]]:
    """The blocks with no block in them, in order, and their words on one line; none of what stands `apart`."""
    from lxml import etree

    walk = etree.iterwalk(element, events=("start",))
    for _, one in walk:
        if one is not element and one.tag in apart:
            walk.skip_subtree()
        elif one.tag in BLOCKS and not any(inner.tag in BLOCKS for inner in one.iterdescendants()):
            words = " ".join("".join(one.itertext()).split())
            if words:
                yield one, words


def named(element: "_Element") -> str:
    """What a block is called."""
    return " ".join(element.get(name, "") for name in ("class", "id", "itemprop"))


def linked(element: "_Element") -> float:
    """The share of a block's words that are links."""
    words = len("".join(element.itertext()).strip()) or 1
    return sum(len("".join(link.itertext())) for link in element.iter("a")) / words
