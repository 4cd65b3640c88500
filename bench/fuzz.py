"""Whether any reader dies, hangs, or takes all memory over spoilt files: our samples, edited at random.

An operation is one edit: a bit or byte changed, bytes cut, put in or taken from another sample, a token (tag, word,
number, key) doubled, dropped or exchanged. A file takes 1 to `--most` of them and is then read once, in a process that
reads thousands. What counts as found: any exception but the reader's own, more than 10 seconds of processor, more than
1 GB, an article that the store could not hold, and a fault of our own code that was told as one of the file.
`--out` keeps the counts, so that a stopped run goes on, and each file that something was found with.
"""

import argparse
import io
import json
import math
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.corpus import read_corpus
from bench.mixed import MAKE
from bench.record import open_parser, write_record
from index.article import Article, ArticleError, Original
from index.reading.apart import pack, unpack
from index.reading.files import READERS, kind_of
from index.reading.yardstick import with_lengths
from index.understanding.notes import with_notes
from qa.provenance import ROOT
from tests.support.brought import brought

SECONDS = 10.0
MEMORY_MB = 1_000
READS = 4_000  # of one process, so that what a library keeps does not add up to a finding
TOKEN = re.compile(rb"<[^<>]{0,200}>|\w+|[\r\n]+|[^\w\s]")
ODD = (
    *(b"\0", b"\xff", b"\xfe\xff", b"\xc3\x28", b"\xe2\x80\x8b", b"\r", b"\n", b"\t", b'"', b"'", b"\\", b"\x1b[2J"),
    *(b"<", b">", b"&#0;", b"&#xD800;", b"]]>", b"<!--", b"{", b"}", b"[", b"\\u0000", b"\\ud800", b"=?", b"?="),
    *(b"-1", b"0", b"99999999999999999999", b"1e999", b"NaN", b"2020-02-30", b"0000-00-00", b"\xed\xa0\x80"),
)
OURS = ("index", "ground", "models")
EXPECTED = (ArticleError, OSError, UnicodeError, RecursionError, MemoryError)


def samples() -> dict[str, list[bytes]]:
    """Our own files by kind: those that bench.mixed makes, and those that a new user would bring."""
    articles = [(article.id, article.text[:1_500]) for article in read_corpus(ROOT / "data" / "articles")]
    found = {kind: [make(articles[: min(many, 3)])] for kind, (many, make) in MAKE.items()}
    for one in brought():
        found.setdefault(kind_of(Path(one.name)), []).append(one.content)
    return found


def edit(content: bytes, times: int, others: list[bytes], dice: random.Random) -> bytes:
    """The bytes after so many edits."""
    held = bytearray(content)
    for _ in range(times):
        at = dice.randrange(len(held) + 1)
        way = dice.randrange(10)
        if way < 2 and at < len(held):
            held[at] ^= 1 << dice.randrange(8)
        elif way == 2 and at < len(held):
            held[at] = dice.randrange(256)
        elif way == 3:
            held[at:at] = dice.choice(ODD)
        elif way == 4:
            del held[at : at + dice.randrange(1, 40)]
        elif way == 5:  # of another sample
            other = dice.choice(others)
            start = dice.randrange(len(other) + 1)
            held[at : at + dice.randrange(40)] = other[start : start + dice.randrange(120)]
        elif way == 6 and dice.random() < 0.02:  # cut off
            del held[at:]
        else:
            swap(held, at, dice)
    return bytes(held[:200_000])


def swap(held: bytearray, at: int, dice: random.Random) -> None:
    """Doubles, drops or exchanges a token near a place."""
    near = [(one.start() + at, one[0]) for one in TOKEN.finditer(bytes(held[at : at + 400]))]
    if not near:
        return
    (start, token), (_, other) = dice.choice(near), dice.choice(near)
    put = dice.choice((b"", token + token, other, dice.choice(ODD)))
    held[start : start + len(token)] = put


