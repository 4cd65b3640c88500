"""Asks the question of a kept answer again, from what gave it, and says what has changed."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ground.errors import GroundwireError
from index.store.scope import Scope, ScopeError
from models import Message
from qa.answer import Answer
from qa.newsroom import Newsroom
from qa.settings import Settings

SAID = ("standalone_question", "answer", "short", "declined", "score", "sentences", "citations", "conflicts")


class ReplayError(GroundwireError, ValueError):
    """A file that holds no answer to replay; the message says which, why and what to do."""


@dataclass(frozen=True)
class Replayed:
    """What made the two answers differ, what in them differs, and the answer given now."""

    causes: tuple[str, ...]
    differences: tuple[str, ...]
    answer: Answer

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "same": not self.differences,
            "causes": list(self.causes),
            "differences": list(self.differences),
            "answer": self.answer.to_dict(),
        }


def read_record(path: Path) -> dict[str, Any]:
    """The answer that `groundwire ask --json` wrote to `path`. Raises ReplayError where it is none."""
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ReplayError(f"{path}: is not one JSON object ({error}); keep one with groundwire ask --json") from None
    try:
        settings = record["replay"]["settings"]
        history = record["replay"].get("history", [])
        shape = isinstance(record["question"], str) and isinstance(settings["archive"], str)
        shape = shape and all(isinstance(turn[name], str) for turn in history for name in ("role", "content"))
        shape = shape and all(turn["role"] in ("user", "assistant") for turn in history)
        Scope.from_dict(record["replay"].get("scope"))
    except (KeyError, TypeError, AttributeError):
        shape = False
    except ScopeError as error:
        raise ReplayError(f"{path}: its scope cannot be asked again ({error})") from None
    if not shape:
        raise ReplayError(
            f"{path}: holds no answer with its question and settings; keep one with groundwire ask --json"
        )
    return dict(record)


def settings_in(record: dict[str, Any], own: Settings) -> Settings:
    """The settings an answer was given with; what it does not record, as where the weights lie, is `own`.

    Raises ReplayError for a value that is not of its field's kind.
    """
    kept = record["replay"]["settings"]
    changed: dict[str, Any] = {}
    for name, value in kept.items():
        held = getattr(own, name, None)
        if name not in own.to_dict():
            continue
        if isinstance(held, Path) and isinstance(value, str):
            changed[name] = Path(value)
        elif type(value) is type(held):
            changed[name] = value
        else:
            raise ReplayError(f'the answer\'s setting "{name}" is {value!r:.40}, not a {type(held).__name__}')
    return replace(own, **changed)


def replay(record: dict[str, Any], open_room: Callable[[], Newsroom]) -> Replayed:
    """Asks again, with the conversation that went before, and compares both what gave the answer and what it says."""
    kept = record["replay"]
    history = [Message(turn["role"], turn["content"]) for turn in kept.get("history", [])]
    room = open_room()
    scope = Scope.from_dict(kept.get("scope"))  # what the question itself said of it is in it
    answer = room.ask(record["question"], history, id=record.get("id"), scope=scope, narrow=False)
    now = answer.to_dict()
    causes = [
        f"{what} has changed: {_short(kept.get(name))} then, {_short(now['replay'].get(name))} now"
        for name, what in {
            "archive": "the archive",
            "llm": "the language model",
            "reader": "the reader",
            "embedder": "the embedder",
            "reranker": "the reranker",
            "program": "Groundwire itself",
        }.items()
        if kept.get(name) != now["replay"].get(name)
        # Where an answer's scope holds nothing, no model was asked: then that is no change of one.
        and (name not in ("llm", "reader", "reranker") or (_asked(kept, name) and _asked(now["replay"], name)))
    ]
    causes += [
        f'the setting "{name}" was {value!r:.40}, is {now["replay"]["settings"].get(name)!r:.40}'
        for name, value in kept["settings"].items()
        if name != "archive" and now["replay"]["settings"].get(name) != value
    ]
    differences = [name for name in SAID if record.get(name) != now[name]]
    return Replayed(tuple(causes), tuple(differences), answer)


def _asked(kept: dict[str, Any], name: str) -> bool:
    """Whether a model was asked for an answer: none reads where a scope holds nothing, and none writes a refusal."""
    model = kept.get(name)
    if name == "llm":
        return bool(model and model.get("name"))
    return model is not None if name == "reader" else kept.get("reader") is not None


def _short(value: object) -> str:
    """A value of a record in a few characters: hashes cut, the rest as JSON."""
    if isinstance(value, dict):
        return " ".join(_short(part) for part in value.values())
    text = value if isinstance(value, str) else json.dumps(value)
    return text[:12] if len(text) == hashlib.sha256().digest_size * 2 else text[:80]
