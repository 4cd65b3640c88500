"""Questions that an archive can be asked, drawn from its own passages by the model while nobody asks it anything.

They are kept beside the conversations, so that a start does not wait for them. Until there are any, none are shown.
"""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from evaluation.gold.draft import draft_questions
from index.store.archive import Archive
from models import Generator, Message, Reader

WANTED = 4
TRIED = 12  # passages at most
LONGEST = 120  # characters of an example
REST_SECONDS = 5.0

log = logging.getLogger(__name__)


class Interrupted(Exception):
    """Somebody asks: the examples wait."""


class Idle:
    """A generator that steps back as soon as somebody else wants it; see `models.Generator`."""

    def __init__(self, generator: Generator, busy: Callable[[], bool]) -> None:
        self._generator = generator
        self._busy = busy

    def __getattr__(self, name: str) -> Any:
        if self._busy():
            raise Interrupted
        return getattr(self._generator, name)

    def stream(self, messages: Sequence[Message], **how: Any) -> Iterator[str]:
        yield from self._generator.stream(messages, **how, cancelled=self._busy)
        if self._busy():
            raise Interrupted


class Examples:
    """The example questions of archives, by what they hold; drawn once, kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "examples"
        self._wanted: dict[str, Archive] = {}
        self._change = threading.Condition()
        self._held: dict[str, tuple[str, ...]] = {}

    def of(self, archive: Archive) -> tuple[str, ...]:
        """The questions of an archive: none yet where they are still to be drawn."""
        name = _name(archive)
        with self._change:
            if name in self._held:
                return self._held[name]
            generation, self._held[name] = self._read(name)
        if generation != archive.generation or not self._held[name]:  # not under the lock: its server may be away
            with self._change:
                self._wanted[name] = archive
                self._change.notify_all()
        return self._held[name]

    def _read(self, name: str) -> tuple[int, tuple[str, ...]]:
        """The archive's generation that questions were drawn from, and the questions; none where there are none."""
        try:
            held = json.loads((self._folder / f"{name}.json").read_text("utf-8"))
            return int(held["generation"]), tuple(str(question) for question in held["questions"])[:WANTED]
        except (OSError, ValueError, KeyError, TypeError):
            return -1, ()

    def draw(self, generator: Generator, reader: Reader, busy: Callable[[], bool], closed: Callable[[], bool]) -> None:
        """Draws what is wanted, one archive after another, for ever; for a thread of its own."""
        while not closed():
            with self._change:
                if not self._change.wait_for(lambda: bool(self._wanted), timeout=REST_SECONDS):
                    continue
                name, archive = next(iter(self._wanted.items()))
            if busy():
                time.sleep(REST_SECONDS)
                continue
            try:
                questions = draw(archive, Idle(generator, lambda: busy() or closed()), reader)
            except Interrupted:
                continue
            except Exception:  # no example is worth an answer
                log.exception("while drawing examples")
                questions = ()
            with self._change:
                self._wanted.pop(name, None)
                self._held[name] = questions
            kept = {"generation": archive.generation, "questions": questions}
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                (self._folder / f"{name}.json").write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
            except OSError as error:
                log.warning("examples are not kept: %s", error)


def draw(archive: Archive, generator: Generator, reader: Reader) -> tuple[str, ...]:
    """Up to WANTED questions, each of another article."""
    found: list[str] = []
    for count, tried in enumerate(draft_questions(archive, generator, reader, ()), 1):
        if tried.draft and len(tried.draft.question) <= LONGEST:
            found.append(tried.draft.question)
        if len(found) == WANTED or count == TRIED:
            break
    return tuple(found)


def _name(archive: Archive) -> str:
    return hashlib.sha256(str(archive.folder.resolve()).encode()).hexdigest()[:24]
