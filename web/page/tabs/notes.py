"""The tab of the notebook: the quotes that were pinned, notes among them, in an order, and the files to take away."""

from functools import partial
from typing import Any
from urllib.parse import quote

import gradio as gr

from ground.errors import user_errors
from qa.notebook.book import Notebook, add_note, find_entry, move, remove, undo
from qa.notebook.write import KINDS
from web.page.chat import Chat, Seat
from web.page.layout import html
from web.page.tabs.add import Updates
from web.page.tabs.quoted import QuotedDrawer
from web.server import Server


def raise_entry(book: Notebook, number: int) -> Notebook:
    """The notebook with an entry one place up; as it is where that stands first. Raises NotebookError."""
    place = book.entries.index(find_entry(book, number))
    return move(book, number, before=book.entries[place - 1].number) if place else book


class NotebookTab:
    """The tab's parts, within the Blocks that is being built, and what is done with them."""

    def __init__(self, server: Server, chat: Chat) -> None:
        self.notebooks, self.chat, self.words = server.notebooks, chat, chat.words
        self.draw = QuotedDrawer(chat.drawer)
        words = chat.words
        self.notice = html("notebook-notice")
        with gr.Row(elem_classes="one-line"):
            self.box = gr.Textbox(
                label=words("note"), placeholder=words("note_hint"), show_label=False, container=False, max_lines=4,
                scale=5, elem_id="note",
            )  # fmt: skip
            self.write = gr.Button(words("add_note"), variant="primary", min_width=90, scale=1, elem_id="add-note")
        self.listed = html("notebook")
        self.parts: list[Any] = [self.listed, self.box]

    def pin(self, seat: Seat, event: gr.EventData) -> Updates:
        """Pins the quote that is marked in the open article."""
        start, _, end = str(event.at).partition(":")
        self.notebooks.pin(seat.user, seat.archive, str(event.article), int(start), int(end))
        return self.look(seat)

    def note(self, seat: Seat, _: gr.EventData, text: str) -> Updates:
        return self._change(seat, partial(add_note, text=text)) | {self.box: ""}

    def remove(self, seat: Seat, event: gr.EventData) -> Updates:
        return self._change(seat, partial(remove, numbers=[int(event.number)]))

    def up(self, seat: Seat, event: gr.EventData) -> Updates:
        """Puts an entry before the one above it."""
        return self._change(seat, partial(raise_entry, number=int(event.number)))

    def undo(self, seat: Seat, _: gr.EventData) -> Updates:
        return self._change(seat, undo)

    def opened(self, seat: Seat, _: gr.EventData) -> Updates:
        """Somebody looks."""
        return self.look(seat)

    def look(self, seat: Seat) -> Updates:
        try:
            book = self.notebooks.read(seat.user, seat.archive)
        except user_errors() as error:
            return {self.listed: self.chat.drawer.notice(str(error))}
        links = [(kind[1:], f"notebook/{quote(seat.archive, safe='')}{kind}") for kind in KINDS]
        drawn, seat.quotes["notebook"] = self.draw.notebook(book, links if book.entries else [])
        return {self.listed: drawn}

    def _change(self, seat: Seat, make: Any) -> Updates:
        self.notebooks.change(seat.user, seat.archive, make)
        return self.look(seat)
