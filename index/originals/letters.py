"""Where a quote stands in a text that was cleaned otherwise: by its letters, whatever stands between them."""

import re

# What a reader takes away, puts in or writes anew: white space, hyphens at a line's end, marks of what a mail quotes.
BETWEEN = re.compile(r"[\s\xad\u200b-\u200d\u2060\ufeff>-]+")
MOST_PLACES = 1_000
BESIDE = 200  # characters on each side of a quote that tell which of several places is meant


def letters_of(text: str) -> str:
    """A text without what may stand between its letters.

    >>> letters_of("It\\n> rained to-\\nday.")
    'Itrainedtoday.'
    """
    return BETWEEN.sub("", text)


def find_letters(letters: str, quote: str, before: str = "", after: str = "") -> tuple[int, int] | None:
    """Where the letters of a quote stand among `letters`; of several places the one most like `before` and `after`.

    >>> find_letters("anoxandanox", "an ox", before="and")
    (7, 11)
    """
    wanted, left, right = letters_of(quote), letters_of(before[-BESIDE:])[::-1], letters_of(after[:BESIDE])
    best: tuple[int, int] | None = None
    at = letters.find(wanted) if wanted else -1
    for _ in range(MOST_PLACES):
        if at < 0:
            break
        end = at + len(wanted)
        alike = _alike(letters[max(0, at - len(left)) : at][::-1], left) + _alike(
            letters[end : end + len(right)], right
        )
        if best is None or alike > best[0]:
            best = alike, at
        at = letters.find(wanted, at + 1)
    return (best[1], best[1] + len(wanted)) if best else None


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with together."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
