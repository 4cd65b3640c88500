"""How a sentence says what it says: who speaks, who acts, what is denied, what is only supposed. English."""

import re

from ground.words import fold
from index.understanding.days import find_days
from qa.checking.differences import Difference, Kind, place
from qa.evidence import names_in, stems
from qa.prove import CLAIMED, NEGATIONS, doubt_lost

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
# A doubt that a statement may have of its own
UNSURE = CLAIMED | frozenset("may might perhaps maybe possibly probably".split())
# What is supposed, feared or not yet done, wherever it stands in the quote
SUPPOSED = CLAIMED | frozenset(
    "whether if fear fears feared believe believes believed think thinks thought suspect suspects perhaps maybe"
    " possible possibly probably could might unclear uncertain unless examining considering inquiry seeks wants"
    " hopes".split()
)
PASSIVE = re.compile(r"(?i)\b(?:is|are|was|were|be|been|being)\s$")


def differ_in_wording(statement: str, quote: str, led: str) -> list[Difference]:
    """In what a statement differs from its quote by its wording; `led` is the story before the quote."""
    part = NOT_ROUGHLY.sub(" ", _part_of(quote, statement))
    who = _other_speaker(statement, quote, led) or _other_subject(statement, part)
    found: list[tuple[Kind, str, str]] = [("speaker", *who)] if who else []
    found += [("denial", *words) for words in _denies_otherwise(statement, part)]
    found += [("doubt", *words) for words in _doubts_otherwise(statement, quote, part)]
    return [
        Difference(kind, ours, theirs, place(ours, statement), place(theirs, quote)) for kind, ours, theirs in found
    ]


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


def _other_speaker(statement: str, quote: str, before: str) -> tuple[str, str] | None:
    """Who speaks in a statement and who in its quote, where these are two."""
    ours, theirs = speaker_of(statement), speaker_of(quote)
    if not ours or not theirs or fold(ours) in PRONOUNS:
        return None
    own, other = stems(ours), stems(theirs)
    if fold(theirs) in PRONOUNS or (ROLE.match(theirs) and not other <= own):
        named = names_in(f"x {ours}")
        pure = not stems(ours) - stems(" ".join(named)) or fold(theirs) in PRONOUNS
        known = stems(f"{quote} {before}")
        parts = not pure or (bool(own) and len(own & known) < len(own) / 2)
    else:
        parts = not own & other
    return (ours, theirs) if parts else None


def _claim_of_one(statement: str, quote: str) -> str:
    """The words by which a quote gives as one person's word what the statement says plainly; empty for none."""
    found = SPEAKER[0].search(quote.strip())
    if not found or not THAT.match(quote, found.end()) or speaker_of(statement):
        return ""
    one = re.search(PERSON, found["who"]) and not (names_in(f"x {found['who']}") & names_in(f"x {statement}"))
    return found[0].strip() if one else ""


def _other_subject(statement: str, quote: str) -> tuple[str, str] | None:
    """The first words of a statement and those that its quote has before the same verb, where these are others."""
    words, subject, verb, suffers = _subject(statement)
    if not subject or not verb:
        return None
    for found in re.finditer(WORD, quote):
        if stems(found[0]) == verb:
            if bool(PASSIVE.search(quote[: found.start()])) != suffers:
                return None
            clause = re.split(r"[,;:]\s|\b(?:that|and|but|who|which)\b", quote[: found.start()])[-1]
            theirs = [one for one in re.finditer(WORD, clause) if one[0].lower() not in AUXILIARY]
            lower = [one[0].lower() for one in theirs]
            if set(lower) <= PRONOUNS or ROLE.match(" ".join(lower[-2:])):  # "in 2021 the company was …"
                return None
            there = stems(" ".join(lower))
            its = clause[theirs[0].start() : theirs[-1].end()]
            return (words, its) if there and not there & subject else None
    return None


