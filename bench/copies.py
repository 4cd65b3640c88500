"""Copies found among news: by kind of edit, by threshold, by sketch; seconds and bytes as an archive grows.

No embedder is needed: articles go into an archive without passages. Thresholds are looked at on one half of the corpus,
the table of edits is of the other.
"""

import json
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from bench.corpus import describe_path, read_corpus
from bench.record import RESULTS, open_parser, write_record
from index.article import Article
from index.copies.shingles import SKETCH, Shingles, overlap, shingles_of, sketch_of, words_of
from index.copies.tables import BANDS, LEAST_SHINGLES, least_equal
from index.copies.versions import COPY_SHARE, LEAST_SHARED, relate, stories_of
from index.store.archive import Archive
from index.store.sqlite import EmbeddedArchive

SHARES = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
LEAD_WORDS = 60
BATCH = 50
Edit = Callable[[str, random.Random], str]


def cut(share: float) -> Edit:
    return lambda text, _: text[: _end_of_words(text, share)]


def reword(share: float) -> Edit:
    """Each word another one of the article's own, by chance."""

    def edit(text: str, chance: random.Random) -> str:
        words = text.split(" ")
        return " ".join(chance.choice(words) if chance.random() < share else word for word in words)

    return edit


def reorder(text: str, chance: random.Random) -> str:
    paragraphs = [part for part in text.split("\n") if part.strip()]
    chance.shuffle(paragraphs)
    return "\n\n".join(paragraphs)


def credit(text: str, chance: random.Random) -> str:
    return f"By Staff Writer | Example Wire | {chance.choice('Monday Tuesday Friday'.split())}\n\nLONDON (XYZ) — {text}"


def new_lead(others: Sequence[Article]) -> Edit:
    return lambda text, chance: f"{' '.join(chance.choice(others).text.split()[:LEAD_WORDS])}\n\n{text}"


def after(*edits: Edit) -> Edit:
    def edit(text: str, chance: random.Random) -> str:
        for one in edits:
            text = one(text, chance)
        return text

    return edit


def edits_of(others: Sequence[Article]) -> dict[str, Edit]:
    """The kinds of edit, by name."""
    lead = new_lead(others)
    return {
        "cut to 70 %": cut(0.7),
        "cut to 50 %": cut(0.5),
        "cut to 30 %": cut(0.3),
        "paragraphs reordered": reorder,
        "new lead": lead,
        "wire credit in front": credit,
        "5 % of words changed": reword(0.05),
        "10 % of words changed": reword(0.1),
        "20 % of words changed": reword(0.2),
        "cut to 50 %, 10 % changed": after(cut(0.5), reword(0.1)),
        "cut to 50 %, reordered, new lead": after(cut(0.5), reorder, lead),
        "cut to 30 %, 10 % changed, new lead": after(cut(0.3), reword(0.1), lead),
        "cut to 30 %, 20 % changed": after(cut(0.3), reword(0.2)),
    }


def _end_of_words(text: str, share: float) -> int:
    words = text.split(" ")
    return len(" ".join(words[: int(len(words) * share)]))


def fill(archive: Archive, articles: Iterable[Article]) -> float:
    """Puts articles into an archive, BATCH a transaction; the processor's seconds it took."""
    began, held = time.process_time(), list(articles)
    for at in range(0, len(held), BATCH):
        with archive.change():
            file = archive.put_file("corpus", "", "")
            for article in held[at : at + BATCH]:
                archive.put_article(article, file, [])
    return time.process_time() - began


def take_out(archive: Archive, articles: Sequence[Article]) -> None:
    with archive.change():
        archive.remove_articles([article.id for article in articles])


def measure_edits(archive: Archive, articles: Sequence[Article], seed: int) -> dict[str, dict[str, object]]:
    """For each kind: copies by another outlet, how many stand in their original's group, and what else stands there."""
    rows: dict[str, dict[str, object]] = {}
    by_id = {article.id: article for article in articles}
    standing = {(m.story.article, g.name) for g in archive.groups() for m in g.members}
    natural = defaultdict(set)
    for a, group in standing:
        natural[group].add(a)
    same = {a: natural[group] for a, group in standing}
    for kind, edit in edits_of(articles).items():
        chance = random.Random(f"{seed} {kind}")
        made = [
            replace(article, id=f"~edit {article.id}", text=edit(article.text, chance), source="Copy Press", url=None)
            for article in articles
        ]
        fill(archive, made)
        found = right = wrong = 0
        for group in archive.groups():
            members = {member.story.article for member in group.members}
            for copy in sorted(member for member in members if member.startswith("~edit ")):
                original = copy.removeprefix("~edit ")
                found += original in members
                others = {m.removeprefix("~edit ") for m in members - {copy}}
                good = others & (same.get(original, set()) | {original})
                right += len(good)
                wrong += len(others - good)
        take_out(archive, made)
        shares = [overlap(_shingles(by_id[m.id.removeprefix("~edit ")].text), _shingles(m.text)) for m in made]
        rows[kind] = {
            "copies": len(made),
            "recall": round(found / len(made), 4),
            "pairs_right": right,
            "pairs_wrong": wrong,
            "containment_p5": round(float(np.percentile([s.containment for s in shares], 5)), 3),
            "too_little_left": sum(s.shared < LEAST_SHARED or s.containment < COPY_SHARE for s in shares),
        }
        print(f"{kind:38}{rows[kind]['recall']:>8}{right:>6}{wrong:>6}{rows[kind]['containment_p5']:>8}", flush=True)
    return rows


