"""Fetches one web address into one file: as robots.txt allows, one request at a time, within limits, and never from
this machine or the network around it.
"""

import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from ground.hosts import NoSuchHost, TooLong
from index.arrivals.wire import Backend, Clock, NotPublic
from index.article import ArticleError

if TYPE_CHECKING:
    from protego import Protego

USER_AGENT = "groundwire"
REDIRECTS = (301, 302, 303, 307, 308)
PORTS = {"http": 80, "https": 443}
LONGEST_ADDRESS = 2_000
LARGEST_ROBOTS = 500_000
LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class Manners:
    """How a `Fetcher` behaves: limits for one address, and the pause between two requests to one host.

    `ports` are those it asks at; `allow_private` lets it reach servers of one's own, as tests have them.
    """

    seconds: float = 60.0
    silence_seconds: float = 20.0
    max_bytes: int = 25_000_000
    max_redirects: int = 5
    pause_seconds: float = 1.0
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    allow_private: bool = False


class AddressError(ArticleError):
    """An address that is not fetched: which, what is the matter, what to do. `passing`: another day it may be."""

    def __init__(self, address: str, what: str, *, passing: bool = False) -> None:
        super().__init__(f"{address}: {what}")
        self.what = what
        self.passing = passing


@dataclass(frozen=True)
class Fetched:
    """What an address gave: the address it led to in the end, and what is kept to ask again only for what is new.

    `content_type` is as the server sent it. Where `unchanged`, nothing was written.
    """

    final: str
    content_type: str
    etag: str | None
    last_modified: str | None
    unchanged: bool = False


def check_address(text: str) -> str:
    """An address as it is asked for: no fragment, the host in lower case; raises AddressError for one that is none.

    >>> check_address("HTTPS://Example.org/a b?c#d")
    'https://example.org/a%20b?c'
    """
    return str(_parsed(text))


def _parsed(text: str) -> httpx.URL:
    shown = text[:200]
    try:
        url = httpx.URL(text.strip()).copy_with(fragment=None)
        port = url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressError(shown, f"no web address ({error}); write one such as https://example.org/story") from None
    if url.scheme not in PORTS or not url.host:
        raise AddressError(shown, "not a web address; only http:// and https:// are fetched")
    if url.userinfo:
        raise AddressError(shown.replace(url.userinfo.decode(), "…"), "holds a name or password; leave it out")
    if len(text) > LONGEST_ADDRESS:
        raise AddressError(shown, f"longer than {LONGEST_ADDRESS} characters; it is left out")
    if not url.path:
        url = url.copy_with(path="/")
    return url.copy_with(port=port)


