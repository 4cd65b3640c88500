"""The middleware: who comes in and who does not, by which host and from which page, and what every answer carries."""

import base64
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from web.auth import middleware as module
from web.auth.headers import hosts_for
from web.auth.login_page import local_address
from web.auth.logins import Logins, add_login, remove_login
from web.auth.middleware import AuthMiddleware, user_of
from web.auth.session import cookie_name

SECRET = bytes(32)
PASSWORD = "correct horse – é"
PAGE = {"accept": "text/html,application/xhtml+xml", "sec-fetch-mode": "navigate"}


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def bearer(name: str, password: str) -> dict[bytes, bytes]:
    return {b"authorization": f"Bearer {name}:{password}".encode()}


def make_app() -> Starlette:
    """Says who asks and what came; each request that comes in is noted."""

    async def who(request: Request) -> JSONResponse:
        app.state.came.append(request.url.path)
        body = await request.body()
        return JSONResponse({"user": user_of(request), "bytes": len(body), "base": str(request.base_url)})

    async def swallow(request: Request) -> PlainTextResponse:
        try:
            await request.body()
        except Exception:
            return PlainTextResponse("half a body is fine")
        return PlainTextResponse("whole")

    async def slow(request: Request) -> StreamingResponse:
        async def pieces() -> Any:
            yield b"one"
            yield b"two"

        return StreamingResponse(pieces(), headers={"access-control-allow-origin": "*"})

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json({"user": socket.state.user})
        await socket.close()

    async def page(request: Request) -> HTMLResponse:
        return HTMLResponse("<h1>Inside</h1>")

    every = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
    routes = [
        Route("/", page),
        Route("/slow", slow),
        Route("/swallow", swallow, methods=["POST"]),
        WebSocketRoute("/talk", talk),
        Route("/{rest:path}", who, methods=every),
    ]
    app = Starlette(routes=routes)
    app.state.came = []
    return app


@pytest.fixture(scope="module")
def auth_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("auth") / "logins"
    for name in ("paz", "writer"):
        add_login(file, name, PASSWORD)
    return file


@pytest.fixture
def app() -> Starlette:
    return make_app()


@pytest.fixture
def free(app: Starlette) -> TestClient:
    """On loopback, without logins."""
    return client(app, None, base="http://127.0.0.1:7860")


@pytest.fixture
def shut(app: Starlette, auth_file: Path) -> TestClient:
    """With logins, on any host."""
    return client(app, auth_file, hosts=())


def client(
    app: Starlette,
    file: Path | None,
    *,
    hosts: tuple[str, ...] = hosts_for("127.0.0.1"),
    base: str = "http://news.example:7860",
    **ways: Any,
) -> TestClient:
    middleware = AuthMiddleware(app, Logins(file) if file else None, hosts, SECRET, **ways)
    return TestClient(middleware, base_url=base, follow_redirects=False)


def log_in(asking: TestClient, password: str = PASSWORD, **fields: str) -> Any:
    return asking.post("/login", data={"username": "paz", "password": password, **fields}, headers=PAGE)


# Who


def test_without_logins_everybody_is_the_one_local_user(free: TestClient) -> None:
    assert free.get("/a", headers=basic("paz", "whatever")).json()["user"] == ""
    assert free.get("/a", headers={"authorization": "Bearer sk-123"}).json()["user"] == ""
    for address in ("/login", "/logout"):
        assert free.get(address).headers["location"] == "/"


