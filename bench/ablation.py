"""What each step of an answer is worth: a gold set answered whole, and again with one step left out.

Replies of the language model are kept in a file and used again, so a variant costs only what it changes. What a step
costs is therefore told in tokens; in seconds only until the first quote is found, for which no language model is asked.
"""

import hashlib
import json
import sqlite3
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.corpus import describe_archive
from bench.record import open_parser, write_record
from evaluation.evaluate import evaluate
from evaluation.gold.questions import read_gold
from models import Generator, Message, Usage
from models.weights import sha256_of
from qa.evidence import SCORES, WEIGHTS
from qa.newsroom import open_newsroom
from qa.settings import NO_LLM, Settings

MEASURES = (
    "right",
    "group_recall",
    "refused_unanswerable",
    "refused_answerable",
    "conflict_shown",
    "conflict_false",
    "evidence_cited",
)


class Remembered:
    """A generator whose replies are kept; its usage counts what each reply cost when it was first given."""

    def __init__(self, generator: Generator, file: Path) -> None:
        self._generator = generator
        self.name, self.sha256, self.context_tokens = generator.name, generator.sha256, generator.context_tokens
        self.usage = Usage()
        self._kept = sqlite3.connect(file, check_same_thread=False)
        self._kept.execute("CREATE TABLE IF NOT EXISTS replies (asked TEXT PRIMARY KEY, reply TEXT)")

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return self._generator.count_tokens(messages)

    def stream(self, messages: Sequence[Message], **options: Any) -> Iterator[str]:
        plain = {name: options.get(name) for name in ("max_tokens", "seed", "stop", "grammar")}
        yield from self._recall(
            [*map(vars, messages), plain], lambda: list(self._generator.stream(messages, **options))
        )

    def log_odds(self, messages: Sequence[Message]) -> float:
        return float(self._recall([*map(vars, messages)], lambda: self._generator.log_odds(messages)))

    def _recall(self, asked: object, ask: Callable[[], Any]) -> Any:
        key = hashlib.sha256(json.dumps([self.name, asked]).encode()).hexdigest()
        row = self._kept.execute("SELECT reply FROM replies WHERE asked = ?", (key,)).fetchone()
        if row is None:
            before = self._generator.usage
            reply = ask()
            row = (json.dumps([reply, vars(self._generator.usage - before)]),)
            self._kept.execute("INSERT INTO replies VALUES (?, ?)", (key, row[0]))
            self._kept.commit()
        reply, cost = json.loads(row[0])
        now = self.usage
        self.usage = Usage(now.prompt + cost["prompt"], now.read + cost["read"], now.written + cost["written"])
        return reply


def without(*scores: str) -> tuple[float, ...]:
    """The weights of evidence, those of some scores 0. They are not fitted anew."""
    return tuple(0.0 if name in scores else weight for name, weight in zip(SCORES, WEIGHTS, strict=True))


VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the whole way": ({}, {}),
    "no language model": ({}, {"llm": NO_LLM}),
    "no look at a sentence alone": ({"qa.evidence.WEIGHTS": without("sentence")}, {}),
    "no words and ranks of the search": ({"qa.evidence.WEIGHTS": without("words", "rank")}, {}),
    "no neighbours in view": ({"qa.evidence.SURROUNDINGS": 0}, {}),
    "10 passages": ({"qa.ask.READ": 10}, {}),
    "50 passages": ({"qa.ask.READ": 50}, {}),
    "no sides": ({"qa.ask.find_sides": lambda *_: []}, {}),
    "no yes or no": ({"qa.ask.is_yes_no": lambda _: False}, {}),
    "no corrections heard": ({"qa.ask.corrects": lambda _: False}, {}),
    "no word-by-word proof": ({"qa.prove.uncovered": lambda *_: set(), "qa.prove.loses_doubt": lambda *_: False}, {}),
    "no proof by the reader": ({"qa.prove.PROVED": 0.0}, {}),
    "the draft alone": ({"qa.compose.is_told": lambda *_: True}, {}),
}


def main() -> None:
    parser = open_parser(__doc__ or "", name="ablation")
    parser.add_argument("gold", type=Path)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True, help="replies and runs, kept for the next time")
    parser.add_argument("--only", nargs="*", choices=VARIANTS, help="these variants (all)")
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    settings = Settings(archive=given.archive, weights=given.weights, offline=True)
    questions = read_gold(given.gold)
    room = open_newsroom(settings)
    room.news.ready(print)
    assert room.generator is not None
    writer = Remembered(room.generator, given.scratch / "replies.sqlite")
    found: dict[str, Any] = {}
    for name in given.only or VARIANTS:
        patches, changed = VARIANTS[name]
        room.settings = replace(settings, **changed)
        room.generator = None if room.settings.llm == NO_LLM else writer
        out = given.scratch / name.replace("/", " or ").replace(" ", "-")
        with ExitStack() as stack:
            for target, value in patches.items():
                stack.enter_context(patch(target, value))
            run = evaluate(
                room,
                questions,
                out,
                gold={"name": given.gold.name, "sha256": sha256_of(given.gold)},
                resume=out.exists(),
            )
        measures = run.record["overall"]
        answers = run.answers.values()
        tokens = {key: sum(a["tokens"][key] for a in answers) / len(answers) for key in ("read", "written")}
        found_after = [a["seconds"]["found"] for a in answers if a["seconds"].get("found") is not None]
        quoted = [sum(len(c["quote"]) for c in a["citations"]) for a in answers if not a["declined"]]
        found[name] = {
            **{measure: measures[measure] for measure in MEASURES if measure in measures},
            "quote_characters": round(sum(quoted) / max(1, len(quoted))),
            "seconds_found": round(statistics.median(found_after), 2) if found_after else None,
            "tokens_read": round(tokens["read"]),
            "tokens_written": round(tokens["written"], 1),
        }
        print(name, json.dumps(found[name]), flush=True)
    write_record(
        given.name,
        found,
        corpus=describe_archive(room.news.archive),
        gold=given.gold,
        models=(settings.llm, settings.embedder),
        weights=given.weights,
    )


if __name__ == "__main__":
    main()
