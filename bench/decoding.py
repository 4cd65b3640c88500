"""Tokens a second of our streaming beside a bare llama.cpp loop: same file, same prompt, same threads, in turn.

The prompts are those of drafts over the quotes of `data/gold.jsonl`. Both decode them at once, a token each in turn, so
that what else the machine does falls on both alike; the median token of each is compared.
"""

import ctypes
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.record import ROOT, open_parser, spread, write_record
from models import Message
from models.catalogue import find
from models.llama import LlamaGenerator
from models.weights import path_of
from qa import prompt
from qa.settings import Settings

STOP = "\n\n\ue000"  # looked for in every piece, and never there


class Bare:
    """What llama.cpp's own examples do: decode a token, take the likeliest, decode that."""

    def __init__(self, path: Path, *, context_tokens: int, threads: int) -> None:
        import llama_cpp

        self._cpp: Any = llama_cpp
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = options.n_batch = context_tokens
        options.n_threads = threads
        self._context = llama_cpp.llama_init_from_model(self._model, options)
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._model)
        self._sampler = llama_cpp.llama_sampler_init_greedy()

    def write(self, tokens: list[int], count: int) -> Iterator[int]:
        """At most `count` tokens after a prompt."""
        self._cpp.llama_memory_clear(self._cpp.llama_get_memory(self._context), True)
        self._decode(tokens)
        for _ in range(count):
            token = self._cpp.llama_sampler_sample(self._sampler, self._context, -1)
            if self._cpp.llama_vocab_is_eog(self._vocabulary, token):
                return
            yield token
            self._decode([token])

    def _decode(self, tokens: list[int]) -> None:
        held = (self._cpp.llama_token * len(tokens))(*tokens)
        batch = self._cpp.llama_batch_get_one(ctypes.cast(held, ctypes.POINTER(self._cpp.llama_token)), len(tokens))
        if self._cpp.llama_decode(self._context, batch):
            raise SystemExit("llama.cpp could not decode")


def read_prompts(most: int) -> list[list[Message]]:
    """Drafts over the quotes of the first gold questions that have several."""
    rows = [json.loads(line) for line in (ROOT / "data" / "gold.jsonl").read_text("utf-8").splitlines()]
    several = [row for row in rows if len(row.get("evidence") or []) > 1]
    return [
        prompt.write(row["question"], [(quote["article_id"], quote["quote"]) for quote in row["evidence"]])
        for row in several[:most]
    ]


def in_turn(bare: Iterator[int], ours: Iterator[str], generator: LlamaGenerator) -> tuple[list[float], list[float]]:
    """Seconds of each token but the first, which waits for the prompt; it ends where either does."""
    seconds: tuple[list[float], list[float]] = ([], [])
    next(bare, None), next(ours, None)
    while True:
        began = time.perf_counter()
        if next(bare, None) is None:
            return seconds
        between, before = time.perf_counter(), generator.usage.written
        if next(ours, None) is None:
            return seconds
        seconds[0].append(between - began)
        seconds[1].append((time.perf_counter() - between) / (generator.usage.written - before))


def main() -> None:
    parser = open_parser(__doc__ or "", name="decoding")
    parser.add_argument("--prompts", type=int, default=5, help="how many (5)")
    parser.add_argument("--tokens", type=int, default=64, help="to decode, at most (64)")
    parser.add_argument("--llm", default=Settings.llm, help=f"a model of the catalogue ({Settings.llm})")
    given = parser.parse_args()
    path = path_of(find(given.llm), given.weights)
    ours = LlamaGenerator(path)
    threads = int(ours._llama.n_threads)
    bare = Bare(path, context_tokens=1024, threads=threads)
    speeds: dict[str, list[float]] = {"bare llama.cpp": [], "ours": []}
    ratios = []
    print(f"{'bare/s':>9}{'ours/s':>9}{'ratio':>8}  {threads} threads")
    for messages in read_prompts(given.prompts):
        tokens = ours._tokens(messages)[0]
        written = ours.stream(messages, max_tokens=given.tokens, stop=(STOP,))
        seconds = in_turn(bare.write(tokens, given.tokens), written, ours)
        medians = [statistics.median(one) for one in seconds]
        for name, median in zip(speeds, medians, strict=True):
            speeds[name].append(1 / median)
        ratios.append(medians[0] / medians[1])
        print(f"{1 / medians[0]:9.1f}{1 / medians[1]:9.1f}{ratios[-1]:8.3f}", flush=True)
    figures = {
        "tokens_a_second": {name: spread(values, 2) for name, values in speeds.items()},
        "ours_over_bare": spread(ratios, 3),
        "threads": threads,
    }
    write_record(given.name, figures, models=[given.llm], weights=given.weights)


if __name__ == "__main__":
    main()
