"""The retrievers for LangChain and LlamaIndex, against the real libraries where they are installed."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import groundwire as gw
from index.news_index import NewsIndex
from qa.ask import QuestionError
from tests.support.rooms import make_room
from tests.test_floors import ROOT

QUESTION = "Who died in the strike at the airport?"


def held(found: list[dict[str, Any]], news: NewsIndex) -> list[str]:
    """The words that the metadata of what was found point at."""
    articles = [news.archive.article(one["article_id"]) for one in found]
    return [article.text[one["start"] : one["end"]] for article, one in zip(articles, found, strict=True) if article]


def test_langchain(news: NewsIndex) -> None:
    pytest.importorskip("langchain_core")
    from langchain_core.runnables import RunnableLambda

    from groundwire.integrations.langchain import GroundwireRetriever

    retriever = GroundwireRetriever(archive=make_room(news), k=2)
    documents = retriever.invoke(QUESTION)
    assert [document.page_content for document in documents] == held([d.metadata for d in documents], news)
    assert documents[0].metadata["source"] == "Reuters" and documents[0].metadata["published"] == "2020-01-03"
    assert documents[0].id == "airport {start}:{end}".format(**documents[0].metadata)
    assert asyncio.run(retriever.ainvoke(QUESTION)) == documents
    counted = retriever | RunnableLambda(len)
    assert counted.invoke(QUESTION) == 2
    narrowed = GroundwireRetriever(archive=make_room(news), scope=gw.Scope(outlets=("AFP",)))
    assert {document.metadata["source"] for document in narrowed.invoke("price of oil")} == {"AFP"}
    with pytest.raises(QuestionError):
        retriever.invoke(" ")


def test_llama_index(news: NewsIndex) -> None:
    pytest.importorskip("llama_index.core")
    from llama_index.core.schema import MetadataMode

    from groundwire.integrations.llama_index import GroundwireRetriever

    retriever = GroundwireRetriever(make_room(news), k=2)
    nodes = retriever.retrieve(QUESTION)
    assert [node.text for node in nodes] == held([node.metadata for node in nodes], news)
    assert nodes[0].score >= nodes[1].score and nodes[0].node_id.startswith("airport ")
    prompt = nodes[0].node.get_content(MetadataMode.LLM)
    assert "Reuters" in prompt and "article_id" not in prompt
    assert [node.node_id for node in asyncio.run(retriever.aretrieve(QUESTION))] == [node.node_id for node in nodes]
    narrowed = GroundwireRetriever(make_room(news), scope=gw.Scope(outlets=("AFP",)))
    assert {node.metadata["source"] for node in narrowed.retrieve("price of oil")} == {"AFP"}


def test_neither_is_imported_unasked() -> None:
    asked = "import sys, groundwire.face, groundwire.integrations; print('langchain_core' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n" and Path(ROOT, "groundwire", "integrations").is_dir()
