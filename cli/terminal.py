"""What a person sees in a terminal while something goes on; everything of it on standard error."""

import shutil
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ground.shown import one_line, printable
from ground.words import duration
from qa.settings import Settings

if TYPE_CHECKING:
    from index.copies.corrections import Correction
    from index.news_index import NewsIndex
    from index.passage import CountTokens
    from index.update import UpdateProgress
    from models.weights import FetchProgress
    from qa.newsroom import Newsroom

WITHIN_WORDS = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


def plain(text: str) -> str:
    """Untrusted text for a terminal: control characters shown as spaces, so that nothing in it steers the screen.

    What only says where a word may break is left out: it parts no word.
    """
    return printable(text.translate(WITHIN_WORDS), keep="\n")


def credit_line(source: str | None, published: str | None, title: str | None) -> str:
    """Whose, of which day, under which headline; what is not known is left out."""
    return ", ".join(one_line(part) for part in (source, published, title and f"“{title}”") if part)


def correction_line(correction: "Correction") -> str:
    """Whose correction it is, where it stands, and its words."""
    section, note = correction.section, correction.note
    where = f"{correction.article.id} {note.start}:{note.end}"
    words = one_line(" ".join(correction.words.split()))
    return f"{credit_line(section.source, section.published, None)} ({one_line(where)}): “{words}”"


class Line:
    """One line of progress on standard error, written over and over on a terminal, now and then elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = 0.0 if self._live else time.monotonic()
        self._shown = ""

    def say(self, text: str, *, last: bool = False) -> None:
        text = plain(text)
        now = time.monotonic()
        if not last and (text == self._shown or now - self._last < (0.1 if self._live else 10.0)):
            return
        self._last, self._shown = now, text
        width = shutil.get_terminal_size().columns - 1
        print(
            f"\r{text[:width]:{width}}" if self._live else text,
            end="" if self._live and not last else "\n",
            file=sys.stderr,
            flush=True,
        )

    def clear(self) -> None:
        if self._live and self._shown:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{'':{width}}\r", end="", file=sys.stderr, flush=True)
            self._shown = ""


def fetching() -> Callable[["FetchProgress"], None]:
    """Tells how far a download is."""
    line = Line()

    def tell(progress: "FetchProgress") -> None:
        share = progress.done_bytes / progress.total_bytes if progress.total_bytes else 0.0
        size = f"{progress.done_bytes / 1e6:.0f} of {progress.total_bytes / 1e6:.0f} MB"
        done = progress.done_bytes >= progress.total_bytes > 0
        line.say(f"{progress.model}: {share:4.0%}, {size}, {progress.note}", last=done)

    return tell


def indexing(line: Line) -> Callable[["UpdateProgress"], None]:
    """Tells how far an update of an archive is, from now on."""
    began = time.perf_counter()

    def tell(now: "UpdateProgress") -> None:
        spent = time.perf_counter() - began
        share = now.done_bytes / now.total_bytes if now.total_bytes else 1.0
        left = f", {duration(spent / share * (1 - share))} left" if share > 0 else ""
        line.say(f"{share:4.0%}  {now.passages} passages, {now.passages / spent:.0f}/s{left}  {now.file}")

    return tell


def open_to_index(settings: Settings, tell: Callable[["FetchProgress"], None]) -> "tuple[NewsIndex, CountTokens]":
    """The archive of `settings`, made where there is none, and what counts the tokens of its passages."""
    from index.news_index import NewsIndex
    from index.opening import is_archive
    from qa.newsroom import open_embedder, open_tokens

    embedder = open_embedder(settings, tell, archive=settings.archive)
    count_tokens = open_tokens(settings, tell)
    if is_archive(settings.archive):
        return NewsIndex.open(settings.archive, embedder), count_tokens
    return NewsIndex.create(settings.archive, embedder, max_tokens=settings.passage_tokens), count_tokens


def open_room(settings: Settings) -> "Newsroom":
    """The newsroom of `settings`, its search indexes ready; says what has to be fetched or made again."""
    from qa.newsroom import open_newsroom

    room = open_newsroom(settings, fetching())
    room.news.ready(lambda text: print(f"groundwire: {text}", file=sys.stderr))
    return room
