"""Reads a file in a worker process under limits: a parser that hangs or dies takes only its own file with it.

The worker is `index.reading.worker`. It answers in lines of JSON of a limited length, an article's text after its line,
and whatever it says is checked: a parser that went bad can say wrong things of its own file, and no more.
"""

import atexit
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from pathlib import Path
from types import UnionType
from typing import IO, Any, Literal, Union, get_args, get_origin, get_type_hints

from ground.shown import shown
from index.article import Article, ArticleError, MemberBegins, Original, OtherMembers, StillReading

SECONDS = 60.0
MEMORY_MB = 1_000
MOST_STOPPED = 5
LONGEST_HEAD = 8_000_000
LONGEST_TEXT = 80_000_000
OUT_OF_MEMORY = 71
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
CLOSE_SECONDS = 1.0
LEAST_WAIT = 0.1  # seconds: less is no reason to listen on
COMMAND = (sys.executable, "-P", "-m", "index.reading.worker")
ROOT = Path(__file__).resolve().parents[2]


class _BadWord(ValueError):
    """The worker said what no worker of ours says."""


class _Silent(Exception):
    """The worker said nothing for too long."""


class _Ended(Exception):
    """The worker is no more."""


def read_apart(
    original: Original, kind: str, *, command: Sequence[str] | None = None, seconds: float | None = None
) -> Iterator[Article | ArticleError]:
    """The items that the reader for `kind` makes of a file, one at a time as they are asked for.

    Where the worker says nothing for `seconds` (SECONDS) of those that others left it, passes MEMORY_MB or dies, an
    ArticleError says so and is the last item; of a container it costs the member that was being read, and the next
    worker goes on with the one after.
    """
    command, seconds = tuple(command or COMMAND), seconds or SECONDS
    skip = stopped = 0
    while True:
        asked = {"path": str(original.path), "id": original.id, "name": original.name, "kind": kind, "skip": skip}
        worker = _take_worker(command, asked)
        begun: MemberBegins | None = None
        count = 0
        whole = False
        try:
            while True:
                message, text = worker.receive(seconds)
                if "done" in message:
                    whole = not message["done"]
                    return
                item = unpack(message, text)
                if isinstance(item, MemberBegins):
                    begun = item
                elif not isinstance(item, StillReading):
                    yield item
                    count += 1
        except (_Silent, _Ended, _BadWord) as error:
            if isinstance(error, _Ended) and worker.reads > 1 and begun is None and not count:
                continue  # it ended while it waited, and that showed only now
            what = f"its parser {_what(error, worker, seconds)}"
            stopped += 1
            if begun is None or begun.number < skip or stopped > MOST_STOPPED:
                rest = "the rest of the file" if count or skip else "the file"
                yield ArticleError(f"{original.name}: {what}; {rest} is left out")
                return
            yield ArticleError(f"{original.name}/{shown(str(begun))}: {what}; it is left out")
            skip = begun.number + 1
        finally:
            # Whatever it is in the middle of, a worker whose file nobody reads on is of no more use.
            if whole:
                _idle.append(worker)
            else:
                worker.end()


def ask_apart(
    asked: Mapping[str, object], name: str, *, command: Sequence[str] | None = None, seconds: float | None = None
) -> tuple[dict[str, Any], bytes]:
    """What a worker says to a request for something else than the articles of a file, and the bytes with it.

    Raises ArticleError with what the worker trips over, and where it says nothing for `seconds`, passes MEMORY_MB or
    dies; `name` is what it was asked of. What it says is not checked here.
    """
    command, seconds = tuple(command or COMMAND), seconds or SECONDS
    while True:
        worker = _take_worker(command, asked)
        whole = False
        try:
            message, data = worker.receive(seconds)
            ended, _ = worker.receive(seconds)
            whole = ended.get("done") is False
        except (_Silent, _Ended, _BadWord) as error:
            if isinstance(error, _Ended) and worker.reads > 1:
                continue  # it ended while it waited, and that showed only now
            raise ArticleError(f"{name}: cannot be shown, for its parser {_what(error, worker, seconds)}") from None
        finally:
            if whole:
                _idle.append(worker)
            else:
                worker.end()
        if isinstance(message.get("error"), str):
            raise ArticleError(shown(message["error"], most=2_000))
        return message, data


