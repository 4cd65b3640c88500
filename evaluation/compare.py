"""Two runs over one gold set: paired differences with intervals, what changed, and gates that a CI can fail at."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.figures import MEASURES, QUANTILES, columns, rows_of
from evaluation.judge import Judged
from evaluation.run import Run, RunError, check_whole
from evaluation.statistics import interval, mcnemar, ratios, resampled, resampled_quantiles


@dataclass(frozen=True)
class MeasureDifference:
    """One measure in both runs over the same `n` questions, and the interval of second less first."""

    name: str
    first: float
    second: float
    low: float
    high: float
    n: int

    @property
    def by(self) -> float:
        return self.second - self.first

    @property
    def verdict(self) -> str:
        """Whether the interval tells: "better", "worse", "changed" where neither is, or nothing."""
        better = MEASURES[self.name].better
        if self.low <= 0 <= self.high:
            return ""
        return "changed" if not better else "better" if (self.low > 0) == (better > 0) else "worse"


@dataclass(frozen=True)
class Comparison:
    """Differences in the order of MEASURES over the `questions` of both runs; those that became right or wrong.

    `p` is McNemar's over the `n` of them that are right or wrong in both.
    """

    differences: tuple[MeasureDifference, ...]
    won: tuple[str, ...]
    lost: tuple[str, ...]
    p: float
    n: int
    questions: int


def pair(first: Run, second: Run) -> list[tuple[Judged, Judged]]:
    """The questions of both runs, in the order of the first. Raises RunError where they are not over one gold set."""
    for run in (first, second):
        check_whole(run)
    other = {row.id: row for row in second.judged}
    pairs = [(row, other[row.id]) for row in first.judged if row.id in other]
    changed = [a.id for a, b in pairs if a.gold != b.gold]
    if changed:
        raise RunError(
            f"{first.folder} and {second.folder}: the gold of {len(changed)} questions is not the same, first"
            f' "{changed[0]}"; run both over one gold file'
        )
    if not pairs:
        raise RunError(f"{first.folder} and {second.folder}: have no question in common; run both over one gold file")
    return pairs


def compare(first: Run, second: Run, *, seed: int = 0) -> Comparison:
    """What changed from the first run to the second, over the questions that both hold (paired bootstrap)."""
    pairs = pair(first, second)
    rows = [rows_of([both[i] for both in pairs]) for i in (0, 1)]
    names = [name for name in MEASURES if all(any(name in row for row in held) for held in rows)]
    held = [columns(side, names) for side in rows]
    values = [ratios(*side) for side in held]
    draws = [resampled(*side, seed=seed) for side in held]  # one seed: the same questions are drawn for both
    made = []
    for i, name in enumerate(names):
        span = interval(draws[1][:, i] - draws[0][:, i])
        if span and not np.isnan([values[0][i], values[1][i]]).any():
            n = int(((held[0][1][:, i] > 0) | (held[1][1][:, i] > 0)).sum())
            made.append(MeasureDifference(name, float(values[0][i]), float(values[1][i]), *span, n))
    for name, (cost, q) in QUANTILES.items():
        spent = [(a.costs[cost], b.costs[cost]) for a, b in pairs if cost in a.costs and cost in b.costs]
        if spent:
            before, after = zip(*spent, strict=True)
            span = interval(resampled_quantiles(after, q, seed=seed) - resampled_quantiles(before, q, seed=seed))
            assert span is not None
            made.append(
                MeasureDifference(name, float(np.quantile(before, q)), float(np.quantile(after, q)), *span, len(spent))
            )
    made.sort(key=lambda difference: list(MEASURES).index(difference.name))
    judged = [(a, b) for a, b in pairs if a.right is not None and b.right is not None]
    return Comparison(
        tuple(made),
        tuple(a.id for a, b in judged if b.right and not a.right),
        tuple(a.id for a, b in judged if a.right and not b.right),
        mcnemar([bool(a.right) for a, _ in judged], [bool(b.right) for _, b in judged]),
        len(judged),
        len(pairs),
    )


def read_floor(text: str) -> tuple[str, float]:
    """A gate such as right=0.7: the measure and its bound. Raises ValueError naming the measures there are.

    >>> read_floor("right=0.7")
    ('right', 0.7)
    """
    name, _, value = text.partition("=")
    if name not in MEASURES:
        plain = ", ".join(name for name in MEASURES if "/" not in name)
        raise ValueError(f'"{name}" is no measure; there are {plain}, and recall_any@5 and its like after "fused/"')
    try:
        bound = float(value)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):  # nothing is under "nan": the gate would be open
        raise ValueError(f'"{text}" has no number after "="; write {name}=0.7')
    return name, bound


def check_floors(overall: Mapping[str, Mapping[str, float]], floors: Sequence[tuple[str, float]]) -> list[str]:
    """A sentence for each measure that misses its bound: below it, or above it where less is better."""
    problems = []
    for name, bound in floors:
        figure = overall.get(name)
        less = MEASURES[name].better < 0
        if figure is None:
            problems.append(f"{name}: nothing in this run counts for it, so it is not {bound:g}")
        elif figure["value"] > bound if less else figure["value"] < bound:
            side = "over" if less else "under"
            problems.append(f"{name}: {figure['value']:.4g} is {side} {bound:g} (n {figure['n']})")
    return problems


def check_no_worse(comparison: Comparison) -> list[str]:
    """A sentence for each measure that is worse than it was, its whole interval; what answers cost is left out.

    Citations that are no longer verbatim need no interval.
    """
    return [
        f"{d.name}: {d.second:.4g} was {d.first:.4g} (difference {d.low:+.3f} to {d.high:+.3f}, n {d.n})"
        for d in comparison.differences
        if MEASURES[d.name].share and (d.verdict == "worse" or (d.name == "verbatim" and d.second < d.first))
    ]
