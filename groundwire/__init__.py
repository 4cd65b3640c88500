"""The public face for Python: open an archive, ask it, read the answer. A name is loaded when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluation.run import Run
    from ground.errors import GroundwireError
    from groundwire.face import Archive, evaluate, open
    from index.article import Article
    from index.passage import Passage
    from index.store.scope import Scope
    from index.update import UpdateReport
    from models import Message
    from qa.answer import Answer, Citation, Conflict, Sentence, Side
    from qa.ask import Found, Piece, Status
    from qa.checking.check import Check, Checked, check
    from qa.checking.draft import read_draft
    from qa.newsroom import Newsroom, open_newsroom
    from qa.retrieve import Hit
    from qa.settings import Settings

__all__ = [
    "Answer",
    "Archive",
    "Article",
    "Check",
    "Checked",
    "Citation",
    "Conflict",
    "Found",
    "GroundwireError",
    "Hit",
    "Message",
    "Newsroom",
    "Passage",
    "Piece",
    "Run",
    "Scope",
    "Sentence",
    "Settings",
    "Side",
    "Status",
    "UpdateReport",
    "check",
    "evaluate",
    "open",
    "open_newsroom",
    "read_draft",
]
_HOMES = {
    "evaluation.run": ("Run",),
    "ground.errors": ("GroundwireError",),
    "groundwire.face": ("Archive", "evaluate", "open"),
    "index.article": ("Article",),
    "index.passage": ("Passage",),
    "index.store.scope": ("Scope",),
    "index.update": ("UpdateReport",),
    "models": ("Message",),
    "qa.answer": ("Answer", "Citation", "Conflict", "Sentence", "Side"),
    "qa.ask": ("Found", "Piece", "Status"),
    "qa.checking.check": ("Check", "Checked", "check"),
    "qa.checking.draft": ("read_draft",),
    "qa.newsroom": ("Newsroom", "open_newsroom"),
    "qa.retrieve": ("Hit",),
    "qa.settings": ("Settings",),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
