"""Gold files as they are written: a row more or a row less, the whole file by one rename, whatever stops us.

Rows are left as they stand, with fields that only people read, and so are lines that are no rows.
"""

import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from evaluation.gold.questions import GoldError, Question, read_lines
from ground.files import replacing

WAIT_SECONDS = 10


def write_all(files: Mapping[Path, bytes]) -> None:
    """Writes each file beside its place, then renames them in order: none is ever there by half."""
    with ExitStack() as stack:  # what is entered last is renamed first
        places = [path.resolve() for path in files]  # a link stays a link
        fresh = [stack.enter_context(replacing(place)) for place in reversed(places)]
        for place, new, content in zip(places, reversed(fresh), files.values(), strict=True):
            with new.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if place.exists():
                shutil.copymode(place, new)


def row_text(row: Mapping[str, Any]) -> str:
    """A row as its line, line break included; U+2028 and its like are escaped, so that editors keep it one line.

    >>> row_text({"id": "a", "question": "Où ?"})
    '{"id": "a", "question": "Où ?"}\\n'
    """
    text = json.dumps(row, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def read_known(path: Path) -> list[Question]:
    """The questions of a gold file that may not be there yet; drafts too. Raises GoldError for a line that is none."""
    if not path.exists():
        return []
    known = []
    for _, item in read_lines(path):
        if isinstance(item, GoldError):
            raise item
        known.append(item)
    return known


def find_row(path: Path, id: str) -> dict[str, Any]:
    """The row of this id as it stands, with fields that only people read. Raises KeyError where there is none."""
    for line in path.read_bytes().split(b"\n"):
        if _id_of(line) == id:
            return dict(json.loads(line))
    raise KeyError(id)


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Adds one row at the end of a file, made if it is not there: the whole line or nothing."""
    with _alone(path):
        held = path.read_bytes() if path.exists() else b""
        gap = b"" if not held or held.endswith(b"\n") else b"\n"
        write_all({path: held + gap + row_text(row).encode()})


def remove_row(path: Path, id: str) -> None:
    """Takes the rows of this id out of a file; every other line stays as it is."""
    with _alone(path):
        kept = [line for line in path.read_bytes().split(b"\n") if _id_of(line) != id]
        write_all({path: b"\n".join(kept)})


def _id_of(line: bytes) -> object:
    try:
        row = json.loads(line)
    except (RecursionError, ValueError):
        return None
    return row.get("id") if isinstance(row, dict) else None


def fresh_id(known: Collection[str], stem: str = "q") -> str:
    """The id after the highest of the last one's series, else the first of a series of `stem`.

    >>> fresh_id(["gw-009", "gw-002"]), fresh_id([]), fresh_id(["56be4d"])
    ('gw-010', 'q-001', 'q-001')
    """
    last = list(known)[-1] if known else ""
    found = re.fullmatch(r"(.*[-_])(\d{1,6})", last)
    series, width = (found[1], len(found[2])) if found else (f"{stem}-", 3)
    numbers = [int(m[1]) for id in known if (m := re.fullmatch(rf"{re.escape(series)}(\d{{1,6}})", id))]
    return f"{series}{max(numbers, default=0) + 1:0{width}}"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds the one writer's lock of a file for as long as a change takes."""
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=WAIT_SECONDS):
            yield
    except Timeout:
        raise GoldError(f"{path}: another groundwire is writing to it; wait for it, or stop it") from None
