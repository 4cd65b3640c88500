"""What is packed in a container: its members, how they may be named, how much is unpacked at most."""

import errno
import io
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

from ground.shown import CONTROLS, TURNING, shown
from index.article import ArticleError, Original

MOST_MEMBERS = 200_000
MOST_UNPACKED = 20_000_000_000
MOST_TIMES = 100
FREELY_UNPACKED = 100_000_000
MOST_LEVELS = 2
LONGEST_NAME = 1_000
BLOCK = 1 << 18

DRIVE = re.compile(r"[A-Za-z]:")


class DamagedContainer(ArticleError):
    """A container ends here, though it should not: nothing more can be read of it."""


class TooMuch(DamagedContainer):
    """A container passes a limit: nothing more is read of it, nor of what it is packed in."""


@dataclass(frozen=True)
class Member:
    """One thing that can be taken out of a container: `id` and `name` are below the container's.

    `kind` is the suffix that says which reader reads it. `counted` says that its bytes are in the budget already,
    `charset` what a server said it is written in.
    """

    id: str
    name: str
    kind: str
    open: Callable[[], AbstractContextManager[IO[bytes]]]
    counted: bool = False
    url: str | None = None
    charset: str | None = None


class Budget:
    """What may still be taken out of one container, with all that is packed inside of it.

    >>> Budget("a.zip", packed_bytes=5_000_000).most_bytes
    500000000
    """

    def __init__(self, name: str, *, packed_bytes: int) -> None:
        self.name = name
        self.members = self.unpacked = 0
        self.most_bytes = min(MOST_UNPACKED, max(FREELY_UNPACKED, MOST_TIMES * packed_bytes))

    def take_member(self) -> None:
        """Counts a member, read or not; raises TooMuch past MOST_MEMBERS."""
        self.members += 1
        if self.members > MOST_MEMBERS:
            raise TooMuch(f"{self.name}: holds more than {MOST_MEMBERS} members; those after them are left out")

    def take_bytes(self, count: int) -> None:
        """Counts bytes that were unpacked; raises TooMuch where they are more than a container of news makes."""
        self.unpacked += count
        if self.unpacked > self.most_bytes:
            raise TooMuch(
                f"{self.name}: unpacks to more than {self.most_bytes / 1e6:.0f} MB ({MOST_TIMES} times its size,"
                f" {MOST_UNPACKED / 1e9:.0f} GB at most); the rest of it is left out"
            )


class Forward(io.RawIOBase):
    """A packed stream, read on and on: it seeks forward only, counts what it gives, and says what is damaged.

    `last` are the bytes given last; they say whether a tar ended or broke off.
    """

    def __init__(self, stream: IO[bytes], original: Original, budget: Budget | None) -> None:
        self.stream = stream
        self.original = original
        self.budget = budget
        self.last = b""
        self.error: DamagedContainer | None = None
        self._at = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """As a file's; raises Broken for what cannot be unpacked."""
        try:
            if size is None or size < 0:
                raise ValueError("a header gives no size")
            self.last = self.stream.read(size)
            if self.budget is not None:
                self.budget.take_bytes(len(self.last))
        except TooMuch as error:
            self.error = error
            raise
        except Exception as error:  # gzip, bz2 and lzma raise five kinds
            if is_of_the_disk(error):
                raise
            self.error = DamagedContainer(f"{self.original.name}: {damage(error)}")
            raise self.error from None
        self._at += len(self.last)
        return self.last

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Reads up to `offset`; raises Broken where that lies behind."""
        if whence != io.SEEK_SET or offset < self._at:
            raise DamagedContainer(f"{self.original.name}: {damage('it points back into itself')}")
        while self._at < offset and self.read(min(BLOCK, offset - self._at)):
            pass
        return self._at


def is_of_the_disk(error: Exception) -> bool:
    """Whether an error is the machine's and not the container's; a seek to where no byte is fails with EINVAL."""
    machine = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.ENOENT)
    return isinstance(error, OSError) and error.errno in machine


def damage(what: object) -> str:
    """What is said of a container that breaks off: what came before is kept.

    >>> damage("no end")
    'is damaged (no end); the rest of it is left out'
    """
    return f"is damaged ({shown(' '.join(str(what).split()) or type(what).__name__)}); the rest of it is left out"


def check_characters(name: str, container: str) -> None:
    """Raises ArticleError for a name that no terminal and no archive should be given."""
    where = f"{container}/{shown(name)}"
    if len(name) > LONGEST_NAME:
        raise ArticleError(f"{where}: its name has {len(name)} characters, {LONGEST_NAME} at most; it is left out")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ArticleError(f"{where}: its name is not UTF-8; it is left out") from None
    if re.search(f"[{CONTROLS}\t\n\r\u2028\u2029{TURNING}]", name):
        raise ArticleError(f"{where}: its name holds control characters; it is left out")


def plain_name(name: str, container: str) -> str:
    r"""A member's path below its container, by "/"; raises ArticleError for one that leads out of it.

    >>> plain_name(".\\news\\a.txt", "b.zip")
    'news/a.txt'
    """
    check_characters(name, container)
    where = f"{container}/{shown(name)}"
    path = name.replace("\\", "/")
    if path.startswith("/") or DRIVE.match(path):
        raise ArticleError(f"{where}: its name is an absolute path; it is left out")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise ArticleError(f'{where}: its name leads out of its container (".."); it is left out')
    return "/".join(parts)


def hidden(path: str) -> bool:
    """Whether a path below its folder or container is passed over: hidden there, or put beside a file by a program.

    macOS puts `__MACOSX` beside what it packs, Word a lock `~$story.docx` beside a document that is open.

    >>> hidden("__MACOSX/a.txt"), hidden("news/.a.txt"), hidden("~$a.docx"), hidden("news/a.txt")
    (True, True, True, False)
    """
    return any(part.startswith((".", "~$")) or part == "__MACOSX" for part in PurePath(path).parts)


def kind_among(name: str, kinds: Iterable[str]) -> str:
    """The longest of `kinds` that a name ends with; empty where none does.

    >>> kind_among("a.tar.GZ", (".gz", ".tar.gz")), kind_among(".txt", (".txt",))
    ('.tar.gz', '')
    """
    lower = name.lower()
    return max((kind for kind in kinds if lower.endswith(kind) and lower != kind), key=len, default="")
