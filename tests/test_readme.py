"""The README's tree is the code's own words, its commands parse, its links lead somewhere.

After a wanted change: python -m pytest tests/test_readme.py --rewrite-golden, and read the diff.
"""

import ast
import re
import shlex
from pathlib import Path

import pytest

from app import add_serve_command
from cli.main import build_parser
from tests.test_floors import ORDER, ROOT
from web.auth.commands import add_login_commands
from web.page.tabs.measure import MAKERS, PLAIN

README = ROOT / "README.md"
OTHERS = {
    "data/": "Fourteen reports written for this project, and 40 gold questions over them.",
    "training/": "Makes the reader; never installed. training/README.md has the commands.",
    "bench/": "Measurements: one script a claim, one result file a run; bench/README.md has the commands.",
    "scripts/": "demo, test, check, build, release; setup is what they share.",
    "docs/": "architecture, decisions, the answer's shape.",
    "tests/": "The laws the code keeps; groundwire/testing.py plays the models.",
}


def tree() -> str:
    """The packages in their order, each with its docstring's first line."""
    lines: list[str] = []
    for package in (package for floor in ORDER for package in floor):
        inside = ROOT / package / "__init__.py"
        file = inside if inside.exists() else ROOT / f"{package}.py"
        words = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n")[0]
        lines.append(f"{f'{package}/' if inside.exists() else file.name:14}{words}")
    return "\n".join([*lines, *(f"{name:14}{words}" for name, words in OTHERS.items())])


def test_the_tree_is_that_of_the_code(request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    found = re.search(r"(?<=<!-- tree -->\n```\n).*?(?=\n```\n)", text, re.DOTALL)
    assert found
    if request.config.getoption("--rewrite-golden"):
        README.write_text(text[: found.start()] + tree() + text[found.end() :], encoding="utf-8")
        return
    assert found[0] == tree(), "after a wanted change: python -m pytest tests/test_readme.py --rewrite-golden"


def test_every_command_shown_parses() -> None:
    pages = [README, ROOT / "docs" / "commands.md"]
    lines = [line for page in pages for line in re.findall(r"^groundwire (.*)$", page.read_text("utf-8"), re.MULTILINE)]
    assert len(lines) >= 8
    for line in lines:
        words = shlex.split(line.replace("START:END", "0:9"), comments=True)
        assert build_parser((add_serve_command, add_login_commands)).parse_args(words).run


def test_every_file_named_is_there() -> None:
    for page in (README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))):
        for name in re.findall(r"\b(?:docs|bench|data|scripts|tests)/[\w./-]*\w", page.read_text(encoding="utf-8")):
            assert Path(ROOT, name).exists(), f"{page.name} names {name}"


def test_it_is_read_in_a_few_minutes() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 130


def test_the_quotes_shown_are_in_the_sample() -> None:
    text = README.read_text(encoding="utf-8")
    shown = re.findall(r"^    ([\w-]+) (\d+):(\d+)\n    “(.*?)”$", text, re.MULTILINE | re.DOTALL)
    assert shown
    for name, start, end, quote in shown:
        article = (ROOT / "data" / "articles" / f"{name}.md").read_text(encoding="utf-8")
        assert article[int(start) : int(end)].split() == quote.split()


def test_the_page_tells_the_figures_of_the_readme() -> None:
    """Those of its makers, where nothing was measured on an archive: they stand in code, too."""
    told = {one.name: (f"{one.value:.0%}".replace("%", " %"), one.n) for one in MAKERS}
    right, refused, missed, verbatim = (told[name] for name in PLAIN)
    readme = README.read_text("utf-8")
    assert f"| right, {right[1]} questions of our own that are harder (`bench/gold/autumn`) | {right[0]} |" in readme
    assert (
        f"{refused[1]} that the articles do not answer / {missed[1]} that they do | {refused[0]} / {missed[0]} |"
        in readme
    )
    assert f"| quotes that are the article's own words | {verbatim[0]} |" in readme
