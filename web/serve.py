"""One FastAPI app of all that is served: the page, what programs ask, what can be saved and read."""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from ground.errors import user_errors
from ground.language import DEFAULT, Words, languages
from index.store.archive import ArchiveError
from web import export, original
from web.auth.headers import LANGUAGE_COOKIE, hosts_for, language_of
from web.auth.login_page import local_address
from web.auth.logins import Logins
from web.auth.middleware import AuthMiddleware, user_of
from web.auth.session import read_secret
from web.conversations import Conversation, ConversationError
from web.measure import last_run
from web.page.by_language import ByLanguage
from web.page.events import build_page
from web.page.layout import CSS, THEME, head_in
from web.programs import listing
from web.programs.changing import make_changing_router
from web.programs.checking import make_check_router
from web.programs.completions import make_router, make_unknown_router
from web.programs.endpoints import add_endpoints
from web.programs.openapi import document
from web.programs.question_files import make_batch_router
from web.server import Server

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
KINDS: dict[str, tuple[str, Callable[[Conversation, Words], str]]] = {
    "txt": ("text/plain", export.conversation_as_text),
    "md": ("text/markdown", export.conversation_as_markdown),
    "html": ("text/html", export.conversation_as_html),
    "json": ("application/json", lambda conversation, _: export.conversation_as_json(conversation)),
}
FILE_BYTES = 200 * 1024 * 1024  # each; files that are dropped together come in one upload
PATIENCE_SECONDS = 3  # for answers under way when the server ends


class PortError(OSError):
    """An address that cannot be listened on; the message says which and what to do."""


def make_app(
    server: Server, *, logins: Logins | None = None, root_path: str = "", hosts: Sequence[str] = hosts_for("127.0.0.1")
) -> AuthMiddleware:
    """Everything that is served, for uvicorn. `hosts` are the names it answers to; none means any."""
    os.environ["GRADIO_TEMP_DIR"] = str(server.folder / "uploads")
    speak = server.settings.speak
    pages = ByLanguage(
        {name: _make_page(server, Words(name), root_path) for name in ([speak] if speak else languages())}
    )
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=pages.running)

    @app.get("/conversations/{name}")
    def save(name: str, request: Request) -> Response:
        """A kept conversation as a file, by its id and kind: `ID.md`."""
        id, _, kind = name.rpartition(".")
        if kind not in KINDS:
            return PlainTextResponse(f"a conversation can be had as {', '.join(KINDS)}", 404)
        try:
            conversation = server.conversations.get(user_of(request) or "", id)
        except ConversationError as error:
            return PlainTextResponse(str(error), 404)
        media, write = KINDS[kind]
        return Response(
            write(conversation, Words(language_of(request.scope, speak))),
            media_type=f"{media}; charset=utf-8",
            headers={
                "content-disposition": f'attachment; filename="{export.file_name(conversation.title, f".{kind}")}"'
            },
        )

    @app.get("/notebook/{name}")
    def take_notes(name: str, request: Request) -> Response:
        """A user's notebook of an archive as a file, by the archive's key and the kind: `KEY.md`."""
        key, dot, kind = name.rpartition(".")
        try:
            data = server.notebooks.export(user_of(request) or "", key, dot + kind)
        except user_errors() as error:
            return PlainTextResponse(str(error), 404)
        media = {"md": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8"}.get(kind, DOCX)
        return Response(
            data, media_type=media, headers={"content-disposition": f'attachment; filename="notebook.{kind}"'}
        )

    @app.get("/article")
    def read(archive: str, id: str, request: Request) -> Response:
        """The text of an article, nothing else."""
        try:
            article = server.archives.archive(user_of(request) or "", archive).article(id)
        except ArchiveError as error:
            return PlainTextResponse(str(error), 404)
        return PlainTextResponse(article.text if article else f'no article has the id "{id}"', 200 if article else 404)

    @app.get("/report")
    def report() -> Response:
        """The report of the last evaluation: a page without scripts from elsewhere, in a sandbox of its own."""
        run = last_run(server.runs)
        if run is None or run.report is None:
            return PlainTextResponse("there is no report; make one with groundwire eval", 404)
        return FileResponse(run.report, media_type="text/html")

    @app.get("/language/{name}")
    def choose(name: str, request: Request) -> Response:
        """The page in another language from now on, back where somebody was."""
        came = urlsplit(request.headers.get("referer", ""))
        root = str(request.scope.get("root_path") or "")
        back = RedirectResponse(local_address(f"{came.path}?{came.query}", root), 303)
        if name in languages():
            path, year = f"{root}/", 365 * 86_400
            back.set_cookie(LANGUAGE_COOKIE, name, max_age=year, path=path, httponly=True, samesite="lax")
        return back

    @app.get("/openapi.json")
    def described() -> Response:
        """All of this for programs, as OpenAPI."""
        return JSONResponse(document(root_path))

    app.include_router(make_router(server))
    app.include_router(make_batch_router(server))
    app.include_router(make_check_router(server))
    app.include_router(listing.make_router(server))
    app.include_router(make_changing_router(server))
    app.include_router(original.make_router(server))
    app.include_router(make_unknown_router())
    app.mount("/", pages)
    return AuthMiddleware(app, logins, hosts, read_secret(server.folder), root_path=root_path, speak=speak)


def _make_page(server: Server, words: Words, root_path: str) -> FastAPI:
    """The page in one language, and what Gradio serves for it."""

    def add(user: str, key: str, files: Sequence[tuple[Path, str]], addresses: Sequence[str]) -> dict[str, Any]:
        return asdict(server.add(user, key, files, addresses, through="program"))

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    page = build_page(server, words)
    with page:
        add_endpoints(page, server, add)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        auth_dependency=user_of,
        root_path=root_path or None,
        mcp_server=words.language in (DEFAULT, server.settings.speak),
        max_file_size=FILE_BYTES,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        theme=THEME,
        css=CSS,
        head=head_in(words),
    )
    return app


def check_port(host: str, port: int) -> None:
    """Raises PortError where the page could not listen."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except (OSError, OverflowError) as error:
        used = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is in use" if used else f"cannot be used ({error})"
        raise PortError(f"port {port} on {host} {why}; choose another with --port") from None


def make_server(app: Any, *, host: str, port: int) -> uvicorn.Server:
    """A server that is not running yet; `run` runs it until it is told to end."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=PATIENCE_SECONDS,
    )
    logging.getLogger("uvicorn.error").addFilter(is_trouble)
    return uvicorn.Server(config)


def is_trouble(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's is worth a reader: not that an open page was cut off when the server ended."""
    cut_off = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cut_off and "asyncio.exceptions.CancelledError" not in record.getMessage()


def serve(
    server: Server,
    *,
    host: str,
    port: int,
    logins: Logins | None,
    root_path: str,
    names: Sequence[str] = (),
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves until it is interrupted; `ready` is called when it is about to."""
    app = make_app(server, logins=logins, root_path=root_path, hosts=hosts_for(host, names))
    server.warm()
    ready()
    try:
        make_server(app, host=host, port=port).run()
    finally:
        server.close()
