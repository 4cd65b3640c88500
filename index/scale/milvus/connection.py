"""The connection to a Milvus, and what an archive's address means; whatever goes wrong becomes one sentence."""

import logging
import os
import re
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ground.hosts import NoSuchHost, TooLong, look_up
from index.store.archive import ArchiveError

TOKEN = "GROUNDWIRE_MILVUS_TOKEN"
PORT = 19530
PATIENCE = 60.0  # seconds in which a server may be started again before what a writer has under way gives up
READING_PATIENCE = 10.0  # as much for those who only read: somebody waits for the answer
FIRST_PATIENCE = 6.0  # before a server that was never reached counts as not there
CALL_SECONDS = 20.0  # of one request, at most
AFTERWARDS = 1.0  # for what a writer that has just given up would still tidy up
SCHEMES = ("milvus", "milvus+tls")
FULL = re.compile("(?i)no space left|quota exceeded|disk is full|disk full")
LEAST_BYTES = 1 << 16  # below it a disk is full
# Errors that no waiting mends, by the words that Milvus has for them, and what a user is told.
LASTING = (
    (r"database.*(not found|not exist)", "the server has no such database; make it, or name another"),
    (r"auth|permission|PrivilegeNotPermitted|UNAUTHENTICATED", f"the server refuses; set {TOKEN} to user:password"),
    (r"invalid|illegal|cannot parse|exceeds|UNIMPLEMENTED|not supported|unexpected character|schema|dimension", ""),
)
LOADING = re.compile("(?i)not ready|not loaded|not fully loaded")  # a server that was just started
PASSING = re.compile(f"{LOADING.pattern}|unavailable")
AWAY = re.compile("(?i)fail connecting|unavailable|deadline|retry timeout|retry run out|timed? ?out|connect")
log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class MilvusAddress:
    """Where an archive lies: a server's address and a database there, or the file of a Milvus Lite."""

    place: str
    uri: str
    database: str = ""


def is_address(place: str) -> bool:
    """Whether a place is an address, or meant to be: one of an unknown scheme is no folder either.

    >>> is_address("milvus://127.0.0.1/news"), is_address("Postgres://a"), is_address("C:/a"), is_address("./a://b")
    (True, True, False, False)
    """
    return bool(re.match(r"(?i)[a-z][a-z0-9+.-]+://|milvus(\+tls)?:", place))


def read_address(place: str) -> MilvusAddress:
    """The address that a place names; one slash after the colon is enough, for a path keeps no more.

    Raises ArchiveError for what is none, or holds a password: folders and messages would keep it.

    >>> read_address("Milvus://10.0.0.1").place
    'milvus://10.0.0.1:19530/default'
    >>> read_address("milvus://10.0.0.1/news").uri, read_address("milvus+tls://[::1]:1/news").uri
    ('http://10.0.0.1:19530', 'https://[::1]:1')
    >>> read_address("milvus:/data/news.db")
    MilvusAddress(place='milvus:///data/news.db', uri='/data/news.db', database='')
    """
    scheme, _, told = place.partition(":")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise ArchiveError(
            f"{scheme}://: no archive lies behind such an address; name a folder, or an address that begins with"
            f" {':// or '.join(SCHEMES)}://"
        )
    rest = told.lstrip("/")
    slashes = len(told) - len(rest)
    if rest.endswith(".db") and (slashes == 3 or (slashes == 1 and "/" in rest)):
        if scheme != "milvus":
            raise ArchiveError(f"{place}: a file needs no TLS; write milvus:///{rest}")
        return MilvusAddress(f"milvus:///{rest}", f"/{rest}")
    if "@" in rest:
        raise ArchiveError(
            f"{scheme}://...@{rest.rpartition('@')[2]}: holds a user or a password, which would be kept with the"
            f" archive; leave it out and put user:password into the environment, as {TOKEN}"
        )
    host, port_told, database = re.fullmatch(r"(\[[^\]]*\]|[^:/]*)(?::([^/]*))?/?(.*)", rest, re.S).groups()  # type: ignore[union-attr]
    if wrong := _wrong(slashes, host, port_told, database):
        raise ArchiveError(
            f"{place}: no address of an archive in Milvus: {wrong}; write milvus://host:port/database, milvus+tls://"
            " for a server that speaks TLS, or milvus:///path/file.db"
        )
    port, database = int(port_told or PORT), database or "default"
    web = "https" if scheme == "milvus+tls" else "http"
    return MilvusAddress(f"{scheme}://{host}:{port}/{database}", f"{web}://{host}:{port}", database)


