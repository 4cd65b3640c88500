"""`NewsIndex`: an archive with its two search indexes, to open, bring up to date and search."""

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index import dense, lexical
from index.archive import Archive, ArchiveBusy, ArchiveError
from index.article import Article
from index.copies import Place
from index.passage import CountTokens, Passage
from index.scope import EVERYTHING, Scope
from index.stamp import stamped_generation
from index.update import Progress, Reading, Report, update_archive
from models import Embedder

INDEXES = ("faiss", "tantivy")
SCOPES_KEPT = 8
LONGEST_WAIT = 10.0


@dataclass(frozen=True)
class Found:
    """A passage found by a search, its row in the archive, and its article.

    `group` names the group of copies that its story is in, if any; `superseded` says that a later version is there.
    """

    row: int
    article: Article
    passage: Passage
    group: str | None = None
    superseded: bool = False


@dataclass(frozen=True)
class _Opened:
    """Both search indexes, and the generation of the archive that they hold."""

    generation: int
    vectors: faiss.Index
    words: lexical.LexicalIndex


def indexes_current(archive: Archive) -> dict[str, bool]:
    """Whether each derived index is whole and of the archive's generation."""
    held = {
        "FAISS": dense.generation(archive.folder / INDEXES[0]),
        "tantivy": lexical.generation(archive.folder / INDEXES[1]),
    }
    return {name: generation == archive.generation for name, generation in held.items()}


def derive(archive: Archive) -> None:
    """Brings both search indexes to the archive's generation; the caller holds the writer's lock."""
    dense_folder, lexical_folder = (archive.folder / name for name in INDEXES)
    try:
        if dense.generation(dense_folder) != archive.generation:
            dense.save(dense.build(*archive.vectors()), dense_folder, archive)
        lexical.update(lexical_folder, archive)
    except (OSError, RuntimeError, ValueError) as error:  # what the system, FAISS and tantivy raise on a full disk
        raise ArchiveError(
            f"{archive.folder}: the search indexes cannot be written ({error}); the articles are safe: make"
            " room on the disk and run the same command again"
        ) from error


