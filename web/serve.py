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

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response

from index.store.archive import ArchiveError
from web import export, original
from web.auth.headers import hosts_for
from web.auth.logins import LoginError, Logins, read_logins
from web.auth.middleware import AuthMiddleware, user_of
from web.auth.session import read_secret
from web.conversations import ConversationError
from web.measure import last_run
from web.page.events import build_page
from web.page.layout import CSS, HEAD, THEME
from web.programs import listing
from web.programs.checking import make_check_router
from web.programs.completions import make_router
from web.programs.endpoints import add_endpoints
from web.programs.question_files import make_batch_router
from web.server import Server

KINDS = {
    "txt": ("text/plain", export.conversation_as_text),
    "md": ("text/markdown", export.conversation_as_markdown),
    "html": ("text/html", export.conversation_as_html),
    "json": ("application/json", export.conversation_as_json),
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
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

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
            write(conversation),
            media_type=f"{media}; charset=utf-8",
            headers={
                "content-disposition": f'attachment; filename="{export.file_name(conversation.title, f".{kind}")}"'
            },
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

    def add(user: str, key: str, files: Sequence[tuple[Path, str]], addresses: Sequence[str]) -> dict[str, Any]:
        return asdict(server.add(user, key, files, addresses))

    app.include_router(make_router(server))
    app.include_router(make_batch_router(server))
    app.include_router(make_check_router(server))
    app.include_router(listing.make_router(server))
    app.include_router(original.make_router(server))
    page = build_page(server)
    with page:
        add_endpoints(page, server, add)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        auth_dependency=user_of,
        root_path=root_path or None,
        mcp_server=True,
        max_file_size=FILE_BYTES,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        theme=THEME,
        css=CSS,
        head=HEAD,
    )
    return AuthMiddleware(app, logins, hosts, read_secret(server.folder), root_path=root_path)


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
    auth_file: Path | None,
    root_path: str,
    names: Sequence[str] = (),
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves until it is interrupted; `ready` is called when it is about to. Raises LoginError where nobody could."""
    if auth_file and not read_logins(auth_file):
        raise LoginError(f"{auth_file}: names nobody; add one with: groundwire login add --auth-file {auth_file} NAME")
    logins = Logins(auth_file) if auth_file else None
    app = make_app(server, logins=logins, root_path=root_path, hosts=hosts_for(host, names))
    server.warm()
    ready()
    try:
        make_server(app, host=host, port=port).run()
    finally:
        server.close()