@pytest.mark.parametrize(
    "path",
    ["/", "/a", "/v1/models", "/gradio_api/mcp/", "/gradio_api/queue/join", "/assets/x.js", "/login/", "//login"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_nobody_unknown_comes_in_anywhere(app: Starlette, shut: TestClient, path: str, method: str) -> None:
    answer = shut.request(method, f"http://news.example{path}")
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == 'Bearer realm="groundwire"'
    if method != "HEAD":
        error = answer.json()["error"]
        assert "log in first" in (error["message"] if path.startswith("/v1/") else error)
    assert app.state.came == []


@pytest.mark.parametrize("headers", [basic("paz", PASSWORD), bearer("paz", PASSWORD)])
def test_programs_come_in_by_a_header(shut: TestClient, headers: Any) -> None:
    assert shut.get("/a", headers=headers).json()["user"] == "paz"
    assert "set-cookie" not in shut.get("/a", headers=headers).headers


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer paz", "Bearer paz:wrong", "Basic", "Basic !!!", "Basic /////w==", "Digest x", "paz:x", "é"],
)
def test_a_wrong_header_is_no_way_in_not_even_with_a_cookie(shut: TestClient, app: Starlette, value: str) -> None:
    log_in(shut)
    assert shut.get("/a").json()["user"] == "paz"
    answer = shut.get("/a", headers={b"authorization": value.encode()})
    assert answer.status_code == 401 and app.state.came == ["/a"]


def test_a_person_is_led_to_the_login_and_back(shut: TestClient) -> None:
    answer = shut.get("/?conversation=7&x=%2F", headers=PAGE)
    assert answer.status_code == 303 and answer.headers["location"] == "/login?next=%2F%3Fconversation%3D7%26x%3D%252F"
    page = shut.get(answer.headers["location"], headers=PAGE)
    assert page.status_code == 200 and 'name="next" value="/?conversation=7&amp;x=%2F"' in page.text
    assert page.headers["cache-control"] == "no-store" and "script" not in page.headers["content-security-policy"]
    back = log_in(shut, next="/?conversation=7&x=%2F")
    assert back.status_code == 303 and back.headers["location"] == "/?conversation=7&x=%2F"
    assert shut.get("/a").json()["user"] == "paz"
    assert shut.get("/login?next=/b", headers=PAGE).headers["location"] == "/b"


def test_a_script_of_the_page_gets_no_login_page(shut: TestClient) -> None:
    assert shut.get("/config", headers={**PAGE, "sec-fetch-mode": "cors"}).status_code == 401
    assert shut.post("/config", headers=PAGE).status_code == 401


def test_the_cookie_is_the_browser_s_alone_and_of_this_server(shut: TestClient) -> None:
    given = log_in(shut).headers["set-cookie"]
    name, _, ways = given.partition("=")
    assert name == cookie_name(SECRET) and PASSWORD not in given
    assert [way.strip() for way in ways.split(";")[1:]] == ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=1209600"]
    other = TestClient(shut.app, base_url="https://news.example", follow_redirects=False)
    assert "; Secure" in log_in(other).headers["set-cookie"]


def test_a_wrong_password_is_told_and_the_name_is_kept(shut: TestClient) -> None:
    answer = log_in(shut, "wrong one", next="/b")
    assert answer.status_code == 401 and "set-cookie" not in answer.headers
    assert 'role="alert"' in answer.text and 'value="paz"' in answer.text and 'value="/b"' in answer.text
    assert "wrong one" not in answer.text
    hostile = shut.post("/login", data={"username": '"><script>', "next": '"><script>'}, headers=PAGE)
    assert "<script" not in hostile.text and hostile.status_code == 401
    assert shut.get("/a").status_code == 401


def test_a_program_logs_in_without_being_sent_on(shut: TestClient) -> None:
    answer = shut.post("/login", data={"username": "paz", "password": PASSWORD})
    assert answer.status_code == 200 and answer.json() == {"success": True} and "location" not in answer.headers
    assert shut.post("/login", data={"username": "paz", "password": "wrong one"}).json() == {
        "error": "Wrong name or password."
    }


def test_logging_out_and_losing_the_login_end_the_session(app: Starlette, auth_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "logins"
    file.write_bytes(auth_file.read_bytes())
    file.chmod(0o600)
    one, two = client(app, file, hosts=()), client(app, file, hosts=())
    for asking in (one, two):
        log_in(asking)
        assert asking.get("/a").json()["user"] == "paz"
    assert one.post("/logout").headers["location"] == "/login" and one.get("/a").status_code == 401
    remove_login(file, "paz")
    assert two.get("/a").status_code == 401


def test_guessing_is_slowed_with_a_time_to_wait(app: Starlette, auth_file: Path) -> None:
    asking = client(app, auth_file, hosts=())
    answers = [asking.get("/a", headers=bearer("writer", "wrong one")).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    late = asking.get("/a", headers=bearer("writer", PASSWORD))
    assert late.status_code == 429 and 1 <= int(late.headers["retry-after"]) <= 2
    assert "too many wrong passwords" in log_in(asking).text.casefold()


def test_a_form_too_long_or_broken_is_refused(shut: TestClient) -> None:
    assert shut.post("/login", content=b"x" * 20_000).status_code == 413
    assert shut.post("/login", content=b"&".join([b"a=b"] * 99)).status_code == 400
    assert shut.put("/login").status_code == 405


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "//evil.example",
        "/\\evil.example",
        "http://evil.example",
        "/\tx",
        "/a\r\nb",
        "/é",
        "/login",
        "/logout?x",
    ],
)
def test_a_login_leads_nowhere_else(address: str) -> None:
    assert local_address(address, "") == "/"
    assert local_address(f"/other{address}", "/news") == "/news/"


# From where


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "LOCALHOST.:80", "[::1]:7860"])
def test_on_loopback_its_own_names_are_answered(free: TestClient, host: str) -> None:
    assert free.get("/a", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", "", "127.0.0.1:x", "::2"])
def test_on_loopback_no_other_name_is(app: Starlette, free: TestClient, host: str) -> None:
    answer = free.get("/a", headers={"host": host})
    assert answer.status_code == 421 and "is no name of this server" in answer.json()["error"] and not app.state.came


def test_a_refused_name_is_told_the_option_that_lets_it_in(free: TestClient) -> None:
    told = free.get("/v1/models", headers={"host": "host.docker.internal:7870"}).json()["error"]["message"]
    assert told.endswith("or start it with --name host.docker.internal")
    assert "--name NAME" in free.get("/a", headers={"host": "a b"}).json()["error"]


def test_two_host_headers_are_none(free: TestClient) -> None:
    assert free.get("/a", headers=[("host", "localhost"), ("host", "localhost")]).status_code == 421  # type: ignore[arg-type]


def test_a_name_given_is_answered_too(app: Starlette) -> None:
    named = client(app, None, hosts=hosts_for("127.0.0.1", ["News.Example"]))
    assert named.get("/a").status_code == 200 and named.get("/a", headers={"host": "other.example"}).status_code == 421


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:3000",
        "http://localhost:7860",
        "file://",
        "http://127.0.0.1:x",
        "x",
    ],
)
def test_no_page_elsewhere_asks_this_server(app: Starlette, free: TestClient, method: str, origin: str) -> None:
    answer = free.request(method, "/a", headers={"origin": origin})
    assert answer.status_code == 403 and app.state.came == []
    with (
        pytest.raises(WebSocketDisconnect),
        free.websocket_connect("ws://127.0.0.1:7860/talk", headers={"origin": origin}),
    ):
        pass


