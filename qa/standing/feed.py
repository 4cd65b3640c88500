"""What was told of the followed questions as an Atom feed (RFC 4287): a file beside the archive."""

from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ground.files import write_whole
from ground.shown import one_line
from index.store.archive import ArchiveError
from index.store.standing import FEED, Standing
from qa.standing.follow import Change, read_change
from qa.standing.words import change_lines, headline

ATOM = "http://www.w3.org/2005/Atom"
MOST = 200  # entries: the last that were told
EPOCH = "1970-01-01T00:00:00+00:00"


def write_feed(standing: Standing) -> Path:
    """Writes the feed anew and says where it is. Raises ArchiveError where the folder does not take it."""
    file = standing.file.with_name(FEED)
    try:
        write_whole(file, atom(changes_of(standing), name=standing.file.parent.resolve().as_uri()), unique=True)
    except OSError as error:
        raise ArchiveError(f"{file}: the feed cannot be written ({error.strerror}); make room, and try again") from None
    return file


def changes_of(standing: Standing) -> list[Change]:
    """What was told last of all questions, the newest first; not what was known when they were taken up."""
    questions = {question.number: question for question in standing.questions()}
    taken_up: set[int] = set()
    changes = []
    for entry in standing.history():
        if entry.number in taken_up:
            changes.append(read_change(questions[entry.number], entry))
        taken_up.add(entry.number)
    return changes[: -MOST - 1 : -1]


def atom(changes: list[Change], *, name: str) -> str:
    """The feed of these changes, the newest first, as XML; `name` is what tells this archive from others."""
    feed = Element("feed", xmlns=ATOM)
    _put(feed, "id", _id(name))
    _put(feed, "title", "Groundwire: answers that have changed")
    _put(feed, "updated", changes[0].at if changes else EPOCH)
    _put(SubElement(feed, "author"), "name", "Groundwire")
    for change in changes:
        entry = SubElement(feed, "entry")
        _put(entry, "id", _id(f"{name}#{change.number}-{change.at}"))
        _put(entry, "title", headline(change))
        _put(entry, "updated", change.at)
        for address in dict.fromkeys(voice.url for voice in change.now if voice.url):
            if address.startswith(("http://", "https://")):
                SubElement(entry, "link", rel="alternate" if len(entry) == 3 else "related", href=one_line(address))
        _put(entry, "content", "\n".join(map(one_line, change_lines(change))), type="text")
    indent(feed)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode") + "\n"


def _put(parent: Element, name: str, words: str, **more: str) -> None:
    SubElement(parent, name, more).text = words if "\n" in words else one_line(words)


def _id(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"
