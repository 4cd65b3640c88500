"""What was understood of a question and what became of it, and the ways to ask: narrowed, wider, all that was given."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ground.language import Words
from index.store.scope import Scope
from qa.narrowing.understand import Part, free, together

NoArticle = Literal["answers", "held", "among_chosen"]


@dataclass(frozen=True)
class Understood:
    """The parts by which the search is narrowed now; those given up, as nothing within them answers, which `widened`
    says in a sentence; and those that whoever asks has taken away.

    `none` is what is true of no article of all these parts, `chosen` whether a part of the archive was chosen by hand.
    What is said is said in the language of `say`; programs read English.
    """

    parts: tuple[Part, ...]
    given_up: tuple[Part, ...] = ()
    taken_away: tuple[Part, ...] = ()
    none: NoArticle = "answers"
    chosen: bool = False
    say: Words = field(default_factory=Words, compare=False)

    @property
    def widened(self) -> str:
        """Where all is searched after all, the sentence that says so, else nothing."""
        return self._widened(self.say)

    def told(self) -> str:
        """One line for a person: what was understood, by which words, and what became of it."""
        return self._told(self.say)

    def spoken(self) -> dict[str, Any]:
        """As `to_dict`, in its language."""
        return self._as_dict(self.say)

    def to_dict(self) -> dict[str, Any]:
        """As an answer has it."""
        return self._as_dict(Words())

    def _widened(self, say: Words) -> str:
        if not self.given_up:
            return ""
        all_parts = sorted((*self.parts, *self.given_up), key=lambda part: part.start)
        instead = "within" if self.parts else "chosen" if self.chosen else "all"
        return say(
            "searched_wider",
            none=say(f"none_{self.none}", parts=means(all_parts, say)),
            instead=say(f"instead_{instead}", **({"parts": means(self.parts, say)} if self.parts else {})),
        )

    def _told(self, say: Words) -> str:
        said = ", ".join(f"{part.told(say)} ({say('title', title=part.words)})" for part in self.parts)
        return " ".join(filter(None, (self._widened(say), said and say("searched_within", parts=said))))

    def _as_dict(self, say: Words) -> dict[str, Any]:
        states = {"narrows": self.parts, "given_up": self.given_up, "taken_away": self.taken_away}
        parts = [part.to_dict(say) | {"state": state} for state, held in states.items() for part in held]
        parts.sort(key=lambda part: int(part["start"]))
        return {"parts": parts, "widened": self._widened(say) or None, "told": self._told(say) or None}


@dataclass(frozen=True)
class Way:
    """A part of the archive to ask, and what was understood where something was."""

    scope: Scope
    understood: Understood | None = None


def ways_of(
    parts: Sequence[Part],
    given: Scope,
    without: Collection[str],
    any_within: Callable[[Scope], bool],
    say: Words | None = None,
) -> list[Way]:
    """What to ask one after the other until something answers: within all parts, within all but the days, all that is
    `given`. What holds no article is passed over; `without` are the words that are not to narrow. What is understood is
    told with the words of `say`, English ones without."""
    narrowing = free(parts, given, without)
    left = tuple(part for part in free(parts, given) if part not in narrowing)
    told = Understood((), (), left, chosen=not given.everything, say=say or Words())
    if not narrowing:
        return [Way(given, told if left else None)]
    undated = [part for part in narrowing if part.kind != "days"]
    ways: list[Way] = []
    steps = [narrowing, undated] if 0 < len(undated) < len(narrowing) else [narrowing]
    for step in [*steps, []]:
        scope = together(step, given)
        if ways or not step or any_within(scope):  # what is wider holds what the narrower does
            given_up = tuple(part for part in narrowing if part not in step)
            none: NoArticle = "answers" if ways else "held" if given.everything else "among_chosen"
            ways.append(Way(scope, replace(told, parts=tuple(step), given_up=given_up, none=none)))
    return ways


def means(parts: Sequence[Part], say: Words) -> str:
    """What parts mean, for a sentence."""
    return ", ".join(part.told(say) for part in parts)
