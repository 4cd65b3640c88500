"""Web pages: the text of the article alone, one line a paragraph; what is known of it from JSON-LD, meta tags and text.

trafilatura finds the text, htmldate the date where no tag says it.
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from index.article import Article, ArticleError, Original
from index.reading.charset import codec_of, decodes, guess_charset
from index.reading.formats.live_page import in_sections, read_updates, with_updates
from index.reading.formats.page_parts import part_captions, prose_of, with_parts
from index.reading.formats.standfirst import with_standfirst
from index.reading.formats.text import read_bytes
from index.reading.metadata import Said, iso_date, make_article, one_line, parsing, tidy, web_address
from index.reading.yardstick import with_warning
from index.understanding.credits import without_addresses
from index.understanding.exports.read import read_export
from index.understanding.lines import lines_of

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

# What stands on every page that a press database made, and on few others.
EXPORTS = ("DOCUMENT", "ocuments", "nd of Document", "LexisNexis", "ProQuest document ID", ">Document ", "DOKUMENT")
DEEPEST = 250  # libxml2 reads no deeper than 256
DECLARED = re.compile(
    rb"(?i)<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,100}encoding=[\"']([\w.:-]+)"
)
HEAD_BYTES = 8192
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OTHER_KINDS = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a zip file or a Word document",
    b"\x1f\x8b": "a gzip file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
}
# Which meta tags say what, the surest first.
META = {
    "title": ("og:title", "twitter:title", "dc.title", "headline"),
    "source": ("og:site_name",),
    "published": (
        *("article:published_time", "og:published_time", "datepublished", "parsely-pub-date", "sailthru.date"),
        *("pubdate", "publishdate", "publish-date", "dc.date.issued", "dcterms.created", "dc.date", "date"),
    ),
    "updated": ("article:modified_time", "og:updated_time", "datemodified", "lastmod", "dcterms.modified"),
    "byline": ("author", "byl", "parsely-author", "sailthru.author", "dc.creator", "article:author"),
    "url": ("og:url",),
    "place": ("dateline", "geo.placename"),
    "agency": ("news_agency", "agency"),
    "language": ("og:locale", "content-language", "dc.language"),
}
BYLINES = "//*[@itemprop='author' or @rel='author' or contains(concat(' ', @class, ' '), ' byline ')]"
BLOCKS = set(
    "address article aside blockquote br caption dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li"
    " main nav ol p pre section table td th tr ul hl1 hl2 block para".split()
)
UNSEEN = set("script style noscript template svg math iframe object form button select textarea media".split())


def decode_page(data: bytes, name: str, declared: str | None = None, *, kind: str = "a web page") -> str:
    """The text of an HTML or XML file. `declared` is what came with it, such as a mail's charset.

    A byte order mark is believed first, then the bytes: what is valid UTF-8 is UTF-8, whatever is declared; then what
    the text tells together with what is declared, then what is declared alone. Raises ArticleError for other files.
    """
    for mark, other in OTHER_KINDS.items():
        if data.startswith(mark):
            raise ArticleError(f"{name}: is {other}, not {kind}; give it its own suffix and index again")
    for mark, codec in MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace")
    found = DECLARED.search(data[:HEAD_BYTES])
    named = codec_of(declared) or codec_of((found[1] or found[2]).decode("ascii") if found else None)
    if named and named.startswith("utf-16") and b"<" in data[:HEAD_BYTES] and b"\0" not in data[:HEAD_BYTES]:
        named = None  # it could not have been read so far as to say so
    if b"\0" in data and not (named or "").startswith("utf-16"):
        raise ArticleError(f"{name}: holds NUL characters, so it is not {kind}; it is left out")
    # Seven bits that switch between alphabets are valid UTF-8 too.
    text = decodes(data, named) if named and named.startswith(("iso2022", "hz", "utf-16")) else None
    text = text if text is not None else decodes(data, "utf-8")
    if text is not None:
        return text
    words = re.sub(rb"(?is)<(script|style)\b.*?</\1|<[^>]*>", b" ", data)
    guessed = guess_charset(words, named)
    for name_of_codec in (guessed, named):
        if name_of_codec and (text := decodes(data, name_of_codec)) is not None:
            return text
    if named == "utf-8" or guessed:
        return data.decode(guessed or "utf-8", "replace")
    raise ArticleError(f"{name}: not UTF-8, and its charset cannot be told; save it as UTF-8 and index again")


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article of a page."""
    yield from read_page(read_bytes(original), original)


