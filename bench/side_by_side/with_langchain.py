"""LangChain as its RAG tutorial sets it up: cut at 1,000 characters, FAISS, four passages in a prompt."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langchain_community.chat_models import ChatLlamaCpp
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from protocol import read_rows, serve

PROMPT = (
    "You are an assistant for question-answering tasks. Use the following pieces of retrieved context to answer the"
    " question. If you don't know the answer, just say that you don't know. Use three sentences maximum and keep the"
    " answer concise.\nQuestion: {question}\nContext: {context}\nAnswer:"
)


class LangChain:
    packages = ("langchain-core", "langchain-community", "langchain-huggingface", "langchain-text-splitters")

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._embeddings = HuggingFaceEmbeddings(model_name=given["embedder"])
        self._embeddings.embed_query("warm")

    def index(self, file: Path, folder: Path) -> None:
        documents = [Document(page_content=row.pop("text"), metadata=row) for row in read_rows(file)]
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
        self._passages = splitter.split_documents(documents)
        self._store = FAISS.from_documents(self._passages, self._embeddings)
        self._store.save_local(str(folder))

    def passages(self) -> list[str]:
        return [passage.page_content for passage in self._passages]

    def search(self, question: str, k: int) -> list[list[tuple[str, str]]]:
        found = self._store.similarity_search(question, k=k)
        return [[(document.metadata["id"], document.page_content)] for document in found]

    def load(self) -> None:
        model = ChatLlamaCpp(
            model_path=self._given["llm"],
            n_ctx=self._given["context_tokens"],
            n_batch=512,
            max_tokens=self._given["answer_tokens"],
            temperature=0,
            verbose=False,
        )
        self._chain = ChatPromptTemplate.from_template(PROMPT) | model | StrOutputParser()

    def ask(self, question: str) -> Iterator[str]:
        self._read = self._store.as_retriever().invoke(question)
        context = "\n\n".join(document.page_content for document in self._read)
        yield from self._chain.stream({"question": question, "context": context})

    def to_read(self) -> int:
        return sum(len(document.page_content) for document in self._read)


if __name__ == "__main__":
    serve(LangChain)
