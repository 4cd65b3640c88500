"""Exact search finds what a slow reader finds, in one syntax; what cannot be read or is nowhere is a sentence."""

import json
import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import lark  # noqa: F401  before nobody may
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ground.words import fold
from index.article import Article, Aside, Section
from index.news_index import NewsIndex
from index.opening import open_archive
from index.search import exact, stories
from index.search.exact import Stories
from index.search.grammar import QueryError, is_exact, read_query
from index.search.marking import marks_in_text, marks_in_title, to_show
from index.search.query import EVERYTHING as ALL
from index.search.query import And, Days, Fuzzy, Near, Not, Or, Prefix, Query, Words, told
from index.search.stories import people_of, stories_of
from index.store.archive import ArchiveError
from index.store.scope import EVERYTHING, Scope, day_of
from index.store.sqlite import EmbeddedArchive
from qa.listing import Listing, list_stories
from tests.conftest import as_nobody, make_index, open_to_all, write_files
from tests.support.fakes import FakeEmbedder, count_words
from tests.support.rooms import ROOT

OUTLETS = ("Meridian Wire", "MERIDIAN WIRE", "Northgate Courier", None)
BYLINES = ("Maria Holm", "By Maria Holm and Jon Paz", "JON PAZ in Lima", None)
DATES = ("2019-12-31", "2020-01-03T23:30:00-05:00", "20200204", "2021-06", None)
VOCABULARY = "the a flood floods flooded mayor mayer bridge bridges oil of in not and near".split()


def made_articles(count: int = 60) -> list[Article]:
    """Of few words, so that phrases are often there; every third is a page of stories, some with words before them."""
    dice = random.Random(5)
    made = []
    for n in range(count):
        text = " ".join(dice.choices(VOCABULARY, k=40))
        cuts = sorted(dice.sample([space.end() for space in re.finditer(" ", text)], 2)) if n % 3 == 0 else []
        sections = tuple(
            Section(
                at,
                " ".join(dice.choices(VOCABULARY, k=4)),
                dice.choice(OUTLETS),
                dice.choice(DATES),
                dice.choice(BYLINES),
            )
            for at in cuts
        )
        title = " ".join(dice.choices(VOCABULARY, k=5))
        article = Article(
            f"folder/a{n}", text, title, dice.choice(OUTLETS), dice.choice(DATES), byline=dice.choice(BYLINES)
        )
        made.append(replace(article, sections=sections, language=dice.choice(("en", "fr", None))))
    return made


MADE = made_articles()


def archive_of(folder: Path, articles: list[Article]) -> EmbeddedArchive:
    archive = EmbeddedArchive.create(folder, {"embedder": "none", "dimension": "1"})
    put(archive, articles)
    return archive


def put(archive: EmbeddedArchive, articles: list[Article]) -> None:
    with archive.change():
        file = archive.put_file("/made", "/", "")
        for article in articles:
            archive.put_article(article, file, [])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stories]:
    archive = archive_of(tmp_path_factory.mktemp("exact") / "archive", MADE)
    yield Stories(archive)
    archive.close()


def one_of(folder: Path, *articles: Article) -> Stories:
    return Stories(archive_of(folder, list(articles)))


def found(index: Stories, query: Query | str, scope: Scope = EVERYTHING) -> list[tuple[str, int]]:
    """Article and start of every story that is found, in order."""
    asked = read_query(query) if isinstance(query, str) else query
    hits, total = index.opened().search(asked, 1_000, scope=scope)
    assert total == len(hits) == index.opened().count(asked, scope=scope)
    return sorted((hit.article, hit.start) for hit in hits)


# A slow reader, which looks at every story


def words_of(text: str | None) -> list[str]:
    return fold(text or "").split()


