"""What reaches the reader is proved: a sentence by its quotes, a quote by its article, a marker by its citation."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models import Message
from qa.answer import Sentence
from qa.compose import (
    NEIGHBOUR_LOG_ODDS,
    Draft,
    choose_evidence,
    compose,
    say_first,
    say_rest,
    split_draft,
    without_stump,
)
from qa.prompt import write
from qa.read import Evidence
from qa.verify import read_markers
from tests.qa.test_read import make_evidence
from tests.support.fakes import ScriptedGenerator

QUESTION = "Who died in the strike?"
STRIKE = make_evidence(
    "A drone strike killed General Soleimani at the airport.",
    items=["General Soleimani"],
    article_id="strike",
    source="Reuters",
    published="2020-01-03",
)
BESIDE = make_evidence("Abu Mahdi died beside him.", items=["Abu Mahdi"], article_id="beside", source="AFP")
TOLL = make_evidence("Ten people died in the strike.", items=["Ten people"], article_id="toll", title="The toll")
EVIDENCE = [STRIKE, BESIDE, TOLL]


def replying(reply: str) -> Callable[[Sequence[Message]], str]:
    """The model writes `reply`, and copies what stands before "died" or after "killed" out of a sentence."""

    def answer(messages: Sequence[Message]) -> str:
        if "Copy from the passage" not in messages[-1].content:
            return reply
        sentence = messages[-1].content.partition("):\n")[2].partition("\n\n")[0]
        found = re.search(r"killed (.*?) at|(?:were )(ten people)|hurt (one)|^(\w+(?: \w+)?) died", sentence)
        return next(filter(None, found.groups())) if found else "NONE"

    return answer


def draft_of(
    reply: str,
    evidence: Sequence[Evidence] = EVIDENCE,
    *,
    log_odds: Callable[[Sequence[Message]], float] = lambda _: 2.0,
    context_tokens: int = 4096,
    cancelled: Callable[[], bool] = lambda: False,
) -> Draft:
    """What is composed when the model writes `reply`; what was yielded is what the draft holds."""
    draft = Draft()
    generator = ScriptedGenerator(reply=replying(reply), log_odds=log_odds, context_tokens=context_tokens)
    said = list(compose(QUESTION, evidence, generator, draft, answer_tokens=256, seed=0, cancelled=cancelled))
    assert said == draft.sentences
    return draft


def texts(draft: Draft) -> list[str]:
    return [sentence.text for sentence in draft.sentences]


def check(draft: Draft, evidence: Sequence[Evidence] = EVIDENCE) -> None:
    """The laws of every answer."""
    used: list[int] = []
    for sentence in draft.sentences:
        shown = [int(n) for n in re.findall(r"\[(\d+)\]", sentence.text)]
        assert tuple(shown) == sentence.citations and shown
        used += shown
    assert list(dict.fromkeys(used)) == list(range(1, len(draft.citations) + 1)), "numbered by first use, no gaps"
    articles = {item.hit.article.id: item.hit.article for item in evidence}
    for n, citation in enumerate(draft.citations, 1):
        assert citation.number == n
        assert articles[citation.article_id].text[citation.start : citation.end] == citation.quote != ""
    assert len({(c.article_id, c.start) for c in draft.citations}) == len(draft.citations)


def _quoted(sentence: Sentence, evidence: Sequence[Evidence]) -> str:
    """The quote that a sentence gives whole, and nothing else but who says it and when."""
    words = re.sub(r" \([^()]*\)(?=\.?$)", "", read_markers(sentence.text)[0])
    words = re.sub(r"^[^“]*: “(.*)”$", r"\1", words)
    [quote] = [item.quote for item in evidence if item.quote == words]
    return quote


# The draft


@pytest.mark.parametrize(
    ("written", "sentences"),
    [
        ("", []),
        ("\n \n", []),
        ("Ten died.", ["Ten died."]),
        ("Ten died [1]. Two fled [2].", ["Ten died [1].", "Two fled [2]."]),
        ("Ten died. [1] Two fled. [2]", ["Ten died. [1]", "Two fled. [2]"]),
        ("Ten died.[1] Two fled.[2]", ["Ten died.[1]", "Two fled.[2]"]),
        ("Ten died. [1][2] Two fled.", ["Ten died. [1][2]", "Two fled."]),
        ("Ten died. [1, 2] [3] Two fled.", ["Ten died. [1, 2] [3]", "Two fled."]),
        ("[1] Ten died.\n[2] Two fled.", ["[1] Ten died.", "[2] Two fled."]),
        ("- Ten died [1]\n- Two fled [2]", ["- Ten died [1]", "- Two fled [2]"]),
        ("Ten died [1", ["Ten died [1"]),
        ("Ten died. [1", ["Ten died.", "[1"]),
        ("[1]", ["[1]"]),
    ],
)
def test_a_draft_is_cut_into_sentences_with_their_markers(written: str, sentences: list[str]) -> None:
    assert split_draft(written) == sentences


PIECES = st.lists(
    st.sampled_from(
        "Ten died~General Soleimani~Abu Mahdi died~42~so Haniyeh fled~. ~.~\n~ ~[1]~ [2]~[7]~[1, 3]~[0]~[~]~- ~1. ~”"
        "~Ten people died in the strike. ~[[1]2]~<|im_end|>".split("~")
    ),
    max_size=12,
).map("".join)


@given(PIECES)
def test_a_draft_cut_into_sentences_loses_no_letter(written: str) -> None:
    pieces = split_draft(written)
    assert "".join("".join(pieces).split()) == "".join(written.split())
    assert all(pieces)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", ""),
        ("Ten people", "Ten people"),
        ("Ten died [1]. Two fled [2].", "Ten died [1]. Two fled [2]."),
        ("Ten died [1]. Two fled, and a", "Ten died [1]."),
        ("Ten died [1]. Two [2] fled, and a", "Ten died [1]."),
        ("Ten died. [1] Two fled, and a", "Ten died. [1]"),
        ("Ten died.[1][2] Two fled, and a", "Ten died.[1][2]"),
        ("“Ten died.” [1, 2] Two fled, and a", "“Ten died.” [1, 2]"),
        ("- Ten died [1]\n- Two fled [2]", "- Ten died [1]\n- Two fled [2]"),
        ("- Ten died [1]\n- Two fled, and a", "- Ten died [1]"),
        ("Oil rose by 4.5 per cent [1]. It cost 70.", "Oil rose by 4.5 per cent [1]. It cost 70."),
        ("Ten died [1]. Oil rose by 4.5", "Ten died [1]."),
    ],
)
def test_a_draft_loses_what_was_cut_off(written: str, kept: str) -> None:
    assert without_stump(written) == kept


@given(PIECES)
def test_what_is_cut_off_is_the_end_and_never_again(written: str) -> None:
    kept = without_stump(written)
    assert written.startswith(kept) and without_stump(kept) == kept and bool(kept) == bool(written)


def test_a_sentence_that_was_cut_off_is_not_told() -> None:
    draft = draft_of("In the strike ten people died [1]. General Soleimani died in the", [TOLL, STRIKE])
    assert texts(draft)[0] == "In the strike ten people died [1]." and draft.dropped == 0
    assert "General Soleimani died" not in draft.text


# Sentences


@given(PIECES, st.lists(st.integers(0, 2), unique=True), st.booleans())
@example("Then Haniyeh fled [7]. [[7]9]", [0, 1, 2], True)
def test_every_answer_keeps_the_laws(written: str, kept: list[int], agrees: bool) -> None:
    evidence = [EVIDENCE[i] for i in kept]
    draft = draft_of(written, evidence, log_odds=lambda _: 1.0 if agrees else -1.0)
    check(draft)
    assert "42" not in draft.text and "so Haniyeh" not in draft.text
    cited = {c.article_id for c in draft.citations}
    assert cited <= {item.hit.article.id for item in evidence} and bool(cited) == bool(evidence)
    if not agrees:
        said = [_quoted(sentence, evidence) for sentence in draft.sentences]
        assert sorted(said) == sorted(item.quote for item in evidence), "only quotes, and each of them"


def test_a_proved_sentence_is_shown_with_its_markers() -> None:
    draft = draft_of("In the strike ten people died [3]. General Soleimani died [1]. Beside him Abu Mahdi died [2].")
    check(draft)
    assert texts(draft) == [
        "In the strike ten people died [1].",
        "General Soleimani died (Reuters, 3 January 2020) [2].",
        "Beside him Abu Mahdi died (AFP) [3].",
    ]
    assert [c.article_id for c in draft.citations] == ["toll", "strike", "beside"]
    assert {s.support for s in draft.sentences} == {"supported"} and draft.dropped == 0


@pytest.mark.parametrize("marker", ["", " [7]", " [1]", " [0]", "[99999999999]"])
def test_a_marker_that_proves_nothing_is_put_right(marker: str) -> None:
    draft = draft_of(f"In the strike ten people died{marker}.", [STRIKE, TOLL])
    check(draft, EVIDENCE)
    assert texts(draft)[0] == "In the strike ten people died [1]." and draft.citations[0].article_id == "toll"


@pytest.mark.parametrize("invented", ["Eleven people died [3].", "General Soleimani died with Haniyeh [1]."])
def test_an_invented_number_or_name_is_dropped_before_the_model_is_asked(invented: str) -> None:
    draft = Draft()
    generator = ScriptedGenerator(reply=lambda _: invented, log_odds=lambda _: 9.0)
    list(compose(QUESTION, EVIDENCE, generator, draft, answer_tokens=256, seed=0))
    assert draft.dropped == 1 and read_markers(invented)[0] not in draft.text
    assert not any("supported by the text" in asked[-1].content for asked in generator.asked)


@pytest.mark.parametrize(("log_odds", "shown"), [(-0.01, False), (0.0, True), (3.0, True)])
def test_a_sentence_that_the_model_denies_is_dropped(log_odds: float, shown: bool) -> None:
    draft = draft_of("In the strike ten people died [3].", log_odds=lambda _: log_odds)
    assert ("In the strike ten people died" in draft.text) == shown and draft.dropped == (not shown)


def test_the_model_is_asked_about_the_words_and_the_quotes_that_are_shown() -> None:
    generator = ScriptedGenerator(reply=lambda _: "In the strike ten people died [3].", log_odds=lambda _: 2.0)
    list(compose(QUESTION, EVIDENCE, generator, Draft(), answer_tokens=256, seed=0))
    asked = generator.asked[1][-1].content
    assert asked.startswith("(The toll) Ten people died in the strike.\n\n") and STRIKE.quote not in asked
    assert '"In the strike ten people died."' in asked


# The first sentence, before all is read


@pytest.mark.parametrize(
    ("reply", "agrees", "said"),
    [
        ("General Soleimani died in it.", True, "General Soleimani died in it (Reuters, 3 January 2020) [1]."),
        ("General Soleimani died in it.", False, None),
        ("General Soleimani died with ten.", True, None),
        ("The strike died.", True, None),
        ("", True, None),
        ("Who died", True, None),
    ],
)
def test_the_first_sentence_is_proved_or_gives_way_to_its_quote(reply: str, agrees: bool, said: str | None) -> None:
    draft = Draft()
    generator = ScriptedGenerator(reply=lambda _: reply, log_odds=lambda _: 2.0 if agrees else -2.0)
    sentence = say_first(QUESTION, STRIKE, generator, draft, seed=0)
    check(draft)
    quoted = f"Reuters (3 January 2020): “{STRIKE.quote}” [1]"
    assert sentence is not None and [sentence.text] == texts(draft) == [said or quoted]


def test_the_first_sentence_is_one_and_no_more_is_written_for_it() -> None:
    many = "General Soleimani died in it. Ten " + "more " * 40
    generator = ScriptedGenerator(reply=lambda _: many, log_odds=lambda _: 2.0)
    sentence = say_first(QUESTION, STRIKE, generator, Draft(), seed=0)
    assert sentence is not None and sentence.text.startswith("General Soleimani died in it (")
    assert generator.usage.written < 10


def test_nothing_is_said_first_once_it_is_cancelled() -> None:
    assert say_first(QUESTION, STRIKE, ScriptedGenerator(), Draft(), seed=0, cancelled=lambda: True) is None


def test_after_the_first_sentence_comes_what_it_does_not_tell() -> None:
    draft = Draft()
    telling = ScriptedGenerator(reply=lambda _: "General Soleimani died in it.", log_odds=lambda _: 2.0)
    first = say_first(QUESTION, STRIKE, telling, draft, seed=0)
    copies = {STRIKE.quote: "General Soleimani", BESIDE.quote: "Abu Mahdi", TOLL.quote: "Soleimani"}

    def copy(messages: Sequence[Message]) -> str:
        return next(words for quote, words in copies.items() if quote in messages[-1].content)

    rest = list(say_rest(QUESTION, STRIKE, EVIDENCE, ScriptedGenerator(reply=copy), draft, sure=9.0))
    check(draft)
    assert first is not None and [sentence.text for sentence in rest] == ["AFP: “Abu Mahdi died beside him.” [2]"]
    assert draft.short == "General Soleimani"


@pytest.mark.parametrize("sure", [True, False])
def test_a_quote_that_answers_in_no_few_words_is_added_where_it_is_sure(sure: bool) -> None:
    draft = Draft()
    assert say_first(QUESTION, STRIKE, ScriptedGenerator(), draft, seed=0)
    bare = replace(BESIDE, items=(), log_odds=STRIKE.log_odds)
    none = ScriptedGenerator(reply=lambda _: "NONE")
    rest = list(say_rest(QUESTION, STRIKE, [STRIKE, bare], none, draft, sure=bare.log_odds + (not sure)))
    assert [sentence.citations for sentence in rest] == ([(2,)] if sure else [])


@pytest.mark.parametrize("again", ["In the strike ten people died", "Ten people died", "Ten people died in the strike"])
def test_what_was_said_is_not_said_again(again: str) -> None:
    draft = draft_of(f"In the strike ten people died [1]. {again} [1].", [TOLL])
    assert texts(draft) == ["In the strike ten people died [1]."] and draft.dropped == 0


def test_what_was_dropped_hides_no_sentence_like_it() -> None:
    draft = draft_of("In the strike ten people and Haniyeh died [1]. In the strike ten people died [1].", [TOLL])
    assert texts(draft) == ["In the strike ten people died [1]."] and draft.dropped == 1


def test_what_only_repeats_the_question_is_dropped() -> None:
    """ "When did the Guards claim it?" – "The Guards claimed it" takes what was asked for a fact."""
    draft = draft_of("In the strike they died [1]. General Soleimani died [1].")
    assert texts(draft)[0].startswith("General Soleimani died") and draft.dropped == 1


def test_small_numbers_are_shown_as_quoted() -> None:
    assert texts(draft_of("In the strike 10 people died [1].", [TOLL])) == ["In the strike ten people died [1]."]


@pytest.mark.parametrize(
    "fragment",
    [
        "A drone strike killed General Soleimani [1]",
        "Killed General Soleimani at the airport [1].",
        "General Soleimani [1]",
        "General Soleimani, Reuters said [1].",
        "General Soleimani, at the airport.",
    ],
)
def test_a_fragment_of_a_quote_becomes_the_whole_quote(fragment: str) -> None:
    generator = ScriptedGenerator(reply=replying(fragment), log_odds=lambda _: -9.0)
    draft = Draft()
    list(compose(QUESTION, [STRIKE], generator, draft, answer_tokens=256, seed=0))
    check(draft)
    assert texts(draft) == ["A drone strike killed General Soleimani at the airport (Reuters, 3 January 2020) [1]."]
    assert draft.dropped == 0 and draft.sentences[0].score == round(1 / (1 + math.exp(-STRIKE.log_odds)), 4)


@pytest.mark.parametrize(
    ("plain", "quote"),
    [
        ("The militia died in the strike [1].", "Officials claim that the militia died in the strike."),
        ("Four guards died in the strike [1].", "Four guards reportedly died in the strike."),
        ("The guards died in the strike [1].", "Most of the guards died in the strike."),
        ("The guards died in the strike [1].", "The guards could have died in the strike."),
    ],
)
def test_a_sentence_that_loses_a_doubt_gives_way_to_its_quote(plain: str, quote: str) -> None:
    assert texts(draft_of(plain, [make_evidence(quote)])) == [f"{quote[:-1]} [1]."]


def test_a_doubt_that_is_kept_or_of_something_else_changes_nothing() -> None:
    for plain, quote in (
        ("Most of the guards died in the strike [1].", "Most of the guards at the gate died in the strike."),
        (
            "The guards died in the strike [1].",
            "The guards at the gate died in the strike, a dozen men may be missing.",
        ),
    ):
        assert texts(draft_of(plain, [make_evidence(quote, items=["guards"])]))[0] == f"{plain[:-5]} [1]."


def test_a_quote_that_was_given_whole_is_not_given_again() -> None:
    draft = draft_of("General Soleimani, the dead man [1]. At the airport, a drone [1].", [STRIKE])
    assert len(draft.sentences) == 1


def test_a_second_fragment_of_a_cited_quote_loses_nothing() -> None:
    """Its item is told nowhere else, so the quote is told whole."""
    both = make_evidence("Guards said Ali Hassan was killed, and Omar Said was reportedly killed.")
    draft = draft_of("Guards reportedly said Ali Hassan was killed [1]. Omar Said was killed [1].", [both])
    assert "Omar Said was reportedly killed" in draft.text
    check(draft, [both])


def test_a_quote_that_was_told_is_not_told_again_for_a_fragment() -> None:
    said = make_evidence("Abu Mahdi died in the strike, news agencies reported.")
    draft = draft_of(
        "Abu Mahdi died in the strike, news agencies reported [1]. According to news agencies [1].", [said]
    )
    assert len(draft.sentences) == 1


def test_a_sentence_of_the_questions_words_is_proved_as_it_is() -> None:
    draft = draft_of("General Soleimani died in the strike [1].", [STRIKE], log_odds=lambda _: -1.0)
    assert draft.dropped == 1 and "Soleimani died" not in draft.text


# Who says so, and when


def test_outlet_and_day_stand_in_brackets_before_the_markers() -> None:
    draft = draft_of("In the strike died General Soleimani and ten people [1][3].", [STRIKE, BESIDE, TOLL])
    assert texts(draft)[0] == "In the strike died General Soleimani and ten people (Reuters, 3 January 2020) [1][2]."
    both = draft_of("In the strike General Soleimani and Abu Mahdi died [1][2].", [STRIKE, BESIDE])
    assert texts(both)[0].endswith(" died (Reuters, 3 January 2020; AFP) [1][2].")


def by(source: str | None, words: str, published: str | None = "2020-01-04", article_id: str = "") -> Evidence:
    return make_evidence(words, article_id=article_id or words, source=source, published=published)


def credits_of(*said: tuple[str, Evidence]) -> list[str]:
    """What is put in brackets behind these sentences, one after the other."""
    draft = Draft()
    return [draft.credit(words, [item]) for words, item in said]


def test_a_credit_is_given_once_to_sentences_of_one_source_in_a_row() -> None:
    one, two, other = by("AFP", "One fell."), by("AFP", "Two fell."), by("EFE", "Three fell.")
    afp, efe = " (AFP, 4 January 2020)", " (EFE, 4 January 2020)"
    assert credits_of(("One.", one), ("Two.", two), ("Two, too.", two)) == [afp, "", ""]
    assert credits_of(("One.", one), ("Three.", other), ("Two.", two)) == [afp, efe, afp]
    later = by("AFP", "Four fell.", "2020-01-05")
    assert credits_of(("One.", one), ("Four.", later)) == [afp, " (AFP, 5 January 2020)"]


@pytest.mark.parametrize(
    ("words", "credit"),
    [
        ("Two fell.", " (RT, 4 January 2020)"),
        ("Two fell, RT said.", " (4 January 2020)"),
        ("On 4 January 2020 two fell.", " (RT)"),
        ("Two fell on 4 January 2020, rt said.", ""),
        ("Two fell at the airport.", " (RT, 4 January 2020)"),
        ("Two fell on 14 January 2020.", " (RT, 4 January 2020)"),
    ],
)
def test_a_sentence_that_names_outlet_or_day_needs_no_credit_for_it(words: str, credit: str) -> None:
    assert credits_of((words, by("RT", "Two fell."))) == [credit]


@pytest.mark.parametrize(
    ("source", "published", "credit"),
    [
        (None, None, ""),
        ("AFP", None, " (AFP)"),
        (None, "2020-01-04T10:00:00", " (4 January 2020)"),
        ("Wire [7]", "2020", " (Wire (7), 2020)"),
    ],
)
def test_a_credit_gives_what_is_known(source: str | None, published: str | None, credit: str) -> None:
    assert credits_of(("Two.", by(source, "Two fell.", published))) == [credit]


# What was left unsaid


def test_what_no_sentence_tells_is_quoted_with_outlet_and_date() -> None:
    draft = draft_of("Beside him Abu Mahdi died [2].")
    check(draft)
    assert texts(draft) == [
        "Beside him Abu Mahdi died (AFP) [1].",
        "Reuters (3 January 2020): “A drone strike killed General Soleimani at the airport.” [2]",
        "The toll: “Ten people died in the strike.” [3]",
    ]


def test_what_a_sentence_tells_is_not_quoted_again() -> None:
    again = make_evidence("The dead were ten people.", items=["ten people"], article_id="again")
    draft = draft_of("Ten people died in the strike [1].", [TOLL, again])
    assert texts(draft) == ["Ten people died in the strike [1]."]


def test_what_is_far_less_likely_is_not_added() -> None:
    """But for the passage of the likeliest, which runs on, and where nothing else is told."""
    first = make_evidence("Abu Mahdi died. Ten people died.", "Abu Mahdi died.", log_odds=5.0)
    beside = make_evidence("Abu Mahdi died. Ten people died.", "Ten people died.", log_odds=3.0)
    for other, added in ((beside, True), (replace(TOLL, log_odds=3.0), False), (replace(TOLL, log_odds=4.0), True)):
        draft = draft_of("Abu Mahdi died in the strike [1].", [first, other])
        assert ("Ten people died" in draft.text) is added


def test_a_markers_number_is_not_told() -> None:
    one = make_evidence("It hurt one person.", items=["one"], article_id="one", source="AFP")
    draft = draft_of("Ten people died in the strike [1].", [TOLL, one])
    assert texts(draft) == ["Ten people died in the strike [1].", "AFP: “It hurt one person.” [2]"]


def test_a_cited_quote_is_quoted_where_the_sentence_leaves_out_what_answers() -> None:
    """The first quote's items are always copied out: the model may cite it for something else."""
    both = make_evidence("General Soleimani died in the strike, and Abu Mahdi died.", article_id="both", source="AFP")

    def reply(messages: Sequence[Message]) -> str:
        copied = "Copy from the passage" in messages[-1].content
        return "General Soleimani; Abu Mahdi" if copied else "In the strike died General Soleimani [1]."

    draft = Draft()
    generator = ScriptedGenerator(reply=reply, log_odds=lambda _: 2.0)
    list(compose(QUESTION, [both], generator, draft, answer_tokens=256, seed=0))
    check(draft, [both])
    assert texts(draft) == [
        "In the strike died General Soleimani (AFP) [1].",
        "AFP: “General Soleimani died in the strike, and Abu Mahdi died.” [1]",
    ]
    assert draft.short == "General Soleimani; Abu Mahdi"


