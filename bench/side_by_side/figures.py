"""From what was measured of each peer to its figures, and to ours over theirs."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.record import spread

Measured = Mapping[str, Any]
OURS = "groundwire"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of them does not exceed (nearest rank).

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5), percentile([1.0, 2.0], 0.95)
    (2.0, 2.0)
    """
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def figures_of(measured: Mapping[str, Measured]) -> dict[str, Any]:
    """`peers`: the figures of each; `ratios`: ours over each other's, by round or question, above 1 where ours win."""
    peers = {name: _figures(made) for name, made in measured.items() if made["rounds"] or made["asks"]}
    ratios = {
        f"{ours} over {theirs}": _ratios(measured[ours], measured[theirs])
        for ours in peers
        for theirs in peers
        if ours.startswith(OURS) and not theirs.startswith(OURS)
    }
    return {"peers": peers, "ratios": ratios}


def _figures(made: Measured) -> dict[str, Any]:
    rounds, asks = made["rounds"], list(made["asks"].values())
    found = _rounds(rounds) if rounds else {}
    if asks:
        found["first_words_seconds"] = spread([_first(one) for one in asks], 2)
        found["answer_seconds"] = spread([one["seconds"] for one in asks], 2)
        found["characters_to_check"] = spread([one["to_read"] for one in asks], 0)
    return found


def _rounds(rounds: Sequence[Measured]) -> dict[str, Any]:
    searches = [found for one in rounds for found in one["searches"].values()]
    first = rounds[0]
    found: dict[str, Any] = {
        "versions": first["versions"],
        "passages": first["passages"],
        "words": first["words"],
        "words_embedded": first["words_embedded"],
        "index_seconds": spread([one["seconds"] for one in rounds], 2),
        "passages_per_second": spread([one["passages"] / one["seconds"] for one in rounds], 2),
        "words_per_second": spread([one["words_embedded"] / one["seconds"] for one in rounds], 1),
        "peak_rss_gb": round(max(one["peak_rss"] for one in rounds) / 1e9, 3),
        "search_ms": {
            "p50": round(percentile([one["ms"] for one in searches], 0.5), 2),
            "p95": round(percentile([one["ms"] for one in searches], 0.95), 2),
            "n": len(searches),
        },
        "unplaced_hits": sum(one["unplaced"] for one in first["searches"].values()),
        "characters@5": round(statistics.fmean(one["characters@5"] for one in first["searches"].values())),
    }
    for k in (5, 10):
        found[f"recall@{k}"] = round(statistics.fmean(one[f"found@{k}"] for one in first["searches"].values()), 4)
    if "encode" in first:
        found["index_over_bare"] = spread([one["seconds"] / one["encode"]["seconds"] for one in rounds])
    return found


def _ratios(ours: Measured, theirs: Measured) -> dict[str, Any]:
    """Times as quick as theirs; each pair was measured in the same turn."""
    pairs = list(zip(ours["rounds"], theirs["rounds"], strict=False))
    found: dict[str, Any] = {}
    if pairs:
        found["passages_per_second"] = spread([_rate(a, "passages") / _rate(b, "passages") for a, b in pairs], 3)
        found["words_per_second"] = spread(
            [_rate(a, "words_embedded") / _rate(b, "words_embedded") for a, b in pairs], 3
        )
        found["search"] = spread([_median_ms(b) / _median_ms(a) for a, b in pairs], 3)
    both = [name for name in ours["asks"] if name in theirs["asks"]]
    if both:
        found["first_words"] = spread([_first(theirs["asks"][n]) / _first(ours["asks"][n]) for n in both], 3)
        found["answer"] = spread([theirs["asks"][n]["seconds"] / ours["asks"][n]["seconds"] for n in both], 3)
    return found


def _rate(made: Measured, what: str) -> float:
    return float(made[what] / made["seconds"])


def _first(made: Measured) -> float:
    """Seconds to the first words; of an answer without any, all its seconds."""
    return float(made["first"] or made["seconds"])


def _median_ms(made: Measured) -> float:
    return float(statistics.median(found["ms"] for found in made["searches"].values()))
