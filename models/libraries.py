"""The libraries that only some models need: `groundwire-slim` comes without them, `groundwire` with them.

Nothing here is imported before a model is opened that needs it.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from models import ModelError
from models.catalogue import ModelEntry

Library = Literal["llama_cpp", "sentence_transformers"]
PACKAGE: dict[Library, str] = {"llama_cpp": "llama-cpp-python", "sentence_transformers": "sentence-transformers"}
INSTEAD: dict[Library, str] = {
    "llama_cpp": "--llm none for quotes alone, or a server's --llm http://…",
    "sentence_transformers": "leave out --embedder and --reranker",
}
MEND = "pip install groundwire"


def is_there(library: Library) -> bool:
    """Whether it is installed; it is not loaded, and may yet be broken."""
    return find_spec(library) is not None


def library_of(entry: ModelEntry) -> Library | None:
    """What a model of the catalogue needs besides the slim install.

    >>> from models.catalogue import find
    >>> [library_of(find(name)) for name in ("arctic-embed-s", "all-minilm-l6-v2", "qwen3-4b")]
    [None, 'sentence_transformers', 'llama_cpp']
    """
    if entry.role == "llm":
        return "llama_cpp"
    weights_of_torch = any(file.path.endswith(".safetensors") for file in entry.files)
    return "sentence_transformers" if weights_of_torch else None


def check(library: Library, model: str) -> None:
    """Raises ModelError where what `model` needs is not installed."""
    if not is_there(library):
        raise ModelError(f"{model} needs {PACKAGE[library]}, which is not installed: {MEND}, or {INSTEAD[library]}")


def load(library: Library, model: str) -> Any:
    """The library, imported; raises ModelError where it is not installed, or does not load."""
    check(library, model)
    try:
        return import_module(library)
    except (ImportError, OSError, RuntimeError) as error:  # llama_cpp raises RuntimeError for a lost shared library
        raise ModelError(
            f"{model} needs {PACKAGE[library]}, which is installed and does not load ({error}):"
            f" pip install --force-reinstall {PACKAGE[library]}, or {INSTEAD[library]}"
        ) from None
