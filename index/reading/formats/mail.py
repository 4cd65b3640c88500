"""Mails and saved web pages (MHTML), which are mails in form: the text, what the header says, and what is attached.

An attachment that a reader reads becomes an article of its own, named `mail.eml/attachment.pdf`; so does a mail
within the mail. A file that holds other files itself (an archive) is left out, so that nothing unfolds without end.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from itertools import islice
from pathlib import Path, PurePosixPath

from index.article import Article, ArticleError, Aside, Original
from index.reading.charset import codec_of, decodes, guess_charset
from index.reading.files import READERS, kind_of
from index.reading.formats.html import decode_page, read_page, text_of_fragment
from index.reading.formats.text import read_bytes
from index.reading.metadata import Said, host_of, make_article, parsing, web_address
from index.reading.unwrap import join_lines

MOST_ATTACHMENTS = 100
MOST_PARTS = 10_000
DEEPEST_MAIL = 5
MUCH_MORE = 3
FOLDED = {".eml", ".mhtml", ".mht", ".zip", ".tar", ".tar.gz", ".tgz", ".warc", ".warc.gz"}
REPLY = re.compile(r"(?i)^\s*((re|fwd?|aw|wg)\s*:\s*)+")


def read(original: Original) -> Iterator[Article | ArticleError]:
    """The article of a mail, or of the page in a saved one, then those of its attachments."""
    with parsing(original.name, "a mail"):
        message = message_from_bytes(read_bytes(original), policy=policy.compat32)
        if sum(1 for _ in islice(message.walk(), MOST_PARTS + 1)) > MOST_PARTS:
            raise ArticleError(f"{original.name}: holds more than {MOST_PARTS:,} parts; it is left out")
        if not message.keys():
            raise ArticleError(f"{original.name}: is empty, or no mail: it has no header; it is left out")
    if kind_of(original.path) in (".mhtml", ".mht"):
        yield from _read_saved(original, message)
        return
    yield from _read_message(original, message, iter(range(MOST_ATTACHMENTS)), 0)


def _leaves(message: Message) -> list[Message]:
    """The parts of a mail that hold something, in order; a mail within it is one part, for its words are another's."""
    waiting, found = [message], []
    while waiting:
        part = waiting.pop()
        held = part.get_payload()
        if isinstance(held, list) and (part is message or part.get_content_maintype() != "message"):
            waiting += [inner for inner in reversed(held) if isinstance(inner, Message)]
        else:
            found.append(part)
    return found


def _read_saved(original: Original, message: Message) -> Iterator[Article | ArticleError]:
    """The article of the page that was saved: the first part in HTML."""
    with parsing(original.name, "a saved web page"):
        kinds = ("text/html", "application/xhtml+xml")
        found = next((part for part in _leaves(message) if part.get_content_type() in kinds), None)
        if found is None:
            raise ArticleError(f"{original.name}: no web page in it; it is left out")
        url = _header(message, "Snapshot-Content-Location") or _header(found, "Content-Location")
        data, charset = _payload(found), _charset(found)
    yield from read_page(data, original, url=web_address(url), charset=charset)


def _read_message(
    original: Original, message: Message, spare: Iterator[int], depth: int
) -> Iterator[Article | ArticleError]:
    """The article of one mail, then those of what is attached to it, while `spare` lasts."""
    article = None
    with parsing(original.name, "a mail"):
        leaves = _leaves(message)
        attached = [part for part in leaves if part.get_filename() or part.get_content_maintype() == "message"]
        text = _text([part for part in leaves if part not in attached], original.name)
        if text.strip():
            article = make_article(original, text, _said(message))
            article = replace(article, asides=_asides(article.text))
        elif not attached:
            raise ArticleError(f"{original.name}: holds no text; it is left out")
    if article is not None:
        yield article
    yield from _read_attached(original, attached, spare, depth)


def _text(own: list[Message], name: str) -> str:
    """The mail's text: the parts in plain text, or those in HTML where there are none or these say much more."""
    plain = "\n".join(join_lines(_decoded(part)) for part in own if part.get_content_type() == "text/plain")
    pages = [part for part in own if part.get_content_type() == "text/html" and _payload(part).strip()]
    shown = "\n".join(text_of_fragment(decode_page(_payload(part), name, _charset(part))) for part in pages)
    return shown if len(shown) > MUCH_MORE * len(plain) else plain


