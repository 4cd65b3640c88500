"""Credit lines: short lines of their own that say whose a story is and of which day, and nothing else.

`By NAME | OUTLET | January 3, 2020`, `Posted on 3 March 2021 by NAME`, `Küstenblatt, 3. Oktober 2020, von NAME`.
A line is one only if every piece of it is explained: a line that says anything more is news.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from index.understanding.dateline import agency_of
from index.understanding.days import TIME, WEEKDAY, Day, find_days

CreditForm = Literal["bar", "comma", "label", "posted", "alone"]
LONGEST_CREDIT = 140
LONGEST_HEADLINE = 200

_SMALL = r"(?:of|the|and|at|for|in|de|del|la|le|les|los|las|el|du|des|der|die|das|den|für|und|et|y|von|van|zu|a|à|&)"
_BIG = r"(?:[ld]['’])?[A-ZÀ-ÖØ-Þ0-9][\w.’'&/-]*"
_NAME = re.compile(rf"{_BIG}(?: (?:{_SMALL} ){{0,2}}{_BIG}){{0,5}}")
_SITE = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,6}", re.IGNORECASE)
_BYLINE = re.compile(r"(?i:byline:?|by|par|von|por|posted by|written by|author:?|autor:?|auteur:?)\s+(?P<name>\S.*)")
_POSTED = re.compile(
    r"(?i:(?:first |last )?(?:posted|published|updated)|date|veröffentlicht|aktualisiert|stand|publié|mis à jour"
    r"|publicado|actualizado)(?i: on| at| am| le| el)?:?"
)
_UPDATED = re.compile(r"(?i)\W*(?:last )?(?:updated|aktualisiert|stand|mis à jour|actualizado)\b")
_SOURCE = re.compile(r"(?:(?i:source|via|quelle|fuente|publication):\s*|(?:From|Via|Quelle:|Aus)\s+)(?P<name>\S.*)")
_READING = re.compile(r"\d+[ -]?min(?:ute)?s?(?: read)?", re.IGNORECASE)
_AGO = re.compile(r"\d+ (?:minute|min|hour|hr|day|week)s? ago", re.IGNORECASE)
_NOISE = re.compile(
    rf"(?:{_READING.pattern}|{_AGO.pattern}|(?:length:\s*)?[\d,.]+ words|page \w+|{TIME}|{WEEKDAY}"
    r"|on|at|le|am|el|vom|du)",
    re.IGNORECASE,
)
_SPECIAL = re.compile(r"(?:special|exclusive) (?:to|for) (?P<name>.+)", re.IGNORECASE)
_ROLE = re.compile(
    r"(?:.{0,40}\b)?(?:staff(?: writer| reporter)?|correspondent|reporter|columnist|editor|wire reports|staff reports)",
    re.IGNORECASE,
)
# `Ann Writer <ann@e.org>`, `ann@e.org (Ann Writer)`, `Ann Writer, Email: ann@e.org`, `Ann Writer (@annw)`
_ADDRESS = r"(?:mailto:|e-?mail(?: address)?:?\s*)?[\w.+'-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w@])@\w{2,}"
_ADDRESSES = re.compile(rf"[<(\[]\s*(?:{_ADDRESS})\s*[>)\]]|{_ADDRESS}", re.IGNORECASE)
_BARS = re.compile(r"\s*[|•·]\s*|\s/\s|\s+[–—―-]+\s+|^[–—―-]+\s*|\s*//\s*|\t+|;\s+")
_COMMAS = re.compile(r"\s*,\s+|(?<=[^\W\d_]{3})\.\s+|\s*,\s*$")
_NUMBER = re.compile(
    r"(?i)(?:#{1,6}\s+|\*{2}(?=\S)|_{2}(?=\S)|=+\s+)?(?:\(?\d{1,3}[.)]\s+|\d{1,3}\s+(?:of|de|von)\s+\d{1,4}(?:\s+documents?)?$)?"
)


@dataclass(frozen=True)
class Credit:
    """What one credit line says; `form` is how it says it."""

    form: CreditForm
    source: str | None = None
    day: Day | None = None
    byline: str | None = None
    updated: Day | None = None
    agency: str | None = None


def without_addresses(words: str) -> str:
    """Names without the mail addresses and handles beside them; an address that stands alone is left as it is.

    >>> without_addresses("Ann Writer <ann@e.org>"), without_addresses("ann@e.org (Ann Writer)")
    ('Ann Writer', 'Ann Writer')
    >>> without_addresses("By Ann Writer, ann@e.org | @annw, Bo Ek (bo@e.org)"), without_addresses("ann@e.org")
    ('By Ann Writer, Bo Ek', 'ann@e.org')
    """
    if "@" not in words:
        return words
    left = re.sub(r"(\s*[,;|·–—])(?:\s*[,;|·–—])+\s*", r"\1 ", _ADDRESSES.sub(" ", words))
    left = " ".join(left.split()).strip(" ,;|·–—-").replace(" ,", ",")
    left = re.sub(r"\"([^\"]*)\"(?=,|;| and |$)", r"\1", left)
    inside = re.fullmatch(r"[(\[](.*)[)\]]", left)
    left = inside[1].strip() if inside else left
    return left if re.search(r"[^\W\d_]", re.sub(r"(?i)^by\b", "", left)) else words


def bare(words: str) -> str:
    """A line without the marks of a list or of Markdown around its words.

    >>> bare("## Rain in May"), bare("2) Rain in May"), bare("**Rain**"), bare("1 of 3 DOCUMENTS"), bare("1919 was dry")
    ('Rain in May', 'Rain in May', 'Rain', '', '1919 was dry')
    """
    if len(words) > 2 * LONGEST_HEADLINE:
        return words
    found = _NUMBER.match(words)
    return words[found.end() if found else 0 :].strip(" *_=#").strip()


def is_name(words: str) -> bool:
    """Whether some words can be the name of an outlet or a person: few, and each that counts with a capital.

    >>> is_name("La Voz del Puerto"), is_name("21st Century Wire"), is_name("He was killed"), is_name("rt.com")
    (True, True, False, True)
    """
    return (
        len(words) <= 60 and bool(_NAME.fullmatch(words) or _SITE.fullmatch(words)) and not words.endswith(("!", "?"))
    )


def is_headline(words: str) -> bool:
    """Whether a line can be a headline: some words, not too long, and not a closed sentence.

    >>> is_headline("Missiles hit base"), is_headline("0 4 min"), is_headline("He said so.")
    (True, False, False)
    """
    return (
        len(words) <= LONGEST_HEADLINE
        and not words.startswith("|")
        and len(re.findall(r"[^\W\d_]{2,}", words)) >= 3
        and not re.search(r"[.:;,—–][\"”’']?$|[^\W\d_]{3,}\. [A-ZÀ-Þ]|^(?i:editor['’]s note)\b", words)
        and not is_role(words)
    )


def is_role(words: str) -> bool:
    """Whether a line only says what its writer is, or that agencies wrote: `Star correspondent`, `From wire reports`.

    >>> is_role("Free Press Staff Writer"), is_role("From staff and wire reports"), is_role("Reporter freed")
    (True, True, False)
    """
    return len(words) <= 60 and bool(_ROLE.fullmatch(words))


@lru_cache(maxsize=4096)  # a line is asked about for sections, for asides and for the head
def read_credit(words: str) -> Credit | None:
    """What a credit line says, or None for any other line.

    >>> credit = read_credit("By A. Writer | Some Wire | January 3, 2020")
    >>> credit.byline, credit.source, credit.day.iso()
    ('A. Writer', 'Some Wire', '2020-01-03')
    >>> read_credit("03.01.2020 - Press TV").source
    'Press TV'
    >>> read_credit("He was killed in Baghdad, January 3, 2020")
    >>> read_credit("Source: The Post").source, read_credit("Par L. Daunay, La Dépêche, 14 mars 2021").day.iso()
    ('The Post', '2021-03-14')
    """
    if not words or len(words) > LONGEST_CREDIT or words.startswith("|"):  # a row of a table
        return None
    words = without_addresses(words.strip(" *_"))
    bracketed = re.fullmatch(r"[(\[](.*)[)\]]", words)
    words = bracketed[1].strip() if bracketed else words
    days = find_days(words)
    if len(days) > 2:
        return None
    posted = bool(_POSTED.match(words))
    rest, times = words, []
    for day in reversed(days):
        times.append((day, bool(_UPDATED.search(words[: day.start].rpartition("|")[2]))))
        rest = f"{rest[: day.start]} | {rest[day.end :]}"
    names, byline, label, reading = [], None, False, False
    barred = bool(_BARS.search(words))
    for piece in _pieces(rest):
        if _NOISE.fullmatch(piece):
            reading = reading or bool(_READING.fullmatch(piece))
        elif _POSTED.fullmatch(piece):
            posted = True
        elif (by := _BYLINE.fullmatch(piece)) and is_name(by["name"].strip(" .")):
            byline = byline or by["name"].strip(" ")
        elif (to := _SPECIAL.fullmatch(piece)) and is_name(to["name"].strip(" .")):
            names.append(to["name"].strip(" ."))
        elif (of := _SOURCE.fullmatch(piece)) and is_name(of["name"].strip(" .")) and (days or ":" in piece):
            names.append(of["name"].strip(" ."))
            label = True
        elif is_name(piece) and not re.search(r"\d{4}", piece) and (days or byline or names or _AGO.search(words)):
            names.append(piece)
        else:
            return None
    if not (days or byline or label or (names and _AGO.search(words))) or len(names) > 3:
        return None
    if reading and len(names) == 1 and not byline:
        byline, names = names[0], []
    published = next((day for day, updated in times[::-1] if not updated), None)
    updated = next((day for day, updated in times[::-1] if updated), None)
    agency = next((found for name in (*names, byline or "") if (found := agency_of(name))), None)
    source = None
    if names:
        source = names[0] if label or not barred else names[-1]
    if byline and (agency_of(byline)) and not source:
        byline, source = None, agency
    alone = not (names or byline) or not days
    form: CreditForm = (
        "posted" if posted else "label" if label and not days else "bar" if barred else "alone" if alone else "comma"
    )
    return Credit(form, source, published, byline, updated, agency)


def _pieces(words: str) -> list[str]:
    """The pieces of a credit line, dates taken out: at bars, dashes and commas."""
    parts = [part.strip(" ,.–—-").removeprefix("(").removesuffix(")").strip() for part in _BARS.split(words)]
    found = [piece.strip(" ") for part in parts for piece in _COMMAS.split(part)]
    # `Updated 18:40` is a label and a time; `June 14, 2022 at 9:00` a word and one.
    cut = [
        piece
        for whole in found
        for piece in re.split(rf"(?i)(?<=[a-z:]) (?={TIME}$)|(?<=\d) (?=by |von |par |por )", whole)
    ]
    return [piece for piece in cut if piece]


def part_headline(words: str) -> tuple[str, Credit] | None:
    """A headline and the credit on the same line, behind it in brackets or before it, or None.

    >>> part_headline("Rain stops the fair (The Star, May 3, 2021)")[0]
    'Rain stops the fair'
    >>> part_headline("03.05.2021 - The Star - Rain stops the fair")[0]
    'Rain stops the fair'
    >>> part_headline("Rain stops the fair (again)")
    """
    if len(words) > LONGEST_HEADLINE:
        return None
    behind = re.fullmatch(r"(?P<headline>[^()]+) [(\[](?P<credit>[^()\[\]]{6,80})[)\]]", words)
    before = re.fullmatch(r"(?P<credit>.{6,80}?\s(?:[|·–—-])\s.{2,60}?)\s[|·–—-]\s(?P<headline>[^|]+)", words)
    for found in (behind, before):
        credit = read_credit(found["credit"]) if found else None
        if found and credit and credit.source and credit.day and is_headline(found["headline"]):
            return found["headline"], credit
    return None


def is_credit(words: str) -> bool:
    """Whether a line only says whose a story is and of which day, so that it answers no question.

    >>> is_credit("RT | January 3, 2020"), is_credit("January 3, 2020"), is_credit("It rained on January 3, 2020.")
    (True, False, False)
    """
    credit = read_credit(words)
    return credit is not None and bool(credit.day or credit.updated) and bool(credit.source or credit.byline)
