"""A BEIR folder (Thakur et al. 2021): questions with the articles judged relevant to them, and no answers."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluation.gold.imports.item import LeftOut, SetItem
from evaluation.gold.questions import GoldError, GoldQuote, Question
from index.article import Article

SPLITS = ("test", "dev", "train")


def is_format(folder: Path) -> bool:
    """Whether the three parts are there."""
    return all((folder / name).is_file() for name in ("corpus.jsonl", "queries.jsonl")) and (folder / "qrels").is_dir()


def split_of(folder: Path, split: str | None) -> Path:
    """The judgments of a split: of the one named, else test, dev or train. Raises GoldError where there are none."""
    held = {file.stem: file for file in sorted((folder / "qrels").glob("*.tsv"))}
    for name in (split,) if split else SPLITS:
        if name in held:
            return held[name]
    if split or not held:
        wanted = f"{split}.tsv" if split else "test.tsv, dev.tsv or train.tsv"
        raise GoldError(f"{folder / 'qrels'}: no {wanted}; there are: {', '.join(held) or 'none'}")
    return next(iter(held.values()))


def read(folder: Path, split: str | None) -> Iterator[SetItem]:
    """All articles, then the questions of one split, retrieval only: all of a relevant article is its evidence."""
    judgments = split_of(folder, split)
    relevant: dict[str, dict[str, None]] = {}
    for where, query, document, score in _judged(judgments):
        if score is None:
            yield LeftOut("a judgment without query-id, corpus-id and score", where)
        elif score > 0:
            relevant.setdefault(query, {})[document] = None
    wanted = {document for documents in relevant.values() for document in documents}
    texts: dict[str, str] = {}
    for where, row in _rows(folder / "corpus.jsonl"):
        article = _article(row)
        if article is None:
            yield LeftOut("an article without _id or text", where)
            continue
        if article.id in wanted:
            texts[article.id] = article.text
        yield article
    for where, row in _rows(folder / "queries.jsonl"):
        id = str(row.get("_id") or "")
        if id not in relevant:
            yield LeftOut(f"a question that nothing is relevant to in {judgments.name}", where)
            continue
        missing = [document for document in relevant[id] if document not in texts]
        yield from (LeftOut("evidence: its article is not in the corpus", f"{where} ({name})") for name in missing)
        evidence = tuple(GoldQuote(document, texts[document]) for document in relevant[id] if document in texts)
        if evidence:
            yield Question(id, str(row.get("text") or ""), (), evidence, True, "retrieval")


def _article(row: dict[str, Any]) -> Article | None:
    id, title, text = (str(row.get(name) or "") for name in ("_id", "title", "text"))
    text = text if text.strip() else title  # some hold a headline alone
    return Article(id, text, title.strip() or id, url=_text(row, "url")) if id.strip() and text.strip() else None


def _text(row: dict[str, Any], name: str) -> str | None:
    """A field of the row, or of its `metadata`."""
    more = row.get("metadata")
    value = row.get(name) or (more.get(name) if isinstance(more, dict) else None)
    return value if isinstance(value, str) and value.strip() else None


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSON Lines file, streamed; a line that is none comes as an empty one."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    row = json.loads(line)
                except (RecursionError, ValueError):
                    row = {}
                yield f"{path}:{number}", row if isinstance(row, dict) else {}


def _judged(path: Path) -> Iterator[tuple[str, str, str, float | None]]:
    """Place, query, document and score of each line after the first; a line of another shape has no score."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        try:
            for number, cells in enumerate(lines, 1):
                try:
                    query, document, score = cells[0], cells[1], float(cells[2])
                except (IndexError, ValueError):
                    if cells and number > 1:
                        yield f"{path}:{number}", "", "", None
                    continue
                yield f"{path}:{number}", query, document, score
        except UnicodeDecodeError as error:
            raise GoldError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
