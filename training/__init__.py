"""Makes the reader that `models.reader` runs: sets → rows → training → one int8 file. Never imported at run time."""
