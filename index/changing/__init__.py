"""What people change in an archive besides its files: what is kept out, and what is known better. Each is noted."""
