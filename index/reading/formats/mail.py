"""Mails, boxes of them (.mbox) and saved web pages (MHTML): the text, what the header says, and what is attached.

An attachment that a reader reads becomes an article of its own, named `mail.eml/attachment.pdf`; so does a mail
within the mail. A file that holds other files itself (an archive) is left out, so that nothing unfolds without end.
What no reader is for is told or counted; of whom a mail repeats words is read in `index.reading.forwards`.
"""

import mailbox
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header
from email.message import EmailMessage, Message
from email.utils import parseaddr
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Literal

from ground.shown import shown
from index.article import Article, ArticleError, Aside, Original, OtherMembers, Section, StillReading
from index.reading.charset import codec_of, decodes, guess_charset
from index.reading.files import READERS, kind_of
from index.reading.formats.html import decode_page, read_page, text_of_fragment
from index.reading.formats.text import LARGEST_ARTICLE, read_bytes
from index.reading.forwards import HEADER, QUOTED, REPLY, SIGNATURE, Words, read_words
from index.reading.kept_page import KINDS
from index.reading.metadata import Said, host_of, iso_date, make_article, parsing, storable, web_address
from index.reading.yardstick import paragraphs, with_warning

MOST_ATTACHMENTS = 100
MOST_PARTS = 10_000
DEEPEST_MAIL = 5
MUCH_MORE = 3
FOLDED = {".eml", ".mbox", ".mhtml", ".mht", ".zip", ".tar", ".tar.gz", ".tgz", ".warc", ".warc.gz"}
TYPES = KINDS | {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
    "multipart/related": ".mhtml",
    "application/rtf": ".rtf",
    "text/rtf": ".rtf",
    "application/zip": ".zip",
}
# What holds no words of its own: pictures, sounds, signatures, invitations, cards.
WORDLESS = re.compile(
    r"(?:image|audio|video|font)/|text/(?:calendar|x?-?vcard|x-amp-html)|application/(?:(?:x-)?pkcs7|pgp-|ics|vcard)"
)
WORDLESS_NAMES = re.compile(
    r"(?i)\.(?:png|jpe?g|gif|bmp|tiff?|webp|heic|svg|ico|mp[34]|m4a|mov|wav|ics|vcf|p7[sm]|asc|sig)$"
)


def read(original: Original) -> Iterator[Article | ArticleError]:
    """The article of a mail, or of the page in a saved one, then those of its attachments.

    Where each lies is told from the file's own name on, so that an archive is the same wherever its folder is.
    """
    for item in _items(original):
        if isinstance(item, Article) and item.original and item.original.startswith(f"{original.name}/"):
            own = PurePosixPath(original.name).name
            item = replace(item, original=f"{own}{item.original[len(original.name) :]}")
        yield item


@dataclass(frozen=True)
class Part:
    """Something attached to a mail: what it is called there, the suffix that says what reads it, or the mail it is.

    `left` says why it is left out, where it is.
    """

    member: Original
    reader: str
    held: Message
    mail: Message | None
    left: Literal["", "folded", "wordless", "unread"] = ""


def find_part(original: Original, wanted: str) -> Message | Part | None:
    """What the reader made the article with the id `wanted` of: a mail of the file, or what is attached to one.

    `wanted` may also lie below an attachment's own id. None where there is none such.
    """
    if kind_of(original.path) != ".mbox":
        return _find(original, parse_mail(read_bytes(original), original.name), wanted, 0)
    found = (_find(*one, wanted, 0) for one in _mails_in(original) if not isinstance(one, ArticleError))
    return next((one for one in found if one is not None), None)


def _find(mail: Original, message: Message, wanted: str, depth: int) -> Message | Part | None:
    if mail.id == wanted:
        return message
    if not wanted.startswith(f"{mail.id}/"):
        return None
    leaves, _ = opened_parts(leaves_of(message), mail.name)
    for part in _parts(mail, [one for one in leaves if is_attached(one)], depth):
        if part.left:
            continue
        if part.mail is not None:
            if (found := _find(part.member, part.mail, wanted, depth + 1)) is not None:
                return found
        elif f"{wanted}/".startswith(f"{part.member.id}/"):
            return part
    return None


