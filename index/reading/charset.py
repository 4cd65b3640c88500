"""The language of a text, and the charset of bytes that are not UTF-8: told by what they decode to, or not at all.

A charset is believed where charset-normalizer finds it plausible, py3langid knows the decoded text as a language
that is written in that charset, and no capitals stand within words. One of these alone is often wrong.
"""

import codecs
import logging
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from index.article import Article, Origin

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Charsets that news was written in, and the languages of each; where two fit equally, the first is meant.
LANGUAGES = {
    "cp1252": "en de fr es it pt nl sv da no nb nn fi is ca gl eu af ga lb id ms",
    "cp1250": "pl cs sk hu sl hr bs sr ro sq",
    "cp1251": "ru uk bg be sr mk mn",
    "cp1253": "el",
    "cp1254": "tr az",
    "cp1255": "he yi",
    "cp1256": "ar fa ur",
    "cp1257": "lt lv et",
    "koi8_r": "ru",
    "shift_jis": "ja",
    "euc_jp": "ja",
    "euc_kr": "ko",
    "gb18030": "zh",
    "big5": "zh",
}
# What browsers read for these names too (the WHATWG encoding standard): windows-1252 holds all of Latin-1, and more.
MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
LONGEST_LOOK = 65_536
ENOUGH_WORDS = 2_000  # characters: a language shows in a paragraph
LEAST_SURE = 0.7
SHOWN = {name: name.replace("cp", "windows-").replace("_", "-") for name in LANGUAGES}


def codec_of(name: str | None) -> str | None:
    """Python's codec for the name of a charset as files give it, None for a name nobody knows.

    >>> codec_of("ISO-8859-1"), codec_of("UTF8"), codec_of("x-none"), codec_of("rot13")
    ('cp1252', 'utf-8', None, None)
    """
    try:
        found = codecs.lookup((name or "").strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    # "rot13" and "hex" are codecs too, but no charsets.
    return MEANT.get(found.name, found.name) if getattr(found, "_is_text_encoding", True) else None


def decodes(data: bytes, codec: str) -> str | None:
    """The text of `data` in a charset, None where it is not in it."""
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def guess_charset(data: bytes, declared: str | None = None) -> str | None:
    """The charset of bytes that are no UTF-8, None where it cannot be told; `declared` decides between equals."""
    from charset_normalizer import from_bytes

    logging.getLogger("charset_normalizer").addHandler(logging.NullHandler())
    look = _telling(data)
    names = [name for name in (declared, *LANGUAGES) if name in LANGUAGES]
    plausible = {name for match in from_bytes(look, cp_isolation=names) for name in match.could_be_from_charset}
    best: tuple[float, str | None] = (0.0, None)
    for name in dict.fromkeys(names):
        if name not in plausible or decodes(data, name) is None:
            continue
        text = look.decode(name, "ignore")
        language, probability = language_of(text) or ("", 0.0)
        if language in LANGUAGES[name].split() and not _odd(text) and probability > best[0] + 0.01:
            best = probability, name
    return best[1]


def language_of(text: str) -> tuple[str, float] | None:
    """The language of a text and how probable it is, or None where that is less than LEAST_SURE.

    None too where the library's model, which it unpacks into a temporary file, finds no room there.
    """
    try:
        language, probability = _identifier().classify(text[:ENOUGH_WORDS])
    except OSError:
        return None
    return (language, float(probability)) if probability >= LEAST_SURE else None


def with_language(article: Article) -> Article:
    """The article with the language that its text is in, where nobody says it and it can be told."""
    told = None if article.language else language_of(article.text[article.body_start :])
    if not told:
        return article
    return replace(article, language=told[0], origins=(*article.origins, Origin("language", "text", "likely")))


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _odd(text: str) -> bool:
    """Whether capitals stand within words, as they do where small letters with accents were wrongly decoded.

    >>> _odd("prŽsident"), _odd("président Žižek")
    (True, False)
    """
    wide = sum(letter.isalpha() and not letter.isascii() for letter in text)
    inside = sum(a.islower() and b.isupper() and not b.isascii() for a, b in pairwise(text))
    return inside > wide / 10


def _telling(data: bytes) -> bytes:
    """The lines of `data` that are not ASCII, as far as is looked at: only those tell."""
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    return b"\n".join(lines)[:LONGEST_LOOK]
