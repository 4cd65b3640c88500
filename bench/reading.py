"""How well the model's yes and no part passages that answer from those that do not: by order of the prompt, by length.

AUC is the chance that a passage with gold evidence scores above one without (Mann-Whitney); questions are pooled.
"""

import statistics
import sys
from pathlib import Path

from bench.corpus import describe_archive, places_of, texts_of
from bench.record import open_parser, write_record
from index.passage import heading
from models import Message
from qa import prompt
from qa.gold import read_gold
from qa.judge import Place
from qa.pipeline import ANSWER_LOG_ODDS, CERTAIN_LOG_ODDS, LEAST_LOG_ODDS, open_newsroom
from qa.read import read_hits
from qa.retrieve import Hit
from qa.settings import Settings


def question_first(question: str, hit: Hit) -> list[Message]:
    """The gate with the same words, the question before the passage."""
    task = f'Can the question "{question}" be answered from the passage below alone? Reply Yes or No.'
    return [
        Message("system", prompt.READER),
        Message("user", f"{task}\n\nPassage ({heading(hit.article, hit.passage.start)}):\n{hit.text}"),
    ]


def auc(good: list[float], bad: list[float]) -> float | None:
    """Chance that a good one is above a bad one, ties half."""
    if not good or not bad:
        return None
    return statistics.fmean((g > b) + (g == b) / 2 for g in good for b in bad)


def main() -> None:
    parser = open_parser(__doc__ or "", name="reading")
    parser.add_argument("archive", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--limit", type=int, default=14, help="questions, spread evenly over the gold set (14)")
    parser.add_argument("--hits", type=int, default=6, help="passages a question (6)")
    given = parser.parse_args()
    settings = Settings(archive=given.archive, weights=given.weights, offline=True)
    room = open_newsroom(settings)

    text_of = texts_of(room.news.archive)
    gold = [question for question in read_gold(given.gold) if not question.history]
    asked = gold[:: max(1, len(gold) // given.limit)][: given.limit]
    scores: dict[str, tuple[list[float], list[float]]] = {
        name: ([], []) for name in ("question last", "question first", "sentence alone")
    }
    refusable: dict[bool, list[float]] = {True: [], False: []}

    def keep(name: str, score: float, places: list[Place], article: str, start: int, end: int) -> None:
        scores[name][not any(place.overlaps(article, start, end) for place in places)].append(score)

    for done, question in enumerate(asked, 1):
        places = (places_of(question, text_of) or []) if question.answerable else []
        hits = room.search(question.question, given.hits)
        best = -9.0
        readings = read_hits(
            question.question,
            hits,
            room.generator,
            least_log_odds=LEAST_LOG_ODDS,
            certain_log_odds=CERTAIN_LOG_ODDS,
        )
        for hit, reading in zip(hits, readings, strict=True):
            span = (hit.article.id, hit.passage.start, hit.passage.end)
            keep("question last", reading.log_odds, places, *span)
            first = room.generator.log_odds(question_first(question.question, hit))
            keep("question first", first, places, *span)
            for item in reading.evidence:
                keep("sentence alone", item.log_odds, places, hit.article.id, item.start, item.end)
                best = max(best, reading.log_odds + item.log_odds)
        refusable[question.answerable].append(best)
        print(f"{done} of {len(asked)} questions", file=sys.stderr, flush=True)
    figures = {
        name: {"auc": auc(*pair), "with evidence": len(pair[0]), "without": len(pair[1])}
        for name, pair in scores.items()
    } | {
        "bar": ANSWER_LOG_ODDS,
        "answerable over the bar": [round(best, 2) for best in refusable[True]],
        "unanswerable over the bar": [round(best, 2) for best in refusable[False]],
    }
    for name, row in figures.items():
        print(f"{name:28}{row}")
    about = describe_archive(room.news.archive)
    models = ["arctic-embed-s", settings.llm]
    write_record(given.name, figures, corpus=about, gold=given.gold, models=models, weights=given.weights)


if __name__ == "__main__":
    main()
