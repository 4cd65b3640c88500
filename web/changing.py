"""What users change in a server's archives besides adding, and the log of it: who, what, when, and how it is undone.

Each way in asks `Archives.changeable` first: who may only read is refused here, whatever a page has hidden.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

from index.changing.correct import correct, find_correctable, known_now
from index.changing.forget import forget, kept_out, meant_article, remember
from index.opening import open_archive, ranker_of
from index.store.archive import Archive, ArchiveBusy
from index.store.edits import MOST_NAMED, Edit, EditError, Through, Who, noting, read_edits
from index.update import update_archive
from qa.undo import undo
from web import batch as on_disk
from web.adding import Added
from web.adding import undo as undo_adding
from web.archives import Archives

WAIT_SECONDS = 5.0  # for another who is changing the archive, until it is told
LOOK_SECONDS = 0.05

Made = TypeVar("Made")


class Changing:
    """Safe from any thread. What cannot be read again after a change is given as `problems`, a sentence each."""

    def __init__(self, archives: Archives) -> None:
        self._archives = archives

    def listed(
        self, user: str, key: str, *, who: str | None = None, since: str = "", of: str | None = None, most: int = 200
    ) -> list[Edit]:
        """The changes of an archive that the user sees, newest first."""
        return read_edits(self._archives.archive(user, key).folder, who=who, since=since, of=of, most=most)

    def known(self, user: str, key: str, id: str) -> dict[str, str]:
        """What can be corrected of an article, as it is known now; raises MayNot, and as `find_correctable` does."""
        return known_now(find_correctable(self._archives.changeable(user, key), id))

    def correct(
        self, user: str, key: str, id: str, values: Mapping[str, str], seen: Mapping[str, str], through: Through
    ) -> list[str]:
        """Corrects an article and reads it again; raises MayNot, and as `index.changing.correct` does."""

        def work(archive: Archive, reread: Callable[[Sequence[Path]], None]) -> None:
            reread([correct(archive, id, values, Who(user, through), seen=seen)])

        return self._change(user, key, work)[1]

    def forget(self, user: str, key: str, id: str, through: Through) -> None:
        """Takes an article out and keeps it out; raises MayNot, and as `index.changing.forget` does."""

        def work(archive: Archive, _: object) -> None:
            forget(archive, [meant_article(archive, id)], Who(user, through))

        self._change(user, key, work)

    def remember(self, user: str, key: str, id: str, through: Through) -> list[str]:
        """Lets an article in again; raises MayNot, EditError where it is not kept out."""

        def work(archive: Archive, reread: Callable[[Sequence[Path]], None]) -> None:
            found = [one for one in kept_out(archive, archive.folder / "none", id) if one.kind == "article"]
            if not found:
                raise EditError(f'"{id[:200]}" is not kept out')
            reread([path for path in remember(archive, found, Who(user, through)) if path.exists()])

        return self._change(user, key, work)[1]

    def undo(self, user: str, key: str, number: int, through: Through) -> tuple[Edit, list[str]]:
        """Undoes a change, whoever made it, and gives the new one; raises MayNot, and as `qa.undo` does."""
        return self._change(user, key, lambda archive, reread: undo(archive, number, Who(user, through), reread))

    def _change(
        self, user: str, key: str, work: Callable[[Archive, Callable[[Sequence[Path]], None]], Made]
    ) -> tuple[Made, list[str]]:
        """Does `work` with a connection of its own, under the writer's lock; then it can be searched."""
        shared = self._archives.changeable(user, key)
        problems: list[str] = []

        def reread(paths: Sequence[Path]) -> None:
            embedder = self._archives.room(user, key).news.embedder
            report = update_archive(own, embedder, paths, count_tokens=self._archives.models.count_tokens())
            problems.extend(report.problems)

        with closing(open_archive(shared.folder)) as own, _writing(own):
            made = work(own, reread)
            ranker_of(own).refresh()
        return made, problems


@contextmanager
def _writing(archive: Archive) -> Iterator[None]:
    """The writer's lock, waited for a moment: another editor is quick, an index run may not be."""
    end = time.monotonic() + WAIT_SECONDS
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(archive.writing())
                break
            except ArchiveBusy:
                if time.monotonic() >= end:
                    raise
                time.sleep(LOOK_SECONDS)
        yield


def note_added(archive: Archive, added: Added, who: Who) -> None:
    """Notes what was added, if anything new came."""
    batch = on_disk.read_batch(archive.folder, added.batch) if added.batch else None
    if batch is None:
        return
    with noting(archive.folder, who, "add", _names(batch)) as noted:
        noted.after = {"articles": batch.articles}
        paths = [place for _, place in batch.pages]
        if batch.files:
            paths.append(on_disk.folder_of(archive.folder, batch.name).relative_to(archive.folder.resolve()).as_posix())
        noted.held = {"batch": batch.name, "paths": paths}


def take_out(archive: Archive, name: str, who: Who) -> int:
    """Takes an adding out again with its files; how many articles left. Raises what `web.adding.undo` does."""
    batch = on_disk.read_batch(archive.folder, name)
    added = [edit for edit in read_edits(archive.folder, what="add") if edit.held.get("batch") == name]
    undoes = next((edit.number for edit in added if edit.undone is None), None)
    with noting(archive.folder, who, "take out", _names(batch) if batch else [], undoes=undoes) as noted:
        number = undo_adding(archive, name)
        noted.after = {"articles": number}
    return number


def _names(batch: on_disk.Batch) -> list[str]:
    return [name for name, _ in (*batch.files, *batch.pages)][:MOST_NAMED]
