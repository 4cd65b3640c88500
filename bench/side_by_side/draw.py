"""Draws a record of `bench.peers`: a row of bars a figure, a bar a peer. Needs matplotlib and nothing else."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

matplotlib.rcParams["svg.hashsalt"] = "peers"  # the same record, the same file
matplotlib.rcParams["svg.fonttype"] = "none"
OURS, THEIRS = "#1f6f8b", "#9aa5ab"
SHOWN = (
    ("words embedded a second (more is better)", "words_per_second", "median"),
    ("search, p50 in ms (less is better)", "search_ms", "p50"),
    ("evidence in the first 5 (more is better)", "recall@5", None),
    ("peak memory while indexing, GB (less is better)", "peak_rss_gb", None),
    ("seconds to the first words (less is better)", "first_words_seconds", "median"),
    ("characters to read to check an answer (less is better)", "characters_to_check", "median"),
)


def value(found: dict[str, Any], name: str, part: str | None) -> float | None:
    held = found.get(name)
    return held if part is None or held is None else held[part]


def draw(record: Path, picture: Path, labels: dict[str, str]) -> None:
    peers = json.loads(record.read_text(encoding="utf-8"))["figures"]["peers"]
    names = list(peers)[::-1]
    figure, axes = plt.subplots(3, 2, figsize=(11, 2.4 + 1.05 * len(names)), layout="constrained")
    for axis, (title, name, part) in zip(axes.flat, SHOWN, strict=True):
        values = [value(peers[peer], name, part) or 0 for peer in names]
        colours = [OURS if peer.startswith("groundwire") else THEIRS for peer in names]
        bars = axis.barh([labels.get(peer, peer).replace("`", "") for peer in names], values, color=colours)
        axis.bar_label(bars, [f"{given:,.3g}" if given < 1000 else f"{given:,.0f}" for given in values], padding=3)
        axis.set_title(title, fontsize=10, loc="left")
        axis.margins(x=0.15)
        axis.spines[["top", "right"]].set_visible(False)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, metadata={"Date": None})


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))
