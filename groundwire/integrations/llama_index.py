"""A retriever for LlamaIndex over an archive: `pip install 'groundwire[llama-index]'`.

retriever = GroundwireRetriever(gw.open("archive"), k=5)
nodes = retriever.retrieve("Who was killed in the airport strike?")
"""

from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from groundwire.integrations import about, name_of
from index.store.scope import EVERYTHING, Scope
from qa.newsroom import Newsroom

HIDDEN = ["article_id", "start", "end", "url", "rank", "score"]  # from a prompt


class GroundwireRetriever(BaseRetriever):
    """The `k` best passages of an archive, or of a `scope` of it, best first; copies of one text count once.

    A node is a passage without the asides in it; its metadata say which article, where in it, whose, and when. A prompt
    shows headline, outlet and day of them. Raises QuestionError for a question that is empty or too long. `options` are
    LlamaIndex's own.
    """

    def __init__(self, archive: Newsroom, k: int = 10, scope: Scope = EVERYTHING, **options: Any) -> None:
        self._archive, self._k, self._scope = archive, k, scope
        super().__init__(**options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._archive.search(query_bundle.query_str, self._k, scope=self._scope)
        return [
            NodeWithScore(
                node=TextNode(id_=name_of(hit), text=hit.text, metadata=about(hit), excluded_llm_metadata_keys=HIDDEN),
                score=hit.score,
            )
            for hit in hits
        ]