def read_page(
    data: bytes, original: Original, *, url: str | None = None, charset: str | None = None
) -> Iterator[Article | ArticleError]:
    """One article of a page's bytes; `url` and `charset` are what is known of them from elsewhere."""
    with parsing(original.name, "a web page", "trafilatura", "htmldate"):
        source = decode_page(data, original.name, charset)
        tree = parse_page(source)
        if tree is None:
            raise ArticleError(f"{original.name}: is empty; it is left out")
        deep = depth_of(tree) >= DEEPEST
        exported = export_in(tree, source)
        said = [] if exported else list(said_by(tree, url))
        text = exported or without_titles(text_of(tree), said)
        updates = [] if exported else read_updates(tree, source)
        if updates:
            text, starts = with_updates(text, updates)
        if not text and deep:
            raise ArticleError(f"{original.name}: nested deeper than {DEEPEST} elements; it is left out")
        if not text:
            raise ArticleError(f"{original.name}: no article was found on this page; it is left out")
        article = make_article(original, text, said)
        if updates and article.text == text:
            article = in_sections(article, updates, starts)
        article = with_warning(article, [] if exported else prose_of(tree), "the page's prose")
    if deep:
        yield ArticleError(f"{original.name}: nested deeper than {DEEPEST} elements; what lies deeper is left out")
    yield article


def parse_page(source: str) -> "HtmlElement | None":
    """The tree of a page, None where there is no element in it."""
    from lxml import etree, html

    # A declaration of the charset is of no use in a text that is decoded already, and lxml would refuse it.
    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", source)
    try:
        # Without comments, as trafilatura parses: with them it loses paragraphs (F1 .961 in place of .964).
        parser = html.HTMLParser(remove_comments=True, remove_pis=True, collect_ids=False, no_network=True)
        tree = html.document_fromstring(source, parser=parser)
    except etree.ParserError:
        return None
    return tree


def depth_of(tree: "HtmlElement") -> int:
    """How deep the elements of a tree are nested."""
    from lxml import etree

    depth = deepest = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def text_of(tree: "HtmlElement") -> str:
    """The article's own text, a paragraph a line; empty where there is none."""
    from trafilatura import bare_extraction

    part_captions(tree)
    # Precision: what is not the article's must not be quoted as if it were (bench/extraction.py).
    found: Any = bare_extraction(tree, favor_precision=True, include_comments=False, with_metadata=False)
    if found is None or not found.text:
        return ""
    return with_standfirst(tree, with_parts(tree, _without_frames(tidy(found.text))))


def _without_frames(text: str) -> str:
    """The text with rows that hold one cell as the words of that cell: such tables lay out a page.

    >>> _without_frames("| | Rain stops fair | |\\n| Town | Hours |\\n| | |")
    'Rain stops fair\\n| Town | Hours |'
    """
    lines = []
    for line in text.split("\n"):
        cells = [cell for cell in line.split("|") if cell.strip()] if line.startswith("|") else [line]
        lines += [cells[0].strip()] if len(cells) == 1 else [line] if cells else []
    return "\n".join(lines)


def export_in(tree: "HtmlElement", source: str) -> str:
    """All that a page says where a press database saved its articles in it; empty for any other page."""
    if not any(sign in source for sign in EXPORTS):
        return ""
    text = text_of_tree(next(iter(tree.xpath("//body")), tree))
    return text if read_export(lines_of(text), text) else ""


def without_titles(text: str, said: Iterable[Said]) -> str:
    """The text without the headline that many pages repeat above it: the title is kept apart.

    >>> without_titles("Bridge Opens\\nIt opened.\\nBridge opens", [Said("title", "Bridge opens", "metadata")])
    'It opened.\\nBridge opens'
    """
    titles = {(one_line(one.value) or "").casefold() for one in said if one.field == "title"}
    lines = text.split("\n")
    while lines and lines[0].casefold() in titles:
        lines.pop(0)
    return "\n".join(lines)


