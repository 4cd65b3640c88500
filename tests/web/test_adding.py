"""Files and addresses into an archive from a page: what is told, stopping, undoing, and what is hostile."""

import io
import json
import threading
import time
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.main import main
from index.arrivals.address import Fetcher
from index.news_index import NewsIndex
from index.opening import is_archive
from index.store.archive import ArchiveBusy
from tests.conftest import as_nobody, make_index, open_to_all, write_files
from tests.support.fakes import FakeEmbedder, count_words, fakes_for_models
from tests.support.loopback import Site, manners_for, open_site
from web.adding import Added, AddingError, Limits, Step, add, batches, undo
from web.batch import safe_path

VOLCANO = (
    "A volcano erupted\n\nBy B. Writer | AFP | March 5, 2021\n\nA volcano erupted on an island. Two villages fled.\n"
)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


def uploaded(folder: Path, files: dict[str, str | bytes]) -> list[tuple[Path, str]]:
    """Files as a server hands them over: somewhere, under a name of its own, with the name that the browser gave."""
    folder.mkdir(exist_ok=True)
    held = []
    for number, (name, content) in enumerate(files.items()):
        path = folder / f"upload{number}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        held.append((path, name))
    return held


def put(
    news: NewsIndex, tmp_path: Path, files: dict[str, str | bytes], *, name: str = "up", **options: object
) -> Added:
    return add(news, count_words, uploaded(tmp_path / name, files), **options)  # type: ignore[arg-type]


def state(news: NewsIndex) -> tuple[str, list[str]]:
    """All that an archive holds, and every file in its folder but SQLite's and the indexes'."""
    folder = news.archive.folder
    inside = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    kept = [name for name in inside if not name.startswith(("archive.sqlite", "faiss", "tantivy", "stories", "writer"))]
    return news.archive.fingerprint(), kept


