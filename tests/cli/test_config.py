"""groundwire.toml and `groundwire config`: what is chosen once, what wins, and what a file gets told."""

import json
import os
import re
from pathlib import Path

import pytest

from cli.config import FILE, read_config
from cli.main import main
from cli.options import KINDS, at
from qa.settings import Settings
from tests.conftest import as_nobody, open_to_all
from tests.support.fakes import fakes_for_models
from tests.test_floors import ROOT

User = Path


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    """The user's own file, not there yet; the working folder is empty."""
    (tmp_path / "work").mkdir()
    (tmp_path / "user").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("GROUNDWIRE_WEIGHTS", raising=False)
    monkeypatch.setattr("cli.config.user_config_path", lambda name: tmp_path / "user")
    return tmp_path / "user" / FILE


def config(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, tuple[object, str]]:
    assert main(["config", "--json", *options]) == 0
    told = json.loads(capsys.readouterr().out)["settings"]
    return {name: (one["value"], one["from"]) for name, one in told.items()}


def test_each_value_says_where_it_comes_from(
    users: User, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    users.write_text('llm = "none"\npassages = 4\narchive = "mine"\nweights = "/models"\nleast_score = 1', "utf-8")
    Path(FILE).write_text('archive = "here"\npassages = 5\noffline = true\n', "utf-8")
    told = config(capsys, "-k", "6")
    assert told["llm"] == ("none", str(users)) and told["archive"] == ("here", FILE)
    assert told["passages"] == (6, "the command line") and told["offline"] == (True, FILE)
    assert told["seed"] == (0, "default") and told["weights"] == ("/models", str(users))
    assert told["least_score"] == (1.0, str(users))
    monkeypatch.setenv("GROUNDWIRE_WEIGHTS", "/others")
    assert config(capsys)["weights"] == ("/others", "GROUNDWIRE_WEIGHTS")
    assert main(["config"]) == 0
    out = capsys.readouterr().out
    assert f"read: {users}" in out and f"read: {Path(FILE).absolute()}" in out and "passages        5 " in out


def test_what_a_file_names_is_used_and_an_option_wins(
    users: User, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(FILE).write_text('archive = "news"\nllm = "none"\npassages = 1', "utf-8")
    with fakes_for_models():
        assert main(["index", str(articles)]) == 0 and Path("news").is_dir() and not Path("archive").exists()
        capsys.readouterr()
        for options, hits in (([], 1), (["-k", "2"], 2)):
            assert main(["ask", "Who died in the strike at the airport?", "--json", *options]) == 0
            assert len(json.loads(capsys.readouterr().out)["hits"]) == hits
        assert main(["ask", "Who died?", "--archive", "archive"]) == 1
    assert at(Path("news")) == "" and at(Path("archive")) == " --archive archive"


def test_the_demo_keeps_to_its_own_archive(users: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(FILE).write_text('archive = "news"\nllm = "qwen3-4b"', "utf-8")
    with fakes_for_models():
        assert main(["demo", "--archive", str(tmp_path / "demo")]) == 0
    assert "--llm none" in capsys.readouterr().out and not Path("news").exists()


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("lmm = 'none'", 'groundwire.toml: there is no setting "lmm"; did you mean llm?'),
        ("colour = 'red'", 'groundwire.toml: there is no setting "colour"; groundwire config lists all'),
        ("llm = none", "groundwire.toml: no TOML (Invalid value (at line 1, column 7)); write a line a setting"),
        ("llm = 3", "groundwire.toml: llm is 3; write text in quotes"),
        ("passages = '3'", "groundwire.toml: passages is '3'; write a whole number"),
        ("passages = true", "groundwire.toml: passages is True; write a whole number"),
        ("passages = 0", "groundwire.toml: passages is 0; write a number from 1"),
        ("offline = 1", "groundwire.toml: offline is 1; write true or false"),
        ("least_score = 2", "groundwire.toml: least_score: 2 is not a number from 0 to 1"),
        ("embedder = ''", "groundwire.toml: embedder: is empty; name one"),
        ("llm = 'http://192.0.2.1/v1#m'", "groundwire.toml: llm is on another machine, and a folder that came from"),
        ("archive = 'milvus://192.0.2.1/news'", "groundwire.toml: archive is on another machine"),
    ],
)
def test_a_file_that_cannot_be_meant(
    written: str, sentence: str, users: User, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(FILE).write_text(written, "utf-8")
    assert main(["info"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"groundwire: {sentence}") and err.count("\n") == 1


def test_ones_own_file_may_name_another_machine(users: User, capsys: pytest.CaptureFixture[str]) -> None:
    users.write_text("llm = 'http://192.0.2.1/v1#m'", "utf-8")
    assert config(capsys)["llm"] == ("http://192.0.2.1/v1#m", str(users))
    users.unlink()
    Path(FILE).write_text("llm = 'http://127.0.0.1:8080/v1#m'", "utf-8")
    assert config(capsys)["llm"][1] == FILE


def test_a_folder_that_is_somebody_elses_holds_no_file_of_ours(users: User, tmp_path: Path) -> None:
    users.write_text("llm = 3", "utf-8")
    (tmp_path / "user").chmod(0o700)
    open_to_all(tmp_path / "work", writable=False)
    if os.getuid() == 0:  # as one's own self one reads it
        as_nobody(_reads_nothing, tmp_path / "user")


def _reads_nothing(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cli.config.user_config_path", lambda name: folder)
        assert read_config() == {}


def test_every_setting_can_be_written_down() -> None:
    page = (ROOT / "docs" / "config.md").read_text("utf-8")
    told = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert KINDS.keys() == Settings.__dataclass_fields__.keys() == dict.fromkeys(told).keys()
