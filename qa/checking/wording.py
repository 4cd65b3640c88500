"""How a sentence says what it says: who speaks, who acts, what is denied, what is only supposed. English."""

import re
from typing import Literal

from ground.words import fold
from index.understanding.days import find_days
from qa.evidence import names_in, stems
from qa.prove import CLAIMED, NEGATIONS, loses_doubt

Wording = Literal["speaker", "denial", "doubt"]

SCOPE = 5  # words after "not" that it denies
NO_SCOPE = 1  # words after "no"
ALONE = 0.8  # of the words of a statement that a quote holds, in one part of it
# "about his brother", which is no "about 1,200"
NOT_ROUGHLY = re.compile(
    r"(?i)\b(?:about|around)\b(?!\s(?:a |half|\W?\d|[a-z]+(?:-[a-z]+)? (?:hundred|thousand|million|people)))"
)
TO_COME = re.compile(r"(?i)\b(?:is|are|was|were) to\b|\bwill\b")
_SAYS = (
    "said|says|say|told|tells|wrote|writes|announced|announces|added|adds|stated|states|claimed|claims|reported|reports"
    "|warned|warns|insisted|insists|admitted|admits|confirmed|confirms|denied|denies|believes?|thinks?|estimated"
    "|estimates|replied|promised|promises|argued|argues|explained|put"
)
# Who speaks: "X said that …", "…, said X", "…, X said", "according to X"
SPEAKER = (
    re.compile(rf"^\W*(?P<who>[^,.;“”\"]{{2,70}}?(?:,[^,“”\"]{{2,60}},)?)\s(?:has\s|have\s|had\s)?(?:{_SAYS})\b"),
    re.compile(r"[,”\"’]\s*(?:said|says|wrote|writes|warned|announced|added)\s(?P<who>(?!that\b|it\b)[^“”\"]{2,90})$"),
    re.compile(rf"[,”\"’]\s*(?P<who>[^,“”\".;]{{2,70}}(?:,[^,“”\"]{{2,60}},)?)\s(?:{_SAYS})\b(?! that)"),
    re.compile(r"(?i)\baccording to (?P<who>[^“”\",;]{2,70})"),
)
WORD = r"[\w’'-]+"
PERSON = r"(?=\b([A-Z][^\W\d_]+) ([A-Z][^\W\d_]+)\b)"
SAYING = frozenset(_SAYS.replace("?", "").split("|"))
THAT = re.compile(r"\s(?:\w+\s)?that\b")
PRONOUNS = frozenset("he she they it we i you who this that these those".split())
ROLE = re.compile(r"(?:the|its|their|his|her)\s[a-z]+(?:\s[a-z]+)?$")  # the company, the transport ministry
AUXILIARY = frozenset(
    "is are was were be been being am has have had having do does did will would shall should can could may might must"
    " not never".split()
)
# Words that deny what follows them
_NOT = "|".join(sorted({*NEGATIONS, "nobody"} - {"none", "nor"}))
DENYING = re.compile(
    rf"(?i)\b(?:{_NOT})\b(?! longer\b| certain\b)"
    r"|\b(?:refus(?:es|ed?|ing)|declin(?:es|ed?|ing)|fail(?:s|ed|ing)?)(?=\sto\b)"
    r"|\bcleared\b[^.;]{0,40}?\sof\b|\bnot certain\b|\bno longer\b"
)
AGAINST = frozenset(
    "reject rejects rejected deny denies denied refuse refuses refused decline declines declined dismiss dismisses"
    " dismissed oppose opposes opposed clear clears cleared".split()
)
AGAINST_PHRASES = re.compile(r"(?i)\b(?:turn(?:s|ed)?\sdown|threw\sout|thr(?:ow|ows|own)\sout|rul(?:es|ed?)\sout)\b")
FOR = frozenset(
    "confirm confirms confirmed accept accepts accepted back backs backed support supports supported admit admits"
    " admitted agree agrees agreed allow allows allowed approve approves approved blame blames blamed order orders"
    " ordered uphold upheld endorse endorsed".split()
)
# What is supposed, feared or not yet done, wherever it stands in the quote
SUPPOSED = CLAIMED | frozenset(
    "whether if fear fears feared believe believes believed think thinks thought suspect suspects perhaps maybe"
    " possible possibly probably could might unclear uncertain unless examining considering inquiry seeks wants"
    " hopes".split()
)
PASSIVE = re.compile(r"(?i)\b(?:is|are|was|were|be|been|being)\s$")


def parts_in_wording(statement: str, quote: str, led: str) -> set[Wording]:
    """In what a statement parts from its quote by its wording; `led` is the story before the quote."""
    part = NOT_ROUGHLY.sub(" ", _part_of(quote, statement))
    promised = f"{statement} would" if TO_COME.search(statement) else statement
    parts: set[Wording] = set()
    if _other_speaker(statement, quote, led) or _other_subject(statement, part):
        parts.add("speaker")
    if _denies_otherwise(statement, part):
        parts.add("denial")
    if loses_doubt(promised, part) or _supposed_only(statement, part) or _claim_of_one(statement, quote):
        parts.add("doubt")
    return parts


def speaker_of(text: str) -> str:
    """Who is said to say it, as the text names him; empty where nobody is.

    >>> speaker_of("The unions said that many had stopped."), speaker_of("It was hit, said Ann Roe, the mayor.")
    ('The unions', 'Ann Roe, the mayor')
    >>> speaker_of("Ten died, according to the police."), speaker_of("Ten died.")
    ('the police', '')
    """
    plain = text.strip().rstrip(".")
    for pattern in SPEAKER:
        if found := pattern.search(plain):
            return found["who"].strip(" ,")
    return ""


