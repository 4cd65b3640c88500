"""Which Gradio parts the page has, and where they stand. What they show and do is in `events`."""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
import gradio as gr

from ground.language import Words
from index.store.scope import Scope

HERE = Path(__file__).parent
SCRIPT = (HERE / "page.js").read_text("utf-8")
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
    button_cancel_background_fill="#b91c1c",
    button_cancel_background_fill_hover="#991b1b",
)
ACTS = "groundwire.acts(element, trigger);"


def head_in(words: Words) -> str:
    """What the page's head has besides Gradio's: its language, for browsers and screen readers, and its script."""
    of_page = f'document.documentElement.lang = "{words.language}"; document.documentElement.dir = "{words.direction}";'
    return f"<script>{of_page}\n{SCRIPT}</script>"


def html(elem_id: str, js: str = "", **how: Any) -> gr.HTML:
    """A place for HTML of our own; buttons in it trigger its events."""
    return gr.HTML(elem_id=elem_id, js_on_load=ACTS + js, apply_default_css=False, padding=False, **how)


class Sidebar:
    """Archives and conversations, within the Blocks that is being built; `languages` are drawn below them."""

    def __init__(self, words: Words, languages: str) -> None:
        with gr.Sidebar(label=words("conversations"), width=300):
            self.head = html("head")
            self.archive = gr.Dropdown(label=words("archive"), choices=[], elem_id="archive", filterable=False)
            with gr.Accordion(words("new_archive"), open=False, elem_id="new-archive") as self.making:
                self.called = gr.Textbox(label=words("name"), placeholder=words("new_archive_hint"), max_lines=1)
                self.make = gr.Button(words("make"), size="sm")
                self.unmade = html("unmade")
            self.fresh = gr.Button(words("new_conversation"), variant="secondary", elem_id="new")
            self.search = gr.Textbox(label=words("search_conversations"), elem_id="search", max_lines=1)
            self.listed = html("conversations")
            self.gone = html("gone")
            with gr.Accordion(words("this_conversation"), open=False, visible=False, elem_id="this") as self.this:
                self.title = gr.Textbox(label=words("name"), max_lines=1)
                with gr.Row():
                    self.rename = gr.Button(words("rename"), size="sm", min_width=60)
                    self.delete = gr.Button(words("delete"), size="sm", min_width=60)
                self.exports = html("exports")
            html("languages", value=languages)


class Talk:
    """The conversation, the question box and, before the first question, what the archive holds."""

    def __init__(self, words: Words) -> None:
        with gr.Row(elem_id="talk"), gr.Column():
            self.past = html("chat", "groundwire.conversation(element, watch);")
            self.now = html("now", "groundwire.running(element, watch);")
            self.notice = html("notice")
            with gr.Group(visible=False) as self.correcting:
                self.right = gr.Textbox(label=words("correction"), elem_id="correction", lines=2)
                with gr.Row():
                    self.save = gr.Button(words("save"), size="sm", min_width=60)
                    self.cancel = gr.Button(words("cancel"), size="sm", min_width=60)
            self.corrected = gr.State(-1)
            with gr.Row(elem_id="asking"):
                self.box = gr.Textbox(
                    label=words("question"),
                    placeholder=words("question_hint"),
                    show_label=False,
                    container=False,
                    autofocus=True,
                    max_lines=6,
                    scale=5,
                    elem_id="question",
                )
                self.send = gr.Button(words("ask"), variant="primary", min_width=90, scale=1)
                self.halt = gr.Button(words("stop"), variant="stop", min_width=90, scale=1, visible=False)
            self.narrow = Narrow(words)
            self.front = html("front")


class Narrow:
    """Which part of the archive is asked."""

    def __init__(self, words: Words) -> None:
        with gr.Accordion(words("narrow_all"), open=False, elem_id="narrow") as self.fold:
            self.timeline = html("timeline")
            with gr.Row():
                self.since = gr.Textbox(label=words("since"), placeholder=words("day_hint"), min_width=150)
                self.until = gr.Textbox(label=words("until"), placeholder=words("day_hint"), min_width=150)
            self.outlets = gr.Dropdown(label=words("outlets"), multiselect=True, choices=[])
            self.languages = gr.Dropdown(label=words("languages"), multiselect=True, choices=[])
            self.unmeant = html("unmeant")
            self.find = gr.Textbox(label=words("find_article"), max_lines=1)
            self.pinned = gr.CheckboxGroup(label=words("pinned"), choices=[], visible=False)
            self.everything = gr.Button(words("narrow_clear"), size="sm")
        self.scope: list[Any] = [self.outlets, self.since, self.until, self.languages, self.pinned]


def scope_of(outlets: Any, since: Any, until: Any, languages: Any, articles: Any) -> Scope:
    """What is chosen, in the order of `Narrow.scope`; raises ScopeError for what cannot be meant."""
    first, last = (since or "").strip() or None, (until or "").strip() or None
    return Scope(tuple(outlets or ()), first, last, tuple(languages or ()), tuple(articles or ()))
