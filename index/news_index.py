"""`NewsIndex`: an archive with its two search indexes, to open, bring up to date and search."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index import dense, lexical
from index.archive import Archive, ArchiveError
from index.article import Article
from index.copies import Place
from index.passage import CountTokens, Passage
from index.scope import EVERYTHING, Scope
from index.stamp import stamped_generation
from index.update import Progress, Report, update_archive
from models import Embedder

SCOPES_KEPT = 8


@dataclass(frozen=True)
class Found:
    """A passage found by a search, its row in the archive, and its article.

    `group` names the group of copies that its story is in, if any; `superseded` says that a later version is there.
    """

    row: int
    article: Article
    passage: Passage
    group: str | None = None
    superseded: bool = False


def indexes_current(archive: Archive) -> dict[str, bool]:
    """Whether each derived index is whole and of the archive's generation."""
    held = {
        "FAISS": dense.generation(archive.folder / "faiss"),
        "tantivy": lexical.generation(archive.folder / "tantivy"),
    }
    return {name: generation == archive.generation for name, generation in held.items()}


class NewsIndex:
    """An open archive with its FAISS and tantivy indexes. Searching is safe from several threads."""

    def __init__(self, archive: Archive, embedder: Embedder) -> None:
        self.archive = archive
        self.embedder = embedder
        self._generation = -1
        self._vectors: faiss.Index | None = None
        self._words: lexical.LexicalIndex | None = None
        self._within: dict[tuple[int, Scope], NDArray[np.int64]] = {}

    @classmethod
    def create(cls, folder: Path, embedder: Embedder, *, max_tokens: int) -> "NewsIndex":
        """A new, empty archive that keeps to this embedder and this length of passage."""
        about = {
            "embedder": embedder.identity,
            "dimension": str(embedder.dimension),
            "max_tokens": str(max_tokens),
        }
        if not (folder / "archive.sqlite").exists():
            for left in ("faiss", "tantivy"):  # by an archive that was moved away: its generations are not ours
                shutil.rmtree(folder / left, ignore_errors=True)
        return cls(Archive.create(folder, about), embedder)

    @classmethod
    def open(cls, folder: Path, embedder: Embedder) -> "NewsIndex":
        """The archive in `folder`; raises ArchiveError when it was made with another embedder."""
        archive = Archive.open(folder)
        held = archive.about("embedder")
        if held != embedder.identity:
            archive.close()
            raise ArchiveError(
                f"{folder}: made with the embedder {held}, not {embedder.identity}; name that one with --embedder,"
                " or index again into another --archive"
            )
        return cls(archive, embedder)

    def close(self) -> None:
        self.archive.close()

    # Bringing it up to date

    def update(
        self,
        paths: Sequence[Path],
        *,
        count_tokens: CountTokens,
        gone: Sequence[Path] = (),
        progress: Callable[[Progress], None] = lambda _: None,
        dry_run: bool = False,
    ) -> Report:
        """`update_archive`, then the search indexes."""
        with self.archive.writing():
            report = update_archive(
                self.archive,
                self.embedder,
                paths,
                count_tokens=count_tokens,
                gone=gone,
                progress=progress,
                dry_run=dry_run,
            )
            if not dry_run:
                self._derive()
        return report

    def ready(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Opens both search indexes, first bringing up to date what is missing, damaged or behind.

        While another process writes, or in a folder that cannot be written, it searches what is there;
        raises ArchiveError where nothing whole is.
        """
        if self._vectors is not None and self._words is not None:
            held = self.archive.generation
            stamped = {stamped_generation(folder) for folder in (self._dense_folder, self._lexical_folder)}
            # While another process is still at it, what is open is good enough.
            if held == self._generation or stamped != {held}:
                return
        loaded = dense.load(self._dense_folder)
        current = lexical.generation(self._lexical_folder)
        wanted = self.archive.generation
        behind = [name for name, held in (("FAISS", loaded and loaded[0]), ("tantivy", current)) if held != wanted]
        if behind and self.archive.writable:
            try:
                with self.archive.writing():
                    say(f"the {' and '.join(behind)} index is missing, damaged or behind: making it again")
                    self._derive()
                loaded = dense.load(self._dense_folder)
            except ArchiveError:
                if loaded is not None and current is not None:
                    say("the archive is being written to: searching what was there before")
        if loaded is None or lexical.generation(self._lexical_folder) is None:
            raise ArchiveError(
                f"{self.archive.folder}: its search indexes are not whole and cannot be made now;"
                " make the folder writable, or wait for the other groundwire, and try again"
            )
        self._generation = loaded[0]
        self._vectors = loaded[1]
        self._words = lexical.LexicalIndex(self._lexical_folder, writable=self.archive.writable)

    @property
    def _dense_folder(self) -> Path:
        return self.archive.folder / "faiss"

    @property
    def _lexical_folder(self) -> Path:
        return self.archive.folder / "tantivy"

    def _derive(self) -> None:
        """Brings both derived indexes to the archive's generation."""
        try:
            if dense.generation(self._dense_folder) != self.archive.generation:
                dense.save(dense.build(*self.archive.vectors()), self._dense_folder, self.archive)
            lexical.update(self._lexical_folder, self.archive)
        except (OSError, RuntimeError, ValueError) as error:  # what the system, FAISS and tantivy raise on a full disk
            raise ArchiveError(
                f"{self.archive.folder}: the search indexes cannot be written ({error}); the articles are safe: make"
                " room on the disk and run the same command again"
            ) from error
        self._vectors = self._words = None

    # Searching

    def rank(self, question: str, k: int, *, scope: Scope = EVERYTHING) -> dict[str, list[tuple[int, float]]]:
        """Passage rows with their scores by stage, best first: "dense" cosines and "lexical" BM25, `k` each.

        Within a scope they are the first `k` of it in the ranking of all, with the scores that they have there.
        """
        self.ready()
        assert self._vectors is not None and self._words is not None
        within = self.rows_within(scope)
        return {
            "dense": dense.search(self._vectors, self.embedder.encode_queries([question]), k, within=within),
            "lexical": self._words.search(question, k, within=within),
        }

    def rows_within(self, scope: Scope) -> NDArray[np.int64] | None:
        """As the archive has it; that of the last few scopes is remembered until the archive changes."""
        if scope.everything:
            return None
        key = self.archive.generation, scope
        held = self._within.get(key)
        if held is None:
            held = self.archive.rows_within(scope)
            assert held is not None
            last = [(old, rows) for old, rows in self._within.items() if old[0] == key[0]][1 - SCOPES_KEPT :]
            self._within = dict([*last, (key, held)])  # put in place whole: others may be reading it
        return held

    def find(self, rows: Sequence[int]) -> list[Found]:
        """Articles and passages of `rows`, in their order; a row that has left the archive is passed over."""
        places = self.archive.passages(rows)
        articles: dict[str, Article | None] = {}
        groups: dict[str, list[Place]] = {}
        found = []
        for row in rows:
            if row not in places:
                continue
            article_id, passage = places[row]
            if article_id not in articles:
                articles[article_id] = self.archive.article(article_id)
                groups[article_id] = self.archive.places(article_id)
            article = articles[article_id]
            if article is not None:
                place = next((p for p in groups[article_id] if p.start <= passage.start < p.end), None)
                known = (place.group, place.superseded) if place else (None, False)
                found.append(Found(row, article, passage, *known))
        return found
