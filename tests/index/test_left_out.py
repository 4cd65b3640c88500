"""What a reader leaves out of a file is counted: past a share the article carries a warning, which everything tells."""

import json
from pathlib import Path

import docx
import pytest

from index.article import Article
from index.reading.files import read_file
from index.reading.yardstick import LEAST, SHARE, missing
from tests.conftest import make_index, write_files
from tests.index.test_readers import one
from tests.support.fakes import FakeEmbedder, count_words

TAKEN = (
    "The ice works of Sund closed on Friday after eighty years, and the last block was given to the children's home.",
    "Its owner, Karl Brenn, said that electricity had cost more than the ice brought in since the autumn of last year.",
    "Fourteen people worked there. Nine have found other work in the fish halls, the union said on Friday evening.",
)
LOST = (
    "The town wants to buy the building for 900,000 crowns, and the council votes on the price on 12 May, it was said.",
    "Engineers found ammonia in two of the pipes in March. It was taken out before the machines were stopped for good.",
)
BOX = (
    "The harbour office has let the quay beside the works to a maker of sails for nine years, and it wants to keep the"
    " cold house as a store for nets. A vote on that is due in the autumn, the office said."
)


def page(rest: str) -> str:
    body = "".join(f"<p>{line}</p>" for line in TAKEN)
    return (
        "<!doctype html><html lang=en><head><title>Ice works close</title></head><body><main><h1>Ice works close</h1>"
        f"<div class=text>{body}</div>{rest}</main></body></html>"
    )


@pytest.mark.parametrize(
    ("rest", "warned"),
    [
        ("<section class=more><h2>The price</h2>{}</section>", True),
        ("<div class=related>{}</div>", False),
        ("<aside>{}</aside>", False),
        ("<div class=more><a href=/b>{}</a></div>", False),
        ("<ul>{}</ul>", False),
    ],
)
def test_prose_of_a_page_that_is_not_taken_is_told(tmp_path: Path, rest: str, warned: bool) -> None:
    kept = rest.format("".join(f"<p>{line}</p>" for line in LOST))
    if rest.startswith("<ul"):
        kept = rest.format("".join(f"<li>{line}</li>" for line in LOST))
    article = one(tmp_path, "a.html", page(kept).encode())
    taken = LOST[0] in article.text
    assert bool(article.warnings) is (warned and not taken)
    for sentence in article.warnings:
        assert LOST[1][:30] in sentence or LOST[0][:30] in sentence


def test_a_page_that_is_taken_whole_has_no_warning(tmp_path: Path) -> None:
    assert one(tmp_path, "a.html", page("").encode()).warnings == ()


def test_words_are_missing_where_their_runs_are() -> None:
    lost = missing([*TAKEN, *LOST, LOST[0]], "\n".join(TAKEN))
    assert lost.words == sum(len(line.split()) for line in LOST), "what stands twice counts once"
    assert lost.of == sum(len(line.split()) for line in (*TAKEN, *LOST))
    assert lost.begins in LOST and lost.share >= SHARE and lost.words >= LEAST
    assert missing(TAKEN, "\n".join(TAKEN).upper()).words == 0, "it is the words that count"
    assert missing([], "").share == 0.0


def test_a_mail_whose_html_says_more_is_told(tmp_path: Path) -> None:
    plain, shown = "\n\n".join(TAKEN), "".join(f"<p>{line}</p>" for line in (*TAKEN, *LOST))
    mail = (
        "From: Ann <ann@sund.example>\r\nSubject: Ice\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;"
        " boundary=XX\r\n\r\n--XX\r\nContent-Type: text/plain\r\n\r\n{}\r\n--XX\r\nContent-Type: text/html\r\n\r\n{}"
        "\r\n--XX--"
    )
    assert one(tmp_path, "a.eml", mail.format(plain, shown).encode()).warnings
    assert not one(tmp_path, "b.eml", mail.format(plain, shown.partition(LOST[0])[0]).encode()).warnings


