"""The worker of `index.reading.apart`: reads one file after another, under limits, and says what it reads.

It ends with its parent, when it needs too much memory, and when it is killed for its silence.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from ground.shown import shown
from index.article import Article, ArticleError, Original
from index.reading.apart import MEMORY_MB, OUT_OF_MEMORY, SECONDS, pack
from index.reading.containers import unpack
from index.reading.files import READERS
from index.reading.recogniser import can_recognise

try:
    import resource
except ModuleNotFoundError:  # Windows has none: there no limit is set, and only the parent's clock ends a worker
    resource = None  # type: ignore[assignment]

LOOK_SECONDS = 0.1
ROOM_MB = 700  # that libraries reserve and do not use
RECOGNISER_ROOM_MB = 1_700  # the same, where pages that are pictures are read
TIRED_MB = MEMORY_MB // 2


def main() -> None:
    """Answers the requests on standard input until there are no more."""
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to decide
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # a parser may print, or ask
        os.dup2(nowhere, descriptor)
    _limit("RLIMIT_CORE", 0)
    room = RECOGNISER_ROOM_MB if can_recognise() else ROOM_MB
    _limit("RLIMIT_AS", (MEMORY_MB + room) * 1_000_000)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    try:
        for line in requests:
            asked = json.loads(line)
            if "wanted" in asked:
                _show(asked, answers)
                continue
            original = Original(Path(asked["path"]), asked["id"], asked["name"])
            _answer(original, asked["kind"], asked["skip"], answers)
    except BrokenPipeError:
        pass
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    os._exit(0)  # threads that a parser left behind are not waited for


def _answer(original: Original, kind: str, skip: int, answers: BinaryIO) -> None:
    items = _items(original, kind, skip)
    while True:
        _limit("RLIMIT_CPU", int(time.process_time() + 2 * SECONDS) + 1)
        item = next(items, None)
        if item is None:
            break
        try:
            said = pack(item)
        except ValueError as error:
            said = pack(ArticleError(f"{original.name}: holds what cannot be an article ({_short(error)})"))
        answers.write(said)
        answers.flush()
    answers.write(json.dumps({"done": resident_mb() > TIRED_MB}).encode() + b"\n")
    answers.flush()


def _show(asked: dict[str, Any], answers: BinaryIO) -> None:
    """What is shown of a file, or a sentence why nothing is."""
    from index.originals.making import make  # with what draws: a worker that only reads does without

    _limit("RLIMIT_CPU", int(time.process_time() + 2 * SECONDS) + 1)
    told: dict[str, Any]
    name, data = str(asked["name"]), b""
    try:
        told, data = make(asked)
    except MemoryError:
        raise
    except ArticleError as error:
        told = {"error": str(error)}
    except OSError as error:
        told = {"error": f"{name}: cannot be read ({error.strerror or error}); check the file and its permissions"}
    except Exception as error:
        told = {"error": f"{name}: its parser failed ({_short(error)}), so it cannot be shown"}
    answers.write(json.dumps(told | {"bytes": len(data)}).encode() + b"\n" + data)
    answers.write(json.dumps({"done": resident_mb() > TIRED_MB}).encode() + b"\n")
    answers.flush()


def _items(original: Original, kind: str, skip: int) -> Iterator[Article | ArticleError]:
    """What the reader makes of the file, the first members of a container skipped; what it trips over is a sentence."""
    try:
        if kind in unpack.CONTAINERS:
            yield from unpack.read(original, kind=kind, readers=READERS, skip=skip)
        else:
            yield from READERS[kind](original)
    except MemoryError:
        raise
    except ArticleError as error:
        yield error
    except OSError as error:
        yield ArticleError(
            f"{original.name}: cannot be read ({error.strerror or error}); check the file and its permissions"
        )
    except Exception as error:
        yield ArticleError(f"{original.name}: its parser failed ({_short(error)}); what came before is kept")


def _short(error: Exception) -> str:
    return shown(f"{type(error).__name__}: {error}", most=200)


def _watch(parent: int) -> None:
    """Ends this process when its parent has, or when it has grown too large.

    PR_SET_PDEATHSIG would end it with the thread that started it, and is Linux's alone; so is a look at /proc.
    """
    while True:
        time.sleep(LOOK_SECONDS)
        if os.getppid() != parent:
            shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
            os._exit(1)
        if resident_mb() > MEMORY_MB:
            os._exit(OUT_OF_MEMORY)


def resident_mb() -> float:
    """Memory that this process holds, in MB; the most that it ever held where the system does not say what it holds, 0
    where it says nothing.
    """
    if resource is None:
        return 0.0
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def _limit(name: str, value: int) -> None:
    """Sets one soft limit where the platform has it and lets us."""
    kind = getattr(resource, name, None)
    if kind is not None:
        _, hard = resource.getrlimit(kind)
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


if __name__ == "__main__":
    main()
