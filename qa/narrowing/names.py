"""The outlets and authors of an archive by the forms in which a question names them; a form that fits two is none."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ground.words import fold
from qa.narrowing.words import Word

Kind = Literal["outlet", "author"]
LONGEST = 10  # words
ADDRESS = re.compile(r"(?:www\.)?([\w-]{2,})(?:\.[a-z]{2,6}){1,2}", re.IGNORECASE)
# What an outlet is, not which: "the Wire" may be any, and "Kestrel" is enough for "Kestrel Agency".
COMMON = frozenset(
    "agency wire news press service world international media online group newspaper paper radio tv television daily"
    " weekly website network".split()
)
NO_PERSON = frozenset(
    "staff desk newsroom correspondent correspondents reporter reporters editor editors team agencies agency writer"
    " writers bureau service press news".split()
)
Form = tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """Words `first` up to `last` (not included) of a question that name an outlet or an author.

    `short` says that it is one word of a longer name, or a name of one word: less sure to mean it.
    """

    kind: Kind
    name: str
    first: int
    last: int
    short: bool


class Names:
    """Looks names up by what stands in a question.

    >>> from qa.narrowing.words import read_words
    >>> names = Names(["Northgate Courier", "AFP"], ["Jane Doe"])
    >>> [one.name for one in names.find(read_words("What did the Courier and Jane Doe write?"))]
    ['Northgate Courier', 'Jane Doe']
    """

    def __init__(self, outlets: Iterable[str], authors: Iterable[str] = ()) -> None:
        outlets = list(outlets)
        people = [name for name in authors if len(words := form_of(name)) > 1 and not NO_PERSON & set(words)]
        self._forms: dict[Form, tuple[Kind, str]] = {}
        taken = self._take("outlet", outlets, lambda name: [form_of(name)], set())
        taken |= self._take("outlet", outlets, shorter_outlet, taken)
        taken |= self._take("author", people, lambda name: [form_of(name)], taken)
        self._take("author", people, lambda name: [form_of(name)[-1:]], taken)

    def _take(
        self, kind: Kind, names: Sequence[str], forms: Callable[[str], list[Form]], taken: set[Form]
    ) -> set[Form]:
        """Takes the forms that fit one name alone and are not taken; gives all that there are."""
        fits: dict[Form, set[str]] = {}
        for name in names:
            for form in forms(name):
                if form:
                    fits.setdefault(form, set()).add(name)
        for form, named in fits.items():
            if len(named) == 1 and form not in taken:
                self._forms[form] = kind, next(iter(named))
        return set(fits)

    def find(self, words: Sequence[Word]) -> list[Named]:
        """The names in a question, from left to right, the longest that fits at each place."""
        found: list[Named] = []
        first = 0
        while first < len(words):
            for last in range(min(len(words), first + LONGEST), first, -1):
                part = words[first:last]
                held = self._forms.get(tuple(word.text for word in part))
                if held and not any(word.stop or word.owns for word in part[:-1]):
                    found.append(Named(*held, first, last, last - first == 1))
                    first = last - 1
                    break
            first += 1
        return found


def form_of(name: str) -> Form:
    """A name's words, without what stands in brackets and without "the".

    >>> form_of("The Evening Packet"), form_of("Fjordposten (English page)"), form_of("www.reuters.com")
    (('evening', 'packet'), ('fjordposten',), ('reuters',))
    """
    address = ADDRESS.fullmatch(name.strip())
    words = fold(address[1] if address else re.sub(r"\([^)]*\)", " ", name)).split()
    return tuple(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)


def shorter_outlet(name: str) -> list[Form]:
    """How an outlet is called for short: the end of its name, its beginning where only common words follow, initials.

    >>> shorter_outlet("Northgate Courier"), shorter_outlet("Kestrel Agency"), shorter_outlet("Agence France-Presse")
    ([('courier',)], [('kestrel',)], [('france', 'presse'), ('presse',), ('afp',)])
    """
    words = form_of(name)
    forms = [words[at:] for at in range(1, len(words)) if not set(words[at:]) <= COMMON]
    begins = next((at for at in range(1, len(words)) if set(words[at:]) <= COMMON), None)
    if begins:
        forms.append(words[:begins])
    if len(words) > 2:
        forms.append(("".join(word[0] for word in words),))
    return forms
