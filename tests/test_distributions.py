"""Two distributions of one tree: `groundwire-slim` is the code, `groundwire` is that and what it leaves out."""

import os
import shutil
import subprocess
import sys
import tomllib
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.test_floors import ROOT

HEAVY = ("torch", "sentence_transformers", "llama_cpp", "transformers")


def project(file: str) -> dict[str, Any]:
    made: dict[str, Any] = tomllib.loads((ROOT / file).read_text("utf-8"))["project"]
    return made


def test_the_full_one_is_the_slim_one_of_the_same_version_and_more() -> None:
    slim, full = project("pyproject.toml"), project("full/pyproject.toml")
    same = ("version", "description", "requires-python", "license", "scripts")
    assert {name: slim[name] for name in same} == {name: full[name] for name in same}
    assert (slim["name"], full["name"]) == ("groundwire-slim", "groundwire")
    assert full["dependencies"] == [f"groundwire-slim[full]=={full['version']}"]
    assert full["optional-dependencies"] == {
        extra: [f"groundwire-slim[{extra}]=={full['version']}"]
        for extra in slim["optional-dependencies"].keys() - {"full"}
    }
    left_out = {"llama-cpp-python", "sentence-transformers"}
    assert {line.partition(">")[0] for line in slim["optional-dependencies"]["full"]} == left_out
    assert not any(line.startswith((*left_out, "torch")) for line in slim["dependencies"])


def run(*command: object, cwd: Path, **environment: str) -> str:
    ran = subprocess.run([*map(str, command)], cwd=cwd, env=os.environ | environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def about(wheel: Path) -> tuple[Message, set[str]]:
    """What a wheel says of itself, and the names in it."""
    with ZipFile(wheel) as archive:
        [file] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(file).decode()), set(archive.namelist())


def left_behind(folder: str, names: list[str]) -> set[str]:
    """What lies in a checkout beside the program: an environment, archives, earlier wheels."""
    unasked = {"archive", "archives", "bench", "build", "dist", "runs", "tests", "weights"}
    return {
        name for name in names if name.startswith((".", "__pycache__")) or (Path(folder) == ROOT and name in unasked)
    }


@pytest.mark.real  # installs from a package index
@pytest.mark.slow
def test_the_slim_wheel_answers_in_an_empty_environment(tmp_path: Path, weights: Path) -> None:
    """Both wheels are built; the slim one is installed beside nothing, without a compiler, and cites the sample."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=left_behind)
    full, slim = run(tree / "scripts" / "build", cwd=tree, PYTHON=sys.executable).split()
    said, names = about(tree / full)
    assert said.get_all("Requires-Dist", [])[0].startswith("groundwire-slim[full]==")
    assert not [name for name in names if ".dist-info/" not in name], "the code is in the other one"
    python = tmp_path / "empty" / "bin" / "python"
    run(sys.executable, "-m", "venv", tmp_path / "empty", cwd=tmp_path)
    wheels_alone = ("--only-binary", ":all:", "--constraint", ROOT / "constraints.txt")
    run(python, "-m", "pip", "install", "--quiet", *wheels_alone, tree / slim, cwd=tmp_path)
    desk = tmp_path / "desk"
    desk.mkdir()
    given = {
        "PYTHONPATH": "",
        "GROUNDWIRE_WEIGHTS": str(weights),
        "PATH": str(python.parent),
    }  # no compiler to be found
    looked = f"import importlib.util as u; print([name for name in {HEAVY} if u.find_spec(name)])"
    assert run(python, "-c", looked, cwd=desk, **given) == "[]\n"
    out = run(python.parent / "groundwire", "demo", "--offline", "--archive", desk / "demo", cwd=desk, **given)
    article = (ROOT / "data" / "articles" / "airport-strike.md").read_text("utf-8")
    quoted = out.partition("\n[1] ")[2].partition("“")[2].partition("“")[2].partition("”")[0]
    assert quoted and " ".join(quoted.split()) in " ".join(article.split())
    asked = run(
        python.parent / "groundwire", "ask", "Who died?", "--archive", desk / "demo", "--json", cwd=desk, **given
    )
    assert '"llm": "none"' in asked, "quotes alone are the default where nothing can write"
    told = run(python.parent / "groundwire", "doctor", "--archive", desk / "demo", cwd=desk, **given)
    assert "groundwire-slim 0.1.0" in told and "nothing stands in the way" in told
