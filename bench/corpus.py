"""A corpus as the scripts take it: read by the project's readers, written out again as files, fingerprinted."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

from evaluation.gold.questions import Question
from evaluation.judge import EvidencePlace
from index.article import Article
from index.reading.files import Problem, find_files, id_of, read_file
from index.store.archive import Archive
from models.weights import sha256_of


def places_of(question: Question, text_of: Callable[[str], str | None]) -> list[EvidencePlace]:
    """Every place of a question's evidence, found by its words; none where one of its quotes is nowhere."""
    places = []
    for evidence in question.evidence:
        found = [m.span() for m in re.finditer(re.escape(evidence.quote), text_of(evidence.article_id) or "")]
        if not found:
            return []
        places += [EvidencePlace(evidence.article_id, start, end, evidence.group) for start, end in found]
    return places


def texts_of(archive: Archive) -> Callable[[str], str | None]:
    """Article id → its text, None for an article that the archive does not hold."""

    def text_of(article_id: str) -> str | None:
        article = archive.article(article_id)
        return article.text if article else None

    return text_of


def read_corpus(path: Path, limit: int | None = None) -> list[Article]:
    """The first `limit` articles of a file or folder (all), as the index reads them; what cannot be is left out."""
    root = path if path.is_dir() else path.parent
    items = (item for file in find_files(path)[0] for item in read_file(file, id_of(file, root)))
    return list(islice((item for item in items if not isinstance(item, Problem)), limit))


def write_jsonl(articles: Iterable[Article], file: Path) -> None:
    """An article a row, without the front matter of Markdown."""
    fields = ("id", "title", "source", "published", "url", "byline")
    with file.open("w", encoding="utf-8") as opened:
        for article in articles:
            row = {name: getattr(article, name) for name in fields} | {"text": article.text[article.body_start :]}
            opened.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_files(articles: Iterable[Article], folder: Path) -> list[Path]:
    """An article a Markdown file, its headline, outlet and date as front matter; names are numbers."""
    folder.mkdir(parents=True)
    files = []
    for number, article in enumerate(articles):
        values = {"title": article.title, "source": article.source, "published": article.published, "url": article.url}
        head = "".join(f"{name}: {' '.join(value.split())}\n" for name, value in values.items() if value)
        files.append(folder / f"{number:05}.md")
        files[-1].write_bytes(f"---\n{head}---\n{article.text[article.body_start :]}".encode())
    return files


def fingerprint(hashes: dict[str, str]) -> str:
    """SHA-256 over names and SHA-256 of files, in order of name."""
    return hashlib.sha256("".join(f"{name}\0{hashes[name]}\n" for name in sorted(hashes)).encode()).hexdigest()


def describe_path(path: Path, articles: Sequence[Article]) -> dict[str, object]:
    """Name, size and fingerprint of a corpus on disk; `articles` are the ones used of it."""
    root = path if path.is_dir() else path.parent
    hashes = {file.relative_to(root).as_posix(): sha256_of(file) for file in find_files(path)[0]}
    return {"name": path.name, "files": len(hashes), "articles": len(articles), "sha256": fingerprint(hashes)}


def describe_archive(archive: Archive) -> dict[str, object]:
    """As `describe_path`, by the hashes that the archive took of its files, and what it holds."""
    known = archive.files_under(Path("/"))
    hashes = {Path(name).relative_to(file.root).as_posix(): file.sha256 for name, file in known.items()}
    counts = archive.counts()
    return {
        "name": next(iter(hashes)) if len(hashes) == 1 else Path(archive.roots()[0]).name,
        "files": len(hashes),
        "articles": counts.articles,
        "passages": counts.passages,
        "sha256": fingerprint(hashes),
        "archive_fingerprint": archive.fingerprint(),
        "embedder": archive.about("embedder"),
        "max_tokens": int(archive.about("max_tokens")),
    }
