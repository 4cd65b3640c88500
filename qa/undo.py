"""Undoes a change of an archive, whoever made it; undoing is a change too, and can be undone."""

from collections.abc import Callable, Sequence
from pathlib import Path

from index.changing.correct import undo_correction
from index.changing.forget import forget, meant_article, meant_path, remember
from index.forgotten import Forgotten
from index.store.archive import Archive
from index.store.edits import Edit, EditError, Meanwhile, Who, find_edit, told_undone
from qa.standing.taken import undo_following

CANNOT = {
    "index": "an index run says what the files say; change the files, or forget them",
    "take out": "its files are gone; add them again",
}
Reread = Callable[[Sequence[Path]], None]  # brings the archive up to date with these files


def can_undo(edit: Edit) -> bool:
    """Whether a change is one that can be undone, as far as it tells itself."""
    return edit.what not in CANNOT and edit.undone is None and bool(edit.held or edit.what == "follow")


def undo(archive: Archive, number: int, who: Who, reread: Reread) -> Edit:
    """Undoes a change and gives the new one; the caller holds the writer's lock.

    Raises EditError where there is no such change or it cannot be undone, Meanwhile where it was undone already or what
    it changed was changed again.
    """
    edit = find_edit(archive.folder, number)
    if edit.undone:
        raise Meanwhile(told_undone(find_edit(archive.folder, edit.undone)))
    if edit.what in CANNOT:
        raise EditError(f"change {number} cannot be undone: {CANNOT[edit.what]}")
    if edit.what in ("follow", "unfollow"):
        undo_following(archive.folder, edit, who)
    elif edit.what == "correct":
        reread([undo_correction(archive, edit, who)])
    elif edit.what == "forget":
        paths = remember(archive, _things(edit), who, of=edit.of, undoes=number)
        reread([path for path in paths if path.exists()])
    else:
        _forget_again(archive, edit, who)
    made = find_edit(archive.folder, number).undone
    assert made is not None, "it is noted by all that undo"
    return find_edit(archive.folder, made)


def _forget_again(archive: Archive, edit: Edit, who: Who) -> None:
    """Takes out what was added, or what was let in again."""
    if edit.what == "add":
        things = [one for path in edit.held["paths"] for one in meant_path(archive, archive.folder / path)]
    else:
        things = [
            found
            for one in _things(edit)
            for found in (
                meant_path(archive, Path(one.what)) if one.kind == "path" else [meant_article(archive, one.what)]
            )
        ]
    if not things:
        raise EditError(f"change {edit.number} cannot be undone: nothing of it is in the archive")
    forget(archive, things, who, of=edit.of, undoes=edit.number)


def _things(edit: Edit) -> list[Forgotten]:
    if not edit.held:
        raise EditError(f"change {edit.number} cannot be undone: it was not made to its end")
    return [Forgotten(**one) for one in edit.held["things"]]
