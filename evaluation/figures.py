"""From judged questions to figures: each measure with its 95 % interval and its count, overall and by kind."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evaluation.judge import Judged, Ratio
from evaluation.statistics import (
    Floats,
    area,
    calibration,
    calibration_error,
    interval,
    quantile_interval,
    ratios,
    resampled,
    risk_coverage,
)
from evaluation.trec import CUTOFFS, DEPTH, measure_stage

STAGES = ("dense", "lexical", "fused", "reranked", "read")
RESAMPLES_OF_CURVES = 500


@dataclass(frozen=True)
class Measure:
    """How a measure is named to readers, and whether more of it is better (1), less (-1), or neither (0)."""

    title: str
    better: int = 1
    share: bool = True


MEASURES = {
    "right": Measure("right: every group held"),
    "group_recall": Measure("group recall"),
    "exact_match": Measure("exact match of the short answer (SQuAD)"),
    "token_f1": Measure("token F1 of the short answer (SQuAD)"),
    "verbatim": Measure("citations verbatim"),
    "citation_recall": Measure("citation recall (ALCE)"),
    "citation_precision": Measure("citation precision (ALCE)"),
    "evidence_cited": Measure("citations that overlap gold evidence"),
    "refused_unanswerable": Measure("unanswerable refused"),
    "refused_answerable": Measure("answerable refused", -1),
    "refusal_f1": Measure("refusal F1"),
    "conflict_shown": Measure("disagreement shown where there is one"),
    "conflict_false": Measure("disagreement shown where there is none", -1),
    "quote_characters": Measure("characters of quotes an answer", -1, share=False),
    "aurc": Measure("risk over coverage, area", -1),
    "calibration_error": Measure("calibration error of the score (ECE)", -1),
    "seconds_found_p50": Measure("seconds to the first quote, p50", -1, share=False),
    "seconds_found_p95": Measure("seconds to the first quote, p95", -1, share=False),
    "seconds_first_token_p50": Measure("seconds to first words, p50", -1, share=False),
    "seconds_first_token_p95": Measure("seconds to first words, p95", -1, share=False),
    "seconds_total_p50": Measure("seconds in all, p50", -1, share=False),
    "seconds_total_p95": Measure("seconds in all, p95", -1, share=False),
    "tokens_prompt": Measure("prompt tokens a question", -1, share=False),
    "tokens_read": Measure("prompt tokens read anew a question", -1, share=False),
    "tokens_written": Measure("tokens written a question", -1, share=False),
}
RETRIEVAL = {
    **{f"recall_any@{k}": Measure(f"any evidence in the first {k}") for k in CUTOFFS},
    **{f"recall_all@{k}": Measure(f"every group in the first {k}") for k in CUTOFFS},
    f"mrr@{DEPTH}": Measure(f"MRR@{DEPTH}"),
    f"ndcg@{DEPTH}": Measure(f"nDCG@{DEPTH}"),
}
MEASURES |= {
    f"{stage}/{name}": Measure(f"{stage}: {measure.title}") for stage in STAGES for name, measure in RETRIEVAL.items()
}


QUANTILES = {
    f"{cost}_p{100 * q:.0f}": (cost, q)
    for cost in ("seconds_found", "seconds_first_token", "seconds_total")
    for q in (0.5, 0.95)
}


@dataclass(frozen=True)
class Figure:
    """A measure's value, its interval, and the number of questions that count."""

    value: float
    low: float
    high: float
    n: int


def rows_of(judged: Sequence[Judged]) -> list[dict[str, Ratio]]:
    """Every measure of each question as numerator and denominator, those of the rankings and the tokens too."""
    rows = [dict(row.measures) for row in judged]
    for row, one in zip(rows, judged, strict=True):
        row |= {name: (value, 1) for name, value in one.costs.items() if name in MEASURES}
    for stage in (stage for stage in STAGES if any(stage in row.rankings for row in judged)):
        for row, found in zip(rows, measure_stage(judged, stage), strict=True):
            row |= {f"{stage}/{name}": (value, 1) for name, value in found.items()}
    return rows


def columns(rows: Sequence[Mapping[str, Ratio]], names: Sequence[str]) -> tuple[Floats, Floats]:
    """Numerators and denominators, `(n, m)` each, 0 where a question does not count."""
    held = np.array([[row.get(name, (0, 0)) for name in names] for row in rows], np.float64)
    held = held.reshape(len(rows), len(names), 2)
    return held[:, :, 0], held[:, :, 1]


