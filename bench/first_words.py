"""Tokens read before the first words of an answer, over a gold set: the whole way and `--fast`, heads kept or not.

Replies are those that `bench.ablation` kept in its scratch folder (run it first, with the same archive), so nothing is
computed: prompts are only cut into tokens, and what would have to be read is counted. It does not depend on the load.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.ablation import Remembered
from bench.corpus import describe_archive
from bench.record import open_parser, write_record
from evaluation.gold.questions import read_gold
from models import Message, Usage
from models.llama import LlamaGenerator
from qa.conflict import asks_for_value
from qa.pipeline import Piece, open_newsroom
from qa.settings import Settings
from qa.stance import is_yes_no


class Counting:
    """A generator whose replies are kept ones; its usage counts the tokens that it would have had to read."""

    def __init__(self, generator: LlamaGenerator, file: Path, *, heads: bool) -> None:
        self.name, self.sha256, self.context_tokens = generator.name, generator.sha256, generator.context_tokens
        self._generator = generator
        self._kept = Remembered(generator, file)
        self._heads = heads
        self._read: list[list[tuple[int, ...]]] = []  # the heads of each prompt so far
        self.usage = Usage()

    def begin(self) -> None:
        """Forgets what was read: every question is a process of its own."""
        self._read.clear()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return self._generator.count_tokens(messages)

    def stream(self, messages: Sequence[Message], **options: Any) -> Iterator[str]:
        before = self._kept.usage
        pieces = list(self._kept.stream(messages, **options))
        self._count(messages, (self._kept.usage - before).written)
        yield from pieces

    def log_odds(self, messages: Sequence[Message]) -> float:
        self._count(messages, 0)
        return self._kept.log_odds(messages)

    def _count(self, messages: Sequence[Message], written: int) -> None:
        """Heads are all before the last message, and all before its last paragraph; without them the one before."""
        tokens, cut = self._generator._tokens(messages)
        mine = [tuple(tokens[:cut])]
        held = {head for one in (self._read if self._heads else self._read[-1:]) for head in one}
        again = max((len(head) for head in mine if head in held), default=0)
        self._read.append(mine)
        now = self.usage
        self.usage = Usage(now.prompt + len(tokens), now.read + len(tokens) - again, now.written + written)


def main() -> None:
    parser = open_parser(__doc__ or "", name="first-words")
    parser.add_argument("gold", type=Path)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True, help="where bench.ablation kept its replies")
    given = parser.parse_args()
    settings = Settings(archive=given.archive, weights=given.weights, offline=True)
    room = open_newsroom(settings)
    llama = room.generator
    assert isinstance(llama, LlamaGenerator)
    figures: dict[str, Any] = {}
    print(f"{'':24}{'first words: read':>18}{'written':>9}{'all: read':>11}{'written':>9}  medians")
    for name, fast, heads in (
        ("whole, no heads", False, False),
        ("whole", False, True),
        ("fast, no heads", True, False),
        ("fast", True, True),
    ):
        counting = Counting(llama, given.scratch / "replies.sqlite", heads=heads)
        room.generator = counting
        room.settings = replace(settings, fast=fast)
        first, whole = [], []
        by_kind: dict[str, list[Usage]] = {}
        for question in read_gold(given.gold):
            counting.begin()
            before, words = counting.usage, Usage()
            declined = True
            for event in room.stream(question.question, question.history):
                if isinstance(event, Piece) and words == Usage():
                    words = counting.usage - before
                declined = getattr(event, "declined", declined)
            whole.append(counting.usage - before)
            if not declined:
                first.append(words)
                by_kind.setdefault(_kind(question.question), []).append(words)
        figures[name] = {
            "first_words_read": _spread([one.read for one in first]),
            "first_words_written": _spread([one.written for one in first]),
            "first_words_read_by_kind": {
                kind: _spread([one.read for one in held]) for kind, held in sorted(by_kind.items())
            },
            "read": _spread([one.read for one in whole]),
            "written": _spread([one.written for one in whole]),
        }
        shown = [figures[name][of]["median"] for of in ("first_words_read", "first_words_written", "read", "written")]
        print(f"{name:24}{shown[0]:18}{shown[1]:9}{shown[2]:11}{shown[3]:9}", flush=True)
    write_record(
        given.name,
        figures,
        corpus=describe_archive(room.news.archive),
        gold=given.gold,
        models=(settings.llm, settings.embedder),
        weights=given.weights,
    )


def _kind(question: str) -> str:
    if is_yes_no(question):
        return "yes or no"
    return "number or day" if asks_for_value(question) else "other"


def _spread(values: Sequence[int]) -> dict[str, float]:
    """Median, mean, the ninth of ten, and how many.

    >>> _spread([1, 2, 3, 10])
    {'median': 2.5, 'mean': 4.0, 'p90': 10, 'n': 4}
    """
    p90 = sorted(values)[int(0.9 * len(values))]
    return {
        "median": statistics.median(values),
        "mean": round(statistics.fmean(values), 1),
        "p90": p90,
        "n": len(values),
    }


if __name__ == "__main__":
    main()
