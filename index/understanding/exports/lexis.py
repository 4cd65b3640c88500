"""LexisNexis ("3 of 10 DOCUMENTS") and Nexis Uni ("End of Document")."""

import re
from collections.abc import Sequence
from itertools import pairwise

from index.understanding.credits import is_headline
from index.understanding.exports.proquest import is_full_text
from index.understanding.exports.story import (
    BODY,
    COUNT,
    COVERS,
    LABELLED,
    RIGHTS,
    Story,
    day_at,
    is_label,
    joined,
    read_labels,
)
from index.understanding.lines import TextLine, is_prose

LONGEST_HEAD = 15
CENTRED = 8
_END = re.compile(r"(?:end of document|ende des dokuments|fin du document|fin del documento|einde van document)", re.I)


def find_counted(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    """The articles under `1 of 10 DOCUMENTS`, counted in order; in any where each count says so and has labels under
    it: exports are put together, and cut."""
    found = [(i, m) for i, line in enumerate(lines) if len(line.words) < 40 and (m := COUNT.fullmatch(line.words))]
    numbers = [(int(m["n"]), int(m["all"])) for _, m in found]
    edges = [i for i, _ in found] + [len(lines)]
    labelled = [sum(bool(LABELLED.fullmatch(lines[i].words)) for i in range(*span)) for span in pairwise(edges)]
    named = ["ocument" in lines[i].words.lower() for i, _ in found]
    if not any(named) or any(n > of for n, of in numbers) or (len(found) < 2 and sum(labelled) < 2):
        return []
    counted = all(b == (a[0] + 1, a[1]) for a, b in pairwise(numbers))
    if not counted and not (all(named) and all(labelled)):
        return []
    if any(is_full_text(line.words) for line in lines):
        return []
    return list(pairwise(edges))


def find_ended(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    """The articles that `End of Document` closes."""
    ends = [i for i, line in enumerate(lines) if len(line.words) < 40 and _END.fullmatch(line.words)]
    bodies = sum(bool(BODY.fullmatch(line.words)) for line in lines)
    labelled = sum(bool(LABELLED.fullmatch(line.words)) for line in lines)
    if not ends or not (bodies or labelled >= 2):
        return []
    return [(first, end + 1) for first, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)]


def _is_centred(line: TextLine, text: str) -> bool:
    before = text[text.rfind("\n", 0, line.start) + 1 : line.start]
    return len(before.expandtabs()) >= CENTRED


def read_counted(story: Story, lines: Sequence[TextLine], text: str) -> None:
    """Count, outlet, day, edition, headline, labels, text, labels, as LexisNexis has them."""
    head = story.first + 1 if COUNT.fullmatch(lines[story.first].words) else story.first
    if head > story.first:
        story.mark(story.first, lines[story.first])
    labels = [i for i in range(head, story.last) if LABELLED.fullmatch(lines[i].words)]
    stop = min(labels[0] if labels else story.last, head + LONGEST_HEAD)
    at = next((i for i in range(head, stop) if day_at(lines[i])), None)
    if at is not None:
        above = [i for i in range(head, at) if not RIGHTS.fullmatch(lines[i].words)]
        if above and (len(above) == 1 or lines[above[1]].words.startswith("(")):
            story.source = joined([lines[i] for i in above])
        for i in range(head, at + 1):
            story.mark(i, lines[i])
        story.published = day_at(lines[at])
        i = at + 1
        while i < stop and (
            RIGHTS.fullmatch(lines[i].words)
            or (_is_centred(lines[i], text) and not is_prose(lines[i].words.rstrip(" ;,:")))
        ):
            story.mark(i, lines[i])
            i += 1
        if (
            i < stop
            and re.search(r"(?i)\bedition\b", lines[i].words)
            and i + 1 < stop
            and not is_headline(lines[i].words)
        ):
            story.mark(i, lines[i])
            i += 1
        story.title = joined(_block(lines, i, stop, text))
    read_labels(story, lines, text)


def _block(lines: Sequence[TextLine], first: int, stop: int, text: str) -> list[TextLine]:
    """The lines from `first` on that no blank line parts: a headline set to a width; one where no line is blank."""
    found: list[TextLine] = []
    for i in range(first, stop):
        if is_prose(lines[i].words) and len(lines[i].words) > 120:
            break
        found.append(lines[i])
        gap = text[lines[i].end : lines[i + 1].start] if i + 1 < len(lines) else "\n\n"
        if gap.count("\n") > 1 or len(lines[i].words) < 40:
            break
    return found


def read_ended(story: Story, lines: Sequence[TextLine], text: str) -> None:
    """Headline, outlet, day, labels, `Body`, text, labels, `End of Document`, as Nexis Uni has them."""
    story.mark(story.last - 1, lines[story.last - 1])
    if COUNT.fullmatch(lines[story.first].words):
        read_counted(story, lines, text)
        return
    label = next(
        (i for i in range(story.first, story.last) if is_label(lines[i].words) and not _is_cover(lines, i)), None
    )
    days = [i for i in range(story.first, label if label is not None else story.last) if day_at(lines[i])]
    at = days[-1] if days else None
    if at is not None and label is not None and label - at <= 6:
        if at - 1 >= story.first:
            outlet = at - 1
            title = outlet - 1
            while (
                title - 1 >= story.first
                and text[lines[title - 1].end : lines[title].start].count("\n") == 1
                and ("\n\n" in text[lines[title].end : lines[at].start] and len(lines[title - 1].words) >= 40)
            ):
                title -= 1
            if title >= story.first:
                story.source = lines[outlet].words if len(lines[outlet].words) <= 100 else None
                story.title = joined(lines[title:outlet])
                story.mark(outlet, lines[outlet])
                if any(COVERS.match(line.words) for line in lines[story.first : title]):
                    story.first = title
            else:
                story.title = lines[outlet].words  # one line where two belong: whose it is is not said
        story.published = day_at(lines[at])
        for i in range(at, label):
            story.mark(i, lines[i])
    read_labels(story, lines, text)


def _is_cover(lines: Sequence[TextLine], i: int) -> bool:
    """Whether a line that looks like a label is one of the cover's: no `Body` or `Length` stands soon behind it."""
    return not any(
        BODY.fullmatch(line.words) or re.match(r"(?i)(?:length|länge|longueur|section|load-date)\s*:", line.words)
        for line in lines[i : i + 8]
    )
