"""Finds the words of others in an article: the article's own characters for them, and the whole sentences around.

Nothing here makes a quote; it says where one stands, and `text[start:end]` is the quote.
"""

import re
from collections.abc import Sequence

from ground.words import fold
from index.article import Article
from index.passage import Span, split_sentences
from index.store.archive import Archive

LIKE = {c: f"[{re.escape(kind)}]" for kind in ("'‘’‚‛`´", '"“”„‟«»', "-‐‑‒–—−") for c in kind}


def find_quote(text: str, words: str, *, near: int = 0) -> Span | None:
    """Where `words` stand in `text`, nearest to `near`: character for character, else whatever its spaces, quotation
    marks and dashes are. None where they do not, or where there are none.

    >>> text = "He said “go on”.\\nShe left."
    >>> find_quote(text, '"go on". She')
    (8, 20)
    >>> find_quote(text, "She stayed") is None
    True
    """
    words = words.strip()
    if not words:
        return None
    places = [(at, at + len(words)) for at in _starts(text, words)]
    if not places:
        plain = (word for word in words.split() if not LIKE.keys() & set(word))
        if not all(word in text for word in plain):  # quick, for most articles hold few of the words
            return None
        tokens = ("".join(LIKE.get(c, re.escape(c)) for c in word) for word in words.split())
        places = [found.span() for found in re.finditer(r"\s+".join(tokens), text)]
    return min(places, key=lambda place: (abs(place[0] - near), place), default=None)


def _starts(text: str, words: str) -> list[int]:
    starts = []
    at = text.find(words)
    while at >= 0:
        starts.append(at)
        at = text.find(words, at + 1)
    return starts


def sentences_around(text: str, start: int, end: int) -> Span:
    """The whole sentences that hold `text[start:end]`; itself where it is in none.

    >>> text = "One fell. Two rose. Three stayed."
    >>> text[slice(*sentences_around(text, 10, 13))]
    'Two rose.'
    """
    # A paragraph is enough to split: no sentence crosses a line break.
    left = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    breaks = [at for at in (text.find("\n", end), text.find("\r", end)) if at >= 0]
    right = min(breaks, default=len(text))
    around = [(a, b) for a, b in split_sentences(text, left, right) if a < end and start < b]
    return (min(start, around[0][0]), max(end, around[-1][1])) if around else (start, end)


def best_sentence(
    text: str, forms: Sequence[str], question: str, *, start: int = 0, end: int | None = None
) -> Span | None:
    """The sentence of `text[start:end]` that holds the whole words of a form, and most of the question's.

    Of equals the first; None where no sentence holds a form.

    >>> text = "Ten came. Ten died in the strike."
    >>> text[slice(*best_sentence(text, ["ten"], "How many died?"))]
    'Ten died in the strike.'
    """
    asked = set(fold(question).split())
    wanted = [f" {fold(form)} " for form in forms if fold(form)]
    best: tuple[int, Span] | None = None
    for span in split_sentences(text, start, end):
        folded = fold(text[slice(*span)])
        if any(form in f" {folded} " for form in wanted):
            shared = len(asked & set(folded.split()))
            if best is None or shared > best[0]:
                best = shared, span
    return best[1] if best else None


def find_articles(archive: Archive, quotes: Sequence[str]) -> dict[str, tuple[Article, Span]]:
    """For each quote the first article, by id, whose body holds it, and where; quotes that stand in none are not there.

    An article that holds it character for character goes before one that does not.
    """
    found: dict[str, tuple[Article, Span]] = {}
    for id in sorted(archive.owners()):
        article = archive.article(id)
        if article is None:
            continue
        for quote in quotes:
            held = found.get(quote)
            if held and held[0].text[slice(*held[1])] == quote.strip():
                continue
            span = find_quote(article.text[article.body_start :], quote)
            if span is not None:
                place = span[0] + article.body_start, span[1] + article.body_start
                if held is None or article.text[slice(*place)] == quote.strip():
                    found[quote] = article, place
    return found
