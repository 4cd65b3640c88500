"""Which correction belongs to which story, and which of its sentences it withdraws.

A note in a story corrects that story. One that stands elsewhere corrects stories of the same outlet that it is no older
than, of the day that it names or of the weeks before it, whose words are those of the note. This is told by the pair
alone, so it is the same in whatever order articles come.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ground.words import fold_numbers
from index.article import Article, Note, Section
from index.copies.versions import Story
from index.passage import split_sentences
from index.understanding.days import DAY, MONTH_OF
from index.understanding.notes import REPORT

SLACK_DAYS = 1  # a story stands online on the evening before it is printed
WEEKS_BACK = 45  # days that an outlet goes back where it does not say how far
NAMED_SHARE, NAMED_WORDS = 0.3, 3  # of the note's words that the story of the day it names has
SHARE, WORDS = 0.5, 4  # the same of a story of a day it does not name
FALL_BACK = 4  # words that a sentence shares with a note that names no wrong value
SAID = re.compile(
    r"(?i)\b(?:said|stated|reported|gave|described|named|identified|misstated|misspelled|misspelt|misidentified|wrote"
    r"|suggested|claimed|listed|quoted|attributed|referred|put|read|hieß es|stand)\b"
)
NOT = re.compile(r"(?i)\b(?:not|rather than|instead of|statt|nicht|et non|y no)\s+(?P<words>[^,.;:)(]{1,60})")
REGRET = re.compile(
    r"(?i)\b(?:apologi[sz]es?|apolog(?:y|ies)|sorry|regrets?|happy to (?:make|set)|wir bedauern|entschuldig\w+)\b"
)
WE = re.compile(
    r"\W*(?:[Ww]e (?:\w+ly )?(?:said|reported|wrote|stated)"
    r"|[Tt]he (?:[A-Z][\w’']+ ){1,4}(?:\w+ly )?reported (?:on|in|last|\w+day))\b"
)
WRONGLY = re.compile(r"(?i)\b(?:incorrectly|wrongly|erroneously|mistakenly)\b")
SHOULD = re.compile(r"(?i)\bshould (?:have|be|read)\b")
DULL = frozenset(
    (
        "the and that was were are for with from had has have his her its their our not this article report story said"
        " piece version earlier original previous correction corrections clarification corrected amended error sorry"
        " apologise apologize incorrectly wrongly mistakenly erroneously wrong incorrect published edition online"
        " headline page paragraph should have been rather than instead about which who what when where while after"
        " before into also but they them monday tuesday wednesday thursday friday saturday sunday yesterday"
    ).split()
    + list(MONTH_OF)
)


@dataclass(frozen=True)
class Correction:
    """A note of `article` that corrects a story, and the sentences of that story that it withdraws.

    No spans: it corrects the story, and which of its sentences could not be told.
    """

    article: Article
    note: Note
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def words(self) -> str:
        """The note as it stands."""
        return self.article.text[self.note.start : self.note.end]

    @property
    def section(self) -> Section:
        """Whose the note is, and of which day."""
        return self.article.section_at(self.note.start)

    @property
    def right(self) -> tuple[int, int]:
        """Where `article.text` says what is right: the note without what was said wrongly and without regrets."""
        start, end = right_part(self.words)
        return self.note.start + start, self.note.start + end

    def withdraws(self, words: str) -> bool:
        """Whether some words are, by this note, wrong."""
        return bool(keys(words) & wrong_words(self.words))

    def touches(self, start: int, end: int) -> bool:
        """Whether `start:end` of the story says something that is withdrawn."""
        return not self.spans or any(a < end and b > start for a, b in self.spans)


@dataclass(frozen=True)
class _Elsewhere:
    """A note that corrects another article's story, made ready to be compared."""

    article: Article
    note: Note
    section: Section
    words: frozenset[str]


