"""Two ways to one ranking agree; indexes that are derived can be lost; what is searched is what is there."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article
from index.news_index import NewsIndex
from index.opening import open_archive, ranker_of
from index.passage import Passage
from index.search.fusion import fuse
from index.store.archive import ArchiveError
from qa.answer import cite
from qa.retrieve import Hit, carriers, fold_copies, rerank, retrieve
from tests.conftest import as_nobody, make_index, open_to_all, rows_of, write_files
from tests.support.fakes import FakeEmbedder, count_words
from tests.support.rooms import make_hit

QUESTION = "Who died in the strike at the airport of Baghdad?"
DERIVED = ("faiss", "tantivy")


def search(news: NewsIndex, question: str = QUESTION, k: int = 5) -> list[tuple[str, int, int, float]]:
    """Article, span and score of each hit; rows are left out, for they may differ between equal archives."""
    hits = retrieve(news, question, k=k, candidates=50)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    return [(hit.article.id, hit.passage.start, hit.passage.end, round(hit.score, 9)) for hit in hits]


def unit_vectors(n: int, d: int, *, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    made = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


# Lexical


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("election", "wire-1"),
        ("elections", "wire-1"),
        ("PÉREZ", "wire-1"),
        ("jose perez", "wire-1"),
        ("displacing the flood", "wire-2"),
        ("prices", "economy/oil"),
        ("Reuters", "airport"),
    ],
)
def test_words_are_found_by_stem_and_without_accents(news: NewsIndex, question: str, article: str) -> None:
    rows = [row for row, _ in news.rank(question, 9)["lexical"]]
    assert {found.article.id for found in news.find(rows)} == {article}


def test_what_left_the_archive_left_both_indexes(news: NewsIndex, articles: Path) -> None:
    (articles / "airport.txt").unlink()
    news.update([articles], count_tokens=count_words)
    there = set(rows_of(news.archive))
    for stage, ranking in news.rank(f"{QUESTION} oil election floods", 50).items():
        assert {row for row, _ in ranking} == there, stage


@pytest.mark.parametrize("question", ["the of and", "?!", "", "速報 地震", 'AND OR NOT "( body:x ^9'])
def test_a_question_without_words_that_count_finds_no_words(news: NewsIndex, question: str) -> None:
    assert news.rank(question, 9)["lexical"] == []


def test_the_same_words_in_any_order_rank_the_same(news: NewsIndex) -> None:
    assert news.rank("oil prices war", 9)["lexical"] == news.rank("war, oil; oil prices!", 9)["lexical"] != []


# Fusion


def test_reciprocal_rank_fusion_is_the_papers_sum() -> None:
    fused = fuse({"dense": [5, 8, 2], "lexical": [2, 5]}, {"dense": 1.0, "lexical": 0.5}, k=60)
    assert fused == [
        (5, 1 / (60 + 1) + 0.5 / (60 + 2)),
        (2, 1 / (60 + 3) + 0.5 / (60 + 1)),
        (8, 1 / (60 + 2)),
    ]
    assert fuse({}, {}) == []


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True))
def test_fusion_holds_every_row_once_whichever_ranking_comes_first(one: list[int], two: list[int]) -> None:
    fused = fuse({"a": one, "b": two}, {"a": 1.0, "b": 1.0})
    assert fused == fuse({"b": two, "a": one}, {"a": 1.0, "b": 1.0})
    assert sorted(row for row, _ in fused) == sorted({*one, *two})
    assert fused == sorted(fused, key=lambda item: (-item[1], item[0]))


# Hits


def test_a_hit_says_where_it_stood_in_each_stage(news: NewsIndex) -> None:
    first, *_ = retrieve(news, QUESTION, k=3, candidates=50)
    assert first.article.id == "airport" and "Ten people died" in first.text
    assert first.stages == {"dense": 1, "lexical": 1, "rerank": None}
    assert first.score == 1 / (10 + 1) + 1 / (10 + 1)
    assert first.section.source == "Reuters"


def test_a_longer_k_extends_a_shorter_one(tmp_path: Path) -> None:
    files = {f"{n}.txt": f"The airport number {n} was closed. " * (n % 4 + 1) for n in range(30)}
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "articles", files)], FakeEmbedder())
    longest = search(news, "Which airport was closed?", 20)
    assert len(longest) == 20
    for k in range(1, 20):
        assert search(news, "Which airport was closed?", k) == longest[:k]


def test_an_empty_archive_has_no_hits(tmp_path: Path) -> None:
    assert search(NewsIndex.create(tmp_path / "archive", FakeEmbedder(), max_tokens=20)) == []


def hit(rank: int, article_id: str, text: str) -> Hit:
    return Hit(rank, 1 / rank, Passage(0, len(text)), Article(article_id, text, article_id))


def test_near_copies_are_one_hit_with_its_copies() -> None:
    wire = "A drone strike killed the general at the airport of Baghdad early on Friday morning."
    hits = [
        hit(1, "reuters", wire),
        hit(2, "other", "The price of oil rose by four per cent on Friday, traders in London said."),
        hit(3, "post", wire.upper() + " So it was said."),
        hit(4, "reuters", wire),
        hit(5, "short", "Four words of it."),
        hit(6, "times", wire.replace(" early", "")),
    ]
    folded = fold_copies(hits)
    assert [(h.rank, h.article.id, [c.article.id for c in h.copies]) for h in folded] == [
        (1, "reuters", ["post", "times"]),
        (2, "other", []),
        (3, "reuters", []),
        (4, "short", []),
    ]


def in_group(rank: int, article_id: str, text: str, *, superseded: bool = False, group: str = "wire:0") -> Hit:
    return replace(hit(rank, article_id, text), group=group, superseded=superseded)


def sentences(*numbers: int) -> str:
    return " ".join(f"Sentence number {n} tells of matter {n} and of {n} people in it." for n in numbers)


def test_the_first_day_has_the_credit_for_the_same_words() -> None:
    wire = "A drone strike killed the general at the airport of Baghdad early on Friday morning."

    def on(rank: int, article_id: str, text: str, day: str | None) -> Hit:
        return replace(hit(rank, article_id, text), article=Article(article_id, text, article_id, published=day))

    late, early = on(1, "post", wire, "2020-01-05"), on(2, "wire", wire, "2020-01-04T10:00")
    [only] = fold_copies([late, early])
    assert (only.rank, only.score, only.article.id, [c.article.id for c in only.copies]) == (1, 1.0, "wire", ["post"])
    longer = on(
        1, "post", wire + " The price of oil rose by four per cent on Friday, traders in London said.", "2020-01-05"
    )
    for hits in ([longer, early], [late, on(2, "wire", wire, None)], [late, on(2, "wire", wire, "2020-01-05T01:00")]):
        assert [(h.article.id, len(h.copies)) for h in fold_copies(hits)] == [("post", 1)]


def test_what_a_copy_cuts_elsewhere_is_folded_into_its_group() -> None:
    first, second, across = (sentences(*numbers) for numbers in ((1, 2), (3, 4), (2, 3)))
    hits = [in_group(1, "wire", first), in_group(2, "wire", second), in_group(3, "post", across)]
    assert [(h.article.id, [c.article.id for c in h.copies]) for h in fold_copies(hits)] == [
        ("wire", ["post"]),
        ("wire", []),
    ]
    apart = [*hits[:2], replace(hits[2], group="other:0")]
    assert len(fold_copies(apart)) == 3, "half of another story's words makes no copy"


def test_what_only_a_copy_says_stays_a_hit() -> None:
    hits = [in_group(1, "wire", sentences(1, 2)), in_group(2, "post", sentences(2, 5, 6))]
    assert [(h.article.id, h.copies) for h in fold_copies(hits)] == [("wire", ()), ("post", ())]


def test_another_number_in_the_same_words_is_a_hit_of_its_own() -> None:
    text = sentences(1, 2, 3)
    corrected = in_group(2, "wire", text.replace("1 people", "7 people"))
    assert [h.article.id for h in fold_copies([in_group(1, "post", text), corrected])] == ["post", "wire"]
    assert [h.article.id for h in fold_copies([in_group(1, "post", text), in_group(2, "wire", text)])] == ["post"]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_a_later_version_stands_for_what_it_supersedes(order: tuple[int, ...]) -> None:
    text = sentences(1, 2, 3)
    held = [
        in_group(1, "early", text, superseded=True),
        in_group(2, "later", text.replace("1 people", "7 people")),
        in_group(3, "post", text, superseded=True),
    ]
    [folded] = fold_copies([held[i] for i in order])
    assert (folded.rank, folded.article.id) == (1, "later")
    assert folded.score == held[order[0]].score
    assert {copy.article.id for copy in folded.copies} == {"early", "post"}


def test_an_outlet_does_not_carry_its_own_earlier_version() -> None:
    text = sentences(1, 2)
    held = [in_group(1, "later", text), in_group(2, "early", text, superseded=True), in_group(3, "post", text)]
    named = [
        replace(h, article=replace(h.article, source=source))
        for h, source in zip(held, ("AFP", "AFP", None), strict=True)
    ]
    [folded] = fold_copies(named)
    assert carriers(folded.section, folded.copies) == ("post",)
    assert cite(1, folded.article, 0, 5, folded.copies).also_in == ("post",)


def test_a_carrier_in_two_spellings_is_one() -> None:
    copies = [make_hit("Ten died.", article_id=name, source=name) for name in ("Post", "POST", "Wire")]
    assert carriers(make_hit("Ten died.").section, copies) == ("Post", "Wire")


def test_a_superseded_passage_that_stands_alone_stays(tmp_path: Path) -> None:
    alone = in_group(1, "early", sentences(1, 2), superseded=True)
    assert [h.article.id for h in fold_copies([alone, in_group(2, "later", sentences(8, 9))])] == ["early", "later"]


def test_hits_know_their_group(tmp_path: Path) -> None:
    text = sentences(*range(8))
    rows = [
        {"id": "a", "title": "Matters", "source": "Wire", "published": "2020-01-03", "text": text},
        {"id": "b", "title": "UPDATE 1-Matters", "source": "Wire", "published": "2020-01-03", "text": f"{text} More."},
        {"id": "c", "title": "Oil", "source": "Wire", "published": "2020-01-03", "text": "The price of oil rose."},
    ]
    files = {"wire.jsonl": "".join(json.dumps(row) + "\n" for row in rows)}
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "articles", files)], FakeEmbedder())
    hits = retrieve(news, "matter 3 and oil", k=30, candidates=50)
    held = {(h.article.id, h.group, h.superseded) for top in hits for h in (top, *top.copies)}
    assert held == {("a", "a:0", True), ("b", "a:0", False), ("c", None, False)}
    assert all(top.article.id != "a" for top in hits), "each passage of the earlier version gave its place"
    assert {top.to_dict()["group"] for top in hits} == {"a:0", None}


def test_copies_in_an_archive_take_one_place(tmp_path: Path) -> None:
    wire = "A drone strike killed the general at the airport of Baghdad early on Friday morning."
    files = {"a.txt": wire, "b.txt": wire, "c.txt": "The airport of Basra is open."}
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "articles", files)], FakeEmbedder())
    first, second = retrieve(news, QUESTION, k=2, candidates=50)
    assert [first.article.id, *(copy.article.id for copy in first.copies), second.article.id] == ["a", "b", "c"]


def test_reranking_keeps_every_hit_and_the_order_of_equals() -> None:
    ranked = rerank([hit(1, "a", "x"), hit(2, "b", "y"), hit(3, "c", "z")], [0.0, 2.0, 0.0])
    assert [(h.rank, h.article.id, h.stages["rerank"]) for h in ranked] == [(1, "b", 2.0), (2, "a", 0.0), (3, "c", 0.0)]


# Indexes that are derived


def largest_file(folder: Path) -> Path:
    return max((file for file in folder.iterdir() if file.name != "stamp.json"), key=lambda file: file.stat().st_size)


def replace_bytes(file: Path, change: Callable[[bytes], bytes]) -> None:
    """Puts a new file in place of the old, which may be mapped into memory."""
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(change(data))


def truncate(folder: Path) -> None:
    replace_bytes(largest_file(folder), lambda data: data[:-1])


def flip_a_bit(folder: Path) -> None:
    replace_bytes(largest_file(folder), lambda data: bytes([data[0] ^ 1]) + data[1:])


def lose_a_file(folder: Path) -> None:
    largest_file(folder).unlink()


def break_the_stamp(folder: Path) -> None:
    (folder / "stamp.json").write_text("{")


@pytest.mark.parametrize("damage", [shutil.rmtree, truncate, flip_a_bit, lose_a_file, break_the_stamp])
@pytest.mark.parametrize("derived", DERIVED)
def test_a_damaged_index_is_made_again_and_said_so(
    news: NewsIndex, embedder: FakeEmbedder, damage: Callable[[Path], None], derived: str
) -> None:
    before = search(news)
    damage(news.archive.folder / derived)
    opened = NewsIndex.open(news.archive.folder, embedder)
    name = {"faiss": "FAISS", "tantivy": "tantivy"}[derived]
    assert [current for current, whole in ranker_of(opened.archive).current().items() if not whole] == [name]
    said: list[str] = []
    opened.ready(said.append)
    assert said == [f"the {name} index is missing, damaged or behind: making it again"]
    assert search(opened) == before
    assert all(ranker_of(opened.archive).current().values())


def test_an_index_that_is_behind_is_brought_up_to_date(news: NewsIndex, articles: Path, embedder: FakeEmbedder) -> None:
    kept = {name: shutil.copytree(news.archive.folder / name, articles.parent / name) for name in DERIVED}
    (articles / "airport.txt").unlink()
    write_files(articles, {"new.txt": "The airport of Baghdad was open again. Nobody died."})
    news.update([articles], count_tokens=count_words)
    after = search(news)
    for name, old in kept.items():
        shutil.rmtree(news.archive.folder / name)
        shutil.copytree(old, news.archive.folder / name)
    opened = NewsIndex.open(news.archive.folder, embedder)
    assert search(opened) == after and after[0][0] == "new"


def test_an_older_archive_put_back_does_not_keep_the_later_index(
    news: NewsIndex, articles: Path, embedder: FakeEmbedder
) -> None:
    before = search(news)
    news.close()
    saved = (news.archive.folder / "archive.sqlite").read_bytes()
    later = NewsIndex.open(news.archive.folder, embedder)
    (articles / "airport.txt").write_text("Another text altogether, of other words. " * 20)
    later.update([articles], count_tokens=count_words)
    later.close()
    (news.archive.folder / "archive.sqlite").write_bytes(saved)
    assert search(NewsIndex.open(news.archive.folder, embedder)) == before


def test_a_new_archive_does_not_take_over_the_indexes_of_the_one_before(
    news: NewsIndex, articles: Path, embedder: FakeEmbedder
) -> None:
    news.close()
    for file in news.archive.folder.glob("archive.sqlite*"):
        file.unlink()
    (articles / "airport.txt").write_text("The harbour of Basra was open. Nobody died there.")
    again = make_index(news.archive.folder, [articles], embedder)
    fresh = make_index(news.archive.folder.parent / "fresh", [articles], embedder)
    assert again.archive.generation == fresh.archive.generation
    assert search(again) == search(fresh)


def test_another_embedder_is_refused(news: NewsIndex) -> None:
    with pytest.raises(ArchiveError, match="made with the embedder fake 64, not other 32; name that one with"):
        NewsIndex.open(news.archive.folder, FakeEmbedder(name="other", dimension=32))


# Readers beside a writer


def test_a_reader_beside_a_writer_searches_what_is_there(
    news: NewsIndex, articles: Path, embedder: FakeEmbedder
) -> None:
    before = search(news)
    write_files(articles, {"new.txt": "The airport of Baghdad. " * 9})
    kept = {name: shutil.copytree(news.archive.folder / name, articles.parent / name) for name in DERIVED}
    news.update([articles], count_tokens=count_words)
    for name, old in kept.items():
        shutil.rmtree(news.archive.folder / name)
        shutil.copytree(old, news.archive.folder / name)
    reader, said = NewsIndex.open(news.archive.folder, embedder), list[str]()
    with news.archive.writing():
        reader.ready(said.append)
        assert said == ["the archive is being written to: searching what was there before"]
        assert search(reader) == before


def test_an_open_reader_sees_what_another_wrote_once_it_is_done(
    news: NewsIndex, articles: Path, embedder: FakeEmbedder
) -> None:
    reader = NewsIndex.open(news.archive.folder, embedder)
    assert search(reader) == search(news)
    write_files(articles, {"new.txt": "Nobody died in the strike at the airport of Baghdad."})
    news.update([articles], count_tokens=count_words)
    assert "new" in {article for article, *_ in search(reader)}
    assert search(reader) == search(news)


def test_a_reader_beside_a_writer_with_nothing_whole_gets_a_sentence(
    news: NewsIndex, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(news.archive.folder / "faiss")
    reader = NewsIndex.open(news.archive.folder, embedder)
    monkeypatch.setattr("index.search.derived.LONGEST_WAIT", 0.2)
    with news.archive.writing(), pytest.raises(ArchiveError, match="search indexes are not whole and cannot be made"):
        reader.ready()


def test_a_folder_that_cannot_be_written_can_be_searched(news: NewsIndex, tmp_path: Path) -> None:
    folder = news.archive.folder
    before = search(news)
    news.close()
    files = sorted(folder.rglob("*"))
    open_to_all(tmp_path, writable=False)
    as_nobody(_searches_only, folder, tmp_path / "articles", before)
    assert sorted(folder.rglob("*")) == files


def _searches_only(folder: Path, articles: Path, before: list[tuple[str, int, int, float]]) -> None:
    opened = NewsIndex.open(folder, FakeEmbedder())
    assert not opened.archive.writable
    assert search(opened) == before
    with pytest.raises(ArchiveError, match="cannot be written"):
        opened.update([articles], count_tokens=count_words)


def test_a_reader_who_may_not_write_sees_what_another_has_just_written(
    news: NewsIndex, articles: Path, tmp_path: Path
) -> None:
    write_files(articles, {"new.txt": "The airport of Baghdad was open again."})
    news.update([articles], count_tokens=count_words)
    after, folder = search(news), news.archive.folder
    assert (folder / "archive.sqlite-wal").stat().st_size > 0
    open_to_all(tmp_path, writable=False)
    as_nobody(_sees, folder, after)


def _sees(folder: Path, after: list[tuple[str, int, int, float]]) -> None:
    assert search(NewsIndex(open_archive(folder), FakeEmbedder())) == after
