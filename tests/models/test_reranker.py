"""Rerankers: a score a passage in the order given, whatever stands beside it; a folder that is none is a sentence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models import Generator, ModelError, Reranker
from models.reranker import CrossEncoderReranker, LlmReranker
from tests.support.fakes import ScriptedGenerator

QUESTION = "who died"
PASSAGES = ["ten people died", "oil rose", "who died in the strike", "oil rose", ""]
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] who died ten people oil rose in the strike".split()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT cross-encoder of one layer with random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.5,
        num_labels=1,
    )
    model = BertForSequenceClassification(config)
    model.classifier.weight.data *= 50
    model.save_pretrained(folder)
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


KINDS = [
    pytest.param("cross-encoder", marks=pytest.mark.slow),  # loads torch
    "scripted",
    pytest.param("real", marks=pytest.mark.real),
]


@pytest.fixture(params=KINDS)
def reranker(request: pytest.FixtureRequest) -> Iterator[Reranker]:
    if request.param == "cross-encoder":
        yield CrossEncoderReranker(request.getfixturevalue("tiny"), "tiny")
        return
    generator: Generator = ScriptedGenerator() if request.param == "scripted" else request.getfixturevalue("generator")
    yield LlmReranker(generator)


def test_a_score_a_passage_in_the_order_given(reranker: Reranker) -> None:
    scores = reranker.score(QUESTION, PASSAGES)
    assert len(scores) == len(PASSAGES) and all(isinstance(score, float) for score in scores)
    assert scores[1] == pytest.approx(scores[3], abs=0.1) and len(set(scores)) > 1
    assert reranker.score(QUESTION, PASSAGES[::-1])[::-1] == pytest.approx(scores, abs=0.1)
    assert reranker.score(QUESTION, PASSAGES[:1]) == pytest.approx(scores[:1], abs=0.1)
    assert reranker.score(QUESTION, []) == []
    assert reranker.name


@pytest.mark.slow
def test_scores_are_the_models_raw_logits(tiny: Path) -> None:
    """Not squeezed to 0 to 1, where what is far apart falls together."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model: Any = AutoModelForSequenceClassification.from_pretrained(tiny).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(tiny)
    passages = PASSAGES[:4]
    with torch.no_grad():
        logits = model(**tokenizer([QUESTION] * 4, passages, padding=True, return_tensors="pt")).logits[:, 0].tolist()
    assert any(not 0 < logit < 1 for logit in logits)
    assert CrossEncoderReranker(tiny, "tiny").score(QUESTION, passages) == pytest.approx(logits, abs=1e-4)


def test_the_language_model_weighs_yes_against_no() -> None:
    generator = ScriptedGenerator(log_odds=lambda messages: float(messages[-1].content.count("died")))
    made = LlmReranker(generator)
    assert made.score("died?", ["died died", "rose", "died"]) == [1.0 + 2, 1.0 + 0, 1.0 + 1]
    assert made.name == "yes/no of scripted" and len(generator.asked) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", [{}, {"config.json": "{}"}, {"config.json": "{"}, {"model.safetensors": "no weights"}]
)
def test_a_folder_that_is_no_cross_encoder(tmp_path: Path, content: dict[str, str]) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ModelError, match=r"not a cross-encoder .*; name another --reranker") as error:
        CrossEncoderReranker(tmp_path, "none")
    assert str(error.value).startswith(str(tmp_path))


@pytest.mark.slow
def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a cross-encoder"):
        CrossEncoderReranker(tmp_path / "none", "none")


@pytest.mark.slow
def test_weights_that_are_cut_short(tiny: Path, tmp_path: Path) -> None:
    for file in tiny.iterdir():
        data = file.read_bytes()
        (tmp_path / file.name).write_bytes(data[: len(data) // 2] if file.suffix == ".safetensors" else data)
    with pytest.raises(ModelError, match="not a cross-encoder"):
        CrossEncoderReranker(tmp_path, "cut")
