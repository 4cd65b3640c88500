"""`groundwire doctor`: what is installed, which models are there, what would fail, and how to mend it."""

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cli.options import at, place_of
from cli.terminal import Line, plain
from ground.words import plain_json
from models.fetch import is_address
from qa.settings import NO_LLM, Settings

if TYPE_CHECKING:
    from models.catalogue import ModelEntry

State = Literal["ok", "later", "missing", "fails"]
SECONDS = 300  # for one library to load, on a machine that is busy with something else
WANTED = {  # module: its package, and what stands still without it
    "numpy": ("numpy", "nearly everything"),
    "onnxruntime": ("onnxruntime", "every answer"),
    "tokenizers": ("tokenizers", "every answer"),
    "tiktoken": ("tiktoken", "groundwire index"),
    "faiss": ("faiss-cpu", "every search"),
    "tantivy": ("tantivy", "every search"),
    "lxml": ("lxml", "reading web pages and feeds"),
    "gradio": ("gradio", "groundwire serve"),
}
EXTRA = {  # module: package, what it is for, how to have it
    "llama_cpp": ("llama-cpp-python", "a model that writes, in this process", "pip install groundwire"),
    "sentence_transformers": ("sentence-transformers", "other embedders, rerankers", "pip install groundwire"),
    "pymilvus": ("pymilvus", "an archive in Milvus", "pip install 'groundwire-slim[milvus]'"),
    "rapidocr": ("rapidocr", "reading scans", "pip install 'groundwire-slim[ocr]'"),
    "ray": ("ray", "reading on a Ray cluster", "pip install 'groundwire-slim[ray]'"),
}


@dataclass(frozen=True)
class Finding:
    """What was looked at. `later`: comes by itself when it is needed; `missing`: not there, and not needed."""

    about: str
    state: State
    told: str


