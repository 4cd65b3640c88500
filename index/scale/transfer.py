"""An archive as one file that any back end can take in, vectors included; nothing is embedded again.

A ZIP: `about.json`, then in blocks of articles `articles/N.jsonl` (fields, file, passages) and `vectors/N.npy`
(`(n, d) float32`, in the order of the passages), `files.json`, `feeds.json`, `standing.json` where questions are
followed, and last `manifest.json` with the SHA-256 of every member, the counts, and what some searches found: they are
compared on the other side. Files beside the archive (fetched pages, added files, marks) are not in it.
"""

import hashlib
import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ground.files import replacing
from index.article import Article, article_of
from index.opening import create_archive, is_archive, open_archive, ranker_of
from index.passage import Passage
from index.store.archive import Archive, ArchiveError, Feed, Ranker, StoredPassage
from index.store.scope import EVERYTHING
from index.store.standing import Standing, is_kept, read_standing

FORMAT = "groundwire archive 1"
BLOCK, BLOCK_BYTES = 500, 64_000_000  # articles, and what they and their vectors take: a block ends with either
PROBES, K = 20, 10
CLOSE = 1e-5  # cosines of two engines over the same vectors
MOST_TEXT = 1 << 30  # bytes of a member that is read whole: a block is far smaller, save one of a single huge article
# What zipfile lets through of a file whose bytes changed: other flags, packings, names and lengths than were written.
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, ValueError, RuntimeError, OverflowError),
)
STANDING = "standing.json"
TAKEN_IN = "articles taken in"
KEPT_ABOUT = ("embedder", "dimension", "max_tokens", "name")

TellStep = Callable[[str, int, int], None]  # a step, what of it is done, of how much: of 0 where nobody counts


def untold(step: str, done: int, total: int) -> None:
    """Progress that nobody hears of."""


@dataclass(frozen=True)
class Moved:
    """What was moved, from or to which place, and how the searches of both sides compare.

    `probes` were made: `dense_equal` of them found the same by meaning, and `lexical_shared` (0 to 1) is the share of
    the first ten by words that both found, whatever their order. `verified`: the fingerprint over all articles,
    passages and vectors is that of the archive it came from. `already`: it was there before, and nothing was written.
    """

    place: str
    articles: int
    passages: int
    verified: bool
    probes: int
    dense_equal: int
    lexical_shared: float
    already: bool = False


def export_archive(archive: Archive, file: Path, *, progress: TellStep = untold) -> Moved:
    """Writes the archive to a new file, whole or not at all; raises ArchiveError where that cannot be.

    Nothing may write to the archive meanwhile: its lock is held.
    """
    if file.exists():
        raise ArchiveError(f"{file}: is there already; name a new file, or move it away")
    if not file.parent.is_dir():
        raise ArchiveError(f"{file}: there is no folder {file.parent}; make it, or name another file")
    try:
        with replacing(file) as fresh, archive.writing():
            ranker = ranker_of(archive)
            progress("bringing the search up to date", 0, 0)
            ranker.refresh()
            ranker.ready(lambda _: None)
            with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                moved = _write(archive, ranker, packed, progress)
    except OSError as error:
        raise ArchiveError(f"{file}: cannot be written ({error.strerror}); make room, or name another file") from error
    return moved


