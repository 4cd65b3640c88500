"""Sentences are read in their passages and looked at again alone; the words that answer stand in their sentence."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.passage import Passage
from models import Marked, Reading
from qa.evidence import (
    ENOUGH,
    LOOKED_AT,
    NO_SPAN,
    ODDS_AT_MOST,
    SCORES,
    WEIGHTS,
    absent,
    find_evidence,
    in_view,
    log_odds,
    read_hits,
    sentences_of,
    stems,
    weigh,
    with_next_sentence,
    words_held,
)
from qa.retrieve import Hit
from tests.support.fakes import FakeReader
from tests.support.rooms import make_evidence, make_hit

QUESTION = "Who was killed at the airport?"
TEXT = (
    "By A. Writer | Some Wire | January 3, 2020\n\n"
    "A drone strike killed General Qasem Soleimani at the airport. Abu Mahdi al-Muhandis died beside him.\n"
    "Ten people died, five Iranians and five Iraqis. The airport was closed for eleven hours."
)


def quotes(*hits: Hit, question: str = QUESTION) -> list[str]:
    return [item.quote for item in read_hits(question, hits, FakeReader())]


class Marking(FakeReader):
    """Finds these spans in every passage, whatever is asked."""

    def __init__(self, *spans: tuple[float, int, int]) -> None:
        self.spans = spans

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        return [Reading(0.0, self.spans) for _ in passages]


# Which sentences


def test_every_sentence_stands_in_its_article_and_its_passage_and_its_words_in_it() -> None:
    start, end = TEXT.index("Abu"), TEXT.index(" The airport was")
    hit = Hit(1, 1.0, Passage(start, end), make_hit(TEXT).article)
    found = read_hits(QUESTION, [hit], FakeReader())
    assert sorted(item.quote for item in found) == [
        "Abu Mahdi al-Muhandis died beside him.",
        "Ten people died, five Iranians and five Iraqis.",
    ]
    for item in found:
        assert start <= item.start < item.end <= end and TEXT[item.start : item.end] == item.quote
        assert item.spans and all(item.start <= a < b <= item.end for a, b in item.spans)
        assert item.words == item.items[0] != "" and item.words in item.quote
        assert item.place == ("a", item.start)


def test_the_likeliest_sentences_come_first() -> None:
    assert quotes(make_hit(TEXT))[0] == "A drone strike killed General Qasem Soleimani at the airport."
    assert quotes(make_hit(TEXT), question="How long was the airport closed?")[0].startswith("The airport was")
    assert quotes() == quotes(make_hit("")) == []


def test_a_dateline_is_no_part_of_a_sentence() -> None:
    hit = make_hit("BAGHDAD, Jan. 3 (AFP) — The strike killed ten. Nobody — not even he — knew.\nROME —")
    spans = [hit.article.text[start:end] for start, end in sentences_of(hit)]
    assert spans == ["The strike killed ten.", "Nobody — not even he — knew.", "ROME —"]


def test_a_credit_a_headline_and_a_repetition_are_left_out() -> None:
    assert not any("Some Wire" in quote for quote in quotes(make_hit(TEXT)))
    assert sorted(quotes(make_hit("Ten people died there. Nine fled. Ten people died there."))) == [
        "Nine fled.",
        "Ten people died there.",
    ]
    assert quotes(make_hit("The toll of it\nTen fell.", title="The toll of it")) == ["Ten fell."]
    two = make_hit("Ten fell.", article_id="one"), make_hit("Ten fell.", article_id="two")
    assert quotes(*two) == ["Ten fell."] * 2, "another article that says the same is another source"


def test_a_sentence_without_words_of_the_index_is_read_too() -> None:
    """The lexical index holds no word of a script without spaces; that does not make it a repetition."""
    assert quotes(make_hit("Ali 伊朗革命卫队司令苏莱曼尼在巴格达机场附近的美军空袭中丧生。"))


def test_a_sentence_in_which_nothing_was_found_comes_last_and_without_words() -> None:
    text = "Ten fell. Nine fled."
    first, last = read_hits(QUESTION, [make_hit(text)], Marking((2.0, 0, 3)))
    assert (first.quote, first.words, first.scores) == ("Ten fell.", "Ten", (2.0,))
    assert (last.quote, last.words, last.scores) == ("Nine fled.", "", (NO_SPAN,))


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ([(4.0, 0, 3), (3.0, 4, 8)], ["Omar", "Zaid"]),
        ([(4.0, 0, 3), (1.1, 4, 8)], ["Omar", "Zaid"]),
        ([(4.0, 0, 3), (0.9, 4, 8)], ["Omar"]),
        ([(0.5, 0, 3), (-0.1, 4, 8)], ["Omar"]),
        ([(-0.5, 0, 3), (-0.6, 4, 8)], ["Omar"]),
        ([(4.0, 0, 3), (3.9, 0, 8), (3.8, 2, 3)], ["Omar"]),
    ],
)
def test_words_are_kept_that_are_nearly_as_likely_and_share_none(
    spans: list[tuple[float, int, int]], kept: list[str]
) -> None:
    text = "Omar and Zaid fell."
    place = {0: text.index("Omar"), 3: 4, 4: text.index("Zaid"), 8: text.index("Zaid") + 4, 2: 2}
    made = [(score, place[start], place[end]) for score, start, end in spans]
    [found] = read_hits(QUESTION, [make_hit(text)], Marking(*made))
    assert list(found.items) == kept


def test_words_that_cross_into_the_next_sentence_are_of_none() -> None:
    text = "Ten fell. Nine fled."
    assert [found.items for found in read_hits(QUESTION, [make_hit(text)], Marking((2.0, 4, 14)))] == [(), ()]


# In view


def test_a_sentence_is_judged_under_its_headline_between_its_neighbours() -> None:
    text = "One fell. Two fell. Three fell. Four fell."
    item = make_evidence(text, "Two fell.", title="The toll", source="AFP", published="2020-01-03")
    assert in_view(item) == ("The toll | AFP | 2020-01-03 | One fell.", "Two fell.", "Three fell.")
    assert in_view(make_evidence(text, "One fell.")) == ("", "One fell.", "Two fell.")
    assert in_view(make_evidence(text, "Four fell.")) == ("Three fell.", "Four fell.", "")


# Looking again


def test_a_sentence_is_weighed_by_its_words_and_its_hit() -> None:
    asked: list[list[Marked]] = []

    class Noting(FakeReader):
        def answers(self, question: str, sentences: Sequence[Marked]) -> list[float]:
            asked.append(list(sentences))
            return super().answers(question, sentences)

    hit = make_hit("General Ali was killed at the airport.")
    [found] = find_evidence(QUESTION, [hit], Noting())
    told = dict(zip(SCORES, found.scores, strict=True))
    assert told == {"span": 4.0, "sentence": 4.0, "words": 1.0, "rank": 0.0} and found.passage == 4.0
    assert found.score == weigh(found.scores)
    assert asked == [[in_view(found)]]


def test_whether_any_answers_hangs_on_the_best_sentence_and_the_best_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.evidence.ANY_WEIGHTS", (0.5, 0.25, 0.0, 0.0))
    monkeypatch.setattr("qa.evidence.ANY_BIAS", 1.0)
    hits = [
        make_hit("General Ali was killed at the airport.", article_id="a"),
        make_hit("Guards fled.", article_id="b"),
    ]
    first, second = find_evidence(QUESTION, hits, FakeReader())
    assert first.score == pytest.approx(0.5 * weigh(first.scores) + 0.25 * 4.0 + 1.0)
    assert first.score - second.score == pytest.approx(weigh(first.scores) - weigh(second.scores))


def test_names_numbers_and_words_that_an_article_lacks_are_counted() -> None:
    item = make_evidence(
        "General Ali was killed at the Kabul airport on May 3.", "General Ali was killed", title="Ten die"
    )
    assert absent("Who killed Ali of Kabul on May 3?", item) == (0.0, 0.0)
    assert absent("Who killed Omar in Basra on June 4?", item)[0] == 4.0
    assert absent("Did ten Kabulis flee?", item) == pytest.approx((0.0, 2 / 3))
    assert absent("?", item) == (0.0, 0.0)


@pytest.mark.parametrize(("odds", "read"), [(ENOUGH, 2), (ENOUGH - 0.1, 3)])
def test_the_other_passages_are_read_where_the_first_hold_no_likely_words(odds: float, read: int) -> None:
    hits = [make_hit(f"Guard {n} fled.", article_id=str(n)) for n in range(3)]
    assert len(read_hits(QUESTION, hits, Marking((odds, 0, 5)), first=2)) == read
    assert len(find_evidence(QUESTION, hits, Marking((odds, 0, 5)), first=2)) == read
    assert len(read_hits(QUESTION, hits, Marking((odds, 0, 5)))) == 3


def test_only_the_likeliest_are_looked_at_again_and_come_likeliest_first() -> None:
    numbered = [make_hit(f"Guard {n} fled.", article_id=str(n)) for n in range(LOOKED_AT + 4)]
    best = make_hit("General Ali was killed at the airport.", article_id="best")
    found = find_evidence(QUESTION, [*numbered, best], FakeReader())
    assert len(found) == LOOKED_AT and found[0].hit is best
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    assert find_evidence(QUESTION, [], FakeReader()) == []


def test_a_higher_score_never_makes_less_likely() -> None:
    """By the weights that are shipped, imported before those for the fake are put in their place."""
    assert len(WEIGHTS) == len(SCORES) and all(weight >= 0 for weight in WEIGHTS)
    assert weigh([1.0] * len(SCORES)) > weigh([0.0] * len(SCORES))


def test_the_share_of_the_questions_words_counts_rare_ones_more() -> None:
    hits = [make_hit(text) for text in ("The guards fled.", "The guards rested.", "Omar and the guards.", "Rain fell.")]
    rare, common, both, none = words_held(
        "Guards of Omar?", hits, [("", text, "") for text in ("Omar sat.", "Guards sat.", "Omar, a guard.", "Rain.")]
    )
    assert none == 0 < common < rare < both == 1
    assert rare + common == pytest.approx(1.0) and words_held("The?", hits, [("", "Omar", "")]) == [0.0]


@given(st.floats(0, 1))
def test_log_odds_are_those_of_a_chance_within_bounds(chance: float) -> None:
    odds = log_odds(chance)
    assert -ODDS_AT_MOST <= odds <= ODDS_AT_MOST + 1e-9
    assert 1 / (1 + math.exp(-odds)) == pytest.approx(chance, abs=1 / (1 + math.exp(ODDS_AT_MOST)))


def test_words_are_compared_as_the_index_compares_them() -> None:
    assert stems("Ten guards killed") == stems("10 guard killing") == {"10", "guard", "kill"}


def test_evidence_without_words_has_none() -> None:
    item = make_evidence("Ten fell.")
    assert (item.items, item.words) == ((), "")
    assert replace(item, spans=((0, 3),)).words == "Ten"


def test_a_sentence_is_told_with_the_one_after_it_and_its_words() -> None:
    text = "Correction: We said that ten men were killed at the airport. The number killed was eight. It rained."
    item = make_evidence(text, "Correction: We said that ten men were killed at the airport.", ["ten men"])
    whole = with_next_sentence("How many were killed?", item, FakeReader())
    assert whole.quote == text.removesuffix(" It rained.")
    assert all(item.end < start < end <= whole.end for start, end in whole.spans)
    last = make_evidence("One fell.\n\nTwo fell.", "Two fell.")
    assert with_next_sentence("How many fell?", last, FakeReader()) == last
