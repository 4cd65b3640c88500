"""Fits what `qa.evidence` weighs by: `python -m training.calibrate ARCHIVE GOLD [ARCHIVE GOLD …]`.

Two regressions. A softmax over the scores of a sentence (`qa.evidence.SCORES`) says which one answers: one that holds
an accepted answer of an answerable question is right, any other wrong. A logistic regression over
`qa.evidence.ANY_SCORES` says whether any does. The questions of each gold set are halved by id: one half is fitted on,
the figures are of the other.
"""

import argparse
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ground.words import holds
from models.reader import WEIGHTS, OnnxReader
from qa.evidence import ANY_SCORES, SCORES, absent, find_evidence
from qa.newsroom import open_newsroom
from qa.settings import Settings

Floats = NDArray[np.float64]
Question = dict[str, Any]
PENALTY = 1e-3  # of the squared weights, a question
PENALTY_ANY = 0.02  # the same, of standardised scores


def read_questions(archive: Path, gold: Path, reader: OnnxReader, passages: int, most: int) -> list[dict[str, Any]]:
    """For each question whether it is answerable, the scores of its sentences and whether each is right."""
    room = open_newsroom(replace(Settings(), archive=archive, offline=True))
    rows = [json.loads(line) for line in gold.read_text("utf-8").splitlines()]
    rows = sorted((row for row in rows if not row.get("history")), key=lambda row: zlib.crc32(row["id"].encode()))
    made = []
    for row in rows[:most]:
        forms = [form for group in row.get("answer_groups") or [row.get("answers") or []] for form in group]
        found = find_evidence(row["question"], room.search(row["question"], passages), reader)
        answerable = row.get("answerable", True)
        right = [answerable and any(holds(item.quote, form) for form in forms) for item in found]
        made.append(
            {
                "id": row["id"],
                "kind": row.get("kind") or "",
                "answerable": answerable,
                "scores": [item.scores for item in found],
                "right": right,
                "passage": max((item.passage for item in found), default=0.0),
                "absent": [absent(row["question"], item) for item in found],
                "fit": zlib.crc32(f"half {row['id']}".encode()) % 2 == 0,
            }
        )
    return made


def fit(questions: Sequence[Question]) -> tuple[Floats, float]:
    """Weights of the scores and the bias that make the right sentence of each question likeliest, or none of them where
    it is unanswerable: a softmax over its sentences and "none", as in Clark & Gardner 2018 over paragraphs."""
    held = [(np.array(q["scores"]), np.array(q["right"]), q["answerable"]) for q in questions if len(q["scores"])]

    def loss(given: Floats) -> float:
        total = 0.0
        for scores, right, answerable in held:
            logits = np.concatenate([[0.0], scores @ given[:-1] + given[-1]])
            whole = float(np.logaddexp.reduce(logits))
            if right.any():
                total += whole - float(np.logaddexp.reduce(logits[1:][right]))
            elif not answerable:
                total += whole
        return total / len(held) + PENALTY * float((given[:-1] ** 2).sum())

    size = len(SCORES)
    found = minimize(loss, np.zeros(size + 1), method="L-BFGS-B", bounds=[(0, None)] * size + [(None, None)])
    return found.x[:-1], float(found.x[-1])


def any_scores(question: Question, weights: Floats, bias: float) -> tuple[float, ...]:
    """The ANY_SCORES of a question, which has a sentence at least."""
    weighed = [float(np.dot(row, weights) + bias) for row in question["scores"]]
    best = max(weighed)
    return best, question["passage"], *question["absent"][weighed.index(best)]


