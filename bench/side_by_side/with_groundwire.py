"""Groundwire itself, from the checkout, with the embedder it is given; it can also embed its passages bare."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from protocol import serve

from index.news_index import NewsIndex
from models import Vectors
from models.embedder import open_embedder
from models.llama import LlamaGenerator
from models.tokens import load_tokens
from qa.answer import Answer
from qa.ask import Piece
from qa.newsroom import Newsroom, open_reader
from qa.settings import NO_LLM, Settings


class Groundwire:
    packages = ("groundwire", "onnxruntime", "sentence-transformers", "faiss-cpu", "tantivy")

    def __init__(self, given: dict[str, Any]) -> None:
        folder = Path(given["embedder"])
        weights = Path(given["weights"])
        llm = NO_LLM if given.get("quotes") else Settings.llm
        self._settings = Settings(weights=weights, context_tokens=given["context_tokens"], llm=llm)
        self._llm = Path(given["llm"])
        self._embedder = open_embedder(folder, folder.name)
        self._embedder.encode_queries(["warm"])
        self._count = load_tokens(weights).count_each
        self._embedded: list[str] = []
        self._answer: Answer | None = None

    def index(self, file: Path, folder: Path) -> None:
        self._news = NewsIndex.create(folder, self._embedder, max_tokens=self._settings.passage_tokens)
        encode = self._embedder.encode_documents

        def listen(texts: Sequence[str]) -> Vectors:
            self._embedded += texts
            return encode(texts)

        self._embedder.encode_documents = listen  # type: ignore[method-assign]
        self._news.update([file], count_tokens=self._count)
        self._embedder.encode_documents = encode  # type: ignore[method-assign]
        self._room = Newsroom(self._news, self._settings, lambda: open_reader(self._settings), self._open_generator)

    def passages(self) -> list[str]:
        rows = range(1, self._news.archive.counts().passages + 1)
        return [found.article.text[found.passage.start : found.passage.end] for found in self._news.find(rows)]

    def encode(self) -> int:
        """Embeds once more what the index embedded, and nothing else; how many texts that are."""
        self._embedder.encode_documents(self._embedded)
        return len(self._embedded)

    def search(self, question: str, k: int) -> list[list[tuple[str, str]]]:
        hits = self._room.search(question, k)
        return [
            [(one.article.id, one.article.text[one.passage.start : one.passage.end]) for one in (hit, *hit.copies)]
            for hit in hits
        ]

    def load(self) -> None:
        self._room.reader, self._room.generator  # noqa: B018

    def ask(self, question: str) -> Iterator[str]:
        for event in self._room.stream(question):
            if isinstance(event, Piece):
                yield event.text
            elif isinstance(event, Answer):
                self._answer = event

    def to_read(self) -> int:
        return sum(len(citation.quote) for citation in self._answer.citations) if self._answer else 0

    def _open_generator(self) -> LlamaGenerator | None:
        if self._settings.llm == NO_LLM:
            return None
        return LlamaGenerator(self._llm, context_tokens=self._settings.context_tokens)


if __name__ == "__main__":
    serve(Groundwire)
