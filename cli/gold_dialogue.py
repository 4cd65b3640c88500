"""What `gold add` and `gold review` ask a person in a terminal. What is decided is kept at once; q or Ctrl-D leaves."""

import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from evaluation.gold.add import Groups, check_new, make_question, place_quotes, read_groups, read_numbers
from evaluation.gold.file import append_row, find_row, fresh_id, read_known, remove_row
from evaluation.gold.marked import Marked
from evaluation.gold.questions import GoldError, GoldQuote, Question, read_lines, to_row
from evaluation.gold.quotes import find_quote
from ground.shown import one_line
from ground.words import fold
from index.article import Article
from index.passage import Span, heading, split_sentences
from index.store.archive import Archive
from qa.ask import QuestionError

if TYPE_CHECKING:
    from qa.newsroom import Newsroom

Value = TypeVar("Value")
HITS = 10
UNANSWERABLE = "u"


class Left(Exception):
    """The person is done: q, or the end of what was typed."""


def ask(prompt: str) -> str:
    """A line as typed, without white space around it; raises Left for q and at the end."""
    try:
        text = input(f"{prompt} " if sys.stdin.isatty() else "").strip()
    except EOFError:
        raise Left from None
    if text == "q":
        raise Left
    return text


def until_right(prompt: str, read: Callable[[str], Value]) -> Value:
    """What `read` makes of a typed line; a line that it refuses is asked for again."""
    while True:
        try:
            return read(ask(prompt))
        except (GoldError, QuestionError) as error:
            tell(str(error))


def tell(sentence: str) -> None:
    print(f"groundwire: {one_line(sentence)}", file=sys.stderr, flush=True)


def show(text: str, indent: str = "    ") -> None:
    """Untrusted words as a paragraph."""
    print(textwrap.fill(one_line(text), 100, initial_indent=indent, subsequent_indent=" " * len(indent)), flush=True)


# Adding


def add_question(room: "Newsroom", gold: Path, text: str, kind: str) -> None:
    """Asks for evidence and answers of one question, and adds it. Raises GoldError where it is asked already."""
    check_new(text, read_known(gold))
    quotes = pick_evidence(room, text)
    if quotes is None:
        save(gold, make_question("", text.strip(), (), (), kind=kind))
    else:
        groups, evidence = ask_answers(quotes)
        save(gold, Question("", text.strip(), groups, evidence, True, kind or ask_kind()))


def save(gold: Path, question: Question) -> None:
    """Adds the question under a new id, and says so."""
    id = fresh_id([known.id for known in read_known(gold)])
    append_row(gold, to_row(replace(question, id=id)))
    print(f"{gold}: {id} added", flush=True)


def pick_evidence(room: "Newsroom", question: str) -> list[GoldQuote] | None:
    """The sentences that a person picks from what a search finds; None where they say that there is no answer."""
    hits = room.search(question, HITS)
    for hit in hits:
        print(f"{hit.rank}. {one_line(heading(hit.article, hit.passage.start))}  {one_line(hit.article.id)}")
        show(hit.text)

    def read(text: str) -> list[int] | None:
        if text == UNANSWERABLE:
            return None
        return [n for first, last in read_numbers(text, len(hits)) for n in range(first, last + 1)]

    picked = until_right("Which of them answer it? Numbers such as 1 3; u: the articles do not say; q: leave.", read)
    if picked is None:
        return None
    return [
        quote
        for n in picked
        for quote in pick_sentences(hits[n - 1].article, hits[n - 1].passage.start, hits[n - 1].passage.end)
    ]


def pick_sentences(article: Article, start: int, end: int) -> list[GoldQuote]:
    """The sentences of a passage that a person names by number, or words of the article that they paste."""
    spans = split_sentences(article.text, start, end)
    print(one_line(heading(article, start)))
    for number, span in enumerate(spans, 1):
        show(article.text[slice(*span)], f"  {number}. ")

    def read(text: str) -> list[Span]:
        found = find_quote(article.text, text) if any(c.isalpha() for c in text) else None
        return [found] if found else [(spans[a - 1][0], spans[b - 1][1]) for a, b in read_numbers(text, len(spans))]

    picked = until_right("Which sentences prove it? Numbers such as 1 or 2-3, or paste the words.", read)
    return [GoldQuote(article.id, article.text[slice(*span)]) for span in picked]


def ask_answers(quotes: Sequence[GoldQuote], offered: str = "") -> tuple[Groups, tuple[GoldQuote, ...]]:
    """The accepted forms as typed, or with Enter as `offered`, and each quote with the group that it proves."""

    def read(text: str) -> tuple[Groups, tuple[GoldQuote, ...]]:
        groups = read_groups(text or offered)
        return groups, place_quotes(groups, quotes)

    enter = f"; Enter: {one_line(offered)}" if offered else ""
    return until_right(f"Accepted answers: forms parted by |, answers that are all needed by ;{enter}", read)


def ask_kind() -> str:
    """The kind of a question that is else complete; it is "question" for who leaves here."""
    try:
        return ask("Kind of question, or Enter for question:") or "question"
    except Left:
        return "question"


# From marked answers


