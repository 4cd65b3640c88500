"""The questions that are followed are kept whole, told once, struck of what leaves, and moved with their archive."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.news_index import NewsIndex
from index.opening import open_archive
from index.scale.transfer import export_archive, import_archive
from index.store.archive import ArchiveError
from index.store.scope import Scope
from index.store.standing import FEED, FILE, Standing, is_kept, strike

QUESTION = "How many have died in the flood?"
AT = "2025-09-01T10:00:00+00:00"
VOICE = {"article_id": "a", "words": "nine", "quote": "Nine died.", "title": "A", "source": "Wire", "url": None}
OTHER = VOICE | {"article_id": "b", "words": "ten", "quote": "Ten died."}


def known(*voices: dict[str, Any]) -> dict[str, Any]:
    return {"voices": list(voices), "heard": ["a"]}


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Standing]:
    assert not is_kept(tmp_path)
    made = Standing(tmp_path)
    assert is_kept(tmp_path)
    yield made
    made.close()


def test_what_is_followed_is_there_when_it_is_opened_again(standing: Standing, tmp_path: Path) -> None:
    scope = Scope(("Wire",), since="2025")
    one = standing.add(QUESTION, scope, AT, known(VOICE), {"kind": "first"})
    two = standing.add("Who?", Scope(), AT, known(), {"kind": "first"})
    assert (one.number, two.number) == (1, 2)
    again = Standing(tmp_path)
    assert again.questions() == [one, two] and again.questions()[0].scope == scope
    assert [entry.number for entry in again.history()] == [1, 2]
    again.close()


def test_a_number_is_never_given_twice(standing: Standing) -> None:
    one = standing.add(QUESTION, Scope(), AT, known(), {})
    assert standing.remove(one.number) and not standing.remove(one.number)
    assert standing.questions() == [] and standing.history() == []
    assert standing.add(QUESTION, Scope(), AT, known(), {}).number == 2


def test_of_two_that_saw_one_change_one_tells_it(standing: Standing, tmp_path: Path) -> None:
    read = standing.add(QUESTION, Scope(), AT, known(VOICE), {"kind": "first"})
    other = Standing(tmp_path)
    assert other.note(read, known(OTHER), AT, {"kind": "changed"})
    assert not standing.note(read, known(OTHER), AT, {"kind": "changed"})
    other.close()
    assert [entry.told["kind"] for entry in standing.history(1)] == ["first", "changed"]
    assert [entry.told["kind"] for entry in standing.history(1, last=1)] == ["changed"]


def test_what_was_asked_already_is_known_by_what_it_says(standing: Standing) -> None:
    assert standing.unseen({"a": "1", "b": "2"}) == ["a", "b"]
    standing.see({"a": "1", "b": "2"})
    assert standing.unseen({"a": "1", "b": "3", "c": "4"}) == ["b", "c"]


def test_the_words_of_an_article_that_was_taken_out_are_nowhere_in_the_file(standing: Standing, tmp_path: Path) -> None:
    read = standing.add(QUESTION, Scope(), AT, known(VOICE, OTHER), {"kind": "first", "now": [VOICE]})
    standing.note(read, known(VOICE, OTHER), AT, {"kind": "changed", "now": [OTHER], "was": [VOICE]})
    (tmp_path / FEED).write_text("Nine died.")
    assert strike(tmp_path, ["a"]) == 3 and strike(tmp_path, ["a"]) == 0 and strike(tmp_path / "none", ["a"]) == 0
    assert not (tmp_path / FEED).exists()
    [question] = standing.questions()
    gone, there = question.known["voices"]
    assert there == OTHER and gone["struck"] and gone["words"] == gone["quote"] == "" and gone["article_id"] == "a"
    assert "Nine" not in json.dumps(standing.to_dict()) and "ten" in json.dumps(standing.to_dict())
    assert len(standing.history(1)) == 2, "the steps stay"
    assert b"Nine" not in (tmp_path / FILE).read_bytes()


def test_an_exported_archive_takes_its_questions_along(news: NewsIndex, tmp_path: Path) -> None:
    archive = news.archive
    standing = Standing(archive.folder)
    standing.add(QUESTION, Scope(("AFP",)), AT, known(VOICE), {"kind": "first"})
    standing.see(archive.digests())
    export_archive(archive, tmp_path / "out.zip")
    assert import_archive(tmp_path / "out.zip", tmp_path / "other").verified
    assert import_archive(tmp_path / "out.zip", tmp_path / "other").already is False, "goes on, and adds nothing"
    moved = Standing(tmp_path / "other")
    assert moved.to_dict() == standing.to_dict()
    there = open_archive(tmp_path / "other")
    assert moved.unseen(there.digests()) == [], "what was asked at home is not asked again"
    there.close()
    moved.close()
    standing.close()


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, but bytes" * 40)
    with pytest.raises(ArchiveError, match="move the file away and follow them again"):
        Standing(tmp_path)