def zipped(files: dict[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return held.getvalue()


def test_a_file_is_added_understood_found_and_undone(news: NewsIndex, tmp_path: Path) -> None:
    before = state(news)
    steps: list[Step] = []
    added = put(news, tmp_path, {"volcano.txt": VOLCANO}, progress=steps.append)
    assert (added.new, added.changed, added.unchanged, added.problems) == (1, 0, 0, ())
    [article] = added.articles
    assert (article.id, article.source, article.published) == ("volcano", "AFP", "2021-03-05")
    assert article.title == "volcano" and article.copies == () and article.words == len(VOLCANO.split())
    shares = [step.share for step in steps]
    assert shares == sorted(shares) and shares[-1] == 1 and {"copying", "reading"} <= {step.doing for step in steps}
    assert any(step.file == "volcano.txt" and step.passages for step in steps)
    row = news.rank("volcano erupted", 1)["lexical"][0][0]
    assert news.find([row])[0].article.id == "volcano"
    file = Path(news.archive.owners()["volcano"])
    assert file == news.archive.folder.resolve() / "added" / added.batch / "volcano.txt"
    assert file.read_text() == VOLCANO
    assert [(batch.name, batch.articles, batch.whole) for batch in batches(news.archive)] == [(added.batch, 1, True)]
    assert undo(news.archive, added.batch) == 1
    assert state(news) == before and batches(news.archive) == []
    assert "volcano" not in {found.article.id for found in news.find([row])}
    with pytest.raises(AddingError, match="undone already"):
        undo(news.archive, added.batch)


@pytest.mark.parametrize("name", ["", "..", "../../articles", "x" * 1000, "a\0b", "bgggggggggggggggg", "\ud800"])
def test_undoing_what_is_none_is_a_sentence(news: NewsIndex, name: str) -> None:
    with pytest.raises(AddingError, match="no such adding"):
        undo(news.archive, name)


@pytest.mark.slow
def test_ids_are_natural_and_never_anothers(news: NewsIndex, tmp_path: Path) -> None:
    text = news.archive.article("airport").text  # type: ignore[union-attr]
    added = put(
        news,
        tmp_path,
        {
            "airport.txt": "Another airport opened.",
            "economy/oil.txt": "Oil was spilled.",
            "dir/story.txt": "One.",
            "dir/story.md": "Two.",
            "wire.jsonl": '{"id": "wire-1", "text": "Another row."}\n',
            "economy.zip": zipped({"oil.txt": "Oil in a bundle."}),
        },
    )
    assert added.problems == () and added.new == 6
    assert {article.id for article in added.articles} == {
        *("airport-2", "economy/oil-2", "dir/story", "dir/story.txt", "wire/wire-1", "economy-2/oil")
    }
    assert news.archive.article("airport").text == text  # type: ignore[union-attr]
    again = put(news, tmp_path, {"airport.txt": "A third airport opened."})
    assert [article.id for article in again.articles] == ["airport-3"]
    assert undo(news.archive, added.batch) == 6 and undo(news.archive, again.batch) == 1


@pytest.mark.slow
def test_the_day_of_an_adding_is_no_day_of_its_articles(news: NewsIndex, tmp_path: Path) -> None:
    page = "<html><head><title>A mine</title></head><body><article><p>Water filled a mine. Nine came out.</p></article>"
    added = put(news, tmp_path, {"mine.html": f"{page}</body></html>", "mine.txt": "A mine\n\nNine came out of it."})
    assert [article.published for article in added.articles] == [None, None]


def test_bytes_that_are_there_already_are_told(news: NewsIndex, tmp_path: Path, articles: Path) -> None:
    before = state(news)
    data = (articles / "airport.txt").read_bytes()
    added = put(news, tmp_path, {"copy.txt": data, "rows.jsonl": (articles / "wire.jsonl").read_bytes()})
    assert added.problems == (
        'copy.txt: already there as "airport"',
        'rows.jsonl: already there as "wire-1" and 1 more',
    )
    assert (added.batch, added.new, added.unchanged, added.articles) == ("", 0, 3, ())
    assert state(news) == before
    twice = put(news, tmp_path, {"a.txt": VOLCANO, "b/a.txt": VOLCANO})
    assert twice.problems == ("b/a.txt: the same as a.txt; added once",) and twice.new == 1
    assert put(news, tmp_path, {"c.txt": VOLCANO}).problems == ('c.txt: already there as "a"',)


HOSTILE = {
    "../../x.txt": "x.txt",
    "/etc/passwd.txt": "etc/passwd.txt",
    "..\\..\\x.md": "x.md",
    "C:\\news\\x.txt": "C-/news/x.txt",
    'Live: "war"? <a|b>*.txt': "Live- -war-- -a-b--.txt",
    "a.txt:hidden/nul.txt": "a.txt-hidden/_nul.txt",
    "a/./../b.txt": "a/b.txt",
    ".hidden/.x.txt": "hidden/x.txt",
    "a\0b\n\u202etxt.exe\u202c.txt": "abtxt.exe.txt",
    "x" * 1000 + ".txt": "x" * 76 + ".txt",
    "é" * 1000 + ".tar.gz": "é" * 73 + ".tar.gz",
    "🌋" * 500 + ".txt": "🌋" * 44 + ".txt",
    "a" * 5000 + "/b.txt": "a" * 80,
    "اخبار\u200cها.txt": "اخبار\u200cها.txt",
    "\ud800.txt": "txt",
    "": "file",
    "..": "file",
    "///": "file",
    ".txt": "txt",
    "1/2/3/4/5/6/7/8/9/x.txt": "3/4/5/6/7/8/9/x.txt",
}


@pytest.mark.parametrize(("name", "safe"), HOSTILE.items())
def test_a_hostile_name_stays_inside(news: NewsIndex, tmp_path: Path, name: str, safe: str) -> None:
    assert str(safe_path(name)) == safe
    outside = {path for path in tmp_path.rglob("*") if not path.is_relative_to(news.archive.folder)}
    added = put(news, tmp_path, {name: VOLCANO})
    after = {path for path in tmp_path.rglob("*") if not path.is_relative_to(news.archive.folder)}
    assert after - outside <= {tmp_path / "up", tmp_path / "up" / "upload0"}
    said = "".join(added.problems)
    assert said.isprintable() and len(said) < 500
    if PurePosixPath(safe).suffix in (".txt", ".md"):
        place = batches(news.archive)[0].files[0][1]
        assert place == f"added/{added.batch}/{safe}" and added.new == 1
    else:
        assert added.new == 0 and len(added.problems) == 1


@given(st.text(max_size=200))
def test_any_name_is_made_safe(name: str) -> None:
    path = safe_path(name)
    assert path.parts and not path.is_absolute() and len(path.parts) <= 8
    for part in path.parts:
        assert not part.startswith(".") and "\0" not in part and 0 < len(part.encode()) <= 180
        assert all(unicodedata.category(c)[0] != "C" or c in "\u200c\u200d" for c in part)


def test_names_that_meet_are_numbered(news: NewsIndex, tmp_path: Path) -> None:
    added = put(news, tmp_path, {"a.txt": "One.", "./a.txt": "Two.", "a.txt/b.txt": "Three.", "../a.txt": "Four."})
    assert added.problems == ()
    assert sorted(article.id for article in added.articles) == ["a", "a-2", "a-3", "a.txt folder/b"]


def test_links_folders_and_lost_files_are_not_followed(news: NewsIndex, tmp_path: Path) -> None:
    write_files(tmp_path, {"secret.txt": "The secret."})
    (tmp_path / "link").symlink_to(tmp_path / "secret.txt")
    before = state(news)
    files = [(tmp_path / "link", "a.txt"), (tmp_path, "b.txt"), (tmp_path / "none", "c.txt")]
    added = add(news, count_words, files)
    assert [problem.partition(";")[0] for problem in added.problems] == [
        "a.txt: is a link",
        "b.txt: is no file",
        "c.txt: did not arrive",
    ]
    assert state(news) == before


@pytest.mark.slow
def test_every_kind_is_read_and_what_is_broken_is_told_by_its_own_name(news: NewsIndex, tmp_path: Path) -> None:
    html = "<html><head><title>Bridge opens</title></head><body><article><h1>Bridge opens</h1>" + (
        "<p>The bridge over the river was opened by the mayor on Monday after three years of work.</p>" * 4
    )
    added = put(
        news,
        tmp_path,
        {
            "page.html": html,
            "bundle.zip": zipped({"one.txt": "The first.", "two.txt": "The second.", "x.png": "no"}),
            "cut.pdf": b"%PDF-1.4\n1 0 obj << /Type /Catalog",
            "photo.png": b"\x89PNG",
            "empty.txt": "",
        },
    )
    assert {article.id for article in added.articles} == {"page", "bundle/one", "bundle/two"}
    assert len(added.problems) == 3
    for name in ("cut.pdf", "photo.png", "empty.txt"):
        assert any(problem.startswith(f"{name}: ") for problem in added.problems), added.problems
    assert str(tmp_path) not in "".join(added.problems)
    held = {PurePosixPath(place).name for _, place in batches(news.archive)[0].files}
    assert held == {"page.html", "bundle.zip"}
    assert {path.name for path in (news.archive.folder / "added" / added.batch).iterdir()} == held
    assert put(news, tmp_path, {"cut.pdf": b"%PDF-1.4\n1 0 obj <<"}).batch == "" and len(batches(news.archive)) == 1


def test_limits_are_sentences(news: NewsIndex, tmp_path: Path) -> None:
    limits = Limits(file_bytes=100, bytes=150, files=3)
    files: dict[str, str | bytes] = {
        "a.txt": "a" * 90,
        "b.txt": "b" * 101,
        "c.txt": "c" * 70,
        "d.txt": "d",
        "e.txt": "e",
    }
    added = put(news, tmp_path, files, limits=limits)
    assert [article.id for article in added.articles] == ["a"]
    big, over, more = added.problems
    assert big.startswith("b.txt: ") and "MB" in big
    assert over.startswith("c.txt: left out, for one adding takes")
    assert more.startswith("2 more files are left out; add 3 at a time")


def test_a_copy_is_told_by_its_outlets(news: NewsIndex, tmp_path: Path) -> None:
    body = " ".join(f"The minister said sentence number {n} of the long statement on trade." for n in range(30))
    texts = {
        name: f"Statement on trade\n\nBy A. Writer | {outlet} | March {day}, 2021\n\n{body}\n"
        for name, outlet, day in (("one.txt", "AFP", 5), ("two.txt", "Reuters", 6))
    }
    added = put(news, tmp_path, texts)  # type: ignore[arg-type]
    assert {article.id: article.copies for article in added.articles} == {"one": ("Reuters",), "two": ("AFP",)}


# Stopping, failing, and what a kill leaves


@pytest.mark.parametrize("calls", [1, 3, 6, 12, 30])
def test_stopped_half_way_nothing_is_left(news: NewsIndex, tmp_path: Path, calls: int) -> None:
    before = state(news)
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) >= calls

    files: dict[str, str | bytes] = {f"s{n}.txt": f"Story {n}. " + "It goes on and on. " * 200 for n in range(6)}
    with pytest.raises(AddingError, match="stopped; nothing"):
        put(news, tmp_path, files, cancelled=cancelled)
    assert len(asked) >= calls and state(news) == before and batches(news.archive) == []
    assert news.rank("airport", 1)["lexical"]
    assert put(news, tmp_path, files).new == 6


def test_stopped_after_a_transaction_its_articles_go(news: NewsIndex, tmp_path: Path) -> None:
    """256 passages are written at a time; the stop comes when some are."""
    before = state(news)
    files: dict[str, str | bytes] = {f"s{n}.txt": f"Story {n}. " + "It goes on and on here. " * 800 for n in range(4)}
    seen = []

    def cancelled() -> bool:
        seen.append(news.archive.counts().articles)
        return seen[-1] > seen[0]

    with pytest.raises(AddingError, match="stopped"):
        put(news, tmp_path, files, cancelled=cancelled)
    assert seen[-1] > seen[0] and state(news) == before


class Killed(BaseException):
    """Ends everything, and even what would clean up."""


def test_what_a_kill_leaves_is_undone_or_taken_out_by_the_next(
    news: NewsIndex, tmp_path: Path, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(news)
    for mend in ("undo", "add"):
        with monkeypatch.context() as patch:
            patch.setattr("web.adding._clean_up", lambda *_: None)
            patch.setattr("web.adding.ranker_of", lambda *_: (_ for _ in ()).throw(Killed()))
            with pytest.raises(Killed):
                put(news, tmp_path, {"volcano.txt": VOLCANO})
        assert news.archive.article("volcano") is not None
        again = NewsIndex.open(news.archive.folder, embedder)  # as after a restart
        [left] = batches(again.archive)
        assert not left.whole
        if mend == "undo":
            assert undo(again.archive, left.name) == 1 and state(again) == before
        else:
            added = put(again, tmp_path, {"flood.txt": "A flood came."})
            assert [batch.name for batch in batches(again.archive)] == [added.batch]
            assert again.archive.article("volcano") is None
            undo(again.archive, added.batch)
            assert state(again) == before
        again.close()


def test_undone_after_a_restart_and_by_the_terminal(
    news: NewsIndex, tmp_path: Path, embedder: FakeEmbedder, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(news)
    folder = news.archive.folder
    names = [put(news, tmp_path, {f"n{n}.txt": f"Number {n} was drawn."}).batch for n in range(3)]
    news.close()
    news = NewsIndex.open(folder, embedder)
    assert [batch.name for batch in batches(news.archive)] == names[::-1]
    with fakes_for_models(embedder):
        assert main(["index", str(folder / "added"), "--archive", str(folder)]) == 0
        assert "0 new, 0 changed, 3 unchanged, 0 removed" in capsys.readouterr().out
        assert main(["info", "--archive", str(folder)]) == 0
        assert main(["show", "n1", "--archive", str(folder)]) == 0
        assert main(["forget", str(folder / "added" / names[0]), "--archive", str(folder)]) == 0
        assert "1 articles of 1 files taken out" in capsys.readouterr().out
    assert undo(news.archive, names[0]) == 0  # its files go
    assert undo(news.archive, names[1]) == undo(news.archive, names[2]) == 1
    fingerprint, files = before
    assert state(news) == (fingerprint, [*files, "forgotten.json"]), "what was forgotten stays out"
    news.close()


def test_one_adding_at_a_time(news: NewsIndex, tmp_path: Path, embedder: FakeEmbedder) -> None:
    other = NewsIndex.open(news.archive.folder, embedder)
    before = state(news)
    with other.archive.writing():
        with pytest.raises(ArchiveBusy, match="another groundwire"):
            put(news, tmp_path, {"a.txt": "One."})
        with pytest.raises(ArchiveBusy, match="another groundwire"):
            undo(news.archive, "bgggggggggggggggg")
    assert state(news) == before
    other.close()


def test_searching_goes_on_meanwhile(tmp_path: Path, articles: Path) -> None:
    embedder = FakeEmbedder(seconds=0.01)
    news = make_index(tmp_path / "archive", [articles], embedder)
    news.ready()
    files: dict[str, str | bytes] = {f"s{n}.txt": f"Story {n}. " + "It goes on and on. " * 60 for n in range(8)}
    thread = threading.Thread(target=put, args=(news, tmp_path, files))
    thread.start()
    slowest, count = 0.0, 0
    while thread.is_alive():
        began = time.perf_counter()
        found = news.find([row for row, _ in news.rank("airport of Baghdad", 3)["lexical"]])
        assert found[0].article.id == "airport" and news.archive.counts().articles >= 4
        slowest, count = max(slowest, time.perf_counter() - began), count + 1
        time.sleep(0.001)
    thread.join()
    assert count > 20 and slowest < 0.5 and news.archive.counts().articles == 12
    news.close()


def test_a_full_disk_is_a_sentence_and_nothing_is_left(
    news: NewsIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(news)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("web.adding.copy_in", full)
        with pytest.raises(AddingError, match=r"nothing was added: .*No space left on device"):
            put(news, tmp_path, {"a.txt": "One."})
    assert state(news) == before


def _add_where_nothing_can_be_written(folder: Path, tmp_path: Path) -> None:
    news = NewsIndex.open(folder, FakeEmbedder())
    try:
        add(news, count_words, [(tmp_path / "a.txt", "a.txt")])
    except Exception as error:
        assert "cannot be written (Permission denied)" in str(error), error
    else:
        raise AssertionError("added")


def test_a_folder_that_cannot_be_written_is_a_sentence(news: NewsIndex, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "One."})
    news.archive.close()
    for log in news.archive.folder.glob("writer.lock"):
        log.unlink()
    open_to_all(tmp_path, writable=False)
    as_nobody(_add_where_nothing_can_be_written, news.archive.folder, tmp_path)
    open_to_all(tmp_path, writable=True)


# Addresses


def test_addresses_are_fetched_and_undone(news: NewsIndex, tmp_path: Path, site: Site) -> None:
    before = state(news)
    fetcher = Fetcher(manners_for(site))
    story, gone = site.text("/story", VOLCANO), f"{site.address}/gone"
    steps: list[Step] = []
    added = put(
        news,
        tmp_path,
        {"flood.txt": "A flood came."},
        addresses=[story, gone, "ftp://x", "no address"],
        fetcher=fetcher,
        progress=steps.append,
    )
    assert added.new == 2 and len(added.problems) == 3
    assert any(problem.startswith(f"{gone}: not found") for problem in added.problems)
    assert {step.file for step in steps if step.doing == "fetching"} == {story, gone}
    [page] = [article for article in added.articles if article.id != "flood"]
    assert page.source == "AFP" and page.id.partition("/")[2].startswith("story-")
    again = put(news, tmp_path, {}, addresses=[story], fetcher=fetcher)
    assert (again.batch, again.new, again.unchanged) == ("", 0, 1) and again.articles[0].id == page.id
    assert undo(news.archive, added.batch) == 2
    assert state(news) == before


def test_a_page_that_was_there_before_stays(news: NewsIndex, tmp_path: Path, site: Site) -> None:
    fetcher = Fetcher(manners_for(site))
    first = put(news, tmp_path, {}, addresses=[site.text("/story", VOLCANO)], fetcher=fetcher)
    site.text("/story", VOLCANO.replace("Two", "Three"))
    second = put(news, tmp_path, {"a.txt": "One."}, addresses=[f"{site.address}/story"], fetcher=fetcher)
    assert (second.new, second.changed) == (1, 1)
    assert undo(news.archive, second.batch) == 1
    assert "Three" in news.archive.article(first.articles[0].id).text  # type: ignore[union-attr]


def test_stopped_while_fetching_the_pages_go(news: NewsIndex, tmp_path: Path, site: Site) -> None:
    before = state(news)
    addresses = [site.text(f"/{n}", VOLCANO.replace("Two", str(n))) for n in range(4)]
    with pytest.raises(AddingError, match="stopped"):
        put(
            news, tmp_path, {}, addresses=addresses, fetcher=Fetcher(manners_for(site)),
            cancelled=lambda: "/2" in site.asked,
        )  # fmt: skip
    assert "/3" not in site.asked and state(news) == before


def test_no_fetcher_no_addresses(news: NewsIndex, tmp_path: Path, site: Site) -> None:
    story = site.text("/story", VOLCANO)
    added = put(news, tmp_path, {"a.txt": "One."}, addresses=[story])
    assert added.new == 1 and site.asked == []
    assert added.problems == (f"{story}: not fetched, for this server is kept offline; add files instead",)
    private = put(news, tmp_path, {}, addresses=[story], fetcher=Fetcher())
    assert private.new == 0 and len(private.problems) == 1 and site.asked == []
    many = put(news, tmp_path, {}, addresses=[f"http://127.0.0.1/{n}" for n in range(60)], fetcher=Fetcher())
    assert "10 more addresses are left out; add 50 at a time" in many.problems


def test_a_note_that_names_files_elsewhere_removes_none(news: NewsIndex, tmp_path: Path) -> None:
    added = put(news, tmp_path, {"a.txt": "One."})
    precious = write_files(tmp_path, {"precious.txt": "x"}) / "precious.txt"
    note = news.archive.folder / "added" / f".{added.batch}.json"
    held = json.loads(note.read_text())
    for place in ("../precious.txt", str(precious), "archive.sqlite", "pages/../archive.sqlite"):
        note.write_text(json.dumps(held | {"pages": [["http://x", place]]}))
        assert undo(news.archive, added.batch) in (0, 1)
        assert precious.exists() and is_archive(news.archive.folder)
        note.write_text(json.dumps(held))
    for broken in ("", "{", "[]", '{"files": 3}', "[" * 100_000):
        note.write_text(broken)
        assert batches(news.archive) == []
