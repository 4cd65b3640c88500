"""A notebook: quotes pinned from an archive, with notes, in an order; taken away as Markdown, HTML or Word."""
