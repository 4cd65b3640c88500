"""A question to a cited answer, or to a refusal: search → read → show the first quote → answer or refuse → write.

The bars from which a sentence answers stand here.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from itertools import chain
from typing import Any

from ground.errors import GroundwireError
from ground.language import Words
from ground.words import fold
from index.store.scope import EVERYTHING, Scope
from models import Generator, Message, Reader, Usage
from qa import prompt
from qa.answer import Answer, Citation, Sentence, cite
from qa.compose import POINTS_BACK, Draft, chance, compose, tell_sides, tell_yes_no
from qa.corrected import corrected_stances, corrections_due, tell_corrections, with_cited, with_corrections, withdrawn
from qa.evidence import Evidence, find_evidence, in_view, log_odds, names_in, stems, with_next_sentence
from qa.narrowing.understood import Understood, Way
from qa.prove import without_markers
from qa.retrieve import Hit, outlets_of
from qa.sides import Account, corrects, find_sides, gives_value, is_half_a_correction, without_overtaken
from qa.unknown import not_known

LONGEST_QUESTION = 2_000  # characters
READ = 30  # passages
READ_FIRST = 12  # of them; the others only where none of these has likely words
CONTEXT_CHARACTERS = 200
KEPT_SHARE = 0.5  # of a follow-up's words in its rewriting
ANSWERS = -0.5  # log-odds from which a sentence answers: docs/answers.md has what other bars give
MARGIN = 2.5  # log-odds below the best, from which a sentence is on the matter, but no answer
LIKELY = 0.0  # log-odds from which a sentence is evidence however sure the best is, and from which others can disagree
OTHER_SIDE = 4.0  # log-odds below the best, down to which another outlet's number or day is a side
SAME_TIME = timedelta(days=7)  # between stories that disagree: later, it has changed, or is another event
CORRECTED = timedelta(days=180)  # between a story and what corrects it
ON_THE_MATTER = -2.5  # log-odds below which a refusal shows no sentence
STANCES = 4  # sentences, likeliest first, that may say yes or no: those farther off often are of something else
STANCE = 0.7  # probability from which a sentence says yes or no
GOES_ON = frozenset("and but or so".split())
YES_NO_WORDS = frozenset("is are was were did do does has have had can could will would should".split())


class QuestionError(GroundwireError, ValueError):
    """A question that cannot be asked; the message says why."""


@dataclass(frozen=True)
class Status:
    """What is being done before there are words, and how far it is."""

    doing: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Found:
    """The likeliest sentence, as soon as all is read, and the words in it that may answer, as a span of the quote.

    Whether it answers is said by what follows; where it does not, it is the nearest that the articles say.
    """

    citation: Citation
    words: tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """The next words of the answer, and all it has cited so far."""

    text: str
    citations: tuple[Citation, ...] = ()


Event = Status | Understood | Found | Piece | Answer


@dataclass(frozen=True)
class Parts:
    """What answers a question: `search` gives hits of a question within a scope, `generator` is None where quotes alone
    are wanted. `say` has the fixed phrases of the answer, in the language that is wanted."""

    search: Callable[[str, int, Scope], list[Hit]]
    reader: Reader
    generator: Callable[[], Generator | None]
    answer_tokens: int = 160
    passages: int = 10
    least_score: float = 0.0
    seed: int = 0
    say: Words = field(default_factory=Words)


def answer(
    question: str,
    parts: Parts,
    history: Sequence[Message] = (),
    *,
    id: str | None = None,
    ways: Sequence[Way] = (Way(EVERYTHING),),
    instead: str = "",
    anything: bool = True,
    replay: Callable[[Draft, bool, Scope], dict[str, Any]] = lambda draft, asked, scope: {},
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """What is being done, what is found, the words of the answer as they are proved, and last the answer whole.

    The `ways` are asked one after the other until one has an answer; the last is all that may be asked. `instead` is
    what is read and answered in place of the question. `anything` says whether the archive holds anything of what may
    be asked; where not, the answer says so. Once `cancelled()` is true it ends, without an answer. Raises QuestionError
    for a question that is empty or too long.
    """
    began = time.perf_counter()
    seconds: dict[str, float | None] = {"search": None, "found": None, "first_token": None, "total": None}
    alone = asked = instead or check_question(question)
    draft = Draft(say_in=parts.say)
    scope = ways[-1].scope
    if not anything:
        text = parts.say("none_chosen", scope=without_markers(scope.told(parts.say)))
        spent = _since(began)
        seconds |= {"first_token": spent, "total": spent}
        if not cancelled():
            yield Piece(text)
            yield Answer(
                id, question, alone, text, "", True, 0.0, seconds=seconds, tokens=asdict(Usage()),
                replay=replay(draft, False, scope),
            )  # fmt: skip
        return
    generator: Generator | None = None
    before = Usage()
    if history:
        yield Status("understanding the question")
        generator = parts.generator()
        before = generator.usage if generator else before
        alone, asked = standalone(alone, history, generator, cancelled)
    for way in ways:
        if way.understood:
            yield way.understood
        yield Status("searching")
        started = time.perf_counter()
        hits = parts.search(alone, max(READ, parts.passages), way.scope)
        draft.outlets = outlets_of(hits)
        seconds["search"] = round((seconds["search"] or 0.0) + _since(started), 4)
        yield Status("reading")
        evidence = weigh_hits(alone, hits, parts.reader, first=READ_FIRST)
        stances = corrected_stances(alone, take_stances(alone, evidence, parts.reader)) if is_yes_no(asked) else None
        chosen = [item for _, item in stances] if stances else answering(alone, asked, hits, evidence)
        best = chosen[0] if chosen else evidence[0] if evidence else None
        score = round(chance(best.score), 4) if best else 0.0
        if cancelled():
            return
        if chosen and score >= parts.least_score:
            break
    if best and best.score >= ON_THE_MATTER:
        seconds["found"] = _since(began)
        first = cite(1, best.hit.article, best.start, best.end, best.hit.copies)
        a, b = best.spans[0] if best.spans else (best.start, best.end)
        yield Found(first, (a - best.start, b - best.start))
    if chosen and score >= parts.least_score:
        near = [] if stances else heard(evidence)
        sides = find_sides(asked, [*with_corrections(near), *withdrawn(near)])
        yield Status("writing")
        if generator is None and not stances and not sides:
            generator = parts.generator()
            before = generator.usage if generator else before
        told = _told(alone, chosen, stances, sides, parts, generator, draft, cancelled)
        for sentence in chain(told, tell_corrections(draft, hits)):
            if cancelled():
                return
            seconds["first_token"] = seconds["first_token"] or _since(began)
            yield Piece((" " if len(draft.sentences) > 1 else "") + sentence.text, tuple(draft.citations))
    if cancelled():
        return
    declined = not draft.sentences
    text = draft.text
    if declined:
        unsure = score if chosen else None
        text = refuse(alone, hits, evidence, draft, parts, score=unsure, scope=scope)
        seconds["first_token"] = _since(began)
        yield Piece(text, tuple(draft.citations))
        if cancelled():
            return
    hits = with_cited(order_by_evidence(hits, evidence), draft.citations)
    seconds["total"] = _since(began)
    yield Answer(
        id,
        question,
        alone,
        text,
        "" if declined else draft.short,
        declined,
        score,
        tuple(draft.sentences),
        tuple(draft.citations),
        tuple(draft.conflicts),
        keep(hits, draft.citations, parts.passages),
        seconds,
        asdict(generator.usage - before if generator else Usage()),
        replay(draft, generator is not None, way.scope),
        way.understood,
    )


def _told(
    question: str,
    chosen: Sequence[Evidence],
    stances: Sequence[tuple[bool, Evidence]] | None,
    sides: Sequence[Account],
    parts: Parts,
    generator: Generator | None,
    draft: Draft,
    cancelled: Callable[[], bool],
) -> Iterator[Sentence]:
    """The sentences of the answer: yes or no, the sides where sources differ, else prose from the evidence."""
    if stances:
        yield from tell_yes_no(stances, draft)
        return
    if sides:
        yield tell_sides(question, sides, draft)
        return
    yield from compose(
        question,
        chosen,
        parts.reader,
        generator,
        draft,
        answer_tokens=parts.answer_tokens,
        seed=parts.seed,
        cancelled=cancelled,
    )


def weigh_hits(
    question: str, hits: Sequence[Hit], reader: Reader, *, beside: Sequence[Hit] = (), first: int | None = None
) -> list[Evidence]:
    """As `find_evidence`; half a correction comes with the sentence that says what is right."""
    return [
        with_next_sentence(question, item, reader) if is_half_a_correction(item) else item
        for item in find_evidence(question, hits, reader, beside=beside, first=first)
    ]


def choose(question: str, evidence: Sequence[Evidence], *, best: float = float("-inf")) -> list[Evidence]:
    """The sentences to answer from, likeliest first: none where the best does not reach ANSWERS, else those within
    MARGIN of it, twice that where they correct, that give a number where one is asked for, and no day that was planned
    where that on which it was done is told. `best` is the score of what is known besides."""
    if not evidence or evidence[0].score < ANSWERS:
        return []
    top = max(best, evidence[0].score)
    chosen = [item for item in evidence if item.score >= min(top - MARGIN * (2 if corrects(item) else 1), LIKELY)]
    return without_overtaken(question, [item for item in chosen if gives_value(question, item)])


def answering(question: str, asked: str, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> list[Evidence]:
    """As `choose`, what is withdrawn corrected; where no sentence has words that answer, one that says that what is
    asked is not known goes before them."""
    chosen = choose(asked, evidence)
    unknown = not_known(question, hits, evidence) if chosen else None
    return with_corrections([unknown] if unknown else chosen)


def heard(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences that may disagree with the best, where that is LIKELY: within OTHER_SIDE of it, in stories of the
    same time. What corrects may come later."""
    best = evidence[0]
    if best.score < LIKELY:
        return []

    def of_its_time(item: Evidence) -> bool:
        return apart_in_time(item, best) <= (CORRECTED if corrects(item) or corrects(best) else SAME_TIME)

    return [item for item in evidence if item.score >= best.score - OTHER_SIDE and of_its_time(item)]