def test_what_a_mail_quotes_is_left_out_on_purpose(tmp_path: Path) -> None:
    quoted = "\n".join(f"> {line}" for line in LOST)
    shown = "".join(f"<p>{line}</p>" for line in TAKEN) + "<blockquote>" + "".join(f"<p>{w}</p>" for w in LOST)
    mail = (
        "From: Ann <ann@sund.example>\r\nSubject: Ice\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;"
        " boundary=XX\r\n\r\n--XX\r\nContent-Type: text/plain\r\n\r\n{}\r\n--XX\r\nContent-Type: text/html\r\n\r\n{}"
        "</blockquote>\r\n--XX--"
    )
    plain = "\n\n".join(TAKEN) + "\n\nOn 5 May 2022, Bo Lind <bo@sund.example> wrote:\n" + quoted
    assert not one(tmp_path, "a.eml", mail.format(plain, shown).encode()).warnings


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_column_of_prose_that_is_not_read_is_told(tmp_path: Path, kind: str) -> None:
    row = {"id": "r", "text": " ".join(TAKEN), "background": " ".join(LOST)}
    held = json.dumps(row) if kind == "jsonl" else ",".join(row) + "\n" + ",".join(f'"{v}"' for v in row.values())
    [article] = read_file(write_files(tmp_path, {f"a.{kind}": held}) / f"a.{kind}", "a")
    assert isinstance(article, Article) and "of the row's prose are not in the text" in article.warnings[0]


def test_a_word_document_tells_its_comments_and_what_it_draws(tmp_path: Path) -> None:
    document = docx.Document()
    run = document.add_paragraph(TAKEN[0]).runs[0]
    document.save(str(tmp_path / "plain.docx"))
    [plain] = read_file(tmp_path / "plain.docx", "plain")
    assert isinstance(plain, Article) and plain.warnings == ()
    document.add_comment(run, text="Ask him again.", author="Ann")
    document.save(str(tmp_path / "seen.docx"))
    [seen] = read_file(tmp_path / "seen.docx", "seen")
    assert isinstance(seen, Article) and "Ask him" not in seen.text
    assert seen.warnings == ("left out: 1 comment on the document, which nothing quotes",)


def test_a_drawing_in_a_word_document_that_is_not_read_is_told(tmp_path: Path) -> None:
    import zipfile

    document = docx.Document()
    document.add_paragraph(TAKEN[0])
    document.save(str(tmp_path / "a.docx"))
    with zipfile.ZipFile(tmp_path / "a.docx", "a") as packed:
        packed.writestr("word/diagrams/data1.xml", f"<x><a:p><a:r><a:t>{BOX}</a:t></a:r></a:p></x>")
    [article] = read_file(tmp_path / "a.docx", "a")
    assert isinstance(article, Article) and "The harbour office has let" in article.warnings[0]


@pytest.mark.slow
def test_the_report_and_the_archive_tell_what_carries_a_warning(tmp_path: Path) -> None:
    row = json.dumps({"id": "r", "text": " ".join(TAKEN), "background": " ".join(LOST)})
    write_files(tmp_path / "in", {"a.jsonl": row, "b.txt": "It rained."})
    news = make_index(tmp_path / "archive", [], FakeEmbedder())
    report = news.update([tmp_path / "in"], count_tokens=count_words)
    assert list(report.warnings) == ["r"] and report.to_dict()["warnings"] == report.warnings
    assert news.archive.articles_with("warnings") == ["r"]
    assert news.update([tmp_path / "in"], count_tokens=count_words).warnings == {}
    news.close()


# Live pages

UPDATES = (
    (
        "14:20",
        "Roof torn off",
        "The storm has torn the roof from the swimming hall at Vint, the fire service said at two.",
    ),
    ("13:05", "", "Trains between Vint and the coast have been stopped, for trees lie on the line in four places."),
    (
        "11:30",
        "Pupils sent home",
        "Schools in the district let their pupils go home at noon, and buses run an hour early.",
    ),
)
DAY = "2021-08-12"


def live(blocks: str, *, title: str = "Storm at Vint: live updates", lead: str = "", head: str = "") -> bytes:
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title>{head}<meta property='og:site_name'"
        f" content='Lakeside'><meta property='article:published_time' content='{DAY}T09:00:00+02:00'></head>"
        f"<body><main><h1>{title}</h1>{lead}{blocks}</main></body></html>"
    ).encode()


