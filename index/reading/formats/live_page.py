"""Live pages: updates one after the other, each with its time, in blocks of one kind or in the page's JSON-LD.

Of most pages trafilatura takes one update, or runs all together. What says of itself that it is live, or is built of
`<article>`s with a time each under one headline, is read update by update.
"""

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from index.article import Article, Aside, Section
from index.reading.formats.page_parts import ENDS, OTHER, key_of, leaves
from index.reading.metadata import iso_date, one_line, tidy

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

LEAST_UPDATES = 3
LEAST_WORDS = 30  # characters of prose that an update has
LONGEST_LABEL = 60
TIME = "time of an update"
HEADINGS = ("h2", "h3", "h4")
LETTERS = re.compile(r"[^\W\d_]{4}")  # more than a half of the day and a zone
LIVE = re.compile(
    r"(?i)(?<![a-z])(?:live(?:blog|ticker|[-_ ]?updates?|[-_ ]?coverage)?|as it happened|minute[- ]by[- ]minute"
    r"|en direct|en vivo|in diretta|newsticker)(?![a-z])"
)
CLOCK = re.compile(
    r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3])[:.h](?P<minute>[0-5]\d)(?![\d:.])\s*(?P<half>[ap]\.?m\b\.?)?", re.I
)


INLINE = re.compile(r"(?i)</?(?:a|abbr|b|cite|code|em|font|i|mark|q|s|small|span|strong|sub|sup|time|u)(?:\s[^>]*)?>")


@dataclass(frozen=True)
class Update:
    """One update: the words of its time, when that is in ISO 8601 where the page says it, its headline and text."""

    label: str
    moment: str | None
    title: str | None
    lines: tuple[str, ...]


def read_updates(tree: "HtmlElement", source: str) -> list[Update]:
    """The updates of a live page in the page's order; none of any other page. `source` is the page as it was parsed."""
    live = "LiveBlogPosting" in source or _is_live(tree)
    if not live and len(tree.findall(".//time")) < LEAST_UPDATES:  # most pages
        return []
    return _in_blocks(tree, live=live) or (_in_json(tree) if "liveBlogUpdate" in source else [])


def with_updates(text: str, updates: Sequence[Update]) -> tuple[str, list[int]]:
    """The text of a page with its updates in their order, what stands before them first; where each starts."""
    held = {key_of(line) for update in updates for line in (update.label, update.title or "", *update.lines)}
    lead = [line for line in text.split("\n") if key_of(line) and key_of(line) not in held]
    whole, starts = "\n".join(lead), []
    for update in updates:
        whole += "\n" if whole else ""
        starts.append(len(whole))
        whole += "\n".join(line for line in (update.label, update.title, *update.lines) if line)
    return whole, starts


def in_sections(article: Article, updates: Sequence[Update], starts: Sequence[int]) -> Article:
    """The article of a live page, a section an update, each with its time; the line of the time is no news."""
    moments = _moments(updates, article.published)
    sections = tuple(
        Section(start, update.title or article.title, article.source, moment, article.byline)
        for start, update, moment in zip(starts, updates, moments, strict=True)
    )
    labels = [(start, start + len(update.label)) for start, update in zip(starts, updates, strict=True) if update.label]
    asides = [aside for aside in article.asides if not any(aside.start < b and aside.end > a for a, b in labels)]
    asides += [Aside(a, b, TIME) for a, b in labels]
    return replace(article, sections=sections, asides=tuple(sorted(asides, key=lambda aside: aside.start)))


def _moments(updates: Sequence[Update], published: str | None) -> list[str | None]:
    """When each update came: as the page says it, else its clock on the page's day, where they do not pass midnight."""
    clocks = [None if update.moment else _clock(update.label) for update in updates]
    told = [clock for clock in clocks if clock]
    one_day = bool(published) and (told == sorted(told) or told == sorted(told, reverse=True))
    day, zone = (published or "")[:10], (published or "")[19:]
    return [
        update.moment or (f"{day}T{clock}:00{zone}" if clock and one_day else None)
        for update, clock in zip(updates, clocks, strict=True)
    ]


def _clock(label: str) -> str | None:
    """The time of day of a label, as HH:MM.

    >>> _clock("2.20pm BST"), _clock("14:05"), _clock("an hour ago")
    ('14:20', '14:05', None)
    """
    found = CLOCK.search(label)
    if not found:
        return None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + 12 * found["half"].lower().startswith("p")
    return f"{hour:02}:{found['minute']}"


