"""`open_newsroom(settings)`: the only place that chooses concrete parts. A newsroom searches, streams and asks."""

import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from collections.abc import Generator as Events
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from ground.errors import GroundwireError
from index.news_index import NewsIndex
from index.opening import is_archive, open_archive
from index.passage import CountTokens
from index.store.archive import ArchiveError
from index.store.scope import EVERYTHING, Scope
from models import Embedder, Generator, Message, ModelError, Reranker, Usage
from models.fetch import is_address, resolve_folder, resolve_llm
from models.weights import Report as FetchReport
from models.weights import silent
from qa import prompt
from qa.answer import Answer, Citation, Sentence
from qa.compose import Draft, choose_evidence, compose, say_first, say_rest, tell_stances
from qa.conflict import asks_for_value, may_correct, values_first
from qa.provenance import program
from qa.quick import QUICK_READ, QUICK_STANCES, quote_at_once, tell_rest
from qa.read import (
    Evidence,
    find_sentences,
    go_on_with_lists,
    look_again,
    merge,
    order_by_sentences,
    read_passages,
    scan,
    stems,
    weigh,
)
from qa.retrieve import Hit, rank_stages, retrieve
from qa.settings import Settings
from qa.stance import STANCE_SENTENCES, is_yes_no, state, weigh_stances
from qa.verify import without_markers

LONGEST_QUESTION = 2_000
POOL = 2  # sentences are looked for in as many times the passages that a record keeps
CONTEXT_CHARACTERS = 200
KEPT_SHARE = 0.5  # of a follow-up's words in its rewriting
LEAST_LOG_ODDS = 1.5
SURE_LOG_ODDS = 2.5
NEAREST_LOG_ODDS = 0.0
CALIBRATION = (-0.57, 0.51)  # fitted on 40 answers over two gold sets: docs/answers.md
MARGIN = 2.7


class QuestionError(GroundwireError, ValueError):
    """A question that cannot be asked; the message says why."""


@dataclass(frozen=True)
class Status:
    """What is being done before there are words, and how far it is."""

    doing: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Piece:
    """The next words of the answer, and all it has cited so far."""

    text: str
    citations: tuple[Citation, ...] = ()


Event = Status | Piece | Answer


