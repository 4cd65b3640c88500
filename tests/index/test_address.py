"""An address is fetched politely, within limits, and never from this machine or the network around it."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import index.arrivals.address
from cli.main import main
from index.arrivals.address import AddressError, Fetcher, Manners, check_address, tls
from index.arrivals.pages import fetch_pages, in_turns, keep_page
from index.arrivals.wire import is_public
from index.reading.files import READERS
from index.reading.formats import text
from index.reading.kept_page import address_of, page_name, read_page
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder, count_words, fakes_for_models
from tests.support.loopback import KINDS, Said, Send, Site, fetch_text, manners_for, open_site

STORY = "The bridge was closed on Monday. Nobody was hurt."
BOMB = gzip.compress(bytes(200_000_000), 9)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as made:
        yield made


def refused(fetcher: Fetcher, address: str, folder: Path) -> str:
    """The sentence that an address is refused with, without the address; it came alone and holds one line."""
    with pytest.raises(AddressError) as raised:
        fetcher.fetch(address, folder / "fetched", KINDS)
    sentence = str(raised.value)
    assert sentence.startswith(f"{address}: ") and "\n" not in sentence and len(sentence) < 500
    return sentence.removeprefix(f"{address}: ")


# Where it may go

INSIDE = [
    *("http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0.0.0.0/", "http://0/", "http://127.1/"),
    *("http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://0x7f000001/", "http://127.0.0.1./"),
    *("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/"),
    *("http://[2002:7f00:1::]/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://[fd00::1]/"),
    *("http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://100.64.0.1/", "http://224.0.0.1/"),
    *("http://[ff02::1]/", "http://255.255.255.255/", "http://240.0.0.1/", "http://192.0.0.8/", "https://127.0.0.1/"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_however_it_is_written(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    sentence = refused(Fetcher(), address, tmp_path)
    # Not every system reads 0177.0.0.1, or a number with a dot behind it.
    assert any(words in sentence for words in ("is no public address", "no such host", "no web address"))


@pytest.mark.parametrize("address", ["http://127.0.0.1/", "http://2130706433/", "http://[::ffff:127.0.0.1]/"])
def test_the_sentence_says_why(address: str, tmp_path: Path) -> None:
    assert "is no public address, but one of this machine" in refused(Fetcher(), address, tmp_path)


@given(st.ip_addresses(v=4).map(str))
def test_an_ipv4_address_within_ipv6_is_as_public_as_it_is_alone(number: str) -> None:
    assert is_public(f"::ffff:{number}") == is_public(f"64:ff9b::{number}") == is_public(number)
    assert not is_public(f"::{number}")


@pytest.mark.parametrize(
    "to",
    [
        *(
            "http://localhost/",
            "http://10.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://2130706433/",
            "http://0x7f.1/",
        ),
        *("file:///etc/passwd", "gopher://127.0.0.1/", "//10.0.0.1/x", "http://a:b@10.0.0.1/", "http://10.0.0.1:22/"),
        *("data:text/plain,x", "http://[::1", ""),
    ],
)
@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_inside_is_refused(
    site: Site, tmp_path: Path, to: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site itself plays a public one: only its own number passes as public."""
    monkeypatch.setattr("index.arrivals.wire.is_public", lambda number: number == "127.0.0.1")
    monkeypatch.setattr(
        socket, "getaddrinfo", resolver({"localhost": ["::1"], "2130706433": ["127.0.0.2"], "0x7f.1": ["127.0.0.3"]})
    )
    manners = manners_for(site, allow_private=False)
    address = site.leads("/a", to, status)
    before = len(site.asked)
    sentence = refused(Fetcher(manners), address, tmp_path)
    assert site.asked[before:] in (["/robots.txt", "/a"], ["/robots.txt", *["/a"] * 6])  # "" leads to itself
    assert any(words in sentence for words in ("no public address", "is not fetched", "leads on more than", "no such"))
    assert not (tmp_path / "fetched").exists()


