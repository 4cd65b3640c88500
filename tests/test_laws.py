"""What a move of code must not change: an archive, the answers, the command line. Each is held in tests/golden/.

After a wanted change, or a new release of a parser that reads a file otherwise:
python -m pytest tests/test_laws.py -k archive --rewrite-golden (or answers, or commands), and read the diff.
"""

import argparse
import difflib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from platformdirs import user_data_path

from app import add_serve_command
from cli.main import build_parser
from evaluation.gold.questions import read_gold
from index.news_index import NewsIndex
from index.reading.files import READERS, kind_of
from models import Marked
from qa.answer import Answer
from qa.settings import NO_LLM, Settings
from tests.conftest import make_index, rows_of, write_files
from tests.index.test_containers import NEWS, PACK, make_zip
from tests.index.test_readers import ATOM, FIRST, ITEM, NITF, SECOND, XHTML, mail, page, pdf
from tests.support.fakes import FakeEmbedder, FakeReader, count_words
from tests.support.rooms import make_room
from web.auth.commands import add_login_commands

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"
DATA = TESTS.parent / "data"

# One small file for each suffix that is read

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OPEN = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats"
DOCX = {
    "[Content_Types].xml": f'<Types xmlns="{OPEN}/content-types"><Default Extension="rels"'
    f' ContentType="{TYPE}-package.relationships+xml"/><Override PartName="/word/document.xml"'
    f' ContentType="{TYPE}-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/docProps/core.xml"'
    f' ContentType="{TYPE}-package.core-properties+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{OPEN}/relationships"><Relationship Id="r1" Target="word/document.xml"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/><Relationship Id="r2"'
    f' Target="docProps/core.xml" Type="{OPEN}/relationships/metadata/core-properties"/></Relationships>',
    "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>{FIRST}</w:t></w:r></w:p>'
    f"<w:p><w:r><w:t>{SECOND}</w:t></w:r></w:p></w:body></w:document>",
    "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{OPEN}/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Bridge opens</dc:title><dc:creator>Ann Writer</dc:creator>'
    "</cp:coreProperties>",
}
RSS = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>Meridian Wire</title><language>en-gb</language><item>'
    "<title>Bridge &amp;amp; road</title><link>https://e.org/a</link><guid>urn:a</guid><pubDate>Sat, 04 Jan 2020"
    f" 10:15:00 +0100</pubDate><description>{FIRST}</description></item><item><title>Teaser</title><link>"
    "https://e.org/b</link><description>Only this &lt;b&gt;teaser&lt;/b&gt;.</description></item></channel></rss>"
)
SAVED = (
    "From: <Saved by a browser>\r\nSnapshot-Content-Location: https://www.e.org/a?b=1\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/related; type="text/html"; boundary="XX"\r\n\r\n--XX\r\nContent-Type: text/html\r\n'
    f"Content-Transfer-Encoding: 8bit\r\n\r\n{page()}\r\n--XX--\r\n"
)
DATED = '<meta property="og:site_name" content="Meridian"><meta property="article:published_time" content="2020-01-04">'
TABLE = [("id", "title", "text", "source", "published"), ("{}-7", "Bridge", FIRST, "Wire", "2020-01-04")]
ROW = {"text": SECOND, "title": "A bridge", "source": "EFE", "published": "2020-01-04", "byline": "M. Paz"}
LONG = "".join(f"This is sentence number {number} of the article. " for number in range(20))
MESSAGE = (
    '<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>'
    + ITEM.format(guid="urn:1", status="usable", content=XHTML)
    + ITEM.format(guid="urn:2", status="usable", content="<inlineData>Plain\ntext.</inlineData>")
    + "</itemSet></newsMessage>"
)


def table(kind: str, delimiter: str) -> str:
    """A table of one row, whose id holds the kind."""
    return "".join(delimiter.join(f'"{cell.format(kind)}"' for cell in row) + "\r\n" for row in TABLE)


