"""The queue: questions wait in line for the one language model, and whoever asks hears their place and about how long.

One thread answers, one question at a time. Turns are fair: who has several questions waiting gets one answered before
each of the others' next one.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from models import Message
from qa.answer import Answer
from qa.ask import Event, QuestionError, Status
from qa.newsroom import Newsroom

LOOK_SECONDS = 0.04  # between two looks of a follower at what is new
TOLD_SECONDS = 5.0  # of waiting, between two times that it is told
MOST_WAITING = 100
REMEMBERED = 20  # answers that the next ones are thought to take as long as

log = logging.getLogger(__name__)


class QueueFull(QuestionError):
    """More questions wait than the queue takes; the message says how many."""


@dataclass(frozen=True)
class QueuePlace:
    """A question waits: how many are before it, the running one too, and seconds to its turn, if known."""

    ahead: int
    seconds: float | None


def lasted(place: QueuePlace, shown: QueuePlace) -> bool:
    """Whether the seconds to a turn are others than those that were told."""
    return place.seconds is not None and (shown.seconds is None or abs(shown.seconds - place.seconds) >= TOLD_SECONDS)


class Asking:
    """One question in the queue. `events` grows until `done`: then there is `answer` or `error`, or it was stopped."""

    def __init__(
        self,
        queue: "Queue",
        open_room: Callable[[], Newsroom],
        question: str,
        history: Sequence[Message],
        **how: Any,
    ) -> None:
        self.question = question
        self.events: list[Event] = []
        self.answer: Answer | None = None
        self.error: Exception | None = None
        self.done = False
        self.stopped = False
        self.round = 0
        self._queue = queue
        self._open_room = open_room
        self._history = tuple(history)
        self._how = how

    def stop(self) -> None:
        """The model hears of it at its next word; one that waits is never asked."""
        if not self.done:
            self.stopped = True
            self._queue.drop(self)

    def place(self) -> QueuePlace | None:
        """Its place in line; None once it is being answered."""
        return self._queue.place(self)

    async def follow(self) -> AsyncGenerator[QueuePlace | Event, None]:
        """Each change of its place, then its events as they come; of several steps at once the last. Raises its error.

        A follower that goes away stops the asking: nobody is there to read it.
        """
        seen, shown = 0, None
        try:
            while True:
                over = self.done  # read before the events: what came before it is all there
                place = self.place()
                if place is not None and (shown is None or place.ahead != shown.ahead or lasted(place, shown)):
                    shown = place
                    yield place
                fresh = self.events[seen:]
                seen += len(fresh)
                for number, event in enumerate(fresh, 1):
                    overtaken = number < len(fresh) and isinstance(fresh[number], Status)
                    if not (isinstance(event, Status) and overtaken):
                        yield event
                if over:
                    break
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self.stop()
        if self.error:
            raise self.error

    def run(self) -> None:
        """Answers it, in the queue's thread."""
        try:
            self.events.append(Status("opening the archive"))
            room = self._open_room()
            steps = room.stream(self.question, self._history, cancelled=lambda: self.stopped, **self._how)
            for event in steps:
                if self.stopped:
                    steps.close()
                    break
                self.events.append(event)
                if isinstance(event, Answer):
                    self.answer = event
        except Exception as error:
            self.error = error


class Queue:
    """The line before the model. `put` comes back at once; a thread of its own answers."""

    def __init__(self, *, most_waiting: int = MOST_WAITING) -> None:
        self.most_waiting = most_waiting
        self._change = threading.Condition()
        self._waiting: list[Asking] = []
        self._running: Asking | None = None
        self._began = 0.0
        self._took: deque[float] = deque(maxlen=REMEMBERED)
        self._round = 0
        self._rounds: dict[str, int] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(
        self,
        open_room: Callable[[], Newsroom],
        question: str,
        history: Sequence[Message] = (),
        *,
        who: str = "",
        **how: Any,
    ) -> Asking:
        """A question in line, asked as `how` says (`scope`, `narrow`, `without`, `speak`: `Newsroom.stream`).

        `who` asks counts for fairness alone; `open_room` is called when its turn comes.

        Raises QueueFull where too many wait.
        """
        with self._change:
            if len(self._waiting) >= self.most_waiting:
                raise QueueFull(f"{len(self._waiting)} questions are waiting already; ask again in a few minutes")
            asking = Asking(self, open_room, question, history, **how)
            # Fair queueing: a person's next question stands one round behind the last one, a newcomer's in this round.
            asking.round = self._rounds[who] = max(self._round, self._rounds.get(who, -1) + 1)
            self._waiting.append(asking)
            self._waiting.sort(key=lambda one: one.round)  # stable: within a round as they came
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="queue", daemon=True)
                self._thread.start()
            self._change.notify_all()
        return asking

    def drop(self, asking: Asking) -> None:
        with self._change:
            if asking in self._waiting:
                self._waiting.remove(asking)
                asking.done = True

    def place(self, asking: Asking) -> QueuePlace | None:
        with self._change:
            if asking not in self._waiting:
                return None
            before = self._waiting.index(asking)
            ahead = before + (self._running is not None)
            if not self._took:
                return QueuePlace(ahead, None if ahead else 0.0)
            usual = median(self._took)
            left = max(0.0, usual - (time.monotonic() - self._began)) if self._running else 0.0
            return QueuePlace(ahead, left + before * usual)

    @property
    def length(self) -> int:
        """Questions that are waiting or being answered."""
        with self._change:
            return len(self._waiting) + (self._running is not None)

    def close(self) -> None:
        """Stops everything; nothing is answered any more."""
        with self._change:
            self._closed = True
            for asking in [*self._waiting, self._running]:
                if asking is not None:
                    asking.stopped = True
            self._change.notify_all()

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    for left in self._waiting:
                        left.done = True
                    return
                asking = self._running = self._waiting.pop(0)
                self._round = asking.round
                self._rounds = {who: last for who, last in self._rounds.items() if last >= self._round}
                self._began = time.monotonic()
            try:
                asking.run()
            finally:
                with self._change:
                    if asking.answer:
                        self._took.append(time.monotonic() - self._began)
                    self._running = None
                    asking.done = True
