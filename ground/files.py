"""Files that are there whole or not at all: written beside their place, then renamed into it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4


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
