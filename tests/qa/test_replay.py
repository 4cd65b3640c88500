"""A kept answer is asked again: the same words from the same archive, or what has changed since."""

import json
from pathlib import Path
from typing import Any

import pytest

from index.news_index import NewsIndex
from qa.replay import ReplayError, read_record, replay, settings_in
from qa.settings import Settings
from tests.cli.test_main import QUESTION, Desk, desk  # noqa: F401  the fixture
from tests.conftest import write_files
from tests.support.rooms import HISTORY, make_room


def keep(desk: Desk, path: Path) -> dict[str, Any]:  # noqa: F811
    path.write_text(desk.run("ask", QUESTION, "--json"), "utf-8")
    record: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return record


def again(desk: Desk, *arguments: object, code: int = 0) -> str:  # noqa: F811
    return desk.run("replay", *arguments, code=code)


def test_the_same_archive_gives_the_same_answer(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    keep(desk, tmp_path / "answer.json")
    assert again(desk, tmp_path / "answer.json") == "the same answer\n"
    assert json.loads(again(desk, tmp_path / "answer.json", "--json"))["same"] is True


def test_what_has_changed_is_said(desk: Desk, tmp_path: Path, articles: Path) -> None:  # noqa: F811
    keep(desk, tmp_path / "answer.json")
    write_files(
        articles, {"later.txt": "Desk, 9 January 2020\n\nEleven died in the strike at the airport of Baghdad.\n"}
    )
    desk.run("index", articles)
    out = again(desk, tmp_path / "answer.json", code=1)
    assert out.startswith("the archive has changed: ")
    assert "another answer: " in out and "Eleven died" in out


def test_a_changed_archive_may_give_the_same_answer(desk: Desk, tmp_path: Path, articles: Path) -> None:  # noqa: F811
    keep(desk, tmp_path / "answer.json")
    write_files(articles, {"other.txt": "Cheese ripens slowly in caves.\n"})
    desk.run("index", articles)
    out = again(desk, tmp_path / "answer.json")
    assert out.startswith("the archive has changed: ") and out.endswith("the same answer\n")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"question": 1, "replay": {"settings": {"archive": "a"}}}', "[" * 9999]
)
def test_a_file_without_an_answer_is_a_sentence(desk: Desk, tmp_path: Path, text: str) -> None:  # noqa: F811
    (tmp_path / "answer.json").write_text(text)
    again(desk, tmp_path / "answer.json", code=1)
    assert "keep one with groundwire ask --json" in desk.err


def test_a_setting_of_another_kind_is_a_sentence(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    record = keep(desk, tmp_path / "answer.json")
    record["replay"]["settings"]["passages"] = "eight"
    with pytest.raises(ReplayError, match="passages"):
        settings_in(record, Settings())


def test_what_went_before_a_follow_up_is_kept(news: NewsIndex, tmp_path: Path) -> None:
    answer = make_room(news).ask("And who died?", HISTORY)
    (tmp_path / "answer.json").write_text(json.dumps(answer.to_dict()))
    record = read_record(tmp_path / "answer.json")
    found = replay(record, lambda: make_room(news))
    assert (found.causes, found.differences) == ((), ())
    record["replay"]["history"] = []
    record["replay"]["seed"], record["replay"]["settings"]["seed"] = 7, 7
    assert replay(record, lambda: make_room(news)).causes == ('the setting "seed" was 7, is 0',)
