"""Recall and MRR of each stage of the search: dense, lexical, fused in four ways, as shipped, and reranked if asked.

A question counts where all its evidence is in the archive. Copies of a text are folded in every ranking alike.
"""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import describe_archive, places_of, texts_of
from bench.record import open_parser, write_record
from evaluation.gold.questions import Question, read_gold
from evaluation.judge import EvidencePlace
from index.news_index import NewsIndex
from index.search.fusion import fuse
from qa.newsroom import open_newsroom
from qa.retrieve import Hit, fold_copies
from qa.settings import Settings

CANDIDATES, DEPTH = 50, 10
FUSIONS = [(k, weight) for k in (10, 60) for weight in (0.5, 1.0)]


@dataclass(frozen=True)
class Found:
    """For one question: rank of the first hit with evidence, of the first by which every group is there, or None."""

    any_rank: int | None
    every_rank: int | None


def judge(hits: Sequence[Hit], places: Sequence[EvidencePlace]) -> Found:
    wanted, held, first = {place.group for place in places}, set[int](), None
    for hit in hits[:DEPTH]:
        spans = [(one.article.id, one.passage.start, one.passage.end) for one in (hit, *hit.copies)]
        held |= {place.group for place in places if any(place.overlaps(*span) for span in spans)}
        first = first or (hit.rank if held else None)
        if held == wanted:
            return Found(first, hit.rank)
    return Found(first, None)


def hits_of(news: NewsIndex, rows: Sequence[int]) -> list[Hit]:
    """The first rows as hits, with as many to spare for copies as the search looks at."""
    found = news.find(rows[: 2 * DEPTH])
    return fold_copies([Hit(rank, 0.0, one.passage, one.article) for rank, one in enumerate(found, 1)])[:DEPTH]


def rankings(news: NewsIndex, question: str) -> dict[str, list[int]]:
    """Rows best first, by the name of the stage."""
    ranked = {stage: [row for row, _ in rows] for stage, rows in news.rank(question, CANDIDATES).items()}
    fused = {
        f"fused, k {k}, lexical weight {weight:g}": [
            row for row, _ in fuse(ranked, {"dense": 1.0, "lexical": weight}, k=k)
        ]
        for k, weight in FUSIONS
    }
    return ranked | fused


def measures(found: Sequence[Found]) -> dict[str, float | int]:
    """Means over the questions; MRR@10 is of the first hit with evidence, 0 without one."""
    made: dict[str, float] = {}
    for name, ranks in (("any", [f.any_rank for f in found]), ("every", [f.every_rank for f in found])):
        made |= {
            f"recall@{k}, {name}": statistics.fmean(rank is not None and rank <= k for rank in ranks)
            for k in (1, 5, 10)
        }
    made["MRR@10"] = statistics.fmean(1 / f.any_rank if f.any_rank else 0.0 for f in found)
    return {name: round(value, 4) for name, value in made.items()} | {"n": len(found)}


def main() -> None:
    parser = open_parser(__doc__ or "", name="retrieval")
    parser.add_argument("archive", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--reranker", default="", help='a cross-encoder, or "llm" (none)')
    parser.add_argument("--limit", type=int, help="only the first N questions")
    given = parser.parse_args()
    settings = Settings(archive=given.archive, weights=given.weights, offline=True)
    room = open_newsroom(settings)

    text_of = texts_of(room.news.archive)
    gold = read_gold(given.gold)[: given.limit]
    asked: list[tuple[Question, list[EvidencePlace]]] = [
        (q, p) for q in gold if q.answerable and (p := places_of(q, text_of))
    ]
    if not asked:
        raise SystemExit(f"{given.gold}: no question has its evidence in {given.archive}")
    reranked = open_newsroom(Settings(**vars(settings) | {"reranker": given.reranker})) if given.reranker else None
    found: dict[str, list[Found]] = {}
    for done, (question, places) in enumerate(asked, 1):
        # As `groundwire eval --retrieval-only` asks: a follow-up with what was said before it.
        words = " ".join([*(turn.content for turn in question.history), question.question])[:2000]
        stages = {stage: hits_of(room.news, rows) for stage, rows in rankings(room.news, words).items()}
        stages["as shipped"] = room.search(words, DEPTH)
        if reranked:
            stages[f"as shipped, reranked by {given.reranker}"] = reranked.search(words, DEPTH)
        for stage, hits in stages.items():
            found.setdefault(stage, []).append(judge(hits, places))
        if done % 20 == 0:
            print(f"{done} of {len(asked)} questions", file=sys.stderr, flush=True)
    made = {stage: measures(rows) for stage, rows in found.items()}
    names = list(next(iter(made.values())))
    print(f"{'':34}" + "".join(f"{name.replace('recall', 'R'):>13}" for name in names))
    for stage, row in made.items():
        print(f"{stage:34}" + "".join(f"{row[name]:13}" for name in names))
    figures = {
        "questions": len(asked),
        "left_out": len(gold) - len(asked),
        "stages": made,
        "first_rank_any": {
            question.id: {stage: rows[i].any_rank for stage, rows in found.items()}
            for i, (question, _) in enumerate(asked)
        },
    }
    models = ["arctic-embed-s"] + ([settings.llm] if given.reranker == "llm" else [])
    about = describe_archive(room.news.archive)
    write_record(given.name, figures, corpus=about, gold=given.gold, models=models, weights=given.weights)


if __name__ == "__main__":
    main()
