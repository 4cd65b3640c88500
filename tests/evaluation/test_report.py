"""The page of a run: it asks nobody, nothing in it becomes markup, every quote is marked to the character."""

import base64
import hashlib
import re
import time
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.figures import make_figures
from evaluation.gold.questions import GoldQuote, Question
from evaluation.judge import judge
from evaluation.report import write_report
from evaluation.run import Run
from index.article import Article, Section
from index.passage import Passage
from index.store.archive import Archive, StoredPassage
from index.store.sqlite import EmbeddedArchive
from models import Message
from qa.answer import Answer, Conflict, Sentence, Side, cite
from qa.retrieve import Hit

HOSTILE = (
    "<script>window.hacked=1</script></script></style></title><img src=x onerror=window.hacked=1>"
    "<a href='javascript:window.hacked=1'>\"'>--> {{7*7}}{%x%}&amp;<!--"
)
QUOTE = "Missiles hit two vehicles –\r\n“both” burned & <b>smoked</b>."
TEXT = f"The road was dark.\r\n\r\n{QUOTE} Ten people were killed.  It was cold that night in the city."
MADE: dict[str, Any] = {
    "date": "2020-01-08T09:00:00+00:00",
    "commit": "0123456789abcdef",
    "uncommitted_changes": True,
    "machine": {"cpu": "a processor", "cores": 2, "memory_gb": 8.0, "avx512": False},
    "versions": {"python": "3.11.7", "torch": None},
    "gold": {"name": "gold.jsonl", "sha256": "ab" * 32},
    "archive": "cd" * 32,
    "embedder": "small-embedder 64",
    "reranker": None,
    "llm": {"name": "a-model", "sha256": None},
    "judge": "a-model, log-odds of yes above 0",
    "settings": {"llm": "a-model", "reranker": "", "passages": 8, "seed": 0},
    "complete": True,
    "peak_memory_gb": 1.5,
}


def strike(words: str = "") -> Article:
    """The article that quotes are taken from; `words` stand in everything that it says of itself."""
    url = 'https://example.org/1?a=b&c="d"'
    return Article(f"strike{words}", TEXT + words, f"Strike{words}", f"Wire{words}", "2020-01-04", url)


def make_archive(folder: Path, articles: Sequence[Article]) -> Archive:
    """Each article one passage."""
    archive = EmbeddedArchive.create(folder, {"embedder": "none", "dimension": "2", "max_tokens": "9"})
    with archive.change():
        file = archive.put_file("a.txt", ".", "")
        for article in articles:
            stored = StoredPassage(Passage(0, len(article.text)), b"", np.zeros(2, np.float32))
            archive.put_article(article, file, [stored])
    return archive


def make_hit(article: Article) -> Hit:
    return Hit(1, 1.0, Passage(0, len(article.text)), article, {"dense": 1, "rerank": None})


def make_answer(
    id: str, article: Article, text: str = "", quotes: Sequence[str] = (), *, score: float = 0.9, seconds: float = 8.0
) -> Answer:
    """Says `text` and cites each quote; without quotes it declines."""
    spans = [(article.text.index(quote), article.text.index(quote) + len(quote)) for quote in quotes]
    citations = tuple(cite(n, article, *span) for n, span in enumerate(spans, 1))
    sentence = Sentence(text, tuple(c.number for c in citations), "supported", 1.0)
    clock = {"search": 0.1, "first_token": seconds / 2, "total": seconds}
    sides = Conflict(article.title, (Side(article.title, (1,)), Side("two", (1,))))
    return Answer(
        id,
        id,
        f"Understood: {id}",
        text or f"The articles do not say. The nearest is {article.title}.",
        "",
        not quotes,
        score,
        (sentence,) if quotes else (),
        citations,
        (sides,) if len(quotes) > 1 else (),
        (make_hit(article),),
        clock,
    )


