"""Following a question from the command line: taken up, told after each index, listed, read back, given up."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.follow import command_line
from index.store.standing import FEED, FILE
from tests.cli.test_main import Desk
from tests.conftest import write_files

TOLL = "How many people died in the strike at the airport?"
LATER = "---\ntitle: Toll\nsource: Reuters\npublished: 2020-01-05\n---\n{} people died in the strike at the airport.\n"


@pytest.fixture
def desk(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    made = Desk(tmp_path / "archive", capsys, monkeypatch)
    made.run("index", articles)
    yield made


def test_a_question_from_its_first_answer_to_its_last(desk: Desk, articles: Path) -> None:
    assert desk.run("follow").startswith("no question is followed; groundwire follow")
    out = desk.run("follow", TOLL)
    assert out.startswith(f"1: followed from now on: {TOLL}\n  known now: Ten, according to Reuters (3 January 2020)\n")
    assert "      airport " in out and str(desk.archive / FEED) in out
    assert "0 changes since" in desk.run("follow")

    write_files(articles, {"later.md": LATER.format("At least twelve")})
    out = desk.run("index", articles)
    assert f"\n1: {TOLL}\n" in out
    assert "  changed:\n  At least twelve, according to Reuters (5 January 2020)\n" in out
    assert "known before: Ten, according to Reuters (3 January 2020)" in out
    assert "changed:" not in desk.run("index", articles)

    listed = desk.run("follow")
    assert "At least twelve, according to Reuters" in listed and "1 change since" in listed
    history = desk.run("follow", "history", 1)
    assert history.index("when it was taken up:") < history.index("changed:")
    steps = json.loads(desk.run("follow", "history", 1, "--json"))
    assert [(step["kind"], step["now"][0]["words"]) for step in steps] == [
        ("first", "Ten"),
        ("changed", "At least twelve"),
    ]
    [row] = json.loads(desk.run("follow", "--json"))
    assert (row["number"], row["changes"], row["known"][0]["words"]) == (1, 1, "At least twelve")

    desk.run("follow", TOLL, code=1)
    assert "is followed already, as number 1" in desk.err
    assert desk.run("unfollow", 1) == f"1: followed no more: {TOLL}\n"
    desk.run("unfollow", 1, code=1)
    assert '"1" is not followed; groundwire follow lists' in desk.err


def test_what_has_changed_is_in_the_json_of_index(desk: Desk, articles: Path) -> None:
    desk.run("follow", TOLL)
    assert json.loads(desk.run("index", articles, "--json"))["answers_changed"] == []
    write_files(articles, {"later.md": LATER.format("Twelve")})
    [change] = json.loads(desk.run("index", articles, "--json"))["answers_changed"]
    assert (change["kind"], change["question"], change["now"][0]["words"]) == ("changed", TOLL, "Twelve")


def test_a_dry_run_asks_nothing(desk: Desk, articles: Path) -> None:
    desk.run("follow", TOLL)
    write_files(articles, {"later.md": LATER.format("Twelve")})
    assert "changed:" not in desk.run("index", articles, "--dry-run")
    assert "changed:" in desk.run("index", articles)


def test_a_command_has_each_change_on_its_standard_input(desk: Desk, articles: Path, tmp_path: Path) -> None:
    desk.run("follow", TOLL)
    kept = tmp_path / "a b.json"
    program = f"import sys; open({str(kept)!r}, 'w').write(sys.stdin.read()); print('to standard error')"
    write_files(articles, {"later.md": LATER.format("Twelve")})
    out = desk.run("index", articles, "--json", "--run", f'"{sys.executable}" -c "{program}"')
    assert json.loads(kept.read_text()) == json.loads(out)["answers_changed"][0]


def test_a_command_that_fails_is_told_and_the_rest_is_done(desk: Desk, articles: Path) -> None:
    desk.run("follow", TOLL)
    write_files(articles, {"later.md": LATER.format("Twelve")})
    out = desk.run("index", articles, "--run", "sh -c 'exit 7'", code=3)
    assert "changed:" in out and "--run sh: ended with exit code 7" in desk.err
    with pytest.raises(SystemExit, match="2"):
        desk.run("index", articles, "--run", "no-such-program-here now")
    assert command_line("sh -c 'a b; $HOME'") == ["sh", "-c", "a b; $HOME"], "no shell reads it"


def test_check_asks_what_came_in_by_other_ways(desk: Desk, articles: Path) -> None:
    assert desk.run("follow", "check") == "no answer has changed\n" and "no question is followed" in desk.err
    desk.run("follow", TOLL)
    assert desk.run("follow", "check") == "no answer has changed\n"
    assert json.loads(desk.run("follow", "check", "--json")) == []


def test_forgetting_an_article_takes_its_words_from_the_history(desk: Desk, articles: Path) -> None:
    desk.run("follow", TOLL)
    desk.run("forget", articles / "airport.txt")
    assert b"Ten people" not in (desk.archive / FILE).read_bytes()
    out = desk.run("index", articles)
    assert "its source is gone:" in out and "known before: words of an article that was taken out" in out
    assert "the articles do not say yet" in desk.run("follow")


def test_wrong_usage_is_told(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        desk.run("follow", "How", "many", "died?")
    with pytest.raises(SystemExit, match="2"):
        desk.run("follow", "history")
    desk.run("follow", " ", code=1)
    assert "the question is empty" in desk.err
    desk.run("follow", "history", 9, code=1)
    assert '"9" is not followed' in desk.err
    desk.archive = tmp_path / "none"
    desk.run("follow", code=1)
    assert "no archive here" in desk.err and not desk.archive.exists()
