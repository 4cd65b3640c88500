"""What a correction withdraws is never told alone: it gives way to the correction, or the correction follows it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.copies.corrections import Correction, keys
from index.passage import Passage, split_sentences
from qa.answer import Citation, Sentence
from qa.compose import Draft, chance
from qa.evidence import Evidence
from qa.retrieve import Hit


def with_corrections(chosen: Sequence[Evidence]) -> list[Evidence]:
    """The evidence, likeliest first, with the correction in the place of each answer that it withdraws.

    Another sentence of a story that was corrected stays.
    """
    kept: dict[tuple[str, int], Evidence] = {}
    for item in chosen:
        by = withdrawn_by(item)
        item = item if by is None else _evidence(by, item, *by.right)
        kept.setdefault(item.place, item)
    return list(kept.values())


def withdrawn(chosen: Sequence[Evidence]) -> list[Evidence]:
    """What later articles withdraw of the evidence, as a version is that another supersedes: for one side of two, and
    never for an answer.
    """
    found = []
    for item in chosen:
        by = withdrawn_by(item)
        if by and (by.section.published or "")[:10] > (item.hit.section.published or "")[:10]:
            found.append(replace(item, hit=replace(item.hit, superseded=True)))
    return found


def withdrawn_by(item: Evidence) -> Correction | None:
    """The newest correction that calls the words wrong by which a sentence answers."""
    return next((one for one in reversed(_on(item)) if one.withdraws(item.words or item.quote)), None)


def corrected_stances(question: str, stances: Sequence[tuple[bool, Evidence]]) -> list[tuple[bool, Evidence]]:
    """The sentences that say yes or no without those that are withdrawn, where the correction says yes or no itself, or
    calls wrong what the question asks of.
    """

    def told(by: Correction) -> bool:
        return any(
            item.hit.article.id == by.article.id and by.note.start <= item.start < by.note.end for _, item in stances
        )

    def wrong(item: Evidence) -> bool:
        by = withdrawn_by(item)
        return by is not None and by.withdraws(question) and by.withdraws(item.quote)

    kept = [(yes, item) for yes, item in stances if not wrong(item)]
    return [(yes, item) for yes, item in kept if not any(told(by) and not _within(by, item) for by in _on(item))]


def corrections_due(citations: Sequence[Citation], hits: Sequence[Hit]) -> list[Evidence]:
    """The corrections of what is cited that are not told yet, each as a quote of the whole note."""
    due: dict[tuple[str, int], Evidence] = {}
    for cited in citations:
        for hit in hits:
            if hit.article.id != cited.article_id or hit.section != hit.article.section_at(cited.start):
                continue
            item = Evidence(hit, cited.start, cited.end, score=0.0)
            for by in _on(item):
                if not _is_told(by, item, citations):
                    due[by.article.id, by.note.start] = _evidence(by, item, by.note.start, by.note.end)
    return list(due.values())


def with_cited(hits: Sequence[Hit], citations: Sequence[Citation]) -> list[Hit]:
    """The hits, and behind them each note that is cited and is no hit itself."""
    told = list(hits)
    for by in dict.fromkeys(by for hit in hits for by in hit.corrections):
        cited = any(_overlaps(by, one) for one in citations)
        held = any(
            hit.article.id == by.article.id and hit.passage.start <= by.note.start < hit.passage.end for hit in told
        )
        if cited and not held:
            stages: dict[str, float | None] = dict.fromkeys(told[0].stages)
            told.append(Hit(len(told) + 1, 0.0, Passage(by.note.start, by.note.end), by.article, stages))
    return told


def tell_corrections(draft: Draft, hits: Sequence[Hit]) -> Iterator[Sentence]:
    """The corrections of what the draft cites, as its next sentences."""
    for item in corrections_due(draft.citations, hits):
        told = draft.say_in("this_was_corrected", said=draft.as_said(item))
        yield draft.say(told, item, chance(item.score), credited=True)


def _on(item: Evidence) -> list[Correction]:
    """What withdraws something of a sentence, oldest first: a note on its story, or the note that it stands in."""
    notes = [note for note in item.hit.article.notes if note.start <= item.start and item.end <= note.end]
    return [
        *(by for by in item.hit.corrections if by.touches(item.start, item.end) and not _within(by, item)),
        *(Correction(item.hit.article, note) for note in notes),
    ]


def _within(by: Correction, item: Evidence) -> bool:
    return item.hit.article.id == by.article.id and by.note.start <= item.start and item.end <= by.note.end


def _is_told(by: Correction, item: Evidence, citations: Sequence[Citation]) -> bool:
    """Whether what a note says of a sentence is cited: another sentence of the note does not correct it."""
    said, text = keys(item.quote), by.article.text
    right = split_sentences(text, *by.right)
    start, end = max(right, key=lambda span: len(keys(text[slice(*span)]) & said), default=by.right)
    return any(one.article_id == by.article.id and one.start < end and one.end > start for one in citations)


def _overlaps(by: Correction, cited: Citation) -> bool:
    return cited.article_id == by.article.id and cited.start < by.note.end and cited.end > by.note.start


def _evidence(by: Correction, item: Evidence, start: int, end: int) -> Evidence:
    """A piece of a note as evidence as likely as what it corrects; its first sentence answers."""
    hit = Hit(item.hit.rank, item.hit.score, Passage(by.note.start, by.note.end), by.article)
    first = next(iter(split_sentences(by.article.text, start, end)), (start, end))
    words = by.article.text[slice(*first)].rstrip(" .;")
    return replace(item, hit=hit, start=start, end=end, spans=((first[0], first[0] + len(words)),))
