"""Measures of rankings: ours, those of trec_eval on the files that we write, and by hand."""

from collections.abc import Sequence
from math import log2
from pathlib import Path
from typing import Any

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from evaluation.judge import Judged
from evaluation.trec import CUTOFFS, DEPTH, measure_stage, write_trec

DOCS = [f"article {n}:0:90" for n in range(16)]
MEASURES = {
    "mrr@10": "recip_rank",
    "ndcg@10": "ndcg_cut_10",
    **{f"recall_any@{k}": f"success_{k}" for k in CUTOFFS},
}


def make_judged(
    id: str = "q",
    ranked: Sequence[str] = (),
    relevant: dict[str, list[int]] | None = None,
    *,
    groups: tuple[int, ...] = (0,),
    stage: str = "fused",
    **options: Any,
) -> Judged:
    made: dict[str, Any] = {"kind": "fact", "question": f"{id}?", "gold": "x", "answerable": True, "right": None}
    made |= {"declined": None, "score": None, "rankings": {stage: list(ranked)}} | options
    return Judged(id, groups=groups, relevant=relevant or {}, **made)


def measure(row: Judged) -> dict[str, float]:
    [made] = measure_stage([row], "fused")
    return made


RANKINGS = st.lists(
    st.tuples(st.lists(st.sampled_from(DOCS), unique=True, max_size=14), st.sets(st.sampled_from(DOCS), max_size=5)),
    min_size=1,
    max_size=6,
)


@given(RANKINGS)
def test_our_measures_are_those_of_trec_eval_on_our_files(
    tmp_path_factory: pytest.TempPathFactory, rankings: list[tuple[list[str], set[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("trec")
    rows = [
        make_judged(f"question {n}", ranked, {doc: [0] for doc in sorted(relevant)})
        for n, (ranked, relevant) in enumerate(rankings)
    ]
    write_trec(rows, folder)
    with (folder / "qrels").open() as qrels, (folder / "fused.run").open() as run:
        evaluator = pytrec_eval.RelevanceEvaluator(
            pytrec_eval.parse_qrel(qrels), {"recip_rank", "ndcg_cut.10", "success.1,5,10"}
        )
        theirs = evaluator.evaluate(pytrec_eval.parse_run(run))
    for row, ours in zip(rows, measure_stage(rows, "fused"), strict=True):
        found = theirs.get(row.id.replace(" ", "_"), {})  # trec_eval leaves out what has no hit, or nothing relevant
        for name, their_name in MEASURES.items():
            assert ours[name] == pytest.approx(found.get(their_name, 0.0)), name
        # and by hand
        ranks = [rank for rank, doc in enumerate(row.rankings["fused"][:DEPTH], 1) if doc in row.relevant]
        ideal = sum(1 / log2(rank + 1) for rank in range(1, min(DEPTH, len(row.relevant)) + 1))
        assert ours["mrr@10"] == pytest.approx(1 / ranks[0] if ranks else 0)
        assert ours["ndcg@10"] == pytest.approx(sum(1 / log2(rank + 1) for rank in ranks) / ideal if ranks else 0)
        for k in CUTOFFS:
            assert ours[f"recall_any@{k}"] == ours[f"recall_all@{k}"] == any(rank <= k for rank in ranks)


def test_rankings_by_hand() -> None:
    a, b, c, d = DOCS[:4]
    made = measure(make_judged(ranked=[a, b, c, d], relevant={b: [0], d: [0], "elsewhere:0:9": [0]}))
    assert (made["recall_any@1"], made["recall_any@5"], made["mrr@10"]) == (0, 1, 1 / 2)
    assert made["ndcg@10"] == pytest.approx((1 / log2(3) + 1 / log2(5)) / (1 / log2(2) + 1 / log2(3) + 1 / log2(4)))
    assert measure(make_judged(ranked=[b, a], relevant={b: [0]})) == dict.fromkeys(made, 1.0)


def test_every_group_must_be_found() -> None:
    a, b, c = DOCS[:3]
    row = make_judged(ranked=[a, *DOCS[3:6], b], relevant={a: [0], b: [1, 2]}, groups=(0, 1, 2))
    made = measure(row)
    assert [made[f"recall_any@{k}"] for k in CUTOFFS] == [1, 1, 1]
    assert [made[f"recall_all@{k}"] for k in CUTOFFS] == [0, 1, 1]
    nowhere = measure(make_judged(ranked=[a, b, c], relevant={a: [0]}, groups=(0, 1)))
    assert nowhere["recall_any@10"] == 1 and nowhere["recall_all@10"] == 0, "evidence of group 1 is missing"


def test_nothing_found_and_nothing_to_find_count_as_0_and_no_evidence_does_not_count() -> None:
    rows = [
        make_judged("none found", [], {DOCS[0]: [0]}),
        make_judged("evidence missing", DOCS[:3], {}),
        make_judged("no evidence", DOCS[:3], {}, groups=()),
        make_judged("other stage", DOCS[:1], {DOCS[0]: [0]}, stage="dense"),
    ]
    for row in measure_stage(rows, "fused")[:2]:
        assert len(row) == 2 * len(CUTOFFS) + 2 and set(row.values()) == {0.0}
    assert measure_stage(rows, "fused")[2:] == [{}, {}]
    assert measure_stage(rows[2:], "fused") == [{}, {}] and measure_stage([], "fused") == []


def test_what_stands_below_the_tenth_rank_does_not_count(tmp_path: Path) -> None:
    """-k 20 reads more passages than the measures name."""
    row = make_judged(ranked=DOCS[:11], relevant={DOCS[10]: [0]})
    assert set(measure(row).values()) == {0.0}
    write_trec([row], tmp_path)
    assert len((tmp_path / "fused.run").read_text().splitlines()) == DEPTH


def test_the_files_have_a_row_a_passage_and_names_without_spaces(tmp_path: Path) -> None:
    write_trec(
        [
            make_judged("a b", ["x y:0:9", "z:3:5"], {"x y:0:9": [0, 1]}),
            make_judged("c", [], {}, stage="dense"),
            make_judged("d", ["z:3:5"], {}, groups=()),
        ],
        tmp_path / "trec",
    )
    assert {file.name: file.read_text() for file in (tmp_path / "trec").iterdir()} == {
        "qrels": "a_b 0 x_y:0:9 1\n",
        "fused.run": "a_b Q0 x_y:0:9 1 10 groundwire\na_b Q0 z:3:5 2 9 groundwire\n",
        "dense.run": "",
    }