def make_run(
    folder: Path, archive: Archive, asked: Sequence[tuple[Question, Answer | None]], found: Sequence[Hit], **record: Any
) -> Run:
    """A whole run in which every stage of the search finds the same."""
    judged = []
    for question, answer in asked:
        rankings = dict.fromkeys(("dense", "lexical", "fused"), found) | ({"read": found[:1]} if answer else {})
        judged.append(judge(question, answer, rankings, archive, (lambda *_: True) if answer else None))
    folder.mkdir(parents=True, exist_ok=True)
    made = {"questions": len(judged), "retrieval_only": asked[0][1] is None, **make_figures(judged)}
    answers = {question.id: answer.to_dict() for question, answer in asked if answer}
    return Run(folder, MADE | made | record, tuple(judged), answers)


def one_of_each(article: Article, words: str = "") -> list[tuple[Question, Answer | None]]:
    """A question of each outcome; `words` stand in all that a gold set and an answer say."""
    quote, ten = GoldQuote(article.id, QUOTE), GoldQuote(article.id, "Ten people were killed.", 1)
    gone = GoldQuote("gone" + words, "Nowhere" + words)
    history = (Message("user", "Before" + words), Message("assistant", "Said" + words))

    def ask(id: str, *evidence: GoldQuote, answerable: bool = True, **more: Any) -> Question:
        groups = (("two vehicles", "2" + words), ("ten",))[: 2 if len(evidence) > 1 else 1] if answerable else ()
        kind = ("fact" if answerable else "absent") + words
        return Question(id + words, f"{id}{words}?", groups, evidence, answerable, kind, **more)

    said = f"Two vehicles burned [1].{words} Ten died [2], [3], [0]."
    return [
        (ask("right", quote, ten), make_answer("right" + words, article, said, (QUOTE, ten.quote), score=0.93)),
        (
            ask("wrong", quote, ten, history=history, must_flag_conflict=True),
            make_answer("wrong" + words, article, "Two vehicles burned [1].", (QUOTE,), score=0.7, seconds=21.0),
        ),
        (ask("refused", quote), make_answer("refused" + words, article, seconds=3.0)),
        (ask("invented", answerable=False), make_answer("invented" + words, article, "Yes [1].", (QUOTE,), score=0.4)),
        (ask("kept", answerable=False), make_answer("kept" + words, article, score=0.1)),
        (ask("missing", gone), make_answer("missing" + words, article, said, (QUOTE,), score=0.8)),
    ]


def write(folder: Path, words: str = "", **record: Any) -> str:
    """The page of a run with one question of each outcome."""
    article = strike(words)
    archive = make_archive(folder / "archive", [Article("other", "Rain fell.", "Rain"), article])
    asked = one_of_each(article, words)
    run = make_run(folder / "run", archive, asked, [make_hit(article)], **record)
    return write_report(run, archive, [question for question, _ in asked]).read_bytes().decode()


