"""Reciprocal rank fusion: one ranking from several (Cormack, Clarke & Büttcher 2009), weighted."""

from collections.abc import Mapping, Sequence


def fuse(
    rankings: Mapping[str, Sequence[int]], weights: Mapping[str, float], *, k: int = 60
) -> list[tuple[int, float]]:
    """Rows of all rankings with their fused scores, best first; ranks start at 1, ties are broken by row.

    A row's score is the sum over the rankings that hold it of `weight / (k + rank)`; the paper has weights of 1.

    >>> fuse({"dense": [7, 3], "lexical": [3]}, {"dense": 1.0, "lexical": 1.0})[0] == (3, 1 / 62 + 1 / 61)
    True
    """
    scores: dict[int, float] = {}
    for name, rows in rankings.items():
        for rank, row in enumerate(rows, 1):
            scores[row] = scores.get(row, 0.0) + weights[name] / (k + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
