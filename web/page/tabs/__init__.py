"""The tabs beside the conversation: each makes its parts, and does what is done in them."""
