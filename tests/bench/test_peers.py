"""The bench beside other libraries: what a peer's process is asked, what is kept of it, and one that fails."""

import doctest
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from bench.peers import choose
from bench.side_by_side import environment, figures, found
from bench.side_by_side.environment import NoEnvironment, make_environment
from bench.side_by_side.figures import figures_of
from bench.side_by_side.measure import SHARED, Bench, Kept, Peer, Plan, turned
from bench.side_by_side.table import record_table, table
from evaluation.gold.questions import GoldQuote, Question
from index.article import Article
from tests.test_floors import ROOT

FAKE = """
import json, os, sys, time
from pathlib import Path
from bench.side_by_side.protocol import read_rows, serve

class Fake:
    packages = ("numpy", "no-such-package")

    def __init__(self, given):
        self.given = given
        self.note("opened")

    def note(self, what):
        with open(self.given["events"], "a") as opened:
            opened.write(f"{self.given['name']} {what}\\n")
        if self.given.get("fails") == what:
            sys.exit(3)
        if self.given.get("hangs") == what:
            time.sleep(60)

    def index(self, file, folder):
        print("a library that talks")
        self.note("index")
        assert not folder.exists()
        folder.mkdir()
        self.lines = [(row["id"], line) for row in read_rows(file) for line in row["text"].split("\\n")]

    def passages(self):
        return [line for _, line in self.lines]

    def encode(self):
        self.note("encode")
        return len(self.lines)

    def search(self, question, k):
        wanted = set(question.split())
        best = sorted(self.lines, key=lambda pair: -len(wanted & set(pair[1].split())))[:k]
        return [[(name, " ".join(line.split()))] for name, line in best]

    def load(self):
        self.note("load")

    def ask(self, question):
        self.note("ask")
        yield ""
        yield "It"
        yield " rained."

    def to_read(self):
        return 40

serve(Fake)
"""
ARTICLES = [
    Article("a", "It rained in  Oslo\nThe harbour closed", title="A"),
    Article("b", "Snow fell on Bergen\nTrains were late", title="B"),
]
GOLD = [
    Question("q1", "What fell on Bergen", (("Snow",),), (GoldQuote("b", "Snow fell", 0),), True, "single_fact"),
    Question("q2", "Who closed the harbour", (("x",),), (GoldQuote("a", "It rained in  Oslo"),), True, "single_fact"),
    Question("q3", "Where", (("x",),), (GoldQuote("c", "elsewhere", 0),), True, "single_fact"),
]


