"""An archive moved is the archive: the same articles, vectors and hits; what is damaged is refused."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cli.main import main
from index.news_index import NewsIndex
from index.opening import open_archive
from index.scale.transfer import TAKEN_IN, export_archive, import_archive
from index.store.archive import ArchiveError, Feed
from tests.conftest import write_files
from tests.support.fakes import FakeEmbedder, count_words


@pytest.fixture
def exported(news: NewsIndex, tmp_path: Path) -> Path:
    file = tmp_path / "moved.zip"
    news.archive.put_feed(Feed("https://feeds.test/a", "A", etag="1"))
    export_archive(news.archive, file)
    return file


def test_what_arrives_is_what_was_there(news: NewsIndex, exported: Path, tmp_path: Path, articles: Path) -> None:
    moved = import_archive(exported, tmp_path / "there")
    counts = news.archive.counts()
    assert moved.verified and (moved.articles, moved.passages) == (counts.articles, counts.passages)
    assert (moved.probes, moved.dense_equal, moved.lexical_shared) == (4, 4, 1.0)
    there = NewsIndex.open(tmp_path / "there", FakeEmbedder())
    assert there.archive.fingerprint() == news.archive.fingerprint() and there.archive.counts() == counts
    assert there.archive.feeds() == news.archive.feeds() and there.archive.roots() == news.archive.roots()
    for id in news.archive.owners():
        assert there.archive.article(id) == news.archive.article(id)
    report = there.update([articles], count_tokens=count_words)
    assert (report.unchanged, report.embedded, report.new) == (4, 0, 0)
    there.close()


def test_an_import_that_was_ended_goes_on(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.scale.transfer.BLOCK", 1)
    again = tmp_path / "small.zip"
    import_archive(exported, tmp_path / "first")
    archive = open_archive(tmp_path / "first")
    export_archive(archive, again)

    def dies(step: str, done: int, total: int) -> None:
        if (step, done) == (TAKEN_IN, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_archive(again, tmp_path / "there", progress=dies)
    half = open_archive(tmp_path / "there")
    assert len(half.owners()) == 2
    half.close()
    moved = import_archive(again, tmp_path / "there")
    assert moved.verified and moved.articles == 4 and moved.dense_equal == 4
    assert import_archive(again, tmp_path / "there").verified, "once more changes nothing"


def test_what_an_ended_import_lacks_is_read_from_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(json.dumps({"id": f"r{n}", "text": f"Bridge number {n} is closed."}) + "\n" for n in range(6))
    folder = write_files(tmp_path / "rows", {"rows.jsonl": rows})
    news = NewsIndex.create(tmp_path / "archive", FakeEmbedder(), max_tokens=12)
    news.update([folder], count_tokens=count_words)
    monkeypatch.setattr("index.scale.transfer.BLOCK", 2)
    export_archive(news.archive, tmp_path / "rows.zip")

    def dies(step: str, done: int, total: int) -> None:
        if (step, done) == (TAKEN_IN, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_archive(tmp_path / "rows.zip", tmp_path / "there", progress=dies)
    there = NewsIndex.open(tmp_path / "there", FakeEmbedder())
    report = there.update([folder], count_tokens=count_words)
    assert (report.unchanged, report.new) == (2, 4)
    assert there.archive.fingerprint() == news.archive.fingerprint()
    there.close()
    news.close()


def test_articles_that_take_more_than_a_block_are_in_several(
    news: NewsIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.scale.transfer.BLOCK_BYTES", 1)
    export_archive(news.archive, tmp_path / "small.zip")
    with zipfile.ZipFile(tmp_path / "small.zip") as packed:
        names = packed.namelist()
        largest = max(packed.getinfo(name).file_size for name in names)
    assert (
        sum(name.startswith("articles/") for name in names) == sum(name.startswith("vectors/") for name in names) == 4
    )
    monkeypatch.setattr("index.scale.transfer.MOST_TEXT", largest)
    assert import_archive(tmp_path / "small.zip", tmp_path / "there").verified


def test_what_no_import_takes_is_not_exported(news: NewsIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.scale.transfer.MOST_TEXT", 1000)
    with pytest.raises(ArchiveError, match="which no import takes"):
        export_archive(news.archive, tmp_path / "large.zip")
    assert list(tmp_path.glob("large.zip*")) == []


def test_an_archive_of_something_else_is_left_alone(exported: Path, news: NewsIndex) -> None:
    with news.archive.writing(), news.archive.change():
        news.archive.forget_file(min(news.archive.files_under(Path("/"))))
    before = news.archive.fingerprint()
    with pytest.raises(ArchiveError, match="did not come from"):
        import_archive(exported, news.archive.folder)
    assert news.archive.fingerprint() == before


def test_an_archive_whose_search_is_behind_is_exported(news: NewsIndex, tmp_path: Path) -> None:
    shutil.rmtree(news.archive.folder / "faiss")
    shutil.rmtree(news.archive.folder / "tantivy")
    export_archive(news.archive, tmp_path / "behind.zip")
    assert import_archive(tmp_path / "behind.zip", tmp_path / "there").verified


def test_a_file_that_is_there_is_not_written_over(news: NewsIndex, exported: Path) -> None:
    before = exported.read_bytes()
    with pytest.raises(ArchiveError, match="is there already"):
        export_archive(news.archive, exported)
    assert exported.read_bytes() == before


@pytest.mark.parametrize("member", ["about.json", "articles/000000.jsonl", "vectors/000000.npy", "files.json"])
def test_a_changed_member_is_named(exported: Path, tmp_path: Path, member: str) -> None:
    changed = rewritten(exported, tmp_path / "changed.zip", member, lambda content: content[:-1] + b"?")
    with pytest.raises(ArchiveError, match=f"{member} is not what was exported"):
        import_archive(changed, tmp_path / "there")
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    "told, why",
    [
        ({"articles/000000.jsonl": None, "vectors/000000.npy": None}, "manifest.json is not .* 4 articles 0 are here"),
        ({"vectors/000000.npy": None}, "vectors/000000.npy is not .* missing"),
        ({"articles/000000.jsonl": b'{"file": "x"}'}, "articles/000000.jsonl is not"),
        ({"feeds.json": b"[1]"}, "feeds.json is not"),
        ({"manifest.json": {"probes": [1]}}, "manifest.json is not .*its searches"),
        ({"manifest.json": {"passages": 1}}, "manifest.json is not"),
    ],
)
def test_an_export_made_up_with_its_hashes_is_refused_and_leaves_nothing(
    exported: Path, tmp_path: Path, told: dict[str, Any], why: str
) -> None:
    with zipfile.ZipFile(exported) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(members["manifest.json"]) | told.get("manifest.json", {})
    changed = {name: content for name, content in told.items() if name != "manifest.json"}
    members |= changed
    for name, content in changed.items():
        manifest["members"].pop(name)
        if content is not None:
            manifest["members"][name] = hashlib.sha256(content).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as made:
        for name, content in members.items():
            if content is not None:
                made.writestr(name, content)
    with pytest.raises(ArchiveError, match=why):
        import_archive(tmp_path / "made.zip", tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_what_was_taken_out_counts_for_no_difference(news: NewsIndex, tmp_path: Path) -> None:
    archive = news.archive
    with archive.writing(), archive.change():
        archive.forget_file(min(archive.files_under(Path("/"))))
    export_archive(archive, tmp_path / "less.zip")
    moved = import_archive(tmp_path / "less.zip", tmp_path / "there")
    assert moved.verified and (moved.dense_equal, moved.lexical_shared) == (moved.probes, 1.0)


def test_what_is_there_already_is_left_alone(news: NewsIndex, exported: Path, tmp_path: Path) -> None:
    import_archive(exported, tmp_path / "first")
    first = open_archive(tmp_path / "first")
    export_archive(first, tmp_path / "again.zip")
    first.close()
    generation = news.archive.generation
    moved = import_archive(tmp_path / "again.zip", news.archive.folder)
    assert moved.already and moved.verified and (moved.probes, moved.dense_equal, moved.lexical_shared) == (4, 4, 1.0)
    assert news.archive.generation == generation


def test_an_export_into_no_folder_says_so(news: NewsIndex, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=f"there is no folder {tmp_path / 'none'}"):
        export_archive(news.archive, tmp_path / "none" / "a.zip")


def test_progress_is_told_on_a_terminal_alone(
    news: NewsIndex, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for live in (True, False):
        file, there = tmp_path / f"{live}.zip", tmp_path / f"there-{live}"
        monkeypatch.setattr("sys.stderr.isatty", lambda live=live: live)
        assert main(["export", str(file), "--archive", str(news.archive.folder)]) == 0
        assert ("1 of 4 articles written" in capsys.readouterr().err) == live
        assert main(["import", str(file), "--archive", str(there)]) == 0
        told = capsys.readouterr().err
        assert ("1 of 4 articles checked" in told) == ("0 of 4 articles taken in" in told) == live
        assert live or not told


def test_an_export_cut_off_or_of_another_kind_is_a_sentence(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(exported.read_bytes()[:-100])
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("manifest.json", json.dumps({"format": "tar"}))
    for file in (cut, other, tmp_path / "none.zip", write_files(tmp_path, {"a.txt": "no"}) / "a.txt"):
        assert main(["import", str(file), "--archive", str(tmp_path / "there")]) == 1
        err = capsys.readouterr().err
        assert str(file) in err and "Traceback" not in err and err.count("\n") == 1
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_export_is_a_sentence_and_leaves_nothing(exported: Path, tmp_path: Path, seed: int) -> None:
    whole, random, damaged = exported.read_bytes(), Random(seed), tmp_path / "damaged.zip"
    for _ in range(10):
        content, at = bytearray(whole), random.randrange(len(whole))
        content[at] ^= random.randrange(1, 256)
        damaged.write_bytes(content[: at if random.random() < 0.2 else len(whole)])
        try:
            assert import_archive(damaged, tmp_path / "there").verified, "nothing that counts was hit"
            shutil.rmtree(tmp_path / "there")
        except ArchiveError as error:
            assert str(error).startswith(f"{damaged}: ") and "\n" not in str(error)
            assert not (tmp_path / "there").exists()


def test_the_commands_tell_what_was_moved(news: NewsIndex, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, there = tmp_path / "a.zip", tmp_path / "there"
    assert main(["export", str(file), "--archive", str(news.archive.folder)]) == 0
    assert "4 articles" in capsys.readouterr().out
    assert main(["import", str(file), "--archive", str(there)]) == 0
    out = capsys.readouterr().out
    assert "all as exported" in out and "by meaning 4 found the same, by words the first ten share 100 %" in out
    assert main(["import", str(file), "--archive", str(there), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verified"] is True


def rewritten(file: Path, other: Path, member: str, change) -> Path:  # type: ignore[no-untyped-def]
    """The ZIP with one member changed."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == member else content)
    return other
