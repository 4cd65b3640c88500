"""What 1, 10 and 100 million passages want, worked out from the records of `scale.py` and `embedding.py`, as Markdown.

Nothing is measured here. What was measured is the largest size of `scale.json` and the bare encode of `embedding.json`;
all else is multiplied from them, and by the assumptions below, which are nobody's measurements.
"""

import argparse
import json
from dataclasses import dataclass
from typing import Any

from bench.record import RESULTS
from ground.words import duration

VECTOR_BYTES = 384 * 4
ENGINE_OVERHEAD = 1.6  # assumed: what an engine holds beside the vectors, and room to merge its segments
QUERY_NODE_GB = 64  # assumed: the memory of one of the machines that search
CORE_HOUR, GB_HOUR, DISK_GB_MONTH, GPU_HOUR = 0.045, 0.006, 0.10, 1.20  # assumed: US dollars, rented by the hour


@dataclass(frozen=True)
class Plan:
    """A size, the engine that is to hold it, and how many cores embed and search."""

    passages: int
    engine: str
    embedding_cores: int
    search_cores: int
    gpus: int


PLANS = (
    Plan(1_000_000, "one machine, embedded", 8, 8, 0),
    Plan(10_000_000, "Milvus standalone, vLLM", 32, 16, 1),
    Plan(100_000_000, "Milvus cluster, vLLM, Ray", 128, 0, 2),
)


def read_figures(name: str) -> dict[str, Any]:
    """The figures of a record."""
    figures: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())["figures"]
    return figures


def rates() -> dict[str, float]:
    """Per passage and core: passages embedded a second; bytes on disk; processor seconds of the search indexes."""
    largest = read_figures("scale")["sizes"][-1]
    encode = read_figures("embedding")["passages_per_second"]["ONNX int8, bare encode"]["median"]
    seconds = largest["processor_seconds"]
    return {
        "embedded": encode / 2,  # two cores were measured
        "disk": sum(largest["disk_mb"].values()) * 1e6 / largest["passages"],
        "indexed": (seconds["dense"] + seconds["lexical"] + seconds["write"]) / largest["passages"],
        "passages": largest["passages"],
    }


def row(plan: Plan, rate: dict[str, float]) -> str:
    """A line of the table.

    >>> rate = {"embedded": 50.0, "disk": 2000.0, "indexed": 1e-4, "passages": 1e6}
    >>> row(PLANS[0], rate).split(" | ")[:3]
    ['| 1 million', 'one machine, embedded', '1']
    >>> row(PLANS[0], rate).split(" | ")[5:7]
    ['42 min on 8 cores, < 1 $', '2 min']
    """
    seconds = plan.passages / rate["embedded"] / plan.embedding_cores
    indexing = plan.passages * rate["indexed"]
    disk = plan.passages * rate["disk"] / 1e9
    embedded = plan.engine.endswith("embedded")
    memory = 8.0 if embedded else plan.passages * VECTOR_BYTES * ENGINE_OVERHEAD / 1e9
    nodes = 1 if embedded else max(1, round(memory / QUERY_NODE_GB + 0.5))
    cores = plan.search_cores or nodes * 16
    kept = cores * CORE_HOUR + memory * GB_HOUR + disk * DISK_GB_MONTH / 730 + plan.gpus * GPU_HOUR
    embedding = plan.embedding_cores * CORE_HOUR * seconds / 3600
    cells = (
        f"{plan.passages // 1_000_000} million",
        plan.engine,
        f"{nodes}",
        f"{memory:.0f} GB",
        f"{disk:.0f} GB",
        f"{duration(seconds)} on {plan.embedding_cores} cores, {f'{embedding:.0f}' if embedding >= 1 else '< 1'} $",
        duration(indexing) if embedded else "the engine's",
        f"{kept:.2f} $",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    rate = rates()
    print(
        f"Measured at {rate['passages']:,.0f} passages: {rate['embedded']:.0f} passages embedded a second and core,"
        f" {rate['disk']:.0f} bytes a passage on disk, {rate['indexed'] * 1e6:.0f} µs of a core to write and index"
        " one.\n"
    )
    heads = ("passages", "engine", "machines", "memory", "disk", "embedding all", "indexes", "kept up, an hour")
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for plan in PLANS:
        print(row(plan, rate))


if __name__ == "__main__":
    main()
