"""Words made comparable: as they are typed, folded, numbers in digits; seconds and JSON as they are shown."""

import json
import re
import unicodedata
from collections import Counter

# What cannot be seen: soft hyphens, joiners, marks of direction and of variants. A zero-width space parts words where a
# script has no other (Thai, Lao, Burmese, Khmer), and stands within words elsewhere.
_UNSEEN = re.compile(
    "[\u00ad\u200c\u200d\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe00-\ufe0f\u034f\u061c\u180e]"
    "|(?<![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b"
)
_SOFT_BREAK = re.compile("[\u00ad\u00ac][ \\t]*\r?\n[ \\t]*(?=\\w)")
# Ligatures, forms of letters by their place, full and half widths: other ways to write the same letters. Not so ² or ½.
_FORMS = re.compile("[\u01c4-\u01cc\u2011\ufb00-\ufdff\ufe70-\ufefc\uff01-\uffef]+")
_TYPED = str.maketrans(
    dict.fromkeys("‘’‚‛ʼʻ′＇", "'")
    | dict.fromkeys("“”„‟«»″＂", '"')
    | dict.fromkeys("‐‑", "-")
    | dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " ")
)
_PLAIN = re.compile("[\\x00-\\x7f]*")
PARTED = re.compile(r"(?<!\w)([^\W\d_]{2,})[-‐][ \t]*\r?\n[ \t]*([^\W\d_]\w*)")


def as_typed(text: str) -> str:
    """Words as a person types them: no invisible characters, no ligatures, composed, straight quotes, plain spaces.

    >>> as_typed("Kleo\u200bpatra’s o\ufb03ce, Sur\u00admann, \uff21\uff22\uff23, Se\u0300te, 2 m²")
    "Kleopatra's office, Surmann, ABC, Sète, 2 m²"
    """
    if _PLAIN.fullmatch(text):
        return text
    text = _UNSEEN.sub("", _SOFT_BREAK.sub("", text))
    text = _FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return unicodedata.normalize("NFC", text).translate(_TYPED)


def unparted(text: str, *, keep: bool = False) -> str:
    """Words that a line's end parts with a hyphen, whole again; with `keep` the parts stay beside them.

    A hyphen that the text has in that word elsewhere, or before a capital, stays.

    >>> unparted("Hasel-\\nbacher spoke."), unparted("a long-term plan; a long-\\nterm one"), unparted("Anglo-\\nIrish")
    ('Haselbacher spoke.', 'a long-term plan; a long-term one', 'Anglo-Irish')
    >>> unparted("two thou-\\nsand", keep=True)
    'two thousand thou-sand'
    """

    def join(found: re.Match[str]) -> str:
        one, two = found[1], found[2]
        if keep:
            return f"{one}{two} {one}-{two}"
        own = two[0].isupper() or re.search(rf"\b{re.escape(one)}-{re.escape(two)}\b", text)
        return f"{one}-{two}" if own else one + two

    return PARTED.sub(join, text)


def name_key(name: str) -> str:
    """What two spellings of one id or path have in common, however they were typed; case counts.

    >>> name_key("Se\u0300te’s") == name_key("S\u00e8te's")
    True
    """
    return " ".join(as_typed(name).split())


def spelt(found: Counter[str]) -> str:
    """Of the spellings of one name and their numbers the one that most have; of equals one that is not all capitals.

    >>> spelt(Counter({"FERRY HERALD": 1, "Ferry Herald": 1})), spelt(Counter({"AFP": 2, "Afp": 1}))
    ('Ferry Herald', 'AFP')
    """
    return min(found, key=lambda name: (-found[name], name.isupper(), name))


def fold(text: str) -> str:
    """Lower case, without accents, punctuation and what cannot be seen, words parted by one space.

    >>> fold("Kata’ib  Hezbollah, José: F-15E"), fold("Kleo\u00adpatra")
    ('kata ib hezbollah jose f 15e', 'kleopatra')
    """
    text = as_typed(text)
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain))


def slug(text: str, most: int) -> str:
    """The folded words of a text joined by hyphens, `most` characters at most; empty where it has none.

    >>> slug("Super_Bowl_50: “Who won?”", 48), slug("Ten died", 4), slug("../", 9)
    ('super-bowl-50-who-won', 'ten', '')
    """
    return "-".join(fold(text.replace("_", " ")).split())[:most].rstrip("-")


NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}
COMPOUND = re.compile(
    r"(?i)\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[-‐‑](one|two|three|four|five|six|seven|eight|nine)\b"
)


def fold_numbers(text: str) -> str:
    """As `fold`, with numbers in digits: number words up to ninety-nine, and thousands without their commas.

    >>> fold_numbers("Eight of 5,000, twenty-five of 90")
    '8 of 5000 25 of 90'
    """
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    plain = COMPOUND.sub(lambda found: str(int(NUMBERS[fold(found[1])]) + int(NUMBERS[fold(found[2])])), plain)
    return " ".join(NUMBERS.get(word, word) for word in fold(plain).split())


def holds(text: str, form: str) -> bool:
    """Whether `text` holds the whole words of `form`, both folded.

    >>> holds("Ten people died.", "ten"), holds("Often", "ten")
    (True, False)
    """
    return f" {fold(form)} " in f" {fold(text)} "


def plain_json(value: object) -> str:
    """JSON on one line, in any script; what could steer a terminal is escaped, which changes no value."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )
