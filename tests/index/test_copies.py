"""Copies and versions are told apart from stories that only share words, whatever the order they come in."""

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import index.copies.tables
import index.store.sqlite
from index.article import Article, Aside, Section
from index.copies.difference import Difference, difference
from index.copies.shingles import overlap, shingles_of, sketch_of, words_of
from index.copies.tables import SENIORS
from index.store.archive import Archive
from index.store.sqlite import EmbeddedArchive
from index.update import UpdateReport
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder, count_words

WORDS = [
    f"{start}{end}" for start in "ba ce di fo gu ha je ki lo mu".split() for end in "nder rsal tmor vine xley".split()
]


def text_of(seed: int, count: int = 160) -> str:
    """A story of made-up words, ten a sentence, five sentences a paragraph: another one for each seed."""
    chosen = random.Random(seed)
    words = [chosen.choice(WORDS) for _ in range(count)]
    sentences = [" ".join(words[at : at + 10]).capitalize() + "." for at in range(0, count, 10)]
    return "\n\n".join(" ".join(sentences[at : at + 5]) for at in range(0, len(sentences), 5))


def cut(text: str, share: float) -> str:
    words = text.split(" ")
    return " ".join(words[: int(len(words) * share)])


STORY, OTHER = text_of(1), text_of(2)
WIRE = Article("wire", STORY, "Ten die in flood", "AFP", "2020-01-03", agency="AFP")
COPY = Article("copy", f"HERALD (AFP) – {STORY}", "Flood kills ten", "Herald", "2020-01-04", agency="AFP")
SHORT = Article("short", cut(STORY, 0.5), "Flood", "Post", "2020-01-04")
FIXED = Article("fixed", STORY.replace("Banders", "Seven"), "CORRECTED: Seven die in flood", "AFP", "2020-01-05")
ELSE = Article("else", OTHER, "Vote in Peru", "EFE", "2020-01-03")


def fill(folder: Path, articles: Sequence[Article]) -> Archive:
    """A new archive of these articles, each in a transaction of its own, without passages."""
    archive = EmbeddedArchive.create(folder, {"embedder": "none", "dimension": "1"})
    for article in articles:
        put(archive, article)
    return archive


def put(archive: Archive, article: Article) -> None:
    with archive.change():
        archive.put_article(article, archive.put_file(article.id, "", ""), [])


def remove(archive: Archive, *ids: str) -> None:
    with archive.change():
        archive.remove_articles(ids)


def told(archive: Archive) -> dict[str, list[tuple[str, str, str | None]]]:
    """Each group as its name and, for every member, article, relation and the article that supersedes it."""
    return {
        group.name: [
            (member.story.article, member.relation, member.superseded_by and member.superseded_by.article)
            for member in group.members
        ]
        for group in archive.groups()
    }


def test_a_wire_its_copies_and_its_correction_are_one_group(tmp_path: Path) -> None:
    archive = fill(tmp_path, [SHORT, FIXED, ELSE, COPY, WIRE])
    [(name, members)] = told(archive).items()
    assert name == "wire:0" and members[0] == ("wire", "source", "fixed")
    assert {(article, relation) for article, relation, _ in members[1:]} == {
        *(("copy", "copy"), ("short", "copy"), ("fixed", "update"))
    }
    assert archive.count_copies()[0] == 2


@pytest.mark.parametrize("order", list(permutations(range(5)))[::17])
def test_groups_do_not_depend_on_the_order_of_arrival(tmp_path: Path, order: tuple[int, ...]) -> None:
    articles = [WIRE, COPY, SHORT, FIXED, ELSE]
    forward = told(fill(tmp_path / "a", articles))
    assert told(fill(tmp_path / "b", [articles[i] for i in order])) == forward


@st.composite
def archives(draw: st.DrawFn) -> list[Article]:
    """Up to nine articles of three stories: cut, led in, dated, marked and carried in any way."""
    made = []
    for number in range(draw(st.integers(2, 9))):
        text = text_of(draw(st.integers(0, 2)))
        text = cut(text, draw(st.sampled_from([0.4, 0.7, 1.0])))
        lead = cut(text_of(draw(st.integers(10, 12))), draw(st.sampled_from([0.0, 0.2])))
        mark = draw(st.sampled_from(["", "UPDATE 2-", "CORRECTED: "]))
        day = draw(st.sampled_from([None, "2020-01-03", "2020-01-03T10:00", "2020-01-05"]))
        source = draw(st.sampled_from([None, "AFP", "Herald", "Post"]))
        agency = draw(st.sampled_from([None, "AFP"]))
        made.append(Article(f"a{number}", f"{lead} {text}", f"{mark}Flood in the valley", source, day, agency=agency))
    return made


