"""What the page draws: quotes to the character, sides, refusals, and that nothing of others becomes markup."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.language import Words
from index.article import Article, Aside
from web.page.markup import AROUND, LONGEST_LINE, Drawer, ShownTurn, cut, pieces_of

QUOTE = "Missiles hit two vehicles – “both” burned & <b>smoked</b>."
TEXT = f"The road was dark.\r\n\r\n{QUOTE} Ten people were killed. Share this!"
HOSTILE = (
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> ![x](http://evil.example/x.png) '
    "[here](javascript:window.hacked=1) ${window.hacked = 1} {{window.hacked = 1}} <b>bold</b> & $$x$$ \u202e \0 '\""
)
DRAWER = Drawer(Words())


def make_article(**fields: Any) -> Article:
    held: dict[str, Any] = {"id": "strike", "text": TEXT, "title": "The strike", "source": "Meridian Wire"}
    return Article(**held | {"published": "2020-01-04"} | fields)


def make_citation(number: int, quote: str, **fields: Any) -> dict[str, Any]:
    start = TEXT.index(quote)
    held = {"article_id": "strike", "title": "The strike", "source": "Meridian Wire", "published": "2020-01-04"}
    place = {"number": number, "start": start, "end": start + len(quote), "quote": quote}
    return {**held, "url": None, "also_in": [], **place, **fields}


def make_answer(**fields: Any) -> dict[str, Any]:
    citations = [make_citation(1, QUOTE), make_citation(2, "Ten people were killed.")]
    sentences = [
        {"text": "Two vehicles were hit [1].", "citations": [1], "support": "supported", "score": 1.0},
        {"text": "Ten died [2][9].", "citations": [2], "support": "partly", "score": 0.4},
    ]
    text = " ".join(str(sentence["text"]) for sentence in sentences)
    held = {"answer": text, "declined": False, "sentences": sentences, "citations": citations}
    return {**held, "conflicts": [], "hits": [], **fields}


class Read(HTMLParser):
    """What a browser would make of it: tags with their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def marks(html: str) -> list[str]:
    """The words of each mark, as a browser would have them."""
    return [Read(inner).words for inner in re.findall(r"<mark[^>]*>(.*?)</mark>", html, re.DOTALL)]


def test_markers_are_buttons_and_those_that_cite_nothing_stay_words() -> None:
    html = DRAWER.conversation("c1", [ShownTurn(0, "What was hit?", make_answer())], "")
    read = Read(html)
    cites = [one for one in read.of("button") if one.get("class") == "cite"]
    assert [(one["data-turn"], one["data-number"]) for one in cites] == [("0", "1"), ("0", "2")]
    assert cites[0]["aria-label"] == "Quote 1: Meridian Wire, 4 January 2020, “The strike”"
    assert "Ten died [2][9]." in read.words
    assert "only partly borne out by its quote" in read.words and html.count('class="sentence partly"') == 1


def test_sides_are_a_table_and_not_told_twice() -> None:
    told = {"text": "Sources differ: ten [1]; seven [2].", "citations": [1, 2], "support": "supported", "score": 1.0}
    sides = [{"value": "ten", "citations": [1]}, {"value": "seven", "citations": [2]}]
    answer = make_answer(sentences=[told], conflicts=[{"about": "how many", "sides": sides}])
    read = Read(DRAWER.conversation("c1", [ShownTurn(0, "How many?", answer)], ""))
    assert len(read.of("table")) == 1 and len(read.of("tr")) == 3
    assert "The sources differ" in read.words and "Sources differ:" not in read.words
    assert len([one for one in read.of("button") if one.get("class") == "cite"]) == 2


def test_a_refusal_says_what_there_is_and_the_nearest() -> None:
    hit = {"article_id": "strike", "title": "The strike", "source": "Meridian Wire", "published": "2020-01-04"}
    answer = make_answer(answer="The articles do not say.", declined=True, sentences=[], hits=[hit | {"text": "Near."}])
    read = Read(DRAWER.conversation("c1", [ShownTurn(0, "Who?", answer)], "14 articles, 4 outlets"))
    assert "The articles do not say." in read.words and "This archive holds 14 articles, 4 outlets." in read.words
    assert "Nearest in the archive" in read.words and "Near." in read.words


def test_what_is_found_stands_above_the_answer_with_its_words_marked() -> None:
    start = QUOTE.index("two vehicles")
    found = make_citation(1, QUOTE), (start, start + len("two vehicles"))
    html = DRAWER.running(ShownTurn(3, "What was hit?", found=found), "Writing")
    assert marks(html) == ["two vehicles"]
    [button] = [one for one in Read(html).of("button") if one.get("data-found")]
    assert (button["data-turn"], button["data-number"], button["data-event"]) == ("3", "1", "select")
    assert button["aria-label"] == "Open the quote that was found: Meridian Wire, 4 January 2020, “The strike”"
    assert QUOTE in Read(html).words and html.index('class="found"') < html.index('class="answer"')
    assert 'class="found"' not in DRAWER.running(ShownTurn(3, "What was hit?"), "Writing")
    hostile = make_citation(1, QUOTE) | {"quote": HOSTILE, "source": HOSTILE}
    read = Read(DRAWER.running(ShownTurn(3, "What?", found=(hostile, (0, 9))), "Writing"))
    assert {tag for tag, _ in read.tags} <= set("article h2 span aside p blockquote button mark div bdi".split())


