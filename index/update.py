"""Makes an archive say what the files say: files → articles → passages → vectors → one transaction a batch.

An unchanged file costs its hash, an unchanged article as much, an unchanged passage keeps its vector.
Killed at any moment, what is written is whole, and the next update reads on from there.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ground.shown import shown
from index.article import Article
from index.cutter import Cutter, text_digest
from index.forgotten import keeps_out, read_forgotten
from index.gone import absent, told_of_unseen, why_unseen
from index.ids import Ids
from index.passage import CountTokens, Passage
from index.reading.apart import end_workers
from index.reading.files import FoundFiles, LeftAlone, Problem, file_digest, find_files, id_of, read_file
from index.reading.kept_page import PAGES
from index.store.archive import Archive, StoredPassage
from models import Embedder

ADDED = "added"  # files that were handed over, in the archive's folder: a folder for each time
BATCH_PASSAGES = 256
LONGEST_NAME = 500  # of a headline, an outlet, a person: in prompts and in answers each stands many times
CALLED = {"title": "headline", "source": "outlet"}
MANY = 5  # more than one article in so many is no housekeeping


@dataclass(frozen=True)
class UpdateProgress:
    """How far an update is: bytes of all files read and to read, passages embedded in this run."""

    file: str
    done_bytes: int
    total_bytes: int
    passages: int


@dataclass
class UpdateReport:
    """What one update did, in articles; `embedded` in passages; `problems` are sentences, one a thing left out.

    `named` holds the ids behind the counts of "new", "changed" and "removed", and the paths of "left alone".
    `forgotten` counts files and articles that are kept out, `copies` and `superseded` stories among the new and changed
    articles, as they stand when all is read. `warnings` holds by id what of the files of new and changed articles may
    not be in their text.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    embedded: int = 0
    problems: list[str] = field(default_factory=list)
    other_files: int = 0
    forgotten: int = 0
    copies: int = 0
    superseded: int = 0
    warnings: dict[str, list[str]] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), compare=False)

    def to_dict(self) -> dict[str, object]:
        """Everything, as `groundwire index --report` writes it."""
        names = ("new", "changed", "removed", "left alone")
        return vars(self) | {"named": {name: sorted(self.named[name]) for name in names}}


@dataclass(frozen=True)
class ToRead:
    """A file that is new or has changed, the id and the hash that go with it, what the archive `holds` of it by id."""

    file: Path
    article_id: str
    sha256: str
    holds: Mapping[str, str]


@dataclass(frozen=True)
class Embedded:
    """An article that was cut and embedded as it was read. What it `vectors` lacks, by digest, is embedded here."""

    article: Article
    passages: list[Passage]
    vectors: Mapping[bytes, NDArray[np.float32]]


ReadItem = Article | Embedded | Problem
Reading = Callable[[Iterable[ToRead]], Generator[tuple[ToRead, Iterator[ReadItem]], None, None]]
"""Reads files, in their order: each with its items, which are asked for to their end before the next file is."""


@dataclass
class _Batch:
    """What the next transaction writes: articles with the path of their file, and files that were read."""

    articles: list[tuple[str, Article, list[Passage]]] = field(default_factory=list)
    vectors: dict[bytes, NDArray[np.float32]] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Leaving:
    """What the last transaction takes out: files that are gone, and the rows that left a file, with the file's hash."""

    files: dict[str, str] = field(default_factory=dict)  # path → hash
    rows: dict[str, tuple[list[str], str]] = field(default_factory=dict)


