"""What a sentence says that its quotes do not is always found; what they say in other letters is not."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.verify import MARKER, as_quoted, fewest, names_in, numbers_in, read_markers, uncovered, without_markers
from tests.qa.test_read import make_evidence

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


# The fewest quotes


QUOTES = st.lists(
    st.builds(
        lambda words, source, published: (" ".join(words), source, published),
        st.lists(
            st.sampled_from([*NAMES, "7", "twelve", "25", "Mohammed", "Mohammad", "died"]), min_size=1, max_size=4
        ),
        st.sampled_from([None, "Reuters", "Harbour Post"]),
        st.sampled_from([None, "2020-01-03", "2019-12-31"]),
    ),
    max_size=5,
)
SENTENCES = st.lists(
    st.sampled_from(
        [*NAMES, "7", "12", "25", "Mohammed", "Reuters", "died", "on 3 January 2020", "on 31 December 2019"]
    ),
    min_size=1,
    max_size=4,
).map(lambda words: f"It said {' and '.join(words)}.")


@given(SENTENCES, QUOTES, st.lists(st.integers(-2, 6), max_size=6, unique=True))
def test_the_fewest_quotes_still_prove_the_sentence(
    sentence: str, quotes: list[tuple[str, str | None, str | None]], cited: list[int]
) -> None:
    evidence = [make_evidence(text, source=source, published=day) for text, source, day in quotes]
    chosen = fewest(sentence, "Who?", cited, evidence)
    if chosen is None:
        assert not evidence or uncovered(sentence, "Who?", evidence)
        return
    proof = [evidence[i] for i in chosen]
    assert chosen and len(set(chosen)) == len(chosen) and not uncovered(sentence, "Who?", proof)
    there = [i for i in cited if 0 <= i < len(evidence)]
    if there and not uncovered(sentence, "Who?", [evidence[i] for i in there]):
        assert set(chosen) <= set(there), "the model's own choice comes first"


def test_a_quote_that_adds_nothing_is_not_cited() -> None:
    one, two = make_evidence("Soleimani died in Baghdad."), make_evidence("In Baghdad it was night.")
    assert fewest("It was in Baghdad that Soleimani died.", "", [1, 0], [one, two]) == [0]
    assert fewest("It was in Baghdad that Soleimani died.", "", [], [two, one]) == [1]
    assert fewest("Pompeo was away, said Trump.", "", [0, 1], [one, two]) is None
    assert fewest("He died.", "", [0], []) is None


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
