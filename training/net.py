"""The network: a BERT with three heads. Spans, whether the marked words answer, whether they support a statement."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

Batch = tuple[Tensor, Tensor, Tensor]
"""Token ids, token types (1 where the marked words stand) and the mask, each (rows, tokens) int64."""


class ReaderNet(nn.Module):
    """BERT without pooling, no dropout: one pass over the data needs none, and it costs a third of a step."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.span = nn.Linear(width, 2)
        self.answers = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
        self.support = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 3))

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Start and end logits (rows, tokens), answers (rows,), support (rows, 3): supported, open, contradicted."""
        hidden = self.encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        span = self.span(hidden)
        first = hidden[:, 0]
        return span[..., 0], span[..., 1], self.answers(first).squeeze(-1), self.support(first)


def new_net(folder: Path, seed: int) -> ReaderNet:
    """The network over a pretrained encoder in `folder`, its heads drawn by `seed`."""
    from transformers import AutoModel

    torch.manual_seed(seed)
    # PyTorch's fused attention is two to four times slower than plain matrices in a step on a CPU (training/README.md).
    off = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "attn_implementation": "eager"}
    net = ReaderNet(AutoModel.from_pretrained(str(folder), add_pooling_layer=False, **off))
    # Half of the weights are word vectors. They stay as they came: a step is quicker, rare words keep their meaning.
    net.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    return net