def _items(original: Original) -> Iterator[Article | ArticleError]:
    if kind_of(original.path) == ".mbox":
        yield from _read_box(original)
        return
    message = parse_mail(read_bytes(original), original.name)
    if kind_of(original.path) in (".mhtml", ".mht"):
        yield from _read_saved(original, message)
        return
    yield from _read_message(original, message, iter(range(MOST_ATTACHMENTS)), 0)


def parse_mail(data: bytes, name: str) -> Message:
    with parsing(name, "a mail"):
        message = message_from_bytes(data, policy=policy.compat32)
        if sum(1 for _ in islice(message.walk(), MOST_PARTS + 1)) > MOST_PARTS:
            raise ArticleError(f"{name}: holds more than {MOST_PARTS:,} parts; it is left out")
        if not message.keys():
            raise ArticleError(f"{name}: is empty, or no mail: it has no header; it is left out")
        _mend_headers(message)
    return message


def _mend_headers(message: Message) -> None:
    """Gives headers that hold letters as they are, and not encoded, these letters: the library makes them unknown."""
    parts = list(message.walk())
    declared = next(
        (codec for part in parts if (codec := codec_of(charset_of(part))) not in (None, "utf-8", "cp1252")), None
    )
    for part in parts:
        for name, value in list(part.raw_items()):
            data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else b""
            if isinstance(value, str) and not value.isascii():
                text = decodes(data, "utf-8")
                if text is None:  # too short to be told by its words: in what the mail's text is in, if it can be
                    text = decodes(data, declared) if declared else None
                part.replace_header(name, data.decode("cp1252", "replace") if text is None else text)


def _read_box(original: Original) -> Iterator[Article | ArticleError]:
    """The articles of a box's mails, and of what is attached to them."""
    for one in _mails_in(original):
        if isinstance(one, ArticleError):
            yield one
            continue
        mail, message = one
        try:
            for item in _read_message(mail, message, iter(range(MOST_ATTACHMENTS)), 0):
                if isinstance(item, Article) and item.original is None:
                    item = replace(item, original=mail.name)
                yield item
        except ArticleError as error:
            yield error


def _mails_in(original: Original) -> Iterator[tuple[Original, Message] | ArticleError]:
    """The mails of a box, each named by its Message-ID, by its place where it has none."""
    with parsing(original.name, "a box of mails"):
        box = mailbox.mbox(original.path, create=False)
        keys = box.keys()
    if not keys:
        raise ArticleError(f"{original.name}: holds no mail (no line begins with `From `); it is left out")
    for number, key in enumerate(keys, 1):
        try:
            data = box.get_bytes(key)
            if len(data) > LARGEST_ARTICLE:
                raise ArticleError(
                    f"{original.name}: mail {number} has {len(data) / 1e6:.0f} MB, more than one article holds"
                    f" ({LARGEST_ARTICLE / 1e6:.0f} MB); save it as a file of its own"
                )
            message = parse_mail(re.sub(rb"(?m)^>(>*From )", rb"\1", data), f"{original.name}/mail-{number}")
            said = re.sub(r"[\s<>/\\\0]+", "", header_of(message, "Message-ID"))[:200]
            name = said or f"mail-{number}"
            yield Original(original.path, f"{original.id}/{name}", f"{original.name}/{name}"), message
        except ArticleError as error:
            yield error


def _own_name(name: str, kind: str, taken: set[str]) -> str:
    """A name that no other attachment beside it has, whatever its suffix: the second `a.txt` is `a 2.txt`."""
    stem, number = name[: len(name) - len(kind)], 1
    while True:
        own = stem if number == 1 else f"{stem} {number}"
        key = unicodedata.normalize("NFC", own).casefold()
        if key not in taken:
            taken.add(key)
            return own + name[len(name) - len(kind) :]
        number += 1


