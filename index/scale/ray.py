"""Reads, cuts and embeds on a Ray cluster what an update has to read; the update stays the archive's only writer.

Ray Data streams the files through: tasks read and cut them, a pool of actors embeds, and what comes back does so in
the order of the files. Where the writer is slower they are held back; what a lost node did not hand over is done again.
A file is named by its path, which has to lead to the same file on every node.
"""

import logging
import os
import pickle
import re
import socket
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ground.errors import GroundwireError
from index.article import Article
from index.cutter import Cutter, text_digest
from index.passage import CountTokens, Passage
from index.reading.apart import end_workers
from index.reading.files import Problem, file_digest, read_file
from index.store.archive import ArchiveError
from index.update import LONGEST_NAME, Embedded, Reading, ReadItem, ToRead
from models import Embedder, ModelError

FILES = 16  # that one task reads
PIECE = 32  # passages that one row holds
BLOCK_BYTES = 256_000  # that one call of an embedder is given, about 300 passages
AHEAD_BYTES = 64_000_000  # that may be read and embedded and not yet written, and as much again for each node
READER_CPUS = 0.1  # a reader is slower than its disk and quicker than any embedder
CONNECT_SECONDS = 5.0
LOCAL_STORE_BYTES = 256_000_000
LOCAL, AUTO = "local", "auto"
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_LOG_LEVEL": "ERROR",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
# Without it a cluster that is made here takes the address of this machine's network, and listens on all.
LOOPBACK_ONLY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}

OpenModels = Callable[[], tuple[Embedder, CountTokens]]
"""Opens the embedder and what counts the tokens of passages, from a node's own weights; it is pickled."""


class ClusterError(GroundwireError):
    """A cluster that cannot be reached, or a node that cannot do its part; the message says which and what to do."""


@dataclass(frozen=True)
class _Job:
    """What every task and actor is told. Jobs that say the same are equal: each task is handed a copy of its own."""

    open_models: bytes  # an OpenModels, pickled: two of those are never equal
    identity: str
    max_tokens: int


# What comes back of a file, in this order, a row each: begun, then problems and pieces of articles, then done.


@dataclass(frozen=True)
class _Begun:
    """The file that a node found under the path, or why it could not be read."""

    node: str
    sha256: str
    reason: str = ""


@dataclass(frozen=True)
class _Piece:
    """Some of an article's passages, by the digests of their texts; the last piece has the article itself."""

    digests: list[bytes]
    article: Article | None = None
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class _Done:
    """The end of a file."""


@dataclass(frozen=True)
class _Failed:
    """A node cannot go on, in one sentence."""

    sentence: str


@contextmanager
def on_cluster(
    address: str, open_models: OpenModels, embedder: Embedder, *, max_tokens: int, threads: int | None = None
) -> Iterator[Reading]:
    """The cluster at `address`, "auto" for the one that this machine is in, "local" for one made here for the time.

    Every node's embedder has to be `embedder`; each takes `threads` processors (1). Raises ClusterError where the
    cluster cannot be reached, and while it reads where a node has other weights, or another file under a path.
    """
    ray = _import_ray(QUIET | (LOOPBACK_ONLY if address == LOCAL else {}))
    _join(ray, address)
    try:
        job = _Job(pickle.dumps(open_models), embedder.identity, max_tokens)
        yield lambda files: _read_files(ray, list(files), job, embedder.dimension, threads or 1)
    except ray.exceptions.RayError as error:
        if _lacks_us(error):
            raise ClusterError(
                f"{address}: a node cannot run this program ({_first_line(error)}); install the same Groundwire on each"
            ) from error
        if isinstance(error, ray.exceptions.RayTaskError):
            raise  # a bug of ours
        raise ClusterError(
            f"{address}: the cluster failed ({_first_line(error)}); run the same command again: what is written is kept"
        ) from error
    finally:
        ray.shutdown()


def _import_ray(wanted: Mapping[str, str]) -> Any:
    """Ray, which reads its environment when it is imported; it says nothing but what it raises."""
    os.environ.update({name: value for name, value in wanted.items() if name not in os.environ})
    try:
        import ray
        import ray.data
        from ray._private import worker
    except ImportError as error:
        raise ClusterError(f"--ray needs Ray ({error}); pip install 'groundwire[ray]'") from None
    worker._worker_logs_enabled = False  # else a node that is lost is told on standard output
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"ray\.")
    return ray


