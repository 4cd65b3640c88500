"""An update costs what has changed and no more, and says what it left out."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from index.article import ArticleError
from index.news_index import NewsIndex
from index.update import BATCH_PASSAGES, UpdateProgress, UpdateReport
from tests.conftest import as_nobody, make_index, open_to_all, write_files
from tests.index.test_containers import make_zip
from tests.support.fakes import FakeEmbedder, count_characters, count_words, words_of

LONG = " ".join(f"This is sentence number {n} of the article." for n in range(30))


def update(news: NewsIndex, *paths: Path) -> UpdateReport:
    """One update, the embedder's count of documents begun anew."""
    assert isinstance(news.embedder, FakeEmbedder)
    news.embedder.encoded.clear()
    return news.update(paths, count_tokens=count_words)


def ids(news: NewsIndex) -> list[str]:
    return sorted(news.archive.owners())


def rows(*fields: dict[str, str]) -> str:
    return "".join(json.dumps(row) + "\n" for row in fields)


def test_a_first_update_reads_everything(news: NewsIndex, embedder: FakeEmbedder) -> None:
    assert ids(news) == ["airport", "economy/oil", "wire-1", "wire-2"]
    assert len(embedder.encoded) == news.archive.passage_count
    assert "Election in Peru | EFE | 2021-06-07\nJosé Pérez won the election in Peru." in embedder.encoded


