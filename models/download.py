"""Streams one address into one file, taking up a broken transfer, and lists what a hub repository holds.

Of the hub's own library only its addresses and its login are used: it starts a broken file from nothing again.
"""

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import Any, TypeVar, cast
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from huggingface_hub import constants, get_token, hf_hub_url

_PROBE_SECONDS = 5.0
_STALL_SECONDS = 15.0
_BLOCK = 1 << 20
_T = TypeVar("_T")


@dataclass(frozen=True)
class Remote:
    """A file on a hub. Of small text files a hub publishes no SHA-256."""

    url: str
    bytes: int
    sha256: str | None


def hub_files(repo: str, revision: str | None, endpoint: str | None) -> dict[str, Remote]:
    """Path to file for all of a repository at one commit, from one request that gives up after 5 seconds.

    Raises `OSError` when the hub is out of reach, refuses, or answers something else.
    """
    base = (endpoint or constants.ENDPOINT).rstrip("/")
    url = f"{base}/api/models/{repo}/revision/{quote(revision or 'main', safe='')}?blobs=true"
    try:
        answer = _within(_PROBE_SECONDS, lambda: _read_json(url))
        return {
            name: _remote(base, repo, answer["sha"], file) for file in answer["siblings"] if (name := _inside(file))
        }
    except HTTPError as error:
        if error.code in (401, 403, 404):
            raise OSError(
                f"{repo} is not there or not open to you (HTTP {error.code}; hf auth login logs in)"
            ) from None
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(f"{base} does not answer as a model hub does") from error


def stream(url: str, target: Path, total_bytes: int, *, resume: bool, login: bool, tell: Callable[[int], None]) -> None:
    """Fills `target` up to `total_bytes`, with `resume` asking only for what is missing.

    Tries again as long as each try brings something; raises `OSError` or `HTTPException` when one does not. What came
    stays in `target`. `login` sends the hub's token, to that host only.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if not resume:
        target.unlink(missing_ok=True)
    target.touch()
    have = target.stat().st_size
    while have < total_bytes:
        failure: Exception = OSError(f"the transfer broke off at {have:,} of {total_bytes:,} bytes")
        try:
            with (
                _open(url, _STALL_SECONDS, start=have, login=login) as response,
                target.open("ab" if response.status == 206 else "wb") as out,
            ):
                while out.tell() <= total_bytes and (block := response.read(_BLOCK)):
                    out.write(block)
                    tell(out.tell())
        except (OSError, HTTPException) as error:
            failure = error
        before, have = have, target.stat().st_size
        if have <= before:
            raise failure
    if have > total_bytes:
        target.unlink()
        raise OSError(f"more than {total_bytes:,} bytes came")


def reason(error: Exception) -> str:
    """What went wrong, in the words of the layer that knows."""
    inner = error if isinstance(error, HTTPError) else getattr(error, "reason", error)
    return str(inner) or type(error).__name__


def _read_json(url: str) -> Any:
    with _open(url, _PROBE_SECONDS, login=True) as response:
        return json.load(response)


def _open(url: str, seconds: float, *, start: int = 0, login: bool) -> HTTPResponse:
    request = Request(url, headers={"User-Agent": "groundwire"} | ({"Range": f"bytes={start}-"} if start else {}))
    if login and (token := get_token()):
        # Unredirected: the hub sends large files from other hosts, which must not see the token.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return cast(HTTPResponse, urlopen(request, timeout=seconds))


def _inside(file: dict[str, Any]) -> str | None:
    """A file's path, unless it would lead out of the model's folder."""
    name = str(file["rfilename"])
    path = PurePosixPath(name)
    return None if path.is_absolute() or ".." in path.parts or "\\" in name else name


def _remote(base: str, repo: str, commit: str, file: dict[str, Any]) -> Remote:
    lfs = file.get("lfs") or {}
    url = hf_hub_url(repo, file["rfilename"], revision=commit, endpoint=base)
    return Remote(url, int(lfs.get("size", file["size"])), lfs.get("sha256"))


def _within(seconds: float, call: Callable[[], _T]) -> _T:
    """`call()`, given up after `seconds`: the timeout of a socket does not cover looking up a name."""
    outcome: Future[_T] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except Exception as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        raise TimeoutError(f"no answer within {seconds:g} seconds") from None
