"""A cluster reads and embeds what one machine does, to the bit, whatever is lost on the way.

Two nodes of Ray on this machine, their embedders fakes that note what they were given.
"""

import json
import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from index import update
from index.news_index import NewsIndex
from index.passage import CountTokens
from index.reading.files import Problem, file_digest
from index.scale import ray as cluster
from index.scale.ray import ClusterError, on_cluster
from index.update import Reading, ToRead, UpdateProgress, UpdateReport
from models import ModelError, Vectors
from qa.newsroom import open_on_node
from qa.settings import Settings
from tests.conftest import write_files
from tests.support.fakes import FakeEmbedder, count_words

ROOT = Path(__file__).parents[2]
MAX_TOKENS = 12
BODY = "The bridge number {n} was closed on day {m}. Nobody was hurt near bridge {n} on day {m}."


class NotingEmbedder(FakeEmbedder):
    """Notes, a line a call, which process was given how many documents.

    Its first calls wait until `together` processes have one; the first `failures` calls of all processes fail.
    """

    def __init__(
        self, notes: Path, *, together: int = 1, seconds: float = 0.0, failures: int = 0, name: str = "fake"
    ) -> None:
        super().__init__(seconds=seconds, name=name)
        self.notes, self.together, self.failures = notes, together, failures

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        here, until = self.notes.with_suffix(".here"), time.monotonic() + 60
        with here.open("a") as file:
            file.write(f"{os.getpid()}\n")
        while len(set(here.read_text().split())) < self.together and time.monotonic() < until:
            time.sleep(0.05)
        failed = self.notes.with_suffix(".failed")
        if self.failures > (len(failed.read_text()) if failed.exists() else 0):
            with failed.open("a") as file:
                file.write("x")
            raise RuntimeError("out of memory")
        made = super().encode_documents(texts)
        with self.notes.open("a") as file:
            file.write(f"{os.getppid()} {os.getpid()} {len(texts)}\n")
        return made


def open_noting(notes: Path, **given: Any) -> tuple[FakeEmbedder, CountTokens]:
    return NotingEmbedder(notes, **given), count_words


def open_nothing() -> tuple[FakeEmbedder, CountTokens]:
    raise ModelError("arctic-embed-s is not there: run groundwire models pull arctic-embed-s")


def open_counted(openings: Path) -> tuple[FakeEmbedder, CountTokens]:
    """Notes which process opens it."""
    with openings.open("a") as file:
        file.write(f"{os.getpid()}\n")
    return FakeEmbedder(), count_words


