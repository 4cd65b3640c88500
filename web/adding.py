"""Files and addresses into an archive: what was understood of them, and how to take them out again.

A batch is in the archive as a whole or not at all: stopped, failed or killed, what came with it is taken out again. The
archive that people search is never waited for: all writing has a connection of its own.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from index.arrivals.pages import fetch_pages
from index.article import Article, ArticleError, Origin, Section
from index.news_index import NewsIndex
from index.opening import open_archive, ranker_of
from index.passage import CountTokens
from index.reading.files import READERS, kind_of, page_kinds
from index.reading.kept_page import read_page
from index.store.archive import Archive, ArchiveError
from index.update import UpdateProgress, UpdateReport, update_archive
from models import Embedder, Vectors
from web import batch as on_disk
from web.batch import AddingError, Batch, called, copy_in, folder_of, free_path, safe_path

if TYPE_CHECKING:
    from index.arrivals.address import Fetcher

SLICE = 16  # passages are embedded so many at a time: a stop is heard, and a search comes in between
MOST_TOLD = 200
COPYING, FETCHING = 0.05, 0.25  # of the whole way, where there are files and addresses


@dataclass(frozen=True)
class Limits:
    """What one adding takes; more is left out with a sentence."""

    file_bytes: int = 200_000_000
    bytes: int = 1_000_000_000
    files: int = 2_000
    addresses: int = 50


@dataclass(frozen=True)
class Step:
    """How far an adding is: what is done with which file or address, the share of the whole way, passages embedded."""

    doing: str
    file: str
    share: float
    passages: int = 0


@dataclass(frozen=True)
class Understood:
    """What was understood of an article: `copies` are the outlets, or ids, of the stories that it is a copy or version
    of or that are of it; `origins` say where each field was read and how sure that is, `warnings` what may be missing.
    """

    id: str
    title: str
    source: str | None
    published: str | None
    language: str | None
    sections: tuple[Section, ...]
    copies: tuple[str, ...]
    superseded: bool
    origins: tuple[Origin, ...]
    words: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Added:
    """What came of an adding. `batch` undoes it; empty where nothing new came. `articles` are the first MOST_TOLD of
    those that are new, changed, or of an address that says what it said before; the counts are of all.
    """

    batch: str
    articles: tuple[Understood, ...]
    problems: tuple[str, ...]
    new: int
    changed: int
    unchanged: int
    seconds: float


def add(
    news: NewsIndex,
    count_tokens: CountTokens,
    files: Sequence[tuple[Path, str]],
    addresses: Sequence[str] = (),
    *,
    fetcher: "Fetcher | None" = None,
    limits: Limits | None = None,
    progress: Callable[[Step], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Added:
    """Adds files, each with the name that its owner gave it, and the pages of addresses; no fetcher, no addresses.

    Raises AddingError when it is cancelled or the disk does not take it, ArchiveBusy while another writes to the
    archive; then nothing of it is there, but for what an address that was there before says now.
    """
    began = time.perf_counter()
    folder = news.archive.folder
    with closing(open_archive(folder)) as archive, archive.writing():
        batch = None
        try:
            _take_out_unfinished(archive)
            batch = on_disk.begin(folder)
            adding = _Adding(archive, news.embedder, count_tokens, batch, limits or Limits(), progress, cancelled)
            added = adding.run(files, addresses, fetcher)
        except BaseException as error:
            if batch is not None:
                _clean_up(archive, batch)
            if isinstance(error, _Cancelled):
                raise AddingError("stopped; nothing of it is in the archive") from None
            if isinstance(error, OSError):
                raise AddingError(
                    f"nothing was added: the archive cannot be written ({error.strerror}); see whether its disk is"
                    " full and its folder writable"
                ) from error
            raise
    return replace(added, seconds=round(time.perf_counter() - began, 3))


def undo(archive: Archive, name: str) -> int:
    """Takes a batch out again, its articles and their files; how many articles left the archive.

    Raises AddingError where there is no such batch or not any more, ArchiveBusy while another writes.
    """
    with closing(open_archive(archive.folder)) as own, own.writing():
        batch = on_disk.read_batch(own.folder, name)
        if batch is None:
            raise AddingError("there is no such adding, or it was undone already; the list of them shows what can be")
        number = on_disk.forget(own, batch)
        try:
            on_disk.remove(own.folder, batch)
            on_disk.remove_note(own.folder, batch)
        except OSError as error:
            raise AddingError(
                f"{number} articles are taken out, but their files cannot be ({error.strerror}); see to the archive's"
                " folder and undo it again"
            ) from error
        ranker_of(own).refresh()
    return number


def batches(archive: Archive) -> list[Batch]:
    """What was added and can be undone, newest first; one that is not `whole` is under way or was killed."""
    return on_disk.read_batches(archive.folder)


class _Cancelled(Exception):
    """Whoever adds wants it no more."""


class _Adding:
    """One adding under way."""

    def __init__(
        self,
        archive: Archive,
        embedder: Embedder,
        count_tokens: CountTokens,
        batch: Batch,
        limits: Limits,
        progress: Callable[[Step], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.archive = archive
        self.embedder = embedder
        self.count_tokens = count_tokens
        self.batch = batch
        self.folder = folder_of(archive.folder, batch.name)
        self.limits = limits
        self.progress = progress
        self.cancelled = cancelled
        self.step = Step("copying", "", 0.0)
        self.problems: list[str] = []
        self.already = 0

    def run(self, files: Sequence[tuple[Path, str]], addresses: Sequence[str], fetcher: "Fetcher | None") -> Added:
        self._copy(files)
        pages = self._fetch(addresses, fetcher)
        copies = {(self.archive.folder.resolve() / place): given for given, place in self.batch.files}
        names = {str(path): given for path, given in (copies | pages).items()}
        report = UpdateReport()
        if names:
            report = update_archive(
                self.archive,
                _Heard(self.embedder, self._heard),
                [*([self.folder] if copies else []), *pages],
                count_tokens=self._counting,
                progress=self._indexed,
            )
            self.problems += [_renamed(problem, names) for problem in report.problems]
        self._say("finishing", "", 1.0)
        self._drop_barren(names)
        number = sum(len(self.archive.digests_of_file(file)) for file in names)
        told = self._understood(list(names))
        kept = bool(self.batch.files or self.batch.pages)
        if not kept:
            on_disk.remove(self.archive.folder, self.batch)
            on_disk.remove_note(self.archive.folder, self.batch)
        ranker_of(self.archive).refresh()
        if kept:
            self._note(replace(self.batch, articles=number, whole=True))
        unchanged = report.unchanged + self.already
        name = self.batch.name if kept else ""
        return Added(name, told, tuple(self.problems), report.new, report.changed, unchanged, 0.0)

    # Files

    def _copy(self, files: Sequence[tuple[Path, str]]) -> None:
        """Copies what can be read into the batch's folder, all but what the archive holds already."""
        taken: dict[PurePosixPath, tuple[str, str]] = {}
        left = self.limits.bytes
        total = sum(_size(source) for source, _ in files) or 1
        done = 0
        for number, (source, given) in enumerate(files):
            if number >= self.limits.files:
                more = len(files) - number
                self.problems.append(
                    f"{more} more files are left out; add {self.limits.files:,} at a time, or index the folder in a"
                    " terminal"
                )
                break
            path = safe_path(given)
            self._say("copying", called(given), COPYING * done / total)
            try:
                if not kind_of(Path(path.name)):
                    raise AddingError(f"no reader for this kind of file; what can be read is {' '.join(READERS)}")
                path = free_path(path, taken, self.archive.holds)
                size, sha256 = self._copy_one(source, self.folder / path, called(given), left, done, total)
            except AddingError as error:
                self.problems.append(f"{called(given)}: {error}")
                continue
            left -= size
            done += size
            taken[path] = given, sha256
        self._keep_new(taken)

    def _copy_one(self, source: Path, target: Path, name: str, left: int, done: int, total: int) -> tuple[int, str]:
        """Copies a file of which `left` bytes may come; `done` of `total` bytes were copied before it."""
        if _size(source) > left and left < self.limits.file_bytes:
            most = f"{self.limits.bytes / 1e6:,.0f} MB"
            raise AddingError(f"left out, for one adding takes {most}; add it in a second one")
        return copy_in(
            source,
            target,
            most_bytes=min(left, self.limits.file_bytes),
            check=lambda copied: self._say("copying", name, COPYING * (done + copied) / total),
        )

    def _keep_new(self, taken: dict[PurePosixPath, tuple[str, str]]) -> None:
        """Takes copies away whose bytes the archive holds, or an earlier one of them, and notes the others."""
        known = self.archive.files_of(sha256 for _, sha256 in taken.values())
        first: dict[str, str] = {}
        kept = []
        for path, (given, sha256) in taken.items():
            ids = sorted(self.archive.digests_of_file(known[sha256])) if sha256 in known else []
            if ids:
                self.already += len(ids)
                more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
                self.problems.append(f'{called(given)}: already there as "{called(ids[0])}"{more}')
            elif sha256 in first:
                self.problems.append(f"{called(given)}: the same as {called(first[sha256])}; added once")
            else:
                first[sha256] = given
                place = (self.folder / path).relative_to(self.archive.folder.resolve()).as_posix()
                kept.append((called(given), place))
                continue
            (self.folder / path).unlink()
        self._note(replace(self.batch, files=tuple(kept)))

    # Addresses

    def _fetch(self, addresses: Sequence[str], fetcher: "Fetcher | None") -> dict[Path, str]:
        """The files of the pages that could be had, each with its address."""
        wanted = self._checked(addresses, fetcher)
        if not wanted or fetcher is None:
            return {}
        archive = self.archive.folder
        before = {address for address in wanted if read_page(archive, address)}
        fresh = [address for address in wanted if address not in before]
        held = {}
        try:
            files, refused = fetch_pages(
                fetcher,
                archive,
                wanted,
                kinds=page_kinds(),
                tell=lambda done, total, address: self._say(
                    "fetching", address, COPYING + FETCHING * done / max(1, total)
                ),
            )
            self.problems += refused
        finally:
            # Noted however it ended, so that what is half done is known and can be taken out.
            pages = {address: page[0] for address in wanted if (page := read_page(archive, address))}
            held = {path.resolve(): address for address, path in pages.items()}
            new = [(address, pages[address]) for address in fresh if address in pages]
            self._note(replace(self.batch, pages=tuple((a, p.relative_to(archive).as_posix()) for a, p in new)))
        got = {path.resolve() for path in files}
        return {path: address for path, address in held.items() if path in got}

    def _checked(self, addresses: Sequence[str], fetcher: "Fetcher | None") -> list[str]:
        from index.arrivals.address import check_address

        found = []
        for address in addresses:
            try:
                found.append(check_address(address))
            except ArticleError as error:
                self.problems.append(str(error))
        if found and fetcher is None:
            for address in found:
                self.problems.append(
                    f"{called(address)}: not fetched, for this server is kept offline; add files instead"
                )
            return []
        found = list(dict.fromkeys(found))
        most = self.limits.addresses
        if len(found) > most:
            self.problems.append(f"{len(found) - most} more addresses are left out; add {most} at a time")
        return found[:most]

    # What is told meanwhile, and when it is to end

    def _say(self, doing: str, file: str, share: float, passages: int = 0) -> None:
        self.step = Step(doing, file, max(self.step.share, min(1.0, share)), passages)
        self.progress(self.step)
        self._check()

    def _check(self) -> None:
        if self.cancelled():
            raise _Cancelled

    def _counting(self, texts: Sequence[str]) -> list[int]:
        self._check()
        return self.count_tokens(texts)

    def _indexed(self, now: UpdateProgress) -> None:
        start = COPYING + (FETCHING if self.batch.pages else 0.0)
        share = start + (0.99 - start) * now.done_bytes / max(1, now.total_bytes)
        self._say("reading", called(now.file), share, max(now.passages, self.step.passages))

    def _heard(self, passages: int) -> None:
        self._say("reading", self.step.file if self.step.doing == "reading" else "", self.step.share, passages)

    # What came of it

    def _note(self, batch: Batch) -> None:
        self.batch = batch
        on_disk.write(self.archive.folder, batch)

    def _drop_barren(self, names: dict[str, str]) -> None:
        """Takes out the copies and new pages of which no article came: why is among the problems."""
        home = self.archive.folder.resolve()
        barren = {file for file in names if not self.archive.digests_of_file(file)}
        gone = replace(
            self.batch,
            files=tuple(item for item in self.batch.files if str(home / item[1]) in barren),
            pages=tuple(item for item in self.batch.pages if str((home / item[1]).resolve()) in barren),
        )
        if not (gone.files or gone.pages):
            return
        with self.archive.change():
            for file in sorted(barren):
                self.archive.forget_file(file)
        for _, place in gone.files:
            (home / place).unlink(missing_ok=True)
        on_disk.remove_pages(self.archive.folder, gone)
        self._note(
            replace(
                self.batch,
                files=tuple(item for item in self.batch.files if item not in gone.files),
                pages=tuple(item for item in self.batch.pages if item not in gone.pages),
            )
        )
        for file in barren:
            del names[file]

    def _understood(self, files: Sequence[str]) -> tuple[Understood, ...]:
        ids = [article for file in files for article in sorted(self.archive.digests_of_file(file))]
        articles = (self.archive.article(article_id) for article_id in ids[:MOST_TOLD])
        return tuple(understood(self.archive, article) for article in articles if article)


