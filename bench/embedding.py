"""How quick the embedder is beside the same model in float32 torch, and the index beside the bare embedder.

In one run, in turns: the bare encode (A), the same weights by sentence-transformers in float32 (B), all-minilm-l6-v2
(C), and a whole update of an empty archive (D), all on the same passages. Then recall@k of A, B and C, dense only.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from bench.corpus import describe_path, places_of, read_corpus, write_jsonl
from bench.dequantise import write_float32
from bench.record import open_parser, spread, write_record
from evaluation.gold.questions import Question, read_gold
from index.article import Article
from index.cutter import HEADING_TOKENS, SPECIAL_TOKENS
from index.news_index import NewsIndex
from index.passage import CountTokens, Limit, cut_article
from models import Vectors
from models.embedder import ARCTIC_QUERY_PROMPT, OnnxEmbedder
from models.tokens import load_tokens
from qa.settings import Settings

Encode = Callable[[Sequence[str]], Vectors]
LEAST_COSINE = 0.98
NAMES = {"A": "ONNX int8, bare encode", "B": "the same in float32 torch", "C": "all-minilm-l6-v2, float32 torch"}
NAMES |= {"D": "groundwire index, whole"}


class Listener(OnnxEmbedder):
    """The embedder, keeping what it was given to embed."""

    heard: dict[bytes, str] | None = None

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        if self.heard is not None:
            self.heard |= {sha256(text.encode()).digest(): text for text in texts}
        return super().encode_documents(texts)


def first_articles(articles: Sequence[Article], passages: int, embedder: OnnxEmbedder, count: CountTokens) -> int:
    """How many articles, from the first, make that many passages."""
    room = embedder.max_tokens - HEADING_TOKENS - SPECIAL_TOKENS
    limits = (Limit(count, Settings.passage_tokens), Limit(embedder.count_tokens, room))
    made = 0
    for number, article in enumerate(articles, 1):
        made += len(cut_article(article, limits))
        if made >= passages:
            return number
    return len(articles)


def index(articles: Sequence[Article], embedder: OnnxEmbedder, count: CountTokens) -> tuple[float, list[Any]]:
    """Seconds of an update of an empty archive; of each passage article id, start, end and digest, in order."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "articles.jsonl")
        write_jsonl(articles, file)
        news = NewsIndex.create(Path(folder, "archive"), embedder, max_tokens=Settings.passage_tokens)
        began = time.perf_counter()
        news.update([file], count_tokens=count)
        seconds = time.perf_counter() - began
        news.close()
        query = 'SELECT a.id, p."start", p."end", p.digest FROM passages p JOIN articles a ON a.row = p.article'
        rows = sqlite3.connect(Path(folder, "archive", "archive.sqlite")).execute(f"{query} ORDER BY p.row").fetchall()
    return seconds, rows


def recall(
    rows: Sequence[Any], articles: Sequence[Article], questions: Sequence[Question], documents: Vectors, queries: Encode
) -> dict[str, float | int]:
    """Recall@5 and @10, any evidence, by exact cosine over all passages, over questions whose evidence is all there."""
    texts = {article.id: article.text[article.body_start :] for article in articles}
    asked = [(q, places) for q in questions if (places := places_of(q, texts.get))]
    if not asked:
        return {"recall@5": 0.0, "recall@10": 0.0, "n": 0}
    scores = queries([question.question for question, _ in asked]) @ documents.T
    found = []
    for (_, places), row in zip(asked, scores, strict=True):
        best = [rows[i] for i in np.argsort(-row, kind="stable")[:10]]
        held = [any(place.overlaps(*passage[:3]) for place in places) for passage in best]
        found.append([any(held[:5]), any(held)])
    means = np.mean(found, axis=0)
    return {"recall@5": round(float(means[0]), 4), "recall@10": round(float(means[1]), 4), "n": len(found)}


