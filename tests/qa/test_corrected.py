"""What a correction withdraws is never told alone, whatever is asked and whoever writes."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.news_index import NewsIndex
from qa.answer import Answer, Citation
from qa.corrected import corrections_due
from qa.newsroom import Newsroom
from qa.settings import NO_LLM
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder
from tests.support.rooms import check_answer, make_room

HEAD = "{}\n\nSUND TIMES | {}\n\n{}\n"
COLUMN = (
    "A report on 2 May about the old dock of Sund said that the harbour board voted by nine to two to fill it in. The"
    " vote was seven to four. We are sorry for the error."
)
FILES = {
    "dock.txt": HEAD.format(
        "Board votes to fill in the dock",
        "2 May 2022",
        "The harbour board of Sund voted by nine to two on Monday to fill in the old dock. The chair is Ane Holt.\n\n"
        "The work on the dock will begin in May.",
    ),
    "column.txt": HEAD.format("Corrections and clarifications", "6 May 2022", COLUMN),
    "ferry.txt": HEAD.format(
        "Ferry Ald sinks",
        "3 May 2022",
        "The ferry Ald sank on Tuesday. The ferry Ald was built in 1961 at Norr.\n\n"
        "This article was amended on 5 May 2022. The ferry was built in 1967, not 1961.",
    ),
    "mill.txt": HEAD.format("Mill sold", "4 May 2022", "The paper mill was sold for nine crowns to Selma Krog."),
}
NOTE = "“A report on 2 May about the old dock"


@pytest.fixture(params=[NO_LLM, "scripted"])
def room(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Newsroom]:
    news: NewsIndex = make_index(tmp_path / "archive", [write_files(tmp_path / "in", FILES)], FakeEmbedder())
    yield make_room(news, llm=request.param)
    news.close()


def ask(room: Newsroom, question: str) -> Answer:
    answer = room.ask(question)
    check_answer(answer, room.news)
    return answer


def test_the_correction_stands_where_the_withdrawn_number_answered(room: Newsroom) -> None:
    text = ask(room, "How did the harbour board of Sund vote on the old dock?").answer
    assert "seven to four" in text
    assert "nine to two" not in text.partition("seven to four")[0] or "was corrected" in text


def test_where_a_number_is_asked_for_what_it_was_before_is_told_behind_it(room: Newsroom) -> None:
    answer = ask(room, "By how many votes did the harbour board of Sund decide on the old dock?")
    assert answer.answer.startswith("Corrected: the vote was seven to four") or answer.answer.startswith(
        "Corrected: The vote was seven to four"
    )
    assert "before that, " in answer.answer and "(2 May 2022)" in answer.answer


def test_the_sentence_of_the_note_that_tells_what_was_wrong_answers_nothing(room: Newsroom) -> None:
    text = ask(room, "What did a report say of how the harbour board of Sund voted to fill in the old dock?").answer
    assert "seven to four" in text


def test_yes_is_not_said_by_what_is_withdrawn(room: Newsroom) -> None:
    answer = ask(room, "Was the ferry Ald built in 1961 at Norr?")
    assert not answer.short.casefold().startswith("yes") and "1967" in answer.answer
    assert ask(room, "Was the ferry Ald built at Norr?").short.casefold().startswith("yes"), "that was not corrected"


def test_a_note_at_the_foot_goes_before_what_it_withdraws(room: Newsroom) -> None:
    text = ask(room, "When was the ferry Ald built?").answer
    assert "1967" in text


def test_another_answer_from_a_corrected_sentence_has_the_correction_behind_it(room: Newsroom) -> None:
    answer = ask(room, "On which weekday was the harbour board of Sund said to have voted by nine to two?")
    assert "Monday" in answer.answer and "seven to four" in answer.answer
    assert {"dock", "column"} <= {citation.article_id for citation in answer.citations}
    assert {"dock", "column"} <= {hit.article.id for hit in answer.hits}


def test_a_sentence_that_nothing_withdraws_is_told_by_itself(room: Newsroom) -> None:
    for question in ("Who is the chair, Ane Holt?", "For how many crowns was the paper mill sold to Selma Krog?"):
        answer = ask(room, question)
        assert not answer.declined and "correct" not in answer.answer
    assert NOTE not in ask(room, "When will the work on the dock begin?").answer


def test_the_nearest_to_a_question_is_not_told_without_its_correction(room: Newsroom) -> None:
    answer = ask(room, "Which quartet played when the harbour board voted on the old dock in the hall of mirrors?")
    if answer.declined and "nine to two" in answer.answer:
        assert "This was corrected." in answer.answer and "seven to four" in answer.answer


def test_a_hit_names_what_corrects_it(room: Newsroom) -> None:
    hits = {hit.article.id: hit.to_dict()["corrections"] for hit in room.search("harbour board vote old dock ferry", 9)}
    [told] = hits["dock"]  # type: ignore[misc]
    article = room.news.archive.article("column")
    assert article and article.text[told["start"] : told["end"]] == COLUMN and hits["column"] == []
    assert hits["ferry"][0]["article_id"] == "ferry"  # type: ignore[index]


def test_a_note_on_two_things_corrects_each_by_what_it_says_of_it(tmp_path: Path) -> None:
    note = (
        "A report on 2 May about the old dock of Sund said that the harbour board voted by nine to two to fill it in."
        " The vote was seven to four. Pia Rask voted for the old dock, not against it."
    )
    voted = "The member Pia Rask and the two pilots voted against the old dock."
    files = {
        "dock.txt": HEAD.format("Board votes", "2 May 2022", f"The board voted by nine to two on Monday. {voted}"),
        "column.txt": HEAD.format("Corrections and clarifications", "6 May 2022", note),
    }
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "in", files)], FakeEmbedder())
    with closing(news):
        hits = make_room(news, llm=NO_LLM).search("Pia Rask voted against the old dock", 5)
        text = {hit.article.id: hit.article.text for hit in hits}

        def cited(article: str, words: str) -> Citation:
            start = text[article].index(words)
            return Citation(1, article, None, None, None, None, start, start + len(words), words)

        wrong, vote = cited("dock", voted), cited("column", "The vote was seven to four.")
        assert [item.quote for item in corrections_due([wrong, vote], hits)] == [note], "the vote is another matter"
        right = cited("column", "Pia Rask voted for the old dock, not against it.")
        assert not corrections_due([wrong, vote, right], hits)
