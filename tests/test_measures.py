"""What counts as the same answer: words whole, in any case and spelling of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.measures import NUMBERS, fold, fold_numbers, groups_held, holds

WORDS = st.text("abcdeé ñ,.’-Z12\n", max_size=30)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_numbers(fold_numbers(text)) == fold_numbers(text)


@given(WORDS)
def test_case_does_not_count(text: str) -> None:
    assert fold(text.upper()) == fold(text) == fold(f"  “{text}”! ")


@given(WORDS, WORDS, WORDS)
def test_a_text_holds_its_own_words_and_no_parts_of_them(before: str, form: str, after: str) -> None:
    if fold(form):
        assert holds(f"{before} {form} {after}", form)
        assert not holds(f"x{fold(form)}x", form)


@pytest.mark.parametrize(("word", "digits"), NUMBERS.items())
def test_a_number_word_is_its_digits(word: str, digits: str) -> None:
    assert fold_numbers(word.title()) == digits


def test_a_number_of_two_words_is_one_number() -> None:
    for tens_at, tens in enumerate(TENS, 2):
        for units_at, units in enumerate(UNITS, 1):
            assert fold_numbers(f"{tens}-{units} people") == f"{tens_at * 10 + units_at} people"
    assert fold_numbers("Twenty, five of them") == "20 5 of them"


@given(st.integers(0, 10**9))
def test_commas_between_thousands_do_not_count(number: int) -> None:
    assert fold_numbers(f"{number:,} people") == f"{number} people"


def test_a_group_is_held_by_any_of_its_forms() -> None:
    groups = [["Kataib Hezbollah", "Kata’ib Hezbollah"], ["19", "nineteen"]]
    assert groups_held("Kata'ib Hezbollah lost 25 men.", groups) == [True, False]
    assert groups_held("", groups) == [False, False]
    assert groups_held("anything", []) == []