def test_an_unchanged_file_costs_only_its_hash(
    news: NewsIndex, articles: Path, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = news.archive.generation
    monkeypatch.setattr("index.update.read_file", None)
    assert update(news, articles) == UpdateReport(unchanged=4)
    assert embedder.encoded == [] and news.archive.generation == generation


def test_a_changed_article_embeds_only_its_new_passages(news: NewsIndex, articles: Path) -> None:
    write_files(articles, {"long.txt": LONG})
    update(news, articles)
    write_files(articles, {"long.txt": LONG.replace("number 29", "number twenty-nine")})
    report = update(news, articles)
    assert (report.changed, report.unchanged, report.embedded) == (1, 4, 1)
    [text] = news.embedder.encoded  # type: ignore[attr-defined]
    assert "twenty-nine" in text


def test_a_changed_row_leaves_the_others_of_its_file_alone(news: NewsIndex, articles: Path) -> None:
    file = articles / "wire.jsonl"
    file.write_text(file.read_text().replace("Kerala", "Assam"))
    report = update(news, articles)
    assert (report.changed, report.unchanged, report.embedded) == (1, 3, 1)


def test_what_is_gone_leaves(news: NewsIndex, articles: Path) -> None:
    (articles / "airport.txt").unlink()
    file = articles / "wire.jsonl"
    file.write_text(file.read_text().splitlines()[0])
    assert update(news, articles) == UpdateReport(removed=2, unchanged=2)
    assert ids(news) == ["economy/oil", "wire-1"]
    found = {hit.article.id for hit in news.find([row for row, _ in news.rank("floods in Kerala", 9)["dense"]])}
    assert found == {"economy/oil", "wire-1"}


def test_a_dry_run_reports_the_same_and_changes_nothing(news: NewsIndex, articles: Path) -> None:
    write_files(articles, {"new.txt": LONG, "economy/oil.md": "Oil fell.", "bad.txt": "", "picture.png": "x"})
    (articles / "airport.txt").unlink()
    before, generation = news.archive.fingerprint(), news.archive.generation
    told = news.update([articles], count_tokens=count_words, dry_run=True)
    assert (news.archive.fingerprint(), news.archive.generation) == (before, generation)
    done = update(news, articles)
    assert (told.to_dict() | {"embedded": 0}) == (done.to_dict() | {"embedded": 0})
    assert told.embedded == 0 and done.embedded > 0
    assert done.to_dict()["named"] == {
        "new": ["new"],
        "changed": ["economy/oil"],
        "removed": ["airport"],
        "left alone": [str(articles / "picture.png")],
    }


def test_a_moved_file_is_an_article_under_its_new_id(news: NewsIndex, articles: Path) -> None:
    (articles / "airport.txt").rename(articles / "economy" / "airport.txt")
    report = update(news, articles)
    assert (report.new, report.removed, report.unchanged) == (1, 1, 3)
    assert "economy/airport" in ids(news) and "airport" not in ids(news)


@pytest.mark.parametrize("name", ["a.jsonl", "z.jsonl"])
def test_a_row_that_moves_to_another_file_stays_in_the_archive(news: NewsIndex, articles: Path, name: str) -> None:
    wire = articles / "wire.jsonl"
    first, second = wire.read_text().splitlines()
    wire.write_text(first)
    write_files(articles, {name: second})
    report = update(news, articles)
    assert (report.problems, report.embedded) == ([], 0)
    assert news.archive.owners()["wire-2"] == str(articles / name)
    assert update(news, articles) == UpdateReport(unchanged=4)


def test_two_files_can_swap_rows(news: NewsIndex, articles: Path) -> None:
    first, second = (articles / "wire.jsonl").read_text().splitlines(keepends=True)
    write_files(articles, {"wire.jsonl": first, "other.jsonl": second})
    assert update(news, articles).problems == []
    write_files(articles, {"wire.jsonl": second, "other.jsonl": first})
    assert update(news, articles).problems == [] and len(ids(news)) == 4
    assert update(news, articles) == UpdateReport(unchanged=4)


@pytest.mark.parametrize("forward", [True, False])
def test_a_file_can_move_between_two_folders_of_one_update(tmp_path: Path, forward: bool) -> None:
    line = rows({"id": "a", "text": "Body of the row."})
    one, two = write_files(tmp_path / "one", {"x.jsonl": line, "y.txt": "Y."}), tmp_path / "two"
    write_files(two, {"z.txt": "Z."})
    news = make_index(tmp_path / "archive", [one, two], FakeEmbedder())
    (one / "x.jsonl").rename(two / "x.jsonl")
    report = update(news, *([one, two] if forward else [two, one]))
    assert report.problems == []
    assert news.archive.owners()["a"] == str(two / "x.jsonl")


@pytest.mark.slow
def test_rows_of_two_files_with_one_id_are_both_kept(news: NewsIndex, articles: Path) -> None:
    write_files(
        articles, {"more/copy.jsonl": rows({"id": "wire-1", "text": "Other."}), "more/a.csv": "id,text\n1,One.\n"}
    )
    write_files(articles, {"more/b.csv": "id,text\n1,Two.\n"})
    report = update(news, articles)
    assert report.problems == [] and report.new == 3
    assert set(ids(news)) >= {"wire-1", "more/copy/wire-1", "1", "more/b/1"}
    assert update(news, articles) == UpdateReport(unchanged=7)


@pytest.mark.parametrize("only_its_folder", [False, True])
@pytest.mark.parametrize(
    ("name", "content", "article_id"),
    [
        ("b.jsonl", lambda text: rows({"id": "x", "text": text}), "b/x"),  # a row of another file has "x" already
        ("b.csv", lambda text: f"text\n{text}\n", "b/1"),  # the row has no id of its own
        pytest.param("b.zip", lambda text: make_zip([("x.txt", text.encode())]), "b/x", marks=pytest.mark.slow),
    ],
    ids=["jsonl", "csv", "zip"],
)
@pytest.mark.slow
def test_a_file_that_comes_by_the_id_of_a_row_is_kept_beside_it(
    tmp_path: Path, name: str, content: Callable[[str], str | bytes], article_id: str, only_its_folder: bool
) -> None:
    folder = write_files(tmp_path / "articles", {"a.jsonl": rows({"id": "x", "text": "One."}), name: content("Two.")})
    news = make_index(tmp_path / "archive", [folder], FakeEmbedder())
    assert ids(news) == [article_id, "x"]

    def texts() -> list[str]:
        return [news.archive.article(held).text for held in (article_id, f"{article_id}.txt", "x")]  # type: ignore[union-attr]

    write_files(folder, {f"{article_id}.txt": "Three."})
    report = update(news, folder / "b" if only_its_folder else folder)
    assert report == UpdateReport(new=1, unchanged=0 if only_its_folder else 2, embedded=1)
    assert ids(news) == [article_id, f"{article_id}.txt", "x"] and texts() == ["Two.", "Three.", "One."]
    assert update(news, folder) == UpdateReport(unchanged=3)
    write_files(folder, {f"{article_id}.txt": "Three, and more."})
    assert update(news, folder) == UpdateReport(changed=1, unchanged=2, embedded=1)
    write_files(folder, {name: content("Two and more.")})
    assert update(news, folder) == UpdateReport(changed=1, unchanged=2, embedded=1)
    assert len(ids(news)) == 3 and texts() == ["Two and more.", "Three, and more.", "One."]


def test_files_of_one_name_and_several_kinds_are_articles_of_their_own(news: NewsIndex, articles: Path) -> None:
    write_files(articles, {"airport.md": "Another airport.", "economy.md": "Of a file named as a folder."})
    report = update(news, articles)
    assert report.problems == [] and report.new == 2
    assert ids(news) == ["airport", "airport.md", "economy", "economy/oil", "wire-1", "wire-2"]
    assert update(news, articles) == UpdateReport(unchanged=6), "whose file was there first keeps the shorter id"
    write_files(articles, {"airport.md": "Another airport, and more."})
    assert update(news, articles) == UpdateReport(changed=1, unchanged=5, embedded=1)


def test_a_folder_inside_an_indexed_one_keeps_its_ids(news: NewsIndex, articles: Path) -> None:
    write_files(articles, {"economy/gas.txt": "Gas is dear."})
    report = update(news, articles / "economy")
    assert (report.new, report.unchanged, report.removed) == (1, 1, 0)
    assert {"economy/gas", "economy/oil", "airport"} <= set(ids(news))
    assert update(news, articles / "economy" / "gas.txt") == UpdateReport(unchanged=1)


def test_several_paths_are_one_update(tmp_path: Path, articles: Path) -> None:
    both = make_index(tmp_path / "both", [articles / "economy", articles / "wire.jsonl"], FakeEmbedder())
    assert ids(both) == ["oil", "wire-1", "wire-2"]
    whole = make_index(tmp_path / "whole", [articles, articles], FakeEmbedder())
    assert len(ids(whole)) == 4


def test_a_path_that_is_none_changes_nothing(news: NewsIndex, articles: Path) -> None:
    before = news.archive.fingerprint()
    (articles / "airport.txt").unlink()
    with pytest.raises(ArticleError, match="no such file or folder"):
        update(news, articles, articles / "none")
    assert news.archive.fingerprint() == before


@pytest.mark.parametrize("broken", ["{", '{"id": "wire-2"}', '{"id": "wire-2", "text": 7}'])
def test_a_row_that_breaks_keeps_what_it_held_until_it_is_mended(news: NewsIndex, articles: Path, broken: str) -> None:
    wire = articles / "wire.jsonl"
    whole = wire.read_text()
    before = news.archive.fingerprint()
    wire.write_text(whole.splitlines()[0] + "\n" + broken)
    report = update(news, articles)
    assert len(report.problems) == 1 and report.problems[0].startswith(f"{wire}:2: ")
    assert (report.unchanged, report.removed, news.archive.fingerprint()) == (4, 0, before)
    assert update(news, articles).problems == report.problems
    wire.write_text(whole)
    assert update(news, articles) == UpdateReport(unchanged=4)


@pytest.mark.parametrize("content", [b"", b"caf\xe9", b"a\0b"])
def test_a_file_that_breaks_keeps_what_it_held(news: NewsIndex, articles: Path, content: bytes) -> None:
    before = news.archive.fingerprint()
    write_files(articles, {"airport.txt": content})
    report = update(news, articles)
    assert len(report.problems) == 1 and news.archive.fingerprint() == before


def test_odd_files_are_named_and_the_rest_is_read(tmp_path: Path, embedder: FakeEmbedder) -> None:
    folder = write_files(
        tmp_path / "articles",
        {
            "bom.txt": "\ufeffWith a mark.",
            "utf16.txt": "In UTF-16.".encode("utf-16"),
            "lines.txt": "One.\r\n\r\nTwo.\r\n",
            "nul.txt": b"a\0b",
            "latin.txt": b"caf\xe9",
            "empty.txt": b"",
            "dated.md": "---\npublished: soon\n---\nBody.",
            "photo.jpg": b"\xff\xd8",
        },
    )
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)
    news = NewsIndex.create(tmp_path / "archive", embedder, max_tokens=20)
    report = update(news, folder)
    assert ids(news) == ["bom", "dated", "lines", "utf16"] and report.other_files == 1
    assert [problem.removeprefix(f"{folder}/").split(":")[0] for problem in report.problems] == [
        *("dated.md", "empty.txt", "huge.txt", "latin.txt", "nul.txt")
    ]
    assert news.archive.article("lines").text == "One.\r\n\r\nTwo.\r\n"  # type: ignore[union-attr]