class _Heard:
    """An embedder that says how many documents it has embedded, a few at a time, and so can be stopped between them."""

    def __init__(self, embedder: Embedder, tell: Callable[[int], None]) -> None:
        self._embedder = embedder
        self._tell = tell
        self._done = 0
        self.identity = embedder.identity
        self.dimension = embedder.dimension
        self.max_tokens = embedder.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._embedder.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.encode_queries(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        made = [self._embedder.encode_documents(())]
        for start in range(0, len(texts), SLICE):
            made.append(self._embedder.encode_documents(texts[start : start + SLICE]))
            self._done += len(made[-1])
            self._tell(self._done)
        return np.concatenate(made)


def understood(archive: Archive, article: Article) -> Understood:
    """What the archive knows of an article, for people to look over."""
    held = archive.groups(article.id)
    members = [member for group in held for member in group.members]
    others = dict.fromkeys(m.story.source or m.story.article for m in members if m.story.article != article.id)
    return Understood(
        article.id,
        article.title,
        article.source,
        article.published,
        article.language,
        article.sections,
        tuple(others),
        any(member.superseded_by is not None for member in members if member.story.article == article.id),
        article.origins,
        len(article.words(article.body_start, len(article.text)).split()),
        article.warnings,
    )


def _take_out_unfinished(archive: Archive) -> None:
    """Takes out what a kill left of an earlier adding; nobody is at it now, for we hold the writer's lock."""
    for batch in on_disk.read_batches(archive.folder):
        if not batch.whole:
            on_disk.forget(archive, batch)
            on_disk.remove(archive.folder, batch)
            on_disk.remove_note(archive.folder, batch)


def _clean_up(archive: Archive, batch: Batch) -> None:
    """Takes out what came of a batch that failed; where even that fails, the next adding does it."""
    try:
        batch = on_disk.read_batch(archive.folder, batch.name) or batch
        on_disk.remove(archive.folder, batch)  # first, for the archive needs room on the disk to forget
        if on_disk.forget(archive, batch):
            ranker_of(archive).refresh()
        on_disk.remove_note(archive.folder, batch)
    except (OSError, ArchiveError) as error:
        logging.getLogger(__name__).warning("%s: left of a failed adding: %s", batch.name, error)


def _renamed(problem: str, names: dict[str, str]) -> str:
    """A sentence about files of ours with the names that their owner gave them."""
    for path, given in sorted(names.items(), key=lambda item: -len(item[0])):
        problem = problem.replace(path, called(given))
    return problem


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except (OSError, ValueError):
        return 0
