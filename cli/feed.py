"""`groundwire feed`, and what `groundwire index` does with addresses and with --watch."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.follow import Asker, add_run_option, tell_changes
from cli.options import OPTIONS, at, place_of
from cli.terminal import Line, fetching, indexing, open_to_index, plain
from ground.shown import one_line
from ground.words import duration, plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.arrivals.address import Fetcher
    from index.arrivals.feeds import FeedRun
    from index.arrivals.watch import FileChange, Watcher
    from index.news_index import NewsIndex
    from index.passage import CountTokens


def add_feed_commands(commands: Any) -> None:
    """`groundwire feed` and what stands under it; `commands` is what argparse's add_subparsers gave."""
    feed = commands.add_parser("feed", help="follow feeds: add, list, remove, update", description=__doc__)
    under = feed.add_subparsers(dest="feed_command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., int], what: str, *groups: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = under.add_parser(
            name, help=what, description=what[0].upper() + what[1:] + ".", prog=f"groundwire feed {name}"
        )
        command.set_defaults(run=run)
        for group in groups:
            OPTIONS[group](command)
        return command

    new = add("add", run_add, "follow a feed; it is read at once to see that it is one", "archive", "embedder")
    new.add_argument("url", metavar="URL", help="the address of RSS or Atom")

    shown = add("list", run_list, "the feeds that are followed", "archive")
    shown.add_argument("--json", action="store_true", help="print them as JSON")

    gone = add("remove", run_remove, "follow a feed no more; its articles stay", "archive")
    gone.add_argument("url", metavar="URL", help="as groundwire feed list shows it")

    update = add("update", run_update, "fetch what is new in the feeds", "archive", "embedder")
    update.add_argument("url", nargs="?", metavar="URL", help="one feed that is followed (all)")
    add_run_option(update)
    update.add_argument("--json", action="store_true", help="print the report as JSON")


def place(text: str) -> Path | str:
    """What a user wants indexed: a web address as it is, anything else as a path."""
    return text if text.lower().startswith(("http://", "https://")) else Path(text)


def fetch_addresses(addresses: Sequence[str], settings: Settings) -> tuple[list[Path], list[str]]:
    """The files of these pages, and a sentence for each that could not be had; refuses, when offline."""
    if not addresses:
        return [], []
    fetcher = _fetcher(settings, addresses[0])
    from index.arrivals.address import check_address
    from index.arrivals.pages import fetch_pages
    from index.reading.files import page_kinds

    line = Line()
    try:
        return fetch_pages(
            fetcher, settings.archive, [check_address(a) for a in addresses], kinds=page_kinds(), tell=_telling(line)
        )
    finally:
        line.clear()


def kept_file(address: str, settings: Settings) -> Path:
    """Where the page of an address is kept; raises ArticleError for one that was never fetched."""
    from index.arrivals.address import check_address
    from index.article import ArticleError
    from index.reading.kept_page import read_page

    held = read_page(settings.archive, check_address(address))
    if held is None:
        raise ArticleError(f"{address}: no page of this address is in {place_of(settings.archive)}")
    return held[0]


def _fetcher(settings: Settings, address: str) -> "Fetcher":
    from index.article import ArticleError

    if settings.offline:
        raise ArticleError(f"{address}: not fetched, for --offline opens no socket; leave out one of the two")
    from index.arrivals import address as fetching_one

    return fetching_one.Fetcher(fetching_one.Manners())


def _telling(line: Line) -> Callable[[int, int, str], None]:
    return lambda done, total, address: line.say(f"fetching {done + 1} of {total}  {address}")


# Feeds


def run_add(given: argparse.Namespace, settings: Settings) -> int:
    fetcher = _fetcher(settings, given.url)
    from index.arrivals.address import check_address
    from index.arrivals.feeds import fetch_feed
    from index.article import ArticleError
    from index.opening import is_archive, open_archive
    from index.store.archive import Feed

    address = check_address(given.url)
    there = is_archive(settings.archive)
    if there:
        archive = open_archive(settings.archive)
        if any(feed.address == address for feed in archive.feeds()):
            update = f"groundwire feed update{at(settings.archive)}"
            raise ArticleError(f"{address}: is followed already; {update} fetches what is new")
    got = fetch_feed(fetcher, Feed(address, ""))
    assert got is not None
    feed, entries, _ = got
    if not there:
        archive = open_to_index(settings, fetching())[0].archive
    with archive.writing():
        archive.put_feed(Feed(address, feed.title))
    archive.close()
    print(
        f"{one_line(feed.title)}: {len(entries)} entries; to fetch them: groundwire feed update{at(settings.archive)}"
    )
    return 0


def run_list(given: argparse.Namespace, settings: Settings) -> int:
    from index.opening import open_archive

    archive = open_archive(settings.archive)
    feeds = archive.feeds()
    archive.close()
    if given.json:
        print(plain_json([vars(feed) for feed in feeds]))
        return 0
    for feed in feeds:
        print(
            f"{feed.address}\n    {one_line(feed.title)}; {f'read {feed.updated}' if feed.updated else 'not read yet'}"
        )
    if not feeds:
        print(f"no feed is followed; groundwire feed add URL{at(settings.archive)} follows one")
    return 0


