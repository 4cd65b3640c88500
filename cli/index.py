"""The command that fills an archive, `groundwire index`, and what it prints."""

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cli.feed import fetch_addresses, place, watch_on, watching
from cli.follow import Asker, add_run_option, tell_changes
from cli.options import at, named, place_of
from cli.terminal import Line, fetching, indexing, open_to_index, plain
from ground.words import duration, plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.news_index import NewsIndex
    from index.update import Reading

PARTLY = 3  # the exit code where something could not be read, and the rest is done


def add_index_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add` makes a command: its name, what runs it, one line of help, its groups of options."""
    index = add("index", run_index, "read articles into the archive, or bring it up to date", "archive", "embedder")
    index.add_argument(
        "paths",
        nargs="*",
        type=place,
        metavar="PATH",
        help="a folder, a file (docs/files.md has the kinds) or an https:// address",
    )
    index.add_argument(
        "--addresses", action="append", default=[], type=Path, metavar="FILE", help="a list of addresses, one a line"
    )
    index.add_argument(
        "--watch", action="store_true", help="then keep the archive current with the folders, until Ctrl-C"
    )
    index.add_argument(
        "--ray",
        type=cluster,
        metavar="ADDRESS",
        help="read and embed on a Ray cluster: HOST:PORT, auto (the one this machine is in) or local (docs/scale.md)",
    )
    index.set_defaults(misused=index.error)
    add_run_option(index)
    index.add_argument("--json", action="store_true", help="print the report as JSON")
    index.add_argument("--report", type=Path, metavar="FILE", help="write it with every article's id, as JSON")
    index.add_argument("--dry-run", action="store_true", help="read and report; change nothing")
    index.add_argument(
        "--prune", action="store_true", help="take out what is gone, however much, and what was in a folder now empty"
    )


def cluster(text: str) -> str:
    """The address of a Ray cluster, as argparse wants its types; whether one answers there is seen later."""
    host, _, port = named(text).rpartition(":")
    if "://" in text or (text not in ("auto", "local") and not (host and port.isdecimal())):
        mend = "run this on one of its machines, with --ray auto" if "://" in text else "write HOST:PORT, auto or local"
        raise argparse.ArgumentTypeError(f"{text}: is no address of a cluster; {mend}")
    return text


def run_index(given: argparse.Namespace, settings: Settings) -> int:
    from index.arrivals.pages import read_addresses
    from index.article import ArticleError
    from index.opening import is_archive
    from index.reading.files import Unlisted, find_files
    from index.search.exact import Stories

    folders = [path for path in given.paths if isinstance(path, Path)]
    addresses = [address for address in given.paths if isinstance(address, str)]
    addresses += [address for file in given.addresses for address in read_addresses(file)]
    if not folders and (given.watch or not addresses):
        given.misused(
            "--watch wants a folder" if given.watch else "a PATH, an https:// address or --addresses is needed"
        )
    if given.dry_run and (given.watch or addresses):
        given.misused("--dry-run reads files and folders; addresses would be fetched, and --watch would write")
    if given.dry_run and given.ray:
        given.misused("--dry-run embeds nothing; leave out --ray")
    paths = list(folders)
    for path in folders:  # a wrong path is told before a model is loaded
        try:
            find_files(path)
        except ArticleError as error:
            if given.watch and path.is_dir():
                paths.remove(path)  # what comes into it will be read
            elif isinstance(error, Unlisted) or not _known_under(settings.archive, path):
                raise
            else:
                forget = f"groundwire forget {shlex.quote(str(path))}{at(settings.archive)}"
                raise ArticleError(f"{error}; to take out what came from there: {forget}") from None
    if given.report:
        _write_report(given.report, {})  # a file that cannot be written is told before the work is done
    watcher = watching(folders, settings) if given.watch else None
    pages, refused = fetch_addresses(addresses, settings)
    for sentence in refused:
        print(f"groundwire: {plain(sentence)}", file=sys.stderr)
    if not (paths or pages or watcher):
        return 1
    with ExitStack() as stack:
        where = settings
        if given.dry_run and not is_archive(settings.archive):
            where = replace(settings, archive=Path(stack.enter_context(TemporaryDirectory())))
        news, count_tokens = open_to_index(where, fetching())
        stack.callback(news.close)
        line, began = Line(), time.perf_counter()
        try:
            with reading_on(given.ray, settings, news, line) as reading:
                report = news.update(
                    [*paths, *pages],
                    count_tokens=count_tokens,
                    progress=indexing(line),
                    dry_run=given.dry_run,
                    reading=reading,
                    prune=given.prune,
                    may_remove=partial(_may_remove, given, line),
                )
            if not given.dry_run:
                Stories(news.archive).opened(line.say)  # who can only read the folder cannot make it later
        finally:
            line.clear()
        for problem in report.problems:
            print(f"groundwire: {plain(problem)}", file=sys.stderr)
        report.problems[:0] = refused
        asker = Asker(news, settings, given.command_line)
        changes = [] if given.dry_run else asker.changes()
        report.problems += asker.problems
        counts = news.archive.counts()
        totals = {"articles": counts.articles, "passages": counts.passages, "dry_run": given.dry_run}
        if given.report:
            _write_report(given.report, report.to_dict() | totals)
        if given.json:
            told = {name: value for name, value in report.to_dict().items() if name != "named"} | totals
            told["answers_changed"] = [change.to_dict() for change in changes]
            print(plain_json(told), flush=True)  # a watch goes on after it
        else:
            other = f"; left alone, of other kinds or linked: {report.other_files}" if report.other_files else ""
            if report.warnings:
                other += f"; perhaps not whole, see groundwire info: {len(report.warnings)}"
            if report.forgotten:
                other += f"; kept out by groundwire forget: {report.forgotten}"
            print(
                f"{'would be: ' if given.dry_run else ''}"
                f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {report.removed} removed"
                f" in {duration(time.perf_counter() - began)}{other}"
            )
            wrong = f"; problems, told above: {len(report.problems)}" if report.problems else ""
            held = f"{counts.articles} articles, {counts.passages} passages"
            print(f"{place_of(settings.archive)}: {held}{wrong}", flush=True)
            tell_changes(changes)
        if watcher:
            watch_on(news, watcher, count_tokens, asker, as_json=given.json)
    nothing_read = not (report.new or report.changed or report.unchanged)
    return (1 if nothing_read else PARTLY) if report.problems else 0


def _may_remove(given: argparse.Namespace, line: Line, leaving: int, held: int) -> bool:
    """Whether so many articles may leave at once: --prune says so, or a person at the terminal."""
    asked = sys.stdin.isatty() and sys.stderr.isatty() and not (given.json or given.dry_run)
    if given.prune or not asked:
        return bool(given.prune)
    line.clear()
    question = f"{leaving} of {held} articles are to be taken out, for their files or rows are gone. Take them out?"
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@contextmanager
def reading_on(address: str | None, settings: Settings, news: "NewsIndex", line: Line) -> "Iterator[Reading | None]":
    """What reads on the cluster at `address`; None, for this machine, where there is no address."""
    if not address:
        yield None
        return
    from index.scale.ray import on_cluster
    from qa.newsroom import open_on_node

    line.say(f"joining the Ray cluster {address}")
    models = partial(open_on_node, settings_for_nodes(settings))
    max_tokens = int(news.archive.about("max_tokens"))
    with on_cluster(address, models, news.embedder, max_tokens=max_tokens, threads=settings.threads) as reading:
        yield reading


def settings_for_nodes(settings: Settings) -> Settings:
    """Paths in full, for a node works in another folder, and one thread for each of its embedders."""
    folder = Path(settings.embedder).expanduser()
    return replace(
        settings,
        weights=settings.weights.expanduser().absolute(),
        embedder=str(folder.absolute()) if folder.is_dir() else settings.embedder,
        threads=settings.threads or 1,
    )


def _write_report(file: Path, content: dict[str, object]) -> None:
    from index.article import ArticleError

    try:
        file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ArticleError(f"{file}: the report cannot be written ({error.strerror}); name another file") from None


def _known_under(folder: Path, path: Path) -> list[str]:
    """The files at or below `path` that the archive in `folder` knows, if there is one."""
    from index.opening import is_archive, open_archive

    if not is_archive(folder):
        return []
    archive = open_archive(folder)
    known = sorted(archive.files_under(path.resolve()))
    archive.close()
    return known
