"""Which stories carry one text, which is a later version of which, and what differs."""
