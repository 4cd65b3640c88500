"""What the file of an article shows of a range of its text; the file is the one that was indexed, or nothing is shown.

Only a file that the archive names is opened, and only where its bytes have the hash that the archive has: an archive
that came from elsewhere and names a file of this machine would have to know what is in it.
"""

import stat
from bisect import bisect_left, bisect_right
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.article import Article, ArticleError
from index.forgotten import read_forgotten
from index.originals.letters import BESIDE
from index.originals.shown import Asked, OriginalError, Shown
from index.reading.apart import as_kind, ask_apart
from index.reading.containers.unpack import CONTAINERS
from index.reading.files import file_digest, kind_of
from index.reading.formats.pdf import RUNNING
from index.store.archive import Archive

SECONDS = 30.0  # that the worker may be silent; a page that is a picture is read again meanwhile
SECONDS_SCANNED = 90.0
PLAIN = frozenset((".txt", ".md", ".markdown"))
MAILS = frozenset((".eml", ".mbox"))
SHARED = frozenset((".mbox", ".jsonl", ".ndjson", ".csv", ".tsv", ".xml", ".rss", ".atom"))  # that hold many articles
AGAIN = "run groundwire index to bring the archive up to date"


def show_original(
    archive: Archive, article: Article, start: int = 0, end: int = 0, *, page: int | None = None, bare: bool = False
) -> Shown:
    """What the file of an article shows, `text[start:end]` marked: of a PDF the page where that begins, or `page`.

    Raises OriginalError where the file is gone, has changed or cannot be shown.
    """
    asked = _asked(archive, article, bare=bare)
    if article.pages:
        asked |= on_page(article, start, end, page_at(article, start) if page is None else page)
    elif page is not None:
        raise OriginalError(f"{asked['name']}: has no pages; leave the page out")
    else:
        low, high = max(0, start - BESIDE), min(len(article.text), end + BESIDE)
        asked |= {"text": article.text[low:high], "start": start - low, "end": end - low}
    return ask(asked)


def page_at(article: Article, start: int) -> int:
    """The page, from 1, that holds the character at `start`."""
    return max(1, bisect_right(article.pages, start))


def pages_of(article: Article, start: int, end: int) -> list[int]:
    """The pages that a range has words on, from 1; none for an article without pages.

    >>> pages_of(Article("a", "One.\\nTwo.\\nThree.", "A", pages=(0, 5, 10)), 0, 9)
    [1, 2]
    """
    if not article.pages:
        return []
    numbers = range(page_at(article, start), max(page_at(article, start), bisect_left(article.pages, end)) + 1)
    return [n for n in numbers if article.text[max(start, article.pages[n - 1]) : min(end, _end(article, n))].strip()]


def original_file(archive: Archive, article: Article) -> tuple[str, Path | bytes]:
    """The file of an article to take away, and what it is called: a path, or the bytes of a member.

    Raises OriginalError for a file that holds other articles too: what was taken out of the archive may be among them.
    """
    asked = _asked(archive, article)
    path = Path(asked["path"])
    if why := why_kept(archive, article):
        raise OriginalError(f"{asked['name']}: {why}")
    if kind_of(path) in CONTAINERS or kind_of(path) == ".mbox" or article.original:
        shown = ask(asked | {"whole": True})
        return f"{Path(article.original or path.name).stem}{shown.suffix}", shown.data
    return path.name, path


def why_kept(archive: Archive, article: Article) -> str:
    """Why the file of an article is not given away as a whole, empty where it is.

    Of what is packed in a container, and of a mail in a box, only the member is given.
    """
    file = Path(archive.file_of(article.id) or "")
    outer, inner = kind_of(file), kind_of(Path(article.original or ""))
    if (outer in CONTAINERS and inner not in SHARED) or (outer in MAILS and (article.original or outer == ".mbox")):
        return ""
    others = set(archive.digests_of_file(str(file))) - {article.id}
    if others or any(one.file == str(file) for one in read_forgotten(archive.folder)):
        return "holds other articles too, so it is not given away as a whole"
    return ""


def _asked(archive: Archive, article: Article, *, bare: bool = False) -> dict[str, Any]:
    """What to ask of the file that an article came from, which is there and as it was indexed."""
    file = archive.file_of(article.id)
    known = archive.files_under(Path(file)).get(file) if file else None
    if file is None or known is None:
        raise OriginalError(f"{article.id}: the archive does not say which file it came from; {AGAIN}")
    path = Path(file)
    name = path.relative_to(known.root).as_posix() if path.is_relative_to(known.root) else path.name
    name = name if name != "." else path.name
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OriginalError(f"{name}: is no file any more, so the original cannot be shown; {AGAIN}")
        same = file_digest(path) == known.sha256
    except OSError as error:
        gone = isinstance(error, FileNotFoundError | NotADirectoryError)
        why = "is not there any more" if gone else f"cannot be read ({error.strerror})"
        raise OriginalError(f"{name}: {why}, so the original cannot be shown; put it back, or {AGAIN}") from None
    if not same:
        raise OriginalError(f"{name}: has changed since it was indexed, so it is not the original any more; {AGAIN}")
    kind = kind_of(path)
    asked = Asked(file, _file_id(name, path, kind), name, kind, article.reader_id or article.id, bare=bare)
    return asdict(asked) | {"heads": ()}


def _file_id(name: str, path: Path, kind: str) -> str:
    """The id that the reader begins its articles' with, as `id_of` makes it."""
    return name[: len(name) - len(kind)] if kind else name


def on_page(article: Article, start: int, end: int, page: int) -> dict[str, Any]:
    """What is asked of one page of a PDF: its text, and what of the range stands on it."""
    if not 1 <= page <= len(article.pages):
        raise OriginalError(f"{article.id}: has {len(article.pages)} pages; there is no page {page}")
    low, high = article.pages[page - 1], _end(article, page)
    begin, stop = max(start, low), min(end, high)
    heads = [article.text[one.start : one.end] for one in article.asides if one.what.startswith(RUNNING)]
    return {
        "text": article.text[low:high],
        "start": begin - low if begin < stop else 0,
        "end": stop - low if begin < stop else 0,
        "page": page,
        "heads": heads,
        "scanned": any(one.sure and one.start <= low < one.end for one in article.doubts),
    }


def _end(article: Article, page: int) -> int:
    """Where the text of a page ends; after the last one stand the running heads that the reader took away."""
    if page < len(article.pages):
        return article.pages[page]
    return min((one.start for one in article.asides if one.what.startswith(RUNNING)), default=len(article.text))


def ask(asked: dict[str, Any]) -> Shown:
    name = str(asked["name"])
    try:
        seconds = SECONDS_SCANNED if asked["scanned"] else SECONDS
        message, data = ask_apart(asked, name, seconds=seconds)
        shown: Shown = as_kind(Shown, {**message["shown"], "data": data})
    except ArticleError as error:
        raise OriginalError(str(error)) from None
    except (KeyError, TypeError, ValueError):
        raise OriginalError(f"{name}: its parser said what is nothing to show") from None
    return shown
