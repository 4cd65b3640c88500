"""`groundwire demo`: the sample that comes with the program, indexed and asked, and where to go from there."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from platformdirs import user_data_path

from cli.options import OPTIONS, llm_name
from cli.suggest import OneText
from index.store.archive import ArchiveError
from qa.settings import NO_LLM, PROSE, Settings

QUESTION = "Who was killed in the airport strike?"


def add_demo_command(add: Callable[..., argparse.ArgumentParser], run: Callable[[Sequence[str]], int]) -> None:
    """`add` makes a command; `run` runs the words of one and gives its exit code."""
    what = "index the sample articles, answer one question, say where to go next"
    demo = add("demo", lambda given, settings: run_demo(given, settings, run), what)
    demo.add_argument("question", nargs="*", default=QUESTION, action=OneText, help=f"({QUESTION})")
    OPTIONS["weights"](demo)
    demo.add_argument(
        "--archive",
        type=Path,
        default=user_data_path("groundwire") / "demo",
        metavar="DIR",
        help="where the archive of the sample is made (your user data folder)",
    )
    demo.add_argument(
        "--llm",
        type=llm_name,
        default=NO_LLM,
        metavar="NAME",
        help=f"what writes, such as {PROSE} or a server's http://host/v1#model ({NO_LLM}: quotes alone)",
    )


def run_demo(given: argparse.Namespace, settings: Settings, run: Callable[[Sequence[str]], int]) -> int:
    """Each command is shown as one would type it, then run."""
    archive = ["--archive", str(given.archive)]
    usual = Path(os.environ.get("GROUNDWIRE_WEIGHTS") or Settings.weights)
    models = ["--weights", str(settings.weights)] if settings.weights != usual else []
    models += ["--offline"] if settings.offline else []
    for words in (
        ["index", str(kept_sample(given.archive)), *archive, *models],
        ["ask", given.question, *archive, *models, "--llm", given.llm],
    ):
        print(f"$ {shown_command(words)}", flush=True)
        if code := run(words):
            return code
        print()
    for what, words in (
        ("Ask these articles more", ["ask", "…", *archive]),
        ("See them on a page", ["serve", *archive]),
        ("Index your own", ["index", "FOLDER"]),
        ("See what is installed", ["doctor"]),
    ):
        print(f"{what + ':':24} {shown_command(words)}")
    return 0


def kept_sample(archive: Path) -> Path:
    """A copy of the sample in the archive's folder: articles are kept by their paths, and each installation has the
    sample at another. It stays where an installation goes.

    Raises ArchiveError where it cannot be written.
    """
    kept = archive / "sample"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        for file in sample().iterdir():
            if not ((there := kept / file.name).is_file() and there.read_bytes() == file.read_bytes()):
                shutil.copyfile(file, there)
    except OSError as error:
        raise ArchiveError(f"{kept}: cannot be written ({error.strerror}); name another --archive") from None
    return kept


def sample() -> Path:
    """The folder of the sample articles: in the package where it is installed, data/articles in a clone."""
    installed = Path(__file__).with_name("sample")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "data" / "articles"


def shown_command(words: Sequence[str]) -> str:
    """A command as it is typed in this system's shell.

    >>> shown_command(["ask", "Who?", "--archive", "my news"]).replace('"', "'")
    "groundwire ask 'Who?' --archive 'my news'"
    """
    whole = ["groundwire", *words]
    return subprocess.list2cmdline(whole) if sys.platform == "win32" else shlex.join(whole)
