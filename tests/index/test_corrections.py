"""Corrections: which notes a text holds, which story each belongs to, and which of its sentences it withdraws."""

from itertools import permutations
from pathlib import Path

import pytest

from index.article import Article, Section
from index.copies.corrections import Corrections, right_part, withdrawn
from index.news_index import corrections_of
from index.passage import split_sentences
from index.understanding.notes import find_notes, with_notes
from tests.conftest import make_index, rows_of, write_files
from tests.support.fakes import FakeEmbedder, count_words

STORY = (
    "The harbour board of Sund voted by nine to two on Monday to fill in the old dock. Its chair, Ane Holt, called the"
    " dock a danger.\n\nThe work will cost 4.2 million crowns and begins in May, the board said. Member Jon Vik voted"
    " against."
)
TITLE = "Board votes to fill in the dock"
OWN = "Correction, 5 May: An earlier version of this article said that nine voted for it. Seven did."
ITEM = (
    "A report on 2 May about the old dock of Sund said that the harbour board voted by nine to two to fill it in. The"
    " vote was seven to four. We are sorry for the error."
)
OTHER_ITEM = "In a story on Saturday about the fish hall, the name of its cook should have read Per Moe, not Per Mo."


def story(**fields: object) -> Article:
    held = {"id": "dock", "text": STORY, "title": TITLE, "source": "Sund Times", "published": "2022-05-02"} | fields
    return Article(**held)  # type: ignore[arg-type]


def column(text: str = f"{OTHER_ITEM}\n\n{ITEM}", **fields: object) -> Article:
    held = {"id": "column", "text": text, "title": "Corrections and clarifications", "source": "SUND TIMES"}
    return with_notes(Article(**held | {"published": "2022-05-06"} | fields))  # type: ignore[arg-type]


def notes(article: Article) -> list[tuple[str, bool, str | None]]:
    return [(article.text[note.start : note.end], note.own, note.day) for note in find_notes(article)]


# What a text holds


@pytest.mark.parametrize(
    "note",
    [
        OWN,
        "This article was amended on 5 May 2022. Seven voted for it, not nine.",
        "An earlier version of this story gave the wrong number of votes.",
        "* A correction was made on May 5, 2022: An earlier version of this article misstated the vote.",
        "(Corrects number of votes in first paragraph to seven, not nine)",
        "Editor's note: This story has been updated to correct the number of votes.",
        "In einer früheren Version dieses Artikels hieß es irrtümlich, neun hätten dafür gestimmt.",
    ],
)
def test_a_note_in_a_story_is_its_own(note: str) -> None:
    assert notes(story(text=f"{STORY}\n\n{note}")) == [(note, True, None)]
    assert notes(story(text=f"{note}\n\n{STORY}")) == [(note, True, None)]
    lines = STORY.replace("\n\n", "\n")
    assert notes(story(text=f"{lines}\n{note}")) == [(note, True, None)]


def test_a_note_under_a_line_that_says_so_is_one() -> None:
    note = "The vote was seven to four, not nine to two."
    assert notes(story(text=f"{STORY}\n\nCorrection\n\n{note}")) == [(note, True, None)]


@pytest.mark.parametrize(
    "words",
    [
        "Corrections officers went on strike on Monday. Nine of them were not paid.",
        "Correction fears: markets fall by three per cent on Monday, traders did not rest.",
        "Update: The board meets again on Tuesday.",
        "This article was updated at noon.",
        "The correction of the river was finished in 1911, not without losses.",
    ],
)
def test_other_words_are_no_note(words: str) -> None:
    told = notes(story(text=f"{STORY}\n\n{words}"))
    assert told == [] or words.startswith("Correction fears"), "a headline of markets cannot be told apart"


def test_each_item_of_a_column_is_a_note_with_the_day_it_names() -> None:
    day = "2022-04-30"  # the Saturday before 6 May
    held = column(f"Corrections and clarifications\n\nSUND TIMES | 6 May 2022\n\n{OTHER_ITEM}\n\n{ITEM}\n")
    assert notes(held) == [(OTHER_ITEM, False, day), (ITEM, False, "2022-05-02")]
    with_readers = column(f"{ITEM}\n\nReaders who find errors may write to desk@sund.example.")
    assert notes(with_readers) == [(ITEM, False, "2022-05-02")]


def test_an_item_goes_on_in_its_next_paragraph() -> None:
    first, second = "Our report of 2 May on the dock was wrong.", "The vote was seven to four."
    assert notes(column(f"{first}\n\n{second}")) == [(f"{first}\n\n{second}", False, "2022-05-02")]


@pytest.mark.parametrize("title", ["Correction: Sund Dock story", "Clarification: Dock", "Correction to dock story"])
def test_an_article_that_is_a_correction_is_one_note(title: str) -> None:
    assert notes(column(ITEM, title=title)) == [(ITEM, False, "2022-05-02")]


