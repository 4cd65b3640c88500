"""What happens in one tab's conversation: asking, stopping, editing, opening a quote, marking. Knows nothing of Gradio.

What is kept is the truth: a tab holds no turns of its own but the one that is being answered.
"""

import logging
import threading
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlencode

from markupsafe import Markup

from evaluation.gold.marked import mark_answer
from ground.errors import user_errors
from ground.words import duration
from index.article import Article, Section
from index.passage import Span
from index.store.archive import ArchiveError, Counts
from index.store.scope import Scope
from models import Message
from qa.answer import Answer, Citation
from qa.ask import Found, Piece, Status
from qa.narrowing.understood import Understood
from qa.timeline import READ, timeline
from web.conversations import ConversationError, Turn
from web.export import answer_as_fragment, answer_as_markdown, answer_as_text
from web.page.markup import AROUND, Drawer, ShownTurn, line
from web.page.sought import Sought
from web.page.tabs.quoted import QuotedDrawer
from web.queue import Asking, QueuePlace
from web.server import Server

STEPS = {
    "opening the archive": "step_opening",
    "loading the reader": "step_loading",
    "understanding the question": "step_understanding",
    "searching": "step_searching",
    "reading": "step_reading",
    "writing": "step_writing",
}

log = logging.getLogger(__name__)


@dataclass
class Running:
    """The turn that is being answered: its place, what was found for it, and what of its answer has come."""

    asking: Asking
    place: int
    scope: Scope
    doing: str = ""
    done: int = 0
    total: int = 0
    understood: Understood | None = None
    found: Found | None = None
    said: list[Piece] = field(default_factory=list)
    ended: str = ""  # why, where not by an answer

    def so_far(self) -> dict[str, Any] | None:
        """The proved sentences in the shape of an answer; None before the first."""
        return self._as_answer([piece.text for piece in self.said], self.said[-1].citations) if self.said else None

    def first(self) -> dict[str, Any] | None:
        """What was found, in the shape of an answer that is its quote and no more; None before that."""
        if self.found is None:
            return None
        citation = self.found.citation
        return self._as_answer([f"“{' '.join(citation.quote.split())}” [{citation.number}]"], [citation])

    def _as_answer(self, said: Sequence[str], cited: Sequence[Citation]) -> dict[str, Any]:
        held = Answer(None, self.asking.question, self.asking.question, "", "", False, None).to_dict()
        citations = [vars(citation) | {"also_in": list(citation.also_in)} for citation in cited]
        sentences = [{"text": text.strip(), "citations": [], "support": "supported"} for text in said]
        return held | {"answer": "".join(said), "citations": citations, "sentences": sentences}


@dataclass
class Seat:
    """What one tab has open. A conversation has an id from its first question on."""

    user: str = ""
    archive: str = ""
    shown: str = ""  # the archive that the page was drawn for
    conversation: str = ""
    running: Running | None = None
    editing: int | None = None
    deleted: str = ""
    opened: int = 0  # quotes, so far: a browser draws nothing that it has drawn already
    adding: threading.Event | None = None  # set, it stops the adding that runs
    checking: threading.Event | None = None
    batch: threading.Event | None = None
    sought: Sought = field(default_factory=Sought)
    quotes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # that a list shows, by its name
    timelines: dict[tuple[str, int, str], str] = field(default_factory=dict)  # as they are drawn, by their turn
    glancing: bool = True  # no article is open
    edited: tuple[str, dict[str, str]] = ("", {})  # the article that is corrected, and what was known of it then
    undoable: int = 0  # the last change of this tab


