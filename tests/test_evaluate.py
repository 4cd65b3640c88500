"""Figures as arithmetic over outcomes made by hand; evidence counts where a hit, or its copy, overlaps it."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import make_index, write_files
from fakes import FakeEmbedder, ScriptedGenerator, copy_best_sentence
from test_pipeline import check_record, make_room
from test_read import make_hit

from index.news_index import NewsIndex
from index.passage import Passage
from models import Message
from qa.answer import Answer, cite
from qa.evaluate import CUTOFFS, Outcome, evaluate, figures, judge, write_table
from qa.gold import Evidence, Question
from qa.pipeline import LONGEST_QUESTION, Newsroom
from qa.retrieve import Hit
from qa.settings import Settings

QUESTION = "Who died in the strike at the airport of Baghdad?"
TEN = Evidence("airport", "Ten people died")
GOLD = [
    Question("one", QUESTION, (("Soleimani",),), (Evidence("airport", "General Soleimani"),), True, "fact"),
    Question(
        "two",
        "What rose by four per cent?",
        (("oil",), ("gold",)),
        (Evidence("economy/oil", "price of oil"),),
        True,
        "fact",
    ),
    Question("three", "Which quartet sang?", (), (), False, "absent"),
]


def make_question(*evidence: Evidence, groups: int = 1, **options: Any) -> Question:
    made = {"id": "q", "question": QUESTION, "groups": (("ten",),) * groups, "answerable": True, "kind": "fact"}
    return Question(evidence=evidence, **{**made, **options})


def make_answer(text: str, *, quotes: int = 0, declined: bool = False, total: float = 1.0) -> Answer:
    """Cites the first five characters of an article so many times."""
    article = make_hit("Ten people died.").article
    citations = tuple(cite(n, article, 0, 5) for n in range(1, quotes + 1))
    seconds = {"search": total / 4, "first_token": None, "total": total}
    return Answer(None, QUESTION, QUESTION, text, declined, 0.5, (), citations, (), (), seconds)


def outcome(
    answer: Answer | None, *, any_at: int | None = None, groups: tuple[bool, ...] = (True,), answerable: bool = True
) -> Outcome:
    """Any evidence is found from rank `any_at` on; all of it never."""
    found = None if any_at is None else {cutoff: cutoff >= any_at for cutoff in CUTOFFS}
    all_found = None if any_at is None else dict.fromkeys(CUTOFFS, False)
    return Outcome(make_question(answerable=answerable), answer, found, all_found, groups, (), ())


# Figures


def test_figures_are_means_with_their_counts() -> None:
    made = figures(
        [
            outcome(make_answer("ten", quotes=2, total=1.0), any_at=1, groups=(True, True)),
            outcome(make_answer("ten", quotes=1, total=3.0), any_at=5, groups=(True, False, False)),
            outcome(make_answer("no", declined=True, total=8.0), any_at=11, groups=(False,)),
            outcome(make_answer("no", declined=True, total=4.0), answerable=False, groups=()),
            outcome(make_answer("yes", quotes=3, total=2.0), answerable=False, groups=()),
        ]
    )

    def mean(value: float, n: int) -> dict[str, float | int]:
        return {"mean": round(value, 4), "n": n}

    assert made["recall@1, any evidence"] == mean((1 + 0 + 0) / 3, 3)
    assert made["recall@5, any evidence"] == made["recall@10, any evidence"] == mean((1 + 1 + 0) / 3, 3)
    assert made["recall@10, every group"] == mean(0 / 3, 3)
    assert made["right"] == mean((1 + 0 + 0) / 3, 3)
    assert made["group recall"] == mean((2 / 2 + 1 / 3 + 0 / 1) / 3, 3)
    assert made["answerable refused"] == mean((0 + 0 + 1) / 3, 3)
    assert made["unanswerable refused"] == mean((1 + 0) / 2, 2)
    assert made["characters of quotes an answer"] == mean((2 * 5 + 1 * 5 + 3 * 5) / 3, 3)
    assert made["seconds, total, p50"] == mean(3.0, 5)
    assert made["seconds, search, p50"] == mean(3.0 / 4, 5)
    assert made["seconds, first_token, p50"] == {"mean": None, "n": 0}


def test_no_outcomes_no_means() -> None:
    made = figures([])
    assert all(row == {"mean": None, "n": 0} for row in made.values())
    table = write_table(made).splitlines()
    assert len(table) == 1 + len(made) and all(line.split()[-2:] == ["–", "0"] for line in table[1:])


def test_an_answer_is_right_when_it_holds_every_group_and_is_none_that_declines() -> None:
    assert outcome(make_answer("ten")).right
    assert not outcome(make_answer("ten", declined=True)).right
    assert not outcome(make_answer("ten"), groups=(True, False)).right
    assert outcome(make_answer("", declined=True), answerable=False, groups=()).right
    assert not outcome(make_answer("ten"), answerable=False, groups=()).right
    assert not outcome(None).declined


# Evidence


def hits_of(news: NewsIndex, *spans: tuple[str, int, int]) -> list[Hit]:
    made = []
    for rank, (article_id, start, end) in enumerate(spans, 1):
        article = news.archive.article(article_id)
        assert article
        made.append(Hit(rank, 1.0, Passage(start, end), article))
    return made


def found(news: NewsIndex, question: Question, hits: list[Hit]) -> tuple[list[bool], list[bool]]:
    outcome = judge(make_room(news), question, hits, None)
    assert outcome.found_any is not None and outcome.found_all is not None
    return list(outcome.found_any.values()), list(outcome.found_all.values())


def test_evidence_is_found_where_a_hit_overlaps_it(news: NewsIndex) -> None:
    article = news.archive.article("airport")
    assert article
    start = article.text.index(TEN.quote)
    end = start + len(TEN.quote)
    question = make_question(TEN)
    for span, overlaps in (
        ((0, start), False),
        ((0, start + 1), True),
        ((end - 1, end + 9), True),
        ((end, end + 9), False),
    ):
        assert found(news, question, hits_of(news, ("airport", *span))) == ([overlaps] * 3, [overlaps] * 3)
    elsewhere = hits_of(news, ("economy/oil", 0, 40))
    assert found(news, question, elsewhere * 4 + hits_of(news, ("airport", start, end))) == ([False, True, True],) * 2
    assert found(news, question, elsewhere * 5 + hits_of(news, ("airport", start, end))) == ([False, False, True],) * 2
    assert found(news, question, []) == ([False] * 3,) * 2


def test_every_group_needs_its_evidence(news: NewsIndex) -> None:
    question = make_question(TEN, Evidence("airport", "was closed", 1), Evidence("economy/oil", "price", 1), groups=2)
    article = news.archive.article("airport")
    assert article
    ten = ("airport", article.text.index("Ten"), article.text.index("Ten") + 3)
    assert found(news, question, hits_of(news, ten, ("economy/oil", 0, 70))) == ([True] * 3, [False, True, True])
    assert found(news, question, hits_of(news, ten)) == ([True] * 3, [False] * 3)


def test_a_copy_of_the_article_counts(news: NewsIndex) -> None:
    [hit] = hits_of(news, ("airport", 0, 200))
    carried = make_hit("Another text.", article_id="copy", copies=(hit,))
    assert found(news, make_question(TEN), [carried]) == ([True] * 3,) * 2
    assert found(news, make_question(TEN), [make_hit("Ten people died.", article_id="other")]) == ([False] * 3,) * 2


def test_a_copy_found_by_the_search_counts(tmp_path: Path) -> None:
    wire = "Ten people died in the strike at the airport of Baghdad early on Friday morning."
    news = make_index(
        tmp_path / "archive", [write_files(tmp_path / "in", {"a.txt": wire, "b.txt": wire})], FakeEmbedder()
    )
    for name in ("a", "b"):
        question = make_question(Evidence(name, "Ten people died"))
        [made] = evaluate(make_room(news), [question], tmp_path / "out", retrieval_only=True)
        assert made.found_any == made.found_all == {1: True, 5: True, 10: True}


def test_evidence_that_is_not_there_is_reported(news: NewsIndex) -> None:
    lost = (Evidence("airport", "Ten  people"), Evidence("gone", "Ten"), TEN)
    made = judge(make_room(news), make_question(*lost), [], None)
    assert made.missing_evidence == ("q: “Ten  people” is not in airport", "q: “Ten” is of gone, not in this archive")


def test_a_citation_is_compared_with_the_archive(news: NewsIndex) -> None:
    article = news.archive.article("airport")
    assert article
    good, bad = cite(1, article, 0, 9), cite(2, make_hit("Strike at Basra", article_id="airport").article, 0, 15)
    gone = cite(3, make_hit("Ten", article_id="gone").article, 0, 3)
    answer = Answer(None, QUESTION, QUESTION, "", False, 0.5, (), (good, bad, gone))
    assert judge(make_room(news), make_question(), [], answer).verbatim == (True, False, False)


# A run


def test_each_question_has_its_line(news: NewsIndex, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    outcomes = evaluate(
        make_room(news),
        GOLD,
        tmp_path / "out",
        retrieval_only=False,
        progress=lambda done, total, _: told.append((done, total)),
    )
    lines = [json.loads(line) for line in (tmp_path / "out" / "answers.jsonl").read_text("utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["one", "two", "three"] and told == [(1, 3), (2, 3), (3, 3)]
    for line, made in zip(lines, outcomes, strict=True):
        assert made.answer is not None and line == made.answer.to_dict()
        check_record(made.answer)
    assert [made.groups for made in outcomes[:2]] == [(True,), (True, False)]
    assert [made.right for made in outcomes] == [True, False, True]
    assert all(all(made.verbatim) for made in outcomes)


def test_a_second_run_gives_the_same_answers(news: NewsIndex, tmp_path: Path) -> None:
    def run(folder: Path) -> list[dict[str, Any]]:
        evaluate(make_room(news), GOLD, folder, retrieval_only=False)
        lines = (folder / "answers.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) | {"seconds": None} for line in lines]

    assert run(tmp_path / "a") == run(tmp_path / "b") == run(tmp_path / "a")


def test_searching_alone_loads_no_generator(news: NewsIndex, tmp_path: Path) -> None:
    def refuse() -> ScriptedGenerator:
        raise AssertionError("the language model was loaded")

    room = Newsroom(news, Settings(archive=news.archive.folder), refuse)
    outcomes = evaluate(room, GOLD, tmp_path / "out", retrieval_only=True)
    made = figures(outcomes)
    assert made["recall@10, any evidence"] == {"mean": 1.0, "n": 2} and made["right"] == {"mean": None, "n": 0}
    assert (tmp_path / "out" / "answers.jsonl").read_text() == ""


def test_a_follow_up_is_asked_with_its_history(news: NewsIndex, tmp_path: Path) -> None:
    generator = ScriptedGenerator(
        reply=lambda m: QUESTION if "Conversation:" in m[-1].content else copy_best_sentence(m)
    )
    history = (Message("user", "What was hit?"), Message("assistant", "The airport of Baghdad."))
    question = make_question(question="Who died there?", history=history)
    [made] = evaluate(make_room(news, generator), [question], tmp_path, retrieval_only=False)
    assert made.answer is not None and made.answer.standalone_question == QUESTION


def test_a_long_history_leaves_room_for_the_question(news: NewsIndex, tmp_path: Path) -> None:
    history = (Message("assistant", "The price of oil rose. " * LONGEST_QUESTION),)
    question = make_question(Evidence("wire-1", "Peru"), question="Who won the election in Peru " * 40, history=history)
    [made] = evaluate(make_room(news), [question], tmp_path, retrieval_only=True)
    assert made.found_any == {1: True, 5: True, 10: True}


@pytest.mark.parametrize("retrieval_only", [True, False])
def test_no_questions_no_outcomes(news: NewsIndex, tmp_path: Path, retrieval_only: bool) -> None:
    assert evaluate(make_room(news), [], tmp_path / "out", retrieval_only=retrieval_only) == []
