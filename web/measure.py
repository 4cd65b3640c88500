"""What the page shows of itself, as plain records: the last evaluation, the models, memory, how quick answers are."""

import json
import logging
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from models.catalogue import ModelEntry
from models.fetch import is_address
from models.weights import installed, path_of
from qa.provenance import peak_memory_bytes
from qa.settings import NO_LLM, Settings

LOG = logging.getLogger(__name__)
LAST = 50
DEPTH = 2  # runs are looked for in the folder, in its folders, and in theirs
HEADLINES = (
    *("right", "group_recall", "refused_unanswerable", "refused_answerable", "conflict_shown", "verbatim"),
    *("citation_recall", "quote_characters", "seconds_first_token_p50", "seconds_total_p50"),
)
HEADLINES_OF_SEARCH = ("recall_any@1", "recall_any@5", "recall_any@10", "mrr@10")


@dataclass(frozen=True)
class Headline:
    """A figure as `groundwire eval` made it: a share of 1 unless not `share`, 95 % interval, questions that count.

    `better` is 1 where more of it is better, -1 where less is.
    """

    name: str
    title: str
    value: float
    low: float
    high: float
    n: int
    share: bool
    better: int


@dataclass(frozen=True)
class Measured:
    """A whole run of `groundwire eval`. `when` is an ISO 8601 time; `report` is None where there is no page of it."""

    name: str
    folder: Path
    when: str
    gold: str
    llm: str | None
    questions: int
    figures: tuple[Headline, ...]
    report: Path | None


@dataclass(frozen=True)
class ModelLine:
    """A model that can be used. `context_tokens` is what an LLM was made for, `dimension` is of the embedder in use.

    `memory_bytes` is what it wants, about; `bytes` is None for a model that is no file here yet.
    """

    name: str
    role: str
    title: str
    bytes: int | None
    memory_bytes: int | None
    licence: str
    installed: bool
    in_use: bool
    context_tokens: int | None
    dimension: int | None


@dataclass(frozen=True)
class MemoryLine:
    """This process's resident set, mapped models counted: now, where the system tells, and at its highest."""

    now_bytes: int | None
    peak_bytes: int


@dataclass(frozen=True)
class Speed:
    """Medians over the last answers, None where nothing tells.

    `tokens_per_second` are prompt tokens read over all the time after the search: a little less than the model reads,
    for it writes in that time too.
    """

    answers: int
    first_seconds: float | None
    total_seconds: float | None
    tokens_per_second: float | None


# The last evaluation


def last_run(folder: Path, *, tell: Callable[[str], object] = LOG.warning) -> Measured | None:
    """The newest whole run in `folder` or up to two folders below it, None where there is none.

    Hears a sentence for each newer one that is damaged or not finished; those are passed over.
    """
    from evaluation.run import RunError, check_whole, read_run  # NumPy and scipy: not for a page that only starts

    found = []
    for file in sorted({file for depth in range(DEPTH + 1) for file in folder.glob(f"{'*/' * depth}figures.json")}):
        try:
            date = json.loads(file.read_text(encoding="utf-8"))["date"]
            found.append((str(date), file.parent))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            tell(f"{file.parent}: is damaged ({type(error).__name__}: {error}); run groundwire eval again")
    for date, run in sorted(found, reverse=True):
        try:
            whole = read_run(run)
            check_whole(whole)
            return _measured(run, date, whole.record)
        except RunError as error:
            tell(str(error))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            tell(f"{run}: is damaged ({type(error).__name__}: {error}); run groundwire eval again with another --out")
    return None


def _measured(run: Path, date: str, record: Mapping[str, Any]) -> Measured:
    """The record of a run for people. Raises KeyError, TypeError or ValueError where it is none."""
    from evaluation.figures import MEASURES, STAGES

    overall = record["overall"]
    names = list(HEADLINES)
    if record["retrieval_only"]:
        stage = [stage for stage in STAGES if f"{stage}/{HEADLINES_OF_SEARCH[0]}" in overall][-1:]
        names = [f"{one}/{name}" for one in stage for name in HEADLINES_OF_SEARCH]
    figures = []
    for name in (name for name in names if name in overall):
        value, low, high = (float(overall[name][part]) for part in ("value", "low", "high"))
        if not all(map(math.isfinite, (value, low, high))):
            raise ValueError(f"{name} is no number")
        kind = MEASURES[name]
        figures.append(Headline(name, kind.title, value, low, high, int(overall[name]["n"]), kind.share, kind.better))
    report = run / "report.html"
    return Measured(
        run.name or run.resolve().name,
        run,
        date,
        str(record["gold"]["name"]),
        str(record["llm"]["name"]) if record.get("llm") else None,
        int(record["questions"]),
        tuple(figures),
        report if report.is_file() else None,
    )


