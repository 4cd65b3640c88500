"""What the page shows of itself: the newest whole run, the models that are there, memory, and how quick answers are."""

import json
import mmap
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.figures import MEASURES
from index.news_index import NewsIndex
from models.catalogue import find, read_catalogue
from qa.settings import NO_LLM, Settings
from tests.evaluation.test_evaluate import run
from tests.support.made_answers import QUOTE, make_answer
from web import measure
from web.measure import LAST, Measured, Speed, SpeedKept, last_run, memory, models_held, speed_of

# The last evaluation


@pytest.fixture
def runs(news: NewsIndex, tmp_path: Path) -> Path:
    """A folder of two runs; b is the newer."""
    folder = tmp_path / "runs"
    run(news, folder / "a")
    shutil.copytree(folder / "a", folder / "b")
    for name, day in (("a", 1), ("b", 2)):
        change(folder / name, date=f"2026-11-0{day}T12:00:00+00:00")
    return folder


def change(folder: Path, **fields: Any) -> None:
    """Fields of a run's record, set to something else."""
    file = folder / "figures.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def silent(sentence: str) -> None:
    raise AssertionError(sentence)


def test_a_run_of_the_search_alone_has_its_figures(news: NewsIndex, tmp_path: Path) -> None:
    run(news, tmp_path / "runs" / "set" / "c", retrieval_only=True)
    found = last_run(tmp_path / "runs", tell=silent)
    assert found and (found.name, found.gold, found.llm, found.report) == ("c", "gold.jsonl", None, None)
    names = [figure.name for figure in found.figures]
    assert names == [f"fused/{name}" for name in ("recall_any@1", "recall_any@5", "recall_any@10", "mrr@10")]


def test_the_newest_whole_run_is_shown(runs: Path) -> None:
    (runs / "b" / "report.html").touch()
    found = last_run(runs, tell=silent)
    assert found and (found.name, found.when) == ("b", "2026-11-02T12:00:00+00:00")
    assert (found.llm, found.report, found.questions) == ("scripted", runs / "b" / "report.html", 4)
    overall = json.loads((runs / "b" / "figures.json").read_text())["overall"]
    right = found.figures[0]
    assert (right.name, right.title) == ("right", MEASURES["right"].title) and right.share
    assert {"value": right.value, "low": right.low, "high": right.high, "n": right.n} == overall["right"]
    shown = {figure.name: figure for figure in found.figures}
    assert not shown["seconds_total_p50"].share and shown["refused_answerable"].better == -1
    for one in (runs / "b", runs.parent):
        assert last_run(one, tell=silent) == replace(found, folder=found.folder), "the run itself, or the folder above"


