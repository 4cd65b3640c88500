"""What the archive's front and the search show as HTML: stories with marked words, and what they are counted by.

Both take what `qa.listing` gives, as its JSON has it. `tabs/finding.html` draws it; each value is text.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ground.language import Words
from web.page.markup import Drawer, cut, line
from web.page.sought import KINDS

FIRST = 6  # names of one kind that are shown before the rest is opened
MOST = 60  # that are shown at all
MOST_MONTHS = 60  # bars
BARS = (300, 48)  # width and height
GLANCED = 8
SNIPPET = 420
SYNTAX = ("phrase", "both", "or", "not", "field", "by", "date", "prefix", "fuzzy", "near")


class FindingDrawer:
    """Draws front and search with the words of one language."""

    def __init__(self, drawer: Drawer) -> None:
        self.words: Words = drawer.words
        self._credit = drawer.credit
        self._draw = drawer.macros("finding.html")

    def box(self, key: str) -> str:
        """The box that words are searched from. For one archive it is the same each time: what is typed in it stays."""
        rows = [(self.words(f"write_{one}"), self.words(f"finds_{one}")) for one in SYNTAX]
        return str(self._draw.box(key, rows))

    def front(self, held: Mapping[str, Any]) -> str:
        """The latest stories; empty for an empty archive."""
        return str(self._draw.front([self._hit(hit, place) for place, hit in enumerate(held.get("latest", ()))]))

    def glance(self, held: Mapping[str, Any], hint: str) -> str:
        """What an archive holds by month, outlet and person, after what can be done in this place."""
        groups = [self._group(kind, held[kind], first=GLANCED) for kind in ("outlets", "people") if held.get(kind)]
        return str(self._draw.glance(hint, self._bars(held.get("months", ())), groups))

    def found(
        self,
        listing: Mapping[str, Any],
        chosen: Mapping[str, Sequence[str]],
        *,
        note: str = "",
        question: str = "",
    ) -> str:
        """A listing, what it is narrowed to as chips, and what it can be narrowed to.

        `note` says why it is not what was asked for; `question` can be asked instead.
        """
        total, shown = listing["total"], len(listing["hits"])
        order = self.words("sorted_day" if listing["sort"] == "day" else "sorted_relevance")
        counted = self.words("articles", count=total)
        if total > shown:
            counted = self.words("first_of", shown=shown, count=total)
        view = {
            "chips": self._chips(chosen),
            "counted": f"{counted}, {order}" if total > 1 else counted if total else self.words("no_stories"),
            "why": note or line(listing["why"]),
            "question": question,
            "groups": [
                self._group(kind, counted, chosen[kind])
                for kind in KINDS
                if len(counted := listing["counts"][kind]) > 1  # one alone narrows nothing
            ],
            "hits": [self._hit(hit, place) for place, hit in enumerate(listing["hits"])],
            "more": total > shown and shown > 0,
        }
        return str(self._draw.found(view))

    def unread(self, sentence: str, chosen: Mapping[str, Sequence[str]]) -> str:
        """In place of what is found, why nothing is looked for."""
        view = {"chips": self._chips(chosen), "counted": "", "why": line(sentence), "question": "", "more": False}
        return str(self._draw.found({**view, "groups": [], "hits": []}))

    def _chips(self, chosen: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
        return [self._name(kind, name) for kind in KINDS for name in chosen[kind]]

    def _hit(self, hit: Mapping[str, Any], place: int) -> dict[str, Any]:
        start, text = hit["start"], hit["text"]
        marks = [(first - start, last - start, 1) for first, last in hit["marks"] if start <= first < hit["end"]]
        title = line(hit["title"]) or line(hit["article_id"])
        titled = [(*span, 1) for span in hit["title_marks"]] if title == hit["title"] else []
        low = len(text) - len(text.lstrip("# \n"))
        return {
            "place": place,
            "article": hit["article_id"],
            "start": start,
            "title": list(cut(title, 0, len(title), titled, [])),
            "credit": ", ".join(
                filter(None, (self._credit(hit["source"], hit["published"]), hit["byline"] and line(hit["byline"])))
            ),
            "superseded": hit["superseded"],
            "pieces": list(cut(text, low, max(low, min(len(text), low + SNIPPET)), marks, [])),
        }

    def _name(self, kind: str, name: str) -> dict[str, Any]:
        return {"kind": kind, "name": name, "shown": line(self.words.day(name) if kind == "months" else name)}

    def _group(
        self, kind: str, counted: Sequence[Mapping[str, Any]], chosen: Collection[str] = (), first: int = FIRST
    ) -> dict[str, Any]:
        """The names of one kind that are not chosen yet, most first; months the latest first."""
        rows = [row for row in counted if row["name"] not in chosen]
        if kind == "months":
            rows = sorted(rows, key=lambda row: str(row["name"]), reverse=True)
        most = max((row["stories"] for row in rows), default=1)
        names = [
            self._name(kind, row["name"])
            | {"count": self.words.figure(row["stories"]), "share": f"{max(2.0, 100 * row['stories'] / most):.0f}"}
            for row in rows[:MOST]
        ]
        return {"label": self.words(kind), "first": names[:first], "more": names[first:]}

    def _bars(self, counted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The months from the first to the last, those without a story too; the latest where there are too many."""
        number = {str(row["name"]): int(row["stories"]) for row in counted}
        months = months_between(min(number), max(number))[-MOST_MONTHS:] if number else []
        width, height = BARS
        most = max((number.get(month, 0) for month in months), default=0)
        step = width / max(1, len(months))
        bars = []
        for place, month in enumerate(months):
            count = number.get(month, 0)
            tall = max(2.0, height * count / most) if count else 0.0
            bars.append(
                {
                    "x": f"{place * step:.2f}",
                    "y": f"{height - tall:.2f}",
                    "width": f"{max(1.0, step - 1):.2f}",
                    "height": f"{tall:.2f}",
                    "period": month,
                    "name": self.words.day(month),
                    "count": count,
                }
            )
        first, last = (self.words.day(months[0]), self.words.day(months[-1])) if months else ("", "")
        total = sum(number.get(month, 0) for month in months)
        summary = self.words("months_summary", count=total, first=first, last=last) if months else ""
        shown = {"first": first, "last": last if len(months) > 1 else "", "summary": summary}
        return {"bars": bars, "width": width, "height": height, **shown}


def months_between(first: str, last: str) -> list[str]:
    """All months from one to another.

    >>> months_between("2019-11", "2020-02")
    ['2019-11', '2019-12', '2020-01', '2020-02']
    """
    year, month = int(first[:4]), int(first[5:7])
    months = []
    while (made := f"{year:04}-{month:02}") <= last:
        months.append(made)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return months
