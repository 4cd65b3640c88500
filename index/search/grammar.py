"""The one syntax of exact search, read into a tree by a grammar; it knows nothing of an index.

"exact phrase"  AND  OR  NOT  -word  ( )  title:  outlet:  by:  date:  since:  until:  pref*  fuzzy~  one NEAR/5 two
"""

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from ground.errors import GroundwireError
from ground.shown import shown
from ground.words import as_typed
from index.search.query import EVERYTHING, And, Days, Field, Fuzzy, Near, Not, Or, Prefix, Query, Words
from index.search.wording import words_in
from index.understanding.periods import PeriodError, read_period

if TYPE_CHECKING:
    from lark import Lark

FIELDS = ("title", "outlet", "by", "date", "since", "until")
LONGEST = 2_000  # characters
MOST_PARTS = 100
DEEPEST = 40  # brackets in each other
NEAR_BY = 10  # words, where NEAR says no number
FARTHEST = 100
FUZZY_FROM = 3  # letters
TOO_DEEP = "it has more parts in each other than can be read; leave some out"

GRAMMAR = r"""
?start: either
?either: both (_OR both)*
?both: one (_AND? one)*
?one: near | _NOT one -> without | _MINUS one -> without
?near: part (NEAR part)*
?part: "(" either ")" | FIELD part -> within | WORD -> word | PHRASE -> phrase
PHRASE.5: /"[^"]*"(~[0-9]*)?/
FIELD.5: /(?i:title|outlet|by|date|since|until):(?=\S)|[A-Za-z]{2,}:(?=["(])/
_AND.4: /AND(?![^\s()"])/
_OR.4: /OR(?![^\s()"])/
_NOT.4: /NOT(?![^\s()"])/
NEAR.4: /NEAR(\/[0-9]+)?(?![^\s()"])/
_MINUS.4: /(?<![^\s(])-(?=[^\s()-])/
WORD.1: /[^\s()"]+/
%ignore /\s+/
"""
# What a plain question has not.
_OPERATOR = re.compile(
    r"(?<![^\s(])(?:(?:AND|OR|NOT|NEAR(?:/[0-9]+)?)(?![^\s()])|-(?=[^\W\d])|(?i:title|outlet|by|date|since|until):\S|[a-z]{2,}:[^\s/])"
    r"|[^\W\d_]\*|[^\W\d_]~[0-9]?(?![^\s()])"
)
_PHRASE = re.compile(r'(?<![^\s(:-])"')
_TWO_QUOTED = re.compile(r'(?i)(?<![^\s(-])date:(?:"[^"]*"\.\.|[^\s()"]*\.\.")')
_NO_FIELD = re.compile(r"([A-Za-z]{2,}):[^\s/]")


class QueryError(GroundwireError, ValueError):
    """Words that exact search cannot read; the message says where and what to write."""


def is_exact(text: str) -> bool:
    """Whether a text is exact search's: it has an operator, a field or a phrase, and does not end as a question does.

    >>> is_exact('"Maria Holm"'), is_exact("flood AND mayor"), is_exact("flood outlet:Courier"), is_exact("floo*")
    (True, True, True, True)
    >>> is_exact("Who was killed and when?"), is_exact('Who said "never again"?'), is_exact("a 5\\" pipe, 10:30")
    (False, False, False)
    """
    text = as_typed(text).strip()
    return not text.endswith("?") and bool(_OPERATOR.search(text) or _PHRASE.search(text))


