"""Counts tokens by tiktoken's cl100k_base, to cut articles by: stable, and no model needs to be loaded for it.

What a prompt costs is another count, the generator's own.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tiktoken

from models import ModelError
from models.catalogue import find
from models.weights import path_of, sha256_of


@dataclass(frozen=True)
class Tokens:
    """An encoding. What looks like a special token in an article is plain text."""

    encoding: tiktoken.Encoding

    def count_tokens(self, text: str) -> int:
        return len(self.encoding.encode_ordinary(text))

    def count_each(self, texts: Sequence[str]) -> list[int]:
        """As `count_tokens`, for many texts at once; no texts, no counts."""
        return [len(tokens) for tokens in self.encoding.encode_ordinary_batch(list(texts))]


def load_tokens(weights: Path) -> Tokens:
    """cl100k_base from the weights folder. Opens no socket; raises `ModelError` when the file is missing or damaged."""
    entry = find("cl100k_base")
    path = path_of(entry, weights)
    pull = f"run groundwire models pull {entry.name}"
    if not path.is_file():
        raise ModelError(f"{path} is missing: {pull}")
    # tiktoken deletes a file it finds damaged and downloads it again, so it must not be the first to look.
    if sha256_of(path) != entry.files[0].sha256:
        raise ModelError(f"{path} is damaged: delete it and {pull}")
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(path.parent)
    try:
        return Tokens(tiktoken.get_encoding(entry.name))
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before
