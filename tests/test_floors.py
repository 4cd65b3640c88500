"""Packages stand in one order and import only what stands before them; no circle inside one, by file."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Lowest first; those on one floor do not import each other.
ORDER = (
    ("ground",),
    ("models",),
    ("index",),
    ("qa",),
    ("evaluation",),
    ("cli", "web"),
    ("app", "groundwire"),
)
FLOOR = {package: number for number, floor in enumerate(ORDER) for package in floor}
OUTSIDE = {"bench", "tests", "training"}
MAIN = ("index.reading", "index.understanding", "index.copies", "index.store", "index.search")
BEYOND = ("index.arrivals", "index.scale")  # what an archive on one machine, filled by hand, never needs
HEAVY = (
    *("torch", "llama_cpp", "faiss", "gradio", "fastapi", "argon2", "sentence_transformers", "onnxruntime", "tantivy"),
    *("scipy", "ir_measures", "jinja2", "ray", "pyarrow", "pandas"),
    *("httpx", "httpcore", "protego", "feedparser", "watchfiles"),
    *("trafilatura", "htmldate", "lxml", "pypdf", "pypdfium2", "rapidocr", "docx", "openpyxl"),
    *("charset_normalizer", "py3langid", "warcio"),
)


def files_of(package: str) -> Iterator[Path]:
    """Every module of a package, or the one file that it is."""
    folder = ROOT / package
    yield from sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def name_of(file: Path) -> str:
    """The dotted name of a module's file.

    >>> name_of(ROOT / "qa" / "__init__.py"), name_of(ROOT / "qa" / "ask.py"), name_of(ROOT / "app.py")
    ('qa', 'qa.ask', 'app')
    """
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(file): file for package in FLOOR for file in files_of(package)}


def imports_of(source: str, known: set[str]) -> set[str]:
    """The modules of `known` that a source imports anywhere; `from a import b` is the module `a.b` where there is one.

    >>> sorted(imports_of("import qa.ask\\ndef f():\\n    from qa import prompt, b", {"qa", "qa.ask", "qa.prompt"}))
    ['qa', 'qa.ask', 'qa.prompt']
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their module in full"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else str(node.module))
    return found & known


IMPORTS = {name: imports_of(file.read_text("utf-8"), set(MODULES)) for name, file in MODULES.items()}


def test_every_package_has_its_floor_and_is_installed() -> None:
    folders = {file.parent.name for file in ROOT.glob("*/__init__.py")} | {file.stem for file in ROOT.glob("*.py")}
    assert folders - OUTSIDE == set(FLOOR)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    packages = {name_of(file) for file in MODULES.values() if file.name == "__init__.py"}
    assert packages | {"cli.sample"} == set(project["setuptools"]["packages"])  # articles, which no module is
    assert packages == {name_of(file.parent / "__init__.py") for file in MODULES.values() if file.parent != ROOT}
    assert {*FLOOR, "training"} - {"app"} == set(project["mypy"]["packages"])


def test_every_file_that_is_no_module_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    told = {
        file
        for package, names in project["package-data"].items()
        for name in names
        for file in ROOT.joinpath(*package.split(".")).glob(name)
    }
    assert project["package-data"]["cli.sample"] == ["*"] and project["package-dir"]["cli.sample"] == "data/articles"

    there = {file for package in FLOOR for file in (ROOT / package).rglob("*.*") if "__pycache__" not in file.parts}
    assert told == {file for file in there if file.is_file() and file.suffix != ".py"}


@pytest.mark.parametrize("package", FLOOR)
def test_a_package_imports_only_packages_before_it(package: str) -> None:
    for file in files_of(package):
        for name in IMPORTS[name_of(file)]:
            other = name.partition(".")[0]
            assert other == package or FLOOR[other] < FLOOR[package], f"{name_of(file)} imports {name}"


@pytest.mark.parametrize("folder", MAIN)
def test_the_main_path_of_index_needs_nothing_beyond_it(folder: str) -> None:
    for file in files_of(folder.replace(".", "/")):
        beyond = {name for name in IMPORTS[name_of(file)] if name.startswith(BEYOND)}
        assert not beyond, f"{name_of(file)} imports {', '.join(sorted(beyond))}"


@pytest.mark.parametrize("package", FLOOR)
def test_a_package_has_no_circle(package: str) -> None:
    within = {name_of(file) for file in files_of(package)}
    try:
        TopologicalSorter({name: IMPORTS[name] & within for name in within}).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("module", ["ground", "models", "cli.main", "app", "groundwire"])
@pytest.mark.slow
def test_what_every_command_imports_loads_no_heavy_library(module: str) -> None:
    asked = f"import sys, {module}; print(*[name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
