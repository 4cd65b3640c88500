"""BM25 over a Milvus archive: by Milvus, or by tantivy here where the server has none yet.

Milvus gets the words as tantivy has them, analysed here, so that every back end compares the same words.
"""

import threading
from collections.abc import Callable, Iterator
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from index.article import Article
from index.passage import Passage
from index.scale.milvus.archive import MilvusArchive
from index.scale.milvus.store import Store, in_batches
from index.search.lexical import HEADING_WEIGHT, LexicalIndex, generation, is_current, terms, update
from index.search.stamp import NAME
from index.store.archive import ArchiveError
from index.store.scope import EVERYTHING

LONGEST_WAIT = 60.0
AT_ONCE = 2_000  # passages


def search_words(store: Store, question: str, k: int, where: str) -> list[tuple[int, float]]:
    """The `k` rows with the highest BM25 of body and half that of the heading, best first, ties by row."""
    words = " ".join(sorted(set(terms(question))))
    if not words:
        return []
    weights = {"body": 1.0, "heading": HEADING_WEIGHT}
    parts = {name: dict(store.search(f"{name}_bm25", words, k, where, metric="BM25")) for name in weights}
    rows = sorted({row for found in parts.values() for row in found})
    for name, found in parts.items():
        missing = [row for row in rows if row not in found]
        if missing and len(found) == k:  # else all that hold a word of the question were found
            found |= dict(store.search(f"{name}_bm25", words, len(missing), f"id in {missing}", metric="BM25"))
    scores = {row: sum(weight * parts[name].get(row, 0.0) for name, weight in weights.items()) for row in rows}
    return sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))[:k]


class WordIndex:
    """tantivy on this machine over a Milvus archive's passages, for a server that has no BM25 (before 2.5)."""

    def __init__(self, archive: MilvusArchive) -> None:
        self.archive = archive
        self.folder = archive.folder / "tantivy"
        self._opening = threading.Lock()
        self._opened: tuple[tuple[str, int], LexicalIndex] | None = None

    @property
    def current(self) -> bool:
        """Whether it is whole and of the archive's generation."""
        return is_current(self.folder, self.archive.generation) and self._rows() is not None

    def opened(self, say: Callable[[str], None] = lambda _: None) -> LexicalIndex:
        """The index, first brought to the archive's generation; raises ArchiveError where it cannot be written."""
        with self._opening:
            wanted = self.archive.state
            if self._opened is None or self._opened[0] != wanted:
                try:
                    with FileLock(self.folder.with_suffix(".lock"), timeout=LONGEST_WAIT):
                        if not is_current(self.folder, wanted[1]) or self._rows() is None:
                            say("the index of words is missing or behind: making it again from Milvus")
                            self._update()
                        self._opened = wanted, LexicalIndex(self.folder, writable=True)
                except (OSError, ValueError, Timeout) as error:
                    raise ArchiveError(
                        f"{self.folder}: the index of words cannot be written ({error}); make room on the disk, or wait"
                        " for the other groundwire, and run the same command again"
                    ) from error
            return self._opened[1]

    def _update(self) -> None:
        rows = self._rows()
        if rows is None:
            (self.folder / NAME).unlink(missing_ok=True)  # what it holds is not known: anew
        changes = _Changes(self.archive, np.empty(0, np.int64) if rows is None else rows)
        update(self.folder, changes)
        id = self.archive.about("id")
        np.savez(self.folder.with_suffix(".npz"), rows=changes.rows, generation=changes.generation, id=id)

    def _rows(self) -> NDArray[np.int64] | None:
        """The rows it holds; None where that is not known, or they are those of another archive in the same place."""
        try:
            with np.load(self.folder.with_suffix(".npz")) as held:
                ours = str(held["id"]) == self.archive.about("id")
                rows: NDArray[np.int64] = held["rows"]
                return rows if ours and int(held["generation"]) == generation(self.folder) else None
        except (OSError, ValueError, KeyError, BadZipFile):
            return None


class _Changes:
    """What tantivy lacks of an archive, and what it has too much, by the rows that it holds."""

    last_row = 0  # rows follow from contents here: there is no last one

    def __init__(self, archive: MilvusArchive, held: NDArray[np.int64]) -> None:
        self.archive = archive
        self.generation = archive.generation
        self.rows = archive.rows_within(EVERYTHING)
        self._fresh = np.setdiff1d(self.rows, held)
        self._gone = np.setdiff1d(held, self.rows)

    def removed_since(self, generation: int) -> list[int]:
        """The rows that are no more."""
        return [int(row) for row in self._gone]

    def texts(self, after: int = 0) -> Iterator[tuple[int, Article, Passage]]:
        """Row, article and passage of those that are not in yet."""
        for rows in in_batches(self._fresh.tolist(), AT_ONCE):
            places = self.archive.passages(rows)
            by_article: dict[str, list[int]] = {}
            for row, (id, _) in places.items():
                by_article.setdefault(id, []).append(row)
            for id, some in sorted(by_article.items()):
                article = self.archive.article(id)
                for row in sorted(some) if article else ():
                    assert article is not None
                    yield row, article, places[row][1]
