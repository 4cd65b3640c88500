"""Gives each article an id of its own, and the same one for as long as its file holds it.

An article is known by its file and the id that its reader makes. Where another has that id, or one that is typed alike,
it is told apart by its folder's or its file's name, within one file by a number; the archive notes the reader's id too.
"""

import os
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TypeVar

from ground.words import name_key
from index.article import Article
from index.forgotten import Forgotten
from index.gone import why_unseen
from index.reading.files import LeftAlone, file_digest, id_of, kind_of, read_file
from index.store.archive import Archive

MOST_WAITING = 20_000_000  # characters of articles that have changed and wait for what else their file holds
T = TypeVar("T")


class Ids:
    """The ids of an archive during one update: `owners` are id → path of the file that has it.

    `roots` are path → root of the files of this update. What is `forgotten` keeps its id, and no other article gets it.
    """

    def __init__(self, archive: Archive, forgotten: Sequence[Forgotten], roots: Mapping[str, str]) -> None:
        self.archive = archive
        self.roots = roots
        self.owners = archive.owners()
        self.kept_out = {one.what: one for one in forgotten if one.kind == "article"}
        self._kept_out_of: dict[str, list[Forgotten]] = defaultdict(list)
        for one in self.kept_out.values():
            self._kept_out_of[one.file].append(one)
        self._settled: set[str] = set()
        self._in_file: dict[str, tuple[set[str | None], dict[str, str]]] = {}  # keys of the ids in it, and reader_ids
        self._alike: dict[str, list[str]] | None = None

    def begin(self, *, gone: Iterable[str], unseen: Iterable[str]) -> None:
        """Lets go of the ids of files that are gone; files that are not seen keep theirs."""
        left = set(gone)
        self.owners = {article: file for article, file in self.owners.items() if file not in left}
        self.owners = {one.what: one.file for one in self.kept_out.values()} | self.owners
        self._settled |= set(unseen)

    def settle(self, path: str) -> None:
        """Notes that `owners` has all that a file holds now: it is unchanged, or was read."""
        self._settled.add(path)

    def has(self, article_id: str) -> bool:
        """Whether a file holds an article with this id that is not kept out."""
        return article_id in self.owners and article_id not in self.kept_out

    def of_file(self, file: Path, file_id: str, holds: Mapping[str, str]) -> "FileIds":
        """The ids of one file that is read now, whose article ids and digests in the archive are `holds`."""
        path = str(file)
        out = self._kept_out_of.get(path, [])
        made = self.archive.reader_ids(path) if holds else {}
        made |= {one.what: one.reader_id for one in out if one.reader_id}
        own = {article for article in (*holds, *(one.what for one in out)) if self.owners.get(article) == path}
        return FileIds(self, file, file_id, holds, {article: made.get(article, article) for article in own})

    def holder(self, article_id: str, path: str) -> str | None:
        """The file that has this id or one that is typed alike: `path`, or another that still holds its article."""
        for one in self._typed_alike(article_id):
            owner = self.owners.get(one)
            if owner is not None and (owner == path or one != article_id or self._still_in(owner, one)):
                return owner
        return None

    def give(self, article_id: str, path: str) -> None:
        """The id is this file's from now on."""
        self.owners[article_id] = path
        if self._alike is not None and name_key(article_id) != article_id:
            self._alike.setdefault(name_key(article_id), []).append(article_id)

    def _typed_alike(self, article_id: str) -> Iterable[str]:
        if self._alike is None:
            self._alike = {}
            for one in self.owners:
                if (key := name_key(one)) != one:
                    self._alike.setdefault(key, []).append(one)
        key = name_key(article_id)
        return dict.fromkeys((article_id, key, *self._alike.get(key, ())))

    def _still_in(self, path: str, article_id: str) -> bool:
        """Whether a file still holds its article, for rows move between files; one that has problems keeps its own."""
        if path not in self._settled and path not in self._in_file:
            known = self.archive.files_under(Path(path)).get(path)
            try:
                if known and known.sha256 == file_digest(Path(path)):
                    self.settle(path)
            except OSError:
                pass  # what it was is found out below
        if path in self._settled:
            return True
        if path not in self._in_file:
            self._in_file[path] = set(self._keys_in(Path(path))), self.archive.reader_ids(path)
        keys, made = self._in_file[path]
        out = self.kept_out.get(article_id)
        own = out.reader_id if out else made.get(article_id)
        return bool(keys & {name_key(own or article_id), None})

    def _keys_in(self, file: Path) -> Iterator[str | None]:
        """The ids that a file's reader makes, as they are typed. None: a problem."""
        known = self.archive.files_under(file).get(str(file))
        root = self.roots.get(str(file)) or (known.root if known else "")
        if not root or not os.path.exists(file):
            if root and why_unseen(file, Path(root)):
                yield None
            return
        file_id = id_of(file, Path(root))
        for item in read_file(file, file_id):
            if isinstance(item, Article):
                # Older archives note no reader's id beside a longer one.
                yield from map(name_key, (item.id, *longer_ids(item.id, file, file_id)))
            elif not isinstance(item, LeftAlone):
                yield None