def test_its_own_pages_do(free: TestClient, app: Starlette) -> None:
    own = {"origin": "http://127.0.0.1:7860"}
    assert free.post("/a", headers=own).status_code == 200
    with free.websocket_connect("ws://127.0.0.1:7860/talk", headers=own) as talking:
        assert talking.receive_json() == {"user": ""}
    behind = client(app, None, hosts=())  # a proxy speaks TLS and says so to nobody
    assert behind.post("/a", headers={"origin": "https://news.example", "host": "news.example"}).status_code == 200


def test_a_websocket_wants_a_login_too(shut: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), shut.websocket_connect("/talk"):
        pass
    with shut.websocket_connect("/talk", headers=basic("paz", PASSWORD)) as talking:
        assert talking.receive_json() == {"user": "paz"}


def test_what_gradio_would_believe_of_another_host_is_taken_away(free: TestClient) -> None:
    seen: list[Any] = []

    async def note(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])
        await PlainTextResponse("")(scope, receive, send)

    told = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-gradio-server": "http://evil.example/"}
    TestClient(AuthMiddleware(note, None, (), SECRET)).get("/", headers={**told, "x-other": "kept"})
    assert not any(b"evil" in value or name.startswith(b"x-forwarded") for name, value in seen)
    assert (b"x-other", b"kept") in seen


# Under a path


@pytest.mark.parametrize("path", ["/news", ""])
def test_behind_a_proxy_all_addresses_have_its_path(app: Starlette, auth_file: Path, path: str) -> None:
    asking = client(app, auth_file, hosts=(), root_path="/news")
    answer = asking.get(f"{path}/?conversation=7", headers=PAGE)
    assert answer.headers["location"] == "/news/login?next=%2Fnews%2F%3Fconversation%3D7"
    page = asking.get(f"{path}/login?next=%2Fnews%2F%3Fconversation%3D7")
    assert 'action="/news/login"' in page.text and 'value="/news/?conversation=7"' in page.text
    into = asking.post(f"{path}/login", headers=PAGE, data={"username": "paz", "password": PASSWORD, "next": "/"})
    assert into.headers["location"] == "/news/" and "Path=/news;" in into.headers["set-cookie"]
    assert asking.get("/newsroom/login").status_code == 401


