"""Haystack as its RAG tutorials set it up: cleaned, cut at 150 words with 50 again, kept in memory, ten in a prompt."""

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from haystack import Document, Pipeline
from haystack.components.builders import ChatPromptBuilder
from haystack.components.preprocessors import DocumentCleaner, DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.generators.llama_cpp.chat.chat_generator import LlamaCppChatGenerator
from protocol import read_rows, serve

TEMPLATE = """
Given the following information, answer the question.

Context:
{% for document in documents %}
    {{ document.content }}
{% endfor %}

Question: {{question}}
Answer:
"""


class Haystack:
    packages = ("haystack-ai", "sentence-transformers-haystack", "llama-cpp-haystack")

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        embedder = SentenceTransformersDocumentEmbedder(model=given["embedder"], progress_bar=False)
        embedder.warm_up()
        self._indexing = Pipeline()
        self._indexing.add_component("cleaner", DocumentCleaner())
        self._indexing.add_component("splitter", DocumentSplitter(split_by="word", split_length=150, split_overlap=50))
        self._indexing.add_component("embedder", embedder)
        self._indexing.add_component("writer", DocumentWriter(self._store))
        self._indexing.connect("cleaner", "splitter")
        self._indexing.connect("splitter", "embedder")
        self._indexing.connect("embedder", "writer")
        self._finding = Pipeline()
        of_question = SentenceTransformersTextEmbedder(model=given["embedder"], progress_bar=False)
        self._finding.add_component("embedder", of_question)
        self._finding.add_component("retriever", InMemoryEmbeddingRetriever(self._store))
        self._finding.connect("embedder.embedding", "retriever.query_embedding")
        self._finding.warm_up()
        self.search("warm", 1)

    def index(self, file: Path, folder: Path) -> None:
        documents = [Document(content=row.pop("text"), meta={**row, "article": row["id"]}) for row in read_rows(file)]
        self._indexing.run({"cleaner": {"documents": documents}})
        folder.mkdir(parents=True)
        self._store.save_to_disk(str(folder / "store.json"))

    def passages(self) -> list[str]:
        return [document.content or "" for document in self._store.filter_documents()]

    def search(self, question: str, k: int) -> list[list[tuple[str, str]]]:
        return [[(found.meta["article"], found.content or "")] for found in self._find(question, k)]

    def load(self) -> None:
        self._generator = LlamaCppChatGenerator(
            model=self._given["llm"],
            n_ctx=self._given["context_tokens"],
            n_batch=512,
            model_kwargs={"verbose": False},
            generation_kwargs={"max_tokens": self._given["answer_tokens"], "temperature": 0},
        )
        self._generator.warm_up()
        self._prompt = ChatPromptBuilder([ChatMessage.from_user(TEMPLATE)], required_variables="*")

    def ask(self, question: str) -> Iterator[str]:
        self._read = self._find(question, 10)
        prompt = self._prompt.run(question=question, documents=self._read)["prompt"]
        pieces: SimpleQueue[str | None] = SimpleQueue()

        def answer() -> None:
            try:
                self._generator.run(prompt, streaming_callback=lambda chunk: pieces.put(chunk.content))
            finally:
                pieces.put(None)

        asking = threading.Thread(target=answer)
        asking.start()
        yield from iter(pieces.get, None)
        asking.join()

    def to_read(self) -> int:
        return sum(len(document.content or "") for document in self._read)

    def _find(self, question: str, k: int) -> list[Document]:
        found = self._finding.run({"embedder": {"text": question}, "retriever": {"top_k": k}})
        return list(found["retriever"]["documents"])


if __name__ == "__main__":
    serve(Haystack)
