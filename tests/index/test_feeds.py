"""A feed brings the pages of its entries into the archive: each once, and again when the feed changes it."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

import index.arrivals.address
from cli.main import main
from index.arrivals.address import AddressError, Fetcher
from index.arrivals.entries import MOST_ENTRIES, read_feed
from index.arrivals.feeds import update_feeds
from index.opening import is_archive, open_archive
from index.reading.kept_page import page_name
from index.store.archive import Feed
from tests.support.fakes import fakes_for_models
from tests.support.loopback import Said, Site, manners_for, open_site

TEXTS = {"text/plain": ".txt"}
GREEDY = """
import io
from index import entries
entries._parsed = lambda *_: {"feed": bool(bytearray(2_000_000_000)), "title": "", "count": 0, "entries": []}
entries.main()
"""
WORDS = "<p>The river rose by two metres on Monday.</p><p>Nobody was hurt, the mayor said.</p>"


def rss(*entries: dict[str, str], title: str = "The Harbour Post", head: str = "") -> str:
    items = "".join(
        f"<item>{''.join(f'<{name}>{escape(value)}</{name}>' for name, value in entry.items())}</item>"
        for entry in entries
    )
    return f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


def entry(site: Site, name: str, **fields: str) -> dict[str, str]:
    return {"title": f"About {name}", "link": f"{site.address}/{name}", "description": WORDS} | fields


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site that the command line may fetch from."""
    with open_site() as made:
        monkeypatch.setattr(index.arrivals.address, "Manners", lambda: manners_for(made))
        yield made


class Desk:
    """The command line with fakes for models, on one archive."""

    def __init__(self, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.archive = archive
        self._capsys = capsys

    def run(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        with fakes_for_models():
            got = main([*arguments, "--archive", str(self.archive)])
        out, err = self._capsys.readouterr()
        assert got == code and "Traceback" not in err, err
        return out, err

    def article(self, address: str) -> object:
        archive = open_archive(self.archive)
        try:
            return archive.article(page_name(address))
        finally:
            archive.close()


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path / "archive", capsys)


def put_feed(site: Site, *entries: dict[str, str], **headers: str) -> str:
    return site.text("/rss", rss(*entries), kind="application/rss+xml", **headers)


# Reading


def test_entries_are_read() -> None:
    item = {"title": "Ten &amp; two", "link": "/a#top", "description": WORDS, "author": "M. Paz"}
    data = rss(item | {"pubDate": "Mon, 06 May 2024 10:00:00 +0200"}, {"title": "no link"}).encode()
    title, entries, left_out = read_feed(data, "https://example.org/rss")
    [one] = entries
    assert (title, one.address, one.title) == ("The Harbour Post", "https://example.org/a", "Ten & two")
    assert (one.published, one.byline) == ("2024-05-06T08:00:00+00:00", "M. Paz")
    assert one.text == "The river rose by two metres on Monday.\n\nNobody was hurt, the mayor said."
    assert left_out == ["https://example.org/rss: entry 2: has no link; it is left out"]


def test_atom_is_read() -> None:
    data = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>Post</title><entry><title>A</title>'
        b'<link href="https://example.org/a"/><updated>2024-05-06T08:00:00Z</updated>'
        b'<content type="html">Words &lt;i&gt;and&lt;/i&gt; words</content></entry></feed>'
    )
    [one] = read_feed(data, "https://example.org/")[1]
    assert (one.address, one.text, one.published) == (
        "https://example.org/a",
        "Words and words",
        "2024-05-06T08:00:00+00:00",
    )


@pytest.mark.slow
def test_a_feed_of_ten_thousand_entries_is_read_to_the_limit() -> None:
    data = rss(*({"link": f"https://example.org/{n}", "title": f"{n}"} for n in range(10_000))).encode()
    _, entries, left_out = read_feed(data, "https://example.org/rss")
    assert len(entries) == MOST_ENTRIES and entries[0].address.endswith("/0")
    assert left_out == [
        f"https://example.org/rss: 10,000 entries; the first {MOST_ENTRIES} are read, the others left out"
    ]


