"""The commands that measure: `groundwire eval` and `groundwire compare`, their gates and what they print."""

import argparse
import os
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import OPTIONS, positive
from cli.terminal import Line, open_room
from ground.shown import one_line
from ground.words import duration, plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from evaluation.compare import Comparison
    from evaluation.run import Run

CHANGED_AT_MOST = 20


def add_eval_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `eval` and `compare`."""
    what = "answer a gold set and measure"
    evaluate = commands.add_parser("eval", help=what, description=what[0].upper() + what[1:] + ".")
    evaluate.set_defaults(run=run_eval)
    for group in ("archive", "embedder", "reranker", "llm"):
        OPTIONS[group](evaluate)
    evaluate.add_argument("gold", type=Path, metavar="GOLD", help="a gold set in JSON Lines")
    evaluate.add_argument("--out", type=Path, required=True, metavar="RUN", help="the folder of the run, made anew")
    evaluate.add_argument("--resume", action="store_true", help="go on with a run that was cut off")
    evaluate.add_argument("--retrieval-only", action="store_true", help="search only; no language model")
    evaluate.add_argument("--limit", type=positive, help="only the first N questions")
    evaluate.add_argument("--kind", help="only the questions of this kind")
    _gates(evaluate)

    what = "put two runs side by side, or show one"
    compare = commands.add_parser("compare", help=what, description=what[0].upper() + what[1:] + ".")
    compare.set_defaults(run=run_compare)
    compare.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="the folder of a run; the older first")
    compare.add_argument("--json", action="store_true", help="print it as JSON")
    _gates(compare)


def _gates(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--fail-under",
        action="append",
        default=[],
        type=_floor,
        metavar="MEASURE=NUMBER",
        help="exit 1 where a measure is under its number (over it, where less is better); may be given again",
    )
    command.add_argument(
        "--no-worse-than", type=Path, metavar="RUN", help="exit 1 where a measure is worse than in that run"
    )


def _floor(text: str) -> tuple[str, float]:
    from evaluation.compare import read_floor

    try:
        return read_floor(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run_eval(given: argparse.Namespace, settings: Settings) -> int:
    from evaluation.evaluate import evaluate
    from evaluation.figures import write_table
    from evaluation.gold.questions import GoldError, read_gold
    from evaluation.report import write_report
    from evaluation.run import check_whole, read_run
    from models.weights import sha256_of

    questions = [q for q in read_gold(given.gold) if not given.kind or q.kind == given.kind][: given.limit]
    if not questions:
        raise GoldError(f'{given.gold}: no question of the kind "{given.kind}"')
    base = read_run(given.no_worse_than) if given.no_worse_than else None
    if base:
        check_whole(base)
    room = open_room(settings)
    line = Line()
    try:
        run = evaluate(
            room,
            questions,
            given.out,
            gold={"name": given.gold.name, "sha256": sha256_of(given.gold)},
            retrieval_only=given.retrieval_only,
            resume=given.resume,
            progress=lambda done, total, left: line.say(f"{done} of {total} questions, {duration(left)} left"),
        )
    finally:
        line.clear()
    report = write_report(run, room.news.archive, questions)
    for sentence in [sentence for row in run.judged for sentence in row.missing]:
        print(f"groundwire: {one_line(sentence)}", file=sys.stderr)
    code = _gate(run, given, base)
    _tell(f"{write_table(run.record['overall'])}\n\nreport: {report}")
    return code


def run_compare(given: argparse.Namespace, settings: Settings) -> int:
    from evaluation.compare import compare
    from evaluation.figures import write_table
    from evaluation.run import RunError, check_whole, read_run

    if len(given.runs) > 2:
        raise RunError(f"{len(given.runs)} runs are given; compare takes one or two")
    runs = [read_run(folder) for folder in given.runs]
    base = read_run(given.no_worse_than) if given.no_worse_than else None
    if len(runs) == 1:
        check_whole(runs[0])
        record = runs[0].record
        text = plain_json(record["overall"]) if given.json else write_table(record["overall"])
    else:
        made = compare(*runs)
        if given.json:
            text = plain_json(asdict(made) | {"runs": [str(folder) for folder in given.runs]})
        else:
            text = "\n".join([_table(made, runs), *_changes(made, runs)])
    code = _gate(runs[-1], given, base)
    _tell(text)
    return code


def _tell(text: str) -> None:
    """Prints; where the reader of a pipe went away the gate's exit code still counts."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _table(made: "Comparison", runs: list["Run"]) -> str:
    from evaluation.figures import MEASURES

    lines = [
        f"A {runs[0].folder}",
        f"B {runs[1].folder}",
        f"{'measure':46}{'A':>9}{'B':>9}{'B - A':>9}  {'95 % interval':>17}{'n':>6}  {'':7}  for --fail-under",
    ]
    for d in made.differences:
        digits = 3 if MEASURES[d.name].share else 1
        span = f"{d.low:+.{digits}f} to {d.high:+.{digits}f}"
        lines.append(
            f"{MEASURES[d.name].title:46}{d.first:9.{digits}f}{d.second:9.{digits}f}{d.by:+9.{digits}f}"
            f"  {span:>17}{d.n:>6}  {d.verdict:7}  {d.name}"
        )
    counts = [len(run.judged) for run in runs]
    if counts != [made.questions] * 2:
        lines.insert(2, f"over the {made.questions} questions of both; A has {counts[0]}, B has {counts[1]}")
    if made.n:
        lines.append(
            f"\nright in B alone {len(made.won)}, in A alone {len(made.lost)}, of {made.n};"
            f" McNemar's exact p {made.p:.3g}"
        )
    return "\n".join(lines)


def _changes(made: "Comparison", runs: list["Run"]) -> Iterator[str]:
    """The questions whose answers became right or wrong, with both answers."""
    questions = {row.id: row.question for row in runs[0].judged}
    for what, ids in (("became right", made.won), ("became wrong", made.lost)):
        for id in ids[:CHANGED_AT_MOST]:
            yield f"\n{what}: {one_line(id)}  {one_line(questions[id])}"
            for name, run in zip("AB", runs, strict=True):
                answer = one_line(run.answers[id]["answer"]) if id in run.answers else "no answer"
                yield textwrap.fill(answer, 110, initial_indent=f"  {name}  ", subsequent_indent="     ")
        if len(ids) > CHANGED_AT_MOST:
            yield f"\nand {len(ids) - CHANGED_AT_MOST} more that {what}; --json names them all"


def _gate(run: "Run", given: argparse.Namespace, base: "Run | None") -> int:
    from evaluation.compare import check_floors, check_no_worse, compare

    problems = check_floors(run.record["overall"], given.fail_under)
    if base is not None:
        asked = {row.id for row in run.judged}
        left = [row.id for row in base.judged if row.id not in asked]
        if left:
            problems.append(f"{base.folder}: {len(left)} of its {len(base.judged)} questions are not in this run")
        problems += [f"worse than {base.folder}: {sentence}" for sentence in check_no_worse(compare(base, run))]
    for sentence in problems:
        print(f"groundwire: {sentence}", file=sys.stderr)
    return 1 if problems else 0
