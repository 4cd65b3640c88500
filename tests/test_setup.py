"""scripts/setup: by uv where it can be had, by pip where not; torch by pip alone. scripts/release: what stops it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import write_files
from tests.test_floors import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="shell scripts; Windows has groundwire demo"),
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


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"full/pyproject.toml": 'version = "1.2.4"\n'}, "full/pyproject.toml: has another version than 1.2.3"),
        ({"CHANGELOG.md": "## [Unreleased]\n"}, "CHANGELOG.md: has no part [1.2.3]; rename [Unreleased]"),
        ({"new.txt": "not committed"}, "there are changes that are not committed"),
        ({}, "this is what builds"),
    ],
)
def test_a_release_that_is_not_ready_stops(tmp_path: Path, changed: dict[str, str], sentence: str) -> None:
    version = 'version = "1.2.3"\n'
    files = {"pyproject.toml": version, "full/pyproject.toml": version, "CHANGELOG.md": "## [1.2.3] - 2026-01-02\n"}
    build = "#!/bin/sh\necho this is what builds >&2\nexit 1\n"
    write_files(tmp_path, {**files, "scripts/build": build})
    for name in ("build", "release"):
        if name == "release":
            shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
        (tmp_path / "scripts" / name).chmod(0o755)
    told = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (["init", "--quiet"], ["add", "."], [*told, "commit", "--quiet", "--message", "All"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    write_files(tmp_path, dict(changed))
    ran = subprocess.run([tmp_path / "scripts" / "release"], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 1 and sentence in ran.stderr