@given(archives(), st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_any_archive_groups_alike_in_any_order(articles: list[Article], chance: random.Random) -> None:
    """…and after some of it was taken out, changed and put in again."""
    with tempfile.TemporaryDirectory() as folder:
        one = fill(Path(folder) / "one", articles)
        shuffled = articles.copy()
        chance.shuffle(shuffled)
        other = fill(Path(folder) / "other", [replace(article, published="1999-01-01") for article in shuffled[:3]])
        for article in shuffled:
            put(other, article)
        remove(other, *(article.id for article in shuffled[::2]))
        for article in shuffled[::2]:
            put(other, article)
        assert told(one) == told(other)
        assert _ties(one) == _ties(other)


def _ties(archive: Archive) -> set[tuple[str, str]]:
    query = "SELECT a.article, b.article FROM alike JOIN stories a ON a.row = story JOIN stories b ON b.row = senior"
    return set(archive._rows(query))


def test_a_text_carried_by_many_stays_cheap_and_loses_its_source_to_the_next(tmp_path: Path) -> None:
    many = [replace(WIRE, id=f"m{n:02}", source=f"Outlet {n}", agency=None) for n in range(3 * SENIORS)]
    random.Random(3).shuffle(many)
    archive = fill(tmp_path, many)
    ties = _ties(archive)
    assert len(ties) == sum(min(n, SENIORS) for n in range(len(many)))
    ids = sorted(article.id for article in many)
    for gone, following in pairwise(ids[: SENIORS + 4]):
        remove(archive, gone)
        assert list(told(archive)) == [f"{following}:0"]
    left = len(ids) - SENIORS - 3
    assert archive.count_copies() == (left - 1, 0)
    assert len(_ties(archive)) == sum(min(n, SENIORS) for n in range(left))


def test_what_leaves_takes_all_of_its_rows_with_it(tmp_path: Path) -> None:
    archive = fill(tmp_path, [WIRE, COPY, FIXED])
    remove(archive, "wire", "copy", "fixed")
    for table in ("stories", "bands", "alike"):
        assert archive._rows(f"SELECT count(*) FROM {table}") == [(0,)]


def test_an_article_that_changes_leaves_its_group(tmp_path: Path) -> None:
    archive = fill(tmp_path, [WIRE, COPY])
    put(archive, replace(COPY, text=OTHER))
    assert told(archive) == {}
    put(archive, COPY)
    assert list(told(archive)) == ["wire:0"]


def test_the_agency_leads_though_a_copy_is_dated_before_it(tmp_path: Path) -> None:
    early = replace(COPY, published="2020-01-02")
    assert list(told(fill(tmp_path, [early, WIRE]))) == ["wire:0"]


def test_what_is_alike_to_two_sources_goes_to_the_nearer(tmp_path: Path) -> None:
    brief = Article("brief", text_of(30, 60), "Vote", "EFE", "2020-01-01")
    mixed = Article("mixed", f"{' '.join(brief.text.split()[:40])} {STORY}", "Flood", "Post", "2020-01-09")
    assert told(fill(tmp_path, [brief, mixed])) == {"brief:0": [("brief", "source", None), ("mixed", "copy", None)]}
    put(archive := fill(tmp_path / "both", [brief, mixed]), WIRE)
    assert told(archive) == {"wire:0": [("wire", "source", None), ("mixed", "copy", None)]}


def test_an_outlet_that_repeats_its_background_makes_no_copy(tmp_path: Path) -> None:
    again = Article("again", f"{text_of(7, 100)} {STORY}", "The week after", "AFP", "2020-02-03")
    assert told(fill(tmp_path, [WIRE, again])) == {}
    assert len(told(fill(tmp_path / "two", [WIRE, replace(again, source="Post")]))) == 1


def test_a_headline_alone_makes_no_version_of_what_shares_little(tmp_path: Path) -> None:
    later = replace(WIRE, id="later", text=f"{cut(STORY, 0.35)} {text_of(7, 100)}", published="2020-01-09")
    assert told(fill(tmp_path, [WIRE, later])) == {}
    address = "https://example.org/flood"
    one_page = [replace(article, url=address) for article in (WIRE, later)]
    assert told(fill(tmp_path / "page", one_page)) == {
        "wire:0": [("wire", "source", "later"), ("later", "update", None)]
    }


def test_one_shared_statement_makes_no_copy(tmp_path: Path) -> None:
    statement = " ".join(STORY.split()[:26])
    brief = Article("brief", f"{statement} {text_of(8, 50)}", "Flood", "Post", "2020-01-03")
    assert overlap(*(shingles_of(words_of(a.text)) for a in (WIRE, brief))).containment > 0.25
    assert told(fill(tmp_path, [WIRE, brief])) == {}


def test_a_copy_carries_the_version_that_it_is_nearest_to(tmp_path: Path) -> None:
    words = STORY.split(" ")
    words[3:90:6] = ["changed"] * len(words[3:90:6])
    update = replace(WIRE, id="later", text=" ".join(words), title="2nd Lead: Ten die in flood", updated="2020-01-04")
    late = replace(COPY, id="late", text=update.text, source="Times")
    members = dict(
        (article, (relation, by))
        for article, relation, by in told(fill(tmp_path, [late, COPY, update, WIRE]))["wire:0"]
    )
    assert members == {
        "wire": ("source", "later"),
        "later": ("update", None),
        "copy": ("copy", "later"),
        "late": ("copy", None),
    }


@pytest.mark.parametrize(
    ("first", "second", "newest"),
    [
        (("Flood", "2020-01-03"), ("Flood", "2020-01-04"), "b"),
        (("Flood", "2020-01-03T09:00"), ("Flood", "2020-01-03T08:00"), "a"),
        (("CORRECTION: Flood", "2020-01-03"), ("UPDATE 3-Flood", "2020-01-03"), "a"),
        (("3rd Lead: Flood", None), ("Flood (Updated)", None), "a"),
        (("Flood", "2020-01-03"), ("Flood", "2020-01-03"), None),
    ],
)
def test_the_later_version_supersedes(
    tmp_path: Path, first: tuple[str, str | None], second: tuple[str, str | None], newest: str | None
) -> None:
    articles = [Article(name, STORY, title, "AFP", day) for name, (title, day) in (("a", first), ("b", second))]
    [members] = told(fill(tmp_path, articles)).values()
    assert {by for _, _, by in members} - {None} == ({newest} if newest else set())


def test_a_story_of_a_page_is_found_in_its_own_right(tmp_path: Path) -> None:
    page = Article(
        "page",
        f"{OTHER}\n{STORY}",
        "Page",
        "Digest",
        "2020-01-06",
        sections=(Section(len(OTHER) + 1, "Flood", "Post", "2020-01-05"),),
    )
    archive = fill(tmp_path, [page, WIRE, ELSE])
    assert list(told(archive)) == ["else:0", "wire:0"]
    assert [(place.start, place.group) for place in archive.places("page")] == [
        (0, "else:0"),
        (len(OTHER) + 1, "wire:0"),
    ]


def test_what_is_set_aside_makes_no_copy(tmp_path: Path) -> None:
    advert = text_of(9, 100)
    pages = [
        Article(name, f"{advert}\n{text}", name, name, asides=(Aside(0, len(advert), "advert"),))
        for name, text in (("a", text_of(20, 60)), ("b", text_of(21, 60)))
    ]
    assert told(fill(tmp_path / "aside", pages)) == {}
    assert len(told(fill(tmp_path / "kept", [replace(page, asides=()) for page in pages]))) == 1


def test_sketches_are_the_same_in_every_run() -> None:
    sketch = sketch_of(shingles_of(words_of("one two three four five six seven")))
    assert sketch[:3].tolist() == [1337910524, 984887757, 305703154]


def test_most_stories_are_never_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(index.copies.tables, "overlap", lambda *pair: compared.append(pair) or overlap(*pair))
    archive = fill(tmp_path, [Article(f"a{n}", text_of(n), f"Title {n}", f"Outlet {n}") for n in range(60)])
    put(archive, Article("copy", text_of(30), "Title", "Post"))
    assert len(told(archive)) == 1 and len(compared) < 10


def test_an_update_that_is_killed_and_run_again_groups_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_files(tmp_path / "articles", {f"{a.id}.md": _as_file(a) for a in (WIRE, COPY, SHORT, ELSE)})
    whole = make_index(tmp_path / "whole", [folder], FakeEmbedder())
    assert len(told(whole.archive)) == 1
    archive = tmp_path / "archive"
    monkeypatch.setattr("index.update.BATCH_PASSAGES", 3)
    regroup, calls = index.store.sqlite.regroup, []

    def dies_at_the_third(*given: object) -> None:
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        regroup(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("index.store.sqlite.regroup", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        make_index(archive, [folder], FakeEmbedder())
    held = type(whole).open(archive, FakeEmbedder())
    held.update([folder], count_tokens=count_words)
    assert told(held.archive) == told(whole.archive)
    assert held.update([folder], count_tokens=count_words) == UpdateReport(unchanged=4)


def _as_file(article: Article) -> str:
    return (
        f"---\ntitle: {article.title}\nsource: {article.source}\npublished: {article.published}\n---\n{article.text}\n"
    )


@given(st.lists(st.integers(0, 30), max_size=12), st.lists(st.integers(0, 30), max_size=12))
def test_a_difference_has_each_sentence_that_only_one_text_has(first: list[int], second: list[int]) -> None:
    def tell(numbers: list[int]) -> str:
        return "\n".join(f"{text_of(100 + n, 10)}" for n in numbers)

    found, back = difference(tell(first), tell(second)), difference(tell(second), tell(first))
    gone = {*found.removed, *(old for old, _ in found.changed)}
    come = {*found.added, *(new for _, new in found.changed)}
    assert gone == {text_of(100 + n, 10) for n in {*first} - {*second}}
    assert come == {text_of(100 + n, 10) for n in {*second} - {*first}}
    assert (len(back.added), len(back.removed)) == (len(found.removed), len(found.added))
    assert difference(tell(first), tell(first[::-1])) == Difference()


def test_a_difference_names_the_changed_figures() -> None:
    old = "Ten were hurt. In all 1,200 people fled the town on Monday. It rained."
    new = "It rained. In all 1,350 people fled the town on Monday. A bridge fell."
    found = difference(old, new)
    assert (found.added, found.removed) == (("A bridge fell.",), ("Ten were hurt.",))
    assert found.numbers == (("1,200", "1,350"),)
    assert str(found) == "1 sentence added, 1 removed, 1 changed, 1,200 → 1,350"
