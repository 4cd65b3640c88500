"""A question for yes or no is two statements; a sentence says the one, the other, or neither, and each side is told."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Message
from qa.compose import STANCE_QUOTES, Draft, tell_stances
from qa.prompt import entails, scan_claim
from qa.prompt import state as state_prompt
from qa.read import Evidence
from qa.stance import (
    LEAST_DIFFERENCE,
    LEAST_NO,
    LEAST_YES,
    QUICK_DIFFERENCE,
    SECOND_SENTENCES,
    Statements,
    is_yes_no,
    state,
    weigh_stances,
)
from tests.qa.test_compose import check, texts
from tests.qa.test_read import make_evidence
from tests.support.fakes import ScriptedGenerator, read_prompt

QUESTION = "Was the embassy in Baghdad evacuated?"
YES, NO = "The embassy in Baghdad was evacuated", "The embassy in Baghdad was not evacuated"
STATEMENTS = Statements(f"{YES}.", f"{NO}.")


# Which questions


@pytest.mark.parametrize("question", ["Was it closed?", "did he die", " HAVE they gone?", "“Is it over?”"])
def test_a_question_for_yes_or_no_begins_with_its_verb(question: str) -> None:
    assert is_yes_no(question) and not is_yes_no(f"When {question}")


@pytest.mark.parametrize(
    "question",
    ["", "?", "Isabel died where?", "Who was it?", "Was it a Friday or a Saturday?", "In Iraq, was it closed?"],
)
def test_other_questions_are_none(question: str) -> None:
    assert not is_yes_no(question)


# Statements


def stated(reply: str, question: str = QUESTION) -> Statements | None:
    """What is made of a model's reply."""
    return state(question, ScriptedGenerator(reply=lambda _: reply))


@pytest.mark.parametrize(
    "label",
    [
        ("", ""),
        ("Statement 1: ", "Statement 2: "),
        ("statement 1. ", "statement 2. "),
        ("Statement: ", "Statement: "),
        ("1. ", "2. "),
        ("1) ", "2) "),
        ("1.", "2."),
        ("Yes, ", "No, "),
        ("Yes: ", "No: "),
        ("Statement 1: Yes, ", "Statement 2: No, "),
        ("  ", " "),
    ],
)
def test_labels_of_the_two_lines_are_left_out(label: tuple[str, str]) -> None:
    assert stated(f"{label[0]}{YES}.\n{label[1]}{NO}.") == STATEMENTS
    assert stated(f"{label[0]}{YES[0].lower()}{YES[1:]}.\n{label[1]}{NO[0].lower()}{NO[1:]}.") == STATEMENTS


def test_words_that_look_like_a_label_stay() -> None:
    fled = stated(
        "3.5 million people fled.\n3.5 million people did not flee, none fled.", "Did 3.5 million people flee?"
    )
    assert fled and fled.yes == "3.5 million people fled." and fled.no.startswith("3.5 million")
    denied = stated("Statements were denied.\nStatements were not denied.", "Were statements denied?")
    assert denied == Statements("Statements were denied.", "Statements were not denied.")
    none = stated("No embassy was closed.\nYes men closed an embassy.", "Was no embassy closed?")
    assert none == Statements("No embassy was closed.", "Yes men closed an embassy.")


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "\n",
        f"{YES}.",
        f"{YES}.\n{NO}.\n{YES}.",
        f"{YES}.\n{YES}.",
        f"{YES}.\n2. {YES.upper()}",
        "Yes, it was.\nNo, it was not.",
        f"{YES}.\nNothing happened.",
        "The price of oil rose.\nThe price of oil fell.",
        f"{YES}.\n\n{NO}.",
    ],
)
def test_a_reply_that_is_not_two_lines_of_the_questions_words_is_none(reply: str) -> None:
    assert stated(reply) is None


def test_the_model_is_shown_nothing_but_the_question_and_may_be_cancelled() -> None:
    generator = ScriptedGenerator(reply=lambda _: f"{YES}.\n{NO}.")
    assert state(QUESTION, generator) == STATEMENTS and generator.asked == [state_prompt(QUESTION)]
    assert state(QUESTION, generator, cancelled=lambda: True) is None


