"""tantivy over the archive's passages: BM25 (k1 1.2, b 0.75, Lucene idf) over stemmed words.

Derived from the archive and brought up to date from it: rows past the last one it holds are added,
rows removed since its generation are taken out.
"""

import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
import tantivy
from numpy.typing import NDArray

from ground.words import as_typed, unparted
from index.article import Article
from index.passage import Passage, heading
from index.search.stamp import read_stamp, write_stamp

FORM = "words-2"  # an empty file that says how words are made: what was made otherwise is made again
WRITER_HEAP = 64_000_000
HEADING_WEIGHT = 0.5
MOST_TERMS = 20_000  # rows that are named to tantivy; of a larger part, more is fetched and the rest left out
# Lucene's English stop words, which tantivy has, leave out what questions are made of.
QUESTION_WORDS = (
    "am been did do does had has have he her him his how i its me my our she than them us we were what when where"
    " which who whom whose why you your"
).split()


@cache
def analyzer() -> tantivy.TextAnalyzer:
    """Words as they are compared: lower case, no accents, no English function words, English endings cut off."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(40))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stopword("english"))
        .filter(tantivy.Filter.custom_stopword(QUESTION_WORDS))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def indexed(text: str) -> str:
    """A text as its words are indexed: as they are typed, those that a line's end parts both whole and in parts."""
    return unparted(as_typed(text), keep=True)


def terms(text: str) -> list[str]:
    """The words of a text as they are compared.

    >>> terms("The Kleo\u200bpatra of Hasel-\\nbacher")
    ['kleopatra', 'haselbach', 'hasel', 'bacher']
    """
    return list(analyzer().analyze(indexed(text)))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=True, fast=True)
    builder.add_text_field("heading", tokenizer_name="news", index_option="freq")
    builder.add_text_field("body", tokenizer_name="news", index_option="freq")
    return builder.build()


def _open(folder: Path, *, fresh: bool) -> tantivy.Index:
    opened = tantivy.Index(_schema(), path=str(folder)) if fresh else tantivy.Index.open(str(folder))
    opened.register_tokenizer("news", analyzer())
    return opened


def generation(folder: Path) -> int | None:
    """The archive's generation that the folder holds; None where it is missing or damaged."""
    stamp = read_stamp(folder)
    return stamp.generation if stamp else None


def is_current(folder: Path, generation: int) -> bool:
    """Whether the folder holds this generation of the archive, its words as they are made now."""
    stamp = read_stamp(folder)
    return stamp is not None and stamp.generation == generation and FORM in stamp.files


class Texts(Protocol):
    """What the index is made of, by row and by generation."""

    @property
    def generation(self) -> int: ...

    @property
    def last_row(self) -> int:
        """The highest row a passage ever had."""

    def texts(self, after: int = 0) -> Iterator[tuple[int, Article, Passage]]:
        """Row, article and passage of all passages past row `after`, article by article."""

    def removed_since(self, generation: int) -> Sequence[int]:
        """Rows of the passages taken out after `generation`."""


def update(folder: Path, archive: Texts) -> None:
    """Brings the folder to the archive's generation, anew where it is missing, damaged or of a later one."""
    stamp = read_stamp(folder)
    if stamp is not None and FORM not in stamp.files:
        stamp = None
    if stamp is not None and stamp.generation == archive.generation:
        return
    if stamp is not None and stamp.generation > archive.generation:
        stamp = None  # an older archive was put back
    if stamp is None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    generation, last_row = (stamp.generation, stamp.last_row) if stamp else (0, 0)
    (folder / "stamp.json").unlink(missing_ok=True)
    opened = _open(folder, fresh=stamp is None)
    writer = opened.writer(heap_size=WRITER_HEAP, num_threads=1)
    for row in archive.removed_since(generation) if stamp else ():
        # Not by term: tantivy-py makes a signed one of the number, which no unsigned field holds.
        writer.delete_documents_by_query(tantivy.Query.term_query(opened.schema, "row", row))
    for row, article, passage in archive.texts(after=last_row):
        document = tantivy.Document()
        document.add_unsigned("row", row)
        document.add_text("heading", indexed(heading(article, passage.start)))
        document.add_text("body", indexed(article.words(passage.start, passage.end)))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    (folder / FORM).touch()
    write_stamp(folder, archive.generation, archive.last_row)


def links_to(folder: Path) -> TemporaryDirectory[str]:
    """A folder of links to an index's files, to read it by: even to read, tantivy opens a lock file beside it."""
    links = TemporaryDirectory(prefix="groundwire-")
    for file in folder.iterdir():
        if file.suffix != ".lock":
            Path(links.name, file.name).symlink_to(file.resolve())
    return links


class LexicalIndex:
    """An open tantivy folder, for searching."""

    def __init__(self, folder: Path, *, writable: bool) -> None:
        if not writable:
            self._links = links_to(folder)
            folder = Path(self._links.name)
        self._index = _open(folder, fresh=False)
        self._searcher = self._index.searcher()

    def search(self, question: str, k: int, *, within: NDArray[np.int64] | None = None) -> list[tuple[int, float]]:
        """The `k` rows with the highest BM25 for any word of the question, best first, ties by row.

        Only rows of `within` where it is given, `(m,) int64` in order: the first `k` of them in the ranking of all.
        """
        query = self._any_word(question)
        if query is None:
            return []
        if within is None:
            return self._found(query, k)
        if not len(within):
            return []
        if len(within) <= MOST_TERMS:
            # Unlike a term to delete by, the number of a query is made what the field holds. Its score is nothing.
            there = tantivy.Query.term_set_query(self._index.schema, "row", within.tolist())
            nothing = tantivy.Query.const_score_query(there, 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, nothing)])
        limit = k + 1
        while True:
            found = self._found(query, limit)
            rows = np.array([row for row, _ in found], np.int64)
            places = np.minimum(np.searchsorted(within, rows), len(within) - 1)
            kept = [hit for hit, there in zip(found, within[places] == rows, strict=True) if there]
            # Of equal scores tantivy keeps those it met first: so it is asked for more until a lower one comes.
            if len(found) < limit or (len(kept) >= k and found[-1][1] < kept[k - 1][1]):
                return kept[:k]
            limit *= 2

    def _any_word(self, question: str) -> tantivy.Query | None:
        """The question as tantivy asks it; None where no word of it counts."""
        words = sorted(set(terms(question)))
        schema = self._index.schema
        queries = [
            (tantivy.Occur.Should, query)
            for word in words
            for query in (
                tantivy.Query.term_query(schema, "body", word),
                tantivy.Query.boost_query(tantivy.Query.term_query(schema, "heading", word), HEADING_WEIGHT),
            )
        ]
        return tantivy.Query.boolean_query(queries) if queries else None

    def _found(self, query: tantivy.Query, k: int) -> list[tuple[int, float]]:
        found = self._searcher.search(query, limit=k, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in found])
        hits = [(int(row or 0), float(score)) for row, (score, _) in zip(rows, found, strict=True)]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))
