"""The page: which Gradio parts there are and what each shows. What happens is in `chat`, how it looks in `markup`."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
import gradio as gr

from index.scope import Scope, ScopeError
from web.add_tab import AddTab
from web.chat import Chat, Seat
from web.house import House, mendable
from web.keeping import KeepingError
from web.markup import Drawer, day
from web.measure_tab import build_measure_tab
from web.words import Words

HERE = Path(__file__).parent
HEAD = f"<script>{(HERE / 'page.js').read_text('utf-8')}</script>"
CSS = (HERE / "page.css").read_text("utf-8")
THEME = gr.themes.Default(
    primary_hue="blue",
    neutral_hue="slate",
    radius_size="sm",
    font=("system-ui", "sans-serif"),  # plain names: gradio then asks nobody for a font
    font_mono=("ui-monospace", "monospace"),
).set(
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_400",
    button_primary_background_fill="*primary_700",
    button_primary_background_fill_hover="*primary_800",
    button_primary_background_fill_dark="*primary_700",
    button_primary_background_fill_hover_dark="*primary_600",
)
ACTS = "groundwire.acts(element, trigger);"
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
SLOW: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
MOST_CHOICES = 500
LISTED = 60

Shown = dict[Any, Any]


def build_page(house: House, words: Words | None = None) -> gr.Blocks:
    """The page, not yet served. Each tab has a seat of its own; all ask at one desk."""
    words = words or Words()
    chat = Chat(house, Drawer(words))
    with gr.Blocks(title=words("title"), analytics_enabled=False, fill_width=True) as page:
        seat = gr.State(Seat(), delete_callback=chat.end)
        with gr.Sidebar(label=words("conversations"), width=300):
            head = gr.HTML(apply_default_css=False, elem_id="head")
            archive = gr.Dropdown(label=words("archive"), choices=[], elem_id="archive", filterable=False)
            with gr.Accordion(words("new_archive"), open=False, elem_id="new-archive") as making:
                called = gr.Textbox(label=words("name"), placeholder=words("new_archive_hint"), max_lines=1)
                make = gr.Button(words("make"), size="sm")
                unmade = gr.HTML(apply_default_css=False)
            fresh = gr.Button(words("new_conversation"), variant="secondary", elem_id="new")
            search = gr.Textbox(label=words("search_conversations"), elem_id="search", max_lines=1)
            listed = gr.HTML(apply_default_css=False, elem_id="conversations", js_on_load=ACTS)
            gone = gr.HTML(apply_default_css=False, elem_id="gone", js_on_load=ACTS)
            with gr.Accordion(words("this_conversation"), open=False, visible=False, elem_id="this") as this:
                title = gr.Textbox(label=words("name"), max_lines=1)
                with gr.Row():
                    rename = gr.Button(words("rename"), size="sm", min_width=60)
                    delete = gr.Button(words("delete"), size="sm", min_width=60)
                exports = gr.HTML(apply_default_css=False, elem_id="exports")
        with gr.Tab(words("ask_tab"), id="ask"), gr.Row(elem_id="desk"):
            with gr.Column(scale=3, min_width=320):
                past = gr.HTML(
                    apply_default_css=False,
                    elem_id="chat",
                    js_on_load=f"{ACTS}groundwire.conversation(element, watch);",
                    padding=False,
                )
                now = gr.HTML(
                    apply_default_css=False,
                    elem_id="now",
                    js_on_load=f"{ACTS}groundwire.running(element, watch);",
                    padding=False,
                )
                notice = gr.HTML(apply_default_css=False, elem_id="notice")
                with gr.Group(visible=False) as correcting:
                    right = gr.Textbox(label=words("correction"), elem_id="correction", lines=2)
                    with gr.Row():
                        save = gr.Button(words("save"), size="sm", min_width=60)
                        cancel = gr.Button(words("cancel"), size="sm", min_width=60)
                corrected = gr.State(-1)
                with gr.Row(elem_id="asking"):
                    box = gr.Textbox(
                        label=words("question"),
                        placeholder=words("question_hint"),
                        show_label=False,
                        container=False,
                        autofocus=True,
                        max_lines=6,
                        scale=5,
                        elem_id="question",
                    )
                    send = gr.Button(words("ask"), variant="primary", min_width=90, scale=1)
                    halt = gr.Button(words("stop"), variant="stop", min_width=90, scale=1, visible=False)
                with gr.Accordion(words("narrow_all"), open=False, elem_id="narrow") as narrow:
                    timeline = gr.HTML(apply_default_css=False, elem_id="timeline", js_on_load=ACTS)
                    with gr.Row():
                        since = gr.Textbox(label=words("since"), placeholder=words("day_hint"), min_width=120)
                        until = gr.Textbox(label=words("until"), placeholder=words("day_hint"), min_width=120)
                    outlets = gr.Dropdown(label=words("outlets"), multiselect=True, choices=[])
                    languages = gr.Dropdown(label=words("languages"), multiselect=True, choices=[])
                    unmeant = gr.HTML(apply_default_css=False)
                    find = gr.Textbox(label=words("find_article"), max_lines=1)
                    pinned = gr.CheckboxGroup(label=words("pinned"), choices=[], visible=False)
                    everything = gr.Button(words("narrow_clear"), size="sm")
            with gr.Column(scale=2, min_width=320):
                reader = gr.HTML(
                    chat.drawer.empty_reader(),
                    apply_default_css=False,
                    elem_id="reader",
                    js_on_load=f"{ACTS}groundwire.reader(element, watch);",
                    padding=False,
                )
        with gr.Tab(words("add_tab"), id="add"):
            adding = AddTab(house, chat.drawer, seat, QUICK, ACTS)
        with gr.Tab(words("measure_tab"), id="measure") as measuring:
            build_measure_tab(house, chat.drawer, measuring, QUICK)
        scope = [outlets, since, until, languages, pinned]

        # What each part shows

        def conversation(now_on: Seat) -> Shown:
            running = now_on.running is not None
            turns = chat.turns(now_on)
            return {
                past: chat.conversation(now_on),
                now: chat.running(now_on),
                send: gr.update(visible=not running),
                halt: gr.update(visible=running),
                this: gr.update(visible=bool(turns)),
            }

        def sidebar(now_on: Seat, wanted: str = "") -> Shown:
            items = [
                {"id": one.id, "link": f"?conversation={one.id}", "title": one.title, "day": day(one.updated)}
                for one in house.conversations.listed(now_on.user, wanted, LISTED)
            ]
            open_now = now_on.conversation
            links = [(words(f"copy_{kind}"), f"conversations/{open_now}.{end}") for kind, end in EXPORTS]
            return {
                listed: chat.drawer.conversations(items, open_now, wanted),
                exports: chat.drawer.exports(links) if open_now else "",
                title: house.conversations.get(now_on.user, open_now).title if open_now else "",
            }

        def whole_archive(now_on: Seat) -> Shown:
            """What depends on the archive that is open."""
            entries = house.rooms.listed(now_on.user)
            choices = [(entry.name, entry.key) for entry in entries]
            held = next((entry for entry in entries if entry.key == now_on.archive), None)
            login = now_on.user
            shown: Shown = {
                head: chat.drawer.head(held.name if held else "", chat.about(now_on), login, "logout"),
                archive: gr.update(choices=choices, value=held.key if held else None, visible=len(choices) > 1),
            }
            return shown | narrowing(now_on, Scope()) | adding.list_earlier(now_on)

        def narrowing(now_on: Seat, chosen: Scope) -> Shown:
            try:
                store = house.rooms.archive(now_on.user, now_on.archive)
                counts = house.rooms.counts(now_on.user, now_on.archive)
            except mendable():
                return {timeline: ""}
            names = [(f"{name} ({count:,})", name) for name, count in counts.outlets[:MOST_CHOICES]]
            spoken = [(f"{name} ({count:,})", name) for name, count in counts.languages]
            return {
                timeline: chat.drawer.timeline(store.timeline(), chosen.first_day or "", chosen.last_day or ""),
                outlets: gr.update(choices=names, value=list(chosen.outlets)),
                languages: gr.update(choices=spoken, value=list(chosen.languages), visible=len(spoken) > 1),
                since: chosen.since or "",
                until: chosen.until or "",
                pinned: pins(store, chosen.articles),
                find: "",
            } | label(chosen)

        def pins(store: Any, ids: Any) -> Any:
            choices = []
            for id in ids:
                article = store.article(id)
                choices.append((f"{article.title} · {article.source or id}" if article else id, id))
            return gr.update(choices=choices, value=list(ids), visible=bool(choices))

        def label(chosen: Scope, **how: Any) -> Shown:
            told = words("narrow_to", scope=chosen.told()) if chosen != Scope() else words("narrow_all")
            return {narrow: gr.update(label=told, **how)}

        def everything_shown(now_on: Seat) -> Shown:
            reset = {reader: chat.drawer.empty_reader(), notice: "", correcting: gr.update(visible=False)}
            return conversation(now_on) | sidebar(now_on) | whole_archive(now_on) | reset

        def told(sentence: str) -> Shown:
            return {notice: chat.drawer.notice(sentence)}

        # What a person does

        def load(now_on: Seat, request: gr.Request) -> Shown:
            now_on.user = request.username or ""
            entries = house.rooms.listed(now_on.user)
            now_on.archive = entries[0].key if entries else ""
            wanted = request.query_params.get("conversation", "")
            said: Shown = {}
            if wanted:
                try:
                    chat.open(now_on, wanted)
                except KeepingError as error:
                    said = told(str(error))
            return everything_shown(now_on) | said

        async def ask(now_on: Seat, question: str, *within: Any) -> AsyncGenerator[Shown, None]:
            if now_on.running or not question.strip():
                yield {box: question}
                return
            try:
                steps = chat.ask(now_on, question.strip(), scope_of(*within))
                first = True
                async for html in steps:
                    if first:
                        yield conversation(now_on) | {box: "", notice: "", now: html}
                        first = False
                    elif html:
                        yield {now: html}
            except mendable() as error:
                yield {box: question} | told(str(error))
                return
            yield conversation(now_on) | sidebar(now_on)

        # Gradio finds the event's place by counting parameters: no *within here.
        async def ask_example(
            now_on: Seat, a: Any, b: Any, c: Any, d: Any, e: Any, event: gr.EventData
        ) -> AsyncGenerator[Shown, None]:
            async for shown in ask(now_on, event.question, a, b, c, d, e):
                yield shown

        def stop(now_on: Seat) -> Shown:
            chat.stop(now_on)
            return {halt: gr.update(interactive=True)}

        async def again(
            now_on: Seat, a: Any, b: Any, c: Any, d: Any, e: Any, event: gr.EventData
        ) -> AsyncGenerator[Shown, None]:
            turns, place = chat.turns(now_on), int(event.turn)
            if place < len(turns) and not now_on.running:
                now_on.editing = place
                async for shown in ask(now_on, turns[place].question, a, b, c, d, e):
                    yield shown

        def edit(now_on: Seat, event: gr.EventData) -> Shown:
            turns, place = chat.turns(now_on), int(event.turn)
            if place >= len(turns):
                return {box: ""}
            now_on.editing = place
            return {box: turns[place].question} | told(words("editing"))

        def open_quote(now_on: Seat, event: gr.EventData) -> Shown:
            return {reader: chat.quote(now_on, event._data)}

        def mark(now_on: Seat, event: gr.EventData) -> Shown:
            chat.mark(now_on, int(event.turn), event.mark)
            return conversation(now_on)

        def correct(now_on: Seat, event: gr.EventData) -> Shown:
            turn = chat.turns(now_on)[int(event.turn)]
            return {correcting: gr.update(visible=True), right: turn.correction, corrected: int(event.turn)}

        def save_correction(now_on: Seat, place: int, said: str) -> Shown:
            if said.strip():
                chat.mark(now_on, place, "-", said.strip())
            return conversation(now_on) | {correcting: gr.update(visible=False)}

        def open_other(now_on: Seat, event: gr.EventData) -> Shown:
            try:
                chat.open(now_on, event.id)
            except KeepingError as error:
                return told(str(error))
            return everything_shown(now_on)

        def begin(now_on: Seat) -> Shown:
            chat.leave(now_on)
            return everything_shown(now_on)

        def switch(now_on: Seat, key: str) -> Shown:
            chat.leave(now_on, key)
            return everything_shown(now_on)

        def make_archive(now_on: Seat, name: str) -> Shown:
            try:
                chat.leave(now_on, house.rooms.make(now_on.user, name))
            except mendable() as error:
                return {unmade: chat.drawer.notice(str(error))}
            return everything_shown(now_on) | {called: "", unmade: "", making: gr.update(open=False)}

        def give_name(now_on: Seat, name: str) -> Shown:
            house.conversations.rename(now_on.user, now_on.conversation, name)
            return sidebar(now_on)

        def take_away(now_on: Seat) -> Shown:
            held = house.conversations.get(now_on.user, now_on.conversation)
            house.conversations.delete(now_on.user, held.id)
            chat.leave(now_on)
            now_on.deleted = held.id
            line = chat.drawer.undo_line(words("deleted", title=held.title))
            return everything_shown(now_on) | {gone: line}

        def bring_back(now_on: Seat) -> Shown:
            house.conversations.restore(now_on.user, now_on.deleted)
            chat.open(now_on, now_on.deleted)
            return everything_shown(now_on) | {gone: ""}

        def scope_of(outlets: Any, since: str, until: str, languages: Any, articles: Any) -> Scope:
            first, last = (since or "").strip() or None, (until or "").strip() or None
            return Scope(tuple(outlets or ()), first, last, tuple(languages or ()), tuple(articles or ()))

        def narrowed(now_on: Seat, *within: Any) -> Shown:
            try:
                chosen = scope_of(*within)
            except ScopeError as error:
                return {unmeant: chat.drawer.notice(str(error))}
            store = house.rooms.archive(now_on.user, now_on.archive)
            bars = chat.drawer.timeline(store.timeline(), chosen.first_day or "", chosen.last_day or "")
            return {timeline: bars, unmeant: ""} | label(chosen)

        def choose_period(now_on: Seat, first: str, last: str, event: gr.EventData) -> Shown:
            """A click on a bar asks from there on, one more to there, one more only there."""
            period = event.period
            if first and not last and period >= first:
                return {since: first, until: period}
            return {since: period, until: ""}

        def find_articles(now_on: Seat, sought: str, chosen: list[str]) -> Shown:
            store = house.rooms.archive(now_on.user, now_on.archive)
            found = (
                {id: f"{name} · {outlet or id}" for id, name, outlet, _ in store.titles(sought, 10)} if sought else {}
            )
            kept = dict(zip(chosen, [store.article(id) for id in chosen], strict=True))
            shown = {id: f"{held.title} · {held.source or id}" if held else id for id, held in kept.items()} | found
            return {pinned: gr.update(choices=[(name, id) for id, name in shown.items()], visible=bool(shown))}

        def pin(now_on: Seat, first: str, last: str, names: Any, spoken: Any, event: gr.EventData) -> Shown:
            chosen = Scope(articles=(event.pin,))
            store = house.rooms.archive(now_on.user, now_on.archive)
            return {pinned: pins(store, chosen.articles)} | label(chosen, open=True)

        def unnarrow(now_on: Seat) -> Shown:
            return narrowing(now_on, Scope())

        chatting = [past, now, send, halt, this, box, notice, listed, exports, title]
        all_shown = [
            *chatting,
            adding.closed,
            adding.earlier,
            reader,
            head,
            archive,
            timeline,
            *scope,
            find,
            narrow,
            correcting,
            gone,
        ]
        page.load(load, [seat], all_shown, **QUICK)
        gr.on([box.submit, send.click], ask, [seat, box, *scope], chatting, **SLOW)
        past.submit(ask_example, [seat, *scope], chatting, **SLOW)
        past.retry(again, [seat, *scope], chatting, **SLOW)
        halt.click(stop, [seat], [halt], **QUICK)
        past.edit(edit, [seat], [box, notice], **QUICK)
        past.select(open_quote, [seat], [reader], **QUICK)
        now.select(open_quote, [seat], [reader], **QUICK)
        past.like(mark, [seat], chatting, **QUICK)
        past.undo(correct, [seat], [correcting, right, corrected], **QUICK)
        save.click(save_correction, [seat, corrected, right], [*chatting, correcting], **QUICK)
        cancel.click(lambda: {correcting: gr.update(visible=False)}, None, [correcting], **QUICK)
        listed.select(open_other, [seat], all_shown, **QUICK)
        search.change(sidebar, [seat, search], [listed, exports, title], **QUICK)
        fresh.click(begin, [seat], all_shown, **QUICK)
        archive.input(switch, [seat, archive], all_shown, **QUICK)
        gr.on([make.click, called.submit], make_archive, [seat, called], [*all_shown, called, unmade, making], **QUICK)
        rename.click(give_name, [seat, title], [listed, exports, title], **QUICK)
        delete.click(take_away, [seat], all_shown, **QUICK)
        gone.undo(bring_back, [seat], all_shown, **QUICK)
        parts: list[Any] = scope
        gr.on([part.change for part in parts], narrowed, [seat, *scope], [timeline, unmeant, narrow], **QUICK)
        timeline.select(choose_period, [seat, since, until], [since, until], **QUICK)
        find.change(find_articles, [seat, find, pinned], [pinned], **QUICK)
        reader.select(pin, [seat, since, until, outlets, languages], [pinned, narrow], **QUICK)
        for changed in adding.events:
            changed.then(everything_shown, [seat], all_shown, **QUICK)
        everything.click(unnarrow, [seat], [timeline, *scope, find, narrow], **QUICK)
    built: gr.Blocks = page
    return built


EXPORTS = (("text", "txt"), ("markdown", "md"), ("html", "html"))
