"""Questions that are followed: asked again of what is new, and told where the answer has changed."""
