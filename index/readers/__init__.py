"""From a path to articles: which files are meant, and which reader reads each. One small file a format."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.article import Article, ArticleError
from index.readers import jsonl, markdown, text


@dataclass(frozen=True)
class Problem:
    """Something that was left out or left unsaid, in one sentence that names the place."""

    sentence: str


Reader = Callable[[Path, str], Iterator[Article | ArticleError]]
READERS: dict[str, Reader] = {
    ".txt": text.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".jsonl": jsonl.read,
}


def find_files(path: Path) -> tuple[list[Path], list[Path]]:
    """The files under `path` that a reader reads, sorted, and what is left alone: other kinds, links to folders.

    Hidden files and folders are passed over.
    Raises ArticleError when there is no such path, or nothing in it that can be read.
    """
    kinds = " ".join(READERS)
    if path.is_file():
        if path.suffix.lower() not in READERS:
            raise ArticleError(f"{path}: no reader for this kind of file; what can be read is {kinds}")
        return [path], []
    if not path.is_dir():
        raise ArticleError(f"{path}: no such file or folder; give the path of your articles")
    readable: list[Path] = []
    others: list[Path] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        others += [Path(folder, name) for name in folders if Path(folder, name).is_symlink()]
        for name in sorted(names):
            if not name.startswith("."):
                file = Path(folder, name)
                # A pipe or a device would be waited for without end.
                (readable if file.suffix.lower() in READERS and file.is_file() else others).append(file)
    if not readable:
        raise ArticleError(f"{path}: no articles in this folder; what can be read is {kinds}")
    return sorted(readable), others


def read_file(path: Path, article_id: str) -> Iterator[Article | Problem]:
    """The articles of one file; what cannot be read comes as a Problem in its place."""
    try:
        for item in READERS[path.suffix.lower()](path, article_id):
            yield Problem(str(item)) if isinstance(item, ArticleError) else item
    except ArticleError as error:
        yield Problem(str(error))
    except OSError as error:
        yield Problem(f"{path}: cannot be read ({error.strerror}); check the file and its permissions")
