"""The record every script leaves: its figures, and what a reader needs to know to make them again.

No host name and no path of the machine is written: a path is kept from the repository's root or by its name.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from models.catalogue import find
from models.weights import path_of, sha256_of
from qa.provenance import ROOT, commit, machine, versions
from qa.settings import Settings

RESULTS = ROOT / "bench" / "results"


def open_parser(description: str, *, name: str, weights: bool = True) -> argparse.ArgumentParser:
    """A parser with what the scripts share: `--name` of the result file and, where models are used, `--weights`."""
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument("--name", default=name, help=f"the record goes to bench/results/NAME.json ({name})")
    if weights:
        default = os.environ.get("GROUNDWIRE_WEIGHTS") or Settings.weights
        parser.add_argument(
            "--weights",
            type=Path,
            default=Path(default),
            help="where models lie (GROUNDWIRE_WEIGHTS, else your user data)",
        )
    return parser


def spread(values: Sequence[float], digits: int = 4) -> dict[str, float | int]:
    """Median, smallest, largest and how many.

    >>> spread([3.0, 1.0, 2.0])
    {'median': 2.0, 'min': 1.0, 'max': 3.0, 'n': 3}
    """
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits) for name, value in found.items()} | {"n": len(values)}


def write_record(
    name: str,
    figures: Mapping[str, object],
    *,
    corpus: object = None,
    gold: Path | None = None,
    models: Sequence[str] = (),
    weights: Path | None = None,
) -> None:
    """Writes `bench/results/NAME.json`; `models` are catalogue names, hashed in the folder `weights`."""
    script = Path(sys.argv[0]).stem
    record = {
        "script": script,
        "command": " ".join(["python -m", f"bench.{script}", *(_plain(given) for given in sys.argv[1:])]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **commit(),
        "machine": machine(),
        "versions": versions(),
        "models": {model: _weights_hash(model, weights) for model in models if weights},
        "corpus": corpus,
        "gold": gold and {"name": gold.name, "sha256": sha256_of(gold)},
        "figures": figures,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nwritten: {file.relative_to(ROOT)}")


def _plain(given: str) -> str:
    path = Path(given)
    if path.is_absolute():
        return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return f'"{given}"' if " " in given else given


def _weights_hash(model: str, weights: Path) -> str:
    """SHA-256 of a model's largest file, which is its weights."""
    entry = find(model)
    path = path_of(entry, weights)
    return sha256_of(path if path.is_file() else path / max(entry.files, key=lambda file: file.bytes).path)
