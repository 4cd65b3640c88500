"""What reaches the reader is proved: a sentence by its quotes, a quote by its article, a marker by its citation."""

import re
from collections.abc import Callable, Sequence

import pytest
from fakes import ScriptedGenerator
from hypothesis import example, given
from hypothesis import strategies as st
from test_read import make_evidence, make_hit

from models import Message
from qa.answer import Sentence
from qa.compose import QUOTES_AT_MOST, Draft, choose_evidence, compose, split_draft
from qa.prompt import write
from qa.read import Evidence, Reading
from qa.verify import read_markers

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
    generator = ScriptedGenerator(reply=lambda _: reply, log_odds=log_odds, context_tokens=context_tokens)
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
def test_a_cut_draft_loses_no_letter(written: str) -> None:
    pieces = split_draft(written)
    assert "".join("".join(pieces).split()) == "".join(written.split())
    assert all(pieces)


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
        assert [s.text.count("“") for s in draft.sentences] == [1] * len(evidence), "only quotes, and each of them"


def test_a_proved_sentence_is_shown_with_its_markers() -> None:
    draft = draft_of("Ten people died in the strike [3]. General Soleimani died in the strike [1]. Abu Mahdi died [2].")
    check(draft)
    assert texts(draft) == [
        "Ten people died in the strike [1].",
        "General Soleimani died in the strike [2].",
        "Abu Mahdi died [3].",
    ]
    assert [c.article_id for c in draft.citations] == ["toll", "strike", "beside"]
    assert {s.support for s in draft.sentences} == {"supported"} and draft.dropped == 0


@pytest.mark.parametrize("marker", ["", " [7]", " [1]", " [0]", "[99999999999]"])
def test_a_marker_that_proves_nothing_is_put_right(marker: str) -> None:
    draft = draft_of(f"Ten people died in the strike{marker}.", [STRIKE, TOLL])
    check(draft, EVIDENCE)
    assert texts(draft)[0] == "Ten people died in the strike [1]." and draft.citations[0].article_id == "toll"


@pytest.mark.parametrize("invented", ["Eleven people died [3].", "General Soleimani died with Haniyeh [1]."])
def test_an_invented_number_or_name_is_dropped_before_the_model_is_asked(invented: str) -> None:
    draft = Draft()
    generator = ScriptedGenerator(reply=lambda _: invented, log_odds=lambda _: 9.0)
    list(compose(QUESTION, EVIDENCE, generator, draft, answer_tokens=256, seed=0))
    assert draft.dropped == 1 and read_markers(invented)[0] not in draft.text
    assert len(generator.asked) == 1, "only the draft was asked for"


@pytest.mark.parametrize(("log_odds", "shown"), [(-0.01, False), (0.0, True), (3.0, True)])
def test_a_sentence_that_the_model_denies_is_dropped(log_odds: float, shown: bool) -> None:
    draft = draft_of("There were ten people killed [3].", [STRIKE, BESIDE, TOLL], log_odds=lambda _: log_odds)
    assert ("There were ten people killed" in draft.text) == shown and draft.dropped == (not shown)


def test_the_model_is_asked_about_the_words_and_the_quotes_that_are_shown() -> None:
    generator = ScriptedGenerator(reply=lambda _: "Ten people died in the strike [3].", log_odds=lambda _: 2.0)
    list(compose(QUESTION, EVIDENCE, generator, Draft(), answer_tokens=256, seed=0))
    asked = generator.asked[1][-1].content
    assert asked.startswith("(The toll) Ten people died in the strike.\n\n") and STRIKE.quote not in asked
    assert '"Ten people died in the strike."' in asked


def test_what_was_said_is_not_said_again() -> None:
    draft = draft_of("Ten people died in the strike [3]. Ten people died in the strike [3].", [TOLL])
    assert texts(draft) == ["Ten people died in the strike [1]."]


def test_small_numbers_are_shown_as_quoted() -> None:
    assert texts(draft_of("In the strike 10 people died [1].", [TOLL])) == ["In the strike ten people died [1]."]


# What was left unsaid


