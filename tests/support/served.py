"""The whole server on loopback over fakes, as a browser or a program meets it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from models import Message
from qa.settings import Settings
from tests.conftest import ARTICLES, make_index, write_files
from tests.support.fakes import FakeEmbedder, ScriptedGenerator, fakes_for_models
from web.auth.logins import Logins, add_login
from web.server import Server

PASSWORD = "correct horse"
SLOW = "slowly"


class SlowGenerator(ScriptedGenerator):
    """As any; for a question with the word `slowly` each word that is written takes a while. Counts those."""

    seconds = 0.15

    def __init__(self) -> None:
        super().__init__()
        self.slow_words = 0

    def stream(self, messages: Sequence[Message], **how: Any) -> Iterator[str]:
        for piece in super().stream(messages, **how):
            if SLOW in messages[-1].content:
                self.slow_words += 1
                time.sleep(self.seconds)
            yield piece


class Site:
    """A server that can be ended and started again over the same folders. `address` stays.

    With `speak` empty the page is there in every language, which takes longer to start.
    """

    def __init__(
        self, folder: Path, archives: dict[str, dict[str, Any]], *, users: Sequence[str] = (), speak: str = "en"
    ) -> None:
        self.folder, self.speak = folder, speak
        self.generator = SlowGenerator()
        self.archives = []
        embedder = FakeEmbedder()
        for name, files in archives.items():
            make_index(folder / name, [write_files(folder / f"{name}-files", files)], embedder).close()
            self.archives.append(folder / name)
        self.auth_file = folder / "logins" if users else None
        for user in users:
            assert self.auth_file
            add_login(self.auth_file, user, PASSWORD)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        from web.serve import make_app, make_server  # and with them Gradio, which takes seconds

        settings = Settings(archive=self.archives[0], embedder="fake", speak=self.speak)
        runs = self.folder / "runs"
        logins = Logins(self.auth_file) if self.auth_file else None
        edits = logins.edits if logins else lambda user: False
        self.server = Server.open(
            settings, self.archives, self.folder / "data", logins=bool(logins), edits=edits, runs=runs
        )
        self.runner = make_server(make_app(self.server, logins=logins), host="127.0.0.1", port=self.port)
        self.thread = threading.Thread(target=self.runner.run, daemon=True)
        self.thread.start()
        wait(lambda: self.runner.started)

    def stop(self) -> None:
        self.runner.should_exit = self.runner.force_exit = True
        self.thread.join(20)
        self.server.close()

    def key(self, name: str = "", user: str = "") -> str:
        """The key of an archive, the first one without a name."""
        entries = self.server.archives.listed(user)
        return next(entry.key for entry in entries if not name or entry.name == name)


@contextmanager
def open_site(
    folder: Path,
    archives: dict[str, dict[str, Any]] | None = None,
    *,
    users: Sequence[str] = (),
    speak: str = "en",
) -> Iterator[Site]:
    """A site as long as the block lasts; without `archives` one of the four articles, called airport."""
    with ExitStack() as stack:
        stack.enter_context(fakes_for_models(FakeEmbedder()))
        site = Site(folder, archives or {"airport": dict(ARTICLES)}, users=users, speak=speak)
        stack.enter_context(patch("models.llama.LlamaGenerator", lambda *_, **__: site.generator))
        try:
            yield site
        finally:
            site.stop()


def wait(until: Callable[[], object], seconds: float = 60.0) -> None:
    """Waits for something to be true."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
