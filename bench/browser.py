"""`groundwire serve` and a headless Chromium, for the scripts that look at the page.

The server is a process of its own over the real models; or, in this process, one over the fakes of `tests/`.
"""

import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.record import ROOT

ASKED = "#chat [data-conversation]"  # there once the page has been drawn
PATIENCE_SECONDS = 300.0
QUIET = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wait(until: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS, pause: float = 0.05) -> None:
    """Waits for something to be true; raises SystemExit when it never is."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise SystemExit(f"after {seconds:.0f} s still waiting for {what}")
        time.sleep(pause)


def answers(address: str) -> bool:
    """Whether a server says anything at this address."""
    try:
        with urllib.request.urlopen(address, timeout=5) as opened:
            return bool(opened.read(1))
    except OSError:
        return False


@contextmanager
def serving(archive: Path, weights: Path, data: Path, *, runs: Path, port: int, wait_for: bool = True) -> Iterator[str]:
    """A process over the real models; its address, once it answers or, without `wait_for`, at once."""
    given = ["--archive", archive, "--weights", weights, "--data", data, "--runs", runs, "--port", port, "--offline"]
    child = subprocess.Popen([sys.executable, "-m", "app", "serve", *map(str, given)], cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        if wait_for:
            wait(lambda: answers(address) or child.poll() is not None, "the server")
        if child.poll() is not None:
            raise SystemExit(f"groundwire serve ended with exit code {child.returncode}")
        yield address
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()


@contextmanager
def serving_fakes(articles: Path, archive: Path, data: Path, *, runs: Path, port: int, slow: str = "") -> Iterator[str]:
    """A server over the fakes, in a thread; an archive of the articles is made where there is none.

    The fake model takes a second for each word that it writes for the question `slow`.
    """
    from index.opening import is_archive
    from models import Message
    from qa.settings import Settings
    from tests.conftest import make_index
    from tests.support.fakes import FakeEmbedder, ScriptedGenerator, fakes_for_models

    class Slow(ScriptedGenerator):
        def stream(self, messages: Sequence[Message], **how: Any) -> Iterator[str]:
            for piece in super().stream(messages, **how):
                time.sleep(1.0 if slow and slow in messages[-1].content else 0.0)
                yield piece

    with ExitStack() as stack:
        stack.enter_context(fakes_for_models(FakeEmbedder()))
        stack.enter_context(patch("models.llama.LlamaGenerator", lambda *_, **__: Slow()))
        from web.serve import make_app, make_server
        from web.server import Server

        if not is_archive(archive):
            make_index(archive, [articles], FakeEmbedder(), max_tokens=120).close()
        settings = Settings(archive=archive, embedder="fake")
        server = Server.open(settings, [archive], data, logins=False, runs=runs)
        runner = make_server(make_app(server), host="127.0.0.1", port=port)
        thread = threading.Thread(target=runner.run, daemon=True)
        thread.start()
        server.warm()
        try:
            wait(lambda: runner.started, "the server")
            yield f"http://127.0.0.1:{port}"
        finally:
            runner.should_exit = runner.force_exit = True
            thread.join(20)
            server.close()


@contextmanager
def browsing() -> Iterator[Any]:
    """A headless Chromium of the system; raises SystemExit where there is none."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise SystemExit("no Chromium here; install one (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET.split(), "--disable-sync"])
        yield browser
        browser.close()


def ask(tab: Any, question: str) -> None:
    """Puts a question into the page's box and sends it."""
    box = tab.get_by_role("textbox", name="Question")
    box.fill(question)
    box.press("Enter")


def answered(tab: Any, turns: int = 1) -> None:
    """Waits until so many turns are answered."""
    seen = f"document.querySelectorAll('#chat .turn').length === {turns} && !document.querySelector('#now .turn')"
    tab.wait_for_function(seen, timeout=1000 * PATIENCE_SECONDS)
