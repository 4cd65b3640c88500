"""What a sentence says that its quotes do not is always found, in whatever letters; one quote proves, or none."""

import re
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models import Judged, Marked
from qa.evidence import in_view, names_in
from qa.prove import (
    MARKER,
    PROVED,
    as_quoted,
    loses_doubt,
    numbers_in,
    prove,
    read_markers,
    uncovered,
    without_markers,
)
from tests.support.fakes import FakeReader
from tests.support.rooms import make_evidence

DATES = st.dates(date(1990, 1, 1), date(2030, 12, 31))
NUMBERS = st.integers(0, 99_999)
WRITTEN = st.sampled_from(["{0}", "{0:,}", "{0}%", "${0}", "{0}km", "F-{0}E", "({0})"])
NAMES = ("Soleimani", "Muhandis", "Baghdad", "Pompeo", "Khamenei", "Qaani", "Zarif", "Trump", "Koulivand", "Esper")
ORDERS = st.permutations(NAMES)


# Numbers


@given(NUMBERS, WRITTEN, st.lists(NUMBERS, max_size=5), WRITTEN, DATES)
def test_a_number_that_no_quote_holds_is_found(
    number: int, written: str, quoted: list[int], in_quote: str, published: date
) -> None:
    sentence = f"There were {written.format(number)} of them."
    quote = f"They counted {' and '.join(in_quote.format(n) for n in quoted)} that day."
    evidence = [make_evidence(quote, title="Day of 12", published=published.isoformat())]
    found = uncovered(sentence, f"Were there {number} of them?", evidence)
    assert found == (set() if number in quoted else {str(number)})


def test_a_part_of_the_articles_date_is_no_number_of_its_quote() -> None:
    evidence = [make_evidence("Many people died.", published="2019-12-31")]
    for part in ("31", "12", "2019", "thirty-one"):
        assert uncovered(f"In all {part} people died.", "How many died?", evidence)
    assert uncovered("On 31 December 2019 31 people died.", "How many died?", evidence) == {"31"}


@given(DATES, st.sampled_from(["%d %B %Y", "%B %d, %Y", "%Y-%m-%d", "%d %b %Y"]))
def test_the_whole_date_of_the_article_may_be_said(published: date, form: str) -> None:
    sentence = f"Many died on {published.strftime(form)}."
    assert uncovered(sentence, "When?", [make_evidence("Many died.", published=published.isoformat())]) == set()
    other = make_evidence("Many died.", published=published.replace(year=1980, day=1).isoformat())
    assert str(published.year) in uncovered(sentence, "When?", [other])
    assert uncovered(sentence, "When?", [make_evidence("Many died.")])


@given(NUMBERS, NUMBERS)
def test_a_decimal_is_one_number(whole: int, part: int) -> None:
    sentence, quote = f"It had {whole}.{part} degrees.", make_evidence(f"It had {part}.{whole} degrees.")
    assert uncovered(sentence, "How strong?", [make_evidence(sentence)]) == set()
    assert bool(uncovered(sentence, "How strong?", [quote])) == (whole != part)
    assert uncovered(sentence, "How strong?", [make_evidence(f"Of {whole} there were {part}.")])


def test_words_and_digits_are_the_same_number() -> None:
    for sentence, quote in (
        ("12 died.", "Twelve died."),
        ("Twelve died.", "12 died."),
        ("25 died", "Twenty-five died"),
    ):
        assert uncovered(sentence, "How many?", [make_evidence(quote)]) == set()
    assert uncovered("Twenty-five died.", "", [make_evidence("Twenty died, five were hurt.")]) == {"25"}
    assert uncovered("Dozens died.", "How many?", [make_evidence("Ten died.")]) == {"dozens", "dozen"}
    assert numbers_in("Eleven of 1,500 at 6.4") == {"11", "1500", "6.4"}


# Names


@given(ORDERS, st.integers(0, len(NAMES)), st.integers(0, len(NAMES) - 1))
def test_a_name_that_no_quote_holds_is_found(names: list[str], known: int, said: int) -> None:
    evidence = [make_evidence(f"It was said that {' and '.join(names[:known])} came.")]
    found = uncovered(f"The guest was {names[said]}.", "Which guest came?", evidence)
    assert found == (set() if said < known else {names[said].casefold()})


