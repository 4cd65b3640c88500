"""`groundwire search` and `groundwire articles`: passages by meaning and by words, or exactly; stories listed."""

import argparse
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.batch import write_hits
from cli.options import positive, scope_of
from cli.suggest import OneText
from cli.terminal import correction_line, credit_line, open_room, plain
from ground.errors import GroundwireError
from ground.shown import one_line
from ground.words import plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.passage import Span
    from qa.listing import Listing, StoryHit
    from qa.retrieve import Hit

COUNTED = 8  # outlets, months and people that are named
SORTS = ("relevance", "day")
SYNTAX = """exact search, everywhere the same:
  "exact phrase"       these words side by side
  flood mayor          both; also flood AND mayor
  flood OR fire        one of them; ( ) groups
  NOT flood, -flood    not that
  title: outlet: by:   only there, such as outlet:"Meridian Wire"
  date:2024-04         a day, month or year; date:2024-01..2024-03; since:yesterday; until:"19 April 2024"
  flood*               any word that begins so
  Kowalski~            a word that differs by a letter; ~2 by two
  flood NEAR/5 mayor   at most five words apart
"""


def add_search_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds `search` and `articles`."""
    what = "find passages by a question, or exactly; no language model"
    search = add("search", run_search, what, "archive", "scope", "embedder", "reranker")
    search.add_argument(
        "question", nargs="+", action=OneText, help='a question, or "exact phrase", AND, OR, NOT, outlet: …'
    )
    search.add_argument("-k", type=positive, default=10, help="how many (10)")
    search.add_argument(
        "--exact", action="store_true", help="take plain words as exact search: all of them must be there"
    )
    search.add_argument(
        "--sort", choices=SORTS, default="relevance", help="best first, or the latest first (relevance)"
    )
    search.add_argument("--json", action="store_true", help="print the hits as JSON")
    search.add_argument("--csv", type=Path, metavar="FILE", help="write the hits to FILE too (.csv, .tsv or .xlsx)")
    _explain(search, """groundwire search '"Maria Holm" AND outlet:Courier' --since "last month\"""")

    what = "list articles, all of them or those that exact search finds; loads no model"
    articles = add("articles", run_articles, what, "archive", "scope")
    articles.add_argument("words", nargs="*", default="", action=OneText, help="exact search, as below (all articles)")
    articles.add_argument("-k", type=positive, default=20, help="how many (20)")
    articles.add_argument("--from", dest="first", type=positive, default=1, metavar="N", help="the first to list (1)")
    articles.add_argument("--sort", choices=SORTS, default="day", help="best first, or the latest first (day)")
    articles.add_argument("--json", action="store_true", help="print articles and counts as JSON")
    _explain(articles, "groundwire articles 'title:flood* date:\"April 2024\"' --sort relevance")


def _explain(command: argparse.ArgumentParser, example: str) -> None:
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = f"{SYNTAX}\nexample: {example}"


def run_search(given: argparse.Namespace, settings: Settings) -> int:
    from index.search.grammar import is_exact

    if given.exact or is_exact(given.question):
        return _search_exactly(given, settings)
    from qa.listing import by_day, by_meaning_alone, marks_of_question

    scope = scope_of(given)
    room = open_room(settings)
    scope = room.news.archive.known(scope)
    hits = room.search(given.question, given.k, scope=scope)
    if given.sort == "day":
        hits = by_day(hits)
    if not hits and not scope.everything:
        told = f"nothing is in what you chose ({plain(scope.told())})"
        if (scope.since or scope.until) and (held := room.news.archive.counts()).first_day:
            told += f"; its articles are of {held.first_day} to {held.last_day}"
        print(f"groundwire: {told}", file=sys.stderr)
    if given.csv:
        write_hits(given.csv, hits)
    marked = [(hit, marks_of_question(given.question, hit)) for hit in hits]
    if by_meaning_alone(given.question, marked):
        print(
            "groundwire: no word of the search stands in these passages; they are the nearest in meaning",
            file=sys.stderr,
        )
    if given.json:
        rows = [hit.to_dict() | {"text": hit.text, "marks": [list(span) for span in marks]} for hit, marks in marked]
        print(plain_json(rows))
        return 0
    for hit, marks in marked:
        print(_hit_line(hit))
        pieces = hit.article.pieces(hit.passage.start, hit.passage.end)
        print(_folded("".join(_marked(hit.article.text, start, end, marks) for start, end in pieces)))
        for one in hit.corrections:
            print(textwrap.indent(textwrap.fill(f"corrected: {correction_line(one)}", 96), "    "))
    return 0


