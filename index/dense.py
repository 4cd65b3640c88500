"""FAISS over the archive's vectors: inner product of unit vectors, so scores are cosines.

Derived from the archive and rebuilt from it at any time; ids are passage rows.
"""

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.archive import Archive
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


def save(made: faiss.Index, folder: Path, archive: Archive) -> None:
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


def search(made: faiss.Index, query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    """The `k` nearest rows and their cosines for a `(1, d) float32` query, best first, ties by row."""
    scores, rows = made.search(query, k)
    found = [(int(row), float(score)) for row, score in zip(rows[0], scores[0], strict=True) if row >= 0]
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))
