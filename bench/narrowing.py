"""What narrowing by the question finds, and what it loses: `python -m bench.narrowing FOLDER`.

FOLDER holds an archive for each of bench/gold/{autumn,weekly,newsroom}, by the name of the set:
`groundwire index bench/gold/SET/articles --archive FOLDER/SET`. Asked are the 60 questions of bench/gold/narrowing,
each on its own day, and all gold questions of the three sets on three days: this one, the day of the newest story, and
one in the middle of the archive.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import groundwire as gw
from bench.record import open_parser, write_record
from ground.language import Words
from qa.ask import READ
from qa.narrowing.understand import together
from qa.narrowing.understood import means

GOLD = Path(__file__).parent / "gold"
SETS = ("autumn", "weekly", "newsroom")


def rows_of(file: Path) -> Iterator[dict[str, Any]]:
    """The questions of a gold set."""
    for line in file.read_text("utf-8").splitlines():
        yield json.loads(line)


def understood(archives: dict[str, gw.Archive]) -> dict[str, Any]:
    """The 60 questions: are the parts those that were meant, are the articles found, does one of them answer?"""
    counts: Counter[str] = Counter()
    for row in rows_of(GOLD / "narrowing" / "gold.jsonl"):
        archive = archives[row["set"]]
        today = date.fromisoformat(row["today"])
        parts = archive.understanding.parts(row["question"], today)
        wanted = {(part["kind"], part["means"]) for part in row["parts"]}
        found = {(part.kind, part.means.split(" (counted")[0]) for part in parts}
        side = "narrow" if wanted else "leave"
        counts[f"{side}, questions"] += 1
        counts[f"{side}, right"] += wanted == found
        if wanted != found:
            print(f"{row['id']} {row['question']}\n    meant {sorted(wanted)}, understood {sorted(found)}")
        if wanted:
            for name, scope in (("before", gw.Scope()), ("narrowed", together(parts))):
                hits = [hit.article.id for hit in archive.search(row["question"], READ, scope=scope)]
                counts[f"{name}, first passage of a meant article"] += hits[0] in row["articles"]
                counts[f"{name}, meant articles among those read"] += len(set(row["articles"]) & set(hits))
            counts["meant articles"] += len(row["articles"])
            answer = archive.ask(row["question"], today=today)
            cited = [citation.article_id for citation in answer.citations]
            counts["answered"] += not answer.declined
            counts["answered from meant articles alone"] += not answer.declined and set(cited) <= set(row["articles"])
            counts["widened"] += bool(answer.understood and answer.understood.widened)
            if answer.declined or not set(cited) <= set(row["articles"]):
                print(f"{row['id']} {row['question']}\n    {answer.answer[:150]}", flush=True)
    return dict(counts)


def kept(archives: dict[str, gw.Archive]) -> dict[str, Any]:
    """All gold questions: how many are narrowed, and whether the evidence is among the 30 passages that are read."""
    told: dict[str, Any] = {}
    for name, archive in archives.items():
        counts = archive.news.archive.counts()
        assert counts.first_day and counts.last_day
        first, last = (date.fromisoformat(day) for day in (counts.first_day, counts.last_day))
        for when, today in (("now", date.today()), ("newest", last), ("middle", first + (last - first) / 2)):
            numbers: Counter[str] = Counter(questions=0, narrowed=0, evidence=0, found_before=0, found_narrowed=0)
            for row in rows_of(GOLD / name / "gold.jsonl"):
                numbers["questions"] += 1
                parts = archive.understanding.parts(row["question"], today)
                if not parts:
                    continue
                numbers["narrowed"] += 1
                way = archive.understanding.ways(row["question"], gw.Scope(), today=today)[0][0]
                print(f"{name} {row['id']} on {today}: {row['question']}\n    {means(parts, Words())}")
                for evidence in [*row.get("evidence", ()), *row.get("corrects", ())]:
                    numbers["evidence"] += 1
                    numbers["found_before"] += _holds(archive, row["question"], gw.Scope(), evidence)
                    numbers["found_narrowed"] += _holds(archive, row["question"], way.scope, evidence)
            told[f"{name}, {when}"] = dict(numbers)
    return told


def _holds(archive: gw.Archive, question: str, scope: gw.Scope, evidence: dict[str, str]) -> bool:
    hits = archive.search(question, READ, scope=scope)
    return any(hit.article.id == evidence["article_id"] for hit in hits)


def main() -> None:
    parser = open_parser(__doc__ or "", name="narrowing")
    parser.add_argument("folder", type=Path, help="an archive for each set, by its name")
    given = parser.parse_args()
    archives = {name: gw.open(given.folder / name, llm="none") for name in SETS}
    told = {"understood": understood(archives), "kept": kept(archives)}
    print(json.dumps(told, indent=1))
    write_record(given.name, told, gold=GOLD / "narrowing" / "gold.jsonl", weights=given.weights)


if __name__ == "__main__":
    main()
