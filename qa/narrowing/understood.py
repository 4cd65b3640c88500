"""What was understood of a question and what became of it, and the ways to ask: narrowed, wider, all that was given."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from index.store.scope import Scope
from qa.narrowing.understand import Part, free, together


@dataclass(frozen=True)
class Understood:
    """The parts by which the search is narrowed now; those given up, as nothing within them answers, which `widened`
    says in a sentence; and those that whoever asks has taken away."""

    parts: tuple[Part, ...]
    given_up: tuple[Part, ...] = ()
    taken_away: tuple[Part, ...] = ()
    widened: str = ""

    def told(self) -> str:
        """One line for a person: what was understood, by which words, and what became of it."""
        said = [f"{part.means} (“{part.words}”)" for part in self.parts]
        return " ".join(filter(None, (self.widened, f"Searched: {', '.join(said)}." if said else "")))

    def to_dict(self) -> dict[str, Any]:
        """As an answer has it."""
        states = {"narrows": self.parts, "given_up": self.given_up, "taken_away": self.taken_away}
        parts = [part.to_dict() | {"state": state} for state, held in states.items() for part in held]
        parts.sort(key=lambda part: int(part["start"]))
        return {"parts": parts, "widened": self.widened or None, "told": self.told() or None}


@dataclass(frozen=True)
class Way:
    """A part of the archive to ask, and what was understood where something was."""

    scope: Scope
    understood: Understood | None = None


def ways_of(
    parts: Sequence[Part], given: Scope, without: Collection[str], any_within: Callable[[Scope], bool]
) -> list[Way]:
    """What to ask one after the other until something answers: within all parts, within all but the days, all that is
    `given`. What holds no article is passed over; `without` are the words that are not to narrow."""
    narrowing = free(parts, given, without)
    left = tuple(part for part in free(parts, given) if part not in narrowing)
    if not narrowing:
        return [Way(given, Understood((), (), left) if left else None)]
    undated = [part for part in narrowing if part.kind != "days"]
    ways: list[Way] = []
    steps = [narrowing, undated] if 0 < len(undated) < len(narrowing) else [narrowing]
    for step in steps:
        scope = together(step, given)
        if ways or any_within(scope):  # what is wider holds what the narrower does
            ways.append(Way(scope, _understood(step, narrowing, left, given, asked=bool(ways))))
    ways.append(Way(given, _understood([], narrowing, left, given, asked=bool(ways))))
    return ways


def _understood(
    step: Sequence[Part], all_parts: Sequence[Part], left: tuple[Part, ...], given: Scope, *, asked: bool
) -> Understood:
    given_up = tuple(part for part in all_parts if part not in step)
    widened = ""
    if given_up:
        what = "answers this" if asked else "is in the archive" if given.everything else "is among those you chose"
        wider = f"all of {means(step)}" if step else "all" if given.everything else "all that you chose"
        widened = f"No article of {means(all_parts)} {what}; {wider} were searched instead."
    return Understood(tuple(step), given_up, left, widened)


def means(parts: Sequence[Part]) -> str:
    """What parts mean, for a sentence."""
    return ", ".join(part.means for part in parts)