def _write(archive: Archive, ranker: Ranker, packed: zipfile.ZipFile, progress: TellStep) -> Moved:
    hashes: dict[str, str] = {}

    def put(name: str, content: bytes, how: int = zipfile.ZIP_DEFLATED) -> None:
        if len(content) > MOST_TEXT:
            what = f"{name} would have {len(content)} bytes, which no import takes"
            raise ArchiveError(f"{archive.place}: {what}; export smaller archives")
        hashes[name] = hashlib.sha256(content).hexdigest()
        packed.writestr(name, content, how)

    put("about.json", _json({name: archive.about(name) for name in KEPT_ABOUT}))
    owners = archive.owners()
    ids = sorted(owners)
    rows: list[bytes] = []
    vectors: list[NDArray[np.float32]] = []
    number = passages = size = 0
    for done, id in enumerate(ids, 1):
        article, stored = archive.article(id), archive.stored(id)
        assert article is not None
        spans = [(held.passage.start, held.passage.end, held.digest.hex()) for held in stored]
        rows.append(_json({"file": owners[id], "passages": spans, **asdict(article)}))
        vectors += [held.vector for held in stored]
        size += len(rows[-1]) + sum(held.vector.nbytes for held in stored)
        progress("articles written", done, len(ids))
        if len(rows) < BLOCK and size < BLOCK_BYTES and done < len(ids):
            continue
        put(f"articles/{number:06}.jsonl", b"\n".join(rows))
        block = np.array(vectors, np.float32).reshape(len(vectors), int(archive.about("dimension")))
        buffer = io.BytesIO()
        np.save(buffer, block, allow_pickle=False)
        put(f"vectors/{number:06}.npy", buffer.getvalue(), zipfile.ZIP_STORED)
        passages += len(vectors)
        rows, vectors, size = [], [], 0
        number += 1
    put("files.json", _json({path: asdict(known) for path, known in archive.files_under(Path("/")).items()}))
    put("feeds.json", _json([asdict(feed) for feed in archive.feeds()]))
    if is_kept(archive.folder):
        standing = Standing(archive.folder)
        put(STANDING, _json(standing.to_dict()))
        standing.close()
    progress("searching, to compare with later", 0, 0)
    probes = [probe_of(archive, ranker, id) for id in _spread(ids)]
    probes = [probe for probe in probes if probe]
    told = {
        "format": FORMAT,
        "articles": len(ids),
        "passages": passages,
        "fingerprint": archive.fingerprint(),
        "members": hashes,
        "probes": probes,
    }
    packed.writestr("manifest.json", _json(told))
    return Moved(archive.place, len(ids), passages, True, len(probes), len(probes), 1.0)


def import_archive(file: Path, folder: Path, *, progress: TellStep = untold) -> Moved:
    """Takes an exported file into a new archive, or goes on where an earlier import of the same file was ended.

    An archive that holds the same, wherever it came from, is left as it is. Raises ArchiveError for a file that is none
    or is damaged, before anything is written, and for an archive that holds something else.
    """
    try:
        packed = zipfile.ZipFile(file)
    except UNREADABLE as error:
        raise ArchiveError(f"{file}: is no exported archive, or is cut off ({error}); export it again") from None
    except OSError as error:
        raise ArchiveError(f"{file}: cannot be read ({error.strerror or error})") from None
    with packed:
        reader = _Reader(file, packed)
        reader.check(progress)
        about = {**reader.about(), "imported": reader.hash}
        archive = open_archive(folder) if is_archive(folder) else create_archive(folder, about)
        try:
            ours = archive.about("imported") == reader.hash
            if ours:
                _take_in(reader, archive, progress)
            elif archive.fingerprint() != reader.manifest["fingerprint"]:
                raise ArchiveError(
                    f"{archive.place}: holds an archive that did not come from {file}; name a new place with --archive,"
                    " and put this one away when that is whole"
                )
            return replace(compare(archive, ranker_of(archive), reader.manifest, progress), already=not ours)
        finally:
            archive.close()


def _take_in(reader: "_Reader", archive: Archive, progress: TellStep) -> None:
    total = int(reader.manifest["articles"])
    with archive.writing():
        files = reader.files()
        done = 0
        for number in range(reader.blocks):
            block = list(reader.articles(number, int(archive.about("dimension")), files))
            # What an earlier import wrote is whole; what was read of a file before is not asked again.
            fresh = [row for row in block if archive.digests_of_file(row[0]).get(row[1].id) != row[1].digest]
            if fresh:
                with archive.change():
                    for at, (path, article, passages) in enumerate(fresh):
                        progress(TAKEN_IN, done + at, total)
                        # Its hash comes last: an empty one says that the file is not read to its end.
                        archive.put_article(article, archive.put_file(path, files[path][0], ""), passages)
            done += len(block)
            progress(TAKEN_IN, done, total)
        with archive.change():
            for path, (root, sha256) in files.items():
                archive.put_file(path, root, sha256)
        for feed in reader.feeds():
            archive.put_feed(feed)
        if followed := reader.standing():
            standing = Standing(archive.folder)
            standing.take(followed)
            standing.close()
        progress("making the search indexes", 0, 0)
        ranker_of(archive).refresh()


def compare(archive: Archive, ranker: Ranker, manifest: dict[str, Any], progress: TellStep = untold) -> Moved:
    """The archive beside what the manifest of an export says of the one it came from."""
    progress("making sure of the search", 0, 0)
    ranker.ready(lambda _: None)
    probes = manifest["probes"]
    dense, shares = 0, []
    for done, probe in enumerate(probes):
        progress("searches compared", done, len(probes))
        here = probe_of(archive, ranker, probe["article"]) or {"dense": [], "lexical": []}
        dense += same_places(here["dense"], probe["dense"])
        shares.append(shared(here["lexical"], probe["lexical"]))
    progress("comparing the whole", 0, 0)
    verified = archive.fingerprint() == manifest["fingerprint"]
    counted = len(archive.owners()), archive.passage_count
    share = round(sum(shares) / len(shares), 4) if shares else 1.0
    return Moved(archive.place, *counted, verified, len(probes), dense, share)


