"""How right an answer is against its gold: by forms it must hold, after folding what does not count.

Means and intervals are made in `statistics`; what a report measures is listed in `judge` and `figures`.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

from ground.words import holds


def groups_held(text: str, groups: Sequence[Sequence[str]]) -> list[bool]:
    """For each group of accepted forms, whether the answer holds one of them."""
    return [any(holds(text, form) for form in group) for group in groups]


def squad_words(text: str) -> list[str]:
    """Words as SQuAD compares them: lower case, without ASCII punctuation and English articles (Rajpurkar et al. 2016).

    >>> squad_words("The F-15E,  an airplane.")
    ['f15e', 'airplane']
    """
    plain = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", plain).split()


def exact_match(answer: str, forms: Sequence[str]) -> float:
    """1 where the answer's words are those of one accepted form, as SQuAD defines it.

    >>> exact_match("The Mahdi Army.", ["Saraya al-Salam", "Mahdi Army"])
    1.0
    """
    return float(any(squad_words(answer) == squad_words(form) for form in forms))


def token_f1(answer: str, forms: Sequence[str]) -> float:
    """The best F1 of the answer's words with one accepted form, as SQuAD defines it; of no words with none it is 1.

    >>> token_f1("the Mahdi Army of Iraq", ["Mahdi Army"]) == 2 * (2 / 4) * (2 / 2) / (2 / 4 + 2 / 2)
    True
    """
    return max((_f1(squad_words(answer), squad_words(form)) for form in forms), default=0.0)


def _f1(given: Sequence[str], wanted: Sequence[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    shared = (Counter(given) & Counter(wanted)).total()
    return 2 * shared / (len(given) + len(wanted))
