"""Imports a gold set of others: reads its articles and questions, writes an archive's articles and a gold file.

The format is told by content. What cannot be used is left out with its reason and place, never passed over.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from evaluation.gold.file import row_text, write_all
from evaluation.gold.imports import beir, multihop, squad, table
from evaluation.gold.imports.gather import GoldSet, article_row, gather, settle
from evaluation.gold.imports.item import SetItem
from evaluation.gold.imports.source import KNOWN, SourceFile, read_source
from evaluation.gold.questions import GoldError, to_row
from index.store.archive import Archive

SetReader = Callable[[Sequence[SourceFile]], Iterator[SetItem]]
READERS: dict[str, tuple[Callable[[SourceFile], bool], SetReader]] = {
    "SQuAD": (squad.is_format, squad.read),
    "MultiHop-RAG": (multihop.is_format, multihop.read),
    "table": (table.is_format, table.read),
}


def read_set(
    paths: Sequence[Path], *, limit: int | None = None, split: str | None = None, archive: Archive | None = None
) -> GoldSet:
    """The gold set in files or folders of one format; all articles, the first `limit` questions.

    `split` names the judgments of a BEIR folder. Quotes that name no article are looked for in `archive`.
    Raises GoldError where the format is not known or holds no question that can be used.
    """
    folders = [path for path in paths if path.is_dir() and beir.is_format(path)]
    if folders:
        if len(paths) > 1:
            raise GoldError(f"{folders[0]}: is a BEIR folder; import it alone")
        format, items = "BEIR", beir.read(folders[0], split)
    else:
        sources = [read_source(file) for path in paths for file in _files(path)]
        format, items = _read_all(sources)
    made = settle(gather(format, items, limit), archive)
    if not made.questions:
        why = f" ({made.left_out[0].where}: {made.left_out[0].reason})" if made.left_out else ""
        raise GoldError(f"{paths[0]}: no question in it can be used{why}")
    return made


def _files(path: Path) -> list[Path]:
    """The file itself, or the JSON files of a folder; raises GoldError where there are none."""
    if not path.exists():
        raise GoldError(f"{path}: no such file or folder; give the path of a gold set")
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".json")
    if not files:
        raise GoldError(f"{path}: holds no gold set; {KNOWN}")
    return files


def _read_all(sources: Sequence[SourceFile]) -> tuple[str, Iterator[SetItem]]:
    formats = {source.path: _format_of(source) for source in sources}
    first, *others = dict.fromkeys(formats.values())
    if others:
        told = ", ".join(f"{path} is {format}" for path, format in formats.items())
        raise GoldError(f"{told}; import what is of one format at a time")

    def items() -> Iterator[SetItem]:
        for source in sources:
            yield from source.left_out
        yield from READERS[first][1](sources)

    return first, items()


def _format_of(source: SourceFile) -> str:
    for name, (is_format, _) in READERS.items():
        if is_format(source):
            return name
    if "_id" in source.names:
        raise GoldError(f"{source.path}: is a part of a BEIR folder; import the folder that holds it")
    raise GoldError(f"{source.path}: is of no known format; {KNOWN}")


def write_set(made: GoldSet, folder: Path, *, force: bool = False) -> tuple[Path | None, Path]:
    """Writes `articles.jsonl`, if there are any, and `gold.jsonl` into `folder`: both whole, or neither.

    Raises GoldError where one of them is there already, unless `force`.
    """
    articles, gold = folder / "articles.jsonl", folder / "gold.jsonl"
    for file in (articles, gold) if made.articles else (gold,):
        if file.exists() and not force:
            raise GoldError(f"{file}: is there already; name another --out, or replace it with --force")
    folder.mkdir(parents=True, exist_ok=True)
    texts = {articles: "".join(row_text(article_row(article)) for article in made.articles)} if made.articles else {}
    texts[gold] = "".join(row_text(to_row(question)) for question in made.questions)
    write_all({file: text.encode() for file, text in texts.items()})
    return articles if made.articles else None, gold
