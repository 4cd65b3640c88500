"""What Groundwire itself says, by key, in the languages of `languages/`; nothing of what articles and models say.

Dates, numbers and plurals are CLDR's, by babel. docs/languages.md has how a language is added.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ground.errors import GroundwireError
from ground.shown import shown

if TYPE_CHECKING:
    from babel import Locale

FOLDER = Path(__file__).with_name("languages")
DEFAULT = "en"
OF_THE_FILE = ("name", "locale", "first_of_month")  # what a file says of its language itself
Entry = str | Mapping[str, str]


class LanguageError(GroundwireError, ValueError):
    """A language that Groundwire does not speak; the message names those that there are."""


class Words:
    """The words of one language: `words("ask")`, `words("of", done=3, total=8)`, `words("articles", count=2000)`.

    >>> words = Words()
    >>> words("of", done=3, total=8), words("articles", count=1), words("articles", count=2000)
    ('3 of 8', '1 article', '2,000 articles')
    """

    def __init__(self, language: str = DEFAULT) -> None:
        """Raises LanguageError for a language that has no file."""
        self.language = language
        self._about, self._entries = _read(language)

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, `values` filled in. Whole numbers are written as the language does; an entry with plural
        forms takes the one for `count`. Raises KeyError for a key that is none.
        """
        entry = self._entries[key]
        if not isinstance(entry, str):
            count = values["count"]
            assert isinstance(count, int)
            entry = entry.get(self.locale.plural_form(count)) or entry["other"]
        if not values:
            return entry
        return entry.format(**{name: self._shown(value) for name, value in values.items()})

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def _shown(self, value: object) -> object:
        return self.figure(value) if isinstance(value, int) else value

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return self._about["name"]

    @cached_property
    def locale(self) -> "Locale":
        from babel import Locale

        return Locale.parse(self._about["locale"])

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return str(self.locale.text_direction)

    def figure(self, number: float, digits: int = 0) -> str:
        """A number with at most so many digits after its point, thousands parted.

        >>> Words("en").figure(2000), Words("de").figure(1117.32, 1)
        ('2,000', '1.117,3')
        """
        from babel.numbers import format_decimal

        return format_decimal(number, f"#,##0.{'#' * digits}".rstrip("."), locale=self.locale)

    def day(self, iso: str, *, year: bool = True) -> str:
        """A date that begins in ISO 8601 as the language writes it: a day, without its year if wanted, a month, a year.

        >>> [Words("en").day(iso) for iso in ("2020-01-04T10:00", "2020-01", "2020", "soon")]
        ['4 January 2020', 'January 2020', '2020', 'soon']
        >>> Words("fr").day("2020-01-01"), Words("de").day("2020-01-04", year=False)
        ('1er janvier 2020', '4. Januar')
        """
        from babel.dates import format_date, format_skeleton

        try:
            if re.fullmatch(r"\d{4}-\d\d", iso):
                return format_skeleton("yMMMM", date.fromisoformat(f"{iso}-01"), locale=self.locale)
            day = date.fromisoformat(iso[:10])
        except ValueError:
            return iso
        told = (
            format_date(day, "long", locale=self.locale) if year else format_skeleton("MMMMd", day, locale=self.locale)
        )
        first = self._about.get("first_of_month")
        return re.sub(r"\b1\b", first, told, count=1) if day.day == 1 and first else told

    def language_of(self, code: str) -> str:
        """What the language calls another one; its code where it has no name for it.

        >>> Words("fr").language_of("en"), Words().language_of("xx")
        ('anglais', 'xx')
        """
        return str(self.locale.languages.get(code.lower(), code))

    def weekday(self, day: date) -> str:
        """A day of the week by its name.

        >>> Words("es").weekday(date(2021, 1, 1))
        'viernes'
        """
        from babel.dates import format_date

        return format_date(day, "EEEE", locale=self.locale)


@cache
def _read(language: str) -> tuple[dict[str, str], dict[str, Entry]]:
    """What a file says of its language, and its entries by key, those of all its tables."""
    if language not in languages():
        raise LanguageError(f'there is no language "{shown(language, 20)}"; choose one of {", ".join(languages())}')
    held: dict[str, Any] = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    about = {name: str(held.pop(name)) for name in OF_THE_FILE if name in held}
    return about, {key: entry for table in held.values() for key, entry in table.items()}


def entries_of(language: str) -> Mapping[str, Entry]:
    """All entries of a language by their key; raises LanguageError."""
    return _read(language)[1]


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are, by their codes, the default first.

    >>> languages()[0]
    'en'
    """
    found = sorted(file.stem for file in FOLDER.glob("*.toml"))
    return tuple(sorted(found, key=lambda language: (language != DEFAULT, language)))


def best_of(accepted: str, fallback: str = DEFAULT) -> str:
    """The language of ours that an Accept-Language header likes best (RFC 9110, 12.5.4), or `fallback`.

    >>> best_of("it, de-AT;q=0.8, fr;q=0.9"), best_of("de;q=0, *"), best_of("nonsense;q=x")
    ('fr', 'en', 'en')
    """
    wanted = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, quality = part.partition(";")
        found = re.fullmatch(r"\s*(?:q=([01](?:\.\d{0,3})?)\s*)?", quality)
        share = float(found[1] or 1) if found else 0.0
        language = tag.strip().lower().partition("-")[0]
        if share and language in languages():
            wanted.append((-share, place, language))
    return min(wanted)[2] if wanted else fallback
