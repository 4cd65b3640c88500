"""Bootstrap and tests against closed forms, SciPy and hand arithmetic; the laws of selective answering."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluation.statistics import (
    CHUNK,
    area,
    calibration,
    calibration_error,
    interval,
    mcnemar,
    quantile_interval,
    ratios,
    resampled,
    risk_coverage,
)

SCORES = st.integers(0, 20).map(lambda n: n / 20)
ANSWERS = st.lists(st.tuples(SCORES, st.booleans()), min_size=1, max_size=30)


def column(values: object) -> NDArray[np.float64]:
    return np.asarray(values, np.float64).reshape(-1, 1)


def ones(n: int) -> NDArray[np.float64]:
    return np.ones((n, 1))


# The bootstrap


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_bootstrap_of_a_mean_has_the_spread_of_the_closed_form(share: float) -> None:
    """The bootstrap variance of a mean of n values is their population variance / n; 20,000 draws tell it to 5 %."""
    values = np.random.default_rng(7).random(50) < share
    draws = resampled(column(values), ones(50), resamples=20_000)
    assert draws.var() == pytest.approx(np.var(values) / 50, rel=0.05)
    assert draws.mean() == pytest.approx(values.mean(), abs=4 * math.sqrt(np.var(values) / 50 / 20_000))


def test_the_interval_of_a_mean_is_scipys() -> None:
    import scipy.stats

    values = np.random.default_rng(3).gamma(2.0, size=80)
    ours = interval(resampled(column(values), ones(80), resamples=20_000)[:, 0])
    theirs = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.05 * values.std() / math.sqrt(80) * 2)
    at_half = interval(resampled(column(values), ones(80))[:, 0], 0.5)
    assert at_half and ours and ours[0] < at_half[0] < values.mean() < at_half[1] < ours[1]


def test_the_interval_of_a_ratio_is_scipys() -> None:
    """Numerator and denominator of a question are drawn together: F1 and shares of citations are such ratios."""
    import scipy.stats

    generator = np.random.default_rng(5)
    below = generator.integers(0, 5, 60).astype(float)
    above = generator.binomial(below.astype(int), 0.7).astype(float)
    ours = interval(resampled(column(above), column(below), resamples=20_000)[:, 0])
    theirs = scipy.stats.bootstrap(
        (above, below), lambda a, b, axis: a.sum(axis) / b.sum(axis), n_resamples=20_000, paired=True,
        method="percentile", rng=np.random.default_rng(1), vectorized=True,
    ).confidence_interval  # fmt: skip
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.01)
    assert ratios(column(above), column(below)) == pytest.approx([above.sum() / below.sum()])


def test_a_seed_gives_its_draws_and_one_matrix_serves_all_measures() -> None:
    values = np.random.default_rng(0).random((30, 2))
    twice = [resampled(values, np.ones((30, 2)), seed=4, resamples=CHUNK + 50) for _ in range(2)]
    assert twice[0].shape == (CHUNK + 50, 2) and (twice[0] == twice[1]).all()
    assert (twice[0] != resampled(values, np.ones((30, 2)), seed=5, resamples=CHUNK + 50)).any()
    alone = resampled(values[:, 1:], np.ones((30, 1)), seed=4, resamples=CHUNK + 50)
    assert alone[:, 0] == pytest.approx(twice[0][:, 1])


def test_what_nothing_counts_for_is_no_number() -> None:
    nothing = np.zeros((4, 1))
    assert np.isnan(ratios(nothing, nothing)).all() and np.isnan(resampled(nothing, nothing)).all()
    assert interval(resampled(nothing, nothing)[:, 0]) is None
    assert np.isnan(resampled(np.zeros((0, 2)), np.zeros((0, 2)))).all()
    rare = column([0, 0, 0, 1])
    assert interval(resampled(rare, rare)[:, 0]) == (1.0, 1.0), "draws without the question that counts are left out"
    assert interval(resampled(column([1, 1, 1]), ones(3))[:, 0]) == (1.0, 1.0)


def test_the_interval_of_a_quantile_is_scipys() -> None:
    import scipy.stats

    values = list(np.random.default_rng(2).gamma(2.0, size=200))
    for q in (0.5, 0.95):
        made = quantile_interval(values, q, resamples=5_000)
        theirs = scipy.stats.bootstrap(
            (values,), lambda x, axis, q=q: np.quantile(x, q, axis=axis), n_resamples=5_000, method="percentile",
            rng=np.random.default_rng(1), vectorized=True,
        ).confidence_interval  # fmt: skip
        assert made and made[0] == np.quantile(values, q) and made == quantile_interval(values, q, resamples=5_000)
        assert made[1:] == pytest.approx((theirs.low, theirs.high), rel=0.05)
    assert quantile_interval([3.0], 0.95) == (3.0, 3.0, 3.0) and quantile_interval([], 0.5) is None


# McNemar


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_mcnemar_is_the_binomial_test_of_the_changes(pairs: list[tuple[bool, bool]]) -> None:
    lost, won = pairs.count((True, False)), pairs.count((False, True))
    n = lost + won
    tail = sum(math.comb(n, k) for k in range(min(lost, won) + 1)) / 2**n
    made = mcnemar([a for a, _ in pairs], [b for _, b in pairs])
    assert made == pytest.approx(min(1.0, 2 * tail)) == mcnemar([b for _, b in pairs], [a for a, _ in pairs])


def test_mcnemar_by_hand() -> None:
    first, second = [True] * 6 + [False] * 4, [False] + [True] * 5 + [True] * 4
    assert mcnemar(first, second) == pytest.approx(2 * (1 + 5) / 2**5)  # 1 lost, 4 won: C(5,0) + C(5,1) of 2^5
    assert mcnemar(first, first) == mcnemar([], []) == 1.0
    with pytest.raises(ValueError):
        mcnemar([True], [])


# Selective answering


@given(ANSWERS, st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_laws_of_risk_and_coverage(answers: list[tuple[float, bool]], silent: int, dice: random.Random) -> None:
    asked = len(answers) + silent
    curve = risk_coverage([s for s, _ in answers], [r for _, r in answers], asked=asked)
    assert [p.threshold for p in curve] == sorted({s for s, _ in answers}, reverse=True)
    assert all(a.coverage < b.coverage for a, b in pairwise(curve))
    assert curve[-1].coverage == len(answers) / asked
    for point in curve:
        given = [r for s, r in answers if s >= point.threshold]
        assert (point.coverage, point.risk) == (len(given) / asked, given.count(False) / len(given))
    dice.shuffle(answers)
    assert risk_coverage([s for s, _ in answers], [r for _, r in answers], asked=asked) == curve


@given(ANSWERS)
def test_no_order_has_less_area_than_the_right_ones_first(answers: list[tuple[float, bool]]) -> None:
    n, right = len(answers), sorted((r for _, r in answers), reverse=True)
    best = area(risk_coverage(range(n, 0, -1), right, asked=n))
    worst = area(risk_coverage(range(n), right, asked=n))
    made = area(risk_coverage([s for s, _ in answers], [r for _, r in answers], asked=n))
    by_hand = sum(right[:k].count(False) / k for k in range(1, n + 1)) / n
    assert best is not None and made is not None and worst is not None
    assert best == pytest.approx(by_hand) and best - 1e-9 <= made <= worst + 1e-9
    assert area(risk_coverage(range(n, 0, -1), right, asked=3 * n)) == pytest.approx(best), "of what is answered"


def test_no_answers_no_area() -> None:
    assert risk_coverage([], [], asked=5) == [] and area([]) is None


# Calibration


@given(st.lists(st.tuples(st.integers(0, 10_000).map(lambda n: n / 10_000), st.booleans()), max_size=40))
def test_the_laws_of_calibration(answers: list[tuple[float, bool]]) -> None:
    bins = calibration([s for s, _ in answers], [r for _, r in answers])
    assert sum(one.n for one in bins) == len(answers) and all(one.n for one in bins)
    assert sum(one.n * one.right for one in bins) == pytest.approx(sum(r for _, r in answers))
    assert sum(one.n * one.score for one in bins) == pytest.approx(sum(s for s, _ in answers))
    for one in bins:
        inside = [s for s, _ in answers if one.low <= s < one.high or s == one.high == 1]
        assert len(inside) == one.n and one.low <= one.score <= one.high == pytest.approx(one.low + 0.1)
    error = calibration_error(bins)
    assert (error is None) == (not answers) and (error is None or 0 <= error <= 1)


def test_calibration_by_hand() -> None:
    assert calibration_error(calibration([0.75] * 4 + [0.5] * 2, [True, True, True, False, True, False])) == 0
    assert calibration_error(calibration([1.0, 1.0], [False, False])) == 1
    made = calibration_error(calibration([0.9, 0.9, 0.2], [True, False, False]))
    assert made == pytest.approx((2 * (0.9 - 0.5) + 1 * (0.2 - 0.0)) / 3)
