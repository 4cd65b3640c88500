"""`groundwire ask --file`, `ask --cite` and `search --csv` as a user calls them, with fakes for models."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import bibtexparser
import pytest
import rispy

from cli.batch import STYLES
from cli.main import main
from ground.words import plain_json
from models import ModelError
from qa.bibliography import STYLES as KNOWN
from qa.newsroom import Newsroom
from qa.sheet import read_workbook
from tests.cli.test_errors import one_sentence
from tests.cli.test_main import Desk
from tests.support.rooms import ROOT

QUESTION = "Who died in the strike at the airport of Baghdad?"
OIL = "How much did the price of oil rise?"
NONE = "Which vaccine failed?"


@pytest.fixture
def desk(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    made = Desk(tmp_path / "archive", capsys, monkeypatch)
    made.run("index", articles)
    yield made


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.csv"
    file.write_text(f'question,id\n{QUESTION},1\n"{OIL}",2\n{NONE},3\n{QUESTION},4\n', "utf-8")
    return file


def test_a_batch_is_told_in_one_line_and_written(desk: Desk, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    told = desk.run("ask", "--file", questions, "--out", out, "--llm", "none")
    assert told.startswith("3 questions in ") and told.endswith(f" a minute: 2 answered, 1 declined. Written: {out}\n")
    assert "3 of 3 questions" in desk.err and len(list(csv.reader(out.open(encoding="utf-8-sig", newline="")))) == 5
    desk.run("ask", "--file", questions, "--out", out, "--llm", "none", code=1)
    assert one_sentence(desk.err) == f"{out}: is there already; name another, or write over it with --replace"
    again = json.loads(desk.run("ask", "--file", questions, "--out", out, "--llm", "none", "--replace", "--json"))
    assert (again["questions"], again["rows"], again["before"], again["out"]) == (3, 4, 0, str(out))


def test_a_row_that_is_no_question_is_named_and_the_code_is_3(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "q.txt"
    file.write_text(f"{QUESTION}\n{'x' * 2_001}\n{OIL}\n", "utf-8")
    told = desk.run("ask", "--file", file, "--out", tmp_path / "a.jsonl", "--llm", "none", code=3)
    assert "2 answered, 0 declined; 1 row is no question. Written: " in told
    assert f"groundwire: {file}:2: the question has 2,001 characters; ask in 2,000 at most\n" in desk.err
    assert len((tmp_path / "a.jsonl").read_text("utf-8").splitlines()) == 3


def test_where_the_model_goes_away_the_rest_is_asked_by_the_same_command(
    desk: Desk, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked, out = Newsroom.ask, [], tmp_path / "answers.csv"

    def ask(room: Newsroom, question: str, **how: object) -> object:
        asked.append(question)
        if len(asked) == 2:
            raise ModelError("http://model: does not answer; see whether it runs")
        return real(room, question, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Newsroom, "ask", ask)
    desk.run("ask", "--file", questions, "--out", out, "--llm", "none", code=1)
    assert "1 of 3 answers are kept; the same command goes on with the rest" in desk.err
    assert "groundwire: http://model: does not answer" in desk.err and not out.exists()
    assert "; 1 of them by an earlier run." in desk.run("ask", "--file", questions, "--out", out, "--llm", "none")
    assert asked == [QUESTION, OIL, OIL, NONE]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a", "--file", "q.csv", "--out", "a.csv"],
        ["--file", "q.csv"],
        ["--file", "q.csv", "--out", "a.csv", "--cite", "ris"],
        ["a", "--out", "a.csv"],
        ["a", "--replace"],
        ["a", "--json", "--cite", "ris"],
        ["a", "--cite", "word"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ask", *arguments])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "") and err.startswith("usage: groundwire ask")


def test_every_style_can_be_named() -> None:
    assert STYLES == KNOWN


def test_citations_alone_for_a_bibliography(desk: Desk) -> None:
    text = desk.run("ask", QUESTION, "--cite", "bibtex", "--llm", "none")
    assert "[1]" in desk.err and "[1]" not in text
    titles = {entry["title"].strip("{}") for entry in bibtexparser.parse_string(text).entries}
    assert "Strike at Baghdad airport" in titles
    entries = rispy.loads(desk.run("ask", OIL, "--cite", "ris", "--llm", "none"))
    assert ("AFP", "2020/01/04") in {(entry["secondary_title"], entry["date"]) for entry in entries}
    [entry] = json.loads(desk.run("ask", "Who won the election in Peru?", "--cite", "csl-json", "--llm", "none"))
    assert entry["author"] == [{"literal": "M. Paz"}] and entry["URL"] == "https://example.org/1"
    notes = desk.run("ask", "Who won the election in Peru?", "--cite", "footnote", "--llm", "none")
    assert notes.startswith("[1] M. Paz, “Election in Peru”, EFE, 7 June 2021, https://example.org/1: “José Pérez won")
    assert desk.run("ask", NONE, "--cite", "footnote", "--llm", "none") == "" and "do not say" in desk.err


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_hits_as_a_table(desk: Desk, tmp_path: Path, kind: str) -> None:
    out = tmp_path / f"hits.{kind}"
    shown = desk.run("search", QUESTION, "-k", "2", "--csv", out)
    assert shown.startswith("1. Reuters") and desk.err.endswith(f"groundwire: 2 hits written to {out}\n")
    if kind == "xlsx":
        [sheet] = read_workbook(out, "hits").values()
        header, *rows = [cells for _, cells in sheet]
    else:
        header, *rows = list(csv.reader(out.open(encoding="utf-8-sig", newline="")))
    hits = json.loads(desk.run("search", QUESTION, "-k", "2", "--json"))
    assert len(rows) == 2
    for row, hit in zip(rows, hits, strict=True):
        told = dict(zip(header, row, strict=False))
        assert (told["rank"], told["article_id"], told["text"]) == (str(hit["rank"]), hit["article_id"], hit["text"])
        assert (told["start"], told["end"]) == (str(hit["start"]), str(hit["end"]))


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on(desk: Desk, tmp_path: Path) -> None:
    """SIGKILL after one, three and five answers: what the last run writes is what one whole run writes."""
    asked = [f"Who died in the strike number {number} at the airport?" for number in range(8)]
    file, out = tmp_path / "questions.jsonl", tmp_path / "answers.csv"
    file.write_text("".join(f"{plain_json(question)}\n" for question in asked), "utf-8")
    arguments = ["ask", "--file", str(file), "--llm", "none", "--archive", str(desk.archive)]
    command = [sys.executable, str(ROOT / "tests" / "support" / "fakes.py"), *arguments]
    kept = out.with_name(".answers.csv.part")
    for least in (1, 3, 5):
        running = subprocess.Popen([*command, "--out", str(out)], cwd=ROOT, env=_with_path(), stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while running.poll() is None and (not kept.exists() or kept.read_bytes().count(b"\n") < least + 1):
            assert time.monotonic() < end, "it never answered"
            time.sleep(0.001)
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert not out.exists() and kept.read_bytes().count(b"\n") > least
    told = desk.run("ask", "--file", file, "--out", out, "--llm", "none")
    assert "8 questions" in told and " of them by an earlier run." in told and not kept.exists()
    desk.run("ask", "--file", file, "--out", tmp_path / "whole.csv", "--llm", "none")
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def _with_path() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
