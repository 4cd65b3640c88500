"""The archives that a server has open: who sees which, who may change which, one set of models for all.

An archive can be read before any model is there; only a question or a new article waits for one.
"""

import hashlib
import re
import shutil
import sqlite3
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from ground.shown import JOINERS, one_line
from index.news_index import NewsIndex
from index.opening import is_archive, open_archive
from index.passage import CountTokens
from index.search.exact import Stories
from index.store.archive import Archive, ArchiveError, Counts
from models.weights import Report, silent
from qa.listing import front
from qa.newsroom import Models, Newsroom
from qa.settings import Settings

LOCAL = "local"  # whose folder holds the archives of the one user of a server without logins
USER = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
LONGEST_NAME = 60
MOST_ARCHIVES = 100
MAY_NOT = (
    "you can read this archive but not change it; ask whoever runs the server to make you an editor, or use an archive"
    " of your own"
)
AGAIN_SECONDS = 10.0  # after an archive could not be reached, until it is tried again


@dataclass(frozen=True)
class Listed:
    """An archive as a user sees it; `problem` is the sentence that says why it cannot be opened, empty where it can."""

    key: str
    name: str
    articles: int
    first_day: str | None
    last_day: str | None
    may_change: bool
    problem: str


@dataclass(frozen=True)
class _Location:
    """Where an archive lies, and whether it is the user's own or one that all share."""

    folder: Path
    own: bool


class MayNot(ArchiveError):
    """An archive that this user may read but not change; the message says what to do."""


class _Failure:
    """Why an archive could not be had: told at once for some seconds, as a server that is away takes long to fail."""

    def __init__(self) -> None:
        self._sentence, self._until = "", 0.0

    @contextmanager
    def remembered(self) -> Iterator[None]:
        if time.monotonic() < self._until:
            raise ArchiveError(self._sentence)
        try:
            yield
        except ArchiveError as error:
            self._sentence, self._until = str(error), time.monotonic() + AGAIN_SECONDS
            raise


class _Held:
    """An open archive, the file that it was then, its newsroom once there is one, and what was looked up in it."""

    def __init__(self, archive: Archive, file: tuple[int, int]) -> None:
        self.archive = archive
        self.file = file
        self.stories = Stories(archive)
        self._looked_up: dict[str, tuple[int, Any]] = {}
        self._failure = _Failure()
        self.room: Newsroom | None = None

    def counts(self) -> Counts:
        return cast("Counts", self._once("counts", self.archive.counts))

    def timeline(self) -> list[tuple[str, int]]:
        return cast("list[tuple[str, int]]", self._once("timeline", self.archive.timeline))

    def front(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self._once("front", lambda: front(self.archive, self.stories)))

    def _once(self, name: str, look: Callable[[], object]) -> object:
        """Looked up again only when the archive has changed, whoever changed it."""
        with self._failure.remembered():
            generation = self.archive.generation
            if self._looked_up.get(name, (None,))[0] != generation:
                self._looked_up[name] = generation, look()
            return self._looked_up[name][1]


