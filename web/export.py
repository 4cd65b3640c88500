"""An answer or a conversation to take away: as plain text, Markdown, HTML with its sources, or JSON.

Whatever an article, a model or a reader says stays text: it makes no markup, loads nothing, and cannot reorder a line.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import PurePath
from typing import Any

from ground.inert import harmless, inert, isolated, line, web_address
from ground.language import Words
from ground.shown import CONTROLS, HALVES, TURNING
from ground.words import plain_json, slug
from web.conversations import Conversation, Turn

Wire = Mapping[str, Any]
LONGEST = 300  # characters of a headline, an outlet, a value; a quote is never cut
CSS = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1c1917;
  background: #fff; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
.answer, blockquote { white-space: pre-wrap; } blockquote { font-family: Georgia, serif; margin: .25rem 0 .25rem 1rem; }
.source { margin: 1rem 0; } .quiet, footer { color: #57534e; font-size: .85rem; }
:target { background: #fde68a; } a { color: #1d4ed8; }
@media (prefers-color-scheme: dark) {
  body { color: #e7e5e4; background: #1c1917; } .quiet, footer { color: #a8a29e; }
  a { color: #93c5fd; } :target { background: #713f12; }
}
@media print { body { margin: 0; max-width: none; } }
"""


@dataclass(frozen=True)
class CitedSource:
    """What a number in an answer stands for. `url` is a web address that may be a link, or empty."""

    number: int
    credit: tuple[str, ...]
    also: tuple[str, ...]
    quote: str
    place: str
    url: str


@dataclass(frozen=True)
class ExportedTurn:
    """One question with what is said to it, ready to be written. All of it is untrusted text, numbers aside.

    `words` are the fixed ones around it, in the language that is wanted.
    """

    question: str
    understood: str
    scope: str
    answer: str
    note: str
    partly: tuple[str, ...]
    conflicts: tuple[tuple[str, tuple[tuple[str, tuple[int, ...]], ...]], ...]
    sources: tuple[CitedSource, ...]
    said: str
    made: str
    words: Words


# From the wire


def read_piece(turn: Turn, words: Words | None = None) -> ExportedTurn:
    """What is worth telling of a turn. Fields that an older answer lacks are left out."""
    words, answer = words or Words(), turn.answer or {}
    alone = str(answer.get("standalone_question") or "")
    said = words({"+": "saved_right", "-": "saved_wrong"}[turn.mark]) if turn.mark else ""
    corrected = words("saved_correction", words=turn.correction) if turn.correction else ""
    said = "; ".join(filter(None, (said, corrected)))
    understood: Wire = answer.get("understood") or {}
    narrowed = ", ".join(str(part["means"]) for part in understood.get("parts", ()) if part["state"] == "narrows")
    return ExportedTurn(
        turn.question,
        alone if alone.split() != turn.question.split() else "",
        "; ".join(filter(None, (told(turn.scope), narrowed))),
        str(answer.get("answer") or ""),
        " ".join(filter(None, (turn.note, str(understood.get("widened") or "")))),
        tuple(str(one["text"]) for one in answer.get("sentences") or () if one.get("support") != "supported"),
        tuple(
            (str(one["about"]), tuple((str(side["value"]), _numbers(side["citations"])) for side in one["sides"]))
            for one in answer.get("conflicts") or ()
        ),
        tuple(_source(citation) for citation in answer.get("citations") or ()),
        said,
        _made(answer, turn.asked, words),
        words,
    )


def _source(citation: Wire) -> CitedSource:
    credit = [short(citation.get(name) or "") for name in ("source", "published", "title")]
    credit[2] = credit[2] and f"“{credit[2]}”"
    return CitedSource(
        int(citation["number"]),
        tuple(part for part in credit if part),
        tuple(short(outlet) for outlet in citation.get("also_in") or ()),
        str(citation["quote"]),
        "; ".join(filter(None, (_where(citation), short(citation.get("caution") or "")))),
        str(citation.get("url") or ""),
    )


def _where(citation: Wire) -> str:
    return f"{citation['article_id']} {int(citation['start'])}:{int(citation['end'])}"


def _made(answer: Wire, asked: str, words: Words) -> str:
    """When it was asked, of which archive and which models: what `groundwire replay` goes by, for people."""
    replay: Wire = answer.get("replay") or {}
    settings: Wire = replay.get("settings") or {}
    folder, contents = str(settings.get("archive") or ""), str(replay.get("archive") or "")[:12]
    archive = " ".join(filter(None, (PurePath(folder).name, contents and f"({contents})")))
    named = (
        (replay.get("llm") or {}).get("name"),
        replay.get("reader"),
        (replay.get("embedder") or {}).get("identity"),
        replay.get("reranker"),
    )
    parts = (
        asked and words("saved_asked", when=when(asked)),
        archive and words("saved_archive", name=archive),
        *(name for name in named if name),
    )
    text = ", ".join(short(part) for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}"


