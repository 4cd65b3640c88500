"""Sentences that say that what is asked is not known, which is an answer, and often the only one that there is.

The reader takes them for none, as they give nothing of the kind that is asked for. So they are told by their form, and
only where no sentence gives words that the reader takes for an answer.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from qa.evidence import Evidence, in_view, sentences_of, stems, words_held
from qa.retrieve import Hit

_NOT = r"(?:\s+not|n[’']t)(?:\s+(?:yet|immediately|so far))?"
_TOLD = r"(?:known|clear|established|determined|disclosed|released|revealed|identified|explained|announced|made public)"
_BE = r"(?:is|are|was|were|has|have|had|could|can)"
STATE = re.compile(  # "The cause is not known", and "It is unclear how it began"
    rf"(?i)\b(?:{_BE}{_NOT}(?:\s+be(?:en)?)?\s+(?:yet\s+)?{_TOLD}|(?:{_BE}|remain(?:s|ed)?)\s+(?:still\s+|as yet\s+)?"
    rf"(?:un(?:known|clear|explained|identified|disclosed|certain)|under investigation|a mystery"
    rf"|(?:yet\s+)?to be {_TOLD}))\b"
)
NOBODY_SAYS = re.compile(  # "Police would not say how many"; the question that is left open follows
    rf"(?i)\b(?:(?:do|does|did|has|have|had|would|could|can){_NOT}|declined to|refused to|too early to|unable to"
    r"|no one|nobody|nothing is)\s+(?:yet\s+)?(?:says?|said|knows?|known|tell|told|disclosed?|reveal(?:ed)?"
    r"|specify|specified|explain(?:ed)?|determined?|established?)\s(?=(?:\w+\s)?(?:how|why|who|when|where|what|which)\b)"
)
ASKED = re.compile(
    r"(?i)\b(?:how (?:many|much|old|long|far|high|large|big|often)|how|why|whose|who|when|where|what|which)\b"
)
CAUSE = re.compile(
    r"(?i)\bwhy\b|\b(?:what|which)\s(?:\w+\s)?(?:cause[sd]?|led|leads|triggered|sparked|started)\b"
    r"|\b(?:cause|reason)\b|\bhow\s(?:did|does|the|it|\w+\s\w+)\b.*\b(?:start|began|begin|begun|happen|broke out)"
)
# What a thing is called that a question asks for, in the place of its own words.
CALLED = {
    "who": "name identity identities culprit attacker",
    "when": "date day time timetable",
    "where": "whereabouts location place destination",
    "how many": "number toll figure",
    "how much": "cost price amount value sum",
    "cause": "cause reason motive",
}
AFTER_HEAD = re.compile(r"(?i)\s(?:of|for|behind|in|at|on|that|which|who|to)\s")


def not_known(question: str, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> Evidence | None:
    """The sentence of the hits that says that what is asked is not known, its view as near to the question as that of
    the likeliest evidence; None where there is none, or where any evidence has words that the reader takes for an
    answer. It is as likely as that evidence."""
    if not evidence or any(item.span > 0 for item in evidence):
        return None
    said = [
        Evidence(hit, start, end, ((start, end - len(text) + len(text.rstrip(" .”\"’'"))),), evidence[0].score)
        for hit in hits
        for start, end in sentences_of(hit)
        for text in [hit.article.text[start:end]]
        if leaves_open(question, text)
    ]
    held = words_held(question, hits, [in_view(item) for item in said])
    best = max(held, default=0.0)
    if not said or best < evidence[0].held:
        return None
    near = [item for item, share in zip(said, held, strict=True) if share == best]
    newest = max(near, key=lambda item: item.hit.section.published or "")
    return replace(newest, scores=evidence[0].scores, passage=evidence[0].passage)


def leaves_open(question: str, sentence: str) -> bool:
    """Whether a sentence says that what a question asks for is not known: of the same kind, by the question's words.

    >>> leaves_open("What caused it?", "The cause is not known."), leaves_open("Who died?", "The cause is unclear.")
    (True, False)
    >>> leaves_open("When did the fire start?", "It is not clear how the fire started.")
    False
    >>> leaves_open("How many were hurt?", "Police would not say how many people were hurt.")
    True
    """
    state, silence = STATE.search(sentence), NOBODY_SAYS.search(sentence)
    found = state or silence
    if not found:
        return False
    rest = sentence[found.end() :]
    asked = re.match(rf"[\s,]*(?:exactly\s|yet\s)?(?={ASKED.pattern[4:]})", rest, re.IGNORECASE)
    if asked or not state:
        return kind_of(rest) == kind_of(question) and bool(_words(rest) & _words(question))
    subject = re.split(r"[,;:]\s|\b(?:said|that)\s", sentence[: found.start()])[-1]
    head = _words(AFTER_HEAD.split(f"{subject} ")[0])
    return bool(head & (_words(question) | stems(CALLED.get(kind_of(question), ""))))


def kind_of(question: str) -> str:
    """What a question, or one within a sentence, asks for: its first such word, or "cause".

    >>> kind_of("How many died?"), kind_of("Why was it?"), kind_of("what caused it")
    ('how many', 'cause', 'cause')
    """
    found = ASKED.search(question)
    return "cause" if CAUSE.search(question) else found[0].lower() if found else ""


def _words(text: str) -> set[str]:
    return stems(ASKED.sub(" ", text))