def _join(ray: Any, address: str) -> None:
    """Connects to the cluster; one made here listens on the loopback address alone."""
    given: dict[str, Any] = {"address": address}
    if address == LOCAL:
        given |= {"include_dashboard": False, "object_store_memory": LOCAL_STORE_BYTES}
    elif "://" in address:
        raise ClusterError(f"{address}: is no address of a cluster; run this on one of its machines, with --ray auto")
    elif address != AUTO:
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise ClusterError(f"{address}: is no address of a cluster; write HOST:PORT, auto or local")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise ClusterError(f"{address}: no cluster answers ({error}); look at it with ray status") from None
    try:
        with _native_silence():
            ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **given)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise ClusterError(
            f"{address}: the cluster cannot be joined ({_first_line(error)}); start Ray on this machine with ray start"
            f" --address, or name --ray {LOCAL}"
        ) from None


@contextmanager
def _native_silence() -> Iterator[None]:
    """Ray's native part tells on standard error that it was asked to be silent."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _lacks_us(error: Exception) -> bool:
    """Whether a node does not have this program."""
    return "No module named" in str(error)


def _first_line(error: Exception) -> str:
    """The one line that says what went wrong: of an error that a node sent, its last.

    >>> _first_line(ValueError("at first\\nand more"))
    'at first'
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return re.sub(r"\x1b\[[\d;]*m", "", lines[-1] if type(error).__module__.startswith("ray.") else lines[0])


# On this machine


def _read_files(
    ray: Any, files: Sequence[ToRead], job: _Job, dimension: int, threads: int
) -> Generator[tuple[ToRead, Iterator[ReadItem]], None, None]:
    if not files:
        return
    messages = _stream(ray, files, job, threads)
    try:
        for given in files:
            yield given, _items_of(given, messages, dimension)
    finally:
        messages.close()


