"""What a busy neighbour costs the language model, by how long its waiting threads spin (GOMP_SPINCOUNT).

Each setting is a process of its own, since libgomp reads it once; alone, then beside one process that never rests.
"""

import json
import os
import statistics
import subprocess
import sys
import time

from bench.record import open_parser, write_record
from qa.settings import Settings

SPINS = ("300000", "50000", "10000", "2000", "0")  # the first is libgomp's own default
LONGEST = 60
PROMPT = "The harbour was closed for two days and opened again on Friday. " * 24
MEASURE = """
import json, sys, time
from pathlib import Path
from models import Message
from models.fetch import resolve_llm
from models.llama import LlamaGenerator
made = LlamaGenerator(resolve_llm(sys.argv[1], Path(sys.argv[2]), offline=True))
rates = []
for turn in range(3):
    asked = [Message("user", f"{turn} {sys.argv[3]} When was it opened?")]
    began = time.perf_counter()
    made.log_odds(asked)
    read = time.perf_counter() - began
    began = time.perf_counter()
    words = len(list(made.stream(asked, max_tokens=24)))
    rates.append((made.count_tokens(asked) / read, words / (time.perf_counter() - began)))
print(json.dumps(rates))
"""


def measure(spin: str, llm: str, weights: str) -> dict[str, float] | None:
    """Tokens a second, read and written; None where three prompts did not end in LONGEST seconds."""
    command = [sys.executable, "-c", MEASURE, llm, weights, PROMPT]
    try:
        done = subprocess.run(
            command, env=os.environ | {"GOMP_SPINCOUNT": spin}, timeout=LONGEST, capture_output=True, check=True
        )
    except subprocess.TimeoutExpired:
        return None
    rates = json.loads(done.stdout)
    return {name: round(statistics.median(rate[i] for rate in rates), 1) for i, name in enumerate(("read", "written"))}


def main() -> None:
    parser = open_parser(__doc__ or "", name="spinning")
    parser.add_argument("--llm", default=Settings.llm)
    given = parser.parse_args()
    figures: dict[str, object] = {}
    for beside in ("alone", "beside a busy process"):
        busy = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if beside != "alone" else None
        time.sleep(0.5)
        try:
            for spin in SPINS:
                rates = measure(spin, given.llm, str(given.weights))
                figures[f"{beside}, spin {spin}"] = rates or f"not done in {LONGEST} s"
                print(f"{beside:24}{spin:>8}  {figures[f'{beside}, spin {spin}']}", flush=True)
        finally:
            if busy:
                busy.kill()
                busy.wait()
    write_record(given.name, figures, models=[given.llm], weights=given.weights)


if __name__ == "__main__":
    main()