class NewsIndex:
    """An open archive with its FAISS and tantivy indexes. Searching is safe from several threads."""

    def __init__(self, archive: Archive, embedder: Embedder) -> None:
        self.archive = archive
        self.embedder = embedder
        self._opening = threading.Lock()
        self._opened: _Opened | None = None
        self._within: dict[tuple[int, Scope], NDArray[np.int64]] = {}

    @classmethod
    def create(cls, folder: Path, embedder: Embedder, *, max_tokens: int, name: str = "") -> "NewsIndex":
        """A new, empty archive that keeps to this embedder and this length of passage; people may know it by a name."""
        about = {
            "embedder": embedder.identity,
            "dimension": str(embedder.dimension),
            "max_tokens": str(max_tokens),
        }
        if name:
            about["name"] = name
        if not (folder / "archive.sqlite").exists():
            for left in INDEXES:  # by an archive that was moved away: its generations are not ours
                shutil.rmtree(folder / left, ignore_errors=True)
        return cls(Archive.create(folder, about), embedder)

    @classmethod
    def open(cls, folder: Path, embedder: Embedder) -> "NewsIndex":
        """The archive in `folder`; raises ArchiveError when it was made with another embedder."""
        archive = Archive.open(folder)
        try:
            return cls.over(archive, embedder)
        except ArchiveError:
            archive.close()
            raise

    @classmethod
    def over(cls, archive: Archive, embedder: Embedder) -> "NewsIndex":
        """As `open`, of an archive that is open already, and stays so where it was made with another embedder."""
        held = archive.about("embedder")
        if held != embedder.identity:
            raise ArchiveError(
                f"{archive.folder}: made with the embedder {held}, not {embedder.identity}; name that one with"
                " --embedder, or index again into another --archive"
            )
        return cls(archive, embedder)

    def close(self) -> None:
        self.archive.close()

    # Bringing it up to date

    def update(
        self,
        paths: Sequence[Path],
        *,
        count_tokens: CountTokens,
        gone: Sequence[Path] = (),
        progress: Callable[[Progress], None] = lambda _: None,
        dry_run: bool = False,
        reading: Reading | None = None,
    ) -> Report:
        """`update_archive`, then the search indexes."""
        with self.archive.writing():
            report = update_archive(
                self.archive,
                self.embedder,
                paths,
                count_tokens=count_tokens,
                gone=gone,
                progress=progress,
                dry_run=dry_run,
                reading=reading,
            )
            if not dry_run:
                derive(self.archive)
        return report

    def ready(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Opens both search indexes, first bringing up to date what is missing, damaged or behind.

        While another process writes, or in a folder that cannot be written, it searches what is there;
        raises ArchiveError where nothing whole is.
        """
        self._open_indexes(say)

    def _open_indexes(self, say: Callable[[str], None] = lambda _: None) -> _Opened:
        """As `ready`; what it gives stays whole while other threads open a later one."""
        with self._opening:
            folders = [self.archive.folder / name for name in INDEXES]
            if self._opened is not None:
                held = self.archive.generation
                stamped = {stamped_generation(folder) for folder in folders}
                # While another process is still at it, what is open is good enough.
                if held == self._opened.generation or stamped != {held}:
                    return self._opened
            until = time.monotonic() + LONGEST_WAIT
            while True:
                try:
                    self._opened = self._load(folders[0], folders[1], say)
                    return self._opened
                except ArchiveBusy:
                    # Another is just writing the indexes, which takes a moment for all but the largest.
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.1)

    def _load(self, dense_folder: Path, lexical_folder: Path, say: Callable[[str], None]) -> _Opened:
        """Both indexes from their folders; raises ArchiveBusy where another is writing them, and nothing whole is."""
        refused = ArchiveError
        loaded = dense.load(dense_folder)
        current = lexical.generation(lexical_folder)
        wanted = self.archive.generation
        behind = [name for name, held in (("FAISS", loaded and loaded[0]), ("tantivy", current)) if held != wanted]
        if behind and self.archive.writable:
            try:
                with self.archive.writing():
                    say(f"the {' and '.join(behind)} index is missing, damaged or behind: making it again")
                    derive(self.archive)
                loaded = dense.load(dense_folder)
            except ArchiveError as error:
                if isinstance(error, ArchiveBusy):
                    refused = ArchiveBusy
                if loaded is not None and current is not None:
                    say("the archive is being written to: searching what was there before")
        if loaded is None or lexical.generation(lexical_folder) is None:
            raise refused(
                f"{self.archive.folder}: its search indexes are not whole and cannot be made now;"
                " make the folder writable, or wait for the other groundwire, and try again"
            )
        return _Opened(*loaded, lexical.LexicalIndex(lexical_folder, writable=self.archive.writable))

    # Searching

    def rank(self, question: str, k: int, *, scope: Scope = EVERYTHING) -> dict[str, list[tuple[int, float]]]:
        """Passage rows with their scores by stage, best first: "dense" cosines and "lexical" BM25, `k` each.

        Within a scope they are the first `k` of it in the ranking of all, with the scores that they have there.
        """
        opened = self._open_indexes()
        within = self.rows_within(scope)
        return {
            "dense": dense.search(opened.vectors, self.embedder.encode_queries([question]), k, within=within),
            "lexical": opened.words.search(question, k, within=within),
        }

    def rows_within(self, scope: Scope) -> NDArray[np.int64] | None:
        """As the archive has it; that of the last few scopes is remembered until the archive changes."""
        if scope.everything:
            return None
        key = self.archive.generation, scope
        held = self._within.get(key)
        if held is None:
            held = self.archive.rows_within(scope)
            assert held is not None
            last = [(old, rows) for old, rows in self._within.items() if old[0] == key[0]][1 - SCOPES_KEPT :]
            self._within = dict([*last, (key, held)])  # put in place whole: others may be reading it
        return held

    def find(self, rows: Sequence[int]) -> list[Found]:
        """Articles and passages of `rows`, in their order; a row that has left the archive is passed over."""
        places = self.archive.passages(rows)
        articles: dict[str, Article | None] = {}
        groups: dict[str, list[Place]] = {}
        found = []
        for row in rows:
            if row not in places:
                continue
            article_id, passage = places[row]
            if article_id not in articles:
                articles[article_id] = self.archive.article(article_id)
                groups[article_id] = self.archive.places(article_id)
            article = articles[article_id]
            if article is not None:
                place = next((p for p in groups[article_id] if p.start <= passage.start < p.end), None)
                known = (place.group, place.superseded) if place else (None, False)
                found.append(Found(row, article, passage, *known))
        return found
