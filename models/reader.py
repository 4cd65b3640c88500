"""Our own reader: one small encoder that marks the words that answer, says whether they do, and judges statements.

One int8 ONNX file, run by onnxruntime; no torch. It reads pairs: what is asked (a question or a statement), and words
of an article, some of them marked: the passage that is read, or the sentence that is judged with its neighbours in
view. `training/` makes it; `models/reader_weights/README.md` is its model card.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import Judged, Marked, ModelError, Reading
from models.weights import sha256_of

WEIGHTS = Path(__file__).parent / "reader_weights"
MAX_TOKENS = 512
ASKED_TOKENS = 96
BATCH_TOKENS = 2_048  # with padding; more is no quicker on two cores and wants more memory
LONGEST_SPAN = 30  # tokens
SPANS = 20  # of each passage


@dataclass(frozen=True)
class Pair:
    """Token ids and types (1 for the marked words), where the marked words begin, and the span of each such token."""

    ids: list[int]
    types: list[int]
    first: int
    offsets: list[tuple[int, int]]


def make_pairs(
    tokenizer: Any,
    asked: Sequence[str],
    before: Sequence[str],
    marked: Sequence[str],
    after: Sequence[str],
    *,
    max_tokens: int = MAX_TOKENS,
) -> list[Pair]:
    """[CLS] asked [SEP] before marked after [SEP], one for each row.

    Where it is too long, the end of `after` goes first, then the beginning of `before`, then the end of the marked
    words.
    """
    begin, middle = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    columns = [
        tokenizer.encode_batch(list(texts), add_special_tokens=False) for texts in (asked, before, marked, after)
    ]
    pairs = []
    for question, front, words, back in zip(*columns, strict=True):
        head = [begin, *question.ids[:ASKED_TOKENS], middle]
        room = max_tokens - len(head) - 1
        ids, offsets = words.ids[:room], words.offsets[:room]
        room -= len(ids)
        lead = front.ids[max(0, len(front.ids) - room) :] if room else []
        tail = back.ids[: room - len(lead)]
        first = len(head) + len(lead)
        types = [0] * first + [1] * len(ids) + [0] * (len(tail) + 1)
        pairs.append(Pair([*head, *lead, *ids, *tail, middle], types, first, list(offsets)))
    return pairs


class OnnxReader:
    """The reader in `folder`, which holds reader.onnx and tokenizer.json. ModelError where it cannot be opened."""

    def __init__(self, folder: Path = WEIGHTS, *, threads: int | None = None) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        model, tokenizer = folder / "reader.onnx", folder / "tokenizer.json"
        for file in (model, tokenizer):
            if not file.is_file():
                raise ModelError(f"{file}: is missing; install groundwire again, or make it with training/")
        onnxruntime.disable_telemetry_events()  # for Windows; elsewhere ground/__init__.py does it
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises classes of its own that share no base but this
            raise ModelError(f"{model}: not an ONNX model that can be run ({error})") from None
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
        self._model = model

    @cached_property
    def identity(self) -> str:
        return f"reader {sha256_of(self._model)[:16]}"

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        pairs = self._pairs(question, [(before, text, "") for before, text in passages])
        return [
            _reading(pair, start, end, float(answers))
            for pair, (start, end, answers, _) in zip(pairs, self._run(pairs), strict=True)
        ]

    def answers(self, question: str, sentences: Sequence[Marked]) -> list[float]:
        return [float(row[2]) for row in self._run(self._pairs(question, sentences))]

    def judge(self, statements: Sequence[str], sentences: Sequence[Marked]) -> list[Judged]:
        pairs = self._pairs(statements, sentences)
        judged = []
        for _, _, _, logits in self._run(pairs):
            odds = np.exp(logits - logits.max())
            judged.append(Judged(*(float(part) for part in odds / odds.sum())))
        return judged

    def _pairs(self, asked: str | Sequence[str], marked: Sequence[Marked]) -> list[Pair]:
        rows = [asked] * len(marked) if isinstance(asked, str) else list(asked)
        before, words, after = zip(*marked, strict=True) if marked else ((), (), ())
        return make_pairs(self._tokenizer, rows, before, words, after)

    def _run(self, pairs: Sequence[Pair]) -> list[tuple[NDArray[np.float32], ...]]:
        """Start and end logits of each token, answers logit and support logits, a row a pair, in order.

        Each pair goes alone, one thread a pair: a dynamically quantised model scales by its whole batch, and alone a
        pair has one reading whatever stands beside it.
        """
        return list(self._pool.map(self._one, pairs))

    def _one(self, pair: Pair) -> tuple[NDArray[np.float32], ...]:
        given = {
            "input_ids": np.array([pair.ids], np.int64),
            "token_type_ids": np.array([pair.types], np.int64),
            "attention_mask": np.ones((1, len(pair.ids)), np.int64),
        }
        return tuple(np.asarray(out[0], np.float32) for out in self._session.run(None, given))


def _reading(pair: Pair, start: NDArray[np.float32], end: NDArray[np.float32], answers: float) -> Reading:
    """The likeliest spans of the marked words, as log P(span) - log P(none here) (Devlin et al. 2019, SQuAD 2.0)."""
    size = len(pair.offsets)
    if not size:
        return Reading(answers, ())
    inside = slice(pair.first, pair.first + size)
    opens, closes = start[inside] - start[0], end[inside] - end[0]
    scores = opens[:, None] + closes[None, :]
    places = np.arange(size)
    length = places[None, :] - places[:, None]
    scores = np.where((length >= 0) & (length < LONGEST_SPAN), scores, -np.inf)
    flat = scores.ravel()
    likely = np.argpartition(-flat, min(SPANS, flat.size - 1))[:SPANS]  # a tenth of the time of sorting all
    best = likely[np.argsort(-flat[likely], kind="stable")]
    spans = []
    for place in best:
        a, b = divmod(int(place), size)
        if np.isfinite(scores[a, b]):
            spans.append((float(scores[a, b]), pair.offsets[a][0], pair.offsets[b][1]))
    return Reading(answers, tuple(spans))
