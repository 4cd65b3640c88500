"""A part of an archive is asked: what is within it is found as in all of it, and nothing else is read."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tantivy
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, Section
from index.news_index import NewsIndex
from index.passage import Passage
from index.search import dense, lexical
from index.store.archive import Archive, StoredPassage
from index.store.scope import EVERYTHING, MOST_VALUES, Scope, ScopeError, day_of, span_of
from index.store.sqlite import SCOPES_KEPT, EmbeddedArchive
from index.store.within import MOST_BARS
from models import Message
from qa.answer import Answer
from qa.ask import Piece
from qa.replay import ReplayError, read_record, replay
from qa.retrieve import rank_stages, retrieve
from tests.cli.test_main import Desk, desk  # noqa: F401  the fixture
from tests.conftest import make_index, rows_of, write_files
from tests.index.test_dense import dense_index
from tests.index.test_search import unit_vectors
from tests.support.fakes import FakeEmbedder, ScriptedGenerator, count_words
from tests.support.rooms import check_record, make_room, timeless

OUTLETS = ("Meridian Wire", "MERIDIAN WIRE", "Northgate Courier", None)
LANGUAGES = ("en", "fr", "FR", None)
DATES = ("2019-12-31", "2020-01-03", "2020-01-03T23:30:00-05:00", "20200204", "2021-06", None)
WORDS = "strike airport oil flood crowd bridge minister".split()
QUESTION = "Who died in the strike at the airport of Baghdad?"


def made_articles(count: int = 60) -> Iterator[tuple[Article, list[Passage]]]:
    """Articles of few words and so of many equal passages; every third is a page of up to three stories.

    The first story of a page stands in its head, says it again, or is another one.
    """
    dice = random.Random(7)
    for n in range(count):
        sentences = [f"{' '.join(dice.choices(WORDS, k=3))}." for _ in range(6)]
        starts = [sum(len(sentence) + 1 for sentence in sentences[:i]) for i in range(6)]
        told = [(dice.choice(OUTLETS), dice.choice(DATES)) for _ in range(3)]
        places = dice.choice([(0, 2, 4), (2, 3), (0, 1)])
        sections = tuple(
            Section(starts[at], f"Story {n}.{at}", *story)
            for at, story in zip(places, told, strict=False)
            if n % 3 == 0
        )
        source, published = told[0] if dice.random() < 0.5 else (dice.choice(OUTLETS), dice.choice(DATES))
        article = Article(f"folder/a{n}", " ".join(sentences), f"Headline {n}", source, published)
        article = Article(**vars(article) | {"sections": sections, "language": dice.choice(LANGUAGES)})
        yield article, [Passage(start, start + len(text)) for start, text in zip(starts, sentences, strict=True)]


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsIndex]:
    """360 passages of 60 made articles."""
    embedder = FakeEmbedder(dimension=8)
    news = NewsIndex.create(tmp_path_factory.mktemp("part") / "archive", embedder, max_tokens=20)
    with news.archive.change():
        file = news.archive.put_file("/made", "/", "")
        for article, passages in made_articles():
            vectors = embedder.encode_documents([article.text[p.start : p.end] for p in passages])
            stored = [StoredPassage(p, bytes(32), vector) for p, vector in zip(passages, vectors, strict=True)]
            news.archive.put_article(article, file, stored)
    news.ready()
    yield news
    news.close()


def days() -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, "2019", "2020", "2020-01", "2020-01-03", "2020-01-04", "2020-02-04", "2021-06-01"])


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    outlets = draw(st.lists(st.sampled_from(["meridian wire", "Northgate Courier", "None Such"]), max_size=2))
    languages = draw(st.lists(st.sampled_from(["en", "FR"]), max_size=1))
    articles = draw(st.lists(st.integers(0, 65).map(lambda n: f"folder/a{n}"), max_size=12))
    since, until = draw(days()), draw(days())
    if since and until and span_of(since, "")[0] > span_of(until, "")[1]:
        since, until = until, since
    return Scope(tuple(outlets), since, until, tuple(languages), tuple(articles))


def is_within(scope: Scope, article: Article, passage: Passage) -> bool:
    """Said again, slowly: by the story that the passage stands in."""
    story = article.section_at(passage.start)
    day = {"20200204": "2020-02-04", "2021-06": None}.get(
        story.published or "", story.published and story.published[:10]
    )
    return (
        (not scope.outlets or (story.source or "").lower() in [outlet.lower() for outlet in scope.outlets])
        and (not scope.languages or (article.language or "").lower() in [code.lower() for code in scope.languages])
        and (not scope.articles or article.id in scope.articles)
        and (not scope.since or (day is not None and day >= scope.since))  # "2020-01" is before all of its days
        and (not scope.until or (day is not None and day[: len(scope.until)] <= scope.until))
    )


# Which passages


@given(scope=scopes())
def test_rows_within_are_those_of_the_stories_within(part: NewsIndex, scope: Scope) -> None:
    archive = part.archive
    places = archive.passages(rows_of(archive))
    articles = {article.id: article for article, _ in made_articles()}
    wanted = [row for row, (name, passage) in sorted(places.items()) if is_within(scope, articles[name], passage)]
    rows = archive.rows_within(scope)
    assert (rows is None) == scope.everything
    assert (list(places) if rows is None else rows.tolist()) == wanted


def test_a_page_is_within_by_its_stories_not_by_its_head(tmp_path: Path) -> None:
    news = NewsIndex.create(tmp_path / "archive", FakeEmbedder(), max_tokens=20)
    sections = (Section(5, "Second", "AFP", "2020-01-04"), Section(10, "Third", None, None))
    page = Article("page", "Head.Next.Last.", "Page", "Reuters", "2020-01-03", sections=sections)
    passages = [StoredPassage(Passage(start, start + 5), b"", np.ones(64, np.float32)) for start in (0, 5, 10)]
    with news.archive.change():
        news.archive.put_article(page, news.archive.put_file("/page", "/", ""), passages)

    def starts(**fields: Any) -> list[int]:
        rows = news.archive.rows_within(Scope(**fields))
        assert rows is not None
        return [passage.start for _, passage in news.archive.passages(rows.tolist()).values()]

    assert starts(outlets=("REUTERS",)) == [0] and starts(outlets=("afp",)) == [5]
    assert starts(since="2020") == [0, 5] and starts(until="2020-01-03") == [0]
    assert starts(articles=("page",)) == [0, 5, 10] and starts(articles=("Page",)) == []


# The ranking


@given(scope=scopes(), k=st.integers(1, 400), words=st.lists(st.sampled_from([*WORDS, "Headline"]), max_size=3))
@pytest.mark.parametrize("most_terms", [lexical.MOST_TERMS, 0], ids=["named", "fetched"])
@pytest.mark.slow
def test_a_ranking_within_is_the_ranking_of_all_with_the_rest_left_out(
    part: NewsIndex, scope: Scope, k: int, words: list[str], most_terms: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "MOST_TERMS", most_terms)
        question = " ".join(words)
        every = part.rank(question, 360)
        within = part.rank(question, k, scope=scope)
    rows = part.archive.rows_within(scope)
    for stage, ranking in every.items():
        left = ranking if rows is None else [hit for hit in ranking if hit[0] in rows]
        if rows is not None:
            assert within[stage] == left[:k], stage
    if scope.everything:
        assert within == part.rank(question, k)


@pytest.mark.parametrize("segment", [99_999, 1000], ids=["exact", "coded"])
@pytest.mark.parametrize("equal", [True, False], ids=["many equal", "all different"])
def test_of_the_rows_it_may_look_at_it_finds_what_it_finds_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segment: int, equal: bool
) -> None:
    """To the last bit of each cosine. Rows are not FAISS's own places."""
    monkeypatch.setattr(dense, "LEAST_DEPTH", 2000)  # of vectors so short, and so alike, codes say little
    dice = np.random.default_rng(1)
    vectors = dice.integers(-1, 2, (900, 6)).astype(np.float32) if equal else unit_vectors(12_000, 16, seed=1)
    n = len(vectors)
    rows = np.sort(dice.choice(20_000, n, replace=False)).astype(np.int64)
    made = dense_index(tmp_path, rows, vectors, segment=700 if equal and segment < n else segment)
    for query in vectors[:2]:
        every = made.search(query[None], n)
        for size in (1, 8, 300, 4000, n):
            within = np.sort(dice.choice(rows, min(n, size), replace=False))
            may = set(within.tolist())
            wanted = [hit for hit in every if hit[0] in may]
            for k in (1, 5, 60, 900):
                assert made.search(query[None], k, within=within) == wanted[:k]
    assert made.search(vectors[:1], 5, within=rows[:0]) == []
    assert made.search(vectors[:1], 5, within=np.array([20_001, 99_999])) == [], "rows that the index lacks"


