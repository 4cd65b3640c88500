"""The session cookie: a name and its last day, signed; and the secret that signs it."""

import base64
import hashlib
import hmac
import logging
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ground.files import open_to_others

SESSION_SECONDS = 14 * 24 * 60 * 60
SECRET_BYTES = 32

log = logging.getLogger(__name__)


def read_secret(folder: Path) -> bytes:
    """The server's own secret, 32 bytes in `folder/secret`, made at first use for its owner alone.

    One that others may read, or that is damaged, is made anew: all sessions then end.
    """
    file = folder / "secret"
    folder.mkdir(parents=True, exist_ok=True)
    if file.exists():
        held = file.read_bytes()
        if len(held) == SECRET_BYTES and not open_to_others(file):
            return held
        log.warning("%s: damaged, or others may read it; it is made anew, and everybody logs in again", file)
        file.unlink()
    made = secrets.token_bytes(SECRET_BYTES)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(made)
    return made


def cookie_name(secret: bytes) -> str:
    """A name of this server's own: a browser shows one host's cookies to all its ports.

    >>> cookie_name(bytes(32))
    'groundwire-73ec2ff4'
    """
    return f"groundwire-{hmac.digest(secret, b'cookie name', hashlib.sha256).hex()[:8]}"


def sign(secret: bytes, name: str, password_hash: str, *, now: float | None = None) -> str:
    """A cookie's value. It ends after 14 days, and with the password that it was given for."""
    until = int((time.time() if now is None else now) + SESSION_SECONDS)
    return f"{name}!{until}!{_seal(secret, name, until, password_hash)}"


def verify(secret: bytes, value: str, hash_of: Callable[[str], str | None], *, now: float | None = None) -> str | None:
    """The name that a cookie was signed for; None for any other, an old one, or one whose login changed.

    >>> sealed = sign(bytes(32), "paz", "hash", now=0)
    >>> verify(bytes(32), sealed, {"paz": "hash"}.get, now=9), verify(bytes(32), sealed, {"paz": "new"}.get, now=9)
    ('paz', None)
    """
    with suppress(ValueError):
        name, until, seal = value.split("!")
        password_hash = hash_of(name)
        if password_hash is not None and until.isascii() and until.isdecimal() and len(until) < 12:
            right = hmac.compare_digest(seal.encode(), _seal(secret, name, int(until), password_hash).encode())
            if right and (time.time() if now is None else now) < int(until):
                return name
    return None


def _seal(secret: bytes, name: str, until: int, password_hash: str) -> str:
    sealed = hmac.digest(secret, f"{name}!{until}!{password_hash}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
