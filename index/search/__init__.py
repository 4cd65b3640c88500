"""From a question to rankings: FAISS by vectors, tantivy by words, fused; made from the store at any time."""
