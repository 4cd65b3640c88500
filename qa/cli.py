"""`groundwire`: each command is one call of the Python API, and the only place that prints.

Exit codes: 0 done, 1 a sentence on standard error says what is wrong and what to do, 2 wrong usage, 130 interrupted.
"""

import argparse
import json
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qa.settings import Settings

if TYPE_CHECKING:
    from qa.answer import Answer
    from qa.pipeline import Newsroom
    from qa.retrieve import Hit

QUESTION = "Who was killed in the airport strike?"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    parser = build_parser()
    given = parser.parse_args(arguments)
    settings = replace(Settings(), **{n: v for n, v in vars(given).items() if n in Settings.__dataclass_fields__})
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        settings = replace(settings, offline=True)
    if settings.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        return int(given.run(given, settings) or 0)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our pipe went away; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if not isinstance(error, _user_errors()):
            raise
        print(f"groundwire: {error}", file=sys.stderr)
        return 1


def _user_errors() -> tuple[type[Exception], ...]:
    """The errors that a user can mend; any other is a bug and shows its traceback."""
    import sqlite3

    from index.archive import ArchiveError
    from index.article import ArticleError
    from models import ModelError
    from qa.gold import GoldError
    from qa.pipeline import QuestionError

    return (ArchiveError, ArticleError, ModelError, GoldError, QuestionError, OSError, sqlite3.OperationalError)


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options. Imports no model, so that --help is quick."""
    parser = argparse.ArgumentParser(
        prog="groundwire",
        description="Ask your own news archive; every claim in the answer is tied to the words of an article.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., object], what: str, *groups: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        command.set_defaults(run=run)
        for group in groups:
            _OPTIONS[group](command)
        return command

    index = add("index", run_index, "read articles into the archive, or bring it up to date", "archive", "embedder")
    index.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder or a file: .txt .md .jsonl")
    index.add_argument("--json", action="store_true", help="print the report as JSON")

    search = add("search", run_search, "find passages; no language model", "archive", "embedder", "reranker")
    search.add_argument("question")
    search.add_argument("-k", type=_positive, default=10, help="how many (10)")
    search.add_argument("--json", action="store_true", help="print the hits as JSON")

    ask = add("ask", run_ask, "answer a question with quotes", "archive", "embedder", "reranker", "llm")
    ask.add_argument("question")
    ask.add_argument("--json", action="store_true", help="print the answer as JSON")

    add(
        "chat",
        run_chat,
        "ask in the terminal, follow-up questions understood",
        "archive",
        "embedder",
        "reranker",
        "llm",
    )

    evaluate = add("eval", run_eval, "answer a gold set and measure", "archive", "embedder", "reranker", "llm")
    evaluate.add_argument("gold", type=Path, metavar="GOLD", help="a gold set in JSON Lines")
    evaluate.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where answers.jsonl and figures.json go"
    )
    evaluate.add_argument("--retrieval-only", action="store_true", help="search only; no language model")
    evaluate.add_argument("--limit", type=_positive, help="only the first N questions")
    evaluate.add_argument("--kind", help="only the questions of this kind")

    show = add("show", run_show, "print an article, a quote in it marked", "archive")
    show.add_argument("article", help="its id")
    show.add_argument("--at", type=_span, metavar="START:END", help="characters to mark, as a citation gives them")

    models = add("models", run_models, "list the models; pull or verify one", "weights")
    models.add_argument("action", nargs="?", choices=["list", "pull", "verify"], default="list")
    models.add_argument(
        "names", nargs="*", metavar="NAME", help="which (pull: the default ones; verify: all installed)"
    )

    add("info", run_info, "what the archive holds", "archive", "embedder")
    return parser


def _archive_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--archive", type=Path, default=Settings.archive, metavar="DIR", help="the archive's folder (archive)"
    )


def _weights_option(command: argparse.ArgumentParser) -> None:
    default = os.environ.get("GROUNDWIRE_WEIGHTS")
    command.add_argument(
        "--weights",
        type=Path,
        default=Path(default) if default else Settings.weights,
        metavar="DIR",
        help="where models lie (GROUNDWIRE_WEIGHTS, else your user data folder)",
    )
    command.add_argument("--offline", action="store_true", help="never open a socket")


def _embedder_option(command: argparse.ArgumentParser) -> None:
    _weights_option(command)
    command.add_argument(
        "--embedder", default=Settings.embedder, metavar="NAME", help=f"a model's name or folder ({Settings.embedder})"
    )
    command.add_argument("--threads", type=_positive, default=None, metavar="N", help="processor threads (all)")


def _reranker_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--reranker", default="", metavar="NAME", help='a cross-encoder\'s name or folder, or "llm" (none)'
    )


def _llm_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--llm", default=Settings.llm, metavar="NAME", help=f"a model's name, GGUF path or hub file ({Settings.llm})"
    )
    command.add_argument(
        "-k", dest="passages", type=_positive, default=Settings.passages, help=f"passages to read ({Settings.passages})"
    )
    command.add_argument("--seed", type=int, default=Settings.seed, help="of the decoder (0)")


_OPTIONS = {
    "archive": _archive_option,
    "weights": _weights_option,
    "embedder": _embedder_option,
    "reranker": _reranker_option,
    "llm": _llm_option,
}


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1")
    return value


def _span(text: str) -> tuple[int, int]:
    start, _, end = text.partition(":")
    if not (start.isdigit() and end.isdigit() and int(start) < int(end)):
        raise argparse.ArgumentTypeError(f"{text} is not START:END")
    return int(start), int(end)


# Showing that something goes on


class _Line:
    """One line of progress on standard error, written over and over on a terminal, now and then elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = 0.0 if self._live else time.monotonic()
        self._shown = ""

    def say(self, text: str, *, last: bool = False) -> None:
        now = time.monotonic()
        if not last and (text == self._shown or now - self._last < (0.1 if self._live else 10.0)):
            return
        self._last, self._shown = now, text
        width = shutil.get_terminal_size().columns - 1
        print(
            f"\r{text[:width]:{width}}" if self._live else text,
            end="" if self._live and not last else "\n",
            file=sys.stderr,
            flush=True,
        )

    def clear(self) -> None:
        if self._live and self._shown:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{'':{width}}\r", end="", file=sys.stderr, flush=True)
            self._shown = ""


