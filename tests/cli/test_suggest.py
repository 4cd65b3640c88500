"""Did you mean; a question without quotes; --version; completion."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import main
from cli.main import build_parser
from cli.shell import complete
from tests.support.fakes import fakes_for_models
from tests.test_floors import ROOT


def wrong(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What standard error has in its last line after wrong usage."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["serch", "x"], 'no command is called "serch"; groundwire --help lists all; did you mean search?'),
        (["aks"], 'no command is called "aks"; groundwire --help lists all; did you mean ask?'),
        (["who", "was", "killed"], "to ask a question: groundwire ask '…'"),
        (["feed", "updat"], 'no command is called "updat"; groundwire feed --help lists all; did you mean update?'),
        (["models", "pul"], "did you mean pull?"),
        (["ask", "Who?", "--lmm", "none"], "groundwire ask: error: there is no option --lmm; did you mean --llm?"),
        (
            ["show", "--", "-k", "--archive", "A"],
            "--archive stands after --, where nothing is an option; options stand",
        ),
        (["info", "airport"], "groundwire info: error: unrecognized arguments: airport"),
        (["ask", "--json", "who", "--llm", "none", "died"], "unrecognized arguments: died; words that are one text"),
        (["ask"], "one of the arguments question --file is required"),
        (["ask", "Who?", "--file", "x.csv"], "not allowed with argument"),
        (["search"], "the following arguments are required: question"),
    ],
)
def test_what_was_meant(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in wrong(capsys, *words)


def test_a_question_without_quotes_is_one_question(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = ["--archive", str(tmp_path / "archive"), "--llm", "none"]
    with fakes_for_models():
        main(["index", str(articles), *archive[:2]])
        capsys.readouterr()
        assert main(["ask", "How", "many", "died", "in", "the", "strike?", *archive]) == 0
        loose = capsys.readouterr().out
        assert main(["ask", *archive, "How many died in the strike?"]) == 0
        assert capsys.readouterr().out == loose != ""
    for command in ("ask", "search", "timeline", "demo", "articles"):
        given = build_parser().parse_args([command, "the", "airport", "strike"])
        assert (vars(given).get("question") or vars(given).get("matter") or given.words) == "the airport strike"
    assert build_parser().parse_args(["demo"]).question.startswith("Who was killed")
    assert build_parser().parse_args(["articles"]).words == ""


def test_the_version(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.shell.version", lambda name: {"groundwire-slim": "1.2.3"}[name])
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out == "groundwire 1.2.3\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_a_shell_is_told(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("argcomplete")
    assert main(["completion", shell]) == 0
    assert "groundwire" in capsys.readouterr().out


def test_nothing_is_completed_unasked() -> None:
    complete(build_parser())


@pytest.mark.slow  # a process of its own
@pytest.mark.parametrize(("typed", "there"), [("groundwire time", "timeline"), ("groundwire ask --off", "--offline")])
def test_a_shell_asks_what_may_follow(typed: str, there: str, tmp_path: Path) -> None:
    """As argcomplete's scripts for bash ask: by variables, and the reply in a file."""
    pytest.importorskip("argcomplete")
    reply = tmp_path / "reply"
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": typed, "COMP_POINT": str(len(typed)), "COMP_TYPE": "9"}
    asked |= {"_ARGCOMPLETE_STDOUT_FILENAME": str(reply), "IFS": "\n", "_ARGCOMPLETE_SUPPRESS_SPACE": "1"}
    code = f"import sys; sys.path[:] = {sys.path!r}; sys.argv[0] = 'groundwire'; from app import main; main()"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ | asked, capture_output=True, text=True)
    assert there in reply.read_text().split("\n"), ran.stderr
