"""What the codes find is what a product with every vector finds, at its true cosine, however the index came about."""

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from index.article import Article
from index.passage import Passage
from index.search import dense
from index.search.dense import AT_ONCE, CODES, LEAST_DEPTH, DenseIndex
from index.search.stamp import UNFINISHED, write_stamp
from index.store.archive import StoredPassage
from index.store.sqlite import EmbeddedArchive
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder, count_words

SEGMENT = 1000
Rows = NDArray[np.int64]
Vectors = NDArray[np.float32]


class MadeArchive:
    """The part of an archive that vectors are searched by, in memory; any rows."""

    def __init__(self, rows: Rows, vectors: Vectors) -> None:
        self.held = dict(zip(rows.tolist(), vectors, strict=True))
        self.dimension = vectors.shape[1]
        self.gone: list[tuple[int, int]] = []
        self.generation, self.last_row = 1, max(self.held, default=0)

    def about(self, name: str) -> str:
        return {"dimension": str(self.dimension)}[name]

    def change(self, *, out: Rows, rows: Rows, vectors: Vectors) -> None:
        self.generation += 1
        self.gone += [(row, self.generation) for row in out.tolist() if self.held.pop(row, None) is not None]
        self.held |= dict(zip(rows.tolist(), vectors, strict=True))
        self.last_row = max(self.last_row, *rows.tolist())

    def removed_since(self, generation: int) -> list[int]:
        return [row for row, at in self.gone if at > generation]

    def vectors(self, after: int = 0) -> Iterator[tuple[Rows, Vectors]]:
        rows = np.array(sorted(row for row in self.held if row > after), np.int64)
        for start in range(0, len(rows), 300):
            yield self.vectors_at(rows[start : start + 300])

    def vectors_at(self, rows: Rows) -> tuple[Rows, Vectors]:
        there = [row for row in sorted(rows.tolist()) if row in self.held]
        vectors = np.array([self.held[row] for row in there], np.float32).reshape(-1, self.dimension)
        return np.array(there, np.int64), vectors