def _fetching() -> Callable[[object], None]:
    """Tells how far a download is."""
    from models.weights import Progress

    line = _Line()

    def tell(progress: object) -> None:
        assert isinstance(progress, Progress)
        share = progress.done_bytes / progress.total_bytes if progress.total_bytes else 0.0
        size = f"{progress.done_bytes / 1e6:.0f} of {progress.total_bytes / 1e6:.0f} MB"
        done = progress.done_bytes >= progress.total_bytes > 0
        line.say(f"{progress.model}: {share:4.0%}, {size}, {progress.note}", last=done)

    return tell


def _duration(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )


# The commands


def run_index(given: argparse.Namespace, settings: Settings) -> int:
    from index.news_index import NewsIndex
    from index.readers import find_files
    from index.update import Progress
    from models.catalogue import find
    from models.fetch import fetch
    from models.tokens import load_tokens
    from qa.pipeline import open_embedder

    for path in given.paths:
        find_files(path)  # a wrong path is told before a model is loaded
    tell = _fetching()
    embedder = open_embedder(settings, tell)
    fetch(find("cl100k_base"), settings.weights, offline=settings.offline, progress=tell)
    tokens = load_tokens(settings.weights)
    if (settings.archive / "archive.sqlite").exists():
        news = NewsIndex.open(settings.archive, embedder)
    else:
        news = NewsIndex.create(settings.archive, embedder, max_tokens=settings.passage_tokens)
    line, began = _Line(), time.perf_counter()

    def progress(now: Progress) -> None:
        spent = time.perf_counter() - began
        share = now.done_bytes / now.total_bytes if now.total_bytes else 1.0
        left = f", {_duration(spent / share * (1 - share))} left" if share > 0 else ""
        line.say(f"{share:4.0%}  {now.passages} passages, {now.passages / spent:.0f}/s{left}  {now.file}")

    try:
        report = news.update(given.paths, count_tokens=tokens.count_each, progress=progress)
    finally:
        line.clear()
    for problem in report.problems:
        print(f"groundwire: {problem}", file=sys.stderr)
    counts = news.archive.counts()
    news.close()
    if given.json:
        print(json.dumps(vars(report) | {"articles": counts.articles, "passages": counts.passages}, ensure_ascii=False))
    else:
        other = f"; {report.other_files} files of other kinds left alone" if report.other_files else ""
        print(
            f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {report.removed} removed"
            f" in {_duration(time.perf_counter() - began)}{other}"
        )
        print(f"{settings.archive}: {counts.articles} articles, {counts.passages} passages")
    nothing_read = not (report.new or report.changed or report.unchanged)
    return 1 if report.problems and nothing_read else 0


