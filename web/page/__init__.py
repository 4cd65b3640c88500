"""The page: its parts, what it shows, and what each click does."""
