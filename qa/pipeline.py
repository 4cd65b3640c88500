"""`open_newsroom(settings)`: the only place that chooses concrete parts. A newsroom searches, streams and asks."""

import math
import time
from collections.abc import Callable, Sequence
from collections.abc import Generator as Events
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from index.archive import Archive, ArchiveError
from index.news_index import NewsIndex
from models import Embedder, Generator, Message, Reranker
from models.fetch import resolve_folder, resolve_llm
from models.weights import Report as FetchReport
from models.weights import silent
from qa import prompt
from qa.answer import Answer, Citation
from qa.compose import Draft, choose_evidence, compose
from qa.provenance import program
from qa.read import read_hits
from qa.retrieve import Hit, rank_stages, rerank, retrieve
from qa.settings import Settings
from qa.verify import without_markers

LONGEST_QUESTION = 2_000
LEAST_LOG_ODDS = 1.0
CERTAIN_LOG_ODDS = 2.0
ANSWER_LOG_ODDS = 2.3
MARGIN = 2.3


class QuestionError(ValueError):
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

    def search(self, question: str, k: int | None = None) -> list[Hit]:
        """The `k` best hits; loads no language model unless it is the reranker."""
        return retrieve(
            self.news,
            check_question(question),
            k=k or self.settings.passages,
            candidates=max(self.settings.candidates, 2 * (k or self.settings.passages)),
            reranker=self.reranker,
        )

    def rankings(self, question: str, k: int) -> dict[str, list[Hit]]:
        """The `k` best hits of each stage of the search, the last being what `search` gives."""
        candidates = max(self.settings.candidates, 2 * k)
        return rank_stages(self.news, check_question(question), k=k, candidates=candidates, reranker=self.reranker)

    def ask(self, question: str, history: Sequence[Message] = (), *, id: str | None = None) -> Answer:
        """The last value of `stream`."""
        *_, answer = self.stream(question, history, id=id)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        *,
        id: str | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Events[Event]:
        """What is being done, then the words of the answer as they are proved, and last the answer whole.

        Once `cancelled()` is true it ends, without an answer. Raises QuestionError for a question that is empty
        or too long, ModelError when a model is missing.
        """
        began = time.perf_counter()
        seconds: dict[str, float | None] = {"search": None, "first_token": None, "total": None}
        check_question(question)
        alone = question.strip()
        if "generator" not in vars(self):
            yield Status("loading the model")
        before = self.generator.usage
        if history:
            yield Status("understanding the question")
            alone = self._standalone(alone, history, cancelled)
        yield Status("searching")
        started = time.perf_counter()
        hits = self.search(alone)
        seconds["search"] = round(time.perf_counter() - started, 4)

        readings = []
        yield Status("reading", 0, len(hits))
        read = read_hits(
            alone,
            hits,
            self.generator,
            least_log_odds=LEAST_LOG_ODDS,
            certain_log_odds=CERTAIN_LOG_ODDS,
            cancelled=cancelled,
        )
        for reading in read:
            readings.append(reading)
            yield Status("reading", len(readings), len(hits))
        if cancelled():
            return
        hits = rerank(hits, [reading.log_odds for reading in readings])
        best = max((e.log_odds for reading in readings for e in reading.evidence), default=-math.inf)

        draft = Draft()
        evidence = choose_evidence(readings, least_log_odds=ANSWER_LOG_ODDS, margin=MARGIN)
        if evidence:
            yield Status("writing")
            written = compose(
                alone,
                evidence,
                self.generator,
                draft,
                answer_tokens=self.settings.answer_tokens,
                seed=self.settings.seed,
                cancelled=cancelled,
            )
            for count, sentence in enumerate(written):
                if seconds["first_token"] is None:
                    seconds["first_token"] = round(time.perf_counter() - began, 4)
                yield Piece((" " if count else "") + sentence.text, tuple(draft.citations))
        if cancelled():
            return
        declined = not draft.sentences
        text = refusal(hits) if declined else draft.text
        short = "" if declined else "; ".join(evidence[0].items)
        if declined:
            seconds["first_token"] = round(time.perf_counter() - began, 4)
            yield Piece(text)
        seconds["total"] = round(time.perf_counter() - began, 4)
        yield Answer(
            id,
            question,
            alone,
            text,
            short,
            declined,
            round(1 / (1 + math.exp(-best)), 4),
            tuple(draft.sentences),
            tuple(draft.citations),
            tuple(draft.conflicts),
            tuple(hits),
            seconds,
            asdict(self.generator.usage - before),
            self._replay(draft, history),
        )

    def _standalone(self, question: str, history: Sequence[Message], cancelled: Callable[[], bool]) -> str:
        """A follow-up question in words that need no conversation; the question itself where that fails."""
        asked = prompt.standalone(question, history[-6:])
        reply = "".join(self.generator.stream(asked, max_tokens=80, stop=("\n",), cancelled=cancelled))
        reply = reply.strip().strip('"').strip()
        return reply if 0 < len(reply) <= LONGEST_QUESTION else question

    def _replay(self, draft: Draft, history: Sequence[Message]) -> dict[str, object]:
        return {
            "archive": self.news.archive.contents(),
            "llm": {"name": self.generator.name, "sha256": self.generator.sha256},
            "embedder": {"identity": self.news.embedder.identity},
            "reranker": self.reranker.name if self.reranker else None,
            "program": program(),
            "history": [{"role": turn.role, "content": turn.content} for turn in history],
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


def refusal(hits: Sequence[Hit]) -> str:
    """One sentence that says no, and what the archive holds nearest to the question."""
    near = dict.fromkeys(f"“{without_markers(hit.section.title)}”" for hit in hits[:3] if hit.section.title)
    return "The articles do not say." + (f" The nearest are {', '.join(near)}." if near else "")


def open_newsroom(settings: Settings, progress: FetchReport = silent) -> Newsroom:
    """The archive and models of `settings`. Raises ArchiveError or ModelError with a sentence for the user."""
    news = NewsIndex.open(settings.archive, open_embedder(settings, progress))

    def open_generator() -> Generator:
        from models.llama import LlamaGenerator

        path = resolve_llm(settings.llm, settings.weights, offline=settings.offline, progress=progress)
        return LlamaGenerator(path, context_tokens=settings.context_tokens, threads=settings.threads)

    def open_reranker() -> Reranker | None:
        from models.reranker import CrossEncoderReranker, LlmReranker

        if not settings.reranker:
            return None
        if settings.reranker == "llm":
            return LlmReranker(room.generator)
        folder = resolve_folder(
            settings.reranker, "reranker", settings.weights, offline=settings.offline, progress=progress
        )
        return CrossEncoderReranker(folder, settings.reranker)

    room = Newsroom(news, settings, open_generator, open_reranker)
    return room


def open_embedder(settings: Settings, progress: FetchReport = silent) -> Embedder:
    """The embedder of `settings`; raises ArchiveError, before anything is fetched, if the archive has another."""
    from models import embedder

    given = Path(settings.embedder)
    name = given.resolve().name if given.exists() else settings.embedder
    if (settings.archive / "archive.sqlite").exists():
        archive = Archive.open(settings.archive)
        held = archive.about("embedder").rpartition(" ")[0]
        archive.close()
        if held != name:
            raise ArchiveError(
                f"{settings.archive}: made with the embedder {held}, not {name}; name that one with --embedder, or"
                " index again into another --archive"
            )
    folder = resolve_folder(
        settings.embedder, "embedder", settings.weights, offline=settings.offline, progress=progress
    )
    return embedder.open_embedder(folder, name, threads=settings.threads)
