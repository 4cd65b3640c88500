"""Words of others in what is taken away: they make no markup, no link and no line of their own."""

import re
import unicodedata
from urllib.parse import urlsplit

from ground.shown import HALVES, TURNING

LONGEST_URL = 2_000


def harmless(text: object) -> str:
    """Text of the same length without control characters: a space for each of them and for each line break.

    What would turn the direction of the words around it is shown as "\ufffd", and so is half a character.

    >>> harmless("a\\r\\nb\\x1b[31m\\u202egnp")
    'a  b [31m�gnp'
    """
    plain = re.sub("[\0-\x1f\x7f-\x9f\u2028\u2029]", " ", str(text))
    return re.sub(f"[{TURNING}{HALVES}]", "\ufffd", plain)


def line(text: object) -> str:
    """As `harmless`, on one line with single spaces."""
    return " ".join(harmless(text).split())


def isolated(text: str) -> str:
    """Text with letters of a right-to-left script kept from turning what stands around it (Unicode UAX 9, FSI)."""
    turns = any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text)
    return f"\u2068{text}\u2069" if turns else text


def web_address(url: str) -> str:
    """The address where it may be a link: http or https, with a host, no name or password, no odd characters; else "".

    >>> web_address("https://example.org/1?a=b"), web_address("javascript:alert(1)"), web_address("http://a@b.example")
    ('https://example.org/1?a=b', '', '')
    """
    if len(url) > LONGEST_URL or re.search(r"[\s<>\"'`\\^{|}\0-\x1f\x7f-\x9f]", url) or line(url) != url:
        return ""
    if any(unicodedata.category(c) in ("Cf", "Co", "Cn") for c in url):
        return ""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return ""
    wanted = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return url if wanted else ""


def inert(text: object) -> str:
    """Text that Markdown shows as it is: nothing in it is emphasis, a link, an image, a heading, a list or HTML.

    >>> inert("1. ![x](http://evil.example) <b> *a*")
    '1\\\\. \\\\!\\\\[x\\\\](http\\\\://evil.example) \\\\<b\\\\> \\\\*a\\\\*'
    """
    words = re.sub(r"([\\`*_{}\[\]<>#!|~$^&@])", r"\\\1", line(text))
    words = re.sub(r"(?i)\b(https?|ftp|mailto|xmpp|www)([:.])", r"\1\\\2", words)  # else many readers make them links
    return re.sub(r"^(?:(?=[-+=])|(\d+)(?=[.)]))", r"\1\\", words)
