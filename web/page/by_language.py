"""Which page a visitor gets: Gradio builds a page before anybody is there, so there is one for each language."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from web.auth.headers import AsgiScope, language_of
from web.auth.middleware import Receive, Send

MCP_PATH = "/gradio_api/mcp"  # of programs, which have no language: the first page answers it


class ByLanguage:
    """`pages` by their language. Every request goes to that of its language, a tab's events as well."""

    def __init__(self, pages: Mapping[str, FastAPI]) -> None:
        self.pages = pages
        self.first = next(iter(pages))

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        language = language_of(scope)
        if language not in self.pages or MCP_PATH in scope["path"]:
            language = self.first
        await self.pages[language](scope, receive, send)

    @asynccontextmanager
    async def running(self, _: FastAPI) -> AsyncIterator[None]:
        """What each page does as long as it is served."""
        async with AsyncExitStack() as stack:
            for page in self.pages.values():
                await stack.enter_async_context(page.router.lifespan_context(page))
            yield