class Corrections:
    """The notes of some articles that correct stories of others."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._by_outlet: dict[str, list[_Elsewhere]] = {}
        self._own: set[str] = set()
        for article in articles:
            for note in article.notes:
                if note.own:
                    self._own.add(article.id)
                else:
                    section = article.section_at(note.start)
                    held = _Elsewhere(article, note, section, keys(article.text[note.start : note.end]))
                    self._by_outlet.setdefault(_speaker(section.source), []).append(held)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._own or self._by_outlet)

    def may_correct(self, story: Story) -> bool:
        """Whether any of them can correct a story, by its article and its outlet: a look before it is read."""
        speakers = {_speaker(story.source), _speaker(story.agency), ""}
        return story.article in self._own or not speakers.isdisjoint(self._by_outlet)

    def of(self, article: Article, start: int) -> list[Correction]:
        """What corrects the story of an article that stands at `start`, oldest first."""
        section = article.section_at(start)
        low, high = next((span for span in article.stories() if span[0] <= start < span[1]), (start, len(article.text)))
        own = [(article, note) for note in article.notes if note.own and low <= note.start < high]
        speakers = dict.fromkeys([_speaker(section.source), _speaker(article.agency), ""])
        others = [held for speaker in speakers for held in self._by_outlet.get(speaker, ())]
        others = [held for held in others if _may_correct(held, article, section)]
        if others:
            words = keys(f"{section.title or ''} {article.text[low:high]}")
            own += [(held.article, held.note) for held in others if _shares(held, words)]
        found = []
        for holder, note in own:
            told = holder.text[note.start : note.end]
            spans = withdrawn(told, article.text, _sentences(article, low, high, note if holder is article else None))
            found.append(Correction(holder, note, spans))
        return sorted(found, key=lambda one: (one.section.published or "", one.article.id, one.note.start))


def keys(text: str) -> frozenset[str]:
    """The telling words of a text, each by its first five letters, numbers in digits.

    >>> sorted(keys("Our report said that seven councillors approved the loan."))
    ['7', 'appro', 'counc', 'loan']
    """
    words = fold_numbers(re.sub(r"(?<=\d)[.:](?=\d)", "_", text)).split()
    return frozenset(word[:5] for word in words if (len(word) > 2 or word[:1].isdigit()) and word not in DULL)


def _speaker(name: str | None) -> str:
    return fold_numbers(name or "").removeprefix("the ")


def _may_correct(held: _Elsewhere, article: Article, section: Section) -> bool:
    """Whether days and outlets allow that a note corrects a story. Where no outlet is known, the day must be named."""
    if held.article.id == article.id and held.article.section_at(held.note.start) == section:
        return False
    if held.note.day is None and not (_speaker(held.section.source) and (section.source or article.agency)):
        return False
    day, told = _day(section.published), _day(held.section.published)
    named = _day(held.note.day)
    if day and told and day > told:
        return False
    if named:
        return day is not None and abs((day - named).days) <= SLACK_DAYS
    return day is None or told is None or (told - day).days <= WEEKS_BACK


def _shares(held: _Elsewhere, story: frozenset[str]) -> bool:
    shared = len(held.words & story)
    least, words = (NAMED_SHARE, NAMED_WORDS) if held.note.day else (SHARE, WORDS)
    return shared >= words and shared >= least * len(held.words)


def _day(iso: str | None) -> date | None:
    try:
        return date.fromisoformat((iso or "")[:10])
    except ValueError:
        return None


def _sentences(article: Article, low: int, high: int, note: Note | None) -> list[tuple[int, int]]:
    spans = [span for piece in article.pieces(low, high) for span in split_sentences(article.text, *piece)]
    return [span for span in spans if note is None or span[1] <= note.start or span[0] >= note.end]


def withdrawn(note: str, text: str, sentences: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The sentences of `text` that say what a note withdraws: a value that the note calls wrong, on the same matter.

    Where it names none, the sentence that shares most with it, if it shares much.

    >>> note = "An earlier version of this article said that five people were killed. Four people were killed."
    >>> withdrawn(note, "Five people were killed. Five cars burnt.", [(0, 24), (25, 41)])
    ((0, 24),)
    """
    whole = keys(note)
    wrong = wrong_words(note)
    held = {span: keys(text[slice(*span)]) for span in sentences}
    shared = {span: len((words & whole) - wrong) for span, words in held.items() if words & wrong}
    least = 2 if max(shared.values(), default=0) > 1 else 1  # a number of one digit stands beside many words
    touched = [span for span, count in shared.items() if count >= least]
    if not touched and held:
        span = max(held, key=lambda span: (len(held[span] & whole), -span[0]))
        touched = [span] if len(held[span] & whole) >= FALL_BACK else []
    return tuple(touched)


def wrong_words(note: str) -> frozenset[str]:
    """The telling words that a note calls wrong, and does not say otherwise.

    Of what a report is said to have said these are its numbers, where it has none its names, else all of it.

    >>> sorted(wrong_words("The ferry was built in 1967, not 1961.")), sorted(wrong_words("It was Ann Lee who spoke."))
    (['1961'], [])
    >>> sorted(wrong_words("Our report said that the council approved it by seven to four. The vote was 8 to 3."))
    ['4', '7']
    """
    wrong: list[str] = []
    right: list[str] = []
    for start, end in split_sentences(note):
        words = note[start:end]
        wrong += [found["words"] for found in NOT.finditer(words)]
        kept = NOT.sub(" ", words)
        said = _said_wrongly(kept)
        if said is None:
            right.append(kept)
        else:
            wrong += _values(said)
    return keys(" ".join(wrong)) - keys(" ".join(right))


def _said_wrongly(sentence: str) -> str | None:
    """What a report said, by a sentence on that report; None for any other sentence."""
    said = SAID.search(sentence)
    if not said or SHOULD.search(sentence):
        return None
    on_us = REPORT.search(sentence[: said.start()]) or WE.match(sentence) or WRONGLY.search(sentence[: said.end() + 15])
    if not on_us:
        return None
    told = DAY.sub(" ", sentence[said.end() :])
    return told.partition(" as ")[2] if said[0].lower().startswith("mis") else told


def right_part(note: str) -> tuple[int, int]:
    """The span of a note's sentences that say what is right; all of it where they do not stand together.

    >>> note = "Our report said seven to four. The vote was eight to three. We apologise."
    >>> note[slice(*right_part(note))]
    'The vote was eight to three.'
    """
    spans = split_sentences(note)
    kept = [i for i, span in enumerate(spans) if not REGRET.search(note[slice(*span)])]
    right = [i for i in kept if _said_wrongly(NOT.sub(" ", note[slice(*spans[i])])) is None]
    if not right or right != list(range(right[0], right[-1] + 1)):
        right = kept
    return (spans[right[0]][0], spans[right[-1]][1]) if right else (0, len(note))


def _values(words: str) -> list[str]:
    """The numbers of some words, where there are none the names in them, else the words."""
    numbers = [word for word in fold_numbers(re.sub(r"(?<=\d)[.:](?=\d)", "_", words)).split() if word[0].isdigit()]
    return numbers or re.findall(r"(?<=[\w,’'] )[A-ZÀ-Þ][\w’'-]+", words) or [words]
