"""From a cited range of an article to what its own file shows there: a page of a PDF, a page as saved, a mail."""