def _in_blocks(tree: "HtmlElement", *, live: bool) -> list[Update]:
    groups: dict[tuple[Any, ...], list[_Element]] = defaultdict(list)
    for element in tree.iter("article", "div", "section", "li"):
        groups[element.getparent(), element.tag, element.get("class")].append(element)
    best: list[Update] = []
    for (parent, tag, name), blocks in groups.items():
        around = [parent, *(parent.iterancestors() if parent is not None else ())]
        if len(blocks) < LEAST_UPDATES or any(_is_others(one) for one in (blocks[0], *around) if one is not None):
            continue
        called = live or LIVE.search(f"{name or ''} {parent.get('class', '')} {parent.get('id', '')}")
        if not called and not (tag == "article" and len(list(tree.iter("h1"))) == 1):
            continue
        read = [update for block in blocks if (update := _update(block))]
        # Teasers have times too; an update is no link to its story.
        if len(read) >= LEAST_UPDATES and 2 * len(read) > len(blocks) and _prose(read) > _prose(best):
            best = read
    return best


def _prose(updates: Sequence[Update]) -> int:
    return sum(len(line) for update in updates for line in update.lines)


def _is_live(tree: "HtmlElement") -> bool:
    """Whether a page's title, headline or address says that it is live."""
    titles = [tree.find(".//title"), tree.find(".//h1")]
    words = ["".join(one.itertext()) for one in titles if one is not None]
    tags = [tree.find(".//link[@rel='canonical']"), tree.find(".//meta[@property='og:url']")]
    words += [one.get("href") or one.get("content") or "" for one in tags if one is not None]
    return bool(LIVE.search(" ".join(words)))


def _is_others(element: "_Element") -> bool:
    return element.tag in ("nav", "aside", "footer", "form") or bool(
        OTHER.search(f"{element.get('class', '')} {element.get('id', '')}")
    )


def _update(block: "_Element") -> Update | None:
    """The update that a block is; None for one without a time or prose of its own, or that only links to a story."""
    times = block.xpath(".//time")
    label, moment = "", None
    if times:
        label = " ".join("".join(times[0].itertext()).split())[:LONGEST_LABEL]
        stamp = iso_date(times[0].get("datetime"))
        moment = stamp if stamp and len(stamp) > 10 else None
    lines: list[str] = []
    title = None
    for leaf, words in leaves(block):
        is_label = not lines and len(words) <= LONGEST_LABEL and CLOCK.search(words) and not ENDS.search(words)
        if is_label and not (label and leaf.tag in HEADINGS and LETTERS.search(CLOCK.sub("", words))):
            label = label or words
            continue
        if words == label or leaf.tag == "time":
            continue
        if leaf.tag in HEADINGS and title is None and not lines:
            if "".join("".join(link.itertext()) for link in leaf.iter("a")).strip() == words or leaf.xpath(
                "ancestor::a"
            ):
                return None
            title = one_line(words)
        else:
            lines.append(words)
    if not (moment or _clock(label)) or sum(len(line) for line in lines if ENDS.search(line)) < LEAST_WORDS:
        return None
    return Update(label, moment, title, tuple(lines))


def _in_json(tree: "HtmlElement") -> list[Update]:
    """The updates that the page's JSON-LD holds."""
    found: list[Update] = []
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        try:
            held = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        found += _updates_of(held)
    return found if len(found) >= LEAST_UPDATES else []


def _updates_of(held: object) -> Iterator[Update]:
    for item in held if isinstance(held, list) else [held]:
        if not isinstance(item, dict):
            continue
        yield from _updates_of(item.get("@graph"))
        updates = item.get("liveBlogUpdate")
        for one in updates if isinstance(updates, list) else ():
            if isinstance(one, dict) and isinstance(one.get("articleBody"), str):
                plain = html.unescape(re.sub(r"<[^>]*>", "\n", INLINE.sub("", one["articleBody"])))
                lines = tuple(tidy(plain).split("\n"))
                moment = iso_date(str(one.get("datePublished") or "")) or None
                title = one_line(one["headline"]) if isinstance(one.get("headline"), str) else None
                if any(lines):
                    yield Update("", moment, title, lines)