class Newsroom:
    """An archive and the models that read it. The language model is loaded when the first question needs it."""

    def __init__(
        self,
        news: NewsIndex,
        settings: Settings,
        open_generator: Callable[[], Generator],
        open_reranker: Callable[[], Reranker | None] = lambda: None,
    ) -> None:
        self.news = news
        self.settings = settings
        self._open_generator = open_generator
        self._open_reranker = open_reranker

    @cached_property
    def generator(self) -> Generator:
        return self._open_generator()

    @cached_property
    def reranker(self) -> Reranker | None:
        return self._open_reranker()

    def search(self, question: str, k: int | None = None, *, scope: Scope = EVERYTHING) -> list[Hit]:
        """The `k` best hits of a scope; loads no language model unless it is the reranker."""
        return retrieve(
            self.news,
            check_question(question),
            k=k or self.settings.passages,
            candidates=max(self.settings.candidates, 2 * (k or self.settings.passages)),
            reranker=self.reranker,
            scope=scope,
        )

    def rankings(self, question: str, k: int) -> dict[str, list[Hit]]:
        """The `k` best hits of each stage of the search, the last being what `search` gives."""
        candidates = max(self.settings.candidates, 2 * k)
        return rank_stages(self.news, check_question(question), k=k, candidates=candidates, reranker=self.reranker)

    def ask(
        self, question: str, history: Sequence[Message] = (), *, id: str | None = None, scope: Scope = EVERYTHING
    ) -> Answer:
        """The last value of `stream`."""
        *_, answer = self.stream(question, history, id=id, scope=scope)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        *,
        id: str | None = None,
        scope: Scope = EVERYTHING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Events[Event]:
        """What is being done, then the words of the answer as they are proved, and last the answer whole.

        Only what is within `scope` is read; where nothing is, the answer says so and no model is asked. Once
        `cancelled()` is true it ends, without an answer. Raises QuestionError for a question that is empty or too long,
        ModelError when a model is missing.
        """
        began = time.perf_counter()
        seconds: dict[str, float | None] = {"search": None, "first_token": None, "total": None}
        check_question(question)
        alone = question.strip()
        if not (scope.everything or self.news.archive.any_within(scope)):
            nothing = self._nothing_within(scope, question, history, id=id, began=began)
            if not cancelled():
                yield Piece(nothing.answer)
            if not cancelled():
                yield nothing
            return
        if "generator" not in vars(self):
            yield Status("loading the model")
        before = self.generator.usage
        if history:
            yield Status("understanding the question")
            alone = self._standalone(alone, history, cancelled)
        yield Status("searching")
        started = time.perf_counter()
        hits = self.search(alone, self.settings.passages * POOL, scope=scope)
        seconds["search"] = round(time.perf_counter() - started, 4)

        draft = Draft()
        first: Evidence | None = None  # what the answer's first sentence was said from, before all was read
        statements = state(alone, self.generator, cancelled) if is_yes_no(alone) else None
        sentences = find_sentences(alone, hits, self.news.embedder, repeats=statements is not None)
        fast = self.settings.fast
        most = (QUICK_STANCES if fast else STANCE_SENTENCES) if statements else self.settings.sentences
        total = min(len(sentences), min(most, QUICK_READ) if fast else most)
        shown = 0

        def show(sentence: Sentence) -> Piece:
            nonlocal shown
            if seconds["first_token"] is None:
                seconds["first_token"] = round(time.perf_counter() - began, 4)
            shown += 1
            return Piece((" " if shown > 1 else "") + sentence.text, tuple(draft.citations))

        yield Status("reading", 0, total)
        if statements:
            stances = []
            for pair in weigh_stances(statements, sentences[:total], self.generator, cancelled):
                stances.append(pair)
                yield Status("reading", len(stances), total)
            scanned = [item for item, _ in stances]
            weighed = [item for item, stance in stances if stance is not None]
            written = tell_stances(alone, statements, stances, draft)
        elif fast:
            scanned, weighed = [], []
            for looked in quote_at_once(
                alone,
                values_first(alone, sentences, 2 * total),
                hits,
                self.generator,
                draft,
                answers=self._answers,
                margin=MARGIN,
                at_most=total,
                cancelled=cancelled,
            ):
                scanned.append(looked.first)
                weighed += [looked.both] if looked.both else []
                for sentence in looked.said:
                    if cancelled():
                        return
                    yield show(sentence)
                yield Status("reading", len(scanned), total)
            chosen = choose_evidence(weighed, least_log_odds=LEAST_LOG_ODDS, margin=MARGIN)
            written = tell_rest(alone, chosen, self.generator, draft, cancelled)
        else:
            scanned = []
            sentences = values_first(alone, sentences, 2 * total)
            lists = not asks_for_value(alone)
            # A number or a day waits for all that is read: another source may give another one, or correct it.
            waits = not lists or any(may_correct(alone, item) for item in sentences[: 2 * total])
            twice: list[Evidence] = []
            for item in scan(alone, sentences, self.generator, at_most=total, read_on=lists, cancelled=cancelled):
                scanned.append(item)
                yield Status("reading", len(scanned), total)
                if waits or first or item.log_odds < 0 or cancelled():
                    continue
                twice.append(look_again(alone, item, self.generator))
                if self._answers(twice[-1], SURE_LOG_ODDS):
                    first = twice[-1]
                    said = say_first(alone, first, self.generator, draft, seed=self.settings.seed, cancelled=cancelled)
                    if said:
                        yield show(said)
            yield Status("weighing")
            again = weigh(
                alone, scanned, self.generator, least_log_odds=LEAST_LOG_ODDS, known=twice, cancelled=cancelled
            )
            weighed = merge(twice, again)
            if max((item.log_odds for item in weighed), default=-math.inf) < SURE_LOG_ODDS:
                yield Status("reading passages")
                ordered = order_by_sentences(hits, scanned, weighed)
                weighed = merge(weighed, read_passages(alone, ordered, self.generator, cancelled))
            chosen = choose_evidence(weighed, least_log_odds=LEAST_LOG_ODDS, margin=MARGIN)
            if lists:
                chosen = merge(chosen, go_on_with_lists(chosen, hits))
            likeliest = sorted(chosen, key=lambda item: -item.log_odds)
            written = (
                say_rest(alone, first, likeliest, self.generator, draft, sure=SURE_LOG_ODDS, cancelled=cancelled)
                if first
                else compose(
                    alone,
                    likeliest,
                    self.generator,
                    draft,
                    answer_tokens=self.settings.answer_tokens,
                    seed=self.settings.seed,
                    cancelled=cancelled,
                )
            )
        if cancelled():
            return
        hits = order_by_sentences(hits, scanned, weighed)
        score = calibrated(max((item.log_odds for item in weighed), default=-math.inf))
        if weighed and score >= self.settings.least_score:
            yield Status("writing")
        if score < self.settings.least_score:
            written = iter(())
        for sentence in written:
            if cancelled():
                return
            yield show(sentence)
        if cancelled():
            return
        declined = not draft.sentences
        unsure = score if weighed and score < self.settings.least_score else None
        near = nearest(scanned, weighed)
        wanted = self.settings.least_score
        text = refusal(hits, near, draft, score=unsure, wanted=wanted, scope=scope) if declined else draft.text
        short = "" if declined else draft.short
        if declined:
            seconds["first_token"] = round(time.perf_counter() - began, 4)
            yield Piece(text, tuple(draft.citations))
            if cancelled():
                return
        seconds["total"] = round(time.perf_counter() - began, 4)
        yield Answer(
            id,
            question,
            alone,
            text,
            short,
            declined,
            score,
            tuple(draft.sentences),
            tuple(draft.citations),
            tuple(draft.conflicts),
            keep(hits, draft.citations, self.settings.passages),
            seconds,
            asdict(self.generator.usage - before),
            self._replay(draft, history, scope),
        )

    def _answers(self, item: Evidence, least_log_odds: float = LEAST_LOG_ODDS) -> bool:
        """Whether a sentence with the log-odds of both looks is sure enough to be said before others are read."""
        return item.log_odds >= least_log_odds and calibrated(item.log_odds) >= self.settings.least_score

    def _nothing_within(
        self, scope: Scope, question: str, history: Sequence[Message], *, id: str | None, began: float
    ) -> Answer:
        """The answer where the archive holds nothing of a scope. No model is asked, so the record names none."""
        text = f"The archive holds no article of those you chose ({_told(scope)})."
        spent = round(time.perf_counter() - began, 4)
        seconds: dict[str, float | None] = {"search": None, "first_token": spent, "total": spent}
        replay = self._replay(Draft(), history, scope, asked=False)
        alone, score, tokens = question.strip(), calibrated(-math.inf), asdict(Usage())
        return Answer(id, question, alone, text, "", True, score, seconds=seconds, tokens=tokens, replay=replay)

    def _standalone(self, question: str, history: Sequence[Message], cancelled: Callable[[], bool]) -> str:
        """A follow-up question in words that need no conversation.

        Where the model's rewriting loses most of what is asked, the question itself, with the turn before in brackets.
        """
        asked = prompt.standalone(question, history[-6:])
        reply = "".join(self.generator.stream(asked, max_tokens=80, stop=("\n",), cancelled=cancelled))
        reply = reply.strip().strip('"').strip()
        own = stems(question)
        if 0 < len(reply) <= LONGEST_QUESTION and len(own & stems(reply)) >= KEPT_SHARE * len(own):
            return reply
        before = " ".join(
            without_markers(turn.content)[:CONTEXT_CHARACTERS] for turn in history[-2:] if turn.content.strip()
        )
        return f"{question} ({before})"[:LONGEST_QUESTION] if before else question

    def _replay(
        self, draft: Draft, history: Sequence[Message], scope: Scope, *, asked: bool = True
    ) -> dict[str, object]:
        return {
            "archive": self.news.archive.contents(),
            "llm": {
                "name": self.generator.name if asked else None,
                "sha256": self.generator.sha256 if asked else None,
            },
            "embedder": {"identity": self.news.embedder.identity},
            "reranker": self.reranker.name if asked and self.reranker else None,
            "program": program(),
            "history": [{"role": turn.role, "content": turn.content} for turn in history],
            "scope": None if scope.everything else scope.to_dict(),
            "seed": self.settings.seed,
            "settings": self.settings.to_dict(),
            "left_out": draft.left_out,
            "dropped": draft.dropped,
        }


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


