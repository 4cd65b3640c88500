"""A draft against the archive: each sentence borne out, contradicted or not found, with the quote that says so."""
