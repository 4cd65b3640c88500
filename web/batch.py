"""What one adding leaves on disk: copies of its files in `ARCHIVE/added/BATCH/`, and beside them a note to undo it by.

The note is there before the first copy and says when all is whole, so that what a kill leaves behind is known for it.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ground.files import write_whole
from ground.shown import JOINERS, printable, shown
from index.article import ArticleError
from index.reading.files import kind_of
from index.reading.kept_page import PAGES
from index.store.archive import Archive
from index.store.edits import strike_edits
from index.store.standing import strike
from index.update import ADDED

NAME = re.compile(r"b[g-p]{16}")
LONGEST_PART = 80
LONGEST_PART_BYTES = 180
MOST_FOLDERS = 8
BLOCK = 1 << 20
FOLLOWS = not hasattr(os, "O_NOFOLLOW")  # Windows
# What no file of Windows can be called: there a colon names a drive, or a stream of the file before it.
FORBIDDEN = re.compile(r'[<>:"|?*]')
RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)\d)(\.|$)", re.IGNORECASE)


class AddingError(ArticleError):
    """Something that cannot be added or taken out again; the message says what, why and what to do."""


@dataclass(frozen=True)
class Batch:
    """One adding: when, the files as their owner names them with where each lies below the archive's folder, pages too.

    `pages` are the files of the addresses that were not in the archive before. Until it is `whole` it is under way, or
    was killed.
    """

    name: str
    added: str
    files: tuple[tuple[str, str], ...] = ()
    pages: tuple[tuple[str, str], ...] = ()
    articles: int = 0
    whole: bool = False


def folder_of(archive: Path, name: str) -> Path:
    """Where the files of a batch lie."""
    return archive.resolve() / ADDED / name


def begin(archive: Path) -> Batch:
    """A new batch, noted, with an empty folder; raises OSError where the disk does not take it."""
    home = archive.resolve() / ADDED
    if home.is_symlink():
        raise AddingError(f"{home}: is a link; nothing is added through it")
    home.mkdir(exist_ok=True)
    while True:
        now = datetime.now(UTC)
        batch = Batch(_named(now), now.isoformat(timespec="seconds"))
        if not _note_of(archive, batch.name).exists():
            break
    write(archive, batch)
    folder_of(archive, batch.name).mkdir()
    return batch


def _named(now: datetime) -> str:
    """The microsecond in letters, later ones after earlier ones: from digits in a path a reader would tell a day.

    >>> _named(datetime(2026, 1, 2, tzinfo=UTC))
    'bhnmnjhiggggggggg'
    """
    return "b" + "".join(chr(ord("g") + int(digit)) for digit in f"{now.timestamp() * 1e6:.0f}")


def write(archive: Path, batch: Batch) -> None:
    """Notes a batch, in place of what was noted of it."""
    write_whole(_note_of(archive, batch.name), json.dumps(asdict(batch), ensure_ascii=False))


def read_batches(archive: Path) -> list[Batch]:
    """All batches, newest first; a note that is none is passed over."""
    found = [read_batch(archive, note.name[1:-5]) for note in (archive / ADDED).glob(".*.json")]
    return sorted((batch for batch in found if batch), key=lambda batch: batch.name, reverse=True)


def read_batch(archive: Path, name: str) -> Batch | None:
    """What is noted of a batch; None where there is none of this name."""
    if not NAME.fullmatch(name):
        return None
    try:
        held = json.loads(_note_of(archive, name).read_bytes())
        files, pages = ([(str(given), str(place)) for given, place in held[key]] for key in ("files", "pages"))
        return Batch(name, str(held["added"]), tuple(files), tuple(pages), int(held["articles"]), bool(held["whole"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def forget(archive: Archive, batch: Batch) -> int:
    """Takes the articles of a batch out of the archive; how many they were. The caller holds the writer's lock."""
    files = {*archive.files_under(folder_of(archive.folder, batch.name))}
    for page in pages_of(archive.folder, batch):
        files |= archive.files_under(page).keys()
    gone = {article for file in files for article in archive.digests_of_file(file)}
    if files:
        with archive.change():
            for file in sorted(files):
                archive.forget_file(file)
        strike(archive.folder, gone)
        strike_edits(archive.folder, gone)
    return len(gone)


def remove(archive: Path, batch: Batch) -> None:
    """Takes the copies and pages of a batch from the disk; raises OSError. Its note stays."""
    remove_pages(archive, batch)
    folder = folder_of(archive, batch.name)
    if folder.exists():
        shutil.rmtree(folder)