def probe_of(archive: Archive, ranker: Ranker, article_id: str) -> dict[str, Any] | None:
    """What is found for the headline of an article and the vector of its first passage; None where it has none."""
    article, stored = archive.article(article_id), archive.stored(article_id)
    if article is None or not stored:
        return None
    found = ranker.rank(article.title, stored[0].vector.reshape(1, -1), K, EVERYTHING)
    told: dict[str, Any] = {"article": article_id}
    for stage, ranking in found.items():
        places = archive.passages([row for row, _ in ranking])
        told[stage] = [
            [places[row][0], places[row][1].start, places[row][1].end, round(score, 6)]
            for row, score in ranking
            if row in places
        ]
    return told


def same_places(here: Sequence[Sequence[Any]], there: Sequence[Sequence[Any]]) -> bool:
    """Whether two rankings are one but for the order of equal scores, and for which of them are last.

    >>> same_places([["a", 0, 9, 1.0], ["b", 0, 9, 0.5]], [["a", 0, 9, 1.0], ["c", 0, 9, 0.5]])
    True
    >>> same_places([["a", 0, 9, 1.0], ["b", 0, 9, 0.5]], [["b", 0, 9, 1.0], ["a", 0, 9, 0.5]])
    False
    """
    if len(here) != len(there) or any(abs(a[3] - b[3]) > CLOSE for a, b in zip(here, there, strict=True)):
        return False
    if not here:
        return True
    last = min(here[-1][3], there[-1][3]) + CLOSE
    known = {tuple(row[:3]): row[3] for row in there}
    return all(abs(known.get(tuple(row[:3]), -9.0) - row[3]) <= CLOSE for row in here if row[3] > last)


def shared(here: Sequence[Sequence[Any]], there: Sequence[Sequence[Any]]) -> float:
    """The share of two rankings' passages that stand in both; all of them where only ties tell the two apart.

    In order they differ between two engines, whose scores by words do, and within one: tantivy counts passages that
    were taken out into how rare a word is until it merges them away, and a new archive has none.

    >>> shared([["a", 0, 9, 3.0], ["b", 0, 9, 2.0]], [["b", 0, 9, 9.0], ["a", 0, 9, 8.0]])
    1.0
    >>> shared([["a", 0, 9, 3.0], ["b", 0, 9, 2.0]], [["a", 0, 9, 3.0], ["c", 0, 9, 2.5]])
    0.5
    """
    if same_places(here, there):
        return 1.0
    both = {tuple(row[:3]) for row in here} & {tuple(row[:3]) for row in there}
    return len(both) / max(len(here), len(there))


