"""Joins the lines that a page or a mail was broken into, so that a sentence stands on one line again."""

import re
from collections.abc import Collection, Sequence

LEAST_FULL = 0.6
HYPHEN = re.compile(r"(\w+)-$")


def join_lines(text: str) -> str:
    """The paragraphs of a text that was set to a width, a line each. Short lines, lists and tables keep their lines.

    A line goes on in the next where it is nearly as long as the text is wide and does not end a sentence, or where
    the next one starts with a small letter. A word that was parted keeps its hyphen only where the text has it so.

    >>> join_lines("The bridge was opened on Monday by\\nthe mayor. It is long.\\n\\nA second para-\\ngraph.")
    'The bridge was opened on Monday by the mayor. It is long.\\nA second paragraph.'
    """
    lines = [" ".join(line.replace("\xad", "").split()) for line in text.splitlines()]
    width = _width(lines)
    words = set(re.findall(r"\w+(?:-\w+)*", text))
    joined: list[str] = []
    before = ""
    for line in lines:
        if joined and before and line and _goes_on(before, line, width):
            joined[-1] = join(joined[-1], line, words)
        elif line:
            joined.append(line)
        before = line
    return "\n".join(joined)


def _width(lines: Sequence[str]) -> int:
    """The length that nine of ten lines keep to."""
    lengths = sorted(len(line) for line in lines if line)
    return lengths[len(lengths) * 9 // 10] if lengths else 0


def _goes_on(line: str, after: str, width: int) -> bool:
    if re.match(r"[-*•‣·|]\s|>|\d+[.)]\s", after):
        return False
    if HYPHEN.search(line) and after[0].islower():
        return True
    full = len(line) >= LEAST_FULL * width
    ended = re.search(r"[.!?:][\"”’')\]]*$", line)
    # A full line that ends a sentence may end its paragraph too; joined or not, no sentence is cut.
    return full and (not ended or len(line) >= 0.9 * width) if width >= 40 else after[0].islower()


def join(line: str, after: str, words: Collection[str]) -> str:
    """Two lines as one; a word that was parted keeps its hyphen only where `words` has it so and not without."""
    parted = HYPHEN.search(line)
    first = re.match(r"\w+", after)
    if not parted or not first or not first[0][0].islower():
        return f"{line} {after}"
    if f"{parted[1]}-{first[0]}" in words and parted[1] + first[0] not in words:
        return line + after
    return line[:-1] + after
