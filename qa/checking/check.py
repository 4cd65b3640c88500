"""`check(room, text)`: each sentence of a draft borne out, contradicted or not found, with the quote that says so.

A sentence is borne out by one quote that holds its words and parts from it in nothing: numbers, days, names, who
speaks, what is denied, what is only supposed. Where the words leave it open, the reader decides. Of versions of one
story the one in force is heard first.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from ground.language import Words
from ground.words import fold
from index.copies.versions import Story
from index.passage import Passage, heading, sentences_in
from index.store.scope import EVERYTHING, Scope
from models import Reader
from qa.answer import Citation, cite
from qa.ask import LONGEST_QUESTION
from qa.checking.agreement import Compared, Quoted, compare
from qa.checking.differences import Difference, Span, tell
from qa.checking.draft import Said, sentences_of_draft
from qa.checking.kept import version_in_force
from qa.checking.wording import PRONOUNS, content, undated
from qa.corrected import with_corrections, withdrawn_by
from qa.evidence import Evidence, in_view, names_in, sentences_of, stems
from qa.newsroom import Newsroom
from qa.retrieve import Hit

Mark = Literal["borne out", "contradicted", "not found", "skipped"]


class Judged(NamedTuple):
    """What `Checked` has of a sentence but its words."""

    mark: Mark
    why: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    differences: tuple[Difference, ...] = ()


HITS = 20  # passages that a sentence is looked for in
COMPARED = 12  # sentences of them that it is held against
SENTENCES_BEFORE = 3  # of a quote, whose words count for it
# Shares of words, 0 to 1, chosen on the newsroom half of bench/gold/drafts: docs/check.md
HELD = 0.62  # of a sentence's words, from which a quote bears it out
PLAIN = 0.57  # of those that are no names
HERE = 0.35  # of those that are no names, in the quote itself
OPEN = 0.45  # of a sentence's words, from which the reader decides
PARTED = 0.7  # of its words besides the numbers and days in which a quote parts from it, from which that contradicts it
SUPPORTS = 0.9  # probability of the reader that a quote supports a sentence, where the words leave it open
SUPERSEDED = "superseded"
TOLD = frozenset({"number", "day", "name", "speaker", "denial"})  # in what a quote can contradict


@dataclass(frozen=True)
class Checked:
    """A sentence at `start:end` of the draft, without markup in `plain`, its mark, and what that rests on, best first.

    `evidence` bears it out or contradicts it; of a sentence that is not found it is the nearest, if any. `why` says in
    what a quote parts from it, or why it is skipped; "superseded" says that only an earlier version of a story bears it
    out. `missing` are its numbers, days and names that the nearest quote does not hold, `differences` what differs
    between it and the first quote.
    """

    text: str
    plain: str
    start: int
    end: int
    mark: Mark
    why: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def citations(self) -> list[Citation]:
        """The quotes with outlet, day and offsets, numbered from 1."""
        return [
            cite(number, item.hit.article, item.start, item.end, item.hit.copies)
            for number, item in enumerate(self.evidence, 1)
        ]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        told = {name: getattr(self, name) for name in ("text", "plain", "start", "end", "mark")}
        quotes = [asdict(citation) | {"also_in": list(citation.also_in)} for citation in self.citations]
        differences = [one.to_dict() for one in self.differences]
        return told | {
            "why": list(self.why),
            "missing": list(self.missing),
            "differences": differences,
            "quotes": quotes,
        }

    @property
    def draft_marks(self) -> list[Span]:
        """Where in `plain` stand the words that differ."""
        return [one.draft_at for one in self.differences if one.draft_at]

    @property
    def quote_marks(self) -> list[Span]:
        """Where in the first quote stand the words that differ."""
        return [one.quote_at for one in self.differences if one.quote_at]

    def reasons(self, words: Words) -> list[str]:
        """Why it is not simply borne out, in short phrases of a language: what differs, and what `why` says beside."""
        speaking = " ".join(one.draft for one in self.differences if one.kind == "speaker")
        told = [tell(one, words) for one in self.differences if one.kind != "name" or one.draft not in speaking]
        kinds = {one.kind for one in self.differences if one.parts}
        return [*told, *(words(f"parts_{why}") for why in self.why if why not in kinds)]


@dataclass(frozen=True)
class Check:
    """A draft with its sentences checked, in order, and the state of the archive that they were checked against."""

    draft: str
    sentences: tuple[Checked, ...]
    archive: str

    @property
    def counts(self) -> dict[str, int]:
        """How many sentences have each mark."""
        counted = Counter(one.mark for one in self.sentences)
        return {mark: counted[mark] for mark in ("borne out", "contradicted", "not found", "skipped")}

    @property
    def clean(self) -> bool:
        """Whether every sentence that was checked is borne out, by a version that is in force."""
        return all(one.mark in ("borne out", "skipped") and SUPERSEDED not in one.why for one in self.sentences)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the counts, then the sentences; not the draft again."""
        return {
            "archive": self.archive,
            "counts": self.counts,
            "sentences": [one.to_dict() for one in self.sentences],
        }


