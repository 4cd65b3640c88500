"""SIGKILL at seeded moments of a real `groundwire index`; what the next run makes must equal what one run makes.

Every kill starts from where the one before it left the archive; once a run ends before its moment, the next starts
anew. After each kill a copy is run to its end and compared: fingerprint, search indexes, hits of ten questions.
"""

import random
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.corpus import describe_path, read_corpus, write_files
from bench.process import run, run_until
from bench.record import open_parser, write_record
from index.news_index import NewsIndex
from index.opening import is_archive, open_archive, ranker_of
from index.store.archive import ArchiveError
from models import Embedder
from qa.newsroom import open_embedder
from qa.retrieve import retrieve
from qa.settings import Settings

TRIES = 3  # for one moment: a run that goes on from a kill is shorter, and may end before it


def moments(kills: int, seconds: float, seed: int) -> list[float]:
    """One moment in each of `kills` equal parts of a run, in a random order."""
    random_ = random.Random(seed)
    drawn = [seconds * (part + random_.random()) / kills for part in range(kills)]
    random_.shuffle(drawn)
    return drawn


def phase(folder: Path, articles: int) -> str:
    """How far a killed run had come, by what lies in a copy of its folder."""
    if not is_archive(folder):
        return "before the archive"
    try:
        archive = open_archive(folder)
    except ArchiveError:
        return "making the archive: it cannot be read"
    try:
        held = archive.counts().articles
        if held < articles:
            return f"embedding, {held} of {articles} articles written"
        behind = [name for name, current in ranker_of(archive).current().items() if not current]
        return f"writing the indexes, {' and '.join(behind)} to be written" if behind else "all written"
    finally:
        archive.close()


def look(folder: Path, embedder: Embedder, questions: Sequence[str]) -> tuple[str, bool, list[object]]:
    """Fingerprint, whether both indexes are current, and the hits of each question."""
    news = NewsIndex.open(folder, embedder)
    current = all(ranker_of(news.archive).current().values())
    hits = [
        (hit.article.id, hit.passage.start, hit.passage.end, round(hit.score, 5))
        for question in questions
        for hit in retrieve(news, question, k=10, candidates=50)
    ]
    found = (news.archive.fingerprint(), current, list[object](hits))
    news.close()
    return found


def main() -> None:
    parser = open_parser(__doc__ or "", name="kill")
    parser.add_argument("folder", type=Path, help="articles: a folder, or a file of JSON Lines")
    parser.add_argument("--limit", type=int, help="only the first N articles")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    articles = read_corpus(given.folder)[: given.limit]
    questions = [article.title for article in articles[:: max(1, len(articles) // 10)]][:10]
    embedder = open_embedder(Settings(weights=given.weights, offline=True))
    rows: list[dict[str, object]] = []
    finished_first = 0
    with tempfile.TemporaryDirectory() as temporary:
        source, whole, archive, copy = (Path(temporary, name) for name in ("articles", "whole", "archive", "copy"))
        write_files(articles, source)
        last = ("--weights", given.weights.resolve(), "--offline")
        run("index", source, "--archive", whole, *last)
        shutil.rmtree(whole)
        seconds = run("index", source, "--archive", whole, *last).seconds  # the second time, all files are in memory
        wanted = look(whole, embedder, questions)
        print(f"a run of {len(articles)} articles takes {seconds:.1f} s; killing {given.kills}", flush=True)
        for moment in moments(given.kills, seconds, given.seed):
            for _ in range(TRIES):
                resumed = is_archive(archive)
                code = run_until(moment, "index", source, "--archive", archive, *last)
                if code is None:
                    break
                shutil.rmtree(archive, ignore_errors=True)
                finished_first += 1
            else:
                continue
            for folder in (copy, Path(temporary, "seen")):
                shutil.rmtree(folder, ignore_errors=True)
                if archive.exists():
                    shutil.copytree(archive, folder)
            row: dict[str, object] = {"second": round(moment, 3), "resumed": resumed}
            row["phase"] = phase(Path(temporary, "seen"), len(articles))
            after = run("index", source, "--archive", copy, *last, check=False)
            got = look(copy, embedder, questions) if after.code == 0 else ("", False, [])
            row |= {"exit_code": after.code, "same_archive": got[0] == wanted[0], "indexes_current": got[1]}
            row |= {"same_hits": got[2] == wanted[2], "whole": got == wanted and wanted[1]}
            rows.append(row)
            print(f"{moment:7.2f} s  {'whole ' if row['whole'] else 'BROKEN'}  {row['phase']}", flush=True)
    good = sum(bool(row["whole"]) for row in rows)
    print(f"{good} of {len(rows)} whole; {finished_first} runs ended before their moment")
    figures = {
        "run_seconds": round(seconds, 2),
        "hits_compared": len(wanted[2]),
        "kills": len(rows),
        "whole": good,
        "runs_ended_before_their_moment": finished_first,
        "rows": rows,
    }
    about = describe_path(given.folder, articles)
    write_record(given.name, figures, corpus=about, models=["arctic-embed-s"], weights=given.weights)


if __name__ == "__main__":
    main()