# What every answer carries


def test_every_answer_is_protected(shut: TestClient, free: TestClient) -> None:
    answers = [
        free.get("/"),
        free.get("/slow"),
        free.get("/a", headers={"host": "evil.example"}),
        free.post("/a", content=b"x" * (module.BODY_BYTES + 1)),
        shut.get("/a"),
        shut.get("/login"),
        shut.get("/", headers=PAGE),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 421, 413, 401, 200, 303]
    for answer in answers:
        assert set(module.PROTECTION) <= set(answer.headers)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"https?:|\*", answer.headers["content-security-policy"])
    assert "access-control-allow-origin" not in answers[1].headers and answers[1].text == "onetwo"


def test_files_can_do_nothing_and_private_answers_are_not_kept(free: TestClient, shut: TestClient) -> None:
    assert "sandbox" in free.get("/gradio_api/file=/x.html").headers["content-security-policy"]
    assert "sandbox" not in free.get("/gradio_api/file").headers["content-security-policy"]
    assert shut.get("/a", headers=basic("paz", PASSWORD)).headers["cache-control"] == "no-store"
    assert "cache-control" not in free.get("/a").headers


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", ["/a", "/swallow"])
def test_a_body_too_large_is_refused(app: Starlette, streamed: bool, path: str) -> None:
    asking = client(app, None, base="http://localhost", body_bytes=100, upload_bytes=200)

    def put(path: str, size: int) -> Any:
        return asking.post(path, content=iter([b"x" * 50, b"x" * (size - 50)]) if streamed else b"x" * size)

    assert put(path, 100).status_code == 200
    assert put(path, 101).status_code == 413 and "100 bytes" in put(path, 101).json()["error"]
    assert put("/gradio_api/upload", 200).status_code == 200 and put("/gradio_api/upload", 201).status_code == 413
    assert put("/gradio_api/uploads", 200).status_code == 413
    assert asking.post(path, content=b"", headers={"content-length": "9" * 5_000}).status_code == 413


def test_a_bug_inside_stays_a_bug(free: TestClient) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        TestClient(AuthMiddleware(broken, None, (), SECRET)).get("/")


