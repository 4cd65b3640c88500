"""From a path to articles: which files are meant, which reader reads each, which are skipped and why."""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from index.article import Article, ArticleError, Original, OtherMembers
from index.reading.apart import read_apart
from index.reading.containers import unpack
from index.reading.containers.member import hidden, kind_among
from index.reading.containers.unpack import Reader
from index.reading.formats import jsonl, markdown, text
from index.reading.kept_page import KINDS, address_of
from index.reading.yardstick import with_lengths
from index.understanding.correction import SUFFIX, corrected, side_file
from index.understanding.notes import with_notes


@dataclass(frozen=True)
class Problem:
    """Something that was left out or left unsaid, in one sentence that names the place."""

    sentence: str


@dataclass(frozen=True)
class LeftAlone(Problem):
    """`count` members of a container that no reader is for, as `find_files` leaves files alone: nothing to mend."""

    count: int


class FoundFiles(NamedTuple):
    """What lies under a path: files that a reader reads, sorted, what is left alone, and what could not be listed.

    `unlisted` holds the folders, or files, that could not be looked at, each with the system's reason.
    """

    readable: list[Path]
    others: list[Path]
    unlisted: dict[Path, str]


class Unlisted(ArticleError):
    """A folder that is to be read and cannot be listed: what is in it is not known."""


def later(module: str) -> Reader:
    """The reader `index.reading.formats.MODULE`, imported with its libraries only when a file of its kind is read."""

    def read(original: Original) -> Iterator[Article | ArticleError]:
        yield from import_module(f"index.reading.formats.{module}").read(original)

    return read


READERS: dict[str, Reader] = {
    ".txt": text.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
}
CHECK = "check its permissions, and whether its disk is there; what came from it stays in the archive"
# As browsers name it in the languages they speak: Fire_files, Fire-Dateien, Fire_fichiers, Fire_archivos …
PAGE_FOLDER = re.compile(
    r"(?i)(.+?)(?:[_.]files|[-_]dateien|[-_]filer|_fichiers|_archivos|_ficheiros|_arquivos|_bestanden|_file|_pliki|_soubory)"
)
# Read in this process; all other files by a worker, for what parses them can hang, die, or take all memory.
PLAIN = frozenset(READERS)
READERS |= {
    **dict.fromkeys((".html", ".htm", ".xhtml"), later("html")),
    **dict.fromkeys((".mhtml", ".mht", ".eml", ".mbox"), later("mail")),
    ".pdf": later("pdf"),
    ".docx": later("docx"),
    ".rtf": later("rtf"),
    **dict.fromkeys((".csv", ".tsv"), later("table")),
    **dict.fromkeys((".xml", ".rss", ".atom"), later("xml")),
}
READERS |= {kind: partial(unpack.read, kind=kind, readers=READERS) for kind in unpack.CONTAINERS}


def page_kinds() -> dict[str, str]:
    """The content types of pages that a reader reads, with the suffix that each is kept under."""
    return {name: suffix for name, suffix in KINDS.items() if suffix in READERS}


def kind_of(path: Path) -> str:
    """The suffix that says which reader reads a file, the longest that is known; empty where none does.

    >>> kind_of(Path("a/Story.TXT")), kind_of(Path("a.png"))
    ('.txt', '')
    """
    return kind_among(path.name, READERS)


def id_of(file: Path, root: Path) -> str:
    """The id of a file's article: its path below `root` without the suffix.

    >>> id_of(Path("/news/a/story.txt"), Path("/news"))
    'a/story'
    """
    path = file.relative_to(root).as_posix()
    return path[: len(path) - len(kind_of(file))]


