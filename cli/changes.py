"""`groundwire changes` and `groundwire undo`: who changed what in an archive, and how it is taken back."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import at, positive
from cli.terminal import Line, fetching, indexing
from ground.shown import one_line
from ground.words import plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.store.archive import Archive
    from index.store.edits import Edit


def add_changes_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add` makes a command: its name, what runs it, one line of help, its groups of options."""
    changes = add("changes", run_changes, "who changed what in the archive, newest first", "archive")
    changes.add_argument("--who", metavar="NAME", help="only what this login or account changed")
    changes.add_argument("--since", metavar="DAY", help="only from this day, month or year on (UTC)")
    changes.add_argument("--article", metavar="ID", help="only what was changed of this article")
    changes.add_argument("--json", action="store_true", help="print them as JSON")

    back = add("undo", run_undo, "undo a change, whoever made it; that can be undone too", "archive", "embedder")
    back.add_argument("number", type=positive, metavar="NUMBER", help="as groundwire changes has it")


def run_changes(given: argparse.Namespace, settings: Settings) -> int:
    from index.opening import open_archive
    from index.store.edits import read_edits
    from index.store.scope import Scope

    archive = open_archive(settings.archive)
    since = Scope(since=given.since).first_day or ""
    edits = read_edits(archive.folder, who=given.who, since=since, of=given.article)
    if given.json:
        print(plain_json([edit.to_dict() for edit in edits]))
        return 0
    for edit in edits:
        for line in edit_lines(edit):
            print(line)
    if not edits:
        print("nothing has been changed" + (" so" if given.who or given.since or given.article else " yet"))
    return 0


def edit_lines(edit: "Edit") -> list[str]:
    """A change as lines: its number, when, who, what and of what, and below it each value before and after."""
    who = f"{one_line(edit.who) or 'somebody'} ({edit.through})"
    head = f"{edit.number:4}  {edit.at[:16].replace('T', ' ')}  {who}  {edit.what}  {_named(edit.of)}"
    counts = [f"{value} {name}" for name, value in edit.after.items() if isinstance(value, int) and name != "number"]
    notes = [", ".join(counts)] if counts else []
    notes += [f"undoes {edit.undoes}"] if edit.undoes else []
    notes += [f"undone by {edit.undone}"] if edit.undone else []
    lines = [head + (f"  ({'; '.join(notes)})" if notes else "")]
    if edit.what == "correct":
        lines += [
            f"        {name}: {_value(edit.before.get(name))} → {_value(edit.after[name])}" for name in edit.after
        ]
    return lines


def _named(of: Sequence[str]) -> str:
    more = f" and {len(of) - 3} more" if len(of) > 3 else ""
    return ", ".join(map(one_line, of[:3])) + more


def _value(value: str | None) -> str:
    return "as it was read" if value is None else f'"{one_line(value)}"' if value else "nothing"


def run_undo(given: argparse.Namespace, settings: Settings) -> int:
    from index.opening import open_archive, ranker_of
    from index.store.edits import account
    from qa.undo import undo

    archive = open_archive(settings.archive)
    problems: list[str] = []

    def reread(paths: Sequence[Path]) -> None:
        problems.extend(_read_again(archive, paths, settings))

    with archive.writing():
        made = undo(archive, given.number, account(), reread)
        ranker_of(archive).refresh()
    archive.close()
    for problem in problems:
        print(f"groundwire: {one_line(problem)}")
    print(f"undone, as change {made.number}; groundwire undo {made.number}{at(settings.archive)} takes that back")
    return 0


def _read_again(archive: "Archive", paths: Sequence[Path], settings: Settings) -> list[str]:
    """Brings the archive up to date with these files; what could not be read."""
    from index.update import update_archive
    from qa.newsroom import open_embedder, open_tokens

    if not paths:
        return []
    embedder = open_embedder(settings, fetching(), archive=settings.archive)
    line = Line()
    try:
        counting = open_tokens(settings, fetching())
        return update_archive(archive, embedder, paths, count_tokens=counting, progress=indexing(line)).problems
    finally:
        line.clear()
