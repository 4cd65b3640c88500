"""`from groundwire import …`: these names and no others, light to import; and `python app.py` without a word."""

import ast
import subprocess
import sys
from argparse import Namespace
from importlib import import_module

import pytest

import app
import groundwire
from qa.settings import Settings
from tests.test_floors import HEAVY, ROOT

NAMES = """
    Answer Article Check Checked Citation Conflict Found GroundwireError Hit Message Newsroom Passage Piece Scope
    Sentence Settings Side Status check open_newsroom
""".split()


def test_the_names_are_these() -> None:
    assert groundwire.__all__ == NAMES == dir(groundwire)
    for name in NAMES:
        value = getattr(groundwire, name)
        assert value.__name__ == name and value is getattr(import_module(value.__module__), name)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = groundwire.Nothing


def test_a_type_checker_sees_what_python_sees() -> None:
    tree = ast.parse((ROOT / "groundwire" / "__init__.py").read_text("utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {node.module: tuple(a.name for a in node.names) for node in block.body if isinstance(node, ast.ImportFrom)}
    assert seen == groundwire._HOMES


@pytest.mark.parametrize("statement", ["import groundwire", "from groundwire import Settings, Answer, Citation"])
@pytest.mark.slow
def test_it_is_light(statement: str) -> None:
    asked = f"import sys; {statement}; print(*[name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


def test_app_without_a_command_opens_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []

    def serve(given: Namespace, settings: Settings) -> int:
        served.append(given.command)
        return 0

    monkeypatch.setattr(app, "run_serve", serve)
    assert app.open_page([]) == 0 and served == ["serve"]
    with pytest.raises(SystemExit) as ended:
        app.open_page(["--help"])
    assert ended.value.code == 0 and served == ["serve"]
    with pytest.raises(SystemExit) as ended:
        app.main([])
    assert ended.value.code == 2
