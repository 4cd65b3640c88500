"""One contract for every embedder, the fake one too, so that it cannot drift from the real ones."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models import Embedder, ModelError
from models.embedder import OnnxEmbedder, SentenceTransformersEmbedder, open_embedder
from tests.support.fakes import FakeEmbedder

TEXTS = ["A drone strike killed the general.", "Oil prices rose.", "", "é 😀 速報", "word " * 600]
KINDS = [
    "fake",
    pytest.param("arctic-embed-s", marks=pytest.mark.real),
    pytest.param("all-minilm-l6-v2", marks=pytest.mark.real),
]


@pytest.fixture(scope="module")
def opened() -> dict[str, Embedder]:
    return {"fake": FakeEmbedder()}


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest, opened: dict[str, Embedder]) -> Embedder:
    if request.param not in opened:
        folder = request.getfixturevalue("weights") / request.param
        opened[request.param] = open_embedder(folder, request.param, threads=2)
    return opened[request.param]


def encoders(model: Embedder) -> list[Callable[[list[str]], np.ndarray]]:  # type: ignore[type-arg]
    return [model.encode_documents, model.encode_queries]


def test_vectors_are_float32_rows_of_length_1(model: Embedder) -> None:
    for encode in encoders(model):
        made = encode(TEXTS)
        assert made.shape == (len(TEXTS), model.dimension) and made.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)


def test_no_texts_no_rows(model: Embedder) -> None:
    for encode in encoders(model):
        made = encode([])
        assert made.shape == (0, model.dimension) and made.dtype == np.float32
    assert model.count_tokens([]) == []


def test_the_same_text_has_the_same_vector_whatever_stands_beside_it(model: Embedder) -> None:
    for encode in encoders(model):
        together = encode(TEXTS)
        np.testing.assert_array_equal(together, encode(TEXTS))
        for text, row in zip(TEXTS, together, strict=True):
            np.testing.assert_allclose(encode([text])[0], row, atol=2e-6)
        np.testing.assert_allclose(encode(TEXTS[::-1])[::-1], together, atol=2e-6)


def test_tokens_are_counted_alone_and_without_special_ones(model: Embedder) -> None:
    assert model.count_tokens(["", "strike", "the strike"]) == [0, 1, 2]
    counts = model.count_tokens(TEXTS)
    assert counts == [model.count_tokens([text])[0] for text in TEXTS]
    assert counts[-1] == 600 > model.max_tokens, "what is too long is counted whole"


def test_a_query_finds_the_document_that_answers_it(model: Embedder) -> None:
    [query] = model.encode_queries(["Who killed the general in a strike?"])
    answers, other = model.encode_documents(TEXTS[:2])
    assert query @ answers > query @ other


def test_identities_name_the_weights(model: Embedder) -> None:
    assert model.identity and "\n" not in model.identity and model.max_tokens > 0


@pytest.mark.real
@pytest.mark.parametrize("name", ["arctic-embed-s", "all-minilm-l6-v2"])
def test_a_paraphrase_is_nearer_than_another_text(weights: Path, name: str) -> None:
    one, paraphrase, other = open_embedder(weights / name, name).encode_documents(
        [
            "The president was killed by a drone at the airport.",
            "An unmanned aircraft hit the airfield and the head of state died.",
            "Tomatoes grow best in a sunny and sheltered garden.",
        ]
    )
    assert one @ paraphrase > one @ other + 0.1


@pytest.mark.real
def test_onnx_and_torch_are_told_apart_by_what_the_folder_holds(weights: Path) -> None:
    assert isinstance(open_embedder(weights / "arctic-embed-s", "a"), OnnxEmbedder)
    assert isinstance(open_embedder(weights / "all-minilm-l6-v2", "m"), SentenceTransformersEmbedder)


@pytest.mark.slow  # loads torch
@pytest.mark.parametrize("files", [{}, {"config.json": "{"}, {"config.json": "{}"}], ids=["empty", "broken", "bare"])
def test_a_folder_that_is_no_model_is_a_sentence(tmp_path: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(ModelError, match=f"^{tmp_path}: not a sentence-transformers model"):
        open_embedder(tmp_path, "x")


@pytest.mark.parametrize("tokenizer", [None, "{", "{}"], ids=["none", "broken", "empty"])
def test_a_damaged_onnx_folder_is_a_sentence(tmp_path: Path, tokenizer: str | None) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(b"no model")
    if tokenizer is not None:
        (tmp_path / "tokenizer.json").write_text(tokenizer)
    with pytest.raises(ModelError, match=r"no tokenizer\.json beside|not an ONNX model that can be run"):
        open_embedder(tmp_path, "x")


@pytest.mark.real
def test_an_onnx_folder_with_a_pooling_of_its_own_is_pooled_by_it(weights: Path, tmp_path: Path) -> None:
    source, folder = weights / "arctic-embed-s", tmp_path / "means"
    shutil.copytree(source, folder, copy_function=os.symlink)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(
        '{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}'
    )
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 5}')
    mean, first = open_embedder(folder, "means"), open_embedder(source, "arctic-embed-s")
    assert (mean.max_tokens, first.max_tokens) == (5, 512)
    words = ["Rain fell."]
    session = mean._session  # type: ignore[attr-defined]
    ids = np.array([mean._tokenizer.encode(words[0]).ids], np.int64)  # type: ignore[attr-defined]
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    wanted = session.run(None, {given.name: feed[given.name] for given in session.get_inputs()})[0][0].mean(axis=0)
    np.testing.assert_allclose(mean.encode_documents(words)[0], wanted / np.linalg.norm(wanted), atol=1e-6)
    assert (mean.encode_queries(words) == mean.encode_documents(words)).all(), "no prompt stands before its questions"
    assert abs(mean.encode_documents(words)[0] @ first.encode_documents(words)[0]) < 0.999


def test_a_pooling_that_is_neither_mean_nor_first_is_a_sentence(tmp_path: Path) -> None:
    for name in ("onnx/model.onnx", "1_Pooling/config.json", "tokenizer.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('{"pooling_mode_max_tokens": true, "pooling_mode_mean_tokens": false}')
    with pytest.raises(ModelError, match="pools by max_tokens; name another --embedder"):
        open_embedder(tmp_path, "max")
