"""A parser that hangs, dies, eats memory or talks rubbish takes its own file with it, and no other."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import index.reading.apart
import index.reading.files
from ground.shown import shown
from index.article import Article, ArticleError, Aside, MemberBegins, Origin, Original, OtherMembers, Section
from index.news_index import NewsIndex
from index.reading.apart import MEMORY_MB, MOST_STOPPED, end_workers, kept_waiting, pack, read_apart, unpack
from index.reading.files import READERS, Problem, read_file
from tests.conftest import write_files
from tests.support.fakes import FakeEmbedder, count_words

pytestmark = pytest.mark.slow

SUPPORT = Path(__file__).parents[1] / "support"
HOSTILE = (sys.executable, str(SUPPORT / "hostile.py"))
SECONDS = 3.0
slowly = partial(pytest.param, marks=pytest.mark.slow)


@pytest.fixture(autouse=True)
def no_worker_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
    yield
    end_workers()


def apart(folder: Path, kind: str, seconds: float = SECONDS) -> Iterator[Article | ArticleError]:
    """The items of a file of a hostile kind, read by a worker that knows them."""
    file = write_files(folder, {f"file.{kind}": "x"}) / f"file.{kind}"
    return read_apart(Original(file, "id", "FILE"), f".{kind}", command=HOSTILE, seconds=seconds)


def running(process: int) -> bool:
    """Whether there is such a process, other than one that has ended and waits to be asked how."""
    stat = Path(f"/proc/{process}/stat")
    if Path("/proc/self/stat").exists():
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
    return subprocess.run(["ps", "-p", str(process)], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("kind", "articles", "sentence"),
    [
        slowly("hang", 1, "took longer than 3 s and was stopped; the rest of the file is left out"),
        slowly("spin", 0, "took longer than 3 s and was stopped; the file is left out"),
        ("die", 0, "died (exit code 3); the file is left out"),
        ("crash", 0, "died (signal 11); the file is left out"),
        slowly("eat", 0, f"needed more than {MEMORY_MB} MB of memory and was stopped; the file is left out"),
    ],
)
@pytest.mark.slow
def test_what_happens_to_a_parser_is_a_sentence(tmp_path: Path, kind: str, articles: int, sentence: str) -> None:
    *before, last = apart(tmp_path, kind, SECONDS if "longer" in sentence else 60)
    assert len(before) == articles
    assert isinstance(last, ArticleError) and str(last) == f"FILE: its parser {sentence}"
    [article] = apart(tmp_path, "who")
    assert isinstance(article, Article), "the next file is read as if nothing had happened"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not hold a process to RLIMIT_AS")
def test_memory_is_refused_to_what_asks_for_all_of_it_at_once(tmp_path: Path) -> None:
    [error] = apart(tmp_path, "eat_in_c", 60)
    assert str(error) == "FILE: its parser died (signal 6); the file is left out"


@pytest.mark.slow
def test_a_worker_watches_what_it_holds() -> None:
    """What stops it where the system does not hold it to RLIMIT_AS."""
    script = (
        "import os, threading, time; import index.reading.worker as worker; worker.MEMORY_MB = 150\n"
        "threading.Thread(target=worker._watch, args=(os.getppid(),), daemon=True).start()\n"
        "held = b'x' * 300_000_000; time.sleep(30)"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=index.reading.apart.ROOT, timeout=60)
    assert ran.returncode == index.reading.apart.OUT_OF_MEMORY


def test_what_a_parser_prints_is_not_taken_for_an_article(tmp_path: Path) -> None:
    assert list(apart(tmp_path, "chatter")) == [Article("id", "Printed.", "Printed")]


def test_a_reader_that_fails_is_a_sentence(tmp_path: Path) -> None:
    assert [str(item) for item in apart(tmp_path, "fail")] == [
        "FILE: no date",
        "FILE: its parser failed (KeyError: 'missing\\nkey'); what came before is kept",
    ]


def test_half_of_a_surrogate_pair_takes_only_its_article(tmp_path: Path) -> None:
    error, article = apart(tmp_path, "surrogate")
    assert "cannot be an article (UnicodeEncodeError" in str(error)
    assert isinstance(article, Article) and article.id == "whole"


@pytest.mark.slow
def test_the_limit_is_for_one_item_and_not_for_the_file(tmp_path: Path) -> None:
    assert len([item for item in apart(tmp_path, "slow", seconds=1.5) if isinstance(item, Article)]) == 8


@pytest.mark.slow
def test_a_worker_makes_no_more_than_is_asked_for(tmp_path: Path) -> None:
    items = apart(tmp_path, "many")
    assert [item.id for item in islice(items, 3)] == ["1", "2", "3"]  # type: ignore[union-attr]
    time.sleep(0.5)
    made = int((tmp_path / "file.made").read_text())
    assert made < 3 + 2 * (1 << 20) / 10_000, "a read of 1 MB, and what a pipe holds, ahead of us"
    items.close()  # type: ignore[attr-defined]
    made = int((tmp_path / "file.made").read_text())
    time.sleep(0.3)
    assert int((tmp_path / "file.made").read_text()) == made, "nobody reads on: the worker is ended"


def test_one_worker_reads_file_after_file(tmp_path: Path) -> None:
    processes = {item.text for _ in range(5) for item in apart(tmp_path, "who") if isinstance(item, Article)}
    assert len(processes) == 1
    [process] = processes
    end_workers()
    assert not running(int(process))


@pytest.mark.slow
def test_a_worker_that_ended_while_it_waited_is_replaced(tmp_path: Path) -> None:
    [first] = apart(tmp_path, "who")
    assert isinstance(first, Article)
    os.kill(int(first.text), signal.SIGKILL)
    while running(int(first.text)):
        time.sleep(0.01)
    [second] = apart(tmp_path, "who")
    assert isinstance(second, Article) and second.text != first.text


@pytest.mark.slow
def test_a_second_file_can_be_read_in_the_middle_of_one(tmp_path: Path) -> None:
    outer = apart(tmp_path, "slow")
    next(outer)
    [inner] = apart(tmp_path, "who")
    assert isinstance(inner, Article) and len(list(outer)) == 7


def test_a_worker_needs_nothing_that_windows_has_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standing in for a Windows, which is not at hand: no `resource` there, and no `select` on pipes here."""
    monkeypatch.setattr("select.select", None)
    monkeypatch.setattr("selectors.DefaultSelector", None)
    start = "import sys; sys.modules['resource'] = None; from index.reading.worker import main; main()"
    file = write_files(tmp_path, {"story.html": "<p>The ferry sank at noon. Nobody was hurt, the harbour said.</p>"})
    original = Original(file / "story.html", "story", "story.html")
    [article] = read_apart(original, ".html", command=(sys.executable, "-c", start), seconds=60)
    assert isinstance(article, Article) and "The ferry sank at noon." in article.text


