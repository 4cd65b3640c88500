"""How an archive in Milvus is read: records by id, passages by row, and what is asked of all articles by catalogue."""

import hashlib
import json
import threading
from base64 import b64decode
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.article import Article
from index.copies.tables import Group, StoryPlace
from index.passage import Passage
from index.scale.milvus.catalogue import Catalogue, article_id, copies_id, read_article
from index.scale.milvus.store import PASSAGES, Store, key_of, quoted, row_of
from index.store.archive import ArchiveError, Counts, Feed, KnownFile, Mark, StoredPassage
from index.store.scope import EVERYTHING, Scope

KEPT = 256  # articles that a search has just named, until they are asked for


@dataclass(frozen=True)
class ArticleRecord:
    """What an article's record says: everything but the text, whose pieces it names, and its passages' rows."""

    held: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.held["article"]["id"])

    @property
    def spans(self) -> list[tuple[int, int, bytes]]:
        return [(start, end, b64decode(digest)) for start, end, digest in self.held["passages"]]

    @property
    def rows(self) -> list[int]:
        return [row_of(self.id, start, end, digest.hex()) for start, end, digest in self.spans]

    @property
    def pieces(self) -> set[str]:
        stamp, count = self.held["text"]
        return {f"text-{key_of(self.id)}-{stamp}-{i}" for i in range(count)}