def test_what_follows_a_correction_corrected_is_no_part_of_it() -> None:
    held = column(f"{ITEM}\n\nA corrected version of the story is below:\n\n{STORY}", title="Correction: Dock story")
    assert notes(held) == [(ITEM, False, "2022-05-02")]


def test_a_note_on_another_days_report_is_anothers() -> None:
    note = "Correction: An article on Monday about the old dock gave a wrong vote. It was seven to four."
    assert notes(story(published="2022-05-04", text=f"It rained.\n\n{note}")) == [(note, False, "2022-05-02")]


def test_a_page_of_stories_has_the_notes_of_each() -> None:
    text = f"{STORY}\n\n{OWN}\n\nRain\n\nIt rained on Monday."
    at = text.index("Rain\n")
    page = story(text=text, sections=(Section(0, TITLE, "Sund Times"), Section(at, "Rain", "Sund Times")))
    held = with_notes(page)
    assert [one.words for one in Corrections([]).of(held, 0)] == [OWN]
    assert Corrections([]).of(held, at) == []


# Whose it is


def corrected(held: Article, *by: Article) -> list[str]:
    return [one.words for one in Corrections(by).of(held, held.body_start)]


def test_a_column_corrects_the_story_it_names_and_no_other() -> None:
    assert corrected(story(), column()) == [ITEM]
    assert corrected(story(published=None), column()) == [], "no day, none named"
    assert corrected(story(published="2022-04-20"), column()) == [], "another day"
    assert corrected(story(published="2022-05-01T21:00:00+02:00"), column()) == [ITEM], "online on the evening before"
    assert corrected(story(source="Norrland Echo"), column()) == [], "another outlet"
    fish = "The fish hall of Sund opens on Friday, the town said. It has nine stalls and its cook is known."
    assert corrected(story(text=fish, title="Fish hall opens"), column()) == [], "another matter of that day"


def test_a_correction_without_a_day_reaches_back_some_weeks() -> None:
    text = ITEM.replace("on 2 May ", "")
    by = column(text, title="Correction: Dock story")
    assert notes(by) == [(text, False, None)]
    assert corrected(story(), by) == [text]
    assert corrected(story(published="2022-01-02"), by) == [], "too long ago"
    assert corrected(story(published="2022-05-07"), by) == [], "it came later"
    assert corrected(story(source=None), by) == [], "nobody's story, no day"


def test_an_agencys_correction_is_that_of_what_it_carried() -> None:
    by = column(source="AP")
    assert corrected(story(source="Norrland Echo", agency="AP"), by) == [ITEM]


def test_corrections_come_in_the_order_of_their_days_whatever_order_they_are_read_in() -> None:
    second = column(ITEM.replace("seven to four", "eight to three"), id="later", published="2022-05-08")
    own = with_notes(story(text=f"{STORY}\n\n{OWN}"))
    orders = [corrected(own, *by) for by in permutations([column(), second])]
    assert orders[0] == orders[1] == [OWN, ITEM, ITEM.replace("seven to four", "eight to three")]


# What it withdraws


@pytest.mark.parametrize(
    ("note", "told"),
    [
        (ITEM, ["The harbour board of Sund voted by nine to two on Monday to fill in the old dock."]),
        (OWN, ["The harbour board of Sund voted by nine to two on Monday to fill in the old dock."]),
        ("The dock will cost 2.4 million crowns, not 4.2 million, the board said.",
         ["The work will cost 4.2 million crowns and begins in May, the board said."]),
        ("Our report said that Jon Vik of the board voted against. He abstained.", ["Member Jon Vik voted against."]),
        ("The chair of the board is Ane Holst, not Ane Holt.", ["Its chair, Ane Holt, called the dock a danger."]),
        ("The Sund Times reported on 2 May that the work on the dock would cost 4.2 million. In fact it is 2.4.",
         ["The work will cost 4.2 million crowns and begins in May, the board said."]),
        ("A story reported erroneously that two of the board voted against. It was four.",
         ["The harbour board of Sund voted by nine to two on Monday to fill in the old dock."]),
        ("A picture was of another town.", []),
    ],
)  # fmt: skip
def test_a_note_withdraws_the_sentences_that_say_what_it_calls_wrong(note: str, told: list[str]) -> None:
    assert [STORY[a:b] for a, b in withdrawn(note, STORY, split_sentences(STORY))] == told


def test_where_it_cannot_be_told_which_sentence_it_touches_all() -> None:
    [one] = Corrections([]).of(with_notes(story(text=f"{STORY}\n\nCorrection: A picture was of another town.")), 0)
    assert one.spans == () and one.touches(0, 5)


