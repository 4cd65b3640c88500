"""What rests on quotes as HTML: the timeline of a question, the questions that are followed, a draft that was
checked, a notebook.

`quoted.html` draws it; each value is text. A quote is a citation as docs/answer.md has it; those that a list shows are
gathered in order, so that a click names one by its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import accumulate, pairwise
from math import log1p
from typing import Any

from index.store.scope import Scope
from qa.checking.check import Check, Checked
from qa.checking.differences import Span, in_pieces
from qa.checking.draft import HEADING, NOTHING, QUESTION
from qa.notebook.book import Notebook
from web.page.markup import Drawer, cut, line

Wire = dict[str, Any]
MOST_MOMENTS = 60
STRIP = (600, 36)  # width and height
DOT, LARGEST_DOT = 5.0, 11.0  # radius
SKIPPED = {QUESTION: "skipped_question", HEADING: "skipped_heading", NOTHING: "skipped_nothing"}
SIGNS = {"borne out": "✓", "contradicted": "✗", "not found": "?", "skipped": "–"}


class QuotedDrawer:
    """Draws with the words of one language."""

    def __init__(self, drawer: Drawer) -> None:
        self.words = drawer.words
        self._credit, self._value = drawer.credit, drawer.value
        self._draw = drawer.macros("quoted.html")

    # A timeline

    def timeline(self, matter: str, moments: Sequence[Mapping[str, Any]], name: str) -> tuple[str, list[Wire]]:
        """The moments of `qa.timeline` as a strip of dots and as steps, and the quotes that the list `name` shows."""
        shown: list[Wire] = []
        views = []
        for moment in moments[:MOST_MOMENTS]:
            first = len(shown)
            quotes = [self._quote(cited, name, shown) for cited in moment["citations"]]
            views.append(
                {"iso": moment["day"], "day": line(self.words.day(moment["day"])), "place": first}
                | {"quotes": quotes[:1], "others": quotes[1:]}
            )
        width, height = STRIP
        view = {
            "matter": line(matter),
            "moments": views,
            "dots": self._dots(views, name),
            "width": width,
            "height": height,
            "middle": height / 2,
            "summary": self.words("moments_summary", count=len(views), first=views[0]["day"], last=views[-1]["day"])
            if views
            else "",
            "left_out": max(0, len(moments) - MOST_MOMENTS),
        }
        return str(self._draw.steps(view)), shown

    def _dots(self, views: Sequence[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
        """A dot a day, larger where more tell of it; the gaps grow as the logarithm of the days between."""
        by_day: dict[str, list[Mapping[str, Any]]] = {}
        for view in views:
            by_day.setdefault(view["iso"], []).append(view)
        days = [ordinal(iso) for iso in by_day]
        places = list(accumulate((log1p(max(1, later - day)) for day, later in pairwise(days)), initial=0.0))
        width = STRIP[0] - 2 * LARGEST_DOT
        dots = []
        for place, told in zip(places, by_day.values(), strict=False):
            number = sum(len(view["quotes"]) + len(view["others"]) for view in told)
            x = LARGEST_DOT + width * place / (places[-1] or 1.0)
            dots.append(
                {"x": f"{x:.1f}", "r": f"{min(LARGEST_DOT, DOT + number - 1):.1f}", "day": told[0]["day"]}
                | {"list": name, "place": told[0]["place"]}
            )
        return dots

    # Followed questions

    def followed(self, rows: Sequence[Mapping[str, Any]], *, may: bool) -> tuple[str, list[Wire]]:
        """What `web.following` lists, and the quotes that are shown."""
        shown: list[Wire] = []
        views = []
        for row in rows:
            unseen = row["unseen"]
            steps = row["history"]
            told = self.words("changes", count=len(steps) - 1)
            scope = Scope.from_dict(row["scope"])
            views.append(
                {
                    "number": row["number"],
                    "question": line(row["question"]),
                    "within": "" if scope.everything else self.words("asked_within", scope=scope.told(self.words)),
                    "unseen": unseen,
                    "known": [self._voice(voice, shown) for voice in row["known"]],
                    "told": self.words("history_told", changes=told, since=line(self.words.day(row["since"]))),
                    "steps": [
                        {
                            "at": line(self.words.day(step["at"])),
                            "kind": self.words("taken_up" if place == 0 else f"change_{step['kind']}"),
                            "unseen": place >= len(steps) - unseen,
                            "now": [self._voice(voice, shown) for voice in step["now"]],
                            "was": "; ".join(filter(None, (self._value(voice["words"]) for voice in step["was"]))),
                        }
                        for place, step in reversed(list(enumerate(steps)))
                    ],
                }
            )
        return str(self._draw.followed(views, may)), shown

    def _voice(self, voice: Mapping[str, Any], shown: list[Wire]) -> dict[str, Any]:
        if voice["struck"]:
            return {"words": "", "quote": ""}
        return self._quote(voice, "followed", shown, [tuple(voice["span"])]) | {"words": self._value(voice["words"])}

    # A checked draft

    def checked(self, check: Check) -> tuple[str, list[Wire]]:
        """Each sentence of a draft with its mark, those that are contradicted opened, and the quotes that are shown."""
        shown: list[Wire] = []
        counts = [
            {
                "kind": kind_class(mark),
                "sign": SIGNS[mark],
                "told": self.words(f"count_{kind_class(mark)}", count=count),
            }
            for mark, count in check.counts.items()
            if count
        ]
        sentences = [
            {
                "kind": kind_class(one.mark),
                "sign": SIGNS[one.mark],
                "mark": self.words(f"mark_{kind_class(one.mark)}"),
                "pieces": in_pieces(line(one.plain or one.text), one.draft_marks),
                "why": self._why(one),
                "open": one.mark == "contradicted",
                "quotes": [
                    self._quote(cited, "checked", shown, [] if place else one.quote_marks)
                    for place, cited in enumerate(one.to_dict()["quotes"])
                ],
            }
            for one in check.sentences
        ]
        return str(self._draw.checked({"counts": counts, "sentences": sentences})), shown

    def _why(self, one: Checked) -> str:
        if one.mark == "skipped":
            return "; ".join(self.words(SKIPPED[why]) for why in one.why)
        return "; ".join(map(line, one.reasons(self.words)))

    # A notebook

    def notebook(self, book: Notebook, links: Sequence[tuple[str, str]]) -> tuple[str, list[Wire]]:
        """The entries in order, the files it can be had as, and the quotes that are shown."""
        shown: list[Wire] = []
        rows = [
            {
                "number": entry.number,
                "quote": self._quote(asdict(entry.citation), "notebook", shown) if entry.citation else None,
                "question": line(entry.question),
                "note": line(entry.note),
            }
            for entry in book.entries
        ]
        return str(self._draw.notebook(rows, links, bool(book.steps))), shown

    # A quote

    def _quote(
        self, cited: Mapping[str, Any], name: str, shown: list[Wire], spans: Sequence[Span] = ()
    ) -> dict[str, Any]:
        """A citation as it is drawn, `spans` of it marked; it takes the next place among those that are shown."""
        quote = cited["quote"]
        marks = [(*span, 1) for span in spans]
        shown.append({**cited, "number": 1, "also_in": list(cited["also_in"])})
        return {
            "list": name,
            "place": len(shown) - 1,
            "quote": line(quote),
            "pieces": list(cut(quote, 0, len(quote), marks, [])),
            "credit": self._credit(cited["source"], cited["published"])
            or line(cited["title"])
            or line(cited["article_id"]),
        }


def kind_class(mark: str) -> str:
    """A mark as the name of a class.

    >>> kind_class("borne out")
    'borne_out'
    """
    return mark.replace(" ", "_")


def ordinal(iso: str) -> int:
    """A day as a number; of a month or a year its first.

    >>> ordinal("2020-01-03") - ordinal("2020-01"), ordinal("2021") - ordinal("2020")
    (2, 366)
    """
    try:
        return date.fromisoformat(iso + "-01-01"[len(iso) - len("2020") :]).toordinal()
    except ValueError:
        return 0
