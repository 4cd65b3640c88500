"""How much of a file's own prose a reader did not take: a cruder extraction beside the text that it made.

The cruder one takes every paragraph that reads as prose. What of it is not in the text may be a teaser, or half of the
story: past a share, the article says so.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ground.words import fold
from index.article import Article

SHARE = 0.15  # of the prose that is there; docs/reading.md has what other shares give
SHORTEST = 60  # characters of a paragraph
ENDS = re.compile(r"[.!?…][\"'”’»)\]]*$")
LEAST = 40  # words: less is a caption, a teaser, a line of the page's own
LEAST_CHARACTERS = 3 * LEAST  # that so many words have
RUN = 3  # words that stand beside each other in both
TAKEN = 0.5  # of a paragraph's runs that the text has: then it was taken, whatever was done to it
LEAST_LENGTH = 0.5  # of the words that a story is said to have: databases count captions and labels too
MOST_SHORT = 5  # such stories that are named one by one
SHOWN = 80  # characters of the first that is missing
MOST_WORDS = 200_000  # more is not compared


@dataclass(frozen=True)
class Missing:
    """Words of prose that a text does not have, of how many there are, and how the longest such paragraph begins."""

    words: int
    of: int
    begins: str

    @property
    def share(self) -> float:
        return self.words / self.of if self.of else 0.0


def beside(text: str, values: Iterable[str]) -> Iterator[str]:
    """The prose of a row where something beside its text may be prose too; nothing of a row of a text alone."""
    others = [value for value in values if len(value) >= LEAST_CHARACTERS and value != text]
    for value in (text, *others) if others else ():
        yield from paragraphs(value)


def missing(prose: Iterable[str], text: str) -> Missing:
    """What of some paragraphs a text does not have; one that comes twice counts once.

    >>> missing(["It rained all day.", "Nobody was hurt."], "It rained all day. The end.")
    Missing(words=3, of=7, begins='Nobody was hurt.')
    """
    held: set[tuple[str, ...]] | None = None
    lost, words, of = "", 0, 0
    for paragraph in dict.fromkeys(" ".join(paragraph.split()) for paragraph in prose):
        count = paragraph.count(" ") + bool(paragraph)
        if of + count > MOST_WORDS:
            break
        of += count
        if paragraph in text:
            continue
        if held is None:  # most texts have all of it word for word
            held = _runs(fold(text).split())
        runs = _runs(fold(paragraph).split())
        if len(runs & held) < TAKEN * len(runs):
            words += count
            lost = max(lost, paragraph, key=len)
    return Missing(words, of, lost)


def with_lengths(article: Article) -> Article:
    """The article with a warning for each of its stories that has far fewer words than it is said to have."""
    short = []
    for start, end in article.stories():
        section = article.section_at(start)
        told = section.length or 0
        words = len(article.words(start, end).split()) if told >= LEAST else told
        if words < LEAST_LENGTH * told:
            name = f"“{section.title}”" if section.title else f"the story at {start}"
            short.append(f"{name} has {words} of the {told} words that its database tells")
    if len(short) > MOST_SHORT:
        short[MOST_SHORT:] = [f"and {len(short) - MOST_SHORT} more stories have too few words"]
    return replace(article, warnings=(*article.warnings, *short)) if short else article


def paragraphs(text: str) -> Iterator[str]:
    """The lines of a text that read as prose."""
    return (line for line in map(str.strip, text.splitlines()) if len(line) >= SHORTEST and ENDS.search(line[-4:]))


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1))}


def with_warning(article: Article, prose: Iterable[str], what: str, *, beside: str = "") -> Article:
    """The article with a warning where much of its file's prose is not in its text; `what` it is: "the page's prose".

    What stands in `beside` is known to be left out.
    """
    lost = missing(prose, f"{article.text}\n{beside}" if beside else article.text)
    if lost.words < LEAST or lost.share < SHARE:
        return article
    begins = re.sub(r"\s\S*$", "", lost.begins[:SHOWN]) + " …" if len(lost.begins) > SHOWN else lost.begins
    sentence = f"{lost.words} of {lost.of} words of {what} are not in the text (“{begins}”)"
    return replace(article, warnings=(*article.warnings, sentence))