STAMP = "<time datetime='2021-08-12T{}:00+02:00'>{}</time>"
FORMS = {
    "articles": "<article>{stamp}{title}<p>{words}</p></article>",
    "divs": "<div class='update-block'><div class=meta>{stamp}</div>{title}<p>{words}</p></div>",
    "clock alone": "<div class=post><p class=time>{clock}</p>{title}<p>{words}</p></div>",
    "list": "<li class='liveblog-item'>{stamp}<div>{title}<p>{words}</p></div></li>",
}


def drawn(form: str) -> str:
    return "".join(
        FORMS[form].format(
            stamp=STAMP.format(clock, clock), clock=clock, title=f"<h3>{title}</h3>" if title else "", words=words
        )
        for clock, title, words in UPDATES
    )


@pytest.mark.parametrize("form", FORMS)
def test_each_update_of_a_live_page_keeps_its_time(tmp_path: Path, form: str) -> None:
    article = one(tmp_path, "a.html", live(drawn(form), lead="<p>What we know of the storm so far, hour by hour.</p>"))
    assert [section.published for section in article.sections] == [f"{DAY}T{clock}:00+02:00" for clock, _, _ in UPDATES]
    assert [section.title for section in article.sections] == [title or article.title for _, title, _ in UPDATES]
    for section, (_, _, words) in zip(article.sections, UPDATES, strict=True):
        assert article.section_at(article.text.index(words)) == section and section.source == "Lakeside"
    assert "14:20" in article.text and "14:20" not in article.words(0, len(article.text)).split("Roof")[0]
    assert not article.warnings


def test_the_clock_alone_is_no_day_where_midnight_lies_between(tmp_path: Path) -> None:
    blocks = drawn("clock alone").replace("13:05", "23:05")
    assert [section.published for section in one(tmp_path, "a.html", live(blocks)).sections] == [None] * 3


def test_updates_that_only_json_ld_has_are_read(tmp_path: Path) -> None:
    updates = [
        {"@type": "BlogPosting", "headline": title, "datePublished": f"{DAY}T{clock}:00+02:00", "articleBody": words}
        for clock, title, words in UPDATES
    ]
    held = json.dumps({"@type": "LiveBlogPosting", "headline": "Storm", "liveBlogUpdate": updates})
    head = f"<script type='application/ld+json'>{held}</script>"
    article = one(tmp_path, "a.html", live("<div id=app></div><p>Loading.</p>", head=head))
    assert [section.published[11:16] for section in article.sections if section.published] == [
        "14:20",
        "13:05",
        "11:30",
    ]


def test_what_json_ld_marks_up_is_read_as_a_page_is(tmp_path: Path) -> None:
    words = '<p>The mayor &amp; the <a href="/b">fire service</a> spoke at noon.</p><p>They left.</p>'
    held = json.dumps({"@type": "LiveBlogPosting", "liveBlogUpdate": [{"articleBody": words}] * 3})
    head = f"<script type='application/ld+json'>{held}</script>"
    article = one(tmp_path, "a.html", live("<div id=app></div><p>Loading.</p>", head=head))
    assert "The mayor & the fire service spoke at noon.\nThey left." in article.text


def test_a_headline_that_names_a_time_is_no_time_of_an_update(tmp_path: Path) -> None:
    article = one(tmp_path, "a.html", live(drawn("divs").replace("Roof torn off", "Ferry of 15:30 will not sail")))
    assert article.sections[0].title == "Ferry of 15:30 will not sail"
    article = one(tmp_path, "a.html", live(drawn("divs").replace("Roof torn off", "14:20 CET")))
    assert article.sections[0].title == article.title


@pytest.mark.parametrize(
    ("form", "title", "change"),
    [
        ("divs", "Storm at Vint", ("update-block", "card")),
        ("divs", "Storm at Vint: live updates", ("update-block", "comment")),
        ("divs", "Storm at Vint: live updates", ("<h3>Roof torn off</h3>", "<h3><a href=/a>Roof torn off</a></h3>")),
    ],
)
def test_comments_teasers_and_blocks_of_other_pages_are_no_updates(
    tmp_path: Path, form: str, title: str, change: tuple[str, str]
) -> None:
    lead = "".join(f"<p>{line}</p>" for line in TAKEN)
    article = one(tmp_path, "a.html", live(drawn(form).replace(*change), title=title, lead=lead))
    assert len(article.sections) < len(UPDATES)
