"""LlamaIndex as its starter with local models does it, answers by its citation query engine.

The node parser, the vector store and every number are its defaults: nodes of 1,024 tokens, three of them to an answer.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import MetadataMode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.llms.llama_cpp import LlamaCPP
from protocol import read_rows, serve

NOT_EMBEDDED = ["id", "url"]  # as its reader of folders keeps a file's own facts out of what is embedded


def write_messages(messages: Sequence[ChatMessage]) -> str:
    """The chat format of the GGUF, which its documentation asks the user to give (ChatML)."""
    written = [f"<|im_start|>{message.role.value}\n{message.content}<|im_end|>\n" for message in messages]
    return "".join(written) + "<|im_start|>assistant\n"


class LlamaIndex:
    packages = ("llama-index-core", "llama-index-embeddings-huggingface", "llama-index-llms-llama-cpp")

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        Settings.embed_model = HuggingFaceEmbedding(model_name=given["embedder"])
        Settings.embed_model.get_query_embedding("warm")

    def index(self, file: Path, folder: Path) -> None:
        documents = [
            Document(
                text=row.pop("text"),
                metadata=row,
                excluded_embed_metadata_keys=NOT_EMBEDDED,
                excluded_llm_metadata_keys=NOT_EMBEDDED,
            )
            for row in read_rows(file)
        ]
        self._index = VectorStoreIndex.from_documents(documents)
        self._index.storage_context.persist(str(folder))

    def passages(self) -> list[str]:
        return [node.get_content(MetadataMode.NONE) for node in self._index.docstore.docs.values()]

    def search(self, question: str, k: int) -> list[list[tuple[str, str]]]:
        found = self._index.as_retriever(similarity_top_k=k).retrieve(question)
        return [[(hit.node.metadata["id"], hit.node.get_content(MetadataMode.NONE))] for hit in found]

    def load(self) -> None:
        model = LlamaCPP(
            model_path=self._given["llm"],
            temperature=0.0,
            max_new_tokens=self._given["answer_tokens"],
            context_window=self._given["context_tokens"],
            messages_to_prompt=write_messages,
            completion_to_prompt=lambda text: write_messages([ChatMessage(content=text)]),
            verbose=False,
        )
        self._engine = CitationQueryEngine.from_args(self._index, llm=model, similarity_top_k=3, streaming=True)

    def ask(self, question: str) -> Iterator[str]:
        self._said: Any = self._engine.query(question)
        yield from self._said.response_gen

    def to_read(self) -> int:
        return sum(len(source.node.get_content(MetadataMode.NONE)) for source in self._said.source_nodes)


if __name__ == "__main__":
    serve(LlamaIndex)
