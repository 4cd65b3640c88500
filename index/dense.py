"""FAISS over the archive's vectors: inner product of unit vectors, so scores are cosines.

Derived from the archive and rebuilt from it at any time; ids are passage rows.
"""

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.embedded import EmbeddedArchive
from index.stamp import read_stamp, write_stamp

# Above this many passages vectors are scanned as float16: half the memory, recall@10 0.9995 of the exact scan, and
# quicker. Below it the exact scan takes 14 ms at most, little beside a question (bench/results/dense.json).
EXACT_UP_TO = 100_000
FILE = "vectors.faiss"


def build(rows: NDArray[np.int64], vectors: NDArray[np.float32], *, exact_up_to: int = EXACT_UP_TO) -> faiss.Index:
    """An index of `(n, d) float32` unit vectors under their `(n,) int64` rows."""
    n, dimension = vectors.shape
    if n <= exact_up_to:
        plain: faiss.Index = faiss.IndexFlatIP(dimension)
    else:
        plain = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    made = faiss.IndexIDMap2(plain)
    if n:
        made.add_with_ids(vectors, rows)
    return made


def save(made: faiss.Index, folder: Path, archive: EmbeddedArchive) -> None:
    """Writes the index beside its stamp; a kill in between leaves a folder that `load` refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stamp.json").unlink(missing_ok=True)
    faiss.write_index(made, str(folder / FILE))
    write_stamp(folder, archive.generation, archive.last_row)


def generation(folder: Path) -> int | None:
    """The archive's generation that the folder holds; None where it is missing or damaged."""
    stamp = read_stamp(folder)
    return stamp and stamp[0]


def load(folder: Path) -> tuple[int, faiss.Index] | None:
    """Generation and index; None where the folder is missing or damaged."""
    stamp = read_stamp(folder)
    if stamp is None:
        return None
    try:
        return stamp[0], faiss.read_index(str(folder / FILE))
    except RuntimeError:
        return None


def search(
    made: faiss.Index, query: NDArray[np.float32], k: int, *, within: NDArray[np.int64] | None = None
) -> list[tuple[int, float]]:
    """The `k` nearest rows and their cosines for a `(1, d) float32` query, best first, ties by row.

    Only rows of `within` where it is given, `(m,) int64` in order: the first `k` of them in the ranking of all.
    """
    if within is None:
        scores, rows = made.search(query, k)
        return _ranked(rows[0], scores[0])
    if not len(within):
        return []
    id_map: Any = made  # what `build` makes; the library's types know little of how Python calls it
    if isinstance(faiss.downcast_index(id_map.index), faiss.IndexFlat):
        # Told which rows it may look at, FAISS multiplies one by one, and the last bits of a cosine are others. So
        # all are ranked: it multiplies all in either case, and there are few enough.
        scores, rows = made.search(query, max(1, made.ntotal))
        there = np.isin(rows[0], within)
        rows, scores = rows[0][there], scores[0][there]
        end = len(scores) if len(scores) <= k else int(np.count_nonzero(scores >= scores[k - 1]))
        return _ranked(rows[:end], scores[:end])[:k]
    member = np.zeros(int(within[-1]) + 1, bool)
    member[within] = True
    make_selector: Any = faiss.IDSelectorBitmap
    make_parameters: Any = faiss.SearchParameters
    # Acts on our rows, not on FAISS's own places: an ID map translates. Asks one bit a vector, however many are within.
    parameters = make_parameters(sel=make_selector(np.packbits(member, bitorder="little")))
    limit = k + 1
    while True:
        scores, rows = made.search(query, limit, params=parameters)
        found = _ranked(rows[0], scores[0])
        # Which of equal vectors FAISS keeps at the end is its own choice: so one further is looked at.
        if len(found) < limit or found[k][1] < found[k - 1][1]:
            return found[:k]
        limit *= 2


def _ranked(rows: NDArray[np.int64], scores: NDArray[np.float32]) -> list[tuple[int, float]]:
    found = [(int(row), float(score)) for row, score in zip(rows, scores, strict=True) if row >= 0]
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))
