"""Which tables are read as they were written: by our reader of tables, and by clevercsv (`pip install clevercsv`).

Real tables, read as the commas they are, are written in seven ways by turns, so what is right is known, and so are
tables made of articles. `--pairs` is a folder such as Pollock's `polluted_files`: files in `csv`, and in `clean`, under
the same name, what is right.
"""

import argparse
import csv
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.corpus import read_corpus
from bench.record import open_parser, write_record
from index.article import ArticleError, Original
from index.reading.formats.table import charset_of, dialect_of, rows_of

Rows = list[list[str]]
LARGEST = 10_000  # bytes of a table: clevercsv takes seconds for more
LEAST_ROWS = 3
ARTICLES, LONGEST = 4, 1_500  # of a table of articles: rows, and characters of each text
WAYS: dict[str, tuple[dict[str, object], str]] = {
    "commas": ({}, "utf-8"),
    "semicolons": ({"delimiter": ";"}, "cp1252"),
    "tabs": ({"delimiter": "\t"}, "utf-16"),
    "pipes": ({"delimiter": "|"}, "utf-8-sig"),
    "all quoted, semicolons": ({"delimiter": ";", "quoting": csv.QUOTE_ALL}, "utf-8"),
    "MySQL's": ({"doublequote": False, "escapechar": "\\", "quoting": csv.QUOTE_ALL}, "utf-8"),
    "sep=;": ({"delimiter": ";"}, "utf-8"),
}


def read_true(file: Path) -> Rows | None:
    """The rows of a table in commas; None for one that is not in UTF-8, of one column, or not all of one width."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = [row for row in csv.reader(opened, strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        return None
    return rows if len(rows) >= LEAST_ROWS and {len(row) for row in rows} == {len(rows[0])} != {1} else None


def write_as(rows: Rows, way: str, file: Path) -> bool:
    """Writes a table in one of WAYS; False where its letters are not in that charset."""
    how, charset = WAYS[way]
    csv.writer(text := io.StringIO(newline=""), **how).writerows(rows)  # type: ignore[arg-type]
    try:
        file.write_bytes(((f"{way}\r\n" if way.startswith("sep") else "") + text.getvalue()).encode(charset))
    except UnicodeEncodeError:
        return False
    return True


def read_ours(file: Path, column: str) -> Rows:
    """The rows by our reader, which knows a table by the name of a column of text."""
    charset = charset_of(file, file.name)
    dialect = dialect_of(Original(file, file.stem, file.name), charset, lambda header: column in header)
    return [row for _, _, row in rows_of(file, charset, dialect) if not isinstance(row, csv.Error) and row]


def read_theirs(file: Path, column: str) -> Rows:
    """The rows by clevercsv: its charset, its dialect, its reader."""
    import clevercsv
    from clevercsv.encoding import get_encoding

    with file.open(encoding=get_encoding(str(file)) or "utf-8", newline="") as opened:
        text = opened.read()
    dialect = clevercsv.Detector().detect(text)
    return [row for row in clevercsv.reader(io.StringIO(text, newline=""), dialect) if row]


READ: dict[str, Callable[[Path, str], Rows]] = {"ours": read_ours, "clevercsv": read_theirs}


def tables(given: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, Path, Rows]]:
    """Files as they are to be read, each with the way it is written in and its true rows."""
    real = (file for file in sorted(given.folder.rglob("*.csv")) if file.stat().st_size <= LARGEST)
    true = (rows for rows in map(read_true, real) if rows)
    for number, rows in zip(range(given.files), true, strict=False):
        way = list(WAYS)[number % len(WAYS)]
        file = scratch / f"{number}.csv"
        if write_as(rows, way, file):
            yield way, file, rows
    articles = list(read_corpus(given.articles)) if given.articles else []
    for number in range(0, len(articles) - ARTICLES, ARTICLES):
        way = list(WAYS)[number // ARTICLES % len(WAYS)]
        held = [[one.id, one.title, one.text[:LONGEST]] for one in articles[number : number + ARTICLES]]
        if write_as(rows := [["id", "title", "text"], *held], way, file := scratch / f"articles-{number}.csv"):
            yield f"articles: {way}", file, rows
    for file in sorted(given.pairs.glob("csv/file_*.csv")) if given.pairs else ():
        clean = read_true(given.pairs / "clean" / file.name)
        if clean:
            yield f"pairs: {file.stem.removeprefix('file_')}", file, clean


def main() -> None:
    parser = open_parser(__doc__ or "", name="dialects", weights=False)
    parser.add_argument("folder", type=Path, help="real tables in commas, in any folders below it")
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--articles", type=Path, help="a corpus, of which tables of articles are made in the same ways")
    parser.add_argument("--files", type=int, default=200)
    given = parser.parse_args()
    right: dict[str, Counter[str]] = {name: Counter() for name in READ}
    failed: dict[str, Counter[str]] = {name: Counter() for name in READ}
    seconds = dict.fromkeys(READ, 0.0)
    ways: Counter[str] = Counter()
    with TemporaryDirectory() as scratch:
        for way, file, rows in tables(given, Path(scratch)):
            ways[way] += 1
            widths = {name: sum(len(row[place]) for row in rows[1:]) for place, name in enumerate(rows[0])}
            column = max(widths, key=lambda name: widths[name])
            for name, read in READ.items():
                began = time.process_time()
                try:
                    right[name][way] += read(file, column) == rows
                except (ArticleError, ImportError):
                    raise
                except Exception as error:  # what a library raises on odd input is its result
                    failed[name][type(error).__name__] += 1
                seconds[name] += time.process_time() - began
    figures: dict[str, object] = {"files": dict(ways)}
    for name in READ:
        figures[name] = {
            "right": f"{right[name].total()} of {ways.total()}",
            "right_by_way": dict(right[name]),
            "raised": dict(failed[name]),
            "seconds_of_processor": round(seconds[name], 2),
        }
        print(name, figures[name])
    versions = {"clevercsv_version": version("clevercsv")}
    write_record(given.name, figures | versions, corpus={"name": given.folder.name, "files": ways.total()})


if __name__ == "__main__":
    main()
