"""One small file a format: text, Markdown, JSON Lines, HTML, mail, PDF, Word, tables, feeds, XML."""