def check(
    room: Newsroom,
    draft: str,
    *,
    scope: Scope = EVERYTHING,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Check:
    """Checks a draft against an archive, or a part of it; no language model is asked.

    `progress` hears how many sentences are done, and of how many. Once `cancelled()` is true the rest is left out.
    Raises DraftError for a draft that is empty or too long.
    """
    said = sentences_of_draft(draft)
    checked: list[Checked] = []
    for number, (one, before) in enumerate(_with_context(said)):
        if cancelled():
            break
        progress(number, len(said))
        checked.append(_check(room, one, before, scope, draft))
    return Check(draft, tuple(checked), room.news.archive.contents())


def _with_context(said: Sequence[Said]) -> Iterator[tuple[Said, str]]:
    """Each sentence with the last one before it that names somebody, where it says "he" or "they" itself."""
    named = ""
    for one in said:
        words = fold(one.plain).split()
        names = names_in(undated(one.plain))
        yield one, named if words[:1] and words[0] in PRONOUNS and not names else ""
        if names:
            named = one.plain


def _check(room: Newsroom, said: Said, before: str, scope: Scope, draft: str) -> Checked:
    text = draft[said.start : said.end]
    if said.skipped:
        return Checked(text, said.plain, said.start, said.end, "skipped", (said.skipped,))
    asked = f"{said.plain} ({before})" if before else said.plain
    hits = room.search(asked[:LONGEST_QUESTION], HITS, scope=scope)
    later = versions_in_force(room, hits) if scope.everything else []
    found: dict[tuple[str, int], Evidence] = {}
    for hit in [*hits, *later]:
        for start, end in sentences_of(hit):
            found.setdefault((hit.article.id, start), Evidence(hit, start, end))
    judged = judge_versions(said.plain, likeliest(said.plain, before, found.values()), room.reader)
    return Checked(text, said.plain, said.start, said.end, *judged)


def versions_in_force(room: Newsroom, hits: Sequence[Hit]) -> list[Hit]:
    """The whole stories that supersede those of some hits, each once: as hits beside them."""
    archive, stories = room.news.archive, dict[Story, Hit]()
    for hit in hits:
        story = version_in_force(archive, hit.article.id, hit.passage.start) if hit.superseded else None
        article = archive.article(story.article) if story and story not in stories else None
        if story and article:
            notes = tuple(room.news.corrections().of(article, story.start))
            whole = Passage(story.start, story.end)
            stories[story] = Hit(hit.rank, hit.score, whole, article, group=hit.group, corrections=notes)
    return list(stories.values())


def likeliest(statement: str, before: str, found: Iterable[Evidence]) -> list[Evidence]:
    """The COMPARED sentences that share most words with a statement; of stories that hold a name of what stands before
    it, where "he" or "they" is said."""
    own = content(statement)
    names = names_in(undated(before)) if before else set()
    kept = [item for item in found if not names or names & set(fold(item.hit.article.text).split())]
    kept.sort(key=lambda item: -len(own & stems(item.quote)))
    return kept[:COMPARED]


def judge_versions(statement: str, evidence: Sequence[Evidence], reader: Reader) -> Judged:
    """As `judge_corrected`, by the versions in force; what a later one supersedes contradicts nothing.

    What only superseded ones bear out is borne out and said to be SUPERSEDED, unless the version in force contradicts.
    """
    in_force = [item for item in evidence if not item.hit.superseded]
    judged = judge_corrected(statement, in_force, reader)
    if judged.mark == "borne out" or len(in_force) == len(evidence):
        return judged
    every = judge_corrected(statement, evidence, reader)
    groups = {item.hit.group for item in every.evidence}
    if every.mark != "borne out" or (
        judged.mark == "contradicted" and any(item.hit.group in groups for item in judged.evidence)
    ):
        return judged
    return every._replace(why=(*every.why, SUPERSEDED))


def judge_corrected(statement: str, evidence: Sequence[Evidence], reader: Reader) -> Judged:
    """As `judge`, where what a correction withdraws bears nothing out and contradicts nothing.

    What only withdrawn words bear out is contradicted by their correction, which stands before them.
    """
    withdrawing = [(item, withdrawn_by(item)) for item in evidence]
    gone = [item for item, by in withdrawing if by and by.withdraws(statement)]
    judged = judge(statement, [item for item, by in withdrawing if not by or not by.withdraws(statement)], reader)
    if judged.mark == "contradicted":
        judged = judge(statement, [item for item, by in withdrawing if not by], reader)
    if judged.mark == "borne out" or not gone:
        return judged
    borne = judge(statement, gone, reader)
    if borne.mark != "borne out":
        return judged
    told = (*with_corrections(borne.evidence), *borne.evidence)
    parting = tuple(one for one in compare(statement, quoted(told[0])).differences if one.parts)
    return Judged("contradicted", ("denial",), (), told, parting)


def judge(statement: str, evidence: Sequence[Evidence], reader: Reader) -> Judged:
    """The mark of a statement, in what it parts from its quotes, what the nearest lacks, the quotes, what differs."""
    pairs = [(compare(statement, quoted(item)), item) for item in evidence]
    pairs.sort(key=lambda pair: -pair[0].held)
    agreeing = [pair for pair in pairs if not pair[0].against and not pair[0].missing]
    bearing = [pair for pair in agreeing if _holds(pair[0])]
    doubted = [pair for pair in agreeing if pair not in bearing and pair[0].held >= OPEN]
    if not bearing and doubted:
        verdicts = reader.judge([statement] * len(doubted), [in_view(item) for _, item in doubted])
        bearing = [pair for pair, said in zip(doubted, verdicts, strict=True) if said.supported >= SUPPORTS]
    parting = [pair for pair in pairs if pair[0].against and _holds(pair[0]) and not _lacks_only(pair[0])]
    if bearing and not (parting and _outweighs(parting[0], bearing[0])):
        return Judged("borne out", evidence=_apart(bearing))
    against = [pair for pair in pairs if pair[0].against & TOLD and pair[0].besides >= PARTED and pair[0].here >= HERE]
    near = against or [pair for pair in pairs if pair[0].held >= OPEN][:1]
    if not near:
        return Judged("not found")
    first, _ = near[0]
    lacking = () if against else tuple(sorted(first.missing))
    mark: Mark = "contradicted" if against else "not found"
    return Judged(mark, tuple(sorted(first.against)), lacking, _apart(near), first.differences)


def _holds(compared: Compared) -> bool:
    return compared.held >= HELD and compared.plain >= PLAIN and compared.here >= HERE


def _lacks_only(compared: Compared) -> bool:
    """Whether a quote only supposes what it does not hold whole: then it is about something else."""
    return bool(compared.missing) and not compared.against & TOLD


def _outweighs(against: tuple[Compared, Evidence], bearing: tuple[Compared, Evidence]) -> bool:
    """Whether a quote that parts from a statement holds more of its words than the one that bears it out."""
    return against[0].held > bearing[0].held


def _apart(pairs: Sequence[tuple[Compared, Evidence]], most: int = 3) -> tuple[Evidence, ...]:
    """The evidence of the first pairs, one of each story."""
    kept: dict[tuple[str, int], Evidence] = {}
    for _, item in pairs:
        kept.setdefault((item.hit.article.id, item.hit.section.start), item)
    return tuple(kept.values())[:most]


def quoted(item: Evidence) -> Quoted:
    """A sentence of an article as a statement is held against it."""
    article, section = item.hit.article, item.hit.article.section_at(item.start)
    first = max(section.start, article.body_start)
    spans = sentences_in(article, first, item.start)[-SENTENCES_BEFORE:]
    told = heading(article, item.start)
    after = [other.start for other in article.sections if other.start > item.start]
    return Quoted(
        item.quote,
        " ".join([told, *(article.text[start:end] for start, end in spans)]),
        article.text[first : item.start],
        f"{told} {article.text[first : after[0] if after else len(article.text)]}",
        section.published,
    )
