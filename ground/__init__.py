"""What every floor stands on: the errors a user can mend, and words made comparable. Imports nothing of ours."""
