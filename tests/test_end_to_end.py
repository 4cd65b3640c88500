"""The default models over our own articles, as a user has them: what is said stands in the files on the disk."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from evaluation.gold.questions import Question, read_gold
from index.news_index import NewsIndex
from models.catalogue import find
from models.weights import installed
from qa.answer import Answer
from qa.newsroom import Newsroom, open_newsroom
from qa.settings import Settings
from tests.support.rooms import check_answer, timeless

pytestmark = pytest.mark.real
ROOT = Path(__file__).parent.parent
ARTICLES = ROOT / "data" / "articles"
QUESTION = "Who was killed in the airport strike?"
UNANSWERABLE, FOLLOW_UP = "gw-038", "gw-036"
MEMORY_BYTES = 3_000_000_000


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Iterator[Newsroom]:
    """Our articles in an archive, made by the command line, and the default models."""
    missing = [name for name in (Settings.llm, Settings.embedder) if not installed(find(name), weights)]
    if missing:
        sentence = f"{weights}: {', '.join(missing)} not there; run groundwire models pull"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    archive = tmp_path_factory.mktemp("end") / "archive"
    assert main(["index", str(ARTICLES), "--archive", str(archive), "--weights", str(weights), "--offline"]) == 0
    room = open_newsroom(Settings(archive=archive, weights=weights, offline=True))
    yield room
    room.news.close()


@pytest.fixture(scope="session")
def gold() -> dict[str, Question]:
    return {question.id: question for question in read_gold(ROOT / "data" / "gold.jsonl")}


@pytest.fixture(scope="session")
def first(opened: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    """What `groundwire ask --json` prints in a process of its own, and the most bytes of memory it held."""
    settings = opened.settings
    given = ["ask", QUESTION, "--json", "--offline", "--archive", settings.archive, "--weights", settings.weights]
    printed = tmp_path_factory.mktemp("ask") / "out"
    with printed.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "cli.main", *map(str, given)], cwd=ROOT, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return json.loads(printed.read_text("utf-8")), used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def check_files(answer: Answer, news: NewsIndex) -> None:
    """Every quote stands in its file, decoded, at its offsets."""
    check_answer(answer, news)
    for citation in answer.citations:
        for suffix in (".md", ".txt"):
            file = ARTICLES / f"{citation.article_id}{suffix}"
            if file.exists():
                text = file.read_bytes().decode("utf-8")
                break
        else:
            rows = [
                json.loads(line)
                for line in (ARTICLES / "briefs.jsonl").read_bytes().decode("utf-8").split("\n")
                if line
            ]
            [text] = [row["text"] for row in rows if row["id"] == citation.article_id]
        assert text[citation.start : citation.end] == citation.quote


def test_an_answer_takes_little_memory(first: tuple[dict[str, Any], int]) -> None:
    assert first[1] < MEMORY_BYTES


def test_what_the_articles_do_not_say_is_declined(opened: Newsroom, gold: dict[str, Question]) -> None:
    question = gold[UNANSWERABLE]
    answer = opened.ask(question.question)
    assert not question.answerable and answer.declined, answer.answer
    check_files(answer, opened.news)


def test_a_follow_up_is_understood(opened: Newsroom, gold: dict[str, Question]) -> None:
    question = gold[FOLLOW_UP]
    answer = opened.ask(question.question, question.history)
    assert "PS752" in answer.standalone_question and "crew" in answer.standalone_question
    assert not answer.declined
    check_files(answer, opened.news)


def test_those_who_were_killed_are_named_and_again_after_other_questions(
    first: tuple[dict[str, Any], int], opened: Newsroom
) -> None:
    answer = opened.ask(QUESTION)
    assert not answer.declined and answer.citations
    assert "Soleimani" in answer.answer and re.search("Muhandis|Mohandes", answer.answer)
    check_files(answer, opened.news)
    again = first[0] | {"seconds": None, "tokens": None}
    assert again == timeless(answer), "a new process and one that has answered others agree"


def test_our_gate_holds_on_our_gold(opened: Newsroom, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a change must not lose: the search over all of it, answers to the first few."""
    place = ["--archive", str(opened.settings.archive), "--weights", str(opened.settings.weights), "--offline"]
    gold = str(ROOT / "data" / "gold.jsonl")
    search = ["eval", gold, *place, "--out", str(tmp_path / "search"), "--retrieval-only"]
    assert main([*search, "--fail-under", "fused/recall_any@5=0.95", "--fail-under", "fused/mrr@10=0.8"]) == 0
    answers = ["eval", gold, *place, "--out", str(tmp_path / "answers"), "--limit", "5"]
    floors = ["--fail-under", "right=0.6", "--fail-under", "verbatim=1", "--fail-under", "citation_recall=0.8"]
    assert main([*answers, *floors]) == 0, capsys.readouterr().err
    assert main(["compare", str(tmp_path / "answers"), "--fail-under", "right=1.1"]) == 1
