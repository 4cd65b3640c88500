"""A mail as HTML that does nothing: its header, then its text as it came, a quote marked in it."""

from email.message import Message

from index.originals.inert_page import as_page, clean, make_inert, mark
from index.originals.shown import Asked, Shown
from index.reading.formats.html import decode_page, parse_page
from index.reading.formats.mail import (
    charset_of,
    decoded,
    header_of,
    is_attached,
    leaves_of,
    opened_parts,
    payload_of,
)

FIRST = ("From", "To", "Cc", "Date", "Subject")
LONGEST_HEADER = 2_000  # characters of a line that are shown
LOOK = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:1rem}.gw-head{border:1px solid #94a3b8;border-radius:6px;"
    "padding:.5rem .8rem;margin:0 0 1rem}.gw-head th{text-align:start;padding-inline-end:1rem;vertical-align:top}"
    ".gw-head td{overflow-wrap:anywhere}.gw-words{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}"
)
NOT_FOUND = "the quote is not found in this mail as it came"


def mail_page(asked: Asked, message: Message) -> Shown:
    """The mail with the quote marked in its plain text, or in its HTML where it stands there alone."""
    leaves, _ = opened_parts(leaves_of(message), asked.name)
    own = [part for part in leaves if not is_attached(part)]
    plain = [part for part in own if part.get_content_type() == "text/plain" and payload_of(part).strip()]
    pages = [part for part in own if part.get_content_type() == "text/html" and payload_of(part).strip()]
    attached = [part.get_filename() or part.get_content_type() for part in leaves if is_attached(part)]
    made: list[tuple[str, bool]] = []
    for parts in (plain, pages):
        if parts and not (made and made[0][1]):
            made.append(_page(asked, message, parts, attached))
    made = made or [_page(asked, message, [], attached)]
    page, found = next((one for one in made if one[1]), made[0])
    why = "" if found or not asked.quote.strip() else NOT_FOUND
    return Shown("html", page.encode("utf-8", "replace"), ".html", found, why)


def _page(asked: Asked, message: Message, parts: list[Message], attached: list[str]) -> tuple[str, bool]:
    from lxml.builder import E

    tree = parse_page("<div></div>")
    assert tree is not None
    body = tree.find("body")
    rows = [(name, header_of(message, name)) for name in FIRST]
    rows = [(name, value) for name, value in rows if value]
    rows += [("Attached", ", ".join(attached))] if attached else []
    every = "\n".join(f"{name}: {value}" for name, value in message.items())
    body.append(
        E.div(
            {"class": "gw-head"},
            E.table(*(E.tr(E.th(name), E.td(clean(value)[:LONGEST_HEADER])) for name, value in rows)),
            E.details(E.summary("All header lines"), E.pre({"class": "gw-words"}, clean(every))),
        )
    )
    words = []
    for part in parts:
        if part.get_content_type() == "text/plain":
            words.append(E.pre({"class": "gw-words"}, clean(decoded(part))))
            continue
        page = parse_page(decode_page(payload_of(part), asked.name, charset_of(part)))
        if page is not None:
            make_inert(page, bare=asked.bare)
            page.tag = "div"
            for inner in page.xpath("//head|//body"):
                inner.tag = "div"
            words.append(page)
    for one in words:
        body.append(one)
    found = [mark(one, asked.text, asked.start, asked.end) for one in words] if asked.quote.strip() else []
    tree.insert(0, E.style(LOOK))
    return as_page(tree), any(found)
