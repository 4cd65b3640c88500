"""What is known of a story beside its words, and what two stories that share words are to each other.

A copy is the same text carried by somebody else; a version is the same speaker's text of the same matter, another time.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from index.article import Article
from index.copies.shingles import Overlap, words_of
from index.understanding.days import find_days

TieKind = Literal["copy", "version"]

LEAST_SHARED = 24  # shingles: a shared statement of one sentence makes no copy
COPY_SHARE = 0.25  # of the shorter story, in the longer: bench/results/copies.json
VERSION_SHARE = 0.5  # where only the headline says that it is a version
HEADLINE_SHARE = 0.6  # of the words of two headlines
HEAD_CHARACTERS = 300
CORRECTION = 50
NUMBERED = re.compile(r"(?i)\bupdate[ -]?(\d{1,2})\b|\b(\d{1,2})(?:st|nd|rd|th)[ -](?:ld|lead|update)\b")
MARKED = re.compile(r"(?im)^\W*update[ds]?\b\s*[:|–—-]|\(update[ds]?\)|\bwrite-?thr(?:ough|u)\b")
CORRECTED = re.compile(r"(?im)^\W*(?:correct(?:ion|ed)|refile)\b\s*[:|–—-]|\(correct(?:ion|ed)\)")
MARKS = (CORRECTED, NUMBERED, MARKED)


@dataclass(frozen=True)
class Story:
    """One story as copies are told by: where it stands, whose it is, from when. `version` ranks the marks of its head.

    `moment` is when this version came out, `published` when the story first did, each ISO 8601 where known.
    """

    article: str
    start: int
    end: int
    title: str | None = None
    source: str | None = None
    agency: str | None = None
    published: str | None = None
    moment: str | None = None
    url: str | None = None
    version: int = 0


def stories_of(article: Article) -> list[Story]:
    """The stories of an article in order: itself, or each of its sections and what stands before them."""
    stories = []
    for start, end in article.stories():
        section = article.section_at(start)
        alone = not article.sections
        stories.append(
            Story(
                article.id,
                start,
                end,
                section.title,
                section.source,
                article.agency if alone else None,
                section.published,
                (article.updated if alone else None) or section.published,
                article.url if alone else None,
                read_version(section.title or "", article.text[start : min(end, start + HEAD_CHARACTERS)]),
            )
        )
    return stories


def text_of(text: str, asides: Iterable[tuple[int, int]], story: Story) -> str:
    """The words of a story: its characters of `text` without the asides.

    >>> text_of("One. Advert. Two.", [(5, 12)], Story("a", 0, 17))
    'One. \\n Two.'
    """
    kept, at = [], story.start
    for start, end in sorted(asides):
        if start < story.end and end > at:
            kept.append(text[at : max(at, start)])
            at = end
    return "\n".join([*kept, text[at : story.end]])


def read_version(title: str, head: str) -> int:
    """Which version a headline, or the first short lines of a text, say it is; 0 where they say nothing.

    >>> read_version("UPDATE 2-Oil rises", ""), read_version("Oil", "3rd Lead\\n\\nOil rose."), read_version("Oil", "")
    (2, 3, 0)
    >>> read_version("CORRECTED: Oil falls", "") > read_version("UPDATE 3-Oil rises", "")
    True
    """
    version = 0
    for line in (title, *(line for line in head.splitlines()[:6] if 0 < len(line) <= 120)):
        numbers = [int(part) for found in NUMBERED.finditer(line) for part in found.groups() if part]
        version = max(version, *numbers, int(bool(MARKED.search(line))))
        if CORRECTED.search(line):
            version = max(version, CORRECTION)
    return version


def speaker(story: Story) -> str | None:
    """Who speaks: the outlet, or the agency where no outlet is named; case folded."""
    name = story.source or story.agency
    return " ".join(words_of(name)) if name else None


def same_matter(first: Story, second: Story) -> bool:
    """Whether two stories have one address, or one headline but for a few words and the marks of a version.

    A column that names its day in its headline is another one each day.

    >>> same_matter(Story("a", 0, 9, "UPDATE 1-Ten die in flood"), Story("b", 0, 9, "Seven die in flood"))
    True
    >>> same_matter(Story("a", 0, 9, "Things to know for May 2"), Story("b", 0, 9, "Things to know for May 3"))
    False
    """
    if first.url and first.url == second.url:
        return True
    days = [{(found.month, found.day) for found in find_days(story.title or "")} for story in (first, second)]
    if all(days) and days[0] != days[1]:
        return False
    mine, others = (set(words_of(_unmarked(story.title or ""))) for story in (first, second))
    return bool(mine and others) and len(mine & others) >= HEADLINE_SHARE * len(mine | others)


def _unmarked(title: str) -> str:
    for mark in MARKS:
        title = mark.sub(" ", title)
    return title


def may_relate(first: Story, second: Story) -> bool:
    """Whether two stories can be copies or versions at all: an outlet repeats its own background in other stories."""
    return speaker(first) is None or speaker(first) != speaker(second) or same_matter(first, second)


def relate(first: Story, second: Story, shared: Overlap) -> TieKind | None:
    """What two stories that share this much are to each other; None for stories that only have words in common."""
    if shared.shared < LEAST_SHARED or shared.containment < COPY_SHARE or not may_relate(first, second):
        return None
    if speaker(first) is None or speaker(first) != speaker(second):
        return "copy"
    same_address = first.url is not None and first.url == second.url
    return "version" if same_address or shared.containment >= VERSION_SHARE else None


def in_order(versions: Sequence[Story]) -> list[tuple[tuple[object, ...], Story]]:
    """Versions of one text, the one in force last, each with what it is ordered by: equal for versions as new.

    By moment where all have an hour, by day and mark where all have a day, else by mark first.
    """
    moments = [story.moment or "" for story in versions]
    if all(len(moment) > 10 for moment in moments):
        keys: list[tuple[object, ...]] = [(m, s.version) for m, s in zip(moments, versions, strict=True)]
    elif all(moments):
        keys = [(m[:10], s.version, m[10:]) for m, s in zip(moments, versions, strict=True)]
    else:
        keys = [(s.version, m) for m, s in zip(moments, versions, strict=True)]
    return sorted(zip(keys, versions, strict=True), key=lambda row: (row[0], row[1].article, row[1].start))
