"""`groundwire forget` and `groundwire remember`: what is kept out of an archive, and what is let in again."""

import argparse
import time
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
    from index.forgotten import read_forgotten, write_forgotten
    from index.opening import open_archive
    from index.store.standing import strike

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
        held = read_forgotten(archive.folder)
        fresh = [one for thing in given.things for one in _to_forget(archive, thing, settings)]
        new = {(one.kind, one.what) for one in fresh}
        write_forgotten(archive.folder, [*(one for one in held if (one.kind, one.what) not in new), *fresh])
        before = archive.counts().articles
        paths = [Path(one.what) for one in fresh if one.kind == "path"]
        files = sorted({file for path in paths for file in archive.files_under(path)})
        gone = {one.what for one in fresh if one.kind == "article"}
        gone.update(id for file in files for id in archive.digests_of_file(file))
        with archive.change():
            for file in files:
                archive.forget_file(file)
            archive.remove_articles(one.what for one in fresh if one.kind == "article")
        strike(archive.folder, gone)
    number = len({*files, *(one.file for one in fresh if one.file)})
    print(
        f"{before - archive.counts().articles} articles of {number} files taken out; the files are untouched, and what"
        f" came from them stays out until groundwire remember{at(settings.archive)}"
    )
    for one in fresh:
        print(f"{one_line(one.what)}: taken as {KINDS[one.kind]}")
    return 0


def _to_forget(archive: "Archive", thing: Path | str, settings: Settings) -> list["Forgotten"]:
    """What a person means: files that were indexed at or below a path, or else the article with this id."""
    from index.article import ArticleError
    from index.forgotten import Forgotten
    from index.store.spelling import id_meant, places_meant

    today = time.strftime("%Y-%m-%d")
    path = (kept_file(thing, settings) if isinstance(thing, str) else thing).resolve()
    places = [path] if archive.files_under(path) else places_meant(archive, path)
    if places:
        known = {place: archive.files_under(place) for place in places}
        articles = {place: sum(len(archive.digests_of_file(file)) for file in files) for place, files in known.items()}
        return [Forgotten(str(place), "path", today, number) for place, number in articles.items()]
    article_id = id_meant(archive, str(thing))
    if file := archive.owners().get(article_id):
        return [Forgotten(article_id, "article", today, 1, file, archive.reader_ids(file).get(article_id, ""))]
    raise ArticleError(f"{archive.place}: nothing in it came from {thing}, and no article has that id")


def run_remember(given: argparse.Namespace, settings: Settings) -> int:
    from index.article import ArticleError
    from index.forgotten import keeps_out, read_forgotten, write_forgotten
    from index.opening import open_archive
    from index.store.spelling import typed_alike

    archive = open_archive(settings.archive)
    with archive.writing():
        held = read_forgotten(archive.folder)
        back = []
        for thing in given.things:
            path = (kept_file(thing, settings) if isinstance(thing, str) else thing).resolve()
            meant = {"path": str(path), "article": str(thing)}
            found = [one for one in held if one.what == meant[one.kind]]
            found = found or [one for one in held if typed_alike(meant[one.kind], [one.what])]
            outer = keeps_out(held, path)
            if not found and outer:
                raise ArticleError(f"{thing}: was forgotten with {outer.what}; take that back")
            if not found:
                listed = f"groundwire forget --list{at(settings.archive)}"
                raise ArticleError(f"{place_of(settings.archive)}: {thing} is not kept out; {listed} shows what is")
            back += found
        known = {one.file: archive.files_under(Path(one.file)).get(one.file) for one in back if one.file}
        with archive.change():
            for file, there in known.items():
                if there:  # it is read again, though it has not changed
                    archive.put_file(file, there.root, "")
        write_forgotten(archive.folder, [one for one in held if one not in back])
    for one in back:
        print(f"{one_line(one.what)}: comes back when groundwire index reads {one_line(one.file or one.what)} again")
    return 0
