"""A batch: an answer a row, in the order of the file; what was answered is never asked again, and never mixed."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from index.news_index import NewsIndex
from index.store.scope import Scope
from models import Reading
from qa.batch import COLUMNS, BatchError, BatchProgress, BatchReport, ask_all, check_out, kept_file
from qa.newsroom import Newsroom
from qa.questions import read_questions
from qa.settings import NO_LLM
from qa.sheet import read_workbook
from tests.support.fakes import FakeReader
from tests.support.rooms import make_room

QUESTIONS = (
    "Who died in the strike at the airport of Baghdad?",
    "How did the price of oil change?",
    "Which vaccine failed?",
)
ROWS = f"id;question\nq1;{QUESTIONS[0]}\nq2;\nq3;{QUESTIONS[1]}\nq4;{QUESTIONS[2]}\nq5;{QUESTIONS[0]}\n"


class Killed(BaseException):
    """What ends a process in its middle."""


class Counting(FakeReader):
    """Notes what it was asked to read; ends all at the question `last`."""

    def __init__(self, last: str = "") -> None:
        self.last = last
        self.asked: list[str] = []

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        if question == self.last:
            raise Killed
        self.asked.append(question)
        return super().read(question, passages)


class Batch:
    """A question file beside an archive of fakes."""

    def __init__(self, folder: Path, news: NewsIndex) -> None:
        self.news = news
        self.file = folder / "questions.csv"
        self.file.write_text(ROWS, "utf-8")
        self.told: list[BatchProgress] = []

    def run(self, out: Path, reader: FakeReader | None = None, **how: Any) -> BatchReport:
        settings = how.pop("settings", {})
        room: Newsroom = make_room(self.news, reader=reader, **{"llm": NO_LLM, **settings})
        return ask_all(room, read_questions(self.file), out, progress=self.told.append, **how)


@pytest.fixture
def batch(tmp_path: Path, news: NewsIndex) -> Batch:
    return Batch(tmp_path, news)


def table(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_a_row_an_answer_in_the_order_of_the_file(batch: Batch, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    report = batch.run(out)
    rows = table(out)
    assert list(rows[0]) == list(COLUMNS) and [row["id"] for row in rows] == ["q1", "q2", "q3", "q4", "q5"]
    [first, bad, _, refused, again] = rows
    cited = [first[name].splitlines() for name in ("article_ids", "offsets", "quotes", "outlets", "days")]
    for number, (name, place, quote, outlet, day) in enumerate(zip(*cited, strict=True), 1):
        article = batch.news.archive.article(name.removeprefix(f"[{number}] "))
        start, end = map(int, place.removeprefix(f"[{number}] ").split(":"))
        assert article and quote == f"[{number}] “{article.text[start:end]}”" and f"[{number}]" in first["answer"]
        assert outlet == f"[{number}] {article.source or '–'}" and day == f"[{number}] {article.published or '–'}"
    assert first["outlets"].startswith("[1] Reuters") and first["declined"] == "no"
    assert 0 <= float(first["score"]) <= 1 and again == first | {"id": "q5"}
    assert bad == dict.fromkeys(COLUMNS, "") | {"id": "q2", "problem": bad["problem"]}
    assert bad["problem"].startswith(f"{batch.file}:3: the question is empty")
    assert (refused["declined"], refused["short"]) == ("yes", "")
    assert (report.rows, report.questions, report.answered, report.declined, report.before) == (5, 3, 2, 1, 0)
    assert report.problems == (bad["problem"],) and report.a_minute > 0
    assert [(now.done, now.total) for now in batch.told] == [(1, 3), (2, 3), (3, 3)] and batch.told[
        -1
    ].seconds_left == 0
    assert not kept_file(out).exists()


def test_a_workbook_and_json_lines_say_the_same(batch: Batch, tmp_path: Path) -> None:
    for name in ("answers.csv", "answers.xlsx", "answers.jsonl"):
        batch.run(tmp_path / name)
    [sheet] = read_workbook(tmp_path / "answers.xlsx", "answers.xlsx").values()
    assert [cells[:2] for _, cells in sheet] == [
        ["id", "question"],
        *([row["id"], row["question"]] for row in table(tmp_path / "answers.csv")),
    ]
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text("utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["q1", "q2", "q3", "q4", "q5"]
    room = make_room(batch.news, llm=NO_LLM)
    whole = room.ask(QUESTIONS[0], id="q1").to_dict()
    assert {n: v for n, v in lines[0].items() if n != "seconds"} == {
        n: v for n, v in json.loads(json.dumps(whole)).items() if n != "seconds"
    }
    assert set(lines[1]) == {"id", "question", "problem"}


@pytest.mark.parametrize("torn", [b"", b'{"question": "How did', '{"question": "Wer w\u00e4'.encode()[:-1]])
def test_after_a_kill_nothing_is_asked_twice(batch: Batch, tmp_path: Path, torn: bytes) -> None:
    out = tmp_path / "answers.csv"
    with pytest.raises(Killed):
        batch.run(out, Counting(last=QUESTIONS[1]))
    with kept_file(out).open("ab") as kept:
        kept.write(torn)
    killed = Counting(last=QUESTIONS[2])
    with pytest.raises(Killed):
        batch.run(out, killed)
    assert set(killed.asked) == {QUESTIONS[1]} and not out.exists()
    last = Counting()
    report = batch.run(out, last)
    assert set(last.asked) == {QUESTIONS[2]} and report.before == 2 and not kept_file(out).exists()
    batch.run(tmp_path / "whole.csv")
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_questions_that_came_since_are_asked_with_the_rest(batch: Batch, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    with pytest.raises(Killed):
        batch.run(out, Counting(last=QUESTIONS[2]))
    batch.file.write_text(f"id;question\nnew;Who won the election in Peru?\nold;{QUESTIONS[1]}\n", "utf-8")
    reader = Counting()
    assert batch.run(out, reader).before == 1
    assert set(reader.asked) == {"Who won the election in Peru?"} and [row["id"] for row in table(out)] == [
        "new",
        "old",
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"settings": {"least_score": 0.9}}, "another settings"),
        ({"scope": Scope(outlets=("AFP",))}, "another part of the archive"),
    ],
)
def test_answers_of_two_makings_are_never_mixed(batch: Batch, tmp_path: Path, change: Any, why: str) -> None:
    out = tmp_path / "answers.csv"
    with pytest.raises(Killed):
        batch.run(out, Counting(last=QUESTIONS[2]))
    with pytest.raises(BatchError, match=f"holds 2 answers that were made with {why}; go on as it was begun"):
        batch.run(out, **change)
    reader = Counting()
    assert batch.run(out, reader, replace=True, **change).before == 0
    assert len(set(reader.asked)) == 3 or "scope" in change


def test_a_file_that_holds_no_answers_is_left_alone(batch: Batch, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    kept_file(out).write_text("somebody's\nown\n")
    with pytest.raises(BatchError, match="holds no answers of a batch"):
        batch.run(out)
    assert kept_file(out).read_text() == "somebody's\nown\n"
    assert batch.run(out, replace=True).answered == 2


def test_killed_between_writing_and_cleaning_up_it_only_cleans_up(batch: Batch, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    with pytest.raises(Killed):
        batch.run(out, Counting(last=QUESTIONS[2]))
    kept = kept_file(out).read_bytes()
    batch.run(out)
    made = out.read_bytes()
    kept_file(out).write_bytes(kept)
    check_out(out, batch.file, replace=False)
    assert batch.run(out).before == 2 and out.read_bytes() == made


def test_where_answers_cannot_go_is_said_before_anything_is_asked(batch: Batch, tmp_path: Path) -> None:
    for out, why in (
        (tmp_path / "answers.pdf", "answers are written to .csv, .tsv, .xlsx, .jsonl, .ndjson"),
        (batch.file, "holds the questions"),
        (tmp_path / "folder.csv", "is a folder"),
        (tmp_path / "none" / "answers.csv", "none: is no folder; make it"),
        (tmp_path / "there.csv", "is there already; name another, or write over it with --replace"),
    ):
        (tmp_path / "folder.csv").mkdir(exist_ok=True)
        (tmp_path / "there.csv").write_text("mine")
        with pytest.raises(BatchError, match=why):
            check_out(out, batch.file, replace=False)
    check_out(tmp_path / "there.csv", batch.file, replace=True)
    check_out(tmp_path / "new.CSV", batch.file, replace=False)


def test_an_answer_that_begins_as_a_formula_is_text(tmp_path: Path, news: NewsIndex) -> None:
    file = tmp_path / "questions.csv"
    file.write_text("id;question\n=1+1;=HYPERLINK(A1)\n", "utf-8")
    ask_all(make_room(news, llm=NO_LLM), read_questions(file), tmp_path / "a.csv")
    [row] = table(tmp_path / "a.csv")
    assert (row["id"], row["question"]) == ("'=1+1", "'=HYPERLINK(A1)")