def measure_versions(archive: Archive, articles: Sequence[Article], seed: int) -> dict[str, dict[str, object]]:
    """Versions by the same outlet: how many supersede what they are a version of."""
    chance = random.Random(seed)
    lead = new_lead(articles)
    kinds: dict[str, Callable[[Article], Article]] = {
        "UPDATE 1-, new lead": lambda a: replace(a, title=f"UPDATE 1-{a.title}", text=lead(a.text, chance)),
        "CORRECTED:, 5 % of words changed": lambda a: replace(
            a, title=f"CORRECTED: {a.title}", text=reword(0.05)(a.text, chance)
        ),
        "same address, a day later, cut to 70 %": lambda a: replace(
            a, title="Another", published="2030-01-01", text=cut(0.7)(a.text, chance)
        ),
    }
    rows: dict[str, dict[str, object]] = {}
    for kind, change in kinds.items():
        made = [replace(change(article), id=f"~edit {article.id}") for article in articles]
        fill(archive, made)
        by = {
            (m.story.article, m.superseded_by.article) for g in archive.groups() for m in g.members if m.superseded_by
        }
        take_out(archive, made)
        good = sum((article.id, f"~edit {article.id}") in by for article in articles)
        rows[kind] = {"versions": len(made), "superseding": good, "other": len(by) - good}
        print(f"{kind:38}{good / len(made):8.3f}  other pairs {len(by) - good}", flush=True)
    return rows


def _shingles(text: str) -> Shingles:
    return shingles_of(words_of(text))


def measure_shares(articles: Sequence[Article], seed: int) -> dict[str, object]:
    """By least share of the shorter story: edits kept, and the pairs of the corpus that come with them."""
    shingles = {article.id: _shingles(article.text) for article in articles}
    edits: dict[str, list[float]] = {}
    for kind, edit in edits_of(articles).items():
        chance = random.Random(f"{seed} {kind}")
        edits[kind] = [
            overlap(shingles[article.id], _shingles(edit(article.text, chance))).containment for article in articles
        ]
    pairs: list[tuple[float, bool]] = []
    for first, second in combinations(articles, 2):
        if min(len(shingles[first.id]), len(shingles[second.id])) >= LEAST_SHINGLES:
            shared = overlap(shingles[first.id], shingles[second.id])
            if shared.shared >= LEAST_SHARED:
                pairs.append((shared.containment, first.source == second.source))
    return {
        str(share): {
            "recall": {kind: round(sum(s >= share for s in found) / len(found), 4) for kind, found in edits.items()},
            "pairs_of_one_outlet": sum(s >= share and own for s, own in pairs),
            "pairs_of_two_outlets": sum(s >= share and not own for s, own in pairs),
        }
        for share in SHARES
    }


