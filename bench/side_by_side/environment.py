"""A virtual environment a peer, with the versions that `NAME.txt` beside this file pins, made once in a folder."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
TORCH = "torch=="


class NoEnvironment(Exception):
    """An environment that cannot be made; the message says why."""


def make_environment(name: str, folder: Path, say: Callable[[str], None]) -> Path:
    """The Python of the environment `folder/name`, made where it is not there with these very versions.

    torch comes first and alone: asked for among others, pip may take one with GPU libraries of several GB. Raises
    NoEnvironment where pip fails; what was half made is taken away.
    """
    pinned = HERE / f"{name}.txt"
    place, stamp = folder / name, folder / name / "made"
    python = place / "bin" / "python"
    wanted = hashlib.sha256(pinned.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and python.exists():
        return python
    say(f"{name}: making its environment (minutes the first time)")
    shutil.rmtree(place, ignore_errors=True)
    torch = [line for line in pinned.read_text().splitlines() if line.startswith(TORCH)]
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps = [[sys.executable, "-m", "venv", str(place)]]
    steps += [[*install, *torch]] if torch else []
    steps += [[*install, "-r", str(pinned)]]
    for step in steps:
        ran = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if ran.returncode:
            shutil.rmtree(place, ignore_errors=True)
            last = [line for line in ran.stdout.splitlines() if line.strip()][-1:]
            raise NoEnvironment(
                f"{name}: its environment cannot be made ({''.join(last) or ran.returncode}); see {pinned.name}"
            )
    stamp.write_text(wanted)
    return python
