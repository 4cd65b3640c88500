"""What a file says of its article, value by value, and the article that is made of it.

Readers gather what is said, the surest first; `make_article` takes the first of each field and keeps where it stood.
"""

import html
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from urllib.parse import urlsplit

from index.article import Article, ArticleError, Origin, Original, Sure
from index.reading.charset import with_language
from index.reading.formats.text import LARGEST_ARTICLE
from index.understanding.credits import without_addresses
from index.understanding.dates import read_field
from index.understanding.exports.story import words_in
from index.understanding.page import complete

LONGEST_VALUE = 500
LONGEST_REASON = 100
# What programs write into the properties of a document whose author they do not know.
NOBODY = re.compile(
    r"(?i)(?:administrator|admin|root|(?:default |microsoft(?: office)? |windows )?user|owner|author|unknown|unbekannt"
    r"|utilisateur(?: windows)?|usuario(?: de windows)?|benutzer|anonymous|微软用户|user ?\d*|pc|home|n/?a|-+)"
)
# `Von` can be a name's own: it announces one where two names follow.
ANNOUNCED = re.compile(
    r"(?i:^by(?:[\s:]+|$)|^(?:texto?|text|foto)? ?(?:von|par|por|door|di|av|af|por):\s+)"
    r"|^(?i:von|par|por|door|di|av|af) (?=[A-ZÀ-Þ][\w.’'-]+ (?:[a-zà-þ]{1,4} )?[A-ZÀ-Þ])"
)


@dataclass(frozen=True)
class Said:
    """One value a file says of its article: of which field, where it stands, how sure that is."""

    field: str
    value: str | None
    where: str
    sure: Sure = "sure"


@contextmanager
def parsing(name: str, kind: str, *loggers: str) -> Iterator[None]:
    """Tells whatever a parser makes of a broken file as one sentence; its `loggers` print nothing."""
    for logger in loggers:
        logging.getLogger(logger).addHandler(logging.NullHandler())
    try:
        yield
    except ArticleError:
        raise
    except (RecursionError, MemoryError):
        raise ArticleError(f"{name}: nested too deep, or too large for {kind}; it is left out") from None
    except Exception as error:  # parsers of others raise anything at all on a broken file
        reason = " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
        raise ArticleError(f"{name}: cannot be read as {kind} ({reason}); it is left out") from None


def one_line(value: str | None) -> str | None:
    """A value as one line without the markup's escapes, None where nothing is left or it is too long to be one.

    >>> one_line(" Meridian &amp; Sons\\n Wire "), one_line(" ")
    ('Meridian & Sons Wire', None)
    """
    words = " ".join(html.unescape(value or "").split()).replace("\0", "")
    words = words.encode("utf-8", "ignore").decode()  # half a surrogate pair cannot be stored
    return words if 0 < len(words) <= LONGEST_VALUE else None


def storable(text: str) -> str:
    """A text without what cannot be stored: NUL, and half of a surrogate pair. Offsets are taken of it after that.

    >>> storable("Rain\\0 \\ud800stops")
    'Rain stops'
    """
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def iso_date(value: str | None) -> str | None:
    """A date as files write it, in ISO 8601; None where it is none. How sure it is, `read_field` says.

    >>> iso_date("20200104T101500Z"), iso_date("Sat, 04 Jan 2020 10:15:00 +0100"), iso_date("4 January 2020")
    ('2020-01-04T10:15:00+00:00', '2020-01-04T10:15:00+01:00', '2020-01-04')
    >>> iso_date("2020-01-04"), iso_date("0001-01-01T00:00:00"), iso_date("yesterday")
    ('2020-01-04', None, None)
    >>> iso_date("4.1.2020"), iso_date("31.02.2020"), iso_date("1/4/2020"), iso_date("2020-01-04 10:15:00 +0100")
    ('2020-01-04', None, None, '2020-01-04T10:15:00+01:00')
    """
    found = read_field(one_line(value) or "")
    return found.iso if found else None


def dated(one: Said) -> Origin:
    """Where a date was read and how sure it is: a doubtful one is likely at most, and says why."""
    found = read_field(one_line(one.value) or "")
    if found is None or not found.doubt:
        return Origin(one.field, one.where, one.sure)
    return Origin(one.field, f"{one.where}: {found.doubt}", "likely" if one.sure == "sure" else one.sure)


def web_address(value: str | None) -> str | None:
    """An absolute http or https address, None for anything else.

    >>> web_address(" https://example.org/a "), web_address("/a"), web_address("javascript:x")
    ('https://example.org/a', None, None)
    """
    words = (one_line(value) or "").replace(" ", "%20")
    try:
        parts = urlsplit(words)
    except ValueError:
        return None
    return words if parts.scheme in ("http", "https") and parts.hostname else None


def host_of(url: str) -> str:
    """The host of an address as an outlet is named by it.

    >>> host_of("https://www.example.org/a")
    'example.org'
    """
    return (urlsplit(url).hostname or "").removeprefix("www.")


