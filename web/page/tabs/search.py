"""The tab that searches: exact search while it is typed, narrowed by outlet, month and person, and widened again.

What is found and counted is what `/v1/articles` gives.
"""

from dataclasses import replace
from typing import Any

import gradio as gr

from ground.errors import user_errors
from index.passage import Span
from index.store.scope import Scope
from web.page.chat import Chat, Seat
from web.page.layout import html
from web.page.sought import KINDS, SHOWN, Kind, Sought
from web.page.tabs.add import Updates
from web.page.tabs.finding import FindingDrawer
from web.programs.calls import MOST_LISTED, articles
from web.server import Server

BEGUN = 2  # letters of a word from which it can be the beginning of one


class SearchTab:
    """The tab's parts, within the Blocks that is being built, and what is done with them."""

    def __init__(self, server: Server, chat: Chat) -> None:
        self.server = server
        self.words = chat.words
        self.draw = FindingDrawer(chat.drawer)
        self.box = html("seek", "groundwire.seek(element, trigger);", value=self.draw.box(""))
        self.notice = html("search-notice")
        self.found = html("found", "groundwire.counted(element, watch);")

    # What is done

    def typed(self, seat: Seat, event: gr.EventData) -> Updates:
        """The words of the box are others; what was typed before them is searched no more."""
        number = int(event.number)
        if number < seat.sought.number:
            return {}
        seat.sought = replace(
            seat.sought, words=str(event.words), sort=str(event.sort), shown=SHOWN, number=number, looked=True
        )
        found = self.look(seat)
        return found if seat.sought.number == number else {}

    def narrow(self, seat: Seat, event: gr.EventData) -> Updates:
        kind, name = kind_of(event.kind), str(event.name)
        chosen = seat.sought.chosen()[kind]
        seat.sought = seat.sought.only(kind, tuple(dict.fromkeys((*chosen, name))))
        return self.look(seat)

    def widen(self, seat: Seat, event: gr.EventData) -> Updates:
        """One of what the search is narrowed to is taken away; without a kind all of it."""
        if not event.kind:
            seat.sought = replace(seat.sought, shown=SHOWN, outlets=(), months=(), people=())
            return self.look(seat)
        kind = kind_of(event.kind)
        left = tuple(name for name in seat.sought.chosen()[kind] if name != event.name)
        seat.sought = seat.sought.only(kind, left)
        return self.look(seat)

    def more(self, seat: Seat, _: gr.EventData) -> Updates:
        seat.sought = replace(seat.sought, shown=min(MOST_LISTED, 2 * seat.sought.shown))
        return self.look(seat)

    def begin(self, seat: Seat, event: gr.EventData) -> Updates:
        """From elsewhere on the page: all stories, or those of one outlet, month or person."""
        sought = Sought(number=seat.sought.number)
        kind = event._data.get("kind")
        seat.sought = sought.only(kind_of(kind), (str(event.name),)) if kind else sought
        return self.look(seat)

    def opened(self, seat: Seat, _: gr.EventData) -> Updates:
        return {} if seat.sought.looked else self.look(seat)

    def marks(self, seat: Seat, article: str, start: int) -> list[Span]:
        """The words that were found in the story of an article whose passage begins at `start`."""
        only = self._listing(seat, replace(seat.sought, shown=MOST_LISTED), articles=(article,))
        return [(first, last) for hit in only["hits"] if hit["start"] == start for first, last in hit["marks"]]

    # What is shown

    def shown(self, seat: Seat) -> Updates:
        """The same search over what the archive holds now; nothing before the tab was opened."""
        found = self.look(seat) if seat.sought.looked else {self.found: ""}
        return found | {self.box: self.draw.box(seat.archive)}

    def look(self, seat: Seat) -> Updates:
        """What is found. Words that cannot be read, as those that are still typed, are told in its place."""
        seat.sought = sought = replace(seat.sought, looked=True, begun=False)
        note = ""
        try:
            listing = self._listing(seat, sought)
            begun = begun_word(sought.words)
            if begun and not listing["total"]:
                tried = self._listing(seat, replace(sought, begun=True))
                if tried["total"]:
                    listing, note = tried, self.words("as_begun", word=begun)
                    seat.sought = replace(sought, begun=True)
        except user_errors() as error:
            return {self.found: self.draw.unread(str(error), sought.chosen())}
        question = sought.words.strip() if asks(sought.words) or not listing["total"] else ""
        return {self.found: self.draw.found(listing, sought.chosen(), note=note, question=question)}

    def _listing(self, seat: Seat, sought: Sought, **scope: Any) -> dict[str, Any]:
        within = Scope(outlets=sought.outlets, **scope)
        words, limit = sought.query(), sought.shown
        return articles(
            self.server, seat.user, seat.archive, words, limit=limit, first=1, scope=within, sort=sought.sort
        )


def kind_of(written: object) -> Kind:
    """The kind that a browser names; raises ValueError for one that is none."""
    for kind in KINDS:
        if written == kind:
            return kind
    raise ValueError(f"no kind of name: {written!r}")


def begun_word(words: str) -> str:
    """The last word where it may still be typed: a plain one, of more than a letter.

    >>> begun_word("storm floo"), begun_word('"storm floo"'), begun_word("floo*"), begun_word("f")
    ('floo', '', '', '')
    """
    last = words.split()[-1:] if words[-1:].isalnum() and words.count('"') % 2 == 0 else []
    word = last[0] if last else ""
    return word if len(word) >= BEGUN and word.isalnum() and word not in ("AND", "OR", "NOT", "NEAR") else ""


def asks(words: str) -> bool:
    """Whether it is a question rather than a search.

    >>> asks("Who won?"), asks("flood AND mayor")
    (True, False)
    """
    return words.rstrip().endswith("?")