def when(moment: str) -> str:
    """An ISO 8601 time for people; what is none is left as it is.

    >>> when("2026-11-21T13:05:09+01:00"), when("yesterday")
    ('2026-11-21 12:05 UTC', 'yesterday')
    """
    try:
        return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError):
        return moment


def told(scope: Wire) -> str:
    """What a search was narrowed to, on one line.

    >>> told({"outlets": ["AFP", "EFE"], "first": "2020-01-01", "last": None})
    'outlets AFP, EFE; first 2020-01-01'
    """
    held = {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in scope.items()
        if value
    }
    return "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in held.items())


def _numbers(citations: Iterable[Any]) -> tuple[int, ...]:
    return tuple(int(number) for number in citations)


def markers(numbers: Iterable[int]) -> str:
    """As they stand in an answer.

    >>> markers((1, 3))
    '[1][3]'
    """
    return "".join(f"[{number}]" for number in numbers)


def short(text: object) -> str:
    """As `line`, cut where it is very long."""
    words = line(text)
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 2].rstrip()} …"


# Plain text


def answer_as_text(answer: Wire, *, asked: str = "", words: Words | None = None) -> str:
    """The question, the answer, its sides and its sources; a quote is as long as in its article."""
    return _text(read_piece(_turn(answer, asked), words))