def distance(one: str, two: str) -> int:
    """How many letters differ; two neighbours exchanged count one."""
    table = [[i + j if i * j == 0 else 0 for j in range(len(two) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(two) + 1):
            other = one[i - 1] != two[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + other)
            if i > 1 and j > 1 and one[i - 1] == two[j - 2] and one[i - 2] == two[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def holds(query: Query, text: str, section: Section) -> bool:
    if isinstance(query, And):
        return all(holds(part, text, section) for part in query.parts)
    if isinstance(query, Or):
        return any(holds(part, text, section) for part in query.parts)
    if isinstance(query, Not):
        return not holds(query.part, text, section)
    if isinstance(query, Days):
        day = day_of(section.published)
        return day is not None and str(query.first or "") <= day and (not query.last or day <= str(query.last))
    fields = {"title": section.title, "outlet": section.source, "by": section.byline}
    texts = [fields[query.field]] if query.field else [section.title, text]
    return any(stands_in(query, words_of(one)) for one in texts)


def stands_in(query: Words | Prefix | Fuzzy | Near, words: list[str]) -> bool:
    if isinstance(query, Words):
        return f" {' '.join(query.words)} " in f" {' '.join(words)} "
    if isinstance(query, Prefix):
        return any(word.startswith(query.start) for word in words)
    if isinstance(query, Fuzzy):
        return any(distance(word, query.word) <= query.edits for word in words)
    ones, others = ([at for at, word in enumerate(words) if word == one] for one in (query.one, query.two))
    return any(0 < abs(one - other) <= query.distance for one in ones for other in others)


def slowly(query: Query, scope: Scope = EVERYTHING) -> list[tuple[str, int]]:
    within = scope.story_test()
    return sorted(
        (article.id, start)
        for article in MADE
        for start, end, section in stories_of(article)
        if holds(query, article.text[start:end], section)
        and within(section.source, section.published)
        and (not scope.articles or article.id in scope.articles)
        and (not scope.languages or article.language in scope.languages)
    )


@st.composite
def leaves(draw: st.DrawFn) -> Query:
    word = st.sampled_from([*VOCABULARY, "holm", "wire", "nowhere"])
    field = draw(st.sampled_from(["", "", "", "title", "outlet", "by"]))
    kind = draw(st.sampled_from(["word", "phrase", "prefix", "fuzzy", "near", "days"]))
    if kind == "prefix":
        return Prefix(draw(word.filter(lambda one: len(one) > 1))[:4], field)
    if kind == "fuzzy":
        return Fuzzy(draw(word.filter(lambda one: len(one) > 2)), draw(st.integers(1, 2)), field)
    if kind == "near":
        return Near(draw(word), draw(word), draw(st.integers(1, 12)), field)
    if kind == "days":
        first, last = sorted(draw(st.tuples(*[st.dates(date(2019, 12, 1), date(2020, 3, 1))] * 2)))
        return Days(draw(st.sampled_from([first, None])), last)
    return Words(tuple(draw(st.lists(word, min_size=1, max_size=1 if kind == "word" else 3))), field)


def queries() -> st.SearchStrategy[Query]:
    def wider(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
        parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return parts.map(And) | parts.map(Or) | inner.map(Not)

    return st.recursive(leaves(), wider, max_leaves=5)


SCOPES = (
    EVERYTHING,
    Scope(outlets=("meridian wire",)),
    Scope(since="2020", until="2020-01"),
    Scope(until="2020"),
    Scope(articles=("folder/a3", "folder/a4"), languages=("en",)),
    Scope(outlets=("none such",)),
)


@given(query=queries(), scope=st.sampled_from(SCOPES))
@example(query=ALL, scope=EVERYTHING)
@example(query=Not(ALL), scope=EVERYTHING)
def test_it_finds_what_a_slow_reader_finds(made: Stories, query: Query, scope: Scope) -> None:
    assert found(made, query, scope) == slowly(query, scope)


@given(query=queries())
def test_what_is_told_of_a_query_is_read_as_it_again(made: Stories, query: Query) -> None:
    assert found(made, told(query)) == found(made, query)


@given(query=leaves(), scope=st.sampled_from(SCOPES))
def test_marks_are_the_words_that_were_found(made: Stories, query: Query, scope: Scope) -> None:
    for hit in made.opened().search(query, 20, scope=scope)[0]:
        article = made.archive.article(hit.article)
        assert article is not None
        marks = marks_in_text(query, article, hit.start, hit.end)
        titled = marks_in_title(query, article.section_at(hit.start).title)
        assert bool(marks or titled) == (not isinstance(query, Days) and query.field in ("", "title"))
        assert all(hit.start <= start < end <= hit.end for start, end in marks)
        assert all(one[1] < two[0] for one, two in pairwise(marks))
        if isinstance(query, Words):
            for start, end in marks:
                assert f" {' '.join(query.words)} " in f" {fold(article.text[start:end])} "
        start, end = to_show(article, hit.start, hit.end, marks)
        assert hit.start <= start <= end <= hit.end and end - start < 1_000
        assert not marks or any(start <= begin and stop <= end for begin, stop in marks)


@pytest.mark.parametrize("scope", SCOPES)
def test_all_that_is_found_is_counted_by_outlet_month_and_person(made: Stories, scope: Scope) -> None:
    query = read_query("flood OR NOT mayor")
    counts = made.opened().counts(query, scope=scope)
    there = set(slowly(query, scope))
    sections = [s for a in MADE for start, _, s in stories_of(a) if (a.id, start) in there]
    outlets = Counter(section.source.casefold() for section in sections if section.source)
    months = Counter(day[:7] for section in sections if (day := day_of(section.published)))
    people = Counter(name.casefold() for section in sections for name in people_of(section.byline))
    assert {name.casefold(): count for name, count in counts.outlets} == outlets
    assert (dict(counts.months), {name.casefold(): n for name, n in counts.people}) == (dict(months), people)
    for numbers in (counts.outlets, counts.months, counts.people):
        assert numbers == sorted(numbers, key=lambda item: (-item[1], item[0]))


def test_the_latest_come_first_and_pages_follow_each_other(made: Stories) -> None:
    index = made.opened()
    whole = [hit.article for hit in index.search(ALL, 200, scope=EVERYTHING, by_day=True)[0]]
    parts = [
        hit.article
        for n in range(0, 200, 7)
        for hit in index.search(ALL, 7, scope=EVERYTHING, offset=n, by_day=True)[0]
    ]
    assert parts == whole
    hits = index.search(ALL, 200, scope=EVERYTHING, by_day=True)[0]
    articles = {article.id: article for article in MADE}
    days = [day_of(articles[hit.article].section_at(hit.start).published) or "" for hit in hits]
    assert days == sorted(days, reverse=True)
    words = [hit.score for hit in index.search(read_query("flood mayor"), 50, scope=EVERYTHING)[0]]
    assert words == sorted(words, reverse=True) and words[0] > words[-1] > 0


# The words of a text


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("The Pérez brothers", '"perez brothers"', "Pérez brothers"),
        ("Pe\u0301rez left", "PÉREZ", "Pe\u0301rez"),
        ("Kleo\u00adpatra of Has\u00ad\nel", '"Kleopatra of Hasel"', "Kleo\u00adpatra of Has\u00ad\nel"),
        ("A man, Hasel-\nbacher, spoke", '"Haselbacher spoke"', "Hasel-\nbacher, spoke"),
        ("a long-\nterm plan", '"long-term plan"', "long-\nterm plan"),
        ("a long-\nterm plan", "longterm", "long-\nterm"),
        ("It’s “never again”, he said", '"It\'s never again he said"', "It’s “never again”, he said"),
        ("the F-15E and R&D", '"F-15E" "R&D"', "F-15E R&D"),
        ("of 5,000 and 2.5", '"5,000"', "5,000"),
        ("a\u00a0thin\u202fspace", '"a thin space"', "a\u00a0thin\u202fspace"),
        ("o\ufb03ce hours", "office", "o\ufb03ce"),
        ("速報です", '"報で"', "報で"),
        ("snake_case_name", '"case name"', "case_name"),
        ("Straße STRASSE", "strasse", "Straße STRASSE"),
        ("One. Ad! Two three", '"one two"', "One. Ad! Two"),
    ],
)
def test_words_are_compared_as_people_type_them(tmp_path: Path, text: str, query: str, marked: str) -> None:
    asides = (Aside(5, 8, "advert"),) if "Ad!" in text else ()
    article = Article("a", text, "", asides=asides)
    index = one_of(tmp_path / "archive", article, Article("b", "nothing of it", ""))
    assert found(index, query) == [("a", 0)]
    marks = marks_in_text(read_query(query), article, 0, len(text))
    assert " ".join(text[start:end] for start, end in marks) == marked


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("flooding", "flood"),
        ("mayor of the town", '"mayor the"'),
        ("mayor, The", '"mayor of the"'),
        ("re-sign", "resign"),
        ("One. Ad! Two", "ad"),
        ("begin long-\nterm end", "end NEAR/5 begin NOT longterm"),
        ("parted-\nwords one two", "two NEAR/9 parted NOT one"),
    ],
)
def test_nothing_is_found_that_is_not_there(tmp_path: Path, text: str, query: str) -> None:
    asides = (Aside(5, 8, "advert"),) if "Ad!" in text else ()
    assert found(one_of(tmp_path / "archive", Article("a", text, "", asides=asides)), query) == []


