"""From evidence to an answer: the language model writes from a few quotes; code proves, cites, and tells sides.

What is not proved gives way to the quote. Where there is no language model, quotes are the answer.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ground.language import Words
from ground.words import fold, fold_numbers, holds
from index.passage import split_sentences
from models import Generator, Reader
from qa import prompt
from qa.answer import Citation, Conflict, Sentence, Side, cite
from qa.evidence import Evidence, stems
from qa.prove import as_quoted, prove, read_markers, without_markers
from qa.sides import Account, independent, is_correction, is_superseded, weekday_told

QUOTES_AT_MOST = 4  # that the model writes from: some 500 tokens with the question
QUOTES_ALONE = 3  # without a model: more is a list of clippings, no answer
SAME_SHARE = 0.9  # of a sentence's words in an earlier one: it says nothing new
TOLD_SHARE = 0.8  # of the words that answer: the model says the same in other words
SIDE_QUOTES = 2
POINTS_BACK = frozenset("he she it they him her them his hers its their theirs this these those".split())


@dataclass
class Draft:
    """An answer in the making: sentences, citations numbered in the order of their first use, stems of what is told.

    `say_in` has the fixed phrases around what is quoted, in the language that is wanted; `outlets` how an outlet is
    spelt, as `outlets_of` gives it.
    """

    sentences: list[Sentence] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    short: str = ""
    told: set[str] = field(default_factory=set)
    say_in: Words = field(default_factory=Words)
    outlets: dict[str, str] = field(default_factory=dict)
    left_out: int = 0
    dropped: int = 0
    _credited: str = ""

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)

    def credit(self, words: str, item: Evidence) -> str:
        """Outlet and day of a quote, in brackets; without what the sentence says, or the one before it said."""
        section = item.hit.article.section_at(item.start)
        who = self.spell(section.source) if section.source and not holds(words, section.source) else None
        day = self.say_in.day(section.published) if section.published else None
        parts = (who, None if day and holds(words, day) else day, weekday_told(words, item, self.say_in))
        made = without_markers(", ".join(part for part in parts if part))
        credit = f" ({made})" if made and made != self._credited else ""
        self._credited = made
        return credit

    def spell(self, outlet: str) -> str:
        """An outlet in its one spelling."""
        return self.outlets.get(outlet.casefold(), outlet)

    def said_by(self, item: Evidence, quote: str = "") -> str:
        """The outlet and its day; and which day a weekday of the quote was."""
        section, say = item.hit.article.section_at(item.start), self.say_in
        who = self.spell(section.source) if section.source else section.title or item.hit.article.id
        days = (section.published and say.day(section.published), weekday_told(quote, item, say))
        told = ", ".join(day for day in days if day)
        return say("who_when", who=who, when=told) if told else who

    def as_said(self, item: Evidence) -> str:
        """Who says it and when, and the quote."""
        quote = " ".join(item.quote.split())
        return without_markers(self.say_in("said", who=self.said_by(item, quote), quote=quote))

    def quote(self, item: Evidence) -> str:
        """A quote as it is shown by itself: who says it, its words, its marker."""
        return f"{self.as_said(item)} [{self.number(item)}]"

    def number(self, item: Evidence) -> int:
        """The number of a quote, which is cited from now on."""
        for citation in self.citations:
            if (citation.article_id, citation.start, citation.end) == (item.hit.article.id, item.start, item.end):
                return citation.number
        self.citations.append(cite(len(self.citations) + 1, item.hit.article, item.start, item.end, item.hit.copies))
        return len(self.citations)

    def say(self, words: str, item: Evidence, score: float, *, credited: bool = False) -> Sentence:
        """The next sentence, with its marker, and who says so and when unless it is `credited` in its words."""
        number = self.number(item)
        words = without_markers(words)
        credit = "" if credited else self.credit(words, item)
        end = re.search(r"[.!?][\"”’']?$", words)
        if end and end[0] in ".!?":
            text = f"{words[: end.start()]}{credit} [{number}]{end[0]}"
        else:
            text = f"{words}{credit} [{number}]"
        self.sentences.append(Sentence(text, (number,), "supported", round(score, 4)))
        self.told |= stems(item.quote if credited else words)  # a credit tells no answer
        return self.sentences[-1]


def compose(
    question: str,
    evidence: Sequence[Evidence],
    reader: Reader,
    generator: Generator | None,
    draft: Draft,
    *,
    answer_tokens: int,
    seed: int,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Sentence]:
    """Fills `draft` from evidence, likeliest first, yielding each sentence once it is proved."""
    if not evidence:
        return
    draft.short = "; ".join(evidence[0].items)
    if generator is not None:
        shown = in_reading_order(evidence[:QUOTES_AT_MOST])
        kept = prompt.fit_quotes(
            question, [(about(item), item.quote) for item in shown], generator, answer_tokens=answer_tokens
        )
        draft.left_out = len(evidence) - len(kept)
        asked = prompt.write(question, kept)
        written = ""
        stream = generator.stream(asked, max_tokens=answer_tokens, seed=seed, stop=("\n\n",), cancelled=cancelled)
        done = 0
        for piece in stream:
            written += piece
            whole = split_draft(without_stump(written))
            if not written.endswith((".", "]", "\n")) and len(whole) > done + 1:
                for text in whole[done:-1]:
                    yield from _written(text, question, shown, reader, draft)
                done = len(whole) - 1
        if cancelled():
            return
        for text in split_draft(without_stump(written))[done:]:
            if cancelled():
                return
            yield from _written(text, question, shown, reader, draft)
    alone = generator is None
    for item in in_reading_order(evidence[: QUOTES_ALONE if alone else QUOTES_AT_MOST]):
        if cancelled():
            return
        if not draft.sentences or not (is_cited(item, draft) or is_told(item, draft)):
            yield say_quote(item, draft)


def _written(text: str, question: str, shown: Sequence[Evidence], reader: Reader, draft: Draft) -> Iterator[Sentence]:
    """A sentence that the model wrote, where one quote bears it out and it says something new; a fragment of a quote
    gives way to the quote."""
    words, numbers = read_markers(text)
    own = stems(words)
    if not re.search(r"[^\W\d_]", words) or len(own & draft.told) >= SAME_SHARE * len(own):
        return  # a model that counts its lines, "1.", or says a thing twice
    if own - stems("Yes") <= stems(question) or re.match(r"(?i)(?:yes|no)\b[,.:;]", words):
        # What only repeats the question takes its premise for a fact; yes and no are said by `tell_yes_no` alone.
        draft.dropped += 1
        return
    proof = prove(words, question, [n - 1 for n in numbers], shown, reader)
    if proof is None:
        draft.dropped += 1
        return
    item, score = proof
    if own <= stems(f"{about(item)} {Draft().said_by(item)}"):
        draft.dropped += 1  # an outlet and its day, and nothing that it says
        return
    if not own & stems(question) and fold(words) in fold(item.quote):
        words = " ".join(item.quote.split())
    if not draft.sentences and (first := _before(item, shown)):
        yield say_quote(first, draft)
    yield draft.say(as_quoted(words, [item]), item, score)


def _before(item: Evidence, shown: Sequence[Evidence]) -> Evidence | None:
    """What is told before a sentence that would begin: the one before it in its article, on which it may lean, or the
    likeliest, for the answer comes first."""
    best = max(shown, key=lambda one: one.score)
    leans = not POINTS_BACK.isdisjoint(fold(item.quote).split())
    leant_on = next((one for one in shown if are_adjacent(one, item)), None) if leans else None
    return leant_on or (best if item.score < best.score and not are_adjacent(item, best) else None)


def in_reading_order(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences as they come, but those that stand side by side in an article in its order: one may lean on the
    one before it ("His brother died beside him")."""
    ordered: list[Evidence] = []
    for item in evidence:
        beside = [n for n, other in enumerate(ordered) if are_adjacent(item, other) or are_adjacent(other, item)]
        if not beside:
            ordered.append(item)
        elif are_adjacent(item, ordered[beside[0]]):
            ordered.insert(beside[0], item)
        else:
            ordered.insert(beside[0] + 1, item)
    return ordered


