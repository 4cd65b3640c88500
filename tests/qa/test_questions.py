"""Question files of every kind: what is asked, what a row is called, and which rows are none."""

from pathlib import Path

import pytest

from qa.questions import KINDS, QuestionFileError, Row, read_questions
from qa.sheet import write_table

TWO = [("a", "Who died?"), ("b", "Where, and when?")]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def asked(file: Path) -> list[tuple[str | None, str]]:
    return [(row.id, row.question) for row in read_questions(file).rows]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'id,question\r\na,Who died?\r\nb,"Where, and when?"\r\n'),
        ("a.csv", "\ufeffQuestion;Ressort;ID\r\nWho died?;x;a\r\n;;\r\n  Where, and when? ;;b\r\n"),
        ("a.csv", "sep=;\r\nid;FRAGE\r\na;Who died?\r\nb;Where, and when?\r\n"),
        ("a.tsv", "id\tpregunta\na\tWho died?\nb\tWhere, and when?"),
        (
            "a.jsonl",
            '{"id": "a", "question": "Who died?"}\n\n{"question": "Where, and when?", "id": "b", "answers": []}',
        ),
    ],
)
def test_every_kind_gives_the_same_questions(tmp_path: Path, name: str, content: str) -> None:
    assert asked(written(tmp_path, name, content)) == TWO


def test_a_workbook_gives_them_too_from_the_sheet_that_names_them(tmp_path: Path) -> None:
    write_table(
        tmp_path / "a.xlsx", [["ID", "Question", "Note"], ["a", "Who died?", 1], ["b", "Where, and when?", None]]
    )
    assert asked(tmp_path / "a.xlsx") == TWO
    import openpyxl

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    book.create_sheet("Cover", 0)["A1"] = "About this file"
    book.save(tmp_path / "b.xlsx")
    assert asked(tmp_path / "b.xlsx") == TWO
    assert read_questions(tmp_path / "b.xlsx", "b.xlsx").rows[1].where == "b.xlsx, Groundwire:3"


def test_questions_alone_need_no_id_and_no_quotes(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", "question\nWho died, and where?\nWhat did he say; why?\n")
    assert asked(file) == [(None, "Who died, and where?"), (None, "What did he say; why?")]
    assert asked(written(tmp_path, "a.txt", "Who died?\r\n\r\n Where, and when? \n")) == [
        (None, "Who died?"),
        (None, "Where, and when?"),
    ]
    assert asked(written(tmp_path, "b.jsonl", '"Who died?"\n')) == [(None, "Who died?")]
    assert asked(
        written(tmp_path, "c.csv", "id;question\n1;Wer ist zurückgetreten, und warum?\n".encode("cp1252"))
    ) == [("1", "Wer ist zurückgetreten, und warum?")]


def test_one_question_in_two_rows_is_asked_once(tmp_path: Path) -> None:
    file = read_questions(written(tmp_path, "a.txt", "Who?\nWhere?\n Who?\n"))
    assert file.questions == ("Who?", "Where?") and len(file.rows) == 3


def test_a_row_that_is_none_is_named_and_keeps_its_place(tmp_path: Path) -> None:
    rows = 'id,question\n1,Who died?\n2, \n3,a,b\n4,"a" b"\n5,' + "x" * 2_001 + "\n6,Where?\n"
    file = read_questions(written(tmp_path, "a.csv", rows), "a.csv")
    assert file.questions == ("Who died?", "Where?") and len(file.rows) == 6
    told = [
        *("a.csv:3: the question is empty", "a.csv:4: has 3 cells under 2 columns", "a.csv:5: cannot be read as a row"),
        "a.csv:6: the question has 2,001 characters",
    ]
    assert len(file.problems) == len(told)
    for sentence, begins in zip(file.problems, told, strict=True):
        assert sentence.startswith(begins)


def test_lines_that_are_no_question_are_named(tmp_path: Path) -> None:
    lines = '{"question": 5}\n[1]\n{"q\n"\\ud800"\n' + "[" * 100_000 + '\n{"question": "Who?"}\n'
    file = read_questions(written(tmp_path, "a.jsonl", lines), "a.jsonl")
    assert file.questions == ("Who?",)
    assert [row.where for row in file.rows if row.problem] == [f"a.jsonl:{number}" for number in range(1, 6)]
    assert all(len(row.question) <= 2_000 and row.question.isprintable() for row in file.rows)
    assert file.rows[0] == Row(
        "a.jsonl:1", '{"question": 5}', None, 'has no "question" that is a text; write {"question": "…"}'
    )


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", "title,text\na,b\n", 'no column "question" in its first row'),
        ("a.csv", "", "is empty; save it"),
        ("a.csv", "question\n", "holds no question"),
        ("a.txt", " \n", "is empty; save it"),
        ("a.txt", b"\xff\xfe\xfa", "not UTF-8; save it|not UTF-8 at byte"),
        ("a.jsonl", "a\0b", "holds NUL characters"),
        ("a.xlsx", "question", "is no Excel workbook"),
        ("a.xls", "question", f"questions are read from {', '.join(KINDS)}"),
        ("questions", "question", "questions are read from"),
    ],
)
def test_a_file_without_questions_is_a_sentence(tmp_path: Path, name: str, content: str | bytes, why: str) -> None:
    from ground.errors import GroundwireError

    with pytest.raises(GroundwireError, match=why) as raised:
        read_questions(written(tmp_path, name, content), name)
    assert str(raised.value).startswith(f"{name}: ") and "\n" not in str(raised.value)
    if not isinstance(raised.value, QuestionFileError):
        assert name == "a.xlsx"
