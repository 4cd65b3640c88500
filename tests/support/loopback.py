"""A web site on 127.0.0.1 that says what a test wants it to, and remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from index.arrivals.address import Fetcher, Manners

Send = Callable[[bytes], object]
KINDS = {"text/html": ".html", "text/plain": ".txt"}


@dataclass
class Said:
    """One reply; `drip` sends the body by itself, piece by piece, until the other side has enough."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip: Callable[[Send], None] | None = None
    raw: Callable[[Send], None] | None = None
    """All of the reply, its head too."""


@dataclass
class Site:
    """Pages by path; any other is not found. `asked` are the paths in order, `headers` what came with each."""

    address: str
    port: int
    pages: dict[str, Said] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def text(self, path: str, text: str, *, kind: str = "text/plain", **headers: str) -> str:
        """Puts a text at a path; a request that knows its ETag hears 304. Returns the address."""
        self.pages[path] = Said(text.encode(), headers={"Content-Type": kind, **headers})
        return self.address + path

    def leads(self, path: str, to: str, status: int = 302) -> str:
        self.pages[path] = Said(status=status, headers={"Location": to})
        return self.address + path


@contextmanager
def open_site() -> Iterator[Site]:
    """A site as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.headers.append({name.lower(): value for name, value in self.headers.items()})
            said = site.pages.get(self.path, Said(status=404))
            self.close_connection = True
            try:
                if said.raw:
                    said.raw(self.push)
                    return
                etag = said.headers.get("ETag")
                known = etag is not None and self.headers.get("If-None-Match") == etag
                self.send_response(304 if known else said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                if not said.drip and "Content-Length" not in said.headers and not known:
                    self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                if said.drip:
                    said.drip(self.push)
                elif not known:
                    self.wfile.write(said.body)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def push(self, data: bytes) -> None:
            self.wfile.write(data)
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Site(f"http://127.0.0.1:{server.server_port}", server.server_port)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def manners_for(*sites: Site, **others: object) -> Manners:
    """Manners that reach these sites, without pauses."""
    ports = frozenset({80, 443, *(site.port for site in sites)})
    given: dict[str, object] = {"allow_private": True, "pause_seconds": 0.0, "ports": ports, "silence_seconds": 5.0}
    return Manners(**(given | others))  # type: ignore[arg-type]


def fetch_text(fetcher: Fetcher, address: str, folder: Path) -> str:
    """What is fetched from an address, as text."""
    target = folder / "fetched"
    fetcher.fetch(address, target, KINDS)
    return target.read_text("utf-8")