def noted(notes: Path) -> list[tuple[int, int, int]]:
    """Raylet, process and number of documents of each call so far."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [(int(raylet), int(process), int(count)) for raylet, process, count in map(str.split, lines)]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """Two nodes with a processor each, on the loopback address."""
    before = dict(os.environ)
    os.environ.update(cluster.QUIET | cluster.LOOPBACK_ONLY | {"PYTHONPATH": str(ROOT)})
    pytest.importorskip("ray", reason="no Ray here: pip install 'groundwire[ray]'")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    yield made
    made.shutdown()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Six files, and one of 200 rows, each with two passages or more, of which no two are the same."""
    rows = [{"id": f"row-{n}", "text": BODY.format(n=n, m=0), "title": f"Row {n}"} for n in range(200)]
    files = {f"{n}.txt": "\n\n".join(BODY.format(n=n, m=m) for m in range(5)) for n in range(6)}
    return write_files(tmp_path / "many", {"rows.jsonl": "".join(json.dumps(row) + "\n" for row in rows)} | files)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files fill no block of the real size."""
    monkeypatch.setattr(cluster, "BLOCK_BYTES", 1_000)
    monkeypatch.setattr(cluster, "FILES", 2)


def plain(folder: Path, *paths: Path) -> NewsIndex:
    """The files in an archive of this machine alone."""
    news = NewsIndex.create(folder, FakeEmbedder(), max_tokens=MAX_TOKENS)
    news.update(paths, count_tokens=count_words)
    return news


def update_on(
    address: str,
    news: NewsIndex,
    *paths: Path,
    opener: Any,
    progress: Callable[[UpdateProgress], None] = lambda _: None,
) -> UpdateReport:
    with on_cluster(address, opener, news.embedder, max_tokens=MAX_TOKENS) as reading:
        return news.update(paths, count_tokens=count_words, reading=reading, progress=progress)


def empty(folder: Path) -> NewsIndex:
    return NewsIndex.create(folder, FakeEmbedder(), max_tokens=MAX_TOKENS)


@pytest.mark.slow
def test_two_nodes_make_what_one_machine_makes(
    nodes: Any, articles: Path, many: Path, tmp_path: Path, small_blocks: None, capfd: pytest.CaptureFixture[str]
) -> None:
    write_files(articles, {"empty.txt": "", "picture.png": "x", "wire-1.txt": "One.", "wire-2.txt": "A second story."})
    write_files(articles, {"table.csv": "id,text\nt1,A row of a table.\nt2,Another.\n"})  # read by a worker's worker
    one, two = plain(tmp_path / "one", articles, many), empty(tmp_path / "two")
    problems = one.update([articles, many], count_tokens=count_words).problems
    report = update_on(nodes.address, two, articles, many, opener=partial(open_noting, tmp_path / "n", together=2))
    assert two.archive.fingerprint() == one.archive.fingerprint()
    assert two.archive.owners() == one.archive.owners()
    assert report.problems == problems and report.other_files == 1
    assert two.embedder.encoded == [], "nothing was left to this machine"  # type: ignore[attr-defined]
    by_process = Counter[int]()
    for _, process, count in noted(tmp_path / "n"):
        by_process[process] += count
    assert sum(by_process.values()) == report.embedded == two.archive.passage_count
    assert len(by_process) == 2, "both embed, though most is in one file"
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_node_is_killed_half_way(
    nodes: Any, many: Path, tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.update.BATCH_PASSAGES", 16)
    lost = nodes.add_node(num_cpus=1)
    notes, raylet, killed = tmp_path / "notes", lost.all_processes["raylet"][0].process.pid, []

    def progress(now: UpdateProgress) -> None:
        if not killed and now.passages > 100 and any(parent == raylet for parent, _, _ in noted(notes)):
            nodes.remove_node(lost, allow_graceful=False)
            killed.append(now.passages)

    one, two = plain(tmp_path / "one", many), empty(tmp_path / "two")
    report = update_on(nodes.address, two, many, opener=partial(open_noting, notes, together=3), progress=progress)
    assert killed and killed[0] < report.embedded
    assert two.archive.fingerprint() == one.archive.fingerprint()
    assert report.embedded == two.archive.passage_count, "and each passage is there once"
    assert two.update([many], count_tokens=count_words) == UpdateReport(unchanged=report.new)


def index_on(address: str, folder: Path, many: Path, notes: Path) -> None:
    cluster.BLOCK_BYTES, cluster.FILES, update.BATCH_PASSAGES = 1_000, 2, 16
    news = NewsIndex.open(folder, FakeEmbedder())
    update_on(address, news, many, opener=partial(open_noting, notes, seconds=0.01))


@pytest.mark.slow
def test_the_writer_is_killed_and_the_next_run_makes_it_whole(
    nodes: Any, many: Path, tmp_path: Path, small_blocks: None
) -> None:
    one, two = plain(tmp_path / "one", many), empty(tmp_path / "two")
    given = (nodes.address, tmp_path / "two", many, tmp_path / "notes")
    process = multiprocessing.get_context("spawn").Process(target=index_on, args=given)
    process.start()
    while process.is_alive() and not two.archive.counts().passages:
        time.sleep(0.02)
    process.kill()
    process.join()
    assert 0 < two.archive.counts().passages < one.archive.passage_count
    update_on(nodes.address, two, many, opener=partial(open_noting, tmp_path / "notes"))
    assert two.archive.fingerprint() == one.archive.fingerprint()


@pytest.mark.slow
def test_a_slow_writer_holds_the_nodes_back(
    nodes: Any, tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is embedded and not written stays below a bound, however much there is to do."""
    monkeypatch.setattr(cluster, "AHEAD_BYTES", 100_000)
    monkeypatch.setattr("index.update.BATCH_PASSAGES", 16)
    rows = [{"id": f"row-{n}", "text": f"Number {n}. " + "A flood came in the night. " * 20} for n in range(800)]
    many = write_files(tmp_path / "many", {"rows.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    ahead: list[int] = []

    def progress(now: UpdateProgress) -> None:
        time.sleep(0.03)
        ahead.append(sum(count for _, _, count in noted(tmp_path / "notes")) - now.passages)

    two = empty(tmp_path / "two")
    report = update_on(nodes.address, two, many, opener=partial(open_noting, tmp_path / "notes"), progress=progress)
    assert max(ahead) < report.embedded / 4


@pytest.mark.slow
def test_a_process_opens_its_models_once(nodes: Any, tmp_path: Path, small_blocks: None) -> None:
    """However many tasks it is given: 40 files are 20 of them, and each is handed a copy of what it is to do."""
    files = write_files(tmp_path / "many", {f"{n}.txt": BODY.format(n=n, m=0) for n in range(40)})
    report = update_on(nodes.address, empty(tmp_path / "two"), files, opener=partial(open_counted, tmp_path / "opened"))
    opened = Counter((tmp_path / "opened").read_text().split())
    assert report.new == 40 and set(opened.values()) == {1}


@pytest.mark.slow
def test_an_embedder_that_fails_once_is_asked_again(nodes: Any, articles: Path, tmp_path: Path) -> None:
    one, two = plain(tmp_path / "one", articles), empty(tmp_path / "two")
    update_on(nodes.address, two, articles, opener=partial(open_noting, tmp_path / "notes", failures=1))
    assert two.archive.fingerprint() == one.archive.fingerprint()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("opener", "sentence"),
    [
        (partial(open_noting, failures=9), "its embedder failed twice (out of memory)"),
        (partial(open_noting, name="other"), "its embedder is other 64, not fake 64; give every node the same weights"),
        (open_nothing, "arctic-embed-s is not there: run groundwire models pull arctic-embed-s"),
    ],
)
def test_a_node_that_cannot_embed_is_one_sentence(
    nodes: Any, articles: Path, tmp_path: Path, opener: Any, sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    opener = partial(opener, tmp_path / "notes") if isinstance(opener, partial) else opener
    two = empty(tmp_path / "two")
    with pytest.raises(ClusterError) as caught:
        update_on(nodes.address, two, articles, opener=opener)
    assert str(caught.value).startswith("the node 127.0.0.1: ") and sentence in str(caught.value)
    assert two.archive.counts().articles == 0 and capfd.readouterr() == ("", "")


def noise_of(told: str) -> list[str]:
    """What stands on standard error beside our own progress, which a command that takes ten seconds tells."""
    return [line for line in told.splitlines() if line and not re.search(r"\d passages|^joining the Ray cluster", line)]


@pytest.mark.slow
def test_the_command_joins_a_cluster(nodes: Any, articles: Path, tmp_path: Path) -> None:
    command = groundwire("index", articles, "--archive", tmp_path / "two", "--ray", nodes.address, "--json")
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert (ran.returncode, noise_of(ran.stderr)) == (0, []) and json.loads(ran.stdout)["new"] == 4
    again = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert (again.returncode, noise_of(again.stderr)) == (0, []) and json.loads(again.stdout)["unchanged"] == 4


# What needs no Ray


def test_a_copy_of_a_job_is_the_same_job(tmp_path: Path) -> None:
    job = cluster._Job(pickle.dumps(partial(open_counted, tmp_path / "opened")), "fake 64", MAX_TOKENS)
    first, second = (cluster._opened_cutter(pickle.loads(pickle.dumps(job))) for _ in range(2))
    assert first is second and (tmp_path / "opened").read_text().count("\n") == 1


def reading_of(file: Path, *messages: tuple[object, bytes]) -> list[object]:
    """The items that `messages` of a node make of a file."""
    given = ToRead(file, "a", file_digest(file), {})
    return list(cluster._items_of(given, iter(messages), 2))


def test_what_a_node_sees_under_the_path_is_compared(tmp_path: Path) -> None:
    file = write_files(tmp_path, {"a.txt": "A flood."}) / "a.txt"
    done = (cluster._Done(), b"")
    assert reading_of(file, (cluster._Begun("10.0.0.3", file_digest(file)), b""), done) == []
    with pytest.raises(ClusterError, match=r"the node 10.0.0.3 has another file there; every node has to see"):
        reading_of(file, (cluster._Begun("10.0.0.3", "f00"), b""), done)
    with pytest.raises(ClusterError, match=r"the node 10.0.0.3 cannot read it \(No such file\); every node"):
        reading_of(file, (cluster._Begun("10.0.0.3", "", "No such file"), b""), done)


def test_a_file_that_changes_or_goes_meanwhile_is_no_fault_of_a_node(tmp_path: Path) -> None:
    file = write_files(tmp_path, {"a.txt": "A flood."}) / "a.txt"
    given = ToRead(file, "a", file_digest(file), {})
    file.write_text("Two floods.")
    messages = [(cluster._Begun("10.0.0.3", file_digest(file)), b""), (cluster._Done(), b"")]
    assert list(cluster._items_of(given, iter(messages), 2)) == []
    file.unlink()
    messages[0] = (cluster._Begun("10.0.0.3", "", "No such file"), b"")
    [problem] = cluster._items_of(given, iter(messages), 2)
    assert isinstance(problem, Problem) and "cannot be read (No such file or directory)" in problem.sentence


def test_a_stream_that_lost_its_place_is_not_written(tmp_path: Path) -> None:
    file = write_files(tmp_path, {"a.txt": "A flood."}) / "a.txt"
    begun = (cluster._Begun("10.0.0.3", file_digest(file)), b"")
    for messages in ([], [begun], [(cluster._Done(), b"")], [begun, begun]):
        with pytest.raises(ClusterError, match="lost its place"):
            reading_of(file, *messages)


def groundwire(*arguments: object, before: str = "pass") -> list[str]:
    """The command line with fakes for models, and in its process `before` it."""
    words = [str(argument) for argument in arguments]
    lines = ["import sys", "from tests.support.fakes import fakes_for_models", "from cli.main import main"]
    return [
        sys.executable,
        "-c",
        "\n".join([*lines, "with fakes_for_models():", f"  {before}", f"  sys.exit(main({words}))"]),
    ]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_without_ray_it_is_one_sentence(articles: Path, tmp_path: Path) -> None:
    command = groundwire(
        *("index", articles, "--archive", tmp_path / "a", "--ray", "auto"), before="sys.modules['ray'] = None"
    )
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and ran.stderr.count("\n") < 3
    assert "pip install 'groundwire[ray]'" in ran.stderr and "Traceback" not in ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "code", "sentence"),
    [
        ("127.0.0.1:1", 1, "127.0.0.1:1: no cluster answers"),
        ("somewhere", 2, "somewhere: is no address of a cluster; write HOST:PORT, auto or local"),
        ("ray://127.0.0.1:10001", 2, "is no address of a cluster; run this on one of its machines, with --ray auto"),
    ],
)
def test_a_cluster_that_cannot_be_joined_is_one_sentence(
    articles: Path, tmp_path: Path, address: str, code: int, sentence: str
) -> None:
    pytest.importorskip("ray", reason="no Ray here: pip install 'groundwire[ray]'")
    command = groundwire("index", articles, "--archive", tmp_path / "a", "--ray", address)
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == code and sentence in ran.stderr and ran.stdout == ""
    assert "Traceback" not in ran.stderr


