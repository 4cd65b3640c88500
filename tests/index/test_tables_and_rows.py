"""Tables in the dialects that programs write, and the rows of other programs by their own names."""

import json
from pathlib import Path

import pytest

from index.article import Article, ArticleError, Original
from index.reading.files import READERS, kind_of
from tests.conftest import write_files


def read(folder: Path, name: str, content: str | bytes) -> tuple[list[Article], list[str]]:
    """Articles and problems of one file, read in this process."""
    file = write_files(folder, {name: content}) / name
    kind = kind_of(file)
    found: list[Article | ArticleError] = []
    try:
        found += READERS[kind](Original(file, name.removesuffix(kind), name))
    except ArticleError as error:
        found.append(error)
    return [one for one in found if isinstance(one, Article)], [
        str(one) for one in found if isinstance(one, ArticleError)
    ]


def texts(folder: Path, content: str | bytes, name: str = "t.csv") -> list[str]:
    articles, problems = read(folder, name, content)
    assert not problems
    return [article.text for article in articles]


# Tables


@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff\ufeff"])
@pytest.mark.parametrize("line", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_a_first_line_that_names_the_delimiter_is_believed(tmp_path: Path, mark: str, line: str) -> None:
    rows = 'id;text\r\na;"One, two; three."\r\nb;Four, five.\r\nc;too;many\r\n'
    articles, problems = read(tmp_path, "t.csv", f"{mark}{line}{rows}".encode())
    assert [(one.id, one.text) for one in articles] == [("a", "One, two; three."), ("b", "Four, five.")]
    assert problems == ["t.csv:5: has 3 cells under 2 columns; quote its text, the row is left out"]
    assert texts(tmp_path, f"{line}{rows[:-12]}".encode("utf-16")) == ["One, two; three.", "Four, five."]


def test_commas_within_quoted_names_do_not_make_a_table_of_commas(tmp_path: Path) -> None:
    assert texts(tmp_path, '"id";"title, long, very";"text"\n"a";"x";"One, two, three."\n') == ["One, two, three."]


def test_the_delimiter_is_the_one_that_the_rows_fit(tmp_path: Path) -> None:
    rows = "".join(f"Line {number}, with; two, marks.\n" for number in range(5))
    assert texts(tmp_path, f"text\n{rows}") == rows.splitlines()
    assert texts(tmp_path, "text,a;b\nOne.,x;y\nTwo.,x;y\n") == ["One.", "Two."]


def test_quotes_behind_a_backslash_are_quotes(tmp_path: Path) -> None:
    rows = [
        r'1,"\"It opens,\" she said, \"at last.\""',
        r'2,"A path, C:\\new, and \N in it"',
        r"3,\N",
        r"4,Unquoted\, with a comma",
        '5,"Two\\\nlines, \\"one\\" cell"',
    ]
    articles, problems = read(tmp_path, "t.csv", "id,text\n" + "\n".join(rows) + "\n")
    assert [one.text for one in articles] == [
        '"It opens," she said, "at last."',
        r"A path, C:\new, and \N in it",
        "Unquoted, with a comma",
        'Two\nlines, "one" cell',
    ]
    assert problems == ["t.csv:4: holds no text; the row is left out"]


def test_a_backslash_at_the_end_of_a_cell_is_a_backslash(tmp_path: Path) -> None:
    rows = '"It lies in C:\\news\\",a\n"He said ""no"", and left.",b\n'
    assert texts(tmp_path, f"text,id\n{rows}") == ["It lies in C:\\news\\", 'He said "no", and left.']


def test_a_row_that_does_not_fit_is_refused_with_its_lines_and_never_bent(tmp_path: Path) -> None:
    rows = [
        "One.,a,x",
        '"Two" and a half.,b,x',
        '"Three',
        'and" on,c,x',
        "half a row",
        "Four.,d,x,,",
        '"Five.,e,x',
        "Six.,f,x",
    ]
    articles, problems = read(tmp_path, "t.csv", "text,id,title\n" + "\n".join(rows))
    assert [(one.id, one.text) for one in articles] == [("a", "One."), ("d", "Four.")]
    assert [problem.partition(" (")[0] for problem in problems] == [
        "t.csv:3: cannot be read as a row of a table",
        "t.csv:4: cannot be read as a row of a table",
        "t.csv:6: has 1 cells under 3 columns; quote its text, the row is left out",
        "t.csv:8: cannot be read as a row of a table",
    ]
    assert problems[1].endswith("; lines 4 to 5 are left out") and problems[3].endswith("; lines 8 to 9 are left out")


# Rows and columns of other programs

ROWS = {
    "news-please": {
        "authors": ["Ann Writer", "Bo Editor"], "date_publish": "2020-01-04 10:15:00", "maintext": "It opened.",
        "source_domain": "e.org", "title": "Bridge", "url": "https://e.org/a", "date_modify": None, "language": "en",
    },
    "trafilatura": {
        "title": "Bridge", "author": "Ann Writer, Bo Editor", "hostname": "www.e.org", "date": "2020-01-04T10:15:00",
        "id": None, "raw_text": "No.", "text": "It opened.", "language": "en", "source": "https://e.org/a",
        "source-hostname": "e.org",
    },
    "NewsAPI": {
        "source": {"id": None, "name": "e.org"}, "author": "Ann Writer, Bo Editor", "title": "Bridge",
        "url": "https://e.org/a", "publishedAt": "2020-01-04T10:15:00", "content": "It opened.", "language": "en",
    },
    "MediaCloud": {
        "id": 4711, "media_name": "e.org", "media_url": "https://e.org/", "publish_date": "2020-01-04 10:15:00",
        "title": "Bridge", "url": "https://e.org/a", "language": "en", "story_text": "It opened.",
        "author": "Ann Writer, Bo Editor",
    },
    "GDELT": {
        "url": "https://e.org/a", "title": "Bridge", "seendate": "20200104T101500", "domain": "e.org", "language": "en",
        "text": "It opened.", "author": "Ann Writer, Bo Editor",
    },
    "Scrapy": {
        "headline": "Bridge", "body": ["It opened."], "link": "https://e.org/a", "date": "2020-01-04T10:15:00",
        "by": "Ann Writer, Bo Editor", "site": "e.org", "lang": "en",
    },
}  # fmt: skip


def whole(article: Article) -> tuple[str | None, ...]:
    told = (article.title, article.source, article.published, article.url, article.byline, article.language)
    return article.text, *told


WHOLE = ("It opened.", "Bridge", "e.org", "2020-01-04T10:15:00", "https://e.org/a", "Ann Writer, Bo Editor", "en")


@pytest.mark.parametrize("program", ROWS)
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.ndjson"])
def test_a_row_of_another_program_is_read_by_its_names(tmp_path: Path, program: str, name: str) -> None:
    [article], problems = read(tmp_path, name, json.dumps(ROWS[program]) + "\n")
    assert whole(article) == WHOLE and not problems
    assert article.id == ("4711" if program == "MediaCloud" else "rows/1")


@pytest.mark.parametrize("program", sorted(set(ROWS) - {"news-please", "NewsAPI", "Scrapy"}))
def test_a_table_is_read_by_the_same_names(tmp_path: Path, program: str) -> None:
    row = {name: str(value or "") for name, value in ROWS[program].items()}
    table = ",".join(row) + "\n" + ",".join(f'"{value}"' for value in row.values()) + "\n"
    [article], problems = read(tmp_path, "rows.csv", table)
    assert whole(article) == WHOLE and not problems


def test_what_is_no_name_of_ours_and_no_text_is_told(tmp_path: Path) -> None:
    articles, problems = read(tmp_path, "a.jsonl", '{"text": "x", "authors": [7]}\n{"url": "https://e.org/a"}\n')
    assert [(one.id, one.byline) for one in articles] == [("a/1", None)]
    assert problems == [
        'a.jsonl:1: "authors" is not a text; it is left out',
        'a.jsonl:2: "text" is missing or no text, and every article needs it; the row is left out',
    ]
