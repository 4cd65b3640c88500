"""A conversation in a tab, without a browser: what is kept whatever happens, and by whom it can be seen."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from ground.language import Words
from index.opening import open_archive
from index.store.scope import Scope
from index.store.sqlite import EmbeddedArchive
from qa.settings import Settings
from tests.conftest import ARTICLES, make_index, write_files
from tests.support.fakes import FakeEmbedder, fakes_for_models
from tests.support.served import SLOW, SlowGenerator, wait
from web.archives import Archives
from web.conversations import ConversationError
from web.page.chat import Chat, Seat
from web.page.markup import Drawer
from web.server import Server

pytestmark = pytest.mark.slow

QUESTION = "Who was killed at the airport of Baghdad?"
OTHER = "Who won the election in Peru?"


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    slow = patch("models.llama.LlamaGenerator", lambda *_, **__: SlowGenerator())
    with fakes_for_models(FakeEmbedder()), slow:
        make_index(tmp_path / "airport", [write_files(tmp_path / "files", dict(ARTICLES))], FakeEmbedder()).close()
        settings = Settings(archive=tmp_path / "airport", embedder="fake")
        server = Server.open(settings, [tmp_path / "airport"], tmp_path / "data", logins=False)
        yield Chat(server, Drawer(Words()))
        server.close()


def sit(chat: Chat, conversation: str = "") -> Seat:
    return Seat(archive=chat.server.archives.listed("")[0].key, conversation=conversation)


def ask(chat: Chat, seat: Seat, question: str = QUESTION) -> list[str]:
    async def all_steps() -> list[str]:
        return [html async for html in chat.ask(seat, question, Scope())]

    return asyncio.run(all_steps())


def test_a_turn_is_kept_and_its_history_goes_on(chat: Chat) -> None:
    seat = sit(chat)
    steps = ask(chat, seat)
    assert "Opening the archive" in steps[0] and steps[-1] == "" and seat.running is None
    ask(chat, seat, OTHER)
    first, second = chat.turns(seat)
    assert first.answer and first.answer["question"] == QUESTION and first.note == "" and first.asked
    assert second.answer and second.answer["replay"]["history"][0]["content"] == QUESTION


def test_the_question_is_kept_before_it_is_answered(chat: Chat) -> None:
    async def look() -> None:
        seat = sit(chat)
        async with aclosing(chat.ask(seat, f"Who {SLOW} was killed at the airport?", Scope())) as steps:
            async for html in steps:
                if "Reading" in html:
                    [turn] = chat.turns(seat)
                    assert turn.answer is None and turn.note == "Not answered yet." and seat.running is not None
                    break
        [turn] = chat.turns(seat)
        assert turn.note == "Stopped, for the page was left." and seat.running is None

    asyncio.run(look())
    wait(lambda: chat.server.queue.length == 0)


def test_what_is_found_is_shown_while_the_answer_is_written_and_opens(chat: Chat) -> None:
    async def look() -> None:
        seat = sit(chat)
        async with aclosing(chat.ask(seat, f"Who {SLOW} was killed at the airport?", Scope())) as steps:
            shown = [html async for html in _until(steps, "Writing")]
        found = [html for html in shown if 'class="found"' in html]
        assert found and "<mark>" in found[0] and "Reuters, 3 January 2020" in found[0]
        assert 'data-found="1"' in found[0] and 'class="sentence' not in found[0], "before any word of the answer"

    async def opened() -> None:
        seat = sit(chat)
        async with aclosing(chat.ask(seat, f"Who {SLOW} was killed at the airport?", Scope())) as steps:
            async for html in steps:
                if 'class="found"' in html:
                    break
            place = {"turn": "0", "number": "1"}
            assert "killed General Soleimani" in chat.quote(seat, place | {"found": "1"})
            with pytest.raises(ConversationError):
                chat.quote(seat, place)
            chat.stop(seat)
            async for _ in steps:
                pass
        [turn] = chat.turns(seat)
        assert turn.note == "Stopped." and turn.answer and turn.answer["citations"][0]["number"] == 1
        assert turn.answer["answer"] == "“A drone strike killed General Soleimani at the airport of Baghdad.” [1]"
        assert "killed General Soleimani" in chat.quote(seat, place), "what was shown stays"

    asyncio.run(look())
    wait(lambda: chat.server.queue.length == 0)
    asyncio.run(opened())
    wait(lambda: chat.server.queue.length == 0)


async def _until(steps: AsyncIterator[str], words: str) -> AsyncIterator[str]:
    async for html in steps:
        yield html
        if words in html:
            return


def test_an_answer_stays_until_there_is_another(chat: Chat) -> None:
    seat = sit(chat)
    ask(chat, seat)
    ask(chat, seat, OTHER)
    before = chat.turns(seat)

    async def stopped() -> None:
        seat.editing = 0
        async for html in chat.ask(seat, f"Who {SLOW} was killed at the airport?", Scope()):
            if "Reading" in html:
                chat.stop(seat)

    with pytest.raises(ConversationError, match="The earlier answer stays"):
        asyncio.run(stopped())
    assert chat.turns(seat) == before
    seat.editing = 0
    ask(chat, seat, "What rose by four per cent?")
    [turn] = chat.turns(seat)
    assert turn.question == "What rose by four per cent?" and turn.answer


def test_two_tabs_of_one_conversation_lose_nothing(chat: Chat) -> None:
    one = sit(chat)
    ask(chat, one)

    async def both() -> None:
        two = sit(chat, one.conversation)
        async with aclosing(chat.ask(one, f"Who {SLOW} won the election in Peru?", Scope())) as steps:
            async for html in steps:
                if "Reading" in html:
                    break
            other = asyncio.create_task(_drain(chat, two, "What rose by four per cent?"))
            await asyncio.sleep(0.1)
            async for _ in steps:
                pass
        await other

    asyncio.run(both())
    asked = [turn.question for turn in chat.turns(one) if turn.answer]
    assert asked == [QUESTION, f"Who {SLOW} won the election in Peru?", "What rose by four per cent?"]
    assert len(chat.turns(one)) == 3


async def _drain(chat: Chat, seat: Seat, question: str) -> None:
    async for _ in chat.ask(seat, question, Scope()):
        pass


def test_a_conversation_deleted_meanwhile_is_a_sentence(chat: Chat) -> None:
    async def run() -> None:
        seat = sit(chat)
        async with aclosing(chat.ask(seat, QUESTION, Scope())) as steps:
            await anext(steps)
            chat.server.conversations.delete("", seat.conversation)
            async for _ in steps:
                pass

    with pytest.raises(ConversationError, match="may have been deleted"):
        asyncio.run(run())
    wait(lambda: chat.server.queue.length == 0)


def test_a_question_that_cannot_be_asked_is_told_in_its_turn(chat: Chat) -> None:
    seat = sit(chat)
    ask(chat, seat, "x" * 3_000)
    [turn] = chat.turns(seat)
    assert turn.answer is None and "ask in 2,000 at most" in turn.note


def test_a_bug_is_told_without_its_words_and_the_next_is_answered(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    seat = sit(chat)
    generator = chat.server.archives.models.generator()
    reply = generator._reply  # type: ignore[union-attr]
    generator._reply = lambda _: 1 / 0  # type: ignore[union-attr]
    ask(chat, seat)
    [turn] = chat.turns(seat)
    assert "Something went wrong here" in turn.note and "division" not in turn.note and "ZeroDivision" in caplog.text
    generator._reply = reply  # type: ignore[union-attr]
    seat.editing = 0
    ask(chat, seat)
    assert chat.turns(seat)[0].answer


def test_another_users_conversation_is_not_opened(chat: Chat) -> None:
    seat = sit(chat)
    ask(chat, seat)
    with pytest.raises(ConversationError):
        chat.open(replace(sit(chat), user="somebody"), seat.conversation)


def test_a_quote_of_a_place_that_is_gone_is_a_sentence(chat: Chat) -> None:
    seat = sit(chat)
    ask(chat, seat)
    assert "mark" in chat.quote(seat, {"turn": "0", "number": "1"})
    for gone in ({"turn": "7", "number": "1"}, {"turn": "0", "number": "99"}, {"turn": "0", "hit": "99"}):
        with pytest.raises(ConversationError):
            chat.quote(seat, gone)


def test_what_an_archive_holds_is_said(chat: Chat) -> None:
    assert chat.about(sit(chat)).startswith("This archive holds 4 articles, ")
    assert "3 January 2020 to 7 June 2021" in chat.about(sit(chat))


# An archive whose server is away


class Away:
    """Archives are had only once another request on the loop was answered; notes when none was, as the loop stood."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks, self.stood = 0, 0
        held, loop = Archives._held, asyncio.get_running_loop()

        async def another_request() -> None:
            await asyncio.sleep(0)

        def wait_for_it(archives: Archives, folder: Path) -> Any:
            other = asyncio.run_coroutine_threadsafe(another_request(), loop)
            self.looks += 1
            try:
                other.result(2)
            except TimeoutError:
                self.stood += 1
            return held(archives, folder)

        monkeypatch.setattr(Archives, "_held", wait_for_it)