def update_archive(
    archive: Archive,
    embedder: Embedder,
    paths: Sequence[Path],
    *,
    count_tokens: CountTokens,
    gone: Sequence[Path] = (),
    progress: Callable[[UpdateProgress], None] = lambda _: None,
    dry_run: bool = False,
    reading: Reading | None = None,
    prune: bool = False,
    may_remove: Callable[[int, int], bool] = lambda leaving, held: True,
) -> UpdateReport:
    """Reads the files at `paths`; articles whose file or row is gone leave. The caller holds the writer's lock.

    So do those of the files at and below the paths `gone`, which were seen to go. What is only not seen stays, and is
    a problem; `prune` lets go what was in a folder that is now empty. Where more than one article in MANY would leave,
    and not because its file has moved, `may_remove` is asked with how many of how many; if not, they stay.
    A dry run reads and reports the same, and embeds and writes nothing. `reading` reads what is new and changed
    elsewhere than here. Raises ArticleError for a path that is none, before anything is changed.
    """
    found = [(path.resolve(), find_files(path.resolve())) for path in paths]
    try:
        update = _Update(archive, embedder, count_tokens, progress, dry_run)
        return update.run(found, gone, reading or read_here, prune, may_remove)
    finally:
        end_workers()


def read_here(files: Iterable[ToRead]) -> Generator[tuple[ToRead, Iterator[ReadItem]], None, None]:
    """Reads the files in this process and its worker, each when it is asked for."""
    for given in files:
        yield given, read_file(given.file, given.article_id)


