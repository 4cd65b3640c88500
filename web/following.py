"""The questions that are followed in a server's archives: asked again, and what each user has seen of them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ground.errors import GroundwireError
from ground.files import write_whole
from index.store.edits import Through, Who
from index.store.scope import EVERYTHING, Scope
from index.store.standing import Standing, is_kept
from qa.standing.feed import write_feed
from qa.standing.follow import Change, check, history_of, listed
from qa.standing.taken import let_go, take_up
from web.archives import Archives

SEEN = "followed.json"


class FollowingError(GroundwireError, OSError):
    """What was seen cannot be kept; the message says why and what to do."""


class Following:
    """Safe from any thread; one at a time asks. `folder` keeps what each user has seen, by archive."""

    def __init__(self, archives: Archives, folder: Path) -> None:
        self._archives = archives
        self._file = folder / SEEN
        self._asking = threading.Lock()
        self._writing = threading.Lock()

    # What is followed

    def listed(self, user: str, key: str) -> list[dict[str, Any]]:
        """The questions, what is known of each, its `history`, oldest first, and how many changes are `unseen`."""
        folder = self._archives.archive(user, key).folder
        if not is_kept(folder):
            return []
        seen = self._seen(user, key)
        with _opened(folder) as standing:
            steps = {q.number: [step.to_dict() for step in history_of(standing, q)] for q in standing.questions()}
            rows = [row for row in listed(standing) if row["number"] in steps]
        told = []
        for row in rows:
            history = steps[row["number"]]
            unseen = len(history) - max(1, seen.get(str(row["number"]), 1))
            told.append(row | {"history": history, "unseen": unseen})
        return told

    def unseen(self, user: str, key: str) -> int:
        """How many changes a user has not seen yet."""
        return sum(row["unseen"] for row in self.listed(user, key))

    def see(self, user: str, key: str) -> None:
        """All that was told of an archive until now is seen; raises FollowingError where that cannot be kept."""
        now = {str(row["number"]): len(row["history"]) for row in self.listed(user, key)}
        with self._writing:
            if now == self._seen(user, key):
                return
            held = self._kept()
            made = held | {user: held.get(user, {}) | {key: now}}
            try:
                write_whole(self._file, json.dumps(made))
            except OSError as error:
                raise FollowingError(f"{self._file}: cannot be written ({error.strerror}); make room") from None

    def _seen(self, user: str, key: str) -> dict[str, int]:
        """By the number of a question, how many steps of its history a user has seen."""
        seen = self._kept().get(user, {}).get(key, {})
        return seen if isinstance(seen, dict) else {}

    def _kept(self) -> dict[str, dict[str, Any]]:
        """What was seen, by user and archive; nothing where the file is damaged."""
        try:
            held = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return held if isinstance(held, dict) else {}

    # What is done

    def may(self, user: str, key: str) -> bool:
        """Whether a user may follow questions here: who may change the archive."""
        return self._archives.may_change(user, key)

    def follow(
        self, user: str, key: str, question: str, scope: Scope = EVERYTHING, through: Through = "page"
    ) -> Change:
        """Follows a question from now on; what is known now begins its history.

        Raises what `qa.standing.follow.begin` does, and MayNot.
        """
        who = Who(user, through)
        with self._changing(user, key) as standing:
            room = self._archives.room(user, key)
            return take_up(room, standing, question, who, room.news.archive.known(scope))[0]

    def unfollow(self, user: str, key: str, number: int, through: Through = "page") -> str:
        """Follows a question no more, and says which; raises FollowError where none has this number, and MayNot."""
        who = Who(user, through)
        with self._changing(user, key) as standing:
            return let_go(standing, str(number), who)

    def check(self, user: str, key: str) -> list[Change]:
        """Asks all of what is new in the archive, and gives what has changed; nothing where nothing is followed."""
        if not is_kept(self._archives.archive(user, key).folder):
            return []
        with self._changing(user, key) as standing:
            changes = list(check(self._archives.room(user, key), standing))
            write_feed(standing)
            return changes

    @contextmanager
    def _changing(self, user: str, key: str) -> Iterator[Standing]:
        archive = self._archives.changeable(user, key)
        with self._asking, _opened(archive.folder) as standing:
            yield standing


@contextmanager
def _opened(folder: Path) -> Iterator[Standing]:
    standing = Standing(folder)
    try:
        yield standing
    finally:
        standing.close()
