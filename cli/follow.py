"""`groundwire follow` and `unfollow`, and what `index`, `feed update` and `--watch` tell of what is followed."""

import argparse
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cli.options import at, named, scope_of
from cli.terminal import Line, open_room, plain
from ground.errors import GroundwireError
from ground.shown import one_line
from ground.words import plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.news_index import NewsIndex
    from index.store.standing import Followed, Standing
    from qa.standing.follow import Change

EXAMPLES = """examples:
  groundwire follow "How many have died in the flood?"
  groundwire follow                  what is followed, and what is known
  groundwire follow history 1        how the answer has changed, each step with its source
  groundwire follow check            ask now; index, feed update and --watch do so by themselves
"""
COMMAND_SECONDS = 60
ERRORS = 2  # standard error by its number: standard output may be JSON


def add_follow_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add` makes a command: its name, what runs it, one line of help, its groups of options."""
    what = "follow a question: be told when new articles change its answer"
    follow = add("follow", run_follow, what, "archive", "scope", "embedder")
    follow.epilog, follow.formatter_class = EXAMPLES, argparse.RawDescriptionHelpFormatter
    words = "a question to follow, in quotes; or history NUMBER, or check; or nothing, which lists"
    follow.add_argument("words", nargs="*", metavar="QUESTION", help=words)
    follow.add_argument("--json", action="store_true", help="print what is known, or what has changed, as JSON")
    add_run_option(follow)
    follow.set_defaults(misused=follow.error)

    gone = add(
        "unfollow",
        run_unfollow,
        "follow a question no more; groundwire undo brings it back, with its history",
        "archive",
    )
    gone.epilog, gone.formatter_class = "example:\n  groundwire unfollow 1\n", argparse.RawDescriptionHelpFormatter
    gone.add_argument("question", type=named, metavar="NUMBER", help="its number, or the question itself")


def add_run_option(command: argparse.ArgumentParser) -> None:
    """`--run`, for the commands that ask what is followed."""
    what = "run this program for each answer that has changed, with the change as JSON on its standard input; no shell"
    command.add_argument("--run", dest="command_line", type=command_line, metavar="COMMAND", help=what)


def command_line(text: str) -> list[str]:
    """A program that is there and its arguments, as argparse wants its types."""
    try:
        words = shlex.split(named(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} cannot be read ({error}); close its quotes") from None
    if shutil.which(words[0]) is None:
        raise argparse.ArgumentTypeError(f"there is no program {words[0]}; write its whole path")
    return words


@contextmanager
def standing_of(settings: Settings) -> Iterator["Standing"]:
    """The questions followed in the archive of `settings`; raises ArchiveError where there is no archive."""
    from index.opening import open_archive
    from index.store.standing import Standing

    archive = open_archive(settings.archive)
    archive.close()
    standing = Standing(archive.folder)
    try:
        yield standing
    finally:
        standing.close()


def run_follow(given: argparse.Namespace, settings: Settings) -> int:
    words = given.words
    if len(words) == 2 and words[0] == "history":
        return _history(given, settings, words[1])
    if words == ["history"]:
        given.misused("history wants the number of a question; groundwire follow lists them")
    if len(words) > 1:
        given.misused('write the question in quotes, as one: groundwire follow "How many have died?"')
    if not words:
        return _list(given, settings)
    if words == ["check"]:
        return _check(given, settings)
    return _begin(given, settings, words[0])


def _begin(given: argparse.Namespace, settings: Settings, question: str) -> int:
    from index.store.edits import account
    from qa.ask import check_question
    from qa.standing.follow import find_followed
    from qa.standing.taken import take_up

    check_question(question)
    scope = scope_of(given)
    with standing_of(settings) as standing:
        room = open_room(settings)
        change, feed = take_up(room, standing, question, account(), room.news.archive.known(scope))
        taken = find_followed(standing, str(change.number))
    if given.json:
        print(plain_json(change.to_dict() | {"feed": str(feed)}))
        return 0
    print(f"{taken.number}: followed from now on: {one_line(taken.question)}{_within(taken)}")
    if not change.now:
        print("  the articles do not say yet")
    for voice in change.now:
        print(one_line_of("  known now: ", voice.words, voice.credit))
        print(f"      “{one_line(voice.quote)}”\n      {one_line(voice.article_id)} {voice.start}:{voice.end}")
    print(f"each index, feed update and --watch asks it of what is new; changes are told there, and in {feed}")
    return 0


def one_line_of(before: str, words: str, credit: str) -> str:
    """What is said and by whom, on one line."""
    return f"{before}{one_line(words)}, according to {one_line(credit)}"


def _within(question: "Followed") -> str:
    return "" if question.scope.everything else f" ({one_line(question.scope.told())})"


def _list(given: argparse.Namespace, settings: Settings) -> int:
    from qa.standing.follow import listed
    from qa.standing.voice import read_voices

    with standing_of(settings) as standing:
        rows = listed(standing)
        questions = standing.questions()
    if given.json:
        print(plain_json(rows))
        return 0
    for row, question in zip(rows, questions, strict=True):
        print(f"{question.number}: {one_line(question.question)}{_within(question)}")
        for voice in read_voices(row["known"]):
            print(one_line_of("    ", voice.words, voice.credit))
        if not row["known"]:
            print("    the articles do not say yet")
        last = f", the last seen {row['changed'][:10]}" if row["changed"] else ""
        number = f"{row['changes']} {'change' if row['changes'] == 1 else 'changes'}"
        print(f"    {number} since {question.since[:10]}{last}")
    if not rows:
        print(f'no question is followed; groundwire follow "…?"{at(settings.archive)} follows one')
    return 0


def _history(given: argparse.Namespace, settings: Settings, number: str) -> int:
    from qa.standing.follow import find_followed, history_of

    with standing_of(settings) as standing:
        question = find_followed(standing, number)
        steps = history_of(standing, question)
    if given.json:
        print(plain_json([step.to_dict() for step in steps]))
        return 0
    print(f"{question.number}: {one_line(question.question)}{_within(question)}")
    for step in steps:
        tell_change(step, began=step is steps[0])
    return 0


def tell_change(change: "Change", *, began: bool = False) -> None:
    """One step of a history on standard output."""
    from qa.standing.words import change_lines

    lines = change_lines(change)
    head = "when it was taken up:" if began else lines[0]
    print(f"{change.at[:16].replace('T', ' ')}  {head}")
    for line in lines[1:]:
        indent = len(line) - len(line.lstrip())
        print(f"{' ' * indent}{one_line(line)}")


def run_unfollow(given: argparse.Namespace, settings: Settings) -> int:
    from index.store.edits import account
    from qa.standing.follow import find_followed
    from qa.standing.taken import let_go

    with standing_of(settings) as standing:
        question = find_followed(standing, given.question)
        let_go(standing, str(question.number), account())
    print(f"{question.number}: followed no more: {one_line(question.question)}")
    return 0


# What is told after new articles came in


def _check(given: argparse.Namespace, settings: Settings) -> int:
    from index.store.standing import is_kept

    room = open_room(settings)
    if not is_kept(room.news.archive.folder):
        print(f'no question is followed; groundwire follow "…?"{at(settings.archive)} follows one', file=sys.stderr)
    asker = Asker(room.news, settings, given.command_line)
    changes = asker.changes()
    if given.json:
        print(plain_json([change.to_dict() for change in changes]))
    else:
        tell_changes(changes)
        if not changes:
            print("no answer has changed")
    return 1 if asker.problems else 0


def tell_changes(changes: Sequence["Change"]) -> None:
    """The changes of a check on standard output, each under its question."""
    for change in changes:
        print(f"\n{change.number}: {one_line(change.question)}")
        tell_change(change)
    sys.stdout.flush()


class Asker:
    """Asks what is followed in an archive, as often as it is told to; the reader is loaded when it is first needed.

    `problems` are sentences, told on standard error as they come up.
    """

    def __init__(self, news: "NewsIndex", settings: Settings, command: Sequence[str] | None = None) -> None:
        self.problems: list[str] = []
        self._news = news
        self._settings = settings
        self._command = command
        self._room: Any = None

    def changes(self) -> list["Change"]:
        """What has changed since the questions were last asked; the feed and the user's command have had it."""
        from index.store.standing import FEED, Standing, is_kept
        from qa.newsroom import Newsroom, open_reader
        from qa.standing.feed import write_feed
        from qa.standing.follow import check

        folder = self._news.archive.folder
        if not is_kept(folder):
            return []
        self._room = self._room or Newsroom(
            self._news, self._settings, lambda: open_reader(self._settings), lambda: None
        )
        line, found = Line(), []
        standing = Standing(folder)
        try:
            for change in check(self._room, standing, say=_asking(line)):
                found.append(change)
                self._run(change)
            if found or not (folder / FEED).exists():
                write_feed(standing)
        except GroundwireError as error:
            self._tell(f"the questions that are followed were not all asked: {error}")
        finally:
            line.clear()
            standing.close()
        return found

    def _run(self, change: "Change") -> None:
        if not self._command:
            return
        try:
            ran = subprocess.run(
                self._command,
                input=plain_json(change.to_dict()) + "\n",
                text=True,
                encoding="utf-8",
                timeout=COMMAND_SECONDS,
                stdout=ERRORS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            self._tell(f"--run {self._command[0]}: had not ended after {COMMAND_SECONDS} s, and was stopped")
        except OSError as error:
            self._tell(f"--run {self._command[0]}: cannot be run ({error.strerror})")
        else:
            if ran.returncode:
                self._tell(f"--run {self._command[0]}: ended with exit code {ran.returncode}")

    def _tell(self, sentence: str) -> None:
        self.problems.append(sentence)
        print(f"groundwire: {plain(sentence)}", file=sys.stderr)


def _asking(line: Line) -> Callable[[int, int], None]:
    return lambda done, total: line.say(f"asking what is followed: {done + 1} of {total}")
