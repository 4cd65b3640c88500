"""What one answer is worth against its gold question: which of its claims hold, and what it cost.

Every measure is a numerator and a denominator, so that sums over questions make means, shares and F1 alike. What
the search found is kept as rankings and relevant passages; the figures over those are made in `figures`.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evaluation.gold.questions import GoldQuote, Question
from evaluation.measures import exact_match, groups_held, token_f1
from ground.words import fold
from index.store.archive import Archive
from qa.answer import Answer, Citation
from qa.prove import read_markers
from qa.retrieve import Hit

Entails = Callable[[str, Sequence[Citation]], bool]
Ratio = tuple[float, float]


@dataclass(frozen=True)
class EvidencePlace:
    """Where evidence stands in the archive: `text[start:end]` of an article, and the group that it proves."""

    article_id: str
    start: int
    end: int
    group: int

    def overlaps(self, article_id: str, start: int, end: int) -> bool:
        return self.article_id == article_id and self.start < end and start < self.end


@dataclass(frozen=True)
class Judged:
    """One question of a run: a line of `judged.jsonl`.

    `rankings` are the passages that each stage found, best first, as "article:start:end"; `relevant` are those with
    evidence in them and the groups they prove; `groups` are all that have evidence. `right` is None where no answer
    was asked for.
    """

    id: str
    kind: str
    question: str
    gold: str
    answerable: bool
    right: bool | None
    declined: bool | None
    score: float | None
    measures: dict[str, Ratio] = field(default_factory=dict)
    costs: dict[str, float] = field(default_factory=dict)
    rankings: dict[str, list[str]] = field(default_factory=dict)
    relevant: dict[str, list[int]] = field(default_factory=dict)
    groups: tuple[int, ...] = ()
    places: tuple[EvidencePlace, ...] = ()
    missing: tuple[str, ...] = ()

    @classmethod
    def read(cls, row: dict[str, Any]) -> "Judged":
        """From a line's JSON."""
        measures = {name: (float(above), float(below)) for name, (above, below) in row["measures"].items()}
        places = tuple(EvidencePlace(**place) for place in row["places"])
        return cls(**row | {"measures": measures, "places": places} | {n: tuple(row[n]) for n in ("groups", "missing")})


def fingerprint(question: Question) -> str:
    """Tells whether two gold questions are the same in every part, by the start of a SHA-256."""
    return hashlib.sha256(json.dumps(asdict(question), ensure_ascii=False).encode()).hexdigest()[:16]


def find_places(question: Question, archive: Archive) -> tuple[list[EvidencePlace], list[str]]:
    """Every place of a question's evidence, found by its words, and a sentence for each that is nowhere."""
    places: list[EvidencePlace] = []
    missing = []
    for evidence in question.evidence:
        article = archive.article(evidence.article_id)
        found = [m.span() for m in re.finditer(re.escape(evidence.quote), article.text)] if article else []
        places += [EvidencePlace(evidence.article_id, start, end, evidence.group) for start, end in found]
        if not found:
            where = (
                f"is not in {evidence.article_id}" if article else f"is of {evidence.article_id}, not in this archive"
            )
            missing.append(f"{question.id}: “{evidence.quote[:60]}” {where}")
    return places, missing


def judge(
    question: Question,
    answer: Answer | None,
    rankings: Mapping[str, Sequence[Hit]],
    archive: Archive,
    entails: Entails | None = None,
) -> Judged:
    """What an answer, or the search alone where it is None, is worth. `entails` judges claims against quotes."""
    places, missing = find_places(question, archive)
    docs, relevant = _name_passages(rankings, places, archive)
    made = Judged(
        question.id,
        question.kind,
        question.question,
        fingerprint(question),
        question.answerable,
        None,
        None,
        None,
        rankings=docs,
        relevant=relevant if question.answerable else {},
        groups=tuple(sorted({e.group for e in question.evidence})) if question.answerable else (),
        places=tuple(places),
        missing=tuple(missing),
    )
    if answer is None:
        return made
    right = is_right(question, answer)
    costs = {f"seconds_{name}": value for name, value in answer.seconds.items() if value is not None}
    costs |= {f"tokens_{name}": float(value) for name, value in answer.tokens.items()}
    return Judged(
        **vars(made)
        | {
            "right": right,
            "declined": answer.declined,
            "score": answer.score,
            "measures": _measure(question, answer, right, places, archive, entails),
            "costs": costs,
        }
    )


def is_right(question: Question, answer: Answer) -> bool | None:
    """Every group held and not declined; of an unanswerable question: declined. None for a question without answers."""
    if not question.answerable:
        return answer.declined
    if not question.groups:
        return None
    return not answer.declined and all(groups_held(answer.answer, question.groups))


