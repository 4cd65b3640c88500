"""Questions that are followed: changes told over a made stream of articles, and seconds for 100 of them.

The stream (bench/gold/stream) comes in an article at a time, after the first ones, over which its questions are taken
up. A change counts as told where its article's value is news to its question; anything else that is told is false. With
`--archive` and `--gold` instead: 100 questions are followed in an archive of which 1,000 articles (`--new`) count as
not there yet; then they are there, and the clock runs until all have been asked.
"""

import json
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.corpus import describe_archive, describe_path, read_corpus
from bench.record import open_parser, write_record
from cli.terminal import open_to_index
from evaluation.gold.questions import read_gold
from ground.words import holds
from index.news_index import NewsIndex
from index.opening import open_archive
from index.store.scope import EVERYTHING, Scope
from index.store.standing import Standing
from qa.newsroom import Newsroom, open_reader
from qa.provenance import ROOT
from qa.settings import NO_LLM, Settings
from qa.standing.compare import compare
from qa.standing.follow import Change, ask_whole, begin, check, known_from
from qa.standing.words import headline

STREAM = ROOT / "bench" / "gold" / "stream"
FOLLOWED = 100
SEED = 17


def main() -> None:
    parser = open_parser(__doc__ or "", name="standing")
    parser.add_argument("--stream", type=Path, default=STREAM, help="the stream's folder (bench/gold/stream)")
    parser.add_argument(
        "--archive", type=Path, help="for the clock: an archive with more articles than are new; it is copied"
    )
    parser.add_argument("--new", type=int, default=1_000, help="how many of them are new (1,000)")
    parser.add_argument("--gold", type=Path, help="a gold set over it, 100 questions or more")
    given = parser.parse_args()
    settings = Settings(weights=given.weights, llm=NO_LLM, offline=True)
    if given.archive and given.gold:
        with closing(open_archive(given.archive)) as archive:
            corpus = describe_archive(archive)
        figures = run_clock(given.archive, given.gold, settings, new=given.new)
    else:
        corpus = describe_path(given.stream / "articles", read_corpus(given.stream / "articles"))
        figures = run_stream(given.stream, settings)
    write_record(given.name, figures, corpus=corpus, models=["arctic-embed-s"], weights=given.weights)


def open_news(settings: Settings, folder: Path) -> tuple[NewsIndex, Newsroom, Any]:
    """A new archive in a folder, its newsroom, and what counts tokens."""
    settings = replace(settings, archive=folder)
    news, count_tokens = open_to_index(settings, lambda _: None)
    return news, Newsroom(news, settings, lambda: open_reader(settings), lambda: None), count_tokens


def run_stream(stream: Path, settings: Settings) -> dict[str, object]:
    """The changes of a stream that were told, those that were not, and what was told beside them."""
    plan = json.loads((stream / "stream.json").read_text("utf-8"))
    files = sorted((stream / "articles").iterdir())
    wanted = {(q["question"], c["article"]): c["value"] for q in plan["questions"] for c in q["changes"]}
    told: list[str] = []
    false: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "articles"
        place.mkdir()
        for file in files[: plan["archive"]]:
            shutil.copy(file, place)
        news, room, count_tokens = open_news(settings, Path(scratch) / "archive")
        news.update([place], count_tokens=count_tokens)
        with closing(news), closing(Standing(news.archive.folder)) as standing:
            for row in plan["questions"]:
                _, first = begin(room, standing, row["question"])
                print(f"at first: {headline(first)}")
            for file in files[plan["archive"] :]:
                shutil.copy(file, place)
                news.update([place / file.name], count_tokens=count_tokens)
                for change in check(room, standing):
                    value = wanted.get((change.question, file.stem))
                    right = value is not None and any(holds(voice.words, value) for voice in change.now)
                    (told if right else false).append(f"{file.stem}: {headline(change)}")
                    print(f"{'told' if right else 'FALSE':5}  {file.stem}: {headline(change)}  [{_scores(change)}]")
    missed = len(wanted) - len(told)
    print(f"\n{len(told)} of {len(wanted)} changes told, {len(false)} false, over {len(files)} articles")
    return {
        "articles": len(files),
        "questions": len(plan["questions"]),
        "changes": len(wanted),
        "told": len(told),
        "missed": missed,
        "false": len(false),
        "told_as": told,
        "false_as": false,
    }


def _scores(change: Change) -> str:
    return ", ".join(f"{voice.score:.2f}" for voice in change.now)


def run_clock(archive: Path, gold: Path, settings: Settings, *, new: int) -> dict[str, object]:
    """Seconds until 100 followed questions have been asked of `new` articles that none of them has seen.

    What is known of each at first is what the other articles say.
    """
    questions = [question.question for question in read_gold(gold)]
    followed = random.Random(SEED).sample(sorted(set(questions)), FOLLOWED)
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(archive, Path(scratch) / "archive")
        news, room, _ = open_news(settings, Path(scratch) / "archive")
        news.ready()
        with closing(news), closing(Standing(news.archive.folder)) as standing:
            digests = news.archive.digests()
            ids = sorted(digests)
            assert len(ids) > new, "the clock wants an archive of more articles"
            random.Random(SEED).shuffle(ids)
            old = Scope(articles=tuple(sorted(ids[new:])))
            answered = 0
            for question in followed:
                voices = ask_whole(room, question, old)
                known = known_from(compare(question, (), voices).known, voices, set())
                standing.add(question, EVERYTHING, "", known, {"kind": "first", "now": [], "was": []})
                answered += bool(known["voices"])
            standing.see({id: digests[id] for id in ids[new:]})
            began, spent = time.perf_counter(), time.process_time()
            changes = list(check(room, standing))
            seconds, spent = time.perf_counter() - began, time.process_time() - spent
            began = time.perf_counter()
            nothing = list(check(room, standing))
            again = time.perf_counter() - began
            held = news.archive.counts()
    assert not nothing, "told once"
    kinds: Sequence[str] = [change.kind for change in changes]
    told = f"{seconds:.1f} s, {spent:.1f} s of a processor, {len(changes)} changes told; with nothing new {again:.2f} s"
    print(f"{FOLLOWED} questions after {new} new articles: {told}")
    return {
        "followed": FOLLOWED,
        "answered_before": answered,
        "new_articles": new,
        "articles": held.articles,
        "passages": held.passages,
        "seconds": round(seconds, 1),
        "processor_seconds": round(spent, 1),
        "told": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "seconds_with_nothing_new": round(again, 2),
    }


if __name__ == "__main__":
    main()
