"""What an archive is, wherever it lies: files, articles, passages, vectors, and who may write them.

`Archive` is the one protocol of all back ends, `Ranker` that of their search; `index.opening` says which there are, and
tests/index/test_archive_contract.py is what each of them keeps to.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ground.errors import GroundwireError
from ground.words import spelt
from index.article import Article
from index.copies.tables import Group, StoryPlace
from index.passage import Passage
from index.store.scope import EVERYTHING, Scope

STORIES = "stories"  # in an archive's folder, whatever its back end: the index of exact search
Mark = Literal["notes", "warnings"]
# A story's outlet and when it was published.
OutletAndDay = tuple[str | None, str | None]


class ArchiveError(GroundwireError):
    """An archive that is missing, of another kind, damaged or in use; the message says what to do."""


class ArchiveBusy(ArchiveError):
    """An archive that another process is writing to just now."""


@dataclass(frozen=True)
class StoredPassage:
    """A passage as an archive holds it. `digest` is the SHA-256 of the text that was embedded."""

    passage: Passage
    digest: bytes
    vector: NDArray[np.float32]


@dataclass(frozen=True)
class KnownFile:
    """A file that was read before: the folder its ids are relative to, and its SHA-256 when it was read to its end."""

    root: str
    sha256: str


@dataclass(frozen=True)
class Feed:
    """A feed that is followed. `updated` is the day it was last read to its end, None for never."""

    address: str
    title: str
    etag: str | None = None
    last_modified: str | None = None
    updated: str | None = None


@dataclass(frozen=True)
class Counts:
    """How much an archive holds, over which days, and what of it is not known.

    `outlets`, `kinds` (suffixes of files) and `languages` come with their number of stories, files and articles, most
    first; an outlet in capitals is the same outlet.
    """

    articles: int
    passages: int
    outlets: list[tuple[str, int]]
    first_day: str | None
    last_day: str | None
    stories: int
    files: int
    kinds: list[tuple[str, int]]
    languages: list[tuple[str, int]]
    undated: int
    unnamed: int


def ranked(found: Counter[str]) -> list[tuple[str, int]]:
    """Each name with its number, most first, then by name.

    >>> ranked(Counter("abcb"))
    [('b', 2), ('a', 1), ('c', 1)]
    """
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def count_stories(
    articles: Iterable[tuple[Sequence[OutletAndDay], str | None]], files: Sequence[str], passages: int
) -> Counts:
    """The counts of an archive: of each article its own outlet and date, then those of its sections, and its language.

    `files` are the paths that articles came from.
    """
    from index.reading.files import kind_of  # not for the searches, which want to start at once

    spellings: dict[str, Counter[str]] = {}
    languages: Counter[str] = Counter()
    days: list[str] = []
    total = number = undated = unnamed = 0
    for told, language in articles:
        # A page whose first section is its head says it twice.
        stories = told[1:] if len(told) > 1 and told[0] == told[1] else told
        total += 1
        number += len(stories)
        if language:
            languages[language] += 1
        for outlet, day in stories:
            if outlet:
                spellings.setdefault(outlet.casefold(), Counter())[outlet] += 1
            if day:
                days.append(day[:10])
            unnamed += not outlet
            undated += not day
    kinds = Counter(kind_of(Path(path)) for path in files)
    outlets = Counter({spelt(found): found.total() for found in spellings.values()})
    return Counts(
        total,
        passages,
        ranked(outlets),
        min(days, default=None),
        max(days, default=None),
        number,
        len(files),
        ranked(kinds),
        ranked(languages),
        undated,
        unnamed,
    )


class Archive(Protocol):
    """An open archive. Reading is safe from several threads; writing wants the lock that `writing` takes.

    `place` is what people call it: a folder or an address. `folder` lies on this machine whatever the place, and keeps
    what came with the articles: fetched pages, added files, marks.
    """

    folder: Path
    writable: bool

    @property
    def place(self) -> str: ...

    def close(self) -> None: ...

    def writing(self) -> AbstractContextManager[None]:
        """Holds the one writer's lock; raises ArchiveBusy at once when another has it."""

    def change(self) -> AbstractContextManager[None]:
        """One change and one generation: all of it is found afterwards, or nothing.

        Raises ArchiveError where it cannot be written; what was there before is whole.
        """

    # What it is

    def about(self, name: str) -> str:
        """One value of what the archive keeps to; the empty string for one that it does not know."""

    @property
    def generation(self) -> int:
        """How often it has changed."""

    def counts(self) -> Counts:
        """What the archive holds, in numbers."""

    def contents(self) -> str:
        """SHA-256 over the articles' ids and digests: says which articles an answer was found in. Reads no vectors."""

    def fingerprint(self) -> str:
        """SHA-256 over all articles, passages and vectors in order of article id: equal for equal archives."""

    @property
    def passage_count(self) -> int: ...

    def size(self) -> int | None:
        """Its bytes on this machine's disk; None where it lies elsewhere."""

    # Files

    def files_under(self, path: Path) -> dict[str, KnownFile]:
        """Known files at or below `path`, by their path."""

    def files_of(self, hashes: Iterable[str]) -> dict[str, str]:
        """SHA-256 → path of the known files whose bytes have one of these."""

    def roots(self) -> list[str]:
        """The folders that article ids are relative to."""

    def put_file(self, path: str, root: str, sha256: str) -> int:
        """The row of a file, new or known, with this hash; an empty hash says that it is not read to its end."""

    def forget_file(self, path: str) -> None:
        """Takes out a file that is gone, with its articles."""

    # Feeds: no part of what is searched, so that a change of them makes no new generation

    def feeds(self) -> list[Feed]:
        """The feeds that are followed, in order of address."""

    def put_feed(self, feed: Feed) -> None:
        """Follows a feed, or notes what is new of one."""

    def remove_feed(self, address: str) -> None:
        """Follows a feed no more; its articles stay."""

    # Articles and passages

    def digests_of_file(self, path: str) -> dict[str, str]:
        """Article id → digest of the articles that came from one file."""

    def reader_ids(self, path: str) -> dict[str, str]:
        """Article id → the id that its reader made, of the articles from one file that have another."""

    def digests(self) -> dict[str, str]:
        """Article id → digest of all articles, in order of id."""

    def holds(self, article_id: str) -> bool:
        """Whether an article has this id, or one below it as the members of a container have."""

    def owners(self) -> dict[str, str]:
        """Article id → path of the file it came from, for all articles."""

    def file_of(self, article_id: str) -> str | None:
        """The path of the file that an article came from; None for one that is not there."""

    def vectors_of(self, article_id: str) -> dict[bytes, NDArray[np.float32]]:
        """Digest → vector of the passages that an article has now, to be used again."""

    def put_article(self, article: Article, file: int, passages: Sequence[StoredPassage]) -> None:
        """Writes an article and its passages; passages of an earlier version that did not change keep their rows."""

    def remove_articles(self, ids: Iterable[str]) -> None:
        """Takes articles and their passages out."""

    def article(self, article_id: str) -> Article | None:
        """One article by its id."""

    def passages(self, rows: Sequence[int]) -> dict[int, tuple[str, Passage]]:
        """Row → article id and passage, for those of `rows` that are still there."""

    def spans(self, article_id: str) -> list[tuple[int, int]]:
        """Start and end of every passage of an article, in order; none for an article that is not there."""

    def stored(self, article_id: str) -> list[StoredPassage]:
        """The passages of an article with their vectors, in order."""

    def articles_with(self, what: Mark) -> list[str]:
        """The ids of the articles that hold corrections ("notes"), or that carry "warnings", in order."""

    # Copies and versions

    def groups(self, article_id: str | None = None) -> list[Group]:
        """The groups of copies and versions, or those that hold a story of one article, by name."""

    def places(self, article_id: str) -> list[StoryPlace]:
        """The stories of an article that are in a group, in order."""

    def count_copies(self, articles: Collection[str] | None = None) -> tuple[int, int]:
        """How many stories, of these articles or of all, are copies of another, and how many are superseded."""

    # Part of it

    def any_within(self, scope: Scope) -> bool:
        """Whether a passage lies within a scope."""

    def known(self, scope: Scope) -> Scope:
        """The scope in the archive's own spelling; raises ScopeError for a value that the archive does not hold."""

    def timeline(self, scope: Scope = EVERYTHING) -> list[tuple[str, int]]:
        """How many stories within a scope came out on each day, in each month or in each year: 60 numbers at most."""

    def titles(self, words: str, limit: int) -> list[tuple[str, str, str | None, str | None]]:
        """Id, headline, outlet and date of the articles whose id and headlines hold all of `words`, newest first."""


Rankings = dict[str, list[tuple[int, float]]]


class Ranker(Protocol):
    """The search of one archive. Searching is safe from several threads."""

    def ready(self, say: Callable[[str], None]) -> None:
        """Makes ready to search what the archive holds; `say` hears of work that takes long.

        While another process writes, or where nothing can be written, it searches what is there; raises ArchiveError
        where nothing whole is.
        """

    def refresh(self) -> None:
        """Brings what is searched to the archive's generation; the caller holds the writer's lock."""

    def current(self) -> dict[str, bool]:
        """Each part of the search by name, and whether it is whole and of the archive's generation."""

    def rank(self, question: str, vector: NDArray[np.float32], k: int, scope: Scope) -> Rankings:
        """Passage rows with their scores by stage, best first: "dense" cosines and "lexical" BM25, `k` each.

        `vector` is the question's, `(1, d) float32` of unit length. Within a scope they are the first `k` of it in the
        ranking of all, with the scores that they have there.
        """
