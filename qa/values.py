"""Numbers and days as a newsroom writes them in English, and whether two of them say the same.

A reading keeps what its words leave open: "at least 35" is 35 and more, "dozens" is a span, "3 January" has no year.
Which of the numbers in a sentence answers a question is not decided here, nor is what a sentence denies.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from ground.words import NUMBERS, fold
from index.understanding.days import MONTH, MONTH_OF, find_days

ABOUT = 0.05  # share of the number: "about 1,200" for 1,187 is some 1 % off, "around 40" for 42 is 5 %
COARSE = 0.10  # share of the number that rounding its last digit may move it, where it is "about" or converted
ROUND = 0.05  # the same where nothing says that it is rounded: "1.2 million" for 1,187,000
ROUND_FROM = 1000  # things: smaller counts are told as counted, so 20 is not 21
RESOLVED = 3  # days: "last Friday" on a Saturday may be of either week, on a Monday it is the Friday before

# Kind, then names with their size in one unit of it, from-to where it varies: short and long tons, 28 to 31 days.
_SIZES = """
length: millimetre 0.001, centimetre 0.01, metre 1, kilometre 1000, inch 0.0254, foot 0.3048, yard 0.9144
length: mile 1609.344, nautical mile 1852
area: square metre 1, square kilometre 1e6, hectare 1e4, acre 4046.8564
area: square mile 2589988.11, square foot 0.09290304
volume: litre 1, cubic metre 1000, cubic foot 28.316846592, gallon 3.785411784-4.54609
mass: gram 0.001, kilogram 1, ounce 0.028349523, pound weight 0.45359237, tonne 1000, ton 907.18474-1016.0469088
power: kilowatt 1, megawatt 1000, gigawatt 1e6
speed: knot 0.514444
time: second 1, minute 60, hour 3600, day 86400, week 604800, month 2419200-2678400, year 31536000-31622400
temperature: celsius 1, fahrenheit 1
%: % 1
"""
MEASURES = {
    name: (line.partition(":")[0], float(size.split("-")[0]), float(size.split("-")[-1]))
    for line in _SIZES.split("\n")
    for name, _, size in (entry.strip().rpartition(" ") for entry in line.partition(":")[2].split(",") if entry)
}
COUNTED = frozenset({"time", "count", "money", ""})  # kinds: 26 years are not 27, however one measures
SHORT = {
    short: name.replace("_", " ")
    for pair in "mm:millimetre cm:centimetre m:metre km:kilometre ft:foot feet:foot inches:inch yd:yard m2:square_metre"
    " m²:square_metre km2:square_kilometre km²:square_kilometre ha:hectare m3:cubic_metre m³:cubic_metre g:gram"
    " kg:kilogram kilo:kilogram lb:pound_weight lbs:pound_weight oz:ounce t:tonne kw:kilowatt mw:megawatt"
    " gw:gigawatt min:minute mins:minute hr:hour hrs:hour km/h:kilometre_per_hour kmh:kilometre_per_hour"
    " kph:kilometre_per_hour mph:mile_per_hour kt:knot".split()
    for short, name in [pair.split(":")]
}
MONEY = frozenset(
    "dollar euro pound yen yuan rupee rand leu lei zloty zlotys cedi peso rouble ruble franc lira shekel dirham riyal"
    " rial baht ringgit reais forint krone kroner krona kronor crown naira shilling dinar tenge taka hryvnia".split()
)
SINGLE = {"lei": "leu", "zlotys": "zloty", "kroner": "krone", "kronor": "krona", "ruble": "rouble", "rubles": "rouble"}
SIGNS = {
    sign: name.replace("_", " ")
    for pair in "$:dollar us$:us_dollar a$:australian_dollar au$:australian_dollar c$:canadian_dollar"
    " nz$:new_zealand_dollar hk$:hong_kong_dollar €:euro"
    " £:pound ¥:yen ₹:rupee ₽:rouble usd:us_dollar eur:euro gbp:pound".split()
    for sign, name in [pair.split(":")]
}
SCALES = {"dozen": 12.0, "hundred": 1e2, "thousand": 1e3, "lakh": 1e5, "million": 1e6, "crore": 1e7, "billion": 1e9}
SCALES |= {"trillion": 1e12, "mn": 1e6, "bn": 1e9, "tn": 1e12, "k": 1e3, "m": 1e6, "b": 1e9}
SHARES = {"half": 50.0, "a third": 100 / 3, "one third": 100 / 3, "two thirds": 200 / 3, "a quarter": 25.0}
SHARES |= {"one quarter": 25.0, "three quarters": 75.0, "a fifth": 20.0, "one fifth": 20.0}
FEW = {"several": (3.0, 9.0), "a few": (2.0, 9.0), "a couple of": (2.0, 3.0), "a handful of": (3.0, 9.0)}
MANY = {"tens": 10.0, "dozens": 12.0, "scores": 20.0, "hundreds": 1e2, "thousands": 1e3, "millions": 1e6}
STOP = frozenset(
    "a an the of in on at to by for from with without and or but nor as than that which who whom whose when where"
    " while is are was were be been had has have did do does will would could may might can must should said say"
    " says after before since until during into over under between out up down off per each every odd plus so not"
    " it he she they we you his her its their this these those there then also only now ago later earlier if"
    " because alone".split()
)

_SPELT = [
    name.replace("metre", "met(?:re|er)").replace("litre", "lit(?:re|er)") + "s?" for name in MEASURES if name != "%"
]
_SPELT += [r"metric tons?", r"sq(?:uare|\.)? (?:km|mi|m|ft|feet)", "cubic (?:feet|foot)", *map(re.escape, SHORT)]
_MEASURE = "|".join(sorted(_SPELT, key=len, reverse=True))
_BIG = "dozen|thousand|lakh|million|crore|billion|trillion"
_SCALE = f"hundred|{_BIG}"
_ONE = "one|two|three|four|five|six|seven|eight|nine"
_TEN = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SMALL = rf"(?>(?:{_TEN})(?:[-‐‑\s](?:{_ONE})\b)?|\b(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\b)"
_HUNDRED = rf"(?>(?:(?:an?|{_SMALL})[\s-])?hundred\b(?:\s(?:and\s)?{_SMALL}(?![\s-]hundred\b))?)"
_SCALED = rf"(?>(?:{_HUNDRED}|{_SMALL}(?:\sand\sa\shalf)?|half[\s-](?:an?)?|an?)[\s-]?(?:{_BIG})\b)"
_WORDS = (
    rf"(?<![\w-])(?:{_SCALED}(?:\s{_SCALED})*(?:\s(?:and\s)?(?:{_HUNDRED}|{_SMALL})(?![\s-](?:{_SCALE})\b))?"
    rf"|{_HUNDRED}|{_SMALL}(?:\sand\sa\shalf)?|half\san?(?=\s(?:{_MEASURE})\b))(?!\w)"
    r"(?!-(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|something|time|off|way|sided|on|to|star|fold)\b)"
)
_DIGITS = (
    r"(?<!\d[.,:/])(?<!\w)(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?"
    r"|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:[\u00a0\u2009\u202f’']\d{3})+(?:[.,]\d+)?|\d+(?:\.\d+)?)(?!\d|[.,:/]\d)"
)
ATOM = re.compile(
    rf"(?i)(?P<share>(?<!and a )\b(?:{'|'.join(name.replace(' ', '[ -]') for name in SHARES)})"
    r"(?=\s(?:of(?!\san?\b)|the|its|their|his|her|all|those|these)\b))"
    rf"|(?P<few>\b(?:{'|'.join(FEW)})\b)(?:\s(?P<fews>{_SCALE})\b)?"
    rf"|(?P<many>\b(?:(?:tens|dozens|scores|hundreds|thousands)\sof\s(?:thousands|millions)|dozens|scores(?=\sof)|hundreds"
    r"|thousands|millions)\b)"
    r"|(?P<none>\b(?:no[\s-]one|nobody|none|nil|no(?=\s(?!longer|more|fewer|less|doubt)(?:\w+\s)?"
    r"(?P<zero>\w{3,}[^\Wsui]s|people|children|men|women)\b)))"
    rf"|(?:(?P<minus>minus\s|(?<!\w)[-−](?=\d+°?C\b))|(?P<sign>(?<!\w)(?:(?:US|AU?|C|HK|NZ)?\$|[€£¥₹₽]|USD|EUR|GBP))\s?)?"
    rf"(?:(?P<digits>{_DIGITS})(?:[\s-]?(?P<scale>{_SCALE}|mn|bn|tn)\b|(?P<letter>[mkb])\b)?|(?P<words>{_WORDS}))"
)
ONE = re.compile(r"(?i)\s(?:of|another|who|that|day|by one)\b")  # what makes of "one" a pronoun
NOT_ONE = re.compile(r"(?i)\b(?:any|every|each|the|this|that|which|some|number|ground|net)\s$")
PERCENT = re.compile(r"(?i)\s?%|[\s-](?:per\s?cent|pct)\b")
DEGREES = re.compile(
    r"\s?°\s?(?P<a>[CF])\b|(?P<b>[CF])\b|\s(?i:degrees?)(?:\s(?P<c>(?i:celsius|centigrade|fahrenheit)|[CF])\b)?"
)
OLD = re.compile(r"(?i)[\s-]years?[\s-](?:olds?|of age)\b")
UNIT = re.compile(rf"(?i)[\s-]?(?P<unit>{_MEASURE})(?!\w)")
RATE = re.compile(r"(?i)(?:\s(?:an?|per)\s|/)(?P<per>second|minute|hour|day|week|month|year)\b")
CASH = re.compile(
    rf"\s?(?:(?P<which>[A-Z][\w.]*)\s)?(?P<money>(?i:{'|'.join(sorted(MONEY))})s?)\b|\s?(?P<sign>[€$£])(?!\s?\d)"
)
WEIGHT = re.compile(r"(?i)weigh\w*\s(?:\w+\s){0,4}$"), re.compile(r"(?i)\sof\s|\s\(?\d[\d.,]*\s?k(?:g|ilo)")
NOUN = re.compile(r"[\s-](?:(?:more|other|further)\s)?(?P<noun>[^\W\d_]+)")
RANGE = re.compile(r"\s?[-–—]\s?|\s(?:to|or)\s")
BETWEEN = re.compile(r"(?i)\bbetween\s$")
CHANGE = re.compile(r"(?i)\bfrom\s$")
SCORE = re.compile(r"(?i)\b(?:won|win|wins|lost|beat|beats|drew|draw|defeat\w*|victory|led)\b[^.;\d]{0,40}$")
AGED = re.compile(r"(?i)\bage[ds]?\s$")
NAMED_AGE = re.compile(r"[A-Z][^\W\d_]+,\s$")
BEFORE = re.compile(
    r"(?i)(?<!\w)(?:(?P<least>at least|a minimum of|more than|over|above|upwards? of|in excess of|exceed(?:s|ed|ing)"
    r"|(?:no|not) (?:fewer|less) than|as (?:few|little) as)"
    r"|(?P<most>at most|up to|as (?:many|much) as|(?:no|not) more than|fewer than|less than|under|below|a maximum of)"
    r"|(?P<nearly>nearly|almost|close to|just under|approaching)"
    r"|(?P<past>(?:just|slightly|a little) (?:over|more than))"
    r"|(?P<about>about|around|some|roughly|approximately|approx\.?|circa|(?:an )?estimated|perhaps|maybe|~))"
    r"\s*(?:(?:the|another|a further|an additional)\s)?$"
)
AFTER = re.compile(
    r"(?i)(?:\sor\s(?P<least>more|above|over|older)\b|\sor\s(?P<most>fewer|less|under|younger)\b"
    r"|(?P<plus>\+|[- ]plus\b)|(?P<about>\sor\sso\b|[- ]odd\b))"
)
_HOUR = rf"(?:{_ONE}|ten|eleven|twelve)"
YEAR = re.compile(
    r"(?<![\w$€£¥.,/])(?<!\w-)(?P<year>(?:1[5-9]|20)\d\d)(?:\s?[-–/]\s?(?P<last>(?:1[5-9]|20)?\d\d)(?!\d))?(?![\w%]|[.,]\d)"
)
YEAR_WORD = re.compile(
    r"(?i)\b(?:in|since|until|during|early|late|mid|year|spring|summer|autumn|winter|the|an?|its|their|his|her|this)[\s-]$"
)
PLURAL = re.compile(
    rf"\s(?:[a-z]+\s)?(?!(?:{'|'.join(sorted(STOP))})\b)(?:[a-z]{{2,}}s|people|men|women|children|dead)\b|\s(?:{_SCALE})\b"
)
NOT_NUMBERS = [
    re.compile(pattern)
    for pattern in (
        r"(?i)(?:\b\d{1,2}(?:[.:]\d\d)?\s?(?:-|–|to|and)\s?)?\b\d{1,2}(?:[.:]\d\d)?\s?[ap]\.?m\b",
        r"\b\d{1,2}:\d\d(?::\d\d)?\b|\b\d+/\d+\b",
        r"(?i)(?<=\b(?:at|by) )\d{1,2}\.[0-5]\d(?=\s(?:on|in|and|when|the|after|before)\b|[,;)]|\.?$|\.\s)",
        rf"(?i)\b(?:\d{{1,2}}|{_HOUR})\s(?:o[’']clock|(?:on|in) the (?:morning|afternoon|evening)|at night)\b",
        rf"(?i)\b(?:half|quarter|five|ten|twenty(?:-five)?)\spast\s{_HOUR}\b",
        rf"(?i)\b(?:quarter|twenty(?:-five)?)\sto\s{_HOUR}\b",
        r"\b[^\W\d_]+[-‐‑]?\d[\w-]*",  # F-15E, A320, Covid-19
        r"(?i)\b(?:boeing|airbus|flight|route|highway|article|section|chapter|resolution|channel|formula|apollo|room|page"
        r"|gate|platform|terminal|phase|level|category|no\.|number|zone|windows|ward|paragraph|group of)\s\d+\b",
        r"(?<=[a-z,] )[A-Z][^\W\d_]+(?<!day) \d{1,4}(?![\w,.:%-]*\d)"  # Sojuz 7, and not "in Gaza 35 people"
        r"(?!\s[a-z]+s\b|\s(?:people|men|women)\b|\s?%|[\s-](?:per|year))(?!\w)"
        rf"(?!\s(?:{_SCALE})\b|\s(?:{_MEASURE})\b)",  # nor in "fined Isolux 57 million"
    )
]


@dataclass(frozen=True)
class Quantity:
    """A number as told at `start:end` of a text: what it may be at least and at most, and whether that is rounded."""

    low: float
    high: float
    about: bool
    unit: str
    words: str
    start: int
    end: int


def read_quantities(text: str) -> list[Quantity]:
    """The numbers of a text in order, with their bounds and units; dates, times, names and ordinals are none.

    >>> [(q.low, q.high, q.about, q.unit) for q in read_quantities("At least 35 of about 1.2 million people")]
    [(35.0, inf, False, ''), (1200000.0, 1200000.0, True, 'people')]
    >>> [q.words for q in read_quantities("On 3 May 2020 two F-15E cost $20m-30m; 34-year-old, third, no deaths")]
    ['two', '$20m-30m', '34-year-old', 'no']
    """
    plain = _blank(text)
    read: list[Quantity] = []
    for found in _joined(plain, list(_atoms(plain))):
        low, high, about, unit = found.low, found.high, found.about, found.unit
        start, end = found.start, found.end
        if after := AFTER.match(plain, end):
            end = after.end()
            about = about or bool(after["about"])
            low, high = (0.0 if after["most"] else low), (math.inf if after["least"] or after["plus"] else high)
        while before := BEFORE.search(plain[:start]):
            start = before.start()
            about = about or bool(before["about"])
            if before["least"]:
                high = math.inf
            elif before["most"]:
                low = 0.0 if high >= 0 else -math.inf
            elif before["nearly"]:
                low = min(low, high * (1 - COARSE))
            elif before["past"]:
                high = high * (1 + COARSE)
        read.append(Quantity(low, high, about, unit, text[start:end], start, end))
    return read


def _blank(text: str) -> str:
    """The text, as long as it was, with a zero character for each of what looks like a number and is none."""
    spans = [(start, end) for start, end, _ in _dates(text)]
    for start, end in spans:
        text = text[:start] + "\0" * (end - start) + text[end:]
    for pattern in NOT_NUMBERS:
        text = pattern.sub(lambda found: "\0" * len(found[0]), text)
    return text


@dataclass(frozen=True)
class _Atom(Quantity):
    scale: float


def _atoms(plain: str) -> Iterator[_Atom]:
    money_before = False
    last = 0
    for found in ATOM.finditer(plain):
        low, scale, about, end = 0.0, 1.0, False, found.end()
        sign = SIGNS[found["sign"].lower()] if found["sign"] else ""
        if found["share"]:
            value = SHARES[found["share"].lower().replace("-", " ")]
            yield _Atom(value, value, True, "%", "", found.start(), end, 1.0)
            continue
        if found["few"] or found["many"]:
            low, high = _vague(found)
        elif found["none"]:
            low = high = 0.0
        elif found["digits"]:
            low = _digits(found["digits"])
            if found["letter"]:
                ranged = money_before and RANGE.fullmatch(plain, last, found.start())
                if not (sign or ranged or CASH.match(plain, end)) and not re.match(r"\speople\b", plain[end:]):
                    if found["letter"] != "m":
                        continue
                    end -= 1
                else:
                    scale = SCALES[found["letter"].lower()]
            elif found["scale"]:
                scale = SCALES[found["scale"].lower()]
            low = high = low * scale * (-1 if found["minus"] else 1)
        else:
            if found["words"].lower() == "one" and (ONE.match(plain, end) or NOT_ONE.search(plain[: found.start()])):
                continue
            low, scale = _spelled(found["words"])
            low = high = low * (-1 if found["minus"] else 1)
        unit, end = (found["zero"] or "", end) if found["none"] else _unit(plain, found.start(), end)
        if plain[end : end + 1].isalnum() or (found["words"] and _is_title(plain, found.start(), end)):
            continue
        money_before, last = bool(sign) or _kind(unit) == "money", end
        yield _Atom(low, high, about, sign or unit, "", found.start(), end, scale)


def _vague(found: re.Match[str]) -> tuple[float, float]:
    if found["few"]:
        scale = SCALES[found["fews"].lower()] if found["fews"] else 1.0
        low, high = FEW[found["few"].lower()]
        return low * scale, high * scale
    base = math.prod(MANY[word] for word in found["many"].lower().split(" of ")) if " " in found["many"] else 0.0
    base = base or MANY[found["many"].lower()]
    return 2 * base, (100 if base >= SCALES["thousand"] else 20) * base  # past that the next larger word is said


def _digits(written: str) -> float:
    r"""A number in digits as it is meant: of one comma or point before three digits, a comma parts thousands.

    >>> [_digits(n) for n in ("1,200,000", "1.200.000", "1\u202f200", "1.200", "12,50,000", "1’200’000")]
    [1200000.0, 1200000.0, 1200.0, 1.2, 1250000.0, 1200000.0]
    """
    if written.count(".") > 1:
        written = written.replace(".", "").replace(",", ".")
    parts = re.split(r"[\u00a0\u2009\u202f’']", written)
    if len(parts) > 1:
        return float("".join(parts).replace(",", "."))
    return float(written.replace(",", ""))


def _spelled(words: str) -> tuple[float, float]:
    """A number in words and its last scale.

    >>> [_spelled(n)[0] for n in ("one hundred and twenty-five", "two and a half million", "half a dozen")]
    [125.0, 2500000.0, 6.0]
    """
    total, current, scale = 0.0, 0.0, 1.0
    for word in fold(words).split():
        if word in NUMBERS:
            current += int(NUMBERS[word])
        elif word == "half":
            current += 0.5
        elif word == "hundred":
            current = (current or 1) * SCALES[word]
        elif word in SCALES:
            scale = SCALES[word]
            total, current = total + (current or 1) * scale, 0.0
    return total + current, scale


def _unit(plain: str, start: int, end: int) -> tuple[str, int]:
    """The unit of the number at `start:end` and where it ends; a noun is not taken in."""
    if found := PERCENT.match(plain, end):
        return "%", found.end()
    if found := DEGREES.match(plain, end):
        letter = (found["a"] or found["b"] or found["c"] or "").upper()[:1]
        return {"C": "celsius", "F": "fahrenheit", "": "degree"}[letter], found.end()
    if found := OLD.match(plain, end):
        return "year old", found.end()
    if AGED.search(plain[:start]) or (NAMED_AGE.search(plain[:start]) and re.match(r"[,.]|$", plain[end:])):
        return "year old", end
    cash = CASH.match(plain, end)
    if cash and cash["sign"]:
        return SIGNS[cash["sign"]], cash.end()
    heavy = WEIGHT[0].search(plain[:start]) or (cash and WEIGHT[1].match(plain, cash.end()))
    if cash and not (heavy and cash["money"].lower() in ("pound", "pounds")):
        noun = cash["money"].lower()
        return fold(f"{(cash['which'] or '').replace('.', '')} {_single(noun)}"), cash.end()
    if cash:
        return "pound weight", cash.end()
    if found := UNIT.match(plain, end):
        unit, stop = _measure(found["unit"]), found.end()
        if (rate := RATE.match(plain, stop)) and "per" not in unit:
            return f"{unit} per {rate['per'].lower()}", rate.end()
        return unit, stop
    noun_found = NOUN.match(plain, end)
    if noun_found and noun_found["noun"].islower() and noun_found["noun"] not in STOP:
        return fold(noun_found["noun"]), end
    return "", end


def _single(noun: str) -> str:
    return SINGLE.get(noun, noun if noun in MONEY else noun.removesuffix("s"))


def _measure(written: str) -> str:
    """The name under which a measure stands in MEASURES.

    >>> [_measure(name) for name in ("Meters", "sq km", "lbs", "metric tons", "km/h", "square feet")]
    ['metre', 'square kilometre', 'pound weight', 'tonne', 'kilometre per hour', 'square foot']
    """
    name = written.lower()
    for old, new in (("meter", "metre"), ("liter", "litre"), ("metric ton", "tonne"), ("sq.", "sq")):
        name = name.replace(old, new)
    if name in SHORT:
        return SHORT[name].replace("_", " ")
    if name.startswith(("sq", "cubic")):
        power, _, base = name.replace("square", "sq").partition(" ")
        return f"{'square' if power == 'sq' else power} {'mile' if base == 'mi' else _measure(base)}"
    return name.removesuffix("s")


def _is_title(plain: str, start: int, end: int) -> bool:
    """Whether a number word is part of a name: it and the next word have capitals inside a sentence ("Big Four")."""
    inside = re.search(r"[\w,]\s$", plain[:start])
    return bool(inside) and plain[start].isupper() and bool(re.match(r"[\s-][A-Z]", plain[end:]))


def _joined(plain: str, atoms: list[_Atom]) -> list[_Atom]:
    """The numbers with each range made one; "from 20 to 30" tells of two, and a score of none."""
    made: list[_Atom] = []
    for atom in atoms:
        first = made[-1] if made else None
        between = plain[first.end : atom.start] if first else ""
        led = first is not None and BETWEEN.search(plain[: first.start])
        if not first or not (RANGE.fullmatch(between) or (led and between == " and ")):
            made.append(atom)
            continue
        hyphen = not between.strip(" -–—") and bool(between.strip())
        if hyphen and atom.scale == 1 and (first.low >= atom.low or SCORE.search(plain[: first.start])):
            made.pop()
            continue
        low = first.low if first.scale > 1 or first.low * atom.scale > atom.high else first.low * atom.scale
        same = not first.unit or not atom.unit or first.unit == atom.unit
        if low >= atom.high or CHANGE.search(plain[: first.start]) or not same or first.about or atom.about:
            made.append(atom)
            continue
        start = led.start() if led else first.start
        made[-1] = replace(atom, low=low, unit=first.unit or atom.unit, start=start)
    return made


def _kind(unit: str) -> str:
    base, _, per = unit.partition(" per ")
    if per:
        return "speed" if _kind(base) == "length" else f"{_kind(base)}/time"
    if unit == "degree":
        return "temperature"
    if base in MEASURES or base == "year old":
        return MEASURES[base.removesuffix(" old")][0]
    return "money" if base.split()[-1:] and base.split()[-1] in MONEY else "count" if base else ""


def comparable(a: Quantity, b: Quantity) -> bool:
    """Whether two numbers can say the same thing: of one kind of unit, or one without; the nouns of counts may differ.

    >>> one, two, three, four = read_quantities("six men, eight workers, 5 km, $3m")
    >>> comparable(one, two), comparable(one, three), comparable(three, four)
    (True, False, False)
    """
    kinds = {_kind(a.unit), _kind(b.unit)}
    if "" in kinds:
        return "%" not in kinds
    if kinds == {"money"} and a.unit != b.unit:
        one, two = a.unit.split(), b.unit.split()
        return one[-1] == two[-1] and 1 in (len(one), len(two))  # "dollars" may be US dollars
    return len(kinds) == 1


def agree(a: Quantity, b: Quantity) -> bool:
    """Whether two numbers can both be right: their spans meet, one of them rounded. False where not `comparable`.

    Only one is rounded at a time: 1,187 may be told as 1,200 and 1,230 too, and still 1,150 is not 1,240.

    >>> pairs = ["1,200,000; 1.2 million", "about 1,200; 1,187", "at least 35; 35", "5 km; three miles", "6; 8"]
    >>> [agree(*read_quantities(pair)) for pair in pairs]
    [True, True, True, True, False]
    """
    if not comparable(a, b):
        return False
    units = {unit.removesuffix(" old") for unit in (a.unit, b.unit)} - {"", "degree"}
    convert = len(units) == 2 and _kind(a.unit) not in ("count", "money")
    (a_told, a_round), (b_told, b_round) = (_spans(q, convert) for q in (a, b))
    return _meet(a_told, b_round) or _meet(a_round, b_told)


def _spans(q: Quantity, convert: bool) -> tuple[tuple[float, float], tuple[float, float]]:
    low, high = q.low - _slack(q, q.low, convert), q.high + _slack(q, q.high, convert)
    if not convert:
        return (q.low, q.high), (low, high)
    return (_base(q.unit, q.low)[0], _base(q.unit, q.high)[1]), (_base(q.unit, low)[0], _base(q.unit, high)[1])


def _base(unit: str, number: float) -> tuple[float, float]:
    name, _, per = unit.partition(" per ")
    if name == "fahrenheit":
        return (number - 32) / 1.8, (number - 32) / 1.8
    _, least, most = MEASURES[name.removesuffix(" old")]
    if per:
        least, most = least / MEASURES[per][2], most / MEASURES[per][1]
    return number * least, number * most


def _slack(q: Quantity, number: float, convert: bool) -> float:
    """How far from the told number the true one may be, in its unit: half of its last digit, no more than a share."""
    if not math.isfinite(number) or not number:
        return 0.0
    place = 10.0 ** int(Decimal(repr(number)).normalize().as_tuple().exponent)
    size = abs(number)
    if q.about:
        return max(ABOUT * size, min(place / 2, COARSE * size))
    if convert:
        return min(place / 2, COARSE * size)
    if q.low != q.high:
        return 0.0
    if size >= ROUND_FROM and place >= 100:
        return min(place / 2, ROUND * size)
    return 0.0 if _kind(q.unit) in COUNTED else min(place / 2, 0.5, ROUND * size)  # 80 km may be 80.4, not 84


def _meet(a: tuple[float, float], b: tuple[float, float]) -> bool:
    hair = 1e-9 * max(
        (abs(end) for end in (*a, *b) if math.isfinite(end)), default=0.0
    )  # what floats lose in converting
    return a[0] <= b[1] + hair and b[0] <= a[1] + hair


@dataclass(frozen=True)
class Day:
    """A day, month or year as far as it is told; None is not told."""

    year: int | None
    month: int | None
    day: int | None


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY = re.compile(
    r"(?<!Black )(?<!Good )(?<!Ash )(?<!Palm )(?<!Easter )(?<!Bloody )(?<!Cyber )(?<!Super )(?<!Sheffield )"
    r"(?:\b(?P<before>every|each|any|an?|one|some|previous|following|next|this|coming|that|until|till|last)\s)?"
    r"\b(?P<name>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b(?![’']s\b)(?! Times| Telegraph| Mirror| Post| Express)"
)
COMING = re.compile(
    r"(?i)\b(?:will|would|shall|due|next|to be|is to|are to|plans?|planned|expect(?:s|ed)?|scheduled|until|coming|ahead"
    r"|deadline|a week|last week|weeks?|(?:opens?|begins?|starts?|meets?|votes?|decides?|returns?|leaves?|takes? place"
    r"|resumes?|ends?|closes?|arrives?|is|are|goes|faces?|plays?|travels?|visits?|departs?|expires?)(?= on| this))\b"
)
CLAUSE = re.compile(r"[.;:,“”\"]\s|\s(?:that|but)\s|\s[–—-]\s")
SHORT_CLAUSE = 4  # words: "on Friday" between commas takes its tense from the whole sentence
PAIR = re.compile(
    rf"\b(?P<a>\d{{1,2}})(?:\s?[-–]\s?|\s(?:and|to|or)\s)(?P<b>\d{{1,2}})\s(?P<m>{MONTH})(?!\w)(?:,?\s(?P<y>\d{{4}})\b)?"
    rf"|\b(?P<m2>{MONTH})\s(?P<a2>\d{{1,2}})(?:\s?[-–]\s?|\s(?:and|to|or)\s)(?P<b2>\d{{1,2}})\b(?![.:%]\d)"
    r"(?:,\s(?P<y2>\d{4})\b)?(?!\s[a-z]+s\b|\speople)"
)
MONTH_ALONE = re.compile(
    rf"(?<!\d )\b(?P<month>{MONTH})(?!\w)(?!\s\d\d?(?!\d))(?:,?\s(?:of\s)?(?P<year>(?:1[5-9]|20)\d\d)(?!\d))?"
)
IN_MONTH = re.compile(r"(?i)\b(?:in|since|by|until|of|early|late|mid|last|next|this|during|from|through)[\s-]$")
NEAR = re.compile(
    r"(?i)\b(?:(?P<before>the day before )?yesterday|last night|(?P<now>today|tonight"
    r"|this (?:morning|afternoon|evening))|(?P<next>tomorrow)"
    r"|(?P<ago>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten) days ago"
    r"|(?P<which>last|this|next) (?P<span>month|year))\b"
)


def read_days(text: str, published: str | None) -> list[Day]:
    """The days of a text in order, each once; what is told by the article's day is left out where that is not known.

    A weekday is the last one on or before the article's day, a "last Friday" the one before it; none where the clause
    speaks of what is to come, or of any such day.

    >>> read_days("Elected last Friday, 3 of 5 votes", "2022-06-10"), read_days("It opens on Friday", "2022-06-08")
    ([Day(year=2022, month=6, day=3)], [])
    >>> [(d.year, d.month, d.day) for d in read_days("3 January; in May 2019, in 2018 and yesterday", "2021-03-01")]
    [(None, 1, 3), (2019, 5, None), (2018, None, None), (2021, 2, 28)]
    """
    return list(dict.fromkeys(day for _, _, day in days_told(text, published)))


def days_told(text: str, published: str | None) -> list[tuple[int, int, Day]]:
    """As `read_days`, each with where it is told; one that is told twice is there twice."""
    try:
        written = date.fromisoformat((published or "")[:10])
    except ValueError:
        written = None
    found = _dates(text)
    if written:
        found += _near(text, written) + _weekdays(text, written)
    return sorted(found, key=lambda row: row[:2])


def days_agree(a: Day, b: Day) -> bool:
    """Whether two days are the same in all that both tell.

    >>> days_agree(Day(2020, 1, 3), Day(None, 1, 3)), days_agree(Day(2020, 1, 3), Day(2020, 1, 4))
    (True, False)
    """
    pairs = ((a.year, b.year), (a.month, b.month), (a.day, b.day))
    return all(one is None or two is None or one == two for one, two in pairs)


def _dates(text: str) -> list[tuple[int, int, Day]]:
    """Where a text writes days, months and years, in order."""
    made: list[tuple[int, int, Day]] = []

    def add(start: int, end: int, *days: Day) -> None:
        if all(end <= other[0] or start >= other[1] for other in made):
            made.extend((start, end, day) for day in days)

    for found in PAIR.finditer(text):
        month = MONTH_OF[(found["m"] or found["m2"]).lower().rstrip(".")]
        year = found["y"] or found["y2"]
        days = [int(found[name]) for name in ("a", "b", "a2", "b2") if found[name]]
        if days[0] < days[1] <= 31:
            add(found.start(), found.end(), *(Day(int(year) if year else None, month, day) for day in days))
    for day in find_days(text):
        words = re.findall(r"[^\W\d_]{3,}", text[day.start : day.end])
        if not any(word in MONTH_OF for word in words):  # "3 may be dead": a month has a capital
            add(day.start, day.end, Day(day.year, day.month, day.day))
    for found in MONTH_ALONE.finditer(text):
        whole = found["month"] not in ("May", "March") and len(found["month"]) > 3 and "." not in found["month"]
        if found["year"] or whole or IN_MONTH.search(text[: found.start()]):
            month = MONTH_OF[found["month"].lower().rstrip(".")]
            add(found.start(), found.end(), Day(int(found["year"]) if found["year"] else None, month, None))
    for found in YEAR.finditer(text):
        if YEAR_WORD.search(text[: found.start()]) or not (
            UNIT.match(text, found.end()) or PLURAL.match(text, found.end())
        ):
            last = found["last"]
            years = {int(found["year"]), int(found["year"][: -len(last)] + last) if last else int(found["year"])}
            add(found.start(), found.end(), *(Day(year, None, None) for year in sorted(years)))
    return sorted(made, key=lambda row: row[:2])


def _near(text: str, written: date) -> list[tuple[int, int, Day]]:
    made = []
    for found in NEAR.finditer(text):
        step = {"last": -1, "this": 0, "next": 1}.get((found["which"] or "").lower(), 0)
        if (found["span"] or "").lower() == "year":
            day = Day(written.year + step, None, None)
        elif found["span"]:
            years, month = divmod(written.month - 1 + step, 12)
            day = Day(written.year + years, month + 1, None)
        else:
            ago = found["ago"] and int(NUMBERS.get(found["ago"].lower(), found["ago"]))
            past = 0 if found["now"] else -1 if found["next"] else 2 if found["before"] else ago or 1
            day = _day(written - timedelta(days=past))
        made.append((found.start(), found.end(), day))
    return made


def _weekdays(text: str, written: date) -> list[tuple[int, int, Day]]:
    made = []
    taken = [row[:2] for row in _dates(text)]
    for found in WEEKDAY.finditer(text):
        start, end = found.span()
        gap = re.compile(r"[\s,(]*(?:the\s)?")
        beside = any(first < end and start < last for first, last in taken) or any(
            gap.fullmatch(text, end, first) or gap.fullmatch(text, last, start) for first, last in taken
        )
        before = (found["before"] or "").lower()
        past = (written.weekday() - WEEKDAYS.index(found["name"].lower())) % 7
        if before == "last":
            past = past or 7
        if beside or is_coming(text, start, end) or (before and (before != "last" or past < RESOLVED)):
            continue
        made.append((start, end, _day(written - timedelta(days=past))))
    return made


def is_coming(text: str, start: int, end: int) -> bool:
    """Whether the clause of `start:end`, or its whole sentence where the clause is short, speaks of what is to come."""
    sentence = max((found.end() for found in re.finditer(r"[.!?]\s", text[:start])), default=0)
    stop = re.search(r"[.!?](?:\s|$)", text[end:])
    last = end + stop.start() if stop else len(text)
    clause = max((found.end() for found in CLAUSE.finditer(text, sentence, start)), default=sentence)
    after = CLAUSE.search(text, end, last)
    words = text[clause : after.start() if after else last]
    if len(words.split()) < SHORT_CLAUSE:
        words = text[sentence:last]
    return bool(COMING.search(words))


def _day(when: date) -> Day:
    return Day(when.year, when.month, when.day)
