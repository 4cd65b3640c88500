"""What two sources tell is compared as values: any spelling of a number, any wording of a day."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.values import Day, Quantity, agree, comparable, days_agree, read_days, read_quantities

INF = math.inf


def tell(text: str) -> list[tuple[float, float, str]]:
    return [(round(q.low, 6), round(q.high, 6), q.unit) for q in read_quantities(text)]


def one(text: str) -> Quantity:
    (read,) = read_quantities(text)
    return read


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,200,000 people", 1200000, "people"),
        ("1.200.000 people", 1200000, "people"),
        ("1\xa0200\xa0000 people", 1200000, "people"),
        ("12\u202f500 people", 12500, "people"),
        ("12\u2009500 people", 12500, "people"),
        ("1’200’000 votes", 1200000, "votes"),
        ("12,50,000 voters", 1250000, "voters"),
        ("1.2 million crowns", 1200000, "crown"),
        ("1.2m crowns", 1200000, "crown"),
        ("$1.5bn", 1.5e9, "dollar"),
        ("$1.5 billion", 1.5e9, "dollar"),
        ("US$300", 300, "us dollar"),
        ("300 US dollars", 300, "us dollar"),
        ("€5k", 5000, "euro"),
        ("5 €", 5, "euro"),
        ("40,000 Swiss francs", 40000, "swiss franc"),
        ("50,000 lei", 50000, "leu"),
        ("a million rupees", 1000000, "rupee"),
        ("twenty-five men", 25, "men"),
        ("Forty-seven houses", 47, "houses"),
        ("one hundred and twenty-five sheep", 125, "sheep"),
        ("a hundred families", 100, "families"),
        ("two dozen boats", 24, "boats"),
        ("a dozen", 12, ""),
        ("half a dozen eggs", 6, "eggs"),
        ("half a million", 500000, ""),
        ("two and a half million", 2500000, ""),
        ("five thousand two hundred and six", 5206, ""),
        ("two million three hundred thousand", 2300000, ""),
        ("five hundred thousand", 500000, ""),
        ("10 lakh rupees", 1000000, "rupee"),
        ("fined Isolux 57 million kroner", 57000000, "krone"),
        ("gave Ali 30 tonnes", 30, "tonne"),
        ("11 per cent", 11, "%"),
        ("11 percent", 11, "%"),
        ("11.5%", 11.5, "%"),
        ("11 pct", 11, "%"),
        ("eleven per cent", 11, "%"),
        ("5 kilometres", 5, "kilometre"),
        ("5 kilometers", 5, "kilometre"),
        ("5km", 5, "kilometre"),
        ("a 20-metre wall", 20, "metre"),
        ("an 80m drop", 80, "metre"),
        ("half an hour", 0.5, "hour"),
        ("half a square metre", 0.5, "square metre"),
        ("two and a half hours", 2.5, "hour"),
        ("38 degrees", 38, "degree"),
        ("38C", 38, "celsius"),
        ("100 degrees Fahrenheit", 100, "fahrenheit"),
        ("minus 12 degrees Celsius", -12, "celsius"),
        ("118 kilometres an hour", 118, "kilometre per hour"),
        ("118 km/h", 118, "kilometre per hour"),
        ("70 mph", 70, "mile per hour"),
        ("350 litres a second", 350, "litre per second"),
        ("weighs 112 pounds", 112, "pound weight"),
        ("112 pounds", 112, "pound"),
        ("500 metric tons", 500, "tonne"),
        ("a 34-year-old courier", 34, "year old"),
        ("aged 34", 34, "year old"),
        ("She is 34 years old", 34, "year old"),
        ("Sanfelice, 67, was given a bed", 67, "year old"),
        ("14 dead", 14, "dead"),
        ("four more passengers", 4, "passengers"),
        ("no one was hurt", 0, ""),
        ("Nobody died", 0, ""),
        ("none of them", 0, ""),
        ("there were no deaths", 0, "deaths"),
        ("no serious injuries", 0, "injuries"),
        ("2019 people", 2019, "people"),
        ("one person", 1, "person"),
        ("In Gaza 35 people", 35, "people"),
        ("At least 3 may be dead"[9:], 3, ""),
    ],
)
def test_a_number_is_read_in_any_spelling(text: str, value: float, unit: str) -> None:
    assert tell(text) == [(value, value, unit)]


@pytest.mark.parametrize(
    ("text", "low", "high", "about"),
    [
        ("at least 35", 35, INF, False),
        ("more than a dozen", 12, INF, False),
        ("over 1,000", 1000, INF, False),
        ("no fewer than 30", 30, INF, False),
        ("35 or more", 35, INF, False),
        ("100-plus", 100, INF, False),
        ("up to 50", 0, 50, False),
        ("at most 50", 0, 50, False),
        ("as many as 50", 0, 50, False),
        ("no more than 50", 0, 50, False),
        ("fewer than 50", 0, 50, False),
        ("less than $5m", 0, 5e6, False),
        ("nearly 5,000", 4500, 5000, False),
        ("almost 120", 108, 120, False),
        ("just over 100", 100, 110, False),
        ("about 40", 40, 40, True),
        ("around forty", 40, 40, True),
        ("some 40", 40, 40, True),
        ("roughly 40", 40, 40, True),
        ("approximately 40", 40, 40, True),
        ("an estimated 40", 40, 40, True),
        ("40 or so", 40, 40, True),
        ("40-odd", 40, 40, True),
        ("at least about 40", 40, INF, True),
        ("between 20 and 30", 20, 30, False),
        ("20-30", 20, 30, False),
        ("20–30", 20, 30, False),
        ("20 to 30", 20, 30, False),
        ("two or three", 2, 3, False),
        ("2 to 3 million", 2e6, 3e6, False),
        ("$20m-30m", 2e7, 3e7, False),
        ("between one hundred and two hundred", 100, 200, False),
        ("between two thousand and five thousand", 2000, 5000, False),
        ("between $2bn and $3bn", 2e9, 3e9, False),
        ("dozens", 24, 240, False),
        ("hundreds", 200, 2000, False),
        ("tens of thousands", 20000, 1000000, False),
        ("several", 3, 9, False),
        ("several dozen", 36, 108, False),
        ("a few hundred", 200, 900, False),
        ("a couple of", 2, 3, False),
        ("half of the houses", 50, 50, True),
        ("two-thirds of the houses", 200 / 3, 200 / 3, True),
    ],
)
def test_bounds_and_ranges_stay_open(text: str, low: float, high: float, about: bool) -> None:
    read = one(text)
    assert read.low == pytest.approx(low) and read.high == pytest.approx(high) and read.about == about
    assert one(f"They saw {text}.").words.lower() in text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "on 3 January 2020",
        "January 3",
        "2020-01-03",
        "in 2019",
        "since 1998",
        "between 2006 and 2020",
        "from 1911 to 1984",
        "the 2016 election",
        "the winter of 2020-21",
        "14-15 May",
        "at 3.15 pm",
        "at 11.40 on Sunday",
        "at 7.15 a.m.",
        "at 4 a.m.",
        "10pm",
        "14:30",
        "at seven in the morning",
        "half past nine",
        "a quarter past eight",
        "twenty to five",
        "an F-15E",
        "an A320",
        "the G20",
        "a Boeing 737",
        "Flight 752",
        "Covid-19",
        "with a Falcon 9",
        "3rd",
        "the twenty-first",
        "the third",
        "the 1990s",
        "in his 40s",
        "9/11",
        "the Big Four Banks",
        "one of the men",
        "a quarter of an hour",
        "a metre and a half of snow",
        "no longer",
        "won 3-1",
        "lost 1-2",
    ],
)
def test_what_is_no_quantity_is_not_read(text: str) -> None:
    assert tell(text) == [] == tell(f"It was {text}.")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("312 of 540 votes", [312, 540]),
        ("14 dead and 20 hurt", [14, 20]),
        ("rose from 20 to 30", [20, 30]),
        ("aged 14 and 15", [14, 15]),
        ("5 kilometres (3 miles)", [5, 3]),
        ("two million, five workers", [2e6, 5]),
        ("At least 3 may have died", [3]),
        ("214 passengers and a crew of 29", [214, 29]),
        ("2,611 votes to 2,208", [2611, 2208]),
        ("On 3 May 2020 two of 7 boats sank at 3.15 pm", [2, 7]),
    ],
)
def test_numbers_come_in_their_order(text: str, values: list[float]) -> None:
    assert [q.low for q in read_quantities(text)] == values


AGREE = [
    ("1,200,000", "1.2 million"),
    ("12\u202f500 people", "Some 12,500 people"),
    ("about 1,200", "1,187"),
    ("at least 35", "35"),
    ("at least 35", "41"),
    ("more than a dozen", "13"),
    ("half of the houses", "48 per cent"),
    ("almost 12,000 tonnes", "11,940 tonnes"),
    ("nearly 5,000", "4,986"),
    ("close to five thousand", "4,986"),
    ("5,000 people", "4,986 voters"),
    ("about 2 million euros", "1.96 million euros"),
    ("€2m", "2 million euros"),
    ("180 millimetres", "Eighteen centimetres"),
    ("4.2 metres", "420 centimetres"),
    ("5 kilometres", "three miles"),
    ("100 km", "60 miles"),
    ("48 hours", "two days"),
    ("23 tons", "23 tonnes"),
    ("23 tons", "21 tonnes"),
    ("38C", "100F"),
    ("38 degrees", "38C"),
    ("1,000 hectares", "2,500 acres"),
    ("20 metres", "65 feet"),
    ("80kg", "176lb"),
    ("350 litres a second", "21 cubic metres a minute"),
    ("118 kilometres an hour", "almost 120 kilometres an hour"),
    ("118 km/h", "73 mph"),
    ("dozens", "47"),
    ("hundreds", "650"),
    ("several", "five"),
    ("between 20 and 30", "25"),
    ("20-30", "about 31"),
    ("six men", "6 workers"),
    ("no deaths", "0"),
    ("a 34-year-old", "aged 34"),
    ("34", "34 people"),
    ("54 per cent", "54.3%"),
    ("two dozen", "24"),
    ("$5", "US$5"),
    ("up to 50", "35"),
]
DIFFER = [
    ("214 passengers", "231 passengers"),
    ("six men", "eight workers"),
    ("20", "21"),
    ("1,200", "1,300"),
    ("at least 35", "34"),
    ("more than a dozen", "nine"),
    ("about 20", "about 25"),
    ("22,000", "15,000"),
    ("2 million", "2.4 million"),
    ("5 kilometres", "five miles"),
    ("80 metres", "84 metres"),
    ("50 per cent", "52 per cent"),
    ("26 years", "27 years"),
    ("a 40-year-old", "42 years old"),
    ("40 years", "42 years old"),
    ("30 degrees", "31 degrees"),
    ("23 tons", "30 tonnes"),
    ("dozens", "four"),
    ("no deaths", "two deaths"),
    ("between 20 and 30", "35"),
    ("$5m", "$6m"),
    ("1.2 million", "1.2 billion"),
    ("up to 50", "60"),
    ("nearly 5,000", "5,200"),
]
APART = [
    ("5 kilometres", "5 people"),
    ("11 per cent", "11 people"),
    ("$7m", "€7m"),
    ("US$7m", "A$10m"),
    ("5 km", "5 kg"),
]


@pytest.mark.parametrize(("left", "right"), AGREE)
def test_two_tellings_of_one_number_agree(left: str, right: str) -> None:
    assert comparable(one(left), one(right)) and agree(one(left), one(right)) and agree(one(right), one(left))


@pytest.mark.parametrize(("left", "right"), DIFFER)
def test_two_numbers_differ(left: str, right: str) -> None:
    assert comparable(one(left), one(right)) and not agree(one(left), one(right)) and not agree(one(right), one(left))


@pytest.mark.parametrize(("left", "right"), APART)
def test_other_units_are_not_compared(left: str, right: str) -> None:
    assert not comparable(one(left), one(right)) and not comparable(one(right), one(left))


@pytest.mark.parametrize(
    ("text", "published", "days"),
    [
        ("on 3 January 2020", None, [(2020, 1, 3)]),
        ("January 3, 2020", None, [(2020, 1, 3)]),
        ("Friday, January 3, 2020", "2020-01-10", [(2020, 1, 3)]),
        ("Friday (3 January)", "2020-01-10", [(None, 1, 3)]),
        ("the 3rd of January", None, [(None, 1, 3)]),
        ("Jan. 3", None, [(None, 1, 3)]),
        ("2020-01-03", None, [(2020, 1, 3)]),
        ("14-15 May", None, [(None, 5, 14), (None, 5, 15)]),
        ("May 14 and 15, 2021", None, [(2021, 5, 14), (2021, 5, 15)]),
        ("in March 2019", None, [(2019, 3, None)]),
        ("in May", None, [(None, 5, None)]),
        ("June", None, [(None, 6, None)]),
        ("May I come", None, []),
        ("they March on", None, []),
        ("at least 3 may be dead", None, []),
        ("since 1998", None, [(1998, None, None)]),
        ("2006-2020", None, [(2006, None, None), (2020, None, None)]),
        ("the winter of 2020-21", None, [(2020, None, None), (2021, None, None)]),
        ("2019 people", None, []),
        ("February 30, 2020", None, [(2020, None, None)]),
        ("on Friday", "2021-01-03", [(2021, 1, 1)]),
        ("on Friday night", "2021-01-03T10:00:00Z", [(2021, 1, 1)]),
        ("on Sunday", "2021-01-03", [(2021, 1, 3)]),
        ("on Friday", None, []),
        ("on Friday", "2021", []),
        ("elected last Friday with 312 votes", "2022-06-10", [(2022, 6, 3)]),
        ("last Friday", "2022-06-13", [(2022, 6, 10)]),
        ("last Friday", "2022-06-11", []),
        ("It opens on Friday.", "2022-06-08", []),
        ("Voters decide on Sunday.", "2022-06-08", []),
        ("The vote was postponed until Monday.", "2022-06-08", []),
        ("It will meet on Friday.", "2022-06-08", []),
        ("Police said on Tuesday that it will open on Friday.", "2022-06-08", [(2022, 6, 7)]),
        ("The bridge, which will open in May, was hit on Tuesday.", "2022-06-08", [(None, 5, None), (2022, 6, 7)]),
        ("It will open, the office said, on Friday.", "2022-06-08", []),
        ("on a Saturday in March 2019", "2022-06-08", [(2019, 3, None)]),
        ("the previous Friday", "2022-06-08", []),
        ("every Friday", "2022-06-08", []),
        ("next Friday", "2022-06-08", []),
        ("Sheffield Wednesday won", "2022-06-09", []),
        ("on Good Friday", "2022-06-08", []),
        ("Friday’s vote", "2022-06-08", []),
        ("the Sunday Times", "2022-06-08", []),
        ("yesterday", "2022-03-01", [(2022, 2, 28)]),
        ("the day before yesterday", "2022-03-01", [(2022, 2, 27)]),
        ("today", "2022-03-01", [(2022, 3, 1)]),
        ("tomorrow", "2022-02-28", [(2022, 3, 1)]),
        ("last night", "2022-03-01", [(2022, 2, 28)]),
        ("three days ago", "2022-03-01", [(2022, 2, 26)]),
        ("last month", "2022-01-15", [(2021, 12, None)]),
        ("next year", "2022-01-15", [(2023, None, None)]),
    ],
)
def test_days_are_read_as_far_as_they_are_told(
    text: str, published: str | None, days: list[tuple[int | None, int | None, int | None]]
) -> None:
    assert read_days(text, published) == [Day(*day) for day in days]


# Laws

SPELL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
SPELL += "seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def spell(n: int) -> str:
    """A number below a million in words.

    >>> spell(125_021)
    'one hundred and twenty-five thousand and twenty-one'
    """
    if n < 20:
        return SPELL[n]
    if n < 100:
        return TENS[n // 10 - 2] + (f"-{SPELL[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{SPELL[n // 100]} hundred" + (f" and {spell(n % 100)}" if n % 100 else "")
    rest = n % 1000
    return f"{spell(n // 1000)} thousand" + (f"{' and' if rest < 100 else ''} {spell(rest)}" if rest else "")


UNITS = ("", " people", " km", " miles", " per cent", " euros", " tons", " hours", " years old", " degrees", "C", "F")
LEADS = ("", "about ", "at least ", "up to ", "nearly ", "more than ", "some ", "just over ")
numbers = st.integers(0, 999_999)
told = st.builds(
    lambda lead, n, unit: one(f"{lead}{n:,}{unit}"), st.sampled_from(LEADS), numbers, st.sampled_from(UNITS)
)
days = st.builds(
    Day,
    st.none() | st.integers(2019, 2021),
    st.none() | st.integers(1, 3),
    st.none() | st.integers(1, 3),
)


@given(told, told)
def test_agreeing_is_symmetric_and_reflexive(a: Quantity, b: Quantity) -> None:
    assert agree(a, a) and comparable(a, a)
    assert agree(a, b) == agree(b, a)
    assert comparable(a, b) == comparable(b, a)
    assert comparable(a, b) or not agree(a, b)


@given(numbers)
def test_a_number_is_itself_in_any_spelling(n: int) -> None:
    grouped = f"{n:,}"
    forms = [f"{n} people", grouped, grouped.replace(",", "\u202f"), grouped.replace(",", "\xa0"), spell(n)]
    read = [one(form) for form in forms if form != "one"]
    assert {(q.low, q.high, q.about) for q in read} == {(n, n, False)}
    assert all(agree(a, b) for a in read for b in read)


@given(st.integers(1, 9999))
def test_a_scaled_number_is_itself_in_digits(tenths: int) -> None:
    forms = [f"{tenths / 10} million", f"{tenths * 100_000:,}", f"€{tenths / 10}m", f"{tenths / 10}m euros"]
    assert all(agree(one(a), one(b)) for a in forms for b in forms)


PIECES = (
    "At least 35 people died.",
    "On 3 May 2020 it was hit.",
    "Between 20 and 30 km of road",
    "In 2019 nobody came.",
    "It cost $2-3bn",
    "Half of the town, 1,200 people",
    "two thousand and six",
    "won 3-1",
    "Smith, 67, was",
    "a Boeing 737",
    "dozens of boats at 4.30 p.m.",
    "from 5 to 6 per cent",
)


@given(st.lists(st.sampled_from(PIECES), max_size=5), st.lists(st.sampled_from(PIECES), max_size=3))
def test_what_follows_loses_nothing(before: list[str], after: list[str]) -> None:
    first, both = "; ".join(before), "; ".join([*before, *after])
    assert read_quantities(both)[: len(read_quantities(first))] == read_quantities(first)
    assert [day for day in read_days(both, "2021-03-01") if day in read_days(first, "2021-03-01")] == read_days(
        first, "2021-03-01"
    )


@given(st.text(st.sampled_from("0123456789 ,.-$%kmn–ao\n") | st.characters(), max_size=60) | st.text(max_size=60))
def test_any_text_is_read_and_each_place_holds_its_words(text: str) -> None:
    end = 0
    for q in read_quantities(text):
        assert text[q.start : q.end] == q.words and end <= q.start < q.end
        assert q.low <= q.high and agree(q, q)
        end = q.end
    read_days(text, "2021-03-01")


@given(days, days)
def test_days_agree_both_ways(a: Day, b: Day) -> None:
    assert days_agree(a, a) and days_agree(a, b) == days_agree(b, a)


@given(st.dates(date(1900, 1, 10)), st.integers(0, 6))
def test_a_weekday_is_its_date(written: date, ago: int) -> None:
    day = written - timedelta(days=ago)
    told_by_name = read_days(f"It fell on {day:%A}.", written.isoformat())
    assert (
        told_by_name
        == read_days(f"It fell on {day.day} {day:%B} {day.year}.", None)
        == [Day(day.year, day.month, day.day)]
    )
