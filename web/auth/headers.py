"""What the headers of a request say: which host is meant, whose page asks, who logs in, whether a person looks, and in
which language.
"""

import base64
import binascii
import re
from collections.abc import MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ground.hosts import is_loopback
from ground.language import best_of, languages

AsgiScope = MutableMapping[str, Any]

LANGUAGE_COOKIE = "groundwire_language"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def hosts_for(bound: str, named: Sequence[str] = ()) -> tuple[str, ...]:
    """The names that a server listening on `bound` answers to: on loopback its own and those `named`, else any (none).

    A page elsewhere can let its own name lead to 127.0.0.1 (DNS rebinding); its Host header still tells.

    >>> hosts_for("127.0.0.1", ["news.example.org"])
    ('localhost', '127.0.0.1', '[::1]', 'news.example.org')
    >>> hosts_for("0.0.0.0")
    ()
    """
    if not is_loopback(bound):
        return tuple(named)
    return tuple(dict.fromkeys((*LOOPBACK, host_name(bound), *named)))


def host_name(host: str) -> str:
    """A Host header, or an address to listen on, without its port; empty for what is neither.

    >>> host_name("LocalHost:7860"), host_name("[::1]:7860"), host_name("::1"), host_name("a b")
    ('localhost', '[::1]', '[::1]', '')
    """
    if host.count(":") > 1 and not host.startswith("["):
        host = f"[{host}]"
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(:\d{1,5})?", host.casefold())
    return found[1] if found else ""


def same_origin(origin: str, host: str, scheme: str) -> bool:
    """Whether an Origin header names this host, port and all. The scheme may differ: a proxy may speak TLS for us.

    >>> same_origin("http://localhost:7860", "localhost:7860", "http"), same_origin("null", "localhost", "http")
    (True, False)
    >>> same_origin("https://news.example.org", "news.example.org:443", "https")
    True
    """
    try:
        parts = urlsplit(origin)
        own = urlsplit(f"{scheme}://{host}")
        if parts.scheme not in ("http", "https") or not parts.hostname or own.hostname != parts.hostname:
            return False
        default = {"http": 80, "https": 443, "ws": 80, "wss": 443}
        named = (own.port or default.get(scheme), own.port or default[parts.scheme])
        return (parts.port or default[parts.scheme]) in named
    except ValueError:
        return False


def read_authorization(value: str) -> tuple[str, str] | None:
    """Name and password of an Authorization header, Basic (RFC 7617, UTF-8) or Bearer NAME:PASSWORD.

    >>> read_authorization("Bearer paz:a:b"), read_authorization("basic cGF6OmE6Yg=="), read_authorization("Bearer x")
    (('paz', 'a:b'), ('paz', 'a:b'), None)
    """
    scheme, _, rest = value.strip().partition(" ")
    try:
        if scheme.casefold() == "basic":
            rest = base64.b64decode(rest.strip(), validate=True).decode("utf-8")
        elif scheme.casefold() == "bearer":
            rest = rest.strip().encode("latin-1").decode("utf-8")
        else:
            return None
    except (binascii.Error, ValueError):
        return None
    name, colon, password = rest.partition(":")
    return (name, password) if colon else None


def wants_page(scope: AsgiScope) -> bool:
    """Whether whoever asks would show HTML: a person who opened an address, not a script of a page."""
    mode = all_of(scope, b"sec-fetch-mode")
    return any("text/html" in accept for accept in all_of(scope, b"accept")) and mode in ([], ["navigate"])


def all_of(scope: AsgiScope, name: bytes) -> list[str]:
    """Every value of a header, in order; `name` in lower case."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def cookies_of(scope: AsgiScope, name: str) -> list[str]:
    """The values of a cookie: a browser may send several of one name, for several paths."""
    pairs = [pair.strip().partition("=") for line in all_of(scope, b"cookie") for pair in line.split(";")]
    return [value.strip('"') for key, _, value in pairs if key == name][:4]


def language_of(scope: AsgiScope, fixed: str = "") -> str:
    """The language of whoever asks: the server's `fixed` one, else what was chosen on the page, else the browser's.

    >>> language_of({"headers": [(b"accept-language", b"de-CH, fr;q=0.9"), (b"cookie", b"groundwire_language=es")]})
    'es'
    >>> language_of({"headers": [(b"accept-language", b"de-CH, fr;q=0.9")]}), language_of({"headers": []})
    ('de', 'en')
    """
    chosen = [value for value in cookies_of(scope, LANGUAGE_COOKIE) if value in languages()]
    return fixed or (chosen[0] if chosen else best_of(",".join(all_of(scope, b"accept-language"))))