# Stances


def says(words: str, source: str, published: str | None = None, *, log_odds: float = 3.0) -> Evidence:
    return make_evidence(words, article_id=words, source=source, published=published, log_odds=log_odds)


DONE = says("The embassy was evacuated at noon.", "AFP", "2020-01-03")
STAYED = says("The staff stayed in the embassy.", "Reuters", "2020-01-04")
BESIDE = says("Oil rose.", "EFE")


def believing(told: dict[str, tuple[float, float]]) -> ScriptedGenerator:
    """A model that finds each statement, yes and no, as likely of a sentence as told here, at either look."""

    def log_odds(messages: Sequence[Message]) -> float:
        content = messages[-1].content
        [pair] = [pair for words, pair in told.items() if words in content]
        return pair[NO in content]

    return ScriptedGenerator(log_odds=log_odds)


def stances(*told: tuple[Evidence, float, float]) -> dict[str, bool | None]:
    generator = believing({item.quote: (yes, no) for item, yes, no in told})
    weighed = weigh_stances(STATEMENTS, [item for item, _, _ in told], generator)
    return {item.quote: stance for item, stance in weighed}


def test_a_sentence_says_yes_no_or_neither() -> None:
    assert stances((DONE, 2.0, -2.0), (STAYED, -2.0, 0.5), (BESIDE, -3.0, -3.0)) == {
        DONE.quote: True,
        STAYED.quote: False,
        BESIDE.quote: None,
    }
    assert stances() == {}


@pytest.mark.parametrize(
    ("yes", "no", "stance"),
    [
        (LEAST_YES / 2, LEAST_YES / 2 - LEAST_DIFFERENCE / 2, True),
        (LEAST_YES / 2 - 0.01, LEAST_YES / 2 - LEAST_DIFFERENCE, None),  # not likely enough
        (2.0, 2.0 - LEAST_DIFFERENCE / 2 + 0.01, None),  # the other is nearly as likely
        (LEAST_NO / 2 - LEAST_DIFFERENCE / 2, LEAST_NO / 2, False),
        (LEAST_NO / 2 - LEAST_DIFFERENCE, LEAST_NO / 2 - 0.01, None),
        (2.0 - LEAST_DIFFERENCE / 2 + 0.01, 2.0, None),
        (4.0, 4.0, None),
    ],
)
def test_what_is_said_must_be_likely_and_likelier_than_the_other(yes: float, no: float, stance: bool | None) -> None:
    """Both looks count: the sums are twice these."""
    assert stances((DONE, yes, no)) == {DONE.quote: stance}


def test_the_log_odds_are_those_of_what_is_said() -> None:
    generator = believing({DONE.quote: (2.0, -2.0), STAYED.quote: (-2.0, 0.5), BESIDE.quote: (-3.0, -4.0)})
    weighed = weigh_stances(STATEMENTS, [DONE, STAYED, BESIDE], generator)
    assert {item.quote: item.log_odds for item, _ in weighed} == {
        DONE.quote: 2 * 2.0,
        STAYED.quote: 2 * (0.5 - -2.0),
        BESIDE.quote: 2 * -3.0,
    }


def test_each_statement_is_asked_of_all_sentences_then_both_of_those_that_lean() -> None:
    generator = believing({DONE.quote: (2.0, -2.0), BESIDE.quote: (-3.0, -3.0)})
    list(weigh_stances(STATEMENTS, [BESIDE, DONE], generator))
    quick = [
        scan_claim(statement, item.quote, about)
        for statement in (STATEMENTS.yes, STATEMENTS.no)
        for item, about in ((BESIDE, "EFE"), (DONE, "AFP | 2020-01-03"))
    ]
    second = [entails(statement, [f"(AFP | 2020-01-03) {DONE.quote}"]) for statement in (STATEMENTS.yes, STATEMENTS.no)]
    alone = [entails(statement, [DONE.quote]) for statement in (STATEMENTS.yes, STATEMENTS.no)]
    assert generator.asked == [*quick, *second, *alone]