def resolver(names: dict[str, list[str]], log: list[str] | None = None) -> Callable[..., Any]:
    """`socket.getaddrinfo` that knows these names and otherwise only numbers; each asking takes the next answer."""
    true = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if log is not None:
            log.append(str(host))
        known = names.get(str(host))
        if known is None:
            return true(host, port, *rest, **(named | {"flags": socket.AI_NUMERICHOST}))
        number = known.pop(0) if len(known) > 1 else known[0]
        return true(number, port, *rest, **named)

    return look_up


def test_a_name_that_means_this_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"news.example.org": ["127.0.0.1"]}))
    sentence = refused(Fetcher(), "http://news.example.org/", tmp_path)
    assert sentence.startswith("news.example.org (127.0.0.1) is no public address")


def test_a_name_is_looked_up_once_and_that_number_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked and 127.0.0.1 when it is connected to gets nowhere."""
    log: list[str] = []
    tried: list[object] = []

    def connect(self: socket.socket, address: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolver({"rebind.example.org": ["93.184.216.34", "127.0.0.1"]}, log))
    monkeypatch.setattr(socket.socket, "connect", connect)
    refused(Fetcher(), "http://rebind.example.org/", tmp_path)
    assert log.count("rebind.example.org") == 1 and tried == [("93.184.216.34", 80)]


def test_a_name_with_one_number_inside_is_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: [*true("93.184.216.34", *a, **k), *true("10.0.0.1", *a, **k)]
    )
    assert "10.0.0.1) is no public address" in refused(Fetcher(), "http://both.example.org/", tmp_path)


def test_a_name_that_takes_for_ever_to_look_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forever = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: forever.wait(30))
    began = time.monotonic()
    assert "took longer than 0.2 s" in refused(Fetcher(Manners(seconds=0.2)), "http://slow.example.org/", tmp_path)
    assert time.monotonic() - began < 5
    forever.set()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://example.org/", "only http:// and https://"),
        ("file:///etc/passwd", "only http:// and https://"),
        ("http://user:secret@example.org/", "leave it out"),
        ("http://example.org:22/", "port 22 is not asked"),
        ("http://example.org/\r\nHost: x", "no web address"),
        ("http://[::1", "no web address"),
        ("http://", "not a web address"),
        ("http://example.org/" + "a" * 3000, "longer than 2000"),
    ],
)
def test_what_is_no_address(tmp_path: Path, address: str, words: str) -> None:
    with pytest.raises(AddressError, match=words) as raised:
        Fetcher().fetch(address, tmp_path / "fetched", KINDS)
    assert "secret" not in str(raised.value)


@given(st.text(max_size=60) | st.text("htps:/[]@.%#?0123456789ax ", max_size=40).map("http://".__add__))
def test_any_text_is_an_address_or_a_sentence(words: str) -> None:
    try:
        made = check_address(words)
    except AddressError:
        return
    assert check_address(made) == made and made.isascii() and made.startswith(("http://", "https://"))
    assert "/" in page_name(made) and ".." not in page_name(made).split("/")


# Within limits


def test_a_page_is_fetched(site: Site, tmp_path: Path) -> None:
    address = site.text("/a?b=c", STORY)
    assert fetch_text(Fetcher(manners_for(site)), address, tmp_path) == STORY
    assert site.asked == ["/robots.txt", "/a?b=c"]
    assert {sent["user-agent"] for sent in site.headers} == {"groundwire"}
    assert site.headers[1]["host"] == f"127.0.0.1:{site.port}" and "cookie" not in site.headers[1]


def test_redirects_are_followed_to_the_final_address(site: Site, tmp_path: Path) -> None:
    site.text("/c", STORY)
    site.leads("/b", "c", 308)
    reply = Fetcher(manners_for(site)).fetch(site.leads("/a", "/b", 301), tmp_path / "fetched", KINDS)
    assert reply.final == f"{site.address}/c"


def test_a_redirect_loop_ends(site: Site, tmp_path: Path) -> None:
    site.leads("/b", "/a")
    assert "leads on more than 5 times" in refused(Fetcher(manners_for(site)), site.leads("/a", "/b"), tmp_path)
    assert len(site.asked) == 7


def drip(send: Send) -> None:
    for _ in range(600):
        send(b"a")
        time.sleep(0.1)


def drip_head(send: Send) -> None:
    send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n")
    for n in range(600):
        send(f"X-{n}: a\r\n".encode())
        time.sleep(0.1)


@pytest.mark.parametrize("said", [Said(headers={"Content-Type": "text/plain"}, drip=drip), Said(raw=drip_head)])
@pytest.mark.slow
def test_a_server_that_drips_for_ever_is_left(site: Site, tmp_path: Path, said: Said) -> None:
    site.pages["/a"] = said
    began = time.monotonic()
    fetcher = Fetcher(manners_for(site, seconds=1.0, silence_seconds=0.8))
    assert refused(fetcher, f"{site.address}/a", tmp_path) == "took longer than 1 s; try again later"
    assert time.monotonic() - began < 3


def test_a_server_that_is_silent_is_left(site: Site, tmp_path: Path) -> None:
    site.pages["/a"] = Said(raw=lambda _: time.sleep(3))
    fetcher = Fetcher(manners_for(site, silence_seconds=0.3))
    assert refused(fetcher, f"{site.address}/a", tmp_path) == "sent nothing for 0.3 s; try again later"


def endless(send: Send) -> None:
    for _ in range(10_000):  # 10 GB
        send(bytes(1_000_000))


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"", {"Content-Length": str(10**10)}),
        (BOMB, {"Content-Encoding": "gzip"}),
        (BOMB, {"Content-Encoding": "x-gzip"}),
    ],
    ids=["10 GB", "10 GB announced", "bomb", "bomb by its old name"],
)
def test_what_is_too_large_is_left_at_the_limit(
    site: Site, tmp_path: Path, body: bytes, headers: dict[str, str]
) -> None:
    said = {"Content-Type": "text/plain"} | headers
    site.pages["/a"] = Said(body, headers=said, drip=None if body else endless)
    began = time.monotonic()
    fetcher = Fetcher(manners_for(site, max_bytes=3_000_000))
    assert refused(fetcher, f"{site.address}/a", tmp_path).startswith("larger than 3 MB; ")
    written = tmp_path / "fetched"
    assert not written.exists() or written.stat().st_size <= 3_000_000
    assert time.monotonic() - began < 10


def test_gzip_is_unpacked(site: Site, tmp_path: Path) -> None:
    packed = gzip.compress(STORY.encode())
    site.pages["/a"] = Said(packed, headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"})
    assert fetch_text(Fetcher(manners_for(site)), f"{site.address}/a", tmp_path) == STORY


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said(gzip.compress(STORY.encode())[:-9], headers={"Content-Encoding": "gzip"}), "the reply broke off"),
        (Said(b"plain", headers={"Content-Encoding": "gzip"}), "is not the gzip it says"),
        (Said(b"x", headers={"Content-Encoding": "br"}), 'packed as "br", which was not asked for'),
        (Said(b"x", headers={"Content-Length": "9"}), "the reply broke off or is none"),
        (Said(raw=lambda send: send(b"SSH-2.0-OpenSSH\r\n\r\n")), "the reply broke off or is none"),
        (Said(raw=lambda send: None), "the reply broke off or is none"),
        (Said(status=304), "answers with 304"),
        (Said(status=404), "not found (404); check the address"),
        (Said(status=410), "not found (410)"),
        (Said(status=403), "not open to us (403)"),
        (Said(status=500), "answers with 500; try again later"),
        (Said(status=429, headers={"Retry-After": "90"}), "left alone for now (429); try in 90 s"),
        (Said(headers={"Content-Type": "image/png"}), "is image/png, and no reader reads that"),
        (Said(headers={"Content-Type": ""}), "does not say what it is"),
    ],
)
def test_what_a_server_may_say_is_a_sentence(site: Site, tmp_path: Path, said: Said, words: str) -> None:
    said.headers = {"Content-Type": "text/plain"} | said.headers
    site.pages["/a"] = said
    assert words in refused(Fetcher(manners_for(site)), f"{site.address}/a", tmp_path)


def test_a_host_that_wants_to_be_left_alone_is(site: Site, tmp_path: Path) -> None:
    site.pages["/a"] = Said(status=429)
    site.text("/b", STORY)
    fetcher = Fetcher(manners_for(site))
    refused(fetcher, f"{site.address}/a", tmp_path)
    assert "left alone" in refused(fetcher, f"{site.address}/b", tmp_path) and "/b" not in site.asked


def test_no_such_host_and_nobody_there(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        fetcher = Fetcher(Manners(allow_private=True, ports=frozenset({port})))
        assert "cannot be reached" in refused(fetcher, f"http://127.0.0.1:{port}/", tmp_path)
    monkeypatch.setattr(socket, "getaddrinfo", resolver({}))
    assert "no such host; check the address" in refused(Fetcher(), "http://none.example.org/", tmp_path)


def test_what_is_no_tls_is_a_sentence(site: Site, tmp_path: Path) -> None:
    address = f"https://127.0.0.1:{site.port}/"
    assert "certificate or encryption is not accepted" in refused(Fetcher(manners_for(site)), address, tmp_path)


def test_certificates_are_checked() -> None:
    context = tls()
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname


# Manners


def test_robots_are_obeyed(site: Site, tmp_path: Path) -> None:
    site.text("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: groundwire\nDisallow: /private/\n")
    site.text("/private/a", STORY)
    fetcher = Fetcher(manners_for(site))
    assert "the robots.txt of 127.0.0.1 forbids it" in refused(fetcher, f"{site.address}/private/a", tmp_path)
    assert fetch_text(fetcher, site.text("/a", STORY), tmp_path) == STORY
    assert site.asked == ["/robots.txt", "/a"], "read once a run, and what is forbidden is not asked for"


def test_a_redirect_to_what_robots_forbid_is_not_followed(site: Site, tmp_path: Path) -> None:
    site.text("/robots.txt", "User-agent: *\nDisallow: /private/\n")
    site.text("/private/a", STORY)
    assert "forbids it" in refused(Fetcher(manners_for(site)), site.leads("/a", "/private/a"), tmp_path)
    assert "/private/a" not in site.asked


@pytest.mark.parametrize("status", [500, 503, 429])
def test_without_an_answer_on_robots_nothing_is_fetched(site: Site, tmp_path: Path, status: int) -> None:
    site.pages["/robots.txt"] = Said(status=status)
    fetcher = Fetcher(manners_for(site))
    for path in ("/a", "/b"):
        assert "robots.txt cannot be had" in refused(fetcher, site.text(path, STORY), tmp_path)
    assert site.asked == ["/robots.txt"]


def test_there_is_a_pause_between_two_requests_to_a_host(site: Site, tmp_path: Path) -> None:
    fetcher = Fetcher(manners_for(site, pause_seconds=0.25, seconds=0.2))
    began = time.monotonic()
    fetch_text(fetcher, site.text("/a", STORY), tmp_path)
    assert 0.25 <= time.monotonic() - began < 5, "after robots.txt; not counted as the page's time"


@pytest.mark.parametrize("delay", ["nan", "-5", "words", "1e-9"])
def test_a_crawl_delay_that_is_none_is_passed_over(site: Site, tmp_path: Path, delay: str) -> None:
    site.text("/robots.txt", f"User-agent: *\nCrawl-delay: {delay}\n")
    assert fetch_text(Fetcher(manners_for(site)), site.text("/a", STORY), tmp_path) == STORY


def test_an_etag_that_cannot_be_sent_back_is_not(site: Site, tmp_path: Path) -> None:
    fetcher = Fetcher(manners_for(site))
    address = site.text("/a", STORY, ETag='"caf\xe9"')
    keep_page(fetcher, tmp_path, address)
    assert keep_page(fetcher, tmp_path, address).read_text() == STORY and "if-none-match" not in site.headers[-1]


def test_a_crawl_delay_is_kept(site: Site, tmp_path: Path) -> None:
    site.text("/robots.txt", "User-agent: *\nCrawl-delay: 0.4\n")
    began = time.monotonic()
    fetch_text(Fetcher(manners_for(site)), site.text("/a", STORY), tmp_path)
    assert time.monotonic() - began >= 0.4


@given(st.lists(st.sampled_from([f"http://{host}/{n}" for host in "abc" for n in range(4)])))
def test_hosts_take_turns(addresses: list[str]) -> None:
    turns = in_turns(addresses)
    assert sorted(turns) == sorted(set(addresses))
    for host in "abc":
        own = [address for address in turns if f"/{host}/" in address]
        assert own == [address for address in dict.fromkeys(addresses) if f"/{host}/" in address]


# Kept pages


def test_a_page_is_kept_and_asked_for_again_only_if_it_has_changed(site: Site, tmp_path: Path) -> None:
    fetcher = Fetcher(manners_for(site))
    address = site.leads("/go", "/story")
    site.text("/story", STORY, ETag='"1"')
    file = keep_page(fetcher, tmp_path, address)
    assert file.read_text() == STORY and file.parent.parent == tmp_path / "pages"
    assert address_of(file) == f"{site.address}/story"
    before = file.stat().st_mtime_ns
    assert keep_page(fetcher, tmp_path, address) == file and file.stat().st_mtime_ns == before
    assert site.headers[-1]["if-none-match"] == '"1"'
    site.text("/story", STORY + " It is open again.", ETag='"2"')
    assert keep_page(fetcher, tmp_path, address) == file and "open again" in file.read_text()
    held = read_page(tmp_path, address)
    assert held and (held[1].etag, held[1].address) == ('"2"', address)
    assert sorted(path.name for path in file.parent.iterdir()) == [f".{file.stem}.json", file.name]


def test_a_page_without_its_file_is_asked_for_anew(site: Site, tmp_path: Path) -> None:
    fetcher, address = Fetcher(manners_for(site)), site.text("/story", STORY, ETag='"1"')
    keep_page(fetcher, tmp_path, address).unlink()
    assert keep_page(fetcher, tmp_path, address).read_text() == STORY


def test_a_page_that_becomes_another_kind_replaces_the_first(site: Site, tmp_path: Path) -> None:
    fetcher, address = Fetcher(manners_for(site)), site.text("/story", STORY)
    first = keep_page(fetcher, tmp_path, address)
    site.text("/story", f"<p>{STORY}</p>", kind="text/html; charset=utf-8")
    second = keep_page(fetcher, tmp_path, address)
    assert (first.suffix, second.suffix, first.exists()) == (".txt", ".html", False)


def test_one_address_that_fails_leaves_the_others(site: Site, tmp_path: Path) -> None:
    kept = site.text("/b", STORY)
    fetcher = Fetcher(manners_for(site))
    keep_page(fetcher, tmp_path, kept)
    site.pages["/b"] = Said(status=404)
    addresses = [f"{site.address}/a", kept, site.text("/c", STORY)]
    files, problems = fetch_pages(fetcher, tmp_path, addresses, kinds={"text/plain": ".txt"})
    assert [problem.partition(": ")[2] for problem in problems] == ["not found (404); check the address"] * 2
    assert len(files) == 2, "what was kept before stays"


def test_an_interrupted_page_leaves_the_earlier_one(site: Site, tmp_path: Path) -> None:
    fetcher, address = Fetcher(manners_for(site)), site.text("/story", STORY)
    file = keep_page(fetcher, tmp_path, address)
    site.pages["/story"] = Said(b"half", headers={"Content-Type": "text/plain", "Content-Length": "900"})
    with pytest.raises(AddressError, match="broke off"):
        keep_page(fetcher, tmp_path, address)
    assert file.read_text() == STORY and len(list(file.parent.iterdir())) == 2


def test_a_broken_note_is_none(site: Site, tmp_path: Path) -> None:
    fetcher, address = Fetcher(manners_for(site)), site.text("/story", STORY)
    file = keep_page(fetcher, tmp_path, address)
    for words in (b"", b"[]", b'{"file": 3}', b"\xff"):
        file.with_name(f".{file.stem}.json").write_bytes(words)
        assert read_page(tmp_path, address) is None and address_of(file) is None
    assert keep_page(fetcher, tmp_path, address) == file


@pytest.mark.slow
def test_a_page_is_an_article_with_its_address(site: Site, tmp_path: Path) -> None:
    address = site.text("/bridge", STORY)
    archive = tmp_path / "archive"
    file = keep_page(Fetcher(manners_for(site)), archive, address)
    news = make_index(archive, [file, write_files(tmp_path / "more", {"a.txt": "A mouse ran."})], FakeEmbedder())
    article = news.archive.article(page_name(address))
    assert article and (article.text, article.url) == (STORY, address)
    assert page_name(address).startswith(f"127.0.0.1-{site.port}/bridge-")
    assert news.archive.article("a").url is None  # type: ignore[union-attr]
    file.write_text("The bridge is open.")
    report = news.update([file], count_tokens=count_words)
    assert (report.changed, report.new) == (1, 0)


# The command line


@pytest.fixture
def reach(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The command line, allowed to fetch from the site."""
    monkeypatch.setattr(index.arrivals.address, "Manners", lambda: manners_for(site))
    return site


