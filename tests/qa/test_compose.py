"""What reaches the reader is proved: a sentence by one quote, a quote by its article, a marker by its citation."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models import Judged, Marked
from qa.answer import Sentence
from qa.compose import (
    QUOTES_ALONE,
    QUOTES_AT_MOST,
    Draft,
    chance,
    compose,
    in_reading_order,
    is_cited,
    split_draft,
    without_stump,
)
from qa.evidence import Evidence
from qa.prompt import write
from qa.prove import read_markers
from tests.support.fakes import FakeReader, ScriptedGenerator
from tests.support.rooms import make_evidence

QUESTION = "Who died in the strike?"
STRIKE = make_evidence(
    "A drone strike killed General Soleimani at the airport.",
    words=["General Soleimani"],
    article_id="strike",
    source="Reuters",
    published="2020-01-03",
)
BESIDE = make_evidence("Abu Mahdi died beside him.", words=["Abu Mahdi"], article_id="beside", source="AFP")
TOLL = make_evidence("Ten people died in the strike.", words=["Ten people"], article_id="toll", title="The toll")
EVIDENCE = [STRIKE, BESIDE, TOLL]


def test_sentences_that_stand_side_by_side_are_told_in_their_order() -> None:
    text = "A strike killed the general. His brother died beside him. Ten people were hurt."
    whole = [make_evidence(text, quote) for quote in ("His brother died beside him.", "A strike killed the general.")]
    far = make_evidence(text, "Ten people were hurt.")
    told = [item.quote for item in in_reading_order([far, *whole])]
    assert told == ["A strike killed the general.", "His brother died beside him.", "Ten people were hurt."]
    apart = [far, whole[1]]  # a sentence stands between them: the likeliest comes first
    assert in_reading_order(apart) == apart
    assert draft_of(None, whole).text.index("general") < draft_of(None, whole).text.index("brother")


class Agreeing(FakeReader):
    """Finds every statement supported as surely as this; keeps what it was asked."""

    def __init__(self, chance: float = 0.9) -> None:
        self.chance = chance
        self.asked: list[tuple[str, Marked]] = []

    def judge(self, statements: Sequence[str], sentences: Sequence[Marked]) -> list[Judged]:
        self.asked += zip(statements, sentences, strict=True)
        return [Judged(self.chance, 1 - self.chance, 0.0)] * len(statements)


def draft_of(
    reply: str | None,
    evidence: Sequence[Evidence] = EVIDENCE,
    *,
    question: str = QUESTION,
    reader: FakeReader | None = None,
    context_tokens: int = 4096,
    cancelled: Callable[[], bool] = lambda: False,
) -> Draft:
    """What is composed when the model writes `reply`, or there is none; what was yielded is what the draft holds."""
    draft = Draft()
    generator = None if reply is None else ScriptedGenerator(reply=lambda _: reply, context_tokens=context_tokens)
    options = {"answer_tokens": 256, "seed": 0}
    said = list(
        compose(question, evidence, reader or Agreeing(), generator, draft, cancelled=cancelled, **options)  # type: ignore[arg-type]
    )
    assert said == draft.sentences
    return draft


def texts(draft: Draft) -> list[str]:
    return [sentence.text for sentence in draft.sentences]


def check(draft: Draft, evidence: Sequence[Evidence] = EVIDENCE) -> None:
    """The laws of every answer."""
    used: list[int] = []
    for sentence in draft.sentences:
        shown = [int(n) for n in re.findall(r"\[(\d+)\]", sentence.text)]
        assert tuple(shown) == sentence.citations and len(shown) == 1, "each sentence rests on one quote"
        used += shown
    assert list(dict.fromkeys(used)) == list(range(1, len(draft.citations) + 1)), "numbered by first use, no gaps"
    assert len(set(texts(draft))) == len(draft.sentences), "nothing is told twice"
    articles = {item.hit.article.id: item.hit.article for item in evidence}
    for n, citation in enumerate(draft.citations, 1):
        assert citation.number == n
        assert articles[citation.article_id].text[citation.start : citation.end] == citation.quote != ""
    assert len({(c.article_id, c.start) for c in draft.citations}) == len(draft.citations)


def _quoted(sentence: Sentence, evidence: Sequence[Evidence]) -> str:
    """The quote that a sentence gives whole, and nothing else but who says it and when."""
    words = re.sub(r"^[^“]*: “(.*)”$", r"\1", read_markers(sentence.text)[0])
    [quote] = [item.quote for item in evidence if item.quote == words]
    return quote


# The draft


def test_the_answer_comes_first_whatever_the_model_begins_with() -> None:
    best = replace(STRIKE, score=5.0)
    told = draft_of("Ten people died [3].", [best, BESIDE, TOLL])
    assert [c.quote for c in told.citations][:2] == [best.quote, TOLL.quote]
    assert draft_of("General Soleimani died in a strike [1].", [best, BESIDE, TOLL]).text.startswith("General")
    text = "A strike killed the general. His brother died beside him."
    likely = replace(make_evidence(text, "His brother died beside him."), score=5.0)
    lead = make_evidence(text, "A strike killed the general.")
    assert draft_of("A strike killed the general [1].", [likely, lead]).text.startswith("A strike"), "in its order"
    leaning = draft_of("His brother died [1].", [likely, lead])
    assert [c.quote for c in leaning.citations] == [lead.quote, likely.quote], "it leans on the sentence before it"


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
    draft = draft_of(written, evidence, reader=Agreeing(0.9 if agrees else 0.1))
    check(draft)
    assert "42" not in draft.text and "so Haniyeh" not in draft.text
    cited = {c.article_id for c in draft.citations}
    assert cited <= {item.hit.article.id for item in evidence} and bool(cited) == bool(evidence)
    if not agrees:
        said = [_quoted(sentence, evidence) for sentence in draft.sentences]
        assert said == [item.quote for item in evidence], "only quotes, and each of them"


def test_a_proved_sentence_is_shown_with_its_marker() -> None:
    draft = draft_of("In the strike ten people died [3]. General Soleimani died [1]. Beside him Abu Mahdi died [2].")
    check(draft)
    assert texts(draft) == [
        "In the strike ten people died [1].",
        "General Soleimani died (Reuters, 3 January 2020) [2].",
        "Beside him Abu Mahdi died (AFP) [3].",
    ]
    assert [c.article_id for c in draft.citations] == ["toll", "strike", "beside"]
    assert {(s.support, s.score) for s in draft.sentences} == {("supported", 0.9)} and draft.dropped == 0
    assert draft.short == "General Soleimani", "the words of the likeliest quote"


@pytest.mark.parametrize("marker", ["", " [7]", " [1]", " [0]", "[99999999999]"])
def test_a_marker_that_proves_nothing_is_put_right(marker: str) -> None:
    draft = draft_of(f"In the strike ten people died{marker}.", [STRIKE, TOLL])
    check(draft, EVIDENCE)
    assert texts(draft)[0] == "In the strike ten people died [1]." and draft.citations[0].article_id == "toll"


@pytest.mark.parametrize(
    "invented",
    [
        "Eleven people died [3].",
        "General Soleimani died with Haniyeh [1].",
        "In the strike died General Soleimani and ten people [1][3].",
    ],
)
def test_what_no_quote_says_alone_is_dropped_before_the_reader_is_asked(invented: str) -> None:
    reader = Agreeing(1.0)
    draft = draft_of(invented, reader=reader)
    assert draft.dropped == 1 and read_markers(invented)[0] not in draft.text and reader.asked == []


@pytest.mark.parametrize(("chance", "shown"), [(0.4, False), (0.95, True)])
def test_a_sentence_that_the_reader_doubts_gives_way_to_the_quotes(chance: float, shown: bool) -> None:
    draft = draft_of("In the strike ten people died [3].", reader=Agreeing(chance))
    assert ("In the strike ten people died" in draft.text) == shown and draft.dropped == (not shown)
    check(draft)
    assert len(draft.sentences) == 3


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


def test_a_fragment_of_a_quote_becomes_the_whole_quote() -> None:
    """Where nothing of the question is in it."""
    draft = draft_of("General Soleimani [1].", [STRIKE])
    assert texts(draft) == ["A drone strike killed General Soleimani at the airport (Reuters, 3 January 2020) [1]."]
    check(draft)


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
    assert texts(draft_of(plain, [make_evidence(quote, source="AFP")])) == [f"AFP: “{quote}” [1]"]


def test_a_doubt_that_is_kept_changes_nothing() -> None:
    quote = "Most of the guards at the gate died in the strike."
    draft = draft_of("Most of the guards died in the strike [1].", [make_evidence(quote, words=["guards"])])
    assert texts(draft)[0] == "Most of the guards died in the strike [1]."


def test_sentences_are_told_while_the_model_writes() -> None:
    """The first before the last is begun."""
    seen: list[str] = []
    generator = ScriptedGenerator(
        reply=lambda _: "In the strike ten people died [3]. General Soleimani died [1]. Beside him Abu Mahdi died [2]."
    )
    for sentence in compose(QUESTION, EVIDENCE, Agreeing(), generator, Draft(), answer_tokens=256, seed=0):
        seen.append(f"{generator.usage.written} {sentence.text[:6]}")
    assert [int(one.split()[0]) for one in seen] == sorted(int(one.split()[0]) for one in seen)
    assert int(seen[0].split()[0]) < generator.usage.written


# Who says so, and when


def by(source: str | None, words: str, published: str | None = "2020-01-04", article_id: str = "") -> Evidence:
    return make_evidence(words, article_id=article_id or words, source=source, published=published)


def credits_of(*said: tuple[str, Evidence]) -> list[str]:
    """What is put in brackets behind these sentences, one after the other."""
    draft = Draft()
    return [draft.credit(words, item) for words, item in said]


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


def test_the_day_of_a_weekday_stands_beside_the_outlet() -> None:
    said = "The crush on Tuesday killed many mourners."
    crush = make_evidence(said, source="Wire", published="2020-01-08")
    assert texts(draft_of(said, [crush], question="What did the crush do?")) == [
        "The crush on Tuesday killed many mourners (Wire, 8 January 2020, Tuesday was 7 January) [1]."
    ]
    assert texts(draft_of(None, [crush])) == [f"Wire (8 January 2020, Tuesday was 7 January): “{said}” [1]"]


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
    again = make_evidence("The dead were ten people.", words=["ten people"], article_id="again")
    draft = draft_of("Ten people died in the strike [1].", [TOLL, again])
    assert texts(draft) == ["Ten people died in the strike [1]."]


def test_a_markers_number_is_not_told() -> None:
    one = make_evidence("It hurt one person.", words=["one"], article_id="one", source="AFP")
    draft = draft_of("Ten people died in the strike [1].", [TOLL, one])
    assert texts(draft) == ["Ten people died in the strike [1].", "AFP: “It hurt one person.” [2]"]


def test_a_credit_tells_no_answer() -> None:
    """The "3" of "3 January" is not the three who fled."""
    fled = make_evidence("Three guards survived.", words=["Three"], article_id="fled", source="AFP")
    draft = draft_of("General Soleimani died in the strike [1].", [STRIKE, fled])
    assert texts(draft) == [
        "General Soleimani died in the strike (Reuters, 3 January 2020) [1].",
        "AFP: “Three guards survived.” [2]",
    ]


def test_evidence_without_words_is_told_once_it_is_said() -> None:
    bare = make_evidence("Of ten people none survived.", article_id="bare", source="AFP")
    assert texts(draft_of("Of ten people in the strike none survived [1].", [bare])) == [
        "Of ten people in the strike none survived (AFP) [1]."
    ]
    assert texts(draft_of("", [bare])) == ["AFP: “Of ten people none survived.” [1]"]


def test_yes_and_an_outlets_name_alone_are_no_sentence() -> None:
    told = make_evidence("Ten men fled the mine.", article_id="a", source="Wire", published="2020-01-03")
    quoted = ["Wire (3 January 2020): “Ten men fled the mine.” [1]"]
    for reply in ("Yes, ten men fled [1].", "No. Ten men fled [1].", "Wire (3 January 2020) [1].", "Yes, it is [1]."):
        said = texts(draft_of(reply, [told], question="Is it so?"))
        assert not any(text.startswith(("Yes", "Wire (3 January 2020) [")) for text in said), said
        assert said == quoted or said[0].startswith("Ten men fled"), said


# Quotes alone


def many(count: int) -> list[Evidence]:
    names = "Ali Omar Zaid Hadi Reda Musa".split()
    return [make_evidence(f"{name} died.", words=[name], article_id=name, source=name) for name in names[:count]]


@pytest.mark.parametrize(("reply", "most"), [(None, QUOTES_ALONE), ("", QUOTES_AT_MOST)])
def test_quotes_are_the_answer_where_nothing_writes_and_not_too_many(reply: str | None, most: int) -> None:
    evidence = many(6)
    draft = draft_of(reply, evidence)
    check(draft, evidence)
    assert texts(draft) == [
        f"{item.hit.article.source}: “{item.quote}” [{n}]" for n, item in enumerate(evidence[:most], 1)
    ]
    assert [s.score for s in draft.sentences] == [round(chance(item.score), 4) for item in evidence[:most]]


def test_a_quote_that_says_what_another_said_is_left_out() -> None:
    again = make_evidence("The dead were ten people.", words=["ten people"], article_id="again")
    assert texts(draft_of(None, [TOLL, again])) == ["The toll: “Ten people died in the strike.” [1]"]


def test_without_a_model_nothing_is_judged() -> None:
    reader = Agreeing()
    assert draft_of(None, reader=reader).sentences and reader.asked == []


@pytest.mark.parametrize("reply", ["", "NONE", "It is not known.", "Eleven died [1].", "[1] [2] [3]"])
def test_a_useless_draft_gives_the_quotes(reply: str) -> None:
    draft = draft_of(reply, reader=Agreeing(0.1))
    check(draft)
    assert [s.text.count("“") for s in draft.sentences] == [1, 1, 1]
    assert [c.article_id for c in draft.citations] == ["strike", "beside", "toll"]


@pytest.mark.parametrize("marker", ["[7]", "[1]", "[1, 2]", "[[7]9]"])
def test_a_marker_in_an_article_is_no_citation(marker: str) -> None:
    hostile = make_evidence(
        f"Ten people died {marker} in the strike.", words=["Ten people"], title=f"Toll {marker}", source=f"AFP {marker}"
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
    "reply", [None, "", "Ten people died in the strike [3]. General Soleimani died [1]. Abu Mahdi died."]
)
def test_nothing_is_said_after_it_was_cancelled(reply: str | None) -> None:
    whole = len(draft_of(reply).sentences)
    assert whole == 3
    for at_most in range(whole + 1):
        seen: list[Sentence] = []
        for sentence in compose(
            QUESTION,
            EVIDENCE,
            Agreeing(),
            None if reply is None else ScriptedGenerator(reply=lambda _: str(reply)),
            Draft(),
            answer_tokens=256,
            seed=0,
            cancelled=lambda seen=seen, at_most=at_most: len(seen) >= at_most,
        ):
            seen.append(sentence)
        assert at_most <= len(seen) <= at_most + 1, "what was written already may be proved; qa.ask tells no more"


def test_no_evidence_no_words_and_no_model_is_asked() -> None:
    generator = ScriptedGenerator()
    assert list(compose(QUESTION, [], Agreeing(), generator, Draft(), answer_tokens=256, seed=0)) == []
    assert generator.asked == []


def test_the_model_writes_from_a_few_quotes_in_one_prompt() -> None:
    generator, evidence, draft = ScriptedGenerator(), many(6), Draft()
    list(compose(QUESTION, evidence, Agreeing(), generator, draft, answer_tokens=256, seed=0))
    assert generator.asked == [write(QUESTION, [(item.quote[: -len(" died.")], item.quote) for item in evidence[:4]])]
    assert draft.left_out == 2 and QUOTES_AT_MOST == 4


def test_a_quote_that_a_sentence_rests_on_is_not_told_again() -> None:
    item, other = make_evidence("The trust will answer within forty days."), make_evidence("Nine fell.", article_id="b")
    draft = Draft()
    assert not is_cited(item, draft)
    draft.say("The trust will answer.", item, 0.9)
    assert is_cited(item, draft) and not is_cited(other, draft)
