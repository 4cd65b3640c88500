"""The archive that lies in a folder: one SQLite file is the truth, every change of it one transaction.

Passage rows are never used twice, so a row found in an index that lags behind is either gone or right.
`generation` counts the changes: an index made from an older generation knows what it has missed.
"""

import hashlib
import json
import shlex
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from ground.files import below
from index.article import Article, article_of
from index.copies.tables import SCHEMA as COPIES_SCHEMA
from index.copies.tables import Group, StoryPlace, count_copies, groups, places, put_stories, regroup, take_out_stories
from index.passage import Passage
from index.store.archive import ArchiveBusy, ArchiveError, Counts, Feed, KnownFile, Mark, StoredPassage, count_stories
from index.store.scope import EVERYTHING, Scope
from index.store.within import known, rows_within, timeline, titles

FILE = "archive.sqlite"
INDEXES = ("faiss", "tantivy")  # folders of what is derived from it
SCOPES_KEPT = 8
FORMAT = 3
BLOCK = 4096  # vectors that are in memory at once while an index is made of them
COLUMNS = ("id", "text", "title", "source", "published", "url", "byline", "body_start")
DETAILS = (
    *("updated", "agency", "place", "language", "original", "pages", "asides", "origins", "reader_id"),
    *("desk", "length", "notes", "warnings", "doubts"),
)
# Rows of passages and their vectors.
RowVectors = tuple[NDArray[np.int64], NDArray[np.float32]]
# Few articles hold corrections or warnings: these are found without reading the others. Older archives lack the indexes
# until they are next written to, and till then no such article.
HOLDS = "json_array_length(details, '$.{}') > 0"
MARKED = {
    what: f"CREATE INDEX IF NOT EXISTS articles_with_{what} ON articles(id) WHERE {HOLDS.format(what)}"
    for what in ("notes", "warnings")
}
SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    row INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, root TEXT NOT NULL, sha256 TEXT NOT NULL
);
CREATE TABLE articles (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, file INTEGER NOT NULL REFERENCES files(row),
    digest TEXT NOT NULL, text TEXT NOT NULL, title TEXT NOT NULL, source TEXT, published TEXT, url TEXT, byline TEXT,
    body_start INTEGER NOT NULL, sections TEXT NOT NULL, details TEXT NOT NULL
);
CREATE INDEX articles_of_file ON articles(file);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles(row),
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, digest BLOB NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX passages_of_article ON passages(article);
CREATE TABLE removed (row INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE TABLE feeds (
    address TEXT PRIMARY KEY, title TEXT NOT NULL, etag TEXT, last_modified TEXT, updated TEXT
) WITHOUT ROWID;
"""
SCHEMA += "".join(f"{statement};\n" for statement in MARKED.values())


class EmbeddedArchive:
    """An open archive. Reading is safe from several threads; writing wants the lock that `writing` takes."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, *, writable: bool) -> None:
        self.folder = folder
        self.writable = writable
        self._db = connection
        self._mutex = threading.RLock()
        self._scattered: sqlite3.Connection | None = None
        self._scattered_mutex = threading.Lock()
        self._within: dict[tuple[int, Scope], NDArray[np.int64]] = {}
        self._touched: set[int] = set()  # stories whose groups are made again before the transaction ends

    @classmethod
    def create(cls, folder: Path, about: dict[str, str]) -> "EmbeddedArchive":
        """A new archive in `folder`, which may exist but holds none yet; `about` is what it keeps to.

        It arrives by a rename, so that a kill leaves all of it or nothing. Raises ArchiveError where there is one.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(
                f"{folder}: no archive can be made here ({error.strerror}); name another --archive"
            ) from None
        file, fresh = folder / FILE, folder / f"{FILE}.new"
        with _lock(folder):
            if file.exists():
                raise ArchiveError(f"{folder}: holds an archive already; open it, or name another --archive")
            for left in folder.glob(f"{FILE}?*"):
                left.unlink()  # of a kill, or of an archive that was taken away without its log
            try:
                connection = _connect(fresh)
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(f"BEGIN;{SCHEMA}{COPIES_SCHEMA}COMMIT;")
                rows = {"format": str(FORMAT), "generation": "0", **about}
                connection.executemany("INSERT INTO about VALUES (?, ?)", rows.items())
                connection.close()
            except sqlite3.OperationalError as error:
                raise ArchiveError(
                    f"{folder}: no archive can be made here ({error}); see whether the disk is full, or name another"
                    " --archive"
                ) from error
            fresh.rename(file)
        return cls(folder, _connect(file), writable=True)

    @classmethod
    def open(cls, folder: Path) -> "EmbeddedArchive":
        """The archive in `folder`; raises ArchiveError where there is none or it cannot be read."""
        file = folder / FILE
        if folder.is_file():
            raise ArchiveError(f"{folder}: is a file; --archive names a folder")
        if not file.is_file():
            make = f"groundwire index PATH --archive {shlex.quote(str(folder))}"
            raise ArchiveError(f"{folder}: no archive here; make one with: {make}")
        writable = _can_write(folder)
        try:
            connection = _connect(file, _options(folder, writable))
            archive = cls(folder, connection, writable=writable)
            held = archive.about("format")
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                raise ArchiveError(f"{file}: cannot be read ({error}); see whether the disk is full") from None
            raise ArchiveError(
                f"{file}: damaged or no archive ({error}); move it away and run groundwire index again"
            ) from None
        if held != str(FORMAT):
            raise ArchiveError(
                f"{folder}: made by another version (format {held}, not {FORMAT}); index again elsewhere"
            )
        return archive

    @property
    def place(self) -> str:
        return str(self.folder)

    def close(self) -> None:
        with self._scattered_mutex:
            if self._scattered is not None:
                self._scattered.close()
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the one writer's lock; raises ArchiveError at once when another process has it."""
        with _lock(self.folder):
            yield

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction and one generation: all of it is there afterwards, or nothing.

        Raises ArchiveError where the disk does not take it.
        """
        with self._mutex:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                for statement in MARKED.values():
                    self._db.execute(statement)
                yield
                regroup(self._db, self._touched)
                self._db.execute("UPDATE about SET value = value + 1 WHERE name = 'generation'")
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise ArchiveError(
                        f"{self.folder}: cannot be written ({error}); what was in it is whole:"
                        " see whether the disk is full, and run groundwire index again"
                    ) from error
                raise
            finally:
                self._touched = set()

    # What it is

    def about(self, name: str) -> str:
        """One value of what the archive keeps to; the empty string for one that it does not know."""
        rows = self._rows("SELECT value FROM about WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    @property
    def generation(self) -> int:
        return int(self.about("generation"))

    def counts(self) -> Counts:
        """What the archive holds, in numbers."""
        query = "SELECT source, published, sections, json_extract(details, '$.language') FROM articles"
        articles = (
            ([(source, published), *((s["source"], s["published"]) for s in json.loads(sections))], language)
            for source, published, sections, language in self._rows(query)
        )
        files = [path for (path,) in self._rows("SELECT path FROM files WHERE row IN (SELECT file FROM articles)")]
        return count_stories(articles, files, self.passage_count)

    def contents(self) -> str:
        """SHA-256 over the articles' ids and digests: says which articles an answer was found in. Reads no vectors."""
        total = hashlib.sha256()
        for row in self.digests().items():
            total.update("\0".join(row).encode())
        return total.hexdigest()

    def fingerprint(self) -> str:
        """SHA-256 over all articles, passages and vectors in order of article id: equal for equal archives."""
        total = hashlib.sha256(self.about("embedder").encode())
        rows = self._each(
            'SELECT a.id, a.digest, p."start", p."end", p.digest, p.vector FROM articles a LEFT JOIN passages p'
            ' ON p.article = a.row ORDER BY a.id, p."start"'
        )
        for row in rows:
            for value in row:
                total.update(value if isinstance(value, bytes) else str(value).encode())
                total.update(b"\0")
        return total.hexdigest()

    # Files

    def files_under(self, path: Path) -> dict[str, KnownFile]:
        """Known files at or below `path`, by their path."""
        first, end = below(path)
        try:
            first.encode()
        except UnicodeEncodeError:
            return {}  # no file below such a name was ever taken in
        # A range of the index: what starts with "a/" stands between "a/" and "a0". Many single files are asked for.
        rows = self._rows(
            "SELECT path, root, sha256 FROM files WHERE path = ? OR (path >= ? AND path < ?)",
            (str(path), first, end),
        )
        return {name: KnownFile(root, sha256) for name, root, sha256 in rows}

    def files_of(self, hashes: Iterable[str]) -> dict[str, str]:
        """SHA-256 → path of the known files whose bytes have one of these."""
        wanted = set(hashes) - {""}
        found = self._each("SELECT sha256, path FROM files ORDER BY path DESC") if wanted else ()
        return {sha256: path for sha256, path in found if sha256 in wanted}

    def roots(self) -> list[str]:
        """The folders that article ids are relative to."""
        return [root for (root,) in self._rows("SELECT DISTINCT root FROM files ORDER BY root")]

    def put_file(self, path: str, root: str, sha256: str) -> int:
        """The row of a file, new or known, with this hash; an empty hash says that it is not read to its end."""
        self._db.execute(
            "INSERT INTO files (path, root, sha256) VALUES (?, ?, ?)"
            " ON CONFLICT(path) DO UPDATE SET sha256 = excluded.sha256",
            (path, root, sha256),
        )
        return int(self._rows("SELECT row FROM files WHERE path = ?", (path,))[0][0])

    def forget_file(self, path: str) -> None:
        """Takes out a file that is gone, with its articles."""
        self.remove_articles(self.digests_of_file(path))
        self._db.execute("DELETE FROM files WHERE path = ?", (path,))

    # Feeds: no part of what is searched, so that a change of them makes no new generation

    def feeds(self) -> list[Feed]:
        """The feeds that are followed, in order of address."""
        return [
            Feed(*row)
            for row in self._rows("SELECT address, title, etag, last_modified, updated FROM feeds ORDER BY address")
        ]

    def put_feed(self, feed: Feed) -> None:
        """Follows a feed, or notes what is new of one."""
        values = (feed.address, feed.title, feed.etag, feed.last_modified, feed.updated)
        self._rows(
            "INSERT OR REPLACE INTO feeds (address, title, etag, last_modified, updated) VALUES (?, ?, ?, ?, ?)", values
        )

    def remove_feed(self, address: str) -> None:
        """Follows a feed no more; its articles stay."""
        self._rows("DELETE FROM feeds WHERE address = ?", (address,))

    # Articles and passages

    def digests_of_file(self, path: str) -> dict[str, str]:
        """Article id → digest of the articles that came from one file."""
        query = "SELECT a.id, a.digest FROM articles a JOIN files f ON f.row = a.file WHERE f.path = ?"
        return dict(self._rows(query, (path,)))

    def reader_ids(self, path: str) -> dict[str, str]:
        """Article id → the id that its reader made, of the articles from one file that have another."""
        query = (
            "SELECT a.id, json_extract(a.details, '$.reader_id') AS made FROM articles a JOIN files f ON f.row = a.file"
            " WHERE f.path = ? AND made IS NOT NULL"
        )
        return dict(self._rows(query, (path,)))

    def digests(self) -> dict[str, str]:
        """Article id → digest of all articles, in order of id."""
        return dict(self._rows("SELECT id, digest FROM articles ORDER BY id"))

    def holds(self, article_id: str) -> bool:
        """Whether an article has this id, or one below it as the members of a container have."""
        inside = f"{article_id}/"
        return bool(
            self._rows(
                "SELECT 1 FROM articles WHERE id = ? OR (id >= ? AND id < ?) LIMIT 1",
                (article_id, inside, inside[:-1] + "0"),
            )
        )

    def owners(self) -> dict[str, str]:
        """Article id → path of the file it came from, for all articles."""
        return dict(self._rows("SELECT a.id, f.path FROM articles a JOIN files f ON f.row = a.file"))

    def file_of(self, article_id: str) -> str | None:
        """The path of the file that an article came from; None for one that is not there."""
        query = "SELECT f.path FROM articles a JOIN files f ON f.row = a.file WHERE a.id = ?"
        return next((path for (path,) in self._rows(query, (article_id,))), None)

    def vectors_of(self, article_id: str) -> dict[bytes, NDArray[np.float32]]:
        """Digest → vector of the passages that an article has now, to be used again."""
        rows = self._rows(
            "SELECT p.digest, p.vector FROM passages p JOIN articles a ON a.row = p.article WHERE a.id = ?",
            (article_id,),
        )
        return {digest: np.frombuffer(vector, np.float32) for digest, vector in rows}

    def put_article(self, article: Article, file: int, passages: Sequence[StoredPassage]) -> None:
        """Writes an article and its passages; passages of an earlier version that did not change keep their rows."""
        said = asdict(article)
        values = (
            *(article.id, file, article.digest, article.text, article.title, article.source, article.published),
            *(article.url, article.byline, article.body_start),
            json.dumps(said["sections"], ensure_ascii=False),
            json.dumps({name: said[name] for name in DETAILS}, ensure_ascii=False),
        )
        self._db.execute(
            "INSERT INTO articles (id, file, digest, text, title, source, published, url, byline, body_start, sections,"
            " details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET file = excluded.file,"
            " digest = excluded.digest, text = excluded.text, title = excluded.title, source = excluded.source,"
            " published = excluded.published, url = excluded.url, byline = excluded.byline,"
            " body_start = excluded.body_start, sections = excluded.sections, details = excluded.details",
            values,
        )
        [(row,)] = self._rows("SELECT row FROM articles WHERE id = ?", (article.id,))
        old = {
            (start, end, digest): passage
            for passage, start, end, digest in self._rows(
                'SELECT row, "start", "end", digest FROM passages WHERE article = ?', (row,)
            )
        }
        fresh = [p for p in passages if old.pop((p.passage.start, p.passage.end, p.digest), None) is None]
        self._remove_passages(old.values())
        self._db.executemany(
            'INSERT INTO passages (article, "start", "end", digest, vector) VALUES (?, ?, ?, ?, ?)',
            [(row, p.passage.start, p.passage.end, p.digest, p.vector.tobytes()) for p in fresh],
        )
        self._touched |= put_stories(self._db, row, article)

    def remove_articles(self, ids: Iterable[str]) -> None:
        """Takes articles and their passages out."""
        for article_id in ids:
            rows = self._rows("SELECT row FROM articles WHERE id = ?", (article_id,))
            for (row,) in rows:
                self._remove_passages(p for (p,) in self._rows("SELECT row FROM passages WHERE article = ?", (row,)))
                self._touched |= take_out_stories(self._db, row)
                self._db.execute("DELETE FROM articles WHERE row = ?", (row,))

    def _remove_passages(self, rows: Iterable[int]) -> None:
        gone = list(rows)
        self._db.executemany(
            "INSERT INTO removed SELECT ?, value + 1 FROM about WHERE name = 'generation'", [(row,) for row in gone]
        )
        self._db.executemany("DELETE FROM passages WHERE row = ?", [(row,) for row in gone])

    def article(self, article_id: str) -> Article | None:
        """One article by its id."""
        query = f"SELECT {', '.join(COLUMNS)}, sections, details FROM articles WHERE id = ?"
        rows = self._rows(query, (article_id,))
        if not rows:
            return None
        *values, sections, details = rows[0]
        told = dict(zip(COLUMNS, values, strict=True))
        return article_of(told | {"sections": json.loads(sections)} | json.loads(details))

    def passages(self, rows: Sequence[int]) -> dict[int, tuple[str, Passage]]:
        """Row → article id and passage, for those of `rows` that are still there."""
        marks = ",".join("?" * len(rows))
        found = self._rows(
            f'SELECT p.row, a.id, p."start", p."end" FROM passages p JOIN articles a ON a.row = p.article'
            f" WHERE p.row IN ({marks})",
            tuple(rows),
        )
        return {row: (article_id, Passage(start, end)) for row, article_id, start, end in found}

    def spans(self, article_id: str) -> list[tuple[int, int]]:
        """Start and end of every passage of an article, in order; none for an article that is not there."""
        return self._rows(
            'SELECT p."start", p."end" FROM passages p JOIN articles a ON a.row = p.article'
            ' WHERE a.id = ? ORDER BY p."start"',
            (article_id,),
        )

    def stored(self, article_id: str) -> list[StoredPassage]:
        """The passages of an article with their vectors, in order."""
        rows = self._rows(
            'SELECT p."start", p."end", p.digest, p.vector FROM passages p JOIN articles a ON a.row = p.article'
            ' WHERE a.id = ? ORDER BY p."start"',
            (article_id,),
        )
        return [
            StoredPassage(Passage(start, end), digest, np.frombuffer(vector, np.float32))
            for start, end, digest, vector in rows
        ]

    def articles_with(self, what: Mark) -> list[str]:
        """The ids of the articles that hold corrections ("notes"), or that carry "warnings", in order."""
        if not self._rows("SELECT 1 FROM sqlite_master WHERE name = ?", (f"articles_with_{what}",)):
            return []
        return [article for (article,) in self._rows(f"SELECT id FROM articles WHERE {HOLDS.format(what)} ORDER BY id")]

    # Copies and versions

    def groups(self, article_id: str | None = None) -> list[Group]:
        """The groups of copies and versions, or those that hold a story of one article, by name."""
        with self._mutex:
            return groups(self._db, article_id)

    def places(self, article_id: str) -> list[StoryPlace]:
        """The stories of an article that are in a group, in order."""
        with self._mutex:
            return places(self._db, article_id)

    def count_copies(self, articles: Collection[str] | None = None) -> tuple[int, int]:
        """How many stories, of these articles or of all, are copies of another, and how many are superseded."""
        with self._mutex:
            return count_copies(self._db, articles)

    # Part of it

    def rows_within(self, scope: Scope) -> NDArray[np.int64] | None:
        """The rows `(n,) int64` of the passages within a scope, in order; None where it leaves nothing out.

        Those of the last few scopes are remembered until the archive changes.
        """
        if scope.everything:
            return None
        key = self.generation, scope
        held = self._within.get(key)
        if held is None:
            with self._mutex:
                held = rows_within(self._db, scope)
            assert held is not None
            last = [(old, rows) for old, rows in self._within.items() if old[0] == key[0]][1 - SCOPES_KEPT :]
            self._within = dict([*last, (key, held)])  # put in place whole: others may be reading it
        return held

    def any_within(self, scope: Scope) -> bool:
        """Whether a passage lies within a scope."""
        rows = self.rows_within(scope)
        return bool(self.passage_count if rows is None else len(rows))

    def known(self, scope: Scope) -> Scope:
        """The scope in the archive's own spelling; raises ScopeError for a value that the archive does not hold."""
        if not (scope.outlets or scope.languages or scope.articles):
            return scope
        counts = self.counts()
        names = [[name for name, _ in numbers] for numbers in (counts.outlets, counts.languages)]
        with self._mutex:
            return known(self._db, scope, *names)

    def timeline(self, scope: Scope = EVERYTHING) -> list[tuple[str, int]]:
        """How many stories within a scope came out on each day, in each month or in each year: 60 numbers at most."""
        with self._mutex:
            return timeline(self._db, scope)

    def titles(self, words: str, limit: int) -> list[tuple[str, str, str | None, str | None]]:
        """Id, headline, outlet and date of the articles whose id and headlines hold all of `words`, newest first."""
        with self._mutex:
            return titles(self._db, words, limit)

    # What the indexes are made of

    def vectors(self, after: int = 0) -> Iterator[RowVectors]:
        """Rows `(n,) int64` and vectors `(n, d) float32` of all passages past row `after`, in order of row.

        BLOCK at a time, so that memory does not grow with the archive.
        """
        dimension = int(self.about("dimension"))
        query = "SELECT row, vector FROM passages WHERE row > ? ORDER BY row LIMIT ?"
        while found := self._rows(query, (after, BLOCK)):
            yield _unpacked(found, dimension)
            after = found[-1][0]

    def vectors_at(self, rows: NDArray[np.int64]) -> RowVectors:
        """Those of `rows` that are still there, in order, and their vectors."""
        query = "SELECT row, vector FROM passages WHERE row IN (SELECT value FROM json_each(?)) ORDER BY row"
        with self._scattered_mutex:
            if self._scattered is None:
                self._scattered = _connect(self.folder / FILE, _options(self.folder, self.writable))
                # Rows here and there come from mapped memory ten times as fast as by calls to the system. For them
                # alone: what was mapped counts as the process's memory, and to make the indexes all of it is read.
                self._scattered.execute(f"PRAGMA mmap_size={1 << 40}")
            found = self._scattered.execute(query, (json.dumps(rows.tolist()),)).fetchall()
        return _unpacked(found, int(self.about("dimension")))

    def texts(self, after: int = 0) -> Iterator[tuple[int, Article, Passage]]:
        """Row, article and passage of all passages past row `after`, article by article."""
        ids = self._rows(
            "SELECT DISTINCT a.id FROM articles a JOIN passages p ON p.article = a.row WHERE p.row > ?", (after,)
        )
        for (article_id,) in ids:
            article = self.article(article_id)
            assert article is not None
            found = self._rows(
                'SELECT p.row, p."start", p."end" FROM passages p JOIN articles a ON a.row = p.article'
                ' WHERE a.id = ? AND p.row > ? ORDER BY p."start"',
                (article_id, after),
            )
            for row, start, end in found:
                yield row, article, Passage(start, end)

    def removed_since(self, generation: int) -> list[int]:
        """Rows of the passages taken out after `generation`."""
        return [row for (row,) in self._rows("SELECT row FROM removed WHERE generation > ?", (generation,))]

    @property
    def last_row(self) -> int:
        """The highest row a passage ever had."""
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'passages'")
        return int(rows[0][0]) if rows else 0

    def size(self) -> int | None:
        """The bytes of its folder."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    @property
    def passage_count(self) -> int:
        return int(self._rows("SELECT count(*) FROM passages")[0][0])

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple]:  # type: ignore[type-arg]
        with self._mutex:
            return self._db.execute(query, values).fetchall()

    def _each(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple]:  # type: ignore[type-arg]
        with self._mutex:
            yield from self._db.execute(query, values)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    lock = FileLock(folder / "writer.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ArchiveBusy(f"{folder}: another groundwire is writing to this archive; wait for it, or stop it") from None
    except OSError as error:
        raise ArchiveError(f"{folder}: cannot be written ({error.strerror}); name another --archive") from None
    try:
        yield
    finally:
        lock.release()


def _connect(file: Path, options: str = "mode=rwc") -> sqlite3.Connection:
    address = f"{file.resolve().as_uri()}?{options}"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False, timeout=30, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _options(folder: Path, writable: bool) -> str:
    # What another user has just written stands in the log; without a log, SQLite must not want to make one.
    logged = (folder / f"{FILE}-wal").exists()
    return "mode=rwc" if writable else "mode=ro" if logged else "mode=ro&immutable=1"


def _unpacked(found: Sequence[tuple[int, bytes]], dimension: int) -> RowVectors:
    rows = np.array([row for row, _ in found], np.int64)
    return rows, np.frombuffer(b"".join(vector for _, vector in found), np.float32).reshape(-1, dimension)


def _can_write(folder: Path) -> bool:
    probe = folder / ".probe"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True
