"""The one writer of a Milvus archive: a record that says who writes and until when.

Milvus has no compare-and-swap: two machines that begin within the same instant could both believe that they hold it. So
a writer reads the record again a moment after it has written it, and before every change and what follows it; and the
request that makes a change count may not take longer than what is left of the lease. That leaves a window of
milliseconds, and what two writers write in it is still one copy of each passage. Machines compare their clocks by it.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock

from index.scale.milvus.store import RECORDS, Store
from index.store.archive import ArchiveBusy, ArchiveError

SECONDS = 60.0
MOMENT = 0.3


class Lease:
    """A lease for this process. That of a writer of this machine that died is taken over at once: a lock told so."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self._machine = _name_of_machine(folder)
        self._owner = uuid4().hex

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the lease and makes it longer while it is held; raises ArchiveBusy at once when another has it."""
        held = self._read()
        if held and held["machine"] != self._machine and held["until"] > time.time():
            seconds = max(1, round(held["until"] - time.time()))
            raise ArchiveBusy(
                f"{self.store.address.place}: {held['told']} is writing to this archive; wait for it, or if it died,"
                f" {seconds} s"
            )
        self._write()
        if held is None or held["machine"] != self._machine:
            time.sleep(MOMENT)
        self.check()
        done = threading.Event()
        thread = threading.Thread(target=self._renew, args=(done,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            try:
                if (now := self._read()) and now["owner"] == self._owner:
                    self.store.delete(RECORDS, ["lease"])
            except ArchiveError:
                pass  # the server is gone: the lease ends by itself

    def check(self) -> float:
        """The seconds that are left of the lease; raises ArchiveBusy where it is another's by now."""
        held = self._read()
        if held is None or held["owner"] != self._owner:
            raise ArchiveBusy(
                f"{self.store.address.place}: another machine has begun to write; run the same command later"
            )
        return float(held["until"]) - time.time()

    def make_sure(self) -> float:
        """As `check`, just before what must not come late; one that has half gone unrenewed is made longer first.

        That is so after a sleep, or a time without the server.
        """
        left = self.check()
        if left < SECONDS / 2:
            self._write()
            time.sleep(MOMENT)
            left = self.check()
        return left

    def _renew(self, done: threading.Event) -> None:
        while not done.wait(SECONDS / 3):
            try:
                self.check()
                self._write()
            except ArchiveError:
                continue  # the next change says so

    def _read(self) -> dict[str, Any] | None:
        found = self.store.read(["lease"], newest=True).get("lease")
        read: dict[str, Any] | None = json.loads(found) if found else None
        return read

    def _write(self) -> None:
        told = f"{socket.gethostname()} (process {os.getpid()})"
        value = {"owner": self._owner, "machine": self._machine, "told": told, "until": time.time() + SECONDS}
        row, _ = self.store.record("lease", "lease", json.dumps(value))
        self.store.upsert(RECORDS, [row])


def _name_of_machine(folder: Path) -> str:
    """A name that this folder of this machine keeps."""
    file = folder / "machine"
    if not (file.is_file() and file.read_text("utf-8")):
        with FileLock(folder / "machine.lock"):  # of two that begin at once, both have one name
            if not (file.is_file() and file.read_text("utf-8")):
                file.write_text(uuid4().hex, "utf-8")
    return file.read_text("utf-8")
