"""The auth file: names, hashed passwords and roles, who may come in, and how long somebody who guesses has to wait."""

import hashlib
import hmac
import ipaddress
import logging
import os
import re
import secrets
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from ground.files import open_to_others, replacing

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1_000
REMEMBERED_SECONDS = 300.0
FREE_TRIES = 5
LONGEST_WAIT = 30.0
FORGOTTEN_SECONDS = 900.0
HASHING: Mapping[str, Any] = {}  # argon2's own costs, 64 MB and 50 ms; the tests take the least there are
Role = Literal["reader", "editor"]  # who stands there without one is a reader
ROLES: tuple[Role, ...] = get_args(Role)
KEPT = 4_096  # pairs, names and addresses: what is remembered has an end

log = logging.getLogger(__name__)
Key = TypeVar("Key")
Value = TypeVar("Value")


class LoginError(OSError):
    """An auth file, a name or a password that cannot be used; the message says what to do."""


class TooManyTries(Exception):
    """Wrong passwords came too fast; `seconds` is how long to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many wrong passwords; try again in {seconds:.0f} seconds")
        self.seconds = seconds


# The file


@dataclass(frozen=True)
class Login:
    """One who may come in: the argon2id hash of a password, and what they may do with the archives that all share."""

    hashed: str
    role: Role = "reader"


def check_name(name: str) -> str:
    """The name, if it can be a login's.

    >>> check_name("m.paz")
    'm.paz'
    """
    if not NAME.fullmatch(name):
        raise LoginError(
            f'"{name[:40]}" cannot be a login\'s name; write 1 to 32 of a-z, 0-9, ".", "_" and "-", not "." first'
        )
    return name


def read_logins(file: Path) -> dict[str, Login]:
    """The login of each name, in the file's order.

    Raises LoginError for a line that is no login and for a file that others may write: who can write it can come in.
    One that others may read is told in the log: hashes can be guessed at, slowly.
    """
    try:
        mode, text = open_to_others(file), file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise LoginError(f"{file}: {why}; make it with: groundwire login add NAME --auth-file {file}") from None
    if mode & 0o022:
        raise LoginError(f"{file}: others may write it; run: chmod 600 {file}")
    if mode & 0o044:
        log.warning("%s: others may read it; run: chmod 600 %s", file, file)
    logins: dict[str, Login] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, rest = line.strip().partition(":")
        hashed, _, role = rest.partition(":")
        if not colon or not NAME.fullmatch(name):
            raise LoginError(f"{file}:{number}: no name and hash; write NAME:HASH:ROLE, as groundwire login add does")
        if not hashed.startswith("$argon2id$"):
            raise LoginError(f"{file}:{number}: no argon2id hash; run: groundwire login add {name} --auth-file {file}")
        if name in logins:
            raise LoginError(f"{file}:{number}: {name} stands there twice; delete one of the lines")
        logins[name] = Login(hashed, _role(role or "reader", f"{file}:{number}: "))
    return logins


def _role(role: str, where: str = "") -> Role:
    for one in ROLES:
        if role == one:
            return one
    raise LoginError(f'{where}"{role[:40]}" is no role; it is {" or ".join(ROLES)}')


def add_login(file: Path, name: str, password: str, role: Role | None = None) -> None:
    """Adds a login, or gives it another password and, where one is given, another role.

    The file is made if it is not there; its comments stay.
    """
    from argon2 import PasswordHasher

    check_name(name)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise LoginError(f"the password has {len(password):,} characters; take {SHORTEST_PASSWORD} at least")
    held = read_logins(file) if file.exists() else {}
    kept = held[name].role if name in held else "reader"
    login = Login(PasswordHasher(**HASHING).hash(_same_form(password)), role or kept)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    if name in held:
        lines = [_line(name, login) if _is_of(old, name) else old for old in lines]
    else:
        lines.append(_line(name, login))
    _write(file, lines)


def set_role(file: Path, name: str, role: Role) -> None:
    """Gives a login another role; its password and its sessions stay. Raises LoginError when it is not there."""
    login = replace(_held(file, name), role=role)
    lines = file.read_text(encoding="utf-8").splitlines()
    _write(file, [_line(name, login) if _is_of(line, name) else line for line in lines])


def remove_login(file: Path, name: str) -> None:
    """Takes a login away; raises LoginError when it is not there."""
    _held(file, name)
    _write(file, [line for line in file.read_text(encoding="utf-8").splitlines() if not _is_of(line, name)])


def _held(file: Path, name: str) -> Login:
    held = read_logins(file).get(name)
    if held is None:
        raise LoginError(f"{file}: no login {check_name(name)}; groundwire login list --auth-file {file} shows them")
    return held


def _line(name: str, login: Login) -> str:
    return f"{name}:{login.hashed}" + (f":{login.role}" if login.role != "reader" else "")


def _is_of(line: str, name: str) -> bool:
    return line.strip().startswith(f"{name}:")


def _write(file: Path, lines: list[str]) -> None:
    """Written beside it and renamed: a reader sees the old file or the new one, and nobody else either."""
    file = file.resolve()  # a link stays a link
    with replacing(file, unique=True) as fresh:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write("".join(f"{line}\n" for line in lines))
            out.flush()
            os.fsync(out.fileno())


def _same_form(password: str) -> str:
    """One form of what keyboards write in several (RFC 8265: NFC)."""
    return unicodedata.normalize("NFC", password)


# Logging in


class Logins:
    """The logins of a file, read again when it changes; where it cannot be read, nobody comes in and the log says why.

    Raises LoginError when it cannot be read at first.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._seen: tuple[int, int, int] | None = None
        self._held: Mapping[str, Login] = {}
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()  # one password is hashed at a time: each takes 64 MB
        self._nobody = ""
        self._read(first=True)

    def hash_of(self, name: str) -> str | None:
        """The hash that stands in the file now; None for a name that does not."""
        self._read()
        held = self._held.get(name)
        return held.hashed if held else None

    def edits(self, name: str) -> bool:
        """Whether this login is an editor now: may change the archives that all share."""
        self._read()
        held = self._held.get(name)
        return held is not None and held.role == "editor"

    def remembers(self, name: str, password: str) -> bool:
        """Whether this pair was right in the last minutes, and is still. Takes no time."""
        hashed = self.hash_of(name)
        return hashed is not None and self._known.get(self._pair(name, password, hashed), 0.0) > time.monotonic()

    def check(self, name: str, password: str, address: str = "") -> bool:
        """Whether this is a login and its password; takes as long for a name that is not there.

        Raises TooManyTries when the name or the address had several wrong ones: the wait doubles with each, up to half
        a minute. What is remembered is right at once, so whoever is in is not shut out by somebody who guesses.
        """
        if self.remembers(name, password):
            return True
        keys = (f"name {name if NAME.fullmatch(name) else ''}", f"address {network_of(address)}")
        with self._lock:
            wait = max(self._wait(key) for key in keys)
            if wait > 0:
                raise TooManyTries(wait)
            hashed = self.hash_of(name)
            right = self._verify(hashed, password)
            if right and hashed is not None:
                for key in keys:
                    self._wrong.pop(key, None)
                _put(self._known, self._pair(name, password, hashed), time.monotonic() + REMEMBERED_SECONDS)
                return True
            for key in keys:
                _put(self._wrong, key, (self._tries(key) + 1, time.monotonic()))
        log.warning("wrong password for %s from %s", name if hashed else "a name that is no login", address or "?")
        return False

    def _verify(self, hashed: str | None, password: str) -> bool:
        from argon2 import PasswordHasher
        from argon2.exceptions import Argon2Error, InvalidHashError

        self._nobody = self._nobody or PasswordHasher(**HASHING).hash(secrets.token_hex())
        try:
            return PasswordHasher().verify(hashed or self._nobody, _same_form(password)[: LONGEST_PASSWORD + 1])
        except InvalidHashError:
            log.warning("%s: a hash there is damaged; run groundwire login add for that name again", self.file)
        except (Argon2Error, UnicodeEncodeError):
            pass
        return False

    def _pair(self, name: str, password: str, hashed: str) -> bytes:
        parts = "\0".join((name, hashed, _same_form(password)))
        return hmac.digest(self._key, parts.encode("utf-8", "surrogatepass"), hashlib.sha256)

    def _tries(self, key: str) -> int:
        tries, last = self._wrong.get(key, (0, 0.0))
        return tries if time.monotonic() - last < FORGOTTEN_SECONDS else 0

    def _wait(self, key: str) -> float:
        over = self._tries(key) - FREE_TRIES
        if over < 0:
            return 0.0
        return self._wrong[key][1] + min(LONGEST_WAIT, 2.0 ** min(over, 10)) - time.monotonic()

    def _read(self, *, first: bool = False) -> None:
        try:
            found = self.file.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        except OSError:
            stamp = (0, 0, 0)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._held = read_logins(self.file)
        except LoginError as error:
            self._held = {}
            if first:
                raise
            log.error("%s; until then nobody comes in", error)


def open_logins(file: Path) -> Logins:
    """The logins of a file that names somebody; raises LoginError where nobody could come in."""
    if not read_logins(file):
        raise LoginError(f"{file}: names nobody; add one with: groundwire login add --auth-file {file} NAME")
    return Logins(file)


def _put(kept: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    """Sets a key as the newest; the oldest are let go."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)


def network_of(address: str) -> str:
    """Whose tries are counted together: an IPv4 address, or the /64 that an IPv6 address is one of.

    >>> network_of("192.0.2.7"), network_of("2001:db8::1:2"), network_of("")
    ('192.0.2.7', '2001:db8::/64', '')
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network((known, 64), strict=False))
