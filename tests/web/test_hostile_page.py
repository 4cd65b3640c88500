"""Hostile articles, questions, models and names on the page, in a real browser: all of it is shown, and stays words.

What would become an element of theirs has the class `evil`, what would run sets `window.hacked` (`hostile_articles`).
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from index.news_index import NewsIndex
from models import Message
from tests.conftest import write_files
from tests.evaluation.test_evaluate import run
from tests.support.fakes import copy_best_sentence
from tests.support.hostile_articles import ALL, EVIL, PAYLOADS, PLACES, RUN, asked, files, huge, said
from tests.support.served import PASSWORD, Site, open_site, wait
from tests.web.test_page import Tab
from web.conversations import Turn

pytestmark = pytest.mark.browser
NAME = '<img class="evil" src=x onerror=hacked=1>'
SCREENS = {"wide": (1360, 900), "phone": (390, 844)}
# Gradio draws icons as svg and img of its own; in HTML of ours there is an svg in timelines alone.
THEIRS = (
    "script, iframe:not(details.original > iframe.original), object, embed,"
    " img, video, audio, link, style, base, meta, form, template, math,"
    " svg:not(figure.timeline > svg)"
)
OURS = (
    "#head, #conversations, #gone, #exports, #chat, #now, #notice, #reader, #progress, #added, #earlier, #measure,"
    " #front, #found"
)
LOOK = f"""() => {{
    const theirs = [...document.querySelectorAll('.evil, [onerror], [onload], [onclick], [onfocus], [onmouseover]')];
    for (const part of document.querySelectorAll('{OURS}')) theirs.push(...part.querySelectorAll('{THEIRS}'));
    for (const link of document.querySelectorAll('a[href], form[action], [src], [srcset]')) {{
        const to = link.getAttribute('href') || link.getAttribute('action') || link.src || link.srcset;
        const outside = link.matches('#reader a[target=_blank][rel~=noopener][rel~=noreferrer]');
        const runs = /^\\s*(javascript|vbscript|data:text)/i.test(to);
        const host = new URL(to, location).host;
        if (runs || (host.includes('evil.example') && !outside)) theirs.push(link);
    }}
    return theirs.map((one) => one.outerHTML.slice(0, 200));
}}"""

# From the click to the marked quote; what is marked already is unmarked, so that it is this click's.
OPENED = """async (selector) => {
    const began = performance.now();
    document.querySelector('#reader mark.current').classList.remove('current');
    document.querySelector(selector).click();
    while (!document.querySelector('#reader mark.current')) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


def reply(messages: Sequence[Message]) -> str:
    """What a model says that obeys the articles, or worse."""
    alone = copy_best_sentence(messages)
    return alone if "Next question:" in messages[-1].content else f"{alone} {ALL}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    archives: dict[str, dict[str, Any]] = {NAME: files(), "__i18n__{} ${hacked=1} {{hacked}}": huge()}
    with open_site(tmp_path_factory.mktemp("site"), archives) as opened:
        opened.generator._reply = reply
        yield opened


class Watched(Tab):
    """A tab that looks, after each thing that is done, whether anything got through."""

    def __init__(self, browser: Any, site: Site, path: str = "/", screen: str = "wide") -> None:
        width, height = SCREENS[screen]
        self.width = width
        self.dialogs: list[str] = []
        super().__init__(browser, site, path, viewport={"width": width, "height": height})

    def go(self, path: str) -> None:
        self.tab.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.context.on("page", lambda page: self.dialogs.append(f"a window opened: {page.url}"))
        super().go(path)

    def look(self) -> None:
        assert self.tab.evaluate(LOOK) == []
        assert self.dialogs == [] and self.tab.url.startswith(self.site.address)
        assert self.tab.evaluate("document.documentElement.scrollWidth") <= self.width
        assert self.tab.evaluate("document.body.innerText.length") > 100
        self.check()

    def close(self) -> None:
        self.look()
        self.context.close()

    def begins_in_view(self, selector: str) -> bool:
        """Whether the first line can be seen: a quote may be higher than a phone."""
        top = "box => (box.getClientRects()[0] ?? box.getBoundingClientRect()).top"
        return 0 <= self.find(selector).first.evaluate(top) < self.tab.viewport_size["height"] - 20

    def show_list(self) -> None:
        """Opens the list of conversations, which a phone folds away."""
        if self.width < 768:
            self.find(".sidebar:not(.open) .toggle-button").click()

    def hide_list(self) -> None:
        if self.width < 768:
            self.find(".sidebar.open .toggle-button").click()

    def show_narrowing(self) -> None:
        self.tab.locator("#narrow > button, #narrow .label-wrap").first.click()


@pytest.fixture(params=SCREENS)
def tab(chromium: Any, site: Site, request: pytest.FixtureRequest) -> Iterator[Watched]:
    opened = Watched(chromium, site, screen=request.param)
    yield opened
    opened.close()


def turns_of(site: Site, id: str) -> tuple[Turn, ...]:
    return site.server.conversations.get("", id).turns


def check_each_citation(tab: Watched, site: Site, place: int, archive: str) -> int:
    """Opens each citation of a turn, and compares the marked quote with the article's characters."""
    turn = turns_of(site, tab.conversation)[place]
    assert turn.answer
    held = site.server.archives.archive("", site.key(archive))
    buttons = tab.find(f'#chat .turn[data-turn="{place}"] .cite')
    numbers = [int(number) for number in buttons.evaluate_all("all => all.map(one => one.dataset.number)")]
    for at, number in enumerate(numbers):
        cited = turn.answer["citations"][number - 1]
        article = held.article(cited["article_id"])
        buttons.nth(at).click()
        wait(lambda cited=cited: marked(tab) == shown(cited["quote"]))
        assert article and article.text[cited["start"] : cited["end"]] == cited["quote"]
        wait(lambda: tab.begins_in_view("#reader mark.current"))
        tab.look()
    return len(numbers)


def marked(tab: Watched) -> str:
    """The words that are marked, a mark in several pieces whole."""
    pieces = tab.find("#reader mark.current").all()
    return "".join(str(piece.evaluate("mark => mark.textContent")) for piece in pieces)


def shown(text: str) -> str:
    """As a browser holds a text: NUL is none of HTML's characters."""
    return text.replace("\0", "\ufffd")


def test_hostile_articles_are_words(tab: Watched, site: Site) -> None:
    tab.look()
    opened = 0
    for turn, place in enumerate(PLACES[:5]):
        tab.ask(asked(place), turns=turn + 1)
        tab.look()
        opened += check_each_citation(tab, site, turn, NAME)
    assert opened >= 5
    said_here = tab.find("#chat").inner_text()
    assert "onerror" in said_here and "<script" in said_here
    tab.to_tab("Search")
    tab.find("#found .open").first.wait_for()
    tab.look()
    tab.find("#words").fill("onerror OR script OR hacked")
    tab.find("#found mark").first.wait_for()
    tab.look()
    for chip in tab.find("#found .facets > .chip").all()[:2]:
        chip.click()
        tab.find("#found .chip.on").first.wait_for()
        tab.look()
        tab.find("#found .chip.on").first.click()
        wait(lambda: tab.find("#found .chip.on").count() == 0)
    tab.find("#found .open").first.click()
    tab.find("#reader mark.current").first.wait_for()
    tab.look()


def test_each_payload_in_each_field_is_words(tab: Watched, site: Site) -> None:
    tab.go(f"/?conversation={keep_all(site)}")
    tab.look()
    assert tab.find("#chat .turn").count() == len(PAYLOADS)
    for place, payload in enumerate(PAYLOADS.values()):
        turn = tab.find(f'#chat .turn[data-turn="{place}"]')
        assert squeezed(payload) in squeezed(turn.locator("h2").evaluate("heading => heading.textContent"))
        for button in (turn.locator(".sides .cite"), turn.locator(".said .cite"), turn.locator(".near")):
            button.first.click()
            wait(lambda payload=payload: marked(tab) == shown(said(f"Row{place}", payload)))  # noqa: B023
            wait(lambda: tab.begins_in_view("#reader mark.current"))  # else the next click meets a page that moves
    tab.look()


def keep_all(site: Site) -> str:
    """A conversation whose every field is hostile: what no model of ours says today, another may."""
    held = site.server.archives.archive("", site.key(NAME))
    id = site.server.conversations.start("", site.key(NAME))
    for place, payload in enumerate(PAYLOADS.values()):
        article = held.article(f"Row{place} id {payload}")
        turn = Turn(f"{payload}?", wire(article, payload), payload, {"outlets": [payload]}, "-", payload)
        site.server.conversations.put_turn("", id, place, turn)
    site.server.conversations.rename("", id, ALL)
    return id


def squeezed(words: str) -> str:
    """Words as markup has them: one space for any white space, none at the ends, NUL shown."""
    return " ".join(shown(words).split())


def wire(article: Any, payload: str) -> dict[str, Any]:
    """An answer in which everything that can be text is a payload."""
    start, end = 0, len(article.text)
    place = {"start": start, "end": end, "quote": article.text}
    known = {name: payload for name in ("title", "source", "published")} | {"url": f"{EVIL}/?{payload}"}
    cited = {"number": 1, "article_id": article.id, **known, **place, "also_in": [payload, payload]}
    hit = {"rank": 1, "article_id": article.id, **known, "start": start, "end": end, "score": 0.1, "stages": {}}
    sides = [{"value": payload, "citations": [1]}, {"value": f"not {payload}", "citations": [1]}]
    return {
        "question": payload,
        "standalone_question": payload,
        "answer": f"{payload} [1] {payload} [99]",
        "declined": True,
        "sentences": [{"text": f"{payload} [1] {payload} [99]", "citations": [], "support": "partly", "score": 0.1}],
        "citations": [cited],
        "conflicts": [{"about": payload, "sides": sides}],
        "hits": [hit | {"copies": [payload]}],
    }


# Around an answer


def test_narrowing_to_hostile_outlets(tab: Watched, site: Site) -> None:
    tab.show_narrowing()
    tab.tab.get_by_label("Outlets").first.click()
    tab.tab.get_by_role("option").first.wait_for()
    tab.look()
    for name in ("script", "closing", "template", "translation", "zalgo", "control"):
        payload = PAYLOADS[name]
        outlet = f"Row{list(PAYLOADS).index(name)} source {payload}"
        tab.tab.get_by_label("Outlets").first.fill(outlet[:12])
        tab.tab.get_by_role("option").first.click()
        tab.look()
    chosen = tab.find("#narrow").inner_text()
    assert "Row0 source <script" in chosen
    tab.tab.keyboard.press("Escape")
    tab.tab.get_by_label("Find an article").fill("Row")
    tab.tab.get_by_role("checkbox").first.wait_for()
    for box in tab.tab.get_by_role("checkbox").all()[:3]:
        box.check()
    tab.look()
    tab.ask(asked("Row3"))
    tab.look()
    [turn] = turns_of(site, tab.conversation)
    assert len(turn.scope["outlets"]) == 6 and len(turn.scope["articles"]) == 3


def test_hostile_questions_and_names_are_words(tab: Watched, site: Site) -> None:
    tab.ask(f"{ALL[:1500]}?")
    tab.look()
    first = tab.conversation
    tab.show_list()
    tab.button("New conversation").click()
    tab.find("#chat .welcome").wait_for()
    tab.ask(NAME)
    tab.show_list()
    tab.find(f'#conversations a[data-id="{first}"]').click()
    tab.find("#chat .turn h2").get_by_text("window.hacked", exact=False).first.wait_for()
    tab.show_list()
    tab.tab.get_by_text("This conversation").click()
    for payload in (PAYLOADS["closing"], PAYLOADS["template"], PAYLOADS["zalgo"], PAYLOADS["translation"]):
        tab.field("Name").last.fill(payload)
        tab.button("Rename").click()
        wait(lambda payload=payload: squeezed(payload) in squeezed(tab.find("#conversations").inner_text()))
        tab.look()
    tab.field("Search conversations").fill("x" * 5000)
    tab.tab.get_by_text("5,000 characters are looked for").wait_for(state="attached")
    tab.look()
    tab.field("Search conversations").fill('<img src=x onerror=hacked=1>" OR *')
    tab.look()
    tab.field("Search conversations").fill("")
    tab.find(f'#conversations a[data-id="{first}"]').wait_for()
    tab.button("Delete").click()
    tab.tab.get_by_text("is deleted.").wait_for()
    tab.look()


def test_an_export_opened_in_the_browser_is_words(chromium: Any, site: Site, tmp_path: Path) -> None:
    id = keep_all(site)
    tab = Watched(chromium, site, f"/?conversation={id}")
    with tab.tab.expect_download() as download:
        tab.tab.get_by_text("This conversation").click()
        tab.find("#exports").get_by_role("link", name="HTML", exact=True).click()
    saved = tmp_path / "saved.html"
    download.value.save_as(saved)
    requests: list[str] = []
    tab.tab.on("request", lambda request: requests.append(request.url))
    tab.tab.goto(saved.as_uri())
    assert requests == [saved.as_uri()]
    look = LOOK.replace(OURS, "body").replace("#reader a[target=_blank][rel~=noopener][rel~=noreferrer]", "a")
    assert tab.tab.evaluate(look) == [] and tab.tab.evaluate("window.hacked") is None
    assert tab.tab.evaluate("document.documentElement.scrollWidth") <= tab.width
    assert tab.complaints == [] and tab.dialogs == []
    links = tab.tab.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))")
    assert links and all(re.match(r"#|https?://", link) for link in links)
    for kind in ("txt", "md", "json", "html"):
        reply = tab.tab.request.get(f"{site.address}/conversations/{id}.{kind}")
        assert reply.headers["content-disposition"].startswith("attachment") and reply.status == 200
        assert reply.headers["x-content-type-options"] == "nosniff"
    tab.context.close()


