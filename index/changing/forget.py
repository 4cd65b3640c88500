"""Takes articles out of an archive and keeps them out, and lets them in again. The caller holds the writer's lock."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from index.article import ArticleError
from index.forgotten import Forgotten, keeps_out, read_forgotten, write_forgotten
from index.store.archive import Archive
from index.store.edits import EditError, Meanwhile, Who, by_whom, last_edit, noting, strike_edits
from index.store.spelling import id_meant, places_meant, typed_alike
from index.store.standing import strike


def meant_path(archive: Archive, path: Path) -> list[Forgotten]:
    """The files that were indexed at or below a path, or at one that is typed alike; nothing where there are none."""
    path = path.resolve()
    places = [path] if archive.files_under(path) else places_meant(archive, path)
    known = {place: archive.files_under(place) for place in places}
    articles = {place: sum(len(archive.digests_of_file(file)) for file in files) for place, files in known.items()}
    return [Forgotten(str(place), "path", _today(), number) for place, number in articles.items()]


def meant_article(archive: Archive, name: str) -> Forgotten:
    """The article with this id; raises EditError where none has it, Meanwhile where somebody forgot it."""
    article_id = id_meant(archive, name)
    if file := archive.owners().get(article_id):
        return Forgotten(article_id, "article", _today(), 1, file, archive.reader_ids(file).get(article_id, ""))
    edit = last_edit(archive.folder, article_id)
    if edit and edit.what == "forget" and not edit.undone:
        raise Meanwhile(f'"{article_id}" is taken out already: {by_whom(edit)}, as change {edit.number}')
    raise EditError(f'{archive.place}: no article has the id "{article_id}"')


def forget(
    archive: Archive, things: Sequence[Forgotten], who: Who, *, of: Sequence[str] = (), undoes: int | None = None
) -> tuple[int, int]:
    """Takes these out and keeps them out; how many articles left, of how many files. The files stay.

    `of` is what people call them, where that is something else.
    """
    new = {(one.kind, one.what) for one in things}
    paths = [Path(one.what) for one in things if one.kind == "path"]
    files = sorted({file for path in paths for file in archive.files_under(path)})
    alone = [one.what for one in things if one.kind == "article"]
    gone = {*alone, *(id for file in files for id in archive.digests_of_file(file))}
    with noting(archive.folder, who, "forget", of or [one.what for one in things], undoes=undoes) as noted:
        noted.after, noted.held = {"articles": len(gone)}, {"things": [asdict(one) for one in things]}
        held = read_forgotten(archive.folder)
        write_forgotten(archive.folder, [*(one for one in held if (one.kind, one.what) not in new), *things])
        with archive.change():
            for file in files:
                archive.forget_file(file)
            archive.remove_articles(alone)
    strike(archive.folder, gone)
    strike_edits(archive.folder, gone)
    return len(gone), len({*files, *(one.file for one in things if one.file)})


def kept_out(archive: Archive, path: Path, name: str) -> list[Forgotten]:
    """What is kept out as this path or this id, or one that is typed alike; nothing where nothing is.

    Raises ArticleError where it went with a folder around it.
    """
    held = read_forgotten(archive.folder)
    path = path.resolve()
    meant = {"path": str(path), "article": name}
    found = [one for one in held if one.what == meant[one.kind]]
    found = found or [one for one in held if typed_alike(meant[one.kind], [one.what])]
    outer = keeps_out(held, path)
    if not found and outer:
        raise ArticleError(f"{name}: was forgotten with {outer.what}; take that back")
    return found


def remember(
    archive: Archive, things: Sequence[Forgotten], who: Who, *, of: Sequence[str] = (), undoes: int | None = None
) -> list[Path]:
    """Keeps these out no more; gives the files and folders that are to be read again, for them to come back.

    Raises Meanwhile where one of them is kept out no more.
    """
    held = read_forgotten(archive.folder)
    names = {(one.kind, one.what) for one in things}
    if not names <= {(one.kind, one.what) for one in held}:
        raise Meanwhile("this is kept out no more: it was let in again meanwhile")
    known = {one.file: archive.files_under(Path(one.file)).get(one.file) for one in things if one.file}
    with noting(archive.folder, who, "remember", of or [one.what for one in things], undoes=undoes) as noted:
        noted.held = {"things": [asdict(one) for one in things]}
        with archive.change():
            for file, there in known.items():
                if there:  # it is read again, though it has not changed
                    archive.put_file(file, there.root, "")
        write_forgotten(archive.folder, [one for one in held if (one.kind, one.what) not in names])
    return sorted({Path(one.file or one.what) for one in things})


def _today() -> str:
    return time.strftime("%Y-%m-%d")
