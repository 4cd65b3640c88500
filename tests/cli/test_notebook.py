"""`groundwire notebook` as a user calls it: from an answer to an export that `check` verifies."""

import json
from io import StringIO
from pathlib import Path

import pytest

from cli.main import main
from tests.cli.test_main import QUESTION, STEERING, Desk, desk
from tests.conftest import write_files

__all__ = ["desk"]
QUOTE = "Ten people died in the strike."


def note(desk: Desk, *words: object, typed: str = "", code: int = 0) -> str:
    """Standard output of `groundwire notebook` with these words; nothing in it steers a terminal."""
    desk._monkeypatch.setattr("sys.stdin", StringIO(typed))
    name, *rest = map(str, words)
    got = main(["notebook", name, "--archive", str(desk.archive), *rest])
    desk.out, desk.err = desk._capsys.readouterr()
    assert got == code, desk.err
    assert not set(STEERING) & set(desk.out + desk.err)
    return desk.out


def test_from_an_answer_to_an_export_that_is_verified(desk: Desk, tmp_path: Path) -> None:
    assert "the notebook is empty" in note(desk, "list")
    answer = desk.run("ask", QUESTION, "--llm", "none", "--json")
    note(desk, "pin", "--from", "-", "--only", 1, typed=answer)
    assert QUOTE in note(desk, "pin", "airport", "--at", "136:166", "--note", "Ask the *ministry*.")
    note(desk, "note", "What is missing: the pilots.")
    note(desk, "pin", "airport", "--at", "136:166")
    assert "1 of them is pinned already" in desk.err
    held = json.loads(note(desk, "list", "--json"))["entries"]
    assert [entry["number"] for entry in held] == [1, 2, 3] and held[0]["question"] == QUESTION
    for name in ("book.md", "book.html", "book.docx"):
        assert note(desk, "export", tmp_path / name) == f"2 quotes, 1 notes: {tmp_path / name}\n"
        out = desk.run("check", tmp_path / name)
        assert "2 quotes: 2 as cited\nthe archive is as it was when this was exported\n" in out
    assert "2 quotes: 2 as cited" in desk.run("check", desk.archive / "notebook.json")
    assert note(desk, "export", "-").startswith("# Notebook\n")


def test_what_changed_since_is_told(desk: Desk, articles: Path, tmp_path: Path) -> None:
    note(desk, "pin", "airport", "--at", "136:166")
    note(desk, "pin", "wire-1", "--at", "0:36")
    note(desk, "pin", "economy/oil", "--at", "87:127")
    note(desk, "export", tmp_path / "book.md")
    airport = (articles / "airport.txt").read_text().replace("A drone strike", "Early on Friday a drone strike")
    oil = (articles / "economy" / "oil.md").read_text().replace("four per cent", "five per cent")
    election = "".join((articles / "wire.jsonl").read_text().splitlines(keepends=True)[1:])
    write_files(articles, {"airport.txt": airport, "economy/oil.md": oil, "wire.jsonl": election})
    desk.run("index", articles, "--prune")
    out = desk.run("check", tmp_path / "book.md", code=4)
    assert "✓ moved     airport 136:166, now 152:182" in out and "✗ gone      wire-1 0:36" in out
    assert "✗ changed   economy/oil" in out and "3 quotes: 1 moved, 1 changed, 1 gone" in out
    assert "the archive has changed since when" not in out and "the archive has changed since this was" in out
    note(desk, "export", tmp_path / "book.md")
    assert "2 quotes do not hold" in desk.err
    told = json.loads(desk.run("check", tmp_path / "book.md", "--json", code=4))
    assert told["counts"] == {"moved": 1, "changed": 1, "gone": 1} and told["archive"] == told["exported_from"]


def test_order_notes_and_the_way_back(desk: Desk) -> None:
    note(desk, "note", "One.")
    note(desk, "note", "Two.")
    assert note(desk, "move", 2, "--before", 1) == "moved 2; groundwire notebook undo takes it back\n"
    note(desk, "note", 1, "Won.")
    note(desk, "title", "Strike")
    assert note(desk, "list") == "Strike\n\n2  note\n    Two.\n1  note\n    Won.\n"
    note(desk, "remove", 2)
    for told in ("removed 2", "wrote the title", "wrote the note of 1", "moved 2"):
        assert note(desk, "undo") == f"taken back: {told}\n"
    assert note(desk, "list") == "1  note\n    One.\n2  note\n    Two.\n"
    assert note(desk, "move", 2, "--before", 2) == "nothing is to be done\n"


def test_what_cannot_be_done_is_a_sentence(desk: Desk, tmp_path: Path) -> None:
    for words, said in (
        (("pin", "airport", "--at", "136:9999"), "136:9999 is not in it"),
        (("pin", "nowhere", "--at", "1:2"), 'no article has the id "nowhere"'),
        (("pin", "--from", tmp_path / "none.json"), "No such file"),
        (("remove", 7), "there is no entry 7"),
        (("undo",), "there is nothing to undo"),
        (("note", " "), "the note is empty"),
        (("export", tmp_path / "book.odt"), "is exported as .md, .html or .docx"),
        (("export", tmp_path / "none" / "book.md"), "cannot be a file there"),
    ):
        note(desk, *words, code=1)
        assert said in desk.err
    note(desk, "pin", "--from", "-", typed="Ten died.", code=1)
    assert "standard input: holds no quotes with places" in desk.err
    note(desk, "pin", "--from", "-", typed="“Six people died.”\nairport 136:166\n", code=1)
    assert "airport 136:166 is changed in" in desk.err
    (desk.archive / "notebook.json").write_text("{}")
    note(desk, "list", code=1)
    assert "is no notebook; name another file with --notebook" in desk.err
    assert "empty" in note(desk, "list", "--notebook", tmp_path / "other.json")
    with pytest.raises(SystemExit):
        note(desk, "pin", "airport")