def test_what_is_open_in_two_tabs_is_told_not_broken(chromium: Any, site: Site) -> None:
    one = Watched(chromium, site)
    one.ask(asked("Alphaport"))
    two = Watched(chromium, site, f"/?conversation={one.conversation}")
    site.server.conversations.put_turn("", one.conversation, 0, Turn("Who?", None, "Stopped."))
    two.find("#chat .cite").first.click()
    two.find("#notice").get_by_text("gone on elsewhere").wait_for()
    site.server.conversations.delete("", one.conversation)
    two.more()
    for name in ("Right", "Edit", "Correct it"):
        two.button(name).click()
        two.find("#notice").get_by_text("no conversation has this link").wait_for()
    two.close()
    one.close()


# Adding, the figures, the login


def test_hostile_files_are_added_and_told_of(tab: Watched, site: Site, tmp_path: Path) -> None:
    name = f"{tab.width}"
    tab.show_list()
    tab.tab.get_by_text("New archive").click()
    tab.field("Name").first.fill(f"{NAME} {name} {{{{x}}}}")
    tab.button("Make").click()
    tab.hide_list()
    tab.find("#head").get_by_text("is empty").wait_for()
    tab.look()
    tab.to_tab("Add articles")
    given = files() | {f"broken {NAME}.pdf": b"%PDF", f"{NAME}.docx": b"PK", "' onload='hacked=1.jsonl": '{"id": 1}'}
    write_files(tmp_path, given)
    tab.find("#files input[type=file]").set_input_files(sorted(tmp_path.iterdir()))
    tab.find("#files").get_by_text("onerror", exact=False).first.wait_for()
    tab.look()
    tab.button("Add").click()
    tab.find("#added .understood").wait_for()
    told = tab.find("#added").inner_text()
    assert "Row0 title <script" in told and "broken" in tab.find("#added .problems").inner_text()
    tab.look()
    tab.find("#added button", has_text="Undo").click()
    tab.tab.get_by_text("Taken out again").wait_for()
    tab.look()


