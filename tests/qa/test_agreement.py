"""A statement held against one quote: in what the two part, by kind, and what parts them not."""

import pytest

from ground.language import Words
from qa.checking.agreement import Compared, Quoted, compare
from qa.checking.differences import tell
from qa.checking.wording import denied_in, speaker_of

DAY = "2024-05-03"  # a Friday


def held(statement: str, quote: str, led: str = "", *, title: str = "", after: str = "") -> Compared:
    before = f"{title} {led}"
    return compare(statement, Quoted(quote, before, led, f"{before} {quote} {after}", DAY))


# One detail changed, in the words of nobody's gold set
@pytest.mark.parametrize(
    ("kind", "statement", "quote"),
    [
        ("number", "Nine barns burned at Oakley.", "Seven barns burned at Oakley."),
        ("number", "The firm lost £2.5 million.", "The firm lost £5.2 million, it said."),
        ("number", "The term is three years and two months.", "The term is five years and two months."),
        ("number", "She came fourth in the race.", "She came second in the race."),
        ("day", "The bridge closed on 29 April 2024.", "The bridge closed on Thursday."),
        ("day", "The mill shut in 2011.", "The mill shut in 2001."),
        ("day", "It begins on Monday.", "It begins on Tuesday."),
        ("name", "Anna Berg was cleared.", "Karl Berg was cleared."),
        ("name", "Two men were held in Lyon.", "Two men were held in Nice, police said."),
        ("speaker", "The river was safe, said Tom Hale, the mayor.", "“The river is safe,” Ida Roe, a chemist, said."),
        ("speaker", "The owner said that 40 jobs would go.", "Unions said that 40 jobs would go."),
        ("speaker", "The navy raised the wreck.", "A salvage firm raised the wreck."),
        ("denial", "The captain has been arrested.", "The captain has not been arrested."),
        ("denial", "The board accepted the offer of the union.", "The board rejected the offer of the union."),
        ("denial", "The court ordered a recount.", "The court refused to order a recount."),
        ("denial", "The court ordered a recount.", "The court ordered no recount."),
        ("doubt", "The painting was burned.", "Police fear that the painting was burned."),
        ("doubt", "The line has been closed.", "The line could be closed."),
        ("doubt", "The army freed the miners.", "Minister Olu Bank said that the army had freed the miners."),
    ],
)
def test_where_a_quote_parts_from_a_statement(kind: str, statement: str, quote: str) -> None:
    assert kind in held(statement, quote).against
    assert not held(quote, quote).against and not held(quote, quote).missing


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("Some 1,200 people fled Oakley.", "About 1.2 thousand people fled Oakley, the police said."),
        ("The bridge closed on 2 May 2024.", "The bridge closed on Thursday."),
        ("At least 30 cows died in the fire.", "The fire killed 34 cows, and at least 30 of them died in the barn."),
        ("The union did not accept the offer.", "The union didn’t accept the offer."),
        ("The firm, not the council, will pay.", "The firm will pay, not the council."),
        ("Ida Roe said the river was safe.", "The river was safe, said Ida Roe."),
        ("Two men were held in Nice.", "Police have held two men in Nice."),
        ("The line is to close in June.", "The line will close in June."),
    ],
)
def test_other_words_for_the_same_part_in_nothing(statement: str, quote: str) -> None:
    compared = held(statement, quote)
    assert not compared.against and not compared.missing


@pytest.mark.parametrize(
    ("statement", "quote", "told"),
    [
        ("Nine barns burned.", "Seven barns burned.", "the draft says Nine, the quote Seven"),
        ("The firm lost £2.5m.", "The firm lost £5.2m.", "the draft says £2.5m, the quote £5.2m"),
        ("It fell by 13 votes to 10.", "It fell by 11 votes to 10.", "the draft says 13, the quote 11"),
        ("Four of 50 cows died.", "Five cows in two towns died.", "the draft says Four, the quote Five"),
        ("It was 85 homes, not 58.", "It was 58 homes.", "the draft says not 58, the quote 58"),
        ("She came fourth.", "She came second.", "the draft says fourth, the quote second"),
        ("Six men fell.", "Men fell.", "“Six” is not in the quote"),
        (
            "It shut on 1 May 2024.",
            "It shut on Thursday.",
            "the draft says 1 May 2024, the quote Thursday (2 May 2024)",
        ),
        ("It shut on 1 May.", "It shut on 8 May.", "the draft says 1 May, the quote 8 May"),
        ("It begins on Monday.", "It begins on Tuesday.", "the draft says Monday, the quote Tuesday"),
        (
            "Anna Berg was cleared.",
            "Karl Berg was cleared.",
            "“Anna Berg” is not in the quote, which names “Karl Berg”",
        ),
        ("Two men fell in New Lind.", "Two men fell.", "“New Lind” is not in the quote"),
        ("The union accepted it.", "The union rejected it.", "the draft says accepted, the quote rejected"),
        ("He has paid.", "He hasn’t paid.", "with “not” the quote denies what the draft says"),
        ("He has not paid.", "He has paid.", "with “not” the draft denies what the quote says"),
        ("Four guards died.", "Four guards reportedly died.", "the draft leaves out “reportedly”"),
        ("Four guards may be dead in May.", "Four guards were dead in May.", "“may” is not in the quote"),
        (
            *("The navy raised the wreck.", "A salvage firm raised the wreck."),
            "who says or does it: in the draft “The navy”, in the quote “A salvage firm”",
        ),
    ],
)
def test_what_differs_is_told(statement: str, quote: str, told: str) -> None:
    differences = held(statement, quote).differences
    assert told in [tell(one, Words()) for one in differences]
    for one in differences:
        assert not one.draft_at or statement[slice(*one.draft_at)] == one.draft
        assert not one.quote_at or quote[slice(*one.quote_at)] in (one.quote, "n’t")


def test_a_statement_has_no_difference_from_itself() -> None:
    for words in ("Nine barns may have burned on 3 May, said Ida Roe.", "The firm didn’t pay £5m in Lind on Monday."):
        assert held(words, words).differences == ()


def test_a_name_of_the_story_before_is_what_the_quote_calls_she() -> None:
    statement, quote = "Ida Roe said that the river was safe.", "She said that the river was safe."
    assert not held(statement, quote, "Ida Roe tested it.").missing
    assert held(statement, quote, after="Ida Roe lives there.").missing == {"ida", "roe"}
    assert held(statement, quote).missing == {"ida", "roe"}


def test_a_thing_may_be_named_later_in_its_story() -> None:
    statement, quote = "The Lind bridge was closed.", "A bridge in Saxony was closed."
    assert not held(statement, quote, after="The Lind bridge is old.").missing
    assert held(statement, quote).missing == {"lind"}


def test_the_words_before_count_less_than_those_of_the_quote() -> None:
    alone = held("The old mill burned down.", "The old mill burned down.")
    half = held("The old mill burned down.", "It burned down.", "The old mill is gone.")
    assert alone.held == 1.0 and alone.held > half.held > half.here


def test_a_number_that_is_denied_is_not_said() -> None:
    assert "number" in held("It was 85 homes, not 58.", "It was 58 homes.").against
    assert not held("It was 58 homes, not 85.", "It was 58 homes.").against


def test_who_speaks_and_what_is_denied() -> None:
    assert speaker_of("“No,” Ida Roe, a chemist, told this paper.") == "Ida Roe, a chemist"
    assert denied_in("She has no new plan, but the firm will not sell.") == {"new", "sell"}