def text_of_fragment(source: str) -> str:
    """All that a piece of HTML shows, a block a line: for what is an article as a whole, such as a feed's entry.

    >>> text_of_fragment("<p>One <b>two</b>.</p>Three &amp; four<script>x()</script>")
    'One two.\\nThree & four'
    """
    tree = parse_page(f"<div>{source}</div>")
    if tree is None:
        return ""
    return text_of_tree(tree)


def text_of_tree(tree: "_Element") -> str:
    """All that an element of HTML, or of XML with the same names, shows, a block a line."""
    return tidy("".join(_pieces(tree)))


def _pieces(tree: "_Element") -> Iterator[str]:
    from lxml import etree

    hidden = 0
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else None
        if event == "start":
            hidden += name in UNSEEN
            yield "\n" if name in BLOCKS else ""
            yield "" if hidden else " ".join((element.text or "").split("\n"))
            continue
        hidden -= event == "end" and name in UNSEEN
        yield "\n" if name in BLOCKS else ""
        yield "" if hidden else " ".join((element.tail or "").split("\n"))


# What a page says of its article


def said_by(tree: "HtmlElement", url: str | None = None) -> Iterator[Said]:
    """What JSON-LD, meta tags and the page itself say, the surest first; the date by htmldate where no tag says it."""
    linked = list(_from_json(tree))
    tags = [_without_suffix(said, tree) for said in _from_tags(tree)]
    outlets = [said for said in (*tags, *linked) if said.field == "source"]
    yield from outlets
    yield from (said for said in linked if said.field not in ("source", "url"))
    canonical = tree.xpath("string(//link[@rel='canonical']/@href)")
    bases = (url, tree.xpath("string(//base/@href)"), *(said.value for said in tags if said.field == "url"))
    base = next(filter(None, map(web_address, bases)), "")
    yield Said("url", _joined(base, str(canonical)) if canonical else None, "metadata")
    yield from (said for said in tags if said.field != "source")
    yield from (said for said in linked if said.field == "url")
    yield Said("url", url, "address")
    if (headline := _headline(tree)) and _is_told(headline, str(tree.xpath("string(//title)"))):
        yield Said("title", headline, "text", "likely")
    yield Said("title", tree.xpath("string(//title)"), "metadata", "likely")
    yield Said("language", tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang"), "metadata")
    for time in tree.xpath("//time[@datetime][@pubdate or @itemprop='datePublished']/@datetime")[:1]:
        yield Said("published", time, "metadata")
    for element in tree.xpath(BYLINES)[:1]:
        # A name ends where the date, the address or a button begins.
        line = element.text_content().strip().split("\n")[0]
        words = re.split(r"[|@•\d]", without_addresses(line))[0].rstrip(" –—-")
        yield Said("byline", words if len(words) <= 100 else None, "text", "guess")
    if not any(said.field == "published" for said in (*linked, *tags)):
        yield from date_in_text(tree, url)


def _headline(tree: "HtmlElement") -> str | None:
    """The one first headline of a page, which may stand in it twice."""
    found = {one_line(headline.text_content()) for headline in tree.iter("h1")} - {None}
    return found.pop() if len(found) == 1 else None


def _is_told(headline: str, title: str) -> bool:
    """Whether a page's title tells most of its first headline, which may be the site's own ("Hi, I'm Ada.")."""
    words = set(re.findall(r"\w+", headline.casefold()))
    return not title.strip() or 2 * len(words & set(re.findall(r"\w+", title.casefold()))) >= len(words)


def _without_suffix(said: Said, tree: "HtmlElement") -> Said:
    """A title in the tags as the page's one headline tells it, where it only puts outlet and day behind that."""
    headline = _headline(tree)
    title = one_line(said.value) if said.field == "title" else None
    if headline and title and re.match(rf"{re.escape(headline)}\s+[|–—·-]\s", title):
        return replace(said, value=headline)
    return said


def _joined(base: str, address: str) -> str | None:
    try:
        return urljoin(base, address)
    except ValueError:
        return None


def date_in_text(tree: "HtmlElement", url: str | None = None) -> Iterator[Said]:
    """The date as htmldate finds it: by its plain search it is likely, by its long one a guess.

    bench/extraction.py counts how often each is right.
    """
    from htmldate import find_date

    days = {str(time)[:10] for time in tree.xpath("//time/@datetime") if iso_date(str(time))}
    if len(days) == 1 and not _updates(tree):
        yield Said("published", days.pop(), "text", "likely")
        return
    if found := find_date(tree, original_date=True, extensive_search=False, url=url):
        yield Said("published", found, "text", "guess" if _is_two_days(found, tree) else "likely")
    elif found := find_date(tree, original_date=True, extensive_search=True, url=url):
        yield Said("published", found, "text", "guess")


def _updates(tree: "HtmlElement") -> bool:
    """Whether the times of a page may be of its update: they say so, or its tags speak of another day."""
    tags = (
        f"{tag.get('name')} {tag.get('property')}"
        for tag in tree.iter("meta")
        if re.search(r"\d", tag.get("content", ""))
    )
    told = (
        f"{one.get('class')} {one.get('itemprop')} {one.getparent().text_content()[:80]}" for one in tree.iter("time")
    )
    return any(re.search(r"(?i)date|publish", tag) for tag in tags) or any(
        re.search(r"(?i)updat|modif|aktualis|mis à jour|actualizad", words) for words in told
    )


def _is_two_days(day: str, tree: "HtmlElement") -> bool:
    """Whether a page tells a day with strokes alone, `05/08/2014`, which is two days."""
    from lxml import html

    year, month, number = day.split("-")
    if int(number) > 12 or month == number:
        return False
    page = str(html.tostring(tree, encoding="unicode"))
    both = "|".join(f"0?{int(a)}/0?{int(b)}" for a, b in ((month, number), (number, month)))
    return bool(re.search(rf"(?<![\d/])(?:{both})/(?:{year}|{year[2:]})(?![\d/])", page)) and day not in page


def _from_tags(tree: "HtmlElement") -> Iterator[Said]:
    held: dict[str, str] = {}
    for tag in tree.iter("meta"):
        content = tag.get("content", "").strip()
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if content and tag.get(attribute):
                held.setdefault(tag.get(attribute).strip().lower(), content)
    for field, names in META.items():
        for name in names:
            value = held.get(name)
            # Some outlets give the address of a profile in place of a name.
            if value and not (field in ("byline", "agency", "source") and web_address(value)):
                yield Said(field, value, "metadata")


def _from_json(tree: "HtmlElement") -> Iterator[Said]:
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        source = re.sub(r"^\s*(?://)?\s*(?:<!\[CDATA\[|<!--)|(?://)?\s*(?:\]\]>|-->)\s*$", "", script.text or "")
        try:
            held = json.loads(source, strict=False)
        except (ValueError, RecursionError):
            continue  # broken in many pages; the tags say the same
        for item in _articles_in(held):
            yield from _said_by_item(item)
            return


def _articles_in(held: object) -> Iterator[dict[str, Any]]:
    """The objects of JSON-LD that are articles, outer ones first."""
    waiting = [held]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            kinds = item.get("@type")
            if any(re.search(r"Article$|Posting$|^Report$", str(kind)) for kind in _each(kinds)):
                yield item
            waiting += [item.get("@graph"), item.get("mainEntity"), item.get("mainEntityOfPage")]


def _said_by_item(item: dict[str, Any]) -> Iterator[Said]:
    for field, names in (
        ("title", ("headline", "name")),
        ("source", ("publisher",)),
        ("published", ("datePublished", "dateCreated")),
        ("updated", ("dateModified",)),
        ("byline", ("author", "creator")),
        ("place", ("dateline", "locationCreated", "contentLocation")),
        ("agency", ("sourceOrganization",)),
        ("language", ("inLanguage",)),
        ("url", ("url", "mainEntityOfPage")),
    ):
        for name in names:
            values = [value for one in _each(item.get(name)) if (value := _named(one, field))]
            if values:
                yield Said(field, ", ".join(dict.fromkeys(values)) if field == "byline" else values[0], "JSON-LD")


def _each(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _named(value: object, field: str) -> str | None:
    """The words of a JSON-LD value: a text, or the name (of an address, the @id) of what it speaks of."""
    if isinstance(value, dict):
        value = value.get("@id" if field == "url" else "alternateName" if field == "language" else "name")
    if not isinstance(value, str) or (field == "byline" and web_address(value)):
        return None
    return value
