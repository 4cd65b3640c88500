"""`GET /v1/changes` and what changes an archive: `POST /v1/correct`, `/forget`, `/remember`, `/follow`, `/unfollow`,
`/undo`. Who may not is told so, 403; who was slower than somebody else, 409.

None of it is a tool of assistants: they read articles, which are others' words, and are not to take any out.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from index.store.edits import Meanwhile
from index.store.scope import Scope
from web.programs.calls import find_archive
from web.programs.completions import RequestError, known_user, read_json, tell_error
from web.server import Server

if TYPE_CHECKING:
    from fastapi import APIRouter

MOST = 1_000
Work = Callable[[Server, str, str, Mapping[str, Any]], dict[str, Any]]


def _correct(server: Server, user: str, key: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    values, seen = _values(asked, "values"), _values(asked, "seen")
    if missing := sorted(set(values) - set(seen)):
        raise RequestError(f"seen has what was seen of each field that is corrected; {missing[0]} is missing", "seen")
    return {"problems": server.changing.correct(user, key, _text(asked, "article"), values, seen, "program")}


def _forget(server: Server, user: str, key: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    server.changing.forget(user, key, _text(asked, "article"), "program")
    return {}


def _remember(server: Server, user: str, key: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"problems": server.changing.remember(user, key, _text(asked, "article"), "program")}


def _follow(server: Server, user: str, key: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    scope = Scope.from_dict(asked.get("scope"))
    return server.following.follow(user, key, _text(asked, "question"), scope, "program").to_dict()


def _unfollow(server: Server, user: str, key: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"question": server.following.unfollow(user, key, _number(asked), "program")}


def _undo(server: Server, user: str, key: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    made, problems = server.changing.undo(user, key, _number(asked), "program")
    return {"change": made.to_dict(), "problems": problems}


WORKS: dict[str, Work] = {
    "correct": _correct,
    "forget": _forget,
    "remember": _remember,
    "follow": _follow,
    "unfollow": _unfollow,
    "undo": _undo,
}


def make_changing_router(server: Server) -> "APIRouter":
    """The routes, for an app that stands behind AuthMiddleware."""
    from fastapi import APIRouter, Request, Response
    from fastapi.responses import JSONResponse

    router = APIRouter(prefix="/v1", include_in_schema=False)

    async def answer(request: Request, work: Callable[[str], dict[str, Any]]) -> Response:
        try:
            return JSONResponse(
                await asyncio.to_thread(work, known_user(request)), headers={"cache-control": "no-store"}
            )
        except Exception as error:
            status, told = (409, _told(error)) if isinstance(error, Meanwhile) else tell_error(error, fault="body")
            return JSONResponse(told, status)

    async def changes(request: Request) -> Response:
        asked = request.query_params

        def work(user: str) -> dict[str, Any]:
            key = find_archive(server, user, asked.get("archive", "")).key
            since = Scope(since=asked.get("since") or None).first_day or ""
            who, of = asked.get("who"), asked.get("article")
            return {
                "changes": [
                    edit.to_dict() for edit in server.changing.listed(user, key, who=who, since=since, of=of, most=MOST)
                ]
            }

        return await answer(request, work)

    def route(name: str, do: Work) -> None:
        async def change(request: Request) -> Response:
            try:
                asked = await read_json(request)
            except RequestError as error:
                return JSONResponse(tell_error(error)[1], 400)

            def work(user: str) -> dict[str, Any]:
                if not isinstance(asked, Mapping):
                    raise RequestError("the body is no JSON object")
                archive = asked.get("archive") or ""
                if not isinstance(archive, str):
                    raise RequestError("archive is the name of an archive", "archive")
                return do(server, user, find_archive(server, user, archive, to_change=True).key, asked)

            return await answer(request, work)

        router.add_api_route(f"/{name}", change, methods=["POST"], response_model=None)

    router.add_api_route("/changes", changes, methods=["GET"], response_model=None)
    for name, do in WORKS.items():
        route(name, do)
    return router


def _told(error: Exception) -> dict[str, Any]:
    return {"error": {"message": str(error), "type": "conflict_error", "param": None, "code": None}}


def _text(asked: Mapping[str, Any], field: str) -> str:
    value = asked.get(field)
    if not isinstance(value, str) or not value.strip():
        what = "the question, as text" if field == "question" else "the id of an article, as text"
        raise RequestError(f"{field} is {what}", field)
    return value


def _number(asked: Mapping[str, Any]) -> int:
    value = asked.get("number")
    if not isinstance(value, int) or isinstance(value, bool):
        raise RequestError("number is a whole number, as the list has it", "number")
    return value


def _values(asked: Mapping[str, Any], field: str) -> dict[str, str]:
    value = asked.get(field)
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise RequestError(f'{field} is an object of texts, such as {{"source": "AFP"}}; "" is for nothing', field)
    return dict(value)
