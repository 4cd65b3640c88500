"""The site: its pages are those of docs/, what code makes of it is true, and its links lead somewhere."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import groundwire
from tests.test_floors import MODULES, ROOT

spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
assert spec and spec.loader
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)


def listed(part: Any) -> set[str]:
    """The pages of a part of `nav`."""
    if isinstance(part, str):
        return {part}
    return set().union(*map(listed, part.values() if isinstance(part, dict) else part))


def test_every_page_is_in_the_site_and_in_the_index() -> None:
    written = {file.name for file in (ROOT / "docs").glob("*.md")}
    made = {f"reference/{name}.md" for name in reference.pages()}
    assert listed(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]) == written | made
    told = set(re.findall(r"\]\((\w+\.md)\)", (ROOT / "docs" / "index.md").read_text("utf-8")))
    assert told == written - {"index.md"}


def test_what_code_makes_names_every_command_and_every_name() -> None:
    pages = reference.pages()
    for command in ("groundwire ask", "groundwire serve", "groundwire feed add", "groundwire login list"):
        assert f"## {command}\n" in pages["commands"]
    assert all(f"## groundwire.{name}\n" in pages["python"] for name in groundwire.__all__)
    assert "### Archive.index\n" in pages["python"] and str(Path.home()) + "/" not in pages["python"]


def test_the_errors_that_are_explained_are_told_so() -> None:
    """The words of each heading stand in one sentence of the code; … is what is filled in."""
    said = {text for file in MODULES.values() for text in sentences(ast.parse(file.read_text("utf-8")))}
    headings = re.findall(r"^### (.*)$", (ROOT / "docs" / "troubleshooting.md").read_text("utf-8"), re.MULTILINE)
    assert len(headings) >= 15
    for heading in headings:
        words = re.compile(".*".join(re.escape(part) for part in heading.split("…")), re.DOTALL)
        assert any(map(words.search, said)), heading


def sentences(tree: ast.AST) -> list[str]:
    """Every text in a source, … where a value is filled in."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


def test_a_page_that_is_named_is_a_link() -> None:
    assert reference.linked("see docs/check.md") == "see [check](check.md)"
    assert reference.linked("see docs/check.md", "../") == "see [check](../check.md)"
    code = "`docs/check.md` and [it](docs/check.md)\n```sh\ncat docs/check.md\n```\n"
    assert reference.linked(code) == code


@pytest.mark.slow  # a build takes seconds
def test_the_site_builds_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    pytest.importorskip("material")
    built = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    ran = subprocess.run(built, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "groundwire ask" in (tmp_path / "site" / "reference" / "commands" / "index.html").read_text("utf-8")
    assert 'href="../check/"' in (tmp_path / "site" / "faq" / "index.html").read_text("utf-8")
