"""What a command line that cannot be read is told: did you mean; several words are one question."""

import argparse
import difflib
import re
import shlex
from collections.abc import Sequence
from typing import Any

CHOICE = re.compile(r"argument (?P<name>\S+): invalid choice: '(?P<word>[^']*)'.*", re.DOTALL)


class Command(argparse.ArgumentParser):
    """A command that says what may have been meant by one that is not there, or an option that is not."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.set_defaults(unread=self.tell_unread)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse has it, but that what is left over is told by the command that it was given to."""
        given, left = self.parse_known_args(args, namespace)
        if left:
            given.unread(left)
        return given

    def error(self, message: str) -> Any:
        wrong = CHOICE.match(message)
        if wrong and wrong["name"] == "COMMAND":
            message = (
                f'no command is called "{wrong["word"]}"; {self.prog} --help lists all{self._meant(wrong["word"])}'
            )
        elif wrong:
            message += self._meant(wrong["word"])
        super().error(message)

    def tell_unread(self, left: Sequence[str]) -> None:
        """Ends with 2: nothing takes these words."""
        option = next((word.partition("=")[0] for word in left if word.startswith("-")), None)
        if option in self._option_string_actions:
            self.error(f"{option} stands after --, where nothing is an option; options stand before --")
        if option:
            self.error(f"there is no option {option}{nearest(option, self._option_string_actions)}")
        one_text = any(isinstance(action, OneText) for action in self._actions)
        hint = "; words that are one text stand together, or in quotes" if one_text else ""
        self.error(f"unrecognized arguments: {' '.join(left)}{hint}")

    def _meant(self, word: str) -> str:
        """What was meant by a word that is none of the choices of an argument here."""
        choices = [str(choice) for action in self._actions if action.choices for choice in action.choices]
        meant = nearest(word, choices)
        asks = "" if meant or "ask" not in choices else f"; to ask a question: {self.prog} ask {shlex.quote('…')}"
        return meant or asks


def nearest(word: str, known: "Sequence[str] | dict[str, Any]") -> str:
    """The known word that is most like one that is not, as the end of a sentence; empty where none is.

    >>> nearest("serch", ["search", "show"]), nearest("x", ["search"])
    ('; did you mean search?', '')
    """
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


class OneText(argparse.Action):
    """Words that are one text: `ask who was killed` is `ask "who was killed"`."""

    def __call__(self, parser: Any, given: argparse.Namespace, words: Any, option: str | None = None) -> None:
        setattr(given, self.dest, words if isinstance(words, str) else " ".join(words))
