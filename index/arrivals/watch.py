"""Keeps an archive current with folders: what changes in them is read as soon as it has been left alone for a while."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from watchfiles import Change, watch

from index.article import ArticleError
from index.news_index import NewsIndex
from index.passage import CountTokens
from index.reading.containers.member import hidden
from index.reading.files import find_files, is_left_alone, kind_of
from index.store.archive import Archive, ArchiveBusy, KnownFile

QUIET_SECONDS = 2.0
LOOK_MILLISECONDS = 200


@dataclass(frozen=True)
class FileChange:
    """What has become of one file; of a problem, or where another writer is waited for, a sentence instead."""

    what: Literal["new", "changed", "removed", "problem", "waiting"]
    file: str = ""
    sentence: str = ""


class Watcher:
    """Sees what changes in `folders` from the moment it is made, until `stop` is set.

    Hidden files and what lies in `apart` (the archive's own folder) are passed over.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        apart: Path,
        quiet_seconds: float = QUIET_SECONDS,
        stop: threading.Event | None = None,
    ) -> None:
        self.folders = [folder.resolve() for folder in folders]
        for given, folder in zip(folders, self.folders, strict=True):
            if not folder.is_dir():
                raise ArticleError(f"{given}: no folder; --watch keeps an archive current with folders")
        self._apart = apart.resolve()
        self._quiet_seconds = quiet_seconds
        self._pending: dict[Path, float] = {}
        self._stop = stop
        self._seen = self._watch()
        self._note(next(self._seen, set()))  # only now does it watch

    def _watch(self) -> Iterator[set[tuple[Change, str]]]:
        """What is seen, without end; after a name that is no text, which ends the library's watch, all folders."""
        while True:
            try:
                yield from watch(
                    *self.folders,
                    watch_filter=self._counts,
                    step=LOOK_MILLISECONDS // 4,
                    debounce=LOOK_MILLISECONDS,
                    rust_timeout=LOOK_MILLISECONDS,
                    yield_on_timeout=True,
                    stop_event=self._stop,
                    ignore_permission_denied=True,
                )
                return
            except RuntimeError as error:  # of its Rust part; it has no name outside it
                if "decode" not in str(error):
                    raise
                yield {(Change.modified, str(folder)) for folder in self.folders}

    def _counts(self, change: Change, name: str) -> bool:
        path = Path(name)
        if path.is_relative_to(self._apart):
            return False
        inside = next((path.relative_to(f) for f in self.folders if path.is_relative_to(f)), path)
        if hidden(str(inside)):
            return False
        return change is not Change.modified or not path.is_dir()

    def _note(self, changes: Iterable[tuple[Change, str]]) -> None:
        now = time.monotonic()
        for _, name in changes:
            self._pending[Path(name)] = now

    def quiet(self) -> Iterator[list[Path]]:
        """Paths that have changed and were then left alone; one that is still written to waits, the others do not."""
        for changes in self._seen:
            self._note(changes)
            for folder in self.folders:
                if not folder.is_dir():
                    raise ArticleError(
                        f"{folder}: is there no more; its articles stay, until groundwire forget takes them out"
                    )
            ready = [path for path, seen in self._pending.items() if time.monotonic() - seen >= self._quiet_seconds]
            for path in ready:
                del self._pending[path]
            if ready:
                yield sorted(ready)

    def again(self, paths: Iterable[Path]) -> None:
        """Looks at these paths once more, after as long a while."""
        self._note((Change.modified, str(path)) for path in paths)


def keep_current(
    news: NewsIndex,
    watcher: Watcher,
    *,
    count_tokens: CountTokens,
    tell: Callable[[FileChange], None],
    changed: Callable[[], None] = lambda: None,
) -> None:
    """Brings the archive up to date with each change that `watcher` sees, and tells of it, without end.

    `changed` is called when all of a change has been told.
    """
    busy = False
    for paths in watcher.quiet():
        try:
            changes = _bring_up(news, watcher.folders, paths, count_tokens)
        except ArchiveBusy as error:
            if not busy:
                tell(FileChange("waiting", sentence=str(error)))
            busy = True
            watcher.again(paths)
            continue
        except ArticleError:  # a file went away between two looks
            watcher.again(paths)
            continue
        busy = False
        for change in changes:
            tell(change)
        if changes:
            changed()


def _bring_up(
    news: NewsIndex, folders: Sequence[Path], paths: Sequence[Path], count_tokens: CountTokens
) -> list[FileChange]:
    files, gone = _sorted_out(news.archive, folders, paths)
    places = [*files, *gone]
    before = _known(news.archive, places)
    if not files and not before:
        return []
    report = news.update(files, count_tokens=count_tokens, gone=gone)
    after = _known(news.archive, places)
    changes = [FileChange("removed", file) for file in before if file not in after]
    for file, held in after.items():
        if file not in before:
            changes.append(FileChange("new", file))
        elif held.sha256 != before[file].sha256 and held.sha256:
            changes.append(FileChange("changed", file))
    problems = [FileChange("problem", sentence=sentence) for sentence in report.problems]
    return sorted(changes, key=lambda change: change.file) + problems


def _sorted_out(archive: Archive, folders: Sequence[Path], paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """What of `paths` is to be read, and what is gone. A folder of which nothing is known yet is read as a whole, for
    the ids of its articles are relative to it.
    """
    roots = [Path(root) for root in archive.roots()]
    files: dict[Path, None] = {}
    gone: list[Path] = []
    for path in paths:
        home = next((folder for folder in folders if path.is_relative_to(folder)), path.parent)
        if not path.exists():
            gone.append(path)
        elif not any(home.is_relative_to(root) for root in roots):
            if _readable(home):
                files[home] = None
        elif (path.is_dir() or kind_of(path)) and not is_left_alone(path / "any", home):
            files |= dict.fromkeys(_readable(path))
    return list(files), gone


def _readable(path: Path) -> list[Path]:
    try:
        return find_files(path)[0]
    except ArticleError:
        return []


def _known(archive: Archive, places: Sequence[Path]) -> dict[str, KnownFile]:
    return {file: held for place in places for file, held in archive.files_under(place).items()}
