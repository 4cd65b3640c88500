"""How cost grows with an archive: index, search, memory, disk and opening at 1,000 … 1,000,000 passages.

Sub-archives are made of articles of a large archive, drawn in a seeded order, with the vectors they have there: nothing
is embedded again. Each is made, searched and changed by processes of their own; what is done is kept in `--scratch`, so
that a killed run goes on. Beyond the archive's own passages its articles are cut in overlapping windows: those between
two passages have the normalised mean of their vectors, weighed by how far they lean over. They are not embedded.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from ground.files import write_whole

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
BATCH = 256  # passages a transaction, as `groundwire index` writes them
CANDIDATES, SHOWN = 50, 20  # as a question asks for them
WARM_UP = 20


def peak_mb() -> int:
    """The highest resident set of this process so far, since its program was started."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def disk_mb(path: Path) -> float:
    files = [path] if path.is_file() else path.rglob("*")
    return round(sum(file.stat().st_size for file in files if file.is_file()) / 1e6, 1)


def seconds_of(work: Callable[[], object]) -> float:
    return both_seconds_of(work)[0]


def both_seconds_of(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock, and of the processor for a machine that is not quiet."""
    began, worked = time.perf_counter(), time.process_time()
    work()
    return round(time.perf_counter() - began, 3), round(time.process_time() - worked, 3)


# Making: a process


def _windows(text: str, stored: list, times: int) -> list:  # type: ignore[type-arg]
    """The passages of an article and, between each two, `times` - 1 windows that lean over from one to the other."""
    import numpy as np

    from index.passage import Passage
    from index.store.archive import StoredPassage

    made = list(stored)
    for one, next_ in pairwise(stored):
        for step in range(1, times):
            share = step / times
            ends = [
                round(a + share * (b - a))
                for a, b in ((one.passage.start, next_.passage.start), (one.passage.end, next_.passage.end))
            ]
            start, end = (text.rfind(" ", 0, at) + 1 for at in ends)
            vector = (1 - share) * one.vector + share * next_.vector
            unit = np.asarray(vector / np.linalg.norm(vector), np.float32)
            if start < end:
                digest = sha256(f"{one.digest.hex()} {step}".encode()).digest()
                made.append(StoredPassage(Passage(start, end), digest, unit))
    return sorted(made, key=lambda held: (held.passage.start, held.passage.end))


def make(given: argparse.Namespace) -> dict[str, object]:
    """Fills the archive of one size and makes its indexes, going on where an earlier process was ended."""
    from index.search import dense, lexical
    from index.store.sqlite import EmbeddedArchive
    from models.embedder import open_embedder

    big = EmbeddedArchive.open(given.archive)
    folder = given.folder
    if (folder / "archive.sqlite").exists():
        archive = EmbeddedArchive.open(folder)
    else:
        about = {name: big.about(name) for name in ("embedder", "dimension", "max_tokens")}
        archive = EmbeddedArchive.create(folder, about)
    # Held as while indexing, and used once: its memory counts.
    embedder = open_embedder(given.weights / "arctic-embed-s", "arctic-embed-s")
    embedder.encode_documents(["It was closed early on Friday morning, officials said. " * 20] * BATCH)

    there = archive.owners()
    count = archive.passage_count
    held = big.passage_count
    # No window follows an article's last passage, so there is one more between two than would be enough.
    times = 1 if given.n <= held else -(-given.n // held) + 1
    seconds = worked = 0.0
    ids = sorted(big.owners())
    random.Random(0).shuffle(ids)
    batch: list = []  # type: ignore[type-arg]

    def write() -> None:
        with archive.change():
            file = archive.put_file("/made/corpus.jsonl", "/made", "")
            for article, passages in batch:
                archive.put_article(article, file, passages)
        batch.clear()

    last = time.monotonic()
    for id in ids:
        if id in there:
            continue
        if count >= given.n:
            break
        article, stored = big.article(id), big.stored(id)
        assert article is not None
        passages = _windows(article.text, stored, times)[: given.n - count]
        batch.append((article, passages))
        count += len(passages)
        if sum(len(held) for _, held in batch) >= BATCH:
            took = both_seconds_of(write)
            seconds, worked = seconds + took[0], worked + took[1]
        if time.monotonic() - last > 10:
            last = time.monotonic()
            print(f"  {count:,} of {given.n:,} passages, {seconds:.0f} s of writing", file=sys.stderr, flush=True)
    if batch:
        took = both_seconds_of(write)
        seconds, worked = seconds + took[0], worked + took[1]
    resumed = bool(there)
    writing = peak_mb()
    dense_seconds, dense_worked = both_seconds_of(lambda: dense.update(folder / "faiss", archive))
    after_dense = peak_mb()
    lexical_seconds, lexical_worked = both_seconds_of(lambda: lexical.update(folder / "tantivy", archive))
    figures = {
        "passages": archive.passage_count,
        "articles": len(archive.owners()),
        "windows_a_passage": times,
        # A process that went on from another does not know how long that one wrote.
        "write_seconds": None if resumed else round(seconds, 2),
        "processor_seconds": {
            "write": None if resumed else round(worked, 2),
            "dense": dense_worked,
            "lexical": lexical_worked,
        },
        "dense_seconds": dense_seconds,
        "lexical_seconds": lexical_seconds,
        "peak_mb": {"written": writing, "dense": after_dense, "all": peak_mb()},
    }
    archive.close()  # and the log goes into the file
    return figures | {"disk_mb": {name: disk_mb(folder / name) for name in ("archive.sqlite", "faiss", "tantivy")}}


# Searching: a process


def search(given: argparse.Namespace) -> dict[str, object]:
    """Opens an archive and asks it the gold set's questions; how long each part takes, and what exact search finds."""
    import numpy as np

    from bench.record import spread
    from evaluation.gold.questions import read_gold
    from index.news_index import NewsIndex
    from index.opening import ranker_of
    from index.search.fusion import fuse
    from index.store.scope import EVERYTHING
    from models.embedder import open_embedder

    asked = [question.question for question in read_gold(given.gold)]
    questions = list(dict.fromkeys(asked))[: WARM_UP + given.questions]
    embedder = open_embedder(given.weights / "arctic-embed-s", "arctic-embed-s")
    embedder.encode_queries(questions[:1])
    before = peak_mb()
    began = time.perf_counter()
    news = NewsIndex.open(given.folder, embedder)
    news.ready(lambda _: None)
    opened = time.perf_counter() - began
    news.find([row for row, _ in news.rank(questions[0], CANDIDATES)["dense"][:SHOWN]])
    first = time.perf_counter() - began

    spent: dict[str, list[float]] = {name: [] for name in ("whole", "cpu", "embed", "dense", "lexical", "find")}
    ranker = ranker_of(news.archive)
    held = ranker._open_indexes()  # type: ignore[attr-defined]
    queries, found = [], []
    for question in questions:
        marks, worked = [time.perf_counter()], time.process_time()
        ranked = news.rank(question, CANDIDATES)
        fused = fuse({name: [row for row, _ in hits] for name, hits in ranked.items()}, {"dense": 1.0, "lexical": 1.0})
        news.find([row for row, _ in fused[:SHOWN]])
        spent["whole"].append(time.perf_counter() - marks[0])
        spent["cpu"].append(time.process_time() - worked)
        marks = [time.perf_counter()]
        vector = embedder.encode_queries([question])
        marks.append(time.perf_counter())
        near = held.vectors.search(vector, CANDIDATES)
        marks.append(time.perf_counter())
        held.words.search(question, CANDIDATES)
        marks.append(time.perf_counter())
        news.find([row for row, _ in fused[:SHOWN]])
        marks.append(time.perf_counter())
        for name, (start, end) in zip(("embed", "dense", "lexical", "find"), pairwise(marks), strict=True):
            spent[name].append(end - start)
        queries.append(vector[0])
        found.append(near)
    searched = peak_mb()
    assert EVERYTHING.everything
    exact = list(_exact(news.archive, np.array(queries), CANDIDATES))
    timed = {name: [1000 * one for one in values[WARM_UP:]] for name, values in spent.items()}
    shares = {
        f"recall@{k}": round(
            statistics.mean(
                len({row for row, _ in near[:k]} & set(truth[:k])) / max(1, len(truth[:k]))
                for near, (truth, _) in zip(found, exact, strict=True)
            ),
            4,
        )
        for k in (10, CANDIDATES)
    }
    off = max(
        (abs(score - dict(zip(truth, scores, strict=True))[row]))
        for near, (truth, scores) in zip(found, exact, strict=True)
        for row, score in near
        if row in truth
    )
    return {
        "questions": len(questions) - WARM_UP,
        "open_seconds": round(opened, 3),
        "open_and_first_search_seconds": round(first, 3),
        "ms": {
            name: spread(values, 2) | {"p95": round(float(np.percentile(values, 95)), 2)}
            for name, values in timed.items()
        },
        **shares,
        "largest_difference_of_a_cosine": float(f"{off:.1e}"),
        "peak_mb": {"models": before, "searched": searched},
    }


def _exact(archive, queries, k: int) -> Iterator[tuple[list[int], list[float]]]:  # type: ignore[no-untyped-def]
    """For each query the `k` nearest rows of all with their cosines, by a NumPy product."""
    import numpy as np

    rows, scores = np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    for some, vectors in archive.vectors():
        rows = np.concatenate([rows, np.tile(some, (len(queries), 1))], axis=1)
        scores = np.concatenate([scores, queries @ vectors.T], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        rows, scores = np.take_along_axis(rows, best, 1), np.take_along_axis(scores, best, 1)
    for some, held in zip(rows.tolist(), scores.tolist(), strict=True):
        yield some, held


# Changing: a process


def change(given: argparse.Namespace) -> dict[str, object]:
    """Brings the indexes up to date with nothing changed, and with one article changed; the files are not read."""
    from dataclasses import replace

    from bench.record import spread
    from index.search import dense, lexical
    from index.search.derived import DerivedIndexes
    from index.store.archive import StoredPassage
    from index.store.sqlite import EmbeddedArchive

    archive = EmbeddedArchive.open(given.folder)
    derived = DerivedIndexes(archive)
    nothing = [seconds_of(derived.refresh) for _ in range(3)]
    ids = random.Random(1).sample(sorted(archive.owners()), 3)
    one: list[float] = []
    parts: dict[str, list[float]] = {"written": [], "dense": [], "lexical": []}
    for turn, id in enumerate(ids):
        article, stored = archive.article(id), archive.stored(id)
        assert article is not None
        fresh = [StoredPassage(held.passage, sha256(held.digest).digest(), held.vector) for held in stored]

        def write(article=article, fresh=fresh, turn=turn) -> None:  # type: ignore[no-untyped-def]
            with archive.change():
                file = archive.put_file("/made/corpus.jsonl", "/made", "")
                archive.put_article(replace(article, title=f"{article.title} {turn}"), file, fresh)

        parts["written"].append(seconds_of(write))
        parts["dense"].append(seconds_of(lambda: dense.update(given.folder / "faiss", archive)))
        parts["lexical"].append(seconds_of(lambda: lexical.update(given.folder / "tantivy", archive)))
        one.append(sum(values[-1] for values in parts.values()))
    archive.close()
    return {
        "nothing_changed_seconds": spread(nothing, 3),
        "one_changed_seconds": spread(one, 3),
        "one_changed_parts": {name: statistics.median(values) for name, values in parts.items()},
        "change_peak_mb": peak_mb(),
    }


STEPS = {"make": make, "search": search, "change": change}


def run_step(step: str, given: argparse.Namespace, n: int) -> dict[str, object]:
    """One step of one size, as a process of its own; from the scratch folder where it is done already."""
    kept = given.scratch / f"{n}.{step}.json"
    if not kept.exists():
        print(f"{n:,} passages: {step} …", flush=True)
        asked = ["--step", step, "--n", str(n), "--folder", str(given.scratch / str(n))]
        shared = ["--archive", given.archive, "--gold", given.gold, "--scratch", given.scratch]
        shared += ["--questions", str(given.questions), "--weights", given.weights]
        child = subprocess.run(
            [sys.executable, "-m", "bench.scale", *asked, *map(str, shared)], stdout=subprocess.PIPE, text=True
        )
        if child.returncode != 0:
            raise SystemExit(f"{step} of {n:,} passages ended with {child.returncode}; the same command goes on")
        write_whole(kept, child.stdout)
    return dict(json.loads(kept.read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--archive", type=Path, required=True, help="a large archive; it is only read")
    parser.add_argument("--gold", type=Path, required=True, help="a gold set; only its questions are used")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir(), "groundwire-scale"))
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="passages (1000 … 1000000)")
    parser.add_argument("--questions", type=int, default=200, help=f"how many are timed, after {WARM_UP} that are not")
    parser.add_argument("--again", choices=STEPS, action="append", default=[], help="a step to do again")
    parser.add_argument("--name", default="scale", help="the record goes to bench/results/NAME.json (scale)")
    parser.add_argument("--weights", type=Path, default=None)
    for hidden in ("--step", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--n", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.weights is None:
        from qa.settings import Settings

        given.weights = Path(os.environ.get("GROUNDWIRE_WEIGHTS") or Settings.weights)
    if given.step:
        given.folder = Path(given.folder)
        print(json.dumps(STEPS[given.step](given)))
        return
    given.scratch.mkdir(parents=True, exist_ok=True)
    rows = []
    for n in sorted(given.sizes):
        for step in given.again:
            (given.scratch / f"{n}.{step}.json").unlink(missing_ok=True)
        row: dict[str, object] = {}
        for step in STEPS:
            row |= {
                f"{step}_peak_mb" if name == "peak_mb" else name: value
                for name, value in run_step(step, given, n).items()
            }
        rows.append(row)
        print(line_of(row), flush=True)
    from bench.corpus import describe_archive
    from bench.growth import draw
    from bench.record import ROOT, write_record
    from index.opening import open_archive

    (ROOT / "docs" / "images" / "growth.svg").write_text(draw(rows), encoding="utf-8")
    about = describe_archive(open_archive(given.archive))
    write_record(
        given.name, {"sizes": rows}, corpus=about, gold=given.gold, models=["arctic-embed-s"], weights=given.weights
    )


def line_of(row: dict) -> str:  # type: ignore[type-arg]
    """One size in one line."""
    ms = row["ms"]["whole"]
    return (
        f"{row['passages']:>9,} passages: written in {row['write_seconds']} s, indexes {row['dense_seconds']} +"
        f" {row['lexical_seconds']} s, peak {row['make_peak_mb']['all']} MB; search {ms['median']} / {ms['p95']} ms"
        f" (p50 / p95), recall@10 {row['recall@10']}, @50 {row['recall@50']}, peak {row['search_peak_mb']['searched']}"
        f" MB; open and first search {row['open_and_first_search_seconds']} s; one changed"
        f" {row['one_changed_seconds']['median']} s"
    )


if __name__ == "__main__":
    main()
