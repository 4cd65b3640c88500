"""Which outlets, authors and days a question wants its articles from, by the words that say so.

A name or a day narrows only where the question asks who wrote, or when it was written: of what happened on a day, or to
an outlet, others tell too, and later. In doubt nothing is narrowed. English is understood, other languages are not.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from ground.language import Words
from ground.shown import shown
from index.store.scope import EVERYTHING, MOST_VALUES, Scope
from qa.narrowing.days import DaysAsked, days_told, find_days_asked
from qa.narrowing.names import Named, Names
from qa.narrowing.words import Word, read_words

PartKind = Literal["outlet", "author", "days"]
ASKS = frozenset("did does do has have had".split())
WRITES = frozenset("write writes wrote written publish publishes published".split())
SAYS = WRITES | frozenset(
    "report reports reported reporting say says said print prints printed carry carries carried tell tells told claim"
    " claims claimed quote quotes quoted cite cites cited describe describes described cover covers covered note notes"
    " noted mention mentions mentioned call calls called give gives gave put puts add adds added explain explains"
    " explained reveal reveals revealed state states stated".split()
)
SAID_BY = frozenset("reported published written carried covered printed quoted cited said".split())
NEWS = frozenset("article articles story stories coverage news headlines piece pieces dispatch dispatches".split())
REPORTS = NEWS | frozenset("report reports reporting account accounts column columns".split())
PAPERS = frozenset("papers newspapers press media outlets".split())
LISTS = frozenset("what which any all show find list me latest recent in from many".split())
ABOUT = frozenset("about on of regarding concerning".split())
SKIPPED = frozenset("first also really actually originally initially exactly then ever just already".split())
CLAUSE = frozenset(
    "who whom whose that which when where why how was were is are has have had will would after before while".split()
)
FOLLOWS = (
    REPORTS
    | SAYS
    | ABOUT
    | ASKS
    | CLAUSE
    | frozenset(
        "in by at for from to with and or but what the a an morning evening night afternoon alone only please".split()
    )
)
OWNERS = frozenset("its his her their our my your whose".split())
HINTS = SAYS | REPORTS | PAPERS | {"according", "per"}
IN_A_NAME = re.compile(r"\b(?:[Ii]n|[Ff]rom|[Bb]y)\s+(?:the\s+)?[^\W_a-zà-ÿ]")
# Where these stand, what is asked is not, or not only, in the articles that are named.
OTHERWISE = re.compile(
    r"\b(?:other than|besides|except|apart from|unlike|not|differ\w*|disagree\w*|contradict\w*|compar\w+|versus|vs"
    r"|den(?:y|ies|ied)|refut\w+|wrong(?:ly)?|false(?:ly)?|mistake\w*|errors?|retract\w*|withdr[ae]w\w*|correct\w*"
    r"|apologi\w+|su(?:e|ed|ing)|libel\w*|owns?|owner)\b|n['’]t\b",
    re.IGNORECASE,
)
NOT_PAST = re.compile(
    r"\b(?:will|would|shall|should|going to|planned?|scheduled|expected|due|next|tomorrow|before|until|till|ahead|than"
    r"|compared)\b",
    re.IGNORECASE,
)
STILL_LIVE = timedelta(days=31)  # since the newest story: days are counted from today, else from that story's


@dataclass(frozen=True)
class Part:
    """The words `question[start:end]`, what they were taken for, and the part of the archive that this is.

    `name` is that of an outlet or author. Where days count from the archive's newest story, `counted` is its day.
    """

    kind: PartKind
    words: str
    start: int
    end: int
    name: str
    scope: Scope
    counted: str = ""

    @property
    def means(self) -> str:
        """What it was taken for, in English."""
        return self.told(Words())

    def told(self, say: Words) -> str:
        """What it was taken for, in a language."""
        days = "" if self.name else days_told(self.scope, say)
        if self.counted:
            return say("counted_from_newest", days=days, day=say.day(self.counted))
        return self.name or days

    def to_dict(self, say: Words) -> dict[str, Any]:
        """As JSON has it; the scope of an author, which can name a thousand articles, is left to `means`."""
        told = {name: getattr(self, name) for name in ("kind", "words", "start", "end")} | {"means": self.told(say)}
        return told | {"scope": None if self.kind == "author" else self.scope.to_dict()}


@dataclass(frozen=True)
class _Asked:
    """A name that is asked of, the place after it and its verb ("write") or noun ("report"), and which it is."""

    named: Named
    after: int
    verb: bool


def understand(
    question: str,
    names: Names,
    *,
    today: date,
    newest: date | None = None,
    written_by: Callable[[str], Sequence[str]] = lambda author: (),
) -> tuple[Part, ...]:
    """The parts that narrow the search, in the order of their words.

    Days such as "last March" count from `today`, or from the archive's `newest` story where that is more than a month
    older. `written_by` gives the ids of the articles of an author of `names`; who has none, or more than a scope can
    name, narrows nothing.

    >>> names = Names(["Northgate Courier", "AFP"])
    >>> parts = understand("What did the Courier write about the bridge last March?", names, today=date(2026, 11, 30))
    >>> [(part.words, part.means) for part in parts]
    [('the Courier', 'Northgate Courier'), ('last March', 'March 2026')]
    >>> understand("Who was killed on 3 January? Who owns the Courier?", names, today=date(2026, 11, 30))
    ()
    """
    words = read_words(question)
    asked = [] if OTHERWISE.search(question) else _asked_of(words, names.find(words))
    parts = []
    for one in asked:
        part = _named_part(question, words, one.named, written_by)
        if part is not None:
            parts.append(part)
    live = newest is None or today - newest <= STILL_LIVE
    counted = today if live or newest is None else newest
    for days in find_days_asked(question):
        open_end = _published_then(words, days, asked) if not OTHERWISE.search(question) else None
        if open_end is None and live and _just_happened(question, words, days):
            open_end = True
        scope = None if open_end is None else days.scope(counted, open_end=open_end)
        if scope is not None:
            relative = days.length != "day" and not re.search(r"\d{4}", days.words + days.until)
            from_day = counted.isoformat() if relative and counted != today else ""
            parts.append(Part("days", question[days.start : days.end], days.start, days.end, "", scope, from_day))
            break
    return tuple(sorted(parts, key=lambda part: part.start))


def may_say(question: str) -> bool:
    """Whether a question may say whose articles it wants, or of when, by its words alone: where not, no name is looked
    up.

    >>> may_say("Who died in the strike?"), may_say("Who died, according to AFP?"), may_say("Who died last week?")
    (False, True, True)
    """
    words = {word.text for word in read_words(question)}
    return bool(words & HINTS or IN_A_NAME.search(question) or find_days_asked(question))


def together(parts: Sequence[Part], given: Scope = EVERYTHING) -> Scope:
    """What is `given`, narrowed by the parts; what it says of outlets, days or articles itself stands."""
    outlets = given.outlets or tuple(part.scope.outlets[0] for part in parts if part.kind == "outlet")
    articles = given.articles or tuple(id for part in parts if part.kind == "author" for id in part.scope.articles)
    scope = replace(given, outlets=tuple(dict.fromkeys(outlets)), articles=tuple(dict.fromkeys(articles)))
    days = next((part.scope for part in parts if part.kind == "days"), None)
    if days is not None and given.since is None and given.until is None:
        scope = replace(scope, since=days.since, until=days.until)
    return scope


def free(parts: Sequence[Part], given: Scope, without: Collection[str] = ()) -> list[Part]:
    """The parts that may narrow: none of what a person chose otherwise, nor of the words that are to be left."""
    chosen = {"outlet": given.outlets, "author": given.articles, "days": given.since or given.until}
    return [part for part in parts if not chosen[part.kind] and part.words not in without]


# Who is asked


def _named_part(
    question: str, words: Sequence[Word], named: Named, written_by: Callable[[str], Sequence[str]]
) -> Part | None:
    first = named.first - 1 if named.first and words[named.first - 1].text == "the" else named.first
    start, end = words[first].start, words[named.last - 1].end
    if named.kind == "outlet":
        return Part("outlet", question[start:end], start, end, shown(named.name), Scope(outlets=(named.name,)))
    articles = tuple(written_by(named.name))
    if not 0 < len(articles) <= MOST_VALUES:
        return None
    return Part("author", question[start:end], start, end, shown(named.name), Scope(articles=articles))


def _asked_of(words: Sequence[Word], found: Sequence[Named]) -> list[_Asked]:
    """The names that say whose articles are wanted."""
    by_first = {one.first: one for one in found}
    by_last = {one.last: one for one in found}
    asked = []
    for named in found:
        first, last = named.first, named.last
        while (before := _joined_before(words, first, by_last)) is not None:
            first = before
        while (behind := _joined_behind(words, last, by_first)) is not None:
            last = behind
        left = [word.text for word in words[:first][::-1] if word.text != "the"] + ["", ""]
        after = last
        while after < len(words) and words[after].text in SKIPPED and not words[after - 1].stop:
            after += 1
        stops = words[last - 1].stop
        right = "" if stops or after >= len(words) else words[after].text
        role = _outlet_role if named.kind == "outlet" else _author_role
        capital = words[named.first].capital
        taken = role(named, left, right, words[last - 1].owns, capital, words[after + 1 :][:1])
        if taken == "verb":
            asked.append(_Asked(named, after + 1, verb=True))
        elif taken == "source":
            asked.append(_Asked(named, last + (right in REPORTS), verb=False))
    return asked


def _joined_before(words: Sequence[Word], first: int, by_last: dict[int, Named]) -> int | None:
    """Where the name begins that is joined to one at `first` by "and" or "or"."""
    at = first - 1
    if at >= 0 and words[at].text == "the":
        at -= 1
    if at >= 1 and words[at].text in ("and", "or") and at in by_last:
        return by_last[at].first
    return None


def _joined_behind(words: Sequence[Word], last: int, by_first: dict[int, Named]) -> int | None:
    at = last
    if at < len(words) and words[at].text in ("and", "or"):
        at += 1
        if at < len(words) and words[at].text == "the":
            at += 1
        if at in by_first:
            return by_first[at].last
    return None


def _outlet_role(
    named: Named, left: Sequence[str], right: str, owns: bool, capital: bool, more: Sequence[Word]
) -> Literal["verb", "source"] | None:
    """How an outlet is asked of; None where it is only spoken of. `left` are the words before it, nearest first."""
    said = bool(more) and more[0].text in SAYS
    attributed = left[:2] == ["to", "according"] or left[0] == "per"
    if named.short and not (capital or attributed or (left[0] in ASKS and right in WRITES | {"report"})):
        return None
    if owns:
        if right in REPORTS and (left[0] in ("in", "from") or left[:2] == ["to", "according"]):
            return "source"
        return "verb" if right in REPORTS and left[0] in ASKS and said else None
    if left[0] in ASKS and right in REPORTS and said:  # "the Calder report", which a person may have written
        return None if named.short else "verb"
    if left[0] in ASKS and right in SAYS:
        return "verb"
    if attributed or (left[0] == "by" and left[1] in SAID_BY):
        return "source"
    if left[0] in ("by", "from") and (left[1] in REPORTS or _list_of(left)):
        return "source"
    if left[0] in ("as", "what") and right in SAYS:
        return "verb"
    if left[0] == "in" and (right in FOLLOWS or not right or right in ("last", "this", "since")):
        return "source" if right not in REPORTS or left[1] in SAYS | REPORTS | {"was", "is"} else None
    if right in NEWS and (not left[0] or left[0] in LISTS):
        return "source"
    return None


def _author_role(
    named: Named, left: Sequence[str], right: str, owns: bool, capital: bool, more: Sequence[Word]
) -> Literal["verb", "source"] | None:
    """How an author is asked of: by what was written, for people also say and do what others write of."""
    if named.short and not capital:
        return None
    if owns:
        return "source" if right in REPORTS and left[0] in ("in", "from", "to") else None
    if left[0] in ASKS | {"what", "as"} and right in WRITES:
        return "verb"
    if left[0] in ASKS and right == "report" and more and more[0].text in ABOUT | {"from", "in"} and not named.short:
        return "verb"
    return "source" if left[0] == "by" and (left[1] == "written" or left[1] in REPORTS or _list_of(left)) else None


def _list_of(left: Sequence[str]) -> bool:
    """Whether articles are asked for: "news about the bridge from …"."""
    before = left[1:]
    at = next((i for i, word in enumerate(before) if word in NEWS), None)
    return at is not None and not CLAUSE & set(before[:at]) and not SAYS & set(before[:at])


# When it was published


def _published_then(words: Sequence[Word], days: DaysAsked, asked: Sequence[_Asked]) -> bool | None:
    """None where the days are of what happened, not of when it was written; else whether later ones count as well,
    as the day may be both."""
    first, last = _place(words, days)
    if not _stands_alone(words, first, last):
        return None
    verbs = [(one.after - 1, one.after, one.verb) for one in asked] + [(*at, True) for at in _papers(words)]
    for before, after, verb in verbs:
        if first == after or (verb and first == 0 and last < before):
            return False
        if after < first and _of_all(words, after, first, last, days):
            return days.length == "day"
    if first and words[first - 1].text in NEWS and not words[first - 1].owns:
        return False
    listed = any(
        word.text in NEWS and _of_all(words, at, first, last, days) for at, word in enumerate(words[:first], 1)
    )
    return days.length == "day" if listed else None


def _of_all(words: Sequence[Word], after: int, first: int, last: int, days: DaysAsked) -> bool:
    """Whether days at the end are of all that stands before: "about the bridge last March", with no clause between."""
    topic = [word.text for word in words[after:first]]
    whole = words[last].stop and days.preposition != "of" and not CLAUSE & set(topic)
    return whole and bool(topic) and topic[0] in ABOUT


def _papers(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Where it is asked what was written, of no outlet: the verb's place, and that of the word after it."""
    text = [word.text for word in words]
    found: list[tuple[int, int]] = []
    for at, word in enumerate(text):
        if word in SAYS and at and text[at - 1] in PAPERS and ASKS & set(text[: at - 1]):
            found.append((at, at + 1))
        passive = word in ("written", "reported", "published") and text[at - 1] in ("was", "is", "been")
        if passive and "what" in text[max(0, at - 3) : at]:
            found.append((at, at + 1))
    return found


def _place(words: Sequence[Word], days: DaysAsked) -> tuple[int, int]:
    """The first and the last word of days."""
    first = next(i for i, word in enumerate(words) if word.start >= days.start)
    return first, max(i for i, word in enumerate(words) if word.end <= days.end)


def _stands_alone(words: Sequence[Word], first: int, last: int) -> bool:
    """Whether days are told of nothing: "in 2019", not "the 2019 flood", "last week's vote" or "its last Sunday"."""
    if words[last].owns or (first and (words[first - 1].owns or words[first - 1].text in OWNERS)):
        return False
    return words[last].stop or words[last + 1].text in FOLLOWS


def _just_happened(question: str, words: Sequence[Word], days: DaysAsked) -> bool:
    """Whether something is asked that happened in the last days: who tells of it has written since."""
    if days.length != "recent" or days.preposition in ("before", "until", "till", "by", "of"):
        return False
    return _stands_alone(words, *_place(words, days)) and not NOT_PAST.search(question)
