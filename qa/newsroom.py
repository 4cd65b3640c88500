"""`open_newsroom(settings)`: the only place that chooses concrete parts. A newsroom searches, streams and asks."""

import os
import threading
from collections.abc import Callable, Collection, Sequence
from collections.abc import Generator as Events
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ground.language import DEFAULT, Words
from index.news_index import NewsIndex
from index.opening import is_archive, open_archive
from index.passage import CountTokens
from index.store.archive import ArchiveError
from index.store.scope import EVERYTHING, Scope
from models import Embedder, Generator, Message, ModelError, Reader, Reranker
from models.catalogue import read_catalogue
from models.fetch import is_address, resolve_folder, resolve_llm
from models.libraries import check, library_of
from models.weights import Report as FetchReport
from models.weights import silent
from qa.answer import Answer
from qa.ask import Event, Parts, Status, answer, check_question
from qa.compose import Draft
from qa.narrowing.understood import Way
from qa.provenance import program
from qa.retrieve import Hit, rank_stages, retrieve
from qa.settings import NO_LLM, Settings

if TYPE_CHECKING:
    from qa.narrowing.held import Understanding


class Newsroom:
    """An archive and the models that read it. Each model is loaded when the first question needs it.

    `news` is None where a kind of newsroom opens it itself when it is first needed.
    """

    def __init__(
        self,
        news: NewsIndex | None,
        settings: Settings,
        open_reader: Callable[[], Reader],
        open_generator: Callable[[], Generator | None],
        open_reranker: Callable[[], Reranker | None] = lambda: None,
    ) -> None:
        self._news = news
        self.settings = settings
        self._open_reader = open_reader
        self._open_generator = open_generator
        self._open_reranker = open_reranker
        self._understanding: Understanding | None = None

    @property
    def news(self) -> NewsIndex:
        """The archive with its search."""
        assert self._news
        return self._news

    @property
    def understanding(self) -> "Understanding":
        """What understands the outlets, authors and days of a question asked of this archive."""
        from qa.narrowing.held import Understanding

        archive = self.news.archive
        if self._understanding is None or self._understanding.archive is not archive:
            self._understanding = Understanding(archive)
        return self._understanding

    @cached_property
    def reader(self) -> Reader:
        return self._open_reader()

    @cached_property
    def generator(self) -> Generator | None:
        """The model that writes; None where quotes alone are wanted."""
        return self._open_generator()

    @cached_property
    def reranker(self) -> Reranker | None:
        return self._open_reranker()

    def search(self, question: str, k: int | None = None, *, scope: Scope = EVERYTHING) -> list[Hit]:
        """The `k` best hits of a scope, best first, ranks from 1; loads no language model unless it is the reranker.

        Raises QuestionError for a question that is empty or too long, ModelError when a model is missing.
        """
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
        self,
        question: str,
        history: Sequence[Message] = (),
        *,
        id: str | None = None,
        scope: Scope = EVERYTHING,
        narrow: bool = True,
        without: Collection[str] = (),
        today: date | None = None,
    ) -> Answer:
        """The last value of `stream`, which says what is raised."""
        *_, answer = self.stream(question, history, id=id, scope=scope, narrow=narrow, without=without, today=today)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        *,
        id: str | None = None,
        scope: Scope = EVERYTHING,
        narrow: bool = True,
        without: Collection[str] = (),
        today: date | None = None,
        speak: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Events[Event]:
        """What is being done, what is found, the words of the answer as they are proved, and last the answer whole.

        Only what is within `scope` is read; where nothing is, the answer says so and no model is asked. Outlets,
        authors and days that the question names `narrow` it further, but for those of the words `without`; where
        nothing there answers, all of the scope is read after all, which `Answer.understood` says. `today` is the day
        that "last week" counts from, this machine's without one. `speak` is the language of the fixed phrases, where it
        is not that of the settings. Once `cancelled()` is true it ends, without an answer. Raises QuestionError for a
        question that is empty or too long, ModelError when a model is missing, LanguageError.
        """
        check_question(question)
        anything = scope.everything or self.news.archive.any_within(scope)
        if anything and "reader" not in vars(self):
            yield Status("loading the reader")
        settings = replace(self.settings, speak=speak or self.settings.speak or DEFAULT)
        say, ways, instead = Words(settings.speak), [Way(scope)], ""
        if anything:
            how: dict[str, Any] = {"narrow": narrow, "without": without, "today": today, "say": say}
            ways, instead = self.understanding.ways(question, scope, **how)
        parts = Parts(
            search=lambda words, k, within: self.search(words, k, scope=within),
            reader=self.reader,
            generator=lambda: self.generator,
            answer_tokens=settings.answer_tokens,
            passages=settings.passages,
            least_score=settings.least_score,
            seed=settings.seed,
            say=say,
        )
        yield from answer(
            question,
            parts,
            history,
            id=id,
            ways=ways,
            instead=instead,
            anything=anything,
            replay=lambda draft, written, within: self._replay(
                draft, settings, history, within, asked=anything, written=written
            ),
            cancelled=cancelled,
        )

    def _replay(
        self,
        draft: Draft,
        settings: Settings,
        history: Sequence[Message],
        scope: Scope,
        *,
        asked: bool,
        written: bool,
    ) -> dict[str, object]:
        """What gave an answer; None for the models that were not asked."""
        generator = self.generator if written else None
        return {
            "archive": self.news.archive.contents(),
            "llm": {
                "name": generator.name if generator else None,
                "sha256": generator.sha256 if generator else None,
            },
            "reader": self.reader.identity if asked else None,
            "embedder": {"identity": self.news.embedder.identity},
            "reranker": self.reranker.name if asked and self.reranker else None,
            "program": program(),
            "history": [{"role": turn.role, "content": turn.content} for turn in history],
            "scope": None if scope.everything else scope.to_dict(),
            "seed": settings.seed,
            "settings": settings.to_dict(),
            "left_out": draft.left_out,
            "dropped": draft.dropped,
        }


