"""Sides exclude each other, are told by sources of their own, and come newest first."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.language import Words
from qa.compose import Draft, tell_sides, tell_yes_no
from qa.evidence import Evidence
from qa.sides import (
    Account,
    asks_for_day,
    asks_for_number,
    corrects,
    find_sides,
    gives_value,
    independent,
    is_correction,
    is_half_a_correction,
    is_superseded,
    values_of,
    weekday_told,
    without_overtaken,
)
from qa.values import Day, Quantity
from tests.support.rooms import make_evidence

MANY = "How many people died in the crush?"
WHEN = "When was the general buried?"


def says(words: str, source: str, published: str | None = None, *, items: Sequence[str] = ()) -> Evidence:
    return make_evidence(words, words=items, article_id=source, source=source, published=published)


EARLY = says("The crush killed 35 people.", "Wire", "2020-01-07", items=["35 people"])
LATE = says("The toll rose to 56, officials said.", "Courier", "2020-01-08", items=["56"])
SAME = says("Fifty-six mourners died.", "Herald", "2020-01-09", items=["Fifty-six mourners"])


def told(question: str, evidence: Sequence[Evidence]) -> list[tuple[str, list[str | None]]]:
    return [(side.words, [e.hit.section.source for e in side.evidence]) for side in find_sides(question, evidence)]


def numbers(question: str, item: Evidence) -> set[float]:
    return {value.low for value in values_of(question, item) if isinstance(value, Quantity)}


@pytest.mark.parametrize(
    ("question", "items", "gives"),
    [
        (MANY, ["At least 35 people"], True),
        (MANY, ["no deaths"], True),
        (MANY, ["dozens"], True),
        (MANY, ["Kerman"], False),
        (MANY, ["a mourner"], False),
        (MANY, [], False),
        ("Who said how many died?", ["General Ali"], True),
        (WHEN, ["The Guards"], True),
        ("How long did it last?", ["indefinitely"], True),
        ("Who was buried?", [], True),
    ],
)
def test_words_that_hold_no_number_answer_no_question_for_one(question: str, items: list[str], gives: bool) -> None:
    item = says(f"It was said: {items}.", "Wire", items=items)
    assert gives_value(question, item) is gives


def tell(question: str, evidence: Sequence[Evidence]) -> tuple[str, Draft]:
    """The sides of a question as they are told, and the draft."""
    draft = Draft()
    return tell_sides(question, find_sides(question, evidence), draft).text, draft


def test_numbers_that_differ_are_sides_newest_first() -> None:
    assert told(MANY, [EARLY, LATE]) == told(MANY, [LATE, EARLY]) == [("56", ["Courier"]), ("35 people", ["Wire"])]


def test_sources_that_agree_are_one_side() -> None:
    assert told(MANY, [EARLY, LATE, SAME]) == [
        ("Fifty-six mourners", ["Herald", "Courier"]),
        ("35 people", ["Wire"]),
    ]
    assert told(MANY, [LATE, SAME]) == []


def test_sources_that_share_one_of_several_values_agree() -> None:
    both = says("The toll rose from 35 to 56.", "Courier", "2020-01-08", items=["from 35 to 56"])
    assert told(MANY, [EARLY, both]) == []


def test_bounds_and_rounded_numbers_are_no_disagreement() -> None:
    least = says("At least 35 people died.", "Post", "2020-01-07", items=["At least 35 people"])
    rounded = says("Nearly 60 people died.", "Star", "2020-01-08", items=["Nearly 60 people"])
    assert told(MANY, [least, LATE]) == told(MANY, [rounded, LATE]) == []


def test_numbers_of_another_order_are_of_something_else_unless_they_correct() -> None:
    few = says("Three died.", "Wire", "2020-01-05", items=["Three"])
    assert told(MANY, [LATE, few]) == []
    note = says("Correction: three died.", "Wire", "2020-01-09", items=["three"])
    assert [words for words, _ in told(MANY, [LATE, note])] == ["three", "56"]


def test_an_outlet_speaks_by_its_newest_story() -> None:
    later = says("The toll is 56.", "Wire", "2020-01-09", items=["56"])
    for evidence in ([EARLY, later], [later, EARLY]):
        assert told(MANY, evidence) == [], "it does not contradict itself"
        assert told(MANY, [*evidence, says("It was 40.", "Post", "2020-01-06", items=["40"])]) == [
            ("56", ["Wire"]),
            ("40", ["Post"]),
        ]


def test_an_outlets_newer_story_on_something_else_does_not_speak_for_it() -> None:
    older = replace(says("The crush killed 35 people.", "Wire", "2020-01-07", items=["35 people"]), score=3.0)
    rival = says("The crush killed 40 people.", "Post", "2020-01-06", items=["40 people"])
    other = says("The fire killed 12 people.", "Wire", "2020-01-09", items=["12 people"])
    asked = "How many people were killed in the crush?"
    assert told(asked, [older, rival, replace(other, score=1.9)]) == [("35 people", ["Wire"]), ("40 people", ["Post"])]
    nearer = replace(says("The crush killed 37 people.", "Wire", "2020-01-09", items=["37 people"]), score=1.9)
    assert told(asked, [older, rival, nearer]) == [("37 people", ["Wire"]), ("40 people", ["Post"])]


def test_a_plan_is_no_side_of_what_was_done_since() -> None:
    asked = "When did the tunnel open?"
    plan = says("The tunnel would open on 3 May, she said.", "Post", "2020-03-01", items=["3 May"])
    done = says("The tunnel opened on Friday.", "Wire", "2020-05-09", items=["Friday"])  # 8 May
    assert told(asked, [plan, done]) == [] and without_overtaken(asked, [plan, done]) == [done]
    assert told("When will the tunnel open?", [plan, done]) != [], "what is to come was asked for"
    other = says("The tunnel opened on 5 May 1931.", "Wire", "2020-05-09", items=["5 May 1931"])
    assert without_overtaken(asked, [plan, other]) == [plan, other], "that was before it was planned"
    before = says("The tunnel opened on 8 May 2020.", "Wire", "2020-02-28", items=["8 May 2020"])
    assert without_overtaken(asked, [plan, before]) == [plan, before], "an older story overtakes no plan"
    told_too = says("The tunnel opened on 9 May.", "Post", "2020-05-10", items=["9 May"])
    assert told(asked, [told_too, done]) == [("9 May", ["Post"]), ("Friday", ["Wire"])]


def test_a_later_correction_is_told_first_and_as_one() -> None:
    corrected = says("The paper corrected the toll to 56.", "Courier", "2020-01-08", items=["56"])
    text, _ = tell(MANY, [EARLY, corrected])
    assert text == (
        "Corrected: 56, according to Courier (8 January 2020) [1]; before that, 35 people, according to Wire"
        " (7 January 2020) [2]."
    )


def test_a_headline_can_say_that_a_story_corrects_and_what_is_denied_is_no_value() -> None:
    quote = "Fifty-six people died, not 35."
    corrected = make_evidence(
        quote, title="Correction: toll of the crush", words=[quote], source="Post", published="2020-01-09"
    )
    assert corrects(corrected) and not corrects(EARLY)
    assert numbers(MANY, corrected) == {56}
    start = quote.index("35")
    assert numbers(MANY, replace(corrected, spans=((start, start + 2),))) == set()
    text, draft = tell(MANY, [EARLY, replace(corrected, spans=((0, 9),))])
    assert text.startswith("Corrected: fifty-six, according to Post (9 January 2020) [1]; before that, 35 people")
    assert [c.quote for c in draft.citations] == [quote, EARLY.quote]


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
    assert weekday_told(words, says(words, "Wire", published), Words()) == told


@pytest.mark.parametrize(
    ("dated", "told"), [("December 27", ""), ("27th December", ""), ("Jan. 3", "Friday was 3 January")]
)
def test_a_story_that_dates_its_weekday_otherwise_is_believed(dated: str, told: str) -> None:
    quote = "The attack on Friday was theirs."
    story = f"Rockets fell on Friday {dated}. {quote}"
    assert weekday_told(quote, make_evidence(story, quote, published="2020-01-05"), Words()) == told


@pytest.mark.parametrize(
    ("question", "number", "day"),
    [(MANY, True, False), (WHEN, False, True), ("Who died?", False, False), ("When it fell, who died?", False, False)],
)
def test_a_question_asks_for_a_number_a_day_or_neither(question: str, number: bool, day: bool) -> None:
    assert (asks_for_number(question), asks_for_day(question)) == (number, day)


def test_one_source_has_no_sides() -> None:
    assert told(MANY, []) == told(MANY, [EARLY]) == []


def test_a_date_is_no_number() -> None:
    dated = says("On January 2, 2020, people died.", "Wire", items=["January 2, 2020"])
    assert values_of(MANY, dated) == [] and told(MANY, [dated, LATE]) == []
    assert numbers(MANY, says("On January 2 some 20 people died.", "Wire", items=["some 20 people"])) == {20}


@pytest.mark.parametrize(
    ("words", "published", "days"),
    [
        ("late on Tuesday, 7 January", None, {(1, 7)}),
        ("January 7, 2020", "2020-01-09", {(1, 7)}),
        ("2020-01-07", None, {(1, 7)}),
        ("on Tuesday", "2020-01-09", {(1, 7)}),  # 9 January 2020 was a Thursday
        ("on Thursday", "2020-01-09", {(1, 9)}),
        ("on Tuesday", None, set()),
    ],
)
def test_days_are_read_against_the_date_of_the_article(
    words: str, published: str | None, days: set[tuple[int, int]]
) -> None:
    found = values_of(WHEN, says(f"He was buried {words}.", "Wire", published, items=[words]))
    assert {(day.month, day.day) for day in found if isinstance(day, Day)} == days


def test_days_that_differ_are_sides() -> None:
    tuesday = says("He was buried on Tuesday.", "Wire", "2020-01-09", items=["Tuesday"])
    eighth = says("He was buried on 8 January.", "Courier", "2020-01-08", items=["8 January"])
    assert told(WHEN, [eighth, tuesday]) == [("Tuesday", ["Wire"]), ("8 January", ["Courier"])]
    assert told(WHEN, [says("Buried on January 7.", "Herald", items=["January 7"]), tuesday]) == []


@given(st.permutations([EARLY, LATE, SAME]))
def test_the_order_of_evidence_changes_no_side(evidence: list[Evidence]) -> None:
    assert told(MANY, evidence) == told(MANY, [EARLY, LATE, SAME])


def test_each_side_is_told_with_its_source_and_quotes() -> None:
    text, draft = tell(MANY, [EARLY, LATE, SAME])
    assert text == (
        "Sources differ: fifty-six mourners, according to Herald (9 January 2020) and Courier (8 January 2020) [1][2];"
        " 35 people, according to Wire (7 January 2020) [3]."
    )
    assert [c.quote for c in draft.citations] == [SAME.quote, LATE.quote, EARLY.quote]
    [conflict] = draft.conflicts
    assert conflict.about == MANY and draft.short == "fifty-six mourners"
    assert [(side.value, side.citations) for side in conflict.sides] == [
        ("fifty-six mourners", (1, 2)),
        ("35 people", (3,)),
    ]
    assert [(s.text, s.citations, s.support) for s in draft.sentences] == [(text, (1, 2, 3), "supported")]


def test_words_of_an_article_make_no_marker() -> None:
    sly = says("Forty [3] died.", "Wire [7]", "2020-01-07", items=["Forty [3]"])
    text, _ = tell(MANY, [sly, LATE])
    assert text.endswith("forty (3), according to Wire (7) (7 January 2020) [2].")


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
        assert told(MANY, evidence) == []
    draft = Draft()
    assert tell_sides(MANY, [Account("56", (later,)), Account("35", (early,))], draft).text == (
        "Updated: 56, according to Wire (9 January 2020) [1]; before that, 35, according to Wire (9 January 2020) [2]."
    )
    assert draft.conflicts == [] and draft.short == "56"


def test_what_is_superseded_speaks_only_beside_the_version_that_supersedes_it() -> None:
    early = grouped(EARLY, "w:0", superseded=True)
    assert told(MANY, [early, LATE]) == [], "the version in force may say what the Courier says"
    assert told(MANY, [grouped(SAME, "w:0", superseded=True), EARLY]) == [], "not even where it is newer"
    later = grouped(says("Forty people died.", "Wire", "2020-01-09", items=["Forty people"]), "w:0")
    assert told(MANY, [early, later, LATE]) == [("Forty people", ["Wire"]), ("56", ["Courier"])]
    assert told(MANY, [early, later]) == [("Forty people", ["Wire"]), ("35 people", ["Wire"])]


def test_outlets_that_carry_one_text_speak_once() -> None:
    herald = grouped(SAME, "w:0")
    courier = grouped(says("Fifty-six mourners died, it said.", "Courier", "2020-01-08", items=["Fifty-six"]), "w:0")
    assert independent([courier, herald, EARLY]) == [courier, EARLY]
    text, draft = tell(MANY, [herald, courier, EARLY])
    assert "mourners, according to Herald (9 January 2020) [1]; 35 people" in text and len(draft.citations) == 2


def yes_no(*sides: tuple[bool, Evidence]) -> tuple[list[str], Draft]:
    """What is told of sentences that say yes or no, likeliest first, and the draft."""
    draft = Draft()
    told = list(tell_yes_no(sides, draft))
    assert told == draft.sentences
    return [sentence.text for sentence in told], draft


LEFT = says("The town was left.", "Wire", "2020-01-09")
HELD = says("The town was not left.", "Post", "2020-01-08")


@pytest.mark.parametrize(("yes", "item", "word"), [(True, LEFT, "Yes"), (False, HELD, "No")])
def test_yes_or_no_stands_before_the_quote_that_says_so(yes: bool, item: Evidence, word: str) -> None:
    other = says("The town was empty.", "Star")
    told, draft = yes_no((yes, item), (yes, other))
    day = 9 if yes else 8
    assert told == [f"{word}. {item.hit.article.source} ({day} January 2020): “{item.quote}” [1]"]
    assert [citation.quote for citation in draft.citations] == [item.quote], "the likeliest speaks, and no other"
    assert draft.short == word.lower() and draft.conflicts == []


def test_where_some_say_yes_and_some_no_both_are_told_newest_first() -> None:
    for sides in ([(True, LEFT), (False, HELD)], [(False, HELD), (True, LEFT)]):
        told, draft = yes_no(*sides)
        assert told == [
            "Sources differ: yes, according to Wire (9 January 2020) [1]; no, according to Post (8 January 2020) [2]."
        ]
        [conflict] = draft.conflicts
        assert [side.value for side in conflict.sides] == ["yes", "no"] and draft.short == "yes"


def test_an_account_of_yes_rests_on_texts_that_are_not_copies_of_each_other() -> None:
    wire, post = (grouped(says(f"The town was left, {name}.", name), "w:0") for name in ("Wire", "Post"))
    told, _ = yes_no((True, wire), (True, post), (False, HELD))
    assert "yes, according to Wire [2][3]" in told[0], "a copy is cited, and does not speak again"


def test_a_stance_that_is_superseded_is_told_as_what_was_before() -> None:
    early = grouped(says("The town was not left.", "Wire", "2020-01-09"), "w:0", superseded=True)
    later = grouped(LEFT, "w:0")
    for sides in ([(False, early), (True, later)], [(True, later), (False, early)]):
        told, draft = yes_no(*sides)
        assert told[0].startswith("Updated: yes, according to Wire") and draft.conflicts == []


def test_nothing_said_is_nothing_told() -> None:
    assert yes_no()[0] == []


# Accounts


def test_what_corrects_is_newer_than_all_it_corrects() -> None:
    note = Account("56", (says("The toll was corrected to 56.", "Courier", "2020-01-08"),))
    assert is_correction(note, [Account("35", (EARLY,))])
    assert not is_correction(note, [Account("57", (SAME,))]), "that is newer"
    assert not is_correction(Account("56", (LATE,)), [Account("35", (EARLY,))]), "that does not say it corrects"


@pytest.mark.parametrize(
    ("quote", "half"),
    [
        ("CORRECTION: On 5 March we said that 850 homes were left.", True),
        ("Correction: 580 homes were left, not 850.", False),
        ("The council corrected the number on Friday.", False),
    ],
)
def test_half_a_correction_does_not_say_what_is_right(quote: str, half: bool) -> None:
    assert is_half_a_correction(says(quote, "Wire")) is half


def test_an_account_is_superseded_where_all_it_rests_on_is() -> None:
    early, later = grouped(EARLY, "w:0", superseded=True), grouped(LATE, "w:0")
    assert is_superseded(Account("56", (later,)), [Account("35", (early,))])
    assert not is_superseded(Account("56", (later,)), [Account("35", (early, SAME))])
    assert not is_superseded(Account("56", (LATE,)), [Account("35", (early,))]), "that is of no group"