def test_a_credit_tells_no_answer() -> None:
    """The "3" of "3 January" is not the three who fled."""
    fled = make_evidence("Three guards survived.", items=["Three"], article_id="fled", source="AFP")
    draft = draft_of("General Soleimani died in the strike [1].", [STRIKE, fled])
    assert texts(draft) == [
        "General Soleimani died in the strike (Reuters, 3 January 2020) [1].",
        "AFP: “Three guards survived.” [2]",
    ]


def test_evidence_without_items_is_told_once_it_is_cited() -> None:
    bare = make_evidence("Of ten people none survived.", article_id="bare", source="AFP")
    assert texts(draft_of("Of ten people in the strike none survived [1].", [bare])) == [
        "Of ten people in the strike none survived (AFP) [1]."
    ]
    assert texts(draft_of("", [bare])) == ["AFP: “Of ten people none survived.” [1]"]
    second = draft_of("In the strike died General Soleimani [1].", [STRIKE, bare])
    assert len(second.sentences) == 1, "what has no answer in it is left out where others have"


@pytest.mark.parametrize("reply", ["", "NONE", "It is not known.", "Eleven died [1].", "[1] [2] [3]"])
def test_a_useless_draft_gives_the_quotes(reply: str) -> None:
    draft = draft_of(reply, log_odds=lambda _: -1.0)
    check(draft)
    assert [s.text.count("“") for s in draft.sentences] == [1, 1, 1]
    assert [c.article_id for c in draft.citations] == ["strike", "beside", "toll"]


