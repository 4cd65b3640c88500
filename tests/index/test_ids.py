"""Whatever two things an id is made from, both are kept, told apart, and stay who they are.

The law: after any adding, changing, renaming and removing, an archive holds what indexing the last state afresh gives,
each article of the same file and with the same reader's id. Its own id may be another than afresh only where articles
of the history had one reader's id, for whoever has an id keeps it; no two are typed alike.
"""

import json
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ground.words import name_key
from index import ids as naming
from index.article import Article
from index.forgotten import Forgotten, read_forgotten, write_forgotten
from index.news_index import NewsIndex
from index.reading.files import READERS
from tests.cli.test_errors import Line
from tests.conftest import make_index, write_files
from tests.index.test_containers import make_tar, make_zip
from tests.support.fakes import FakeEmbedder, count_words

NFC, NFD = "caf\u00e9", "cafe\u0301"
Rows = Sequence[tuple[str, str]]  # id and text


def jsonl(rows: Rows) -> str:
    return "".join(json.dumps({"id": one, "text": text}) + "\n" for one, text in rows)


def feed(rows: Rows) -> str:
    item = "<item><guid>{0}</guid><title>Quay</title><description>{1}</description></item>"
    items = "".join(item.format(*row) for row in rows)
    return f"<rss version='2.0'><channel><title>Post</title>{items}</channel></rss>"


def mail(text: str, **said: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"Subject": "Quay", "From": "Ann <a@e.org>", **said}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def mail_of(rows: Rows) -> bytes:
    message = mail("All is attached.")
    for name, text in rows:
        message.add_attachment(text, filename=f"{name}.txt")
    return message.as_bytes()


def box(rows: Rows) -> bytes:
    mails = (mail(text, Message_ID=f"<{one!a}>").as_bytes() for one, text in rows)
    return b"".join(b"From ann Sat Jan  4 10:15:00 2020\n" + one + b"\n" for one in mails)


def news_items(rows: Rows) -> str:
    item = "<newsItem guid='{0}'><contentSet><inlineData>{1}</inlineData></contentSet></newsItem>"
    items = "".join(item.format(*row) for row in (*rows, ("last", "The last.")))
    return f"<newsMessage xmlns='http://iptc.org/std/nar/2006-10-01/'>{items}</newsMessage>"


def packed(rows: Rows) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's, of a name that stands twice
        return make_zip([(f"{one}.txt", text.encode()) for one, text in rows])


def file_of(name: str, rows: Rows) -> str | bytes:
    """A file of this name that holds these rows; where its reader makes one article, their texts in one."""
    made = {
        ".jsonl": jsonl,
        ".csv": lambda rows: "id,text\n" + "".join(f"{one},{text}\n" for one, text in rows),
        ".rss": feed,
        ".xml": news_items,
        ".eml": mail_of,
        ".mbox": box,
        ".zip": packed,
        ".tar": lambda rows: make_tar([(f"{one}.txt", text.encode()) for one, text in rows]),
    }.get(Path(name).suffix, lambda rows: " ".join(text for _, text in rows))
    return made(rows)  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def readers_in_this_process() -> Iterator[None]:
    """A worker for each update would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.reading.files.read_apart", lambda original, kind: READERS[kind](original))
        yield


def held(news: NewsIndex) -> dict[str, Article]:
    return {one: article for one in news.archive.owners() if (article := news.archive.article(one))}


def texts(news: NewsIndex) -> dict[str, str]:
    return {one: article.text.strip() for one, article in held(news).items()}


class Desk:
    """A folder and its archive, both empty at first."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "articles"
        self.folder.mkdir()
        self.news = NewsIndex.create(place / "archive", FakeEmbedder(), max_tokens=20)

    def index(self, files: Mapping[str, Rows | None], *, whole: bool = True) -> dict[str, str]:
        """Id → text once these files are there, or gone, and indexed."""
        for name, rows in files.items():
            if rows is None:
                (self.folder / name).unlink()
            else:
                write_files(self.folder, {name: file_of(name, rows)})
        paths = [self.folder] if whole else [self.folder / name for name, rows in files.items() if rows is not None]
        report = self.news.update(paths, count_tokens=count_words, prune=True)
        assert report.problems == [] and report.new + report.changed + report.unchanged >= len(files) - 1
        return texts(self.news)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.news.close()


# One after another