def test_a_name_of_the_question_counts_only_where_the_passage_speaks_of_it() -> None:
    text = "Soleimani landed in Baghdad. He was killed at the airport."
    quote = make_evidence(text, "He was killed at the airport.")
    sentence = "The general, Soleimani, was killed at the airport."
    assert uncovered(sentence, "Which general is Soleimani?", [quote]) == set()
    assert uncovered(sentence, "Which general was killed?", [quote]) == {"soleimani"}
    other = make_evidence("Haniyeh landed in Tehran. He was killed at the airport.", "He was killed at the airport.")
    assert uncovered(sentence, "Which general is Soleimani?", [other]) == {"soleimani"}


def test_headline_and_outlet_may_be_named() -> None:
    quote = make_evidence("It was closed.", title="Strike at Baghdad airport", source="Reuters")
    assert uncovered("The airport of Baghdad was closed, says Reuters.", "What was closed?", [quote]) == set()


def test_words_that_only_begin_a_sentence_are_no_names() -> None:
    assert names_in("Missiles hit the base. ") == set()
    assert names_in("Abu Mahdi al-Muhandis died in Iraq") == {"abu", "mahdi", "muhandis", "iraq"}


# One quote


class Sure(FakeReader):
    """Finds every statement supported as surely as `chances` says for its quote, else not at all; notes what it saw."""

    def __init__(self, chances: dict[str, float]) -> None:
        self.chances = chances
        self.seen: list[tuple[str, Marked]] = []

    def judge(self, statements: Sequence[str], sentences: Sequence[Marked]) -> list[Judged]:
        self.seen += zip(statements, sentences, strict=True)
        chances = [self.chances.get(quote, 0.0) for _, quote, _ in sentences]
        return [Judged(chance, 1 - chance, 0.0) for chance in chances]


ONE = make_evidence("Soleimani died in Baghdad.", article_id="one")
TWO = make_evidence("In Baghdad it was night.", article_id="two")
AGAIN = make_evidence("It was said that Soleimani died in Baghdad.", article_id="again")
SENTENCE = "Soleimani died in Baghdad."


def test_the_quote_that_bears_a_sentence_out_most_surely_proves_it() -> None:
    reader = Sure({ONE.quote: 0.8, AGAIN.quote: 0.9})
    assert prove(SENTENCE, "", [], [ONE, TWO, AGAIN], reader) == (AGAIN, 0.9)
    assert reader.seen == [(SENTENCE, in_view(ONE)), (SENTENCE, in_view(AGAIN))], "whose words it is, and no other"


def test_the_quote_that_was_cited_comes_first() -> None:
    reader = Sure({ONE.quote: 0.8, AGAIN.quote: 0.9})
    assert prove(SENTENCE, "", [0], [ONE, TWO, AGAIN], reader) == (ONE, 0.8)
    assert prove(SENTENCE, "", [1, 7, -1], [ONE, TWO, AGAIN], reader) == (AGAIN, 0.9)


@pytest.mark.parametrize(("chance", "proved"), [(PROVED - 0.01, False), (PROVED, True)])
def test_a_quote_proves_where_the_reader_is_sure(chance: float, proved: bool) -> None:
    assert bool(prove(SENTENCE, "", [0], [ONE], Sure({ONE.quote: chance}))) is proved


def test_two_quotes_do_not_prove_together_what_neither_says() -> None:
    where, who = make_evidence("It was in Baghdad."), make_evidence("Soleimani died.")
    assert prove(SENTENCE, "", [0, 1], [where, who], Sure({where.quote: 1.0, who.quote: 1.0})) is None
    assert prove(SENTENCE, "", [0], [], FakeReader()) is None


@pytest.mark.parametrize("sentence", ["Soleimani died in Basra.", "Soleimani and 7 died in Baghdad."])
def test_words_that_are_not_the_quotes_are_not_asked_about(sentence: str) -> None:
    reader = Sure({ONE.quote: 1.0})
    assert prove(sentence, "", [0], [ONE], reader) is None and reader.seen == []


def test_a_doubt_that_is_lost_is_not_asked_about() -> None:
    claimed = make_evidence("Officials claim that Soleimani died in Baghdad.")
    assert loses_doubt(SENTENCE, claimed.quote)
    assert prove(SENTENCE, "", [0], [claimed], Sure({claimed.quote: 1.0})) is None
    said = "Officials claim that Soleimani died in Baghdad."
    assert prove(said, "", [0], [claimed], Sure({claimed.quote: 1.0})) == (claimed, 1.0)


