"""A file is there whole or not at all, whatever stops who writes it."""

from pathlib import Path

import pytest

from ground.files import replacing, write_whole


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_whole(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "new \ud800")
    with pytest.raises(KeyboardInterrupt), replacing(file, unique=True) as fresh:
        fresh.write_text("half")
        raise KeyboardInterrupt
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.json": "old"}


def test_what_a_kill_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".a.json.new").write_text("half of something long")
    write_whole(tmp_path / "a.json", "whole")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.json": "whole"}


def test_two_that_write_at_one_time_do_not_meet(tmp_path: Path) -> None:
    file = tmp_path / "a"
    with replacing(file, unique=True) as first, replacing(file, unique=True) as second:
        first.write_text("1")
        second.write_text("2")
    assert file.read_text() == "1" and list(tmp_path.iterdir()) == [file]
