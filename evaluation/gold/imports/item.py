"""What a reader of a gold set yields: an article, a question, or what it had to leave out and why."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.gold.questions import Question
from ground.words import fold, slug
from index.article import Article

SLUG_CHARACTERS = 48


@dataclass(frozen=True)
class LeftOut:
    """Something of a source that is not in what was made of it: the kind of reason, and where it stood."""

    reason: str
    where: str


SetItem = Article | Question | LeftOut


def headline_id(title: str) -> str:
    """The words of a headline as part of an id.

    >>> headline_id("Oil prices rise"), headline_id("!")
    ('oil-prices-rise', 'article')
    """
    return slug(title, SLUG_CHARACTERS) or "article"


def article_id(title: str, text: str) -> str:
    """An id that stays the same whatever else is imported: the headline's words and the text's hash.

    >>> article_id("Oil prices rise", "Oil rose.")
    'oil-prices-rise-de51f497'
    """
    return f"{headline_id(title)}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def distinct(forms: Iterable[str]) -> tuple[str, ...]:
    """The forms that differ once folded, in order; what has no letter or digit could be found in no answer.

    >>> distinct(["Ten", " ten.", "", "?", "10"])
    ('Ten', '10')
    """
    kept: dict[str, str] = {}
    for form in forms:
        kept.setdefault(fold(form), form.strip())
    return tuple(form for folded, form in kept.items() if folded)
