"""What the page shows and does: each method of `PageEvents` is one thing that a person does, and gives what changes.

What happens in a conversation is in `chat`, how it looks in `markup`, which parts there are in `layout`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

import gradio as gr

from ground.errors import GroundwireError, user_errors
from ground.language import Words
from index.store.scope import Scope
from web.conversations import ConversationError
from web.page.chat import Chat, Seat
from web.page.chips import without
from web.page.layout import Sidebar, Talk, html, scope_of
from web.page.markup import Drawer, line
from web.page.narrowing import Narrowing
from web.page.tabs.add import AddTab, Updates
from web.page.tabs.batch import BatchTab
from web.page.tabs.changes import ChangesTab
from web.page.tabs.check import CheckTab
from web.page.tabs.edit import EditForm
from web.page.tabs.finding import FindingDrawer
from web.page.tabs.follow import FollowTab
from web.page.tabs.measure import build_measure_tab
from web.page.tabs.notes import NotebookTab
from web.page.tabs.search import SearchTab
from web.server import Server

QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
SLOW: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
LISTED = 60
EXPORTS = (("text", "txt"), ("markdown", "md"), ("html", "html"), ("json", "json"))
UPLOADS_KEPT = (3_600, 86_400)  # seconds: how often Gradio looks, and how old what it deletes is


class SeatError(GroundwireError):
    """A tab that another login opened; the message says what to do."""


def build_page(server: Server, words: Words | None = None) -> gr.Blocks:
    """The page, not yet served. Each tab has a seat of its own; all ask through one queue."""
    words = words or Words()
    title = words("page_title")
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True, delete_cache=UPLOADS_KEPT) as blocks:
        PageEvents(server, words, blocks)
    built: gr.Blocks = blocks
    return built


class PageEvents:
    """The parts and what they do, within the Blocks that is being built."""

    def __init__(self, server: Server, words: Words, blocks: gr.Blocks) -> None:
        self.server = server
        self.words = words
        self.chat = Chat(server, Drawer(words))
        self.draw = self.chat.drawer
        self.seat = gr.State(Seat(), delete_callback=self.chat.end)
        self.place = gr.Textbox(visible=False)  # the browser's own note of what is open: it outlives a server
        self.side = Sidebar(words, "" if server.settings.speak else self.draw.languages())
        self.finding = FindingDrawer(self.draw)
        with gr.Row(elem_id="page"):
            with gr.Column(scale=3, min_width=320), gr.Tabs() as self.tabs:
                with gr.Tab(words("ask_tab"), id="ask", elem_id="ask-tab"):
                    self.talk = Talk(words)
                    self.narrowing = Narrowing(server, self.draw, self.talk.narrow)
                with gr.Tab(words("search_tab"), id="search", elem_id="search-tab") as searching:
                    self.searching = SearchTab(server, self.chat)
                with gr.Tab(words("follow_tab"), id="follow", elem_id="follow-tab") as following:
                    self.following = FollowTab(server, self.chat, following)
                with gr.Tab(words("check_tab"), id="check", elem_id="check-tab"):
                    self.checking = CheckTab(server, self.chat)
                with gr.Tab(words("notebook_tab"), id="notebook", elem_id="notebook-tab") as noting:
                    self.notes = NotebookTab(server, self.chat)
                with gr.Tab(words("batch_tab"), id="batch", elem_id="batch-tab"):
                    self.batch = BatchTab(server, self.chat)
                with gr.Tab(words("add_tab"), id="add", elem_id="add-tab"):
                    self.adding = AddTab(server, self.draw, self.on)
                with gr.Tab(words("changes_tab"), id="changes", elem_id="changes-tab") as changing:
                    self.changes = ChangesTab(server, self.chat)
                with gr.Tab(words("measure_tab"), id="measure", elem_id="measure-tab") as measuring:
                    build_measure_tab(server, self.draw, measuring, QUICK)
            with gr.Column(scale=2, min_width=320, elem_id="beside"):
                self.editing = EditForm(server, self.chat)
                self.reader = html("reader", "groundwire.reader(element, watch);", value=self.draw.empty_reader())
        self._wire(blocks)
        self._wire_search(searching)
        self._wire_following()
        self._wire_long()
        self._wire_changes(changing)
        self._wire_notebook(noting)

    def _wire(self, blocks: gr.Blocks) -> None:
        talk, side, narrow = self.talk, self.side, self.talk.narrow
        turns: list[Any] = [talk.past, talk.now, talk.send, talk.halt, talk.box, self.place]
        turns += [side.this, side.listed, side.exports, side.title, talk.front]
        narrowing = [narrow.timeline, *narrow.scope, narrow.find, narrow.fold, narrow.unmeant]
        everything = [*turns, *narrowing, self.reader, talk.correcting, side.head, side.archive, side.gone]
        everything += [*self.adding.parts, self.searching.found, self.searching.box]
        everything += [*self.following.parts, self.notes.listed, self.editing.form, self.editing.told]
        self._turns, self._everything = turns, everything
        anew = [blocks.load(self.load, [self.seat], [*everything, talk.notice], **QUICK)]

        asked = [*narrow.scope]
        for event in (talk.box.submit, talk.send.click):
            self.on(event, self.ask_box, [talk.box, *asked], turns, streams=True)
        self.on(talk.past.submit, self.ask_example, asked, turns, streams=True)
        self.on(talk.past.retry, self.again, asked, turns, streams=True)
        self.on(talk.past.delete, self.rechoose, [], turns, streams=True)
        self.on(talk.halt.click, self.stop, [], [talk.halt])
        self.on(talk.past.edit, self.edit, [], [talk.box])
        for event in (talk.past.select, talk.now.select):
            self.on(event, self.open_quote, [], [self.reader])
        self.on(talk.past.like, self.mark, [], turns)
        self.on(talk.past.undo, self.correct, [], [talk.correcting, talk.right, talk.corrected])
        self.on(talk.save.click, self.save_correction, [talk.corrected, talk.right], [*turns, talk.correcting])
        self.on(talk.cancel.click, self.no_correction, [], [talk.correcting])

        anew.append(self.on(side.listed.select, self.open_other, [], [*everything, self.tabs]))
        self.on(side.search.change, self.search, [side.search], [side.listed], quiet=True)
        anew.append(self.on(side.fresh.click, self.begin, [], [*everything, self.tabs]))
        anew.append(self.on(side.archive.input, self.switch, [side.archive], everything))
        made = [*everything, side.called, side.unmade, side.making]
        anew += [
            self.on(event, self.make_archive, [side.called], made) for event in (side.make.click, side.called.submit)
        ]
        self.on(side.rename.click, self.rename, [side.title], turns)
        anew.append(self.on(side.delete.click, self.delete, [], everything))
        anew.append(self.on(side.gone.undo, self.restore, [], everything))

        said = [narrow.outlets.input, narrow.languages.input, narrow.pinned.input]
        for day_of in (narrow.since, narrow.until):
            said += [day_of.blur, day_of.submit]  # not while it is being typed
        for event in said:
            self.on(event, self.narrowing.narrowed, asked, narrowing)
        self.on(narrow.timeline.select, self.narrowing.choose_period, asked, narrowing)
        self.on(narrow.find.change, self.narrowing.find, [narrow.find, narrow.pinned], narrowing, quiet=True)
        self.on(self.reader.select, self.pin, [], [*narrowing, self.tabs])
        self.on(self.reader.clear, self.close_article, [], [self.reader])
        self.on(narrow.everything.click, self.unnarrow, [], narrowing)
        anew += [
            changed.then(self.seated(self.refresh), [self.seat], everything, **QUICK) for changed in self.adding.events
        ]
        for event in anew:  # after the rest, for the index of stories may have to be made
            event.then(self.seated(self.show_front), [self.seat], [talk.front, self.reader], **QUICK)
        for changed in self.adding.events:
            changed.then(self.seated(self.following.after_adding), [self.seat], self.following.parts, **QUICK)
        self.on(talk.past.expand, self.show_timeline, [], turns)

    def _wire_search(self, tab: gr.Tab) -> None:
        search, found = self.searching, [self.searching.found]
        told = search.notice
        self.on(tab.select, search.opened, [], found, quiet=True, notice=told)
        self.on(search.box.input, search.typed, [], found, quiet=True, notice=told)
        self.on(search.found.apply, search.narrow, [], found, notice=told)
        self.on(search.found.clear, search.widen, [], found, notice=told)
        self.on(search.found.expand, search.more, [], found, notice=told)
        for listed in (search.found, self.talk.front):
            self.on(listed.select, self.open_story, [], [self.reader], notice=told)
        for elsewhere in (self.reader, self.talk.front):
            self.on(elsewhere.apply, self.search_for, [], [*found, self.tabs], notice=told)
        asked = [*self.talk.narrow.scope]
        self.on(search.found.submit, self.ask_instead, asked, [*self._turns, self.tabs], streams=True)

    def _wire_following(self) -> None:
        follow, told = self.following, self.following.notice
        self.on(follow.tab.select, follow.opened, [], follow.parts, notice=told)
        for event in (follow.box.submit, follow.begin_button.click):
            self.on(event, follow.begin, [follow.box], follow.parts, notice=told)
        self.on(follow.again.click, follow.check, [], follow.parts, notice=told)
        self.on(follow.listed.delete, follow.unfollow, [], follow.parts, notice=told)
        self.on(follow.listed.select, self.open_listed, [], [self.reader], notice=told)
        asked = [*self._turns, self.tabs]
        self.on(follow.listed.submit, self.ask_instead, [*self.talk.narrow.scope], asked, streams=True)
        self.on(self.talk.past.apply, self.follow_turn, [], [*follow.parts, follow.notice])

    def _wire_long(self) -> None:
        """The tabs whose work takes long: a draft, a file of questions."""
        checking, batch = self.checking, self.batch
        told = checking.notice
        self.on(checking.begin.click, checking.run, [checking.draft], checking.parts, streams=True, notice=told)
        self.on(checking.halt.click, checking.stop, [], [checking.halt], notice=told)
        self.on(checking.file.upload, checking.read, [checking.file], [checking.draft], notice=told)
        self.on(checking.found.select, self.open_listed, [], [self.reader], notice=told)
        told = batch.notice
        self.on(batch.begin.click, batch.run, [batch.file, batch.kind], batch.parts, streams=True, notice=told)
        self.on(batch.halt.click, batch.stop, [], [batch.halt], notice=told)

    def _wire_changes(self, tab: gr.Tab) -> None:
        """What is done with the open article, and with the list of what was done."""
        edit, changes, reader = self.editing, self.changes, self.reader
        told = edit.told
        self.on(reader.expand, edit.begin, [], edit.parts, notice=told)
        self.on(edit.cancel_button.click, edit.cancel, [], edit.parts, notice=told)
        saved = self.on(edit.save_button.click, self.save_article, edit.fields, [*edit.parts, reader], notice=told)
        saved.then(self.seated(self.show_front), [self.seat], [self.talk.front, reader], **QUICK)
        self.on(tab.select, changes.opened, [], [changes.listed], quiet=True, notice=changes.notice)
        self.on(changes.listed.select, self.open_story, [], [reader], notice=changes.notice)
        for changed in (
            self.on(reader.delete, edit.forget, [], edit.parts, notice=told),
            self.on(told.undo, edit.undo, [], edit.parts, notice=told),
            self.on(changes.listed.undo, changes.undo, [], [changes.listed], notice=changes.notice),
        ):
            shown = changed.then(self.seated(self.refresh), [self.seat], self._everything, **QUICK)
            shown.then(self.seated(self.show_front), [self.seat], [self.talk.front, reader], **QUICK)

    def _wire_notebook(self, tab: gr.Tab) -> None:
        notes = self.notes
        told = notes.notice
        self.on(tab.select, notes.opened, [], notes.parts, quiet=True, notice=told)
        self.on(self.reader.like, self.pin_quote, [], notes.parts, notice=self.editing.told)
        for event in (notes.write.click, notes.box.submit):
            self.on(event, notes.note, [notes.box], notes.parts, notice=told)
        self.on(notes.listed.delete, notes.remove, [], notes.parts, notice=told)
        self.on(notes.listed.apply, notes.up, [], notes.parts, notice=told)
        self.on(notes.listed.undo, notes.undo, [], notes.parts, notice=told)
        self.on(notes.listed.select, self.open_listed, [], [self.reader], notice=told)

    def pin_quote(self, seat: Seat, event: gr.EventData) -> Updates:
        """Pins the quote that is marked in the open article, and says so above it."""
        return self.notes.pin(seat, event) | {self.editing.told: self.draw.note(self.words("quote_pinned"))}

    def save_article(self, seat: Seat, event: gr.EventData, *written: str | None) -> Updates:
        """Saves the form, and shows the article as it is known now."""
        shown = self.editing.save(seat, event, *written)
        return shown | {self.reader: self.chat.story(seat, seat.edited[0], 0)}

    def seated(self, show: Callable[[Seat], Updates]) -> Callable[..., Updates]:
        """What is shown after another event, to whoever sits there and nobody else."""

        def shown(request: gr.Request, seat: Seat) -> Updates:
            self.check_seat(seat, request)
            return show(seat)

        return shown

    def on(
        self,
        event: Any,
        run: Callable[..., Any],
        inputs: list[Any],
        outputs: list[Any],
        *,
        streams: bool = False,
        quiet: bool = False,
        notice: Any = None,
    ) -> Any:
        """Wires an event: `run` gets the seat, what the event carries, and the inputs; what can be mended is told.

        It stays in sight until somebody does something; a `quiet` event is no such thing, as it may come of itself.
        `notice` is where it is told, by itself in the conversation.

        A tab that outlives its server finds its seat again by the browser's note of it.
        """
        notice = notice or self.talk.notice

        def told(error: Exception) -> Updates:
            return {notice: self.draw.notice(str(error))}

        # Gradio finds the places of request and event by counting parameters: they come first. It calls `quick` in a
        # thread, `slow` on the loop, where nothing may reach an archive: one whose server is away would stop everybody.
        def quick(request: gr.Request, event_data: gr.EventData, seat: Seat, place: str, *values: Any) -> Updates:
            try:
                self.sit_down(seat, place, request)
                changed: Updates = {} if quiet else {notice: ""}
                changed |= run(seat, event_data, *values)
                return changed or {notice: gr.skip()}  # Gradio takes an empty dict for a value
            except user_errors() as error:
                return told(error)

        async def slow(
            request: gr.Request, event_data: gr.EventData, seat: Seat, place: str, *values: Any
        ) -> AsyncGenerator[Updates, None]:
            try:
                await asyncio.to_thread(self.sit_down, seat, place, request)
                async for shown in run(seat, event_data, *values):
                    yield shown
            except user_errors() as error:
                left = await asyncio.to_thread(self.what_is_left, seat) if self.talk.past in outputs else {}
                yield left | told(error)

        how = SLOW if streams else QUICK
        return event(slow if streams else quick, [self.seat, self.place, *inputs], [*outputs, notice], **how)

    def sit_down(self, seat: Seat, place: str, request: gr.Request) -> None:
        """Gives a new seat its user and archive; where the browser had a conversation open, that one."""
        if seat.archive:
            self.check_seat(seat, request)
            return
        seat.user = request.username or ""
        conversation, _, archive = (place or "").partition(" ")
        keys = [entry.key for entry in self.server.archives.listed(seat.user)]
        seat.archive = archive if archive in keys else next(iter(keys), "")
        if conversation:
            self.chat.open(seat, conversation)
        seat.shown = seat.archive

    def check_seat(self, seat: Seat, request: gr.Request) -> None:
        """A tab is known by a number that its browser chose: another login that names it gets nothing of it."""
        if seat.user != (request.username or ""):
            raise SeatError(self.words("another_login"))

    def note_place(self, seat: Seat) -> Updates:
        return {self.place: f"{seat.conversation} {seat.archive}"}

    # What each part shows

    def listing(self, seat: Seat, wanted: str = "") -> Updates:
        """The list of conversations."""
        items = [
            {"id": one.id, "link": f"?conversation={one.id}", "title": one.title, "day": self.draw.day(one.updated)}
            for one in self.server.conversations.listed(seat.user, wanted, LISTED)
        ]
        return {self.side.listed: self.draw.conversations(items, seat.conversation, wanted)}

    def turns(self, seat: Seat) -> Updates:
        """The conversation, and the list of them."""
        talk, side = self.talk, self.side
        running, id = seat.running is not None, seat.conversation
        kept = self.server.conversations
        links = [(self.words(f"copy_{kind}"), f"conversations/{id}.{suffix}") for kind, suffix in EXPORTS]
        return {
            talk.past: self.chat.conversation(seat),
            talk.now: self.chat.running(seat),
            talk.send: gr.update(visible=not running),
            talk.halt: gr.update(visible=running),
            side.this: gr.update(visible=bool(id)),
            side.exports: self.draw.exports(links) if id else "",
            side.title: kept.get(seat.user, id).title if id else "",
            **({talk.front: ""} if id or running else {}),
            **self.listing(seat),
            **self.note_place(seat),
        }

    def what_is_left(self, seat: Seat) -> Updates:
        """The conversation after something went wrong; where it is deleted meanwhile, a new one."""
        try:
            return self.turns(seat)
        except ConversationError:
            self.chat.leave(seat)
            return self.turns(seat)

    def refresh(self, seat: Seat) -> Updates:
        """All of it."""
        entries = self.server.archives.listed(seat.user)
        open_now = next((entry for entry in entries if entry.key == seat.archive), None)
        choices = [(line(entry.name), entry.key) for entry in entries]
        about = self.chat.about(seat)
        seat.glancing = True
        return {
            self.side.head: self.draw.head(open_now.name if open_now else "", about, seat.user, "logout"),
            self.side.archive: gr.update(
                choices=choices, value=open_now.key if open_now else None, visible=len(choices) > 1
            ),
            self.reader: self.draw.empty_reader(),
            self.talk.correcting: gr.update(visible=False),
            self.side.gone: "",
            **self.turns(seat),
            **self.narrowing.shown(seat, Scope()),
            **(self.another_archive(seat) if seat.shown != seat.archive else {}),
            **self.adding.look(seat),
            **self.searching.shown(seat),
            **self.following.look(seat),
            **self.notes.look(seat),
        }

    def another_archive(self, seat: Seat) -> Updates:
        """Nothing is left of what was done in the archive that was shown before, nor what undoes it."""
        seat.shown, seat.edited, seat.undoable = seat.archive, ("", {}), 0
        return {self.editing.form: gr.update(visible=False), self.editing.told: "", self.adding.result: ""}

    def show_front(self, seat: Seat) -> Updates:
        """What the archive holds: its latest stories before the first question, and beside it the numbers."""
        held = self._front(seat)
        shown: Updates = {} if seat.conversation or seat.running else {self.talk.front: self.finding.front(held)}
        return shown | ({self.reader: self.glance(seat, held)} if seat.glancing else {})

    def glance(self, seat: Seat, held: dict[str, Any]) -> str:
        hint = self.words("reader_empty" if seat.conversation else "reader_front")
        return self.finding.glance(held, hint) if held.get("articles") else self.draw.empty_reader()

    def _front(self, seat: Seat) -> dict[str, Any]:
        """Nothing where it cannot be had; why is told where it is searched."""
        try:
            return self.server.archives.front(seat.user, seat.archive)
        except user_errors():
            return {}

    # What a person does: asking and checking

    def load(self, seat: Seat, request: gr.Request) -> Updates:
        """The page is opened, perhaps by a conversation's link."""
        said = ""
        try:
            self.sit_down(seat, request.query_params.get("conversation", ""), request)
        except user_errors() as error:
            said = self.draw.notice(str(error))
        return self.refresh(seat) | {self.talk.notice: said}

    async def ask(self, seat: Seat, question: str, scope: Scope, without: Sequence[str] = ()) -> AsyncIterator[Updates]:
        """The running turn at each step, and at the end what is kept of it."""
        first = True
        async for turn in self.chat.ask(seat, question, scope, without):
            if first:
                turns = await asyncio.to_thread(self.turns, seat)
                yield turns | {self.talk.box: "", self.talk.notice: "", self.talk.now: turn}
                first = False
            elif turn:
                yield {self.talk.now: turn}
        yield await asyncio.to_thread(self.turns, seat)

    async def ask_box(self, seat: Seat, _: gr.EventData, question: str, *within: Any) -> AsyncIterator[Updates]:
        if seat.running or not question.strip():
            yield {self.talk.box: question}
            return
        async for shown in self.ask(seat, question.strip(), scope_of(*within)):
            yield shown

    async def ask_example(self, seat: Seat, event: gr.EventData, *within: Any) -> AsyncIterator[Updates]:
        async for shown in self.ask_box(seat, event, event.question, *within):
            yield shown

    async def again(self, seat: Seat, event: gr.EventData, *within: Any) -> AsyncIterator[Updates]:
        """Asks a question once more, in place of its turn and of those after it."""
        turns, place = self.chat.turns(seat), int(event.turn)
        if place < len(turns) and not seat.running:
            seat.editing = place
            async for shown in self.ask(seat, turns[place].question, scope_of(*within)):
                yield shown

    async def rechoose(self, seat: Seat, event: gr.EventData) -> AsyncIterator[Updates]:
        """A chip is taken away, or taken back: the same question is asked so, in place of its turn."""
        turns, place = self.chat.turns(seat), int(event.turn)
        understood = (turns[place].answer or {}).get("understood") if place < len(turns) else None
        if understood and not seat.running:
            seat.editing = place
            left = without(understood, str(event.words))
            async for shown in self.ask(seat, turns[place].question, Scope.from_dict(turns[place].scope), left):
                yield shown

    def stop(self, seat: Seat, _: gr.EventData) -> Updates:
        self.chat.stop(seat)
        return {}

    def edit(self, seat: Seat, event: gr.EventData) -> Updates:
        """Puts a question back into the box; asked, it takes the place of its turn."""
        turns, place = self.chat.turns(seat), int(event.turn)
        if place >= len(turns):
            return {}
        seat.editing = place
        return {self.talk.box: turns[place].question, self.talk.notice: self.draw.note(self.words("editing"))}

    def open_quote(self, seat: Seat, event: gr.EventData) -> Updates:
        if "list" in event._data:
            return self.open_listed(seat, event)
        return {self.reader: self.chat.quote(seat, event._data)}

    def open_listed(self, seat: Seat, event: gr.EventData) -> Updates:
        """A quote of a timeline, of a followed question or of a checked draft."""
        return {self.reader: self.chat.listed_quote(seat, str(event.list), int(event.quote))}

    def show_timeline(self, seat: Seat, event: gr.EventData) -> Updates:
        self.chat.timeline(seat, int(event.turn))
        return self.turns(seat)

    def follow_turn(self, seat: Seat, event: gr.EventData) -> Updates:
        turns, place = self.chat.turns(seat), int(event.turn)
        if place >= len(turns):
            raise ConversationError(self.words("elsewhere"))
        scope = Scope.from_dict(turns[place].scope)
        shown = self.following.begin(seat, event, self.chat.matter(turns[place]), scope)
        return shown | {self.talk.notice: shown[self.following.notice]}

    def close_article(self, seat: Seat, _: gr.EventData) -> Updates:
        seat.glancing = True
        return {self.reader: self.glance(seat, self._front(seat))}

    # Searching

    def open_story(self, seat: Seat, event: gr.EventData) -> Updates:
        """A story of the front, or one that was found with its words marked."""
        id, start = str(event.article), int(event.start)
        marks = self.searching.marks(seat, id, start) if event._data.get("found") else []
        return {self.reader: self.chat.story(seat, id, start, found=marks)}

    def search_for(self, seat: Seat, event: gr.EventData) -> Updates:
        return self.searching.begin(seat, event) | {self.tabs: gr.update(selected="search")}

    async def ask_instead(self, seat: Seat, event: gr.EventData, *within: Any) -> AsyncIterator[Updates]:
        """What was searched for is asked as a question."""
        yield {self.tabs: gr.update(selected="ask")}
        async for shown in self.ask_box(seat, event, event.question, *within):
            yield shown

    def mark(self, seat: Seat, event: gr.EventData) -> Updates:
        self.chat.mark(seat, int(event.turn), event.mark)
        return self.turns(seat)

    def correct(self, seat: Seat, event: gr.EventData) -> Updates:
        turns, place, talk = self.chat.turns(seat), int(event.turn), self.talk
        if place >= len(turns):
            raise ConversationError(self.words("elsewhere"))
        label = self.words("correction_of", question=line(turns[place].question))
        right = gr.update(value=turns[place].correction, label=label)
        shown = {talk.correcting: gr.update(visible=True), talk.right: right}
        return shown | {talk.corrected: place}

    def save_correction(self, seat: Seat, _: gr.EventData, place: int, said: str) -> Updates:
        if said.strip():
            self.chat.mark(seat, place, "-", said.strip())
        return self.turns(seat) | {self.talk.correcting: gr.update(visible=False)}

    def no_correction(self, seat: Seat, _: gr.EventData) -> Updates:
        return {self.talk.correcting: gr.update(visible=False)}

    # Conversations and archives

    def open_other(self, seat: Seat, event: gr.EventData) -> Updates:
        self.chat.open(seat, event.id)
        return self.refresh(seat) | {self.tabs: gr.update(selected="ask")}

    def search(self, seat: Seat, _: gr.EventData, wanted: str) -> Updates:
        return self.listing(seat, wanted)

    def begin(self, seat: Seat, _: gr.EventData) -> Updates:
        self.chat.leave(seat)
        return self.refresh(seat) | {self.talk.box: "", self.tabs: gr.update(selected="ask")}

    def switch(self, seat: Seat, _: gr.EventData, key: str | None) -> Updates:
        if key in (None, seat.archive):  # a Dropdown that loses the focus says so too
            return {}
        assert key is not None
        self.chat.leave(seat, key)
        return self.refresh(seat)

    def make_archive(self, seat: Seat, _: gr.EventData, name: str) -> Updates:
        side = self.side
        try:
            self.chat.leave(seat, self.server.archives.make(seat.user, name))
        except user_errors() as error:
            return {side.unmade: self.draw.notice(str(error))}
        return self.refresh(seat) | {side.called: "", side.unmade: "", side.making: gr.update(open=False)}

    def rename(self, seat: Seat, _: gr.EventData, name: str) -> Updates:
        self.server.conversations.rename(seat.user, seat.conversation, name)
        return self.turns(seat)

    def delete(self, seat: Seat, _: gr.EventData) -> Updates:
        held = self.server.conversations.get(seat.user, seat.conversation)
        self.server.conversations.delete(seat.user, held.id)
        self.chat.leave(seat)
        seat.deleted = held.id
        return self.refresh(seat) | {self.side.gone: self.draw.undo_line(self.words("deleted", title=line(held.title)))}

    def restore(self, seat: Seat, _: gr.EventData) -> Updates:
        self.server.conversations.restore(seat.user, seat.deleted)
        self.chat.open(seat, seat.deleted)
        return self.refresh(seat)

    # Narrowing

    def pin(self, seat: Seat, event: gr.EventData) -> Updates:
        shown = self.narrowing.shown(seat, Scope(articles=(event.pin,)), open=True)
        return shown | {self.tabs: gr.update(selected="ask")}

    def unnarrow(self, seat: Seat, _: gr.EventData) -> Updates:
        return self.narrowing.shown(seat, Scope())
