"""Which back end an archive has: the one place that knows them all."""

import hashlib
import shutil
from pathlib import Path

from platformdirs import user_data_path

from index.archive import Archive, ArchiveError, Ranker
from index.embedded import FILE, INDEXES, EmbeddedArchive
from index.milvus.archive import MilvusArchive
from index.milvus.connection import is_milvus, read_address


def is_archive(folder: Path) -> bool:
    """Whether an archive is there to be opened."""
    if is_milvus(str(folder)):
        return MilvusArchive.there(read_address(str(folder)))
    return (folder / FILE).is_file()


def folder_of(place: str) -> Path:
    """The folder on this machine that goes with an archive that lies elsewhere."""
    return user_data_path("groundwire") / "remote" / hashlib.sha256(place.encode()).hexdigest()[:24]


def open_archive(folder: Path) -> Archive:
    """The archive of a folder; raises ArchiveError where there is none or it cannot be read."""
    if is_milvus(str(folder)):
        address = read_address(str(folder))
        return MilvusArchive.open(address, folder_of(address.place))
    return EmbeddedArchive.open(folder)


def create_archive(folder: Path, about: dict[str, str]) -> Archive:
    """A new archive, which keeps to `about`; raises ArchiveError where there is one."""
    if is_milvus(str(folder)):
        address = read_address(str(folder))
        return MilvusArchive.create(address, folder_of(address.place), about)
    if not is_archive(folder):
        for left in INDEXES:  # by an archive that was moved away: its generations are not ours
            shutil.rmtree(folder / left, ignore_errors=True)
    return EmbeddedArchive.create(folder, about)


def ranker_of(archive: Archive) -> Ranker:
    """The search of an open archive."""
    from index.derived import DerivedIndexes  # an archive that is only read wants no FAISS
    from index.milvus.ranker import MilvusRanker

    if isinstance(archive, MilvusArchive):
        return MilvusRanker(archive)
    if isinstance(archive, EmbeddedArchive):
        return DerivedIndexes(archive)
    raise ArchiveError(f"{archive.place}: nothing here can search it")
