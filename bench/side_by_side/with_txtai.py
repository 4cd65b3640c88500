"""txtai as its RAG page sets it up: paragraphs in an embeddings database with content, three of them in a prompt.

Paragraphs of the articles stand on lines of their own, so they are cut at lines.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from protocol import read_rows, serve
from txtai import LLM, RAG, Embeddings
from txtai.pipeline import Segmentation

CONTEXT = 3  # RAG's default
TEMPLATE = """
  Answer the following question using the provided context.

  Question:
  {question}

  Context:
  {context}
"""


class Txtai:
    packages = ("txtai", "faiss-cpu", "transformers")

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._embeddings = Embeddings(path=given["embedder"], content=True)
        self._embeddings.transform("warm")
        self._cut = Segmentation(lines=True)

    def index(self, file: Path, folder: Path) -> None:
        self._passages = {
            f"{row['id']}#{number}": text
            for row in read_rows(file)
            for number, text in enumerate(self._cut(row["text"]))
        }
        self._embeddings.index(self._passages.items())
        self._embeddings.save(str(folder))

    def passages(self) -> list[str]:
        return list(self._passages.values())

    def search(self, question: str, k: int) -> list[list[tuple[str, str]]]:
        return [[(hit["id"].rpartition("#")[0], hit["text"])] for hit in self._embeddings.search(question, k)]

    def load(self) -> None:
        model = LLM(self._given["llm"], n_ctx=self._given["context_tokens"])
        self._rag = RAG(self._embeddings, model, template=TEMPLATE, context=CONTEXT)

    def ask(self, question: str) -> Iterator[str]:
        self._asked = question
        yield from self._rag(
            question, stream=True, defaultrole="user", maxlength=self._given["answer_tokens"], temperature=0
        )

    def to_read(self) -> int:
        return sum(len(hit["text"]) for hit in self._embeddings.search(self._asked, CONTEXT))  # as RAG found them


if __name__ == "__main__":
    serve(Txtai)
