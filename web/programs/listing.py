"""`GET /v1/search`, `/v1/articles` and `/v1/front`: what an archive holds, as JSON, for pages and programs; no model.

But for a plain question to `/v1/search`, which waits for the embedder.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from index.search.grammar import QueryError
from index.store.scope import Scope
from web.programs.calls import articles, find, find_archive, front_of
from web.programs.completions import known_user, tell_error
from web.server import Server

if TYPE_CHECKING:
    from fastapi import APIRouter

LIMITS = {"search": 10, "articles": 20}


def make_router(server: Server) -> "APIRouter":
    """The routes, for an app that stands behind AuthMiddleware."""
    from fastapi import APIRouter, Request, Response
    from fastapi.responses import JSONResponse

    router = APIRouter(prefix="/v1", include_in_schema=False)

    async def answer(request: Request, work: Callable[[str, str], Any]) -> Response:
        """What `work` makes of a user and the key of the archive that is named; an error as a sentence."""
        try:
            user = known_user(request)

            def do() -> Any:
                return work(user, find_archive(server, user, request.query_params.get("archive", "")).key)

            return JSONResponse(await asyncio.to_thread(do), headers={"cache-control": "no-store"})
        except Exception as error:
            status, told = tell_error(error)
            return JSONResponse({"error": {"message": told["error"]["message"]}}, status)

    async def search(request: Request) -> Response:
        def work(user: str, key: str) -> dict[str, Any]:
            asked = read_asked(request.query_params, "search")
            sort, limit, scope = asked["sort"], asked["limit"], asked["scope"]
            return {"hits": find(server, user, key, asked["words"], limit=limit, scope=scope, sort=sort)}

        return await answer(request, work)

    async def listed(request: Request) -> Response:
        return await answer(
            request, lambda user, key: articles(server, user, key, **read_asked(request.query_params, "articles"))
        )

    async def front(request: Request) -> Response:
        return await answer(request, lambda user, key: front_of(server, user, key))

    for path, run in (("/search", search), ("/articles", listed), ("/front", front)):
        router.add_api_route(path, run, methods=["GET"], response_model=None)
    return router


def read_asked(given: Any, route: str) -> dict[str, Any]:
    """What a query string asks for: q, outlet and language (again for more), since, until, sort, limit, first.

    `given` is Starlette's. Raises QueryError or ScopeError.
    """
    numbers = {}
    for name, default in (("limit", LIMITS[route]), ("first", 1)):
        written = given.get(name) or str(default)
        if not (written.isascii() and written.isdigit()) or len(written) > 6:
            raise QueryError(f"{name} is a whole number, such as {default}")
        numbers[name] = int(written)
    scope = {
        "outlets": given.getlist("outlet"),
        "languages": given.getlist("language"),
        "since": given.get("since") or None,
        "until": given.get("until") or None,
    }
    return {
        "words": given.get("q", ""),
        "sort": given.get("sort", ""),
        "scope": Scope.from_dict(scope),
        **numbers,
    }
