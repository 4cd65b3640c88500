"""Does one quote bear a sentence out: its words must be the quote's own, and the reader must agree."""

import re
from collections.abc import Sequence

from ground.words import NUMBERS, fold, fold_numbers
from index.understanding.days import WEEKDAY, find_days
from models import Reader
from qa.evidence import Evidence, in_view, names_in, stems

QUANTITIES = frozenset(
    "hundred hundreds thousand thousands million millions billion billions dozen dozens half".split()
)
REPORTING = "say says said tell told report reports reported according yes day"  # a date stands as "that day"
NEGATIONS = frozenset("not no never none nor neither without cannot".split())
CLAIMED = frozenset(
    "claim claims claimed alleged allegedly alleges accuse accuses accused blame blames blamed suspected supposed"
    " supposedly reportedly purported purportedly apparently unconfirmed rumoured rumored".split()
)
QUALIFIED = frozenset(
    "would could may might should likely probably possibly perhaps plan plans planned intends intended expects expected"
    " threatens threatened majority most some many several few almost nearly roughly approximately about around least"
    " partly".split()
)
WORDS_BEFORE = 3
PROVED = 0.7  # probability that a quote supports a sentence: models/reader_weights/README.md
MARKER = re.compile(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]")
CONTRACTED = re.compile(r"(?i:\b(wo|ca)n[’']t\b)|n[’']t\b")


def read_markers(text: str) -> tuple[str, list[int]]:
    """A sentence without its markers, and the numbers in them, each once.

    >>> read_markers("Ten died [1][3], two were hurt [1, 2].")
    ('Ten died, two were hurt.', [1, 3, 2])
    """
    numbers: list[int] = []
    while found := MARKER.findall(text):  # "[[1]2]" is a marker again once the inner one is gone
        numbers += [int(n) for inner in found for n in inner.split(",")]
        text = MARKER.sub("", text)
    return text.strip(), list(dict.fromkeys(numbers))


def without_markers(text: str) -> str:
    """Words of an article as they may stand in an answer: what looks like a marker in them is none.

    >>> without_markers("Ten died.[3] Two [1, 2] were hurt.")
    'Ten died.(3) Two (1, 2) were hurt.'
    """
    return MARKER.sub(lambda found: found[0].replace("[", "(").replace("]", ")"), text)


def numbers_in(text: str) -> set[str]:
    """The numbers of a text in digits, those inside words too, and words of quantity, folded.

    >>> sorted(numbers_in("Ten of 5,000 at 6.4 on January 3, dozens in an F-15E"))
    ['10', '15', '3', '5000', '6.4', 'dozens']
    """
    words = fold_numbers(re.sub(r"(?<=\d)[.:](?=\d)", "_", text)).split()
    digits = {number.replace("_", ".") for word in words for number in re.findall(r"\d+(?:_\d+)*", word)}
    return digits | (QUANTITIES & set(words))


def uncovered(sentence: str, question: str, evidence: Sequence[Evidence]) -> set[str]:
    """Names, numbers and other words of a sentence that its evidence does not hold.

    A number must be in a quote; only the whole date of its article may be said as well. A name may also be one that
    the question gave, where the passage around the quote speaks of it: quotes say "he". Any other word may be the
    question's or one for saying; only its stem counts, and of function words only those that deny.
    """
    quotes = " ".join(item.quote for item in evidence)
    about = " ".join(f"{s.title or ''} {s.source or ''} {s.published or ''}" for s in (e.hit.section for e in evidence))
    around = set(fold(" ".join(item.hit.text for item in evidence)).split()) | set(fold(about).split())
    held = set(fold(quotes).split()) | set(fold(about).split()) | (set(fold(question).split()) & around)
    held_stems = {word[:6] for word in held}
    undated = _without_dates(sentence, evidence)
    names = {name for name in names_in(undated) if name[:6] not in held_stems}
    told, held_words = spell_out(undated), spell_out(quotes)
    free = stems(f"{held_words} {about} {REPORTING} {spell_out(question)}")
    words = {
        word
        for word in stems(told) - free - stems(" ".join(names_in(told)))
        if len(word) > 1 and not re.search(r"\d", word)
    }
    denied = NEGATIONS & set(fold(re.sub("^No, ", "", told)).split())
    denials = denied if not NEGATIONS & set(fold(held_words).split()) else set()
    return names | words | denials | (numbers_in(undated) - numbers_in(quotes))


def spell_out(text: str) -> str:
    """Contractions that deny in two words.

    >>> spell_out("It won't, she didn’t.")
    'It will not, she did not.'
    """
    return CONTRACTED.sub(_in_two_words, text)