# The models


def models_held(
    settings: Settings, catalogue: Sequence[ModelEntry], *, dimension: int | None = None
) -> list[ModelLine]:
    """The catalogue's chat models, embedders and rerankers, and those in use that it does not name, first of all.

    Knows the disk, no network. `dimension` is that of the embedder in use, which its archive knows.
    """
    llm = "" if settings.llm == NO_LLM else settings.llm
    used = {"llm": llm, "embedder": settings.embedder, "reranker": settings.reranker}
    lines = []
    for entry in catalogue:
        if entry.role in used:
            path = path_of(entry, settings.weights)
            in_use = _is(used[entry.role], entry, path)
            lines.append(
                ModelLine(
                    *(entry.name, entry.role, entry.title, entry.bytes, entry.memory_bytes, entry.licence),
                    *(installed(entry, settings.weights), in_use, entry.context_tokens),
                    dimension if in_use and entry.role == "embedder" else None,
                )
            )
    own = [
        _own(role, name, settings.weights, dimension if role == "embedder" else None)
        for role, name in used.items()
        if name and not any(line.in_use and line.role == role for line in lines) and (role, name) != ("reranker", "llm")
    ]
    return [*own, *sorted(lines, key=lambda line: not line.in_use)]


def _is(name: str, entry: ModelEntry, path: Path) -> bool:
    return name == entry.name or (bool(name) and Path(name).expanduser().absolute() == path.absolute())


def _own(role: str, name: str, weights: Path, dimension: int | None) -> ModelLine:
    """A model that was named by its path, its server, or its place on a hub: owner/name or owner/name/file.gguf."""
    if is_address(name):
        return ModelLine(name, role, name, None, None, "", True, True, None, dimension)
    path = Path(name).expanduser()
    if not path.exists():
        owner, repository, file = [*name.split("/", 2), "", ""][:3]
        path = weights / "hub" / f"{owner}--{repository}" / file
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else []
    size = sum(file.stat().st_size for file in files) if files else None
    return ModelLine(Path(name).name, role, name, size, None, "", bool(files), True, None, dimension)


# Memory and speed


def memory() -> MemoryLine:
    """What this process holds."""
    try:
        pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
        now = pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return MemoryLine(None, peak_memory_bytes())
    return MemoryLine(now, max(now, peak_memory_bytes()))


def speed_of(answers: Iterable[Mapping[str, Any]]) -> Speed:
    """How quick answers were that are told by their `seconds` and `tokens`.

    >>> speed_of([{"seconds": {"search": 0.5, "first_token": 2, "total": 10.5}, "tokens": {"read": 950}}])
    Speed(answers=1, first_seconds=2, total_seconds=10.5, tokens_per_second=95.0)
    """
    held = [(answer.get("seconds") or {}, answer.get("tokens") or {}) for answer in answers]
    firsts = [clock["first_token"] for clock, _ in held if clock.get("first_token") is not None]
    totals = [clock["total"] for clock, _ in held if clock.get("total") is not None]
    reading = [
        (tokens["read"], clock["total"] - (clock.get("search") or 0))
        for clock, tokens in held
        if clock.get("total") is not None and tokens.get("read")
    ]
    read, seconds = sum(one for one, _ in reading), sum(one for _, one in reading)
    return Speed(
        len(held),
        median(firsts) if firsts else None,
        median(totals) if totals else None,
        round(read / seconds, 1) if seconds > 0 else None,
    )


class SpeedKept:
    """What the last answers took. Safe from several threads."""

    def __init__(self, last: int = LAST) -> None:
        self._answers: deque[dict[str, Any]] = deque(maxlen=last)
        self._mutex = threading.Lock()

    def note(self, answer: Mapping[str, Any]) -> None:
        """Counts an answer in, as `Answer.to_dict` has it; nothing else of it is kept."""
        with self._mutex:
            self._answers.append({name: answer.get(name) for name in ("seconds", "tokens")})

    def speed(self) -> Speed:
        """Of the answers noted last."""
        with self._mutex:
            return speed_of(list(self._answers))
