"""The chips above an answer: what of the question narrowed the search; a click takes one away, or takes it back."""

from collections.abc import Mapping
from typing import Any

from ground.language import Words


def chips_of(understood: Mapping[str, Any] | None, words: Words) -> dict[str, Any] | None:
    """What the template draws of an answer's `understood`; None where there is nothing to show.

    >>> part = {"kind": "author", "words": "Doe", "means": "Jane Doe", "state": "taken_away"}
    >>> chips_of({"parts": [part], "widened": None}, Words())["chips"]
    [{'words': 'Doe', 'shown': 'by Jane Doe', 'state': 'off'}]
    """
    if not understood or not understood["parts"]:
        return None
    states = {"narrows": "on", "taken_away": "off", "given_up": "given-up"}
    chips = [
        {
            "words": part["words"],
            "shown": words("by", name=part["means"]) if part["kind"] == "author" else part["means"],
            "state": states[part["state"]],
        }
        for part in understood["parts"]
    ]
    return {"chips": chips, "widened": understood["widened"] or ""}


def without(understood: Mapping[str, Any], clicked: str) -> list[str]:
    """The words that are not to narrow after a click on a chip: those that did not before, and this one, or not any
    more.

    >>> parts = [{"words": "AFP", "state": "narrows"}, {"words": "in May", "state": "taken_away"}]
    >>> without({"parts": parts}, "AFP"), without({"parts": parts}, "in May")
    (['in May', 'AFP'], [])
    """
    left = [part["words"] for part in understood["parts"] if part["state"] == "taken_away"]
    return [words for words in left if words != clicked] if clicked in left else [*left, clicked]
