"""The notebooks of those who use a server: one a login and archive, in the form that `groundwire notebook` keeps."""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from qa.answer import cite
from qa.notebook.book import Notebook, NotebookError, change, pin, read_notebook
from qa.notebook.write import KINDS, origin, write_export
from web.archives import Archives


class Notebooks:
    """Safe from any thread: one writer at a time. `folder` keeps them, a file each."""

    def __init__(self, archives: Archives, folder: Path) -> None:
        self._archives = archives
        self._folder = folder / "notebooks"

    def read(self, user: str, key: str) -> Notebook:
        """A user's notebook of an archive that the user sees, an empty one at first; raises ArchiveError."""
        return read_notebook(self._file(user, key))

    def pin(self, user: str, key: str, id: str, start: int, end: int) -> Notebook:
        """Pins `text[start:end]` of an article; one that is there already is passed over. Raises as `read`, and
        NotebookError where the archive holds no such words."""
        archive = self._archives.archive(user, key)
        article = archive.article(id)
        if article is None or not (0 <= start < end <= len(article.text) and article.text[start:end].strip()):
            raise NotebookError("these words are not in the archive any more; open the article again")
        cited = cite(1, article, start, end)
        return self.change(user, key, lambda book: pin(book, [cited], archive=archive.contents()))

    def change(self, user: str, key: str, make: Callable[[Notebook], Notebook]) -> Notebook:
        """The notebook after a change of `qa.notebook.book`; raises as `read`, and what `make` raises."""
        file = self._file(user, key)
        file.parent.mkdir(parents=True, exist_ok=True)
        return change(file, make)

    def export(self, user: str, key: str, kind: str) -> bytes:
        """The notebook as a .md, .html or .docx file; raises as `read`, and NotebookError for another kind."""
        if kind not in KINDS:
            raise NotebookError(f"a notebook can be had as {', '.join(KINDS)}")
        archive = self._archives.archive(user, key)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"notebook{kind}"
            write_export(self.read(user, key), origin(self._name(user, key), archive.contents()), file)
            return file.read_bytes()

    def _name(self, user: str, key: str) -> str:
        return next(entry.name for entry in self._archives.listed(user) if entry.key == key)

    def _file(self, user: str, key: str) -> Path:
        self._archives.archive(user, key)  # raises where the user does not see it
        whose = "\0".join((user, key)).encode()
        return self._folder / f"{hashlib.sha256(whose).hexdigest()[:32]}.json"
