"""`groundwire export` and `groundwire import`: an archive as one file, for another machine or another back end."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cli.terminal import Line
from ground.words import duration, plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.scale.transfer import Moved, TellStep


def add_transfer_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds `export` and `import`."""
    export = add("export", run_export, "write the archive to one file, vectors included", "archive")
    export.add_argument("file", type=Path, metavar="FILE", help="a new file, such as archive.zip")
    take = add("import", run_import, "take an exported archive in; nothing is embedded again", "archive")
    take.add_argument("file", type=Path, metavar="FILE", help="what groundwire export wrote")
    for command in (export, take):
        command.add_argument("--json", action="store_true", help="print what was moved as JSON")


def run_export(given: argparse.Namespace, settings: Settings) -> int:
    from index.opening import open_archive
    from index.scale.transfer import export_archive

    archive = open_archive(settings.archive)
    try:
        moved = _telling(lambda tell: export_archive(archive, given.file, progress=tell))
    finally:
        archive.close()
    size = given.file.stat().st_size
    if given.json:
        print(plain_json(asdict(moved) | {"file": str(given.file), "bytes": size}))
    else:
        print(f"{given.file}: {moved.articles} articles, {moved.passages} passages, {size / 1e6:.1f} MB")
    return 0


def run_import(given: argparse.Namespace, settings: Settings) -> int:
    """Exit code 1 where the archive is not the one that was exported."""
    from index.scale.transfer import import_archive

    moved = _telling(lambda tell: import_archive(given.file, settings.archive, progress=tell))
    if given.json:
        print(plain_json(asdict(moved)))
    else:
        same = "all as exported" if moved.verified else "NOT as exported: export and import again"
        if moved.already:
            same = "the same was there already"
        print(f"{moved.place}: {moved.articles} articles, {moved.passages} passages, {same}")
        if moved.probes:
            print(searches_line(moved.probes, moved.dense_equal, moved.lexical_shared))
    return 0 if moved.verified else 1


def searches_line(probes: int, dense_equal: int, lexical_shared: float) -> str:
    """How the searches of both sides compare.

    >>> searches_line(20, 20, 1.0)
    'searches compared: 20; by meaning 20 found the same, by words the first ten share 100 %'
    >>> searches_line(20, 20, 0.996).partition("99 %")[2]
    ' (scores by words depend on the engine and on what was taken out; ties may stand in another order)'
    """
    share, why = 100, ""
    if lexical_shared < 1:
        share = min(99, round(100 * lexical_shared))
        why = " (scores by words depend on the engine and on what was taken out; ties may stand in another order)"
    found = f"by meaning {dense_equal} found the same, by words the first ten share {share} %"
    return f"searches compared: {probes}; {found}{why}"


def _telling(move: Callable[["TellStep"], "Moved"]) -> "Moved":
    """Moves, with a line of progress where somebody looks on."""
    if not sys.stderr.isatty():
        return move(lambda step, done, total: None)
    line, doing, began = Line(), "", 0.0

    def tell(step: str, done: int, total: int) -> None:
        nonlocal line, doing, began
        if step != doing:  # a new line says its first text at once
            line, doing, began = Line(), step, time.perf_counter()
        share, spent = done / total if total else 0.0, time.perf_counter() - began
        left = f", {duration(spent / share * (1 - share))} left" if share else ""
        line.say(f"{share:4.0%}  {done} of {total} {step}{left}" if total else step)

    try:
        return move(tell)
    finally:
        line.clear()
