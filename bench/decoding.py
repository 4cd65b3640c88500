"""Tokens a second of our streaming beside a bare llama.cpp loop: same file, same prompt, same threads, in turn.

The prompts are those of drafts over the quotes of `data/gold.jsonl`. Each is read once; then both decode the same
number of tokens from the same place, again and again, and the words must be the same.
"""

import ctypes
import json
import statistics
import time
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

    def read(self, tokens: list[int]) -> None:
        """Reads all of a prompt but its last token."""
        self._cpp.llama_memory_clear(self._cpp.llama_get_memory(self._context), True)
        self._decode(tokens[:-1])

    def write(self, tokens: list[int], count: int) -> tuple[list[int], float]:
        """At most `count` tokens after a prompt that was read, and the seconds from the first of them to the last."""
        self._cpp.llama_memory_seq_rm(self._cpp.llama_get_memory(self._context), 0, len(tokens) - 1, -1)
        written: list[int] = []
        self._decode(tokens[-1:])
        began = time.perf_counter()
        while True:
            token = self._cpp.llama_sampler_sample(self._sampler, self._context, -1)
            if self._cpp.llama_vocab_is_eog(self._vocabulary, token):
                break
            written.append(token)
            if len(written) >= count:
                break
            self._decode([token])
        return written, time.perf_counter() - began

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


def stream(generator: LlamaGenerator, messages: list[Message], count: int) -> tuple[str, float]:
    """The words of a reply as they come, and the seconds from the first to the last."""
    words, first, last = "", 0.0, 0.0
    for piece in generator.stream(messages, max_tokens=count, stop=(STOP,)):
        last = time.perf_counter()
        first = first or last
        words += piece
    return words, last - first


def main() -> None:
    parser = open_parser(__doc__ or "", name="decoding")
    parser.add_argument("--runs", type=int, default=5, help="of each prompt (5)")
    parser.add_argument("--prompts", type=int, default=3, help="how many (3)")
    parser.add_argument("--tokens", type=int, default=48, help="to decode, at most (48)")
    parser.add_argument("--llm", default=Settings.llm, help=f"a model of the catalogue ({Settings.llm})")
    given = parser.parse_args()
    path = path_of(find(given.llm), given.weights)
    ours = LlamaGenerator(path)
    threads = int(ours._llama.n_threads)
    bare = Bare(path, context_tokens=1024, threads=threads)
    speeds: dict[str, list[float]] = {"bare llama.cpp": [], "ours": []}
    ratios, same = [], 0
    print(f"{'bare/s':>9}{'ours/s':>9}{'ratio':>8}  {threads} threads")
    for messages in read_prompts(given.prompts):
        tokens = ours._tokens(messages)[0]
        bare.read(tokens)
        stream(ours, messages, 1)
        for _ in range(given.runs):
            written, spent = bare.write(tokens, given.tokens)
            words, ours_spent = stream(ours, messages, len(written))
            plain = ours._llama.detokenize(written).decode("utf-8", "replace")
            same += plain == words
            steps = len(written) - 1
            speeds["bare llama.cpp"].append(steps / spent)
            speeds["ours"].append(steps / ours_spent)
            ratios.append(spent / ours_spent)
            print(f"{steps / spent:9.1f}{steps / ours_spent:9.1f}{ratios[-1]:8.3f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.3f}; the same words in {same} of {len(ratios)}")
    figures = {
        "tokens_a_second": {name: spread(values, 2) for name, values in speeds.items()},
        "ours_over_bare": spread(ratios, 3),
        "same_words": same,
        "threads": threads,
    }
    write_record(given.name, figures, models=[given.llm], weights=given.weights)


if __name__ == "__main__":
    main()
