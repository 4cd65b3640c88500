"""`groundwire show ARTICLE --original` as a user calls it."""

import json
from pathlib import Path

import pytest

from cli.main import main
from tests.conftest import make_index, write_files
from tests.index.test_originals import PAGE, QUOTE, STORY, printed
from tests.support.fakes import FakeEmbedder

pytestmark = pytest.mark.slow


def test_the_original_is_written_where_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"b/bridge.pdf": printed(STORY, "A second page, which says more."), "page.html": PAGE, "plain.txt": STORY}
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "files", files)], FakeEmbedder())
    held = news.archive.article("b/bridge")
    assert held
    start = held.text.index(QUOTE)
    at = f"{start}:{start + len(QUOTE)}"
    news.close()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def show(*words: str, code: int = 0) -> str:
        got = main(["show", "--archive", str(tmp_path / "archive"), *words])
        told = capsys.readouterr()
        assert got == code, told.err
        return told.out if not code else told.err

    name = f"b-bridge-{at.replace(':', '-')}-page-1.png"
    assert show("b/bridge", "--at", at, "--original") == f"{name}: page 1 of 2\n"
    assert Path(name).read_bytes().startswith(b"\x89PNG")
    told = json.loads(show("b/bridge", "--at", at, "--original", "--json"))
    assert (told["page"], told["quoted_on"], told["marked"]) == (1, [1], True)
    assert all(0 < box["left"] < box["right"] < 1 and 0 < box["top"] < box["bottom"] < 1 for box in told["boxes"])
    both = f"{start}:{held.text.index('which says')}"
    assert show("b/bridge", "--at", both, "--original").endswith(
        "page 1 of 2; the quote stands on page 2 too (--page)\n"
    )
    assert show("page", "--original", "--out", "saved.html") == "saved.html\n"
    assert "default-src 'none'" in Path("saved.html").read_text("utf-8")[:300]
    assert "its text is what groundwire show prints" in show("plain", "--original")
    assert "there is no page 7" in show("b/bridge", "--original", "--page", "7", code=1)
    assert "go with --original" in show("b/bridge", "--page", "1", code=1)
    (tmp_path / "files" / "b" / "bridge.pdf").unlink()
    assert "b/bridge.pdf: is not there any more" in show("b/bridge", "--original", code=1)