def _asides(text: str) -> tuple[Aside, ...]:
    """What a mail repeats of another, and its signature: the sender's own words are neither.

    >>> _asides("Yes.\\n> Is it open?\\n--\\nAnn")
    (Aside(start=5, end=18, what='quoted mail'), Aside(start=19, end=25, what='signature'))
    """
    quoted = [Aside(*found.span(), "quoted mail") for found in re.finditer(r"^>.*(?:\n>.*)*", text, re.MULTILINE)]
    signed = re.search(r"^--\n(?:.*\n?){1,10}\Z", text, re.MULTILINE)
    return (*quoted, *([Aside(*signed.span(), "signature")] if signed else []))


def _decoded(part: Message) -> str:
    """The text of a part: as declared, else UTF-8, else what can be told; what is broken shows as U+FFFD."""
    data, declared = _payload(part), codec_of(_charset(part))
    text = decodes(data, "utf-8") if declared in (None, "utf-8", "cp1252") else decodes(data, declared)
    if text is None:
        text = data.decode(guess_charset(data, declared) or declared or "utf-8", "replace")
    return text


def _said(message: Message) -> Iterator[Said]:
    yield Said("title", REPLY.sub("", _header(message, "Subject")), "mail header")
    name, address = parseaddr(_header(message, "From"))
    yield Said("byline", name or None, "mail header")
    yield Said("source", _header(message, "Organization") or None, "mail header")
    host = address.rpartition("@")[2] if "@" in address else ""
    yield Said("source", host_of(f"https://{host}") if host else None, "mail header", "likely")
    yield Said("published", _header(message, "Date"), "mail header")
    yield Said("language", _header(message, "Content-Language"), "mail header")


def _read_attached(
    original: Original, attached: list[Message], spare: Iterator[int], depth: int
) -> Iterator[Article | ArticleError]:
    over, folded = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for number, part in enumerate(attached, 1):
            with parsing(original.name, "a mail"):
                name = PurePosixPath(_words(part.get_filename() or "").replace("\\", "/")).name.replace("\0", "")
                kind = kind_of(Path(name)) if name else ""
                inner = _mail_in(part)
            if inner is not None:
                name, kind = f"mail-{number}", ""
            if kind in FOLDED or (inner is not None and depth == DEEPEST_MAIL):
                folded.append(name)
                continue
            if not kind and inner is None:
                continue
            if next(spare, None) is None:
                over += 1
                continue
            member = Original(
                original.path, f"{original.id}/{name[: len(name) - len(kind)]}", f"{original.name}/{name}"
            )
            try:
                if inner is not None:
                    items = _read_message(member, inner, spare, depth + 1)
                else:
                    # The name is the sender's: it may not say where the file lies here.
                    file = Path(folder, f"attachment{kind}")
                    with parsing(member.name, "an attachment"):
                        file.write_bytes(_payload(part))
                    items = READERS[kind](replace(member, path=file))
                for item in items:
                    if isinstance(item, Article):  # from the mail's own name on, wherever its folder is
                        item = replace(item, original=f"{PurePosixPath(original.name).name}/{item.original or name}")
                    yield item
            except ArticleError as error:
                yield error
    if over:
        yield ArticleError(
            f"{original.name}: {over} attachments are left out, for more than {MOST_ATTACHMENTS} are not read;"
            " save them as files"
        )
    if folded:
        yield ArticleError(f"{original.name}: {', '.join(folded)[:200]} is left out; save it as a file of its own")


def _mail_in(part: Message) -> Message | None:
    """The mail that a part is, None for any other part."""
    held = part.get_payload()
    if part.get_content_type() != "message/rfc822" or not isinstance(held, list) or not held:
        return None
    return held[0] if isinstance(held[0], Message) else None


def _payload(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _charset(part: Message) -> str | None:
    found = part.get_param("charset")
    return found if isinstance(found, str) else None


def _header(message: Message, name: str) -> str:
    return _words(str(message.get(name, "")))


def _words(value: str) -> str:
    """A header's words, decoded where they are encoded; as they stand where that is broken."""
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError, TypeError):
        return value
