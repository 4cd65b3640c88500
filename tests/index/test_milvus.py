"""What only an archive in Milvus can suffer: servers that hang, writers that sleep, databases that are dropped."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from index.scale.milvus import connection
from index.scale.milvus.connection import MilvusConnection, read_address
from index.store.archive import ArchiveError

pytestmark = pytest.mark.slow


class Speaker:
    """A server that speaks Milvus's protocol, as far as a connection needs it, and can fall silent."""

    def __init__(self) -> None:
        import grpc
        from pymilvus.grpc_gen import milvus_pb2, milvus_pb2_grpc

        answering = Event()
        answering.set()

        class Service(milvus_pb2_grpc.MilvusServiceServicer):  # type: ignore[misc, name-defined, unused-ignore]
            def Connect(self, request: Any, context: Any) -> Any:
                return milvus_pb2.ConnectResponse(identifier=1)

            def ListDatabases(self, request: Any, context: Any) -> Any:
                answering.wait(30)
                return milvus_pb2.ListDatabasesResponse(db_names=["default"])

            def GetVersion(self, request: Any, context: Any) -> Any:
                answering.wait(30)
                return milvus_pb2.GetVersionResponse(version="2.6.0")

        self.answering = answering
        self._server = grpc.server(ThreadPoolExecutor(4))
        milvus_pb2_grpc.add_MilvusServiceServicer_to_server(Service(), self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def stop(self) -> None:
        self.answering.set()
        self._server.stop(0)


@pytest.fixture
def speaker() -> Iterator[Speaker]:
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install 'groundwire[milvus]'")
    made = Speaker()
    yield made
    made.stop()


def connections_to(port: int) -> int:
    """How many connections from here to a port of this machine are open."""
    told = "".join(Path(f"/proc/self/net/{name}").read_text() for name in ("tcp", "tcp6"))
    return sum(line.split()[2].endswith(f":{port:04X}") and line.split()[3] == "01" for line in told.splitlines())


def test_a_server_that_hangs_is_a_sentence(speaker: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FIRST_PATIENCE", 1.0)
    speaker.answering.clear()
    began = time.monotonic()
    with pytest.raises(ArchiveError, match="the server does not answer"):
        MilvusConnection(read_address(f"milvus://127.0.0.1:{speaker.port}/default"))
    assert time.monotonic() - began < 5


@pytest.mark.skipif(not Path("/proc/self/net/tcp6").is_file(), reason="this system does not list its connections there")
def test_a_connection_that_is_closed_leaves_no_channel(speaker: Speaker) -> None:
    made = MilvusConnection(read_address(f"milvus://127.0.0.1:{speaker.port}/default"))
    made.open(create=True)
    assert connections_to(speaker.port) == 1
    made.close()
    until = time.monotonic() + 5
    while connections_to(speaker.port) and time.monotonic() < until:
        time.sleep(0.05)
    assert connections_to(speaker.port) == 0


def test_a_reader_waits_less_for_a_server_than_a_writer(speaker: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READING_PATIENCE", 0.2)
    monkeypatch.setattr(connection, "PATIENCE", 1.5)
    made = MilvusConnection(read_address(f"milvus://127.0.0.1:{speaker.port}/default"))
    speaker.answering.clear()
    waited = []
    for made.writing in (False, True):
        began = time.monotonic()
        with pytest.raises(ArchiveError, match="the server does not answer"):
            made.call(lambda seconds: made.client.list_databases(timeout=seconds))
        waited.append(time.monotonic() - began)
    made.close()
    assert waited[0] < 1 < 1.5 <= waited[1] < 5


def test_a_server_that_loads_is_waited_for(speaker: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    from pymilvus.exceptions import MilvusException

    monkeypatch.setattr(connection, "READING_PATIENCE", 0.2)
    made = MilvusConnection(read_address(f"milvus://127.0.0.1:{speaker.port}/default"))
    loaded = time.monotonic() + 1

    def read(seconds: float) -> str:
        if time.monotonic() < loaded:
            raise MilvusException(message="failed to query: collection not loaded[collection=1]")
        return "read"

    assert made.call(read) == "read"
    made.close()


def test_a_full_disk_is_told_at_once(speaker: Speaker) -> None:
    from pymilvus.exceptions import MilvusException

    def write(seconds: float) -> None:
        raise MilvusException(message="[Errno 28] No space left on device")

    made = MilvusConnection(read_address(f"milvus://127.0.0.1:{speaker.port}/default"))
    made.writing = True
    began = time.monotonic()
    with pytest.raises(ArchiveError, match=r"/default: the server's disk is full; make room.* is whole$"):
        made.call(write)
    assert time.monotonic() - began < 1
    made.close()


def test_an_outage_is_told_once_and_waited_for_once(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What runs beside a writer, and what it tidies up when it gives up, waits no minute of its own."""
    monkeypatch.setattr(connection, "PATIENCE", 2.0)
    monkeypatch.setattr(connection, "READING_PATIENCE", 9.0)
    monkeypatch.setattr(connection, "AFTERWARDS", 0.5)
    made = MilvusConnection(read_address(f"milvus://127.0.0.1:{speaker.port}/default"))
    made.writing = True
    speaker.answering.clear()

    def ask(delay: float) -> None:
        time.sleep(delay)
        with pytest.raises(ArchiveError, match=r"listens on port .* is whole$"):
            made.call(lambda seconds: made.client.list_databases(timeout=min(seconds, 0.2)))

    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, (0.0, 1.3)))
    assert time.monotonic() - began < 3
    made.writing = False
    with pytest.raises(ArchiveError):
        made.call(lambda seconds: made.client.list_databases(timeout=seconds))
    assert time.monotonic() - began < 5
    [told] = [record.getMessage() for record in caplog.records if record.name == connection.__name__]
    assert told == f"waiting for the server of milvus://127.0.0.1:{speaker.port}/default, up to 2 s"
    made.close()
