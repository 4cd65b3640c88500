"""Outlets, authors and days of a question narrow the search; never to nothing, and never without saying so."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.language import Words
from index.news_index import NewsIndex
from index.search.stories import people_of
from index.store.scope import MOST_VALUES, Scope
from qa.answer import Answer
from qa.ask import Piece, Status
from qa.narrowing.days import find_days_asked
from qa.narrowing.names import Names
from qa.narrowing.topic import asked_of_topic
from qa.narrowing.understand import Part, free, may_say, together, understand
from qa.narrowing.understood import Understood, ways_of
from qa.newsroom import Newsroom
from qa.replay import replay
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder
from tests.support.rooms import ROOT, check_answer, make_room

GOLD = ROOT / "bench" / "gold"
TODAY = date(2026, 11, 30)
PIECES = (
    "what did the and write report say according to in by from since last March 2019 3 on of ? , 's about news".split()
)
NAMES = Names(
    [
        "Northgate Courier",
        "AFP",
        "Daily Herald",
        "Sunday Herald",
        "Kestrel Agency",
        "www.reuters.com",
        "New York Times",
    ],
    ["Jane Doe", "John Roe", "Ann Roe", "Oriel staff"],
)


def read_set(name: str) -> tuple[Names, date, dict[str, list[str]]]:
    """Outlets and authors of a gold set, its newest day, and the articles of each author."""
    outlets, by, days = set(), dict[str, list[str]](), []
    for file in sorted((GOLD / name / "articles").glob("*.md")):
        head = dict(re.findall(r"^(\w+): (.*)$", file.read_text("utf-8").split("\n---\n")[0], re.MULTILINE))
        outlets.add(head["source"])
        days.append(head["published"])
        for person in people_of(head.get("byline")):
            by.setdefault(person, []).append(file.stem)
    return Names(sorted(outlets), sorted(by)), date.fromisoformat(max(days)), by


SETS = {name: read_set(name) for name in ("autumn", "weekly", "newsroom")}
ROWS = [json.loads(line) for line in (GOLD / "narrowing" / "gold.jsonl").read_text("utf-8").splitlines()]


def understood_in(name: str, question: str, today: date) -> tuple[Part, ...]:
    names, newest, by = SETS[name]
    return understand(question, names, today=today, newest=newest, written_by=lambda author: by[author])


def means(question: str, **how: Any) -> list[str]:
    written = how.pop("written_by", lambda author: ("doe-1",))
    return [part.means for part in understand(question, NAMES, today=TODAY, written_by=written, **how)]


# What is understood


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_the_sixty_questions_are_narrowed_as_meant_or_left(row: dict[str, Any]) -> None:
    parts = understood_in(row["set"], row["question"], date.fromisoformat(row["today"]))
    found = [{"kind": part.kind, "means": part.means.split(" (counted")[0]} for part in parts]
    assert sorted(found, key=str) == sorted(row["parts"], key=str)
    for part in parts:
        assert row["question"][part.start : part.end] == part.words
    scope, within = together(parts), together(parts).story_test()
    for id in row["articles"]:
        text = (GOLD / row["set"] / "articles" / f"{id}.md").read_text("utf-8")
        head = dict(re.findall(r"^(\w+): (.*)$", text.split("\n---\n")[0], re.MULTILINE))
        assert within(head["source"], head["published"]), f"{id} would be lost"
        assert not scope.articles or id in scope.articles


@pytest.mark.parametrize("name", SETS)
def test_gold_questions_that_do_not_ask_who_wrote_are_left(name: str) -> None:
    newest = SETS[name][1]
    for line in (GOLD / name / "gold.jsonl").read_text("utf-8").splitlines():
        question = json.loads(line)["question"]
        for today in (newest, TODAY):
            assert understood_in(name, question, today) == (), question


def test_an_outlet_is_meant_where_one_fits_and_it_is_asked_what_it_wrote() -> None:
    assert means("What did the Courier write about the bridge?") == ["Northgate Courier"]
    assert means("what did the courier write about the bridge?") == ["Northgate Courier"]
    assert means("What did Kestrel report?") == ["Kestrel Agency"]
    assert means("Who died, according to reuters?") == ["www.reuters.com"]
    assert means("What did the NYT report on the vote?") == ["New York Times"]
    assert means("What did AFP and the Courier report?") == ["AFP", "Northgate Courier"]
    assert means("What did the Herald say?") == [], "two fit"
    assert means("What did the Sunday Herald say?") == ["Sunday Herald"]
    for left in (
        "Who owns the Courier?",
        "Why was the Courier's office searched?",
        "Did the courier say when the parcel comes?",
        "What happened after the Courier published the letter?",
        "Which papers besides the Courier reported it?",
        "What did the Courier get wrong?",
        "What didn't AFP report?",
        "What did the Courier write about the bridge that was wrong?",
        "How does what AFP reported differ from the Courier?",
    ):
        assert means(left) == [], left


def test_an_author_is_meant_where_it_is_asked_what_they_wrote() -> None:
    assert means("What did Jane Doe write about the bridge?") == ["Jane Doe"]
    assert means("articles by Doe about the bridge") == ["Jane Doe"]
    assert means("What did Roe write?") == [], "two fit"
    assert means("What did Jane Doe say about the bridge?") == [], "others may have quoted her"
    assert means("What did Oriel staff write?") == []
    [part] = understand("stories by Jane Doe", NAMES, today=TODAY, written_by=lambda author: ("b", "a"))
    assert part.scope == Scope(articles=("b", "a")) and part.to_dict(Words())["scope"] is None
    many = tuple(map(str, range(MOST_VALUES + 1)))
    assert means("stories by Jane Doe", written_by=lambda author: many) == [], "a scope cannot name them all"


def test_days_narrow_where_it_is_asked_when_it_was_written() -> None:
    assert means("What did AFP write about the bridge last March?") == ["AFP", "March 2026"]
    assert means("What did AFP write about the bridge last November?") == ["AFP", "November 2025"]
    assert means("What did AFP report on 3 January 2020 about the strike?") == ["AFP", "3 January 2020"]
    assert means("What did AFP report about the killings on 3 January 2020?") == ["AFP", "since 3 January 2020"]
    assert means("What did AFP write about the man who was killed last March?") == ["AFP"]
    assert means("What did AFP say was built in 2019?") == ["AFP"]
    assert means("What did AFP write about the 2019 flood?") == ["AFP"]
    assert means("What did AFP write about the flood of 3 January 2020?") == ["AFP"]
    assert means("What did the papers write about it from 3 to 9 January 2020?") == ["3 January 2020 to 9 January 2020"]
    assert means("What has AFP said since Monday?") == ["AFP", "since 23 November 2026"]
    assert means("What did AFP report before March 2024?") == ["AFP", "until March 2024"]
    assert means("What did AFP report about Kerala on 31 February 2020?") == ["AFP"], "no calendar has it"


def test_of_what_has_just_happened_what_was_written_since_is_read() -> None:
    assert means("What did the council decide last week?") == ["since 23 November 2026"]
    for left in (
        "What will the council decide this week?",
        "Who was killed on 3 January?",
        "Who was mayor before last week?",
        "Why was last week's vote put off?",
        "What was Skerry Air doing on its last Sunday?",
    ):
        assert means(left) == [], left


def test_an_archive_that_ended_long_ago_counts_from_its_newest_story() -> None:
    newest = date(2020, 1, 9)
    assert means("What did AFP write last March?", newest=newest) == [
        "AFP",
        "March 2019 (counted from the newest story, 9 January 2020)",
    ]
    assert means("What did AFP write in March 2018?", newest=newest) == ["AFP", "March 2018"]
    assert means("Who was killed last week?", newest=newest) == [], "nobody knows when it is asked"
    assert means("What did AFP write last March?", newest=date(2026, 11, 28)) == ["AFP", "March 2026"]


def test_words_that_are_days_and_others_are_taken_apart() -> None:
    assert [one.words for one in find_days_asked("Who may march in May and in 2,019 cases?")] == ["May"]
    assert find_days_asked("Are 2019 people there?") == []


@given(
    st.lists(st.sampled_from([*PIECES, "Courier", "AFP", "Jane", "Doe", "bridge"]) | st.text(max_size=8), max_size=12)
)
def test_no_words_are_too_odd_to_be_looked_at(words: list[str]) -> None:
    question = " ".join(words)
    parts = understand(question, NAMES, today=TODAY, written_by=lambda author: ("a",))
    assert all(question[part.start : part.end] == part.words for part in parts)
    assert not parts or may_say(question), "else it would not have been looked at"
    asked_of_topic(question, parts)


def test_what_asks_only_what_was_written_asks_what_happened() -> None:
    def instead(question: str) -> str | None:
        return asked_of_topic(question, understand(question, NAMES, today=TODAY, written_by=lambda author: ("a",)))

    assert instead("What did the Courier write about the bridge last March?") == "What happened with the bridge?"
    assert instead("Which articles by Jane Doe mention the bridge?") == "What happened with the bridge?"
    assert instead("How many dead did AFP report at Orrin?") == "How many dead at Orrin?"
    assert instead("How many doses has the Courier said that were lost?") == "How many doses were lost?"
    assert instead("In 2019, what was written about the bridge?") == "What happened with the bridge?"
    assert instead("How did AFP describe the fire?") == "What happened with the fire?"
    assert instead("articles by Jane Doe about the bridge") == "What happened with the bridge?"
    assert instead("What did AFP and the Courier report on the vote?") == "What happened with the vote?"
    assert instead("According to AFP, how many died?") == "How many died?"
    assert instead("How many died last week, according to the Courier?") == "How many died last week?"
    assert instead("What did the mayor write about the bridge?") is None


# What becomes of it


def test_what_was_chosen_by_hand_stands() -> None:
    parts = understand("What did AFP write about it in March 2024?", NAMES, today=TODAY)
    assert together(parts) == Scope(outlets=("AFP",), since="2024-03", until="2024-03")
    given = Scope(outlets=("Kestrel Agency",))
    assert [part.kind for part in free(parts, given)] == ["days"]
    assert together(free(parts, given), given) == Scope(("Kestrel Agency",), since="2024-03", until="2024-03")
    assert [part.words for part in free(parts, Scope(), ["AFP"])] == ["in March 2024"]


def test_ways_widen_by_the_days_first_and_pass_over_what_is_empty() -> None:
    parts = understand("What did AFP write about it in March 2024?", NAMES, today=TODAY)
    ways = ways_of(parts, Scope(), (), lambda scope: True)
    assert [way.scope.told() for way in ways] == ["AFP, 2024-03", "AFP", ""]
    told = [way.understood.told() for way in ways if way.understood]
    assert told[0] == "Searched: AFP (“AFP”), March 2024 (“in March 2024”)."
    assert told[1].startswith("No article of AFP, March 2024 answers this; all of AFP were searched instead.")
    assert told[2] == "No article of AFP, March 2024 answers this; all were searched instead."
    empty = ways_of(parts, Scope(), (), lambda scope: scope.since is None)
    assert [way.scope.told() for way in empty] == ["AFP", ""]
    assert empty[0].understood and "is in the archive; all of AFP" in empty[0].understood.widened
    left = ways_of(parts, Scope(), ["AFP", "in March 2024"], lambda scope: True)
    assert [way.scope.everything for way in left] == [True]
    assert (
        left[0].understood and [part["state"] for part in left[0].understood.to_dict()["parts"]] == ["taken_away"] * 2
    )


BRIDGE = "The bridge at Orrin was {} on Monday, the council said."


@pytest.fixture
def room(tmp_path: Path, embedder: FakeEmbedder) -> Iterator[Newsroom]:
    rows = [
        {"id": "c-1", "source": "Northgate Courier", "published": "2024-03-05", "text": BRIDGE.format("closed")},
        {"id": "c-2", "source": "Northgate Courier", "published": "2024-06-05", "text": BRIDGE.format("opened")},
        {"id": "w-1", "source": "Meridian Wire", "published": "2024-03-06", "text": "The ferry sank. Four drowned."},
        {"id": "w-2", "source": "Meridian Wire", "published": "2024-03-07", "text": BRIDGE.format("painted")}
        | {"byline": "By Jane Doe and Tom Roe"},
    ]
    lines = "\n".join(json.dumps(row | {"title": f"Report {row['id']}"}) for row in rows)
    news: NewsIndex = make_index(tmp_path / "a", [write_files(tmp_path / "in", {"a.jsonl": lines})], embedder)
    yield make_room(news, llm="none")
    news.close()


def asked(room: Newsroom, question: str, **how: Any) -> tuple[Answer, list[Understood]]:
    events = list(room.stream(question, today=TODAY, **how))
    answer = events[-1]
    assert isinstance(answer, Answer)
    check_answer(answer, room.news)
    return answer, [event for event in events if isinstance(event, Understood)]


def test_only_what_was_understood_is_read(room: Newsroom) -> None:
    answer, told = asked(room, "What did the Courier write about the bridge at Orrin in March 2024?")
    assert [citation.article_id for citation in answer.citations] == ["c-1"]
    assert {hit.article.id for hit in answer.hits} == {"c-1"}
    assert told == [answer.understood] and not answer.understood.widened
    wire = json.loads(json.dumps(answer.to_dict()))["understood"]
    assert [(one["words"], one["means"], one["state"]) for one in wire["parts"]] == [
        ("the Courier", "Northgate Courier", "narrows"),
        ("in March 2024", "March 2024", "narrows"),
    ]
    assert answer.replay["scope"] == Scope(("Northgate Courier",), "2024-03", "2024-03").to_dict()
    author, _ = asked(room, "What did Jane Doe write about the bridge at Orrin?")
    assert {hit.article.id for hit in author.hits} == {"w-2"}


def test_a_part_that_is_taken_away_narrows_no_more(room: Newsroom) -> None:
    question = "What did the Courier write about the bridge at Orrin in March 2024?"
    answer, told = asked(room, question, without=["in March 2024"])
    assert {hit.article.id for hit in answer.hits} == {"c-1", "c-2"}
    assert [part.means for part in told[0].taken_away] == ["March 2024"]
    answer, told = asked(room, question, narrow=False)
    assert {hit.article.id for hit in answer.hits} >= {"c-1", "c-2", "w-2"}
    assert (told, answer.understood) == ([], None)


def test_where_nothing_within_answers_all_is_read_and_that_is_said(room: Newsroom) -> None:
    answer, told = asked(room, "How many drowned, according to the Courier?")
    assert not answer.declined and answer.citations[0].article_id == "w-1"
    assert [bool(one.widened) for one in told] == [False, True]
    assert answer.understood == told[-1] and answer.replay["scope"] is None
    assert told[-1].widened == "No article of Northgate Courier answers this; all were searched instead."
    answer, told = asked(room, "What did the Courier write about the bridge at Orrin in May 2019?")
    assert answer.citations and {hit.article.id for hit in answer.hits} == {"c-1", "c-2"}
    assert "Northgate Courier, May 2019 is in the archive; all of Northgate Courier" in told[0].widened
    answer, told = asked(room, "Which quartet won the chess tournament, according to the Courier?")
    assert answer.declined and answer.answer.startswith("The articles do not say."), "all of them, not those chosen"


def test_what_was_understood_is_said_in_the_language_that_is_spoken(room: Newsroom) -> None:
    question = "How many drowned, according to the Courier?"
    answer, told = asked(room, question, speak="fr")
    assert told[-1].widened.startswith(
        "Aucun article de «\N{NO-BREAK SPACE}Northgate Courier\N{NO-BREAK SPACE}» ne répond"
    )
    assert told[-1].spoken()["widened"] == told[-1].widened and told[0].told().startswith("Recherche limitée à")
    english, _ = asked(room, question)
    assert answer.to_dict()["understood"] == english.to_dict()["understood"], "programs read what they always read"
    given = Scope(outlets=("Meridian Wire",))
    answer, told = asked(
        room, "What did the papers write about the bridge at Orrin in May 2019?", scope=given, speak="de"
    )
    assert told[0].widened.startswith("Keiner der Artikel, die Sie gewählt haben, ist von „Mai 2019“; gesucht wurde")
    _, told = asked(room, "What did the Courier write about the bridge since 3 March 2024?", speak="es")
    assert "desde el 3 de marzo de 2024 («since 3 March 2024»)" in told[0].told()


def test_no_word_of_a_narrowed_refusal_is_told_before_the_wider_answer(room: Newsroom) -> None:
    events = list(room.stream("How many drowned, according to the Courier?", today=TODAY))
    at = [type(event) for event in events].index(Piece)
    assert sum(event == Status("searching") for event in events[:at]) == 2
    assert sum(isinstance(event, Understood) for event in events[at:]) == 0


def test_a_question_of_nothing_of_the_kind_is_asked_as_before(room: Newsroom) -> None:
    answer, told = asked(room, "How many drowned?")
    assert told == [] and answer.understood is None and answer.to_dict()["understood"] is None
    assert answer.standalone_question == "How many drowned?"


def test_a_kept_answer_is_asked_again_within_the_same_part(room: Newsroom) -> None:
    for question in (
        "What did the Courier write about the bridge at Orrin in March 2024?",
        "How many drowned, according to the Courier?",
    ):
        answer, _ = asked(room, question)
        assert replay(json.loads(json.dumps(answer.to_dict())), lambda: room).differences == ()
