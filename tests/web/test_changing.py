"""Readers and editors of one archive: who may change it, what is noted, and what editors undo of each other."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.store.archive import ArchiveBusy
from index.store.edits import EditError, Meanwhile, read_edits
from qa.settings import Settings
from tests.conftest import ARTICLES, make_index, write_files
from tests.support.fakes import FakeEmbedder, fakes_for_models
from web import changing
from web.adding import batches
from web.archives import MayNot
from web.server import Server

EDITORS = {"ana", "bea"}
NEWS = "Court overturns the election in Peru\n\nReuters, 9 June 2021\n\nAna Lima won the election in Peru.\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with fakes_for_models(FakeEmbedder()):
        make_index(tmp_path / "airport", [write_files(tmp_path / "files", dict(ARTICLES))], FakeEmbedder()).close()
        settings = Settings(archive=tmp_path / "airport", embedder="fake", llm="none")
        editors = set(EDITORS)
        opened = Server.open(
            settings, [tmp_path / "airport"], tmp_path / "data", logins=True, edits=editors.__contains__
        )
        opened.editors = editors  # type: ignore[attr-defined]
        yield opened
        opened.close()


@pytest.fixture
def key(server: Server) -> str:
    return server.archives.listed("")[0].key


def add(server: Server, user: str, key: str, tmp_path: Path) -> str:
    folder = write_files(tmp_path / "given", {"peru.txt": NEWS})
    return server.add(user, key, [(folder / "peru.txt", "peru.txt")]).batch


def ids(server: Server, key: str) -> set[str]:
    return set(server.archives.archive("ana", key).owners())


def correct(server: Server, user: str, key: str, source: str, seen: str) -> list[str]:
    return server.changing.correct(user, key, "airport", {"source": source}, {"source": seen}, "page")


def test_a_reader_changes_nothing_that_all_share(server: Server, key: str, tmp_path: Path) -> None:
    batch = add(server, "ana", key, tmp_path)
    server.following.follow("ana", key, "Who won the election in Peru?")
    server.changing.forget("ana", key, "airport", "page")
    before = server.changing.listed("paz", key), ids(server, key)
    works = (
        lambda: add(server, "paz", key, tmp_path),
        lambda: server.take_out("paz", key, batch),
        lambda: correct(server, "paz", key, "AFP", "Reuters"),
        lambda: server.changing.known("paz", key, "wire-1"),
        lambda: server.changing.forget("paz", key, "wire-1", "page"),
        lambda: server.changing.remember("paz", key, "airport", "page"),
        lambda: server.changing.undo("paz", key, 1, "page"),
        lambda: server.following.follow("paz", key, "Who was killed?"),
        lambda: server.following.unfollow("paz", key, 1),
        lambda: server.following.check("paz", key),
        lambda: server.archives.to_change("paz", key),
    )
    for work in works:
        with pytest.raises(MayNot, match="read this archive but not change it; ask whoever runs the server"):
            work()
    assert (server.changing.listed("paz", key), ids(server, key)) == before and len(before[0]) == 4
    mine = server.archives.make("paz", "Mine")
    add(server, "paz", mine, tmp_path)
    assert [edit.who for edit in server.changing.listed("paz", mine)] == ["paz"]


def test_a_role_holds_from_the_next_thing_that_is_done(server: Server, key: str) -> None:
    assert server.archives.listed("ana")[0].may_change and not server.archives.listed("paz")[0].may_change
    server.editors.add("paz")  # type: ignore[attr-defined]
    server.changing.forget("paz", key, "airport", "page")
    server.editors.discard("ana")  # type: ignore[attr-defined]
    with pytest.raises(MayNot):
        server.changing.undo("ana", key, 1, "page")


def test_what_one_added_another_takes_out_and_lets_in_again(server: Server, key: str, tmp_path: Path) -> None:
    batch = add(server, "ana", key, tmp_path)
    [added, *_] = server.changing.listed("bea", key)
    assert (added.what, added.who, added.of, added.after) == ("add", "ana", ("peru.txt",), {"articles": 1})
    made, problems = server.changing.undo("bea", key, added.number, "page")
    assert (made.what, made.who, problems) == ("forget", "bea", []) and "peru" not in ids(server, key)
    back, _ = server.changing.undo("ana", key, made.number, "page")
    assert back.what == "remember" and "peru" in ids(server, key)
    hits = server.archives.room("ana", key).search("Who won the election in Peru?", 5)
    assert "peru" in {hit.article.id for hit in hits}, "it is searched again"
    assert server.take_out("bea", key, batch) == 1 and batches(server.archives.archive("ana", key)) == []
    [gone, *_] = server.changing.listed("ana", key)
    assert (gone.what, gone.of) == ("take out", ("peru.txt",))
    with pytest.raises(EditError, match="its files are gone; add them again"):
        server.changing.undo("ana", key, gone.number, "page")
    with pytest.raises(EditError, match=r"nothing of it is in the archive|undone already"):
        server.changing.undo("ana", key, added.number, "page")


def test_an_adding_that_was_taken_out_is_undone_by_that(server: Server, key: str, tmp_path: Path) -> None:
    batch = add(server, "ana", key, tmp_path)
    server.take_out("bea", key, batch)
    gone, added, *_ = server.changing.listed("ana", key)
    assert gone.undoes == added.number and added.undone == gone.number


def test_two_editors_of_one_article_at_once_and_the_second_is_told(server: Server, key: str) -> None:
    server.archives.room("ana", key)
    told: list[Exception] = []

    def work(user: str, source: str) -> None:
        try:
            correct(server, user, key, source, "Reuters")
        except Exception as error:
            told.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in (("ana", "AFP"), ("bea", "EFE"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [error] = told
    [edit, *_] = server.changing.listed("ana", key)
    article = server.archives.archive("ana", key).article("airport")
    assert article and edit.what == "correct" and article.source == edit.after["source"]
    assert isinstance(error, Meanwhile) and f"{edit.who} at {edit.at[:10]}" in str(error)


def test_an_article_is_corrected_at_once_and_undone_by_the_other(server: Server, key: str) -> None:
    assert correct(server, "ana", key, "AFP", "Reuters") == []
    assert server.changing.known("bea", key, "airport")["source"] == "AFP"
    [edit, *_] = server.changing.listed("bea", key)
    assert (edit.before, edit.after) == ({"source": "Reuters"}, {"source": "AFP"})
    server.changing.undo("bea", key, edit.number, "page")
    assert server.archives.archive("bea", key).article("airport").source == "Reuters"  # type: ignore[union-attr]


def test_while_an_index_runs_it_is_said_and_nothing_is_changed(
    server: Server, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "WAIT_SECONDS", 0.1)
    folder = server.archives.archive("ana", key).folder
    before = read_edits(folder)
    with (
        server.archives.archive("ana", key).writing(),
        pytest.raises(ArchiveBusy, match="another groundwire is writing"),
    ):
        server.changing.forget("ana", key, "airport", "page")
    assert read_edits(folder) == before and "airport" in ids(server, key)
    server.changing.forget("ana", key, "airport", "page")
    assert server.changing.remember("bea", key, "airport", "page") == [] and "airport" in ids(server, key)
    with pytest.raises(EditError, match='"airport" is not kept out'):
        server.changing.remember("bea", key, "airport", "page")