def test_what_is_right_is_told_without_what_was_wrong_and_without_regrets() -> None:
    assert ITEM[slice(*right_part(ITEM))] == "The vote was seven to four."
    assert OWN[slice(*right_part(OWN))] == "Seven did."
    assert right_part("It was 1967, not 1961.") == (0, 22)


# In an archive


def test_a_correction_is_told_with_what_it_corrects_whichever_came_first(tmp_path: Path) -> None:
    head = "{}\n\nSUND TIMES | {}\n\n{}\n"
    files = {
        "a/dock.txt": head.format(TITLE, "2 May 2022", STORY),
        "b/column.txt": head.format("Corrections and clarifications", "6 May 2022", ITEM),
    }
    write_files(tmp_path, files)
    for number, order in enumerate((["a", "b"], ["b", "a"])):
        news = make_index(tmp_path / str(number), [tmp_path / order[0]], FakeEmbedder())
        news.update([tmp_path / order[1]], count_tokens=count_words)
        assert news.archive.articles_with("notes") == ["column"]
        found = {item.article.id: item for item in news.find(rows_of(news.archive))}  # type: ignore[arg-type]
        assert [one.words for one in found["dock"].corrections] == [ITEM] and not found["column"].corrections
        (tmp_path / "b/column.txt").rename(tmp_path / "column.txt")
        news.update([tmp_path / "a"], gone=[tmp_path / "b"], count_tokens=count_words)
        assert not news.find(rows_of(news.archive))[0].corrections, "one that is taken out corrects nothing"
        (tmp_path / "column.txt").rename(tmp_path / "b/column.txt")
        news.close()


LONG = (
    f"{STORY} Fishermen who moor there have until the end of the month to find another berth, and the sailing club has"
    " asked for a delay of a year, which the board refused without a vote."
)


def carried_by(folder: Path, carrier: str) -> dict[str, list[str]]:
    """The sentences withdrawn of each article, where the Sund Times corrects a text that the Post carries so."""
    files = {
        "dock.txt": f"{TITLE}\n\nSUND TIMES | 2 May 2022\n\n{LONG}\n",
        "post.txt": f"Old dock goes\n\nPOST | 3 May 2022\n\n{carrier}\n",
        "column.txt": f"Corrections and clarifications\n\nSUND TIMES | 6 May 2022\n\n{ITEM}\n",
    }
    news = make_index(folder / "archive", [write_files(folder / "in", files)], FakeEmbedder())
    made = {}
    for item in news.find(rows_of(news.archive)):  # type: ignore[arg-type]
        made[item.article.id] = [item.article.text[slice(*span)] for by in item.corrections for span in by.spans]
        assert {by.article.id for by in item.corrections} <= {"column"}
    news.close()
    return made


def test_a_correction_reaches_the_copies_that_others_carry(tmp_path: Path) -> None:
    wrong = STORY.partition(" Its chair")[0]
    made = carried_by(tmp_path / "a", f"{LONG} It was raining.")
    assert made["dock"] == made["post"] == [wrong] and not made["column"]
    changed = LONG.replace("nine to two", "seven to four")
    made = carried_by(tmp_path / "b", changed)
    assert made["dock"] == [wrong] and not made["post"], "it says what is right"
    made = carried_by(tmp_path / "c", LONG.replace(wrong, "Sund has a new square."))
    assert made["dock"] == [wrong] and not made["post"], "it does not say it"
    made = carried_by(tmp_path / "d", f"{wrong} It was raining.")
    assert made["dock"] == [wrong] and not made["post"], "one sentence makes no copy"


def test_a_note_in_one_copy_reaches_the_others(tmp_path: Path) -> None:
    note = "Correction: An earlier version of this article said that nine voted for it. Seven did."
    files = {
        "dock.txt": f"{TITLE}\n\nSUND TIMES | 2 May 2022\n\n{LONG}\n\n{note}\n",
        "post.txt": f"Old dock goes\n\nPOST | 3 May 2022\n\n{LONG}\n",
    }
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "in", files)], FakeEmbedder())
    [article] = [news.archive.article("post")]
    assert article is not None
    [one] = corrections_of(news.archive, news.corrections(), article, article.body_start)
    assert (one.article.id, one.words) == ("dock", note)
    assert [article.text[slice(*span)] for span in one.spans] == [STORY.partition(" Its chair")[0]]
    news.close()


def test_an_archive_of_before_has_none_until_it_is_written_to(tmp_path: Path) -> None:
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "in", {"a.txt": "It rained."})], FakeEmbedder())
    news.archive._db.execute("DROP INDEX articles_with_notes")  # type: ignore[attr-defined]
    assert news.archive.articles_with("notes") == []
    write_files(tmp_path / "in", {"b.txt": f"{STORY}\n\n{OWN}\n"})
    news.update([tmp_path / "in"], count_tokens=count_words)
    assert news.archive.articles_with("notes") == ["b"]
    news.close()
