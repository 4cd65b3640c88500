"""The way of a question that is followed: asked of the whole archive once, then of what is new.

What is new is searched first, which costs milliseconds, and only what stands among the passages that `ask` would read
is read. No language model is asked.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ground.errors import GroundwireError
from ground.words import as_typed, fold
from index.store.archive import Archive
from index.store.scope import EVERYTHING, Scope
from index.store.standing import Entry, Followed, Standing
from models import Reader, Vectors
from qa.ask import READ, check_question, choose, is_yes_no, reaching, take_stances, weigh_hits
from qa.corrected import corrected_stances, with_corrections
from qa.evidence import SCORES, Evidence, log_odds
from qa.newsroom import Newsroom
from qa.retrieve import Hit, fold_copies, fuse_stages, hits_at
from qa.standing.compare import Compared, Kind, compare, names_it, same, sides_of
from qa.standing.voice import Voice, hear, read_voices

CANDIDATES = 200  # rows of each stage of the search; no text is looked at for them
NEW_READ = 8  # new passages that are read for one question
# What is told unasked has to be surer than what answers: it reaches SURE, with HELD of the question's words (rare ones
# count more) in the sentence and its neighbours, or SURER without them.
SURE, HELD, SURER = log_odds(0.5), 0.6, log_odds(0.93)
Say = Callable[[int, int], None]  # how many questions have been asked, of how many


class FollowError(GroundwireError, ValueError):
    """A question that cannot be followed, or is not; the message says why and what to do."""


@dataclass(frozen=True)
class Change:
    """What is told of one question: `now` is news, the newest first; `was` is what was known before, one a side."""

    number: int
    question: str
    at: str
    kind: Kind
    now: tuple[Voice, ...]
    was: tuple[Voice, ...] = ()

    def told(self) -> dict[str, Any]:
        """As the history keeps it."""
        return {
            "kind": self.kind,
            "now": [voice.to_dict() for voice in self.now],
            "was": [voice.to_dict() for voice in self.was],
        }

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"number": self.number, "question": self.question, "at": self.at, **self.told()}


def read_change(question: Followed, entry: Entry) -> Change:
    """A step of a question's history."""
    told = entry.told
    now, was = (tuple(read_voices(told[name])) for name in ("now", "was"))
    return Change(entry.number, question.question, entry.at, told["kind"], now, was)


def history_of(standing: Standing, question: Followed) -> list[Change]:
    """All that was told of a question, oldest first; the first is what was known when it was taken up."""
    return [read_change(question, entry) for entry in standing.history(question.number)]


def listed(standing: Standing) -> list[dict[str, Any]]:
    """What is followed, as JSON has it: the question, what is known of it now, one voice a side, and how often that has
    changed."""
    rows = []
    for question in standing.questions():
        steps = history_of(standing, question)
        known = [side[0] for side in sides_of(question.question, known_of(question))]
        rows.append(
            {
                "number": question.number,
                "question": question.question,
                "scope": None if question.scope.everything else question.scope.to_dict(),
                "since": question.since,
                "changes": len(steps) - 1,
                "changed": steps[-1].at if len(steps) > 1 else None,
                "known": [voice.to_dict() for voice in known],
            }
        )
    return rows


def known_of(question: Followed) -> list[Voice]:
    """Whom the answer to a question rests on now, one voice a speaker."""
    return read_voices(question.known["voices"])


def find_followed(standing: Standing, named: str) -> Followed:
    """The question of a number, or of these words. Raises FollowError where it is not followed."""
    for question in standing.questions():
        if named.strip() == str(question.number) or fold(named) == fold(question.question):
            return question
    raise FollowError(f'"{named}" is not followed; groundwire follow lists the questions that are, by number')


def begin(room: Newsroom, standing: Standing, question: str, scope: Scope = EVERYTHING) -> tuple[Followed, Change]:
    """Follows a question from now on; what is known now begins its history.

    Raises QuestionError for a question that cannot be asked, FollowError for one that is followed already.
    """
    words = check_question(question)
    held = standing.questions()
    for one in held:
        if fold(one.question) == fold(words) and one.scope == scope:
            raise FollowError(f"this question is followed already, as number {one.number}")
    if not held:
        standing.see(room.news.archive.digests())
    voices = ask_whole(room, words, scope)
    first = compare(words, (), voices)
    at = _now()
    change = Change(0, words, at, "first", tuple(side[0] for side in sides_of(words, first.known)))
    taken = standing.add(words, scope, at, known_from(first.known, voices, set()), change.told())
    return taken, replace(change, number=taken.number)


def ask_whole(room: Newsroom, question: str, scope: Scope) -> list[Voice]:
    """Who answers a question in the whole archive, likeliest first."""
    hits = room.search(question, READ, scope=scope)
    return voices_of(question, weigh_hits(question, hits, room.reader), room.reader)


def voices_of(
    question: str, evidence: Sequence[Evidence], reader: Reader, *, best: float = float("-inf")
) -> list[Voice]:
    """The sentences that answer, likeliest first, none that is withdrawn: as in an answer, its correction speaks.

    `best` is the log-odds of the likeliest that is known.
    """
    if is_yes_no(question):
        stances = corrected_stances(question, take_stances(question, reaching(evidence), reader))
        return [hear(question, item, yes=yes) for yes, item in stances]
    return [hear(question, item) for item in with_corrections(choose(question, evidence, best=best))]