def leaves_of(message: Message) -> list[Message]:
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
        found = next((part for part in leaves_of(message) if part.get_content_type() in kinds), None)
        if found is None:
            raise ArticleError(f"{original.name}: no web page in it; it is left out")
        url = header_of(message, "Snapshot-Content-Location") or header_of(found, "Content-Location")
        data, charset = payload_of(found), charset_of(found)
    yield from read_page(data, original, url=web_address(url), charset=charset)


def _read_message(
    original: Original, message: Message, spare: Iterator[int], depth: int
) -> Iterator[Article | ArticleError]:
    """The article of one mail, then those of what is attached to it, while `spare` lasts."""
    article = None
    with parsing(original.name, "a mail"):
        leaves, sealed = opened_parts(leaves_of(message), original.name)
        attached = [part for part in leaves if is_attached(part)]
        plain, display = _displays([part for part in leaves if part not in attached], original.name)
        words = _words_of(plain, display)
        if words.text.strip():
            article = _article(original, words, message)
            quoted = re.sub(r"(?m)^[> ]+", "", plain)  # left out on purpose where it is another's
            article = with_warning(article, paragraphs(display), "the mail's prose", beside=quoted)
    if article is not None:
        yield article
    told = article is not None or bool(sealed)
    for item in _read_attached(original, attached, spare, depth):
        told = told or not isinstance(item, OtherMembers | StillReading)
        yield item
    if sealed:
        yield ArticleError(
            f"{original.name}: {', '.join(sealed)[:200]} cannot be opened (Outlook's own form, broken or without plain"
            " text); save the mail from Outlook as .eml or text"
        )
    if not told:
        yield ArticleError(f"{original.name}: holds no text; it is left out")


def opened_parts(leaves: list[Message], name: str) -> tuple[list[Message], list[str]]:
    """The parts with those that Outlook wrapped into a winmail.dat in its place, and the names of those left shut."""
    opened: list[Message] = []
    sealed: list[str] = []
    for part in leaves:
        file = part.get_filename() or ""
        if (
            part.get_content_type() not in ("application/ms-tnef", "application/vnd.ms-tnef")
            and file.lower() != "winmail.dat"
        ):
            opened.append(part)
            continue
        inner = _unsealed(payload_of(part), has_text=any(_is_text(one) for one in leaves))
        if inner is None:
            sealed.append(shown(file or "winmail.dat"))
        else:
            opened += inner
    return opened, sealed


def _unsealed(data: bytes, *, has_text: bool) -> list[Message] | None:
    """What a winmail.dat holds, as parts of a mail: attachments, and the text where the mail itself has none."""
    from tnefparse import TNEF

    parts: list[Message] = []
    try:
        sealed = TNEF(data)
        texts = [(sealed.htmlbody, "html"), (sealed.body, "plain")]
        for body, kind in () if has_text else texts:
            words = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
            if words and words.strip("\0 \r\n"):
                part = EmailMessage()
                part.set_content(words.strip("\0"), subtype=kind)
                parts.append(part)
                break
        for number, one in enumerate(sealed.attachments, 1):
            held = EmailMessage()
            file = str(one.long_filename() or one.name or f"attachment-{number}").strip("\0")
            held.add_attachment(bytes(one.data), maintype="application", subtype="octet-stream", filename=file)
            parts += [inner for inner in held.walk() if inner.get_filename()]
    except Exception:  # it trips over a broken file in any way at all
        return None
    return parts or None


def _is_text(part: Message) -> bool:
    return (
        part.get_content_type() in ("text/plain", "text/html")
        and not is_attached(part)
        and bool(payload_of(part).strip())
    )


def is_attached(part: Message) -> bool:
    return bool(
        part.get_filename()
        or part.get_content_maintype() == "message"
        or part.get_content_disposition() == "attachment"
        or not (part.get_content_maintype() == "text" or part.get_content_type() == "multipart/mixed")
    )


def _words_of(plain: str, display: str) -> Words:
    """The mail's words: the parts in plain text, or those in HTML where there are none or these say much more."""
    if len(display) > MUCH_MORE * len(" ".join(plain.split())):
        return read_words(display, wrapped=False)
    return read_words(plain)


