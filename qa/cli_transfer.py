"""`groundwire export` and `groundwire import`: an archive as one file, for another machine or another back end."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from qa.settings import Settings
from qa.terminal import Line, plain_json

if TYPE_CHECKING:
    from index.transfer import Moved


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
    from index.transfer import export_archive

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
    from index.transfer import import_archive

    moved = _telling(lambda tell: import_archive(given.file, settings.archive, progress=tell))
    if given.json:
        print(plain_json(asdict(moved)))
    else:
        same = "all as exported" if moved.verified else "NOT as exported: export and import again"
        print(f"{moved.place}: {moved.articles} articles, {moved.passages} passages, {same}")
        print(
            f"searches compared: {moved.probes}; by meaning {moved.dense_equal} found the same,"
            f" by words {moved.lexical_equal}, to the order of the first ten"
        )
    return 0 if moved.verified else 1


def _telling(move: Callable[[Callable[[int, int], None]], "Moved"]) -> "Moved":
    line = Line()
    try:
        return move(lambda done, total: line.say(f"{done} of {total} articles"))
    finally:
        line.clear()
