"""The page in a real browser, as people use it: over fakes for models, with all the rest of the server in earnest."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ground.language import Words
from tests.conftest import ARTICLES
from tests.support.served import PASSWORD, SLOW, Site, SlowGenerator, open_site, wait
from web.adding import Limits, batches
from web.conversations import Turn
from web.page.chat import STEPS

pytestmark = pytest.mark.browser
QUESTION = "Who was killed at the airport of Baghdad?"
OTHER = {
    "sea.txt": "Ferry sinks\n\nBy B. Writer | EFE | March 5, 2021\n\nA ferry sank off Port Vale. Eleven drowned.\n"
}
UPLOAD = (
    "Mine floods in Dorrow\n\nHarbour Post, 7 May 2022\n\n"
    "Water filled the Dorrow mine. Nine miners were rescued at dawn.\n"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    archives: dict[str, dict[str, Any]] = {"airport": dict(ARTICLES), "sea": dict(OTHER)}
    with open_site(tmp_path_factory.mktemp("site"), archives, speak="") as opened:
        yield opened


class Tab:
    """A browser tab on a site, with what it asked of the network and complained of."""

    def __init__(self, browser: Any, site: Site, path: str = "/", **settings: Any) -> None:
        self.site = site
        self.context = browser.new_context(**settings)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.address)
        self.tab = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda line: line.type == "error" and self.complaints.append(line.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.set_default_timeout(15_000)
        self.go(path)

    def go(self, path: str) -> None:
        self.tab.goto(self.site.address + path)
        self.tab.locator("#chat [data-conversation]").wait_for(state="attached")

    def find(self, selector: str, **how: Any) -> Any:
        return self.tab.locator(selector, **how)

    def field(self, name: str) -> Any:
        return self.tab.get_by_role("textbox", name=name, exact=True)

    def button(self, name: str) -> Any:
        return self.tab.get_by_role("button", name=name, exact=True)

    def to_tab(self, name: str) -> None:
        """Opens a tab; one that has no room stands behind the dots."""
        named = re.compile(rf"^{re.escape(name)}( \(\d+\))?$")
        if not self.tab.get_by_role("tab", name=named).is_visible():
            self.find(".overflow-menu button").first.click()
        self.tab.get_by_role("tab", name=named).or_(self.button(name)).last.click()

    @property
    def box(self) -> Any:
        return self.tab.get_by_role("textbox", name="Question")

    def ask(self, question: str = QUESTION, *, turns: int = 1) -> None:
        """Asks and waits until so many turns are answered."""
        self.box.fill(question)
        self.box.press("Enter")
        wait(lambda: self.box.input_value() == "")
        self.answered(turns)

    def answered(self, turns: int = 1) -> None:
        wait(lambda: self.find("#chat .turn").count() == turns and self.find("#now .turn").count() == 0)
        self.button("Ask").wait_for()

    def open_quote(self, place: int = 0) -> str:
        self.find("#chat .cite").nth(place).click()
        self.find("#reader mark.current").wait_for()
        return str(self.find("#reader mark.current").evaluate("mark => mark.textContent"))

    def more(self, turn: int = -1) -> None:
        """Opens what can be done with an answer besides copying it."""
        self.find("#chat .turn").nth(turn).locator(".menu:not([open]) > summary").click()

    @property
    def conversation(self) -> str:
        return str(self.find("#chat [data-conversation]").get_attribute("data-conversation"))

    def in_view(self, selector: str) -> bool:
        seen = "box => { const b = box.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; }"
        return bool(self.find(selector).evaluate(seen))

    def check(self) -> None:
        """Nothing was asked of another machine, nothing of others ran, nothing broke."""
        hosts = {
            re.sub(r"^\w+://([^/]*).*", r"\1", url) for url in self.requests if not url.startswith(("data:", "blob:"))
        }
        assert hosts == {self.site.address.removeprefix("http://")}
        assert self.complaints == []
        assert self.tab.evaluate("window.hacked") is None

    def close(self) -> None:
        self.check()
        self.context.close()


@pytest.fixture
def tab(chromium: Any, site: Site) -> Iterator[Tab]:
    opened = Tab(chromium, site)
    yield opened
    opened.close()


def turns_of(site: Site, id: str, user: str = "") -> tuple[Turn, ...]:
    return site.server.conversations.get(user, id).turns


# Asking and checking


def test_each_citation_opens_its_quote_to_the_character(tab: Tab, site: Site) -> None:
    tab.ask()
    [turn] = turns_of(site, tab.conversation)
    assert turn.answer and turn.answer["citations"] and tab.box.input_value() == ""
    archive = site.server.archives.archive("", site.key("airport"))
    for place, cited in enumerate(turn.answer["citations"]):
        article = archive.article(cited["article_id"])
        assert article and tab.open_quote(place) == cited["quote"] == article.text[cited["start"] : cited["end"]]
        assert tab.in_view("#reader mark.current")
        assert tab.find("#reader .text").evaluate("text => text.textContent") == article.text
    said = tab.find("#chat .said").inner_text()
    assert re.sub(r"\s+", " ", said).strip() == re.sub(r"\s+", " ", turn.answer["answer"]).strip()


def test_from_click_to_marked_quote_is_quick(tab: Tab) -> None:
    tab.ask()
    tab.open_quote()
    timed = """async () => {
        const began = performance.now();
        document.querySelector('#reader').querySelector('mark.current').classList.remove('current');
        document.querySelector('#chat .cite').click();
        while (!document.querySelector('#reader mark.current')) await new Promise(requestAnimationFrame);
        return performance.now() - began;
    }"""
    assert sorted(tab.tab.evaluate(timed) for _ in range(5))[2] < 200


def test_what_is_being_done_is_said_and_stop_frees_the_model(tab: Tab, site: Site) -> None:
    tab.box.fill(f"Who {SLOW} died in the strike at Baghdad airport?")
    tab.box.press("Enter")
    tab.find("#now .doing", has_text="Writing").wait_for()
    tab.button("Stop").click()
    tab.answered()
    assert "Stopped." in tab.find("#chat .note").inner_text()
    wait(lambda: site.server.queue.length == 0)
    words = site.generator.slow_words
    time.sleep(0.5)
    assert site.generator.slow_words == words
    tab.box.fill("Who died in the strike?")
    tab.box.press("Enter")
    tab.answered(2)


def test_what_is_found_is_shown_at_once_and_opens(tab: Tab, site: Site) -> None:
    tab.box.fill(f"Who {SLOW} died in the strike at Baghdad airport?")
    tab.box.press("Enter")
    found = tab.find("#now .found")
    found.wait_for()
    assert tab.find("#now .sentence").count() == 0 and found.locator("mark").count() == 1
    quote = found.locator("blockquote").inner_text()
    found.locator("button").click()
    tab.find("#reader mark.current").wait_for()
    assert tab.find("#reader mark.current").inner_text() == quote
    tab.answered()
    assert tab.find(".found").count() == 0
    wait(lambda: site.server.queue.length == 0)


def test_a_closed_tab_frees_the_model(chromium: Any, site: Site) -> None:
    tab = Tab(chromium, site)
    tab.box.fill(f"Who {SLOW} died in the strike at Baghdad airport?")
    tab.box.press("Enter")
    tab.find("#now .doing", has_text="Writing").wait_for()
    assert site.server.queue.length == 1
    tab.context.close()
    wait(lambda: site.server.queue.length == 0)


def test_who_waits_is_told_the_place(chromium: Any, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SlowGenerator, "seconds", 1.0)  # the second has asked before the first is answered
    first, second = Tab(chromium, site), Tab(chromium, site)
    first.box.fill(f"Who {SLOW} died in the strike at Baghdad airport?")
    first.box.press("Enter")
    first.find("#now .doing", has_text="Writing").wait_for()
    second.box.fill(QUESTION)
    second.box.press("Enter")
    second.find("#now .doing", has_text="one question is before yours").wait_for()
    first.button("Stop").click()
    second.answered()
    assert [turn.question for turn in turns_of(site, second.conversation)] == [QUESTION]
    first.close()
    second.close()


def test_asking_again_and_editing_take_the_place_of_a_turn(tab: Tab, site: Site) -> None:
    tab.ask()
    tab.ask("And the price of oil?", turns=2)
    before = turns_of(site, tab.conversation)[1]
    tab.more()
    tab.button("Ask again").click()
    wait(lambda: turns_of(site, tab.conversation)[1].answer not in (None, before.answer))
    tab.answered(2)
    assert turns_of(site, tab.conversation)[1].question == before.question
    tab.more(0)
    tab.button("Edit").first.click()
    tab.tab.get_by_text("Editing an earlier question").wait_for()
    assert tab.box.input_value() == QUESTION
    tab.ask("What did the price of oil do?", turns=1)
    assert [turn.question for turn in turns_of(site, tab.conversation)] == ["What did the price of oil do?"]


def test_an_answer_is_copied_with_its_sources(tab: Tab) -> None:
    tab.ask()
    quote = tab.open_quote()
    tab.more()
    for kind in ("Copy with sources", "Markdown"):
        tab.button(kind).click()
        tab.button("Copied").wait_for()
        copied = tab.tab.evaluate("navigator.clipboard.readText()")
        assert QUESTION in copied and quote[:20] in copied and re.search(r"\\?\[1\\?\]", copied)
        tab.button(kind).wait_for()
    tab.button("HTML").click()
    tab.button("Copied").wait_for()
    read = "async () => (await (await navigator.clipboard.read())[0].getType('text/html')).text()"
    assert "<blockquote" in tab.tab.evaluate(read)


def make_wire(site: Site, **fields: Any) -> dict[str, Any]:
    """A kept answer about two stories of the airport archive that do not agree."""
    archive = site.server.archives.archive("", site.key("airport"))
    citations = []
    for number, (id, quote) in enumerate((("airport", "Ten people died in the strike."), ("wire-2", "The floods")), 1):
        article = archive.article(id)
        assert article
        start = article.text.index(quote)
        known = {"title": article.title, "source": article.source, "published": article.published, "url": article.url}
        place = {"start": start, "end": start + len(quote), "quote": quote, "also_in": []}
        citations.append({"number": number, "article_id": id, **known, **place})
    hits = [{"rank": 1, "article_id": "wire-1", "start": 0, "end": 34, "score": 0.1, "stages": {}, "copies": []}]
    hits[0] |= {"title": "Election in Peru", "source": "EFE", "published": "2021-06-07"}
    return {"answer": "Ten died [1].", "declined": False, "sentences": [], "citations": citations, "conflicts": []} | {
        "hits": hits,
        **fields,
    }


def keep(site: Site, question: str, answer: dict[str, Any]) -> str:
    """A conversation that was kept before, with one turn."""
    id = site.server.conversations.start("", site.key("airport"))
    site.server.conversations.put_turn("", id, 0, Turn(question, answer, asked="2026-01-02T03:04:05+00:00"))
    return id


def test_sides_and_half_borne_sentences_and_refusals_look_it(chromium: Any, site: Site) -> None:
    sides = [{"value": "ten", "citations": [1]}, {"value": "two thousand", "citations": [2]}]
    half = {"text": "Ten died [1].", "citations": [1], "support": "partly", "score": 0.4}
    id = keep(site, "How many?", make_wire(site, conflicts=[{"about": "how many", "sides": sides}], sentences=[half]))
    site.server.conversations.put_turn(
        "", id, 1, Turn("Where?", make_wire(site, declined=True, answer="The articles do not say.", citations=[]))
    )
    tab = Tab(chromium, site, f"/?conversation={id}")
    assert tab.find(".sides tbody tr").count() == 2 and "Reuters, 3 January 2020" in tab.find(".sides").inner_text()
    assert "only partly borne out" in tab.find(".sentence.partly").inner_text()
    assert "underline" in tab.find(".sentence.partly").evaluate("part => getComputedStyle(part).textDecorationLine")
    tab.find(".sides .cite").nth(1).click()
    tab.find("#reader mark.current").wait_for()
    assert tab.find("#reader mark.current").text_content() == "The floods"
    assert "This archive holds 4 articles" in tab.find("#chat .turn").nth(1).inner_text()
    tab.find("#chat .near").click()
    tab.tab.get_by_text("José Pérez won the election in Peru.").last.wait_for()
    tab.close()


# Narrowing


def test_asking_only_an_outlet_and_some_days(tab: Tab, site: Site) -> None:
    tab.tab.get_by_text("Narrow: all articles").click()
    tab.find("#timeline rect.in").first.wait_for(state="attached")
    tab.tab.get_by_role("listbox", name="Outlets").or_(tab.tab.get_by_label("Outlets")).first.click()
    tab.tab.get_by_role("option", name="AFP (1)").click()
    tab.field("Since").fill("2020-01")
    tab.field("Since").press("Tab")
    tab.tab.get_by_text("Narrow: AFP, since 2020-01").wait_for()
    tab.ask("What rose by four per cent?")
    [turn] = turns_of(site, tab.conversation)
    assert turn.scope["outlets"] == ["AFP"] and turn.scope["since"] == "2020-01"
    assert "Asked within: AFP, since 2020-01" in tab.find("#chat .turn").inner_text()
    assert turn.answer and {cited["source"] for cited in turn.answer["citations"]} <= {"AFP"}
    tab.button("Ask all articles").click()
    tab.tab.get_by_text("Narrow: all articles").wait_for()
    tab.field("Until").fill("soon")
    tab.field("Until").press("Enter")
    tab.tab.get_by_text("write a day, a month or a year").wait_for()


def test_a_bar_of_the_timeline_and_a_pinned_article(tab: Tab, site: Site) -> None:
    tab.ask()
    tab.open_quote()
    tab.button("Ask only this article").click()
    tab.tab.get_by_text("Narrow: Strike at Baghdad airport").wait_for()
    tab.ask("What was closed for a day?", turns=2)
    assert turns_of(site, tab.conversation)[1].scope["articles"] == ["airport"]
    tab.find("#timeline .hit").first.click()
    wait(lambda: tab.field("Since").input_value())
    assert re.fullmatch(r"2020(-\d\d)*", tab.field("Since").input_value())


# Adding


def test_an_added_article_is_understood_asked_about_and_taken_out(tab: Tab, site: Site, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text(UPLOAD, "utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing more")
    tab.to_tab("Add articles")
    tab.button("Add").click()
    tab.tab.get_by_text("Drop a file, or paste an address, first.").wait_for()
    tab.find("#files input[type=file]").set_input_files([tmp_path / "mine.txt", tmp_path / "broken.pdf"])
    tab.tab.get_by_text("mine", exact=False).first.wait_for()
    tab.button("Add").click()
    row = tab.find(".understood tbody tr")
    row.wait_for()
    assert "Mine floods in Dorrow" in row.inner_text() and "7 May 2022" in row.inner_text()
    assert "broken.pdf" in tab.find(".problems").inner_text()
    tab.tab.get_by_text("This archive holds 5 articles").first.wait_for()
    tab.to_tab("Ask")
    tab.ask("Who were rescued at dawn in the Dorrow mine?")
    assert "Nine miners were rescued at dawn." in tab.open_quote()
    tab.to_tab("Add articles")
    tab.find("#added button", has_text="Undo").click()
    tab.tab.get_by_text("Taken out again: 1 article.").wait_for()
    tab.tab.get_by_text("This archive holds 4 articles").first.wait_for()
    tab.to_tab("Ask")
    tab.find("#chat .cite").first.click()
    tab.tab.get_by_text("This article is not in the archive any more").wait_for()


def test_what_one_adding_takes_can_be_sent_at_once(tab: Tab, site: Site, tmp_path: Path) -> None:
    files = [tmp_path / "one.txt", tmp_path / "two.txt"]
    for file in files:
        file.write_text(UPLOAD, "utf-8")
    tab.to_tab("Add articles")
    tab.find("#files input[type=file]").set_input_files(files)
    tab.find("#files").get_by_text("two", exact=False).first.wait_for()
    assert len([url for url in tab.requests if "/upload?" in url]) == 1
    assert site.runner.config.app.upload_bytes >= Limits().bytes  # type: ignore[union-attr]


def test_archives_switch_and_are_made(tab: Tab, site: Site) -> None:
    tab.ask()
    tab.tab.get_by_label("Archive", exact=True).click()
    tab.tab.get_by_role("option", name="sea").click()
    tab.tab.get_by_text("This archive holds 1 article").first.wait_for()
    tab.ask("What sank off Port Vale?")
    assert "A ferry sank off Port Vale." in tab.open_quote()
    tab.tab.get_by_text("New archive").click()
    tab.field("Name").first.fill("Elections")
    tab.button("Make").click()
    tab.tab.get_by_text("Elections is empty").first.wait_for()
    assert "Elections" in [entry.name for entry in site.server.archives.listed("")]


# Keeping


def test_a_reload_a_link_and_a_restart_lose_nothing(tab: Tab, site: Site) -> None:
    tab.ask()
    said = tab.find("#chat .turn").inner_text()
    wait(lambda: f"conversation={tab.conversation}" in tab.tab.url)
    tab.tab.reload()
    tab.find("#chat .turn").wait_for()
    assert tab.find("#chat .turn").inner_text() == said
    site.stop()
    site.start()
    tab.complaints.clear()
    tab.go(f"/?conversation={tab.conversation}")
    assert tab.find("#chat .turn").inner_text() == said
    tab.open_quote()
    tab.ask("And how many died?", turns=2)
    tab.complaints.clear()  # of the while when there was no server


def test_a_page_that_outlives_its_server_goes_on(tab: Tab, site: Site) -> None:
    tab.ask()
    before = tab.conversation
    site.stop()
    site.start()
    tab.ask("Who won the election in Peru?", turns=2)
    tab.complaints.clear()  # of the while when there was no server
    assert tab.conversation == before and len(turns_of(site, before)) == 2
    tab.open_quote()


def test_conversations_are_listed_found_named_saved_and_deleted(tab: Tab, site: Site) -> None:
    tab.ask("What rose by four per cent?")
    first = tab.conversation
    tab.button("New conversation").click()
    tab.find("#chat .welcome").wait_for()
    tab.ask("Who won the election in Peru?")
    tab.find(f'#conversations a[data-id="{first}"]').click()
    tab.tab.get_by_role("heading", name="What rose by four per cent?").wait_for()
    tab.field("Search conversations").fill("peru")
    wait(lambda: tab.find(f'#conversations a[data-id="{first}"]').count() == 0)
    assert "Peru" in tab.find("#conversations li").first.inner_text()
    tab.field("Search conversations").fill("")
    tab.tab.get_by_text("This conversation").click()
    tab.field("Name").last.fill("Oil prices")
    tab.button("Rename").click()
    tab.find("#conversations").get_by_text("Oil prices").wait_for()
    for name in ("text", "Markdown", "HTML"):
        with tab.tab.expect_download() as download:
            tab.find("#exports").get_by_role("link", name=name, exact=True).click()
        saved = Path(download.value.path()).read_text("utf-8")
        assert download.value.suggested_filename.startswith("oil-prices.") and "What rose by four per cent?" in saved
    tab.button("Delete").click()
    tab.tab.get_by_text("“Oil prices” is deleted.").wait_for()
    assert tab.find(f'#conversations a[data-id="{first}"]').count() == 0
    tab.button("Undo").click()
    tab.find(f'#conversations a[data-id="{first}"]').wait_for()


def test_marks_become_candidates_for_gold(tab: Tab, site: Site) -> None:
    tab.ask("Who won the election in Peru?")
    tab.more()
    tab.button("Right").click()
    tab.tab.get_by_text("Marked right").wait_for()
    assert tab.find('button[data-mark="+"][aria-pressed="true"]').count() == 1
    tab.more()
    tab.button("Correct it").click()
    tab.find("#correction textarea").fill("José Pérez")
    tab.button("Save").click()
    tab.tab.get_by_text("Corrected: José Pérez").wait_for()
    folder = site.server.archives.archive("", site.key("airport")).folder
    rows = [json.loads(row) for row in (folder / "marked.jsonl").read_text("utf-8").splitlines()]
    assert [row["mark"] for row in rows][-2:] == ["+", "-"] and rows[-1]["correction"] == "José Pérez"


def test_a_link_to_what_is_not_there_is_a_sentence(chromium: Any, site: Site) -> None:
    tab = Tab(chromium, site, "/?conversation=nonsense")
    tab.tab.get_by_text("no conversation has this link").wait_for()
    tab.close()


def test_a_conversation_deleted_while_it_is_answered(tab: Tab, site: Site) -> None:
    tab.box.fill(f"Who {SLOW} died in the strike at Baghdad airport?")
    tab.box.press("Enter")
    tab.find("#now .doing", has_text="Writing").wait_for()
    site.server.conversations.delete("", tab.conversation)
    tab.find("#notice", has_text="it may have been deleted").wait_for()
    tab.find("#chat .welcome").wait_for()
    tab.ask()


def test_two_sessions_at_once_share_nothing(chromium: Any, site: Site) -> None:
    one, two = Tab(chromium, site), Tab(chromium, site)
    for tab, question in ((one, "Who won the election in Peru?"), (two, "What rose by four per cent?")):
        tab.box.fill(question)
        tab.box.press("Enter")
    one.answered()
    two.answered()
    assert "Pérez" in one.find("#chat .turn").inner_text() and "oil" in two.find("#chat .turn").inner_text()
    assert one.conversation != two.conversation
    one.close()
    two.close()


def test_each_login_has_its_own(chromium: Any, tmp_path: Path) -> None:
    with open_site(tmp_path, users=("ana", "ben")) as site:
        tabs = []
        for user in ("ana", "ben"):
            context = chromium.new_context()
            page = context.new_page()
            page.goto(site.address)
            page.get_by_label("Name").fill(user)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button").click()
            page.get_by_role("textbox", name="Question").wait_for()
            page.get_by_text(f"Logged in as {user}").wait_for()
            tabs.append(page)
        ana, ben = tabs
        ana.get_by_role("textbox", name="Question").fill("Who won the election in Peru?")
        ana.get_by_role("textbox", name="Question").press("Enter")
        ana.locator("#chat .turn").wait_for()
        wait(lambda: "conversation=" in ana.url)
        ben.goto(ana.url)
        ben.get_by_text("no conversation has this link").wait_for()
        assert ben.locator("#conversations li").count() == 0 and ben.locator("#chat .turn").count() == 0
        ben.get_by_role("tab", name="Add articles").click()
        ben.locator("#closed", has_text="You can read this archive but not change it").wait_for()
        assert not any(ben.locator(box).is_visible() for box in ("#files", "#folder", "#addresses", "#add"))
        for page in tabs:
            page.context.close()


# Everybody


def test_by_keyboard_alone(tab: Tab) -> None:
    assert tab.box.evaluate("box => document.activeElement === box")
    tab.tab.keyboard.type("Who won the election in Peru?")
    tab.tab.keyboard.press("Enter")
    tab.answered()
    for _ in range(40):
        tab.tab.keyboard.press("Shift+Tab")
        if tab.tab.evaluate("document.activeElement.matches('.cite')"):
            break
    focused = tab.tab.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused.startswith("Quote 1: EFE, 7 June 2021")
    tab.tab.keyboard.press("Enter")
    tab.find("#reader mark.current").wait_for()
    wait(lambda: tab.tab.evaluate("document.activeElement.matches('#reader mark.current')"))
    tab.tab.keyboard.press("Escape")
    assert tab.tab.evaluate("document.activeElement.getAttribute('aria-label')") == focused


def test_a_screen_reader_hears_each_sentence_once(tab: Tab) -> None:
    tab.ask()
    heard = tab.find('[role="log"]').first.evaluate("log => [...log.children].map(line => line.textContent)")
    said = tab.find("#chat .sentence").all_text_contents()
    assert [line for line in heard if line.startswith(said[0][:20])] == [said[0]] and len(heard) == len(set(heard))
    assert any(line in map(Words(), STEPS.values()) for line in heard)
    assert tab.tab.locator("h1").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_state_is_accessible_and_fits(chromium: Any, site: Site, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    sides = [{"value": "ten", "citations": [1]}, {"value": "two thousand", "citations": [2]}]
    half = {"text": "Ten died [1].", "citations": [1], "support": "partly", "score": 0.4}
    id = keep(site, "How many?", make_wire(site, conflicts=[{"about": "how many", "sides": sides}], sentences=[half]))
    tab = Tab(chromium, site, viewport={"width": width, "height": 844}, color_scheme=scheme)

    def look(state: str) -> None:
        time.sleep(0.4)  # for what Gradio fades in
        assert tab.tab.evaluate("document.documentElement.scrollWidth") <= width, state
        found = [one for one in Axe().run(tab.tab).response["violations"] if one["impact"] in ("serious", "critical")]
        assert not [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]], state

    tab.find(".front .hits li").first.wait_for()
    look("welcome")
    tab.find(".front .open").first.click()
    tab.find("#reader .article").wait_for()
    look("front")
    tab.tab.get_by_text("Narrow: all articles").click()
    look("narrowing")
    tab.go(f"/?conversation={id}")
    look("answer")
    tab.open_quote()
    tab.more()
    tab.button("Timeline").click()
    tab.find(".moments").wait_for()
    look("reader")
    for name in ("Search", "Followed", "Check a draft", "Many questions", "Add articles", "How good is it?"):
        tab.to_tab(name)
        look(name)
    tab.close()


# The front, search, and what rests on quotes


def test_the_front_lists_and_opens_what_the_archive_holds(tab: Tab) -> None:
    hits = tab.find(".front .open")
    hits.first.wait_for()
    assert hits.count() == 4 and hits.first.inner_text() == "Election in Peru"
    hits.first.click()
    tab.find("#reader .article").wait_for()
    assert "EFE, 7 June 2021" in tab.find("#reader").inner_text()
    wait(lambda: tab.tab.evaluate("document.activeElement.matches('#reader .article')"))
    tab.tab.keyboard.press("Escape")
    assert tab.tab.evaluate("document.activeElement.matches('.front .open')")
    tab.button("Close").click()
    tab.find(".glance").get_by_role("button", name="EFE: 1").click()
    tab.find("#found .chip.on", has_text="EFE").wait_for()
    assert tab.find("#found .open").all_inner_texts() == ["Election in Peru"]
    tab.to_tab("Ask")
    tab.ask()
    assert tab.find(".front").count() == 0
    tab.button("New conversation").click()
    tab.find(".front .open").first.wait_for()


def test_words_are_searched_while_they_are_typed_and_narrowed(tab: Tab) -> None:
    tab.to_tab("Search")
    tab.find("#words").press_sequentially("strik", delay=20)
    tab.find("#found .snippet mark", has_text="strike").first.wait_for()
    assert "words that begin so" in tab.find("#found").inner_text()
    tab.find("#words").fill("oil OR strike")
    wait(lambda: tab.find("#found .open").count() == 2)
    heard = tab.tab.get_by_role("status").filter(has_text="2 articles, the most relevant first")
    heard.wait_for(state="attached")
    tab.find("#found .facets").get_by_role("button", name="AFP: 1").click()
    tab.find("#found .chip.on", has_text="AFP").wait_for()
    assert tab.find("#found .open").all_inner_texts() == ["Oil prices rise"]
    tab.find("#found .open").click()
    tab.find("#reader mark.current", has_text=re.compile("oil", re.IGNORECASE)).wait_for()
    tab.button("Take away AFP").click()
    wait(lambda: tab.find("#found .open").count() == 2)
    tab.tab.get_by_label("Sort by").select_option("day")
    wait(lambda: tab.find("#found .open").first.inner_text() == "Oil prices rise")
    tab.find("#words").fill('"oil')
    tab.tab.get_by_text("the quotation mark at character 1 is not closed").wait_for()
    tab.find("#words").fill("Who won the election in Peru?")
    tab.button("Ask this as a question").click()
    tab.answered()
    assert "Pérez" in tab.find("#chat .turn").inner_text()


def test_a_timeline_opens_its_quotes(tab: Tab) -> None:
    tab.ask("What did the strike at the airport of Baghdad do?")
    tab.more()
    tab.button("Timeline").click()
    tab.find(".moments").wait_for()
    for quoted in tab.find(".steps .quoted").all():
        said = quoted.inner_text()
        quoted.click()
        wait(lambda said=said: said == tab.find("#reader mark.current").inner_text())
    tab.more()
    tab.button("Timeline").click()
    wait(lambda: tab.find(".moments").count() == 0)


def test_a_followed_question_tells_what_changed(tab: Tab, site: Site, tmp_path: Path) -> None:
    tab.ask("Who won the election in Peru?")
    tab.more()
    tab.button("Follow this question").click()
    tab.tab.get_by_text("Followed from now on: Who won the election in Peru?").wait_for()
    (tmp_path / "peru.txt").write_text(
        "Court overturns the election in Peru\n\nReuters, 9 June 2021\n\nAna Lima won the election in Peru.\n", "utf-8"
    )
    site.server.add("", site.key("airport"), [(tmp_path / "peru.txt", "peru.txt")])
    tab.to_tab("Followed")
    tab.button("Ask them of what is new").click()
    tab.tab.get_by_role("tab", name=re.compile(r"Followed \(1\)")).wait_for()
    tab.to_tab("Ask")
    tab.to_tab("Followed")
    tab.find("#followed .badge").wait_for()
    tab.find("#followed .steps .new .quoted").first.click()
    tab.find("#reader mark.current", has_text="Ana Lima won").wait_for()
    tab.tab.get_by_role("tab", name="Followed", exact=True).wait_for()
    tab.button("Follow no more: Who won the election in Peru?").click()
    tab.tab.get_by_text("Follow a question, and be told here").wait_for()
    for batch in batches(site.server.archives.archive("", site.key("airport"))):
        site.server.take_out("", site.key("airport"), batch.name)


def test_a_draft_is_checked_sentence_by_sentence(tab: Tab, tmp_path: Path) -> None:
    draft = tmp_path / "draft.txt"
    draft.write_text("The price of oil rose by four per cent. <b>Nobody</b> reads tea leaves in Lima.\n", "utf-8")
    tab.to_tab("Check a draft")
    with tab.tab.expect_file_chooser() as chooser:
        tab.button("Open a file").click()
    chooser.value.set_files(draft)
    wait(lambda: "four per cent" in tab.find("#draft textarea").input_value())
    tab.button("Check").click()
    tab.find("#checked .sentences li").nth(1).wait_for()
    first = tab.find("#checked .sentences li").first
    assert "borne out" in first.inner_text()
    first.locator("summary").click()
    first.locator(".quoted").first.click()
    tab.find("#reader mark.current", has_text="The price of oil rose by four per cent.").wait_for()
    tab.find("#draft textarea").fill("")
    tab.button("Check").click()
    tab.find("#check-notice .warning").wait_for()


def test_a_file_of_questions_becomes_a_file_of_answers(tab: Tab, tmp_path: Path) -> None:
    questions = tmp_path / "questions.csv"
    questions.write_text("id,question\na,Who won the election in Peru?\nb,\n", "utf-8")
    tab.to_tab("Many questions")
    tab.button("Ask all").click()
    tab.find("#batch-notice .warning", has_text="drop a file of questions first").wait_for()
    tab.find("#questions input[type=file]").set_input_files(questions)
    tab.tab.get_by_text("questions.csv").first.wait_for()
    tab.button("Ask all").click()
    with tab.tab.expect_download() as download:
        tab.find("#answers a").first.click()
    rows = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert rows[0].startswith("id,question,short") and rows[1].startswith("a,") and "Pérez" in rows[1]
    assert "Done: 1 answer." in tab.find("#batch-progress").inner_text()
    assert "the question is empty" in tab.find("#batch-progress").inner_text()


def test_many_questions_go_on_behind_another_tab(tab: Tab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SlowGenerator, "seconds", 0.3)
    questions = tmp_path / "questions.txt"
    lines = [f"Who {SLOW} won the election in {where}?\n" for where in ("Peru", "Peru now", "Peru then")]
    questions.write_text("".join(lines), "utf-8")
    tab.to_tab("Many questions")
    tab.find("#questions input[type=file]").set_input_files(questions)
    tab.tab.get_by_text("questions.txt").first.wait_for()
    tab.button("Ask all").click()
    tab.find("#batch-progress", has_text=re.compile(r"Asking 1 of 3, about \d+ s left")).wait_for()
    tab.to_tab("Search")
    tab.find("#batch-progress").wait_for(state="hidden")
    tab.to_tab("Many questions")
    tab.find("#batch-progress", has_text=re.compile(r"Asking [12] of 3, about \d+ s left")).wait_for()
    tab.to_tab("Search")
    tab.find("#batch-progress", has_text="Done: 3 answers.").wait_for(state="attached")
    tab.to_tab("Many questions")
    tab.find("#batch-progress", has_text="Done: 3 answers.").wait_for()
    tab.find("#answers a").first.wait_for()


@pytest.mark.parametrize("choice", ["#conversations a", "#new"])
def test_on_a_phone_the_list_leaves_once_something_is_chosen(chromium: Any, site: Site, choice: str) -> None:
    keep(site, "How many?", make_wire(site))
    tab = Tab(chromium, site, viewport={"width": 390, "height": 844})
    tab.find(".sidebar:not(.open) .toggle-button").click()
    tab.find(".sidebar.open").wait_for()
    tab.find(choice).first.click()
    tab.find(".sidebar:not(.open)").wait_for(state="attached")
    tab.close()


def test_the_measure_tells_the_models(tab: Tab) -> None:
    tab.to_tab("How good is it?")
    tab.tab.get_by_text("On your own archive it has not been measured yet").wait_for()
    assert "Of 120 questions that the articles answer, 63 % were answered right." in tab.find("#measure").inner_text()
    assert "in use" not in tab.find("#measure").inner_text()
    tab.tab.get_by_text("What answers are made with, and how quickly").click()
    assert "in use" in tab.find("#measure").inner_text() and "now," in tab.find("#measure").inner_text()
