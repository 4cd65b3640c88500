"""Days as people write them are the days they mean; what is none, or could be two, is a sentence."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.store.scope import Scope
from index.understanding.periods import PeriodError, read_period

MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("today", "2026-11-30", "2026-11-30"),
        ("Yesterday", "2026-11-29", "2026-11-29"),
        ("3 days ago", "2026-11-27", "2026-11-27"),
        ("last Friday", "2026-11-27", "2026-11-27"),
        ("friday", "2026-11-27", "2026-11-27"),
        ("this week", "2026-11-30", "2026-12-06"),
        ("last week", "2026-11-23", "2026-11-29"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("April 2024", "2024-04-01", "2024-04-30"),
        ("Feb 2024", "2024-02-01", "2024-02-29"),
        ("April", "2026-04-01", "2026-04-30"),
        ("December", "2025-12-01", "2025-12-31"),
        ("04/2024", "2024-04-01", "2024-04-30"),
        ("19 April 2024", "2024-04-19", "2024-04-19"),
        ("April 19th, 2024", "2024-04-19", "2024-04-19"),
        ("19 April", "2026-04-19", "2026-04-19"),
        ("19/04/2024", "2024-04-19", "2024-04-19"),
        ("04/19/2024", "2024-04-19", "2024-04-19"),
        ("19-04-2024", "2024-04-19", "2024-04-19"),
        ("4/4/2024", "2024-04-04", "2024-04-04"),
        ("04.05.2024", "2024-05-04", "2024-05-04"),
        ("1er avril 2024", "2024-04-01", "2024-04-01"),
        ("avant-hier", "2026-11-28", "2026-11-28"),
        ("gestern", "2026-11-29", "2026-11-29"),
        ("letzte Woche", "2026-11-23", "2026-11-29"),
        ("5 de mayo de 2021", "2021-05-05", "2021-05-05"),
        (" 2024-04-19 ", "2024-04-19", "2024-04-19"),
    ],
)
def test_days_are_read_as_people_write_them(written: str, first: str, last: str) -> None:
    period = read_period(written, MONDAY)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    "written",
    [
        *("", "soon", "a", "ten", "once", "the flood", "12", "20240419", "2024-4-1", "31/02/2024", "13/13/2024"),
        *("April '24", "1/2/24", "10:30", "٢٠٢٤", "0000", "9" * 50, "2024-01..2024-02", "\ud800"),
    ],
)
def test_what_is_no_day_says_how_to_write_one(written: str) -> None:
    with pytest.raises(PeriodError, match="write a day, a month or a year: 2020-01-03, 3 January 2020, January 2020,"):
        read_period(written, MONDAY)


@given(day=st.dates(date(1605, 1, 1), date(2100, 1, 1)))
def test_a_day_in_figures_is_never_guessed(day: date) -> None:
    for written, swapped in ((f"{day:%d/%m/%Y}", False), (f"{day:%m/%d/%Y}", True)):
        if day.day > 12 or day.day == day.month:
            assert read_period(written, MONDAY).first == day
        else:
            with pytest.raises(PeriodError, match=f"that is .* or .*; write .*{day.isoformat()}"):
                read_period(written, MONDAY)
        assert swapped or read_period(written.replace("/", "."), MONDAY).last == day


def test_what_was_yesterday_stays_that_day_in_a_scope() -> None:
    scope = Scope(since="last week", until="yesterday")
    yesterday = date.today() - timedelta(days=1)
    assert scope.until == yesterday.isoformat() and scope.since is not None and scope.since < scope.until
    assert Scope.from_dict(scope.to_dict()) == scope
    assert (Scope(since="April 2024").since, Scope(until="April 2024").until) == ("2024-04", "2024-04")
    assert Scope(since="this year").since == str(yesterday.year) or yesterday.month == 12
