"""The tab of the questions that are followed: what is known, what has changed since it was looked at, and from whom."""

from typing import Any

import gradio as gr

from ground.errors import user_errors
from index.store.scope import EVERYTHING, Scope
from web.page.chat import Chat, Seat
from web.page.layout import html
from web.page.markup import line
from web.page.tabs.add import Updates
from web.page.tabs.quoted import QuotedDrawer
from web.server import Server


class FollowTab:
    """The tab's parts, within the Blocks that is being built, and what is done with them."""

    def __init__(self, server: Server, chat: Chat, tab: gr.Tab) -> None:
        self.following = server.following
        self.tab, self.chat, self.words = tab, chat, chat.words
        self.draw = QuotedDrawer(chat.drawer)
        words = chat.words
        self.notice = html("follow-notice")
        with gr.Row(elem_classes="one-line") as self.asking:
            self.box = gr.Textbox(
                label=words("follow_box"),
                placeholder=words("follow_hint"),
                show_label=False,
                container=False,
                max_lines=3,
                scale=5,
                elem_id="to-follow",
            )
            self.begin_button = gr.Button(
                words("follow"), variant="primary", min_width=90, scale=1, elem_id="follow-begin"
            )
        self.listed = html("followed")
        self.again = gr.Button(words("look_for_news"), size="sm", elem_id="look-for-news")
        self.parts: list[Any] = [self.tab, self.listed, self.box, self.again, self.asking]

    # What is done

    def begin(self, seat: Seat, _: gr.EventData, question: str, scope: Scope = EVERYTHING) -> Updates:
        """Follows what stands in the box, or a question that was asked within a scope."""
        change = self.following.follow(seat.user, seat.archive, question.strip(), scope)
        told = self.words("followed_now", question=line(change.question))
        return self.look(seat) | {self.box: "", self.notice: self.chat.drawer.note(told)}

    def unfollow(self, seat: Seat, event: gr.EventData) -> Updates:
        question = self.following.unfollow(seat.user, seat.archive, int(event.number))
        return self.look(seat) | {self.notice: self.chat.drawer.note(self.words("unfollowed", question=line(question)))}

    def check(self, seat: Seat, _: gr.EventData) -> Updates:
        """Asks all of what is new in the archive."""
        changes = self.following.check(seat.user, seat.archive)
        told = self.words("changes", count=len(changes)) if changes else self.words("no_changes")
        return self.look(seat) | {self.notice: self.chat.drawer.note(told)}

    def opened(self, seat: Seat, _: gr.EventData) -> Updates:
        """Somebody looks: what is new is marked once more, and counted no more."""
        shown = self.look(seat)
        self.following.see(seat.user, seat.archive)
        return shown | self.badge(seat) | {self.notice: ""}

    # What is shown

    def look(self, seat: Seat) -> Updates:
        """The questions, and their number of unseen changes on the tab."""
        try:
            rows = self.following.listed(seat.user, seat.archive)
            may = self.following.may(seat.user, seat.archive)
        except user_errors() as error:
            return {self.listed: self.chat.drawer.notice(str(error))}
        drawn, seat.quotes["followed"] = self.draw.followed(rows, may=may)
        shown = {self.listed: drawn, self.again: gr.update(visible=may and bool(rows))}
        return shown | {self.asking: gr.update(visible=may)} | self._badge(sum(row["unseen"] for row in rows))

    def badge(self, seat: Seat) -> Updates:
        try:
            return self._badge(self.following.unseen(seat.user, seat.archive))
        except user_errors():
            return self._badge(0)

    def _badge(self, unseen: int) -> Updates:
        name = self.words("follow_tab")
        return {self.tab: gr.update(label=f"{name} ({unseen})" if unseen else name)}

    def after_adding(self, seat: Seat) -> Updates:
        """Articles came in: what is followed is asked of them. Where it cannot be asked, the tab says why later."""
        try:
            self.following.check(seat.user, seat.archive)
        except user_errors():
            return {}
        return self.look(seat)