def place_unspelled(text: str, place: int) -> int:
    """Where a place of `spell_out(text)` stands in the text; within a contraction where that begins.

    >>> text = "It won't, she didn’t."
    >>> [text[place_unspelled(text, place) :] for place in (3, 13, 21, 24)]
    ["won't, she didn’t.", 'she didn’t.', 'n’t.', '.']
    """
    grown = 0
    for found in CONTRACTED.finditer(text):
        start, more = found.start() + grown, len(_in_two_words(found)) - len(found[0])
        if place < start + len(found[0]) + more:
            return min(place, start) - grown
        grown += more
    return place - grown


def _in_two_words(found: re.Match[str]) -> str:
    return {"wo": "will not", "ca": "can not"}.get((found[1] or "").lower(), " not")


def _without_dates(sentence: str, evidence: Sequence[Evidence]) -> str:
    """The sentence with "that day" for the dates of the articles it cites, however they are written; weekdays stay."""
    days = {(item.hit.section.published or "")[:10] for item in evidence}
    for found in reversed(find_days(sentence)):
        if found.year is not None and found.iso() in days:
            weekday = re.compile(rf"(?i){WEEKDAY},?\s+").match(sentence, found.start)
            sentence = f"{sentence[: weekday.end() if weekday else found.start]}that day{sentence[found.end :]}"
    return sentence


def prove(
    sentence: str, question: str, cited: Sequence[int], evidence: Sequence[Evidence], reader: Reader
) -> tuple[Evidence, float] | None:
    """The one quote that bears a sentence out, and how likely it does; None where no quote does alone.

    Its names, numbers and other words must be the quote's own, no doubt of the quote's may be lost, and the reader must
    find it supported by at least PROVED. Those `cited` (places in `evidence`) come first; of several the likeliest.
    """
    allowed = [
        item for item in evidence if not uncovered(sentence, question, [item]) and not loses_doubt(sentence, item.quote)
    ]
    if not allowed:
        return None
    verdicts = reader.judge([sentence] * len(allowed), [in_view(item) for item in allowed])
    named = [evidence[place] for place in cited if 0 <= place < len(evidence)]
    borne = [(item, verdict.supported) for item, verdict in zip(allowed, verdicts, strict=True)]
    borne = [pair for pair in borne if pair[1] >= PROVED]
    return max(borne, key=lambda pair: (pair[0] in named, pair[1]), default=None)


def loses_doubt(sentence: str, quote: str) -> bool:
    """Whether a sentence says plainly what its quote only claims, plans or says of some.

    Words of a claim count wherever they stand in the quote. Words that qualify count among those which the sentence
    takes up, and just before them; each must stand in the sentence. English.

    >>> loses_doubt("Fighters were paid.", "Fighters would be paid."), loses_doubt("It was hit.", "Allegedly hit.")
    (True, True)
    >>> loses_doubt("The toll was ten.", "The toll was ten, and some left."), loses_doubt("Some fled.", "Some men fled")
    (False, False)
    >>> loses_doubt("It hit on May 3.", "It would hit on May 3.")
    True
    """
    return bool(doubt_lost(sentence, quote))


def doubt_lost(sentence: str, quote: str) -> list[str]:
    """The words of a quote, folded, that make of `loses_doubt` what it is.

    >>> doubt_lost("Four guards died.", "Four guards reportedly died."), doubt_lost("Some fled.", "Some men fled.")
    (['reportedly'], [])
    """
    said, quoted = set(fold(_without_may_days(sentence)).split()), fold(_without_may_days(quote)).split()
    taken_up = stems(sentence)
    places = [place for place, word in enumerate(quoted) if stems(word) & taken_up]
    if not places:
        return []
    claimed = [] if CLAIMED & said else [word for word in quoted if word in CLAIMED]
    span = quoted[max(0, places[0] - WORDS_BEFORE) : places[-1] + 1]
    return list(dict.fromkeys([*claimed, *(word for word in span if word in QUALIFIED and word not in said)]))


def _without_may_days(text: str) -> str:
    return re.sub(r"\bMay(?= \d)|(?<=\d )May\b", " ", text)


def as_quoted(sentence: str, evidence: Sequence[Evidence]) -> str:
    """A sentence with its small numbers written as its quotes write them: "5" is "five" again.

    A number that is part of a date, a time, a word, a price or a longer number stays as it is.
    """
    held = set(fold(" ".join(item.quote for item in evidence)).split())
    words = {digits: word for word, digits in NUMBERS.items() if word in held and digits not in held}
    dated = [(day.start, day.end) for day in find_days(sentence)]

    def as_held(found: re.Match[str]) -> str:
        in_date = any(start <= found.start() < end for start, end in dated)
        return found[0] if in_date else words.get(found[0], found[0])

    return re.sub(r"(?<![\w.,:$€£-])\d{1,2}(?![\w%]|[.,:]\d)", as_held, sentence)