def test_hostile_runs_are_words(chromium: Any, news: NewsIndex, tmp_path: Path) -> None:
    with open_site(tmp_path / "site") as site:
        run(news, site.server.runs / NAME)
        tab = Watched(chromium, site)
        tab.to_tab("How good is it?")
        tab.find("#measure").get_by_text("onerror", exact=False).first.wait_for()
        tab.close()


def test_the_login_page_takes_no_orders(chromium: Any, tmp_path: Path) -> None:
    with open_site(tmp_path, users=("ana",)) as site:
        context = chromium.new_context()
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        for address in (f"javascript:{RUN}", f"//evil.example/{NAME}", f'/">{ALL}', "/\\evil.example"):
            page.goto(f"{site.address}/login?next={quote(address)}&username={quote(NAME)}")
            page.get_by_label("Name").fill(NAME[:32])
            page.get_by_label("Password").fill(ALL)
            page.get_by_role("button").click()
            page.get_by_role("alert").wait_for()
            assert (
                page.evaluate(LOOK.replace("link, style, ", "").replace("meta, form, ", "").replace(OURS, "body")) == []
            )
        page.get_by_label("Name").fill("ana")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button").click()
        page.get_by_role("textbox", name="Question").wait_for()
        assert page.url == f"{site.address}/" and page.evaluate("window.hacked") is None
        assert {urlsplit(url).netloc for url in requests if urlsplit(url).netloc} == {urlsplit(site.address).netloc}
        context.close()


