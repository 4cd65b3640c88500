"""The quick way: each quote is said once it answers, nothing is taken back, refusal and sides as on the whole way."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cli.main import _tell, main
from cli.terminal import Line
from index.news_index import NewsIndex
from index.store.scope import EVERYTHING
from models import Message
from qa.answer import Answer
from qa.pipeline import Event, Piece
from qa.quick import MISSES, QUICK_READ, QUOTES
from qa.replay import settings_in
from qa.settings import Settings
from tests.conftest import make_index, write_files
from tests.qa.test_pipeline import NOWHERE, QUESTION, YES_NO, check_answer, make_room, timeless
from tests.support.fakes import FakeEmbedder, ScriptedGenerator, copy_best_sentence

FERRY = {
    "a.md": "---\nsource: Herald\npublished: 2020-01-09\n---\nThe ferry sank off the cape with 17 people on board.\n",
    "b.md": "---\nsource: Courier\npublished: 2020-01-08\n---\nThe ferry sank with 20 people on board off the cape.\n",
    "c.md": "---\nsource: Gazette\npublished: 2020-01-07\n---\nThe ferry was built by a yard in the north.\n",
}
HOW_MANY = "How many people were on board the ferry that sank?"


def is_first_look(messages: Sequence[Message]) -> bool:
    return "Does the sentence below answer" in messages[-1].content


def is_second_look(messages: Sequence[Message]) -> bool:
    return "be answered from this passage alone" in messages[-1].content


def number_of(messages: Sequence[Message]) -> str:
    """The model copies the number of people."""
    found = re.search(r"\d+ people", messages[-1].content)
    return found[0] if found and "Copy from" in messages[-1].content else copy_best_sentence(messages)


def saying(*answering: str) -> Callable[[Sequence[Message]], float]:
    """Log-odds of 2 for a sentence that holds one of these words, else -2."""
    return lambda m: 2.0 if any(word in m[-1].content for word in answering) else -2.0


@pytest.fixture
def ferry(tmp_path: Path, embedder: FakeEmbedder) -> NewsIndex:
    return make_index(tmp_path / "ferry", [write_files(tmp_path / "ferries", FERRY)], embedder)


def many(tmp_path: Path, embedder: FakeEmbedder, *, count: int = 12) -> NewsIndex:
    """Sentences of as many articles, each with words of its own."""
    words = "oak elm ash fir yew box bay fig nut pea rye oat tea ivy".split()
    held = {f"{n:02}.md": f"A {words[n]} tree named Tall{words[n].title()} fell on the road.\n" for n in range(count)}
    return make_index(tmp_path / "many", [write_files(tmp_path / "trees", held)], embedder)


def stream(news: NewsIndex, question: str, generator: ScriptedGenerator, **options: object) -> list[Event]:
    return list(make_room(news, generator, fast=True, **options).stream(question))


def test_a_quote_is_said_before_the_next_sentence_is_read(news: NewsIndex) -> None:
    generator = ScriptedGenerator()
    room = make_room(news, generator, fast=True)
    looks = 0
    for event in room.stream(QUESTION):
        if isinstance(event, Piece):
            looks = len(generator.asked)
            break
    assert looks == 2, "the nearest sentence, seen twice, and no other"
    assert is_first_look(generator.asked[0]) and is_second_look(generator.asked[1])


def test_nothing_said_is_taken_back(news: NewsIndex) -> None:
    events = stream(news, QUESTION, ScriptedGenerator())
    answer = events[-1]
    assert isinstance(answer, Answer) and not answer.declined
    check_answer(answer, news)
    pieces = [event for event in events if isinstance(event, Piece)]
    assert "".join(piece.text for piece in pieces) == answer.answer
    assert all(piece.citations == answer.citations[: len(piece.citations)] for piece in pieces)
    assert all("“" in sentence.text for sentence in answer.sentences), "quotes, no prose"


def test_no_prose_is_asked_for(news: NewsIndex) -> None:
    generator = ScriptedGenerator()
    stream(news, QUESTION, generator)
    assert not any("Write the answer" in asked[-1].content for asked in generator.asked)
    whole = ScriptedGenerator()
    make_room(news, whole).ask(QUESTION)
    assert len(generator.asked) < len(whole.asked)
    assert any("Write the answer" in asked[-1].content for asked in whole.asked)


@pytest.mark.parametrize("question", [QUESTION, NOWHERE, YES_NO, "What rose by four per cent?", "?", "地震"])
def test_every_quick_answer_keeps_the_laws(news: NewsIndex, question: str) -> None:
    room = make_room(news, fast=True)
    answer = room.ask(question)
    check_answer(answer, news)
    assert timeless(room.ask(question)) == timeless(answer)


def test_what_the_articles_do_not_say_is_declined(news: NewsIndex) -> None:
    events = stream(news, NOWHERE, ScriptedGenerator(log_odds=lambda _: -3.0))
    answer = events[-1]
    assert isinstance(answer, Answer) and answer.declined and not answer.citations
    assert [event for event in events if isinstance(event, Piece)] == [Piece(answer.answer)]


def test_what_is_less_likely_than_wanted_is_not_said(news: NewsIndex) -> None:
    generator = ScriptedGenerator(log_odds=lambda _: 1.0)
    assert not make_room(news, generator, fast=True).ask(QUESTION).declined
    events = stream(news, QUESTION, generator, least_score=1.0)
    answer = events[-1]
    assert isinstance(answer, Answer) and answer.answer.startswith("No answer is sure enough")
    assert [event for event in events if isinstance(event, Piece)] == [Piece(answer.answer, answer.citations)]


@pytest.mark.parametrize(("others", "quotes"), [(0.9, 1), (4.0, 2)])
def test_one_far_less_likely_than_the_best_so_far_is_no_answer(ferry: NewsIndex, others: float, quotes: int) -> None:
    first: list[str] = []

    def the_first_surely(messages: Sequence[Message]) -> float:
        people = re.search(r"\d+ people", messages[-1].content)
        first.extend([people[0]] if people else [])
        return -2.0 if not people else 5.0 if people[0] == first[0] else others

    answer = make_room(ferry, ScriptedGenerator(log_odds=the_first_surely), fast=True).ask("Which ferry sank?")
    assert len(answer.citations) == quotes, "both looks at each reach the bar"


def test_sides_are_told_after_their_quotes(ferry: NewsIndex) -> None:
    events = stream(ferry, HOW_MANY, ScriptedGenerator(reply=number_of, log_odds=saying("17 people", "20 people")))
    answer = events[-1]
    assert isinstance(answer, Answer)
    check_answer(answer, ferry)
    assert [len(sentence.citations) for sentence in answer.sentences] == [1, 1, 2]
    assert answer.sentences[-1].text.startswith("Sources differ: 17 people, according to Herald (9 January 2020) [")
    [conflict] = answer.conflicts
    assert {side.value for side in conflict.sides} == {"17 people", "20 people"} and answer.short == "17 people"


def test_sources_that_agree_have_no_sides(ferry: NewsIndex) -> None:
    answer = make_room(ferry, ScriptedGenerator(reply=number_of, log_odds=saying("17 people")), fast=True).ask(HOW_MANY)
    assert answer.conflicts == () and answer.short == "17 people" and len(answer.sentences) == 1


def test_a_sentence_without_a_number_is_not_read_where_one_is_asked_for(ferry: NewsIndex) -> None:
    generator = ScriptedGenerator(reply=number_of, log_odds=lambda _: 2.0)
    answer = make_room(ferry, generator, fast=True).ask(HOW_MANY)
    assert not any("yard" in asked[-1].content for asked in generator.asked)
    assert len(answer.citations) == 2


def test_it_reads_a_few_sentences_and_ends_when_no_more_answer(tmp_path: Path, embedder: FakeEmbedder) -> None:
    news = many(tmp_path, embedder)
    question = "Which tree fell on the road?"
    for log_odds, looks in ((-3.0, QUICK_READ), (2.0, QUOTES)):
        generator = ScriptedGenerator(log_odds=lambda _, x=log_odds: x)
        make_room(news, generator, fast=True).ask(question)
        assert sum(map(is_first_look, generator.asked)) == looks
    first: list[str] = []

    def only_the_first(messages: Sequence[Message]) -> float:
        tree = re.search(r"Tall\w+", messages[-1].content)
        assert tree
        first.append(tree[0])
        return 2.0 if tree[0] == first[0] else -3.0

    generator = ScriptedGenerator(log_odds=only_the_first)
    answer = make_room(news, generator, fast=True).ask(question)
    assert sum(map(is_first_look, generator.asked)) == 1 + MISSES and len(answer.citations) == 1


def test_words_that_stand_twice_are_said_once(tmp_path: Path, embedder: FakeEmbedder) -> None:
    same = "The ferry sank off the cape with 17 people on board."
    files = {
        f"{name}.md": f"---\nsource: {name}\n---\n{same} {name} saw it happen.\n" for name in ("Herald", "Courier")
    }
    news = make_index(tmp_path / "twice", [write_files(tmp_path / "both", files)], embedder)
    answer = make_room(news, ScriptedGenerator(log_odds=saying("17 people")), fast=True).ask("Where was the sinking?")
    assert [citation.quote for citation in answer.citations].count(same) == 1


def test_yes_or_no_is_said_as_on_the_whole_way_from_fewer_sentences(news: NewsIndex) -> None:
    quick, whole = ScriptedGenerator(), ScriptedGenerator()
    answer = make_room(news, quick, fast=True).ask(YES_NO)
    assert answer.short == "yes" and answer.answer.startswith("Yes: ")
    assert make_room(news, whole).ask(YES_NO).short == "yes"
    assert len(quick.asked) < len(whole.asked)


def test_it_stops_where_it_is_cancelled(news: NewsIndex) -> None:
    generator = ScriptedGenerator()
    room = make_room(news, generator, fast=True)
    for stop in range(1, 6):
        generator.asked.clear()
        events = list(room.stream(QUESTION, cancelled=lambda n=stop: len(generator.asked) >= n))  # type: ignore[misc]
        assert len(generator.asked) <= stop and not isinstance(events[-1], Answer)


def test_it_is_kept_and_asked_again_as_it_was(news: NewsIndex) -> None:
    record = make_room(news, fast=True).ask(QUESTION).to_dict()
    assert record["replay"]["settings"]["fast"] is True
    assert settings_in(record, Settings()).fast
    del record["replay"]["settings"]["fast"]
    assert not settings_in(record, Settings()).fast, "an answer from before there was a quick way"


def test_the_option_is_asked_for_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("ask", "chat", "eval"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "--fast" in capsys.readouterr().out


def test_no_status_stands_in_an_answer_on_a_terminal(
    news: NewsIndex, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before: list[str] = []
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr(Line, "say", lambda *_, **__: before.append(capsys.readouterr().out))
    answer = _tell(make_room(news, fast=True), QUESTION, [], EVERYTHING)
    assert len(before) > 1 and not any(before), "no word stood there when a step was told"
    assert capsys.readouterr().out.startswith(answer.answer)
