"""Who wrote which words of a mail: its sender's own, and those of the mails it forwards or answers on top of.

A forward names its writer and day in lines such as `From:`, `Sent:`, `Subject:`, or under `On DAY, NAME wrote:`. Those
lines are no prose. Nothing is taken from them that they do not say: a forward without a day has none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from index.article import Aside, Section
from index.reading.unwrap import join_lines
from index.understanding.days import find_days

HEADER, QUOTED, SIGNATURE = "mail header", "quoted mail", "signature"
MOST_LABELS = 12
DEEPEST = 8
LONGEST_SIGNATURE = 800
REPLY = re.compile(r"(?i)^\s*((re|fwd?|fw|aw|wg|tr|rv|sv|vs|antw)\s*:\s*)+")
_FROM = "from|von|de|da|van|från|fra"
_DATE = "sent|date|gesendet|datum|envoyé|enviado|fecha|inviato|data|verzonden|skickat|dato"
_TO = "to|an|à|para|a|aan|till|til"
_SUBJECT = "subject|betreff|objet|asunto|oggetto|onderwerp|assunto|ämne|emne"
_OTHER = "cc|kopie|bcc|reply-to|antwort an|importance|wichtigkeit|attachments?|anlagen?|organi[sz]ation|resent-\\w+"
_LABEL = re.compile(
    rf"\*?(?:(?P<from>{_FROM})|(?P<date>{_DATE})|(?P<to>{_TO})|(?P<subject>{_SUBJECT})|(?P<other>{_OTHER}))"
    r"\s?:\*?\s*(?P<value>.*)",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"[\s>]*(?:[-_=*]{2,}.{0,60}?\b(?:message|nachricht|mensaje|messaggio|bericht|mail|meddelande|mensagem)\b.{0,30}?"
    r"[-_=*]{2,}|begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)"
    r"|début du (?:message transféré|courriel réexpédié)"
    r"|début du message réexpédié|inicio del mensaje reenviado|inizio messaggio inoltrato"
    r"|begin doorgestuurd bericht)\s*:?\s*",
    re.IGNORECASE,
)
_RULE = re.compile(r"[\s>]*[_-]{10,}\s*")
_WROTE = re.compile(
    r"(?:(?:on|am|le|el|il|op|em|den)\s.{6,240}?(?:wrote|a écrit|escribió|ha scritto|schreef|escreveu)"
    r"|(?:am|den|op)\s.{6,160}?(?:schrieb|skrev|schreef)\b.{1,120})\s?:",
    re.IGNORECASE | re.DOTALL,
)
_WRITER = re.compile(r"(?P<name>[^<>\[\]]*?)\s*[<\[(](?:mailto:)?(?P<address>[^<>\s\[\]()]+@[^<>\s\[\]()]+)")
_AFTER_TIME = re.compile(
    r"(?:.*(?:\d[:.h]\d\d(?:[:.]\d\d)?(?:\s*[ap]\.?m\.?)?(?:\s*[+-]\d{4})?|\d{4}))?[\s,]*", re.IGNORECASE | re.DOTALL
)
_SIGNED = re.compile(
    r"^--[ ]?\n(?:[^\n]*\n){0,9}[^\n]*\Z"
    r"|^(?:sent from my \w.{0,40}|get outlook for \w+.{0,40}|von meinem \w+ gesendet|envoyé de mon \w+"
    r"|enviado desde mi \w+)\.?$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Writer:
    """Whose some words are, as far as a header in the text says."""

    name: str | None = None
    address: str | None = None
    published: str | None = None
    title: str | None = None

    @property
    def source(self) -> str | None:
        """The host of the address, which a mail's outlet is named by."""
        return self.address.rpartition("@")[2].strip(".").lower().removeprefix("www.") or None if self.address else None


@dataclass(frozen=True)
class Part:
    """Lines of a mail by one writer, None where they are the sender's; `header` are the lines that say so."""

    writer: Writer | None
    header: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass
class Words:
    """A mail's text, who wrote what of it, and what of it is no news.

    `first` is the writer of its beginning where that is not the sender; `again` is where the sender's words go on.
    """

    text: str = ""
    first: Writer | None = None
    sections: list[Section] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    again: list[int] = field(default_factory=list)


