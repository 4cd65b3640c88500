"""The chat page over a newsroom: a question, the proved sentences as they come, the passages they are quoted from.

Nothing of an article, a model or a reader is ever markup here: all of it is escaped, in the chat and beside it.
"""

import argparse
import errno
import os
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from html import escape
from itertools import groupby
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
import gradio as gr

from models import Message
from qa.answer import Answer, Citation
from qa.options import OPTIONS, run_safely, settings_of, user_errors
from qa.pipeline import Newsroom, Piece, Status
from qa.retrieve import Hit, carriers
from qa.terminal import open_room

NEAREST = 3
SAMPLE = ("airport-strike", "ps752-admission")
SAMPLE_QUESTIONS = (
    "Who was killed in the airport strike?",
    "How many missiles hit the bases?",
    "What did Iran admit about flight PS752?",
    "How many people died in the crush at the funeral?",
)
THEME = gr.themes.Default(
    primary_hue="blue",
    neutral_hue="slate",
    radius_size="sm",
    font=("system-ui", "sans-serif"),  # plain names: gradio then asks nobody for a font
    font_mono=("ui-monospace", "monospace"),
).set(body_text_color_subdued="*neutral_600", body_text_color_subdued_dark="*neutral_400")
CSS = """
.gradio-container { width: 100%; max-width: 84rem !important; margin: 0 auto; }
#head, #sources { padding: 0; }
#head h1 { font-size: 1.5rem; margin: 0; }
#head p, #sources .quiet { color: var(--body-text-color-subdued); margin: .25rem 0 0; }
#chat .message-content { white-space: pre-wrap; overflow-wrap: anywhere; }
#sources { overflow-wrap: anywhere; }
#sources h2 { font-size: 1rem; margin: 0 0 .5rem; }
#sources article { border-top: 1px solid var(--border-color-primary); padding: .75rem 0; }
#sources h3 { font-size: .95rem; margin: 0; }
#sources blockquote { font-family: Georgia, serif; line-height: 1.55; margin: .5rem 0; white-space: pre-wrap; }
#sources mark { background: #fde68a; color: #1c1917; padding: .05em .1em; border-radius: 2px; }
.dark #sources mark { background: #fcd34d; }
#sources code { font-size: .8rem; color: var(--body-text-color-subdued); }
"""


class PortError(OSError):
    """An address that cannot be listened on; the message says which and what to do."""


@dataclass
class Turn:
    """A question and what is said to it; `doing` is empty once it is over, `answer` is there once it is whole."""

    question: str
    said: str = ""
    doing: str = "waiting"
    answer: Answer | None = None
    stopped: bool = False

    def end(self, note: str = "") -> None:
        self.said, self.doing = "\n\n".join(filter(None, (self.said, note))), ""


@dataclass
class Talk:
    """What one session has asked, in order. Only the last turn can be running."""

    turns: list[Turn] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return bool(self.turns and self.turns[-1].doing)

    def history(self) -> list[Message]:
        """The answered turns before the last one, as the newsroom wants them."""
        return [
            message
            for turn in self.turns[:-1]
            if turn.answer
            for message in (Message("user", turn.question), Message("assistant", turn.answer.answer))
        ]


# What happens to a talk. Each gives what the page then shows, in the order of its outputs.

Shown = tuple[object, ...]


def ask(talk: Talk, question: str) -> Shown:
    """Adds a turn that waits to be answered, unless one is running or nothing is asked; then the words stay."""
    if talk.running or not question.strip():
        return (question, *show(talk))
    talk.turns.append(Turn(question.strip()))
    return ("", *show(talk))


def answer(newsroom: Newsroom, talk: Talk) -> Iterator[Shown]:
    """Answers the turn that waits, showing each step; an error that a user can mend becomes its sentence."""
    if not (talk.running and talk.turns[-1].doing == "waiting"):
        yield show(talk)
        return
    turn = talk.turns[-1]
    turn.doing = "starting"
    try:
        with closing(newsroom.stream(turn.question, talk.history(), cancelled=lambda: turn.stopped)) as events:
            for event in events:
                if turn.stopped:
                    break
                if isinstance(event, Status):
                    turn.doing = f"{event.doing} {event.done} of {event.total}" if event.total else event.doing
                elif isinstance(event, Piece):
                    turn.said += event.text
                else:
                    turn.said, turn.answer = event.answer, event
                    turn.end()
                yield show(talk)
        yield show(talk)  # what `stop` showed may have been overtaken by a step that was on its way
    except Exception as error:
        mendable = isinstance(error, user_errors())
        turn.end(str(error) if mendable else "Something went wrong here; the terminal that runs this page says what.")
        yield show(talk)
        if not mendable:
            raise
    finally:
        turn.stopped = True  # whoever still decodes for a page that was closed ends now


