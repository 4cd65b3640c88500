"""All that a server has: archives, the line before the model, what is kept. The page and the programs work on it."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ground.errors import user_errors
from index.store.edits import Through, Who
from index.store.scope import Scope
from models import Message
from models.weights import Report, silent
from qa.settings import Settings
from web.adding import Added, Step, add
from web.archives import Archives
from web.changing import Changing, note_added, take_out
from web.conversations import Conversations
from web.examples import Examples
from web.following import Following
from web.measure import SpeedKept
from web.notebooks import Notebooks
from web.queue import Asking, Queue

log = logging.getLogger(__name__)


@dataclass
class Server:
    """`runs` is the folder that `groundwire eval` writes its runs in; `folder` holds what the server keeps."""

    settings: Settings
    archives: Archives
    conversations: Conversations
    folder: Path
    runs: Path = Path("runs")
    queue: Queue = field(default_factory=Queue)
    closed: bool = False

    def __post_init__(self) -> None:
        self.examples = Examples(self.folder)
        self.speed = SpeedKept()
        self.changing = Changing(self.archives)
        self.following = Following(self.archives, self.folder)
        self.notebooks = Notebooks(self.archives, self.folder)

    @classmethod
    def open(
        cls,
        settings: Settings,
        archives: Sequence[Path],
        folder: Path,
        *,
        logins: bool,
        edits: Callable[[str], bool] = lambda user: False,
        runs: Path = Path("runs"),
        progress: Report = silent,
    ) -> "Server":
        """Opens what is kept; loads no model. `edits` says of a login, each time, whether it is an editor.

        Raises ConversationError where conversations cannot be kept.
        """
        opened = Archives(settings, archives, folder, logins=logins, edits=edits, progress=progress)
        return cls(settings, opened, Conversations(folder / "conversations.sqlite"), folder, runs)

    def warm(self) -> None:
        """Loads the models behind what is going on, so that the first question does not wait for them."""

        def load() -> None:
            try:
                self.archives.models.embedder()
                reader = self.archives.models.reader()
                generator = self.archives.models.generator()
            except Exception as error:
                if not isinstance(error, user_errors()):
                    raise
                log.warning("%s", error)
                return
            if generator:
                self.examples.draw(generator, reader, lambda: self.queue.length > 0, lambda: self.closed)

        threading.Thread(target=load, name="warm", daemon=True).start()

    async def ask(
        self,
        user: str,
        key: str,
        question: str,
        history: Sequence[Message] = (),
        *,
        scope: Scope,
        who: str = "",
        **how: Any,
    ) -> Asking:
        """A question in line, with `narrow`, `without` and `speak` as `Newsroom.stream` takes them.

        Raises ArchiveError before that for an archive that the user does not see. The loop goes on meanwhile. Whoever
        goes away meanwhile has asked nothing.
        """
        await asyncio.to_thread(self.archives.archive, user, key)  # its server may be away: that takes seconds to know
        return self.queue.put(
            lambda: self.archives.room(user, key), question, history, who=who or user, scope=scope, **how
        )

    def add(
        self,
        user: str,
        key: str,
        files: Sequence[tuple[Path, str]],
        addresses: Sequence[str] = (),
        progress: Callable[[Step], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
        through: Through = "page",
    ) -> Added:
        """Adds to an archive that the user may change; raises what `web.adding.add` does, or MayNot."""
        from index.arrivals.address import Fetcher

        news, count_tokens = self.archives.to_change(user, key)
        fetcher = None if self.settings.offline or not addresses else Fetcher()
        added = add(news, count_tokens, files, addresses, fetcher=fetcher, progress=progress, cancelled=cancelled)
        note_added(news.archive, added, Who(user, through))
        return added

    def take_out(self, user: str, key: str, batch: str) -> int:
        """Undoes an adding: how many articles left the archive; raises what `web.adding.undo` does, or MayNot."""
        return take_out(self.archives.changeable(user, key), batch, Who(user, "page"))

    def close(self) -> None:
        self.closed = True
        self.queue.close()
        self.conversations.close()
        self.archives.close()
