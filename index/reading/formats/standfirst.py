"""The standfirst of a page: the lines between its headline and its first paragraph that tell the story in short.

Extraction takes the block that holds most paragraphs, and a standfirst stands outside it, in the head of the article.
It is told by what the page says of itself: its description, or the name of the block.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from ground.words import fold
from index.reading.formats.page_parts import APART, CREDITED, MOST_LINKED, key_of, leaves, linked, named
from index.understanding.asides import kind_of_aside

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

CALLED = re.compile(
    r"(?i)(?<![a-z])(?:stand-?first|dec?k|sub-?(?:title|head(?:ing|line)?)|lead|lede|intro(?:duction)?|summary|abstract"
    r"|chapo|chapeau|strap-?line|vorspann|entradilla|bajada|ingress|sottotitolo|alternativeheadline)(?![a-z])"
)
OTHERS = re.compile(
    r"(?i)comment|related|promo|teaser|newsletter|sidebar|sponsor|advert|recommend|subscri|cookie|consent|read-?more"
    r"|author|byline|share|social|trending|caption|image|video|tooltip|series|poll"
)
LEAST, LEAST_WORDS = 30, 4  # characters; words of letters alone, or it is a day
MOST = 3  # lines: more are teasers of other stories
LONGEST = 1_000
COMPARED = 60  # characters of a description, which may be cut
REPEATED = 0.8  # of its words that headline and first paragraph have: then it says nothing of its own


def with_standfirst(tree: "HtmlElement", text: str) -> str:
    """The extracted text of a page with its standfirst in its place, where the text does not have it."""
    lines = text.split("\n")
    keys = {key for line in lines if len(key := key_of(line)) >= LEAST / 2}
    headlines = {key_of("".join(headline.itertext())) for headline in tree.iter("h1")}
    start = sum(1 for _ in takewhile(lambda line: key_of(line) in headlines, lines))
    whole = key_of("".join(lines))
    beside = " ".join(lines[: start + 1])
    found: list[str] = []
    for headline, words in _told(tree, keys):
        if key_of(words) not in whole and not _is_repeated(words, f"{headline} {beside}"):
            found.append(words)
    if len(found) > MOST or sum(map(len, found)) > LONGEST:
        return text
    return "\n".join([*lines[:start], *dict.fromkeys(found), *lines[start:]])


def _told(tree: "HtmlElement", keys: set[str]) -> Iterator[tuple[str, str]]:
    """Lines between a headline and first extracted line, which the page tells as its standfirst."""
    described = {key_of(tag.get("content", ""))[:COMPARED] for tag in tree.iter("meta") if _describes(tag)} - {""}
    headlines: dict[_Element, _Element | None] = {}  # of each element the headline above it
    headline = None
    for element in tree.iter():
        headlines[element] = headline = element if element.tag == "h1" else headline
    for leaf, words in leaves(tree, APART - {"header"}):
        headline, key = headlines[leaf], key_of(words)
        if headline is None:
            continue
        if key in keys:
            return
        if _reads_as_one(leaf, words):
            said = any(key.startswith(one) or one.startswith(key) for one in described)
            if said or _is_called([leaf, *leaf.iterancestors()], headline):
                yield "".join(headline.itertext()), words


def _describes(tag: "_Element") -> bool:
    return bool(re.search(r"(?i)(?:^|[:.])description$", tag.get("name") or tag.get("property") or ""))


def _reads_as_one(leaf: "_Element", words: str) -> bool:
    """Whether a line can be a standfirst: whole, no links, no credit of a picture, nothing of a page's own."""
    return (
        len(words) >= LEAST
        and len(re.findall(r"\b[^\W\d_]{3,}\b", words)) >= LEAST_WORDS
        and not re.search(r"(?:…|\.\.\.)\W*$", words)
        and not CREDITED.search(words)
        and not kind_of_aside(words)
        and linked(leaf) < MOST_LINKED
        and not any(True for _ in leaf.iter("script", "style", "form", "button"))
    )


def _is_called(around: Sequence["_Element"], headline: "_Element") -> bool:
    """Whether a line, or a block around it without the headline, is called a standfirst, and none of them otherwise."""
    shared = set(headline.iterancestors())
    own = list(takewhile(lambda one: one not in shared, around))
    return any(CALLED.search(named(one)) for one in own[:3]) and not any(OTHERS.search(named(one)) for one in own)


def _is_repeated(words: str, beside: str) -> bool:
    """Whether a line only tells again what stands beside it: most of its words are there, and all of its numbers.

    >>> _is_repeated("The bridge opens late in May.", "Bridge opens late in May")
    True
    >>> _is_repeated("The bridge opens on 4 May.", "Bridge opens on 5 May")
    False
    """
    said, held = set(fold(words).split()), set(fold(beside).split())
    numbers = {word for word in said if re.search(r"\d", word)}
    said -= numbers
    return numbers <= held and len(said & held) >= REPEATED * len(said)
