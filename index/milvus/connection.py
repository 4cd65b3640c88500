"""The connection to a Milvus, and what an archive's address means; whatever goes wrong becomes one sentence."""

import logging
import os
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from index.archive import ArchiveError

TOKEN = "GROUNDWIRE_MILVUS_TOKEN"
PORT = 19530
PATIENCE = 60.0  # seconds in which a server may be started again before what a writer has under way gives up
READING_PATIENCE = 10.0  # as much for those who only read: somebody waits for the answer
FIRST_PATIENCE = 6.0  # before a server that was never reached counts as not there
CALL_SECONDS = 20.0  # of one request, at most
# Errors that no waiting mends, by the words that Milvus has for them, and what a user is told.
LASTING = (
    (r"database.*(not found|not exist)", "the server has no such database; make it, or name another"),
    (r"auth|permission|PrivilegeNotPermitted|UNAUTHENTICATED", f"the server refuses; set {TOKEN} to user:password"),
    (
        r"Open local milvus failed",
        "is open in another process, or no Milvus Lite archive; a file takes one process at"
        " a time: for more, run: milvus-lite server --data-dir FILE, and name milvus://127.0.0.1:19530",
    ),
    (r"invalid|illegal|cannot parse|exceeds|UNIMPLEMENTED|not supported|unexpected character|schema|dimension", ""),
)
LOADING = re.compile("(?i)not ready|not loaded|not fully loaded")  # a server that was just started
PASSING = re.compile(f"{LOADING.pattern}|unavailable")
T = TypeVar("T")


@dataclass(frozen=True)
class Address:
    """Where an archive lies: a server's address and a database there, or the file of a Milvus Lite."""

    place: str
    uri: str
    database: str = ""


def is_milvus(place: str) -> bool:
    """Whether a place is one in Milvus, or meant to be.

    >>> is_milvus("milvus://127.0.0.1/news"), is_milvus("archive"), is_milvus("./milvus:old")
    (True, False, False)
    """
    return place.startswith(("milvus:", "milvus+tls:"))


def read_address(place: str) -> Address:
    """The address that a place names; one slash after the colon is enough, for a path keeps no more.

    Raises ArchiveError for what is none, or holds a password: folders and messages would keep it.

    >>> read_address("milvus://10.0.0.1/news").uri, read_address("milvus+tls://[::1]:1/news").uri
    ('http://10.0.0.1:19530', 'https://[::1]:1')
    >>> read_address("milvus:/data/news.db")
    Address(place='milvus:///data/news.db', uri='/data/news.db', database='')
    """
    scheme, _, told = place.partition(":")
    rest = told.lstrip("/")
    slashes = len(told) - len(rest)
    if slashes in (1, 3) and rest.endswith(".db"):
        if scheme != "milvus":
            raise ArchiveError(f"{place}: a file needs no TLS; write milvus:///{rest}")
        return Address(f"milvus:///{rest}", f"/{rest}")
    if "@" in rest:
        raise ArchiveError(
            f"{scheme}://...@{rest.rpartition('@')[2]}: holds a user or a password, which would be kept with the"
            f" archive; leave it out and put user:password into the environment, as {TOKEN}"
        )
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?(?:/([A-Za-z_][A-Za-z0-9_]*)?)?", rest)
    if slashes not in (1, 2) or found is None or int(found[2] or PORT) > 65535:
        raise ArchiveError(
            f"{place}: no address of an archive in Milvus; write milvus://host:port/database, milvus+tls:// for a"
            " server that speaks TLS, or milvus:///path/file.db"
        )
    host, port, database = found[1], int(found[2] or PORT), found[3] or "default"
    web = "https" if scheme == "milvus+tls" else "http"
    return Address(f"{scheme}://{host}:{port}/{database}", f"{web}://{host}:{port}", database)


class Connection:
    """A connection to one Milvus, for several threads: `client` is pymilvus's. `lost` is when it last went away.

    `writing` is set while its archive holds the writer's lease: a writer has more patience with the server.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.client: Any = None
        self.lost = time.monotonic()
        self.loaded: tuple[str, ...] = ()  # collections to load again after the server was started anew
        self.writing = False
        self._reached = False
        if not address.database:
            self._check_file(Path(address.uri))
        self.open(create=False)

    @staticmethod
    def _check_file(file: Path) -> None:
        if file.is_file():
            raise ArchiveError(f"{file}: made by an old Milvus Lite, or no archive; name another --archive")
        if not file.parent.is_dir():
            raise ArchiveError(f"{file.parent}: no such folder; make it, or name another --archive")

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
        if patience is None:
            patience = FIRST_PATIENCE if not self._reached else PATIENCE if self.writing else READING_PATIENCE
        began = time.monotonic()
        until = began + patience
        pause = 0.1
        while True:
            try:
                done = do(max(0.1, min(CALL_SECONDS, until - time.monotonic())))
                self._reached = True
                return done
            except (MilvusException, RpcError) as error:
                told = " ".join(str(error).split())
                for pattern, sentence in () if PASSING.search(told) else LASTING:
                    if re.search(pattern, told, re.I):
                        told = sentence or f"Milvus refuses what was asked ({told[:200]}); see its log"
                        raise ArchiveError(f"{self.address.place}: {told}") from error
                if LOADING.search(told):
                    until = began + longest
                if time.monotonic() > until:
                    raise ArchiveError(
                        f"{self.address.place}: the server does not answer ({told[:160]}); see whether it runs, and"
                        " run the same command again: what was in the archive is whole"
                    ) from error
                self._load_again(told, min(CALL_SECONDS, patience))
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

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