def language_code(value: str | None) -> str | None:
    """The language of a tag such as html's `lang`.

    >>> language_code("en-US"), language_code("pt_BR"), language_code("x-none")
    ('en', 'pt', None)
    """
    found = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", value or "")
    return found[1].lower() if found else None


def name_only(value: str | None) -> str | None:
    """A byline without the word that announces it and the mail addresses beside its names.

    >>> name_only("By A. Writer"), name_only("Byron"), name_only("a@e.org (A. Writer)")
    ('A. Writer', 'Byron', 'A. Writer')
    >>> name_only("Von Ada Lund"), name_only("Por: Ada Lund"), name_only("Von der Lund, Ada"), name_only("von Lund")
    ('Ada Lund', 'Ada Lund', 'Von der Lund, Ada', 'von Lund')
    """
    return one_line(without_addresses(ANNOUNCED.sub("", one_line(value) or "")))


def follows(updated: str, published: str) -> bool:
    """Whether an update is later than what it updates, as far as both say: a day has no hour, an hour may have no zone.

    >>> follows("2020-01-04T10:00:00+01:00", "2020-01-04T09:00:00+00:00"), follows("2020-01-05", "2020-01-04T09:00")
    (False, True)
    """
    if len(updated) <= 10 or len(published) <= 10:
        return updated[:10] > published[:10]
    later, earlier = datetime.fromisoformat(updated), datetime.fromisoformat(published)
    if (later.tzinfo is None) != (earlier.tzinfo is None):
        later, earlier = later.replace(tzinfo=None), earlier.replace(tzinfo=None)
    return later > earlier


CLEAN = {
    "byline": name_only,
    "published": iso_date,
    "updated": iso_date,
    "url": web_address,
    "language": language_code,
}


def make_article(original: Original, text: str, said: Iterable[Said], *, pages: tuple[int, ...] = ()) -> Article:
    """The article of an extracted text and of the first good value that is said for each field.

    Where nobody says it, the text says what it can (`complete`), the outlet is that of the address, the title the
    file's name. Raises ArticleError for a text that is empty or longer than one article holds.
    """
    text = storable(text)
    if not text.strip():
        raise ArticleError(f"{original.name}: holds no text; it is left out")
    if len(text) > LARGEST_ARTICLE:
        raise ArticleError(
            f"{original.name}: its text is longer than one article holds ({LARGEST_ARTICLE / 1e6:.0f} million"
            " characters); cut it into articles"
        )
    fields: dict[str, str] = {}
    origins: list[Origin] = []

    def take(one: Said) -> None:
        value = CLEAN.get(one.field, one_line)(one.value)
        if value and one.field not in fields:
            fields[one.field] = value
            origins.append(
                dated(one) if one.field in ("published", "updated") else Origin(one.field, one.where, one.sure)
            )

    for one in said:
        if not (one.field == "byline" and one.sure == "guess" and NOBODY.fullmatch((one.value or "").strip())):
            take(one)
    if "updated" in fields and "published" in fields and not follows(fields["updated"], fields["published"]):
        del fields["updated"]
        origins[:] = [origin for origin in origins if origin.field != "updated"]
    length = words_in(fields.pop("length", ""))
    origins[:] = [origin for origin in origins if origin.field not in ("desk", "length")]
    named = PurePath(original.name).stem or original.id
    title = fields.pop("title", named)
    article = Article(original.id, text, title, pages=pages, origins=tuple(origins), length=length)
    article = with_language(replace(article, **fields))  # type: ignore[arg-type]
    article = complete(article, original.name, fallback=named)
    # A day that is only guessed would stand beside quotes as if it were known; half of them are wrong.
    days = [o.field for o in article.origins if o.sure == "guess" and o.field in ("published", "updated")]
    article = replace(article, **dict.fromkeys(days))  # type: ignore[arg-type]
    origins = [origin for origin in article.origins if origin.field not in days]
    if not article.source and article.url:
        article = replace(article, source=host_of(article.url))
        origins.append(Origin("source", "address", "guess"))
    if article.title == named and not any(origin.field == "title" for origin in origins):
        origins.append(Origin("title", "file name", "guess"))
    return replace(article, title=without_outlet(article.title, article.source), origins=tuple(origins))


def without_outlet(title: str, source: str | None) -> str:
    """A page's title without the outlet that many pages put behind it.

    >>> without_outlet("Bridge opens – Meridian Wire", "Meridian Wire"), without_outlet("A - B", None)
    ('Bridge opens', 'A - B')
    """
    if not source:
        return title
    return re.sub(rf"(?i)(?<=\S)\s+[|–—·:-]\s+{re.escape(source)}$", "", title)


def tidy(text: str) -> str:
    """Extracted lines without the white space around and inside them that no reader sees, blank ones left out.

    >>> tidy(" One  two \\n\\n\\n\\tthree")
    'One two\\nthree'
    """
    return "\n".join(words for line in text.splitlines() if (words := " ".join(line.split())))
