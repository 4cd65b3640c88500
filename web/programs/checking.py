"""`POST /v1/check`: a draft against an archive, as `groundwire check` has it, in JSON or as a page."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.store.scope import Scope
from qa.checking.check import Check, check
from qa.checking.page import as_html
from web.programs.calls import DEFAULT_NAME, find_archive
from web.programs.completions import LOOK_SECONDS, RequestError, Stopped, known_user, read_json, tell_error
from web.server import Server

if TYPE_CHECKING:
    from fastapi import APIRouter


@dataclass(frozen=True)
class WantedCheck:
    """A request for a check, read."""

    archive: str
    text: str
    scope: Scope
    page: bool


def read_check_request(body: object) -> WantedCheck:
    """`text` is the draft; `archive`, `scope` and `format` ("json", or "html" for a page) may be left out.

    Raises RequestError or ScopeError.

    >>> read_check_request({"text": "Ten died."}).archive
    'groundwire'
    """
    if not isinstance(body, Mapping):
        raise RequestError("the body is no JSON object")
    text, archive, form = body.get("text"), body.get("archive") or DEFAULT_NAME, body.get("format") or "json"
    if not isinstance(text, str):
        raise RequestError("text is the draft, as a string", "text")
    if not isinstance(archive, str):
        raise RequestError("archive is the name of an archive", "archive")
    if form not in ("json", "html"):
        raise RequestError("format is json or html", "format")
    return WantedCheck(archive, text, Scope.from_dict(body.get("scope")), page=form == "html")


def make_check_router(server: Server) -> "APIRouter":
    """The route, for an app that stands behind AuthMiddleware. One draft is checked at a time; others wait."""
    from fastapi import APIRouter, Request, Response
    from fastapi.responses import HTMLResponse, JSONResponse

    router = APIRouter(prefix="/v1", include_in_schema=False)
    turn = asyncio.Lock()

    async def run_check(request: Request) -> Response:
        gone = False
        try:
            user = known_user(request)
            wanted = read_check_request(await read_json(request))
            entry = await asyncio.to_thread(find_archive, server, user, wanted.archive)

            def run() -> Check:
                room = server.archives.room(user, entry.key)
                scope = room.news.archive.known(wanted.scope)
                return check(room, wanted.text, scope=scope, cancelled=lambda: gone or server.closed)

            async with turn:
                running = asyncio.create_task(asyncio.to_thread(run))
                while not running.done():
                    gone = gone or await request.is_disconnected()
                    await asyncio.sleep(LOOK_SECONDS)
                found = await running
            if gone or server.closed:
                raise Stopped
        except Exception as error:
            status, told = tell_error(error, fault="text")
            return JSONResponse(told, status)
        if wanted.page:
            return HTMLResponse(as_html(found, archive=entry.name))
        return JSONResponse(found.to_dict())

    router.add_api_route("/check", run_check, methods=["POST"], response_model=None)
    return router
