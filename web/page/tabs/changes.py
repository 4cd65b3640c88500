"""The tab of who changed what in the archive, newest first; whoever may change it undoes any of it."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ground.errors import user_errors
from index.store.edits import Edit
from qa.undo import can_undo
from web.page.chat import Chat, Seat
from web.page.layout import html
from web.page.markup import line
from web.page.tabs.add import Updates
from web.server import Server

LISTED = 200
NAMED = 3


class ChangesTab:
    """The tab's parts, within the Blocks that is being built, and what is done with them."""

    def __init__(self, server: Server, chat: Chat) -> None:
        self.server, self.chat, self.words = server, chat, chat.words
        self._draw = chat.drawer.macros("changes.html")
        self.notice = html("changes-notice")
        self.listed = html("changes")

    def opened(self, seat: Seat, _: gr.EventData) -> Updates:
        """Somebody looks."""
        return self.look(seat)

    def look(self, seat: Seat) -> Updates:
        try:
            edits = self.server.changing.listed(seat.user, seat.archive, most=LISTED)
            may = self.server.archives.may_change(seat.user, seat.archive)
        except user_errors() as error:
            return {self.listed: self.chat.drawer.notice(str(error))}
        return {self.listed: str(self._draw.changes([self._row(edit, may) for edit in edits], may))}

    def undo(self, seat: Seat, event: gr.EventData) -> Updates:
        """Undoes a change, whoever made it."""
        made, problems = self.server.changing.undo(seat.user, seat.archive, int(event.number), "page")
        told = self.words("edit_undone", number=int(event.number), made=made.number)
        return self.look(seat) | {self.notice: self.chat.drawer.note(" ".join([told, *map(line, problems)]))}

    def _row(self, edit: Edit, may: bool) -> dict[str, Any]:
        words = self.words
        more = len(edit.of) - NAMED
        notes = [words("edit_undoes", number=edit.undoes)] if edit.undoes else []
        notes += [words("edit_undone_by", number=edit.undone)] if edit.undone else []
        correcting = edit.what == "correct"
        return {
            "number": edit.number,
            "at": edit.at[:16].replace("T", " "),
            "who": line(edit.who) or words("somebody"),
            "through": "" if edit.through == "page" else words(f"through_{edit.through}"),
            "what": words(f"what_{edit.what.replace(' ', '_')}"),
            "of": [line(one) for one in edit.of[:NAMED]],
            "opens": correcting,
            "more": words("more_facets", count=more) if more > 0 else "",
            "counts": self._counts(edit),
            "fields": self._values(edit) if correcting else [],
            "note": "; ".join(notes),
            "may_undo": may and can_undo(edit),
        }

    def _counts(self, edit: Edit) -> str:
        if "articles" in edit.after:
            return self.words("articles", count=edit.after["articles"])
        return self.words("added_counts_removed", **edit.after) if edit.what == "index" and edit.after else ""

    def _values(self, edit: Edit) -> Sequence[dict[str, str]]:
        return [
            {
                "name": self.words(f"field_{name}"),
                "before": self._value(edit.before.get(name)),
                "after": self._value(to),
            }
            for name, to in edit.after.items()
        ]

    def _value(self, value: str | None) -> str:
        return self.words("as_read") if value is None else line(value) or self.words("not_known")