def read_query(text: str) -> Query:
    """The tree of a query; words that stand side by side must all be there. Raises QueryError.

    >>> read_query('"Maria Holm" AND title:floo*')
    And(parts=(Words(words=('maria', 'holm'), field=''), Prefix(start='floo', field='title')))
    >>> read_query("flood NEAR/5 mayor OR -flod~")
    Or(parts=(Near(one='flood', two='mayor', distance=5, field=''), Not(part=Fuzzy(word='flod', edits=1, field=''))))
    >>> read_query("") == EVERYTHING
    True
    """
    if len(text) > LONGEST:
        raise QueryError(f"the query has {len(text):,} characters; write {LONGEST:,} at most")
    text = as_typed(text)
    if not text.strip():
        return EVERYTHING
    _check_brackets(text)
    if _TWO_QUOTED.search(text):
        raise QueryError(
            'both days of date: stand in one pair of quotes, such as date:"3 January 2020..5 January 2020"'
        )
    from lark.exceptions import UnexpectedInput, VisitError

    try:
        tree = _parser().parse(text)
        found = _tree(tree)
    except UnexpectedInput as error:
        raise QueryError(_where(text, error)) from None
    except VisitError as error:
        raise error.orig_exc from None
    except RecursionError:
        raise QueryError(TOO_DEEP) from None
    if found is not None and _size(found) > MOST_PARTS:
        raise QueryError(f"the query has more than {MOST_PARTS} words and phrases; leave some out")
    if found is None:
        raise QueryError(f'"{shown(text, 40)}" has no word in it; write a word or a phrase')
    return found


@cache
def _parser() -> "Lark":
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", lexer="basic")  # AND is never a word


def _check_brackets(text: str) -> None:
    """Raises QueryError where a quotation mark or a bracket has no other half."""
    if text.count('"') % 2:
        raise QueryError(f'the quotation mark at character {text.rindex(chr(34)) + 1} is not closed; write another "')
    opened: list[int] = []
    quoted = False
    for place, letter in enumerate(text, 1):
        quoted ^= letter == '"'
        if quoted or letter not in "()":
            continue
        if letter == "(":
            opened.append(place)
        elif not opened:
            raise QueryError(f"the bracket at character {place} was never opened; leave it out, or write ( before")
        else:
            opened.pop()
        if len(opened) > DEEPEST:
            raise QueryError(TOO_DEEP)
    if opened:
        raise QueryError(f"the bracket at character {opened[-1]} is not closed; write )")


def _where(text: str, error: Any) -> str:
    """The sentence for what the grammar did not expect."""
    place = error.pos_in_stream
    last = place is None or getattr(getattr(error, "token", None), "type", "") == "$END"
    before = text[: len(text) if last else place].split()
    if last or text[place] == ")":
        word = before[-1] if before else ""
        return f'there is nothing after "{shown(word.lstrip("(") or "(", 20)}"; write a word or a phrase there'
    word = text[place:].split()[0]
    if not before or before[-1].endswith("("):
        return f'there is nothing before "{shown(word, 20)}"; write a word or a phrase there, or put it in quotes'
    return (
        f'"{shown(word, 20)}" at character {place + 1} cannot stand after "{shown(before[-1], 20)}"; leave out one'
        " of the two, or put it in quotes"
    )


# From the grammar's tree to ours; None is what has no word in it, such as a dash that stands alone


def _tree(node: Any) -> Query | None:
    kind = node.data
    if kind in ("either", "both"):
        parts = tuple(part for child in node.children if (part := _tree(child)) is not None)
        if len(parts) < 2:
            return parts[0] if parts else None
        return Or(parts) if kind == "either" else And(parts)
    if kind == "without":
        part = _tree(node.children[0])
        return part.part if isinstance(part, Not) else part and Not(part)
    if kind == "near":
        return _near(node.children)
    if kind == "within":
        return _within(str(node.children[0])[:-1].lower(), node.children[1])
    written = str(node.children[0])
    return _word(written) if kind == "word" else _phrase(written)


def _size(query: Query) -> int:
    if isinstance(query, And | Or):
        return sum(map(_size, query.parts))
    return _size(query.part) if isinstance(query, Not) else 1


def _near(children: list[Any]) -> Query:
    """Each word near the next; `children` are parts with NEAR between them."""
    parts = [_tree(part) for part in children[::2]]
    for part in parts:
        if not (isinstance(part, Words) and len(part.words) == 1 and not part.field):
            raise QueryError("NEAR stands between two single words, such as flood NEAR/5 mayor; take one of a name")
    words = [part.words[0] for part in parts if isinstance(part, Words)]
    found = []
    for one, near, two in zip(words, children[1::2], words[1:], strict=False):
        found.append(Near(one, two, _distance(str(near).partition("/")[2])))
    return found[0] if len(found) == 1 else And(tuple(found))


