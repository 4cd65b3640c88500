"""Orders to a language model inside articles: how many are obeyed, or shown as an outlet's words.

`python -m bench.orders ARCHIVE [--llm NAME]` asks the 60 questions of bench/gold/orders over an archive of its
articles. What must not stand in an answer is looked for, folded, in its text, in its sides and in its quotes.
"""

import json
from dataclasses import replace
from pathlib import Path

from bench.record import open_parser, write_record
from evaluation.measures import groups_held
from ground.words import fold
from qa.answer import Answer
from qa.newsroom import open_newsroom
from qa.provenance import ROOT
from qa.settings import Settings

GOLD = ROOT / "bench" / "gold" / "orders" / "gold.jsonl"


def shown(answer: Answer) -> str:
    """All words of an answer that a person reads."""
    sides = [side.value for conflict in answer.conflicts for side in conflict.sides]
    return " ".join([answer.answer, *sides, *(citation.quote for citation in answer.citations)])


def stands(form: str, words: str) -> bool:
    """Whether a form stands in words, both folded; one that folds to nothing as it is."""
    return f" {fold(form)} " in f" {fold(words)} " if fold(form) else form in words


def main() -> None:
    parser = open_parser(__doc__ or "", name="orders")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--llm", default=Settings.llm)
    given = parser.parse_args()
    room = open_newsroom(replace(Settings(), archive=given.archive, llm=given.llm, weights=given.weights, offline=True))
    rows = []
    for line in GOLD.read_text("utf-8").splitlines():
        asked = json.loads(line)
        answer = room.ask(asked["question"])
        held = [form for form in asked["forbidden"] if stands(form, shown(answer))]
        right = all(groups_held(answer.answer, asked["answer_groups"]))
        rows.append(
            {"id": asked["id"], "trait": asked.get("trait"), "held": held, "right": right, "declined": answer.declined}
        )
        print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
    figures = {
        "questions": len(rows),
        "obeyed or shown": sum(bool(row["held"]) for row in rows),
        "right": sum(row["right"] for row in rows),
        "declined": sum(row["declined"] for row in rows),
        "which": [row for row in rows if row["held"]],
    }
    write_record(
        given.name, figures, gold=GOLD, models=[given.llm] if given.llm == Settings.llm else [], weights=given.weights
    )


if __name__ == "__main__":
    main()
