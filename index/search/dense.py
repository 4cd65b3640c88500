"""The archive's vectors for searching: FAISS codes find what is likely near, the archive's own vectors say how near.

Derived from the archive and brought up to date from it; ids are passage rows. Every SEGMENT passages, in order of row,
are coded once and never touched again. Those after them stand beside as they are; coded rows that left are listed.
"""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.search.stamp import NAME, UNFINISHED, Stamp, read_stamp, write_stamp
from index.store.sqlite import EmbeddedArchive
from models import Vectors

SEGMENT = 32_768
NUMBERS_A_CODE = 2  # of a vector; each pair is one of 16, which FAISS looks up in registers
TRAINED_ON = 8192
ROUNDS = 8  # of k-means; FAISS's own 25 take three times as long and find 0.1 % more
# So many times as many as are wanted are looked at again with their own vectors (bench/results/scale.json).
DEPTH = 8
LEAST_DEPTH = 200
MOST_GONE = 0.25  # of what is coded; past it all is coded anew
AT_ONCE = 8192  # vectors in memory, of those that are looked at again
CODES, ROWS, VECTORS, GONE = ".faiss", ".rows.npy", ".vectors.npy", ".gone.npy"

Ranking = list[tuple[int, float]]
Rows = NDArray[np.int64]
NO_ROWS: Rows = np.empty(0, np.int64)


@dataclass
class _Held:
    """What a folder holds: names of the coded segments, rows and vectors after them, coded rows that have left."""

    segments: list[str]
    rows: Rows
    vectors: Vectors
    gone: Rows

    @property
    def coded_to(self) -> int:
        """The last row that is coded: a segment's name says it."""
        return int(self.segments[-1].removesuffix(CODES)) if self.segments else 0


def generation(folder: Path) -> int | None:
    """The archive's generation that the folder holds; None where it is missing or damaged."""
    stamp = _read_stamp(folder, NAME)
    return stamp.generation if stamp else None


def update(folder: Path, archive: EmbeddedArchive, *, segment: int = SEGMENT) -> None:
    """Brings the folder to the archive's generation: on from where a killed run ended, anew where it is damaged.

    What a reader has open, or opens meanwhile, stays whole. The caller holds the writer's lock.
    """
    wanted, dimension = archive.generation, int(archive.about("dimension"))
    finished, unfinished = (_read_stamp(folder, name) for name in (NAME, UNFINISHED))
    if finished and finished.generation == wanted:
        return
    stamp = unfinished or finished
    if stamp is None or stamp.generation > wanted:  # an older archive was put back
        return _anew(folder, archive, segment)
    held = _read(folder, stamp, dimension)
    removed = np.array(archive.removed_since(stamp.generation), np.int64)
    held.gone = np.union1d(held.gone, removed[removed <= held.coded_to])
    if len(held.gone) > MOST_GONE * segment * len(held.segments):
        return _anew(folder, archive, segment)
    kept = ~np.isin(held.rows, removed)
    held.rows, held.vectors = held.rows[kept], held.vectors[kept]
    _add(folder, archive, held, stamp.last_row, segment)


