"""What was not seen is not gone: it stays, is named, and much leaves at once only when someone wants it."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.article import ArticleError
from index.news_index import NewsIndex
from index.reading.files import Unlisted
from index.update import UpdateReport
from tests.cli.test_errors import Line
from tests.conftest import as_nobody, make_index, open_to_all, write_files
from tests.support.fakes import FakeEmbedder, count_words

HARBOUR = {
    "harbour/crane.txt": "A crane fell into the harbour.",
    "harbour/ferry.jsonl": '{"id": "ferry", "text": "The ferry stayed in port."}\n',
    "market.txt": "The market moved indoors.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "articles", HARBOUR)


@pytest.fixture
def held(tmp_path: Path, folder: Path) -> Iterator[NewsIndex]:
    news = make_index(tmp_path / "archive", [folder], FakeEmbedder())
    yield news
    news.close()


def update(news: NewsIndex, *paths: Path, prune: bool = False) -> UpdateReport:
    return news.update(paths, count_tokens=count_words, prune=prune)


def ids(news: NewsIndex) -> list[str]:
    return sorted(news.archive.owners())


def test_a_folder_that_cannot_be_listed_keeps_its_articles(tmp_path: Path, folder: Path) -> None:
    make_index(tmp_path / "archive", [folder], FakeEmbedder()).close()
    open_to_all(tmp_path, writable=True)
    (folder / "harbour").chmod(0)
    as_nobody(_keeps_the_harbour, tmp_path / "archive", folder)


def _keeps_the_harbour(archive: Path, folder: Path) -> None:
    news = NewsIndex.open(archive, FakeEmbedder())
    for prune in (False, True):
        assert update(news, folder, prune=prune) == UpdateReport(
            unchanged=3,
            problems=[
                f"{folder / 'harbour'}: cannot be listed (Permission denied); the 2 articles that came from it stay:"
                " check its permissions, and whether its disk is there"
            ],
        )
    with pytest.raises(Unlisted, match=r"harbour: cannot be listed \(Permission denied\); check its permissions"):
        update(news, folder / "harbour")


def test_a_folder_whose_files_cannot_be_looked_at_keeps_its_articles(tmp_path: Path, folder: Path) -> None:
    make_index(tmp_path / "archive", [folder], FakeEmbedder()).close()
    open_to_all(tmp_path, writable=True)
    (folder / "harbour").chmod(0o444)
    as_nobody(_keeps_both, tmp_path / "archive", folder)


def _keeps_both(archive: Path, folder: Path) -> None:
    report = update(NewsIndex.open(archive, FakeEmbedder()), folder)
    assert (report.unchanged, report.removed, len(report.problems)) == (3, 0, 2)


@pytest.mark.parametrize("code", [errno.ENOENT, errno.ESTALE, errno.EIO, errno.ENOTCONN])
def test_a_share_that_goes_away_while_it_is_walked(
    held: NewsIndex, folder: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def away(place: Any) -> Any:
        if str(place).endswith("harbour"):
            raise OSError(code, os.strerror(code), str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", away)
    report = update(held, folder)
    assert (report.unchanged, report.removed, len(report.problems)) == (3, 0, 1)
    assert os.strerror(code) in report.problems[0]


def test_an_empty_folder_may_be_a_disk_that_is_not_mounted(held: NewsIndex, folder: Path) -> None:
    for file in (folder / "harbour").iterdir():
        file.unlink()
    sentence = (
        f"{folder / 'harbour'}: is empty; the 2 articles that came from it stay:"
        " see whether its disk is there (--prune takes them out)"
    )
    assert update(held, folder) == UpdateReport(unchanged=3, problems=[sentence])
    assert update(held, folder, prune=True) == UpdateReport(unchanged=1, removed=2)
    (folder / "market.txt").unlink()
    with pytest.raises(ArticleError, match="no articles in this folder"):
        update(held, folder, prune=True)
    assert ids(held) == ["market"], "the folder itself is never believed to be empty"


def test_a_link_whose_disk_is_away_is_not_gone(held: NewsIndex, folder: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "disk", {"bridge.txt": "The bridge was painted."})
    (folder / "bridge.txt").symlink_to(tmp_path / "disk" / "bridge.txt")
    assert update(held, folder).new == 1
    (tmp_path / "disk").rename(tmp_path / "away")
    report = update(held, folder)
    assert (report.removed, report.unchanged) == (0, 4) and "is a link to what is not there" in report.problems[0]


def test_the_id_of_what_is_not_seen_is_not_given_away(held: NewsIndex, folder: Path, tmp_path: Path) -> None:
    folder.rename(tmp_path / "away")
    update(held, write_files(tmp_path / "other", {"rows.jsonl": '{"id": "ferry", "text": "Another ferry."}\n'}))
    assert ids(held) == ["ferry", "harbour/crane", "market", "rows/ferry"]


def test_much_leaves_at_once_only_when_it_is_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f'{{"id": "{n}", "text": "Row {n}."}}' for n in range(8)]
    folder = write_files(tmp_path / "articles", {"a.txt": "A.", "b.txt": "B.", "c.jsonl": "\n".join(rows)})
    line = Line(tmp_path / "archive", capsys)
    line.run("index", folder)
    (folder / "a.txt").unlink()
    (folder / "c.jsonl").write_text("\n".join(rows[:7]))
    assert "8 unchanged, 2 removed" in line.run("index", folder)[0], "a fifth of ten is not more than a fifth"
    (folder / "c.jsonl").write_text("\n".join(rows[:5]))
    for options in (["--dry-run"], [], []):
        out, err = line.run("index", folder, *options, code=3)
        assert "8 unchanged, 0 removed" in out and "2 of 8 articles would leave" in err and "--prune" in err
    assert "6 unchanged, 2 removed" in line.run("index", folder, "--prune")[0]
    assert "6 unchanged, 0 removed" in line.run("index", folder)[0]


def test_files_that_moved_within_the_folder_are_no_loss(held: NewsIndex, folder: Path) -> None:
    write_files(folder, {"harbour/.keep": ""})
    (folder / "port").mkdir()
    for name in ("crane.txt", "ferry.jsonl"):
        (folder / "harbour" / name).rename(folder / "port" / name)
    asked: list[tuple[int, int]] = []
    report = held.update([folder], count_tokens=count_words, may_remove=lambda *much: bool(asked.append(much)))
    assert (asked, report.removed, report.problems) == ([], 1, []) and ids(held) == ["ferry", "market", "port/crane"]


@pytest.mark.slow
def test_the_parts_of_a_page_that_was_saved_later_are_gone(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "articles", {"Fire_files/frame.txt": "A frame.", "market.txt": "The market moved."})
    news = make_index(tmp_path / "archive", [folder], FakeEmbedder())
    write_files(folder, {"Fire.html": "<p>A fire closed the old mill by the river for the whole of the winter.</p>"})
    assert update(news, folder).problems == [] and ids(news) == ["Fire", "market"]
    news.close()
