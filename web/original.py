"""`GET /original`: what the file of an article shows, a quote marked; behind the same rights as the article itself.

The page around it is ours and runs nothing. What the file says is a picture, or HTML in a frame that may do nothing:
its policy lets no script run and nothing be loaded, and makes it a page of no site.
"""

import base64
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ground.errors import user_errors
from ground.language import Words
from ground.shown import one_line
from index.article import Article
from index.originals.inert_page import MARK, POLICY
from index.originals.showing import (
    PLAIN,
    original_file,
    page_at,
    pages_of,
    show_original,
    why_kept,
)
from index.originals.shown import OriginalError, Shown
from index.store.archive import Archive, ArchiveError
from web.auth.headers import language_of
from web.auth.middleware import user_of
from web.server import Server

if TYPE_CHECKING:
    from fastapi import APIRouter

AT_ONCE = 2  # originals that are made: each has a process of its own
PATIENCE_SECONDS = 20.0
OWN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; frame-ancestors 'self';"
    " form-action 'none'; base-uri 'none'"
)
SAVED_POLICY = f"sandbox; {POLICY}; frame-ancestors 'self'"
SAFE = {"x-content-type-options": "nosniff", "cache-control": "no-store", "referrer-policy": "no-referrer"}
BUSY = "others look at originals just now; try again in a moment"


class Busy(Exception):
    """Too many originals are being made."""


def make_router(server: Server) -> "APIRouter":
    """The routes, for an app that stands behind AuthMiddleware."""
    from fastapi import APIRouter, Request
    from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

    router = APIRouter(prefix="/original", include_in_schema=False)
    making = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def turn() -> Iterator[None]:
        if not making.acquire(timeout=PATIENCE_SECONDS):
            raise Busy(BUSY)
        try:
            yield
        finally:
            making.release()

    def answer(request: Request, work: Callable[[Archive, Article, "_Given"], Response]) -> Response:
        """What `work` makes of an article that the user may read; why not, in a sentence."""
        try:
            given = _Given(request.query_params)
            archive = server.archives.archive(user_of(request) or "", given.archive)
            article = archive.article(given.id)
            if article is None:
                raise ArchiveError(f'no article has the id "{one_line(given.id)[:200]}"')
            with turn():
                return work(archive, article, given)
        except Busy as error:
            return PlainTextResponse(str(error), 503, {**SAFE, "retry-after": "5"})
        except user_errors() as error:
            return PlainTextResponse(str(error), 404, {**SAFE, "content-security-policy": OWN_POLICY})

    @router.get("")
    def around(request: Request) -> Response:
        """The page around the original."""

        def work(archive: Archive, article: Article, given: _Given) -> Response:
            words = Words(language_of(request.scope, server.settings.speak))
            view = _view(archive, article, given, words)
            return HTMLResponse(_template(words.language).render(view), headers=_policy(OWN_POLICY))

        return answer(request, work)

    @router.get("/page")
    def page(request: Request) -> Response:
        """A page of a PDF as PNG, the quote marked."""

        def work(archive: Archive, article: Article, given: _Given) -> Response:
            shown = show_original(archive, article, given.start, given.end, page=given.page)
            if shown.kind != "page":
                raise OriginalError(f"{article.id}: its original has no pages that can be drawn")
            return Response(shown.data, media_type="image/png", headers=_policy(OWN_POLICY))

        return answer(request, work)

    @router.get("/saved")
    def saved(request: Request) -> Response:
        """A page or a mail as it was saved, as HTML that does nothing."""

        def work(archive: Archive, article: Article, given: _Given) -> Response:
            shown = show_original(archive, article, given.start, given.end, bare=given.bare)
            if shown.kind != "html":
                raise OriginalError(f"{article.id}: its original is no page and no mail")
            return Response(shown.data, media_type="text/html; charset=utf-8", headers=_policy(SAVED_POLICY))

        return answer(request, work)

    @router.get("/file")
    def file(request: Request) -> Response:
        """The file itself, to take away."""

        def work(archive: Archive, article: Article, given: _Given) -> Response:
            name, held = original_file(archive, article)
            told = quote(re.sub(r"[\x00-\x1f\x7f\"\\/]", "_", name)[-150:])
            headers = {**_policy(SAVED_POLICY), "content-disposition": f"attachment; filename*=UTF-8''{told}"}
            if isinstance(held, Path):
                return FileResponse(held, media_type="application/octet-stream", headers=headers)
            return Response(held, media_type="application/octet-stream", headers=headers)

        return answer(request, work)

    return router


