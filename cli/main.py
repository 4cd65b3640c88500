"""`groundwire`: each command is one call of the Python API; here are those that ask and show.

Exit codes: 0 done, 1 a sentence on standard error says what is wrong and what to do, 2 wrong usage, 3 `index` or
`ask --file` did the rest but could not read something, which is told, 4 `check` found something that is not borne out,
130 interrupted.
"""

import argparse
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cli.batch import add_asking, add_narrowing, check_usage, run_batch, tell_citations, tell_understood
from cli.changes import add_changes_commands
from cli.check import add_check_command
from cli.configured import add_config_command
from cli.copies import add_copies_command
from cli.demo import add_demo_command
from cli.doctor import add_doctor_command
from cli.eval import add_eval_commands
from cli.feed import add_feed_commands
from cli.follow import add_follow_commands
from cli.forget import add_forget_commands
from cli.gold import add_gold_commands
from cli.index import add_index_command
from cli.notebook import add_notebook_commands
from cli.options import OPTIONS, archive_folder, check_here, llm_name, positive, run_safely, scope_of, settings_of
from cli.search import add_search_commands
from cli.shell import Version, add_completion_command, complete
from cli.show import add_show_commands
from cli.suggest import Command, OneText
from cli.terminal import Line, credit_line, fetching, open_room, plain
from cli.transfer import add_transfer_commands
from ground.language import Words
from ground.shown import one_line
from ground.words import plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.store.scope import Scope
    from qa.answer import Answer, Citation
    from qa.newsroom import Newsroom

QUESTION = "Who was killed in the airport strike?"
NAMES_SHOWN = 12
WRITES = ("understanding the question", "writing")  # what the language model does, here or on a server


More = Callable[[Any], None]


def main(arguments: Sequence[str] | None = None, more: Sequence[More] = ()) -> int:
    """Runs one command; returns its exit code. `more` add commands of floors above."""
    parser = build_parser(more)
    complete(parser)
    given = parser.parse_args(arguments)
    return run_safely("groundwire", lambda: int(given.run(given, settings_of(given)) or 0))


def build_parser(more: Sequence[More] = ()) -> argparse.ArgumentParser:
    """All commands and their options. Imports no model, so that --help is quick."""
    parser = Command(
        prog="groundwire",
        description="Ask your own news archive; every claim in the answer is tied to the words of an article.",
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and end")
    commands: Any = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., object], what: str, *groups: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(
            name, help=what, description=what[0].upper() + what[1:] + "."
        )
        command.set_defaults(run=run)
        for group in groups:
            OPTIONS[group](command)
        return command

    add_index_command(add)
    add_forget_commands(add)
    add_changes_commands(add)
    add_transfer_commands(add)

    add_search_commands(add)

    dated = add(
        "timeline",
        run_timeline,
        "tell what happened when; no language model",
        "archive",
        "scope",
        "embedder",
        "reranker",
    )
    dated.add_argument("matter", nargs="+", action=OneText, help='such as "the fire at the works"')
    dated.add_argument("--json", action="store_true", help="print the days as JSON")

    asking = ("archive", "scope", "embedder", "reranker", "llm", "speak")
    add_asking(add("ask", run_ask, "answer a question with quotes, or a file of questions", *asking))

    again = add("replay", run_replay, "ask a kept answer's question again and say what changed", "weights")
    again.add_argument("file", type=Path, metavar="ANSWER.json", help="what groundwire ask --json printed")
    again.add_argument("--archive", type=archive_folder, metavar="PLACE", help="the archive's place (the answer's)")
    again.add_argument(
        "--llm", type=llm_name, default=None, metavar="NAME", help="a model's name, path or address (the answer's)"
    )
    again.add_argument(
        "--threads", type=positive, default=argparse.SUPPRESS, metavar="N", help="processor threads (all)"
    )
    again.add_argument("--json", action="store_true", help="print what changed and the answer as JSON")

    add_check_command(add)

    add_narrowing(add("chat", run_chat, "ask in the terminal, follow-up questions understood", *asking))

    add_follow_commands(add)
    add_notebook_commands(commands)

    add_eval_commands(commands)
    add_gold_commands(commands)
    add_feed_commands(commands)

    add_show_commands(commands)

    add_copies_command(commands)

    models = add("models", run_models, "list the models; pull or verify one", "weights")
    models.add_argument("action", nargs="?", choices=["list", "pull", "verify"], default="list")
    models.add_argument(
        "names", nargs="*", metavar="NAME", help="which (pull: the default ones; verify: all installed)"
    )

    add_demo_command(add, lambda words: _within(words, more))
    add_doctor_command(add)
    add_config_command(add)
    add_completion_command(add)
    info = add("info", run_info, "what the archive holds", "archive")
    info.add_argument("--json", action="store_true", help="print it as JSON")
    for add_more in more:
        add_more(commands)
    return parser


