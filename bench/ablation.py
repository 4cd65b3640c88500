"""What each step of an answer is worth: a gold set answered whole, and again with one step left out.

Replies of the model are kept in a file and used again, so a variant costs only what it changes. What a step costs is
therefore told in tokens, not in seconds.
"""

import hashlib
import json
import sqlite3
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
from qa import prompt
from qa.pipeline import open_newsroom
from qa.read import Evidence, about
from qa.settings import Settings

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


def only_second(question: str, scanned: Sequence[Evidence], generator: Generator, **_: Any) -> Iterator[Evidence]:
    """Every sentence weighed with the question last alone, on the scale of the sum."""
    for item in scanned:
        yield replace(item, log_odds=0.4 + generator.log_odds(prompt.gate(question, item.quote, about(item))))


def only_first(_: str, scanned: Sequence[Evidence], *__: Any, **___: Any) -> Iterator[Evidence]:
    """Every sentence weighed with the question first alone, on the scale of the sum."""
    yield from (replace(item, log_odds=1.0 + item.log_odds) for item in scanned)


def cited_or_all(_: str, __: str, cited: Sequence[int], evidence: Sequence[Evidence]) -> list[int]:
    """The quotes a sentence names, or all: no word of it is looked for."""
    return [i for i in cited if 0 <= i < len(evidence)] or list(range(len(evidence)))


VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the whole way": ({}, {}),
    "one look, question first": ({"qa.pipeline.weigh": only_first}, {}),
    "one look, question last": ({"qa.pipeline.weigh": only_second, "qa.read.QUICK_YES": 99.0}, {}),
    "no neighbours": ({"qa.compose.NEIGHBOUR_LOG_ODDS": 0.0, "qa.read.READ_ON": 0}, {}),
    "sentences of 10 passages": ({"qa.pipeline.POOL": 1}, {}),
    "no passages read whole": ({"qa.pipeline.read_passages": lambda *_: []}, {}),
    "no statements for yes/no": ({"qa.pipeline.is_yes_no": lambda _: False}, {}),
    "no word-by-word proof": ({"qa.compose.fewest": cited_or_all}, {}),
    "no proof by the model": ({"qa.compose.SUPPORTED_FROM": 0.0}, {}),
    "no fragments made whole": ({"qa.compose._whole": lambda *_: None}, {}),
    "nothing added to the draft": ({"qa.compose._left_unsaid": lambda *_: None}, {}),
    "no sides": ({"qa.compose.find_sides": lambda *_: []}, {}),
    "8 sentences": ({}, {"sentences": 8}),
    "24 sentences": ({}, {"sentences": 24}),
    "quotes at once": ({}, {"fast": True}),
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
    room.generator = Remembered(room.generator, given.scratch / "replies.sqlite")
    found: dict[str, Any] = {}
    for name in given.only or VARIANTS:
        patches, changed = VARIANTS[name]
        room.settings = replace(settings, **changed)
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
        quoted = [sum(len(c["quote"]) for c in a["citations"]) for a in answers if not a["declined"]]
        found[name] = {
            **{measure: measures[measure] for measure in MEASURES if measure in measures},
            "quote_characters": round(sum(quoted) / max(1, len(quoted))),
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
