"""The record every script leaves: its figures, and what a reader needs to know to make them again.

No host name and no path of the machine is written: a path is kept from the repository's root or by its name.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models.catalogue import find
from models.weights import path_of, sha256_of
from qa.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
PACKAGES = ("faiss-cpu", "llama-cpp-python", "numpy", "onnxruntime", "sentence-transformers", "tantivy", "torch")


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
        "commit": _git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(_git("status", "--porcelain", "--", ".", ":!bench/results")),
        "machine": machine(),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "models": {model: _weights_hash(model, weights) for model in models if weights},
        "corpus": corpus,
        "gold": gold and {"name": gold.name, "sha256": sha256_of(gold)},
        "figures": figures,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nwritten: {file.relative_to(ROOT)}")


def machine() -> dict[str, object]:
    """Processor, the cores this process may use, memory."""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) * 1024 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory[0] / 1e9, 1) if memory else None,
        "avx512": any("avx512f" in line for line in _lines("/proc/cpuinfo") if line.startswith("flags")),
    }


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text().splitlines()
    except OSError:
        return []


def _plain(given: str) -> str:
    path = Path(given)
    if path.is_absolute():
        return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return f'"{given}"' if " " in given else given


def _git(*given: str) -> str:
    return subprocess.run(["git", *given], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _weights_hash(model: str, weights: Path) -> str:
    """SHA-256 of a model's largest file, which is its weights."""
    entry = find(model)
    path = path_of(entry, weights)
    return sha256_of(path if path.is_file() else path / max(entry.files, key=lambda file: file.bytes).path)
