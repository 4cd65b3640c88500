"""Writes the trained reader as one int8 ONNX file: `python -m training.export BASE RUN OUT`.

Matrices are int8 by channel, activations are quantised as they come; word vectors are int8 with a scale a row; the
heads stay float. Prints how far the file's logits are from torch's.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor, nn

from training.net import ReaderNet, new_net

NAMES = ("start", "end", "answers", "support")


class RowwiseEmbedding(nn.Module):
    """An embedding kept in int8, a scale a row: a quarter of the size, within 1/254 of each row's largest value."""

    def __init__(self, full: nn.Embedding) -> None:
        super().__init__()
        scale = full.weight.detach().abs().amax(1, keepdim=True).clamp_min(1e-8) / 127
        self.register_buffer("values", (full.weight.detach() / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)
        self.values: Tensor
        self.scale: Tensor

    def forward(self, ids: Tensor) -> Tensor:
        return self.values[ids].float() * self.scale[ids]


def load(base: Path, run: Path) -> ReaderNet:
    """The network with the weights of a run's last state."""
    net = new_net(base, 0)
    net.load_state_dict(torch.load(run / "state.pt", weights_only=True)["net"])
    return net.eval()


def export(base: Path, run: Path, out: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    net = load(base, run)
    out.mkdir(parents=True, exist_ok=True)
    words = net.encoder.embeddings
    words.word_embeddings = RowwiseEmbedding(words.word_embeddings)
    ids = torch.randint(1000, 2000, (2, 16))
    given = (ids, torch.zeros_like(ids), torch.ones_like(ids))
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    axes = {name: {0: "rows", 1: "tokens"} for name in (*inputs, "start", "end")}
    axes |= {name: {0: "rows"} for name in ("answers", "support")}
    full = out / "full.onnx"
    torch.onnx.export(
        net, given, str(full), input_names=inputs, output_names=list(NAMES), dynamic_axes=axes, opset_version=17,
        dynamo=False,
    )  # fmt: skip
    import onnx

    graph = onnx.load(str(full)).graph
    heads = [node.name for node in graph.node if node.op_type in {"MatMul", "Gemm"} and "/encoder/" not in node.name]
    quantize_dynamic(
        str(full), str(out / "reader.onnx"), weight_type=QuantType.QInt8, per_channel=True, nodes_to_exclude=heads,
        op_types_to_quantize=["MatMul"],
    )  # fmt: skip
    full.unlink()
    tokenizer = json.loads((base / "tokenizer.json").read_text("utf-8"))
    tokenizer |= {"truncation": None, "padding": None}
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), "utf-8")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("base", type=Path)
    given.add_argument("run", type=Path)
    given.add_argument("out", type=Path)
    options = given.parse_args()
    export(options.base, options.run, options.out)
    print({file.name: file.stat().st_size for file in sorted(options.out.iterdir())})


if __name__ == "__main__":
    main()
