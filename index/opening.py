"""Which back end an archive has: the one place that knows them all."""

import hashlib
import re
import shutil
from pathlib import Path
from uuid import uuid4

from platformdirs import user_data_path

from index.archive import Archive, ArchiveError, Ranker
from index.embedded import FILE, INDEXES, EmbeddedArchive
from index.milvus.archive import MilvusArchive
from index.milvus.connection import Address, is_milvus, read_address

NOTE = "address"  # a file in the folder that goes with an archive that lies elsewhere: where that is


def folder_of(place: str) -> Path:
    """The folder of an archive by the name that people give: a path, or an address such as milvus://host/database.

    What lies elsewhere has a folder on this machine too, made here, for fetched pages, added files and marks.
    Raises ArchiveError for an address that is none.
    """
    if not is_milvus(place):
        return Path(place)
    address = read_address(place)
    folder = _folder_at(address)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if _address(folder) != address:
            fresh = folder / f"{NOTE}-{uuid4().hex}"
            fresh.write_text(address.place, encoding="utf-8")
            fresh.replace(folder / NOTE)  # others may be reading it
    except OSError as error:
        raise ArchiveError(f"{folder}: cannot be written ({error.strerror}); it keeps what goes with {place}") from None
    return folder


def is_archive(folder: Path) -> bool:
    """Whether an archive is there to be opened."""
    address = _address(folder)
    return MilvusArchive.there(address) if address else (folder / FILE).is_file()


def open_archive(folder: Path) -> Archive:
    """The archive of a folder; raises ArchiveError where there is none or it cannot be read."""
    address = _address(folder)
    return MilvusArchive.open(address, folder) if address else EmbeddedArchive.open(folder)


def create_archive(folder: Path, about: dict[str, str]) -> Archive:
    """A new archive, which keeps to `about`; raises ArchiveError where there is one."""
    address = _address(folder)
    if address:
        return MilvusArchive.create(address, folder, about)
    if not is_archive(folder):
        for left in INDEXES:  # by an archive that was moved away: its generations are not ours
            shutil.rmtree(folder / left, ignore_errors=True)
    return EmbeddedArchive.create(folder, about)


def _folder_at(address: Address) -> Path:
    told = re.sub(r"[^A-Za-z0-9]+", "-", address.place)[:60].strip("-")
    apart = hashlib.sha256(address.place.encode()).hexdigest()[:8]  # two that are told alike
    return user_data_path("groundwire") / "remote" / f"{told}-{apart}"


def _address(folder: Path) -> Address | None:
    """Where the archive of a folder lies if not there, by the note of `folder_of`.

    No other note counts: a folder that came from somebody else would say where the token goes.
    """
    try:
        address = read_address((folder / NOTE).read_text("utf-8"))
    except (OSError, ValueError, ArchiveError):
        return None
    return address if folder.resolve() == _folder_at(address).resolve() else None


def ranker_of(archive: Archive) -> Ranker:
    """The search of an open archive."""
    from index.derived import DerivedIndexes  # an archive that is only read wants no FAISS
    from index.milvus.ranker import MilvusRanker

    if isinstance(archive, MilvusArchive):
        return MilvusRanker(archive)
    if isinstance(archive, EmbeddedArchive):
        return DerivedIndexes(archive)
    raise ArchiveError(f"{archive.place}: nothing here can search it")
