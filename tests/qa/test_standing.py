"""What is followed is told when, and only when, what new articles say is news beside what is known."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import feedparser
import pytest

from index.news_index import NewsIndex
from index.store.scope import Scope
from index.store.standing import FEED, Standing, strike
from qa.ask import QuestionError
from qa.newsroom import Newsroom
from qa.standing import follow
from qa.standing.compare import compare, names_it, same, sides_of
from qa.standing.feed import write_feed
from qa.standing.follow import Change, FollowError, begin, check, find_followed, history_of, known_of
from qa.standing.voice import Voice, hear, read_voice
from qa.standing.words import change_lines, headline
from tests.conftest import make_index
from tests.support.fakes import FakeEmbedder, count_words
from tests.support.rooms import make_evidence, make_room

TOLL = "How many people died in the flood at Varn?"
COACH = "Who is the coach of Rovers?"


def voice(
    quote: str, words: str, source: str = "Wire", published: str = "2025-09-01", *, corrects: bool = False
) -> Voice:
    """A voice by hand; `words` is a span of the quote."""
    made = make_evidence(quote, words=[words], source=source, published=published, article_id=f"{source} {published}")
    return replace(hear("", made), corrects=corrects)


def toll(number: str, source: str = "Wire", day: int = 1, *, corrects: bool = False) -> Voice:
    return voice(f"{number} people died.", number, source, f"2025-09-{day:02}", corrects=corrects)


# Comparing


@pytest.mark.parametrize(
    ("old", "new", "alike"),
    [
        ("Nine", "9", True),
        ("At least 12", "At least 17", False),
        ("At least 12", "12", True),
        ("12", "At least 12", True),
        ("12", "More than 12", True),
        ("About 1,200", "1,187", True),
        ("1,187", "Some 1,200", True),
        ("1,187", "1,400", False),
        ("Dozens of", "36", False),
        ("36", "Dozens of", True),
        ("12", "14", False),
    ],
)
def test_numbers_are_compared_as_they_are_told(old: str, new: str, alike: bool) -> None:
    assert same(TOLL, toll(old), toll(new)) is alike


def test_days_are_compared_as_days() -> None:
    question = "When will the bridge reopen?"
    old = voice("It will reopen on 20 September.", "20 September")
    assert same(question, old, voice("It reopens on September 20, 2025.", "September 20, 2025"))
    assert not same(question, old, voice("It will reopen on 4 October.", "4 October"))


def test_of_other_answers_only_another_name_is_news() -> None:
    old = voice("Ines Falk, the coach of Rovers, was happy.", "Ines Falk")
    assert not same(COACH, old, voice("Marek Zielony is the new coach.", "Marek Zielony"))
    assert same(COACH, old, voice("Coach Falk said so.", "Falk"))
    assert same(COACH, old, voice("The former player leads them.", "The former player"))
    why = "Why did the bridge close?"
    assert same(
        why, voice("Ice hit the Old Pier.", "Ice hit the Old Pier"), voice("Rust in Ketter Arch.", "Ketter Arch")
    )


def test_yes_is_not_no() -> None:
    yes, no = (hear("Was it?", make_evidence("It was called off."), yes=held) for held in (True, False))
    assert same("Was it?", yes, yes) and not same("Was it?", yes, no)


def test_the_first_answer_is_news_and_the_same_again_is_none() -> None:
    first = compare(TOLL, [], [toll("Nine")])
    assert (first.kind, first.now, first.was) == ("first", (toll("Nine"),), ())
    again = compare(TOLL, first.known, [toll("9", "Echo", 2)])
    assert (again.kind, again.now) == (None, ())
    assert again.known == (toll("Nine"), toll("9", "Echo", 2)), "who says it too is known from now on"


def test_a_speaker_who_says_otherwise_has_changed_and_another_is_a_side() -> None:
    known = [toll("Nine")]
    changed = compare(TOLL, known, [toll("At least 14", day=2)])
    assert changed.kind == "changed" and changed.was == (toll("Nine"),) and changed.known == changed.now
    side = compare(TOLL, known, [toll("14", "Echo", 2)])
    assert side.kind == "side" and side.known == (toll("Nine"), toll("14", "Echo", 2))
    assert len(sides_of(TOLL, side.known)) == 2
    corrected = compare(TOLL, [toll("9"), toll("7", "Echo")], [toll("7", day=2, corrects=True)])
    assert corrected.kind == "correction", "though another side has said so all the time"


def test_what_is_old_is_no_news() -> None:
    known = [toll("14", day=5)]
    assert compare(TOLL, known, [toll("9", "Echo", 4)]).kind is None, "written before what is known"
    assert compare(TOLL, known, [toll("9", day=4)]).known == tuple(known), "an outlet speaks by its newest story"
    later = compare(TOLL, known, [toll("9", "Echo", 6)], past=[toll("9")])
    assert later.kind is None and later.known == tuple(known), "an early figure that is told again"
    assert compare(TOLL, known, [toll("9", day=6)], past=[toll("9")]).kind == "changed", "but its own outlet went back"
    assert compare(TOLL, known, [toll("9", "Echo", 6, corrects=True)], past=[toll("9")]).kind == "correction"


def test_what_a_sentence_dates_in_an_earlier_year_is_history() -> None:
    known = [toll("14")]
    old = voice("After the flood of 1958, in which 63 people died, a dam was built.", "63", "Echo", "2025-09-03")
    assert compare(TOLL, known, [old]).kind is None
    assert compare("How many people died in the flood of 1958?", known, [old]).kind == "side", "it is asked for"
    same_year = voice("On 31 August 63 people died.", "63", "Echo", "2025-09-03")
    assert compare(TOLL, known, [same_year]).kind == "side"
    assert compare(TOLL, [], [old, toll("9")]).known == (toll("9"),)
    assert compare(TOLL, [], [old]).kind == "first", "where nothing else is known"
    dam = "When was the dam built?"
    assert (
        compare(dam, [voice("It was built in 1960.", "1960")], [voice("Built in 1962.", "1962", "Echo")]).kind == "side"
    )


def test_who_tells_less_of_a_running_total_is_behind() -> None:
    running = "How many cases have been confirmed?"
    known = [toll("61", "Wire"), toll("46", "Courier")]
    assert compare(running, known, [toll("9", "Echo", 2)]).kind is None
    assert compare(running, known, [toll("50", "Echo", 2)]).kind == "side"
    assert compare(running, known, [toll("9", "Echo", 2, corrects=True)]).kind == "correction"
    assert compare(running, known, [toll("44", "Courier", 2)]).kind == "changed", "its own outlet went down"
    assert compare("How many cases were there?", known, [toll("9", "Echo", 2)]).kind == "side"


def test_a_version_that_is_superseded_does_not_speak() -> None:
    old = replace(toll("10", "Echo", 2), superseded=True)
    assert compare(TOLL, [toll("9")], [old]).kind is None


def test_each_outlet_is_heard_by_its_newest_story() -> None:
    found = compare(TOLL, [toll("9")], [toll("12", day=2), toll("14", day=3), toll("13", "Echo", 3)])
    assert {v.words for v in found.known} == {"14", "13"} and {v.words for v in found.now} == {"14", "13"}


def test_a_voice_is_json_and_back() -> None:
    one = toll("Nine")
    assert read_voice(json.loads(json.dumps(one.to_dict()))) == one


@pytest.mark.parametrize(
    ("question", "text", "named"),
    [
        ("How many died in Germany?", "German police counted nine.", True),
        ("How many died in Varn?", "Nine died in Thessaly.", False),
        ("Who is the coach of Tolcaster Rovers?", "Rovers have a coach.", True),
        ("How many died?", "Nine died.", True),
        ("Varn: how many?", "Nine died.", True),
    ],
)
def test_an_article_of_another_event_lacks_the_names_asked_for(question: str, text: str, named: bool) -> None:
    assert names_it(question, make_evidence(text)) is named


# Following


def write(folder: Path, name: str, text: str, source: str, day: int) -> None:
    folder.mkdir(exist_ok=True)
    head = f"---\ntitle: Report {name}\nsource: {source}\npublished: 2025-09-{day:02}\n---\n"
    (folder / f"{name}.md").write_text(f"{head}{text}\n", "utf-8")


class Desk:
    """An archive that grows, and what is followed in it."""

    def __init__(self, folder: Path) -> None:
        self.articles = folder / "articles"
        write(self.articles, "a", "Nine people died in the flood at Varn. Roads were shut.", "Courier", 1)
        write(self.articles, "b", "The price of oil rose by four per cent.", "Herald", 1)
        self.news: NewsIndex = make_index(folder / "archive", [self.articles], FakeEmbedder(), max_tokens=40)
        self.room: Newsroom = make_room(self.news, llm="none")
        self.standing = Standing(self.news.archive.folder)

    def comes(self, name: str, text: str, source: str = "Courier", day: int = 2) -> list[Change]:
        write(self.articles, name, text, source, day)
        return self.checked()

    def checked(self) -> list[Change]:
        self.news.update([self.articles], count_tokens=count_words, prune=True)
        return list(check(self.room, self.standing))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.standing.close()
    made.news.close()


def test_what_is_known_begins_the_history(desk: Desk) -> None:
    taken, first = begin(desk.room, desk.standing, TOLL)
    assert [v.words for v in first.now] == ["Nine"] and first.kind == "first" and taken.number == first.number == 1
    assert history_of(desk.standing, taken) == [first]
    article = desk.news.archive.article("a")
    [known] = known_of(taken)
    assert article and article.text[known.start : known.end] == known.quote
    assert known.quote[slice(*known.span)] == "Nine"
    assert desk.checked() == [], "what was there is not asked again"
    with pytest.raises(FollowError, match="followed already, as number 1"):
        begin(desk.room, desk.standing, "  how many people died in the flood at Varn ")
    assert begin(desk.room, desk.standing, TOLL, Scope(("Courier",)))[0].number == 2, "of another part it is another"
    with pytest.raises(QuestionError):
        begin(desk.room, desk.standing, " ")
    assert find_followed(desk.standing, "1") == find_followed(desk.standing, TOLL)
    with pytest.raises(FollowError, match='"7" is not followed'):
        find_followed(desk.standing, "7")


def test_a_new_value_is_told_once_with_what_was_known(desk: Desk) -> None:
    taken, _ = begin(desk.room, desk.standing, TOLL)
    [change] = desk.comes("c", "At least 14 people died in the flood at Varn.")
    assert (change.kind, change.number, change.question) == ("changed", taken.number, TOLL)
    assert ([v.words for v in change.now], [v.words for v in change.was]) == (["At least 14"], ["Nine"])
    assert desk.checked() == [], "told once"
    assert desk.comes("d", "Fourteen people died in the flood at Varn.", "Herald", 3) == []
    assert desk.comes("e", "The price of bread rose.", "Herald", 3) == []
    assert [step.kind for step in history_of(desk.standing, taken)] == ["first", "changed"]
    assert headline(change) == f"{TOLL} – changed: At least 14, according to Courier (2 September 2025)"
    lines = change_lines(change)
    assert "      “At least 14 people died in the flood at Varn.”" in lines
    assert lines[-1] == "  known before: Nine, according to Courier (1 September 2025)"


def test_what_a_correction_withdraws_is_not_known(desk: Desk) -> None:
    said = "A report on 1 September about the flood at Varn said that nine people died in the flood at Varn."
    head = "---\ntitle: Corrections and clarifications\nsource: Courier\npublished: 2025-09-03\n---\n"
    (desk.articles / "c.md").write_text(f"{head}{said} The number is seven. We are sorry for the error.\n", "utf-8")
    desk.checked()
    _, first = begin(desk.room, desk.standing, TOLL)
    assert [(v.quote, v.article_id) for v in first.now] == [("The number is seven.", "c")], "nine answers nothing"
    assert first.now[0].corrects


def test_another_event_is_not_heard(desk: Desk) -> None:
    begin(desk.room, desk.standing, TOLL)
    assert desk.comes("c", "21 people died in the flood at Larissa. Varn had one too.", "Herald") == []
    assert len(desk.comes("d", "21 people died in the flood at Varn.", "Herald")) == 1


def test_what_is_told_is_surer_than_an_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(desk.room, desk.standing, TOLL)
    monkeypatch.setattr(follow, "SURER", 99.0)
    assert desk.comes("b", "On hearing of 21 people it died.", "Herald") == [], "few of the words asked for"
    monkeypatch.setattr(follow, "SURE", 99.0)
    assert desk.comes("c", "21 people died in the flood at Varn.", "Herald") == []


def test_an_answer_where_there_was_none(desk: Desk) -> None:
    _, first = begin(desk.room, desk.standing, "How many people died in the fire at Corvo?", Scope(since="2025-09-02"))
    assert first.now == ()
    [change] = desk.comes("c", "Two people died in the fire at Corvo.")
    assert (change.kind, [v.words for v in change.now], change.was) == ("first", ["Two"], ())


def test_only_its_part_of_the_archive_is_asked(desk: Desk) -> None:
    begin(desk.room, desk.standing, TOLL, Scope(("Courier",)))
    assert desk.comes("c", "14 people died in the flood at Varn.", "Herald") == []
    assert len(desk.comes("d", "14 people died in the flood at Varn.", "Courier")) == 1


def test_an_article_that_changes_and_one_that_goes(desk: Desk) -> None:
    taken, _ = begin(desk.room, desk.standing, TOLL)
    [change] = desk.comes("a", "Eleven people died in the flood at Varn. Roads were shut.", day=1)
    assert (change.kind, change.now[0].words, change.was[0].words) == ("changed", "Eleven", "Nine")
    assert desk.comes("a", "News. Eleven people died in the flood at Varn.", day=1) == [], "only its place has moved"
    [known] = known_of(find_followed(desk.standing, "1"))
    article = desk.news.archive.article("a")
    assert article and article.text[known.start : known.end] == known.quote
    (desk.articles / "a.md").unlink()
    [change] = desk.checked()
    assert (change.kind, change.now, change.was[0].words) == ("withdrawn", (), "Eleven")
    assert desk.checked() == []
    assert len(history_of(desk.standing, taken)) == 3


def test_what_is_forgotten_leaves_no_words_and_is_told(desk: Desk) -> None:
    taken, _ = begin(desk.room, desk.standing, TOLL)
    with desk.news.archive.writing():
        with desk.news.archive.change():
            desk.news.archive.remove_articles(["a"])
        desk.news.ranker.refresh()
    strike(desk.news.archive.folder, ["a"])
    [change] = check(desk.room, desk.standing)
    assert change.kind == "withdrawn" and change.was[0].struck and change.was[0].words == ""
    assert "taken out" in change_lines(change)[-1]
    assert "Nine" not in json.dumps(desk.standing.to_dict())
    assert [step.kind for step in history_of(desk.standing, taken)] == ["first", "withdrawn"]


def test_a_check_that_is_ended_early_goes_on_and_tells_nothing_twice(desk: Desk) -> None:
    begin(desk.room, desk.standing, TOLL)
    begin(desk.room, desk.standing, "What rose by four per cent?")
    write(desk.articles, "c", "14 people died in the flood at Varn.", "Courier", 2)
    desk.news.update([desk.articles], count_tokens=count_words)
    checking = check(desk.room, desk.standing)
    assert next(checking).number == 1
    checking.close()
    assert desk.standing.unseen(desk.news.archive.digests()) == ["c"]
    assert desk.checked() == [] and desk.standing.unseen(desk.news.archive.digests()) == []


def test_nothing_is_read_where_nothing_new_comes_near(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.comes("z", "The flood at Varn was watched by people on the hill.", "Herald", 1)
    begin(desk.room, desk.standing, TOLL)
    monkeypatch.setattr(follow, "READ", 1)
    monkeypatch.setattr(desk.room.reader, "read", lambda *_: pytest.fail("was read"))
    assert desk.comes("c", "The weather is dry and cool in the south.", "Herald") == []


def test_what_was_heard_does_not_push_down_what_is_new(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(desk.room, desk.standing, TOLL)
    monkeypatch.setattr(follow, "READ", 1)
    [change] = desk.comes("c", "In Varn, late on the day after it, 14 people died in the flood.", "Herald")
    assert change.kind == "side"


# The feed


def test_the_feed_is_read_by_a_feed_reader_and_holds_what_was_told(desk: Desk) -> None:
    begin(desk.room, desk.standing, TOLL)
    file = write_feed(desk.standing)
    assert file == desk.news.archive.folder / FEED and feedparser.parse(BytesIO(file.read_bytes())).entries == []
    desk.comes("c", "14 people <b>died</b> in the flood at Varn & more \x07.")
    read = feedparser.parse(BytesIO(write_feed(desk.standing).read_bytes()))
    assert not read.bozo
    [entry] = read.entries
    assert entry.title == f"{TOLL} – changed: 14, according to Courier (2 September 2025)"
    assert "&" in entry.summary and "known before: Nine" in entry.summary
    first = file.read_bytes()
    assert write_feed(desk.standing).read_bytes() == first, "ids and all stay as they are"
    desk.standing.remove(1)
    assert feedparser.parse(BytesIO(write_feed(desk.standing).read_bytes())).entries == []