@pytest.mark.parametrize("at_once", [True, False])
def test_rows_and_a_file_of_one_id(desk: Desk, at_once: bool) -> None:
    files = {"a.jsonl": [("x", "A.")], "b.jsonl": [("x", "B.")], "b/x.txt": [("", "A file.")]}
    for name in () if at_once else files:
        desk.index({name: files[name]})
    row, file = ("b.jsonl/x", "b/x") if at_once else ("b/x", "b/x.txt")  # files are read in order of their folders
    assert desk.index(files) == {"x": "A.", row: "B.", file: "A file."}
    assert desk.index({"a.jsonl": [("y", "A.")]}) == {"y": "A.", row: "B.", file: "A file."}
    assert desk.index({"b.jsonl": [("x", "B, and more.")]})[row] == "B, and more."
    assert desk.index({"c.jsonl": [("x", "C.")]})["x"] == "C."
    assert desk.index({"b.jsonl": None}) == {"y": "A.", file: "A file.", "x": "C."}


def test_a_row_whose_id_is_what_another_of_its_file_was_told_apart_by(desk: Desk) -> None:
    desk.index({"a.jsonl": [("x", "A.")]})
    assert desk.index({"b.jsonl": [("x", "B.")]}) == {"x": "A.", "b/x": "B."}
    told = {"x": "A.", "b/x": "B.", "b/x 2": "C."}
    assert desk.index({"b.jsonl": [("b/x", "C."), ("x", "B.")]}) == told
    assert desk.index({"b.jsonl": [("x", "B."), ("b/x", "C.")]}) == told
    assert desk.index({"b.jsonl": [("b/x", "C2."), ("x", "B2.")]}) == {"x": "A.", "b/x": "B2.", "b/x 2": "C2."}


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.rss", "a.xml", "a.mbox", "a.zip", "a.tar"])
def test_of_several_with_one_id_in_a_file_each_stays_who_it_is(desk: Desk, name: str) -> None:
    def those(*ones: str) -> dict[str, str]:
        told = desk.index({name: [("x", f"Text of {one}.") for one in ones]})
        return {text.split()[2].strip("."): one for one, text in told.items() if text.startswith("Text")}

    first = those("one", "two")
    assert len(first) == 2 and first["two"] == f"{first['one']} 2"
    third = those("three", "two", "one")
    assert {one: third[one] for one in first} == first and third["three"] == f"{first['one']} 3"
    assert those("two", "three") == {one: third[one] for one in ("two", "three")}
    assert those("two", "three", "four")["two"] == first["two"]
    assert len(set(those("one", "two", "two").values())) == 2, "what is the same twice is there twice"


def test_what_waits_in_a_file_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "MOST_WAITING", 2_500)
    desk.index({"a.jsonl": [(str(n), f"Row {n}.") for n in range(9)]})
    told = desk.index({"a.jsonl": [(str(n), f"Row {n}, changed.") for n in range(9)]})
    assert told == {str(n): f"Row {n}, changed." for n in range(9)}


def test_attachments_of_one_name(desk: Desk) -> None:
    told = desk.index({"quarry.eml": [("statement", "The first limit."), ("statement", "The second.")]})
    assert told["quarry/statement"] == "The first limit." and told["quarry/statement 2"] == "The second."
    assert desk.index({"quarry.eml": [("statement", "The first limit."), ("statement", "The second.")]}) == told


def test_an_entry_without_guid_and_link_is_known_by_its_title(desk: Desk) -> None:
    item = "<item><title>{0}</title><description>Of {0}.</description></item>"
    ids = []
    for titles in (["quay", "dam"], ["mill", "quay", "dam"]):
        items = "".join(item.format(title) for title in titles)
        write_files(desk.folder, {"a.rss": f"<rss version='2.0'><channel><title>P</title>{items}</channel></rss>"})
        told = desk.index({})
        ids.append({text: one for one, text in told.items()})
    assert ids[0].items() <= ids[1].items()


def test_containers_beside_files_and_rows(desk: Desk) -> None:
    files: dict[str, Rows] = {"a.zip": [("x", "Zip.")], "a.jsonl": [("a/x", "Row.")], "a/x.txt": [("", "File.")]}
    assert desk.index(files) == {"a/x": "File.", "a.jsonl/x": "Row.", "a.zip/x": "Zip."}


