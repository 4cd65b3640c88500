"""Measures the peers in turns, and keeps each measurement as it is made, so that a run that was stopped goes on."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from bench.side_by_side.environment import HERE, NoEnvironment, make_environment
from bench.side_by_side.found import bare, found_within, place_hits, words_read
from bench.side_by_side.process import PeerFailed, PeerProcess
from evaluation.gold.questions import Question
from evaluation.judge import EvidencePlace
from ground.files import write_whole
from index.article import Article
from models.catalogue import find
from models.weights import path_of
from qa.provenance import ROOT

SHARED = "all-minilm-l6-v2"
CONTEXT_TOKENS, ANSWER_TOKENS, DEPTH, WARM = 4096, 256, 10, 3
Say = Callable[[str], None]


@dataclass(frozen=True)
class Peer:
    """A program to measure: the script that speaks for it, its environment (none: this one) and its embedder.

    `int8` gives it that embedder rounded (`quantise.py`); `asks_only` measures its answers and nothing else.
    """

    name: str
    script: str
    environment: str | None
    embedder: str = SHARED
    int8: bool = field(default=False, kw_only=True)
    asks_only: bool = field(default=False, kw_only=True)
    more: dict[str, object] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True)
class Plan:
    """What all of them are given, and what they are asked."""

    file: Path
    articles: Sequence[Article]
    searches: Sequence[tuple[Question, list[EvidencePlace]]]
    asks: Sequence[Question]
    weights: Path
    llm: Path
    rounds: int


class Kept:
    """What was measured, a JSON file each in a folder; those of another plan are refused."""

    def __init__(self, folder: Path, plan: dict[str, object], *, again: bool) -> None:
        if again:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        told = folder / "plan.json"
        if told.exists() and json.loads(told.read_text()) != plan:
            raise SystemExit(
                f"{folder}: holds measurements of other articles or models; add --again or name another --scratch"
            )
        told.write_text(json.dumps(plan))
        self._folder = folder

    def get(self, *key: object) -> dict[str, Any] | None:
        file = self._file(key)
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None

    def put(self, made: dict[str, Any], *key: object) -> None:
        file = self._file(key)
        write_whole(file, json.dumps(made))

    def _file(self, key: Sequence[object]) -> Path:
        return self._folder / ("--".join(str(part).replace("/", "_") for part in key) + ".json")


class Bench:
    """The peers that have not failed, their environments, and what is measured of them."""

    def __init__(
        self, peers: Sequence[Peer], plan: Plan, scratch: Path, kept: Kept, *, patience: float, say: Say
    ) -> None:
        self.plan, self.scratch, self.kept, self.patience, self.say = plan, scratch, kept, patience, say
        self.peers = list(peers)
        self.failed: dict[str, str] = {}
        self._bare = {article.id: bare(body_of(article)) for article in plan.articles}
        self._open: dict[str, PeerProcess] = {}

    def run(self) -> None:
        """Measures what is not measured yet; a peer that fails is told of and left out from there on."""
        for number in range(self.plan.rounds):
            last = number == self.plan.rounds - 1
            for peer in turned(self.peers, number):
                if not peer.asks_only and not self.kept.get(peer.name, "index", number):
                    self._guarded(peer, lambda peer=peer, number=number: self._measure_index(peer, number))  # type: ignore[misc]
                    if not last:
                        self._close(peer)
        for number, question in enumerate(self.plan.asks):
            for peer in turned(self.peers, number):
                if not self.kept.get(peer.name, "ask", question.id):
                    self._guarded(peer, lambda peer=peer, question=question: self._measure_ask(peer, question))  # type: ignore[misc]
        for peer in [*self.peers]:
            self._close(peer)

    def _guarded(self, peer: Peer, measure: Callable[[], None]) -> None:
        try:
            measure()
        except (NoEnvironment, PeerFailed) as error:
            self.say(str(error))
            self.failed[peer.name] = str(error).partition(";")[0]
            self.peers = [other for other in self.peers if other.name != peer.name]
            self._close(peer)

    def _start(self, peer: Peer) -> PeerProcess:
        python = Path(sys.executable)
        if peer.environment:
            python = make_environment(peer.environment, self.scratch / "envs", self.say)
        given = {
            "embedder": str(self._embedder(peer)),
            "weights": str(self.plan.weights),
            "llm": str(self.plan.llm),
            "context_tokens": CONTEXT_TOKENS,
            "answer_tokens": ANSWER_TOKENS,
        } | peer.more
        log = self.scratch / "logs" / f"{peer.name}.log"
        log.parent.mkdir(exist_ok=True)
        command = [str(python), str(HERE / peer.script), json.dumps(given)]
        path = None if peer.environment else ROOT
        started = PeerProcess(peer.name, command, log=log, patience=self.patience, path=path)
        self._open[peer.name] = started
        return started

    def _embedder(self, peer: Peer) -> Path:
        """The folder of its embedder; the rounded one is made once."""
        folder = path_of(find(peer.embedder), self.plan.weights)
        if not peer.int8:
            return folder
        made = self.scratch / "models" / f"{peer.embedder}-int8"
        if not made.exists():
            python = make_environment("quantise", self.scratch / "envs", self.say)
            made.parent.mkdir(exist_ok=True)
            given = [str(python), str(HERE / "quantise.py"), str(folder), str(made)]
            ran = subprocess.run(given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
            if ran.returncode:
                raise PeerFailed(f"{peer.name}: its embedder cannot be made ({ran.stdout.strip().splitlines()[-1]})")
        return made

    def _index(self, peer: Peer) -> dict[str, Any]:
        process = self._start(peer)
        folder = self.scratch / "work" / peer.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True)
        return process.ask("index", file=str(self.plan.file), folder=str(folder)) | {"versions": process.versions}

    def _measure_index(self, peer: Peer, number: int) -> None:
        """Indexing, then every search, then the bare encode where that is ours to ask."""
        self._close(peer)
        made = self._index(peer)
        process = self._open[peer.name]
        passages = made.pop("passages")
        made |= {"passages": len(passages), "words": sum(len(text.split()) for text in passages)}
        made["words_embedded"] = self._words_embedded(peer, passages)
        for question, _ in self.plan.searches[:WARM]:
            process.ask("search", question=asked(question), k=DEPTH)
        made["searches"] = {}
        for question, places in self.plan.searches:
            reply = process.ask("search", question=asked(question), k=DEPTH)
            hits = place_hits(reply["hits"], self._bare)
            made["searches"][question.id] = {
                "ms": reply["ms"],
                "found@5": found_within(hits, places, 5),
                "found@10": found_within(hits, places, 10),
                "unplaced": sum(not hit for hit in hits),
                "characters@5": sum(len(hit[0][1]) for hit in reply["hits"][:5]),
            }
        if not peer.environment:
            made["encode"] = process.ask("encode")
        self.kept.put(made, peer.name, "index", number)
        rate = made["passages"] / made["seconds"]
        self.say(
            f"{peer.name}: round {number + 1}, {made['passages']:,} passages in {made['seconds']:.1f} s, {rate:.1f}/s"
        )

    def _words_embedded(self, peer: Peer, passages: Sequence[str]) -> int:
        """Words that the embedder reads: it cuts a longer passage off, and says nothing."""
        folder = path_of(find(peer.embedder), self.plan.weights)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        limit = longest(folder)
        total = 0
        for text in passages:
            ends = [end for _, end in tokenizer.encode(text, add_special_tokens=False).offsets]
            total += words_read(text, ends[: limit - 2])
        return total

    def _measure_ask(self, peer: Peer, question: Question) -> None:
        if peer.name not in self._open:
            self._index(peer)
        process = self._open[peer.name]
        if "loaded" not in process.opened:
            process.ask("load")
            process.ask("ask", question="What happened?")  # warm: pages of the model are read from disk once
            process.opened["loaded"] = True
        made = process.ask("ask", question=question.question)
        self.kept.put(made, peer.name, "ask", question.id)
        self.say(f"{peer.name}: {question.id}, first words {made['first'] or 0:.1f} s, all {made['seconds']:.1f} s")

    def _close(self, peer: Peer) -> None:
        if process := self._open.pop(peer.name, None):
            process.close()


def turned(peers: Sequence[Peer], number: int) -> list[Peer]:
    """The peers, another first each time, so that none has the best place always."""
    shift = number % len(peers) if peers else 0
    return [*peers[shift:], *peers[:shift]]


def longest(folder: Path) -> int:
    """How many tokens of a text the embedder in a folder reads."""
    own = folder / "sentence_bert_config.json"
    if own.exists() and "max_seq_length" in (told := json.loads(own.read_text())):
        return int(told["max_seq_length"])
    return int(json.loads((folder / "config.json").read_text())["max_position_embeddings"])


def body_of(article: Article) -> str:
    return article.text[article.body_start :]


def asked(question: Question) -> str:
    """The words to search with: a follow-up's with what was said before it."""
    return " ".join([*(turn.content for turn in question.history), question.question])[:2000]