def one_of_each() -> dict[str, str | bytes]:
    """Name → bytes, the same at every call. No mail with an attachment: that names the folder it was read from."""
    kinds: dict[str, str | bytes] = {
        ".txt": f"Bridge opens\n\nBy A. Writer | Reuters | January 4, 2020\n\n{FIRST}\n\n{LONG}\n",
        ".md": f"---\ntitle: Bridge opens\nsource: AFP\npublished: 2020-01-04\n---\n# Bridge opens\n\n{FIRST}\n",
        ".markdown": f"# Bridge opens\n\n{SECOND}\n",
        ".jsonl": json.dumps(ROW | {"id": "jsonl-1"}) + "\n" + json.dumps({"id": "jsonl-2", "text": LONG}) + "\n",
        ".ndjson": json.dumps({"title": "Bridge opens", "maintext": SECOND, "date_publish": "2020-01-04"}) + "\n",
        **dict.fromkeys((".html", ".htm", ".xhtml"), page(DATED, lang="en-GB")),
        **dict.fromkeys((".mhtml", ".mht"), SAVED),
        ".eml": mail().as_bytes(),
        ".mbox": b"From ann Sat Jan  4 10:15:00 2020\n" + mail("It is said in a box.\n").as_bytes(),
        ".pdf": pdf("The first page has words.", "The second page is short.", title="Bridge opens"),
        ".rtf": rf"{{\rtf1\ansi{{\info{{\title Bridge opens}}}}{FIRST}\par {SECOND}\par}}",
        ".docx": make_zip([(name, content.encode()) for name, content in DOCX.items()]),
        ".csv": table("csv", ","),
        ".tsv": table("tsv", "\t"),
        ".xml": NITF,
        ".rss": RSS,
        ".atom": ATOM,
        **{kind: pack(NEWS[:2]) for kind, pack in PACK.items()},
    }
    return {f"{kind[1:].replace('.', '-')}{kind}": content for kind, content in kinds.items()} | {
        "latin.txt": "Le président a déclaré à Genève que les négociations reprendraient.".encode("cp1252"),
        "message.xml": MESSAGE,
        "rss.xml": RSS,
        "deep/rows.jsonl": json.dumps({"id": "jsonl-1", "text": "Another row of one id."}) + "\n",
    }


def golden(request: pytest.FixtureRequest, name: str, made: object, *, longest_line: int = 400) -> None:
    """Compares with tests/golden/NAME.json; the name picks the test that writes it anew too."""
    text = laid_out(made, longest_line) + "\n"
    file = GOLDEN / f"{name}.json"
    if request.config.getoption("--rewrite-golden"):
        file.write_text(text, "utf-8")
    held = file.read_text("utf-8")
    if text != held:
        lines = difflib.unified_diff(held.splitlines(), text.splitlines(), file.name, "now", lineterm="")
        command = f"python -m pytest tests/test_laws.py -k {name} --rewrite-golden"
        pytest.fail("\n".join([*lines, "", f"after a wanted change: {command}"]), pytrace=False)


def laid_out(value: object, longest_line: int, depth: int = 0) -> str:
    """As JSON, so that a diff can be read: on one line what has room there, such as a hit or an option.

    >>> print(laid_out({"a": [1, 2], "b": [3]}, 12))
    {
     "a": [1, 2],
     "b": [3]
    }
    """
    flat = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or len(flat) + depth <= longest_line:
        return flat
    names = [f"{json.dumps(name)}: " for name in value] if isinstance(value, dict) else [""] * len(value)
    each = value.values() if isinstance(value, dict) else value
    rows = [
        f"{' ' * (depth + 1)}{name}{laid_out(one, longest_line, depth + 1)}"
        for name, one in zip(names, each, strict=True)
    ]
    return ",\n".join([f"{flat[0]}\n{rows[0]}", *rows[1:]]) + f"\n{' ' * depth}{flat[-1]}"


# The laws


def test_there_is_a_file_of_every_kind_and_its_bytes_are_the_same() -> None:
    assert {kind_of(Path(name)) for name in one_of_each()} == set(READERS)
    assert one_of_each() == one_of_each()


