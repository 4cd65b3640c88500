"""A date is read in one way, whichever reader meets it, and what cannot be sure is not called sure."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, ArticleError, check_date
from index.reading.files import Problem, read_file
from index.understanding.dates import FIRST_YEAR, LAST_YEAR, read_field
from tests.conftest import write_files

TODAY = date(2024, 5, 1)
MOMENT = datetime(2022, 3, 4, 5, 6, 7, tzinfo=UTC)
SECONDS = int(MOMENT.timestamp())
READ = {
    "a.jsonl": lambda day: json.dumps({"id": "a", "text": "The quay was mended.", "published": day}),
    "a.csv": lambda day: f"id,text,date\na,The quay was mended.,{day}\n",
    "a.md": lambda day: f"---\npublished: {day}\n---\nThe quay was mended.",
    "a.html": lambda day: (
        f'<html><head><meta property="article:published_time" content="{day}"></head><body><article><p>The quay in the'
        " old harbour was mended over the winter, and the ferries use it again.</p></article></body></html>"
    ),
}


@pytest.mark.parametrize(
    ("written", "iso", "doubt"),
    [
        (str(SECONDS), MOMENT.isoformat(), "seconds since 1970"),
        (f"{SECONDS}000", MOMENT.isoformat(), "seconds since 1970"),
        (f"{SECONDS}000000", MOMENT.isoformat(), "seconds since 1970"),
        (f"{SECONDS}.25", MOMENT.isoformat(), "seconds since 1970"),
        ("20220304", "2022-03-04", None),
        ("20220304050607", "2022-03-04T05:06:07", None),
        ("Fri, 04 Mar 2022 05:06:07 GMT", MOMENT.isoformat(), None),
        ("Fri, 04 Mar 22 05:06:07 +0000", MOMENT.isoformat(), "a year of two digits"),
        ("2022-03-04 05:06 CET", "2022-03-04T05:06:00+01:00", None),
        ("2022-03-04 05:06:07 PST", "2022-03-04T05:06:07-08:00", None),
        ("March 4, 2022 5:06 PM", "2022-03-04T17:06:00", None),
        ("4 Mar 22", "2022-03-04", "a year of two digits"),
        ("4 Mar 57", "1957-03-04", "a year of two digits"),
        ("31.12.21", "2021-12-31", "a year of two digits"),
        ("13/4/2022", "2022-04-13", None),
        ("4/13/2022", "2022-04-13", None),
        ("2024-05-03", "2024-05-03", None),
        ("2024-05-04", "2024-05-04", "a day that has not come"),
        ("1605-01-01", "1605-01-01", None),
    ],
)
def test_what_a_field_says(written: str, iso: str, doubt: str | None) -> None:
    found = read_field(written, TODAY)
    assert found and (found.iso, found.doubt) == (iso, doubt)


@pytest.mark.parametrize("written", ["44204", "2882015", "2022", "2035010112", "4/3/2022", "1604-12-31", "16011231"])
def test_what_no_field_says(written: str) -> None:
    assert read_field(written, TODAY) is None


@given(st.integers(0, 10**18).map(str) | st.floats(0, 1e13).map(str))
def test_digits_alone_are_never_a_day_before_the_press_nor_one_to_come(digits: str) -> None:
    found = read_field(digits, TODAY)
    if found:
        assert FIRST_YEAR <= int(found.iso[:4]) <= LAST_YEAR
        assert found.doubt or len(digits) in (8, 12, 14), "seconds are never sure"
        assert found.doubt == "a day that has not come" or found.iso[:10] <= str(TODAY + timedelta(days=2))


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("written", [str(SECONDS), f"{SECONDS}000", "20220304", "4 Mar 22", "2099-01-01"])
def test_all_readers_read_one_date(tmp_path: Path, name: str, written: str) -> None:
    wanted = read_field(written)
    assert wanted
    write_files(tmp_path, {name: READ[name](written)})
    [article] = read_file(tmp_path / name, "a")
    assert isinstance(article, Article) and article.published == wanted.iso
    sure = [origin.sure for origin in article.origins if origin.field == "published"]
    assert "sure" not in sure if wanted.doubt else sure in (["sure"], [])


@pytest.mark.parametrize("name", [name for name in READ if name != "a.html"])
def test_a_date_that_is_none_is_a_sentence(tmp_path: Path, name: str) -> None:
    write_files(tmp_path, {name: READ[name]("1610")})
    problem, article = read_file(tmp_path / name, "a")
    assert isinstance(problem, Problem) and '"published" is "1610"' in problem.sentence
    assert isinstance(article, Article) and article.published is None


def test_a_number_in_json_lines_is_read_as_its_digits(tmp_path: Path) -> None:
    row = {"id": "a", "text": "The quay was mended.", "published": SECONDS}
    write_files(tmp_path, {"a.jsonl": json.dumps(row)})
    [article] = read_file(tmp_path / "a.jsonl", "a")
    assert isinstance(article, Article) and article.published == MOMENT.isoformat()


def test_a_correction_writes_a_date_with_its_marks() -> None:
    assert check_date("2022-03-04", "a") == "2022-03-04"
    for digits in (str(SECONDS), "20220304"):
        with pytest.raises(ArticleError, match="write an ISO 8601 date"):
            check_date(digits, "a")