def _displays(own: list[Message], name: str) -> tuple[str, str]:
    """What a mail says in its plain parts, and in those in HTML."""
    plain = "\n".join(decoded(part) for part in own if part.get_content_type() == "text/plain")
    pages = [part for part in own if part.get_content_type() == "text/html" and payload_of(part).strip()]
    display = "\n".join(text_of_fragment(decode_page(payload_of(part), name, charset_of(part))) for part in pages)
    return storable(plain), storable(display)


def _article(original: Original, words: Words, message: Message) -> Article:
    """The article of a mail's words: of a mail that only forwards another, it is that one's writer's."""
    said = _said(message) if words.first is None else _said_inside(words, message)
    article = make_article(original, words.text, said)
    own = (Section(start, article.title, article.source, article.published, article.byline) for start in words.again)
    if words.first is not None:
        name, host, day = _sender(message)
        own = (Section(start, article.title, host, day, name) for start in words.again)
    edges = [(aside.start, aside.end) for aside in words.asides if aside.what == HEADER]
    inside = [
        section
        for section in article.sections
        if section.source and section.published and not any(a <= section.start <= b for a, b in edges)
    ]
    sections = {section.start: section for section in (*inside, *own, *words.sections)} if words.sections else {}
    if not sections:
        sections = {section.start: section for section in inside} if edges else {s.start: s for s in article.sections}
    asides = words.asides or list(article.asides)
    return replace(
        article,
        sections=tuple(sections[start] for start in sorted(sections)),
        asides=tuple(_spoken(asides, article.text)),
    )


def _spoken(asides: list[Aside], text: str) -> list[Aside]:
    """The asides, without what is quoted where nothing else is left: a mail that says nothing is not found."""
    left = Article("", text, "", asides=tuple(asides)).words(0, len(text))
    if re.search(r"\w", left):
        return asides
    return [aside for aside in asides if aside.what not in (QUOTED, SIGNATURE)]


def _said_inside(words: Words, message: Message) -> Iterator[Said]:
    """What a header within the mail says, where the mail has no words of its sender's own."""
    told = words.first
    assert told is not None
    where = "header in the text"
    yield Said("title", told.title, where)
    yield Said("title", REPLY.sub("", header_of(message, "Subject")), "mail header")
    yield Said("byline", told.name, where)
    yield Said("source", told.source, where, "likely")
    yield Said("published", told.published, where)
    yield Said("language", header_of(message, "Content-Language"), "mail header")


def _sender(message: Message) -> tuple[str | None, str | None, str | None]:
    said = {one.field: one.value for one in reversed(list(_said(message)))}
    return said.get("byline"), said.get("source"), iso_date(said.get("published"))


def decoded(part: Message) -> str:
    """The text of a part: as declared, else UTF-8, else what can be told; what is broken shows as U+FFFD."""
    data, declared = payload_of(part), codec_of(charset_of(part))
    text = decodes(data, "utf-8") if declared in (None, "utf-8", "cp1252") else decodes(data, declared)
    if text is None:
        text = data.decode(guess_charset(data, declared) or declared or "utf-8", "replace")
    return text


def _said(message: Message) -> Iterator[Said]:
    yield Said("title", REPLY.sub("", header_of(message, "Subject")), "mail header")
    name, address = _writer(message)
    yield Said("byline", name, "mail header")
    yield Said("source", header_of(message, "Organization") or None, "mail header")
    host = address.rpartition("@")[2] if "@" in address else ""
    yield Said("source", host_of(f"https://{host}") if host else None, "mail header", "likely")
    yield Said("published", header_of(message, "Date"), "mail header")
    yield Said("language", header_of(message, "Content-Language"), "mail header")


def _writer(message: Message) -> tuple[str | None, str]:
    """The name and the address of who sent a mail; the name is decoded last, for there may be a comma in it."""
    name, address = parseaddr(str(message.get("From", "")))
    name = " ".join(_words(name).split()).strip("\"' ")
    return (None if "@" in name and " " not in name else name or None), address


