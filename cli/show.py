"""`groundwire show` and `groundwire correct`: what was understood of an article, and a person's word against it."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import OPTIONS, at, place_of
from cli.original import add_original_options, show_original_of
from cli.terminal import correction_line, credit_line, plain
from ground.shown import one_line
from ground.words import plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.article import Article
    from index.copies.corrections import Correction

FIELDS = ("title", "source", "published", "updated", "byline", "place", "agency", "language", "url", "original")
CALLED = {"desk": "section", "length": "words"}  # as its paper has it


def add_show_commands(commands: Any) -> None:
    """The two commands; `commands` is what argparse's add_subparsers gave."""
    what = "print an article and what was understood of it, or a quote in it marked"
    show = commands.add_parser("show", help=what, description=what[0].upper() + what[1:] + ".")
    show.set_defaults(run=run_show)
    OPTIONS["archive"](show)
    show.add_argument("article", help="its id (after -- where it begins with -)")
    show.add_argument("--at", type=span, metavar="START:END", help="characters to mark, as a citation gives them")
    show.add_argument("--json", action="store_true", help="print what is known of it as JSON")
    add_original_options(show)

    what = "correct what was understood of an article, in a file beside it"
    correct = commands.add_parser("correct", help=what, description=what[0].upper() + what[1:] + ".")
    correct.set_defaults(run=run_correct)
    OPTIONS["archive"](correct)
    correct.add_argument("article", help="its id (after -- where it begins with -)")
    correct.add_argument("values", nargs="*", metavar="FIELD=VALUE", help="such as published=2020-01-03 source=AFP")
    correct.add_argument("--undo", action="store_true", help="take all corrections of the article away")


def span(text: str) -> tuple[int, int]:
    """START:END as argparse wants its types."""
    start, _, end = text.partition(":")
    if not (start.isdigit() and end.isdigit() and int(start) < int(end)):
        raise argparse.ArgumentTypeError(f"{text} is not START:END with START below END")
    return int(start), int(end)


def run_show(given: argparse.Namespace, settings: Settings) -> int:
    from index.article import ArticleError
    from index.opening import open_archive

    article, file = _find(settings.archive, given.article)
    corrections = _corrections(settings.archive, article)
    start, end = given.at or (0, 0)
    if end > len(article.text):
        raise ArticleError(f"{given.article} has {len(article.text)} characters; {start}:{end} is not in it")
    if given.original:
        with closing(open_archive(settings.archive)) as archive:
            return show_original_of(archive, article, given)
    if given.page or given.out or given.open:
        raise ArticleError("--page, --out and --open go with --original")
    if given.json:
        print(plain_json(_as_dict(article, file, corrections)))
        return 0
    live = sys.stdout.isatty()
    if given.at:
        print(credit_line(article.source, article.published, article.title))
        on, off = ("\033[7m", "\033[0m") if live else ("⟦", "⟧")
        marked = f"{on}{plain(article.text[start:end])}{off}"
        print(f"{plain(article.text[:start])}{marked}{plain(article.text[end:])}")
        return 0
    print("\n".join([_understood(article, file), *map(_told, corrections)]))
    print()
    print(_marked(article, live=live))
    return 0


def _find(folder: Path, article_id: str) -> "tuple[Article, str]":
    """An article, and the path of the file that it came from."""
    from index.article import ArticleError
    from index.opening import open_archive
    from index.store.spelling import id_meant

    archive = open_archive(folder)
    article_id = id_meant(archive, article_id)
    article, file = archive.article(article_id), archive.owners().get(article_id)
    archive.close()
    if article is None or file is None:
        raise ArticleError(
            f'{place_of(folder)}: no article has the id "{article_id}"; groundwire search{at(folder)} shows ids'
        )
    return article, file


def _corrections(folder: Path, article: "Article") -> "list[Correction]":
    """What corrects any of an article's stories."""
    from index.news_index import corrections_of, read_corrections
    from index.opening import open_archive

    archive = open_archive(folder)
    notes = read_corrections(archive)
    found = [one for start, _ in article.stories() for one in corrections_of(archive, notes, article, start)]
    archive.close()
    return found


