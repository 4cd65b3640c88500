"""Evidence stands in its article, word for word; what the model made up is gone."""

import re
from collections.abc import Sequence

import pytest
from fakes import ScriptedGenerator, read_prompt, words_of
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.passage import Passage, split_sentences
from models import Message
from qa.measures import holds
from qa.prompt import extract, gate
from qa.read import (
    ITEMS_AT_MOST,
    LONG_ITEM_WORDS,
    SENTENCES_AT_MOST,
    Evidence,
    Reading,
    find_evidence,
    is_yes_no,
    read_hits,
    split_items,
    stems,
)
from qa.retrieve import Hit

QUESTION = "Who was killed at the airport?"
TEXT = (
    "By A. Writer | Some Wire | January 3, 2020\n\n"
    "A drone strike killed General Qasem Soleimani at the airport. Abu Mahdi al-Muhandis died beside him.\n"
    "Ten people died, five Iranians and five Iraqis. The airport was closed for eleven hours."
)


def make_hit(
    text: str,
    *,
    article_id: str = "a",
    title: str = "",
    source: str | None = None,
    published: str | None = None,
    copies: tuple[Hit, ...] = (),
) -> Hit:
    """An article that is one passage."""
    return Hit(1, 1.0, Passage(0, len(text)), Article(article_id, text, title, source, published), {}, copies)


def make_evidence(
    text: str,
    quote: str = "",
    items: Sequence[str] = (),
    *,
    article_id: str = "a",
    title: str = "",
    source: str | None = None,
    published: str | None = None,
    log_odds: float = 3.0,
) -> Evidence:
    """`quote` in an article of this text, or all of it."""
    start = text.index(quote)
    hit = make_hit(text, article_id=article_id, title=title, source=source, published=published)
    return Evidence(hit, start, start + len(quote or text), tuple(items), log_odds)


def found(
    items: Sequence[str], *, text: str = TEXT, question: str = QUESTION, certain: bool = False
) -> dict[str, list[str]]:
    """Quotes with the items found in them."""
    return {e.quote: list(e.items) for e in find_evidence(question, make_hit(text), items, certain=certain)}


# Items


@given(st.text("ab;\n .,-*•\"“”'NOE1", max_size=60))
def test_items_are_words_of_the_reply_each_once(reply: str) -> None:
    items = split_items(reply)
    assert all(item in reply and item == item.strip(" .,-*•\"“”'") for item in items)
    assert len({item.casefold() for item in items}) == len(items) <= ITEMS_AT_MOST


@pytest.mark.parametrize("reply", ["", "NONE", "none.", " None; NONE", "Yes", "No.", ";;;", "“”", "- \n* "])
def test_a_reply_that_says_nothing_has_no_items(reply: str) -> None:
    assert split_items(reply) == []


def test_no_more_than_so_many_items() -> None:
    assert split_items("; ".join(f"item {n}" for n in range(99))) == [f"item {n}" for n in range(ITEMS_AT_MOST)]


@pytest.mark.parametrize("question", ["Was it closed?", "did he die", "HAVE they gone?"])
def test_a_question_for_yes_or_no_begins_with_its_verb(question: str) -> None:
    assert is_yes_no(question) and not is_yes_no(f"When {question}") and not is_yes_no("")


# Evidence


def test_every_run_of_words_is_found_in_the_sentence_that_holds_it() -> None:
    body = TEXT.index("A drone")
    for start, end in split_sentences(TEXT, body):
        words = [m.span() for m in re.finditer(r"\S+", TEXT[start:end])]
        for first in range(len(words)):
            for last in range(first, len(words)):
                item = TEXT[start + words[first][0] : start + words[last][1]].strip(".,")
                kept = find_evidence("", make_hit(TEXT), [item], certain=False)
                assert all(TEXT[e.start : e.end] == e.quote and holds(e.quote, item) for e in kept)
                assert len(kept) == bool(stems(item))


@given(st.lists(st.sampled_from(["Haniyeh", "forty", "42 people", "nobody", "the moon", "12"]), max_size=4))
def test_what_the_model_made_up_is_gone(items: list[str]) -> None:
    assert found(items) == {}


def test_an_invented_item_takes_nothing_with_it() -> None:
    assert found(["Haniyeh", "Abu Mahdi al-Muhandis"]) == {
        "Abu Mahdi al-Muhandis died beside him.": ["Abu Mahdi al-Muhandis"]
    }


def test_a_list_in_one_item_is_taken_apart() -> None:
    assert found(["General Qasem Soleimani, Haniyeh, and Abu Mahdi al-Muhandis"]) == {
        "A drone strike killed General Qasem Soleimani at the airport.": ["General Qasem Soleimani"],
        "Abu Mahdi al-Muhandis died beside him.": ["Abu Mahdi al-Muhandis"],
    }


def test_a_long_item_needs_most_of_its_words() -> None:
    quote = "Ten people died, five Iranians and five Iraqis."
    held, other = ["ten", "people", "died", "five", "iraqis"], ["were", "surely", "there", "then"]
    for kept in range(LONG_ITEM_WORDS + 1):
        item = " ".join((held[:kept] + other)[:LONG_ITEM_WORDS])
        assert (quote in found([item])) == (kept / LONG_ITEM_WORDS >= 0.6), item
    assert found(["died ten people"]) == {}, "a short one must be word for word"


def test_number_words_and_digits_find_each_other() -> None:
    assert list(found(["11 hours"])) == ["The airport was closed for eleven hours."]
    assert list(found(["10"])) == ["Ten people died, five Iranians and five Iraqis."]
    assert list(found(["eleven"], text="It was closed for 11 hours.")) == ["It was closed for 11 hours."]


