"""Reads what is packed in a container: each member is written to a file of ours and read by its own reader.

Nothing is ever written under a member's own name. What can be packed, and how much of it, is in `member`.
"""

import re
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from ground.shown import shown
from index.article import Article, ArticleError, MemberBegins, Original, OtherMembers, StillReading
from index.reading.containers.member import (
    BLOCK,
    MOST_LEVELS,
    Budget,
    DamagedContainer,
    Member,
    TooMuch,
    is_of_the_disk,
)
from index.reading.containers.warc import warc_members
from index.reading.containers.zip_tar import tar_members, zip_members
from index.reading.formats.text import LARGEST_ARTICLE

Reader = Callable[[Original], Iterator[Article | ArticleError]]
Unpack = Callable[[Original, Collection[str], Budget], Iterator[Member | ArticleError]]
CONTAINERS: dict[str, Unpack] = {
    ".zip": zip_members,
    **dict.fromkeys((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"), tar_members),
    **dict.fromkeys((".warc", ".warc.gz"), warc_members),
}
CHARSETS = re.compile(r"(?i)(iso-?8859|windows|cp|koi8|euc|gb|big5|shift|iso-2022|mac|us-ascii|x-sjis)[\w-]*")
MOST_NAMED = 20
LONGEST_SILENCE = 5.0
Items = Iterator[Article | ArticleError]


def read(original: Original, *, kind: str, readers: Mapping[str, Reader], skip: int | None = None) -> Items:
    """The articles of a container, member by member; `readers` are those for the kinds its members can be of.

    What cannot be read comes as an ArticleError each up to MOST_NAMED, then as one with how many there were.
    Members that no reader is for are counted in OtherMembers. With `skip`, the first so many members are passed over,
    and MemberBegins stands before what is read of each.
    """
    budget = Budget(original.name, packed_bytes=original.path.stat().st_size)
    others = named = unnamed = left = articles = 0
    spoken = time.monotonic()
    for item in _read_level(original, kind, readers, budget, 1, skip):
        if isinstance(item, MemberBegins):
            if others:
                yield OtherMembers(others)
            others = 0
        elif isinstance(item, OtherMembers):
            others += item.count
            left += item.count
            if time.monotonic() - spoken < LONGEST_SILENCE:
                continue
            item, others = OtherMembers(others), 0
        elif isinstance(item, StillReading):
            pass
        elif isinstance(item, ArticleError):
            named += 1
            if named > MOST_NAMED and not isinstance(item, TooMuch):
                unnamed += 1
                continue
        else:
            articles += 1
        yield item
        spoken = time.monotonic()
    if others:
        yield OtherMembers(others)
    if not (articles or named or left or skip):
        what = "holds no page that was captured" if kind.startswith(".warc") else "is empty"
        yield ArticleError(f"{original.name}: {what}; it is left out")
    if unnamed:
        yield ArticleError(f"{original.name}: {unnamed} more of its members have something wrong with them")


def _read_level(
    original: Original, kind: str, readers: Mapping[str, Reader], budget: Budget, level: int, skip: int | None = None
) -> Items:
    """The items of one container, or of one that lies in another."""
    with tempfile.TemporaryDirectory(prefix="groundwire-") as folder:
        try:
            for number, member in enumerate(CONTAINERS[kind](original, readers, budget)):
                if skip is not None and number < skip:
                    continue
                if isinstance(member, ArticleError):
                    yield member
                    continue
                if skip is not None:
                    yield MemberBegins(number, member.name)
                inner = Original(
                    Path(folder, f"member{member.kind}"), f"{original.id}/{member.id}", f"{original.name}/{member.name}"
                )
                for item in _read_member(member, inner, readers, budget, level):
                    if isinstance(item, Article):
                        yield replace(item, original=_place(original, member, item), url=member.url or item.url)
                    else:
                        yield item
        except TooMuch as error:
            if level > 1:
                raise
            yield error
        except ArticleError as error:
            yield error


def _read_member(member: Member, inner: Original, readers: Mapping[str, Reader], budget: Budget, level: int) -> Items:
    """The items of one member; whatever its reader trips over takes only this member."""
    reader = readers[member.kind]
    if member.kind in CONTAINERS:
        if level == MOST_LEVELS:
            yield ArticleError(f"{inner.name}: is packed more than {MOST_LEVELS} deep; it is left out")
            return
        reader = partial(_read_level, kind=member.kind, readers=readers, budget=budget, level=level + 1)
    try:
        _take_out(member, inner, budget)
        yield from reader(inner)
    except (DamagedContainer, MemoryError):
        raise
    except ArticleError as error:
        yield error
    except Exception as error:  # what zipfile, zlib and any reader raise for bytes that are not what they should be
        if is_of_the_disk(error):
            raise
        yield ArticleError(f"{inner.name}: is damaged ({shown(f'{type(error).__name__}: {error}')}); it is left out")
    finally:
        inner.path.unlink(missing_ok=True)  # ext4 writes a file that is cut to nothing and filled again to the disk


def _take_out(member: Member, inner: Original, budget: Budget) -> None:
    """Writes a member into its file, in UTF-8 with its mark where only the server knew how it is written."""
    with member.open() as source, inner.path.open("wb") as file:
        while block := source.read(BLOCK):
            if not member.counted:
                budget.take_bytes(len(block))
            file.write(block)
    if member.charset:
        _write_in_utf8(inner.path, member.charset)


def _write_in_utf8(file: Path, charset: str) -> None:
    """Bytes that are no UTF-8 but are of the charset that their server named are written again, so that readers can."""
    if not CHARSETS.fullmatch(charset) or file.stat().st_size > LARGEST_ARTICLE:
        return
    data = file.read_bytes()
    try:
        data.decode()
    except UnicodeDecodeError:
        with suppress(LookupError, UnicodeError):
            file.write_bytes(data.decode(charset).encode("utf-8-sig"))


def _place(original: Original, member: Member, article: Article) -> str:
    """Where an article's original lies, from the outermost container's own name on."""
    path = PurePosixPath(member.name)
    inner = article.original or path.name
    return "/".join(filter(None, (PurePosixPath(original.name).name, "/".join(path.parts[:-1]), inner)))
