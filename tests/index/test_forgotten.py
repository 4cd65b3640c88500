"""What was taken out stays out, whoever indexes, until it is taken back; and it is listed."""

import json
from pathlib import Path

import pytest

from index.forgotten import FILE, Forgotten, read_forgotten, write_forgotten
from index.opening import open_archive
from tests.cli.test_errors import Line, one_sentence
from tests.conftest import write_files

ROWS = '{"id": "fire", "text": "A fire closed the mill."}\n{"id": "fair", "text": "The fair opened."}\n'


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    write_files(tmp_path / "articles", {"old/a.txt": "A.", "old/b.txt": "B.", "rows.jsonl": ROWS, "c.txt": "C."})
    made = Line(tmp_path / "archive", capsys)
    made.run("index", tmp_path / "articles")
    return made


def ids(desk: Line) -> list[str]:
    archive = open_archive(desk.archive)
    try:
        return sorted(archive.owners())
    finally:
        archive.close()


def test_a_folder_and_an_article_stay_out_until_they_are_taken_back(desk: Line, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    out, _ = desk.run("forget", folder / "old", "fire")
    assert out.startswith("3 articles of 3 files taken out; the files are untouched")
    assert f"{folder / 'old'}: taken as path\nfire: taken as the id of an article\n" in out
    write_files(folder, {"old/later.txt": "Later.", "rows.jsonl": ROWS + '{"id": "flood", "text": "A flood."}\n'})
    out, _ = desk.run("index", folder)
    assert "1 new, 0 changed, 2 unchanged, 0 removed" in out and "kept out by groundwire forget: 4\n" in out
    assert ids(desk) == ["c", "fair", "flood"]

    listed = json.loads(desk.run("forget", "--list", "--json")[0])
    assert [(one["kind"], one["what"], one["articles"]) for one in listed] == [
        ("path", str(folder / "old"), 2),
        ("article", "fire", 1),
    ]
    assert [line.split()[1] for line in desk.run("forget", "--list")[0].splitlines()] == ["path", "article"]

    assert "was forgotten with" in desk.refused("remember", folder / "old" / "a.txt")
    assert "is not kept out" in desk.refused("remember", "c")
    desk.run("remember", "fire", folder / "old")
    assert "4 new, 0 changed, 3 unchanged" in desk.run("index", folder)[0]
    assert desk.run("forget", "--list")[0] == "nothing is kept out\n"


def test_the_id_of_a_forgotten_article_is_kept_from_what_takes_its_place(desk: Line, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    desk.run("forget", "fire")
    write_files(folder, {"more.jsonl": ROWS.replace("mill", "bakery")})
    desk.run("index", folder)
    assert {"more/fire", "more/fair"} <= set(ids(desk)) and "fire" not in ids(desk), "another file's row is another"
    (folder / "rows.jsonl").rename(folder / "renamed.jsonl")
    desk.run("index", folder)
    assert "fire" not in ids(desk) and "renamed/fire" not in ids(desk), "in a renamed file it is the same article"


def test_what_nobody_indexed_cannot_be_forgotten(desk: Line, tmp_path: Path) -> None:
    sentence = desk.refused("forget", "c", tmp_path / "none")
    assert "and no article has that id" in sentence and not (desk.archive / FILE).exists()
    with pytest.raises(SystemExit, match="2"):
        desk.run("forget")


def test_a_kill_between_the_list_and_the_archive_leaves_nothing_in(desk: Line, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    old, file = str(folder / "old"), str(folder / "rows.jsonl")
    write_forgotten(
        desk.archive, [Forgotten(old, "path", "2024-05-01", 2), Forgotten("fire", "article", "2024-05-01", 1, file)]
    )
    write_files(folder, {"rows.jsonl": ROWS + "\n"})
    desk.run("index", folder, "--prune")
    assert ids(desk) == ["c", "fair"]


def test_a_list_that_cannot_be_read_stops_the_index(desk: Line, tmp_path: Path) -> None:
    (desk.archive / FILE).write_text("[{")
    _, err = desk.run("index", tmp_path / "articles", code=1)
    assert "the list of what is kept out cannot be read" in one_sentence(err)


def test_the_list_comes_back_as_it_was_written(tmp_path: Path) -> None:
    held = [Forgotten("/é", "path", "2024-05-01", 2), Forgotten("-k", "article", "2024-05-01", 1, "/a")]
    assert read_forgotten(tmp_path) == []
    write_forgotten(tmp_path, held)
    assert read_forgotten(tmp_path) == held


def test_what_is_typed_alike_is_what_is_meant(desk: Line, tmp_path: Path) -> None:
    row = '{"id": "fe\u0301e", "text": "A fairy."}\n'
    write_files(tmp_path / "articles", {"Se\u0300te/a.txt": "The quay.", "e.jsonl": row})
    desk.run("index", tmp_path / "articles")
    out, _ = desk.run("forget", tmp_path / "articles" / "S\u00e8te", "f\u00e9e")
    assert out.startswith("2 articles of 2 files taken out")
    # The row has not changed, so it is not read again, nor counted.
    assert "kept out by groundwire forget: 1\n" in desk.run("index", tmp_path / "articles")[0]
    desk.run("remember", tmp_path / "articles" / "S\u00e8te", "f\u00e9e")
    assert desk.run("forget", "--list")[0] == "nothing is kept out\n"
