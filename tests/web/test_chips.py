"""Chips above an answer: shown while it comes and afterwards, taken away and taken back by a click."""

import asyncio
import re

import pytest

from ground.language import Words, languages
from index.store.scope import Scope
from qa.answer import Answer
from qa.narrowing.understand import Part
from qa.narrowing.understood import Understood
from tests.web.test_chat import ask, chat, sit  # noqa: F401  the fixture
from web.conversations import Turn
from web.export import read_piece
from web.page.chat import Chat
from web.page.chips import chips_of, without
from web.page.markup import Drawer, ShownTurn
from web.programs.calls import progress
from web.programs.completions import RequestError, read_request, whole

QUESTION = "According to AFP, what rose by four per cent?"
PARTS = [
    {"kind": "outlet", "words": "the <b>Wire</b>", "means": "<img src=x> Wire", "state": "narrows"},
    {"kind": "author", "words": "Doe", "means": "Jane Doe", "state": "taken_away"},
    {"kind": "days", "words": "last March", "means": "March 2026", "state": "given_up"},
]


def test_a_chip_is_a_button_only_where_a_click_asks_again() -> None:
    understood = {"parts": PARTS, "widened": "No article of <i>March 2026</i> answers this."}
    turns = [ShownTurn(place, "What?", None, narrowing=understood) for place in (0, 1)]
    html = Drawer(Words()).conversation("c", turns, "")
    buttons = re.findall(
        r'<button[^>]*class="chip (\w+)" data-event="delete" data-turn="(\d)" data-words="([^"]*)"', html
    )
    assert buttons == [("on", "1", "the &lt;b&gt;Wire&lt;/b&gt;"), ("off", "1", "Doe")], "of the last turn alone"
    assert html.count('class="chip still given-up"') == 2 and html.count("not narrowed by") == 3
    assert 'aria-label="Take away &lt;img src=x&gt; Wire"' in html and 'aria-label="Take back by Jane Doe"' in html
    assert "<img" not in html and "<i>" not in html and html.count('class="note widened"') == 2
    running = Drawer(Words()).running(turns[0], "Reading")
    assert "chip" in running and "data-words" not in running
    assert 'class="chips' not in Drawer(Words()).conversation("c", [ShownTurn(0, "What?")], "")


def test_a_click_takes_away_and_the_next_takes_back() -> None:
    assert without({"parts": PARTS}, "the <b>Wire</b>") == ["Doe", "the <b>Wire</b>"]
    assert without({"parts": PARTS}, "Doe") == []
    assert chips_of({"parts": [], "widened": None}, Words()) is None is chips_of(None, Words())


def test_what_is_copied_and_exported_says_it_too() -> None:
    answer = {"understood": {"parts": PARTS, "widened": "All were searched instead."}}
    piece = read_piece(Turn("What?", answer, scope={"languages": ["en"]}))
    assert piece.scope == "languages en; <img src=x> Wire" and piece.note == "All were searched instead."
    assert read_piece(Turn("What?", {"understood": None})).scope == ""


@pytest.mark.parametrize("language", languages())
def test_chips_are_in_the_language_of_the_page(language: str) -> None:
    words = Words(language)
    days = Part("days", "last March", 0, 10, "", Scope(since="2019-03", until="2019-03"), "2020-01-09")
    html = Drawer(words).running(
        ShownTurn(0, "What?", narrowing=Understood((), (days,), none="held", say=words).spoken()), "Reading"
    )
    told = words("counted_from_newest", days=words.day("2019-03"), day=words.day("2020-01-09"))
    assert html.count(told) == 2 and words("instead_all") in html, "on the chip, and in the sentence below"
    assert language == "en" or not re.search("newest|March|January|were searched", html.replace("last March", ""))


@pytest.mark.slow
def test_what_narrowed_a_question_is_shown_and_one_click_takes_it_away(chat: Chat) -> None:  # noqa: F811
    seat = sit(chat)
    steps = ask(chat, seat, QUESTION)
    assert any("chip still on" in step for step in steps), "while it is answered"
    html = chat.conversation(seat)
    assert html.count('class="chip on"') == 1 and 'data-words="AFP"' in html
    [turn] = chat.turns(seat)
    assert turn.answer and {hit["source"] for hit in turn.answer["hits"]} == {"AFP"}
    seat.editing = 0
    left = without(turn.answer["understood"], "AFP")

    async def again() -> None:
        async for _ in chat.ask(seat, QUESTION, Scope(), left):
            pass

    asyncio.run(again())
    [turn] = chat.turns(seat)
    assert turn.answer and {hit["source"] for hit in turn.answer["hits"]} > {"AFP"}
    html = chat.conversation(seat)
    assert (html.count('class="chip on"'), html.count('class="chip off"')) == (0, 1)
    assert without(turn.answer["understood"], "AFP") == [], "another click takes it back"


def test_programs_turn_it_off_and_are_told_in_words_where_it_was_widened() -> None:
    asked = {"model": "groundwire", "messages": [{"role": "user", "content": "Who?"}]}
    assert read_request(asked).narrow and not read_request(asked | {"narrow": False}).narrow
    with pytest.raises(RequestError, match="narrow is true or false"):
        read_request(asked | {"narrow": "no"})
    wide = Understood((), given_up=(Part("outlet", "Wire", 0, 4, "Wire [1]", Scope()),))
    answer = Answer(None, "Who?", "Who?", "Ten died [1].", "", False, 0.9, understood=wide)
    content = whole(answer, {})["choices"][0]["message"]["content"]
    assert (
        content.startswith("(No article of Wire")
        and content.endswith(")\n\nTen died [1].")
        and content.count("[1]") == 1
    )
    assert progress(wide) == {"doing": "understood", **wide.to_dict()}