class FileIds:
    """The ids of one file's articles; `made` are those that it has, each with the one that its reader made."""

    def __init__(self, ids: Ids, file: Path, file_id: str, holds: Mapping[str, str], made: Mapping[str, str]) -> None:
        self.ids = ids
        self.file = file
        self.file_id = file_id
        self.holds = holds
        self._free: dict[str, list[str]] = defaultdict(list)  # what nobody has taken up, by the reader's id
        for article_id in sorted(made, key=lambda one: (len(one), one)):
            self._free[name_key(made[article_id])].append(article_id)
        self._numbers: dict[str, int] = {}

    def give(self, read: Iterable[tuple[Article, T]]) -> Iterator[tuple[Article, T, bool]]:
        """The articles of the file under their ids, each with what came with it; and whether it has not changed.

        Of several that have one id of the reader's, those that are as they were keep theirs; the others have what is
        left in order. They wait for that, and come last, MOST_WAITING characters at most.
        """
        waiting: deque[tuple[Article, T]] = deque()
        size = 0
        for article, rest in read:
            free = self._free_for(article.id)
            if not free:
                yield self._next(article), rest, False
            elif same := next((one for one in free if _named(article, one).digest == self.holds.get(one)), None):
                free.remove(same)
                yield _named(article, same), rest, True
            else:
                waiting.append((article, rest))
                size += len(article.text) + 1_000
            while size > MOST_WAITING:
                first, its = waiting.popleft()
                size -= len(first.text) + 1_000
                yield self._next(first), its, False
        for article, rest in waiting:
            yield self._next(article), rest, False

    def let_go(self) -> list[str]:
        """Gives up the ids of what the file holds no more; returns those of articles that leave the archive."""
        free = (one for free in self._free.values() for one in free)
        gone = {one for one in free if self.ids.owners.get(one) == str(self.file)}
        for one in gone:
            del self.ids.owners[one]
        return [one for one in self.holds if one in gone or one in self.ids.kept_out]  # a kill can leave one in

    def _free_for(self, made: str) -> list[str]:
        """What nobody has taken up of this reader's id; in older archives, which note none, of its longer forms."""
        own = self._free.get(name_key(made))
        if own or self.ids.owners.get(made) == str(self.file):
            return own or []
        longer = longer_ids(made, self.file, self.file_id)
        return next((free for one in longer if (free := self._free.get(name_key(one)))), [])

    def _next(self, article: Article) -> Article:
        if free := self._free_for(article.id):
            return _named(article, free.pop(0))
        path = str(self.file)
        new = next(one for one in self._forms(article.id) if self.ids.holder(one, path) is None)
        self.ids.give(new, path)
        return _named(article, new)

    def _forms(self, article_id: str) -> Iterator[str]:
        """The ids that an article can have, the best first."""
        yield article_id
        path = str(self.file)
        root = Path(self.ids.roots[path])
        holder = self.ids.holder(article_id, path)
        elsewhere = root.name if holder and not Path(holder).is_relative_to(root) else ""
        for longer in longer_ids(article_id, self.file, self.file_id, elsewhere):
            if self.ids.holder(article_id, path) == path:
                break
            article_id = longer
            yield article_id
        for number in count(self._numbers.get(article_id, 2)):
            self._numbers[article_id] = number + 1
            yield f"{article_id} {number}"


def longer_ids(article_id: str, file: Path, file_id: str, folder: str = "") -> list[str]:
    """What tells an article from those of other files, where its id is its file's its folder (if one is given) and its
    suffix, else its file's id.

    >>> longer_ids("b/x", Path("b/x.txt"), "b/x", "two"), longer_ids("x", Path("b.jsonl"), "b")
    (['two/b/x', 'b/x.txt'], ['b/x', 'b.jsonl/x'])
    """
    kind = kind_of(file)
    if article_id == file_id or article_id.startswith(f"{file_id}/"):
        with_suffix = f"{file_id}{kind}{article_id[len(file_id) :]}"
        return [f"{folder}/{article_id}", with_suffix] if folder else [with_suffix]
    return [f"{file_id}/{article_id}", f"{file_id}{kind}/{article_id}"]


def _named(article: Article, article_id: str) -> Article:
    if article.id == article_id:
        return article
    return replace(article, id=article_id, reader_id=article.id)
