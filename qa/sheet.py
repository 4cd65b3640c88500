"""Tables that a spreadsheet opens, CSV, TSV and XLSX: written so that no cell is a formula, and XLSX read.

CSV and TSV begin with a byte order mark, without which Excel takes UTF-8 for something else.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from ground.errors import GroundwireError
from ground.files import replacing
from ground.shown import JOINERS, printable

Cell = str | float | None
DELIMITERS = {".csv": ",", ".tsv": "\t"}
XLSX = ".xlsx"
# What makes a formula of a cell, full widths too: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = re.compile(r"[\s'\"]*[=+\-@＝＋－＠]")
WITHIN_WORDS = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
LONGEST_CELL = 32_767  # characters, Excel's own limit
WIDTHS = {"question": 50, "short": 30, "answer": 70, "quotes": 70, "text": 90, "headline": 50, "headlines": 50}
MOST_BYTES = 50_000_000  # of a workbook that is read, unpacked
MOST_ROWS, MOST_COLUMNS = 100_000, 200


class SheetError(GroundwireError, ValueError):
    """A table that cannot be read or written; the message says which, why and what to do."""


@dataclass
class Table:
    """Rows on their way to a file, the first names the columns; `cut` counts the cells that were too long for one."""

    rows: Iterable[Sequence[Cell]]
    delimiter: str = ","
    cut: int = field(default=0, init=False)

    def lines(self) -> Iterator[str]:
        """Each row as CSV (RFC 4180), without the byte order mark.

        >>> list(Table([["a", "b"], ["=1+1", "two, 2"]]).lines())
        ['a,b\\r\\n', '\\'=1+1,"two, 2"\\r\\n']
        """
        for row in self.rows:
            out = io.StringIO(newline="")
            cells = [harmless(cell) if isinstance(cell := self._fit(given), str) else cell for given in row]
            csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n").writerow(cells)
            yield out.getvalue()

    def write_xlsx(self, out: BinaryIO, name: str) -> None:
        """A workbook of one sheet: every text is typed as text, so that none is a formula whatever it begins with."""
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment, Font
        from openpyxl.utils import get_column_letter

        rows = list(self.rows)  # what goes wrong in making them leaves no half workbook behind
        book = Workbook(write_only=True)
        book.properties.creator = "Groundwire"
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        heading, wrapped = Font(bold=True), Alignment(vertical="top", wrap_text=True)
        for number, row in enumerate(rows):
            cells = []
            for place, given in enumerate(row):
                value = shown_in_cell(fitted) if isinstance(fitted := self._fit(given), str) else fitted
                if number == 0:
                    sheet.column_dimensions[get_column_letter(place + 1)].width = WIDTHS.get(str(value), 16)
                cell = WriteOnlyCell(sheet, value)
                cell.alignment = wrapped
                if isinstance(value, str):
                    cell.data_type = "s"  # where openpyxl takes "=…" for a formula and "#N/A" for an error
                    cell.quotePrefix = bool(FORMULA.match(value))  # text still when somebody has edited it
                if number == 0:
                    cell.font = heading
                cells.append(cell)
            sheet.append(cells)
        book.save(out)

    def _fit(self, cell: Cell) -> Cell:
        if not isinstance(cell, str) or len(cell) < LONGEST_CELL:
            return cell
        self.cut += 1
        return f"{cell[: LONGEST_CELL - 2]}…"


def shown_in_cell(text: str) -> str:
    """Text without what is not printed, line breaks aside: controls and marks of direction are spaces.

    >>> shown_in_cell("a\\u202e\\x00b\\r\\nc"), shown_in_cell("Sur\\u00admann")
    ('a  b\\nc', 'Surmann')
    """
    lines = text.replace("\r\n", "\n").translate(WITHIN_WORDS)
    return printable(lines, keep="\n" + JOINERS)


def harmless(text: str) -> str:
    """As `shown_in_cell`, with an apostrophe before what a spreadsheet would take for a formula.

    >>> harmless("=cmd|' /C calc'!A0"), harmless(" \\t-5 degrees"), harmless("Ten = 10")
    ("'=cmd|' /C calc'!A0", "'  -5 degrees", 'Ten = 10')
    """
    plain = shown_in_cell(text)
    return f"'{plain}" if FORMULA.match(plain) else plain


def write_table(file: Path, rows: Iterable[Sequence[Cell]], *, name: str = "Groundwire", delimiter: str = "") -> int:
    """Writes a table in place of `file`, whole or not at all, by its suffix; how many cells were cut to fit.

    CSV by `delimiter`, else that of its suffix, the comma where that is unknown.
    """
    kind = file.suffix.lower()
    table = Table(rows, delimiter or DELIMITERS.get(kind, ","))
    with replacing(file) as fresh:
        if kind == XLSX:
            with fresh.open("wb") as out:
                table.write_xlsx(out, name)
        else:
            with fresh.open("w", encoding="utf-8-sig", newline="") as text:
                text.writelines(table.lines())
    return table.cut


def read_workbook(file: Path, name: str) -> dict[str, Iterator[tuple[int, list[str]]]]:
    """The sheets of an XLSX file in their order, each with its rows by number, empty ones left out; read as a stream.

    A cell with a formula holds what was last computed. Raises SheetError for what is no workbook, or too large.
    """
    from openpyxl import load_workbook

    try:
        with ZipFile(file) as packed:
            size = sum(member.file_size for member in packed.infolist())
    except (BadZipFile, NotImplementedError, ValueError):
        raise SheetError(f"{name}: is no Excel workbook (.xlsx), or has a password; save it as .xlsx or .csv") from None
    if size > MOST_BYTES:
        raise SheetError(
            f"{name}: unpacks to {size / 1e6:,.0f} MB, {MOST_BYTES / 1e6:,.0f} MB at most; save it as .csv"
        )
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        return {sheet.title: _rows(sheet, name) for sheet in book.worksheets}
    except Exception as error:  # of a broken workbook openpyxl raises anything at all
        raise _broken(name, error) from None


def _rows(sheet: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    try:
        found = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
        for number, row in enumerate(found, 1):
            if number > MOST_ROWS:
                raise SheetError(f"{name}: has more than {MOST_ROWS:,} rows; save it as .csv")
            last = max((place for place, value in enumerate(row) if value not in (None, "")), default=-1)
            if last >= 0:
                yield number, [_text(value) for value in row[: last + 1]]
    except SheetError:
        raise
    except Exception as error:  # as above: a sheet is read when its rows are
        raise _broken(name, error) from None


def _broken(name: str, error: Exception) -> SheetError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return SheetError(f"{name}: cannot be read as an Excel workbook ({reason}); save it as .xlsx or .csv again")


def _text(value: object) -> str:
    """A cell's value as it is written in CSV.

    >>> _text(None), _text(2024.0), _text(datetime(2020, 1, 3)), _text("Who?")
    ('', '2024', '2020-01-03', 'Who?')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return "" if value is None else str(value)
