"""Finds the words of others in an article: the article's own characters for them, and the whole sentences around.

Nothing here makes a quote; it says where one stands, and `text[start:end]` is the quote.
"""

import re
from collections.abc import Sequence

from ground.words import as_typed, fold, unparted
from index.article import Article
from index.passage import Span, split_sentences
from index.store.archive import Archive

LIKE = {c: f"[{re.escape(kind)}]" for kind in ("'‘’‚‛`´", '"“”„‟«»', "-‐‑‒–—−") for c in kind}

# What a text may hold and nobody types: invisible characters, letters in parts or run together, words parted by a line.
ODD = re.compile("[\u00ad\u00ac\u0300-\u036f\u200b-\u200f\u2060\ufeff\ufb00-\ufdff\uff01-\uffef]|[-\u2010]\\s*\n")


def find_quote(text: str, words: str, *, near: int = 0) -> Span | None:
    """Where `words` stand in `text`, nearest to `near`: character for character, else whatever its spaces, quotation
    marks, dashes, ligatures and invisible characters are. None where they do not, or where there are none.

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
        if all(word in text for word in plain):  # quick, for most articles hold few of the words
            tokens = ("".join(LIKE.get(c, re.escape(c)) for c in word) for word in words.split())
            places = [found.span() for found in re.finditer(r"\s+".join(tokens), text)]
        if not places and (ODD.search(text) or ODD.search(words)):
            places = _typed_places(text, words)
    return min(places, key=lambda place: (abs(place[0] - near), place), default=None)


def _typed_places(text: str, words: str) -> list[Span]:
    """Where `text`, as it is typed and its lines' hyphens closed, holds `words` as they are typed."""
    wanted = " ".join(unparted(as_typed(words)).split())
    first = wanted[:1].casefold()
    if not first or wanted not in " ".join(unparted(as_typed(text)).split()):
        return []
    places: list[Span] = []
    # Rarely come to: a place begins where a prefix of the text stops being one of what is left over.
    for start in range(len(text)):
        if as_typed(text[start])[:1].casefold() != first:
            continue
        end = min(len(text), start + len(wanted) // 2)
        while end < min(len(text), start + 3 * len(wanted) + 20):
            end += 1
            typed = " ".join(unparted(as_typed(text[start:end])).split())
            if typed == wanted:
                places.append((start, end))
                break
            if len(typed) > len(wanted) + 4:
                break
    return places


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
