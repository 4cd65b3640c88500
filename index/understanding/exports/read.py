"""The articles of an export, each with its own outlet, headline, day, byline, section and length.

What an article of an export does not say plainly is nobody's: never that of the article before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.article import Aside, Section
from index.understanding.asides import kind_of_aside
from index.understanding.exports import factiva, lexis, proquest
from index.understanding.exports.story import COVERS, Story
from index.understanding.lines import TextLine

LABEL = "label of an export"
COVER = "cover of an export"
Find = Callable[[Sequence[TextLine]], list[tuple[int, int]]]
Read = Callable[[Story, Sequence[TextLine], str], None]
FORMS: tuple[tuple[Find, Read], ...] = (
    (proquest.find, proquest.read),
    (factiva.find, factiva.read),
    (lexis.find_ended, lexis.read_ended),
    (lexis.find_counted, lexis.read_counted),
)


@dataclass(frozen=True)
class Export:
    """The articles of an export, and what of the text is no news."""

    sections: tuple[Section, ...]
    asides: tuple[Aside, ...]


def read_export(lines: Sequence[TextLine], text: str) -> Export | None:
    """What an export's lines say, article by article; None for a text that is none.

    >>> from index.understanding.lines import lines_of
    >>> text = "Rain stops fair\\nThe Star\\nMay 3, 2021 Monday\\nLength: 9 words\\nBody\\nIt rained.\\nEnd of Document"
    >>> read_export(lines_of(text), text).sections[0].source
    'The Star'
    """
    low = text.lower()
    if not any(sign in low for sign in ("document", "dokument", "full text")):  # most texts are none
        return None
    for find, read in FORMS:
        spans = find(lines)
        if spans:
            stories = [Story(first, last) for first, last in spans]
            for story in stories:
                read(story, lines, text)
            return _told(stories, lines)
    return None


def _told(stories: Sequence[Story], lines: Sequence[TextLine]) -> Export:
    marked: dict[int, int] = {}
    kinds: dict[int, str] = {}
    covered = any(COVERS.match(line.words) for line in lines[: stories[0].first])
    for i in range(stories[0].first if covered else 0):
        marked[i], kinds[i] = len(lines[i].words), COVER
    for story in stories:
        for i in range(story.first, story.last):
            upto = story.marked.get(i)
            what = LABEL if upto else kind_of_aside(lines[i].words)
            if what:
                marked[i], kinds[i] = upto or len(lines[i].words), what
    starts = {lines[story.first].start for story in stories}
    asides: list[Aside] = []
    before = -2
    for i, upto in sorted(marked.items()):
        line = lines[i]
        whole = before == i - 1 and asides and asides[-1].end == lines[before].end and asides[-1].what == kinds[i]
        if whole and line.start not in starts:
            asides[-1] = Aside(asides[-1].start, line.start + upto, kinds[i])
        else:
            asides.append(Aside(line.start, line.start + upto, kinds[i]))
        before = i
    if len(marked) == len(lines) and all(upto == len(lines[i].words) for i, upto in marked.items()):
        asides = []
    sections = tuple(
        Section(
            lines[story.first].start,
            *(story.title, story.source, story.published, story.byline, story.desk, story.length),
        )
        for story in stories
    )
    return Export(sections, tuple(asides))