def read_words(raw: str, *, wrapped: bool = True) -> Words:
    """The words of a mail's body; `wrapped` where its lines are set to a width and have to be joined.

    >>> words = read_words("fyi\\n\\nFrom: Bo <bo@e.org>\\nSent: 2 June 2021 11:05\\nSubject: Rain\\n\\nIt rained.")
    >>> words.sections[0].byline, words.sections[0].published, words.text[words.asides[0].end :]
    ('Bo', '2021-06-02', '\\nIt rained.')
    """
    parts = [part for part in split(raw.splitlines()) if any(line.strip() for line in (*part.header, *part.lines))]
    own = [part for part in parts if part.writer is None and _has_words(part.lines)]
    words = Words()
    for part in parts:
        if part.writer is None and not _has_words(part.lines) and own != parts and not own:
            continue
        start = len(words.text) + bool(words.text)
        header = "\n".join(" ".join(line.split()) for line in part.header if line.strip())
        body = "\n".join(part.lines)
        body = join_lines(body) if wrapped else "\n".join(line for line in part.lines if line.strip())
        piece = "\n".join(filter(None, (header, body)))
        if not piece:
            continue
        words.text = f"{words.text}\n{piece}" if words.text else piece
        if header:
            words.asides.append(Aside(start, start + len(header), HEADER))
        begin = start + (len(header) + 1 if header and body else len(header))
        words.asides += _asides(words.text, begin)
        if part.writer is not None:
            if start == 0:
                words.first = part.writer
            else:
                told = part.writer
                words.sections.append(Section(start, told.title, told.source, told.published, told.name))
        elif start and words.sections:
            words.again.append(start)
    return words


def _asides(text: str, start: int) -> Iterator[Aside]:
    """What a part repeats of another mail with `>`, the line that says of whom, and its signature."""
    piece = text[start:]
    quotes = list(re.finditer(r"^>.*(?:\n>.*)*", piece, re.MULTILINE))
    signed = list(_SIGNED.finditer(piece))
    found = []
    for quote in quotes:
        before = piece.rfind("\n", 0, max(0, quote.start() - 1)) + 1
        line = piece[before : quote.start()].strip()
        if quote.start() and _WROTE.fullmatch(line):
            found.append(Aside(start + before, start + before + len(line), HEADER))
        found.append(Aside(start + quote.start(), start + quote.end(), QUOTED))
    taken = [(aside.start, aside.end) for aside in found]
    for one in signed:
        a, b = start + one.start(), start + one.end()
        if b - a <= LONGEST_SIGNATURE and not any(a < end and begin < b for begin, end in taken):
            found.append(Aside(a, b, SIGNATURE))
    yield from sorted(found, key=lambda aside: aside.start)


def _has_words(lines: Sequence[str]) -> bool:
    """Whether lines say anything that is not quoted, and no mere line that says who is quoted."""
    text = "\n".join(line for line in lines if not line.lstrip().startswith(">"))
    return bool(re.search(r"\w", _WROTE.sub("", text)))


def split(lines: Sequence[str], depth: int = 0) -> list[Part]:
    """The lines of a mail by who wrote them, in order: the sender's first, though there may be none."""
    quoted = [line for line in lines if line.startswith(">")]
    if (
        depth < DEEPEST
        and quoted
        and not _has_words(lines)
        and not any(_MARKER.fullmatch(line) for line in lines if line[:1] == ">")
    ):
        return _all_quoted(lines, depth)
    parts: list[Part] = []
    writer: Writer | None = None
    header: tuple[str, ...] = ()
    held: list[str] = []

    def close() -> None:
        parts.append(Part(writer, header, tuple(held)))
        held.clear()

    i = 0
    while i < len(lines):
        if lines[i].startswith(">") and _MARKER.fullmatch(lines[i]) and depth < DEEPEST:
            end = i  # a forward whose every line is quoted
            while end < len(lines) and (lines[end].startswith(">") or not lines[end].strip()):
                end += 1
            inner = [
                part
                for part in split([_unquoted(line) for line in lines[i:end]], depth + 1)
                if part.header or part.lines
            ]
            if any(part.writer for part in inner):
                close()
                parts += inner
                i, writer, header = end, None, ()
                continue
        block = _header_at(lines, i)
        if block:
            end, found = block
            close()
            writer, header, i = found, tuple(lines[i:end]), end
            continue
        wrote = _wrote_at(lines, i)
        if wrote:
            end, found = wrote
            after = next((line for line in lines[end:] if line.strip()), "")
            if after and not after.startswith(">"):
                close()
                writer, header, i = found, (" ".join(" ".join(lines[i:end]).split()),), end
            else:
                held.append(" ".join(" ".join(lines[i:end]).split()))
                i = end
            continue
        held.append(lines[i])
        i += 1
    close()
    return parts


