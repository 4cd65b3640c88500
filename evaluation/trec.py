"""Rankings as trec_eval knows them: run and qrels files, and its measures for each question, through ir_measures.

A document is a passage, relevant where it overlaps evidence. What a question needs several groups of evidence for is
judged group by group, each a query of its own: recall_all@k is the least of their Success@k.
"""

from collections.abc import Sequence
from pathlib import Path

from evaluation.judge import Judged
from ground.shown import one_line

CUTOFFS = (1, 5, 10)
DEPTH = max(CUTOFFS)
TAG = "groundwire"


def measure_stage(judged: Sequence[Judged], stage: str) -> list[dict[str, float]]:
    """For each question recall_any@k, recall_all@k, mrr@10, ndcg@10 of one stage; nothing where it has no evidence."""
    import ir_measures

    asked = [row for row in judged if row.groups and stage in row.rankings]
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, dict[str, float]] = {}
    for row in asked:
        ranked = {doc: -float(rank) for rank, doc in enumerate(row.rankings[stage][:DEPTH], 1)}
        # Where nothing was found, or nothing is relevant, a document of its own makes the query count as 0.
        queries = {row.id: list(row.relevant)}
        for group in row.groups:
            queries[f"{row.id}\t{group}"] = [doc for doc, held in row.relevant.items() if group in held]
        for query, docs in queries.items():
            qrels[query] = dict.fromkeys(docs, 1) or {"nowhere": 1}
            run[query] = ranked or {"nothing": 0.0}
    names = [*(f"Success@{k}" for k in CUTOFFS), "RR", f"nDCG@{DEPTH}"]
    wanted = [ir_measures.parse_measure(name) for name in names]
    found = {(m.query_id, str(m.measure)): float(m.value) for m in ir_measures.iter_calc(wanted, qrels, run)}
    made: dict[str, dict[str, float]] = {}
    for row in asked:
        made[row.id] = {f"recall_any@{k}": found[row.id, f"Success@{k}"] for k in CUTOFFS}
        for k in CUTOFFS:
            made[row.id][f"recall_all@{k}"] = min(found[f"{row.id}\t{group}", f"Success@{k}"] for group in row.groups)
        made[row.id] |= {f"mrr@{DEPTH}": found[row.id, "RR"], f"ndcg@{DEPTH}": found[row.id, f"nDCG@{DEPTH}"]}
    return [made.get(row.id, {}) for row in judged]


def write_trec(judged: Sequence[Judged], folder: Path) -> None:
    """`qrels` and a `STAGE.run` for each stage, as trec_eval reads them; what no name may hold becomes `_`."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = [row for row in judged if row.groups]
    lines = [f"{_word(row.id)} 0 {_word(doc)} 1" for row in asked for doc in row.relevant]
    (folder / "qrels").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for stage in dict.fromkeys(stage for row in asked for stage in row.rankings):
        lines = [
            f"{_word(row.id)} Q0 {_word(doc)} {rank} {DEPTH + 1 - rank} {TAG}"
            for row in asked
            for rank, doc in enumerate(row.rankings.get(stage, [])[:DEPTH], 1)
        ]
        (folder / f"{stage}.run").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _word(name: str) -> str:
    return one_line(name).replace(" ", "_")
