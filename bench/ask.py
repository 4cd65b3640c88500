"""What `groundwire ask` takes as a process: peak memory, seconds to the first words on a terminal, seconds in all.

With `--fast` the quick way is asked right after the whole one, so that their ratio bears a machine that is shared.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.process import Run, run_on_terminal
from bench.record import open_parser, spread, write_record
from qa.settings import Settings


def main() -> None:
    parser = open_parser(__doc__ or "", name="ask")
    parser.add_argument("archive", type=Path)
    parser.add_argument("questions", nargs="+", metavar="QUESTION")
    parser.add_argument("--runs", type=int, default=3, help="of each question (3)")
    parser.add_argument("--llm", default=Settings.llm, help=f"a model of the catalogue ({Settings.llm})")
    parser.add_argument("--fast", action="store_true", help="the whole way and --fast, in turn")
    given = parser.parse_args()
    place = ("--archive", given.archive.resolve(), "--weights", given.weights.resolve(), "--offline")
    table: dict[str, list[dict[str, object]]] = {}
    runs: dict[str, list[Run]] = {}
    ways: dict[str, tuple[str, ...]] = {"whole": ()} | ({"fast": ("--fast",)} if given.fast else {})
    print(f"{'way':6}{'peak GB':>9}{'first words s':>15}{'total s':>9}  question")
    for question in given.questions:
        asked: dict[str, list[Run]] = {way: [] for way in ways}
        for _ in range(given.runs):
            for way, option in ways.items():
                one = run_on_terminal("ask", question, *place, "--llm", given.llm, *option)
                asked[way].append(one)
                told = f"{one.peak_rss / 1e9:9.2f}{one.first_words or 0:15.1f}{one.seconds:9.1f}"
                print(f"{way:6}{told}  {question}", flush=True)
        for way, those in asked.items():
            runs.setdefault(way, []).extend(those)
            table.setdefault(way, []).append({"question": question} | figures_of(those))
    from bench.corpus import describe_archive
    from index.opening import open_archive

    archive = open_archive(given.archive)
    figures: dict[str, object] = figures_of(runs["whole"]) | {"by_question": table["whole"]}
    if given.fast:
        figures["fast"] = figures_of(runs["fast"]) | {"by_question": table["fast"]}
        pairs = list(zip(runs["fast"], runs["whole"], strict=True))
        figures["fast_over_whole"] = {
            "first_words": spread([_first(fast) / _first(whole) for fast, whole in pairs], 3),
            "total": spread([fast.seconds / whole.seconds for fast, whole in pairs], 3),
        }
    models = [given.llm, "arctic-embed-s"]
    about = describe_archive(archive)
    write_record(given.name, figures, corpus=about, models=models, weights=given.weights)


def figures_of(runs: Sequence[Run]) -> dict[str, object]:
    """Peak memory, first words and the whole of several runs."""
    return {
        "peak_rss_gb": spread([one.peak_rss / 1e9 for one in runs], 3),
        "first_words_seconds": spread([_first(one) for one in runs], 2),
        "total_seconds": spread([one.seconds for one in runs], 2),
    }


def _first(run: Run) -> float:
    return run.first_words or run.seconds


if __name__ == "__main__":
    main()
