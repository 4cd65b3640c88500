"""Shut sockets, small archives, and the real models where a test is marked for them."""

import multiprocessing
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from collections.abc import Generator as Wrapper
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings

from index.news_index import NewsIndex
from index.store.sqlite import EmbeddedArchive
from models import Generator
from models.catalogue import find, read_catalogue
from models.weights import installed, path_of
from qa.settings import Settings
from tests.support.fakes import CALIBRATED, FakeEmbedder, count_words

ARTICLES = {
    "airport.txt": "Strike at Baghdad airport\n\nBy A. Writer | Reuters | January 3, 2020\n\n"
    "A drone strike killed General Soleimani at the airport of Baghdad. Ten people died in the strike.\n\n"
    "The airport was closed for a day. Flights went to Basra.\n",
    "economy/oil.md": "---\ntitle: Oil prices rise\nsource: AFP\npublished: 2020-01-04\n---\n# Oil prices rise\n\n"
    "The price of oil rose by four per cent. Traders feared a war in the Gulf.\n",
    "wire.jsonl": '{"id": "wire-1", "text": "José Pérez won the election in Peru.", "title": "Election in Peru",'
    ' "source": "EFE", "published": "2021-06-07", "url": "https://example.org/1", "byline": "M. Paz"}\n'
    '{"id": "wire-2", "text": "The floods displaced two thousand people in Kerala."}\n',
}
# As index/scale/milvus sets it; here a test may import gRPC before that room is asked for anything.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
settings.register_profile("house", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("quick", settings.get_profile("house"), max_examples=15, stateful_step_count=20)
# pytest tests/index/test_containers.py -k "any_bytes or damaged" --hypothesis-profile fuzz
settings.register_profile("fuzz", deadline=None, max_examples=20_000, database=None)
settings.load_profile("house")
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")
MEMORY = Path("/dev/shm")  # files in memory, on Linux
MEMORY_BYTES = 4_000_000_000  # free there for a run's files to go there


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write tests/golden/ anew instead of comparing")


def pytest_configure(config: pytest.Config) -> None:
    """Fewer examples where `-m` leaves out the slow tests; temporary files in memory, where each archive made waits
    for no disk; of the modules with doctests only.
    """
    if "not slow" in config.option.markexpr and not config.getoption("--hypothesis-profile"):
        settings.load_profile("quick")
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    config.pluginmanager.register(WithExamples())


class WithExamples:
    """Leaves modules without an example to their tests: looking for doctests would import all of the house."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self, file_path: Path) -> Wrapper[None, list[Any], list[Any]]:
        found = yield
        if file_path.suffix == ".py" and b">>> " not in file_path.read_bytes():
            return [one for one in found if not isinstance(one, DoctestModule)]
        return found


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A Milvus that is started is slow."""
    for item in items:
        if item.get_closest_marker("engine"):
            item.add_marker(pytest.mark.slow)


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test without the mark `real` wanted to reach {address}")
        return method(self, *arguments)

    return call


@pytest.fixture(autouse=True)
def no_test_leaves_the_next_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """--offline is told to the libraries by the environment, which is put back."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")


@pytest.fixture(autouse=True)
def no_test_reads_ones_own_groundwire_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is chosen on the machine that tests is no test's."""
    monkeypatch.setattr("cli.config.user_config_path", lambda name: Path(os.devnull))


@pytest.fixture(autouse=True)
def shut_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `real` and `browser` tests reach beyond this machine."""
    if request.node.get_closest_marker("real") or request.node.get_closest_marker("browser"):
        return
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


@pytest.fixture(scope="session", autouse=True)
def passwords_are_hashed_at_the_least_cost() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.auth.logins.HASHING", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
        yield


@pytest.fixture(autouse=True)
def calibrated_for_the_fake_reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for `real` tests, which have the true reader."""
    if not request.node.get_closest_marker("real"):
        for name, value in CALIBRATED.items():
            monkeypatch.setattr(name, value)


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder of four articles in three files."""
    return write_files(tmp_path / "articles", ARTICLES)


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def news(tmp_path: Path, articles: Path, embedder: FakeEmbedder) -> Iterator[NewsIndex]:
    """The four articles in an archive, embedded by the fake."""
    news = make_index(tmp_path / "archive", [articles], embedder)
    yield news
    news.close()


def write_files(folder: Path, files: dict[str, str | bytes]) -> Path:
    """The folder, with these files in it."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def make_index(folder: Path, paths: list[Path], embedder: FakeEmbedder, *, max_tokens: int = 20) -> NewsIndex:
    """A new archive of the files at `paths`, passages of up to `max_tokens` words."""
    news = NewsIndex.create(folder, embedder, max_tokens=max_tokens)
    news.update(paths, count_tokens=count_words)
    return news


def rows_of(archive: EmbeddedArchive) -> list[int]:
    """The rows of all passages, in order."""
    return [row for rows, _ in archive.vectors() for row in rows.tolist()]


@pytest.fixture(scope="session")
def weights() -> Path:
    """The weights folder, with what the real tests want in it: GROUNDWIRE_WEIGHTS, or the user's own."""
    folder = Path(os.environ.get("GROUNDWIRE_WEIGHTS") or Settings.weights)
    wanted = ("cl100k_base", "arctic-embed-s", "all-minilm-l6-v2", "smollm2-135m")
    missing = [name for name in wanted if not installed(find(name), folder)]
    if missing:
        sentence = f"{folder}: {', '.join(missing)} not there; run groundwire models pull {' '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return folder


@pytest.fixture(scope="session")
def generator(weights: Path) -> Generator:
    """The smallest chat model, loaded once for all tests."""
    from models.llama import LlamaGenerator

    return LlamaGenerator(path_of(find("smollm2-135m"), weights), context_tokens=1024)


def open_to_all(folder: Path, *, writable: bool) -> None:
    """Lets any user read, and write if `writable`, all of a test's folder; pytest makes it for its own user alone."""
    for outer in folder.parents[: 3 if "PYTEST_XDIST_WORKER" in os.environ else 2]:
        outer.chmod(0o755)
    for place in [folder, *folder.rglob("*")]:
        place.chmod((0o777 if writable else 0o555) if place.is_dir() else (0o666 if writable else 0o444))


def as_nobody(work: Callable[..., None], *arguments: object) -> None:
    """Runs `work`, a function of a module, as a user who is held to what files permit: where we are root, in a process
    of its own, which has imported all that `work` needs before it becomes nobody. Not forked: OpenMP does not bear it.
    """
    if os.getuid() != 0:
        work(*arguments)
        return
    process = multiprocessing.get_context("forkserver").Process(target=_drop_and_run, args=(work, arguments))
    process.start()
    process.join(60)
    assert process.exitcode == 0


def _drop_and_run(work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    read_catalogue()  # from here on it is remembered
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    work(*arguments)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless browser; without one the test is skipped, in CI failed."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium here: scripts/test installs one (apt-get install chromium)")
        pytest.skip("no Chromium here")
    sync_api = pytest.importorskip("playwright.sync_api")
    quiet = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*quiet.split(), "--disable-sync"])
        yield browser
        browser.close()
