"""Which words of a story a query found, as spans of its text and its headline, and the sentences to show of it."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from index.article import Article
from index.passage import Span, split_sentences
from index.search.query import And, Days, Field, Fuzzy, Near, Not, Or, Prefix, Query, Words
from index.search.wording import Word, readings, words_in

SHOWN = 300  # characters of a story that are shown, or the sentence that is longer
LONGEST_LINE = 3_000  # characters of one line that are cut into sentences


def marks_in_text(query: Query, article: Article, start: int, end: int) -> list[Span]:
    """Spans in `article.text[start:end]` of the words that a query asks for, in order, none over another."""
    told = readings(article.text, article.pieces(start, end))
    return _merged(span for words in told for span in _spans(query, words, ("",)))


def marks_in_title(query: Query, title: str | None) -> list[Span]:
    """Spans in a headline of the words that a query asks for."""
    return _merged(_spans(query, words_in(title or ""), ("", "title")))


def marks_of_words(found: Callable[[str], bool], article: Article, start: int, end: int) -> list[Span]:
    """Spans in `article.text[start:end]` of the words of which `found` is true, as they stand there."""
    spans = ((word.start, word.end) for piece in article.pieces(start, end) for word in words_in(article.text, *piece))
    return [(begin, stop) for begin, stop in spans if found(article.text[begin:stop])]


def _merged(spans: Iterator[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _spans(query: Query, words: Sequence[Word], fields: tuple[Field, ...]) -> Iterator[Span]:
    """The spans of what is asked for in one of `fields`; what must not be there has none."""
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from _spans(part, words, fields)
    elif not isinstance(query, Not | Days) and query.field in fields:
        if isinstance(query, Words):
            yield from _phrase(query.words, words)
        elif isinstance(query, Near):
            yield from _near(query, words)
        else:
            yield from ((word.start, word.end) for word in words if _is_meant(query, word.text))


def _phrase(phrase: tuple[str, ...], words: Sequence[Word]) -> Iterator[Span]:
    for at in range(len(words) - len(phrase) + 1):
        if words[at].text == phrase[0] and all(words[at + n].text == word for n, word in enumerate(phrase)):
            yield words[at].start, words[at + len(phrase) - 1].end


def _near(query: Near, words: Sequence[Word]) -> Iterator[Span]:
    places = [[at for at, word in enumerate(words) if word.text == one] for one in (query.one, query.two)]
    for ones, others in (places, places[::-1]):
        for at in ones:
            first = bisect_left(others, at - query.distance)
            if any(0 < abs(other - at) <= query.distance for other in others[first : first + 2 * query.distance + 1]):
                yield words[at].start, words[at].end


def _is_meant(query: Prefix | Fuzzy, word: str) -> bool:
    if isinstance(query, Prefix):
        return word.startswith(query.start)
    return edits(query.word, word, query.edits) <= query.edits


def edits(one: str, two: str, most: int) -> int:
    """How many letters two words differ by: one more, less, other, or two neighbours exchanged; `most` + 1 for more.

    Optimal string alignment (Damerau 1964), as tantivy counts.

    >>> edits("flood", "flod", 2), edits("mayor", "maoyr", 2), edits("flood", "fire", 2)
    (1, 1, 3)
    """
    if abs(len(one) - len(two)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(two) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, other in enumerate(two, 1):
            row.append(min(row[-1] + 1, last[j] + 1, last[j - 1] + (letter != other)))
            if i > 1 and j > 1 and letter == two[j - 2] and one[i - 2] == other:
                row[-1] = min(row[-1], before[j - 2] + 1)
        before, last = last, row
    return min(last[-1], most + 1)


def to_show(article: Article, start: int, end: int, marks: Sequence[Span]) -> Span:
    """Where the sentences are that have the most marks within SHOWN characters; without marks, the first sentences."""
    begin, least = max(marks, key=lambda mark: (_within_shown(mark[0], marks), -mark[0])) if marks else (start, start)
    if not marks:
        begin = next((at for at, stop in article.pieces(start, end) if article.text[at:stop].strip()), start)
    line_start = max(article.text.rfind("\n", 0, begin) + 1, start, begin - LONGEST_LINE)
    sentences: list[Span] = []
    for line in re.finditer(r"[^\n]+", article.text[line_start:end]):
        at = line_start + line.start()
        cut = min(at + len(line[0]), max(at, begin) + LONGEST_LINE)
        sentences += [span for span in split_sentences(article.text, at, cut) if span[1] > begin]
        if sentences and sentences[-1][1] >= begin + SHOWN:
            break
    if not sentences:
        return start, start
    shown = [span for span in sentences if span[1] <= sentences[0][0] + SHOWN] or sentences[:1]
    return sentences[0][0], max(shown[-1][1], least)


def _within_shown(at: int, marks: Sequence[Span]) -> int:
    """How many marks begin in the SHOWN characters from `at` on."""
    return bisect_left(marks, (at + SHOWN, 0)) - bisect_left(marks, (at, 0))