def summarise(judged: Sequence[Judged], rows: Sequence[Mapping[str, Ratio]], *, seed: int = 0) -> dict[str, Figure]:
    """The figures of some questions, in the order of MEASURES; a measure that nothing counts for is left out."""
    names = [name for name in MEASURES if any(name in row for row in rows)]
    above, below = columns(rows, names)
    values, draws = ratios(above, below), resampled(above, below, seed=seed)
    made: dict[str, Figure] = {}
    for i, name in enumerate(names):
        span = interval(draws[:, i])
        if span and not np.isnan(values[i]):
            made[name] = Figure(float(values[i]), *span, int((below[:, i] > 0).sum()))
    for name, (cost, q) in QUANTILES.items():
        held = [row.costs[cost] for row in judged if cost in row.costs]
        found = quantile_interval(held, q, seed=seed)
        if found:
            made[name] = Figure(*found, len(held))
    return {name: made[name] for name in MEASURES if name in made}


def curves(judged: Sequence[Judged], *, seed: int = 0) -> tuple[dict[str, Figure], dict[str, Any]]:
    """What the answers' scores are worth: area and calibration error as figures, and the curves to draw."""
    asked = [row for row in judged if row.right is not None]
    given = [(row.score, row.right) for row in asked if not row.declined and row.score is not None]
    if not given:
        return {}, {"risk_coverage": [], "calibration": []}

    def weigh(picked: Sequence[tuple[float | None, bool | None]]) -> tuple[float, float]:
        scores, right = [float(s or 0) for s, _ in picked], [bool(r) for _, r in picked]
        found = area(risk_coverage(scores, right, asked=len(picked))), calibration_error(calibration(scores, right))
        assert found[0] is not None and found[1] is not None
        return found[0], found[1]

    generator = np.random.default_rng(seed)
    draws = np.array(
        [weigh([given[i] for i in generator.integers(0, len(given), len(given))]) for _ in range(RESAMPLES_OF_CURVES)]
    )
    made = {}
    for i, name in enumerate(("aurc", "calibration_error")):
        span = interval(draws[:, i])
        assert span is not None
        made[name] = Figure(weigh(given)[i], *span, len(given))
    scores, right = [float(s or 0) for s, _ in given], [bool(r) for _, r in given]
    return made, {
        "risk_coverage": [asdict(point) for point in risk_coverage(scores, right, asked=len(asked))],
        "calibration": [asdict(one) for one in calibration(scores, right)],
    }


def make_figures(judged: Sequence[Judged], *, seed: int = 0) -> dict[str, Any]:
    """JSON-ready: `overall` and `by_kind`, each measure with value, low, high and n, and the `curves`."""
    rows = rows_of(judged)
    area_and_error, drawn = curves(judged, seed=seed)
    overall = summarise(judged, rows, seed=seed) | area_and_error
    by_kind = {}
    for kind in sorted({row.kind for row in judged}):
        picked = [i for i, row in enumerate(judged) if row.kind == kind]
        by_kind[kind] = summarise([judged[i] for i in picked], [rows[i] for i in picked], seed=seed)
    return {
        "overall": {name: as_json(overall[name]) for name in MEASURES if name in overall},
        "by_kind": {kind: {n: as_json(figure) for n, figure in made.items()} for kind, made in by_kind.items()},
        "curves": drawn,
    }


def as_json(figure: Figure) -> dict[str, float | int]:
    """Six digits are enough, and make two runs the same to the byte."""
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(figure).items()}


def write_table(overall: Mapping[str, Mapping[str, float]]) -> str:
    """The figures as lines of text: value, interval, count."""
    lines = [f"{'measure':46}{'value':>9}  {'95 % interval':>17}{'n':>6}  for --fail-under"]
    for name, row in overall.items():
        digits = 3 if MEASURES[name].share else 1
        span = f"{row['low']:.{digits}f} – {row['high']:.{digits}f}"
        lines.append(f"{MEASURES[name].title:46}{row['value']:>9.{digits}f}  {span:>17}{row['n']:>6}  {name}")
    return "\n".join(lines)
