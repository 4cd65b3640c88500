"""What the rest of the house asks of a model, and nothing else: importing this loads no torch, no llama_cpp.

`models` knows nothing of news. An embedder turns texts into unit vectors, a reranker scores passages
for a question, a generator continues a conversation and says how likely "yes" is against "no".
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ground.errors import GroundwireError

Vectors = NDArray[np.float32]


class ModelError(GroundwireError):
    """A model that is missing, damaged or unfit; the message says which, where and what to do."""


@dataclass(frozen=True)
class Message:
    """One turn of a conversation as chat templates know it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Usage:
    """Tokens of prompts as they were given, those of them that had to be read, and tokens written."""

    prompt: int = 0
    read: int = 0
    written: int = 0

    def __sub__(self, before: "Usage") -> "Usage":
        return Usage(self.prompt - before.prompt, self.read - before.read, self.written - before.written)


class Embedder(Protocol):
    """Texts to unit vectors. Documents and queries may be encoded differently."""

    @property
    def identity(self) -> str:
        """Names the weights and how they are used; vectors of different identities never mix."""

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """The longest input in the embedder's own tokens, special tokens included."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the embedder's own tokens, special tokens not included."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """`(n, d) float32`, rows of length 1, the same row for the same text whatever stands beside it."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As `encode_documents`, with the model's query prompt."""


class Reranker(Protocol):
    """Scores how well each passage answers a question; higher is better, scales differ by model."""

    @property
    def name(self) -> str: ...

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """One score a passage, in the order given; no passages, no scores."""


class Generator(Protocol):
    """A local language model, one conversation at a time."""

    @property
    def name(self) -> str: ...

    @property
    def sha256(self) -> str | None: ...

    @property
    def context_tokens(self) -> int: ...

    @property
    def usage(self) -> Usage:
        """All that was asked of it since it was loaded."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Prompt length in the model's own tokens, its chat template applied."""

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        seed: int = 0,
        stop: Sequence[str] = (),
        grammar: str | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        """Pieces of the reply as they are decoded, temperature 0; ends early once `cancelled()` is true."""

    def log_odds(self, messages: Sequence[Message]) -> float:
        """log P(yes) - log P(no) for the first word of the reply, over the spellings of both words."""
