"""Words of others as they can be shown: they steer no terminal, break no line, turn no words around them."""

# Characters as a regular expression's class lists them
CONTROLS = "\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # all but tab and line breaks
TURNING = "\u202a-\u202e\u2066-\u2069"  # that turn the direction of what stands around them
HALVES = "\ud800-\udfff"  # of a surrogate pair

JOINERS = "\u200c\u200d"  # no letters, and yet Persian and Hindi are not written without them


def printable(text: str, *, keep: str = "", instead: str = " ") -> str:
    """Text with `instead` in the place of each character that is not printed, but for those of `keep`.

    >>> printable("a\\x1b[2J\\nb"), printable("a\\x1b[2J\\nb", keep="\\n", instead="")
    ('a [2J b', 'a[2J\\nb')
    """
    return "".join(c if c.isprintable() or c in keep else instead for c in text)


def one_line(text: str, *, keep: str = "") -> str:
    """As `printable`, with single spaces.

    >>> one_line("a\\u202eb\\n\\0 c")
    'a b c'
    """
    return " ".join(printable(text, keep=keep).split())


def shown(words: str, most: int = 120) -> str:
    r"""Words of others as a sentence can show them: nothing that a terminal would obey, `most` characters at most.

    >>> shown("a\x1b[2J.txt"), shown("a" * 1000, most=9)
    ('a\\x1b[2J.txt', 'aaaaaa…aa')
    """
    escaped = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in words[: 4 * most]
    )
    return escaped if len(escaped) <= most else f"{escaped[: most * 3 // 4]}…{escaped[-(most // 4) :]}"
