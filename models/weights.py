"""The weights folder: where a model lies, whether all of it is there, whether it is what it should be.

Knows the disk and the catalogue, no network.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from models.catalogue import ModelEntry, ModelFile


@dataclass(frozen=True)
class FetchProgress:
    """How far one model is; `total_bytes` is about right where the catalogue does not know better."""

    model: str
    done_bytes: int
    total_bytes: int
    note: str


Report = Callable[[FetchProgress], None]


def silent(progress: FetchProgress) -> None:
    """The `Report` of a caller who shows nothing."""


def path_of(entry: ModelEntry, weights: Path) -> Path:
    """The file of a model that is one file, the folder of any other; there or not."""
    folder = weights / entry.name
    return folder / entry.files[0].path if len(entry.files) == 1 else folder


def installed(entry: ModelEntry, weights: Path) -> bool:
    """Whether every file is there at its size. Hashes nothing: see `verify`."""
    return not missing_files(entry, weights)


def verify(entry: ModelEntry, weights: Path, progress: Report = silent) -> list[str]:
    """Hashes every file; one sentence for each that is not what it should be."""
    seen, problems = read_record(entry, weights), []
    pull = f"run groundwire models pull {entry.name}"
    for file in entry.files:
        path = weights / entry.name / file.path
        expected = file.sha256 or seen.get(file.path, {}).get("sha256")
        if not path.is_file():
            problems.append(f"{path} is missing: {pull}")
        elif expected is None:
            problems.append(f"{path} was put there by hand and has no known hash: delete it and {pull}")
        elif sha256_of(path, teller(entry, file, f"checking {file.path}", progress)) != expected:
            problems.append(f"{path} is damaged, its SHA-256 is not {expected}: delete it and {pull}")
    return problems


def sha256_of(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """Hex SHA-256 of a file; `progress` is told how many bytes are done."""
    digest, done = hashlib.sha256(), 0
    for block in blocks(path):
        digest.update(block)
        done += len(block)
        if progress:
            progress(done)
    return digest.hexdigest()


def read_record(entry: ModelEntry, weights: Path) -> dict[str, dict[str, Any]]:
    """Size and hash that files without a known hash arrived with."""
    record = weights / entry.name / ".sha256"
    return cast(dict[str, dict[str, Any]], json.loads(record.read_text("utf-8"))) if record.is_file() else {}


def missing_files(entry: ModelEntry, weights: Path) -> list[ModelFile]:
    """Files that are not there, or not at the size they are known to have."""
    seen = read_record(entry, weights)

    def whole(file: ModelFile) -> bool:
        path = weights / entry.name / file.path
        expected = file.bytes if file.sha256 else seen.get(file.path, {}).get("bytes")
        return path.is_file() and expected in (None, path.stat().st_size)

    return [file for file in entry.files if not whole(file)]


def teller(entry: ModelEntry, file: ModelFile, note: str, progress: Report) -> Callable[[int], None]:
    """Turns bytes of one file into progress of the model, whose files come in the catalogue's order."""
    before = sum(other.bytes for other in entry.files[: entry.files.index(file)])
    return lambda done: progress(FetchProgress(entry.name, before + done, entry.bytes, note))


def blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block