class Fetcher:
    """Fetches addresses one after the other; remembers each host's robots.txt and when it was last asked."""

    def __init__(self, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self._rules: dict[str, Protego | AddressError | None] = {}
        self._asked: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._shut: dict[str, AddressError] = {}

    def fetch(
        self,
        address: str,
        target: Path,
        kinds: Mapping[str, str],
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        max_bytes: int | None = None,
    ) -> Fetched:
        """Writes what is at `address` to `target`, unpacked; `kinds` are the content types that are wanted.

        With `etag` or `last_modified` of an earlier reply only if it has changed since. Raises AddressError; what was
        written of a reply that breaks off stays in `target`.
        """
        limit = self.manners.max_bytes
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {
            "Accept": ", ".join([*kinds, "*/*;q=0.1"]),
            **{name: value for name, value in known.items() if value and value.isascii() and value.isprintable()},
        }
        clock = Clock(self.manners.seconds, self.manners.silence_seconds)
        with self._told(address), self._asking(address, headers, clock, obey=True) as (url, response):
            got = _headers(response)
            kind = got.get("content-type", "")
            reply = Fetched(str(url), kind, got.get("etag"), got.get("last-modified"))
            if response.status == 304 and (etag or last_modified):
                return Fetched(
                    str(url), kind, got.get("etag", etag), got.get("last-modified", last_modified), unchanged=True
                )
            self._check_status(address, url, response.status, got)
            if kind.partition(";")[0].strip().lower() not in kinds:
                called = f"is {kind[:60]}" if kind else "does not say what it is"
                raise AddressError(address, f"{called}, and no reader reads that; save it in another form")
            with target.open("wb") as out:
                for block in _unpacked(address, response, got, min(max_bytes or limit, limit)):
                    out.write(block)
            return reply

    def _check_status(self, address: str, url: httpx.URL, status: int, got: Mapping[str, str]) -> None:
        if status == 200:
            return
        if status in (404, 410):
            raise AddressError(address, f"not found ({status}); check the address")
        if status in (401, 402, 403):
            raise AddressError(address, f"not open to us ({status}); save the page yourself and index the file")
        if status in (429, 503):
            wait = got.get("retry-after", "")
            when = f"in {wait} s" if wait.isdecimal() and len(wait) < 8 else "later"
            error = AddressError(
                address, f"the host asks to be left alone for now ({status}); try {when}", passing=True
            )
            self._shut[url.host] = error
            raise error
        raise AddressError(address, f"the host answers with {status}; try again later", passing=status >= 500)

    @contextmanager
    def _asking(
        self, address: str, headers: Mapping[str, str], clock: Clock, *, obey: bool
    ) -> Iterator[tuple[httpx.URL, httpcore.Response]]:
        """The last of a chain of redirects, open to be read; each is checked like the first."""
        url = self._checked(address, _parsed(address))
        for _ in range(self.manners.max_redirects + 1):
            if obey:
                self._obey(address, url)
            with self._open(url, headers, clock) as response:
                if response.status not in REDIRECTS:
                    yield url, response
                    return
                to = _headers(response).get("location", "")
            try:
                url = self._checked(address, _parsed(str(url.join(to))))
            except (AddressError, httpx.InvalidURL, ValueError) as error:
                raise AddressError(address, f"leads on to {to[:200]}, which is not fetched ({_what(error)})") from None
        raise AddressError(address, f"leads on more than {self.manners.max_redirects} times; check the address")

    def _checked(self, address: str, url: httpx.URL) -> httpx.URL:
        port = url.port or PORTS[url.scheme]
        if port not in self.manners.ports:
            allowed = ", ".join(map(str, sorted(self.manners.ports)))
            raise AddressError(address, f"port {port} is not asked; only {allowed} are")
        if url.host in self._shut:
            raise AddressError(address, self._shut[url.host].what, passing=True)
        return url

    @contextmanager
    def _open(self, url: httpx.URL, headers: Mapping[str, str], clock: Clock) -> Iterator[httpcore.Response]:
        """One request, after the host's pause, over a connection of its own."""
        host = url.host
        pause = max(self.manners.pause_seconds, self._pauses.get(host, 0.0))
        clock.pause(max(0.0, self._asked.get(host, -pause) + pause - time.monotonic()) if host in self._asked else 0.0)
        sent = {"Host": url.netloc.decode(), "User-Agent": USER_AGENT, "Accept-Encoding": "gzip", "Connection": "close"}
        backend = Backend(clock, allow_private=self.manners.allow_private)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port or PORTS[url.scheme], target=url.raw_path
        )
        context = tls() if url.scheme == "https" else None
        try:
            with (
                httpcore.ConnectionPool(ssl_context=context, network_backend=backend) as pool,
                pool.stream("GET", target, headers=[*(sent | dict(headers)).items()]) as response,
            ):
                yield response
        finally:
            self._asked[host] = time.monotonic()

    # robots.txt

    def _obey(self, address: str, url: httpx.URL) -> None:
        """Raises AddressError where robots.txt forbids the address to us, or cannot be had."""
        place = f"{url.scheme}://{url.netloc.decode()}"
        if place not in self._rules:
            self._rules[place] = self._read_rules(f"{place}/robots.txt")
        rules = self._rules[place]
        if isinstance(rules, AddressError):
            raise AddressError(address, rules.what, passing=rules.passing)
        if rules is None:
            return
        if not rules.can_fetch(str(url), USER_AGENT):
            raise AddressError(
                address,
                f"the robots.txt of {url.host} forbids it to programs; save the page yourself and index the file",
            )
        delay = float(rules.crawl_delay(USER_AGENT) or 0.0)
        self._pauses[url.host] = delay if 0.0 < delay < LONGEST_PAUSE else LONGEST_PAUSE * (delay >= LONGEST_PAUSE)

    def _read_rules(self, address: str) -> "Protego | AddressError | None":
        """What a host asks of programs; None where nothing (RFC 9309: any 4xx), an error where none can know."""
        from protego import Protego

        clock = Clock(self.manners.seconds, self.manners.silence_seconds)
        text = bytearray()
        try:
            with self._told(address), self._asking(address, {}, clock, obey=False) as (_, response):
                if 400 <= response.status < 500 and response.status != 429:
                    return None
                if response.status != 200:
                    what = f"its robots.txt cannot be had ({response.status}), so nothing is fetched; try again later"
                    return AddressError(address, what, passing=True)
                for block in _unpacked(address, response, _headers(response), LARGEST_ROBOTS, cut=True):
                    text += block
        except AddressError as error:
            return error
        return Protego.parse(bytes(text).decode("utf-8", "replace"))

    @contextmanager
    def _told(self, address: str) -> Iterator[None]:
        """What goes wrong on the wire, as a sentence."""
        silence, whole = self.manners.silence_seconds, self.manners.seconds
        try:
            yield
        except NotPublic as error:
            raise AddressError(address, f"{error}; it is not fetched") from None
        except NoSuchHost:
            raise AddressError(address, "no such host; check the address and the network", passing=True) from None
        except TooLong:
            raise AddressError(address, f"took longer than {whole:g} s; try again later", passing=True) from None
        except httpcore.TimeoutException:
            raise AddressError(address, f"sent nothing for {silence:g} s; try again later", passing=True) from None
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
                raise AddressError(
                    address, f"its certificate or encryption is not accepted ({error}); look at it in a browser"
                ) from None
            raise AddressError(address, f"cannot be reached ({error}); try again later", passing=True) from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise AddressError(address, f"the reply broke off or is none ({error})", passing=True) from None