def test_a_file_that_cannot_be_read_is_named_and_keeps_what_it_held(tmp_path: Path, articles: Path) -> None:
    archive = tmp_path / "archive"
    news = make_index(archive, [articles], FakeEmbedder())
    before = news.archive.fingerprint()
    news.close()
    open_to_all(tmp_path, writable=True)
    (articles / "airport.txt").chmod(0)
    as_nobody(_names_the_file, archive, articles, before)


def _names_the_file(archive: Path, articles: Path, before: str) -> None:
    opened = NewsIndex.open(archive, FakeEmbedder())
    report = update(opened, articles)
    assert report.problems == [
        f"{articles / 'airport.txt'}: cannot be read (Permission denied); check the file and its permissions"
    ]
    assert (report.unchanged, opened.archive.fingerprint()) == (4, before)


@pytest.mark.parametrize("max_tokens", [24, 60, 128, 300])
def test_no_text_is_longer_than_the_embedder_takes(tmp_path: Path, max_tokens: int) -> None:
    embedder = FakeEmbedder(max_tokens=max_tokens)
    heading = " ".join(f"headline{n}" for n in range(400))
    folder = write_files(
        tmp_path / "articles",
        {
            "a.jsonl": rows({"id": "a", "text": LONG * 5, "title": heading}, {"id": "b", "text": "word " * 900}),
            "c.txt": "a-b-c-d-" * 400,
        },
    )
    news = NewsIndex.create(tmp_path / "archive", embedder, max_tokens=10_000)
    news.update([folder], count_tokens=count_characters)
    longest = max(len(words_of(text)) for text in embedder.encoded)
    assert max_tokens // 2 < longest <= max_tokens - 2, "[CLS] and [SEP] are two more"