def fit_any(questions: Sequence[Question], weights: Floats, bias: float) -> Floats:
    """Weights of ANY_SCORES, and the bias: log-odds that a question is answerable."""
    rows = np.array([any_scores(q, weights, bias) for q in questions if q["scores"]])
    answerable = np.array([float(q["answerable"]) for q in questions if q["scores"]])
    middle, spread = rows.mean(0), rows.std(0) + 1e-6
    plain = (rows - middle) / spread

    def loss(given: Floats) -> float:
        odds = plain @ given[:-1] + given[-1]
        return float(np.mean(np.logaddexp(0, odds) - answerable * odds)) + PENALTY_ANY * float((given[:-1] ** 2).sum())

    found = minimize(loss, np.zeros(len(ANY_SCORES) + 1), method="L-BFGS-B").x
    slopes = found[:-1] / spread
    return np.array([*slopes, found[-1] - float(slopes @ middle)])


def area(right: Sequence[float], wrong: Sequence[float]) -> float:
    """The chance that one of `right` is above one of `wrong` (Mann-Whitney)."""
    if not right or not wrong:
        return float("nan")
    a, b = np.array(right)[:, None], np.array(wrong)[None, :]
    return float(((a > b) + 0.5 * (a == b)).mean())


def figures(questions: Sequence[dict[str, Any]], weights: Floats, bias: float, any_does: Floats) -> dict[str, Any]:
    """How well the best sentence is right, and how well answerable questions are told from others, by kind too."""
    best = [float(any_does @ [*any_scores(q, weights, bias), 1.0]) if q["scores"] else -9.0 for q in questions]
    yes = [score for q, score in zip(questions, best, strict=True) if q["answerable"]]
    kinds = sorted({q["kind"] for q in questions if not q["answerable"]})
    tops = []
    for q in questions:
        if q["answerable"] and q["scores"]:
            order = np.argsort([-float(np.dot(s, weights)) for s in q["scores"]])
            tops.append([any(q["right"][n] for n in order[:k]) for k in (1, 3, 5)])
    no = [score for q, score in zip(questions, best, strict=True) if not q["answerable"]]
    bars = {}
    for share in (0.02, 0.05, 0.1, 0.15):
        bar = float(np.quantile(yes, share)) if yes else 0.0
        bars[f"answerable refused {share}"] = {
            "bar": round(bar, 2),
            "refused": round(float(np.mean([x < bar for x in no])), 3) if no else None,
        }
    return {
        "questions": len(questions),
        "right sentence in the first 1, 3, 5": [round(float(x), 3) for x in np.mean(tops, axis=0)] if tops else [],
        "area": round(area(yes, no), 3),
        "by kind": {
            kind: round(
                area(
                    yes, [s for q, s in zip(questions, best, strict=True) if not q["answerable"] and q["kind"] == kind]
                ),
                3,
            )
            for kind in kinds
        },
        "bars": bars,
    }


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("pairs", nargs="+", help="an archive and its gold set, in turn")
    given.add_argument("--reader", type=Path, default=WEIGHTS)
    given.add_argument("--passages", type=int, default=30)
    given.add_argument("--most", type=int, default=400, help="questions of each gold set")
    options = given.parse_args()
    reader = OnnxReader(options.reader)
    held = {}
    for archive, gold in zip(options.pairs[::2], options.pairs[1::2], strict=True):
        held[gold] = read_questions(Path(archive), Path(gold), reader, options.passages, options.most)
    fitted = [q for questions in held.values() for q in questions if q["fit"]]
    weights, bias = fit(fitted)
    any_does = fit_any(fitted, weights, bias)
    print("WEIGHTS, BIAS =", [round(float(w), 3) for w in weights], round(bias, 3))
    print("ANY_WEIGHTS, ANY_BIAS =", [round(float(w), 3) for w in any_does])
    for gold, questions in held.items():
        print(gold, json.dumps(figures([q for q in questions if not q["fit"]], weights, bias, any_does)))
    told = [q for questions in held.values() for q in questions if not q["fit"]]
    print("all", json.dumps(figures(told, weights, bias, any_does)))
    for n, name in enumerate(SCORES):
        alone = np.zeros(len(SCORES))
        alone[n] = 1
        print(f"{name} alone", json.dumps(figures(told, alone, 0.0, np.eye(len(ANY_SCORES) + 1)[0])))


if __name__ == "__main__":
    main()
