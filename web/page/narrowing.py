"""Narrowing what is asked to a part of the archive: what can be chosen, what is, and how it is told."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import gradio as gr

from ground.errors import user_errors
from index.store.archive import Archive
from index.store.scope import Scope, ScopeError
from web.page.chat import Seat
from web.page.layout import Narrow, scope_of
from web.page.markup import Drawer, line
from web.page.tabs.add import Updates
from web.server import Server

MOST_CHOICES = 500
FOUND = 10  # articles that a headline is looked for among


class Narrowing:
    """What is done in the parts of `Narrow`; what is asked within is read from them."""

    def __init__(self, server: Server, draw: Drawer, parts: Narrow) -> None:
        self.server, self.draw, self.words, self.parts = server, draw, draw.words, parts

    # What is shown

    def shown(self, seat: Seat, chosen: Scope, **fold: Any) -> Updates:
        """What can be chosen of an archive, and what is."""
        narrow = self.parts
        archive = self._archive(seat)
        if archive is None:
            return {narrow.timeline: ""}
        counts = self.server.archives.counts(seat.user, seat.archive)
        outlets = [
            (f"{line(name)} ({self.words.figure(count)})", name) for name, count in counts.outlets[:MOST_CHOICES]
        ]
        languages = [
            (f"{self.words.language_of(name)} ({self.words.figure(count)})", name) for name, count in counts.languages
        ]
        pins = self.titles(archive, chosen.articles)
        return {
            narrow.outlets: gr.update(choices=outlets, value=list(chosen.outlets)),
            narrow.languages: gr.update(choices=languages, value=list(chosen.languages), visible=len(languages) > 1),
            narrow.since: chosen.since or "",
            narrow.until: chosen.until or "",
            narrow.pinned: gr.update(choices=pins, value=list(chosen.articles), visible=bool(pins)),
            narrow.find: "",
            **self.asked_within(seat, archive, chosen, **fold),
        }

    def asked_within(self, seat: Seat, archive: Archive, chosen: Scope, **fold: Any) -> Updates:
        narrow = self.parts
        told = self.words("narrow_all")
        if not chosen.everything:
            names = [line(name) for name, _ in self.titles(archive, chosen.articles[:2])]
            more = len(chosen.articles) - len(names)
            parts = [replace(chosen, articles=()).told(self.words), *names, f"+ {more}" if more else ""]
            told = self.words("narrow_to", scope=", ".join(part for part in parts if part))
        bars = self.server.archives.timeline(seat.user, seat.archive)
        drawn = self.draw.timeline(bars, chosen.first_day or "", chosen.last_day or "")
        return {narrow.timeline: drawn, narrow.fold: gr.update(label=told, **fold), narrow.unmeant: ""}

    def titles(self, archive: Archive, ids: Iterable[str]) -> list[tuple[str, str]]:
        """Articles by headline and outlet, for a list of choices."""
        found = ((id, archive.article(id)) for id in ids)
        return [(headline(held.title, held.source, id) if held else id, id) for id, held in found]

    def _archive(self, seat: Seat) -> Archive | None:
        """The open archive; None where there is none any more."""
        try:
            return self.server.archives.archive(seat.user, seat.archive)
        except user_errors():
            return None

    # What is done

    def narrowed(self, seat: Seat, _: gr.EventData, *within: Any) -> Updates:
        archive = self._archive(seat)
        try:
            chosen = scope_of(*within)
        except ScopeError as error:
            return {self.parts.unmeant: self.draw.notice(str(error))}
        return self.asked_within(seat, archive, chosen) if archive else {}

    def choose_period(
        self, seat: Seat, event: gr.EventData, outlets: Any, since: str, until: str, *others: Any
    ) -> Updates:
        """A click on a bar asks from there on, the next one up to there."""
        first, last = (since, event.period) if since and not until and event.period >= since else (event.period, "")
        narrow = self.parts
        shown = self.narrowed(seat, event, outlets, first, last, *others)
        return shown | {narrow.since: first, narrow.until: last}

    def find(self, seat: Seat, _: gr.EventData, sought: str, pinned: list[str]) -> Updates:
        """Articles to choose from by words of their headlines, after those that are chosen."""
        archive = self._archive(seat)
        if archive is None:
            return {}
        found = archive.titles(sought, FOUND) if sought.strip() else []
        choices = self.titles(archive, pinned or ())
        choices += [(headline(title, source, id), id) for id, title, source, _ in found if id not in (pinned or ())]
        return {self.parts.pinned: gr.update(choices=choices, visible=bool(choices))}


def headline(title: str, source: str | None, id: str) -> str:
    """An article in a list of choices."""
    return line(f"{title} · {source or id}")