@pytest.mark.slow
def test_an_archive_that_is_away_keeps_nobody_else_waiting(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gradio as gr

    from web.page.events import PageEvents

    with gr.Blocks() as blocks:
        page = PageEvents(chat.server, Words(), blocks)
    adds = next(part for part in blocks.blocks.values() if getattr(part, "elem_id", None) == "add")

    def press(part: Any, does: str, seat: Seat, *values: object, **event: object) -> AsyncIterator[dict[Any, Any]]:
        """What an event of the page runs, as Gradio runs it on the loop."""
        [found] = [one.fn for one in blocks.fns.values() if (part._id, does) in one.targets]
        steps: AsyncIterator[dict[Any, Any]] = found(
            SimpleNamespace(username=""), SimpleNamespace(**event), seat, "", *values
        )
        return steps

    scope: tuple[Any, ...] = ([], "", "", [], [])
    write_files(tmp_path / "more", {"sea.txt": "Eleven drowned when a ferry sank."})

    async def use() -> Away:
        away, seat = Away(monkeypatch), Seat()
        asked = [step async for step in press(page.talk.send, "click", seat, QUESTION, *scope)]
        assert "data-turn" not in asked[0][page.talk.past] and "data-turn" in asked[-1][page.talk.past]
        again = [step async for step in press(page.talk.past, "retry", seat, *scope, turn=0)]
        assert again[-1][page.talk.past] and len(chat.turns(seat)) == 1
        added = [step async for step in press(adds, "click", seat, [str(tmp_path / "more/sea.txt")], [], "")]
        assert added[-1][page.adding.earlier]
        chat.server.queue.most_waiting = 0
        [refused] = [step async for step in press(page.talk.send, "click", seat, OTHER, *scope)]
        assert "ask again" in refused[page.talk.notice] and "data-turn" in refused[page.talk.past]
        return away

    away = asyncio.run(use())
    assert away.looks > 10 and away.stood == 0


@pytest.mark.parametrize("meanwhile", ["asked", "left"])
def test_a_question_is_asked_once_and_where_it_was_begun(chat: Chat, meanwhile: str) -> None:
    async def use() -> list[int]:
        seat = sit(chat)

        async def steps() -> int:
            return len([html async for html in chat.ask(seat, f"Who {SLOW} was killed at the airport?", Scope())])

        assert await steps()
        one = asyncio.create_task(steps())
        await asyncio.sleep(0)  # its archive is being looked at
        if meanwhile == "left":
            chat.leave(seat, "another")
            return [await one]
        return sorted(await asyncio.gather(one, steps()))

    first, *others = asyncio.run(use())
    assert first == 0 and all(others)
    [kept] = chat.server.conversations.listed("")
    assert kept.turns == (2 if meanwhile == "asked" else 1)


def test_examples_of_an_archive_that_is_away_keep_nobody_else_waiting(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_index(tmp_path / "remote", [tmp_path / "files"], FakeEmbedder()).close()
    remote, local = open_archive(tmp_path / "remote"), chat.server.archives.archive("", sit(chat).archive)
    seen: list[object] = []

    def look(archive: EmbeddedArchive) -> int:
        if archive is remote:
            other = threading.Thread(target=lambda: seen.append(chat.server.examples.of(local)), daemon=True)
            other.start()
            other.join(5)
            assert seen, "nobody else was answered meanwhile"
        return 1

    monkeypatch.setattr(EmbeddedArchive, "generation", property(look))
    assert chat.server.examples.of(remote) == () and seen == [()]
    remote.close()
