"""Who changed what from the command line: told, narrowed, undone, and that undone too."""

import getpass
import json
import re
from pathlib import Path

import pytest

from tests.cli.test_main import STEERING, Desk, desk  # noqa: F401


def test_what_was_changed_is_told_and_undone(desk: Desk, articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(getpass, "getuser", lambda: "ana")
    desk.run("forget", "airport")
    desk.run("correct", "wire-1", "source=AFP", "byline=")
    out = desk.run("changes")
    assert re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DAY", out).startswith(
        "   3  DAY  ana (terminal)  correct  wire-1\n"
        '        source: "EFE" → "AFP"\n'
        '        byline: "M. Paz" → nothing\n'
        "   2  DAY  ana (terminal)  forget  airport  (1 articles)\n"
        "   1  DAY  "
    )
    assert "(4 new, 0 changed, 0 removed)" in out
    assert desk.run("undo", 2).startswith("undone, as change 4; groundwire undo 4 --archive ")
    assert "airport" in desk.run("show", "airport"), "it is read again at once"
    assert "undone, as change 5" in desk.run("undo", 3)
    assert "source     EFE" in desk.run("show", "wire-1")
    assert "undone, as change 6" in desk.run("undo", 5) and "source     AFP" in desk.run("show", "wire-1")
    rows = json.loads(desk.run("changes", "--json", "--article", "airport"))
    assert [(row["number"], row["what"], row["undoes"], row["undone"]) for row in rows] == [
        (4, "remember", 2, None),
        (2, "forget", None, 4),
    ]
    assert "(undoes 2)" in desk.run("changes", "--who", "ana") and desk.run("changes", "--who", "bea") == (
        "nothing has been changed so\n"
    )
    assert desk.run("changes", "--since", "9998") == "nothing has been changed so\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["undo", 1], "change 1 cannot be undone: an index run says what the files say"),
        (["undo", 99], "there is no change 99; groundwire changes lists them"),
        (["changes", "--since", "someday"], '"since" is "someday"'),
    ],
)
def test_what_cannot_be_is_a_sentence(desk: Desk, arguments: list[object], sentence: str) -> None:  # noqa: F811
    desk.run(str(arguments[0]), *arguments[1:], code=1)
    assert sentence in desk.err and desk.err.count("\n") == 1


def test_words_of_others_do_not_steer_the_terminal(desk: Desk) -> None:  # noqa: F811
    desk.run("correct", "wire-1", f"title={''.join(STEERING)}Headline")
    assert "Headline" in desk.run("changes")