def _open(settings: Settings) -> "Newsroom":
    from qa.pipeline import open_newsroom

    room = open_newsroom(settings, _fetching())
    room.news.ready(lambda text: print(f"groundwire: {text}", file=sys.stderr))
    return room


def run_search(given: argparse.Namespace, settings: Settings) -> int:
    hits = _open(settings).search(given.question, given.k)
    if given.json:
        print(json.dumps([hit.to_dict() | {"text": hit.text} for hit in hits], ensure_ascii=False))
        return 0
    for hit in hits:
        print(_hit_line(hit))
        print(textwrap.indent(textwrap.fill(" ".join(hit.text.split()), 96), "    "))
    return 0


def _credit(source: str | None, published: str | None, title: str | None) -> str:
    return ", ".join(_plain(part) for part in (source, published, title and f"“{title}”") if part)


def _plain(text: str) -> str:
    """Untrusted text for a terminal: control characters shown as spaces, so that nothing in it steers the screen."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def _hit_line(hit: "Hit") -> str:
    stages = ", ".join(f"{stage} {value:g}" for stage, value in hit.stages.items() if value is not None)
    section = hit.section
    copies = (
        f"; also carried by {', '.join(copy.section.source or copy.article.id for copy in hit.copies)}"
        if hit.copies
        else ""
    )
    return (
        f"{hit.rank}. {_credit(section.source, section.published, section.title)}{_plain(copies)}\n"
        f"    {hit.article.id} {hit.passage.start}:{hit.passage.end}  score {hit.score:.4f} ({stages})"
    )


def run_ask(given: argparse.Namespace, settings: Settings) -> int:
    from qa.pipeline import check_question

    check_question(given.question)
    room = _open(settings)
    if given.json:
        print(json.dumps(room.ask(given.question).to_dict(), ensure_ascii=False))
        return 0
    answer = _tell(room, given.question, [])
    print(_sources(answer))
    return 0


def _tell(room: "Newsroom", question: str, history: list[object]) -> "Answer":
    """Streams an answer to a terminal, or prints it whole into a pipe."""
    from models import Message
    from qa.answer import Answer
    from qa.pipeline import Piece, Status

    line, live = _Line(), sys.stdout.isatty()
    for event in room.stream(question, [turn for turn in history if isinstance(turn, Message)]):
        if isinstance(event, Status):
            line.say(f"{event.doing} {event.done} of {event.total} …" if event.total else f"{event.doing} …")
        elif isinstance(event, Piece) and live:
            line.clear()
            print(_plain(event.text), end="", flush=True)
        elif isinstance(event, Answer):
            line.clear()
            print("" if live else textwrap.fill(_plain(event.answer), 100))
            return event
    raise AssertionError("a stream ends with its answer")


def _sources(answer: "Answer") -> str:
    """The citations as a reader checks them: whose, which, where, the words."""
    lines = []
    for citation in answer.citations:
        also = f"; also carried by {', '.join(citation.also_in)}" if citation.also_in else ""
        lines.append(
            f"\n[{citation.number}] {_credit(citation.source, citation.published, citation.title)}{_plain(also)}"
        )
        lines.append(f"    {citation.article_id} {citation.start}:{citation.end}")
        lines.append(textwrap.indent(textwrap.fill(f"“{_plain(' '.join(citation.quote.split()))}”", 96), "    "))
    return "\n".join(lines)


def run_chat(given: argparse.Namespace, settings: Settings) -> int:
    from models import Message
    from qa.pipeline import QuestionError

    room = _open(settings)
    history: list[object] = []
    print("Ask; an empty line or Ctrl-D ends, Ctrl-C stops an answer.", file=sys.stderr)
    while True:
        try:
            question = input("? " if sys.stdin.isatty() else "").strip()
        except EOFError:
            return 0
        if not question:
            return 0
        try:
            answer = _tell(room, question, history)
        except QuestionError as error:
            print(f"groundwire: {error}", file=sys.stderr)
            continue
        except KeyboardInterrupt:
            print("\nstopped", file=sys.stderr)
            continue
        print(_sources(answer), flush=True)
        history += [Message("user", question), Message("assistant", answer.answer)]


def run_eval(given: argparse.Namespace, settings: Settings) -> int:
    from qa.evaluate import evaluate, figures, write_table
    from qa.gold import GoldError, read_gold

    questions = [q for q in read_gold(given.gold) if not given.kind or q.kind == given.kind][: given.limit]
    if not questions:
        raise GoldError(f'{given.gold}: no question of the kind "{given.kind}"')
    room = _open(settings)
    line = _Line()
    outcomes = evaluate(
        room,
        questions,
        given.out,
        retrieval_only=given.retrieval_only,
        progress=lambda done, total, left: line.say(f"{done} of {total} questions, {_duration(left)} left"),
    )
    line.clear()
    for outcome in outcomes:
        for sentence in outcome.missing_evidence:
            print(f"groundwire: {sentence}", file=sys.stderr)
    made = figures(outcomes)
    record = {"gold": given.gold.name, "questions": len(questions), "settings": settings.to_dict(), "figures": made}
    (given.out / "figures.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(write_table(made))
    return 0


def run_show(given: argparse.Namespace, settings: Settings) -> int:
    from index.archive import Archive
    from index.article import ArticleError

    article = Archive.open(settings.archive).article(given.article)
    if article is None:
        raise ArticleError(f'{settings.archive}: no article has the id "{given.article}"; groundwire search shows ids')
    print(_credit(article.source, article.published, article.title))
    start, end = given.at or (0, 0)
    if end > len(article.text):
        raise ArticleError(f"{given.article} has {len(article.text)} characters; {start}:{end} is not in it")
    on, off = ("\033[7m", "\033[0m") if sys.stdout.isatty() else ("⟦", "⟧")
    marked = f"{on}{_plain(article.text[start:end])}{off}" if end else ""
    print(f"{_plain(article.text[:start])}{marked}{_plain(article.text[end:])}")
    return 0


def run_models(given: argparse.Namespace, settings: Settings) -> int:
    from models import ModelError
    from models.catalogue import find, read_catalogue
    from models.fetch import fetch
    from models.weights import installed, verify

    entries = [find(name) for name in given.names] or list(read_catalogue())
    if given.action == "list":
        print(f"{'name':24}{'for':10}{'size':>9}{'memory':>9}{'context':>9}  {'licence':12} state")
        for entry in entries:
            state = "installed" if installed(entry, settings.weights) else "default" if entry.default else "–"
            memory = f"{entry.memory_bytes / 1e9:.1f} GB" if entry.memory_bytes else "–"
            print(
                f"{entry.name:24}{entry.role:10}{entry.bytes / 1e6:>6.0f} MB{memory:>9}{entry.context_tokens or '–':>9}"
                f"  {entry.licence:12} {state}"
            )
        print(f"weights folder: {settings.weights}")
    elif given.action == "pull":
        for entry in entries if given.names else [entry for entry in entries if entry.default]:
            print(f"{entry.name}: {fetch(entry, settings.weights, offline=settings.offline, progress=_fetching())}")
    else:
        problems = [
            problem
            for entry in entries
            if given.names or installed(entry, settings.weights)
            for problem in verify(entry, settings.weights, _fetching())
        ]
        if problems:
            raise ModelError("\n".join(problems))
        print("every installed model is what it should be")
    return 0


def run_info(given: argparse.Namespace, settings: Settings) -> int:
    from index.archive import Archive
    from index.news_index import indexes_current

    archive = Archive.open(settings.archive)
    counts = archive.counts()
    outlets = ", ".join(f"{outlet} {number}" for outlet, number in counts.outlets[:12]) or "none named"
    more = f" and {len(counts.outlets) - 12} more" if len(counts.outlets) > 12 else ""
    size = sum(file.stat().st_size for file in settings.archive.rglob("*") if file.is_file())
    print(f"archive    {settings.archive} ({size / 1e6:.1f} MB)")
    print(f"articles   {counts.articles}")
    print(f"passages   {counts.passages}, up to {archive.about('max_tokens')} tokens each")
    print(f"outlets    {_plain(outlets)}{more}")
    print(f"days       {counts.first_day or '–'} to {counts.last_day or '–'}")
    print(f"embedder   {archive.about('embedder')}")
    for name, current in indexes_current(archive).items():
        print(f"{name:10} {'current' if current else 'behind; the next search or index makes it again'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
