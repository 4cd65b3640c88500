"""The search of a Milvus archive: cosines and BM25 by Milvus, or by tantivy here where Milvus has no BM25 yet."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from index.scale.milvus.archive import MilvusArchive
from index.scale.milvus.reading import where
from index.scale.milvus.words import WordIndex, search_words
from index.store.archive import Rankings
from index.store.scope import Scope

MORE = 16  # are asked for, so that equal scores at the end fall by row and not by Milvus's choice
MOST = 16_384  # hits of one search, by Milvus


class MilvusRanker:
    """The search of one open archive."""

    def __init__(self, archive: MilvusArchive) -> None:
        self.archive = archive
        self._words = None if archive.store.full_text else WordIndex(archive)
        self._within: tuple[tuple[tuple[str, int], Scope], NDArray[np.int64]] | None = None

    def ready(self, say: Callable[[str], None]) -> None:
        """Nothing to make ready where Milvus searches what it holds; else tantivy is brought up to date."""
        if self._words is None:
            _ = self.archive.generation
        else:
            self._words.opened(say)

    def refresh(self) -> None:
        """As `ready`; the caller holds the writer's lock."""
        self.ready(lambda _: None)

    def current(self) -> dict[str, bool]:
        """Milvus is its own index; tantivy is not where it is used."""
        return {"Milvus": True} | ({} if self._words is None else {"tantivy": self._words.current})

    def rank(self, question: str, vector: NDArray[np.float32], k: int, scope: Scope) -> Rankings:
        """As `Ranker.rank`."""
        state = self.archive.state  # what others have written until now is waited for
        asked = min(k + MORE, MOST)
        store, within = self.archive.store, where(scope)
        dense = store.search("vector", vector[0].tolist(), asked, within)
        if self._words is None:
            lexical = search_words(store, question, asked, within)[:k]
        else:
            rows = None if scope.everything else self._rows_within(state, scope)
            lexical = self._words.opened().search(question, k, within=rows)
        return {"dense": sorted(dense, key=lambda hit: (-hit[1], hit[0]))[:k], "lexical": lexical}

    def _rows_within(self, state: tuple[str, int], scope: Scope) -> NDArray[np.int64]:
        """As the archive has it; that of the last scope is remembered until the archive changes."""
        held = self._within
        if held is None or held[0] != (state, scope):
            held = self._within = (state, scope), self.archive.rows_within(scope)
        return held[1]