def _measure(
    question: Question,
    answer: Answer,
    right: bool | None,
    places: Sequence[EvidencePlace],
    archive: Archive,
    entails: Entails | None,
) -> dict[str, Ratio]:
    declined = float(answer.declined)
    made: dict[str, Ratio] = {}
    if question.answerable:
        made["refused_answerable"] = (declined, 1)
        made["refusal_f1"] = (0, declined)  # F1 is 2·hits / (2·hits + false refusals + answers that were not due)
        if question.groups and right is not None:
            held = groups_held(answer.answer, question.groups)
            made["right"] = (float(right), 1)
            made["group_recall"] = (0.0 if answer.declined else sum(held) / len(held), 1)
        if len(question.groups) == 1:
            made["exact_match"] = (exact_match(answer.short, question.groups[0]), 1)
            made["token_f1"] = (token_f1(answer.short, question.groups[0]), 1)
    else:
        made["refused_unanswerable"] = (declined, 1)
        made["refusal_f1"] = (2 * declined, 1 + declined)
    shown = float(bool(answer.conflicts))
    if question.must_flag_conflict:
        made["conflict_shown"] = (shown, 1)
    elif question.answerable:
        made["conflict_false"] = (shown, 1)
    if answer.citations:
        quotes = [archive.article(c.article_id) for c in answer.citations]
        same = [
            a is not None and a.text[c.start : c.end] == c.quote for a, c in zip(quotes, answer.citations, strict=True)
        ]
        made["verbatim"] = (sum(same), len(same))
        if not answer.declined:  # what a refusal shows as nearest proves nothing
            made["quote_characters"] = (sum(len(c.quote) for c in answer.citations), 1)
        if places and not answer.declined:
            made["evidence_cited"] = (
                sum(_is_evidence(c, question.evidence, places) for c in answer.citations),
                len(same),
            )
    if entails and answer.sentences:
        made |= _citation_quality(answer, entails)
    return made


def _is_evidence(citation: Citation, evidence: Sequence[GoldQuote], places: Sequence[EvidencePlace]) -> bool:
    """Whether a citation shares characters with evidence, or words with it in another copy of the text."""
    if any(place.overlaps(citation.article_id, citation.start, citation.end) for place in places):
        return True
    quote = f" {fold(citation.quote)} "
    return any(f" {fold(e.quote)} " in quote or quote in f" {fold(e.quote)} " for e in evidence)


def _citation_quality(answer: Answer, entails: Entails) -> dict[str, Ratio]:
    """Recall and precision of citations (ALCE, Gao et al. 2023).

    Recall: the sentences that all their quotes together carry. Precision: the citations that are needed, which carry
    their sentence alone, or without which the others do not carry it; none of a sentence that is not carried.
    """
    carried = needed = cited = 0
    for sentence in answer.sentences:
        claim = read_markers(sentence.text)[0]
        quotes = [answer.citations[n - 1] for n in sentence.citations]
        cited += len(quotes)
        if not quotes or not entails(claim, quotes):
            continue
        carried += 1
        if len(quotes) == 1:
            needed += 1
            continue
        for one in quotes:
            rest = [other for other in quotes if other is not one]
            needed += entails(claim, [one]) or not entails(claim, rest)
    return {"citation_recall": (carried, len(answer.sentences)), "citation_precision": (needed, cited)}


def _name_passages(
    rankings: Mapping[str, Sequence[Hit]], places: Sequence[EvidencePlace], archive: Archive
) -> tuple[dict[str, list[str]], dict[str, list[int]]]:
    """Rankings and relevant passages by name, the copies of one text under one name in all of them."""
    same: dict[str, str] = {}

    def find(name: str) -> str:
        while same.get(name, name) != name:
            name = same[name]
        return name

    for hits in rankings.values():
        for hit in hits:
            for copy in hit.copies:
                first, second = sorted((find(_name(hit)), find(_name(copy))))
                same[second] = first
    named = {stage: list(dict.fromkeys(find(_name(hit)) for hit in hits)) for stage, hits in rankings.items()}
    relevant: dict[str, set[int]] = {}
    for article_id in dict.fromkeys(place.article_id for place in places):
        for start, end in archive.spans(article_id):
            groups = {place.group for place in places if place.overlaps(article_id, start, end)}
            if groups:
                relevant.setdefault(find(f"{article_id}:{start}:{end}"), set()).update(groups)
    return named, {name: sorted(groups) for name, groups in relevant.items()}


def _name(hit: Hit) -> str:
    return f"{hit.article.id}:{hit.passage.start}:{hit.passage.end}"