# The commands


def _within(words: Sequence[str], more: Sequence[More]) -> int:
    """A command that another one runs; what it raises is told by the one that runs it."""
    given = build_parser(more).parse_args(words)
    return int(given.run(given, settings_of(given)) or 0)


def run_timeline(given: argparse.Namespace, settings: Settings) -> int:
    from qa.timeline import READ, timeline

    room = open_room(settings)
    scope = room.news.archive.known(scope_of(given))
    moments = timeline(given.matter, room.search(given.matter, READ, scope=scope))
    if given.json:
        print(plain_json([moment.to_dict() for moment in moments]))
        return 0
    if not moments:
        print("groundwire: no sentence on this tells of a day", file=sys.stderr)
    shown = ""
    for moment in moments:
        if moment.day != shown:
            print(Words().day(moment.day))
        shown = moment.day
        for citation in moment.citations:
            quote = plain(" ".join(citation.quote.split()))
            print(textwrap.indent(textwrap.fill(f"“{quote}”", 96), "    "))
            place = f"{one_line(citation.article_id)} {citation.start}:{citation.end}"
            print(f"    {credit_line(citation.source, citation.published, citation.title)}\n    {place}")
    return 0


def run_ask(given: argparse.Namespace, settings: Settings) -> int:
    from qa.ask import check_question

    check_usage(given)
    if given.file:
        return run_batch(given, settings)
    check_question(given.question)
    scope = scope_of(given)
    room = open_room(settings)
    scope = room.news.archive.known(scope)
    if given.cite or given.json:
        answer = room.ask(given.question, scope=scope, narrow=given.narrow)
        if given.json:
            print(plain_json(answer.to_dict()))
        else:
            if answer.understood:
                tell_understood(answer.understood)
            tell_citations(room, answer, given.cite)
        return 0
    answer = _tell(room, given.question, [], scope, narrow=given.narrow)
    print(_sources(answer))
    return 0


def run_replay(given: argparse.Namespace, settings: Settings) -> int:
    from qa.replay import read_record, replay, settings_in

    record = read_record(given.file)
    named = {name: value for name in ("archive", "llm") if (value := getattr(given, name)) is not None}
    ours = replace(settings, **{name: getattr(Settings(), name) for name in ("archive", "llm")})
    theirs = replace(settings_in(record, ours), **named)
    if settings.offline:
        check_here(theirs.archive)
    again = replay(record, lambda: open_room(theirs))
    if given.json:
        print(plain_json(again.to_dict()))
        return 1 if again.differences else 0
    for cause in again.causes:
        print(plain(cause))
    if not again.differences:
        print("the same answer")
        return 0
    print(f"another answer: {', '.join(again.differences)} differ; now it is:")
    print(textwrap.fill(plain(again.answer.answer), 100))
    print(_sources(again.answer))
    return 1


