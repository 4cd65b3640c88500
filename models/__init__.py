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


Marked = tuple[str, str, str]
"""Words of an article: those that are marked, between what stands before and after them."""


@dataclass(frozen=True)
class Reading:
    """What a reader finds in a passage: the log-odds that it answers, and the likeliest spans of words that do.

    A span is (log P(these words) - log P(none here), start, end), best first; start and end are places in the passage.
    """

    answers: float
    spans: tuple[tuple[float, int, int], ...]


@dataclass(frozen=True)
class Judged:
    """How likely marked words support a statement, leave it open, contradict it; the three sum to 1."""

    supported: float
    open: float
    contradicted: float


class Reader(Protocol):
    """A small model that reads and proves. It writes nothing."""

    @property
    def identity(self) -> str:
        """Names the weights; answers of different identities may differ."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """One reading for each (heading, passage), in order; no passages, no readings."""

    def answers(self, question: str, sentences: Sequence[Marked]) -> list[float]:
        """The log-odds that each marked sentence answers, its neighbours in view."""

    def judge(self, statements: Sequence[str], sentences: Sequence[Marked]) -> list[Judged]:
        """Whether each marked sentence bears out the statement beside it; a yes/no question counts as one."""


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