class MilvusReader:
    """An archive in Milvus as it is read, by several threads at once."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.folder = folder
        self.writable = True
        self.store = store
        self._about: dict[str, str] = {}
        self._generation = -1
        self._mutex = threading.RLock()
        self._catalogue = Catalogue.at(folder, None)
        self._writing: Catalogue | None = None
        self._alone = False  # while nobody else writes
        self._reading = threading.Lock()
        self._recent: dict[str, tuple[Article | None, list[StoryPlace] | None]] = {}

    @property
    def place(self) -> str:
        return self.store.address.place

    def close(self) -> None:
        self._catalogue.close()
        self.store.close()

    # What it is

    def about(self, name: str) -> str:
        """One value of what the archive keeps to; the empty string for one that it does not know."""
        return str(self.generation) if name == "generation" else self._about.get(name, "")

    @property
    def generation(self) -> int:
        """How often it has changed; what others have changed until now is found from here on."""
        if self._alone:
            return self._generation  # nobody else writes
        held = self.store.read(["about"], newest=True)
        if "about" not in held:
            raise ArchiveError(
                f"{self.place}: the archive is gone; make one with: groundwire index PATH --archive {self.place}"
            )
        about = json.loads(held["about"])
        read = int(about["generation"])
        if (about["about"].get("id"), read) != (self._about.get("id"), self._generation):
            self.store.changed()
            self._about, self._generation, self._recent = about["about"], read, {}
        return read

    @property
    def state(self) -> tuple[str, int]:
        """Its id and generation, as of now: one made anew in the same place is another, of the same generation even."""
        generation = self.generation
        return self._about.get("id", ""), generation

    def _all(self) -> Catalogue:
        """What is asked of all articles, as it is now."""
        if self._writing is not None:
            return self._writing
        with self._mutex:
            self._catalogue.bring_up(self.store, *self.state)
            return self._catalogue

    def counts(self) -> Counts:
        """What the archive holds, in numbers."""
        return self._all().counts()

    def contents(self) -> str:
        """SHA-256 over the articles' ids and digests: says which articles an answer was found in. Reads no vectors."""
        return self._all().contents()

    def fingerprint(self) -> str:
        """SHA-256 over all articles, passages and vectors in order of article id: equal for equal archives."""
        total = hashlib.sha256(self.about("embedder").encode())
        for id, digest in self.digests().items():
            passages: list[tuple[object, ...]] = [
                (p.passage.start, p.passage.end, p.digest, p.vector.tobytes()) for p in self.stored(id)
            ]
            for values in passages or [(None,) * 4]:  # as the embedded archive's query has an article without one
                for value in (id, digest, *values):
                    total.update(value if isinstance(value, bytes) else str(value).encode())
                    total.update(b"\0")
        return total.hexdigest()

    @property
    def passage_count(self) -> int:
        return self._all().passage_count

    def size(self) -> int | None:
        """The bytes of a Milvus Lite's file; None for a server's."""
        if self.store.address.database:
            return None
        return sum(file.stat().st_size for file in Path(self.store.address.uri).rglob("*") if file.is_file())

    # Files

    def files_under(self, path: Path) -> dict[str, KnownFile]:
        """Known files at or below `path`, by their path."""
        return self._all().files_under(path)

    def files_of(self, hashes: Iterable[str]) -> dict[str, str]:
        """SHA-256 → path of the known files whose bytes have one of these."""
        return self._all().files_of(hashes)

    def roots(self) -> list[str]:
        """The folders that article ids are relative to."""
        return self._all().roots()

    def digests_of_file(self, path: str) -> dict[str, str]:
        """Article id → digest of the articles that came from one file."""
        return self._all().digests_of_file(path)

    def reader_ids(self, path: str) -> dict[str, str]:
        """Article id → the id that its reader made, of the articles from one file that have another."""
        return self._all().reader_ids(path)

    def digests(self) -> dict[str, str]:
        """Article id → digest of all articles, in order of id."""
        return self._all().digests()

    def holds(self, article_id: str) -> bool:
        """Whether an article has this id, or one below it as the members of a container have."""
        return self._all().holds(article_id)

    def owners(self) -> dict[str, str]:
        """Article id → path of the file it came from, for all articles."""
        return self._all().owners()

    def file_of(self, article_id: str) -> str | None:
        """The path of the file that an article came from; None for one that is not there."""
        return self._all().owners().get(article_id)

    # Feeds: no part of what is searched, so that a change of them makes no new generation

    def feeds(self) -> list[Feed]:
        """The feeds that are followed, in order of address."""
        read = self.store.read(list(self.store.stamps("feed")), newest=True)
        return sorted((Feed(*json.loads(value)) for value in read.values()), key=lambda feed: feed.address)

    # Articles and passages

    def _heads(self, ids: Sequence[str], *, newest: bool = False) -> dict[str, ArticleRecord]:
        """Record id → what it says, of the articles that are there."""
        return {
            id: ArticleRecord(json.loads(value)) for id, value in self.store.read(ids, newest=newest).items() if value
        }

    def _head(self, id: str) -> ArticleRecord | None:
        return self._heads([article_id(id)]).get(article_id(id))

    def article(self, article_id: str) -> Article | None:
        """One article by its id; of one that a search has just named, what was read with it."""
        with self._reading:
            article, places = self._recent.pop(article_id, (None, None))
            if article is not None:
                if places is not None:
                    self._recent[article_id] = None, places
                return article
        head = self._head(article_id)
        return self._article_of(head) if head else None

    def _article_of(self, head: ArticleRecord) -> Article:
        stamp, count = head.held["text"]
        return read_article(head.held["article"], self.store.text(f"text-{key_of(head.id)}", stamp, count))

    def passages(self, rows: Sequence[int]) -> dict[int, tuple[str, Passage]]:
        """Row → article id and passage, for those of `rows` that are still there.

        Their articles are read along, for they are asked for next.
        """
        found = self.store.query(PASSAGES, [int(row) for row in rows], ["article", "start", "end"])
        keys = sorted({row["article"] for row in found})
        heads = self._heads([f"article-{key}" for key in keys])
        named = {row: head for head in heads.values() for row in head.rows}
        self._read_along(list(heads.values()))
        return {
            row["id"]: (named[row["id"]].id, Passage(int(row["start"]), int(row["end"])))
            for row in found
            if row["id"] in named
        }

    def _read_along(self, heads: list[ArticleRecord]) -> None:
        few = heads[:KEPT]
        texts = self.store.texts([(f"text-{key_of(head.id)}", *head.held["text"]) for head in few])
        places = self._places([head.id for head in few])
        read = {
            head.id: (read_article(head.held["article"], text), places[head.id])
            for head, text in zip(few, texts, strict=True)
            if text is not None
        }
        with self._reading:
            self._recent = dict(list({**self._recent, **read}.items())[-KEPT:])

    def spans(self, article_id: str) -> list[tuple[int, int]]:
        """Start and end of every passage of an article, in order; none for an article that is not there."""
        head = self._head(article_id)
        return sorted((start, end) for start, end, _ in head.spans) if head else []

    def stored(self, article_id: str) -> list[StoredPassage]:
        """The passages of an article with their vectors, in order."""
        head = self._head(article_id)
        if head is None:
            return []
        vectors = self._vectors(head.rows)
        return sorted(
            (
                StoredPassage(Passage(start, end), digest, vectors[row])
                for row, (start, end, digest) in zip(head.rows, head.spans, strict=True)
            ),
            key=lambda stored: stored.passage.start,
        )

    def _vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        found = {row["id"]: row["vector"] for row in self.store.query(PASSAGES, rows, ["vector"])}
        if len(found) < len(set(rows)):
            found = {row["id"]: row["vector"] for row in self.store.query(PASSAGES, rows, ["vector"], newest=True)}
        if len(found) < len(set(rows)):
            raise ArchiveError(
                f"{self.place}: {len(set(rows)) - len(found)} passages of an article are missing; the archive is being"
                " changed, or damaged: ask again, then index again"
            )
        return {row: np.asarray(vector, np.float32) for row, vector in found.items()}

    def vectors_of(self, article_id: str) -> dict[bytes, NDArray[np.float32]]:
        """Digest → vector of the passages that an article has now, to be used again."""
        return {stored.digest: stored.vector for stored in self.stored(article_id)}

    # Copies and versions

    def groups(self, article_id: str | None = None) -> list[Group]:
        """The groups of copies and versions, or those that hold a story of one article, by name."""
        return self._all().groups(article_id)

    def places(self, article_id: str) -> list[StoryPlace]:
        """The stories of an article that are in a group, in order."""
        with self._reading:
            article, places = self._recent.pop(article_id, (None, None))
            if places is not None:
                if article is not None:
                    self._recent[article_id] = article, None
                return places
        return self._places([article_id])[article_id]

    def _places(self, ids: Sequence[str]) -> dict[str, list[StoryPlace]]:
        read = self.store.read([copies_id(id) for id in ids])
        held = {id: json.loads(read[copies_id(id)])["stories"] if read.get(copies_id(id)) else [] for id in ids}
        return {
            id: [
                StoryPlace(start, end, f"{source}:{source_start}", by is not None)
                for source, source_start, _, by, _, _, start, end, *_ in stories
            ]
            for id, stories in held.items()
        }

    def articles_with(self, what: Mark) -> list[str]:
        """The ids of the articles that hold corrections ("notes"), or that carry "warnings", in order."""
        return self._all().articles_with(what)

    def count_copies(self, articles: Collection[str] | None = None) -> tuple[int, int]:
        """How many stories, of these articles or of all, are copies of another, and how many are superseded."""
        return self._all().count_copies(articles)

    # Part of it

    def rows_within(self, scope: Scope) -> NDArray[np.int64]:
        """The rows `(n,) int64` of the passages within a scope, in order."""
        found = self.store.scan(PASSAGES, where(scope), [])
        return np.sort(np.array([row["id"] for row in found], np.int64))

    def any_within(self, scope: Scope) -> bool:
        """Whether a passage lies within a scope."""
        return bool(self.store.some(PASSAGES, where(scope)))

    def known(self, scope: Scope) -> Scope:
        """The scope in the archive's own spelling; raises ScopeError for a value that the archive does not hold."""
        if not (scope.outlets or scope.languages or scope.articles):
            return scope
        return self._all().known(scope)

    def timeline(self, scope: Scope = EVERYTHING) -> list[tuple[str, int]]:
        """How many stories within a scope came out on each day, in each month or in each year: 60 numbers at most."""
        return self._all().timeline(scope)

    def titles(self, words: str, limit: int) -> list[tuple[str, str, str | None, str | None]]:
        """Id, headline, outlet and date of the articles whose id and headlines hold all of `words`, newest first."""
        return self._all().titles(words, limit)


def where(scope: Scope) -> str:
    """A scope as a filter over the passages; the empty string where it leaves nothing out.

    >>> print(where(Scope(outlets=("AFP",), since="2020-01-03", languages=("EN",))))
    outlet in ["afp"] and language in ["en"] and day >= "2020-01-03"
    """
    parts = []
    if scope.outlets:
        parts.append(f"outlet in {quoted(sorted({outlet.casefold() for outlet in scope.outlets}))}")
    if scope.languages:
        parts.append(f"language in {quoted(sorted({language.lower() for language in scope.languages}))}")
    if scope.articles:
        parts.append(f"article in {quoted(sorted(map(key_of, scope.articles)))}")
    if scope.first_day:
        parts.append(f'day >= "{scope.first_day}"')
    if scope.last_day:
        parts.append(f'day <= "{scope.last_day}"' + ("" if scope.first_day else ' and day != ""'))
    return " and ".join(parts)
