"""Trains the reader: `python -m training.train BASE ROWS OUT --broad 100000 --close 60000`.

BASE is a folder with the pretrained encoder and its tokenizer.json, ROWS what `training.mix` wrote. The learning rate
rises over WARM steps, stays through the broad stage and falls to nothing over the close one. OUT/state.pt is written
every SAVE steps, whole or not at all; the same command goes on from it. OUT/log.jsonl has the losses. With --start, the
weights are those of a reader that was exported (training.export), within half a step of their int8 scale.
"""

import argparse
import ctypes
import json
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from bench.dequantise import read_weights
from models.reader import Pair, make_pairs
from training.net import ReaderNet, new_net

SUPPORT = ("supported", "open", "contradicted")
WARM, SAVE, LOG = 150, 400, 50  # steps
CHUNK = 3_000  # rows that are sorted by length together
MAX_TOKENS = 176
HAS_BF16 = torch.cpu._is_avx512_bf16_supported()  # elsewhere it is emulated: ten times slower than float32
Row = dict[str, Any]


def encode(tokenizer: Tokenizer, rows: Sequence[Row], rng: random.Random) -> list[tuple[Row, Pair]]:
    """Rows as tokens. A text that is too long is cut to a window that holds its first answer, where it has one."""
    asked = [row["statement"] if row["kind"] == "support" else row["question"] for row in rows]
    # A heading is not always there when an archive is asked: some outlets give none.
    headings = [row["heading"] if rng.random() < 0.8 else "" for row in rows]
    before = [
        " ".join(part for part in (h and h + " |", row.get("before")) if part)
        for h, row in zip(headings, rows, strict=True)
    ]
    texts, shifts = [], []
    for row in rows:
        text, shift = row["text"], 0
        most = int(MAX_TOKENS * 3.6)
        if len(text) > most:
            first = row["answers"][0][0] if row.get("answers") else rng.randrange(len(text))
            shift = min(max(0, first - rng.randrange(most * 3 // 4)), len(text) - most)
            shift = text.find(" ", shift) + 1 if shift else 0
            text = text[shift : shift + most]
        texts.append(text)
        shifts.append(shift)
    pairs = make_pairs(tokenizer, asked, before, texts, [row.get("after", "") for row in rows], max_tokens=MAX_TOKENS)
    made = []
    for row, pair, shift in zip(rows, pairs, shifts, strict=True):
        gold = []
        for a, b in row.get("answers", ()):
            inside = [n for n, (s, e) in enumerate(pair.offsets) if s < b - shift and e > a - shift]
            if inside:
                gold.append((pair.first + inside[0], pair.first + inside[-1]))
        if row.get("answers") and not gold:
            continue
        made.append(({**row, "gold": gold}, pair))
    return made


def batches(rows: list[Row], tokenizer: Tokenizer, seed: int, tokens: int) -> Iterator[list[tuple[Row, Pair]]]:
    """Endless batches of one kind each, of at most `tokens` tokens with padding; the same for one seed."""
    epoch = 0
    while True:
        rng = random.Random(seed * 1000 + epoch)
        order = list(range(len(rows)))
        rng.shuffle(order)
        for first in range(0, len(order), CHUNK):
            made = encode(tokenizer, [rows[n] for n in order[first : first + CHUNK]], rng)
            cut: list[list[tuple[Row, Pair]]] = []
            for kind in ("span", "answers", "support"):
                part: list[tuple[Row, Pair]] = []
                for item in sorted((i for i in made if i[0]["kind"] == kind), key=lambda i: len(i[1].ids)):
                    if part and (len(part) + 1) * len(item[1].ids) > tokens:
                        cut.append(part)
                        part = []
                    part.append(item)
                if part:
                    cut.append(part)
            rng.shuffle(cut)
            yield from cut
        epoch += 1


def loss_of(net: ReaderNet, batch: Sequence[tuple[Row, Pair]]) -> Tensor:
    """The mean loss of a batch of one kind, by the heads that its rows teach."""
    width = max(len(pair.ids) for _, pair in batch)
    ids, types, mask = (torch.zeros(len(batch), width, dtype=torch.long) for _ in range(3))
    body = torch.zeros(len(batch), width, dtype=torch.bool)
    for n, (_, pair) in enumerate(batch):
        size = len(pair.ids)
        ids[n, :size], types[n, :size], mask[n, :size] = torch.tensor(pair.ids), torch.tensor(pair.types), 1
        body[n, pair.first : pair.first + len(pair.offsets)] = True
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=HAS_BF16):
        start, end, answers, support = (out.float() for out in net(ids, types, mask))
    kind = batch[0][0]["kind"]
    if kind == "support":
        log = support.log_softmax(-1)
        kept = [
            log[n, SUPPORT.index(row["label"])] if row["label"] in SUPPORT else torch.logsumexp(log[n, 1:], 0)
            for n, (row, _) in enumerate(batch)
        ]
        return -torch.stack(kept).mean()
    label = torch.tensor([float(row["label"]) if kind == "answers" else float(bool(row["gold"])) for row, _ in batch])
    said = nn.functional.binary_cross_entropy_with_logits(answers, label)
    if kind == "answers":
        return said
    allowed = body
    allowed[:, 0] = True  # the first token stands for "none here"
    loss = torch.zeros(())
    for logits, side in ((start, 0), (end, 1)):
        log = logits.masked_fill(~allowed, -1e4).log_softmax(1)
        for n, (row, _) in enumerate(batch):
            places = torch.tensor([span[side] for span in row["gold"]] or [0])
            loss = loss - torch.logsumexp(log[n, places], 0)
    return loss / (2 * len(batch)) + 0.5 * said


def train(net: ReaderNet, tokenizer: Tokenizer, options: argparse.Namespace) -> None:
    """Both stages, from where an earlier run of the same command stopped."""
    stages = [("broad", options.broad), ("close", options.close)]
    learned = [p for p in net.parameters() if p.requires_grad]
    decayed = [p for p in learned if p.dim() > 1]
    plain = [p for p in learned if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=options.rate, fused=True)
    state = {"stage": 0, "step": 0, "seen": 0, "steps": 0}
    saved = options.out / "state.pt"
    if saved.exists():
        kept = torch.load(saved, weights_only=True)
        net.load_state_dict(kept["net"])
        optimizer.load_state_dict(kept["optimizer"])
        state = kept["state"]
    average: dict[str, float] = {}
    began, before = time.time(), state["seen"]
    net.train()
    while state["stage"] < len(stages):
        name, most = stages[state["stage"]]
        if not most:
            state |= {"stage": state["stage"] + 1, "step": 0, "seen": 0}
            continue
        file = options.rows / f"{name}.jsonl"
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        made = batches(rows, tokenizer, options.seed + state["stage"], options.tokens)
        for _ in range(state["step"]):
            next(made)
        while state["seen"] < most:
            batch = next(made)
            part = state["seen"] / most if state["stage"] else 0.0
            for group in optimizer.param_groups:
                group["lr"] = options.rate * min(1, (state["steps"] + 1) / WARM) * max(0.02, 1 - part)
            loss = loss_of(net, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(learned, 1.0)
            optimizer.step()
            state["step"] += 1
            state["steps"] += 1
            state["seen"] += len(batch)
            kind = batch[0][0]["kind"]
            average[kind] = 0.98 * average.get(kind, loss.item()) + 0.02 * loss.item()
            if state["steps"] % LOG == 0:
                pace = (state["seen"] - before) / (time.time() - began)
                told = {
                    **state,
                    "stage": name,
                    "rows_per_second": round(pace, 1),
                    "loss": dict(sorted(average.items())),
                }
                with (options.out / "log.jsonl").open("a") as log:
                    log.write(json.dumps(told) + "\n")
                print(json.dumps(told), flush=True)
                give_back_memory()
            if state["steps"] % SAVE == 0:
                _save(net, optimizer, state, saved)
        state |= {"stage": state["stage"] + 1, "step": 0, "seen": 0}
        began, before = time.time(), 0
        _save(net, optimizer, state, saved)


def give_back_memory() -> None:
    """Hands what the allocator keeps back to Linux: batches of ever other shapes leave its heap full of holes."""
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _save(net: ReaderNet, optimizer: torch.optim.Optimizer, state: dict[str, int], file: Path) -> None:
    unfinished = file.with_suffix(".unfinished")
    torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "state": dict(state)}, unfinished)
    os.replace(unfinished, file)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("base", type=Path)
    given.add_argument("rows", type=Path)
    given.add_argument("out", type=Path)
    given.add_argument("--start", type=Path, help="a reader.onnx whose weights the run goes on from")
    given.add_argument("--broad", type=int, default=100_000, help="rows of the first stage")
    given.add_argument("--close", type=int, default=60_000, help="rows of the second stage")
    given.add_argument("--rate", type=float, default=1e-4)
    given.add_argument("--tokens", type=int, default=4096, help="tokens a batch")
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--threads", type=int, default=2)
    options = given.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    net = new_net(options.base, options.seed)
    if options.start:
        net.load_state_dict({name: torch.from_numpy(value) for name, value in read_weights(options.start).items()})
    tokenizer = Tokenizer.from_file(str(options.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    train(net, tokenizer, options)


if __name__ == "__main__":
    main()