def calibrated(log_odds: float) -> float:
    """How likely an answer from a sentence of these log-odds is right, 0 to 1: Platt's sigmoid (docs/answers.md)."""
    return round(1 / (1 + math.exp(-max(-50.0, CALIBRATION[0] + CALIBRATION[1] * log_odds))), 4)


def keep(hits: Sequence[Hit], citations: Sequence[Citation], count: int) -> tuple[Hit, ...]:
    """The first `count` hits, and those that are cited."""
    cited = {
        id(hit)
        for hit in hits
        for citation in citations
        if citation.article_id == hit.article.id and hit.passage.start <= citation.start < hit.passage.end
    }
    return tuple(hit for place, hit in enumerate(hits) if place < count or id(hit) in cited)


def nearest(scanned: Sequence[Evidence], weighed: Sequence[Evidence]) -> Evidence | None:
    """The likeliest sentence of those that do not answer, where one is on the matter at all."""
    seen = {(item.hit.article.id, item.start): item for item in (*scanned, *weighed)}
    best = max(seen.values(), key=lambda item: item.log_odds, default=None)
    return best if best is not None and best.log_odds >= NEAREST_LOG_ODDS else None


def refusal(
    hits: Sequence[Hit],
    near: Evidence | None,
    draft: Draft,
    *,
    score: float | None = None,
    wanted: float = 0.0,
    scope: Scope = EVERYTHING,
) -> str:
    """That the articles, or those of a scope, do not say, and what they hold nearest to the question: a sentence, or
    headlines.

    Where there was an answer whose `score` is below the one `wanted`, it says that instead.
    """
    chosen = "" if scope.everything else f" you chose ({_told(scope)})"
    said = f"The articles{chosen} do not say."
    if score is not None:
        of_them = f" from the articles{chosen}" if chosen else ""
        said = f"No answer{of_them} is sure enough: the best has a score of {score:.2f}, and {wanted:.2f} is asked for."
    if near:
        return f"{said} The nearest to it: {draft.quote(near)}"
    titles = dict.fromkeys(f"“{without_markers(hit.section.title)}”" for hit in hits[:3] if hit.section.title)
    return said + (f" The nearest are {', '.join(titles)}." if titles else "")