def test_only_so_many_are_looked_at_again_and_those_that_lean_most_first() -> None:
    items = [says(f"Sentence {n} of them.", "AFP") for n in range(SECOND_SENTENCES + 3)]
    told = {item.quote: (1.5 + n / 10, -1.5) for n, item in enumerate(items)}
    generator = believing(told)
    weighed = list(weigh_stances(STATEMENTS, items, generator))
    assert [item.quote for item, _ in weighed] == [item.quote for item in reversed(items)]
    assert [stance for _, stance in weighed] == [True] * SECOND_SENTENCES + [None] * 3
    assert len(generator.asked) == 2 * len(items) + 4 * SECOND_SENTENCES
    unsure = believing({DONE.quote: (-1.0, -1.0 + QUICK_DIFFERENCE - 0.01)})
    assert [stance for _, stance in weigh_stances(STATEMENTS, [DONE], unsure)] == [None] and len(unsure.asked) == 2


@pytest.mark.parametrize("side", [True, False])
def test_what_only_the_headline_says_is_said_by_no_sentence(side: bool) -> None:
    """Under "Embassy evacuated" a model takes any sentence for a proof of it, one that denies it too."""
    favoured = STATEMENTS.yes if side else STATEMENTS.no

    def believe(messages: Sequence[Message]) -> float:
        asked = messages[-1].content
        headed = "(AFP" in asked
        return 2.0 if (favoured in asked) == headed else -2.0

    [(_, stance)] = weigh_stances(STATEMENTS, [DONE], ScriptedGenerator(log_odds=believe))
    assert stance is None


def test_a_sentence_that_points_back_is_weighed_alone_with_the_one_before_it() -> None:
    item = make_evidence("The embassy stood empty. It was evacuated at noon.", "It was evacuated at noon.")
    generator = believing({"It was evacuated at noon.": (2.0, -2.0)})
    [(_, stance)] = weigh_stances(STATEMENTS, [item], generator)
    assert stance is True
    assert read_prompt(generator.asked[-1])[0] == "The embassy stood empty. It was evacuated at noon."


def test_weighing_ends_when_cancelled() -> None:
    told = {DONE.quote: (2.0, -2.0), STAYED.quote: (-2.0, 0.5)}
    for at_most in range(4):
        generator = believing(told)
        cancelled = lambda generator=generator, at_most=at_most: len(generator.asked) >= at_most  # noqa: E731
        assert list(weigh_stances(STATEMENTS, [DONE, STAYED], generator, cancelled)) == []
        assert len(generator.asked) == at_most
    seen: list[bool | None] = []
    for _, stance in weigh_stances(STATEMENTS, [DONE, STAYED], believing(told), lambda: len(seen) == 1):
        seen.append(stance)
    assert seen == [True]


# What is told


def told(*stances: tuple[Evidence, bool | None]) -> Draft:
    draft = Draft()
    said = list(tell_stances(QUESTION, STATEMENTS, stances, draft))
    assert said == draft.sentences and len(said) <= 1
    check(draft, [item for item, _ in stances])
    return draft


def test_one_side_is_yes_or_no_with_the_statement_and_who_says_so() -> None:
    yes = told((DONE, True), (BESIDE, None))
    assert texts(yes) == [f"Yes: {YES} (AFP, 3 January 2020) [1]."] and yes.short == "yes" and not yes.conflicts
    no = told((STAYED, False), (BESIDE, None))
    assert texts(no) == [f"No: {NO} (Reuters, 4 January 2020) [1]."] and no.short == "no" and not no.conflicts


def test_a_statement_that_loses_its_quotes_doubt_gives_way_to_the_quote() -> None:
    plan = make_evidence("The embassy would be evacuated.", source="Wire", log_odds=2.0)
    draft = Draft()
    [sentence] = tell_stances(QUESTION, STATEMENTS, [(plan, True)], draft)
    assert sentence.text == "Wire: “The embassy would be evacuated.” [1]" and draft.short == plan.quote
    check(draft, [plan])


def test_statements_hold_no_name_or_number_but_the_questions() -> None:
    for more in ("on Friday", "with 40 men", "by Ali Hassan"):
        assert stated(f"{YES} {more}.\n{NO} {more}.") is None


