"""What it costs to ask a part of an archive of many passages, and whether that ranking is the one of all, filtered.

The archive is made: articles of four kilobytes in five passages of made words, every tenth a page of four stories, with
random vectors. So words and vectors are spread evenly; an outlet's own subjects would stand closer together.
"""

import random
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.record import open_parser, spread, write_record
from index.article import Article, Section
from index.passage import Passage
from index.search import dense, lexical
from index.store.archive import Archive, StoredPassage
from index.store.scope import Scope
from index.store.sqlite import EmbeddedArchive

DIMENSION = 384
PASSAGES = 5
ROOM = 800  # characters a passage, blanks after its words: so short a story has no copies, which would take their time
K = 50
SCOPES = {
    "everything": Scope(),
    "two articles": Scope(articles=("a1", "a10")),
    "an outlet of 40": Scope(outlets=("outlet 3",)),
    "two months of 20 years": Scope(since="2010-01", until="2010-02"),
    "outlets, years and a language": Scope(("Outlet 1", "Outlet 2"), "2012", "2013", ("fr",)),
    "a language of two": Scope(languages=("en",)),
    "fifteen years of 20": Scope(since="2010"),
}


def make(archive: Archive, articles: int, seed: int) -> None:
    """Fills an archive, a thousand articles a transaction."""
    dice, numbers = random.Random(seed), np.random.default_rng(seed)
    words = [f"w{n}" for n in range(3000)]

    def story(start: int) -> Section:
        day = f"{dice.randint(2005, 2024)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        return Section(start, " ".join(dice.choices(words, k=8)), f"Outlet {dice.randrange(40)}", day)

    for first in range(0, articles, 1000):
        with archive.change():
            file = archive.put_file("/made", "/", "")
            for n in range(first, min(articles, first + 1000)):
                text = "".join(" ".join(dice.choices(words, k=5)).ljust(ROOM) for _ in range(PASSAGES))
                head = story(0)
                pages = tuple(story(ROOM * i) for i in range(1, PASSAGES)) if n % 10 == 0 else ()
                article = Article(f"a{n}", text, str(head.title), head.source, head.published, sections=pages)
                article = Article(**vars(article) | {"language": dice.choice(("en", "fr"))})
                vectors = numbers.normal(size=(PASSAGES, DIMENSION)).astype(np.float32)
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
                stored = [
                    StoredPassage(Passage(ROOM * i, ROOM * (i + 1)), bytes(32), vectors[i]) for i in range(PASSAGES)
                ]
                archive.put_article(article, file, stored)


def first_of(ranking: list[tuple[int, float]], within: NDArray[np.int64] | None, k: int) -> list[tuple[int, float]]:
    """The law: the ranking of all, the rest left out."""
    there = None if within is None else set(within.tolist())
    return [hit for hit in ranking if there is None or hit[0] in there][:k]


def main() -> None:
    parser = open_parser(__doc__ or "", name="scope", weights=False)
    parser.add_argument("--articles", type=int, default=60_000, help=f"{PASSAGES} passages each (60000)")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    dice, numbers = random.Random(given.seed + 1), np.random.default_rng(given.seed + 1)
    questions = [" ".join(f"w{dice.randrange(3000)}" for _ in range(8)) for _ in range(given.questions)]
    queries = numbers.normal(size=(given.questions, 1, DIMENSION)).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=2, keepdims=True)
    with tempfile.TemporaryDirectory() as folder:
        about = {"embedder": f"random {DIMENSION}", "dimension": str(DIMENSION), "max_tokens": "220"}
        archive = EmbeddedArchive.create(Path(folder), about)
        make(archive, given.articles, given.seed)
        passages = archive.passage_count
        dense.update(archive.folder / "faiss", archive)
        held = dense.load(archive.folder / "faiss", archive)
        assert held is not None
        vectors = held[1]
        lexical.update(archive.folder / "tantivy", archive)
        texts = lexical.LexicalIndex(archive.folder / "tantivy", writable=True)
        table = []
        print(f"{passages:,} passages\n{'':32}{'passages':>10}{'which ms':>10}{'dense ms':>10}{'words ms':>10}  same")
        every = [
            (vectors.search(query, passages), texts.search(question, passages))
            for query, question in zip(queries, questions, strict=True)
        ]
        for name, scope in SCOPES.items():
            which: list[float] = []
            spent: dict[str, list[float]] = {"dense": [], "lexical": []}
            for _ in range(3):
                began = time.perf_counter()
                within = archive.rows_within(scope)
                which.append(1000 * (time.perf_counter() - began))
            same = 0
            for query, question, full in zip(queries, questions, every, strict=True):
                began = time.perf_counter()
                near = vectors.search(query, K, within=within)
                spent["dense"].append(1000 * (time.perf_counter() - began))
                began = time.perf_counter()
                said = texts.search(question, K, within=within)
                spent["lexical"].append(1000 * (time.perf_counter() - began))
                same += [near, said] == [first_of(ranking, within, K) for ranking in full]
            found = passages if within is None else len(within)
            table.append(
                {
                    "scope": name,
                    "passages": found,
                    "rows_within_ms": spread(which, 1),
                    "dense_ms": spread(spent["dense"], 1),
                    "lexical_ms": spread(spent["lexical"], 1),
                    "the_ranking_of_all_filtered": None if within is None else same,
                }
            )
            medians = "".join(f"{sorted(v)[len(v) // 2]:10.1f}" for v in (which, spent["dense"], spent["lexical"]))
            told = "" if within is None else f"  {same} of {given.questions}"
            print(f"{name:32}{found:10,}{medians}{told}", flush=True)
        timed = {}
        for name, ask in {"timeline": archive.timeline, "titles": lambda: archive.titles("w12 w3", 10)}.items():
            began = time.perf_counter()
            ask()
            timed[f"{name}_ms"] = round(1000 * (time.perf_counter() - began), 1)
        print(timed)
        figures = {"passages": passages, "articles": given.articles, "k": K, "table": table, **timed}
        write_record(given.name, figures)
        archive.close()


if __name__ == "__main__":
    main()
