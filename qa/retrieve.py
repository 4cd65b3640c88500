"""From a question to hits: dense and lexical rankings → fused → reranked → near-copies folded → the first k."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ground.words import fold_numbers, spelt
from index.article import Article, Section
from index.copies.corrections import Correction
from index.news_index import Found, NewsIndex
from index.passage import Passage, heading, split_sentences
from index.search.fusion import fuse
from index.store.scope import EVERYTHING, Scope
from models import Reranker

FUSION_K = 10  # 60 in the paper; a smaller k trusts first ranks more: bench/results/retrieval.json
WEIGHTS = {"dense": 1.0, "lexical": 1.0}
SHINGLE = 5
COPY_OVERLAP = 0.7
SENTENCE_OVERLAP = 0.25


@dataclass(frozen=True)
class Hit:
    """A passage with its rank (from 1) and score for a question, and its rank or score by stage.

    `copies` are the passages that say the same words in other articles: one source, carried by several. `group` names
    the copies and versions that its story is one of, if any; `superseded` says that a later version is there,
    `corrections` what of its story is withdrawn.
    """

    rank: int
    score: float
    passage: Passage
    article: Article
    stages: dict[str, float | None] = field(default_factory=dict)
    copies: tuple["Hit", ...] = ()
    group: str | None = None
    superseded: bool = False
    corrections: tuple[Correction, ...] = ()

    @property
    def text(self) -> str:
        """The words of the passage, without the asides in it."""
        return self.article.words(self.passage.start, self.passage.end)

    @property
    def section(self) -> Section:
        """Whose story the passage is: headline, outlet and date."""
        return self.article.section_at(self.passage.start)

    def to_dict(self) -> dict[str, object]:
        """As ANSWER's `hits` have it, with headline, outlet and date beside."""
        return {
            "rank": self.rank,
            "article_id": self.article.id,
            "start": self.passage.start,
            "end": self.passage.end,
            "score": round(self.score, 6),
            "stages": self.stages,
            "title": self.section.title,
            "source": self.section.source,
            "published": self.section.published,
            "copies": [copy.article.id for copy in self.copies],
            "group": self.group,
            "superseded": self.superseded,
            "corrections": [
                {"article_id": one.article.id, "start": one.note.start, "end": one.note.end} for one in self.corrections
            ],
        }


def carriers(section: Section, copies: Sequence[Hit]) -> tuple[str, ...]:
    """Who else carries what a story says, by its copies: not the outlet itself by an earlier version."""
    others = [copy for copy in copies if not (copy.superseded and _outlet(copy.section) == _outlet(section))]
    named: dict[str, str] = {}
    for name in (copy.section.source or copy.article.id for copy in others):
        named.setdefault(name.casefold(), name)
    return tuple(named.values())


def outlets_of(hits: Sequence[Hit]) -> dict[str, str]:
    """The outlets of hits and their copies, by their casefolded names, each as most of these articles spell it."""
    held = {(one.article.id, one.section.source) for hit in hits for one in (hit, *hit.copies)}
    spellings: dict[str, Counter[str]] = {}
    for _, name in held:
        if name:
            spellings.setdefault(name.casefold(), Counter())[name] += 1
    return {key: spelt(found) for key, found in spellings.items()}


def _outlet(section: Section) -> str:
    return (section.source or "").casefold()


def retrieve(
    news: NewsIndex,
    question: str,
    *,
    k: int,
    candidates: int,
    reranker: Reranker | None = None,
    scope: Scope = EVERYTHING,
) -> list[Hit]:
    """The `k` best passages of a scope for a question, copies of one text counted once. No passages, no hits."""
    return _last_stage(news, news.rank(question, candidates, scope=scope), question, k, reranker)[1]


def rank_stages(
    news: NewsIndex,
    question: str,
    *,
    k: int,
    candidates: int,
    reranker: Reranker | None = None,
    scope: Scope = EVERYTHING,
) -> dict[str, list[Hit]]:
    """The `k` best hits by each stage alone: "dense", "lexical", "fused" and, with a reranker, "reranked"."""
    ranked = news.rank(question, candidates, scope=scope)
    stages = {}
    for stage, rows in ranked.items():
        found = news.find([row for row, _ in rows[: _spare(k)]])
        scores = dict(rows)
        hits = [_hit(rank, scores[item.row], item) for rank, item in enumerate(found, 1)]
        stages[stage] = fold_copies(hits)[:k]
    if reranker is not None:
        stages["fused"] = _last_stage(news, ranked, question, k, None)[1]
    name, hits = _last_stage(news, ranked, question, k, reranker)
    return stages | {name: hits}


def _last_stage(
    news: NewsIndex,
    ranked: Mapping[str, Sequence[tuple[int, float]]],
    question: str,
    k: int,
    reranker: Reranker | None,
) -> tuple[str, list[Hit]]:
    places = {stage: {row: rank for rank, (row, _) in enumerate(rows, 1)} for stage, rows in ranked.items()}
    fused = fuse_stages(ranked)
    scores = dict(fused)
    found = news.find([row for row, _ in fused[: _spare(k)]])
    hits = [_hit(rank, scores[item.row], item, _stages(item, places)) for rank, item in enumerate(found, 1)]
    if reranker is None:
        return "fused", fold_copies(hits)[:k]
    texts = [f"{heading(hit.article, hit.passage.start)}\n{hit.text}" for hit in hits]
    return "reranked", fold_copies(rerank(hits, reranker.score(question, texts)))[:k]


