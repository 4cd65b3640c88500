"""What made a result: the commit, the machine, the versions of what it stands on. No host name, no path."""

import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = "groundwire-slim"  # the distribution that holds it; `groundwire` only needs it
PACKAGES = ("faiss-cpu", "llama-cpp-python", "numpy", "onnxruntime", "sentence-transformers", "tantivy", "torch")


def machine() -> dict[str, object]:
    """Processor, the cores this process may use, memory."""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) * 1024 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(memory[0] / 1e9, 1) if memory else None,
        "avx512": any("avx512f" in line for line in _lines("/proc/cpuinfo") if line.startswith("flags")),
    }


def commit() -> dict[str, object]:
    """The checkout's commit and whether there are changes beside it; None for both where this is no checkout."""
    if not (ROOT / ".git").exists():
        return {"commit": None, "uncommitted_changes": None}
    return {
        "commit": _git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(_git("status", "--porcelain", "--", ".", ":!bench/results")),
    }


@cache
def program() -> dict[str, str | None]:
    """This program: its version, and the SHA-256 of the code that an answer depends on."""
    total = hashlib.sha256()
    for file in sorted(file for name in ("index", "models", "qa") for file in (ROOT / name).rglob("*.py")):
        total.update(f"{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes().replace(b"\r\n", b"\n"))
    return {"version": _version(CODE), "sha256": total.hexdigest()}


def versions() -> dict[str, str | None]:
    """Python's and those of the packages that figures depend on."""
    ours = {"python": platform.python_version(), "groundwire": _version(CODE)}
    return ours | {name: _version(name) for name in PACKAGES}


def peak_memory_bytes() -> int:
    """The highest resident set of this process so far; model files mapped into memory count. 0 on Windows: not told."""
    try:
        import resource
    except ModuleNotFoundError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text("utf-8").splitlines()
    except OSError:
        return []


def _git(*given: str) -> str | None:
    try:
        ran = subprocess.run(["git", *given], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return ran.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
