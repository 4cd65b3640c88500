"""`groundwire show ARTICLE --original`: writes what the file of an article shows of a quote, and says where."""

import argparse
import json
import re
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from cli.terminal import plain

if TYPE_CHECKING:
    from index.article import Article
    from index.store.archive import Archive


def add_original_options(show: argparse.ArgumentParser) -> None:
    """The options of `show` that are about the original."""
    show.add_argument(
        "--original", action="store_true", help="write what its file shows, the quote marked: PNG or HTML"
    )
    show.add_argument("--page", type=int, metavar="N", help="with --original: this page of a PDF")
    show.add_argument("--out", type=Path, metavar="FILE", help="with --original: write to this file")
    show.add_argument("--open", action="store_true", help="with --original: open it in the browser too")


def show_original_of(archive: "Archive", article: "Article", given: argparse.Namespace) -> int:
    """Writes a page of a PDF with the quote marked, or a page or mail as saved; with --json where it stands."""
    from dataclasses import asdict

    from index.originals.showing import original_file, pages_of, show_original

    start, end = given.at or (0, 0)
    shown = show_original(archive, article, start, end, page=given.page)
    if shown.kind == "file":
        name, held = original_file(archive, article)
        if isinstance(held, Path):
            print(f"{plain(str(held))}: is shown by its own program; its text is what groundwire show prints")
            return 0
        file, data = given.out or Path(_name(Path(name).stem, "") + shown.suffix), held
    else:
        at = f"-{start}-{end}" if end > start else ""
        page = f"-page-{shown.page}" if shown.kind == "page" else ""
        file, data = given.out or Path(f"{_name(article.id, at)}{page}{shown.suffix}"), shown.data
    file.write_bytes(data)
    if given.open:
        webbrowser.open(file.resolve().as_uri())
    if given.json:
        told = {name: value for name, value in asdict(shown).items() if name not in ("data", "suffix")}
        print(json.dumps({"file": str(file), **told, "quoted_on": pages_of(article, start, end)}))
        return 0
    if shown.kind == "page":
        others = [n for n in pages_of(article, start, end) if n != shown.page]
        more = f"; the quote stands on page {', '.join(map(str, others))} too (--page)" if others else ""
        print(f"{plain(str(file))}: page {shown.page} of {shown.pages}{more}")
    else:
        print(plain(str(file)))
    if shown.why:
        print(f"not marked: {plain(shown.why)}")
    return 0


def _name(id: str, at: str) -> str:
    """A file's name for an article's id, which may hold anything."""
    return (re.sub(r"[^\w.-]+", "-", id).strip(".-")[-100:] or "article") + at
