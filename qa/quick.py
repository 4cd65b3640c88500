"""The quick way to an answer: sentences are looked at in order, and each that answers is said at once, as a quote.

No prose is written, and nothing said is taken back; where sources differ, that is told after their quotes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from models import Generator
from qa.answer import Sentence
from qa.compose import VALUES_AT_MOST, Draft, say_quote, tell_sides
from qa.conflict import asks_for_value, find_sides, gives_value
from qa.read import Evidence, copy_items, go_on_with_lists, look_again, scan, stems
from qa.retrieve import Hit

QUICK_READ = 8  # sentences
QUICK_STANCES = 4  # sentences of a question for yes or no
QUICK_DOUBT = -0.5  # of the first look: less likely ones get no second
MISSES = 3  # in a row, after a quote
QUOTES = 6
SAME_SHARE = 0.9  # of a sentence's words in one that is quoted


@dataclass(frozen=True)
class Looked:
    """A sentence with the log-odds of its first look; with those of both, where it had two; and what is said of it."""

    first: Evidence
    both: Evidence | None = None
    said: tuple[Sentence, ...] = ()


def quote_at_once(
    question: str,
    sentences: Sequence[Evidence],
    hits: Sequence[Hit],
    generator: Generator,
    draft: Draft,
    *,
    answers: Callable[[Evidence], bool],
    margin: float,
    at_most: int = QUICK_READ,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Looked]:
    """Both looks at each of `at_most` sentences in turn; what `answers` by their sum goes into `draft` as a quote.

    A sentence that is more than `margin` less likely than the best so far is on the matter, but no answer. One that
    holds no number or day where one is asked for is not looked at. It ends after MISSES sentences without a new quote,
    once there is one, and after QUOTES.
    """
    best, missed, quoted = 0.0, 0, 0
    told: list[set[str]] = []
    lists = not asks_for_value(question)
    fit = [item for item in sentences if gives_value(question, item)]
    for first in scan(question, fit, generator, at_most=at_most, read_on=lists, cancelled=cancelled):
        missed += 1
        both = None
        said: list[Sentence] = []
        if first.log_odds >= QUICK_DOUBT and not cancelled():
            both = look_again(question, first, generator)
            if answers(both) and both.log_odds >= best - margin and not cancelled():
                best = max(best, both.log_odds)
                for item in (both, *(go_on_with_lists([both], hits) if lists else ())):
                    words = stems(item.quote)
                    if quoted < QUOTES and not any(len(words & other) >= SAME_SHARE * len(words) for other in told):
                        said.append(say_quote(item, draft))
                        told.append(words)
                        quoted, missed = quoted + 1, 0
        yield Looked(first, both, tuple(said))
        if quoted >= QUOTES or (quoted and missed >= MISSES):
            return


def tell_rest(
    question: str,
    evidence: Sequence[Evidence],
    generator: Generator,
    draft: Draft,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Sentence]:
    """What follows the quotes: the sides, where sources give different numbers or days. The short answer with them."""
    likeliest = sorted(evidence, key=lambda item: -item.log_odds)
    wanted = likeliest[: VALUES_AT_MOST if asks_for_value(question) else 1]
    read: list[Evidence] = []
    for item in wanted:
        if cancelled():
            return
        read.append(copy_items(question, item, generator, cancelled))
    sides = find_sides(question, [item for item in read if gives_value(question, item)])
    if sides and not cancelled():
        yield tell_sides(question, sides, draft)
    else:
        draft.short = next(("; ".join(item.items) for item in read if item.items), "")
