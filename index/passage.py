"""Cuts an article into passages of whole sentences; `text[start:end]` is the passage, always.

What is embedded and searched is more than what is quoted: headline, outlet and date stand in front of it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sentencex import get_sentence_boundaries

from index.article import Article

CountTokens = Callable[[Sequence[str]], list[int]]
Span = tuple[int, int]


@dataclass(frozen=True)
class Passage:
    """A contiguous piece of one article: `article.text[start:end]`, no white space at either end."""

    start: int
    end: int


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Spans of the sentences in `text[start:end]`, none across a line break, white space left between them.

    >>> split_sentences("He left at 5 p.m. She stayed.\\n\\nThen")
    [(0, 17), (18, 29), (31, 35)]
    """
    spans = []
    for line in re.finditer(r"[^\s][^\r\n]*", text[start:end]):
        base = start + line.start()
        for found in get_sentence_boundaries("en", line.group()):
            words = line.group()[found["start_index"] : found["end_index"]]
            left = base + found["start_index"] + len(words) - len(words.lstrip())
            if words.strip():
                spans.append((left, left + len(words.strip())))
    return spans


def sentences_in(article: Article, start: int, end: int) -> list[Span]:
    """Spans of the sentences in `text[start:end]` that are in no aside."""
    return [span for piece in article.pieces(start, end) for span in split_sentences(article.text, *piece)]


def heading(article: Article, offset: int) -> str:
    """Headline, outlet and date of the story at `offset`, as one line in front of its passages."""
    section = article.section_at(offset)
    return " | ".join(part for part in (section.title, section.source, section.published) if part)


@dataclass(frozen=True)
class Limit:
    """A longest length in tokens, and who counts them."""

    count: CountTokens
    max_tokens: int


def _halve(text: str, start: int, end: int, limits: Sequence[Limit]) -> Iterator[tuple[int, int]]:
    """A sentence too long for a passage, halved at the white space nearest its middle until each piece fits."""
    words = text[start:end]
    if end - start < 2 or all(limit.count([words])[0] <= limit.max_tokens for limit in limits):
        yield start, end
        return
    middle = len(words) // 2
    gaps = [gap.span() for gap in re.finditer(r"\s+", words)]
    left, right = min(gaps, key=lambda gap: abs(gap[0] - middle)) if gaps else (middle, middle)
    yield from _halve(text, start, start + left, limits)
    yield from _halve(text, start + right, end, limits)


def cut_article(article: Article, limits: Sequence[Limit]) -> list[Passage]:
    """Passages of whole sentences, as even in length as sentences allow, in order, none over a limit.

    They never cross from one story of a page into the next, begin or end in an aside; one may stand in their middle.
    Together they hold every character of the body that is not white space and in no aside.
    A limit counts the passage alone: leave room for its heading.
    """
    bounds = sorted({article.body_start, *(s.start for s in article.sections), len(article.text)})
    passages: list[Passage] = []
    for start, end in pairwise(bounds):
        spans = sentences_in(article, start, end)
        if not spans:
            continue
        sizes = [limit.count([article.text[a:b] for a, b in spans]) for limit in limits]
        if any(size > limit.max_tokens for limit, row in zip(limits, sizes, strict=True) for size in row):
            spans = [piece for a, b in spans for piece in _halve(article.text, a, b, limits)]
            sizes = [limit.count([article.text[a:b] for a, b in spans]) for limit in limits]
        for group in _pack(spans, sizes, limits):
            passages += _fit(article.text, group, limits)
    return passages


def _pack(spans: list[Span], sizes: list[list[int]], limits: Sequence[Limit]) -> Iterator[list[Span]]:
    """Neighbouring spans grouped to even parts under the first limit, each by where its middle is; none over any."""
    total = sum(sizes[0])
    share = total / max(1, -(-total // limits[0].max_tokens))
    first, done, part, filled = 0, 0, 0, [0] * len(limits)
    for i in range(len(spans)):
        size = [row[i] + 1 for row in sizes]  # the white space before a sentence can cost a token
        over = any(f + s > limit.max_tokens for f, s, limit in zip(filled, size, limits, strict=True))
        own_part = int((done + sizes[0][i] / 2) / share) if share else 0
        if i > first and (over or own_part > part):
            yield spans[first:i]
            first, filled = i, [0] * len(limits)
        done, part = done + sizes[0][i], own_part
        filled = [f + s for f, s in zip(filled, size, strict=True)]
    yield spans[first:]


def _fit(text: str, spans: list[Span], limits: Sequence[Limit]) -> Iterator[Passage]:
    """One passage of the spans, or more where they are over a limit together: what stands between them counts too."""
    start, end = spans[0][0], spans[-1][1]
    if len(spans) == 1 or all(limit.count([text[start:end]])[0] <= limit.max_tokens for limit in limits):
        yield Passage(start, end)
        return
    half = len(spans) // 2
    yield from _fit(text, spans[:half], limits)
    yield from _fit(text, spans[half:], limits)
