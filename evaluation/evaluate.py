"""A gold set against a newsroom: a run folder that grows by a line a question and can be taken up again.

Two runs of one making differ in nothing but their seconds.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from evaluation.figures import make_figures
from evaluation.gold.questions import GoldError, Question
from evaluation.judge import Entails, fingerprint, judge
from evaluation.run import Run, RunError, read_run, row_of, write_json, write_line
from evaluation.trec import DEPTH, write_trec
from ground.files import write_whole
from ground.words import holds
from models import Reader
from qa.answer import Citation
from qa.ask import LONGEST_QUESTION, QuestionError, check_question
from qa.newsroom import Newsroom
from qa.provenance import commit, machine, peak_memory_bytes, versions

SAME = {
    "questions_sha256": "gold set, or other questions of it",
    "retrieval_only": "--retrieval-only",
    "archive": "archive",
    "embedder": "embedder",
    "reranker": "reranker",
    "llm": "language model",
    "judge": "judge",
    "settings": "settings",
}
LINES = ("judged.jsonl", "answers.jsonl")
TellProgress = Callable[[int, int, float], None]


def judge_by(reader: Reader) -> Entails:
    """The reader as the judge of citations: does one of the quotes support the claim rather than not.

    A claim that holds a quote word for word is borne out by it.
    """

    def entails(claim: str, quotes: Sequence[Citation]) -> bool:
        if any(holds(claim, c.quote) for c in quotes):
            return True
        return any(v.supported > 0.5 for v in reader.judge([claim] * len(quotes), [("", c.quote, "") for c in quotes]))

    return entails


def evaluate(
    newsroom: Newsroom,
    questions: Sequence[Question],
    out: Path,
    *,
    gold: dict[str, str],
    retrieval_only: bool = False,
    resume: bool = False,
    progress: TellProgress = lambda *_: None,
) -> Run:
    """Asks every question; `gold` is the gold set's name and hash. `progress` gets done, total, seconds left.

    Raises RunError where `out` holds a run already, unless `resume` takes up one of the same making; GoldError for a
    question that cannot be asked, and where the archive holds none of the articles that prove the answers.
    """
    there = (out / "figures.json").exists()
    if there and not resume:
        raise RunError(f"{out}: holds a run already; name another --out, or go on with it by --resume")
    for name in LINES if not there else ():
        if (out / name).exists() and (out / name).stat().st_size:
            raise RunError(f"{out}: holds another {name}, and no run; name another --out")
    _check(newsroom, questions, gold["name"])
    record = _describe(newsroom, questions, gold, retrieval_only)
    held = _take_up(out, questions, record) if there else None
    judged = list(held.judged) if held else []
    entails = None if retrieval_only else judge_by(newsroom.reader)
    if held is None:
        out.mkdir(parents=True, exist_ok=True)
        for name in LINES:
            (out / name).write_text("", encoding="utf-8")
        write_json(record | {"complete": False}, out / "figures.json")
    began, before = time.perf_counter(), len(judged)
    with (
        (out / "judged.jsonl").open("a", encoding="utf-8") as judgements,
        (out / "answers.jsonl").open("a", encoding="utf-8") as answers,
    ):
        for question in questions[before:]:
            rankings = newsroom.rankings(in_context(question), DEPTH)
            answer = None if retrieval_only else newsroom.ask(question.question, question.history, id=question.id)
            if answer is not None:
                rankings["read"] = list(answer.hits)
                write_line(answer.to_dict(), answers)
            judged.append(judge(question, answer, rankings, newsroom.news.archive, entails))
            write_line(row_of(judged[-1]), judgements)
            spent = time.perf_counter() - began
            done = len(judged)
            progress(done, len(questions), spent / (done - before) * (len(questions) - done))
    write_trec(judged, out / "trec")
    record = (held.record if held else record) | {
        "complete": True,
        "peak_memory_gb": round(peak_memory_bytes() / 1e9, 3),
        **make_figures(judged, seed=newsroom.settings.seed),
    }
    write_json(record, out / "figures.json")
    return read_run(out)


def _check(newsroom: Newsroom, questions: Sequence[Question], gold: str) -> None:
    """Raises GoldError for what would end the run on its way, or make it worthless."""
    for question in questions:
        try:
            check_question(question.question)
            fingerprint(question)
        except QuestionError as error:
            raise GoldError(f"{gold}: {question.id}: {error}") from None
        except UnicodeEncodeError:
            raise GoldError(
                f"{gold}: {question.id!a}: holds half a character, such as \\ud800; mend the line"
            ) from None
    archive = newsroom.news.archive
    named = {evidence.article_id for question in questions for evidence in question.evidence}
    if named and not any(archive.article(article_id) for article_id in named):
        raise GoldError(
            f"{gold}: none of the {len(named)} articles that it quotes is in {archive.place}; index them, or name the"
            " archive that holds them by --archive"
        )


def in_context(question: Question) -> str:
    """A question with what was said last before it, for searching without a model."""
    return " ".join([*(turn.content for turn in question.history), question.question.strip()])[-LONGEST_QUESTION:]


def _describe(
    newsroom: Newsroom, questions: Sequence[Question], gold: dict[str, str], retrieval_only: bool
) -> dict[str, Any]:
    """What made a run; `SAME` of it must not change on the way."""
    generator = None if retrieval_only else newsroom.generator
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **commit(),
        "machine": machine(),
        "versions": versions(),
        "gold": gold,
        "questions": len(questions),
        "questions_sha256": hashlib.sha256("".join(map(fingerprint, questions)).encode()).hexdigest(),
        "retrieval_only": retrieval_only,
        "archive": newsroom.news.archive.contents(),
        "embedder": newsroom.news.embedder.identity,
        "reranker": newsroom.reranker.name if newsroom.reranker else None,
        "llm": generator and {"name": generator.name, "sha256": generator.sha256},
        "judge": None if retrieval_only else f"{newsroom.reader.identity}, support above 0.5",
        "settings": {n: v for n, v in newsroom.settings.to_dict().items() if n != "archive"},
    }


def _take_up(out: Path, questions: Sequence[Question], record: dict[str, Any]) -> Run:
    """The run in `out` as far as it is whole, its files cut there; raises RunError when it is another one."""
    held = read_run(out)
    changed = [words for name, words in SAME.items() if held.record.get(name) != record[name]]
    if changed:
        raise RunError(f"{out}: was made with another {', another '.join(changed)}; name another --out to begin anew")
    pairs = zip(held.judged, questions, strict=False)
    whole = takewhile(lambda p: p[0].id == p[1].id and (record["retrieval_only"] or p[0].id in held.answers), pairs)
    kept = [row for row, _ in whole]
    for name, rows in (
        ("judged.jsonl", [row_of(row) for row in kept]),
        ("answers.jsonl", [held.answers[row.id] for row in kept if row.id in held.answers]),
    ):
        write_whole(out / name, "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
    return Run(out, held.record, tuple(kept), held.answers)
