"""What the page shows as HTML of its own: answers, articles, archives. `markup.html` draws it; each value is text.

An answer is the dict of ANSWER.md, so that one that was kept looks like one that has just come.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from evaluation.gold.quotes import find_quote
from ground.inert import web_address
from ground.language import Words, languages
from index.article import Article, Section
from web.export import Wire
from web.original import address
from web.page.chips import chips_of

if TYPE_CHECKING:
    from web.adding import Added

TEMPLATE = Path(__file__).with_name("markup.html")
MARKER = re.compile(r"\[(\d{1,4})\]")
LONGEST_LINE = 300  # characters of a headline, an outlet or a name that are shown
AROUND = 30_000  # characters of an article that are shown on each side of a quote
SNIPPET = 240
NEAREST = 5
TIMELINE = (600, 60)  # width and height


@dataclass(frozen=True)
class ShownTurn:
    """One turn as it is shown; `answer` is the wire's dict, whole or as far as it has come.

    `found` is shown above it while it comes: a citation, and where in its quote the words stand that may answer.
    `moments` is its timeline, drawn; `narrowing` what was understood of the question.
    """

    place: int
    question: str
    answer: Wire | None = None
    note: str = ""
    within: str = ""
    mark: str = ""
    correction: str = ""
    copies: tuple[tuple[str, str], ...] = ()
    understood: str = ""
    found: tuple[Wire, tuple[int, int]] | None = None
    moments: Markup | str = ""
    narrowing: Wire | None = None
    may_follow: bool = True


@cache
def _macros(language: str, template: Path = TEMPLATE) -> Any:
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, finalize=_spell_out
    )
    environment.globals["t"] = Words(language)
    return environment.from_string(template.read_text("utf-8")).module


def _spell_out(value: object) -> object:
    """A carriage return is spelled out, since a browser would drop it; NUL is none of HTML's characters."""
    if isinstance(value, str):
        return Markup(str(escape(value)).replace("\r", "&#13;").replace("\0", "\ufffd"))
    return value


def line(words: str | None) -> str:
    """Words of others on one line, of a length that can be shown.

    >>> line("A\\n  headline"), len(line("x" * 1000))
    ('A headline', 300)
    """
    shown = " ".join((words or "")[: 4 * LONGEST_LINE].split())
    return shown if len(shown) <= LONGEST_LINE else f"{shown[: LONGEST_LINE - 1]}…"