def find_files(path: Path) -> FoundFiles:
    """The files under `path` that a reader reads, and what is left alone: other kinds, links to folders.

    Hidden files and folders are passed over, and Word's locks (`~$story.docx`). What a browser saved beside a page, in
    `NAME_files` beside `NAME.html`, is the page's and left alone. A folder that cannot be listed hides what is in it,
    and is told as that.
    Raises ArticleError when there is no such path, or nothing in it that can be read; Unlisted when it cannot be told.
    """
    kinds = " ".join(READERS)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise ArticleError(f"{path}: no such file or folder; give the path of your articles") from None
    except OSError as error:
        raise _unlisted(path, error) from None
    if stat.S_ISREG(mode):
        if not kind_of(path):
            raise ArticleError(f"{path}: no reader for this kind of file; what can be read is {kinds}")
        return FoundFiles([path], [], {})
    if not stat.S_ISDIR(mode):
        raise ArticleError(f"{path}: no such file or folder; give the path of your articles")
    readable: list[Path] = []
    others: list[Path] = []
    errors: list[OSError] = []
    unlisted: dict[Path, str] = {}
    for folder, folders, names in os.walk(path, onerror=errors.append):
        parts = {name for name in folders if not hidden(name) and is_page_folder(name, names)}
        others += [Path(folder, name) for name in sorted(parts)]
        folders[:] = sorted(name for name in folders if not hidden(name) and name not in parts)
        others += [Path(folder, name) for name in folders if Path(folder, name).is_symlink()]
        for name in sorted(names):
            file = Path(folder, name)
            if hidden(name):
                continue
            try:
                # A pipe or a device would be waited for without end.
                if not _is_side_file(file):
                    (readable if kind_of(file) and stat.S_ISREG(file.stat().st_mode) else others).append(file)
            except FileNotFoundError:  # a link to nowhere
                others.append(file)
            except OSError as error:
                unlisted[file] = error.strerror or str(error)
    for refusal in errors:
        if Path(refusal.filename) == path:
            raise _unlisted(path, refusal)
        unlisted[Path(refusal.filename)] = refusal.strerror or str(refusal)
    if not readable and unlisted:
        place = min(unlisted)
        raise Unlisted(f"{place}: cannot be listed ({unlisted[place]}), and nothing else is in {path}; {CHECK}")
    if not readable:
        raise ArticleError(f"{path}: no articles in this folder; what can be read is {kinds}")
    return FoundFiles(sorted(readable), others, unlisted)


def _unlisted(path: Path, error: OSError) -> Unlisted:
    return Unlisted(f"{path}: cannot be listed ({error.strerror or error}); {CHECK}")


def is_page_folder(name: str, files: Iterable[str]) -> bool:
    """Whether a folder holds the parts of a saved page that lies among `files` beside it: its frames are no articles.

    >>> is_page_folder("Fire_files", ["Fire.htm"]), is_page_folder("Fire-Dateien", ["Fire.html"])
    (True, True)
    >>> is_page_folder("Fire_files", ["Water.html"]), is_page_folder("Fire", ["Fire.html"])
    (False, False)
    """
    found = PAGE_FOLDER.fullmatch(name)
    return found is not None and not {f"{found[1]}{kind}" for kind in (".html", ".htm", ".xhtml")}.isdisjoint(files)


def is_left_alone(file: Path, root: Path) -> bool:
    """Whether a file is one of a saved page's parts, somewhere below `root`."""
    return any(
        PAGE_FOLDER.fullmatch(folder.name)
        and is_page_folder(folder.name, (one.name for one in folder.parent.iterdir()))
        for folder in file.parents
        if folder.is_relative_to(root) and folder != root
    )


def _is_side_file(file: Path) -> bool:
    return file.suffix == SUFFIX and bool(kind_of(file.with_suffix(""))) and file.with_suffix("").is_file()


def file_digest(file: Path) -> str:
    """SHA-256 of the file, and where corrections stand beside it, of both."""
    with file.open("rb") as opened:
        own = hashlib.file_digest(opened, "sha256").hexdigest()
    if not side_file(file).is_file():
        return own
    with side_file(file).open("rb") as opened:
        return hashlib.sha256(f"{own} {hashlib.file_digest(opened, 'sha256').hexdigest()}".encode()).hexdigest()


def read_file(path: Path, article_id: str) -> Iterator[Article | Problem]:
    """The articles of one file, corrected; what cannot be read or corrected comes as a Problem in its place.

    Of a page that was fetched, an article that names no address of its own has the page's.
    """
    original = Original(path, article_id, str(path))
    kind = kind_of(path)
    try:
        for item in corrected(READERS[kind](original) if kind in PLAIN else read_apart(original, kind), path):
            if isinstance(item, OtherMembers):
                yield LeftAlone(str(item), item.count)
            elif isinstance(item, ArticleError):
                yield Problem(str(item))
            else:
                item = item if item.url else replace(item, url=address_of(path))
                yield with_lengths(with_notes(item))
    except ArticleError as error:
        yield Problem(str(error))
    except OSError as error:
        yield Problem(f"{path}: cannot be read ({error.strerror}); check the file and its permissions")
