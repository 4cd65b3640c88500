"""scripts/setup: by uv where it can be had, by pip where not; torch by pip alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_floors import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="a shell script; Windows has groundwire demo"),
]


def run(tree: Path, *, uv: int | None) -> list[str]:
    """What is run in `.venv/bin`, by a uv that ends so, or that is not there."""
    (tree / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup", tree / "scripts")
    for file in ("pyproject.toml", "constraints.txt"):
        (tree / file).touch()
    bin = tree / ".venv" / "bin"
    bin.mkdir(parents=True)
    (tree / ".venv" / "made").touch()
    for name, ends in (("python", 0), *((("uv", uv),) if uv is not None else ())):
        (bin / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"{tree}/ran"\nexit {ends}\n')
        (bin / name).chmod(0o755)
    given = os.environ | {"PYTHON": sys.executable, "UV_DEFAULT_INDEX": "https://index.example/simple"}
    told = subprocess.run(
        ["bash", "-c", "source scripts/setup slim; begin_rest; end_rest"], cwd=tree, env=given, capture_output=True
    )
    assert told.returncode == 0, told.stderr
    return [line.partition(" ")[0] + " " + line.split("install ", 1)[1] for line in (tree / "ran").open()]


SLIM = "--constraint constraints.txt pip>=25.1 --editable .\n"
REST = "python --constraint constraints.txt torch llama-cpp-python sentence-transformers\n"
UV = "python --constraint constraints.txt --only-binary uv uv\n"
BY_PIP = ["python --upgrade pip>=25.1\n", f"python {SLIM}"]


def test_uv_installs_all_but_torch(tmp_path: Path) -> None:
    assert run(tmp_path / "t", uv=0) == [UV, f"uv --python .venv/bin/python {SLIM}", REST]


@pytest.mark.parametrize("uv", [1, None])
def test_pip_installs_where_uv_cannot(tmp_path: Path, uv: int | None) -> None:
    tried = [] if uv is None else [f"uv --python .venv/bin/python {SLIM}"]
    assert run(tmp_path / "t", uv=uv) == [UV, *tried, *BY_PIP, REST]
