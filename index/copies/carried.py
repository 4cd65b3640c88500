"""What corrects a story that others carry: an outlet's correction reaches the copies of its text by other outlets.

Only as far as a copy says what is withdrawn, in much the same sentence: its own words are its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from index.article import Article
from index.copies.corrections import Correction, Corrections, keys, wrong_words
from index.copies.tables import Group
from index.copies.versions import Story, speaker
from index.passage import split_sentences

MOST_READ = 40  # stories of one text: a text that thousands carry stays cheap
SAME_SENTENCE = 0.6  # of the telling words of two sentences that one took from the other


def carried(
    notes: Corrections, article: Article, start: int, groups: Sequence[Group], read: Callable[[str], Article | None]
) -> list[Correction]:
    """What corrects, in other outlets' copies of it, the story of an article that stands at `start`, oldest first.

    `groups` are those that hold a story of the article; `read` gives an article by its id. A note of which it could not
    be told what it withdraws stays with its own story.
    """
    found: dict[tuple[str, int], Correction] = {}
    for group in groups:
        stories = [member.story for member in group.members]
        mine = next((one for one in stories if one.article == article.id and one.start <= start < one.end), None)
        if mine is None:
            continue
        others = [one for one in stories if speaker(one) != speaker(mine) and notes.may_correct(one)]
        for story in others[:MOST_READ]:
            original = read(story.article)
            if original is None:
                continue
            for one in notes.of(original, story.start):
                spans = _said_again(one, original, article, mine)
                if spans:
                    found.setdefault((one.article.id, one.note.start), replace(one, spans=spans))
    return sorted(found.values(), key=lambda one: (one.section.published or "", one.article.id, one.note.start))


def _said_again(by: Correction, original: Article, article: Article, story: Story) -> tuple[tuple[int, int], ...]:
    """Where a story says again what a note withdraws of the original."""
    wrong = wrong_words(by.words)
    withdrawn = [keys(original.text[slice(*span)]) for span in by.spans]
    said = [span for piece in article.pieces(story.start, story.end) for span in split_sentences(article.text, *piece)]
    return tuple(
        span
        for span in said
        for words in [keys(article.text[slice(*span)])]
        if any(len(words & held) >= SAME_SENTENCE * len(words | held) and held & wrong <= words for held in withdrawn)
        and not (by.article.id == article.id and by.note.start <= span[0] < by.note.end)
    )