def are_adjacent(item: Evidence, after: Evidence) -> bool:
    """Whether `after` is the next sentence of the same article."""
    article = item.hit.article
    return (
        article.id == after.hit.article.id
        and item.end <= after.start
        and not article.text[item.end : after.start].strip()
    )


def is_cited(item: Evidence, draft: Draft) -> bool:
    """Whether a sentence of the draft rests on a quote already: told again whole, it says a thing twice."""
    return any((cited.article_id, cited.start) == item.place for cited in draft.citations)


def is_told(item: Evidence, draft: Draft) -> bool:
    """Whether the draft says the words of a quote that answer."""
    words = stems(item.words) or stems(item.quote)
    return len(words & draft.told) >= TOLD_SHARE * len(words)


def say_quote(item: Evidence, draft: Draft) -> Sentence:
    """A quote as the next sentence of the draft: who says it and when, and its words."""
    return draft.say(draft.as_said(item), item, chance(item.score), credited=True)


def tell_yes_no(sides: Sequence[tuple[bool, Evidence]], draft: Draft) -> Iterator[Sentence]:
    """The answer to a yes/no question: Yes or No before the quote that says so; both, newest first, where some say yes
    and some no. `sides` come likeliest first."""
    said = {yes: [item for held, item in sides if held is yes] for yes in (True, False)}
    if said[True] and said[False]:
        accounts = [Account("yes" if yes else "no", tuple(items[:SIDE_QUOTES])) for yes, items in said.items()]
        accounts.sort(key=lambda side: (side.in_force, side.published), reverse=True)
        yield tell_sides("", accounts, draft)
        return
    for yes, items in said.items():
        if items:
            draft.short = "yes" if yes else "no"
            told = draft.say_in("yes" if yes else "no", said=draft.as_said(items[0]))
            yield draft.say(told, items[0], chance(items[0].score), credited=True)


