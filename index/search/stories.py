"""What exact search asks: tantivy over the archive's stories, every word with its place. `exact` asks it.

A story is an article, or one of a page of several. Derived from the archive, of any back end, and brought up to date
from it by the articles' digests.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import tantivy

from ground.files import write_whole
from index.article import Article, Section
from index.search.stamp import read_stamp, write_stamp
from index.search.wording import readings, words_in
from index.store.archive import Archive
from index.store.scope import day_of

HELD = "held.json"  # which articles are in it, by digest, and of which archive
FORM = "stories-1"  # an empty file that says how they are made: what was made otherwise is made again
WRITER_HEAP = 64_000_000
GAP = " ".join(["\u241e"] * 100)  # no word: between two readings of one text, so that none is near another's
SAY_FROM = 2_000  # articles that are new, from which on making it is told


# What a story is


def stories_of(article: Article) -> Iterator[tuple[int, int, Section]]:
    """Start, end and credit of each story of an article; what stands before the first is one where it has words."""
    bounds = sorted({article.body_start, *(section.start for section in article.sections), len(article.text)})
    spans = list(pairwise(bounds)) or [(article.body_start, len(article.text))]
    for start, end in spans:
        head = bool(article.sections) and start < article.sections[0].start
        if not head or words_in(article.words(start, end)):
            yield start, end, article.section_at(start)


def people_of(byline: str | None) -> list[str]:
    """The people that a byline names, without what is said about them.

    >>> people_of("By Maria Holm, Jon Aske and R. Paz in Lima"), people_of("Reuters staff; A. Writer"), people_of(None)
    (['Maria Holm', 'Jon Aske', 'R. Paz'], ['Reuters staff', 'A. Writer'], [])
    """
    plain = re.sub(
        r"^\s*(?:(?:words|text|story|report(?:ing)?)\s+)?(?:by|von|par|por)\b:?\s*", "", byline or "", flags=re.I
    )
    plain = re.split(r"(?:,\s*|\s+)(?:in|reporting from)\s+(?=[A-Z])", plain)[0]
    names = re.split(r"\s*(?:[,;/|&]|\s(?:and|und|et|y|with)\s)\s*", plain)
    return list(dict.fromkeys(" ".join(name.split()) for name in names if any(c.isalpha() for c in name)))


# Making it


@cache
def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("article", tokenizer_name="raw", index_option="basic", stored=True)
    for name in ("start", "end"):
        builder.add_unsigned_field(name, stored=True)
    for name in ("title", "text", "outlet", "by"):
        builder.add_text_field(name, tokenizer_name="words", index_option="position")
    for name in ("outlet_key", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("outlet_name", "person"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("day", "month", "moment"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    return builder.build()


def open_index(folder: Path, *, fresh: bool) -> tantivy.Index:
    opened = tantivy.Index(schema(), path=str(folder)) if fresh else tantivy.Index.open(str(folder))
    # The words are made here, and told to tantivy with spaces between.
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    opened.register_tokenizer("words", words)
    return opened


def _plain(text: str | None) -> str:
    return " ".join(word.text for word in words_in(text or ""))


def _documents(article: Article) -> Iterator[tantivy.Document]:
    for start, end, section in stories_of(article):
        document = tantivy.Document()
        document.add_text("article", article.id)
        document.add_unsigned("start", start)
        document.add_unsigned("end", end)
        document.add_text("title", _plain(section.title))
        told = readings(article.text, article.pieces(start, end))
        document.add_text("text", f" {GAP} ".join(" ".join(word.text for word in words) for words in told))
        document.add_text("outlet", _plain(section.source))
        document.add_text("by", _plain(section.byline))
        if section.source:
            document.add_text("outlet_key", section.source.casefold())
            document.add_text("outlet_name", section.source)
        for person in people_of(section.byline):
            document.add_text("person", person)
        if article.language:
            document.add_text("language", article.language.lower())
        day = day_of(section.published)
        if day:
            number = int(day.replace("-", ""))
            clock = re.match(r".{10}[T ](\d\d):?(\d\d)", section.published or "")
            document.add_unsigned("day", number)
            document.add_unsigned("month", number // 100)
            document.add_unsigned("moment", number * 10_000 + (int(clock[1] + clock[2]) if clock else 0))
        yield document


def is_current(folder: Path, archive: Archive) -> bool:
    """Whether the folder is whole and of this archive as it is now."""
    stamp = read_stamp(folder)
    whole = stamp is not None and FORM in stamp.files and stamp.generation == archive.generation
    return whole and _held(folder)[0] == archive.about("id")


def _held(folder: Path) -> tuple[str, dict[str, str]]:
    """Of which archive the folder is, and the digests of the articles in it; of none or a damaged one, nothing."""
    try:
        held = json.loads((folder / HELD).read_text("utf-8"))
        return str(held["archive"]), dict(held["digests"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", {}


def update(folder: Path, archive: Archive, say: Callable[[str], None] = lambda _: None) -> None:
    """Brings the folder to what the archive holds, anew where it is missing, damaged or another's."""
    generation, about = archive.generation, archive.about("id")
    stamp, (of, there) = read_stamp(folder), _held(folder)
    if stamp is None or FORM not in stamp.files or of != about:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        there, stamp = {}, None
    digests = archive.digests()
    fresh = [id for id, digest in digests.items() if there.get(id) != digest]
    if len(fresh) > SAY_FROM:
        say(f"{len(fresh):,} articles are made ready for exact search, once")
    (folder / "stamp.json").unlink(missing_ok=True)
    opened = open_index(folder, fresh=stamp is None)
    writer = opened.writer(heap_size=WRITER_HEAP, num_threads=1)
    for id in there.keys() - digests.keys() | (there.keys() & set(fresh)):
        writer.delete_documents_by_query(tantivy.Query.term_query(schema(), "article", id))
    for id in fresh:
        article = archive.article(id)
        if article is None:  # it went meanwhile, and the next generation says so
            del digests[id]
            continue
        for document in _documents(article):
            writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    write_whole(folder / HELD, json.dumps({"archive": about, "digests": digests}))
    (folder / FORM).touch()
    write_stamp(folder, generation, 0)