def test_sides_that_differ_are_told_newest_first() -> None:
    for stances in ([(DONE, True), (STAYED, False)], [(STAYED, False), (DONE, True)]):
        draft = told(*stances)
        assert texts(draft) == [
            f"Sources differ: {NO}, according to Reuters (4 January 2020) [1]; {YES}, according to AFP (3 January 2020)"
            " [2]."
        ]
        [conflict] = draft.conflicts
        assert conflict.about == QUESTION and draft.short == NO
        assert [(side.value, side.citations) for side in conflict.sides] == [(NO, (1,)), (YES, (2,))]
        assert draft.sentences[0].score == round(1 / (1 + math.exp(-3.0)), 4)


def test_a_later_correction_is_told_as_one() -> None:
    corrected = says("The paper corrected this: the staff stayed.", "Reuters", "2020-01-04")
    [text] = texts(told((DONE, True), (corrected, False)))
    assert text.startswith(f"Corrected: {NO}, according to Reuters") and f"; before that, {YES}, according" in text


def test_where_no_sentence_says_so_nothing_is_told() -> None:
    for draft in (told(), told((DONE, None), (STAYED, None))):
        assert draft.sentences == draft.citations == draft.conflicts == [] and draft.short == ""


def test_a_side_has_its_likeliest_articles_newest_first() -> None:
    items = [says(f"{n} buses left with the staff.", f"Wire {n}", f"2020-01-0{n}", log_odds=n % 3) for n in range(1, 6)]
    draft = told(*((item, True) for item in items))
    likeliest = sorted(items, key=lambda item: -item.log_odds)[:STANCE_QUOTES]
    newest = sorted(likeliest, key=lambda item: item.hit.section.published or "", reverse=True)
    assert [c.quote for c in draft.citations] == [item.quote for item in newest]
    assert texts(draft) == [f"Yes: {YES} (Wire 5, 5 January 2020; Wire 2, 2 January 2020) [1][2]."]


def test_an_article_speaks_once_on_a_side() -> None:
    text = "The embassy was evacuated. All were evacuated from the embassy."
    likely = make_evidence(text, "All were evacuated from the embassy.", article_id="one", log_odds=4.0)
    less = make_evidence(text, "The embassy was evacuated.", article_id="one", log_odds=3.0)
    assert [c.quote for c in told((less, True), (likely, True)).citations] == [likely.quote]


@given(st.permutations([(DONE, True), (STAYED, False), (BESIDE, None)]))
def test_the_order_of_sentences_changes_nothing(weighed: list[tuple[Evidence, bool | None]]) -> None:
    assert texts(told(*weighed)) == texts(told((DONE, True), (STAYED, False)))


@pytest.mark.parametrize("stances", [[(DONE, True)], [(DONE, True), (STAYED, False)]])
def test_a_marker_in_a_statement_is_no_citation(stances: list[tuple[Evidence, bool | None]]) -> None:
    draft = Draft()
    list(tell_stances(QUESTION, Statements(f"{YES} [7].", f"{NO} [[8]9]."), stances, draft))
    check(draft, [DONE, STAYED])


def test_small_numbers_are_shown_as_quoted() -> None:
    ten = says("Ten buses left.", "AFP")
    draft = Draft()
    list(
        tell_stances(
            "Did 10 buses leave?", Statements("10 buses left.", "10 buses did not leave."), [(ten, True)], draft
        )
    )
    assert texts(draft) == ["Yes: ten buses left (AFP) [1]."]


def test_the_fake_makes_statements_that_the_fake_can_weigh() -> None:
    """So the whole way of a question can be tested without a model."""
    generator = ScriptedGenerator()
    statements = state(QUESTION, generator)
    assert statements == Statements(
        "Was the embassy in Baghdad evacuated.", "It is not so: Was the embassy in Baghdad evacuated."
    )
    evacuated = says("The embassy in Baghdad was evacuated.", "AFP")
    [(_, stance)] = weigh_stances(statements, [evacuated], generator)
    assert stance is True and read_prompt(generator.asked[-3])[0] == f"(AFP) {evacuated.quote}"