class _Reader:
    """An exported file; raises ArchiveError for whatever in it is not as its manifest says."""

    def __init__(self, file: Path, packed: zipfile.ZipFile) -> None:
        self.file = file
        self.packed = packed
        raw = self._read("manifest.json")
        self.hash = hashlib.sha256(raw).hexdigest()
        self.manifest = self._parse(raw, "manifest.json")
        if not isinstance(self.manifest, dict) or self.manifest.get("format") != FORMAT:
            raise self._damaged("manifest.json", f"it is not of the kind {FORMAT}")
        wanted = {"articles": int, "passages": int, "fingerprint": str, "members": dict, "probes": list}
        for name, kind in wanted.items():
            if not isinstance(self.manifest.get(name), kind):
                raise self._damaged("manifest.json", f'"{name}" is missing')

    @property
    def blocks(self) -> int:
        """How many blocks of articles there are."""
        return sum(name.startswith("articles/") for name in self.manifest["members"])

    def check(self, progress: TellStep) -> None:
        """Reads all of it once, as the import will: half an archive would answer questions like a whole one."""
        told = self.manifest["articles"], self.manifest["passages"]
        dimension, files = int(self.about()["dimension"]), self.files()
        self.feeds()
        self.standing()
        articles = passages = 0
        for number in range(self.blocks):
            for _, _, held in self.articles(number, dimension, files):
                articles, passages = articles + 1, passages + len(held)
                progress("articles checked", articles, told[0])
        if (articles, passages) != told:
            raise self._damaged("manifest.json", f"of its {told[0]} articles {articles} are here")
        try:
            for probe in self.manifest["probes"]:
                probe["article"].encode()
                _ = {(*row[:3],): row[3] + 0.0 for row in probe["dense"] + probe["lexical"]}
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            raise self._damaged("manifest.json", f"its searches: {error}") from None

    def about(self) -> dict[str, str]:
        """What the archive keeps to."""
        about = self._parse(self._checked("about.json"), "about.json")
        if not isinstance(about, dict) or not all(isinstance(value, str) for value in about.values()):
            raise self._damaged("about.json", "it is not what an archive keeps to")
        if not all(about.get(name, "").isdecimal() for name in ("dimension", "max_tokens")):
            raise self._damaged("about.json", "it tells no dimension")
        return {name: about[name] for name in KEPT_ABOUT if about.get(name)}

    def files(self) -> dict[str, tuple[str, str]]:
        """Root and SHA-256 of each file by its path."""
        try:
            found = self._parse(self._checked("files.json"), "files.json")
            return {str(path): (str(known["root"]), str(known["sha256"])) for path, known in found.items()}
        except (AttributeError, KeyError, TypeError) as error:
            raise self._damaged("files.json", str(error)) from None

    def feeds(self) -> list[Feed]:
        """The feeds that were followed."""
        try:
            return [Feed(**feed) for feed in self._parse(self._checked("feeds.json"), "feeds.json")]
        except TypeError as error:
            raise self._damaged("feeds.json", str(error)) from None

    def standing(self) -> dict[str, Any]:
        """The questions that were followed, with their history; empty where there were none."""
        if STANDING not in self.manifest["members"]:
            return {}
        held = self._parse(self._checked(STANDING), STANDING)
        try:
            read_standing(held)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise self._damaged(STANDING, str(error)) from None
        return dict(held)

    def articles(
        self, number: int, dimension: int, known: Container[str]
    ) -> Iterator[tuple[str, Article, list[StoredPassage]]]:
        """File, article and passages of one block."""
        name, vectors = f"articles/{number:06}.jsonl", self._vectors(number, dimension)
        at = 0
        for line in self._checked(name).split(b"\n"):
            row = self._parse(line, name)
            try:
                path, spans = row.pop("file"), row.pop("passages")
                if path not in known:
                    raise ValueError("it names a file that is not told")
                article = article_of(row)
                passages = []
                for start, end, digest in spans:
                    if not 0 <= start < end <= len(article.text) or at >= len(vectors):
                        raise ValueError("a passage lies outside its text, or has no vector")
                    passages.append(StoredPassage(Passage(start, end), bytes.fromhex(digest), vectors[at]))
                    at += 1
            except (TypeError, ValueError, KeyError, AttributeError) as error:
                raise self._damaged(name, str(error)) from None
            yield path, article, passages
        if at < len(vectors):
            raise self._damaged(name, "it has fewer passages than vectors")

    def _vectors(self, number: int, dimension: int) -> NDArray[np.float32]:
        name = f"vectors/{number:06}.npy"
        try:
            made = np.load(io.BytesIO(self._checked(name)), allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise self._damaged(name, str(error)) from None
        if made.dtype != np.float32 or made.shape[1:] != (dimension,) or not np.isfinite(made).all():
            raise self._damaged(name, f"it does not hold vectors of {dimension} numbers")
        return np.ascontiguousarray(made)

    def _checked(self, name: str) -> bytes:
        content = self._read(name)
        if hashlib.sha256(content).hexdigest() != self.manifest["members"].get(name):
            raise self._damaged(name, "its SHA-256 is another")
        return content

    def _read(self, name: str) -> bytes:
        try:
            if self.packed.getinfo(name).file_size > MOST_TEXT:
                raise self._damaged(name, "it is too large")
            return self.packed.read(name)
        except KeyError:
            raise self._damaged(name, "it is missing") from None
        except UNREADABLE as error:
            raise self._damaged(name, str(error)) from None
        except OSError as error:
            raise ArchiveError(f"{self.file}: cannot be read ({error.strerror or error})") from None

    def _parse(self, raw: bytes, name: str) -> Any:
        try:
            return json.loads(raw)
        except ValueError as error:
            raise self._damaged(name, str(error)) from None

    def _damaged(self, name: str, why: str) -> ArchiveError:
        return ArchiveError(f"{self.file}: {name} is not what was exported ({why}); export it again")


def _spread(ids: Sequence[str]) -> list[str]:
    """PROBES of them, evenly."""
    step = max(1, len(ids) // PROBES)
    return list(ids[::step][:PROBES])


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
