"""How long a search takes: warm in one process, cold as a process of its own; and how long `--help` takes."""

import time
from pathlib import Path

import numpy as np

from bench.process import run
from bench.record import open_parser, spread, write_record

WARM_UP = 20


def main() -> None:
    parser = open_parser(__doc__ or "", name="search")
    parser.add_argument("archive", type=Path)
    parser.add_argument("gold", type=Path, help="a gold set; only its questions are used")
    parser.add_argument("--questions", type=int, default=200, help=f"how many are timed, after {WARM_UP} that are not")
    parser.add_argument("-k", type=int, default=10, help="hits a search (10)")
    parser.add_argument("--cold", type=int, default=5, help="searches as processes (5)")
    parser.add_argument("--helps", type=int, default=10, help="processes that print --help (10)")
    given = parser.parse_args()
    from evaluation.gold.questions import read_gold

    questions = [question.question for question in read_gold(given.gold)]
    place = ("--archive", given.archive.resolve(), "--weights", given.weights.resolve(), "--offline")
    helps = [run("--help").seconds for _ in range(given.helps)]
    cold = [run("search", questions[i % len(questions)], *place).seconds for i in range(given.cold)]

    from bench.corpus import describe_archive
    from qa.newsroom import open_newsroom
    from qa.settings import Settings

    room = open_newsroom(Settings(archive=given.archive, weights=given.weights, offline=True))
    began = time.perf_counter()
    room.news.ready()
    opened = time.perf_counter() - began
    warm = []
    # A set shorter than asked for is gone through once; the first questions are asked again when it is over.
    for question in (questions[: WARM_UP + given.questions] + questions[:WARM_UP])[: WARM_UP + given.questions]:
        began = time.perf_counter()
        room.search(question, given.k)
        warm.append(1000 * (time.perf_counter() - began))
    warm = warm[WARM_UP:]
    figures = {
        "warm_search_ms": spread(warm, 2) | {"p95": round(float(np.percentile(warm, 95)), 2)},
        "open_indexes_seconds": round(opened, 3),
        "cold_search_process_seconds": spread(cold),
        "help_process_seconds": spread(helps),
    }
    for name, value in figures.items():
        print(f"{name:30}{value}")
    about = describe_archive(room.news.archive)
    write_record(given.name, figures, corpus=about, gold=given.gold, models=["arctic-embed-s"], weights=given.weights)


if __name__ == "__main__":
    main()
