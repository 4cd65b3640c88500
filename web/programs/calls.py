"""What all programs ask by, over HTTP, Gradio or MCP: an archive by its name, and events and articles as JSON."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from ground.errors import user_errors
from index.article import Article, ArticleError
from index.search.grammar import is_exact
from index.store.archive import ArchiveError
from index.store.scope import Scope
from index.store.spelling import id_meant
from models import Message
from qa.answer import Answer
from qa.ask import Event, Found, Piece, check_question
from qa.listing import Listing, Sort, by_day, list_stories, marks_of_question, read_sort
from qa.narrowing.understood import Understood
from web.archives import MAY_NOT, Listed, MayNot, compared
from web.queue import Asking, QueuePlace
from web.server import Server

DEFAULT_NAME = "groundwire"  # names the first archive
LONGEST_READ = 20_000
MOST_HITS, MOST_LISTED = 50, 200
BUG = "something went wrong in the server; its log has more"

log = logging.getLogger(__name__)


def find_archive(server: Server, user: str, name: str = "", *, to_change: bool = False) -> Listed:
    """The archive that a program means: by name or key; without one the first, of those that `user` may change if so.

    Raises ArchiveError, which says what there is, MayNot where there is one and it may not be changed.
    """
    seen = server.archives.listed(user)
    there = [entry for entry in seen if entry.may_change or not to_change]
    for entry in there:
        if compared(name) == compared(entry.name) or name == entry.key or compared(name) in ("", DEFAULT_NAME):
            return entry
    names = {compared(entry.name) for entry in seen} | {entry.key for entry in seen}
    if to_change and seen and (not there or name in names or compared(name) in names):
        raise MayNot(MAY_NOT)
    if not there:
        raise ArchiveError("there is no archive; make one first")
    told = ", ".join(f'"{entry.name}"' for entry in there[:20])
    raise ArchiveError(f'there is no archive called "{name[:60]}"; there is {told}')


async def put(
    server: Server,
    user: str,
    key: str,
    question: str,
    history: Sequence[Message] = (),
    *,
    scope: Scope,
    narrow: bool = True,
) -> Asking:
    """A program's question in line, beside what its user asks on the page.

    Raises QuestionError for one that is empty or too long, QueueFull where too many wait.
    """
    how: dict[str, Any] = {} if narrow else {"narrow": False}
    return await server.ask(user, key, check_question(question), history, scope=scope, who=f"{user} by program", **how)


async def tell(asking: Asking) -> AsyncGenerator[dict[str, Any], None]:
    """What is being done, as JSON, `doing` in each; last the answer whole, as ANSWER has it.

    Whoever stops listening stops the asking.
    """
    said = ""
    async with aclosing(asking.follow()) as events:
        async for event in events:
            if isinstance(event, Piece):
                said += event.text
            yield event.to_dict() if isinstance(event, Answer) else progress(event, said)


def progress(event: QueuePlace | Event, said: str = "") -> dict[str, Any]:
    """A step on the way to an answer; `said` are the words so far, with the event's own.

    >>> progress(QueuePlace(3, 41.6)), progress(Piece("Ten died."), "Ten died.")
    ({'doing': 'waiting', 'ahead': 3, 'seconds': 42}, {'doing': 'answering', 'text': 'Ten died.', 'citations': []})
    """
    if isinstance(event, QueuePlace):
        seconds = None if event.seconds is None else round(event.seconds)
        return {"doing": "waiting", "ahead": event.ahead, "seconds": seconds}
    if isinstance(event, Piece):
        return {"doing": "answering", "text": said, "citations": [asdict(cited) for cited in event.citations]}
    if isinstance(event, Understood):
        return {"doing": "understood", **event.to_dict()}
    if isinstance(event, Found):
        return {"doing": "found", "citation": asdict(event.citation), "words": list(event.words)}
    assert not isinstance(event, Answer), "an answer is whole, and no step"
    return {"doing": event.doing, "done": event.done, "total": event.total}


def find(
    server: Server, user: str, key: str, words: str, *, limit: int, scope: Scope, sort: str = ""
) -> list[dict[str, Any]]:
    """Hits as ANSWER has them, with the words of the passage, their marks and the article's address.

    A plain question waits for the embedder; what has an operator of exact search, or a phrase, waits for nothing.
    """
    k, order = _within(limit, MOST_HITS), read_sort(sort)
    scope = server.archives.archive(user, key).known(scope)  # an outlet that it does not hold is told
    if is_exact(words):
        return [hit.to_dict() for hit in _list(server, user, key, words, k, 1, order, scope, counted=False).hits]
    hits = server.archives.room(user, key).search(words, k, scope=scope)
    return [
        {
            **hit.to_dict(),
            "url": hit.article.url,
            "text": hit.text,
            "marks": [list(span) for span in marks_of_question(words, hit)],
        }
        for hit in (by_day(hits) if order == "day" else hits)
    ]


def articles(
    server: Server, user: str, key: str, words: str, *, limit: int, first: int, scope: Scope, sort: str = ""
) -> dict[str, Any]:
    """The stories that exact search finds, all of them without words, and their counts; loads no model."""
    k = _within(limit, MOST_LISTED)
    return _list(server, user, key, words, k, max(1, first), read_sort(sort), scope).to_dict()


def front_of(server: Server, user: str, key: str) -> dict[str, Any]:
    """What the front of an archive shows: its numbers, the latest stories, outlets, months and people with theirs."""
    return server.archives.front(user, key)


def _list(
    server: Server,
    user: str,
    key: str,
    words: str,
    k: int,
    first: int,
    sort: Sort | None,
    scope: Scope,
    *,
    counted: bool = True,
) -> Listing:
    archive, stories = server.archives.archive(user, key), server.archives.stories(user, key)
    return list_stories(archive, stories, words, k=k, first=first, sort=sort, scope=scope, counted=counted)


def _within(number: int, most: int) -> int:
    return max(1, min(most, number))


def read(
    server: Server, user: str, key: str, article_id: str, start: int = 0, end: int | None = None
) -> dict[str, Any]:
    """An article's text from `start` to `end`, LONGEST_READ characters at most, and what is known about it."""
    archive = server.archives.archive(user, key)
    article = archive.article(id_meant(archive, article_id))
    if article is None:
        raise ArticleError(f'there is no article "{article_id[:100]}"; search gives the ids that there are')
    last = len(article.text) if end is None else end
    if not 0 <= start <= last <= len(article.text):
        raise ArticleError(f"the article has the characters 0 to {len(article.text)}; ask for some of them")
    stop = min(last, start + LONGEST_READ)
    return {
        **known(article),
        "characters": len(article.text),
        "start": start,
        "end": stop,
        "text": article.text[start:stop],
        "next_start": stop if stop < last else None,
    }


def followed(server: Server, user: str, key: str) -> list[dict[str, Any]]:
    """The questions that are followed in an archive, what is known of each, and the history of its answer."""
    rows = server.following.listed(user, key)
    return [{name: value for name, value in row.items() if name != "unseen"} for row in rows]


def known(article: Article) -> dict[str, Any]:
    """What is known about an article and, of a page of several, its stories; null where it is not."""
    fields = ("id", "title", "source", "published", "updated", "url", "byline", "agency", "place", "language")
    stories = [
        {name: getattr(section, name) for name in ("start", "title", "source", "published")}
        for section in article.sections
    ]
    told = {"sections": stories, "warnings": list(article.warnings)}
    return {"article_id" if name == "id" else name: getattr(article, name) for name in fields} | told


def sentence_of(error: BaseException) -> str:
    """What a program is told of an error: its own words where it can be mended; a bug goes to the log."""
    if isinstance(error, user_errors()):
        return str(error)
    log.error("%s", BUG, exc_info=error)
    return BUG