def _told(correction: "Correction") -> str:
    """A correction as a line of what was understood."""
    return f"{'corrected':10} {correction_line(correction)}"


def _ends(article: "Article") -> list[tuple[int, int]]:
    """Where the sections start and end."""
    return list(pairwise([*(section.start for section in article.sections), len(article.text)]))


def _understood(article: "Article", file: str) -> str:
    """Each field with where it was read and how sure, each section with where it stands, and what is left out."""
    origins = {origin.field: origin for origin in article.origins}
    lines = [f"{'id':10} {one_line(article.id)}", f"{'file':10} {one_line(file)}"]
    for name in FIELDS:
        value, origin = getattr(article, name), origins.get(name)
        if value:
            lines.append(f"{name:10} {one_line(value)}" + (f"  ({origin.where}, {origin.sure})" if origin else ""))
        elif name in ("source", "published"):
            lines.append(f"{name:10} not known")
    lines += [f"{called:10} {one_line(str(held))}" for n, called in CALLED.items() if (held := getattr(article, n))]
    if article.sections:
        lines.append(f"{'sections':10} {len(article.sections)}")
    for section, (start, end) in zip(article.sections, _ends(article), strict=True):
        byline = f", by {one_line(section.byline)}" if section.byline else ""
        desk = f"; {one_line(section.desk)}" if section.desk else ""
        length = f"; {section.length} words" if section.length else ""
        credit = credit_line(section.source, section.published, section.title)
        lines.append(f"  {start}:{end}  {credit}{byline}{desk}{length}")
    if article.asides:
        size = sum(aside.end - aside.start for aside in article.asides)
        lines.append(f"{'left out':10} {len(article.asides)} spans, {size} of {len(article.text)} characters")
    lines += [f"{'warning':10} {one_line(sentence)}" for sentence in article.warnings]
    return "\n".join(lines)


def _marked(article: "Article", *, live: bool) -> str:
    """The text with its sections and asides marked: dim on a terminal, in ⟨⟩ elsewhere."""
    pieces, done = [], 0
    marks: list[tuple[int, int, str]] = [(aside.start, aside.end, aside.what) for aside in article.asides]
    marks += [(section.start, section.start, "") for section in article.sections]
    for start, end, what in sorted(marks):
        pieces.append(plain(article.text[done:start]))
        words = plain(article.text[start:end])
        if what:
            pieces.append(f"\033[2m{words}\033[0m" if live else f"⟨{what}: {words}⟩")
        else:
            pieces.append("§ ")
        done = end
    return "".join([*pieces, plain(article.text[done:])])


def _as_dict(article: "Article", file: str, corrections: "Sequence[Correction]") -> dict[str, object]:
    """What is known of an article, for a program."""
    from dataclasses import asdict

    held = asdict(article)
    for section, (_, end) in zip(held["sections"], _ends(article), strict=True):
        section["end"] = end
    told = [
        {"article_id": one.article.id, "start": one.note.start, "end": one.note.end, "withdrawn": one.spans}
        for one in corrections
    ]
    return {"id": article.id, "file": file, **held, "corrections": told}


def run_correct(given: argparse.Namespace, settings: Settings) -> int:
    from index.article import ArticleError
    from index.changing.correct import correct, uncorrect
    from index.opening import open_archive
    from index.store.edits import account
    from index.understanding.correction import FIELDS as CAN_BE
    from index.understanding.correction import side_file

    if given.undo == bool(given.values):
        raise ArticleError(f"name what to correct, such as source=AFP, or --undo; it can be {', '.join(CAN_BE)}")
    values = {}
    for value in given.values:
        field, equals, words = value.partition("=")
        if not equals:
            raise ArticleError(f'"{value}" is not FIELD=VALUE; write such as source=AFP')
        values[field] = words
    _find(settings.archive, given.article)
    archive = open_archive(settings.archive)
    with archive.writing():
        if given.undo:
            file = uncorrect(archive, given.article, account())
        else:
            file = correct(archive, given.article, values, account())
    archive.close()
    done = "corrections taken away" if given.undo else f"written to {side_file(file)}"
    print(f"{done}; now run: groundwire index {shlex.quote(str(file))}{at(settings.archive)}")
    return 0
