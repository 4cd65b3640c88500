"""A gold set against a newsroom: each answer written as it comes, then a table of what it was worth.

Evidence is found again in the article by its words, so an article that was edited is reported, not passed over.
"""

import json
import re
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.answer import Answer
from qa.gold import Evidence, Question
from qa.measures import groups_held
from qa.pipeline import LONGEST_QUESTION, Newsroom
from qa.retrieve import Hit

CUTOFFS = (1, 5, 10)


@dataclass(frozen=True)
class Outcome:
    """What one question came to. Recalls are by cutoff; None where the question has no evidence."""

    question: Question
    answer: Answer | None
    found_any: dict[int, bool] | None
    found_all: dict[int, bool] | None
    groups: tuple[bool, ...]
    verbatim: tuple[bool, ...]
    missing_evidence: tuple[str, ...]

    @property
    def declined(self) -> bool:
        return self.answer is not None and self.answer.declined

    @property
    def right(self) -> bool:
        """Every group held and not declined; for an unanswerable question: declined."""
        return all(self.groups) and not self.declined if self.question.answerable else self.declined


def evaluate(
    newsroom: Newsroom,
    questions: Sequence[Question],
    out: Path,
    *,
    retrieval_only: bool,
    progress: Callable[[int, int, float], None] = lambda *_: None,
) -> list[Outcome]:
    """Asks every question; `out/answers.jsonl` grows by a line each. `progress` gets done, total, seconds left."""
    out.mkdir(parents=True, exist_ok=True)
    outcomes = []
    began = time.perf_counter()
    with (out / "answers.jsonl").open("w", encoding="utf-8") as file:
        for done, question in enumerate(questions, 1):
            hits = newsroom.search(_in_context(question), max(CUTOFFS))
            answer = None if retrieval_only else newsroom.ask(question.question, question.history, id=question.id)
            outcomes.append(judge(newsroom, question, hits, answer))
            if answer is not None:
                file.write(json.dumps(answer.to_dict(), ensure_ascii=False) + "\n")
                file.flush()
            spent = time.perf_counter() - began
            progress(done, len(questions), spent / done * (len(questions) - done))
    return outcomes


def _in_context(question: Question) -> str:
    """A question with what was said last before it, for searching without a model."""
    return " ".join([*(turn.content for turn in question.history), question.question])[-LONGEST_QUESTION:]


def judge(newsroom: Newsroom, question: Question, hits: Sequence[Hit], answer: Answer | None) -> Outcome:
    """One question's outcome; citations are compared with the archive's own text, character by character."""
    archive = newsroom.news.archive
    spans: dict[Evidence, list[tuple[int, int]]] = {}
    missing = []
    for evidence in question.evidence:
        article = archive.article(evidence.article_id)
        places = [m.span() for m in re.finditer(re.escape(evidence.quote), article.text)] if article else []
        spans[evidence] = places
        if not places:
            where = (
                f"is not in {evidence.article_id}" if article else f"is of {evidence.article_id}, not in this archive"
            )
            missing.append(f"{question.id}: “{evidence.quote[:60]}” {where}")
    any_found = all_found = None
    if question.answerable and question.evidence:
        any_found, all_found = {}, {}
        groups = {evidence.group for evidence in question.evidence}
        for cutoff in CUTOFFS:
            held = {e.group for e in question.evidence if any(_overlaps(e, spans[e], hit) for hit in hits[:cutoff])}
            any_found[cutoff] = bool(held)
            all_found[cutoff] = held == groups
    verbatim = []
    for citation in answer.citations if answer else ():
        article = archive.article(citation.article_id)
        verbatim.append(article is not None and article.text[citation.start : citation.end] == citation.quote)
    held_groups = tuple(groups_held(answer.answer, question.groups)) if answer else ()
    return Outcome(question, answer, any_found, all_found, held_groups, tuple(verbatim), tuple(missing))


def _overlaps(evidence: Evidence, places: Iterable[tuple[int, int]], hit: Hit) -> bool:
    if hit.article.id != evidence.article_id:
        return any(_overlaps(evidence, places, copy) for copy in hit.copies)
    return any(start < hit.passage.end and hit.passage.start < end for start, end in places)


def figures(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float | int | None]]:
    """Each measure's mean with the number of questions it is over; None over none."""
    answered = [o for o in outcomes if o.answer is not None]
    answerable = [o for o in answered if o.question.answerable]
    unanswerable = [o for o in answered if not o.question.answerable]
    table: dict[str, Sequence[float]] = {}
    for cutoff in CUTOFFS:
        table[f"recall@{cutoff}, any evidence"] = [o.found_any[cutoff] for o in outcomes if o.found_any is not None]
        table[f"recall@{cutoff}, every group"] = [o.found_all[cutoff] for o in outcomes if o.found_all is not None]
    table["right"] = [o.right for o in answerable]
    table["group recall"] = [statistics.fmean(o.groups) for o in answerable if o.groups]
    table["answerable refused"] = [o.declined for o in answerable]
    table["unanswerable refused"] = [o.declined for o in unanswerable]
    table["citations verbatim"] = [v for o in answered for v in o.verbatim]
    table["characters of quotes an answer"] = [
        sum(len(c.quote) for c in o.answer.citations) for o in answered if o.answer and not o.declined
    ]
    made: dict[str, dict[str, float | int | None]] = {
        name: {"mean": round(statistics.fmean(values), 4) if values else None, "n": len(values)}
        for name, values in table.items()
    }
    for name in ("search", "first_token", "total"):
        times = sorted(t for o in answered if o.answer and (t := o.answer.seconds[name]) is not None)
        made[f"seconds, {name}, p50"] = {"mean": statistics.median(times) if times else None, "n": len(times)}
    return made


def write_table(made: dict[str, dict[str, float | int | None]]) -> str:
    """The figures as lines of text."""
    lines = [f"{'measure':34}{'value':>10}{'n':>7}"]
    for name, row in made.items():
        value = "–" if row["mean"] is None else f"{row['mean']:.3f}"
        lines.append(f"{name:34}{value:>10}{row['n']:>7}")
    return "\n".join(lines)