# Size


def test_a_headline_and_a_line_of_millions_are_quick(tab: Watched, site: Site) -> None:
    name = site.server.archives.listed("")[1].name
    headline = "Zetaham <b class=evil>" * 100_000
    [turn] = (wire(site.server.archives.archive("", site.key(name)).article("line"), said("Etaburg")),)
    turn["citations"][0] |= {"title": headline, "source": headline, "start": 2_500_000, "end": 2_500_100}
    turn["citations"][0]["quote"] = turn["citations"][0]["quote"][2_500_000:2_500_100]
    turn["hits"][0] |= {"title": headline, "source": headline, "start": 2_500_000, "end": 2_500_100}
    id = site.server.conversations.start("", site.key(name))
    site.server.conversations.put_turn("", id, 0, Turn("How long?", turn))
    tab.go(f"/?conversation={id}")
    for place in (1, 2):
        tab.ask(asked(("Zetaham", "Etaburg")[place - 1]), turns=place + 1)
    for place in range(3):
        assert check_each_citation(tab, site, place, name)
        spent = sorted(tab.tab.evaluate(OPENED, f'#chat .turn[data-turn="{place}"] .cite') for _ in range(3))
        assert spent[1] < 1000  # ms
    tab.find("#chat .near").first.click()
    tab.show_narrowing()
    tab.tab.get_by_label("Outlets").first.click()
    tab.tab.get_by_role("option").first.wait_for()
    assert len(tab.find("#narrow").inner_text()) < 5_000
    tab.tab.keyboard.press("Escape")
    tab.tab.get_by_label("Find an article").fill("Zetaham")
    tab.tab.get_by_role("checkbox").first.check()
    tab.tab.get_by_text("Narrow: 1 articles", exact=False).or_(tab.tab.get_by_text("Narrow: Zetaham")).first.wait_for()
    tab.look()
    assert len(tab.tab.evaluate("document.body.innerText")) < 200_000
