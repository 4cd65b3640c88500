"""Readers: a reading or a judgement a row, in order, the same alone or in company; a span is words of its passage."""

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Judged, Marked, ModelError, Reader
from models.reader import MAX_TOKENS, OnnxReader
from tests.support.fakes import FakeReader

QUESTION = "Who died in the strike at the airport of Baghdad?"
HEADING = "Strike at Baghdad airport | Reuters | 2020-01-03 |"
PASSAGE = "A drone strike killed General Soleimani at the airport. Ten people died in the strike, officials said."
PASSAGES = [
    (HEADING, PASSAGE),
    ("", "Oil rose by four per cent."),
    (HEADING, "“Zehn” Menschen – José Pérez, 地震 – 🕊 died\r\n there."),
    ("", ""),
    ("", "word " * 3 * MAX_TOKENS),
]
SENTENCES: list[Marked] = [
    (HEADING, "Ten people died in the strike.", "Flights went to Basra."),
    (HEADING, "Ten people did not die in the strike.", ""),
    ("", "Oil rose by four per cent.", ""),
    ("", "", ""),
]
STATEMENTS = ["Ten people died in the strike.", "Ten people died in the strike.", "Oil fell.", "It was so."]
CLOSE = {"abs": 1e-4}


@pytest.fixture(scope="module", params=["fake", pytest.param("real", marks=pytest.mark.real)])
def reader(request: pytest.FixtureRequest) -> Reader:
    return FakeReader() if request.param == "fake" else OnnxReader()


def numbers(judged: list[Judged]) -> list[list[float]]:
    return [[one.supported, one.open, one.contradicted] for one in judged]


def test_a_reading_a_passage_in_the_order_given(reader: Reader) -> None:
    readings = reader.read(QUESTION, PASSAGES)
    assert len(readings) == len(PASSAGES) and all(math.isfinite(reading.answers) for reading in readings)
    assert readings[0].answers > readings[1].answers
    assert (
        reader.read(QUESTION, PASSAGES[::-1])
        == readings[::-1]
        == [reader.read(QUESTION, [passage])[0] for passage in PASSAGES[::-1]]
    ), "what stands beside a passage changes nothing"
    assert reader.identity


def test_spans_are_words_of_the_passage_best_first(reader: Reader) -> None:
    for (_, text), reading in zip(PASSAGES, reader.read(QUESTION, PASSAGES), strict=True):
        scores = [score for score, _, _ in reading.spans]
        assert scores == sorted(scores, reverse=True) and all(map(math.isfinite, scores))
        assert all(0 <= start < end <= len(text) and text[start:end].strip() for _, start, end in reading.spans)
        assert bool(reading.spans) == bool(text)
    best = reader.read(QUESTION, PASSAGES[:1])[0].spans[0]
    assert PASSAGE[best[1] : best[2]].startswith(("killed General", "General", "Ten"))


def test_a_score_a_sentence_in_the_order_given(reader: Reader) -> None:
    scores = reader.answers(QUESTION, SENTENCES)
    assert len(scores) == len(SENTENCES) and all(map(math.isfinite, scores))
    assert scores[0] > scores[2]
    assert reader.answers(QUESTION, SENTENCES[::-1])[::-1] == pytest.approx(scores, **CLOSE)
    assert [reader.answers(QUESTION, [sentence])[0] for sentence in SENTENCES] == pytest.approx(scores, **CLOSE)


def test_a_judgement_a_statement_in_the_order_given(reader: Reader) -> None:
    judged = reader.judge(STATEMENTS, SENTENCES)
    assert len(judged) == len(STATEMENTS)
    for parts in numbers(judged):
        assert all(0 <= part <= 1 for part in parts) and sum(parts) == pytest.approx(1.0, abs=1e-5)
    assert judged[0].supported > judged[1].supported and judged[1].contradicted > judged[0].contradicted
    assert numbers(reader.judge(STATEMENTS[::-1], SENTENCES[::-1]))[::-1] == numbers(judged)
    alone = [reader.judge([said], [seen])[0] for said, seen in zip(STATEMENTS, SENTENCES, strict=True)]
    assert numbers(alone) == numbers(judged)


def test_nothing_to_read_gives_nothing(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == reader.answers(QUESTION, []) == reader.judge([], []) == []
    assert len(reader.read("", PASSAGES)) == len(PASSAGES), "an empty question is read like any"


def test_a_statement_too_few_is_a_fault(reader: Reader) -> None:
    with pytest.raises(ValueError):
        reader.judge(STATEMENTS[:1], SENTENCES)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.text(max_size=40), st.text(max_size=80))
def test_any_text_can_be_read(reader: Reader, question: str, text: str) -> None:
    [reading] = reader.read(question, [("", text)])
    assert math.isfinite(reading.answers)
    assert all(0 <= start < end <= len(text) for _, start, end in reading.spans)
    [verdict] = reader.judge([question], [("", text, text)])
    assert verdict.supported + verdict.open + verdict.contradicted == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("files", "sentence"), [((), "reader.onnx: is missing"), (("reader.onnx",), "tokenizer.json")])
def test_a_folder_without_its_files_is_a_sentence(tmp_path: Path, files: tuple[str, ...], sentence: str) -> None:
    for name in files:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ModelError, match=f"{sentence}.*install groundwire again"):
        OnnxReader(tmp_path)


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "reader.onnx").write_bytes(b"no model")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="not an ONNX model that can be run"):
        OnnxReader(tmp_path)
