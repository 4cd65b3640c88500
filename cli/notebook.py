"""`groundwire notebook`: quotes pinned, with notes, in an order, and taken away in a form that `check` verifies."""

import argparse
import json
import sys
import textwrap
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import OPTIONS, positive
from cli.show import span
from cli.terminal import credit_line, plain
from ground.shown import one_line
from ground.words import plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.store.archive import Archive
    from qa.answer import Citation
    from qa.checking.kept import KeptQuote
    from qa.notebook.book import Entry, Notebook

EXAMPLES = """examples:
  groundwire ask "Who was killed?" --json | groundwire notebook pin --from -
  groundwire notebook pin airport-strike --at 579:695 --note "Ask the ministry."
  groundwire notebook note "What is missing: the pilots."
  groundwire notebook move 3 --before 1
  groundwire notebook export story.docx
  groundwire check story.docx                  do the quotes stand there still?
"""
STANDARD = "-"


def add_notebook_commands(commands: Any) -> None:
    """`groundwire notebook` and what stands under it; `commands` is what argparse's add_subparsers gave."""
    what = "keep quotes and notes: pin, note, list, move, remove, undo, export"
    notebook = commands.add_parser("notebook", help=what, description=__doc__)
    notebook.epilog, notebook.formatter_class = EXAMPLES, argparse.RawDescriptionHelpFormatter
    under = notebook.add_subparsers(dest="notebook_command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., int], what: str) -> argparse.ArgumentParser:
        described = what[0].upper() + what[1:] + "."
        command: argparse.ArgumentParser = under.add_parser(
            name, help=what, description=described, prog=f"groundwire notebook {name}"
        )
        command.set_defaults(run=run, misused=command.error)
        OPTIONS["archive"](command)
        where = "the notebook's file (notebook.json in the archive's folder)"
        command.add_argument("--notebook", type=Path, metavar="FILE", help=where)
        return command

    pin = add("pin", run_pin, "pin a quote of an article, or all quotes of an answer or a search")
    pin.add_argument("article", nargs="?", help="an article's id (after -- where it begins with -)")
    pin.add_argument("--at", type=span, metavar="START:END", help="the characters of the quote, as a citation has them")
    kept = "an answer, a conversation or hits, as Groundwire writes them; - for standard input"
    pin.add_argument("--from", dest="source", metavar="FILE", help=kept)
    pin.add_argument("--only", type=positive, action="append", metavar="N", help="with --from: its N-th quote; repeat")
    pin.add_argument("--note", default="", metavar="TEXT", help="a note beside what is pinned")

    note = add("note", run_note, "write a note of its own, or the note beside an entry")
    note.add_argument("words", nargs="+", metavar="[NUMBER] TEXT", help='the note in quotes; "" takes one away')

    add("list", run_list, "what is in the notebook").add_argument(
        "--json", action="store_true", help="print it as JSON"
    )

    move = add("move", run_move, "put an entry elsewhere")
    move.add_argument("number", type=positive, metavar="NUMBER")
    where = move.add_mutually_exclusive_group(required=True)
    where.add_argument("--before", type=positive, metavar="NUMBER", help="before this entry")
    where.add_argument("--last", action="store_true", help="at the end")

    gone = add("remove", run_remove, "take entries out")
    gone.add_argument("numbers", type=positive, nargs="+", metavar="NUMBER")
    add("title", run_title, "give the notebook a title").add_argument("title", metavar="TEXT")
    add("undo", run_undo, "take the last step back; again for the one before")
    export = add("export", run_export, "write it as Markdown, HTML or Word; check verifies the quotes of each")
    export.add_argument("file", metavar="FILE", help="a .md, .html or .docx file, or - for Markdown on standard output")


def _file(given: argparse.Namespace, settings: Settings) -> Path:
    """Where the notebook is. Raises ArchiveError where no file is named and there is no archive."""
    from index.opening import open_archive
    from qa.notebook.book import FILE

    if given.notebook is not None:
        return Path(given.notebook)
    with closing(open_archive(settings.archive)) as archive:
        return archive.folder / FILE


def run_pin(given: argparse.Namespace, settings: Settings) -> int:
    from index.opening import open_archive
    from qa.notebook.book import pin

    if (given.source is None) == (given.article is None) or (given.article is None) != (given.at is None):
        given.misused("name an article with --at START:END, or an answer with --from FILE")
    if given.only and given.source is None:
        given.misused("--only goes with --from")
    with closing(open_archive(settings.archive)) as archive:
        question = ""
        if given.source is None:
            cited = [_cut(archive, given.article, *given.at)]
        else:
            question, quotes = _read_source(given.source)
            cited = _stand(archive, given.source, _chosen(quotes, given))
        state = archive.contents()
    held, book = _change(
        given, settings, lambda book: pin(book, cited, question=question, note=given.note, archive=state)
    )
    new = [entry for entry in book.entries if entry.number > held.last]
    for entry in new:
        print("\n".join(_lines(entry)))
    passed = len(cited) - len(new)
    if passed:
        print(f"groundwire: {passed} of them {'is' if passed == 1 else 'are'} pinned already", file=sys.stderr)
    return 0


def _cut(archive: "Archive", article_id: str, start: int, end: int) -> "Citation":
    """The quote of an article's characters. Raises ArticleError, NotebookError."""
    from index.article import ArticleError
    from index.store.spelling import id_meant
    from qa.answer import cite
    from qa.notebook.book import NotebookError

    article = archive.article(id_meant(archive, article_id))
    if article is None:
        raise ArticleError(f'{archive.place}: no article has the id "{one_line(article_id)}"')
    if end > len(article.text):
        raise NotebookError(f"{article.id} has {len(article.text)} characters; {start}:{end} is not in it")
    if not article.text[start:end].strip():
        raise NotebookError(f"{article.id} {start}:{end}: there are no words")
    return cite(1, article, start, end)


def _read_source(source: str) -> "tuple[str, list[KeptQuote]]":
    """The question of an answer, empty where none is told, and its quotes. Raises NotebookError, KeptError, OSError."""
    from qa.checking.kept import kept_quotes
    from qa.notebook.book import NotebookError

    name = "standard input" if source == STANDARD else source
    try:
        text = sys.stdin.read() if source == STANDARD else Path(source).read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise NotebookError(f"{name}: is no text in UTF-8; give what groundwire ask --json prints") from None
    quotes = kept_quotes(text)
    if not quotes:
        raise NotebookError(
            f"{name}: holds no quotes with places; give what groundwire ask --json or search --json print"
        )
    try:
        held = json.loads(text)
    except ValueError:
        held = {}
    question = held.get("question") if isinstance(held, dict) else ""
    return question if isinstance(question, str) else "", quotes


def _chosen(quotes: "Sequence[KeptQuote]", given: argparse.Namespace) -> "list[KeptQuote]":
    from qa.notebook.book import NotebookError

    for number in given.only or ():
        if number > len(quotes):
            raise NotebookError(f"{given.source}: has {len(quotes)} quotes; there is no {number}")
    return [quotes[number - 1] for number in given.only] if given.only else list(quotes)


def _stand(archive: "Archive", source: str, quotes: "Sequence[KeptQuote]") -> "list[Citation]":
    """The quotes cut from their articles; raises NotebookError where one does not stand there."""
    from qa.checking.kept import cite_kept, verify
    from qa.notebook.book import NotebookError

    found = [(one, cite_kept(archive, one)) for one in verify(archive, quotes)]
    for one, cited in found:
        place = f"{one_line(one.kept.article_id)} {one.kept.start}:{one.kept.end}"
        if cited is None:
            raise NotebookError(f"{source}: {place} is {one.state} in {archive.place}; choose others with --only N")
        if one.superseded or one.corrections:
            what = "corrected" if one.corrections else "superseded by a later version"
            print(f"groundwire: {place} is {what}; groundwire check tells by what", file=sys.stderr)
    return [cited for _, cited in found if cited]


def run_note(given: argparse.Namespace, settings: Settings) -> int:
    from qa.notebook.book import add_note, set_note

    if len(given.words) > 2 or (len(given.words) == 2 and not given.words[0].isdecimal()):
        given.misused('write the note in quotes, as one: groundwire notebook note "Ask her."')
    text = given.words[-1]
    if len(given.words) == 1:
        return _do(given, settings, lambda book: add_note(book, text))
    return _do(given, settings, lambda book: set_note(book, int(given.words[0]), text))


def run_move(given: argparse.Namespace, settings: Settings) -> int:
    from qa.notebook.book import move

    return _do(given, settings, lambda book: move(book, given.number, before=given.before))


def run_remove(given: argparse.Namespace, settings: Settings) -> int:
    from qa.notebook.book import remove

    return _do(given, settings, lambda book: remove(book, given.numbers))


def run_title(given: argparse.Namespace, settings: Settings) -> int:
    from qa.notebook.book import retitle

    return _do(given, settings, lambda book: retitle(book, given.title))


def run_undo(given: argparse.Namespace, settings: Settings) -> int:
    from qa.notebook.book import undo

    held, _ = _change(given, settings, undo)
    print(f"taken back: {held.steps[-1].told}")
    return 0


def _do(given: argparse.Namespace, settings: Settings, make: "Callable[[Notebook], Notebook]") -> int:
    """Changes the notebook and says what was done."""
    held, book = _change(given, settings, make)
    done = "nothing is to be done" if book == held else f"{book.steps[-1].told}; groundwire notebook undo takes it back"
    print(done)
    return 0


def _change(
    given: argparse.Namespace, settings: Settings, make: "Callable[[Notebook], Notebook]"
) -> "tuple[Notebook, Notebook]":
    """The notebook before and after a change."""
    from qa.notebook.book import change

    held: list[Notebook] = []

    def made(book: "Notebook") -> "Notebook":
        held.append(book)
        return make(book)

    book = change(_file(given, settings), made)
    return held[0], book


def run_list(given: argparse.Namespace, settings: Settings) -> int:
    from qa.notebook.book import read_notebook

    book = read_notebook(_file(given, settings))
    if given.json:
        print(plain_json(book.to_dict()))
        return 0
    if book.title:
        print(f"{one_line(book.title)}\n")
    for entry in book.entries:
        print("\n".join(_lines(entry)))
    if not book.entries:
        print("the notebook is empty; groundwire notebook pin ARTICLE --at START:END pins a quote")
    return 0


def _lines(entry: "Entry") -> list[str]:
    """An entry for a terminal: its number, whose quote, where, the words, the note."""
    cited = entry.citation
    note = textwrap.indent(plain(entry.note), "    ")
    if cited is None:
        return [f"{entry.number}  note", note]
    words = textwrap.indent(textwrap.fill(f"“{plain(' '.join(cited.quote.split()))}”", 96), "    ")
    place = f"    {one_line(cited.article_id)} {cited.start}:{cited.end}"
    head = f"{entry.number}  {credit_line(cited.source, cited.published, cited.title)}".rstrip()
    return [head, place, words, *([f"    note: {note.strip()}"] if note else [])]


def run_export(given: argparse.Namespace, settings: Settings) -> int:
    from cli.options import place_of
    from index.opening import open_archive
    from qa.checking.kept import KeptQuote, verify
    from qa.notebook.book import read_notebook
    from qa.notebook.write import as_markdown, kind_of_export, origin, write_export

    if given.file != STANDARD:
        kind_of_export(Path(given.file))  # before anything is read
    book = read_notebook(_file(given, settings))
    with closing(open_archive(settings.archive)) as archive:
        kept = [KeptQuote(one.article_id, one.start, one.end, one.quote) for one in book.quotes]
        doubtful = sum(not one.holds for one in verify(archive, kept))
        told = origin(Path(place_of(settings.archive)).name, archive.contents())
    if given.file == STANDARD:
        print(plain(as_markdown(book, told)), end="")
    else:
        write_export(book, told, Path(given.file))
        print(f"{len(book.quotes)} quotes, {len(book.entries) - len(book.quotes)} notes: {plain(given.file)}")
    if doubtful:
        told = f"{doubtful} {'quote does' if doubtful == 1 else 'quotes do'} not hold in the archive as it is now"
        print(f"groundwire: {told}; groundwire check {plain(given.file)} tells which", file=sys.stderr)
    return 0
