"""The commands that fill an archive: `groundwire index` and `groundwire forget`, and what they print."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from qa.settings import Settings
from qa.terminal import Line, duration, fetching, plain, plain_json

if TYPE_CHECKING:
    from index.news_index import NewsIndex
    from index.passage import CountTokens
    from index.update import Progress, Report


def add_index_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add` makes a command: its name, what runs it, one line of help, its groups of options."""
    index = add("index", run_index, "read articles into the archive, or bring it up to date", "archive", "embedder")
    index.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder or a file: .txt .md .jsonl")
    index.add_argument("--json", action="store_true", help="print the report as JSON")
    index.add_argument("--report", type=Path, metavar="FILE", help="write it with every article's id, as JSON")
    index.add_argument("--dry-run", action="store_true", help="read and report; change nothing")

    forget = add("forget", run_forget, "take out the articles that came from a file or folder", "archive")
    forget.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="as it was indexed; it need not be there")


def run_index(given: argparse.Namespace, settings: Settings) -> int:
    from index.article import ArticleError
    from index.news_index import NewsIndex
    from index.readers import find_files
    from models.catalogue import find
    from models.fetch import fetch
    from models.tokens import load_tokens
    from qa.pipeline import open_embedder

    for path in given.paths:  # a wrong path is told before a model is loaded
        try:
            find_files(path)
        except ArticleError as error:
            if not _known_under(settings.archive, path):
                raise
            raise ArticleError(f"{error}; to take out what came from there: groundwire forget {path}") from None
    if given.report:
        _write_report(given.report, {})  # a file that cannot be written is told before the work is done
    tell = fetching()
    embedder = open_embedder(settings, tell)
    fetch(find("cl100k_base"), settings.weights, offline=settings.offline, progress=tell)
    tokens = load_tokens(settings.weights)
    with ExitStack() as stack:
        if (settings.archive / "archive.sqlite").exists():
            news = NewsIndex.open(settings.archive, embedder)
        else:
            place = Path(stack.enter_context(TemporaryDirectory())) if given.dry_run else settings.archive
            news = NewsIndex.create(place, embedder, max_tokens=settings.passage_tokens)
        stack.callback(news.close)
        began = time.perf_counter()
        report = _update(news, given, tokens.count_each)
        counts = news.archive.counts()
    for problem in report.problems:
        print(f"groundwire: {plain(problem)}", file=sys.stderr)
    totals: dict[str, object] = {"articles": counts.articles, "passages": counts.passages, "dry_run": given.dry_run}
    if given.report:
        _write_report(given.report, report.to_dict() | totals)
    if given.json:
        print(plain_json({name: value for name, value in report.to_dict().items() if name != "named"} | totals))
    else:
        other = f"; left alone, of other kinds or linked: {report.other_files}" if report.other_files else ""
        print(
            f"{'would be: ' if given.dry_run else ''}"
            f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {report.removed} removed"
            f" in {duration(time.perf_counter() - began)}{other}"
        )
        print(f"{settings.archive}: {counts.articles} articles, {counts.passages} passages")
    nothing_read = not (report.new or report.changed or report.unchanged)
    return 1 if report.problems and nothing_read else 0


def _update(news: "NewsIndex", given: argparse.Namespace, count_tokens: "CountTokens") -> "Report":
    """One update, its progress on a line."""
    line, began = Line(), time.perf_counter()

    def progress(now: "Progress") -> None:
        spent = time.perf_counter() - began
        share = now.done_bytes / now.total_bytes if now.total_bytes else 1.0
        left = f", {duration(spent / share * (1 - share))} left" if share > 0 else ""
        line.say(f"{share:4.0%}  {now.passages} passages, {now.passages / spent:.0f}/s{left}  {now.file}")

    try:
        return news.update(given.paths, count_tokens=count_tokens, progress=progress, dry_run=given.dry_run)
    finally:
        line.clear()


def _write_report(file: Path, content: dict[str, object]) -> None:
    from index.article import ArticleError

    try:
        file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ArticleError(f"{file}: the report cannot be written ({error.strerror}); name another file") from None


def _known_under(folder: Path, path: Path) -> list[str]:
    """The files at or below `path` that the archive in `folder` knows, if there is one."""
    from index.archive import Archive

    if not (folder / "archive.sqlite").exists():
        return []
    archive = Archive.open(folder)
    known = sorted(archive.files_under(path.resolve()))
    archive.close()
    return known


def run_forget(given: argparse.Namespace, settings: Settings) -> int:
    from index.archive import Archive
    from index.article import ArticleError

    archive = Archive.open(settings.archive)
    known = sorted({file for path in given.paths for file in archive.files_under(path.resolve())})
    if not known:
        raise ArticleError(f"{settings.archive}: nothing in it came from {' '.join(map(str, given.paths))}")
    before = archive.counts().articles
    with archive.writing(), archive.change():
        for file in known:
            archive.forget_file(file)
    print(f"{before - archive.counts().articles} articles of {len(known)} files taken out; the files are untouched")
    return 0
