"""The page's own words, by key, in the languages of `words.toml`. What articles and models say is never among them."""

import tomllib
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("words.toml")


class Words:
    """The words of one language: `words("ask")`, `words("of", done=3, total=8)`.

    >>> Words("en")("of", done=3, total=8)
    '3 of 8'
    """

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._words = tables()[language]

    def __call__(self, key: str, **values: object) -> str:
        """Raises KeyError for a key that is none."""
        return self._words[key].format(**values) if values else self._words[key]

    def number(self, one: str, many: str, count: int) -> str:
        """So many of something, by the keys for one and for any other number.

        >>> Words().number("one_article", "articles", 1), Words().number("one_article", "articles", 2000)
        ('1 article', '2,000 articles')
        """
        return self(one) if count == 1 else self(many, count=f"{count:,}")


@cache
def tables() -> dict[str, dict[str, str]]:
    """All words by language and key."""
    return tomllib.loads(FILE.read_text("utf-8"))
