"""Rich text (.rtf), a line a paragraph, as word processors and press databases write it.

striprtf reads it; what was struck out or hidden is taken away before, foot- and endnotes are put in their place. Text
boxes and comments are left out, and counted.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from index.article import Article, ArticleError, Original
from index.reading.formats.text import read_bytes
from index.reading.metadata import Said, make_article, parsing, tidy

UNSEEN = r"(?<!\\)\\(deleted|v|webhidden)(?![a-z0-9])"  # struck out or hidden, from here on in its group
SPAN = re.compile(rf"{UNSEEN}[^{{}}]*?(?:\\\1(?:0(?!\d))|(?=\\plain(?![a-z])))")  # until it is ended
INNER = re.compile(rf"\{{(?:\s|\\[a-z]+(?:-?\d+)?|\\\*)*{UNSEEN}[^{{}}]*\}}")
REST = re.compile(rf"{UNSEEN}[^{{}}]*(?=\}})")
NOTE = re.compile(r"\{\\(?:footnote|\*\\footnote)(?:\\ftnalt)?\b(?:\s*\\chftn)?")
ADDRESS = re.compile(r"\(\"[a-z]+:[^\"\n]*\"\)", re.IGNORECASE)  # striprtf writes it behind a link's words
SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
LEFT_OUT = {"text boxes": re.compile(r"\{\\shptxt\b"), "comments": re.compile(r"\{\\\*\\annotation\b")}
INFO = {"title": "title", "author": "byline"}
DAY = re.compile(r"\{\\(creatim|revtim)\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
LONGEST_INFO = 500


def read(original: Original) -> Iterator[Article | ArticleError]:
    """One article."""
    data = read_bytes(original)
    with parsing(original.name, "rich text"):
        if not data.strip():
            raise ArticleError(f"{original.name}: is empty; it is left out")
        if not data.lstrip().startswith(b"{\\rtf"):
            raise ArticleError(f"{original.name}: is no rich text (RTF), whatever its suffix says; it is left out")
        source = data.decode("cp1252", "replace").lstrip()
        for unseen in (SPAN, INNER, REST):
            source = unseen.sub("", source)
        counts = {what: len(found.findall(source)) for what, found in LEFT_OUT.items()}
        text = tidy(text_of(NOTE.sub(r"{\\par ", source)))
        article = make_article(original, text, _said(source))
    left = [f"{what} {count}" for what, count in counts.items() if count]
    yield replace(article, warnings=(f"left out: {', '.join(left)}",)) if left else article


def text_of(source: str) -> str:
    """What a document in rich text says, as lines.

    >>> text_of(r"{\\rtf1\\ansi Caf\\'e9 \\u8364?5\\par Two \\u-10179?\\u-8704?}")
    'Café €5\\nTwo 😀'
    """
    from striprtf import striprtf

    convert: Any = striprtf.rtf_to_text
    words = ADDRESS.sub("", convert(source, errors="replace"))
    return SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), words)


def _said(source: str) -> Iterator[Said]:
    for name, field in INFO.items():
        found = re.search(rf"\{{\\{name} ([^{{}}]{{1,{LONGEST_INFO}}})\}}", source)
        yield Said(field, text_of(rf"{{\rtf1 {found[1]}}}") if found else None, "metadata", "guess")
    for kind, year, month, day in DAY.findall(source):
        field = "published" if kind == "creatim" else "updated"
        yield Said(field, f"{year}-{int(month):02}-{int(day):02}", "metadata", "guess")
