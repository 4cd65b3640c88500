"""A peer's process, asked by a JSON object a line; what it prints besides goes to a file."""

import json
import os
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class PeerFailed(Exception):
    """A peer that ended, or did not answer in time; the message says which, and where its own words are."""


class PeerProcess:
    """A started peer, its embedder loaded. `versions` and `opened` are what it said first."""

    def __init__(self, name: str, command: list[str], *, log: Path, patience: float, path: Path | None = None) -> None:
        """`patience` is how many seconds one reply may take; `path` is where it finds modules besides its own."""
        self._name, self._log, self._patience = name, log, patience
        environment = os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        environment.pop("PYTHONPATH", None)
        if path:
            environment["PYTHONPATH"] = str(path)
        self._words = log.open("ab")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
            encoding="utf-8",
            env=environment,
        )
        self.opened = self._reply("when it was opened")
        self.versions: dict[str, str | None] = self.opened.get("versions", {})

    def ask(self, do: str, **given: object) -> dict[str, Any]:
        """What it replies; raises PeerFailed."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do} | given) + "\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it has ended, and what it left to read says so
        return self._reply(f"when asked to {do}")

    def close(self) -> None:
        """Ends it, if need be by force."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._words.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _reply(self, doing: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(self._patience, end)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        try:
            said: dict[str, Any] = json.loads(line)
            return said
        except ValueError:
            code = None if line else self._process.wait()
        if late.is_set():
            why = f"took more than {self._patience:g} s"
        elif line:
            why = f"wrote what is no reply ({line.strip()[:80]})"
        else:
            why = f"ended with exit code {code}"
        self.close()
        raise PeerFailed(f"{self._name}: {why} {doing}; its own words: {self._log}")