def measure_sketches(articles: Sequence[Article], seed: int) -> dict[str, object]:
    """Ways to find candidates: share of edits found, pairs of the corpus to be compared, rows kept for a story."""
    shingles = [_shingles(article.text) for article in articles]
    edited = {
        kind: [_shingles(edit(a.text, random.Random(f"{seed} {kind} {a.id}"))) for a in articles]
        for kind, edit in edits_of(articles).items()
    }

    def bands(rows: int, count: int) -> Callable[[Shingles], set[object]]:
        def keys(found: Shingles) -> set[object]:
            sketch = sketch_of(found).tolist()
            return {(at, *sketch[at * rows : (at + 1) * rows]) for at in range(count)}

        return keys

    ways: dict[str, Callable[[Shingles], set[object]]] = {
        "MinHash, 32 bands of 1": bands(1, 32),
        "MinHash, 64 bands of 2": bands(2, 64),
        "MinHash, 32 bands of 4": bands(4, 32),
        "0 mod 32": lambda found: set(found[found % np.uint64(32) == 0].tolist()),
        "bottom 32": lambda found: set(found[:32].tolist()),
    }
    figures: dict[str, object] = {}
    for name, keys in ways.items():
        held = [keys(found) for found in shingles]
        recall = {
            kind: round(sum(not k.isdisjoint(keys(e)) for k, e in zip(held, rows, strict=True)) / len(rows), 4)
            for kind, rows in edited.items()
        }
        pairs = _sharing(held)
        figures[name] = {
            "recall": recall,
            "pairs": len(pairs),
            "rows_a_story": round(sum(map(len, held)) / len(held), 1),
        }
        print(f"{name:38}{min(recall.values()):8.3f} lowest recall, {len(pairs)} pairs", flush=True)
        if name == "MinHash, 32 bands of 1":
            sketches = [sketch_of(found) for found in shingles]
            enough = [
                (a, b)
                for a, b in pairs
                if np.count_nonzero(sketches[a] == sketches[b]) >= _least(len(shingles[a]), len(shingles[b]))
            ]
            lost = {
                kind: round(
                    sum(
                        not k.isdisjoint(keys(e)) and np.count_nonzero(sketch_of(e) == s) >= _least(len(e), len(f))
                        for k, e, s, f in zip(held, rows, sketches, shingles, strict=True)
                    )
                    / len(rows),
                    4,
                )
                for kind, rows in edited.items()
            }
            figures[f"… and enough of {SKETCH} values (chosen)"] = {"recall": lost, "pairs": len(enough)}
            print(f"{'… and enough of the sketch':38}{min(lost.values()):8.3f} lowest recall, {len(enough)} pairs")
    return figures


def _least(first: int, second: int) -> float:
    return float(least_equal(first, np.array([second]))[0])


def _sharing(held: Sequence[set[object]]) -> set[tuple[int, int]]:
    where: dict[object, list[int]] = defaultdict(list)
    for i, keys in enumerate(held):
        for key in keys:
            where[key].append(i)
    return {pair for rows in where.values() for pair in combinations(rows, 2)}


