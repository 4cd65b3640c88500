"""The fixed phrases of an answer, in each language; quotes stay in theirs, and what programs read stays as it is."""

from pathlib import Path

import pytest

from ground.language import LanguageError, Words, languages
from index.news_index import NewsIndex
from index.store.scope import Scope
from qa.compose import Draft, tell_sides, tell_yes_no
from qa.replay import settings_in
from qa.settings import Settings
from qa.sides import Account
from tests.support.rooms import check_record, make_evidence, make_room

DIED = make_evidence("Ten died on Friday.", words=["Ten"], article_id="a", source="AFP", published="2020-01-05")
FEWER = make_evidence("Seven died.", words=["Seven"], article_id="b", source="EFE", published="2020-01-04")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Yes. AFP (5 January 2020, Friday was 3 January): “Ten died on Friday.” [1]"),
        ("fr", "Oui. AFP (5 janvier 2020, vendredi était le 3 janvier) : « Ten died on Friday. » [1]"),
        ("es", "Sí. AFP (5 de enero de 2020, el viernes fue el 3 de enero): «Ten died on Friday.» [1]"),
        ("de", "Ja. AFP (5. Januar 2020, Freitag war der 3. Januar): „Ten died on Friday.“ [1]"),
    ],
)
def test_yes_is_said_in_the_language_and_its_quote_in_its_own(language: str, told: str) -> None:
    draft = Draft(say_in=Words(language))
    [sentence] = tell_yes_no([(True, DIED)], draft)
    assert sentence.text.replace("\N{NO-BREAK SPACE}", " ") == told
    assert draft.short == "yes" and draft.citations[0].quote == "Ten died on Friday."


@pytest.mark.parametrize(
    ("language", "ten", "seven"),
    [
        ("en", "Sources differ: ten, according to AFP (5 January 2020)", "seven, according to EFE (4 January 2020)"),
        ("fr", "Les sources divergent : ten, selon AFP (5 janvier 2020)", "seven, selon EFE (4 janvier 2020)"),
        ("es", "Las fuentes discrepan: ten, según AFP (5 de enero de 2020)", "seven, según EFE (4 de enero de 2020)"),
        ("de", "Die Quellen widersprechen sich: ten, laut AFP (5. Januar 2020)", "seven, laut EFE (4. Januar 2020)"),
    ],
)
def test_sides_are_told_in_the_language(language: str, ten: str, seven: str) -> None:
    draft = Draft(say_in=Words(language))
    sides = [Account("Ten", (DIED,)), Account("Seven", (FEWER,))]
    told = tell_sides("How many died?", sides, draft).text.replace("\N{NO-BREAK SPACE}", " ")
    assert told == f"{ten} [1]; {seven} [2]."
    assert [side.value for side in draft.conflicts[0].sides] == ["ten", "seven"]


def test_yes_and_no_are_values_for_programs_and_words_for_people() -> None:
    draft = Draft(say_in=Words("de"))
    [sentence] = tell_yes_no([(True, DIED), (False, FEWER)], draft)
    assert "ja, laut AFP" in sentence.text and "nein, laut EFE" in sentence.text
    assert {side.value for side in draft.conflicts[0].sides} == {"yes", "no"}


@pytest.mark.parametrize("language", languages())
def test_a_refusal_is_in_the_language_and_is_the_same_answer(news: NewsIndex, language: str) -> None:
    asked = [make_room(news, llm="none", speak=speak).ask("Who won the regatta at Kiel?") for speak in ("en", language)]
    english, own = (answer.to_dict() for answer in asked)
    check_record(asked[1])
    assert own["declined"] and own["answer"].startswith(Words(language)("do_not_say"))
    told = ("answer", "seconds", "replay")
    assert {name: value for name, value in own.items() if name not in told} == {
        name: value for name, value in english.items() if name not in told
    }
    assert own["replay"]["settings"]["speak"] == language
    assert settings_in(own, Settings(archive=Path("archive"))).speak == language


def test_a_scope_is_told_in_the_language(news: NewsIndex) -> None:
    room = make_room(news, llm="none", speak="fr")
    scope = Scope(outlets=("AFP", "EFE"), since="2031", languages=("en",))
    *_, answer = room.stream("Who won?", scope=scope)
    assert "(AFP ou EFE, depuis 2031, en anglais)" in answer.answer  # type: ignore[union-attr]
    *_, answer = room.stream("Who won?", scope=scope, speak="es")
    assert "(AFP o EFE, desde 2031, en inglés)" in answer.answer  # type: ignore[union-attr]


def test_an_answer_in_no_language_of_ours_is_a_sentence(news: NewsIndex) -> None:
    with pytest.raises(LanguageError, match="choose one of"):
        make_room(news, llm="none", speak="tlh").ask("Who won?")
