"""The chat page: what each step shows, that nothing hostile becomes markup, and the whole of it in a browser."""

import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

import app
from index.archive import Archive, ArchiveError, StoredPassage
from index.article import Article
from index.news_index import NewsIndex
from index.passage import Passage
from models import Message, ModelError
from qa.answer import Answer, Sentence, cite
from qa.pipeline import Event, Newsroom, Piece, QuestionError, Status
from qa.retrieve import Hit
from qa.settings import Settings

HOSTILE = (
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> ![x](http://evil.example/x.png) '
    "[here](javascript:window.hacked=1) ${window.hacked = 1} {{window.hacked = 1}} <b>bold</b> & $$x$$"
)
QUOTE = "Missiles hit two vehicles – “both” burned & <b>smoked</b>."
TEXT = f"The road was dark.\r\n\r\n{QUOTE} Ten people were killed.  {HOSTILE}"
ARTICLE = Article("strike/<i>one</i>", TEXT, f"Strike {HOSTILE}", "Meridian <u>Wire</u>", "2020-01-04")
COPY = Article("strike-copy", TEXT, "The strike", "Northgate Courier", "2020-01-05")
QUESTION = "What was hit?"


def make_hit(article: Article, copies: tuple[Hit, ...] = ()) -> Hit:
    return Hit(1, 1.0, Passage(0, len(article.text)), article, {}, copies)


def make_answer(*quotes: str, question: str = QUESTION) -> Answer:
    """Cites each quote of ARTICLE in turn."""
    hit = make_hit(ARTICLE, (make_hit(COPY),))
    spans = [(TEXT.index(quote), TEXT.index(quote) + len(quote)) for quote in quotes]
    citations = tuple(cite(n, ARTICLE, start, end, hit.copies) for n, (start, end) in enumerate(spans, 1))
    text = f"Two vehicles were hit {''.join(f'[{c.number}]' for c in citations)}. {HOSTILE}"
    sentence = Sentence(text, tuple(c.number for c in citations), "supported", 1.0)
    return Answer(None, question, question, text, quotes[0], False, 0.9, (sentence,), citations, (), (hit,))


def tell(answer: Answer) -> list[Event]:
    """The events of an answer, as a newsroom gives them."""
    first, _, rest = answer.answer.partition(". ")
    return [
        Status("searching"),
        Status("reading", 3, 8),
        Status("writing"),
        Piece(f"{first}."),
        Piece(f" {rest}"),
        answer,
    ]


Script = Callable[[str], Iterable[Event | Exception]]


class ScriptedNewsroom(Newsroom):
    """Plays the events of a script for each question; an exception in it is raised. Notes what it was asked."""

    def __init__(self, folder: Path, script: Script) -> None:
        archive = Archive.create(folder, {"embedder": "none", "dimension": "2", "max_tokens": "9"})
        with archive.change():
            stored = StoredPassage(Passage(0, 5), b"", np.zeros(2, np.float32))
            archive.put_article(ARTICLE, archive.put_file("a.txt", ".", ""), [stored])
        super().__init__(NewsIndex(archive, None), Settings(archive=folder), lambda: pytest.fail("no model here"))  # type: ignore[arg-type]
        self.script = script
        self.asked: list[tuple[str, list[Message]]] = []
        self.ended = 0

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        *,
        id: str | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        self.asked.append((question, list(history)))
        try:
            for event in self.script(question):
                if isinstance(event, Exception):
                    raise event
                if cancelled():
                    return
                yield event
        finally:
            self.ended += 1


@pytest.fixture
def newsroom(tmp_path: Path) -> ScriptedNewsroom:
    return ScriptedNewsroom(tmp_path / "archive", lambda question: tell(make_answer(QUOTE, question=question)))


def put(newsroom: Newsroom, talk: app.Talk, question: str) -> list[tuple[str, str]]:
    """Asks and lets it answer; the last chat message and the side column of each step."""
    app.ask(talk, question)
    return [(unescape(shown[0][-1]["content"]), shown[1]) for shown in app.answer(newsroom, talk)]  # type: ignore[index]


# Without a browser


def test_statuses_then_sentences_then_sources(newsroom: ScriptedNewsroom) -> None:
    said = [text for text, _ in put(newsroom, app.Talk(), QUESTION)]
    assert said[:3] == ["Searching …", "Reading 3 of 8 …", "Writing …"]
    assert said[3] == "Two vehicles were hit [1].\n\nWriting …"
    assert said[-1] == make_answer(QUOTE).answer


def test_the_quote_is_marked_to_the_character(newsroom: ScriptedNewsroom) -> None:
    _, sources = put(newsroom, app.Talk(), QUESTION)[-1]
    assert re.findall("<mark>(.*?)</mark>", sources) == [
        "Missiles hit two vehicles – “both” burned &amp; &lt;b&gt;smoked&lt;/b&gt;."
    ]
    start = TEXT.index(QUOTE)
    assert f"[1] strike/&lt;i&gt;one&lt;/i&gt; {start}:{start + len(QUOTE)}" in sources
    assert "Also carried by Northgate Courier" in sources and "2020-01-04" in sources
    assert "dark.&#13;\n" in sources


def test_two_quotes_of_one_passage_share_its_card() -> None:
    sources = app.write_sources(make_answer("Ten people were killed.", QUOTE))
    assert sources.count("<article>") == 1 and "[1][2]" in sources
    assert [mark[:3] for mark in re.findall("<mark>(.*?)</mark>", sources)] == ["Mis", "Ten"]


@pytest.mark.parametrize("declined", [False, True])
def test_nothing_hostile_is_markup(declined: bool) -> None:
    answer = make_answer(QUOTE)
    sources = app.write_sources(Answer(**{**vars(answer), "declined": declined}))
    tags = set(re.findall(r"<(\w+)", sources))
    assert tags <= {"h2", "article", "h3", "p", "blockquote", "mark", "code", "br"}
    assert "Nearest in the archive" in sources if declined else "Quoted passages" in sources
    assert sources.startswith("<h2>Nothing answers. Nearest in the archive") is declined
    assert sources.count("<mark>") == 1  # a refusal marks the nearest sentence


def test_the_chat_shows_plain_text(newsroom: ScriptedNewsroom) -> None:
    talk = app.Talk()
    put(newsroom, talk, HOSTILE)
    assert not [message for message in app.show(talk)[0] if set("<>") & set(message["content"])]  # type: ignore[attr-defined]
    [chat] = [block for block in app.build_page(newsroom).blocks.values() if isinstance(block, gr.Chatbot)]
    assert (chat.render_markdown, chat.sanitize_html, chat.allow_tags) == (False, True, False)


def test_the_archive_is_described_in_one_escaped_line(newsroom: ScriptedNewsroom) -> None:
    line = app.describe(newsroom)
    assert "1 article, 1 passage, 1 outlet, 2020-01-04" in line and Settings.llm in line and "<" not in line


def test_each_session_has_its_own_history(newsroom: ScriptedNewsroom) -> None:
    mine, yours = app.Talk(), app.Talk()
    put(newsroom, mine, "One?")
    put(newsroom, yours, "Two?")
    put(newsroom, mine, "And then?")
    histories = [[message.content for message in history] for _, history in newsroom.asked]
    assert histories == [[], [], ["One?", make_answer(QUOTE).answer]]


@pytest.mark.parametrize(
    "error", [ArchiveError("the archive is in use"), ModelError("no such model"), QuestionError("too long")]
)
def test_an_error_to_mend_is_a_sentence(tmp_path: Path, error: Exception) -> None:
    newsroom, talk = ScriptedNewsroom(tmp_path, lambda _: [Status("searching"), error]), app.Talk()
    assert put(newsroom, talk, QUESTION)[-1][0] == str(error)
    assert not talk.running and talk.turns[0].answer is None


def test_a_bug_is_told_and_not_swallowed(tmp_path: Path) -> None:
    newsroom, talk = ScriptedNewsroom(tmp_path, lambda _: [KeyError("bug")]), app.Talk()
    with pytest.raises(KeyError):
        put(newsroom, talk, QUESTION)
    assert not talk.running and "went wrong" in talk.turns[0].said


def test_stop_ends_the_stream(newsroom: ScriptedNewsroom) -> None:
    talk = app.Talk()
    app.ask(talk, QUESTION)
    steps = app.answer(newsroom, talk)
    for _ in range(4):
        next(steps)
    app.stop(talk)
    assert list(steps) == [app.show(talk)] and newsroom.ended == 1
    assert talk.turns[0].said == "Two vehicles were hit [1].\n\nStopped."
    put(newsroom, talk, "And then?")
    assert newsroom.asked[-1] == ("And then?", [])


def test_a_question_stopped_while_it_waits_is_never_asked(newsroom: ScriptedNewsroom) -> None:
    talk = app.Talk()
    app.ask(talk, QUESTION)
    app.stop(talk)
    assert len(list(app.answer(newsroom, talk))) == 1 and newsroom.asked == []


def test_closing_the_page_ends_the_stream(newsroom: ScriptedNewsroom) -> None:
    talk = app.Talk()
    app.ask(talk, QUESTION)
    steps = app.answer(newsroom, talk)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert newsroom.ended == 1 and talk.turns[0].stopped


def test_asking_again_takes_the_place_of_the_last_turn(newsroom: ScriptedNewsroom) -> None:
    talk = app.Talk()
    put(newsroom, talk, QUESTION)
    app.again(talk)
    list(app.answer(newsroom, talk))
    assert [question for question, _ in newsroom.asked] == [QUESTION, QUESTION] and len(talk.turns) == 1
    app.clear(talk)
    assert talk.turns == []


def test_one_question_at_a_time_and_never_an_empty_one(newsroom: ScriptedNewsroom) -> None:
    talk = app.Talk()
    assert app.ask(talk, "  ")[0] == "  " and not talk.turns
    app.ask(talk, QUESTION)
    assert app.ask(talk, "More?")[0] == "More?" and len(talk.turns) == 1


def test_no_archive_or_no_port_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert app.main(["--archive", str(tmp_path / "none"), "--port", port, "--offline"]) == 1
    sentence = capsys.readouterr().err
    assert sentence == f"groundwire-chat: port {port} on 127.0.0.1 is in use; choose another with --port\n"


# In a browser


class Page:
    """A served page in a browser tab, with what it asked of the network and complained of."""

    def __init__(self, browser: Any, address: str, **settings: Any) -> None:
        self.tab = browser.new_page(**settings)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda line: line.type == "error" and self.complaints.append(line.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.goto(address)
        self.box = self.tab.get_by_role("textbox", name="Question")
        self.box.wait_for()

    def ask(self, question: str) -> None:
        self.box.fill(question)
        self.box.press("Enter")

    def said(self, place: int = -1) -> Any:
        return self.tab.locator("#chat .bot.message").nth(place)

    def check(self, host: str = "127.0.0.1") -> None:
        assert {re.sub(r"^\w+://([^/:]*).*", r"\1", url) for url in self.requests if "data:" not in url} == {host}
        assert self.complaints == []
        assert self.tab.evaluate("window.hacked") is None


@pytest.fixture
def served(newsroom: ScriptedNewsroom) -> Iterator[tuple[ScriptedNewsroom, str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page = app.build_page(newsroom, examples=["What was hit first?"])
    app.serve(page, host="127.0.0.1", port=port, wait=False)
    yield newsroom, f"http://127.0.0.1:{port}"
    page.close(verbose=False)


def count_scripts(tab: Any, place: str) -> int:
    return int(
        tab.locator(f"{place} :is(script, iframe, b, u, i, a[href])").count() + tab.locator(f"{place} p img").count()
    )


@pytest.mark.browser
def test_a_question_is_answered_with_its_quote_marked(served: tuple[ScriptedNewsroom, str], chromium: Any) -> None:
    page = Page(chromium, served[1])
    page.ask(QUESTION)
    page.tab.locator("#sources mark").wait_for()
    assert page.tab.locator("#sources mark").all_text_contents() == [QUOTE]
    assert page.tab.locator("#sources blockquote").all_text_contents() == [TEXT]
    assert page.said().text_content().strip() == make_answer(QUOTE).answer
    assert count_scripts(page.tab, "#chat .message") == count_scripts(page.tab, "#sources") == 0
    assert page.box.input_value() == ""
    page.check()


@pytest.mark.browser
def test_an_example_is_asked_and_two_tabs_share_nothing(served: tuple[ScriptedNewsroom, str], chromium: Any) -> None:
    newsroom, address = served
    one, two = Page(chromium, address), Page(chromium, address)
    one.tab.get_by_text("What was hit first?").click()
    one.tab.locator("#sources mark").wait_for()
    assert two.tab.locator(".bot.message").count() == 0
    two.ask("Who?")
    two.tab.locator("#sources mark").wait_for()
    assert newsroom.asked == [("What was hit first?", []), ("Who?", [])]
    one.check()
    two.check()


@pytest.mark.browser
def test_the_stop_button_ends_the_stream(served: tuple[ScriptedNewsroom, str], chromium: Any) -> None:
    newsroom, address = served

    def slowly(question: str) -> Iterator[Event]:
        for done in range(600):
            yield Status("reading", done, 600)
            time.sleep(0.05)

    newsroom.script = slowly
    page = Page(chromium, address)
    page.ask(QUESTION)
    page.tab.get_by_text("Reading").wait_for()
    page.tab.get_by_role("button", name="Stop").click()
    page.tab.get_by_text("Stopped.").wait_for()
    page.tab.get_by_role("button", name="Ask", exact=True).wait_for()
    for _ in range(100):
        time.sleep(0.05)
        if newsroom.ended:
            break
    assert newsroom.ended == 1
    page.check()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(served: tuple[ScriptedNewsroom, str], chromium: Any, scheme: str) -> None:
    page = Page(chromium, served[1], viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.ask(QUESTION)
    page.tab.locator("#sources mark").wait_for()
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 390
    page.check()