@pytest.mark.slow
def test_a_busy_machine_is_no_parser_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if others had the processor for all but a tenth of the time: what sleeps then gets ten times as long."""
    began = time.monotonic()
    monkeypatch.setattr("index.reading.apart.kept_waiting", lambda process: (time.monotonic() - began) * 0.9)
    command = (sys.executable, "-c", 'import time; time.sleep(1.5); print(\'{"error": "said"}\\n{"done": true}\')')
    items = read_apart(Original(tmp_path, "id", "FILE"), ".html", command=command, seconds=0.5)
    assert [str(item) for item in items] == ["said"]


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the system does not say how long one waited")
def test_who_waits_for_a_processor_is_counted() -> None:
    assert kept_waiting(os.getpid()) > 0 and kept_waiting(-1) == 0


def test_threads_end_with_their_worker(tmp_path: Path) -> None:
    before = threading.active_count()
    list(apart(tmp_path, "who"))
    assert threading.active_count() == before + 1
    end_workers()
    assert threading.active_count() == before


@pytest.mark.slow
def test_a_worker_dies_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from index.article import Original\n"
        "from index.reading.apart import read_apart\n"
        f"items = read_apart(Original(Path({str(tmp_path)!r}), 'id', 'F'), sys.argv[1], command={HOSTILE!r})\n"
        "import index.reading.apart; item = next(items); next(items)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, ".hang"], cwd=index.reading.apart.ROOT)
    try:
        for _ in range(300):
            time.sleep(0.05)
            children = subprocess.run(["pgrep", "-P", str(parent.pid)], capture_output=True, text=True).stdout.split()
            if children:
                break
        [child] = map(int, children)
        time.sleep(1.0)
        assert running(child)
    finally:
        parent.kill()
        parent.wait()
    for _ in range(60):
        if not running(child):
            return
        time.sleep(0.05)
    pytest.fail("the worker outlived its parent by three seconds")


@pytest.mark.parametrize(
    "said",
    [
        b"not json\n",
        b"[]\n",
        b"{}\n",
        b'{"article": {"id": "a"}, "bytes": -1}\n',
        b'{"article": {"id": "a"}, "bytes": 1e999}\n',
        b'{"article": {"id": "a"}, "bytes": 999999999999}\n',
        b'{"article": {"id": "a", "title": "t", "body_start": 9}, "bytes": 1}\nx',
        b'{"article": {"id": "a", "title": "t", "code": "x"}, "bytes": 1}\nx',
        b'{"article": {"id": "a", "title": 7}, "bytes": 1}\nx',
        b'{"article": {"id": "a", "title": "\\ud800"}, "bytes": 1}\nx',
        b'{"article": {"id": "a", "title": "t"}, "bytes": 1}\n\xff',
        b'{"error": 7}\n',
        b"[" * 100_000 + b"\n",
        b"1" * 10_000_000,
    ],
    ids=range(14),
)
@pytest.mark.slow
def test_a_worker_gone_bad_is_not_believed(tmp_path: Path, said: bytes) -> None:
    bad = tmp_path / "said"
    bad.write_bytes(said)
    talk = f"import os, sys, time; os.write(1, open({str(bad)!r}, 'rb').read()); time.sleep(100)"
    talk = talk.replace("os.write(1,", "sys.stdout.buffer.write(").replace("; time", "; sys.stdout.flush(); time")
    items = read_apart(Original(tmp_path, "id", "FILE"), ".html", command=(sys.executable, "-c", talk), seconds=SECONDS)
    assert [str(item) for item in items] == [
        "FILE: its parser said what is no article and was stopped; the file is left out"
    ]


words = st.text(st.characters(exclude_categories=["Cs"]))
maybe = st.none() | words


asides = st.builds(Aside, st.just(0), st.just(0), words)
origins = st.builds(Origin, words, words, st.just("sure"))


@given(words.filter(bool), words, maybe, asides, origins)
def test_what_is_said_is_what_was_read(text: str, title: str, source: str | None, aside: Aside, origin: Origin) -> None:
    section = Section(len(text), title, source)
    article = Article(
        "id", text, title, source, sections=(section,), pages=(0, len(text)), asides=(aside,), origins=(origin,)
    )
    head, _, rest = pack(article).partition(b"\n")
    assert unpack(json.loads(head), rest) == article
    for error in (ArticleError(shown(title)), OtherMembers(7), MemberBegins(3, title)):
        again = unpack(json.loads(pack(error)), b"")
        assert (type(again), str(again)) == (type(error), str(error))


@pytest.mark.slow
def test_in_a_container_a_parser_that_is_stopped_costs_its_member(tmp_path: Path) -> None:
    names = ["a.txt", "b.die", "c.png", "d.txt", "e.crash", "f.hang", "g.zip", "h.txt"]
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        for name in names:
            packed.writestr(name, f"In {name}.")
    items = list(read_apart(Original(tmp_path / "b.zip", "b", "b.zip"), ".zip", command=HOSTILE, seconds=SECONDS))
    assert [item.id for item in items if isinstance(item, Article)] == ["b/a", "b/d", "b/f", "b/h"]
    assert sum(item.count for item in items if isinstance(item, OtherMembers)) == 1
    assert [str(item) for item in items if isinstance(item, ArticleError) and not isinstance(item, OtherMembers)] == [
        "b.zip/b.die: its parser died (exit code 3); it is left out",
        "b.zip/e.crash: its parser died (signal 11); it is left out",
        "b.zip/f.hang: its parser took longer than 3 s and was stopped; it is left out",
        "b.zip/g.zip: is damaged (File is not a zip file); the rest of it is left out",
    ]


@pytest.mark.slow
def test_a_container_of_nothing_else_is_given_up(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        for number in range(50):
            packed.writestr(f"{number}.die", "x")
    items = list(read_apart(Original(tmp_path / "b.zip", "b", "b.zip"), ".zip", command=HOSTILE))
    assert len(items) == MOST_STOPPED + 1
    assert str(items[-1]) == "b.zip: its parser died (exit code 3); the rest of the file is left out"


def test_plain_files_need_no_worker(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.reading.apart.COMMAND", ("/nonexistent",))
    assert [type(item) for name in ("airport.txt", "economy/oil.md") for item in read_file(articles / name, "a")] == [
        Article,
        Article,
    ]


@pytest.mark.slow
def test_an_update_goes_on_after_each_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.reading.apart.COMMAND", HOSTILE)
    monkeypatch.setattr("index.reading.apart.SECONDS", SECONDS)
    for kind in ("die", "crash", "hang", "who"):
        monkeypatch.setitem(READERS, f".{kind}", READERS[".txt"])  # not called here: the worker has its own
    names = ["a.txt", "b.die", "c.who", "d.crash", "e.hang", "f.who", "g.txt"]
    folder = write_files(tmp_path / "articles", dict.fromkeys(names, "Something happened."))
    news = NewsIndex.create(tmp_path / "archive", FakeEmbedder(), max_tokens=20)
    report = news.update([folder], count_tokens=count_words)
    assert sorted(news.archive.owners()) == ["a", "c", "e", "f", "g"]
    assert [problem.removeprefix(f"{folder}/")[:6] for problem in report.problems] == ["b.die:", "d.cras", "e.hang"]
    assert not index.reading.apart._idle, "no worker outlives its update"


@pytest.mark.slow
def test_a_file_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("a.txt", "Text.")
    (tmp_path / "b.zip").symlink_to(tmp_path / "none.zip")
    assert [type(item) for item in read_file(tmp_path / "a.zip", "a")] == [Article]
    [problem] = read_file(tmp_path / "b.zip", "b")
    assert isinstance(problem, Problem) and "cannot be read (No such file or directory)" in problem.sentence
