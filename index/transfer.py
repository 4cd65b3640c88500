"""An archive as one file that any back end can take in, vectors included; nothing is embedded again.

A ZIP: `about.json`, then in blocks of articles `articles/N.jsonl` (fields, file, passages) and `vectors/N.npy`
(`(n, d) float32`, in the order of the passages), `files.json`, `feeds.json`, and last `manifest.json` with the
SHA-256 of every member, the counts, and what some searches found: they are compared on the other side. Files beside
the archive (fetched pages, added files, marks) are not in it.
"""

import hashlib
import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.archive import Archive, ArchiveError, Feed, Ranker, StoredPassage
from index.article import Article, article_of
from index.opening import create_archive, is_archive, open_archive, ranker_of
from index.passage import Passage
from index.scope import EVERYTHING

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
KEPT_ABOUT = ("embedder", "dimension", "max_tokens", "name")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Moved:
    """What was moved, from or to which place, and how the searches of both sides compare.

    `probes` were made, of each stage so many agree. `verified`: the fingerprint over all articles, passages and vectors
    is that of the archive it came from.
    """

    place: str
    articles: int
    passages: int
    verified: bool
    probes: int
    dense_equal: int
    lexical_equal: int


def export_archive(archive: Archive, file: Path, *, progress: Progress = lambda done, total: None) -> Moved:
    """Writes the archive to a new file, whole or not at all; raises ArchiveError where that cannot be.

    `progress` hears of articles done and of all. Nothing may write to the archive meanwhile: its lock is held.
    """
    if file.exists():
        raise ArchiveError(f"{file}: is there already; name a new file, or move it away")
    fresh = file.with_name(f"{file.name}.new")
    try:
        with archive.writing():
            ranker = ranker_of(archive)
            ranker.refresh()
            ranker.ready(lambda _: None)
            with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                moved = _write(archive, ranker, packed, progress)
        fresh.rename(file)
    except OSError as error:
        raise ArchiveError(f"{file}: cannot be written ({error.strerror}); see whether the disk is full") from error
    finally:
        fresh.unlink(missing_ok=True)
    return moved


def _write(archive: Archive, ranker: Ranker, packed: zipfile.ZipFile, progress: Progress) -> Moved:
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
        progress(done, len(ids))
    put("files.json", _json({path: asdict(known) for path, known in archive.files_under(Path("/")).items()}))
    put("feeds.json", _json([asdict(feed) for feed in archive.feeds()]))
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
    return Moved(archive.place, len(ids), passages, True, len(probes), len(probes), len(probes))


def import_archive(file: Path, folder: Path, *, progress: Progress = lambda done, total: None) -> Moved:
    """Takes an exported file into a new archive, or goes on where an earlier import of the same file was ended.

    Raises ArchiveError for a file that is none or is damaged, before anything is written, and for an archive that holds
    something else.
    """
    try:
        packed = zipfile.ZipFile(file)
    except UNREADABLE as error:
        raise ArchiveError(f"{file}: is no exported archive, or is cut off ({error}); export it again") from None
    except OSError as error:
        raise ArchiveError(f"{file}: cannot be read ({error.strerror or error})") from None
    with packed:
        reader = _Reader(file, packed)
        reader.check()
        archive = _archive_for(file, folder, {**reader.about(), "imported": reader.hash})
        try:
            return _take_in(reader, archive, progress)
        finally:
            archive.close()


def _archive_for(file: Path, folder: Path, about: dict[str, str]) -> Archive:
    if not is_archive(folder):
        return create_archive(folder, about)
    archive = open_archive(folder)
    if archive.about("imported") != about["imported"]:
        place = archive.place
        archive.close()
        raise ArchiveError(f"{place}: holds an archive that did not come from {file}; name another --archive")
    return archive


def _take_in(reader: "_Reader", archive: Archive, progress: Progress) -> Moved:
    total = int(reader.manifest["articles"])
    with archive.writing():
        files = reader.files()
        done = 0
        for number in range(sum(name.startswith("articles/") for name in reader.manifest["members"])):
            block = list(reader.articles(number, int(archive.about("dimension")), files))
            # What an earlier import wrote is whole; what was read of a file before is not asked again.
            fresh = [row for row in block if archive.digests_of_file(row[0]).get(row[1].id) != row[1].digest]
            if fresh:
                with archive.change():
                    for path, article, passages in fresh:
                        # Its hash comes last: an empty one says that the file is not read to its end.
                        archive.put_article(article, archive.put_file(path, files[path][0], ""), passages)
            done += len(block)
            progress(done, total)
        with archive.change():
            for path, (root, sha256) in files.items():
                archive.put_file(path, root, sha256)
        for feed in reader.feeds():
            archive.put_feed(feed)
        ranker = ranker_of(archive)
        ranker.refresh()
    ranker.ready(lambda _: None)
    return compare(archive, ranker, reader.manifest)


def compare(archive: Archive, ranker: Ranker, manifest: dict[str, Any]) -> Moved:
    """The archive beside what the manifest of an export says of the one it came from."""
    dense = lexical = 0
    for probe in manifest["probes"]:
        here = probe_of(archive, ranker, probe["article"])
        dense += here is not None and same_places(here["dense"], probe["dense"])
        lexical += here is not None and [row[:3] for row in here["lexical"]] == [row[:3] for row in probe["lexical"]]
    verified = archive.fingerprint() == manifest["fingerprint"]
    counted = len(archive.owners()), archive.passage_count
    return Moved(archive.place, *counted, verified, len(manifest["probes"]), dense, lexical)


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

    def check(self) -> None:
        """Reads all of it once: half an archive would answer questions like a whole one."""
        for name in self.manifest["members"]:
            self._checked(name)

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

    def articles(
        self, number: int, dimension: int, known: Container[str]
    ) -> Iterator[tuple[str, Article, list[StoredPassage]]]:
        """File, article and passages of one block."""
        name, vectors = f"articles/{number:06}.jsonl", self._vectors(number, dimension)
        at = 0
        for line in self._checked(name).decode().split("\n"):
            row = self._parse(line.encode(), name)
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