def _distance(written: str) -> int:
    number = int(written[:4] or NEAR_BY)
    if not 1 <= number <= FARTHEST:
        raise QueryError(f"words can be 1 to {FARTHEST} words apart, not {number}")
    return number


def _no_field(name: str) -> QueryError:
    fields = ", ".join(f"{field}:" for field in FIELDS)
    return QueryError(
        f'there is no field "{shown(name, 20)}:"; there is {fields}; to look for these very words, put them in quotes'
    )


def _within(field: str, node: Any) -> Query | None:
    if field not in FIELDS:
        raise _no_field(field)
    if field in ("date", "since", "until"):
        if node.data not in ("word", "phrase"):
            raise QueryError(f'{field}: takes one day, such as {field}:2024-04 or {field}:"19 April 2024"')
        return _days(field, str(node.children[0]).strip('"'))
    part = _tree(node)
    return None if part is None else _in_field(part, cast("Field", field))


def _in_field(part: Query, field: Field) -> Query:
    """The same, looked for in one field alone."""
    if isinstance(part, And | Or):
        return replace(part, parts=tuple(_in_field(inner, field) for inner in part.parts))
    if isinstance(part, Not):
        return Not(_in_field(part.part, field))
    if isinstance(part, Days) or part.field:
        raise QueryError(f"a field cannot stand within another; take the one inside {field}:( ) out of it")
    return replace(part, field=field)


def _days(field: str, written: str) -> Days:
    """A day or a span such as 2024-01..2024-03, either end of which can be left out."""
    begins, dots, ends = written.partition("..")
    if not dots or field != "date":
        begins = ends = written
    try:
        first = read_period(begins).first if begins and field != "until" else None
        last = read_period(ends).last if ends and field != "since" else None
    except PeriodError as error:
        raise QueryError(f'"{field}:{shown(written, 40)}"; {error}, in quotes where it has spaces') from None
    if first and last and first > last:
        raise QueryError(f'"{field}:{shown(written, 40)}" ends before it begins; exchange the two days')
    if not (first or last):
        raise QueryError(f"{field}: names no day; write such as {field}:2024-01..2024-03")
    return Days(first, last)


def _phrase(written: str) -> Query | None:
    inner, tilde, edits = written[1:].rpartition('"')[0], *written.rpartition('"')[2].partition("~")[1:]
    words = tuple(word.text for word in words_in(inner))
    if re.search(r"\w\*", inner):
        raise QueryError(f"{shown(written, 40)}: a star in quotes stands for nothing; write a word* outside of them")
    if not words:
        raise QueryError(f"there is no word between the quotes of {shown(written, 40)}; write a word or a phrase")
    if not tilde:
        return Words(words)
    if len(words) != 2:
        raise QueryError(f"{shown(written, 40)}: only two words can be near each other; write one NEAR/5 two")
    return Near(*words, _distance(edits))


def _word(written: str) -> Query | None:
    if found := _NO_FIELD.match(written):
        raise _no_field(found[1])
    if found := re.fullmatch(r"(.*\w)(\*|~([0-9]*))[.,;!?]*", written):
        words = words_in(found[1])
        word = words[-1].text
        if len(words) > 1:
            mark = "a star" if found[2] == "*" else "~"
            raise QueryError(f"{shown(written, 40)}: {mark} follows a single word; write {word}{found[2]}")
        if found[2] == "*":
            if len(word) < 2:
                raise QueryError(f"{shown(written, 40)}: a star follows two letters or more; write more of the word")
            return Prefix(word)
        if len(word) < FUZZY_FROM or found[3] not in ("", "1", "2"):
            raise QueryError(
                f"{shown(written, 40)}: write word~ or word~2 for a word that differs by one or two letters, of"
                f" {FUZZY_FROM} letters or more"
            )
        return Fuzzy(word, int(found[3] or 1))
    if "*" in written.strip("*"):
        raise QueryError(f"{shown(written, 40)}: a star stands at the end of a word alone")
    plain = tuple(word.text for word in words_in(written))
    return Words(plain) if plain else None
