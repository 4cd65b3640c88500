"""What is kept out of an archive: paths and articles that were taken out on purpose, until they are taken back.

The list lies in the archive's folder. It is written before the articles go, so that a kill leaves nothing in for good.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from index.article import ArticleError

FILE = "forgotten.json"


@dataclass(frozen=True)
class Forgotten:
    """One thing that is kept out since `day`: all that comes from a path, or one article by its id.

    `articles` is how many were taken out; `file` is where an article stood, empty for a path, and `reader_id` the id
    that its reader made, where it had another.
    """

    what: str
    kind: Literal["path", "article"]
    day: str
    articles: int
    file: str = ""
    reader_id: str = ""


def read_forgotten(folder: Path) -> list[Forgotten]:
    """What is kept out of the archive of this folder, in the order it was told.

    Raises ArticleError for a list that cannot be read: nothing is indexed then, for it could bring back what must not.
    """
    try:
        return [Forgotten(**row) for row in json.loads((folder / FILE).read_text("utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise ArticleError(
            f"{folder / FILE}: the list of what is kept out cannot be read ({error}); mend it, or move it away"
        ) from None


def write_forgotten(folder: Path, forgotten: Sequence[Forgotten]) -> None:
    """Puts the list in the place of the one before, by a rename. Raises ArticleError where it cannot be written."""
    fresh = folder / f"{FILE}.new"
    try:
        with fresh.open("w", encoding="utf-8") as file:
            json.dump([asdict(one) for one in forgotten], file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / FILE)
    except OSError as error:
        raise ArticleError(f"{folder / FILE}: cannot be written ({error.strerror})") from None


def keeps_out(forgotten: Sequence[Forgotten], file: Path) -> Forgotten | None:
    """The forgotten path that a file lies at or below, None where there is none.

    >>> old = Forgotten("/news/old", "path", "2024-05-01", 3)
    >>> keeps_out([old], Path("/news/old/a.txt")) == old, keeps_out([old], Path("/news/older.txt"))
    (True, None)
    """
    return next((one for one in forgotten if one.kind == "path" and file.is_relative_to(one.what)), None)