@pytest.mark.slow
def test_an_archive_is_the_same_as_ever_and_after_another_build(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Also from another folder, in another order, and after an update that has nothing to do."""
    made = write_files(tmp_path / "made", one_of_each())
    news = NewsIndex.create(tmp_path / "archive", FakeEmbedder(), max_tokens=40)
    report = news.update([DATA / "articles", made], count_tokens=count_words)
    assert (report.problems, report.other_files, report.new) == ([], 0, len(news.archive.owners()))
    golden(request, "archive", told(news))

    elsewhere = write_files(tmp_path / "else" / "where", one_of_each())
    shutil.copytree(DATA / "articles", tmp_path / "articles")
    again = make_index(tmp_path / "again", [elsewhere], FakeEmbedder(), max_tokens=40)
    again.update([tmp_path / "articles"], count_tokens=count_words)
    assert again.archive.fingerprint() == news.archive.fingerprint()
    again.update([tmp_path / "articles", elsewhere], count_tokens=count_words)
    assert again.archive.fingerprint() == news.archive.fingerprint()
    news.close()
    again.close()


def told(news: NewsIndex) -> dict[str, Any]:
    """The fingerprint, and of each article enough to see in a diff which one has changed."""
    spans: dict[str, list[str]] = {}
    for article_id, passage in news.archive.passages(rows_of(news.archive)).values():
        spans.setdefault(article_id, []).append(f"{passage.start}:{passage.end}")
    articles = {}
    for article_id in sorted(news.archive.owners()):
        article = news.archive.article(article_id)
        assert article
        names = ("title", "source", "published", "language", "original")
        known = {name: value for name in names if (value := getattr(article, name))}
        articles[article_id] = known | {"passages": " ".join(spans[article_id]), "digest": article.digest}
    return {"fingerprint": news.archive.fingerprint(), "articles": articles}


def test_answers_are_the_same_as_ever(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The answers to our gold questions under the fakes, whole; of those with --llm none the words alone."""
    news = make_index(tmp_path / "archive", [DATA / "articles"], FakeEmbedder(), max_tokens=Settings.passage_tokens)
    room, alone = (make_room(news, reader=Readily(), llm=llm) for llm in (Settings.llm, NO_LLM))
    made = []
    for gold in read_gold(DATA / "gold.jsonl"):
        answer = lasting(room.ask(gold.question, gold.history, id=gold.id))
        made.append(answer | {"quotes_alone": alone.ask(gold.question, gold.history).answer})
    news.close()
    assert len(made) == 40
    golden(request, "answers", made)


class Readily(FakeReader):
    """The fake reader, readier to find that a sentence answers: of 40 questions it declines some, and not most."""

    def answers(self, question: str, sentences: Sequence[Marked]) -> list[float]:
        return [score + 3 for score in super().answers(question, sentences)]


def lasting(answer: Answer) -> dict[str, Any]:
    """An answer without what changes by nature: how long it took, the program's own hash, the test's folder."""
    shown = json.loads(json.dumps(answer.to_dict()))
    for place, name in ((shown, "seconds"), (shown["replay"], "program"), (shown["replay"]["settings"], "archive")):
        del place[name]
    return shown


def test_commands_options_and_defaults_are_the_same_as_ever(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROUNDWIRE_WEIGHTS", raising=False)
    parser = build_parser((add_serve_command, add_login_commands))
    made = {"commands": dict(commands_of("groundwire", parser)), "settings": plain(vars(Settings()))}
    golden(request, "commands", made, longest_line=100)


def commands_of(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, dict[str, Any]]]:
    """A command with its arguments in order, then the commands below it. What argparse has by default is left out."""
    usual = {"default": None, "nargs": None, "choices": None, "required": False, "const": None}
    arguments = {}
    below = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            below += [pair for inner, made in action.choices.items() for pair in commands_of(f"{name} {inner}", made)]
            continue
        if isinstance(action, argparse._HelpAction):
            continue
        known = {field: value for field in usual if (value := plain(getattr(action, field))) != usual[field]}
        does = {"repeatable": True} if isinstance(action, argparse._AppendAction) else {}
        words = action.metavar if isinstance(action.metavar, str) else "" if action.option_strings else action.dest
        arguments[" ".join(filter(None, (*action.option_strings, words)))] = known | does
    yield name, arguments
    yield from below


def plain(value: object) -> Any:
    """As JSON has it; the user's own data folder by that name."""
    if isinstance(value, os.PathLike):
        return str(value).replace(str(user_data_path("groundwire")), "USER_DATA")
    if isinstance(value, argparse.Action):
        return value.dest
    if value == argparse.SUPPRESS:  # the setting's, told once
        return None
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    assert value is None or isinstance(value, str | int | float), f"{value!r} is no default that can be shown"
    return value
