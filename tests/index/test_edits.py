"""Who changed what: noted before it is done, struck out where it fails, listed, without words that were taken out."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from index.store.archive import ArchiveError
from index.store.edits import (
    FILE,
    EditError,
    Meanwhile,
    Noted,
    Who,
    find_edit,
    last_edit,
    noting,
    read_edits,
    strike_edits,
)

ANA, BEA = Who("ana", "page"), Who("bea", "program")


def note(folder: Path, who: Who = ANA, what: str = "forget", of: str = "a", undoes: int | None = None) -> int:
    with noting(folder, who, what, [of], undoes=undoes) as noted:  # type: ignore[arg-type]
        noted.after, noted.held = {"articles": 1}, {"things": []}
    return noted.number


def test_a_change_says_who_when_what_and_of_what(tmp_path: Path) -> None:
    assert read_edits(tmp_path) == [] and not (tmp_path / FILE).exists(), "to look makes nothing"
    assert (note(tmp_path), note(tmp_path, BEA, "correct", "b")) == (1, 2)
    newest, oldest = read_edits(tmp_path)
    assert (newest.who, newest.through, newest.what, newest.of) == ("bea", "program", "correct", ("b",))
    assert (oldest.number, oldest.after, oldest.undone) == (1, {"articles": 1}, None)
    assert oldest.at.endswith("+00:00") and "held" not in oldest.to_dict()
    assert [edit.number for edit in read_edits(tmp_path, who="ana")] == [1]
    assert [edit.number for edit in read_edits(tmp_path, of="b", what="correct")] == [2]
    assert [edit.number for edit in read_edits(tmp_path, most=1)] == [2]
    assert read_edits(tmp_path, since="9999") == [] and len(read_edits(tmp_path, since="2020-01-01")) == 2
    assert read_edits(tmp_path, of='b"] OR 1=1 --') == []


def test_what_fails_was_never_changed(tmp_path: Path) -> None:
    note(tmp_path)
    with pytest.raises(RuntimeError), noting(tmp_path, BEA, "remember", ["a"], undoes=1):
        assert [edit.number for edit in read_edits(tmp_path)] == [2, 1], "it is written before it is done"
        raise RuntimeError
    [edit] = read_edits(tmp_path)
    assert (edit.number, edit.undone) == (1, None)
    assert note(tmp_path) == 3, "no number is used twice"


def test_a_change_is_undone_once(tmp_path: Path) -> None:
    note(tmp_path)
    assert note(tmp_path, BEA, "remember", undoes=1) == 2
    assert find_edit(tmp_path, 1).undone == 2 and find_edit(tmp_path, 2).undoes == 1
    with pytest.raises(Meanwhile, match=r"change 1 is undone already, by bea at 20.*, as change 2"):
        note(tmp_path, ANA, "remember", undoes=1)
    assert last_edit(tmp_path, "a") == find_edit(tmp_path, 2)


@pytest.mark.parametrize("number", [0, -1, 2, 2**70])
def test_a_number_that_is_none_is_a_sentence(tmp_path: Path, number: int) -> None:
    with pytest.raises(EditError, match="there is no change"):
        find_edit(tmp_path, number)
    note(tmp_path)
    with pytest.raises(EditError, match="there is no change"):
        find_edit(tmp_path, number)


def test_two_who_write_at_once_are_both_noted(tmp_path: Path) -> None:
    def work() -> None:
        for _ in range(10):
            note(tmp_path)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [edit.number for edit in read_edits(tmp_path)] == list(range(40, 0, -1))


def test_words_of_what_was_taken_out_leave_the_list_and_the_disk(tmp_path: Path) -> None:
    secret = "Name that must go"
    with noting(tmp_path, ANA, "correct", ["a"]) as noted:
        noted.before, noted.after, noted.held = {"title": secret}, {"title": "New"}, {"side": {"title": secret}}
    with noting(tmp_path, ANA, "unfollow", ["Who?"]) as told:
        quotes = [{"article_id": "a", "quote": secret}, {"article_id": "b", "quote": "stays"}]
        told.before, told.held = {"number": 1}, {"history": quotes}
    strike_edits(tmp_path, {"a"})
    unfollowed, corrected = read_edits(tmp_path)
    assert (corrected.before, corrected.after, corrected.held) == ({}, {}, {}) and corrected.who == "ana"
    assert unfollowed.held["history"][1]["quote"] == "stays" and unfollowed.before == {"number": 1}
    assert secret.encode() not in (tmp_path / FILE).read_bytes()


def test_a_damaged_list_is_a_sentence_and_nothing_is_changed(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, but words" * 99)
    done: list[Noted] = []
    for work in (lambda: read_edits(tmp_path), lambda: note(tmp_path)):
        with pytest.raises(ArchiveError, match="who changed what cannot be read or written"):
            work()
    assert done == []


def test_a_list_of_another_version_is_a_sentence(tmp_path: Path) -> None:
    note(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("PRAGMA user_version = 9")
    with pytest.raises(ArchiveError, match="made by another version"):
        note(tmp_path)
