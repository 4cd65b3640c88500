"""What a person knows better of an article: written into the side file beside its file, with what stood there before.

The caller holds the writer's lock, and reads the file again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ground.files import write_whole
from index.article import Article, ArticleError
from index.reading.files import id_of
from index.store.archive import Archive
from index.store.edits import Edit, EditError, Meanwhile, Who, by_whom, noting, read_edits
from index.store.spelling import id_meant
from index.understanding.correction import FIELDS, corrections_in, remove_correction, side_file, write_correction


@dataclass(frozen=True)
class Correctable:
    """An article, the file that it is read from, and its id in there where it is not alone (a row, a member)."""

    article: Article
    file: Path
    own: str | None


def find_correctable(archive: Archive, name: str) -> Correctable:
    """The article with this id. Raises EditError where none has it or its file is gone, ArticleError where its file has
    several of one id."""
    article_id = id_meant(archive, name)
    article, path = archive.article(article_id), archive.owners().get(article_id)
    if article is None or path is None:
        raise EditError(f'{archive.place}: no article has the id "{article_id}"')
    file = Path(path)
    if not file.is_file():
        raise EditError(f"{file}: is not there any more; index again, to bring the archive up to date")
    read, made = article.reader_id or article.id, archive.reader_ids(path)
    alike = [made.get(one, one) for one in archive.digests_of_file(path)].count(read)
    if alike > 1:
        raise ArticleError(f'{file}: {alike} articles in it have the id "{read}"; give each its own there first')
    root = archive.files_under(file)[path].root
    return Correctable(article, file, None if read == id_of(file, Path(root)) else read)


def known_now(found: Correctable) -> dict[str, str]:
    """What can be corrected of an article, as it is known now; a correction that is not read yet counts."""
    read = {name: getattr(found.article, name) or "" for name in FIELDS}
    return read | corrections_in(found.file, found.own)


def correct(
    archive: Archive, name: str, values: Mapping[str, str], who: Who, *, seen: Mapping[str, str] | None = None
) -> Path:
    """Corrects an article, and gives its file. `seen` is what whoever corrects it saw of these fields.

    Raises Meanwhile where a field is not what was seen, EditError for an article that is not there and where nothing
    would change, ArticleError for a field or a value that cannot be.
    """
    found = find_correctable(archive, name)
    now, side = known_now(found), corrections_in(found.file, found.own)
    for field in values if seen is not None else ():
        if field in now and now[field] != (seen or {}).get(field, ""):
            raise Meanwhile(_told_meanwhile(archive, found.article.id, field, now[field]))
    values = {field: value for field, value in values.items() if now.get(field) != value}
    if not values:
        raise EditError("nothing is changed: these are the values that it has")
    with noting(archive.folder, who, "correct", [found.article.id]) as noted:
        noted.before = {field: now.get(field, "") for field in values}
        noted.after, noted.held = dict(values), {"side": {field: side.get(field) for field in values}}
        write_correction(found.file, values, found.own)
    return found.file


def _told_meanwhile(archive: Archive, article_id: str, field: str, now: str) -> str:
    edits = read_edits(archive.folder, of=article_id, what="correct")
    by = next((by_whom(edit) for edit in edits if field in edit.after), "somebody")
    return f'nothing is saved: {by} changed {field} to "{now}"; look at the article again'


def uncorrect(archive: Archive, name: str, who: Who) -> Path:
    """Takes all corrections of an article away, and gives its file; raises EditError where there are none."""
    found = find_correctable(archive, name)
    side, text = corrections_in(found.file, found.own), _text(found)
    with noting(archive.folder, who, "correct", [found.article.id]) as noted:
        if not remove_correction(found.file, found.own):
            raise EditError(f"{side_file(found.file)}: corrects nothing of {found.article.id}")
        noted.before, noted.after = side, dict.fromkeys(side)
        noted.held = {"side": side} | ({"text": text, "left": _text(found)} if found.own is None else {})
    return found.file


def undo_correction(archive: Archive, edit: Edit, who: Who) -> Path:
    """Puts back what a correction replaced, and gives the file; raises Meanwhile where it was corrected again since."""
    if not edit.held:
        raise EditError(
            f"change {edit.number} cannot be undone: the article was forgotten since, and its words with it"
        )
    found = find_correctable(archive, edit.of[0])
    side, text, now = corrections_in(found.file, found.own), _text(found), known_now(found)
    whole = "text" in edit.held  # with what no field says, as sections and comments
    if text != edit.held["left"] if whole else any(side.get(name) != value for name, value in edit.after.items()):
        raise Meanwhile(_told_since(archive, edit))
    with noting(archive.folder, who, "correct", edit.of, undoes=edit.number) as noted:
        if whole:
            _put(side_file(found.file), edit.held["text"])
        else:
            write_correction(found.file, edit.held["side"], found.own)
        noted.before = {name: now[name] for name in edit.after}
        noted.after = dict(edit.held["side"])
        noted.held = {"side": dict(edit.after)} | ({"text": text, "left": edit.held["text"]} if whole else {})
    return found.file


def _text(found: Correctable) -> str | None:
    side = side_file(found.file)
    return side.read_text("utf-8") if side.is_file() else None


def _put(side: Path, text: str | None) -> None:
    if text is None:
        side.unlink(missing_ok=True)
    else:
        write_whole(side, text)


def _told_since(archive: Archive, edit: Edit) -> str:
    later = read_edits(archive.folder, of=edit.of[0], what="correct")
    by = next((one for one in reversed(later) if one.number > edit.number and not one.undone), None)
    what = f"{by_whom(by)} corrected it again, as change {by.number}; undo that first" if by else "it was changed since"
    return f"change {edit.number} cannot be undone: {what}"
