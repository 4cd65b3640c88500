"""Yes or no: the question as two statements, and the sentences that say the one or the other.

Asked whether a passage can answer "Was it evacuated?", a model answers the question instead, and a passage that says
"was not evacuated" counts for nothing. So each sentence is weighed for both statements, and the difference counts.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ground.words import fold
from models import Generator
from qa import prompt
from qa.read import Evidence, about, pointed_to, stems
from qa.verify import names_in, numbers_in

YES_NO_WORDS = frozenset("is are was were did do does has have had can could will would should".split())
LABEL = re.compile(r"(?i)^\s*(?:statement\s*(?=[\d:]))?(?:\d?\s*[.:)](?!\d)\s*)?(?:(?:yes|no)[,:]\s*)?")
STATEMENT_TOKENS = 120
LEAST_DIFFERENCE = 2.5
LEAST_YES, LEAST_NO = 0.5, -0.5  # a model believes a denial less readily
QUICK_DIFFERENCE = 0.3
STANCE_SENTENCES = 10
SECOND_SENTENCES = 4


@dataclass(frozen=True)
class Statements:
    """A question said as true if the answer is yes, and as true if it is no."""

    yes: str
    no: str


def is_yes_no(question: str) -> bool:
    """Whether a question asks for yes or no, by its first word, and leaves no choice between two things.

    >>> is_yes_no("Was it evacuated?"), is_yes_no("When was it?"), is_yes_no("Was it Friday or Saturday?")
    (True, False, False)
    """
    words = fold(question).split()
    return words[0] in YES_NO_WORDS and "or" not in words if words else False


def state(question: str, generator: Generator, cancelled: Callable[[], bool] = lambda: False) -> Statements | None:
    """Both statements; None where the model does not make them of the question's own words."""
    asked = prompt.state(question)
    reply = "".join(generator.stream(asked, max_tokens=STATEMENT_TOKENS, stop=("\n\n",), cancelled=cancelled))
    lines = [LABEL.sub("", line).strip() for line in reply.split("\n")]
    lines = [line[:1].upper() + line[1:] for line in lines if line]
    if len(lines) != 2 or fold(lines[0]) == fold(lines[1]):
        return None
    asked_stems = stems(question)
    words, numbers = set(fold(question).split()), numbers_in(question)
    kept = all(
        len(stems(line) & asked_stems) >= 0.7 * len(asked_stems)
        and names_in(line) <= words
        and numbers_in(line) <= numbers
        for line in lines
    )
    return Statements(lines[0], lines[1]) if kept else None


def weigh_stances(
    statements: Statements,
    sentences: Sequence[Evidence],
    generator: Generator,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[Evidence, bool | None]]:
    """Each sentence, and whether it says yes, no, or neither (None); its log-odds are those of what it says.

    A quick look at all with the statement first, then a second at those that lean, with the statement last. What a
    sentence says under its headline it must say without it too: under "Iran admits it shot down airliner" a model takes
    any sentence for a proof of that, a denial as well.
    """
    quick: dict[str, list[float]] = {}
    for statement in (statements.yes, statements.no):
        quick[statement] = []
        for item in sentences:
            if cancelled():
                return
            quick[statement].append(generator.log_odds(prompt.scan_claim(statement, item.quote, about(item))))
    rows = list(zip(sentences, quick[statements.yes], quick[statements.no], strict=True))
    rows.sort(key=lambda row: -max(abs(row[1] - row[2]), row[1]))
    for place, (item, yes, no) in enumerate(rows):
        if cancelled():
            return
        if place >= SECOND_SENTENCES or max(abs(yes - no), yes) < QUICK_DIFFERENCE:
            yield replace(item, log_odds=max(yes, no)), None
            continue
        quote = [f"({about(item)}) {item.quote}"]
        yes += generator.log_odds(prompt.entails(statements.yes, quote))
        no += generator.log_odds(prompt.entails(statements.no, quote))
        if yes - no >= LEAST_DIFFERENCE and yes >= LEAST_YES and _leans(statements, item, generator) > 0:
            yield replace(item, log_odds=yes), True
        elif no - yes >= LEAST_DIFFERENCE and no >= LEAST_NO and _leans(statements, item, generator) < 0:
            yield replace(item, log_odds=no - yes), False
        else:
            yield replace(item, log_odds=max(yes, no)), None


def _leans(statements: Statements, item: Evidence, generator: Generator) -> float:
    """How much likelier a sentence makes the yes than the no, without its headline."""
    alone = [" ".join(words for words in (pointed_to(item), item.quote) if words)]
    yes, no = (generator.log_odds(prompt.entails(claim, alone)) for claim in (statements.yes, statements.no))
    return yes - no