@pytest.mark.parametrize("most_terms", [lexical.MOST_TERMS, 0], ids=["named", "fetched"])
def test_equal_scores_are_ranked_by_row_however_tantivy_met_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_terms: int
) -> None:
    """Segments stand in any order after a merge: here the last row stands first, and every third text is the same."""
    monkeypatch.setattr(lexical, "MOST_TERMS", most_terms)
    made = lexical._open(tmp_path, fresh=True)
    writer = made.writer(heap_size=lexical.WRITER_HEAP, num_threads=1)
    for row in range(300, 0, -1):
        document = tantivy.Document()
        document.add_unsigned("row", row)
        document.add_text("body", ("oil", "oil flood", "oil oil strike")[row % 3])
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    words = lexical.LexicalIndex(tmp_path, writable=True)
    every = words.search("oil strike", 300)
    for within in (np.arange(1, 301), np.arange(1, 301, 2), np.arange(290, 400), np.array([7]), np.array([999])):
        wanted = [hit for hit in every if hit[0] in within]
        for k in (1, 5, 60, 300):
            assert words.search("oil strike", k, within=within) == wanted[:k]


def test_hits_are_of_the_scope_at_every_stage(part: NewsIndex) -> None:
    scope = Scope(outlets=("meridian wire",), since="2020-01")
    stages = rank_stages(part, "strike airport", k=20, candidates=50, scope=scope)
    assert list(stages) == ["dense", "lexical", "fused"]
    for hits in stages.values():
        assert hits and all(is_within(scope, hit.article, hit.passage) for hit in hits)
        assert all(is_within(scope, copy.article, copy.passage) for hit in hits for copy in hit.copies)
    assert stages["fused"] == retrieve(part, "strike airport", k=20, candidates=50, scope=scope)