def test_two_readings_of_one_text_are_not_near_each_other(tmp_path: Path) -> None:
    index = one_of(tmp_path / "archive", Article("a", f"first long-\nterm {'x ' * 150}last", ""))
    assert found(index, "last NEAR/100 first") == [] and found(index, "first NEAR/2 long") == [("a", 0)]


def test_a_page_is_searched_story_by_story(tmp_path: Path) -> None:
    sections = (Section(5, "One", "AFP", "2020-01-03"), Section(16, "Two", "EFE", "2020-01-04"))
    index = one_of(tmp_path / "archive", Article("p", "Menu flood here fire there", "Page", "Site", sections=sections))
    assert found(index, "flood fire") == [] and found(index, "flood") == [("p", 5)]
    assert found(index, "outlet:efe") == [("p", 16)] and found(index, "menu") == [("p", 0)]
    headless = Article("q", "Flood.", "Page", sections=(Section(0, "One"),))
    assert [start for start, _, _ in stories_of(headless)] == [0]


# The syntax


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("flood mayor", "flood AND mayor"),
        ("flood OR fire mayor", "flood OR (fire AND mayor)"),
        ("-flood mayor", "NOT flood AND mayor"),
        ("“New York”", '"new york"'),
        ('flood, "the mayor".', 'flood AND "the mayor"'),
        ("title:(flood OR mayor)", "title:flood OR title:mayor"),
        ('"flood mayor"~3', "flood NEAR/3 mayor"),
        ("flood NEAR mayor", "flood NEAR/10 mayor"),
        ("TITLE:flood By:holm", "title:flood by:holm"),
        ("date:2020-01", "date:2020-01-01..2020-01-31"),
        ('date:"January 2020"', "since:2020-01-01 until:2020-01"),
        ("date:..2020", "until:31/12/2020"),
        ("flod~1", "flod~"),
        ("– flood &", "flood"),
    ],
)
def test_the_same_is_written_in_several_ways(made: Stories, written: str, meant: str) -> None:
    assert found(made, written) == found(made, meant)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('"Maria Holm', 'the quotation mark at character 1 is not closed; write another "'),
        ("(flood OR fire", "the bracket at character 1 is not closed; write )"),
        ("flood)", "the bracket at character 6 was never opened; leave it out, or write ( before"),
        ("flood AND", 'there is nothing after "AND"; write a word or a phrase there'),
        ("OR flood", 'there is nothing before "OR"; write a word or a phrase there, or put it in quotes'),
        ("flood AND OR fire", '"OR" at character 11 cannot stand after "AND"; leave out one of the two'),
        ("()", 'there is nothing after "("'),
        ("NOT", 'there is nothing after "NOT"'),
        ('""', 'there is no word between the quotes of ""'),
        ("– !", '"– !" has no word in it'),
        ("outlett:BBC", 'there is no field "outlett:"; there is title:, outlet:, by:, date:, since:, until:'),
        ('place:"New York"', 'there is no field "place:"'),
        ("date:soon", '"date:soon"; write a day, a month or a year'),
        ("date:04/05/2024", '"date:04/05/2024"; that is 4 May or 5 April; write 2024-05-04 or 2024-04-05'),
        ("date:2025..2024", '"date:2025..2024" ends before it begins'),
        ("date:(2024 OR 2025)", "date: takes one day"),
        ("date:..", "date: names no day"),
        ('date:"3 May 2024".."5 May 2024"', "both days of date: stand in one pair of quotes"),
        ('-date:2024-05.."5 June 2024"', "both days of date: stand in one pair of quotes"),
        ("f*", "f*: a star follows two letters or more"),
        ("fl*od", "fl*od: a star stands at the end of a word alone"),
        ("new-york*", "new-york*: a star follows a single word; write york*"),
        ('"the wat*"', '"the wat*": a star in quotes stands for nothing'),
        ("flod~3", "flod~3: write word~ or word~2"),
        ("an~", "an~: write word~ or word~2"),
        ('"Maria Holm" NEAR bribe', "NEAR stands between two single words"),
        ('"a b c"~5', '"a b c"~5: only two words can be near each other'),
        ("flood NEAR/900 fire", "words can be 1 to 100 words apart, not 900"),
        ("title:(by:holm)", "a field cannot stand within another"),
        ("(" * 50 + "a" + ")" * 50, "it has more parts in each other than can be read"),
        ("a " * 101, "the query has more than 100 words and phrases; leave some out"),
        ("x" * 2_001, "the query has 2,001 characters; write 2,000 at most"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(written: str, sentence: str) -> None:
    with pytest.raises(QueryError) as refused:
        read_query(written)
    assert str(refused.value).startswith(sentence) and "\n" not in str(refused.value)


PIECES = [
    *('"', "(", ")", "AND", "OR", "NOT", "NEAR/3", "-", "*", "~", "title:", "date:", "flood", "May", "2024"),
    " ",
    "é",
    "\ud800",
]


@given(written=st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=30))
def test_any_text_is_a_query_or_a_sentence(made: Stories, written: str) -> None:
    assert is_exact(written) in (True, False)
    try:
        query = read_query(written)
    except QueryError as error:
        assert str(error).isprintable()
        return
    found(made, query)


