"""Where each story of a page that holds several starts, and whose it is.

Pages that hold several stories say so again and again in the same way: a headline with outlet and day, a byline, a
dateline, or a credit under each story. One such place is enough only where outlet and day stand between bars; any
other way must be used twice on the page. A story has news in it: lists of links and of references are none.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from index.article import Section
from index.understanding.asides import kind_of_aside
from index.understanding.credits import Credit, bare, is_headline, is_name, part_headline, read_credit
from index.understanding.dateline import agency_of, read_dateline
from index.understanding.days import Day
from index.understanding.lines import TextLine, is_prose, is_rule

SHORTEST_NEWS = 20
SHORTEST_BROKEN = 40
LONGEST_HEAD = 14
_MEMO = re.compile(r"(?:From|To|Cc|Subject|Re|Von|An|Betreff|De|À|Objet|Para|Asunto):\s", re.IGNORECASE)
_NOISE = re.compile(
    r"(?:length:\s*)?[\d,.]+ words|(?:language:\s*)?(?:english|french|german|spanish|français|deutsch|español)"
    r"|\d+ of \d+(?: documents?)?|section:.{1,60}|edition:.{1,60}",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"(?P<outlet>(?:The |the )?[A-Z][\w.’'&-]*(?: [\w.’'&-]+){0,4})"
    r" (?:reports|writes|berichtet|schreibt|écrit)\s*:\s+\S"
)
LineKind = Literal["rule", "aside", "noise", "memo", "credit", "headline", "other"]
HeadForm = Literal["bar", "comma", "label", "posted", "alone", "lines", "dateline", "reports", "headline"]


@dataclass(frozen=True)
class LineOfHead:
    """One line of a head: what it is by itself."""

    line: TextLine
    words: str
    kind: LineKind
    credit: Credit | None


@dataclass(frozen=True)
class Head:
    """What stands above some news: lines `first` to `last` of the page, and what they say of a story."""

    form: HeadForm
    first: int
    last: int
    start: int
    title: str | None
    source: str | None
    day: Day | None
    byline: str | None
    barred: bool
    above: bool
    run: int

    def section(self, near: str | None) -> Section:
        return Section(self.start, self.title, self.source, self.day.iso(near) if self.day else None, self.byline)


def heads_of(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    """The runs of lines that are no prose, as `lines[first:last]`.

    A line of a paragraph that is broken at a width is prose too: the next goes on in small letters.
    """
    prose = [is_prose(line.words) and not _is_said(line.words) for line in lines]
    for i in range(len(lines) - 1):
        one, two = lines[i], lines[i + 1]
        if (
            two.start - one.end <= 2
            and len(one.words) >= SHORTEST_BROKEN
            and two.words[:1].islower()
            and not _is_said(two.words)
        ):
            prose[i] = prose[i + 1] = True
    runs, first = [], None
    for i, is_news in enumerate([*prose, True]):
        if is_news and first is not None:
            runs.append((first, i))
            first = None
        elif not is_news and first is None:
            first = i
    return runs


def _is_said(words: str) -> bool:
    return bool(kind_of_aside(words) or read_credit(words) or is_rule(words))


def _pieces(lines: Sequence[TextLine]) -> list[LineOfHead]:
    pieces = []
    for line in lines:
        words = bare(line.words)
        credit = read_credit(line.words) or read_credit(words)
        kind: LineKind
        if is_rule(line.words):
            kind = "rule"
        elif kind_of_aside(line.words):
            kind = "aside"
        elif _MEMO.match(line.words):
            kind = "memo"
        elif not words or _NOISE.fullmatch(words):
            kind = "noise"
        elif credit:
            kind = "credit"
        elif agency_of(words):
            kind, credit = "credit", Credit("alone", agency_of(words), agency=agency_of(words))
        elif is_headline(words) or (len(words) <= 60 and re.search(r"[^\W\d_]{2,}", words) and not is_prose(words)):
            kind = "headline"
        else:
            kind = "other"
        pieces.append(LineOfHead(line, words, kind, credit if kind == "credit" else None))
    return pieces


def read_head(lines: Sequence[TextLine], first: int, last: int, above: bool | None = None) -> Head | None:
    """What the lines above some news say of it, or None where they do not say whose it is.

    `above` says whether credits stand above headlines on this page, where that is known.
    """
    first = max(first, last - LONGEST_HEAD)
    pieces = _pieces(lines[first:last])
    if sum(piece.kind == "memo" for piece in pieces) >= 2:
        return None
    for i, piece in enumerate(pieces):  # what stands over a rule belongs to the story before
        if piece.kind == "rule" and any(p.kind == "headline" for p in pieces[i:]):
            return read_head(lines, first + i + 1, last, above)
    credits = [i for i, piece in enumerate(pieces) if piece.kind == "credit"]
    news = lines[last].words if last < len(lines) else ""
    told = _told_in(bare(news))
    parted = part_headline(pieces[-1].words) if pieces else None
    if parted:
        words, credit = parted
        line = pieces[-1].line
        return Head(
            *("headline", last - 1, last, line.start, words, credit.source, credit.day, credit.byline),
            barred=False,
            above=False,
            run=1,
        )
    outlet, outlet_at = None, None
    if credits and not any(pieces[i].credit.source for i in credits):  # type: ignore[union-attr]
        outlet_at = _outlet_beside(pieces, credits)
        outlet = pieces[outlet_at].words if outlet_at is not None else None
    own = sorted({*credits, *([outlet_at] if outlet_at is not None else [])})
    headlines = [i for i, piece in enumerate(pieces) if piece.kind == "headline" and i != outlet_at]
    if not own and not told:
        return None
    edge = own[0] if own else len(pieces)
    before = [i for i in headlines if i < edge]
    after = [i for i in headlines if i > edge]
    if above is False and after and not before:  # what stands over the headline is the page's own, not the story's
        return read_head(lines, first + edge + 1, last, above)
    takes_after = bool(after) and (not before or above is True)
    if takes_after:
        title_at: int | None = after[0]
        start_at, run = own[0], 1
        while start_at and pieces[start_at - 1].kind == "noise":
            start_at -= 1
    elif before:
        run = 1
        while before[-1] - run >= 0 and before[-1] - run in before and run < 3:
            run += 1
        title_at = start_at = before[-1]
        edge = before[-1] + 1
    else:
        title_at, start_at, run = None, edge, 0
        if not own:
            return None
    read = [pieces[i].credit for i in credits if (i > start_at - 1 or takes_after)]
    given = [credit for credit in read if credit]
    source = next((credit.source for credit in given if credit.source), None) or outlet
    day = next((credit.day for credit in given if credit.day), None)
    byline = next((credit.byline for credit in given if credit.byline), None)
    form: HeadForm = next((credit.form for credit in given if credit.form != "alone"), "lines" if given else "alone")
    if told and not given:
        form = told[0]
    if told:
        source, day = source or told[1], day or told[2]
    if not (source or byline or form == "dateline" or (form == "posted" and day)):
        return None
    title = pieces[title_at].words if title_at is not None else None
    barred = any("|" in pieces[i].line.words and pieces[i].credit.source and pieces[i].credit.day for i in credits)  # type: ignore[union-attr]
    start = pieces[start_at].line.start
    return Head(form, first + start_at, last, start, title, source, day, byline, barred, takes_after, run)


def _told_in(words: str) -> tuple[HeadForm, str | None, Day | None] | None:
    """What the first sentence says by a dateline with agency or day, or by `OUTLET reports:`."""
    line = read_dateline(words)
    if line and (line.agency or line.day or line.outlet):
        return "dateline", line.outlet or line.agency, line.day
    found = _REPORTS.match(words[:120])
    return ("reports", found["outlet"], None) if found and is_name(found["outlet"]) else None


def _outlet_beside(pieces: Sequence[LineOfHead], credits: Sequence[int]) -> int | None:
    """Where the name of an outlet stands on a line of its own beside a date or a byline, leaving a headline over."""
    names = [
        i
        for i, piece in enumerate(pieces)
        if piece.kind == "headline"
        and (is_name(piece.words) or agency_of(piece.words))
        and len(piece.words.split()) <= 6
        and (i - 1 in credits or i + 1 in credits)
    ]
    headlines = [i for i, piece in enumerate(pieces) if piece.kind == "headline"]
    for i in sorted(names, key=lambda i: (i - 1 not in credits, i)):
        if any(other != i and not is_name(pieces[other].words) for other in headlines):
            return i
    between = [i for i in names if i - 1 in credits and len(headlines) > 1]
    return between[0] if between else None


def find_sections(lines: Sequence[TextLine], text: str, near: str | None = None) -> tuple[Section, ...]:
    """The stories of a page that holds several, the first with them; empty for a page of one.

    `near` is a day of the page, for days that are written without their year.
    """
    runs = [run for run in heads_of(lines) if _has_news(lines, run[1])]
    ends = _credits_after(lines)
    if len(ends) >= 2:
        return _with_credits_after(lines, ends, near)
    heads = [head for head in (read_head(lines, *run) for run in runs) if head]
    if not heads:
        return ()
    later = [head for head in heads if head.first > runs[0][0] + 1] or heads
    above = sum(head.above for head in later) * 2 > len(later)
    heads = [head for head in (read_head(lines, *run, above) for run in runs) if head]
    headed = [head for head in heads if head.title or _after_rule(lines, head.first)]
    forms = Counter(head.form for head in headed)
    stories = [head for head in headed if head.barred or forms[head.form] >= 2]
    if stories and heads and heads[0] not in stories and heads[0].first <= runs[0][0] + 1 and heads[0].title:
        stories.insert(0, heads[0])  # the page's own head is a story's, whatever way it is written
    runs_of = Counter(head.run for head in stories[1:])
    usual = runs_of.most_common(1)[0][0] if runs_of else 0
    stories = [_widen(head, lines, text, only=head is stories[0] and usual == 1) for head in stories]
    if len(stories) < 2 and not (stories and stories[0].first > runs[0][1]):
        return ()
    return tuple(head.section(near) for head in stories)


def _widen(head: Head, lines: Sequence[TextLine], text: str, *, only: bool) -> Head:
    """The head with its headline where it is: over a subtitle or caption that a blank line sets apart from it."""
    if head.above or head.run < 2 or only:
        return head
    first = head.first - head.run + 1
    credit = next((i for i in range(head.first + 1, head.last) if read_credit(lines[i].words)), head.first + 1)
    upto = lines[credit].start if credit < len(lines) else len(text)
    if re.search(r"\n\s*\n", text[lines[first].start : upto]) and is_headline(bare(lines[first].words)):
        return replace(head, start=lines[first].start, title=bare(lines[first].words), first=first)
    return head


def _after_rule(lines: Sequence[TextLine], first: int) -> bool:
    return first > 0 and is_rule(lines[first - 1].words)


def _has_news(lines: Sequence[TextLine], at: int) -> bool:
    """Whether news follows: a line of prose that is long enough for a sentence."""
    return any(len(line.words) >= SHORTEST_NEWS and is_prose(line.words) for line in lines[at : at + 1])


def _credits_after(lines: Sequence[TextLine]) -> list[int]:
    """The credit lines that close a story, where the page has them there: the last has nothing but links below it."""
    found = []
    for i, line in enumerate(lines):
        credit = read_credit(line.words)
        if i and credit and credit.source and (credit.day or credit.form == "label") and is_prose(lines[i - 1].words):
            found.append(i)
    if not found or any(is_prose(line.words) and not _is_said(line.words) for line in lines[found[-1] + 1 :]):
        return []
    return found


def _with_credits_after(lines: Sequence[TextLine], ends: Sequence[int], near: str | None) -> tuple[Section, ...]:
    sections = []
    first = 0
    for end in ends:
        headlines = []
        for i in range(first, end):
            if is_prose(lines[i].words) and len(lines[i].words) >= SHORTEST_NEWS:
                break
            words = bare(lines[i].words)
            if is_headline(words) and not _is_said(lines[i].words):
                headlines.append(i)
        if not headlines:
            return ()
        credit, at = read_credit(lines[end].words), headlines[-1]
        assert credit is not None
        day = credit.day.iso(near) if credit.day else None
        sections.append(Section(lines[at].start, bare(lines[at].words), credit.source, day, credit.byline))
        first = end + 1
    return tuple(sections)