def test_an_update_is_written_in_batches(tmp_path: Path, embedder: FakeEmbedder) -> None:
    count = 2 * BATCH_PASSAGES + 10
    lines = rows(*({"id": f"{n}", "text": f"Row number {n}."} for n in range(count)))
    folder = write_files(tmp_path / "articles", {"a.jsonl": lines})
    news = NewsIndex.create(tmp_path / "archive", embedder, max_tokens=20)
    seen: list[UpdateProgress] = []
    report = news.update([folder], count_tokens=count_words, progress=seen.append)
    assert report.new == report.embedded == news.archive.passage_count == count
    assert news.archive.generation == 3
    assert [now.passages for now in seen] == [BATCH_PASSAGES, 2 * BATCH_PASSAGES, 2 * BATCH_PASSAGES]
    assert all(0 < now.done_bytes <= now.total_bytes == len(lines) for now in seen)


def test_a_pipe_is_left_alone(news: NewsIndex, articles: Path) -> None:
    os.mkfifo(articles / "pipe.txt")
    report = update(news, articles)
    assert (report.other_files, report.problems) == (1, [])


def test_a_name_that_is_not_utf8_is_a_sentence_and_the_rest_is_read(news: NewsIndex, articles: Path) -> None:
    (articles / os.fsdecode(b"caf\xe9.txt")).write_text("Coffee is dear.")
    write_files(articles, {"new.txt": "Tea is cheap."})
    report = update(news, articles)
    assert report.new == 1
    assert [problem.partition(": ")[2] for problem in report.problems] == [
        "the file's name is not UTF-8; rename it and index again"
    ]


def test_an_id_whose_file_is_gone_can_be_taken_over(news: NewsIndex, articles: Path, tmp_path: Path) -> None:
    held = next(iter(news.archive.owners()))
    (articles / Path(news.archive.owners()[held]).name).unlink()
    write_files(tmp_path / "elsewhere", {f"{held}.txt": "Another place, the same name."})
    assert update(news, tmp_path / "elsewhere").problems == []
    assert news.archive.owners()[held] == str(tmp_path / "elsewhere" / f"{held}.txt")


def test_a_headline_of_millions_is_cut_and_told(news: NewsIndex, articles: Path) -> None:
    row = {"id": "huge", "text": "Ten people died.", "title": "T" * 2_000_000, "source": "S" * 501, "byline": "B" * 500}
    write_files(articles, {"huge.jsonl": rows(row, {"id": "i" * 1_001, "text": "Left out."})})
    report = update(news, articles)
    held = news.archive.article("huge")
    assert held and held.title == "T" * 499 + "…" and held.source == "S" * 499 + "…" and held.byline == "B" * 500
    assert [problem.partition(": ")[2] for problem in report.problems] == [
        "huge: the headline has 2,000,000 characters; the first 499 are kept",
        "huge: the outlet has 501 characters; the first 499 are kept",
        '"id" has 1,001 characters; write 1,000 at most',
    ]
    assert ids(news)[-3:] == ["huge", "wire-1", "wire-2"] and update(news, articles).unchanged == 5
