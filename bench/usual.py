"""A gold set answered in the usual way of RAG: the 5 best passages in one prompt, one short sentence as the reply.

Archive, search, language model and measures are the project's own; what needs citations is left out. `--beside` puts
a run of `groundwire eval` next to it, over the questions that both have answered.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bench.corpus import describe_archive, places_of, texts_of
from bench.record import open_parser, write_record
from cli.options import positive, run_safely, settings_of
from cli.terminal import Line, open_room
from evaluation.compare import compare
from evaluation.evaluate import evaluate
from evaluation.figures import MEASURES, Figure, as_json, rows_of, summarise, write_table
from evaluation.gold.questions import GoldError, Question, read_gold, to_row
from evaluation.judge import Judged
from evaluation.run import Run, RunError, read_run
from ground.files import write_whole
from ground.words import duration, holds
from index.opening import open_archive
from index.passage import heading
from index.store.archive import Archive
from models import Message
from models.weights import sha256_of
from qa.answer import Answer
from qa.ask import check_question, standalone
from qa.newsroom import Newsroom
from qa.retrieve import Hit
from qa.settings import Settings

PASSAGES, ANSWER_TOKENS = 5, 100
REFUSAL = "The articles do not say."
SYSTEM = "You answer questions from news passages."
TASK = f"Answer in one short sentence from the passages, or say: {REFUSAL}"
SHOWN = (
    *("right", "group_recall", "exact_match", "token_f1", "refused_unanswerable", "refused_answerable"),
    "seconds_total_p50",
)


def write_prompt(question: str, hits: Sequence[Hit]) -> list[Message]:
    """All passages under their headings, the question and the task last."""
    passages = "\n\n".join(f"({heading(hit.article, hit.passage.start)})\n{hit.text}" for hit in hits)
    return [Message("system", SYSTEM), Message("user", f"Passages:\n\n{passages}\n\nQuestion: {question}\n{TASK}")]


def says_no(reply: str) -> bool:
    """Whether a reply says that the articles do not say.

    >>> says_no("Sorry, the articles do NOT say."), says_no("The articles say so.")
    (True, False)
    """
    return holds(reply, REFUSAL)


class UsualRoom(Newsroom):
    """A newsroom that asks once, with `settings.passages` passages; the whole reply is its short answer too."""

    def ask(self, question: str, history: Sequence[Message] = (), *, id: str | None = None) -> Answer:
        """No sentence is cited and there is no score; a follow-up is put in words of its own first, as ours is."""
        began = time.perf_counter()
        generator = self.generator
        assert generator is not None, "the usual way has a language model"
        before = generator.usage
        alone = check_question(question)
        if history:
            alone = standalone(alone, history, generator, lambda: False)
        started = time.perf_counter()
        hits = self.search(alone)
        seconds: dict[str, float | None] = {"search": round(time.perf_counter() - started, 4), "first_token": None}
        reply = ""
        for piece in generator.stream(
            write_prompt(alone, hits), max_tokens=self.settings.answer_tokens, seed=self.settings.seed
        ):
            if seconds["first_token"] is None:
                seconds["first_token"] = round(time.perf_counter() - began, 4)
            reply += piece
        seconds["total"] = round(time.perf_counter() - began, 4)
        reply = reply.strip()
        declined = says_no(reply)
        return Answer(
            id,
            question,
            alone,
            reply,
            "" if declined else reply,
            declined,
            None,
            hits=tuple(hits),
            seconds=seconds,
            tokens=asdict(generator.usage - before),
        )


def choose(questions: Sequence[Question], archive: Archive) -> list[Question]:
    """The questions that can be judged: unanswerable ones, and those with gold answers and all evidence they name."""
    text_of = texts_of(archive)
    return [
        question
        for question in questions
        if not question.answerable or (question.groups and (not question.evidence or places_of(question, text_of)))
    ]


def sample(questions: Sequence[Question], n: int, *, seed: int = 0) -> list[Question]:
    """`n` questions at random, answerable and unanswerable in proportion, in the order given; all where fewer.

    >>> gold = [Question(str(i), "Who?", (), (), i % 4 > 0, "") for i in range(40)]
    >>> picked = sample(gold, 8)
    >>> len(picked), sum(not question.answerable for question in picked), picked == sample(gold, 8)
    (8, 2, True)
    """
    n = min(n, len(questions))
    sides: list[list[Question]] = [[], []]
    for question in questions:
        sides[question.answerable].append(question)
    unanswerable = round(n * len(sides[0]) / len(questions)) if questions else 0
    generator = random.Random(seed)
    picked: set[str] = set()
    for side, count in zip(sides, (unanswerable, n - unanswerable), strict=True):
        picked |= {question.id for question in generator.sample(side, count)}
    return [question for question in questions if question.id in picked]


def figures_of(judged: Sequence[Judged]) -> dict[str, dict[str, float | int]]:
    """The measures of SHOWN: value, low, high and n of each."""
    made = summarise(judged, rows_of(judged))
    return {name: as_json(made[name]) for name in SHOWN if name in made}


def narrow(run: Run, ids: set[str]) -> Run:
    """The part of a run over these questions, whole in itself."""
    return Run(
        run.folder,
        run.record | {"complete": True, "questions": len(ids), "retrieval_only": False},
        tuple(row for row in run.judged if row.id in ids),
        {id: answer for id, answer in run.answers.items() if id in ids},
    )


def put_beside(usual: Run, ours: Run) -> dict[str, Any]:
    """Both over the questions that both have answered, and ours less usual, paired; RunError where there are none."""
    answered = [{row.id for row in run.judged if row.id in run.answers} for run in (usual, ours)]
    usual, ours = (narrow(run, answered[0] & answered[1]) for run in (usual, ours))
    made = compare(usual, ours)
    return {
        "questions": made.questions,
        "usual": figures_of(usual.judged),
        "ours": figures_of(ours.judged),
        "difference": {
            d.name: as_json(Figure(d.by, d.low, d.high, d.n)) | {"verdict": d.verdict}
            for d in made.differences
            if d.name in SHOWN
        },
        "right_in_ours_alone": len(made.won),
        "right_in_usual_alone": len(made.lost),
        "judged_in_both": made.n,
        "mcnemar_p": round(made.p, 6),
    }


def write_beside(made: Mapping[str, Any]) -> str:
    """Both runs and their difference as lines of text, each with its 95 % interval."""
    lines = [f"{'measure':42}{'usual':>8}{'':17}{'ours':>8}{'':17}{'ours-usual':>11}{'':17}{'n':>5}"]
    for name in SHOWN:
        digits = 3 if MEASURES[name].share else 1
        cells = ""
        for side in ("usual", "ours"):
            row = made[side].get(name)
            span = f"[{row['low']:.{digits}f}, {row['high']:.{digits}f}]" if row else ""
            cells += f"{row['value']:8.{digits}f} {span:16}" if row else f"{'–':>8}{'':17}"
        gap = made["difference"].get(name)
        if gap:
            span = f"[{gap['low']:+.{digits}f}, {gap['high']:+.{digits}f}]"
            cells += f"{gap['value']:+11.{digits}f} {span:16}{gap['n']:5}  {gap['verdict']}"
        if gap or any(name in made[side] for side in ("usual", "ours")):
            lines.append(f"{MEASURES[name].title:42}{cells}".rstrip())
    return "\n".join(
        [
            *lines,
            f"\nright in ours alone {made['right_in_ours_alone']}, in the usual way alone"
            f" {made['right_in_usual_alone']}, of {made['judged_in_both']}; McNemar's exact p {made['mcnemar_p']:.3g}",
        ]
    )


def name_of(gold: Path) -> str:
    """What a gold set is called: its file, or its folder where the file is one `gold.jsonl` among many.

    >>> name_of(Path("/sets/xquad/gold.jsonl")), name_of(Path("sample-xquad.jsonl"))
    ('xquad', 'sample-xquad')
    """
    return gold.resolve().parent.name if gold.stem == "gold" else gold.stem


def read_options() -> argparse.Namespace:
    parser = open_parser(__doc__ or "", name="usual-GOLD")
    parser.set_defaults(name=None)
    parser.add_argument("gold", type=Path, metavar="GOLD", help="a gold set in JSON Lines")
    parser.add_argument("--archive", type=Path, required=True, metavar="DIR", help="the archive's folder")
    parser.add_argument("--questions", type=positive, metavar="N", help="only N of them at random, seed 0 (all)")
    parser.add_argument("--write-sample", type=Path, metavar="FILE", help="write those questions and stop")
    parser.add_argument("--llm", default=Settings.llm, metavar="NAME", help=f"a model's name or path ({Settings.llm})")
    parser.add_argument("--offline", action="store_true", help="never open a socket")
    parser.add_argument("--beside", type=Path, metavar="RUN", help="a folder that groundwire eval made")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="RUN",
        help="the folder of this run; answers that it holds are not asked again (one in the temporary folder)",
    )
    return parser.parse_args()


def run(given: argparse.Namespace) -> int:
    settings = replace(settings_of(given), passages=PASSAGES, answer_tokens=ANSWER_TOKENS)
    gold = read_gold(given.gold)
    archive = open_archive(given.archive)
    kept = choose(gold, archive)
    if not kept:
        raise GoldError(f"{given.gold}: no question can be judged by {given.archive}; name the archive of its articles")
    questions = sample(kept, given.questions or len(kept))
    unanswerable = sum(not question.answerable for question in questions)
    told = f"{len(questions)} questions, {unanswerable} of them unanswerable; left out {len(gold) - len(kept)}"
    if given.write_sample:
        rows = "".join(json.dumps(to_row(question), ensure_ascii=False) + "\n" for question in questions)
        write_whole(given.write_sample, rows)
        print(f"{given.write_sample}: {told}")
        return 0
    ours = read_run(given.beside) if given.beside else None
    if ours and ours.record.get("archive") != archive.contents():
        raise RunError(
            f"{given.beside}: was made with another archive than {given.archive}; name the one it was made with"
        )
    if ours and not any(question.id in ours.answers for question in questions):
        raise RunError(f"{given.beside}: has answered none of these questions; run groundwire eval over {given.gold}")
    about = describe_archive(archive)
    archive.close()

    name = given.name or f"usual-{name_of(given.gold)}"
    code = sha256_of(Path(__file__))[:8]
    out = given.out or Path(tempfile.gettempdir()) / "groundwire-usual" / f"{name}-{len(questions)}-{code}"
    room = open_room(settings)
    line = Line()
    try:
        usual = evaluate(
            UsualRoom(room.news, settings, lambda: room.reader, lambda: room.generator, lambda: room.reranker),
            questions,
            out,
            gold={"name": given.gold.name, "sha256": sha256_of(given.gold)},
            resume=True,
            progress=lambda done, total, left: line.say(f"{done} of {total} questions, {duration(left)} left"),
        )
    finally:
        line.clear()
    made = figures_of(usual.judged)
    figures: dict[str, Any] = {
        "questions": len(questions),
        "unanswerable": unanswerable,
        "left_out": len(gold) - len(kept),
        "passages": PASSAGES,
        "answer_tokens": ANSWER_TOKENS,
        "system": SYSTEM,
        "task": TASK,
        "run": _made_by(usual),
        "usual": made,
    }
    print(f"{told}\nanswers: {out}\n\n{write_table(made)}")
    if ours:
        figures["beside"] = {"run": _made_by(ours)} | put_beside(usual, ours)
        print(f"\n{given.beside} beside it, over the {figures['beside']['questions']} questions of both")
        if ours.record["llm"] != usual.record["llm"]:
            print(f"with another language model: {(ours.record['llm'] or {}).get('name')}")
        print(write_beside(figures["beside"]))
    figures["answers"] = {
        row.id: "declined" if row.declined else "right" if row.right else "wrong" for row in usual.judged
    }
    write_record(name, figures, corpus=about, gold=given.gold, models=[settings.embedder], weights=given.weights)
    return 0


def _made_by(run: Run) -> dict[str, Any]:
    """When and by what a run's answers were made; not where they lie."""
    kept = ("date", "commit", "uncommitted_changes", "questions", "llm")
    return {"name": run.folder.name} | {name: run.record.get(name) for name in kept}


def main() -> None:
    given = read_options()
    raise SystemExit(run_safely("bench.usual", lambda: run(given)))


if __name__ == "__main__":
    main()
