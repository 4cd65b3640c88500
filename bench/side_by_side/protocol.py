"""What `bench.peers` and a peer's process say to each other: a JSON object a line, over standard input and output.

Standard library only, since it runs in each peer's own environment. The clock is here, the same for all.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol


class Peer(Protocol):
    """A library set up as its documentation does it, its embedder loaded and warm."""

    packages: tuple[str, ...]

    def index(self, file: Path, folder: Path) -> None:
        """Reads, cuts, embeds and stores the articles of a `.jsonl`, leaving the index in `folder`."""
        ...

    def passages(self) -> list[str]:
        """The text of each passage of the index."""
        ...

    def search(self, question: str, k: int) -> list[list[tuple[str, str]]]:
        """The `k` best hits, best first: article id and text of the passage, and of each copy it stands for."""
        ...

    def load(self) -> None:
        """Loads the language model."""
        ...

    def ask(self, question: str) -> Iterator[str]:
        """The words of the answer as they come."""
        ...

    def to_read(self) -> int:
        """Characters a reader is shown to check the last answer by."""
        ...


def read_rows(file: Path) -> list[dict[str, Any]]:
    """The rows of a `.jsonl`: id, title, source, published, url, byline, text; what is not known is left out."""
    with file.open(encoding="utf-8") as opened:
        return [{name: value for name, value in json.loads(line).items() if value} for line in opened]


def serve(opened: Callable[[dict[str, Any]], Peer]) -> None:
    """Opens the peer with what the command line tells (one JSON object), then does what each line asks.

    What a library prints goes to standard error, so that it can break no reply.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def reply(**said: object) -> None:
        replies.write(json.dumps(said) + "\n")
        replies.flush()

    peer = opened(json.loads(sys.argv[1]))
    reply(versions={name: _version(name) for name in peer.packages}, peak_rss=_peak())
    for line in sys.stdin:
        asked = json.loads(line)
        reply(**_done(peer, asked))


def _done(peer: Peer, asked: dict[str, Any]) -> dict[str, Any]:
    began = time.perf_counter()
    match asked["do"]:
        case "index":
            peer.index(Path(asked["file"]), Path(asked["folder"]))
            seconds, peak_rss = time.perf_counter() - began, _peak()
            return {"seconds": seconds, "peak_rss": peak_rss, "passages": peer.passages()}
        case "encode":  # what only Groundwire is asked: its passages embedded again, and nothing else
            encoded = peer.encode()  # type: ignore[attr-defined]
            return {"seconds": time.perf_counter() - began, "passages": encoded}
        case "search":
            hits = peer.search(asked["question"], asked["k"])
            return {"ms": (time.perf_counter() - began) * 1000, "hits": hits}
        case "load":
            peer.load()
            return {"seconds": time.perf_counter() - began}
        case "ask":
            first, answer = None, ""
            for piece in peer.ask(asked["question"]):
                if piece and first is None:
                    first = time.perf_counter() - began
                answer += piece
            seconds = time.perf_counter() - began
            return {"first": first, "seconds": seconds, "answer": answer, "to_read": peer.to_read()}
        case other:
            raise ValueError(f"{other}: nothing that a peer is asked")


def _peak() -> int:
    """The highest resident set so far, in bytes; on Linux the process's own, not that of what started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
