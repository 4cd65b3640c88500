"""What an archive keeps, and the SQLite file it keeps it in; which part of it is asked."""
