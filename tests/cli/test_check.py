"""`groundwire check` as a user calls it: marks, exit codes, a page, quotes that were exported."""

import json
from pathlib import Path

from tests.cli.test_main import Desk, desk

__all__ = ["desk"]
TRUE = "Ten people died in the strike."


def test_a_draft_is_told_sentence_by_sentence(desk: Desk, tmp_path: Path) -> None:
    draft = tmp_path / "draft.md"
    draft.write_text(f"# The strike\n\n{TRUE} Twelve people died in the strike. Why?\n", "utf-8")
    out = desk.run("check", draft, "--html", tmp_path / "page.html", code=4)
    assert f"✓ borne out     {TRUE}" in out and "airport 136:166" in out
    assert "✗ contradicted  Twelve people died in the strike.\n    why: the draft says Twelve, the quote Ten" in out
    assert out.endswith("2 sentences: 1 borne out, 1 contradicted, 0 not found; skipped: 1 heading, 1 question\n")
    assert "<h1" in (tmp_path / "page.html").read_text("utf-8")


def test_a_page_is_not_written_over_the_draft(desk: Desk, tmp_path: Path) -> None:
    draft = tmp_path / "draft.md"
    draft.write_text(TRUE, "utf-8")
    desk.run("check", draft, "--html", draft, code=1)
    assert "draft.md: is the draft itself; name another file with --html" in desk.err
    assert draft.read_text("utf-8") == TRUE, "the draft is there still"
    for page in (tmp_path, tmp_path / "none" / "page.html"):
        assert desk.run("check", draft, "--html", page, code=1) == "", "told before anything is checked"
        assert f"{page}: cannot be a file there" in desk.err


def test_a_draft_that_is_borne_out_exits_0(desk: Desk) -> None:
    told = json.loads(desk.run("check", "-", "--json", typed=TRUE))
    assert told["counts"] == {"borne out": 1, "contradicted": 0, "not found": 0, "skipped": 0}
    [cited] = told["sentences"][0]["quotes"]
    assert cited["quote"] == TRUE and told["sentences"][0]["differences"] == []


def test_what_differs_is_data(desk: Desk) -> None:
    told = json.loads(desk.run("check", "-", "--json", typed="Twelve people died in the strike.", code=4))
    [differs] = told["sentences"][0]["differences"]
    assert differs == {
        **{"kind": "number", "draft": "Twelve", "quote": "Ten"},
        **{"draft_at": [0, 6], "quote_at": [0, 3], "day": ""},
    }


def test_a_draft_that_is_not_there_is_a_sentence(desk: Desk, tmp_path: Path) -> None:
    desk.run("check", tmp_path / "none.md", code=1)
    assert desk.err.endswith("none.md: no such file; name a draft, or - for standard input\n")


def test_exported_quotes_are_verified(desk: Desk) -> None:
    printed = desk.run("ask", "Who died in the strike at the airport of Baghdad?", "--llm", "none")
    out = desk.run("check", "-", typed=printed)
    assert out.startswith("✓ as cited") and out.rstrip().endswith("2 quotes: 2 as cited")
    desk.run("check", "-", typed='{"article_id": "a", "start": -4, "end": 2, "quote": "Ten"}', code=1)
    assert "a -4:2: no quote stands there" in desk.err
    changed = printed.replace("Ten people", "Six people")
    assert changed != printed
    assert "✗ changed" in desk.run("check", "-", typed=changed, code=4)
    told = json.loads(desk.run("check", "-", "--json", typed=printed))
    assert {one["state"] for one in told["quotes"]} == {"as cited"}
    assert "borne out" in desk.run("check", "-", "--draft", typed=f"{printed}\n\n{TRUE}")
