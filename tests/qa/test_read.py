"""Sentences are weighed one by one; the words of an answer stand in its sentence, what the model made up is gone."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.passage import Passage
from qa.prompt import gate
from qa.prompt import scan as scan_prompt
from qa.read import (
    FAR_SENTENCES,
    ITEMS_AT_MOST,
    LONG_ITEM_WORDS,
    MISSES,
    QUICK_SENTENCES,
    SECOND_SENTENCES,
    Evidence,
    copy_items,
    find_sentences,
    go_on_with_lists,
    order_by_sentences,
    scan,
    split_items,
    weigh,
)
from qa.retrieve import Hit
from tests.support.fakes import FakeEmbedder, ScriptedGenerator

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


def held(items: Sequence[str], *, quote: str = TEXT, question: str = QUESTION) -> list[str]:
    """The items of a sentence when the model copies these."""
    generator = ScriptedGenerator(reply=lambda _: "; ".join(items))
    return list(copy_items(question, make_evidence(quote), generator).items)


def sentences(*hits: Hit, question: str = QUESTION, repeats: bool = False) -> list[str]:
    return [item.quote for item in find_sentences(question, hits, FakeEmbedder(), repeats=repeats)]


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


@given(st.lists(st.sampled_from(["Haniyeh", "forty", "42 people", "nobody", "the moon", "12"]), max_size=4))
def test_what_the_model_made_up_is_gone(items: list[str]) -> None:
    assert held(items) == []


def test_an_invented_item_takes_nothing_with_it() -> None:
    assert held(["Haniyeh", "Abu Mahdi al-Muhandis"]) == ["Abu Mahdi al-Muhandis"]


def test_a_list_in_one_item_is_taken_apart() -> None:
    assert held(["General Qasem Soleimani, Haniyeh, and Abu Mahdi al-Muhandis"]) == [
        "General Qasem Soleimani",
        "Abu Mahdi al-Muhandis",
    ]


def test_a_long_item_needs_most_of_its_words() -> None:
    quote = "Ten people died, five Iranians and five Iraqis."
    right, other = ["ten", "people", "died", "five", "iraqis"], ["were", "surely", "there", "then"]
    for kept in range(LONG_ITEM_WORDS + 1):
        item = " ".join((right[:kept] + other)[:LONG_ITEM_WORDS])
        assert bool(held([item], quote=quote)) == (kept / LONG_ITEM_WORDS >= 0.6), item
    assert held(["died ten people"], quote=quote) == [], "a short one must be word for word"


def test_number_words_and_digits_find_each_other() -> None:
    assert held(["11 hours"]) == ["11 hours"] and held(["10"]) == ["10"]
    assert held(["eleven"], quote="It was closed for 11 hours.") == ["eleven"]


def test_what_only_repeats_the_question_is_no_answer() -> None:
    assert held(["killed", "the airport", "killed at the airport"]) == []


# Which sentences


def test_every_sentence_of_the_hits_stands_in_its_article_and_its_passage() -> None:
    start, end = TEXT.index("Abu"), TEXT.index(" The airport was")
    hit = Hit(1, 1.0, Passage(start, end), make_hit(TEXT).article)
    found = find_sentences(QUESTION, [hit], FakeEmbedder())
    assert sorted(item.quote for item in found) == [
        "Abu Mahdi al-Muhandis died beside him.",
        "Ten people died, five Iranians and five Iraqis.",
    ]
    assert all(start <= item.start < item.end <= end and TEXT[item.start : item.end] == item.quote for item in found)


def test_the_nearest_sentences_come_first() -> None:
    assert sentences(make_hit(TEXT))[0] == "A drone strike killed General Qasem Soleimani at the airport."
    assert sentences(make_hit(TEXT), question="How long was the airport closed?")[0].startswith("The airport was")
    assert sentences() == sentences(make_hit("")) == []


def test_a_list_goes_on_in_the_sentences_right_after() -> None:
    text = (
        "Ten were killed. The other Iranians were Hossein and Hadi.\n\nThey included Reda. The rest were unnamed."
        " Others wept, Ali said. The strike was at night. The dead were Omar and Zaid."
    )
    near, far = make_hit(text[: text.index("The strike")]), make_hit(text)
    hits = [replace(near, article=far.article), replace(far, passage=Passage(text.index("The strike"), len(text)))]

    def goes_on(words: str, hits: Sequence[Hit] = hits) -> list[str]:
        start = text.index(words)
        found = list(go_on_with_lists([Evidence(hits[0], start, start + len(words), (), 2.0)], hits))
        assert all(other.log_odds == 2.0 for other in found)
        return [other.quote for other in found]

    listed = ["The other Iranians were Hossein and Hadi.", "They included Reda."]
    assert goes_on("Ten were killed.") == listed, "one that names nobody ends it"
    assert goes_on("The strike was at night.", hits=hits[::-1]) == ["The dead were Omar and Zaid."]
    assert goes_on("Others wept, Ali said.") == []


def test_a_dateline_is_no_part_of_a_sentence() -> None:
    text = "BAGHDAD, Jan. 3 (AFP) — The strike killed ten. Nobody — not even he — knew.\nROME —"
    assert sorted(sentences(make_hit(text))) == ["Nobody — not even he — knew.", "ROME —", "The strike killed ten."]


def test_a_credit_line_a_repetition_and_the_question_itself_are_left_out() -> None:
    assert not any("Some Wire" in quote for quote in sentences(make_hit(TEXT)))
    twice = make_hit("Ten people died there. Nine fled. Ten people died there.")
    assert sorted(sentences(twice)) == ["Nine fled.", "Ten people died there."]
    same = make_hit("Killed at the airport. Ten fell.")
    assert sentences(same) == ["Ten fell."]
    assert sorted(sentences(same, repeats=True)) == ["Killed at the airport.", "Ten fell."]


# Weighing


def items_of(count: int) -> list[Evidence]:
    return [make_evidence(f"Number {n} fell.", article_id=str(n)) for n in range(count)]


def telling(log_odds: Sequence[float]) -> ScriptedGenerator:
    told = iter(log_odds)
    return ScriptedGenerator(log_odds=lambda _: next(told))


def test_a_sentence_is_weighed_alone_under_its_headline_both_ways() -> None:
    item = make_evidence("Ten fell.", title="The toll", source="AFP", published="2020-01-03")
    generator = telling([1.5, 0.5])
    scanned = list(scan(QUESTION, [item], generator, at_most=16))
    [weighed] = weigh(QUESTION, scanned, generator, least_log_odds=0.0)
    about = "The toll | AFP | 2020-01-03"
    assert generator.asked == [scan_prompt(QUESTION, "Ten fell.", about), gate(QUESTION, "Ten fell.", about)]
    assert [scanned[0].log_odds, weighed.log_odds] == [1.5, 2.0]


@pytest.mark.parametrize(
    ("log_odds", "seen"),
    [
        ([1.0, *[0.0] * 20], 16),  # not far enough behind
        ([1.0, *[-1.0] * 20], QUICK_SENTENCES),
        ([*[-1.0] * 8, 1.0, *[-1.0] * 9], 9 + FAR_SENTENCES),
        ([0.7, *[-1.0] * 20], 16),  # not likely enough
    ],
)
def test_a_quick_look_ends_where_sentences_fall_far_behind(log_odds: list[float], seen: int) -> None:
    assert [item.log_odds for item in scan(QUESTION, items_of(16), telling(log_odds), at_most=16)] == log_odds[:seen]


def test_a_sentence_without_words_of_the_index_is_read_too() -> None:
    """The lexical index holds no word of a script without spaces; that does not make it a repetition."""
    assert sentences(make_hit("伊朗革命卫队司令苏莱曼尼在巴格达机场附近的美军空袭中丧生。"))


@pytest.mark.parametrize(
    ("read_on", "order"),
    [(False, "One One's Two Two's Four"), (True, "One Two Three One's Two's")],
)
def test_the_sentences_after_one_that_answers_come_next(read_on: bool, order: str) -> None:
    """One passage of four sentences and others: the likeliest first, then what follows it in its passage."""
    text = "One fell. Two fell. Three fell. Four fell."
    of_one = {words: make_evidence(text, f"{words} fell.") for words in ("One", "Two", "Three", "Four")}
    others = {words: make_evidence(f"{words} fell.", article_id=words) for words in ("One's", "Two's")}
    found = of_one | others
    sentences = [found[words] for words in ("One", "One's", "Two", "Two's", "Four", "Three")]
    generator = telling([0.9, *[0.0] * 5])
    seen = [item.quote for item in scan(QUESTION, sentences, generator, at_most=5, read_on=read_on)]
    assert seen == [f"{words} fell." for words in order.split()]


def test_only_likely_sentences_are_looked_at_again_and_likeliest_first() -> None:
    scanned = list(scan(QUESTION, items_of(4), telling([0.5, -1.5, 2.0, 1.0]), at_most=16))
    weighed = list(weigh(QUESTION, scanned, telling([1.0, 1.0, 1.0]), least_log_odds=0.0))
    assert [item.log_odds for item in weighed] == [3.0, 2.0, 1.5]


def test_a_second_look_ends_after_some_misses() -> None:
    scanned = list(scan(QUESTION, items_of(10), telling([1.0] * 10), at_most=16))
    assert len(list(weigh(QUESTION, scanned, telling([9.0] * 10), least_log_odds=1.5))) == SECOND_SENTENCES
    assert len(list(weigh(QUESTION, scanned, telling([9.0, *[0.0] * 9]), least_log_odds=1.5))) == 1 + MISSES


def test_weighing_ends_when_cancelled() -> None:
    seen: list[Evidence] = []
    for item in scan(QUESTION, items_of(5), telling([0.0] * 5), at_most=5, cancelled=lambda: len(seen) == 2):
        seen.append(item)
    assert len(seen) == 2
    assert list(weigh(QUESTION, seen, telling([]), least_log_odds=0.0, cancelled=lambda: True)) == []


def test_hits_are_ordered_by_their_likeliest_sentence() -> None:
    hits = [make_hit("Number fell.", article_id=str(n)) for n in range(4)]
    once = [Evidence(hits[1], 0, 6, (), 0.5), Evidence(hits[2], 0, 6, (), 0.9), Evidence(hits[3], 0, 6, (), 0.7)]
    twice = [Evidence(hits[3], 0, 6, (), -0.5)]
    ordered = order_by_sentences(hits, once, twice)
    assert [hit.article.id for hit in ordered] == ["3", "2", "1", "0"]
    assert [(hit.rank, hit.stages["rerank"]) for hit in ordered] == [(1, -0.5), (2, 0.9), (3, 0.5), (4, None)]
