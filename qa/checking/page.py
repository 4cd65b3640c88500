"""A checked draft as one page of HTML that needs no network and no script: each sentence opens the quotes behind it.

Whatever a draft or an article says is text on that page, never markup. Its own words are in `check.html`.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from ground.language import Words
from ground.shown import CONTROLS, HALVES, TURNING, one_line
from qa.checking.check import Check, Checked
from qa.checking.differences import in_pieces
from qa.evidence import Evidence

TEMPLATE = Path(__file__).with_name("check.html")
AROUND = 300  # characters of an article on each side of a quote


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, finalize=_shown
    )
    environment.filters["sha256"] = lambda text: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def as_html(check: Check, name: str = "Draft", archive: str = "") -> str:
    """The page: the draft as it stands, marked, and its counts. `name` and `archive` are as people call them.

    One check gives the same bytes.
    """
    return _template().render(
        name=one_line(name) or "Draft",
        archive=one_line(archive),
        state=check.archive[:12],
        counts=check.counts,
        pieces=_pieces(check),
    )


def _shown(value: Any) -> Any:
    """Text without what would steer the page or turn the words around it."""
    return re.sub(f"[{CONTROLS}{TURNING}{HALVES}]", "\ufffd", value) if type(value) is str else value


def _pieces(check: Check) -> list[dict[str, Any]]:
    """The draft in order: what stands between sentences, and each sentence with its quotes."""
    pieces: list[dict[str, Any]] = []
    done = 0
    for number, one in enumerate(check.sentences, 1):
        gap = check.draft[done : one.start]
        apart = "\n" in gap or not done
        told = {
            "words": in_pieces(one.plain, one.draft_marks),
            "why": one.reasons(Words()) if one.mark != "skipped" else (),
        }
        pieces.append({"number": number, "one": one, "apart": apart, "sources": _sources(one), **told})
        done = one.end
    return pieces


def _sources(one: Checked) -> list[dict[str, Any]]:
    """Each quote with what stands around it; in the first the words that differ are marked."""
    marks = [one.quote_marks, *[[]] * len(one.evidence)]
    return [
        {"cited": cited, "words": in_pieces(cited.quote, marked), **_around(item)}
        for cited, item, marked in zip(one.citations, one.evidence, marks, strict=False)
    ]


def _around(item: Evidence) -> dict[str, str]:
    """What stands before and after a quote in its article."""
    text, body = item.hit.article.text, item.hit.article.body_start
    start, end = max(body, item.start - AROUND), item.end + AROUND
    return {
        "before": ("…" if start > body else "") + text[start : item.start],
        "after": text[item.end : end] + ("…" if end < len(text) else ""),
    }
