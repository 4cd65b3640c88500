"""Whether exact search finds a phrase wherever it stands and nowhere else, and how long it takes in a large archive.

Phrases are drawn from an archive's own articles. That each hit holds its phrase, and that no other story does, is said
by a way of its own: folded text in folded text. The large archive is made: sentences of the archive's articles in a
seeded order, five passages an article, written past the tables of copies and vectors, which exact search never reads.
"""

import json
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from bench.corpus import describe_archive
from bench.record import open_parser, spread, write_record
from ground.words import fold
from index.article import Article
from index.passage import split_sentences
from index.search.exact import Stories
from index.search.grammar import read_query
from index.search.stories import stories_of
from index.store.archive import Archive
from index.store.scope import EVERYTHING, Scope
from index.store.sqlite import EmbeddedArchive
from qa.listing import list_stories

PASSAGES, SENTENCES = 5, 25  # of a made article: a passage is five sentences
OUTLETS, PEOPLE = 40, 300
WARM_UP = 20
PLACES = list[tuple[str, int, str]]  # article, start and words of a story


def places_of(archive: Archive) -> PLACES:
    """Every story with its words, without what is no news."""
    places = []
    for id in archive.digests():
        article = archive.article(id)
        assert article is not None
        places += [(id, start, article.words(start, end)) for start, end, _ in stories_of(article)]
    return places


def draw_phrase(text: str, dice: random.Random) -> str:
    """From two to eight words that stand side by side, as they are written, in a text that has so many."""
    words = list(re.finditer(r"\w+", text))
    long = min(dice.randint(2, 8), len(words))
    first = dice.randrange(len(words) - long + 1)
    return re.sub(r'["“”„‟«»″＂]', " ", text[words[first].start() : words[first + long - 1].end()])


def phrases_found(archive: Archive, stories: Stories, count: int, seed: int, *, whole: bool) -> dict[str, object]:
    """How many drawn phrases are found in the story they are of, in none without them and, if `whole`, in all with."""
    dice = random.Random(seed)
    places = [place for place in places_of(archive) if len(re.findall(r"\w+", place[2])) > 1]
    whole_texts = [(id, start, f" {folded(text)} ") for id, start, text in places] if whole else []
    titled = {(id, start): f" {folded(_title(archive, id, start))} " for id, start, _ in places} if whole else {}
    index = stories.opened()
    own = right = complete = 0
    wrong: list[str] = []
    for _ in range(count):
        id, start, text = dice.choice(places)
        phrase = draw_phrase(text, dice)
        query = read_query(f'"{phrase}"')
        found, total = index.search(query, 10_000, scope=EVERYTHING)
        at_home = {hit.start for hit in index.search(query, 100, scope=Scope(articles=(id,)))[0]}
        there = {(hit.article, hit.start) for hit in found}
        held = all(_holds(archive, phrase, hit.article, hit.start, hit.end) for hit in found[:20])
        asked = f" {folded(phrase)} "
        all_of_them = not whole or there == {
            (i, at) for i, at, words in whole_texts if asked in words or asked in titled[i, at]
        }
        own, right, complete = (
            own + (start in at_home),
            right + held,
            complete + (all_of_them and total == len(there)),
        )
        if not (start in at_home and held and all_of_them):
            wrong.append(phrase)
    figures = {"phrases": count, "found_in_their_story": own, "every_hit_holds_it": right, "wrong": wrong[:20]}
    return figures | ({"exactly_the_stories_that_hold_it": complete} if whole else {})


def folded(text: str) -> str:
    """A text as it is compared; a line below a word parts it, as in a hashtag."""
    return fold(text.replace("_", " "))


def _title(archive: Archive, id: str, start: int) -> str:
    article = archive.article(id)
    assert article is not None
    return article.section_at(start).title or ""


def _holds(archive: Archive, phrase: str, id: str, start: int, end: int) -> bool:
    article = archive.article(id)
    assert article is not None
    told = (article.words(start, end), _title(archive, id, start))
    return any(f" {folded(phrase)} " in f" {folded(text)} " for text in told)


# The large archive