def remove_pages(archive: Path, batch: Batch) -> None:
    """Takes the pages of a batch from the disk, with what is known of where they came from."""
    for page in pages_of(archive, batch):
        page.unlink(missing_ok=True)
        page.with_name(f".{page.name.partition('.')[0]}.json").unlink(missing_ok=True)


def remove_note(archive: Path, batch: Batch) -> None:
    """The last step of an undoing: nothing is known of the batch any more."""
    _note_of(archive, batch.name).unlink(missing_ok=True)


def pages_of(archive: Path, batch: Batch) -> list[Path]:
    """The files of its pages; what a note names elsewhere is passed over, since notes can be written by anybody."""
    home = (archive / PAGES).resolve()
    places = [(archive.resolve() / place).resolve() for _, place in batch.pages]
    return [place for place in places if place.parent.parent == home]


def _note_of(archive: Path, name: str) -> Path:
    return archive.resolve() / ADDED / f".{name}.json"


# Copying


def safe_path(given: str) -> PurePosixPath:
    r"""Where a file that somebody named so lies below its batch: never outside, never hidden, nothing unprintable.

    >>> str(safe_path("../../etc/passwd.txt")), str(safe_path("C:\\news\\.a\u202e\0b.txt")), str(safe_path("/"))
    ('etc/passwd.txt', 'C-/news/ab.txt', 'file')
    """
    parts = [part for name in re.split(r"[/\\]", given[:4_000]) if (part := _safe_part(name))]
    return PurePosixPath(*parts[-MOST_FOLDERS:]) if parts else PurePosixPath("file")


def _safe_part(name: str) -> str:
    name = printable(unicodedata.normalize("NFC", name), keep=JOINERS, instead="")
    name = FORBIDDEN.sub("-", name.lstrip(". \u200c\u200d").rstrip(". "))
    if RESERVED.match(name):
        name = f"_{name}"
    kind = kind_of(Path(name or "x"))
    stem = name[: len(name) - len(kind)][: LONGEST_PART - len(kind)]
    kind = name[len(name) - len(kind) :]
    while len((stem + kind).encode()) > LONGEST_PART_BYTES:
        stem = stem[:-1]
    return stem.rstrip() + kind


def free_path(path: PurePosixPath, taken: Collection[PurePosixPath], holds: Callable[[str], bool]) -> PurePosixPath:
    """The path, or with the first number behind its name with which neither file nor id is another's.

    `holds` tells whether an article has this id, or one below it.

    >>> free_path(PurePosixPath("a/b.txt"), {PurePosixPath("a/b.txt")}, {"a/b-2"}.__contains__)
    PurePosixPath('a/b-3.txt')
    """
    for file in taken:
        if file in path.parents:  # what is a file here is a folder there
            inner = path.relative_to(file)
            return free_path(file.with_name(f"{file.name} folder") / inner, taken, holds)
    kind = kind_of(Path(path.name))
    stem, end = path.name[: len(path.name) - len(kind)], path.name[len(path.name) - len(kind) :]
    number, free = 1, path
    while free in taken or any(free in file.parents for file in taken) or holds(_bare(free, kind)):
        number += 1
        free = path.with_name(f"{stem}-{number}{end}")
    return free


def _bare(path: PurePosixPath, kind: str) -> str:
    return path.as_posix()[: len(path.as_posix()) - len(kind)]


def copy_in(source: Path, target: Path, *, most_bytes: int, check: Callable[[int], None]) -> tuple[int, str]:
    """Copies a file; its bytes and SHA-256. `check` hears how many bytes are copied.

    Raises AddingError for a link, for what is no file, or for more than `most_bytes`; OSError where it cannot be
    written.
    """
    try:
        if FOLLOWS and source.is_symlink():
            raise OSError(errno.ELOOP, "is a link")
        opened = os.open(source, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        link = isinstance(error, OSError) and error.errno == errno.ELOOP
        raise AddingError("is a link; give the file itself" if link else "did not arrive; send it again") from None
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise AddingError("is no file; send a file")
    with open(opened, "rb") as file:
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, done = hashlib.sha256(), 0
        with target.open("xb") as out:
            while block := file.read(BLOCK):
                done += len(block)
                check(done)
                if done > most_bytes:
                    break
                digest.update(block)
                out.write(block)
    if done > most_bytes:
        target.unlink()
        raise AddingError(f"is larger than {most_bytes / 1e6:,.0f} MB; send less at a time, or index it in a terminal")
    return done, digest.hexdigest()


def called(name: str) -> str:
    """A file's name as sentences show it."""
    return shown(name) or "a file without a name"