@pytest.mark.parametrize("marker", ["[7]", "[1]", "[1, 2]", "[[7]9]"])
def test_a_marker_in_an_article_is_no_citation(marker: str) -> None:
    hostile = make_evidence(
        f"Ten people died {marker} in the strike.", items=["Ten people"], title=f"Toll {marker}", source=f"AFP {marker}"
    )
    for reply in ("", f"Ten people died {marker} in the strike {marker}.", f"Ten people {marker}", "Ten people [1]."):
        draft = draft_of(reply, [hostile])
        check(draft, [hostile])
        assert marker in draft.citations[0].quote, "the quote stays as it stands in the article"


# Limits


@pytest.mark.parametrize("room", range(4))
def test_quotes_that_do_not_fit_are_counted(room: int) -> None:
    quotes = [
        (" | ".join(filter(None, (e.hit.article.title, e.hit.article.source, e.hit.article.published))), e.quote)
        for e in EVIDENCE
    ]
    needed = ScriptedGenerator().count_tokens(write(QUESTION, quotes[:room])) + 256
    draft = draft_of("", context_tokens=needed)
    assert draft.left_out == 3 - room
    check(draft)
    assert len(draft.citations) == 3, "what did not fit is quoted"


@pytest.mark.parametrize(
    "reply", ["", "Ten people died in the strike [3]. General Soleimani died [1]. Abu Mahdi died."]
)
def test_nothing_is_said_after_it_was_cancelled(reply: str) -> None:
    whole = len(draft_of(reply).sentences)
    assert whole == 3
    for at_most in range(whole + 1):
        seen: list[Sentence] = []
        generator = ScriptedGenerator(reply=replying(reply), log_odds=lambda _: 2.0)
        for sentence in compose(
            QUESTION,
            EVIDENCE,
            generator,
            Draft(),
            answer_tokens=256,
            seed=0,
            cancelled=lambda seen=seen, at_most=at_most: len(seen) >= at_most,
        ):
            seen.append(sentence)
        assert len(seen) == at_most


