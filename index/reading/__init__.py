"""From a path to articles: which files are meant, and which reader reads each, in a process of its own."""