@pytest.mark.slow
def test_entities_neither_grow_nor_load(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret of this machine")
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<!DOCTYPE r [<!ENTITY e0 "lol">{grown}<!ENTITY file SYSTEM "{secret.as_uri()}">]>'
    data = rss({"link": "https://example.org/a", "title": "X"}, head=head).replace("X<", "&e11; &file; end<").encode()
    began = time.monotonic()
    _, [one], _ = read_feed(data, "https://example.org/rss")
    assert time.monotonic() - began < 30 and len(one.title or "") < 10_000
    assert "secret" not in str(one)


@pytest.mark.parametrize(
    "data", [b"", b"words", b"<html><body>hi</body></html>", b"\0\xff", b"<a>" * 5_000, b"<" * 9_000]
)
def test_what_is_no_feed_is_a_sentence(data: bytes) -> None:
    with pytest.raises(AddressError, match=r"^https://example\.org/rss: is no feed; "):
        read_feed(data, "https://example.org/rss")


@pytest.mark.slow
def test_a_feed_that_keeps_its_parser_busy_is_left() -> None:
    data = rss({"link": "https://example.org/a", "description": "<!--" * 50_000}).encode()
    began = time.monotonic()
    with pytest.raises(AddressError, match=r"^https://example\.org/rss: not read as a feed within 2 s; "):
        read_feed(data, "https://example.org/rss", seconds=2)
    assert time.monotonic() - began < 10


def test_a_feed_that_fills_the_memory_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.arrivals.entries.COMMAND", (sys.executable, "-c", GREEDY))
    with pytest.raises(AddressError, match="its parser died of it"):
        read_feed(b"", "https://example.org/rss")


def test_bytes_are_never_the_name_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "rss"
    file.write_text(rss({"link": "https://example.org/a", "title": "A"}))
    with pytest.raises(AddressError, match="is no feed"):
        read_feed(str(file).encode(), "https://example.org/rss")


# The commands


def test_a_feed_is_followed(site: Site, desk: Desk) -> None:
    address = put_feed(site, entry(site, "a"))
    out, _ = desk.run("feed", "add", address)
    assert out == f"The Harbour Post: 1 entries; to fetch them: groundwire feed update --archive {desk.archive}\n"
    assert desk.run("feed", "add", address, code=1)[1].startswith(f"groundwire: {address}: is followed already")
    assert desk.run("feed", "list")[0] == f"{address}\n    The Harbour Post; not read yet\n"
    [row] = json.loads(desk.run("feed", "list", "--json")[0])
    assert (row["address"], row["title"], row["updated"]) == (address, "The Harbour Post", None)
    assert desk.run("feed", "remove", address)[0].startswith(f"{address}: followed no more")
    assert desk.run("feed", "remove", address, code=1)[1].startswith("groundwire: ")
    here = f"--archive {desk.archive}"
    assert desk.run("feed", "list")[0] == f"no feed is followed; groundwire feed add URL {here} follows one\n"
    sentence = (
        f"{desk.archive}: no feed is followed; groundwire feed list {here} shows those that are, feed add adds one"
    )
    assert desk.run("feed", "update", code=1)[1] == f"groundwire: {sentence}\n"


@pytest.mark.parametrize("command", [["list"], ["update"], ["remove", "https://example.org/rss"]])
def test_no_archive_yet(desk: Desk, command: list[str]) -> None:
    assert "no archive here" in desk.run("feed", *command, code=1)[1]


def test_what_is_no_feed_is_not_followed(site: Site, desk: Desk) -> None:
    assert "is no feed" in desk.run("feed", "add", site.text("/a", "words"), code=1)[1]
    assert "not found (404)" in desk.run("feed", "add", f"{site.address}/none", code=1)[1]
    assert "no public address" not in desk.run("feed", "add", f"{site.address}/none", code=1)[1]
    assert not is_archive(desk.archive)


@pytest.mark.slow
def test_an_update_brings_new_and_changed_pages_and_asks_for_no_other(site: Site, desk: Desk) -> None:
    site.text("/a", "The river rose on Monday.")
    site.text("/b", "The mayor resigned on Tuesday.")
    desk.run("feed", "add", put_feed(site, entry(site, "a"), entry(site, "b"), ETag='"1"'))
    out, err = desk.run("feed", "update")
    assert "2 entries; 2 pages fetched, 0 taken from the feed, 0 as before" in out and "2 new, 0 changed" in out
    assert err == ""
    assert desk.article(f"{site.address}/a").url == f"{site.address}/a"  # type: ignore[attr-defined]

    site.asked.clear()
    out, _ = desk.run("feed", "update")
    assert ": nothing new\n" in out and site.asked == ["/robots.txt", "/rss"]

    site.text("/a", "The river rose on Monday and fell on Tuesday.")
    site.text("/c", "The bridge is open.")
    put_feed(site, entry(site, "a", title="Another"), entry(site, "b"), entry(site, "c"), ETag='"2"')
    site.asked.clear()
    report = json.loads(desk.run("feed", "update", "--json")[0])
    assert (report["new"], report["changed"], report["unchanged"], report["skipped"]) == (1, 1, 1, [])
    assert report["feeds"][0] == {
        **{"address": f"{site.address}/rss", "entries": 3, "fetched": 2, "from_feed": 0, "as_before": 1},
        "skipped": [],
    }
    assert sorted(site.asked) == ["/a", "/c", "/robots.txt", "/rss"]
    shown = desk.run("search", "fell on Tuesday")[0]
    assert "fell on Tuesday" in shown.replace("⟦", "").replace("⟧", ""), "the words that match are marked"


@pytest.mark.slow
def test_where_a_page_cannot_be_had_the_feed_speaks(site: Site, desk: Desk) -> None:
    site.text("/robots.txt", "User-agent: *\nDisallow: /shut\n")
    desk.run("feed", "add", put_feed(site, entry(site, "shut"), entry(site, "bare", description="Short.")))
    out, err = desk.run("feed", "update")
    assert "2 entries; 0 pages fetched, 1 taken from the feed" in out and "1 new" in out
    assert "/shut: the robots.txt of 127.0.0.1 forbids" in err and "the feed's own words are kept" in err
    assert "/bare: not found (404); check the address\n" in err
    article = desk.article(f"{site.address}/shut")
    assert article.text.startswith("The river rose") and article.title == "About shut"  # type: ignore[attr-defined]
    assert (article.source, article.url) == ("The Harbour Post", f"{site.address}/shut")  # type: ignore[attr-defined]

    site.text("/robots.txt", "")
    site.text("/shut", "The whole story of the river.")
    put_feed(site, entry(site, "shut", title="Now open"))
    out, _ = desk.run("feed", "update")
    assert "1 new" in out and ": 1 articles" in out, "the page takes the place of the feed's words"
    assert desk.article(f"{site.address}/shut").text == "The whole story of the river."  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_failure_that_may_pass_is_tried_again(site: Site, desk: Desk) -> None:
    site.pages["/a"] = Said(status=500)
    desk.run("feed", "add", put_feed(site, entry(site, "a"), ETag='"1"'))
    assert "1 taken from the feed" in desk.run("feed", "update")[0]
    site.text("/a", "The whole story.")
    out, _ = desk.run("feed", "update")
    assert "1 pages fetched" in out and ": 1 articles" in out
    assert ": nothing new" in desk.run("feed", "update")[0]


def test_an_entry_that_leads_inside_is_not_fetched(site: Site, tmp_path: Path) -> None:
    """What a feed names is no more allowed than what a user names."""
    links = ("http://10.0.0.1/", "http://192.168.0.1/admin", "file:///etc/passwd", "http://10.0.0.1:22/")
    put_feed(site, *({"title": link, "link": link} for link in links))
    feed = Feed(f"{site.address}/rss", "")
    [run] = update_feeds(Fetcher(_only(site)), tmp_path, [feed], kinds=TEXTS)
    assert run.files == [] and len(run.skipped) == len(links)
    assert sum("is no public address" in sentence for sentence in run.skipped) == 2


def _only(site: Site) -> index.arrivals.address.Manners:
    """Manners for which nothing is public but, by way of a patch of the test's, nothing else."""
    return replace(manners_for(site), allow_private=False)


@pytest.fixture(autouse=True)
def the_site_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 plays a public host, and nothing else inside does."""
    from index.arrivals import wire

    true = wire.is_public
    monkeypatch.setattr(wire, "is_public", lambda number: number == "127.0.0.1" or true(number))


@pytest.mark.slow
def test_one_feed_that_fails_leaves_the_others(site: Site, desk: Desk) -> None:
    site.text("/a", "The river rose on Monday.")
    good = put_feed(site, entry(site, "a"))
    bad = site.text("/bad", rss(entry(site, "b")), kind="application/rss+xml")
    for address in (good, bad):
        desk.run("feed", "add", address)
    site.pages["/bad"] = Said(status=500)
    out, err = desk.run("feed", "update")
    assert f"{bad}: could not be read" in out and "1 new" in out and "answers with 500" in err
    assert desk.run("feed", "update", bad, code=1)[0].startswith(f"{bad}: could not be read")


@pytest.mark.slow
def test_an_update_that_is_interrupted_reads_the_feed_again(
    site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.text("/a", "The river rose on Monday.")
    desk.run("feed", "add", put_feed(site, entry(site, "a"), ETag='"1"'))
    with monkeypatch.context() as broken:

        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        broken.setattr("index.news_index.update_archive", interrupt)
        assert "interrupted" in desk.run("feed", "update", code=130)[1]
    out, _ = desk.run("feed", "update")
    assert "1 entries; 0 pages fetched, 0 taken from the feed, 1 as before" in out and "1 new" in out


def test_following_a_feed_leaves_the_search_indexes_current(site: Site, desk: Desk, articles: Path) -> None:
    desk.run("index", str(articles))
    desk.run("feed", "add", put_feed(site, entry(site, "a")))
    assert desk.run("info")[0].count("current") == 2