DAMAGE = {
    "figures.json is cut": lambda folder: (folder / "figures.json").write_text("{"),
    "figures.json is a list": lambda folder: (folder / "figures.json").write_text("[]"),
    "figures.json is deep": lambda folder: (folder / "figures.json").write_text("[" * 100_000),
    "figures.json is no text": lambda folder: (folder / "figures.json").write_bytes(b"\xff\xfe\0"),
    "figures.json is a folder": lambda folder: ((folder / "figures.json").unlink(), (folder / "figures.json").mkdir()),
    "figures are no numbers": lambda folder: change(folder, overall={"right": {"value": "many"}}),
    "figures are no finite numbers": lambda folder: change(
        folder, overall={"right": {"value": float("nan"), "low": 0, "high": 1, "n": 1}}
    ),
    "figures are a list": lambda folder: change(folder, overall=[]) or change(folder, gold=None),
    "no gold": lambda folder: change(folder, gold=None),
    "not complete": lambda folder: change(folder, complete=False),
    "lost an answer": lambda folder: (folder / "answers.jsonl").write_text(""),
    "lost a file": lambda folder: (folder / "judged.jsonl").unlink(),
    "rubbish": lambda folder: (folder / "judged.jsonl").write_text("rubbish\n"),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.slow
def test_a_damaged_run_is_passed_over_with_a_sentence(runs: Path, damage: str) -> None:
    DAMAGE[damage](runs / "b")
    told: list[str] = []
    found = last_run(runs, tell=told.append)
    assert found and found.name == "a"
    assert len(told) == 1 and told[0].startswith(f"{runs / 'b'}: is ") and "\n" not in told[0]
    shutil.rmtree(runs / "a")
    assert last_run(runs, tell=told.append) is None and len(told) == 2


def test_no_runs_are_none(tmp_path: Path) -> None:
    assert last_run(tmp_path, tell=silent) is None and last_run(tmp_path / "missing", tell=silent) is None
    (tmp_path / "file").touch()
    assert last_run(tmp_path / "file", tell=silent) is None


def test_what_nobody_hears_is_logged(runs: Path, caplog: pytest.LogCaptureFixture) -> None:
    (runs / "b" / "figures.json").write_text("{")
    assert isinstance(last_run(runs), Measured) and "is damaged" in caplog.text


# The models


def put(weights: Path, name: str) -> None:
    """All files of a model at their sizes, without their bytes."""
    for file in find(name).files:
        path = weights / name / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as open_file:
            open_file.truncate(file.bytes)


def test_models_come_with_what_is_there_and_in_use(tmp_path: Path) -> None:
    put(tmp_path, "smollm2-135m")
    settings = Settings(weights=tmp_path, llm="smollm2-135m")
    lines = models_held(settings, read_catalogue(), dimension=384)
    assert sorted(line.name for line in lines) == sorted(e.name for e in read_catalogue() if e.role != "tokens")
    assert [(line.name, line.role) for line in lines if line.in_use] == [
        ("smollm2-135m", "llm"),
        ("arctic-embed-s", "embedder"),
    ]
    assert all(line.in_use for line in lines[:2])
    first, second = lines[:2]
    entry = find("smollm2-135m")
    assert (first.bytes, first.licence, first.context_tokens) == (entry.bytes, entry.licence, entry.context_tokens)
    assert (first.installed, first.dimension, second.installed, second.dimension) == (True, None, False, 384)
    assert [line.name for line in lines if line.installed] == ["smollm2-135m"]


def test_without_a_language_model_none_is_in_use(tmp_path: Path) -> None:
    lines = models_held(Settings(weights=tmp_path, llm=NO_LLM), read_catalogue())
    assert not [line for line in lines if line.role == "llm" and line.in_use]
    assert NO_LLM not in {line.name for line in lines}


def test_a_model_of_one_s_own_is_shown_too(tmp_path: Path) -> None:
    gguf, folder = tmp_path / "mine.gguf", tmp_path / "embedder"
    gguf.write_bytes(b"x" * 100)
    (folder / "deep").mkdir(parents=True)
    for file in (folder / "a", folder / "deep" / "b"):
        file.write_bytes(b"x" * 10)
    settings = Settings(weights=tmp_path, llm=str(gguf), embedder=str(folder), reranker="owner/cross")
    lines = models_held(settings, read_catalogue(), dimension=7)
    assert [(line.name, line.bytes, line.installed, line.dimension) for line in lines if line.in_use] == [
        ("mine.gguf", 100, True, None),
        ("embedder", 20, True, 7),
        ("cross", None, False, None),
    ]
    hub = tmp_path / "hub" / "owner--name"
    hub.mkdir(parents=True)
    (hub / "file.gguf").write_bytes(b"x" * 30)
    [line] = [
        line
        for line in models_held(Settings(weights=tmp_path, llm="owner/name/file.gguf"), read_catalogue())
        if line.in_use and line.role == "llm"
    ]
    assert (line.name, line.title, line.bytes, line.installed) == ("file.gguf", "owner/name/file.gguf", 30, True)


def test_a_catalogue_model_named_by_its_path_is_that_model(tmp_path: Path) -> None:
    put(tmp_path, "smollm2-135m")
    path = tmp_path / "smollm2-135m" / find("smollm2-135m").files[0].path
    lines = models_held(Settings(weights=tmp_path, llm=str(path), reranker="llm"), read_catalogue())
    assert [line.name for line in lines if line.in_use] == ["smollm2-135m", "arctic-embed-s"]


# Memory and speed


def test_memory_is_this_process_s() -> None:
    before = memory()
    with mmap.mmap(-1, 200_000_000) as held:  # memory of its own, whatever else is given back meanwhile
        for page in range(0, len(held), 4096):
            held[page] = 1
        after = memory()
    assert before.now_bytes and after.now_bytes and after.now_bytes - before.now_bytes > 100_000_000
    assert after.peak_bytes >= after.now_bytes


def test_where_the_system_does_not_tell_there_is_only_the_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(measure.Path, "read_text", refuse)
    assert memory().now_bytes is None and memory().peak_bytes > 1_000_000


def timed(first: float | None, total: float | None, read: int) -> dict[str, Any]:
    return {"seconds": {"search": 1.0, "first_token": first, "total": total}, "tokens": {"read": read}}


def test_speed_is_of_what_was_told() -> None:
    answers = [timed(2, 11, 1000), timed(4, 21, 2000), timed(9, 31, 0), timed(None, None, 500), {}]
    assert speed_of(answers) == Speed(5, 4, 21, (1000 + 2000) / (10 + 20))
    assert speed_of([]) == Speed(0, None, None, None) == SpeedKept().speed()
    assert speed_of([make_answer(QUOTE).to_dict()]) == Speed(1, None, None, None)
    assert speed_of([{"seconds": None, "tokens": None}, timed(0, 1, 5)]).tokens_per_second is None


@given(st.lists(st.integers(1, 100), max_size=LAST * 2))
def test_only_the_last_count(totals: list[int]) -> None:
    kept = SpeedKept()
    for total in totals:
        kept.note(timed(total, total + 1, 10) | {"answer": "long"})
    assert kept.speed() == speed_of(timed(total, total + 1, 10) for total in totals[-LAST:])


def test_speed_is_noted_from_many_threads() -> None:
    kept = SpeedKept(last=1000)
    threads = [
        threading.Thread(target=lambda: [(kept.note(timed(1, 2, 3)), kept.speed()) for _ in range(50)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.speed().answers == 400
