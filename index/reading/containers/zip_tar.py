"""The members of a zip or a tar. Links, devices and names that lead elsewhere are refused."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import PurePosixPath
from typing import IO

from ground.shown import shown
from index.article import ArticleError, Original, OtherMembers
from index.reading.containers.member import (
    Budget,
    DamagedContainer,
    Forward,
    Member,
    damage,
    hidden,
    is_of_the_disk,
    kind_among,
    plain_name,
)

ENCRYPTED = 0x1
UTF8_NAME = 0x800
Unpacked = Iterator[Member | ArticleError]


class _Names:
    """Which names of a container are to be read."""

    def __init__(self, original: Original, kinds: Collection[str]) -> None:
        self.original = original
        self.kinds = kinds

    def member(
        self, name: str, open_member: Callable[[], AbstractContextManager[IO[bytes]]], *, counted: bool
    ) -> Member | OtherMembers:
        """The member of this name, or that it is for no reader; raises ArticleError for a name that cannot be."""
        path = plain_name(name, self.original.name)
        if hidden(path):
            return OtherMembers(0)
        kind = kind_among(PurePosixPath(path).name, self.kinds)
        if not kind:
            return OtherMembers(1)
        return Member(path[: len(path) - len(kind)], path, kind, open_member, counted)


def zip_members(original: Original, kinds: Collection[str], budget: Budget) -> Unpacked:
    """What a zip holds, in its own order."""
    names = _Names(original, kinds)
    with ExitStack() as opened:
        try:
            archive = opened.enter_context(zipfile.ZipFile(original.path))
            infos = archive.infolist()
        except Exception as error:  # zipfile raises struct.error, ValueError, IndexError and more for a damaged list
            if is_of_the_disk(error):
                raise
            raise DamagedContainer(f"{original.name}: {damage(error)}") from None
        for info in infos:
            if info.is_dir():
                continue
            budget.take_member()
            name = _zip_name(info)
            where = f"{original.name}/{shown(name)}"
            try:
                member = names.member(name, partial(archive.open, info), counted=False)
                mode = info.external_attr >> 16
                if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                    raise ArticleError(f"{where}: is a link or a device; it is left out")
                if isinstance(member, Member) and info.flag_bits & ENCRYPTED:
                    raise ArticleError(f"{where}: is encrypted; unpack it and index the folder")
            except ArticleError as error:
                yield error
            else:
                yield member


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name of a member: many programs write UTF-8 without saying so, which zipfile takes for code page 437."""
    name = info.orig_filename
    if info.flag_bits & UTF8_NAME:
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return name


def tar_members(original: Original, kinds: Collection[str], budget: Budget) -> Unpacked:
    """What a tar holds, packed or not, in its order; read through once, so a member is to be taken as it comes."""
    names = _Names(original, kinds)
    with ExitStack() as opened:
        file = opened.enter_context(original.path.open("rb"))
        source = _unpacked(file)
        packed = source is not file
        stream = Forward(source, original, budget if packed else None)
        try:
            archive = opened.enter_context(tarfile.TarFile(fileobj=stream, encoding="utf-8"))
        except ArticleError:
            raise
        except Exception as error:
            raise DamagedContainer(f"{original.name}: {damage(error)}") from None
        while (info := _next(archive, original)) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # tarfile keeps every one
            if info.isdir():
                continue
            budget.take_member()
            where = f"{original.name}/{shown(info.name)}"
            try:
                member = names.member(info.name, partial(_extract, archive, info, original), counted=packed)
                if info.issym() or info.islnk():
                    raise ArticleError(f"{where}: is a link; it is left out")
                if not info.isreg():
                    raise ArticleError(f"{where}: is a device or of no known kind; it is left out")
                if info.issparse():
                    raise ArticleError(f"{where}: is a file with holes; it is left out")
            except ArticleError as error:
                yield error
            else:
                yield member
        if stream.last.strip(b"\0"):
            raise DamagedContainer(f"{original.name}: {damage('it ends in what is no header')}")


def _next(archive: tarfile.TarFile, original: Original) -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except ArticleError:
        raise
    except Exception as error:  # for a header that lies, tarfile raises what its arithmetic does
        raise DamagedContainer(f"{original.name}: {damage(error)}") from None


@contextmanager
def _extract(archive: tarfile.TarFile, info: tarfile.TarInfo, original: Original) -> Iterator[IO[bytes]]:
    opened = archive.extractfile(info)
    assert opened is not None, "it is a regular file"
    try:
        yield opened
    except tarfile.TarError as error:
        raise DamagedContainer(f"{original.name}: {damage(error)}") from None


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    """The stream by what its first bytes say, for names are wrong often enough."""
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]
    if head.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if head.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMAFile(file)
    return file