@pytest.mark.slow
def test_what_is_within_is_remembered_until_the_archive_changes(news: NewsIndex, articles: Path) -> None:
    scope = Scope(outlets=("Reuters",))
    first = news.archive.rows_within(scope)
    assert first is not None and len(first) > 0 and news.archive.rows_within(scope) is first
    for year in range(2000, 2000 + SCOPES_KEPT):
        news.archive.rows_within(Scope(since=str(year)))
    assert len(news.archive._within) == SCOPES_KEPT and news.archive.rows_within(scope) is not first
    write_files(articles, {"new.md": "---\nsource: reuters\n---\nThe bridge is open again.\n"})
    news.update([articles], count_tokens=count_words)
    rows = news.archive.rows_within(scope)
    assert rows is not None and len(rows) == len(first) + 1 and len(news.archive._within) == 1
    assert [
        found.article.id for found in news.find([row for row, _ in news.rank("bridge", 1, scope=scope)["dense"]])
    ] == ["new"]


# The scope itself


@given(day=st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_a_month_and_a_year_mean_all_their_days(day: date) -> None:
    for written in (day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]):
        first, last = map(date.fromisoformat, span_of(written, "since"))
        assert first <= day <= last and first.isoformat().startswith(written)
        assert first == date.min or not (first - timedelta(1)).isoformat().startswith(written)
        assert last == date.max or not (last + timedelta(1)).isoformat().startswith(written)
        assert Scope(since=written, until=written).story_test()(None, day.isoformat())
    assert day_of(day.isoformat()) == day_of(day.isoformat().replace("-", "")) == day.isoformat()