def _wrong(slashes: int, host: str, port: str | None, database: str) -> str:
    """What is wrong with the parts of a server's address; nothing, the empty string."""
    if slashes > 2:
        return "the path of a file ends with .db, and a server has two slashes before its name"
    if host.endswith(".db") and not database:
        return "a file has three slashes before its path"
    if slashes == 0 or not re.fullmatch(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+", host):
        return "it names no host" if slashes == 0 or not host else f"{host} is no name of a host"
    if port is not None and not (re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= 65535):
        return "a port is a number from 1 to 65535"
    if "/" in database.rstrip("/"):
        return "nothing comes after the database"
    if database and not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", database):
        return "the name of a database has letters, digits and underscores, and no digit first"
    return ""


def is_there(address: MilvusAddress) -> bool:
    """Whether a file is there to be opened, which would make it; of a server, nothing is known yet.

    Raises ArchiveError where none can be.
    """
    if address.database:
        return True
    file = Path(address.uri)
    if file.is_file():
        raise ArchiveError(f"{file}: made by an old Milvus Lite, or no archive; name another --archive")
    if not file.parent.is_dir():
        raise ArchiveError(f"{file.parent}: no such folder; make it, or name another --archive")
    return file.is_dir()


def _why_not_open(file: Path) -> str:
    """Why Milvus Lite does not open its file, which is a folder; it writes even to read."""
    at = file if file.is_dir() else file.parent
    for path in (at, *(at / name for name in ("LOCK", "collections") if at == file and (at / name).exists())):
        if not os.access(path, os.W_OK):
            return f"{path} cannot be written, and Milvus Lite writes even to read; allow it, or name another --archive"
    if shutil.disk_usage(at).free < LEAST_BYTES:
        return "the disk is full; make room, and run the same command again"
    return (
        "is open in another process, or no Milvus Lite archive; a file takes one process at a time: for more, run:"
        " milvus-lite server --data-dir FILE, and name milvus://127.0.0.1:19530"
    )


def _why_away(address: MilvusAddress) -> str:
    """What keeps a server from answering, as far as it is seen from here, and what to do."""
    parts = urlsplit(address.uri)
    host, port = str(parts.hostname), int(parts.port or PORT)
    try:
        look_up(host, port, 2.0)
        socket.create_connection((host, port), 2.0).close()  # to whichever of its numbers takes it
    except NoSuchHost:
        return f"the server does not answer: no host is called {host}; see how it is written"
    except (TooLong, TimeoutError):
        return "the server does not answer; see whether it runs"
    except ConnectionRefusedError:
        return f"the server does not answer: nothing listens on port {port}; see whether it runs"
    except OSError as error:
        return f"the server does not answer: it cannot be reached ({error.strerror}); see whether it runs"
    return (
        f"the server does not answer: something listens on port {port}, but says nothing that a Milvus says; see what"
        " runs there"
    )


class MilvusConnection:
    """A connection to one Milvus, for several threads: `client` is pymilvus's. `lost` is when it last went away.

    `writing` is set while its archive holds the writer's lease: a writer has more patience with the server.
    """

    def __init__(self, address: MilvusAddress) -> None:
        self.address = address
        self.client: Any = None
        self.lost = time.monotonic()
        self.loaded: tuple[str, ...] = ()  # collections to load again after the server was started anew
        self.writing = False
        self._reached = False
        self._away: float | None = None  # since when, while it lasts
        self._gave_up = -AFTERWARDS  # when a writer last did
        is_there(address)
        self.open(create=False)

    def open(self, *, create: bool) -> None:
        # gRPC tells the terminal whenever a server finds its keep-alives too many; this is read once, at its import.
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
        try:
            from pymilvus import MilvusClient
        except ImportError:
            raise ArchiveError(
                f"{self.address.place}: wants pymilvus; install it with: pip install 'groundwire[milvus]'"
            ) from None
        if not self.address.database:
            try:
                import milvus_lite  # noqa: F401
            except ImportError:
                raise ArchiveError(
                    f"{self.address.place}: wants milvus-lite; install it with: pip install 'groundwire[milvus]'"
                ) from None
        for name in ("pymilvus", "milvus_lite"):
            # They write every failed try, with a traceback, on the terminal by themselves; here it becomes a sentence.
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        token = os.environ.get(TOKEN, "")
        # pymilvus's clients share a channel that none of them closes, unless each has its own; one that stays sends
        # keep-alives to a server long gone.
        options = {"uri": self.address.uri, "token": token, "timeout": FIRST_PATIENCE, "dedicated": True}
        self.database_there = True  # a file is one

        def connect(seconds: float) -> Any:
            if self.address.database:
                with closing(MilvusClient(**options)) as general:
                    self.database_there = self.address.database in general.list_databases(timeout=seconds)
                    if create and not self.database_there:
                        general.create_database(self.address.database, timeout=seconds)
                        self.database_there = True
            return MilvusClient(**options, db_name=self.address.database if self.database_there else "")

        before, self.client = self.client, self.call(connect)
        if before is not None:
            before.close()
        version = str(self.call(lambda seconds: self.client.get_server_version(timeout=seconds)))
        self.lite = "lite" in version and "milvus" in version
        numbers = [int(number) for number in re.findall(r"\d+", version)[:2]]
        self.full_text = self.lite or numbers >= [2, 5]  # BM25 is in Milvus from 2.5 on

    def close(self) -> None:
        self.client.close()

    def call(self, do: Callable[[float], T], *, patience: float | None = None) -> T:
        """What `do` gives, which is told how many seconds it may take.

        While the server is away or not yet itself again it is asked again: for `patience` seconds at most, else a
        minute for a writer or while the server loads, and ten seconds for a reader. Raises ArchiveError with a sentence
        for whatever lasts.
        """
        from grpc import RpcError
        from pymilvus.exceptions import MilvusException

        longest = PATIENCE if patience is None else patience
        began = time.monotonic()
        if patience is None:
            patience = FIRST_PATIENCE if not self._reached else PATIENCE if self.writing else READING_PATIENCE
            if began - self._gave_up < 2 * AFTERWARDS:
                patience = AFTERWARDS
            elif self.writing and self._away is not None:  # all that a writer does waits for one and the same end
                patience = max(AFTERWARDS, self._away + patience - began)
        until = began + patience
        pause = 0.1
        while True:
            try:
                done = do(max(0.1, min(CALL_SECONDS, until - time.monotonic())))
                self._reached, self._away = True, None
                return done
            except (MilvusException, RpcError) as error:
                told = " ".join(str(getattr(error, "message", "") or error).split())
                if "Open local milvus failed" in told:
                    raise ArchiveError(f"{self.address.place}: {_why_not_open(Path(self.address.uri))}") from error
                if not self.address.database and (kept := re.search(r"\[Errno (?:13|30)\] (.*)", told)):
                    raise ArchiveError(f"{self.address.place}: cannot be written ({kept[1][:160]})") from error
                if FULL.search(told):
                    whose = "the server's disk" if self.address.database else "the disk"
                    raise ArchiveError(
                        f"{self.address.place}: {whose} is full; make room, and run the same command again{self._whole}"
                    ) from error
                for pattern, sentence in () if PASSING.search(told) else LASTING:
                    if re.search(pattern, told, re.I):
                        told = sentence or f"Milvus refuses what was asked ({told[:200]}); see its log"
                        raise ArchiveError(f"{self.address.place}: {told}") from error
                if LOADING.search(told):
                    until = began + longest
                if time.monotonic() > until:
                    if self.writing:
                        self._gave_up = time.monotonic()
                    why = f"the server answers with an error ({told[:160]}); see its log"
                    if self.address.database and AWAY.search(told):
                        why = _why_away(self.address)
                    raise ArchiveError(
                        f"{self.address.place}: {why}, and run the same command again{self._whole}"
                    ) from error
                if self._away is None:
                    self._away = time.monotonic()
                    if self._reached:
                        log.warning("waiting for the server of %s, up to %.0f s", self.address.place, patience)
                self._load_again(told, min(CALL_SECONDS, patience))
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    @property
    def _whole(self) -> str:
        return ": what was in the archive is whole" if self.writing else ""

    def _load_again(self, told: str, seconds: float) -> None:
        """A server that was started anew may hold its collections on disk only."""
        from grpc import RpcError
        from pymilvus.exceptions import MilvusException

        self.lost = time.monotonic()
        if self.client is not None and "load" in told:
            for name in self.loaded:
                try:
                    self.client.load_collection(name, timeout=seconds)
                except (MilvusException, RpcError):
                    return  # it is asked again in a moment
