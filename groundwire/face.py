"""`open` gives an `Archive`, to fill, search and ask; `evaluate` measures its answers.

A program chooses by arguments, as the command line does by options.
"""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypedDict, Unpack

from evaluation.run import Run
from index.article import ArticleError
from index.news_index import NewsIndex
from index.opening import folder_of, is_archive
from index.search.exact import Stories
from index.store.archive import ArchiveError
from index.store.edits import account
from index.store.scope import EVERYTHING, Scope
from index.update import UpdateProgress, UpdateReport
from models import Message
from models.weights import FetchProgress, silent
from qa import newsroom
from qa.answer import Answer
from qa.ask import Event
from qa.newsroom import Models, Newsroom
from qa.retrieve import Hit
from qa.settings import Settings

Place = str | os.PathLike[str]


class Options(TypedDict, total=False):
    """What `open` takes besides the place; `Settings` has what each is where it is left out."""

    weights: Path  # the folder of the models
    llm: str  # a model's name, a GGUF file's path, http://host/v1#model, or "none": quotes alone
    embedder: str  # a model's name or folder: that which the archive was made with
    reranker: str  # a cross-encoder's name or folder, "llm", or "" for none
    offline: bool  # fetches nothing
    threads: int | None  # of the processor; all where None
    context_tokens: int  # of the language model
    passage_tokens: int  # at most, of a new archive's passages
    candidates: int  # passages of the first stage of the search
    passages: int  # shown beside an answer
    answer_tokens: int  # of a written answer, at most
    least_score: float  # 0 to 1; where the score of an answer is below it, it is declined
    seed: int  # of the decoder
    speak: str  # the language of fixed phrases: docs/languages.md


