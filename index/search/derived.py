"""The search of an embedded archive: FAISS and tantivy beside its SQLite, made from it again at any time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.search import dense, lexical
from index.search.stamp import stamped_generation
from index.store.archive import ArchiveBusy, ArchiveError, Rankings
from index.store.scope import Scope
from index.store.sqlite import INDEXES, EmbeddedArchive

LONGEST_WAIT = 10.0


@dataclass(frozen=True)
class _Opened:
    """Both search indexes, and the generation of the archive that they hold."""

    generation: int
    vectors: dense.DenseIndex
    words: lexical.LexicalIndex


class DerivedIndexes:
    """Both search indexes of an open archive."""

    def __init__(self, archive: EmbeddedArchive) -> None:
        self.archive = archive
        self._opening = threading.Lock()
        self._opened: _Opened | None = None

    def current(self) -> dict[str, bool]:
        """Whether each derived index is whole and of the archive's generation."""
        held, folders = self.archive.generation, [self.archive.folder / name for name in INDEXES]
        return {"FAISS": dense.generation(folders[0]) == held, "tantivy": lexical.is_current(folders[1], held)}

    def refresh(self) -> None:
        """Brings both search indexes to the archive's generation; the caller holds the writer's lock."""
        archive = self.archive
        dense_folder, lexical_folder = (archive.folder / name for name in INDEXES)
        try:
            dense.update(dense_folder, archive)
            lexical.update(lexical_folder, archive)
        except (OSError, RuntimeError, ValueError) as error:  # what the system, FAISS and tantivy raise on a full disk
            raise ArchiveError(
                f"{archive.folder}: the search indexes cannot be written ({error}); the articles are safe: make"
                " room on the disk and run the same command again"
            ) from error

    def ready(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Opens both search indexes, first bringing up to date what is missing, damaged or behind.

        While another process writes, or in a folder that cannot be written, it searches what is there;
        raises ArchiveError where nothing whole is.
        """
        self._open_indexes(say)

    def rank(self, question: str, vector: NDArray[np.float32], k: int, scope: Scope) -> Rankings:
        """As `Ranker.rank`."""
        opened = self._open_indexes()
        within = self.archive.rows_within(scope)
        return {
            "dense": opened.vectors.search(vector, k, within=within),
            "lexical": opened.words.search(question, k, within=within),
        }

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
        loaded = dense.load(dense_folder, self.archive)
        current = lexical.generation(lexical_folder)
        wanted = self.archive.generation
        behind = ["FAISS"] if not loaded or loaded[0] != wanted else []
        behind += [] if lexical.is_current(lexical_folder, wanted) else ["tantivy"]
        if behind and self.archive.writable:
            try:
                with self.archive.writing():
                    say(f"the {' and '.join(behind)} index is missing, damaged or behind: making it again")
                    self.refresh()
                loaded, current = dense.load(dense_folder, self.archive), lexical.generation(lexical_folder)
            except ArchiveError as error:
                if isinstance(error, ArchiveBusy):
                    refused = ArchiveBusy
                if loaded is not None and current is not None:
                    say("the archive is being written to: searching what was there before")
        if loaded is None or current is None or stamped_generation(lexical_folder) is None:
            raise refused(
                f"{self.archive.folder}: its search indexes are not whole and cannot be made now;"
                " make the folder writable, or wait for the other groundwire, and try again"
            )
        return _Opened(*loaded, lexical.LexicalIndex(lexical_folder, writable=self.archive.writable))
