"""Two runs of known making: differences by arithmetic, what an interval tells, what is refused, gates that fail."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.main import main
from evaluation.compare import MeasureDifference, check_floors, check_no_worse, compare, read_floor
from evaluation.figures import MEASURES, make_figures
from evaluation.judge import Judged, Ratio
from evaluation.run import Run, RunError, read_run, row_of, write_json
from ground.files import write_whole
from tests.evaluation.test_trec import DOCS, make_judged

Row = dict[str, Any]


def make_row(id: str, right: bool | None = None, **measures: Ratio) -> Judged:
    """A question whose answer is right or not, with other measures as they are given."""
    made = measures if right is None else {"right": (float(right), 1.0), **measures}
    return make_judged(id, groups=(), right=right, measures=made, score=None if right is None else 0.5, declined=False)


def make_run(
    folder: Path, rows: Sequence[Judged], *, complete: bool = True, figures: bool = True, answers: Sequence[Row] = ()
) -> Run:
    """A run's folder as the evaluation leaves it."""
    folder.mkdir()
    given = {row["id"]: row for row in answers}
    said = [given.get(row.id, {"id": row.id, "answer": f"So says {row.id}."}) for row in rows]
    for name, lines in (("judged.jsonl", map(row_of, rows)), ("answers.jsonl", said)):
        write_whole(folder / name, "".join(f"{json.dumps(line)}\n" for line in lines))
    record = {"complete": complete, "questions": len(rows) + (not complete), "retrieval_only": False, "overall": {}}
    write_json(record | (make_figures(rows) if complete and figures else {}), folder / "figures.json")
    return read_run(folder)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Run]:
    """Makes a run of rows, or of right and wrong answers to q0, q1 and so on."""

    def make(rows: Sequence[Judged | bool], **options: Any) -> Run:
        named = [row if isinstance(row, Judged) else make_row(f"q{n}", row) for n, row in enumerate(rows)]
        return make_run(tmp_path / f"run {len(list(tmp_path.iterdir()))}", named, **options)

    return make


ROOT = Path(__file__).parents[2]
Make = Callable[..., Run]


# Differences


