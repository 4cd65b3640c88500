"""A draft as sentences: what each says without its markup, and which say nothing that an archive could bear out."""

import re
from dataclasses import dataclass
from pathlib import Path

from index.article import Article, ArticleError
from index.passage import split_sentences
from index.reading.files import Problem, kind_of, read_file
from index.understanding.credits import is_credit
from index.understanding.days import find_days
from qa.checking.wording import content, undated
from qa.evidence import names_in
from qa.prove import numbers_in, read_markers

LONGEST_DRAFT = 200_000  # characters
LONGEST_HEADING = 14  # words of a line that ends without a full stop
LEAST_WORDS = 2  # that mean something, of a sentence without a name, a number or a day
FENCE = ("---", "+++")
MARKS = re.compile(r"^(?:\s*(?:[-*+•]|\d{1,2}[.)]|>+|#{1,6}))+\s+")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
EMPHASIS = re.compile(r"(?<!\w)[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}(?!\w)")
NUMBER_ALONE = re.compile(r"\d{1,2}[.)]")  # of a list
ENDED = re.compile(r"[.!?…][\"”’')\]]*$")
ASKS = re.compile(r"\?[\"”’')\]]*$")
OPINION = re.compile(r"(?i)^(?:i|we)\s(?:think|hope|believe|feel|wonder|wish|doubt)\b")
HEADING, QUESTION, NOTHING = "heading", "question", "nothing to check"


class DraftError(ArticleError):
    """A draft that cannot be checked; the message says why."""


@dataclass(frozen=True)
class Said:
    """A sentence at `start:end` of a draft; `plain` is without markup and markers, `skipped` says why it is not
    checked."""

    start: int
    end: int
    plain: str
    skipped: str = ""


def read_draft(path: Path) -> str:
    """The text of a draft, by the reader for its kind of file; front matter is left out.

    Raises DraftError where the file cannot be read or holds more than one text.
    """
    if not path.is_file():
        raise DraftError(f"{path}: no such file; name a draft, or - for standard input")
    if not kind_of(path):
        raise DraftError(f"{path}: no reader for this kind of file; save it as .txt, .md or .docx")
    found = list(read_file(path, path.stem))
    texts = [item for item in found if isinstance(item, Article)]
    problems = [item.sentence for item in found if isinstance(item, Problem)]
    if not texts:
        raise DraftError(problems[0] if problems else f"{path}: holds no text")
    if len(texts) > 1:
        raise DraftError(f"{path}: holds {len(texts)} texts; a draft is one")
    text = texts[0].text
    return text[texts[0].body_start :] if text.startswith(FENCE) else text


def sentences_of_draft(text: str) -> list[Said]:
    """The sentences of a draft in order. Raises DraftError for one that is empty or too long.

    >>> [(said.plain, said.skipped) for said in sentences_of_draft("# The flood\\n\\n- Ten **died** [1]. Why?")]
    [('The flood', 'heading'), ('Ten died.', ''), ('Why?', 'question')]
    """
    if not text.strip():
        raise DraftError("the draft is empty")
    if len(text) > LONGEST_DRAFT:
        raise DraftError(f"the draft has {len(text):,} characters; check {LONGEST_DRAFT:,} at a time")
    spans = [span for span in split_sentences(text) if re.search(r"\w", text[slice(*span)])]
    return [_said(text, *span) for span in spans if not NUMBER_ALONE.fullmatch(text[slice(*span)])]


def _said(text: str, start: int, end: int) -> Said:
    line = text[text.rfind("\n", 0, start) + 1 : (text + "\n").find("\n", end)].strip()
    marks = MARKS.match(text[start:end])
    start += marks.end() if marks else 0
    written = text[start:end]
    plain = LINK.sub(r"\1", written)
    plain = " ".join(read_markers(EMPHASIS.sub("", plain))[0].split())
    return Said(start, end, plain, _why_skipped(line, written, plain))


def _why_skipped(line: str, written: str, plain: str) -> str:
    """Why a sentence is not checked; empty where it is. `line` is the whole line that it stands in."""
    if ASKS.search(plain):
        return QUESTION
    alone = (
        line.endswith(written)
        and MARKS.sub("", line) == written
        and not ENDED.search(plain)
        and len(plain.split()) <= LONGEST_HEADING
    )
    if line.startswith(("#", "|")) or alone or (plain.isupper() and len(plain.split()) > 1):
        return HEADING
    named = names_in(undated(plain)) or numbers_in(plain) or find_days(plain)
    if is_credit(plain) or (not named and (len(content(plain)) < LEAST_WORDS or OPINION.match(plain))):
        return NOTHING
    return ""