def _search_exactly(given: argparse.Namespace, settings: Settings) -> int:
    if given.csv:
        raise GroundwireError("--csv takes the hits of a question, not of exact search; leave out one of the two")
    listing = _list(given, settings, given.question, 1)
    if given.json:
        print(plain_json([hit.to_dict() for hit in listing.hits]))
        return 0
    for hit in listing.hits:
        print(f"{hit.rank}. {_credit(hit)}")
        print(f"    {one_line(hit.article.id)} {hit.passage.start}:{hit.passage.end}")
        print(_folded(_marked(hit.article.text, hit.passage.start, hit.passage.end, hit.marks)))
    _tell_counts(listing)
    return 0


def run_articles(given: argparse.Namespace, settings: Settings) -> int:
    listing = _list(given, settings, given.words, given.first)
    if given.json:
        print(plain_json(listing.to_dict()))
        return 0
    for hit in listing.hits:
        byline = f", by {one_line(hit.section.byline)}" if hit.section.byline else ""
        print(f"{_credit(hit)}{byline}\n    {one_line(hit.article.id)}")
    _tell_counts(listing)
    return 0


def _list(given: argparse.Namespace, settings: Settings, words: str, first: int) -> "Listing":
    """What exact search finds; a sentence on standard error where that is nothing, or not all is shown."""
    from index.opening import open_archive
    from index.search.exact import Stories
    from qa.listing import list_stories

    archive = open_archive(settings.archive)
    scope = archive.known(scope_of(given))
    stories = Stories(archive)
    stories.opened(lambda text: print(f"groundwire: {text}", file=sys.stderr))
    listing = list_stories(archive, stories, words, k=given.k, first=first, sort=given.sort, scope=scope)
    if not listing.total:
        print(f"groundwire: {plain(listing.why)}", file=sys.stderr)
    elif not listing.hits:
        print(f"groundwire: there are {listing.total:,}, none from {first} on", file=sys.stderr)
    return listing


def _tell_counts(listing: "Listing") -> None:
    """How many there are, and of whom, where something was found."""
    if not listing.total:
        return
    last = listing.first + len(listing.hits) - 1
    some = f", {listing.first} to {last} shown" if listing.hits and len(listing.hits) < listing.total else ""
    print(f"\n{listing.total:,} {'story' if listing.total == 1 else 'stories'}{some}")
    for name, counts in (("outlets", listing.outlets), ("months", listing.months), ("by", listing.people)):
        if counts:
            more = f" and {len(counts) - COUNTED} more" if len(counts) > COUNTED else ""
            told = ", ".join(f"{one_line(one)} {count:,}" for one, count in counts[:COUNTED])
            print(f"{name:8} {told}{more}")


def _credit(hit: "StoryHit") -> str:
    """Outlet, day and headline, the words that were found marked in it."""
    section = hit.section
    title = _marked(section.title, 0, len(section.title), hit.title_marks) if section.title else None
    known = credit_line(section.source, section.published, None)
    return ", ".join(part for part in (known, title and f"“{' '.join(title.split())}”") if part)


def _marked(text: str, start: int, end: int, marks: "Sequence[Span]") -> str:
    """`text[start:end]` with marks around some spans of the text: turned about on a terminal, in ⟦⟧ elsewhere."""
    on, off = ("\033[7m", "\033[0m") if sys.stdout.isatty() else ("⟦", "⟧")
    pieces, done = [], start
    for begin, stop in marks:
        if start <= begin and stop <= end:
            pieces += [plain(text[done:begin]), on, plain(text[begin:stop]), off]
            done = stop
    return "".join([*pieces, plain(text[done:end])])


def _folded(text: str) -> str:
    return textwrap.indent(textwrap.fill(" ".join(text.split()), 96), "    ")


def _hit_line(hit: "Hit") -> str:
    from qa.retrieve import carriers

    stages = ", ".join(f"{stage} {value:g}" for stage, value in hit.stages.items() if value is not None)
    section = hit.section
    carried = carriers(section, hit.copies)
    copies = f"; also carried by {', '.join(carried)}" if carried else ""
    return (
        f"{hit.rank}. {credit_line(section.source, section.published, section.title)}{one_line(copies)}\n"
        f"    {one_line(hit.article.id)} {hit.passage.start}:{hit.passage.end}  score {hit.score:.4f} ({stages})"
    )
