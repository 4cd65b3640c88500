"""Which articles a question wants: outlets, authors and days, found in its words, narrow the search."""