def test_nothing_is_said_that_was_cancelled_while_it_was_proved() -> None:
    asked: list[object] = []

    def prove(messages: Sequence[Message]) -> float:
        asked.append(messages)
        return 2.0

    generator = ScriptedGenerator(reply=lambda _: "In the strike ten people died [3].", log_odds=prove)
    said = compose(QUESTION, EVIDENCE, generator, Draft(), answer_tokens=256, seed=0, cancelled=lambda: bool(asked))
    assert list(said) == [] and len(asked) == 1


# Which evidence


def test_evidence_is_chosen_by_what_it_reaches_and_how_far_the_best_is() -> None:
    weighed = [make_evidence("Ten fell.", article_id=str(n), log_odds=n) for n in (1.4, 4.0, 1.5, 2.0)]
    assert [e.log_odds for e in choose_evidence(weighed, least_log_odds=1.5, margin=9.0)] == [4.0, 2.0, 1.5]
    assert [e.log_odds for e in choose_evidence(weighed, least_log_odds=1.5, margin=2.0)] == [4.0, 2.0]
    assert choose_evidence([], least_log_odds=0.0, margin=9.0) == []


def test_a_sentence_in_a_passage_that_answers_needs_less() -> None:
    """Neighbours share a passage; the same words in another passage, or with no answer beside them, need all of it."""
    text = "One fell. Two fell. Three fell. Four fell."
    hit = make_evidence(text, article_id="list").hit

    def at(words: str, log_odds: float) -> Evidence:
        return Evidence(hit, text.index(words), text.index(words) + len(words), (), log_odds)

    best, near = at("One fell.", 2.0), at("Two fell.", 1.5 - NEIGHBOUR_LOG_ODDS)
    far, alone = at("Three fell.", near.log_odds - 0.01), make_evidence("Five fell.", log_odds=near.log_odds)
    below = at("Four fell.", 1.49)
    assert choose_evidence([far, alone, near, best], least_log_odds=1.5, margin=9.0) == [best, near]
    assert choose_evidence([near, below], least_log_odds=1.5, margin=9.0) == [], "none in it answers"
    apart = make_evidence("Six fell.", article_id="best", log_odds=4.0)
    assert choose_evidence([apart, best, near], least_log_odds=1.5, margin=2.0) == [apart, best]