def test_what_only_repeats_the_question_is_no_answer() -> None:
    assert found(["killed", "the airport", "killed at the airport"]) == {}


def test_a_credit_line_is_never_evidence() -> None:
    assert found(["Some Wire", "January 3, 2020", "A. Writer"]) == {}
    head = "Some Wire | January 3, 2020"
    assert found(["Some Wire"], text=head) == found([], text=head, certain=True) == {}


def test_where_a_passage_certainly_answers_its_nearest_sentence_does() -> None:
    assert found(["Haniyeh"], certain=True) == {"A drone strike killed General Qasem Soleimani at the airport.": []}
    assert found(["Haniyeh"], certain=False) == {}
    assert list(found(["ten"], certain=True)) == ["Ten people died, five Iranians and five Iraqis."]
    assert found(["ten"], text="", certain=True) == {}


def test_evidence_stays_in_its_passage() -> None:
    start, end = TEXT.index("Abu"), TEXT.index(" The airport was")
    hit = Hit(1, 1.0, Passage(start, end), make_hit(TEXT).article)
    kept = find_evidence(QUESTION, hit, ["Soleimani", "eleven hours", "five Iraqis", "al-Muhandis"], certain=False)
    assert [e.quote for e in kept] == [
        "Abu Mahdi al-Muhandis died beside him.",
        "Ten people died, five Iranians and five Iraqis.",
    ]
    assert all(start <= e.start < e.end <= end for e in kept)


# Reading


def read(
    generator: ScriptedGenerator, hits: Sequence[Hit], *, least: float = 0.0, certain: float = 9.0
) -> list[Reading]:
    return list(read_hits(QUESTION, hits, generator, least_log_odds=least, certain_log_odds=certain))


@pytest.mark.parametrize(("log_odds", "asks"), [(0.99, 1), (1.0, 3), (5.0, 3)])
def test_below_the_gate_the_model_is_asked_for_nothing(log_odds: float, asks: int) -> None:
    hit = make_hit(TEXT)
    generator = ScriptedGenerator(reply=lambda _: "Abu Mahdi al-Muhandis", log_odds=lambda _: log_odds)
    [reading] = read(generator, [hit], least=1.0)
    assert reading.log_odds == log_odds and len(generator.asked) == asks
    assert generator.asked[0] == gate(QUESTION, TEXT, "")
    assert len(reading.evidence) == (1 if asks > 1 else 0)
    if asks > 1:
        alone = "Abu Mahdi al-Muhandis died beside him."
        assert generator.asked[1:] == [extract(QUESTION, TEXT, ""), gate(QUESTION, alone, "")]


def test_a_sentence_has_its_own_log_odds() -> None:
    def by_length(messages: Sequence[Message]) -> float:
        return float(len(words_of(read_prompt(messages)[0])))

    [reading] = read(ScriptedGenerator(reply=lambda _: "al-Muhandis; ten", log_odds=by_length), [make_hit(TEXT)])
    prefix = len(words_of("Passage ():"))
    assert reading.log_odds == prefix + len(words_of(TEXT))
    assert [e.log_odds for e in reading.evidence] == [prefix + len(words_of(e.quote)) for e in reading.evidence]


def test_a_passage_gives_no_more_than_so_many_sentences() -> None:
    text = " ".join(f"Number {n} fell." for n in range(9))
    generator = ScriptedGenerator(reply=lambda _: "; ".join(f"number {n}" for n in range(9)), log_odds=lambda _: 5.0)
    [reading] = read(generator, [make_hit(text)])
    assert [e.quote for e in reading.evidence] == [f"Number {n} fell." for n in range(SENTENCES_AT_MOST)]
    assert len(generator.asked) == 2 + SENTENCES_AT_MOST


def test_from_certain_log_odds_on_a_passage_always_gives_a_sentence() -> None:
    for log_odds, quotes in ((1.9, 0), (2.0, 1)):
        generator = ScriptedGenerator(reply=lambda _: "NONE", log_odds=lambda _, own=log_odds: own)
        [reading] = read(generator, [make_hit(TEXT)], certain=2.0)
        assert len(reading.evidence) == quotes


@pytest.mark.parametrize(
    ("log_odds", "seen"),
    [
        ([3.0, 1.4, 1.4, 3.0], 3),  # two in a row that are more than 1.5 below the best
        ([3.0, 1.4, 1.5, 1.4, 1.4, 3.0], 5),
        ([1.9, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0], 6),  # only once one is certain
        ([3.0, 1.4, 5.0, 3.6, 3.0, 3.0, 9.0], 6),
    ],
)
def test_reading_ends_where_hits_fall_far_behind(log_odds: list[float], seen: int) -> None:
    hits = [make_hit(TEXT, article_id=str(n)) for n in range(len(log_odds))]
    told = iter(log_odds)
    generator = ScriptedGenerator(reply=lambda _: "NONE", log_odds=lambda _: next(told))
    made = list(read_hits(QUESTION, hits, generator, least_log_odds=9.0, certain_log_odds=2.0))
    assert [reading.log_odds for reading in made] == log_odds[:seen]


def test_readings_come_in_order_until_cancelled() -> None:
    hits = [make_hit(TEXT, article_id=str(n)) for n in range(5)]
    generator = ScriptedGenerator(reply=lambda _: "NONE", log_odds=lambda _: -1.0)
    assert [r.hit.article.id for r in read(generator, hits)] == list("01234")
    seen: list[Reading] = []
    stopped = ScriptedGenerator(log_odds=lambda _: -1.0)
    for reading in read_hits(
        QUESTION, hits, stopped, least_log_odds=0.0, certain_log_odds=9.0, cancelled=lambda: len(seen) == 2
    ):
        seen.append(reading)
    assert len(seen) == len(stopped.asked) == 2
    assert read(generator, []) == []