@given(scope=scopes())
def test_json_gives_a_scope_back(scope: Scope) -> None:
    assert Scope.from_dict(json.loads(json.dumps(scope.to_dict()))) == scope


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "a scope is a JSON object with outlets, since"),
        ({"outlet": ["AFP"]}, 'a scope has no "outlet"; its fields are outlets, since'),
        ({1: 2}, 'a scope has no "1"'),
        ({"outlets": "AFP"}, '"outlets" is no list'),
        ({"outlets": [1]}, "an outlet is named by its name"),
        ({"languages": [None]}, "a language is named by its code"),
        ({"articles": [" "]}, "an article is named by an empty text"),
        ({"outlets": ["x" * 9_999]}, "the name of an outlet has 9,999 characters"),
        ({"outlets": ["\ud800"]}, "the name of an outlet is not UTF-8"),
        ({"articles": ["x"] * (MOST_VALUES + 1)}, "1,001 articles are named"),
        ({"since": "some day"}, '"since" is "some day"; write a day, a month or a year: 2020-01-03, 3 January 2020,'),
        ({"since": "04/05/2020"}, '"since" is "04/05/2020"; that is 4 May or 5 April; write 2020-05-04 or 2020-04-05'),
        ({"since": 2020}, '"since" is "2020"; write a day'),
        ({"until": "2020-02-30"}, '"until" is "2020-02-30"'),
        ({"until": "２０２０"}, '"until" is "２０２０"'),
        ({"until": "0000"}, '"until" is "0000"'),
        ({"until": "\x1b[2J\n"}, r'"until" is "\x1b[2J\n"'),
        ({"since": "2020-02", "until": "2020-01-31"}, '"since" is 2020-02, which is after "until", 2020-01-31'),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(value: object, sentence: str) -> None:
    with pytest.raises(ScopeError) as refused:
        Scope.from_dict(value)
    assert str(refused.value).startswith(sentence) and "\n" not in str(refused.value)


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(vars(EVERYTHING))), inner),
        max_leaves=9,
    )
)
def test_any_json_is_a_scope_or_a_sentence(part: NewsIndex, value: object) -> None:
    try:
        scope = Scope.from_dict(value)
    except ScopeError as error:
        assert str(error)
        return
    part.archive.rows_within(scope)
    assert scope.told().isprintable()


# Numbers and headlines for a page


@given(scope=scopes())
def test_a_timeline_counts_the_stories_within(part: NewsIndex, scope: Scope) -> None:
    names, numbers = zip(*part.archive.timeline(scope), strict=True) if part.archive.timeline(scope) else ((), ())
    dated = Scope(scope.outlets, scope.since or "0001", scope.until, scope.languages, scope.articles)
    stories = Counter[str]()
    for article, _ in made_articles():
        told = list(article.sections)
        if [(s.source, s.published) for s in told[:1]] != [(article.source, article.published)]:
            told.insert(0, Section(0, article.title, article.source, article.published))
        for story in told:
            alone = Article(**vars(article) | {"sections": (Section(0, None, story.source, story.published),)})
            if is_within(dated, alone, Passage(0, 1)):
                stories[day_of(story.published) or ""] += 1
    assert sum(numbers) == stories.total() and len(names) <= MOST_BARS
    for name, number in zip(names, numbers, strict=True):
        assert number == sum(count for day, count in stories.items() if day.startswith(name))