def fuse_stages(ranked: Mapping[str, Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """The rows of all stages with their fused scores, best first."""
    return fuse({stage: [row for row, _ in rows] for stage, rows in ranked.items()}, WEIGHTS, k=FUSION_K)


def hits_at(news: NewsIndex, rows: Sequence[int]) -> list[tuple[int, Hit]]:
    """The passages of rows as hits, ranked as they come; a row that has left the archive is passed over."""
    return [(item.row, _hit(rank, 0.0, item)) for rank, item in enumerate(news.find(rows), 1)]


def _hit(rank: int, score: float, item: Found, stages: Mapping[str, float | None] | None = None) -> Hit:
    known = item.group, item.superseded, item.corrections
    return Hit(rank, score, item.passage, item.article, dict(stages or {}), (), *known)


def _spare(k: int) -> int:
    """How many are looked at for `k` hits: copies are folded after the cut."""
    return max(2 * k, k + 10)


def _stages(item: Found, places: Mapping[str, Mapping[int, int]]) -> dict[str, float | None]:
    ranks: dict[str, float | None] = {stage: rows.get(item.row) for stage, rows in places.items()}
    return ranks | {"rerank": None}


def rerank(hits: Sequence[Hit], scores: Sequence[float]) -> list[Hit]:
    """The same hits in the order of new scores, best first; equal scores keep their order, as do those without one."""
    pairs = sorted(zip(hits, scores, strict=False), key=lambda pair: -pair[1])
    scored = [replace(hit, stages=hit.stages | {"rerank": round(score, 4)}) for hit, score in pairs]
    return [replace(hit, rank=rank) for rank, hit in enumerate([*scored, *hits[len(scores) :]], 1)]


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}


def fold_copies(hits: Sequence[Hit]) -> list[Hit]:
    """Hits of other articles that say what a better hit says become its `copies`.

    That is to share most of their five-word runs with it or, in one group of copies, to have most of them in the better
    hits of that group together: what only a copy says stays a hit, and so does one with another number in the same
    sentence. A superseded version gives its place to a later one, a copy to the same words of an earlier day.
    """
    kept: list[tuple[Hit, set[tuple[str, ...]]]] = []
    for hit in hits:
        own = _shingles(hit.text)
        at = _same_words(hit, own, kept)
        if at is None:
            kept.append((hit, own))
            continue
        better, held = kept[at]
        newer = better.superseded and not hit.superseded and hit.group == better.group
        if newer or (hit.superseded == better.superseded and _came_first(hit, own, better, held)):
            first = replace(hit, score=better.score, stages=better.stages)
            kept[at] = replace(first, copies=(replace(better, copies=()), *better.copies)), own
        else:
            kept[at] = replace(better, copies=(*better.copies, hit)), held
    return [replace(hit, rank=rank) for rank, (hit, _) in enumerate(kept, 1)]


def _other_number(hit: Hit, better: Hit) -> bool:
    """Whether a sentence that is in both but for a few words gives a number that the better hit does not.

    Between a version and the one that supersedes it a number is no reason to show both.
    """
    if hit.group is not None and hit.group == better.group and (hit.superseded or better.superseded):
        return False
    held, numbers = _shingles(better.text), _numbers(better.text)
    for start, end in split_sentences(hit.text):
        sentence = hit.text[start:end]
        own = _shingles(sentence)
        if own and len(own & held) >= SENTENCE_OVERLAP * len(own) and not _numbers(sentence) <= numbers:
            return True
    return False


def _numbers(text: str) -> set[str]:
    return {word for word in fold_numbers(text).split() if word.isdigit()}


def _came_first(hit: Hit, own: set[tuple[str, ...]], better: Hit, held: set[tuple[str, ...]]) -> bool:
    """Whether a hit of much the same words was published on an earlier day: the credit is due to it."""
    days = (hit.section.published or "")[:10], (better.section.published or "")[:10]
    return all(days) and days[0] < days[1] and len(own & held) >= COPY_OVERLAP * max(len(own), len(held))


def _same_words(hit: Hit, own: set[tuple[str, ...]], kept: Sequence[tuple[Hit, set[tuple[str, ...]]]]) -> int | None:
    """The place of the better hit that a hit repeats; None where it says something of its own."""
    others = [
        (i, len(own & held), held) for i, (better, held) in enumerate(kept) if better.article.id != hit.article.id
    ]
    for i, shared, held in others:
        least = min(len(own), len(held))
        if least and shared >= COPY_OVERLAP * least and not _other_number(hit, kept[i][0]):
            return i
    grouped = [row for row in others if hit.group is not None and kept[row[0]][0].group == hit.group]
    group = [row for row in grouped if not _other_number(hit, kept[row[0]][0])]
    said = set().union(*(held for _, _, held in group))
    if own and len(own & said) >= COPY_OVERLAP * len(own):
        return max(group, key=lambda row: (row[1], -row[0]))[0]
    return None
