"""Corrections that a text holds: a note in a story, an item of a column of corrections, an article that is one.

A note is told by how it begins, or by the headline it stands under. Which story it corrects, `index.copies.corrections`
finds.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from index.article import Article, Note
from index.understanding.credits import is_credit
from index.understanding.days import find_days
from index.understanding.lines import is_prose

LONGEST_NOTE = 2_000
LONGEST_ALONE = 1_800  # characters of an article that is a correction and does not say where its note ends
FIRST_WORDS = 400  # in which a note says what it corrects
_REPORT = (
    r"(?:articles?|stor(?:y|ies)|reports?|reporting|reported|pieces?|items?|columns?|headlines?|captions?|obituar(?:y|ies)|editorials?"
    r"|features?|interviews?|reviews?|graphics?|charts?|pictures?|photographs?|posts?|dispatch(?:es)?|despatch(?:es)?"
    r"|Artikels?|Berichts?|Beitrags?|Meldung(?:en)?|Ausgabe|artículos?|noticias?|edition|issue)"
)
REPORT = re.compile(rf"(?i)\b{_REPORT}\b")
_CORRECTION = (
    r"(?:corrections?|clarifications?|corrigend(?:um|a)|errat(?:um|a)|amplifications?|retractions?|berichtigung(?:en)?"
    r"|korrekturen?|korrektur|richtigstellung(?:en)?|rectificatifs?|correctifs?|précisions?|rectificaci(?:ón|ones)"
    r"|correcci(?:ón|ones)|fe de err(?:at|or)(?:as|es))"
)
COLUMN = re.compile(
    rf"(?i)\W*(?:{_CORRECTION}(?:\s+(?:and|&|und|et|y)\s+(?:{_CORRECTION}|additions))?|for the record|we got it wrong"
    r"|setting (?:it|the record) straight|putting it right)\W*(?P<rest>.*)"
)
ALONE = re.compile(rf"(?i)\W*{_CORRECTION}(?:\s+to\s|\s*[:–—-]\s*)\S")
OWN = re.compile(
    r"(?i)\b(?:this|the original|an? (?:earlier|previous|original|prior)) (?:article|story|piece|report|page|post|text"
    r"|item|headline|version|obituary|review|column|caption)\b"
    r"|\b(?:einer? )?(?:früheren?|vorherigen?|ursprünglichen?) (?:version|fassung)\b"
    r"|\bdieser (?:artikel|text|beitrag)\b"
    r"|\bcet article\b|\bune (?:première )?version (?:précédente|antérieure)\b|\beste artículo\b|\bversión anterior\b"
)
BEGINS = re.compile(
    rf"(?i)\W*(?:(?:an? )?{_CORRECTION}\b[^.:–—\n]{{0,60}}[:–—]"
    r"|editor[’']?s[’']? note\b.{0,60}?[:—–]"
    rf"|(?:this|the) {_REPORT}\b.{{0,60}}?\b(?:was|has been|had been) (?:\w+ )?(?:amended|corrected|updated|changed"
    r"|clarified|edited)\b"
    r"|(?:an? )?(?:earlier|previous|original) version of (?:this|the)\b"
    r"|\((?:corrects|clarifies|fixes|refiles? (?:to|with))\b"
    r"|(?:in )?(?:einer? )?(?:früheren?|vorherigen?) (?:version|fassung)\b|dieser (?:artikel|text|beitrag) wurde\b"
    r"|cet article a été (?:corrigé|modifié)|este artículo (?:ha sido|fue) corregido)"
)
# An editor's note, or a page that was only brought up to date, corrects where it says so.
WRONG = re.compile(
    rf"(?i)^\W*(?:an? )?{_CORRECTION}\b|\b(?:correct(?:s|ed|ing)?|amend\w*|clarif\w*|errors?|erron\w+|wrong\w*"
    r"|mistake\w*|mis(?:stated|spelled|spelt|identified|quoted|attributed|named|reported)|inaccura\w+|incorrect\w*"
    r"|retract\w*|not|rather than|instead of|should have|berichtig\w*|korrig\w*|falsch\w*|irrtüm\w*|corrig\w*|erreur"
    r"|erróne\w*|correg\w*)\b"
)
_FULL = re.compile(
    r"(?i)\b(?:an?|the) (?:full,? )?(?:corrected|updated) (?:version|story|article)\b.{0,60}(?:follows|below)"
)
_ABOUT_US = re.compile(
    r"(?i)\S@\S|\b(?:readers?|to report|contact|e-?mail|write to|complaints?)\b.{0,80}\b(?:editors?|errors?|us|desk)\b"
)
_DATED = re.compile(
    r"(?i)(?:amended|corrected|updated|changed|clarified|edited|berichtigt|korrigiert|corrigé)\W+(?:on|am|le)?\W*$"
)
# In small letters, one of them stands wherever a note begins or a headline is that of corrections.
SIGNS = (
    *(
        "correct",
        "clarif",
        "corrig",
        "errat",
        "amplif",
        "retract",
        "amended",
        "berichtig",
        "korrektur",
        "richtigstellung",
    ),
    *(
        "rectific",
        "précision",
        "correcci",
        "fe de err",
        "for the record",
        "we got it wrong",
        "straight",
        "putting it right",
    ),
    *(
        "fixes",
        "refile",
        "editor",
        "version",
        "fassung",
        "updated",
        "changed",
        "edited",
        "wurde",
        "corregido",
        "modifié",
    ),
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(rf"(?i)\b(?P<day>{'|'.join(_DAYS)}|yesterday)(?:[’']s)?\b")


def with_notes(article: Article) -> Article:
    """The article with the corrections that it holds."""
    notes = tuple(find_notes(article))
    return replace(article, notes=notes) if notes or article.notes else article


def find_notes(article: Article) -> Iterator[Note]:
    """The corrections in an article, in order, none overlapping.

    >>> text = "The ferry was built in 1961.\\nThis article was amended on 10 August: it was 1967, not 1961."
    >>> list(find_notes(Article("a", text, "Ferry sinks")))
    [Note(start=29, end=90, own=True, day=None)]
    """
    low = "\n".join((article.title, *(section.title or "" for section in article.sections), article.text)).lower()
    if not any(sign in low for sign in SIGNS):  # most articles
        return
    for start, end in article.stories():
        section = article.section_at(start)
        paragraphs = [
            (a, b)
            for a, b in _paragraphs(article, start, end)
            if _key(article.text[a:b]) != _key(section.title or "") and not is_credit(article.text[a:b])
        ]
        for a, b, own in _notes_of(article.text, section.title or "", paragraphs):
            day = None if own else day_told(article.text[a:b], section.published or article.published)
            yield Note(a, b, own, day)


def _notes_of(text: str, title: str, paragraphs: list[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    prose = [(a, b) for a, b in paragraphs if is_prose(text[a:b])]
    if is_column(title):
        yield from ((a, b, False) for a, b in _items(text, prose))
        return
    if ALONE.match(title):
        upto = next((i for i, (a, b) in enumerate(prose) if _FULL.search(text[a:b])), len(prose))
        told = prose[:upto]
        if told and (upto < len(prose) or told[-1][1] - told[0][0] <= LONGEST_ALONE):
            yield told[0][0], told[-1][1], False
        return
    found = list(_within(text, paragraphs))
    alone = {(a, b) for a, b, _ in found} >= set(prose)  # nothing else is told: it is another's that it corrects
    yield from ((a, b, own and not alone) for a, b, own in found)


def _within(text: str, paragraphs: list[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """The notes among the paragraphs of a story, each begun as a correction is or under a line that says so."""
    headed = False
    for a, b in paragraphs:
        words = text[a:b]
        if len(words) <= 60 and is_column(words) and not is_prose(words.rstrip(" :*_")):
            headed = True
            continue
        if (headed or BEGINS.match(words)) and b - a <= LONGEST_NOTE and WRONG.search(words):
            others = not OWN.search(words) and day_told(words, "2000-01-01") is not None
            yield a, b, not others
        headed = False


def _items(text: str, prose: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The items of a column: each begins where a report is named, and takes in what follows up to the next."""
    items: list[tuple[int, int]] = []
    for a, b in prose:
        words = text[a:b]
        if _ABOUT_US.search(words):
            continue
        goes_on = not REPORT.search(words[:FIRST_WORDS])
        if items and goes_on and a - items[-1][1] <= 4 and b - items[-1][0] <= LONGEST_NOTE:
            items[-1] = (items[-1][0], b)
        elif b - a <= LONGEST_NOTE:
            items.append((a, b))
    yield from items


