"""What a mean is worth: seeded bootstrap intervals, paired differences, risk against coverage, calibration.

A measure is a ratio of two sums over questions, numerators over denominators: a mean where every denominator is 1.
One matrix of resamples serves all measures at once, and two runs over the same questions are resampled together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 2_000
LEVEL = 0.95
CHUNK = 250  # resamples at a time: a gold set of 10,000 then takes 20 MB


def ratios(numerators: Floats, denominators: Floats) -> Floats:
    """Sum over sum of each column of two `(n, m)` arrays; NaN where nothing is counted."""
    below = denominators.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, numerators.sum(axis=0) / below, np.nan)


def resampled(numerators: Floats, denominators: Floats, *, seed: int = 0, resamples: int = RESAMPLES) -> Floats:
    """`(resamples, m)`: the ratios of questions drawn n at a time with replacement (Efron & Tibshirani 1993)."""
    generator = np.random.default_rng(seed)
    n = len(numerators)
    made = []
    for start in range(0, resamples, CHUNK):
        size = min(CHUNK, resamples - start)
        counts = generator.multinomial(n, np.full(n, 1 / n), size=size) if n else np.zeros((size, 0))
        below = counts @ denominators
        with np.errstate(invalid="ignore", divide="ignore"):
            made.append(np.where(below > 0, counts @ numerators / below, np.nan))
    return np.concatenate(made)


def interval(values: Floats, level: float = LEVEL) -> tuple[float, float] | None:
    """The percentile interval of resampled values; None where none of them counts anything.

    >>> interval(np.array([1.0, 2.0, 3.0]), 0.5)
    (1.5, 2.5)
    """
    kept = values[~np.isnan(values)]
    if not len(kept):
        return None
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def quantile_interval(
    values: Sequence[float], q: float, *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float, float] | None:
    """The `q` quantile of some seconds, and the interval of it; None for no values."""
    if not values:
        return None
    found = interval(resampled_quantiles(values, q, seed=seed, resamples=resamples))
    assert found is not None
    return float(np.quantile(values, q)), *found


def resampled_quantiles(values: Sequence[float], q: float, *, seed: int = 0, resamples: int = RESAMPLES) -> Floats:
    """`(resamples,)`: the `q` quantile of values drawn n at a time; one seed draws the same places of any n values."""
    held = np.asarray(values, np.float64)
    generator = np.random.default_rng(seed)
    draws = [
        np.quantile(held[generator.integers(0, len(held), (min(CHUNK, resamples - start), len(held)))], q, axis=1)
        for start in range(0, resamples, CHUNK)
    ]
    return np.concatenate(draws)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """The exact two-sided p of McNemar's test: are there as many changes one way as the other? 1 for no change.

    >>> mcnemar([True] * 5, [False] * 5) == 2 * 0.5**5
    True
    """
    lost = sum(a and not b for a, b in zip(first, second, strict=True))
    won = sum(b and not a for a, b in zip(first, second, strict=True))
    from scipy.stats import binomtest  # takes half a second to import

    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0


@dataclass(frozen=True)
class Point:
    """Answering only from `threshold` up answers `coverage` of all questions, `risk` of those answers being wrong."""

    threshold: float
    coverage: float
    risk: float


def risk_coverage(scores: Sequence[float], right: Sequence[bool], *, asked: int) -> list[Point]:
    """The curve of selective answering over the answers given, of `asked` questions (El-Yaniv & Wiener 2010).

    >>> [(p.coverage, p.risk) for p in risk_coverage([0.9, 0.5, 0.5], [True, False, True], asked=4)]
    [(0.25, 0.0), (0.75, 0.3333333333333333)]
    """
    ordered = sorted(zip(scores, right, strict=True), key=lambda pair: -pair[0])
    curve = []
    wrong = 0
    for place, (score, good) in enumerate(ordered, 1):
        wrong += not good
        if place == len(ordered) or ordered[place][0] < score:  # answers of one score are given or held back together
            curve.append(Point(score, place / asked, wrong / place))
    return curve


def area(curve: Sequence[Point]) -> float | None:
    """The mean risk over the coverages that the curve reaches (AURC, Geifman et al. 2019); None for no answers.

    >>> area([Point(0.9, 0.25, 0.0), Point(0.5, 0.5, 0.5)])
    0.25
    """
    if not curve:
        return None
    steps = [
        (p.coverage - before, p.risk) for before, p in zip([0.0, *(p.coverage for p in curve)], curve, strict=False)
    ]
    return sum(step * risk for step, risk in steps) / curve[-1].coverage


@dataclass(frozen=True)
class Bin:
    """Answers whose scores lie from `low` to `high`: how sure they were, and how many were right."""

    low: float
    high: float
    score: float
    right: float
    n: int


def calibration(scores: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> list[Bin]:
    """Bins of equal width from 0 to 1, the empty ones left out (Guo et al. 2017)."""
    held = np.asarray(scores, np.float64)
    good = np.asarray(right, np.float64)
    places = np.minimum((held * bins).astype(int), bins - 1)
    made = []
    for place in range(bins):
        inside = places == place
        if inside.any():
            made.append(
                Bin(
                    place / bins,
                    (place + 1) / bins,
                    float(held[inside].mean()),
                    float(good[inside].mean()),
                    int(inside.sum()),
                )
            )
    return made


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """How far scores are from the share of right answers, on average (expected calibration error).

    >>> calibration_error([Bin(0.5, 0.6, 0.55, 0.35, 3), Bin(0.9, 1.0, 0.95, 0.95, 1)])
    0.15
    """
    n = sum(one.n for one in bins)
    return round(sum(one.n * abs(one.score - one.right) for one in bins) / n, 12) if n else None