def test_differences_are_those_of_the_means(made: Make) -> None:
    import scipy.stats

    generator = random.Random(3)
    before, after = ([generator.random() < share for _ in range(60)] for share in (0.4, 0.7))
    comparison = compare(made(before), made(after))
    [right] = comparison.differences
    assert (right.name, right.n, comparison.n) == ("right", 60, 60)
    assert (right.first, right.second) == (sum(before) / 60, sum(after) / 60)
    assert right.by == pytest.approx((sum(after) - sum(before)) / 60)
    changes = np.subtract(after, before, dtype=float)
    spread = scipy.stats.bootstrap(
        (changes,), np.mean, n_resamples=9_999, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert (right.low, right.high) == pytest.approx((spread.low, spread.high), abs=0.02), "pairs, not two samples"
    assert comparison.won == tuple(f"q{n}" for n in range(60) if changes[n] > 0)
    assert comparison.lost == tuple(f"q{n}" for n in range(60) if changes[n] < 0)
    n = len(comparison.won) + len(comparison.lost)
    assert comparison.p == pytest.approx(scipy.stats.binomtest(len(comparison.lost), n).pvalue)
    back = compare(made(after), made(before))
    assert (back.won, back.lost, back.p) == (comparison.lost, comparison.won, comparison.p)
    assert (back.differences[0].low, back.differences[0].high) == pytest.approx((-right.high, -right.low))


def test_a_run_against_itself_is_no_change(made: Make) -> None:
    rows = [
        make_judged(
            f"q{n}", DOCS[n % 4 :], {DOCS[4]: [0]}, right=n % 3 > 0, measures={"right": (float(n % 3 > 0), 1.0)}
        )
        for n in range(20)
    ]
    comparison = compare(made(rows), made(rows))
    assert {"right", "fused/mrr@10", "fused/recall_all@5"} <= {d.name for d in comparison.differences}
    assert all((d.by, d.low, d.high, d.verdict) == (0, 0, 0, "") for d in comparison.differences)
    assert (comparison.won, comparison.lost, comparison.p) == ((), (), 1.0) and check_no_worse(comparison) == []


def test_what_is_clearly_better_is_called_so(made: Make) -> None:
    poor, good = made([n % 4 == 0 for n in range(40)]), made([n % 4 != 0 or n < 20 for n in range(40)])
    assert [d.verdict for d in compare(poor, good).differences] == ["better"]
    assert [d.verdict for d in compare(good, poor).differences] == ["worse"]
    assert [d.verdict for d in compare(poor, made([n % 4 == 0 or n == 1 for n in range(40)])).differences] == [""]


@pytest.mark.parametrize("name", ["refused_answerable", "conflict_false", "quote_characters", "tokens_written"])
def test_less_is_better_of_some_measures(made: Make, name: str) -> None:
    def run(value: float) -> Run:
        if name.startswith("tokens"):
            return made([make_judged(f"q{n}", groups=(), costs={name: value}) for n in range(9)])
        return made([make_row(f"q{n}", **{name: (value, 1.0)}) for n in range(9)])

    more, less = run(1.0), run(0.0)
    [down] = compare(more, less).differences
    [up] = compare(less, more).differences
    assert (down.by, down.verdict, up.by, up.verdict) == (-1, "better", 1, "worse")
    assert MEASURES[name].better == -1 and check_no_worse(compare(more, less)) == []
    worse = [f"{name}: 1 was 0 (difference +1.000 to +1.000, n 9)"]
    assert check_no_worse(compare(less, more)) == (worse if MEASURES[name].share else [])


def test_a_measure_that_counts_for_other_questions_is_compared_as_the_ratio_it_is(made: Make) -> None:
    """Citations: each run is the sum of its own over the sum of its own."""
    first = made([make_row("a", verbatim=(2, 2)), make_row("b", verbatim=(1, 2)), make_row("c")])
    second = made([make_row("a", verbatim=(4, 4)), make_row("b"), make_row("c", verbatim=(1, 1))])
    [verbatim] = compare(first, second).differences
    assert (verbatim.first, verbatim.second, verbatim.n) == ((2 + 1) / (2 + 2), (4 + 1) / (4 + 1), 3)
    assert compare(first, made([make_row("a"), make_row("b"), make_row("c")])).differences == ()


# What can be compared


def test_only_the_questions_of_both_are_compared(made: Make) -> None:
    whole, some = made([True] * 6 + [False] * 4), made([False] * 3)
    [right] = compare(whole, some).differences
    assert (right.first, right.second, right.n) == (1, 0, 3) and compare(some, whole).n == 3


def test_order_does_not_count(made: Make) -> None:
    rows = [make_row(f"q{n}", n % 2 > 0) for n in range(8)]
    comparison = compare(made(rows), made(rows[::-1]))
    assert comparison.won == comparison.lost == () and comparison.differences[0].by == 0


def test_other_gold_and_other_questions_are_refused(made: Make) -> None:
    first = made([True, False])
    changed = made([make_row("q0", True), make_judged("q1", groups=(), gold="y", right=True)])
    with pytest.raises(RunError, match=r"the gold of 1 questions is not the same, first \"q1\"; run both over one"):
        compare(first, changed)
    with pytest.raises(RunError, match="have no question in common"):
        compare(first, made([make_row("other", True)]))


def test_a_run_that_is_not_finished_is_refused(made: Make) -> None:
    whole, half = made([True, False]), made([True], complete=False)
    for pair in ((whole, half), (half, whole)):
        with pytest.raises(RunError, match=r"is not finished \(1 of 2 questions\); go on with it by groundwire eval"):
            compare(*pair)


# Gates


def test_a_floor_is_a_measure_and_a_number() -> None:
    assert read_floor("fused/recall_any@5=0.8") == ("fused/recall_any@5", 0.8)
    for text, sentence in (
        ("rigth=0.7", '"rigth" is no measure; there are right, '),
        ("right", '"right" has no number after "="; write right=0.7'),
        ("right=high", "has no number"),
        ("right=nan", "has no number"),
        ("right=inf", "has no number"),
    ):
        with pytest.raises(ValueError) as error:
            read_floor(text)
        assert sentence in str(error.value)


def test_floors_are_missed_on_their_side() -> None:
    overall = {"right": {"value": 0.7, "n": 10}, "refused_answerable": {"value": 0.2, "n": 10}}
    good = [("right", 0.7), ("right", 0.69), ("refused_answerable", 0.2), ("refused_answerable", 1.0)]
    assert check_floors(overall, good) == []
    assert check_floors(overall, [("right", 0.71), ("refused_answerable", 0.1), ("verbatim", 1.0)]) == [
        "right: 0.7 is under 0.71 (n 10)",
        "refused_answerable: 0.2 is over 0.1 (n 10)",
        "verbatim: nothing in this run counts for it, so it is not 1",
    ]


def test_no_worse_needs_the_whole_interval_but_of_verbatim_nothing_may_be_lost(made: Make) -> None:
    rows = [make_row(f"q{n}", n > 0, verbatim=(3, 3)) for n in range(20)]
    one_wrong = [make_row(f"q{n}", n > 1, verbatim=(3, 3)) for n in range(20)]
    one_changed = [*rows[:-1], make_row("q19", True, verbatim=(2, 3))]
    assert check_no_worse(compare(made(rows), made(one_wrong))) == []
    [sentence] = check_no_worse(compare(made(rows), made(one_changed)))
    assert sentence.startswith(f"verbatim: {59 / 60:.4g} was 1 (difference -")
    assert check_no_worse(compare(made(one_changed), made(rows))) == []


def test_seconds_are_no_gate() -> None:
    slower = MeasureDifference("seconds_total_p50", 1, 9, 7, 9, 40)
    assert slower.verdict == "worse" and MeasureDifference("right", 0, 1, 0, 1, 40).verdict == ""
    comparison = type("Made", (), {"differences": (slower,)})
    assert check_no_worse(comparison) == []  # type: ignore[arg-type]


# The command


def told(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> tuple[str, str]:
    assert main(["compare", *map(str, arguments)]) == code
    out, err = capsys.readouterr()
    return out, err


def test_two_runs_side_by_side(made: Make, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [{"id": "q0", "answer": "It \x1b[2Jwas ten.\n[1]"}]
    poor, good = made([True] * 10 + [False] * 30), made([False] + [True] * 39, answers=answers)
    out, err = told(capsys, poor.folder, good.folder)
    right = next(line for line in out.splitlines() if line.startswith(MEASURES["right"].title))
    assert (
        right.split()[-2:] == ["better", "right"]
        and f"{10 / 40:.3f}    {39 / 40:.3f}   {29 / 40:+.3f}" in right
        and " 40 " in right
    )
    assert "right in B alone 30, in A alone 1, of 40; McNemar's exact p" in out and err == ""
    assert "became right: q10  q10?\n  A  So says q10.\n  B  So says q10." in out and "\n  B  It [2Jwas ten. [1]" in out
    assert out.count("became right: ") == 20 and "and 10 more that became right" in out
    back, _ = told(capsys, good.folder, poor.folder)
    assert "became wrong: q10" in back and "\x1b" not in back + out
    record = json.loads(told(capsys, poor.folder, good.folder, "--json")[0])
    assert len(record["won"]) == 30 and record["differences"][0]["name"] == "right" and record["n"] == 40


def test_one_run_is_shown(made: Make, capsys: pytest.CaptureFixture[str]) -> None:
    run = made([True, False])
    out, _ = told(capsys, run.folder)
    assert out.splitlines()[1].split()[-6:] == ["0.500", "0.000", "–", "1.000", "2", "right"]
    assert json.loads(told(capsys, run.folder, "--json")[0]) == run.record["overall"]


def test_gates_fail_and_say_why(made: Make, capsys: pytest.CaptureFixture[str]) -> None:
    poor = made([make_row(f"q{n}", n < 12, verbatim=(1, 1)) for n in range(40)])
    good = made([make_row(f"q{n}", n < 30, verbatim=(1, 1)) for n in range(40)])
    for run, options, problems in (
        (good, ["--fail-under", "right=0.7", "--fail-under", "verbatim=1"], []),
        (poor, ["--fail-under", "right=0.7", "--fail-under", "verbatim=1"], ["right: 0.3 is under 0.7 (n 40)"]),
        (good, ["--no-worse-than", poor.folder], []),
        (poor, ["--no-worse-than", good.folder], [f"worse than {good.folder}: right: 0.3 was 0.75 (difference -"]),
        (poor, ["--no-worse-than", good.folder, "--fail-under", "right=0.4"], ["right: 0.3 is under", "worse than"]),
    ):
        _, err = told(capsys, run.folder, *options, code=1 if problems else 0)
        assert len(err.splitlines()) == len(problems)
        for line, problem in zip(err.splitlines(), problems, strict=True):
            assert line.startswith(f"groundwire: {problem}")


def test_what_cannot_be_compared_is_a_sentence(made: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, half = made([True, False]), made([True], complete=False)
    for arguments, sentence in (
        ([half.folder], "is not finished (1 of 2 questions)"),
        ([whole.folder, half.folder], "is not finished"),
        ([whole.folder, "--no-worse-than", half.folder], "is not finished"),
        ([whole.folder, tmp_path / "none"], "none: is no run, it has no figures.json"),
        ([whole.folder] * 3, "3 runs are given; compare takes one or two"),
    ):
        _, err = told(capsys, *arguments, code=1)
        assert sentence in err and err.count("\n") == 1 and err.startswith("groundwire: ")
    for floor in ("rigth=0.7", "right=nan"):
        with pytest.raises(SystemExit) as ended:
            main(["compare", str(whole.folder), "--fail-under", floor])
        assert ended.value.code == 2 and floor.partition("=")[0] in capsys.readouterr().err


def test_a_part_of_the_questions_passes_no_gate_against_all_of_them(
    made: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, part = made([True] * 4), made([True] * 1)
    _, err = told(capsys, part.folder, "--no-worse-than", whole.folder, code=1)
    assert err == f"groundwire: {whole.folder}: 3 of its 4 questions are not in this run\n"
    assert told(capsys, whole.folder, "--no-worse-than", part.folder)[1] == ""
    out, _ = told(capsys, whole.folder, part.folder)
    assert "over the 1 questions of both; A has 4, B has 1" in out
    assert "questions of both" not in told(capsys, whole.folder, whole.folder)[0]


@pytest.mark.slow
@pytest.mark.parametrize(("floor", "code"), [("right=0.9", 1), ("right=0.5", 0)])
def test_a_gate_fails_though_nobody_reads_the_table(made: Make, floor: str, code: int) -> None:
    run = made([True, False])
    command = [sys.executable, "-m", "cli.main", "compare", str(run.folder), "--fail-under", floor]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout and process.stderr
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait() == code and said.startswith("groundwire: right") == bool(code), said


@pytest.mark.no_cover  # to trace takes time and memory
@pytest.mark.slow
def test_two_runs_of_a_thousand_questions_are_compared_in_seconds(
    made: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = ("dense", "lexical", "fused", "reranked", "read")
    names = [name for name in MEASURES if "/" not in name and not name.startswith(("tokens", "seconds"))]

    def make(generator: random.Random, id: str) -> Judged:
        right = generator.random() < 0.6
        return make_judged(
            id,
            relevant={generator.choice(DOCS): [0, 1]},
            groups=(0, 1),
            right=right,
            measures=dict.fromkeys(names, (float(right), 1.0)),
            rankings={stage: generator.sample(DOCS, 10) for stage in stages},
        )

    answers = [{"id": f"q{n}", "answer": "x" * 300, "hits": [{"article_id": "y" * 300}] * 8} for n in range(1000)]
    dice = random.Random(1)
    runs = [made([make(dice, f"q{n}") for n in range(1000)], answers=answers, figures=False) for _ in range(2)]
    began = time.process_time()  # not by the clock: others may use the machine
    out, _ = told(capsys, *(run.folder for run in runs))
    spent = time.process_time() - began
    assert spent < 10 and " 1000" in out and "read: nDCG@10" in out
