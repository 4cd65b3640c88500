"""Once the models are there, nothing opens a socket: not reading, not searching, not answering."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import fakes_for_models

from qa.cli import main

ROOT = Path(__file__).parent.parent
QUESTION = "Who died in the strike at the airport of Baghdad?"
SHUT = """
import socket, sys
def refuse(*_, **__):
    raise AssertionError("a socket was opened")
socket.socket.__init__ = socket.getaddrinfo = socket.create_connection = refuse
from qa.cli import main
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