def run_remove(given: argparse.Namespace, settings: Settings) -> int:
    from index.arrivals.address import check_address
    from index.opening import open_archive

    archive = open_archive(settings.archive)
    address = check_address(given.url)
    _followed(archive.feeds(), address, settings)
    with archive.writing():
        archive.remove_feed(address)
    archive.close()
    print(f"{address}: followed no more; its articles stay")
    return 0


def _followed(feeds: Sequence[Any], address: str | None, settings: Settings) -> list[Any]:
    from index.article import ArticleError

    found = [feed for feed in feeds if address in (None, feed.address)]
    if not found:
        which = f"{address} is not followed" if address else "no feed is followed"
        raise ArticleError(
            f"{place_of(settings.archive)}: {which}; groundwire feed list{at(settings.archive)} shows those that are,"
            " feed add adds one"
        )
    return found


def run_update(given: argparse.Namespace, settings: Settings) -> int:
    from index.arrivals.address import check_address
    from index.opening import open_archive

    archive = open_archive(settings.archive)
    feeds = _followed(archive.feeds(), given.url and check_address(given.url), settings)
    archive.close()
    fetcher = _fetcher(settings, feeds[0].address)
    from index.arrivals.feeds import update_feeds
    from index.reading.files import page_kinds

    news, count_tokens = open_to_index(settings, fetching())
    line, began = Line(), time.perf_counter()
    try:
        runs = update_feeds(fetcher, settings.archive, feeds, kinds=page_kinds(), tell=_telling(line))
        files = list(dict.fromkeys(file for run in runs for file in run.files))
        report = news.update(files, count_tokens=count_tokens, progress=indexing(line))
    finally:
        line.clear()
    with news.archive.writing():
        followed = {feed.address for feed in news.archive.feeds()}
        for run in runs:
            if run.feed and run.address in followed:
                news.archive.put_feed(run.feed)
    counts = news.archive.counts()
    asker = Asker(news, settings, given.command_line)
    changes = asker.changes()
    news.close()
    skipped = [sentence for run in runs for sentence in run.skipped]
    for sentence in [*skipped, *report.problems]:
        print(f"groundwire: {plain(sentence)}", file=sys.stderr)
    if given.json:
        totals = {"articles": counts.articles, "passages": counts.passages}
        told = {"answers_changed": [change.to_dict() for change in changes]}
        print(plain_json(vars(report) | {"skipped": skipped, "feeds": [_told(run) for run in runs]} | totals | told))
    else:
        for run in runs:
            print(f"{run.address}: {_summary(run)}")
        print(
            f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {len(skipped)} remarks"
            f" in {duration(time.perf_counter() - began)}"
        )
        print(f"{place_of(settings.archive)}: {counts.articles} articles, {counts.passages} passages")
        tell_changes(changes)
    return 1 if all(run.feed is None for run in runs) else 0


def _told(run: "FeedRun") -> dict[str, object]:
    return {
        "address": run.address,
        "entries": run.entries,
        "fetched": run.fetched,
        "from_feed": run.from_feed,
        "as_before": run.unchanged,
        "skipped": run.skipped,
    }


def _summary(run: "FeedRun") -> str:
    if run.feed is None:
        return "could not be read"
    if not run.entries:
        return "nothing new"
    return (
        f"{run.entries} entries; {run.fetched} pages fetched, {run.from_feed} taken from the feed,"
        f" {run.unchanged} as before"
    )


# Watching


def watching(folders: Sequence[Path], settings: Settings) -> "Watcher":
    """Watches from now on, so that nothing is missed while the folders are first read."""
    from index.arrivals.watch import Watcher

    return Watcher(folders, apart=settings.archive)


def watch_on(
    news: "NewsIndex", watcher: "Watcher", count_tokens: "CountTokens", asker: Asker, *, as_json: bool
) -> None:
    """Keeps the archive current until Ctrl-C, a line a change; asks what is followed after each."""
    from index.arrivals.watch import keep_current

    def tell(change: "FileChange") -> None:
        if as_json:
            print(plain_json({"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **vars(change)}), flush=True)
        elif change.sentence:
            print(f"groundwire: {one_line(change.sentence)}", file=sys.stderr, flush=True)
        else:
            print(f"{time.strftime('%H:%M:%S')} {change.what} {one_line(change.file)}", flush=True)

    def ask() -> None:
        changes = asker.changes()
        if as_json:
            for change in changes:
                now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
                print(plain_json({"time": now, "what": "answer", **change.to_dict()}), flush=True)
        else:
            tell_changes(changes)

    print("watching; Ctrl-C ends", file=sys.stderr, flush=True)
    keep_current(news, watcher, count_tokens=count_tokens, tell=tell, changed=ask)