class Page(HTMLParser):
    """Tags with their attributes in order, and the text inside each `mark` and `blockquote`, each script and style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.texts: dict[str, list[str]] = {name: [] for name in ("mark", "blockquote", "script", "style", "h1")}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.texts:
            self.inside.append(tag)
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.texts:
            assert self.inside.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self.inside:
            self.texts[tag][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


# What the page is


def test_the_page_asks_nobody(tmp_path: Path) -> None:
    page = Page(write(tmp_path))
    for tag, attributes in page.tags:
        assert not {"src", "srcset", "data", "action", "poster", "background", "ping"} & set(attributes), tag
        assert not [name for name in attributes if name.startswith("on") or name.startswith("xlink")], tag
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "use", "image"}
    assert {a["href"] for a in page.all("a") if not str(a["href"]).startswith("#")} == {strike().url}
    [style] = page.texts["style"]
    assert "url(" not in style and "@import" not in style
    assert not [a["style"] for _, a in page.tags if "url" in str(a.get("style"))]


def test_only_our_own_script_may_run(tmp_path: Path) -> None:
    page = Page(write(tmp_path, HOSTILE))
    [policy] = [str(a["content"]) for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    [script] = page.texts["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert page.all("script") == [{}]


def test_nothing_hostile_is_markup(tmp_path: Path) -> None:
    record = {name: MADE[name] | {"name": HOSTILE} for name in ("gold", "llm")}
    more = {"settings": MADE["settings"] | {HOSTILE: HOSTILE}, "embedder": HOSTILE, "judge": HOSTILE}
    harmless = {"settings": MADE["settings"] | {"more": "x"}}
    hostile, plain = (
        Page(write(tmp_path / "a", HOSTILE, **record, **more)),
        Page(write(tmp_path / "b", " x", **harmless)),
    )
    assert [(tag, list(attributes)) for tag, attributes in hostile.tags] == [
        (tag, list(attributes)) for tag, attributes in plain.tags
    ]
    assert [h1.endswith(HOSTILE) for h1 in hostile.texts["h1"]] == [True]


def test_an_address_is_a_link_only_where_it_is_one(tmp_path: Path) -> None:
    urls = ("javascript:alert(1)", "data:text/html,x", "//example.org", " https://example.org", None)
    articles = [Article(f"a{n}", TEXT, "Strike", url=url) for n, url in enumerate(urls)]
    archive = make_archive(tmp_path / "archive", articles)
    asked = [one_of_each(article, article.id)[0] for article in articles]
    run = make_run(tmp_path / "run", archive, asked, [make_hit(article) for article in articles])
    page = Page(write_report(run, archive, [question for question, _ in asked]).read_text("utf-8"))
    assert len(page.texts["mark"]) == 5 * 4 and all(str(a["href"]).startswith("#") for a in page.all("a"))


def test_one_run_gives_the_same_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "a", HOSTILE) == write(tmp_path / "b", HOSTILE) != write(tmp_path / "c")


# What it says


def details_of(html: str) -> list[str]:
    return re.findall(r'<details class="q".*?</details>', html, re.DOTALL)


def test_every_question_is_there_with_its_outcome(tmp_path: Path) -> None:
    html = write(tmp_path)
    rows = [(a["data-kind"], a["data-is"]) for a in Page(html).all("details") if a.get("class") == "q"]
    assert rows == [
        ("fact", "right"),
        ("fact", "wrong"),
        ("fact", "refused"),
        ("absent", "invented"),
        ("absent", "kept"),
        ("fact", "right unfound missing"),
    ]
    for name, row in zip(("right", "wrong", "refused", "invented", "kept", "missing"), details_of(html), strict=True):
        assert f">{name}?</span>" in row and f"<code>{name}</code>" in row
    counts = re.findall(r'value="(\w+)">.*?<span class="n">(\d)</span></label>', html)
    assert dict(counts) == {
        **{"right": "2", "kept": "1", "wrong": "1", "refused": "1", "invented": "1"},
        **{"unfound": "1", "missing": "1"},
    }


def test_the_quotes_are_marked_to_the_character(tmp_path: Path) -> None:
    ten = "Ten people were killed."
    rows = [Page(row) for row in details_of(write(tmp_path))]
    cited_then_gold = [[QUOTE, ten, QUOTE, ten], [QUOTE, QUOTE, ten], [QUOTE, QUOTE], [QUOTE], [], [QUOTE, "Nowhere"]]
    assert [row.texts["mark"] for row in rows] == cited_then_gold
    around = [text for row in rows for text in row.texts["blockquote"]]
    assert all(text.removesuffix(" …") in (*TEXT.splitlines(), TEXT, "Nowhere") for text in around)
    assert QUOTE.count("\r") == 1 and TEXT in around


def test_what_is_around_a_quote_stays_in_its_story(tmp_path: Path) -> None:
    stories = [
        f"{name} story. {'All of it is long. ' * 30}The end of {name}.\n\n" for name in ("First", "Second", "Third")
    ]
    starts = [0, len(stories[0]), len(stories[0] + stories[1])]
    sections = tuple(Section(start, f"Headline {n}", "Wire") for n, start in enumerate(starts))
    article = Article("page", "".join(stories), "A page", sections=sections)
    archive = make_archive(tmp_path / "archive", [article])
    evidence = (
        GoldQuote("page", "Second story."),
        GoldQuote("page", "The end of Second."),
        GoldQuote("page", "long. All"),
    )
    question = Question("a", "What?", (("x",),), evidence, True, "fact")
    run = make_run(tmp_path / "run", archive, [(question, None)], [make_hit(article)])
    html = write_report(run, archive, [question]).read_text("utf-8")
    first, last, repeated = Page(html).texts["blockquote"]
    assert first.startswith("Second story. All of it") and first.endswith(" …")
    assert last.startswith("… ") and last.endswith("The end of Second.\n\n") and "Third" not in last
    assert len(first) <= len("Second story.") + 200 + 2 and repeated.count("long. All") > 1
    assert "Headline 1" in html and f"stands there {3 * 29} times" in html


def test_groups_say_whether_they_are_held_and_where_they_were_found(tmp_path: Path) -> None:
    right, wrong, refused, *_, missing = details_of(write(tmp_path))
    assert [re.findall("[✓✗]</span><bdi>", row) for row in (right, wrong, refused)] == [
        ["✓</span><bdi>", "✓</span><bdi>"],
        ["✓</span><bdi>", "✗</span><bdi>"],
        ["✗</span><bdi>"],
    ]
    assert re.findall(r"<span>(\w+) <b>(.)</b></span>", refused) == [
        (stage, "1") for stage in ("dense", "lexical", "fused", "read")
    ]
    assert re.findall(r"<span>(\w+) <b>(.)</b></span>", missing)[0] == ("dense", "–")
    assert "not in this archive in these words" in missing and "not shown" in wrong


def test_markers_lead_to_their_citations(tmp_path: Path) -> None:
    right, wrong, refused, *_ = details_of(write(tmp_path))
    assert re.findall(r'<a href="#(q1-\d)">\[\d\]', right) == ["q1-1", "q1-2", "q1-1", "q1-1"]  # the sides' too
    assert re.findall(r'id="(q1-\d)"', right) == ["q1-1", "q1-2"] and ", [3], [0]." in right
    assert "Understood: wrong" in wrong and "<b>user</b> Before" in wrong
    assert "Nearest in the archive" in refused and "Sources differ" in right


def test_a_citation_that_is_not_its_article_says_so(tmp_path: Path) -> None:
    article, changed = strike(), Article("strike", "Another text.", "Strike")
    asked = one_of_each(article)
    run = make_run(tmp_path / "run", make_archive(tmp_path / "a", [article]), asked, [make_hit(article)])
    html = write_report(run, make_archive(tmp_path / "b", [changed]), [question for question, _ in asked]).read_text()
    assert details_of(html)[0].count("not in this archive in these words") == 4


def test_a_figure_that_nothing_counts_for_is_left_out(tmp_path: Path) -> None:
    article = strike()
    archive = make_archive(tmp_path / "archive", [article])

    def headings(asked: Sequence[tuple[Question, Answer | None]]) -> list[str]:
        run = make_run(tmp_path / "run", archive, asked, [make_hit(article)])
        html = write_report(run, archive, [question for question, _ in asked]).read_text("utf-8")
        assert not re.search(r"\b(nan|None|Undefined)\b", html)
        return re.findall("<h3>(.*?)</h3>", html)

    everything = one_of_each(article)
    assert headings(everything)[:6] == [
        *("Right", "Group recall", "Citations verbatim"),
        *("Unanswerable refused", "Answerable refused", "Seconds an answer"),
    ]
    charts = ["By kind of question", "How long an answer takes"]
    evidence = "Where the evidence is found, stage by stage"
    assert [name for name in headings(everything) if name in (*charts, evidence)] == [*charts, evidence]
    declined = headings([pair for pair in everything if pair[0].id in ("refused", "kept")])
    assert "Citations verbatim" not in declined and not [name for name in declined if "score" in name]
    assert headings([pair for pair in everything if pair[0].id == "kept"]) == [
        *("Unanswerable refused", "Seconds an answer", "What became of the question"),
        *charts,
    ]
    searched = headings([(question, None) for question, _ in everything])
    assert searched[:6] == [
        *("Any evidence first", "Any evidence in 5", "Any evidence in 10"),
        *("Every group in 10", "MRR@10", "nDCG@10"),
    ]
    assert searched[6:] == ["What became of the 6 questions", charts[0], evidence]
    without = Question("a", "What?", (), (), False, "absent")
    assert headings([(without, None)]) == ["What became of the question"]


@pytest.mark.no_cover  # to trace takes time and memory
@pytest.mark.slow
def test_a_thousand_questions_are_quick_and_light(tmp_path: Path) -> None:
    run, archive, questions = make_large_run(tmp_path, 1000)
    began = time.process_time()
    file = write_report(run, archive, questions)
    assert time.process_time() - began < 5
    assert 1_000_000 < file.stat().st_size < 10_000_000
    assert len(details_of(file.read_text("utf-8"))) == 1000


def make_large_run(folder: Path, size: int) -> tuple[Run, Archive, list[Question]]:
    """So many questions over 200 articles; the higher a score, the likelier is its answer right."""
    picked = np.random.default_rng(0)
    articles = [
        Article(
            f"a{n}",
            "".join(f"Article {n} says in sentence {i} that {i * n} people came to town. " for i in range(60)),
            f"Headline {n} of a paper",
            f"Outlet {n % 7}",
            "2020-01-04",
        )
        for n in range(200)
    ]
    archive = make_archive(folder / "archive", articles)
    asked: list[tuple[Question, Answer | None]] = []
    for n in range(size):
        article = articles[n % 200]
        quotes = [
            f"Article {n % 200} says in sentence {i} that {i * (n % 200)} people came to town." for i in (9, 20, 41)
        ]
        evidence = tuple(GoldQuote(article.id, quote, g) for g, quote in enumerate(quotes[:2]))
        answerable, score = n % 6 > 0, round(float(picked.beta(3, 1.3)), 4)
        kind = f"{('list', 'single_fact', 'date_number')[n % 3]}" if answerable else "unanswerable_absent"
        forms = tuple((f"sentence {i}",) for i in (9, 20))
        question = Question(
            f"id-{n}",
            f"Question {n}: who came?",
            forms if answerable else (),
            evidence if answerable else (),
            answerable,
            kind,
        )
        good = picked.random() < score**2
        said = "".join(f"{quote[:-1]} [{i}]. " for i, quote in enumerate(quotes if good else quotes[2:], 1))
        declines = picked.random() < (0.15 if answerable else 0.8)
        seconds = round(float(picked.gamma(9, 1.6)), 2)
        shown = () if declines else quotes if good else quotes[2:]
        asked.append(
            (question, make_answer(question.id, article, "" if declines else said, shown, score=score, seconds=seconds))
        )
    found = [make_hit(article) for article in articles[:10]]
    return make_run(folder / "run", archive, asked, found), archive, [question for question, _ in asked]


# In a browser


class Tab:
    """A page in a browser tab, with what it asked for and complained of."""

    def __init__(self, browser: Any, file: Path, **settings: Any) -> None:
        self.address = file.resolve().as_uri()
        self.tab = browser.new_page(**settings)
        self.asked_for: list[str] = []
        self.complaints: list[str] = []
        self.tab.on("request", lambda request: self.asked_for.append(request.url))
        self.tab.on("console", lambda line: self.complaints.append(line.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.goto(self.address)

    def shown(self) -> list[str]:
        rows = self.tab.locator("#list > details:visible .ask").all_text_contents()
        assert self.tab.locator("#shown").text_content() == f"{len(rows)} of 6 questions"
        return [row.partition("?")[0].partition("<")[0] for row in rows]

    def check(self) -> None:
        assert self.asked_for == [self.address] and self.complaints == []
        assert self.tab.evaluate("window.hacked") is None
        self.tab.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path, HOSTILE)
    return tmp_path / "run" / "report.html"


EVERY = ["right", "wrong", "refused", "invented", "kept", "missing"]


@pytest.mark.browser
def test_filters_leave_what_they_say(file: Path, chromium: Any) -> None:
    page = Tab(chromium, file)
    assert page.shown() == EVERY
    page.tab.locator("#filters").get_by_text("right 2").click()
    assert page.shown() == ["right", "missing"]
    page.tab.get_by_label("evidence missing").check()
    assert page.shown() == ["missing"]
    page.tab.get_by_text("clear filters").click()
    page.tab.locator("#shown", has_text="6 of 6").wait_for()
    page.tab.get_by_label("Kind").select_option(index=1)
    assert page.shown() == ["invented", "kept"]
    page.tab.get_by_label("Words in").fill("YES [1]")
    assert page.shown() == ["invented"]
    page.tab.get_by_label("Words in").fill("no such words")
    assert page.shown() == [] and page.tab.locator("#none").is_visible()
    page.check()


@pytest.mark.browser
def test_a_question_opens_and_its_marker_leads_to_the_quote(file: Path, chromium: Any) -> None:
    page = Tab(chromium, file)
    assert page.tab.locator("#list mark:visible").count() == 0
    page.tab.locator("#list summary").first.click()
    assert page.tab.locator("#q1 mark").all_text_contents()[0] == QUOTE
    page.tab.locator("#q1 .answer a").nth(1).click()
    assert page.tab.locator("#q1-2:target mark").text_content() == "Ten people were killed."
    page.tab.locator("#open").click()
    assert page.tab.locator("#list > details[open]").count() == 6
    page.tab.locator("#open").click()
    assert page.tab.locator("#list > details[open]").count() == 0
    page.asked_for = page.asked_for[:1]  # the marker's address is the page's own
    page.check()


@pytest.mark.browser
def test_all_of_it_shows_without_javascript(file: Path, chromium: Any) -> None:
    page = Tab(chromium, file, java_script_enabled=False)
    assert page.tab.locator("#list > details:visible").count() == 6
    assert page.tab.locator("#filters").is_hidden() and page.tab.locator("#none").is_hidden()
    page.tab.locator("#list summary").first.click()
    assert page.tab.locator("#q1 mark").first.is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_needs_sideways_scrolling(file: Path, chromium: Any, scheme: str, width: int) -> None:
    page = Tab(chromium, file, viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    paper, ink = page.tab.evaluate("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
    assert (brightness(paper) > brightness(ink)) == (scheme == "light")
    page.check()


def brightness(color: str) -> int:
    return sum(map(int, re.findall(r"\d+", color)[:3]))


@pytest.mark.browser
def test_it_prints_on_paper_without_its_filters(file: Path, chromium: Any) -> None:
    page = Tab(chromium, file, viewport={"width": 690, "height": 1000}, color_scheme="dark")  # A4 less its margins
    page.tab.evaluate("document.querySelector('#q1').open = true")
    page.tab.emulate_media(media="print", color_scheme="dark")
    assert page.tab.locator("#filters").is_hidden() and page.tab.locator("nav").is_hidden()
    assert page.tab.locator("#q1 mark").first.is_visible() and page.tab.locator("#q2 mark").first.is_hidden()
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 690
    assert brightness(page.tab.evaluate("getComputedStyle(document.body).color")) < 3 * 64
    page.check()


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("size", [2, 200])
def test_labels_of_charts_do_not_cover_each_other(tmp_path: Path, chromium: Any, width: int, size: int) -> None:
    run, archive, questions = make_large_run(tmp_path, size)
    page = Tab(chromium, write_report(run, archive, questions), viewport={"width": width, "height": 844})
    plots = page.tab.evaluate(
        "[...document.querySelectorAll('.plot')].map(plot => [...plot.querySelectorAll('text')].map(text => {"
        " const r = text.getBoundingClientRect(); return [text.textContent, r.left, r.top, r.right, r.bottom] }))"
    )
    assert len(plots) == 4
    for labels in plots:
        for i, (one, *a) in enumerate(labels):
            assert a[0] >= 0 and a[2] <= width, one
            for other, *b in labels[:i]:
                apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
                assert apart, f"{one} and {other}"
    page.check()