def address(archive: str, id: str, start: int = 0, end: int = 0, *, route: str = "original", **more: object) -> str:
    """Where an original is shown, below the page's own address."""
    at = {"at": f"{start}:{end}"} if end > start else {}
    return f"{route}?{urlencode({'archive': archive, 'id': id, **at, **more})}"


class _Given:
    """What a query string asks for; raises OriginalError for what it cannot mean."""

    def __init__(self, query: Any) -> None:
        self.archive, self.id = query.get("archive", ""), query.get("id", "")
        at = re.fullmatch(r"(\d{1,9}):(\d{1,9})", query.get("at", "0:0"))
        page = query.get("page", "")
        if at is None or (page and not re.fullmatch(r"[0-9]{1,6}", page)):
            raise OriginalError("at is START:END, and page a whole number")
        self.start, self.end = int(at[1]), int(at[2])
        self.page = int(page) if page else None
        self.bare = query.get("bare") == "1"

    def link(self, route: str, **more: object) -> str:
        return address(self.archive, self.id, self.start, self.end, route=route, **more)


def _policy(policy: str) -> dict[str, str]:
    return {**SAFE, "content-security-policy": policy}


def _view(archive: Archive, article: Article, given: _Given, words: Words) -> dict[str, Any]:
    """What the page around an original shows."""
    view: dict[str, Any] = {
        "language": words.language,
        "title": one_line(article.title),
        "larger": "",
        "bare": "",
        "file": "",
        "pages": [],
    }
    view |= {"why": "", "note": "", "picture": "", "frame": "", "bare_name": ""}
    try:
        shown = show_original(archive, article, given.start, given.end, page=given.page, bare=given.bare)
        view["file"] = "" if why_kept(archive, article) else given.link("original/file")
    except OriginalError as error:
        view["why"] = str(error)
        return view
    view["why"] = shown.why and words("original_not_found", why=shown.why)
    view["larger"] = given.link("original", **({"page": given.page} if given.page else {})) + "#quote"
    if shown.kind == "page":
        on = pages_of(article, given.start, given.end) or [page_at(article, given.start)]
        view["pages"] = _pages(shown, on, given, words)
        view["picture"] = f"data:image/png;base64,{base64.b64encode(shown.data).decode()}"
        view |= {"width": shown.width, "height": shown.height}
        view["top"] = f"{100 * shown.boxes[0].top:.2f}" if shown.boxes else "0"
        how = "original_page_marked" if shown.marked else "original_page"
        view["alt"] = words(how, page=shown.page, pages=shown.pages, title=view["title"])
    elif shown.kind == "html":
        view["note"] = words("original_saved")
        view["frame"] = f"{given.link('original/saved', bare=int(given.bare))}#{MARK}"
        view["bare"] = given.link("original", bare=int(not given.bare)) + "#quote"
        view["bare_name"] = words("original_styled" if given.bare else "original_bare")
    else:
        view["note"] = words("original_plain" if shown.suffix in PLAIN else "original_other")
        view["larger"] = ""
    return view


def _pages(shown: Shown, on: list[int], given: _Given, words: Words) -> list[dict[str, Any]]:
    """The pages that the quote stands on, and those around the one that is drawn."""
    number, pages = shown.page, shown.pages
    listed = sorted({*on, number, max(1, number - 1), min(pages, number + 1)})
    return [
        {
            "link": given.link("original", page=one) + "#quote",
            "name": words(
                "original_page_quoted" if one in on and given.end else "original_page_of", page=one, pages=pages
            ),
            "current": one == number,
        }
        for one in listed
    ]


@cache
def _template(language: str) -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.globals["t"] = Words(language)
    return environment.from_string(Path(__file__).with_name("original.html").read_text("utf-8"))