class Chat:
    """Conversations over a server's archives, drawn with a drawer."""

    def __init__(self, server: Server, drawer: Drawer) -> None:
        self.server = server
        self.drawer = drawer
        self.words = drawer.words
        self.quoted = QuotedDrawer(drawer)

    # Opening

    def open(self, seat: Seat, id: str) -> None:
        """Opens a kept conversation in this tab; raises ConversationError where the user has none of this id."""
        held = self.server.conversations.get(seat.user, id)
        self.leave(seat, held.archive)
        seat.conversation = held.id

    def leave(self, seat: Seat, archive: str = "") -> None:
        """Begins a new conversation, with another archive where one is given; what runs is stopped."""
        if seat.running:
            seat.running.asking.stop()
        seat.conversation, seat.editing = "", None
        if archive and archive != seat.archive:
            seat.archive, seat.sought = archive, Sought()

    def turns(self, seat: Seat) -> tuple[Turn, ...]:
        if not seat.conversation:
            return ()
        return self.server.conversations.get(seat.user, seat.conversation).turns

    # Asking

    async def ask(
        self, seat: Seat, question: str, scope: Scope, without: Sequence[str] = ()
    ) -> AsyncGenerator[str, None]:
        """Asks, and gives the running turn as HTML at each step; the last is empty: the turn is kept by then.

        Raises what a user can mend for a question that cannot be asked at all. Whoever stops reading stops the model.
        Words of the question that it is asked `without` narrow nothing.
        One is not asked where another was, or something else was opened in the tab, while its archive was looked at.
        """
        kept = self.server.conversations
        turns = self.turns(seat)
        place = min(len(turns) if seat.editing is None else seat.editing, len(turns))
        history = [message for turn in turns[:place] for message in _said(turn)]
        conversation = seat.conversation or kept.start(seat.user, seat.archive)
        before, who = (seat.archive, seat.conversation), f"{seat.user}/{id(seat)}"
        how: dict[str, Any] = {"without": tuple(without)} if without else {}
        asking = await self.server.ask(
            seat.user, seat.archive, question, history, scope=scope, who=who, speak=self.words.language, **how
        )
        if seat.running or before != (seat.archive, seat.conversation):  # meanwhile more was done in this tab
            asking.stop()
            return
        running = seat.running = Running(asking, place, scope)
        asked = datetime.now(UTC).isoformat(timespec="seconds")
        within = {} if scope.everything else scope.to_dict()
        turn = Turn(question, None, self.words("unanswered"), within, asked=asked)
        anew = place < len(turns)  # what stands there stays until there is another answer
        try:
            if not anew:
                kept.put_turn(seat.user, conversation, place, turn)  # whatever happens, the question is not lost
            seat.conversation, seat.editing = conversation, None
            yield self.running(seat)
            async for event in asking.follow():
                self._note(running, event)
                if not isinstance(event, Answer):
                    yield self.running(seat)
            if asking.answer:
                turn = replace(turn, answer=_as_spoken(asking.answer), note="")
                self.server.speed.note(turn.answer or {})
        except Exception as error:
            if not isinstance(error, user_errors()):
                log.exception("while answering")
            running.ended = str(error) if isinstance(error, user_errors()) else self.words("failed")
        finally:
            asking.stop()
            if seat.running is running:
                seat.running = None
            if turn.answer is None:
                turn = replace(
                    turn, answer=running.so_far() or running.first(), note=running.ended or self.words("left")
                )
            if not anew:
                kept.put_answer(seat.user, conversation, place, turn)
            elif turn.note == "":
                kept.put_turn(seat.user, conversation, place, turn)
        if anew and turn.note:
            raise ConversationError(self.words("stays", why=turn.note))
        yield ""

    def _note(self, running: Running, event: object) -> None:
        """Takes in what the queue tells: a place in line, a step, words."""
        if isinstance(event, QueuePlace):
            running.doing = self.words("waiting", count=event.ahead)
            if event.ahead == 0:
                running.doing = self.words("step_opening")
            elif event.seconds is not None:
                running.doing += f", {self.words('about', time=duration(event.seconds))}"
        elif isinstance(event, Status):
            running.doing = self.words(STEPS[event.doing]) if event.doing in STEPS else event.doing
            running.done, running.total = event.done, event.total
        elif isinstance(event, Understood):
            running.understood = event
        elif isinstance(event, Found):
            running.found = event
        elif isinstance(event, Piece):
            running.said.append(event)

    def end(self, seat: Seat) -> None:
        """Stops all that a tab has under way, which is closed."""
        if seat.running:
            seat.running.asking.stop()
        for other in (seat.adding, seat.checking, seat.batch):
            if other:
                other.set()

    def stop(self, seat: Seat) -> None:
        """A person wants no more of it."""
        if seat.running:
            seat.running.ended = self.words("stopped")
            seat.running.asking.stop()

    # What is shown

    def running(self, seat: Seat) -> str:
        """The running turn as HTML; empty where there is none."""
        now = seat.running
        if now is None:
            return ""
        found = (vars(now.found.citation), now.found.words) if now.found else None
        within, narrowing = self._within(now.scope), now.understood.spoken() if now.understood else None
        shown = ShownTurn(now.place, now.asking.question, now.so_far(), within=within, found=found, narrowing=narrowing)
        return self.drawer.running(shown, now.doing or self.words("step_opening"), now.done, now.total)

    def conversation(self, seat: Seat) -> str:
        """The kept turns as HTML, less the one that is running; before the first question a welcome."""
        now = seat.running
        if not seat.conversation and not now:
            return self.drawer.welcome(self.about(seat), self.examples(seat))
        turns = self.turns(seat)
        if now:
            turns = turns[: now.place]
        may = self.may_change(seat)
        shown = [replace(self._shown(seat, place, turn), may_follow=may) for place, turn in enumerate(turns)]
        return self.drawer.conversation(seat.conversation, shown, self.holding(seat))

    def _shown(self, seat: Seat, place: int, turn: Turn) -> ShownTurn:
        answer = turn.answer
        if answer and answer["declined"]:
            answer = answer | {"hits": [hit | {"text": self._text(seat, hit)} for hit in answer["hits"][:10]]}
        copies: tuple[tuple[str, str], ...] = ()
        if turn.answer:
            copies = (
                ("text", answer_as_text(turn.answer, asked=turn.asked, words=self.words)),
                ("markdown", answer_as_markdown(turn.answer, asked=turn.asked, words=self.words)),
                ("html", answer_as_fragment(turn.answer, asked=turn.asked, words=self.words)),
            )
        within = self._within(Scope.from_dict(turn.scope))
        alone = str(turn.answer.get("standalone_question") or "") if turn.answer else ""
        understood = self.words("understood_as", question=alone) if alone and alone != turn.question else ""
        said = (turn.note, within, turn.mark, turn.correction, copies, understood)
        moments = Markup(seat.timelines.get((seat.conversation, place, turn.asked), ""))
        narrowing = (turn.answer or {}).get("understood")
        return ShownTurn(place, turn.question, answer, *said, moments=moments, narrowing=narrowing)

    def _text(self, seat: Seat, hit: dict[str, Any]) -> str:
        article = self._article(seat, hit["article_id"])
        return article.words(hit["start"], hit["end"]) if article else ""

    def _article(self, seat: Seat, id: str) -> Article | None:
        """An article of the open archive; None where either is gone."""
        try:
            return self.server.archives.archive(seat.user, seat.archive).article(id)
        except ArchiveError:
            return None

    def _within(self, scope: Scope) -> str:
        return "" if scope.everything else self.words("asked_within", scope=scope.told(self.words))

    def holding(self, seat: Seat) -> str:
        """What the archive holds, in numbers: "14 articles of 5 outlets, 3 to 9 January 2020"."""
        try:
            return self.describe(self.server.archives.counts(seat.user, seat.archive))
        except ArchiveError:
            return ""

    def describe(self, counts: Counts) -> str:
        words = self.words
        parts = (
            words("articles", count=counts.articles),
            words("passages", count=counts.passages),
            words("outlets_held", count=len(counts.outlets)),
        )
        first, last = self.drawer.day(counts.first_day), self.drawer.day(counts.last_day)
        days = words("from_to", first=first, last=last) if first != last else first
        return ", ".join((*parts, days or words("no_dates")))

    def about(self, seat: Seat) -> str:
        """What the archive holds, for the head of the page; or what to do with an empty one."""
        entries = {entry.key: entry for entry in self.server.archives.listed(seat.user)}
        entry = entries.get(seat.archive)
        if entry is None or entry.problem:
            return entry.problem if entry else ""
        if not entry.articles and entry.may_change:
            return self.words("empty_archive", name=line(entry.name))
        return self.words("holds", holding=self.holding(seat))

    def examples(self, seat: Seat) -> list[str]:
        """Questions that this archive can be asked."""
        try:
            return list(self.server.examples.of(self.server.archives.archive(seat.user, seat.archive)))
        except ArchiveError:
            return []

    # Checking

    def quote(self, seat: Seat, data: dict[str, Any]) -> str:
        """The article of a citation or a hit of this conversation as HTML, its quote marked."""
        place, number = int(data["turn"]), data.get("number")
        self._open(seat)
        if seat.running and place == seat.running.place:
            answer = seat.running.first() if data.get("found") else seat.running.so_far()
        else:
            turns = self.turns(seat)
            answer = turns[place].answer if place < len(turns) else None
        if answer is None:
            raise ConversationError(self.words("elsewhere"))
        if number is None:
            hits = answer["hits"][int(data["hit"]) :]
            if not hits:
                raise ConversationError(self.words("elsewhere"))
            hit = hits[0]
            article = self._article(seat, hit["article_id"])
            told = self._corrections(seat, answer, hit["article_id"])
            span = (hit["start"], hit["end"])
            return self.drawer.article(article, [], 0, span=span, corrections=told, **self._how(seat))
        cited = next((one for one in answer["citations"] if one["number"] == int(number)), None)
        if cited is None:
            raise ConversationError(self.words("elsewhere"))
        article = self._article(seat, cited["article_id"])
        whole = self._whole(seat, article)
        beside = [one for one in answer["citations"] if one["article_id"] == cited["article_id"]]
        told = self._corrections(seat, answer, cited["article_id"])
        opened = seat.opened
        return self.drawer.article(
            article, beside, int(number), whole=whole, corrections=told, **self._how(seat) | {"opened": opened}
        )

    def story(self, seat: Seat, id: str, start: int, *, found: Sequence[Span] = ()) -> str:
        """The article that a story stands in as HTML, from there on, and the words that were found in it marked."""
        article = self._article(seat, id)
        if article is None:
            raise ConversationError(self.words("article_gone"))
        self._open(seat)
        whole = self._whole(seat, article)
        return self.drawer.article(article, [], 1, begin=start, marked=found, whole=whole, **self._how(seat))

    def _how(self, seat: Seat) -> dict[str, Any]:
        """How an article is opened here: where its original is asked for, and whether it can be changed."""
        return {"opened": seat.opened, "archive": seat.archive, "may": self.may_change(seat)}

    def may_change(self, seat: Seat) -> bool:
        """Whether whoever sits here is offered to change the open archive; what they do is asked again then."""
        try:
            return self.server.archives.may_change(seat.user, seat.archive)
        except ArchiveError:
            return False

    def _open(self, seat: Seat) -> None:
        seat.opened += 1
        seat.glancing = False

    def _whole(self, seat: Seat, article: Article | None) -> str:
        """The address of an article's text, where more of it is left out than shown."""
        if article is None or len(article.text) <= 2 * AROUND:
            return ""
        return f"article?{urlencode({'archive': seat.archive, 'id': article.id})}"

    def _corrections(self, seat: Seat, answer: dict[str, Any], id: str) -> list[tuple[Section, str]]:
        """What corrects the stories of an article, as the hits of an answer name it: whose it is, and its words."""
        hits = [hit for hit in answer["hits"] if hit["article_id"] == id]
        places = {(one["article_id"], one["start"], one["end"]) for hit in hits for one in hit.get("corrections", ())}
        found = [(self._article(seat, by), start, end) for by, start, end in sorted(places)]
        return [(by.section_at(start), by.text[start:end]) for by, start, end in found if by]

    def listed_quote(self, seat: Seat, name: str, place: int) -> str:
        """The article of a quote that a list of this tab shows as HTML, the quote marked."""
        quotes = seat.quotes.get(name, [])
        if not 0 <= place < len(quotes):
            raise ConversationError(self.words("elsewhere"))
        cited = quotes[place]
        article = self._article(seat, cited["article_id"])
        self._open(seat)
        return self.drawer.article(article, [cited], 1, whole=self._whole(seat, article), **self._how(seat))

    def timeline(self, seat: Seat, place: int) -> None:
        """Shows when what a turn asks about happened, or no more; no language model is asked."""
        turns = self.turns(seat)
        if place >= len(turns):
            raise ConversationError(self.words("elsewhere"))
        turn = turns[place]
        key = (seat.conversation, place, turn.asked)
        if seat.timelines.pop(key, None) is not None:
            return
        matter = self.matter(turn)
        room = self.server.archives.room(seat.user, seat.archive)
        hits = room.search(matter, READ, scope=Scope.from_dict(turn.scope))
        name = f"timeline-{place}"
        moments = [moment.to_dict() for moment in timeline(matter, hits)]
        seat.timelines[key], seat.quotes[name] = self.quoted.timeline(matter, moments, name)

    @staticmethod
    def matter(turn: Turn) -> str:
        """What a turn asks, so that it can be understood alone."""
        return str((turn.answer or {}).get("standalone_question") or turn.question)

    # Marking

    def mark(self, seat: Seat, place: int, mark: Literal["", "+", "-"], correction: str = "") -> None:
        """Keeps what the reader says of an answer, here and for gold questions; again, and it is gone."""
        turns = self.turns(seat)
        if place >= len(turns):
            raise ConversationError(self.words("elsewhere"))
        turn = turns[place]
        if not correction and turn.mark == mark:
            mark = ""
        self.server.conversations.mark(seat.user, seat.conversation, place, mark, correction)
        if turn.answer:
            folder = self.server.archives.archive(seat.user, seat.archive).folder
            mark_answer(folder, mark, turn.answer, correction=correction)


def _as_spoken(answer: Answer) -> dict[str, Any]:
    """An answer as the wire has it, but for what was understood: as it is said to whoever asked."""
    understood = answer.understood
    return answer.to_dict() | ({"understood": understood.spoken()} if understood else {})


def _said(turn: Turn) -> Sequence[Message]:
    """A kept turn as the newsroom wants its history; one without an answer is none."""
    if not turn.answer:
        return ()
    return Message("user", turn.question), Message("assistant", str(turn.answer["answer"]))