class Stage:
    """A folder with the fake, a tokenizer that reads three words of a passage, and a plan for two articles."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.events, self.said = folder, folder / "events", list[str]()
        self.script = folder / "fake.py"
        self.script.write_text(FAKE)
        model = folder / "weights" / SHARED
        model.mkdir(parents=True)
        words = Tokenizer(WordLevel({"?": 0}, unk_token="?"))
        words.pre_tokenizer = Whitespace()  # type: ignore[assignment]
        words.save(str(model / "tokenizer.json"))
        (model / "config.json").write_text(json.dumps({"max_position_embeddings": 3 + 2}))
        self.file = folder / "articles.jsonl"
        self.file.write_text("".join(json.dumps({"id": one.id, "text": one.text}) + "\n" for one in ARTICLES))

    def peer(self, name: str, **more: object) -> Peer:
        return Peer(name, str(self.script), None, more={"name": name, "events": str(self.events)} | more)

    def run(self, *peers: Peer, rounds: int = 2, patience: float = 60, again: bool = False) -> tuple[Bench, Kept]:
        searches, asks = choose(GOLD, ARTICLES, 1)
        weights = self.folder / "weights"
        plan = Plan(self.file, ARTICLES, searches, asks, weights, weights / "no.gguf", rounds)
        kept = Kept(self.folder / "measured", {"plan": 1}, again=again)
        bench = Bench(peers, plan, self.folder, kept, patience=patience, say=self.said.append)
        bench.run()
        return bench, kept

    def heard(self) -> list[str]:
        """What the fakes were asked since the last look."""
        lines = self.events.read_text().splitlines() if self.events.exists() else []
        self.events.unlink(missing_ok=True)
        return lines


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.mark.slow
def test_peers_are_measured_in_turns_and_never_twice(stage: Stage) -> None:
    peers = [stage.peer("one"), stage.peer("two")]
    _, kept = stage.run(*peers)
    heard = stage.heard()
    assert [line for line in heard if line.endswith("index")] == ["one index", "two index", "two index", "one index"]
    # The first question only warms the model.
    assert [line for line in heard if line.endswith("ask")] == ["one ask", "one ask", "two ask", "two ask"]
    made = kept.get("one", "index", 0)
    assert made
    assert (made["passages"], made["words"]) == (4, 4 + 3 + 4 + 3)
    assert made["words_embedded"] == 4 * 3
    assert made["versions"].keys() == {"numpy", "no-such-package"} and made["versions"]["no-such-package"] is None
    assert made["searches"].keys() == {"q1", "q2"}, "the evidence of q3 is in no article"
    assert made["searches"]["q1"]["found@5"] and made["searches"]["q1"]["unplaced"] == 0

    stage.run(*peers)
    assert stage.heard() == []
    (stage.folder / "measured" / "two--index--1.json").unlink()
    stage.run(*peers)
    assert stage.heard() == ["two opened", "two index", "two encode"]
    stage.run(peers[0], rounds=1, again=True)
    assert "one index" in stage.heard()


@pytest.mark.slow
def test_a_peer_that_ends_is_told_of_and_the_others_go_on(stage: Stage) -> None:
    bench, kept = stage.run(stage.peer("one", fails="index"), stage.peer("two"), rounds=1)
    assert bench.failed == {"one": "one: ended with exit code 3 when asked to index"}
    assert [said for said in stage.said if said.startswith("one:")] == [
        f"one: ended with exit code 3 when asked to index; its own words: {stage.folder / 'logs' / 'one.log'}"
    ]
    assert kept.get("one", "index", 0) is None and kept.get("two", "ask", bench.plan.asks[0].id)
    assert "a library that talks" in (stage.folder / "logs" / "two.log").read_text()


@pytest.mark.slow
def test_a_peer_that_hangs_is_ended(stage: Stage) -> None:
    bench, kept = stage.run(stage.peer("one", hangs="load"), rounds=1, patience=3)
    assert bench.failed == {"one": "one: took more than 3 s when asked to load"}
    assert kept.get("one", "index", 0), "what was measured before stays"


def test_measurements_of_another_plan_are_refused(tmp_path: Path) -> None:
    Kept(tmp_path, {"articles": "x"}, again=False).put({"ms": 1}, "one", "index", 0)
    with pytest.raises(SystemExit, match="holds measurements of other articles or models; add --again"):
        Kept(tmp_path, {"articles": "y"}, again=False)
    assert Kept(tmp_path, {"articles": "y"}, again=True).get("one", "index", 0) is None


def measured(seconds: float, *, first: float | None, found: bool) -> dict[str, object]:
    searches = {
        name: {"ms": ms, "found@5": found, "found@10": True, "unplaced": 0, "characters@5": 500}
        for name, ms in (("q1", 10.0), ("q2", 30.0))
    }
    one = {"seconds": seconds, "passages": 100, "words": 1000, "words_embedded": 800, "peak_rss": 5e8, "versions": {}}
    return {"rounds": [one | {"searches": searches}], "asks": {"q1": {"first": first, "seconds": 8.0, "to_read": 300}}}


def test_ratios_are_above_one_where_we_are_quicker() -> None:
    made = figures_of({"groundwire": measured(10, first=2, found=True), "txtai": measured(40, first=None, found=False)})
    ratios = made["ratios"]["groundwire over txtai"]
    assert ratios["passages_per_second"]["median"] == (100 / 10) / (100 / 40)
    assert ratios["first_words"]["median"] == 8 / 2, "an answer without words counts with all its seconds"
    assert ratios["search"]["median"] == 1
    assert made["peers"]["txtai"]["recall@5"] == 0
    assert made["peers"]["txtai"]["recall@10"] == 1
    assert table(made)[2] == "| Groundwire | 10.0 | 80 | 80% | 0.50 | 10 / 30 | 1.00 / 1.00 | 500 | 2.0 | 8.0 | 300 |"
    assert table(made)[-1].startswith("| Groundwire over txtai | 4.00 (4.00 to 4.00) | 4.00")


@pytest.mark.slow
def test_one_that_only_answers_is_never_timed_indexing(stage: Stage) -> None:
    bench, kept = stage.run(replace(stage.peer("one"), asks_only=True), stage.peer("two"), rounds=1)
    assert kept.get("one", "index", 0) is None and kept.get("one", "ask", bench.plan.asks[0].id)
    made = figures_of({"groundwire-fast": measured(1, first=2, found=True) | {"rounds": []}})
    assert table(made)[2] == "| Groundwire, `--fast` |" + " – |" * 7 + " 2.0 | 8.0 | 300 |"


@pytest.mark.slow
def test_an_environment_is_made_once_and_never_left_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "HERE", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "none.txt").write_text("# nothing\n")
    said: list[str] = []
    python = make_environment("none", tmp_path / "envs", said.append)
    assert python.exists() and len(said) == 1
    assert make_environment("none", tmp_path / "envs", said.append) == python and len(said) == 1
    (tmp_path / "none.txt").write_text("a-package-nobody-has==1\n")
    with pytest.raises(NoEnvironment, match=r"none: its environment cannot be made \(.*a-package-nobody-has"):
        make_environment("none", tmp_path / "envs", said.append)
    assert not (tmp_path / "envs" / "none").exists()


def test_each_peer_is_first_in_turn() -> None:
    peers = [Peer(name, "", None) for name in "abc"]
    assert ["".join(peer.name for peer in turned(peers, number)) for number in range(4)] == ["abc", "bca", "cab", "abc"]


@pytest.mark.parametrize("module", [found, figures])
def test_examples_run(module: object) -> None:
    assert doctest.testmod(sys.modules[str(getattr(module, "__name__", ""))]).failed == 0


def test_the_page_holds_the_table_of_the_record(request: pytest.FixtureRequest) -> None:
    """After a new run: python -m pytest tests/bench/test_peers.py --rewrite-golden, and read the diff."""
    page = ROOT / "docs" / "measured.md"
    text = page.read_text(encoding="utf-8")
    held = re.search(r"(?<=<!-- peers -->\n).*?(?=<!-- /peers -->)", text, re.DOTALL)
    assert held
    wanted = "\n".join(["", *record_table(), "", ""]) if record_table() else ""
    if request.config.getoption("--rewrite-golden"):
        page.write_text(text[: held.start()] + wanted + text[held.end() :], encoding="utf-8")
        return
    assert held[0] == wanted, "after a new run: python -m pytest tests/bench/test_peers.py --rewrite-golden"