def _stream(ray: Any, files: Sequence[ToRead], job: _Job, threads: int) -> Generator[tuple[object, bytes], None, None]:
    """What the nodes say of all files, in their order, each message with the vectors that go with it."""
    from ray.data import ActorPoolStrategy, DataContext, ExecutionResources

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    embedders = sum(int(resources.get("CPU", 0)) // threads for resources in nodes)
    if not embedders:
        raise ClusterError(f"no node of the cluster has {threads} processors; name fewer --threads")
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = BLOCK_BYTES
    context.execution_options.preserve_order = True
    context.execution_options.resource_limits = ExecutionResources.for_limits(
        object_store_memory=AHEAD_BYTES * (1 + len(nodes))
    )
    rows = [{"file": pickle.dumps(given)} for given in files]
    read = ray.data.from_items(rows, override_num_blocks=-(-len(rows) // FILES)).map_batches(
        _read, fn_kwargs={"job": job}, batch_size=1, num_cpus=READER_CPUS
    )
    embedded = read.map_batches(
        _Embedding,
        fn_constructor_args=(job,),
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=threads * (1 - READER_CPUS),
        compute=ActorPoolStrategy(size=embedders),
    )
    for table in embedded.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        for message, vectors in zip(table["message"], table["vectors"], strict=True):
            yield pickle.loads(message.as_py()), vectors.as_py()


def _items_of(given: ToRead, messages: Iterator[tuple[object, bytes]], dimension: int) -> Iterator[ReadItem]:
    """The items of one file, whose turn it is."""
    vectors: dict[bytes, np.ndarray[Any, np.dtype[np.float32]]] = {}
    begun = False
    for message, made in messages:
        if isinstance(message, _Failed):
            raise ClusterError(message.sentence)
        if isinstance(message, _Begun) and not begun:
            begun = True
            if problem := _compared(given, message):
                yield problem
        elif isinstance(message, Problem | Article) and begun:
            yield message
        elif isinstance(message, _Piece) and begun:
            rows = np.frombuffer(made, np.float32).reshape(-1, dimension)
            vectors |= zip(message.digests, rows, strict=True)
            if message.article is not None:
                yield Embedded(message.article, list(message.passages), vectors)
                vectors = {}
        elif isinstance(message, _Done) and begun:
            return
        else:
            break
    raise ClusterError(f"{given.file}: the cluster lost its place in it; run the same command again")


def _compared(given: ToRead, begun: _Begun) -> Problem | None:
    """A file that nobody can read any more is a problem, as it is without a cluster; one that nodes see otherwise ends
    the update. A file that was written meanwhile has two hashes too: so it is looked at again here."""
    if begun.sha256 == given.sha256:
        return None
    try:
        now = file_digest(given.file)
    except OSError as error:
        return Problem(f"{given.file}: cannot be read ({error.strerror}); check the file and its permissions")
    if begun.sha256 == now:
        return None
    seen = f"cannot read it ({begun.reason})" if begun.reason else "has another file there"
    raise ClusterError(
        f"{given.file}: the node {begun.node} {seen}; every node has to see your articles under the same path"
    )


# On the nodes


def _read(batch: Mapping[str, Any], job: _Job) -> Iterator[dict[str, list[Any]]]:
    """A row for each message of each file, with the texts that are to be embedded for it."""
    try:
        for file in batch["file"]:
            for message, texts in _messages(pickle.loads(file), job):
                yield {"message": [pickle.dumps(message)], "texts": [texts]}
    finally:
        end_workers()


def _messages(given: ToRead, job: _Job) -> Iterator[tuple[object, list[str]]]:
    try:
        cutter = _opened_cutter(job)
    except (ModelError, ArchiveError, OSError) as error:
        yield _Failed(f"the node {_node()}: {error}"), []
        return
    try:
        yield _Begun(_node(), file_digest(given.file)), []
    except OSError as error:
        yield _Begun(_node(), "", error.strerror or str(error)), []
        yield _Done(), []
        return
    for item in read_file(given.file, given.article_id):
        if isinstance(item, Problem):
            yield item, []
            continue
        article, _ = item.cut_to(LONGEST_NAME)
        if given.holds.get(article.id) == article.digest:
            yield item, []  # the archive has it, and its vectors
            continue
        passages = cutter.cut(article)
        texts = {text_digest(text): text for text in cutter.texts(article, passages)}
        for part in (list(texts)[first : first + PIECE] for first in range(0, len(texts), PIECE)):
            yield _Piece(part), [texts[digest] for digest in part]
        yield _Piece([], item, tuple(passages)), []
    yield _Done(), []


@lru_cache(maxsize=1)
def _opened_cutter(job: _Job) -> Cutter:
    """Once a process, which reads one batch of files after another."""
    return Cutter(*_open_models(job), job.max_tokens)


def _open_models(job: _Job) -> tuple[Embedder, CountTokens]:
    open_models: OpenModels = pickle.loads(job.open_models)
    embedder, count_tokens = open_models()
    if embedder.identity != job.identity:
        raise ModelError(
            f"its embedder is {embedder.identity}, not {job.identity}; give every node the same weights, with"
            " groundwire models pull"
        )
    return embedder, count_tokens


class _Embedding:
    """An embedder of one node, for as long as the stream runs."""

    def __init__(self, job: _Job) -> None:
        self._failed: _Failed | None = None
        try:
            self._embedder, _ = _open_models(job)
        except (ModelError, ArchiveError, OSError) as error:
            self._failed = _Failed(f"the node {_node()}: {error}")

    def __call__(self, table: Any) -> Any:
        import pyarrow

        texts = table["texts"].to_pylist()
        try:
            vectors = self._encode([text for row in texts for text in row])
        except Exception as error:  # whatever a model's library raises
            self._failed = _Failed(f"the node {_node()}: its embedder failed twice ({_first_line(error)})")
        if self._failed:
            return pyarrow.table({"message": [pickle.dumps(self._failed)], "vectors": [b""]})
        ends = np.cumsum([len(row) for row in texts])
        rows = [vectors[end - len(row) : end].tobytes() for row, end in zip(texts, ends, strict=True)]
        return pyarrow.table({"message": table["message"], "vectors": rows})

    def _encode(self, texts: list[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Once more where it fails: what was short may be there again."""
        if self._failed:
            return np.zeros((0, 0), np.float32)
        try:
            return self._embedder.encode_documents(texts)
        except Exception:
            return self._embedder.encode_documents(texts)


def _node() -> str:
    import ray

    util: Any = ray.util
    return str(util.get_node_ip_address())
