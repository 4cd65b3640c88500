"""What `groundwire ask` and `search` write to files: a batch of answers, a bibliography, hits as a table."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import scope_of
from cli.suggest import OneText
from cli.terminal import Line, open_room, plain
from ground.words import duration, plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.answer import Answer, Citation
    from qa.batch import BatchProgress, BatchReport
    from qa.narrowing.understood import Understood
    from qa.newsroom import Newsroom
    from qa.retrieve import Hit
    from qa.sheet import Cell

STYLES = ("bibtex", "ris", "csl-json", "footnote")
PROBLEMS_SHOWN = 20
HIT_COLUMNS = (
    *("rank", "score", "outlet", "day", "headline", "url", "article_id", "start", "end", "superseded"),
    *("also_carried_by", "text"),
)


def add_asking(ask: argparse.ArgumentParser) -> None:
    """What is asked, and what becomes of the answer."""
    ask.epilog = "example: groundwire ask --file questions.csv --out answers.xlsx --llm none"
    asked = ask.add_mutually_exclusive_group(required=True)
    asked.add_argument("question", nargs="*", default="", action=OneText, help="in quotes, or as words")
    what = 'a file of questions: .csv, .tsv or .xlsx with a column "question", .jsonl, or .txt, a question a line'
    asked.add_argument("--file", type=Path, metavar="QUESTIONS", help=what)
    ask.add_argument(
        "--out",
        type=Path,
        metavar="ANSWERS",
        help="with --file: where the answers go, .csv, .tsv, .xlsx or .jsonl; the same command goes on after a kill",
    )
    ask.add_argument("--replace", action="store_true", help="with --file: ask all anew, write over what --out holds")
    add_narrowing(ask)
    shown = ask.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print the answer as JSON; with --file what became of it")
    shown.add_argument("--cite", choices=STYLES, help="print the citations alone, the answer on standard error")
    ask.set_defaults(misused=ask.error)


def add_narrowing(command: argparse.ArgumentParser) -> None:
    """Whether what a question says of outlets, authors and days narrows the search."""
    told = "do not search only in the outlets, authors and days that the question names (docs/narrowing.md)"
    command.add_argument("--no-narrow", dest="narrow", action="store_false", help=told)


def tell_understood(understood: "Understood") -> None:
    """One line on standard error: by what the search is narrowed, or that it was widened again."""
    hint = " --no-narrow searches all." if understood.parts else ""
    print(f"groundwire: {plain(understood.told())}{hint}", file=sys.stderr)


def check_usage(given: argparse.Namespace) -> None:
    """Ends with 2 where options of `groundwire ask` do not go together."""
    if given.file and not given.out:
        given.misused("name with --out where the answers go, such as answers.csv")
    if given.file and given.cite:
        given.misused("--cite is for one question; the answers to --file name their sources")
    if not given.file and (given.out or given.replace):
        given.misused("--out and --replace go with --file")


def run_batch(given: argparse.Namespace, settings: Settings) -> int:
    """Asks the questions of a file; 3 where a row was none."""
    from qa.batch import ask_all, check_out
    from qa.questions import read_questions

    check_out(given.out, given.file, replace=given.replace)
    file = read_questions(given.file)
    scope = scope_of(given)
    room = open_room(settings)
    scope = room.news.archive.known(scope)
    line, done = Line(), 0

    def tell(now: "BatchProgress") -> None:
        nonlocal done
        done = now.done
        left = f", {duration(now.seconds_left)} left" if now.seconds_left else ""
        line.say(f"{now.done} of {now.total} questions, {now.a_minute:.0f} a minute{left}", last=now.done == now.total)

    try:
        report = ask_all(room, file, given.out, scope=scope, narrow=given.narrow, replace=given.replace, progress=tell)
    except BaseException:  # Ctrl-C, or a model's server that has gone away
        if done:
            line.clear()
            kept = f"{done} of {len(file.questions)} answers are kept; the same command goes on with the rest"
            print(f"groundwire: {kept}", file=sys.stderr)
        raise
    for problem in report.problems[:PROBLEMS_SHOWN]:
        print(f"groundwire: {plain(problem)}", file=sys.stderr)
    if len(report.problems) > PROBLEMS_SHOWN:
        print(
            f"groundwire: and {len(report.problems) - PROBLEMS_SHOWN} more rows; {given.out} has all", file=sys.stderr
        )
    if report.cut:
        print(f"groundwire: {report.cut} cells were longer than a spreadsheet takes, and are cut", file=sys.stderr)
    print(_as_json(report) if given.json else _summary(report))
    return 3 if report.problems else 0


def _summary(report: "BatchReport") -> str:
    """One line of what became of a batch."""
    parts = [f"{report.answered} answered, {report.declined} declined"]
    if report.before:
        parts.append(f"{report.before} of them by an earlier run")
    if report.problems:
        rows = "1 row is" if len(report.problems) == 1 else f"{len(report.problems)} rows are"
        parts.append(f"{rows} no question")
    pace = f", {report.a_minute:.0f} a minute" if report.questions > report.before else ""
    return plain(
        f"{report.questions} questions in {duration(report.seconds)}{pace}: {'; '.join(parts)}. Written: {report.out}"
    )


def _as_json(report: "BatchReport") -> str:
    return plain_json(vars(report) | {"problems": list(report.problems), "a_minute": round(report.a_minute, 1)})


def tell_citations(room: "Newsroom", answer: "Answer", style: str) -> None:
    """Prints the citations of an answer in a style; a refusal cites nothing, for nothing in it is borne out."""
    from qa.bibliography import STYLES, write_bibliography

    def byline_of(citation: "Citation") -> str | None:
        article = room.news.archive.article(citation.article_id)
        return article.section_at(citation.start).byline or article.byline if article else None

    print(plain(answer.answer), file=sys.stderr)
    chosen = next(known for known in STYLES if known == style)
    text = write_bibliography(() if answer.declined else answer.citations, chosen, byline_of)
    if text:
        print(plain(text))


def write_hits(file: Path, hits: Sequence["Hit"]) -> None:
    """Writes hits as a table, a row a hit: CSV, or by the suffix TSV or XLSX; says so on standard error."""
    from qa.sheet import write_table

    cut = write_table(file, _rows(hits), name="Hits")
    told = f"; {cut} cells were longer than a spreadsheet takes, and are cut" if cut else ""
    print(f"groundwire: {len(hits)} hits written to {plain(str(file))}{told}", file=sys.stderr)


def _rows(hits: Sequence["Hit"]) -> Iterator[Sequence["Cell"]]:
    from qa.retrieve import carriers

    yield HIT_COLUMNS
    for hit in hits:
        section = hit.section
        yield [
            hit.rank,
            round(hit.score, 6),
            section.source,
            (section.published or "")[:10],
            section.title,
            hit.article.url,
            hit.article.id,
            hit.passage.start,
            hit.passage.end,
            "yes" if hit.superseded else "no",
            "; ".join(carriers(section, hit.copies)),
            hit.text,
        ]
