"""Sides exclude each other, are told by sources of their own, and come newest first."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Message
from qa.compose import Draft, choose_evidence, compose, tell_stances
from qa.conflict import find_sides, gives_value, independent, read_days, read_numbers, values_first, weekday_told
from qa.read import Evidence
from qa.stance import Statements
from tests.qa.test_read import make_evidence
from tests.support.fakes import ScriptedGenerator, read_prompt

OPTIONS: dict[str, Any] = {"answer_tokens": 50, "seed": 0}
MANY = "How many people died in the crush?"
WHEN = "When was the general buried?"


def says(words: str, source: str, published: str | None = None, *, items: Sequence[str] = ()) -> Evidence:
    return make_evidence(words, items=items, article_id=source, source=source, published=published)


def copy_number(messages: Sequence[Message]) -> str:
    """The last number of the sentence that is asked about."""
    return re.findall(r"\d+|\w+-six|Ten \[3\]", read_prompt(messages)[0].partition("):")[2])[-1]


EARLY = says("At least 35 people died.", "Wire", "2020-01-07", items=["At least 35 people"])
LATE = says("The toll rose to 56, officials said.", "Courier", "2020-01-08", items=["56"])
SAME = says("Fifty-six mourners died.", "Herald", "2020-01-09", items=["Fifty-six mourners"])


def told(question: str, evidence: Sequence[Evidence]) -> list[tuple[str, list[str | None]]]:
    return [(side.words, [e.hit.section.source for e in side.evidence]) for side in find_sides(question, evidence)]


@pytest.mark.parametrize(
    ("question", "items", "gives"),
    [
        (MANY, ["At least 35 people"], True),
        (MANY, ["No deaths"], True),
        (MANY, ["dozens"], True),
        (MANY, ["Kerman", "The Guards"], False),
        (MANY, ["a mourner"], True),
        (MANY, ["scores of people"], True),
        (MANY, [], False),
        (WHEN, ["on Tuesday"], True),
        (WHEN, ["after the crush"], True),
        (WHEN, ["June"], True),
        (WHEN, ["overnight"], True),
        (WHEN, ["as the crowd left"], True),
        ("When the crowd left, who was buried?", ["Ali Hassan"], True),
        ("Who said how many died?", ["General Ali"], True),
        (WHEN, ["The Guards"], False),
        (WHEN, [], False),
        ("How long did it last?", ["indefinitely"], True),
        ("Who was buried?", [], True),
    ],
)
def test_words_that_hold_no_value_answer_no_question_for_one(question: str, items: list[str], gives: bool) -> None:
    item = says("It was said.", "Wire", items=items)
    assert gives_value(question, item) is gives


@pytest.mark.parametrize(
    ("question", "order"),
    [(MANY, "Nobody Ten June Guards"), (WHEN, "Ten June Guards Nobody"), ("Who died?", "Guards Nobody Ten June")],
)
def test_sentences_that_hold_a_value_are_read_first(question: str, order: str) -> None:
    said = ["Guards fell.", "Nobody fell.", "Ten fell on 3 January.", "June 7 it was."]
    ordered = [item.quote.split()[0] for item in values_first(question, [says(words, words[:3]) for words in said], 4)]
    assert ordered == order.split()


def test_where_no_sentence_gives_the_value_nothing_is_told() -> None:
    draft = Draft()
    item = says("The general was buried in Kerman.", "Wire")
    generator = ScriptedGenerator(reply=lambda _: "Kerman")
    assert list(compose(WHEN, [item], generator, draft, **OPTIONS)) == [] == draft.citations


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


def test_a_source_speaks_with_the_value_that_others_share() -> None:
    both = says("The toll rose from 35 to 56.", "Courier", "2020-01-08", items=["from 35 to 56"])
    assert told(MANY, [EARLY, both]) == []
    hurt = says("At least 35 died and 48 were hurt.", "Wire", "2020-01-07", items=["35", "48"])
    assert told(MANY, [hurt, LATE]) == [("56", ["Courier"]), ("35", ["Wire"])]


def test_an_outlet_may_say_otherwise_on_another_day() -> None:
    later = says("The toll is 56.", "Wire", "2020-01-09", items=["56"])
    assert told(MANY, [EARLY, later]) == [("56", ["Wire"]), ("At least 35 people", ["Wire"])]
    same_day = says("The toll is 56.", "Wire", "2020-01-07", items=["56"])
    assert told(MANY, [EARLY, same_day]) == []


def test_a_later_correction_is_told_first_and_as_one() -> None:
    corrected = says("The paper corrected the toll to 56.", "Courier", "2020-01-08", items=["56"])
    draft = Draft()
    [sentence] = compose(MANY, [EARLY, corrected], ScriptedGenerator(reply=copy_number), draft, **OPTIONS)
    assert sentence.text == (
        "Corrected: 56, according to Courier (8 January 2020) [1]; before that, 35, according to Wire (7 January 2020)"
        " [2]."
    )


def test_a_headline_can_say_that_a_story_corrects_and_what_is_denied_is_no_value() -> None:
    quote = "Fifty-six people died, not 35."
    corrected = make_evidence(
        quote, title="Correction: toll of the crush", items=[quote], source="Wire", published="2020-01-09"
    )
    assert set(read_numbers(corrected)) == {"56"}
    assert set(read_numbers(replace(corrected, items=("35",)))) == set()
    draft = Draft()
    generator = ScriptedGenerator(reply=lambda asked: "Fifty-six" if "not 35" in asked[-1].content else "35")
    [sentence] = compose(MANY, [EARLY, corrected], generator, draft, **OPTIONS)
    assert sentence.text.startswith("Corrected: fifty-six, according to Wire (9 January 2020) [1]; before that, 35,")
    assert [c.quote for c in draft.citations] == [quote, EARLY.quote]


def test_a_correction_is_heard_though_others_are_likelier() -> None:
    likely = [replace(EARLY, log_odds=6.0), replace(LATE, log_odds=6.0)] * 3
    heard = make_evidence(
        "It was 57.", title="Corrected: the toll", source="Herald", published="2020-01-09", log_odds=2.0
    )
    unheard = replace(heard, hit=replace(heard.hit, article=replace(heard.hit.article, title="The toll")))
    chosen = choose_evidence([*likely, heard, unheard], least_log_odds=1.5, margin=2.7)
    assert heard in chosen and unheard not in chosen
    assert choose_evidence([replace(heard, log_odds=1.0)], least_log_odds=1.5, margin=2.7) == []


@pytest.mark.parametrize(
    ("words", "published", "told"),
    [
        ("The crush on Tuesday killed 56.", "2020-01-08", "Tuesday was 7 January"),
        ("He died early Wednesday.", "2020-01-08", "Wednesday was 8 January"),
        ("He died early Wednesday.", None, ""),
        ("He died on Tuesday, 7 January.", "2020-01-08", ""),
        ("He said on Monday that it was on Tuesday.", "2020-01-08", ""),
        ("The funeral is due on Friday.", "2020-01-08", ""),
        ("Every shop was open on Black Friday.", "2020-01-08", ""),
        ("The Sunday Times said so.", "2020-01-08", ""),
        ("Friday’s attack was theirs.", "2020-01-08", ""),
    ],
)
def test_the_day_of_a_weekday_is_told_where_it_is_plain(words: str, published: str | None, told: str) -> None:
    assert weekday_told(words, says(words, "Wire", published)) == told


@pytest.mark.parametrize(
    ("dated", "told"), [("December 27", ""), ("27th December", ""), ("Jan. 3", "Friday was 3 January")]
)
def test_a_story_that_dates_its_weekday_otherwise_is_believed(dated: str, told: str) -> None:
    quote = "The attack on Friday was theirs."
    story = f"Rockets fell on Friday {dated}. {quote}"
    assert weekday_told(quote, make_evidence(story, quote, published="2020-01-05")) == told


def test_the_day_of_a_weekday_stands_beside_the_outlet() -> None:
    said = "The crush on Tuesday killed many mourners."
    draft = Draft()
    evidence = [says(said, "Wire", "2020-01-08")]
    [sentence] = compose("What did the crush do?", evidence, ScriptedGenerator(reply=lambda _: said), draft, **OPTIONS)
    assert sentence.text.endswith("(Wire, 8 January 2020, Tuesday was 7 January) [1].")


def test_a_sentence_that_gives_no_value_takes_no_place_from_one_that_does() -> None:
    """Neither one that holds none, which is asked last, nor one out of which the model copies none."""
    idle = [says("Mourners wept.", f"Wire {n}", items=()) for n in range(3)]
    empty = says("About 7 streets were closed.", "Star", "2020-01-07")
    generator = ScriptedGenerator(
        reply=lambda asked: "NONE" if re.search("wept|streets", asked[-1].content) else copy_number(asked)
    )
    draft = Draft()
    [sentence] = compose(MANY, [*idle, empty, EARLY, LATE], generator, draft, **OPTIONS)
    assert sentence.text.startswith("Sources differ: 56, according to Courier")


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
    draft, generator = Draft(), ScriptedGenerator(reply=copy_number)
    [sentence] = compose(MANY, [EARLY, LATE, SAME], generator, draft, **OPTIONS)
    assert sentence.text == (
        "Sources differ: fifty-six, according to Herald (9 January 2020) and Courier (8 January 2020) [1][2];"
        " 35, according to Wire (7 January 2020) [3]."
    )
    assert [c.quote for c in draft.citations] == [SAME.quote, LATE.quote, EARLY.quote]
    [conflict] = draft.conflicts
    assert conflict.about == MANY and draft.short == "fifty-six"
    assert [(side.value, side.citations) for side in conflict.sides] == [("fifty-six", (1, 2)), ("35", (3,))]
    assert len(generator.asked) == 3, "no model writes what the sources say, it only copies their values"


def test_words_of_an_article_make_no_marker() -> None:
    sly = says("Ten [3] died.", "Wire [7]", "2020-01-07", items=["Ten [3]"])
    draft = Draft()
    [sentence] = compose(MANY, [sly, LATE], ScriptedGenerator(reply=copy_number), draft, **OPTIONS)
    assert sentence.text.endswith("ten (3), according to Wire (7) (7 January 2020) [2].")


def test_a_weekday_and_a_date_can_differ() -> None:
    friday = says("He died early Friday.", "AFP", "2020-01-04", items=["Friday"])
    wednesday = says(
        "On Wednesday January 2, 2020, he died.", "Wire", "2020-01-03", items=["Wednesday January 2, 2020"]
    )
    question = "On which day of the week did he die?"
    assert told(question, [friday, wednesday]) == [("Friday", ["AFP"]), ("Wednesday January 2, 2020", ["Wire"])]


def grouped(item: Evidence, group: str, *, superseded: bool = False) -> Evidence:
    return replace(item, hit=replace(item.hit, group=group, superseded=superseded))


def test_a_version_and_what_it_supersedes_are_no_disagreement() -> None:
    early = grouped(says("At least 35 died.", "Wire", "2020-01-09", items=["35"]), "w:0", superseded=True)
    later = grouped(says("The toll rose to 56.", "Wire", "2020-01-09", items=["56"]), "w:0")
    for evidence in ([early, later], [later, early]):
        draft = Draft()
        [sentence] = compose(MANY, evidence, ScriptedGenerator(reply=copy_number), draft, **OPTIONS)
        assert sentence.text == (
            "Updated: 56, according to Wire (9 January 2020) [1];"
            " before that, 35, according to Wire (9 January 2020) [2]."
        )
        assert draft.conflicts == [] and draft.short == "56"


def test_another_source_that_disagrees_with_a_version_still_does() -> None:
    early = grouped(EARLY, "w:0", superseded=True)
    draft = Draft()
    [sentence] = compose(MANY, [early, LATE], ScriptedGenerator(reply=copy_number), draft, **OPTIONS)
    assert sentence.text.startswith("Sources differ: 56") and len(draft.conflicts) == 1


def test_what_is_superseded_is_told_last_though_it_is_newer() -> None:
    newer = grouped(SAME, "w:0", superseded=True)
    assert told(MANY, [newer, EARLY]) == [("At least 35 people", ["Wire"]), ("Fifty-six mourners", ["Herald"])]


def test_outlets_that_carry_one_text_speak_once() -> None:
    herald = grouped(SAME, "w:0")
    courier = grouped(says("Fifty-six mourners died, it said.", "Courier", "2020-01-08", items=["Fifty-six"]), "w:0")
    assert independent([courier, herald, EARLY]) == [courier, EARLY]
    draft = Draft()
    [sentence] = compose(MANY, [herald, courier, EARLY], ScriptedGenerator(reply=copy_number), draft, **OPTIONS)
    assert "six, according to Herald (9 January 2020) [1][2]; 35" in sentence.text


def test_a_text_carried_by_many_does_not_outvote() -> None:
    """The value of a sentence with two is the one that most other sources have: copies are one of them."""
    both = says("Between 35 and 56 died.", "Post", "2020-01-06", items=["35", "56"])
    outlets = ("Herald", "Times", "Sun")
    copies = [grouped(says(f"It said 56 died, {name}.", name, "2020-01-08", items=["56"]), "w:0") for name in outlets]
    others = [EARLY, says("It was 35.", "Star", "2020-01-05", items=["35"])]
    [first, second] = find_sides(MANY, [both, *copies, *others])
    assert both in second.evidence and both not in first.evidence


def test_a_credit_names_a_text_that_many_carry_once() -> None:
    wire, post = (grouped(says(f"Two fell, {name}.", name), "w:0") for name in ("Wire", "Post"))
    assert Draft().credit("Two fell.", [wire, post, says("Two fell.", "Star")]) == " (Wire; Star)"


def test_an_account_of_yes_rests_on_texts_that_are_not_copies_of_each_other() -> None:
    wire, post = (grouped(says(f"The town was left, {name}.", name), "w:0") for name in ("Wire", "Post"))
    star = says("The town was left.", "Star")
    draft, statements = Draft(), Statements("The town was left.", "The town was not left.")
    list(tell_stances("Was the town left?", statements, [(item, True) for item in (wire, post, star)], draft))
    assert [citation.article_id for citation in draft.citations] == ["Wire", "Star"]


def test_a_stance_that_is_superseded_is_told_as_what_was_before() -> None:
    early = grouped(says("The town was not left.", "Wire", "2020-01-09"), "w:0", superseded=True)
    later = grouped(says("The town was left.", "Wire", "2020-01-09"), "w:0")
    for stances in ([(early, False), (later, True)], [(later, True), (early, False)]):
        draft, statements = Draft(), Statements("The town was left.", "The town was not left.")
        [sentence] = tell_stances("Was the town left?", statements, stances, draft)
        assert sentence.text.startswith("Updated: The town was left, according to Wire") and draft.conflicts == []
