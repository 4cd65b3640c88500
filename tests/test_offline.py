"""Once the models are there, nothing opens a socket: not reading, not searching, not answering."""

import os
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import main as groundwire
from cli.main import main
from cli.options import archive_folder, settings_of
from tests.support.fakes import fakes_for_models

ROOT = Path(__file__).parent.parent
QUESTION = "Who died in the strike at the airport of Baghdad?"
SHUT = """
import socket, sys
def refuse(*_, **__):
    raise AssertionError("a socket was opened")
socket.socket.__init__ = socket.getaddrinfo = socket.create_connection = refuse
from cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "__init__", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield
    with pytest.raises(AssertionError, match="a socket was opened"):
        socket.socket()


@pytest.mark.usefixtures("no_sockets")
def test_index_search_and_ask_open_no_socket(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = ["--archive", str(tmp_path / "archive")]
    with fakes_for_models():
        assert main(["index", str(articles), *archive]) == 0
        assert main(["search", QUESTION, *archive]) == 0
        assert main(["ask", QUESTION, *archive]) == 0
    assert "Ten people died in the strike" in capsys.readouterr().out


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize(
    "command",
    [
        ["ask", QUESTION, "--offline", "--archive", "milvus://10.0.0.7/news"],
        ["index", "data/articles", "--offline", "--archive", "milvus://news.test:1/news"],
        ["serve", "--offline", "--archive", "archive", "--archive", "milvus://10.0.0.7/news"],
        ["info", "--archive", "milvus://10.0.0.7/news"],
        ["index", "data/articles", "--offline", "--ray", "auto"],
        ["index", "data/articles", "--offline", "--ray", "10.0.0.7:6379"],
    ],
    ids=lambda command: " ".join([command[0], *command[-2:]]),
)
def test_what_is_beyond_this_machine_is_refused_when_offline(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1" if command[0] == "info" else "0")
    assert groundwire(command) == 1
    err = capsys.readouterr().err
    assert "may be reached through the network, which is off; leave out --offline" in err and err.count("\n") == 1


@pytest.mark.usefixtures("no_sockets")
def test_a_kept_answer_is_not_asked_beyond_this_machine_when_offline(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    archive, kept = tmp_path / "archive", tmp_path / "answer.json"
    with fakes_for_models():
        main(["index", str(articles), "--archive", str(archive)])
        capsys.readouterr()
        main(["ask", QUESTION, "--archive", str(archive), "--json"])
        kept.write_text(capsys.readouterr().out.replace(str(archive), str(archive_folder("milvus://10.0.0.7/news"))))
        assert main(["replay", str(kept), "--offline"]) == 1
    assert capsys.readouterr().err.startswith("groundwire: milvus://10.0.0.7:19530/news: may be reached through")


def test_what_is_on_this_machine_is_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for place in ("archive", "milvus://127.0.0.1/news", "milvus://localhost:1/news", "milvus:///data/news.db"):
        for ray in (None, "local", "127.0.0.1:6379"):
            assert settings_of(Namespace(archive=archive_folder(place), offline=True, ray=ray)).offline


def test_sockets_are_shut_in_tests() -> None:
    with socket.socket() as opened, pytest.raises(AssertionError, match=r"wanted to reach \('192\.0\.2\.1', 80\)"):
        opened.connect(("192.0.2.1", 80))


@pytest.mark.real
@pytest.mark.parametrize("offline", [["--offline"], []], ids=["told to be offline", "not told"])
def test_the_real_embedder_opens_no_socket(tmp_path: Path, articles: Path, weights: Path, offline: list[str]) -> None:
    def run(*arguments: str) -> str:
        given = [*arguments, "--archive", str(tmp_path / "archive"), "--weights", str(weights), *offline]
        ran = subprocess.run(
            [sys.executable, "-c", SHUT, *given], cwd=ROOT, env=os.environ.copy(), capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    assert run("index", str(articles)).startswith("4 new")
    assert "1. Reuters, 2020-01-03" in run("search", QUESTION)
