"""Which kind of FAISS index for how many passages: an exact scan, float16, 8 bits, or inverted lists.

The vectors are made: an archive's own, taken over and over with seeded noise and brought back to length 1. Queries
are made the same way with more noise. So neighbours lie closer than in a real archive of that size: a hard case.
"""

import os
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from bench.corpus import describe_archive
from bench.record import open_parser, spread, write_record
from index.embedded import EmbeddedArchive

SIZES = (20_000, 100_000, 300_000)
K = 10
Vectors = NDArray[np.float32]


def noisy(vectors: Vectors, n: int, noise: float, random: np.random.Generator) -> Vectors:
    """`(n, d) float32` unit rows: those of `vectors` in turn, each with noise of that standard deviation."""
    made = vectors[np.arange(n) % len(vectors)] + random.normal(0, noise, (n, vectors.shape[1])).astype(np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def build(kind: str, vectors: Vectors) -> faiss.Index:
    """An index of one kind over inner products, filled."""
    d, metric = vectors.shape[1], faiss.METRIC_INNER_PRODUCT
    if kind == "Flat float32":
        made: faiss.Index = faiss.IndexFlatIP(d)
    elif kind == "SQ float16":
        made = faiss.IndexScalarQuantizer(d, faiss.ScalarQuantizer.QT_fp16, metric)
    elif kind == "SQ 8 bits":
        made = faiss.IndexScalarQuantizer(d, faiss.ScalarQuantizer.QT_8bit, metric)
    else:
        lists = faiss.index_factory(d, f"IVF{round(4 * len(vectors) ** 0.5)},Flat", metric)
        faiss.ParameterSpace().set_index_parameter(lists, "nprobe", int(kind.rpartition(" ")[2]))
        made = lists
    made.train(vectors)
    made.add(vectors)
    return made


KINDS = ("Flat float32", "SQ float16", "SQ 8 bits", "IVF, nprobe 16", "IVF, nprobe 64")


def size_of(made: faiss.Index) -> int:
    """Bytes on disk, about what it takes in memory."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "index")
        faiss.write_index(made, file)
        return os.path.getsize(file)


def measure(kind: str, vectors: Vectors, queries: Vectors, exact: NDArray[np.int64]) -> dict[str, object]:
    began = time.perf_counter()
    made = build(kind, vectors)
    seconds = time.perf_counter() - began
    made.search(queries[:1], K)
    spent, held = [], []
    for query, wanted in zip(queries, exact, strict=True):
        began = time.perf_counter()
        _, rows = made.search(query[None], K)
        spent.append(1000 * (time.perf_counter() - began))
        held.append(len(set(rows[0].tolist()) & set(wanted.tolist())) / len(wanted))
    return {
        "n": len(vectors),
        "kind": kind,
        "query_ms": spread(spent, 3),
        "recall@10": round(float(np.mean(held)), 4),
        "build_seconds": round(seconds, 2),
        "bytes": size_of(made),
    }


def main() -> None:
    parser = open_parser(__doc__ or "", name="dense", weights=False)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--n", type=int, default=SIZES[-1], help=f"the largest size, of {SIZES}")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--noise", type=float, default=0.02, help="standard deviation in each dimension (0.02)")
    parser.add_argument("--query-noise", type=float, default=0.04)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    archive = EmbeddedArchive.open(given.archive)
    own = np.concatenate([vectors for _, vectors in archive.vectors()])
    random = np.random.default_rng(given.seed)
    starts = own[random.permutation(len(own))]
    queries = noisy(starts, given.queries, given.query_noise, random)
    table = []
    print(f"{'n':>8}  {'kind':16}{'ms a query':>12}{'recall@10':>11}{'build s':>9}{'MB':>8}")
    for n in sorted({size for size in SIZES if size < given.n} | {given.n}):
        vectors = noisy(own, n, given.noise, random)
        # The truth is a NumPy product, not FAISS's own.
        exact = np.array([np.argsort(-(vectors @ query), kind="stable")[:K] for query in queries])
        for kind in KINDS:
            row = measure(kind, vectors, queries, exact)
            table.append(row)
            ms = row["query_ms"]
            assert isinstance(ms, dict) and isinstance(row["bytes"], int)
            print(
                f"{n:8}  {kind:16}{ms['median']:12.2f}{row['recall@10']:11}{row['build_seconds']:9}"
                f"{row['bytes'] / 1e6:8.0f}",
                flush=True,
            )
    figures = {
        "vectors": "made from the archive's own with noise",
        "noise": given.noise,
        "query_noise": given.query_noise,
        "own_vectors": len(own),
        "table": table,
    }
    write_record(given.name, figures, corpus=describe_archive(archive))


if __name__ == "__main__":
    main()
