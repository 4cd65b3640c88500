"""Embedders: an ONNX int8 folder run by onnxruntime, or any sentence-transformers folder run by torch.

Each text goes through the ONNX model alone, one thread a text. That is quicker on a CPU than padded
batches, and a dynamically quantised model scales its activations by the whole batch: alone, a text has one vector.
"""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from models import Embedder, ModelError, Vectors
from models.libraries import load
from models.weights import sha256_of

ARCTIC_QUERY_PROMPT = "Represent this sentence for searching relevant passages: "


def open_embedder(folder: Path, name: str, *, threads: int | None = None) -> Embedder:
    """The embedder in `folder`: ONNX where it holds that and no torch weights, else sentence-transformers."""
    if (folder / "onnx" / "model.onnx").is_file() and not (folder / "model.safetensors").is_file():
        if (folder / "1_Pooling" / "config.json").is_file():
            return OnnxEmbedder(folder, name, query_prompt="", mean=_means(folder), threads=threads)
        return OnnxEmbedder(folder, name, query_prompt=ARCTIC_QUERY_PROMPT, threads=threads)
    return SentenceTransformersEmbedder(folder, name)


def _means(folder: Path) -> bool:
    """Whether the folder's pooling is the mean of all tokens' vectors, or the first one's; ModelError for another."""
    file = folder / "1_Pooling" / "config.json"
    try:
        pooling = json.loads(file.read_text("utf-8"))
    except ValueError:
        raise ModelError(f"{file}: is not JSON; fetch the whole folder again") from None
    modes = {name.removeprefix("pooling_mode_") for name, on in pooling.items() if "mode_" in name and on is True}
    modes |= {str(pooling[name]) for name in ("pooling_mode",) if name in pooling}
    if modes <= {"mean_tokens", "mean"} and modes:
        return True
    if modes <= {"cls_token", "cls"} and modes:
        return False
    raise ModelError(f"{folder}: pools by {', '.join(sorted(modes)) or 'nothing known'}; name another --embedder")


class OnnxEmbedder:
    """A BERT in ONNX: the first token's vector, or with `mean` that of all tokens' vectors, normalised.

    The first is how the arctic-embed models pool.
    """

    def __init__(
        self, folder: Path, name: str, *, query_prompt: str, mean: bool = False, threads: int | None = None
    ) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        model, tokenizer = folder / "onnx" / "model.onnx", folder / "tokenizer.json"
        if not tokenizer.is_file():
            raise ModelError(f"{folder}: no tokenizer.json beside the ONNX model; fetch the whole folder")
        onnxruntime.disable_telemetry_events()  # for Windows; elsewhere ground/__init__.py does it
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises classes of its own that share no base but this
            raise ModelError(f"{model}: not an ONNX model that can be run ({error}); fetch it again") from None
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._inputs = {given.name for given in self._session.get_inputs()}
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
        self._query_prompt = query_prompt
        self._mean = mean
        self.dimension = int(self._session.get_outputs()[0].shape[-1])
        self.max_tokens = int(json.loads((folder / "config.json").read_text("utf-8"))["max_position_embeddings"])
        own = folder / "sentence_bert_config.json"
        if own.is_file():
            self.max_tokens = int(json.loads(own.read_text("utf-8")).get("max_seq_length") or self.max_tokens)
        self.identity = f"{name} {sha256_of(model)[:16]}"

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(found.ids) for found in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        rows = list(self._pool.map(self._encode, texts))
        return np.array(rows, np.float32).reshape(len(rows), self.dimension)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_documents([self._query_prompt + text for text in texts])

    def _encode(self, text: str) -> Vectors:
        ids = self._tokenizer.encode(text).ids
        if len(ids) > self.max_tokens:
            # A question can be this long; a passage never is, the index sees to that.
            ids = ids[: self.max_tokens - 1] + ids[-1:]
        given = np.array([ids], np.int64)
        feed = {"input_ids": given, "attention_mask": np.ones_like(given), "token_type_ids": np.zeros_like(given)}
        hidden = self._session.run(None, {name: value for name, value in feed.items() if name in self._inputs})[0]
        vector = np.asarray(hidden[0].mean(axis=0) if self._mean else hidden[0, 0], np.float32)
        return vector / np.linalg.norm(vector)


class SentenceTransformersEmbedder:
    """Any model that sentence-transformers can open, in torch float32 on the CPU or the GPU that torch finds."""

    def __init__(self, folder: Path, name: str) -> None:
        sentence_transformers = load("sentence_transformers", name)
        try:
            self._model: Any = sentence_transformers.SentenceTransformer(str(folder), local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"{folder}: not a sentence-transformers model ({error}); name another --embedder"
            ) from None
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512)
        weights = sorted(file for file in folder.rglob("*") if file.suffix in {".safetensors", ".bin", ".onnx"})
        digest = sha256_of(weights[0])[:16] if weights else "unknown"
        self.identity = f"{name} {digest}"

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        found = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in found["input_ids"]]

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_document, texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_query, texts)

    def _encode(self, encode: Any, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        made = encode(list(texts), normalize_embeddings=True, show_progress_bar=False, batch_size=16)
        return np.ascontiguousarray(made, np.float32)
