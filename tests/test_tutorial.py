"""docs/tutorial.md and docs/python.ipynb are run from their first line to their last, and show what was printed.

After a wanted change: python -m pytest tests/test_tutorial.py --rewrite-golden, and read the diff.
"""

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import app
from models.catalogue import find
from models.weights import installed
from qa.settings import Settings
from tests.support.fakes import fakes_for_models
from tests.test_floors import ROOT

TUTORIAL, NOTEBOOK = ROOT / "docs" / "tutorial.md", ROOT / "docs" / "python.ipynb"
BLOCK = re.compile(r'^```(\w+)(?: title="([\w.]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
HOW = "after a wanted change: python -m pytest tests/test_tutorial.py --rewrite-golden"


def timeless(text: str) -> str:
    return re.sub(r"(?m)\bremoved in \d.*$", "removed in 9 s", text)


def printed(work: Callable[[], object]) -> str:
    out = StringIO()
    with redirect_stdout(out):
        work()
    return timeless(out.getvalue())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where one works, as in a clone."""
    shutil.copytree(ROOT / "data" / "articles", tmp_path / "data" / "articles")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def slim_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """What answers by quotes; not all that the fixture `weights` wants."""
    folder = Path(os.environ.get("GROUNDWIRE_WEIGHTS") or Settings.weights)
    if not all(installed(find(name), folder) for name in ("arctic-embed-s", "cl100k_base")):
        sentence = f"{folder}: lacks models; run groundwire models pull arctic-embed-s cl100k_base"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    monkeypatch.setenv("GROUNDWIRE_WEIGHTS", str(folder))


def done(words: list[str]) -> None:
    """Runs a command; one that checks ends with 4 where something is not borne out."""
    assert app.main(words) == (4 if words[0] == "check" else 0), words


def followed(desk: Path) -> str:
    """The tutorial with what its commands print now; its files are written on the way."""

    def run(block: re.Match[str]) -> str:
        kind, name, content = block.groups()
        if name:
            (desk / name).write_text(content, "utf-8")
        if kind != "console":
            return block[0]
        told = ""
        for line in content.splitlines():
            if line.startswith("$ "):
                _, *words = shlex.split(line.removeprefix("$ "))
                told += f"{line}\n{printed(lambda words=words: done(words))}"
        return f"```console\n{told.rstrip()}\n```"

    return BLOCK.sub(run, TUTORIAL.read_text("utf-8"))


def run_cells() -> list[dict[str, Any]]:
    """The notebook's cells with what they print now."""
    shown: dict[str, Any] = {}
    cells: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            code = compile(cell["source"], f"cell {number}", "exec")
            told = printed(lambda code=code: exec(code, shown))
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": told}] if told else []
    return cells


@pytest.mark.real
@pytest.mark.slow
def test_the_tutorial_shows_what_it_prints(desk: Path, slim_models: None, request: pytest.FixtureRequest) -> None:
    now = followed(desk)
    if request.config.getoption("--rewrite-golden"):
        TUTORIAL.write_text(now, "utf-8")
    assert TUTORIAL.read_text("utf-8") == now, HOW


@pytest.mark.real
@pytest.mark.slow
def test_the_notebook_shows_what_it_prints(desk: Path, slim_models: None, request: pytest.FixtureRequest) -> None:
    held = json.loads(NOTEBOOK.read_text("utf-8"))
    now = run_cells()
    if request.config.getoption("--rewrite-golden"):
        NOTEBOOK.write_text(json.dumps(held | {"cells": now}, indent=1, ensure_ascii=False) + "\n", "utf-8")
        held["cells"] = now
    assert held["cells"] == now, HOW


@pytest.mark.slow
def test_both_run_with_models_that_only_count(desk: Path) -> None:
    """Every command and cell still works, wherever there are no models."""
    with fakes_for_models():
        assert followed(desk).count("[1] ") >= 2
        assert sum(bool(cell.get("outputs")) for cell in run_cells()) >= 6
    assert (desk / "story.md").is_file()


def test_the_notebook_is_one_that_jupyter_opens() -> None:
    held = json.loads(NOTEBOOK.read_text("utf-8"))
    assert (held["nbformat"], held["nbformat_minor"]) == (4, 5) and held["metadata"]["kernelspec"]["name"] == "python3"
    assert len({cell["id"] for cell in held["cells"]}) == len(held["cells"])
    assert all(cell["execution_count"] is None for cell in held["cells"] if cell["cell_type"] == "code")
