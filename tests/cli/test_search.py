"""`groundwire search` and `articles` as a user calls them: a question, exact search, lists, and their sentences."""

import json

import pytest

from tests.cli.test_main import Desk, desk  # noqa: F401  the fixture


def test_a_quoted_name_is_found_as_it_is_written(desk: Desk) -> None:  # noqa: F811
    out = desk.run("search", '"general soleimani"')
    assert out.startswith("1. Reuters, 2020-01-03, “Strike at Baghdad airport”\n    airport ")
    assert "killed ⟦General Soleimani⟧ at the airport" in out
    assert "\n1 story\noutlets  Reuters 1\nmonths   2020-01 1\nby       A. Writer 1\n" in out
    [hit] = json.loads(desk.run("search", '"general soleimani"', "--json"))
    assert hit["article_id"] == "airport" and hit["stages"] == {"exact": 1}
    [[start, end]] = hit["marks"]
    assert hit["text"][start - hit["start"] : end - hit["start"]] == "General Soleimani"


def test_a_plain_question_is_searched_as_before_with_its_words_marked(desk: Desk) -> None:  # noqa: F811
    hits = json.loads(desk.run("search", "Did oil prices rise?", "--json"))
    assert set(hits[0]["stages"]) == {"dense", "lexical", "rerank"} and hits[0]["article_id"] == "economy/oil"
    assert hits[0]["marks"]
    assert "The ⟦price⟧ of ⟦oil⟧ ⟦rose⟧" in (out := desk.run("search", "oil price rose")) and "score" in out
    days = [hit["published"] or "" for hit in json.loads(desk.run("search", "oil", "--sort", "day", "--json"))]
    assert days == sorted(days, reverse=True)
    assert desk.run("search", "oil election", "--exact") == ""
    assert desk.err == "groundwire: no story has all of it: oil is in 1, election is in 1; leave out one\n"


def test_passages_that_hold_no_word_of_the_search_are_told_as_such(desk: Desk) -> None:  # noqa: F811
    told = "groundwire: no word of the search stands in these passages; they are the nearest in meaning\n"
    assert desk.run("search", "xylophone zebra") and desk.err == told
    hits = json.loads(desk.run("search", "xylophone zebra", "--json"))
    assert hits and not any(hit["marks"] for hit in hits) and desk.err == told
    assert desk.run("search", "xylophone oil") and desk.err == ""


def test_articles_are_listed_filtered_and_counted(desk: Desk) -> None:  # noqa: F811
    out = desk.run("articles")
    ids = [line.strip() for line in out.split("\n\n")[0].splitlines()[1::2]]
    assert ids == ["wire-1", "economy/oil", "airport", "wire-2"] and "\n4 stories\n" in out
    assert "EFE, 2021-06-07, “Election in Peru”, by M. Paz" in out
    out = desk.run("articles", "-k", "1", "--from", "2")
    assert "economy/oil" in out and "4 stories, 2 to 2 shown" in out
    record = json.loads(desk.run("articles", "outlet:reuters OR title:oil", "--json", "--since", "3 January 2020"))
    assert record["total"] == 2 and [hit["article_id"] for hit in record["hits"]] == ["economy/oil", "airport"]
    assert record["counts"]["outlets"] == [{"name": "AFP", "stories": 1}, {"name": "Reuters", "stories": 1}]
    assert desk.run("articles", "--outlet", "afp", "--until", "January 2020").count("\n    ") == 1
    assert desk.run("articles", "--from", "9") == "\n4 stories\noutlets  AFP 1, EFE 1, Reuters 1\n" + (
        "months   2020-01 2, 2021-06 1\nby       A. Writer 1, M. Paz 1\n"
    )
    assert desk.err == "groundwire: there are 4, none from 9 on\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("search", '"Maria Holm'), 'the quotation mark at character 1 is not closed; write another "'),
        (("search", "outlett:afp oil"), 'there is no field "outlett:"'),
        (("articles", "oil AND"), 'there is nothing after "AND"'),
        (("articles", "--since", "04/05/2020"), '"since" is "04/05/2020"; that is 4 May or 5 April;'),
        (("articles", "--outlet", "Reuter"), 'no article has the outlet "Reuter"; did you mean Reuters?'),
    ],
)
def test_what_cannot_be_read_is_told_and_ends_with_1(desk: Desk, arguments: tuple[str, ...], sentence: str) -> None:  # noqa: F811
    assert desk.run(*arguments, code=1) == ""
    assert desk.err.startswith(f"groundwire: {sentence}") and desk.err.count("\n") == 1


def test_nothing_found_is_told_and_is_no_error(desk: Desk) -> None:  # noqa: F811
    assert desk.run("articles", "airprt") == "" and desk.err == "groundwire: no story has airprt; try airprt~\n"
    assert json.loads(desk.run("search", '"no such words"', "--json")) == []