def stop(talk: Talk) -> Shown:
    """Ends the running answer; the model hears of it at its next word."""
    if talk.running:
        talk.turns[-1].stopped = True
        talk.turns[-1].end("Stopped.")
    return show(talk)


def again(talk: Talk) -> Shown:
    """Asks the last question once more, in place of its turn."""
    if talk.turns and not talk.running:
        talk.turns.append(Turn(talk.turns.pop().question))
    return show(talk)


def clear(talk: Talk) -> Shown:
    """Ends and forgets everything."""
    stop(talk)
    talk.turns.clear()
    return show(talk)


# What is shown


def show(talk: Talk) -> Shown:
    """Chat messages, side column, and which of the two buttons is there: one asks, one stops."""
    messages = []
    for turn in talk.turns:
        doing = turn.doing and f"{turn.doing[0].upper()}{turn.doing[1:]} …"
        messages.append({"role": "user", "content": escape(turn.question, quote=False)})
        said = "\n\n".join(filter(None, (turn.said, doing)))
        messages.append({"role": "assistant", "content": escape(said, quote=False)})
    idle = not talk.running
    return (
        messages,
        write_sources(talk.turns[-1].answer if talk.turns else None),
        gr.update(visible=idle),
        gr.update(visible=not idle),
    )


def write_sources(answer: Answer | None) -> str:
    """The quoted passages of an answer as HTML, the quotes marked; of a refusal the nearest passages."""
    if answer is None:
        return '<p class="quiet">The passages that an answer quotes stand here, the quotes marked.</p>'
    if answer.declined:
        cited = [(_hit_of(citation, answer.hits), citation) for citation in answer.citations]
        hits = {id(hit): hit for hit in (*(hit for hit, _ in cited), *answer.hits[:NEAREST])}
        nearest = "".join(_card(hit, [c for owner, c in cited if owner is hit]) for hit in hits.values())
        return f"<h2>Nothing answers{'. Nearest in the archive' if nearest else ''}</h2>{nearest}"
    held = [(_hit_of(citation, answer.hits), citation) for citation in answer.citations]
    first = {id(hit): place for place, (hit, _) in reversed(list(enumerate(held)))}
    held.sort(key=lambda pair: first[id(pair[0])])
    cards = "".join(_card(hit, [c for _, c in pairs]) for hit, pairs in groupby(held, key=lambda pair: pair[0]))
    return f"<h2>Quoted passages</h2>{cards}"


def _hit_of(citation: Citation, hits: Iterable[Hit]) -> Hit:
    return next(
        hit
        for hit in hits
        if hit.article.id == citation.article_id
        and hit.passage.start <= citation.start
        and citation.end <= hit.passage.end
    )


def _card(hit: Hit, citations: Sequence[Citation]) -> str:
    section = hit.section
    numbers = "".join(f"[{citation.number}]" for citation in citations)
    credit = " · ".join(_plain(part) for part in (section.source, section.published) if part)
    copies = dict.fromkeys(carriers(hit.section, hit.copies))
    also = f'<p class="quiet">Also carried by {_plain(", ".join(copies))}</p>' if copies else ""
    spans = [(f"[{c.number}] ", c.start, c.end) for c in citations] or [("", hit.passage.start, hit.passage.end)]
    places = "<br>".join(f"{number}{_plain(hit.article.id)} {start}:{end}" for number, start, end in spans)
    return (
        f"<article><h3>{numbers} {_plain(section.title or hit.article.id)}</h3>"
        f'<p class="quiet">{credit}</p>{also}'
        f'<blockquote dir="auto">{_marked(hit, citations)}</blockquote><code>{places}</code></article>'
    )


def _marked(hit: Hit, citations: Sequence[Citation]) -> str:
    """The passage to the character; quotes are whole sentences of it, so they never overlap."""
    text, at, parts = hit.article.text, hit.passage.start, []
    for citation in sorted(citations, key=lambda citation: citation.start):
        parts += [_plain(text[at : citation.start]), f"<mark>{_plain(text[citation.start : citation.end])}</mark>"]
        at = citation.end
    return "".join((*parts, _plain(text[at : hit.passage.end])))


def _plain(text: str) -> str:
    """Untrusted text for HTML; a carriage return is spelled out, since a browser would drop it."""
    return escape(text).replace("\r", "&#13;")