class Archive(Newsroom):
    """An archive to fill, search and ask. What it needs is opened when it is first needed; close it, or use `with`.

    `search`, `ask` and `stream` are safe from several threads, and have twins to await: `asearch`, `aask`, `astream`.
    They raise ArchiveError where there is no archive yet.
    """

    def __init__(self, settings: Settings, progress: Callable[[FetchProgress], None] = silent) -> None:
        models = Models(settings, progress)
        super().__init__(None, settings, models.reader, models.generator, models.reranker)
        self._models = models
        self._opening = threading.Lock()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the archive's files; whatever is asked next opens them again."""
        with self._opening:
            if self._news:
                self._news.close()
                self._news = None

    @property
    def news(self) -> NewsIndex:
        """The archive with its search. Raises ArchiveError where there is none, or another embedder made it."""
        return self._opened(make=False)

    def index(
        self,
        paths: Place | Iterable[Place],
        *,
        dry_run: bool = False,
        prune: bool = False,
        progress: Callable[[UpdateProgress], None] = lambda _: None,
    ) -> UpdateReport:
        """Reads files and folders into the archive, which is made where there is none; only what changed is read anew.

        `progress` hears of bytes and passages. A file that cannot be read is a sentence in the report's `problems`, and
        the rest is done. What is gone from a folder leaves, but of more than a fifth of all articles only with `prune`;
        a `dry_run` changes nothing of an archive that is there. Raises ArticleError for a path that is none or holds no
        article, ArchiveError where the archive cannot be written.
        """
        given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        for path in map(str, given):
            if path.lower().startswith(("http://", "https://")):
                raise ArticleError(
                    f"{path}: only files and folders are read here; fetch it with: groundwire index {path}"
                )
        if dry_run and not is_archive(self.settings.archive):
            raise ArchiveError(f"{self.settings.archive}: no archive here to try it on; leave out dry_run to make one")
        news = self._opened(make=True)
        report = news.update(
            [Path(path).expanduser() for path in given],
            count_tokens=self._models.count_tokens(),
            progress=progress,
            dry_run=dry_run,
            prune=prune,
            may_remove=lambda leaving, held: prune,
            who=account("program"),
        )
        if not dry_run:
            Stories(news.archive).opened()  # who can only read the folder cannot make it later
        return report

    # The same where others wait, as in a server: each in a thread of its own

    async def asearch(self, question: str, k: int | None = None, *, scope: Scope = EVERYTHING) -> list[Hit]:
        """As `search`."""
        return await asyncio.to_thread(self.search, question, k, scope=scope)

    async def aask(
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
        """As `ask`; cancelling it ends the work."""
        asking = self.astream(question, history, id=id, scope=scope, narrow=narrow, without=without, today=today)
        async with aclosing(asking) as events:
            async for event in events:
                if isinstance(event, Answer):
                    return event
        raise AssertionError("a stream ends with its answer")

    async def astream(
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
    ) -> AsyncGenerator[Event, None]:
        """As `stream`. Closing it, or cancelling who waits for it, ends the work."""
        loop, told, left = asyncio.get_running_loop(), asyncio.Queue[Event | None](), threading.Event()
        asked = partial(
            self.stream, question, history, id=id, scope=scope, narrow=narrow, without=without, today=today, speak=speak
        )

        def tell(event: Event | None) -> None:
            if not left.is_set():
                loop.call_soon_threadsafe(told.put_nowait, event)

        def run() -> None:
            try:
                for event in asked(cancelled=left.is_set):
                    tell(event)
            finally:
                tell(None)

        running = asyncio.ensure_future(asyncio.to_thread(run))
        try:
            while (event := await told.get()) is not None:
                yield event
            await running
        finally:
            left.set()

    def _opened(self, *, make: bool) -> NewsIndex:
        settings = self.settings
        with self._opening:
            if self._news is None:
                there = is_archive(settings.archive)
                if not (there or make):
                    raise ArchiveError(f"{settings.archive}: no archive here; make one with archive.index(PATHS)")
                embedder = newsroom.open_embedder(settings, self._models.progress, archive=settings.archive)
                if there:
                    self._news = NewsIndex.open(settings.archive, embedder)
                    self._news.ready()
                else:
                    self._news = NewsIndex.create(settings.archive, embedder, max_tokens=settings.passage_tokens)
            return self._news


def open(
    place: Place = "archive", *, progress: Callable[[FetchProgress], None] = silent, **options: Unpack[Options]
) -> Archive:
    """The archive in a folder, or at milvus://host/database, there already or to be made by its `index`.

    It loads no model yet; one that is not on this machine is fetched when it is first needed, of which `progress`
    hears. The variables GROUNDWIRE_WEIGHTS and HF_HUB_OFFLINE=1 count where `weights` and `offline` are left out.
    Raises TypeError for an option that there is not, ArchiveError for an address that is none, ModelError for a
    language model that cannot be used here.
    """
    unknown = options.keys() - {field.name for field in fields(Settings)}
    if unknown:
        raise TypeError(f"open() has no option {min(unknown)!r}; it takes {', '.join(Options.__annotations__)}")
    settings = replace(Settings(), archive=folder_of(str(place)), offline=os.environ.get("HF_HUB_OFFLINE") == "1")
    if weights := os.environ.get("GROUNDWIRE_WEIGHTS"):
        settings = replace(settings, weights=Path(weights))
    return Archive(replace(settings, **options), progress)


def evaluate(
    archive: Newsroom,
    gold: Place,
    out: Place,
    *,
    limit: int | None = None,
    kind: str | None = None,
    retrieval_only: bool = False,
    resume: bool = False,
    progress: Callable[[int, int, float], None] = lambda done, total, seconds_left: None,
) -> Run:
    """Asks the questions of a gold set, in JSON Lines, and writes answers, figures and `report.html` into `out`.

    `limit` takes the first questions alone, `kind` those of one kind; `retrieval_only` searches and asks nothing. The
    figures are `run.record["overall"]`: by measure its value, its interval and its count (docs/evaluation.md). Raises
    GoldError for a gold set that cannot be asked, RunError where `out` holds a run and it is not to `resume`.
    """
    from evaluation.evaluate import evaluate as run_questions
    from evaluation.gold.questions import GoldError, read_gold
    from evaluation.report import write_report
    from models.weights import sha256_of

    file = Path(gold)
    questions = [question for question in read_gold(file) if kind in (None, question.kind)][:limit]
    if not questions:
        raise GoldError(f'{file}: no question of the kind "{kind}"')
    run = run_questions(
        archive,
        questions,
        Path(out),
        gold={"name": file.name, "sha256": sha256_of(file)},
        retrieval_only=retrieval_only,
        resume=resume,
        progress=progress,
    )
    write_report(run, archive.news.archive, questions)
    return run
