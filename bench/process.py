"""A real `groundwire` process, timed from its start to its end, with its own peak memory.

It is `python -m cli.main` in the repository's root: what the installed command runs, without its five-line script.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from bench.record import ROOT


@dataclass(frozen=True)
class Run:
    """What a process came to. `first_words` are the seconds to its first output, `found` to the line on standard error
    that tells what is found, where they were watched for."""

    code: int
    output: str
    seconds: float
    peak_rss: int
    first_words: float | None = None
    found: float | None = None


def command(*given: str | Path) -> list[str]:
    return [sys.executable, "-m", "cli.main", *(str(part) for part in given)]


def run(*given: str | Path, loud: bool = False, check: bool = True) -> Run:
    """Runs a command to its end; `loud` lets its standard error through. Raises SystemExit where it fails."""
    began = time.perf_counter()
    errors = None if loud else subprocess.DEVNULL
    child = subprocess.Popen(command(*given), cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)
    assert child.stdout is not None
    output = child.stdout.read().decode()
    return _ended(child, began, output, check)


def run_on_terminal(*given: str | Path) -> Run:
    """As `run`, with a terminal as standard output, so that words show as they come."""
    screen, inner = os.openpty()
    began = time.perf_counter()
    child = subprocess.Popen(command(*given), cwd=ROOT, stdout=inner, stderr=subprocess.PIPE)
    os.close(inner)
    found: list[float] = []
    listener = threading.Thread(target=_listen, args=(child, began, found), daemon=True)
    listener.start()
    first, pieces = None, []
    while True:
        try:
            piece = os.read(screen, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not piece:
            break
        first = first or time.perf_counter() - began
        pieces.append(piece)
    os.close(screen)
    listener.join()
    ran = _ended(child, began, b"".join(pieces).decode("utf-8", "replace"), True, first)
    return replace(ran, found=found[0] if found else None)


def _listen(child: "subprocess.Popen[bytes]", began: float, found: list[float]) -> None:
    """Notes when the process tells what it has found, and lets it say the rest."""
    assert child.stderr is not None
    for line in child.stderr:
        if b"Found: " in line:
            found.append(time.perf_counter() - began)


def run_until(seconds: float, *given: str | Path) -> int | None:
    """Kills the process with SIGKILL `seconds` after its start; its exit code where it had ended before."""
    began = time.perf_counter()
    child = subprocess.Popen(command(*given), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return child.wait(max(0.0, seconds - (time.perf_counter() - began)))
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        return None if child.wait() == -signal.SIGKILL else child.returncode


def _ended(child: "subprocess.Popen[bytes]", began: float, output: str, check: bool, first: float | None = None) -> Run:
    # A child's peak counts the parent's memory at its start (Linux, exec): callers stay small until they are done.
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if check and child.returncode != 0:
        raise SystemExit(f"a groundwire process ended with exit code {child.returncode}: {child.args!r}")
    return Run(child.returncode, output, seconds, usage.ru_maxrss * 1024, first)
