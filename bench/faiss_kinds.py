"""Which kind of FAISS index for how many passages: scans, codes and inverted lists, with and without a second look.

A second look ranks what an index found first by the vectors themselves. Vectors are the archive's own; for more than
it has, they are taken over and over with seeded noise: neighbours then lie closer than in a real archive of that size.
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
from index.store.sqlite import EmbeddedArchive

SIZES = (20_000, 100_000, 300_000)
K, LONG = 10, 50
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
    elif kind == "SQ 4 bits":
        made = faiss.IndexScalarQuantizer(d, faiss.ScalarQuantizer.QT_4bit, metric)
    elif kind.startswith("PQ"):
        made = faiss.IndexPQFastScan(d, int(kind.split()[1]), 4, metric)
    elif kind == "RaBitQ 2 bits":
        made = faiss.IndexRaBitQFastScan(d, metric, 32, 2)
    else:
        lists = faiss.index_factory(d, f"IVF{round(4 * len(vectors) ** 0.5)},Flat", metric)
        faiss.ParameterSpace().set_index_parameter(lists, "nprobe", int(kind.rpartition(" ")[2]))
        made = lists
    made.train(vectors)
    made.add(vectors)
    return made


# Each with how many are looked at again: none, and 0 stands for that.
KINDS = (
    ("Flat float32", 0),
    ("SQ float16", 0),
    ("SQ 8 bits", 0),
    ("SQ 8 bits", 200),
    ("SQ 4 bits", 200),
    ("PQ 96", 200),
    ("PQ 96", 400),
    ("PQ 192", 200),
    ("PQ 192", 400),
    ("RaBitQ 2 bits", 200),
    ("IVF, nprobe 16", 0),
    ("IVF, nprobe 64", 0),
)


def size_of(made: faiss.Index) -> int:
    """Bytes on disk, about what it takes in memory."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "index")
        faiss.write_index(made, file)
        return os.path.getsize(file)


def measure(
    kind: str, again: int, made: faiss.Index, vectors: Vectors, queries: Vectors, exact: NDArray[np.int64]
) -> dict[str, object]:
    """Milliseconds and recall of the first K and LONG, of which at most those that were looked at again are counted."""
    made.search(queries[:1], K)
    spent: list[float] = []
    held: dict[int, list[float]] = {K: [], LONG: []}
    for query, wanted in zip(queries, exact, strict=True):
        began = time.perf_counter()
        rows = made.search(query[None], again or LONG)[1][0]
        if again:
            rows = rows[np.argsort(-np.einsum("ij,j->i", vectors[rows], query), kind="stable")]
        spent.append(1000 * (time.perf_counter() - began))
        for k, found in held.items():
            found.append(len(set(rows[:k].tolist()) & set(wanted[:k].tolist())) / k)
    return {
        "n": len(vectors),
        "kind": kind,
        "looked_at_again": again,
        "query_ms": spread(spent, 3),
        **{f"recall@{k}": round(float(np.mean(found)), 4) for k, found in held.items()},
        "bytes": size_of(made),
    }


def main() -> None:
    parser = open_parser(__doc__ or "", name="dense")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--gold", type=Path, help="ask a gold set's questions; else vectors of the archive with noise")
    parser.add_argument("--n", type=int, default=SIZES[-1], help=f"the largest size, of {SIZES}")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--noise", type=float, default=0.02, help="standard deviation in each dimension (0.02)")
    parser.add_argument("--query-noise", type=float, default=0.04)
    parser.add_argument("--threads", type=int, default=1, help="of FAISS for one question (1)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    archive = EmbeddedArchive.open(given.archive)
    own = np.concatenate([vectors for _, vectors in archive.vectors()])
    random = np.random.default_rng(given.seed)
    if given.gold:
        from evaluation.gold.questions import read_gold
        from models.embedder import open_embedder

        embedder = open_embedder(given.weights / "arctic-embed-s", "arctic-embed-s")
        asked = dict.fromkeys(question.question for question in read_gold(given.gold))
        queries = embedder.encode_queries(list(asked)[: given.queries])
    else:
        queries = noisy(own[random.permutation(len(own))], given.queries, given.query_noise, random)
    faiss.omp_set_num_threads(given.threads)
    table = []
    print(f"{'n':>8}  {'kind':16}{'again':>6}{'ms':>9}{'@10':>8}{'@50':>8}{'build s':>9}{'MB':>8}")
    for n in sorted({size for size in SIZES if size < given.n} | {given.n}):
        vectors = own[random.permutation(len(own))[:n]] if n <= len(own) else noisy(own, n, given.noise, random)
        # The truth is a NumPy product, not FAISS's own.
        exact = np.array([np.argsort(-(vectors @ query), kind="stable")[:LONG] for query in queries])
        made, seconds, last = None, 0.0, ""
        for kind, again in KINDS:
            if made is None or kind != last:
                began = time.perf_counter()
                made, last = build(kind, vectors), kind
                seconds = time.perf_counter() - began
            row = measure(kind, again, made, vectors, queries, exact) | {
                "vectors": "its own" if n <= len(own) else "with noise",
                "build_seconds": round(seconds, 2),
            }
            table.append(row)
            ms = row["query_ms"]
            assert isinstance(ms, dict) and isinstance(row["bytes"], int)
            print(
                f"{n:8}  {kind:16}{again:6}{ms['median']:9.2f}{row['recall@10']:8}{row['recall@50']:8}"
                f"{row['build_seconds']:9}{row['bytes'] / 1e6:8.0f}",
                flush=True,
            )
    figures = {
        "noise": given.noise,
        "query_noise": None if given.gold else given.query_noise,
        "threads": given.threads,
        "own_vectors": len(own),
        "table": table,
    }
    about = describe_archive(archive)
    models = ["arctic-embed-s"] if given.gold else []
    write_record(given.name, figures, corpus=about, gold=given.gold, models=models, weights=given.weights)


if __name__ == "__main__":
    main()