class Drawer:
    """Draws with the words of one language."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self._draw = _macros(words.language)

    def macros(self, name: str) -> Any:
        """What a template of the tabs draws, by the same rules."""
        return _macros(self.words.language, TEMPLATE.parent / "tabs" / name)

    # Whose, and of which day

    def day(self, published: str | None) -> str:
        """An ISO day as the language writes it; anything else as it is.

        >>> Drawer(Words()).day("2020-01-03T10:00:00Z"), Drawer(Words("de")).day("2020-01-03")
        ('3 January 2020', '3. Januar 2020')
        """
        return line(self.words.day(published or ""))

    def credit(self, source: str | None, published: str | None, title: str | None = None) -> str:
        """Outlet, day and headline, as far as they are known.

        >>> Drawer(Words()).credit("AFP", "2020-01-03", "Ten died"), Drawer(Words("fr")).credit(None, "2020")
        ('AFP, 3 January 2020, “Ten died”', '2020')
        """
        named = self.words("title", title=line(title)) if title else ""
        return ", ".join(filter(None, (line(source), self.day(published), named)))

    def value(self, words: str) -> str:
        """What one side says: words of an article, or the yes or no of an answer, which is said in the language."""
        return self.words(f"side_{words}") if words in ("yes", "no") else line(words)

    # Answers

    def conversation(self, id: str, turns: Sequence[ShownTurn], holding: str) -> str:
        views = [self._turn(shown, holding) for shown in turns]
        return str(self._draw.conversation(id, views))

    def welcome(self, about: str, examples: Sequence[str]) -> str:
        return str(self._draw.welcome(about, examples))

    def running(self, shown: ShownTurn, doing: str, done: int = 0, total: int = 0) -> str:
        return str(self._draw.running(self._turn(shown, ""), doing, done, total))

    def _turn(self, shown: ShownTurn, holding: str) -> dict[str, Any]:
        """The values that a turn is drawn with."""
        answer = shown.answer or {}
        credits = {
            held["number"]: self.credit(held["source"], held["published"], held["title"]) or line(held["article_id"])
            for held in answer.get("citations", ())
        }
        conflicts = answer.get("conflicts", ())
        sides = [
            [
                {
                    "value": self.value(side["value"]),
                    "who": [(n, credits[n]) for n in side["citations"] if n in credits],
                }
                for side in conflict["sides"]
            ]
            for conflict in conflicts
        ]
        told = [{n for side in conflict["sides"] for n in side["citations"]} for conflict in conflicts]
        declined = bool(answer.get("declined"))
        sentences = answer.get("sentences") or ([{"text": answer["answer"], "citations": []}] if answer else [])
        return {
            "place": shown.place,
            "question": shown.question,
            "note": shown.note,
            "within": shown.within,
            "understood": shown.understood,
            "mark": shown.mark,
            "correction": shown.correction,
            "copies": shown.copies,
            "may_follow": shown.may_follow,
            "credits": credits,
            "found": self._found(*shown.found) if shown.found else None,
            "moments": shown.moments,
            "narrowing": chips_of(shown.narrowing, self.words),
            "sides": sides,
            # What the table of sides tells is not told twice.
            "sentences": [self._sentence(one, credits) for one in sentences if set(one["citations"]) not in told],
            "declined": declined,
            "holding": holding and self.words("holds", holding=holding),
            "nearest": [self._near(place, hit) for place, hit in enumerate(answer.get("hits", ())[:NEAREST])]
            if declined
            else [],
        }

    def _sentence(self, sentence: Wire, credits: Mapping[int, str]) -> dict[str, Any]:
        support = sentence.get("support", "supported")
        why = self.words(support) if support in ("partly", "unsupported") else ""
        return {"pieces": pieces_of(sentence["text"], credits), "support": support, "why": why}

    def _found(self, citation: Wire, words: tuple[int, int]) -> dict[str, Any]:
        """A quote in three parts, the middle one to be marked, and whose it is."""
        quote, (start, end) = citation["quote"], words
        parts = (quote[:start], quote[start:end], quote[end:])
        credit = self.credit(citation["source"], citation["published"], citation["title"])
        return {"parts": parts, "number": citation["number"], "credit": credit}

    def _near(self, place: int, hit: Wire) -> dict[str, Any]:
        title = line(hit["title"]) or line(hit["article_id"])
        known = self.credit(hit["source"], hit["published"])
        return {"place": place, "title": title, "credit": known, "snippet": line(hit.get("text", ""))[:SNIPPET]}

    # Articles

    def empty_reader(self) -> str:
        return str(self._draw.empty_reader())

    def article(
        self,
        article: Article | None,
        cited: Sequence[Wire],
        number: int,
        *,
        span: tuple[int, int] | None = None,
        begin: int = 0,
        marked: Sequence[tuple[int, int]] = (),
        whole: str = "",
        opened: int = 0,
        corrections: Sequence[tuple[Section, str]] = (),
        may: bool = False,
        archive: str = "",
    ) -> str:
        """An article with the quotes of an answer marked in it, the one of `number` to be looked at.

        A quote that does not stand where it was cited is looked for by its words; where it is gone, that is said, and
        the quote shown as it was. Without `cited` the passage `span` is marked, or the words `marked` of the story that
        holds the character `begin`, the first of them to be looked at. `opened` numbers the openings.
        `corrections` are of its stories, each with whose it is. `archive` is the key that its original is asked for by.
        Who `may` change the archive corrects and forgets it.
        """
        held = next((one for one in cited if one["number"] == number), None)
        warning = ""
        marks: list[tuple[int, int, int]] = []
        if article is None:
            warning = self.words("reader_gone")
        elif held is None and span:
            marks = [(*span, number)]
        elif marked:
            marks = [(*words, place) for place, words in enumerate(marked, number)]
        else:
            for one in cited:
                start, end = one["start"], one["end"]
                found: tuple[int, int] | None = (start, end)
                if article.text[start:end] != one["quote"]:
                    found = find_quote(article.text, one["quote"], near=start)
                    if one is held:
                        warning = self.words("reader_moved" if found else "reader_changed")
                if found:
                    marks.insert(0 if one is held else len(marks), (*found, one["number"]))
        text = article.text if article else ""
        at = next(((start, end) for start, end, n in marks if n == number), None)
        from_here = at or (begin, begin)
        low = max(0, from_here[0] - AROUND)
        high = min(len(text), from_here[1] + AROUND if at else low + 2 * AROUND)
        section = article.section_at(from_here[0]) if article else None
        known = held or {}
        url = web_address(known.get("url") or (article and article.url) or "")
        view = {
            "id": article.id if article else known.get("article_id", ""),
            "title": line(section.title if section else known.get("title")) or line(known.get("article_id")),
            "credit": ", ".join(
                filter(
                    None,
                    (
                        self.credit(section.source, section.published)
                        if section
                        else self.credit(known.get("source"), known.get("published")),
                        self.words("by", name=line(section.byline)) if section and section.byline else "",
                    ),
                )
            ),
            "also": line(", ".join(known.get("also_in", ()))),
            "at": f"{at[0]}:{at[1]}" if at and not marked else "",
            "url": url,
            "host": urlsplit(url).hostname if url else "",
            "whole": whole,
            "original": address(archive, article.id, *from_here) if archive and article else "",
            "opened": opened,
            "warning": warning,
            "notices": [
                *([self.words("reader_caution", why=line(known["caution"]))] if known.get("caution") else []),
                *(self.words("reader_partly", what=line(what)) for what in (article.warnings if article else ())),
                *(
                    self.words("reader_corrected", who=self.credit(by.source, by.published), words=line(words))
                    for by, words in corrections
                ),
            ],
            "quote": known.get("quote", ""),
            "language": article.language if article and article.language else "",
            "before": low,
            "after": len(text) - high,
            "pieces": list(cut(text, low, high, marks, asides_of(article))),
            "current": number,
            "may_pin": article is not None,
            "may_change": may and article is not None,
        }
        return str(self._draw.article(view))

    # The archive, and what is kept

    def head(self, name: str, about: str, login: str = "", logout: str = "") -> str:
        return str(self._draw.head(line(name), about, login, logout))

    def conversations(self, items: Sequence[Mapping[str, str]], open: str, words: str) -> str:
        """`items` have id, link, title and day."""
        return str(self._draw.conversations(items, open, words))

    def languages(self) -> str:
        """The languages that the page can be had in."""
        return str(self._draw.languages([(code, Words(code).name) for code in languages()], self.words.language))

    def exports(self, links: Sequence[tuple[str, str]]) -> str:
        return str(self._draw.exports(links))

    def notice(self, sentence: str) -> str:
        """A sentence that a person should hear at once."""
        return str(self._draw.notice(sentence))

    def undo_line(self, message: str) -> str:
        return str(self._draw.undo_line(message))

    def note(self, sentence: str) -> str:
        return str(self._draw.note(sentence))

    def plain(self, sentence: str) -> str:
        return str(self._draw.plain(sentence))

    def doing(self, sentence: str, done: int = 0, total: int = 0, left: str = "") -> str:
        """What is being done, how far it is and how long it takes still, where that is known."""
        return str(self._draw.doing(sentence, done, total, left))

    def adding(self, file: str, share: float) -> str:
        return str(self._draw.adding(line(file), share))

    def added(self, added: "Added") -> str:
        """What came of an adding: the counts, what was understood of each article, what was left out."""
        articles = [
            {
                "id": line(one.id),
                "title": line(one.title),
                "source": line(one.source),
                "day": self.day(one.published),
                "stories": max(1, len(one.sections)),
                "copies": line(", ".join(one.copies)),
            }
            for one in added.articles
        ]
        counts = self.words("added_counts", new=added.new, changed=added.changed, unchanged=added.unchanged)
        if not (added.new or added.changed or added.unchanged):
            counts = self.words("added_none")
        problems = [line(problem) for problem in added.problems]
        problems += [line(f"{one.id}: {what}") for one in added.articles for what in one.warnings]
        view = {"batch": added.batch, "counts": counts, "articles": articles, "problems": problems}
        return str(self._draw.added(view))

    def measure(self, view: Mapping[str, Any]) -> str:
        """What `web.page.tabs.measure` shows."""
        return str(self._draw.measure(view))

    def earlier(self, items: Sequence[Mapping[str, object]]) -> str:
        """Addings that can be undone: name, day, articles, and of what."""
        return str(self._draw.earlier(items))

    def timeline(self, periods: Sequence[tuple[str, int]], since: str = "", until: str = "") -> str:
        """Bars of how many articles each period has; those inside `since` and `until` stand out."""
        width, height = TIMELINE
        most = max((count for _, count in periods), default=0)
        step = width / max(1, len(periods))
        bars = []
        for place, (period, count) in enumerate(periods):
            tall = max(2.0, height * count / most) if count else 0.0
            inside = (not since or period >= since[: len(period)]) and (not until or period <= until[: len(period)])
            bars.append(
                {
                    "x": f"{place * step:.2f}",
                    "y": f"{height - tall:.2f}",
                    "width": f"{max(1.0, step - 1):.2f}",
                    "height": f"{tall:.2f}",
                    "inside": inside,
                    "period": period,
                    "count": count,
                }
            )
        count = sum(count for _, count in periods)
        summary = (
            self.words("timeline_summary", count=count, first=periods[0][0], last=periods[-1][0]) if periods else ""
        )
        return str(self._draw.timeline(bars, width, height, summary))


def asides_of(article: Article | None) -> list[tuple[int, int]]:
    """What of an article is no news, its front matter too."""
    if article is None:
        return []
    head = [(0, article.body_start)] if article.text.startswith("---") else []
    return [*head, *((aside.start, aside.end) for aside in article.asides)]


def pieces_of(text: str, credits: Mapping[int, str]) -> list[tuple[str, int | None]]:
    """A text in words and the numbers of its citations; a number that cites nothing stays words.

    >>> pieces_of("Ten died [1].[7]", {1: "AFP"})
    [('Ten died ', None), ('', 1), ('.[7]', None)]
    """
    pieces: list[tuple[str, int | None]] = []
    done = 0
    for found in MARKER.finditer(text):
        if int(found[1]) in credits:
            pieces += [(text[done : found.start()], None), ("", int(found[1]))]
            done = found.end()
    return [(words, number) for words, number in (*pieces, (text[done:], None)) if words or number is not None]


def cut(
    text: str, low: int, high: int, marks: Sequence[tuple[int, int, int]], asides: Sequence[tuple[int, int]]
) -> list[tuple[str, str, int]]:
    """`text[low:high]` in pieces, each plain, an aside or a mark with its number; joined they are the text.

    >>> cut("One. Two. Ad.", 0, 13, [(5, 9, 2)], [(10, 13)])
    [('One. ', '', 0), ('Two.', 'mark', 2), (' ', '', 0), ('Ad.', 'aside', 0)]
    """
    edges = {low, high}
    for start, end, *_ in (*marks, *asides):
        edges |= {min(max(start, low), high), min(max(end, low), high)}
    pieces: list[tuple[str, str, int]] = []
    for start, end in pairwise(sorted(edges)):
        number = next((n for a, b, n in marks if a <= start and end <= b), None)
        aside = any(a <= start and end <= b for a, b in asides)
        kind = ("mark", number) if number is not None else ("aside", 0) if aside else ("", 0)
        pieces.append((text[start:end], *kind))
    return pieces
