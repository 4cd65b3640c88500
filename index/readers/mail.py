"""Mails and saved web pages (MHTML), which are mails in form: the text, what the header says, and what is attached.

An attachment that a reader reads becomes an article of its own, named `mail.eml/attachment.pdf`. What holds other
files itself (an archive, a mail) is left out, so that nothing unfolds without end.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from pathlib import Path, PurePosixPath

from index.article import Article, ArticleError, Original
from index.readers import READERS, kind_of
from index.readers.charset import codec_of, decodes, guess_charset
from index.readers.html import decode_page, parse_page, read_page, text_of_fragment
from index.readers.lines import join_lines
from index.readers.metadata import Said, host_of, make_article, parsing, web_address
from index.readers.text import read_bytes

MOST_ATTACHMENTS = 100
MOST_PARTS = 10_000
FOLDED = {".eml", ".mhtml", ".mht", ".zip", ".tar", ".tar.gz", ".tgz", ".warc", ".warc.gz"}
REPLY = re.compile(r"(?i)^\s*((re|fwd?|aw|wg)\s*:\s*)+")


def read(original: Original) -> Iterator[Article | ArticleError]:
    """The article of a mail, or of the page in a saved one, then those of its attachments."""
    with parsing(original.name, "a mail"):
        message = message_from_bytes(read_bytes(original), policy=policy.compat32)
        parts = [part for _, part in zip(range(MOST_PARTS + 1), message.walk(), strict=False)]
        if len(parts) > MOST_PARTS:
            raise ArticleError(f"{original.name}: holds more than {MOST_PARTS:,} parts; it is left out")
        if not message.keys():
            raise ArticleError(f"{original.name}: is empty, or no mail: it has no header; it is left out")
        leaves = [part for part in parts if not part.is_multipart()]
        attached = [part for part in leaves if part.get_filename()]
        own = [part for part in leaves if part not in attached] if attached else leaves
    if kind_of(original.path) in (".mhtml", ".mht"):
        yield from _read_saved(original, message, leaves)
        return
    yield from _read_mail(original, message, own, bool(attached))
    yield from _read_attached(original, attached)


def _read_saved(original: Original, message: Message, leaves: list[Message]) -> Iterator[Article | ArticleError]:
    """The article of the page that was saved: the first part in HTML."""
    pages = [part for part in leaves if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    if not pages:
        raise ArticleError(f"{original.name}: no web page in it; it is left out")
    with parsing(original.name, "a saved web page"):
        url = _header(message, "Snapshot-Content-Location") or _header(pages[0], "Content-Location")
        data, charset = _payload(pages[0]), _charset(pages[0])
    yield from read_page(data, original, url=web_address(url), charset=charset)


def _read_mail(
    original: Original, message: Message, own: list[Message], attached: bool
) -> Iterator[Article | ArticleError]:
    with parsing(original.name, "a mail"):
        text = _text(own, original.name)
        if not text.strip():
            if attached:
                return
            raise ArticleError(f"{original.name}: holds no text; it is left out")
        article = make_article(original, text, _said(message))
    yield article


def _text(own: list[Message], name: str) -> str:
    """The mail's text: the parts in plain text, or else those in HTML."""
    plain = [part for part in own if part.get_content_type() == "text/plain" and _payload(part).strip()]
    if plain:
        return "\n".join(join_lines(_decoded(part)) for part in plain)
    pages = [part for part in own if part.get_content_type() == "text/html"]
    sources = (decode_page(_payload(part), name, _charset(part)) for part in pages)
    return "\n".join(text_of_fragment(source) for source in sources if parse_page(source) is not None)


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


def _read_attached(original: Original, attached: list[Message]) -> Iterator[Article | ArticleError]:
    left_out: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        read = 0
        for part in attached:
            with parsing(original.name, "a mail"):
                name = PurePosixPath(_words(part.get_filename() or "").replace("\\", "/")).name.replace("\0", "")
                kind = kind_of(Path(name)) if name else ""
            if not kind or kind in FOLDED or read == MOST_ATTACHMENTS:
                left_out.append(name)
                continue
            read += 1
            # The name is the sender's: it may say nothing of where the file lies here.
            file = Path(folder, f"attachment{kind}")
            member = f"{original.name}/{name}"
            try:
                with parsing(member, "an attachment"):
                    file.write_bytes(_payload(part))
                for item in READERS[kind](Original(file, f"{original.id}/{name[: -len(kind)]}", member)):
                    yield replace(item, original=member) if isinstance(item, Article) else item
            except ArticleError as error:
                yield error
    if read == MOST_ATTACHMENTS and left_out:
        yield ArticleError(
            f"{original.name}: {len(left_out)} attachments are left out, for more than {MOST_ATTACHMENTS} are not read;"
            " save them as files"
        )
    elif folded := [name for name in left_out if name and kind_of(Path(name)) in FOLDED]:
        yield ArticleError(f"{original.name}: {', '.join(folded)[:200]} is left out; save it as a file of its own")


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
