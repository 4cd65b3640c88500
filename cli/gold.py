"""`groundwire gold`: makes, checks and mends gold sets. Each command is one call of the Python API."""

import argparse
import shlex
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import OPTIONS, llm_name, place_of, positive
from cli.terminal import Line, fetching, open_room
from ground.shown import one_line
from ground.words import duration, plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from evaluation.gold.imports.item import LeftOut

SHOWN = 20
EXAMPLES = 3


def add_gold_commands(commands: Any) -> None:
    """`groundwire gold` and what stands under it; `commands` is what argparse's add_subparsers gave."""
    gold = commands.add_parser("gold", help="make a gold set: import, check, add, draft, review", description=__doc__)
    under = gold.add_subparsers(dest="gold_command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., int], what: str, *groups: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = under.add_parser(
            name, help=what, description=what[0].upper() + what[1:] + ".", prog=f"groundwire gold {name}"
        )
        command.set_defaults(run=run)
        for group in groups:
            OPTIONS[group](command)
        return command

    take = add("import", run_import, "make articles and a gold file of somebody else's gold set", "archive")
    take.add_argument(
        "paths", nargs="+", type=Path, metavar="SOURCE", help="SQuAD, BEIR, MultiHop-RAG, or a CSV or JSON Lines table"
    )
    take.add_argument("--out", type=Path, required=True, metavar="DIR", help="where articles.jsonl and gold.jsonl go")
    take.add_argument("--limit", type=positive, metavar="N", help="only the first N questions; all articles")
    take.add_argument("--split", metavar="NAME", help="the judgments of a BEIR folder (test, else dev, else train)")
    take.add_argument("--force", action="store_true", help="replace what is there")
    take.add_argument("--json", action="store_true", help="print what was made, and all that was left out, as JSON")

    check = add("check", run_check, "find what is wrong with a gold set; no model", "archive")
    check.add_argument("gold", type=Path, metavar="GOLD", help="a gold set in JSON Lines")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")

    more = add("add", run_add, "add a question, its evidence picked from search results", "archive", "embedder")
    more.add_argument("gold", type=Path, metavar="GOLD", help="a gold set; made if it is not there")
    question = more.add_argument("question", help="the question; not with --marked")
    more.add_argument("--answer", metavar="FORMS", help='accepted forms, such as "ten | 10; Baghdad"; asks nothing')
    more.add_argument(
        "--evidence", action="append", default=[], metavar="ARTICLE:START:END", help="characters that prove the answer"
    )
    more.add_argument("--kind", default="", help="kind of question")
    more.add_argument("--unanswerable", action="store_true", help="the articles do not answer it; asks nothing")
    more.add_argument(
        "--marked",
        action=_InPlaceOf,
        const=question,
        nargs=0,
        default=False,
        help="walk through the answers that were marked in chats",
    )
    more.set_defaults(misused=more.error)

    draft = add("draft", run_draft, "let the language model propose questions, to be reviewed", "archive", "embedder")
    draft.add_argument("gold", type=Path, metavar="GOLD", help="the gold set that they are for; drafts lie beside it")
    draft.add_argument("-n", type=positive, default=10, help="how many drafts (10)")
    draft.add_argument(
        "--llm",
        type=llm_name,
        default=argparse.SUPPRESS,
        metavar="NAME",
        help=f"a model's name or GGUF ({Settings.llm})",
    )
    draft.add_argument("--seed", type=int, default=Settings.seed, help="of the choice of passages (0)")

    review = add("review", run_review, "accept, edit or reject drafts, one by one")
    review.add_argument("drafts", type=Path, metavar="DRAFTS", help="what groundwire gold draft wrote")
    review.add_argument("gold", type=Path, metavar="GOLD", help="where accepted questions go; made if it is not there")


class _InPlaceOf(argparse.Action):
    """A flag that stands in place of the argument given as `const`. (An argument with nargs="?" would not be found
    behind an option.)"""

    def __call__(self, parser: object, namespace: argparse.Namespace, *_: object) -> None:
        setattr(namespace, self.dest, True)
        self.const.required = False


# Sets of others


def run_import(given: argparse.Namespace, settings: Settings) -> int:
    from evaluation.gold.imports.sets import read_set, write_set
    from index.opening import is_archive, open_archive

    there = is_archive(settings.archive)
    archive = open_archive(settings.archive) if there else None
    made = read_set(given.paths, limit=given.limit, split=given.split, archive=archive)
    articles, gold = write_set(made, given.out, force=given.force)
    unanswerable = sum(not question.answerable for question in made.questions)
    quotes = sum(len(question.evidence) for question in made.questions)
    if given.json:
        print(
            plain_json(
                {
                    "format": made.format,
                    "articles": len(made.articles),
                    "questions": len(made.questions),
                    "unanswerable": unanswerable,
                    "quotes": quotes,
                    "left_out": [vars(item) for item in made.left_out],
                    "files": [str(file) for file in (articles, gold) if file],
                }
            )
        )
        return 0
    print(
        f"{made.format} → {given.out}: questions {len(made.questions)} (unanswerable {unanswerable}), quotes {quotes},"
        f" articles {len(made.articles)}"
    )
    _tell_left_out(made.left_out)
    home = given.out / "archive" if articles else place_of(settings.archive)
    print("next:")
    if articles or not there:
        _next("index", articles or "PATH_OF_YOUR_ARTICLES", "--archive", home)
    _next("gold", "check", gold, "--archive", home)
    _next("eval", gold, "--archive", home, "--out", given.out / "run")
    return 0