def test_what_no_sentence_tells_is_quoted_with_outlet_and_date() -> None:
    draft = draft_of("Abu Mahdi died [2].")
    check(draft)
    assert texts(draft) == [
        "Abu Mahdi died [1].",
        "Reuters (2020-01-03): “A drone strike killed General Soleimani at the airport.” [2]",
        "The toll: “Ten people died in the strike.” [3]",
    ]


def test_what_a_sentence_tells_is_not_quoted_again() -> None:
    again = make_evidence("The dead were ten people.", items=["ten people"], article_id="again")
    draft = draft_of("Ten people died in the strike [1].", [TOLL, again])
    assert texts(draft) == ["Ten people died in the strike [1]."]


def test_a_markers_number_is_not_told() -> None:
    one = make_evidence("It hurt one person.", items=["one"], article_id="one", source="AFP")
    draft = draft_of("Ten people died in the strike [1].", [TOLL, one])
    assert texts(draft) == ["Ten people died in the strike [1].", "AFP: “It hurt one person.” [2]"]


def test_evidence_without_items_is_told_once_it_is_cited() -> None:
    bare = make_evidence("Ten people died in the strike.", article_id="bare", source="AFP")
    assert texts(draft_of("Ten people died in the strike [1].", [bare])) == ["Ten people died in the strike [1]."]
    assert texts(draft_of("", [bare])) == ["AFP: “Ten people died in the strike.” [1]"]


@pytest.mark.parametrize("reply", ["", "NONE", "It is not known.", "Eleven died [1].", "[1] [2] [3]"])
def test_a_useless_draft_gives_the_quotes(reply: str) -> None:
    draft = draft_of(reply, log_odds=lambda _: -1.0)
    check(draft)
    assert [c.article_id for c in draft.citations] == ["strike", "beside", "toll"]


@pytest.mark.parametrize("marker", ["[7]", "[1]", "[1, 2]", "[[7]9]"])
def test_a_marker_in_an_article_is_no_citation(marker: str) -> None:
    hostile = make_evidence(
        f"Ten people died {marker} in the strike.", items=["Ten people"], title=f"Toll {marker}", source=f"AFP {marker}"
    )
    for reply in ("", f"Ten people died {marker} in the strike {marker}."):
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
        generator = ScriptedGenerator(reply=lambda _: reply, log_odds=lambda _: 2.0)
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

    generator = ScriptedGenerator(reply=lambda _: "Ten people died in the strike [3].", log_odds=prove)
    said = compose(QUESTION, EVIDENCE, generator, Draft(), answer_tokens=256, seed=0, cancelled=lambda: bool(asked))
    assert list(said) == [] and len(asked) == 1


# Which evidence


def test_evidence_is_chosen_by_passage_and_sentence_together() -> None:
    def reading(passage: float, *sentences: float, article_id: str) -> Reading:
        text = " ".join(f"Number {n} fell." for n in range(len(sentences)))
        hit = make_hit(text, article_id=article_id)
        spans = [m.span() for m in re.finditer(r"N.*?\.", text)]
        return Reading(
            hit, passage, tuple(Evidence(hit, *at, (), odds) for at, odds in zip(spans, sentences, strict=True))
        )

    readings = [
        reading(1.0, 1.3, 1.2, -0.1, article_id="a"),
        reading(9.0, -0.1, 0.0, article_id="b"),
        reading(1.5, 2.0, article_id="c"),
        reading(1.5, 2.0, article_id="c"),
    ]
    chosen = choose_evidence(readings, least_log_odds=2.3, margin=9.0)
    assert [(e.hit.article.id, e.log_odds) for e in chosen] == [("c", 2.0), ("a", 1.3), ("b", 0.0)]
    near = choose_evidence(readings, least_log_odds=2.3, margin=1.0)
    assert [e.log_odds for e in near] == [2.0, 1.3]
    many = [reading(5.0, 5.0, article_id=str(n)) for n in range(QUOTES_AT_MOST + 3)]
    assert len(choose_evidence(many, least_log_odds=0.0, margin=9.0)) == QUOTES_AT_MOST + 3
    assert choose_evidence([], least_log_odds=0.0, margin=9.0) == []
