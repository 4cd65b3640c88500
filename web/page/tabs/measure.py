"""The tab that says how good the answers are: the last evaluation, and with what and how quickly they are made."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ground.language import Words
from ground.words import duration
from models.catalogue import read_catalogue
from web.measure import Headline, last_run, memory, models_held
from web.page.markup import Drawer
from web.server import Server

if TYPE_CHECKING:
    import gradio as gr


# docs/measured.md, `bench/gold/autumn` by quotes alone: for an archive that nothing was measured on.
MAKERS = (
    Headline("right", "", 0.63, 0.0, 1.0, 120, True, 1),
    Headline("refused_unanswerable", "", 0.77, 0.0, 1.0, 110, True, 1),
    Headline("refused_answerable", "", 0.21, 0.0, 1.0, 120, True, -1),
    Headline("verbatim", "", 1.0, 0.0, 1.0, 0, True, 1),
)
PLAIN = {"right": "right", "refused_unanswerable": "refused", "refused_answerable": "missed", "verbatim": "verbatim"}


def plainly(figures: Sequence[Headline], words: Words) -> list[tuple[str, str]]:
    """The figures that say most in a sentence each, and what it means for whoever asks.

    >>> plainly(MAKERS, Words())[0][0]
    'Of 120 questions that the articles answer, 63 % were answered right.'
    """
    by_name = {one.name: one for one in figures}
    told = [(key, by_name[name]) for name, key in PLAIN.items() if name in by_name]
    return [
        (words(f"plain_{key}", n=one.n, value=shown(one, one.value, words)), words(f"means_{key}")) for key, one in told
    ]


def measure_view(server: Server, words: Words) -> dict[str, Any]:
    """The values that the tab is drawn with, in the words of a language."""
    run = last_run(server.runs)
    held, speed = memory(), server.speed.speed()
    return {
        "plain": plainly(run.figures if run else MAKERS, words),
        "run": run
        and {
            "name": run.name,
            "when": words.day(run.when),
            "questions": run.questions,
            "report": "report" if run.report else "",
            "figures": [
                {
                    "title": words(f"figure_{one.name}") if f"figure_{one.name}" in words else one.title,
                    "value": shown(one, one.value, words),
                    "n": one.n,
                    "range": interval(one, words),
                }
                for one in run.figures
            ],
        },
        "models": [
            {
                "title": one.title,
                "role": words(f"role_{one.role}") if f"role_{one.role}" in words else one.role,
                "size": megabytes(one.bytes, words),
                "licence": one.licence,
                "in_use": one.in_use,
                "installed": one.installed,
            }
            for one in models_held(server.settings, read_catalogue())
        ],
        "now": megabytes(held.now_bytes, words),
        "peak": megabytes(held.peak_bytes, words),
        "speed": speed.answers
        and {
            "first": duration(speed.first_seconds or 0),
            "whole": duration(speed.total_seconds or 0),
            "reading": words.figure(speed.tokens_per_second or 0),
            "count": speed.answers,
        },
    }


def shown(figure: Headline, value: float, words: Words) -> str:
    """A value as people read it: a share in percent.

    >>> shown(Headline("right", "Right", 0.714, 0.56, 0.86, 35, True, 1), 0.714, Words())
    '71 %'
    """
    if figure.share:
        return words("share", percent=words.figure(100 * value))
    return words.figure(value) if abs(value) >= 100 else words.figure(float(f"{value:.3g}"), 6)


def interval(figure: Headline, words: Words) -> str:
    return f"{shown(figure, figure.low, words)} – {shown(figure, figure.high, words)}"


def megabytes(count: int | None, words: Words) -> str:
    """Bytes as people read them; the empty string where they are not known.

    >>> megabytes(1_117_320_736, Words()), megabytes(23_000_000, Words()), megabytes(None, Words())
    ('1.1 GB', '23 MB', '')
    """
    if count is None:
        return ""
    if count >= 1e9:
        return words("gigabytes", size=words.figure(count / 1e9, 1))
    return words("megabytes", size=words.figure(count / 1e6))


def build_measure_tab(server: Server, drawer: Drawer, tab: "gr.Tab", quick: dict[str, Any]) -> None:
    """The tab's parts, within the Blocks that is being built; looked at anew each time it is opened."""
    import gradio as gr  # takes seconds: not where a figure is only written down

    again = gr.Button(drawer.words("refresh"), size="sm", elem_id="refresh")
    shown_here = gr.HTML(apply_default_css=False, elem_id="measure")

    def look() -> str:
        return drawer.measure(measure_view(server, drawer.words))

    gr.on([tab.select, again.click], look, None, [shown_here], **quick)