def _tell(room: "Newsroom", question: str, history: list[object], scope: "Scope", *, narrow: bool) -> "Answer":
    """Streams an answer to a terminal, or prints it whole into a pipe."""
    from models import Message
    from models.fetch import is_address
    from qa.answer import Answer
    from qa.ask import Found, Piece, Status
    from qa.narrowing.understood import Understood

    line, live, said = Line(), sys.stdout.isatty(), False
    llm = room.settings.llm
    waiting = f", waiting for {urlsplit(llm).netloc}" if is_address(llm) else ""  # which can be silent for minutes
    turns = [turn for turn in history if isinstance(turn, Message)]
    for event in room.stream(question, turns, scope=scope, narrow=narrow):
        if isinstance(event, Status) and not said:  # on a terminal it would stand in the answer
            doing = f"{event.doing} {event.done} of {event.total}" if event.total else event.doing
            line.say(f"{doing}{waiting if event.doing in WRITES else ''} …")
        elif isinstance(event, Understood):
            line.clear()
            tell_understood(event)
        elif isinstance(event, Found) and live:
            line.clear()
            print(textwrap.fill(plain(f"Found: {_found(event.citation)}"), 100), file=sys.stderr)
        elif isinstance(event, Piece) and live:
            line.clear()
            said = True
            print(plain(event.text), end="", flush=True)
        elif isinstance(event, Answer):
            line.clear()
            print("" if live else textwrap.fill(plain(event.answer), 100))
            if event.replay["left_out"]:
                print(f"groundwire: {event.replay['left_out']} more quotes found no room", file=sys.stderr)
            return event
    raise AssertionError("a stream ends with its answer")


def _found(citation: "Citation") -> str:
    """The likeliest sentence, and whose it is, on one line."""
    credit = credit_line(citation.source, citation.published, None)
    return f"{credit or citation.article_id}: “{' '.join(citation.quote.split())}”"


def _sources(answer: "Answer") -> str:
    """The citations as a reader checks them: whose, which, where, the words; in the language of the answer."""
    say, lines = Words(answer.replay["settings"]["speak"]), []
    for citation in answer.citations:
        also = f"; {say('saved_also', names=', '.join(citation.also_in))}" if citation.also_in else ""
        lines.append(
            f"\n[{citation.number}] {credit_line(citation.source, citation.published, citation.title)}{one_line(also)}"
        )
        lines.append(f"    {one_line(citation.article_id)} {citation.start}:{citation.end}")
        lines.append(textwrap.indent(textwrap.fill(f"“{plain(' '.join(citation.quote.split()))}”", 96), "    "))
        lines += [f"    {one_line(citation.caution)}"] if citation.caution else []
    return "\n".join(lines)


def run_chat(given: argparse.Namespace, settings: Settings) -> int:
    from evaluation.gold.marked import mark_answer
    from evaluation.gold.questions import GoldError
    from models import Message, ModelError
    from qa.ask import QuestionError

    scope = scope_of(given)
    room = open_room(settings)
    scope = room.news.archive.known(scope)
    history: list[object] = []
    answer: Answer | None = None
    print("Ask; + or - marks the last answer, an empty line or Ctrl-D ends, Ctrl-C stops an answer.", file=sys.stderr)
    while True:
        try:
            question = input("? " if sys.stdin.isatty() else "").strip()
        except EOFError:
            return 0
        if not question:
            return 0
        try:
            if question in ("+", "-"):
                print(f"kept in {mark_answer(settings.archive, question, answer)}", file=sys.stderr)
                continue
            answer = None
            answer = _tell(room, question, history, scope, narrow=given.narrow)
        except (GoldError, QuestionError, ModelError) as error:
            print(f"groundwire: {error}", file=sys.stderr)
            continue
        except KeyboardInterrupt:
            print("\nstopped", file=sys.stderr)
            continue
        print(_sources(answer), flush=True)
        history += [Message("user", question), Message("assistant", answer.answer)]


