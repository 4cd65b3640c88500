"""Which files are gone, and which were only not seen: behind a folder that cannot be listed, or on a disk that is away.

Nothing leaves an archive because it was not seen.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from index.reading.containers.member import hidden
from index.reading.files import FoundFiles

EMPTY = "is empty"
PRUNE = "--prune takes them out"


@dataclass
class Absent:
    """Known files that were not found: the `gone`, and the `unseen` by the place that hides them and why."""

    gone: set[str] = field(default_factory=set)
    unseen: dict[tuple[Path, str], list[str]] = field(default_factory=dict)


def absent(known: Iterable[str], root: Path, found: FoundFiles, *, prune: bool = False) -> Absent:
    """What has become of the files `known` below `root` that were not `found`; `prune` takes an empty folder's word."""
    sorted_out = Absent()
    left_alone = {place for place in found.others if not place.is_symlink()}
    for name in sorted(set(known) - {str(file) for file in found.readable}):
        file = Path(name)
        if hidden(str(file.relative_to(root))) or not left_alone.isdisjoint((file, *file.parents)):
            sorted_out.gone.add(name)  # it is seen, and no longer read
            continue
        closed = next((place for place in found.unlisted if file.is_relative_to(place)), None)
        why = (closed, f"cannot be listed ({found.unlisted[closed]})") if closed else why_unseen(file, root)
        if why is None or (prune and why[1] == EMPTY):
            sorted_out.gone.add(name)
        else:
            sorted_out.unseen.setdefault(why, []).append(name)
    return sorted_out


def why_unseen(file: Path, root: Path | None) -> tuple[Path, str] | None:
    """The place that hides a known file that was not found, and why; None where the file is gone.

    A file is gone where a folder that holds something does not hold it. Where there is no `root`, as for a file that
    was seen to go, its folder may be empty too.
    """
    try:
        mode = os.lstat(file).st_mode
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        return file, f"cannot be read ({error.strerror})"
    else:
        if stat.S_ISLNK(mode):
            return file, "is a link to what is not there"
        return (file, "was not there a moment ago") if stat.S_ISREG(mode) else None
    if root is None:
        return None
    folder = file.parent
    while folder != root and folder.is_relative_to(root) and not os.path.lexists(folder):
        folder = folder.parent
    try:
        with os.scandir(folder) as entries:
            return (folder, EMPTY) if next(entries, None) is None else None
    except NotADirectoryError:
        return None
    except OSError as error:
        return folder, f"cannot be listed ({error.strerror})"


def told_of_unseen(place: Path, why: str, articles: int) -> str:
    """What is said of a place that hides known files.

    >>> told_of_unseen(Path("court"), "is empty", 2)
    'court: is empty; the 2 articles that came from it stay: see whether its disk is there (--prune takes them out)'
    """
    stay = f"the {articles} articles that came from it stay" if articles != 1 else "the article that came from it stays"
    if not articles:
        return f"{place}: {why}; what is in it is not read: check its permissions, and whether its disk is there"
    if why == EMPTY:
        return f"{place}: {why}; {stay}: see whether its disk is there ({PRUNE})"
    return f"{place}: {why}; {stay}: check its permissions, and whether its disk is there"
