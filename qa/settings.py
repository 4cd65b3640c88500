"""Every choice a user can make, once. Below `qa` there are only plain arguments."""

from dataclasses import asdict, dataclass
from pathlib import Path

from platformdirs import user_data_path

from models.libraries import is_there

NO_LLM = "none"  # as --llm: answers are quotes alone
PROSE = "qwen2.5-coder-1.5b"  # what writes where llama.cpp is installed; groundwire-slim comes without it


@dataclass(frozen=True)
class Settings:
    """What a newsroom is opened with; the defaults are what was measured."""

    archive: Path = Path("archive")
    weights: Path = user_data_path("groundwire") / "weights"
    llm: str = PROSE if is_there("llama_cpp") else NO_LLM
    embedder: str = "arctic-embed-s"
    reranker: str = ""
    offline: bool = False
    threads: int | None = None
    context_tokens: int = 4096
    passage_tokens: int = 220
    candidates: int = 50
    passages: int = 10
    answer_tokens: int = 160
    least_score: float = 0.0
    seed: int = 0
    speak: str = ""  # the language of fixed phrases and of the page: by the browser there, else English

    def to_dict(self) -> dict[str, object]:
        """As JSON: paths as text. Where the weights lie is left out: it changes no answer."""
        kept = {name: value for name, value in asdict(self).items() if name not in {"weights", "offline", "threads"}}
        return {name: str(value) if isinstance(value, Path) else value for name, value in kept.items()}
