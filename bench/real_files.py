"""Whether files that others wrote, broken ones too, are each accounted for: read, told as a problem, or left alone.

The folder holds one folder a project. Nothing of the files is recorded, only counts; `--details` keeps a line a file,
and a run with the same one goes on where the last was stopped.
"""

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from bench.record import open_parser, write_record
from index.reading.apart import end_workers
from index.reading.files import LeftAlone, Problem, find_files, id_of, kind_of, read_file

SLOW_SECONDS = 10.0
FAULTS = {  # what a sentence says where a reader of ours was at fault, and not the file
    "parser failed": "its parser failed",
    "stopped": "and was stopped",
    "died": "its parser died",
}


def read_one(file: Path, folder: Path) -> dict[str, Any]:
    """What came of one file: its articles' sizes, its sentences, and its seconds; an exception under `crash`."""
    began = time.perf_counter()
    found: dict[str, Any] = {"file": file.relative_to(folder).as_posix(), "kind": kind_of(file), "articles": []}
    problems: list[str] = []
    alone = 0
    try:
        for item in read_file(file, id_of(file, folder)):
            if isinstance(item, LeftAlone):
                alone += item.count
            elif isinstance(item, Problem):
                problems.append(item.sentence)
            else:
                found["articles"].append(
                    [item.id, len(item.text), item.title, item.published, item.source, item.byline]
                )
    except Exception as error:  # what `index` would end on: the very thing looked for
        found["crash"] = f"{type(error).__name__}: {error}"[:200]
    return found | {"problems": problems, "alone": alone, "seconds": round(time.perf_counter() - began, 3)}


def in_turn(files: list[Path], folder: Path) -> list[Path]:
    """The files of all projects in turn, so that a run that was stopped has read of each."""
    by_project: dict[str, list[Path]] = {}
    for file in files:
        by_project.setdefault(file.relative_to(folder).parts[0], []).append(file)
    return [file for turn in zip_longest(*by_project.values()) for file in turn if file]


def read_all(folder: Path, details: Path | None, minutes: float) -> Iterator[dict[str, Any]]:
    """A line for each file that a reader is for, those of an earlier run first, until `minutes` are over."""
    end = time.monotonic() + 60 * minutes
    lines = details.read_text(encoding="utf-8").splitlines() if details and details.exists() else []
    known = [json.loads(line) for line in lines]
    yield from known
    done = {line["file"] for line in known}
    for file in in_turn(find_files(folder).readable, folder):
        if file.relative_to(folder).as_posix() in done:
            continue
        if time.monotonic() > end:
            break
        line = read_one(file, folder)
        if details:
            with details.open("a", encoding="utf-8") as written:
                written.write(json.dumps(line, ensure_ascii=False) + "\n")
        yield line
    end_workers()


def count(lines: list[dict[str, Any]], name: str) -> dict[str, dict[str, float]]:
    """The counts of the lines by their first folder, or by their kind."""
    counts: dict[str, Counter[str]] = {}
    for line in lines:
        key = line["kind"] if name == "kind" else line["file"].split("/")[0]
        said = " ".join(line["problems"])
        counts.setdefault(key, Counter()).update(
            {
                "files": 1,
                "articles": len(line["articles"]),
                "files_with_an_article": bool(line["articles"]),
                "files_with_a_sentence": bool(line["problems"]),
                "neither": not line["articles"] and not line["problems"] and not line["alone"],
                "crashes": "crash" in line,
                f"slower_than_{SLOW_SECONDS:g}_s": line["seconds"] > SLOW_SECONDS,
                **{fault: words in said for fault, words in FAULTS.items()},
            }
        )
    return {key: dict(found) for key, found in sorted(counts.items())}


def main() -> None:
    parser: argparse.ArgumentParser = open_parser(__doc__ or "", name="real-files", weights=False)
    parser.add_argument("folder", type=Path, help="a folder a project, with the project's test files in it")
    parser.add_argument("--details", type=Path, help="a line a file is kept here, for reading by hand")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop then, and record what was read")
    given = parser.parse_args()
    found = find_files(given.folder)
    lines = list(read_all(given.folder, given.details, given.minutes))
    projects, kinds = count(lines, "project"), count(lines, "kind")
    total: Counter[str] = Counter()
    for counts in projects.values():
        total.update(counts)
    kinds_left = Counter(file.suffix.lower() for file in found.others)
    figures = {
        "total": dict(total),
        "not_read_yet": len(found.readable) - len(lines),
        "left_alone": dict(kinds_left.most_common()),
        "by_project": projects,
        "by_kind": kinds,
        "slowest_seconds": max(line["seconds"] for line in lines),
    }
    for key, counts in chain(projects.items(), kinds.items(), [("all", dict(total))]):
        print(f"{key:30}" + "".join(f"{name} {value:<7}" for name, value in counts.items() if value))
    write_record(given.name, figures, corpus={"name": given.folder.name, "files": len(lines)})


if __name__ == "__main__":
    main()