def run(archive: Path, *arguments: object) -> int:
    with fakes_for_models():
        return main([*map(str, arguments), "--archive", str(archive)])


def test_addresses_and_paths_are_one_update(
    reach: Site, tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "archive"
    listed = tmp_path / "list.urls"
    listed.write_text(f"# pages\n\n{reach.text('/b', STORY)}  # the bridge\n{reach.address}/none\n")
    assert run(archive, "index", reach.text("/a", STORY), articles, "--addresses", listed) == 3
    out, err = capsys.readouterr()
    assert out.startswith("6 new, 0 changed") and f"{reach.address}/none: not found (404)" in err
    assert err.count("\n") == 1
    assert run(archive, "index", f"{reach.address}/a") == 0
    assert capsys.readouterr().out.startswith("0 new, 0 changed, 1 unchanged")
    assert run(archive, "search", "When was the bridge closed?") == 0
    capsys.readouterr()
    assert run(archive, "forget", f"{reach.address}/a") == 0
    assert capsys.readouterr().out.startswith("1 articles of 1 files taken out")
    assert run(archive, "forget", f"{reach.address}/never") == 1
    assert "no page of this address" in capsys.readouterr().err


@pytest.mark.slow
def test_an_html_page_goes_to_its_reader(
    reach: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = reach.text("/a.html", STORY, kind="text/html; charset=utf-8")
    monkeypatch.setitem(READERS, ".html", text.read)
    assert run(tmp_path / "archive", "index", address) == 0
    assert capsys.readouterr().out.startswith("1 new")


def test_when_nothing_could_be_had_no_archive_is_made(
    reach: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "archive", "index", f"{reach.address}/none") == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1) and not (tmp_path / "archive" / "archive.sqlite").exists()


def test_offline_refuses_without_a_socket(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert run(tmp_path / "archive", "index", "https://example.org/a", "--offline") == 1
    assert run(tmp_path / "archive", "feed", "add", "https://example.org/a", "--offline") == 1
    sentence = "https://example.org/a: not fetched, for --offline opens no socket; leave out one of the two"
    assert capsys.readouterr().err == f"groundwire: {sentence}\n" * 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"https://example.org/\nexample.org\n", "list:2: example.org: not a web address"),
        (b"# nothing\n", "holds no address"),
        (b"caf\xe9", "not UTF-8"),
    ],
)
def test_a_list_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str) -> None:
    (tmp_path / "list").write_bytes(content)
    assert run(tmp_path / "archive", "index", "--addresses", tmp_path / "list") == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--watch"], ["--watch", "https://example.org/"]])
def test_nothing_to_index_is_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        run(tmp_path / "archive", "index", *arguments)
    assert raised.value.code == 2
