"""What `groundwire ask` takes as a process: peak memory, seconds to the first words on a terminal, seconds in all."""

from pathlib import Path

from bench.process import run_on_terminal
from bench.record import open_parser, spread, write_record
from qa.settings import Settings


def main() -> None:
    parser = open_parser(__doc__ or "", name="ask")
    parser.add_argument("archive", type=Path)
    parser.add_argument("questions", nargs="+", metavar="QUESTION")
    parser.add_argument("--runs", type=int, default=3, help="of each question (3)")
    parser.add_argument("--llm", default=Settings.llm, help=f"a model of the catalogue ({Settings.llm})")
    given = parser.parse_args()
    place = ("--archive", given.archive.resolve(), "--weights", given.weights.resolve(), "--offline")
    table = []
    runs = []
    print(f"{'peak GB':>9}{'first words s':>15}{'total s':>9}  question")
    for question in given.questions:
        asked = []
        for _ in range(given.runs):
            one = run_on_terminal("ask", question, *place, "--llm", given.llm)
            asked.append(one)
            print(f"{one.peak_rss / 1e9:9.2f}{one.first_words or 0:15.1f}{one.seconds:9.1f}  {question}", flush=True)
        runs += asked
        table.append(
            {
                "question": question,
                "peak_rss_gb": spread([one.peak_rss / 1e9 for one in asked], 3),
                "first_words_seconds": spread([one.first_words or one.seconds for one in asked], 2),
                "total_seconds": spread([one.seconds for one in asked], 2),
            }
        )
    from bench.corpus import describe_archive
    from index.opening import open_archive

    archive = open_archive(given.archive)
    figures = {
        "peak_rss_gb": spread([one.peak_rss / 1e9 for one in runs], 3),
        "first_words_seconds": spread([one.first_words or one.seconds for one in runs], 2),
        "total_seconds": spread([one.seconds for one in runs], 2),
        "by_question": table,
    }
    models = [given.llm, "arctic-embed-s"]
    about = describe_archive(archive)
    write_record(given.name, figures, corpus=about, models=models, weights=given.weights)


if __name__ == "__main__":
    main()