@pytest.mark.parametrize("name", ["{}.txt", "{}.jsonl", "n.jsonl"])
def test_ids_that_are_typed_alike_are_told_apart(desk: Desk, name: str) -> None:
    files = {name.format(form): [] for form in (NFC, NFD)}
    for form in (NFC, NFD):
        files[name.format(form)] += [(form, f"Of {len(form)}.")]
    told = desk.index(files)
    assert len({name_key(one) for one in told}) == len(told) == 2
    assert desk.index({**files, "more.txt": [("", "More.")]}).items() > told.items()


def test_a_second_folder_keeps_its_articles_too(tmp_path: Path) -> None:
    one, two = (write_files(tmp_path / name, {"a.txt": f"{name}.", "n.txt": "N."}) for name in ("one", "two"))
    news = make_index(tmp_path / "archive", [one, two], FakeEmbedder())
    assert texts(news) == {"a": "one.", "n": "N.", "two/a": "two.", "two/n": "N."}
    (one / "a.txt").unlink()
    news.update([one], count_tokens=count_words)
    write_files(two, {"a.txt": "two, and more."})
    news.update([two], count_tokens=count_words)
    assert texts(news) == {"n": "N.", "two/a": "two, and more.", "two/n": "N."}
    news.close()


def test_an_archive_that_knows_no_readers_ids_keeps_what_it_has(desk: Desk) -> None:
    desk.index({"a.jsonl": [("x", "A.")], "b.jsonl": [("x", "B.")]})
    db: Any = desk.news.archive._db  # type: ignore[attr-defined]
    db.execute("UPDATE articles SET details = json_remove(details, '$.reader_id')")
    assert desk.index({"b/x.txt": [("", "File.")]}) == {"x": "A.", "b/x": "B.", "b/x.txt": "File."}


@pytest.mark.parametrize(("names", "own"), [(("a.jsonl", "b.jsonl"), "b/x"), (("x.md", "x.txt"), "x.txt")])
def test_an_archive_that_knows_no_readers_ids_keeps_them_when_a_file_changes(
    desk: Desk, names: tuple[str, str], own: str
) -> None:
    first, second = names
    desk.index({first: [("x", "A.")], second: [("x", "B.")]})
    db: Any = desk.news.archive._db  # type: ignore[attr-defined]
    db.execute("UPDATE articles SET details = json_remove(details, '$.reader_id')")
    assert desk.index({second: [("x", "B, and more.")]}) == {"x": "A.", own: "B, and more."}
    write_forgotten(desk.news.archive.folder, [Forgotten(own, "article", "2024-05-01", 1, str(desk.folder / second))])
    assert desk.index({second: [("x", "B, and still more.")]}) == {"x": "A."}, "nor does what is kept out come in again"


# What is told apart by a person


def test_what_is_forgotten_stays_out_whoever_leaves(desk: Desk) -> None:
    desk.index({"a.jsonl": [("x", "A.")], "b.jsonl": [("x", "B."), ("x", "B2."), ("y", "Y.")]})
    folder = desk.news.archive.folder
    out = [Forgotten("b/x", "article", "2024-05-01", 1, str(desk.folder / "b.jsonl"), "x")]
    write_forgotten(folder, out)
    assert read_forgotten(folder) == out
    told = desk.index({"a.jsonl": [("z", "A.")], "b.jsonl": [("x", "B."), ("x", "B3."), ("y", "Y2.")]})
    assert told == {"z": "A.", "b/x 2": "B3.", "y": "Y2."}
    write_forgotten(folder, [])
    told = desk.index({"b.jsonl": [("x", "B."), ("x", "B3."), ("y", "Y.")]})
    assert told["b/x 2"] == "B3." and "B." in told.values()


def test_what_was_told_apart_is_shown_forgotten_and_corrected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "articles"
    rows = {"a.jsonl": jsonl([("x", "A.")]), "b.jsonl": jsonl([("x", "B."), ("y", "Y."), ("y", "Z.")])}
    write_files(folder, {**rows, "c.txt": "C.", "c.md": "M.", "-k.txt": "K."})
    line = Line(tmp_path / "archive", capsys)
    line.run("index", folder)
    for article_id in ("b/x", "c.txt"):
        line.run("correct", article_id, "source=Post")
    line.run("correct", "--", "-k", "source=Gazette")
    assert '2 articles in it have the id "y"' in line.refused("correct", "y 2", "source=Post")
    out, err = line.run("index", folder)
    assert "0 new, 3 changed" in out and not err
    assert "Post" in line.run("show", "b/x")[0] and "Post" not in line.run("show", "x")[0]
    assert "Gazette" in line.run("show", "--", "-k")[0]
    assert "-k" in line.run("search", "K", "--article=-k")[0]
    line.run("forget", "--", "b/x", "-k")
    write_files(folder, {"a.jsonl": jsonl([("z", "A.")]), "b.jsonl": rows["b.jsonl"] + "\n"})
    out, _ = line.run("index", folder)
    assert "1 new, 0 changed, 4 unchanged, 1 removed" in out