@cache
def tls() -> ssl.SSLContext:
    """Trusts the system's certificates and those that come with httpx, for not every machine has its own."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _headers(response: httpcore.Response) -> dict[str, str]:
    """By lower-case name, the first of each."""
    found: dict[str, str] = {}
    for name, value in response.headers:
        found.setdefault(name.decode("ascii", "replace").lower(), value.decode("utf-8", "replace").strip())
    return found


def _unpacked(
    address: str, response: httpcore.Response, got: Mapping[str, str], max_bytes: int, *, cut: bool = False
) -> Iterator[bytes]:
    """The body in blocks, gzip undone; after `max_bytes` of it, packed or not, it ends if `cut`, or is refused."""
    packing = got.get("content-encoding", "identity").lower()
    if packing not in ("identity", "gzip", "x-gzip"):
        raise AddressError(address, f'packed as "{packing[:20]}", which was not asked for; save the page yourself')
    larger = AddressError(
        address, f"larger than {max_bytes / 1e6:g} MB; save it yourself and index the file, or leave it out"
    )
    length = got.get("content-length", "0")
    if length.isdecimal() and int(length[:18]) > max_bytes and not cut:
        raise larger
    unpacker = None if packing == "identity" else zlib.decompressobj(wbits=31)
    packed = plain = 0
    for block in response.iter_stream():
        packed += len(block)
        while block:
            piece = block if unpacker is None else _inflate(address, unpacker, block)
            block = b"" if unpacker is None else unpacker.unconsumed_tail
            plain += len(piece)
            if max(plain, packed) > max_bytes:
                if cut:
                    return
                raise larger
            yield piece
    if unpacker is not None and not unpacker.eof:
        raise AddressError(address, "the reply broke off; try again later", passing=True)


def _inflate(address: str, unpacker: Any, block: bytes) -> bytes:
    """At most a megabyte at once, so that a small block cannot fill the memory."""
    try:
        return bytes(unpacker.decompress(block, 1 << 20))
    except zlib.error:
        raise AddressError(address, "the reply is not the gzip it says it is; try again later", passing=True) from None


def _what(error: Exception) -> str:
    return error.what if isinstance(error, AddressError) else str(error)
