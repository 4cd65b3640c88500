"""Who is asking: logins, sessions, and what stands before every request."""
