"""Lines of a page that are no news: adverts, comment forms, share counters, links elsewhere, headlines told twice.

Only what is surely none of the story is marked. An advert that stays costs little; a sentence that goes is lost.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from index.article import Aside
from index.understanding.lines import TextLine, is_prose, is_rule

LONGEST_ASIDE = 300
LONGEST_LINK = 160
MOST_LINKS = 8
_END = r"[\s.!…:»→>*]*"


def _any(*phrases: str) -> re.Pattern[str]:
    """A whole line that is one of these, whatever closes it."""
    return re.compile(rf"(?:{'|'.join(phrases)}){_END}", re.IGNORECASE)


_SITES = r"(?:facebook|twitter|x|whats ?app|linked ?in|reddit|telegram|pinterest|e-?mail|print|copy link)"
_THIS = r"this(?: (?:article|story|post|page))?"
KINDS = {
    "advert": _any(
        r"[-–—\[(*\s]*(?:advertise?ments?|advertising|advert|anzeige|werbung|publicité|publicidad)[-–—\])*\s]*",
        r"sponsored(?: content| post)?|paid content|promoted(?: content)?",
        r"(?:story|article) continues (?:below|after)(?: (?:this |the )?(?:advertisement|ad))?",
        r"scroll (?:down )?to continue(?: reading)?|(?:date:? )?\d{4}-\d{2}-\d{2} advertisement",
    ),
    "subscribe": _any(
        r"(?:subscribe|sign up|register now)\b[^.!?]{0,80}\b(?:newsletters?|inbox|e-?mail alerts?)\b"
        r"(?:[^.!?]{0,60}|[.!:]\s?.{0,140})",
        r"subscribe(?: now| today| here)?|(?:join|follow) us on [^.!?]{2,60}|follow @?\w+ on \w+",
        r"support (?:our|independent) journalism[^.!?]{0,60}|already a subscriber\? (?:log|sign) in",
        r"abonnieren sie .{0,60}newsletter.{0,40}|abonnez-vous à .{0,60}|suscríbase a .{0,60}",
    ),
    "comment form": _any(
        r"(?:leave|post|write|add) a (?:reply|comment)(?: cancel reply)?|cancel reply|(?:post|submit) comment",
        r"your e-?mail address will not be published(?:[.\s]*required fields are marked\s*\*?)?",
        r"required fields are marked\s*\*?|save my name,? e-?mail,? and website in this browser.{0,60}",
        r"(?:you must be )?logged in to post a comment|you must be logged in to (?:post a )?(?:comment|reply)",
        r"\d+ (?:comments?|replies)|(?:no|view|show|load(?: more)?|join the|hide) comments?|be the first to comment",
        r"notify me of (?:new posts|follow-up comments) by email|this site uses akismet to reduce spam.{0,100}",
        r"schreiben sie einen kommentar|laisser un commentaire|deja un comentario",
    ),
    "share counter": _any(
        r"\d[\d.,]*k? (?:shares?|likes?|tweets?|views?|retweets?)|total shares?|tweet|pin it",
        rf"share(?: {_THIS})?(?: (?:on|via|to|with|by)(?: {_SITES})?)?",
        rf"(?:e-?mail|tweet|pin|print) {_THIS}(?: to a friend)?",
        r"click to share on .{2,60}|teilen auf \w+|partager sur \w+|compartir en \w+",
        r"[\d\s]{0,8}\b\d+ min(?:utes?)?(?: read)?(?: \d+ (?:min|hour|hr|day|wk|week|mth|month|yr|year)s?(?: ago)?)?",
    ),
    "navigation": _any(
        r"skip to (?:main |the )?content|(?:(?:toggle|main|open|close) )?(?:navigation|menu)|back to top|home",
        r"(?:log|sign) ?in|sign up|(?:previous|next) (?:article|post|story)",
        r"(?=.*\b(?:home|news|sports?|weather|opinion|contact|about)\b)"
        r"(?:[^\W\d_][^\W\d_ &]{1,24} [|›»>] ){2,}[^\W\d_ &]{2,24}",
        r"(?:tags|filed under|tagged|posted in|categories):.{1,160}",
        r"(?:privacy|cookie) policy|terms (?:of use|of service|and conditions)",
        r"(?:we|this (?:web)?site) uses? cookies.{0,200}|accept (?:all )?cookies",
    ),
    "rights": _any(
        r"(?:©|\(c\)|copyright(?: ©| \(c\))?)\s*\d{4}[^.]{0,80}(?:\.\s*all rights reserved)?|©[^.]{2,80}",
        r"all rights reserved|this material may not be published, broadcast.{0,80}",
    ),
}
_LABEL = "|".join(
    (
        r"(?:also )?read (?:more|also|next|on)|see also|also (?:read|see|on [\w.\- ]{2,40})",
        r"related(?: (?:articles?|stories|posts?|news|content|topics?))?",
        r"more (?:on this(?: story)?|stories|news|from [\w .]{2,40})|recommended(?: (?:for you|stories|reading))?",
        r"you (?:may|might) also (?:like|be interested in)|don['’]t miss|trending(?: now)?|most (?:read|popular)",
        r"further reading|watch(?: now| more)?|(?:à )?lire aussi|lesen sie auch|mehr zum thema|siehe auch",
        r"lea también|le[ae] más",
    )
)
_LABEL_ALONE = re.compile(rf"(?:{_LABEL})\s*[:…>»]*", re.IGNORECASE)
_LABELLED = re.compile(rf"(?:{_LABEL})\s*[:|»>]\s*(?P<link>.*)", re.IGNORECASE)
_LINK = _any(
    r"source link|(?:continue|keep) reading(?: (?:at|on|here|the (?:full|rest))\b.{0,60})?",
    r"(?:click|tap) here (?:to|for) .{2,80}|(?:read|learn|find out) more(?: (?:here|at|on)\b.{0,60})?",
    r"(?:read|view|see) (?:the )?(?:full|original|whole|entire) (?:story|article|post)(?: (?:at|on|here)\b.{0,60})?",
)
_BESIDE = {
    "share counter": _any(_SITES),
    "comment form": _any(r"(?:name|e-?mail|website|your name|your comment)\s*\*?", r"submit|reply|comments?\s*\*?"),
}


@lru_cache(maxsize=4096)
def kind_of_aside(words: str) -> str | None:
    """What a line is, where it is surely no news whatever stands around it.

    >>> kind_of_aside("Advertisement"), kind_of_aside("3 Shares"), kind_of_aside("He shares his bread.")
    ('advert', 'share counter', None)
    >>> kind_of_aside("Read more: How to keep warm"), kind_of_aside("Read more: He came. Then he went.")
    ('link', None)
    """
    if len(words) > LONGEST_ASIDE:
        return None
    for what, pattern in KINDS.items():
        if pattern.fullmatch(words):
            return what
    labelled = _LABELLED.fullmatch(words)
    if labelled and len(words) <= LONGEST_LINK and not re.search(r"[.!?]\s|\.$", labelled["link"]):
        return "link"
    return "link" if _LINK.fullmatch(words) or _LABEL_ALONE.fullmatch(words) else None


def find_asides(lines: Sequence[TextLine], starts: Sequence[int] = ()) -> tuple[Aside, ...]:
    """What of these lines is no news, in order, none overlapping; lines one under the other that are the same are one.

    `starts` are where stories start: no link list reaches into one. Where nothing would be left, nothing is marked.
    """
    kinds = [kind_of_aside(line.words) for line in lines]
    _mark_neighbours(lines, kinds)
    _mark_links(lines, kinds, set(starts))
    _mark_repeats(lines, kinds, set(starts))
    if all(kinds):
        return ()
    asides: list[Aside] = []
    for i, (line, what) in enumerate(zip(lines, kinds, strict=True)):
        if what is None:
            continue
        if i and kinds[i - 1] == what and line.start not in starts:
            asides[-1] = replace(asides[-1], end=line.end)
        else:
            asides.append(Aside(line.start, line.end, what))
    return tuple(asides)


def _mark_neighbours(lines: Sequence[TextLine], kinds: list[str | None]) -> None:
    """Lone words such as `Facebook` or `Name *` beside the buttons and forms they belong to."""
    for what, pattern in _BESIDE.items():
        for order in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
            step = -1 if order.step > 0 else 1
            for i in order:
                if kinds[i] is None and kinds[i + step] == what and pattern.fullmatch(lines[i].words):
                    kinds[i] = what


def _mark_links(lines: Sequence[TextLine], kinds: list[str | None], starts: set[int]) -> None:
    """The headlines in a list under `Also read:`, up to the first line that is none."""
    for i in range(len(lines)):
        if kinds[i] != "link" or not _LABEL_ALONE.fullmatch(lines[i].words):
            continue
        if not re.search(r"[:…>»]$", lines[i].words) and not lines[i + 1 : i + 2]:
            continue
        following = lines[i + 1 : i + 1 + MOST_LINKS]
        bulleted = bool(following) and _is_bulleted(following[0].words)
        for j, line in enumerate(following[: MOST_LINKS if bulleted else 1], i + 1):
            headline = not is_prose(line.words) and len(line.words) <= LONGEST_LINK and not is_rule(line.words)
            if line.start in starts or kinds[j] or not headline or _is_bulleted(line.words) != bulleted:
                break
            kinds[j] = "link"


def _is_bulleted(words: str) -> bool:
    return bool(re.match(r"[-•*–▪►»]\s*\S", words))


def _mark_repeats(lines: Sequence[TextLine], kinds: list[str | None], starts: set[int]) -> None:
    """A headline that is told again before its story begins; the first stays."""
    seen: set[str] | None = set()
    for i, line in enumerate(lines):
        if line.start in starts:
            seen = set()
        if kinds[i] or seen is None:
            continue
        if is_prose(line.words):
            seen = None  # the story has begun: what is said twice in it was said twice
            continue
        key = " ".join(line.words.casefold().split())
        if key in seen and len(key.split()) >= 3:
            kinds[i] = "repeated"
        seen.add(key)
