"""Sentences of drafts checked against an archive: how many true, altered and unfounded ones get the right mark.

`python -m bench.drafts` indexes the articles of bench/gold/newsroom and bench/gold/weekly into archives of its own and
checks bench/gold/drafts: the newsroom half chose bars and rules, the weekly half is for the report. An altered sentence
that is "contradicted" and one that is "not found" are both told apart from a true one, and counted apart.
"""

import json
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from bench.record import open_parser, write_record
from index.news_index import NewsIndex
from models.reader import OnnxReader
from qa.checking.check import check
from qa.newsroom import Models
from qa.provenance import ROOT
from qa.settings import NO_LLM, Settings

GOLD = ROOT / "bench" / "gold"
HALVES = ("newsroom", "weekly")
RIGHT = {"true": {"borne out"}, "altered": {"contradicted", "not found"}, "unfounded": {"not found"}}


def main() -> None:
    parser = open_parser(__doc__ or "", name="drafts")
    parser.add_argument("--half", choices=HALVES, action="append", help="one half alone, and no record is written")
    given = parser.parse_args()
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as scratch:
        settings = replace(Settings(), weights=given.weights, llm=NO_LLM, offline=True)
        models = Models(settings)
        for half in given.half or HALVES:
            folder = Path(scratch) / half
            news = NewsIndex.create(folder, models.embedder(), max_tokens=settings.passage_tokens)
            news.update([GOLD / half / "articles"], count_tokens=models.count_tokens())
            room = models.newsroom(news)
            figures[half] = measure(half, room)
            news.close()
    figures["reader"] = OnnxReader().identity
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    if not given.half:
        write_record(given.name, figures, gold=GOLD / "drafts" / "weekly.jsonl", models=[settings.embedder])


def measure(half: str, room: object) -> dict[str, object]:
    """The marks that each label got, the share that is right, which are wrong, and sentences a second."""
    rows = [json.loads(line) for line in (GOLD / "drafts" / f"{half}.jsonl").read_text("utf-8").splitlines()]
    marks: dict[str, Counter[str]] = {label: Counter() for label in RIGHT}
    kinds: dict[str, Counter[str]] = {}
    wrong = []
    began = time.perf_counter()
    for row in rows:
        (one,) = check(room, row["sentence"]).sentences  # type: ignore[arg-type]
        marks[row["label"]][one.mark] += 1
        if row["label"] == "altered":
            kinds.setdefault(row["kind"], Counter())[one.mark] += 1
        if one.mark not in RIGHT[row["label"]]:
            wrong.append(row["id"])
    seconds = time.perf_counter() - began
    shares = {
        label: round(sum(marks[label][mark] for mark in right) / marks[label].total(), 3)
        for label, right in RIGHT.items()
    }
    return {
        "right": shares,
        "marks": {label: dict(counted) for label, counted in marks.items()},
        "altered by kind": {kind: dict(counted) for kind, counted in sorted(kinds.items())},
        "wrong": wrong,
        "sentences a second": round(len(rows) / seconds, 1),
    }


if __name__ == "__main__":
    main()
