"""One GGUF in this process, through llama-cpp-python: streams replies, weighs yes against no.

A prompt that starts like one before it is not read again from its start: all before its last paragraph is kept, so of
prompts that differ in their last paragraph only that is read, in whatever order they come.
One thread at a time: a second caller waits for the lock. Article text can hold a model's control tokens as words: they
stay words.
"""

import codecs
import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from models import Message, ModelError, Usage
from models.gguf import check_gguf
from models.libraries import load
from models.weights import sha256_of

# Tokens of a prompt between two looks at `cancelled`: some half a second on two cores, 3 % slower than 256.
READ_AT_ONCE = 96
HEADS_BYTES = 64_000_000  # of what was read of earlier prompts: 29 KB a token of the default model
YES = ("Yes", " Yes", "yes", " yes", "YES")
NO = ("No", " No", "no", " no", "NO")


class LlamaGenerator:
    """A loaded GGUF; see `models.Generator`. Raises ModelError for a file that is none."""

    def __init__(self, path: Path, *, context_tokens: int = 4096, threads: int | None = None) -> None:
        check_gguf(path)
        # llama.cpp's threads wait for each other hundreds of times a token. Where they spin while another process wants
        # their core, a prompt can take minutes; asleep at once, decoding loses a third. A short spin loses nothing
        # either way (docs/decisions.md). Read when libgomp is loaded.
        os.environ.setdefault("GOMP_SPINCOUNT", "2000")
        llama_cpp = load("llama_cpp", path.name)
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self._path = path
        self._lock = threading.Lock()
        self._cpp: Any = llama_cpp
        try:
            self._llama = llama_cpp.Llama(
                str(path),
                n_ctx=context_tokens,
                n_batch=READ_AT_ONCE,
                n_threads=threads,
                n_threads_batch=threads,
                verbose=False,
            )
        except (ValueError, OSError) as error:
            raise ModelError(
                f"{path}: llama.cpp cannot load it ({error}); fetch it again or name another --llm"
            ) from None
        template = self._llama.metadata.get("tokenizer.chat_template")
        if not template:
            raise ModelError(f"{path}: has no chat template, so it is no chat model; name an instruct GGUF with --llm")
        self._chat = Jinja2ChatFormatter(
            template, eos_token=self._piece(self._llama.token_eos()), bos_token=self._piece(self._llama.token_bos())
        )
        self._pieces: list[int] = []
        self._heads: dict[tuple[int, ...], tuple[list[int], Any]] = {}  # the one used last stands last
        self.name = path.stem
        self.context_tokens = context_tokens
        self.usage = Usage()

    @cached_property
    def sha256(self) -> str | None:
        return sha256_of(self._path)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return len(self._tokens(messages)[0])

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        seed: int = 0,
        stop: Sequence[str] = (),
        grammar: str | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        tokens, cut = self._tokens(messages)
        self._check_room(len(tokens), max_tokens)
        rules = self._cpp.LlamaGrammar.from_string(grammar, verbose=False) if grammar else None
        with self._lock:
            if not self._read(tokens, cut, len(tokens) - 1, cancelled):
                return
            self._llama.set_seed(seed)
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            held = ""
            decoded = self._llama.generate(tokens, temp=0.0, repeat_penalty=1.0, grammar=rules)
            for count, token in enumerate(decoded, 1):
                self._count(written=1)
                if cancelled() or self._ends(token):
                    break
                held += decoder.decode(self._llama.detokenize([token], special=False))
                cut = min((at for word in stop if (at := held.find(word)) >= 0), default=-1)
                if cut >= 0:
                    held = held[:cut]
                    break
                # What may be the start of a stop word waits for its next letters.
                keep = max((n for word in stop for n in range(1, len(word)) if held.endswith(word[:n])), default=0)
                if len(held) > keep:
                    yield held[: len(held) - keep]
                    held = held[len(held) - keep :]
                if count >= max_tokens:
                    break
            if held:
                yield held

    def log_odds(self, messages: Sequence[Message]) -> float:
        tokens, cut = self._tokens(messages)
        self._check_room(len(tokens), 1)
        with self._lock:
            self._read(tokens, cut, len(tokens), lambda: False)
            address = self._cpp.llama_get_logits_ith(self._llama.ctx, -1)
            logits = np.ctypeslib.as_array(
                ctypes.cast(address, ctypes.POINTER(ctypes.c_float)), shape=(self._llama.n_vocab(),)
            )
            yes, no = (logits[self._first_tokens(words)].astype(np.float64) for words in (YES, NO))
        return float(np.logaddexp.reduce(yes) - np.logaddexp.reduce(no))

    def _check_room(self, prompt: int, reply: int) -> None:
        if prompt + reply > self.context_tokens:
            raise ModelError(
                f"{self.name}: {prompt} tokens of prompt and {reply} of reply are more than its context of"
                f" {self.context_tokens}; ask a shorter question, or index shorter passages"
            )

    def _read(self, tokens: list[int], cut: int, last: int, cancelled: Callable[[], bool]) -> bool:
        """Reads the first `last` tokens of a prompt from where no prompt before it was the same; False if cancelled."""
        llama = self._llama
        # Cut nowhere else: where a prompt is cut moves the last bits of its odds, and with them an answer's words.
        pieces = {*range(0, cut, READ_AT_ONCE), *range(cut, last, READ_AT_ONCE)}
        ends = sorted(end for end in {*pieces, last} if 0 < end <= last)
        same = llama.longest_token_prefix(llama.input_ids[: llama.n_tokens].tolist(), tokens[:-1])
        # Only whole pieces are used again, and only where all before them were cut alike: a token's state depends in
        # its last bits on the piece it was read in, and an answer must not depend on what was asked before it.
        kept = 0
        while kept < min(len(ends), len(self._pieces)) and ends[kept] == self._pieces[kept] <= same:
            kept += 1
        self._pieces = ends[:kept]
        if (self._pieces or [0])[-1] < cut <= last:
            self._take_up(tuple(tokens[:cut]), ends)
        start = self._pieces[-1] if self._pieces else 0
        self._count(prompt=len(tokens), read=len(tokens) - start)
        llama.n_tokens = start  # eval() drops what the cache holds past it
        for end in ends[len(self._pieces) :]:
            if cancelled():
                return False
            llama.eval(tokens[start:end])
            self._pieces.append(end)
            start = end
            if end == cut:
                self._keep(tuple(tokens[:end]))
        return not cancelled()

    def _keep(self, head: tuple[int, ...]) -> None:
        """Copies what was read of a prompt so far, for one that begins with the same; the oldest make room."""
        size = self._cpp.llama_state_seq_get_size(self._llama.ctx, 0)
        state = (ctypes.c_uint8 * size)()
        if size <= HEADS_BYTES and self._cpp.llama_state_seq_get_data(self._llama.ctx, state, size, 0) == size:
            self._heads.pop(head, None)
            self._heads[head] = list(self._pieces), state
            while sum(len(held) for _, held in self._heads.values()) > HEADS_BYTES:
                del self._heads[next(iter(self._heads))]

    def _take_up(self, head: tuple[int, ...], ends: list[int]) -> None:
        """Puts a kept head in place of what was read last, where there is one that was cut alike."""
        pieces, state = self._heads.get(head, ([], None))
        if state is None or pieces != ends[: len(pieces)]:
            return
        self._heads[head] = self._heads.pop(head)
        if not self._cpp.llama_state_seq_set_data(self._llama.ctx, state, len(state), 0):
            self._pieces = []  # nothing is left of either: the whole prompt is read
            return
        self._llama.input_ids[: len(head)] = head
        self._pieces = pieces.copy()

    def _count(self, *, prompt: int = 0, read: int = 0, written: int = 0) -> None:
        now = self.usage
        self.usage = Usage(now.prompt + prompt, now.read + read, now.written + written)

    def _tokens(self, messages: Sequence[Message]) -> tuple[list[int], int]:
        """The prompt: the template's own control tokens, and between them the messages as plain words.

        And how many of its tokens stand before the last paragraph of the last message.
        """
        marks = [f"\ue000{i}\ue001" for i in range(len(messages))]
        turns: list[Any] = [{"role": m.role, "content": mark} for m, mark in zip(messages, marks, strict=True)]
        prompt = self._chat(messages=turns).prompt
        tokens: list[int] = []
        cut = 0
        for mark, message in zip(marks, messages, strict=True):
            before, found, prompt = prompt.partition(mark)
            if not found:
                raise ModelError(
                    f"{self.name}: its chat template leaves out {message.role} messages; name another --llm"
                )
            tokens += self._llama.tokenize(before.encode(), add_bos=False, special=True)
            head, blank, tail = message.content.rpartition("\n\n")
            tokens += self._plain(head + blank)
            cut = len(tokens)
            tokens += self._plain(tail)
        return tokens + self._llama.tokenize(prompt.encode(), add_bos=False, special=True), cut

    def _plain(self, words: str) -> list[int]:
        if not words:
            return []
        return list(self._llama.tokenize(words.encode("utf-8", "replace"), add_bos=False, special=False))

    def _first_tokens(self, words: Sequence[str]) -> list[int]:
        return sorted({self._llama.tokenize(word.encode(), add_bos=False)[0] for word in words})

    def _ends(self, token: int) -> bool:
        vocabulary = self._cpp.llama_model_get_vocab(self._llama.model)
        return bool(self._cpp.llama_vocab_is_eog(vocabulary, token))

    def _piece(self, token: int) -> str:
        return self._llama.detokenize([token], special=True).decode("utf-8", "replace") if token >= 0 else ""