def test_what_goes_on_before_and_after_passes(app: Starlette, auth_file: Path) -> None:
    began = []

    async def lifespan(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            began.append((await receive())["type"])
            await send({"type": "lifespan.startup.complete"})
            began.append((await receive())["type"])
            await send({"type": "lifespan.shutdown.complete"})

    with TestClient(AuthMiddleware(lifespan, Logins(auth_file), (), SECRET)):
        pass
    assert began == ["lifespan.startup", "lifespan.shutdown"]


# Around Gradio, in a browser


def make_page() -> Any:
    """A page of the parts that the real one has, on which a name, a chat and a file can be tried."""
    import gradio as gr

    def say(question: str, said: list[Any], request: gr.Request) -> Iterator[Any]:
        for words in ("Hello", f"Hello {request.username}: {question}"):
            yield [*said, {"role": "user", "content": question}, {"role": "assistant", "content": words}]

    plain = gr.themes.Default(font=("system-ui", "sans-serif"), font_mono=("ui-monospace", "monospace"))
    with gr.Blocks(title="Inside", analytics_enabled=False) as page:
        with gr.Sidebar(open=False):
            gr.Markdown("Beside **it**")
        with gr.Tabs():
            with gr.Tab("Ask"):
                chat = gr.Chatbot(label="Conversation")
                box = gr.Textbox(label="Question")
                box.submit(say, [box, chat], chat)
                gr.HTML("<p>${value}</p>", value="Told", js_on_load="element.dataset.ran = 1", elem_id="told")
            with gr.Tab("Add"):
                taken = gr.Textbox(label="Taken")
                files = gr.File(label="Files", file_count="multiple")
                files.upload(lambda given: f"{len(given)} taken", files, taken)
                gr.BarPlot()
                gr.Dataframe([[1, 2]])
                gr.DownloadButton("Take")
    page.theme = plain
    return page


@pytest.fixture(params=["", "/news"])
def served(request: pytest.FixtureRequest, auth_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A Gradio page in a FastAPI app behind the middleware, with logins, on loopback, at its root and under a path."""
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

    inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    page = make_page()
    ways: dict[str, Any] = {"auth_dependency": user_of, "mcp_server": True, "theme": page.theme, "footer_links": []}
    inner = gr.mount_gradio_app(inner, page, path="/", root_path=request.param or None, **ways)
    middleware = AuthMiddleware(inner, Logins(auth_file), hosts_for("127.0.0.1"), SECRET, root_path=request.param)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(middleware, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}{request.param}"
        server.should_exit = True
        thread.join(10)


@pytest.mark.slow
def test_the_door_stands_before_gradio_s_own_paths(served: str) -> None:
    import httpx

    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    takes = {"accept": "application/json, text/event-stream"}
    with httpx.Client(base_url=served) as asking:
        for path in (
            "/config",
            "/gradio_api/info",
            "/gradio_api/mcp/schema",
            "/gradio_api/file=/etc/passwd",
            "/theme.css",
        ):
            assert asking.get(path).status_code == 401, path
        assert asking.post("/gradio_api/mcp/", json=asked, headers=takes).status_code == 401
        assert (
            asking.post("/gradio_api/mcp/", json=asked, headers={**takes, **basic("paz", PASSWORD)}).status_code == 200
        )
        assert asking.get("/config", headers=basic("paz", PASSWORD)).json()["username"] == "paz"


@pytest.mark.slow
def test_gradio_s_own_client_logs_in(served: str, tmp_path: Path) -> None:
    from gradio_client import Client

    asking = Client(f"{served}/", auth=("paz", PASSWORD), verbose=False, download_files=str(tmp_path))
    chat = asking.predict("Who?", [], api_name="/say")
    assert "Hello paz: Who?" in json.dumps(chat)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_logs_in_and_everything_of_gradio_works(
    served: str, chromium: Any, scheme: str, tmp_path: Path
) -> None:
    tab = chromium.new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
    complaints: list[str] = []
    requests: list[str] = []
    outside = f"http://{served.split('/')[2]}/favicon.ico"  # which a browser asks for, and is another's under a path

    def note(line: Any) -> None:
        if line.type == "error" and not (served.endswith("/news") and line.location["url"] == outside):
            complaints.append(line.text)

    tab.on("console", note)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(f"{served}/?conversation=7")
    tab.get_by_label("Name").fill("paz")
    tab.get_by_label("Password").fill("wrong one")
    check_reading(tab)
    assert complaints == []
    tab.keyboard.press("Enter")
    assert tab.get_by_role("alert").text_content() == "Wrong name or password."
    check_reading(tab)
    assert len(complaints) == 1 and "401" in complaints.pop()
    assert tab.get_by_label("Name").input_value() == "paz"
    tab.keyboard.type(PASSWORD)  # the cursor stands there
    tab.keyboard.press("Enter")
    tab.get_by_label("Question").wait_for()
    assert tab.url == f"{served}/?conversation=7"
    tab.get_by_label("Question").fill("Who?")
    tab.get_by_label("Question").press("Enter")
    tab.get_by_text("Hello paz: Who?").wait_for()
    tab.locator("#told [data-ran]").or_(tab.locator("#told[data-ran]")).first.wait_for(state="attached")
    tab.get_by_role("tab", name="Add").click()
    (tmp_path / "a.txt").write_text("one")
    tab.set_input_files("input[type=file]", tmp_path / "a.txt")
    tab.wait_for_function("[...document.querySelectorAll('textarea, input')].some(box => box.value == '1 taken')")
    assert complaints == []
    assert {re.sub(r"^\w+://([^/]*).*", r"\1", url) for url in requests if not url.startswith("data:")} == {
        served.split("/")[2]
    }
    tab.goto(f"{served}/logout")
    tab.get_by_label("Name").wait_for()
    tab.close()


def check_reading(tab: Any) -> None:
    """No serious finding of axe-core, and no sideways scrolling on a phone."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab).response["violations"]
    assert [item["id"] for item in found if item["impact"] in ("serious", "critical")] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_login_page_speaks_the_browsers_language(shut: TestClient) -> None:
    german = PAGE | {"accept-language": "de-AT, en;q=0.5"}
    page = shut.get("/login", headers=german).text
    assert '<html lang="de" dir="ltr">' in page and "Passwort" in page and "Password" not in page
    wrong = shut.post("/login", data={"username": "paz", "password": "wrong one"}, headers=german)
    assert wrong.status_code == 401 and "Name oder Passwort ist falsch." in wrong.text
