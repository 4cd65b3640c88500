"""Sides exclude each other, are told by sources of their own, and come newest first."""

from collections.abc import Sequence

import pytest
from fakes import ScriptedGenerator
from hypothesis import given
from hypothesis import strategies as st
from test_read import make_evidence

from qa.compose import Draft, compose
from qa.conflict import find_sides, read_days, read_numbers
from qa.read import Evidence

MANY = "How many people died in the crush?"
WHEN = "When was the general buried?"


def says(words: str, source: str, published: str | None = None, *, items: Sequence[str] = ()) -> Evidence:
    return make_evidence(words, items=items, article_id=source, source=source, published=published)


EARLY = says("At least 35 people died.", "Wire", "2020-01-07", items=["At least 35 people"])
LATE = says("The toll rose to 56, officials said.", "Courier", "2020-01-08", items=["56"])
SAME = says("Fifty-six mourners died.", "Herald", "2020-01-09", items=["Fifty-six mourners"])


def told(question: str, evidence: Sequence[Evidence]) -> list[tuple[str, list[str | None]]]:
    return [(side.words, [e.hit.section.source for e in side.evidence]) for side in find_sides(question, evidence)]


def test_numbers_that_differ_are_sides_newest_first() -> None:
    assert (
        told(MANY, [EARLY, LATE])
        == told(MANY, [LATE, EARLY])
        == [("56", ["Courier"]), ("At least 35 people", ["Wire"])]
    )


def test_sources_that_agree_are_one_side() -> None:
    assert told(MANY, [EARLY, LATE, SAME]) == [
        ("Fifty-six mourners", ["Herald", "Courier"]),
        ("At least 35 people", ["Wire"]),
    ]
    assert told(MANY, [LATE, SAME]) == []


def test_one_source_with_both_values_tells_of_a_change() -> None:
    both = says("The toll rose from 35 to 56.", "Courier", "2020-01-08", items=["from 35 to 56"])
    assert told(MANY, [EARLY, both]) == []
    assert told(MANY, [EARLY, says("The toll is 56.", "Wire", "2020-01-09", items=["56"])]) == []


def test_only_questions_of_one_number_or_one_day_have_sides() -> None:
    assert told("Who died in the crush?", [EARLY, LATE]) == []
    assert told("On what street did the 35 and the 56 die?", [EARLY, LATE]) == []
    assert told(MANY, []) == told(MANY, [EARLY]) == []


def test_a_date_is_no_number() -> None:
    dated = says("On January 2, 2020, people died.", "Wire", items=["January 2", "2"])
    assert read_numbers(dated) == {} and told(MANY, [dated, LATE]) == []
    assert set(read_numbers(says("On January 2 some 20 people died.", "Wire", items=["20 people", "2"]))) == {"20"}


@pytest.mark.parametrize(
    ("words", "published", "days"),
    [
        ("late on Tuesday, 7 January", None, {"01-07"}),
        ("January 7, 2020", "2020-01-09", {"01-07"}),
        ("2020-01-07", None, {"01-07"}),
        ("on Tuesday", "2020-01-09", {"01-07"}),  # 9 January 2020 was a Thursday
        ("on Thursday", "2020-01-09", {"01-09"}),
        ("on Tuesday", None, set()),
        ("the next day", "2020-01-09", set()),
    ],
)
def test_days_are_read_against_the_date_of_the_article(words: str, published: str | None, days: set[str]) -> None:
    assert set(read_days(says(f"He was buried {words}.", "Wire", published, items=[words]))) == days


def test_days_that_differ_are_sides() -> None:
    tuesday = says("He was buried on Tuesday.", "Wire", "2020-01-09", items=["Tuesday"])
    eighth = says("He was buried on 8 January.", "Courier", "2020-01-08", items=["8 January"])
    assert told(WHEN, [eighth, tuesday]) == [("Tuesday", ["Wire"]), ("8 January", ["Courier"])]
    assert told(WHEN, [says("Buried on January 7.", "Herald", items=["January 7"]), tuesday]) == []


@given(st.permutations([EARLY, LATE, SAME]))
def test_the_order_of_evidence_changes_no_side(evidence: list[Evidence]) -> None:
    assert told(MANY, evidence) == told(MANY, [EARLY, LATE, SAME])


def test_each_side_is_told_with_its_source_and_quotes() -> None:
    draft, generator = Draft(), ScriptedGenerator()
    [sentence] = compose(MANY, [EARLY, LATE, SAME], generator, draft, answer_tokens=50, seed=0)
    assert sentence.text == (
        "Sources differ: Fifty-six mourners according to Herald (2020-01-09) and Courier (2020-01-08) [1][2];"
        " At least 35 people according to Wire (2020-01-07) [3]."
    )
    assert [c.quote for c in draft.citations] == [SAME.quote, LATE.quote, EARLY.quote]
    [conflict] = draft.conflicts
    assert conflict.about == MANY
    assert [(side.value, side.citations) for side in conflict.sides] == [
        ("Fifty-six mourners", (1, 2)),
        ("At least 35 people", (3,)),
    ]
    assert not generator.asked, "no model writes what the sources say"


def test_words_of_an_article_make_no_marker() -> None:
    sly = says("Ten [3] died.", "Wire [7]", "2020-01-07", items=["Ten [3]"])
    draft = Draft()
    [sentence] = compose(MANY, [sly, LATE], ScriptedGenerator(), draft, answer_tokens=50, seed=0)
    assert sentence.text.endswith("Ten (3) according to Wire (7) (2020-01-07) [2].")
