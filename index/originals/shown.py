"""What is asked of the worker that shows an original, and what it gives: plain values, for both go over a pipe."""

from dataclasses import dataclass
from typing import Literal

from ground.errors import GroundwireError

Kind = Literal["page", "html", "file"]


class OriginalError(GroundwireError, ValueError):
    """An original that cannot be shown; the message says which, why and what to do."""


@dataclass(frozen=True)
class Asked:
    """The file `path` of this `kind` and id, and the characters `start:end` of `text` that are to be marked in it.

    `text` is that of page `page` of a PDF, of others what stands around the quote; `heads` are the running heads that
    the reader took away, `scanned` says that the page was read as a picture. `wanted` is the id that the reader gave
    the article: in a container or a mail, of which member it is. `bare` asks for a page without its styles, `whole`
    for the bytes alone.
    """

    path: str
    id: str
    name: str
    kind: str
    wanted: str
    text: str = ""
    start: int = 0
    end: int = 0
    page: int = 0
    heads: tuple[str, ...] = ()
    scanned: bool = False
    bare: bool = False
    whole: bool = False

    @property
    def quote(self) -> str:
        return self.text[self.start : self.end]


@dataclass(frozen=True)
class Box:
    """A rectangle on a page: its edges as shares of the page's width and height, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Shown:
    """What is shown: a PDF's `page` as PNG, HTML that does nothing, or a `file` with this `suffix`; `data` is it.

    `marked` says that the quote is marked in it, `why` in a sentence why it is not. `page` of `pages` is drawn, `width`
    by `height` dots, with the quote in `boxes`, a line each.
    """

    kind: Kind
    data: bytes
    suffix: str
    marked: bool = False
    why: str = ""
    page: int = 0
    pages: int = 0
    width: int = 0
    height: int = 0
    boxes: tuple[Box, ...] = ()