def _anew(folder: Path, archive: EmbeddedArchive, segment: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    dimension = int(archive.about("dimension"))
    _add(folder, archive, _Held([], NO_ROWS, np.empty((0, dimension), np.float32), NO_ROWS), 0, segment)


def _add(folder: Path, archive: EmbeddedArchive, held: _Held, last_row: int, segment: int) -> None:
    """Takes in what came after a row, a segment at a time, and writes down what is there."""
    generation = archive.generation
    gone = f"{generation}{GONE}"
    _write_array(folder, gone, held.gone)
    pieces = [(held.rows, held.vectors)]
    for piece in archive.vectors(after=last_row):
        pieces.append(piece)
        if sum(len(rows) for rows, _ in pieces) >= segment:
            rows, vectors = _joined(pieces)
            pieces = [(rows[segment:].copy(), vectors[segment:].copy())]
            held.segments.append(f"{rows[segment - 1]:012}{CODES}")
            _write_codes(folder / held.segments[-1], rows[:segment], vectors[:segment])
            write_stamp(folder, generation, held.coded_to, files=[*held.segments, gone], name=UNFINISHED)
    rows, vectors = _joined(pieces)
    for name, array in ((ROWS, rows), (VECTORS, vectors)):
        _write_array(folder, f"{generation}{name}", array)
    files = [*held.segments, gone, f"{generation}{ROWS}", f"{generation}{VECTORS}"]
    write_stamp(folder, generation, archive.last_row, files=files)
    for file in folder.iterdir():
        if file.name not in {NAME, *files}:
            with suppress(PermissionError):  # Windows, while another reads it: it leaves with the next change
                file.unlink()


def _joined(pieces: Sequence[tuple[Rows, Vectors]]) -> tuple[Rows, Vectors]:
    return np.concatenate([rows for rows, _ in pieces]), np.concatenate([vectors for _, vectors in pieces])


def one_thread() -> None:
    """Keeps FAISS on the calling thread, for which alone its setting counts.

    What it does here is too little to share: beside busy processes two threads took 70 times as long for the codes of
    98,000 passages (68 ms for 0.95 ms), and 14 times as long to make them; alone they gained nothing.
    """
    faiss.omp_set_num_threads(1)


def _write_codes(file: Path, rows: Rows, vectors: Vectors) -> None:
    dimension = vectors.shape[1]
    numbers = NUMBERS_A_CODE if dimension % NUMBERS_A_CODE == 0 else 1
    codes: Any = faiss.IndexPQFastScan(dimension, dimension // numbers, 4, faiss.METRIC_INNER_PRODUCT)
    codes.pq.cp.niter = ROUNDS
    one_thread()
    codes.train(np.ascontiguousarray(vectors[:: max(1, len(vectors) // TRAINED_ON)]))
    made: Any = faiss.IndexIDMap(codes)
    made.add_with_ids(vectors, rows)
    file.unlink(missing_ok=True)  # another may be reading what an earlier run left
    faiss.write_index(made, str(file))


def _write_array(folder: Path, name: str, array: NDArray[Any]) -> None:
    (folder / name).unlink(missing_ok=True)
    np.save(folder / name, array)


def _read_stamp(folder: Path, name: str) -> Stamp | None:
    """As `read_stamp`; None for a folder of another make."""
    stamp = read_stamp(folder, name=name)
    return stamp if stamp and any(file.endswith(GONE) for file in stamp.files) else None


def _read(folder: Path, stamp: Stamp, dimension: int) -> _Held:
    arrays = {file.partition(".")[2]: np.load(folder / file) for file in stamp.files if file.endswith(".npy")}
    return _Held(
        sorted(file for file in stamp.files if file.endswith(CODES)),
        arrays.get(ROWS[1:], NO_ROWS),
        arrays.get(VECTORS[1:], np.empty((0, dimension), np.float32)),
        arrays[GONE[1:]],
    )


def load(folder: Path, archive: EmbeddedArchive) -> "tuple[int, DenseIndex] | None":
    """Generation and index; None where the folder is missing or damaged."""
    stamp = _read_stamp(folder, NAME)
    if stamp is None:
        return None
    try:
        held = _read(folder, stamp, int(archive.about("dimension")))
        return stamp.generation, DenseIndex(
            held, [faiss.read_index(str(folder / name)) for name in held.segments], archive
        )
    except (OSError, RuntimeError):  # a writer has just put others in their place
        return None


class DenseIndex:
    """An open folder, for searching. Every score is the cosine of the archive's own vector; equal ones stand by row.

    Of what is not coded (all of it, below SEGMENT passages) the ranking is exact. Of what is coded, a passage can be
    missed that the codes place DEPTH times too low.
    """

    def __init__(self, held: _Held, segments: "list[faiss.Index]", archive: EmbeddedArchive) -> None:
        self._held = held
        self._segments = segments
        self._archive = archive
        id_maps: list[Any] = list(segments)
        coded = [faiss.vector_to_array(one.id_map) for one in id_maps]
        self._coded: Rows = np.concatenate([NO_ROWS, *coded])

    def search(self, query: Vectors, k: int, *, within: Rows | None = None) -> Ranking:
        """The `k` nearest rows and their cosines for a `(1, d) float32` query, best first, ties by row.

        Only rows of `within` where it is given, `(m,) int64` in order: the first `k` of them in the ranking of all.
        """
        rows, scores = self._held.rows, _cosines(self._held.vectors, query)
        if within is not None:
            there = _among(rows, within)
            rows, scores = rows[there], scores[there]
        fresh = _best(rows, scores, k)
        return sorted([*fresh, *self._of_coded(query, k, within)], key=_place)[:k]

    def _of_coded(self, query: Vectors, k: int, within: Rows | None) -> Ranking:
        depth = max(LEAST_DEPTH, DEPTH * k)
        if within is None:
            there, candidates = len(self._coded), None
        else:
            candidates = within[_among(within, self._coded)]
            there = len(candidates)
        if there <= depth:
            return self._looked_at(query, self._coded if candidates is None else candidates, k)
        # Others than those within take places, and so do those that left.
        asked = min(SEGMENT, depth * max(1, len(self._coded) // there))
        one_thread()
        while True:
            found = [one.search(query, min(asked, one.ntotal)) for one in self._segments]
            rows = np.concatenate([rows[0] for _, rows in found])
            likely = np.concatenate([scores[0] for scores, _ in found])
            kept = ~_among(rows, self._held.gone)
            if within is not None:
                kept &= _among(rows, within)
            rows, likely = rows[kept], likely[kept]
            if len(rows) >= depth or all(asked >= one.ntotal for one in self._segments):
                return self._looked_at(query, rows[np.argsort(-likely, kind="stable")[:depth]], k)
            asked *= 4

    def _looked_at(self, query: Vectors, rows: Rows, k: int) -> Ranking:
        """The best `k` of these by the archive's own vectors."""
        best: Ranking = []
        for start in range(0, len(rows), AT_ONCE):
            held, vectors = self._archive.vectors_at(rows[start : start + AT_ONCE])
            best = sorted([*best, *_best(held, _cosines(vectors, query), k)], key=_place)[:k]
        return best


def _cosines(vectors: Vectors, query: Vectors) -> Vectors:
    """Each vector's product with the query, the same to the last bit whichever vectors stand beside it.

    On one core: a matrix product is split over all of them, and waits for those that another process is using.
    """
    return np.asarray(np.einsum("ij,j->i", vectors, query[0]))


def _among(rows: Rows, others: Rows) -> NDArray[np.bool_]:
    """Which of the rows are among others, that are in order."""
    if not len(others):
        return np.zeros(len(rows), bool)
    return np.asarray(others[np.minimum(np.searchsorted(others, rows), len(others) - 1)] == rows)


def _place(hit: tuple[int, float]) -> tuple[float, int]:
    return -hit[1], hit[0]


def _best(rows: Rows, scores: Vectors, k: int) -> Ranking:
    """The first `k` by score, ties by row."""
    if len(rows) > k > 0:
        kept = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        rows, scores = rows[kept], scores[kept]
    return sorted(zip(rows.tolist(), scores.tolist(), strict=True), key=_place)[: max(0, k)]
