"""Makes the large archive that bench.scale is run on: reads, cuts and embeds a corpus, with progress, and goes on.

Hours for 300,000 passages on two cores. Killed, the same command reads on from there; each run leaves a line in
`runs.jsonl` beside the archive every half minute, so the record has what all of them took together.
"""

import json
import os
import time
from pathlib import Path

from bench.record import open_parser, write_record
from bench.scale import disk_mb, peak_mb, seconds_of

EVERY = 30.0  # seconds between two lines of progress


def main() -> None:
    parser = open_parser(__doc__ or "", name="large")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the folder of the archive")
    parser.add_argument("--passage-tokens", type=int, default=160, help="the longest passage (160)")
    parser.add_argument("--threads", type=int, help="of the embedder (one a core)")
    given = parser.parse_args()

    from bench.corpus import describe_archive
    from index.news_index import NewsIndex
    from index.opening import is_archive
    from index.update import UpdateProgress, update_archive
    from models.embedder import open_embedder
    from models.tokens import load_tokens

    embedder = open_embedder(given.weights / "arctic-embed-s", "arctic-embed-s", threads=given.threads)
    count_tokens = load_tokens(given.weights).count_each
    made = is_archive(given.out)
    news = (
        NewsIndex.open(given.out, embedder)
        if made
        else NewsIndex.create(given.out, embedder, max_tokens=given.passage_tokens)
    )
    runs = given.out / "runs.jsonl"
    began, last, run = time.monotonic(), 0.0, f"{os.getpid()} {time.time():.0f}"

    def note(embedded: int) -> dict[str, object]:
        seconds = round(time.monotonic() - began, 1)
        told = {"run": run, "seconds": seconds, "embedded": embedded, "peak_mb": peak_mb()}
        with runs.open("a") as log:
            log.write(json.dumps(told) + "\n")
        return told

    def say(progress: UpdateProgress) -> None:
        nonlocal last
        if time.monotonic() - last < EVERY:
            return
        last = time.monotonic()
        told = note(progress.passages)
        share = progress.done_bytes / max(1, progress.total_bytes)
        rate = progress.passages / max(0.1, last - began)
        print(f"{share:6.1%}  {progress.passages:,} passages in this run, {rate:.0f} a second, {told['peak_mb']} MB")

    with news.archive.writing():
        report = update_archive(news.archive, embedder, [given.corpus], count_tokens=count_tokens, progress=say)
        note(report.embedded)
        derived = seconds_of(news.ranker.refresh)
    by_run = {line["run"]: line for line in map(json.loads, runs.read_text().splitlines())}
    seconds = sum(line["seconds"] for line in by_run.values())
    embedded = sum(line["embedded"] for line in by_run.values())
    figures = {
        "passages": news.archive.passage_count,
        "runs": len(by_run),
        "seconds": round(seconds),
        "embedded": embedded,
        "passages_a_second": round(embedded / seconds, 1),
        "indexes_seconds": derived,
        "peak_mb": peak_mb(),
        "peak_mb_before_the_indexes": max(line["peak_mb"] for line in by_run.values()),
        "disk_mb": disk_mb(given.out),
        "problems": len(report.problems),
    }
    for name, value in figures.items():
        print(f"{name:30}{value}")
    about = describe_archive(news.archive)
    write_record(given.name, figures, corpus=about, models=["arctic-embed-s"], weights=given.weights)


if __name__ == "__main__":
    main()