def measure_exact(articles: Sequence[Article], seed: int, folder: Path) -> dict[str, object]:
    """All pairs compared word by word, against what the archive ties, over a sample and its edits."""
    made = list(articles)
    for kind, edit in edits_of(articles).items():
        chance = random.Random(f"{seed} {kind}")
        made += [
            replace(a, id=f"{kind} {a.id}", text=edit(a.text, chance), source=kind, url=None, published="2100-01-01")
            for a in chance.sample(list(articles), len(articles) // 4)
        ]
    began = time.process_time()
    held = [(story, _shingles(article.text)) for article in made for story in stories_of(article)]
    held = [(story, found) for story, found in held if len(found) >= LEAST_SHINGLES]
    wanted = {
        frozenset((a.article, b.article)) for (a, s), (b, t) in combinations(held, 2) if relate(a, b, overlap(s, t))
    }
    exact = time.process_time() - began
    archive = EmbeddedArchive.create(folder, {})
    seconds = fill(archive, made)
    tied = {
        frozenset(pair)
        for pair in archive._rows(
            "SELECT a.article, b.article FROM alike JOIN stories a ON a.row = story JOIN stories b ON b.row = senior"
        )
    }
    together = {
        frozenset(pair) for g in archive.groups() for pair in combinations([m.story.article for m in g.members], 2)
    }
    return {
        "stories": len(held),
        "pairs": len(held) * (len(held) - 1) // 2,
        "alike_by_all_pairs": len(wanted),
        "of_them_in_one_group": len(wanted & together),
        "of_them_tied": len(wanted & tied),
        "tied_but_not_alike": len(tied - wanted),
        "seconds_all_pairs": round(exact, 1),
        "seconds_archive": round(seconds, 1),
    }


def synthetic(count: int, seed: int) -> Iterator[Article]:
    """Stories of 500 made-up words by Zipf's law, one in ten a copy; those of an outlet end with the same 8 words."""
    numbers = np.random.default_rng(seed)
    tails = [_words(numbers, 8) for _ in range(50)]
    recent: list[str] = []
    for n in range(count):
        outlet = int(numbers.integers(50))
        if n % 10 == 9:
            body = recent[int(numbers.integers(len(recent)))]
        else:
            body = _words(numbers, 500)
            recent = [*recent[-500:], body]
        day = f"20{n * 20 // count:02}-01-01"
        yield Article(f"s{n}", f"{body} {tails[outlet]}", f"Story {n}", f"Outlet {outlet}", day)


def _words(numbers: np.random.Generator, count: int) -> str:
    """The rank of a word is e to the power of an even chance: the density falls as 1 / rank, up to 50,000."""
    return " ".join(f"w{int(rank)}" for rank in np.exp(numbers.random(count) * np.log(50_000)))


def measure_scale(count: int, seed: int, folder: Path) -> list[dict[str, object]]:
    """Seconds for the last thousand stories and bytes of the tables for copies, as an archive grows."""
    archive, rows = EmbeddedArchive.create(folder, {}), []
    held: list[Article] = []
    marks = sorted({count // 100, count // 10, count // 2, count})
    for n, article in enumerate(synthetic(count, seed), 1):
        held.append(article)
        if len(held) < 1000 and n != count:
            continue
        seconds = fill(archive, held) / len(held) * 1000
        held = []
        if n in marks:
            size = dict(archive._rows("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
            names = ("stories", "bands", "alike", "stories_of_article", "stories_of_group", "alike_of_senior")
            copies, _ = archive.count_copies()
            rows.append(
                {
                    "stories": n,
                    "seconds_a_1000": round(seconds, 2),
                    "bytes_a_story": round(sum(size.get(name, 0) for name in names) / n),
                    "bytes": {name: size.get(name, 0) for name in names},
                    "copies": copies,
                }
            )
            print({key: value for key, value in rows[-1].items() if key != "bytes"}, flush=True)
    return rows


def measure_libraries(articles: Sequence[Article]) -> dict[str, float]:
    """Seconds a thousand stories: shingles, and sketches of SKETCH values by datasketch and, where there, rensa."""
    began = time.process_time()
    shingles = [_shingles(article.text) for article in articles]
    figures = {"shingles": time.process_time() - began}
    began = time.process_time()
    for found in shingles:
        sketch_of(found)
    figures["datasketch"] = time.process_time() - began
    try:
        from rensa import RMinHash
    except ImportError:
        pass
    else:
        began = time.process_time()
        RMinHash.digest_matrix_from_token_hash_sets([found.tolist() for found in shingles], SKETCH, 1)
        figures["rensa"] = time.process_time() - began
    return {name: round(seconds / len(articles) * 1000, 3) for name, seconds in figures.items()}


def read_verdicts(archive: Archive) -> dict[str, object]:
    """The pairs of the corpus that a person has read, beside what the archive makes of them now."""
    file = RESULTS.parent / "copies_read.json"
    together = {
        frozenset(pair) for g in archive.groups() for pair in combinations([m.story.article for m in g.members], 2)
    }
    pairs = [
        row | {"grouped": frozenset((row["first"], row["second"])) in together}
        for row in (json.loads(file.read_text("utf-8")) if file.exists() else [])
    ]
    count = Counter((row["verdict"], row["grouped"]) for row in pairs)
    return {
        "read": len(pairs),
        "counts": {f"{v}, grouped {g}": n for (v, g), n in sorted(count.items())},
        "pairs": pairs,
    }


def main() -> None:
    parser = open_parser(__doc__ or "", name="copies", weights=False)
    parser.add_argument("corpus", type=Path, help="articles: a folder, or a file of JSON Lines")
    parser.add_argument("--sample", type=int, default=300, help="articles edited in each kind (300)")
    parser.add_argument("--synthetic", type=int, default=30_000, help="made-up stories for time and disk (30000)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    corpus = [article for article in read_corpus(given.corpus) if len(_shingles(article.text)) >= LEAST_SHINGLES]
    shuffled = corpus.copy()
    random.Random(given.seed).shuffle(shuffled)
    half = len(shuffled) // 2
    tuning, held_out = shuffled[:half][: given.sample], shuffled[half:][: given.sample]
    figures: dict[str, object] = {"least_share": COPY_SHARE, "bands": BANDS, "sketch": SKETCH}
    with tempfile.TemporaryDirectory() as temporary:
        figures["libraries_seconds_a_1000"] = measure_libraries(corpus)
        print(figures["libraries_seconds_a_1000"])
        figures["shares_on_the_tuning_half"] = measure_shares(tuning, given.seed)
        figures["sketches_on_the_tuning_half"] = measure_sketches(tuning, given.seed)
        archive = EmbeddedArchive.create(Path(temporary, "archive"), {})
        seconds = fill(archive, corpus) / len(corpus) * 1000
        figures["corpus"] = {
            "stories": len(corpus),
            "seconds_a_1000": round(seconds, 2),
            "groups": len(archive.groups()),
            "copies": archive.count_copies()[0],
            "superseded": archive.count_copies()[1],
        }
        print(figures["corpus"])
        figures["edits_on_the_other_half"] = measure_edits(archive, held_out, given.seed)
        figures["versions_on_the_other_half"] = measure_versions(archive, held_out, given.seed)
        figures["read_by_hand"] = read_verdicts(archive)
        figures["all_pairs"] = measure_exact(held_out, given.seed, Path(temporary, "exact"))
        print(figures["all_pairs"])
        figures["synthetic"] = measure_scale(given.synthetic, given.seed, Path(temporary, "large"))
    write_record(given.name, figures, corpus=describe_path(given.corpus, corpus))


if __name__ == "__main__":
    main()