def end_workers() -> None:
    """Ends the workers that wait for a next file."""
    while worker := _next_idle():
        worker.end()


def _what(error: Exception, worker: "_Worker", seconds: float) -> str:
    if isinstance(error, _Silent):
        return f"took longer than {seconds:g} s and was stopped"
    if isinstance(error, _BadWord):
        return "said what is no article and was stopped"
    code = worker.process.wait()
    if code == OUT_OF_MEMORY:
        return f"needed more than {MEMORY_MB} MB of memory and was stopped"
    return f"died (signal {-code})" if code < 0 else f"died (exit code {code})"


class _Ear:
    """A pipe that is read within a time, by a thread: `select` looks at no pipe on Windows.

    It reads when it is asked to and not ahead, so that a worker makes no more than is wanted.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reading = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def hear(self, seconds: float) -> bytes:
        """The next bytes, none where the pipe has ended; raises _Silent where nothing comes within `seconds`."""
        if not self._reading:
            self._wanted.put(True)
        self._reading = True
        try:
            heard = self._heard.get(timeout=seconds)
        except queue.Empty:
            raise _Silent from None
        self._reading = False
        return heard

    def close(self) -> None:
        """Ends the thread, and with it the pipe; at once where the process at its other end is no more."""
        self._wanted.put(False)
        self._thread.join(CLOSE_SECONDS)  # a process that a parser began may hold the pipe open

    def _listen(self) -> None:
        with self._pipe:
            while self._wanted.get():
                try:
                    heard = os.read(self._pipe.fileno(), 1 << 20)
                except OSError:
                    heard = b""
                self._heard.put(heard)


class _Worker:
    """A worker process, with the folder that it may write to and what it has said so far."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self.command = command
        self.folder = tempfile.mkdtemp(prefix="groundwire-")
        found = os.environ.get("PYTHONPATH")
        one_thread = dict.fromkeys(ONE_THREAD, "1")
        paths = {"PYTHONPATH": f"{ROOT}{os.pathsep}{found}" if found else str(ROOT), "TMPDIR": self.folder}
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | one_thread | paths,
            bufsize=0,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.stdin, self.ear = self.process.stdin, _Ear(self.process.stdout)
        self.said = bytearray()
        self.reads = 0

    def ask(self, asked: Mapping[str, object]) -> None:
        """Asks for a file; raises OSError where the worker has ended meanwhile."""
        self.reads += 1
        self.stdin.write(json.dumps(asked).encode() + b"\n")

    def receive(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        """The next message and the text that goes with it, both within `seconds`."""
        until = time.monotonic() + seconds
        while (end := self.said.find(b"\n")) < 0:
            if len(self.said) > LONGEST_HEAD:
                raise _BadWord
            self._listen(until)
        message = _message(bytes(self.said[:end]))
        length = message.get("bytes", 0)
        if type(length) is not int or not 0 <= length <= LONGEST_TEXT:
            raise _BadWord
        del self.said[: end + 1]
        while len(self.said) < length:
            self._listen(until)
        text = bytes(self.said[:length])
        del self.said[:length]
        return message, text

    def _listen(self, until: float) -> None:
        waited = kept_waiting(self.process.pid)
        while True:
            try:
                heard = self.ear.hear(max(0.0, until - time.monotonic()))
                break
            except _Silent:  # of these seconds, those count in which it had a processor or wanted none
                more = kept_waiting(self.process.pid) - waited
                if more < LEAST_WAIT:
                    raise
                waited, until = waited + more, time.monotonic() + more
        if not heard:
            raise _Ended
        self.said += heard

    def end(self) -> None:
        """Kills the process and takes away what it wrote."""
        self.process.kill()
        self.process.wait()
        self.stdin.close()
        self.ear.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def kept_waiting(process: int) -> float:
    """Seconds that a process has been ready to run while others had the processor; 0 where the system does not say.

    On a machine that is busy with something else, a parser that works is no parser that hangs.
    """
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text("utf-8").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


_idle: list[_Worker] = []
atexit.register(end_workers)


def _next_idle() -> _Worker | None:
    """A worker that waits, which no other thread gets now; None where there is none."""
    with suppress(IndexError):
        return _idle.pop()
    return None


def _take_worker(command: tuple[str, ...], asked: Mapping[str, object]) -> _Worker:
    """A worker that has been asked for the file: one that waits, or a new one."""
    while worker := _next_idle():
        try:
            if worker.command == command and worker.process.poll() is None:
                worker.ask(asked)
                return worker
        except OSError:
            pass  # it ended while it waited
        worker.end()
    worker = _Worker(command)
    worker.ask(asked)
    return worker


# What is said


def pack(item: Article | ArticleError) -> bytes:
    """An item as the worker says it; raises ValueError for one that is too long to be said or holds no true text."""
    if isinstance(item, MemberBegins):
        return _line({"begins": str(item), "number": item.number})
    if isinstance(item, StillReading):
        return _line({"reading": str(item)})
    if isinstance(item, ArticleError):
        return _line({"error": str(item), "others": item.count if isinstance(item, OtherMembers) else None})
    text = item.text.encode()
    fields = asdict(item)
    del fields["text"]
    head = _line({"article": fields, "bytes": len(text)})
    if len(head) > LONGEST_HEAD or len(text) > LONGEST_TEXT:
        raise ValueError(f"an article of {(len(head) + len(text)) / 1e6:.0f} MB")
    return head + text


def _line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"


def unpack(message: Mapping[str, Any], text: bytes) -> Article | ArticleError:
    """The item that a message holds; raises _BadWord where it holds none, or offsets that its text does not have."""
    if isinstance(message.get("begins"), str) and type(message.get("number")) is int:
        return MemberBegins(message["number"], message["begins"])
    if isinstance(message.get("reading"), str):
        return StillReading(message["reading"])
    if isinstance(message.get("error"), str):
        others = message.get("others")
        if isinstance(others, int) and others >= 0:
            return OtherMembers(others)
        return ArticleError(shown(message["error"], most=2_000))
    try:
        article: Article = as_kind(Article, {**message["article"], "text": text.decode()})
    except (KeyError, TypeError, ValueError):
        raise _BadWord from None
    starts = [section.start for section in article.sections]
    spans = [(aside.start, aside.end) for aside in article.asides]
    spans += [(doubt.start, doubt.end) for doubt in article.doubts]
    length = len(article.text)
    for ordered in ([0, *starts, length], [0, *article.pages, length], [0, article.body_start, length]):
        if ordered != sorted(ordered):
            raise _BadWord
    if not article.id or not all(0 <= start <= end <= length for start, end in spans):
        raise _BadWord
    return article


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise _BadWord from None
    if not isinstance(message, dict):
        raise _BadWord
    return message


def as_kind(hint: Any, value: Any) -> Any:
    """`value`, read from JSON, as what `hint` names; raises ValueError or TypeError where it is not that.

    >>> as_kind(tuple[int, ...], [1, 2]), as_kind(str | None, None)
    ((1, 2), None)
    """
    origin = get_origin(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint)
        return hint(**{name: as_kind(hints[name], given) for name, given in value.items()})
    if origin is tuple and type(value) is list:
        return tuple(as_kind(get_args(hint)[0], each) for each in value)
    if origin is Literal and value in get_args(hint):
        return value
    if origin in (Union, UnionType):
        [inner] = [each for each in get_args(hint) if each is not type(None)]
        return None if value is None else as_kind(inner, value)
    if isinstance(hint, type) and type(value) is hint:
        if hint is str:
            str(value).encode()  # half of a surrogate pair can stand in JSON, and nowhere else
        return value
    raise TypeError(f"{value!r:.40} is no {hint}")