def _told(scope: Scope) -> str:
    """A scope in an answer's words: what a name in it says in brackets is no marker."""
    return without_markers(scope.told())


class Models:
    """The models of `settings`: each is opened when it is first asked for, once for all who ask, from any thread.

    Raises ModelError for an address of a language model that cannot be read, or that holds a password.
    """

    def __init__(self, settings: Settings, progress: FetchReport = silent) -> None:
        if is_address(settings.llm):
            from models.endpoint import read_address

            read_address(settings.llm)  # before anything that is kept can hold a password
        self.settings = settings
        self.progress = progress
        # A lock each: a question waits for its language model, not one who only searches.
        self._locks = {name: threading.Lock() for name in ("embedder", "tokens", "generator", "reranker")}
        self._opened: dict[str, Any] = {}

    def embedder(self) -> Embedder:
        """The embedder that archives are opened with; raises ModelError."""
        return cast("Embedder", self._once("embedder", lambda: open_embedder(self.settings, self.progress)))

    def opened_embedder(self) -> Embedder | None:
        """The embedder where it is there already; waits for nothing."""
        return self._opened.get("embedder")

    def count_tokens(self) -> CountTokens:
        """What counts the tokens of the passages of new articles."""
        return cast("CountTokens", self._once("tokens", lambda: open_tokens(self.settings, self.progress)))

    def generator(self) -> Generator:
        return cast("Generator", self._once("generator", self._open_generator))

    def reranker(self) -> Reranker | None:
        return cast("Reranker | None", self._once("reranker", self._open_reranker))

    def newsroom(self, news: NewsIndex) -> Newsroom:
        """An archive with these models to read it."""
        return Newsroom(news, replace(self.settings, archive=news.archive.folder), self.generator, self.reranker)

    def _once(self, name: str, open_it: Callable[[], object]) -> object:
        with self._locks[name]:
            if name not in self._opened:
                self._opened[name] = open_it()
            return self._opened[name]

    def _open_generator(self) -> Generator:
        settings = self.settings
        if is_address(settings.llm):
            return self._open_endpoint()
        from models.llama import LlamaGenerator

        path = resolve_llm(settings.llm, settings.weights, offline=settings.offline, progress=self.progress)
        return LlamaGenerator(path, context_tokens=settings.context_tokens, threads=settings.threads)

    def _open_endpoint(self) -> Generator:
        """The model behind an address. The key is no setting: settings are kept with every answer."""
        from models.endpoint import KEY, EndpointGenerator, read_address

        settings = self.settings
        if settings.offline and not read_address(settings.llm).is_loopback:
            raise ModelError(
                f"{read_address(settings.llm).base}: is not on this machine and the network is off; leave out --offline"
                " or name another --llm"
            )
        return EndpointGenerator(
            settings.llm,
            key=os.environ.get(KEY),
            context_tokens=settings.context_tokens,
            count_each=lambda texts: self.count_tokens()(texts),
        )

    def _open_reranker(self) -> Reranker | None:
        from models.reranker import CrossEncoderReranker, LlmReranker

        settings = self.settings
        if not settings.reranker:
            return None
        if settings.reranker == "llm":
            return LlmReranker(self.generator())
        folder = resolve_folder(
            settings.reranker, "reranker", settings.weights, offline=settings.offline, progress=self.progress
        )
        return CrossEncoderReranker(folder, settings.reranker)


