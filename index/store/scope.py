"""The part of an archive that is asked: which outlets, which days, which languages, which articles."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from ground.errors import GroundwireError
from ground.language import Words
from ground.shown import shown
from index.understanding.periods import HOW, ISO, Period, PeriodError, read_period

LISTS = {"outlets": ("an outlet", "name"), "languages": ("a language", "code"), "articles": ("an article", "id")}
DAYS = ("since", "until")
MOST_VALUES = 1_000
LONGEST_VALUE = 2_000
NAMED = 3  # are told by name, of more the number


class ScopeError(GroundwireError, ValueError):
    """A part of an archive that cannot be meant; the message says why and what to do."""


@dataclass(frozen=True)
class Scope:
    """What is asked of an archive; an empty one is all of it. Raises ScopeError for what cannot be meant.

    Values of one field are alternatives, fields narrow each other. Outlets and days are those of a story, languages and
    articles those of the whole article. Outlets and languages are compared without case. `since` and `until` are a day,
    a month or a year, all of it, as people write them (index/understanding/periods.py), and are kept in ISO 8601: what
    was yesterday stays that day. Where one is given, stories without a day are left out.

    >>> Scope(since="2020-02", until="2020-02").first_day, Scope(until="2020-02").last_day
    ('2020-02-01', '2020-02-29')
    >>> Scope(since="3 January 2020", until="February 2020").told()
    'since 2020-01-03, until 2020-02'
    """

    outlets: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    languages: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in LISTS:
            _check_values(name, getattr(self, name))
        for name, edge in zip(DAYS, ("first", "last"), strict=True):
            written = getattr(self, name)
            if written is not None and not (isinstance(written, str) and ISO.fullmatch(written)):
                object.__setattr__(self, name, _period(written, name).iso(edge))
        first, last = self.first_day, self.last_day
        if first and last and first > last:
            raise ScopeError(f'"since" is {self.since}, which is after "until", {self.until}; exchange them')

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == EVERYTHING

    @property
    def by_story(self) -> bool:
        """Whether one story of a page can be within it and another not."""
        return bool(self.outlets or self.since or self.until)

    @property
    def first_day(self) -> str | None:
        """The first day of `since`."""
        return None if self.since is None else span_of(self.since, "since")[0]

    @property
    def last_day(self) -> str | None:
        """The last day of `until`."""
        return None if self.until is None else span_of(self.until, "until")[1]

    def story_test(self) -> Callable[[str | None, str | None], bool]:
        """Whether a story of this outlet and `published` is within it.

        >>> within = Scope(outlets=("AFP",), since="2020").story_test()
        >>> within("Afp", "2020-01-03T10:00:00+01:00"), within("AFP", None), within(None, "2020-01-03")
        (True, False, False)
        """
        outlets = {outlet.casefold() for outlet in self.outlets}
        first, last = self.first_day, self.last_day

        def within(outlet: str | None, published: str | None) -> bool:
            if outlets and (outlet or "").casefold() not in outlets:
                return False
            if first is None and last is None:
                return True
            day = day_of(published)
            return day is not None and (first is None or first <= day) and (last is None or day <= last)

        return within

    def told(self, words: Words | None = None) -> str:
        """In words, for a sentence, English ones without `words`; the empty string for all of the archive.

        >>> Scope(("Meridian Wire", "AFP"), since="2020-01-03", languages=("en",)).told()
        'Meridian Wire or AFP, since 2020-01-03, in English'
        >>> Scope(articles=("a", "b", "c", "d")).told(), Scope(since="2020", until="2020").told()
        ('4 articles', '2020')
        """
        words = words or Words()
        parts = [_listed(self.outlets, "scope_outlets", words)]
        if self.since == self.until:
            parts.append(self.since or "")
        else:
            parts += [words(f"scope_{name}", day=value) for name in DAYS if (value := getattr(self, name))]
        if self.languages:
            named = tuple(words.language_of(code) for code in self.languages)
            listed = _listed(named, "scope_several_languages", words)
            parts.append(words("scope_languages", languages=listed))
        parts += [_listed(self.articles, "scope_articles", words)]
        return ", ".join(part for part in parts if part)

    def to_dict(self) -> dict[str, object]:
        """As JSON has it; `from_dict` reads it again.

        >>> Scope.from_dict(Scope(("AFP",), until="2020").to_dict()) == Scope(("AFP",), until="2020")
        True
        """
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, value: object) -> "Scope":
        """The scope that untrusted JSON names; null, and a field that is not there, leave nothing out.

        >>> Scope.from_dict(None) == Scope.from_dict({"since": None, "outlets": []}) == Scope()
        True
        """
        if value is None:
            return cls()
        if not isinstance(value, Mapping):
            raise ScopeError(f"a scope is a JSON object with {', '.join(cls.__dataclass_fields__)}")
        unknown = [name for name in value if name not in cls.__dataclass_fields__]
        if unknown:
            fields = ", ".join(cls.__dataclass_fields__)
            raise ScopeError(f'a scope has no "{shown(str(unknown[0]), 40)}"; its fields are {fields}')
        given: dict[str, object] = {}
        for name, held in value.items():
            if name in LISTS:
                if held is not None and not isinstance(held, list | tuple):
                    raise ScopeError(f'"{name}" is no list; write one, such as {{"{name}": ["…"]}}')
                given[name] = tuple(held or ())
            else:
                given[name] = held
        return cls(**given)  # type: ignore[arg-type]  # each is checked as the scope is made


def span_of(written: str, name: str) -> tuple[str, str]:
    """First and last day of what is written; raises ScopeError, naming the field, for what is no day.

    >>> span_of("2020-01-03", "since"), span_of("2021", "until")
    (('2020-01-03', '2020-01-03'), ('2021-01-01', '2021-12-31'))
    """
    period = _period(written, name)
    return period.first.isoformat(), period.last.isoformat()


def _period(written: str, name: str) -> Period:
    try:
        if not isinstance(written, str):
            raise PeriodError(HOW)
        return read_period(written)
    except PeriodError as error:
        raise ScopeError(f'"{name}" is "{shown(str(written), 40)}"; {error}') from None


def day_of(published: str | None) -> str | None:
    """The day of an ISO 8601 date, as it is written, whatever its time zone; None where there is none.

    >>> day_of("2020-01-03T23:00:00-05:00"), day_of("20200103"), day_of(None), day_of("soon")
    ('2020-01-03', '2020-01-03', None, None)
    """
    if not published:
        return None
    try:
        return datetime.fromisoformat(published).date().isoformat()
    except ValueError:
        pass
    try:
        return date.fromisoformat(published[:10]).isoformat()
    except ValueError:
        return None


def _check_values(name: str, values: object) -> None:
    one, named_by = LISTS[name]
    if not isinstance(values, tuple) or not all(isinstance(value, str) for value in values):
        raise ScopeError(f"{one} is named by its {named_by}, as text; write it in quotes")
    if len(values) > MOST_VALUES:
        raise ScopeError(f"{len(values):,} {name} are named; name {MOST_VALUES:,} at most, or none for all")
    for value in values:
        if not value.strip():
            raise ScopeError(f"{one} is named by an empty text; leave it out to ask all")
        if len(value) > LONGEST_VALUE:
            raise ScopeError(f"the {named_by} of {one} has {len(value):,} characters; write {LONGEST_VALUE:,} at most")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ScopeError(f"the {named_by} of {one} is not UTF-8; write it in a UTF-8 terminal") from None


def _listed(values: tuple[str, ...], several: str, words: Words) -> str:
    """Few values by name, many by their number, as the key `several` has it."""
    if len(values) > NAMED:
        return words(several, count=len(values))
    return words("or").join(shown(value, 60) for value in values)


EVERYTHING = Scope()
