"""The queue: one question at a time, fair turns, places told, what is stopped frees the model."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qa.answer import Answer
from qa.ask import Event, Piece, Status
from web.queue import Queue, QueueFull, QueuePlace


class Room:
    """A newsroom whose answers wait for the test; notes what it was asked, and how many at once."""

    def __init__(self, *, wait: bool = True) -> None:
        self.go = threading.Semaphore(0 if wait else 1_000)
        self.asked: list[str] = []
        self.ended: list[str] = []
        self.at_once = self.most_at_once = 0

    def stream(
        self, question: str, history: object = (), *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Event]:
        self.asked.append(question)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            for done in range(3):
                yield Status("reading", done, 3)
            while not self.go.acquire(timeout=0.01):
                if cancelled():
                    return
            if question == "bug?":
                raise ValueError("no such luck")
            yield Piece(f"To {question}")
            yield Answer(None, question, question, f"To {question}", "", False, 0.9)
        finally:
            self.at_once -= 1
            self.ended.append(question)


def put(queue: Queue, room: Room, question: str, who: str = "") -> Any:
    return queue.put(lambda: room, question, who=who)  # type: ignore[arg-type,return-value]


def wait(until: Callable[[], object]) -> None:
    for _ in range(500):
        if until():
            return
        time.sleep(0.01)
    pytest.fail("it never came")


def test_one_at_a_time_in_fair_turns() -> None:
    queue, room = Queue(), Room()
    first = put(queue, room, "a1", "a")
    wait(lambda: room.asked)
    askings = [put(queue, room, question, question[0]) for question in ("a2", "a3", "b1", "c1", "b2")]
    for _ in range(6):
        room.go.release()
    wait(lambda: all(asking.done for asking in [first, *askings]))
    assert room.asked == ["a1", "b1", "c1", "a2", "b2", "a3"] and room.most_at_once == 1
    assert [asking.answer.answer for asking in askings] == ["To a2", "To a3", "To b1", "To c1", "To b2"]


def test_the_place_and_about_how_long() -> None:
    queue, room = Queue(), Room()
    one, two, three = (put(queue, room, question, question) for question in ("one", "two", "three"))
    wait(lambda: room.asked)
    assert one.place() is None and two.place() == QueuePlace(1, None) and three.place() == QueuePlace(2, None)
    time.sleep(0.2)
    room.go.release()
    wait(lambda: len(room.asked) == 2)
    place = three.place()
    assert place.ahead == 1 and 0.05 < place.seconds < 2
    queue.close()


def test_followers_see_their_own_events_steps_run_together() -> None:
    async def all_of(asking: Any) -> list[object]:
        return [event async for event in asking.follow()]

    async def crowd() -> list[list[object]]:
        return await asyncio.gather(*(all_of(put(queue, room, f"q{i}", str(i))) for i in range(20)))

    queue, room = Queue(), Room(wait=False)
    for i, seen in enumerate(asyncio.run(crowd())):
        assert isinstance(seen[-1], Answer) and seen[-1].answer == f"To q{i}"
        steps = [event for event in seen if isinstance(event, Status)]
        assert Status("reading", 2, 3) in steps
        assert [event.text for event in seen if isinstance(event, Piece)] == [f"To q{i}"]
    assert room.most_at_once == 1


def test_a_follower_that_goes_away_frees_the_model() -> None:
    queue, room = Queue(), Room()

    async def go_away() -> Any:
        asking = put(queue, room, "one")
        events = asking.follow()
        async for event in events:
            if event == Status("reading", 2, 3):
                break
        await events.aclose()
        return asking

    asking = asyncio.run(go_away())
    wait(lambda: asking.done)
    assert room.ended == ["one"] and asking.answer is None


def test_what_is_stopped_while_it_waits_is_never_asked() -> None:
    queue, room = Queue(), Room()
    one, two = put(queue, room, "one"), put(queue, room, "two")
    wait(lambda: room.asked)
    two.stop()
    assert two.done
    room.go.release()
    wait(lambda: one.done)
    time.sleep(0.05)
    assert room.asked == ["one"] and queue.length == 0


def test_an_error_reaches_its_follower_and_the_next_is_answered() -> None:
    queue, room = Queue(), Room(wait=False)

    async def follow(question: str) -> object:
        return [event async for event in put(queue, room, question).follow()][-1]

    with pytest.raises(ValueError, match="no such luck"):
        asyncio.run(follow("bug?"))
    assert isinstance(asyncio.run(follow("fine?")), Answer)


def test_too_many_are_told_so() -> None:
    queue, room = Queue(most_waiting=2), Room()
    put(queue, room, "one")
    wait(lambda: room.asked)
    put(queue, room, "two")
    put(queue, room, "three")
    with pytest.raises(QueueFull, match="2 questions are waiting"):
        put(queue, room, "four")
    queue.close()
