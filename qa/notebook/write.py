"""A notebook to take away: as Markdown, HTML or a Word document, each quote with its source, day and place.

`qa.checking.kept` reads the quotes back out of all three, so that `groundwire check` verifies them. Whatever an article
or a note says stays text.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from ground.files import replacing, write_whole
from ground.inert import harmless, inert, isolated, line, web_address
from ground.shown import TURNING
from qa.notebook.book import Notebook, NotebookError

Kind = Literal[".md", ".html", ".docx"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TEMPLATE = Path(__file__).with_name("notebook.html")
UNTITLED = "Notebook"
LONGEST_TITLE = 255  # characters of a Word document's property


@dataclass(frozen=True)
class Leaf:
    """An entry ready to be written; `quote` is empty for a note. The words are others' still, on one line each."""

    number: int
    credit: str
    quote: str
    place: str
    url: str
    found: str
    notes: tuple[str, ...]


def leaves_of(book: Notebook) -> list[Leaf]:
    """The entries in order, the quotes numbered from 1."""
    leaves, number = [], 0
    for entry in book.entries:
        notes = tuple(words for part in entry.note.splitlines() if (words := line(part)))
        cited = entry.citation
        if cited is None:
            leaves.append(Leaf(0, "", "", "", "", "", notes))
            continue
        number += 1
        title = cited.title and f"“{line(cited.title)}”"
        known = ", ".join(line(part) for part in (cited.source, (cited.published or "")[:10], title) if part)
        also = f"; also carried by {', '.join(map(line, cited.also_in))}" if cited.also_in else ""
        quote = line(re.sub(f"[{TURNING}]", "", cited.quote))  # what cannot be seen is no part of what is compared
        place = f"{line(cited.article_id)} {cited.start}:{cited.end}"
        leaves.append(Leaf(number, known + also, quote, place, cited.url or "", line(entry.question), notes))
    return leaves


def origin(archive: str, state: str, at: datetime | None = None) -> str:
    """Which archive the quotes are of, in which state, and when they were written down."""
    told = (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"Archive {line(archive)}, state {state}, exported {told}."


VERIFY = "groundwire check FILE --archive PLACE verifies each quote."


def as_markdown(book: Notebook, told: str) -> str:
    """CommonMark; `told` is what `origin` says.

    >>> from qa.answer import Citation
    >>> from qa.notebook.book import Notebook, pin
    >>> cited = Citation(1, "oil", "Oil rises", "AFP", "2020-01-04", None, 5, 14, "It *rose*.")
    >>> print(as_markdown(pin(Notebook(), [cited], note="Ask her."), "Archive a."))
    # Notebook
    <BLANKLINE>
    **\\[1\\]** AFP, 2020-01-04, “Oil rises”
    <BLANKLINE>
    > “It \\*rose\\*.”
    <BLANKLINE>
    oil 5:14
    <BLANKLINE>
    Note: Ask her.
    <BLANKLINE>
    Archive a. groundwire check FILE --archive PLACE verifies each quote.
    <BLANKLINE>
    """

    def say(text: str) -> str:
        return isolated(inert(text))

    blocks = [f"# {say(book.title or UNTITLED)}"]
    for leaf in leaves_of(book):
        if not leaf.quote:
            blocks += map(say, leaf.notes)
            continue
        address = web_address(leaf.url)
        link = [f"<{address}>"] if address else [say(leaf.url)] if leaf.url else []
        blocks += [f"**\\[{leaf.number}\\]** {say(leaf.credit)}".rstrip(), f"> “{say(leaf.quote)}”"]
        blocks.append("  \n".join([say(leaf.place), *link]))
        blocks += [f"Found by: {say(leaf.found)}"] if leaf.found else []
        blocks += [f"{'Note: ' if first else ''}{say(text)}" for first, text in _firsts(leaf.notes)]
    return "\n\n".join([*blocks, f"{inert(told)} {VERIFY}"]) + "\n"


def as_html(book: Notebook, told: str) -> str:
    """A whole document that needs nothing and asks nobody."""
    title = line(book.title) or UNTITLED
    known = {"title": title, "leaves": leaves_of(book), "told": line(told)}
    return str(_template().render(**known, verify=VERIFY, link=web_address))


def write_docx(book: Notebook, told: str, file: Path) -> None:
    """A Word document in place of what the file held."""
    from docx import Document
    from docx.shared import Pt

    document: Any = Document()
    title = line(book.title) or UNTITLED
    about = document.core_properties
    about.title, about.author, about.comments = _of_xml(title)[:LONGEST_TITLE], "", ""

    def say(text: str, **style: str) -> None:
        document.add_paragraph(_of_xml(text), **style)

    def small(text: str) -> None:
        document.add_paragraph().add_run(_of_xml(text)).font.size = Pt(9)

    document.add_heading(_of_xml(title), 0)
    for leaf in leaves_of(book):
        if not leaf.quote:
            for text in leaf.notes:
                say(text)
            continue
        document.add_paragraph().add_run(_of_xml(f"[{leaf.number}] {leaf.credit}".rstrip())).bold = True
        say(f"“{leaf.quote}”", style="Quote")
        small(leaf.place)
        for text in (line(leaf.url), leaf.found and f"Found by: {leaf.found}"):
            if text:
                small(text)
        for first, text in _firsts(leaf.notes):
            say(f"{'Note: ' if first else ''}{text}")
    small(f"{line(told)} {VERIFY}")
    with replacing(file) as fresh:
        document.save(str(fresh))


def _of_xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def write_export(book: Notebook, told: str, file: Path) -> None:
    """The notebook as a file, in the form that its suffix names. Raises NotebookError for another suffix, OSError."""
    kind = kind_of_export(file)
    if kind == ".docx":
        write_docx(book, told, file)
    else:
        write_whole(file, (as_markdown if kind == ".md" else as_html)(book, told))


def kind_of_export(file: Path) -> Kind:
    """The form that a file's suffix names; raises NotebookError for another one, and for a folder."""
    for kind in KINDS:
        if file.suffix.lower() == kind:
            if file.is_dir() or not file.parent.is_dir():
                raise NotebookError(f"{file}: cannot be a file there; name one in a folder that is there")
            return kind
    raise NotebookError(f"{file}: is exported as {', '.join(KINDS[:-1])} or {KINDS[-1]}; name a file that ends so")


def _firsts(notes: tuple[str, ...]) -> Iterator[tuple[bool, str]]:
    for number, text in enumerate(notes):
        yield number == 0, text


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, finalize=_shown
    )
    environment.filters["sha256"] = lambda text: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def _shown(value: Any) -> Any:
    """Words as they steer nothing; the style, which is markup, as it is."""
    return harmless(value) if type(value) is str else value
