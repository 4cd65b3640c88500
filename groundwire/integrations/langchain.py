"""A retriever for LangChain over an archive: `pip install 'groundwire[langchain]'`.

retriever = GroundwireRetriever(archive=gw.open("archive"), k=5)
documents = retriever.invoke("Who was killed in the airport strike?")
"""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from groundwire.integrations import about, name_of
from index.store.scope import EVERYTHING, Scope
from qa.newsroom import Newsroom


class GroundwireRetriever(BaseRetriever):
    """The `k` best passages of an archive, or of a `scope` of it, best first; copies of one text count once.

    A document is a passage without the asides in it; its metadata say which article, where in it, whose, and when.
    Raises QuestionError for a question that is empty or too long. LangChain runs it in a thread for `ainvoke`.
    """

    archive: Newsroom
    k: int = 10
    scope: Scope = EVERYTHING

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        hits = self.archive.search(query, self.k, scope=self.scope)
        return [Document(id=name_of(hit), page_content=hit.text, metadata=about(hit)) for hit in hits]
