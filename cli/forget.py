"""`groundwire forget` and `groundwire remember`: what is kept out of an archive, and what is let in again."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cli.feed import kept_file, place
from cli.options import at, place_of
from ground.shown import one_line
from ground.words import plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.forgotten import Forgotten
    from index.store.archive import Archive

KINDS = {"path": "path", "article": "the id of an article"}


def add_forget_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add` makes a command: its name, what runs it, one line of help, its groups of options."""
    forget = add("forget", run_forget, "take articles out, and keep them out", "archive")
    what = "a file or folder as it was indexed (it need not be there), an address, or an article's id (-- before a -)"
    forget.add_argument("things", nargs="*", type=place, metavar="PATH|ID", help=what)
    forget.add_argument("--list", action="store_true", help="what is kept out, since when")
    forget.add_argument("--json", action="store_true", help="with --list, as JSON")
    forget.set_defaults(misused=forget.error)

    remember = add("remember", run_remember, "let in again what was forgotten, from the next index on", "archive")
    remember.add_argument("things", nargs="+", type=place, metavar="PATH|ID", help="as groundwire forget --list has it")


def run_forget(given: argparse.Namespace, settings: Settings) -> int:
    from index.changing.forget import forget
    from index.forgotten import read_forgotten
    from index.opening import open_archive
    from index.store.edits import account

    if given.list == bool(given.things):
        given.misused("name a PATH or an ID to take out, or --list")
    archive = open_archive(settings.archive)
    if given.list:
        forgotten = read_forgotten(archive.folder)
        if given.json:
            print(plain_json([vars(one) for one in forgotten]))
        else:
            for one in forgotten:
                print(f"{one.day}  {one.kind:7}  {one_line(one.what)}  ({one.articles} articles)")
            if not forgotten:
                print("nothing is kept out")
        return 0
    with archive.writing():
        fresh = [one for thing in given.things for one in _to_forget(archive, thing, settings)]
        articles, files = forget(archive, fresh, account())
    print(
        f"{articles} articles of {files} files taken out; the files are untouched, and what came from them stays out"
        f" until groundwire remember{at(settings.archive)}"
    )
    for one in fresh:
        print(f"{one_line(one.what)}: taken as {KINDS[one.kind]}")
    return 0


def _to_forget(archive: "Archive", thing: Path | str, settings: Settings) -> list["Forgotten"]:
    """What a person means: files that were indexed at or below a path, or else the article with this id."""
    from index.article import ArticleError
    from index.changing.forget import meant_article, meant_path
    from index.store.edits import EditError, Meanwhile

    path = kept_file(thing, settings) if isinstance(thing, str) else thing
    if found := meant_path(archive, path):
        return found
    try:
        return [meant_article(archive, str(thing))]
    except Meanwhile:
        raise
    except EditError:
        raise ArticleError(f"{archive.place}: nothing in it came from {thing}, and no article has that id") from None


def run_remember(given: argparse.Namespace, settings: Settings) -> int:
    from index.article import ArticleError
    from index.changing.forget import kept_out, remember
    from index.opening import open_archive
    from index.store.edits import account

    archive = open_archive(settings.archive)
    with archive.writing():
        back = []
        for thing in given.things:
            path = kept_file(thing, settings) if isinstance(thing, str) else thing
            found = kept_out(archive, path, str(thing))
            if not found:
                listed = f"groundwire forget --list{at(settings.archive)}"
                raise ArticleError(f"{place_of(settings.archive)}: {thing} is not kept out; {listed} shows what is")
            back += found
        remember(archive, back, account())
    for one in back:
        print(f"{one_line(one.what)}: comes back when groundwire index reads {one_line(one.file or one.what)} again")
    return 0
