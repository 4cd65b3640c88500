"""Which back end an archive has: the one place that knows them all."""

import hashlib
import re
import shutil
from pathlib import Path

from platformdirs import user_data_path

from ground.files import write_whole
from index.scale.milvus.archive import MilvusArchive
from index.scale.milvus.connection import MilvusAddress, is_address, read_address
from index.store.archive import STORIES, Archive, ArchiveError, Ranker
from index.store.sqlite import FILE, INDEXES, EmbeddedArchive

NOTE = "address"  # a file in the folder that goes with an archive that lies elsewhere: where that is
_named: dict[Path, MilvusAddress] = {}  # what `folder_of` was asked for in this process


def folder_of(place: str) -> Path:
    """The folder of an archive by the name that people give: a path, or an address such as milvus://host/database.

    What lies elsewhere has a folder on this machine too, for fetched pages, added files and marks; it is made when an
    archive is first opened or made there. Raises ArchiveError for an address that is none.
    """
    if not is_address(place):
        return Path(place)
    address = read_address(place)
    folder = _folder_at(address)
    _named[folder.resolve()] = address
    return folder


def address_of(folder: Path) -> MilvusAddress | None:
    """Where the archive of a folder lies if not there, by `folder_of` or the note in a folder of its making.

    No other note counts: a folder that came from somebody else would say where the token goes.
    """
    whole = folder.resolve()
    if whole in _named:
        return _named[whole]
    return _noted(folder, whole)


def _noted(folder: Path, whole: Path) -> MilvusAddress | None:
    try:
        address = read_address((folder / NOTE).read_text("utf-8"))
    except (OSError, ValueError, ArchiveError):
        return None
    return address if whole == _folder_at(address).resolve() else None


def _noting(archive: MilvusArchive) -> MilvusArchive:
    try:
        write_note(archive.folder, archive.store.address)
    except ArchiveError:
        archive.close()
        raise
    return archive


def write_note(folder: Path, address: MilvusAddress) -> None:
    """Notes in the folder where its archive lies, which was found there or made there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if _noted(folder, folder.resolve()) != address:
            write_whole(folder / NOTE, address.place, unique=True)  # others may be at it
    except OSError as error:
        raise ArchiveError(
            f"{folder}: cannot be written ({error.strerror}); it keeps what goes with {address.place}"
        ) from None


def is_archive(folder: Path) -> bool:
    """Whether an archive is there to be opened."""
    address = address_of(folder)
    return MilvusArchive.there(address) if address else (folder / FILE).is_file()


def open_archive(folder: Path) -> Archive:
    """The archive of a folder; raises ArchiveError where there is none or it cannot be read."""
    address = address_of(folder)
    return _noting(MilvusArchive.open(address, folder)) if address else EmbeddedArchive.open(folder)


def create_archive(folder: Path, about: dict[str, str]) -> Archive:
    """A new archive, which keeps to `about`; raises ArchiveError where there is one."""
    address = address_of(folder)
    if address:
        return _noting(MilvusArchive.create(address, folder, about))
    if not is_archive(folder):
        for left in (*INDEXES, STORIES):  # by an archive that was moved away: its generations are not ours
            shutil.rmtree(folder / left, ignore_errors=True)
    return EmbeddedArchive.create(folder, about)


def _folder_at(address: MilvusAddress) -> Path:
    told = re.sub(r"[^A-Za-z0-9]+", "-", address.place)[:60].strip("-")
    apart = hashlib.sha256(address.place.encode()).hexdigest()[:8]  # two that are told alike
    return user_data_path("groundwire") / "remote" / f"{told}-{apart}"


def ranker_of(archive: Archive) -> Ranker:
    """The search of an open archive."""
    from index.scale.milvus.ranker import MilvusRanker
    from index.search.derived import DerivedIndexes  # an archive that is only read wants no FAISS

    if isinstance(archive, MilvusArchive):
        return MilvusRanker(archive)
    if isinstance(archive, EmbeddedArchive):
        return DerivedIndexes(archive)
    raise ArchiveError(f"{archive.place}: nothing here can search it")
