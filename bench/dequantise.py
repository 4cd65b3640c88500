"""Makes a float32 sentence-transformers folder from a dynamically quantised BERT in ONNX.

weight = (quantised - zero point) * scale; ONNX multiplies from the right, so a MatMul's weight is nn.Linear's
transposed. Activations are not quantised any more, so vectors agree closely, not exactly. Needs the package `onnx`.
"""

import json
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MODULES = ("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")
POOLING = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}


def read_weights(file: Path) -> dict[str, NDArray[np.float32]]:
    """BertModel's parameters by their torch names, in float32."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(file)).graph
    held = {made.name: numpy_helper.to_array(made) for made in graph.initializer}

    def plain(stem: str) -> NDArray[np.float32]:
        zero = held[f"{stem}_zero_point"].astype(np.float32)
        plain = (held[f"{stem}_quantized"].astype(np.float32) - zero) * held[f"{stem}_scale"].astype(np.float32)
        return np.asarray(plain, np.float32)

    weights = {name: value for name, value in held.items() if name.endswith((".weight", ".bias"))}
    tables = (name.removesuffix("_quantized") for name in held if name.endswith(".weight_quantized"))
    weights |= {stem: plain(stem) for stem in tables}
    rows = (name.removesuffix(".values") for name in held if name.endswith(".values"))  # a scale a row: training.export
    weights |= {f"{stem}.weight": held[f"{stem}.values"] * held[f"{stem}.scale"] for stem in rows}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            stem = node.input[1].removesuffix("_quantized")
            name = node.name.removesuffix("/MatMul_quant").strip("/").replace("/", ".")
            weights[stem if stem.endswith(".weight") else f"{name}.weight"] = plain(stem).T
        elif node.op_type == "MatMul" and node.input[1] in held:
            weights[node.name.removesuffix("/MatMul").strip("/").replace("/", ".") + ".weight"] = held[node.input[1]].T
    return {name: np.array(value, np.float32) for name, value in weights.items()}


def write_float32(source: Path, target: Path) -> Path:
    """The folder `target` for SentenceTransformer(target) from the ONNX folder `source`; raises if a weight lacks."""
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig.from_pretrained(str(source))
    model = BertModel(config, add_pooling_layer=False)
    weights = read_weights(source / "onnx" / "model.onnx")
    model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()}, strict=True)
    model.save_pretrained(str(target))
    for file in source.glob("*token*.json"):
        shutil.copy(file, target)
    shutil.copy(source / "vocab.txt", target)
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(MODULES)
    ]
    pooling = POOLING | {"word_embedding_dimension": config.hidden_size}
    files: dict[str, object] = {"modules.json": modules, "1_Pooling/config.json": pooling}
    files |= {"sentence_bert_config.json": {"max_seq_length": config.max_position_embeddings, "do_lower_case": False}}
    (target / "2_Normalize").mkdir()
    for name, content in files.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text(json.dumps(content))
    return target
