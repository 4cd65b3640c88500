"""What an editor does with the article that is open: corrects what is known of it, or forgets it, and undoes that."""

from typing import Any

import gradio as gr

from index.understanding.correction import FIELDS
from web.page.chat import Chat, Seat
from web.page.layout import html
from web.page.markup import line
from web.page.tabs.add import Updates
from web.server import Server

PAIRS = (FIELDS[:1], FIELDS[1:3], FIELDS[3:5], FIELDS[5:7], FIELDS[7:])  # as they stand beside each other


class EditForm:
    """The form above the article, within the Blocks that is being built, and what is done with it."""

    def __init__(self, server: Server, chat: Chat) -> None:
        self.server, self.chat, self.words = server, chat, chat.words
        words = chat.words
        self.told = html("edited")
        with gr.Group(visible=False, elem_id="edit") as self.form:
            self.fields: list[Any] = []
            for names in PAIRS:
                with gr.Row():
                    self.fields += [
                        gr.Textbox(label=words(f"field_{name}"), max_lines=2, min_width=120, elem_id=f"edit-{name}")
                        for name in names
                    ]
            with gr.Row():
                self.save_button = gr.Button(
                    words("save"), size="sm", min_width=60, variant="primary", elem_id="edit-save"
                )
                self.cancel_button = gr.Button(words("cancel"), size="sm", min_width=60)
        self.parts: list[Any] = [self.form, *self.fields]

    def begin(self, seat: Seat, event: gr.EventData) -> Updates:
        """Opens the form on what is known now: what is saved is compared with it."""
        id = str(event.article)
        known = self.server.changing.known(seat.user, seat.archive, id)
        seat.edited = id, known
        return {self.form: gr.update(visible=True)} | {
            field: known[name] for name, field in zip(FIELDS, self.fields, strict=True)
        }

    def save(self, seat: Seat, _: gr.EventData, *written: str | None) -> Updates:
        """Saves what was changed in the form; raises Meanwhile where somebody else was faster, and it stays open."""
        id, seen = seat.edited
        values = {name: (value or "").strip() for name, value in zip(FIELDS, written, strict=True)}
        changed = {name: value for name, value in values.items() if value != seen.get(name, "")}
        if not changed:
            return self.cancel(seat, _)
        problems = self.server.changing.correct(seat.user, seat.archive, id, changed, seen, "page")
        seat.undoable = self._last(seat, id)
        told = " ".join([self.words("edit_saved", article=line(id)), *map(line, problems)])
        return {self.form: gr.update(visible=False), self.told: self.chat.drawer.undo_line(told)}

    def cancel(self, seat: Seat, _: gr.EventData) -> Updates:
        return {self.form: gr.update(visible=False)}

    def forget(self, seat: Seat, event: gr.EventData) -> Updates:
        """Takes the article out, and keeps it out."""
        id = str(event.article)
        self.server.changing.forget(seat.user, seat.archive, id, "page")
        seat.undoable = self._last(seat, id)
        told = self.chat.drawer.undo_line(self.words("edit_forgotten", article=line(id)))
        return {self.form: gr.update(visible=False), self.told: told}

    def undo(self, seat: Seat, _: gr.EventData) -> Updates:
        """Undoes what this tab changed last."""
        made, problems = self.server.changing.undo(seat.user, seat.archive, seat.undoable, "page")
        told = self.words("edit_undone", number=seat.undoable, made=made.number)
        return {self.told: self.chat.drawer.note(" ".join([told, *map(line, problems)]))}

    def _last(self, seat: Seat, id: str) -> int:
        edits = self.server.changing.listed(seat.user, seat.archive, who=seat.user, of=id, most=1)
        return edits[0].number if edits else 0