def check(room: Newsroom, standing: Standing, *, say: Say = lambda done, total: None) -> Iterator[Change]:
    """Asks each question of what is new in the archive since it was last asked, and gives what has changed.

    A change is in the history before it is given. Ended early, it asks again of the same articles the next time, and
    tells nothing twice.
    """
    archive = room.news.archive
    digests = archive.digests()
    questions = standing.questions()
    fresh = frozenset(standing.unseen(digests))
    vectors = room.news.embedder.encode_queries([as_typed(q.question) for q in questions]) if questions else None
    for done, question in enumerate(questions):
        say(done, len(questions))
        assert vectors is not None
        change = _check_one(room, standing, question, vectors[done : done + 1], fresh, digests)
        if change is not None:
            yield change
    standing.see(digests)


def _check_one(
    room: Newsroom,
    standing: Standing,
    question: Followed,
    vector: Vectors,
    fresh: AbstractSet[str],
    digests: dict[str, str],
) -> Change | None:
    known = known_of(question)
    heard = set(question.known["heard"])
    words = question.question
    held = [(voice, _kept(voice, digests, room.news.archive)) for voice in known]
    gone = [voice for voice, there in held if there is None]
    voices: list[Voice] = []
    if fresh:
        hits, beside = find_new(room, words, vector, question.scope, fresh, heard)
        if hits:
            best = max((log_odds(voice.score) for voice in known), default=float("-inf"))
            evidence = weigh_hits(words, hits, room.reader, beside=beside)
            voices = voices_of(words, [item for item in evidence if is_news(words, item)], room.reader, best=best)
    if not voices and not gone:
        return None
    past = [voice for step in history_of(standing, question) for voice in (*step.was, *step.now)]
    there = [voice if moved is None else moved for voice, moved in held]
    found = _without(room, question, compare(words, there, voices, past), gone)
    at = _now()
    change = Change(question.number, words, at, found.kind, found.now, found.was) if found.kind else None
    noted = standing.note(question, known_from(found.known, voices, heard), at, change.told() if change else None)
    return change if noted else None


def is_news(question: str, item: Evidence) -> bool:
    """Whether a sentence of a new article is sure enough to be told, and of the matter; yes and no have a bar of their
    own."""
    sure = item.score >= (SURE if item.scores[SCORES.index("words")] >= HELD else SURER)
    return names_it(question, item) and (sure or is_yes_no(question))


def _without(room: Newsroom, question: Followed, found: Compared, gone: Sequence[Voice]) -> Compared:
    """What is known without the quotes that stand in no article any more; where nobody else says the same and nothing
    else is news, the whole archive is asked again."""
    lost = [voice for voice in found.known if voice in gone]
    left = tuple(voice for voice in found.known if voice not in gone)
    carried = all(not v.struck and any(same(question.question, other, v) for other in left) for v in lost)
    if found.kind or carried:
        return replace(found, known=left)
    again = compare(question.question, (), [*left, *ask_whole(room, question.question, question.scope)])
    now = tuple(side[0] for side in sides_of(question.question, again.known))
    return Compared("withdrawn", again.known, now, tuple(lost))


def find_new(
    room: Newsroom, question: str, vector: Vectors, scope: Scope, fresh: AbstractSet[str], heard: AbstractSet[str]
) -> tuple[list[Hit], list[Hit]]:
    """The passages of `fresh` articles that `ask` would read, and what else it would.

    A hit's rank is its place among all of the scope without the articles that have been `heard`: what was said before
    does not push down what is said now.
    """
    ranked = room.news.ranker.rank(as_typed(question), vector, CANDIDATES, scope)
    rows = [row for row, _ in fuse_stages(ranked)]
    owners = room.news.archive.passages(rows)
    placed = [row for row in rows if row in owners and (owners[row][0] in fresh or owners[row][0] not in heard)][:READ]
    place = {row: rank for rank, row in enumerate(placed, 1)}
    new = [row for row in placed if owners[row][0] in fresh][:NEW_READ]
    if not new:
        return [], []
    beside = [row for row in placed if row not in set(new)]
    hits = [replace(hit, rank=place[row]) for row, hit in hits_at(room.news, new)]
    ranks = {(hit.article.id, hit.passage.start): hit.rank for hit in hits}
    folded = [replace(hit, rank=ranks[hit.article.id, hit.passage.start]) for hit in fold_copies(hits)]
    return folded, [hit for _, hit in hits_at(room.news, beside)]


def _kept(voice: Voice, digests: dict[str, str], archive: Archive) -> Voice | None:
    """A voice as its quote stands in the archive now; None where it stands there no more."""
    if voice.struck or voice.article_id not in digests:
        return None
    if digests[voice.article_id] == voice.digest:
        return voice
    article = archive.article(voice.article_id)
    start = article.text.find(voice.quote) if article else -1
    if article is None or start < 0:
        return None
    return replace(voice, start=start, end=start + len(voice.quote), digest=article.digest)


def known_from(voices: Sequence[Voice], answered: Sequence[Voice], heard: AbstractSet[str]) -> dict[str, Any]:
    """What is kept of a question: whom its answer rests on, and the articles that have ever answered it."""
    ids = {*heard, *(voice.article_id for voice in answered)}
    return {"voices": [voice.to_dict() for voice in voices], "heard": sorted(ids)}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