def unit(vectors: NDArray[np.floating]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def near_each_other(n: int, d: int, *, seed: int) -> Vectors:
    """Unit vectors about 50 directions, as texts stand about subjects."""
    dice = np.random.default_rng(seed)
    subjects = np.random.default_rng(0).normal(size=(50, d))
    return unit(subjects[dice.integers(50, size=n)] + dice.normal(size=(n, d)))


def dense_index(folder: Path, rows: Rows, vectors: Vectors, *, segment: int = SEGMENT) -> DenseIndex:
    return opened(folder, MadeArchive(rows, vectors), segment=segment)


def opened(folder: Path, archive: MadeArchive, *, segment: int = SEGMENT) -> DenseIndex:
    dense.update(folder, archive, segment=segment)  # type: ignore[arg-type]
    held = dense.load(folder, archive)  # type: ignore[arg-type]
    assert held is not None and held[0] == archive.generation
    return held[1]


def codes(folder: Path) -> dict[str, int]:
    """The coded segments and when each was written."""
    return {file.name: file.stat().st_mtime_ns for file in folder.glob(f"*{CODES}")}


ROWS = np.arange(5500, dtype=np.int64) * 3 + 7
VECTORS = near_each_other(5500, 64, seed=1)
QUERIES = near_each_other(100, 64, seed=2)


def test_what_is_not_coded_is_ranked_as_a_numpy_product_ranks_it(tmp_path: Path) -> None:
    index = dense_index(tmp_path, ROWS[:900], VECTORS[:900])
    assert codes(tmp_path) == {}
    for query in QUERIES[:20]:
        cosines = VECTORS[:900] @ query
        best = np.argsort(-cosines, kind="stable")[:10]
        found = index.search(query[None], 10)
        assert [row for row, _ in found] == ROWS[best].tolist()
        np.testing.assert_allclose([cosine for _, cosine in found], cosines[best], atol=1e-6)


def test_codes_find_what_the_exact_scan_finds_with_its_cosines(tmp_path: Path) -> None:
    index = dense_index(tmp_path, ROWS, VECTORS)
    assert len(codes(tmp_path)) == 5
    right = 0
    for query in QUERIES:
        cosines = dict(zip(ROWS.tolist(), (VECTORS @ query).tolist(), strict=True))
        found = index.search(query[None], 10)
        assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
        for row, cosine in found:
            assert cosine == pytest.approx(cosines[row], abs=1e-6), "its own, not that of its codes"
        right += len({row for row, _ in found} & set(sorted(cosines, key=lambda row: -cosines[row])[:10]))
    assert right / (10 * len(QUERIES)) >= 0.99


@pytest.mark.parametrize("segment", [9999, SEGMENT], ids=["exact", "coded"])
def test_asked_for_all_it_ranks_all(tmp_path: Path, segment: int) -> None:
    index = dense_index(tmp_path, ROWS[:2500], VECTORS[:2500], segment=segment)
    found = index.search(QUERIES[:1], 2500)
    assert [row for row, _ in found] == ROWS[np.argsort(-(VECTORS[:2500] @ QUERIES[0]), kind="stable")].tolist()
    for k in (1, 10, 2499):
        assert index.search(QUERIES[:1], k) == found[:k]
    assert index.search(QUERIES[:1], 0) == []


def test_equal_vectors_are_ranked_by_row(tmp_path: Path) -> None:
    index = dense_index(tmp_path, np.array([9, 4, 7], np.int64), np.tile(VECTORS[:1], (3, 1)))
    assert [row for row, _ in index.search(QUERIES[:1], 3)] == [4, 7, 9]
    assert [row for row, _ in index.search(QUERIES[:1], 2)] == [4, 7]


def test_no_vectors_no_rows(tmp_path: Path) -> None:
    index = dense_index(tmp_path, ROWS[:0], VECTORS[:0])
    assert index.search(QUERIES[:1], 3) == index.search(QUERIES[:1], 3, within=np.array([1])) == []


def test_vectors_of_an_odd_length_are_coded_too(tmp_path: Path) -> None:
    vectors = near_each_other(1100, 7, seed=3)
    [(row, cosine)] = dense_index(tmp_path, ROWS[:1100], vectors).search(vectors[5:6], 1)
    assert (row, round(cosine, 6)) == (ROWS[5], 1.0)


# Kept up to date


def changed(archive: MadeArchive, seed: int, *, out: int = 150, come: int = 160) -> None:
    dice = np.random.default_rng(seed)
    rows = archive.last_row + 1 + np.arange(come)
    archive.change(
        out=dice.choice(sorted(archive.held), out, replace=False),
        rows=rows.astype(np.int64),
        vectors=near_each_other(come, 64, seed=seed),
    )


@pytest.mark.slow
def test_an_index_kept_up_to_date_finds_what_one_made_anew_finds(tmp_path: Path) -> None:
    archive = MadeArchive(ROWS, VECTORS)
    opened(tmp_path / "kept", archive)
    coded = codes(tmp_path / "kept")
    for turn in range(4):
        changed(archive, 10 + turn)
        kept = opened(tmp_path / "kept", archive)
        anew = opened(tmp_path / f"anew{turn}", archive)
        within = np.array(sorted(archive.held)[::7], np.int64)
        for query in QUERIES[:40]:
            assert kept.search(query[None], 10) == anew.search(query[None], 10)
            assert kept.search(query[None], 10, within=within) == anew.search(query[None], 10, within=within)
    assert coded.items() < codes(tmp_path / "kept").items(), "what was coded stands as it was, and one more is coded"
    assert {file.suffix for file in (tmp_path / "kept").iterdir()} == {".faiss", ".npy", ".json"}
    assert len(list((tmp_path / "kept").glob("*.npy"))) == 3, "nothing is left of earlier generations"


def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    archive = MadeArchive(ROWS, VECTORS)
    opened(tmp_path, archive)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    opened(tmp_path, archive)
    assert before == {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}


def test_where_too_much_has_left_all_is_coded_anew(tmp_path: Path) -> None:
    archive = MadeArchive(ROWS, VECTORS)
    opened(tmp_path, archive)
    coded = codes(tmp_path)
    changed(archive, 1, out=2000, come=1)
    index = opened(tmp_path, archive)
    assert len(codes(tmp_path)) == 3 and not coded.keys() & codes(tmp_path).keys()
    assert {row for row, _ in index.search(QUERIES[:1], 5000)} == archive.held.keys()


def test_what_left_gives_its_place_to_the_next(tmp_path: Path) -> None:
    """Also where all that the codes place first has left."""
    archive = MadeArchive(ROWS, VECTORS)
    nearest = ROWS[np.argsort(-(VECTORS @ QUERIES[0]))]
    opened(tmp_path, archive)
    archive.change(out=nearest[:1200], rows=np.array([99_999]), vectors=-QUERIES[:1])
    index = opened(tmp_path, archive)
    assert len(codes(tmp_path)) == 5
    found = [row for row, _ in index.search(QUERIES[:1], 10)]
    assert len(found) == 10 and set(found) <= set(nearest[1200:1400].tolist())
    assert set(found) & set(ROWS[:5000].tolist()), "of what is coded too"


def test_what_left_since_it_was_opened_is_passed_over(tmp_path: Path) -> None:
    archive = MadeArchive(ROWS, VECTORS)
    index = opened(tmp_path, archive)
    first, second, *_ = index.search(QUERIES[:1], 2)
    del archive.held[first[0]]
    assert index.search(QUERIES[:1], 1) == [second]


def test_an_older_archive_put_back_has_its_own_index(tmp_path: Path) -> None:
    archive = MadeArchive(ROWS, VECTORS)
    archive.generation = 5
    opened(tmp_path, archive)
    older = MadeArchive(ROWS[:1500], -VECTORS[:1500])
    index = opened(tmp_path, older)
    assert {row for row, _ in index.search(QUERIES[:1], 5500)} == set(ROWS[:1500].tolist())


@pytest.mark.parametrize("ends_at", [1, 3, 5])
@pytest.mark.slow
def test_a_making_that_was_killed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends_at: int) -> None:
    archive = MadeArchive(ROWS, VECTORS)
    whole = opened(tmp_path / "whole", archive)
    write, written = dense._write_codes, []

    def killed(file: Path, rows: Rows, vectors: Vectors) -> None:
        if len(written) == ends_at - 1:
            file.write_bytes(b"half of it")
            raise KeyboardInterrupt
        written.append(file.name)
        write(file, rows, vectors)

    monkeypatch.setattr(dense, "_write_codes", killed)
    with pytest.raises(KeyboardInterrupt):
        opened(tmp_path / "killed", archive)
    assert dense.generation(tmp_path / "killed") is None and dense.load(tmp_path / "killed", archive) is None  # type: ignore[arg-type]
    monkeypatch.setattr(dense, "_write_codes", lambda file, *given: (written.append(file.name), write(file, *given)))
    gone = np.array([ROWS[10], ROWS[5400]])
    archive.change(out=gone, rows=np.array([99_999]), vectors=QUERIES[:1])
    index = opened(tmp_path / "killed", archive)
    assert len(written) == len(set(written)) == 5, "no segment was coded twice"
    for query in QUERIES[1:20]:
        wanted = [hit for hit in whole.search(query[None], 12) if hit[0] not in gone][:10]
        assert [hit for hit in index.search(query[None], 11) if hit[0] != 99_999][:10] == wanted
    assert index.search(QUERIES[:1], 1)[0][0] == 99_999