def test_no_plain_question_is_taken_for_exact_search() -> None:
    for file in [ROOT / "data" / "gold.jsonl", *(ROOT / "bench" / "gold").rglob("gold.jsonl")]:
        for line in file.read_text("utf-8").splitlines():
            assert not is_exact(json.loads(line)["question"])
    for heading in (
        "Fire: two dead",
        "The 9-to-5 train",
        "U.S.-China talks",
        "at 10:30",
        "at -5 degrees",
        "Did he say DO NOT enter?",
        "https://example.org/a",
        '5" pipe',
    ):
        assert not is_exact(heading)


# Kept in step with the archive


def test_it_follows_the_archive(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "archive", [Article("a", "one flood", ""), Article("b", "two flood", "")])
    index = Stories(archive)
    assert found(index, "flood") == [("a", 0), ("b", 0)]
    put(archive, [Article("a", "one fire", ""), Article("c", "three flood", "")])
    assert found(index, "flood") == [("b", 0), ("c", 0)] and found(index, "fire") == [("a", 0)]
    with archive.change():
        archive.remove_articles(["b"])
    assert found(index, "flood") == [("c", 0)] == found(Stories(archive), "flood")


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = archive_of(tmp_path / "archive", MADE[:9])
    index = Stories(archive)
    index.opened()
    read: list[str] = []
    article = archive.article
    monkeypatch.setattr(archive, "article", lambda id: (read.append(id), article(id))[1])
    put(archive, [replace(MADE[3], text="flood")])
    index.opened()
    Stories(archive).opened()
    assert read == [MADE[3].id]