def _subject(statement: str) -> tuple[str, set[str], set[str], bool]:
    """The words before the first verb, their stems, those of that verb, where it is told by its form, and whether it is
    passive."""
    told = list(re.finditer(WORD, statement))
    words = [one[0] for one in told]
    for at, word in enumerate(words[:9]):
        before = statement[told[0].start() : told[at - 1].end()] if at else ""
        if at and word.lower() in AUXILIARY:
            rest = next((n for n in range(at, len(words)) if words[n].lower() not in AUXILIARY), len(words))
            suffers = bool(PASSIVE.search(" ".join(words[:rest]) + " "))
            return before, stems(before), stems(" ".join(words[rest : rest + 1])), suffers
        if at and re.fullmatch(r"[a-z]+ed", word):
            return before, stems(before), stems(word), False
    return "", set(), set(), False


# Denial and doubt


def denied_in(text: str) -> set[str]:
    """The stems that a text denies: up to SCOPE words after a denying one, within its clause.

    >>> sorted(denied_in("It was rain, not the dam.")), sorted(denied_in("She refused to order a recount."))
    (['dam'], ['order', 'recount'])
    """
    return set[str]().union(*(words for _, words in _denials(text)))


def _denials(text: str) -> list[tuple[str, set[str]]]:
    """The words that deny something in a text, each with the stems that it denies."""
    names, found = stems(" ".join(names_in(text))), []
    for cue in DENYING.finditer(text):
        clause = re.split(r"[,;:.“”\"—]|\b(?:but|and|while|because|until|unless)\b", text[cue.end() :])[0]
        words = [word for word in re.findall(WORD, clause) if stems(word)]
        scope = NO_SCOPE if cue[0].lower() == "no" else SCOPE
        found.append((cue[0], stems(" ".join(words[:scope])) - names))
    return found


def _denies_otherwise(statement: str, quote: str) -> list[tuple[str, str]]:
    """The words by which one of the two denies what the other says: the statement's, the quote's."""
    ours, theirs = denied_in(statement), denied_in(quote)
    here, there = stems(statement), stems(quote)
    lost = {word for word in ours & there - theirs if not word.isdigit()}
    added = {word for word in theirs & here - ours if not _also_plain(word, quote)}
    found = [(cue, "") for cue, words in _denials(statement) if words & lost]
    found += [("", cue) for cue, words in _denials(quote) if words & added]
    mine, its = _stance(statement), _stance(quote)
    if not found and mine * its < 0:
        found = [(_stance_word(statement), _stance_word(quote))]
    return list(dict.fromkeys(found))


def _also_plain(word: str, text: str) -> bool:
    """Whether a word stands in a text more than once: then one of them may not be denied."""
    return sum(stems(one) == {word} for one in re.findall(WORD, text)) > 1


def _stance(text: str) -> int:
    """1 for a verb of assent alone, -1 for one of refusal alone, 0 for neither or both."""
    words = set(fold(text).split())
    against = bool(AGAINST & words or AGAINST_PHRASES.search(text))
    return 0 if against == bool(FOR & words) else -1 if against else 1


def _stance_word(text: str) -> str:
    """The first verb of assent or refusal in a text."""
    phrase = AGAINST_PHRASES.search(text)
    words = (word for word in re.findall(WORD, text) if set(fold(word).split()) & (AGAINST | FOR))
    return phrase[0] if phrase else next(words, "")


def _doubts_otherwise(statement: str, quote: str, part: str) -> list[tuple[str, str]]:
    """The words by which a quote, or a `part` of it, doubts or gives as somebody's word what a statement says plainly;
    else those by which the statement alone doubts."""
    promised = f"{statement} would" if TO_COME.search(statement) else statement
    own, its = fold(undated(statement)).split(), fold(part).split()
    supposed = [] if SUPPOSED & set(own) else [word for word in its if word in SUPPOSED]
    lost = [*doubt_lost(promised, part), *supposed, *filter(None, [_claim_of_one(statement, quote)])]
    if lost:
        return [("", word) for word in dict.fromkeys(lost)]
    unsure = (SUPPOSED | UNSURE) & set(fold(undated(quote)).split())
    return [] if unsure else [(word, "") for word in own if word in UNSURE]


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
