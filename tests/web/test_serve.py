"""`groundwire serve`: what is said before it serves, and what is saved and read over HTTP."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import app
from tests.support.served import PASSWORD, Site, open_site
from web.auth.logins import add_login
from web.conversations import Turn
from web.page.markup import AROUND

pytestmark = pytest.mark.slow  # serves the page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(
        tmp_path_factory.mktemp("site"), {"long": {"long.txt": "Long\n\n" + "One word. " * AROUND}}
    ) as opened:
        yield opened


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert app.main(["serve", "--archive", str(tmp_path / "none"), "--port", port, "--offline"]) == 1
    assert capsys.readouterr().err == f"groundwire: port {port} on 127.0.0.1 is in use; choose another with --port\n"


def test_beyond_this_machine_it_wants_logins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app.chat(["--host", "0.0.0.0", "--data", str(tmp_path)])
    assert ended.value.code == 2 and "so it wants logins: groundwire login add" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "ana:plain words\n", ""])
def test_an_auth_file_that_is_none_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    file = tmp_path / "logins"
    if content is not None:
        file.write_text(content, "utf-8")
        file.chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    arguments = ["--archive", str(tmp_path / "none"), "--data", str(tmp_path / "data"), "--auth-file", str(file)]
    assert app.main(["serve", "--port", port, "--offline", *arguments]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_conversations_that_cannot_be_kept_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "conversations.sqlite").write_bytes(b"no database at all, but words" * 99)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    arguments = ["--archive", str(tmp_path / "none"), "--data", str(tmp_path / "data"), "--offline"]
    assert app.main(["serve", "--port", port, *arguments]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "conversations.sqlite" in said


def test_a_conversation_is_saved_and_only_its_owners(site: Site) -> None:
    id = site.server.conversations.start("", site.key())
    site.server.conversations.put_turn("", id, 0, Turn("What is long?", None, "Stopped."))
    other = site.server.conversations.start("somebody", site.key())
    for kind, media in (("txt", "plain"), ("md", "markdown"), ("html", "html"), ("json", "json")):
        reply = httpx.get(f"{site.address}/conversations/{id}.{kind}")
        assert reply.status_code == 200 and "What is long?" in reply.text and media in reply.headers["content-type"]
        assert reply.headers["content-disposition"] == f'attachment; filename="what-is-long.{kind}"'
    for path in (f"{other}.md", f"{id}.exe", "nothing", f"../{id}.md"):
        assert httpx.get(f"{site.address}/conversations/{path}").status_code == 404


def test_a_notebook_is_saved_in_each_form(site: Site) -> None:
    site.server.notebooks.pin("", site.key(), "long", 6, 14)
    for kind, media in (("md", "markdown"), ("html", "html"), ("docx", "wordprocessingml")):
        reply = httpx.get(f"{site.address}/notebook/{site.key()}.{kind}")
        assert reply.status_code == 200 and media in reply.headers["content-type"]
        assert reply.headers["content-disposition"] == f'attachment; filename="notebook.{kind}"'
    assert "One word" in httpx.get(f"{site.address}/notebook/{site.key()}.md").text
    for path in ("other.md", f"{site.key()}.exe", "nothing"):
        assert httpx.get(f"{site.address}/notebook/{path}").status_code == 404


def test_an_article_is_read_as_plain_text(site: Site) -> None:
    reply = httpx.get(f"{site.address}/article", params={"archive": site.key(), "id": "long"})
    assert reply.headers["content-type"] == "text/plain; charset=utf-8" and reply.text.count("One word. ") == AROUND
    assert reply.headers["x-content-type-options"] == "nosniff"
    for wrong in ({"archive": "other", "id": "long"}, {"archive": site.key(), "id": "no/such"}):
        assert httpx.get(f"{site.address}/article", params=wrong).status_code == 404
    assert httpx.get(f"{site.address}/report").status_code == 404


def test_nothing_is_had_without_a_login(tmp_path: Path) -> None:
    with open_site(tmp_path, users=("ana",)) as site:
        paths = ("/", "/config", "/article?archive=a&id=b", "/conversations/x.md", "/v1/models", "/gradio_api/info")
        for path in (
            *paths,
            "/notebook/x.md",
            "/gradio_api/mcp/",
            "/report",
            "/gradio_api/file=/etc/passwd",
            "/theme.css",
        ):
            assert httpx.get(site.address + path).status_code == 401, path
        assert httpx.get(f"{site.address}/v1/models", auth=("ana", PASSWORD)).status_code == 200
        assert site.auth_file
        add_login(site.auth_file, "ana", "another password")
        assert httpx.get(f"{site.address}/v1/models", auth=("ana", PASSWORD)).status_code == 401
