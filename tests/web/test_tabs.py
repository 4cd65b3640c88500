"""The tabs beside the conversation, without a browser: what is searched and drawn; that nothing of others is markup."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import gradio as gr
import pytest

from ground.language import Words, entries_of
from index.search.grammar import QueryError
from index.store.archive import ArchiveError
from index.store.edits import Meanwhile
from index.store.scope import Scope
from qa.answer import Answer
from qa.checking.check import SUPERSEDED, TOLD, Mark, check
from qa.checking.differences import WAYS
from qa.notebook.book import NotebookError
from qa.settings import Settings
from qa.standing.compare import Kind
from tests.conftest import ARTICLES, make_index, write_files
from tests.support.fakes import FakeEmbedder, fakes_for_models
from tests.web.test_markup import DRAWER, HOSTILE, Read, marks
from web.archives import MayNot
from web.conversations import Turn
from web.page.chat import Seat
from web.page.events import PageEvents
from web.page.markup import Drawer, ShownTurn
from web.page.sought import Sought
from web.page.tabs import batch
from web.page.tabs.finding import SYNTAX, FindingDrawer, months_between
from web.page.tabs.quoted import QuotedDrawer, kind_class
from web.server import Server

OURS = set(
    "section article h2 h3 p span ol ul li button mark form label input select option details summary table tbody tr td"
    " code svg rect line circle title figure figcaption div strong".split()
)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[PageEvents]:
    with fakes_for_models(FakeEmbedder()):
        make_index(tmp_path / "airport", [write_files(tmp_path / "files", dict(ARTICLES))], FakeEmbedder()).close()
        settings = Settings(archive=tmp_path / "airport", embedder="fake", llm="none")
        server = Server.open(settings, [tmp_path / "airport"], tmp_path / "data", logins=False)
        with gr.Blocks() as blocks:
            made = PageEvents(server, Words(), blocks)
        yield made
        server.close()


def sit(page: PageEvents) -> Seat:
    return Seat(archive=page.server.archives.listed("")[0].key)


def event(**data: Any) -> Any:
    return SimpleNamespace(_data=data, **data)


def titles(html: str) -> list[str]:
    return [Read(part).words.strip() for part in html.split("<h3>")[1:] for part in [part.split("</h3>")[0]]]


def test_what_is_typed_is_found_and_marked(page: PageEvents) -> None:
    seat, search = sit(page), page.searching
    found = search.typed(seat, event(words="oil OR strike", sort="", number=1))[search.found]
    assert sorted(titles(found)) == ["Oil prices rise", "Strike at Baghdad airport"]
    assert {"oil", "Oil", "strike"} <= set(marks(found)) and "2 articles, the most relevant first" in found
    [latest, _] = titles(search.typed(seat, event(words="oil OR strike", sort="day", number=2))[search.found])
    assert latest == "Oil prices rise"
    assert search.typed(seat, event(words="oil", sort="", number=1)) == {}  # typed before what is shown
    assert seat.sought.words == "oil OR strike"


def test_a_word_that_is_begun_is_found_by_its_beginning(page: PageEvents) -> None:
    seat, search = sit(page), page.searching
    found = search.typed(seat, event(words="strik", sort="", number=1))[search.found]
    assert "strike" in marks(found) and "words that begin so" in found and seat.sought.begun
    opened = page.open_story(seat, event(article="airport", start=opened_at(found), found="1"))[page.reader]
    assert marks(opened)[0].lower() == "strike" and opened.count('class="current"') == 1
    assert "Ask this as a question" in search.typed(seat, event(words="zebra", sort="", number=2))[search.found]


def opened_at(found: str) -> int:
    return int(next(one["data-start"] or "" for one in Read(found).of("button") if one.get("data-article")))


def test_chips_narrow_and_are_taken_away(page: PageEvents) -> None:
    seat, search = sit(page), page.searching
    search.typed(seat, event(words="", sort="", number=1))
    for kind, name, left in (
        ("months", "2020-01", {"Oil prices rise", "Strike at Baghdad airport"}),
        ("people", "A. Writer", {"Strike at Baghdad airport"}),
    ):
        found = search.narrow(seat, event(kind=kind, name=name))[search.found]
        assert set(titles(found)) == left
    assert "Take away January 2020" in found
    found = search.widen(seat, event(kind="months", name="2020-01"))[search.found]
    assert titles(found) == ["Strike at Baghdad airport"]
    found = search.widen(seat, event(kind="", name=""))[search.found]
    assert len(titles(found)) == 4 and 'class="chip on"' not in found
    found = page.search_for(seat, event(kind="outlets", name="EFE"))[search.found]
    assert titles(found) == ["Election in Peru"]
    with pytest.raises(ValueError, match="no kind of name"):
        search.narrow(seat, event(kind="words", name="x"))


def test_what_cannot_be_read_is_told_by_its_place_in_the_box(page: PageEvents) -> None:
    seat, search = sit(page), page.searching
    search.narrow(seat, event(kind="months", name="2020-01"))
    found = search.typed(seat, event(words='"oil', sort="", number=1))[search.found]
    assert "the quotation mark at character 1 is not closed" in found and "January 2020" in found
    with pytest.raises(QueryError):
        Sought("oil AND", months=("2020-01",)).query()


def test_another_archive_is_searched_anew(page: PageEvents) -> None:
    seat = sit(page)
    page.searching.typed(seat, event(words="oil", sort="", number=1))
    page.chat.leave(seat)
    assert seat.sought.words == "oil"
    page.chat.leave(seat, "another")
    assert seat.sought == Sought()


def test_the_front_shows_and_opens_what_there_is(page: PageEvents) -> None:
    seat = sit(page)
    shown = page.show_front(seat)
    assert titles(shown[page.talk.front])[0] == "Election in Peru"
    labels = [one.get("aria-label") for one in Read(shown[page.reader]).of("button")]
    assert "EFE: 1" in labels and "M. Paz: 1" in labels and len(Read(shown[page.reader]).of("rect")) >= 2
    opened = page.open_story(seat, event(article="wire-1", start=0))[page.reader]
    assert "José Pérez won the election in Peru." in Read(opened).words
    assert page.reader not in page.show_front(seat)  # an open article stays
    assert 'class="glance"' in page.close_article(seat, event())[page.reader]


def test_a_timeline_is_shown_and_taken_away(page: PageEvents) -> None:
    moments = [
        {"day": day, "citations": [cited(number, quote=f"It was {day}.")]}
        for number, day in enumerate(("2019", "2020-01", "2020-01-03", "2020-01-03"), 1)
    ]
    html, quotes = QuotedDrawer(DRAWER).timeline("the strike", moments, "timeline-0")
    assert [one["quote"] for one in quotes] == [f"It was {moment['day']}." for moment in moments]
    read = Read(html)
    assert len(read.of("circle")) == 3 and len(read.of("li")) == 4 and "January 2020" in read.words
    assert [one["data-quote"] for one in read.of("button")] == ["0", "1", "2", "3"]


def cited(number: int, **fields: Any) -> dict[str, Any]:
    held = {"number": number, "article_id": "strike", "title": "The strike", "source": "AFP", "published": "2020-01-04"}
    return {**held, "url": None, "also_in": (), "start": 0, "end": 4, "quote": "Ten died.", **fields}


def test_a_draft_is_drawn_with_its_marks(page: PageEvents) -> None:
    seat = sit(page)
    room = page.server.archives.room("", seat.archive)
    found = check(room, "The price of oil rose by four per cent. Is that so? Tea is grown in Lima by goats.")
    html, quotes = QuotedDrawer(DRAWER).checked(found)
    assert len(Read(html).of("li")) == 3 and "1 borne out" in html and "1 skipped" in html
    seat.quotes["checked"] = quotes
    opened = page.open_listed(seat, event(list="checked", quote="0"))[page.reader]
    assert marks(opened) == ["The price of oil rose by four per cent."]


def test_the_words_that_differ_are_marked_in_draft_and_quote(page: PageEvents) -> None:
    room = page.server.archives.room("", sit(page).archive)
    found = check(room, "The price of oil rose by six per cent.")
    html, _ = QuotedDrawer(DRAWER).checked(found)
    assert marks(html) == ["six per cent", "four per cent"]
    assert "the draft says six per cent, the quote four per cent" in Read(html).words
    assert "im Text steht six per cent, im Zitat four per cent" in QuotedDrawer(Drawer(Words("de"))).checked(found)[0]


def test_what_others_wrote_is_words_in_every_tab() -> None:
    finding, quoted = FindingDrawer(DRAWER), QuotedDrawer(DRAWER)
    hit = {
        **{name: HOSTILE for name in ("title", "source", "published", "byline", "article_id", "text")},
        **{"start": 0, "end": len(HOSTILE), "marks": [[0, 9]], "title_marks": [[0, 9]], "superseded": True},
    }
    counts = {kind: [{"name": f"{HOSTILE}{n}", "stories": n} for n in (1, 2)] for kind in ("outlets", "people")}
    counts["months"] = [{"name": month, "stories": 1} for month in ("2020-01", "2020-02")]
    listing = {"total": 1, "sort": "day", "why": HOSTILE, "hits": [hit], "counts": counts}
    chosen = {"outlets": (HOSTILE,), "months": (), "people": ()}
    voice = cited(1, quote=HOSTILE, source=HOSTILE, title=HOSTILE) | {"words": HOSTILE, "span": [0, 9], "struck": False}
    step = {"at": "2026-01-02T03:04:05+00:00", "kind": "side", "now": [voice], "was": [voice]}
    row = {"number": 1, "question": HOSTILE, "scope": None, "since": "2026-01-02", "known": [voice], "unseen": 1}
    drawn = [
        finding.front({"latest": [hit]}),
        finding.glance(counts, HOSTILE),
        finding.found(listing, chosen, note=HOSTILE, question=HOSTILE),
        finding.unread(HOSTILE, chosen),
        quoted.timeline(HOSTILE, [{"day": HOSTILE, "citations": [voice, voice]}] * 4, HOSTILE)[0],
        quoted.followed([row | {"history": [step, step]}], may=True)[0],
    ]
    for html in drawn:
        read = Read(html)
        assert {tag for tag, _ in read.tags} <= OURS
        assert not any(name.startswith("on") or name == "src" for _, given in read.tags for name in given)


def test_each_kind_of_what_is_told_has_its_words() -> None:
    told = [f"change_{kind}" for kind in get_args(Kind)]
    told += [f"parts_{what}" for what in (*TOLD, "doubt", SUPERSEDED)]
    told += [f"differs_{way}" for way in WAYS]
    told += [f"{part}_{kind_class(mark)}" for part in ("mark", "count") for mark in get_args(Mark)]
    told += [f"{part}_{one}" for part in ("write", "finds") for one in SYNTAX]
    assert set(told) <= entries_of("en").keys()


def test_months_without_an_article_have_their_place() -> None:
    assert months_between("2019-12", "2020-02") == ["2019-12", "2020-01", "2020-02"]


def test_many_questions_tell_how_far_they_are(
    page: PageEvents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "questions.txt"
    file.write_text("Who?\nWhen?\nWhere?\nWho?\n", "utf-8")

    async def answer(server: Server, user: str, key: str, question: str, scope: Scope) -> dict[str, Any]:
        await asyncio.sleep(0.2)
        return Answer(None, question, question, "Ten.", "Ten", False, 0.9).to_dict()

    monkeypatch.setattr(batch, "answer_in_line", answer)
    monkeypatch.setattr(batch, "LOOK_SECONDS", 0.002)
    monkeypatch.setattr(batch, "duration", lambda seconds: f"{seconds:.1f} s")

    async def run() -> list[str]:
        steps = page.batch.run(sit(page), event(), str(file), ".csv")
        return [str(shown[page.batch.progress]) async for shown in steps if page.batch.progress in shown]

    told = [Read(html).words.strip() for html in dict.fromkeys(asyncio.run(run()))]
    assert told[0].startswith("Asking 0 of 3") and "left" not in told[0], "nobody knows yet"
    assert re.match(r"Asking 1 of 3, about 0\.[4-9] s left", told[1]) and told[2].startswith("Asking 2 of 3, about 0.")
    assert len(told) <= 5 and "Done: 3 answers." in told[-1], "told anew only where it is new"


# Who changed what


def test_an_open_article_is_corrected_forgotten_and_both_undone(page: PageEvents) -> None:
    seat, edit, changes = sit(page), page.editing, page.changes
    opened = page.open_story(seat, event(article="airport", start=0))[page.reader]
    assert 'data-event="expand" data-article="airport"' in opened and 'data-event="delete"' in opened
    shown = edit.begin(seat, event(article="airport"))
    assert [shown[field] for field in edit.fields][:3] == ["Strike at Baghdad airport", "Reuters", "2020-01-03"]
    written = [shown[field] for field in edit.fields]
    written[1] = " AFP "
    shown = page.save_article(seat, event(), *written)
    assert "AFP" in shown[page.reader] and "airport is corrected." in shown[edit.told]
    edit.begin(seat, event(article="airport"))
    page.server.changing.correct("", seat.archive, "airport", {"source": "EFE"}, {"source": "AFP"}, "program")
    with pytest.raises(Meanwhile, match='changed source to "EFE"'):
        page.save_article(seat, event(), written[0], "AP", *written[2:])
    assert "is taken out" in edit.forget(seat, event(article="wire-1"))[edit.told]
    listed = changes.look(seat)[changes.listed]
    assert "Corrected" in listed and "Forgotten" in listed and "<del" in listed and "by a program" in listed
    assert listed.count('data-event="undo"') == 3, "the index run cannot be undone"
    assert "Change 4 is undone, as change 5." in edit.undo(seat, event())[edit.told]
    shown = changes.undo(seat, event(number="3"))
    assert "undoes 3" in shown[changes.listed] and "undone by 6" in shown[changes.listed]


def test_who_may_only_read_sees_the_changes_and_no_button(page: PageEvents, monkeypatch: pytest.MonkeyPatch) -> None:
    seat = sit(page)
    page.server.changing.forget("", seat.archive, "wire-1", "page")
    monkeypatch.setattr(page.server.archives, "_logins", True)
    opened = page.open_story(seat, event(article="airport", start=0))[page.reader]
    listed = page.changes.look(seat)[page.changes.listed]
    assert 'data-event="expand"' not in opened and 'data-event="delete"' not in opened
    assert "Forgotten" in listed and 'data-event="undo"' not in listed
    for work in (page.editing.begin, page.editing.forget):
        with pytest.raises(MayNot):
            work(seat, event(article="airport"))


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[PageEvents]:
    """A page with logins, over an archive that all read; ana is an editor, paz has an archive of her own."""
    with fakes_for_models(FakeEmbedder()):
        make_index(tmp_path / "airport", [write_files(tmp_path / "files", dict(ARTICLES))], FakeEmbedder()).close()
        settings = Settings(archive=tmp_path / "airport", embedder="fake", llm="none")
        served = Server.open(
            settings, [tmp_path / "airport"], tmp_path / "data", logins=True, edits=lambda user: user == "ana"
        )
        served.archives.make("paz", "Mine")
        with gr.Blocks() as blocks:
            made = PageEvents(served, Words(), blocks)
        yield made
        served.close()


def offered(page: PageEvents, seat: Seat, shown: dict[Any, Any]) -> tuple[list[bool], list[bool]]:
    """Whether each control that changes the archive is there, and whether each tab says that it cannot be changed."""
    turn = replace(ShownTurn(0, "Who?", copies=(("text", "Ten."),)), may_follow=page.chat.may_change(seat))
    said = [shown[page.adding.closed], shown[page.following.listed], page.changes.look(seat)[page.changes.listed]]
    controls = [shown[part]["visible"] for part in (page.adding.giving, page.following.asking)]
    controls.append('data-event="apply"' in page.draw.conversation("c", [turn], ""))
    return controls, ["You can read this archive but not change it" in html for html in said]


def test_what_a_login_may_not_change_it_is_not_offered_to_change(shared: PageEvents) -> None:
    all_offered, none_offered = ([True] * 3, [False] * 3), ([False] * 3, [True] * 3)
    for user, wanted in (("ana", all_offered), ("paz", none_offered)):
        seat = Seat(user=user, archive=shared.server.archives.listed(user)[0].key)
        assert offered(shared, seat, shared.refresh(seat)) == wanted, user
    common, own = (entry.key for entry in shared.server.archives.listed("paz"))
    seat = Seat(user="paz", archive=common)
    for key, wanted in ((own, all_offered), (common, none_offered)):
        assert offered(shared, seat, shared.switch(seat, event(), key)) == wanted, "it follows the archive"
    about = shared.chat.about(seat)
    assert "Add articles" in shared.chat.about(Seat(user="paz", archive=own)) and "Add articles" not in about


def test_a_conversation_of_a_reader_is_not_offered_to_be_followed(shared: PageEvents) -> None:
    for user, wanted in (("ana", True), ("paz", False)):
        seat = Seat(user=user, archive=shared.server.archives.listed(user)[0].key)
        answer = Answer(None, "Who?", "Who?", "Ten.", "Ten", False, 0.9).to_dict()
        seat.conversation = shared.server.conversations.start(user, seat.archive)
        shared.server.conversations.put_turn(user, seat.conversation, 0, Turn("Who?", answer))
        assert ('data-event="apply"' in shared.turns(seat)[shared.talk.past]) is wanted


def test_in_another_archive_nothing_undoes_what_was_done_in_the_one_before(shared: PageEvents) -> None:
    common, own = (entry.key for entry in shared.server.archives.listed("paz"))
    seat = Seat(user="paz", archive=own, shown=own, undoable=4)
    assert shared.editing.told not in shared.refresh(seat) and seat.undoable == 4
    shown = shared.switch(seat, event(), common)
    assert (shown[shared.editing.told], shown[shared.adding.result], seat.undoable) == ("", "", 0)
    assert shown[shared.editing.form] == gr.update(visible=False)


def test_values_of_others_are_words_in_the_list_of_changes(page: PageEvents) -> None:
    seat = sit(page)
    known = page.server.changing.known("", seat.archive, "airport")
    values = {"title": f"x{HOSTILE}", "source": HOSTILE}
    page.server.changing.correct("", seat.archive, "airport", values, known, "page")
    read = Read(page.changes.look(seat)[page.changes.listed])
    assert {tag for tag, _ in read.tags} <= OURS | {"thead", "th", "br", "bdi", "del", "ins"}


def test_a_quote_is_pinned_noted_moved_and_taken_away(page: PageEvents) -> None:
    seat, notes = sit(page), page.notes
    opened = page.chat.story(seat, "airport", 0)
    assert 'data-event="like"' not in opened  # no quote is marked
    text = page.server.archives.archive("", seat.archive).article("airport").text  # type: ignore[union-attr]
    start = text.index("drone")
    first = page.pin_quote(seat, event(article="airport", at=f"{start}:{start + 12}"))
    assert text[start : start + 12] in Read(first[notes.listed]).words and "Pinned" in first[page.editing.told]
    assert seat.quotes["notebook"][0]["start"] == start
    page.pin_quote(seat, event(article="airport", at=f"{start}:{start + 12}"))  # again: passed over
    noted = notes.note(seat, None, f"Ask {HOSTILE}")  # type: ignore[arg-type]
    read = Read(noted[notes.listed])
    assert "Ask <script>" in read.words and {tag for tag, _ in read.tags} <= OURS | {"a"} and noted[notes.box] == ""
    raised = Read(notes.up(seat, event(number="2"))[notes.listed]).words
    assert raised.index("Ask") < raised.index(text[start : start + 12])
    assert "Ask" not in Read(notes.remove(seat, event(number="2"))[notes.listed]).words
    assert "Ask" in Read(notes.undo(seat, None)[notes.listed]).words  # type: ignore[arg-type]
    assert text[start : start + 12] in page.refresh(seat)[notes.listed], "another archive has another notebook"
    with pytest.raises(NotebookError, match="no entry 9"):
        notes.up(seat, event(number="9"))
    with pytest.raises(NotebookError, match="not in the archive any more"):
        page.pin_quote(seat, event(article="airport", at=f"0:{len(text) + 1}"))
    with pytest.raises(NotebookError, match="note is empty"):
        notes.note(seat, None, " ")  # type: ignore[arg-type]
    books = page.server.notebooks
    assert books.read("somebody else", seat.archive).entries == ()
    for kind in (".md", ".html", ".docx"):
        assert books.export("", seat.archive, kind)
    assert text[start : start + 12] in books.export("", seat.archive, ".md").decode()
    with pytest.raises(NotebookError, match=r"can be had as \.md"):
        books.export("", seat.archive, ".exe")
    with pytest.raises(ArchiveError):
        books.read("", "not an archive")