def make(folder: Path, of: Archive, passages: int, seed: int) -> EmbeddedArchive:
    """An archive of so many passages, of the sentences of another."""
    dice = random.Random(seed)
    sentences = [
        " ".join(text[start:end].split()) for _, _, text in places_of(of) for start, end in split_sentences(text)
    ]
    names = [
        f"{one} {two}" for one in ("Maria", "Jon", "Aoife", "R.", "Lena") for two in ("Holm", "Paz", "Okafor", "Li")
    ]
    people = [f"{name} {'abcdefghijklmno'[n % 15]}{n}" for n, name in enumerate(names * (PEOPLE // len(names)))]
    archive = EmbeddedArchive.create(folder, {"embedder": "none 1", "dimension": "1", "max_tokens": "220"})
    vector = np.ones(1, np.float32).tobytes()
    with archive.change():
        file = archive.put_file("/made", "/", "")

        def rows() -> Iterator[tuple[Article, list[tuple[int, int]]]]:
            for number in range(-(-passages // PASSAGES)):
                chosen = dice.choices(sentences, k=SENTENCES)
                groups = [
                    " ".join(chosen[i : i + SENTENCES // PASSAGES]) for i in range(0, SENTENCES, SENTENCES // PASSAGES)
                ]
                text = "\n\n".join(groups)
                starts = [sum(len(group) + 2 for group in groups[:i]) for i in range(len(groups))]
                day = f"{dice.randint(2005, 2024)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
                title = " ".join(dice.choice(sentences).split()[:8])
                article = Article(f"a{number}", text, title, f"Outlet {dice.randrange(OUTLETS)}", day)
                yield (
                    Article(**vars(article) | {"byline": dice.choice(people)}),
                    [(start, start + len(group)) for start, group in zip(starts, groups, strict=True)],
                )

        for row, (article, spans) in enumerate(rows(), 1):
            values = (row, article.id, file, sha256(article.text.encode()).hexdigest(), article.text, article.title)
            details = {"updated": None, "agency": None, "place": None, "language": "en", "original": None}
            details |= {"pages": [], "asides": [], "origins": []}  # type: ignore[dict-item]
            archive._db.execute(
                "INSERT INTO articles (row, id, file, digest, text, title, source, published, url, byline, body_start,"
                " sections, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, 0, '[]', ?)",
                (*values, article.source, article.published, article.byline, json.dumps(details)),
            )
            archive._db.executemany(
                'INSERT INTO passages (article, "start", "end", digest, vector) VALUES (?, ?, ?, ?, ?)',
                [(row, start, end, bytes(32), vector) for start, end in spans],
            )
    return archive


def queries_of(archive: Archive, count: int, seed: int) -> dict[str, list[str]]:
    """By kind, `count` queries of words of the archive."""
    dice = random.Random(seed)
    ids = dice.sample(list(archive.digests()), min(len(archive.digests()), 4 * count))
    texts = [article.text for id in ids if (article := archive.article(id))]

    def word() -> str:
        return dice.choice(re.findall(r"[a-z]{5,}", dice.choice(texts)) or ["there"])

    kinds: dict[str, Callable[[], str]] = {
        "phrase": lambda: f'"{draw_phrase(dice.choice(texts), dice)}"',
        "two words": lambda: f"{word()} {word()}",
        "OR and NOT": lambda: f"({word()} OR {word()}) NOT {word()}",
        "outlet, month and word": lambda: (
            f"outlet:{dice.randrange(OUTLETS)} date:{dice.randint(2005, 2024)}-07 {word()}"
        ),
        "prefix": lambda: f"{word()[:5]}*",
        "fuzzy": lambda: f"{word()}~",
        "near": lambda: f"{word()} NEAR/10 {word()}",
        "everything": lambda: "",
    }
    return {name: [made() for _ in range(count)] for name, made in kinds.items()}


def timed(archive: Archive, stories: Stories, queries: dict[str, Sequence[str]]) -> dict[str, object]:
    """Milliseconds by kind: ten hits with their articles read and their words marked; and with all counts beside.

    The processor's own milliseconds are for a machine that is not quiet.
    """
    table: dict[str, object] = {}
    for kind, words in queries.items():
        spent: dict[str, list[float]] = {"hits": [], "hits_processor": [], "hits_and_counts": []}
        totals = []
        for query in (*words[:WARM_UP], *words):
            for name, counted in (("hits", False), ("hits_and_counts", True)):
                began, worked = time.perf_counter(), time.process_time()
                listing = list_stories(archive, stories, query, k=10, counted=counted)
                spent[name].append(1000 * (time.perf_counter() - began))
                if not counted:
                    spent["hits_processor"].append(1000 * (time.process_time() - worked))
            totals.append(listing.total)
        warm = {name: values[min(WARM_UP, len(words)) :] for name, values in spent.items()}
        figures = {
            f"{name}_ms": spread(values, 2) | {"p95": round(float(np.percentile(values, 95)), 2)}
            for name, values in warm.items()
        }
        table[kind] = figures | {"stories_found": spread(totals)}
        print(
            f"{kind:24}", *(f"{name} {value['median']} / {value['p95']}" for name, value in figures.items()), flush=True
        )
    return table


def main() -> None:
    parser = open_parser(__doc__ or "", name="exact", weights=False)
    parser.add_argument("archive", type=Path, help="an archive; it is only read")
    parser.add_argument("--phrases", type=int, default=1_000, help="drawn from it, and from the large one (1000)")
    parser.add_argument(
        "--passages", type=int, default=300_000, help="of the large archive that is made of it (300000)"
    )
    parser.add_argument("--queries", type=int, default=100, help="of each kind that are timed (100)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    archive = EmbeddedArchive.open(given.archive)
    about = describe_archive(archive)
    with tempfile.TemporaryDirectory() as place:
        own = EmbeddedArchive.open(given.archive)
        own.folder = Path(place, "own")  # its index of stories lies there, and not in what is only read
        own.folder.mkdir()
        small = phrases_found(own, Stories(own), given.phrases, given.seed, whole=True)
        print(small)
        began = time.perf_counter()
        large = make(Path(place, "large"), archive, given.passages, given.seed)
        print(f"{large.passage_count:,} passages made in {time.perf_counter() - began:.0f} s", flush=True)
        stories = Stories(large)
        began, worked = time.perf_counter(), time.process_time()
        stories.opened()
        made = {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - worked}
        began = time.perf_counter()
        with large.change():
            large._db.execute("UPDATE articles SET digest = 'changed' WHERE id = 'a1'")
        stories.opened()
        made["one_changed_seconds"] = time.perf_counter() - began
        size = sum(file.stat().st_size for file in stories.folder.iterdir())
        text = large._rows("SELECT sum(length(text)) FROM articles")[0][0]
        index = {name: round(value, 2) for name, value in made.items()} | {"mb": round(size / 1e6, 1)}
        index["text_mb"] = round(text / 1e6, 1)
        print(index, flush=True)
        found = phrases_found(large, stories, given.phrases, given.seed + 1, whole=False)
        print(found)
        table = timed(large, stories, queries_of(large, given.queries, given.seed + 2))
        counts = {"passages": large.passage_count, "articles": len(large.digests())}
    figures = {"phrases": small, "large": {**counts, "index": index, "phrases": found, "by_kind": table}}
    write_record(given.name, figures, corpus=about)


if __name__ == "__main__":
    main()
