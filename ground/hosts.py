"""Names of hosts: the numbers they stand for, within a time, and whether they are this machine."""

import socket
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from ipaddress import ip_address
from threading import Thread
from typing import Any


class NoSuchHost(Exception):
    """A name that nobody knows."""


class TooLong(Exception):
    """The time for the whole is spent."""


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """The IP addresses of a host, whichever way it is written, in the system's order.

    Raises NoSuchHost, and TooLong after `seconds`: the timeout of a socket does not cover looking up a name.
    """
    outcome: Future[list[Any]] = Future()

    def ask() -> None:
        try:
            outcome.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:
            outcome.set_exception(error)

    Thread(target=ask, daemon=True).start()
    try:
        found = outcome.result(seconds)
    except NotYet:
        raise TooLong from None
    except (OSError, UnicodeError):
        raise NoSuchHost from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_loopback(host: str) -> bool:
    """Whether a host, a number or a name, is this machine; no name is looked up.

    >>> [is_loopback(host) for host in ("127.0.0.1", "LocalHost", "[::1]", "a.org", "0.0.0.0")]
    [True, True, True, False, False]
    """
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
