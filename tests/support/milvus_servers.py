"""Milvus servers of a test's own, on free ports of 127.0.0.1: started, killed as by a crash, started again, stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.request import urlopen

import pytest

LONGEST_START = 120.0


class Server(Protocol):
    """A server over one folder of data."""

    port: int

    def start(self) -> None:
        """Starts it over what it held before, and waits until it answers."""

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""

    def stop(self) -> None: ...


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def _bound(port: int) -> socket.socket | None:
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind(("127.0.0.1", port))
        opened.listen()
    except OSError:
        opened.close()
        return None
    return opened


class LiteServer:
    """`milvus-lite server`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "milvus_lite", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, "--data-dir", str(self.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + LONGEST_START
        while time.monotonic() < until:
            with socket.socket() as opened:
                if opened.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None, "the server has ended"
            time.sleep(0.05)
        raise TimeoutError("the Milvus Lite server does not start")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    stop = kill


class FullServer:
    """The standalone server of the package milvus (2.3.5): one process, with etcd, RocksMQ and storage inside."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._server: Any = None

    def start(self) -> None:
        import milvus

        config = milvus.MilvusServerConfig(data_dir=str(self.folder), proxy_port=self.port)
        config.try_bind_port = _bound  # the package's own takes a port for used while connections to it die
        self._server = milvus.MilvusServer(config, wait_for_started=False)
        began = Path.cwd()
        try:
            self._server.start()
        finally:
            os.chdir(began)
        until = time.monotonic() + LONGEST_START
        while time.monotonic() < until:
            assert self._server.server_proc.poll() is None, "the server has ended"
            with suppress(OSError), urlopen(f"http://127.0.0.1:{self._server.webservice_port}/healthz") as said:
                if b"OK" in said.read():
                    return
            time.sleep(0.2)
        raise TimeoutError("the Milvus server does not start")

    def kill(self) -> None:
        process = self._server.server_proc
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self._server.server_proc = None

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()


def start_server(kind: str, folder: Path) -> Server:
    """A server that answers: "lite" or "full"; the test is skipped where its package is missing."""
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install 'groundwire[milvus]'")
    package, reason = {
        "lite": ("milvus_lite", "milvus-lite is not installed: pip install 'groundwire[milvus]'"),
        "full": ("milvus", "no Milvus server here: pip install milvus==2.3.5"),
    }[kind]
    pytest.importorskip(package, reason=reason)
    with socket.socket() as opened:
        if kind == "full" and opened.connect_ex(("127.0.0.1", 2380)) == 0:
            pytest.skip("another etcd listens on port 2380, where this server has its own")
    server: Server = LiteServer(folder) if kind == "lite" else FullServer(folder)
    server.start()
    return server