def run_models(given: argparse.Namespace, settings: Settings) -> int:
    from models import ModelError
    from models.catalogue import find, read_catalogue
    from models.fetch import fetch
    from models.libraries import MEND, PACKAGE, is_there, library_of
    from models.weights import installed, verify

    entries = [find(name) for name in given.names] or list(read_catalogue())
    if given.action == "list":
        print(f"{'name':24}{'for':10}{'size':>9}{'memory':>9}{'context':>9}  {'licence':12} state")
        for entry in entries:
            state = "installed" if installed(entry, settings.weights) else "default" if entry.default else "–"
            library = library_of(entry)
            if library and not is_there(library):
                state += f", needs {PACKAGE[library]}"
            memory = f"{entry.memory_bytes / 1e9:.1f} GB" if entry.memory_bytes else "–"
            print(
                f"{entry.name:24}{entry.role:10}{entry.bytes / 1e6:>6.0f} MB{memory:>9}{entry.context_tokens or '–':>9}"
                f"  {entry.licence:12} {state}"
            )
        print("or a model on a server: --llm http://host/v1#model, its key in GROUNDWIRE_LLM_KEY (docs/llm.md)")
        print(f"weights folder: {settings.weights}")
    elif given.action == "pull":
        for entry in entries if given.names else [entry for entry in entries if entry.default]:
            library = library_of(entry)
            if library and not (given.names or is_there(library)):
                print(f"{entry.name}: left out, for it needs {PACKAGE[library]}: {MEND}")
                continue
            print(f"{entry.name}: {fetch(entry, settings.weights, offline=settings.offline, progress=fetching())}")
    else:
        if not given.names and not any(installed(entry, settings.weights) for entry in entries):
            raise ModelError(f"{settings.weights}: no model is installed here; run groundwire models pull")
        problems = [
            problem
            for entry in entries
            if given.names or installed(entry, settings.weights)
            for problem in verify(entry, settings.weights, fetching())
        ]
        if problems:
            raise ModelError("\n".join(problems))
        print("every installed model is what it should be")
    return 0


def run_info(given: argparse.Namespace, settings: Settings) -> int:
    from index.opening import open_archive, ranker_of

    archive = open_archive(settings.archive)
    counts = archive.counts()
    copies, superseded = archive.count_copies()
    warned = archive.articles_with("warnings")
    corrections = len(archive.articles_with("notes"))
    size = archive.size()
    current = ranker_of(archive).current()
    if given.json:
        about = {"archive": archive.place, "bytes": size, "embedder": archive.about("embedder")}
        told = asdict(counts) | {"copies": copies, "superseded": superseded, "current": current}
        told |= {"corrections": corrections, "warnings": warned}
        named = {"outlets", "kinds", "languages"}
        print(plain_json(about | {name: dict(v) if name in named else v for name, v in told.items()}))
        return 0
    print(f"archive    {archive.place}" + (f" ({size / 1e6:.1f} MB)" if size is not None else ""))
    print(f"files      {counts.files}: {_ranked(counts.kinds)}")
    print(f"articles   {counts.articles}, {counts.stories} stories in them")
    print(f"passages   {counts.passages}, up to {archive.about('max_tokens')} tokens each")
    print(f"copies     {copies} of {counts.stories} stories; {superseded} superseded by a later version")
    print(f"corrected  articles that hold corrections: {corrections}")
    shown = ", ".join(map(one_line, warned[:NAMES_SHOWN])) + (" …" if len(warned) > NAMES_SHOWN else "")
    print(f"warnings   articles that are perhaps not whole: {len(warned)}" + (f" ({shown})" if warned else ""))
    print(f"outlets    {_ranked(counts.outlets) or 'none named'}; {counts.unnamed} stories name none")
    days = f"{counts.first_day} to {counts.last_day}" if counts.first_day else "none known"
    print(f"days       {days}; {counts.undated} stories have none")
    print(f"languages  {_ranked(counts.languages) or 'none told'}")
    print(f"embedder   {archive.about('embedder')}")
    for name, is_current in current.items():
        print(f"{name:10} {'current' if is_current else 'behind; the next search or index makes it again'}")
    return 0


def _ranked(names: Sequence[tuple[str, int]]) -> str:
    """The first names with their numbers on one line."""
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return plain(", ".join(f"{name} {number}" for name, number in names[:NAMES_SHOWN])) + more


if __name__ == "__main__":
    sys.exit(main())