def _all_quoted(lines: Sequence[str], depth: int) -> list[Part]:
    """A mail that only repeats another: the words are whoever's the line above says, or nobody's."""
    before = [line for line in lines if not line.startswith(">")]
    found = next((found for i in range(len(before)) if (found := _wrote_at(before, i))), None)
    writer = found[1] if found else Writer()
    inner = split([_unquoted(line) for line in lines if line.startswith(">")], depth + 1)
    header = tuple(line for line in before if line.strip())
    return [replace(inner[0], writer=inner[0].writer or writer, header=(*header, *inner[0].header)), *inner[1:]]


def _unquoted(line: str) -> str:
    return re.sub(r"^> ?", "", line)


def _header_at(lines: Sequence[str], i: int) -> tuple[int, Writer] | None:
    """Where a header that begins at line `i` ends, and whom it names: `From:` and two of day, subject, addressee."""
    at = i
    if _MARKER.fullmatch(lines[at]) or _RULE.fullmatch(lines[at]):
        at = next((j for j in range(at + 1, min(at + 4, len(lines))) if lines[j].strip()), at)
    if not _LABEL.fullmatch(lines[at].strip()):
        return None
    values: dict[str, str] = {}
    last, j = at, at
    while j < len(lines) and lines[j].strip() and j - last <= 3 and len(values) <= MOST_LABELS:
        found = _LABEL.fullmatch(lines[j].strip())
        if found and found.lastgroup:
            kind = next(name for name in ("from", "date", "to", "subject", "other") if found[name])
            if kind in values and kind == "from":
                break
            values.setdefault(kind, found["value"])
            last = j
        j += 1
    if "from" not in values or len(values.keys() & {"date", "to", "subject"}) < 2:
        return None
    if j < len(lines) and not lines[j].strip():  # a value that was broken goes on to the blank line
        last = j - 1 if j - 1 - last <= 2 else last
    name, address = _writer_of(values["from"])
    title = " ".join(REPLY.sub("", values.get("subject", "")).split()) or None
    return last + 1, Writer(name, address, day_of(values.get("date", "")), title)


def _wrote_at(lines: Sequence[str], i: int) -> tuple[int, Writer] | None:
    """Where `On DAY, NAME wrote:` that begins at line `i` ends, over three lines at most, and whom it names."""
    if not re.match(r"(?i)(?:on|am|le|el|il|op|em|den)\s", lines[i]):
        return None
    for end in range(i + 1, min(i + 4, len(lines) + 1)):
        if not lines[end - 1].strip():
            return None
        words = " ".join(line.strip() for line in lines[i:end])
        if not _WROTE.fullmatch(words):
            continue
        day = day_of(re.sub(r"^\w+\s", "", words))
        named = re.search(r"<[^<>\s]+@[^<>\s]+>", words)
        if not day and not named:
            return None
        verb = re.compile(r"(?i)\s*\b(?:wrote|a écrit|escribió|ha scritto|schreef|escreveu|schrieb|skrev)\b\s*")
        rest = verb.sub(" ", _AFTER_TIME.sub("", words, count=1)).strip(" :,")
        name, address = _writer_of(rest)
        return end, Writer(name, address, day)
    return None


def _writer_of(value: str) -> tuple[str | None, str | None]:
    """Name and address of a `From:` line.

    >>> _writer_of('"Road Office, Press" <press@e.org>'), _writer_of("Bo [mailto:bo@e.org]"), _writer_of("bo@e.org")
    (('Road Office, Press', 'press@e.org'), ('Bo', 'bo@e.org'), (None, 'bo@e.org'))
    """
    words = " ".join(value.split())
    found = _WRITER.match(words)
    if found:
        return found["name"].strip(" \"'*") or None, found["address"]
    if re.fullmatch(r"\S+@\S+", words):
        return None, words
    return words.strip(" \"'*")[:200] or None, None


def day_of(value: str) -> str | None:
    """The day of a `Sent:` or `Date:` line, in whatever language; None where it says none, or two may be meant.

    >>> day_of("Wednesday, 2 June 2021 11:05"), day_of("mar. 15 juin 2021 à 17:02"), day_of("6/2/2021 11:05 AM")
    ('2021-06-02', '2021-06-15', None)
    """
    words = re.sub(r"^\W*\w{2,4}\.,?\s+(?=\d)", "", " ".join(value.split()))
    days = [day.iso() for day in find_days(words) if day.year]
    return days[0] if days else None
