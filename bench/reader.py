"""The reader as a model of its own: spans, refusing, support, speed, memory.

`python -m bench.reader SETS GOLD [--held HELD]`: SETS is the folder of public sets (newsqa_dev, summedits), GOLD the
one with xquad/ and squad2/, HELD `held.jsonl` of `training.mix`. All of them were kept out of training.
"""

import gzip
import json
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.record import open_parser, write_record
from evaluation.measures import exact_match, token_f1
from ground.words import fold
from index.passage import split_sentences
from models import Marked
from models.reader import WEIGHTS, OnnxReader
from training.calibrate import area

WINDOW = 900  # characters of an article that are read at a time
BAR = 0.7  # probability from which a statement is borne out: qa.prove
EDITS = 1_000  # summedits rows


def windows(text: str, most: int = WINDOW) -> list[tuple[int, int]]:
    """Runs of whole sentences of at most `most` characters."""
    made: list[tuple[int, int]] = []
    for start, end in split_sentences(text):
        if made and end - made[-1][0] <= most:
            made[-1] = (made[-1][0], end)
        else:
            made.append((start, end))
    return made


def lines(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def best_span(reader: OnnxReader, question: str, text: str) -> tuple[float, str]:
    """The likeliest words of a text and their score over "none here"."""
    parts = windows(text)
    readings = reader.read(question, [("", text[a:b]) for a, b in parts])
    found = [(s, text[a + x : a + y]) for (a, _), r in zip(parts, readings, strict=True) for s, x, y in r.spans[:1]]
    return max(found, default=(-99.0, ""))


def squad(reader: OnnxReader, folder: Path) -> dict[str, object]:
    """EM and F1 with the gold paragraph; where some are unanswerable, with the best bar for "none" too, as SQuAD 2.0's
    evaluation reports it."""
    texts = {row["id"]: row["text"] for row in lines(folder / "corpus.jsonl")}
    rows = []
    for asked in lines(folder / "gold.jsonl"):
        where = asked.get("context_article") or (asked["evidence"][0]["article_id"] if asked.get("evidence") else None)
        if where is None:
            continue
        score, words = best_span(reader, asked["question"], texts[where])
        forms = asked.get("answers") or []
        answerable = asked.get("answerable", True)
        rows.append((score, answerable, exact_match(words, forms), token_f1(words, forms) if answerable else 0.0))
    yes = [row for row in rows if row[1]]
    told: dict[str, object] = {
        "questions": len(rows),
        "EM": _mean([row[2] for row in yes]),
        "F1": _mean([row[3] for row in yes]),
    }
    no = [row for row in rows if not row[1]]
    if no:

        def scored(bar: float) -> tuple[float, float]:
            em = [float(r[0] < bar) if not r[1] else (r[2] if r[0] >= bar else 0.0) for r in rows]
            f1 = [float(r[0] < bar) if not r[1] else (r[3] if r[0] >= bar else 0.0) for r in rows]
            return _mean(em), _mean(f1)

        bar = max((row[0] for row in rows), key=lambda bar: scored(bar)[1])
        told |= {
            "unanswerable": len(no),
            "area, answerable over not": round(area([r[0] for r in yes], [r[0] for r in no]), 3),
            "EM and F1 at the bar 0": scored(0.0),
            "EM and F1 at the best bar": scored(bar),
            "unanswerable told at the bar 0": _mean([float(r[0] < 0) for r in no]),
        }
    return told


def newsqa(reader: OnnxReader, sets: Path, most: int) -> dict[str, object]:
    """F1 of the best words of a whole article (NewsQA's development half, as MRQA has it)."""
    rows = list(lines(sets / "newsqa_dev.jsonl.gz"))
    chosen = [rows[n] for n in np.random.default_rng(0).choice(len(rows), most, replace=False)]
    found = [(best_span(reader, row["question"], row["context"])[1], row["answers"]) for row in chosen]
    em = _mean([exact_match(words, forms) for words, forms in found])
    return {"questions": most, "EM": em, "F1": _mean([token_f1(words, forms) for words, forms in found])}


def in_views(text: str) -> list[Marked]:
    cut = [text[a:b] for a, b in split_sentences(text)]
    return [(cut[n - 1] if n else "", cut[n], cut[n + 1] if n + 1 < len(cut) else "") for n in range(len(cut))]


def overlap(statement: str, view: Marked) -> float:
    """The share of a statement's words that a sentence with its neighbours holds: what a verifier must beat."""
    words = set(fold(statement).split())
    return len(words & set(fold(" ".join(view)).split())) / max(1, len(words))


def summedits(reader: OnnxReader, sets: Path) -> dict[str, object]:
    """Whether a summary's sentences are all borne out by some sentence of its article; a wrong one has one detail
    changed (Laban et al. 2023)."""
    rows = list(lines(sets / "summedits.jsonl.gz"))
    chosen = [rows[n] for n in np.random.default_rng(0).choice(len(rows), min(EDITS, len(rows)), replace=False)]
    ours, words, right = [], [], []
    for row in chosen:
        views = in_views(row["premise"])
        scores, plain = [], []
        for a, b in split_sentences(row["hypothesis"]):
            said = row["hypothesis"][a:b]
            nearest = sorted(views, key=lambda view, said=said: -overlap(said, view))[:4]  # type: ignore[misc]
            plain.append(max(overlap(said, view) for view in nearest))
            scores.append(max(v.supported for v in reader.judge([said] * len(nearest), nearest)))
        ours.append(min(scores))
        words.append(min(plain))
        right.append(row["label"] in ("support", "entailment"))
    return {"rows": len(chosen), **_judged(ours, words, right)}


def held_back(reader: OnnxReader, held: Path) -> dict[str, object]:
    """Our own passages that were not trained on: statements borne out against not, near misses against answers."""
    rows = list(lines(held))
    told = [row for row in rows if row["kind"] == "support"]
    views = [
        (" ".join(filter(None, (row["heading"] + " |", row.get("before", "")))), row["text"], row.get("after", ""))
        for row in told
    ]
    verdicts = reader.judge([row["statement"] for row in told], views)
    right = [row["label"] == "supported" for row in told]
    support = _judged(
        [v.supported for v in verdicts], [overlap(r["statement"], v) for r, v in zip(told, views, strict=True)], right
    )
    plain = [n for n, row in enumerate(told) if row.get("made") is not None]
    statements = _judged(
        [verdicts[n].supported for n in plain],
        [overlap(told[n]["statement"], views[n]) for n in plain],
        [right[n] for n in plain],
    )
    asked = [row for row in rows if row["kind"] == "span"]
    scores = [reader.read(row["question"], [(row["heading"] + " |", row["text"])])[0] for row in asked]
    yes = [s.spans[0][0] for s, row in zip(scores, asked, strict=True) if row["answers"]]
    no = [s.spans[0][0] for s, row in zip(scores, asked, strict=True) if not row["answers"]]
    alone = [row for row in rows if row["kind"] == "answers"]
    said = []
    for row in alone:
        before = " ".join(filter(None, (row["heading"] + " |", row.get("before", ""))))
        said += reader.answers(row["question"], [(before, row["text"], row.get("after", ""))])
    return {
        "support": support,
        "statements alone": statements,
        "passages, answerable over near miss, area": round(area(yes, no), 3),
        "sentences, answerable over not, area": round(
            area(
                [s for s, r in zip(said, alone, strict=True) if r["label"]],
                [s for s, r in zip(said, alone, strict=True) if not r["label"]],
            ),
            3,
        ),
        "questions": len(asked),
    }


def _judged(scores: Sequence[float], words: Sequence[float], right: Sequence[bool]) -> dict[str, object]:
    """Area and balanced accuracy, false pass and false strip at BAR; the same items by word overlap at its best bar."""
    yes = [s for s, ok in zip(scores, right, strict=True) if ok]
    no = [s for s, ok in zip(scores, right, strict=True) if not ok]
    passed, stripped = _mean([float(s >= BAR) for s in no]), _mean([float(s < BAR) for s in yes])
    plain = (
        [s for s, ok in zip(words, right, strict=True) if ok],
        [s for s, ok in zip(words, right, strict=True) if not ok],
    )
    best = max(
        (np.mean([s >= bar for s in plain[0]]) + np.mean([s < bar for s in plain[1]])) / 2 for bar in sorted(set(words))
    )
    return {
        "area": round(area(yes, no), 3),
        "balanced accuracy": round(1 - (passed + stripped) / 2, 3),
        "false pass": passed,
        "false strip": stripped,
        "bar": BAR,
        "word overlap": {"area": round(area(*plain), 3), "balanced accuracy at its best bar": round(float(best), 3)},
    }


def speed(reader: OnnxReader, gold: Path) -> dict[str, float]:
    """Passages of some 120 words a second, and seconds for a question over 30 of them."""
    texts = [row["text"] for row in lines(gold / "xquad" / "corpus.jsonl")][:30]
    asked = [row["question"] for row in lines(gold / "xquad" / "gold.jsonl")][:10]
    reader.read(asked[0], [("", text) for text in texts])
    began = time.perf_counter()
    for question in asked:
        reader.read(question, [("", text) for text in texts])
    spent = (time.perf_counter() - began) / len(asked)
    return {"seconds a question, 30 passages": round(spent, 3), "passages a second": round(30 / spent, 1)}


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 3) if values else 0.0


