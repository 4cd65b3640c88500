"""The record of `bench.peers` as the table that README holds, and as a picture."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.record import RESULTS
from bench.side_by_side.environment import HERE, NoEnvironment, make_environment
from qa.provenance import ROOT

PICTURE = ROOT / "docs" / "images" / "peers.svg"
LABELS = {
    "groundwire": "Groundwire",
    "groundwire-quotes": "Groundwire, `--llm none`",
    "groundwire-fast": "Groundwire, `--fast`",  # of records before there was a reader
    "groundwire-minilm": "Groundwire, MiniLM",
    "groundwire-minilm-int8": "Groundwire, MiniLM int8",
    "langchain": "LangChain",
    "llamaindex": "LlamaIndex",
    "txtai": "txtai",
    "haystack": "Haystack",
}
Cell = Callable[[Mapping[str, Any]], str]


def _median(name: str, digits: int = 1) -> Cell:
    return lambda f: f"{f[name]['median']:,.{digits}f}"


COLUMNS: tuple[tuple[str, Cell], ...] = (
    ("passages / s", _median("passages_per_second")),
    ("words embedded / s", _median("words_per_second", 0)),
    ("of the words", lambda f: f"{f['words_embedded'] / f['words']:.0%}"),
    ("peak GB", lambda f: f"{f['peak_rss_gb']:.2f}"),
    ("search ms, p50 / p95", lambda f: f"{f['search_ms']['p50']:.0f} / {f['search_ms']['p95']:.0f}"),
    ("evidence in first 5 / 10", lambda f: f"{f['recall@5']:.2f} / {f['recall@10']:.2f}"),
    ("characters in first 5", lambda f: f"{f['characters@5']:,}"),
    ("first words s", _median("first_words_seconds")),
    ("answer s", _median("answer_seconds")),
    ("characters to check", _median("characters_to_check", 0)),
)
RATIOS = {
    "passages_per_second": "passages / s",
    "words_per_second": "words / s",
    "search": "search",
    "first_words": "first words",
    "answer": "answer",
}


def table(figures: Mapping[str, Any]) -> list[str]:
    """Two Markdown tables: each peer's figures, and how many times as quick as theirs ours are, with the spread."""
    lines = ["| | " + " | ".join(name for name, _ in COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, found in figures["peers"].items():
        lines.append(f"| {LABELS.get(name, name)} | " + " | ".join(_shown(cell, found) for _, cell in COLUMNS) + " |")
    if figures["ratios"]:
        lines += ["", "| times as quick | " + " | ".join(RATIOS.values()) + " |", "|---" * (len(RATIOS) + 1) + "|"]
    for name, found in figures["ratios"].items():
        ours, _, theirs = name.partition(" over ")
        cells = " | ".join(_ratio(found.get(ratio)) for ratio in RATIOS)
        lines.append(f"| {LABELS.get(ours, ours)} over {LABELS.get(theirs, theirs)} | {cells} |")
    return lines


def _shown(cell: Cell, found: Mapping[str, Any]) -> str:
    try:
        return cell(found)
    except KeyError:  # what was not measured of it
        return "–"


def _ratio(found: Mapping[str, float] | None) -> str:
    if found is None:
        return "–"
    return f"{found['median']:.2f} ({found['min']:.2f} to {found['max']:.2f})"


def record_table(name: str = "peers") -> list[str]:
    """The table of a record that is there, none where it is not."""
    file = RESULTS / f"{name}.json"
    return table(json.loads(file.read_text(encoding="utf-8"))["figures"]) if file.exists() else []


def picture(name: str, scratch: Path, say: Callable[[str], None]) -> None:
    """Draws the record with matplotlib, which lies in an environment of its own."""
    try:
        python = make_environment("plot", scratch / "envs", say)
    except NoEnvironment as error:
        say(f"{error}; there is no picture")
        return
    subprocess.run(
        [str(python), str(HERE / "draw.py"), str(RESULTS / f"{name}.json"), str(PICTURE), json.dumps(LABELS)],
        check=True,
    )
    say(f"written: {PICTURE.relative_to(ROOT)}")
