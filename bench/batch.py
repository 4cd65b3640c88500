"""`groundwire ask --file` over a gold set's questions: how many a minute, and killed in its middle, what it asks again.

The run that is killed by SIGKILL asks the first of them, and goes on by the same command: its rows must be those of the
run that was not killed, to the byte.
"""

import json
import resource
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from bench.process import command, run
from bench.record import ROOT, open_parser, write_record
from evaluation.gold.questions import read_gold
from index.opening import open_archive
from qa.batch import kept_file


def main() -> None:
    parser = open_parser(__doc__ or "", name="batch")
    parser.add_argument("archive", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--limit", type=int, default=200, help="only the first N questions")
    parser.add_argument("--killed", type=int, default=40, help="how many of them the killed run asks")
    given = parser.parse_args()
    asked = [question.question for question in read_gold(given.gold)][: given.limit]
    with tempfile.TemporaryDirectory() as temporary:
        file, whole, cut = (Path(temporary, name) for name in ("questions.jsonl", "whole.csv", "cut.csv"))
        file.write_text("".join(f"{json.dumps(question)}\n" for question in asked), encoding="utf-8")
        more = ("--archive", given.archive, "--weights", given.weights, "--llm", "none", "--offline", "--json")
        before = _spent()
        ran = run("ask", "--file", file, "--out", whole, *more)
        processor = _spent() - before
        once = json.loads(ran.output)
        file.write_text("".join(f"{json.dumps(question)}\n" for question in asked[: given.killed]), encoding="utf-8")
        answered = kill_at(given.killed // 2, file, cut, more)
        again = json.loads(run("ask", "--file", file, "--out", cut, *more).output)
        figures = {
            "questions": once["questions"],
            "answered": once["answered"],
            "declined": once["declined"],
            "seconds": round(ran.seconds, 1),
            "a_minute": round(60 * once["questions"] / ran.seconds, 1),
            "processor_seconds_a_question": round(processor / once["questions"], 3),
            "peak_memory_gb": round(ran.peak_rss / 1e9, 2),
            "bytes_of_answers": whole.stat().st_size,
            "killed_run_asks": again["questions"],
            "killed_with_answers": answered,
            "not_asked_again": again["before"],
            "same_answers_after_the_kill": whole.read_bytes().startswith(cut.read_bytes()),
        }
    archive = open_archive(given.archive)
    corpus = {"articles": archive.counts().articles, "fingerprint": archive.fingerprint()}
    archive.close()
    for name, value in figures.items():
        print(f"{name:32}{value}")
    write_record(given.name, figures, corpus=corpus, gold=given.gold, models=("arctic-embed-s",), weights=given.weights)


def kill_at(answers: int, file: Path, out: Path, more: tuple[object, ...]) -> int:
    """Kills a run once it has kept so many answers; how many it had kept, whole, when it was gone."""
    child = subprocess.Popen(
        command("ask", "--file", file, "--out", out, *map(str, more)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    while child.poll() is None and held(out) < answers:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    if out.exists():
        raise SystemExit("the run had ended before it was killed; ask more questions")
    return held(out)


def held(out: Path) -> int:
    """The answers that are kept for a file; the line above them says what makes them."""
    kept = kept_file(out)
    return max(0, kept.read_bytes().count(b"\n") - 1) if kept.exists() else 0


def _spent() -> float:
    """Seconds of the processor that processes of ours have taken and are gone."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
