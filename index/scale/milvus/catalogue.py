"""What is asked of all articles of a Milvus archive at once, in SQLite on this machine: derived from its records.

Files, headlines, outlets, days, digests and groups of copies, asked as an embedded archive is; no passages, no vectors.
A reader's lies in memory. The writer's lies in the archive's folder and has the texts too: copies are found by them.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, astuple, fields, replace
from pathlib import Path
from typing import Any

from index.article import Article, article_of
from index.copies.tables import FIELDS, regroup
from index.copies.tables import SCHEMA as COPIES_SCHEMA
from index.copies.versions import Story
from index.scale.milvus.store import Store, in_batches, key_of, row_of
from index.store.archive import Counts
from index.store.sqlite import SCHEMA, EmbeddedArchive

MORE = """
CREATE TABLE taken (id TEXT PRIMARY KEY, stamp TEXT NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cut (article TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO about VALUES ('generation', '-1');
"""
WATCHED = """
CREATE TEMP TABLE moved (article TEXT PRIMARY KEY);
CREATE TEMP TRIGGER story_put AFTER INSERT ON main.stories BEGIN INSERT OR IGNORE INTO moved VALUES (new.article); END;
CREATE TEMP TRIGGER story_out AFTER DELETE ON main.stories BEGIN INSERT OR IGNORE INTO moved VALUES (old.article); END;
CREATE TEMP TRIGGER story_grouped AFTER UPDATE OF "group" ON main.stories
BEGIN INSERT OR IGNORE INTO moved VALUES (new.article); END;
"""
GROUPED = f"""
SELECT g.article, g."start", s.relation, b.article, b."start", {FIELDS} FROM stories s
JOIN stories g ON g.row = s."group" LEFT JOIN stories b ON b.row = s.superseded_by
WHERE s.article = ? ORDER BY s."start"
"""
NAMES = ", ".join(f'"{field.name}"' for field in fields(Story))
AT_ONCE = 500  # records


def article_id(id: str) -> str:
    """The id of the record of an article."""
    return f"article-{key_of(id)}"


def copies_id(id: str) -> str:
    """The id of the record that says which groups the stories of an article are in."""
    return f"copies-{key_of(id)}"


def file_id(path: str) -> str:
    """The id of the record of a file."""
    return f"file-{key_of(path)}"


def write_article(article: Article) -> dict[str, Any]:
    """All of an article but its text, as JSON has it."""
    return asdict(replace(article, text=""))


def read_article(held: dict[str, Any], text: str) -> Article:
    """The article that `write_article` wrote, with its text."""
    return article_of(held | {"text": text})


class Catalogue(EmbeddedArchive):
    """The catalogue of one Milvus archive; `change` is not for it: it follows `bring_up`, or its archive's changes."""

    @classmethod
    def at(cls, folder: Path, file: Path | None) -> "Catalogue":
        """The catalogue in a file, or an empty one in memory; a damaged file is made anew."""
        if file is not None:
            try:
                return cls._opened(folder, file)
            except sqlite3.DatabaseError:
                for left in file.parent.glob(f"{file.name}*"):
                    left.unlink()
        return cls._opened(folder, file)

    @classmethod
    def _opened(cls, folder: Path, file: Path | None) -> "Catalogue":
        db = sqlite3.connect(file or ":memory:", check_same_thread=False, timeout=30, isolation_level=None)
        try:
            if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                db.execute("PRAGMA journal_mode=WAL")
                db.executescript(f"BEGIN;{SCHEMA}{COPIES_SCHEMA}{MORE}COMMIT;")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("SELECT count(*) FROM taken").fetchone()
            db.executescript(WATCHED)
        except sqlite3.DatabaseError:
            db.close()
            raise
        catalogue = cls(folder, db, writable=True)
        catalogue.with_texts = file is not None
        return catalogue

    with_texts = False

    def counts(self) -> Counts:
        """As of the archive: its passages are counted as its articles' records have them."""
        return replace(super().counts(), passages=self.passage_count)

    @property
    def passage_count(self) -> int:
        return int(self._rows("SELECT coalesce(sum(passages), 0) FROM cut")[0][0])

    # Following the archive

    def bring_up(self, store: Store, archive: str, generation: int) -> None:
        """Takes in what the archive's records say now; nothing to do where they are of the generation it has.

        `archive` is the archive's id: another that was made in the same place may have the same generation.
        """
        if (self.about("id"), self.generation) == (archive, generation):
            return
        there = store.stamps("article", "file", *(() if self.with_texts else ("copies",)))
        with self._mutex:
            held = dict(self._rows("SELECT id, stamp FROM taken"))
            changed = {id for id, stamp in there.items() if held.get(id) != stamp}
            # An article that is put anew loses its stories here: they are read again with it.
            changed |= {id.replace("article-", "copies-") for id in changed} & there.keys()
            fresh = sorted(changed)
            fresh.sort(key=lambda id: ("file", "article", "copies").index(id.partition("-")[0]))
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._take_out([id for id in held if id not in there])
                for ids in in_batches(fresh, AT_ONCE):
                    read = store.read(ids)
                    for id in ids:
                        if read.get(id):  # else it went while this was read, and the next generation says so
                            self._take_in(store, id, there[id], json.loads(read[id]))
                regroup(self._db, self._touched)
                self._db.execute("INSERT OR REPLACE INTO about VALUES ('id', ?)", (archive,))
                self.settle(generation)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            finally:
                self._touched = set()

    def settle(self, generation: int) -> None:
        """Says which generation it has, inside a transaction."""
        self._db.execute("UPDATE about SET value = ? WHERE name = 'generation'", (str(generation),))
        self._db.execute("DELETE FROM moved")

    def _take_out(self, ids: Iterable[str]) -> None:
        for id in sorted(ids):  # articles before files
            [(name,)] = self._rows("SELECT name FROM taken WHERE id = ?", (id,))
            kind = id.partition("-")[0]
            if kind == "article":
                self.remove_articles([name])
                self._db.execute("DELETE FROM cut WHERE article = ?", (name,))
            elif kind == "file":
                self._db.execute("DELETE FROM files WHERE path = ?", (name,))
            else:
                self._db.execute("DELETE FROM stories WHERE article = ?", (name,))
            self._db.execute("DELETE FROM taken WHERE id = ?", (id,))

    def _take_in(self, store: Store, id: str, stamp: str, held: dict[str, Any]) -> None:
        kind = id.partition("-")[0]
        if kind == "file":
            name = held["path"]
            self._db.execute("DELETE FROM files WHERE path = ? AND root <> ?", (name, held["root"]))
            self.put_file(name, held["root"], held["sha256"])
        elif kind == "article":
            name = held["article"]["id"]
            text = store.text(f"text-{key_of(name)}", *held["text"]) if self.with_texts else ""
            rows = self._rows("SELECT row FROM files WHERE path = ?", (held["file"],))
            # A file's record is written with its articles'; one that went just now takes them along.
            file = int(rows[0][0]) if rows else self.put_file(held["file"], "", "")
            self.put_cut(read_article(held["article"], text), file, len(held["passages"]))
            self._db.execute("UPDATE articles SET digest = ? WHERE id = ?", (held["digest"], name))
        else:
            name = held["article"]
            self._put_grouped(name, held["stories"])
        self.take(id, stamp, name)

    def take(self, id: str, stamp: str, name: str) -> None:
        """Notes that a record is in here as it is there, inside a transaction."""
        self._db.execute("INSERT OR REPLACE INTO taken VALUES (?, ?, ?)", (id, stamp, name))

    def leave(self, id: str) -> None:
        """Notes that a record is gone, inside a transaction."""
        self._db.execute("DELETE FROM taken WHERE id = ?", (id,))

    def put_cut(self, article: Article, file: int, passages: int) -> None:
        """Takes up an article that is cut into so many passages, inside a transaction."""
        self.put_article(article, file, [])
        self._db.execute("INSERT OR REPLACE INTO cut VALUES (?, ?)", (article.id, passages))

    # Groups of copies: found by the writer, who has the texts, and told to all others by the archive's records

    def moved(self) -> list[str]:
        """The articles whose stories were put, taken out or grouped anew in this transaction, groups and all."""
        regroup(self._db, self._touched)
        self._touched = set()
        return [article for (article,) in self._rows("SELECT article FROM moved ORDER BY article")]

    def grouped(self, article: str) -> list[list[Any]]:
        """The stories of an article that are in a group: source, relation, version in force, and the story itself."""
        return [list(row) for row in self._rows(GROUPED, (article,))]

    def _put_grouped(self, article: str, stories: list[list[Any]]) -> None:
        self._db.execute("DELETE FROM stories WHERE article = ?", (article,))
        [(article_row,)] = self._rows("SELECT row FROM articles WHERE id = ?", (article,)) or [(0,)]
        for source, source_start, relation, by, by_start, *values in stories:
            story = Story(*values)
            row, group = row_of(story.article, story.start), row_of(source, source_start)
            superseded_by = None if by is None else row_of(by, by_start)
            kept = (row, article_row, *astuple(story), 0, b"", group, relation, superseded_by)
            self._db.execute(
                f'INSERT INTO stories (row, article_row, {NAMES}, shingles, sketch, "group", relation, superseded_by)'
                f" VALUES ({', '.join('?' * len(kept))})",
                kept,
            )