class _Update:
    """One update under way."""

    def __init__(
        self,
        archive: Archive,
        embedder: Embedder,
        count_tokens: CountTokens,
        progress: Callable[[UpdateProgress], None],
        dry_run: bool,
    ) -> None:
        self.archive = archive
        self.embedder = embedder
        self.progress = progress
        self.dry_run = dry_run
        self.cutter = Cutter(embedder, count_tokens, int(archive.about("max_tokens")))
        self.report = UpdateReport()
        self.batch = _Batch()
        self.leaving = _Leaving()
        self.hashes: set[str] = set()
        self.forgotten = read_forgotten(archive.folder)
        self.roots: dict[str, str] = {}
        self.ids = Ids(archive, self.forgotten, self.roots)
        self.held_before = len(self.ids.owners)
        self.new_roots: set[str] = set()
        self.written: set[str] = set()
        self.done_bytes = self.total_bytes = 0

    def run(
        self,
        found: list[tuple[Path, FoundFiles]],
        gone: Sequence[Path],
        reading: Reading,
        prune: bool,
        may_remove: Callable[[int, int], bool],
    ) -> UpdateReport:
        found = [(path, self._without_what_is_forgotten(files)) for path, files in found]
        self.total_bytes = sum(_size(file) for _, files in found for file in files.readable)
        self._look_for_what_is_gone(found, gone, prune)
        for _, files in found:
            self.report.other_files += len(files.others)
            self.report.named["left alone"] += map(str, files.others)
        with closing(reading(self._to_read(found))) as read:
            for given, items in read:
                before = self.done_bytes
                self._take(given, items)
                self.done_bytes = before + _size(given.file)
                self._say(given.file)
        self._write()
        self._take_out(may_remove)
        self.report.copies, self.report.superseded = self.archive.count_copies(self.written)
        return self.report

    def _without_what_is_forgotten(self, files: FoundFiles) -> FoundFiles:
        kept = [file for file in files.readable if not keeps_out(self.forgotten, file)]
        self.report.forgotten += len(files.readable) - len(kept)
        return files._replace(readable=kept)

    def _look_for_what_is_gone(self, found: list[tuple[Path, FoundFiles]], gone: Sequence[Path], prune: bool) -> None:
        """Notes the known files that are gone, and tells of those that only were not seen."""
        there = {str(file) for _, files in found for file in files.readable}
        unseen: dict[tuple[Path, str], list[str]] = {}
        for path, files in found:
            known = self.archive.files_under(path)
            # A kill can leave in what was forgotten.
            self.leaving.files |= {n: held.sha256 for n, held in known.items() if keeps_out(self.forgotten, Path(n))}
            here = absent(set(known) - there - set(self.leaving.files), path, files, prune=prune)
            self.leaving.files |= {name: known[name].sha256 for name in here.gone}
            unseen |= {(place, f"cannot be listed ({reason})"): [] for place, reason in files.unlisted.items()}
            unseen |= here.unseen
        for path in gone:
            for name, held in self.archive.files_under(path).items():
                if name not in there and (hidden := why_unseen(Path(name), None)):
                    unseen.setdefault(hidden, []).append(name)
                elif name not in there:
                    self.leaving.files[name] = held.sha256
        for (place, why), names in sorted(unseen.items()):
            articles = sum(len(self.archive.digests_of_file(name)) for name in names)
            self.report.unchanged += articles
            self.report.problems.append(told_of_unseen(place, why, articles))
        self.ids.begin(gone=self.leaving.files, unseen=(name for names in unseen.values() for name in names))

    def _to_read(self, found: list[tuple[Path, FoundFiles]]) -> Iterator[ToRead]:
        """The files that are new or changed, each once; of the others the report says what is to be said."""
        for path, files in found:
            known = self.archive.files_under(path)
            root = str(self._root_of(path if path.is_dir() else path.parent))
            for file in files.readable:
                if str(file) in self.roots:
                    continue
                held = known.get(str(file))
                self.roots[str(file)] = held.root if held else root
                given = self._changed(file, held.sha256 if held else "")
                self.hashes.add(given.sha256 if given else held.sha256 if held else "")
                if given:
                    self.new_roots.add(self.roots[str(file)])
                    yield given
                else:
                    self.ids.settle(str(file))
                    self.done_bytes += _size(file)
                    self._say(file)

    def _root_of(self, folder: Path) -> Path:
        """The folder that ids are relative to: one that was indexed before and holds this one, or this one.

        For pages that were fetched and files that were added it is theirs, whatever was indexed before.
        """
        pages, added = ((self.archive.folder / name).resolve() for name in (PAGES, ADDED))
        if folder.is_relative_to(pages):
            return pages
        if folder != added and folder.is_relative_to(added):
            return added / folder.relative_to(added).parts[0]
        roots = {*self.archive.roots(), *self.new_roots}
        outer = [Path(root) for root in sorted(roots) if folder.is_relative_to(root)]
        return min(outer, key=lambda root: len(root.parts), default=folder)

    def _say(self, file: Path) -> None:
        self.progress(
            UpdateProgress(file.name, min(self.done_bytes, self.total_bytes), self.total_bytes, self.report.embedded)
        )

    def _changed(self, file: Path, known_sha256: str) -> ToRead | None:
        """The file as it is to be read; None where it is as it was, or cannot be read."""
        path = str(file)
        try:
            path.encode()
        except UnicodeEncodeError:
            self.report.problems.append(f"{path!r}: the file's name is not UTF-8; rename it and index again")
            return None
        held = self.archive.digests_of_file(path)
        try:
            sha256 = file_digest(file)
        except OSError as error:
            self.report.problems.append(
                f"{file}: cannot be read ({error.strerror}); check the file and its permissions"
            )
            self.report.unchanged += len(held)
            return None
        if sha256 == known_sha256:
            self.report.unchanged += len(held)
            return None
        return ToRead(file, id_of(file, Path(self.roots[path])), sha256, held)

    def _take(self, given: ToRead, items: Iterator[ReadItem]) -> None:
        """Puts what is new or changed in one file into the batch."""
        path, held = str(given.file), dict(given.holds)
        problems = len(self.report.problems)
        ids = self.ids.of_file(given.file, given.article_id, given.holds)
        for article, item, same in ids.give(self._articles(given, items)):
            if article.id in self.ids.kept_out:
                self.report.forgotten += 1
                continue
            new = held.pop(article.id, None) is None
            if same:
                self.report.unchanged += 1
            else:
                self.report.new += new
                self.report.changed += not new
                self.report.named["new" if new else "changed"].append(article.id)
                self.report.warnings |= {article.id: list(article.warnings)} if article.warnings else {}
                if not self.dry_run:
                    passages = item.passages if isinstance(item, Embedded) else self.cutter.cut(article)
                    self.batch.articles.append((path, article, passages))
                    self.batch.vectors |= item.vectors if isinstance(item, Embedded) else {}
            self.done_bytes += len(article.text)
            if sum(len(passages) for _, _, passages in self.batch.articles) >= BATCH_PASSAGES:
                self._write()
                self._say(given.file)
        if len(self.report.problems) > problems:
            # What a row held before it broke is kept: it may be mended tomorrow. An empty hash reads the file again.
            self.report.unchanged += len(held)
            self.batch.files.append((path, ""))
        else:
            # Until the rows that left it are taken out, its hash is empty: a kill does not leave them in for good.
            gone = ids.let_go()
            if gone:
                self.leaving.rows[path] = gone, given.sha256
            self.batch.files.append((path, "" if gone else given.sha256))
        self.ids.settle(path)

    def _articles(self, given: ToRead, items: Iterator[ReadItem]) -> Iterator[tuple[Article, ReadItem]]:
        """The articles of one file, each with what it came as; what cannot be read goes into the report."""
        for item in items:
            if isinstance(item, LeftAlone):
                self.report.other_files += item.count
                continue
            if isinstance(item, Problem):
                self.report.problems.append(item.sentence)
                continue
            article, lengths = (item.article if isinstance(item, Embedded) else item).cut_to(LONGEST_NAME)
            for name, length in lengths.items():
                sentence = (
                    f"the {CALLED.get(name, name)} has {length:,} characters; the first {LONGEST_NAME - 1} are kept"
                )
                self.report.problems.append(f"{given.file}: {shown(article.id)}: {sentence}")
            yield article, item

    def _take_out(self, may_remove: Callable[[int, int], bool]) -> None:
        """Takes out what is gone, in one transaction, unless it is much and nobody wants it."""
        files = {
            name: [i for i in self.archive.digests_of_file(name) if not self.ids.has(i)] for name in self.leaving.files
        }
        rows = [id for ids, _ in self.leaving.rows.values() for id in ids if not self.ids.has(id)]
        lost = len(rows) + sum(len(ids) for name, ids in files.items() if self.leaving.files[name] not in self.hashes)
        leaving = [*rows, *(id for ids in files.values() for id in ids)]
        if not (self.leaving.files or self.leaving.rows):
            return
        if MANY * lost > self.held_before and not may_remove(len(leaving), self.held_before):
            self.report.unchanged += len(leaving)
            self.report.problems.append(
                f"{len(leaving)} of {self.held_before} articles would leave, for their files or rows are gone; that is"
                f" more than one in {MANY}, so they stay: see whether all disks are there, or index again with --prune"
            )
            return
        self.report.removed += len(leaving)
        self.report.named["removed"] += leaving
        if self.dry_run:
            return
        with self.archive.change():
            for name in files:
                self.archive.forget_file(name)
            self.archive.remove_articles(rows)
            for path, (_, sha256) in self.leaving.rows.items():
                self.archive.put_file(path, self.roots[path], sha256)

    def _write(self) -> None:
        """Embeds what the batch has to embed and writes all of it in one transaction."""
        batch, self.batch = self.batch, _Batch()
        if batch == _Batch():
            return
        if self.dry_run:
            return
        kept: dict[bytes, NDArray[np.float32]] = {}
        texts: dict[bytes, str] = {}
        digests: list[list[bytes]] = []  # of each article's passages
        for _, article, passages in batch.articles:
            kept |= self.archive.vectors_of(article.id)
            words = list(self.cutter.texts(article, passages))
            digests.append([text_digest(text) for text in words])
            texts |= zip(digests[-1], words, strict=True)
        fresh = [digest for digest in texts if digest not in kept]
        wanted = [digest for digest in fresh if digest not in batch.vectors]
        made = self.embedder.encode_documents([texts[digest] for digest in wanted])
        vectors = batch.vectors | kept | dict(zip(wanted, made, strict=True))
        with self.archive.change():
            for (path, article, passages), told in zip(batch.articles, digests, strict=True):
                stored = [StoredPassage(p, d, vectors[d]) for p, d in zip(passages, told, strict=True)]
                self.archive.put_article(article, self.archive.put_file(path, self.roots[path], ""), stored)
            for path, sha256 in batch.files:
                self.archive.put_file(path, self.roots[path], sha256)
        self.written |= {article.id for _, article, _ in batch.articles}
        self.report.embedded += len(fresh)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
