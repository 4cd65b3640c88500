"""Every model we name, read from `catalogue.toml`: what it is, how large, which hash, where it can be had.

Knows no disk and no network; `models.fetch` brings what is described here.
"""

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from models import ModelError

Role = Literal["llm", "embedder", "reranker", "tokens"]


@dataclass(frozen=True)
class Part:
    """A member of a Python wheel that is one file of a model, or the n-th piece of it."""

    package: str
    version: str
    member: str
    crlf: bool
    """The wheel stores this text file with Windows line ends, its upstream has none."""


@dataclass(frozen=True)
class ModelFile:
    """One file of a model. `bytes` is exact where `sha256` is known, about right where it is not."""

    path: str
    """Inside the model's folder, with `/`."""
    bytes: int
    sha256: str | None
    hub_path: str
    address: str | None
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class ModelEntry:
    """A model with all its files and sources; `memory_bytes` is what it wants in RAM, at 8192 tokens for an LLM."""

    name: str
    role: Role
    title: str
    licence: str
    files: tuple[ModelFile, ...]
    hub_repo: str | None
    hub_revision: str | None
    context_tokens: int | None
    memory_bytes: int | None
    default: bool

    @property
    def bytes(self) -> int:
        """All files together, on disk."""
        return sum(file.bytes for file in self.files)


@cache
def read_catalogue() -> tuple[ModelEntry, ...]:
    """All entries in the order of the file, the default of each role first among its own."""
    table = tomllib.loads(files("models").joinpath("catalogue.toml").read_text("utf-8"))
    return tuple(_entry(model) for model in table["model"])


def find(name: str) -> ModelEntry:
    """The entry called `name`; a `ModelError` names the ones that come close.

    >>> find("arctic-embed-s").role
    'embedder'
    """
    entries = {entry.name: entry for entry in read_catalogue()}
    if name in entries:
        return entries[name]
    close = get_close_matches(name.lower(), entries, n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    raise ModelError(f'no model is called "{name}"; {meant}run groundwire models to see all')


def _entry(model: dict[str, Any]) -> ModelEntry:
    hub = model.get("hub", {})
    return ModelEntry(
        name=model["name"],
        role=model["role"],
        title=model["title"],
        licence=model["licence"],
        files=tuple(_file(file, model.get("packages")) for file in model["files"]),
        hub_repo=hub.get("repo"),
        hub_revision=hub.get("revision"),
        context_tokens=model.get("context_tokens"),
        memory_bytes=model.get("memory_bytes"),
        default=model.get("default", False),
    )


def _file(file: dict[str, Any], packages: dict[str, Any] | None) -> ModelFile:
    path: str = file["path"]
    return ModelFile(
        path=path,
        bytes=file["bytes"],
        sha256=file.get("sha256"),
        hub_path=file.get("hub_path", path),
        address=file.get("address"),
        parts=_parts(path, packages) if packages else (),
    )


def _parts(path: str, packages: dict[str, Any]) -> tuple[Part, ...]:
    return tuple(
        Part(
            package=packages["name"].format(n=n),
            version=packages["version"],
            member=packages["member"].format(n=n, path=path),
            crlf=packages.get("crlf", False) and path.endswith((".json", ".txt")),
        )
        for n in range(1, packages.get("count", 1) + 1)
    )
