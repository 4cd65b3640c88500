"""Whether a folder of derived files is whole, and which generation of the archive it was made from."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ground.files import write_whole

NAME = "stamp.json"
UNFINISHED = "unfinished.json"  # what a long making has finished so far, to go on from after a kill


@dataclass(frozen=True)
class Stamp:
    """A whole folder: the archive's generation it was made from, the last row taken in, and its files."""

    generation: int
    last_row: int
    files: tuple[str, ...]


def _checksum(file: Path) -> int:
    total = 0
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            total = zlib.crc32(piece, total)
    return total


def _all_files(folder: Path) -> list[str]:
    stamps = {NAME, UNFINISHED}
    return [file.name for file in folder.iterdir() if file.name not in stamps and file.suffix not in (".lock", ".new")]


def write_stamp(
    folder: Path, generation: int, last_row: int, *, files: Iterable[str] | None = None, name: str = NAME
) -> None:
    """Says, last of all and in one rename, that the folder now holds all of `generation`, in `files` or all it has."""
    named = sorted(_all_files(folder) if files is None else files)
    held = {"generation": generation, "last_row": last_row, "files": {one: _checksum(folder / one) for one in named}}
    write_whole(folder / name, json.dumps(held))


def read_stamp(folder: Path, *, name: str = NAME) -> Stamp | None:
    """What a whole folder holds; None for one that is missing, half written or damaged. Only files it names count."""
    try:
        stamp = json.loads((folder / name).read_text("utf-8"))
        if any(_checksum(folder / file) != held for file, held in stamp["files"].items()):
            return None
        return Stamp(int(stamp["generation"]), int(stamp["last_row"]), tuple(stamp["files"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def stamped_generation(folder: Path) -> int | None:
    """The generation a folder says it holds, its files not looked at; None where it says nothing."""
    try:
        return int(json.loads((folder / NAME).read_text("utf-8"))["generation"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
