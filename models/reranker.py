"""Rerankers: a cross-encoder through sentence-transformers, or the language model's own yes and no."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models import Generator, Message, ModelError
from models.libraries import load

ASK = "Does the passage state the answer to the question? Reply Yes or No."


class CrossEncoderReranker:
    """A CrossEncoder folder, such as ms-marco-MiniLM; scores are its raw logits."""

    def __init__(self, folder: Path, name: str) -> None:
        sentence_transformers = load("sentence_transformers", name)
        from safetensors import SafetensorError
        from torch.nn import Identity

        try:
            self._model: Any = sentence_transformers.CrossEncoder(str(folder), local_files_only=True)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise ModelError(f"{folder}: not a cross-encoder ({error}); name another --reranker") from None
        self._raw = Identity()  # the default squeezes a single logit to 0 to 1, where good scores fall together
        self.name = name

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        if not passages:
            return []
        pairs = [(question, passage) for passage in passages]
        scores = self._model.predict(pairs, activation_fn=self._raw, show_progress_bar=False)
        return [float(score) for score in scores]


class LlmReranker:
    """Log-odds that the language model says yes, the passage answers. About a second a passage on two cores."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self.name = f"yes/no of {generator.name}"

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        return [
            self._generator.log_odds([Message("user", f"{ASK}\n\nQuestion: {question}\n\nPassage:\n{passage}")])
            for passage in passages
        ]
