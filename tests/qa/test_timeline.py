"""What happened when: the sentences that tell of a day, by day, each event once."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, Note
from index.copies.corrections import Correction
from qa.retrieve import Hit
from qa.timeline import timeline
from tests.support.rooms import make_hit

FIRE = (
    "The fire at the Halden works broke out on Monday. It was put out at dawn."
    " The Halden fire report is due in May 2021."
)
LATER = "A jury found on 3 June 2020 that two men died in the fire at the Halden works by accident."
OTHER = "The swimming pool was opened on 4 June 2020."


def hits(*told: tuple[str, str, str | None]) -> list[Hit]:
    made = [make_hit(text, article_id=source, source=source, published=day) for text, source, day in told]
    return [replace(hit, rank=rank) for rank, hit in enumerate(made, 1)]


def days(found: list[Hit], matter: str = "the fire at the Halden works") -> list[tuple[str, list[str | None]]]:
    return [(moment.day, [c.source for c in moment.citations]) for moment in timeline(matter, found)]


def test_days_come_in_order_and_other_matters_and_undated_sentences_are_left_out() -> None:
    found = hits((LATER, "Wire", "2020-06-04"), (FIRE, "Gazette", "2020-03-04"), (OTHER, "Pool", "2020-06-05"))
    assert days(found) == [("2020-03-02", ["Gazette"]), ("2020-06-03", ["Wire"]), ("2021-05", ["Gazette"])]


def test_an_event_that_two_tell_stands_once_with_both() -> None:
    again = "Officials said the fire at the Halden works broke out on 2 March 2020."
    found = hits((FIRE, "Gazette", "2020-03-04"), (again, "Wire", "2020-03-05"))
    assert days(found)[0] == ("2020-03-02", ["Gazette", "Wire"])


def test_a_day_without_a_year_that_nothing_tells_is_left_out() -> None:
    bare = "The fire at the Halden works broke out on 2 March."
    assert days(hits((bare, "Wire", None))) == []
    assert days(hits((bare, "Wire", "2020-03-05"))) == [("2020-03-02", ["Wire"])]


def test_what_has_been_was_before_its_story_and_what_comes_is_near_it() -> None:
    was = "The fire at the Halden works broke out on 4 March."
    comes = "The trial over the fire at the Halden works is due to open on 4 March."
    assert days(hits((was, "Wire", "2020-12-30"))) == [("2020-03-04", ["Wire"])]
    assert days(hits((comes, "Wire", "2020-12-30"))) == [("2021-03-04", ["Wire"])]


def test_a_superseded_version_tells_nothing() -> None:
    found = hits((LATER, "Wire", "2020-06-04"))
    assert days([replace(found[0], superseded=True)]) == []


def test_behind_what_is_withdrawn_stands_its_correction() -> None:
    note = "A report on 4 March about the fire at the Halden works said that 17 men died. The number is two, not 17."
    holder = Article("column", note, "Corrections", "Wire", "2020-03-06", notes=(Note(0, len(note), own=False),))
    told = "The fire at the Halden works killed 17 men on Monday."
    [hit] = hits((told, "Wire", "2020-03-04"))
    by = Correction(holder, Note(0, len(note), own=False), ((0, len(told)),))
    [moment] = timeline("the fire at the Halden works", [replace(hit, corrections=(by,))])
    assert [(c.number, c.quote) for c in moment.citations] == [(1, told), (2, "The number is two, not 17.")]


@given(st.permutations([(LATER, "Wire", "2020-06-04"), (FIRE, "Gazette", "2020-03-04"), (OTHER, "Pool", "2020-06-05")]))
def test_quotes_are_cut_from_their_articles_and_days_never_fall(told: list[tuple[str, str, str]]) -> None:
    found = timeline("the fire at the Halden works", hits(*told))
    text = {source: words for words, source, _ in told}
    assert [moment.day for moment in found] == sorted(moment.day for moment in found)
    for moment in found:
        for citation in moment.citations:
            assert text[citation.article_id][citation.start : citation.end] == citation.quote