def add_doctor_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add` makes a command: its name, what runs it, one line of help, its groups of options."""
    what = "say what is installed, which models are there, what would fail and how to mend it"
    doctor = add("doctor", run_doctor, what, "archive", "embedder", "reranker", "llm")
    doctor.add_argument("--json", action="store_true", help="print it as JSON")


def run_doctor(given: argparse.Namespace, settings: Settings) -> int:
    """Reaches no network and changes nothing; 1 where something that the options ask for would fail."""
    line, findings = Line(), []
    for finding in look(settings, line.say):
        line.clear()
        findings.append(finding)
        if not given.json:
            print(plain(f"{finding.state:8} {finding.about:24} {finding.told}"), flush=True)
    wrong = [finding.about for finding in findings if finding.state == "fails"]
    if given.json:
        print(plain_json({"findings": [asdict(finding) for finding in findings], "fails": wrong}))
    elif wrong:
        print(f"\nwould fail: {', '.join(wrong)}; each line above says how to mend it")
    else:
        print("\nnothing stands in the way")
    return 1 if wrong else 0


def look(settings: Settings, say: Callable[[str], None] = lambda text: None) -> Iterator[Finding]:
    """Everything that a command with these settings needs, one after another; `say` is told what takes long."""
    yield _program()
    for module, (package, still) in WANTED.items():
        say(f"loading {module} …")
        failure = why_not(module, load=module != "gradio")  # which is Python, and takes seconds
        mend = f"{failure}; without it {still} fails: pip install --force-reinstall groundwire-slim"
        yield Finding(module, "fails" if failure else "ok", mend if failure else _version(package))
    asked = _asked(settings)
    for module, (package, use, mend) in EXTRA.items():
        if module in asked:
            say(f"loading {package} …")
        yield _extra(module, package, use, mend, asked=module in asked)
    yield _weights(settings)
    yield from _models(settings)
    yield _archive(settings)


def why_not(module: str, *, load: bool) -> str:
    """Why a library cannot be used; empty where it can. To `load` it takes a process of its own, which it may end."""
    if find_spec(module) is None:
        return "not installed"
    if not load:
        return ""
    try:
        ran = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"does not load within {SECONDS} s"
    if ran.returncode < 0:
        return f"ends Python as it loads (signal {-ran.returncode})"
    said = ran.stderr.decode("utf-8", "replace").strip().splitlines() or ["no word why"]
    return f"does not load ({said[-1]})" if ran.returncode else ""


def _program() -> Finding:
    from qa.provenance import machine

    edition = "groundwire" if _version("groundwire") else "groundwire-slim"
    memory = f", {machine()['memory_gb']} GB of memory" if machine()["memory_gb"] else ""
    told = f"{edition} {_version('groundwire-slim')}, Python {platform.python_version()}, {platform.system()}"
    return Finding("program", "ok", f"{told} {platform.machine()}, {machine()['cores']} cores{memory}")


def _extra(module: str, package: str, use: str, mend: str, *, asked: bool) -> Finding:
    failure = why_not(module, load=asked)
    if not failure:
        return Finding(module, "ok", f"{_version(package)}; {use}")
    if module == "llama_cpp" and not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
        mend += ", which builds it with a C++ compiler, and none is here; --llm none and --llm http://… do without"
    return Finding(module, "fails" if asked else "missing", f"{failure}; {use}: {mend}")


def _asked(settings: Settings) -> set[str]:
    """The modules of EXTRA that the settings need."""
    from index.opening import address_of
    from models.libraries import library_of

    found = {library for entry in _entries(settings) if (library := library_of(entry))}
    if settings.llm != NO_LLM and not is_address(settings.llm):
        found.add("llama_cpp")
    return {*found, *(["pymilvus"] if address_of(settings.archive) else [])}


def _entries(settings: Settings) -> "list[ModelEntry]":
    """The models of the catalogue that the settings name, and what counts tokens."""
    from models.catalogue import read_catalogue

    named = {settings.embedder, settings.reranker, settings.llm, "cl100k_base"}
    return [entry for entry in read_catalogue() if entry.name in named]


def _weights(settings: Settings) -> Finding:
    from models.weights import installed

    folder = settings.weights.expanduser().absolute()
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    wanted = sum(entry.bytes for entry in _entries(settings) if not installed(entry, folder))
    free = shutil.disk_usage(there).free
    told = f"{folder}, {free / 1e9:.1f} GB free"
    if folder.exists() and not folder.is_dir():
        return Finding("weights folder", "fails", f"{folder}: is no folder; name another --weights")
    if wanted and not os.access(there, os.W_OK):
        return Finding("weights folder", "fails", f"{told}: cannot be written; name another --weights")
    if wanted > free:
        return Finding("weights folder", "fails", f"{told}, {wanted / 1e9:.1f} GB are needed; name another --weights")
    return Finding("weights folder", "ok", told)


def _models(settings: Settings) -> Iterator[Finding]:
    from models import ModelError
    from models.weights import installed
    from qa.newsroom import open_reader

    try:
        yield Finding("reader", "ok", f"comes with the program; {open_reader(settings).identity}")
    except (ModelError, ImportError) as error:
        yield Finding("reader", "fails", f"{error}")
    yield from _unknown(settings)
    for entry in _entries(settings):
        if installed(entry, settings.weights):
            yield Finding(entry.name, "ok", entry.title)
        elif settings.offline:
            pull = f"run groundwire models pull {entry.name}, without --offline"
            yield Finding(entry.name, "fails", f"not there, and the network is off: {pull}")
        else:
            yield Finding(entry.name, "later", f"fetched when it is first needed, {entry.bytes / 1e6:.0f} MB")


def _unknown(settings: Settings) -> Iterator[Finding]:
    """The models that are named and that nothing is called."""
    from models import ModelError
    from models.catalogue import Role
    from models.fetch import check_name

    named: list[tuple[str, Role]] = [(settings.embedder, "embedder")]
    if settings.reranker not in ("", "llm"):
        named.append((settings.reranker, "reranker"))
    if settings.llm != NO_LLM and not is_address(settings.llm):
        named.append((settings.llm, "llm"))
    for name, role in named:
        try:
            check_name(name, role)
        except ModelError as error:
            yield Finding(role, "fails", str(error))


def _archive(settings: Settings) -> Finding:
    from index.opening import is_archive, open_archive
    from index.store.archive import ArchiveError

    place = place_of(settings.archive)
    try:
        if not is_archive(settings.archive):
            return Finding("archive", "missing", f"{place}: none yet: groundwire index FOLDER{at(settings.archive)}")
        archive = open_archive(settings.archive)
        held, articles = archive.about("embedder").rpartition(" ")[0], archive.counts().articles
        archive.close()
    except ArchiveError as error:
        return Finding("archive", "fails", str(error))
    if held not in (settings.embedder, Path(settings.embedder).name):
        return Finding("archive", "fails", f"{place}: made with the embedder {held}: name it with --embedder")
    return Finding("archive", "ok", f"{place}: {articles} articles")


def _version(package: str) -> str:
    """The version that is installed; empty where none is."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
