"""The tab that checks a draft: each sentence borne out, contradicted or not found, with the quotes that say so."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import gradio as gr

from qa.checking.check import Check, check
from qa.checking.draft import read_draft
from web.page.chat import Chat, Seat
from web.page.layout import html
from web.page.tabs.add import LOOK_SECONDS, Updates
from web.page.tabs.quoted import QuotedDrawer
from web.server import Server

DRAFTS = [".txt", ".md", ".docx"]


class CheckTab:
    """The tab's parts, within the Blocks that is being built, and what is done with them."""

    def __init__(self, server: Server, chat: Chat) -> None:
        self.server, self.chat, self.words = server, chat, chat.words
        self.draw = QuotedDrawer(chat.drawer)
        words = chat.words
        self.draft = gr.Textbox(
            label=words("draft"), placeholder=words("draft_hint"), lines=6, max_lines=16, elem_id="draft"
        )
        with gr.Row():
            self.begin = gr.Button(words("check"), variant="primary", elem_id="check", min_width=90)
            self.halt = gr.Button(words("stop"), variant="stop", visible=False, min_width=90)
            self.file = gr.UploadButton(words("draft_file"), file_types=DRAFTS, min_width=90)
        self.notice = html("check-notice")
        self.progress = html("check-progress")
        self.found = html("checked", "groundwire.counted(element, watch);")
        self.parts: list[Any] = [self.draft, self.begin, self.halt, self.file, self.progress, self.found]

    def read(self, seat: Seat, _: gr.EventData, file: str | None) -> Updates:
        """A file's text into the box; raises DraftError."""
        return {self.draft: read_draft(Path(file))} if file else {}

    async def run(self, seat: Seat, _: gr.EventData, text: str) -> AsyncGenerator[Updates, None]:
        """Checks; whoever stops it, or closes the page, has what was checked by then, or nothing."""
        stopped = seat.checking = threading.Event()
        done: list[tuple[int, int]] = []
        running = {self.begin: gr.update(visible=False), self.halt: gr.update(visible=True)}
        idle = {self.begin: gr.update(visible=True), self.halt: gr.update(visible=False), self.progress: ""}

        def work() -> Check:
            room = self.server.archives.room(seat.user, seat.archive)
            over = lambda: stopped.is_set() or self.server.closed  # noqa: E731
            return check(room, text, progress=lambda *how_far: done.append(how_far), cancelled=over)

        job = asyncio.get_running_loop().run_in_executor(None, work)
        try:
            yield running | {self.found: "", self.progress: self.chat.drawer.doing(self.words("checking"))}
            while not job.done():
                await asyncio.wait([job], timeout=LOOK_SECONDS)
                if done:
                    yield {self.progress: self.chat.drawer.doing(self.words("checking"), *done[-1])}
            found = await job
        except Exception:
            yield idle
            raise
        finally:
            stopped.set()
        drawn, seat.quotes["checked"] = self.draw.checked(found)
        yield idle | {self.found: drawn}

    def stop(self, seat: Seat, _: gr.EventData) -> Updates:
        if seat.checking:
            seat.checking.set()
        return {}
