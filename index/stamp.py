"""Whether a folder of derived files is whole, and which generation of the archive it was made from."""

import json
import zlib
from pathlib import Path

NAME = "stamp.json"


def _checksum(file: Path) -> int:
    total = 0
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            total = zlib.crc32(piece, total)
    return total


def _checksums(folder: Path) -> dict[str, int]:
    files = (file for file in folder.iterdir() if file.is_file() and file.name != NAME and file.suffix != ".lock")
    return {file.name: _checksum(file) for file in sorted(files)}


def write_stamp(folder: Path, generation: int, last_row: int) -> None:
    """Says, last of all and in one rename, that the folder now holds all of `generation`."""
    fresh = folder / (NAME + ".new")
    fresh.unlink(missing_ok=True)
    fresh.write_text(json.dumps({"generation": generation, "last_row": last_row, "files": _checksums(folder)}))
    fresh.replace(folder / NAME)


def read_stamp(folder: Path) -> tuple[int, int] | None:
    """Generation and last row of a whole folder; None for one that is missing, half written or damaged."""
    try:
        stamp = json.loads((folder / NAME).read_text())
        whole = stamp["files"] == _checksums(folder)
        return (int(stamp["generation"]), int(stamp["last_row"])) if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stamped_generation(folder: Path) -> int | None:
    """The generation a folder says it holds, its files not looked at; None where it says nothing."""
    try:
        return int(json.loads((folder / NAME).read_text())["generation"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