def tell_sides(question: str, sides: Sequence[Account], draft: Draft) -> Sentence:
    """Each side in its own words, with who says so and when; nothing that a model could add."""
    told, say = [], draft.say_in
    for side in sides:
        evidence = side.evidence[:SIDE_QUOTES]
        numbers = sorted({draft.number(item) for item in evidence})
        words = _number_word_small(without_markers(" ".join(side.words.split())))
        who = say("and").join(dict.fromkeys(draft.said_by(item) for item in independent(evidence)))
        markers = "".join(f"[{n}]" for n in numbers)
        named = say(f"side_{words}") if words in ("yes", "no") else words
        told.append((say("according_to", words=named, who=without_markers(who), markers=markers), words, numbers))
    superseded = is_superseded(sides[0], sides[1:])
    if not superseded:  # a version and what it supersedes are one source
        held = tuple(Side(words, tuple(numbers)) for _, words, numbers in told)
        draft.conflicts.append(Conflict(question.strip(), held))
    lines = [line for line, _, _ in told]
    if is_correction(sides[0], sides[1:]) or superseded:
        changed = "told_corrected" if is_correction(sides[0], sides[1:]) else "told_updated"
        text = say(changed, now=lines[0], before="; ".join(lines[1:]))
    else:
        text = say("sources_differ", sides="; ".join(lines))
    score = min(chance(item.score) for side in sides for item in side.evidence)
    cited = tuple(n for _, _, numbers in told for n in numbers)
    draft.sentences.append(Sentence(text, cited, "supported", round(score, 4)))
    draft.short = told[0][1]
    return draft.sentences[-1]


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


def about(item: Evidence) -> str:
    """Headline, outlet and day of the story a quote stands in, on one line."""
    section = item.hit.article.section_at(item.start)
    return " | ".join(part for part in (section.title, section.source, section.published) if part)


def chance(log_odds: float) -> float:
    """A probability from log-odds."""
    return 1 / (1 + math.exp(-max(-50.0, log_odds)))


def _number_word_small(words: str) -> str:
    """A value that begins with a number word as it stands inside a sentence.

    >>> _number_word_small("Seventeen people"), _number_word_small("May"), _number_word_small("17")
    ('seventeen people', 'May', '17')
    """
    first = fold_numbers(words.partition(" ")[0])
    return words[:1].lower() + words[1:] if first.isdigit() else words