@pytest.mark.parametrize(
    ("plain", "quote", "lost"),
    [
        ("The militia died.", "Officials claim that the militia died.", True),
        ("Four guards died.", "Four guards reportedly died.", True),
        ("The guards died.", "Most of the guards died.", True),
        ("The guards died.", "The guards could have died.", True),
        ("Most of the guards died.", "Most of the guards at the gate died.", False),
        ("The guards died.", "The guards at the gate died, a dozen men may be missing.", False),
        ("It was on 3 May.", "It was on 3 May.", False),
    ],
)
def test_a_doubt_is_lost_where_the_sentence_takes_up_what_is_doubted(plain: str, quote: str, lost: bool) -> None:
    assert loses_doubt(plain, quote) is lost


# Numbers as the quote writes them


TOKENS = (
    "5",
    "12.",
    "20,",
    "35",
    "five",
    "F15",
    "F-15",
    "5:30",
    "5.5",
    "1,500",
    "5%",
    "$5",
    "5th",
    "died",
    "é",
    "15-year",
)


@given(
    st.lists(st.sampled_from(TOKENS), max_size=8), st.sets(st.sampled_from(["five", "5", "twelve", "15", "fifteen"]))
)
def test_numbers_are_written_as_quoted_and_nothing_else_changes(tokens: list[str], quoted: set[str]) -> None:
    words = {
        digits: word
        for digits, word in (("5", "five"), ("12", "twelve"), ("15", "fifteen"))
        if word in quoted and digits not in quoted
    }
    expected = [
        re.sub(r"^\d+", lambda found: words.get(found[0], found[0]), token)
        if re.fullmatch(r"\d\d?[.,]?|\d+-year", token)
        else token
        for token in tokens
    ]
    assert as_quoted(" ".join(tokens), [make_evidence(f"It said {' '.join(sorted(quoted))}")]) == " ".join(expected)


def test_a_date_keeps_its_digits() -> None:
    quote = make_evidence("Five people died.", published="2020-01-05")
    for day in ("5 January 2020", "January 5, 2020", "2020-01-05", "5 January", "January 5", "5th of May"):
        assert as_quoted(f"On {day} 5 people died.", [quote]) == f"On {day} five people died."


# Markers


@given(st.text("ab[]1２, .\n", max_size=20))
@example("[[7]9]")
def test_a_sentence_without_its_markers_has_none(text: str) -> None:
    words, numbers = read_markers(text)
    assert not MARKER.search(without_markers(text)) and len(without_markers(text)) == len(text)
    assert not MARKER.search(words) and len(set(numbers)) == len(numbers)
    if not MARKER.search(text):
        assert (words, numbers) == (text.strip(), [])


@pytest.mark.parametrize(
    ("text", "words", "numbers"),
    [
        ("[3] Ten died.", "Ten died.", [3]),
        ("Ten died.[2] [1]", "Ten died.", [2, 1]),
        ("Ten [1,2] died [2 , 7].", "Ten died.", [1, 2, 7]),
        ("Ten died [1", "Ten died [1", []),
        ("Ten died [sic].", "Ten died [sic].", []),
        ("[1]", "", [1]),
        ("", "", []),
    ],
)
def test_markers_are_read_where_they_stand(text: str, words: str, numbers: list[int]) -> None:
    assert read_markers(text) == (words, numbers)


SAID = make_evidence(
    "The prime minister called the killing a crime. Nobody was hurt at the gate.", title="The prime minister"
)


@pytest.mark.parametrize(
    ("sentence", "question", "missing"),
    [
        ("The prime minister called the killing a crime.", "", set()),
        ("The prime minister called it a massacre.", "", {"massacr"}),
        ("The prime minister said that the killing was a crime.", "", set()),
        ("Yes, the killing was called a crime.", "", set()),
        ("The minister condemned the killing.", "Who condemned the killing?", set()),
        ("The minister condemned the killing.", "Who spoke?", {"condemn"}),
        ("The prime minister did not call the killing a crime.", "", {"not"}),
        ("The prime minister didn’t call the killing a crime.", "", {"not"}),
        ("No, it was a crime.", "", set()),
    ],
)
def test_every_word_but_the_questions_is_a_quotes(sentence: str, question: str, missing: set[str]) -> None:
    """A model of 1.5B says yes to "a massacre" where the quote has a crime; its words say no."""
    assert uncovered(sentence, question, [SAID]) == missing


def test_a_quote_that_denies_lets_deny() -> None:
    denies = make_evidence("The embassy was not evacuated.")
    assert uncovered("The embassy was not evacuated.", "", [denies]) == set()
    assert uncovered("The embassy wasn’t evacuated.", "", [denies]) == set()
