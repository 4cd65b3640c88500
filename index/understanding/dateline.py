"""What a story's first words say of place, day and agency: `BAGHDAD, Jan. 3 (AFP) —`, and which names are agencies."""

import re
from dataclasses import dataclass

from index.understanding.days import Day, find_days

AGENCIES = {
    "AFP": ("Agence France-Presse", "Agence France Presse"),
    "AP": ("Associated Press", "The Associated Press"),
    "Reuters": ("Thomson Reuters", "rtr"),
    "dpa": ("Deutsche Presse-Agentur",),
    "UPI": ("United Press International",),
    "Xinhua": ("Xinhua News Agency", "Xinhuanet"),
    "TASS": ("ITAR-TASS", "Itar-Tass"),
    "RIA Novosti": ("RIA",),
    "Interfax": (),
    "IRNA": ("Islamic Republic News Agency",),
    "ISNA": (),
    "PTI": ("Press Trust of India",),
    "ANI": (),
    "IANS": (),
    "ANSA": ("Agenzia ANSA",),
    "EFE": ("Agencia EFE",),
    "Europa Press": (),
    "APA": ("Austria Presse Agentur",),
    "Keystone-SDA": ("SDA", "sda"),
    "Kyodo": ("Kyodo News",),
    "Jiji": ("Jiji Press",),
    "Yonhap": ("Yonhap News Agency",),
    "Anadolu": ("Anadolu Agency", "AA"),
    "SANA": (),
    "WAM": (),
    "Belga": (),
    "ANP": (),
    "NTB": (),
    "Ritzau": (),
    "PA": ("PA Media", "Press Association"),
    "CP": ("The Canadian Press",),
    "AAP": (),
}
AGENCY_OF = {name.casefold(): agency for agency, names in AGENCIES.items() for name in (agency, *names)}
LONGEST_DATELINE = 120

_WORD = r"[A-ZÀ-ÖØ-Þ][\w.’'-]*"
_PART = r"[A-ZÀ-ÖØ-Þ](?:[^\W\d_]|[.’'-])*"
_PLACE = rf"{_PART}(?:[ /](?:(?:de|del|la|of|am|an der|sur) )?{_PART}){{0,3}}"
_DASH = r"(?:\s*\.?(?:--+|—|–)\s*|\.?\s*-\s+)"
_DATELINE = re.compile(
    rf"(?P<place>{_PLACE})(?:,\s(?P<more>{_PLACE}(?:,\s{_PLACE})?))??(?:[,.]?\s(?P<day>(?=[^()]{{0,24}}\d)[^()/—–]{{3,36}}?))?"
    rf"(?:\s*\((?P<agency>[^()]{{2,60}})\)|\.?\s*/(?P<slash>[^/]{{2,30}})/\.?)?(?P<dash>{_DASH}|(?<=/\.)\s|(?<=/)\s)"
)
_IN_BRACKETS = re.compile(rf"(?P<outlet>{_WORD}(?: [\w.’'&-]+){{0,5}}) \((?P<inside>[^()]{{4,60}})\){_DASH}")
_OWN_LINE = re.compile(rf"(?P<place>{_PLACE}(?:, {_PLACE})?) (?P<outlet>[A-Z]{{2,}}(?: [A-Z][a-z]+)?)\s*[—–]")
_AGENCY_ALONE = re.compile(rf"\((?P<agency>[^()]{{2,40}})\){_DASH}")


@dataclass(frozen=True)
class Dateline:
    """What stands before the first sentence of a story, `end` characters of it; None for what is not said."""

    end: int
    place: str | None = None
    day: Day | None = None
    agency: str | None = None
    outlet: str | None = None


def agency_of(words: str) -> str | None:
    """The agency that a name of a credit or dateline is or begins with, under its usual name.

    >>> agency_of("Agence France-Presse"), agency_of("AP/Reuters"), agency_of("Apple Daily")
    ('AFP', 'AP', None)
    """
    words = re.sub(r"\s+(?:staff|newsroom|news service)$", "", words.strip(), flags=re.IGNORECASE)
    first = re.split(r"\s*[/,;+&]\s*|\s+(?:and|und|et|y)\s+|\s+[-–—]\s+", words.strip(" .()"))[0]
    return AGENCY_OF.get(words.strip(" .()").casefold()) or AGENCY_OF.get(first.casefold())


def read_dateline(words: str) -> Dateline | None:
    """The dateline that a paragraph opens with, or None.

    A name and a dash are one only if the name is in capitals, or an agency or a day stands with it.

    >>> line = read_dateline("BAGHDAD, Jan. 3 (AFP) — Rockets fell.")
    >>> line.place, line.agency, line.day.iso("2020-01-04")
    ('BAGHDAD', 'AFP', '2020-01-03')
    >>> read_dateline("Berlin (dpa) - Es regnet.").agency, read_dateline("MOSCOW, May 5. /TASS/. Rain.").agency
    ('dpa', 'TASS')
    >>> line = read_dateline("New York CNN Business —")
    >>> line.place, line.outlet
    ('New York', 'CNN Business')
    >>> read_dateline("Nobody – not even he – knew.") is read_dateline("He left. (AFP)") is None
    True
    """
    words = words[:LONGEST_DATELINE]
    if found := _IN_BRACKETS.match(words):
        days = find_days(found["inside"])
        if days and agency_of(found["outlet"]) is None:
            place = found["inside"][: days[0].start].strip(" ,") or None
            return Dateline(found.end(), place, days[0], None, found["outlet"])
    if found := _OWN_LINE.fullmatch(words):
        return Dateline(found.end(), found["place"], agency=agency_of(found["outlet"]), outlet=found["outlet"])
    if (found := _AGENCY_ALONE.match(words)) and (agency := agency_of(found["agency"])):
        return Dateline(found.end(), agency=agency)
    found = _DATELINE.match(words)
    if not found:
        return None
    named = found["agency"] or found["slash"]
    agency = agency_of(named) if named else None
    inside = find_days(named) if named else []
    days = find_days(found["day"]) if found["day"] else []
    before = found["day"][: days[0].start].strip(" ,") if days else ""
    if found["day"] and (not days or found["day"][days[0].end :].strip(" .,")):
        return None  # words that are no day
    if before and not re.fullmatch(_PLACE, before):
        return None
    place = ", ".join(part for part in (found["place"], found["more"], before) if part)
    plain = found["place"].isupper() and len(found["place"]) > 3 and words[found.end() : found.end() + 1].isupper()
    if not (agency or days or inside or plain):
        return None
    if found["slash"] and not agency:
        return None
    outlet = None
    if named and not agency and not inside and re.fullmatch(rf"{_WORD}(?: [\w.’'&-]+){{0,3}}", named):
        outlet = named
    return Dateline(found.end(), place, next(iter(days or inside), None), agency, outlet)
