"""A gold file that cannot be used says where; ours stands in our articles, word for word."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evaluation.gold.questions import GoldError, GoldQuote, Question, read_gold
from evaluation.measures import groups_held
from models import Message
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder

DATA = Path(__file__).parents[2] / "data"
ROW = {"id": "a", "question": "Who died?", "answers": ["Ten people", "ten"]}
KINDS = {
    "single_fact": 8,
    "date_number": 5,
    "list": 5,
    "conflict": 5,
    "multi_article": 4,
    "attribution": 3,
    "paraphrase": 3,
    "followup": 3,
    "unanswerable_absent": 2,
    "unanswerable_false_premise": 2,
}


def write_gold(folder: Path, *rows: object) -> Path:
    """A gold file of these rows; text is a line as it is."""
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    return write_files(folder, {"gold.jsonl": "".join(f"{line}\n" for line in lines)}) / "gold.jsonl"


def test_a_row_is_read_as_it_stands(tmp_path: Path) -> None:
    row = {
        "id": "b",
        "question": "And where?",
        "answer_groups": [["Baghdad", "Bagdad"], [1]],
        "evidence": [{"article_id": "x", "quote": "in Baghdad"}, {"article_id": "y", "quote": "one", "group": 1}],
        "kind": "followup",
        "history": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "He."}],
        "must_flag_conflict": True,
        "reference": "for people",
    }
    first, second, third = read_gold(
        write_gold(tmp_path, ROW, "", row, {"id": "c", "question": "?", "answerable": False})
    )
    assert first == Question("a", "Who died?", (("Ten people", "ten"),), (), True, "question")
    assert second.groups == (("Baghdad", "Bagdad"), ("1",))
    assert second.evidence == (GoldQuote("x", "in Baghdad"), GoldQuote("y", "one", 1))
    assert second.history == (Message("user", "Who?"), Message("assistant", "He.")) and second.must_flag_conflict
    assert (third.answerable, third.groups) == (False, ())


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("{", "not JSON"),
        ("[]", "a field is not of its shape"),
        ("null", "a field is not of its shape"),
        ({"question": "b", "answers": ["c"]}, 'no "id"'),
        (ROW | {"id": 7}, 'no "id"'),
        (ROW | {"id": "b", "question": " "}, 'no "question"'),
        (ROW | {"id": "b", "answers": []}, 'neither "answers" nor "answer_groups"'),
        (ROW | {"id": "b", "answers": "ten"}, "a field is not of its shape"),
        (ROW | {"id": "b", "answer_groups": ["ten", "eleven"]}, "a field is not of its shape"),
        (ROW | {"id": "b", "answer_groups": 7}, "a field is not of its shape"),
        (ROW | {"id": "b", "evidence": [{"article_id": "x"}]}, "a field is not of its shape"),
        (ROW | {"id": "b", "evidence": [{"article_id": "x", "quote": None}]}, "a field is not of its shape"),
        (ROW | {"id": "b", "evidence": ["x"]}, "a field is not of its shape"),
        (ROW | {"id": "b", "evidence": [{"article_id": "x", "quote": " "}]}, "evidence has an empty quote"),
        (ROW | {"id": "b", "history": [{"role": "user"}]}, "a field is not of its shape"),
        (ROW | {"id": "b", "history": [{"role": "user", "content": 7}]}, "a field is not of its shape"),
        (ROW, 'the id "a" stands in an earlier line'),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, row: object, sentence: str) -> None:
    path = write_gold(tmp_path, ROW, "", row)
    with pytest.raises(GoldError) as error:
        read_gold(path)
    assert str(error.value).startswith(f"{path}:3: {sentence}")


def test_a_file_without_questions(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="holds no questions"):
        read_gold(write_gold(tmp_path, "", " "))
    with pytest.raises(GoldError, match="cannot be read"):
        read_gold(tmp_path)
    (tmp_path / "latin.jsonl").write_bytes(b"caf\xe9")
    with pytest.raises(GoldError, match=r"latin\.jsonl: cannot be read"):
        read_gold(tmp_path / "latin.jsonl")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
@example("a\u2028b\x85c\x1e")
def test_any_text_comes_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    row = {"id": text, "question": text, "answers": [text], "evidence": [{"article_id": text, "quote": text}]}
    [question] = read_gold(write_gold(tmp_path_factory.mktemp("gold"), row))
    assert question == Question(text, text, ((text,),), (GoldQuote(text, text),), True, "question")


# Ours


@pytest.fixture(scope="module")
def ours() -> list[Question]:
    return read_gold(DATA / "gold.jsonl")


def test_our_questions_are_counted(ours: list[Question]) -> None:
    assert Counter(question.kind for question in ours) == KINDS and len(ours) == sum(KINDS.values()) == 40
    for question in ours:
        assert question.answerable == (not question.kind.startswith("unanswerable"))
        assert bool(question.history) == (question.kind == "followup")
        assert question.must_flag_conflict <= (question.kind == "conflict")


def test_our_evidence_stands_in_our_articles(ours: list[Question], tmp_path: Path) -> None:
    news = make_index(tmp_path / "archive", [DATA / "articles"], FakeEmbedder(max_tokens=4096), max_tokens=200)
    assert news.archive.counts().articles == 14
    for question in ours:
        assert question.evidence or not question.answerable
        for evidence in question.evidence:
            article = news.archive.article(evidence.article_id)
            assert article is not None and evidence.quote in article.text[article.body_start :], question.id
            assert 0 <= evidence.group < max(1, len(question.groups))


def test_our_evidence_holds_the_answers(ours: list[Question]) -> None:
    """Each group has evidence, and evidence of a group holds one of its forms."""
    for question in ours:
        if question.answerable:
            assert {evidence.group for evidence in question.evidence} == set(range(len(question.groups))), question.id
        for group, forms in enumerate(question.groups):
            quotes = " … ".join(evidence.quote for evidence in question.evidence if evidence.group == group)
            assert groups_held(quotes, [forms]) == [True], (question.id, forms, quotes)
