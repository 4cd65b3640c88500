"""The chat page and everything else that is served over HTTP: one queue to the model, many who ask."""