def test_a_timeline_and_the_counts_agree(part: NewsIndex, tmp_path: Path) -> None:
    counts = part.archive.counts()
    unread = sum(section.published == "2021-06" for section in stories_of_all(part.archive))
    assert sum(number for _, number in part.archive.timeline()) == counts.stories - counts.undated - unread
    empty = EmbeddedArchive.create(tmp_path / "empty", {"dimension": "8"})
    assert empty.timeline() == [] and empty.titles("", 9) == []


def stories_of_all(archive: Archive) -> list[Section]:
    told = []
    for article, _ in made_articles():
        told += list(article.sections)
        if [(s.source, s.published) for s in article.sections[:1]] != [(article.source, article.published)]:
            told.append(Section(0, article.title, article.source, article.published))
    return told


@pytest.mark.parametrize(
    ("days", "first", "last", "bars"),
    [
        (["2020-01-03"], "2020-01-03", "2020-01-03", 1),
        (["2020-01-01", "2020-02-29"], "2020-01-01", "2020-02-29", 60),
        (["2020-01-01", "2020-03-01"], "2020-01", "2020-03", 3),
        (["2020-01-31", "2024-12-01"], "2020-01", "2024-12", 60),
        (["2019-12-31", "2024-12-01"], "2019", "2024", 6),
        (["1605-01-01", "1965-12-01", "2024-12-01"], "1605", "2024", 3),
    ],
)
def test_the_unit_of_a_timeline_gives_sixty_bars_at_most(
    tmp_path: Path, embedder: FakeEmbedder, days: list[str], first: str, last: str, bars: int
) -> None:
    rows = [{"id": day, "text": f"Told on {day}.", "published": day} for day in days]
    folder = write_files(tmp_path / "days", {"days.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    news = make_index(tmp_path / "archive", [folder], embedder)
    timeline = news.archive.timeline()
    assert (timeline[0][0], timeline[-1][0], len(timeline)) == (first, last, bars)
    assert sum(number for _, number in timeline) == len(days)
    for name, number in timeline:  # every name is one to narrow by
        rows_within = news.archive.rows_within(Scope(since=name, until=name))
        assert rows_within is not None and len(rows_within) == number
    news.close()


def test_articles_are_found_by_words_of_their_headlines_and_ids(news: NewsIndex) -> None:
    def ids(words: str, limit: int = 9) -> list[str]:
        return [article for article, *_ in news.archive.titles(words, limit)]

    assert news.archive.titles("OIL rise", 9) == [("economy/oil", "Oil prices rise", "AFP", "2020-01-04")]
    assert ids("") == ["wire-1", "economy/oil", "airport", "wire-2"], "newest first, without a day last"
    assert ids("", 2) == ["wire-1", "economy/oil"] and ids("", 0) == ids("", -1) == []
    assert ids("WIRE-") == ["wire-1", "wire-2"] and ids("peru wire") == ["wire-1"] and ids("peru oil") == []
    assert ids("%") == ids("_") == ids("wire_1") == ids("'") == ids("\ud800") == ids("\0") == []


def test_a_page_is_found_by_the_headlines_of_its_stories(part: NewsIndex) -> None:
    article = next(article for article, _ in made_articles() if article.sections)
    found = part.archive.titles(f"{article.sections[-1].title}", 9)
    assert found == [(article.id, article.title, article.source, article.published)]


# Asking


def test_only_what_is_within_is_read(news: NewsIndex) -> None:
    generator = ScriptedGenerator()
    everywhere = make_room(news).ask(QUESTION)
    assert {citation.article_id for citation in everywhere.citations} == {"airport"}
    assert everywhere.replay["scope"] is None
    answer = make_room(news, generator).ask(QUESTION, scope=Scope(outlets=("afp",), since="2020-01-03"))
    assert {hit.article.id for hit in answer.hits} == {"economy/oil"} and answer.declined
    assert answer.answer.startswith("The articles you chose (afp, since 2020-01-03) do not say. The nearest ")
    assert not any("Soleimani" in message.content for asked in generator.asked for message in asked)
    check_record(answer)


def test_a_scope_that_leaves_nothing_out_changes_nothing(news: NewsIndex) -> None:
    plain = make_room(news).ask(QUESTION)
    assert timeless(make_room(news).ask(QUESTION, scope=Scope())) == timeless(plain)
    wide = timeless(make_room(news).ask(QUESTION, scope=Scope(until="2020-01-03")))
    assert wide["answer"] == plain.answer and wide["citations"] == timeless(plain)["citations"]


def test_what_is_not_sure_enough_names_the_scope(news: NewsIndex) -> None:
    answer = make_room(news, least_score=1.0).ask(QUESTION, scope=Scope(outlets=("Reuters",)))
    assert answer.declined
    assert answer.answer.startswith(
        "No answer from the articles you chose (Reuters) is sure enough: the best has a score"
    )


@pytest.mark.parametrize("scope", [Scope(since="2024"), Scope(outlets=("No [1] Such",)), Scope(articles=("gone",))])
def test_where_nothing_is_within_no_model_is_asked(news: NewsIndex, scope: Scope) -> None:
    room = make_room(news)
    room._open_generator = lambda: pytest.fail("no model is wanted")
    history = [Message("user", "What was hit?"), Message("assistant", "The airport was hit.")]
    said, answer = list(room.stream(QUESTION, history, scope=scope, id="q"))
    assert isinstance(said, Piece) and isinstance(answer, Answer)
    told = scope.told().replace("[1]", "(1)")  # no marker without its source
    assert answer.answer == said.text == f"The archive holds no article of those you chose ({told})."
    assert (answer.declined, answer.hits, answer.id) == (True, (), "q")
    assert answer.replay["llm"] == {"name": None, "sha256": None}
    check_record(answer)
    assert list(room.stream(QUESTION, scope=scope, cancelled=lambda: True)) == []


@pytest.mark.parametrize("scope", [Scope(outlets=("AFP",)), Scope(since="2024"), Scope()])
def test_a_kept_answer_is_asked_again_within_its_scope(news: NewsIndex, tmp_path: Path, scope: Scope) -> None:
    kept = make_room(news).ask(QUESTION, scope=scope)
    (tmp_path / "answer.json").write_text(json.dumps(kept.to_dict()))
    again = replay(read_record(tmp_path / "answer.json"), lambda: make_room(news))
    assert (again.causes, again.differences) == ((), ())
    assert again.answer.replay["scope"] == kept.replay["scope"]


def test_a_model_that_was_not_asked_then_has_not_changed(news: NewsIndex, articles: Path, tmp_path: Path) -> None:
    kept = make_room(news).ask(QUESTION, scope=Scope(outlets=("Post",)))
    (tmp_path / "answer.json").write_text(json.dumps(kept.to_dict()))
    write_files(articles, {"post.md": "---\nsource: Post\n---\nTwo died in the strike at the airport of Baghdad.\n"})
    news.update([articles], count_tokens=count_words)
    again = replay(read_record(tmp_path / "answer.json"), lambda: make_room(news))
    assert [cause.partition(":")[0] for cause in again.causes] == ["the archive has changed"]
    assert {citation.article_id for citation in again.answer.citations} == {"post"}


def test_an_answer_kept_before_there_were_scopes_is_asked_of_all(news: NewsIndex, tmp_path: Path) -> None:
    kept = make_room(news).ask(QUESTION).to_dict()
    del kept["replay"]["scope"]
    (tmp_path / "answer.json").write_text(json.dumps(kept))
    assert not replay(read_record(tmp_path / "answer.json"), lambda: make_room(news)).differences


@pytest.mark.parametrize("scope", [7, {"since": "soon"}, {"outlets": [{}]}])
def test_a_kept_answer_with_a_broken_scope_is_a_sentence(news: NewsIndex, tmp_path: Path, scope: object) -> None:
    kept = make_room(news).ask(QUESTION).to_dict()
    kept["replay"]["scope"] = scope
    (tmp_path / "answer.json").write_text(json.dumps(kept))
    with pytest.raises(ReplayError, match="its scope cannot be asked again"):
        read_record(tmp_path / "answer.json")


# The command line


def ids_found(desk: Desk, *options: str) -> set[str]:  # noqa: F811
    return {hit["article_id"] for hit in json.loads(desk.run("search", "the airport", "--json", *options))}


def test_a_search_of_a_part(desk: Desk) -> None:  # noqa: F811
    assert ids_found(desk) == {"airport", "economy/oil", "wire-1", "wire-2"}
    assert ids_found(desk, "--outlet", "reuters", "--outlet", "EFE") == {"airport", "wire-1"}
    assert ids_found(desk, "--since", "2020-01-04", "--until", "2021-06") == {"economy/oil", "wire-1"}
    assert ids_found(desk, "--article", "wire-2", "--article", "airport") == {"wire-2", "airport"}
    assert ids_found(desk, "--outlet", "reuters", "--until", "2019") == set()
    nothing = "groundwire: nothing is in what you chose (Reuters, until 2019)"
    assert desk.err == f"{nothing}; its articles are of 2020-01-03 to 2021-06-07\n"


def test_a_search_by_language(desk: Desk, articles: Path) -> None:  # noqa: F811
    text = "Les inondations ont déplacé deux mille personnes dans la nuit de lundi à mardi. " * 4
    page = (
        f'<html lang="fr"><head><title>Inondations</title></head><body><article><p>{text}</p></article></body></html>'
    )
    write_files(articles, {"fr.html": page})
    desk.run("index", articles)
    assert ids_found(desk, "--language", "FR") == {"fr"}


def test_an_answer_and_a_talk_of_a_part(desk: Desk) -> None:  # noqa: F811
    chosen = "The articles you chose (AFP) do not say."
    assert desk.run("ask", QUESTION, "--outlet", "afp").startswith(chosen)
    assert json.loads(desk.run("ask", QUESTION, "--outlet", "afp", "--json"))["replay"]["scope"]["outlets"] == ["AFP"]
    assert desk.run("chat", "--outlet", "afp", typed=f"{QUESTION}\nAnd the airport?\n").count(chosen) == 2
    assert "airport" in desk.run("ask", QUESTION, "--since", "2020-01-03", "--until", "2020-01-03")
    nothing = "The archive holds no article of those you chose (since 2030).\n"
    assert " ".join(desk.run("ask", QUESTION, "--since", "2030").split()) == nothing.strip()


@pytest.mark.parametrize("command", ["search", "ask", "chat"])
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ("--outlet", "Reuter"),
            'no article has the outlet "Reuter"; did you mean Reuters? groundwire info tells more',
        ),
        (("--outlet", "Qq"), 'no article has the outlet "Qq"; there is AFP, EFE, Reuters; groundwire info tells more'),
        (("--language", "tlh"), 'no article has the language "tlh"'),
        (("--article", "airprt"), 'no article has the id "airprt"; did you mean airport? groundwire search shows ids'),
        (("--article", "\udcff"), "the id of an article is not UTF-8"),
        (("--since", "soon"), '"since" is "soon"; write a day'),
        (("--since", "2021", "--until", "2020"), '"since" is 2021, which is after "until", 2020; exchange them'),
        (("--outlet", "\x1b[2J"), r'no article has the outlet "\x1b[2J"'),
    ],
)
def test_a_part_that_is_not_there_is_a_sentence(
    desk: Desk,  # noqa: F811
    command: str,
    options: tuple[str, ...],
    sentence: str,
) -> None:
    arguments = options if command == "chat" else (QUESTION, *options)
    assert desk.run(command, *arguments, code=1) == ""
    assert desk.err.startswith(f"groundwire: {sentence}") and desk.err.count("\n") == 1