def _read_attached(
    original: Original, attached: list[Message], spare: Iterator[int], depth: int
) -> Iterator[Article | ArticleError]:
    over, others, folded, unread = 0, 0, [], []
    with tempfile.TemporaryDirectory() as folder:
        for part in _parts(original, attached, depth):
            member, name = part.member, PurePosixPath(part.member.name).name
            if part.left == "folded":
                folded.append(name)
            elif part.left == "wordless":
                others += 1
            elif part.left == "unread":
                unread.append(shown(name))
            elif next(spare, None) is None:
                over += 1
                continue
            if part.left:
                continue
            try:
                if part.mail is not None:
                    items = _read_message(member, part.mail, spare, depth + 1)
                else:
                    # The name is the sender's: it may not say where the file lies here.
                    file = Path(folder, f"attachment{part.reader}")
                    with parsing(member.name, "an attachment"):
                        file.write_bytes(payload_of(part.held))
                    items = READERS[part.reader](replace(member, path=file))
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
    if unread:
        yield ArticleError(
            f"{original.name}: {', '.join(unread)[:200]} is left out, for no reader is for it;"
            " save it as .docx, PDF or text"
        )
    if others:
        yield OtherMembers(others)


def _parts(original: Original, attached: Sequence[Message], depth: int) -> Iterator[Part]:
    """What is attached to a mail under the name that it has in the archive, and what of it is left out."""
    taken: set[str] = set()
    for number, part in enumerate(attached, 1):
        with parsing(original.name, "a mail"):
            name = PurePosixPath(_words(part.get_filename() or "").replace("\\", "/")).name.replace("\0", "")
            kind = kind_of(Path(name)) if name else ""
            inner = _mail_in(part)
        if inner is not None:
            name, kind, reader = f"mail-{number}", "", ""
        else:
            reader = kind or _kind_by_type(part, name)
            name = name or f"attachment-{number}"
        left: Literal["", "folded", "wordless", "unread"] = ""
        if reader in FOLDED or (inner is not None and depth == DEEPEST_MAIL):
            left = "folded"
        elif not reader and inner is None:
            wordless = WORDLESS.match(part.get_content_type()) or WORDLESS_NAMES.search(name)
            left = "wordless" if wordless or not payload_of(part).strip() else "unread"
        else:
            name = _own_name(name, kind, taken)
        member = Original(original.path, f"{original.id}/{name[: len(name) - len(kind)]}", f"{original.name}/{name}")
        yield Part(member, reader, part, inner, left)


def _kind_by_type(part: Message, name: str) -> str:
    """The suffix that an attachment's content type stands for, where its name has none that is known.

    Of plain text only where the name has no suffix at all: programs call anything plain text.
    """
    kind = TYPES.get(part.get_content_type(), "")
    if kind == ".txt" and PurePosixPath(name).suffix:
        return ""
    return kind if kind in READERS else ""


def _mail_in(part: Message) -> Message | None:
    """The mail that a part is, None for any other part."""
    held = part.get_payload()
    if part.get_content_type() != "message/rfc822" or not isinstance(held, list) or not held:
        return None
    return held[0] if isinstance(held[0], Message) else None


def payload_of(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def charset_of(part: Message) -> str | None:
    found = part.get_param("charset")
    return found if isinstance(found, str) else None


def header_of(message: Message, name: str) -> str:
    return _words(str(message.get(name, "")))


def _words(value: str) -> str:
    """A header's words, decoded where they are encoded: in what is declared, which names of charsets are read as widely
    as browsers do, else in UTF-8, else letter by letter. What is encoded in no way that is known stays as it stands.
    """
    try:
        parts = decode_header(value)
    except (ValueError, LookupError, TypeError, MessageError):
        return value
    text = ""
    for data, charset in parts:
        if isinstance(data, str):
            text += data
            continue
        codec = codec_of(charset) or "utf-8"
        # What stands between encoded words comes in a form of the library's own.
        words = decodes(data, codec) if charset else data.decode("raw-unicode-escape", "replace")
        if words is None:
            words = decodes(data, "utf-8")
        text += data.decode(codec, "replace") if words is None else words
    return text
