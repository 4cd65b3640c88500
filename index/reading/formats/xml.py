"""XML by its root element: NITF and NewsML-G2, which agencies send, RSS and Atom. Others are left out.

No entity is ever expanded and nothing outside the file is opened: a file that declares entities is refused.
"""

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.article import Article, ArticleError, Original
from index.reading.charset import decodes
from index.reading.formats.feed import read_feed
from index.reading.formats.html import decode_page, read_page, text_of_tree
from index.reading.formats.text import read_bytes
from index.reading.metadata import Said, make_article, parsing, tidy
from index.reading.yardstick import paragraphs, with_warning
from index.understanding.days import find_days

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_ITEMS = 1_000
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
ENTITY = re.compile(r"&(?!amp;|lt;|gt;|quot;|apos;)([A-Za-z]\w{1,30};)")
ROOT = re.compile(r"(?s)\A(?:\s|<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)*<(?:[\w.-]+:)?([\w.-]+)")
# How "<?" or "<" begins a file of wide letters that has no mark of its order (XML 1.0, appendix F), and UTF-32's marks.
WIDE = {
    b"\0\0\0<": "utf-32-be",
    b"<\0\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe\0\0": "utf-32",
    b"\0<\0?": "utf-16-be",
    b"<\0?\0": "utf-16-le",
}
FEEDS = {"rss", "feed", "RDF"}
MESSAGE = {"newsMessage", "newsItem", "packageItem"}


def read(original: Original) -> Iterator[Article | ArticleError]:
    """The articles of an XML file, by what its root element is."""
    data = read_bytes(original)
    with parsing(original.name, "XML"):
        if not data.strip():
            raise ArticleError(f"{original.name}: is empty; it is left out")
        wide = decodes(data, WIDE[data[:4]]) if data[:4] in WIDE else None
        source = DECLARATION.sub("", wide or decode_page(data, original.name, kind="an XML file"))
        # A comment or a CDATA section may hold the word; that no news file does so is worth the plain rule.
        if re.search(r"<!ENTITY", source):
            raise ArticleError(f"{original.name}: declares entities, which are never expanded; it is left out")
        found = ROOT.match(source)
        if not found:
            raise ArticleError(f"{original.name}: is no XML; it is left out")
        root = found[1]
    if root in FEEDS:
        yield from read_feed(source, original)
    elif root == "nitf":
        yield _read_nitf(_parse(source, original.name), original)
    elif root in MESSAGE:
        yield from _read_message(_parse(source, original.name), original)
    elif root == "html":
        yield from read_page(data, original)
    else:
        raise ArticleError(
            f"{original.name}: its root element is <{root[:40]}>; what is read is NITF, NewsML-G2, RSS and Atom"
        )


def _parse(source: str, name: str) -> "_Element":
    from lxml import etree

    with parsing(name, "XML"):
        # Names such as &nbsp; are declared in a file that is not opened; HTML has the same.
        source = ENTITY.sub(lambda found: html.unescape(found[0]), source)
        parser = etree.XMLParser(
            encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
        )
        return etree.fromstring(source.encode("utf-8", "replace"), parser)


def _all(element: "_Element", path: str) -> "list[_Element]":
    """The elements at a path of names such as "head/docdata", whatever their namespace; "//" as in XPath."""
    steps = re.sub(r"[A-Za-z][\w.-]*", lambda name: f"*[local-name()='{name[0]}']", path)
    found = element.xpath(steps)
    return found if isinstance(found, list) else []


def _words(element: "_Element", *paths: str) -> str | None:
    """The words at the first of these paths that has any; `path@name` is an attribute."""
    for path in paths:
        steps, _, attribute = path.partition("@")
        for found in _all(element, steps):
            value = found.get(attribute) if attribute else " ".join("".join(found.itertext()).split())
            if value:
                return str(value)
    return None


def _lang(element: "_Element") -> str | None:
    found = element.get("{http://www.w3.org/XML/1998/namespace}lang")
    return str(found) if found else None


# NITF


def _read_nitf(root: "_Element", original: Original) -> Article:
    with parsing(original.name, "NITF"):
        article = make_article(original, _nitf_text(root), _said_by_nitf(root))
        return with_warning(article, paragraphs(text_of_tree(root)), "the file's prose")


def _nitf_text(root: "_Element") -> str:
    return "\n".join(tidy(text_of_tree(body)) for body in _all(root, ".//body.content"))


