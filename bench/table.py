"""The figures an outsider asks for, beside their goals, as a Markdown table made of `bench/results/*.json`."""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.record import RESULTS

Figures = dict[str, Any]
ONNX, TORCH = "ONNX int8, bare encode", "the same in float32 torch"


@dataclass(frozen=True)
class Goal:
    """A row: the script it comes from, what is measured and wanted, how it is shown, and whether it is met."""

    script: str
    measure: str
    goal: str
    shown: Callable[[Figures], str]
    met: Callable[[Figures], bool]
    least_articles: int = 0


def _spread(name: str, unit: str = "") -> Callable[[Figures], str]:
    return lambda f: f"{f[name]['median']}{unit} ({f[name]['min']} to {f[name]['max']}, n {f[name]['n']})"


def _recall(k: int) -> Goal:
    name = f"recall@{k}"
    return Goal(
        "embedding",
        f"its {name}, dense only, against float32",
        "not lower",
        lambda f: f"{f['recall'][ONNX][name]} against {f['recall'][TORCH][name]} (n {f['recall'][ONNX]['n']})",
        lambda f: f["recall"][ONNX][name] >= f["recall"][TORCH][name],
    )


def _found(k: int, goal: float) -> Goal:
    name = f"recall@{k}, any"
    return Goal(
        "retrieval",
        f"evidence in the first {k} hits",
        f"≥ {goal}",
        lambda f: f"{f['stages']['as shipped'][name]} (n {f['questions']})",
        lambda f: f["stages"]["as shipped"][name] >= goal,
    )


GOALS = (
    Goal(
        "embedding",
        "embedding, times as quick as the same model in float32 torch",
        "≥ 3×",
        _spread("A_over_B", "×"),
        lambda f: f["A_over_B"]["median"] >= 3,
    ),
    _recall(5),
    _recall(10),
    Goal(
        "embedding",
        "`groundwire index`, times the bare encode",
        "≤ 1.15×",
        _spread("index_over_bare", "×"),
        lambda f: f["index_over_bare"]["median"] <= 1.15,
    ),
    Goal(
        "reindex",
        "indexing again after one article changed, whole process",
        "< 5 s",
        _spread("one_changed_seconds", " s"),
        lambda f: f["one_changed_seconds"]["median"] < 5,
        1500,
    ),
    Goal(
        "kill",
        "archives whole after a kill",
        "30 of 30",
        lambda f: f"{f['whole']} of {f['kills']}",
        lambda f: f["whole"] == f["kills"] >= 30,
    ),
    Goal(
        "search",
        "`groundwire --help`",
        "≤ 0.5 s",
        _spread("help_process_seconds", " s"),
        lambda f: f["help_process_seconds"]["median"] <= 0.5,
    ),
    Goal(
        "search",
        "a warm search",
        "p50 ≤ 40 ms",
        _spread("warm_search_ms", " ms"),
        lambda f: f["warm_search_ms"]["median"] <= 40,
        1500,
    ),
    Goal(
        "ask",
        "peak memory of `groundwire ask`",
        "≤ 3 GB",
        _spread("peak_rss_gb", " GB"),
        lambda f: f["peak_rss_gb"]["max"] <= 3,
    ),
    Goal(
        "verbatim",
        "citations that are their article's words",
        "100 %",
        lambda f: "–" if f["share_verbatim"] is None else f"{f['share_verbatim']:.2%} (n {f['citations']})",
        lambda f: f["share_verbatim"] == 1,
    ),
    _found(5, 0.92),
    _found(10, 0.98),
)


def rows(folder: Path) -> Iterator[str]:
    """A row a goal and record; a goal that no record speaks of says so."""
    files = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}
    for goal in GOALS:
        found = False
        for name, record in files.items():
            if record.get("script") != goal.script:
                continue
            try:
                shown, met = goal.shown(record["figures"]), goal.met(record["figures"])
            except KeyError:  # a run without that part, such as one without a gold set
                continue
            corpora = record["corpus"] if isinstance(record["corpus"], list) else [record["corpus"]]
            on = "; ".join(f"{corpus['name']}, {corpus['articles']:,} articles" for corpus in corpora)
            small = max(corpus["articles"] for corpus in corpora) < goal.least_articles
            verdict = "for 1,500 articles" if small else "yes" if met else "no"
            yield f"| {goal.measure} | {goal.goal} | {shown} | {verdict} | {on} | `{name}` |"
            found = True
        if not found:
            yield f"| {goal.measure} | {goal.goal} | not measured | – | – | – |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=RESULTS, help="where the records lie (bench/results)")
    given = parser.parse_args()
    print("| what | goal | median (min to max) | met | corpus | record |\n|---|---|---|---|---|---|")
    for row in rows(given.folder):
        print(row)


if __name__ == "__main__":
    main()