def conversation_as_text(conversation: Conversation, words: Words | None = None) -> str:
    """All turns, one after another, under the title."""
    parts = (line(conversation.title), *(_text(read_piece(turn, words)) for turn in conversation.turns))
    return "\n\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def _text(piece: ExportedTurn) -> str:
    blocks = [[f"{name}{isolated(line(text))}"] for name, text in _before(piece) if line(text)]
    for about, sides in piece.conflicts:
        told = [f"- {isolated(line(value))} {markers(numbers)}".rstrip() for value, numbers in sides]
        blocks.append([f"{piece.words('saved_differ')}: {isolated(line(about))}", *told])
    for source in piece.sources:
        below = [f"“{isolated(harmless(source.quote))}”", isolated(line(source.place))]
        below += [web_address(source.url) or isolated(short(source.url))] if source.url else []
        blocks.append(
            [f"[{source.number}] {_credit(source, isolated, piece.words)}".rstrip(), *(f"    {text}" for text in below)]
        )
    blocks += [[isolated(line(text))] for text in (piece.said, piece.made) if line(text)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _before(piece: ExportedTurn) -> list[tuple[str, str]]:
    """What stands before sides and sources, each with what it is called."""
    return [
        ("", piece.question),
        (piece.words("saved_understood"), piece.understood),
        (piece.words("saved_narrowed"), piece.scope),
        ("", piece.answer),
        ("", piece.note),
        *((piece.words("saved_partly"), text) for text in piece.partly),
    ]


def _credit(source: CitedSource, say: Callable[[str], str], words: Words) -> str:
    """Whose, of which day, under which headline, and who carried it too."""
    also = words("saved_also", names=", ".join(map(say, source.also))) if source.also else ""
    return "; ".join(filter(None, (", ".join(map(say, source.credit)), also)))


def _turn(answer: Wire, asked: str) -> Turn:
    return Turn(str(answer.get("question") or ""), dict(answer), asked=asked)


# Markdown (CommonMark)


def answer_as_markdown(answer: Wire, *, asked: str = "", words: Words | None = None) -> str:
    """As `answer_as_text`, the question as a heading, the quotes as block quotes."""
    return _markdown(read_piece(_turn(answer, asked), words), "#")


def conversation_as_markdown(conversation: Conversation, words: Words | None = None) -> str:
    """All turns under the title; each question is a heading."""
    title = inert(conversation.title)
    parts = [f"# {title}\n"] if title else []
    return "\n".join([*parts, *(_markdown(read_piece(turn, words), "##") for turn in conversation.turns)])


def _markdown(piece: ExportedTurn, heading: str) -> str:
    def say(text: object) -> str:
        return isolated(inert(text))

    question, *rest = _before(piece)
    blocks = [f"{heading} {say(question[1])}"] if line(question[1]) else []
    blocks += [f"{name}{say(text)}" for name, text in rest if line(text)]
    for about, sides in piece.conflicts:
        told = "\n".join(f"- {say(value)} {inert(markers(numbers))}".rstrip() for value, numbers in sides)
        blocks += [f"**{piece.words('saved_differ')}:** {say(about)}", told]
    for source in piece.sources:
        blocks += [
            f"**{inert(markers([source.number]))}** {_credit(source, say, piece.words)}".rstrip(),
            f"> “{say(source.quote)}”",
        ]
        address = web_address(source.url)
        links = [f"<{address}>"] if address else [say(short(source.url))] if source.url else []
        blocks += ["  \n".join([say(source.place), *links])]
    blocks += [say(text) for text in (piece.said, piece.made) if line(text)]
    return "\n\n".join(block for block in blocks if block) + "\n"


# HTML


def markup(text: object) -> str:
    """Untrusted text for HTML, to the character: line breaks and tabs stay, other controls are shown as "\ufffd"."""
    plain = re.sub(f"[{CONTROLS}{TURNING}{HALVES}]", "\ufffd", str(text))
    return escape(plain).replace("\r", "&#13;")  # a browser drops a carriage return that is not spelled out


def answer_as_html(answer: Wire, *, asked: str = "", words: Words | None = None) -> str:
    """A whole document that needs nothing and asks nobody; its numbers lead to the sources below."""
    piece = read_piece(_turn(answer, asked), words)
    return _document(piece.question, _html(piece, "h1", "s"), piece.words)


def answer_as_fragment(answer: Wire, *, asked: str = "", words: Words | None = None) -> str:
    """The same without a document around it, style or anchors: to be put on a clipboard."""
    return _html(read_piece(_turn(answer, asked), words), "h3", "")


def conversation_as_html(conversation: Conversation, words: Words | None = None) -> str:
    """As `answer_as_html`, all turns under the title."""
    turns = (_html(read_piece(turn, words), "h2", f"q{place}-") for place, turn in enumerate(conversation.turns, 1))
    body = f'<h1 dir="auto">{markup(line(conversation.title))}</h1>\n{"".join(turns)}'
    return _document(conversation.title, body, words or Words())


def _html(piece: ExportedTurn, heading: str, anchor: str) -> str:
    """A section; `anchor` begins the ids of its sources, "" for none and no links to them."""

    def say(text: str) -> str:
        return f'<bdi lang="">{markup(text)}</bdi>'

    question, *rest = _before(piece)
    blocks = [f'<{heading} dir="auto">{markup(line(question[1]))}</{heading}>']
    for name, text in rest:
        if line(text):
            kind = ' class="answer"' if text == piece.answer else ' class="quiet"'
            words = _linked(text, piece, anchor) if text == piece.answer else markup(text)
            blocks.append(f'<p{kind} dir="auto">{name}{words}</p>')
    for about, sides in piece.conflicts:
        told = "".join(f"<li>{say(value)} {_linked(markers(numbers), piece, anchor)}</li>" for value, numbers in sides)
        blocks += [f"<p>{piece.words('saved_differ')}: {say(about)}</p>", f"<ul>{told}</ul>"]
    for source in piece.sources:
        address = web_address(source.url)
        link = f'<br><a href="{escape(address)}" rel="noreferrer">{markup(address)}</a>' if address else ""
        link = link or (f"<br>{say(short(source.url))}" if source.url else "")
        named = f' id="{anchor}{source.number}"' if anchor else ""
        blocks.append(
            f'<div class="source"{named}>[{source.number}] {_credit(source, say, piece.words)}\n'
            f'<blockquote dir="auto" lang="">“{markup(source.quote)}”</blockquote>\n'
            f'<p class="quiet">{say(source.place)}{link}</p></div>'
        )
    blocks += [f'<p class="quiet" dir="auto">{markup(text)}</p>' for text in (piece.said, piece.made) if line(text)]
    return "<section>\n" + "\n".join(blocks) + "\n</section>\n"


def _linked(text: str, piece: ExportedTurn, anchor: str) -> str:
    """Words with their markers as links to the sources, where there are any."""
    held = {str(source.number) for source in piece.sources} if anchor else set()
    parts = re.split(r"\[([1-9]\d{0,3})\]", text)
    made = [markup(parts[0])]
    for number, after in zip(parts[1::2], parts[2::2], strict=True):
        made += [f'<a href="#{anchor}{number}">[{number}]</a>' if number in held else f"[{number}]", markup(after)]
    return "".join(made)


def _document(title: str, body: str, words: Words) -> str:
    style = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="{words.language}" dir="{words.direction}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{markup(short(title))}</title>\n<style>{CSS}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


# To a file


def conversation_as_json(conversation: Conversation) -> str:
    """All that is kept of it, answers whole, on one line; without the link's id, which is nobody else's."""
    held = asdict(conversation)
    del held["id"]
    return plain_json(held) + "\n"


def file_name(title: str, suffix: str) -> str:
    """A name that any system takes.

    >>> file_name("../Who was killed?", ".md"), file_name("…", ".html")
    ('who-was-killed.md', 'conversation.html')
    """
    return f"{slug(title, 60) or 'conversation'}{suffix}"