def _said_by_nitf(root: "_Element") -> Iterator[Said]:
    where = "NITF"
    yield Said("title", _words(root, ".//body.head//hedline/hl1", ".//head/title"), where)
    yield Said("byline", _words(root, ".//body.head/byline/person", ".//body.head/byline"), where)
    yield Said("source", _words(root, ".//head/pubdata@name", ".//docdata/doc.copyright@holder"), where)
    yield Said("agency", _words(root, ".//body.head/distributor/org", ".//body.head/distributor"), where)
    yield Said("source", _words(root, ".//body.head/distributor"), where, "likely")
    yield Said("place", _words(root, ".//dateline/location/city", ".//dateline/location"), where)
    yield Said(
        "published",
        _words(root, ".//docdata/date.issue@norm", ".//head/pubdata@date.publication", ".//dateline/story.date@norm"),
        where,
    )
    yield Said("updated", _words(root, ".//revision-history@norm", ".//docdata/date.release@norm"), where, "likely")
    yield Said("url", _words(root, ".//head/pubdata@ex-ref"), where)
    yield Said("language", _lang(root) or _words(root, ".//body.content@lang"), where)


# NewsML-G2


def _read_message(root: "_Element", original: Original) -> Iterator[Article | ArticleError]:
    """The articles of a news item, or of all those in a message, a sentence for each that holds none."""
    from lxml import etree

    own = etree.QName(root).localname == "newsItem"
    items = [root] if own else _all(root, ".//newsItem")
    if not items:
        raise ArticleError(f"{original.name}: no news item in it; it is left out")
    for number, item in enumerate(items[:MOST_ITEMS], 1):
        name = original.name if len(items) == 1 else f"{original.name}:{number}"
        guid = item.get("guid") or str(number)
        article_id = original.id if len(items) == 1 else f"{original.id}/{guid}"
        status = (_words(item, "itemMeta/pubStatus@qcode") or "").rpartition(":")[2]
        try:
            if status in ("canceled", "withheld"):
                raise ArticleError(f"{name}: its agency says that it is {status}; it is left out")
            with parsing(name, "NewsML-G2"):
                article = make_article(Original(original.path, article_id, name), _item_text(item), _said_by_item(item))
                held = "\n".join(map(text_of_tree, _all(item, "contentSet/*")))
                article = with_warning(article, paragraphs(held), "the item's prose")
        except ArticleError as error:
            yield error
            continue
        yield article
    if len(items) > MOST_ITEMS:
        yield ArticleError(
            f"{original.name}: {len(items) - MOST_ITEMS} items after {MOST_ITEMS:,} are left out; cut it"
        )


def _item_text(item: "_Element") -> str:
    for content in _all(item, "contentSet/inlineXML"):
        bodies = _all(content, ".//body.content") or _all(content, ".//body") or [content]
        text = "\n".join(tidy(text_of_tree(body)) for body in bodies)
        if text.strip():
            return text
    return "\n".join(tidy("".join(data.itertext())) for data in _all(item, "contentSet/inlineData"))


def _said_by_item(item: "_Element") -> Iterator[Said]:
    where = "NewsML-G2"
    yield Said("title", _words(item, "contentMeta/headline", "itemMeta/title"), where)
    yield Said(
        "byline", _words(item, "contentMeta/by", "contentMeta/creator/name", "contentMeta/creator@literal"), where
    )
    provider = _words(item, "itemMeta/provider/name", "itemMeta/provider@literal", "itemMeta/provider@qcode")
    provider = provider.rpartition(":")[2] if provider else None
    source = _words(item, "contentMeta/infoSource/name", "contentMeta/infoSource@literal")
    yield Said("source", _words(item, "contentMeta/creditline") or source or provider, where)
    yield Said("agency", provider, where)
    yield Said("place", _words(item, "contentMeta/located/name", "contentMeta/located@literal"), where)
    dateline = _words(item, "contentMeta/dateline") or ""
    days = find_days(dateline)
    yield Said("place", dateline[: days[0].start if days else None].strip(" ,") or None, where, "likely")
    first = ("contentMeta/contentCreated", "itemMeta/firstCreated", "itemMeta/versionCreated")
    yield Said("published", _words(item, *first), where)
    yield Said("updated", _words(item, "contentMeta/contentModified", "itemMeta/versionCreated"), where)
    yield Said("url", _words(item, "itemMeta/link@href"), where, "likely")
    yield Said("language", _words(item, "contentMeta/language@tag") or _lang(item), where)
    yield Said("title", _words(item, "contentSet/inlineXML//hl1", "contentSet/inlineXML//title"), where, "likely")
