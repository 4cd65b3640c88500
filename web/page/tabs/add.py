"""The tab that adds articles: files, folders, addresses; what was understood of them, and how to undo it."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ground.errors import user_errors
from web.adding import Step, batches
from web.batch import Batch
from web.page.chat import Seat
from web.page.layout import html
from web.page.markup import Drawer
from web.server import Server

LOOK_SECONDS = 0.1
EARLIER = 20

Updates = dict[Any, Any]


class AddTab:
    """The tab, made within the Blocks that is being built; `on` wires events. After `events` the archive changed."""

    def __init__(self, server: Server, drawer: Drawer, on: Callable[..., Any]) -> None:
        self.server, self.drawer = server, drawer
        words = drawer.words
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                self.closed = html("closed")
                with gr.Column() as self.giving:
                    files = gr.File(label=words("drop"), file_count="multiple", elem_id="files", height=160)
                    folder = gr.File(label=words("drop_folder"), file_count="directory", elem_id="folder", height=160)
                    addresses = gr.Textbox(
                        label=words("addresses"), placeholder=words("addresses_hint"), lines=2, elem_id="addresses"
                    )
                    with gr.Row():
                        add = gr.Button(words("add"), variant="primary", elem_id="add")
                        halt = gr.Button(words("stop"), variant="stop", visible=False)
            with gr.Column(scale=3, min_width=320):
                progress = html("progress")
                self.result = result = html("added")
                self.earlier = html("earlier")
        self.parts: list[Any] = [self.closed, self.giving, result, self.earlier]

        def shown_running(on: bool) -> Updates:
            return {add: gr.update(visible=not on), halt: gr.update(visible=on)}

        async def run(
            now_on: Seat, _: gr.EventData, dropped: list[str] | None, whole: list[str] | None, pasted: str
        ) -> AsyncGenerator[Updates, None]:
            given = [(Path(file), Path(file).name) for file in (*(dropped or ()), *(whole or ()))]
            wanted = pasted.split()
            if not given and not wanted:
                yield {progress: drawer.notice(words("nothing_to_add"))}
                return
            stopped = threading.Event()
            now_on.adding = stopped
            steps: list[Step] = []
            job = asyncio.get_running_loop().run_in_executor(
                None, lambda: server.add(now_on.user, now_on.archive, given, wanted, steps.append, stopped.is_set)
            )
            try:
                yield {progress: drawer.adding("", 0.0), result: ""} | shown_running(True)
                while not job.done():
                    await asyncio.wait([job], timeout=LOOK_SECONDS)
                    if steps:
                        yield {progress: drawer.adding(steps[-1].file, steps[-1].share)}
                added = await job
            except user_errors() as error:
                yield {progress: drawer.notice(str(error))} | shown_running(False)
                return
            finally:
                stopped.set()  # whoever closes the page takes the rest back
            cleared: Updates = {files: None, folder: None, addresses: "", progress: ""}
            earlier = await asyncio.to_thread(self.look, now_on)
            yield cleared | shown_running(False) | {result: drawer.added(added)} | earlier

        def stop(now_on: Seat, _: gr.EventData) -> Updates:
            if now_on.adding:
                now_on.adding.set()
            return {}

        def take_out(now_on: Seat, event: gr.EventData) -> Updates:
            count = server.take_out(now_on.user, now_on.archive, event.batch)
            said = drawer.note(words("undone", articles=words("articles", count=count)))
            return {result: said, progress: ""} | self.look(now_on)

        outputs = [files, folder, addresses, add, halt, progress, *self.parts]
        self.events = [
            on(add.click, run, [files, folder, addresses], outputs, streams=True),
            on(result.undo, take_out, [], outputs),
            on(self.earlier.undo, take_out, [], outputs),
        ]
        on(halt.click, stop, [], [halt])

    def look(self, now_on: Seat) -> Updates:
        """What was added before and can be taken out; where nothing may be added, one sentence and no more."""
        words = self.drawer.words
        try:
            may = self.server.archives.may_change(now_on.user, now_on.archive)
            held = batches(self.server.archives.archive(now_on.user, now_on.archive)) if may else []
            told = "" if may else self.drawer.note(words("may_not"))
        except user_errors() as error:
            may, held, told = False, [], self.drawer.notice(str(error))
        return {
            self.closed: told,
            self.giving: gr.update(visible=may),
            self.earlier: self.drawer.earlier([self._told(one) for one in held[:EARLIER] if one.whole]),
            **({} if may else {self.result: ""}),
        }

    def _told(self, batch: Batch) -> dict[str, object]:
        """What the list of earlier addings says of one."""
        number = self.drawer.words("articles", count=batch.articles)
        return {"name": batch.name, "day": self.drawer.day(batch.added), "articles": number, "of": of_batch(batch)}


def of_batch(batch: Batch) -> str:
    """The files and addresses of a batch, the first few by name."""
    names = [name for name, _ in (*batch.files, *batch.pages)]
    return ", ".join(names[:3]) + (f" + {len(names) - 3}" if len(names) > 3 else "")
