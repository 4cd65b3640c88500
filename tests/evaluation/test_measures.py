"""What counts as the same answer: words whole, in any case and spelling of numbers."""

import string
from itertools import groupby

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evaluation.measures import exact_match, groups_held, token_f1
from ground.words import NUMBERS, fold, fold_numbers, holds

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


# SQuAD, by its published definition (Rajpurkar et al. 2016, 4.2; of no words 2018): exact match, and F1 of
# the bags of words, punctuation and English articles ignored; the best over the accepted answers


def published_words(text: str) -> list[str]:
    plain = text.lower().translate(dict.fromkeys(map(ord, string.punctuation)))
    runs = ("".join(run) for _, run in groupby(plain, key=str.isalnum))
    return "".join(" " if run in ("a", "an", "the") else run for run in runs).split()


def published_f1(given: list[str], wanted: list[str]) -> float:
    left = list(wanted)
    shared = 0
    for word in given:
        if word in left:
            left.remove(word)
            shared += 1
    if not given and not wanted:
        return 1.0
    if not shared:
        return 0.0
    precision, recall = shared / len(given), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


SQUAD = st.lists(st.sampled_from("the A an AN ten Ten, people. “ten” the–end \u2003 ...".split(" ")), max_size=6)
TEXTS = SQUAD.map(" ".join)


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
@example("ten", ["Ten people", "ten"])
@example("An F-15E in José’s theatre", ["F15E, in JOSÉ’S theatre"])
@example("", ["the"])
def test_exact_match_and_f1_are_as_squad_defines_them(answer: str, forms: list[str]) -> None:
    words, accepted = published_words(answer), [published_words(form) for form in forms]
    assert exact_match(answer, forms) == float(words in accepted)
    assert token_f1(answer, forms) == pytest.approx(max((published_f1(words, form) for form in accepted), default=0.0))


@pytest.mark.parametrize(
    ("answer", "exact", "f1"),
    [
        ("The Mahdi Army!", 1, 1),
        ("Mahdi", 0, 2 * (1 / 1) * (1 / 2) / (1 / 1 + 1 / 2)),
        ("the army of the Mahdi", 0, 2 * (2 / 3) * (2 / 2) / (2 / 3 + 2 / 2)),
        ("army army", 0, 2 * (1 / 2) * (1 / 2) / (1 / 2 + 1 / 2)),
        ("Hezbollah", 0, 0),
        ("", 0, 0),
    ],
)
def test_exact_match_and_f1_by_hand(answer: str, exact: float, f1: float) -> None:
    assert exact_match(answer, ["Mahdi Army"]) == exact and token_f1(answer, ["Mahdi Army"]) == pytest.approx(f1)
    assert exact_match(answer, []) == token_f1(answer, []) == 0
    assert token_f1(answer, ["x", "Mahdi Army"]) == token_f1(answer, ["Mahdi Army", "x"]) == pytest.approx(f1)