def apart_in_time(one: Evidence, other: Evidence) -> timedelta:
    """How far apart two stories were published; nothing where a day is not known."""
    try:
        days = [date.fromisoformat((item.hit.section.published or "")[:10]) for item in (one, other)]
    except ValueError:
        return timedelta()
    return abs(days[0] - days[1])


def reaching(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences from which a question is answered at all."""
    return [item for item in evidence if item.score >= ANSWERS]


def is_yes_no(question: str) -> bool:
    """Whether a question asks for yes or no, by its first word, and leaves no choice between two things.

    >>> is_yes_no("Was it evacuated?"), is_yes_no("When was it?"), is_yes_no("Was it Friday or Saturday?")
    (True, False, False)
    """
    words = fold(question).split()
    return words[0] in YES_NO_WORDS and "or" not in words if words else False


def take_stances(question: str, evidence: Sequence[Evidence], reader: Reader) -> list[tuple[bool, Evidence]]:
    """The likeliest sentences that say yes (True) or no to a yes/no question, surest first, scored by how surely."""
    taken = []
    near = [item for item in evidence[:STANCES] if item.score >= ON_THE_MATTER]
    verdicts = reader.judge([question] * len(near), [in_view(item) for item in near])
    for item, verdict in zip(near, verdicts, strict=True):
        sure = max(verdict.supported, verdict.contradicted)
        if sure >= STANCE:
            taken.append((verdict.supported > verdict.contradicted, replace(item, score=log_odds(sure))))
    return sorted(taken, key=lambda pair: -pair[1].score)


def standalone(
    question: str, history: Sequence[Message], generator: Generator | None, cancelled: Callable[[], bool]
) -> tuple[str, str]:
    """A follow-up question in words that need no conversation, and those of them that ask.

    Where the model's rewriting loses most of what is asked, or there is no model, the question itself; one that leans
    on those before it comes with the turn before in brackets: that one tells what is spoken of, not what is asked.
    """
    if generator is not None:
        asked = prompt.standalone(question, history[-6:])
        reply = "".join(generator.stream(asked, max_tokens=80, stop=("\n",), cancelled=cancelled))
        reply = reply.strip().strip('"').strip()
        own = stems(question)
        if 0 < len(reply) <= LONGEST_QUESTION and len(own & stems(reply)) >= KEPT_SHARE * len(own):
            return reply, reply
    if not leans(question):
        return question, question
    turns = [without_markers(turn.content)[:CONTEXT_CHARACTERS] for turn in history[-2:] if turn.content.strip()]
    return (f"{question} ({' '.join(turns)})"[:LONGEST_QUESTION] if turns else question), question


def leans(question: str) -> bool:
    """Whether a question may need those before it: it names nobody and nothing, goes on, or points back.

    >>> leans("Who was hurt?"), leans("And in Kerman?"), leans("Did Hale sign it?"), leans("Who owns Halden Works?")
    (True, True, True, False)
    """
    words = fold(question).split()
    return not names_in(question) or words[0] in GOES_ON or not POINTS_BACK.isdisjoint(words)


def check_question(question: str) -> str:
    """The question without white space around it; raises QuestionError when it is empty or too long."""
    words = question.strip()
    if not words:
        raise QuestionError('the question is empty; write one, such as "Who was killed in the airport strike?"')
    try:
        words.encode()
    except UnicodeEncodeError:
        raise QuestionError("the question is not UTF-8; write it in a UTF-8 terminal") from None
    if len(words) > LONGEST_QUESTION:
        raise QuestionError(f"the question has {len(words):,} characters; ask in {LONGEST_QUESTION:,} at most")
    return words


def refuse(
    question: str,
    hits: Sequence[Hit],
    evidence: Sequence[Evidence],
    draft: Draft,
    parts: Parts,
    *,
    score: float | None,
    scope: Scope,
) -> str:
    """That the articles, or those of a scope, do not say, and what they hold nearest: a sentence, or headlines.

    Where there was an answer whose `score` is below the one that is asked for, it says that instead.
    """
    say, chosen = parts.say, {} if scope.everything else {"scope": without_markers(scope.told(parts.say))}
    unsure = score is not None and score < parts.least_score
    if unsure:
        chosen |= {"score": f"{score:.2f}", "wanted": f"{parts.least_score:.2f}"}
    said = say(f"{'' if scope.everything else 'chosen_'}{'not_sure' if unsure else 'do_not_say'}", **chosen)
    near = evidence[0] if evidence and evidence[0].score >= ON_THE_MATTER else None
    if near:
        said = say("nearest_quote", refusal=said, said=draft.quote(near))
        due = corrections_due(draft.citations, hits)
        return " ".join([said, *(say("this_was_corrected", said=draft.quote(item)) for item in due)])
    shown = [say("title", title=without_markers(hit.section.title)) for hit in hits[:3] if hit.section.title]
    return say("nearest_titles", refusal=said, titles=", ".join(dict.fromkeys(shown))) if shown else said


def order_by_evidence(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> list[Hit]:
    """The hits in the order of their likeliest sentence; those without one keep their order, after the others."""
    best: dict[tuple[str, int], float] = {}
    for item in evidence:
        place = item.hit.article.id, item.hit.passage.start
        best[place] = max(best.get(place, item.score), item.score)
    read = [(best.get((hit.article.id, hit.passage.start)), hit) for hit in hits]
    read.sort(key=lambda row: -row[0] if row[0] is not None else float("inf"))
    return [
        replace(hit, rank=rank, stages=hit.stages | {"rerank": None if score is None else round(score, 4)})
        for rank, (score, hit) in enumerate(read, 1)
    ]


def keep(hits: Sequence[Hit], citations: Sequence[Citation], count: int) -> tuple[Hit, ...]:
    """The first `count` hits, and those that are cited."""
    cited = {
        id(hit)
        for hit in hits
        for citation in citations
        if citation.article_id == hit.article.id and hit.passage.start <= citation.start < hit.passage.end
    }
    return tuple(hit for place, hit in enumerate(hits) if place < count or id(hit) in cited)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 4)
