"""`groundwire config`: every setting, its value and where it comes from."""

import argparse
from collections.abc import Callable
from pathlib import Path

from cli.config import places
from cli.options import chosen_by, place_of
from cli.terminal import plain
from ground.words import plain_json
from qa.settings import Settings

EXAMPLE = """example of a groundwire.toml:
  archive = "~/news"
  llm = "none"
  passages = 20"""


def add_config_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add` makes a command: its name, what runs it, one line of help, its groups of options."""
    what = "print every setting, its value, and which file, variable or option it comes from"
    config = add("config", run_config, what, "archive", "embedder", "reranker", "llm")
    config.epilog, config.formatter_class = EXAMPLE, argparse.RawDescriptionHelpFormatter
    config.add_argument("--json", action="store_true", help="print it as JSON")


def run_config(given: argparse.Namespace, settings: Settings) -> int:
    chosen = chosen_by(given)
    told = {name: (_text(getattr(settings, name)), chosen[name][1] if name in chosen else "default") for name in KEYS}
    files = {str(file.absolute()): file.is_file() for file in places()}
    if given.json:
        named = {name: {"value": value, "from": origin} for name, (value, origin) in told.items()}
        print(plain_json({"settings": named, "files": files}))
        return 0
    for name, (value, origin) in told.items():
        shown = "–" if value in (None, "") else str(value).lower() if isinstance(value, bool) else str(value)
        print(plain(f"{name:16}{shown:40} {origin}"))
    print()
    for name, there in files.items():
        print(plain(f"{'read' if there else 'not there'}: {name}"))
    return 0


KEYS = tuple(Settings.__dataclass_fields__)


def _text(value: object) -> object:
    return place_of(value) if isinstance(value, Path) else value
