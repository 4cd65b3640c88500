"""From readings to an answer: the model writes from the quotes, code proves, cites and adds what was left out.

Nothing reaches the reader before it is proved, so sentences come whole.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ground.words import fold, fold_numbers, holds
from index.passage import split_sentences
from index.understanding.days import day_in_words
from models import Generator, Message
from qa import prompt
from qa.answer import Citation, Conflict, Sentence, Side, cite
from qa.conflict import (
    Account,
    asks_for_value,
    corrects,
    find_sides,
    gives_value,
    independent,
    is_correction,
    is_superseded,
    weekday_told,
)
from qa.read import Evidence, about, copy_items, stems
from qa.stance import Statements
from qa.verify import as_quoted, fewest, loses_doubt, read_markers, without_markers

QUOTES_AT_MOST = 6
VALUES_AT_MOST = 4  # of a question for a number or a day: each value is copied out of its sentence
NEIGHBOUR_LOG_ODDS = 0.5
UNSAID_MARGIN = 1.5  # what the draft leaves out is added as a quote: not from other passages if that far below the best
LEAD_TOKENS = 60
STANCE_QUOTES = 2
SUPPORTED_FROM = 0.5
SAME_SHARE = 0.9  # of a sentence's words in an earlier one: it says nothing new
TOLD_SHARE = 0.8  # of the words of a long item: the model says the same in other words


@dataclass
class Draft:
    """An answer in the making: sentences, citations numbered in the order of their first use, stems of what is told."""

    sentences: list[Sentence] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    short: str = ""
    told: set[str] = field(default_factory=set)
    left_out: int = 0
    dropped: int = 0
    _credited: str = ""

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)

    def credit(self, words: str, proof: Sequence[Evidence]) -> str:
        """Outlet and day of each quote, in brackets; without what the sentence says, or the one before it said."""
        credits = []
        for section, item in {item.hit.section: item for item in independent(proof)}.items():
            who = section.source if section.source and not holds(words, section.source) else None
            day = day_in_words(section.published) if section.published else None
            told = ", ".join(part for part in (who, None if day and holds(words, day) else day) if part)
            weekday = weekday_told(words, item)
            credits.append(", ".join(part for part in (told, weekday) if part))
        made = without_markers("; ".join(dict.fromkeys(credit for credit in credits if credit)))
        credit = f" ({made})" if made and made != self._credited else ""
        self._credited = made
        return credit

    def quote(self, item: Evidence) -> str:
        """A quote as it is shown by itself: who says it, its words, its marker."""
        return f"{_as_said(item)} [{self.number(item)}]"

    def number(self, item: Evidence) -> int:
        """The number of a quote, which is cited from now on."""
        for citation in self.citations:
            if (citation.article_id, citation.start, citation.end) == (item.hit.article.id, item.start, item.end):
                return citation.number
        self.citations.append(cite(len(self.citations) + 1, item.hit.article, item.start, item.end, item.hit.copies))
        return len(self.citations)


def choose_evidence(weighed: Sequence[Evidence], *, least_log_odds: float, margin: float) -> list[Evidence]:
    """The sentences to answer from, likeliest first: those that reach `least_log_odds`.

    One that is more than `margin` less likely than the best is on the matter, but no answer, unless it corrects. In a
    passage that answers, a sentence needs NEIGHBOUR_LOG_ODDS less: lists run on.
    """
    best = max((item.log_odds for item in weighed), default=0.0)
    least = max(least_log_odds, best - margin)
    passages = {_passage(item) for item in weighed if item.log_odds >= least}
    chosen = [
        item
        for item in weighed
        if item.log_odds >= least - NEIGHBOUR_LOG_ODDS * (_passage(item) in passages)
        or (item.log_odds >= least_log_odds and corrects(item))
    ]
    return sorted(chosen, key=lambda item: -item.log_odds)


def compose(
    question: str,
    evidence: Sequence[Evidence],
    generator: Generator,
    draft: Draft,
    *,
    answer_tokens: int,
    seed: int,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Sentence]:
    """Fills `draft`, yielding each sentence once it is proved; `left_out` counts the quotes the model is not shown."""
    shown = list(evidence[:QUOTES_AT_MOST])
    if not shown:
        return
    best = shown[0]
    if asks_for_value(question):
        read = _read_values(question, shown, generator, cancelled)
        shown = [item for item in read if gives_value(question, item)]
        if not shown:
            return
        draft.short = "; ".join(shown[0].items)
        sides = find_sides(question, shown)
        if sides and not cancelled():
            yield tell_sides(question, sides, draft)
            return
    quotes = [(about(item), item.quote) for item in shown]
    kept = prompt.fit_quotes(question, quotes, generator, answer_tokens=answer_tokens)
    draft.left_out = len(evidence) - len(kept)
    # The whole draft first: proving asks the same model, which does one thing at a time.
    written = "".join(
        generator.stream(
            prompt.write(question, kept), max_tokens=answer_tokens, seed=seed, stop=("\n\n",), cancelled=cancelled
        )
    )
    said: list[set[str]] = []
    for text in split_draft(without_stump(written)):
        words, numbers = read_markers(text)
        if cancelled():
            return
        own = stems(words)
        if not re.search(r"[^\W\d_]", words) or any(len(own & other) >= SAME_SHARE * len(own) for other in said):
            continue  # a model that counts its lines, "1.", or says a thing twice
        if own <= stems(question):
            draft.dropped += 1  # what only repeats the question takes its premise for a fact
            continue
        proof = fewest(words, question, [n - 1 for n in numbers], shown)
        proven = [shown[i] for i in proof or ()]
        whole = _whole(words, question, proven) if proof else None
        cited = whole is not None and any(c.quote == whole.quote for c in draft.citations)
        told = draft.told | stems(question)
        if whole and cited and (own <= told or stems(whole.quote) <= told):
            continue
        sentence = (
            _sentence(" ".join(whole.quote.split()), [whole], _chance(whole.log_odds), draft, credited=False)
            if whole
            else proof is not None
            and _proved(
                words,
                proven,
                prompt.entails(words, [f"({about(item)}) {item.quote}" for item in proven]),
                generator,
                draft,
            )
        )
        if cancelled():
            return
        if sentence:
            said.append(own)
            yield sentence
        else:
            draft.dropped += 1
    if not asks_for_value(question):
        shown[0] = _with_items(question, shown[0], generator, cancelled)
        draft.short = "; ".join(shown[0].items)
    for item in shown:
        if cancelled():
            return
        if draft.sentences and _is_far(item, best, draft):
            continue
        if sentence := _left_unsaid(question, item, generator, draft, cancelled):
            yield sentence


def say_first(
    question: str,
    item: Evidence,
    generator: Generator,
    draft: Draft,
    *,
    seed: int,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sentence | None:
    """The answer's first sentence, from one quote that surely answers, before all is read; the quote where it is not
    proved. None once cancelled."""
    written = ""
    asked = prompt.lead(question, item.quote, about(item))
    for piece in generator.stream(asked, max_tokens=LEAD_TOKENS, seed=seed, stop=("\n",), cancelled=cancelled):
        written += piece
        if len(split_sentences(written)) > 1:
            break
    if cancelled():
        return None
    words = next((read_markers(text)[0] for text in split_draft(without_stump(written))), "")
    if stems(words) - stems(question) and fewest(words, question, [0], [item]) is not None:
        sentence = (
            _sentence(" ".join(item.quote.split()), [item], _chance(item.log_odds), draft, credited=False)
            if _whole(words, question, [item])
            else _proved(words, [item], prompt.bears_out(words, item.quote, about(item)), generator, draft)
        )
        if sentence:
            return sentence
    return None if cancelled() else say_quote(item, draft)


def say_rest(
    question: str,
    first: Evidence,
    evidence: Sequence[Evidence],
    generator: Generator,
    draft: Draft,
    *,
    sure: float,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Sentence]:
    """After `say_first`: the quotes that answer in a way that is not told yet, likeliest first. And the short answer.

    One that answers with no few words, as reasons do, is told where it is `sure`.

    A second draft, of these quotes, was worse: it says the same again, or more than they do (docs/answers.md).
    """
    draft.short = "; ".join(copy_items(question, first, generator, cancelled).items)
    for item in evidence[:QUOTES_AT_MOST]:
        if _is_cited_itself(item, draft) or _is_far(item, evidence[0], draft):
            continue
        read = copy_items(question, item, generator, cancelled)
        if cancelled():
            return
        if not _is_told(read, draft) or (not read.items and item.log_odds >= sure):
            yield say_quote(read, draft)


def split_draft(written: str) -> list[str]:
    """The sentences of a draft, each with its markers: those after its full stop, or before it where they begin a line.

    >>> split_draft("One [1]. Two. [2]\\n[3] Three.")
    ['One [1].', 'Two. [2]', '[3] Three.']
    """
    spans: list[tuple[int, int]] = []
    for start, end in split_sentences(written):
        if spans and written[start] == "[" and "\n" not in written[spans[-1][1] : start]:
            marker = re.match(r"(?:\[[\d, ]*\]\s*)+", written[start:end])
            after = start + (marker.end() if marker else 0)
            spans[-1] = (spans[-1][0], after)
            start = after
        if start < end:
            spans.append((start, end))
    return [written[start:end].strip() for start, end in spans]


def without_stump(written: str) -> str:
    """A draft without its last line's end where no full stop or marker ends it: the model was cut off there.

    >>> without_stump("One fell [1]. Two [2] rose and")
    'One fell [1].'
    """
    ends = [found.end() for found in re.finditer(r"(?m)[.!?][\"”’']?(?:\s*\[[\d, ]*\])*(?=\s|$)|\]\s*$", written)]
    return written[: ends[-1]] if ends and written[ends[-1] :].strip() else written


def _whole(words: str, question: str, proof: Sequence[Evidence]) -> Evidence | None:
    """The quote that stands whole for a fragment: for a part of it word for word, or words that take up none of the
    question's; and for a sentence that says plainly what the quote only claims, plans or says of some.

    A small model often writes "General Soleimani, the commander, officials said" for "who was killed?".
    """
    doubtful = [item for item in proof if loses_doubt(words, item.quote)]
    if doubtful:
        return max(doubtful, key=lambda item: len(stems(words) & stems(item.quote)))
    part = f" {fold(words)} "
    if stems(words) & stems(question):
        proof = [item for item in proof if part in f" {fold(item.quote)} "]
    return max(proof, key=lambda item: len(stems(words) & stems(item.quote)), default=None)


def _proved(
    words: str, proof: Sequence[Evidence], asked: Sequence[Message], generator: Generator, draft: Draft
) -> Sentence | None:
    """The sentence with its citations; None where the model, `asked` whether the quotes say so, denies it."""
    score = _chance(generator.log_odds(asked))
    if score < SUPPORTED_FROM:
        return None
    return _sentence(as_quoted(words, proof), proof, score, draft, credited=False)


def _sentence(words: str, proof: Sequence[Evidence], score: float, draft: Draft, *, credited: bool) -> Sentence:
    """The next sentence of the draft, its markers, and who says so and when unless it is `credited` in its words."""
    ordered = sorted({draft.number(item) for item in proof})
    words = without_markers(words)
    credit = "" if credited else draft.credit(words, proof)
    markers = "".join(f"[{n}]" for n in ordered)
    end = re.search(r"[.!?][\"”’']?$", words)
    text = (
        f"{words[: end.start()]}{credit} {markers}{end[0]}" if end and end[0] in ".!?" else f"{words}{credit} {markers}"
    )
    sentence = Sentence(text, tuple(ordered), "supported", round(score, 4))
    draft.sentences.append(sentence)
    draft.told |= stems(" ".join(item.quote for item in proof) if credited else words)  # a credit tells no answer
    return sentence


def tell_stances(
    question: str, statements: Statements, weighed: Sequence[tuple[Evidence, bool | None]], draft: Draft
) -> Iterator[Sentence]:
    """The answer to a yes/no question: what the sources say, each side with its own where they differ, newest first."""
    sides = []
    for stance, words in ((True, statements.yes), (False, statements.no)):
        found = sorted((item for item, said in weighed if said is stance), key=lambda item: -item.log_odds)
        apart = {item.hit.group or item.hit.article.id: item for item in reversed(found)}
        evidence = [item for item in found if item in apart.values()][:STANCE_QUOTES]
        if evidence:
            likeliest = evidence[0]
            evidence.sort(key=lambda item: item.hit.section.published or "", reverse=True)
            sides.append((stance, _stated(words, likeliest), tuple(evidence)))
    if len(sides) == 2:
        accounts = [Account(words, evidence) for _, words, evidence in sides]
        accounts.sort(key=lambda side: (side.in_force, side.published), reverse=True)
        yield tell_sides(question, accounts, draft)
    elif sides:
        [(stance, words, held)] = sides
        score = max(_chance(item.log_odds) for item in held)
        if words.startswith("“"):
            doubtful = [item for item in held if item.quote == words[1:-1]]
            yield _sentence(_as_said(doubtful[0]), doubtful, score, draft, credited=True)
            draft.short = words[1:-1]
        else:
            said = "Yes" if stance else "No"
            yield _sentence(f"{said}: {as_quoted(words, held)}.", held, score, draft, credited=False)
            draft.short = said.lower()


def _stated(words: str, item: Evidence) -> str:
    """The statement that a quote supports; the quote itself where the statement loses its doubt."""
    words = words.rstrip(".").strip()
    return f"“{item.quote}”" if loses_doubt(words, item.quote) else words


def tell_sides(question: str, sides: Sequence[Account], draft: Draft) -> Sentence:
    """Each side in its own words, with who says so and when; nothing that a model could add."""
    told = []
    for side in sides:
        numbers = sorted({draft.number(item) for item in side.evidence})
        words = _number_word_small(without_markers(" ".join(side.words.split())))
        who = " and ".join(dict.fromkeys(_said_by(item) for item in independent(side.evidence)))
        markers = "".join(f"[{n}]" for n in numbers)
        told.append((f"{words}, according to {without_markers(who)} {markers}", words, numbers))
    superseded = is_superseded(sides[0], sides[1:])
    if not superseded:  # a version and what it supersedes are one source
        held = tuple(Side(words, tuple(numbers)) for _, words, numbers in told)
        draft.conflicts.append(Conflict(question.strip(), held))
    lines = [line for line, _, _ in told]
    changed = "Corrected" if is_correction(sides[0], sides[1:]) else "Updated" if superseded else None
    text = (
        f"{changed}: {lines[0]}; before that, {'; '.join(lines[1:])}."
        if changed
        else f"Sources differ: {'; '.join(lines)}."
    )
    score = min(_chance(item.log_odds) for side in sides for item in side.evidence)
    cited = tuple(n for _, _, numbers in told for n in numbers)
    draft.sentences.append(Sentence(text, cited, "supported", round(score, 4)))
    draft.short = told[0][1]
    return draft.sentences[-1]


def _left_unsaid(
    question: str, item: Evidence, generator: Generator, draft: Draft, cancelled: Callable[[], bool]
) -> Sentence | None:
    """A quote that answers in a way that no sentence gives: the quote itself, and who says it."""
    if not item.items and not _is_cited_itself(item, draft):
        item = copy_items(question, item, generator, cancelled)
    if cancelled() or (draft.sentences and _is_told(item, draft)):
        return None
    return say_quote(item, draft)


def _is_told(item: Evidence, draft: Draft) -> bool:
    """Whether the draft says all the words of a quote that answer."""
    return all(len(stems(words) & draft.told) >= TOLD_SHARE * len(stems(words)) for words in item.items)


def _is_far(item: Evidence, best: Evidence, draft: Draft) -> bool:
    """Whether a quote is too unlikely beside the best to be added: of a passage that the answer does not rest on."""
    return item.log_odds < best.log_odds - UNSAID_MARGIN and not _is_cited(_passage(item), best, draft)


def _is_cited_itself(item: Evidence, draft: Draft) -> bool:
    return any((c.article_id, c.start) == (item.hit.article.id, item.start) for c in draft.citations)


def say_quote(item: Evidence, draft: Draft) -> Sentence:
    """A quote as the next sentence of the draft: who says it and when, and its words."""
    return _sentence(_as_said(item), [item], _chance(item.log_odds), draft, credited=True)


def _passage(item: Evidence) -> tuple[str, int, int]:
    return item.hit.article.id, item.hit.passage.start, item.hit.passage.end


def _is_cited(passage: tuple[str, int, int], best: Evidence, draft: Draft) -> bool:
    """Whether the answer rests on a passage already, or its best sentence stands there."""
    article_id, start, end = passage
    cited = any(c.article_id == article_id and start <= c.start < end for c in draft.citations)
    return cited or passage == _passage(best)


def _number_word_small(words: str) -> str:
    """A value that begins with a number word as it stands inside a sentence.

    >>> _number_word_small("Seventeen people"), _number_word_small("May"), _number_word_small("17")
    ('seventeen people', 'May', '17')
    """
    first = fold_numbers(words.partition(" ")[0])
    return words[:1].lower() + words[1:] if first.isdigit() else words


def _with_items(question: str, item: Evidence, generator: Generator, cancelled: Callable[[], bool]) -> Evidence:
    """The evidence with the words of its sentence that answer; else those that were found in its passage."""
    read = copy_items(question, item, generator, cancelled)
    return read if read.items else item


def _read_values(
    question: str, shown: Sequence[Evidence], generator: Generator, cancelled: Callable[[], bool]
) -> list[Evidence]:
    """The likeliest evidence with its values, until VALUES_AT_MOST have some; then only what corrects is asked still.

    A sentence that holds no number or day at all is asked last: it takes no place from one that does.
    """
    read: dict[int, Evidence] = {}
    found = 0
    for n, item in sorted(enumerate(shown), key=lambda row: not gives_value(question, replace(row[1], items=()))):
        if found < VALUES_AT_MOST or corrects(item):
            read[n] = _with_items(question, item, generator, cancelled)
            found += bool(read[n].items)
    return [read[n] for n in sorted(read)]


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _as_said(item: Evidence) -> str:
    quote = " ".join(item.quote.split())
    return without_markers(f"{_said_by(item, quote)}: “{quote}”")


def _said_by(item: Evidence, quote: str = "") -> str:
    """The outlet and its day; and which day a weekday of the quote was."""
    section = item.hit.section
    who = section.source or section.title or item.hit.article.id
    days = (section.published and day_in_words(section.published), weekday_told(quote, item))
    told = ", ".join(day for day in days if day)
    return f"{who} ({told})" if told else who
