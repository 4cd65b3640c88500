"""What `groundwire ask` takes as a process: peak memory, seconds to the first words on a terminal, seconds in all.

Seconds to what is found are those to its line on standard error. With `--quotes` each question is asked with
`--llm none` right after, so that the ratio of the two bears a machine that is shared.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.process import Run, run_on_terminal
from bench.record import open_parser, spread, write_record
from qa.settings import NO_LLM, Settings


def main() -> None:
    parser = open_parser(__doc__ or "", name="ask")
    parser.add_argument("archive", type=Path)
    parser.add_argument("questions", nargs="+", metavar="QUESTION")
    parser.add_argument("--runs", type=int, default=3, help="of each question (3)")
    parser.add_argument("--llm", default=Settings.llm, help=f"a model of the catalogue ({Settings.llm})")
    parser.add_argument("--quotes", action="store_true", help="the whole way and --llm none, in turn")
    given = parser.parse_args()
    place = ("--archive", given.archive.resolve(), "--weights", given.weights.resolve(), "--offline")
    table: dict[str, list[dict[str, object]]] = {}
    runs: dict[str, list[Run]] = {}
    ways = {"whole": given.llm} | ({"quotes": NO_LLM} if given.quotes else {})
    print(f"{'way':7}{'peak GB':>8}{'found s':>9}{'first words s':>15}{'total s':>9}  question")
    for question in given.questions:
        asked: dict[str, list[Run]] = {way: [] for way in ways}
        for _ in range(given.runs):
            for way, llm in ways.items():
                one = run_on_terminal("ask", question, *place, "--llm", llm)
                asked[way].append(one)
                told = f"{one.peak_rss / 1e9:8.2f}{one.found or 0:9.1f}{one.first_words or 0:15.1f}{one.seconds:9.1f}"
                print(f"{way:7}{told}  {question}", flush=True)
        for way, those in asked.items():
            runs.setdefault(way, []).extend(those)
            table.setdefault(way, []).append({"question": question} | figures_of(those))
    from bench.corpus import describe_archive
    from index.opening import open_archive

    archive = open_archive(given.archive)
    figures: dict[str, object] = figures_of(runs["whole"]) | {"by_question": table["whole"]}
    if given.quotes:
        figures["quotes"] = figures_of(runs["quotes"]) | {"by_question": table["quotes"]}
        pairs = list(zip(runs["quotes"], runs["whole"], strict=True))
        figures["quotes_over_whole"] = {
            "first_words": spread([_first(quotes) / _first(whole) for quotes, whole in pairs], 3),
            "total": spread([quotes.seconds / whole.seconds for quotes, whole in pairs], 3),
        }
    models = [given.llm, "arctic-embed-s"]
    about = describe_archive(archive)
    write_record(given.name, figures, corpus=about, models=models, weights=given.weights)


def figures_of(runs: Sequence[Run]) -> dict[str, object]:
    """Peak memory, what is found, first words and the whole of several runs."""
    return {
        "peak_rss_gb": spread([one.peak_rss / 1e9 for one in runs], 3),
        "found_seconds": spread([one.found for one in runs if one.found is not None] or [0.0], 2),
        "first_words_seconds": spread([_first(one) for one in runs], 2),
        "total_seconds": spread([one.seconds for one in runs], 2),
    }


def _first(run: Run) -> float:
    return run.first_words or run.seconds


if __name__ == "__main__":
    main()
