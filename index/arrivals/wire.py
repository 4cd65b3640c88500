"""Connections that lead out of this machine and its network, and end in time: what a web address is fetched through.

A name is looked up once, and what is connected to is the number that was looked at: a name that answers otherwise
the second time changes nothing.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore

from ground.hosts import NoSuchHost, TooLong, look_up

GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
LARGEST_READ = 1 << 16


class NotPublic(Exception):
    """A connection that is not made, and why."""


class Clock:
    """How long a fetch may take: `seconds` for all of it, `silence` for each wait in it."""

    def __init__(self, seconds: float, silence: float) -> None:
        self.seconds = seconds
        self.silence = silence
        self._ends = time.monotonic() + seconds

    def pause(self, seconds: float) -> None:
        """Sleeps, which is not counted."""
        time.sleep(seconds)
        self._ends += seconds

    def wait(self) -> float:
        """How long the next wait may last; raises TooLong when nothing is left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TooLong
        return min(left, self.silence)

    @contextmanager
    def waiting(self) -> Iterator[float]:
        """`wait`, and TooLong in place of a timeout when the wait was for the last of the whole time."""
        try:
            yield self.wait()
        except httpcore.TimeoutException:
            self.wait()
            raise


def is_public(number: str) -> bool:
    """Whether an IP address, in its usual form, is one of the open internet.

    >>> [is_public(number) for number in ("93.184.216.34", "10.0.0.1", "169.254.169.254", "224.0.0.1")]
    [True, False, False, False]
    >>> [is_public(number) for number in ("2606:4700::1", "::1", "fe80::1%eth0", "::ffff:127.0.0.1", "::127.0.0.1")]
    [True, False, False, False, False]

    One that carries an IPv4 address (mapped, NAT64, 6to4) is what that one is; Teredo is none.

    >>> [is_public(number) for number in ("64:ff9b::5db8:d822", "64:ff9b::7f00:1", "2002:a00:1::")]
    [True, False, False]
    """
    address: IPv4Address | IPv6Address = ip_address(number)
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = IPv4Address(address.packed[-4:])
        if inner is not None:
            return is_public(str(inner))
        return address in GLOBAL_UNICAST and address.is_global and not address.is_multicast
    # Python counts parts of 192.0.0.0/24 as global; they are protocol addresses.
    special = address.is_multicast or address.is_reserved or address.packed[:3] == b"\xc0\x00\x00"
    return address.is_global and not special


class Backend(httpcore.NetworkBackend):
    """Where httpcore gets its connections from: only to public addresses, each wait within the clock's time.

    `allow_private` is for servers of one's own, as in tests.
    """

    def __init__(self, clock: Clock, *, allow_private: bool = False) -> None:
        self._clock = clock
        self._allow_private = allow_private
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        numbers = look_up(host, port, self._clock.wait())
        inside = [] if self._allow_private else [number for number in numbers if not is_public(number)]
        if inside:
            where = inside[0] if inside[0] == host else f"{host} ({inside[0]})"
            raise NotPublic(f"{where} is no public address, but one of this machine or of a network inside")
        for number in numbers[:-1]:
            try:
                return self._connect(number, port, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        if not numbers:
            raise NoSuchHost
        return self._connect(numbers[-1], port, socket_options)

    def _connect(self, number: str, port: int, options: Iterable[Any] | None) -> httpcore.NetworkStream:
        with self._clock.waiting() as seconds:
            opened = self._sockets.connect_tcp(number, port, timeout=seconds, socket_options=options)
        return _Stream(opened, self._clock)


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait is within the clock's time, whatever it was asked to wait."""

    def __init__(self, inner: httpcore.NetworkStream, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._clock.waiting() as seconds:
            return self._inner.read(min(max_bytes, LARGEST_READ), seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._clock.waiting() as seconds:
            self._inner.write(buffer, seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with self._clock.waiting() as seconds:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