def _other_speaker(statement: str, quote: str, before: str) -> bool:
    """Whether a statement lets another speak than its quote does."""
    ours, theirs = speaker_of(statement), speaker_of(quote)
    if not ours or not theirs or fold(ours) in PRONOUNS:
        return False
    own, other = stems(ours), stems(theirs)
    if fold(theirs) in PRONOUNS or (ROLE.match(theirs) and not other <= own):
        named = names_in(f"x {ours}")
        pure = not stems(ours) - stems(" ".join(named)) or fold(theirs) in PRONOUNS
        known = stems(f"{quote} {before}")
        return not pure or (bool(own) and len(own & known) < len(own) / 2)
    return not own & other


def _claim_of_one(statement: str, quote: str) -> bool:
    """Whether the quote gives as one person's word what the statement says plainly."""
    found = SPEAKER[0].search(quote.strip())
    if not found or not THAT.match(quote, found.end()) or speaker_of(statement):
        return False
    return bool(re.search(PERSON, found["who"])) and not (names_in(f"x {found['who']}") & names_in(f"x {statement}"))


def _other_subject(statement: str, quote: str) -> bool:
    """Whether the verb that follows a statement's first words has other ones before it in the quote."""
    subject, verb, suffers = _subject(statement)
    if not subject or not verb:
        return False
    for found in re.finditer(WORD, quote):
        if stems(found[0]) == verb:
            if bool(PASSIVE.search(quote[: found.start()])) != suffers:
                return False
            clause = re.split(r"[,;:]\s|\b(?:that|and|but|who|which)\b", quote[: found.start()])[-1]
            theirs = [word.lower() for word in re.findall(WORD, clause) if word.lower() not in AUXILIARY]
            if set(theirs) <= PRONOUNS or ROLE.match(" ".join(theirs[-2:])):  # "in 2021 the company was …"
                return False
            there = stems(" ".join(theirs))
            return bool(there) and not there & subject
    return False


def _subject(statement: str) -> tuple[set[str], set[str], bool]:
    """The stems of the words before the first verb, of that verb, where it is told by its form, and whether it is
    passive."""
    words = re.findall(WORD, statement)
    for place, word in enumerate(words[:9]):
        if place and word.lower() in AUXILIARY:
            rest = next((at for at in range(place, len(words)) if words[at].lower() not in AUXILIARY), len(words))
            suffers = bool(PASSIVE.search(" ".join(words[:rest]) + " "))
            return stems(" ".join(words[:place])), stems(" ".join(words[rest : rest + 1])), suffers
        if place and re.fullmatch(r"[a-z]+ed", word):
            return stems(" ".join(words[:place])), stems(word), False
    return set(), set(), False


# Denial and doubt


def denied_in(text: str) -> set[str]:
    """The stems that a text denies: up to SCOPE words after a denying one, within its clause.

    >>> sorted(denied_in("It was rain, not the dam.")), sorted(denied_in("She refused to order a recount."))
    (['dam'], ['order', 'recount'])
    """
    denied: set[str] = set()
    cues = [(found.end(), found[0].lower()) for found in DENYING.finditer(text)]
    for end, cue in cues:
        clause = re.split(r"[,;:.“”\"—]|\b(?:but|and|while|because|until|unless)\b", text[end:])[0]
        words = [word for word in re.findall(WORD, clause) if stems(word)]
        denied |= stems(" ".join(words[: NO_SCOPE if cue == "no" else SCOPE]))
    return denied - stems(" ".join(names_in(text)))


def _denies_otherwise(statement: str, quote: str) -> bool:
    """Whether one of the two denies what the other says."""
    ours, theirs = denied_in(statement), denied_in(quote)
    here, there = stems(statement), stems(quote)
    if any(word in there and word not in theirs for word in ours if not word.isdigit()):
        return True
    if any(word in here and word not in ours and not _also_plain(word, quote) for word in theirs):
        return True
    return _stance(statement) * _stance(quote) < 0


def _also_plain(word: str, text: str) -> bool:
    """Whether a word stands in a text more than once: then one of them may not be denied."""
    return sum(stems(one) == {word} for one in re.findall(WORD, text)) > 1


def _stance(text: str) -> int:
    """1 for a verb of assent alone, -1 for one of refusal alone, 0 for neither or both."""
    words = set(fold(text).split())
    against = bool(AGAINST & words or AGAINST_PHRASES.search(text))
    return 0 if against == bool(FOR & words) else -1 if against else 1


def _supposed_only(statement: str, quote: str) -> bool:
    """Whether the quote only supposes what the statement says plainly."""
    return bool(SUPPOSED & set(fold(quote).split())) and not (SUPPOSED & set(fold(statement).split()))


def _part_of(quote: str, statement: str) -> str:
    """The part of a quote, between semicolons, colons or ", and", that speaks of a statement; all of it where none does
    alone."""
    own = stems(statement)
    held = len(own & stems(quote))
    parts = re.split(r"[;:]\s|,\s(?=(?:and|but|while)\s)", quote)
    return next((part for part in parts if len(own & stems(part)) >= ALONE * held), quote)


def content(text: str) -> set[str]:
    """The stems of a text's words, without those for saying."""
    words = [word for word in re.findall(r"[\w’'.,-]+", text) if fold(word) not in SAYING]
    return stems(" ".join(words))


def undated(text: str) -> str:
    """A text without its dates and weekdays, whose capitals are no names."""
    for found in reversed(find_days(text)):
        text = f"{text[: found.start]}then{text[found.end :]}"
    months = "January|February|March|April|May|June|July|August|September|October|November|December"
    return re.sub(rf"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:{months}))\b", "then", text)