def walk_marked(marked: Sequence[Marked], gold: Path, archive: Archive, open_room: Callable[[], "Newsroom"]) -> None:
    """Offers each marked answer that is not in the gold file yet; `open_room` is called when a search is needed."""
    asked = {fold(known.question) for known in read_known(gold)}
    left = [item for item in marked if fold(item.question) not in asked]
    if not left:
        print(f"{gold}: every marked answer is in it already")
    for number, item in enumerate(left, 1):
        print(f"\n{number} of {len(left)}, marked {item.mark} on {one_line(item.date)[:10]}: {one_line(item.question)}")
        show(str(item.answer.get("answer", "")))
        if item.correction:
            show(f"The reader says: {item.correction}")
        quotes = _quotes_of(item, archive)
        try:
            check_new(item.question, read_known(gold))
            _offer(item, quotes, gold, open_room)
        except (GoldError, QuestionError) as error:
            tell(str(error))


def _quotes_of(item: Marked, archive: Archive) -> list[GoldQuote]:
    """The quotes of a marked answer that still stand in their articles; says which do not."""
    quotes = []
    for citation in item.answer["citations"]:
        quote, id = str(citation.get("quote", "")), str(citation.get("article_id", ""))
        article = archive.article(id)
        if article is None or not quote or quote not in article.text:
            tell(f"“{quote[:60]}” is no longer in {id}")
            continue
        quotes.append(GoldQuote(id, quote))
        show(quote, f"  {len(quotes)}. ")
    return quotes


def _offer(item: Marked, quotes: list[GoldQuote], gold: Path, open_room: Callable[[], "Newsroom"]) -> None:
    right = item.mark == "+" and bool(quotes)

    def read(text: str) -> list[GoldQuote] | str:
        if text in (UNANSWERABLE, "s", "a"):
            return text
        if not quotes:
            raise GoldError("there is no quote to take; type a, u, s or q")
        if not text and right:
            return quotes
        return [quotes[n - 1] for first, last in read_numbers(text, len(quotes)) for n in range(first, last + 1)]

    which = "Enter: all quotes are evidence; numbers: these; " if right else "numbers: these quotes; " if quotes else ""
    chosen = until_right(f"{which}a: find evidence anew; u: the articles do not say; s: skip; q: leave.", read)
    if chosen == "s":
        return
    if isinstance(chosen, str):
        found = None if chosen == UNANSWERABLE else pick_evidence(open_room(), item.question)
    else:
        found = chosen
    if found is None:
        save(gold, make_question("", item.question, (), ()))
    else:
        groups, evidence = ask_answers(found, item.correction)
        save(gold, Question("", item.question, groups, evidence, True, "question"))


# Reviewing drafts


def review(drafts: Path, gold: Path) -> None:
    """Walks through the drafts: what is accepted goes into the gold file, and with what is rejected out of this one.

    Raises GoldError for a file that holds something else than drafts: nothing but drafts is taken out of a file.
    """
    found = []
    for number, item in read_lines(drafts):
        if isinstance(item, GoldError):
            tell(str(item))
        elif not item.draft:
            raise GoldError(
                f"{drafts}:{number}: is not a draft; name the drafts first: groundwire gold review DRAFTS GOLD"
            )
        else:
            found.append(item)
    if not found:
        print(f"{drafts}: no drafts are left")
    for number, draft in enumerate(found, 1):
        known = read_known(gold)
        held = next((k.id for k in known if fold(k.question) == fold(draft.question)), None)
        if held:
            remove_row(drafts, draft.id)
            tell(f"{draft.id} is in {gold} already as {held}; it is no draft any more")
            continue
        print(f"\n{number} of {len(found)}, {one_line(draft.id)}: {one_line(draft.question)}")
        print(f"  answer: {one_line('; '.join(' | '.join(group) for group in draft.groups))}")
        for evidence in draft.evidence:
            show(f"“{evidence.quote}” {evidence.article_id}", "  ")
        _decide(draft, drafts, gold)


def _decide(draft: Question, drafts: Path, gold: Path) -> None:
    """Asks until the draft is accepted, rejected or left."""
    while True:
        word = ask("a: accept; e: edit; r: reject; s: leave for later; q: leave.")
        try:
            if word == "e":
                draft = _edit(draft)
                show(f"{draft.question} {'; '.join(' | '.join(group) for group in draft.groups)}")
            elif word == "a":
                check_new(draft.question, read_known(gold))
                _accept(draft, drafts, gold)
                return
            elif word == "r":
                remove_row(drafts, draft.id)
                return
            elif word == "s":
                return
        except (GoldError, QuestionError) as error:
            tell(str(error))


def _edit(draft: Question) -> Question:
    """The draft with another question or other answers; an empty line keeps what is there."""
    question = until_right("Question, or Enter to keep it:", lambda text: check_new(text or draft.question, ()))
    quotes = list(dict.fromkeys(replace(evidence, group=0) for evidence in draft.evidence))

    def read(text: str) -> tuple[Groups, tuple[GoldQuote, ...]]:
        groups = read_groups(text) if text else draft.groups
        return groups, place_quotes(groups, quotes)

    groups, evidence = until_right("Accepted answers, or Enter to keep them:", read)
    return replace(draft, question=question, groups=groups, evidence=evidence)


def _accept(draft: Question, drafts: Path, gold: Path) -> None:
    """Into the gold file first, then out of the drafts: a kill between the two leaves it in both, never in none."""
    kept = {
        name: value
        for name, value in find_row(drafts, draft.id).items()
        if name not in {"answers", "answer_groups", "evidence", "draft"}
    }
    id = fresh_id([known.id for known in read_known(gold)])
    append_row(gold, kept | to_row(replace(draft, id=id, draft=False)))
    remove_row(drafts, draft.id)
    print(f"{gold}: {id} added", flush=True)