def test_an_update_that_was_killed_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = MadeArchive(ROWS, VECTORS)
    opened(tmp_path, archive)
    changed(archive, 4, come=900)
    with monkeypatch.context() as patch:
        patch.setattr(dense, "_write_array", lambda *given: (_ for _ in ()).throw(OSError("no space left")))
        with pytest.raises(OSError, match="no space"):
            dense.update(tmp_path, archive, segment=SEGMENT)  # type: ignore[arg-type]
    assert dense.generation(tmp_path) == 1 and dense.load(tmp_path, archive) is not None  # type: ignore[arg-type]
    index = opened(tmp_path, archive)
    assert {row for row, _ in index.search(QUERIES[:1], 7000)} == archive.held.keys()


@pytest.mark.parametrize("name", ["codes", "rows", "vectors", "gone"])
@pytest.mark.slow
def test_damage_is_noticed_and_mended(tmp_path: Path, name: str) -> None:
    archive = MadeArchive(ROWS, VECTORS)
    before = opened(tmp_path, archive).search(QUERIES[:1], 10)
    pattern = "*.faiss" if name == "codes" else f"*.{name}.npy"
    file = sorted(tmp_path.glob(pattern))[0]
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert dense.generation(tmp_path) is None and dense.load(tmp_path, archive) is None  # type: ignore[arg-type]
    assert opened(tmp_path, archive).search(QUERIES[:1], 10) == before


def test_an_index_of_an_earlier_make_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "vectors.faiss").write_bytes(b"as it was once")
    write_stamp(tmp_path, 1, 7)
    archive = MadeArchive(ROWS[:10], VECTORS[:10])
    assert dense.load(tmp_path, archive) is None  # type: ignore[arg-type]
    assert len(opened(tmp_path, archive).search(QUERIES[:1], 10)) == 10
    assert not (tmp_path / "vectors.faiss").exists()


