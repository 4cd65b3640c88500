"""How right an answer is against its gold: by forms it must hold, after folding what does not count.

Means and intervals belong to the evaluation; here is one answer at a time.
"""

import re
import unicodedata
from collections.abc import Sequence


def fold(text: str) -> str:
    """Lower case, without accents and punctuation, words parted by one space.

    >>> fold("Kata’ib  Hezbollah, José: F-15E")
    'kata ib hezbollah jose f 15e'
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain))


def holds(text: str, form: str) -> bool:
    """Whether `text` holds the whole words of `form`, both folded.

    >>> holds("Ten people died.", "ten"), holds("Often", "ten")
    (True, False)
    """
    return f" {fold(form)} " in f" {fold(text)} "


def groups_held(text: str, groups: Sequence[Sequence[str]]) -> list[bool]:
    """For each group of accepted forms, whether the answer holds one of them."""
    return [any(holds(text, form) for form in group) for group in groups]