def _next(*words: object) -> None:
    print(f"  groundwire {shlex.join(map(str, words))}")


def _tell_left_out(left_out: "tuple[LeftOut, ...]") -> None:
    reasons: dict[str, list[str]] = defaultdict(list)
    for item in left_out:
        reasons[item.reason].append(item.where)
    for reason, places in sorted(reasons.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        more = ", …" if len(places) > EXAMPLES else ""
        print(f"left out {len(places)}: {one_line(reason)} ({one_line(', '.join(places[:EXAMPLES]))}{more})")


# Looking at a set


def run_check(given: argparse.Namespace, settings: Settings) -> int:
    from evaluation.gold.check import Finding, check_gold, counts, is_of_other_articles
    from evaluation.gold.questions import GoldError, read_lines
    from index.opening import open_archive

    lines = list(read_lines(given.gold))
    questions = [item for _, item in lines if not isinstance(item, GoldError)]
    findings = [Finding("error", None, str(item)) for _, item in lines if isinstance(item, GoldError)]
    if not lines:
        raise GoldError(f"{given.gold}: holds no questions")
    archive = open_archive(settings.archive)
    if is_of_other_articles(questions, archive):
        raise GoldError(
            f"{archive.place}: holds none of the articles that {given.gold} quotes; name the archive that was"
            " made of them with --archive"
        )
    findings += check_gold(questions, archive)
    errors = [finding for finding in findings if finding.level == "error"]
    held = counts(questions)
    if given.json:
        print(plain_json({"gold": str(given.gold), **held, "findings": [vars(finding) for finding in findings]}))
        return 1 if errors else 0
    print(f"{given.gold}: {', '.join(f'{name} {count}' for name, count in held.items() if count)}")
    for level in ("error", "hint"):
        some = [finding for finding in findings if finding.level == level]
        for finding in some[:SHOWN]:
            about = f"{finding.question}: " if finding.question else ""
            print(f"{level}  {one_line(about + finding.sentence)}")
        if len(some) > SHOWN:
            print(f"{level}  and {len(some) - SHOWN} more; --json has all")
    print(f"errors {len(errors)}, hints {len(findings) - len(errors)}")
    return 1 if errors else 0


# Making gold


def run_add(given: argparse.Namespace, settings: Settings) -> int:
    from cli import gold_dialogue
    from evaluation.gold.add import check_new, make_question, read_groups, read_place
    from evaluation.gold.file import read_known
    from evaluation.gold.marked import read_marked
    from index.opening import open_archive

    if given.marked == bool(given.question):
        given.misused("give a question, or --marked to walk through the marked answers")
    if bool(given.answer) == given.unanswerable and (given.answer or given.evidence):
        given.misused("give either --answer or --unanswerable")
    if given.marked:
        marked, problems = read_marked(settings.archive)
        for problem in problems:
            gold_dialogue.tell(problem)
        with _leaving():
            gold_dialogue.walk_marked(marked, given.gold, open_archive(settings.archive), lambda: open_room(settings))
    elif given.answer or given.unanswerable:
        archive = open_archive(settings.archive)
        question = check_new(given.question, read_known(given.gold))
        groups = read_groups(given.answer) if given.answer else ()
        quotes = [read_place(place, archive) for place in given.evidence]
        gold_dialogue.save(given.gold, make_question("", question, groups, quotes, kind=given.kind))
    else:
        check_new(given.question, read_known(given.gold))  # before the models are loaded
        with _leaving():
            gold_dialogue.add_question(open_room(settings), given.gold, given.question, given.kind)
    return 0


def run_draft(given: argparse.Namespace, settings: Settings) -> int:
    from evaluation.gold.draft import draft_questions, drafts_file
    from evaluation.gold.file import append_row, read_known
    from evaluation.gold.questions import to_row
    from models import ModelError
    from qa.newsroom import open_newsroom

    drafts = drafts_file(given.gold)
    known = [*read_known(given.gold), *read_known(drafts)]
    room = open_newsroom(settings, fetching())
    generator = room.generator
    if generator is None:
        raise ModelError("--llm none writes no drafts; name a language model")
    line, began = Line(), time.perf_counter()
    line.say("loading the model …")
    reasons: dict[str, int] = defaultdict(int)
    made = tried = 0
    try:
        for attempt in draft_questions(room.news.archive, generator, room.reader, known, seed=settings.seed):
            tried += 1
            if attempt.draft is None:
                reasons[attempt.reason] += 1
            else:
                append_row(drafts, to_row(attempt.draft) | {"drafted_by": generator.name})
                made += 1
            left = (time.perf_counter() - began) / max(1, made) * (given.n - made)
            line.say(f"{made} of {given.n} drafts from {tried} passages, {duration(left)} left")
            if made == given.n:
                break
    finally:
        line.clear()
        print(f"{drafts}: {made} drafts more, from {tried} passages")
        for reason, count in sorted(reasons.items()):
            print(f"left out {count}: {reason}")
    if made < given.n:
        print(f"groundwire: no more passages to draft from; {made} of {given.n} drafts were made", file=sys.stderr)
    if made:
        print("next:")
        _next("gold", "review", drafts, given.gold)
    return 0


def run_review(given: argparse.Namespace, settings: Settings) -> int:
    from cli.gold_dialogue import review

    with _leaving():
        review(given.drafts, given.gold)
    return 0


@contextmanager
def _leaving() -> Iterator[None]:
    """Ends where the person leaves."""
    from cli.gold_dialogue import Left

    try:
        yield
    except Left:
        print("left; what was decided is kept", file=sys.stderr)
