"""What is taken away of an answer: all of it is there, and nothing that anybody wrote is markup."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ground.inert import harmless, line, web_address
from tests.support.made_answers import QUOTE, make_answer
from web.conversations import Conversation, Turn
from web.export import (
    LONGEST,
    answer_as_fragment,
    answer_as_html,
    answer_as_markdown,
    answer_as_text,
    conversation_as_html,
    conversation_as_json,
    conversation_as_markdown,
    conversation_as_text,
    file_name,
)

ASKED = "2026-11-21T12:00:00+00:00"
URL = "https://example.org/a_b?c=d&copy=1"


def wire(say: Any, url: str | None = URL, **more: Any) -> dict[str, Any]:
    """An answer that has everything; what anybody wrote in it is `say(name)`."""
    citations = [
        {
            "number": number,
            "article_id": say(f"id{number}"),
            "title": say(f"title{number}"),
            "source": say(f"source{number}"),
            "published": "2020-01-04",
            "url": url,
            "start": 10 * number,
            "end": 10 * number + 5,
            "quote": say(f"quote{number}"),
            "also_in": [say(f"also{number}"), say(f"third{number}")],
        }
        for number in (1, 2)
    ]
    sides = [{"value": say("ten"), "citations": [1]}, {"value": say("seven"), "citations": [2]}]
    partly = {"text": say("partly"), "citations": [2], "support": "partly", "score": 0.5}
    return {
        "question": say("question"),
        "standalone_question": say("alone"),
        "answer": f"{say('first')} [1]. {say('second')} [2].",
        "declined": False,
        "sentences": [{"text": "first", "citations": [1], "support": "supported", "score": 1.0}, partly],
        "citations": citations,
        "conflicts": [{"about": say("about"), "sides": sides}],
        "replay": {
            "archive": "0123456789abcdef",
            "llm": {"name": say("llm"), "sha256": None},
            "embedder": {"identity": say("embedder")},
            "reranker": None,
            "settings": {"archive": "/home/somebody/wires"},
        },
    } | more


def talk(say: Any, url: str | None = URL) -> Conversation:
    """A conversation of an answer, a stopped question and a marked one."""
    narrowed: dict[str, Any] = {"outlets": [say("outlet")], "first": None}
    turns = (
        Turn(say("question"), wire(say, url), scope=narrowed, asked=ASKED),
        Turn(say("stopped"), None, say("note"), asked=ASKED),
        Turn(say("again"), wire(say, url), mark="-", correction=say("correction"), asked=ASKED),
    )
    return Conversation("secret-id", say("heading"), "archive", ASKED, ASKED, turns)


def named(name: str) -> str:
    return name


# What is there


def test_text_has_all_of_an_answer() -> None:
    assert answer_as_text(wire(named), asked=ASKED) == (
        "question\n\n"
        "Understood as: alone\n\n"
        "first [1]. second [2].\n\n"
        "Only partly borne out by its quotes: partly\n\n"
        "Sources differ: about\n- ten [1]\n- seven [2]\n\n"
        "[1] source1, 2020-01-04, “title1”; also carried by also1, third1\n"
        f"    “quote1”\n    id1 10:15\n    {URL}\n\n"
        "[2] source2, 2020-01-04, “title2”; also carried by also2, third2\n"
        f"    “quote2”\n    id2 20:25\n    {URL}\n\n"
        "Asked 2026-11-21 12:00 UTC, archive wires (0123456789ab), llm, embedder\n"
    )


def test_what_is_not_known_is_left_out() -> None:
    bare = {"title": None, "source": None, "url": None, "also_in": []}
    cited = [citation | bare for citation in wire(named)["citations"][:1]]
    answer = wire(named, standalone_question="question", citations=cited, conflicts=[], sentences=[], replay={})
    assert (
        answer_as_text(answer) == "question\n\nfirst [1]. second [2].\n\n[1] 2020-01-04\n    “quote1”\n    id1 10:15\n"
    )
    assert answer_as_text({"question": "Who?", "answer": "The articles do not say."}) == (
        "Who?\n\nThe articles do not say.\n"
    )
    assert "#s2" not in answer_as_html(answer) and 'href="#s1"' in answer_as_html(answer)


def test_what_a_newsroom_says_is_exported() -> None:
    answer = make_answer(QUOTE).to_dict()
    text = answer_as_text(answer)
    assert f"“{QUOTE}”" in text and "also carried by Northgate Courier" in text and "strike/<i>one</i> 22:" in text
    assert QUOTE in "".join(words_of(answer_as_html(answer)))


def test_a_conversation_has_all_turns() -> None:
    conversation = talk(named)
    text = conversation_as_text(conversation)
    wanted = [
        "heading",
        "question",
        "Narrowed to: outlets outlet",
        "first [1]",
        "stopped",
        "note",
        "again",
        "first [1]",
    ]
    wanted += ["Marked wrong; correction: correction"]
    places = []
    for words in wanted:
        places.append(text.index(words, places[-1] + 1 if places else 0))
    told = conversation_as_markdown(conversation), "".join(words_of(conversation_as_html(conversation)))
    for words in wanted:
        assert all(words.replace("[", "").replace("]", "") in re.sub(r"[\\\[\]]", "", one) for one in told)
    held = json.loads(conversation_as_json(conversation))
    assert held["turns"][0]["answer"] == conversation.turns[0].answer and held["turns"][2]["mark"] == "-"
    for export in (conversation_as_json, conversation_as_text, conversation_as_html, conversation_as_markdown):
        assert "secret-id" not in export(conversation)


def test_json_brings_back_any_words() -> None:
    words = "\ud800 \x1b[31m \u202e “é”"
    text = conversation_as_json(talk(lambda _: words))
    assert json.loads(text)["turns"][0]["answer"] == wire(lambda _: words) and text.encode() and "\x1b" not in text


def test_an_empty_conversation_is_no_error() -> None:
    empty = Conversation("id", "", "a", ASKED, ASKED, ())
    assert conversation_as_text(empty) == "\n" and conversation_as_markdown(empty) == ""
    assert words_of(conversation_as_html(empty)) == []


# Nothing is markup. `HOSTILE` is what a parser would stumble over, and any other character.

SYNTAX = (
    "# ## - + * _ ** __ ~~~ ``` ` > < & | $ ^ = --- === 1. 1) [ ] [x]( ![x]( ) \\ : ! \n \r\n \t \u2028 \0 \x1b[31m"
    " \u202e \u2066 \u200f א ב ا <b> </p> <script> <!-- --> &lt; &#58; http://evil.example/ www.evil.example"
    " a@b.example javascript:alert(1) <http://e.example> {{x}} {%x%} [1] [^1] [a]: \ud800 \ufeff x"
)
HOSTILE = st.lists(st.sampled_from([*SYNTAX.split(" "), " ", "    "]) | st.characters(), min_size=1, max_size=12).map(
    "".join
)


@st.composite
def speakers(draw: st.DrawFn) -> tuple[Any, set[str]]:
    """Hostile words, which are not blank, for each name in turn, and all of them."""
    words = draw(st.lists(HOSTILE.filter(lambda text: line(text) != ""), min_size=1, max_size=4))
    said: dict[str, str] = {}

    def say(name: str) -> str:
        if name not in said:
            said[name] = words[len(said) % len(words)] + ("?" if name == "alone" else "")
        return re.sub(r"\[(?=\d)", "", said[name]) if name in ("first", "second") else said[name]  # markers are ours

    talk(say)
    return say, set(words)


class Reader(HTMLParser):
    """The tags with their attributes, and the words between them outside the style sheet."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.words: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.tags.append((tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""
        self.tags.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        if self.inside not in ("style", "title") and data.strip("\n"):
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    handle_pi = unknown_decl = handle_comment


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def words_of(html: str) -> list[str]:
    return read(html).words


