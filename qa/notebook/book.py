"""`Notebook`: pinned quotes and notes in an order, and the way back; a JSON file that is there whole or not at all.

Each function gives a new notebook; `change` does so to a file. What a step took away is kept as text, so that nothing
which reads quotes out of JSON takes it for one.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ground.errors import GroundwireError
from ground.files import write_whole
from qa.answer import Citation

FILE = "notebook.json"  # in an archive's folder, where no other place is named
FORMAT = 1
MOST_ENTRIES, MOST_STEPS, LONGEST_NOTE = 5_000, 100, 20_000
WAIT_SECONDS = 10


class NotebookError(GroundwireError, ValueError):
    """A notebook that cannot be read or changed so; the message says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """A pinned quote, or a note where `citation` is None. `number` is its name for good; no other ever has it.

    `at` is when it came in (ISO 8601, UTC), `question` what it was found by, `archive` the state of the archive then.
    """

    number: int
    at: str
    note: str = ""
    citation: Citation | None = None
    question: str = ""
    archive: str = ""


@dataclass(frozen=True)
class Step:
    """What was done, and the notebook before: its title, the order of its numbers, its entries that are others now."""

    told: str
    title: str
    order: tuple[int, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Notebook:
    """The entries in order, the last MOST_STEPS steps, and the highest number that was ever given."""

    title: str = ""
    entries: tuple[Entry, ...] = ()
    steps: tuple[Step, ...] = ()
    last: int = 0

    @property
    def quotes(self) -> list[Citation]:
        """The pinned quotes in order."""
        return [entry.citation for entry in self.entries if entry.citation]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the way back."""
        return {"title": self.title, "entries": [_entry_as_dict(entry) for entry in self.entries]}


# What can be done


def pin(
    book: Notebook, citations: Sequence[Citation], *, question: str = "", note: str = "", archive: str = ""
) -> Notebook:
    """Adds quotes at the end, in order; one that is there already, to the character, is passed over.

    >>> cited = Citation(1, "oil", "Oil rises", "AFP", "2020-01-04", None, 5, 9, "four")
    >>> book = pin(pin(Notebook(), [cited]), [cited])
    >>> [(entry.number, entry.citation.quote) for entry in book.entries], undo(book).entries
    ([(1, 'four')], ())
    """
    _check_note(note)
    held = {_place(one) for one in book.quotes}
    fresh = list({_place(one): one for one in citations if _place(one) not in held}.values())
    at = _now()
    new = [Entry(book.last + n, at, note, one, question, archive) for n, one in enumerate(fresh, 1)]
    if not new:
        return book
    told = f"pinned {', '.join(str(entry.number) for entry in new)}"
    return _after(book, told, entries=(*book.entries, *new), last=book.last + len(new))


def add_note(book: Notebook, text: str) -> Notebook:
    """Adds a note at the end. Raises NotebookError for one that is empty or too long."""
    if not text.strip():
        raise NotebookError("the note is empty; write some words")
    new = Entry(book.last + 1, _now(), _check_note(text))
    return _after(book, f"wrote note {new.number}", entries=(*book.entries, new), last=new.number)


def set_note(book: Notebook, number: int, text: str) -> Notebook:
    """Writes the note of an entry anew; no words take that of a quote away. Raises NotebookError."""
    entry = find_entry(book, number)
    if entry.citation is None and not text.strip():
        raise NotebookError(f"{number}: a note has words; groundwire notebook remove {number} takes it out")
    fresh = replace(entry, note=_check_note(text))
    entries = tuple(fresh if one is entry else one for one in book.entries)
    return _after(book, f"wrote the note of {number}", entries=entries)


def remove(book: Notebook, numbers: Iterable[int]) -> Notebook:
    """Takes entries out. Raises NotebookError for a number that none has."""
    gone = {find_entry(book, number).number for number in numbers}
    told = f"removed {', '.join(map(str, sorted(gone)))}"
    return _after(book, told, entries=tuple(entry for entry in book.entries if entry.number not in gone))


def move(book: Notebook, number: int, *, before: int | None = None) -> Notebook:
    """Puts an entry before another one, or at the end. Raises NotebookError for a number that none has."""
    entry = find_entry(book, number)
    if before == number:
        return book
    others = [one for one in book.entries if one is not entry]
    place = len(others) if before is None else others.index(find_entry(book, before))
    others.insert(place, entry)
    return _after(book, f"moved {number}", entries=tuple(others))


def retitle(book: Notebook, title: str) -> Notebook:
    """Gives the notebook a title; no words take it away."""
    return _after(book, "wrote the title", title=_check_note(" ".join(title.split())))


def undo(book: Notebook) -> Notebook:
    """The notebook before its last step. Raises NotebookError where no step is left."""
    if not book.steps:
        raise NotebookError("there is nothing to undo")
    step = book.steps[-1]
    held = {entry.number: entry for entry in (*book.entries, *step.entries)}
    entries = tuple(held[number] for number in step.order if number in held)
    return replace(book, title=step.title, entries=entries, steps=book.steps[:-1])


def find_entry(book: Notebook, number: int) -> Entry:
    """The entry of a number; raises NotebookError."""
    for entry in book.entries:
        if entry.number == number:
            return entry
    raise NotebookError(f"there is no entry {number}; groundwire notebook list shows the numbers that there are")


def _after(book: Notebook, told: str, **changes: Any) -> Notebook:
    """The notebook with changes, and the step back from them."""
    now = replace(book, **changes)
    if len(now.entries) > MOST_ENTRIES:
        raise NotebookError(f"a notebook holds {MOST_ENTRIES:,} entries; begin another one with --notebook FILE")
    kept = set(now.entries)
    lost = tuple(entry for entry in book.entries if entry not in kept)
    step = Step(told, book.title, tuple(entry.number for entry in book.entries), lost)
    return replace(now, steps=(*book.steps, step)[-MOST_STEPS:])


def _check_note(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise NotebookError(f"the note has {len(text):,} characters; write {LONGEST_NOTE:,} at the most")
    return text.strip()


def _place(citation: Citation) -> tuple[str, int, int, str]:
    return citation.article_id, citation.start, citation.end, citation.quote


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


# Its file


def read_notebook(file: Path) -> Notebook:
    """The notebook in a file; an empty one where there is none. Raises NotebookError for a file that is no notebook."""
    if not file.exists():
        return Notebook()
    try:
        held = json.loads(file.read_text("utf-8-sig"))
        version = held["format"]
        if version == FORMAT:
            steps = (json.loads(step) for step in held["steps"])
            return Notebook(
                _text(held["title"]),
                tuple(map(_read_entry, held["entries"])),
                tuple(
                    Step(
                        _text(s["told"]),
                        _text(s["title"]),
                        tuple(map(int, s["order"])),
                        tuple(map(_read_entry, s["entries"])),
                    )
                    for s in steps
                ),
                int(held["last"]),
            )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotebookError(f"{file}: is no notebook; name another file with --notebook, or move it away") from None
    raise NotebookError(f"{file}: made by another version (format {version}, not {FORMAT}); move it away")


def write_notebook(file: Path, book: Notebook) -> None:
    """The notebook in place of what the file held, whole, by a rename."""
    steps = [
        json.dumps(
            {
                "told": step.told,
                "title": step.title,
                "order": list(step.order),
                "entries": [_entry_as_dict(entry) for entry in step.entries],
            },
            ensure_ascii=False,
        )
        for step in book.steps
    ]
    held = {"format": FORMAT, **book.to_dict(), "steps": steps, "last": book.last}
    write_whole(file, json.dumps(held, ensure_ascii=False, indent=1) + "\n")


def change(file: Path, make: Callable[[Notebook], Notebook]) -> Notebook:
    """Changes the notebook in a file, one writer at a time; the notebook after. Raises NotebookError, OSError."""
    lock = FileLock(file.with_name(f".{file.name}.lock"), timeout=WAIT_SECONDS)
    try:
        with lock:
            book = make(read_notebook(file))
            write_notebook(file, book)
    except Timeout:
        raise NotebookError(f"{file}: another program is writing to it; try again") from None
    return book


def _entry_as_dict(entry: Entry) -> dict[str, Any]:
    known = {name: getattr(entry, name) for name in ("number", "at", "note", "question", "archive")}
    if entry.citation is None:
        return known
    return known | {"citation": asdict(entry.citation) | {"also_in": list(entry.citation.also_in)}}


def _read_entry(held: Mapping[str, Any]) -> Entry:
    cited = held.get("citation")
    citation = None
    if cited is not None:
        title, source, published, url = (
            None if cited[name] is None else _text(cited[name]) for name in ("title", "source", "published", "url")
        )
        start, end = int(cited["start"]), int(cited["end"])
        if not 0 <= start < end:
            raise ValueError("no such place")
        quote, also = _text(cited["quote"]), tuple(map(_text, cited["also_in"]))
        number, article_id = int(cited["number"]), _text(cited["article_id"])
        citation = Citation(number, article_id, title, source, published, url, start, end, quote, also)
    at, note, question, archive = (_text(held[name]) for name in ("at", "note", "question", "archive"))
    return Entry(int(held["number"]), at, note, citation, question, archive)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
