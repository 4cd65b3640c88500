"""Readers that do what no reader should, by suffix; `python tests/support/hostile.py` is a worker that has them.

In place of `python -m index.reading.worker`, which has only the true ones.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator

from index.article import Article, ArticleError, Original
from index.reading.containers.unpack import Reader
from index.reading.files import READERS
from index.reading.worker import main


def hang(original: Original) -> Iterator[Article | ArticleError]:
    """An article, then nothing for ever."""
    yield Article(original.id, "Before it hung.", "Before")
    time.sleep(10_000)


def spin(original: Original) -> Iterator[Article | ArticleError]:
    while True:
        pass
    yield ArticleError("never")


def die(original: Original) -> Iterator[Article | ArticleError]:
    os._exit(3)
    yield ArticleError("never")


def crash(original: Original) -> Iterator[Article | ArticleError]:
    os.kill(os.getpid(), signal.SIGSEGV)
    yield ArticleError("never")


def eat(original: Original) -> Iterator[Article | ArticleError]:
    held = []
    while True:
        held.append(b"x" * 10_000_000)
    yield ArticleError("never")


def eat_in_c(original: Original) -> Iterator[Article | ArticleError]:
    """All memory at once, from a library that gives up where there is none."""
    if not ctypes.CDLL(None).calloc(1, ctypes.c_size_t(1 << 40)):
        os.abort()
    yield ArticleError("never")


def chatter(original: Original) -> Iterator[Article | ArticleError]:
    """Prints on every way out, and an article that says so."""
    print('{"done": false}', flush=True)
    print("warning: odd input", file=sys.stderr, flush=True)
    os.write(1, b"\xff\x00\n")
    yield Article(original.id, "Printed.", "Printed")


def fail(original: Original) -> Iterator[Article | ArticleError]:
    yield ArticleError(f"{original.name}: no date")
    raise KeyError("missing\nkey")


def many(original: Original) -> Iterator[Article | ArticleError]:
    """Articles without end, each with the number of those made so far in its file's folder."""
    number = 0
    while True:
        number += 1
        original.path.with_suffix(".made").write_text(str(number))
        yield Article(f"{number}", f"Number {number}. " + "word " * 2_000, "Many")


def slow(original: Original) -> Iterator[Article | ArticleError]:
    """Always within the time for one item, in all far past it."""
    for number in range(8):
        time.sleep(0.25)
        yield Article(f"{number}", f"Number {number}.", "Slow")


def surrogate(original: Original) -> Iterator[Article | ArticleError]:
    yield Article("half", "\ud800", "Half")
    yield Article("whole", "Whole.", "Whole")


def who(original: Original) -> Iterator[Article | ArticleError]:
    yield Article(original.id, str(os.getpid()), "Who")


HOSTILE: dict[str, Reader] = {
    f".{reader.__name__}": reader
    for reader in (hang, spin, die, crash, eat, eat_in_c, chatter, fail, many, slow, surrogate, who)
}

if __name__ == "__main__":
    READERS.update(HOSTILE)
    main()