def open_slow(_: object) -> tuple[FakeEmbedder, CountTokens]:
    return FakeEmbedder(seconds=1.0), count_words


def descendants(process: int) -> set[int]:
    """All processes below one."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found, size = {process}, 0
    while len(found) > size:
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {process}


def name_of(process: int) -> str:
    """What a process calls itself; nothing where it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace")
    return ""


def listening(processes: set[int]) -> set[str]:
    """The addresses on which processes listen, as /proc/net/tcp writes them."""
    sockets = set()
    for process in processes:
        with suppress(OSError):
            sockets |= {os.readlink(link) for link in Path(f"/proc/{process}/fd").iterdir() if link.is_symlink()}
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {row[1].rpartition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks at processes as Linux shows them")
def test_a_cluster_made_here_listens_on_loopback_alone_and_ends_with_ctrl_c(many: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="no Ray here: pip install 'groundwire[ray]'")
    before = "import qa.newsroom, tests.index.test_ray as here; qa.newsroom.open_on_node = here.open_slow"
    command = groundwire("index", many, "--archive", tmp_path / "a", "--ray", "local", before=before)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(  # type: ignore[call-overload]
        command,
        env=environment(),
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs behind a shell ignores it
        **pipes,
    )
    until = time.monotonic() + 120
    heard: set[str] = set()
    while not any("ray::MapWorker" in name_of(each) for each in descendants(process.pid)):
        assert process.poll() is None and time.monotonic() < until
        heard |= listening(descendants(process.pid))
        time.sleep(0.2)
    time.sleep(1)
    below = descendants(process.pid)
    heard |= listening(below)
    assert heard and heard <= {"0100007F", "0000000000000000FFFF00000100007F", f"{0:024X}01000000"}
    for _ in range(3):  # on a machine that is very busy, what runs at that moment may drop the first one
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            said, told = process.communicate(timeout=40)
            break
    assert (process.returncode, said) == (130, "") and told.endswith("interrupted\n")
    assert noise_of(told) == ["interrupted"]
    while alive := [each for each in below if Path(f"/proc/{each}/exe").exists()]:
        assert time.monotonic() < until, f"{alive} are left"
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.real
def test_the_real_embedder_on_two_nodes(nodes: Any, weights: Path, tmp_path: Path) -> None:
    settings = replace(Settings(), weights=weights, archive=tmp_path / "one", offline=True, threads=1)
    embedder, count_tokens = open_on_node(settings)
    prints = []
    for name in ("one", "two"):
        news = NewsIndex.create(tmp_path / name, embedder, max_tokens=settings.passage_tokens)
        reading: AbstractContextManager[Reading | None] = nullcontext()
        if name == "two":
            opener = partial(open_on_node, settings)
            reading = on_cluster(nodes.address, opener, embedder, max_tokens=settings.passage_tokens)
        with reading as given:
            news.update([ROOT / "data" / "articles"], count_tokens=count_tokens, reading=given)
        prints.append((news.archive.fingerprint(), news.archive.passage_count))
        news.close()
    assert prints[0] == prints[1] and prints[0][1] > 14
