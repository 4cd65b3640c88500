"""Groundwire beside LangChain, LlamaIndex, txtai and Haystack: one corpus, one embedder, one GGUF, in turns.

Each is set up as its own documentation does it, in an environment of its own that the first run makes, and is a
process of its own (`bench/side_by_side/`). What is measured lies in the scratch folder, a stopped run goes on.
"""

import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.corpus import describe_path, places_of, read_corpus, write_jsonl
from bench.record import open_parser, write_record
from bench.side_by_side.figures import figures_of
from bench.side_by_side.measure import Bench, Kept, Peer, Plan, body_of
from bench.side_by_side.table import picture, table
from evaluation.gold.questions import Question, read_gold
from index.article import Article
from models.catalogue import find
from models.weights import path_of, sha256_of
from qa.settings import Settings

PEERS = (
    Peer("groundwire", "with_groundwire.py", None, Settings.embedder),
    Peer("groundwire-quotes", "with_groundwire.py", None, Settings.embedder, asks_only=True, more={"quotes": True}),
    Peer("groundwire-minilm", "with_groundwire.py", None),
    Peer("groundwire-minilm-int8", "with_groundwire.py", None, int8=True),
    Peer("langchain", "with_langchain.py", "langchain"),
    Peer("llamaindex", "with_llamaindex.py", "llamaindex"),
    Peer("txtai", "with_txtai.py", "txtai"),
    Peer("haystack", "with_haystack.py", "haystack"),
)


def choose(gold: Sequence[Question], articles: Sequence[Article], asks: int) -> tuple[list[Any], list[Question]]:
    """The questions whose evidence is in the articles, with its places; and `asks` of them, drawn, to be answered."""
    texts = {article.id: body_of(article) for article in articles}
    searches = [(q, places) for q in gold if q.answerable and (places := places_of(q, texts.get))]
    alone = [question for question, _ in searches if not question.history]
    return searches, random.Random(0).sample(alone, min(asks, len(alone)))


def main() -> None:
    parser = open_parser(__doc__ or "", name="peers")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--scratch", type=Path, required=True, help="for environments (6 GB) and what is measured")
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--peers", nargs="+", help="some of them, by name (all)")
    parser.add_argument("--rounds", type=int, default=3, help="of indexing and searching (3)")
    parser.add_argument("--questions", type=int, default=4, help="how many each answers (4)")
    parser.add_argument("--llm", default=Settings.llm, help=f"a model of the catalogue ({Settings.llm})")
    parser.add_argument("--patience", type=float, default=1800, help="seconds one reply may take (1800)")
    parser.add_argument("--again", action="store_true", help="measure anew what is measured already")
    given = parser.parse_args()
    known = {peer.name: peer for peer in PEERS}
    if unknown := [name for name in given.peers or () if name not in known]:
        raise SystemExit(f"--peers: no peer is called {unknown[0]!r}; there are {', '.join(known)}")
    peers = [known[name] for name in given.peers or known]
    scratch = given.scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    articles = read_corpus(given.corpus, given.articles)
    searches, asks = choose(read_gold(given.gold), articles, given.questions)
    if not searches:
        raise SystemExit(
            f"{given.gold}: no question has its evidence in the first {len(articles)} articles of {given.corpus}"
        )
    file = scratch / "articles.jsonl"
    write_jsonl(articles, file)
    llm = path_of(find(given.llm), given.weights)
    told = {"articles": sha256_of(file), "gold": sha256_of(given.gold), "llm": given.llm}
    kept = Kept(scratch / "measured", told, again=given.again)
    began = time.perf_counter()
    bench = Bench(
        peers,
        Plan(file, articles, searches, asks, given.weights.resolve(), llm, given.rounds),
        scratch,
        kept,
        patience=given.patience,
        say=lambda words: print(f"{time.perf_counter() - began:6.0f} s  {words}", file=sys.stderr, flush=True),
    )
    try:
        bench.run()
    finally:
        for peer in peers:
            bench._close(peer)
    measured = {
        peer.name: {
            "rounds": [made for number in range(given.rounds) if (made := kept.get(peer.name, "index", number))],
            "asks": {q.id: made for q in asks if (made := kept.get(peer.name, "ask", q.id))},
        }
        for peer in bench.peers
    }
    figures = figures_of(measured) | {"failed": bench.failed, "searches": len(searches), "asked": [q.id for q in asks]}
    print("\n".join(table(figures)))
    models = sorted({*(peer.embedder for peer in peers), given.llm})
    about = describe_path(given.corpus, articles)
    write_record(given.name, figures, corpus=about, gold=given.gold, models=models, weights=given.weights)
    picture(given.name, scratch, bench.say)


if __name__ == "__main__":
    main()