def test_a_quote_is_marked_to_the_character_and_the_text_is_whole() -> None:
    article = make_article(asides=(Aside(TEXT.index("Share"), len(TEXT), "share"),))
    html = DRAWER.article(article, [make_citation(1, QUOTE), make_citation(2, "Ten people were killed.")], 2)
    assert marks(html) == [QUOTE, "Ten people were killed."]
    assert [one.get("class") for one in Read(html).of("mark")] == [None, "current"]
    whole = re.search(r'<div class="text"[^>]*>(.*)</div>', html, re.DOTALL)
    assert whole and Read(whole[1]).words == TEXT and "&#13;\n" in html
    assert "Share this!" in Read(re.findall(r'<span class="aside">(.*?)</span>', html)[0]).words


def test_a_changed_or_missing_article_is_told_and_the_quote_shown() -> None:
    cited = [make_citation(1, "Ten people were killed.")]
    moved = DRAWER.article(make_article(text=f"Update. {TEXT}"), cited, 1)
    assert "the quote stands elsewhere in it now" in moved and marks(moved) == ["Ten people were killed."]
    gone = DRAWER.article(make_article(text="All is well."), cited, 1)
    assert "the quote does not stand in it any more" in gone and marks(gone) == ["Ten people were killed."]
    missing = DRAWER.article(None, cited, 1)
    assert "not in the archive any more" in missing and marks(missing) == ["Ten people were killed."]


def test_a_huge_article_is_shown_around_its_quote() -> None:
    text = "a" * 1_000_000 + QUOTE + "b" * 1_000_000
    cited = [make_citation(1, QUOTE) | {"start": 1_000_000, "end": 1_000_000 + len(QUOTE)}]
    html = DRAWER.article(make_article(text=text), cited, 1)
    assert len(html) < 3 * AROUND and marks(html) == [QUOTE] and "970,000 characters before" in html


def test_two_quotes_of_the_same_words_mark_the_one_that_is_asked_for() -> None:
    html = DRAWER.article(make_article(), [make_citation(1, QUOTE), make_citation(2, QUOTE)], 2)
    assert [one.get("class") for one in Read(html).of("mark")] == ["current"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://[", "ftp://a/b"])
def test_only_web_addresses_are_links(url: str) -> None:
    assert not Read(DRAWER.article(make_article(url=url), [make_citation(1, QUOTE)], 1)).of("a")


def test_a_link_to_the_original_tells_nobody_where_from() -> None:
    [link] = Read(DRAWER.article(make_article(url="https://example.org/a?b=1&c"), [], 1)).of("a")
    assert link["href"] == "https://example.org/a?b=1&c" and "noreferrer" in str(link["rel"])


OURS = set(
    "section article h1 h2 h3 h4 p span em strong button table caption thead tbody tr th td ul li br textarea div mark"
    " blockquote code nav small a figure figcaption svg rect title bdi progress details summary".split()
)


@given(st.text() | st.just(HOSTILE) | st.text("<>&\"'`${}[]()!\r\n\0\u202e/ab", max_size=40))
def test_nothing_of_others_is_markup(words: str) -> None:
    article = Article(words or "a", words, words, words, words, url=words, byline=words, language=words)
    citation = make_citation(1, QUOTE) | dict.fromkeys(("article_id", "title", "source", "published", "quote"), words)
    citation |= {"start": 0, "end": len(words), "also_in": [words], "url": words}
    sentence = {"text": f"{words} [1]", "citations": [1], "support": words, "score": 1.0}
    side = {"value": words, "citations": [1]}
    hit = {"article_id": words, "title": words, "source": words, "published": words, "text": words}
    answer = make_answer(
        citations=[citation], sentences=[sentence], conflicts=[{"about": words, "sides": [side, side]}], hits=[hit]
    )
    shown = ShownTurn(0, words, answer, words, words, "", words, (("text", words), ("html", words)))
    item = {"id": words, "link": "?conversation=x", "title": words, "day": words}
    refused = ShownTurn(1, words, answer | {"declined": True})
    for html in (
        DRAWER.conversation(words, [shown, refused], words),
        DRAWER.running(shown, words, 1, 2),
        DRAWER.article(article, [citation], 1),
        DRAWER.article(None, [citation], 1),
        DRAWER.welcome(words, [words]),
        DRAWER.head(words, words, words, "logout"),
        DRAWER.conversations([item], "", words),
        DRAWER.notice(words),
        DRAWER.undo_line(words),
        DRAWER.timeline([(words, 3)], "", ""),
    ):
        read = Read(html)
        assert {tag for tag, _ in read.tags} <= OURS
        for tag, attributes in read.tags:
            assert not any(name.startswith("on") or name in ("src", "style", "srcdoc") for name in attributes), tag
            assert (attributes.get("href") or "#").startswith(("http", "#", "?", "logout"))


@given(st.text())
def test_marked_pieces_join_to_the_text(text: str) -> None:
    marked = [(len(text) // 3, len(text) // 2, 1)]
    assert "".join(words for words, _, _ in cut(text, 0, len(text), marked, [(0, len(text) // 2)])) == text
    assert "".join(words or f"[{number}]" for words, number in pieces_of(text, {1: "AFP"})) == text


def test_a_headline_of_two_megabytes_is_cut() -> None:
    html = DRAWER.article(make_article(title="x" * 2_000_000), [make_citation(1, QUOTE)], 1)
    assert len(html) < 10_000 and len(Read(html).words) < LONGEST_LINE + 1_000


def test_the_timeline_lights_what_is_asked() -> None:
    html = DRAWER.timeline([("2020-01-03", 2), ("2020-01-04", 0), ("2020-01-05", 4)], "2020-01-04", "2020-01-31")
    bars = [one for one in Read(html).of("rect") if one["class"] != "hit"]
    assert [one["class"] for one in bars] == ["out", "in", "in"] and bars[2]["height"] == "60.00"
    assert "6 dated articles from 2020-01-03 to 2020-01-05" in html