@pytest.mark.parametrize("doing", ["search", "update"])
def test_faiss_keeps_to_one_thread(tmp_path: Path, doing: str) -> None:
    """Else beside a busy process it waits: 68 ms for 0.95 ms."""
    archive = MadeArchive(ROWS, VECTORS)
    index = opened(tmp_path / "before", archive)
    faiss.omp_set_num_threads(2)
    if doing == "search":
        index.search(QUERIES[:1], 10)
    else:
        opened(tmp_path / "after", archive)
    assert faiss.omp_get_max_threads() == 1


def test_opening_reads_none_of_the_archives_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a search only those that are likely near, however many there are."""
    archive = MadeArchive(ROWS, VECTORS)
    opened(tmp_path, archive)
    asked: list[int] = []
    at = archive.vectors_at
    monkeypatch.setattr(archive, "vectors", lambda after=0: pytest.fail("read all"))
    monkeypatch.setattr(archive, "vectors_at", lambda rows: (asked.append(len(rows)), at(rows))[1])
    held = dense.load(tmp_path, archive)  # type: ignore[arg-type]
    assert held is not None and asked == []
    held[1].search(QUERIES[:1], 10)
    assert asked == [LEAST_DEPTH]


# Over the archive itself


def filled(folder: Path, articles: int, *, d: int = 64, each: int = 100) -> EmbeddedArchive:
    archive = EmbeddedArchive.create(folder, {"dimension": str(d), "embedder": "made", "max_tokens": "20"})
    vectors = near_each_other(articles * each, d, seed=5)
    with archive.change():
        file = archive.put_file("/made", "/", "")
        for n in range(articles):
            passages = [StoredPassage(Passage(i, i + 1), os.urandom(8), vectors[n * each + i]) for i in range(each)]
            archive.put_article(Article(f"a{n}", "x" * each, f"Article {n}"), file, passages)
    return archive


def test_the_archive_gives_its_vectors_in_blocks_and_by_row(tmp_path: Path) -> None:
    archive = filled(tmp_path, 90)
    rows, vectors = (np.concatenate(parts) for parts in zip(*archive.vectors(), strict=True))
    blocks = list(archive.vectors(after=5))
    assert len(blocks) > 2
    assert np.array_equal(np.concatenate([one for one, _ in blocks]), rows[5:])
    assert np.array_equal(np.concatenate([one for _, one in blocks]), vectors[5:])
    found, exact = archive.vectors_at(np.array([700, 3, 10_000_000, 42]))
    assert found.tolist() == [3, 42, 700] and np.array_equal(exact, vectors[[2, 41, 699]])
    assert archive.vectors_at(rows[:0])[1].shape == (0, 64) and list(archive.vectors(after=10**9)) == []
    with archive.change():
        archive.remove_articles(["a0"])
    assert archive.vectors_at(np.array([3, 700]))[0].tolist() == [700], "what another connection wrote is seen"
    archive.close()


@pytest.mark.no_cover  # to trace takes time and memory
@pytest.mark.slow
def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    """Three times as many vectors, 30 MB of them more, and no more memory to make the index."""
    peaks = []
    for articles in (200, 600):
        archive = filled(tmp_path / str(articles), articles, d=192)
        tracemalloc.start()
        dense.update(tmp_path / str(articles) / "faiss", archive, segment=8000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        archive.close()
    assert abs(peaks[1] - peaks[0]) < 3_000_000, peaks


def test_more_is_asked_of_the_archive_than_fits_at_once(tmp_path: Path) -> None:
    archive = filled(tmp_path, 120)
    assert AT_ONCE < 120 * 100
    dense.update(tmp_path / "faiss", archive, segment=5000)
    held = dense.load(tmp_path / "faiss", archive)
    assert held is not None
    rows, vectors = (np.concatenate(parts) for parts in zip(*archive.vectors(), strict=True))
    best = np.argsort(-(vectors @ QUERIES[0]), kind="stable")
    assert [row for row, _ in held[1].search(QUERIES[:1], 12_000)][:50] == rows[best][:50].tolist()
    archive.close()


@pytest.mark.slow
def test_an_update_of_the_news_touches_nothing_coded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense.update, "__kwdefaults__", {"segment": 700})
    files = {f"{n}.txt": f"Bridge number {n} was closed on day {n % 7}. " * 20 for n in range(100)}
    articles = write_files(tmp_path / "articles", files)
    news = make_index(tmp_path / "archive", [articles], FakeEmbedder())
    folder = news.archive.folder / "faiss"
    coded = codes(folder)
    assert coded and not (folder / UNFINISHED).exists()
    (articles / "7.txt").write_text("A strike closed the airport.")
    news.update([articles], count_tokens=count_words)
    assert codes(folder) == coded
    [first] = news.find([news.rank("airport strike", 1)["dense"][0][0]])
    assert first.article.id == "7"
