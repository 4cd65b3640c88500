"""HTTP connections that can be given up: every wait looks at the clock, and whether anybody still wants the reply.

No redirect is followed, no cookie kept; proxies and password files of the environment are not looked at, so what is
sent is what the caller says and nothing else.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore

from ground.hosts import NoSuchHost, TooLong, look_up

LOOK_SECONDS = 0.1
LONGEST_LINE = 1 << 20
LARGEST_READ = 1 << 16


class GivenUp(Exception):
    """Nobody wants the reply any more."""


class Broken(Exception):
    """No reply, or half of one; the message says why. `again` where asking once more may help."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.again = again


@dataclass(frozen=True)
class Patience:
    """How long to wait: for a connection, for the next bytes, for all of a reply and the pauses before it."""

    connect_seconds: float = 10.0
    silence_seconds: float = 120.0
    whole_seconds: float = 600.0


class Watch:
    """What one request may take."""

    def __init__(self, patience: Patience, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.patience = patience
        self._cancelled = cancelled
        self._ends = time.monotonic() + patience.whole_seconds

    def look(self) -> float:
        """The seconds that are left; raises GivenUp or Broken when there is no use in waiting."""
        if self._cancelled():
            raise GivenUp
        left = self._ends - time.monotonic()
        if left <= 0:
            raise Broken(f"was not done within {self.patience.whole_seconds:g} s")
        return left

    def pause(self, seconds: float) -> None:
        """Sleeps, and raises as `look` does as soon as there is no use in it."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS, self.look()))
        self.look()


class _Stream(httpcore.NetworkStream):
    """A socket that is read in short waits. A read that ran out of time loses no byte, so it is read again."""

    def __init__(self, inner: httpcore.NetworkStream, connection: "Connection") -> None:
        self._inner = inner
        self._connection = connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        watch = self._connection.watch
        silence_ends = time.monotonic() + watch.patience.silence_seconds
        while True:
            left = watch.look()
            try:
                return self._inner.read(min(max_bytes, LARGEST_READ), min(LOOK_SECONDS, left))
            except httpcore.ReadTimeout:
                if time.monotonic() >= silence_ends:
                    raise Broken(f"said nothing for {watch.patience.silence_seconds:g} s") from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        watch = self._connection.watch
        self._inner.write(buffer, min(watch.look(), watch.patience.silence_seconds))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        watch = self._connection.watch
        seconds = min(watch.look(), self._connection.time_to_connect())
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._connection)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        connection = self._connection
        connection.ends = time.monotonic() + connection.watch.patience.connect_seconds
        try:
            numbers = look_up(host, port, min(connection.watch.look(), connection.time_to_connect()))
        except TooLong:
            raise httpcore.ConnectTimeout from None
        for tried, number in enumerate(numbers):
            # One that is silent leaves the others their share of the time.
            seconds = min(connection.watch.look(), connection.time_to_connect() / (len(numbers) - tried))
            try:
                opened = self._sockets.connect_tcp(number, port, timeout=seconds, socket_options=socket_options)
                return _Stream(opened, connection)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        raise httpcore.ConnectError


class Reply:
    """A reply whose head is there. Closing it before its end closes the connection: the server has nobody to tell."""

    def __init__(self, response: httpcore.Response, closed: Callable[[], object]) -> None:
        self._response = response
        self._closed = closed
        self.status = response.status
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}

    def chunks(self, limit: int) -> Iterator[bytes]:
        """The body as it comes; raises Broken when it breaks off, and for more than `limit` bytes."""
        seen = 0
        try:
            for chunk in self._response.iter_stream():
                seen += len(chunk)
                if seen > limit:
                    raise Broken(f"sent more than {limit / 1e6:.3g} MB")
                yield chunk
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
            raise Broken("broke off in the middle of its reply") from None

    def lines(self, limit: int) -> Iterator[bytes]:
        """The body line by line, without line ends; the last one may lack one."""
        held = b""
        for chunk in self.chunks(limit):
            *whole, held = (held + chunk).split(b"\n") if b"\n" in chunk else [held + chunk]
            yield from (line.rstrip(b"\r") for line in whole)
            if len(held) > LONGEST_LINE:
                raise Broken("sent a line without an end")
        if held:
            yield held.rstrip(b"\r")

    def close(self) -> None:
        self._response.close()
        self._closed()


class Connection:
    """One connection to one server, used again while the server keeps it; for one request at a time."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.watch = Watch(Patience())
        self.ends = 0.0  # of the time to connect, by the clock
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=1, keepalive_expiry=30.0, network_backend=_Backend(self)
        )

    def send(self, request: httpcore.Request, watch: Watch) -> httpcore.Response:
        """The reply to a request, as far as its head."""
        self.watch = watch
        return self._pool.handle_request(request)

    def time_to_connect(self) -> float:
        """The seconds that are left for name, address and encryption together; raises ConnectTimeout after them."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ConnectTimeout
        return left


class Connections:
    """The connections to one server: as many as there are requests at one time."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._idle: list[Connection] = []

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, watch: Watch) -> Reply:
        """The reply to a request; raises Broken, and GivenUp as soon as the watch says so."""
        sent = dict(headers) | ({"Content-Length": str(len(body))} if body else {})
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = Connection(self._context)
        try:
            response = connection.send(httpcore.Request(method, url, headers=[*sent.items()], content=body), watch)
            return Reply(response, lambda: self._idle.append(connection))
        except NoSuchHost:
            raise Broken("has a name that nobody knows", again=True) from None
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            if "certificate" in str(error).lower():
                raise Broken(f"has no certificate to trust ({str(error)[:120]})") from None
            raise Broken("cannot be reached", again=True) from None
        except (httpcore.NetworkError, httpcore.RemoteProtocolError):
            raise Broken("ended the connection without a reply that can be read", again=True) from None
        except (httpcore.TimeoutException, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            raise Broken("gave no reply that can be read") from None
