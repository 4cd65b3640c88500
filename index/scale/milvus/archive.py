"""The archive that lies in Milvus: the same articles, passages and vectors, for as many machines as reach the server.

A change writes passages and texts first, under ids that follow from what they hold; then, in one request, the records
that name them and the new generation; then takes out what is named no more. A journal says which articles are under
way, so that the next writer clears away what a kill has left. What no record names is never shown.
"""

import json
import sqlite3
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from filelock import FileLock, Timeout

from index.article import Article
from index.passage import Passage, heading
from index.scale.milvus.catalogue import Catalogue, article_id, copies_id, file_id, write_article
from index.scale.milvus.connection import MilvusAddress, is_there
from index.scale.milvus.lease import MOMENT, Lease
from index.scale.milvus.reading import MilvusReader
from index.scale.milvus.store import LONGEST, PASSAGES, RECORDS, Store, in_batches, key_of, quoted, row_of
from index.store.archive import ArchiveBusy, ArchiveError, Feed, KnownFile, StoredPassage
from index.store.scope import day_of

FORMAT = "1"
WRITER = "writer.sqlite"
GONE = "gone"


@dataclass
class _Change:
    """What one change has put and taken out: articles with their file and passages, files with their record."""

    articles: dict[str, tuple[Article, str, Sequence[StoredPassage]]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    files: dict[str, KnownFile | None] = field(default_factory=dict)


class MilvusArchive(MilvusReader):
    """An open archive in Milvus. Reading is safe from several threads; writing wants the lease that `writing` takes."""

    def __init__(self, store: Store, folder: Path) -> None:
        super().__init__(store, folder)
        self._change: _Change | None = None
        self._lease = Lease(store, folder)

    @classmethod
    def create(cls, address: MilvusAddress, folder: Path, about: dict[str, str]) -> "MilvusArchive":
        """A new archive, its database made where it is missing; raises ArchiveError where there is one."""
        store = Store(address)
        archive = cls(store, _made(folder))
        archive._about = {"format": FORMAT, "id": uuid4().hex, **about}
        try:
            with archive._lock():
                archive._refuse_second()
                store.create(int(about["dimension"]), archive._refuse_second)
                archive._refuse_second()
                store.upsert(RECORDS, [archive._about_row(0)])  # last: without it, there is no archive
                time.sleep(MOMENT)
                archive._refuse_second()  # of two machines that were here in the same moment one goes on
        except ArchiveError:
            archive.close()
            raise
        return archive

    def _refuse_second(self) -> None:
        """Raises ArchiveError where there is an archive, and not this one."""
        held = self.store.read(["about"], newest=True) if self.store.exists() else {}
        if held and json.loads(held["about"])["about"].get("id") != self._about["id"]:
            raise ArchiveError(f"{self.place}: holds an archive already; open it, or name another --archive")

    @staticmethod
    def there(address: MilvusAddress) -> bool:
        """Whether there is an archive at an address; raises ArchiveError where its server cannot be reached."""
        if not is_there(address):
            return False  # to open it would make it
        store = Store(address)
        try:
            return store.exists() and "about" in store.read(["about"], newest=True)
        finally:
            store.close()

    @classmethod
    def open(cls, address: MilvusAddress, folder: Path) -> "MilvusArchive":
        """The archive at an address; raises ArchiveError where there is none or it cannot be read."""
        make = f"no archive here; make one with: groundwire index PATH --archive {address.place}"
        if not is_there(address):
            raise ArchiveError(f"{address.place}: {make}")
        store = Store(address)
        held = store.read(["about"], newest=True) if store.exists() else {}
        if not held:
            store.close()
            where = "" if store.database_there else "the server has no such database, so "
            raise ArchiveError(f"{address.place}: {where}{make}")
        archive = cls(store, _made(folder))
        read = json.loads(held["about"])
        archive._about, archive._generation = read["about"], read["generation"]
        if archive.about("format") != FORMAT:
            store.close()
            raise ArchiveError(
                f"{address.place}: made by another version (format {archive.about('format')}, not {FORMAT}); index"
                " again elsewhere"
            )
        return archive

    # Writing

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Of those on this machine, one: the system lets go of it when the process dies."""
        lock = FileLock(self.folder / "writer.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise ArchiveBusy(
                f"{self.place}: another groundwire is writing to this archive; wait for it, or stop it"
            ) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the one writer's lease; raises ArchiveBusy at once when another has it.

        What an earlier writer left half done is cleared away first.
        """
        with self._lock(), self._lease.held():
            with self._told():
                writing = Catalogue.at(self.folder, self.folder / WRITER)
            self.store.writing = True
            try:
                self._clear_away()
                with self._told():
                    writing.bring_up(self.store, *self.state)
                self._writing, self._alone = writing, True
                yield
                with suppress(ArchiveBusy):  # the next writer has cleared away already, and has a journal of its own
                    self._lease.check()
                    self.store.delete(RECORDS, list(self.store.stamps("journal", GONE)))
            finally:
                self._writing, self._alone = None, False
                self.store.writing = False
                writing.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A disk that does not take the writer's catalogue becomes a sentence."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise ArchiveError(
                f"{self.folder}: the writer's catalogue cannot be written ({error}); what was in {self.place} is whole:"
                " see whether the disk is full, and run groundwire index again"
            ) from error

    def _journal(self, keys: Iterable[str]) -> list[dict[str, Any]]:
        """Records that name the articles that are under way."""
        some = enumerate(in_batches(sorted(keys), 1_000))
        return [self._row(f"journal-{i}", "journal", json.dumps(keys)) for i, keys in some]

    def _row(self, id: str, kind: str, value: str) -> dict[str, Any]:
        row, pieces = self.store.record(id, kind, value)
        assert not pieces
        return row

    def _about_row(self, generation: int) -> dict[str, Any]:
        return self._row("about", "about", json.dumps({"about": self._about, "generation": generation}))

    def _clear_away(self) -> None:
        """Takes out what no record names of the articles that were under way when a writer was killed."""
        left = list(self.store.stamps("journal", GONE))
        journals = [id for id in left if id.startswith("journal-")]
        keys = sorted({key for held in self.store.read(journals).values() for key in json.loads(held)})
        for some in in_batches(keys, 50):
            heads = self._heads([f"article-{key}" for key in some], newest=True)
            named = {row for head in heads.values() for row in head.rows}
            found = self.store.scan(PASSAGES, f"article in {quoted(some)}", ["article"])
            self.store.delete(PASSAGES, [row["id"] for row in found if row["id"] not in named])
            kept = set().union(*(head.pieces for head in heads.values()))
            for key in some:
                whole = self.store.held_in_pieces([f"article-{key}", f"copies-{key}"])
                like = [f'id like "{name}-{key}-%"' for name in ("text", "article", "copies")]
                pieces = self.store.scan(RECORDS, " or ".join(like), ["kind"])
                self.store.delete(RECORDS, [row["id"] for row in pieces if row["id"] not in kept | whole])
        self.store.delete(RECORDS, left)

    @contextmanager
    def change(self) -> Iterator[None]:
        """One change and one generation: all of it is found afterwards, or nothing.

        Raises ArchiveError where the server is gone for longer than a minute, or this machine's disk does not take the
        writer's catalogue; what was there before is whole.
        """
        if self._writing is None:
            with self.writing(), self.change():
                yield
            return
        catalogue = self._writing
        with catalogue._mutex, self._told():
            catalogue._db.execute("BEGIN IMMEDIATE")
            self._change = _Change()
            try:
                yield
                self._lease.make_sure()
                self._push(catalogue, self._change)
                catalogue.settle(self._generation)
                catalogue._db.execute("COMMIT")
            except BaseException:
                if catalogue._db.in_transaction:
                    catalogue._db.execute("ROLLBACK")
                raise
            finally:
                self._change = None
                self._recent = {}
                catalogue._touched = set()

    def _push(self, catalogue: Catalogue, change: _Change) -> None:
        """Writes a change to Milvus, in the order that a kill may break off anywhere."""
        store = self.store
        touched = [*change.articles, *change.gone]
        store.upsert(RECORDS, self._journal(map(key_of, touched)))
        old = self._heads([article_id(id) for id in touched])
        left_rows = {row for head in old.values() for row in head.rows}
        left_pieces = {piece for head in old.values() for piece in head.pieces}
        left_pieces |= store.held_in_pieces([article_id(id) for id in touched])
        rows: list[dict[str, Any]] = []
        pieces: list[dict[str, Any]] = []
        heads: list[dict[str, Any]] = []

        def put(id: str, kind: str, held: object, name: str) -> None:
            head, more = store.record(id, kind, json.dumps(held, ensure_ascii=False))
            heads.append(head)
            pieces.extend(more)
            catalogue.take(id, head["stamp"], name)

        for path, known in change.files.items():
            if known is not None:
                put(file_id(path), "file", {"path": path, "root": known.root, "sha256": known.sha256}, path)
        for article, path, passages in change.articles.values():
            stamp = key_of(article.text)
            texts = store.pieces(f"text-{key_of(article.id)}", stamp, article.text)
            pieces += [piece for piece in texts if piece["id"] not in left_pieces]
            made = self._rows_of(article, passages)
            rows += made
            left_rows -= {row["id"] for row in made}
            left_pieces -= {piece["id"] for piece in texts}
            spans = [[p.passage.start, p.passage.end, b64encode(p.digest).decode()] for p in passages]
            held: dict[str, Any] = {
                "article": write_article(article),
                "digest": article.digest,
                "file": path,
                "passages": spans,
            }
            held["text"] = stamp, len(texts)
            put(article_id(article.id), "article", held, article.id)
        moved = catalogue.moved()
        left_pieces |= store.held_in_pieces([copies_id(id) for id in moved])
        gone = {file_id(path) for path, known in change.files.items() if known is None}
        gone |= {article_id(id) for id in change.gone}
        for id in moved:
            if stories := catalogue.grouped(id):
                put(copies_id(id), "copies", {"article": id, "stories": stories}, id)
            else:
                gone.add(copies_id(id))
        for id in gone:
            catalogue.leave(id)
        left_pieces -= {piece["id"] for piece in pieces}
        store.upsert(PASSAGES, rows)
        store.upsert(RECORDS, pieces)
        heads += [self._row(id, GONE, "") for id in sorted(gone)]
        # One request is one entry in Milvus's log. What is too large for one is written before it in several. A writer
        # that slept until here may have lost the lease, and the next one has taken out what it had put.
        store.upsert_last(RECORDS, heads, self._about_row(self._generation + 1), left=self._lease.make_sure)
        self._generation += 1
        if left_rows or left_pieces or gone:
            self._lease.check()
        store.delete(PASSAGES, sorted(left_rows))
        store.delete(RECORDS, sorted(left_pieces | gone))

    def _rows_of(self, article: Article, passages: Sequence[StoredPassage]) -> list[dict[str, Any]]:
        rows = []
        for p in passages:
            story = article.section_at(p.passage.start)
            if not any(section.start <= p.passage.start for section in article.sections):
                source, published = article.source, article.published
            else:
                source, published = story.source, story.published
            row = {
                "id": row_of(article.id, p.passage.start, p.passage.end, p.digest.hex()),
                "vector": np.asarray(p.vector, np.float32),
                "article": key_of(article.id),
                "start": p.passage.start,
                "end": p.passage.end,
                "outlet": (source or "").casefold(),
                "day": day_of(published) or "",
                "language": (article.language or "").lower(),
            }
            if self.store.full_text:
                row |= words_of(article, p.passage)
            rows.append(row)
        return rows

    def put_file(self, path: str, root: str, sha256: str) -> int:
        """The row of a file, new or known, with this hash; an empty hash says that it is not read to its end."""
        catalogue, change = self._under_way()
        row = catalogue.put_file(path, root, sha256)
        [(root,)] = catalogue._rows("SELECT root FROM files WHERE row = ?", (row,))
        change.files[path] = KnownFile(root, sha256)
        return row

    def forget_file(self, path: str) -> None:
        """Takes out a file that is gone, with its articles."""
        catalogue, change = self._under_way()
        self.remove_articles(self.digests_of_file(path))
        catalogue.forget_file(path)
        change.files[path] = None

    def put_article(self, article: Article, file: int, passages: Sequence[StoredPassage]) -> None:
        """Writes an article and its passages; passages of an earlier version that did not change keep their rows."""
        catalogue, change = self._under_way()
        [(path,)] = catalogue._rows("SELECT path FROM files WHERE row = ?", (file,))
        catalogue.put_cut(article, file, len(passages))
        change.articles[article.id] = article, path, passages
        change.gone.discard(article.id)

    def remove_articles(self, ids: Iterable[str]) -> None:
        """Takes articles and their passages out."""
        catalogue, change = self._under_way()
        for id in ids:
            if catalogue._rows("SELECT 1 FROM articles WHERE id = ?", (id,)):
                catalogue.remove_articles([id])
                catalogue._db.execute("DELETE FROM cut WHERE article = ?", (id,))
                change.articles.pop(id, None)
                change.gone.add(id)

    def put_feed(self, feed: Feed) -> None:
        """Follows a feed, or notes what is new of one."""
        value = json.dumps(astuple(feed), ensure_ascii=False)
        self.store.upsert(RECORDS, [self._row(f"feed-{key_of(feed.address)}", "feed", value)])

    def remove_feed(self, address: str) -> None:
        """Follows a feed no more; its articles stay."""
        self.store.delete(RECORDS, [f"feed-{key_of(address)}"])

    def _under_way(self) -> tuple[Catalogue, _Change]:
        assert self._writing is not None and self._change is not None, "written inside a change"
        return self._writing, self._change


def words_of(article: Article, passage: Passage) -> dict[str, str]:
    """Heading and body of a passage as Milvus gets them: what tantivy compares, in order, a space between each two."""
    from index.search.lexical import terms  # an archive that is only read wants no tantivy

    texts = {"heading": heading(article, passage.start), "body": article.words(passage.start, passage.end)}
    return {name: cut(" ".join(terms(text))) for name, text in texts.items()}


def cut(words: str) -> str:
    """As many of the words as Milvus takes; a passage has fewer by far.

    >>> cut("one two"), len(cut("word " * 20_000))
    ('one two', 59999)
    """
    if len(words.encode()) <= LONGEST:
        return words
    return words.encode()[:LONGEST].decode(errors="ignore").rsplit(" ", 1)[0]


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"{folder}: cannot be made ({error.strerror}); what comes with the articles lies here"
        ) from None
    return folder