def main() -> None:
    parser = open_parser(__doc__ or "", name="embedding")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--passages", type=int, default=400, help="about how many are timed (400)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gold", type=Path, help="a gold set with evidence in the corpus, for recall")
    parser.add_argument("--recall-passages", type=int, default=4000, help="about how many are searched (4000)")
    given = parser.parse_args()
    from sentence_transformers import SentenceTransformer

    source = given.weights / "arctic-embed-s"
    ours = Listener(source, "arctic-embed-s", query_prompt=ARCTIC_QUERY_PROMPT)
    count = load_tokens(given.weights).count_each
    local: dict[str, Any] = {"device": "cpu", "local_files_only": True}
    with tempfile.TemporaryDirectory() as folder:
        torch_model: Any = SentenceTransformer(str(write_float32(source, Path(folder, "float32"))), **local)
    minilm: Any = SentenceTransformer(str(given.weights / "all-minilm-l6-v2"), **local)
    encoders: dict[str, Encode] = {
        "A": ours.encode_documents,
        "B": lambda texts: np.asarray(torch_model.encode(list(texts))),
        "C": lambda texts: np.asarray(minilm.encode(list(texts), normalize_embeddings=True)),
    }
    corpus = read_corpus(given.corpus)
    articles = corpus[: first_articles(corpus, given.passages, ours, count)]
    ours.heard = {}
    _, rows = index(articles, ours, count)
    texts, ours.heard = [ours.heard[row[3]] for row in rows], None
    cosine = float((ours.encode_documents(texts[:100]) * encoders["B"](texts[:100])).sum(axis=1).mean())
    if cosine <= LEAST_COSINE:
        raise SystemExit(f"the float32 model is another model: mean cosine {cosine:.4f} with the ONNX vectors")
    print(f"{len(texts)} passages of {len(articles)} articles; mean cosine of B with A {cosine:.4f}")

    encoders["C"](texts[:32])  # warm, as the others are by now
    seconds: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(given.rounds):
        for name, encode in encoders.items():
            began = time.perf_counter()
            encode(texts)
            seconds[name].append(time.perf_counter() - began)
        seconds["D"].append(index(articles, ours, count)[0])
    rates = {name: spread([len(texts) / spent for spent in row], 2) for name, row in seconds.items()}
    figures: dict[str, Any] = {
        "passages": len(texts),
        "articles": len(articles),
        "mean_cosine_b_with_a": round(cosine, 4),
    }
    figures["passages_per_second"] = {NAMES[name]: rate for name, rate in rates.items()}
    for label, over, under in (("A_over_B", "B", "A"), ("A_over_C", "C", "A"), ("index_over_bare", "D", "A")):
        figures[label] = spread([a / b for a, b in zip(seconds[over], seconds[under], strict=True)])
    if given.gold:
        held = corpus[: first_articles(corpus, given.recall_passages, ours, count)]
        ours.heard = {}
        _, rows = index(held, ours, count)
        texts, ours.heard = [ours.heard[row[3]] for row in rows], None
        asks = encoders | {"A": ours.encode_queries}
        asks["B"] = lambda questions: encoders["B"]([ARCTIC_QUERY_PROMPT + question for question in questions])
        questions = read_gold(given.gold)
        figures["recall_passages"] = len(texts)
        figures["recall"] = {
            NAMES[name]: recall(rows, held, questions, encoders[name](texts), asks[name]) for name in encoders
        }
    for name, label in NAMES.items():
        found = figures.get("recall", {}).get(label, {})
        print(f"{name}  {label:34}{rates[name]['median']:8.1f} passages/s  {found or ''}")
    for label in ("A_over_B", "A_over_C", "index_over_bare"):
        print(f"{label:20}{figures[label]['median']:6.2f}  ({figures[label]['min']} to {figures[label]['max']})")
    models = ("arctic-embed-s", "all-minilm-l6-v2")
    about = describe_path(given.corpus, articles)
    write_record(given.name, figures, corpus=about, gold=given.gold, models=models, weights=given.weights)


if __name__ == "__main__":
    main()