def describe(newsroom: Newsroom) -> str:
    """One line of HTML: what the archive holds and which models read it."""
    counts, settings = newsroom.news.archive.counts(), newsroom.settings
    if not counts.articles:
        return _plain(f"{settings.archive} is empty; fill it with: groundwire index PATH --archive {settings.archive}")
    numbers = {"article": counts.articles, "passage": counts.passages, "outlet": len(counts.outlets)}
    held = [f"{number:,} {name}{'' if number == 1 else 's'}" for name, number in numbers.items()]
    days = " to ".join(dict.fromkeys(day for day in (counts.first_day, counts.last_day) if day))
    return _plain(
        f"{', '.join((*held, days or 'no dates'))} · read by {settings.llm} and {settings.embedder}, on this machine"
    )


# The page


def build_page(newsroom: Newsroom, *, examples: Sequence[str] = ()) -> gr.Blocks:
    """The page, not yet served. Each session has its own talk; one question at a time reaches the model."""
    with gr.Blocks(title="Groundwire", analytics_enabled=False, fill_width=True) as page:
        talk = gr.State(Talk())
        gr.HTML(lambda: f"<h1>Groundwire</h1><p>{describe(newsroom)}</p>", elem_id="head")
        with gr.Row():
            with gr.Column(scale=3, min_width=320):
                chat = gr.Chatbot(
                    label="Conversation",
                    show_label=False,
                    elem_id="chat",
                    height="60vh",
                    render_markdown=False,  # what is left is HTML, so `show` escapes
                    sanitize_html=True,
                    allow_tags=False,
                    latex_delimiters=[],
                    feedback_options=None,
                    buttons=[],
                    placeholder="Ask your archive. Every sentence of an answer is tied to the words of an article.",
                    examples=[{"text": question} for question in examples],
                )
                with gr.Row():
                    box = gr.Textbox(
                        label="Question",
                        placeholder="Ask a question",
                        show_label=False,
                        container=False,
                        autofocus=True,
                        max_lines=6,
                        scale=5,
                    )
                    send = gr.Button("Ask", variant="primary", min_width=90, scale=1)
                    halt = gr.Button("Stop", min_width=90, scale=1, visible=False)
            with gr.Column(scale=2, min_width=320):
                sources = gr.HTML(write_sources(None), elem_id="sources")
        shown = [chat, sources, send, halt]
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        reply: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": 1}

        def ask_example(now: Talk, chosen: gr.SelectData) -> Shown:
            return ask(now, chosen.value["text"])

        for asked in (
            gr.on([box.submit, send.click], ask, [talk, box], [box, *shown], **quick),
            chat.example_select(ask_example, [talk], [box, *shown], **quick),
            chat.retry(again, [talk], shown, **quick),
        ):
            asked.then(partial(answer, newsroom), [talk], shown, concurrency_id="model", **reply)
        halt.click(stop, [talk], shown, **quick)
        chat.clear(clear, [talk], shown, **quick)
    return page


def check_port(host: str, port: int) -> None:
    """Raises PortError where the page could not listen."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except (OSError, OverflowError) as error:
        why = (
            "is in use"
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            else f"cannot be used ({error})"
        )
        raise PortError(f"port {port} on {host} {why}; choose another with --port") from None


def serve(page: gr.Blocks, *, host: str, port: int, wait: bool = True) -> None:
    """Serves the page; comes back when it is interrupted, or at once without `wait`."""
    page.launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=not wait,
        quiet=True,
        share=False,
        ssr_mode=False,
        footer_links=[],
        theme=THEME,
        css=CSS,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """`groundwire-chat`; returns its exit code."""
    parser = argparse.ArgumentParser(prog="groundwire-chat", description="Ask your news archive in the browser.")
    for group in ("archive", "embedder", "reranker", "llm"):
        OPTIONS[group](parser)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1: this machine only)")
    parser.add_argument("--port", type=int, default=7860, help="the port to listen on (7860)")
    given = parser.parse_args(arguments)
    settings = settings_of(given)

    def run() -> int:
        check_port(given.host, given.port)
        newsroom = open_room(settings)
        sample = all(newsroom.news.archive.article(name) for name in SAMPLE)
        page = build_page(newsroom, examples=SAMPLE_QUESTIONS if sample else ())
        print(f"groundwire-chat: http://{given.host}:{given.port}  (Ctrl-C ends it)", file=sys.stderr)
        serve(page, host=given.host, port=given.port)
        return 0

    return run_safely("groundwire-chat", run)


if __name__ == "__main__":
    sys.exit(main())