class _Opener:
    """The way to one archive. Who opens it is waited for by those who want the same one, and by nobody else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._file = 0, 0
        self._failure = _Failure()
        self.held: _Held | None = None

    def open(self) -> _Held:
        """The archive, opened where it is not open yet or was moved away and made again."""
        with self._lock:
            try:
                found = (self._folder / "archive.sqlite").stat()
                file = found.st_dev, found.st_ino
            except OSError:
                file = 0, 0  # opening it says what is the matter
            if file != self._file:
                self._file, self._failure = file, _Failure()
            if self.held is None or self.held.file != file:
                self.held = None  # not closed: somebody may be reading it still
                with self._failure.remembered():
                    try:
                        self.held = _Held(open_archive(self._folder), file)
                    except OSError as error:
                        raise ArchiveError(
                            f"{self._folder}: cannot be opened ({error.strerror}); check its permissions"
                        ) from None
            return self.held


class Archives:
    """The archives of a server. Safe from any thread; each archive is opened once, each model when it is needed.

    `archives` are those that the server was started with, the first for people to start in; those that people make lie
    in `folder`. With `logins` the former are read by all and changed by those who are editors by then, as `edits` says
    each time, and the latter are their maker's alone.
    """

    def __init__(
        self,
        settings: Settings,
        archives: Sequence[Path],
        folder: Path,
        *,
        logins: bool,
        edits: Callable[[str], bool] = lambda user: False,
        progress: Report = silent,
    ) -> None:
        self.models = Models(settings, progress)
        self._settings = settings
        self._named = list(dict.fromkeys(path.resolve() for path in archives))
        self._folder = folder.resolve() / "archives"
        self._logins = logins
        self._edits = edits
        self._openers: dict[Path, _Opener] = {}
        self._mutex = threading.Lock()
        self._making = threading.Lock()

    # What is there

    def listed(self, user: str) -> list[Listed]:
        """All archives that a user may see: those of the server in their order, then the user's own by folder."""
        places = self._places(user)
        entries = [self._look(user, key, place) for key, place in places.items()]
        names = tell_apart(
            [(entry.name, one_line(places[entry.key].folder.parent.name, keep=JOINERS)) for entry in entries]
        )
        return [replace(entry, name=name) for entry, name in zip(entries, names, strict=True)]

    def archive(self, user: str, key: str) -> Archive:
        """The archive alone, to count and to read; waits for no model.

        Raises ArchiveError where the user sees none of this key, or where it cannot be opened.
        """
        return self._held(self._place(user, key).folder).archive

    def counts(self, user: str, key: str) -> Counts:
        """What an archive holds; counted again only when it has changed, whoever changed it."""
        return self._held(self._place(user, key).folder).counts()

    def timeline(self, user: str, key: str) -> list[tuple[str, int]]:
        """As the archive has it; looked up again only when it has changed."""
        return self._held(self._place(user, key).folder).timeline()

    def front(self, user: str, key: str) -> dict[str, Any]:
        """What the front of an archive shows, as `qa.listing` has it; looked up again only when it has changed."""
        return self._held(self._place(user, key).folder).front()

    def stories(self, user: str, key: str) -> Stories:
        """What exact search asks of an archive; waits for no model."""
        return self._held(self._place(user, key).folder).stories

    def may_change(self, user: str, key: str) -> bool:
        """Whether a user may change an archive for all who see it; raises ArchiveError as `archive` does."""
        place = self._place(user, key)
        return self._may_change(user, place, self._held(place.folder).archive)

    def changeable(self, user: str, key: str) -> Archive:
        """The archive, for a user who may change it: every way to change one comes through here.

        Raises MayNot for another, ArchiveError as `archive` does.
        """
        place = self._place(user, key)
        archive = self._held(place.folder).archive
        if not archive.writable:
            raise MayNot("this archive can be read but not changed: the server may not write there")
        if not self._may_change(user, place, archive):
            raise MayNot(MAY_NOT)
        return archive

    # What can be done with it

    def room(self, user: str, key: str) -> Newsroom:
        """The newsroom of an archive, the same one each time; waits for the embedder.

        Raises ArchiveError as `archive` does, and where it was made with another embedder; ModelError where there is
        none.
        """
        folder = self._place(user, key).folder
        self._held(folder)  # an archive that cannot be opened is told before a model is waited for
        embedder = self.models.embedder()
        held = self._held(folder)
        with self._mutex:
            if held.room is None:
                held.room = self.models.newsroom(NewsIndex.over(held.archive, embedder))
            return held.room

    def to_change(self, user: str, key: str) -> tuple[NewsIndex, CountTokens]:
        """What `web.adding` adds to, and what counts its tokens; raises as `changeable` does."""
        self.changeable(user, key)
        return self.room(user, key).news, self.models.count_tokens()

    def make(self, user: str, name: str) -> str:
        """Makes a new, empty archive of a user's own and gives its key; waits for the embedder.

        Raises ArchiveError for a name that is none or taken, and where the disk does not take it.
        """
        own = self._own(user)
        if own is None:
            raise ArchiveError("only somebody who is logged in can make an archive; log in first")
        name = check_name(name)
        embedder = self.models.embedder()
        with self._making:
            there = self.listed(user)
            if any(compared(entry.name) == compared(name) for entry in there):
                raise ArchiveError(f'there is an archive called "{name}" already; choose another name')
            if sum(place.own for place in self._places(user).values()) >= MOST_ARCHIVES:
                raise ArchiveError(
                    f"you have {MOST_ARCHIVES} archives, which is as many as there can be; use one of them"
                )
            folder = free_folder(own, folder_name(name))
            try:
                folder.mkdir(parents=True)
            except OSError as error:
                raise ArchiveError(
                    f'"{name}" cannot be made ({error.strerror}); see whether the disk of the server is full'
                    " and its folder writable"
                ) from None
            try:
                news = NewsIndex.create(folder, embedder, max_tokens=self._settings.passage_tokens, name=name)
                news.ready()  # the empty search indexes: a question may come while the first articles are added
                news.close()
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return key_of(_Location(folder, own=True), user)

    def close(self) -> None:
        """Closes all archives; nothing may be asked of them afterwards."""
        with self._mutex:
            for opener in self._openers.values():
                if opener.held is not None:
                    opener.held.archive.close()
            self._openers.clear()

    # Who sees what

    def _own(self, user: str) -> Path | None:
        """The folder of a user's own archives; None for one who has none."""
        if not self._logins:
            return None if user else self._folder / LOCAL
        # What was made before there were logins is not shown to whoever takes that name.
        return self._folder / user if USER.fullmatch(user) and user != LOCAL else None

    def _places(self, user: str) -> dict[str, _Location]:
        """All that a user may see by key: the only way to an archive."""
        places = [_Location(folder, own=False) for folder in self._named]
        own = self._own(user)
        if own is not None:
            places += [_Location(folder, own=True) for folder in folders_in(own) if folder not in self._named]
        return {key_of(place, user): place for place in places}

    def _place(self, user: str, key: str) -> _Location:
        place = self._places(user).get(key)
        if place is None:
            raise ArchiveError("there is no such archive, or no more; choose one from the list")
        return place

    def _may_change(self, user: str, place: _Location, archive: Archive) -> bool:
        return archive.writable and (place.own or not self._logins or self._edits(user))

    # What is open

    def _look(self, user: str, key: str, place: _Location) -> Listed:
        name = one_line(place.folder.name, keep=JOINERS)
        try:
            held = self._held(place.folder)
            counts = held.counts()
            name = one_line(held.archive.about("name"), keep=JOINERS) or name
            may_change = self._may_change(user, place, held.archive)
        except ArchiveError as error:
            return Listed(key, name, 0, None, None, False, str(error))
        except (sqlite3.Error, OSError, ValueError) as error:  # a file that is damaged further in
            return Listed(key, name, 0, None, None, False, f"{place.folder}: damaged or not readable ({error})")
        problem = ""
        embedder = self.models.opened_embedder()
        if embedder is not None:
            try:
                NewsIndex.over(held.archive, embedder)
            except ArchiveError as error:
                problem = str(error)
        return Listed(key, name, counts.articles, counts.first_day, counts.last_day, may_change, problem)

    def _held(self, folder: Path) -> _Held:
        with self._mutex:
            opener = self._openers.setdefault(folder, _Opener(folder))
        return opener.open()


