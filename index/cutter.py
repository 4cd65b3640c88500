"""`Cutter`: an archive's passages of an article, and the words that are embedded for each."""

import hashlib
from collections.abc import Iterator, Sequence

from ground.words import as_typed, unparted
from index.article import Article
from index.passage import CountTokens, Limit, Passage, cut_article, heading
from models import Embedder

HEADING_TOKENS = 96
SPECIAL_TOKENS = 2


class Cutter:
    """Cuts under two limits: `max_tokens` as `count_tokens` counts, and what the embedder takes beside a heading."""

    def __init__(self, embedder: Embedder, count_tokens: CountTokens, max_tokens: int) -> None:
        self._count = embedder.count_tokens
        self._heading_tokens = min(HEADING_TOKENS, embedder.max_tokens // 2)
        room = embedder.max_tokens - self._heading_tokens - SPECIAL_TOKENS
        self._limits = (Limit(count_tokens, max_tokens), Limit(embedder.count_tokens, room))

    def cut(self, article: Article) -> list[Passage]:
        """The article's passages, in order."""
        return cut_article(article, self._limits)

    def texts(self, article: Article, passages: Sequence[Passage]) -> Iterator[str]:
        """What is embedded for each passage: its heading, at most HEADING_TOKENS of it, and its own words, as typed."""
        headings: dict[str, str] = {}
        for passage in passages:
            full = heading(article, passage.start)
            if full not in headings:
                headings[full] = self._shortened(as_typed(full))
            yield f"{headings[full]}\n{unparted(as_typed(article.words(passage.start, passage.end)))}"

    def _shortened(self, words: str) -> str:
        words = words[: HEADING_TOKENS * 16]
        while self._count([words])[0] > self._heading_tokens:
            words = words[: len(words) * 3 // 4]
        return words


def text_digest(text: str) -> bytes:
    """SHA-256 of what is embedded: equal texts have one vector."""
    return hashlib.sha256(text.encode()).digest()
