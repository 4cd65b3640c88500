"""Files and addresses into an archive: what was understood of them, and how to take them out again."""