class Models:
    """The models of `settings`: each is opened when it is first asked for, once for all who ask, from any thread.

    Raises ModelError for an address of a language model that cannot be read, or that holds a password, and where the
    language model needs llama.cpp, which is not installed.
    """

    def __init__(self, settings: Settings, progress: FetchReport = silent) -> None:
        if is_address(settings.llm):
            from models.endpoint import read_address

            read_address(settings.llm)  # before anything that is kept can hold a password
        elif settings.llm != NO_LLM:
            check("llama_cpp", settings.llm)  # before anything is fetched for it
        self.settings = settings
        self.progress = progress
        # A lock each: a question waits for its language model, not one who only searches.
        self._locks = {name: threading.Lock() for name in ("embedder", "tokens", "reader", "generator", "reranker")}
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

    def reader(self) -> Reader:
        return cast("Reader", self._once("reader", lambda: open_reader(self.settings)))

    def generator(self) -> Generator | None:
        """The model that writes; None where the settings name none."""
        return cast("Generator | None", self._once("generator", self._open_generator))

    def reranker(self) -> Reranker | None:
        return cast("Reranker | None", self._once("reranker", self._open_reranker))

    def newsroom(self, news: NewsIndex) -> Newsroom:
        """An archive with these models to read it."""
        return Newsroom(
            news, replace(self.settings, archive=news.archive.folder), self.reader, self.generator, self.reranker
        )

    def _once(self, name: str, open_it: Callable[[], object]) -> object:
        with self._locks[name]:
            if name not in self._opened:
                self._opened[name] = open_it()
            return self._opened[name]

    def _open_generator(self) -> Generator | None:
        settings = self.settings
        if settings.llm == NO_LLM:
            return None
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
            generator = self.generator()
            if generator is None:
                raise ModelError("--reranker llm asks the language model, and --llm none names none; leave out one")
            return LlmReranker(generator)
        check("sentence_transformers", settings.reranker)
        folder = resolve_folder(
            settings.reranker, "reranker", settings.weights, offline=settings.offline, progress=self.progress
        )
        return CrossEncoderReranker(folder, settings.reranker)


def open_newsroom(settings: Settings, progress: FetchReport = silent) -> Newsroom:
    """The archive and models of `settings`. Raises ArchiveError or ModelError with a sentence for the user."""
    models = Models(settings, progress)
    embedder = open_embedder(settings, progress, archive=settings.archive)
    return models.newsroom(NewsIndex.open(settings.archive, embedder))


def open_reader(settings: Settings) -> Reader:
    """The reader that comes with the program; raises ModelError where its file is missing or damaged."""
    from models.reader import OnnxReader

    return OnnxReader(threads=settings.threads)


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
    known = [entry for entry in read_catalogue() if entry.name == settings.embedder]
    for entry in known:
        if library := library_of(entry):
            check(library, settings.embedder)  # before it is fetched
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