def spoilt(kind: str, content: bytes, times: int, others: list[bytes], dice: random.Random) -> bytes:
    """A sample edited; of what is a zip, in half of all cases a member in place of the whole."""
    if kind in (".docx", ".zip") and dice.random() < 0.5:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = [(one, packed.read(one)) for one in packed.namelist()]
        chosen = dice.randrange(len(members))
        if kind == ".docx" and dice.random() < 0.7:
            chosen = next((n for n, (name, _) in enumerate(members) if name == "word/document.xml"), chosen)
        members[chosen] = (members[chosen][0], edit(members[chosen][1], times, others, dice))
        with zipfile.ZipFile(written := io.BytesIO(), "w", zipfile.ZIP_STORED) as packed:
            for name, data in members:
                packed.writestr(name, data)
        return written.getvalue()
    return edit(content, times, others, dice)


def case(number: int, seed: int, most: int, files: dict[str, list[bytes]]) -> tuple[str, bytes, int]:
    """The spoilt file of a number: its kind, its bytes, and how many edits it took."""
    dice = random.Random(f"{seed} {number}")
    kind = dice.choice(sorted(files))
    times = max(1, round(math.exp(dice.uniform(0, math.log(most)))))
    others = dice.choice(list(files.values())) if dice.random() < 0.3 else files[kind]
    return kind, spoilt(kind, dice.choice(files[kind]), times, others, dice), times


def read_one(file: Path, kind: str) -> Iterator[str]:
    """What is wrong with how a file is read, a line each."""
    items: list[Article | ArticleError] = []
    try:
        for item in READERS[kind](Original(file, "a", file.name)):
            items.append(item)
    except ArticleError as error:
        items.append(error)
    except Exception as error:
        yield f"{type(error).__name__} at {place_of(error)}"
    for item in items:
        if isinstance(item, ArticleError):
            # A reader tells whatever happened as a fault of the file; where our own line raised, it is ours.
            under = item.__context__
            if under is not None and not isinstance(under, EXPECTED) and (place := place_of(under)).startswith(OURS):
                yield f"told as the file's: {type(under).__name__} at {place}"
            if not str(item).isprintable():
                yield "a sentence that cannot be printed"
            continue
        try:
            item = with_lengths(with_notes(item))
            head, _, text = pack(item).partition(b"\n")
            if unpack(json.loads(head), text) != item:
                yield "an article that is another when it is told"
            if not item.text.strip() or not item.title or not item.digest:
                yield "an article without text, title or digest"
        except Exception as error:
            yield f"of an article: {type(error).__name__} at {place_of(error)}"


def place_of(error: BaseException) -> str:
    """The innermost line that an exception comes from: its file within the repository, or its own name, and number."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "?"
    file = Path(frames[-1].filename)
    where = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) and ".venv" not in file.parts else file.name
    return f"{where}:{frames[-1].lineno}"


def work(first: int, last: int, given: argparse.Namespace) -> None:
    """Reads the files of some numbers and says what came of each, a line of JSON; the worst of them end the process."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (8 * MEMORY_MB * 1_000_000,) * 2)
    files = samples()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, last):
            kind, content, times = case(number, given.seed, given.most, files)
            file = Path(folder, f"a{kind}")
            file.write_bytes(content)
            out.write(json.dumps({"begins": number}) + "\n")
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            began = time.process_time()
            found = sorted(set(read_one(file, kind)))
            seconds = time.process_time() - began
            signal.setitimer(signal.ITIMER_PROF, 0)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
            if peak > MEMORY_MB:
                found.append(f"{MEMORY_MB} MB")
            told = {"number": number, "kind": kind, "edits": times, "seconds": round(seconds, 3), "found": found}
            out.write(json.dumps(told) + "\n")
            if peak > MEMORY_MB:
                return


