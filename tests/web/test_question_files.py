"""A file of questions up and a file of answers down, over HTTP; as `groundwire ask --file` writes them."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from qa.batch import COLUMNS
from qa.sheet import read_workbook
from tests.support.served import PASSWORD, SLOW, Site, open_site, wait
from web.programs import question_files

pytestmark = pytest.mark.slow  # serves the page

QUESTION = "Who died in the strike at the airport of Baghdad?"
ROWS = f"id;question\na;{QUESTION}\nb;\nc;What was the price of oil in March?\nd;{QUESTION}\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("site")) as site:
        yield site


def send(site: Site, content: str | bytes = ROWS, name: str = "q.csv", **fields: str) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return httpx.post(f"{site.address}/batch", files={"file": (name, data)}, data=fields, timeout=60)


def test_a_table_comes_back_as_a_table_of_the_same_delimiter(site: Site) -> None:
    sent = send(site)
    assert sent.status_code == 200 and sent.headers["content-disposition"] == 'attachment; filename="answers.csv"'
    rows = list(csv.DictReader(io.StringIO(sent.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row["id"] for row in rows] == list("abcd") and tuple(rows[0]) == COLUMNS
    assert rows[0]["outlets"].startswith("[1] Reuters") and rows[3] == rows[0] | {"id": "d"}
    assert rows[1]["problem"].startswith("q.csv:3: the question is empty")


def test_as_json_lines_and_as_a_workbook(site: Site, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in send(site, **{"as": "jsonl"}).text.splitlines()]
    assert [line["id"] for line in lines] == list("abcd") and lines[0]["citations"] and "problem" in lines[1]
    (tmp_path / "a.xlsx").write_bytes(send(site, **{"as": "xlsx"}).content)
    [sheet] = read_workbook(tmp_path / "a.xlsx", "a").values()
    assert [cells[0] for _, cells in sheet] == ["id", *"abcd"]
    again = send(site, (tmp_path / "a.xlsx").read_bytes(), "a.xlsx")
    assert again.headers["content-disposition"].endswith('"answers.xlsx"'), "answers are of the questions' kind"


def test_only_a_part_is_asked(site: Site) -> None:
    [line] = send(site, f"{QUESTION}\n", "q.txt", outlets="EFE", **{"as": "jsonl"}).text.splitlines()
    assert json.loads(line)["replay"]["scope"]["outlets"] == ["EFE"] and json.loads(line)["declined"]


@pytest.mark.parametrize(
    ("content", "name", "fields", "status", "why"),
    [
        ("title\nx\n", "q.csv", {}, 400, 'q.csv: no column "question" in its first row'),
        (b"nothing", "q.xlsx", {}, 400, "is no Excel workbook"),
        (ROWS, "q.pdf", {}, 400, "questions are read from"),
        (ROWS, "q.csv", {"as": "pdf"}, 400, "answers are csv, tsv"),
        (ROWS, "q.csv", {"since": "soon"}, 400, '"since" is "soon"'),
        (ROWS, "q.csv", {"outlet": "AFP"}, 400, 'there is no field "outlet"'),
        (ROWS, "q.csv", {"archive": "none"}, 404, 'there is no archive called "none"'),
        ("".join(f"Who is {n}?\n" for n in range(1_001)), "q.txt", {}, 400, "1,001 questions; send 1,000 at a time"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    site: Site, content: str | bytes, name: str, fields: dict[str, str], status: int, why: str
) -> None:
    sent = send(site, content, name, **fields)
    assert sent.status_code == status and why in sent.json()["error"]["message"]


def test_no_file_is_a_sentence(site: Site) -> None:
    for sent in (
        httpx.post(f"{site.address}/batch", data={"archive": ""}),
        httpx.post(f"{site.address}/batch", files={"archive": (None, "")}),
        httpx.post(f"{site.address}/batch", content=b"x"),
    ):
        assert sent.status_code == 400 and "send the questions as a file" in sent.json()["error"]["message"]


def test_two_files_are_a_sentence(site: Site) -> None:
    two = [("file", ("a.txt", b"Who?")), ("file", ("b.txt", b"Who?"))]
    sent = httpx.post(f"{site.address}/batch", files=two)
    assert sent.status_code == 400 and "send one file" in sent.json()["error"]["message"]


def test_rows_come_as_they_are_answered_and_who_goes_away_ends_it(site: Site) -> None:
    lines = f"{QUESTION}\n{QUESTION} {SLOW}\nWhere was the airport closed {SLOW}?\n"
    with httpx.stream(
        "POST", f"{site.address}/batch", files={"file": ("q.txt", lines.encode())}, data={"as": "jsonl"}, timeout=60
    ) as stream:
        first = next(stream.iter_lines())
        assert json.loads(first)["question"] == QUESTION
    wait(lambda: site.server.queue.length == 0)


def test_where_the_line_is_full_it_waits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_files, "FULL_SECONDS", 0.01)
    real, tries = site.server.queue.most_waiting, []
    site.server.queue.most_waiting = 0
    monkeypatch.setattr(question_files, "put", _opening(site, real, tries))
    assert send(site, f"{QUESTION}\n", "q.txt", **{"as": "jsonl"}).json()["question"] == QUESTION and len(tries) == 3


def _opening(site: Site, real: int, tries: list[int]):  # type: ignore[no-untyped-def]
    """`put`, with room in the line from the third try on."""
    from web.programs.calls import put

    async def opening(*given: object, **more: object) -> object:
        tries.append(1)
        if len(tries) == 3:
            site.server.queue.most_waiting = real
        return await put(*given, **more)  # type: ignore[arg-type]

    return opening


def test_after_an_error_the_rest_is_told_and_not_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from models import ModelError

    asked = []

    async def fail(_: object, __: str, ___: str, question: str, ____: object) -> object:
        asked.append(question)
        raise ModelError("http://model: does not answer; see whether it runs")

    monkeypatch.setattr(question_files, "answer_in_line", fail)
    rows = list(csv.DictReader(io.StringIO(send(site).content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert (
        len(asked) == 1
        and [row["problem"].partition(": ")[2] for row in rows if row["question"]]
        == ["is not answered: http://model: does not answer; see whether it runs"] * 3
    )


def test_without_a_login_nothing_is_answered(tmp_path: Path) -> None:
    with open_site(tmp_path, users=("ana",)) as shut:
        assert send(shut).status_code == 401
        sent = httpx.post(f"{shut.address}/batch", files={"file": ("q.csv", ROWS.encode())}, auth=("ana", PASSWORD))
        assert sent.status_code == 200 and b"Reuters" in sent.content