def is_column(title: str) -> bool:
    """Whether a headline is that of a column of corrections: nothing stands beside the word but a day.

    >>> is_column("Corrections and clarifications"), is_column("Corrections: March 15, 2024")
    (True, True)
    >>> is_column("Corrections officer hurt"), is_column("Correction: Bridge Vote story")
    (False, False)
    """
    found = COLUMN.fullmatch(title.strip())
    if not found:
        return False
    rest = found["rest"].strip(" .:;,|–—-")
    days = find_days(rest)
    return not rest or (len(days) == 1 and not re.search(r"\w", rest[: days[0].start] + rest[days[0].end :]))


def day_told(words: str, near: str | None) -> str | None:
    """The day of the report that a note speaks of, in ISO 8601; `near` is the day of the note.

    >>> day_told("Our report of 12 March on the loan said seven.", "2024-03-15")
    '2024-03-12'
    >>> day_told("An article on Tuesday about the loan was wrong.", "2024-03-15"), day_told("The vote was 8-3.", None)
    ('2024-03-12', None)
    """
    words = words[:FIRST_WORDS]
    near = near[:10] if near and re.match(r"\d{4}-\d\d-\d\d", near) else None
    for report in REPORT.finditer(words):
        low, high = max(0, report.start() - 40), report.end() + 120
        for day in find_days(words[low:high]):
            if not _DATED.search(words[: low + day.start]):
                return day.iso(near)
        for found in _WEEKDAY.finditer(words[low:high]):
            if near and not _DATED.search(words[: low + found.start()]):
                return _last(found["day"].lower(), date.fromisoformat(near)).isoformat()
    return None


def _last(name: str, day: date) -> date:
    """The last day of this name before a day; yesterday is one too."""
    if name == "yesterday":
        return day - timedelta(days=1)
    return day - timedelta(days=(day.weekday() - _DAYS.index(name) - 1) % 7 + 1)


def _paragraphs(article: Article, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The paragraphs of a story: what blank lines part, or lines where there are none."""
    spaced = re.search(r"\n[ \t\r]*\n", article.text[start:end].strip())
    pattern = r"\S(?:[^\n]|\n(?![ \t\r]*\n))*" if spaced else r"\S[^\n]*"
    for low, high in article.pieces(start, end):
        for found in re.compile(pattern).finditer(article.text, low, high):
            yield found.start(), found.start() + len(found[0].rstrip())


def _key(words: str) -> str:
    return re.sub(r"\W+", "", words).casefold()