@pytest.mark.parametrize("damage", ["stamp.json", "held.json", "stories-1", "meta.json", "all"])
def test_what_is_damaged_is_made_again(tmp_path: Path, damage: str) -> None:
    archive = archive_of(tmp_path / "archive", MADE)
    before = found(Stories(archive), "flood")
    folder = archive.folder / "stories"
    if damage == "all":
        shutil.rmtree(folder)
    else:
        (folder / damage).unlink()
    assert found(Stories(archive), "flood") == before != []


def test_another_archive_in_the_same_place_is_not_taken_for_it(tmp_path: Path, embedder: FakeEmbedder) -> None:
    folder = tmp_path / "archive"
    first = make_index(folder, [write_files(tmp_path / "one", {"a.txt": "One flood."})], embedder)
    assert found(Stories(first.archive), "flood")
    first.close()
    for file in folder.glob("archive.sqlite*"):
        file.unlink()
    second = make_index(folder, [write_files(tmp_path / "two", {"a.txt": "One fire."})], embedder)
    assert found(Stories(second.archive), "flood") == [] and found(Stories(second.archive), "fire")
    second.close()


def test_a_folder_that_cannot_be_written_can_be_searched_exactly(news: NewsIndex, tmp_path: Path) -> None:
    Stories(news.archive).opened()
    folder = news.archive.folder
    news.close()
    files = sorted(folder.rglob("*"))
    open_to_all(tmp_path, writable=False)
    as_nobody(_searches_only, folder)
    assert sorted(folder.rglob("*")) == files


