"""Words made comparable: folded, numbers in digits; seconds and JSON as they are shown."""

import json
import re
import unicodedata


def fold(text: str) -> str:
    """Lower case, without accents and punctuation, words parted by one space.

    >>> fold("Kata’ib  Hezbollah, José: F-15E")
    'kata ib hezbollah jose f 15e'
    """
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
