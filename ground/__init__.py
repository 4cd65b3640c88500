"""What every floor stands on: errors to mend, words, what can be shown, whole files, hosts. Imports nothing of ours."""