def open_newsroom(settings: Settings, progress: FetchReport = silent) -> Newsroom:
    """The archive and models of `settings`. Raises ArchiveError or ModelError with a sentence for the user."""
    models = Models(settings, progress)
    embedder = open_embedder(settings, progress, archive=settings.archive)
    return models.newsroom(NewsIndex.open(settings.archive, embedder))


def open_embedder(settings: Settings, progress: FetchReport = silent, *, archive: Path | None = None) -> Embedder:
    """The embedder of `settings`; raises ArchiveError, before anything is fetched, if `archive` has another."""
    from models import embedder

    given = Path(settings.embedder)
    name = given.resolve().name if given.exists() else settings.embedder
    if archive is not None and is_archive(archive):
        opened = open_archive(archive)
        held = opened.about("embedder").rpartition(" ")[0]
        opened.close()
        if held != name:
            raise ArchiveError(
                f"{archive}: made with the embedder {held}, not {name}; name that one with --embedder, or"
                " index again into another --archive"
            )
    folder = resolve_folder(
        settings.embedder, "embedder", settings.weights, offline=settings.offline, progress=progress
    )
    return embedder.open_embedder(folder, name, threads=settings.threads)


def open_on_node(settings: Settings) -> tuple[Embedder, CountTokens]:
    """The embedder and what counts tokens, on a node of a cluster: from its own weights, and nothing is fetched.

    They lie where its GROUNDWIRE_WEIGHTS says, else where they lie on the machine that asks.
    """
    weights = Path(os.environ.get("GROUNDWIRE_WEIGHTS") or settings.weights)
    settings = replace(settings, weights=weights, offline=True)
    return open_embedder(settings), open_tokens(settings)


def open_tokens(settings: Settings, progress: FetchReport = silent) -> CountTokens:
    """What counts the tokens of passages: cl100k_base, whatever the models are."""
    from models.catalogue import find
    from models.fetch import fetch
    from models.tokens import load_tokens

    fetch(find("cl100k_base"), settings.weights, offline=settings.offline, progress=progress)
    return load_tokens(settings.weights).count_each