def run(given: argparse.Namespace, state: dict[str, Any]) -> None:
    """Goes on from a state until enough edits were tried or the time is over, and writes the state as it goes."""
    end = time.monotonic() + 60 * given.minutes
    files = samples()
    while state["edits"] < given.edits and time.monotonic() < end:
        first = state["next"]
        command = [sys.executable, "-m", "bench.fuzz", *sys.argv[1:], "--work", str(first), str(first + READS)]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        begun = None
        assert worker.stdout is not None
        for line in worker.stdout:
            told = json.loads(line)
            if "begins" in told:
                begun = told["begins"]
                continue
            begun, state["next"] = None, told["number"] + 1
            count(state, told)
            keep(given, state, told, files)
            if state["edits"] >= given.edits or time.monotonic() > end:
                worker.kill()
                break
        code = worker.wait()
        if begun is not None and code and state["edits"] < given.edits and time.monotonic() <= end:
            kind, _, times = case(begun, given.seed, given.most, files)
            what = f"{SECONDS:g} s of processor" if -code == signal.SIGPROF else f"died ({code})"
            told = {"number": begun, "kind": kind, "edits": times, "seconds": SECONDS, "found": [what]}
            state["next"] = begun + 1
            count(state, told)
            keep(given, state, told, files)
        elif begun is None and code and not state["reads"]:
            raise SystemExit(f"the reading process does not start: {' '.join(command)}")
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "state.json").write_text(json.dumps(state, indent=1))


def count(state: dict[str, Any], told: dict[str, Any]) -> None:
    """Adds what came of a file to the counts."""
    state["edits"] += told["edits"]
    state["reads"] += 1
    state["slowest"] = max(state["slowest"], told["seconds"])
    kinds = state["by_kind"].setdefault(told["kind"], {"reads": 0, "edits": 0, "seconds": 0.0})
    for name, value in (("reads", 1), ("edits", told["edits"]), ("seconds", told["seconds"])):
        kinds[name] = round(kinds[name] + value, 3)


def keep(given: argparse.Namespace, state: dict[str, Any], told: dict[str, Any], files: dict[str, list[bytes]]) -> None:
    """Notes what was found, and keeps the first three files of each kind of finding."""
    for what in told["found"]:
        key = f"{told['kind']}: {what}"
        state["found"][key] = state["found"].get(key, 0) + 1
        if state["found"][key] <= 3:
            given.out.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"\W+", "-", f"{what}-{told['number']}").strip("-")
            content = case(told["number"], given.seed, given.most, files)[1]
            (given.out / f"{name}{told['kind']}").write_bytes(content)
            print(f"{key}: {name}{told['kind']}", flush=True)


def main() -> None:
    parser = open_parser(__doc__ or "", name="fuzz", weights=False)
    parser.add_argument(
        "--out", type=Path, required=True, help="a folder for counts and files that something was found with"
    )
    parser.add_argument("--edits", type=int, default=10_000_000, help="how many edits to try in all")
    parser.add_argument(
        "--most", type=int, default=1_000, help="edits of one file; how many it takes is drawn by logarithm"
    )
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop then")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nice", type=int, default=15)
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(*given.work, given)
        return
    os.nice(given.nice)
    kept = given.out / "state.json"
    state: dict[str, Any] = {"next": 0, "edits": 0, "reads": 0, "slowest": 0.0, "by_kind": {}, "found": {}}
    if kept.exists():
        state = json.loads(kept.read_text())
    run(given, state)
    found = Counter(state["found"])
    figures = {name: state[name] for name in ("edits", "reads", "slowest", "by_kind")} | {"found": dict(found)}
    figures["most_edits_of_a_file"] = given.most
    for kind, counts in sorted(state["by_kind"].items()):
        print(f"{kind:10}" + "".join(f"{name} {value:<12}" for name, value in counts.items()))
    print(f"{state['edits']:,} edits, {state['reads']:,} reads, {sum(found.values())} with a finding")
    write_record(given.name, figures, corpus={"name": "samples", "files": sum(map(len, samples().values()))})


if __name__ == "__main__":
    main()
