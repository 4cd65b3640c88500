"""Which back end an archive has: the one place that knows them all."""

import shutil
from pathlib import Path

from index.archive import Archive, ArchiveError, Ranker
from index.embedded import FILE, INDEXES, EmbeddedArchive


def is_archive(folder: Path) -> bool:
    """Whether an archive is there to be opened."""
    return (folder / FILE).is_file()


def open_archive(folder: Path) -> Archive:
    """The archive of a folder; raises ArchiveError where there is none or it cannot be read."""
    return EmbeddedArchive.open(folder)


def create_archive(folder: Path, about: dict[str, str]) -> Archive:
    """A new archive, which keeps to `about`; raises ArchiveError where there is one."""
    if not is_archive(folder):
        for left in INDEXES:  # by an archive that was moved away: its generations are not ours
            shutil.rmtree(folder / left, ignore_errors=True)
    return EmbeddedArchive.create(folder, about)


def ranker_of(archive: Archive) -> Ranker:
    """The search of an open archive."""
    from index.derived import DerivedIndexes  # an archive that is only read wants no FAISS

    if isinstance(archive, EmbeddedArchive):
        return DerivedIndexes(archive)
    raise ArchiveError(f"{archive.place}: nothing here can search it")
