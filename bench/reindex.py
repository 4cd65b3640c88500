"""What it costs to index a corpus of one file an article, and again when one article has changed.

Each round changes an article and runs `groundwire index`; then another, and times the update alone in this process.
"""

import json
import random
import tempfile
import time
from pathlib import Path

from bench.corpus import describe_path, read_corpus, write_files
from bench.process import run
from bench.record import open_parser, spread, write_record


def change(file: Path, note: str) -> None:
    """Adds a sentence at the end of an article."""
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"\n\nThis sentence was added later, {note}.\n")


def main() -> None:
    parser = open_parser(__doc__ or "", name="reindex")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--limit", type=int, help="only the first N articles")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the choice of articles to change")
    given = parser.parse_args()
    articles = read_corpus(given.corpus)[: given.limit]
    chosen = random.Random(given.seed).choices(range(len(articles)), k=2 * given.rounds)

    with tempfile.TemporaryDirectory() as folder:
        files, archive = write_files(articles, Path(folder, "articles")), Path(folder, "archive")
        models = ("--weights", given.weights.resolve(), "--offline")
        update = ("index", files[0].parent, "--archive", archive, *models, "--json")
        print(f"indexing {len(files)} files …", flush=True)
        first = run(*update, loud=True)
        made = json.loads(first.output)
        nothing = [run(*update) for _ in range(given.rounds)]
        changed = []
        for round_ in range(given.rounds):
            change(files[chosen[round_]], f"in round {round_}")
            changed.append(run(*update))
        reports = [json.loads(one.output) for one in changed]

        # From here on this process holds models; every process whose memory counts has ended.
        from index.news_index import NewsIndex
        from models.tokens import load_tokens
        from qa.newsroom import open_embedder
        from qa.settings import Settings

        embedder = open_embedder(Settings(weights=given.weights, offline=True))
        count = load_tokens(given.weights).count_each
        alone = []
        for round_ in range(given.rounds):
            change(files[chosen[given.rounds + round_]], f"in round {given.rounds + round_}")
            news = NewsIndex.open(archive, embedder)
            began = time.perf_counter()
            news.update([files[0].parent], count_tokens=count)
            alone.append(time.perf_counter() - began)
            news.close()

    figures = {
        "files": len(files),
        "passages": made["passages"],
        "first_index_seconds": round(first.seconds, 2),
        "first_index_peak_rss_gb": round(first.peak_rss / 1e9, 3),
        "nothing_changed_seconds": spread([one.seconds for one in nothing]),
        "one_changed_seconds": spread([one.seconds for one in changed]),
        "one_changed_update_alone_seconds": spread(alone),
        "one_changed_peak_rss_gb": spread([one.peak_rss / 1e9 for one in changed]),
        "one_changed_passages_embedded": [report["embedded"] for report in reports],
        "one_changed_articles": [report["changed"] for report in reports],
    }
    for name, value in figures.items():
        print(f"{name:36}{value}")
    about = describe_path(given.corpus, articles)
    write_record(given.name, figures, corpus=about, models=["arctic-embed-s"], weights=given.weights)


if __name__ == "__main__":
    main()
