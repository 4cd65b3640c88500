"""Which id or path of an archive a person means: the same characters, or the one that is typed alike."""

from collections.abc import Iterable
from pathlib import Path

from ground.shown import shown
from ground.words import name_key
from index.article import ArticleError
from index.store.archive import Archive


def typed_alike(name: str, names: Iterable[str]) -> list[str]:
    r"""Those of `names` that are typed like `name`, in order.

    >>> typed_alike("S\u00e8te", ["sete", "Se\u0300te"]) == ["Se\u0300te"]
    True
    """
    key = name_key(name)
    return sorted({one for one in names if name_key(one) == key})


def id_meant(archive: Archive, name: str) -> str:
    """The id of the archive's article that is meant; `name` as it is where none is. Raises ArticleError for several."""
    if archive.article(name) is not None:
        return name
    alike = typed_alike(name, archive.owners())
    if len(alike) > 1:
        told = " and ".join(ascii(shown(one)) for one in alike[:3])
        raise ArticleError(f'"{shown(name)}" is typed like {told}; copy the one that is meant')
    return alike[0] if alike else name


def files_meant(archive: Archive, path: str) -> list[str]:
    """The archive's files at or below a path that is typed alike."""
    key = name_key(path).rstrip("/")
    files = {file: name_key(file) for file in set(archive.owners().values())}
    return sorted(file for file, typed in files.items() if typed == key or typed.startswith(f"{key}/"))


def places_meant(archive: Archive, path: Path) -> list[Path]:
    """The files and folders of the archive that are typed like a path."""
    key = name_key(str(path)).rstrip("/")
    above = {place for file in files_meant(archive, str(path)) for place in (Path(file), *Path(file).parents)}
    return sorted(place for place in above if name_key(str(place)).rstrip("/") == key)
