"""Files that are there whole or not at all: written beside their place, then renamed into it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath, PureWindowsPath
from uuid import uuid4

HAS_MODES = os.name == "posix"  # on Windows a file's mode says nothing of who may read it


@contextmanager
def replacing(file: Path, *, unique: bool = False) -> Iterator[Path]:
    """A path beside `file` to write to; it takes the file's place at the end, and goes away where that fails.

    A kill leaves it behind: the next writer writes over it. `unique` is for files that several may write at one time.
    """
    fresh = file.with_name(f".{file.name}.{uuid4().hex}.new" if unique else f".{file.name}.new")
    try:
        yield fresh
        fresh.replace(file)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def write_whole(file: Path, text: str, *, unique: bool = False) -> None:
    """Text in UTF-8 in place of what the file held: a reader sees the old or the new."""
    with replacing(file, unique=unique) as fresh:
        fresh.write_text(text, "utf-8")


def open_to_others(file: Path) -> int:
    """The bits of a file's mode that let others than its owner read (0o044) or write it (0o022); 0 on Windows."""
    return file.stat().st_mode & 0o077 if HAS_MODES else 0


def below(folder: PurePath) -> tuple[str, str]:
    r"""Between which two texts the paths below a folder stand, the second left out; below the root all of them.

    >>> from pathlib import PurePosixPath
    >>> below(PurePosixPath("/news")), below(PureWindowsPath("C:/news"))
    (('/news/', '/news0'), ('C:\\news\\', 'C:\\news]'))
    """
    separator = "\\" if isinstance(folder, PureWindowsPath) else "/"
    if separator == "\\" and str(folder) == separator:  # of all drives
        return "", "\U0010ffff"
    inside = str(folder).rstrip(separator) + separator
    return inside, inside[:-1] + chr(ord(separator) + 1)