def _searches_only(folder: Path) -> None:
    assert found(Stories(open_archive(folder)), '"the price of oil"')


def test_without_an_index_and_a_place_for_it_a_sentence(news: NewsIndex, tmp_path: Path) -> None:
    folder = news.archive.folder
    news.close()
    open_to_all(tmp_path, writable=False)
    as_nobody(_has_no_index, folder)


def _has_no_index(folder: Path) -> None:
    with pytest.raises(ArchiveError, match="exact search has no index yet, and it cannot be written here"):
        Stories(open_archive(folder)).opened()


def test_one_who_waits_too_long_for_another_is_told(news: NewsIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "LONGEST_WAIT", 0.1)
    with exact.FileLock(news.archive.folder / "stories.lock"), pytest.raises(ArchiveError, match="has no index yet"):
        Stories(news.archive).opened()


def test_making_a_large_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "SAY_FROM", 5)
    said: list[str] = []
    Stories(archive_of(tmp_path / "archive", MADE[:6])).opened(said.append)
    assert said == ["6 articles are made ready for exact search, once"]


# The list


def listing(news: NewsIndex, words: str, **how: object) -> Listing:
    return list_stories(news.archive, Stories(news.archive), words, k=9, **how)  # type: ignore[arg-type]


def test_hits_show_the_words_and_whose_they_are(news: NewsIndex) -> None:
    found = listing(news, '"general soleimani" OR title:oil')
    assert (found.total, found.sort, found.why) == (2, "relevance", "")
    airport = next(hit for hit in found.hits if hit.article.id == "airport")
    assert [airport.article.text[start:end] for start, end in airport.marks] == ["General Soleimani"]
    assert airport.text.startswith("A drone strike killed General Soleimani") and airport.section.source == "Reuters"
    told = found.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["counts"]["months"] == [{"name": "2020-01", "stories": 2}]
    oil = next(hit for hit in told["hits"] if hit["article_id"] == "economy/oil")
    assert [oil["title"][start:end] for start, end in oil["title_marks"]] == ["Oil"] and oil["marks"] == []


def test_no_words_list_all_the_latest_first(news: NewsIndex) -> None:
    found = listing(news, "")
    assert [hit.article.id for hit in found.hits] == ["wire-1", "economy/oil", "airport", "wire-2"]
    assert (found.total, found.sort) == (4, "day")
    assert [hit.rank for hit in listing(news, "", first=3).hits] == [3, 4]


@pytest.mark.parametrize(
    ("words", "scope", "why"),
    [
        ("airprt", EVERYTHING, "no story has airprt; try airprt~"),
        ("airpo", EVERYTHING, "no story has airpo; try airp*"),
        ("zzz", EVERYTHING, "no story has zzz"),
        ("outlet:reuter", EVERYTHING, "no story has outlet:reuter; did you mean reuters?"),
        ("outlet:qqq", EVERYTHING, "no story has outlet:qqq; groundwire info names the outlets"),
        (
            '"baghdad airport was"',
            EVERYTHING,
            'no story has "baghdad airport was"; 1 have its words, not side by side:',
        ),
        ("oil airport", EVERYTHING, "no story has all of it: oil is in 1, airport is in 1; leave out one"),
        ("date:1999", EVERYTHING, "no story has date:1999-01-01..1999-12-31"),
        ("oil", Scope(outlets=("EFE",)), "no story in what you chose (EFE) has oil"),
        ("oil", Scope(outlets=("none",)), "there is nothing in what you chose (none)"),
    ],
)
def test_what_is_nowhere_is_said_with_what_there_is(news: NewsIndex, words: str, scope: Scope, why: str) -> None:
    found = listing(news, words, scope=scope)
    assert (found.total, found.hits, found.outlets) == (0, (), []) and found.why.startswith(why), found.why


def test_an_empty_archive_says_so(tmp_path: Path, embedder: FakeEmbedder) -> None:
    news = NewsIndex.create(tmp_path / "empty", embedder, max_tokens=9)
    assert listing(news, "flood").why == "the archive is empty; groundwire index PATH fills it"
    news.update([write_files(tmp_path / "a", {"a.txt": "A flood."})], count_tokens=count_words)
    assert listing(news, "flood").total == 1
    news.close()