def main() -> None:
    parser = open_parser(__doc__ or "", name="reader", weights=False)
    parser.add_argument("sets", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--held", type=Path)
    parser.add_argument("--reader", type=Path, default=WEIGHTS)
    parser.add_argument("--newsqa", type=int, default=600, help="questions of NewsQA")
    given = parser.parse_args()
    reader = OnnxReader(given.reader)
    figures: dict[str, object] = {"reader": reader.identity, "bytes": (given.reader / "reader.onnx").stat().st_size}
    figures["speed"] = speed(reader, given.gold)
    figures["peak RSS bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for name, made in (
        ("SQuAD 1.1 dev (xquad)", lambda: squad(reader, given.gold / "xquad")),
        ("SQuAD 2.0 dev", lambda: squad(reader, given.gold / "squad2")),
        ("NewsQA dev", lambda: newsqa(reader, given.sets, given.newsqa)),
        ("SummEdits", lambda: summedits(reader, given.sets)),
        ("own, held back", lambda: held_back(reader, given.held) if given.held else None),
    ):
        figures[name] = made()  # type: ignore[no-untyped-call]
        print(name, json.dumps(figures[name]), flush=True)
    print(json.dumps(figures["speed"]))
    write_record(given.name, figures)


if __name__ == "__main__":
    main()
