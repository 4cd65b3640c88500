"""Clients that ask `groundwire serve` at once: whether each gets its own answer, what each waits, and who only reads.

The server is a process of its own over the articles of `data/`. Every other client is an OpenAI one, the rest ask by
Gradio's /ask, which tells the place in line. Meanwhile one more searches and opens articles, again and again.
"""

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bench.corpus import describe_archive
from bench.process import run
from bench.record import ROOT, open_parser, spread, write_record
from evaluation.gold.questions import read_gold
from index.opening import open_archive
from index.store.archive import Archive
from qa.settings import Settings

PATIENCE = 3_600.0  # seconds, for all


def ask_by_gradio(address: str, question: str) -> dict[str, Any]:
    """The answer with when each place in line was told: seconds after the question, places ahead, seconds foretold."""
    from gradio_client import Client

    client = Client(address, verbose=False)
    began = time.perf_counter()
    told, step = [], {}
    for step in client.submit(question, api_name="/ask"):
        if step.get("doing") == "waiting":
            told.append((round(time.perf_counter() - began, 2), step["ahead"], step["seconds"]))
    return {"by": "/ask", "seconds": time.perf_counter() - began, "answer": step, "places": told}


def ask_by_openai(address: str, question: str) -> dict[str, Any]:
    """The answer, streamed; `first` are the seconds to its first words."""
    from openai import OpenAI

    client = OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0, timeout=PATIENCE)
    began, first, answer = time.perf_counter(), None, {}
    asked: Any = [{"role": "user", "content": question}]
    for chunk in client.chat.completions.create(model="groundwire", messages=asked, stream=True):
        if chunk.choices and chunk.choices[0].delta.content and first is None:
            first = time.perf_counter() - began
        answer = (chunk.model_extra or {}).get("groundwire") or answer
    return {"by": "/v1", "seconds": time.perf_counter() - began, "answer": answer, "first": first, "places": []}


def wrong(answer: dict[str, Any], question: str, archive: Archive) -> list[str]:
    """What is wrong with an answer that somebody got: another's question, or words that no article has."""
    if "citations" not in answer:
        return [f"no answer: {json.dumps(answer)[:200]}"]
    found = [] if answer["question"] == question else [f"answers {answer['question']!r}"]
    for cited in answer["citations"]:
        article = archive.article(cited["article_id"])
        if article is None or article.text[cited["start"] : cited["end"]] != cited["quote"]:
            found.append(f"not in the article: {cited['quote']!r}")
    return found


def look_meanwhile(address: str, questions: Sequence[str], over: Callable[[], bool]) -> dict[str, list[float]]:
    """Seconds of a search and of opening the article of its first hit, in turn, with a short rest, until it is over."""
    from gradio_client import Client

    client, took = Client(address, verbose=False), dict[str, list[float]](search=[], article=[], page=[])

    def timed(name: str, do: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        found = do()
        took[name].append(time.perf_counter() - began)
        return found

    while not over():
        for question in questions:
            hits = timed("search", lambda question=question: client.predict(question, api_name="/search"))
            timed("article", lambda hits=hits: client.predict(hits[0]["article_id"], api_name="/read"))
            timed("page", lambda: urllib.request.urlopen(f"{address}/", timeout=60).read())
            time.sleep(0.5)
            if over():
                break
    return took


def percentiles(values: Sequence[float]) -> dict[str, float | int]:
    """p50 and p95 in milliseconds, and of how many.

    >>> percentiles([0.010, 0.020, 0.030])
    {'p50_ms': 20.0, 'p95_ms': 29.0, 'n': 3}
    """
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50_ms": round(1000 * float(p50), 1), "p95_ms": round(1000 * float(p95), 1), "n": len(values)}


def start(archive: Path, folder: Path, weights: Path, llm: str) -> tuple["subprocess.Popen[bytes]", str]:
    """The server's process and its address, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = ["--archive", archive, "--weights", weights, "--offline", "--llm", llm, "--port", port, "--data", folder]
    command = [sys.executable, "-m", "app", "serve", *map(str, given)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit(f"the server ended with exit code {server.returncode}")
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return server, address
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    server.kill()
    raise SystemExit("the server did not answer within two minutes")


def main() -> None:
    parser = open_parser(__doc__ or "", name="crowd")
    parser.add_argument("--clients", type=int, default=20, help="how many ask at once (20)")
    parser.add_argument("--llm", default=Settings.llm, help=f"a model of the catalogue ({Settings.llm})")
    given = parser.parse_args()
    gold = ROOT / "data" / "gold.jsonl"
    questions = [one.question for one in read_gold(gold)[: given.clients]]
    weights = given.weights.resolve()
    folder = Path(tempfile.mkdtemp())
    server = None
    try:
        run("index", ROOT / "data" / "articles", "--archive", folder / "archive", "--weights", weights, "--offline")
        server, address = start(folder / "archive", folder / "data", weights, given.llm)
        print(f"alone: {ask_by_openai(address, questions[0])['seconds']:.1f} s, models loaded within", flush=True)
        alone = ask_by_openai(address, questions[-1])["seconds"]
        with ThreadPoolExecutor(given.clients + 1) as pool:
            began = time.perf_counter()
            jobs = [
                pool.submit(ask_by_gradio if number % 2 else ask_by_openai, address, question)
                for number, question in enumerate(questions)
            ]
            meanwhile = pool.submit(look_meanwhile, address, questions, lambda: all(job.done() for job in jobs))
            got = [job.result(PATIENCE) for job in jobs]
            whole = time.perf_counter() - began
            took = meanwhile.result(PATIENCE)
        archive = open_archive(folder / "archive")
        rows = []
        for question, one in zip(questions, got, strict=True):
            found = wrong(one["answer"], question, archive)
            row = {"question": question, "by": one["by"], "seconds": round(one["seconds"], 2), "wrong": found}
            row |= {
                "declined": one["answer"].get("declined"),
                "citations": len(one["answer"].get("citations", ())),
                "places": one["places"],
            }
            rows.append(row)
            first = f"{one['places'][0][1]} before" if one["places"] else ""
            print(f"{one['seconds']:8.1f} s {one['by']:6} {first:10} {'; '.join(found) or question}", flush=True)
        falls = [[ahead for _, ahead, _ in one["places"]] for one in got if one["places"]]
        figures = {
            "clients": given.clients,
            "own_answer": sum(not row["wrong"] for row in rows),
            "citations_checked": sum(row["citations"] for row in rows),
            "alone_seconds": round(alone, 2),
            "all_seconds": round(whole, 2),
            "answer_seconds": spread([one["seconds"] for one in got], 2),
            "meanwhile": {name: percentiles(values) for name, values in took.items()},
            "told_a_place": len(falls),
            "places_fall": all(told == sorted(set(told), reverse=True) for told in falls),
            "by_client": rows,
        }
        print({name: value for name, value in figures.items() if name != "by_client"})
        about = describe_archive(archive)
        archive.close()
        models = [given.llm, "arctic-embed-s"]
        write_record(given.name, figures, corpus=about, gold=gold, models=models, weights=weights)
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)
            server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