# Names and folders


def check_name(name: str) -> str:
    """A name for an archive, without white space around it; raises ArchiveError for one that is none.

    >>> check_name(" Election 2024 ")
    'Election 2024'
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ArchiveError(f"the name of an archive has 1 to {LONGEST_NAME} characters; this one has {len(name)}")
    if name != one_line(name, keep=JOINERS):
        raise ArchiveError("the name of an archive is letters, numbers, signs and single spaces; leave out the rest")
    return name


def compared(name: str) -> str:
    """A name as it is compared with others: capitals and ways of writing one letter make no difference."""
    return unicodedata.normalize("NFKC", name).casefold()


def folder_name(name: str) -> str:
    """A folder's name for what people call an archive.

    >>> folder_name("Élection: 2024!"), folder_name("../.."), folder_name("اخبار")
    ('election-2024', 'archive', 'archive')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or "archive"


def tell_apart(names: Sequence[tuple[str, str]]) -> list[str]:
    """Names that are all different, of names and what each stands in; a number where that is the same too.

    >>> tell_apart([("archive", "sport"), ("archive", "news"), ("Budget", "x")])
    ['archive (sport)', 'archive (news)', 'Budget']
    >>> tell_apart([("archive", "news"), ("Archive", "news")])
    ['archive (news)', 'Archive (news) 2']
    """
    often = Counter(compared(name) for name, _ in names)
    full = [f"{name} ({outer})" if often[compared(name)] > 1 else name for name, outer in names]
    seen: Counter[str] = Counter()
    told = []
    for name in full:
        seen[compared(name)] += 1
        told.append(f"{name} {seen[compared(name)]}" if seen[compared(name)] > 1 else name)
    return told


def key_of(place: _Location, user: str) -> str:
    """What names an archive to a browser, the same after a restart: says nothing of where it lies."""
    # One of a user's own by its name alone, so that the server's folder can move.
    where = f"own\0{user}\0{place.folder.name}" if place.own else f"named\0{place.folder}"
    return hashlib.sha256(where.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def folders_in(folder: Path) -> list[Path]:
    """The archives that lie in a folder, by name; links are not followed."""
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return []
    return [path for path in inside if not path.is_symlink() and is_archive(path)]


def free_folder(folder: Path, name: str) -> Path:
    """The first of name, name-2, name-3 … that is not there yet."""
    number, free = 1, folder / name
    while free.exists() or free.is_symlink():
        number += 1
        free = folder / f"{name}-{number}"
    return free
