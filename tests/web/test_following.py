"""Followed questions of a server: what is told of them, who has seen what, and who may follow."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.store.archive import ArchiveError
from qa.settings import Settings
from qa.standing.follow import FollowError
from tests.conftest import ARTICLES, make_index, write_files
from tests.support.fakes import FakeEmbedder, fakes_for_models
from web.server import Server

QUESTION = "Who won the election in Peru?"
NEWS = "Court overturns the election in Peru\n\nReuters, 9 June 2021\n\nAna Lima won the election in Peru.\n"


@pytest.fixture(params=[False, True], ids=["alone", "logins"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    with fakes_for_models(FakeEmbedder()):
        make_index(tmp_path / "airport", [write_files(tmp_path / "files", dict(ARTICLES))], FakeEmbedder()).close()
        settings = Settings(archive=tmp_path / "airport", embedder="fake", llm="none")
        opened = Server.open(settings, [tmp_path / "airport"], tmp_path / "data", logins=request.param)
        yield opened
        opened.close()


def user_of(server: Server) -> tuple[str, str]:
    """Who may change an archive, and its key."""
    user = "ana" if server.archives._logins else ""
    keys = [entry.key for entry in server.archives.listed(user) if entry.may_change]
    return user, keys[0] if keys else server.archives.make(user, "Mine")


def add(server: Server, user: str, key: str, tmp_path: Path, **files: str) -> None:
    folder = write_files(tmp_path / "given", {f"{name}.txt": text for name, text in files.items()})
    server.add(user, key, [(folder / f"{name}.txt", f"{name}.txt") for name in files])


def test_a_change_is_unseen_until_somebody_looks(server: Server, tmp_path: Path) -> None:
    user, key = user_of(server)
    following = server.following
    add(server, user, key, tmp_path, first="Vote\n\nEFE, 7 June 2021\n\nJosé Pérez won the election in Peru.\n")
    assert following.listed(user, key) == [] and following.check(user, key) == []
    change = following.follow(user, key, QUESTION)
    assert "Pérez" in change.now[0].quote
    [row] = following.listed(user, key)
    assert (row["question"], row["unseen"], len(row["history"])) == (QUESTION, 0, 1)
    add(server, user, key, tmp_path, peru=NEWS)
    [told] = following.check(user, key)
    assert "Ana Lima" in told.now[0].quote and following.unseen(user, key) == 1
    assert following.check(user, key) == [] and following.unseen(user, key) == 1
    following.see(user, key)
    assert following.unseen(user, key) == 0 and following.listed(user, key)[0]["history"][1]["at"] == told.at
    assert (server.archives.archive(user, key).folder / "standing.atom").is_file()
    with pytest.raises(FollowError, match="followed already, as number 1"):
        following.follow(user, key, QUESTION)
    assert following.unfollow(user, key, 1) == QUESTION and following.listed(user, key) == []
    with pytest.raises(FollowError, match="is not followed"):
        following.unfollow(user, key, 1)


@pytest.mark.parametrize("server", [True], indirect=True)
def test_who_may_only_read_follows_nothing(server: Server) -> None:
    [shared] = [entry.key for entry in server.archives.listed("ana") if not entry.may_change]
    assert not server.following.may("ana", shared) and server.following.listed("ana", shared) == []
    with pytest.raises(ArchiveError, match="read this archive but not change it"):
        server.following.follow("ana", shared, QUESTION)


@pytest.mark.parametrize("server", [False], indirect=True)
def test_a_damaged_note_of_what_was_seen_is_nothing(server: Server, tmp_path: Path) -> None:
    user, key = user_of(server)
    server.following.follow(user, key, QUESTION)
    server.following._file.write_text('{"": "x', "utf-8")
    assert server.following.unseen(user, key) == 0
    server.following.see(user, key)
    assert key in server.following._file.read_text("utf-8")