def shape(text: str) -> list[tuple[str, str]]:
    """What CommonMark makes of a text, its words left out; with tables and struck words as GitHub has them."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return [
        (token.type, token.tag)
        for block in reader.parse(text)
        for token in (block, *(block.children or ()))
        if token.type != "text"
    ]


def texts(text: str) -> str:
    """All words that CommonMark shows, a line each block."""
    tokens: list[Token] = [token for token in MarkdownIt("commonmark").parse(text) if token.type == "inline"]
    return "\n".join("".join(child.content for child in token.children or ()) for token in tokens)


@pytest.mark.parametrize("around", ["{}", "x {} y", "{}x{}"])
def test_no_piece_of_markup_is_any(around: str) -> None:
    pieces = [
        *SYNTAX.split(" "),
        "<b>x</b>",
        "*x*",
        "__x__",
        "~~x~~",
        "`x`",
        "[x](http://e.example)",
        "![x](http://e.example)",
    ]
    for piece in [piece for piece in pieces if line(piece)]:

        def say(name: str, words: str = around.format(piece, piece)) -> str:
            return "first" if name == "first" else f"{words}?" if name == "alone" else words

        unlike, like = wire(say), wire(named)
        assert shape(answer_as_markdown(unlike)) == shape(answer_as_markdown(like)), piece
        assert line(piece) in without_isolates(texts(answer_as_markdown(unlike)))
        if not re.search(r"\[\d", piece):
            assert read(answer_as_html(unlike)).tags == read(answer_as_html(like)).tags, piece


def without_isolates(text: str) -> str:
    """The text without what keeps its directions apart, which is ours: hostile ones are shown."""
    return re.sub("[\u2068\u2069]", "", text)


@given(speakers())
def test_no_words_are_markdown(spoken: tuple[Any, set[str]]) -> None:
    say, said = spoken
    text = conversation_as_markdown(talk(say))
    assert shape(text) == shape(conversation_as_markdown(talk(named)))
    shown = without_isolates(texts(text))
    assert all(line(words) in shown for words in said)
    assert text.encode() and "\u202e" not in text


@given(speakers())
def test_no_words_are_html(spoken: tuple[Any, set[str]]) -> None:
    say, said = spoken
    for make in (conversation_as_html, lambda talk: answer_as_html(talk.turns[0].answer, asked=ASKED)):
        html = make(talk(say))
        assert html.encode() and "\u202e" not in html
        hostile, friendly = read(html), read(make(talk(named)))
        assert hostile.tags == friendly.tags
        shown = "".join(hostile.words)
        for words in said:
            seen = re.sub("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "\ufffd", words)
            assert seen in shown or line(words) in shown


@given(speakers())
def test_no_words_make_a_line_of_their_own(spoken: tuple[Any, set[str]]) -> None:
    """So none can pass for a source that there is not."""
    say, said = spoken
    text = conversation_as_text(talk(say))
    assert len(text.splitlines()) == len(conversation_as_text(talk(named)).splitlines())
    shown = without_isolates(text)
    assert all(line(words) in shown for words in said)


@given(HOSTILE.filter(lambda text: line(text) != ""))
def test_a_quote_is_html_to_the_character(words: str) -> None:
    plain = re.sub(
        "[\\0-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]", "?", words
    )
    html = answer_as_html(wire(lambda name: words if name == "quote1" else name))
    assert f"“{plain}”" in "".join(words_of(html)).replace("\ufffd", "?")


@given(HOSTILE)
def test_a_quote_keeps_its_length(words: str) -> None:
    assert len(harmless(words)) == len(words)


def test_a_very_long_headline_is_cut_and_a_quote_is_not() -> None:
    text = answer_as_text(wire(lambda name: "x" * 2_000_000 if name in ("title1", "quote1") else name))
    row = next(row for row in text.splitlines() if row.startswith("[1] "))
    assert len(row) < LONGEST + 100 and "xxx …”" in row and "x" * 2_000_000 in text


# Links


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " https://example.org/",
        "JAVASCRIPT:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "//example.org/",
        "http:",
        "http://",
        "http:example.org",
        "http://bank.example@evil.example/",
        "http://a:b@evil.example/",
        "http://[::1",
        "http://x:99999999/",
        "http://x/>y",
        'http://x/"onclick=',
        "http://x/\u202ey",
        "http://x/\u200by",
        "http://x/\\y",
        f"http://x/{'y' * 3000}",
        "not an address",
    ],
)
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    assert web_address(url) == ""
    html, text = answer_as_html(wire(named, url)), answer_as_markdown(wire(named, url))
    assert [dict(attrs)["href"] for tag, attrs in read(html).tags if tag == "a"] == ["#s1", "#s2"] * 2
    assert ("link_open", "a") not in shape(text)


@pytest.mark.parametrize(
    "url", [URL, "http://example.org", "https://xn--e1afmkfd.example:8080/é?q=(1)#x", "http://[::1]/"]
)
def test_a_web_address_is_a_link_to_itself_alone(url: str) -> None:
    tags = [dict(attrs) for tag, attrs in read(answer_as_html(wire(named, url))).tags if tag == "a"]
    assert [tag for tag in tags if "rel" in tag] == [{"href": url, "rel": "noreferrer"}] * 2
    reader = MarkdownIt("commonmark")
    inline = [child for token in reader.parse(answer_as_markdown(wire(named, url))) for child in token.children or ()]
    links = [child.attrGet("href") for child in inline if child.type == "link_open"]
    assert links == [reader.normalizeLink(url)] * 2


@given(st.text() | HOSTILE | st.from_regex(r"https?://\S+", fullmatch=True))
def test_any_address_is_a_link_to_itself_or_none(url: str) -> None:
    found = web_address(url)
    assert found in ("", url) and (not found or re.fullmatch(r"https?://[^\s<>]+", found))
    tags = [dict(attrs) for tag, attrs in read(answer_as_html(wire(named, url))).tags if tag == "a"]
    assert [tag["href"] for tag in tags if "rel" in tag] == ([url] * 2 if found else [])
    assert shape(answer_as_markdown(wire(named, url))).count(("link_open", "a")) == (2 if found else 0)


# The document


def test_the_document_asks_nobody_and_runs_nothing() -> None:
    html = conversation_as_html(talk(named))
    tags = read(html).tags
    assert {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "object", "form", "base", "svg"} == set()
    loads = [
        (name, value) for _, attrs in tags for name, value in attrs if name in ("src", "style") or name[:2] == "on"
    ]
    assert loads == [] and "@import" not in html and "url(" not in html
    policy = dict(next(attrs for tag, attrs in tags if dict(attrs).get("http-equiv")))["content"]
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style and policy
    assert f"sha256-{base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()}" in policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert html.index("<meta charset") < 1024


def test_numbers_lead_to_their_sources() -> None:
    tags = read(conversation_as_html(talk(named))).tags
    ids = [str(dict(attrs)["id"]) for _, attrs in tags if "id" in dict(attrs)]
    links = {str(dict(attrs)["href"])[1:] for tag, attrs in tags if tag == "a" and "rel" not in dict(attrs)}
    assert len(set(ids)) == len(ids) == 4 and links == set(ids)


def test_a_fragment_has_neither_anchors_nor_style() -> None:
    html = answer_as_fragment(wire(named), asked=ASKED)
    tags = read(html).tags
    assert {tag for tag, _ in tags if tag[0] != "/"} == {
        "section",
        "h3",
        "p",
        "ul",
        "li",
        "bdi",
        "div",
        "blockquote",
        "br",
        "a",
    }
    assert not any("id" in dict(attrs) for _, attrs in tags) and "[1]" in html and 'href="#' not in html


def test_a_line_of_two_directions_is_kept_apart() -> None:
    answer = wire(lambda name: "כותרת" if name == "title1" else name)
    assert "2020-01-04, \u2068“כותרת”\u2069; also" in answer_as_text(answer)
    assert '<bdi lang="">“כותרת”</bdi>' in answer_as_html(answer)


@given(st.text())
def test_a_file_name_is_one(title: str) -> None:
    name = file_name(title, ".md")
    assert re.fullmatch(r"[^\W_]+(-[^\W_]+)*\.md", name) and len(name) <= 63
    assert replace(Turn(title)).question == title