# The law

NAMES = [
    *("a.txt", "a.md", "a/x.txt", "b/x.txt", "b/x.md", f"{NFC}.txt", f"{NFD}.txt", "a.jsonl", "b.jsonl", "b/x.jsonl"),
    *("a.csv", "a.rss", "a.xml", "a.zip", "b.zip", "a.eml", "a.mbox", "b.tar"),
]
IDS = ["x", "x", "a", "a/x", "b/x", "x 2", NFC, NFD]
FOLDERS = ["one", "two"]
files = st.tuples(st.sampled_from(FOLDERS), st.sampled_from(NAMES)).map("/".join)
some_rows = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(["Aa.", "Bb.", "Cc."])), min_size=1, max_size=4)
changes = (
    st.tuples(st.just("write"), files, some_rows)
    | st.tuples(st.just("write"), files, some_rows)
    | st.tuples(st.just("remove"), files)
    | st.tuples(st.just("rename"), files, files)
    | st.tuples(st.just("turn"), files)
)
runs_of_changes = st.lists(
    st.tuples(
        st.lists(changes, min_size=2, max_size=8), st.sampled_from([FOLDERS, FOLDERS, *([one] for one in FOLDERS)])
    ),
    min_size=1,
    max_size=6,
)


class State:
    """The files of a folder, and the rows that each was made of."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.rows: dict[str, list[tuple[str, str]]] = {}

    def do(self, what: str, name: str, given: Any = None) -> None:
        if what == "write":
            self.rows[name] = list(given)
        elif name not in self.rows:
            return
        elif what == "turn":
            self.rows[name] = self.rows[name][::-1]
        else:
            rows = self.rows.pop(name)
            (self.place / name).unlink()
            name = given if what == "rename" and Path(given).suffix == Path(name).suffix else ""
            if name:
                self.rows[name] = rows
        if name:
            write_files(self.place, {name: file_of(name, self.rows[name])})


def known_by(news: NewsIndex) -> dict[str, tuple[str, str, str]]:
    """Id → path, reader's id as it is typed, and all that is known of each article but its ids."""
    owners = news.archive.owners()
    return {
        one: (owners[one], name_key(article.reader_id or one), replace(article, id="", reader_id=None).digest)
        for one, article in held(news).items()
    }


def check_stay(before: dict[str, tuple[str, str, str]], after: dict[str, tuple[str, str, str]]) -> None:
    """What its file holds still has its id: what says the same first, then what has the same reader's id."""
    for parts in (3, 2):
        had, has = (Counter(known[:parts] for known in told.values()) for told in (before, after))
        same = Counter(
            known[:parts] for one, known in before.items() if one in after and after[one][:parts] == known[:parts]
        )
        assert same == had & has


@pytest.mark.slow
@given(runs_of_changes)
def test_any_sequence_gives_what_the_last_state_gives(runs: list[tuple[list[tuple[Any, ...]], list[str]]]) -> None:
    with TemporaryDirectory() as place:
        state = State(Path(place).resolve())
        folders = [write_files(state.place / one, {f"keep-{one}.txt": "Kept."}) for one in FOLDERS]
        news = make_index(state.place / "archive", folders, FakeEmbedder())
        for changed, where in [*runs, ([], FOLDERS)]:
            for what in changed:
                state.do(*what)
            before = known_by(news)
            report = news.update([state.place / one for one in where], count_tokens=count_words, prune=True)
            after = known_by(news)
            assert report.problems == []
            assert len({name_key(one) for one in after}) == len(after), "no two are typed alike"
            check_stay(before, after)
        fresh = make_index(state.place / "fresh", folders, FakeEmbedder())
        assert Counter(known_by(news).values()) == Counter(known_by(fresh).values())
        again = news.update(folders, count_tokens=count_words)
        assert (again.new, again.changed, again.removed) == (0, 0, 0)
        told_apart = sum(article.reader_id is not None for each in (news, fresh) for article in held(each).values())
        assert told_apart or news.archive.fingerprint() == fresh.archive.fingerprint()
        event(f"told apart: {'some' if told_apart else 'none'}")
        news.close()
        fresh.close()
